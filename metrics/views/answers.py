"""The answers behind NPS, CSAT and CES on the board (DSH-04, MET-16, MET-17)."""

import datetime as dt
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Account
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.keyset import row_of, rows_after
from cs_platform.kernel.periods import add_months
from cs_platform.kernel.templatetags.cells import number_text
from health.engagement.selectors import answers_by_month, bounds, trailing
from health.enums import SurveyKind
from health.models import Survey
from metrics.enums import Metric
from metrics.figures import selectors
from metrics.figures.asked import Asked, Months
from metrics.figures.bands import band_of, bands_for
from metrics.showing import answers as answer_cells
from metrics.showing import cells
from metrics.showing.definitions import survey_definition, term
from metrics.views.board import no_figures, switches

SHOWN = 50
METRICS = {SurveyKind.NPS: Metric.NPS, SurveyKind.CSAT: Metric.CSAT, SurveyKind.CES: Metric.CES}


@requires(Permission.VIEW_BOARD)
def answers(request: TenantRequest) -> HttpResponse:
    """The answers of a kind in the month or year of the board, newest first; of NPS also one group of them."""
    read = selectors.read_state(Asked, request.GET.dict(), request.tenant)
    if read is None:
        return page(request, "metrics/board_empty.html", {"empty": no_figures(request)})
    asked, months, names = read
    wanted = request.GET.get("kind", "")
    kind = SurveyKind(wanted) if wanted in METRICS else SurveyKind.NPS
    group = request.GET.get("group", "") if kind == SurveyKind.NPS else ""
    group = group if group in answer_cells.GROUPS else ""
    first = add_months(asked.month, 1 - int(asked.window))
    every = _answers(asked, kind, first, group)
    seen = every.filter(account__in=Account.objects.visible_to(request.member))
    total, hidden = every.count(), every.count() - seen.count()
    later = rows_after(seen, "answered_at", row_of(seen, request.GET.get("before", "")))
    rows = list(later.select_related("account", "contact")[: SHOWN + 1])
    context = _head(request, asked, months, names, kind, group, first)
    context |= {
        "rows": [answer_cells.row(request.tenant.slug, survey, request.tenant) for survey in rows[:SHOWN]],
        "hidden_answers": ngettext(
            "%(n)s answer of accounts you may not open", "%(n)s answers of accounts you may not open", hidden
        )
        % {"n": number_text(hidden)}
        if hidden
        else "",
        "foot": {
            "shown": ngettext("%(n)s answer", "%(n)s answers", total) % {"n": number_text(total)},
            "sorted": _("newest first"),
            "previous_url": answer_cells.answers_url(request.tenant.slug, asked, kind=kind, group=group)
            if "before" in request.GET
            else "",
            "next_url": answer_cells.answers_url(
                request.tenant.slug, asked, kind=kind, group=group, before=str(rows[SHOWN - 1].id)
            )
            if len(rows) > SHOWN
            else "",
        },
    }
    return page(request, "metrics/answers.html", context, pieces=("answers",))


def _answers(asked: Asked, kind: SurveyKind, first: dt.date, group: str) -> QuerySet[Survey]:
    start, until = bounds(first, asked.month)
    found = Survey.objects.filter(kind=kind, answered_at__gte=start, answered_at__lt=until)
    if asked.segment:
        found = found.filter(account__segment__name=asked.segment)
    if group:
        lowest, end = answer_cells.GROUPS[group]
        found = found.filter(score__gte=lowest, score__lt=end)
    return found.order_by("-answered_at", "-id")


def _head(
    request: TenantRequest,
    asked: Asked,
    months: Months,
    names: list[str],
    kind: SurveyKind,
    group: str,
    first: dt.date,
) -> dict[str, Any]:
    slug, metric = request.tenant.slug, METRICS[kind]
    by_kind = answers_by_month(first, asked.month, segment=asked.segment)
    sums = {each: trailing(by_kind[each], asked.month, int(asked.window)) for each in METRICS}
    value = answer_cells.value_of(metric, sums[kind])
    bands = bands_for(metric)
    band = band_of(metric, bands, value)
    url = reverse("board_answers", args=[slug])
    return {
        "asked": asked,
        "url": url,
        "title": term(metric),
        "subline": [answer_cells.period(asked), *([asked.segment] if asked.segment else [])],
        "switches": _kept(switches(url, asked, months, names), kind),
        "hidden": [("kind", kind.value)] if kind != SurveyKind.NPS else [],
        "tabs": [
            {
                "label": term(METRICS[each]),
                "url": answer_cells.answers_url(slug, asked, kind=each),
                "current": each == kind,
                "count": number_text(sums[each].count),
            }
            for each in METRICS
        ],
        "value": cells.value_text(metric, value, ""),
        "pill": cells.pill(metric, band) if band else "",
        "definition": survey_definition(
            metric,
            asked,
            answers=sums[kind].count,
            as_of=request.tenant.figures_as_of,
            exact=cells.exact_text(metric, value, ""),
        ),
        "groups": [
            {
                "label": label,
                "url": answer_cells.answers_url(slug, asked, group=name),
                "on": name == group,
            }
            for name, label in (("", _("All")), *((g, answer_cells.group_name(g)) for g in answer_cells.GROUPS))
        ]
        if kind == SurveyKind.NPS
        else [],
        "board_url": f"{reverse('board', args=[slug])}?{Asked(asked.month, asked.window, asked.segment).query()}",
    }


def _kept(found: dict[str, Any], kind: SurveyKind) -> dict[str, Any]:
    """Month and window lead to answers of the same kind."""
    if kind == SurveyKind.NPS:
        return found
    more = f"&kind={kind.value}"
    kept = {name: f"{found[name]}{more}" if found[name] else "" for name in ("earlier", "later")}
    return found | kept | {"windows": [window | {"url": window["url"] + more} for window in found["windows"]]}
