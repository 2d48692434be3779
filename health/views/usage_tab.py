"""Account → Usage: who uses the product, how often, how broadly, against what is normal (ACC-08, HLT-07, HLT-08)."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.account_frame import account_frame, open_account
from accounts.models import Account
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.periods import add_months, month_of
from cs_platform.kernel.templatetags.cells import day_text, number_text
from health.usage import cells, reports, selectors

DAYS = 90
MONTHS = 12
KNOWN = dt.date.max  # everything that is known now


@requires(Permission.VIEW_ACCOUNTS)
def usage(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """As of the last complete day, or of the earlier day that `day` names; `view=months` shows twelve months."""
    account = open_account(request, account_id)
    last, newest = _day(request), selectors.last_event_of(account)
    context = account_frame(request, account, "usage") | {"newest": newest}
    if newest:
        context |= _figures(request, account, last, newest)
    else:
        context["empty"] = _empty(request)
    return page(request, "health/usage.html", context, pieces=("usage-trend",))


@requires(Permission.VIEW_ACCOUNTS)
def peers(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """The account beside the median of its segment: a piece that comes after the tab, a page without scripts."""
    account = open_account(request, account_id)
    last = _day(request)
    medians = selectors.peers(account.segment_id, last, request.tenant.dunning_days)
    days = selectors.trend(account.id, last - dt.timedelta(days=selectors.WINDOW - 1), last)
    act = selectors.activity(account.id, last)
    context = account_frame(request, account, "usage") | {
        "rows": cells.peer_rows(
            act,
            selectors.seats_of(account, last, request.tenant.dunning_days),
            selectors.features_used(account.id, last),
            days,
            medians,
        ),
        "meta": ngettext(
            "%(n)s account with users in 28 days", "%(n)s accounts with users in 28 days", medians["accounts"]
        )
        % {"n": number_text(medians["accounts"])},
        "segment": account.segment.name if account.segment else _("Accounts without a segment"),
    }
    return page(request, "health/usage_peers.html", context, pieces=("usage-peers",))


def _day(request: TenantRequest) -> dt.date:
    """The day of the URL, never later than the last complete one."""
    latest = selectors.usage_day(request.tenant)
    try:
        asked = parse_date(request.GET.get("day", ""))
    except ValueError:  # well written, no such day
        asked = None
    return min(asked, latest) if asked and asked.year > 1900 else latest


def _figures(request: TenantRequest, account: Account, last: dt.date, newest: dt.date) -> dict[str, Any]:
    act = selectors.activity(account.id, last)
    days = selectors.trend(account.id, last - dt.timedelta(days=DAYS - 1), last)
    seats = selectors.seats_of(account, last, request.tenant.dunning_days)
    found = selectors.features(account.id, last)
    people, count = selectors.users(account.id, last)
    context = {
        "as_of": day_text(last),
        "tiles": cells.tiles(act, seats, selectors.breadth(found), days, last),
        "marks": cells.marks(act, seats, last),
        "heat": cells.heat_map(found, last) if found else None,
        "listed": any(use.relevant for use in found),
        "users": cells.user_rows(people, last),
        "users_meta": cells.users_text(count),
        "users_rest": _("The %(n)s most active are shown") % {"n": len(people)} if count > len(people) else "",
        "peers_url": f"{reverse('account_usage_peers', args=[request.tenant.slug, account.id])}?day={last.isoformat()}",
        **_trend(request, account, last, days, act),
    }
    silent = (last - newest).days
    if silent >= selectors.WINDOW:
        context["dormant"] = _("No event in 28 days: the last one was on %(day)s, %(n)s days before.") % {
            "day": day_text(newest),
            "n": number_text(silent),
        }
        context["dormant_url"] = f"{request.path}?{urlencode({'day': newest.isoformat()})}"
    if last < selectors.usage_day(request.tenant):
        context["now_url"] = request.path
    return context


def _trend(
    request: TenantRequest, account: Account, last: dt.date, days: list[selectors.Day], act: selectors.Activity
) -> dict[str, Any]:
    """The chart, of 90 days or of 12 months, and the links between them."""
    monthly = request.GET.get("view") == "months"
    if monthly:
        first = add_months(month_of(last), 1 - MONTHS)
        rows = reports.usage_month(first=first, last=None, as_of=last, known_on=KNOWN, account=account.id)
        shown = cells.trend_months(rows)
    else:
        shown = cells.trend_days(days, act)
    kept = {"day": request.GET["day"]} if request.GET.get("day") else {}
    return {
        "trend": shown,
        "trend_title": _("DAU/MAU by month") if monthly else _("Active users by day"),
        "switch": [
            {
                "label": label,
                "url": f"{request.path}?{urlencode(kept | more)}" if kept | more else request.path,
                "on": on,
            }
            for label, more, on in (
                (_("90 days"), {}, not monthly),
                (_("12 months"), {"view": "months"}, monthly),
            )
        ],
    }


def _empty(request: TenantRequest) -> dict[str, str]:
    """What the page needs, and the one action that the reader may take."""
    if may(request, Permission.IMPORT_DATA):
        return {"url": reverse("imports", args=[request.tenant.slug]), "action": _("Import usage")}
    return {}
