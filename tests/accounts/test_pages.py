"""The accounts list and the account pages in a browser's eyes: who sees what, what is shown, how much it costs."""

import csv
import datetime as dt
import html
import io
import json
import re
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, Contact, Member, SavedView, Subscription, Team
from tests.accounts.book import HOSTILE, RIGHT_TO_LEFT, make_account, make_contact, make_period

TABS = ("", "subscriptions/", "people/", "timeline/", "history/")
FORMS = ("edit/", "people/new/", "timeline/new/")


def text_of(response) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", response.content.decode()))


def row_names(response) -> list[str]:
    found = re.findall(r'<th scope="row"><a class="who" href="[^"]*">(.*?)</a>', response.content.decode())
    return [html.unescape(name) for name in found]


def selects(client: Client, url: str) -> int:
    """Statements that ask the database something when the page is built."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(url).status_code == 200
    return sum(query["sql"].lstrip("(").startswith("SELECT") for query in queries.captured_queries)


@pytest.fixture
def book(worlds):
    """Both tenants hold the same names; in ours each belongs to somebody else."""
    ours, theirs = worlds
    with theirs.open():
        foreign = make_account("Halcyon Freight", theirs.members["csm"])
        make_contact(foreign, "Foreign Person", role="champion")
    with ours.open():
        team = Team.objects.create(name="North", leader=ours.members["leader"])
        Member.objects.filter(id=ours.members["csm"].id).update(team=team)
        accounts = {
            "mine": make_account("Halcyon Freight", ours.members["csm"]),
            "ops": make_account("Owned by ops", ours.members["ops"]),
            "nobody": make_account("Ownerless", None),
        }
        person = make_contact(accounts["mine"], "Ruth Okafor", role="champion")
        period = make_period(accounts["mine"], dt.date(2026, 1, 1), dt.date(2027, 1, 1), 100_000)
    return {"world": ours, "rival": theirs, "foreign": foreign, "person": person, "period": period} | accounts


@pytest.mark.parametrize(
    ("role", "sees"),
    [
        ("csm", {"Halcyon Freight"}),
        ("leader", {"Halcyon Freight", "Ownerless"}),
        ("executive", {"Halcyon Freight", "Owned by ops", "Ownerless"}),
        ("ops", {"Halcyon Freight", "Owned by ops", "Ownerless"}),
        ("admin", {"Halcyon Freight", "Owned by ops", "Ownerless"}),
    ],
)
def test_each_role_sees_its_own_accounts_everywhere(book, role, sees):
    """ROL-01: a CSM the own book, a leader the team and the ownerless, the others all; the rest is unknown (404)."""
    world = book["world"]
    client = world.client(role)
    assert set(row_names(client.get(world.url("accounts/")))) == sees
    exported = list(csv.DictReader(io.StringIO(client.get(world.url("accounts/export/")).content.decode())))
    assert {row["name"] for row in exported} == sees
    for key in ("mine", "ops", "nobody"):
        account = book[key]
        for tab in TABS:
            status = client.get(world.url(f"accounts/{account.id}/{tab}")).status_code
            assert status == (200 if account.name in sees else 404), (account.name, tab)


def test_accounts_of_another_company_are_unknown(book):
    """API-04: the foreign account, its people and its periods answer like those that never were."""
    world, foreign = book["world"], book["foreign"]
    client = world.client("admin")
    for account_id in (foreign.id, uuid4()):
        for path in (*TABS, *FORMS):
            assert client.get(world.url(f"accounts/{account_id}/{path}")).status_code == 404
            assert client.post(world.url(f"accounts/{account_id}/{path}"), {"name": "x"}).status_code in {404, 405}
    assert client.get(book["rival"].url("accounts/")).status_code == 404
    page = client.get(world.url("accounts/"))
    assert str(foreign.id) not in page.content.decode()
    assert "Foreign Person" not in text_of(client.get(world.url("today/")))


def test_things_of_one_account_are_not_reached_through_another(book):
    world = book["world"]
    client = world.client("admin")
    other = f"accounts/{book['ops'].id}"
    assert client.get(world.url(f"{other}/people/{book['person'].id}/")).status_code == 404
    assert client.get(world.url(f"{other}/subscriptions/{book['period'].id}/")).status_code == 404
    assert client.get(world.url(f"{other}/subscriptions/{book['period'].id}/edit/")).status_code == 404


def test_who_may_not_change_finds_no_way_to(book):
    """ROL-01: executives read; paid periods are for those who may change revenue."""
    world, account = book["world"], book["mine"]
    for role, path in [
        ("executive", "edit/"),
        ("executive", "people/new/"),
        ("executive", "timeline/new/"),
        ("csm", "subscriptions/new/"),
        ("csm", f"subscriptions/{book['period'].id}/edit/"),
        ("csm", f"subscriptions/{book['period'].id}/withdraw/"),
    ]:
        url = world.url(f"accounts/{account.id}/{path}")
        assert world.client(role).get(url).status_code == 403
        assert world.client(role).post(url, {}).status_code == 403
    assert "New account" not in text_of(world.client("executive").get(world.url("accounts/")))
    assert world.client("executive").get(world.url("accounts/new/")).status_code == 403
    assert Client().get(world.url("accounts/")).status_code == 302


@pytest.mark.parametrize("name", [HOSTILE, RIGHT_TO_LEFT, "x" * 200, "{{ 7*7 }}", "javascript:alert(1)"])
def test_hostile_names_are_text_on_every_page(world, name):
    with world.open():
        account = make_account(name, world.members["csm"], industry=name[:80], external_id="h", attributes={name: name})
        make_contact(account, name, title=name[:120], role="champion", external_id="p")
        SavedView.objects.create(member=world.members["csm"], page="accounts", name=name[:60])
    client = world.client("csm")
    for path in (
        "accounts/",
        "today/",
        "accounts/?q=nothing&industry=" + "%3Cscript%3E",
        *(f"accounts/{account.id}/{t}" for t in TABS),
    ):
        content = client.get(world.url(path)).content.decode()
        assert "<script>alert" not in content
        assert "style=" not in content
    assert name in text_of(client.get(world.url(f"accounts/{account.id}/")))


def test_list_costs_the_same_for_one_row_and_for_many(world):
    """PERFORMANCE E1: the number of queries does not depend on rows, saved views or filters."""
    client = world.client("admin")
    with world.open():
        make_account("First", world.members["csm"])
    one = selects(client, world.url("accounts/"))
    with world.open():
        for number in range(30):
            make_account(f"More {number}", world.members["csm"], industry=f"I{number}")
            SavedView.objects.create(member=world.members["admin"], page="accounts", name=str(number), query="owner=me")
    many = selects(client, world.url("accounts/?status=live&sort=name"))
    assert one == many
    assert many == 9  # four say who asks, one counts for the frame, four are the list's


def test_account_pages_cost_the_same_for_little_and_for_much(book):
    world, account = book["world"], book["mine"]
    client = world.client("csm")
    before = [selects(client, world.url(f"accounts/{account.id}/{tab}")) for tab in TABS]
    with world.open():
        for number in range(20):
            person = make_contact(account, f"Person {number}", role="legal")
            account.events.create(kind="growth", happened_on=dt.date(2026, 1, 1), contact=person)
            make_period(account, dt.date(2020, 1, 1), None, 100, external_id=f"S{number}")
    after = [selects(client, world.url(f"accounts/{account.id}/{tab}")) for tab in TABS]
    assert after[:3] == before[:3]
    assert max(after[:3]) <= 12, "session, person, company and member among them, and the plays of the header"
    assert after[3] <= 20, "the timeline asks once for each kind of row that it shows"
    assert after[4] <= 16


def test_a_page_of_the_list_leads_to_the_next_and_back(world):
    with world.open():
        for number in range(120):
            make_account(f"Account {number:03d}", world.members["csm"], mrr_minor=1000)
    client = world.client("csm")
    page, seen = client.get(world.url("accounts/?sort=name")), []
    while True:
        seen += row_names(page)
        link = re.search(r'rel="next" href="([^"]+)"[^>]*>(.*?)<', page.content.decode())
        if not link:
            break
        assert f"after {seen[-1]}" in html.unescape(link[2])
        page = client.get(html.unescape(link[1]))
    assert seen == [f"Account {number:03d}" for number in range(120)]
    back = client.get(html.unescape(re.search(r'rel="prev" href="([^"]+)"', page.content.decode())[1]))
    assert row_names(back) == seen[50:100]


def test_htmx_gets_the_piece_and_the_address_of_the_state(world):
    with world.open():
        make_account("Alpha", world.members["csm"])
    client = world.client("csm")
    headers = {"HX-Request": "true", "HX-Target": "accounts-found"}
    response = client.get(world.url("accounts/?q=alp&sort=nonsense"), headers=headers)
    content = response.content.decode()
    assert content.lstrip().startswith('<div id="accounts-found"')
    assert "<html" not in content
    assert content.count('hx-swap-oob="true"') == 3
    assert response["HX-Push-Url"] == world.url("accounts/?q=alp")
    assert "HX-Request" in response["Vary"]
    whole = client.get(world.url("accounts/"), headers={"HX-Request": "true", "HX-Target": "accounts-list"})
    assert whole.content.decode().lstrip().startswith('<div class="stack" id="accounts-list" hx-swap="outerHTML">')
    restored = {"HX-Request": "true", "HX-Target": "accounts-list", "HX-History-Restore-Request": "true"}
    assert "<html" in client.get(world.url("accounts/"), headers=restored).content.decode()


def test_empty_at_first_use_leads_to_the_import_where_it_is_allowed(world):
    page = world.client("ops").get(world.url("accounts/"))
    assert "No accounts yet" in text_of(page)
    assert "Import accounts" in text_of(page)
    assert "Import accounts" not in text_of(world.client("csm").get(world.url("accounts/")))


def test_empty_after_filtering_names_the_filter_that_costs_most(world):
    with world.open():
        for number in range(3):
            make_account(f"A{number}", world.members["csm"], industry="Retail")
    text = text_of(world.client("admin").get(world.url("accounts/?industry=Retail&status=churned")))
    assert "No accounts match these 2 filters" in text
    assert "Without “Status: Churned” there are 3." in text
    assert "Remove the filter “Status”" in text


def test_sums_follow_the_filter(world):
    with world.open():
        make_account("Small", world.members["csm"], mrr_minor=100_000)
        make_account("Large", world.members["csm"], mrr_minor=10_000_000, segment="Small business")
    client = world.client("admin")
    assert "2 accounts · $1.21M ARR" in text_of(client.get(world.url("accounts/")))
    assert "1 of 2 accounts · $12k of $1.21M ARR" in text_of(client.get(world.url("accounts/?segment=Enterprise")))


def test_export_holds_all_rows_of_the_filter_safely(world):
    """RELIABILITY 5: each text cell is quoted and begins like no formula; numbers are numbers."""
    with world.open():
        make_account('=HYPERLINK("http://x")', world.members["csm"], mrr_minor=-5, status="live", external_id="+1")
        for number in range(120):
            make_account(f"A{number}", world.members["csm"], industry="Retail")
    client = world.client("csm")
    response = client.get(world.url("accounts/export/?sort=name"))
    assert response["Content-Type"].startswith("text/csv")
    assert "attachment" in response["Content-Disposition"]
    lines = response.content.decode().split("\r\n")
    assert lines[1].startswith('"\'+1","\'=HYPERLINK(""http://x"")"')
    assert ",-0.05," in lines[1]
    assert len(list(csv.reader(io.StringIO(response.content.decode())))) == 122
    filtered = client.get(world.url("accounts/export/?industry=Retail")).content.decode()
    assert len(filtered.strip().split("\r\n")) == 121


def test_overview_shows_what_is_known_and_only_that(book):
    world, account = book["world"], book["mine"]
    client = world.client("csm")
    text = text_of(client.get(world.url(f"accounts/{account.id}/")))
    assert "Ruth Okafor" in text
    assert "1 person to talk to" in text
    assert "No champion" not in text
    assert "$12k" in text
    with world.open():
        Contact.objects.update(left_on=dt.date(2026, 2, 1))
        make_period(account, dt.date(2026, 1, 1), None, 100, external_id="EUR", currency="EUR")
    text = text_of(client.get(world.url(f"accounts/{account.id}/")))
    assert "No champion" in text
    assert "Left 1 Feb" in text
    assert "Paid in more than one currency" in text


def test_history_shows_who_changed_what_from_what_to_what(book):
    world, account = book["world"], book["mine"]
    with world.open():
        Account.objects.filter(id=account.id).update(industry="Steel", owner=world.members["ops"])
    text = text_of(world.client("admin").get(world.url(f"accounts/{account.id}/history/")))
    assert "Industry: – → Steel" in text
    assert "Owner: Csm Person → Ops Person" in text
    for before in ("x", "2026-01-01T00:00:00+00:00~x", "%00", "2026-01-01~" + str(uuid4())):
        response = world.client("admin").get(world.url(f"accounts/{account.id}/history/?before={before}"))
        assert response.status_code == 200


def test_history_goes_on_where_the_page_ends(book):
    world, account = book["world"], book["mine"]
    with world.open():
        for number in range(120):
            Account.objects.filter(id=account.id).update(industry=f"Industry {number}")
    client, url, seen = world.client("csm"), world.url(f"accounts/{account.id}/history/"), []
    for _page in range(5):
        page = client.get(url)
        seen += re.findall(r"→ (Industry \d+)<", page.content.decode())
        link = re.search(r'rel="next" href="([^"]+)"', page.content.decode())
        if not link:
            break
        url = html.unescape(link[1])
    assert seen == [f"Industry {number}" for number in reversed(range(120))]


def test_week_adds_up_and_leads_to_the_accounts_behind(book):
    """DSH-02: the book by segment and owner, what renews by month; each number opens the list with the same filter."""
    world = book["world"]
    with world.open():
        soon = dt.date.today() + dt.timedelta(days=20)
        Account.objects.filter(id=book["nobody"].id).update(renews_on=soon, segment=None, mrr_minor=300_000)
    client = world.client("executive")
    page = client.get(world.url("week/"))
    content, text = page.content.decode(), text_of(page)
    assert "3 accounts, $60k ARR" in text
    figure = json.loads(re.search(r'id="c-renewals-figure" type="application/json">(.*?)</script>', content)[1])
    assert sum(sum(bar["y"]) for bar in figure["data"]) == 36_000
    links = re.findall(r'<th scope="row"><a class="who" href="([^"]+)"', content)
    assert links
    for link in links:
        assert client.get(html.unescape(link)).status_code == 200
    owner = re.search(r'href="([^"]+)"><span class="av[^>]*>OP</span>Ops Person', content)[1]
    assert row_names(client.get(html.unescape(owner))) == ["Owned by ops"]
    assert world.client("csm").get(world.url("week/")).status_code == 403


def test_week_tells_what_was_learned_in_it(book):
    world, account = book["world"], book["mine"]
    with world.open():
        account.events.create(kind="budget_cut", happened_on=dt.date.today(), note="Frozen until March")
        period = book["period"]
        terms = {
            f.attname: getattr(period, f.attname)
            for f in Subscription._meta.get_fields()
            if f.concrete
            and f.name in {"start_on", "end_on", "interval_months", "amount_minor", "currency", "mrr_minor", "seats"}
        }
        period.changes.create(account=account, kind="created", effective_on=period.start_on, source="member", **terms)
    client = world.client("executive")
    now = text_of(client.get(world.url("week/news/")))
    assert "Frozen until March" in now
    assert "+$1k" in now
    earlier = text_of(client.get(world.url("week/news/?week=2020-W10")))
    assert "Frozen until March" not in earlier
    assert "No period came or went this week." in earlier
    for text in ("2020-W99", "2020-W00", "9999-W52", "0000-W01", "x", "%00"):
        assert client.get(world.url(f"week/?week={text}")).status_code == 200


def test_home_pages_cost_the_same_for_little_and_for_much(book):
    world = book["world"]
    pages = (("csm", "today/"), ("executive", "week/"))
    before = [selects(world.client(role), world.url(path)) for role, path in pages]
    with world.open():
        for number in range(25):
            account = make_account(f"N{number}", world.members["csm"], renews_on=dt.date.today())
            make_contact(account, "Someone", role="champion")
            account.events.create(kind="growth", happened_on=dt.date.today())
    assert [selects(world.client(role), world.url(path)) for role, path in pages] == before
    assert max(before) <= 25  # with renewals and open deals, each by the same rates
