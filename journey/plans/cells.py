"""What pages say about plans, as text in the reader's language: for us, and with less for customers. No request, no query:
plans come with their milestones (`selectors.with_milestones`)."""

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from babel.dates import format_date
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from accounts.models import Tenant
from cs_platform.kernel.templatetags.cells import day_text, number_text, percent_text
from health.outcomes.cells import STANDINGS, value_text
from health.outcomes.progress import Standing
from health.outcomes.selectors import Criterion as Goal
from journey.enums import Blocker, LinkPurpose, PlanKind, PlanState
from journey.models import CustomerLink, Milestone, Plan
from journey.plans.links import has_left
from journey.plans.progress import Progress, is_late, progress, waits_for
from journey.stages.criteria import GO_LIVE
from journey.stages.map_scale import Days
from journey.stages.measures import State

STATES = {PlanState.ACTIVE: "acc", PlanState.DONE: "good", PlanState.DROPPED: "line"}
MOST_TICKS = 8
# What a customer may read of a milestone; the rest stays here.
SHOWN = ("id", "name", "tone", "word", "icon", "day", "owners", "waits", "bar_x", "bar_w", "bar_tone", "at", "label")


def plan_card(plan: Plan, today: dt.date) -> dict[str, Any]:
    """A plan as its card says it: what it is for, owners on both sides, how far it is, its milestones on a line of days."""
    found = progress(plan.milestones.all(), today)
    return {
        "id": plan.id,
        "name": plan.name,
        "goal": plan.goal,
        "kind": str(PlanKind(plan.kind).label),
        "state": str(PlanState(plan.state).label),
        "tone": STATES[PlanState(plan.state)],
        "active": plan.state == PlanState.ACTIVE,
        "version": plan.version,
        "days": _("%(start)s to %(end)s") % {"start": day_text(plan.starts_on), "end": day_text(plan.target_on)},
        "owners": _owners(plan),
        "track": plan.track.name if plan.track else "",
        "finding": finding(plan, found, today),
        "counts": counts(found),
        "bar": f"{found.share * 100:.1f}",
        "expected_x": f"{found.expected_share * 100:.1f}",
        "bar_label": _("%(done)s of the milestones done, %(expected)s expected by now")
        % {"done": percent_text(found.share, 0), "expected": percent_text(found.expected_share, 0)},
        "picture": picture(plan, today),
    }


def finding(plan: Plan, found: Progress, today: dt.date) -> str:
    """The sentence that the card is about: 2 milestones are late, the oldest since 3 Mar 2026."""
    if plan.state == PlanState.DONE:
        return _("Done on %(day)s.") % {"day": day_text(plan.ended_on)}
    if plan.state == PlanState.DROPPED:
        return _("Dropped on %(day)s.") % {"day": day_text(plan.ended_on)}
    if not found.total:
        return _("No milestone yet.")
    late = [row for row in plan.milestones.all() if is_late(row, today)]
    if late:
        words = ngettext(
            "%(n)s milestone is late, due on %(day)s.",
            "%(n)s milestones are late, the oldest due on %(day)s.",
            len(late),
        )
        return words % {"n": number_text(len(late)), "day": day_text(min(row.due_on for row in late))}
    if found.done == found.total:
        return _("Everything is done.")
    held = [row.name for row in plan.milestones.all() if row.blocker and row.done_on is None]
    if held:
        return _("Held up: %(names)s.") % {"names": ", ".join(held)}
    following = min((row for row in plan.milestones.all() if row.done_on is None), key=lambda row: row.due_on)
    return _("On time. Next: %(name)s, by %(day)s.") % {"name": following.name, "day": day_text(following.due_on)}


def counts(found: Progress) -> list[dict[str, str]]:
    """Done of all, expected by today, late, held up."""
    rows = [
        (_("Done"), _("%(done)s of %(all)s") % {"done": number_text(found.done), "all": number_text(found.total)}),
        (_("Expected by today"), number_text(found.expected)),
        (_("Late"), number_text(found.late)),
        (_("Held up"), number_text(found.blocked)),
    ]
    return [{"label": label, "value": value} for label, value in rows]


def picture(plan: Plan, today: dt.date, own: bool = True) -> dict[str, Any]:
    """The milestones on one line of days: {months, today_x, lines}. Places are per cent of the whole span, which holds
    the plan, every milestone and, while it runs, today. With `own` False only what customers read."""
    rows = list(plan.milestones.all())
    days = [
        plan.starts_on,
        plan.target_on,
        *(row.due_on for row in rows),
        *(row.done_on for row in rows if row.done_on),
    ]
    if plan.state == PlanState.ACTIVE:
        days.append(today)
    first, last = min(days), max(days)
    span = max((last - first).days, 1)
    margin = max(span // 40, 1)
    edge = dt.timedelta(days=margin)
    scale = Days(first - edge, first + dt.timedelta(days=span) + edge, 0, 100)
    lines = [_line(row, rows, plan, today, scale) for row in rows]
    if not own:
        lines = [{name: line[name] for name in SHOWN} for line in lines]
    return {
        "lines": lines,
        "months": _ticks(scale),
        "today_x": _at(scale, today) if scale.shows(today) else "",
        "today": day_text(today),
    }


def _ticks(scale: Days) -> list[dict[str, str]]:
    """Beginnings of months, or of every second, third … where there are many; of weeks in a short plan."""
    if scale.days <= 45:
        day = scale.first + dt.timedelta(days=(7 - scale.first.weekday()) % 7)
        found = [day + dt.timedelta(days=7 * n) for n in range(8)]
        pattern = "d MMM"
    else:
        months = [(scale.first.year * 12 + scale.first.month + n) for n in range(scale.days // 28 + 2)]
        found = [dt.date(month // 12, month % 12 + 1, 1) for month in months]
        pattern = "MMM y" if scale.days > 330 else "MMM"
    found = [day for day in found if scale.shows(day)]
    step = max(-(-len(found) // MOST_TICKS), 1)
    locale = get_language() or "en"
    return [{"x": _at(scale, day), "text": format_date(day, pattern, locale=locale)} for day in found[::step]]


def _at(scale: Days, day: dt.date) -> str:
    return f"{scale.x(day):.2f}"


def _line(row: Milestone, rows: Sequence[Milestone], plan: Plan, today: dt.date, scale: Days) -> dict[str, Any]:
    by_id = {each.id: each for each in rows}
    begin = _begin(row, by_id, plan.starts_on)
    late, over = is_late(row, today) and plan.state == PlanState.ACTIVE, row.done_on or row.due_on
    end = today if late else over
    waits = [each.name for each in waits_for(row, by_id)]
    tone, icon, word = _standing(row, late, bool(waits))
    left, right = scale.x(min(begin, end)), scale.x(max(begin, end))
    words = word + (f", {_days_late(row, today)}" if late else "")
    return {
        "id": row.id,
        "name": row.name,
        "tone": tone,
        "icon": icon,
        "word": words,
        "day": day_text(row.done_on or row.due_on),
        "late": late,
        "done": row.done_on is not None,
        "version": row.version,
        "owners": _owners(row),
        "waits": ", ".join(waits),
        "blocker": _blocked(row),
        "note": row.note,
        "criterion": row.criterion,
        "bar_x": f"{left:.2f}",
        "bar_w": f"{max(right - left, 0.4):.2f}",
        "bar_tone": tone,
        "at": _at(scale, over),
        "label": _("%(begin)s to %(day)s: %(word)s")
        % {"begin": day_text(begin), "day": day_text(row.done_on or row.due_on), "word": words},
    }


def _begin(row: Milestone, by_id: dict[UUID, Milestone], start: dt.date) -> dt.date:
    """When it can begin: after what it waits for, else with the plan."""
    needs = [by_id[need.needs_id] for need in row.needs.all() if need.needs_id in by_id]
    return max((need.done_on or need.due_on for need in needs), default=start)


def _standing(row: Milestone, late: bool, waits: bool) -> tuple[str, str, str]:
    """Tone, icon and word."""
    if row.done_on is not None:
        return "good", "check", _("Done")
    if row.blocker:
        return "watch", "alert-triangle", _("Held up")
    if late:
        return "risk", "clock", _("Late")
    return ("line", "lock", _("Waits")) if waits else ("acc", "circle-dot", _("Open"))


def _days_late(row: Milestone, today: dt.date) -> str:
    days = (today - row.due_on).days
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": number_text(days)}


def _blocked(row: Milestone) -> str:
    if not row.blocker or row.done_on is not None:
        return ""
    label = str(Blocker(row.blocker).label)
    return _("%(what)s, since %(day)s") % {"what": label, "day": day_text(row.blocked_on)} if row.blocked_on else label


def _owners(row: Plan | Milestone) -> list[str]:
    """Who sees to it: ours, theirs."""
    return [
        row.owner.name if row.owner else _("nobody of ours"),
        row.customer_owner.name if row.customer_owner else _("nobody at the customer"),
    ]


def for_customer(plan: Plan, today: dt.date) -> dict[str, Any]:
    """A plan as its customer reads it: nothing of what we note for ourselves."""
    card = plan_card(plan, today)
    names = ("name", "goal", "kind", "state", "tone", "days", "bar", "expected_x", "bar_label", "active", "counts")
    return {name: card[name] for name in names} | {
        "ours": plan.owner.name if plan.owner else "",
        "theirs": plan.customer_owner.name if plan.customer_owner else "",
    }


def goals_for_customer(found: Iterable[Goal], today: dt.date) -> list[dict[str, Any]]:
    """Success criteria as the customer reads them: measure, target, deadline and source, and how far it is (VAL-01).
    What one is worth stays here, as do those that were dropped."""
    rows = []
    for one in found:
        row, state = one.outcome, one.progress
        if state.standing == Standing.DROPPED:
            continue
        tone, word = STANDINGS[state.standing]
        done = Decimal(1) if state.standing == Standing.CONFIRMED else min(max(state.done, Decimal(0)), Decimal(1))
        latest = _("not measured yet")
        if one.latest:
            latest = _("%(value)s on %(day)s") % {
                "value": value_text(one.latest.value, row.unit),
                "day": day_text(one.latest.measured_on),
            }
        rows.append(
            {
                "name": row.name or str(row.get_metric_display()),
                "tone": tone,
                "word": str(word),
                "metric": row.get_metric_display(),
                "way": f"{value_text(row.baseline, row.unit)} → {value_text(row.target, row.unit)}",
                "latest": latest,
                "due": day_text(row.due_on),
                "source": row.data_source,
                "bar": f"{float(done) * 100:.1f}",
                "bar_tone": "ok" if tone == "good" else "bad" if tone == "risk" else "",
                "bar_label": _("%(done)s of the way done") % {"done": percent_text(done, 0)},
            }
        )
    return rows


def criteria_for_customer(states: Iterable[State]) -> list[dict[str, Any]]:
    """What a go-live stands on, without the one that is asked for: the words, and whether it is met."""
    return [{"label": state.criterion.label, "met": state.met} for state in states if state.key != GO_LIVE]


def link_rows(found: Iterable[CustomerLink], tenant: Tenant) -> list[dict[str, Any]]:
    """Links that were made: for whom, by whom, how often they were opened, until when."""
    now = timezone.now()
    return [
        {
            "id": link.id,
            "purpose": str(LinkPurpose(link.purpose).label),
            "person": link.contact.name if link.contact else _("whoever has it"),
            "by": link.created_by.name if link.created_by else _("nobody who is still here"),
            "made": _day(link.created_at, tenant),
            "until": _day(link.expires_at, tenant),
            "opened": _opened(link, tenant),
            "answered": _day(link.answered_at, tenant) if link.answered_at else "",
            "live": link.revoked_at is None and link.expires_at > now and not has_left(link),
            "state": _link_state(link, now),
        }
        for link in found
    ]


def _link_state(link: CustomerLink, now: dt.datetime) -> str:
    if link.revoked_at:
        return _("Taken back")
    if link.expires_at <= now:
        return _("Run out")
    return _("The person left") if has_left(link) else _("Works")


def _day(moment: dt.datetime, tenant: Tenant) -> str:
    return day_text(moment.astimezone(tenant.zone).date())


def _opened(link: CustomerLink, tenant: Tenant) -> str:
    if link.opened_at is None:
        return _("Never opened.")
    words = ngettext("Opened once, on %(day)s.", "Opened %(n)s times, last on %(day)s.", link.opened_count)
    return words % {"n": number_text(link.opened_count), "day": _day(link.opened_at, tenant)}
