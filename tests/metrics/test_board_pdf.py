"""The board as a PDF: two pages, the figures of the page to the character, in the reader's language, of this company."""

import datetime as dt
import json
import re
import time
from decimal import Decimal

import pytest
from django.utils import timezone, translation

from metrics.board import pdf as board_pdf
from metrics.board.document import Board, note_by, read_board
from metrics.enums import Metric
from metrics.figures import selectors
from metrics.figures.asked import Asked
from metrics.models import BoardNote, MonthClose
from metrics.plan import notes, targets
from metrics.plan.targets import Cell
from metrics.proof import closing_cells
from tests.books import Book
from tests.metrics.test_board_pages import MONTH, fill, text_of

QUERY = {"month": MONTH, "window": "12"}
HOSTILE = '#panic("x") <script>alert(1)</script> $x^2$ "quoted" *bold* \\ [a](b)'


@pytest.fixture
def book(worlds) -> Book:
    Book(worlds[1]).period("Theirs", "2024-01-01", "", "99999.00", segment="Theirs only")
    return fill(worlds[0])


def board_of(world, **query: str) -> Board:
    months = selectors.months_of(world.tenant)
    return read_board(world.tenant, Asked.parse(QUERY | query, months), months)


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))


def texts(value) -> list[str]:
    if isinstance(value, dict):
        return [text for key, part in value.items() if key != "svg" for text in texts(part)]
    return [text for part in value for text in texts(part)] if isinstance(value, list) else [str(value)]


def test_two_pages_with_the_figures_of_the_page(book):
    """The document that is printed holds each text that the page shows, and the PDF is named after company and month."""
    with book.world.open():
        targets.save_targets(cells=[Cell(Metric.NRR, dt.date(2025, 12, 1), Decimal(110))], by=None)
        notes.save_note(month=dt.date(2025, 12, 1), text=HOSTILE, seen="", by=book.world.members["executive"])
    client = book.world.client("executive")
    page = client.get(book.world.url("board/"), QUERY)
    answer = client.get(book.world.url("board/report.pdf"), QUERY)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="setia-board-acme-2025-12.pdf"'
    assert answer.content.startswith(b"%PDF")
    assert pages(answer.content) == 2
    shown = text_of(page)
    with book.world.open():
        data = board_pdf.printed(board_of(book.world))
    assert [t["value"] for t in data["tiles"]] == [t["value"] for t in page.context["tiles"]]
    for tile in data["tiles"]:
        for part in (tile["label"], tile["value"], tile["plan"], *tile["foot"].split(" · ")):
            assert part in shown
    assert data["tiles"][0]["plan"] in shown
    for row in [*data["segments"]["rows"], data["segments"]["total"]]:
        for cell in row[1:]:
            assert cell["text"] in shown
    for row in data["cohorts"]["rows"]:
        assert row["name"] in shown
        assert [c["text"] for c in row["cells"]] == [
            c["text"] for r in page.context["cohorts"] if str(r["name"]) == row["name"] for c in r["cells"]
        ]
    assert data["note"]["text"] == HOSTILE
    assert HOSTILE in shown
    assert not any("Theirs" in text for text in texts(data))


def test_what_people_write_is_never_markup(book):
    """A note that looks like typst, HTML or a formula is set as it stands; a drawing escapes what it names."""
    with book.world.open():
        notes.save_note(month=dt.date(2025, 12, 1), text=HOSTILE, seen="", by=book.world.members["executive"])
        data = board_pdf.printed(board_of(book.world))
    data["trend"]["legend"].append(["s1", HOSTILE])
    data["segments"]["rows"][0][0]["text"] = HOSTILE
    assert pages(board_pdf.set_pdf(data)) == 2
    assert "<script" not in data["trend"]["svg"] + data["bridge"]["svg"]


def test_same_data_same_bytes_and_within_a_second(book):
    with book.world.open():
        board = board_of(book.world)
        first = board_pdf.board_pdf(board)
        start = time.perf_counter()
        again = board_pdf.board_pdf(board)
        assert time.perf_counter() - start < 1.0
    assert first == again


@pytest.mark.parametrize("language", ["en", "id", "ms"])
def test_in_the_readers_language(book, language):
    """Numbers and words follow the language; the PDF says which it is in."""
    with book.world.open(), translation.override(language):
        board = board_of(book.world)
        data = board_pdf.printed(board)
        pdf = board_pdf.board_pdf(board)
        page = [tile["value"] for tile in board.tiles]
    assert data["language"] == language
    assert [tile["value"] for tile in data["tiles"]] == page
    assert ("," in page[0]) == (language == "id")
    assert f"/Lang ({language})".encode() in pdf or f"/Lang({language})".encode() in pdf


def test_a_long_note_is_cut_and_many_segments_still_fit(book):
    with book.world.open():
        data = board_pdf.printed(board_of(book.world))
        notes.save_note(month=dt.date(2025, 12, 1), text="word " * 700, seen="", by=book.world.members["executive"])
        assert len(board_pdf.printed(board_of(book.world))["note"]["short"]) <= board_pdf.NOTE_SHOWN + 2
    data["segments"]["rows"] = (data["segments"]["rows"] * 12)[:12]
    data["cohorts"]["rows"] = (data["cohorts"]["rows"] * 7)[:7]
    data["note"]["short"] = "word " * 180
    data["reasons"]["rows"] = [{"name": "Product fit", "count": "12", "share": "40%", "part": 0.4}] * 6
    assert pages(board_pdf.set_pdf(json.loads(json.dumps(data)))) == 2


def test_who_may_and_what_is_not_there(worlds):
    mine, theirs = worlds
    nothing = mine.client("executive").get(mine.url("board/report.pdf"))
    assert nothing.status_code == 302, "nothing is computed yet: the board says what is missing"
    assert nothing["Location"] == mine.url("board/")
    fill(mine)
    assert mine.client("csm").get(mine.url("board/report.pdf")).status_code == 403
    assert theirs.client("executive").get(mine.url("board/report.pdf")).status_code == 404
    assert mine.client("executive").get(mine.url("board/report.pdf"), {"segment": "Nowhere"}).status_code == 404
    assert mine.client("executive").get(mine.url("board/report.pdf"), {"month": "nonsense"}).status_code == 200


def test_days_are_those_of_the_companys_zone():
    """METRICS: a note and a close of 23:30 UTC belong to the next day in Jakarta, in PDF, slides and e-mail alike."""
    at = dt.datetime(2026, 11, 3, 23, 30, tzinfo=dt.UTC)
    with timezone.override("Asia/Jakarta"):
        assert note_by(BoardNote(updated_at=at)) == "4 Nov 2026"
        assert "4 Nov 2026" in closing_cells.state(MonthClose(known_at=at, signed_as="Sofia", version=1))


def test_the_same_document_is_set_once(book, monkeypatch):
    """A digest goes to many people who read one language; another language or figure is another document."""
    import typst

    board_pdf._compiled.cache_clear()
    made = []
    compiled = typst.compile
    monkeypatch.setattr(typst, "compile", lambda *args, **rest: made.append(1) or compiled(*args, **rest))
    with book.world.open():
        board = board_of(book.world)
        first, again = board_pdf.board_pdf(board), board_pdf.board_pdf(board_of(book.world))
        with translation.override("id"):
            other = board_pdf.board_pdf(board)
    assert (first == again, first == other, len(made)) == (True, False, 2)
