"""Tasks in words: a line of a list, of the pool, of comments, and the days that a snooze offers."""

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from typing import Any
from uuid import UUID

from babel import Locale
from babel.dates import format_date, format_time
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from accounts import cells
from accounts.models import Tenant
from cs_platform.kernel.templatetags.cells import moment_text, number_text
from health.alerts.cells import label as alert_label
from journey.enums import Rhythm, TaskState, Urgency, WorkType
from journey.models import Play, Playbook, Task, TaskComment
from journey.work.formulas import before_renewal, in_an_hour, next_monday, this_afternoon
from journey.work.pool import Offer, Worker
from journey.work.selectors import is_snoozed
from journey.work.waking import woken

MORNING = dt.time(9)  # when a task comes back that was put off until tomorrow
SOON = 7  # days that are named by their weekday
QUOTED = 90  # characters of a comment in a line
# How a playbook is called; the room of playbooks, which knows those of the product in each language, appends its word in `ready()`.
PLAYBOOK_NAMES: list[Callable[[Playbook], str]] = []


def task_row(task: Any, tenant: Tenant, today: dt.date, seen: Collection[UUID]) -> dict[str, Any]:
    """A line of a list, of a task with its `day`; `seen` are the accounts that the reader sees: only they are links."""
    slug = tenant.slug
    when, late = when_text(task, tenant, today)
    account = task.account
    return {
        "id": task.id,
        "title": task.title,
        "about": about(task),
        "url": reverse("task", args=[slug, task.id]),
        "done_url": reverse("task_done", args=[slug, task.id]),
        "reopen_url": reverse("task_reopen", args=[slug, task.id]),
        "done": task.state == TaskState.DONE,
        "urgent": task.urgency == Urgency.HIGH,
        "account_url": reverse("account", args=[slug, account.id]) if account and account.id in seen else "",
        "health": cells.health(account.health_band) if account else "",
        "arr": cells.arr_text(account.mrr_minor, tenant.currency) if account and account.mrr_minor else "",
        "owner": task.owner.name if task.owner else "",
        "when": when,
        "late": late,
    }


def about(task: Task) -> str:
    """Whose customer it is about and why it exists, in a few words: Halcyon Freight · Save play, step 1."""
    parts = [task.account.name if task.account else _("No account"), reason_text(task)]
    if woken(task):
        parts.append(_("back because health fell"))
    return " · ".join(part for part in parts if part)


def reason_text(task: Task) -> str:
    """Why it exists, in a word or two; the kind of work where a person just wrote it."""
    if task.play is not None:
        position, _count = step_of(task)
        name = play_name(task.play)
        return _("%(play)s, step %(n)s") % {"play": name, "n": position} if position else name
    if task.alert is not None:
        return alert_label(task.alert)
    if task.milestone is not None:
        return task.milestone.plan.name  # the title names the milestone
    if task.issue_id is not None:
        return _("An issue that was answered")
    if task.rhythm:
        return str(Rhythm(task.rhythm).label)
    return str(WorkType(task.work).label)


def play_name(play: Play) -> str:
    """The name of its playbook, in the reader's language."""
    playbook = play.playbook.playbook
    return next((named(playbook) for named in PLAYBOOK_NAMES), playbook.name)


def step_of(task: Task) -> tuple[int, int]:
    """The place of its step in the play, from one, and how many steps there are; 0 where the step is unknown."""
    steps = task.play.playbook.steps if task.play else []
    keys = [step.get("key") for step in steps if isinstance(step, dict)]
    return (keys.index(task.step) + 1 if task.step in keys else 0), len(keys)


def when_text(task: Any, tenant: Tenant, today: dt.date) -> tuple[str, bool]:
    """3 days late, 10:00, Today, Mon 23, 4 Dec, done 09:10; and whether it is late."""
    language = get_language() or "en"
    if task.state == TaskState.DONE and task.done_at:
        at = task.done_at.astimezone(tenant.zone)
        said = f"{at:%H:%M}" if at.date() == today else cells.short_day(at.date(), today)
        return _("done %(when)s") % {"when": said}, False
    if task.state == TaskState.CANCELLED:
        return str(TaskState.CANCELLED.label), False
    day: dt.date = task.day if hasattr(task, "day") else max(task.due_on, task.snoozed_until or task.due_on)
    days = (day - today).days
    if days < 0:
        return ngettext("%(n)s day late", "%(n)s days late", -days) % {"n": number_text(-days, 0)}, True
    if days == 0:
        hour = task.snoozed_time if is_snoozed(task, today) else task.due_at
        return (hour_text(hour) if hour else _("Today")), False
    return (format_date(day, "EEE d", locale=language) if days <= SOON else cells.short_day(day, today)), False


def due_line(task: Task, today: dt.date) -> str:
    """The day in full, for the pane: Today 10:00; 27 Nov, 3 days late; put off until 30 Nov."""
    days = (today - task.due_on).days
    text = _("Today") if days == 0 else cells.short_day(task.due_on, today)
    if task.due_at:
        text = f"{text} {hour_text(task.due_at)}"
    if task.state == TaskState.OPEN:
        if task.snoozed_until and is_snoozed(task, today):
            until = moment_of_day(task.snoozed_until, task.snoozed_time, today)
            return _("%(day)s, put off until %(until)s") % {"day": text, "until": until}
        if days > 0 and not task.snoozed_until:
            late = ngettext("%(n)s day late", "%(n)s days late", days) % {"n": number_text(days, 0)}
            return f"{text}, {late}"
    return text


def hour_text(hour: dt.time) -> str:
    """14:30, in the reader's language."""
    return format_time(hour, "HH:mm", locale=get_language() or "en")


def moment_of_day(day: dt.date, hour: dt.time | None, today: dt.date) -> str:
    """24 Nov, 24 Nov 09:00, Today 15:20."""
    text = _("Today") if day == today else cells.short_day(day, today)
    return f"{text} {hour_text(hour)}" if hour else text


def span_text(rows: Sequence[Any]) -> str:
    """The days that a group covers: Mon 23 to Fri 27 November."""
    if not rows:
        return ""
    language = get_language() or "en"
    days = [row.day for row in rows]
    first, last = min(days), max(days)
    if first == last:
        return format_date(first, "EEE d MMMM", locale=language)
    words = {
        "first": format_date(first, "EEE d", locale=language),
        "last": format_date(last, "EEE d MMMM", locale=language),
    }
    return _("%(first)s to %(last)s") % words


def snooze_choices(renews_on: dt.date | None, tenant: Tenant) -> list[dict[str, str]]:
    """The moments that a snooze offers, besides one's own choice: [{label, value, day}]; each day once. `renews_on` is the
    renewal of the task's account, None without one and for many tasks at once."""
    today, now = tenant.today(), timezone.now().astimezone(tenant.zone)
    tomorrow = today + dt.timedelta(days=1)
    hours: list[tuple[str, dt.date, dt.time | None]] = []
    if now.date() == today:  # an archive has no hours left
        soon = [(_("In an hour"), in_an_hour(now)), (_("This afternoon"), this_afternoon(now))]
        hours = [(text, at.date(), at.time()) for text, at in soon if at is not None]
    days: list[tuple[str, dt.date, dt.time | None]] = [
        (_("Tomorrow"), tomorrow, MORNING),
        (_("Next Monday"), next_monday(today), None),
        (_("In two weeks"), today + dt.timedelta(days=14), None),
    ]
    if day := before_renewal(renews_on, today):
        days.append((_("Before the renewal"), day, None))
    # an hour from now may lie after midnight and takes no day away: only what names a day is held against the days before it
    once = {one[1]: one for one in reversed(days)}
    language, choices = get_language() or "en", []
    for text, day, hour in [*hours, *(one for one in days if once[one[1]] is one)]:
        shown = [format_date(day, "EEE d MMM", locale=language)] if day != today else []
        shown += [hour_text(hour)] if hour else []
        value = f"{day.isoformat()}T{hour:%H:%M}" if hour else day.isoformat()
        choices.append({"label": text, "value": value, "day": " ".join(shown)})
    return choices


def offer_row(offer: Offer, tenant: Tenant, today: dt.date, seen: Collection[UUID]) -> dict[str, Any]:
    """A line of the pool, with why this member is asked."""
    task = offer.task
    row = task_row(task, tenant, today, seen)
    facts = [
        task.account.name if task.account else _("No account"),
        task.account.segment.name if task.account and task.account.segment else "",
        reason_text(task),
        row["arr"],
    ]
    row["facts"] = " · ".join(fact for fact in facts if fact)
    row["why"] = offer_reasons(offer)
    row["take_url"] = reverse("task_take", args=[tenant.slug, task.id])
    return row


def offer_reasons(offer: Offer) -> str:
    """Why this one for this member, beyond band and day: language and experience."""
    found = []
    if offer.shared:
        found.append(_("they speak %(language)s, like you") % {"language": language_name(offer.shared)})
    elif offer.language:
        found.append(_("they speak %(language)s") % {"language": language_name(offer.language)})
    if offer.done:
        words = ngettext("you did %(n)s of this kind", "you did %(n)s of this kind", offer.done)
        found.append(words % {"n": number_text(offer.done, 0)})
    return ", ".join(found)


def load_text(worker: Worker) -> str:
    """Your load beside the others'; above twice of it only what cannot wait is offered."""
    words = {"n": number_text(worker.load, 0), "usual": number_text(worker.usual, 0)}
    if worker.is_heavy:
        return (
            _("You have %(n)s open tasks where others have %(usual)s: only what is late or Critical is offered.")
            % words
        )
    return ""


def language_name(code: str) -> str:
    """Indonesian for id, in the reader's language; the code itself when nobody knows it."""
    try:
        name = Locale.parse(code).get_display_name(get_language() or "en")
    except ValueError:  # unknown codes of the tenant's own files
        return code
    return name or code


def comment_rows(comments: Sequence[TaskComment]) -> list[dict[str, str]]:
    return [
        {
            "who": one.author.name if one.author else _("A program"),
            "at": moment_text(one.at),
            "text": one.text,
        }
        for one in comments
    ]


def mention_row(mention: Any, tenant: Tenant) -> dict[str, Any]:
    """Hassan Malik mentioned you on Halcyon Freight, or commented on your task: what was said, and the task."""
    comment, task = mention.comment, mention.comment.task
    said = comment.text if len(comment.text) <= QUOTED else comment.text[: QUOTED - 1].rstrip() + "…"
    words = {
        "name": comment.author.name if comment.author else _("A program"),
        "where": task.account.name if task.account else task.title,
    }
    own = task.owner_id == mention.member_id
    title = _("%(name)s commented on your task: %(where)s") if own else _("%(name)s mentioned you on %(where)s")
    return {
        "title": title % words,
        "text": said,
        "task": task.title,
        "url": reverse("task", args=[tenant.slug, task.id]),
        "at": moment_text(comment.at),
        "new": mention.seen_at is None,
    }
