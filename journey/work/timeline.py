"""What the timeline of an account tells of work: tasks that were done (health.engagement.timeline)."""

from pathlib import Path
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Account, Tenant
from health.engagement import timeline
from journey.models import Task
from journey.work.cells import reason_text

LINES = Path(__file__).parent / "sql" / "timeline.sql"


def _rows() -> dict[str, QuerySet[Any]]:
    return {"task": Task.objects.select_related("done_by", "alert", "play__playbook__playbook", "milestone__plan")}


def _task(line: timeline.Line, tenant: Tenant, account: Account) -> dict[str, Any]:
    """Done: Call the sponsor, with why it existed and what came of it."""
    row = line.row
    return {
        "title": _("Done: %(task)s") % {"task": row.title},
        "notes": [part for part in (reason_text(row), row.result) if part],
        "who": row.done_by.name if row.done_by else _("Automatic"),
        "icon": "check",
        "tone": "",
        "url": reverse("task", args=[tenant.slug, row.id]),
        "drawer": True,
    }


def register() -> None:
    """Called once, when the apps are ready."""
    timeline.TOLD.lines, timeline.TOLD.rows = LINES, _rows
    timeline.TOLD.cells["task"] = _task
