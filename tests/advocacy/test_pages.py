"""The pages of advocacy: the program at a glance, requests, assets, referrals, gatherings, the account's tab (ADV-01 to
ADV-07, ROL-01)."""

import csv
import datetime as dt
import io
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Account, Contact
from advocacy import services
from advocacy.models import Advocate, Ask, Asset, AssetUse, Gathering, Guest, Program, ReferenceRequest, Referral
from tests.advocacy.advocacy_facts import account, ago, enrolled, person, qualified, today
from tests.advocacy.test_program import asked, candidates, request
from tests.conftest import World

pytestmark = pytest.mark.django_db
PIECE = {"HTTP_HX_REQUEST": "true"}


def url(world: World, name: str, *args: Any) -> str:
    return reverse(name, args=[world.tenant.slug, *args])


def body(response: Any, status: int = 200) -> str:
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def plain(html: str) -> str:
    """The text of a page, without tags, its spaces drawn together."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def shown(world: World, name: str, *args: Any, role: str = "csm", query: str = "", **more: Any) -> str:
    return body(world.client(role).get(url(world, name, *args) + query, **more))


def fill(world: World, mark: str = "") -> dict[str, Advocate]:
    """One candidate of each standing, a request, assets, referrals."""
    with world.open():
        people = candidates(world)
        row = people["ready"].account
        request(world, prospect=f"Tidewater{mark}", industry="Logistics", deal_minor=31_000_000)
        services.add_asset(account=row, kind="case_study", title=f"Three units{mark}", legal="approved", by=None)
        services.add_asset(account=row, kind="review", title=f"Stars{mark}", rating=5, published_on=ago(9), by=None)
        services.add_referral(account=row, prospect=f"Corvid{mark}", by=None)
    return people


def test_the_page_says_who_may_be_asked(worlds: tuple[World, World]) -> None:
    """ADV-01: tiles, six marks, state; the other tenant's rows are not there."""
    world, rival = worlds
    fill(world)
    fill(rival, " of the rival")
    html = shown(world, "advocacy")
    text = plain(html)
    assert "May be asked today 1 of 4 qualified · 1 wait for legal" in text
    assert "Reviews 1 5.0" in text
    assert "Open requests 1" in text
    assert "rival" not in text
    assert "5 of 5" in text
    assert html.count('class="cm x"') + html.count('class="cm q"') >= 1
    assert "Ask Champion ready" in text
    assert "Why asks fail" in text


def test_views_and_filters_swap_the_list_only(world: World) -> None:
    fill(world)
    client = world.client("csm")
    response = client.get(url(world, "advocacy") + "?view=resting", HTTP_HX_TARGET="candidates", **PIECE)
    text = plain(body(response))
    assert "Customer resting" in text
    assert "Customer ready" not in text
    assert "Referral funnel" not in text
    assert response["HX-Push-Url"].endswith("?view=resting")
    assert "Nobody fits this view" in plain(shown(world, "advocacy", query="?q=nobody"))
    response = client.get(url(world, "advocacy") + "?q=resting", HTTP_HX_TARGET="candidates-found", **PIECE)
    html = body(response)
    assert "Customer resting" in html
    assert "Customer ready" not in html
    assert 'id="candidates-q"' not in html, "what is being typed stays"
    assert 'id="candidates-tools" hx-swap-oob="true"' in html


def test_an_empty_program_says_what_will_stand_there(world: World) -> None:
    text = plain(shown(world, "advocacy"))
    assert "Nobody was judged yet" in text
    assert "No request waits" in text
    for name in ("advocacy_requests", "advocacy_assets", "advocacy_referrals", "advocacy_gatherings"):
        shown(world, name)


def test_the_reason_stands_in_the_drawer(world: World) -> None:
    with world.open():
        row = account(world)
        found = qualified(row, champion=False)
        found.evidence = {"champion": {"name": "Ruth", "met_on": "2026-01-05"}, "proven": {"agreed": 0}}
        found.save()
    text = plain(shown(world, "advocacy_standing", row.id, HTTP_HX_TARGET="drawer-body", **PIECE))
    assert "Ruth · last spoken to on 5 Jan 2026" in text
    assert "No success criterion was agreed" in text
    assert "May not be asked" in text
    assert "Enrol somebody" not in text


def test_pages_ask_the_same_number_of_questions_for_many(world: World) -> None:
    fill(world)
    with world.open():
        gathering = services.make_gathering(name="Board", kind="board", held_on=ago(3), by=None)
    pages = [
        ("advocacy",),
        ("advocacy_requests",),
        ("advocacy_assets",),
        ("advocacy_referrals",),
        ("advocacy_gatherings",),
    ]
    pages += [("reference_request", ReferenceRequest), ("gathering", gathering.id)]
    with world.open():
        wanted = ReferenceRequest.objects.get().id
    pages = [(name, wanted) if more and more[0] is ReferenceRequest else (name, *more) for name, *more in pages]

    def count() -> list[int]:
        found = []
        client = world.client("csm")
        for name, *args in pages:
            with CaptureQueriesContext(connection) as asked_of:
                body(client.get(url(world, name, *args)))
            found.append(len(asked_of))
        return found

    few = count()
    with world.open():
        for n in range(5):
            who = enrolled(world, account(world, f"B-{n}"))
            asked(world, who, 100 + n)
            services.add_asset(account=who.account, kind="review", title=f"R{n}", advocate=who, by=None)
            services.add_referral(account=who.account, prospect=f"P{n}", advocate=who, by=None)
            services.set_guest(gathering=gathering, contact=who.contact, attendance="came", by=None)
            request(world, prospect=f"Q{n}")
    assert count() == few
    assert few[0] < 60


def test_enrol_ask_and_answer_by_forms(world: World) -> None:
    """ADV-03: from the candidate list to a person in the program, asked for a request, answered."""
    client = world.client("csm")
    with world.open():
        row = account(world)
        qualified(row)
        who = person(row)
        wanted = request(world)
    assert "Customer A-1" in shown(world, "advocacy_enrol")
    chosen = client.post(url(world, "advocacy_enrol"), {"account": str(row.id)})
    assert chosen.status_code == 302
    assert url(world, "advocate_new", row.id) in chosen["Location"]
    form = {"contact": str(who.id), "consent": "name", "consent_on": ago(1).isoformat(), "legal": "approved"}
    assert client.post(url(world, "advocate_new", row.id), form | {"consent": ""}).status_code == 422
    assert client.post(url(world, "advocate_new", row.id), form).status_code == 302
    with world.open():
        advocate = Advocate.objects.get()
    ask = {"kind": "reference", "request": str(wanted.id), "asked_on": today().isoformat()}
    ask_url = url(world, "ask_new", advocate.id) + f"?request={wanted.id}"
    assert f'value="{wanted.id}" selected' in body(client.get(ask_url))
    assert client.post(ask_url, ask).status_code == 302
    text = plain(body(client.post(ask_url, ask), 422))
    assert "Rests until" in text
    with world.open():
        made = Ask.objects.get()
    answer = {"state": "declined", "answered_on": today().isoformat(), "version": "1"}
    assert "Say why" in body(client.post(url(world, "ask_answer", made.id), answer), 422)
    assert client.post(url(world, "ask_answer", made.id), answer | {"failure": "legal"}).status_code == 302
    assert client.post(url(world, "advocate_leave", advocate.id)).status_code == 302
    with world.open():
        assert Advocate.objects.get().state == "left"


def test_two_people_who_edit_a_consent_see_both(world: World) -> None:
    with world.open():
        advocate = enrolled(world, account(world))
        services.change_consent(advocate=advocate, consent="review", version=1, by=None)
    form = {"consent": "name", "consent_on": today().isoformat(), "legal": "approved", "version": "1", "note": "Mine"}
    html = body(world.client("csm").post(url(world, "advocate_edit", advocate.id), form), 409)
    assert "Somebody else changed this" in html
    assert 'name="version" value="2"' in html


def test_a_request_is_written_changed_matched_and_ended(world: World) -> None:
    client = world.client("csm")
    due = (today() + dt.timedelta(days=3)).isoformat()
    form = {"prospect": "Tidewater", "kind": "reference", "due_on": due, "deal": "310000", "users": "1000"}
    assert client.post(url(world, "reference_request_new"), form | {"due_on": ago(3).isoformat()}).status_code == 422
    assert client.post(url(world, "reference_request_new"), form).status_code == 302
    with world.open():
        row = ReferenceRequest.objects.get()
        enrolled(world, account(world))
    assert (row.deal_minor, row.currency) == (31_000_000, "USD")
    text = plain(shown(world, "reference_request", row.id))
    assert "$310k deal" in text
    assert "Customer A-1" in text
    edit = form | {"prospect": "Tidewater Ports", "version": "1"}
    assert client.post(url(world, "reference_request_edit", row.id), edit).status_code == 302
    end = url(world, "reference_request_end", row.id)
    assert client.post(end, {"state": "unmet", "won": "", "version": "2"}).status_code == 302
    assert "Tidewater Ports" in shown(world, "advocacy_requests", query="?view=over")
    assert client.post(end, {"state": "open", "version": "3"}).status_code == 302
    assert "Tidewater Ports" in shown(world, "advocacy_requests")


def test_an_asset_is_kept_approved_and_shown(world: World) -> None:
    client = world.client("csm")
    with world.open():
        row = account(world)
    form = {"account": str(row.id), "title": "Three units", "kind": "case_study"}
    assert client.post(url(world, "asset_new"), form | {"rating": "4.5"}).status_code == 422
    assert client.post(url(world, "asset_new"), form).status_code == 302
    with world.open():
        asset = Asset.objects.get()
    use = {"prospect": "Corvid", "used_on": today().isoformat(), "won": "yes"}
    assert "Legal has not approved it" in body(client.post(url(world, "asset_use", asset.id), use), 422)
    legal = {"legal": "approved", "approved_until": (today() + dt.timedelta(days=30)).isoformat(), "version": "1"}
    assert client.post(url(world, "asset_legal", asset.id), legal).status_code == 302
    assert client.post(url(world, "asset_use", asset.id), use | {"won": ""}).status_code == 302
    with world.open():
        shown_to = AssetUse.objects.get()
    came = url(world, "asset_use_edit", shown_to.id)
    assert "selected" not in body(client.get(came)).split("Not known yet")[1]
    assert client.post(came, {"won": "perhaps"}).status_code == 422
    assert client.post(came, {"won": "yes"}).status_code == 302
    edit = {"title": "Four units", "kind": "case_study", "version": "2", "url": "https://example.com/x"}
    assert client.post(url(world, "asset_edit", asset.id), edit).status_code == 302
    text = plain(shown(world, "asset", asset.id))
    assert "shown 1 time in 12 months, 1 deal won" in text
    assert "Corvid" in text
    assert "Four units" in shown(world, "advocacy_assets", query="?kind=case_study&legal=approved")
    assert "Four units" not in shown(world, "advocacy_assets", query="?legal=refused")


def test_a_referral_is_moved_to_the_new_customer(world: World) -> None:
    client = world.client("csm")
    with world.open():
        row, fresh = account(world), account(world, "N-1", name="Corvid Rail", customer_since=ago(2))
    form = {"account": str(row.id), "prospect": "Corvid", "asked_on": ago(9).isoformat(), "amount": "1000"}
    assert client.post(url(world, "referral_new"), form).status_code == 302
    with world.open():
        referral = Referral.objects.get()
    move = {"state": "won", "on": today().isoformat(), "version": "1", "customer": ""}
    assert "Which customer" in body(client.post(url(world, "referral_move", referral.id), move), 422)
    assert client.post(url(world, "referral_move", referral.id), move | {"customer": str(fresh.id)}).status_code == 302
    edit = {"prospect": "Corvid Rail", "version": "2", "amount": "2000", "reward": "Ticket"}
    assert client.post(url(world, "referral_edit", referral.id), edit).status_code == 302
    text = plain(shown(world, "advocacy_referrals", query="?state=won"))
    assert "Corvid Rail" in text
    assert "$2k" in text
    assert "No referral fits" in shown(world, "advocacy_referrals", query="?state=lost")


def test_the_next_page_of_gatherings_goes_on_after_the_last_row(worlds: tuple[World, World]) -> None:
    """ADV-03: of many on one day none is shown twice and none left out, also where one is planned between two pages."""
    world, rival = worlds
    with rival.open():
        services.make_gathering(name="Of the rival", kind="event", held_on=ago(3), by=None)
    with world.open():
        for n in range(52):
            services.make_gathering(name=f"Held {n:02}.", kind="event", held_on=ago(3), by=None)
    first = shown(world, "advocacy_gatherings")
    (following,) = re.findall(r'rel="next" href="([^"]+)"', first)
    with world.open():
        services.make_gathering(name="Between the pages", kind="board", held_on=today(), by=None)
    second = body(world.client("csm").get(following.replace("&amp;", "&")))
    names = [re.findall(r"Held \d\d\.", page) for page in (first, second)]
    assert [len(page) for page in names] == [50, 2]
    assert len({*names[0], *names[1]}) == 52
    assert 'rel="next"' not in second
    assert "Of the rival" not in first + second
    for odd in ("?after=x", f"?after={rival.tenant.id}", "?page=9"):
        assert "Between the pages" in shown(world, "advocacy_gatherings", query=odd), odd


def test_gatherings_and_their_guests(world: World) -> None:
    client = world.client("csm")
    with world.open():
        who = enrolled(world, account(world))
    form = {"name": "Board", "kind": "board", "held_on": ago(2).isoformat()}
    assert client.post(url(world, "gathering_new"), form).status_code == 302
    with world.open():
        row = Gathering.objects.get()
    guest = {"contact": str(who.contact_id), "attendance": "spoke"}
    assert client.post(url(world, "gathering_guest_new", row.id), guest).status_code == 302
    with world.open():
        one = Guest.objects.get()
    assert client.post(url(world, "gathering_guest", one.id), {"attendance": "absent"}).status_code == 302
    assert "Did not come" in shown(world, "gathering", row.id)
    assert client.post(url(world, "gathering_guest_remove", one.id)).status_code == 302
    assert (
        client.post(url(world, "gathering_edit", row.id), form | {"name": "Board 2", "version": "1"}).status_code == 302
    )
    assert "Board 2" in shown(world, "advocacy_gatherings")
    assert client.post(url(world, "gathering_remove", row.id)).status_code == 302


def test_the_rules_are_for_whoever_manages_the_journey(world: World) -> None:
    form = {"months_before": "6", "rest_days": "30", "many_asks": "4", "long_rest_days": "45", "version": "0"}
    assert world.client("csm").post(url(world, "advocacy_rules"), form).status_code == 403
    client = world.client("admin")
    assert client.post(url(world, "advocacy_rules"), form | {"long_rest_days": "5"}).status_code == 422
    assert client.post(url(world, "advocacy_rules"), form).status_code == 302
    assert client.post(url(world, "advocacy_rules"), form).status_code == 409
    with world.open():
        assert Program.objects.get().rest_days == 30


def test_the_tab_of_an_account(world: World) -> None:
    people = fill(world)
    row = people["ready"].account
    text = plain(shown(world, "account_advocacy", row.id))
    for part in ("May they be asked?", "Champion ready", "Three units", "Corvid", "done Wrote a good review"):
        assert part in text
    with world.open():
        bare = Account.objects.create(external_id="X", name="Bare", owner=world.members["csm"])
    assert "Not judged yet" in shown(world, "account_advocacy", bare.id)


def test_what_belongs_to_accounts_of_others_is_not_there(world: World) -> None:
    """ROL-01: a CSM sees the own book; what is named in the address is 404."""
    with world.open():
        row = account(world, owner=world.members["leader"], name="Far away")
        qualified(row)
        who = services.enrol(contact=person(row), consent="name", by=None)
        asset = services.add_asset(account=row, kind="review", title="Secret", by=None)
        referral = services.add_referral(account=row, prospect="Hidden", by=None)
        made = asked(world, who, 5)
        request(world)
    client = world.client("csm")
    for name in ("advocacy", "advocacy_assets", "advocacy_referrals"):
        text = shown(world, name)
        assert not any(word in text for word in ("Far away", "Secret", "Hidden"))
    for name, key in (
        ("advocacy_standing", row.id), ("account_advocacy", row.id), ("advocate_edit", who.id), ("ask_new", who.id),
        ("ask_answer", made.id), ("asset", asset.id), ("asset_legal", asset.id), ("referral_move", referral.id),
    ):  # fmt: skip
        assert client.get(url(world, name, key)).status_code == 404, name
    with world.open():
        wanted = ReferenceRequest.objects.get()
    assert "Far away" not in shown(world, "reference_request", wanted.id)
    assert "Far away" in shown(world, "reference_request", wanted.id, role="leader")


def test_exports_hold_the_rows_of_the_filters(worlds: tuple[World, World]) -> None:
    world, rival = worlds
    fill(world)
    fill(rival)

    def rows(name: str, query: str = "") -> list[dict[str, str]]:
        response = world.client("csm").get(url(world, name) + query)
        content = b"".join(response.streaming_content) if response.streaming else response.content
        return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))

    found = rows("advocacy_csv")
    assert [row["standing"] for row in found] == ["ready", "resting", "waiting", "open", "blocked"]
    assert found[-1]["champion"] == "unknown"
    assert [row["account"] for row in rows("advocacy_csv", "?view=waiting")] == ["waiting"]
    assert {row["title"] for row in rows("advocacy_assets_csv")} == {"Three units", "Stars"}
    assert [row["prospect"] for row in rows("advocacy_referrals_csv")] == ["Corvid"]


def test_a_reader_without_the_right_sees_no_buttons(world: World) -> None:
    people = fill(world)
    text = plain(shown(world, "advocacy", role="executive"))
    assert "Enrol candidates" not in text
    client = world.client("executive")
    assert client.get(url(world, "ask_new", people["ready"].id)).status_code == 403
    with world.open():
        assert Contact.objects.exists()
