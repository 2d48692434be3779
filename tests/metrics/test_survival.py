"""Kaplan and Meier against the textbook and against the plain median (MET-14)."""

import statistics
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from metrics.figures.survival import Wait, curve, median, share_by

WAITS = st.lists(st.builds(Wait, st.integers(0, 200), st.booleans(), st.integers(1, 4)), max_size=40)


def test_freireich_remission_times():
    """6-mercaptopurine, 21 patients (Freireich 1963): the table of every textbook: S(6) = .857, S(10) = .753,
    S(13) = .690, S(22) = .538, S(23) = .448; median 23."""
    reached = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    waiting = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    steps = curve([Wait(day, True) for day in reached] + [Wait(day, False) for day in waiting])
    told = {day: round(float(1 - share), 3) for day, share in steps}
    assert told == {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.69, 16: 0.627, 22: 0.538, 23: 0.448}
    assert median(steps) == 23


def test_who_waits_is_not_dropped():
    """Two of three got there after 10 and 20 days; the third waits since 100: the median is 20 and not 15."""
    assert median(curve([Wait(10, True), Wait(20, True), Wait(100, False)])) == 20
    assert median(curve([Wait(10, True), Wait(5, False, 3)])) == 10
    assert median(curve([Wait(10, True), Wait(50, False, 3)])) is None
    assert median(curve([])) is None
    assert curve([Wait(3, False)]) == []


def test_share_by_a_day():
    steps = curve([Wait(10, True), Wait(20, False), Wait(30, True, 2)])
    assert steps == [(10, Fraction(1, 4)), (30, Fraction(1))]
    assert [share_by(steps, day) for day in (9, 10, 29, 30, 99)] == [0, Fraction(1, 4), Fraction(1, 4), 1, 1]


@given(st.lists(st.integers(0, 500), min_size=1, max_size=60))
def test_without_anybody_waiting_it_is_the_plain_median(days):
    assert median(curve(Wait(day, True) for day in days)) == Decimal(statistics.median(days))


@given(WAITS)
def test_the_share_rises_within_one_and_counts_weigh_like_repetition(waits):
    steps = curve(waits)
    shares = [share for _day, share in steps]
    assert shares == sorted(shares)
    assert all(0 < share <= 1 for share in shares)
    apart = [Wait(wait.days, wait.reached) for wait in waits for _ in range(wait.count)]
    assert curve(apart) == steps


@given(WAITS, st.integers(0, 200))
def test_more_that_wait_never_raise_the_share(waits, days):
    """Somebody who still waits at the end can only lower the share of those who got there."""
    before, after = curve(waits), curve([*waits, Wait(201, False)])
    assert share_by(after, days) <= share_by(before, days)
