"""Account → Health: the score, why it moved, what would heal it, how complete its data is (HLT-01 to HLT-09)."""

import datetime as dt
from itertools import pairwise
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Max
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.account_frame import account_frame, open_account
from accounts.cells import score_text
from accounts.enums import HealthBand
from accounts.models import Account, AccountEvent
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.asked import number_of
from cs_platform.kernel.errors import Conflict
from cs_platform.kernel.forms import accepted, day_input
from cs_platform.kernel.htmx import page
from cs_platform.kernel.templatetags.cells import day_text, number_text
from health.models import AccountDay, HealthOverride, HealthScore, OutcomeMeasurement, Survey, Ticket, Touchpoint
from health.scoring import diff, overrides, selectors
from health.scoring import path as paths
from health.scoring import tab_cells as cells
from health.scoring.indicators import Source

PERIODS = {30: gettext_lazy("30 days"), 180: gettext_lazy("6 months"), 730: gettext_lazy("2 years")}
MARKS = 8
BACK = 7  # days: what the score is compared with unless somebody asks


class OverrideForm(forms.Form):
    """A person's own judgement."""

    band = forms.ChoiceField(
        label=gettext_lazy("Show the band as"), choices=[c for c in HealthBand.choices if c[0] != HealthBand.NONE]
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason, seen by everybody"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )
    expires_on = forms.DateField(label=gettext_lazy("Ends on, 30 days at most"), widget=day_input())


@requires(Permission.VIEW_ACCOUNTS)
def health(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """The latest score with its whole explanation; `from` and `to` choose the two days that are compared."""
    return _page(request, open_account(request, account_id), OverrideForm())


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def override(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """Set an override beside the computed score."""
    account = open_account(request, account_id)
    form = OverrideForm(request.POST)

    def set_override(values: dict[str, Any]) -> None:
        overrides.set_override(account=account, today=request.tenant.today(), by=request.member, **values)

    if accepted(form, set_override):
        messages.success(request, _("The override is set. The computed score stays beside it."))
        return redirect("account_health", request.tenant.slug, account.id)
    return _page(request, account, form, status=422)


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def override_end(request: TenantRequest, account_id: UUID, override_id: UUID) -> HttpResponse:
    """End an override before its time."""
    account = open_account(request, account_id)
    row = HealthOverride.objects.filter(id=override_id, account=account).first()
    if row is None:
        raise Http404
    try:
        overrides.end_override(override=row, today=request.tenant.today(), by=request.member)
        messages.success(request, _("The override has ended."))
    except Conflict as error:
        messages.info(request, error.message)
    return redirect("account_health", request.tenant.slug, account.id)


def _page(request: TenantRequest, account: Account, form: OverrideForm, status: int = 200) -> HttpResponse:
    today = request.tenant.today()
    row = HealthScore.objects.filter(account_id=account.id).order_by("-as_of").first()
    context = account_frame(request, account, "health") | {"form": form, "row": row}
    context |= _override(account, today)
    if row is not None:
        context |= _score(request, account, row, today)
    return page(request, "health/tab.html", context, pieces=("health-history", "health-why"), status=status)


def _override(account: Account, today: dt.date) -> dict[str, Any]:
    rows = list(HealthOverride.objects.filter(account=account).select_related("member")[:5])
    live = next(
        (r for r in rows if r.begins_on <= today <= r.expires_on and (r.ended_on is None or r.ended_on > today)), None
    )
    return {
        "override": live,
        "override_tone": cells.TONES[HealthBand(live.band)] if live else "",
        "earlier": [
            {
                "band": HealthBand(r.band).label,
                "days": f"{day_text(r.begins_on)} – {day_text(min(r.ended_on or r.expires_on, r.expires_on))}",
                "who": r.member.name if r.member else "",
                "reason": r.reason,
            }
            for r in rows
            if r is not live
        ],
    }


def _score(request: TenantRequest, account: Account, row: HealthScore, today: dt.date) -> dict[str, Any]:
    url = reverse("account_health", args=[request.tenant.slug, account.id])
    period = _period(request)
    days = selectors.history(account.id, row.as_of - dt.timedelta(days=period), row.as_of)
    first_day, last_day = _two_days(request, row.as_of)
    first, second = diff.row_on(account.id, first_day), diff.row_on(account.id, last_day)
    read = selectors.definitions(each.version_id for each in (row, first, second) if each)
    definition = read[row.version_id]
    found = diff.explain(account, first, second, read)
    factors = selectors.factors(row, definition)
    before = {f.part.key: f for f in selectors.factors(first, read[first.version_id])} if first else {}
    moved = {d.key: tenth for d, tenth in found.tenths()} if found and second and second.as_of == row.as_of else {}
    fresh = _fresh(account, request)
    marks = _marks(account, days)
    score = None if row.score is None else float(row.score)
    return {
        "score": score_text(score),
        "exact": score_text(score, 2),
        "tone": cells.tone_of(score, definition),
        "band": definition.band(score).label,
        "as_of": row.as_of,
        "finding": diff.sentence(found, today=today) if found else _("There is no earlier score to compare with."),
        "periods": [{"label": label, "url": f"{url}?days={n}", "on": n == period} for n, label in PERIODS.items()],
        "history": cells.figure(days, marks, definition),
        "marks": [{"no": n, "text": m.text, "day": day_text(m.day)} for n, m in enumerate(marks, start=1)],
        "components": cells.components(row, first, factors, definition),
        "sum": " + ".join(number_text(sum(f.contribution or 0 for f in factors if f.indicator.component == c)) for c in definition.weights),
        "url": url,
        "from": first_day,
        "to": last_day,
        "why": cells.waterfall(found, definition) if found else [],
        "why_lead": diff.sentence(found, today=today, components=1) if found else "",
        "appeared": [str(cells.INDICATORS[k].label) for k in found.appeared] if found else [],
        "vanished": [str(cells.INDICATORS[k].label) for k in found.vanished] if found else [],
        "factors": cells.factor_rows(factors, before, moved, fresh, today),
        "path": cells.path_rows(paths.paths(definition, list(row.raw), diff.tenure_on(diff.started_on(account), row.as_of)), definition),
        "coverage": cells.coverage(row, factors, fresh, today),
    }  # fmt: skip


def _period(request: TenantRequest) -> int:
    days = number_of(request.GET.get("days", ""))
    return days if days in PERIODS else 180


def _two_days(request: TenantRequest, latest: dt.date) -> tuple[dt.date, dt.date]:
    """The days of the URL in order, else the latest and a week before."""
    found = []
    for name, usual in (("from", latest - dt.timedelta(days=BACK)), ("to", latest)):
        try:
            day = parse_date(request.GET.get(name, ""))
        except ValueError:
            day = None
        found.append(min(day, latest) if day and day.year > 1900 else usual)
    return min(found), max(found)


def _fresh(account: Account, request: TenantRequest) -> dict[Source, dt.date | None]:
    """The day of what each source last said about the account."""
    zone = request.tenant.zone

    def local(at: dt.datetime | None) -> dt.date | None:
        return at.astimezone(zone).date() if at else None

    touched = Touchpoint.objects.filter(account=account, happened_at__lt=dt.datetime.now(dt.UTC))
    return {
        Source.USAGE: AccountDay.objects.filter(account_id=account.id).aggregate(last=Max("day"))["last"],
        Source.TOUCHPOINTS: local(touched.aggregate(last=Max("happened_at"))["last"]),
        Source.SURVEYS: local(Survey.objects.filter(account=account).aggregate(last=Max("answered_at"))["last"]),
        Source.TICKETS: local(Ticket.objects.filter(account=account).aggregate(last=Max("opened_at"))["last"]),
        Source.OUTCOMES: OutcomeMeasurement.objects.filter(outcome__account=account).aggregate(last=Max("measured_on"))["last"],
    }  # fmt: skip


def _marks(account: Account, days: list[selectors.Day]) -> list[cells.Mark]:
    """What happened in the time of the chart: events, changes of band and of the model, overrides; the latest eight."""
    if not days:
        return []
    first, last = days[0].day, days[-1].day
    marks = [
        cells.Mark(event.happened_on, str(event.get_kind_display()))
        for event in AccountEvent.objects.filter(account=account, happened_on__range=(first, last))
    ]
    scored = [d for d in days if d.score is not None]
    for earlier, later in pairwise(scored):
        if earlier.band != later.band:
            words = {"before": earlier.band.label, "after": later.band.label}
            marks.append(cells.Mark(later.day, _("%(before)s to %(after)s") % words))
    for version in selectors.model_changes(first, last, account.segment_id):
        if version.published_at and version.number > 1:
            marks.append(cells.Mark(version.published_at.date(), _("Model version %(n)s") % {"n": version.number}))
    for row in HealthOverride.objects.filter(account=account, begins_on__range=(first, last)):
        marks.append(cells.Mark(row.begins_on, _("Override: %(band)s") % {"band": HealthBand(row.band).label}))
    return sorted(marks, key=lambda m: m.day)[-MARKS:]
