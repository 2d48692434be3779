"""What the timeline of an account tells of this floor (health.engagement.timeline): tasks that were done, plays, mails,
handoffs and issues as work; stages, plans and milestones as the journey."""

from pathlib import Path
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Account, Member, Tenant
from health.engagement import timeline
from journey.enums import Exit, PlanState, PlayState
from journey.models import Handoff, IssueAccount, Letter, Milestone, Plan, Play, StagePeriod, Task
from journey.stages.map_words import stage_name, track_name
from journey.work.cells import play_name, reason_text

LINES = Path(__file__).parent / "sql" / "timeline.sql"


def _rows() -> dict[str, QuerySet[Any]]:
    plays = Play.objects.select_related("playbook__playbook", "started_by", "ended_by")
    stages = StagePeriod.objects.select_related("track__unit", "entered_by", "validated_by")
    plans = Plan.objects.select_related("owner")
    return {
        "task": Task.objects.select_related(
            "done_by", "account", "alert", "play__playbook__playbook", "milestone__plan"
        ),
        "play": plays,
        "play_over": plays,
        "letter": Letter.objects.select_related("sender", "contact"),
        "handoff": Handoff.objects.select_related("answered_by"),
        "issue": IssueAccount.objects.select_related("issue"),
        "stage": stages,
        "stage_over": stages,
        "plan": plans,
        "plan_over": plans,
        "milestone": Milestone.objects.select_related("plan", "done_by"),
    }


def _task(line: timeline.Line, tenant: Tenant, account: Account) -> dict[str, Any]:
    """Done: Call the sponsor, with why it existed and what came of it."""
    row = line.row
    return {
        "title": _("Done: %(task)s") % {"task": row.title},
        "notes": [part for part in (reason_text(row), row.result) if part],
        "who": _who(row.done_by),
        "icon": "check",
        "tone": "",
        "url": reverse("task", args=[tenant.slug, row.id]),
        "drawer": True,
    }


def _play(line: timeline.Line, tenant: Tenant, account: Account) -> dict[str, Any]:
    """Play began: Save play; or Play: Save play, done."""
    row, over = line.row, line.what == "play_over"
    words = {"play": play_name(row), "state": str(PlayState(row.state).label).lower()}
    return {
        "title": (_("Play: %(play)s, %(state)s") if over else _("Play began: %(play)s")) % words,
        "notes": [row.reason] if over and row.reason else [],
        "who": _who(row.ended_by if over else row.started_by),
        "icon": "list-checks",
        "tone": "",
        "url": reverse("account_plays", args=[tenant.slug, account.id]),
    }


def _letter(line: timeline.Line, tenant: Tenant, account: Account) -> dict[str, Any]:
    row = line.row
    return {
        "title": _("Mail sent: %(subject)s") % {"subject": row.subject},
        "notes": [row.contact.name if row.contact else row.address],
        "who": _who(row.sender),
        "icon": "mail",
        "tone": "",
        "url": reverse("letter", args=[tenant.slug, row.account_id, row.id]),
    }


def _handoff(line: timeline.Line, tenant: Tenant, account: Account) -> dict[str, Any]:
    row = line.row
    return {
        "title": _("Handed over: %(kind)s") % {"kind": row.get_kind_display()},
        "notes": [part for part in (row.reason, row.answer) if part],
        "who": _who(row.answered_by),
        "icon": "handshake",
        "tone": "acc",
        "url": reverse("handoff", args=[tenant.slug, row.id]),
    }


def _issue(line: timeline.Line, tenant: Tenant, account: Account) -> dict[str, Any]:
    row = line.row
    return {
        "title": _("Issue: %(title)s") % {"title": row.issue.title},
        "notes": [part for part in (str(row.get_weight_display()), row.note) if part],
        "who": "",
        "time": "",
        "icon": "flag",
        "tone": "",
        "url": reverse("issue", args=[tenant.slug, row.issue_id]),
    }


def _stage(line: timeline.Line, tenant: Tenant, account: Account) -> dict[str, Any]:
    """Core: Adoption began; or Core: Adoption, went back, with the cause."""
    row, over = line.row, line.what == "stage_over"
    words = {"track": track_name(row.track), "stage": stage_name(row.stage)}
    if over:
        words["how"] = str(row.get_outcome_display()).lower()
        title = _("%(track)s: %(stage)s, %(how)s") % words
        notes = [str(row.get_cause_display()) if row.cause else "", row.note]
    else:
        title, notes = _("%(track)s: %(stage)s began") % words, [str(row.get_entry_display())]
    return {
        "title": title,
        "notes": [note for note in notes if note],
        "who": _who(row.validated_by if over else row.entered_by),
        "time": "",
        "icon": "target",
        "tone": {Exit.COMPLETED: "good", Exit.REGRESSED: "risk"}.get(row.outcome, "") if over else "",
        "url": reverse("account_journey", args=[tenant.slug, account.id]),
    }


def _plan(line: timeline.Line, tenant: Tenant, account: Account) -> dict[str, Any]:
    row, over = line.row, line.what == "plan_over"
    words = {"plan": row.name, "state": str(PlanState(row.state).label).lower()}
    return {
        "title": (_("Plan: %(plan)s, %(state)s") if over else _("Plan began: %(plan)s")) % words,
        "notes": [row.goal] if row.goal and not over else [],
        "who": row.owner.name if row.owner else "",
        "time": "",
        "icon": "list-checks",
        "tone": "good" if over and row.state == PlanState.DONE else "",
        "url": reverse("account_plan", args=[tenant.slug, account.id]),
    }


def _milestone(line: timeline.Line, tenant: Tenant, account: Account) -> dict[str, Any]:
    row = line.row
    return {
        "title": _("Milestone reached: %(name)s") % {"name": row.name},
        "notes": [row.plan.name],
        "who": row.done_by.name if row.done_by else "",
        "time": "",
        "icon": "flag",
        "tone": "good",
        "url": reverse("account_plan", args=[tenant.slug, account.id]),
    }


def _who(member: Member | None) -> str:
    return member.name if member else _("Automatic")


CELLS = {
    "task": _task,
    "play": _play,
    "play_over": _play,
    "letter": _letter,
    "handoff": _handoff,
    "issue": _issue,
    "stage": _stage,
    "stage_over": _stage,
    "plan": _plan,
    "plan_over": _plan,
    "milestone": _milestone,
}


def register() -> None:
    """Called once, when the apps are ready."""
    timeline.TOLD.lines, timeline.TOLD.rows = LINES, _rows
    timeline.TOLD.cells.update(CELLS)
