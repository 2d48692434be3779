"""What plans and milestones may hold: the given values as they are kept, or DomainError on the fields that cannot be
(JRN-11, VAL-02)."""

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.utils.translation import gettext as _

from accounts.customers import EARLIEST, refused
from accounts.dossier import parts_of
from accounts.merging.result import today
from accounts.models import Account
from cs_platform.kernel.errors import DomainError
from journey.enums import Blocker, PlanKind, PlanState, Stage
from journey.models import Milestone, Plan, StagePeriod
from journey.plans.templates import LONGEST, NAME
from journey.stages import criteria, guide

GOAL = NOTE = 500
# What may hold a milestone of an onboarding up (JRN-11); a success plan takes the codes of all stages.
ONBOARDING_BLOCKERS = tuple(str(code) for code in guide.BLOCKERS[Stage.ONBOARDING])


def blockers_of(kind: str) -> tuple[str, ...]:
    """The codes that a plan of this kind offers."""
    return ONBOARDING_BLOCKERS if kind == PlanKind.ONBOARDING else tuple(Blocker.values)


def check_runs(plan: Plan) -> Plan:
    """The plan; DomainError when it is over."""
    if plan.state != PlanState.ACTIVE:
        raise DomainError(_("This plan is over: open it again first."), code="over")
    return plan


def checked_plan(plan: Plan, values: dict[str, Any]) -> dict[str, Any]:
    """The given values of a plan as they are kept; DomainError names each that cannot be."""
    problems: dict[str, str] = {}
    _check_text(values, "name", NAME, problems, required=True)
    _check_text(values, "goal", GOAL, problems)
    if "kind" in values and values["kind"] not in PlanKind.values:
        problems["kind"] = _("Choose one of the list.")
    _check_people(values, plan.account, plan, problems)
    track = values.get("track")
    if track is not None and track.account_id not in (plan.account_id, *parts_of(plan.account)):
        problems["track"] = _("It belongs to another account.")
    start, end = values.get("starts_on", plan.starts_on), values.get("target_on", plan.target_on)
    if not EARLIEST <= start <= today() + dt.timedelta(days=LONGEST):
        problems["starts_on"] = _("The day lies between 1990 and five years from now.")
    elif not start <= end <= start + dt.timedelta(days=LONGEST):
        problems["target_on"] = _("It ends within five years after it begins.")
    return _or_refused(values, problems)


def asked_of(plan: Plan) -> set[str]:
    """Keys of the criteria that the open stages of the plan's track ask for. Two statements."""
    stages = StagePeriod.objects.select_related("track").filter(track=plan.track_id, exited_on=None)
    all_of_them = criteria.criteria_of_all()
    return {each.key for row in stages for each in criteria.asked(all_of_them[row.stage], row.track.kind)}


def checked_milestone(
    plan: Plan, row: Milestone, values: dict[str, Any], asked: Callable[[], Collection[str]]
) -> dict[str, Any]:
    """The given values of a milestone as they are kept; `asked` is read where a criterion is new (see `asked_of`)."""
    problems: dict[str, str] = {}
    values.setdefault("name", row.name)
    _check_text(values, "name", NAME, problems, required=True)
    _check_text(values, "note", NOTE, problems)
    _check_people(values, plan.account, row, problems)
    day = values.get("due_on", row.due_on)
    if day is None:
        problems["due_on"] = _("A value is required here.")
    elif not plan.starts_on <= day <= plan.starts_on + dt.timedelta(days=LONGEST):
        problems["due_on"] = _("The day lies after the plan begins, within five years.")
    if (key := values.get("criterion")) and key != row.criterion and key not in asked():
        problems["criterion"] = _("No open stage of this track asks for it.")
    return _or_refused(values, problems)


def checked_day(day: dt.date) -> dt.date:
    """The day on which a milestone was done."""
    if not EARLIEST <= day <= today():
        raise refused("done_on", _("The day lies between 1990 and today."))
    return day


def held_up(plan: Plan, row: Milestone, blocker: str, *, done: bool) -> dict[str, Any]:
    """What a milestone holds from now on when this holds it up, or with "" nothing does."""
    if blocker and blocker not in (*blockers_of(plan.kind), row.blocker):
        raise refused("blocker", _("Choose one of the list."))
    if blocker and done:
        raise refused("blocker", _("This milestone is done."))
    since = None if not blocker else row.blocked_on if row.blocker == blocker else today()
    return {"blocker": blocker, "blocked_on": since}


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
