"""The card of the meetings on Today, as text: when, with whom, how the account is, and what to know before one goes in."""

import datetime as dt
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import book, cells
from accounts.models import Tenant
from health.alerts.cells import label
from health.models import Touchpoint
from metrics.home.meetings import Meetings

FELL = -5  # points in a week that are worth a word


def groups(meetings: Meetings, tenant: Tenant, today: dt.date, *, may_edit: bool) -> list[dict[str, Any]]:
    """Groups {label, late, count, rows}: what asks how it ended, today's, tomorrow's; none that is empty."""
    found = (
        (_("How did it end?"), True, meetings.over),
        (_("Today"), False, meetings.today),
        (_("Tomorrow"), False, meetings.tomorrow),
    )
    return [
        {
            "label": name,
            "late": over,
            "count": len(rows),
            "rows": [_row(row, meetings, tenant, today, ask=over and may_edit) for row in rows],
        }
        for name, over, rows in found
        if rows
    ]


def _row(row: Touchpoint, meetings: Meetings, tenant: Tenant, today: dt.date, *, ask: bool) -> dict[str, Any]:
    local, account = row.happened_at.astimezone(tenant.zone), row.account
    hour = f"{local:%H:%M}"
    here = [tenant.slug, account.id]
    return {
        "id": row.id,
        "title": str(row),
        "url": reverse("account_timeline", args=here),
        "account": account.name,
        "account_url": reverse("account", args=here),
        "log_url": reverse("activity_new", args=here),
        "when": hour if local.date() >= today else f"{cells.short_day(local.date(), today)}, {hour}",
        "health": cells.health(account.health_band),
        "kind": str(row.get_kind_display()) if row.subject else "",
        "people": ", ".join(meetings.people[row.id]),
        "know": know(row, meetings, today),
        "version": row.version,
        "settle_url": reverse("activity_settle", args=[*here, row.id]) if ask else "",
        "edit_url": reverse("activity_edit", args=[*here, row.id]),
    }


def know(row: Touchpoint, meetings: Meetings, today: dt.date) -> list[str]:
    """What one should know of the account: the gravest alert that nobody answered, a score that fell, a renewal that is near.

    Example: ["Usage declines", "health fell by 12 in a week", "renews on 4 Jan"].
    """
    account, alert = row.account, meetings.alerts.get(row.account_id)
    found = [str(label(alert))] if alert else []
    if account.health_change is not None and account.health_change <= FELL:
        found.append(_("health fell by %(n)s in a week") % {"n": cells.score_text(-account.health_change)})
    if account.renews_on and 0 <= (account.renews_on - today).days <= book.RENEWAL_WINDOW:
        found.append(_("renews on %(day)s") % {"day": cells.short_day(account.renews_on, today)})
    return found
