"""Facts for the tests of advocacy: accounts that meet all six criteria, people, and their history in the program."""

import datetime as dt
from typing import Any
from uuid import UUID

from accounts.models import Account, Contact, Segment, Subscription
from advocacy import services
from advocacy.models import Advocate, Qualification
from health.models import HealthScore, Outcome, OutcomeMeasurement, Survey
from tests.conftest import World

MARKS = ("healthy", "proven", "champion", "profile", "adopted", "renewed")


def today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def ago(days: int) -> dt.date:
    return today() - dt.timedelta(days=days)


def noon(days: int) -> dt.datetime:
    return dt.datetime.combine(ago(days), dt.time(12), tzinfo=dt.UTC)


def account(world: World, key: str = "A-1", **fields: Any) -> Account:
    """A live customer of 400 days; 1,000.00 a month."""
    usual: dict[str, Any] = {
        "name": f"Customer {key}", "status": "live", "mrr_minor": 100_000, "health_band": "green", "health_score": 88,
        "owner": world.members["csm"], "customer_since": ago(400), "industry": "Logistics",
        "segment": Segment.objects.filter(profile="mid_market").first(),
    }  # fmt: skip
    return Account.objects.create(external_id=key, **(usual | fields))


def person(of: Account, key: str = "", **fields: Any) -> Contact:
    usual: dict[str, Any] = {"name": f"Champion {of.external_id}", "role": "champion", "engagement": "high"}
    return Contact.objects.create(account=of, external_id=key or f"C-{of.external_id}", **(usual | fields))


def paid(of: Account, start: int, end: int | None, key: str = "S", **fields: Any) -> Subscription:
    """A period from `start` to `end` days ago."""
    usual: dict[str, Any] = {
        "interval_months": 12, "amount_minor": 1_200_000, "mrr_minor": 100_000, "currency": "USD", "seats": 100,
    }  # fmt: skip
    return Subscription.objects.create(
        account=of, external_id=f"{key}-{of.external_id}", start_on=ago(start), end_on=None if end is None else ago(end),
        **(usual | fields),
    )  # fmt: skip


def scored(of: Account, usage: float | None = 90, band: str = "green") -> None:
    Account.objects.filter(id=of.id).update(health_on=ago(1), health_band=band)
    HealthScore.objects.create(
        account_id=of.id, as_of=ago(1), version_id=UUID(int=1), score=88, band=band, coverage=1, usage=usage, raw=[],
        points=[], shares=[],
    )  # fmt: skip


def answered(of: Account, kind: str, score: int, days: int, scale: int = 10) -> None:
    Survey.objects.create(
        account=of, external_id=f"{kind}-{of.external_id}-{days}", kind=kind, score=score, scale=scale,
        answered_at=noon(days), known_on=ago(days), source="api",
    )  # fmt: skip


def outcome(of: Account, value: float | None = 6, key: str = "O", **fields: Any) -> Outcome:
    """From 9 to 6 hours; measured once, unless `value` is None."""
    usual: dict[str, Any] = {
        "name": "Hours to close", "baseline": 9, "target": 6, "agreed_on": ago(300), "due_on": ago(30), "data_source": "ERP",
        "known_on": ago(300), "source": "api",
    }  # fmt: skip
    row = Outcome.objects.create(account=of, external_id=f"{key}-{of.external_id}", **(usual | fields))
    if value is not None:
        OutcomeMeasurement.objects.create(outcome=row, measured_on=ago(40), value=value, known_on=ago(40))
    return row


def worth_asking(world: World, key: str = "A-1", **fields: Any) -> Account:
    """An account whose facts meet all six criteria."""
    row = account(world, key, **({"strategic": True} | fields))
    person(row)
    outcome(row)
    answered(row, "nps", 9, 20)
    scored(row)
    paid(row, 400, 35)
    paid(row, 35, -330)
    return row


def qualified(of: Account, **marks: bool | None) -> Qualification:
    """What a night would have judged: all six met, but for `marks`."""
    found = dict.fromkeys(MARKS, True) | marks
    is_so = all(met is True for met in found.values())
    return Qualification.objects.create(
        account=of, as_of=ago(1), qualified=is_so, qualified_since=ago(30) if is_so else None, evidence={}, **found
    )


def enrolled(world: World, of: Account, **fields: Any) -> Advocate:
    """A person of a qualified account in the program."""
    if not Qualification.objects.filter(account=of).exists():
        qualified(of)
    contact = fields.pop("contact", None) or person(of)
    usual: dict[str, Any] = {"consent": "name_logo", "by": world.members["csm"]}
    return services.enrol(contact=contact, **(usual | fields))
