"""Targets by profile and the flags they raise (JRN-33, JRN-35 to JRN-42)."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.enums import Profile
from accounts.models import Account, Segment
from health.models import Outcome, Touchpoint
from journey.enums import Blocker, Stage
from journey.models import Plan, Regression, StagePeriod, StageTarget, Track
from journey.stages import flags, guide, services, targets
from journey.stages.flags import Key
from tests.conftest import World
from tests.journey import stage_facts as facts
from tests.journey.stage_facts import account, ago, period_of, today, track


def keys(period: StagePeriod, as_of: dt.date | None = None) -> set[Key]:
    return {flag.key for flag in flags.flags_of([period], as_of)[period.id]}


def test_the_matrix_of_targets() -> None:
    """JRN-35, JRN-37, JRN-39, JRN-40: the numbers of the reference; JRN-38, JRN-41, JRN-42: how it is run."""
    days = {
        profile: {stage: (target.days_from, target.days_to) for stage, target in own.items()}
        for profile, own in targets.PROFILES.items()
    }
    assert {p: days[p][Stage.ONBOARDING] for p in days} == {
        Profile.ENTERPRISE: (60, 120), Profile.MID_MARKET: (30, 60), Profile.SMB: (7, 30), Profile.PRODUCT_LED: (1, 7)
    }  # fmt: skip
    assert days[Profile.ENTERPRISE][Stage.ADOPTION] == (365, 730)
    assert days[Profile.ENTERPRISE][Stage.RENEWAL] == (120, 180)
    assert days[Profile.PRODUCT_LED][Stage.RENEWAL] == (14, 30)
    for own in targets.PROFILES.values():
        assert set(own) == set(Stage.values)
        assert all(str(target.approach) for target in own.values())
        assert own[Stage.RETENTION].days_to is None


def test_a_segment_says_otherwise(worlds: tuple[World, World]) -> None:
    """JRN-35: targets are editable by segment, and each tenant has its own."""
    world, _rival = worlds
    for one in worlds:
        with one.open():
            segment = Segment.objects.create(name="Own", profile=Profile.SMB)
            days = 20 if one is world else 99
            StageTarget.objects.create(segment=segment, stage=Stage.ONBOARDING, days_from=5, days_to=days)
            StageTarget.objects.create(segment=segment, stage=Stage.ADOPTION, approach="By fax")
            found = targets.targets_of([segment])[segment.id]
            assert (found[Stage.ONBOARDING].days_to, found[Stage.ONBOARDING].own) == (days, True)
            assert found[Stage.ONBOARDING].approach == targets.PROFILES[Profile.SMB][Stage.ONBOARDING].approach
            assert (found[Stage.ADOPTION].days_to, found[Stage.ADOPTION].approach) == (183, "By fax")
            assert targets.targets_of([])[None][Stage.ONBOARDING].days_to == 60


def test_past_target_and_stalled(tenant_open: World) -> None:
    """JRN-33: nothing moves by the calendar, but it is said. Mid-market: 60 days, stalled after 120 without progress."""
    csm = tenant_open.members["csm"]
    period = period_of(track(account(), csm, on=ago(121)))
    assert Key.PAST_TARGET not in keys(period, ago(121 - 60))
    assert Key.PAST_TARGET in keys(period, ago(121 - 61))
    assert Key.STALLED not in keys(period, ago(1))
    assert Key.STALLED in keys(period)
    services.attest(period=period, criterion="technical", met=True, note="x", by=csm)
    assert Key.STALLED not in keys(period)
    services.agree_day(period=period, target_on=today() + dt.timedelta(days=3), version=None, by=csm)
    assert Key.PAST_TARGET not in keys(period_of(period.track))
    services.block(period=period, blocker=Blocker.TECHNICAL, note="", version=None, by=csm)
    (flag,) = [f for f in flags.flags_of([period_of(period.track)])[period.id] if f.key == Key.STALLED]
    assert "Technical dependency" in flag.text


def test_a_passive_transition(tenant_open: World) -> None:
    """JRN-33: all met for two weeks, and nobody moved it."""
    csm = tenant_open.members["csm"]
    firm = account()
    period = period_of(track(firm, csm, stage=Stage.ADVOCACY, on=ago(40)), Stage.ADVOCACY)
    for key in ("willing", "given"):
        services.attest(period=period, criterion=key, met=True, note="Said so", by=csm)
    facts.first_value(firm, on=ago(30))
    facts.green(firm, 20, 10, 0)
    assert Key.PASSIVE not in keys(period)  # the words are of today
    later = today() + dt.timedelta(days=14)
    facts.green(firm, -14)
    assert Key.PASSIVE in keys(period, later)


def test_guards_of_the_account(tenant_open: World) -> None:
    """JRN-33: waiting for the customer, activity without outcome, a late renewal, an ignored trigger."""
    csm = tenant_open.members["csm"]
    firm = account()
    core = track(firm, csm, stage=Stage.RETENTION, on=ago(200))
    period = period_of(core, Stage.RETENTION)
    assert Key.WAITING in keys(period)
    for n in range(4):
        Touchpoint.objects.create(
            account=firm, external_id=f"T-{n}", kind="call", known_on=today(), source="api",
            happened_at=dt.datetime.now(dt.UTC) - dt.timedelta(days=n),
        )  # fmt: skip
    assert keys(period) == {Key.ACTIVITY}
    Account.objects.filter(id=firm.id).update(renews_on=today() + dt.timedelta(days=59))
    Outcome.objects.create(
        account=firm, external_id="O-1", name="Faster", baseline=5, target=2, agreed_on=ago(100), due_on=today(),
        data_source="x", confirmed_on=ago(3), known_on=today(), source="api",
    )  # fmt: skip
    assert keys(period) == {Key.RENEWAL_LATE}
    assert keys(period, ago(2)) == set()  # 61 days ahead
    services.enter_stage(track=core, stage=Stage.RENEWAL, on=today(), by=csm)
    assert keys(period) == set()
    assert keys(period, ago(1)) == {Key.RENEWAL_LATE}  # yesterday nobody had begun
    Regression.objects.create(track=core, period=period, stage=Stage.ADOPTION, cause="budget", as_of=ago(15))
    assert keys(period) == {Key.IGNORED}


def test_guards_of_the_company(worlds: tuple[World, World]) -> None:
    """JRN-33: one template for all segments; forced linearity. A rival's plans count for nobody else."""
    world, rival = worlds
    for one in worlds:
        with one.open():
            csm = one.members["csm"]
            large = Segment.objects.filter(profile=Profile.ENTERPRISE).first()
            for n in range(10):
                firm = account(f"A-{n}", segment=large if n % 2 else None)
                small = Segment.objects.filter(profile=Profile.SMB).first()
                if not n % 2:
                    Account.objects.filter(id=firm.id).update(segment=small)
                row = track(firm, csm)
                for stage in (Stage.ADOPTION, Stage.RETENTION):
                    StagePeriod.objects.create(
                        external_id=f"{n}-{stage}",
                        track=row,
                        stage=stage,
                        entered_on=ago(5),
                        entry="moved_on",
                        source="api",
                    )
                template = "Standard" if one is world else f"Own {n}"
                Plan.objects.create(
                    external_id=f"P-{n}", account=firm, name="x", starts_on=ago(9), target_on=today(), template=template, source="api"
                )  # fmt: skip
    with world.open():
        found = flags.guards(Account.objects.all(), today())
        assert {flag.key for flag in found} == {Key.ONE_TEMPLATE, Key.FORCED_LINE}
        assert flags.guards(Account.objects.none(), today()) == []
        StagePeriod.objects.filter(external_id="0-adoption").update(entry="skipped_to")
        assert {flag.key for flag in flags.guards(Account.objects.all(), today())} == {Key.ONE_TEMPLATE}
    with rival.open():
        assert {flag.key for flag in flags.guards(Account.objects.all(), today())} == {Key.FORCED_LINE}


def test_statements_do_not_grow(tenant_open: World) -> None:
    csm = tenant_open.members["csm"]
    for n in range(5):
        track(account(f"A-{n}"), csm)
    rows = list(StagePeriod.objects.select_related("track__account"))
    counts = []
    for some in (rows[:1], rows):
        with CaptureQueriesContext(connection) as seen:
            assert len(flags.flags_of(some)) == len(some)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 11


def test_the_guide_is_whole() -> None:
    """JRN-09, JRN-11, JRN-17, JRN-19, JRN-22, JRN-32: each stage has its words for each profile, each blocker a place."""
    assert set(guide.GUIDES) == set(Stage.values)
    for one in guide.GUIDES.values():
        assert one.success
        assert one.failures
        for profile in Profile.values:
            assert one.activities_of(profile)[0] in one.by_profile[profile]
    assert {code for codes in guide.BLOCKERS.values() for code in codes} == set(Blocker.values)


@pytest.mark.parametrize(
    ("code", "stage"), [("bandwidth", "onboarding"), ("tools", "adoption"), ("executive", "retention")]
)
def test_bottleneck_codes_of_the_reference(code: str, stage: str) -> None:
    """JRN-32."""
    assert code in guide.BLOCKERS[stage]


def test_tracks_without_periods_have_no_flags(tenant_open: World) -> None:
    assert flags.flags_of([]) == {}
    assert not Track.objects.exists()
