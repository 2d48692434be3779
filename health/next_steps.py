"""What happens next with an account: what somebody promised in answer to an alert, the next planned activity, or what
floors above plan."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import CharField, DateField, DateTimeField, QuerySet, UUIDField, Value
from django.utils import timezone

from accounts.models import Account
from health.enums import AlertState, TouchpointKind, TouchpointStatus
from health.models import Alert, Touchpoint


@dataclass(frozen=True)
class NextStep:
    """`day` is None for a promise without one. `route` and `row` name its page, "" and None for a planned activity."""

    text: str
    day: dt.date | None
    route: str = ""
    row: UUID | None = None


# What floors above have planned: of these accounts, rows of `step_values`. They append in `ready()`, and of the same
# day theirs comes first.
PLANNED: list[Callable[[list[UUID]], QuerySet[Any, Any]]] = []


def step_values(
    text: str, route: str, *, kind: Any = "", day: Any = None, at: Any = None, row: Any = None
) -> tuple[Any, ...]:
    """The columns of a step, in the order that all of them have: each a field's name or an expression."""
    return (
        "account_id",
        text,
        kind or Value("", output_field=CharField()),
        day or Value(None, output_field=DateField()),
        at or Value(None, output_field=DateTimeField()),
        row or Value(None, output_field=UUIDField()),
        Value(route, output_field=CharField()),
    )


def next_steps(accounts: Iterable[Account], zone: ZoneInfo) -> dict[UUID, NextStep]:
    """The next step of each account that has one, in one query.

    The earliest day comes first; of the same day what floors above planned, then a promise, then an activity; a promise
    without a day last. An activity whose moment is over is no step, a late promise is. Example: promised until 27 Nov,
    review planned for 25 Nov: the review.
    """
    ids = [account.id for account in accounts]
    promised = Alert.objects.filter(account_id__in=ids, state=AlertState.OPEN, answered_at__isnull=False).order_by()
    activities = Touchpoint.objects.filter(
        account_id__in=ids, status=TouchpointStatus.PLANNED, happened_at__gt=timezone.now()
    ).order_by()
    rows = promised.values_list(*step_values("answer", "alert", day="due_on", row="id")).union(
        activities.values_list(*step_values("subject", "", kind="kind", at="happened_at")),
        *(planned(ids) for planned in PLANNED),
        all=True,
    )
    found: dict[UUID, list[tuple[dt.date, int, str, NextStep]]] = {}
    for account_id, text, kind, due, at, row, route in rows:
        day = at.astimezone(zone).date() if at else due
        step = NextStep(text or str(TouchpointKind(kind).label), day, route, row)
        rank = {"alert": 1, "": 2}.get(route, 0)
        found.setdefault(account_id, []).append((day or dt.date.max, rank, str(at or row), step))
    return {key: min(steps, key=lambda step: step[:3])[3] for key, steps in found.items()}
