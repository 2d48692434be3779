"""The backtest lab: does the score tell who leaves? (HLT-11, HLT-16)"""

import datetime as dt
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Segment
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.asked import number_of
from cs_platform.kernel.forms import accepted
from cs_platform.kernel.htmx import page
from cs_platform.kernel.templatetags.cells import day_text, moment_text
from health.enums import BacktestState, Component
from health.models import Backtest, HealthModelVersion
from health.scoring import backtest_cells as cells
from health.scoring.backtest import HORIZONS, LEAST_LOST
from health.scoring.backtest_jobs import CHIEF, MONTHS, start_backtest
from health.scoring.definition import Definition

SHOWN = 20


class BacktestForm(forms.Form):
    """What is judged: a version, perhaps beside another, on which customers and how far back."""

    version: Any = forms.ModelChoiceField(None, label=gettext_lazy("Model A"))
    against: Any = forms.ModelChoiceField(None, label=gettext_lazy("Model B"), required=False)
    segment: Any = forms.ModelChoiceField(
        None,
        label=gettext_lazy("Segment"),
        required=False,
        empty_label=gettext_lazy("All segments"),
    )
    months = forms.TypedChoiceField(
        label=gettext_lazy("Window"),
        coerce=int,
        choices=[(m, gettext_lazy("%(months)s months") % {"months": m}) for m in MONTHS],
        initial=36,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        versions = HealthModelVersion.objects.select_related("model").order_by("model__name", "-number")
        for name in ("version", "against"):
            field: Any = self.fields[name]
            field.queryset = versions
            field.label_from_instance = version_name
        self.fields["segment"].queryset = Segment.objects.all()  # type: ignore[attr-defined]


def version_name(version: HealthModelVersion) -> str:
    """Enterprise, v3 (in use)."""
    return _("%(model)s, v%(number)s (%(state)s)") % {
        "model": version.model.name,
        "number": version.number,
        "state": version.get_state_display(),
    }


@requires(Permission.VIEW_WEEK)
def lab(request: TenantRequest, backtest_id: UUID | None = None) -> HttpResponse:
    """The latest finished backtest (or the one of the URL), the one that is running, and the earlier ones."""
    return _page(request, backtest_id, BacktestForm())


@requires(Permission.MANAGE_HEALTH)
def new(request: TenantRequest) -> HttpResponse:
    """Start a backtest. The form stands on the lab's page, so that an address that is only opened leads there."""
    if request.method != "POST":
        return redirect("backtest", request.tenant.slug)
    form = BacktestForm(request.POST)
    if accepted(form, lambda values: start_backtest(**values, by=request.member)):
        messages.success(request, _("The backtest has begun."))
        return redirect("backtest", request.tenant.slug)
    return _page(request, None, form, status=422)


def _page(request: TenantRequest, backtest_id: UUID | None, form: BacktestForm, status: int = 200) -> HttpResponse:
    runs = list(Backtest.objects.select_related("version__model", "against__model", "segment")[:SHOWN])
    done = [run for run in runs if run.state == BacktestState.DONE]
    busy = next((run for run in runs if run.state in {BacktestState.WAITING, BacktestState.RUNNING}), None)
    failed = runs[0] if runs and runs[0].state == BacktestState.FAILED else None
    run = done[0] if done else None
    if backtest_id:
        run = (
            Backtest.objects.select_related("version__model", "against__model", "segment")
            .filter(id=backtest_id)
            .first()
        )
        if run is None:
            raise Http404
        if run.state != BacktestState.DONE:
            busy, run = run, None
    slug, shown = request.tenant.slug, busy or failed
    context: dict[str, Any] = {
        "form": form if may(request, Permission.MANAGE_HEALTH) else None,
        "run": run,
        "job": _job(shown, slug) if shown else None,
        "runs": [_row(each, slug, run) for each in runs],
    }
    if run:
        context |= _findings(request, run)
    if request.htmx and request.htmx.target == "backtest-job" and busy is None:
        answer = HttpResponse(status=204)  # it is done: show the whole page
        answer["HX-Refresh"] = "true"
        return answer
    return page(request, "health/backtest.html", context, pieces=("backtest-job",), status=status)


def _job(run: Backtest, slug: str) -> dict[str, Any]:
    states = {BacktestState.FAILED: "risk", BacktestState.RUNNING: "acc", BacktestState.WAITING: "none"}
    return {
        "title": _("Backtest of %(model)s") % {"model": version_name(run.version)},
        "state": run.state,
        "word": run.get_state_display(),
        "tone": states.get(BacktestState(run.state), "good"),
        "done": run.done,
        "total": max(run.total, 1),
        "error": run.error if run.state == BacktestState.FAILED else "",
        "message": _("%(done)s of %(total)s steps. You may leave this page.") % {"done": run.done, "total": run.total},
        "url": reverse("backtest", args=[slug]),
    }


def _row(run: Backtest, slug: str, shown: Backtest | None) -> dict[str, Any]:
    chief = run.results.get("horizons", {}).get(str(CHIEF))
    name = "b" if run.against_id else "a"
    judged = chief and chief["lost"] >= LEAST_LOST
    return {
        "when": moment_text(run.created_at),
        "url": reverse("backtest_run", args=[slug, run.id]),
        "on": shown is not None and run.id == shown.id,
        "a": version_name(run.version),
        "b": version_name(run.against) if run.against else "–",
        "segment": run.segment.name if run.segment else _("All segments"),
        "state": run.get_state_display(),
        "lost": run.results.get("lost", "–"),
        "auc": cells.decimal(chief["sets"][name]["auc"]) if judged else "–",
    }


def _horizon(request: TenantRequest) -> int:
    days = number_of(request.GET.get("days", ""))
    return days if days in HORIZONS else CHIEF


def _findings(request: TenantRequest, run: Backtest) -> dict[str, Any]:
    results, days = run.results, _horizon(request)
    found = results["horizons"][str(days)]
    labels = {"a": _("Model A, v%(n)s") % {"n": run.version.number}}
    chief_version = run.version
    if run.against:
        labels["b"] = _("Model B, v%(n)s") % {"n": run.against.number}
        chief_version = run.against
    own = Definition.read(chief_version.definition)
    url = reverse("backtest_run", args=[request.tenant.slug, run.id])
    context: dict[str, Any] = {
        "subline": _subline(run),
        "horizons": [
            {"label": _("%(days)s days before") % {"days": d}, "url": f"{url}?days={d}", "on": d == days}
            for d in HORIZONS
        ],
        "verdict": cells.verdict(found, labels, results["lead"]),
        "two": run.against is not None,
        "used": _used(run, found, days),
    }
    if found["lost"] < LEAST_LOST or not cells.has_scores(found):
        return context
    chief = found["sets"]["b" if run.against else "a"]
    return context | {
        "right": cells.right_rows(found, labels),
        "right_meta": ngettext(
            "%(lost)s of %(all)s decision lost, scored %(days)s days before",
            "%(lost)s of %(all)s decisions lost, scored %(days)s days before",
            found["decisions"],
        )
        % {"lost": found["lost"], "all": found["decisions"], "days": days},
        "below_green": _("At risk or worse, below %(line)s") % {"line": f"{own.green:g}"},
        "below_red": _("Critical, below %(line)s") % {"line": f"{own.yellow:g}"},
        "lift": cells.lift_chart(found, labels),
        "auc": cells.auc_chart(found, labels),
        "segments": cells.segment_cards(results, run.against is not None),
        "lead": cells.lead_rows(results["lead"]),
        "bands": cells.band_rows(found),
        "chief": labels["b" if run.against else "a"],
        "unscored": chief["unscored"],
        "suggested": cells.suggestion(results["suggested"], [str(c.label) for c in Component]),
    }


def _subline(run: Backtest) -> str:
    first, last = (dt.date.fromisoformat(run.results[name]) for name in ("first", "last"))
    parts = [
        run.segment.name if run.segment else _("All segments"),
        _("decisions from %(first)s to %(last)s") % {"first": day_text(first), "last": day_text(last)},
        _("only what was known on the day"),
        _("run %(when)s") % {"when": moment_text(run.finished_at)},
    ]
    return " · ".join(parts)


def _used(run: Backtest, found: dict[str, Any], days: int) -> list[tuple[str, str]]:
    rows = [
        (_("A decision"), _("The end of a paid period, or the anniversary of one without end; of each account about one a year, and every loss.")),
        (_("Lost"), _("Nothing is paid on that day nor in the 30 days after it.")),
        (_("Known on the day"), _("Nothing that happened or was recorded later than %(days)s days before the decision.") % {"days": days}),
        (_("Baselines"), _("Usage alone uses the indicators of A; the usual weights are those that every company begins with.")),
    ]  # fmt: skip
    for name, label in (("a", "A"), ("b", "B")):
        if name in found["sets"]:
            count = found["sets"][name]["unscored"]
            text = ngettext(
                "%(n)s decision had no score and counts as not flagged.",
                "%(n)s decisions had no score and count as not flagged.",
                count,
            ) % {"n": count}
            rows.append((_("Without enough data, %(model)s") % {"model": label}, text))
    return rows
