"""What leads away from the board (DSH-04): plans on the tiles, notes edited in place, the link to share, the slides."""

import datetime as dt
import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cs_platform.kernel.errors import Conflict, DomainError
from metrics.enums import Metric, Window
from metrics.models import BoardNote
from metrics.plan import notes, targets
from metrics.plan.cells import expected, plan_line
from metrics.plan.targets import Cell
from tests.books import Book
from tests.metrics.test_board_pages import MONTH, fill, text_of

QUERY = {"month": MONTH, "window": "12"}
DECEMBER = dt.date(2025, 12, 1)
PIECE = {"HX-Request": "true", "HX-Target": "board-note"}


@pytest.fixture
def book(worlds) -> Book:
    Book(worlds[1]).period("Theirs", "2024-01-01", "", "99999.00", segment="Enterprise")
    return fill(worlds[0])


@pytest.mark.parametrize(
    ("metric", "value", "target", "text", "good"),
    [
        (Metric.NRR, "1.124", "110", "plan 110%, 2.4 pt above", True),
        (Metric.NRR, "1.05", "110", "plan 110%, 5 pt below", False),
        (Metric.NRR, "1.10", "110", "plan 110%, reached exactly", True),
        (Metric.LOGO_CHURN, "0.08", "9.5", "plan 9.5%, 1.5 pt below", True),
        (Metric.LOGO_CHURN, "0.12", "9.5", "plan 9.5%, 2.5 pt above", False),
        (Metric.LTV, "115000000", "1200000", "plan $1.20M, 4.2% below", False),
        (Metric.NPS, "47", "45", "plan 45, 2 above", True),
        (Metric.NRR, None, "110", "plan 110%", None),
    ],
)
def test_how_far_a_value_is_from_its_plan(metric, value, target, text, good):
    line = plan_line(metric, None if value is None else Decimal(value), Decimal(target), "USD")
    assert line == {"text": text, "good": good}


STEADY = [Decimal(value) / 1000 for value in (1040, 1045, 1049, 1055, 1059, 1064, 1070, 1074, 1080, 1085, 1089, 1094)]


def test_a_drift_of_trailing_years_is_usual_and_a_jump_is_not():
    """A year's value that goes on rising as before is no anomaly; one that falls by five points is."""
    assert expected(Metric.NRR, [*STEADY, Decimal("1.099")], Window.YEAR) is None
    low, high = expected(Metric.NRR, [*STEADY, Decimal("1.044")], Window.YEAR)
    assert low < STEADY[-1] + Decimal("0.005") < high
    assert low > Decimal("1.044")
    money = [value * 100_000_000 for value in STEADY]
    assert expected(Metric.LTV, [*money, Decimal(110_000_000)], Window.YEAR) is None
    assert expected(Metric.LTV, [*money, Decimal(80_000_000)], Window.YEAR) is not None
    assert expected(Metric.NPS, [Decimal(47)] * 12 + [Decimal("47.5")], Window.YEAR) is None
    assert expected(Metric.NPS, [Decimal(47)] * 12 + [Decimal(40)], Window.YEAR) is not None
    assert expected(Metric.NRR, [None] * 12 + [Decimal(1)], Window.YEAR) is None
    assert expected(Metric.NRR, [], Window.YEAR) is None


def test_a_month_is_held_against_the_months_before():
    months = [Decimal("0.02"), Decimal("0.021"), Decimal("0.019")] * 4
    assert expected(Metric.LOGO_CHURN, [*months, Decimal("0.022")], Window.MONTH) is None
    assert expected(Metric.LOGO_CHURN, [*months, Decimal("0.06")], Window.MONTH) is not None


def test_no_plan_no_line():
    assert plan_line(Metric.NRR, Decimal(1), None, "USD") is None


def test_the_plan_stands_on_tiles_and_in_the_trend(book):
    """A plan is the company's and of a year: a month's ratio and a segment are not held against it; tiles stay five."""
    with book.world.open():
        months = [dt.date(2025, 11, 1), DECEMBER]
        targets.save_targets(
            cells=[*(Cell(Metric.NRR, m, Decimal(110)) for m in months), Cell(Metric.LTV, DECEMBER, Decimal(10_000))],
            by=None,
        )
    client, url = book.world.client("executive"), book.world.url("board/")
    page = client.get(url, QUERY)
    assert page.content.decode().count('<div class="kpi"') == 5
    assert page.context["tiles"][0]["plan"]["good"] is False
    assert "plan 110%, 7.7 pt below" in text_of(page)
    assert page.context["tiles"][1]["plan"] is None
    figure = page.context["trend"]["figure"]
    planned = [trace for trace in figure["data"] if trace["line"].get("dash")]
    assert [trace["name"] for trace in planned] == ["NRR plan"]
    assert planned[0]["y"][-2:] == [110.0, 110.0]
    assert page.context["trend"]["table"]["head"][-1] == "NRR plan"
    assert page.context["trend"]["table"]["rows"][-1][-1] == "110%"
    monthly = client.get(url, QUERY | {"window": "1"})
    assert monthly.context["tiles"][0]["plan"] is None
    assert monthly.context["tiles"][3]["plan"] is not None, "LTV is always a year's"
    assert client.get(url, QUERY | {"segment": "Enterprise"}).context["tiles"][0]["plan"] is None


def test_a_note_is_written_in_place_by_who_may(book):
    world = book.world
    url = world.url("board/notes/2025-12/")
    client = world.client("executive")
    page = client.get(world.url("board/"), QUERY)
    assert "Nothing noted yet" in text_of(page)
    form = client.get(url, headers=PIECE)
    assert form.content.lstrip().startswith(b'<section class="card" id="board-note"')
    saved = client.post(url, {"text": "SMB is below 95%.\r\n\r\nMore in January. <b>", "seen": ""}, headers=PIECE)
    assert saved.status_code == 200
    assert "SMB is below 95%." in text_of(saved)
    assert b"&lt;b&gt;" in saved.content
    assert "by Executive Person" in text_of(client.get(world.url("board/"), QUERY))
    with world.open():
        note = BoardNote.objects.get()
        assert note.author == world.members["executive"]
        assert note.text == "SMB is below 95%.\n\nMore in January. <b>"
    assert client.get(world.url("board/"), QUERY | {"month": "2025-11"}).context["note"]["text"] == ""


def test_who_wrote_meanwhile_is_not_overwritten_by_chance(book):
    world = book.world
    url = world.url("board/notes/2025-12/")
    first, second = world.client("executive"), world.client("leader")
    assert first.post(url, {"text": "Theirs", "seen": ""}, headers=PIECE).status_code == 200
    stale = second.post(url, {"text": "Mine", "seen": ""}, headers=PIECE)
    assert stale.status_code == 409
    assert "Theirs" in text_of(stale)
    assert "Mine" in stale.content.decode()
    seen = re.search(r'name="seen"[^>]*value="([^"]+)"', stale.content.decode())[1]
    assert second.post(url, {"text": "Mine", "seen": seen}, headers=PIECE).status_code == 200
    with world.open():
        assert BoardNote.objects.get().text == "Mine"


def test_notes_as_a_service(tenant_open):
    by = tenant_open.members["leader"]
    note = notes.save_note(month=DECEMBER, text=" One ", seen="", by=by)
    assert note.text == "One"
    again = notes.save_note(month=DECEMBER, text="One", seen=notes.version_of(note), by=by)
    assert notes.version_of(again) == notes.version_of(note), "nothing changed, nobody edited"
    with pytest.raises(Conflict):
        notes.save_note(month=DECEMBER, text="Two", seen="", by=by)
    with pytest.raises(DomainError):
        notes.save_note(month=DECEMBER, text="x" * 4001, seen=notes.version_of(note), by=by)
    with pytest.raises(DomainError):
        notes.save_note(month=DECEMBER, text="a\0b", seen=notes.version_of(note), by=by)
    assert notes.save_note(month=DECEMBER, text="  ", seen=notes.version_of(note), by=by) is None
    assert not BoardNote.objects.exists()


def test_notes_refuse_who_may_not_and_months_without_figures(book, rival):
    world = book.world
    assert world.client("csm").get(world.url("board/notes/2025-12/")).status_code == 403
    assert world.client("csm").post(world.url("board/notes/2025-12/"), {"text": "x", "seen": ""}).status_code == 403
    assert world.client("admin").get(world.url("board/notes/2031-01/")).status_code == 404
    assert world.client("admin").get(world.url("board/notes/nonsense/")).status_code == 404
    assert world.client("admin").post(world.url("board/notes/2025-12/"), {"text": "x" * 5000}).status_code == 422
    assert rival.client("admin").get(world.url("board/notes/2025-12/")).status_code == 404
    with rival.open():
        assert not BoardNote.objects.exists()


def test_the_link_to_share_keeps_the_question_and_says_who_may_open_it(book):
    page = book.world.client("leader").get(book.world.url("board/"), QUERY | {"segment": "Enterprise"})
    assert page.context["share_url"].endswith("/t/acme/board/?month=2025-12&window=12&segment=Enterprise")
    assert "members whose role may read the board" in text_of(page)


def test_the_slides_say_what_the_page_says(book):
    """Slides for everything that has something to say; the same figures; no script or style from elsewhere or inline."""
    world = book.world
    client = world.client("executive")
    page = client.get(world.url("board/"), QUERY)
    slides = client.get(world.url("board/present/"), QUERY)
    assert slides.status_code == 200
    assert slides.context["slides"] == ["title", "numbers", "trend", "bridge", "segments", "cohorts", "words"]
    shown = text_of(slides)
    for tile in page.context["tiles"]:
        assert tile["value"] in shown
    with world.open():
        notes.save_note(month=DECEMBER, text="Carried <i>by</i> A", seen="", by=world.members["admin"])
    with_note = client.get(world.url("board/present/"), QUERY)
    assert "note" in with_note.context["slides"]
    assert b"Carried &lt;i&gt;by&lt;/i&gt; A" in with_note.content
    markup = with_note.content.decode()
    assert "style=" not in markup
    assert not re.findall(r"<script(?![^>]*src=)", markup)
    assert set(re.findall(r'(?:src|href)="(https?:[^"]*)"', markup)) == set()
    assert b"Theirs" not in with_note.content
    assert world.client("csm").get(world.url("board/present/")).status_code == 403


def test_queries_do_not_grow_with_the_book(worlds):
    """The board, its slides and its PDF ask a fixed number of questions."""
    mine = worlds[0]
    book = fill(mine)
    client = mine.client("executive")
    counts: dict[str, list[int]] = {}
    for _round in range(2):
        for path in ("board/", "board/present/", "board/report.pdf"):
            client.get(mine.url(path), QUERY)
            with CaptureQueriesContext(connection) as captured:
                client.get(mine.url(path), QUERY)
            counts.setdefault(path, []).append(len(captured))
        for number in range(12):
            book.period(f"More-{number}", "2024-01-01", "", "10.00", segment="Mid-market")
        book.night("2025-12-31")
    assert all(first == second for first, second in counts.values()), counts
