"""A company that closes its months (MET-23): what came late, what Finance signed, planned and held against billing.

The order tells a story. Months were closed one after another; a renewal of the last but one was corrected afterwards and
that month restated; the last closed month was reconciled with billing, and since then two of its contracts were corrected.
The month that ended last is still open.
"""

import datetime as dt
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

from accounts.models import Member, Tenant
from cs_platform import pipeline
from cs_platform.demo.files import File
from cs_platform.demo.stories import CHARACTERS
from cs_platform.demo.tenants import DemoTenant
from cs_platform.kernel.errors import Conflict
from cs_platform.kernel.periods import add_months, last_complete_month, month_end, month_of, month_text, parse_month
from cs_platform.kernel.tenancy import tenant_context
from metrics.digests import sending
from metrics.enums import DigestKind, Metric
from metrics.figures.reports import run_report
from metrics.plan import notes, targets
from metrics.proof.closing import close_month, last_close, restate_month

Row = dict[str, str]
CENT = Decimal("0.01")
CLOSED = 9  # months
TRIES = 60  # seconds to wait while a worker refreshes figures
PLANNED = {
    Metric.NRR: Decimal(112),
    Metric.GRR: Decimal("92.5"),
    Metric.LOGO_CHURN: Decimal(8),
    Metric.NPS: Decimal(35),
}
GROWTH = Decimal("1.012")  # planned of ARR, a month
NOTE = (
    "Two contracts that renewed in %(month)s were corrected after we had signed it: a credit for unused seats, and an "
    "increase that billing had left out. The board of that month still shows what was signed, with the difference."
)


def closed_months(last: dt.date) -> list[dt.date]:
    """The months that are closed, oldest first; the last complete one is still open."""
    open_month = last_complete_month(last)
    return [add_months(open_month, -n) for n in range(CLOSED, 0, -1)]


def late_rows(subscriptions: Sequence[Row], last: dt.date, home: str) -> tuple[list[Row], list[Row]]:
    """The contracts that were recorded wrongly, as they should have been: one of the last but one closed month, two of
    the last. Whole rows with the reason, as a file of corrections has them."""
    before, month = closed_months(last)[-2:]
    first = _renewed(subscriptions, before, home, last)[0]
    others = [row for row in _renewed(subscriptions, month, home, last) if row["account"] != first["account"]]
    return (
        [_corrected(first, "0.94", "Signed at last year's price; the increase was booked too early")],
        [
            _corrected(others[0], "0.95", "Credit for unused seats, agreed at the renewal and booked late"),
            _corrected(others[1], "1.03", "Price increase of the renewal, left out in billing"),
        ],
    )


def _renewed(subscriptions: Sequence[Row], month: dt.date, home: str, last: dt.date) -> list[Row]:
    """The running contracts in the home currency that began in the month, largest first; after them those that began
    before it. Who plays a part in the demo's stories is left alone."""
    ends, known = month_end(month).isoformat(), {number for number, _each in enumerate(CHARACTERS, start=1001)}
    rows = [
        row
        for row in subscriptions
        if row["start_date"] <= ends
        and (not row["end_date"] or row["end_date"] > last.isoformat())
        and row["currency"] == home
        and int(row["account"].rpartition("-")[2]) not in known
    ]
    return sorted(rows, key=lambda row: (row["start_date"][:7], Decimal(row["amount"])), reverse=True)


def _corrected(row: Row, factor: str, reason: str) -> Row:
    amount = (Decimal(row["amount"]) * Decimal(factor)).quantize(CENT, ROUND_HALF_UP)
    return row | {"amount": str(amount), "reason": reason}


def with_late_rows(subscriptions: Sequence[Row], *late: Sequence[Row]) -> list[Row]:
    """The book as it stands after the corrections."""
    right = {(row["subscription_id"], row["start_date"]): row for rows in late for row in rows}
    return [right.get((row["subscription_id"], row["start_date"]), row) for row in subscriptions]


def billing_rows(subscriptions: Sequence[Row], month: dt.date) -> list[Row]:
    """What billing says of the month's end, in contract currencies: as the book has it, but for a cent of rounding with
    the largest customer and the smallest one, whom billing does not know."""
    day = month_end(month).isoformat()
    paid: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in subscriptions:
        if row["start_date"] <= day and (not row["end_date"] or day < row["end_date"]):
            monthly = Decimal(row["amount"]) / int(row["interval_months"])
            paid[(row["account"], row["currency"])] += monthly.quantize(CENT, ROUND_HALF_UP)
    by_size = sorted((key for key in paid if key[1] == "USD"), key=lambda key: (paid[key], key))
    del paid[by_size[0]]
    paid[by_size[-1]] += CENT
    return [
        {"account": account, "month": month_text(month), "mrr": str(mrr), "currency": currency}
        for (account, currency), mrr in sorted(paid.items())
    ]


def close_books(
    tenant: Tenant, wanted: DemoTenant, subscriptions: Sequence[Row], last: dt.date, load: Callable[[File], None]
) -> None:
    """Close, correct, restate and reconcile, by the same doors as people; `load` imports a file. Safe to run again."""
    assert wanted.company is not None
    first, second = late_rows(subscriptions, last, wanted.company.home)
    *earlier, before, month = closed_months(last)
    for each in [*earlier, before]:
        _close(tenant, each)
    load(("subscriptions", f"corrections_{month_text(before)}.csv", first))
    _refresh(tenant, last)
    _close(
        tenant,
        before,
        reason="A contract was booked above the price that was signed; found in the audit of the quarter.",
    )
    booked = with_late_rows(subscriptions, first)
    load(("billing", f"billing_{month_text(month)}.csv", billing_rows(booked, month)))
    _close(tenant, month, note="Two small differences with billing are known and settled with the next invoices.")
    load(("subscriptions", f"corrections_{month_text(month)}.csv", second))
    _refresh(tenant, last)
    _plan(tenant, last)


def _refresh(tenant: Tenant, last: dt.date) -> None:
    """What a worker does minutes after a change."""
    for _name, step in pipeline.REVENUE:
        with tenant_context(tenant.id, actor="demo"):
            step(last)


def _close(tenant: Tenant, month: dt.date, *, note: str = "", reason: str = "") -> None:
    """Sign a month, or with a reason sign it once more; what is done already stays."""
    for tried in range(TRIES):
        try:
            with tenant_context(tenant.id, actor="demo"):
                ops = Member.objects.select_related("role").get(role__key="ops")
                known = last_close(month)
                if known is None:
                    close_month(month=month, signed_as=ops.name, by=ops, note=note, acknowledged=True)
                elif reason and known.version == 1:
                    restate_month(month=month, signed_as=ops.name, reason=reason, by=ops, acknowledged=True)
            return
        except Conflict as busy:
            if busy.code != "busy" or tried == TRIES - 1:
                raise
            time.sleep(1)


def _plan(tenant: Tenant, last: dt.date) -> None:
    """The year's plan, and what the board should read beside the figures of the open month."""
    month = last_complete_month(last)
    with tenant_context(tenant.id, actor="demo"):
        leader = Member.objects.get(role__key="leader")
        months = targets.fiscal_year(tenant, month)
        cells = [targets.Cell(metric, each, value) for metric, value in PLANNED.items() for each in months]
        arr = _arr(add_months(months[0], -1), last)
        for number, each in enumerate(months, start=1):
            planned = (arr * GROWTH**number).quantize(Decimal("1E4"))  # people plan in round numbers
            cells.append(targets.Cell(Metric.ARR, each, planned))
        targets.save_targets(cells=cells, by=leader)
        if notes.note_of(month) is None:
            told = NOTE % {"month": f"{closed_months(last)[-1]:%B}"}
            notes.save_note(month=month, text=told, seen="", by=leader)


def _arr(month: dt.date, last: dt.date) -> Decimal:
    """ARR at the end of a month, in whole units; that of the first month with figures where it lies before them."""
    rows: Sequence[Mapping[str, object]] = run_report("mrr_monthly", as_of=last).rows
    found = [row for row in rows if parse_month(str(row["month"])) >= month_of(month)]
    return Decimal(str(found[0]["arr"]))


def subscribe(tenant: Tenant) -> None:
    """Who gets what by e-mail: the board goes to the executive and to a board member outside, the week to the leader, the
    day to each CSM."""
    kinds = {"executive": DigestKind.BOARD, "leader": DigestKind.WEEK, "csm": DigestKind.DAY}
    with tenant_context(tenant.id, actor="demo"):
        admin = Member.objects.filter(role__key="admin").earliest("created_at")
        for member in Member.objects.select_related("user", "role").filter(role__key__in=kinds, is_active=True):
            row = {"email": member.user.email, "name": member.name, "language": "", "member": member}
            sending.add_recipients(kind=kinds[member.role.key], rows=[row], by=admin)
        outside = {"email": "board@northwind.example", "name": "Supervisory board", "language": "", "member": None}
        sending.add_recipients(kind=DigestKind.BOARD, rows=[outside], by=admin)
