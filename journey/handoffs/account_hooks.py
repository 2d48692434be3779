"""What handoffs add to the pages below: a card beside the overview of an account, and what waits in the inbox."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.account_frame import ASIDES
from cs_platform.kernel.access import TenantRequest
from health.alerts import beside
from journey.handoffs import cells, selectors

OWN_HANDOFFS = ("account-handoffs", "account_handoffs", gettext_lazy("Handoffs"))


def inbox_lines(request: TenantRequest, rows: QuerySet[Any], limit: int) -> Sequence[beside.Line]:
    """Halcyon Freight: sales to customer success, for whom, from whom, why, by when."""
    tenant, today = request.tenant, request.tenant.today()
    back = urlencode({"back": request.get_full_path()})
    found = list(selectors.listed(rows).order_by("due_on", "id")[:limit])
    return [
        beside.Line(
            title=_("%(account)s: %(kind)s") % {"account": row["account"], "kind": row["kind"]},
            text=" · ".join(part for part in (row["told"], row["people"], row["reason"]) if part),
            url=f"{row['url']}?{back}",
            when=row["when"],
            late=row["late"],
            drawer=True,
        )
        for row in cells.handoff_rows(found, tenant, today, request.member)
    ]


WAITING = beside.Kind("inbox-handoffs", gettext_lazy("Handoffs"), "handoffs", selectors.waiting_for, inbox_lines)


def register() -> None:
    """Called once, when the apps are ready."""
    if OWN_HANDOFFS not in ASIDES:
        ASIDES.append(OWN_HANDOFFS)
    if WAITING not in beside.KINDS:
        beside.KINDS.append(WAITING)
