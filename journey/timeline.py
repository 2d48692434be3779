"""What the timeline of an account tells of this floor (health.engagement.timeline): tasks that were done, plays, mails,
handoffs and issues as work; stages, plans and milestones as the journey."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Account, Member, Tenant
from health.engagement import timeline
from journey.enums import Exit, PlanState, PlayState
from journey.handoffs.cells import along_text, answered_text, held_text
from journey.handoffs.holdings import Held
from journey.models import Handoff, IssueAccount, Letter, Milestone, Plan, Play, StagePeriod, Task
from journey.playbooks.letter_cells import reason
from journey.stages.map_words import stage_name, track_name
from journey.work.cells import play_name, reason_text

MAILS = timeline.Link(gettext_lazy("Mails of playbooks"), "letters", "account")
LINES = Path(__file__).parent / "sql" / "timeline.sql"


def _rows() -> dict[str, QuerySet[Any]]:
    plays = Play.objects.select_related("playbook__playbook", "started_by", "ended_by")
    stages = StagePeriod.objects.select_related("track__unit", "entered_by", "validated_by")
    plans = Plan.objects.select_related("owner")
    letters = Letter.objects.select_related("sender", "contact")
    return {
        "task": Task.objects.select_related(
            "done_by", "account", "alert", "play__playbook__playbook", "milestone__plan"
        ),
        "play": plays,
        "play_over": plays,
        "letter": letters,
        "letter_failed": letters,
        "handoff": Handoff.objects.select_related("answered_by", "taker"),
        "issue": IssueAccount.objects.select_related("issue"),
        "stage": stages,
        "stage_over": stages,
        "plan": plans,
        "plan_over": plans,
        "milestone": Milestone.objects.select_related("plan", "done_by"),
    }


def _cell(
    title: str, url: str, icon: str, *, notes: Iterable[str] = (), who: str = "", tone: str = "", **more: Any
) -> dict[str, Any]:
    """A line as the timeline prints it; `more` says what this one has otherwise (`time`, `drawer`)."""
    said = [note for note in notes if note]
    return {"title": title, "notes": said, "who": who, "icon": icon, "tone": tone, "url": url, **more}


def _task(line: timeline.Line, tenant: Tenant, account: Account) -> dict[str, Any]:
    """Done: Call the sponsor, with why it existed and what came of it."""
    row = line.row
    title, url = _("Done: %(task)s") % {"task": row.title}, reverse("task", args=[tenant.slug, row.id])
    return _cell(title, url, "check", notes=(reason_text(row), row.result), who=_who(row.done_by), drawer=True)


def _play(line: timeline.Line, tenant: Tenant, account: Account) -> dict[str, Any]:
    """Play began: Save play; or Play: Save play, done."""
    row, over = line.row, line.what == "play_over"
    words = {"play": play_name(row), "state": str(PlayState(row.state).label).lower()}
    return _cell(
        (_("Play: %(play)s, %(state)s") if over else _("Play began: %(play)s")) % words,
        reverse("account_plays", args=[tenant.slug, account.id]),
        "list-checks",
        notes=[row.reason] if over else (),
        who=_who(row.ended_by if over else row.started_by),
    )


def _letter(line: timeline.Line, tenant: Tenant, account: Account) -> dict[str, Any]:
    """Mail sent, to whom; or that it was not, and why: its page has the button that tries again."""
    row, failed = line.row, line.what == "letter_failed"
    title = (_("Mail not sent: %(subject)s") if failed else _("Mail sent: %(subject)s")) % {"subject": row.subject}
    url = reverse("letter", args=[tenant.slug, row.account_id, row.id])
    notes = [row.contact.name if row.contact else row.address, reason(row.reason) if failed else ""]
    return _cell(title, url, "mail", notes=notes, who=_who(row.sender), tone="risk" if failed else "")


def _handoff(line: timeline.Line, tenant: Tenant, account: Account) -> dict[str, Any]:
    row = line.row
    title = _("Handed over: %(kind)s") % {"kind": row.get_kind_display()}
    url = reverse("handoff", args=[tenant.slug, row.id])
    along = held_text(Held.of(row))
    notes = (row.reason, row.answer, along_text(along) if along else "")
    return _cell(title, url, "handshake", notes=notes, who=answered_text(row) or _("Automatic"), tone="acc")


def _issue(line: timeline.Line, tenant: Tenant, account: Account) -> dict[str, Any]:
    row = line.row
    title, url = _("Issue: %(title)s") % {"title": row.issue.title}, reverse("issue", args=[tenant.slug, row.issue_id])
    return _cell(title, url, "flag", notes=(str(row.get_weight_display()), row.note), time="")


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
    return _cell(
        title,
        reverse("account_journey", args=[tenant.slug, account.id]),
        "target",
        notes=notes,
        who=_who(row.validated_by if over else row.entered_by),
        tone={Exit.COMPLETED: "good", Exit.REGRESSED: "risk"}.get(row.outcome, "") if over else "",
        time="",
    )


def _plan(line: timeline.Line, tenant: Tenant, account: Account) -> dict[str, Any]:
    row, over = line.row, line.what == "plan_over"
    words = {"plan": row.name, "state": str(PlanState(row.state).label).lower()}
    return _cell(
        (_("Plan: %(plan)s, %(state)s") if over else _("Plan began: %(plan)s")) % words,
        reverse("account_plan", args=[tenant.slug, account.id]),
        "list-checks",
        notes=() if over else [row.goal],
        who=row.owner.name if row.owner else "",
        tone="good" if over and row.state == PlanState.DONE else "",
        time="",
    )


def _milestone(line: timeline.Line, tenant: Tenant, account: Account) -> dict[str, Any]:
    row = line.row
    return _cell(
        _("Milestone reached: %(name)s") % {"name": row.name},
        reverse("account_plan", args=[tenant.slug, account.id]),
        "flag",
        notes=[row.plan.name],
        who=row.done_by.name if row.done_by else "",
        tone="good",
        time="",
    )


def _who(member: Member | None) -> str:
    return member.name if member else _("Automatic")


CELLS = {
    "task": _task,
    "play": _play,
    "play_over": _play,
    "letter": _letter,
    "letter_failed": _letter,
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
    if MAILS not in timeline.TOLD.links:
        timeline.TOLD.links.append(MAILS)
