"""What the explorer tells: a series with its bands and plan, and the names of values and periods in the reader's language."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.enums import Status, Tier
from cs_platform.kernel.periods import month_or_none
from cs_platform.kernel.templatetags.cells import month_name, number_text
from metrics.catalogue import MetricDefinition
from metrics.enums import Cut, Origin, Window
from metrics.explore.values import Exploration, Points, Series
from metrics.figures.bands import Band
from metrics.plan.targets import Plan
from metrics.showing import cells


def size_name(value: str) -> str:
    """Company size by employees (ACC-02)."""
    return {
        "SMB": _("Up to 99 employees"),
        "MM": _("100 to 999 employees"),
        "ENT": _("1,000 employees and more"),
    }.get(value, value)


def value_name(cut: str, value: str, currency: str) -> str:
    """A value of a cut as people read it."""
    if not value:
        return _("Not set")
    if cut == Cut.SIZE:
        return size_name(value)
    if cut == Cut.QUARTER:
        found = re.fullmatch(r"([1-9]\d{3})-Q([1-4])", value, re.ASCII)
        return cells.quarter_name(dt.date(int(found[1]), int(found[2]) * 3, 1)) if found else value
    if cut == Cut.COHORT:
        month = month_or_none(value)
        return month_name(month) if month else value
    choices = {Cut.TIER: Tier, Cut.STATUS: Status}.get(Cut(cut))
    if choices is not None:
        return str(choices(value).label) if value in choices.values else value
    return cells.dimension_value(cut, value, currency)


def period_name(period: dt.date, grain: Window, *, short: bool = False) -> str:
    """October 2026, or Q3 2026."""
    return cells.quarter_name(period) if grain == Window.QUARTER else month_name(period, short=short)


def base_text(said: MetricDefinition, base: int) -> str:
    """How many a value stands on, and of what."""
    words = {
        Origin.SURVEYS: ngettext("%(n)s answer", "%(n)s answers", base),
        Origin.SUPPORT: ngettext("%(n)s ticket", "%(n)s tickets", base),
        Origin.USAGE: ngettext("%(n)s user", "%(n)s users", base),
        Origin.ACTIVITY: ngettext("%(n)s account", "%(n)s accounts", base),
        Origin.SOLVED: ngettext("%(n)s account", "%(n)s accounts", base),
        Origin.RENEWALS: ngettext("%(n)s renewal", "%(n)s renewals", base),
        Origin.CALLS: ngettext("%(n)s renewal", "%(n)s renewals", base),
        Origin.DEALS: ngettext("%(n)s deal", "%(n)s deals", base),
        Origin.BOOKS: ngettext("%(n)s CSM", "%(n)s CSMs", base),
    }
    found = words.get(Origin(said.origin)) or ngettext("%(n)s customer", "%(n)s customers", base)
    return found % {"n": number_text(base, 0)}


@dataclass(frozen=True)
class Told:
    """A series with what is shown beside it."""

    asked: Exploration
    series: Series
    bands: Sequence[Band]
    currency: str
    plan: Plan = field(default_factory=dict)

    @property
    def metric(self) -> str:
        return str(self.asked.metric)

    @property
    def judged(self) -> Sequence[Band]:
        """Bands judge what they were made for: a year's ratio, or a metric that knows no year."""
        ratio_of_year = Window.YEAR in self.asked.said.windows and self.asked.window != Window.YEAR
        return () if ratio_of_year and self.asked.said.origin == Origin.SUMS else self.bands

    def text(self, value: Decimal | None) -> str:
        return cells.value_text(self.metric, value, self.currency)

    def change(self, points: Points) -> dict[str, Any] | None:
        """The change since the period before."""
        periods = self.asked.periods
        if len(periods) < 2:
            return None
        now, before = (points[period].value for period in (periods[-1], periods[-2]))
        found = cells.delta(self.metric, now, before, periods[-2])
        if found:
            found["text"] = _("since %(month)s") % {"month": period_name(periods[-2], self.asked.grain)}
        return found
