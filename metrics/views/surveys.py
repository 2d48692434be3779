"""Insights → Surveys: what the customers of one's book answer: NPS, CSAT, CES, who, after what, when (MET-16, MET-17)."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.db.models.functions import TruncMonth
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Account, Segment
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.keyset import row_of, rows_after
from cs_platform.kernel.periods import add_months, month_of, months_between
from cs_platform.kernel.templatetags.cells import number_text
from health.engagement.breakdown import sums_by
from health.engagement.formulas import Answers
from health.enums import SurveyContext, SurveyKind
from health.models import Survey
from metrics.figures.bands import bands_for_all
from metrics.insights import surveys_cells
from metrics.showing import answers as answer_cells

SHOWN = 50
TREND = 12
SPANS = (3, 12)


@requires(Permission.VIEW_WEEK)
def surveys(request: TenantRequest) -> HttpResponse:
    """Answers of the accounts that the member sees. `kind`, `months`, `segment`, `context` and `group` choose."""
    tenant = request.tenant
    today = tenant.today()
    asked = _asked(request)
    seen = Survey.objects.filter(account__in=Account.objects.visible_to(request.member))
    last = month_of(today)
    first = add_months(last, 1 - asked["months"])
    scope = _scope(seen, asked)
    now = scope.filter(**_between(tenant, first, today))
    earlier = scope.filter(**_between(tenant, add_months(first, -asked["months"]), first - dt.timedelta(days=1)))
    sums = {kind: now_sums for (kind,), now_sums in sums_by(now, "kind").items()}
    before = {kind: then_sums for (kind,), then_sums in sums_by(earlier, "kind").items()}
    bands = bands_for_all()
    told = surveys_cells.Told(sums, before, bands, first, today)
    kind = asked["kind"]
    of_kind = now.filter(kind=kind)
    context = {
        "any": seen.exists(),
        "url": reverse("surveys", args=[tenant.slug]),
        "tiles": surveys_cells.tiles(told, kind, lambda name: _link(asked, kind=name)),
        "title": SurveyKind(kind).label,
        **_trend(tenant, scope, kind, last),
        "distribution": surveys_cells.distribution(kind, _scores(of_kind), sums.get(kind, Answers())),
        "segments": surveys_cells.group_rows(
            kind, sums_by(of_kind, "account__segment__name"), bands, lambda name: _link(asked, segment=name)
        ),
        "contexts": surveys_cells.context_rows(
            kind, sums_by(of_kind, "context"), bands, lambda name: _link(asked, context=name)
        ),
        "chips": _chips(asked),
        "months": [
            {
                "label": ngettext("%(n)s month", "%(n)s months", n) % {"n": n},
                "url": _link(asked, months=n),
                "on": n == asked["months"],
            }
            for n in SPANS
        ],
        "segment_names": list(Segment.objects.values_list("name", flat=True)),
        "contexts_all": SurveyContext.choices,
        "asked": asked,
        "as_of": today,
        "first": first,
        **_list(request, of_kind, asked),
    }
    if not context["any"]:
        context["import_url"] = reverse("imports", args=[tenant.slug]) if may(request, Permission.IMPORT_DATA) else ""
    return page(request, "metrics/surveys.html", context, pieces=("surveys",))


def _asked(request: TenantRequest) -> dict[str, Any]:
    """What the URL chooses; whatever is none of the choices is left out."""
    get = request.GET
    kind = get.get("kind", "")
    kind = kind if kind in SurveyKind.values else SurveyKind.NPS.value
    months = int(get["months"]) if get.get("months") in {str(n) for n in SPANS} else SPANS[-1]
    names = set(Segment.objects.values_list("name", flat=True))
    group = get.get("group", "")
    return {
        "kind": kind,
        "months": months,
        "segment": get["segment"] if get.get("segment") in names else "",
        "context": get["context"] if get.get("context") in SurveyContext.values else "",
        "group": group if group in answer_cells.GROUPS and kind in surveys_cells.NPS_KINDS else "",
    }


def _link(asked: dict[str, Any], **changes: Any) -> str:
    """The query of the same page with some choices changed; another kind forgets the group."""
    wanted = asked | changes
    if "kind" in changes:
        wanted["group"] = ""
    usual = {"kind": SurveyKind.NPS.value, "months": SPANS[-1]}
    kept = {name: value for name, value in wanted.items() if value and value != usual.get(name)}
    return f"?{urlencode(kept)}"


def _scope(seen: QuerySet[Survey], asked: dict[str, Any]) -> QuerySet[Survey]:
    if asked["segment"]:
        seen = seen.filter(account__segment__name=asked["segment"])
    return seen.filter(context=asked["context"]) if asked["context"] else seen


def _between(tenant: Any, first: dt.date, last: dt.date) -> dict[str, dt.datetime]:
    """Answers of the tenant's days from `first` to `last`, both included."""
    start = dt.datetime.combine(first, dt.time(), tzinfo=tenant.zone)
    until = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), tzinfo=tenant.zone)
    return {"answered_at__gte": start, "answered_at__lt": until}


def _scores(rows: QuerySet[Survey]) -> list[tuple[Any, int, int]]:
    """(score, scale, answers) of the kind, the highest first."""
    found = sums_by(rows, "score", "scale")
    return sorted(((score, scale, sums.count) for (score, scale), sums in found.items()), reverse=True)


def _trend(tenant: Any, scope: QuerySet[Survey], kind: str, last: dt.date) -> dict[str, Any]:
    """The last twelve months, whatever span the figures have."""
    first = add_months(last, 1 - TREND)
    rows = scope.filter(kind=kind, **_between(tenant, first, tenant.today()))
    rows = rows.annotate(month=TruncMonth("answered_at", tzinfo=tenant.zone))
    found = {month_of(month.date()): sums for (month,), sums in sums_by(rows, "month").items()}
    return {
        "trend": surveys_cells.trend(
            kind, [(month, found.get(month, Answers())) for month in months_between(first, last)]
        )
    }


def _chips(asked: dict[str, Any]) -> list[dict[str, str]]:
    """The filters that are on, each with the page without it."""
    found = []
    if asked["segment"]:
        found.append({"label": _("Segment"), "value": asked["segment"], "url": _link(asked, segment="")})
    if asked["context"]:
        name = str(SurveyContext(asked["context"]).label)
        found.append({"label": _("Asked after"), "value": name, "url": _link(asked, context="")})
    return found


def _list(request: TenantRequest, rows: QuerySet[Survey], asked: dict[str, Any]) -> dict[str, Any]:
    if asked["group"]:
        lowest, end = answer_cells.GROUPS[asked["group"]]
        rows = rows.filter(score__gte=lowest, score__lt=end)
    rows = rows.order_by("-answered_at", "-id")
    count = rows.count()
    before = request.GET.get("before", "")
    found = list(
        rows_after(rows, "answered_at", row_of(rows, before)).select_related("account", "contact")[: SHOWN + 1]
    )
    return {
        "rows": [answer_cells.row(request.tenant.slug, survey, request.tenant) for survey in found[:SHOWN]],
        "groups": [
            {"label": label, "url": _link(asked, group=name), "on": name == asked["group"]}
            for name, label in (("", _("All")), *((g, answer_cells.group_name(g)) for g in answer_cells.GROUPS))
        ]
        if asked["kind"] in surveys_cells.NPS_KINDS
        else [],
        "shown": ngettext("%(n)s answer", "%(n)s answers", count) % {"n": number_text(count)},
        "previous_url": _link(asked) if before else "",
        "next_url": _link(asked | {"before": str(found[SHOWN - 1].id)}) if len(found) > SHOWN else "",
    }
