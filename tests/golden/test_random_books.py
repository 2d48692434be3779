"""Random books, corrected at random between nights at random days, against a calculation that shares no code with ours."""

import calendar
import datetime as dt
import random
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from metrics.figures import jobs
from metrics.models import AccountMonth, MrrMovement, RetentionMonth
from tests.books import Book

RATES = {"EUR": [Decimal("1.10") + Decimal(i % 7) / 100 for i in range(36)], "JPY": [Decimal("0.0067")] * 36}
FIRST = dt.date(2023, 1, 1)
LAST = dt.date(2025, 12, 31)


def end_of(index: int) -> dt.date:
    year, month = 2023 + index // 12, index % 12 + 1
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def value(period: dict[str, Any], index: int, rate_index: int) -> int:
    """Cents of the reporting currency that a period is worth at the end of a month, at the rate of another."""
    day = end_of(index)
    if not (period["start"] <= day and (period["end"] is None or day < period["end"])):
        return 0
    if period["currency"] == "USD":
        return period["minor"]
    rate = RATES[period["currency"]][rate_index]
    digits = 0 if period["currency"] == "JPY" else 2
    cents = Decimal(period["minor"]) * rate * Decimal(10) ** (2 - digits)
    return int(cents.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def random_period(random_: random.Random, number: int) -> dict[str, Any]:
    start = FIRST + dt.timedelta(days=random_.randrange(1060))
    length = random_.choice([None, 27, 31, 90, 365, 366, 700])
    return {
        "key": f"S-{number}",
        "account": f"A-{random_.randrange(9)}",
        "start": start,
        "end": None if length is None else start + dt.timedelta(days=length),
        "minor": random_.choice([0, 1, 999, 10_000, 123_457]),
        "currency": random_.choice(["USD", "USD", "EUR", "JPY"]),
    }


def row_of(period: dict[str, Any]) -> dict[str, str]:
    digits = 0 if period["currency"] == "JPY" else 2
    return {
        "account": period["account"],
        "subscription_id": period["key"],
        "start_date": period["start"].isoformat(),
        "end_date": period["end"].isoformat() if period["end"] else "",
        "interval_months": "1",
        "amount": str(Decimal(period["minor"]).scaleb(-digits)),
        "currency": period["currency"],
    }


@pytest.mark.parametrize("seed", range(6))
def test_the_night_agrees_with_plain_counting(world, monkeypatch, seed: int):
    """MET-01, MET-03, MET-07, METRICS rules 1 to 17: every account and month, every sum, after every correction; the snapshot built in one part
    or, as that of a large book, in several."""
    if seed % 2:
        monkeypatch.setattr(jobs, "PART_ROWS", 100)
    random_ = random.Random(seed)
    book = Book(world)
    for currency, rates in RATES.items():
        for index, rate in enumerate(rates):
            book.rate(f"{2023 + index // 12}-{index % 12 + 1:02d}", currency, "USD", str(rate))
    periods = {n: random_period(random_, n) for n in range(25)}
    book.merge("subscriptions", [row_of(p) for p in periods.values()])
    for _ in range(3):
        book.night((FIRST + dt.timedelta(days=random_.randrange(400, 1090))).isoformat())
        for number in random_.sample(sorted(periods), 4):
            changed = random_period(random_, number) | {key: periods[number][key] for key in ("account", "start")}
            changed["end"] = (
                None if changed["end"] is None else changed["start"] + dt.timedelta(days=random_.randrange(1, 500))
            )
            periods[number] = changed
            book.merge("subscriptions", [row_of(changed)])
    book.night(LAST.isoformat())
    assert book.findings() == []

    accounts: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for period in periods.values():
        accounts[period["account"]].append(period)
    now = {(a, m): sum(value(p, m, m) for p in ps) for a, ps in accounts.items() for m in range(36)}
    with world.open():
        found = {
            (name, (month.year - 2023) * 12 + month.month - 1): mrr
            for name, month, mrr in AccountMonth.objects.values_list("account__external_id", "month", "mrr")
        }
        assert {k: v for k, v in found.items() if v} == {k: v for k, v in now.items() if v}
        for window in (1, 12):
            sums = {
                (r.month.year - 2023) * 12 + r.month.month - 1: r
                for r in RetentionMonth.objects.filter(window=window, dimension="all")
            }
            for month in range(window, 36):
                base = {a: sum(value(p, month - window, month) for p in ps) for a, ps in accounts.items()}
                if month not in sums:
                    assert not any(now[a, m] for a in accounts for m in range(month + 1))
                    continue
                row = sums[month]
                pairs = [(base[a], now[a, month]) for a in accounts]
                assert row.closing_mrr == sum(n for _, n in pairs)
                assert row.opening_mrr + row.fx_effect == sum(b for b, _ in pairs)
                assert row.expansion_mrr == sum(n - b for b, n in pairs if b and n > b)
                assert row.contraction_mrr == sum(b - n for b, n in pairs if 0 < n < b)
                assert row.churned_mrr == sum(b for b, n in pairs if b and not n)
                assert row.churned_customers == sum(1 for b, n in pairs if b and not n)
                gained = sum(n for b, n in pairs if not b)
                assert row.new_mrr + row.reactivation_mrr == gained
        ledger = defaultdict(int)
        for month, amount in MrrMovement.objects.values_list("month", "amount_minor"):
            ledger[(month.year - 2023) * 12 + month.month - 1] += amount
        balance = 0
        for month in range(36):
            balance += ledger[month]
            assert balance == sum(now[a, month] for a in accounts), month
