"""Account → Support: what is open and waits, how fast it goes, how much it is (ACC-07, MET-15)."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.account_frame import account_frame, open_account
from accounts.models import Account, BusinessHours
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.keyset import row_of, rows_after
from cs_platform.kernel.templatetags.cells import day_text, number_text
from health.alerts.jobs import setting_of
from health.engagement import answers_card
from health.engagement.timeline import moment_of
from health.enums import SurveyContext, TicketPriority
from health.models import Ticket
from health.support import desk
from health.support import desk_cells as cells

SHOWN = 25


@requires(Permission.VIEW_ACCOUNTS)
def support(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """As of now; `state` and `level` filter the list of all tickets, `before` is the last one of the page before."""
    account, now = open_account(request, account_id), moment_of(request.tenant)
    context = account_frame(request, account, "support") | {"any": Ticket.objects.filter(account=account).exists()}
    if context["any"]:
        clock = cells.clock_name(not BusinessHours.objects.exists())
        waiting = desk.open_tickets(account, request.tenant, now)
        context |= {
            "as_of": day_text(now.astimezone(request.tenant.zone).date()),
            "clock": clock,
            "tiles": cells.tiles(
                desk.shares(account, now), desk.load(account, now), now, clock, setting_of("support").thresholds
            ),
            "waiting": cells.open_rows(waiting, request.tenant),
            "chart": cells.chart(desk.by_month(account, request.tenant, now), clock),
            "satisfaction": answers_card.card(account, now, context=SurveyContext.TICKET),
            **_list(request, account),
        }
    else:
        slug = request.tenant.slug
        context["import_url"] = reverse("imports", args=[slug]) if may(request, Permission.IMPORT_DATA) else ""
    return page(request, "health/support.html", context, pieces=("account-tickets",))


@requires(Permission.VIEW_ACCOUNTS)
def ticket(request: TenantRequest, account_id: UUID, ticket_id: UUID) -> HttpResponse:
    """One ticket: its states in order, with both clocks."""
    account, now = open_account(request, account_id), moment_of(request.tenant)
    row = get_object_or_404(Ticket, account=account, id=ticket_id)
    calendar = {
        "response": _minutes(row.opened_at, row.first_response_at),
        "resolution": _minutes(row.opened_at, row.resolved_at),
    }
    clock = cells.clock_name(not BusinessHours.objects.exists())
    context = account_frame(request, account, "support") | {
        "ticket": cells.ticket_context(row, desk.steps(row, request.tenant, now), calendar, clock),
        "piece": bool(request.htmx and request.htmx.target == "drawer-body"),
    }
    return page(request, "health/ticket.html", context, pieces=("drawer-body",))


def _minutes(start: Any, end: Any) -> float | None:
    return (end - start).total_seconds() / 60 if end is not None else None


def _list(request: TenantRequest, account: Account) -> dict[str, Any]:
    state, level = request.GET.get("state", ""), request.GET.get("level", "")
    state = state if state in desk.FILTERS else ""
    level = level if level in TicketPriority.values else ""
    before = request.GET.get("before", "")
    rows = desk.listed(account, moment_of(request.tenant), state=state, level=level)
    found = list(rows_after(rows, "opened_at", row_of(rows, before))[: SHOWN + 1])
    url = reverse("account_support", args=[request.tenant.slug, account.id])
    kept = {name: value for name, value in (("state", state), ("level", level)) if value}
    first = f"{url}?{urlencode(kept)}" if kept else url
    following = str(found[SHOWN - 1].id) if len(found) > SHOWN else ""
    count = rows.count()
    return {
        "tickets": cells.list_rows(found[:SHOWN], request.tenant),
        "filters": cells.filters(url, state, level),
        "filtered": bool(kept),
        "clear_url": url,
        "shown": ngettext("%(n)s ticket", "%(n)s tickets", count) % {"n": number_text(count)},
        "sorted": _("the newest first"),
        "previous_url": first if before else "",
        "next_url": f"{url}?{urlencode(kept | {'before': following})}" if following else "",
    }
