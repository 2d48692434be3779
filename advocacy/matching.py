"""Who fits a reference request (ADV-03): advocates by their points, those who may not be asked with the reason."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from advocacy import formulas
from advocacy.formulas import Fit
from advocacy.guards import Refusal, refusal
from advocacy.models import Advocate, ReferenceRequest
from advocacy.standings import SQL, TABLES, Sight, Standing
from cs_platform.kernel import sqljobs

LISTED = 40


@dataclass(frozen=True)
class Match:
    """An advocate with the points of its account for a request, and why they may not be asked (None: they may)."""

    advocate: Advocate
    standing: Standing
    fit: Fit
    users: int | None
    uses_it: bool
    refusal: Refusal | None
    # Whether this request asks them already.
    asked: bool


def matches(request: ReferenceRequest, sight: Sight, limit: int = LISTED) -> list[Match]:
    """The best first; whoever may not be asked stands below with the reason, also by their points. Of accounts that the
    reader sees. Three queries.

    Example: 92, 81, 64, then 88 (rests) and 85 (blocked).
    """
    rows, today = sight.standings(enrolled=True), sight.today
    known = _facts({row.account_id for row in rows}, today)
    wish = formulas.Wish(request.industry, request.users, request.segment_id, request.product_id)
    asked = set(request.asks.values_list("advocate_id", flat=True))
    judged = [(row, _fit(wish, row, known[row.account_id], today), refusal(row, request.kind)) for row in rows]
    judged.sort(key=lambda one: (one[2] is not None, -one[1].total, one[0].name_key, one[0].id))
    judged = _each_account_once(judged)[:limit]
    people = Advocate.objects.select_related("contact", "account").in_bulk(
        [row.advocate_id for row, _fit_, _no in judged]
    )
    return [
        Match(
            people[row.advocate_id],
            row,
            fit,
            known[row.account_id]["users"],
            request.product_id is not None and request.product_id in known[row.account_id]["products"],
            no,
            row.advocate_id in asked,
        )
        for row, fit, no in judged
    ]


def _facts(accounts: set[UUID], today: dt.date) -> dict[UUID, dict[str, Any]]:
    params = {"accounts": sorted(accounts), "today": today}
    return {row["account_id"]: row for row in sqljobs.rows(SQL / "matching.sql", params, tables=TABLES)}


def _fit(wish: formulas.Wish, row: Standing, facts: dict[str, Any], today: dt.date) -> Fit:
    return formulas.fit(
        wish,
        industry=row.industry,
        users=facts["users"],
        segment=row.segment_id,
        products=facts["products"],
        asked_days=(today - row.last_on).days if row.last_on else None,
    )


def _each_account_once(
    judged: list[tuple[Standing, Fit, Refusal | None]],
) -> list[tuple[Standing, Fit, Refusal | None]]:
    """Of several people of one account the one who comes first: who may be asked."""
    seen: set[UUID] = set()
    found = []
    for one in judged:
        if one[0].account_id not in seen:
            seen.add(one[0].account_id)
            found.append(one)
    return found
