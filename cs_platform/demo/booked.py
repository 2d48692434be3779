"""What the demo's closed renewals and deals are about: the rows of the tables by the names of the files, and money of a month
at the rates that the ledger has for it. And the contracts that they wrote, with the decision as their source (REN-10)."""

import datetime as dt
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from uuid import UUID

from accounts.enums import ChangeKind, ChangeSource, ChargeKind, EndReason
from accounts.merging import Origin, customers_changed, revenue_changed
from accounts.merging.subscriptions import TERMS
from accounts.models import Account, Contact, Member, Plan, Product, Subscription, SubscriptionChange, Tenant
from accounts.rates import newest_rates, rates_to
from cs_platform.demo.ended import Place, SourceRow, amount, mrr, place
from cs_platform.kernel.money import digits, whole_minor
from cs_platform.kernel.periods import month_of

BATCH = 1000
AGREED = ("no", "yes")


class Books:
    """The customers of a company and their contracts. A query for each kind of rows, when it is asked for."""

    def __init__(self, first: dt.date, last: dt.date) -> None:
        self.first, self.last = first, last

    @cached_property
    def accounts(self) -> dict[str, Account]:
        return {row.external_id: row for row in Account.objects.select_related("owner__user", "segment")}

    @cached_property
    def people(self) -> dict[UUID, list[Contact]]:
        found: dict[UUID, list[Contact]] = {}
        for row in Contact.objects.order_by("external_id"):
            found.setdefault(row.account_id, []).append(row)
        return found

    @cached_property
    def periods(self) -> dict[Place, Subscription]:
        """The paid periods as they stand."""
        return {(row.external_id, row.start_on): row for row in Subscription.objects.all()}

    @cached_property
    def products(self) -> dict[str, Product]:
        return {row.external_id: row for row in Product.objects.all()}

    @cached_property
    def plans(self) -> dict[str, Plan]:
        return {row.name: row for row in Plan.objects.all()}

    @cached_property
    def leader(self) -> Member:
        return Member.objects.select_related("user").get(role__key="leader")

    @cached_property
    def currency(self) -> str:
        """The reporting currency."""
        return Tenant.current().currency

    @cached_property
    def _factors(self) -> dict[str, dict[dt.date, Any]]:
        target, known = self.currency, newest_rates()
        used = {target, *(code for rate in known for code in (rate.base, rate.quote))}
        found = rates_to(target, used, (month_of(self.first), month_of(self.last)), known)
        return {
            code: {month: rate.scaleb(digits(target) - digits(code)) for month, rate in months.items()}
            for code, months in found.items()
        }

    def turned(self, minor: int, currency: str, day: dt.date) -> int:
        """Minor units of the reporting currency, at the rate of the day's month."""
        return whole_minor(minor * self._factors[currency][month_of(day)])

    def owner(self, account: Account) -> Member:
        """Who looks after the customer; where nobody does, who leads."""
        return account.owner or self.leader


class Contracts:
    """The periods that decisions write, gathered and written at once."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.made: list[Subscription] = []
        self.ended: list[Subscription] = []
        self.changes: list[SubscriptionChange] = []

    def begin(self, row: SourceRow, origin: Origin, reason: str = "") -> Subscription:
        """The period of this row, with the decision as its source; nothing is written yet."""
        key, start_on = place(row)
        period = Subscription(
            account=self.books.accounts[row["account"]],
            external_id=key,
            start_on=start_on,
            end_on=dt.date.fromisoformat(row["end_date"]) if row["end_date"] else None,
            interval_months=int(row["interval_months"]),
            amount_minor=amount(row),
            discount_minor=0,
            charge=ChargeKind.RECURRING,
            end_reason="",
            currency=row["currency"],
            mrr_minor=mrr(row),
            seats=int(row["seats"]),
            product=self._product(row["product"]),
            plan=self._plan(row["plan"]),
            **{name: bool(AGREED.index(row[name])) for name in ("auto_renew", "card_on_file", "prepaid")},
            notice_days=int(row["notice_days"]),
        )
        self.made.append(period)
        self.books.periods[key, start_on] = period
        self._version(period, ChangeKind.CREATED, start_on, origin, reason)
        return period

    def end(self, period: Subscription, origin: Origin) -> None:
        """Nothing follows it: it was cancelled for its end."""
        assert period.end_on is not None
        period.end_reason = EndReason.CANCELLED
        period.version += 1
        self.ended.append(period)
        self._version(period, ChangeKind.PERIOD, period.end_on, origin, "")

    def write(self) -> None:
        """Begin and end what was decided, and say so to whoever keeps figures of it."""
        Subscription.objects.bulk_create(self.made, BATCH)
        Subscription.objects.bulk_update(self.ended, ["end_reason", "version"], BATCH)
        SubscriptionChange.objects.bulk_create(self.changes, BATCH)
        touched = sorted({each.account_id for each in self.changes})
        revenue_changed(touched, Origin(ChangeSource.RENEWAL))
        customers_changed(touched)

    def _version(self, period: Subscription, kind: str, day: dt.date, origin: Origin, reason: str) -> None:
        terms: Mapping[str, Any] = {name: getattr(period, name) for name in TERMS}
        self.changes.append(
            SubscriptionChange(
                subscription=period,
                account_id=period.account_id,
                kind=kind,
                effective_on=day,
                source=origin.source,
                source_ref=origin.ref,
                actor=origin.actor,
                reason=reason,
                **terms,
            )
        )

    def _product(self, name: str) -> Product:
        if name not in self.books.products:
            self.books.products[name] = Product.objects.create(external_id=name, name=name)
        return self.books.products[name]

    def _plan(self, name: str) -> Plan:
        if name not in self.books.plans:
            self.books.plans[name] = Plan.objects.create(name=name)
        return self.books.plans[name]
