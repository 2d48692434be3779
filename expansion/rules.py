"""Why an account may grow: the rules of TRG-13 and TRG-14 over the facts of one account. Pure.

Each rule gives what fires, and what still holds of what fired before: it holds a little longer than it fires, so that an account
at the line does not open a signal each week. `key` names the cause: a contract's plan, a journey, an event, or the level itself.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from accounts.enums import AccountEventKind, HealthBand, Profile
from expansion.enums import Trigger
from journey.enums import TrackKind

LIMIT_DAYS = 30  # a plan's usage limit is what may be used in so many days
FULL, STILL_FULL = 0.90, 0.85  # of a limit or of the seats (TRG-13: 90 %)
GREW, STILL_GREW, GREW_BY = 1.25, 1.10, 5  # active people against three months before
BEFORE_DAYS = 91
TRACK_DAYS = 90  # a department or use case is new for so long
EVENT_DAYS = 90  # and what happened is news
# What each rule hears of usage must be fresh, or it neither opens nor ends anything.
FROM_USAGE = frozenset({Trigger.LIMIT, Trigger.SEATS_FULL, Trigger.TEAM_GROWTH})

Facts = Mapping[str, Any]  # a row of facts.sql


@dataclass(frozen=True)
class Match:
    """A reason to offer more, with what was measured."""

    trigger: Trigger
    key: str
    inputs: Mapping[str, Any] = field(default_factory=dict)
    product: UUID | None = None
    track: UUID | None = None


def fires(facts: Facts, as_of: dt.date) -> list[Match]:
    """What opens a signal today, in the order of the triggers.

    Example: 98 of 100 seats active, 60 people three months before, health green, an advocate enrolled: seats full (0.98), team
    growth (+63 %) and an advocate.
    """
    return [match for rule in RULES for match in rule(facts, as_of, False)]


def holds(facts: Facts, as_of: dt.date) -> set[tuple[str, str]]:
    """The causes that are still there, as (trigger, key)."""
    return {(str(match.trigger), match.key) for rule in RULES for match in rule(facts, as_of, True)}


def _limit(f: Facts, as_of: dt.date, still: bool) -> Iterator[Match]:
    """Use of 30 days against the limit of each plan that is paid for: of its product's features where the catalogue names
    any, else all use. Example: 930,000 of 1,000,000 is 93 %."""
    for plan, name, limit, product, used in f["plans"]:
        if used is None:
            continue
        share = float(used) / limit
        if share >= (STILL_FULL if still else FULL):
            inputs = {
                "used": float(used),
                "limit": limit,
                "share": round(share, 4),
                "plan": name,
                "plan_id": plan,
            }
            yield Match(Trigger.LIMIT, f"plan:{plan}", inputs, UUID(product) if product else None)


def _seats(f: Facts, as_of: dt.date, still: bool) -> Iterator[Match]:
    """People active in 28 days against the seats that are paid for."""
    if f["seats"] and f["users"] / f["seats"] >= (STILL_FULL if still else FULL):
        share = round(f["users"] / f["seats"], 4)
        yield Match(Trigger.SEATS_FULL, "seats", {"used": f["users"], "limit": f["seats"], "share": share})


def _team(f: Facts, as_of: dt.date, still: bool) -> Iterator[Match]:
    """People active in 28 days against the 28 days a quarter before; a book that is heard of for less tells no growth."""
    before, now, since = f["users_before"], f["users"], f["used_since"]
    if not before or since is None or since > as_of - dt.timedelta(days=BEFORE_DAYS + 28):
        return
    if now >= before * (STILL_GREW if still else GREW) and (still or now - before >= GREW_BY):
        yield Match(Trigger.TEAM_GROWTH, "team", {"before": before, "now": now, "change": round(now / before - 1, 4)})


def _tracks(f: Facts, as_of: dt.date, still: bool) -> Iterator[Match]:
    """A journey of a department or of a use case that began lately."""
    for track, kind, name, seats, opened_on in f["tracks"]:
        trigger = Trigger.DEPARTMENT if kind == TrackKind.DEPARTMENT else Trigger.USE_CASE
        yield Match(trigger, track, {"name": name, "seats": seats, "since": opened_on}, track=UUID(track))


def _champion(f: Facts, as_of: dt.date, still: bool) -> Iterator[Match]:
    """Somebody who decides or carries us asks for a capability that is missing (the issue log, ACC-14)."""
    for issue, title, name, since in f["wishes"]:
        yield Match(
            Trigger.CHAMPION, f"issue:{issue}", {"title": title, "name": name, "since": since, "issue_id": issue}
        )


def _advocate(f: Facts, as_of: dt.date, still: bool) -> Iterator[Match]:
    """Health green and advocacy: qualified for it, or with somebody enrolled."""
    if f["band"] == HealthBand.GREEN and (f["qualified"] or f["advocates"]):
        yield Match(Trigger.ADVOCATE, "advocate", {"qualified": f["qualified"], "advocates": f["advocates"]})


def _renewal(f: Facts, as_of: dt.date, still: bool) -> Iterator[Match]:
    """The renewal's runway has begun and health is green: what is added now is one talk."""
    if f["band"] == HealthBand.GREEN:
        for renewal, due_on in f["renewals"]:
            yield Match(Trigger.RENEWAL, f"renewal:{renewal}", {"due_on": due_on, "renewal_id": renewal})


def _events(f: Facts, as_of: dt.date, still: bool) -> Iterator[Match]:
    """Business growth, or a competitor's product that can be replaced, as somebody noted it."""
    for event, kind, day, note in f["events"]:
        trigger = Trigger.GROWTH if kind == AccountEventKind.GROWTH else Trigger.COMPETITOR
        yield Match(trigger, f"event:{event}", {"day": day, "note": note[:200]})


RULES: tuple[Callable[[Facts, dt.date, bool], Iterator[Match]], ...] = (
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
