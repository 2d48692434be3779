"""The figures of the journey page as rows: for a file, and for programs. Numbers as they are, not as they are shown."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from journey.analysis.chance import compared
from journey.analysis.flow import Figures, score_of
from journey.enums import Stage

HEAD = ("figure", "stage", "what", "value", "before")
TRACK_HEAD = (
    "account", "name", "segment", "csm", "track", "track_kind", "stage", "entered_on", "exited_on", "outcome", "cause", "blocker",
    "days", "note",
)  # fmt: skip


def _number(value: float | None) -> Decimal | int | str:
    if value is None:
        return ""
    return value if isinstance(value, int) else Decimal(f"{value:.4f}")


def rows(figures: Figures, cut: str) -> Iterator[list[Any]]:
    """Every figure of the page: what, of which stage, in the span and in the one before."""
    now, before = figures.flows()
    keys = sorted(now.cells.keys() | before.cells.keys())
    for cell, stage, other in keys:
        yield [cell, stage, other, now.of(cell, stage, other).periods, before.of(cell, stage, other).periods]
    yield ["back_rate", "", "", _number(now.back_rate), _number(before.back_rate)]
    for stage in Stage.values:
        yield ["completion_rate", stage, "", _number(now.rate(stage)), _number(before.rate(stage))]
    for each in figures.stalls():
        yield ["stalled", each.stage, each.blocker, each.periods, ""]
    values = figures.first_values()
    for what in ("median", "accounts", "in_target"):
        yield ["first_value", "", what, *(_number(values.get(span, {}).get(what)) for span in ("now", "before"))]
    for speed in figures.speeds():
        for what, value in asdict(speed).items():
            if what not in ("stage", "segment"):
                yield [f"days_{what}", speed.stage, speed.segment, _number(value), ""]
    scores = figures.scores(cut)
    for stage in ("", *Stage.values):
        found = [score_of(scores, span, stage).nps for span in ("now", "before")]
        if found != [None, None]:
            yield ["journey_nps", stage, "", *map(_number, found)]
    for one in figures.cuts(cut):
        for what, value in asdict(one).items():
            if what != "value":
                yield [f"{cut}_{what}", "", one.value, _number(value), ""]
    patterns = figures.patterns()
    for told in compared(patterns):
        for what in ("points", "low", "high"):
            yield [f"difference_{told.end}", "", f"{told.factor}, {what}", _number(getattr(told.difference, what)), ""]
    for pattern in patterns:
        begun = "in_target" if pattern.in_target else "late"
        for what, value in asdict(pattern).items():
            if what not in ("in_target", "fell"):
                yield [f"pattern_{what}", "", f"{begun}, {'went back' if pattern.fell else 'never back'}", value, ""]


def track_rows(found: Iterable[Mapping[str, Any]]) -> Iterator[list[Any]]:
    """The rows of the list of tracks."""
    for row in found:
        yield [
            row["external_id"], row["account"], row["segment"], row["csm"], row["name"], row["kind"], row["stage"],
            row["entered_on"], row["exited_on"] or "", row["outcome"], row["cause"], row["blocker"], row["length"], row["note"],
        ]  # fmt: skip
