"""Alerts by night and after each refresh of scores: judged in Python, written in bulk, never more than they should be.

Rerunnable: the alerts of a day are the same however often it runs. What is held back is counted and said.
"""

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_noop as N_

from accounts.models import Account, Tenant
from cs_platform.kernel import queue, runs
from cs_platform.kernel.models import Work
from cs_platform.kernel.tenancy import current_tenant_id
from health.alerts import engine, snapshots
from health.alerts.engine import Key, Setting
from health.alerts.rules import RULES
from health.enums import AlertState
from health.models import AccountDay, Alert, AlertRule, AlertRun, Ticket, Touchpoint
from health.scoring.indicators import Source

EVERYBODY = "accounts_account"
ALL = "*"  # the row of AlertRule that is the switch for all of them
CHECK = "alert_inputs"
# Days without anything new after which a source counts as broken and its rules are held.
STALE_DAYS = {Source.USAGE: 3, Source.TOUCHPOINTS: 21, Source.TICKETS: 21}
BROKEN = N_("The latest %(source)s are of %(day)s: rules that need them are held until new ones come.")
CAPPED = N_("%(rule)s: %(n)s more alerts were held back than the cap allows. Look at the data, or raise the cap.")


def settings_of_rules() -> list[Setting]:
    """Every rule with the tenant's thresholds and switches over the defaults; all are off while the main switch is."""
    own = {row.key: row for row in AlertRule.objects.all()}
    alive = ALL not in own or own[ALL].enabled
    found = []
    for key, rule in RULES.items():
        row = own.get(key)
        if row is None:
            found.append(Setting(rule, rule.defaults(), alive))
        else:
            known = {name: value for name, value in row.thresholds.items() if name in rule.defaults()}
            found.append(Setting(rule, rule.defaults() | known, alive and row.enabled, row.cap, row.cooldown_days))
    return found


def newest(as_of: dt.date) -> dict[Source, dt.date | None]:
    """The last day up to `as_of` of which each source said anything."""
    tenant = Tenant.objects.get(id=current_tenant_id())
    until = dt.datetime.combine(as_of + dt.timedelta(days=1), dt.time(), tenant.zone)

    def local(at: dt.datetime | None) -> dt.date | None:
        return at.astimezone(tenant.zone).date() if at else None

    return {
        Source.USAGE: AccountDay.objects.filter(day__lte=as_of).aggregate(last=Max("day"))["last"],
        Source.TOUCHPOINTS: local(Touchpoint.objects.filter(happened_at__lt=until).aggregate(last=Max("happened_at"))["last"]),
        Source.TICKETS: local(Ticket.objects.filter(opened_at__lt=until).aggregate(last=Max("opened_at"))["last"]),
    }  # fmt: skip


def held_rules(as_of: dt.date) -> dict[str, str]:
    """Rules whose inputs are not fresh, with the day of the latest (or "none"): freshness gate (RIVALS 7).

    A source that never spoke holds nothing: its indicators are missing, and no rule can match on them.
    """
    held: dict[str, str] = {}
    problems: dict[str, str] = {}
    for source, last in newest(as_of).items():
        if last is None or (as_of - last).days <= STALE_DAYS[source]:
            continue
        problems[str(source)] = BROKEN % {"source": str(source), "day": last.isoformat()}
        held |= {key: last.isoformat() for key, rule in RULES.items() if source in rule.sources}
    runs.report(CHECK, as_of, problems)
    return held


def run_alerts(as_of: dt.date, scope: str = EVERYBODY) -> int:
    """Nightly step: open and end the alerts of that day; how many changed."""
    found = snapshots.snapshots(as_of, scope)
    held = held_rules(as_of)
    settings = settings_of_rules()
    open_rows = {_key(a): a.id for a in _open(scope)}
    outcome = engine.step(found, settings, set(open_rows), _cooling(as_of, settings), held)
    run = AlertRun.objects.create(
        as_of=as_of, opened=len(outcome.openings), resolved=len(outcome.endings), rules=outcome.tally
    )
    rules = {setting.rule.key: setting for setting in settings}
    Alert.objects.bulk_create(
        [
            Alert(
                account_id=opening.snapshot.account_id,
                rule=opening.rule.key,
                cause=opening.match.cause,
                level=opening.rule.level,
                inputs=dict(opening.match.inputs) | {"cause": opening.match.cause},
                thresholds=dict(rules[opening.rule.key].thresholds),
                run=run,
                as_of=as_of,
                opened_at=_moment(as_of),
            )
            for opening in outcome.openings
        ],
        batch_size=2000,
    )
    ended = [open_rows[key] for key in outcome.endings]
    Alert.objects.filter(id__in=ended).update(
        state=AlertState.RESOLVED, ended_at=_moment(as_of), updated_at=timezone.now()
    )
    if scope == EVERYBODY:
        capped = {key: int(t["capped"]) for key, t in outcome.tally.items() if t.get("capped")}
        runs.report(
            "alert_caps", as_of, {key: CAPPED % {"rule": str(RULES[key].label), "n": n} for key, n in capped.items()}
        )
    return len(outcome.openings) + len(ended)


def refresh_alerts(work: Work) -> bool:
    """The alerts of the accounts that were scored anew, one piece."""
    if queue.take_dirty("scored"):
        run_alerts(Tenant.objects.get(id=current_tenant_id()).today(), "changed")
        queue.settle_dirty("scored")
    return False


def _moment(as_of: dt.date) -> dt.datetime:
    """Now, or the end of a day that is past: an alert of the past is as old as its day."""
    tenant = Tenant.objects.get(id=current_tenant_id())
    end = dt.datetime.combine(as_of + dt.timedelta(days=1), dt.time(), tenant.zone)
    return min(timezone.now(), end)


def _key(alert: Alert) -> Key:
    return alert.account_id, alert.rule, alert.cause


def _open(scope: str) -> list[Alert]:
    rows = Alert.objects.filter(state=AlertState.OPEN).exclude(account=None)
    if scope != EVERYBODY:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM changed")
            rows = rows.filter(account_id__in=[row[0] for row in cursor.fetchall()])
    return list(rows)


def _cooling(as_of: dt.date, settings: list[Setting]) -> set[Key]:
    """Causes that ended a short time ago, and those that were undone or closed: they stay quiet for a while.

    What was closed by a person stays quiet as long as what ended by itself; it opens again when it lasts.
    """
    days = {setting.rule.key: setting.cooldown_days for setting in settings}
    longest = dt.timedelta(days=max(days.values(), default=0))
    since = _moment(as_of) - longest
    rows = Alert.objects.filter(ended_at__gt=since).exclude(state=AlertState.OPEN)
    quiet: set[Key] = set()
    for alert in rows.only("account_id", "rule", "cause", "ended_at"):
        if alert.ended_at and _moment(as_of) - alert.ended_at < dt.timedelta(days=days.get(alert.rule, 0)):
            quiet.add(_key(alert))
    return quiet


def past_snapshots(as_of: dt.date, days: int, accounts: list[UUID]) -> dict[dt.date, list[Any]]:
    """Snapshots of each week of the last `days` days, for a simulation; days without scores are left out."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.simulated")
        cursor.execute("CREATE TEMPORARY TABLE simulated ON COMMIT DROP AS SELECT unnest(%s::uuid[]) AS id", [accounts])
    found = {}
    for back in range(days, -1, -7):
        day = as_of - dt.timedelta(days=back)
        rows = snapshots.snapshots(day, "simulated")
        if rows:
            found[day] = rows
    return found


def accounts_to_simulate(limit: int = 3000) -> list[UUID]:
    """Whom a simulation is played on: all, or the largest of a large book (the page says so)."""
    return list(Account.objects.order_by("-mrr_minor", "id").values_list("id", flat=True)[:limit])
