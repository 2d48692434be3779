"""Why an account may grow: the rules of TRG-13 and TRG-14 over the facts of one account. Pure.

Each rule gives what fires, and what still holds of what fired before: it holds a little longer than it fires, so that an account
at the line does not open a signal each week. `key` names the cause: a contract's plan, a journey, an event, or the level itself.
Where each fires is the company's to say (`NUMBERS`, `Limits`), and a match keeps the numbers that it was judged by.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.enums import AccountEventKind, HealthBand, Profile
from expansion.enums import Trigger
from health.alerts.rule_parts import Threshold, Values
from journey.enums import TrackKind

LIMIT_DAYS = 30  # a plan's usage limit is what may be used in so many days
BEFORE_DAYS = 91  # a team is held against a quarter before
_NEW = (Threshold("days", _("Not older than"), "days", 90, 90, 7, 365),)
# The numbers of each trigger that a company may set; what holds follows what fires at the same distance. Without numbers it may be
# switched off. What a person saw (Trigger.PERSON) is no rule's.
NUMBERS: Mapping[str, tuple[Threshold, ...]] = {
    Trigger.LIMIT: (Threshold("full", _("Use of the plan's limit"), "share", 0.90, 0.85, 0.50, 1.00),),
    Trigger.SEATS_FULL: (Threshold("full", _("Seats in use"), "share", 0.90, 0.85, 0.50, 1.00),),
    Trigger.TEAM_GROWTH: (
        Threshold("grew", _("More active people than a quarter before"), "share", 0.25, 0.10, 0.15, 3.00),
        Threshold("people", _("More people, at least"), "people", 5, 5, 1, 1000),  # asked of what fires only
    ),
    Trigger.USE_CASE: _NEW,
    Trigger.DEPARTMENT: _NEW,
    Trigger.CHAMPION: (),
    Trigger.ADVOCATE: (),
    Trigger.RENEWAL: (),
    Trigger.GROWTH: _NEW,
    Trigger.COMPETITOR: _NEW,
}
JUDGED_BY = "judged_by"  # in the inputs: the numbers of then, by name
# What each rule hears of usage must be fresh, or it neither opens nor ends anything.
FROM_USAGE = frozenset({Trigger.LIMIT, Trigger.SEATS_FULL, Trigger.TEAM_GROWTH})

Facts = Mapping[str, Any]  # a row of facts.sql


@dataclass(frozen=True)
class Limits:
    """Where each trigger fires and to where it holds, by the names of `NUMBERS`, and which are switched off: read once for a run."""

    fires: Mapping[str, Values]
    holds: Mapping[str, Values]
    off: frozenset[str] = frozenset()

    @classmethod
    def of(cls, own: Mapping[str, Values], off: Collection[str] = ()) -> Self:
        """The usual ones, and over them what a company says. Example: seats full from 95 % hold to 90 %."""
        fires = {
            trigger: {t.name: own.get(trigger, {}).get(t.name, t.default) for t in declared}
            for trigger, declared in NUMBERS.items()
        }
        holds = {
            trigger: {t.name: round(fires[trigger][t.name] + t.release - t.default, 6) for t in declared}
            for trigger, declared in NUMBERS.items()
        }
        return cls(fires, holds, frozenset(off))

    def at(self, trigger: str, name: str, *, still: bool) -> float:
        """A number of a trigger: where it fires, or `still` holds."""
        return (self.holds if still else self.fires)[trigger][name]

    def since(self, trigger: str, as_of: dt.date) -> dt.date:
        """The day as old as what is new for a trigger may be."""
        return as_of - dt.timedelta(days=round(self.fires[trigger]["days"]))


USUAL = Limits.of({})


@dataclass(frozen=True)
class Match:
    """A reason to offer more, with what was measured."""

    trigger: Trigger
    key: str
    inputs: Mapping[str, Any] = field(default_factory=dict)
    product: UUID | None = None
    track: UUID | None = None


def fires(facts: Facts, as_of: dt.date, limits: Limits) -> list[Match]:
    """What opens a signal today, in the order of the triggers, with the numbers that it was judged by.

    Example: 98 of 100 seats active, 60 people three months before, health green, an advocate enrolled: seats full (0.98), team
    growth (+63 %) and an advocate.
    """
    found = [match for rule in RULES for match in rule(facts, as_of, limits, False) if match.trigger not in limits.off]
    return [
        replace(match, inputs={**match.inputs, JUDGED_BY: numbers})
        if (numbers := limits.fires[match.trigger])
        else match
        for match in found
    ]


def holds(facts: Facts, as_of: dt.date, limits: Limits) -> set[tuple[str, str]]:
    """The causes that are still there, as (trigger, key); also of triggers that are off: what is open of them ends with its cause."""
    return {(str(match.trigger), match.key) for rule in RULES for match in rule(facts, as_of, limits, True)}


def _limit(f: Facts, as_of: dt.date, limits: Limits, still: bool) -> Iterator[Match]:
    """Use of 30 days against the limit of each plan that is paid for: of its product's features where the catalogue names
    any, else all use. Example: 930,000 of 1,000,000 is 93 %."""
    for plan, name, limit, product, used in f["plans"]:
        if used is None:
            continue
        share = float(used) / limit
        if share >= limits.at(Trigger.LIMIT, "full", still=still):
            inputs = {
                "used": float(used),
                "limit": limit,
                "share": round(share, 4),
                "plan": name,
                "plan_id": plan,
            }
            yield Match(Trigger.LIMIT, f"plan:{plan}", inputs, UUID(product) if product else None)


def _seats(f: Facts, as_of: dt.date, limits: Limits, still: bool) -> Iterator[Match]:
    """People active in 28 days against the seats that are paid for."""
    if f["seats"] and f["users"] / f["seats"] >= limits.at(Trigger.SEATS_FULL, "full", still=still):
        share = round(f["users"] / f["seats"], 4)
        yield Match(Trigger.SEATS_FULL, "seats", {"used": f["users"], "limit": f["seats"], "share": share})


def _team(f: Facts, as_of: dt.date, limits: Limits, still: bool) -> Iterator[Match]:
    """People active in 28 days against the 28 days a quarter before; a book that is heard of for less tells no growth."""
    before, now, since = f["users_before"], f["users"], f["used_since"]
    if not before or since is None or since > as_of - dt.timedelta(days=BEFORE_DAYS + 28):
        return
    least, people = (limits.at(Trigger.TEAM_GROWTH, name, still=still) for name in ("grew", "people"))
    if now >= before * (1 + least) and (still or now - before >= people):
        yield Match(Trigger.TEAM_GROWTH, "team", {"before": before, "now": now, "change": round(now / before - 1, 4)})


def _tracks(f: Facts, as_of: dt.date, limits: Limits, still: bool) -> Iterator[Match]:
    """A journey of a department or of a use case that began lately."""
    for track, kind, name, seats, opened_on in f["tracks"]:
        trigger = Trigger.DEPARTMENT if kind == TrackKind.DEPARTMENT else Trigger.USE_CASE
        if dt.date.fromisoformat(opened_on) >= limits.since(trigger, as_of):
            yield Match(trigger, track, {"name": name, "seats": seats, "since": opened_on}, track=UUID(track))


def _champion(f: Facts, as_of: dt.date, limits: Limits, still: bool) -> Iterator[Match]:
    """Somebody who decides or carries us asks for a capability that is missing (the issue log, ACC-14)."""
    for issue, title, name, since in f["wishes"]:
        yield Match(
            Trigger.CHAMPION, f"issue:{issue}", {"title": title, "name": name, "since": since, "issue_id": issue}
        )


def _advocate(f: Facts, as_of: dt.date, limits: Limits, still: bool) -> Iterator[Match]:
    """Health green and advocacy: qualified for it, or with somebody enrolled."""
    if f["band"] == HealthBand.GREEN and (f["qualified"] or f["advocates"]):
        yield Match(Trigger.ADVOCATE, "advocate", {"qualified": f["qualified"], "advocates": f["advocates"]})


def _renewal(f: Facts, as_of: dt.date, limits: Limits, still: bool) -> Iterator[Match]:
    """The renewal's runway has begun and health is green: what is added now is one talk."""
    if f["band"] == HealthBand.GREEN:
        for renewal, due_on in f["renewals"]:
            yield Match(Trigger.RENEWAL, f"renewal:{renewal}", {"due_on": due_on, "renewal_id": renewal})


def _events(f: Facts, as_of: dt.date, limits: Limits, still: bool) -> Iterator[Match]:
    """Business growth, or a competitor's product that can be replaced, as somebody noted it."""
    for event, kind, day, note in f["events"]:
        trigger = Trigger.GROWTH if kind == AccountEventKind.GROWTH else Trigger.COMPETITOR
        if dt.date.fromisoformat(day) > limits.since(trigger, as_of):
            yield Match(trigger, f"event:{event}", {"day": day, "note": note[:200]})


RULES: tuple[Callable[[Facts, dt.date, Limits, bool], Iterator[Match]], ...] = (
    _limit, _seats, _team, _tracks, _champion, _advocate, _renewal, _events,
)  # fmt: skip


def gate(facts: Facts, match: Match) -> dict[str, Any] | None:
    """What a product-led account's own product is told, so that it may show a paywall or a prompt (TRG-21); None for others."""
    if facts["profile"] != Profile.PRODUCT_LED or match.trigger not in (Trigger.LIMIT, Trigger.SEATS_FULL):
        return None
    seats = match.trigger == Trigger.SEATS_FULL
    return {
        "limit": "seats" if seats else "usage",
        "used": match.inputs["used"],
        "of": match.inputs["limit"],
        "share": match.inputs["share"],
        "plan": match.inputs.get("plan", ""),
    }
