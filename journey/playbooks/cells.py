"""Playbooks and plays in words: steps with their offsets, why a play began, what was left out, what a dry run found."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from babel.dates import format_date
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from accounts.cells import score_text, short_day
from accounts.enums import HealthBand, Profile, Tier
from cs_platform.kernel.templatetags.cells import moment_text, number_text, percent_text
from health.alerts import cells as alert_cells
from health.alerts.rules import RULES
from health.enums import VersionState
from health.models import Alert
from journey.enums import Doer, LetterState, PlayState, TaskState, WorkType
from journey.models import Letter, Play, Playbook, PlaybookVersion
from journey.playbooks import letter_cells, selectors, versions
from journey.playbooks.catalogue import shown_name
from journey.playbooks.definition import Condition, Step, Steps
from journey.playbooks.dry_run import Trial
from journey.playbooks.entries import Entry
from journey.playbooks.jobs import SKIPPED
from journey.playbooks.selectors import Made, Tally
from journey.playbooks.texts import said

SERIES_1 = "#4d4dc9"
TONES = {PlayState.RUNNING: "acc", PlayState.DONE: "good", PlayState.STOPPED: "none", PlayState.UNDONE: "none"}
VERSION_TONES = {VersionState.PUBLISHED: "good", VersionState.DRAFT: "watch", VersionState.RETIRED: "none"}
PARTS = {
    "band": gettext_lazy("Health"),
    "segment": gettext_lazy("Segment"),
    "profile": gettext_lazy("Profile"),
    "tier": gettext_lazy("Touch tier"),
    "champion": gettext_lazy("Champion"),
    "renewal_within": gettext_lazy("Renewal"),
    "first_value": gettext_lazy("First value"),
}
FIELDS = {
    "title": gettext_lazy("what is done"),
    "note": gettext_lazy("note"),
    "doer": gettext_lazy("who does it"),
    "work": gettext_lazy("kind of work"),
    "days": gettext_lazy("day"),
    "urgent": gettext_lazy("urgency"),
    "condition": gettext_lazy("condition"),
    "mail": gettext_lazy("mail"),
}


def _language() -> str:
    return get_language() or "en"


def name(playbook: Playbook) -> str:
    return shown_name(playbook.key, playbook.name, _language())


def said_name(entry: Entry) -> str:
    return entry.said(_language())


def rule_name(key: str) -> str:
    """The alert rule that starts it, or that nobody but people do."""
    return str(RULES[key].label) if key in RULES else _("By hand only")


def offset(days: int) -> str:
    """When a step comes: Day 0, Day 14."""
    return _("Day %(n)s") % {"n": number_text(days, 0)}


def condition(asked: Condition, segments: Mapping[str, str]) -> str:
    """Only if: health Critical or At risk; a champion is there; the renewal is less than 90 days away."""
    found = []
    for part, choices in (("band", HealthBand), ("profile", Profile), ("tier", Tier)):
        if values := getattr(asked, part):
            found.append(f"{PARTS[part]}: {_either([str(choices(v).label) for v in values])}")
    if asked.segment:
        found.append(f"{PARTS['segment']}: {_either([segments.get(key, _('gone')) for key in asked.segment])}")
    if asked.champion is not None:
        found.append(_("there is a champion") if asked.champion else _("there is no champion"))
    if asked.renewal_within is not None:
        words = ngettext("renewal in less than %(n)s day", "renewal in less than %(n)s days", asked.renewal_within)
        found.append(words % {"n": asked.renewal_within})
    if asked.first_value is not None:
        found.append(_("first value confirmed") if asked.first_value else _("no first value yet"))
    return "; ".join(found)


def _either(words: Sequence[str]) -> str:
    return (
        words[0]
        if len(words) == 1
        else _("%(others)s or %(last)s") % {"others": ", ".join(words[:-1]), "last": words[-1]}
    )


def step_rows(steps: Steps, segments: Mapping[str, str]) -> list[dict[str, Any]]:
    """The steps as a vertical line."""
    return [
        {
            "day": offset(step.days),
            "title": said(step.title, _language()),
            "note": said(step.note, _language()),
            "mail": step.mail is not None,
            "doer": letter_cells.recipient(step.mail) if step.mail else str(Doer(step.doer).label),
            "work": "" if step.mail else str(WorkType(step.work).label),
            "urgent": step.urgent,
            "body": said(step.mail.body, _language()) if step.mail else "",
            "condition": condition(step.condition, segments),
        }
        for step in steps.steps
    ]


def book_row(book: Playbook, tally: Tally, steps: int, slug: str, today: dt.date) -> dict[str, Any]:
    """A line of the list."""
    return {
        "name": name(book),
        "url": reverse("playbook", args=[slug, book.id]),
        "rule": rule_name(book.rule),
        "by_hand": not book.rule,
        "segment": book.segment.name if book.segment else "",
        "on": book.enabled,
        "steps": ngettext("%(n)s step", "%(n)s steps", steps) % {"n": steps} if steps else _("Nothing published"),
        **tally_texts(tally, today),
    }


def tally_texts(tally: Tally, today: dt.date) -> dict[str, str]:
    rate = tally.done_rate
    return {
        "running": number_text(tally.running, 0),
        "tasks": number_text(tally.tasks, 0),
        "rate": percent_text(rate, 0) if rate is not None else "–",
        "ended": ngettext("of %(n)s that ended", "of %(n)s that ended", tally.done + tally.stopped)
        % {"n": number_text(tally.done + tally.stopped, 0)}
        if rate is not None
        else "",
        "last": short_day(tally.last, today) if tally.last else "–",
    }


def version_row(row: PlaybookVersion, before: PlaybookVersion | None) -> dict[str, Any]:
    old = Steps.read(before.steps) if before and before.steps else None
    changed = versions.changes(old, Steps.read(row.steps)) if old and row.steps else []
    return {
        "number": _("Version %(n)s") % {"n": row.number},
        "state": str(VersionState(row.state).label),
        "tone": VERSION_TONES[VersionState(row.state)],
        "author": row.author.name if row.author else _("Setia"),
        "at": moment_text(row.published_at or row.created_at),
        "reason": row.reason,
        "changes": changes(changed),
    }


def changes(found: Sequence[versions.Change]) -> list[str]:
    """What a version does otherwise, a sentence a step."""
    lines = []
    for change in found:
        if change.before is None and change.after is not None:
            words = {"title": said(change.after.title, _language()), "day": offset(change.after.days)}
            lines.append(_("New: “%(title)s”, %(day)s") % words)
        elif change.after is None and change.before is not None:
            lines.append(_("Gone: “%(title)s”") % {"title": said(change.before.title, _language())})
        elif change.before is not None and change.after is not None:
            what = ", ".join(_difference(change.before, change.after, field) for field in change.fields)
            lines.append(_("“%(title)s”: %(what)s") % {"title": said(change.after.title, _language()), "what": what})
    return lines


def _difference(before: Step, after: Step, field: str) -> str:
    if field == "days":
        return _("%(old)s becomes %(new)s") % {"old": offset(before.days), "new": offset(after.days)}
    if field == "doer":
        return _("%(old)s becomes %(new)s") % {"old": Doer(before.doer).label, "new": Doer(after.doer).label}
    return _("another %(field)s") % {"field": FIELDS[field]}


def why(play: Play) -> str:
    """What began it: the alert in words, or who and with what note."""
    parts = []
    if play.alert is not None:
        parts.append(alert_text(play.alert))
    if play.started_by is not None:
        parts.append(_("Started by %(name)s") % {"name": play.started_by.name})
    elif play.alert is None:
        parts.append(_("Started by a program"))
    if note := selectors.note_of(play):
        parts.append(f"“{note}”")
    return " · ".join(parts)


def alert_text(alert: Alert) -> str:
    """What the alert says: Turned Critical: 41, was At risk."""
    return f"{alert_cells.label(alert)}: {alert_cells.sentence(alert)}"


def progress(play: Play, made: Mapping[str, Made]) -> tuple[int, int]:
    """The step that it is at, from one, and how many there are: the first open one, else the last that was settled."""
    steps = Steps.read(play.playbook.steps).steps
    skipped = play.inputs.get(SKIPPED, {})
    at = 0
    for place, step in enumerate(steps, 1):
        row = made.get(step.key)
        if row is not None and row.state in (TaskState.OPEN, LetterState.WAITING):
            return place, len(steps)
        if row is not None or step.key in skipped:
            at = place
    return min(at + 1, len(steps)), len(steps)


def progress_text(play: Play, made: Mapping[str, Made]) -> str:
    """Save play, step 1 of 6."""
    place, count = progress(play, made)
    words = {"play": name(play.playbook.playbook), "n": place, "count": count}
    return _("%(play)s, step %(n)s of %(count)s") % words


def play_row(play: Play, made: Mapping[str, Made], slug: str, today: dt.date, seen: Collection[UUID]) -> dict[str, Any]:
    """A play with its steps: done, open, left out and why, or to come."""
    place, count = progress(play, made)
    state = PlayState(play.state)
    return {
        "id": play.id,
        "version": play.version,
        "name": name(play.playbook.playbook),
        "number": _("Version %(n)s") % {"n": play.playbook.number},
        "account": play.account.name,
        "account_url": reverse("account_plays", args=[slug, play.account_id]) if play.account_id in seen else "",
        "alert_url": reverse("alert", args=[slug, play.alert_id]) if play.alert_id and play.account_id in seen else "",
        "why": why(play),
        "began": short_day(play.as_of, today),
        "state": str(state.label),
        "tone": TONES[state],
        "running": state == PlayState.RUNNING,
        "reason": play.reason,
        "by": play.ended_by.name if play.ended_by else "",
        "at": _("step %(n)s of %(count)s") % {"n": place, "count": count} if state == PlayState.RUNNING else "",
        "steps": [
            _step_state(play, step, made.get(step.key), slug, today) for step in Steps.read(play.playbook.steps).steps
        ],
        "undo_url": reverse("play_undo", args=[slug, play.id]),
        "stop_url": reverse("play_stop", args=[slug, play.account_id, play.id]),
    }


def _step_state(play: Play, step: Step, made: Made | None, slug: str, today: dt.date) -> dict[str, Any]:
    skipped = play.inputs.get(SKIPPED, {}).get(step.key)
    if isinstance(made, Letter):
        return {"day": offset(step.days)} | letter_cells.step_state(made, play.account, slug)
    task = made
    row = {
        "title": task.title if task else said(step.title, _language()),
        "day": offset(step.days),
        "url": "",
        "tone": "none",
    }
    if task is not None:
        tones = {TaskState.DONE: "good", TaskState.OPEN: "acc", TaskState.CANCELLED: "none"}
        state = TaskState(task.state)
        due = short_day(task.due_on, today)
        word = _("open, due %(day)s") % {"day": due} if state == TaskState.OPEN else str(state.label)
        return row | {
            "url": reverse("task", args=[slug, task.id]),
            "tone": tones[state],
            "word": word,
            "result": task.result,
        }
    if skipped:
        parts = ", ".join(str(PARTS[part]) for part in skipped.get("why", []) if part in PARTS)
        return row | {"word": _("left out: %(parts)s did not fit") % {"parts": parts}}
    if play.state == PlayState.RUNNING:
        on = short_day(play.as_of + dt.timedelta(days=step.days), today)
        return row | {"word": _("comes on %(day)s") % {"day": on}}
    return row | {"word": _("did not come")}


def scores(values: Sequence[float | None]) -> list[str]:
    """Health when it began and 30 and 60 days later."""
    return [score_text(value) if value is not None else "–" for value in values]


def run_row(row: Mapping[str, Any], today: dt.date) -> dict[str, Any]:
    """A day's run: how many it began, and what became of them."""
    return {
        "day": row["as_of"].isoformat(),
        "began": short_day(row["as_of"], today),
        "counts": [number_text(row[key], 0) for key in ("began", "running", "done", "stopped", "undone")],
        "can_undo": bool(row["running"]),
    }


def trial(found: Trial, names: Mapping[UUID, str], slug: str, today: dt.date, listed: int) -> dict[str, Any]:
    """The finding first; then the chart of tasks a week, what held plays back, and the latest plays."""
    words = {
        "n": number_text(len(found.plays), 0),
        "accounts": number_text(found.accounts, 0),
        "tasks": number_text(found.tasks, 0),
    }
    finding = ngettext(
        "It would have begun %(n)s play on %(accounts)s accounts, with %(tasks)s tasks.",
        "It would have begun %(n)s plays on %(accounts)s accounts, with %(tasks)s tasks.",
        len(found.plays),
    )
    most = max(found.weeks.values(), default=0)
    weeks = [(format_date(monday, "d MMM", locale=_language()), count) for monday, count in found.weeks.items()]
    plays = sorted(found.plays, key=lambda pair: (pair[1], str(pair[0])), reverse=True)
    return {
        "finding": finding % words,
        "about": _(
            "Played on each seventh day of the past %(days)s, on %(n)s accounts; the rule fired %(fired)s times. "
            "Conditions are judged on how accounts stand today."
        )
        % {"days": found.days, "n": number_text(found.looked_at, 0), "fired": number_text(found.fired, 0)},
        "facts": [
            {"label": _("Tasks a week, at most"), "value": number_text(most, 0)},
            *([{"label": _("Mails to customers"), "value": number_text(found.mails, 0)}] if found.mails else []),
            *({"label": str(Doer(doer).label), "value": number_text(n, 0)} for doer, n in found.doers.most_common()),
            {"label": _("Steps left out by their condition"), "value": number_text(found.left_out, 0)},
            *({"label": str(reason.label), "value": number_text(n, 0)} for reason, n in found.held_back.most_common()),
        ],
        "figure": tasks_figure(weeks) if weeks else None,
        "chart_label": _("Tasks a week: at most %(n)s") % {"n": number_text(most, 0)},
        "table": {"head": [_("Week of"), _("Tasks")], "rows": [[week, number_text(n, 0)] for week, n in weeks]},
        "rows": [
            {"name": names[account], "url": reverse("account", args=[slug, account]), "day": short_day(day, today)}
            for account, day in plays
            if account in names
        ][:listed],
        "more": max(len(plays) - listed, 0),
    }


def tasks_figure(weeks: Sequence[tuple[str, int]]) -> dict[str, Any]:
    """Bars of tasks by week."""
    return {
        "data": [
            {
                "type": "bar",
                "x": [week for week, _n in weeks],
                "y": [n for _week, n in weeks],
                "marker": {"color": SERIES_1},
                "hovertemplate": "%{y}<extra></extra>",
            }
        ],
        "layout": {
            "xaxis": {"type": "category", "tickangle": 0, "nticks": 6},
            "yaxis": {"rangemode": "tozero", "nticks": 4},
            "margin": {"l": 40, "r": 8, "t": 8, "b": 28},
            "bargap": 0.3,
        },
    }
