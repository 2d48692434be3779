"""The pages of one account: overview, subscriptions, people, history."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import audit_trail, cells, charts, dossier
from accounts.account_frame import ASIDES, account_frame, account_link, open_account
from accounts.enums import ChangeSource, ChargeKind, ContactRole, EndReason
from accounts.formulas import counts_until
from accounts.models import Account, Subscription, Tenant
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.money import money_text
from cs_platform.kernel.periods import month_of
from cs_platform.kernel.templatetags.cells import day_text, month_name

OVERVIEW_PEOPLE = 6
STALE_DAYS = 30


@requires(Permission.VIEW_ACCOUNTS)
def overview(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """Everything about one customer at a glance. What happened comes from the health floor, as a piece of its own."""
    account = open_account(request, account_id)
    people = dossier.people_of(account)
    parts = dossier.parts_of(account)
    context = account_frame(request, account, "overview") | {
        "revenue": revenue_card(list(dossier.periods_of(account, parts)), request.tenant),
        "people": _people(people, request.tenant, account)[:OVERVIEW_PEOPLE],
        "people_count": len(people.everybody),
        "redundancy": redundancy_text(people.live),
        "no_champion": not people.has_champion,
        "known": _known(account, request.tenant),
        "children": [
            {"name": child.name, "url": reverse("account", args=[request.tenant.slug, child.id]), "arr": arr}
            for child in Account.objects.visible_to(request.member)
            .filter(parent__in=[account.id, *parts], merged_into=None)
            .order_by("-mrr_minor", "id")[:20]
            for arr in [cells.arr_text(child.mrr_minor, request.tenant.currency)]
        ],
        "parent": account_link(request, account.parent),
        "asides": [
            {"id": name, "url": reverse(route, args=[request.tenant.slug, account.id]), "title": title}
            for name, route, title in ASIDES
        ],
    }
    return page(request, "accounts/overview.html", context)


@requires(Permission.VIEW_ACCOUNTS)
def subscriptions(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """Every paid period: what, when, how much, where it came from."""
    account = open_account(request, account_id)
    periods = list(dossier.periods_of(account))
    context = account_frame(request, account, "subscriptions") | {
        "rows": [_period_row(period, request.tenant, account) for period in periods],
        "count": ngettext("%(n)s period", "%(n)s periods", len(periods)) % {"n": len(periods)},
    }
    return page(request, "accounts/subscriptions.html", context)


@requires(Permission.VIEW_ACCOUNTS)
def versions(request: TenantRequest, account_id: UUID, subscription_id: UUID) -> HttpResponse:
    """How a period came to be what it is: each version, when it is true, when we learned it, from whom."""
    account = open_account(request, account_id)
    period = period_of(account, subscription_id)
    context = account_frame(request, account, "subscriptions") | {
        "period": period,
        "versions": [_version_row(origin) for origin in dossier.versions_of(period)],
    }
    if may(request, Permission.VIEW_BOARD):
        context["moved_url"] = reverse("figures_of_period", args=[request.tenant.slug, account.id, period.id])
    return page(request, "accounts/versions.html", context, pieces=("drawer-body",))


@requires(Permission.VIEW_ACCOUNTS)
def people(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """Who we know there, in which role, and how many we can talk to (ACC-04)."""
    account = open_account(request, account_id)
    found = dossier.people_of(account)
    live_roles = {contact.role for contact in found.everybody if contact.left_on is None}
    context = account_frame(request, account, "people") | {
        "people": _people(found, request.tenant, account),
        "redundancy": redundancy_text(found.live),
        "no_champion": not found.has_champion,
        "roles": [{"label": role.label, "filled": role.value in live_roles} for role in ContactRole],
    }
    return page(request, "accounts/people.html", context)


@requires(Permission.VIEW_ACCOUNTS)
def history(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """Who changed what, when, from what to what: the account, its people and its events."""
    account = open_account(request, account_id)
    entries, following = dossier.audit_page(account, request.GET.get("before", "")[:80])
    context = account_frame(request, account, "history") | {
        "lines": audit_trail.read(entries, request.tenant),
        "next_url": f"{request.path}?{urlencode({'before': following})}" if following else "",
    }
    return page(request, "accounts/history.html", context)


def period_of(account: Account, subscription_id: UUID) -> Subscription:
    """A period of this account; 404 otherwise."""
    return get_object_or_404(dossier.periods_of(account), id=subscription_id)


def revenue_card(periods: list[Subscription], tenant: Tenant) -> dict[str, Any]:
    """The account's own money: a step line of ARR while it is one currency, and what is paid for now."""
    today = tenant.today()
    live = [period for period in periods if not period.voided]
    currencies = sorted({period.currency for period in live})
    active = dossier.active_on(live, today, tenant.dunning_days)
    card: dict[str, Any] = {
        "any": bool(live),
        "currencies": _("ARR in %(currencies)s") % {"currencies": ", ".join(currencies)} if live else "",
        "several": len(currencies) > 1,
        "lines": [
            {
                "title": period.product.name if period.product else period.external_id,
                "seats": ngettext("%(n)s seat", "%(n)s seats", period.seats) % {"n": f"{period.seats:,}"}
                if period.seats
                else "",
                "arr": money_text(period.mrr_minor * 12, period.currency, compact=True),
                "until": cells.short_day(period.end_on, today) if period.end_on else _("open"),
            }
            for period in active
        ],
    }
    if len(currencies) == 1:
        points = dossier.mrr_by_month(live, month_of(today), tenant.dunning_days)
        paying = [(month, amount) for month, amount in points if amount]
        if paying:
            card["steps"] = charts.mrr_steps(points)
            card["first"] = _month_money(*paying[0], currencies[0])
            card["last"] = _month_money(*points[-1], currencies[0])
            card["label"] = _("ARR by month, from %(first)s to %(last)s") % {
                "first": card["first"],
                "last": card["last"],
            }
    return card


def _month_money(month: dt.date, amount: int, currency: str) -> str:
    """ARR of a month from its MRR in minor units: $412k, Dec 2023."""
    return _("%(money)s, %(month)s") % {
        "money": money_text(amount * 12, currency, compact=True),
        "month": month_name(month, short=True),
    }


def redundancy_text(live: int) -> str:
    """How many people of the account can be talked to."""
    return ngettext("%(n)s person to talk to", "%(n)s people to talk to", live) % {"n": live}


def _people(found: dossier.People, tenant: Tenant, account: Account) -> list[dict[str, Any]]:
    today = tenant.today()
    rows = []
    for contact in found.everybody:
        seen = contact.last_contact_on
        late = seen is not None and (today - seen).days > STALE_DAYS
        rows.append(
            {
                "id": contact.id,
                "name": contact.name,
                "gone": contact.left_on is not None,
                "about": [part for part in (contact.title, str(contact.get_role_display())) if part],
                "email": contact.email,
                "phone": contact.phone,
                "engagement": contact.get_engagement_display(),
                "seen": _("Left %(day)s") % {"day": cells.short_day(contact.left_on, today)}
                if contact.left_on
                else cells.last_seen(seen, today),
                "late": late or contact.left_on is not None,
                "edit_url": reverse("contact_edit", args=[tenant.slug, account.id, contact.id]),
                "left_url": reverse("contact_left", args=[tenant.slug, account.id, contact.id]),
            }
        )
    return rows


def _known(account: Account, tenant: Tenant) -> list[dict[str, str]]:
    """What else is known, without what is empty; the tenant's own columns last."""
    rows = [
        (_("External id"), account.external_id),
        (_("Stands for"), account.get_level_display() if account.level != "company" else ""),
        (_("Industry"), account.industry),
        (_("Source"), account.get_source_display()),
        (_("Region"), account.region),
        (_("Employees"), f"{account.employees:,}" if account.employees is not None else ""),
        (_("Domain"), account.domain),
        (_("Signed on"), day_text(account.signed_on) if account.signed_on else ""),
        (_("Complexity"), account.get_complexity_display()),
        (_("Strategic"), _("Yes") if account.strategic else ""),
        (
            _("Acquisition cost"),
            money_text(account.cac_minor, tenant.currency) if account.cac_minor is not None else "",
        ),
        *((str(name), str(value)) for name, value in sorted(account.attributes.items())),
    ]
    return [{"label": label, "value": str(value)} for label, value in rows if value]


def _period_row(period: Subscription, tenant: Tenant, account: Account) -> dict[str, Any]:
    today = tenant.today()
    if period.voided:
        state = ("none", _("Withdrawn"))
    elif period.start_on > today:
        state = ("line", _("Planned"))
    elif period.end_on is not None and period.end_on <= today:
        state = ("line", _("Paused")) if period.end_reason == EndReason.PAUSED else ("line", _("Ended"))
    elif period.past_due_on is not None:
        until = counts_until(period.end_on, period.past_due_on, tenant.dunning_days)
        state = ("watch", _("Past due")) if until is None or until > today else ("risk", _("Not paid"))
    elif period.charge != ChargeKind.RECURRING:
        state = ("line", str(period.get_charge_display()))
    else:
        state = ("acc", _("Running"))
    arguments = [tenant.slug, account.id, period.id]
    return {
        "name": period.product.name if period.product else period.external_id,
        "external": period.external_id
        if period.account_id == account.id
        else _("%(id)s of %(name)s") % {"id": period.external_id, "name": period.account.name},
        "plan": period.plan.name if period.plan else "–",
        "seats": f"{period.seats:,}" if period.seats is not None else "–",
        "start": day_text(period.start_on),
        "end": day_text(period.end_on) if period.end_on else _("open"),
        "amount": money_text(period.amount_minor, period.currency),
        "interval": ngettext("each month", "each %(n)s months", period.interval_months) % {"n": period.interval_months},
        "mrr": money_text(period.mrr_minor, period.currency),
        "tone": state[0],
        "state": state[1],
        "voided": period.voided,
        "versions_url": reverse("subscription_versions", args=arguments),
        "edit_url": reverse("subscription_edit", args=arguments),
        "void_url": reverse("subscription_void", args=arguments),
    }


def _version_row(origin: dossier.Origin) -> dict[str, Any]:
    change = origin.change
    if change.source == ChangeSource.IMPORT and origin.filename:
        source = _("%(file)s, row %(row)s") % {"file": origin.filename, "row": change.source_row or "–"}
    elif change.actor:
        source = _("%(kind)s, %(name)s") % {"kind": change.get_source_display(), "name": change.actor}
    else:
        source = str(change.get_source_display())
    local = timezone.localtime(change.recorded_at)
    return {
        "kind": change.get_kind_display(),
        "effective": day_text(change.effective_on),
        "recorded": _("%(day)s, %(time)s") % {"day": day_text(local.date()), "time": f"{local:%H:%M}"},
        "source": source,
        "reason": change.reason,
        "terms": [
            _("%(start)s to %(end)s")
            % {"start": day_text(change.start_on), "end": day_text(change.end_on) if change.end_on else _("open")},
            money_text(change.amount_minor, change.currency),
            *(
                [_("less %(amount)s") % {"amount": money_text(change.discount_minor, change.currency)}]
                if change.discount_minor
                else []
            ),
            _("%(mrr)s MRR") % {"mrr": money_text(change.mrr_minor, change.currency)},
            *([str(change.get_charge_display())] if change.charge != ChargeKind.RECURRING else []),
            *([_("past due since %(day)s") % {"day": day_text(change.past_due_on)}] if change.past_due_on else []),
            *([str(change.get_end_reason_display())] if change.end_reason else []),
        ],
    }
