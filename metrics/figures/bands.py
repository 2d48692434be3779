"""Bands: what is good, normal and bad for a metric, as data of the tenant (MET-02 to MET-04, MET-16; ruling E11).

Percentages and points are stored as people write them: 110 is 110%. A band holds its lower edge and not its upper one,
on unrounded values. The worst band of logo churn says "more than": a logo churn of exactly 20% is Warning.
What no band names is "between" two bands or "below typical". A tenant without rows of its own is judged by
`DEFAULT_BANDS`. Days to first value are judged by the profile of a segment and belong to the account's clock
(`health.outcomes.progress.TTV_BANDS`); they are shown here and not kept a second time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Member
from cs_platform.kernel.errors import DomainError
from health.outcomes.progress import TTV_BANDS
from metrics.catalogue import METRICS
from metrics.enums import Metric, Tone
from metrics.models import MetricBand

LESS_IS_BETTER = frozenset(metric for metric, said in METRICS.items() if said.less_is_better)
# Their worst band says "more than": its lower edge belongs to the band below it.
MORE_THAN = frozenset({Metric.LOGO_CHURN})
NAME_LENGTH = 60


@dataclass(frozen=True)
class Band:
    """A range with its name (English source string, or the tenant's own) and tone; None is an open end."""

    name: str
    tone: str
    lower: Decimal | None
    upper: Decimal | None

    @property
    def label(self) -> str:
        return _(self.name)


def _bands(*rows: tuple[str, Tone, int | str | None, int | str | None]) -> tuple[Band, ...]:
    return tuple(
        Band(name, tone, None if lower is None else Decimal(lower), None if upper is None else Decimal(upper))
        for name, tone, lower, upper in rows
    )


BEST, GOOD, ACCEPTABLE = gettext_noop("Best"), gettext_noop("Good"), gettext_noop("Acceptable")
WARNING, CRITICAL, POOR = gettext_noop("Warning"), gettext_noop("Critical"), gettext_noop("Poor")
EXCELLENT, ABOVE_TARGET = gettext_noop("Excellent"), gettext_noop("Above target")
TYPICAL, BELOW_TARGET = gettext_noop("Typical"), gettext_noop("Below target")
ON_TARGET, EARLY, LATE = gettext_noop("On target"), gettext_noop("Earlier than usual"), gettext_noop("Later than usual")

# Best first. LTV and revenue churn have none of their own: what is good depends on the cost of acquisition (MET-06), and
# revenue churn is judged as GRR.
DEFAULT_BANDS: dict[str, tuple[Band, ...]] = {
    Metric.NRR: _bands(
        (BEST, Tone.GOOD, 120, None),
        (GOOD, Tone.GOOD, 110, 120),
        (ACCEPTABLE, Tone.NONE, 100, 110),
        (WARNING, Tone.WATCH, 90, 100),
        (CRITICAL, Tone.RISK, None, 90),
    ),
    Metric.GRR: _bands(
        (BEST, Tone.GOOD, 95, None),
        (GOOD, Tone.GOOD, 90, 95),
        (ACCEPTABLE, Tone.NONE, 85, 90),
        (WARNING, Tone.WATCH, 80, 85),
        (CRITICAL, Tone.RISK, None, 80),
    ),
    Metric.LOGO_CHURN: _bands(
        (BEST, Tone.GOOD, None, 5),
        (GOOD, Tone.GOOD, 5, 10),
        (ACCEPTABLE, Tone.NONE, 10, 15),
        (WARNING, Tone.WATCH, 15, 20),
        (CRITICAL, Tone.RISK, 20, None),
    ),
    # Out of five; a scale of ten is halved (MET-17).
    Metric.CSAT: _bands(
        (EXCELLENT, Tone.GOOD, "4.5", None),
        (GOOD, Tone.GOOD, 4, "4.5"),
        (POOR, Tone.RISK, None, 4),
    ),
    # Out of seven, low is easy: the target is below 2 (MET-17, E12).
    Metric.CES: _bands(
        (GOOD, Tone.GOOD, None, 2),
        (ABOVE_TARGET, Tone.WATCH, 2, None),
    ),
    Metric.NPS: _bands(
        (BEST, Tone.GOOD, 50, None),
        (GOOD, Tone.GOOD, 30, 50),
        (ACCEPTABLE, Tone.NONE, 10, 30),
        (POOR, Tone.RISK, None, 10),
    ),
    # Below 10% the reference names nothing (MET-11, E11).
    Metric.EXPANSION_RATE: _bands(
        (BEST, Tone.GOOD, 25, None),
        (GOOD, Tone.GOOD, 15, 25),
        (ACCEPTABLE, Tone.NONE, 10, 15),
    ),
    # Nothing is named from 1.2 to 1.5 times (MET-13, E11).
    Metric.LAND_AND_EXPAND: _bands(
        (EXCELLENT, Tone.GOOD, 2, None),
        (GOOD, Tone.GOOD, "1.5", 2),
        (POOR, Tone.RISK, None, "1.2"),
    ),
    # MET-06, E10.
    Metric.LTV_CAC: _bands(
        (EXCELLENT, Tone.GOOD, 5, None),
        (GOOD, Tone.GOOD, 3, 5),
        (BELOW_TARGET, Tone.RISK, None, 3),
    ),
    # Months; the reference is 12 to 18 (MET-06).
    Metric.PAYBACK: _bands(
        (GOOD, Tone.GOOD, None, 12),
        (TYPICAL, Tone.NONE, 12, 18),
        (ABOVE_TARGET, Tone.WATCH, 18, None),
    ),
    # Below 20% the reference names nothing (HLT-07, E11).
    Metric.STICKINESS: _bands(
        (EXCELLENT, Tone.GOOD, 40, None),
        (TYPICAL, Tone.NONE, 20, 40),
    ),
    # Share of the users who use a core feature (HLT-07).
    Metric.FEATURE_ADOPTION: _bands((GOOD, Tone.GOOD, 70, None)),
    # Business hours, and shares of tickets: the reference says "less than", so the edge itself fails (MET-15, E11).
    Metric.FIRST_RESPONSE: _bands((ON_TARGET, Tone.GOOD, None, 4), (ABOVE_TARGET, Tone.WATCH, 4, None)),
    Metric.RESOLUTION: _bands((ON_TARGET, Tone.GOOD, None, 24), (ABOVE_TARGET, Tone.WATCH, 24, None)),
    Metric.ESCALATION_RATE: _bands((ON_TARGET, Tone.GOOD, None, 10), (ABOVE_TARGET, Tone.WATCH, 10, None)),
}
BANDED = tuple(DEFAULT_BANDS)


def ttv_bands(profile: str) -> tuple[Band, ...]:
    """Days to first value as a segment of this profile is judged (MET-14), both ends of the usual range included."""
    early, late = TTV_BANDS[profile]
    return _bands(
        (EARLY, Tone.GOOD, None, early), (TYPICAL, Tone.GOOD, early, late + 1), (LATE, Tone.WATCH, late + 1, None)
    )


def bands_for_all() -> dict[str, Sequence[Band]]:
    """The bands of every metric: the tenant's own, else the defaults. One query."""
    own: dict[str, list[Band]] = {}
    for row in MetricBand.objects.order_by("metric", "position", "id"):
        own.setdefault(row.metric, []).append(Band(row.name, row.tone, row.lower, row.upper))
    return {**DEFAULT_BANDS, **own}


def bands_for(metric: str) -> Sequence[Band]:
    """The bands of a metric, best first; none for a metric that has no benchmark."""
    return bands_for_all().get(metric, ())


def band_of(metric: str, bands: Sequence[Band], value: Decimal | None) -> Band | None:
    """The band that `value` (in percent or points, unrounded) lies in; None when undefined or in a hole.

    Example: an NRR of 110 is Good, of 109.9999 Acceptable; a logo churn of 20 is Warning, of 20.0001 Critical.
    """
    if value is None:
        return None
    # "More than": this edge belongs to the band below it.
    left_out = next((b.lower for b in bands if b.upper is None), None) if metric in MORE_THAN else None
    for band in bands:
        above = band.lower is None or value > band.lower or (value == band.lower and value != left_out)
        below = band.upper is None or value < band.upper or (value == band.upper and value == left_out)
        if above and below:
            return band
    return None


def unnamed(metric: str, bands: Sequence[Band], value: Decimal) -> str:
    """What a value is called that no band holds (E11): "between the bands" if some band is worse, else "below typical".

    Example: land and expand of 1.3 lies between Poor and Good; an expansion rate of 8% is below typical.
    """
    less = metric in LESS_IS_BETTER
    worse = (
        any(band.lower is not None and band.lower > value for band in bands)
        if less
        else any(band.upper is not None and band.upper <= value for band in bands)
    )
    return _("between the bands") if worse else _("below typical")


def normal_band(bands: Sequence[Band]) -> Band | None:
    """What counts as normal: the band called Good, else the best one with two ends."""
    named = [band for band in bands if band.name == GOOD]
    bounded = [band for band in bands if band.lower is not None and band.upper is not None]
    return next(iter(named or bounded), None)


def holes(bands: Sequence[Band]) -> list[tuple[Decimal | None, Decimal | None]]:
    """The ranges that no band holds, from the lowest; None is an open end."""
    found: list[tuple[Decimal | None, Decimal | None]] = []
    reach: Decimal | None = None
    for number, band in enumerate(_upwards(bands)):
        if band.lower is not None and (number == 0 or (reach is not None and band.lower > reach)):
            found.append((reach if number else None, band.lower))
        reach = band.upper
    if bands and reach is not None:
        found.append((reach, None))
    return found


@transaction.atomic
def replace_bands(*, metric: str, bands: Sequence[Band], by: Member) -> None:
    """Make these the tenant's bands of the metric, best first. DomainError names the row (`lower-0`) and the reason."""
    problems = check_bands(bands)
    if problems:
        raise DomainError(_("The bands do not fit together."), code="bands", fields=problems)
    MetricBand.objects.filter(metric=metric).delete()
    ordered = _upwards(bands) if metric in LESS_IS_BETTER else _upwards(bands)[::-1]
    for position, band in enumerate(ordered):
        MetricBand.objects.create(
            metric=metric, name=band.name, tone=band.tone, lower=band.lower, upper=band.upper, position=position
        )


@transaction.atomic
def reset_bands(*, metric: str, by: Member) -> None:
    """Go back to the defaults."""
    MetricBand.objects.filter(metric=metric).delete()


def check_bands(bands: Sequence[Band]) -> Mapping[str, Any]:
    """What is wrong, by field `<column>-<row>`: names, turned ranges, overlaps. Holes are allowed and named."""
    problems: dict[str, str] = {}
    if not bands:
        problems["name-0"] = _("There must be at least one band.")
    seen: set[str] = set()
    for row, band in enumerate(bands):
        if not band.name.strip():
            problems[f"name-{row}"] = _("A band needs a name.")
        elif band.name.strip().casefold() in seen:
            problems[f"name-{row}"] = _("There is a band of this name already.")
        seen.add(band.name.strip().casefold())
        if band.tone not in Tone.values:
            problems[f"tone-{row}"] = _("Choose how the band is judged.")
        if band.lower is not None and band.upper is not None and band.lower >= band.upper:
            problems[f"upper-{row}"] = _("The upper edge must lie above the lower one.")
    if problems:
        return problems
    order = sorted(range(len(bands)), key=lambda row: _key(bands[row]))
    for before, after in pairwise(order):
        low, high = bands[before], bands[after]
        if low.upper is None or high.lower is None or high.lower < low.upper:
            problems[f"lower-{after}"] = _("This band and “%(name)s” overlap.") % {"name": low.label}
    return problems


def _key(band: Band) -> tuple[Decimal, Decimal]:
    return band.lower if band.lower is not None else Decimal("-Infinity"), (
        band.upper if band.upper is not None else Decimal("Infinity")
    )


def _upwards(bands: Sequence[Band]) -> list[Band]:
    return sorted(bands, key=_key)
