"""The support reports of CONTRACTS 3: tickets and their summary, as of a day and as known at a moment.

What happened after the day is not known on it: a ticket that was answered later stands there without an answer.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from statistics import mean, median
from typing import Any

from accounts.models import Tenant
from cs_platform.kernel import sqljobs
from health.support.merge import SQL, derived_tickets

TICKETS = [
    "ticket", "account", "opened_at", "first_response_at", "first_response_minutes", "resolved_at", "resolution_minutes",
    "closed_at", "reopened", "reassignments", "escalated", "priority",
]  # fmt: skip
SUMMARY = [
    "dimension", "value", "tickets", "responded", "first_response_median_h", "first_response_within_4h", "resolved",
    "resolution_median_h", "resolution_mean_h", "resolution_within_24h", "reopened", "reopen_rate", "escalated",
    "escalation_rate",
]  # fmt: skip
PROMPT_HOURS, STANDARD_HOURS = 4, 24  # MET-15, both included: first response, resolution of a standard issue
DIMENSIONS: tuple[tuple[str, Callable[[Mapping[str, Any]], str]], ...] = (
    ("all", lambda ticket: "all"),
    ("account", lambda ticket: ticket["account"]),
    ("category", lambda ticket: ticket["category"]),
    ("priority", lambda ticket: ticket["priority"]),
)
Ticket = dict[str, Any]


def known_tickets(as_of: dt.date, known_at: dt.datetime, segment: str = "") -> list[Ticket]:
    """The tickets opened by the end of the day `as_of`, by id, from what had happened by then and was recorded by
    `known_at`; with a segment, those of accounts that are in it."""
    tenant = Tenant.current()
    cutoff = dt.datetime.combine(as_of + dt.timedelta(days=1), dt.time(), tzinfo=tenant.zone)
    sqljobs.execute(SQL / "stage_as_of.sql", {"cutoff": cutoff, "known_at": known_at, "segment": segment})
    names = {row["id"]: row["external_id"] for row in sqljobs.rows(SQL / "asked_tickets.sql")}
    tickets = []
    for row in derived_tickets(tenant):
        if row["opened_at"] >= cutoff:
            continue
        if row["resolved_at"] is not None and row["resolved_at"] >= cutoff:
            row["resolved_at"] = row["resolution_minutes"] = None
        if row["closed_at"] is not None and row["closed_at"] >= cutoff:
            row["closed_at"] = None
        tickets.append(row | {"ticket": names[row["ticket"]]})
    return sorted(tickets, key=lambda row: row["ticket"])


def ticket_rows(as_of: dt.date, known_at: dt.datetime, segment: str = "") -> list[dict[str, Any]]:
    """Report `tickets`: one row a ticket, in the order of their ids. Minutes run on the tenant's clock."""
    return [
        {
            "ticket": row["ticket"],
            "account": row["account"],
            "opened_at": _moment(row["opened_at"]),
            "first_response_at": _moment(row["first_response_at"]),
            "first_response_minutes": _plain(row["first_response_minutes"]),
            "resolved_at": _moment(row["resolved_at"]),
            "resolution_minutes": _plain(row["resolution_minutes"]),
            "closed_at": _moment(row["closed_at"]),
            "reopened": row["reopen_count"] > 0,
            "reassignments": row["reassignment_count"],
            "escalated": row["escalated_at"] is not None,
            "priority": row["priority"],
        }
        for row in known_tickets(as_of, known_at, segment)
    ]


def summary_rows(as_of: dt.date, known_at: dt.datetime, segment: str = "") -> list[dict[str, Any]]:
    """Report `support_summary`: tickets of all, of each account, category and priority. A dimension that no ticket
    has a value in is left out."""
    tickets = known_tickets(as_of, known_at, segment)
    rows = []
    for dimension, value_of in DIMENSIONS:
        groups: dict[str, list[Ticket]] = {}
        for ticket in tickets:
            groups.setdefault(value_of(ticket), []).append(ticket)
        if any(groups):
            rows += [summary(dimension, value, groups[value]) for value in sorted(groups)]
    return rows


def summary(dimension: str, value: str, tickets: Iterable[Ticket]) -> dict[str, Any]:
    """One line of the summary. Hours are those of tickets that were answered, or resolved; shares are of the same
    tickets, rates of all. Example: answers after 1, 3 and 8 hours make a median of 3 and a share of 0.66666667."""
    found = list(tickets)
    answers = [row["first_response_minutes"] for row in found if row["first_response_minutes"] is not None]
    solutions = [row["resolution_minutes"] for row in found if row["resolution_minutes"] is not None]
    reopened = sum(row["reopen_count"] > 0 for row in found)
    escalated = sum(row["escalated_at"] is not None for row in found)
    return {
        "dimension": dimension,
        "value": value,
        "tickets": len(found),
        "responded": len(answers),
        "first_response_median_h": _hours(median(answers)) if answers else None,
        "first_response_within_4h": _share(sum(m <= PROMPT_HOURS * 60 for m in answers), len(answers)),
        "resolved": len(solutions),
        "resolution_median_h": _hours(median(solutions)) if solutions else None,
        "resolution_mean_h": _hours(mean(solutions)) if solutions else None,
        "resolution_within_24h": _share(sum(m <= STANDARD_HOURS * 60 for m in solutions), len(solutions)),
        "reopened": reopened,
        "reopen_rate": _share(reopened, len(found)),
        "escalated": escalated,
        "escalation_rate": _share(escalated, len(found)),
    }


def _moment(instant: dt.datetime | None) -> str | None:
    return instant.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if instant else None


def _plain(minutes: Decimal | None) -> Decimal | None:
    """Whole minutes without places, others with the places that say something."""
    if minutes is None:
        return None
    return minutes.quantize(Decimal(1)) if minutes == minutes.to_integral_value() else minutes.normalize()


def _hours(minutes: Decimal) -> Decimal:
    return _eight(minutes / 60)


def _share(part: int, whole: int) -> Decimal | None:
    return _eight(Decimal(part) / whole) if whole else None


def _eight(value: Decimal) -> Decimal:
    return value.quantize(Decimal("1e-8"), rounding=ROUND_HALF_UP)
