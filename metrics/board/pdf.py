"""The board as a PDF of two pages (typst): figures equal to the page's, drawings of our own, nothing from outside."""

import json
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.sheets import kept_as
from metrics.board.document import Board, document, file_name, read_printed

SHAPES = {"trend": (620.0, 410.0), "bridge": (430.0, 430.0)}
ROOM = Path(__file__).with_name("typst")
NOTE_SHOWN = 900  # characters of a note on its page; the whole of it stands on the board


@requires(Permission.VIEW_BOARD)
def report_pdf(request: TenantRequest) -> HttpResponse:
    """The board of the asked month, window and segment to keep or to send."""
    board = read_printed(request.tenant, request.GET.dict())
    if board is None:
        return redirect("board", request.tenant.slug)  # which says what is missing
    return kept_as(file_name(request.tenant, board.figures.asked, "pdf"), board_pdf(board), "application/pdf")


def printed(board: Board) -> dict[str, Any]:
    """What the template is given: the document and the words that only a printed page needs."""
    found = document(board, SHAPES)
    text = found["note"]["text"]
    short = text if len(text) <= NOTE_SHOWN else text[:NOTE_SHOWN].rsplit(" ", 1)[0] + " …"
    return found | {
        "note": found["note"] | {"short": short},
        "language": get_language() or "en",
        "year": board.figures.asked.month.year,
        "number": board.figures.asked.month.month,
        "nothing": _("Nothing yet."),
        "page": _("Page {page} of {pages}"),
    }


def board_pdf(board: Board) -> bytes:
    """Set the PDF in the language of the moment. Same data, same bytes: it carries the month and not the hour."""
    return set_pdf(printed(board))


def set_pdf(data: dict[str, Any]) -> bytes:
    """The PDF of a document. A digest has the same one for everybody who reads a language: it is set once."""
    return _compiled(json.dumps(data))


@lru_cache(maxsize=4)
def _compiled(data: str) -> bytes:
    """Run typst on the template, in memory: it sees its own folder and fonts, no other files and no network."""
    import typst  # noqa: PLC0415 - 34 MB that only a PDF needs

    compiled: Any = typst.compile  # its stubs cannot say that one format gives bytes
    pdf: bytes = compiled(
        template(),
        root=str(ROOM),
        font_paths=[str(ROOM / "fonts")],
        ignore_system_fonts=True,
        sys_inputs={"data": data},
        timestamp=0,
    )
    return pdf


@cache
def template() -> bytes:
    return (ROOM / "board.typ").read_bytes()
