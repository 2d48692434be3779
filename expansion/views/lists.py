"""The pipeline as a board by stage and as a list; its export, and who works the deals that are chosen (EXP-01, EXP-05)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Member, Product, Segment
from accounts.views import filters
from accounts.views.saved import Viewed
from cs_platform.kernel.access import Permission, Scope, TenantRequest, may, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.periods import add_months
from cs_platform.kernel.sheets import csv_file
from cs_platform.kernel.templatetags.cells import number_text
from expansion import cells, checks, files, pipeline, selectors
from expansion.enums import DealKind, DealStage, LossReason, Motion, Trigger, WinReason
from expansion.listing import ALL, LATE, SORTS, UNDATED, UNSAID, YEAR, DealQuery, quarter_of, quarter_text
from expansion.models import Opportunity
from expansion.owned import ME, NOBODY
from expansion.views.shell import list_url, shell

IN_A_COLUMN = 8
RIGHTS_SHOWN = 10  # deals whose checks stand below the board
QUARTERS = 4  # that the list can be narrowed to
LARGEST = [F("year_minor").desc(nulls_last=True), F("id").asc()]
# Views that everybody has.
BUILT_IN = (
    ("open", gettext_lazy("Open"), ""),
    ("mine", gettext_lazy("My deals"), f"owner={ME}"),
    ("held", gettext_lazy("Not earned yet"), "right=held"),
    ("late", gettext_lazy("Late"), f"quarter={LATE}&sort=close"),
    ("won", gettext_lazy("Won"), f"stage=won&closed={YEAR}&sort=closed"),
    ("lost", gettext_lazy("Lost"), f"stage=lost&closed={YEAR}&sort=closed"),
    ("all", gettext_lazy("All"), f"stage={ALL}"),
)
VIEWS = Viewed(
    "expansion:list", gettext_lazy("Expansion"), "deal_view", lambda given: DealQuery.parse(given).text(view="")
)
LABELS = {
    "stage": gettext_lazy("Stage"),
    "right": gettext_lazy("Right"),
    "owner": gettext_lazy("Owner"),
    "segment": gettext_lazy("Segment"),
    "kind": gettext_lazy("Kind"),
    "motion": gettext_lazy("Motion"),
    "trigger": gettext_lazy("Why now"),
    "product": gettext_lazy("Product"),
    "quarter": gettext_lazy("Expected"),
    "closed": gettext_lazy("Closed"),
    "loss": gettext_lazy("Why it was lost"),
    "win": gettext_lazy("Why it was won"),
}
ON_BOARD = ("right", "owner", "segment", "kind", "motion", "trigger", "product", "quarter")  # of what is open


@requires(Permission.VIEW_ACCOUNTS)
def board(request: TenantRequest) -> HttpResponse:
    """Open deals by stage, and whether the right to them is earned. Its address is its state (`DealQuery`)."""
    query, by = _of_board(DealQuery.parse(request.GET)), selectors.scale()
    panel = _panel(request, query, ON_BOARD, owners())
    context = shell(request, by) | board_context(request, query, by) | _filtered(request, query, panel, board_url)
    response = page(request, "expansion/board.html", context, pieces=("pipeline", "expansion-board"))
    if request.htmx and request.htmx.target == "pipeline":
        response["HX-Push-Url"] = board_url(request, query)
    return response


def board_context(request: TenantRequest, query: DealQuery, by: selectors.Scale, said: str = "") -> dict[str, Any]:
    """The columns, the largest deals first in each, and the checks of the largest of all. Three statements, however many deals."""
    tenant, today = request.tenant, request.tenant.today()
    rows = selectors.found_rows(_of_board(query), request.member)
    place = Window(RowNumber(), partition_by=[F("stage")], order_by=LARGEST)
    placed = selectors.listed(rows, by).select_related("override_by").annotate(place=place)
    cards = list(placed.filter(place__lte=IN_A_COLUMN).order_by(*LARGEST))
    first = [row.account_id for row in cards if row.stage == DealStage.IDENTIFIED]
    readings = checks.read([*first, *(row.account_id for row in cards[:RIGHTS_SHOWN])])

    def url(**changes: Any) -> str:
        return list_url(request, query, **changes)

    return {
        "board": {
            "url": board_url(request, query),
            "columns": cells.board_columns(cards, pipeline.stages(rows, by), readings, tenant, today, url),
            "said": said,
        },
        "rights": [cells.right_row(row, readings[row.account_id], tenant) for row in cards[:RIGHTS_SHOWN]],
        "any": bool(cards) or Opportunity.objects.exists(),
        "found": bool(cards),
        "all_url": url(),
        "held_url": url(right="held"),
    }


def _of_board(query: DealQuery) -> DealQuery:
    """What the board shows of it: it has no place for what is over."""
    return replace(query, stage=(), closed="", loss=(), win=(), cursor=None)


def board_url(request: TenantRequest, query: DealQuery, **changes: Any) -> str:
    """The board with these filters."""
    return f"{reverse('expansion:board', args=[request.tenant.slug])}?{query.text(**changes)}".rstrip("?")


@requires(Permission.VIEW_ACCOUNTS)
def deals(request: TenantRequest) -> HttpResponse:
    """The list. Its address is its state (`DealQuery`)."""
    query, member, tenant = DealQuery.parse(request.GET), request.member, request.tenant
    by = selectors.scale()
    found = selectors.deal_page(query, member, by)
    count = selectors.found_rows(query, member).count()
    people, may_edit = owners(), may(request, Permission.EDIT_ACCOUNTS)
    panel = _panel(request, query, LABELS, people)
    context = (
        shell(request, by)
        | _filtered(request, query, panel, list_url)
        | {
            "views": VIEWS.shown(request, query.text(view=""), BUILT_IN),
            "heads": cells.heads(query, lambda **to: list_url(request, query, **to), may_edit=may_edit),
            "people": people,
            "state": query.text(),
            "owners_url": reverse("expansion:deal_owners", args=[tenant.slug]),
            "rows": [cells.list_row(row, tenant, tenant.today()) for row in found.rows],
            "foot": {
                "shown": _("%(shown)s of %(found)s shown")
                % {"shown": number_text(len(found.rows), 0), "found": number_text(count, 0)},
                "sorted": _("sorted by %(name)s") % {"name": SORTS[query.sort].label},
                "previous_url": f"{request.path}?{found.previous}" if found.previous else "",
                "next_url": f"{request.path}?{found.following}" if found.following else "",
            },
            "any": bool(found.rows) or Opportunity.objects.exists(),
            "all_url": list_url(request, query, stage=(ALL,), view=""),
            "oob": bool(request.htmx and request.htmx.target == "deals-found"),
        }
    )
    response = page(request, "expansion/list.html", context, pieces=("deals-list", "deals-found"))
    if request.htmx:
        response["HX-Push-Url"] = f"{request.path}?{query.address()}".rstrip("?")
    return response


@requires(Permission.VIEW_ACCOUNTS)
def export(request: TenantRequest) -> HttpResponse:
    """All rows of the filters as CSV, in the list's order."""
    tenant = request.tenant
    rows = selectors.all_rows(DealQuery.parse(request.GET), request.member)
    lines = files.rows(rows.iterator(chunk_size=2000), tenant.currency)
    return csv_file(f"opportunities-{tenant.slug}-{tenant.today()}.csv", files.HEAD, lines)


def _filtered(
    request: TenantRequest, query: DealQuery, panel: list[dict[str, Any]], url: Callable[..., str]
) -> dict[str, Any]:
    """What the search, the filters and the chips of a page show; `url` leads to the page with other filters."""
    empty = DealQuery()
    return {
        "query": query,
        "panel": panel,
        "chips": filters.chips(panel, lambda name: url(request, query, **{name: getattr(empty, name)})),
        "hidden": {
            "search": [pair for pair in query.pairs() if pair[0] != "q"],
            "filters": [pair for pair in query.pairs() if pair[0] in {"q", "sort", "view"}],
        },
        "clear_url": url(request, DealQuery(sort=query.sort)),
        "export_url": f"{reverse('expansion:deals_csv', args=[request.tenant.slug])}?{query.text()}".rstrip("?"),
    }


def owners() -> list[tuple[str, str]]:
    """Who may work a deal: (id, name)."""
    rows = Member.objects.filter(is_active=True).order_by("name", "id").values_list("id", "name")
    return [(str(key), name) for key, name in rows]


def _panel(
    request: TenantRequest, query: DealQuery, names: Iterable[str], people: Sequence[tuple[str, str]]
) -> list[dict[str, Any]]:
    """What can be filtered by: [{name, label, open, options}]; by owner for who sees more than the own book."""
    today = request.tenant.today()
    this = quarter_of(today)
    ahead, behind = ([quarter_text(add_months(this, 3 * sign * n)) for n in range(QUARTERS)] for sign in (1, -1))
    segments = Segment.objects.order_by("position", "name").values_list("name", flat=True)
    products = Product.objects.order_by("name", "id").values_list("id", "name")
    choices: dict[str, Any] = {
        "stage": [*DealStage.choices, (ALL, _("Open and ended"))],
        "right": cells.RIGHTS,
        "segment": [(name, name) for name in segments],
        "kind": DealKind.choices,
        "motion": Motion.choices,
        "trigger": Trigger.choices,
        "product": [(str(key), name) for key, name in products],
        "quarter": [(LATE, _("Late")), *((name, name) for name in ahead), (UNDATED, _("No day"))],
        "closed": [(YEAR, _("12 months")), *((name, name) for name in behind)],
        "loss": [*LossReason.choices, (UNSAID, _("Not said"))],
        "win": [*WinReason.choices, (UNSAID, _("Not said"))],
    }
    if request.member.role.scope != Scope.OWN:
        choices["owner"] = [(ME, _("Me")), (NOBODY, _("Nobody")), *people]
    panel = []
    for name in names:
        if name in choices:
            value = getattr(query, name)
            one = isinstance(value, str)
            chosen = value if not one else (value,) if value else ()
            known = {choice for choice, _label in choices[name]}
            # one that the panel does not offer: an older quarter, somebody who left
            more = [(each, each) for each in chosen if each not in known]
            panel.append(filters.group(name, LABELS[name], [*choices[name], *more], chosen, one=one))
    return panel
