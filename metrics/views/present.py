"""The board as slides for a room: no navigation, one thought a slide, moved by keys; printed, each slide is a page."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe

from cs_platform.kernel.access import Permission, TenantRequest, requires
from metrics.board.document import document, read_printed

SHAPES = {"trend": (800.0, 320.0), "bridge": (720.0, 320.0)}
SLIDES = ("title", "numbers", "trend", "bridge", "segments", "cohorts", "reasons", "note", "words")


@requires(Permission.VIEW_BOARD)
def present(request: TenantRequest) -> HttpResponse:
    """The slides of the asked month, window and segment; what has nothing to say has no slide."""
    board = read_printed(request.tenant, request.GET.dict())
    if board is None:
        return redirect("board", request.tenant.slug)  # which says what is missing
    said = document(board, SHAPES)
    empty = {
        "reasons": not said["reasons"]["rows"],
        "note": not said["note"]["text"],
        "cohorts": not said["cohorts"]["rows"],
    }
    for name in ("trend", "bridge"):
        said[name]["svg"] = mark_safe(said[name]["svg"])  # noqa: S308 - metrics.svg escapes all text
    context = {
        "board": said,
        "slides": [name for name in SLIDES if not empty.get(name)],
        "back": f"{reverse('board', args=[request.tenant.slug])}?{board.figures.asked.query()}",
    }
    return render(request, "metrics/present.html", context)
