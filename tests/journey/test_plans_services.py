"""Plans and milestones: from templates by segment, in order, without circles, done with what they attest (JRN-11, JRN-12,
JRN-07, VAL-02)."""

import datetime as dt

import pytest

from accounts.enums import Profile
from accounts.models import Segment
from cs_platform.kernel.errors import Conflict, DomainError
from journey.enums import PlanState
from journey.models import CriterionCheck, Milestone, MilestoneNeed, Plan, PlanTemplate, StageTarget
from journey.plans import services
from journey.plans.progress import day_in, progress, waits_for
from journey.plans.selectors import plan_of, plans_of
from journey.plans.templates import BUILT_IN, BY_PROFILE, check, circle_in, find, offered, usual
from journey.stages import measures
from tests.journey.stage_facts import account, contact, period_of, today, track

START = dt.date(2026, 3, 1)


@pytest.fixture
def csm(tenant_open):
    return tenant_open.members["csm"]


def plan_for(by, *, of=None, template="mid_market", start=START, **more) -> Plan:
    return services.make_plan(account=of or account(), template=find(template), starts_on=start, by=by, **more)


def named(plan: Plan, name: str) -> Milestone:
    return Milestone.objects.select_related("plan__account").get(plan=plan, name=name)


def in_order(plan: Plan) -> list[Milestone]:
    return list(Milestone.objects.filter(plan=plan).select_related("plan__account"))


def test_templates_of_the_product_can_be_done(tenant_open):
    """JRN-12: one for each profile; each of their criteria is one that onboarding asks for, none waits in a circle, no
    step comes before what it waits for; enterprise has a sponsor, integration, training and the customer's go-live."""
    for template in BUILT_IN.values():
        steps = template.steps
        assert circle_in({place: list(step.needs) for place, step in enumerate(steps)}) == []
        for step in steps:
            assert all(steps[need].days <= step.days for need in step.needs), step.name
    assert set(BY_PROFILE) == set(Profile.values)
    assert len(BY_PROFILE[Profile.ENTERPRISE].steps) > 2 * len(BY_PROFILE[Profile.SMB].steps)
    words = " ".join(step.name for step in BY_PROFILE[Profile.ENTERPRISE].steps)
    for word in ("sponsor", "integrated", "trained", "Go-live", "phases"):
        assert word in words


@pytest.mark.parametrize(
    ("profile", "last"), [("enterprise", 120), ("mid_market", 60), ("smb", 30), ("product_led", 7)]
)
def test_a_plan_takes_the_days_of_the_profile(csm, profile, last):
    """JRN-12, JRN-35: the usual template of the segment, to the upper end of its target."""
    segment = Segment.objects.filter(profile=profile).first()
    row = account(segment=segment)
    plan = services.make_plan(account=row, template=usual(segment), starts_on=START, by=csm)
    assert plan.template == profile
    assert plan.target_on == START + dt.timedelta(days=last)
    assert max(each.due_on for each in in_order(plan)) == plan.target_on


def test_a_plan_stretches_to_the_segments_own_target(csm):
    """JRN-06: 60 days of the template in the 30 of the segment; day 42 becomes day 21."""
    segment = Segment.objects.filter(profile="mid_market").first()
    StageTarget.objects.create(segment=segment, stage="onboarding", days_from=10, days_to=30)
    plan = plan_for(csm, of=account(segment=segment))
    assert plan.target_on == START + dt.timedelta(days=30)
    assert named(plan, "Initial use case live in production").due_on == START + dt.timedelta(days=21)
    assert day_in(START, 60, 120, 60) == dt.date(2026, 3, 31)


def test_an_agreed_day_wins_and_a_success_plan_is_not_scaled(csm):
    row = account()
    plan = plan_for(csm, of=row, target_on=START + dt.timedelta(days=120))
    assert named(plan, "Core users trained").due_on == START + dt.timedelta(days=70)
    other = plan_for(csm, of=row, template="success")
    assert (other.target_on - START).days == 350


def test_names_come_in_the_language_that_was_asked_for(csm):
    """The names are written once; German is none of ours and leaves them as they are."""
    plan = plan_for(csm, language="en")
    assert in_order(plan)[0].name == "Handover from sales accepted"


def test_the_same_external_id_makes_one_plan(csm):
    row = account()
    first = plan_for(csm, of=row, external_id="P-1")
    assert plan_for(csm, of=row, external_id="P-1").id == first.id
    assert Plan.objects.count() == 1
    with pytest.raises(DomainError) as refusal:
        plan_for(csm, of=account("A-2"), external_id="P-1")
    assert "external_id" in refusal.value.fields


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"goal": "x" * 501}, "goal"),
        ({"kind": "wish"}, "kind"),
        ({"target_on": START - dt.timedelta(days=1)}, "target_on"),
        ({"starts_on": dt.date(1900, 1, 1)}, "starts_on"),
    ],
)
def test_wrong_values_of_a_plan_are_refused(csm, values, field):
    plan = plan_for(csm)
    with pytest.raises(DomainError) as refusal:
        services.edit_plan(plan=plan, values=values, version=None, by=csm)
    assert field in refusal.value.fields
    plan.refresh_from_db()
    assert plan.version == 1


def test_owners_are_of_this_company_and_this_customer(csm):
    """VAL-02: a contact of another account is no owner, nor one who left."""
    row = account()
    plan = plan_for(csm, of=row)
    stranger = contact(account("A-2"), "C-9")
    gone = contact(row, "C-8", left_on=today())
    for person in (stranger, gone):
        with pytest.raises(DomainError) as refusal:
            services.edit_plan(plan=plan, values={"customer_owner": person}, version=None, by=csm)
        assert "customer_owner" in refusal.value.fields
    fine = contact(row, "C-7")
    edited = services.edit_plan(plan=plan, values={"customer_owner": fine, "owner": csm}, version=1, by=csm)
    assert (edited.customer_owner_id, edited.owner_id, edited.version) == (fine.id, csm.id, 2)
    with pytest.raises(Conflict):
        services.edit_plan(plan=plan, values={"goal": "x"}, version=1, by=csm)


def test_milestones_are_added_moved_and_removed(csm):
    plan = plan_for(csm, template="smb")
    made = services.set_milestone(
        plan=plan, milestone=None, values={"name": "Sandbox given back", "due_on": START}, by=csm, position=1
    )
    assert [row.name for row in in_order(plan)][:3] == [
        "Welcome and set-up guide opened", "Sandbox given back", "Set-up done",
    ]  # fmt: skip
    services.set_milestone(plan=plan, milestone=made, values={}, position=99, by=csm)
    assert in_order(plan)[-1].id == made.id
    assert [row.position for row in in_order(plan)] == list(range(6))
    changed = services.set_milestone(plan=plan, milestone=made, values={"name": "Given back"}, by=csm, version=1)
    assert (changed.name, changed.due_on, changed.version) == ("Given back", START, 2)
    with pytest.raises(Conflict):
        services.set_milestone(plan=plan, milestone=made, values={"name": "Else"}, by=csm, version=1)
    services.remove_milestone(milestone=named(plan, "Set-up done"), version=None, by=csm)
    assert not MilestoneNeed.objects.filter(milestone__name="Short training attended").exists()
    with pytest.raises(Conflict):
        services.set_milestone(
            plan=plan, milestone=Milestone(id=made.id.__class__(int=1)), values={"name": "x"}, by=csm
        )


def test_milestones_do_not_wait_for_each_other(csm):
    """Needs without circles: the refusal names those that would wait for each other."""
    plan = plan_for(csm, template="smb")
    first, second, third = in_order(plan)[:3]
    with pytest.raises(DomainError) as refusal:
        services.set_milestone(plan=plan, milestone=first, values={}, by=csm, needs=[third.id])
    for row in (first, second, third):
        assert row.name in refusal.value.fields["needs"]
    elsewhere = in_order(plan_for(csm, of=account("A-2"), template="smb"))[0]
    with pytest.raises(DomainError):
        services.set_milestone(plan=plan, milestone=first, values={}, by=csm, needs=[elsewhere.id])
    services.set_milestone(plan=plan, milestone=third, values={}, by=csm, needs=[first.id])
    assert set(MilestoneNeed.objects.filter(milestone=third).values_list("needs_id", flat=True)) == {first.id}


def test_a_circle_is_found_wherever_it_begins():
    assert circle_in({1: [2], 2: [3], 3: [4], 4: [2]}) == [2, 3, 4, 2]
    assert circle_in({1: [2, 3], 2: [4], 3: [4], 4: []}) == []
    layers = {n: [m for m in range(60) if n // 3 == m // 3 - 1] for n in range(60)}
    assert circle_in(layers) == [], "many ways through and no circle is judged in no time"


def test_what_is_done_attests_its_criterion(csm):
    """JRN-07: the milestone's criterion is attested with its name by who finished it, and taken back when it opens again.
    What the customer confirms stays the customer's."""
    row = account()
    core = track(row, csm, on=today() - dt.timedelta(days=20))
    plan = plan_for(csm, of=row, start=today() - dt.timedelta(days=20))
    assert plan.track_id == core.id
    live = named(plan, "Initial use case live in production")
    with pytest.raises(DomainError, match="It waits for"):
        services.finish_milestone(milestone=live, version=None, by=csm)
    for each in in_order(plan)[:4]:
        services.finish_milestone(milestone=each, version=None, by=csm)
    services.finish_milestone(milestone=live, version=None, by=csm)
    services.finish_milestone(milestone=live, version=None, by=csm)
    period = period_of(core)
    told = CriterionCheck.objects.filter(period=period, criterion="use_case")
    assert [(check.met, check.member_id) for check in told] == [(True, csm.id)]
    assert live.name in told[0].note
    assert next(s for s in measures.standing([period])[period.id] if s.key == "use_case").met
    services.reopen_milestone(milestone=live, version=None, by=csm)
    assert not next(s for s in measures.standing([period])[period.id] if s.key == "use_case").met
    own = services.set_milestone(
        plan=plan, milestone=None, values={"name": "Live", "due_on": START.replace(year=2027), "criterion": "go_live"},
        by=csm,
    )  # fmt: skip
    services.finish_milestone(milestone=own, version=None, by=csm)
    assert not CriterionCheck.objects.filter(criterion="go_live").exists()


def test_the_core_track_may_be_that_of_a_merged_part(csm):
    """JRN-02: where a customer's journey goes on at the account that was merged, its plans are of that track."""
    stays, gone = account("A-1"), account("A-2")
    core = track(gone, csm)
    elsewhere = track(account("A-3"), csm)
    gone.merged_into = stays
    gone.save()
    plan = plan_for(csm, of=stays, start=today())
    assert plan.track_id == core.id
    own = track(stays, csm)
    assert plan_for(csm, of=stays, start=today()).track_id == own.id
    assert plan_for(csm, of=stays, start=today(), track=core).track_id == core.id
    with pytest.raises(DomainError) as refusal:
        plan_for(csm, of=stays, start=today(), track=elsewhere)
    assert "track" in refusal.value.fields


def test_a_program_attests_nothing(csm):
    """A member's word is a member's: a milestone that a program finishes leaves the criterion open."""
    row = account()
    track(row, csm)
    plan = plan_for(csm, of=row, template="product_led", start=today())
    services.finish_milestone(milestone=in_order(plan)[0], version=None, by=None)
    assert CriterionCheck.objects.count() == 0


def test_what_holds_it_up_is_a_code(csm):
    """JRN-11: the codes of onboarding, kept with the day it began; done, it is held up no more."""
    plan = plan_for(csm, start=today())
    row = in_order(plan)[0]
    with pytest.raises(DomainError):
        services.block_milestone(milestone=row, blocker="weather", version=None, by=csm)
    with pytest.raises(DomainError):
        services.block_milestone(milestone=row, blocker="price", version=None, by=csm)
    held = services.block_milestone(milestone=row, blocker="bandwidth", version=1, by=csm, note="Year end")
    assert (held.blocked_on, held.note) == (today(), "Year end")
    assert progress(in_order(plan), today()).blocked == 1
    done = services.finish_milestone(milestone=held, version=None, by=csm)
    assert (done.blocker, done.blocked_on, done.done_on) == ("", None, today())
    with pytest.raises(DomainError):
        services.block_milestone(milestone=done, blocker="scope", version=None, by=csm)


def test_a_day_that_lies_ahead_is_not_done(csm):
    plan = plan_for(csm, start=today())
    with pytest.raises(DomainError):
        services.finish_milestone(milestone=in_order(plan)[0], version=None, by=csm, on=today() + dt.timedelta(days=1))


def test_a_plan_ends(csm):
    """Done asks that all is done; over, it takes no more milestones until it is opened again."""
    plan = plan_for(csm, template="smb", start=today())
    with pytest.raises(DomainError):
        services.end_plan(plan=plan, state="done", version=1, by=csm)
    for row in in_order(plan):
        services.finish_milestone(milestone=row, version=None, by=csm)
    with pytest.raises(Conflict):
        services.end_plan(plan=plan, state="done", version=1, by=csm)  # its milestones have changed since
    plan.refresh_from_db()
    over = services.end_plan(plan=plan, state="done", version=plan.version, by=csm)
    assert (over.state, over.ended_on) == (PlanState.DONE, today())
    with pytest.raises(DomainError):
        services.reopen_milestone(milestone=in_order(plan)[0], version=None, by=csm)
    again = services.end_plan(plan=plan, state="active", version=None, by=csm)
    assert again.ended_on is None
    dropped = services.end_plan(plan=plan, state="dropped", version=None, by=csm)
    assert services.end_plan(plan=plan, state="dropped", version=None, by=csm).version == dropped.version


def test_progress_counts(csm):
    """Of five: one done, two past their day of which one is done, what waits is named."""
    plan = plan_for(csm, template="smb", start=today() - dt.timedelta(days=20))
    rows = in_order(plan)
    services.finish_milestone(milestone=rows[0], version=None, by=csm)
    plan = plan_of(plan.account, plan.id)
    found = progress(plan.milestones.all(), today())
    assert (found.total, found.done, found.expected, found.late, found.blocked) == (5, 1, 2, 1, 0)
    assert found.share == pytest.approx(0.2)
    rows = list(plan.milestones.all())
    by_id = {row.id: row for row in rows}
    assert [row.name for row in waits_for(rows[2], by_id)] == ["Set-up done"]
    assert waits_for(rows[1], by_id) == []
    assert progress([], today()).share == 0.0


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{"name": "", "days": 1}],
        [{"name": "a", "days": -1}],
        [{"name": "a", "days": 1.5}],
        [{"name": "a", "days": True}],
        [{"name": "a", "days": 1, "needs": [0]}],
        [{"name": "a", "days": 1, "needs": [7]}],
        [{"name": "a", "days": 1, "needs": ["x"]}],
        [{"name": "a", "days": 1, "criterion": "weather"}],
        [{"name": "a", "days": 1, "needs": [1]}, {"name": "b", "days": 1, "needs": [0]}],
        [{"name": "a", "days": 1}] * 61,
    ],
)
def test_wrong_templates_are_refused(tenant_open, rows):
    with pytest.raises(DomainError) as refusal:
        check(rows)
    assert "milestones" in refusal.value.fields


def test_the_companys_own_template_comes_first(csm):
    """JRN-12: a template of the segment is its usual one; another company's is not offered."""
    segment = Segment.objects.filter(profile="smb").first()
    own = PlanTemplate.objects.create(
        name="Ours", segment=segment, milestones=check([{"name": "Start", "days": 5}, {"name": "Go", "days": 9, "needs": [0]}])
    )  # fmt: skip
    template = usual(segment)
    assert template.name == "Ours"
    assert offered(segment)[0].key == template.key == f"own:{own.id}"
    plan = services.make_plan(account=account(segment=segment), template=template, starts_on=START, by=csm)
    assert [(row.name, row.due_on.day) for row in in_order(plan)] == [("Start", 6), ("Go", 10)]
    with pytest.raises(DomainError):
        find("own:1")


def test_what_the_company_wrote_is_not_translated(csm):
    """JRN-12: its words stay its own, though the product knows the same ones in another language."""
    own = PlanTemplate.objects.create(name="Ours", milestones=check([{"name": "Core users trained", "days": 5}]))
    names = {
        of: services.make_plan(account=account(of), template=find(key), starts_on=START, by=csm, language="id")
        for of, key in (("A-1", f"own:{own.id}"), ("A-2", "mid_market"))
    }
    assert in_order(names["A-1"])[0].name == "Core users trained"
    assert "Core users trained" not in [row.name for row in in_order(names["A-2"])]


def test_a_criterion_is_named_without_being_measured(csm, django_assert_max_num_queries):
    """PERF-01: what a stage asks for is known from its set-up; no fact of usage is read to write a milestone."""
    plan = plan_for(csm)
    track(plan.account, csm)
    plan.track = plan.account.tracks.get()
    plan.save()
    with django_assert_max_num_queries(14) as seen:
        services.set_milestone(
            plan=plan, milestone=None, values={"name": "Go", "due_on": START, "criterion": "technical"}, by=csm
        )
    assert not [each for each in seen.captured_queries if "health_accountday" in each["sql"]]


def test_another_companys_plans_are_never_seen(worlds):
    """API-04: the same plan on both sides stays two."""
    for world in worlds:
        with world.open():
            plan_for(world.members["csm"], template="smb", external_id="P-1")
    for world in worlds:
        with world.open():
            row = Plan.objects.get()
            assert len(plans_of(row.account)) == 1
            assert Milestone.objects.count() == 5


def test_plans_of_an_account_are_read_in_few_queries(csm, django_assert_num_queries):
    row = account()
    for kind in ("smb", "success", "enterprise"):
        plan_for(csm, of=row, template=kind)
    with django_assert_num_queries(4):
        for plan in plans_of(row):
            rows = list(plan.milestones.all())
            [waits_for(each, {r.id: r for r in rows}) for each in rows]
