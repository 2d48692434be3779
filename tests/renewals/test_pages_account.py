"""Account → Renewal and its forms: steps, three calls, terms, who decides, objections, save play (REN-02 to REN-07, REN-09)."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from renewals.models import Objection, Renewal, RenewalCall, RenewalStep, SavePlay, Stakeholder
from tests.conftest import World
from tests.renewals.pages_world import DAY, Book

pytestmark = pytest.mark.django_db


@pytest.fixture
def book(world: World) -> Book:
    return Book(world)


@pytest.fixture
def halcyon(book: Book) -> Renewal:
    return book.renewal(
        "Halcyon Freight", days=38, mrr=3_433_333, done=3, band="red", calls={"system": 34, "csm": 65, "leader": 50}
    )


def tab(world: World, one: Renewal, role: str = "csm", **asked: Any) -> str:
    answer = world.client(role).get(world.url(f"accounts/{one.account_id}/renewal/"), asked)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_tab_shows_steps_calls_and_terms(world: World, book: Book, halcyon: Renewal):
    """REN-02, REN-05: what was done, what is late, what three callers expect with their reasons."""
    text = tab(world, halcyon)
    assert "Halcyon Freight" in text
    assert "Open, 22 days late" in text, "negotiating was due 60 days before the end"
    assert "1 late" in text
    assert "34%" in text
    assert "65%" in text
    assert "50%" in text
    assert "Usage fell by 46% in 28 days" in text
    assert "They say so" in text
    assert "31 points apart" in text
    assert "$411,999.96 a year, 100 seats" in text
    assert "Nobody is named yet" in text


def test_the_header_leads_to_the_tab(world: World, halcyon: Renewal):
    """The day of the renewal in the header of every page of the account opens the tab."""
    page = world.client("csm").get(world.url(f"accounts/{halcyon.account_id}/people/")).content.decode()
    assert page.count(f'href="/t/acme/accounts/{halcyon.account_id}/renewal/"') == 2, "the fact and the tab"


def test_without_a_renewal_the_page_says_when_the_runway_begins(world: World, book: Book, halcyon: Renewal):
    """REN-01: nothing comes due yet; the runway of the segment says when it will."""
    with world.open():
        account = halcyon.account
        Renewal.objects.update(state="withdrawn")
        account.renews_on = book.today + 200 * DAY
        account.save()
    text = tab(world, halcyon)
    begins = book.today + 20 * DAY
    assert "Nothing to do yet" in text
    assert f"{begins.day} {begins:%b} {begins:%Y}" in text
    with world.open():
        account.renews_on = None
        account.save()
    assert "Nothing comes due" in tab(world, halcyon)


def test_another_company_sees_nothing(worlds: tuple[World, World]):
    """Tenant isolation: the tab, its forms and its rows answer 404 across companies."""
    mine, theirs = worlds
    one, other = Book(mine).renewal("Halcyon Freight"), Book(theirs).renewal("Halcyon Freight", calls={"system": 12})
    assert "12%" not in tab(mine, one)
    client = mine.client("admin")
    for path in (
        f"accounts/{other.account_id}/renewal/", f"renewals/{other.id}/", f"renewals/{other.id}/terms/",
        f"renewals/{other.id}/call/", f"renewals/{other.id}/stand/",
    ):  # fmt: skip
        assert client.get(mine.url(path)).status_code == 404, path


def test_a_csm_sees_the_own_book_only(world: World, book: Book):
    """ROL-01: the renewal of somebody else's account is not there for a CSM."""
    one = book.renewal("Orion Retail", owner="leader")
    assert world.client("csm").get(world.url(f"accounts/{one.account_id}/renewal/")).status_code == 404
    assert world.client("csm").get(world.url(f"renewals/{one.id}/call/")).status_code == 404
    assert world.client("admin").get(world.url(f"renewals/{one.id}/")).status_code == 302


def post(world: World, path: str, values: dict[str, Any], role: str = "csm", **more: Any) -> Any:
    return world.client(role).post(world.url(path), values, **more)


def test_where_it_stands_is_changed_in_one_form(world: World, book: Book, halcyon: Renewal):
    """REN-05: phase, intent and next step; the form is one version, and a stale one is shown beside the other's."""
    path = f"renewals/{halcyon.id}/stand/"
    values = {
        "version": halcyon.version, "phase": "talking", "intent": "unsure", "likely_reason": "champion",
        "next_step": "Call the new VP", "next_step_on": str(book.today + 2 * DAY),
    }  # fmt: skip
    assert post(world, path, values).status_code == 302
    row = book.fresh(halcyon)
    assert (row.phase, row.intent, row.likely_reason, row.next_step) == (
        "talking",
        "unsure",
        "champion",
        "Call the new VP",
    )
    assert row.talked_on == book.today
    stale = post(world, path, values | {"next_step": "Send the quote"})
    assert stale.status_code == 409
    said = stale.content.decode()
    assert "Call the new VP" in said, "theirs"
    assert "Send the quote" in said, "and yours"
    assert book.fresh(halcyon).next_step == "Call the new VP"


def test_a_move_that_may_not_be_names_the_field(world: World, book: Book, halcyon: Renewal):
    """REN-05: a proposal says what is offered; refused at the phase, and nothing else of the form is written."""
    values = {"version": halcyon.version, "phase": "proposed", "intent": "renew", "next_step": "x", "next_step_on": ""}
    answer = post(world, f"renewals/{halcyon.id}/stand/", values)
    assert answer.status_code == 422
    assert "Say first what is offered for a year." in answer.content.decode()
    assert book.fresh(halcyon).intent == "unknown"
    answer = post(world, f"renewals/{halcyon.id}/stand/", values | {"phase": "nowhere"})
    assert answer.status_code == 422


def test_terms_and_approvals(world: World, book: Book, halcyon: Renewal):
    """REN-07: terms in the contract's currency; a leader approves the discount, a CSM asks for it."""
    values = {"version": halcyon.version, "offered_minor": "412000", "asked_minor": "387300", "floor_minor": "321600",
              "term_months": "24", "prepaid": "1", "uplift": "0"}  # fmt: skip
    assert post(world, f"renewals/{halcyon.id}/terms/", values).status_code == 302
    row = book.fresh(halcyon)
    assert (row.offered_minor, row.asked_minor, row.term_months, row.prepaid) == (41_200_000, 38_730_000, 24, True)
    text = tab(world, halcyon)
    assert "$24,700.00, 6%" in text
    assert "Walk-away: $321,600.00" in text
    assert "multi-year, prepaid" in text
    bad = post(world, f"renewals/{halcyon.id}/terms/", values | {"version": row.version, "term_months": "0"})
    assert bad.status_code == 422
    asked = {"version": row.version, "approval": "done", "legal": "running", "procurement": "none"}
    assert post(world, f"renewals/{halcyon.id}/reviews/", asked).status_code == 422, "a CSM does not approve"
    assert post(world, f"renewals/{halcyon.id}/reviews/", asked, role="admin").status_code == 302
    assert "Agreed, Administrator" in tab(world, halcyon)


def test_a_csm_changes_the_own_call_and_a_leader_theirs(world: World, book: Book, halcyon: Renewal):
    """REN-05: two callers, kept apart; each needs a reason; what was called before is kept."""
    path = f"renewals/{halcyon.id}/call/"
    page = world.client("csm").get(world.url(path)).content.decode()
    assert 'value="leader"' not in page
    values = {
        "version": halcyon.version,
        "caller": "csm",
        "probability": "75",
        "sign_1": "+",
        "text_1": "VP called back",
    }
    assert post(world, path, values).status_code == 302
    leader = {"version": book.fresh(halcyon).version, "caller": "leader", "probability": "60", "sign_1": "-",
              "text_1": "Not convinced"}  # fmt: skip
    assert post(world, path, leader | {"caller": "leader"}, role="csm").status_code == 422
    assert post(world, path, leader, role="admin").status_code == 302
    text = tab(world, halcyon)
    assert "75%" in text
    assert "60%" in text
    assert "VP called back" in text
    assert "Not convinced" in text
    with world.open():
        assert RenewalCall.objects.filter(renewal=halcyon).count() == 5, "three of before and two new ones"
        assert SavePlay.objects.filter(account=halcyon.account).count() == 1, "the leader called it at risk"
    empty = values | {"version": book.fresh(halcyon).version, "text_1": ""}
    assert post(world, path, empty).status_code == 422
    assert post(world, path, values | {"probability": "101"}).status_code == 422


def test_objections_are_written_and_answered(world: World, book: Book, halcyon: Renewal):
    """REN-05: in their words, open until answered."""
    values = {"text": "6% uplift without new value", "reason": "price", "raised_on": str(book.today - 30 * DAY)}
    assert post(world, f"renewals/{halcyon.id}/objections/", values).status_code == 302
    assert "Open 30 days" in tab(world, halcyon)
    with world.open():
        row = Objection.objects.get()
    assert (
        post(
            world, f"renewals/objections/{row.id}/", {"version": row.version, "answer": "0% for two years"}
        ).status_code
        == 302
    )
    text = tab(world, halcyon)
    assert "Answered" in text
    assert "0% for two years" in text
    assert "1, 0 open" in text
    late = post(world, f"renewals/objections/{row.id}/", {"version": row.version, "answer": "Other"})
    assert late.status_code == 409
    assert "0% for two years" in late.content.decode()
    future = {**values, "raised_on": str(book.today + DAY)}
    assert post(world, f"renewals/{halcyon.id}/objections/", future).status_code == 422


def test_who_decides(world: World, book: Book, halcyon: Renewal):
    """REN-05: people with part, stance and last contact; those who decide and were spoken to are counted."""
    cfo = book.person(halcyon, "Bram de Wit", title="CFO", last_contact_on=book.today - 30 * DAY)
    book.person(halcyon, "Ingrid Solheim", title="VP Operations", last_contact_on=book.today - DAY, engagement="high")
    book.person(halcyon, "R. Okafor", role="champion", left_on=book.today - 5 * DAY)
    values = {"contact": cfo.id, "part": "pays", "stance": "against", "note": "price"}
    assert post(world, f"renewals/{halcyon.id}/people/", values).status_code == 302
    text = tab(world, halcyon)
    assert "Bram de Wit" in text
    assert "Against" in text
    assert "decision makers engaged: 0 of 1" in text
    assert "R. Okafor" in text
    assert "Champion, left" in text
    with world.open():
        row = Stakeholder.objects.get()
    change = {"version": row.version, "part": "decides", "stance": "for", "note": ""}
    assert post(world, f"renewals/people/{row.id}/", change).status_code == 302
    assert post(world, f"renewals/people/{row.id}/", change | {"stance": "neutral"}).status_code == 409
    assert post(world, f"renewals/people/{row.id}/remove/", {}).status_code == 302
    with world.open():
        assert not Stakeholder.objects.exists()


def test_steps_are_done_and_reopened(world: World, book: Book, halcyon: Renewal):
    """REN-02: a step is done on a day that is not ahead, with a word about it."""
    with world.open():
        row = RenewalStep.objects.get(renewal=halcyon, step="negotiate")
    values = {"version": row.version, "on": str(book.today), "note": "Agreed with the CFO"}
    assert post(world, f"renewals/steps/{row.id}/done/", values | {"on": str(book.today + DAY)}).status_code == 422
    assert post(world, f"renewals/steps/{row.id}/done/", values).status_code == 302
    text = tab(world, halcyon)
    assert "22 days late" in text
    assert "Agreed with the CFO" in text
    assert "1 done late" in text
    assert post(world, f"renewals/steps/{row.id}/reopen/", {}).status_code == 302
    assert "Open, 22 days late" in tab(world, halcyon)
    assert world.client("csm").get(world.url(f"renewals/steps/{row.id}/reopen/")).status_code == 405


def test_a_save_play_is_started_and_taken_back(world: World, book: Book, halcyon: Renewal):
    """REN-09: by hand, with the days that are left; what was opened by mistake counts nowhere."""
    assert post(world, f"renewals/{halcyon.id}/save/", {"approach": "Executive call"}).status_code == 302
    text = tab(world, halcyon)
    assert "Executive call" in text
    assert "day 1, opened at 38 days" in text
    with world.open():
        play = SavePlay.objects.get()
    assert (play.lead_days, play.cause) == (38, "person")
    assert (
        post(world, f"renewals/saves/{play.id}/", {"version": play.version, "approach": "Sponsor map"}).status_code
        == 302
    )
    assert post(world, f"renewals/saves/{play.id}/", {"version": play.version, "approach": "Other"}).status_code == 409
    assert post(world, f"renewals/saves/{play.id}/end/", {}).status_code == 302
    assert "No save play runs" in tab(world, halcyon)


def test_a_reader_changes_nothing(world: World, halcyon: Renewal):
    """ROL-01: an executive reads the tab; the forms are not offered and not open."""
    client = world.client("executive")
    page = client.get(world.url(f"accounts/{halcyon.account_id}/renewal/"))
    if page.status_code == 200:
        assert f"/renewals/{halcyon.id}/call/" not in page.content.decode()
    assert client.post(world.url(f"renewals/{halcyon.id}/call/"), {}).status_code == 403


def test_queries_of_the_tab_do_not_grow(world: World, book: Book, halcyon: Renewal):
    """E1: the same number of queries with one person and one objection, and with twenty."""
    client = world.client("csm")
    url = world.url(f"accounts/{halcyon.account_id}/renewal/")

    def count(client: Client) -> int:
        client.get(url)
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert client.get(url).status_code == 200
        return len(found)

    with world.open():
        Objection.objects.create(renewal=halcyon, text="a", raised_on=book.today)
    book_person = book.person(halcyon, "P0")
    with world.open():
        Stakeholder.objects.create(renewal=halcyon, contact=book_person, part="uses")
    few = count(client)
    for number in range(1, 12):
        person = book.person(halcyon, f"P{number}")
        with world.open():
            Objection.objects.create(renewal=halcyon, text=f"a{number}", raised_on=book.today, contact=person)
            Stakeholder.objects.create(renewal=halcyon, contact=person, part="uses")
    assert count(client) == few
    assert few <= 40, few


def test_runways_are_set_by_segment(world: World, book: Book):
    """REN-01, REN-02: days and steps of a segment are the company's own; going back to the profile's takes them away."""
    from accounts.models import Segment

    with world.open():
        segment = Segment.objects.get(name="Enterprise")
    client = world.client("admin")
    assert "Internal prep T-180" in client.get(world.url("settings/runways/")).content.decode()
    path = world.url(f"settings/runways/{segment.id}/")
    values = {"version": 0, "own": "1", "days": "120", "step_prep": "120", "step_talk": "90", "step_sign": "20"}
    assert client.post(path, values | {"step_prep": "130"}).status_code == 422, "before the runway begins"
    assert client.post(path, values).status_code == 302
    text = client.get(world.url("settings/runways/")).content.decode()
    assert "120 days" in text
    assert "Sign T-20" in text
    assert client.post(path, values).status_code == 422, "a stale form"
    assert client.post(path, values | {"version": 1, "own": "0"}).status_code == 302
    assert "Internal prep T-180" in client.get(world.url("settings/runways/")).content.decode()
    assert world.client("csm").get(path).status_code == 403


def test_days_of_a_step() -> None:
    """REN-02: on time, done late, late and open, next, later are told from the days alone."""
    from types import SimpleNamespace

    from renewals.cells_marks import marked

    day = dt.date(2026, 3, 1)

    def step(days: int, due: dt.date, done: dt.date | None) -> Any:
        return SimpleNamespace(step="prep", days=days, due_on=due, done_on=done)

    steps = [
        step(10, day + 40 * DAY, None),
        step(120, day - 60 * DAY, day - 60 * DAY),
        step(90, day - 30 * DAY, day - 10 * DAY),
        step(60, day - DAY, None),
        step(30, day, None),
    ]
    found = marked(steps, day)
    assert [one.mark.value for one in found] == ["ok", "al", "lt", "nx", "ft"]
    assert [one.late_days for one in found] == [0, 20, 1, 0, -40]
    assert [one.mark.value for one in marked(steps, day, ended=True)] == ["ok", "al", "ft", "ft", "ft"]
