"""Settings of stages: criteria, own ones, targets by segment (JRN-07, JRN-15, JRN-35 to JRN-42)."""

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from accounts.enums import Profile
from accounts.models import Segment
from cs_platform.kernel.errors import Conflict, DomainError
from journey.enums import Stage
from journey.models import StageCriterion, StagePeriod, StageTarget
from journey.stages import criteria, measures, services, setup, targets
from tests.conftest import World
from tests.journey import stage_facts as facts
from tests.journey.stage_facts import account, ago, period_of, today, track


def url(world: World, name: str, *args: Any) -> str:
    return reverse(f"settings_{name}", args=[world.tenant.slug, *args])


def keys(stage: str, kind: str = "core") -> list[str]:
    return [each.key for each in criteria.asked(criteria.criteria_of_all()[stage], kind)]


def test_the_catalogue_is_that_of_the_reference(tenant_open: World) -> None:
    """JRN-07: all five; JRN-15: 70 %, three features; JRN-21: six that stand; departments are asked of the core only."""
    assert keys(Stage.ONBOARDING) == ["technical", "core_users", "use_case", "first_value", "go_live"]
    assert keys(Stage.ADOPTION) == ["seats", "breadth", "rhythm", "departments", "power_users"]
    assert keys(Stage.RETENTION) == ["health", "usage", "stakeholders", "issues", "value", "risk"]
    assert "departments" not in keys(Stage.ADOPTION, "use_case")
    limits = {each.key: each.threshold for each in criteria.criteria_of_all()[Stage.ADOPTION]}
    assert (limits["seats"], limits["breadth"]) == (Decimal("0.7"), Decimal(3))
    how = {each.key: each.how for each in criteria.criteria_of_all()[Stage.ONBOARDING]}
    assert (how["go_live"], how["technical"], how["core_users"]) == ("confirmed", "attested", "measured")
    assert {each.key for each in criteria.CATALOGUE if each.how == "measured"} == set(measures.READERS)


def test_a_company_sets_its_own(worlds: tuple[World, World]) -> None:
    """Off, other thresholds, own ones; another company's stay as they are; the go-live cannot be switched off."""
    world, rival = worlds
    with world.open():
        off = setup.set_criterion(stage="adoption", key="power_users", enabled=False, threshold=None, version=0)
        setup.set_criterion(stage="adoption", key="seats", enabled=True, threshold=Decimal("0.5"), version=0)
        own = setup.add_criterion(stage="adoption", label="Data protection signed", how="attested")
        assert keys(Stage.ADOPTION) == ["seats", "breadth", "rhythm", "departments", own.key]
        with pytest.raises(Conflict):
            setup.set_criterion(stage="adoption", key="power_users", enabled=True, threshold=None, version=0)
        setup.set_criterion(stage="adoption", key="power_users", enabled=True, threshold=None, version=off.version)
        with pytest.raises(DomainError) as fixed:
            setup.set_criterion(stage="onboarding", key="go_live", enabled=False, threshold=None)
        assert "enabled" in fixed.value.fields
        StageCriterion.objects.create(stage="onboarding", key="go_live", how="confirmed", enabled=False)
        assert "go_live" in keys(Stage.ONBOARDING), "whatever the row says"
        with pytest.raises(DomainError):
            setup.remove_criterion(stage="adoption", key="seats")
        csm = world.members["csm"]
        period = period_of(track(account(), csm, stage=Stage.ADOPTION), Stage.ADOPTION)
        services.attest(period=period, criterion=own.key, met=True, note="Signed", by=csm)
        assert {s.key for s in measures.standing([period])[period.id] if s.met} == {own.key}
        ended = services.end_stage(period=period, outcome="skipped", note="x", on=today(), by=csm)
        setup.remove_criterion(stage="adoption", key=own.key)
        kept = {cell["key"]: cell["label"] for cell in StagePeriod.objects.get(id=ended.id).evidence}
        assert kept[own.key] == "Data protection signed"
    with rival.open():
        assert keys(Stage.ADOPTION) == ["seats", "breadth", "rhythm", "departments", "power_users"]


def test_two_who_set_it_first_at_once(tenant_open: World) -> None:
    """The second one is told, and what the first one wrote stays."""
    for first, second in (
        (
            StageCriterion(stage="adoption", key="seats", how="measured", enabled=False),
            StageCriterion(stage="adoption", key="seats", how="measured", enabled=True),
        ),
        (
            StageTarget(segment=Segment.objects.first(), stage="adoption", days_to=20),
            StageTarget(segment=Segment.objects.first(), stage="adoption", days_to=30),
        ),
    ):
        setup._set_first(first)
        with pytest.raises(Conflict):
            setup._set_first(second)
        assert list(type(first).objects.values_list("id", flat=True)) == [first.id]


@pytest.mark.parametrize(
    ("key", "threshold"),
    [("seats", "1.01"), ("seats", "0"), ("breadth", "2.5"), ("breadth", "0"), ("breadth", "200000")],
)
def test_thresholds_have_bounds(tenant_open: World, key: str, threshold: str) -> None:
    with pytest.raises(DomainError) as refusal:
        setup.set_criterion(stage="adoption", key=key, enabled=True, threshold=Decimal(threshold))
    assert "threshold" in refusal.value.fields
    setup.set_criterion(stage="adoption", key=key, enabled=True, threshold=Decimal(1))


def test_thresholds_count_where_criteria_are_measured(tenant_open: World) -> None:
    """JRN-15: people active in 28 days of ten seats, features, weeks; read when it is asked."""
    csm = tenant_open.members["csm"]
    firm = account()
    period = period_of(track(firm, csm, stage=Stage.ADOPTION), Stage.ADOPTION)
    for n in range(6):
        facts.used(firm, f"U-{n}", 2, 9, 16)
    facts.used(firm, "U-6", 2)
    facts.used(firm, "U-7", 40)  # too long ago

    def seen() -> dict[str, measures.State]:
        return {state.key: state for state in measures.standing([period])[period.id]}

    now = seen()
    assert (now["seats"].value, now["seats"].met, now["seats"].text) == (0.7, True, "70%: 7 of 10")
    assert now["rhythm"].value == pytest.approx(6 / 7)
    assert (now["breadth"].value, now["breadth"].met) == (0, False)
    assert not now["departments"].met
    setup.set_criterion(stage="adoption", key="seats", enabled=True, threshold=Decimal("0.71"))
    assert not seen()["seats"].met
    assert measures.standing([period], ago(40))[period.id][0].value == pytest.approx(0.1)


def test_targets_of_a_segment(tenant_open: World) -> None:
    segment = Segment.objects.create(name="Own", profile=Profile.SMB)
    row = setup.set_target(segment=segment, stage="onboarding", days_from=None, days_to=20, approach="", version=0)
    assert row is not None
    assert (row.days_from, row.days_to) == (0, 20)
    with pytest.raises(Conflict):
        setup.set_target(segment=segment, stage="onboarding", days_from=1, days_to=2, approach="", version=0)
    for days_from, days_to, field in ((5, None, "days_to"), (9, 8, "days_from"), (1, 9999, "days_to")):
        with pytest.raises(DomainError) as refusal:
            setup.set_target(
                segment=segment, stage="renewal", days_from=days_from, days_to=days_to, approach="", version=0
            )
        assert field in refusal.value.fields
    assert (
        setup.set_target(segment=segment, stage="onboarding", days_from=None, days_to=None, approach="", version=1)
        is None
    )
    assert not StageTarget.objects.exists()
    assert targets.targets_of([segment])[segment.id][Stage.ONBOARDING].days_to == 30


def test_the_page_and_its_forms(world: World, django_assert_max_num_queries: Any) -> None:
    admin = world.client("admin")
    with django_assert_max_num_queries(20):
        page = admin.get(url(world, "stages"))
    assert page.status_code == 200
    text = page.content.decode()
    assert "Customer confirmed the go-live" in text
    assert "60 to 120 days" in text
    where = url(world, "stage_criterion", "adoption", "seats")
    assert 'value="70"' in admin.get(where).content.decode()
    saved = admin.post(where, {"enabled": "on", "threshold": "55", "label": "", "version": 0})
    assert saved.status_code == 302
    with world.open():
        assert criteria.criteria_of_all()["adoption"][0].threshold == Decimal("0.55")
    stale = admin.post(where, {"enabled": "on", "threshold": "60", "version": 0})
    assert stale.status_code == 422
    assert "Somebody else changed this" in stale.content.decode()
    assert admin.post(where, {"enabled": "on", "threshold": "101", "version": 1}).status_code == 422
    new = url(world, "stage_criterion_add", "adoption")
    assert admin.post(new, {"label": " ", "how": "attested"}).status_code == 422
    assert admin.post(new, {"label": "Read", "how": "measured"}).status_code == 422
    assert admin.post(new, {"label": "Signed", "how": "confirmed"}).status_code == 302
    with world.open():
        own = StageCriterion.objects.get(label="Signed")
        segment = Segment.objects.first()
    edit = url(world, "stage_criterion", "adoption", own.key)
    assert admin.post(edit, {"label": "Signed by both", "enabled": "on", "version": 1}).status_code == 302
    assert "Signed by both" in admin.get(url(world, "stages")).content.decode()
    assert admin.post(url(world, "stage_criterion_remove", "adoption", own.key)).status_code == 302
    assert admin.get(edit).status_code == 404
    assert admin.post(url(world, "stage_criterion_remove", "adoption", "seats")).status_code == 422
    assert segment is not None
    where = url(world, "stage_target", segment.id, "renewal")
    assert admin.post(where, {"days_from": 10, "days_to": 5, "version": 0}).status_code == 422
    assert admin.post(where, {"days_from": 10, "days_to": 15, "approach": "By phone", "version": 0}).status_code == 302
    text = admin.get(url(world, "stages")).content.decode()
    assert "10 to 15 days" in text
    assert "By phone" in text
    assert admin.get(url(world, "stage_criterion_add", "heaven")).status_code == 404


def test_only_who_sets_up_journeys_may(worlds: tuple[World, World]) -> None:
    """ROL-01: the page is for MANAGE_JOURNEY; another company's segment is not there."""
    world, rival = worlds
    assert world.client("csm").get(url(world, "stages")).status_code == 403
    with rival.open():
        foreign = Segment.objects.first()
    assert foreign is not None
    assert world.client("admin").get(url(world, "stage_target", foreign.id, "renewal")).status_code == 404
