"""Geometry of the journey map: days to places, rows by height, a route that climbs and falls (JRN-02, JRN-24, JRN-44)."""

import datetime as dt
import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journey.enums import Stage
from journey.stages import map as journey_map
from journey.stages.map import Fork, Mark, Stay, Way, draw, rows_of
from journey.stages.map_route import legs_of
from journey.stages.map_scale import LEFT, RIGHT, Scale, cut, ticks_of, wide

TODAY = dt.date(2026, 11, 22)
ONBOARDING, ADOPTION, RETENTION = Stage.ONBOARDING, Stage.ADOPTION, Stage.RETENTION


def ago(days: int) -> dt.date:
    return TODAY - dt.timedelta(days=days)


def stay(stage: str, start: int, end: int | None = None, key: object = None, **more: object) -> Stay:
    """A stay from days ago to days ago."""
    return Stay(key or f"{stage}-{start}", stage, ago(start), None if end is None else ago(end), (str(stage),), **more)


def way(*stays: Stay, key: str = "core", name: str = "Core") -> Way:
    return Way(key, name, (), stays)


def drawn(*ways: Way, first: int = 1000, **more: object) -> journey_map.Drawing:
    return draw(ways, today=TODAY, first=ago(first), **more)


def numbers(path: str) -> list[float]:
    return [float(each) for each in re.findall(r"-?\d+(?:\.\d+)?", path)]


def test_days_lie_in_order_and_a_plan_is_cut_off():
    """A plan of 700 days may not press 1,000 days of past together: a fifth of the past at most lies ahead."""
    scale = Scale(ago(1000), TODAY, [TODAY + dt.timedelta(days=700)])
    assert scale.days == 1200
    assert scale.x(ago(1000)) == LEFT + 20
    assert scale.x(scale.last) == RIGHT - 20
    assert scale.x(ago(2000)) == LEFT + 20
    assert scale.x(TODAY + dt.timedelta(days=900)) == RIGHT - 20
    assert scale.x(TODAY) == pytest.approx(LEFT + 20 + 984 * 1000 / 1200, abs=0.1)


def test_a_new_customer_has_a_picture():
    """Day 0: the span is never nothing."""
    found = drawn(way(stay(ONBOARDING, 0)), first=0)
    assert found.lanes[0].bars[0].width >= 4
    assert found.lanes[0].here is not None
    assert LEFT < found.today < RIGHT


def test_ticks_are_years_quarters_or_months():
    assert ticks_of(Scale(ago(1000), TODAY)) == [dt.date(year, 1, 1) for year in (2025, 2026, 2027)]
    quarters = ticks_of(Scale(ago(365), TODAY))
    assert quarters[0] == dt.date(2026, 1, 1)
    assert {day.month for day in quarters} <= {1, 4, 7, 10}
    assert [day.month for day in ticks_of(Scale(ago(90), TODAY))] == [9, 10, 11, 12, 1]


def test_a_year_at_the_edge_is_not_cut_through():
    day = dt.date(2027, 1, 1)
    assert drawn(way(stay(ADOPTION, 100)), first=100, ticks={day: "January 2027"}).ticks[0].text is None
    assert drawn(way(stay(ADOPTION, 100)), first=100, ticks={ago(50): "October 2026"}).ticks[0].text is not None


def test_rows_go_up_with_the_stage():
    """Onboarding lowest; renewal above the climb, expansion above it; advocacy shares the row where they never meet."""
    rows = rows_of([stay(ONBOARDING, 900, 800), stay(RETENTION, 500), stay(Stage.RENEWAL, 300, 200),
                    stay(Stage.EXPANSION, 400, 300), stay(Stage.ADVOCACY, 250)])  # fmt: skip
    assert rows == {ONBOARDING: 0, ADOPTION: 1, RETENTION: 2, Stage.RENEWAL: 3, Stage.EXPANSION: 4, Stage.ADVOCACY: 4}
    rows = rows_of([stay(ADOPTION, 400), stay(Stage.EXPANSION, 400, 100), stay(Stage.ADVOCACY, 250)])
    assert rows == {ADOPTION: 0, Stage.EXPANSION: 1, Stage.ADVOCACY: 2}
    assert rows_of([]) == {}


def test_the_route_follows_the_stage_that_was_entered_last():
    """Adoption opened again beside Retention: down and up again; a pause of a month is passed over, a longer one not."""
    parts = legs_of([stay(RETENTION, 300), stay(ADOPTION, 200, 100)], TODAY)
    assert [(p.stay.stage, (TODAY - p.start).days, p.joined) for p in parts] == [
        (RETENTION, 300, False), (ADOPTION, 200, True), (RETENTION, 100, True)
    ]  # fmt: skip
    short = legs_of([stay(ONBOARDING, 300, 200), stay(ADOPTION, 180)], TODAY)
    assert [p.joined for p in short] == [False, True]
    assert short[0].end == short[1].start
    long = legs_of([stay(ONBOARDING, 300, 200), stay(ADOPTION, 100)], TODAY)
    assert [p.joined for p in long] == [False, False]


def test_a_fall_is_red_and_says_why():
    """JRN-24: what ended by going back is drawn as a fall with its cause; a climb is not."""
    lane = drawn(
        way(
            stay(ONBOARDING, 900, 800),
            stay(ADOPTION, 800, 600),
            stay(RETENTION, 600, 100, fell=("Champion left", "14 Aug")),
            stay(ADOPTION, 100, tone="back"),
        )
    ).lanes[0]
    assert len(lane.falls) == 1
    assert [pin.tone for pin in lane.pins] == ["", "", "r"]
    assert [note.text for note in lane.notes] == ["Champion left", "14 Aug"]
    start, end = numbers(lane.falls[0])[1], numbers(lane.falls[0])[-1]
    assert end > start  # further down
    assert lane.here is not None
    assert lane.here.y == end
    climb = drawn(way(stay(ONBOARDING, 900, 800), stay(ADOPTION, 800))).lanes[0]
    assert climb.falls == []
    assert climb.notes == []


def test_a_stage_that_fell_today_is_where_the_route_ends():
    lane = drawn(way(stay(RETENTION, 600, 0, fell=("Merger", "today")), stay(ADOPTION, 0))).lanes[0]
    assert len(lane.falls) == 1
    assert lane.here is not None
    assert lane.here.y == next(bar.y for bar in lane.bars if bar.key == "adoption-0") + journey_map.ROUTE


def test_the_plan_is_dashed_up_to_the_next_stage_that_the_track_knows():
    until = TODAY + dt.timedelta(days=90)
    back = way(stay(RETENTION, 600, 10, fell=("Merger", "")), stay(ADOPTION, 10, until=until))
    lane = drawn(back).lanes[0]
    assert lane.ahead.startswith("M")
    assert lane.plan is not None
    flat = drawn(way(stay(ADOPTION, 10, until=until))).lanes[0]
    assert flat.plan is None
    assert "C" not in flat.ahead
    late = drawn(way(stay(ADOPTION, 100, until=ago(10)))).lanes[0]
    assert late.ahead == ""


def test_twelve_months_leave_out_what_lies_before():
    found = drawn(way(stay(ONBOARDING, 900, 800), stay(ADOPTION, 800, 200), stay(RETENTION, 200)), first=365)
    bars = found.lanes[0].bars
    assert [bar.key for bar in bars] == ["adoption-800", "retention-200"]
    assert bars[0].x == LEFT + 20
    assert numbers(found.lanes[0].route)[0] == LEFT + 20


def test_a_fork_goes_down_from_the_expansion_to_the_new_track():
    """EXP-01: a track that a won expansion began hangs on it; one whose bar is out of the picture has none."""
    core = way(stay(RETENTION, 900), stay(Stage.EXPANSION, 400, 300, key="won"))
    unit = way(stay(ONBOARDING, 290), key="emea", name="EMEA")
    found = drawn(core, unit, forks=[Fork("won", "emea", ago(300), "won: EMEA")])
    fork = found.forks[0]
    assert fork.y1 < fork.y2
    assert found.lanes[1].y < fork.y2 < found.lanes[1].y + found.lanes[1].height
    assert drawn(core, forks=[Fork("won", "emea", ago(300), "won: EMEA")]).forks == []
    text = found.lanes[0].bars[0].text  # Retention lies across the fork's day and is not written on it
    assert text is not None
    assert not text.x < fork.x < text.x + wide(text.text)


def test_names_of_marks_never_lie_on_each_other():
    marks = [Mark(ago(500 + n), f"Milestone number {n}") for n in range(4)]
    found = drawn(way(stay(ADOPTION, 900)), marks=marks)
    assert [mark.text.y - mark.y for mark in found.marks if mark.text] == [20.0, 35.0, 50.0]
    assert len(found.marks) == 4  # the fourth has a point and no name


def test_what_does_not_fit_is_shortened_or_left_out():
    assert cut("Analytics use case", 122, 13) == "Analytics use case"
    assert cut("A very long name of a department", 122, 13).endswith("…")
    narrow = Stay("n", ADOPTION, ago(40), ago(30), ("Adoption, overridden", "Adoption"))
    followed = Stay("m", ADOPTION, ago(29), None, ("Adoption",))
    bars = drawn(way(narrow, followed)).lanes[0].bars
    assert bars[0].text is None


@st.composite
def climbs(draw_):
    """Stays one after the other, each stage any of the three, some going back, the last one open or not."""
    edges = sorted(draw_(st.sets(st.integers(0, 1000), min_size=2, max_size=8)), reverse=True)
    stages = [draw_(st.sampled_from([ONBOARDING, ADOPTION, RETENTION])) for _ in edges]
    found = [
        stay(stage, start, end, key=n, fell=("Cause", "day") if draw_(st.booleans()) else ())
        for n, (stage, (start, end)) in enumerate(zip(stages, pairwise(edges), strict=False))
    ]
    if draw_(st.booleans()):
        found.append(stay(stages[-1], edges[-1], key="open"))
    return found


@given(climbs(), st.integers(0, 1100))
@settings(max_examples=120, deadline=None)
def test_laws_of_the_drawing(stays, first):
    """Whatever happened: bars lie in their lane and in the picture, the route runs from left to right, red is what fell."""
    found = drawn(way(*stays), first=first)
    lane = found.lanes[0]
    for bar in lane.bars:
        assert LEFT <= bar.x <= bar.x + bar.width <= RIGHT
        assert lane.y <= bar.y <= bar.y + journey_map.BAR <= lane.y + lane.height
        assert bar.text is None or bar.text.x >= bar.x
    for part in lane.route.split("M")[1:]:
        xs = [float(x) for x in re.findall(r"(?:^|H)(-?[\d.]+)", part)]
        assert xs == sorted(xs)
    assert len(lane.falls) <= sum(bool(each.fell) for each in stays)
    assert (lane.here is not None) == (bool(stays) and stays[-1].end is None)
    assert 0 < found.height < 1000
