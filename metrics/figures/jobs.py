"""The nightly work on revenue: snapshot, ledger, aggregates, lists, and the check that they agree. Rerunnable.

What changed is known by its `Dirty` keys (topic "revenue", by account), which travel from step to step; a month that
has ended since the last night is built for every account.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import Max, Min
from django.utils.translation import gettext as _

from accounts.enums import LogoLevel
from accounts.models import SubscriptionChange, Tenant
from accounts.rates import newest_rates, rates_to
from cs_platform.kernel import audit, copying, queue, runs, sqljobs
from cs_platform.kernel.money import digits, from_minor
from cs_platform.kernel.periods import add_months, last_complete_month, month_of, month_text, months_between
from cs_platform.kernel.tenancy import current_tenant_id
from metrics import formulas
from metrics.enums import (
    GROWING_REASONS,
    KEPT_WINDOWS,
    LEAVING_REASONS,
    SAID_REASONS,
    SHRINKING_REASONS,
    Dimension,
    Window,
)
from metrics.models import CohortMonth, CurrencyChange, RetentionMonth, WonMonth

SQL = Path(__file__).parent.parent / "sql"
FOREVER = dt.datetime.max.replace(tzinfo=dt.UTC)
ATTRIBUTE_DAYS = SQL / "attribute_days.sql"
EVERYBODY = "accounts_account"
PART_ROWS = 2_000_000
# The dated attributes that the night cuts by; ACV bands come from the money itself.
KEPT_CUTS = (Dimension.SEGMENT, Dimension.INDUSTRY, Dimension.SOURCE, Dimension.OWNER)
STORED = {
    "account_month": "metrics_accountmonth",
    "retention_month": "metrics_retentionmonth",
    "cohort_month": "metrics_cohortmonth",
}


@dataclass(frozen=True)
class Span:
    """Months to build, both included, and the moment of knowledge they are built from. With another `short` window than a
    month they are built beside those so many months before; of a quarter only the months that end one, unless `every`
    says otherwise (1: all of them)."""

    first: dt.date
    last: dt.date
    known_at: dt.datetime = FOREVER
    short: int = Window.MONTH
    every: int = 0

    def params(self) -> dict[str, object]:
        return {
            "tenant_id": current_tenant_id(),
            "from_m": formulas.month_number(self.first),
            "to_m": formulas.month_number(self.last),
            "from_month": self.first,
            "to_month": self.last,
            "known_at": self.known_at,
            "short": int(self.short),
            "every": self.every or int(self.short),
        }


def hold_still(*, patient: bool) -> bool:
    """Keep facts and derived figures still until this transaction ends: whoever derives figures, signs a month or records
    facts holds one of these locks. False when somebody does and this one is not `patient`."""
    return queue.hold("nightly", "refresh_revenue", "month_close", patient=patient)


def clock() -> dt.datetime:
    """The database's clock, by which facts are recorded and lines are posted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        found: dt.datetime = cursor.fetchone()[0]
    return found


def history_starts(known_at: dt.datetime = FOREVER) -> dt.date | None:
    """The month of the earliest paid period known then; None for a book without one."""
    start = SubscriptionChange.objects.filter(recorded_at__lte=known_at).aggregate(Min("start_on"))["start_on__min"]
    return month_of(start) if start else None


def built_through() -> dt.date | None:
    """The last month that the boards know; None before the first night."""
    rows = RetentionMonth.objects.filter(window=Window.MONTH, dimension="all")
    return rows.aggregate(Max("month"))["month__max"]


def stage_rates(
    start: dt.date, last: dt.date, known_at: dt.datetime = FOREVER, *, also: Iterable[str] = ()
) -> list[str]:
    """Temporary table `rate` (currency, month number, factor on minor units) of the currencies of the book and of `also`;
    those that nothing converts."""
    target = Tenant.current().currency
    booked = SubscriptionChange.objects.filter(recorded_at__lte=known_at).order_by()
    used = sorted({*booked.values_list("currency", flat=True).distinct(), *also})
    if known_at != FOREVER and CurrencyChange.objects.filter(since__gt=known_at).exists():
        known_at = FOREVER  # nobody knew then that today's currency would be asked for
    known = newest_rates(known_at) if set(used) - {target} else []
    factors = rates_to(target, used, (start, last), known)
    rows = (
        (currency, formulas.month_number(month), rate.scaleb(digits(target) - digits(currency)))
        for currency, months in factors.items()
        for month, rate in months.items()
    )
    copying.stage("rate", [("currency", "text"), ("m", "int"), ("rate", "numeric")], rows)
    return sorted(set(used) - set(factors))


def stage_logos(known_at: dt.datetime = FOREVER) -> None:
    """Temporary table `logo`: the accounts that count for another one, by mergers known then and by the company's
    present setting of who is the customer (METRICS 4)."""
    copying.drop("logo")
    by_parent = Tenant.current().logo_level == LogoLevel.PARENT
    sqljobs.execute(SQL / "logos.sql", {"known_at": known_at, "by_parent": by_parent})


def stage_periods(span: Span, scope: str = EVERYBODY) -> dict[str, str]:
    """Temporary table `period`, of the accounts in the table `scope`; the table names for what comes next.

    `scope` holds with each account whatever counts for the same customer (see `_take`).
    """
    copying.drop("period", "line", "said", "product_move", "wanted", "standing")
    stage_logos(span.known_at)
    tables = {"scope": scope}
    sqljobs.execute(SQL / "periods.sql", span.params() | {"dunning_days": Tenant.current().dunning_days}, tables=tables)
    return tables


def _take(topic: str) -> int:
    """Put the keys of `topic` into `changed`, with everything that counts for the same customers; how many there were."""
    dirty = queue.take_dirty(topic)
    if dirty:
        stage_logos()
        sqljobs.execute(SQL / "spread_changed.sql")
    return dirty


def _stage_rest() -> str:
    """The accounts that are not in `changed`, as a temporary table."""
    copying.drop("rest")
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE rest ON COMMIT DROP AS SELECT id FROM accounts_account a "
            "WHERE NOT EXISTS (SELECT FROM changed c WHERE c.id = a.id)"
        )
    return "rest"


def _spans(as_of: dt.date) -> tuple[Span | None, Span | None]:
    """The whole history, for accounts that changed, and the months that ended since the last time, for all others; None
    where there is nothing to build. Each step asks by itself: it may be the only one that runs again."""
    start, built = history_starts(), built_through()
    last = max(last_complete_month(as_of), built or dt.date.min)
    if start is None or last < start:
        return None, None
    first_new = max(add_months(built, 1), start) if built else start
    return Span(start, last), Span(first_new, last) if first_new <= last else None


def build_account_months(as_of: dt.date) -> int:
    """Snapshot of the accounts that changed, over all their months, and of all accounts for months that ended."""
    whole, fresh = _spans(as_of)
    dirty = _take("revenue")
    rows = 0
    if whole:
        stage_rates(whole.first, whole.last)
        for span, scope in _work(whole if dirty else None, fresh):
            with connection.cursor() as cursor:
                cursor.execute(
                    f"DELETE FROM metrics_accountmonth m USING {scope} s WHERE m.account_id = s.id AND m.month >= %s",  # noqa: S608
                    [span.first],
                )
            tables = STORED | stage_periods(span, scope)
            for part in _parts(span):
                rows += sqljobs.execute(SQL / "account_months.sql", part.params(), tables=tables)
    _refresh_statistics(rows)
    queue.settle_dirty("revenue", then="ledger")
    return rows


def _parts(span: Span) -> Iterator[Span]:
    """The span in parts of as many months as fit a statement of about `PART_ROWS` rows: the snapshot of a large book sorts in
    memory, month by month, where one statement would spill and run for as long as the whole history takes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT account_id) FROM period")
        (accounts,) = cursor.fetchone()
    months = list(months_between(span.first, span.last))
    size = max(PART_ROWS // max(accounts, 1), 1)
    for start in range(0, len(months), size):
        part = months[start : start + size]
        yield replace(span, first=part[0], last=part[-1])


def _refresh_statistics(rows: int) -> None:
    """After a large load the planner would go by the old sizes until autovacuum comes round."""
    if rows > 20_000:
        with connection.cursor() as cursor:
            cursor.execute("SELECT refresh_revenue_statistics()")


def _work(whole: Span | None, fresh: Span | None) -> Iterator[tuple[Span, str]]:
    """What is to be built: all months of the changed accounts, the months that ended of the others."""
    if whole:
        yield whole, "changed"
    if fresh:
        yield fresh, _stage_rest()


def post_movements(as_of: dt.date) -> int:
    """Ledger lines for what changed: reversals of what no longer holds, and what is missing (METRICS rules 5, 6)."""
    whole, fresh = _spans(as_of)
    dirty = _take("ledger")
    rows = 0
    if whole:
        stage_rates(whole.first, whole.last)
        words = {
            "currency": Tenant.current().currency,
            "reasons": list(SAID_REASONS),
            "leaving": list(LEAVING_REASONS),
            "growing": list(GROWING_REASONS),
            "shrinking": list(SHRINKING_REASONS),
        }
        for span, scope in _work(whole if dirty else None, fresh):
            tables = stage_periods(span, scope)
            rows += sqljobs.execute(SQL / "movements.sql", span.params() | words, tables=tables)
    queue.settle_dirty("ledger", then="retention")
    return rows


def build_retention(as_of: dt.date) -> int:
    """Aggregates and cohorts of the months that changed or ended."""
    whole, fresh = _spans(as_of)
    dirty = queue.take_dirty("retention")
    rows = 0
    if span := whole if dirty else fresh:
        RetentionMonth.objects.filter(month__gte=span.first).delete()
        CohortMonth.objects.filter(month__gte=span.first).delete()
        rows = aggregate(span, STORED)
    queue.settle_dirty("retention")
    return rows


def aggregate(span: Span, tables: sqljobs.Tables) -> int:
    """Fill the retention and cohort tables named in `tables` from the snapshot named there."""
    stage_history(span.known_at)
    rows = sqljobs.execute(SQL / "cohorts.sql", span.params(), tables=tables)
    return rows + sum(sum_up(span, tables, window) for window in KEPT_WINDOWS)


def stage_history(known_at: dt.datetime = FOREVER) -> None:
    """Temporary table `history`: the dated attributes of accounts as ranges of days."""
    copying.drop("history")
    sqljobs.execute(SQL / "history.sql", {"known_at": known_at}, tables={"attribute_days": ATTRIBUTE_DAYS})


def band_edges(currency: str) -> dict[str, int]:
    """The edges of the ACV bands in minor units, as the SQL names them."""
    return {
        f"band_{number}": edge * 10 ** digits(currency) for number, edge in enumerate(formulas.ACV_BAND_EDGES, start=1)
    }


def sum_up(
    span: Span,
    tables: sqljobs.Tables,
    window: int,
    *,
    cuts: Sequence[str] = KEPT_CUTS,
    allowed: str = "",
    acv_bands: list[str] | None = None,
) -> int:
    """Sums of one window into the retention table of `tables`, over everybody and cut by up to four attributes of
    `history`. `allowed` names a table of the accounts and days that filters let through; `acv_bands` lets only those."""
    params = span.params() | band_edges(Tenant.current().currency)
    params |= {f"cut_{i}": cuts[i - 1] if i <= len(cuts) else "" for i in range(1, len(KEPT_CUTS) + 1)}
    params |= {"window": int(window), "filtered": bool(allowed), "acv_bands": acv_bands}
    return sqljobs.execute(SQL / "retention.sql", params, tables={**tables, "allowed": allowed or "history"})


def count_won(as_of: dt.date) -> int:
    """The customers won in each month and what they cost, for the board."""
    WonMonth.objects.all().delete()
    whole, _fresh = _spans(as_of)
    return sqljobs.execute(SQL / "won_months.sql", whole.params()) if whole else 0


def update_account_figures(as_of: dt.date) -> int:
    """MRR, next renewal, customer since and status on the accounts, as of the day."""
    start = history_starts()
    if start is None:
        return 0
    stage_rates(min(start, month_of(as_of)), month_of(as_of))
    stage_logos()
    days = Tenant.current().dunning_days
    params = {"as_of": as_of, "month_m": formulas.month_number(month_of(as_of)), "dunning_days": days}
    with audit.derived():
        return sqljobs.execute(SQL / "account_figures.sql", params)


def check_roll_forward(as_of: dt.date) -> int:
    """Hold ledger, aggregates and periods against each other, month by month; a gap becomes a finding, never hidden."""
    whole, _fresh = _spans(as_of)
    problems: dict[str, str] = {}
    missing: list[str] = []
    rows: list[dict[str, Any]] = []
    if whole:
        missing = stage_rates(whole.first, whole.last)
        stage_periods(whole)
        rows = sqljobs.rows(SQL / "roll_forward.sql", whole.params())
    currency = Tenant.current().currency
    for row in rows:
        gaps = {name: int(row[name]) for name in ("identity_gap", "period_gap", "ledger_gap", "chain_gap") if row[name]}
        if gaps:
            parts = ", ".join(f"{name} {from_minor(gap, currency)} {currency}" for name, gap in gaps.items())
            problems[month_text(row["month"])] = _("The month does not balance: %(parts)s.") % {"parts": parts}
    runs.report("roll_forward", as_of, problems)
    runs.report(
        "exchange_rates",
        as_of,
        {
            c: _("No rate leads from %(code)s to the reporting currency: its periods are in no figure.") % {"code": c}
            for c in missing
        },
    )
    return len(rows)


# Ledger and boards: by night, minutes after a change of revenue, and when the reporting currency changes.
REVENUE: tuple[runs.Step, ...] = (
    ("account_months", build_account_months),
    ("ledger", post_movements),
    ("retention", build_retention),
    ("won", count_won),
    ("account_figures", update_account_figures),
    ("roll_forward", check_roll_forward),
)


def refresh(as_of: dt.date) -> None:
    """All steps of revenue in the caller's transaction."""
    for _name, step in REVENUE:
        step(as_of)
