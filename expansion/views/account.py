"""Account → Growth: what it has and could have, why now, the deals of it, and whether the right is earned (EXP-01, EXP-02, EXP-04)."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse

from accounts.account_frame import account_frame, open_account
from accounts.models import Account
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.htmx import page
from expansion import cells, cells_signals, cells_white_space, checks, lifecycle, selectors, white_space
from expansion.enums import SignalState
from expansion.signal_listing import ALL, SignalQuery, listed

SIGNALS, DEALS = 20, 40


@requires(Permission.VIEW_ACCOUNTS)
def account_growth(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """The tab of an account; what was merged into it counts for it."""
    account, tenant = open_account(request, account_id), request.tenant
    today, context = tenant.today(), account_frame(request, account, "growth")
    readings = checks.read([account.id])[account.id]
    found = list(listed(selectors.signals_of(account))[:SIGNALS])
    deals = list(selectors.of_account(account)[:DEALS])
    of_all = {one.account_id: readings for one in found}  # of the parts too: the right is the whole account's
    lines = cells_signals.rows(found, of_all, tenant, today, may_edit=context["may_edit"], named=False)
    waits = [line for one, line in zip(found, lines, strict=True) if one.state == SignalState.OPEN]
    context |= {
        "signals": waits,
        "past": [line for one, line in zip(found, lines, strict=True) if one.state != SignalState.OPEN],
        "signals_url": f"{reverse('expansion:signals', args=[tenant.slug])}?{SignalQuery(q=account.name, state=(ALL,)).text()}",
        "deals": [cells.list_row(one, tenant, today) for one in deals if one.stage in lifecycle.OPEN],
        "ended": [cells.list_row(one, tenant, today) for one in deals if one.stage not in lifecycle.OPEN],
        "marks": cells.marks(readings),
        "earned": not lifecycle.missing(checks.told(readings)),
        "new_url": f"{reverse('expansion:deal_new', args=[tenant.slug])}?account={account.id}"
        if context["may_edit"]
        else "",
        "here": request.path,
        **_white_space(request, account, context["may_edit"]),
    }
    return page(request, "expansion/account_growth.html", context)


def _white_space(request: TenantRequest, account: Account, may_edit: bool) -> dict[str, Any]:
    """Products that it has and could have, and the advanced features of them."""
    grid = white_space.grid([account])
    features = white_space.unused_features([account]).get(account.id, [])
    return {
        "products": [
            cells_white_space.product_row(cell, row, product, request.tenant, request.path, may_edit=may_edit)
            for row in grid.rows
            for product, cell in zip(grid.products, row.cells, strict=True)
        ],
        "potential": cells.year_text(sum(row.potential for row in grid.rows), request.tenant),
        "unused": [name for name, used in features if not used],
        "used": [name for name, used in features if used],
    }
