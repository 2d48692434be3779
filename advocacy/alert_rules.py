"""News of who may speak for us (TRG-15): a notice for the owner, judged, capped and ended by the engine of alerts as the
rules of the health floor are. It ends when somebody is enrolled, when a criterion breaks, and when it is news no more."""

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.enums import HealthBand
from cs_platform.kernel import sqljobs
from cs_platform.kernel.templatetags.cells import day_text
from health.alerts.rule_parts import Match, Rule, Snapshot, Threshold, Values
from health.enums import AlertLevel

SQL = Path(__file__).parent / "sql"
FLOOR = "advocacy"


def asked(as_of: dt.date, scope: str) -> Mapping[UUID, Any]:
    """Since when the accounts of the table are qualified that nobody spoke for at the end of the day (`snapshots.ABOVE`)."""
    rows = sqljobs.rows(SQL / "alerts.sql", {"as_of": as_of}, tables={"scope": scope})
    return {row["account_id"]: row["qualified_since"] for row in rows}


def _may_speak(s: Snapshot, t: Values) -> Iterator[Match]:
    """All six criteria are met since a short time, and nobody is enrolled.

    Example: qualified since 1 March, told for 30 days: until 30 March it fires, on 31 March (30 days later) it does not.
    """
    since: dt.date | None = s.above.get(FLOOR)
    if since is not None and s.band == HealthBand.GREEN and (s.as_of - since).days < t["days"]:
        yield Match("", {"since": since.isoformat()})


def _say_may_speak(i: Mapping[str, Any], t: Values) -> str:
    day = day_text(dt.date.fromisoformat(i["since"]))
    return _("All six criteria are met since %(day)s, and nobody of them is in the program.") % {"day": day}


RULES = (
    Rule(
        "advocacy_qualified",
        "TRG-15",
        gettext_lazy("May speak for us"),
        gettext_lazy("All six criteria of advocacy are met, and nobody is enrolled yet."),
        gettext_lazy("Ask their champion for consent, and enrol them."),
        AlertLevel.INFO,
        (),
        _may_speak,
        _say_may_speak,
        (Threshold("days", gettext_lazy("Counts as news for"), "days", 30, 30, 1, 365),),
    ),
)
