"""Verbs of tracks and stages: several open at once, ended by people only, with evidence (JRN-02, JRN-03, JRN-07, JRN-24)."""

import datetime as dt
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from django.http import Http404
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account
from cs_platform.kernel.errors import Conflict, DomainError
from journey.enums import Answer, Entry, Exit, Stage
from journey.models import CriterionCheck, Regression, StagePeriod
from journey.stages import criteria, measures, selectors, services
from tests.conftest import World
from tests.journey import stage_facts as facts
from tests.journey.stage_facts import account, ago, period_of, today, track


def end(world: World, period: StagePeriod, outcome: str = Exit.COMPLETED, **more: Any) -> StagePeriod:
    return services.end_stage(period=period, outcome=outcome, by=world.members["csm"], **({"on": today()} | more))


def attest(world: World, period: StagePeriod, *keys: str) -> None:
    for key in keys:
        services.attest(period=period, criterion=key, met=True, note="Seen", by=world.members["csm"])


def test_several_stages_are_open_at_once(tenant_open: World) -> None:
    """JRN-02: places on a map: a track stands in several stages, and comes round to one again."""
    csm = tenant_open.members["csm"]
    core = track(account(), csm)
    services.enter_stage(track=core, stage=Stage.RENEWAL, on=ago(50), by=csm)
    services.enter_stage(track=core, stage=Stage.ADVOCACY, on=ago(40), by=csm)
    end(tenant_open, period_of(core, Stage.RENEWAL), Exit.ABANDONED, on=ago(30), note="Too early")
    again = services.enter_stage(track=core, stage=Stage.RENEWAL, on=ago(10), by=csm)
    assert again.entry == Entry.AGAIN
    open_now = StagePeriod.objects.filter(track=core, exited_on=None)
    assert set(open_now.values_list("stage", "entry")) == {
        ("onboarding", Entry.BEGAN), ("renewal", Entry.AGAIN), ("advocacy", Entry.BESIDE)
    }  # fmt: skip
    assert [t.id for t in selectors.tracks_of(core.account)] == [core.id]


def test_days_follow_each_other(tenant_open: World) -> None:
    """JRN-03: no track begins before 1990, and no stage is wanted by a day before it began."""
    csm = tenant_open.members["csm"]
    core = track(account(), csm)
    with pytest.raises(DomainError) as refusal:
        services.enter_stage(track=core, stage=Stage.RENEWAL, on=ago(5), target_on=ago(6), by=csm)
    assert "target_on" in refusal.value.fields
    with pytest.raises(DomainError) as refusal:
        services.open_track(account=core.account, kind="use_case", name="Old", on=dt.date(1, 1, 1), by=csm)
    assert "on" in refusal.value.fields


def test_completing_asks_for_all_criteria_or_a_reason(tenant_open: World) -> None:
    """JRN-03, JRN-07: five criteria, the go-live from the customer; else an override that is counted, with its reason."""
    csm = tenant_open.members["csm"]
    firm = account()
    core = track(firm, csm)
    period = period_of(core)
    with pytest.raises(DomainError) as refusal:
        end(tenant_open, period, to=Stage.ADOPTION)
    assert "override_reason" in refusal.value.fields
    assert "go-live" in refusal.value.message
    attest(tenant_open, period, "technical", "use_case", "core_users")  # no usage is known, so people may say it
    facts.first_value(firm)
    with pytest.raises(DomainError, match="Only the customer"):
        attest(tenant_open, period, criteria.GO_LIVE)
    with pytest.raises(DomainError, match="measured"):
        attest(tenant_open, period, "first_value")
    person = facts.contact(firm, "C-1")
    services.confirm(period=period, criterion=criteria.GO_LIVE, signed_as="Bram de Wit", contact=person)
    done = end(tenant_open, period, to=Stage.ADOPTION, version=period.version)
    assert (done.outcome, done.overridden, done.validated_by_id) == (Exit.COMPLETED, False, csm.id)
    kept = {cell["key"]: cell for cell in done.evidence}
    assert len(kept) == 5
    assert all(cell["met"] for cell in kept.values())
    assert kept["go_live"]["by"] == "Bram de Wit"
    following = period_of(core, Stage.ADOPTION)
    assert (following.entry, following.came_from_id) == (Entry.MOVED_ON, done.id)
    overridden = end(tenant_open, following, override_reason="The board decided", to=Stage.RETENTION)
    assert overridden.overridden
    assert overridden.note == "The board decided"
    with pytest.raises(DomainError) as standing:
        end(tenant_open, period_of(core, Stage.RETENTION))
    assert "outcome" in standing.value.fields  # JRN-21: never completed


def test_evidence_is_frozen(tenant_open: World) -> None:
    """Later facts and settings do not rewrite why a stage ended."""
    csm = tenant_open.members["csm"]
    core = track(account(), csm)
    period = period_of(core)
    attest(tenant_open, period, "technical")
    done = end(tenant_open, period, override_reason="Agreed with the customer")
    before = measures.standing([done])[done.id]
    facts.first_value(core.account)
    after = measures.standing([StagePeriod.objects.select_related("track").get(id=done.id)])[done.id]
    assert [(s.key, s.met) for s in after] == [(s.key, s.met) for s in before]
    assert {s.key for s in after if s.met} == {"technical"}


def test_going_back_keeps_what_was_met(tenant_open: World) -> None:
    """JRN-24: a fall is no fresh start: the words on the earlier stage still count when it opens again."""
    csm = tenant_open.members["csm"]
    core = track(account(), csm, stage=Stage.ADOPTION)
    attest(tenant_open, period_of(core, Stage.ADOPTION), "power_users")
    end(tenant_open, period_of(core, Stage.ADOPTION), override_reason="Yes", on=ago(20), to=Stage.RETENTION)
    with pytest.raises(DomainError) as refusal:
        end(tenant_open, period_of(core, Stage.RETENTION), Exit.REGRESSED)
    assert "cause" in refusal.value.fields
    with pytest.raises(DomainError) as ahead:
        end(tenant_open, period_of(core, Stage.RETENTION), Exit.REGRESSED, cause="champion", to=Stage.RENEWAL)
    assert "to" in ahead.value.fields
    gone = end(tenant_open, period_of(core, Stage.RETENTION), Exit.REGRESSED, cause="champion")
    back = period_of(core, Stage.ADOPTION)
    assert (back.entry, back.came_from_id, gone.cause) == (Entry.WENT_BACK, gone.id, "champion")
    assert {s.key for s in measures.standing([back])[back.id] if s.met} == {"power_users"}
    restarted = end(tenant_open, back, Exit.REGRESSED, cause="release", to=Stage.ADOPTION)
    assert period_of(core, Stage.ADOPTION).came_from_id == restarted.id


def test_a_word_can_be_taken_back(tenant_open: World) -> None:
    csm = tenant_open.members["csm"]
    period = period_of(track(account(), csm))
    attest(tenant_open, period, "technical")
    services.attest(period=period, criterion="technical", met=False, note="The link broke", by=csm)
    states = {s.key: s for s in measures.standing([period])[period.id]}
    assert not states["technical"].met
    assert states["technical"].note == "The link broke"
    assert CriterionCheck.objects.count() == 2
    with pytest.raises(DomainError) as refusal:
        services.attest(period=period, criterion="technical", met=True, note=" ", by=csm)
    assert "note" in refusal.value.fields
    with pytest.raises(DomainError):
        services.attest(period=period, criterion="none_such", met=True, note="x", by=csm)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"on": dt.date(2999, 1, 1)}, "on"),
        ({"on": dt.date(2000, 1, 1)}, "on"),
        ({"outcome": "won"}, "outcome"),
        ({"outcome": Exit.SKIPPED}, "note"),
        ({"outcome": Exit.SKIPPED, "note": "x", "to": "heaven"}, "to"),
        ({"outcome": Exit.SKIPPED, "note": "x", "to": Stage.ONBOARDING}, "to"),
        ({"outcome": Exit.REGRESSED, "cause": "weather"}, "cause"),
    ],
)
def test_bad_input_names_its_field(tenant_open: World, more: dict[str, Any], field: str) -> None:
    period = period_of(track(account(), tenant_open.members["csm"]))
    with pytest.raises(DomainError) as refusal:
        end(tenant_open, period, **more)
    assert field in refusal.value.fields
    assert StagePeriod.objects.get(id=period.id).exited_on is None


def test_skipping_needs_a_reason_and_says_how_one_came(tenant_open: World) -> None:
    """JRN-02: stages may be skipped."""
    core = track(account(), tenant_open.members["csm"])
    end(tenant_open, period_of(core), Exit.SKIPPED, note="Known from another company", to=Stage.RETENTION)
    assert period_of(core, Stage.RETENTION).entry == Entry.SKIPPED_TO


def test_versions_and_second_answers(tenant_open: World) -> None:
    core = track(account(), tenant_open.members["csm"])
    period = period_of(core)
    services.block(period=period, blocker="technical", note="", version=1, by=tenant_open.members["csm"])
    with pytest.raises(Conflict):
        end(tenant_open, period, Exit.SKIPPED, note="x", version=1)
    end(tenant_open, period, Exit.SKIPPED, note="x", version=2)
    with pytest.raises(DomainError) as refusal:
        end(tenant_open, period, Exit.SKIPPED, note="x")
    assert refusal.value.code == "ended"


def test_what_holds_a_stage_up(tenant_open: World) -> None:
    """JRN-11, JRN-32: by a code of the stage."""
    csm = tenant_open.members["csm"]
    period = period_of(track(account(), csm))
    held = services.block(period=period, blocker="bandwidth", note="Year end", version=None, by=csm)
    assert (held.blocker, held.blocked_on) == ("bandwidth", today())
    with pytest.raises(DomainError):
        services.block(period=period, blocker="procurement", note="", version=None, by=csm)
    free = services.block(period=period, blocker="", note="", version=None, by=csm)
    assert (free.blocker, free.blocked_on, free.blocker_note) == ("", None, "")


def test_tracks(tenant_open: World) -> None:
    """JRN-02: one core track, departments with a unit of the account; closing gives the open stages up."""
    csm = tenant_open.members["csm"]
    firm = account()
    unit = Account.objects.create(external_id="U-1", name="EMEA", level="department", parent=firm)
    core = track(firm, csm)
    with pytest.raises(DomainError) as second:
        track(firm, csm, name="Other")
    assert "kind" in second.value.fields
    emea = track(firm, csm, kind="department", name="EMEA", unit=unit, external_id="t-1", on=ago(30))
    assert track(firm, csm, kind="department", name="EMEA", unit=unit, external_id="t-1").id == emea.id
    with pytest.raises(DomainError) as named:
        track(firm, csm, kind="use_case", name="emea")
    assert "name" in named.value.fields
    with pytest.raises(DomainError) as foreign:
        track(firm, csm, kind="department", name="Other", unit=account("A-2"))
    assert "unit" in foreign.value.fields
    with pytest.raises(DomainError):
        services.close_track(track=emea, because="dropped", on=ago(31), note="", version=None, by=csm)
    services.close_track(track=emea, because="dropped", on=today(), note="No budget", version=1, by=csm)
    period = StagePeriod.objects.get(track=emea)
    assert (period.outcome, period.exited_on, period.note) == (Exit.ABANDONED, today(), "No budget")
    with pytest.raises(DomainError):
        services.enter_stage(track=emea, stage=Stage.RENEWAL, on=today(), by=csm)
    assert [t.id for t in selectors.tracks_of(firm)] == [core.id, emea.id]


def test_proposals_are_decided_once(tenant_open: World) -> None:
    """JRN-24: a person decides, with a reason."""
    csm = tenant_open.members["csm"]
    core = track(account(), csm, stage=Stage.RETENTION)
    period = period_of(core, Stage.RETENTION)
    made = {"track": core, "period": period, "stage": Stage.ADOPTION, "as_of": today()}
    first = Regression.objects.create(cause="champion", **made)
    second = Regression.objects.create(cause="budget", **made)
    third = Regression.objects.create(cause="merger", **made)
    with pytest.raises(DomainError):
        services.decide(regression=first, accept=True, note="", by=csm)
    services.decide(regression=second, accept=False, note="The budget is back", by=csm)
    done = services.decide(regression=first, accept=True, note="Nobody answers", by=csm, version=1)
    assert (done.state, done.decided_by_id) == (Answer.ACCEPTED, csm.id)
    assert period_of(core, Stage.ADOPTION).entry == Entry.WENT_BACK
    ended = StagePeriod.objects.get(id=period.id)
    assert (ended.outcome, ended.cause) == (Exit.REGRESSED, "champion")
    states = dict(Regression.objects.values_list("cause", "state"))
    assert states == {"champion": Answer.ACCEPTED, "budget": Answer.DECLINED, "merger": Answer.LAPSED}
    with pytest.raises(DomainError):
        services.decide(regression=third, accept=True, note="x", by=csm)


def test_others_tracks_are_not_found(worlds: tuple[World, World]) -> None:
    """ROL-01: rows of another tenant, and of another account, answer like none; those of a merged account are there."""
    world, rival = worlds
    with rival.open():
        foreign = track(account(), rival.members["csm"])
        foreign_period = period_of(foreign)
    with world.open():
        csm, admin = world.members["csm"], world.members["admin"]
        mine, others = account(owner=csm), account("A-2", owner=admin)
        own, hidden = track(mine, csm), track(others, csm)
        assert selectors.track_of(mine, own.id).id == own.id
        assert selectors.period_of(mine, period_of(own).id).track_id == own.id
        for row in (foreign, hidden):
            with pytest.raises(Http404):
                selectors.track_of(mine, row.id)
        for period in (foreign_period, period_of(hidden)):
            with pytest.raises(Http404):
                selectors.period_of(mine, period.id)
        Account.objects.filter(id=others.id).update(merged_into=mine)
        assert selectors.track_of(mine, hidden.id).id == hidden.id
        assert not measures.standing([foreign_period.__class__(id=foreign_period.id, exited_on=today())])[
            foreign_period.id
        ]


MOVES = st.lists(
    st.tuples(
        st.sampled_from(["enter", "complete", "regress", "skip", "abandon"]),
        st.sampled_from(Stage.values),
        st.sampled_from(Stage.values),
        st.integers(0, 12),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES)
def test_periods_of_a_stage_never_overlap(tenant_open: World, moves: list[tuple[str, str, str, int]]) -> None:
    """JRN-02: whatever is tried in whatever order: dates stay in order, and a stage is not open twice at a time."""
    csm = tenant_open.members["csm"]
    core = track(account(str(uuid4())), csm, on=ago(12))
    for what, stage, to, back in moves:
        try:
            if what == "enter":
                services.enter_stage(track=core, stage=stage, on=ago(back), by=csm)
                continue
            period = StagePeriod.objects.select_related("track").filter(track=core, stage=stage, exited_on=None).first()
            if period is None:
                continue
            outcome = {"complete": "completed", "regress": "regressed", "skip": "skipped", "abandon": "abandoned"}[what]
            services.end_stage(
                period=period,
                outcome=outcome,
                on=ago(back),
                to=to,
                note="x",
                override_reason="x",
                cause="person",
                by=csm,
            )
        except DomainError:
            continue
    periods = list(StagePeriod.objects.filter(track=core))
    assert periods
    for stage in Stage.values:
        own = sorted((p for p in periods if p.stage == stage), key=lambda p: (p.entered_on, p.exited_on or dt.date.max))
        for earlier, later in pairwise(own):
            assert earlier.exited_on is not None
            assert earlier.exited_on <= later.entered_on
    assert all(p.entered_on >= core.opened_on for p in periods)
    assert all(p.exited_on is None or p.entered_on <= p.exited_on <= today() for p in periods)
