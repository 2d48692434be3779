"""Figures of large books that the night keeps: the same as those of now, for every reader and filter, and soon after a change
(JRN-25 to JRN-33, PAGES)."""

import datetime as dt
import random
import re

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from accounts.models import Absence, Account, Member, Segment, Team, in_sight_of
from cs_platform import pipeline
from cs_platform.kernel import queue
from cs_platform.kernel.models import Work
from health.enums import SurveyKind
from health.models import Survey
from journey.analysis import files, kept
from journey.analysis.flow import Figures, at_share
from journey.analysis.spans import CUTS, SPANS, Choice, span_of
from journey.analysis.walked import Walked
from journey.enums import Exit, Stage
from journey.models import JourneyMark, JourneySpan, JourneySum, StagePeriod
from journey.stages import services
from tests.conftest import World
from tests.journey.journeys import random_journeys
from tests.journey.stage_facts import ago, first_value


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every book is a large one."""
    monkeypatch.setattr(kept, "FEW_TRACKS", 0)


def tell(world: World, seed: int, accounts: int = 30) -> None:
    """A book of journeys, answers and first values whose accounts several people look after, some nobody."""
    random_journeys(seed, accounts)
    chance = random.Random(seed)
    team = Team.objects.create(name=f"Team {seed}", leader=world.members["leader"])
    Member.objects.filter(id=world.members["csm"].id).update(team=team)
    people = [world.members["csm"].id, world.members["ops"].id, None]
    for one in Account.objects.filter(external_id__startswith=f"R{seed}-"):
        Account.objects.filter(id=one.id).update(
            owner=chance.choice(people),
            signed_on=ago(chance.randrange(100, 300)),
            employees=chance.choice((None, 5, 500, 5000)),
        )
        if chance.random() < 0.5:
            first_value(one, on=ago(chance.randrange(1, 99)))
        at = dt.datetime.combine(ago(chance.randrange(0, 300)), dt.time(12), tzinfo=dt.UTC)
        Survey.objects.create(
            external_id=f"S-{one.external_id}", account=one, kind=SurveyKind.JOURNEY_NPS, score=chance.randrange(0, 11), scale=10,
            answered_at=at, source="api", known_on=at.date(),
        )  # fmt: skip


def said(figures: Figures) -> list[list[object]]:
    """Everything that the page, its file and its lists of flags say, in a fixed order."""
    rows = [row for cut in CUTS for row in files.rows(figures, cut)]
    longest = [[row[name] for name in ("account", "kind", "stage", "blocker", "days")] for row in figures.longest()]
    flags = sorted(figures.flagged().items())
    marked = [sorted(map(str, figures.flagged_with(flag))) for flag, _n in flags]
    return [*sorted(rows, key=str), *longest, *flags, *marked]


def now(name: str, only: Q) -> Walked:
    return Walked(Account.objects.filter(only), span_of(name, ago(0)))


def then(world: World, name: str, only: Q, cut: str = "segment") -> Figures:
    found = kept.figures_of(world.tenant, name, only, cut)
    assert isinstance(found, kept.Kept)
    return found


class Whole(kept.Kept):
    """With the rows of every cut, for a comparison of all of them at once."""

    def parts(self):
        return self._sums().exclude(figure="pattern")


@pytest.mark.parametrize("seed", [1, 2])
def test_kept_figures_are_those_of_now_for_every_span_reader_and_filter(
    world: World, rival: World, large, seed: int
) -> None:
    """Segments, sources, sizes, teams, people, covers: the same rows as the live computation, and none of the rival's."""
    with rival.open():
        tell(rival, 9, 6)
        kept.reckon_night(ago(1))
    with world.open():
        tell(world, seed)
        assert kept.reckon_night(ago(1)) > 100
        for name in SPANS:
            segment = Segment.objects.order_by("position")[0]
            csm, team = world.members["csm"], Team.objects.get()
            filters = [
                Q(),
                *(in_sight_of(world.members[who]) for who in ("leader", "csm", "admin")),
                Choice(segment=str(segment.id)).narrowing(),
                Choice(csm=str(csm.id)).narrowing() & Choice(segment=str(segment.id)).narrowing(),
                Choice(team=str(team.id)).narrowing(),
                Choice(csm=str(segment.id)).narrowing(),
            ]
            for only in filters:
                row = JourneySpan.objects.get(span=name)
                live, stored = said(now(name, only)), said(Whole(row, only, ""))
                assert stored == live, (name, only)
            assert {row[3] for row in live} <= {"", 0}  # the last one asks for somebody who does not exist
            assert len(said(now(name, Q()))) > 200


def test_each_row_counts_once_though_its_owner_is_found_twice(world: World, large) -> None:
    """A leader of a team who is in it too, and covers for its member: no join counts a part twice."""
    with world.open():
        tell(world, 3)
        leader, csm = world.members["leader"], world.members["csm"]
        Member.objects.filter(id=leader.id).update(team=Team.objects.get())
        Absence.objects.create(member=csm, cover=leader, first_on=ago(1), last_on=ago(-1))
        leader.refresh_from_db()
        kept.reckon_night(ago(1))
        only = in_sight_of(leader) if leader.role.scope == "team" else Q(owner__team__leader=leader) | Q(owner=None)
        row = JourneySpan.objects.get(span="90")
        assert said(Whole(row, only, "")) == said(now("90", only))


def test_a_change_of_a_stage_shows_after_the_reaction(world: World, large) -> None:
    """JRN-03: a person ends a stage; the page says so when the work that follows is done, and the same as a walk would."""
    with world.open():
        tell(world, 4)
        kept.reckon_night(ago(1))
        period = StagePeriod.objects.filter(exited_on=None, stage=Stage.ONBOARDING, track__closed_on=None).first()
        assert period is not None
        before = then(world, "90", Q()).flows()[0].of("out", "onboarding", Exit.SKIPPED).periods
        services.end_stage(
            period=period,
            outcome=Exit.SKIPPED,
            on=ago(0),
            by=world.members["csm"],
            note="Not needed",
            to=Stage.ADOPTION,
        )
        assert then(world, "90", Q()).flows()[0].of("out", "onboarding", Exit.SKIPPED).periods == before
        work = Work.objects.get(name="reckon_journeys")
        assert not queue.HANDLERS[work.name].run(work)
        found = then(world, "90", Q())
        assert found.flows()[0].of("out", "onboarding", Exit.SKIPPED).periods == before + 1
        for name in SPANS:
            assert said(Whole(JourneySpan.objects.get(span=name), Q(), "")) == said(now(name, Q())), name
        at = found.as_of
        kept.reckon_changed(work)  # nothing changed since: nothing is written
        assert then(world, "90", Q()).as_of == at


def test_a_second_night_leaves_the_same_rows_and_a_small_book_none(world: World, rival: World, monkeypatch) -> None:
    """Rerun: the same tables. A book that is small keeps nothing, wishes no work, and is read from its facts."""
    with rival.open():
        tell(rival, 9, 6)

    def rows() -> list[object]:
        sums = JourneySum.objects.order_by("span", "place")
        marks = JourneyMark.objects.order_by("as_of", "flag", "period_id")
        return [*sorted(map(str, sums.values_list(*kept.KEYS, "span", "n", "accounts", "mrr", "owner_id"))), *marks.values_list("flag", "period_id", "days", "owner_id")]  # fmt: skip

    with world.open():
        tell(world, 5)
        kept.reckon_night(ago(1))
        assert rows() == []
        period = StagePeriod.objects.filter(exited_on=None).first()
        services.block(period=period, blocker="", note="", version=None, by=world.members["csm"])
        assert not Work.objects.filter(name="reckon_journeys").exists()
        assert isinstance(kept.figures_of(world.tenant, "90", Q(), "segment"), Walked)
        monkeypatch.setattr(kept, "FEW_TRACKS", 0)
        kept.reckon_night(ago(1))
        first = rows()
        assert len(first) > 500
        kept.reckon_night(ago(1))
        assert rows() == first
        monkeypatch.undo()
        kept.reckon_night(ago(1))
        assert rows() == []
    with rival.open():
        assert rows() == []


def test_pages_of_a_large_book_read_what_is_kept_and_say_of_when(world: World, rival: World, large) -> None:
    """PAGES: no stage period is walked for the page, its queries do not grow, and lists and files agree with it."""
    leader = world.client("leader")
    with world.open():
        tell(world, 6)
        live = now("90", in_sight_of(world.members["leader"])).flows()[0]
    walked = leader.get(world.url("journey/")).content.decode()
    assert "as of " not in walked
    with world.open():
        kept.reckon_night(ago(1))
    with CaptureQueriesContext(connection) as found:
        text = leader.get(world.url("journey/")).content.decode()
    asked = " ".join(each["sql"] for each in found)
    assert "CREATE TEMPORARY TABLE walked" not in asked
    assert len(found) <= 24
    assert "as of " in text
    # Everything else stands as it stood.
    bare = re.compile(r" · as of [^<]*|nonce-[^\"]*|csrf[^>]*>")
    parts = [re.sub(r"\s+", " ", bare.sub("", re.search(r'id="journey".*?id="habits"', page, re.DOTALL)[0])) for page in (walked, text)]  # fmt: skip
    assert parts[0] == parts[1]
    habits = leader.get(world.url("journey/habits/")).content.decode()
    for link in re.findall(r'href="(/t/[^"]*show=flag[^"]*)"', habits):
        assert leader.get(link.replace("&amp;", "&")).status_code == 200
    for path in ("journey/tracks/?show=stalled", "journey/figures.csv", "journey/tracks.csv?show=back"):
        assert leader.get(world.url(path)).status_code == 200
    back = leader.get(world.url("journey/tracks.csv?show=back")).content.decode().strip().splitlines()
    assert len(back) - 1 == live.went_back
    foreign = rival.client("leader").get(rival.url("journey/")).content.decode()
    assert "No journeys here" in foreign


def test_lists_are_about_the_days_of_the_kept_figures(world: World, large) -> None:
    """Until the night has run the page tells of yesterday, and so do its lists."""
    with world.open():
        tell(world, 7)
        kept.reckon_night(ago(1))
        day = dt.timedelta(days=1)
        for row in JourneySpan.objects.filter(span="90"):
            JourneySpan.objects.filter(span="90").update(
                first=row.first - day, last=row.last - day, before_first=row.before_first - day
            )
        for name, days in (("90", 1), ("365", 0)):
            figures = kept.figures_of(world.tenant, name, Q(), "segment")
            assert kept.walked_of(world.tenant, figures, Q()).span.last == ago(days)


def test_shares_lie_between_days_as_the_database_says() -> None:
    """The worked example, and a comparison with the database's own percentile."""
    assert at_share({10: 1, 20: 2, 40: 1}, 0.5) == 20
    assert at_share({10: 1, 20: 2, 40: 1}, 0.25) == 17.5
    assert at_share({7: 1}, 0.75) == 7


@pytest.mark.django_db
def test_shares_are_percentiles_of_the_database() -> None:
    chance = random.Random(8)
    for _n in range(30):
        days = [chance.randrange(0, 12) for _each in range(chance.randrange(1, 40))]
        counts = {day: days.count(day) for day in days}
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY d) FROM unnest(%s::int[]) d",
                [days],
            )
            expected = cursor.fetchone()[0]
        assert [at_share(counts, share) for share in (0.25, 0.5, 0.75)] == pytest.approx(expected)


def test_it_is_a_step_of_the_night_and_follows_changes() -> None:
    assert "journeys" in [name for name, _step in pipeline.NIGHTLY]
    assert pipeline.REACTIONS["journey.changed"] == ("reckon_journeys",)
