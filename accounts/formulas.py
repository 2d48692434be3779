"""Pure rules of the accounts floor."""

import datetime as dt
from decimal import Decimal

from accounts.enums import ChargeKind, Profile, Status

_PROFILE_WORDS: tuple[tuple[Profile, tuple[str, ...]], ...] = (
    (Profile.PRODUCT_LED, ("product-led", "product led", "plg", "self-serve", "self serve")),
    (Profile.MID_MARKET, ("mid", "mm")),
    (Profile.ENTERPRISE, ("enterprise", "ent", "large", "strategic")),
    (Profile.SMB, ("smb", "small", "micro", "startup")),
)


def profile_of_segment(name: str) -> Profile:
    """The profile that a segment's name suggests; mid-market when nothing says (CONTRACTS 1).

    Example: "ENT EMEA" gives enterprise, "Small business" gives smb, "Local Government" gives mid_market.
    """
    words = name.lower().replace("_", " ")
    tokens = set(words.replace("-", " ").split())
    for profile, marks in _PROFILE_WORDS:
        for mark in marks:
            if (len(mark) <= 3 and mark in tokens) or (len(mark) > 3 and mark in words):
                return profile
    return Profile.MID_MARKET


def status_of(mrr_minor: int, first_paid: dt.date | None) -> Status:
    """Lifecycle from the money: pays now, paid once, never paid."""
    if mrr_minor > 0:
        return Status.LIVE
    return Status.CHURNED if first_paid else Status.PROSPECT


def cut(score: Decimal | float, places: int = 0) -> Decimal:
    """A score as it is shown: cut and not rounded, so that it never seems to lie in a better band (HLT-04).

    Example: 79.99 is 79, or 79.9 with one decimal; 34.7 is 34.
    """
    return Decimal(round(score * 1_000_000) // 10 ** (6 - places)).scaleb(-places)


def monthly_minor(amount: int, discount: int, interval_months: int, charge: str = ChargeKind.RECURRING) -> int:
    """MRR of a period in minor units: (amount - discount) / months, half up; 0 unless the charge is recurring (METRICS
    rules 2, 3). `merge_subscriptions.sql` says the same where a row leaves a part of it as it stands.

    Example: 2,000.00 a year less 200.00 gives 150.00 (15000); 1,000.00 a year gives 83.33; a trial gives 0.
    """
    if charge != ChargeKind.RECURRING:
        return 0
    return (2 * max(amount - discount, 0) + interval_months) // (2 * interval_months)


def counts_until(end_on: dt.date | None, past_due_on: dt.date | None, dunning_days: int) -> dt.date | None:
    """The first day on which a period counts no more: its end, or when nobody paid for so many days (METRICS 4).

    `periods.sql` and `account_figures.sql` say the same. Example: past due since 1 March with 30 days gives 31 March,
    unless the period ended before.
    """
    lapsed = past_due_on + dt.timedelta(days=dunning_days) if past_due_on else None
    return min((day for day in (end_on, lapsed) if day is not None), default=None)
