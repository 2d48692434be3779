"""The header of the account pages: name, facts and tabs. Each floor's tab builds its context with it."""

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import cells
from accounts.absences import away_text
from accounts.dossier import visible_account
from accounts.enums import Status
from accounts.models import Account
from cs_platform.kernel.access import Permission, TenantRequest, may
from cs_platform.kernel.templatetags.cells import day_text

# Name of the tab, its label and its route. Health and usage are served by the health floor, revenue by metrics.
TABS = (
    ("overview", gettext_lazy("Overview"), "account"),
    ("health", gettext_lazy("Health"), "account_health"),
    ("usage", gettext_lazy("Usage"), "account_usage"),
    ("journey", gettext_lazy("Journey"), "account_journey"),
    ("plan", gettext_lazy("Plan"), "account_plan"),
    ("revenue", gettext_lazy("Revenue"), "account_revenue"),
    ("renewal", gettext_lazy("Renewal"), "account_renewal"),
    ("growth", gettext_lazy("Growth"), "expansion:account_growth"),
    ("advocacy", gettext_lazy("Advocacy"), "account_advocacy"),
    ("subscriptions", gettext_lazy("Subscriptions"), "account_subscriptions"),
    ("outcomes", gettext_lazy("Outcomes"), "account_outcomes"),
    ("people", gettext_lazy("People"), "account_people"),
    ("support", gettext_lazy("Support"), "account_support"),
    ("timeline", gettext_lazy("Timeline"), "account_timeline"),
    ("history", gettext_lazy("History"), "account_history"),
)

# What floors above know and the header says last: {label, value, note, url, next} or None. They append in `ready()`.
FACTS: list[Callable[[TenantRequest, Account], dict[str, Any] | None]] = []

# Cards beside the overview that floors above fill: id of the piece, its route, its title. They append in `ready()`.
ASIDES: list[tuple[str, str, Any]] = []


def open_account(request: TenantRequest, account_id: UUID) -> Account:
    """The account of the URL; 404 when unknown or outside of what the member sees."""
    return visible_account(request.member, account_id)


def account_link(request: TenantRequest, account: Account | None) -> dict[str, str] | None:
    """An account that this one leads to, as its parent or where it was merged to: {name, url}; the url is "" for whom it is
    not to see."""
    if account is None:
        return None
    visible = Account.objects.visible_to(request.member).filter(id=account.id).exists()
    return {"name": account.name, "url": reverse("account", args=[request.tenant.slug, account.id]) if visible else ""}


def _owner_note(account: Account, today: dt.date) -> str:
    """That the owner is away and who stands in, or left (ROL-02)."""
    if account.owner is not None and not account.owner.is_active:
        return _("has left")
    away: dict[str, Any] | None = getattr(account, "owner_away", None)
    return away_text(dt.date.fromisoformat(away["until"]), away["cover"], today) if away else ""


def account_frame(request: TenantRequest, account: Account, tab: str) -> dict[str, Any]:
    """Context of accounts/base_account.html: {account, facts, tabs, about, may_edit, may_edit_revenue}."""
    slug, today, currency = request.tenant.slug, request.tenant.today(), request.tenant.currency
    owner = account.owner.name if account.owner else None
    about = [account.segment.name if account.segment else "", account.industry, account.region]
    if account.customer_since:
        about.append(_("customer since %(day)s") % {"day": day_text(account.customer_since)})
    return {
        "account": account,
        "about": [part for part in about if part],
        "facts": [
            cells.health_fact(account),
            {"label": _("ARR"), "value": cells.arr_text(account.mrr_minor, currency) if account.mrr_minor else "–"},
            {
                "label": _("Renews"),
                "value": cells.renewal(account.renews_on, today),
                "url": reverse("account_renewal", args=[slug, account.id]) if account.renews_on else "",
            },
            {"label": _("Owner"), "value": owner or _("Nobody"), "avatar": owner, "note": _owner_note(account, today)},
            {"label": _("Touch tier"), "value": account.get_tier_display() or "–"},
            *([] if account.status == Status.LIVE else [{"label": _("Status"), "value": account.get_status_display()}]),
            *(fact for found in FACTS if (fact := found(request, account))),
        ],
        "tabs": [
            {"label": label, "url": reverse(route, args=[slug, account.id]), "current": name == tab, "count": None}
            for name, label, route in TABS
        ],
        "merged_into": account_link(request, account.merged_into),
        "may_edit": may(request, Permission.EDIT_ACCOUNTS),
        "may_edit_revenue": may(request, Permission.EDIT_REVENUE),
    }
