"""Verbs on plans and milestones: make, change, order, do, hold up, end (JRN-07, JRN-11, JRN-12, VAL-02).

Each locks the plan, so that two who change it come after each other. `version` is the one that the person saw: Conflict
when the row was changed since, and None takes whatever stands. `by` is None for a program. DomainError names the field.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from accounts.customers import refused
from accounts.enums import ChangeSource
from accounts.merging.result import today
from accounts.models import Account, Contact, Member
from cs_platform.kernel.edits import check_seen, put
from cs_platform.kernel.errors import Conflict, DomainError
from journey.enums import PlanState, Stage
from journey.models import Milestone, MilestoneNeed, Plan, StagePeriod, Track
from journey.plans.checks import NOTE, asked_of, check_runs, checked_day, checked_milestone, checked_plan, held_up
from journey.plans.progress import day_in
from journey.plans.templates import MOST, Template, circle_in, name_in
from journey.stages import measures
from journey.stages.news import journeys_changed
from journey.stages.selectors import core_of
from journey.stages.services import attest
from journey.stages.targets import targets_of

PLAN_FIELDS = ("name", "goal", "kind", "owner", "customer_owner", "starts_on", "target_on", "track")
MILESTONE_FIELDS = ("name", "due_on", "owner", "customer_owner", "criterion", "note")


@transaction.atomic
def make_plan(
    *,
    account: Account,
    template: Template,
    starts_on: dt.date,
    by: Member | None,
    name: str = "",
    goal: str = "",
    target_on: dt.date | None = None,
    owner: Member | None = None,
    customer_owner: Contact | None = None,
    track: Track | None = None,
    language: str = "",
    external_id: str = "",
    source: str = "",
    source_ref: UUID | None = None,
) -> Plan:
    """Make a plan from a template: its milestones by their days from the start, owners on both sides as the plan's.

    A template of onboarding stretches to the segment's target, or to `target_on` where that is agreed. The same
    `external_id` again gives the plan that is there. `language` is that of the milestones' names.

    Example: 120 days of the enterprise template, for a segment that onboards within 60: day 90 becomes day 45.
    """
    if external_id and (known := Plan.objects.filter(external_id=external_id).first()):
        if known.account_id != account.id:
            raise refused("external_id", _("There is one already."))
        return known
    length = wanted = template.days
    if target_on is not None:
        wanted = (target_on - starts_on).days
    elif template.scaled:
        target = targets_of([account.segment])[account.segment_id][Stage.ONBOARDING]
        wanted = target.days_to or length
    if target_on is None:
        target_on = starts_on + dt.timedelta(days=wanted)
    values = {
        "name": name or str(template.name),
        "goal": goal,
        "kind": template.kind,
        "owner": owner,
        "customer_owner": customer_owner,
        "starts_on": starts_on,
        "target_on": target_on,
        "track": track or core_of(account),
    }
    plan = Plan.objects.create(
        account=account,
        external_id=external_id or str(uuid7()),
        template=template.key,
        source=source or (ChangeSource.MEMBER if by else ChangeSource.API),
        source_ref=source_ref or (by.id if by else None),
        **checked_plan(Plan(account=account), values),
    )
    words = language or get_language() or "en"
    rows = [
        Milestone(
            plan=plan,
            name=name_in(template, step, words),
            position=position,
            due_on=day_in(starts_on, step.days, length, wanted),
            owner=owner,
            customer_owner=customer_owner,
            criterion=step.criterion,
        )
        for position, step in enumerate(template.steps)
    ]
    Milestone.objects.bulk_create(rows)
    needs = [(rows[place], rows[need]) for place, step in enumerate(template.steps) for need in step.needs]
    MilestoneNeed.objects.bulk_create(MilestoneNeed(milestone=row, needs=need) for row, need in needs)
    return plan


@transaction.atomic
def edit_plan(*, plan: Plan, values: Mapping[str, Any], version: int | None, by: Member | None) -> Plan:
    """Change what is written of a plan (`PLAN_FIELDS`). Its milestones keep their days."""
    row = locked(plan, version)
    return _save_plan(row, checked_plan(row, {name: values[name] for name in PLAN_FIELDS if name in values}))


@transaction.atomic
def end_plan(*, plan: Plan, state: str, version: int | None, by: Member | None, on: dt.date | None = None) -> Plan:
    """The plan is done, or dropped; `active` takes that back. Done asks that each milestone is."""
    row = locked(plan, version)
    if state not in PlanState.values:
        raise refused("state", _("Choose one of the list."))
    if state == row.state:
        return row
    if state == PlanState.DONE and (left := row.milestones.filter(done_on=None).count()):
        sentence = _("%(n)s milestones are not done: finish or remove them, or drop the plan.") % {"n": left}
        raise refused("state", sentence)
    return _save_plan(row, {"state": state, "ended_on": None if state == PlanState.ACTIVE else on or today()})


@transaction.atomic
def set_milestone(
    *,
    plan: Plan,
    milestone: Milestone | None,
    values: Mapping[str, Any],
    by: Member | None,
    needs: Collection[UUID] | None = None,
    position: int | None = None,
    version: int | None = None,
) -> Milestone:
    """Add a milestone (`milestone` None: at the end, or at `position`) or change one (`MILESTONE_FIELDS`).

    `needs` are the ids of the milestones of this plan that it waits for: DomainError on `needs` when they would wait for
    each other, naming them.
    """
    plan = check_runs(locked(plan, None))
    rows = list(Milestone.objects.filter(plan=plan).order_by("position", "due_on", "id"))
    if milestone is None:
        if len(rows) >= MOST:
            raise DomainError(_("At most %(limit)s milestones.") % {"limit": MOST}, code="too_many")
        row = new_milestone(plan, len(rows))
    else:
        row = _milestone(rows, milestone, version)
    given = {name: values[name] for name in MILESTONE_FIELDS if name in values}
    checked = checked_milestone(plan, row, given, lambda: asked_of(plan))
    changes = {name: value for name, value in checked.items() if getattr(row, name) != value}
    if milestone is None:
        for name, value in changes.items():
            setattr(row, name, value)
        row.save(force_insert=True)
        rows.append(row)
    waits = needs is not None and set_needs({row.id: needs}, rows)
    if milestone is not None and (changes or waits):
        put(row, **({"name": row.name} | changes))  # what it waits for makes a version too
    moved = position is not None and _order(rows, row, position)
    if milestone is None or changes or waits or moved:
        touch(plan)
    return row


@transaction.atomic
def remove_milestone(*, milestone: Milestone, version: int | None, by: Member | None) -> None:
    """Take it out of the plan; what waited for it waits for it no more."""
    plan = check_runs(locked(milestone.plan, None))
    row = _milestone(list(Milestone.objects.filter(plan=plan)), milestone, version)
    MilestoneNeed.objects.filter(needs=row).delete()
    row.delete()
    touch(plan)


@transaction.atomic
def finish_milestone(
    *, milestone: Milestone, version: int | None, by: Member | None, on: dt.date | None = None
) -> Milestone:
    """It is done on a day, today when none is said. One that shows a criterion attests it (JRN-07), where a member's word
    counts for that. Done twice changes nothing. DomainError while it waits for another one."""
    plan = check_runs(locked(milestone.plan, None))
    row = _milestone(list(Milestone.objects.filter(plan=plan)), milestone, version)
    if row.done_on is not None:
        return row
    if names := ", ".join(waiting_of([row.id]).get(row.id, ())):
        raise DomainError(_("It waits for: %(names)s.") % {"names": names}, code="waits")
    put(row, done_on=checked_day(on or today()), done_by=by, blocker="", blocked_on=None)
    attest_done(plan, row, True, by)
    touch(plan)
    return row


@transaction.atomic
def reopen_milestone(*, milestone: Milestone, version: int | None, by: Member | None) -> Milestone:
    """It is not done after all; the criterion that it attested is not met any more."""
    plan = check_runs(locked(milestone.plan, None))
    row = _milestone(list(Milestone.objects.filter(plan=plan)), milestone, version)
    if row.done_on is None:
        return row
    put(row, done_on=None, done_by=None)
    attest_done(plan, row, False, by)
    touch(plan)
    return row


@transaction.atomic
def block_milestone(
    *, milestone: Milestone, blocker: str, version: int | None, by: Member | None, note: str | None = None
) -> Milestone:
    """Say what holds it up, by its code (JRN-11), or with "" that nothing does any more; `note` None leaves the note."""
    plan = check_runs(locked(milestone.plan, None))
    row = _milestone(list(Milestone.objects.filter(plan=plan)), milestone, version)
    held = held_up(plan, row, blocker, done=row.done_on is not None)
    put(row, **held, note=row.note if note is None else note.strip()[:NOTE])
    touch(plan)
    return row


def attest_done(plan: Plan, row: Milestone, met: bool, by: Member | None) -> None:
    """Say of the criterion that the milestone shows whether it is met, where a person did it and it is open to a word."""
    if not row.criterion or by is None or plan.track_id is None:
        return
    periods = list(StagePeriod.objects.select_related("track__account").filter(track=plan.track_id, exited_on=None))
    standing = measures.standing(periods)
    for period in periods:
        for state in standing[period.id]:
            if state.key == row.criterion and state.open_to_word:
                words = _("Milestone done: %(name)s") if met else _("Milestone opened again: %(name)s")
                attest(period=period, criterion=row.criterion, met=met, note=words % {"name": row.name}, by=by)
                return


def locked(plan: Plan, version: int | None) -> Plan:
    """The row of the plan, locked."""
    rows = Plan.objects.select_for_update(of=("self",))
    row = rows.select_related("account", "track", "owner", "customer_owner").get(id=plan.id)
    check_seen(row, version)
    return row


def new_milestone(plan: Plan, position: int = 0) -> Milestone:
    """One that is not written yet, with the plan's owners."""
    return Milestone(plan=plan, position=position, owner=plan.owner, customer_owner=plan.customer_owner)


def waiting_of(milestones: Collection[UUID]) -> dict[UUID, list[str]]:
    """What each of these waits for and what is not done yet: names, in the plan's order."""
    found: dict[UUID, list[str]] = {}
    rows = MilestoneNeed.objects.filter(milestone__in=milestones, needs__done_on=None).select_related("needs")
    for need in rows.order_by("needs__position", "needs__due_on", "needs__id"):
        found.setdefault(need.milestone_id, []).append(need.needs.name)
    return found


def _milestone(rows: Sequence[Milestone], milestone: Milestone, version: int | None) -> Milestone:
    """The row of the plan as it stands; Conflict when it was changed, or removed, since the person saw it."""
    row = next((each for each in rows if each.id == milestone.id), None)
    if row is None or (version is not None and row.version != version):
        raise Conflict(_("Somebody has changed this milestone meanwhile."))
    return row


def _save_plan(row: Plan, changes: Mapping[str, Any]) -> Plan:
    return put(row, **{name: value for name, value in changes.items() if getattr(row, name) != value})


def touch(plan: Plan) -> None:
    """A change of its milestones is one of the plan: programs read and write them as one list, by the plan's version.
    A plan that is a version further already since `plan` was read stays there."""
    rows = Plan.objects.filter(id=plan.id, version=plan.version)
    rows.update(version=F("version") + 1, updated_at=timezone.now())
    journeys_changed([plan.account_id])


def _order(rows: list[Milestone], row: Milestone, position: int) -> bool:
    """Whether any has another place now."""
    others = [each for each in rows if each.id != row.id]
    others.insert(min(max(position, 0), len(others)), row)
    changed = []
    for place, each in enumerate(others):
        if each.position != place:
            each.position = place
            changed.append(each)
    return bool(Milestone.objects.bulk_update(changed, ["position"]))


def set_needs(wanted: Mapping[UUID, Collection[UUID]], rows: Sequence[Milestone]) -> set[UUID]:
    """Let the milestones of `wanted` wait for these; `rows` are all of the locked plan. Those that wait for others than
    before; DomainError on `needs` where they would wait for each other."""
    by_id = {each.id: each for each in rows}
    if any(need not in by_id for needs in wanted.values() for need in needs):
        raise refused("needs", _("It can wait for milestones of its own plan only."))
    standing: dict[UUID, list[UUID]] = {each.id: [] for each in rows}
    known = {(need.milestone_id, need.needs_id): need for need in MilestoneNeed.objects.filter(milestone__in=by_id)}
    for waiting, needed in known:
        if waiting not in wanted:
            standing[waiting].append(needed)
    standing |= {waiting: sorted(set(needs)) for waiting, needs in wanted.items()}
    if circle := circle_in(standing):
        names = " → ".join(by_id[each].name for each in circle)
        raise refused("needs", _("These wait for each other: %(names)s.") % {"names": names})
    pairs = {(waiting, needed) for waiting, needs in standing.items() for needed in needs}
    gone, fresh = set(known) - pairs, sorted(pairs - set(known))
    MilestoneNeed.objects.filter(id__in=[known[pair].id for pair in gone]).delete()
    MilestoneNeed.objects.bulk_create(MilestoneNeed(milestone=by_id[each], needs=by_id[other]) for each, other in fresh)
    return {waiting for waiting, _needed in (*gone, *fresh)}
