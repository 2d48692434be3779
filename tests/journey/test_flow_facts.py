"""What the Journey page reads beside the stages: answers, first values, the usual mistakes (JRN-28, JRN-29, JRN-33)."""

import datetime as dt

from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, Segment
from health.models import Survey
from journey.analysis import cells
from journey.analysis.flow import score_of
from journey.analysis.habits import flagged, habits
from journey.analysis.spans import Listed, Span
from journey.analysis.walked import Walked
from journey.models import StagePeriod, Track
from journey.stages import services
from tests.conftest import World
from tests.journey.journeys import random_journeys
from tests.journey.stage_facts import account, ago, first_value, period_of, track

SPAN = Span(ago(89), ago(0), ago(179))


def answer(of: Account, score: int, back: int, kind: str = "journey_nps") -> None:
    at = dt.datetime.combine(ago(back), dt.time(12), tzinfo=dt.UTC)
    Survey.objects.create(
        account=of, external_id=f"S-{of.external_id}-{back}-{score}-{kind}", kind=kind, context="relationship", score=score,
        answered_at=at, known_on=ago(back), source="api",
    )  # fmt: skip


def test_answers_count_where_the_track_stood_that_day(world: World, rival: World) -> None:
    """JRN-29: 9 and 10 in adoption, 6 before in onboarding; the relationship's NPS is another question."""
    with rival.open():
        answer(account("A-1"), 0, 10)
    with world.open():
        one = account("A-1")
        row = track(one, world.members["csm"], on=ago(80))
        services.end_stage(
            period=period_of(row), outcome="skipped", on=ago(40), to="adoption", note="Known.", by=world.members["csm"]
        )
        for score, back in ((6, 60), (9, 30), (10, 10), (10, 100)):
            answer(one, score, back)
        answer(one, 0, 5, "nps")
        scores = Walked(Account.objects.all(), SPAN).scores("segment")
        assert score_of(scores, "now", "onboarding").nps == -100
        assert score_of(scores, "now", "adoption").nps == 100
        assert (score_of(scores, "now").answers, score_of(scores, "now").nps) == (3, (2 - 1) / 3 * 100)
        assert score_of(scores, "before").nps == 100  # before the track began: of no stage, and counted


def test_first_values_of_the_span_and_their_targets(world: World) -> None:
    with world.open():
        segment = Segment.objects.get(profile="smb")
        for name, signed, reached in (("A-1", 60, 40), ("A-2", 90, 30), ("A-3", 200, 150), ("A-4", 50, 50)):
            one = account(name)
            Account.objects.filter(id=one.id).update(signed_on=ago(signed), segment=segment)
            first_value(one, on=ago(reached))
        found = Walked(Account.objects.all(), SPAN).first_values()
        assert found["now"] == {
            "accounts": 3,
            "median": 20.0,
            "in_target": 2,
        }  # 20, 60 and 0 days; 30 at most
        assert found["before"]["median"] == 50.0


def test_where_tracks_stood_when_the_customer_left(world: World) -> None:
    """JRN-28: the stage that was open, once for each track; a use case that was dropped is no customer who left."""
    with world.open():
        by = world.members["csm"]
        for name, because in (("A-1", "left"), ("A-2", "dropped"), ("A-3", "left")):
            row = track(account(name), by, stage="adoption")
            services.close_track(track=row, because=because, on=ago(5), note="", version=None, by=by)
        # A department that stood in two stages, and the customer's core track: two tracks of one customer.
        one = account("A-4")
        core = track(one, by, stage="adoption", on=ago(90))
        services.enter_stage(track=core, stage="retention", on=ago(80), by=by)
        services.enter_stage(track=core, stage="renewal", on=ago(30), by=by)
        use = track(one, by, kind="use_case", name="Reports", on=ago(70))
        for row in (core, use):
            services.close_track(track=row, because="left", on=ago(5), note="", version=None, by=by)
        made = Walked(Account.objects.all(), SPAN)
        now = made.flows()[0]
        by_stage = {stage: now.of("churned", stage).periods for stage in ("onboarding", "adoption", "retention")}
        assert by_stage == {"onboarding": 1, "adoption": 2, "retention": 1}
        listed = made.listed(Listed(show="churned"), None)
        assert {row["external_id"] for row in listed} == {"A-1", "A-3", "A-4"}
        # What the foot of the map says is what its list holds.
        assert (now.of("churned").periods, now.of("churned").accounts) == (len(listed), 3)
        assert cells.left(now) == "4 tracks left, 3 customers"


def test_usual_mistakes_open_to_where_they_happen(world: World, rival: World) -> None:
    """JRN-33: each count is the number of tracks that carry the flag, in a fixed number of statements."""
    with rival.open():
        random_journeys(1, 4)
    with world.open():
        random_journeys(2, 6)

        def mistakes() -> list[dict]:
            everybody = Account.objects.all()
            return habits(everybody, SPAN, Walked(everybody, SPAN).flagged(), lambda **to: str(to))

        def cost() -> int:
            with CaptureQueriesContext(connection) as found:
                mistakes()
            return len(found)

        few = cost()
        random_journeys(3, 20)
        assert cost() <= few + 1  # one more statement where something has been met for two weeks
        flags = flagged(Account.objects.all(), SPAN)
        assert flags["past_target"]
        rows = {row["text"]: row for row in mistakes()}
        assert sum(row["count"] == str(len(flags["past_target"])) for row in rows.values()) >= 1
        listed = Walked(Account.objects.all(), SPAN).listed(Listed(show="flag"), None, flags["past_target"])
        assert {row["period_id"] for row in listed} == set(flags["past_target"])
        assert set(flags["past_target"]) <= set(
            StagePeriod.objects.filter(track__in=Track.objects.values("id")).values_list("id", flat=True)
        )
