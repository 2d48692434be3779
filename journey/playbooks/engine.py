"""What starts, what is held back and why, and which steps are due: pure, the same for the night, a refresh and a dry run."""

import datetime as dt
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from journey.playbooks.definition import Standing, Step, Steps


class HeldBack(TextChoices):
    """Why a cause starts no play."""

    RUNNING = "running", _("A play of this playbook runs there")
    COOLING = "cooling", _("One began there a short time ago")
    CAPPED = "capped", _("More than the cap of a day")
    STALE = "stale", _("The rule's inputs are not fresh")
    RULE_OFF = "rule_off", _("The alert rule is off")


@dataclass(frozen=True)
class Cause:
    """Something that may start a play: an alert, or in a dry run its day alone."""

    account_id: UUID
    day: dt.date
    mrr_minor: int = 0
    alert_id: UUID | None = None


@dataclass(frozen=True)
class Limits:
    """What holds a playbook back: at most `cap` new plays in a day, quiet for `cooldown_days` after one began."""

    cap: int
    cooldown_days: int


@dataclass
class Chosen:
    """Causes that start a play, and the others with the reason."""

    starts: list[Cause] = field(default_factory=list)
    held_back: list[tuple[Cause, HeldBack]] = field(default_factory=list)


def choose(
    causes: Iterable[Cause],
    limits: Limits,
    day: dt.date,
    *,
    running: Set[UUID] = frozenset(),
    began: Mapping[UUID, dt.date] | None = None,
    spent: int = 0,
) -> Chosen:
    """Which causes start a play on `day`: most money first, one for an account, never more than the cap.

    `running` are the accounts where a play of this playbook runs, `began` says when the last one began at an account,
    `spent` how many the day has had before, so that a night that runs again starts no more.
    Example: cap 1, two causes at accounts of 10 and 20 a month: the second starts, the first is CAPPED.
    """
    found, taken = Chosen(), set(running)
    last = dict(began or {})
    for cause in sorted(causes, key=lambda c: (-c.mrr_minor, c.account_id, c.day, str(c.alert_id))):
        before = last.get(cause.account_id)
        if cause.account_id in taken:
            found.held_back.append((cause, HeldBack.RUNNING))
        elif before is not None and (day - before).days < limits.cooldown_days:
            found.held_back.append((cause, HeldBack.COOLING))
        elif spent + len(found.starts) >= limits.cap:
            found.held_back.append((cause, HeldBack.CAPPED))
        else:
            taken.add(cause.account_id)
            found.starts.append(cause)
    return found


def is_over(steps: Steps, made: Mapping[str, bool], skipped: Iterable[str]) -> bool:
    """Whether nothing is left of a play: each step was left out or became a task or a mail (`made`: by step whether it is
    still open), and none is open."""
    return len({*made, *skipped}) >= len(steps.steps) and not any(made.values())


@dataclass
class Due:
    """Steps that become tasks or mails, and those left out with the parts of their condition that did not hold."""

    tasks: list[Step] = field(default_factory=list)
    mails: list[Step] = field(default_factory=list)
    left_out: dict[str, list[str]] = field(default_factory=dict)


def due(steps: Steps, began: dt.date, settled: Set[str], standing: Standing, day: dt.date) -> Due:
    """Steps whose day has come by `day` and that are not settled (made or left out before)."""
    found = Due()
    for step in steps.steps:
        if step.key in settled or began + dt.timedelta(days=step.days) > day:
            continue
        if failing := step.condition.failing(standing, day):
            found.left_out[step.key] = failing
        else:
            (found.mails if step.mail else found.tasks).append(step)
    return found
