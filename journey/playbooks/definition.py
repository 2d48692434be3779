"""The steps of a playbook: read from JSON, checked, and judged on what is known of an account (REQUIREMENTS 1K).

A step becomes a task or a mail `days` after the play began, if its condition holds on that day. Conditions are a small
closed language: each part that is given must hold.
"""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.enums import HealthBand, Profile, Tier
from cs_platform.kernel.errors import DomainError
from journey.enums import Doer, WorkType
from journey.playbooks.mail import Mail, read_mail
from journey.playbooks.texts import Problems, read_texts

MOST_STEPS = 20
LONGEST_DAYS = 365
TITLE, NOTE = 200, 1000
_KEY = re.compile(r"[a-z0-9_]{1,40}")
_TASK = {"title", "note", "doer", "work", "urgent"}


@dataclass(frozen=True)
class Standing:
    """What the conditions may ask of an account on a day."""

    account_id: UUID
    band: str = HealthBand.NONE
    segment_id: UUID | None = None
    profile: str = ""
    tier: str = ""
    champion: bool = False
    renews_on: dt.date | None = None
    first_value: bool = False


@dataclass(frozen=True)
class Condition:
    """All given parts must hold; an empty one always does. `renewal_within` counts days from that day to the renewal."""

    band: tuple[str, ...] = ()
    segment: tuple[str, ...] = ()
    profile: tuple[str, ...] = ()
    tier: tuple[str, ...] = ()
    champion: bool | None = None
    renewal_within: int | None = None
    first_value: bool | None = None

    def failing(self, standing: Standing, day: dt.date) -> list[str]:
        """The parts that do not hold. Example: `Condition(band=("red",)).failing(yellow, day) == ["band"]`."""
        left = (standing.renews_on - day).days if standing.renews_on else None
        holds = {
            "band": not self.band or standing.band in self.band,
            "segment": not self.segment or str(standing.segment_id) in self.segment,
            "profile": not self.profile or standing.profile in self.profile,
            "tier": not self.tier or standing.tier in self.tier,
            "champion": self.champion is None or standing.champion == self.champion,
            "renewal_within": self.renewal_within is None or (left is not None and 0 <= left < self.renewal_within),
            "first_value": self.first_value is None or standing.first_value == self.first_value,
        }
        return [name for name, held in holds.items() if not held]

    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = {name: list(getattr(self, name)) for name in CHOICES if getattr(self, name)}
        plain = {name: getattr(self, name) for name in ("champion", "renewal_within", "first_value")}
        return found | {name: value for name, value in plain.items() if value is not None}


# The parts that are lists, with what may stand in them; segments are the tenant's own.
CHOICES: Mapping[str, Sequence[str] | None] = {
    "band": HealthBand.values,
    "segment": None,
    "profile": Profile.values,
    "tier": Tier.values,
}


@dataclass(frozen=True)
class Step:
    """One step: what is done, by whom, how many days after the play began, and when it is left out. One with a mail is
    sent instead, in the name of the account's CSM; its title is the mail's subject."""

    key: str
    title: Mapping[str, str]
    doer: str = Doer.OWNER
    work: str = WorkType.HEALTH
    days: int = 0
    urgent: bool = False
    note: Mapping[str, str] = field(default_factory=dict)
    condition: Condition = field(default_factory=Condition)
    mail: Mail | None = None

    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = {"key": self.key, "days": self.days}
        if self.mail is not None:
            found["mail"] = self.mail.json()
        else:
            found |= {"title": dict(self.title), "note": dict(self.note)}
            found |= {"doer": str(self.doer), "work": str(self.work), "urgent": self.urgent}
        return found | ({"if": asked} if (asked := self.condition.json()) else {})


@dataclass(frozen=True)
class Steps:
    """The steps of a version, in their order; days never go back."""

    steps: tuple[Step, ...]

    def json(self) -> list[dict[str, Any]]:
        return [step.json() for step in self.steps]

    @property
    def days(self) -> int:
        """Days from the beginning to the last step."""
        return max((step.days for step in self.steps), default=0)

    @classmethod
    def read(cls, given: Any, segments: Sequence[str] | None = None) -> "Steps":
        """From JSON. DomainError names each field that is wrong, as `0.title`; `segments` are the ids that exist, None
        takes any."""
        problems: Problems = {}
        if not isinstance(given, list) or not given:
            sentence = _("A playbook has at least one step.")
            raise DomainError(sentence, fields={"steps": sentence})
        if len(given) > MOST_STEPS:
            problems["steps"] = _("At most %(limit)s steps.") % {"limit": MOST_STEPS}
        found = [_step(row, place, segments, problems) for place, row in enumerate(given[:MOST_STEPS])]
        keys: set[str] = set()
        for place, step in enumerate(found):
            if step.key in keys:
                problems[f"{place}.key"] = _("Each step has a key of its own.")
            keys.add(step.key)
            if place and step.days < found[place - 1].days:
                problems.setdefault(f"{place}.days", _("A step comes no earlier than the one before it."))
        if problems:
            raise DomainError(next(iter(problems.values())), fields=problems)
        return cls(tuple(found))


def _step(row: Any, place: int, segments: Sequence[str] | None, problems: Problems) -> Step:
    if not isinstance(row, dict):
        problems[f"{place}.title"] = _("Say what is done.")
        return Step(f"step_{place + 1}", {})
    own = {"mail"} if "mail" in row else _TASK
    if unknown := set(row) - {"key", "days", "if"} - own:
        problems[f"{place}.title"] = _("Unknown: %(names)s.") % {"names": ", ".join(sorted(map(str, unknown)))}
    key = row.get("key")
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        problems[f"{place}.key"] = _("A key is made of small letters, digits and underscores.")
        key = f"step_{place + 1}"
    days: Any = row.get("days")
    if not _whole(days) or not 0 <= days <= LONGEST_DAYS:
        problems[f"{place}.days"] = _("Between %(low)s and %(high)s days.") % {"low": 0, "high": LONGEST_DAYS}
        days = 0
    asked = _condition(row.get("if") or {}, place, segments, problems)
    if "mail" in row:
        mail = read_mail(row["mail"], place, problems)
        return Step(key, mail.subject, days=days, condition=asked, mail=mail)
    title = read_texts(row.get("title"), TITLE, f"{place}.title", problems)
    if not title:
        problems.setdefault(f"{place}.title", _("Say what is done."))
    note = read_texts(row.get("note") or {}, NOTE, f"{place}.note", problems)
    for name, known in (("doer", Doer.values), ("work", WorkType.values)):
        if row.get(name) not in known:
            problems[f"{place}.{name}"] = _("Choose one of the list.")
    urgent = row.get("urgent", False)
    if not isinstance(urgent, bool):
        problems[f"{place}.urgent"] = _("Yes or no.")
        urgent = False
    return Step(key, title, row.get("doer", ""), row.get("work", ""), days, urgent, note, asked)


def _condition(given: Any, place: int, segments: Sequence[str] | None, problems: Problems) -> Condition:
    name = f"{place}.if"
    known = {*CHOICES, "champion", "renewal_within", "first_value"}
    if not isinstance(given, dict) or set(given) - known:
        problems[name] = _("This condition is not known.")
        return Condition()
    lists: dict[str, tuple[str, ...]] = {}
    for part, choices in CHOICES.items():
        values = given.get(part, [])
        allowed = segments if part == "segment" else choices
        if not isinstance(values, list) or not all(
            isinstance(value, str) and (allowed is None or value in allowed) for value in values
        ):
            problems[name] = _("Choose from the list.")
            continue
        lists[part] = tuple(dict.fromkeys(values))
    for part in ("champion", "first_value"):
        if given.get(part) not in (None, True, False) or _whole(given.get(part)):
            problems[name] = _("Yes or no.")
    within = given.get("renewal_within")
    if within is not None and (not _whole(within) or not 1 <= within <= LONGEST_DAYS):
        problems[name] = _("Between %(low)s and %(high)s days.") % {"low": 1, "high": LONGEST_DAYS}
        within = None
    return Condition(
        **lists, champion=given.get("champion"), renewal_within=within, first_value=given.get("first_value")
    )


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
