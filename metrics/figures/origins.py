"""From a ledger line to where it came from: the version of the paid period, then the row of the file, the request or
the person behind it. Each computes its amount itself, so that it can be held against the line before."""

import csv
import datetime as dt
import gzip
import io
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from django.db import connection
from django.http import Http404

from accounts.enums import ChangeSource
from accounts.formulas import counts_until, monthly_minor
from accounts.models import Import, ImportChunk, Subscription, SubscriptionChange, Tenant
from cs_platform.kernel.money import to_minor
from cs_platform.kernel.periods import add_months, month_of
from metrics import formulas
from metrics.enums import MovementKind
from metrics.figures import jobs
from metrics.figures.lineage import LedgerLine
from metrics.figures.questions import Question


@dataclass(frozen=True)
class ChangeBehind:
    """The version of a paid period that a ledger line stands for, what was there before it, and the line's amount
    computed anew from it."""

    change: SubscriptionChange
    external_id: str
    before: SubscriptionChange | None
    earlier: Subscription | None
    amount: int
    given: bool


def change_behind(line: LedgerLine, question: Question) -> ChangeBehind:
    """The change of a ledger line. 404 when it is gone, which the append-only tables rule out."""
    change = (
        SubscriptionChange.objects.filter(id=line.change_id).select_related("subscription", "product", "plan").first()
    )
    if change is None:
        raise Http404
    external_id = change.subscription.external_id
    versions = SubscriptionChange.objects.filter(subscription=change.subscription, recorded_at__lt=change.recorded_at)
    earlier = Subscription.objects.filter(account=change.account_id, external_id=external_id, voided=False)
    from_terms = monthly_minor(change.amount_minor, change.discount_minor, change.interval_months, change.charge)
    return ChangeBehind(
        change=change,
        external_id=external_id,
        before=versions.order_by("-recorded_at", "-id").first(),
        earlier=earlier.filter(start_on__lt=change.start_on).order_by("-start_on").first(),
        amount=_amount_from(change, line, question),
        given=from_terms != change.mrr_minor,
    )


def _amount_from(change: SubscriptionChange, line: LedgerLine, question: Question) -> int:
    """The line's amount from the period: in its first month it adds its MRR, in the month of its end it takes it away;
    a currency line is the difference of two months' rates. Minor units of the reporting currency."""
    before, now = _rates(change, line.month, question)
    value = [int((change.mrr_minor * rate).quantize(Decimal(1), rounding=ROUND_HALF_UP)) for rate in (before, now)]
    if line.kind == MovementKind.FX:
        return value[1] - value[0]
    starts = month_of(change.start_on) == line.month
    end = counts_until(change.end_on, change.past_due_on, Tenant.current().dunning_days)
    ends = end is not None and month_of(end) == line.month
    return value[1] * (int(starts) - int(ends))


def _rates(change: SubscriptionChange, month: dt.date, question: Question) -> tuple[Decimal, Decimal]:
    """Factors on minor units at the ends of the month before and of the month."""
    if change.currency == question.currency:
        return Decimal(1), Decimal(1)
    before = add_months(month, -1)
    jobs.stage_rates(before, month, question.known_at)
    with connection.cursor() as cursor:
        cursor.execute("SELECT m, rate FROM rate WHERE currency = %s", [change.currency])
        found = dict(cursor.fetchall())
    nothing = Decimal(0)
    return found.get(formulas.month_number(before), nothing), found.get(formulas.month_number(month), nothing)


@dataclass(frozen=True)
class SourceRow:
    """Where a change came from. `cells` are the row as sent (header, value); `said` is the MRR that row states, in
    minor units of its currency, None when the row cannot be read or there is no file."""

    change: SubscriptionChange
    run: Import | None
    cells: list[tuple[str, str]]
    said: int | None


def source_of(change: SubscriptionChange) -> SourceRow:
    """The row of the file, the request or the person behind a change."""
    if change.source != ChangeSource.IMPORT or change.source_ref is None:
        return SourceRow(change, None, [], None)
    run = Import.objects.filter(id=change.source_ref).select_related("created_by").first()
    cells = cells_of(run, change.source_row) if run and change.source_row else []
    return SourceRow(change, run, cells, _said(run, cells, change) if run and cells else None)


def cells_of(run: Import, row: int) -> list[tuple[str, str]]:
    """The row as it was sent, from its piece of the file."""
    chunk = ImportChunk.objects.filter(run=run, first_row__lte=row).order_by("-first_row").first()
    if chunk is None or row >= chunk.first_row + chunk.rows:
        return []
    lines = list(csv.reader(io.StringIO(gzip.decompress(bytes(chunk.content)).decode("utf-8", "replace"))))
    header = [str(column) for column in run.columns]
    lines = lines[1:] if lines and lines[0] == header else lines
    place = row - chunk.first_row
    return list(zip(header, lines[place], strict=False)) if place < len(lines) else []


def _said(run: Import, cells: Sequence[tuple[str, str]], change: SubscriptionChange) -> int | None:
    """The MRR that the row states: its own column, else (amount - discount) / interval."""
    values: dict[str, str] = {}
    for column, text in cells:
        values[run.mapping.get(column, column)] = text.strip()
    try:
        if values.get("mrr"):
            return to_minor(Decimal(values["mrr"]), change.currency)
        if values.get("amount"):
            months = int(values.get("interval_months") or change.interval_months)
            amount = to_minor(Decimal(values["amount"]), change.currency)
            off = to_minor(Decimal(values["discount"] or 0), change.currency) if "discount" in values else None
            return monthly_minor(amount, change.discount_minor if off is None else off, months, change.charge)
    except (InvalidOperation, ValueError, ZeroDivisionError):
        return None
    return None
