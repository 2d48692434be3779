"""What of work waits for a member in the inbox: comments that name them, or that stand on their tasks (PAGES)."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from accounts.models import Member
from cs_platform.kernel.access import TenantRequest
from health.alerts import beside
from journey.work.cells import mention_row
from journey.work.comments import mentions_of


def unseen(member: Member) -> QuerySet[Any]:
    return mentions_of(member).filter(seen_at=None)


def lines(request: TenantRequest, rows: QuerySet[Any], limit: int) -> Sequence[beside.Line]:
    """Who said what on which task; opening it marks it seen."""
    found = (mention_row(one, request.tenant) for one in rows[:limit])
    return [
        beside.Line(row["title"], f"{row['task']} · {row['text']}", row["url"], when=row["at"], drawer=True)
        for row in found
    ]


MENTIONS = beside.Kind("inbox-mentions", gettext_lazy("Mentions"), "mentions", unseen, lines)


def register() -> None:
    """Called once, when the apps are ready."""
    if MENTIONS not in beside.KINDS:
        beside.KINDS.append(MENTIONS)
