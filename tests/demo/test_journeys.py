"""The demo's journeys: the same again for the same seed, in step with their story, and possible (JRN-01 to JRN-03)."""

import datetime as dt
from collections import Counter, defaultdict
from itertools import pairwise

import pytest

from cs_platform.demo import company
from cs_platform.demo.company import Company, make_company
from cs_platform.demo.journeys import Journey, words
from cs_platform.demo.stories import Plot, make_stories
from journey.enums import Blocker, Cause, Entry, Exit, Stage, TrackEnd, TrackKind
from journey.stages import guide
from journey.stages.criteria import BUILT_IN

LAST = dt.date(2026, 11, 20)
NORTHWIND = Company("NW", "USD", "northwind.example")


def made(monkeypatch: pytest.MonkeyPatch, seed: int = 7, accounts: int = 420) -> list[Journey]:
    monkeypatch.setattr(company, "_signals", lambda *_args: None)
    return make_company(company=NORTHWIND, seed=seed, accounts=accounts, last=LAST).journeys


@pytest.fixture(params=[7, 8, 42])
def told(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[Journey]:
    return made(monkeypatch, request.param)


def test_the_same_seed_tells_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    assert made(monkeypatch) == made(monkeypatch)
    assert made(monkeypatch) != made(monkeypatch, 8)


def test_each_journey_is_possible(told: list[Journey]) -> None:
    """JRN-02: several stages at once, none twice at the same time, nothing after the end or the last day."""
    for track in told:
        assert track.kind in TrackKind.values
        assert track.because in ("", *TrackEnd.values)
        assert bool(track.closed_on) == bool(track.because)
        by_stage = defaultdict(list)
        for stay in track.stays:
            assert (stay.stage in Stage.values, stay.entry in Entry.values, stay.outcome in ("", *Exit.values)) == (
                True,
            ) * 3
            assert stay.cause in ("", *Cause.values)
            assert bool(stay.cause) == (stay.outcome == "regressed")
            assert track.opened_on <= stay.entered_on <= (stay.exited_on or LAST) <= LAST
            assert bool(stay.exited_on) == bool(stay.outcome)
            if track.closed_on:
                assert stay.exited_on is not None
                assert stay.exited_on <= track.closed_on
            if stay.blocker:
                assert stay.blocker in Blocker.values
                assert stay.blocker in guide.BLOCKERS[stay.stage]
            assert all(
                (stay.stage, key) in BUILT_IN and stay.entered_on <= day <= LAST
                for key, day in words(stay, LAST).items()
            )
            assert not (stay.stage == "retention" and stay.outcome == "completed")
            by_stage[stay.stage].append(stay)
        for stays in by_stage.values():
            stays.sort(key=lambda each: each.entered_on)
            for earlier, later in pairwise(stays):
                assert earlier.exited_on is not None
                assert earlier.exited_on <= later.entered_on


def test_it_is_about_as_large_as_the_company(told: list[Journey]) -> None:
    """About 600 open tracks of 420 customers; most of those who went back are past it."""
    live = [track for track in told if track.closed_on is None]
    assert 540 < len(live) < 680
    assert Counter(track.kind for track in live)["core"] == 418  # two are departments of others
    back = [stay for track in live for stay in track.stays if stay.entry == "went_back"]
    back = [stay for stay in back if (LAST - stay.entered_on).days > 120]
    assert 80 < len(back) < 450
    assert sum(stay.outcome == "completed" for stay in back) > len(back) / 2


def test_halcyon_fell_when_its_champion_left(told: list[Journey], request: pytest.FixtureRequest) -> None:
    """JRN-24: its map shows one fall of the core track, from Retention to Adoption, which a person accepted."""
    stories = {s.name: s for s in make_stories(seed=request.node.callspec.params["told"], accounts=420, last=LAST)}
    halcyon = stories["Halcyon Freight"]
    (core,) = [t for t in told if (t.account, t.kind) == (NORTHWIND.key(halcyon.number), "core")]
    (fell,) = [stay for stay in core.stays if stay.outcome == "regressed"]
    (back,) = [stay for stay in core.stays if stay.entry == "went_back"]
    assert (fell.stage, fell.cause, back.stage, back.exited_on) == ("retention", "champion", "adoption", None)
    assert halcyon.turned_on
    assert back.entered_on == fell.exited_on == halcyon.turned_on + dt.timedelta(days=1)
    assert [(each.accepted, each.on) for each in core.answers] == [(True, back.entered_on)]


def test_who_left_has_no_open_track(told: list[Journey], request: pytest.FixtureRequest) -> None:
    seed = request.node.callspec.params["told"]
    stories = {NORTHWIND.key(s.number): s for s in make_stories(seed=seed, accounts=420, last=LAST)}
    for track in told:
        story = stories[track.account]
        if story.plot is Plot.CHURNER and story.ends_on <= LAST:
            assert track.closed_on is not None
            assert track.closed_on <= story.ends_on
        elif track.kind == "core":
            assert track.closed_on is None
