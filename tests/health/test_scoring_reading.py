"""What pages read of scores, overrides, and the life of a version (HLT-01, HLT-12, HLT-17)."""

import datetime as dt

import pytest

from accounts.enums import HealthBand
from accounts.models import Account, Segment
from cs_platform.kernel import queue
from cs_platform.kernel.errors import Conflict, DomainError
from health import news
from health.enums import VersionState
from health.models import HealthModel, HealthOverride, HealthScore
from health.scoring import diff, jobs, overrides, selectors, versions
from health.scoring.definition import Definition
from tests.conftest import World
from tests.health import scoring_facts as facts
from tests.health.scoring_facts import DAY
from tests.health.test_scoring_jobs import known_well

WEEK_AGO = DAY - dt.timedelta(days=7)
R, Y, G, N = HealthBand.RED, HealthBand.YELLOW, HealthBand.GREEN, HealthBand.NONE


def stored(row: Account, day: dt.date, score: float | None, band: str) -> None:
    """A row of the history with nothing but a score."""
    HealthScore.objects.create(
        account_id=row.id,
        as_of=day,
        version_id=row.id,
        score=score,
        band=band,
        coverage=1,
        raw=[],
        points=[],
        shares=[],
    )


@pytest.fixture
def moved(tenant_open: World) -> dict[str, Account]:
    """Ten accounts of one owner: two rose from Red, one fell from Green; and one without a score before."""
    csm, leader = tenant_open.members["csm"], tenant_open.members["leader"]
    segment = Segment.objects.first()
    found = {}
    for i, (before, after) in enumerate(
        [(R, Y), (R, Y), (G, Y), (G, G), (G, G), (Y, Y), (Y, Y), (R, R), (Y, Y), (G, G), (N, Y)]
    ):
        row = facts.account(f"A-{i}", owner=csm if i < 10 else leader, segment=segment if i < 4 else None)
        scores = {R: 30.0, Y: 60.0, G: 90.0, N: None}
        stored(row, WEEK_AGO, scores[before], before)
        stored(row, DAY, scores[after], after)
        found[row.external_id] = row
    return found


def test_bands_of_two_days_by_one_join_each(moved: dict[str, Account]) -> None:
    """DSH-02: each account with its bands and scores; no row is no data, and accounts stay one row each."""
    both = selectors.bands(Account.objects.all(), WEEK_AGO, "band_before", "score_before")
    both = selectors.bands(both, DAY, "band_after", "score_after").order_by("external_id")
    said = str(both.query)
    assert (said.count("LEFT OUTER JOIN"), said.count("SELECT")) == (2, 1)
    found = {a.external_id: (a.band_before, a.score_before, a.band_after, a.score_after) for a in both}
    assert len(found) == both.count() == 11
    assert found["A-0"] == (R, 30.0, Y, 60.0)
    assert found["A-10"] == (N, None, Y, 60.0)
    assert both.filter(band_before=N).count() == 1
    assert set(selectors.bands(Account.objects.all(), dt.date(2020, 1, 1)).values_list("band_on", flat=True)) == {N}


def test_scores_of_another_tenant_are_not_seen(worlds: tuple[World, World]) -> None:
    world, rival = worlds
    with world.open():
        theirs = facts.account("A-0")
        for day in (WEEK_AGO, DAY):
            stored(theirs, day, 30.0, R)
    with rival.open():
        facts.account("A-0")
        assert list(selectors.bands(Account.objects.all(), DAY).values_list("band_on", flat=True)) == [N]
        assert selectors.history(theirs.id, WEEK_AGO, DAY) == []
        assert diff.row_on(theirs.id, DAY) is None
        assert selectors.definitions([theirs.id]) == {}


def test_history_and_factors(tenant_open: World) -> None:
    """HLT-06: each day with its components; each factor with raw number, points, weight and contribution."""
    row = known_well()
    for day in (WEEK_AGO, DAY):
        jobs.score_all(day)
    days = selectors.history(row.id, WEEK_AGO, DAY)
    assert [d.day for d in days] == [WEEK_AGO, DAY]
    stored_row = diff.row_on(row.id, DAY)
    assert stored_row is not None
    read = selectors.definitions([stored_row.version_id])
    definition = read[stored_row.version_id]
    found = selectors.factors(stored_row, definition)
    assert sum(f.weight for f in found) == pytest.approx(100)
    assert sum(f.contribution or 0 for f in found) == pytest.approx(days[1].score)
    for factor in found:
        assert (factor.raw is None) == (factor.points is None) == (factor.contribution is None)
        if factor.contribution is not None and factor.points is not None:
            assert factor.contribution == pytest.approx(factor.points * factor.weight / 100, abs=1e-5)
    difference = diff.explain(row, diff.row_on(row.id, WEEK_AGO), stored_row, read)
    assert difference is not None
    assert diff.explain(row, None, stored_row, read) is None
    assert diff.explain(row, stored_row, stored_row, read) is None
    assert sum(d.micro for d in difference.drivers) == difference.micro


def test_an_override_stands_beside_the_score(tenant_open: World) -> None:
    """The computed score is never changed; the override ends by itself."""
    row = known_well()
    jobs.score_all(DAY)
    before = facts.scores(), facts.shown()
    csm = tenant_open.members["csm"]
    last = DAY + dt.timedelta(days=10)
    made = overrides.set_override(
        account=row, band="green", reason=" Planned pause ", expires_on=last, today=DAY, by=csm
    )
    assert (made.reason, made.begins_on) == ("Planned pause", DAY)
    assert overrides.current(row.id, DAY) == made
    assert overrides.current(row.id, last) == made
    assert overrides.current(row.id, last + dt.timedelta(days=1)) is None
    jobs.score_all(DAY)
    assert (facts.scores(), facts.shown()) == before
    second = overrides.set_override(
        account=row, band="red", reason="Sold", expires_on=last, today=DAY + dt.timedelta(days=2), by=csm
    )
    assert overrides.current(row.id, DAY + dt.timedelta(days=1)) == HealthOverride.objects.get(id=made.id)
    assert overrides.current(row.id, DAY + dt.timedelta(days=2)) == second
    overrides.end_override(override=second, today=DAY + dt.timedelta(days=3), by=csm)
    assert overrides.current(row.id, DAY + dt.timedelta(days=3)) is None
    with pytest.raises(Conflict):
        overrides.end_override(override=second, today=DAY + dt.timedelta(days=3), by=csm)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"band": "none"}, "band"),
        ({"band": "blue"}, "band"),
        ({"reason": "  "}, "reason"),
        ({"reason": "x" * 1001}, "reason"),
        ({"expires_on": DAY}, "expires_on"),
        ({"expires_on": DAY + dt.timedelta(days=31)}, "expires_on"),
    ],
)
def test_an_override_that_is_refused(tenant_open: World, change: dict[str, object], field: str) -> None:
    good = {"band": "green", "reason": "Known", "expires_on": DAY + dt.timedelta(days=5)}
    with pytest.raises(DomainError) as error:
        overrides.set_override(account=facts.account(), today=DAY, by=None, **(good | change))  # type: ignore[arg-type]
    assert set(error.value.fields) == {field}
    assert not HealthOverride.objects.exists()


def test_the_life_of_a_version(tenant_open: World) -> None:
    """HLT-01: a published version never changes; a draft replaces it, with author and reason; scores follow."""
    leader = tenant_open.members["leader"]
    row = known_well()
    model = versions.standard()
    assert versions.standard().id == model.id
    first = versions.published(model)
    assert first is not None
    draft = versions.draft_from(model=model, by=leader)
    assert versions.draft_from(model=model, by=leader).id == draft.id
    assert draft.definition == first.definition
    data = Definition.read(draft.definition).json() | {"coverage": 0.3}
    saved = versions.save_draft(draft=draft, definition=data, version=1, by=leader)
    with pytest.raises(Conflict):
        versions.save_draft(draft=draft, definition=data, version=1, by=leader)
    with pytest.raises(DomainError, match="Weights must sum"):
        versions.save_draft(draft=saved, definition=data | {"weights": {"usage": 40, "engagement": 30, "support": 15, "outcomes": 10}}, version=2, by=leader)  # fmt: skip
    with pytest.raises(DomainError, match="Say why"):
        versions.publish(draft=saved, reason=" ", by=leader)
    queue.take_dirty(news.TOPIC)
    queue.settle_dirty(news.TOPIC)
    published = versions.publish(draft=saved, reason="Support lies", by=leader, version=2)
    assert (published.state, published.author, published.reason) == (VersionState.PUBLISHED, leader, "Support lies")
    first.refresh_from_db()
    assert first.state == VersionState.RETIRED
    assert facts.dirty(news.TOPIC) == 1
    with pytest.raises(Conflict):
        versions.save_draft(draft=published, definition=data, version=3, by=leader)
    jobs.score_all(DAY)
    assert HealthScore.objects.get(account_id=row.id).version_id == published.id


def test_a_segment_of_its_own(tenant_open: World) -> None:
    """Per-segment weight sets: the segment's model judges its accounts and nobody else."""
    segment, other = Segment.objects.get(profile="enterprise"), Segment.objects.get(profile="smb")
    rows = {name: facts.account(name, segment=s) for name, s in (("E", segment), ("S", other), ("N", None))}
    for row in rows.values():
        facts.used(row, [DAY])
    model = versions.add_model(segment=segment, by=None)
    with pytest.raises(Conflict):
        versions.add_model(segment=segment, by=None)
    jobs.score_all(DAY)
    assert HealthScore.objects.values("version_id").distinct().count() == 1  # a draft judges nobody
    draft = versions.draft_from(model=model, by=None)
    assert Definition.read(draft.definition) == Definition.default("enterprise")
    versions.publish(draft=draft, reason="Ours", by=None)
    jobs.score_all(DAY)
    judged = dict(HealthScore.objects.values_list("account_id", "version_id"))
    assert {name for name, row in rows.items() if judged[row.id] == draft.id} == {"E"}
    versions.retire(model=model, reason="", by=None)
    jobs.score_all(DAY)
    assert HealthScore.objects.values("version_id").distinct().count() == 1
    with pytest.raises(DomainError):
        versions.retire(model=versions.standard(), reason="", by=None)


def test_a_new_model_that_is_discarded_goes(tenant_open: World) -> None:
    model = versions.add_model(segment=Segment.objects.first(), by=None)
    versions.discard_draft(draft=versions.draft_from(model=model, by=None), by=None)
    assert not HealthModel.objects.filter(id=model.id).exists()


def test_a_preview_says_what_publishing_does(tenant_open: World) -> None:
    """Who would change band, by how much money; and it is what happens then."""
    segment = Segment.objects.get(profile="smb")
    mine, others = known_well("mine"), known_well("others")
    Account.objects.filter(id=mine.id).update(segment=segment)
    jobs.score_all(DAY)
    model = versions.add_model(segment=segment, by=None)
    draft = versions.draft_from(model=model, by=None)
    data = Definition.read(draft.definition).json() | {"bands": {"yellow": 98, "green": 99}}
    draft = versions.save_draft(draft=draft, definition=data, version=1, by=None)
    before = facts.scores()
    found = versions.preview(draft, DAY, DAY)
    assert facts.scores() == before
    assert found.accounts == found.moved_count == 1
    (change,) = found.moved
    assert (change.account_id, change.arr_minor, change.band_after) == (mine.id, 1_200_000, R)
    assert found.counts == {(change.band_before, R): 1}
    assert found.arr == {(change.band_before, R): 1_200_000}
    versions.publish(draft=draft, reason="Strict", by=None)
    jobs.score_all(DAY)
    mine.refresh_from_db()
    assert (mine.health_score, mine.health_band) == (change.after, "red")
    standard = versions.draft_from(model=versions.standard(), by=None)
    assert versions.preview(standard, DAY, DAY).accounts == 1  # only the other one
    assert others.id
