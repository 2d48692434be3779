"""Handoffs as rows of a file: one for each, with its answer and what moved along (ROL-02). Columns are named as programs
know them."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from accounts.models import Member
from journey.handoffs import checklist
from journey.models import Handoff

HEAD = (
    "id", "account", "account_name", "kind", "state", "giver_email", "giver_name", "taker_email", "taker_name", "reason",
    "note", "due_on", "checks", "checks_done", "answered_on", "answered_by_email", "on_behalf_of", "answer", "moved_tasks",
    "moved_plans", "moved_milestones", "created_on",
)  # fmt: skip


def rows(found: QuerySet[Handoff], zone: dt.tzinfo) -> Iterator[list[Any]]:
    """These handoffs by the day on which they were offered; days on the company's calendar. One query."""
    related = ("account", "giver__user", "taker__user", "answered_by__user")
    for row in found.select_related(*related).order_by("created_at", "id"):
        yield [
            row.id, row.account.external_id, row.account.name, row.kind, row.state, _email(row.giver), row.from_whom,
            _email(row.taker), row.taker.name if row.taker else "", row.reason, row.note, row.due_on, len(row.checklist),
            checklist.ticked(row.checklist), row.answered_at.astimezone(zone).date() if row.answered_at else None,
            _email(row.answered_by), _email(row.taker) if row.by_another else "", row.answer, row.moved_tasks,
            row.moved_plans, row.moved_milestones, row.created_at.astimezone(zone).date(),
        ]  # fmt: skip


def _email(member: Member | None) -> str:
    return member.user.email if member else ""
