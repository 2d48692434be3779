"""What comes due: the renewals as a list, a board by phase, a calendar and a forecast; moving a card (REN-05, REN-08)."""

import datetime as dt
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, F, QuerySet, Sum, Window
from django.db.models.functions import RowNumber, TruncMonth
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.cells import sorted_heads
from accounts.models import Member, Segment
from accounts.rates import factors
from cs_platform.kernel.access import Permission, Scope, TenantRequest, may, requires
from cs_platform.kernel.asked import version_of
from cs_platform.kernel.errors import Conflict, error_response
from cs_platform.kernel.htmx import page, trigger
from cs_platform.kernel.periods import add_months, month_end, month_of, month_or_none, month_text, months_between
from cs_platform.kernel.templatetags.cells import day_text, month_name, number_text
from renewals import cells, cells_change, cells_forecast, outlook, selectors, services
from renewals.cells_marks import legend
from renewals.cells_results import quarter_name
from renewals.enums import Caller, Confidence, Phase, RenewalState, Step
from renewals.listing import ALL, CERTAIN, DUE_DAYS, LATE, NONE, SORTS, RenewalQuery
from renewals.models import Renewal
from renewals.scores import Worth
from renewals.upcoming import SOON_DAYS

MONTHS = 6  # how far the tiles and the forecast look
IN_A_COLUMN = 8
LABELS = {
    "due": gettext_lazy("Due"),
    "segment": gettext_lazy("Segment"),
    "csm": gettext_lazy("CSM"),
    "confidence": gettext_lazy("Call"),
    "caller": gettext_lazy("Whose call"),
    "phase": gettext_lazy("Phase"),
    "state": gettext_lazy("Outcome"),
    "step": gettext_lazy("Late step"),
    "apart": gettext_lazy("Calls"),
    "late": gettext_lazy("Steps"),
    "saving": gettext_lazy("Save play"),
    "certain": gettext_lazy("Certain that they stay"),
    "since": gettext_lazy("Customer since"),
}
ONE_OF = ("caller",)  # filters that take one value


@requires(Permission.VIEW_ACCOUNTS)
def renewals(request: TenantRequest) -> HttpResponse:
    """The page. Its address is its state (`RenewalQuery`); a CSM sees the own book, a leader all of it."""
    query, tenant = RenewalQuery.parse(request.GET), request.tenant
    today, view = tenant.today(), query.view if query.view in cells.VIEWS else "list"
    months = months_ahead(today)
    panel = _panel(request, query)

    def url(**changes: Any) -> str:
        return _url(request, query, **changes)

    def due_url(**changes: Any) -> str:
        return _url(request, _book_of(query), **changes)

    worth = factors(tenant=tenant)
    due = due_of(request, query, months, worth)
    context: dict[str, Any] = {
        "view": view,
        "views": [
            {"label": label, "url": url(view=name), "current": name == view} for name, label in cells.VIEWS.items()
        ],
        "summary": [
            _("%(first)s to %(last)s") % {"first": month_name(months[0]), "last": month_name(months[-1])},
            _("calls as of %(day)s") % {"day": day_text(tenant.figures_as_of)},
        ],
        "any": bool(due) or Renewal.objects.exists(),
        "q": query.q,
        "panel": panel,
        "chips": _chips(request, query, panel),
        "hidden": {
            "search": [pair for pair in query.pairs() if pair[0] != "q"],
            "filters": [pair for pair in query.pairs() if pair[0] in {"q", "sort", "view"}],
        },
        "clear_url": _url(request, RenewalQuery(view=query.view)),
        "all_url": url(state=(ALL,), view="list"),
        "export_url": f"{reverse('renewals_csv', args=[tenant.slug])}?{query.text()}",
        "scores_url": reverse("renewals_scores", args=[tenant.slug]),
        "results_url": reverse("renewals_results", args=[tenant.slug]),
        "accounts_url": reverse("accounts", args=[tenant.slug]),
        "may_edit": may(request, Permission.EDIT_ACCOUNTS),
        "found": True,
    }
    if due:
        context |= _outlook(request, due, months, today, due_url)
    if view == "board":
        board = _board(request, query, today, worth)
        context |= {"board": board, "found": any(column["cards"] for column in board["columns"])}
    elif view == "calendar":
        context["calendar"] = _calendar(request, query, today, worth)
    elif view == "forecast":
        context["rollup"] = cells_forecast.rollup(due, months, request.GET.get("by", ""), tenant, due_url)
        context["rollup"]["csv"] = f"{reverse('renewals_forecast_csv', args=[tenant.slug])}?{query.text()}"
        context["change"] = cells_change.change(_since(request, query, due, months, today, worth), tenant)
    else:
        context |= _list(request, query, today, worth)
    response = page(request, "renewals/renewals.html", context, pieces=("renewals-page", "renewals-board"))
    if request.htmx and request.htmx.target == "renewals-page":
        response["HX-Push-Url"] = f"{request.path}?{request.GET.urlencode()}" if request.GET else request.path
    return response


def months_ahead(today: dt.date) -> list[dt.date]:
    """The months that tiles and forecast look at, this one first."""
    return list(months_between(month_of(today), add_months(month_of(today), MONTHS - 1)))


def _book_of(query: RenewalQuery) -> RenewalQuery:
    """What tiles and forecast are narrowed by, so that each of their numbers opens its own rows."""
    return RenewalQuery(segment=query.segment, csm=query.csm)


def due_of(
    request: TenantRequest, query: RenewalQuery, months: list[dt.date], by: Worth | None = None
) -> list[outlook.Due]:
    """What the tiles are about: open renewals of the months, of whose book and which segment is asked for, whatever else
    the rows are narrowed by."""
    member = request.member
    rows = _book_of(query).matching(selectors.visible(member), member)
    return outlook.read(rows, months[0], month_end(months[-1]), by)


def _since(
    request: TenantRequest,
    query: RenewalQuery,
    due: list[outlook.Due],
    months: list[dt.date],
    today: dt.date,
    by: Worth,
) -> outlook.Since | None:
    """What moved since a week ago, of the same book and segment, also what is decided by now."""
    every = replace(_book_of(query), state=tuple(RenewalState.values))
    rows = every.matching(selectors.visible(request.member), request.member)
    return outlook.since_last_week(due, rows, months[0], month_end(months[-1]), today, by=by)


def _outlook(
    request: TenantRequest, due: list[outlook.Due], months: list[dt.date], today: dt.date, url: Any
) -> dict[str, Any]:
    """Tiles, the chart of the months, and the calls that disagree. One query beside what was read."""
    tenant = request.tenant
    by_month = outlook.by_month(due, months)
    far = outlook.disagreements(due)
    ids = [each.id for each in far[: cells_forecast.SHOWN]]
    last = today + dt.timedelta(days=SOON_DAYS)
    soon = sum(today <= each.due_on <= last for each in due)
    return {
        "tiles": cells_forecast.tiles(outlook.total(due), by_month, soon, tenant, url),
        "loss": cells_forecast.loss(by_month, tenant, url),
        "apart": cells_forecast.apart_card(far, selectors.latest_calls(ids), tenant, today, url, by_month),
    }


def _url(request: TenantRequest, query: RenewalQuery, *, month: str = "", by: str = "", **changes: Any) -> str:
    """The page in another state; `month` is that of the calendar, `by` the cut of the forecast."""
    more = f"&month={month}" if month else f"&by={by}" if by else ""
    text = query.text(**changes) + more
    path = reverse("renewals", args=[request.tenant.slug])
    return f"{path}?{text.removeprefix('&')}" if text else path


def _list(request: TenantRequest, query: RenewalQuery, today: dt.date, by: Worth) -> dict[str, Any]:
    tenant, member = request.tenant, request.member
    found = selectors.read_page(selectors.visible(member), query, member, by)
    total = query.matching(selectors.with_calls(selectors.visible(member)), member).count()
    path = reverse("renewals", args=[tenant.slug])
    return {
        "heads": sorted_heads(
            cells.HEADS,
            lambda **to: _url(request, query, **to),
            query.sort,
            descending=SORTS[query.sort].descending,
        ),
        "rows": [cells.row(one, tenant, today) for one in found.rows],
        "legend": legend(),
        "found": bool(found.rows),
        "foot": {
            "shown": _("%(shown)s of %(found)s shown")
            % {"shown": number_text(len(found.rows), 0), "found": number_text(total, 0)},
            "sorted": _("sorted by %(name)s") % {"name": SORTS[query.sort].label},
            "previous_url": f"{path}?{found.previous}" if found.previous else "",
            "next_url": f"{path}?{found.following}" if found.following else "",
        },
    }


def _open_rows(request: TenantRequest, query: RenewalQuery, by: Worth) -> QuerySet[Renewal]:
    """The open renewals of the filters: a board has no place for what is over."""
    member = request.member
    return replace(query, state=()).matching(selectors.listed(selectors.visible(member), by), member)


def _board(request: TenantRequest, query: RenewalQuery, today: dt.date, by: Worth, said: str = "") -> dict[str, Any]:
    """The columns, the next to come due first in each. Three queries, however many cards."""
    rows = _open_rows(request, query, by)
    place = Window(RowNumber(), partition_by=[F("phase")], order_by=[F("due_on"), F("id")])
    cards = rows.annotate(place=place).filter(place__lte=IN_A_COLUMN).order_by("due_on", "id")
    counted = rows.order_by().values("phase").annotate(n=Count("pk"), mrr=Sum("mrr_minor"))
    sums = {row["phase"]: (row["n"], row["mrr"] or 0) for row in counted}

    def url(**changes: Any) -> str:
        return _url(request, query, **changes)

    return {
        "url": url(view="board"),
        "columns": cells.board_columns(cards, sums, request.tenant, today, url),
        "said": said,
    }


def _calendar(request: TenantRequest, query: RenewalQuery, today: dt.date, by: Worth) -> dict[str, Any]:
    """The month that is asked for, and the sums of those around today. Three queries."""
    month = month_or_none(request.GET.get("month", "")) or month_of(today)
    month = min(max(month, dt.date(2000, 1, 1)), dt.date(2100, 1, 1))
    member = request.member
    rows = replace(query, due=()).matching(selectors.listed(selectors.visible(member), by), member)
    first = month_of(today)
    ahead = rows.filter(due_on__gte=first, due_on__lt=add_months(first, MONTHS)).order_by()
    by_month = ahead.annotate(in_month=TruncMonth("due_on")).values("in_month")
    sums = {row["in_month"]: row for row in by_month.annotate(n=Count("pk"), mrr=Sum("mrr_minor"))}
    shown = list(rows.filter(due_on__gte=month, due_on__lte=month_end(month)).prefetch_related(None))
    months = months_between(first, add_months(first, MONTHS - 1))
    return cells.calendar(
        month,
        shown,
        [(when, sums[when]["n"], sums[when]["mrr"] or 0) if when in sums else (when, 0, 0) for when in months],
        request.tenant,
        today,
        lambda **to: _url(request, query, **{"view": "calendar", **to}),
    )


def _panel(request: TenantRequest, query: RenewalQuery) -> list[dict[str, Any]]:
    """What can be filtered by: [{name, label, type, open, options}]."""
    today = request.tenant.today()
    choices: dict[str, Any] = {
        "due": [
            (value, _due_label(value))
            for value in dict.fromkeys((LATE, *map(str, DUE_DAYS), *map(month_text, months_ahead(today)), *query.due))
        ],
        "segment": [
            (name, name) for name in Segment.objects.order_by("position", "name").values_list("name", flat=True)
        ],
        "confidence": [*Confidence.choices, (NONE, _("No call"))],
        "caller": [("", _("The call that counts")), *Caller.choices],
        "phase": Phase.choices,
        "state": [*RenewalState.choices, (ALL, _("Open and ended"))],
        "step": Step.choices,
        "apart": [("1", _("System and CSM disagree"))],
        "late": [("1", _("A step is late and open"))],
        "saving": [("1", _("A save play runs"))],
        "certain": CERTAIN.items(),
    }
    if query.since:  # asked by the page of results
        choices["since"] = [(value, _("Not known") if value == NONE else quarter_name(value)) for value in query.since]
    if request.member.role.scope != Scope.OWN:
        people = Member.objects.filter(is_active=True).order_by("name", "id").values_list("id", "name")
        names = [(str(key), name) for key, name in people]
        choices["csm"] = [("me", _("Those I look after")), (NONE, _("Nobody")), *names]
    chosen = {name: getattr(query, name) for name in choices}
    chosen["caller"] = (query.caller,) if query.caller in dict(choices["caller"]) else ("",)
    chosen = {name: ("1",) if value is True else value or () for name, value in chosen.items()}
    return [
        {
            "name": name,
            "label": label,
            "type": "radio" if name in ONE_OF else "checkbox",
            "open": any(chosen[name]),
            "options": cells.options(choices[name], chosen[name]),
        }
        for name, label in LABELS.items()
        if name in choices
    ]


def _due_label(value: str) -> str:
    """What a value of the filter says. Example: 90 is Next 90 days, 2026-Q4 is Q4 26."""
    if value == LATE:
        return _("Before today")
    if value.isdigit():
        return _("Next %(days)s days") % {"days": value}
    month = month_or_none(value)
    return month_name(month) if month else quarter_name(value)


def _chips(request: TenantRequest, query: RenewalQuery, panel: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The filters that are on: {label, value, url without it}."""
    empty = RenewalQuery()
    return [
        {
            "label": group["label"],
            "value": ", ".join(str(option["label"]) for option in group["options"] if option["on"]),
            "url": _url(request, query, **{group["name"]: getattr(empty, group["name"])}),
        }
        for group in panel
        if group["open"] and any(option["on"] for option in group["options"])
    ]


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def move(request: TenantRequest, renewal_id: UUID) -> HttpResponse:
    """A card goes to another phase: the whole board is the answer. Somebody else was first: 409, said with both, and the
    board is read anew."""
    worth = factors(tenant=request.tenant)
    one = selectors.renewal_of(request.member, renewal_id, worth)
    wished, before = request.POST.get("to", ""), one.get_phase_display()
    try:
        services.set_phase(renewal=one, phase=wished, version=version_of(request) or 0, by=request.member)
    except Conflict:
        return _stale(request, one, wished)
    words = {"name": one.account.name, "phase": Phase(wished).label, "before": before}
    text = _("%(name)s: from “%(before)s” to “%(phase)s”.") % words
    if not request.htmx:
        messages.success(request, text)
        return redirect(f"{reverse('renewals', args=[request.tenant.slug])}?view=board")
    query = _query_of_page(request)
    context = {"board": _board(request, query, request.tenant.today(), worth, text), "may_edit": True}
    return page(request, "renewals/renewals.html", context, pieces=("renewals-board",))


def _stale(request: TenantRequest, one: Renewal, wished: str) -> HttpResponse:
    """409: where somebody else put the card, and where it was to go; the board reads itself anew."""
    now = selectors.renewal_of(request.member, one.id)
    words = {
        "name": now.account.name,
        "theirs": now.get_phase_display() if now.state == RenewalState.OPEN else now.get_state_display(),
        "yours": Phase(wished).label if wished in Phase.values else "–",
    }
    text = _("%(name)s was changed by somebody else: it stands at “%(theirs)s”, you wanted “%(yours)s”. Look again.")
    return trigger(error_response(request, 409, Conflict.code, text % words), "boardStale")


def _query_of_page(request: TenantRequest) -> RenewalQuery:
    """The filters of the page that the card was moved on."""
    _path, _mark, asked = (request.htmx.current_url_abs_path or "").partition("?")
    return RenewalQuery.parse(QueryDict(asked))
