"""How long before the end of a contract its renewal begins, and which steps it takes (REN-01, REN-02): by profile, or as
a company wrote it for a segment (`Runway`). Days count back from the first day that is not paid any more."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.customers import refused
from accounts.enums import Profile
from journey.stages.targets import USUAL
from renewals.enums import Step
from renewals.models import Runway

LONGEST = 730  # days of a runway
MOST = len(Step)


@dataclass(frozen=True)
class StepPlan:
    """A step and how many days before the end it is to be done."""

    step: str
    days: int


def _plan(*steps: tuple[Step, int]) -> tuple[StepPlan, ...]:
    return tuple(StepPlan(step.value, days) for step, days in steps)


# REN-02 says the days of the enterprise; the others are scaled to their runway of REN-01 (E7).
PLANS: Mapping[str, tuple[StepPlan, ...]] = {
    Profile.ENTERPRISE: _plan(
        (Step.PREP, 180), (Step.TALK, 120), (Step.PROPOSAL, 90), (Step.NEGOTIATE, 60), (Step.SIGN, 30)
    ),
    Profile.MID_MARKET: _plan(
        (Step.PREP, 90), (Step.TALK, 75), (Step.PROPOSAL, 60), (Step.NEGOTIATE, 45), (Step.SIGN, 30)
    ),
    Profile.SMB: _plan((Step.PREP, 60), (Step.QUOTE, 45), (Step.TALK, 30), (Step.CONFIRM, 14)),
    Profile.PRODUCT_LED: _plan(
        (Step.NOTICE, 30), (Step.SECOND_NOTICE, 14), (Step.REMINDER, 7), (Step.LAST_REMINDER, 1)
    ),
}
DAYS: Mapping[str, int] = {
    Profile.ENTERPRISE: 180,
    Profile.MID_MARKET: 90,
    Profile.SMB: 60,
    Profile.PRODUCT_LED: 30,
}


def steps_of(of: str | Runway) -> tuple[StepPlan, ...]:
    """The steps of a profile, or of a company's own runway, the earliest first. Example: mid-market begins with
    StepPlan("prep", 90)."""
    return read_steps(of.steps) if isinstance(of, Runway) else PLANS[of]


def days_of(of: str | Runway) -> int:
    """How many days before the end the renewal opens. Example: 180 for an enterprise."""
    return of.days if isinstance(of, Runway) else DAYS[of]


def read_steps(stored: Iterable[Mapping[str, Any]]) -> tuple[StepPlan, ...]:
    """Steps as `Runway.steps` keeps them. They were checked when they were written (`checked`)."""
    return tuple(StepPlan(item["step"], item["days"]) for item in stored)


def own_runways() -> dict[UUID, Runway]:
    """The runways that the company wrote, by segment. One query."""
    return {row.segment_id: row for row in Runway.objects.select_related("segment")}


def runway_of(segment_id: UUID | None, profile: str | None, own: Mapping[UUID, Runway]) -> str | Runway:
    """What accounts of a segment follow: its own runway, else its profile, else that of accounts without a segment."""
    found = own.get(segment_id) if segment_id else None
    return found if found is not None else (profile or str(USUAL))


def checked(days: int, steps: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The steps as they are kept, the earliest first; DomainError (on `days` or `steps`) for what is no runway."""
    if not 1 <= days <= LONGEST:
        raise refused("days", _("A runway has 1 to %(most)s days.") % {"most": LONGEST})
    if not 1 <= len(steps) <= MOST:
        raise refused("steps", _("Name at least one step, each once."))
    found: dict[str, int] = {}
    for item in steps:
        step, at = item.get("step"), item.get("days")
        if step not in Step.values or step in found:
            raise refused("steps", _("Name at least one step, each once."))
        if not isinstance(at, int) or isinstance(at, bool) or not 0 <= at <= days:
            raise refused("steps", _("Each step lies between the beginning of the runway and the end."))
        found[str(step)] = at
    order = {step: place for place, step in enumerate(Step.values)}
    rows = sorted(found.items(), key=lambda item: (-item[1], order[item[0]]))
    return [{"step": step, "days": at} for step, at in rows]
