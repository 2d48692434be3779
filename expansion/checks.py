"""Earned the right (EXP-01): five checks of an account from facts, before anybody offers it more.

Each is met, not met, or not known; only what is met counts, and each says what it was judged by. Start after half a year, with
value shown and health green; whoever goes on without says why (`services.override_checks`).
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.cells import score_text
from accounts.enums import HealthBand
from accounts.models import Account, Tenant
from accounts.selectors import STANDING
from cs_platform.kernel import sqljobs
from cs_platform.kernel.periods import after_months
from cs_platform.kernel.templatetags.cells import day_text
from expansion import lifecycle
from expansion.enums import Check

SQL = Path(__file__).parent / "sql"
MONTHS = 6  # of tenure

Earned = dict[str, bool | None]


@dataclass(frozen=True)
class Reading:
    """How a check stands: met, not met, or None when nothing is known; and the facts that say so."""

    check: Check
    met: bool | None
    facts: Mapping[str, Any]

    @property
    def text(self) -> str:
        """What it was judged by, in a few words. Example: "Score 64, needs 80"."""
        return _SAY[self.check](self.met, self.facts)


def read(accounts: Iterable[UUID | Account], as_of: dt.date | None = None) -> dict[UUID, list[Reading]]:
    """The five checks of each account in their order, at the end of the day `as_of` (today). One statement for any number;
    an account that is not there has no row."""
    ids = {row.pk if isinstance(row, Account) else row for row in accounts}
    if not ids:
        return {}
    tenant = Tenant.current()
    day = as_of or tenant.today()
    params = {
        "ids": sorted(ids),
        "as_of": day,
        "until": dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tenant.zone),
        "zone": tenant.timezone,
    }
    with sqljobs.in_bulk(len(ids)):
        rows = sqljobs.rows(SQL / "earned.sql", params, tables={"standing": STANDING})
    return {row["account_id"]: judge(row, day) for row in rows}


def earned(accounts: Iterable[UUID | Account], as_of: dt.date | None = None) -> dict[UUID, Earned]:
    """{account: {check: met, not met or None}} of the five checks."""
    return {key: told(readings) for key, readings in read(accounts, as_of).items()}


def told(readings: Iterable[Reading]) -> Earned:
    """What is kept of the checks when a deal leaves the first stage."""
    return {str(each.check): each.met for each in readings}


def holds(readings: Iterable[Reading]) -> list[Reading]:
    """The checks that keep a deal in the first stage, in their order."""
    kept = list(readings)
    names = set(lifecycle.missing(told(kept)))
    return [each for each in kept if each.check in names]


def judge(row: Mapping[str, Any], as_of: dt.date) -> list[Reading]:
    """The five checks of one row of earned.sql.

    Example: customer since 2026-01-31, first value confirmed, band yellow (64), no success criterion told within a year though
    two are agreed, no ticket of the first priority: on 2026-07-31 met, met, not met, not met, met; on 2026-07-30 the first is
    not met.
    """
    since = row["since"]
    due = after_months(since, MONTHS) if since else None
    value_on = row["value_on"] or row["shown_on"]
    value = True if value_on else False if row["planned"] or row["agreed"] else None
    band = row["band"]
    return [
        Reading(Check.TENURE, None if due is None else due <= as_of, {"since": since, "due": due}),
        Reading(Check.FIRST_VALUE, value, {"day": value_on, "name": row["value_name"], "planned": row["planned"]}),
        Reading(
            Check.HEALTHY,
            None if band == HealthBand.NONE else band == HealthBand.GREEN,
            {"score": row["score"], "band": band, "day": row["health_on"]},
        ),
        Reading(
            Check.OUTCOME,
            True if row["stories"] else False if row["agreed"] else None,
            {"stories": row["stories"], "name": row["story_name"], "agreed": row["agreed"]},
        ),
        Reading(
            Check.NO_P1,
            row["urgent"] == 0 if row["heard"] else None,
            {"tickets": row["urgent"], "since": row["urgent_since"]},
        ),
    ]


def _tenure(met: bool | None, f: Mapping[str, Any]) -> str:
    if met is None:
        return _("No contract and no signature is known")
    if met:
        return _("Customer since %(day)s") % {"day": day_text(f["since"])}
    return _("Customer since %(day)s, six months on %(due)s") % {"day": day_text(f["since"]), "due": day_text(f["due"])}


def _first_value(met: bool | None, f: Mapping[str, Any]) -> str:
    if met:
        words = {"day": day_text(f["day"]), "name": f["name"] or _("First value")}
        return _("%(name)s on %(day)s") % words
    return _("No first value yet") if met is False else _("No success criterion is agreed")


def _healthy(met: bool | None, f: Mapping[str, Any]) -> str:
    if met is None:
        return _("There is no score")
    if met:
        return _("Score %(score)s") % {"score": score_text(f["score"])}
    return _("Score %(score)s, needs %(needs)s") % {"score": score_text(f["score"]), "needs": 80}


def _outcome(met: bool | None, f: Mapping[str, Any]) -> str:
    if met:
        return str(f["name"])
    return _("No success criterion reached and told within a year") if met is False else _("None is agreed")


def _no_p1(met: bool | None, f: Mapping[str, Any]) -> str:
    if met is None:
        return _("No tickets are known")
    if met:
        return _("None is open")
    return _("%(n)s open, since %(day)s") % {"n": f["tickets"], "day": day_text(f["since"])}


_SAY = {
    Check.TENURE: _tenure,
    Check.FIRST_VALUE: _first_value,
    Check.HEALTHY: _healthy,
    Check.OUTCOME: _outcome,
    Check.NO_P1: _no_p1,
}
