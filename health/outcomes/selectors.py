"""Questions about the success criteria of one account: how far each has come, what they are worth, time to value."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Min, Prefetch

from accounts.models import Account
from health.models import AccountDay, Outcome, OutcomeMeasurement
from health.outcomes.progress import TTV_BANDS, Clock, Progress, Standing, clock, progress


@dataclass(frozen=True)
class Criterion:
    """A criterion, its measurements (the latest recorded one of each day, latest first) and where it stands."""

    outcome: Outcome
    measured: Sequence[OutcomeMeasurement]
    progress: Progress

    @property
    def latest(self) -> OutcomeMeasurement | None:
        return self.measured[0] if self.measured else None


ORDER = (
    Standing.MISSED, Standing.BEHIND, Standing.ON_TRACK, Standing.REACHED, Standing.CONFIRMED, Standing.DROPPED,
)  # fmt: skip


def criteria(account: Account, today: dt.date) -> list[Criterion]:
    """All criteria of the account as of `today`, those that need somebody first."""
    rows = Outcome.objects.filter(account=account).select_related(
        "owner__user", "customer_owner", "confirmed_by", "account"
    )
    told = OutcomeMeasurement.objects.filter(measured_on__lte=today).select_related("recorded_by")
    measurements = told.order_by("-measured_on", "-recorded_at", "-id")
    found = [judged(row, today) for row in rows.prefetch_related(Prefetch("measurements", queryset=measurements))]
    return sorted(found, key=lambda one: (ORDER.index(one.progress.standing), one.outcome.due_on, one.outcome.id))


def judged(outcome: Outcome, today: dt.date) -> Criterion:
    """The criterion with its prefetched measurements and where it stands."""
    by_day: dict[dt.date, OutcomeMeasurement] = {}
    for row in outcome.measurements.all():
        by_day.setdefault(row.measured_on, row)
    measured = list(by_day.values())
    return Criterion(
        outcome,
        measured,
        progress(
            baseline=outcome.baseline,
            target=outcome.target,
            agreed_on=outcome.agreed_on,
            due_on=outcome.due_on,
            value=measured[0].value if measured else None,
            confirmed_on=outcome.confirmed_on,
            dropped_on=outcome.dropped_on,
            today=today,
        ),
    )


@dataclass(frozen=True)
class Value:
    """Minor units a year: confirmed by the customer, and what the account pays; `times` is None when it pays nothing."""

    confirmed: int
    acv: int
    stories: int

    @property
    def times(self) -> float | None:
        return self.confirmed / self.acv if self.acv > 0 else None


def value_of(account: Account, found: Sequence[Criterion]) -> Value:
    """What confirmed criteria are worth against the account's yearly contract value (VAL-03).

    Example: 132,000 confirmed of an account that pays 412,000 a year are 0.32 times.
    """
    confirmed = [one.outcome for one in found if one.progress.standing == Standing.CONFIRMED]
    return Value(
        sum(row.value_minor or 0 for row in confirmed),
        12 * account.mrr_minor,
        sum(1 for row in confirmed if row.story),
    )


@dataclass(frozen=True)
class TimeToValue:
    """Two clocks from the signature (MET-14): the first use, and the first value that the customer confirmed. None
    where the account has no day of signature; `planned` says whether a first value is agreed at all."""

    signed_on: dt.date | None
    first_use: Clock | None
    first_value: Clock | None
    planned: bool
    band: tuple[int, int] | None


def time_to_value(account: Account, found: Sequence[Criterion], today: dt.date) -> TimeToValue:
    marked = [one.outcome for one in found if one.outcome.first_value]
    alive = [row for row in marked if row.dropped_on is None or row.confirmed_on is not None]
    confirmed = [row.confirmed_on for row in alive if row.confirmed_on is not None and row.confirmed_on <= today]
    used = AccountDay.objects.filter(account_id=account.id, day__lte=today).aggregate(first=Min("day"))["first"]
    return TimeToValue(
        account.signed_on,
        clock(account.signed_on, used, today),
        clock(account.signed_on, min(confirmed, default=None), today),
        bool(alive),
        TTV_BANDS.get(account.segment.profile) if account.segment else None,
    )
