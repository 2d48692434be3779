"""Differences between journeys that began alike, and whether they may be chance (JRN-31)."""

import pytest

from accounts.models import Account
from journey.analysis import cells, files
from journey.analysis.chance import compared, difference
from journey.analysis.flow import Pattern
from journey.analysis.spans import Span
from journey.analysis.walked import Walked
from tests.conftest import World
from tests.journey.journeys import random_journeys
from tests.journey.stage_facts import ago

SPAN = Span(ago(89), ago(0), ago(179))


def pattern(in_target: bool, fell: bool, tracks: int, **more: int) -> Pattern:
    counts = {"renewals": 0, "renewed": 0, "expanded": 0, "speaks": 0, "gone": 0}
    return Pattern(in_target=in_target, fell=fell, tracks=tracks, **counts | more)


@pytest.mark.parametrize(
    ("groups", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),  # Newcombe 1998, table II, method 10
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((10, 10, 0, 20), 0.6791, 1.0),
        ((10, 10, 0, 10), 0.6075, 1.0),
        ((0, 10, 0, 10), -0.2775, 0.2775),
    ],
)
def test_the_interval_is_newcombes(groups: tuple[int, int, int, int], low: float, high: float) -> None:
    found = difference(*groups)
    assert found is not None
    assert (found.low, found.high) == (pytest.approx(low, abs=2e-4), pytest.approx(high, abs=2e-4))
    turned = difference(*groups[2:], *groups[:2])
    assert turned is not None
    assert (turned.low, turned.high) == (pytest.approx(-found.high), pytest.approx(-found.low))


def test_what_crosses_zero_may_be_chance() -> None:
    told = {groups: difference(*groups) for groups in ((6, 10, 4, 10), (600, 1000, 400, 1000))}
    assert [one.may_be_chance for one in told.values() if one] == [True, False]
    assert difference(0, 0, 1, 2) is None
    assert difference(1, 2, 0, 0) is None


def test_patterns_are_compared_by_what_they_share() -> None:
    """Of each end the tracks with the factor against those without, whatever else they are; renewals of renewals."""
    patterns = [
        pattern(True, False, 60, renewals=40, renewed=36, expanded=30),
        pattern(True, True, 10, renewals=30, renewed=20),
        pattern(False, False, 50, renewals=60, renewed=36, gone=10),
        pattern(False, True, 30, renewals=20, renewed=12),
    ]
    found = {(each.factor, each.end): each for each in compared(patterns)}
    renewed = found["in_target", "renewed"]
    assert (renewed.whole, renewed.other_whole) == (70, 80)
    assert (renewed.difference.share, renewed.difference.other) == (0.8, 0.6)
    assert found["fell", "expanded"].difference.points == pytest.approx(-30 / 110)
    rows = {row["name"]: row for row in cells.comparison_rows(list(found.values()))}
    row = rows["Onboarding in target, against longer: Renewed"]
    assert (row["shares"], row["points"], row["range"], row["chance"]) == ("80% and 60%", "+20", "+5 to +33", False)
    assert rows["Went back at least once, against never: Advocates"]["chance"]
    assert compared(patterns[:1]) == [], "there is nobody to compare them with"
    assert compared([]) == []


def test_page_and_file_tell_them(world: World, rival: World) -> None:
    """As many as can be told, of this company's tracks; the rival's change nothing."""
    with world.open():
        random_journeys(11, 40)
        expected = compared(Walked(Account.objects.all(), SPAN).patterns())
        assert expected
    with rival.open():
        random_journeys(12, 20)
    text = world.client("leader").get(world.url("journey/habits/")).content.decode()
    assert text.count("could be chance") == sum(each.difference.may_be_chance for each in expected)
    with world.open():
        told = [
            row
            for row in files.rows(Walked(Account.objects.all(), SPAN), "segment")
            if row[0].startswith("difference_")
        ]
    assert len(told) == 3 * len(expected)
