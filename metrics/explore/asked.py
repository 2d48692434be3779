"""What the explorer is asked, as its query string says: metric, cut, grain, window, months, filters, moment of knowledge.

Read leniently: what cannot be understood falls back to what is usual, so that an old link opens. Months are written only
when they were chosen, so that a saved view moves on with time; `shared` writes them.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils import timezone

from cs_platform.kernel.periods import add_months, month_or_none, month_text
from metrics.catalogue import METRICS, MetricDefinition, of
from metrics.enums import Cut, Metric, Origin, Window
from metrics.explore.values import Exploration, windows_of
from metrics.figures.asked import Months, moment_or_none
from metrics.figures.cutting import Slice

FILTERS: tuple[Cut, ...] = tuple(cut for cut in Cut if cut not in {Cut.ALL, Cut.ACCOUNT, Cut.COHORT})
GRAINS = {"month": Window.MONTH, "quarter": Window.QUARTER}
SHOWN = {Window.MONTH: 13, Window.QUARTER: 8}  # periods, unless others are chosen
MOST_MONTHS = 60
MOST_VALUES = 40


@dataclass(frozen=True)
class Explored:
    """The state of the page. `first` and `last` are None unless chosen; `year` is the window of a year."""

    metric: Metric = Metric.NRR
    by: Cut = Cut.ALL
    grain: Window = Window.MONTH
    year: bool = True
    first: dt.date | None = None
    last: dt.date | None = None
    filters: Mapping[Cut, tuple[str, ...]] = field(default_factory=dict)
    known: dt.datetime | None = None

    @classmethod
    def parse(cls, params: QueryDict) -> Self:
        name = params.get("metric", "")
        metric = Metric(name) if name in METRICS else Metric.NRR
        said = of(metric)
        by = params.get("by", "")
        grain = GRAINS.get(params.get("grain", ""), Window.MONTH)
        windows = windows_of(said, grain)
        return cls(
            metric=metric,
            by=Cut(by) if by in said.cuts else Cut.ALL,
            grain=grain,
            year=Window.YEAR in windows and (params.get("window") != "short" or len(windows) == 1),
            first=month_or_none(params.get("from", "")),
            last=month_or_none(params.get("to", "")),
            filters=_filters(params),
            known=moment_or_none(params.get("known", "")) if knowable(said) else None,
        )

    @property
    def said(self) -> MetricDefinition:
        return of(self.metric)

    @property
    def slice(self) -> Slice:
        return Slice(dict(self.filters), self.by)

    def span(self, months: Months) -> tuple[dt.date, dt.date]:
        """First and last month of the periods shown, within the months that there are; the last month of a period names
        it, so at quarters both end one."""
        last = _ending(max(months.first, min(self.last or months.last, months.last)), self.grain)
        usual = add_months(last, -int(self.grain) * (SHOWN[self.grain] - 1))
        first = max(self.first or usual, add_months(last, 1 - MOST_MONTHS), months.first)
        while self.grain == Window.QUARTER and first.month % 3:
            first = add_months(first, 1)
        return min(first, last), last

    def exploration(self, months: Months) -> Exploration:
        windows = windows_of(self.said, self.grain)
        window = Window.YEAR if self.year else next(w for w in windows if w != Window.YEAR)
        return Exploration(
            self.metric, *self.span(months), self.grain, window, self.slice, known=self.known is not None
        )

    def query(self, **changes: Any) -> str:
        """The query string of this state with `changes`; what is usual is left out."""
        state = replace(self, **changes)
        pairs: list[tuple[str, str]] = [("metric", str(state.metric))]
        if state.by in state.said.cuts[1:]:
            pairs.append(("by", str(state.by)))
        if state.grain == Window.QUARTER:
            pairs.append(("grain", "quarter"))
        windows = windows_of(state.said, state.grain)
        if not state.year and len(windows) > 1:
            pairs.append(("window", "short"))
        pairs += [(key, month_text(month)) for key, month in (("from", state.first), ("to", state.last)) if month]
        pairs += [(str(name), value) for name in FILTERS for value in state.filters.get(name, ())]
        if state.known is not None and knowable(state.said):
            local = timezone.localtime(state.known).replace(tzinfo=None)
            pairs.append(("known", local.isoformat(timespec="seconds")))
        return urlencode(pairs)

    def shared(self, months: Months) -> str:
        """The query string that shows the same months when the next one is over."""
        first, last = self.span(months)
        return self.query(first=first, last=last)

    def without(self, name: Cut, value: str) -> str:
        """The query string without one value of a filter."""
        rest = tuple(each for each in self.filters.get(name, ()) if each != value)
        filters = {key: values for key, values in self.filters.items() if key != name}
        return self.query(filters=filters | ({name: rest} if rest else {}))


def knowable(said: MetricDefinition) -> bool:
    """Whether the values can be told as known at an earlier moment: those of the revenue ledger."""
    return said.origin == Origin.SUMS


def _ending(month: dt.date, grain: Window) -> dt.date:
    """The month itself, or the last one up to it that ends a quarter."""
    return add_months(month, -(month.month % 3)) if grain == Window.QUARTER else month


def _filters(params: QueryDict) -> dict[Cut, tuple[str, ...]]:
    found: dict[Cut, tuple[str, ...]] = {}
    for name in FILTERS:
        values = dict.fromkeys(value.replace("\0", "") for value in params.getlist(str(name))[:MOST_VALUES])
        if values:
            found[name] = tuple(values)
    return found
