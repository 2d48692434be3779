"""Pure rules of the accounts floor."""

import datetime as dt

from accounts.enums import Profile, Status

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
