"""ACC-08, HLT-07, HLT-08: the work events of 54 companies against a calculation straight from the file.

Every account and month, every account on many days; loaded in random order, in pieces, twice; again after the raw days
were dropped; and as it was known on earlier days.
"""

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest

from accounts.enums import ChangeSource
from accounts.kinds import DateStyle, Row
from accounts.merging import Origin
from accounts.models import Account
from cs_platform.kernel.periods import add_months, month_end, month_of
from health.models import UsageEvent
from health.usage import rollup, upkeep
from health.usage.rows import FIELDS, merge_usage
from metrics.figures.reports import cell, run_report
from tests.books import read
from tests.conftest import World
from tests.health.usage_events import Event, put

ROWS = [(dt.datetime.fromisoformat(row["event_at"]), row) for row in read("usage_nova/events.csv.gz")]
FIRST, LAST = (end(at for at, _ in ROWS).date() for end in (min, max))


def nova(world: World, *, shift: dt.timedelta = dt.timedelta(0), late: int = 0) -> list[Event]:
    """The rows as events of new accounts; each `late`-th came ten days late."""
    with world.open():
        names = sorted({row["account"] for _, row in ROWS})
        made = Account.objects.bulk_create(Account(external_id=name, name=name) for name in names)
        ids = {account.external_id: account.id for account in made}
    return [
        Event(
            account=ids[row["account"]],
            at=at + shift,
            event=row["event"],
            user=row["user"],
            quantity=Decimal(row["quantity"]),
            session=row["session"],
            known_on=(at + shift).date() + dt.timedelta(days=10 if late and n % late == 0 else 0),
        )
        for n, (at, row) in enumerate(ROWS)
    ]


def load(world: World, events: list[Event], pieces: int) -> None:
    """In pieces, rolled up now and then, as batches come in."""
    size = len(events) // pieces + 1
    for start in range(0, len(events), size):
        with world.open():
            put(events[start : start + size])
            rollup.roll_up(500)
    with world.open():
        rollup.roll_up_all(dt.date(2015, 1, 1))


def months(events: Iterable[Event], until: dt.date) -> dict[tuple, dict[str, Any]]:
    """usage_month by hand."""
    found: dict[tuple, list[Event]] = defaultdict(list)
    users: dict[Any, list[Event]] = defaultdict(list)
    for e in events:
        if e.day <= until:
            found[e.account, month_of(e.day)].append(e)
            users[e.account].append(e)
    rows = {}
    for (account, month), of_month in found.items():
        end = min(month_end(month), until)
        length = (end - month).days + 1
        daily: dict[dt.date, set] = defaultdict(set)
        for e in of_month:
            if e.user:
                daily[e.day].add(e.user)
        mau = len({e.user for e in of_month if e.user})
        dau = Decimal(sum(len(u) for u in daily.values())) / length
        rows[account, month] = {
            "event_rows": len(of_month),
            "quantity": sum(e.quantity for e in of_month),
            "active_days": len({e.day for e in of_month}),
            "active_users": mau,
            "avg_dau": dau,
            "stickiness": dau / mau if mau else None,
            "wau_at_month_end": len(
                {e.user for e in users[account] if e.user and end - dt.timedelta(days=7) < e.day <= end}
            ),
            "features_used": len({e.event for e in of_month}),
        }
    return rows


def as_of_rows(events: Iterable[Event], day: dt.date, until: dt.date) -> dict[Any, dict[str, Any]]:
    """usage_as_of by hand."""
    known = [e for e in events if e.day <= until]
    catalogue = len({e.event for e in known})
    by_account: dict[Any, list[Event]] = defaultdict(list)
    for e in known:
        by_account[e.account].append(e)

    def back(days: int) -> dt.date:
        return day - dt.timedelta(days=days)

    rows = {}
    for account, found in by_account.items():
        now = sum((e.quantity for e in found if e.day > back(28)), Decimal(0))
        before = sum((e.quantity for e in found if back(56) < e.day <= back(28)), Decimal(0))
        features = len({e.event for e in found if e.day > back(90)})
        rows[account] = {
            "quantity_28d": now,
            "quantity_prev_28d": before,
            "change_28d": (now - before) / before if before else None,
            "active_users_28d": len({e.user for e in found if e.user and e.day > back(28)}),
            "active_users_7d": len({e.user for e in found if e.user and e.day > back(7)}),
            "features_90d": features,
            "catalog_size": catalogue,
            "feature_adoption_90d": Decimal(features) / catalogue,
            "days_since_last_event": (day - max(e.day for e in found)).days,
            "dormant": not any(e.day > back(28) for e in found),
        }
    return rows


def same(expected: dict[Any, dict[str, Any]], found: dict[Any, dict[str, Any]]) -> None:
    assert found.keys() == expected.keys()
    for key, wanted in expected.items():
        for column, value in wanted.items():
            have = found[key][column]
            if value is None or isinstance(value, bool):
                assert have is value, (key, column)
            else:
                assert abs(Decimal(have) - value) <= Decimal("0.000000005"), (key, column, have, value)


def reports(world: World, events: list[Event], days: Iterable[dt.date], **known: Any) -> None:
    """Both reports on these days against the calculation by hand."""
    day_known = known["known_at"].date() if known else dt.date.max
    events = [e for e in events if e.known <= day_known]
    for day in days:
        until = min(day, day_known)
        with world.open():
            ids = dict(Account.objects.values_list("external_id", "id"))
            month_rows = run_report("usage_month", as_of=day, **known).rows
            day_rows = run_report("usage_as_of", as_of=day, **known).rows
        assert [(r["account"], r["month"]) for r in month_rows] == sorted(
            (r["account"], r["month"]) for r in month_rows
        )
        same(
            months(events, until),
            {(ids[r["account"]], dt.date.fromisoformat(r["month"] + "-01")): r for r in month_rows},
        )
        same(as_of_rows(events, day, until), {ids[r["account"]]: r for r in day_rows})


def test_every_row_of_both_reports(world, rival):
    """In random order, in pieces, and marked once more; the same names in another tenant change nothing."""
    events = nova(world)
    nova(rival)
    random.Random(3).shuffle(events)
    load(world, events, 5)
    chance = random.Random(5)
    days = [LAST, dt.date(2014, 6, 30), FIRST, FIRST - dt.timedelta(days=1), LAST + dt.timedelta(days=40)]
    days += [FIRST + dt.timedelta(days=chance.randrange((LAST - FIRST).days)) for _ in range(6)]
    reports(world, events, days)
    with world.open():
        assert UsageEvent.objects.count() == 0  # all of it is the past, and the past is emptied
        rows = run_report("usage_month", frm=dt.date(2013, 2, 1), to=dt.date(2013, 3, 1), as_of=LAST).rows
        assert {row["month"] for row in rows} == {"2013-02", "2013-03"}
        dormant = next(r for r in run_report("usage_as_of", as_of=LAST).rows if r["dormant"])
        assert cell(dormant["dormant"]) == "true"
    with rival.open():
        assert run_report("usage_month", as_of=LAST).rows == []


def test_kept_days_then_dropped_days_answer_alike(world, settings):
    """History that ends yesterday: some days are kept raw. Nothing changes when they are rolled up again or dropped."""
    yesterday = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    events = nova(world, shift=yesterday - LAST)
    random.Random(4).shuffle(events)
    load(world, events, 3)
    days = [yesterday, month_of(yesterday) - dt.timedelta(days=1), yesterday - dt.timedelta(days=33)]
    reports(world, events, days)
    with world.open():
        assert UsageEvent.objects.exists()
        settings.EVENT_DAYS = 20
        assert upkeep.keep_storage(yesterday) > 0
        assert not UsageEvent.objects.filter(day__lt=yesterday - dt.timedelta(days=20)).exists()
    reports(world, events, days)


@pytest.mark.parametrize("lag", [0, 4, 45])
def test_what_was_known_on_an_earlier_day(world, lag):
    """Every seventh event came ten days late: as known earlier it is not there yet, in any column."""
    events = nova(world, late=7)
    load(world, events, 2)
    day = dt.date(2013, 9, 12)
    known_at = dt.datetime.combine(day + dt.timedelta(days=lag), dt.time(12), tzinfo=dt.UTC)
    reports(world, events, [day, add_months(month_of(day), 2), LAST], known_at=known_at)


def test_through_the_door_of_files_twice(world):
    """The file as people import it, its pieces in any order: the second time everything is known, and nothing moves."""
    events = nova(world)
    rows = [
        Row(number, {name: read(row.get(name), DateStyle.ISO) for name, read in FIELDS.items()}, frozenset(row))
        for number, (_, row) in enumerate(ROWS, start=1)
    ]
    random.Random(6).shuffle(rows)
    origin = Origin(ChangeSource.API, actor="test")
    for outcome in ("created", "unchanged"):
        for start in range(0, len(rows), 5000):
            with world.open():
                result = merge_usage(rows[start : start + 5000], origin)
                assert set(result.outcomes.values()) == {outcome}
                rollup.roll_up(700)
        with world.open():
            rollup.roll_up_all(LAST)
        reports(world, events, [LAST, dt.date(2013, 5, 17)])
