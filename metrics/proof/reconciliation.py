"""Billing's totals of a month held against the ledger (ADR 0005): what agrees, what differs, and by how much to the cent.

billing total - ledger total = sum of the differences, always. Both sides are compared in contract currency; what differs is
converted at the month's rate. Nothing is stored but what billing said: a correction on our side shows at once.
"""

import datetime as dt
import difflib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.enums import ChangeSource
from accounts.import_columns import LABELS
from accounts.kinds import Kind, Problem, Row
from accounts.merging import MergeResult, Origin
from accounts.models import Account, Import, Member, Tenant
from accounts.rows import amount, currency, month, text, whole
from cs_platform.kernel import copying, sqljobs
from cs_platform.kernel.money import digits, normalised_monthly, to_minor
from cs_platform.kernel.periods import add_months, parse_month
from cs_platform.kernel.tenancy import current_tenant_id
from metrics import formulas
from metrics.enums import Basis, Cause, Differs
from metrics.figures import jobs
from metrics.figures.lineage import visible_to
from metrics.figures.questions import last_closes
from metrics.models import Reconciliation, ReconciliationRow

LARGEST = 10**15  # minor units, as for a paid period
STAGED = [
    ("reconciliation_id", "uuid"),
    ("external_id", "text"),
    ("mrr_minor", "bigint"),
    ("currency", "text"),
    ("row", "int"),
]
SHOWN = 200
EVERY = 1_000_000
SUGGESTED = 200  # ids that nobody knows for which a near one is looked for


def _optional_month(value: Any, style: Any) -> dt.date | None:
    return month(value, style) if str(value or "").strip() else None


def _optional_currency(value: Any, style: Any) -> str:
    return currency(value, style) if str(value or "").strip() else ""


def _monthly(values: Mapping[str, Any], code: str) -> int | Problem:
    """What the row says as MRR in minor units: `mrr`, else `arr` / 12, else `amount` / `interval_months`, half up."""
    found = next((name for name in ("mrr", "arr", "amount") if values.get(name) is not None), "")
    if not found:
        return Problem("mrr", "", "required", _("Give the MRR, the ARR, or the amount of an interval."))
    given: Decimal = values[found]
    if given < 0:
        return Problem(found, str(given), "negative", _("A total of an account is not negative."))
    if given.scaleb(digits(code)) > LARGEST:
        return Problem(found, str(given), "out_of_range", _("This amount is too large."))
    if found == "mrr":
        return to_minor(given, code)
    return normalised_monthly(given, 12 if found == "arr" else values.get("interval_months") or 1, code)


def merge_billing(rows: Sequence[Row], origin: Origin) -> MergeResult:
    """Keep billing's rows as reconciliations of their months, one for each file and month. Without a month of its own a
    row is of the month that the file was uploaded for; without a currency it is in the reporting currency."""
    run = Import.objects.filter(id=origin.ref).first() if origin.source == ChangeSource.IMPORT else None
    usual = parse_month(run.options["month"]) if run and run.options.get("month") else None
    own = Tenant.current().currency
    result = MergeResult()
    taken: dict[dt.date, Reconciliation] = {}
    staged = []
    for row in rows:
        at = row.values.get("month") or usual
        if at is None:
            text_ = _("Say the month in a column, or upload the file under Settings, Reconciliation.")
            result.reject(row, "month", "", "required", text_)
            continue
        code = row.values.get("currency") or own
        found = _monthly(row.values, code)
        if isinstance(found, Problem):
            result.reject(row, found.column, found.value, found.code, found.message)
            continue
        if at not in taken:
            taken[at] = _of(run, at)
        staged.append((taken[at].id, row.values["account"], found, code, row.number))
        result.add(row.number, taken[at].id, "created")
    if staged:
        _add(staged)
    return result


def keep_rows(
    month: dt.date, rows: Sequence[Row], origin: Origin, note: str = ""
) -> tuple[MergeResult, Reconciliation | None]:
    """What a program sends of one month, as a reconciliation with its note; None where no row could be taken."""
    result = merge_billing(rows, origin)
    found = Reconciliation.objects.filter(id=next(iter(result.ids.values()), None), month=month).first()
    if found is not None and note:
        found.note = note
        found.save(update_fields=["note"])
    return result, found


def _of(run: Import | None, at: dt.date) -> Reconciliation:
    """The reconciliation that this file makes of the month; its pieces share it."""
    found = Reconciliation.objects.filter(run=run, month=at).first() if run else None
    if found:
        return found
    note = run.options.get("note", "") if run else ""
    name = run.filename[-200:] if run else "API"
    return Reconciliation.objects.create(
        month=at, filename=name, run=run, made_by=run.created_by if run else None, note=note
    )


def _add(staged: Sequence[Sequence[Any]]) -> None:
    copying.stage("billing_row", STAGED, staged)
    with sqljobs.in_bulk(len(staged)):
        sqljobs.execute(jobs.SQL / "reconcile_add.sql", {"tenant_id": current_tenant_id()})


BILLING = Kind(
    name="billing",
    title=gettext_lazy("Import billing totals"),
    fields={
        "account": text(200, required=True),
        "month": _optional_month,
        "mrr": amount,
        "arr": amount,
        "amount": amount,
        "interval_months": whole(1, 120),
        "currency": _optional_currency,
    },
    required=("account",),
    key=("account", "month", "currency"),
    merge=merge_billing,
    labels=LABELS,
    synonyms={
        "account": ("account_id", "customer_id", "customer", "external_id", "id", "client", "client_id", "company"),
        "month": ("period", "as_of", "as_of_month", "date"),
        "mrr": ("monthly_recurring_revenue", "mrr_amount", "total_mrr", "monthly", "monthly_amount"),
        "arr": ("annual_recurring_revenue", "arr_amount", "total_arr", "annual", "annual_amount"),
        "amount": ("price", "total", "plan_amount"),
        "interval_months": ("interval", "months", "billing_interval"),
        "currency": ("ccy", "currency_code", "iso_currency"),
    },
    samples=jobs.SQL.parent / "data" / "samples",
    leads_to="reconciliation_of_import",
)


def keep_for_month(run: Import, at: dt.date, note: str = "") -> None:
    """Say for which month a file was uploaded; rows that name none are of that one."""
    run.options = run.options | {"month": at.isoformat()[:7], "note": note.strip()[:500]}
    run.save(update_fields=["options"])


@dataclass(frozen=True)
class ClassSum:
    """How many accounts fall into a class and what both sides say of them, in minor units of the reporting currency."""

    accounts: int = 0
    billed: int = 0
    booked: int = 0
    difference: int = 0


@dataclass(frozen=True)
class Comparison:
    """Billing beside the ledger. `left_out` is what billing says in a currency that no rate converts: it is in no sum."""

    reconciliation: Reconciliation
    basis: Basis
    currency: str
    classes: Mapping[str, ClassSum]
    left_out: Mapping[str, int]

    @property
    def billed(self) -> int:
        return sum(each.billed for each in self.classes.values())

    @property
    def booked(self) -> int:
        return sum(each.booked for each in self.classes.values())

    @property
    def difference(self) -> int:
        """Billing less ledger: what the differences of all accounts add up to."""
        return sum(each.difference for each in self.classes.values())

    @property
    def agrees(self) -> bool:
        """Nothing differs and nothing was left out."""
        return not self.left_out and all(kind == Differs.AGREED for kind, each in self.classes.items() if each.accounts)


def compare(found: Reconciliation, basis: Basis = Basis.NOW) -> Comparison:
    """Hold one upload against the month's paid periods: as known now, or as known when Finance closed the month. Leaves
    what it compared in temporary tables, for `lines`. Four statements, whatever the book."""
    close = last_closes().get(found.month) if basis == Basis.REPORTED else None
    return _compare([found], close.known_at if close else jobs.FOREVER, Basis.REPORTED if close else Basis.NOW)[0]


def compare_each(found: Sequence[Reconciliation]) -> list[Comparison]:
    """Each upload against its own month as known now, for their list: as many statements as for one."""
    return _compare(found, jobs.FOREVER, Basis.NOW) if found else []


def _compare(found: Sequence[Reconciliation], known_at: dt.datetime, basis: Basis) -> list[Comparison]:
    ids, months = [each.id for each in found], [each.month for each in found]
    codes = ReconciliationRow.objects.filter(reconciliation__in=ids).values_list("currency", flat=True).distinct()
    jobs.stage_rates(min(months), max(months), known_at, also=codes)
    jobs.stage_periods(jobs.Span(min(months), max(months), known_at))
    copying.drop("compared")
    asked = {"reconciliations": ids, "months": [formulas.month_number(month) for month in months]}
    sqljobs.execute(jobs.SQL / "reconcile.sql", asked)
    classes: dict[UUID, dict[str, ClassSum]] = {each: {} for each in ids}
    left_out: dict[UUID, dict[str, int]] = {each: {} for each in ids}
    for row in sqljobs.rows(jobs.SQL / "reconcile_sums.sql"):
        if code := row["left_out"]:
            out = left_out[row["reconciliation_id"]]
            out[code] = out.get(code, 0) + row["billed"]
            continue
        sums = ClassSum(row["accounts"], row["billed"], row["booked"], row["difference"])
        classes[row["reconciliation_id"]][row["kind"]] = sums
    own = Tenant.current().currency
    return [Comparison(each, basis, own, classes[each.id], left_out[each.id]) for each in found]


def latest(month: dt.date) -> Reconciliation | None:
    """The last upload of a month."""
    return Reconciliation.objects.select_related("run").filter(month=month).order_by("-made_at", "-id").first()


def difference(month: dt.date, basis: Basis = Basis.NOW) -> Comparison | None:
    """The last upload of a month held against the ledger; None when there is none. For the list before a close."""
    found = latest(month)
    return compare(found, basis) if found else None


@dataclass(frozen=True)
class Line:
    """An account that differs. `sides` is what each system says by contract currency: (currency, billing, ledger), minor."""

    account_id: UUID | None
    external_id: str
    name: str
    kind: str
    billed: int
    booked: int
    difference: int
    sides: list[tuple[str, int, int]]
    without_rate: bool
    row: int | None
    causes: tuple[Cause, ...]
    suggestion: str = ""


@dataclass(frozen=True)
class Lines:
    """Lines that the reader may open, and how many others there are with what they add up to."""

    shown: list[Line]
    hidden: int
    hidden_difference: int
    more: bool


def lines(compared: Comparison, member: Member | None = None, *, kind: str = "", limit: int = SHOWN) -> Lines:
    """What differs, the largest first, with its likely causes. After `compare`, in the same transaction."""
    found = compared.reconciliation
    kinds = [kind] if kind else [each.value for each in Differs if each != Differs.AGREED]
    params = {
        "reconciliation": found.id,
        "m": formulas.month_number(found.month),
        "kinds": kinds,
        "month": found.month,
        "next_month": add_months(found.month, 1),
        "limit": limit + 1,
    }
    tables = {"visible": visible_to(member) if member else jobs.EVERYBODY}
    rows = sqljobs.rows(jobs.SQL / "reconcile_lines.sql", params, tables=tables)
    more, rows = len(rows) > limit, rows[:limit]
    hidden = [row for row in rows if not row["visible"]]
    near = _near([row["unknown_id"] for row in rows if row["unknown_id"]][:SUGGESTED])
    shown = [_line(row, near) for row in rows if row["visible"]]
    return Lines(shown, len(hidden), sum(int(row["difference"]) for row in hidden), more)


def _line(row: Mapping[str, Any], near: Mapping[str, str]) -> Line:
    raw = row["sides"]
    sides = [
        (str(code), int(there), int(here)) for code, there, here in (json.loads(raw) if isinstance(raw, str) else raw)
    ]
    return Line(
        account_id=row["account_id"],
        external_id=row["external_id"] or row["unknown_id"],
        name=row["name"] or row["unknown_id"],
        kind=row["kind"],
        billed=int(row["billed"]),
        booked=int(row["booked"]),
        difference=int(row["difference"]),
        sides=sides,
        without_rate=row["without_rate"],
        row=row["line"],
        causes=causes(row, sides),
        suggestion=near.get(row["unknown_id"] or "", ""),
    )


def causes(row: Mapping[str, Any], sides: Sequence[tuple[str, int, int]]) -> tuple[Cause, ...]:
    """What probably explains a difference, the strongest first; nothing where no fact does. Pure.

    Example: billing says 1,200.00 and the ledger 1,000.00, whose periods carry a recurring discount of 200.00 a month:
    the discount. Billing says 120.00 and the ledger 10.00: billing sent a year as a month.
    """
    found: list[Cause] = []
    gaps = [(code, there, here) for code, there, here in sides if there != here]
    if row["unknown_id"]:
        found.append(Cause.UNKNOWN)
    if row["without_rate"]:
        found.append(Cause.NO_RATE)
    if {code for code, there, _here in gaps if there} - {code for code, _there, here in sides if here} and any(
        here for _code, _there, here in gaps
    ):
        found.append(Cause.CURRENCY)
    if len(gaps) == 1:
        _code, there, here = gaps[0]
        if here and abs(there - here) <= max(int(row["periods"]), 1):
            found.append(Cause.ROUNDING)
        if row["discount"] and abs(there - here - int(row["discount"])) <= max(int(row["periods"]), 1):
            found.append(Cause.DISCOUNT)
        if (
            there
            and here
            and any(
                abs(there - here * n) <= n or abs(here - there * n) <= n for n in (3, 6, 12) if abs(there - here) > 1
            )
        ):
            found.append(Cause.INTERVAL)
    facts = {
        Cause.PAST_DUE: row["unpaid"] and row["difference"] > 0,
        Cause.FREE: bool(row["charges"]) and row["difference"] > 0,
        Cause.ENDED: (row["ended"] and row["difference"] > 0) or (row["ends_next"] and row["difference"] < 0),
        Cause.STARTED: (row["started"] and row["difference"] < 0) or (row["starts_next"] and row["difference"] > 0),
    }
    return (*found, *(cause for cause, holds in facts.items() if holds))


def _plain(text_: str) -> str:
    """An id or a name as people mistype it. Example: "ACC-0012 " and "acc12" are alike."""
    return re.sub(r"(?<!\d)0+(?=\d)|[^a-z0-9]", "", re.sub(r"[^a-z0-9]+", " ", text_.lower()))


def _near(unknown: Sequence[str]) -> dict[str, str]:
    """For ids that nobody knows here an account that looks like it: by its id or name without punctuation, else by spelling."""
    if not unknown:
        return {}
    known: dict[str, str] = {}
    for external_id, name in Account.objects.values_list("external_id", "name").order_by("external_id")[:20_000]:
        known.setdefault(_plain(name), external_id)
        known[_plain(external_id)] = external_id
    known.pop("", None)
    found: dict[str, str] = {}
    for each in unknown:
        plain = _plain(each)
        close = (
            [plain]
            if plain in known
            else difflib.get_close_matches(plain, known, 1, 0.85)
            if len(known) <= 2_000
            else []
        )
        if close:
            found[each] = known[close[0]]
    return found


def set_note(*, reconciliation: Reconciliation, note: str, by: Member) -> Reconciliation:
    """What a person says of the comparison, such as that it looks good."""
    reconciliation.note = note.strip()[:500]
    reconciliation.save(update_fields=["note"])
    return reconciliation
