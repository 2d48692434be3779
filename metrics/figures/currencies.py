"""The reporting currency: what a change of it needs, and how the whole history is valued anew (ADR 0005).

Contract money never changes. Every line of the ledger is reversed and posted anew in the other currency, snapshot and
aggregates are built again, and amounts that are kept in the reporting currency are turned over, all in one transaction:
until it ends everybody sees the old figures, afterwards the new ones. Changing back gives the same tables again, to the cent.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from accounts import company
from accounts.models import FxRate, Member, SubscriptionChange, Tenant
from accounts.rates import Rate, converted, newest_rates, pairs_used, rates_to
from cs_platform.kernel import audit, copying, queue, sqljobs
from cs_platform.kernel.errors import Conflict, DomainError
from cs_platform.kernel.models import Work
from cs_platform.kernel.money import digits
from cs_platform.kernel.periods import add_months, last_complete_month, month_of, months_between
from cs_platform.kernel.templatetags.cells import month_name
from cs_platform.kernel.tenancy import current_tenant_id
from metrics import formulas
from metrics.catalogue import METRICS
from metrics.enums import KeptMoney, Unit
from metrics.figures import jobs
from metrics.models import CurrencyChange, MrrMovement, RevaluedAmount

WORK = "change_currency"
TURNED = [("kind", "text"), ("key", "uuid"), ("said", "numeric"), ("said_in", "text"), ("stands", "numeric")]
MONEY_METRICS = [str(metric) for metric, said in METRICS.items() if said.unit == Unit.MONEY]


@dataclass(frozen=True)
class Missing:
    """A pair without a rate of its own or over a common base, in the months from the first to the last; without months
    there is no rate of it at all."""

    base: str
    quote: str
    months: tuple[tuple[dt.date, dt.date], ...] = ()

    @property
    def text(self) -> str:
        """EUR → IDR: Feb 2016 to May 2016, Jan 2017."""
        spans = [
            month_name(first, short=True)
            if first == last
            else _("%(first)s to %(last)s")
            % {"first": month_name(first, short=True), "last": month_name(last, short=True)}
            for first, last in self.months
        ]
        return f"{self.base} → {self.quote}: {', '.join(spans) or _('no rate at all')}"


def missing_rates(target: str, known: Sequence[Rate] | None = None) -> list[Missing]:
    """What stands in the way of reporting in `target`: months in which there is contract money and no rate, and currencies
    of kept amounts that nothing converts. Three queries."""
    rates = newest_rates() if known is None else known
    by_month: dict[dt.date, dict[tuple[str, str], Decimal]] = {}
    for rate in rates:
        by_month.setdefault(rate.month, {})[(rate.base, rate.quote)] = rate.rate
    tenant = Tenant.current()
    horizon = last_complete_month(tenant.figures_as_of)
    found: list[Missing] = []
    for row in sqljobs.rows(jobs.SQL / "currency_use.sql"):
        if row["currency"] == target:
            continue
        last = horizon if row["runs"] else min(month_of(row["last"]), horizon)
        holes = [
            month
            for month in months_between(month_of(row["first"]), last)
            if converted(row["currency"], target, by_month.get(month, {})) is None
        ]
        if holes:
            found.append(Missing(row["currency"], target, tuple(_spans(holes))))
    said = {tenant.currency} if next(_kept(), None) else set()
    said |= set(RevaluedAmount.objects.values_list("said_in", flat=True).distinct()) if said else set()
    for code in sorted(said - {target} - {each.base for each in found}):
        if not any(converted(code, target, pairs) for pairs in by_month.values()):
            found.append(Missing(code, target))
    return found


def _spans(months: Sequence[dt.date]) -> Iterator[tuple[dt.date, dt.date]]:
    """Runs of consecutive months. Example: January, February, May give January to February and May."""
    first = previous = months[0]
    for month in months[1:]:
        if month != add_months(previous, 1):
            yield first, previous
            first = month
        previous = month
    yield first, previous


def _kept() -> Iterator[tuple[str, Any, Decimal, dt.date | None]]:
    rows = sqljobs.rows(jobs.SQL / "currency_kept.sql", {"money_metrics": MONEY_METRICS})
    return ((row["kind"], row["key"], row["amount"], row["day"]) for row in rows)


def request_change(*, target: str, by: Member) -> Work:
    """Wish that the company reports in `target`. DomainError while a rate is missing, naming pairs and months, or when
    nothing would change; Conflict while a change is on its way."""
    tenant = Tenant.objects.select_for_update().get(id=current_tenant_id())
    if target == tenant.currency:
        text = _("Figures are in %(currency)s already.") % {"currency": target}
        raise DomainError(text, code="same", fields={"currency": text})
    if found := missing_rates(target):
        text = _("Rates are missing: %(pairs)s.") % {"pairs": "; ".join(each.text for each in found)}
        raise DomainError(text, code="rates_missing", fields={"currency": text})
    if pending() is not None:
        raise Conflict(_("The currency is being changed already."), code="busy")
    Work.objects.filter(name=WORK).delete()
    return queue.enqueue(WORK, payload={"currency": target, "member": str(by.id)}, actor=by.name)


def pending() -> Work | None:
    """The change that is on its way; None when there is none."""
    return Work.objects.filter(name=WORK, state=Work.State.WAITING).first()


def failed() -> Work | None:
    """The change that could not be done; nothing of it was kept."""
    return Work.objects.filter(name=WORK, state=Work.State.FAILED).order_by("-created_at").first()


def change(work: Work) -> bool:
    """Work of `request_change`, all in the caller's transaction. False: nothing remains."""
    jobs.hold_still(patient=True)
    tenant = Tenant.objects.select_for_update().get(id=current_tenant_id())
    before, after = tenant.currency, work.payload["currency"]
    if before == after:
        return False
    if found := missing_rates(after):
        raise DomainError(_("Rates are missing: %(pairs)s.") % {"pairs": "; ".join(each.text for each in found)})
    sqljobs.execute(jobs.SQL / "currency_reverse.sql", {"tenant_id": current_tenant_id()})
    by = Member.objects.filter(id=work.payload["member"]).first()
    # Lines before this moment are in the old currency, those after in the new.
    CurrencyChange.objects.create(before=before, after=after, since=jobs.clock(), changed_by=by)
    _turn_kept(before, after)
    company.set_currency(tenant=tenant, currency=after, actor=work.actor)
    accounts = SubscriptionChange.objects.values_list("account_id", flat=True).distinct()
    queue.mark_dirty("revenue", accounts)
    jobs.refresh(tenant.figures_as_of)
    return False


def _turn_kept(before: str, after: str) -> None:
    """Turn over what is kept in the reporting currency. An amount that stands as the last change left it is turned from
    what was said at first, so that a change and its way back give the same cent."""
    earlier = {
        (kind, key): (said, said_in, stands)
        for kind, key, said, said_in, stands in RevaluedAmount.objects.values_list(
            "kind", "key", "said", "said_in", "stands"
        )
    }
    known = newest_rates()
    said = []
    for kind, key, amount, day in _kept():
        origin = earlier.get((kind, key))
        if origin and origin[2] == amount:
            said.append((kind, key, origin[0], origin[1], day))
        else:
            said.append((kind, key, Decimal(amount), before, day))
    if not said:
        return
    today = Tenant.current().today()
    months = [month_of(day or today) for *_rest, day in said]
    rates = rates_to(after, sorted({row[3] for row in said}), (min(months), max(months)), known)
    turned = [
        (kind, str(key), amount, code, turned_over(KeptMoney(kind), amount, code, after, rates[code][month]))
        for (kind, key, amount, code, _day), month in zip(said, months, strict=True)
    ]
    copying.stage("turned", TURNED, turned)
    with audit.derived(), sqljobs.in_bulk(len(turned)):
        sqljobs.execute(jobs.SQL / "currency_turn.sql", {"tenant_id": current_tenant_id()})


def turned_over(kind: KeptMoney, amount: Decimal, code: str, after: str, rate: Decimal) -> Decimal:
    """A kept amount in another currency, half up: targets are in whole units, the others in minor ones.

    Example: costs of 50,000.00 USD at 0.92 are 46,000.00 EUR (4,600,000 minor); at 150 they are 7,500,000 JPY.
    """
    if kind == KeptMoney.TARGET:
        return amount if code == after else (amount * rate).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    minor = amount if code == after else amount * rate.scaleb(digits(after) - digits(code))
    return minor.quantize(Decimal(1), rounding=ROUND_HALF_UP)


# Takes the place of the ledger's table in SQL: each line has the `currency` that it was posted in.
POSTED_LINES = jobs.SQL / "posted_lines.sql"


def with_currency(lines: QuerySet[MrrMovement], now: str) -> QuerySet[MrrMovement]:
    """Lines of the ledger, each with the `currency` that it was posted in: that before the first change after it."""
    after = CurrencyChange.objects.filter(since__gt=OuterRef("recorded_at")).order_by("since")
    return lines.annotate(currency=Coalesce(Subquery(after.values("before")[:1]), Value(now)))


@dataclass(frozen=True)
class RateBehind:
    """The rate that values a currency in the month `asked`: of which month, over which pairs, from where, since when."""

    rate: Decimal
    asked: dt.date
    month: dt.date
    pairs: tuple[tuple[str, str], ...]
    source: str
    recorded_at: dt.datetime


def rates_behind(codes: Sequence[str], month: dt.date) -> dict[str, RateBehind]:
    """Where the rate of each currency comes from; those without any are left out. Two queries."""
    target = Tenant.current().currency
    rows = list(
        FxRate.objects.order_by("month", "base", "quote", "-recorded_at", "-id").distinct("month", "base", "quote")
    )
    by_month: dict[dt.date, dict[tuple[str, str], FxRate]] = {}
    for row in rows:
        by_month.setdefault(row.month, {})[(row.base, row.quote)] = row
    # That of the month, else the latest before it, else the first after it (rates_to).
    order = sorted((at for at in by_month if at <= month), reverse=True) + sorted(at for at in by_month if at > month)
    found: dict[str, RateBehind] = {}
    for code in codes:
        for at in order:
            pairs = {pair: row.rate for pair, row in by_month[at].items()}
            rate = converted(code, target, pairs)
            if rate is None or code == target:
                continue
            used = pairs_used(code, target, pairs)
            newest = max((by_month[at][pair] for pair in used), key=lambda row: row.recorded_at)
            found[code] = RateBehind(rate, month, at, used, str(newest.get_source_display()), newest.recorded_at)
            break
    return found


def exposure(month: dt.date) -> list[dict[str, Any]]:
    """MRR of a month by contract currency, in it and in the reporting currency, with the customers that pay in it; the
    largest first. Every period is rounded once, so that the sum is the board's."""
    jobs.stage_rates(month, month)
    jobs.stage_periods(jobs.Span(month, month))
    return sqljobs.rows(jobs.SQL / "currency_mix.sql", {"m": formulas.month_number(month)})
