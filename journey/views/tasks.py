"""Tasks: my work, my team's, the pool, what was put off (PAGES, DSH-03). One list, a pane beside it, the queue below."""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.absences import told_for
from accounts.account_frame import account_frame, open_account
from accounts.cells import arr_text
from accounts.models import Account, Member
from accounts.selectors import colleagues
from cs_platform.kernel.access import Permission, Scope, TenantRequest, may, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.keyset import Latest, Page, uuid_of
from cs_platform.kernel.templatetags.cells import number_text
from journey.enums import TaskState, WorkType
from journey.views.task import pane
from journey.work import cells, pool, selectors
from journey.work.comments import mentions_of, see_mentions
from journey.work.selectors import TaskQuery

SHOWN = 100
QUEUE = 5
FEW, LAST = 7, 3  # open tasks of an account, and those done last
MENTIONS = 4
GROUPS = {
    "late": gettext_lazy("Late"),
    "today": gettext_lazy("Today"),
    "week": gettext_lazy("This week"),
    "later": gettext_lazy("Later"),
}
DUES = {
    "": gettext_lazy("Any day"),
    "late": gettext_lazy("Late"),
    "today": gettext_lazy("Until today"),
    "week": gettext_lazy("This week"),
}


@requires(Permission.VIEW_ACCOUNTS)
def tasks(request: TenantRequest) -> HttpResponse:
    """The state of the page is its address; `task` names the one that the pane shows."""
    member, tenant = request.member, request.tenant
    today, query = tenant.today(), TaskQuery.parse(request.GET, member)
    counts = selectors.counts(member, today)
    queue: list[pool.Offer] = []
    worker = None
    if query.whose in ("mine", "pool") and (counts["pool"] or query.whose == "pool"):
        queue, worker = pool.offer(member, today)
    found: Page[Any] = Page([], "", "")
    if query.whose == "pool":
        queue = [one for one in queue if _fits(one.task, query)]
    else:
        found = selectors.read_page(member, query, today)
    rows, first = found.rows, not found.previous
    done = list(selectors.listed(selectors.done_today(member, tenant))[:SHOWN]) if _tells_done(query, first) else []
    seen = seen_accounts(member, [*rows, *done, *(one.task for one in queue)])
    told = told_for(member, [task.owner_id for task in rows], today) if query.whose == "mine" else {}
    filters = _filters(member, query)
    shown_queue = queue if query.whose == "pool" else queue[:QUEUE]
    context = {
        "query": query,
        "summary": _summary(request, counts, today),
        "tabs": _tabs(request, counts, query),
        "chips": _chips(request, query, filters),
        "filters": filters,
        "groups": _groups(rows, done, tenant, today, seen, told),
        "empty": not rows and not done and query.whose != "pool",
        "filtered": bool(query.work or query.segment or query.owner),
        "clear_url": _url(request, query.text(work="", segment="", owner="")),
        "all_url": _url(request, query.text(due="")),
        "queue": [cells.offer_row(one, tenant, today, seen) for one in shown_queue],
        "queue_meta": _queue_meta(counts["pool"]),
        "load": cells.load_text(worker) if worker else "",
        "took": pool.taken_lately(member) if worker else 0,
        "pool_url": _url(request, query.text(whose="pool")),
        "next_url": reverse("task_take_next", args=[tenant.slug]),
        "foot": {
            "shown": _("%(n)s shown, most urgent first") % {"n": number_text(len(rows), 0)},
            **found.turns(request.path),
        },
        "mentions": [cells.mention_row(one, tenant) for one in mentions_of(member).filter(seen_at=None)[:MENTIONS]],
        "bulk": _bulk(request, today),
        "names": query.whose == "team",
        "list_url": _url(request, query.text() if first else query.address()),
        "oob": bool(request.htmx and request.htmx.target == "tasks-found"),
        "here": request.get_full_path(),
        "may_edit": may(request, Permission.EDIT_ACCOUNTS),
    }
    if wished := uuid_of(request.GET.get("task", "")):
        context |= pane(request, wished)
    return page(request, "journey/tasks.html", context, pieces=("tasks-found",))


def _fits(task: Any, query: TaskQuery) -> bool:
    segment = str(task.account.segment_id) if task.account else ""
    return (not query.work or task.work == query.work) and (not query.segment or segment == query.segment)


def _tells_done(query: TaskQuery, first: bool) -> bool:
    """What was done today stands in the own list, on its first page, as long as nothing filters it."""
    return query.whose == "mine" and first and query.due != "late" and not (query.work or query.segment)


def seen_accounts(member: Member, rows: Sequence[Any]) -> set[UUID]:
    """The accounts of these tasks that the member may open. One query, or none for who sees all."""
    ids = {task.account_id for task in rows if task.account_id}
    if member.role.scope == Scope.ALL or not ids:
        return ids
    return set(Account.objects.visible_to(member).filter(id__in=ids).values_list("id", flat=True))


def _url(request: TenantRequest, text: str) -> str:
    return f"{reverse('tasks', args=[request.tenant.slug])}?{text}".rstrip("?")


def _summary(request: TenantRequest, counts: dict[str, int], today: dt.date) -> list[str]:
    parts = [_("%(n)s this week") % {"n": number_text(counts["mine"], 0)}]
    if counts["late"]:
        parts.append(ngettext("%(n)s late", "%(n)s late", counts["late"]) % {"n": number_text(counts["late"], 0)})
    if counts["late"] or counts["today"]:
        money = arr_text(selectors.money_behind(request.member, today), request.tenant.currency)
        parts.append(_("%(arr)s ARR behind what is late or due today") % {"arr": money})
    return parts


def _tabs(request: TenantRequest, counts: dict[str, int], query: TaskQuery) -> list[dict[str, Any]]:
    labels = {"mine": _("Mine"), "team": _("Team"), "pool": _("Pool"), "snoozed": _("Snoozed")}
    return [
        {
            "label": labels[name],
            "count": number_text(counts[name], 0),
            "url": _url(request, query.text(whose=name, owner="")),
            "on": name == query.whose,
        }
        for name in selectors.WHOSE
        if name != "team" or request.member.role.scope != Scope.OWN
    ]


def _chips(request: TenantRequest, query: TaskQuery, filters: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Filters that are on, each with the page without it; one that is unknown here is on as well."""
    return [
        {
            "label": one["label"],
            "value": next((str(option["label"]) for option in one["options"] if option["on"]), "–"),
            "url": _url(request, query.text(**{one["name"]: ""})),
        }
        for one in filters
        if getattr(query, one["name"])
    ]


def _filters(member: Member, query: TaskQuery) -> list[dict[str, Any]]:
    """What can be filtered by: {name, label, options: [{value, label, on}]}."""
    found: list[tuple[str, Any, list[tuple[str, Any]]]] = []
    if query.whose in ("mine", "team"):
        found.append(("due", _("Due"), [(name or "all", label) for name, label in DUES.items()]))
    if query.whose == "team":
        people = [(str(one.id), one.name) for one in _team(member, query.owner)]
        found.append(("owner", _("Owner"), [("", _("Everybody")), *people]))
    found.append(("work", _("Kind of work"), [("", _("Every kind")), *WorkType.choices]))
    names = [(str(one.id), one.name) for one in selectors.segments()]
    found.append(("segment", _("Segment"), [("", _("Every segment")), *names]))
    now = {"due": query.due or "all", "owner": query.owner, "work": query.work, "segment": query.segment}
    return [
        {
            "name": name,
            "label": label,
            "options": [{"value": value, "label": text, "on": value == now[name]} for value, text in options],
        }
        for name, label, options in found
    ]


def _team(member: Member, asked: str) -> list[Member]:
    """Whose tasks a leader may ask for; who is `asked` for stands there even after they left."""
    people = Q(is_active=True)
    if member.role.scope == Scope.TEAM:
        people &= colleagues(member) | Q(id=member.id)
    if asked:
        people |= Q(id=asked)
    return list(Member.objects.filter(people).order_by("name"))


def _groups(
    rows: Sequence[Any], done: Sequence[Any], tenant: Any, today: dt.date, seen: set[UUID], told: dict[Any, str]
) -> list[dict[str, Any]]:
    """Late, today (with what is done already), this week, later; `told` says by owner for whom the reader stands in."""
    found = selectors.grouped(rows, today)
    if done:
        found.setdefault("today", [])
    groups = []
    for name in selectors.DUES:
        if name not in found:
            continue
        meta = [number_text(len(found[name]), 0)]
        if name == "today" and done:
            meta.append(_("%(n)s done") % {"n": number_text(len(done), 0)})
        if name == "week":
            meta.append(cells.span_text(found[name]))
        shown = [*found[name], *(done if name == "today" else [])]
        groups.append(
            {
                "name": name,
                "label": GROUPS[name],
                "late": name == "late",
                "meta": " · ".join(meta),
                "rows": [
                    cells.task_row(task, tenant, today, seen) | {"told": told.get(task.owner_id, "")} for task in shown
                ],
            }
        )
    return groups


def _queue_meta(count: int) -> str:
    return ngettext("%(n)s waiting", "%(n)s waiting", count) % {"n": number_text(count, 0)}


def _bulk(request: TenantRequest, today: dt.date) -> dict[str, Any] | None:
    """What can be done with many at once; nothing for who may only read."""
    if not may(request, Permission.EDIT_ACCOUNTS):
        return None
    everybody = Member.objects.filter(is_active=True, role__permissions__contains=[str(Permission.VIEW_ACCOUNTS)])
    return {
        "url": reverse("tasks_bulk", args=[request.tenant.slug]),
        "people": list(everybody.order_by("name").values_list("id", "name")),
        "days": cells.snooze_choices(None, request.tenant),
        "today": today.isoformat(),
    }


@requires(Permission.VIEW_ACCOUNTS)
def mentions(request: TenantRequest) -> HttpResponse:
    """Where somebody named the member; a POST marks all of them read."""
    if request.method == "POST":
        see_mentions(member=request.member)
        return redirect("mentions", request.tenant.slug)
    found = Latest.parse(request.GET).page_of(mentions_of(request.member), SHOWN)
    context = {
        "rows": [cells.mention_row(one, request.tenant) for one in found.rows],
        "new": any(one.seen_at is None for one in found.rows),
        "foot": {"shown": _("Newest first"), **found.turns(request.path)},
    }
    return page(request, "journey/mentions.html", context)


@requires(Permission.VIEW_ACCOUNTS)
def account_tasks(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """What is to be done with one customer, and what was done last: the card beside the overview, or a page."""
    account, today = open_account(request, account_id), request.tenant.today()
    rows = selectors.of_account(account)
    waiting = list(selectors.listed(selectors.most_urgent(selectors.with_day(rows.filter(selectors.OPEN))))[: FEW + 1])
    done = rows.filter(state=TaskState.DONE).order_by("-done_at", "-id")
    last = list(selectors.listed(selectors.with_day(done))[:LAST])
    context = account_frame(request, account, "overview") if not request.htmx else {"account": account}
    context |= {
        "rows": [cells.task_row(task, request.tenant, today, ()) for task in waiting[:FEW]],
        "done": [cells.task_row(task, request.tenant, today, ()) for task in last],
        "more": len(waiting) > FEW,
        "here": reverse("account", args=[request.tenant.slug, account.id]),
        "may_edit": may(request, Permission.EDIT_ACCOUNTS),
    }
    return page(request, "journey/account_tasks.html", context, pieces=("account-tasks",))
