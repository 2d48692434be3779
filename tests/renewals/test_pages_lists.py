"""What comes due: list, board, calendar; filters, paging, moving a card (REN-05, REN-08); Today, the week, the navigation
(DSH-02, DSH-03)."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from renewals import selectors
from renewals.listing import SORTS
from renewals.models import Renewal, RenewalStep
from tests.conftest import World
from tests.renewals.pages_world import DAY, Book

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "renewals-board"}


@pytest.fixture
def book(world: World) -> Book:
    found = Book(world)
    found.renewal(
        "Halcyon Freight", days=38, mrr=3_433_300, done=3, band="red", calls={"system": 34, "csm": 65, "leader": 50}
    )
    found.renewal(
        "Quillon Software",
        days=48,
        mrr=2_650_000,
        done=4,
        calls={"system": 96, "csm": 98, "leader": 98},
        phase="signing",
    )
    found.renewal("Orion Retail", days=120, owner="leader", calls={"system": 80, "csm": 82})
    return found


def page(world: World, role: str = "admin", **asked: Any) -> str:
    answer = world.client(role).get(world.url("renewals/"), asked)
    assert answer.status_code == 200
    return answer.content.decode()


def rows_of(text: str) -> str:
    """The rows of the list, without the cards above it."""
    return text.split('aria-label="Renewals"><table')[1].split("</table>")[0]


def test_the_list_shows_steps_and_three_calls(world: World, book: Book):
    """REN-05, REN-08: ARR, day, the line of steps, three calls, the category; the first to come due on top."""
    text = page(world)
    assert text.index("Halcyon Freight") < text.index("Quillon Software") < text.index("Orion Retail")
    assert "$412k" in text
    assert "34%" in text
    assert "65%" in text
    assert "T-60 late and open" in text
    assert "T-30 due next" in text
    assert '<span class="pill risk">At risk</span>' in text
    assert '<span class="pill acc">Commit</span>' in text
    assert "3 of 3 shown" in text


def test_tiles_and_forecast_add_up_three_calls(world: World, book: Book):
    """REN-05, REN-08: Σ ARR × (1 − chance) of what a caller called, by month, segment and CSM; each opens its rows.

    Leader: 412k at 50 % and 318k at 98 % lose 212.4k of 730k, 70.9 % stay; Orion was not called.
    """
    text = page(world)
    assert "70.9%" in text
    assert "$212k forecast loss · 1 not called" in text
    assert "61.3%" in text, "the system: 34 %, 96 % and 80 %"
    assert "$128k" in text, "412k times 31 points: how far system and CSM are apart at Halcyon"
    months = page(world, view="forecast")
    assert "Together" in months
    assert "$742k" in months
    by_segment = page(world, view="forecast", by="segment")
    assert "segment=Enterprise" in by_segment
    by_csm = page(world, view="forecast", by="csm")
    assert "Leader Person" in by_csm
    assert f"csm={world.members['csm'].id}" in by_csm
    assert "Orion" not in page(world, "csm", view="forecast", by="csm")
    own = page(world, csm="none")
    assert "Leader call" not in own, "nothing is due there"


def test_filters_narrow_the_list(world: World, book: Book):
    """REN-08: by day, CSM, confidence and whose call; each filter that is on can be taken off; nonsense is left out."""
    assert "Orion Retail" not in page(world, due="90")
    assert "Quillon" not in page(world, confidence="at_risk")
    assert "Halcyon" in page(world, confidence="at_risk", caller="csm")
    assert "Orion" not in page(world, confidence="at_risk")
    assert "Halcyon" in page(world, apart="1")
    assert "Quillon" not in page(world, apart="1")
    assert "Halcyon" in page(world, q="halc")
    assert "Orion" not in page(world, q="halc")
    with world.open():
        leader = world.members["leader"].id
    text = page(world, csm=str(leader))
    assert "Orion" in text
    assert "Halcyon" not in text
    assert "Remove filter" in text
    assert "No renewal here" in page(world, due="30")
    assert "3 of 3 shown" in page(world, due="zzz", csm="no", sort="?", after="x~y", confidence="much")


def test_a_csm_sees_the_own_book_and_no_rival(worlds: tuple[World, World]):
    """ROL-01, tenant isolation: a CSM the own book, a leader everybody's, nobody another company's."""
    mine, theirs = worlds
    Book(mine).renewal("Halcyon Freight")
    Book(mine).renewal("Orion Retail", owner="leader")
    Book(theirs).renewal("Rival Secret")
    own, everything = page(mine, "csm"), page(mine, "admin")
    assert "Halcyon" in own
    assert "Orion" not in own
    assert "Halcyon" in everything
    assert "Orion" in everything
    assert "Rival Secret" not in everything
    for view in ("board", "calendar"):
        assert "Orion" not in page(mine, "csm", view=view)
        assert "Rival Secret" not in page(mine, "admin", view=view)


@pytest.mark.parametrize("sort", list(SORTS))
def test_pages_go_on_where_they_stopped(world: World, book: Book, monkeypatch: pytest.MonkeyPatch, sort: str):
    """Keyset paging: rows with equal keys are neither shown twice nor left out, whichever way the list goes."""
    for number in range(5):
        book.renewal(f"Same {number}", days=60)
    monkeypatch.setattr(selectors, "PAGE_SIZE", 3)
    client, seen, url = world.client("admin"), [], world.url(f"renewals/?due=180&sort={sort}")
    for _round in range(6):
        text = client.get(url).content.decode()
        rows = rows_of(text)
        seen += [name.split("</a>")[0].rsplit(">", 1)[1] for name in rows.split('class="who"')[1:]]
        if 'rel="next"' not in text:
            break
        url = text.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert sorted(seen) == sorted({*seen})
    assert len(seen) == 8


def test_the_board_moves_a_card(world: World, book: Book):
    """REN-05: a card goes to the next phase; the answer is the board; the move is said."""
    with world.open():
        one = Renewal.objects.get(account__name="Halcyon Freight")
    text = page(world, view="board")
    assert "Move Halcyon Freight to In conversation" in text
    assert "2 · $424k" in text, "a column says its number and money"
    path = world.url(f"renewals/{one.id}/move/")
    answer = world.client("csm").post(path, {"to": "talking", "version": one.version}, **HTMX)
    assert answer.status_code == 200
    assert "Halcyon Freight: from “Preparing” to “In conversation”." in answer.content.decode()
    assert "<html" not in answer.content.decode()
    assert book.fresh(one).phase == "talking"
    plain = world.client("csm").post(path, {"to": "preparing", "version": book.fresh(one).version})
    assert plain.status_code == 302
    assert plain["Location"].endswith("view=board")


def test_a_card_that_somebody_else_moved_is_said_with_both(world: World, book: Book):
    """409: where they put it and where you wanted it; the board reads itself anew, nothing is lost."""
    with world.open():
        one = Renewal.objects.get(account__name="Halcyon Freight")
    path = world.url(f"renewals/{one.id}/move/")
    world.client("csm").post(path, {"to": "talking", "version": one.version}, **HTMX)
    late = world.client("admin").post(path, {"to": "talking", "version": one.version}, **HTMX)
    assert late.status_code == 409
    assert "it stands at “In conversation”, you wanted “In conversation”" in late.content.decode()
    assert "boardStale" in late["HX-Trigger"]
    refused = world.client("csm").post(path, {"to": "proposed", "version": book.fresh(one).version}, **HTMX)
    assert refused.status_code == 422
    assert "Say first what is offered for a year." in refused.content.decode()
    assert world.client("csm").post(path, {"to": "proposed"}, **HTMX).status_code == 409, (
        "a form without a version is stale"
    )
    assert world.client("executive").post(path, {"to": "talking"}).status_code == 403
    assert world.client("csm").get(path).status_code == 405


def test_the_calendar_shows_days_with_money(world: World, book: Book):
    """REN-08: a month with what comes due on each day; other months are a link away; nonsense is this month."""
    due = book.today + 38 * DAY
    text = page(world, view="calendar", month=f"{due:%Y-%m}")
    assert "Halcyon Freight" in text
    assert "$412k" in text
    assert "Orion Retail" not in text or (book.today + 120 * DAY).month == due.month
    for number in range(5):
        book.renewal(f"Same day {number}", days=38)
    assert "3 more" in page(world, view="calendar", month=f"{due:%Y-%m}")
    assert page(world, view="calendar", month="no month")


def test_queries_do_not_grow_with_the_rows(world: World, book: Book):
    """E1: the same number of queries for three renewals and for thirty, in each view."""
    client = world.client("admin")

    def count(view: str) -> int:
        url = world.url(f"renewals/?view={view}")
        client.get(url)
        with CaptureQueriesContext(connection) as found:
            assert client.get(url).status_code == 200
        return len(found)

    few = {view: count(view) for view in ("list", "board", "calendar")}
    for number in range(27):
        book.renewal(f"More {number}", days=20 + number, calls={"system": 50 + number, "csm": 60})
    assert {view: count(view) for view in few} == few
    assert max(few.values()) <= 26, few


def test_without_any_renewal_the_page_says_when_they_open(world: World):
    """REN-01: the empty page says how renewals come to be."""
    assert "Nothing comes due yet" in page(world)


def test_late_steps_open_their_rows(world: World, book: Book):
    """REN-02: the filter of late steps holds renewals with one that is late and open."""
    with world.open():
        RenewalStep.objects.filter(renewal__account__name="Halcyon Freight").update(done_on=book.today)
    rows = rows_of(page(world, late="1"))
    assert "Halcyon" not in rows
    assert "Orion" in rows


def test_today_and_the_navigation_count_the_same_renewals(world: World, book: Book):
    """DSH-03: the tile counts open renewals of 90 days and opens exactly those; so does the navigation."""
    today = world.client("csm").get(world.url("today/")).content.decode()
    tile = today[today.index("Renewals, next 90 days") :][:900]
    assert "1 at risk" in tile
    assert "/renewals/?due=90&amp;csm=me" in today
    assert "/renewal/?renewal=" in today, "the rows open where they are worked"
    rows = page(world, "csm", due="90", csm="me")
    assert "2 of 2 shown" in rows
    nav = page(world, "admin").split("</nav>")[0]
    assert "Renewals" in nav
    entry = next(line for line in nav.split("<a ") if "/renewals/" in line)
    assert ">2<" in entry, "Orion comes due in 120 days"


def test_the_week_says_what_is_forecast(world: World, book: Book):
    """DSH-02: the share that is expected to renew and the money that is not, of six months."""
    text = world.client("admin").get(world.url("week/")).content.decode()
    tile = text[text.index("Renewal forecast") :][:900]
    # 41.2M at 50 %, 31.8M at 98 %, 1.2M at 82 % a year: 1 − (20.5998 + 0.636 + 0.216) / 74.19960
    assert "71.1%" in tile
    assert "/renewals/" in tile
