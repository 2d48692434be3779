"""Facts for the tests of stages: accounts with tracks, usage, people, scores and success criteria."""

import datetime as dt
from uuid import UUID

from accounts.models import Account, Contact, Member
from health.models import AccountDay, HealthScore, Outcome, UsageUser, UserMonth
from journey.enums import TrackKind
from journey.models import StagePeriod, Track
from journey.stages import services
from tests.health.scoring_facts import account as paying_account


def today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def ago(days: int) -> dt.date:
    return today() - dt.timedelta(days=days)


def account(name: str = "A-1", **fields: object) -> Account:
    """A paying company with ten seats."""
    return paying_account(name, **fields)


def track(of: Account, by: Member, *, on: dt.date | None = None, stage: str = "onboarding", **more: object) -> Track:
    usual = {"kind": TrackKind.CORE, "name": "Core"}
    return services.open_track(account=of, on=on or ago(100), stage=stage, by=by, **(usual | more))


def period_of(row: Track, stage: str = "onboarding") -> StagePeriod:
    return StagePeriod.objects.select_related("track__account").get(track=row, stage=stage, exited_on=None)


def used(of: Account, person: str, *days_ago: int) -> UUID:
    """A person used the product on these days."""
    user, _made = UsageUser.objects.get_or_create(external_id=person, defaults={"account": of})
    for back in days_ago:
        day = ago(back)
        month = day.replace(day=1)
        row, _new = UserMonth.objects.get_or_create(
            account_id=of.id, user_id=user.id, month=month, known_on=month, defaults={"days": 0}
        )
        bits = row.days | 1 << (day.day - 1)
        UserMonth.objects.filter(account_id=of.id, user_id=user.id, month=month).update(days=bits)
        AccountDay.objects.get_or_create(account_id=of.id, day=day, known_on=day, defaults={"events": 1, "quantity": 1})
    return user.id


def green(of: Account, *days_ago: int, band: str = "green") -> None:
    for back in days_ago:
        HealthScore.objects.create(
            account_id=of.id, as_of=ago(back), version_id=UUID(int=1), score=90 if band == "green" else 30, band=band,
            coverage=1, raw=[], points=[], shares=[],
        )  # fmt: skip


def first_value(
    of: Account, *, story: str = "Closes in two days instead of five.", on: dt.date | None = None
) -> Outcome:
    day = on or ago(20)
    return Outcome.objects.create(
        account=of, external_id=f"O-{of.external_id}", name="Faster close", baseline=5, target=2, agreed_on=ago(200), due_on=day,
        data_source="Report", first_value=True, confirmed_on=day, story=story, known_on=day, source="api",
    )  # fmt: skip


def contact(of: Account, key: str, **fields: object) -> Contact:
    return Contact.objects.create(account=of, external_id=key, name=f"Person {key}", **fields)
