"""Geometry of an account's journey map (JRN-02, JRN-44): lanes, bars, the route that climbs and falls, forks and marks.

Pure: days and texts in, numbers of one drawing out, in units of a picture 1160 wide; nothing here knows a request, a language
or a row. `map_words` says what is written, `templates/journey/map.html` draws.
"""

import datetime as dt
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from journey.enums import Stage
from journey.stages.map_route import CLIMB, Leg, bend, legs_of
from journey.stages.map_scale import LEFT, RIGHT, SMALL, STRONG, Scale, cut, wide

TOP, TOP_EDGE = 62.0, 24.0  # of the first lane, and of the picture
ROW, BAR, ROUTE = 38.0, 26.0, 31.0  # a row, the bar in it, and the route below the bar
LANE_TOP, LANE_LEAST, LANE_GAP = 12.0, 86.0, 20.0
MARK_ROW = 15.0  # of the names of marks


@dataclass(frozen=True)
class Stay:
    """A time in a stage. `end` None: it runs; `until`: the day that it is wanted by. `texts` go from long to short: the
    longest that fits is written. `fell` says on up to two lines why it ended by going back."""

    key: Hashable
    stage: str
    start: dt.date
    end: dt.date | None
    texts: Sequence[str] = ()
    tone: str = ""
    until: dt.date | None = None
    fell: Sequence[str] = ()


@dataclass(frozen=True)
class Way:
    """A track: its stays, and the lines beside its lane (name first, then text and tone)."""

    key: Hashable
    name: str
    lines: Sequence[tuple[str, str]]
    stays: Sequence[Stay]


@dataclass(frozen=True)
class Fork:
    """A track that began with an expansion which was won in another one."""

    stay: Hashable
    way: Hashable
    day: dt.date
    text: str


@dataclass(frozen=True)
class Mark:
    """A day on the row below the lanes."""

    day: dt.date
    text: str
    tone: str = ""


@dataclass(frozen=True)
class Text:
    x: float
    y: float
    text: str
    anchor: str = "start"
    tone: str = ""


@dataclass(frozen=True)
class Bar:
    """A stay; `plan` ones have no text of their own and are named above."""

    key: Hashable
    x: float
    y: float
    width: float
    tone: str
    text: Text | None

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def above(self) -> float:
        return self.y - 5


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    tone: str = ""
    text: Text | None = None


@dataclass
class Lane:
    key: Hashable
    name: str
    y: float
    height: float
    lines: list[Text]
    bars: list[Bar] = field(default_factory=list)
    route: str = ""
    hills: list[str] = field(default_factory=list)
    falls: list[str] = field(default_factory=list)
    ahead: str = ""
    plan: Bar | None = None
    pins: list[Dot] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)
    here: Dot | None = None

    @property
    def name_y(self) -> float:
        """Of the name inside the lane, at its foot."""
        return self.y + self.height - 8


@dataclass(frozen=True)
class Line:
    x: float
    y1: float
    y2: float
    text: Text | None = None


@dataclass(frozen=True)
class Drawing:
    lanes: list[Lane]
    ticks: list[Line]
    forks: list[Line]
    marks: list[Dot]
    today: float
    axis: float  # y of the years
    marks_y: float
    height: float  # of the whole picture below TOP_EDGE

    @property
    def badge(self) -> float:
        """Where the label of today begins."""
        return round(self.today - 24, 1)

    @property
    def marks_text(self) -> float:
        return self.marks_y + 4


def rows_of(stays: Sequence[Stay]) -> dict[str, int]:
    """The row of each stage, the lowest being 0: the climb from the lowest to the highest stage reached, above it renewal,
    expansion and advocacy, which share a row where they never lie beside each other."""
    found: dict[str, int] = {}
    climbed = [CLIMB.index(stay.stage) for stay in stays if stay.stage in CLIMB]
    if climbed:
        for index in range(min(climbed), max(climbed) + 1):
            found[CLIMB[index]] = len(found)
    beside: list[list[Stay]] = []
    for stage in (Stage.RENEWAL, Stage.EXPANSION, Stage.ADVOCACY):
        own = [stay for stay in stays if stay.stage == stage]
        if not own:
            continue
        shared = beside[-1:] if stage == Stage.ADVOCACY else []
        level = next((row for row in shared if not _meet(row, own)), None)
        if level is None:
            level = []
            beside.append(level)
        level += own
        found[stage] = len({row for name, row in found.items() if name in CLIMB}) + beside.index(level)
    return found


def _meet(some: Sequence[Stay], others: Sequence[Stay]) -> bool:
    return any(
        a.start <= (b.end or b.until or dt.date.max) and b.start <= (a.end or a.until or dt.date.max)
        for a in some
        for b in others
    )


def draw(
    ways: Sequence[Way],
    *,
    today: dt.date,
    first: dt.date,
    forks: Sequence[Fork] = (),
    marks: Sequence[Mark] = (),
    ticks: dict[dt.date, str] | None = None,
    scale: Scale | None = None,
) -> Drawing:
    """The drawing of these tracks from `first` on; `ticks` are the names of the days of `ticks_of`."""
    scale = scale or scale_of(ways, today=today, first=first, marks=marks)
    now = scale.x(today)
    shown = [fork for fork in forks if scale.shows(fork.day)]
    walls = [now, *(scale.x(fork.day) for fork in shown)]
    lanes: list[Lane] = []
    y = TOP
    for way in ways:
        lane = _lane(way, y, scale, today, walls)
        lanes.append(lane)
        y += lane.height + LANE_GAP
    axis = y - LANE_GAP + 20
    lines = [_tick(scale.x(day), axis, text) for day, text in (ticks or {}).items()]
    placed, rows = _marks(marks, scale, axis + 20)
    return Drawing(
        lanes, lines, _forks(shown, lanes, scale), placed, now, axis, axis + 20, axis + 46 + rows * MARK_ROW - TOP_EDGE
    )


def _tick(x: float, axis: float, text: str) -> Line:
    """An upright line with its name, where the picture has room for one."""
    room = x + 5 + wide(text, SMALL) <= RIGHT
    return Line(x, TOP - 12, axis, Text(x + 5, axis - 4, text) if room else None)


def scale_of(ways: Sequence[Way], *, today: dt.date, first: dt.date, marks: Sequence[Mark] = ()) -> Scale:
    """The span of these tracks: to the day that the last open stay is wanted by, or the last mark."""
    ahead = [stay.until for way in ways for stay in way.stays if stay.end is None and stay.until]
    return Scale(first, today, [*ahead, *(mark.day for mark in marks)])


def _lane(way: Way, y: float, scale: Scale, today: dt.date, walls: Sequence[float]) -> Lane:
    stays = [stay for stay in way.stays if (stay.end or dt.date.max) >= scale.first and stay.start <= scale.last]
    rows = rows_of(stays)
    count = max(rows.values(), default=0) + 1
    height = max(LANE_TOP + count * ROW + 4, LANE_LEAST)
    lane = Lane(way.key, way.name, y, height, _lines(way, y))
    tops = {stage: round(y + height - 4 - ROW * (row + 1), 1) for stage, row in rows.items()}
    for stay in stays:
        lane.bars.append(_bar(stay, tops[stay.stage], scale, today, walls))
    _name_beside(lane, stays, walls)
    _route(lane, stays, {stage: top + ROUTE for stage, top in tops.items()}, scale, today)
    return lane


def _lines(way: Way, y: float) -> list[Text]:
    found = [Text(2, y + 22, cut(way.name, LEFT - 12, STRONG), tone="lb")]
    for number, (text, tone) in enumerate(way.lines[:3]):
        found.append(Text(2, y + 39 + number * 16, cut(text, LEFT - 8, SMALL), tone=tone))
    return found


def _bar(stay: Stay, top: float, scale: Scale, today: dt.date, walls: Sequence[float]) -> Bar:
    left = scale.x(stay.start)
    right = scale.x(stay.end or max(stay.until or today, today))
    width = round(max(right - left, 4.0), 1)
    text = None
    for each in stay.texts:
        x = _clear(left + 9, left + width - 7, wide(each), walls)
        if x is not None:
            text = Text(round(x, 1), top + 17, each)
            break
    return Bar(stay.key, left, top, width, stay.tone, text)


def _name_beside(lane: Lane, stays: Sequence[Stay], walls: Sequence[float]) -> None:
    """A bar that is too short for its name and the last of its row has it on its right."""
    for number, (bar, stay) in enumerate(zip(lane.bars, stays, strict=True)):
        if bar.text is not None or not stay.texts or any(each.y == bar.y and each.x > bar.x for each in lane.bars):
            continue
        left = bar.x + bar.width + 12  # beyond the pin of a bend
        x = _clear(left, min(left + wide(stay.texts[-1]) + 2, RIGHT - 4), wide(stay.texts[-1]), walls)
        if x is not None:
            lane.bars[number] = replace(bar, text=Text(round(x, 1), bar.y + 17, stay.texts[-1]))


def _clear(left: float, right: float, length: float, walls: Sequence[float]) -> float | None:
    """Where a text of this length begins between left and right so that no upright line crosses it; None: nowhere."""
    for x in (left, *sorted(max(left, wall + 8) for wall in walls if left - 20 < wall < right)):
        if x + length <= right and not any(x - 4 < wall < x + length + 4 for wall in walls):
            return x
    return None


def _route(lane: Lane, stays: Sequence[Stay], heights: dict[str, float], scale: Scale, today: dt.date) -> None:
    """The line below the bars of the climb, its falls, and where it is expected to go on."""
    parts = legs_of([stay for stay in stays if stay.stage in CLIMB], today)
    legs = [
        Leg(scale.x(leg.start), scale.x(leg.end), heights[leg.stay.stage], leg.stay, leg.joined)
        for leg in parts
        if leg.end >= scale.first
    ]
    if not legs:
        return
    bottom = lane.y + lane.height - 1
    curves = [bend(a, b) if b.joined else None for a, b in pairwise(legs)]
    path, hill_from, hill = "", legs[0].x1, ""
    for number, leg in enumerate(legs):
        before = curves[number - 1] if number else None
        after = curves[number] if number < len(curves) else None
        if before is None:
            if hill:
                lane.hills.append(f"{hill}V{bottom:g}H{hill_from:g}Z")
            hill_from = leg.x1
            begin = f"M{leg.x1:g} {leg.y:g}"
            path, hill = path + begin, begin
        step = f"H{after.x1 if after else leg.x2:g}" + (after.path if after else "")
        path, hill = path + step, hill + step
    lane.route = path
    lane.hills.append(f"{hill}V{bottom:g}H{hill_from:g}Z")
    for (leg, following), curve in zip(pairwise(legs), curves, strict=True):
        stay: Stay = leg.stay
        if curve is None:
            continue
        middle = round((leg.y + following.y) / 2, 1)
        if stay.fell:
            lane.falls.append(f"M{curve.x1:g} {leg.y:g}{curve.path}")
            lane.pins.append(Dot(following.x1, middle, "r"))
            lane.notes += _fall_text(stay.fell, following.x1, middle, lane)
        elif leg.y != following.y:
            lane.pins.append(Dot(following.x1, middle))
    last = legs[-1]
    if last.stay.end is None:
        lane.here = Dot(scale.x(today), last.y)
        _ahead(lane, last, heights, scale, today)


def _fall_text(lines: Sequence[str], x: float, y: float, lane: Lane) -> list[Text]:
    """Cause and day beside the fall, on its left where nothing lies, else on its right, else not at all."""
    length = max(wide(line, SMALL) for line in lines)
    for anchor, left in (("end", x - 16 - length), ("start", x + 18)):
        if left < LEFT + 4 or left + length > RIGHT - 4:
            continue
        high, low = y - 9, y + 2 + 14 * (len(lines) - 1) + 3
        if any(b.x < left + length and b.x + b.width > left and b.y < low and b.y + BAR > high for b in lane.bars):
            continue
        edge = x - 16 if anchor == "end" else x + 18
        return [Text(round(edge, 1), y + 2 + 14 * n, line, anchor, "r") for n, line in enumerate(lines)]
    return []


def _ahead(lane: Lane, last: Leg, heights: dict[str, float], scale: Scale, today: dt.date) -> None:
    """The dashed way to the day that the stage is wanted by, and up to the next one where the track knows it."""
    until = last.stay.until
    if until is None or until <= today:
        return
    end = scale.x(until)
    lane.ahead = f"M{last.x2:g} {last.y:g}H{end:g}"
    above = CLIMB.index(last.stay.stage) + 1
    target = heights.get(CLIMB[above]) if above < len(CLIMB) else None
    if target is None or end - last.x2 < 30 or end + 24 > RIGHT - 2:
        return
    lane.ahead = f"M{last.x2:g} {last.y:g}H{end - 13:g}C{end:g} {last.y:g} {end:g} {target:g} {end + 13:g} {target:g}h9"
    if not any(bar.y == target - ROUTE and bar.x + bar.width > end for bar in lane.bars):
        lane.plan = Bar(None, end + 2, target - ROUTE, 20, "plan", None)


def _forks(forks: Sequence[Fork], lanes: Sequence[Lane], scale: Scale) -> list[Line]:
    """From the foot of the bar that was won down to the bar that the new track begins with."""
    bars = {bar.key: bar for lane in lanes for bar in lane.bars}
    found = []
    for fork in forks:
        lane = next((each for each in lanes if each.key == fork.way and each.bars), None)
        start = bars.get(fork.stay)
        if lane is None or start is None:
            continue
        first = min(lane.bars, key=lambda bar: (bar.x, -bar.y))
        x, y1, y2 = scale.x(fork.day), start.y + BAR, first.y + BAR / 2
        if y2 <= y1:
            continue
        side = "end" if x - wide(fork.text, SMALL) - 8 > LEFT else "start"
        text = Text(x - 8 if side == "end" else x + 8, lane.y - 8, fork.text, side, "a")
        found.append(Line(x, y1, y2, text))
    return found


def _marks(marks: Sequence[Mark], scale: Scale, y: float) -> tuple[list[Dot], int]:
    """Marks in the span with their names on up to three rows, so that none lies on another; the rows that were needed."""
    ends: list[float] = []
    found = []
    for mark in sorted(marks, key=lambda each: each.day):
        if not scale.shows(mark.day):
            continue
        x, length = scale.x(mark.day), wide(mark.text, SMALL)
        left = min(max(x - length / 2, LEFT), RIGHT - length)
        row = next((n for n, end in enumerate(ends) if left > end + 8), len(ends))
        text = None
        if row < 3:
            if row == len(ends):
                ends.append(0.0)
            ends[row] = left + length
            text = Text(round(left + length / 2, 1), y + 20 + row * MARK_ROW, mark.text, "middle", mark.tone)
        found.append(Dot(x, y, mark.tone, text))
    return found, max(len(ends), 1) - 1
