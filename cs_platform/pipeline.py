"""Every consequence in one file: what a night does, and what follows from a fact.

Steps run in this order, each in one transaction that also marks it done; any of them may run again.
"""

import datetime as dt
from datetime import date

import structlog
from celery import current_app
from django.db.models import F, Q
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts import invitations
from accounts import jobs as account_jobs
from accounts.models import Tenant
from accounts.webhooks import delivery as webhooks
from advocacy import jobs as advocacy_jobs
from cs_platform.kernel import queue, runs
from cs_platform.kernel.models import Run, Work
from cs_platform.kernel.tenancy import current_tenant_id, tenant_context
from expansion import jobs as growth_jobs
from health import news
from health.alerts import jobs as alert_jobs
from health.scoring import backtest_jobs
from health.scoring import jobs as score_jobs
from health.support import jobs as support_jobs
from health.usage import catalogue, held, rollup, upkeep
from journey.analysis import kept
from journey.plans import links
from journey.playbooks import jobs as play_jobs
from journey.playbooks import sending
from journey.stages import jobs as stage_jobs
from journey.work import milestones, waking
from metrics.digests import sending as digests
from metrics.figures import company_alerts, currencies
from metrics.figures import jobs as metrics_jobs
from renewals import effort, quote_mails, quote_night, saves
from renewals import jobs as renewal_jobs

log = structlog.get_logger(__name__)

REVENUE = metrics_jobs.REVENUE

NIGHTLY: tuple[runs.Step, ...] = (
    ("held_events", held.release_night),
    ("usage", rollup.roll_up_all),
    ("event_storage", upkeep.keep_storage),
    ("held_tickets", support_jobs.release_step),
    ("ticket_minutes", support_jobs.time_tickets),
    *REVENUE,
    ("statistics", score_jobs.refresh_statistics),
    ("health", score_jobs.score_all),
    ("renewals", renewal_jobs.follow_contracts),
    ("advocacy", advocacy_jobs.qualify_all),
    ("alerts", alert_jobs.run_alerts),
    ("woken_tasks", waking.wake_fallen),
    ("tracks", stage_jobs.begin_tracks),
    ("regressions", stage_jobs.propose_regressions),
    ("milestones", milestones.follow_milestones),
    ("journeys", kept.reckon_night),
    ("plays", play_jobs.start_plays),
    ("play_tasks", play_jobs.make_due_tasks),
    ("quotes", quote_night.follow_quotes),
    ("renewal_tasks", renewal_jobs.make_step_tasks),
    ("save_plays", renewal_jobs.follow_saves),
    ("renewal_calls", renewal_jobs.call_all),
    ("frozen_calls", renewal_jobs.freeze_week),
    ("referrals", advocacy_jobs.follow_referrals),
    ("growth", growth_jobs.find_signals),
    ("company_alert", company_alerts.check_company),
    ("webhooks", webhooks.keep_house),
    ("finish", lambda as_of: finish_night(as_of)),
    ("digests", digests.plan_digests),
)

REACTIONS: dict[str, tuple[str, ...]] = {
    "revenue.changed": ("refresh_revenue", renewal_jobs.WORK),
    "customers.changed": ("follow_customers",),
    "accounts.appeared": ("release_held", "release_tickets"),
    "usage.received": (rollup.WORK,),
    "features.changed": ("recount_features",),
    "signals.changed": ("refresh_scores",),
    "health.scored": ("refresh_alerts",),
    "journey.changed": ("reckon_journeys",),
    "month.closed": (digests.PLAN,),
}


def finish_night(as_of: date) -> int:
    """From now on pages speak about this day (or a later one that was finished before)."""
    Tenant.objects.filter(id=current_tenant_id()).filter(Q(night_done_on=None) | Q(night_done_on__lt=as_of)).update(
        night_done_on=as_of
    )
    return 1


def start_night(as_of: date, *, actor: str = "", again: bool = True) -> tuple[Run, Work]:
    """Plan the night of `as_of` for the current tenant; with `again`, one that was done begins anew."""
    run = Run.objects.filter(name="nightly", as_of=as_of).first()
    if run is None or again:
        run = runs.plan("nightly", as_of, NIGHTLY)
    Work.objects.filter(name="nightly", key=as_of.isoformat(), state=Work.State.FAILED).delete()
    return run, queue.enqueue("nightly", as_of.isoformat(), payload={"run": str(run.id)}, actor=actor)


def next_night(tenant: Tenant, after: dt.datetime) -> dt.datetime:
    """When this tenant's next night begins: its hour, in its own time zone, strictly after `after` (UTC)."""
    local = after.astimezone(tenant.zone)
    day = local.date()
    while True:
        start = dt.datetime.combine(day, dt.time(tenant.night_hour), tzinfo=tenant.zone)
        if start.astimezone(dt.UTC) > after:
            return start.astimezone(dt.UTC)
        day += dt.timedelta(days=1)


def plan_nights(now: dt.datetime | None = None) -> int:
    """Start the nights that are due, one transaction a tenant; also those asked for earlier and not finished.

    Two schedulers at once do no harm: the row is locked, and a night that is planned twice is done once.
    """
    now = now or timezone.now()
    behind = Q(night_due_on__isnull=False) & (Q(night_done_on=None) | Q(night_done_on__lt=F("night_due_on")))
    planned = 0
    for tenant in Tenant.objects.filter(Q(next_night_at=None) | Q(next_night_at__lte=now) | behind):
        with tenant_context(tenant.id, actor="schedule"):
            row = Tenant.objects.select_for_update().get(id=tenant.id)
            if row.next_night_at is None or row.next_night_at <= now:
                yesterday = now.astimezone(row.zone).date() - dt.timedelta(days=1)
                day = min(yesterday, row.data_until) if row.data_until else yesterday
                if row.next_night_at is not None and (row.night_due_on is None or row.night_due_on < day):
                    row.night_due_on = day
                row.next_night_at = next_night(row, now)
                row.save(update_fields=["night_due_on", "next_night_at"])
            due = row.night_due_on
            if due is None or (row.night_done_on is not None and row.night_done_on >= due):
                continue
            # Of this day only: a night that failed for good is for people to look at and must not stop the next one.
            if not Work.objects.filter(name="nightly", key=due.isoformat()).exists():
                start_night(due, actor="schedule", again=False)
                planned += 1
    return planned


def plan_due(now: dt.datetime | None = None) -> int:
    """What the clock starts: nights that have begun, and the digests of days that end; how many."""
    return plan_nights(now) + digests.plan_days(now)


def _refresh_revenue(work: Work) -> bool:
    """Bring ledger and boards up to date minutes after a change, by the same steps as the night."""
    metrics_jobs.refresh(Tenant.current().figures_as_of)
    return False


def _refresh_alerts(work: Work) -> bool:
    """Alerts of what was scored anew, the plays that they start, and the tasks that a fall of health wakes."""
    again = alert_jobs.refresh_alerts(work)
    waking.wake_fallen(Tenant.current().today())
    play_jobs.follow_alerts()
    saves.follow_plays()
    return again


def install() -> None:
    """Register handlers and reactions with the kernel's work list, and Celery as its alarm clock."""
    queue.HANDLERS.update(
        nightly=queue.Handler(lambda work: runs.do_next(work, NIGHTLY), runs.announce, runs.failed),
        refresh_revenue=queue.Handler(_refresh_revenue),
        follow_contracts=queue.Handler(renewal_jobs.follow_changed),
        release_held=queue.Handler(held.release_held),
        roll_up_usage=queue.Handler(rollup.roll_up_piece),
        recount_features=queue.Handler(catalogue.recount),
        release_tickets=queue.Handler(support_jobs.release_tickets),
        follow_customers=queue.Handler(news.follow_customers),
        refresh_scores=queue.Handler(score_jobs.refresh_scores),
        refresh_alerts=queue.Handler(_refresh_alerts),
        reckon_journeys=queue.Handler(kept.reckon_changed),
        backtest=queue.Handler(backtest_jobs.backtest_piece, failed=backtest_jobs.backtest_failed),
        change_currency=queue.Handler(currencies.change),
        import_file=queue.Handler(account_jobs.import_piece, failed=account_jobs.import_failed),
        send_invitation=queue.Handler(invitations.send_invitation),
        send_customer_link=queue.Handler(links.send_link),
        send_letter=queue.Handler(sending.send_letter, failed=sending.failed),
        ask_effort=queue.Handler(effort.send_ask),
        send_quote=queue.Handler(quote_mails.hand_over, failed=quote_mails.failed),
        send_digest=queue.Handler(digests.send_digest),
        plan_board_digest=queue.Handler(digests.plan_board),
        send_webhooks=queue.Handler(webhooks.go_on, outside=webhooks.send_due),
    )
    queue.REACTIONS.update(REACTIONS)
    if _wake not in queue.wake_workers:
        queue.wake_workers.append(_wake)


def _wake() -> None:
    """Wake a worker; when the broker is away the scheduler does it within seconds."""
    try:
        current_app.send_task("cs_platform.tasks.drain", expires=60, retry=False)
    except (OSError, OperationalError) as error:
        log.warning("worker.not_woken", error=str(error))
