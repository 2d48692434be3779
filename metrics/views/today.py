"""Today: what do I do, who needs me, what is at risk (DSH-03)? Five tiles and the lists behind them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from babel.dates import format_date
from django.db.models import F
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from accounts import absences, book, cells
from accounts.enums import HealthBand, Status
from accounts.models import Account, Tenant, in_care_of
from accounts.rates import factors
from cs_platform.kernel.access import Permission, Scope, TenantRequest, may, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.templatetags.cells import number_text
from expansion.selectors import scale
from health.alerts import beside
from health.alerts.cells import alert_row, due_text
from health.models import Alert, Touchpoint
from health.next_steps import NextStep, next_steps
from journey.handoffs.account_hooks import WAITING
from journey.models import Task
from journey.work.cells import task_row
from metrics.home import growth, meeting_cells
from metrics.home import today as day_of
from metrics.home.meetings import meetings_of
from metrics.views.churn_queue import waiting_line
from renewals.cells import tab_url
from renewals.upcoming import SOON_DAYS, Upcoming, next_rows, open_between, upcoming

ORDERS: dict[str, tuple[Any, ...]] = {
    "need": (),
    "renews": (F("renews_on").asc(nulls_last=True), "-mrr_minor", "id"),
    "arr": ("-mrr_minor", "id"),
    "name": ("name_key", "id"),
}
FILTERS = (HealthBand.RED, HealthBand.YELLOW, HealthBand.GREEN, HealthBand.NONE)


@requires(Permission.VIEW_HOME)
def today(request: TenantRequest) -> HttpResponse:
    """The day of who looks after accounts; who leads sees the team's or everybody's book, or the own one."""
    tenant, member = request.tenant, request.member
    day, now = tenant.today(), timezone.now()
    whose = "mine" if member.role.scope == Scope.OWN or request.GET.get("book") == "mine" else "all"
    seen = Account.objects.filter(in_care_of(member)) if whose == "mine" else Account.objects.visible_to(member)
    order = request.GET.get("sort", "")
    order = order if order in ORDERS else "need"
    band = request.GET.get("health", "")
    band = band if band in FILTERS else ""
    size = day_of.size_of(seen, day)
    rows = day_of.needing(seen, day, ORDERS[order])
    listed = list((rows.filter(health_band=band) if band else rows)[: day_of.ROWS])
    trends, steps = day_of.trends(listed, day), next_steps(listed, tenant.zone)
    actions = day_of.actions_of(member, seen, tenant, day)
    tickets = day_of.tickets_of(seen, tenant, now)
    meetings = meetings_of(seen, tenant, now)
    alerts = day_of.alerts_of(seen)
    worth = factors(tenant=tenant)
    soon = open_between(seen, day, day + dt.timedelta(days=SOON_DAYS), worth)
    coming, due = upcoming(soon), next_rows(soon, day_of.SHORT)
    deals = growth.of_day(member, scale(worth), mine=whose == "mine")
    tasks = [task for group in actions.tasks.values() for task in group]
    shown: list[Any] = [*listed, *(one.account for one in due), *tasks]
    told = absences.told_for(member, [row.owner_id for row in shown], day) if whose == "mine" else {}
    owner = {"owner": "me"} if whose == "mine" else {}
    address = _Address(
        request, {"book": whose if member.role.scope != Scope.OWN else "", "sort": order, "health": band}
    )
    sources = reverse("imports", args=[tenant.slug]) if may(request, Permission.IMPORT_DATA) else ""
    log = _Log(request)
    context = {
        "greeting": _greeting(member.name),
        "subtitle": _subtitle(size, tenant, day),
        "books": _books(request, whose, address),
        "tiles": _tiles(
            request, size, actions, tickets, owner, day, coming, growth.day_tile(deals, _deals(request, owner), tenant)
        ),
        "deals": growth.day_rows(deals, tenant),
        "deals_url": _deals(request, owner),
        "signals_url": _deals(request, owner, "expansion:signals") if deals.signals else "",
        "signals": growth.signals_text(deals.signals),
        "first": alert_row(alerts[0], tenant.slug, day) if alerts and alerts[0].level == "critical" else None,
        "alerts": [
            alert_row(alert, tenant.slug, day) | {"log_url": log(alert.account_id)} for alert in alerts[: day_of.SHORT]
        ],
        "inbox_url": reverse("inbox", args=[tenant.slug]) + (f"?whose={whose}"),
        "bands": _bands(size, band, address),
        "rows": [
            _row(a, trends.get(a.id, []), steps.get(a.id), tenant, day)
            | {"told": told.get(a.owner_id, ""), "log_url": log(a.id)}
            for a in listed
        ],
        "orders": [
            {"label": label, "url": address(sort=key), "on": key == order}
            for key, label in (("need", _("Need")), ("renews", _("Renewal")), ("arr", _("ARR")), ("name", _("Name")))
        ],
        "shown": _("%(shown)s of %(found)s shown")
        % {"shown": len(listed), "found": number_text(size.bands[HealthBand(band)] if band else size.accounts, 0)},
        "all_url": _list(request, **owner, status=Status.LIVE),
        "due": [
            _due_row(one, tenant, day) | {"told": told.get(one.account.owner_id, ""), "log_url": log(one.account_id)}
            for one in due
        ],
        "due_meta": f"{number_text(coming.count, 0)}, {cells.arr_text(coming.mrr, tenant.currency)}",
        "due_url": _renewals(request, owner),
        "meetings": meeting_cells.groups(meetings, tenant, day, may_edit=may(request, Permission.EDIT_ACCOUNTS)),
        "actions": _actions(actions, tenant, day, told, log),
        "actions_meta": ngettext("%(n)s due today", "%(n)s due today", actions.due)
        % {"n": number_text(actions.due, 0)},
        "tasks_url": reverse("tasks", args=[tenant.slug]) if may(request, Permission.VIEW_ACCOUNTS) else "",
        "tickets": [_ticket_row(waiting, tenant) for waiting in tickets.rows[: day_of.SHORT]],
        "tickets_count": number_text(len(tickets.rows), 0),
        "sources_url": sources,
        "left": waiting_line(request, seen),
        "waits": beside.cards(request, [WAITING]),
        "here": request.get_full_path(),
        "may_edit": may(request, Permission.EDIT_ACCOUNTS),
        "log_url": reverse("activity_log", args=[tenant.slug]) if may(request, Permission.EDIT_ACCOUNTS) else "",
    }
    return page(request, "home/today.html", context, pieces=("my-day", "my-accounts"))


class _Log:
    """Where the key L logs an activity of the row's account; "" for who may not, and for rows of no account."""

    def __init__(self, request: TenantRequest) -> None:
        self.slug = request.tenant.slug if may(request, Permission.EDIT_ACCOUNTS) else ""

    def __call__(self, account_id: UUID | None) -> str:
        return reverse("activity_new", args=[self.slug, account_id]) if self.slug and account_id else ""


class _Address:
    """This page with some of its switches changed; what is as usual is left out."""

    def __init__(self, request: TenantRequest, state: dict[str, str]) -> None:
        self.path, self.state = request.path, state

    def __call__(self, **changes: str) -> str:
        usual = {"book": "all", "sort": "need", "health": ""}
        values = {k: v for k, v in (self.state | changes).items() if v and v != usual[k]}
        return f"{self.path}?{urlencode(values)}" if values else self.path


def _subtitle(size: day_of.Size, tenant: Tenant, day: dt.date) -> list[str]:
    parts = [format_date(day, "EEEE d MMMM y", locale=get_language() or "en")]
    if size.accounts:
        parts += [
            cells.count_text(size.accounts),
            _("%(arr)s ARR") % {"arr": cells.arr_text(size.mrr, tenant.currency)},
        ]
    if size.changed:
        words = ngettext(
            "%(n)s account fell to a worse band overnight",
            "%(n)s accounts fell to a worse band overnight",
            size.changed,
        )
        parts.append(words % {"n": number_text(size.changed, 0)})
    return parts


def _books(request: TenantRequest, whose: str, address: _Address) -> list[dict[str, Any]]:
    """Whose book: not asked of those who see only their own."""
    scope = request.member.role.scope
    if scope == Scope.OWN:
        return []
    other = _("My team's") if scope == Scope.TEAM else _("Everybody's")
    return [
        {"label": label, "url": address(book=name), "on": name == whose}
        for name, label in (("all", other), ("mine", _("Mine")))
    ]


def _greeting(name: str) -> str:
    hour, first = timezone.localtime().hour, name.split()[0] if name.split() else name
    if hour < 12:
        return _("Good morning, %(name)s") % {"name": first}
    if hour < 18:
        return _("Good afternoon, %(name)s") % {"name": first}
    return _("Good evening, %(name)s") % {"name": first}


def _tiles(
    request: TenantRequest,
    size: day_of.Size,
    actions: day_of.Actions,
    tickets: day_of.Tickets,
    owner: dict[str, str],
    day: dt.date,
    coming: Upcoming,
    growing: dict[str, Any],
) -> list[dict[str, Any]]:
    """Exactly five (DSH-03, DSH-04); `growing` is that of the open deals."""
    currency = request.tenant.currency
    renewals = [_("%(n)s at risk") % {"n": number_text(coming.at_risk, 0)}] if coming.at_risk else []
    if coming.first:
        renewals.append(_("first on %(day)s") % {"day": cells.short_day(coming.first, day)})
    scored = size.accounts - size.bands[HealthBand.NONE]
    return [
        {
            "label": _("Accounts by health"),
            "value": number_text(size.accounts, 0),
            "unit": cells.arr_text(size.mrr, currency),
            "url": _list(request, **owner, status=Status.LIVE),
            "parts": [
                (cells.TONES[band], size.bands[band])
                for band in (HealthBand.GREEN, HealthBand.YELLOW, HealthBand.RED, HealthBand.NONE)
            ]
            if scored
            else [],
            "foot": " · ".join(
                f"{number_text(size.bands[b], 0)} {HealthBand(b).label.lower()}" for b in FILTERS if size.bands[b]
            )
            if scored
            else _("health needs usage, touchpoints or tickets"),
        },
        {
            "label": _("Action items due"),
            "value": number_text(actions.due, 0),
            "late": ngettext("%(n)s late", "%(n)s late", actions.overdue) % {"n": actions.overdue}
            if actions.overdue
            else "",
            "foot": _("%(n)s more this week") % {"n": number_text(actions.this_week, 0)},
            "url": reverse("tasks", args=[request.tenant.slug]) if may(request, Permission.VIEW_ACCOUNTS) else "",
        },
        {
            "label": _("Renewals, next 90 days"),
            "value": number_text(coming.count, 0),
            "unit": cells.arr_text(coming.mrr, currency),
            "url": _renewals(request, owner),
            "foot": " · ".join(renewals) or _("none in this time"),
        },
        growing,
        {
            "label": _("Tickets needing attention"),
            "value": number_text(len(tickets.rows), 0),
            "late": _("%(n)s past their time") % {"n": number_text(tickets.past, 0)} if tickets.past else "",
            "foot": _("%(n)s urgent") % {"n": number_text(tickets.urgent, 0)},
        },
    ]


def _bands(size: day_of.Size, current: str, address: _Address) -> list[dict[str, Any]]:
    """Filters above the list, with how many there are."""
    found = [
        {
            "label": _("All"),
            "tone": "",
            "count": number_text(size.accounts, 0),
            "url": address(health=""),
            "on": not current,
        }
    ]
    for band in FILTERS:
        if size.bands[band] or band == current:
            found.append(
                {
                    "label": str(band.label),
                    "tone": cells.TONES[band],
                    "count": number_text(size.bands[band], 0),
                    "url": address(health=str(band.value)),
                    "on": band == current,
                }
            )
    return found


def _list(request: TenantRequest, **filters: Any) -> str:
    """The accounts list with these filters; "" for those who may not open it."""
    if not may(request, Permission.VIEW_ACCOUNTS):
        return ""
    return f"{reverse('accounts', args=[request.tenant.slug])}?{urlencode(filters)}"


def _row(
    account: Any, trend: list[float | None], step: NextStep | None, tenant: Tenant, day: dt.date
) -> dict[str, Any]:
    touched = account.last_touch.astimezone(tenant.zone).date() if account.last_touch else None
    return {
        "id": account.id,
        "name": account.name,
        "url": reverse("account", args=[tenant.slug, account.id]),
        "health": cells.health(account.health_band),
        "tone": cells.TONES[HealthBand(account.health_band)],
        "score": cells.score_text(account.health_score),
        "points": trend if sum(point is not None for point in trend) > 1 else [],
        "arr": cells.arr_text(account.mrr_minor, tenant.currency),
        "renews": cells.renewal(account.renews_on, day),
        "change": cells.change(account.health_change, _("in a week")),
        "touch": cells.last_seen(touched, day),
        "touch_late": touched is not None and (day - touched).days >= book.SILENCE_DAYS,
        "next": step.text if step else "–",
        "next_on": cells.short_day(step.day, day) if step and step.day else "",
        "next_late": bool(step and step.day and step.day < day),
    }


def _renewals(request: TenantRequest, owner: dict[str, str]) -> str:
    """The renewals of the next 90 days, of the same book; "" for those who may not open them."""
    if not may(request, Permission.VIEW_ACCOUNTS):
        return ""
    mine = {"csm": owner["owner"]} if owner else {}
    return f"{reverse('renewals', args=[request.tenant.slug])}?{urlencode({'due': SOON_DAYS} | mine)}"


def _deals(request: TenantRequest, owner: dict[str, str], name: str = "expansion:list") -> str:
    """The open deals, or the signals that wait, of the same book; "" for those who may not open them."""
    if not may(request, Permission.VIEW_ACCOUNTS):
        return ""
    return f"{reverse(name, args=[request.tenant.slug])}?{urlencode(owner)}".rstrip("?")


def _due_row(one: Any, tenant: Tenant, day: dt.date) -> dict[str, Any]:
    """A renewal that comes due soon; it opens where it is worked."""
    return {
        "name": one.account.name,
        "url": tab_url(one, tenant.slug),
        "renews": cells.renewal(one.due_on, day),
        "arr": cells.arr_text(one.mrr_minor, tenant.currency),
        "health": cells.health(one.account.health_band),
    }


def _actions(
    actions: day_of.Actions, tenant: Tenant, day: dt.date, told: Mapping[Any, str], log: _Log
) -> list[dict[str, Any]]:
    """Groups of what is due: late, today, this week; with the planned meetings. `told` says by owner for whom the reader
    stands in."""

    def tasks(name: str) -> list[dict[str, Any]]:
        found = actions.tasks.get(name, [])
        return [
            _task_row(task, tenant, day) | {"told": told.get(task.owner_id, ""), "log_url": log(task.account_id)}
            for task in found
        ]

    def promises(alerts: Sequence[Alert]) -> list[dict[str, Any]]:
        return [_action_row(alert, tenant, day) | {"log_url": log(alert.account_id)} for alert in alerts]

    now = tasks("today") + promises(actions.today)
    later = tasks("week") + promises(actions.later)
    for meeting in actions.meetings:  # those of today and tomorrow stand in a card of their own
        local = meeting.happened_at.astimezone(tenant.zone)
        if local.date() > day + dt.timedelta(days=1):
            later.append(_meeting_row(meeting, local, tenant, day) | {"log_url": log(meeting.account_id)})
    now.sort(key=lambda row: (row.get("at") is None, row.get("at") or dt.time()))  # the hours of the day come first
    groups = (
        (_("Late"), True, tasks("late") + promises(actions.late)),
        (_("Today"), False, now),
        (_("This week"), False, later),
    )
    return [
        {"label": label, "late": late, "count": len(rows), "rows": rows[: day_of.SHORT + 2]}
        for label, late, rows in groups
        if rows
    ]


def _task_row(task: Task, tenant: Tenant, day: dt.date) -> dict[str, Any]:
    """A task, ticked where it stands."""
    row = task_row(task, tenant, day, ())
    return row | {"drawer": True, "tick": row["done_url"], "at": task.due_at}


def _action_row(alert: Alert, tenant: Tenant, day: dt.date) -> dict[str, Any]:
    when, late = due_text(alert.due_on, day)
    row = alert_row(alert, tenant.slug, day)
    return {
        "title": alert.answer,
        "about": f"{row['account']} · {row['label']}",
        "url": row["url"],
        "when": when,
        "late": late,
        "drawer": True,
        "icon": "bell",
    }


def _meeting_row(meeting: Touchpoint, local: dt.datetime, tenant: Tenant, day: dt.date) -> dict[str, Any]:
    about = [meeting.account.name, str(meeting.get_kind_display()), meeting.contact.name if meeting.contact else ""]
    return {
        "title": str(meeting),
        "about": " · ".join(part for part in about if part),
        "url": reverse("account_timeline", args=[tenant.slug, meeting.account_id]),
        "at": local.time(),
        "when": f"{local:%H:%M}" if local.date() == day else cells.short_day(local.date(), day),
        "late": False,
        "icon": "calendar",
    }


def _ticket_row(waiting: day_of.Waiting, tenant: Tenant) -> dict[str, Any]:
    ticket = waiting.ticket
    notes = [ticket.account.name, str(ticket.get_level_display()), ticket.state]
    if waiting.past:
        tone, text = "risk", _("Past its time")
    elif ticket.escalated_at:
        tone, text = "watch", _("Escalated")
    elif ticket.reopen_count:
        tone, text = "none", _("Open again")
    else:
        hours = int(waiting.left_minutes or 0) // 60
        tone, text = "watch", _("%(n)s h left") % {"n": hours}
    return {
        "title": str(ticket),
        "about": " · ".join(part for part in notes if part),
        "url": reverse("account", args=[tenant.slug, ticket.account_id]),
        "tone": tone,
        "text": text,
    }
