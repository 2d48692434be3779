"""The first pages: Today for the one who looks after accounts (DSH-03), Week for the one who leads (DSH-02)."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from babel.dates import format_date
from babel.numbers import get_currency_symbol
from django.db.models import F
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import book, cells, charts
from accounts.enums import ChangeKind, Status
from accounts.models import Account, AccountEvent, Contact, SubscriptionChange
from accounts.views.lists import book_of
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.money import from_minor, money_text
from cs_platform.kernel.templatetags.cells import day_text, month_name, percent_text

ROWS = 14
SHORT = 5
EVENTS = 10
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


@requires(Permission.VIEW_WEEK)
def week(request: TenantRequest) -> HttpResponse:
    """How is the book, what moved since last week, what comes due?"""
    tenant = request.tenant
    day = tenant.today()
    monday = _monday(request.GET.get("week", ""), day)
    sunday = monday + dt.timedelta(days=6)
    seen = book_of(request)
    size = book.size_of(seen, day)
    segments = book.live_by(seen, day, "segment__name")
    owners = book.live_by(seen, day, "owner_id", "owner__name")
    months = book.due_by_month(seen, day)
    start = dt.datetime.combine(monday, dt.time.min, tzinfo=tenant.zone)
    learned = book.learned_between(seen, start, start + dt.timedelta(days=7))
    events = list(book.events_between(seen, monday, sunday)[: EVENTS + 1])
    context = {
        "subtitle": [
            _("Week %(week)s, %(days)s") % {"week": monday.isocalendar().week, "days": _span(monday, sunday)},
            *_size_texts(size, tenant.currency),
        ],
        "earlier_url": f"?week={_week_text(monday - dt.timedelta(days=7))}",
        "later_url": f"?week={_week_text(monday + dt.timedelta(days=7))}" if sunday < day else "",
        "week_label": _("Week %(week)s") % {"week": monday.isocalendar().week},
        "segments": [_group_row(request, row, size.mrr, row["segment__name"], "segment") for row in segments],
        "owners": [_group_row(request, row, size.mrr, row["owner__name"], "owner") for row in owners],
        "renewals": _renewals(request, months),
        "events": [_event_row(event, tenant, day) for event in events[:EVENTS]],
        "more_events": len(events) > EVENTS,
        "counts": [
            {"label": _("new periods"), "value": f"{learned.new:,}"},
            {"label": _("changed"), "value": f"{learned.changed:,}"},
            {"label": _("withdrawn"), "value": f"{learned.withdrawn:,}"},
        ],
        "arrivals": [_arrival_row(change, tenant) for change in learned.latest],
        "sources_url": reverse("imports", args=[tenant.slug]) if may(request, Permission.IMPORT_DATA) else "",
    }
    return page(request, "home/week.html", context)


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


def _group_row(
    request: TenantRequest, row: Mapping[str, Any], total: int, name: str | None, filter_name: str
) -> dict[str, Any]:
    currency = request.tenant.currency
    value = row.get("owner_id") if filter_name == "owner" else name
    opens = filter_name == "owner" or name is not None
    filters = {filter_name: value if value is not None else "none", "status": Status.LIVE}
    return {
        "name": name or (_("Nobody") if filter_name == "owner" else _("No segment")),
        "avatar": name if filter_name == "owner" else None,
        "url": _list(request, **filters) if opens else "",
        "accounts": f"{row['accounts']:,}",
        "arr": cells.arr_text(row["mrr"], currency),
        "share": percent_text(row["mrr"] / total if total else None),
        "bar": [("acc", row["mrr"]), ("", total - row["mrr"])],
        "due": f"{row['due']:,}",
        "due_arr": cells.arr_text(row["due_mrr"], currency),
    }


def _renewals(request: TenantRequest, months: Sequence[tuple[dt.date, int, int]]) -> dict[str, Any]:
    """The chart of renewals by month, its finding in words and the same numbers as a table."""
    currency = request.tenant.currency
    rows: list[dict[str, Any]] = [
        {
            "label": month_name(month, short=True),
            "arr": float(from_minor(mrr * 12, currency)),  # a bar's height, never money again
            "text": cells.arr_text(mrr, currency),
            "accounts": count,
            "month": month,
        }
        for month, count, mrr in months
    ]
    total, accounts = sum(mrr for _m, _c, mrr in months), sum(count for _m, count, _mrr in months)
    top = max(rows, key=lambda row: row["arr"])
    return {
        "figure": charts.renewals_by_month(rows, get_currency_symbol(currency, locale=get_language() or "en")),
        "finding": _("%(arr)s of ARR come up for renewal in six months, most in %(month)s: %(most)s.")
        % {"arr": cells.arr_text(total, currency), "month": top["label"], "most": top["text"]},
        "any": accounts > 0,
        "meta": _("%(count)s in six months, %(arr)s ARR")
        % {"count": cells.count_text(accounts), "arr": cells.arr_text(total, currency)},
        "table": {
            "head": [_("Month"), _("Accounts"), _("ARR")],
            "rows": [
                [
                    {
                        "text": row["label"],
                        "url": _list(request, renews=f"{row['month']:%Y-%m}", status=Status.LIVE, sort="renews"),
                    },
                    f"{row['accounts']:,}",
                    row["text"],
                ]
                for row in rows
            ],
            "foot": [_("Six months"), f"{accounts:,}", cells.arr_text(total, currency)],
        },
    }


def _arrival_row(change: SubscriptionChange, tenant: Any) -> dict[str, Any]:
    gone = change.kind == ChangeKind.VOIDED
    return {
        "account": change.account.name,
        "url": reverse("account_subscriptions", args=[tenant.slug, change.account_id]),
        "about": [
            change.product.name if change.product else "",
            str(change.get_kind_display()),
            _("from %(day)s") % {"day": day_text(change.start_on)},
        ],
        "mrr": money_text(-change.mrr_minor if gone else change.mrr_minor, change.currency, compact=True, signed=True),
        "tone": "neg" if gone else "pos",
    }


def _monday(text: str, day: dt.date) -> dt.date:
    """The Monday of `2026-W47`, at the latest this week's; this week's for anything that is no week."""
    this = day - dt.timedelta(days=day.weekday())
    match = re.fullmatch(r"(\d{4})-W(\d{2})", text, re.ASCII)
    if not match:
        return this
    try:
        wished = dt.date.fromisocalendar(int(match[1]), int(match[2]), 1)
    except ValueError:
        return this
    return min(max(wished, dt.date(1990, 1, 1)), this)


def _week_text(monday: dt.date) -> str:
    year, number, _weekday = monday.isocalendar()
    return f"{year:04d}-W{number:02d}"


def _span(first: dt.date, last: dt.date) -> str:
    """16 Nov to 22 Nov 2026."""
    start = format_date(first, "d MMM", locale=get_language() or "en")
    return _("%(first)s to %(last)s") % {"first": start, "last": day_text(last)}
