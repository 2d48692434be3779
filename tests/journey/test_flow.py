"""The figures of the Journey page against a plain count of the same journeys (JRN-25 to JRN-31)."""

import datetime as dt
import statistics
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account, Segment
from cs_platform.kernel.keyset import Cursor
from journey.analysis.flow import score_of
from journey.analysis.spans import Choice, Listed, Span, span_of
from journey.analysis.walked import Walked
from journey.enums import Entry, Exit, Stage
from journey.models import StagePeriod, Track
from journey.stages import flags, targets
from tests.conftest import World
from tests.journey.journeys import Told, random_journeys
from tests.journey.stage_facts import ago

DAY = dt.timedelta(days=1)
SPAN = Span(ago(89), ago(0), ago(179))


def stands(one: Told, day: dt.date) -> bool:
    return one.entered <= day and (one.exited is None or one.exited > day)


def within(day: dt.date | None, first: dt.date, last: dt.date) -> bool:
    return day is not None and first <= day <= last


@contextmanager
def undone(world: World) -> Iterator[None]:
    """In the world, until the end of the block: what was written is taken back, for the next example."""
    with world.open(), transaction.atomic():
        yield
        transaction.set_rollback(True)


def seeded(world: World) -> bool:
    with world.open():
        return Account.objects.exists()


def walked(span: Span = SPAN) -> Walked:
    return Walked(Account.objects.all(), span)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_the_flow_is_what_a_plain_count_says(world: World, rival: World, seed: int) -> None:
    """JRN-25, JRN-27: what was, came, ended and stands, by stage; the rival's journeys count nowhere."""
    if not seeded(rival):
        with rival.open():
            random_journeys(1, 4)
    with undone(world):
        told = random_journeys(seed)
        made = walked()
        for found, first, last in (
            (made.flows()[0], SPAN.first, SPAN.last),
            (made.flows()[1], SPAN.before_first, SPAN.first - DAY),
        ):
            for stage in Stage.values:
                own = [one for one in told if one.stage == stage]
                assert found.of("open", stage).periods == sum(stands(one, last) for one in own)
                assert found.of("was", stage).periods == sum(stands(one, first - DAY) for one in own)
                came = Counter(one.entry for one in own if within(one.entered, first, last))
                assert {e: found.of("in", stage, e).periods for e in Entry.values if found.of("in", stage, e)} == came
                out = Counter(one.outcome for one in own if within(one.exited, first, last))
                assert {e: found.of("out", stage, e).periods for e in Exit.values if found.of("out", stage, e)} == out
                # The law: what stands is what stood, and what came, without what ended.
                assert found.of("open", stage).periods == found.of("was", stage).periods + sum(came.values()) - sum(
                    out.values()
                )
                accounts = {one.account for one in own if stands(one, last)}
                assert found.of("open", stage).accounts == len(accounts)
            back = Counter(
                (one.stage, one.back_to)
                for one in told
                if one.outcome == "regressed" and within(one.exited, first, last)
            )
            assert {(s, o): a.periods for (c, s, o), a in found.cells.items() if c == "back"} == back
            assert found.went_back == back.total()
            tracks = {one.track for one in told if one.entered <= last and (one.exited is None or one.exited >= first)}
            assert found.tracks == len(tracks)
            assert found.by_other("cause") == Counter(
                one.cause for one in told if one.outcome == "regressed" and within(one.exited, first, last)
            )


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_velocity_and_stalls_are_what_a_plain_count_says(world: World, seed: int) -> None:
    """JRN-26: mean, median, spread and target; what stalls is what the flags of the stages say."""
    with undone(world):
        told = random_journeys(seed)
        made = walked()
        speeds = {(each.stage, each.segment): each for each in made.speeds()}
        done = [one for one in told if one.outcome == "completed" and within(one.exited, SPAN.first, SPAN.last)]
        assert speeds.keys() == {(one.stage, one.segment) for one in done}
        for (stage, segment), found in speeds.items():
            days = [
                (one.exited - one.entered).days
                for one in done
                if (one.stage, one.segment) == (stage, segment) and one.exited
            ]
            assert (found.periods, found.fastest, found.slowest) == (len(days), min(days), max(days))
            assert found.mean == pytest.approx(statistics.mean(days))
            assert found.median == pytest.approx(statistics.median(days))
            profile = Account.objects.filter(segment__name=segment).select_related("segment")[0].segment
            target = targets.targets_of([profile])[profile.id][stage]
            assert (found.days_from, found.days_to) == (target.days_from, target.days_to)
            assert found.in_target == sum(target.days_to is not None and d <= target.days_to for d in days)
        periods = list(StagePeriod.objects.filter(exited_on=None).select_related("track__account"))
        judged = flags.flags_of(periods, SPAN.last)
        stalled = Counter(p.stage for p in periods if any(f.key == flags.Key.STALLED for f in judged[p.id]))
        counted: Counter[str] = Counter()
        for each in made.stalls():
            counted[each.stage] += each.periods
        assert counted == stalled


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_each_number_opens_to_as_many_tracks(world: World, seed: int) -> None:
    """What the page counts is what the list behind it shows; in pages as well as at once."""
    with world.open():
        random_journeys(seed, 20)
        made = walked()
        now = made.flows()[0]
        for stage in Stage.values:
            for show, count in (
                ("open", now.of("open", stage).periods),
                ("in", now.total("in", stage)),
                ("completed", now.of("out", stage, Exit.COMPLETED).periods),
                ("back", now.of("out", stage, Exit.REGRESSED).periods),
                ("skipped", now.of("out", stage, Exit.SKIPPED).periods),
                ("left", now.of("out", stage, Exit.ABANDONED).periods),
                ("ended", now.ended(stage)),
                ("override", now.of("override", stage).periods),
                ("churned", now.of("churned", stage).periods),
                ("stalled", sum(each.periods for each in made.stalls() if each.stage == stage)),
            ):
                found = made.listed(Listed(show=show, stage=stage), None)
                assert len(found) == count, (show, stage)
                assert all(row["total"] == count for row in found)
                assert [row["length"] for row in found] == sorted((row["length"] for row in found), reverse=True)
        everything = made.listed(Listed(), None)
        pages: list[dict[str, Any]] = []
        last = None
        while page := made.listed(Listed(), 7, cursor=last and Cursor(last["period_id"], (last["length"],))):
            pages += page
            last = page[-1]
        assert [row["period_id"] for row in pages] == [row["period_id"] for row in everything]
        for cause, count in now.by_other("cause").items():
            assert len(made.listed(Listed(show="back", cause=cause), None)) == count
        for each in made.stalls():
            shown = made.listed(Listed(show="stalled", stage=each.stage, blocker=each.blocker or "none"), None)
            assert len(shown) == each.periods
        for cut in made.cuts("segment"):
            assert len(made.listed(Listed(show="back", cut="segment", value=cut.value), None)) == cut.went_back


def test_cuts_add_up_to_the_whole(world: World) -> None:
    """JRN-30: whatever it is cut by, the parts are the whole."""
    with world.open():
        random_journeys(5, 20)
        made = walked()
        now = made.flows()[0]
        for cut in ("segment", "source", "size", "tier"):
            rows = made.cuts(cut)
            assert sum(row.tracks for row in rows) == now.tracks
            assert sum(row.went_back for row in rows) == now.went_back
            assert sum(row.adoption_completed for row in rows) == now.of("out", "adoption", "completed").periods
        with pytest.raises(ValueError, match="name"):
            made.cuts("name")


def test_patterns_tell_who_began_well(world: World) -> None:
    """JRN-31: journeys of a year and more, by target of onboarding and falls, counted by hand."""
    with world.open():
        told = random_journeys(11, 40)
        cores = {one.track for one in told if one.kind == "core" and one.opened <= ago(365)}
        usual = {each.name: targets.PROFILES[each.profile]["onboarding"].days_to for each in walked().segments}
        expected: Counter[tuple[bool, bool]] = Counter()
        for track in cores:
            own = [one for one in told if one.track == track]
            begun = own[0]
            if begun.exited is not None:
                in_target = (begun.exited - begun.entered).days <= (usual[begun.segment] or 0)
                expected[(in_target, any(one.outcome == "regressed" for one in own))] += 1
        assert {(p.in_target, p.fell): p.tracks for p in walked().patterns()} == expected


def test_a_past_quarter_knows_nothing_of_what_came_later(world: World) -> None:
    """JRN-31: who fell, renewed or left after the last day had not done so then."""
    last = ago(60)
    with world.open():
        segment = Segment.objects.get(profile="smb")
        for number, back in enumerate((70, 50)):
            track = _old_track(f"P-{number}", segment, closed_on=ago(back))
            _stay(track, "onboarding", 500, 490, "completed")
            _stay(track, "renewal", 200, back, "completed")
            _stay(track, "retention", 490, back, "regressed", "health")
        found = {
            (p.in_target, p.fell): p for p in Walked(Account.objects.all(), Span(ago(149), last, ago(239))).patterns()
        }
        assert (found[True, True].tracks, found[True, True].gone, found[True, True].renewed) == (1, 1, 1)
        late = found[True, False]
        assert (late.tracks, late.gone, late.renewals, late.renewed) == (1, 0, 0, 0)


def _old_track(name: str, segment: Segment, closed_on: dt.date) -> Track:
    account = Account.objects.create(external_id=name, name=name, segment=segment, status="churned")
    return Track.objects.create(
        external_id=name, account=account, kind="core", name="Core", opened_on=ago(500), closed_on=closed_on,
        closed_because="left", source="member",
    )  # fmt: skip


def _stay(track: Track, stage: str, first: int, last: int, outcome: str, cause: str = "") -> None:
    StagePeriod.objects.create(
        external_id=f"{track.external_id}-{stage}", track=track, stage=stage, entered_on=ago(first), entry="began",
        exited_on=ago(last), outcome=outcome, cause=cause, source="member",
    )  # fmt: skip


def test_recovered_tracks_and_their_days(world: World) -> None:
    """Who completed the stage that it went back to is on the way up again."""
    with world.open():
        told = random_journeys(21, 40)
        days = []
        for one, later in pairwise(told):
            fell = one.outcome == "regressed" and within(one.exited, SPAN.first, SPAN.last) and later.track == one.track
            if fell and later.entry == "went_back" and later.outcome == "completed" and later.exited and one.exited:
                days.append((later.exited - one.exited).days)
        found = walked().flows()[0]
        assert found.recovered == sorted(days)
        assert found.recovery == statistics.median(days)


def test_merged_accounts_count_where_they_went(world: World) -> None:
    with world.open():
        random_journeys(31, 3)
        gone, stays = Account.objects.order_by("external_id")[:2]
        before = walked().flows()[0].tracks
        Account.objects.filter(id=gone.id).update(merged_into=stays, merged_at=dt.datetime.now(dt.UTC))
        assert walked().flows()[0].tracks == before
        own = Track.objects.filter(account__in=[gone.id, stays.id]).count()
        found = {row["track_id"] for row in Walked(Account.objects.filter(id=stays.id), SPAN).listed(Listed(), None)}
        assert len(found) <= own


def test_nobody_has_no_figures(world: World) -> None:
    """Empty stays empty: no rate, no division by nothing."""
    with world.open():
        made = walked()
        now, before = made.flows()
        assert (now.tracks, now.back_rate, now.rate("adoption"), before.went_back) == (0, None, None, 0)
        assert made.speeds() == made.patterns() == made.longest() == made.cuts("segment") == []
        assert made.first_values() == {}
        assert score_of(made.scores("segment"), "now").nps is None


def test_spans_and_choices() -> None:
    today = dt.date(2026, 11, 21)
    assert span_of("90", today) == Span(dt.date(2026, 8, 24), today, dt.date(2026, 5, 26))
    assert span_of("quarter", today) == Span(dt.date(2026, 7, 1), dt.date(2026, 9, 30), dt.date(2026, 4, 1))
    for span in (span_of(name, today) for name in ("90", "365")):
        assert span.last - span.first == span.first - DAY - span.before_first
    usual = Choice()
    assert Choice.parse({"span": "7", "by": "name", "csm": "x'", "speed": "none", "count": "eggs"}) == usual
    assert usual.query() == ""
    assert Choice.parse({"span": "365", "by": "size"}).query() == "span=365&by=size"
    wrong = Listed.parse({"show": "all", "stage": "x", "cut": "owner_id; --", "value": "y", "cause": "q" * 90})
    assert (wrong.show, wrong.stage, wrong.cut, wrong.value, len(wrong.cause)) == ("open", "", "", "", 60)
