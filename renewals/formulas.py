"""Pure rules of renewals: how likely one is, and what that is called (REN-05).

The chance is a sum that anybody can follow: how often renewals of the profile were kept, then points for what is known of
this one. Points are whole tenths, so that what is shown adds up to the number exactly. No number here is learned from
the renewal itself or from what somebody called.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from accounts.enums import Profile
from renewals.enums import Confidence, Intent

COMMIT, LIKELY = 90, 70  # lower bounds, included, on unrounded values (METRICS rule 20)
LEAST, MOST = 10, 990  # tenths: nothing is certain
# Renewals kept in percent before a company has any of its own, worth as many as PRIOR_WEIGHT of them.
PRIOR: Mapping[str, int] = {
    Profile.ENTERPRISE: 92,
    Profile.MID_MARKET: 90,
    Profile.SMB: 85,
    Profile.PRODUCT_LED: 80,
}
PRIOR_WEIGHT = 20

# Points in tenths between which values are read off a straight line; flat beyond the ends.
Curve = Sequence[tuple[float, int]]
HEALTH: Curve = ((0, -200), (50, -100), (80, 20), (100, 50))  # score
TREND: Curve = ((-0.5, -300), (0, 0), (0.25, 30))  # usage of 28 days against the 28 before
DECIDER: Curve = ((14, 40), (45, 0), (90, -60))  # days since a person who decides was last spoken to
TENURE: Curve = ((0, -40), (12, 0), (36, 50))  # months as a customer
# Each of what is counted, and how many of them count at most.
COUNTED: Mapping[str, tuple[int, int]] = {"tickets": (-60, 2), "late_steps": (-40, 4), "objections": (-50, 3)}
CHAMPION_LEFT, NO_CHAMPION = -170, -30
NO_DECIDER = -60
PAST_DUE, NOTICE, RENEWS_ITSELF = -120, -600, 60
NO_VALUE = -150  # no first value by the day of the profile (TRG-10)
INTENT: Mapping[str, int] = {
    Intent.MORE: 100,
    Intent.RENEW: 80,
    Intent.UNKNOWN: 0,
    Intent.LESS: -30,
    Intent.UNSURE: -120,
    Intent.LEAVE: -550,
}


@dataclass(frozen=True)
class Facts:
    """What is known of a renewal at the end of a day. None is not known, and then counts for nothing unless said.

    `kept` of `closed` renewals of the profile closed before; `champion`: "here", "left" (within 180 days, nobody came
    in their place) or "" (there is none); `decider_days` since a person who decides or pays was last spoken to, None where
    nobody is known or was ever met; `notice` that the contract was cancelled for its end; `no_value` that the alert of
    a missing first value is open.
    """

    profile: str
    kept: int = 0
    closed: int = 0
    health: float | None = None
    trend: float | None = None
    champion: str = "here"
    tickets: int = 0
    decider_days: int | None = 45
    late_steps: int = 0
    objections: int = 0
    past_due: bool = False
    notice: bool = False
    renews_itself: bool = False
    no_value: bool = False
    intent: str = Intent.UNKNOWN
    tenure_months: int | None = None


@dataclass(frozen=True)
class Called:
    """The chance that it renews, in percent, and its reasons: [{"points", "sign", "key", "inputs"}], which add up to it."""

    probability: Decimal
    reasons: list[dict[str, Any]]


def base_rate(profile: str, kept: int, closed: int) -> int:
    """Tenths of a percent of renewals that are kept: the company's own, drawn to the profile's prior while they are few.

    (kept + prior x 20) / (closed + 20). Example: 45 of 50 enterprise renewals: (45 + 0.92 x 20) / 70 = 90.6 %; none: 92.0 %.
    """
    return round((kept * 1000 + PRIOR[profile] * 10 * PRIOR_WEIGHT) / (closed + PRIOR_WEIGHT))


def _read(curve: Curve, value: float) -> int:
    """Tenths that a curve says for a value, straight between its points. Example: HEALTH at 65 is −4.0 points."""
    places = [place for place, _points in curve]
    at = bisect_right(places, value)
    if at == 0:
        return curve[0][1]
    if at == len(curve):
        return curve[-1][1]
    (left, low), (right, high) = curve[at - 1], curve[at]
    return round(low + (high - low) * (value - left) / (right - left))


def _points(f: Facts) -> dict[str, tuple[int, dict[str, Any]]]:
    """By the name of each fact its tenths and what it was judged by."""
    found: dict[str, tuple[int, dict[str, Any]]] = {}
    if f.health is not None:
        found["health"] = _read(HEALTH, f.health), {"score": f.health}
    if f.trend is not None:
        found["trend"] = _read(TREND, f.trend), {"trend": f.trend}
    if f.champion != "here":
        found["champion"] = (CHAMPION_LEFT if f.champion == "left" else NO_CHAMPION), {"champion": f.champion}
    for name, (each, most) in COUNTED.items():
        count = getattr(f, name)
        found[name] = each * min(count, most), {"count": count}
    decider = NO_DECIDER if f.decider_days is None else _read(DECIDER, f.decider_days)
    found["decider"] = decider, {"days": f.decider_days}
    if f.past_due:
        found["past_due"] = PAST_DUE, {}
    if f.no_value:
        found["no_value"] = NO_VALUE, {}
    if f.notice:
        found["notice"] = NOTICE, {}
    elif f.renews_itself:
        found["renews_itself"] = RENEWS_ITSELF, {}
    found["intent"] = INTENT[f.intent], {"intent": str(f.intent)}
    if f.tenure_months is not None:
        found["tenure"] = _read(TENURE, f.tenure_months), {"months": f.tenure_months}
    return found


def likelihood(f: Facts) -> Called:
    """How likely it is that the customer stays, from 1 to 99 percent: base rate plus points, the heaviest reason first.

    More risk never raises it. What lies beyond 1 or 99 is taken off by a reason of its own ("bounds"), so that the sum holds.
    Example: an enterprise of 36 months without own history (92.0 = base), score 39 (−12.2), usage −46 % (−27.6), the
    champion left (−17.0), a P1 past its time (−6.0), the decider spoken to 30 days ago (+1.9), two steps late (−8.0), three
    years a customer (+5.0): 28.1 %.
    """
    base = base_rate(f.profile, f.kept, f.closed)
    inputs = {"profile": str(f.profile), "kept": f.kept, "closed": f.closed, "prior": PRIOR[f.profile]}
    points = {name: found for name, found in _points(f).items() if found[0]}
    total = base + sum(tenths for tenths, _inputs in points.values())
    bounded = min(max(total, LEAST), MOST)
    if bounded != total:
        points["bounds"] = bounded - total, {}
    rows = sorted(points.items(), key=lambda row: (row[0] == "bounds", -abs(row[1][0]), row[0]))
    reasons = [
        {"points": tenths / 10, "sign": "+" if tenths > 0 else "-", "key": key, "inputs": told}
        for key, (tenths, told) in rows
    ]
    reasons.append({"points": base / 10, "sign": "=", "key": "base", "inputs": inputs})
    return Called(Decimal(bounded) / 10, reasons)


def confidence(probability: Decimal | float) -> Confidence:
    """What a chance in percent is called: commit from 90, likely from 70, at risk below. Example: 89.9 is likely."""
    if probability >= COMMIT:
        return Confidence.COMMIT
    return Confidence.LIKELY if probability >= LIKELY else Confidence.AT_RISK


def apart(first: Decimal | None, second: Decimal | None) -> bool:
    """Whether two calls disagree: by 10 points or more, or in different categories."""
    if first is None or second is None:
        return False
    return abs(first - second) >= 10 or confidence(first) != confidence(second)
