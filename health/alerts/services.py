"""Verbs on alerts and their rules: answer, close, open again, set a rule, undo a run, simulate."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Member, Tenant
from cs_platform.kernel.edits import check_seen, put
from cs_platform.kernel.errors import DomainError
from health.alerts import engine, jobs
from health.alerts.rule_parts import Rule, Threshold
from health.alerts.rules import RULES
from health.enums import AlertState
from health.models import Alert, AlertRule, AlertRun
from health.scoring.decisions import decisions

SIMULATED_DAYS = 90
LATER_DAYS = 180  # who leaves within this time after an alert was warned about


def _locked(alert: Alert, version: int | None) -> Alert:
    row = Alert.objects.select_for_update(of=("self",)).get(id=alert.id)
    check_seen(row, version)
    return row


@transaction.atomic
def answer_alert(*, alert: Alert, answer: str, due_on: dt.date | None, version: int | None, by: Member | None) -> Alert:
    """Say what will be done, until when: the alert is an open action from now on (HLT-05). `by` is None for a program;
    the action is then the owner's.

    DomainError names the field; Conflict when it was changed since `version`.
    """
    row = _locked(alert, version)
    if row.state != AlertState.OPEN:
        raise DomainError(_("This alert has ended."), code="ended")
    text = answer.strip()
    if not text:
        sentence = _("Say what will be done.")
        raise DomainError(sentence, fields={"answer": sentence})
    today = Tenant.current().today()
    if due_on is not None and due_on < today:
        sentence = _("The day is past.")
        raise DomainError(sentence, fields={"due_on": sentence})
    return put(row, answer=text[:1000], due_on=due_on, answered_by=by, answered_at=timezone.now())


@transaction.atomic
def close_alert(*, alert: Alert, version: int | None, by: Member | None) -> Alert:
    """Done with it; the cause stays quiet for the rule's cool-down. Closing twice changes nothing."""
    row = _locked(alert, version)
    if row.state != AlertState.OPEN:
        return row
    put(row, state=AlertState.CLOSED, ended_at=timezone.now())
    jobs.tell_ended([row.id], by)
    return row


@transaction.atomic
def reopen_alert(*, alert: Alert, version: int | None, by: Member | None) -> Alert:
    """Take a closing back, unless the cause has opened anew."""
    row = _locked(alert, version)
    if row.state != AlertState.CLOSED:
        return row
    same = Alert.objects.filter(account_id=row.account_id, rule=row.rule, cause=row.cause, state=AlertState.OPEN)
    if same.exists():
        raise DomainError(_("The same alert is open again already."), code="open")
    return put(row, state=AlertState.OPEN, ended_at=None)


@transaction.atomic
def set_rule(
    *, rule: Rule, enabled: bool, thresholds: Mapping[str, float], cap: int, cooldown_days: int, version: int | None
) -> AlertRule:
    """Keep the tenant's thresholds and switches of a rule. DomainError names each number out of its bounds."""
    chosen = within_bounds(rule.thresholds, thresholds)
    row, made = AlertRule.objects.select_for_update().get_or_create(key=rule.key)
    check_seen(row, None if made else version)
    return put(row, enabled=enabled, cap=cap, cooldown_days=cooldown_days, thresholds=chosen)


def within_bounds(declared: Sequence[Threshold], given: Mapping[str, float]) -> dict[str, float]:
    """The thresholds as they are kept, the usual ones where none is given. DomainError names each out of its bounds."""
    chosen = {t.name: given.get(t.name, t.default) for t in declared}
    problems = {
        t.name: _("Between %(low)s and %(high)s.") % {"low": t.low, "high": t.high}
        for t in declared
        if not t.low <= chosen[t.name] <= t.high
    }
    if problems:
        raise DomainError(_("Some thresholds are out of bounds."), fields=problems)
    return chosen


@transaction.atomic
def switch_all(*, on: bool) -> None:
    """The kill switch: with it off no rule opens or ends anything."""
    row, _made = AlertRule.objects.get_or_create(key=jobs.ALL)
    if row.enabled != on:
        put(row, enabled=on)


@transaction.atomic
def undo_run(*, run: AlertRun, by: Member) -> int:
    """Take back every alert that a run opened and that is still open; how many. What it ended is open again, unless its
    cause has opened anew. A second time changes nothing."""
    row = AlertRun.objects.select_for_update().get(id=run.id)
    now = timezone.now()
    taken = list(Alert.objects.select_for_update().filter(run=row, state=AlertState.OPEN).values_list("id", flat=True))
    Alert.objects.filter(id__in=taken).update(
        state=AlertState.UNDONE, ended_at=now, updated_at=now, version=F("version") + 1
    )
    jobs.tell_ended(taken, by)
    if row.undone_at is None:
        again = Alert.objects.filter(
            state=AlertState.OPEN, account_id=OuterRef("account_id"), rule=OuterRef("rule"), cause=OuterRef("cause")
        )
        ended = Alert.objects.filter(id__in=row.rules.get(jobs.RESOLVED, []), state=AlertState.RESOLVED)
        ended.exclude(Exists(again)).update(
            state=AlertState.OPEN, ended_at=None, updated_at=now, version=F("version") + 1
        )
        row.undone_at, row.undone_by = now, by
        row.save(update_fields=["undone_at", "undone_by"])
    return len(taken)


@dataclass(frozen=True)
class Simulation:
    """What a rule would have done: how often, on how many accounts, how many of those left later, held back by the cap."""

    days: int
    looked_at: int
    fired: list[tuple[UUID, dt.date]]
    accounts: int
    left_later: int
    capped: int


def simulate(
    *, rule: Rule, thresholds: Mapping[str, float], cap: int, cooldown_days: int, as_of: dt.date
) -> Simulation:
    """Play the rule over the past 90 days, a week a step, and look who left within 180 days after it fired."""
    setting = engine.Setting(rule, rule.defaults() | dict(thresholds), True, cap, cooldown_days)
    accounts = jobs.accounts_to_simulate()
    days = jobs.past_snapshots(as_of, SIMULATED_DAYS, accounts)
    # Nobody had answered then what is answered now.
    found = engine.simulate({d: [replace(s, has_action=False) for s in rows] for d, rows in days.items()}, setting)
    lost = {d.account_id: d.day for d in decisions(as_of, first=as_of - dt.timedelta(days=SIMULATED_DAYS)) if d.lost}
    left = {a for a, day in found.fired if a in lost and 0 <= (lost[a] - day).days <= LATER_DAYS}
    return Simulation(SIMULATED_DAYS, len(accounts), found.fired, found.accounts, len(left), found.capped)


def rule_of(key: str) -> Rule | None:
    """The rule of the catalogue with this key."""
    return RULES.get(key)
