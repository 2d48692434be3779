"""The night of renewals: they follow contracts, their steps become tasks, the system calls them, the week is frozen.

Each step may run again: what stands already is left as it is. Contracts that change are followed within minutes too.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from accounts.enums import ChangeSource
from accounts.merging import CONTRACTS
from accounts.models import Tenant
from accounts.rates import factors
from accounts.selectors import STANDING
from cs_platform.kernel import audit, copying, queue, sqljobs
from cs_platform.kernel.models import Work
from cs_platform.kernel.tenancy import current_tenant_id
from journey.stages.targets import USUAL
from renewals import effort, following, runway, saves
from renewals.calling import call_all, freeze_week
from renewals.enums import RenewalState
from renewals.following import Changes, Contract, Key, Known
from renewals.models import Renewal, RenewalLine, RenewalStep, Runway
from renewals.reminders import make_step_tasks
from renewals.saves import follow_saves
from renewals.steps import end_tasks
from renewals.telling import tell_closed, tell_opened

__all__ = ["call_all", "follow_changed", "follow_contracts", "follow_saves", "freeze_week", "make_step_tasks"]

SQL = Path(__file__).parent / "sql"
EVERYBODY = "accounts_account"
WORK = "follow_contracts"
TOLD_LATE = dt.timedelta(days=31)  # a runway that began before is that of a book taken in: nobody is told


def follow_contracts(as_of: dt.date, scope: str = EVERYBODY) -> int:
    """Open renewals whose runway has begun, follow contracts that moved, close what they decided, withdraw what is no
    contract any more (REN-01), for the accounts in the table `scope`; how many renewals changed. Twice is once.

    One renewal for all contracts of a customer that end on one day. It closes by itself when each contract was carried
    on, or ended `following.GRACE` days ago with nothing after it.
    """
    queue.hold("renewals", patient=True)
    runways = runway.own_runways()
    longest = max([*runway.DAYS.values(), *(row.days for row in runways.values())])
    params = {
        "tenant_id": current_tenant_id(),
        "first": as_of - dt.timedelta(days=following.GRACE),
        "last": as_of + dt.timedelta(days=longest),
        "followed": as_of - dt.timedelta(days=following.FOLLOWED_DAYS),
        "grace": following.GRACE,
    }
    rows = sqljobs.rows(SQL / "contracts.sql", params, tables={"scope": scope, "standing": STANDING})
    by = factors()
    contracts = [_contract(row, by) for row in rows]
    known, withdrawn = _known(contracts, as_of, runways)

    def days_of(contract: Contract) -> int:
        return runway.days_of(runway.runway_of(contract.segment_id, contract.profile, runways))

    changes = following.follow(contracts, known, withdrawn, as_of, days_of)
    _withdraw(changes.withdrawn, as_of)
    _change(changes, as_of)
    _close(changes, as_of)
    _open(changes.openings, as_of, runways)
    return (
        len(changes.openings)
        + len({*changes.moved, *changes.reopened, *changes.closed, *changes.revived, *changes.lines})
        + len(changes.withdrawn)
    )


def follow_changed(work: Work) -> bool:
    """Minutes after contracts changed: the renewals of their customers, one piece."""
    if queue.take_dirty(CONTRACTS):
        as_of = Tenant.current().figures_as_of
        follow_contracts(as_of, "changed")
        queue.settle_dirty(CONTRACTS)
    return False


def _money(minor: int | None, currency: str | None, by: Mapping[str, Decimal]) -> int:
    """Minor units of the reporting currency, half up as SQL rounds; 0 where nothing converts it."""
    factor = by.get(currency or "")
    if minor is None or factor is None:
        return 0
    return int((minor * factor).quantize(Decimal(1), ROUND_HALF_UP))


def _contract(row: Mapping[str, Any], by: Mapping[str, Decimal]) -> Contract:
    return Contract(
        id=row["id"],
        account_id=row["account_id"],
        segment_id=row["segment_id"],
        profile=row["profile"],
        currency=row["currency"],
        start_on=row["start_on"],
        end_on=row["end_on"],
        alive=row["alive"],
        ended=row["ended"],
        rolling=row["rolling"],
        settled=row["settled"],
        mrr=_money(row["mrr_minor"], row["currency"], by),
        renewal_id=row["renewal_id"],
        next_id=row["next_id"],
        next_mrr=_money(row["next_mrr"], row["next_currency"], by),
        was=None if row["was_mrr"] is None else _money(row["was_mrr"], row["was_currency"], by),
    )


def _known(
    contracts: Collection[Contract], as_of: dt.date, runways: Mapping[UUID, Runway]
) -> tuple[list[Known], dict[Key, UUID]]:
    """The renewals of these contracts' customers: those that are followed or stand in the way, and what was withdrawn."""
    held = {contract.renewal_id for contract in contracts if contract.renewal_id}
    params = {"tenant_id": current_tenant_id(), "first": as_of - dt.timedelta(days=following.FOLLOWED_DAYS)}
    rows = sqljobs.rows(SQL / "known.sql", params)
    known, withdrawn = [], {}
    for row in rows:
        key = (row["account_id"], row["due_on"])
        if row["state"] == RenewalState.WITHDRAWN:
            withdrawn[key] = row["id"]
            continue
        followed = row["id"] in held or row["state"] == RenewalState.OPEN
        plan = runway.runway_of(row["segment_id"], row["profile"], runways)
        known.append(
            Known(
                id=row["id"],
                account_id=row["account_id"],
                due_on=row["due_on"],
                state=row["state"],
                days=runway.days_of(plan),
                due_mrr=row["due_mrr"],
                kept_mrr=row["kept_mrr"],
                nexts=frozenset(row["nexts"] or ()) if followed else frozenset(),
            )
        )
    return known, withdrawn


def _locked(ids: Iterable[UUID]) -> dict[UUID, Renewal]:
    rows = Renewal.objects.select_for_update().filter(id__in=list(ids)).order_by("id")
    return {row.id: row for row in rows}


def _save(rows: Collection[Renewal], columns: Iterable[str]) -> None:
    """Write these columns of renewals as their next versions."""
    now = timezone.now()
    for row in rows:
        row.version += 1
        row.updated_at = now
    Renewal.objects.bulk_update(rows, [*columns, "version", "updated_at"], batch_size=500)


def _withdraw(ids: Collection[UUID], as_of: dt.date) -> None:
    """Nothing of them is left to renew: their open tasks go with them."""
    rows = [row for row in _locked(ids).values() if row.state != RenewalState.WITHDRAWN]
    if not rows:
        return
    end_tasks(rows, _("There is nothing left to renew."))
    for row in rows:
        row.state, row.closed_on, row.due_mrr, row.kept_mrr = RenewalState.WITHDRAWN, as_of, None, None
    _save(rows, ["state", "closed_on", "due_mrr", "kept_mrr"])


def _change(changes: Changes, as_of: dt.date) -> None:
    """Lines that came and went, renewals that moved with their contracts or are open again."""
    wanted = {row: {each.id for each in lines} for row, lines in changes.revived.items()} | changes.lines
    _set_lines(wanted)
    rows = _locked({*changes.moved, *changes.reopened, *changes.revived})
    again = [rows[row] for row in {*changes.reopened, *changes.revived} if row in rows]
    if again:
        RenewalLine.objects.filter(renewal__in=again).update(next_period=None)
        for row in again:
            saves.reopen(row)
            row.state, row.closed_on, row.due_mrr, row.kept_mrr = RenewalState.OPEN, None, None, None
        _save(again, ["state", "closed_on", "due_mrr", "kept_mrr"])
    _move({rows[row]: key for row, key in changes.moved.items() if row in rows})


def _set_lines(wanted: Mapping[UUID, Collection[UUID]]) -> None:
    if not wanted:
        return
    standing: dict[UUID, dict[UUID, UUID]] = {}
    for line in RenewalLine.objects.filter(renewal__in=list(wanted)):
        standing.setdefault(line.renewal_id, {})[line.subscription_id] = line.id
    gone = [
        line
        for renewal, lines in standing.items()
        for subscription, line in lines.items()
        if subscription not in wanted[renewal]
    ]
    RenewalLine.objects.filter(id__in=gone).delete()
    RenewalLine.objects.bulk_create(
        [
            RenewalLine(renewal_id=renewal, subscription_id=subscription)
            for renewal, lines in wanted.items()
            for subscription in lines
            if subscription not in standing.get(renewal, {})
        ],
        batch_size=2000,
    )


def _move(moved: Mapping[Renewal, Key]) -> None:
    """Give renewals the customer and day of their contracts, and the steps that are not done theirs; their tasks are made
    anew when they come near. One that stands where another one goes steps aside first."""
    if not moved:
        return
    places = {(row.account_id, row.due_on) for row in moved}
    aside = [row for row, key in moved.items() if key in places - {(row.account_id, row.due_on)}]
    for number, row in enumerate(aside):
        Renewal.objects.filter(id=row.id).update(due_on=dt.date.max - dt.timedelta(days=number))
    end_tasks(moved, _("The contract ends on another day now."))
    steps = list(RenewalStep.objects.select_for_update().filter(renewal__in=list(moved), done_on=None))
    days = {row.id: (row.opened_on, key[1]) for row, key in moved.items()}
    for step in steps:
        opened_on, due_on = days[step.renewal_id]
        step.due_on, step.task = step_day(due_on, step.days, opened_on), None
        step.version += 1
    for row, (account_id, due_on) in moved.items():
        row.account_id, row.due_on = account_id, due_on
    _save(list(moved), ["account", "due_on"])
    RenewalStep.objects.bulk_update(steps, ["due_on", "task", "version"], batch_size=500)


def step_day(due_on: dt.date, days: int, opened_on: dt.date) -> dt.date:
    """The day by which a step is to be done; of one whose day was over before the renewal opened, a week after that.
    `open.sql` says the same.

    Example: T-90 of a renewal on 29 December is 30 September; of one that opened on 1 December, 8 December.
    """
    day = due_on - dt.timedelta(days=days)
    if day < opened_on:
        day = opened_on + dt.timedelta(days=following.CATCH_UP)
    return min(day, due_on)


def _close(changes: Changes, as_of: dt.date) -> None:
    """Close what the contracts decided, with the periods that followed; its save play ends with it."""
    rows = _locked(changes.closed)
    if not rows:
        return
    lines = list(RenewalLine.objects.filter(renewal__in=list(rows)))
    for line in lines:
        line.next_period_id = changes.closed[line.renewal_id].nexts.get(line.subscription_id)
    RenewalLine.objects.bulk_update(lines, ["next_period"], batch_size=500)
    for row in rows.values():
        found = changes.closed[row.id]
        row.state, row.due_mrr, row.kept_mrr = found.state, found.due, found.kept
        row.closed_on, row.closed_by_id = row.closed_on or as_of, None
        row.source, row.source_ref = ChangeSource.RULE, None
    _save(list(rows.values()), ["state", "due_mrr", "kept_mrr", "closed_on", "closed_by", "source", "source_ref"])
    end_tasks(rows.values(), _("The renewal is over."))
    for row in rows.values():
        saves.decide(row, as_of)
    tell_closed(rows.values())
    effort.ask(rows.values())


def _open(openings: Mapping[Key, list[Contract]], as_of: dt.date, runways: Mapping[UUID, Runway]) -> None:
    """Write new renewals in bulk: what the night derives from contracts is no edit."""
    if not openings:
        return
    plans: dict[str, str | Runway] = {}
    rows, lines, told = [], [], []
    for (account_id, due_on), found in sorted(openings.items(), key=lambda item: (item[0][1], item[0][0])):
        main = max(found, key=lambda each: (each.mrr, str(each.id)))
        plan = runway.runway_of(main.segment_id, main.profile, runways)
        name = str(plan.id) if isinstance(plan, Runway) else plan
        plans[name] = plan
        renewal_id = uuid7()
        rows.append((renewal_id, account_id, due_on, main.profile or str(USUAL), name, main.currency))
        lines += [(renewal_id, each.id) for each in found]
        if due_on - dt.timedelta(days=runway.days_of(plan)) >= as_of - TOLD_LATE:
            row = Renewal(
                id=renewal_id, external_id=str(renewal_id), account_id=account_id, due_on=due_on, opened_on=as_of
            )
            told.append((row, sum(each.mrr for each in found)))
    steps = [(name, step.step, step.days) for name, plan in plans.items() for step in runway.steps_of(plan)]
    columns = [("id", "uuid"), ("account_id", "uuid"), ("due_on", "date"), ("profile", "text"), ("plan", "text"), ("currency", "text")]  # fmt: skip
    copying.stage("stage_opening", columns, rows)
    copying.stage("stage_opening_line", [("renewal_id", "uuid"), ("subscription_id", "uuid")], lines)
    copying.stage("stage_plan", [("plan", "text"), ("step", "text"), ("days", "int")], steps)
    params = {"tenant_id": current_tenant_id(), "as_of": as_of, "catch_up": following.CATCH_UP}
    with audit.derived():
        sqljobs.execute(SQL / "open.sql", params)
    tell_opened(told)
