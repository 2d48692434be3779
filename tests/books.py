"""Books of paid periods for tests: written through the public door, computed by the real night."""

import csv
import datetime as dt
import gzip
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from accounts.enums import ChangeSource
from accounts.kinds import Row
from accounts.merging import MergeResult, Origin, merge_accounts, merge_fx_rates, merge_subscriptions
from accounts.rows import parse
from cs_platform.kernel.models import Finding
from cs_platform.pipeline import NIGHTLY
from metrics.figures.reports import ReportResult, run_report
from tests.conftest import World

ORIGIN = Origin(ChangeSource.API, actor="test")
DATA = Path(__file__).parent / "golden" / "data"
MERGES = {"accounts": merge_accounts, "subscriptions": merge_subscriptions, "fx_rates": merge_fx_rates}


def read(name: str) -> list[dict[str, str]]:
    """Rows of a data file, plain or gzip."""
    path = DATA / name
    opened = gzip.open(path, "rt") if path.suffix == ".gz" else path.open()
    with opened as file:
        return list(csv.DictReader(file))


class Book:
    """A tenant's book. Dates and amounts as text, like in a file."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.count = 0

    def merge(self, kind: str, rows: list[Mapping[str, Any]]) -> MergeResult:
        """Write the rows; a row that cannot be read is a mistake of the test."""
        parsed = []
        for number, row in enumerate(rows, start=1):
            found = parse(kind, number, {k: v for k, v in row.items() if k != "tenant"})
            assert isinstance(found, Row), found
            parsed.append(found)
        with self.world.open():
            return MERGES[kind](parsed, ORIGIN)

    def period(
        self, account: str, start: str, end: str, mrr: str, *, key: str = "", currency: str = "USD", **more: str
    ) -> MergeResult:
        """One paid period, monthly unless `interval_months` and `amount` say otherwise."""
        self.count += 1
        row = {
            "account": account,
            "subscription_id": key or f"S-{self.count}",
            "start_date": start,
            "end_date": end,
            "interval_months": "1",
            "amount": mrr,
            "currency": currency,
        }
        return self.merge("subscriptions", [row | more])

    def rate(self, month: str, base: str, quote: str, rate: str) -> None:
        self.merge("fx_rates", [{"month": month, "base": base, "quote": quote, "rate": rate}])

    def night(self, as_of: str) -> None:
        """Each step in a transaction of its own, as in production."""
        for _name, step in NIGHTLY:
            with self.world.open():
                step(dt.date.fromisoformat(as_of))

    def report(self, name: str, **question: Any) -> ReportResult:
        with self.world.open():
            return run_report(name, **question)

    def month(self, name: str, month: str, **question: Any) -> dict[str, Any]:
        """The row of one month of a report."""
        return next(row for row in self.report(name, **question).rows if row.get("month") == month)

    def findings(self) -> list[str]:
        with self.world.open():
            return list(Finding.objects.filter(resolved_at=None).values_list("message", flat=True))


def differences(
    expected: list[dict[str, str]], found: ReportResult, keys: tuple[str, ...], columns: Mapping[str, str] | None = None
) -> list[str]:
    """Where a report differs from an expected table: missing and extra rows, money beyond a cent, ratios beyond 1e-6."""
    names = columns or {}
    wanted = {tuple(row[k] for k in keys): row for row in expected}
    have = {tuple(str(row[k]) for k in keys): row for row in found.rows}
    problems = [f"missing {key}" for key in wanted.keys() - have.keys()]
    problems += [f"extra {key}" for key in have.keys() - wanted.keys()]
    for key in wanted.keys() & have.keys():
        for column in found.columns:
            source = names.get(column, column)
            if column in keys or source not in wanted[key]:
                continue
            left, right = wanted[key][source], have[key][column]
            if left == "" or right is None:
                equal = left == "" and right is None
            elif isinstance(right, Decimal):
                equal = abs(Decimal(left) - right) <= (
                    Decimal("0.01") if -right.as_tuple().exponent == 2 else Decimal("1e-6")
                )
            else:
                equal = left == str(right)
            if not equal:
                problems.append(f"{key} {column}: expected {left}, found {right}")
    return problems
