"""Random facts of every kind for the score's tests: accounts with usage, tickets, talks, surveys and outcomes."""

import datetime as dt
import random
from uuid import UUID, uuid4

from django.db import connection

from accounts.models import (
    Account,
    AccountEvent,
    Contact,
    ContactPast,
    Feature,
    Segment,
    Subscription,
    SubscriptionChange,
)
from cs_platform.kernel.models import Dirty
from cs_platform.kernel.tenancy import current_tenant_id
from health.models import (
    AccountDay,
    FeatureDay,
    Outcome,
    OutcomeMeasurement,
    Survey,
    Ticket,
    Touchpoint,
    UsageUser,
    UserMonth,
)

DAY = dt.date(2026, 6, 30)


def at(day: dt.date, hour: int = 12) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour), tzinfo=dt.UTC)


def account(
    name: str = "A-1", *, since: dt.date = dt.date(2024, 1, 1), seats: int | None = 10, **fields: object
) -> Account:
    """A paying company."""
    row = Account.objects.create(
        external_id=name, name=f"Company {name}", signed_on=since, customer_since=since, mrr_minor=100_000, **fields
    )
    period(
        row, since, external_id=f"S-{name}", interval_months=12, amount_minor=1_200_000, mrr_minor=100_000, seats=seats
    )
    return row


def period(row: Account, start: dt.date, **terms: object) -> Subscription:
    """A paid period that was told on the day it began."""
    usual = {"external_id": str(uuid4()), "interval_months": 1, "amount_minor": 1, "mrr_minor": 1, "currency": "USD"}
    made = Subscription.objects.create(account=row, start_on=start, **(usual | terms))
    told(made, day=start)
    return made


def told(row: Subscription, kind: str = "created", *, day: dt.date | None = None, source: str = "import") -> None:
    """The version of a period as it stands; recorded now, or on that day."""
    terms = (
        "start_on",
        "end_on",
        "past_due_on",
        "interval_months",
        "amount_minor",
        "mrr_minor",
        "currency",
        "seats",
        "voided",
    )
    recorded = {"recorded_at": at(day)} if day else {}
    SubscriptionChange.objects.create(
        subscription=row, account_id=row.account_id, kind=kind, effective_on=row.start_on, source=source, **recorded,
        **{name: getattr(row, name) for name in terms},
    )  # fmt: skip


def changed(row: Account, day: dt.date, **terms: object) -> None:
    """The account's periods get these terms, told on that day."""
    for each in Subscription.objects.filter(account=row):
        for name, value in terms.items():
            setattr(each, name, value)
        each.save()
        told(each, "terms", day=day)


def person_changed(row: Contact, day: dt.date, **values: object) -> None:
    """The person stands anew from that day on, as the door of contacts writes it."""
    ContactPast.objects.create(
        contact=row, account_id=row.account_id, role=row.role, last_contact_on=row.last_contact_on, left_on=row.left_on, until=at(day)
    )  # fmt: skip
    Contact.objects.filter(id=row.id).update(**values)


def used(
    row: Account,
    days: list[dt.date],
    *,
    users: int = 1,
    quantity: int = 10,
    core: bool = True,
    known: dt.date | None = None,
) -> None:
    """`users` used the product on each of the days; `known` when it came late."""
    day_bits: dict[dt.date, int] = {}
    for day in days:
        AccountDay.objects.create(
            account_id=row.id, day=day, known_on=known or day, events=users, quantity=quantity, sessions=users,
            session_seconds=300 * users,
        )  # fmt: skip
        month = day.replace(day=1)
        day_bits[month] = day_bits.get(month, 0) | 1 << (day.day - 1)
    for i in range(users):
        user, _made = UsageUser.objects.get_or_create(external_id=f"{row.external_id}-u{i}", defaults={"account": row})
        for month, bits in day_bits.items():
            UserMonth.objects.create(
                account_id=row.id, user_id=user.id, month=month, known_on=known or month, days=bits,
                core_days=bits if core else 0,
            )  # fmt: skip


def feature_used(row: Account, key: str, day: dt.date, *, known: dt.date | None = None) -> Feature:
    feature, _made = Feature.objects.get_or_create(key=key, defaults={"name": key})
    FeatureDay.objects.create(
        account_id=row.id, feature_id=feature.id, day=day, known_on=known or day, events=1, quantity=1, users=1
    )
    return feature


def touch(row: Account, kind: str, day: dt.date, *, known: dt.date | None = None, **fields: object) -> Touchpoint:
    defaults = {"status": "sent" if kind == "email" else "attended"}
    return Touchpoint.objects.create(
        account=row, external_id=str(uuid4()), kind=kind, happened_at=at(day), known_on=known or day, source="api",
        **(defaults | fields),
    )  # fmt: skip


def ticket(row: Account, opened: dt.date, *, known: dt.date | None = None, **fields: object) -> Ticket:
    return Ticket.objects.create(
        account=row, external_id=str(uuid4()), opened_at=at(opened), known_on=known or opened, source="api", state="open",
        **fields,
    )  # fmt: skip


def survey(row: Account, kind: str, score: float, day: dt.date, **fields: object) -> Survey:
    return Survey.objects.create(
        account=row, external_id=str(uuid4()), kind=kind, score=score, answered_at=at(day), source="api",
        **({"known_on": day} | fields),
    )  # fmt: skip


def outcome(
    row: Account, agreed: dt.date, due: dt.date, *, measured: dict[dt.date, float] | None = None, **fields: object
) -> Outcome:
    made = Outcome.objects.create(
        account=row, external_id=str(uuid4()), name="Save time", baseline=0, target=100, agreed_on=agreed, due_on=due,
        data_source="report", source="api", **({"known_on": agreed} | fields),
    )  # fmt: skip
    for day, value in (measured or {}).items():
        OutcomeMeasurement.objects.create(outcome=made, measured_on=day, value=value, known_on=day)
    return made


def random_account(rng: random.Random, name: str, until: dt.date = DAY) -> Account:
    """An account with some facts of each kind, perhaps none, over 200 days up to `until`, and some later than known."""
    row = account(
        name, since=until - dt.timedelta(days=rng.randint(20, 900)), seats=rng.choice([None, 5, 20]),
        segment=rng.choice([*Segment.objects.all(), None]),
    )  # fmt: skip
    random_facts(rng, row, until)
    return row


def random_facts(rng: random.Random, row: Account, until: dt.date) -> None:
    def day(longest: int = 200) -> dt.date:
        return until - dt.timedelta(days=rng.randint(0, longest))

    def later(start: dt.date) -> dt.date:
        return start + dt.timedelta(days=rng.randint(0, 20))

    if rng.random() < 0.8:
        used(
            row,
            sorted({day() for _ in range(rng.randint(1, 40))}),
            users=rng.randint(1, 4),
            quantity=rng.randint(1, 99),
        )
        for _ in range(rng.randint(0, 4)):
            feature_day = day()
            if not FeatureDay.objects.filter(account_id=row.id, day=feature_day).exists():
                feature_used(row, rng.choice(["edit", "share", "export"]), feature_day)
    person = Contact.objects.create(
        account=row, external_id=str(uuid4()), name="Somebody", role=rng.choice(["champion", "executive_sponsor", ""])
    )
    for _ in range(rng.randint(0, 8)):
        sent = day()
        replied = rng.choice([None, at(later(sent))])
        touch(
            row,
            "email",
            sent,
            replied_at=replied,
            status="replied" if replied else "sent",
            contact=rng.choice([person, None]),
        )
    for _ in range(rng.randint(0, 6)):
        touch(row, rng.choice(["qbr", "check_in", "training", "call", "feedback"]), day(),
              status=rng.choice(["attended", "cancelled", "no_show", "planned"]), sentiment=rng.choice(["", "positive", "negative"]))  # fmt: skip
    for _ in range(rng.randint(0, 6)):
        opened = day()
        answered, solved = rng.choice([None, at(later(opened))]), rng.choice([None, at(later(opened))])
        ticket(row, opened, first_response_at=answered, first_response_minutes=rng.choice([60, 600]) if answered else None,
               resolved_at=solved, resolution_minutes=rng.choice([600, 6000]) if solved else None,
               escalated_at=rng.choice([None, at(later(opened))]), reopened_at=rng.choice([None, at(later(opened))]))  # fmt: skip
    for _ in range(rng.randint(0, 3)):
        survey(
            row,
            rng.choice(["nps", "csat"]),
            rng.randint(1, 5),
            day(),
            scale=5,
            context=rng.choice(["ticket", "relationship"]),
        )
    for _ in range(rng.randint(0, 3)):
        agreed = day()
        outcome(row, agreed, later(agreed), measured={later(agreed): rng.randint(0, 120) for _ in range(rng.randint(0, 3))},
                confirmed_on=rng.choice([None, later(agreed)]), first_value=rng.random() < 0.3)  # fmt: skip
    if rng.random() < 0.3:
        event = AccountEvent.objects.create(account=row, kind="budget_cut", happened_on=day())
        AccountEvent.objects.filter(id=event.id).update(recorded_at=at(event.happened_on))
    Contact.objects.filter(id=person.id).update(created_at=at(until - dt.timedelta(days=300)))


def scores() -> list[tuple[object, ...]]:
    """All rows of the history of the current tenant, without the moment they were made."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account_id, as_of, version_id, score, band, coverage, usage, engagement, support, outcomes, raw, points, "
            "shares FROM health_healthscore WHERE tenant_id = %s ORDER BY account_id, as_of",
            [current_tenant_id()],
        )
        return cursor.fetchall()


def shown() -> dict[UUID, tuple[object, ...]]:
    """What lists show of the accounts."""
    fields = ("id", "health_score", "health_band", "health_change", "health_on")
    return {row[0]: row[1:] for row in Account.objects.values_list(*fields)}


def dirty(topic: str) -> int:
    """How many keys of `topic` wait to be derived again."""
    return Dirty.objects.filter(topic=topic).count()
