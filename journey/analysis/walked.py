"""Journeys as they are now: the stage periods of the asked accounts are brought into a temporary table once, and every question
after that is one statement, however many tracks there are (JRN-25 to JRN-31).
"""

import datetime as dt
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Account, Tenant
from accounts.selectors import STANDING
from cs_platform.kernel import copying, sqljobs
from cs_platform.kernel.keyset import Cursor
from journey.analysis import habits
from journey.analysis.flow import LONGEST, Figures, Part
from journey.analysis.spans import Listed, Span

SQL = Path(__file__).parent / "sql"
FIGURES = ("flow", "stalls", "days", "cuts", "cut_days", "answers", "first_value")
# The queries that are put together, in the order of their marks: a file may hold marks of those after it.
PARTS: sqljobs.Tables = {"parts": SQL / "parts.sql", **{name: SQL / f"{name}.sql" for name in FIGURES}}
PATTERNS: sqljobs.Tables = {"parts": SQL / "patterns.sql", "standing": STANDING}


class Walked(Figures):
    """The journeys of these accounts over a span; see the module."""

    def __init__(self, accounts: QuerySet[Account], span: Span, tenant: Tenant | None = None) -> None:
        super().__init__(span)
        tenant = tenant or Tenant.current()
        self.accounts = accounts
        usual = [(key, stage, of) for key, stages in self.targets.items() for stage, of in stages.items()]
        self.params: dict[str, Any] = {
            "accounts": list(accounts.order_by().values_list("id", flat=True)),
            "first": span.first,
            "last": span.last,
            "before_first": span.before_first,
            "zone": tenant.timezone,
            "before_from": _begin(tenant, span.before_first),
            "until": _begin(tenant, span.last + dt.timedelta(days=1)),
            "targets": json.dumps(
                [
                    {"segment_id": str(key) if key else None, "stage": stage, "days_from": of.days_from, "days_to": of.days_to}
                    for key, stage, of in usual
                ]
            ),
        }  # fmt: skip
        copying.drop("walked")
        sqljobs.execute(SQL / "walked.sql", self.params, tables={"standing": STANDING})

    def _asked(self, name: str, tables: sqljobs.Tables | None = None, **more: Any) -> list[dict[str, Any]]:
        return sqljobs.rows(SQL / f"{name}.sql", self.params | more, tables=tables)

    def parts(self) -> Iterable[Part]:
        return self._asked("parts", PARTS)

    def pattern_parts(self) -> Iterable[Part]:
        return self._asked("patterns", PATTERNS)

    def keep(self, *, patterns: bool = False, **params: Any) -> int:
        """Write the parts, or those of the patterns, into the table that pages of large books read; how many."""
        tables = PATTERNS if patterns else PARTS
        return sqljobs.execute(SQL / "keep.sql", self.params | params, tables=tables)

    def longest(self) -> list[dict[str, Any]]:
        return self._asked("longest", many=LONGEST)

    def flagged(self) -> dict[str, int]:
        return {flag: len(found) for flag, found in habits.flagged(self.accounts, self.span).items()}

    def flagged_with(self, flag: str) -> list[UUID]:
        return habits.flagged(self.accounts, self.span).get(flag, [])

    def listed(
        self, listed: Listed, limit: int | None, ids: list[UUID] | None = None, cursor: Cursor | None = None
    ) -> list[dict[str, Any]]:
        """The periods behind a number, the longest first, from the cursor on; back from it, the nearest first, where it goes
        backwards. Of `ids` only, where given."""
        asked = {
            "show": listed.show,
            "stage": listed.stage,
            "cause": listed.cause,
            "blocker": listed.blocker,
            "to": listed.to,
            "from": listed.source,
            "cutting": bool(listed.cut),
            "value": listed.value,
            "limit": limit,
            "id": cursor and cursor.id,
            "length": cursor and cursor.values[0],
            "back": bool(cursor and cursor.backwards),
            "ids": ids,
        }
        return self._asked("listed", {"cut": listed.cut or "segment"}, **asked)


def _begin(tenant: Tenant, day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), tenant.zone)
