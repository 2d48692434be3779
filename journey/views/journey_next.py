"""What an account's journey needs next: open criteria, milestones that are due, tasks, in this order (JRN-44)."""

import datetime as dt
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.cells import short_day
from accounts.models import Account, Member
from cs_platform.kernel.access import TenantRequest
from cs_platform.kernel.templatetags.cells import number_text
from journey.enums import PlanState, TaskState
from journey.models import Milestone, StagePeriod, Task
from journey.stages.criteria import STANDING_STAGES
from journey.stages.map_words import Known, stage_name, track_name
from journey.stages.measures import State
from journey.stages.targets import due_on
from journey.work.selectors import of_account, with_day

SHOWN = 8
DUE_DAYS = 30  # milestones that are due so soon


def needed(request: TenantRequest, account: Account, known: Known, chosen: StagePeriod) -> dict[str, Any]:
    """Card "What is needed next": {rows, more, more_rows, foot}: criteria of the chosen stage first, then the milestones
    and tasks of the account by their day. Three queries."""
    rows = _criteria(request, account, known, chosen)
    milestones = list(_milestones(account, known))
    tasks = list(_tasks(account)[:SHOWN])
    rows += [_milestone(request, account, row, known.today) for row in milestones]
    rows += [_task(request, row, known.today) for row in tasks]
    hidden = max(len(rows) - SHOWN, 0)
    more = ngettext("%(n)s more", "%(n)s more", hidden) % {"n": number_text(hidden, 0)} if hidden else ""
    return {"rows": rows[:SHOWN], "more": more, "more_rows": rows[SHOWN:], "foot": _foot(known, chosen)}


def _criteria(request: TenantRequest, account: Account, known: Known, chosen: StagePeriod) -> list[dict[str, Any]]:
    """What is not met of the chosen stage; of one that has ended nothing is asked any more."""
    if chosen.exited_on is not None:
        return []
    states = known.states.get(chosen.id, ())
    return [_criterion(request, account, known, chosen, state) for state in states if not state.met]


def _criterion(
    request: TenantRequest, account: Account, known: Known, period: StagePeriod, state: State
) -> dict[str, Any]:
    until = due_on(period, known.targets[period.stage])
    words = {"track": track_name(period.track), "stage": stage_name(period.stage), "text": state.text}
    url = reverse("account_journey", args=[request.tenant.slug, account.id])
    return {
        "title": str(state.criterion.label),
        "note": _("%(track)s, %(stage)s · %(text)s") % words,
        "when": _by(until, known.today),
        "late": until is not None and until < known.today,
        "who": _who(account.owner, request.member),
        "url": f"{url}?track={period.track_id}&stage={period.stage}#stage",
    }


def _by(day: dt.date | None, today: dt.date) -> str:
    """By 18 Dec; today; nothing without a day."""
    if day is None:
        return ""
    if day == today:
        return _("today")
    return _("by %(day)s") % {"day": short_day(day, today)}


def _who(member: Member | None, reader: Member) -> str:
    if member is None:
        return _("nobody")
    return _("you") if member.id == reader.id else member.name


def _milestones(account: Account, known: Known) -> QuerySet[Milestone]:
    """Milestones of running plans that are late or due within a month, the first due first."""
    rows = Milestone.objects.filter(
        plan__account__in={account.id, *(track.account_id for track in known.tracks)},
        plan__state=PlanState.ACTIVE,
        done_on=None,
        due_on__lte=known.today + dt.timedelta(days=DUE_DAYS),
    )
    return rows.select_related("plan", "owner", "customer_owner").order_by("due_on", "position", "id")[:SHOWN]


def _milestone(request: TenantRequest, account: Account, row: Milestone, today: dt.date) -> dict[str, Any]:
    theirs = row.customer_owner.name if row.customer_owner else ""
    ours = _who(row.owner, request.member) if row.owner or not theirs else ""
    return {
        "title": row.name,
        "note": " · ".join(
            part for part in (row.plan.name, str(row.get_blocker_display()) if row.blocker else "") if part
        ),
        "when": _by(row.due_on, today),
        "late": row.due_on < today,
        "who": ", ".join(part for part in (ours, theirs) if part),
        "url": reverse("account_plan", args=[request.tenant.slug, account.id]),
    }


def _tasks(account: Account) -> QuerySet[Any]:
    rows = with_day(of_account(account).filter(state=TaskState.OPEN)).select_related("owner")
    return rows.order_by("day", "due_at", "id")


def _task(request: TenantRequest, row: Task, today: dt.date) -> dict[str, Any]:
    return {
        "title": row.title,
        "note": str(row.get_work_display()),
        "when": _by(row.due_on, today),
        "late": row.due_on < today,
        "who": _who(row.owner, request.member) if row.owner else _("the pool"),
        "url": reverse("task", args=[request.tenant.slug, row.id]),
    }


def _foot(known: Known, chosen: StagePeriod) -> str:
    """What the stage waits for before it can be completed."""
    states = known.states.get(chosen.id, ())
    missing = sum(not state.met for state in states)
    if chosen.exited_on or not states:
        return ""
    words = {"stage": stage_name(chosen.stage), "n": number_text(missing, 0)}
    if chosen.stage in STANDING_STAGES:
        return _("%(stage)s is never completed: it runs for as long as the customer stays.") % words
    if not missing:
        return _("Everything is met: a person may complete %(stage)s.") % words
    text = ngettext(
        "%(stage)s can be completed when %(n)s more criterion is met, or with a reason.",
        "%(stage)s can be completed when %(n)s more criteria are met, or with a reason.",
        missing,
    )
    return text % words
