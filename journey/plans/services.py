"""Verbs on plans and milestones: make, change, order, do, hold up, end (JRN-07, JRN-11, JRN-12, VAL-02).

Each locks the plan, so that two who change it come after each other. `version` is the one that the person saw: Conflict
when the row was changed since, and None takes whatever stands. `by` is None for a program. DomainError names the field.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from accounts.customers import EARLIEST, refused
from accounts.enums import ChangeSource
from accounts.merging.result import today
from accounts.models import Account, Contact, Member
from cs_platform.kernel.edits import check_seen, put
from cs_platform.kernel.errors import Conflict, DomainError
from journey.enums import Blocker, PlanKind, PlanState, Stage, TrackKind
from journey.models import Milestone, MilestoneNeed, Plan, StagePeriod, Track
from journey.plans.progress import day_in
from journey.plans.templates import LONGEST, MOST, NAME, Template, circle_in, name_in
from journey.stages import guide, measures
from journey.stages.criteria import criteria_of
from journey.stages.services import attest
from journey.stages.targets import targets_of

GOAL = NOTE = 500
PLAN_FIELDS = ("name", "goal", "kind", "owner", "customer_owner", "starts_on", "target_on", "track")
MILESTONE_FIELDS = ("name", "due_on", "owner", "customer_owner", "criterion", "note")
# What may hold a milestone of an onboarding up (JRN-11); a success plan takes the codes of all stages.
ONBOARDING_BLOCKERS = tuple(str(code) for code in guide.BLOCKERS[Stage.ONBOARDING])


def blockers_of(kind: str) -> tuple[str, ...]:
    """The codes that a plan of this kind offers."""
    return ONBOARDING_BLOCKERS if kind == PlanKind.ONBOARDING else tuple(Blocker.values)


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
    plan = Plan(
        account=account,
        external_id=external_id or str(uuid7()),
        template=template.key,
        source=source or (ChangeSource.MEMBER if by else ChangeSource.API),
        source_ref=source_ref or (by.id if by else None),
    )
    track = track or Track.objects.filter(account=account, kind=TrackKind.CORE, closed_on=None).first()
    values = {
        "name": name or str(template.name),
        "goal": goal,
        "kind": template.kind,
        "owner": owner,
        "customer_owner": customer_owner,
        "starts_on": starts_on,
        "target_on": target_on,
        "track": track,
    }
    _put(plan, _checked_plan(plan, values))
    plan.save(force_insert=True)
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
    row = _locked(plan, version)
    return _save_plan(row, _checked_plan(row, {name: values[name] for name in PLAN_FIELDS if name in values}))


@transaction.atomic
def end_plan(*, plan: Plan, state: str, version: int | None, by: Member | None, on: dt.date | None = None) -> Plan:
    """The plan is done, or dropped; `active` takes that back. Done asks that each milestone is."""
    row = _locked(plan, version)
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
    _open(_locked(plan, None))
    rows = list(Milestone.objects.filter(plan=plan).order_by("position", "due_on", "id"))
    if milestone is None:
        if len(rows) >= MOST:
            raise DomainError(_("At most %(limit)s milestones.") % {"limit": MOST}, code="too_many")
        row = Milestone(plan=plan, position=len(rows), owner=plan.owner, customer_owner=plan.customer_owner)
        values = {"name": "", "due_on": None} | dict(values)
    else:
        row = _milestone(rows, milestone, version)
    changes = _checked_milestone(plan, row, {name: values[name] for name in MILESTONE_FIELDS if name in values})
    if milestone is None:
        _put(row, changes)
        row.save(force_insert=True)
        rows.append(row)
    else:
        changes = {name: value for name, value in changes.items() if getattr(row, name) != value}
    waits = needs is not None and _set_needs({row.id: needs}, rows)
    if milestone is not None and (changes or waits):
        put(row, **({"name": row.name} | changes))  # what it waits for makes a version too
    if position is not None:
        _order(rows, row, position)
    _touch(plan)
    return row


@transaction.atomic
def remove_milestone(*, milestone: Milestone, version: int | None, by: Member | None) -> None:
    """Take it out of the plan; what waited for it waits for it no more."""
    plan = _open(_locked(milestone.plan, None))
    row = _milestone(list(Milestone.objects.filter(plan=plan)), milestone, version)
    MilestoneNeed.objects.filter(needs=row).delete()
    row.delete()
    _touch(plan)


@transaction.atomic
def finish_milestone(
    *, milestone: Milestone, version: int | None, by: Member | None, on: dt.date | None = None
) -> Milestone:
    """It is done on a day, today when none is said. One that shows a criterion attests it (JRN-07), where a member's word
    counts for that. Done twice changes nothing. DomainError while it waits for another one."""
    plan = _open(_locked(milestone.plan, None))
    row = _milestone(list(Milestone.objects.filter(plan=plan)), milestone, version)
    if row.done_on is not None:
        return row
    waiting = MilestoneNeed.objects.filter(milestone=row, needs__done_on=None).select_related("needs")
    if names := ", ".join(need.needs.name for need in waiting):
        raise DomainError(_("It waits for: %(names)s.") % {"names": names}, code="waits")
    day = on or today()
    if not EARLIEST <= day <= today():
        raise refused("done_on", _("The day lies between 1990 and today."))
    put(row, done_on=day, done_by=by, blocker="", blocked_on=None)
    _attest(plan, row, True, by)
    _touch(plan)
    return row


@transaction.atomic
def reopen_milestone(*, milestone: Milestone, version: int | None, by: Member | None) -> Milestone:
    """It is not done after all; the criterion that it attested is not met any more."""
    plan = _open(_locked(milestone.plan, None))
    row = _milestone(list(Milestone.objects.filter(plan=plan)), milestone, version)
    if row.done_on is None:
        return row
    put(row, done_on=None, done_by=None)
    _attest(plan, row, False, by)
    _touch(plan)
    return row


@transaction.atomic
def block_milestone(
    *, milestone: Milestone, blocker: str, version: int | None, by: Member | None, note: str | None = None
) -> Milestone:
    """Say what holds it up, by its code (JRN-11), or with "" that nothing does any more; `note` None leaves the note."""
    plan = _open(_locked(milestone.plan, None))
    row = _milestone(list(Milestone.objects.filter(plan=plan)), milestone, version)
    if blocker and blocker not in (*blockers_of(plan.kind), row.blocker):
        raise refused("blocker", _("Choose one of the list."))
    if blocker and row.done_on is not None:
        raise refused("blocker", _("This milestone is done."))
    since = None if not blocker else row.blocked_on if row.blocker == blocker else today()
    put(row, blocker=blocker, blocked_on=since, note=row.note if note is None else note.strip()[:NOTE])
    _touch(plan)
    return row


def _attest(plan: Plan, row: Milestone, met: bool, by: Member | None) -> None:
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


def _locked(plan: Plan, version: int | None) -> Plan:
    row = Plan.objects.select_for_update(of=("self",)).select_related("account", "track").get(id=plan.id)
    check_seen(row, version)
    return row


def _open(plan: Plan) -> Plan:
    if plan.state != PlanState.ACTIVE:
        raise DomainError(_("This plan is over: open it again first."), code="over")
    return plan


def _milestone(rows: Sequence[Milestone], milestone: Milestone, version: int | None) -> Milestone:
    """The row of the plan as it stands; Conflict when it was changed, or removed, since the person saw it."""
    row = next((each for each in rows if each.id == milestone.id), None)
    if row is None or (version is not None and row.version != version):
        raise Conflict(_("Somebody has changed this milestone meanwhile."))
    return row


def _put(row: Plan | Milestone, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def _save_plan(row: Plan, changes: Mapping[str, Any]) -> Plan:
    return put(row, **{name: value for name, value in changes.items() if getattr(row, name) != value})


def _touch(plan: Plan) -> None:
    """The plan counts as changed for programs that follow it, but nobody's open form of it grows stale by that."""
    Plan.objects.filter(id=plan.id).update(updated_at=timezone.now())


def _order(rows: list[Milestone], row: Milestone, position: int) -> None:
    others = [each for each in rows if each.id != row.id]
    others.insert(min(max(position, 0), len(others)), row)
    changed = []
    for place, each in enumerate(others):
        if each.position != place:
            each.position = place
            changed.append(each)
    Milestone.objects.bulk_update(changed, ["position"])


@transaction.atomic
def set_needs(*, plan: Plan, needs: Mapping[UUID, Collection[UUID]], by: Member | None) -> None:
    """Say at once of several milestones what each waits for; DomainError on `needs` where they would wait for each other."""
    _open(_locked(plan, None))
    if _set_needs(needs, list(Milestone.objects.filter(plan=plan))):
        _touch(plan)


def _set_needs(wanted: Mapping[UUID, Collection[UUID]], rows: Sequence[Milestone]) -> bool:
    """Whether anything changed by it."""
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
    gone = [need.id for pair, need in known.items() if pair not in pairs]
    fresh = sorted(pairs - set(known))
    MilestoneNeed.objects.filter(id__in=gone).delete()
    MilestoneNeed.objects.bulk_create(MilestoneNeed(milestone=by_id[each], needs=by_id[other]) for each, other in fresh)
    return bool(gone or fresh)


def _checked_plan(plan: Plan, values: dict[str, Any]) -> dict[str, Any]:
    """The given values as they are kept; DomainError names each that cannot be."""
    problems: dict[str, str] = {}
    _check_text(values, "name", NAME, problems, required=True)
    _check_text(values, "goal", GOAL, problems)
    if "kind" in values and values["kind"] not in PlanKind.values:
        problems["kind"] = _("Choose one of the list.")
    _check_people(values, plan.account, plan, problems)
    if values.get("track") is not None and values["track"].account_id != plan.account_id:
        problems["track"] = _("It belongs to another account.")
    start, end = values.get("starts_on", plan.starts_on), values.get("target_on", plan.target_on)
    if not EARLIEST <= start <= today() + dt.timedelta(days=LONGEST):
        problems["starts_on"] = _("The day lies between 1990 and five years from now.")
    elif not start <= end <= start + dt.timedelta(days=LONGEST):
        problems["target_on"] = _("It ends within five years after it begins.")
    return _or_refused(values, problems)


def _checked_milestone(plan: Plan, row: Milestone, values: dict[str, Any]) -> dict[str, Any]:
    problems: dict[str, str] = {}
    _check_text(values, "name", NAME, problems, required=True)
    _check_text(values, "note", NOTE, problems)
    _check_people(values, plan.account, row, problems)
    day = values.get("due_on", row.due_on)
    if day is None:
        problems["due_on"] = _("A value is required here.")
    elif not plan.starts_on <= day <= plan.starts_on + dt.timedelta(days=LONGEST):
        problems["due_on"] = _("The day lies after the plan begins, within five years.")
    if (key := values.get("criterion")) and key != row.criterion:
        open_now = StagePeriod.objects.select_related("track").filter(track=plan.track_id, exited_on=None)
        if all(each.key != key for period in open_now for each in criteria_of(period.stage, period.track.kind)):
            problems["criterion"] = _("No open stage of this track asks for it.")
    return _or_refused(values, problems)


def _check_text(
    values: dict[str, Any], name: str, limit: int, problems: dict[str, str], *, required: bool = False
) -> None:
    if name not in values:
        return
    values[name] = values[name].strip()
    if required and not values[name]:
        problems[name] = _("A value is required here.")
    elif len(values[name]) > limit:
        problems[name] = _("At most %(limit)s characters fit here.") % {"limit": limit}


def _check_people(values: Mapping[str, Any], account: Account, row: Plan | Milestone, problems: dict[str, str]) -> None:
    """Our owner is still here; the customer's belongs to the account and has not left. Who stands there already stays."""
    owner, theirs = values.get("owner"), values.get("customer_owner")
    if owner is not None and owner.id != row.owner_id and not owner.is_active:
        problems["owner"] = _("%(name)s is not active any more.") % {"name": owner.name}
    if theirs is not None and theirs.id != row.customer_owner_id:
        if theirs.account_id != account.id:
            problems["customer_owner"] = _("There is no such person at this account.")
        elif theirs.left_on is not None:
            problems["customer_owner"] = _("%(name)s has left already.") % {"name": theirs.name}


def _or_refused(values: dict[str, Any], problems: dict[str, str]) -> dict[str, Any]:
    if problems:
        raise DomainError(next(iter(problems.values())), fields=problems)
    return values
