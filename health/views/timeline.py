"""Account → Timeline: everything that happened, by day, with what is planned and sums of engagement (ACC-05 to ACC-11)."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import ngettext

from accounts.account_frame import account_frame, open_account
from accounts.models import Account
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.templatetags.cells import number_text
from health.engagement import answers_card
from health.engagement import timeline as selectors
from health.engagement import timeline_cells as cells

LINES = 50
LATEST = 8


@requires(Permission.VIEW_ACCOUNTS)
def timeline(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """`kind` names a group of happenings, `before` is where the last page ended."""
    account = open_account(request, account_id)
    now = selectors.moment_of(request.tenant)
    group = request.GET.get("kind", "")
    group = group if group in selectors.GROUPS else ""
    before = request.GET.get("before", "")
    lines, following, counts = selectors.happened(account, request.tenant, group=group, before=before, size=LINES)
    url = reverse("account_timeline", args=[request.tenant.slug, account.id])
    kept = {"kind": group} if group else {}
    context = account_frame(request, account, "timeline") | _lines(request, account, lines)
    context |= {
        "tiles": cells.tiles(selectors.engagement(account, now), now),
        "planned": cells.planned_rows(list(selectors.planned(account)[:20]), request.tenant, now),
        "chips": cells.chips(counts, group, url),
        "group": cells.NAMES[group] if group else "",
        "here_url": request.get_full_path(),
        "first_url": f"{url}?{urlencode(kept)}" if kept else url,
        "previous_url": (f"{url}?{urlencode(kept)}" if kept else url) if before else "",
        "next_url": f"{url}?{urlencode(kept | {'before': following})}" if following else "",
        "shown": ngettext("%(n)s shown of %(all)s", "%(n)s shown of %(all)s", len(lines))
        % {"n": len(lines), "all": number_text(counts.get(group, 0) if group else sum(counts.values()))},
        "surveys": answers_card.card(account, now),
        "links": [
            {
                "label": link.label,
                "url": f"{reverse(link.route, args=[request.tenant.slug])}?{urlencode({link.parameter: account.id})}",
            }
            for link in selectors.TOLD.links
        ],
    }
    return page(request, "health/timeline.html", context, pieces=("account-timeline",))


@requires(Permission.VIEW_ACCOUNTS)
def latest(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """The piece of the overview: the last few happenings."""
    account = open_account(request, account_id)
    lines, following, _counts = selectors.happened(account, request.tenant, size=LATEST)
    context = _lines(request, account, lines) | {
        "account": account,
        "more": bool(following),
        "may_edit": may(request, Permission.EDIT_ACCOUNTS),
    }
    return page(request, "health/timeline_latest.html", context)


def _lines(request: TenantRequest, account: Account, lines: list[selectors.Line]) -> dict[str, Any]:
    return {"days": cells.days(lines, request.tenant, account, request.tenant.today())}
