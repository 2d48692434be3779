"""The first page of the one who looks after accounts: Today (DSH-03)."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from babel.dates import format_date
from django.db.models import F
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import book, cells
from accounts.enums import Status
from accounts.models import Account, AccountEvent, Contact
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.htmx import page

ROWS = 14
SHORT = 5
TODAY_COLUMNS = ("arr", "renews", "tier", "industry")
ORDERS = {"renews": ("renews_on", "-mrr_minor", "id"), "arr": ("-mrr_minor", "id"), "name": ("name_key", "id")}


@requires(Permission.VIEW_HOME)
def today(request: TenantRequest) -> HttpResponse:
    """What do I do today, who needs me, what is at risk?"""
    tenant, member = request.tenant, request.member
    day = tenant.today()
    mine = Account.objects.filter(owner=member)
    live = mine.filter(status=Status.LIVE)
    size = book.size_of(mine, day)
    order = request.GET.get("sort", "")
    order = order if order in ORDERS else "renews"
    rows = list(live.select_related("segment", "owner").order_by(*_order(order))[:ROWS])
    due = list(live.filter(book.renewing(day)).order_by("renews_on", "id")[:SHORT])
    events = list(book.events_between(mine, day - dt.timedelta(days=30), day)[:SHORT])
    silent = list(book.not_spoken_to(mine, day)[: SHORT + 1])
    context = {
        "greeting": _greeting(member.name),
        "subtitle": [
            format_date(day, "EEEE d MMMM y", locale=get_language() or "en"),
            *_size_texts(size, tenant.currency),
        ],
        "tiles": _tiles(request, size),
        "heads": [{"label": _("Account")}, *({"label": label, "number": n} for label, n in _today_heads())],
        "rows": cells.account_rows(rows, TODAY_COLUMNS, tenant, day),
        "orders": [
            {"label": label, "url": f"?sort={key}", "on": key == order}
            for key, label in (("renews", _("Renewal")), ("arr", _("ARR")), ("name", _("Name")))
        ],
        "shown": _("%(shown)s of %(found)s shown") % {"shown": len(rows), "found": f"{size.accounts:,}"},
        "all_url": _list(request, owner="me", status=Status.LIVE),
        "due": [_due_row(account, tenant, day) for account in due],
        "due_meta": _("%(count)s, %(arr)s ARR")
        % {"count": f"{size.due:,}", "arr": cells.arr_text(size.due_mrr, tenant.currency)},
        "due_url": _list(request, owner="me", status=Status.LIVE, renews=book.RENEWAL_WINDOW, sort="renews"),
        "silent": [_silent_row(contact, tenant, day) for contact in silent[:SHORT]],
        "more_silent": len(silent) > SHORT,
        "events": [_event_row(event, tenant, day) for event in events],
        "sources_url": reverse("imports", args=[tenant.slug]) if may(request, Permission.IMPORT_DATA) else "",
        "may_see_accounts": may(request, Permission.VIEW_ACCOUNTS),
    }
    return page(request, "home/today.html", context, pieces=("my-accounts",))


def _size_texts(size: book.Size, currency: str) -> list[str]:
    """18 accounts, $2.53M ARR; nothing for an empty book."""
    if not size.accounts:
        return []
    return [cells.count_text(size.accounts), _("%(arr)s ARR") % {"arr": cells.arr_text(size.mrr, currency)}]


def _order(key: str) -> list[Any]:
    """ORDER BY of the small table; accounts without a renewal date last."""
    first, *rest = ORDERS[key]
    return [F(first).asc(nulls_last=True) if first == "renews_on" else first, *rest]


def _today_heads() -> list[tuple[str, bool]]:
    return [(_("ARR"), True), (_("Renews"), False), (_("Touch tier"), False), (_("Industry"), False)]


def _greeting(name: str) -> str:
    hour, first = timezone.localtime().hour, name.split()[0] if name.split() else name
    if hour < 12:
        return _("Good morning, %(name)s") % {"name": first}
    if hour < 18:
        return _("Good afternoon, %(name)s") % {"name": first}
    return _("Good evening, %(name)s") % {"name": first}


def _tiles(request: TenantRequest, size: book.Size) -> list[dict[str, Any]]:
    """The five tiles of the day (DSH-03). Those without a source yet show a dash and say what they wait for."""
    currency, day = request.tenant.currency, request.tenant.today()
    first = (
        _("first on %(day)s") % {"day": cells.short_day(size.first_due, day)}
        if size.first_due
        else _("none in this time")
    )
    return [
        {
            "label": _("My accounts"),
            "value": f"{size.accounts:,}",
            "unit": cells.arr_text(size.mrr, currency),
            "url": _list(request, owner="me", status=Status.LIVE),
            "foot": _("health needs usage, touchpoints or tickets"),
        },
        {"label": _("Due today"), "value": "–", "foot": _("needs tasks from playbooks")},
        {
            "label": _("Renewals, next 90 days"),
            "value": f"{size.due:,}",
            "unit": cells.arr_text(size.due_mrr, currency),
            "url": _list(request, owner="me", status=Status.LIVE, renews=book.RENEWAL_WINDOW, sort="renews"),
            "foot": first,
        },
        {"label": _("Expansion"), "value": "–", "foot": _("needs usage and plan limits")},
        {"label": _("Tickets needing attention"), "value": "–", "foot": _("needs a ticket source")},
    ]


def _list(request: TenantRequest, **filters: Any) -> str:
    """The accounts list with these filters; "" for those who may not open it."""
    if not may(request, Permission.VIEW_ACCOUNTS):
        return ""
    return f"{reverse('accounts', args=[request.tenant.slug])}?{urlencode(filters)}"


def _due_row(account: Account, tenant: Any, day: dt.date) -> dict[str, Any]:
    return {
        "name": account.name,
        "url": reverse("account", args=[tenant.slug, account.id]),
        "renews": cells.renewal(account.renews_on, day),
        "arr": cells.arr_text(account.mrr_minor, tenant.currency),
    }


def _silent_row(contact: Contact, tenant: Any, day: dt.date) -> dict[str, Any]:
    return {
        "name": contact.name,
        "about": [contact.account.name, str(contact.get_role_display())],
        "url": reverse("account_people", args=[tenant.slug, contact.account_id]),
        "seen": cells.last_seen(contact.last_contact_on, day),
    }


def _event_row(event: AccountEvent, tenant: Any, day: dt.date) -> dict[str, Any]:
    return {
        "account": event.account.name,
        "url": reverse("account_timeline", args=[tenant.slug, event.account_id]),
        "title": str(event),
        "note": event.note,
        "day": cells.short_day(event.happened_on, day),
    }
