"""Who a question counts and what its answer is cut by: filters and dimensions that the aggregates do not keep (MET-08,
MET-09, MET-23). The same SQL as the night's fills temporary tables, restricted at the base date; nothing else computes
retention. They last until the transaction ends.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from cs_platform.kernel import copying, sqljobs
from metrics.enums import KEPT_WINDOWS, Cut, Dimension, Window
from metrics.figures import jobs, questions
from metrics.figures.lineage import dimension_values

NO_FILTERS: Mapping[Cut, tuple[str, ...]] = MappingProxyType({})
APART = {mark: f"cut_{mark}" for mark in ("account_month", "retention_month")}


@dataclass(frozen=True)
class Slice:
    """Only the accounts whose attributes have one of the values of each filter (segments and owners by name, an empty
    value for "not set"), cut by `cut`. Dated attributes count as they were at the base date of a window, or on the day
    of the fact; size, region and status as they are today."""

    filters: Mapping[Cut, tuple[str, ...]] = field(default_factory=lambda: NO_FILTERS)
    cut: Cut = Cut.ALL

    @property
    def kept(self) -> bool:
        """Whether the night's aggregates hold it already."""
        return not self.filters and self.cut in Dimension.values

    def only(self, value: str) -> "Slice":
        """The accounts behind one value of this slice, each for itself."""
        filters = dict(self.filters)
        if self.cut != Cut.ALL:
            filters[self.cut] = (value,)
        return Slice(filters, Cut.ACCOUNT)


def ledger(
    question: questions.Question,
    cut: Slice,
    months: tuple[dt.date, dt.date],
    window: int,
    *,
    known: bool = False,
    every: int = 0,
) -> questions.Question:
    """The question with tables that hold the sums of `window` months for the slice and months: the stored ones where they
    do, else temporary ones. With `known` everything is as known at the question's moment. Windows that are not kept are
    those of quarters and end with one, unless `every` says that each month ends one (1)."""
    if cut.kept and window in KEPT_WINDOWS and not known:
        return question
    short = Window.MONTH if window in KEPT_WINDOWS else window
    span = jobs.Span(
        *months, question.known_at if known else jobs.FOREVER, short, 1 if short == Window.MONTH else every
    )
    tables = dict(question.tables)
    start = jobs.history_starts(span.known_at)
    copying.stage_like(APART["retention_month"], jobs.STORED["retention_month"])
    tables["retention_month"] = APART["retention_month"]
    if known or short != Window.MONTH:
        copying.stage_like(APART["account_month"], jobs.STORED["account_month"])
        tables["account_month"] = APART["account_month"]
        if start and start <= span.last:
            jobs.stage_rates(start, span.last, span.known_at)
            tables |= jobs.stage_periods(span)
            sqljobs.execute(jobs.SQL / "account_months.sql", span.params(), tables=tables)
    _stage(question, cut, span.known_at, banded=False)
    jobs.sum_up(
        span,
        tables,
        window,
        cuts=() if cut.cut in {Cut.ALL, Cut.ACV_BAND} else (cut.cut,),
        allowed="allowed" if set(cut.filters) - {Cut.ACV_BAND} else "",
        acv_bands=list(cut.filters[Cut.ACV_BAND]) if Cut.ACV_BAND in cut.filters else None,
    )
    return replace(question, tables=tables)


def explored(question: questions.Question, cut: Slice) -> None:
    """Temporary table `explored`: the accounts of the slice, under the value that it cuts them by, with the days on which
    they had it. For everything that is counted by account and day rather than by money."""
    _stage(question, cut, question.known_at, banded=True)
    copying.drop("explored")
    sqljobs.execute(jobs.SQL / "cut_explored.sql", {"cut": str(cut.cut)})


def _stage(question: questions.Question, cut: Slice, known_at: dt.datetime, *, banded: bool) -> None:
    """Temporary tables `history` and `allowed`. The ACV band of a ledger row comes from its own money; of anything else
    (`banded`) from what the account paid at the end of the month."""
    jobs.stage_history(known_at)
    filters = {name: values for name, values in cut.filters.items() if banded or name != Cut.ACV_BAND}
    wanted = {str(name) for name in (*filters, cut.cut, Cut.ALL)}
    sqljobs.execute(
        jobs.SQL / "cut_history.sql",
        jobs.band_edges(question.currency) | {"wanted": sorted(wanted)},
        tables={"account_month": jobs.STORED["account_month"]},
    )
    pairs = [(str(name), value) for name, values in filters.items() for value in set(dimension_values(name, *values))]
    pairs = pairs or [(str(Cut.ALL), "")]
    copying.drop("allowed")
    sqljobs.execute(
        jobs.SQL / "cut_allowed.sql",
        {
            "attributes": [name for name, _value in pairs],
            "values": [value for _name, value in pairs],
            "filters": len({name for name, _value in pairs}),
        },
    )
