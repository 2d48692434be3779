"""What happens next with an account: what somebody promised in answer to an alert, or the next planned activity."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import CharField, DateField, DateTimeField, UUIDField, Value
from django.utils import timezone

from accounts.models import Account
from health.enums import AlertState, TouchpointKind, TouchpointStatus
from health.models import Alert, Touchpoint


@dataclass(frozen=True)
class NextStep:
    """`alert_id` is None for a planned activity; `day` is None for a promise without one."""

    text: str
    day: dt.date | None
    alert_id: UUID | None = None


def next_steps(accounts: Iterable[Account], zone: ZoneInfo) -> dict[UUID, NextStep]:
    """The next step of each account that has one, in one query.

    The earliest day comes first, a promise before an activity of the same day, a promise without a day last. An activity
    whose moment is over is no step, a late promise is. Example: promised until 27 Nov, review planned for 25 Nov: the
    review.
    """
    ids = [account.id for account in accounts]
    no_day = Value(None, output_field=DateField())
    promised = Alert.objects.filter(account_id__in=ids, state=AlertState.OPEN, answered_at__isnull=False).order_by()
    planned = Touchpoint.objects.filter(
        account_id__in=ids, status=TouchpointStatus.PLANNED, happened_at__gt=timezone.now()
    ).order_by()
    rows = promised.values_list(
        "account_id",
        "answer",
        Value("", output_field=CharField()),
        "due_on",
        Value(None, output_field=DateTimeField()),
        "id",
    ).union(
        planned.values_list(
            "account_id", "subject", "kind", no_day, "happened_at", Value(None, output_field=UUIDField())
        ),
        all=True,
    )
    found: dict[UUID, list[tuple[dt.date, bool, str, NextStep]]] = {}
    for account_id, text, kind, due, at, alert_id in rows:
        day = at.astimezone(zone).date() if at else due
        step = NextStep(text or str(TouchpointKind(kind).label), day, alert_id)
        found.setdefault(account_id, []).append((day or dt.date.max, alert_id is None, str(at or alert_id), step))
    return {key: min(steps, key=lambda step: step[:3])[3] for key, steps in found.items()}
