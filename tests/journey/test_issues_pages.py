"""The pages of the issue log: list, picture, export, views, one issue, the card of an account; by role (ACC-14, ROL-01)."""

import csv
import datetime as dt
import io
import json
import re
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Account, SavedView
from journey.issues import services
from journey.models import Issue, IssueAccount, Task
from tests.conftest import World
from tests.journey.test_issues import answer, customer, issue, link, ship

pytestmark = pytest.mark.django_db
PIECE = {"HTTP_HX_REQUEST": "true"}
DAY = dt.timedelta(days=1)


def url(world: World, name: str, *args: Any) -> str:
    return reverse(name, args=[world.tenant.slug, *args])


def body(response: Any, status: int = 200) -> str:
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def plain(html: str) -> str:
    """The text of a page, without tags, its spaces drawn together."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def fill(world: World, count: int = 1, mark: str = "") -> Issue:
    """An issue of two customers, one of them a colleague's, and `count` further ones."""
    with world.open():
        row = issue(world, f"Excel export{mark}", description="Columns vanish", link="https://tracker.example/1")
        today = world.tenant.today()
        own = customer(
            world, f"A{mark}", name="Halcyon Freight", mrr_minor=1_000_000, health_band="red", renews_on=today + 9 * DAY
        )
        other = customer(world, f"B{mark}", name="Meridian Foods", mrr_minor=500_000, owner=world.members["leader"])
        link(world, row, own, weight="blocker", note="We cannot close")
        link(world, row, other, note="Words of another book")
        for n in range(count):
            link(world, issue(world, f"Further {mark}{n}", function="support"), own)
    return row


def test_the_list_says_what_waits_with_whom_and_what_it_is_worth(worlds: tuple[World, World]) -> None:
    """ACC-14: totals are everybody's, each account once; the picture counts what is open by team and state."""
    world, rival = worlds
    fill(world)
    fill(rival, mark="rival")
    for role in ("csm", "executive"):
        text = plain(body(world.client(role).get(url(world, "issues"))))
        assert "2 issues · 2 accounts · $180k ARR, $120k of it at risk · 1 account is blocked" in text
        assert "$180k ARR waits for Product, in 1 open issue" in text
        assert re.search(r"Excel export .*?Product New 2 1 blocked \$180k \$120k \$120k 1 account 0d –", text)
        assert "rival" not in text
    page = body(world.client("csm").get(url(world, "issues")))
    assert f'href="{url(world, "issues")}?function=product&amp;state=new"' in page


def test_the_numbers_open_to_their_issues(world: World) -> None:
    """Every cell of the picture leads to the list of its issues, within the same filters."""
    row = fill(world)
    with world.open():
        answer(world, row, "planned", promised_on=world.tenant.today() + DAY)
    client = world.client("csm")
    page = body(client.get(url(world, "issues") + "?weight=blocker"))
    (target,) = re.findall(r'href="([^"]*function=product[^"]*state=planned[^"]*)"', page)
    found = body(client.get(target.replace("&amp;", "&")))
    assert "weight=blocker" in target
    assert "Excel export" in found
    assert "Further 0" not in found
    assert "$120k" in plain(found)


def test_search_answers_with_the_list_and_keeps_the_address(world: World) -> None:
    fill(world)
    client = world.client("csm")
    answered = client.get(
        url(world, "issues") + "?q=vanish&sort=age", headers=None, **PIECE, HTTP_HX_TARGET="issues-found"
    )
    text = body(answered)
    assert "Excel export" in text
    assert "Further 0" not in text
    assert "<html" not in text
    assert answered.headers["HX-Push-Url"].endswith("?q=vanish&sort=age")
    empty = body(client.get(url(world, "issues") + "?q=nothing+like+it"))
    assert "No issue here" in empty
    assert "Clear all filters" in empty


def test_an_empty_log_says_what_belongs_there(world: World) -> None:
    text = body(world.client("csm").get(url(world, "issues")))
    assert "Nothing is in the log yet" in text
    assert "What waits with whom" not in text


def test_export_has_every_row_and_is_safe(world: World) -> None:
    """ACC-14: the rows of the filters with their money; a title that looks like a formula computes nothing."""
    row = fill(world)
    with world.open():
        Issue.objects.filter(id=row.id).update(title="=1+1", promised_on=dt.date(2030, 1, 2), external_id="I-1")
    got = world.client("csm").get(url(world, "issues_csv") + "?function=product")
    (line,) = csv.DictReader(io.StringIO(body(got)))
    names = (
        "issue",
        "title",
        "team",
        "state",
        "accounts",
        "blocked",
        "arr",
        "arr_at_risk",
        "renewing_arr",
        "promised_on",
    )
    assert [line[name] for name in names] == [
        "I-1", "'=1+1", "product", "new", "2", "1", "180000.00", "120000.00", "120000.00", "2030-01-02",
    ]  # fmt: skip


def test_views_are_saved_and_stay_on_their_page(world: World) -> None:
    """Saved views as other lists have them; a view of another page is unknown here."""
    fill(world)
    client = world.client("csm")
    saved = client.post(
        url(world, "issue_view_new") + "?function=support&sort=risk&after=x", {"name": "Ours", "shared": "on",
        "query": "function=support&sort=risk&nonsense=1"},
    )  # fmt: skip
    assert saved.status_code == 302
    with world.open():
        view = SavedView.objects.get(page="issues")
        other = SavedView.objects.create(member=world.members["csm"], page="accounts", name="Other")
    assert view.query == "function=support&sort=risk"
    text = body(world.client("leader").get(saved.headers["Location"]))
    assert 'aria-current="true">Ours' in text
    assert "Excel export" not in text
    assert world.client("leader").post(url(world, "issue_view_delete", view.id)).status_code == 403
    assert client.post(url(world, "issue_view_delete", other.id)).status_code == 404
    assert client.post(url(world, "issue_view_delete", view.id)).status_code == 302


def test_pages_ask_as_many_queries_for_fifty_as_for_one(world: World) -> None:
    row = fill(world)
    client = world.client("csm")

    def count(address: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            body(client.get(address))
        return len(found)

    addresses = [
        url(world, "issues"),
        url(world, "issues_csv"),
        url(world, "issue", row.id),
    ]
    with world.open():
        account = Account.objects.get(external_id="A")
    addresses.append(url(world, "account_issues", account.id))
    before = [count(address) for address in addresses]
    fill(world, 30, "more")
    with world.open():
        for n in range(20):
            link(world, row, customer(world, f"C{n}"))
    assert [count(address) for address in addresses] == before
    assert all(n <= most for n, most in zip(before, (19, 15, 27, 20), strict=True)), before


def test_an_issue_names_own_customers_and_sums_the_others(world: World) -> None:
    """ROL-01: a CSM reads names and words of accounts they see, and number and ARR of the rest."""
    row = fill(world)
    own = body(world.client("csm").get(url(world, "issue", row.id)))
    assert "Halcyon Freight" in own
    assert "We cannot close" in own
    assert "Meridian" not in own
    assert "Words of another book" not in own
    assert "and 1 more that is not yours to see, $60k" in plain(own)
    assert "2 accounts · $180k ARR, $120k of it at risk · 1 account is blocked" in plain(own)
    everything = body(world.client("executive").get(url(world, "issue", row.id)))
    assert "Meridian" in everything
    assert "Edit" not in plain(everything), "who may not edit is offered nothing"


def test_a_new_issue_from_an_account_is_made_once_and_linked(world: World) -> None:
    """ACC-14: written from the account it is linked to it; the same form twice makes one."""
    with world.open():
        account = customer(world, "A-1")
        hidden = customer(world, "A-2", owner=world.members["leader"])
    client, address = world.client("csm"), url(world, "issue_new")
    form = body(client.get(f"{address}?account={account.id}"))
    token = re.search(r'name="token" value="([^"]+)"', form)
    assert token
    today = world.tenant.today()
    values = {
        "token": token[1], "title": "No single sign-on", "account": str(account.id), "weight": "blocker", "note": "IT asks",
        "kind": "gap", "function": "engineer", "description": "", "owner": "", "reference": "", "link": "",
        "reported_on": today.isoformat(),
    }  # fmt: skip
    for _twice in range(2):
        made = client.post(f"{address}?account={account.id}", values)
        assert made.status_code == 302, body(made)
    with world.open():
        row = Issue.objects.get()
        (one,) = IssueAccount.objects.all()
        assert (row.function, row.created_by, one.account, one.weight, one.note) == (
            "engineer", world.members["csm"], account, "blocker", "IT asks",
        )  # fmt: skip
    assert made.headers["Location"] == url(world, "issue", row.id)
    refused = client.post(address, values | {"token": "other", "title": " ", "account": ""})
    assert "is-bad" in body(refused, 422) or "invalid" in body(refused, 422)
    assert client.get(f"{address}?account={hidden.id}").status_code == 404
    foreign = client.post(address, values | {"token": "third", "account": str(hidden.id)})
    assert foreign.status_code == 422
    with world.open():
        assert Issue.objects.count() == 1, "nothing is left of what was refused"


def test_the_moves_that_are_offered_are_those_that_are_allowed(world: World) -> None:
    """ACC-14: the way of an issue on its page, and its form."""
    row = fill(world)
    client = world.client("csm")
    page = plain(body(client.get(url(world, "issue", row.id))))
    assert re.search(r"It goes to Passed on Planned Declined", page)
    form = body(client.get(url(world, "issue_answer", row.id) + "?state=planned"))
    assert '<option value="planned" selected>' in form
    assert 'value="shipped"' not in form
    version = re.search(r'name="version" value="(\d+)"', form)
    assert version
    day = (world.tenant.today() + 30 * DAY).isoformat()
    values = {"state": "planned", "answer": "Next quarter", "promised_on": day, "version": version[1]}
    assert client.post(url(world, "issue_answer", row.id), values).status_code == 302
    stale = client.post(url(world, "issue_answer", row.id), values | {"answer": "Never"})
    assert "Next quarter" in body(stale, 409)
    shown = plain(body(client.get(url(world, "issue", row.id))))
    assert "Next quarter" in shown
    with world.open():
        row.refresh_from_db()
    declined = client.post(
        url(world, "issue_answer", row.id), {"state": "declined", "answer": "", "version": row.version}
    )
    assert "the customers will ask" in body(declined, 422)


def test_who_is_told_stands_on_the_page_and_on_the_task(world: World) -> None:
    """ACC-14: the task leads to the issue; “They know” ends it."""
    row = fill(world)
    with world.open():
        ship(world, row)
        task = Task.objects.get(account__external_id="A")
        account = Account.objects.get(external_id="A")
    client = world.client("csm")
    page = plain(body(client.get(url(world, "issue", row.id))))
    assert "Who is told" in page
    assert "1 not told yet" in page
    pane = body(client.get(url(world, "task", task.id)))
    assert "An issue was answered: Shipped" in pane
    assert url(world, "issue", row.id) in pane
    assert client.post(url(world, "issue_told", row.id, account.id)).status_code == 302
    with world.open():
        task.refresh_from_db()
    assert task.state == "done"
    told = plain(body(client.get(url(world, "issues") + "?state=shipped")))
    assert "1 not told yet" in told, "the colleague's customer"


def test_customers_are_linked_changed_and_unlinked(world: World) -> None:
    row = fill(world)
    with world.open():
        extra = customer(world, "A-9", name="Northgate Bank")
        hidden = customer(world, "A-8", owner=world.members["leader"])
    client, day = world.client("csm"), world.tenant.today().isoformat()
    assert "Northgate Bank" in body(client.get(url(world, "issue_link", row.id)))
    values = {"account": str(extra.id), "weight": "nice", "note": "", "since": day}
    assert client.post(url(world, "issue_link", row.id), values | {"account": str(hidden.id)}).status_code == 422
    assert client.post(url(world, "issue_link", row.id), values).status_code == 302
    one = url(world, "issue_account", row.id, extra.id)
    assert (
        client.post(one, {"weight": "blocker", "note": "Now it hurts", "since": day, "contact": ""}).status_code == 302
    )
    assert client.post(one, {"weight": "heavy", "note": "", "since": day, "contact": ""}).status_code == 422
    with world.open():
        assert row.accounts.get(account=extra).note == "Now it hurts"
    for account in (hidden.id, uuid4()):
        assert client.get(url(world, "issue_account", row.id, account)).status_code == 404
    assert client.post(url(world, "issue_unlink", row.id, extra.id)).status_code == 302
    with world.open():
        assert not row.accounts.filter(account=extra).exists()


def test_the_card_of_an_account_lists_what_it_misses(world: World) -> None:
    """ACC-14: on the overview, with a way to link and to write."""
    row = fill(world, 8)
    with world.open():
        account = Account.objects.get(external_id="A")
        answer(world, issue(world, "Not theirs"), "passed_on")
    client = world.client("csm")
    assert url(world, "account_issues", account.id) in body(client.get(url(world, "account", account.id)))
    card = body(client.get(url(world, "account_issues", account.id), **PIECE, HTTP_HX_TARGET="account-issues"))
    assert card.strip().startswith("<section")
    assert "Excel export" in card
    assert card.count("<li>") == 6
    assert "All of them" in card
    assert body(client.get(url(world, "account_issues", account.id))).count("Further ") == 8
    form = body(client.get(url(world, "account_issue_link", account.id)))
    assert "Not theirs" in form
    assert "Excel export" not in form
    with world.open():
        other = Issue.objects.get(title="Not theirs")
    values = {
        "issue": str(other.id),
        "weight": "important",
        "note": "",
        "since": world.tenant.today().isoformat(),
        "contact": "",
    }
    assert client.post(url(world, "account_issue_link", account.id), values).status_code == 302
    with world.open():
        assert row.id != other.id
        assert IssueAccount.objects.filter(issue=other, account=account).exists()
        empty = customer(world, "A-7")
    assert "They miss nothing that we know of" in body(client.get(url(world, "account_issues", empty.id)))


def test_two_that_say_the_same_are_put_together_by_a_person(world: World) -> None:
    row = fill(world)
    with world.open():
        same = issue(world, "Columns gone in Excel")
        services.link_account(issue=same, account=customer(world, "A-9", name="Northgate Bank"), by=None)
    client = world.client("csm")
    with world.open():
        same.refresh_from_db()
    values = {"into": str(row.id), "version": same.version}
    made = client.post(url(world, "issue_merge", same.id), values)
    assert made.headers["Location"] == url(world, "issue", row.id)
    assert "Northgate Bank" in body(client.get(made.headers["Location"]))
    assert "where its customers are counted" in body(client.get(url(world, "issue", same.id)))
    assert client.post(url(world, "issue_merge", same.id), values).status_code in {409, 422}


def test_the_page_stands_in_navigation_and_palette(world: World) -> None:
    text = body(world.client("executive").get(url(world, "palette") + "?q=issu"))
    assert url(world, "issues") in text
    assert json.dumps("Issues")[1:-1] in text
