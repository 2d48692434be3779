"""Runs, for operators: what the nights did, what is being done, what failed and why, and the way to do it again."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Sum
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from cs_platform import pipeline
from cs_platform.kernel import queue
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.htmx import page
from cs_platform.kernel.models import Finding, Run, RunStep, Work
from cs_platform.kernel.templatetags.cells import day_text, moment_text, number_text

SHOWN = 30

# Words for the names of steps, work and checks; what is not here is shown under its own name.
NAMES: dict[str, Promise | str] = {
    "nightly": _("Nightly run"),
    "refresh_revenue": _("Refresh of revenue"),
    "follow_customers": _("Changes of customers followed"),
    "change_currency": _("Change of the currency"),
    "plan_board_digest": _("Digest of the board planned"),
    "send_digest": _("E-mail of a digest"),
    "import_file": _("Import"),
    "recount_features": _("Features counted anew"),
    "send_invitation": _("E-mail of an invitation"),
    "send_customer_link": _("E-mail of a link for a customer"),
    "ask_effort": _("E-mail that asks how easy a renewal was"),
    "send_letter": _("Mail of a playbook"),
    "roll_up_usage": _("Roll-up of usage"),
    "refresh_scores": _("Refresh of scores"),
    "refresh_alerts": _("Refresh of alerts"),
    "release_held": _("Storing of events that waited"),
    "release_tickets": _("Storing of tickets that waited"),
    "backtest": _("Backtest"),
    "held_events": _("Events that waited"),
    "usage": _("Roll-up of usage"),
    "event_storage": _("Storage of events"),
    "held_tickets": _("Tickets that waited"),
    "ticket_minutes": _("Clocks of tickets"),
    "statistics": _("Statistics of tables"),
    "health": _("Health scores"),
    "alerts": _("Alerts"),
    "tracks": _("Journeys that begin and end"),
    "regressions": _("Proposals to go back"),
    "woken_tasks": _("Tasks that fallen health woke"),
    "milestones": _("Tasks of late milestones"),
    "journeys": _("Figures of journeys"),
    "reckon_journeys": _("Figures of journeys"),
    "plays": _("Plays"),
    "play_tasks": _("Tasks"),
    "growth": _("Signals of expansion"),
    "renewals": _("Renewals"),
    "follow_contracts": _("Renewals of changed contracts"),
    "quotes": _("Quotes of renewals"),
    "send_quote": _("Mail of a quote"),
    "renewal_tasks": _("Tasks of renewals"),
    "save_plays": _("Save plays"),
    "renewal_calls": _("System calls of renewals"),
    "frozen_calls": _("Calls of the week"),
    "referrals": _("Referrals and the customers they brought"),
    "advocacy": _("Accounts worth asking"),
    "company_alert": _("Words against revenue"),
    "account_months": _("Months of accounts"),
    "ledger": _("MRR ledger"),
    "retention": _("Retention and cohorts"),
    "won": _("Customers won and their cost"),
    "account_figures": _("Figures on accounts"),
    "roll_forward": _("Check of the roll-forward"),
    "send_webhooks": _("Webhooks"),
    "webhooks": _("Log of the webhooks"),
    "finish": _("Publish the day"),
    "digests": _("Digests"),
}
TONES = {
    RunStep.State.DONE: "good",
    RunStep.State.FAILED: "risk",
    RunStep.State.STARTED: "acc",
    RunStep.State.PENDING: "none",
    Run.State.RUNNING: "acc",
}


def _name(name: str) -> str:
    return str(NAMES.get(name, name))


def _duration(milliseconds: int | None) -> str:
    """850 ms, 12.4 s or 3 min 5 s."""
    if milliseconds is None:
        return "–"
    if milliseconds < 1000:
        return gettext("%(count)s ms") % {"count": milliseconds}
    if milliseconds < 60_000:
        text = number_text(milliseconds / 1000)
        return gettext("%(count)s s") % {"count": text}
    minutes, seconds = divmod(milliseconds // 1000, 60)
    return gettext("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": seconds}


def _steps(run: Run) -> list[dict[str, Any]]:
    return [
        {
            "name": _name(step.name),
            "state": step.get_state_display(),
            "tone": TONES[RunStep.State(step.state)],
            "rows": number_text(step.rows),
            "duration": _duration(step.milliseconds),
            "attempts": step.attempts,
            "error": step.error,
            "done": step.state == RunStep.State.DONE,
        }
        for step in run.steps.all()
    ]


def _run(request: TenantRequest, run: Run) -> dict[str, Any]:
    """The run of the first card: its steps, how far it is, and whether the page goes on asking."""
    steps = _steps(run)
    running = run.state == Run.State.RUNNING
    waiting = Work.objects.filter(name=run.name, key=run.as_of.isoformat(), state=Work.State.WAITING).first()
    return {
        "title": gettext("%(name)s of %(day)s") % {"name": _name(run.name), "day": day_text(run.as_of)},
        "state": run.get_state_display(),
        "tone": TONES[Run.State(run.state)],
        "started": moment_text(run.started_at),
        "finished": moment_text(run.finished_at),
        "duration": _duration(_between(run.started_at, run.finished_at)),
        "steps": steps,
        "done": sum(step["done"] for step in steps),
        "total": len(steps),
        "poll_url": f"{request.path}?run={run.id}" if running else "",
        "next_try": moment_text(waiting.run_after) if waiting and waiting.attempts else "",
        "as_of": run.as_of,
    }


def _between(start: dt.datetime, end: dt.datetime | None) -> int | None:
    return round((end - start).total_seconds() * 1000) if end else None


def _chosen(request: TenantRequest) -> Run | None:
    """The run that the address names, else the latest; an unknown one is 404."""
    wanted = request.GET.get("run")
    if not wanted:
        return Run.objects.order_by("-started_at", "-id").first()
    try:
        return get_object_or_404(Run.objects, id=UUID(wanted))
    except ValueError as error:
        raise Http404 from error


def _next_night(request: TenantRequest) -> str:
    tenant = request.tenant
    if tenant.data_until and tenant.night_done_on == tenant.data_until:
        return gettext("This company is an archive that ends on %(day)s; it has no further nights.") % {
            "day": day_text(tenant.data_until)
        }
    begins = tenant.next_night_at or pipeline.next_night(tenant, timezone.now())
    return gettext("The next night begins %(when)s (%(zone)s).") % {
        "when": moment_text(begins),
        "zone": tenant.timezone,
    }


@requires(Permission.VIEW_RUNS)
def show_runs(request: TenantRequest) -> HttpResponse:
    """The run in work or the one chosen, what failed, what does not add up, and the runs before."""
    run = _chosen(request)
    context: dict[str, Any] = {"run": _run(request, run) if run else None}
    if not (request.htmx and request.htmx.target == "run"):
        earlier = list(Run.objects.order_by("-started_at", "-id")[:SHOWN])
        steps = RunStep.objects.filter(run__in=earlier).order_by().values("run_id")
        sums = {row["run_id"]: row for row in steps.annotate(ms=Sum("milliseconds"), rows=Sum("rows"))}
        context |= {
            "next_night": _next_night(request),
            "as_of": request.tenant.figures_as_of,
            "today": request.tenant.today(),
            "findings": [
                {"name": _name(f.name), "subject": f.subject, "message": f.message, "day": day_text(f.as_of)}
                for f in Finding.objects.filter(resolved_at=None).order_by("name", "subject")[:50]
            ],
            "failed": [
                {
                    "id": work.id,
                    "name": _name(work.name),
                    "since": moment_text(work.created_at),
                    "attempts": work.attempts,
                    "error": work.error,
                }
                for work in Work.objects.filter(state=Work.State.FAILED).order_by("created_at")[:50]
            ],
            "waiting": Work.objects.filter(state=Work.State.WAITING).count(),
            "runs": [
                {
                    "url": f"{request.path}?run={row.id}",
                    "day": day_text(row.as_of),
                    "name": _name(row.name),
                    "state": row.get_state_display(),
                    "tone": TONES[Run.State(row.state)],
                    "rows": number_text(sums.get(row.id, {}).get("rows")),
                    "work": _duration(sums.get(row.id, {}).get("ms")),
                    "started": moment_text(row.started_at),
                    "current": run is not None and row.id == run.id,
                }
                for row in earlier
            ],
        }
    return page(request, "runs/runs.html", context, pieces=("run",))


@requires(Permission.VIEW_RUNS)
@require_POST
def run_again(request: TenantRequest) -> HttpResponse:
    """Do the night of a day once more, from its first step."""
    try:
        as_of = dt.date.fromisoformat(request.POST.get("as_of", ""))
    except ValueError as error:
        message = gettext("Choose a day.")
        raise DomainError(message, fields={"as_of": message}) from error
    if not dt.date(1990, 1, 1) <= as_of <= request.tenant.today():
        message = gettext("Choose a day that is over.")
        raise DomainError(message, fields={"as_of": message})
    if Work.objects.filter(name="nightly", key=as_of.isoformat(), state=Work.State.WAITING).exists():
        raise DomainError(gettext("This night is being done already."), code="running")
    run, _work = pipeline.start_night(as_of, actor=request.member.name)
    messages.success(request, gettext("The run begins."))
    return redirect(f"{_runs_url(request)}?run={run.id}")


@requires(Permission.VIEW_RUNS)
@require_POST
def retry_work(request: TenantRequest, work_id: UUID) -> HttpResponse:
    """Another round of attempts for work that failed."""
    queue.retry(get_object_or_404(Work.objects, id=work_id, state=Work.State.FAILED))
    messages.success(request, gettext("It is tried again now."))
    return redirect(_runs_url(request))


def _runs_url(request: TenantRequest) -> str:
    return reverse("runs", args=[request.tenant.slug])
