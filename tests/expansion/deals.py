"""Accounts that may grow, for tests: a customer of a year with what earns the right, one without anything."""

import datetime as dt
from decimal import Decimal
from typing import Any

from accounts.models import Account, Subscription, Tenant
from expansion.models import Opportunity
from expansion.services import open_deal
from health.models import Outcome, OutcomeMeasurement, Ticket

DAY = dt.timedelta(days=1)


def customer(name: str = "Calder Rail", *, days: int = 400, earned: bool = True, **fields: Any) -> Account:
    """A live customer, signed so many days ago; `earned` with all that the five checks ask for (its score as lists show it)."""
    today = Tenant.current().today()
    values: dict[str, Any] = {
        "external_id": name.lower().replace(" ", "-"),
        "status": "live",
        "signed_on": today - days * DAY,
        "customer_since": today - days * DAY,
    }
    if earned:
        values |= {"health_band": "green", "health_score": 88.0, "health_on": today}
    account = Account.objects.create(name=name, **values | fields)
    if earned:
        outcome(account, "First report in a day", first_value=True, confirmed_on=today - 200 * DAY)
        outcome(account, "Planning twice as fast", confirmed_on=today - 60 * DAY, story="From two weeks to one.")
        Ticket.objects.create(
            external_id=f"T-{name}",
            account=account,
            state="solved",
            opened_at=dt.datetime.combine(today - 90 * DAY, dt.time(9), dt.UTC),
            resolved_at=dt.datetime.combine(today - 89 * DAY, dt.time(9), dt.UTC),
            known_on=today - 90 * DAY,
            source="api",
        )
    return account


def outcome(account: Account, name: str, *, measured: str = "", **fields: Any) -> Outcome:
    """A success criterion from 0 to 100, perhaps measured."""
    today = Tenant.current().today()
    row = Outcome.objects.create(
        external_id=f"{account.external_id}-{name}"[:200],
        account=account,
        name=name,
        baseline=Decimal(0),
        target=Decimal(100),
        agreed_on=today - 300 * DAY,
        due_on=today + 30 * DAY,
        known_on=today - 300 * DAY,
        source="api",
        **fields,
    )
    if measured:
        OutcomeMeasurement.objects.create(
            outcome=row, measured_on=today - 5 * DAY, value=Decimal(measured), known_on=today - 5 * DAY
        )
    return row


def contract(account: Account, **fields: Any) -> Subscription:
    """A year of 100 seats at 12,000.00, begun 100 days ago; MRR 1,000.00."""
    start = fields.pop("start_on", Tenant.current().today() - 100 * DAY)
    values: dict[str, Any] = {
        "external_id": f"S-{account.external_id}",
        "start_on": start,
        "end_on": start + 365 * DAY,
        "interval_months": 12,
        "amount_minor": 1_200_000,
        "currency": "USD",
        "mrr_minor": 100_000,
        "seats": 100,
    }
    return Subscription.objects.create(account=account, **values | fields)


def deal(account: Account, by: Any = None, **fields: Any) -> Opportunity:
    """An opportunity of 36,000.00 a year."""
    values: dict[str, Any] = {"name": "More seats", "kind": "seats", "amount_minor": 3_600_000}
    return open_deal(account=account, by=by, **values | fields)
