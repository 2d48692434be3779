"""How each criterion of a stage stands: measured from facts when it is asked, or the latest word on it (JRN-07, JRN-44).

Four statements for any number of periods. A stage that has ended says what it said then (`StagePeriod.evidence`).
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Tenant
from accounts.selectors import STANDING
from cs_platform.kernel import sqljobs
from cs_platform.kernel.templatetags.cells import day_text, number_text, percent_text
from health.usage import selectors as usage
from journey.enums import Evidence
from journey.models import StagePeriod
from journey.stages import criteria
from journey.stages.criteria import DAYS, FEATURES, PEOPLE, SHARE, STORIES, TEAMS, TICKETS, Criterion

SQL = Path(__file__).parent / "sql"
Facts = Mapping[str, Any]


@dataclass(frozen=True)
class State:
    """One criterion of one period: whether it is met, what shows it, since when and by whom.

    `known` is False where nothing was measured and nobody said anything; `open_to_word` says whether a member may attest
    it. `value` and `threshold` are in the criterion's unit.
    """

    criterion: Criterion
    met: bool
    known: bool
    text: str
    value: float | None = None
    on: dt.date | None = None
    by: str = ""
    note: str = ""
    open_to_word: bool = False
    # The numbers it was judged by, by name.
    facts: Facts = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.criterion.key

    def frozen(self) -> dict[str, Any]:
        """The state as it is kept with a period that ends."""
        limit = self.criterion.threshold
        return {
            "key": self.criterion.key,
            "label": str(self.criterion.label),
            "how": str(self.criterion.how),
            "met": self.met,
            "value": self.value,
            "threshold": None if limit is None else float(limit),
            "unit": self.criterion.unit,
            "text": self.text,
            "by": self.by,
            "at": self.on.isoformat() if self.on else None,
        }


Reading = tuple[float | None, bool, dt.date | None]  # value (None: nothing known), met, and the day that it is of
Reader = Callable[[Facts, float], Reading]


def _ratio(over: Any, under: Any) -> float | None:
    return float(over or 0) / float(under) if under else None


def _at_least(value: float | None, limit: float) -> Reading:
    return value, value is not None and value >= limit, None


def _core_users(f: Facts, limit: float) -> Reading:
    """Of 8 named core users 6 were active: 75 %. Without names, of the seats."""
    if not f["heard"]:
        return None, False, None
    return _at_least(
        _ratio(f["core_active"], f["core_named"]) if f["core_named"] else _ratio(f["active"], f["seats"]), limit
    )


def _first_value(f: Facts, limit: float) -> Reading:
    day = f["value_on"]
    return (None if day is None else 1.0), day is not None and f["value_told"], day


# How the measured criteria are read, by their key; the same key measures the same in each stage.
READERS: dict[str, Reader] = {
    "core_users": _core_users,
    "first_value": _first_value,
    "seats": lambda f, limit: _at_least(_ratio(f["active"], f["seats"]) if f["heard"] else None, limit),
    # The feature that most people use is the initial use case; the others are beyond it.
    "breadth": lambda f, limit: _at_least(max(f["features"] - 1, 0) if f["heard"] else None, limit),
    "rhythm": lambda f, limit: _at_least((_ratio(f["regular"], f["active"]) or 0.0) if f["heard"] else None, limit),
    "departments": lambda f, limit: _at_least(f["teams"] if f["heard"] or f["teams"] else None, limit),
    "health": lambda f, limit: (f["green_days"], (f["green_days"] or 0) >= limit, f["scored_on"]),
    # Growth from nothing is growth.
    "usage": lambda f, limit: _at_least(
        (_ratio(f["user_days"], f["user_days_before"]) or (1.0 if f["user_days"] else 0.0)) if f["heard"] else None, limit
    ),
    "stakeholders": lambda f, limit: _at_least(f["people"], limit),
    "issues": lambda f, limit: (f["tickets"], f["tickets"] <= limit, None),
    "value": lambda f, limit: _at_least(f["stories"], limit),
}  # fmt: skip


def standing(periods: Iterable[StagePeriod], as_of: dt.date | None = None) -> dict[UUID, list[State]]:
    """The criteria of each period as they stand at the end of the day `as_of` (today), in the order of the catalogue.

    The periods come with their track (`select_related`). Words said after that day do not count, facts of later days
    neither; ended periods say what was kept of them.
    """
    rows = list(periods)
    alive = [row for row in rows if row.exited_on is None]
    tenant = Tenant.current()
    day = as_of or tenant.today()
    read_on = min(day, usage.usage_day(tenant))
    params = {
        "ids": [row.id for row in alive],
        "as_of": day,
        "usage_day": read_on,
        "until": dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tenant.zone),
    }
    asked = criteria.criteria_of_all()
    facts = (
        {row["period_id"]: row for row in sqljobs.rows(SQL / "standing.sql", params, tables={"standing": STANDING})}
        if alive
        else {}
    )
    words: dict[UUID, dict[tuple[str, str], dict[str, Any]]] = {}
    for row in sqljobs.rows(SQL / "checks.sql", params) if alive else ():
        row["on"] = row["at"].astimezone(tenant.zone).date()
        words.setdefault(row["period_id"], {})[row["criterion"], row["how"]] = row
    found = {}
    for period in rows:
        if period.exited_on is not None:
            found[period.id] = [_kept(period.stage, cell) for cell in period.evidence]
            continue
        own = words.get(period.id, {})
        found[period.id] = [
            _state(each, facts[period.id], own, read_on)
            for each in criteria.asked(asked[period.stage], period.track.kind)
        ]
    return found  # fmt: skip


def _state(criterion: Criterion, facts: Facts, words: Mapping[tuple[str, str], Any], read_on: dt.date) -> State:
    """Measured from facts, where there are any; else the latest word that counts for it."""
    if criterion.how == Evidence.MEASURED:
        value, met, day = READERS[criterion.key](facts, float(criterion.threshold or 0))
        value = None if value is None else float(value)
        if value is not None or not criterion.fallback:
            text = _measured_text(criterion, value, facts)
            return State(criterion, met, value is not None, text, value, day or read_on, facts=facts)
    word = words.get((criterion.key, criterion.how))
    open_to_word = criterion.how != Evidence.CONFIRMED
    if criterion.how == Evidence.MEASURED:
        word = words.get((criterion.key, Evidence.ATTESTED))
    if word is None:
        return State(criterion, False, False, _silence(criterion), open_to_word=open_to_word)
    by = {"who": word["by"] or "–", "day": day_text(word["on"])}
    text = (_("%(who)s, %(day)s") if word["met"] else _("Taken back by %(who)s, %(day)s")) % by
    return State(criterion, word["met"], True, text, None, word["on"], word["by"], word["note"], open_to_word)


def _silence(criterion: Criterion) -> str:
    if criterion.how == Evidence.CONFIRMED:
        return _("The customer has not confirmed it yet")
    if criterion.how == Evidence.MEASURED:
        return _("Nothing is known to measure it by: attest it")
    return _("Nobody has attested it yet")


def _kept(stage: str, cell: Mapping[str, Any]) -> State:
    known = criteria.BUILT_IN.get((stage, cell["key"]))
    limit = cell.get("threshold")
    criterion = Criterion(
        stage,
        cell["key"],
        cell.get("label") or (known.label if known else cell["key"]),
        cell.get("how", Evidence.ATTESTED),
        None if limit is None else Decimal(str(limit)),
        cell.get("unit", ""),
    )
    at = cell.get("at")
    on = dt.date.fromisoformat(at[:10]) if at else None
    return State(criterion, bool(cell["met"]), True, cell.get("text", ""), cell.get("value"), on, cell.get("by", ""))


def amount_text(value: float | Decimal | None, unit: str) -> str:
    """A value or a threshold in the words of its unit: 70%, 3 features, 28 days."""
    if value is None:
        return "–"
    count = int(value)
    if unit == SHARE:
        return percent_text(float(value), 0)
    words: dict[str, Callable[[], str]] = {
        FEATURES: lambda: ngettext("%(n)s feature", "%(n)s features", count),
        PEOPLE: lambda: ngettext("%(n)s person", "%(n)s people", count),
        TEAMS: lambda: ngettext("%(n)s team", "%(n)s teams", count),
        DAYS: lambda: ngettext("%(n)s day", "%(n)s days", count),
        TICKETS: lambda: ngettext("%(n)s ticket", "%(n)s tickets", count),
        STORIES: lambda: ngettext("%(n)s value story", "%(n)s value stories", count),
    }
    return words[unit]() % {"n": number_text(count, 0)} if unit in words else number_text(float(value))


def _measured_text(criterion: Criterion, value: float | None, f: Facts) -> str:
    """What was read: 14%: 114 of 820."""
    if criterion.key == "first_value":
        return _value_text(f)
    if value is None:
        return _("No score yet") if criterion.key == "health" else _("Nothing known yet")
    shown = {"value": amount_text(value, criterion.unit)}
    if criterion.key in ("seats", "core_users", "rhythm"):
        parts = {
            "seats": (f["active"], f["seats"]),
            "core_users": (f["core_active"], f["core_named"]) if f["core_named"] else (f["active"], f["seats"]),
            "rhythm": (f["regular"], f["active"]),
        }[criterion.key]
        shown |= {"part": number_text(parts[0] or 0, 0), "whole": number_text(parts[1] or 0, 0)}
        return _("%(value)s: %(part)s of %(whole)s") % shown
    if criterion.key == "health":
        return _("Green for %(value)s, score %(score)s") % (shown | {"score": number_text(f["score"], 0)})
    if criterion.key == "usage":
        return _("%(value)s of the 28 days before") % shown
    return shown["value"]


def _value_text(f: Facts) -> str:
    if f["value_on"] is None:
        return _("Not reached yet")
    words = {"name": f["value_name"], "day": day_text(f["value_on"])}
    if not f["value_told"]:
        return _("%(name)s, reached on %(day)s, its story is not written") % words
    return _("%(name)s, reached on %(day)s") % words
