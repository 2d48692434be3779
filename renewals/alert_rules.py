"""Alerts about renewals that go wrong by the calendar (TRG-12, REN-02, REN-06), or whose risk rose (TRG-10): pure tests over
what `asked` adds to the snapshots of the health floor, judged, capped and ended by its engine as its own rules are. Those of the
calendar are urgent: a leader's."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cs_platform.kernel import sqljobs
from cs_platform.kernel.templatetags.cells import day_text, percent_text
from cs_platform.kernel.tenancy import current_tenant_id
from health.alerts.rule_parts import Match, Rule, Snapshot, Threshold, Values
from health.enums import AlertLevel

SQL = Path(__file__).parent / "sql"
FLOOR = "renewals"


def asked(as_of: dt.date, scope: str) -> Mapping[UUID, Any]:
    """The renewals of these accounts that were open at the end of the day, as far as they were known then (`snapshots.ABOVE`)."""
    rows = sqljobs.rows(SQL / "alerts.sql", {"tenant_id": current_tenant_id(), "as_of": as_of}, tables={"scope": scope})
    # A statement of our own gives JSON as text.
    return {row["account_id"]: json.loads(row["renewals"]) for row in rows}


def _open(s: Snapshot) -> Iterator[tuple[Mapping[str, Any], int]]:
    """Each open renewal with the days that are left."""
    for row in s.above.get(FLOOR, ()):
        yield row, (dt.date.fromisoformat(row["due"]) - s.as_of).days


def _no_talk(s: Snapshot, t: Values) -> Iterator[Match]:
    """Less than 30 days are left and nobody has talked with them about it, where the runway asks for a talk.

    Example: it renews on 29 December; on 30 November (29 days) without a talk it fires, on the 29th (30 days) it does not.
    """
    for row, left in _open(s):
        if row["talk"] and not row["talked"] and 0 < left < t["days"]:
            yield Match(row["id"], {"days": left, "due": row["due"]})


def _late_start(s: Snapshot, t: Values) -> Iterator[Match]:
    """The first talk was less than 30 days before the end: in the reference "already lost" (REN-06)."""
    for row, left in _open(s):
        if row["talked"] and row["sign"] and left > 0:
            ahead = (dt.date.fromisoformat(row["due"]) - dt.date.fromisoformat(row["talked"])).days
            if ahead < t["days"]:
                yield Match(row["id"], {"days": ahead, "due": row["due"], "talked": row["talked"]})


def _unsigned(s: Snapshot, t: Values) -> Iterator[Match]:
    """Less than 30 days are left and nothing is signed, where the runway asks for a signature."""
    for row, left in _open(s):
        if row["sign"] and not row["signed"] and 0 < left < t["days"]:
            yield Match(row["id"], {"days": left, "due": row["due"]})


def _open_at_end(s: Snapshot, t: Values) -> Iterator[Match]:
    """The contract has ended and the renewal is still open: the process failed, whatever becomes of it (REN-02)."""
    for row, left in _open(s):
        if left <= 0:
            yield Match(row["id"], {"days": -left, "due": row["due"]})


def _risk_up(s: Snapshot, t: Values) -> Iterator[Match]:
    """The system calls it lower than four weeks ago, by 15 points or more: once for a renewal, until that is four weeks past.

    Example: 90 % then and 75 % now fires; 76 % does not, nor does one that nobody called four weeks ago.
    """
    for row, left in _open(s):
        now, was = row.get("called"), row.get("was")
        if left > 0 and now is not None and was is not None and round(was - now, 2) >= t["points"]:
            yield Match(row["id"], {"now": now, "was": was, "due": row["due"]})


def _due(i: Mapping[str, Any]) -> str:
    return day_text(dt.date.fromisoformat(i["due"]))


def _left(i: Mapping[str, Any]) -> dict[str, Any]:
    return {"n": i["days"], "day": _due(i)}


def _say_no_talk(i: Mapping[str, Any], t: Values) -> str:
    return ngettext(
        "%(n)s day until %(day)s, and nobody has talked with them about the renewal.",
        "%(n)s days until %(day)s, and nobody has talked with them about the renewal.",
        i["days"],
    ) % _left(i)


def _say_late_start(i: Mapping[str, Any], t: Values) -> str:
    return ngettext(
        "The first talk was %(n)s day before %(day)s: already lost, as a rule.",
        "The first talk was %(n)s days before %(day)s: already lost, as a rule.",
        i["days"],
    ) % _left(i)


def _say_unsigned(i: Mapping[str, Any], t: Values) -> str:
    return ngettext(
        "%(n)s day until %(day)s, and nothing is signed.", "%(n)s days until %(day)s, and nothing is signed.", i["days"]
    ) % _left(i)


def _say_open_at_end(i: Mapping[str, Any], t: Values) -> str:
    return _("The contract ended on %(day)s and the renewal is still open: a failure of the process.") % {
        "day": _due(i)
    }


def _say_risk_up(i: Mapping[str, Any], t: Values) -> str:
    words = {"now": percent_text(i["now"] / 100, 0), "was": percent_text(i["was"] / 100, 0), "day": _due(i)}
    return _("The system calls the renewal of %(day)s at %(now)s; four weeks ago it was %(was)s.") % words


def _days(label: Any) -> tuple[Threshold, ...]:
    return (Threshold("days", label, "days", 30, 30, 1, 180),)


RULES = (
    Rule(
        "renewal_no_talk",
        "TRG-12",
        gettext_lazy("No renewal talk yet"),
        gettext_lazy("No first conversation by 30 days before the end."),
        gettext_lazy("A leader calls their decision maker this week."),
        AlertLevel.CRITICAL,
        (),
        _no_talk,
        _say_no_talk,
        _days(gettext_lazy("Less than this is left")),
    ),
    Rule(
        "renewal_late_start",
        "TRG-12",
        gettext_lazy("Renewal talk began late"),
        gettext_lazy("The first conversation was less than 30 days before the end."),
        gettext_lazy("Treat it as a save: an offer, a sponsor, a day to decide."),
        AlertLevel.CRITICAL,
        (),
        _late_start,
        _say_late_start,
        _days(gettext_lazy("First talk less than this before")),
    ),
    Rule(
        "renewal_unsigned",
        "TRG-12",
        gettext_lazy("Renewal not signed"),
        gettext_lazy("The contract is not executed by 30 days before the end."),
        gettext_lazy("Find out whose signature is missing and take it up with both sponsors."),
        AlertLevel.CRITICAL,
        (),
        _unsigned,
        _say_unsigned,
        _days(gettext_lazy("Less than this is left")),
    ),
    Rule(
        "renewal_open_at_end",
        "TRG-12",
        gettext_lazy("Renewal still open at the end"),
        gettext_lazy("The contract ended before the renewal was decided."),
        gettext_lazy("Decide today, close it, and write down what held it up."),
        AlertLevel.CRITICAL,
        (),
        _open_at_end,
        _say_open_at_end,
    ),
    Rule(
        "renewal_risk_up",
        "TRG-10",
        gettext_lazy("Renewal risk rose"),
        gettext_lazy("The system's call fell within four weeks."),
        gettext_lazy("Read the reasons of the call, then say yours and what happens next."),
        AlertLevel.WARNING,
        (),
        _risk_up,
        _say_risk_up,
        (Threshold("points", gettext_lazy("Fell by at least"), "count", 15, 10, 5, 60),),
    ),
)
