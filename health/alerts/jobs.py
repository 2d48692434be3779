"""Alerts by night and after each refresh of scores: judged in Python, written in bulk, never more than they should be.

Rerunnable: the alerts of a day are the same however often it runs. What is held back is counted and said.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, F, Max, Q
from django.utils import timezone
from django.utils.translation import gettext_noop as N_

from accounts.enums import Status
from accounts.models import Account, Member, Tenant
from accounts.webhooks.announce import announce, announce_rows
from accounts.webhooks.events import Kind
from cs_platform.kernel import audit, queue, runs
from cs_platform.kernel.models import Work
from health.alerts import engine, snapshots
from health.alerts.engine import Key, Setting
from health.alerts.rules import RULES
from health.enums import AlertLevel, AlertState
from health.models import AccountDay, Alert, AlertRule, AlertRun, Ticket, Touchpoint
from health.scoring.indicators import Source
from health.scoring.storing import EVERYBODY

SQL = Path(__file__).parent / "sql"
ALL = "*"  # the row of AlertRule that is the switch for all of them; in a run, what is said of the whole book
RESOLVED = "-"  # in a run: the alerts that it ended, so that they can be brought back
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


def setting_of(key: str) -> Setting:
    """This rule as the tenant has it. KeyError when there is no such rule."""
    return {setting.rule.key: setting for setting in settings_of_rules()}[key]


def newest(as_of: dt.date) -> dict[Source, dt.date | None]:
    """The last day up to `as_of` of which each source said anything."""
    tenant = Tenant.current()
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
    old = _old_sources(as_of)
    runs.report(CHECK, as_of, {str(s): BROKEN % {"source": str(s), "day": last.isoformat()} for s, last in old.items()})
    return _waiting_for(old)


def held_now(as_of: dt.date) -> dict[str, str]:
    """See `held_rules`; for a page, which reports nothing."""
    return _waiting_for(_old_sources(as_of))


def _old_sources(as_of: dt.date) -> dict[Source, dt.date]:
    return {
        source: last
        for source, last in newest(as_of).items()
        if last is not None and (as_of - last).days > STALE_DAYS[source]
    }


def _waiting_for(old: dict[Source, dt.date]) -> dict[str, str]:
    return {
        key: last.isoformat() for source, last in old.items() for key, rule in RULES.items() if source in rule.sources
    }


def run_alerts(as_of: dt.date, scope: str = EVERYBODY) -> int:
    """Nightly step: open and end the alerts of that day; how many changed."""
    found = snapshots.snapshots(as_of, scope)
    held = held_rules(as_of)
    settings = settings_of_rules()
    open_rows = {_key(a): a for a in _open(scope)}
    opened = (
        Alert.objects.filter(as_of=as_of, account__isnull=False).order_by().values_list("rule").annotate(n=Count("pk"))
    )
    outcome = engine.step(
        found,
        settings,
        set(open_rows),
        _cooling(as_of, settings),
        held,
        spent=dict(opened),
        book=Account.objects.filter(status=Status.LIVE).count(),
    )
    # What a newer day said is not taken back by an older one.
    whole = scope == EVERYBODY
    outcome.endings |= _of_those_who_left(open_rows)
    endings = {key for key in outcome.endings if open_rows[key].as_of <= as_of}
    changed = len(outcome.openings) + len(endings)
    if changed or (whole and not AlertRun.objects.filter(as_of=as_of, rules__has_key=ALL).exists()):
        taken = [str(open_rows[key].id) for key in sorted(endings)]
        tally: dict[str, Any] = outcome.tally | {RESOLVED: taken} | ({ALL: {"accounts": len(found)}} if whole else {})
        run = AlertRun.objects.create(as_of=as_of, opened=len(outcome.openings), resolved=len(endings), rules=tally)
        with audit.derived():
            _write(run, outcome, endings, open_rows, {setting.rule.key: setting for setting in settings})
    if whole:
        capped = {key: int(t["capped"]) for key, t in outcome.tally.items() if t.get("capped")}
        runs.report(
            "alert_caps", as_of, {key: CAPPED % {"rule": str(RULES[key].label), "n": n} for key, n in capped.items()}
        )
    return changed


def _write(
    run: AlertRun, outcome: engine.Outcome, endings: set[Key], open_rows: dict[Key, Alert], rules: dict[str, Setting]
) -> None:
    """Open and end. Two runs at the same moment open an alert once: the unique index keeps the first."""
    as_of = run.as_of
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
        ignore_conflicts=True,
    )
    if outcome.openings:
        announce_rows(Kind.ALERT_OPENED, SQL / "opened.sql", {"run": run.id})
    ended = [open_rows[key].id for key in endings]
    Alert.objects.filter(id__in=ended).update(
        state=AlertState.RESOLVED, ended_at=_moment(as_of), updated_at=timezone.now(), version=F("version") + 1
    )
    tell_ended(ended)


def tell_ended(alerts: Iterable[UUID], by: Member | None = None) -> None:
    """Tell whoever asks that these alerts ended: closed by `by`, resolved, or taken back (API-03). One statement."""
    ids = [str(each) for each in alerts]
    if ids:
        announce_rows(Kind.ALERT_CLOSED, SQL / "ended.sql", {"ids": ids, "by": by.name if by else ""})


def refresh_alerts(work: Work) -> bool:
    """The alerts of the accounts that were scored anew, one piece."""
    if queue.take_dirty("scored"):
        run_alerts(Tenant.current().today(), "changed")
        queue.settle_dirty("scored")
    return False


def company_alert(as_of: dt.date, *, rule: str, inputs: Mapping[str, Any] | None, cause: str = "") -> int:
    """Open or end an alert about the whole company, judged by the floor of metrics: `inputs` are what was measured, None
    when nothing is wrong; 1 when the alert changed.

    While the rule is off, nothing changes; after it ended it stays quiet for its cool-down.
    """
    setting = setting_of(rule)
    if not setting.enabled:
        return 0
    rows = Alert.objects.filter(account=None, rule=rule, cause=cause)
    standing = rows.filter(state=AlertState.OPEN).first()
    with audit.derived():
        if standing and inputs is None and standing.as_of <= as_of:
            rows.filter(id=standing.id).update(
                state=AlertState.RESOLVED,
                ended_at=_moment(as_of),
                updated_at=timezone.now(),
                version=F("version") + 1,
            )
            tell_ended([standing.id])
            return 1
        quiet = rows.filter(ended_at__gt=_moment(as_of) - dt.timedelta(days=setting.cooldown_days))
        if standing or inputs is None or quiet.exists():
            return 0
        alert = Alert.objects.create(
            rule=rule,
            cause=cause,
            level=AlertLevel.CRITICAL,
            inputs={"cause": cause, **inputs},
            as_of=as_of,
            opened_at=_moment(as_of),
        )
    announce(Kind.ALERT_OPENED, alert_id=alert.id, rule=rule, level=alert.level, as_of=as_of, inputs=alert.inputs)
    return 1


def _moment(as_of: dt.date) -> dt.datetime:
    """Now, or the end of a day that is past: an alert of the past is as old as its day."""
    tenant = Tenant.current()
    end = dt.datetime.combine(as_of + dt.timedelta(days=1), dt.time(), tenant.zone)
    return min(timezone.now(), end)


def _of_those_who_left(open_rows: dict[Key, Alert]) -> set[Key]:
    """Alerts of accounts that are no customers any more, or became a part of another: nothing is to be done."""
    accounts = {account for account, _rule, _cause in open_rows}
    left = Q(status=Status.CHURNED) | Q(merged_into__isnull=False)
    gone = set(Account.objects.filter(left, id__in=accounts).values_list("id", flat=True))
    return {key for key in open_rows if key[0] in gone}


def _key(alert: Alert) -> Key:
    assert alert.account_id is not None, "alerts about the whole company are judged apart"
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
    rows = Alert.objects.filter(ended_at__gt=since, account__isnull=False).exclude(state=AlertState.OPEN)
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
    for back in range(days // 7 * 7, -1, -7):
        day = as_of - dt.timedelta(days=back)
        rows = snapshots.snapshots(day, "simulated")
        if rows:
            found[day] = rows
    return found


def accounts_to_simulate(limit: int = 3000) -> list[UUID]:
    """Whom a simulation is played on: all, or the largest of a large book (the page says so)."""
    return list(Account.objects.order_by("-mrr_minor", "id").values_list("id", flat=True)[:limit])
