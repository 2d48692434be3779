"""The week of those who lead (DSH-02): how is the book, what moved since last week, what will we lose or win?"""

import datetime as dt
import re
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from babel.dates import format_date
from babel.numbers import get_currency_symbol
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import book, cells
from accounts.enums import ChangeKind, HealthBand, Status
from accounts.models import Account, AccountEvent, SubscriptionChange
from accounts.rates import factors
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.money import money_text
from cs_platform.kernel.periods import month_text
from cs_platform.kernel.templatetags.cells import day_text
from expansion.listing import DealQuery
from expansion.models import Opportunity
from expansion.selectors import scale
from expansion.selectors import visible as visible_deals
from health.account_hooks import shift_value
from metrics.home import growth, week_cells
from metrics.home import week as questions
from metrics.views.churn_queue import waiting_line
from renewals.listing import RenewalQuery

LISTED = 7
EVENTS = 10


@requires(Permission.VIEW_WEEK)
def week(request: TenantRequest) -> HttpResponse:
    """`week`, `team` and `segment` in the URL; whatever is no week, team or segment is left out."""
    tenant = request.tenant
    today, currency = tenant.today(), tenant.currency
    monday = monday_of(request.GET.get("week", ""), today)
    sunday = monday + dt.timedelta(days=6)
    teams, segments = questions.choices()
    team = next((key for key, _name in teams if key == request.GET.get("team")), "")
    segment = next((name for name in segments if name == request.GET.get("segment")), "")
    seen = _book(request, team, segment)
    kept = {name: value for name, value in (("team", team), ("segment", segment)) if value}
    day = questions.scored_day(min(sunday, tenant.figures_as_of))

    def accounts_url(**filters: Any) -> str:
        if "health" in filters and sunday < tenant.figures_as_of:
            return ""  # the list knows today's bands, not those of a week that is past
        return _list(request, status=Status.LIVE, **(kept | filters))

    before = (day or tenant.figures_as_of) - questions.WEEK
    found = questions.groups(seen, before, day or tenant.figures_as_of)
    mix = questions.mixes(found, lambda group: None).get(None, questions.Mix())
    by_owner = questions.mixes(found, lambda group: (group.owner_id, group.owner))
    by_segment = questions.mixes(found, lambda group: group.segment)
    symbol = get_currency_symbol(currency, locale=get_language() or "en")
    worth = factors(tenant=tenant)
    pipeline = growth.of_book(_deals(request, team, segment), scale(worth))

    def deals_url(**filters: Any) -> str:
        """The deals of the page; "" for a team, which that list does not know, and for those who may not open it."""
        return _deals_url(request, segment, **filters) if not team else ""

    renewals = week_cells.renewals(questions.renewals(seen, today), currency, symbol, accounts_url)
    later = _week_text(monday + questions.WEEK) if sunday < today else ""
    context = {
        "subtitle": _subtitle(monday, sunday, day, before),
        "earlier_url": f"?{urlencode(kept | {'week': _week_text(monday - questions.WEEK)})}",
        "later_url": f"?{urlencode(kept | {'week': later})}" if later else "",
        "this_url": f"{request.path}?{urlencode(kept)}".rstrip("?"),
        "week_label": _("Week %(week)s") % {"week": monday.isocalendar().week},
        "week": _week_text(monday),
        "teams": [{"value": key, "label": name, "on": key == team} for key, name in teams],
        "segments": [{"value": name, "label": name, "on": name == segment} for name in segments],
        "tiles": week_cells.tiles(
            mix if day else questions.Mix(),
            by_owner,
            growth.week_tile(pipeline, deals_url(), tenant),
            questions.coming(seen, today, worth),
            _renewals_url(request, team, segment, today),
            currency,
            accounts_url,
        ),
        "meta": [cells.count_text(mix.accounts), _("%(arr)s ARR") % {"arr": cells.arr_text(mix.mrr, currency)}],
        "owners": [
            week_cells.group_row(
                name or _("Nobody"), own, currency, accounts_url(owner=key or "none"), person=bool(name)
            )
            for (key, name), own in by_owner.items()
        ],
        "by_segment": [
            week_cells.group_row(name or _("No segment"), own, currency, accounts_url(segment=name) if name else "")
            for name, own in by_segment.items()
        ],
        "growth": growth.week_table(pipeline, today, tenant, deals_url),
        "growth_url": reverse("expansion:forecast", args=[tenant.slug])
        if may(request, Permission.VIEW_ACCOUNTS)
        else "",
        "renewals": renewals,
        "renewals_url": _renewals_url(request, team, segment, today),
        "news_url": f"{reverse('week_news', args=[tenant.slug])}?{urlencode(kept | {'week': _week_text(monday)})}",
        "sources_url": reverse("imports", args=[tenant.slug]) if may(request, Permission.IMPORT_DATA) else "",
        "scored": day is not None,
        "left": waiting_line(request, _book(request, team, segment, live=False)),
    }
    if day is not None:
        context |= _health(request, seen, mix, found, before, day, accounts_url)
    return page(request, "metrics/week.html", context, pieces=("week",))


def _renewals_url(request: TenantRequest, team: str, segment: str, today: dt.date) -> str:
    """The renewals of the months that the page tells; "" for a team, which that list does not know, and for those who may not
    open them."""
    if team or not may(request, Permission.VIEW_ACCOUNTS):
        return ""
    months = tuple(month_text(month) for month in questions.months_told(today))
    query = RenewalQuery(due=months, segment=(segment,) if segment else ())
    return f"{reverse('renewals', args=[request.tenant.slug])}?{query.text()}"


def _deals(request: TenantRequest, team: str, segment: str) -> QuerySet[Opportunity]:
    """The deals that the member sees, of accounts of the team and segment."""
    rows = visible_deals(request.member)
    if team:
        rows = rows.filter(account__owner__team_id=team)
    return rows.filter(account__segment__name=segment) if segment else rows


def _deals_url(request: TenantRequest, segment: str, **filters: Any) -> str:
    if not may(request, Permission.VIEW_ACCOUNTS):
        return ""
    query = DealQuery(segment=(segment,) if segment else ())
    return f"{reverse('expansion:list', args=[request.tenant.slug])}?{query.text(**filters)}".rstrip("?")


def _health(
    request: TenantRequest,
    seen: QuerySet[Account],
    mix: questions.Mix,
    found: list[questions.Group],
    before: dt.date,
    day: dt.date,
    url: Any,
) -> dict[str, Any]:
    """What needs scores: distribution, shift, causes, movers, and who waits for an action."""
    tenant, today = request.tenant, request.tenant.today()
    weeks = questions.by_week(seen, day)
    moved = questions.movers(seen, before, day)

    def account_url(key: UUID) -> str:
        return reverse("account_health", args=[tenant.slug, key]) if may(request, Permission.VIEW_ACCOUNTS) else ""

    def rows(fell: bool) -> list[dict[str, Any]]:
        side = [mover for mover in moved if (mover.moved < 0) == fell][:LISTED]
        return [week_cells.mover_row(m, account_url(m.account_id), tenant.currency, today) for m in side]

    waiting = [group for group in found if group.after in questions.RISKS and not group.acted]
    without: list[Any] = questions.without_action(seen, day, LISTED) if waiting else []
    return {
        "bands": week_cells.bands(mix, tenant.currency, url),
        "chart": week_cells.distribution(weeks) if weeks else None,
        "shift": week_cells.shift(
            questions.matrix(found), mix, lambda old, new: url(shift=shift_value(before, old, day, new))
        ),
        "causes": week_cells.cause_rows(questions.causes(moved)),
        "explained": len(moved),
        "capped": len(moved) == questions.EXPLAINED,
        "fell": rows(fell=True),
        "rose": rows(fell=False),
        "waiting": {
            "count": cells.count_text(sum(group.accounts for group in waiting)),
            "arr": cells.arr_text(sum(group.mrr for group in waiting), tenant.currency),
            "rows": [
                {
                    "name": row.name,
                    "url": account_url(row.id),
                    "health": cells.health(row.band_now),
                    "score": cells.score_text(row.score_now),
                    "arr": cells.arr_text(row.mrr_minor, tenant.currency),
                    "owner": row.owner.name if row.owner else "",
                    "renews": cells.renewal(row.renews_on, today),
                }
                for row in without
            ],
        },
        "legend": [{"tone": cells.TONES[band], "label": band.label} for band in week_cells.SHOWN],
        "red": HealthBand.RED,
    }


@requires(Permission.VIEW_WEEK)
def news(request: TenantRequest) -> HttpResponse:
    """What happened at the customers and what we learned about paid periods in a week; comes after the page."""
    tenant, today = request.tenant, request.tenant.today()
    monday = monday_of(request.GET.get("week", ""), today)
    teams, segments = questions.choices()
    team = next((key for key, _name in teams if key == request.GET.get("team")), "")
    segment = next((name for name in segments if name == request.GET.get("segment")), "")
    seen = _book(request, team, segment, live=False)
    start = dt.datetime.combine(monday, dt.time.min, tzinfo=tenant.zone)
    learned = book.learned_between(seen, start, start + questions.WEEK)
    events = list(book.events_between(seen, monday, monday + dt.timedelta(days=6))[: EVENTS + 1])
    context = {
        "events": [_event_row(event, tenant, today) for event in events[:EVENTS]],
        "more_events": len(events) > EVENTS,
        "counts": [
            {"label": _("new periods"), "value": f"{learned.new:,}"},
            {"label": _("changed"), "value": f"{learned.changed:,}"},
            {"label": _("withdrawn"), "value": f"{learned.withdrawn:,}"},
        ],
        "arrivals": [_arrival_row(change, tenant) for change in learned.latest],
    }
    return page(request, "metrics/week_news.html", context, pieces=("week-news",))


def _book(request: TenantRequest, team: str, segment: str, *, live: bool = True) -> QuerySet[Account]:
    """What the member sees of the team and segment."""
    seen = Account.objects.visible_to(request.member)
    if live:
        seen = seen.filter(status=Status.LIVE)
    if team:
        seen = seen.filter(owner__team_id=team)
    return seen.filter(segment__name=segment) if segment else seen


def _list(request: TenantRequest, **filters: Any) -> str:
    """The accounts list with these filters; "" for those who may not open it."""
    if not may(request, Permission.VIEW_ACCOUNTS):
        return ""
    return f"{reverse('accounts', args=[request.tenant.slug])}?{urlencode(filters, doseq=True)}"


def _subtitle(monday: dt.date, sunday: dt.date, day: dt.date | None, before: dt.date) -> list[str]:
    parts = [_("Week %(week)s, %(days)s") % {"week": monday.isocalendar().week, "days": _span(monday, sunday)}]
    if day:
        parts.append(
            _("scores of %(day)s beside those of %(before)s") % {"day": day_text(day), "before": day_text(before)}
        )
    return parts


def _event_row(event: AccountEvent, tenant: Any, day: dt.date) -> dict[str, Any]:
    return {
        "account": event.account.name,
        "url": reverse("account_timeline", args=[tenant.slug, event.account_id]),
        "title": str(event),
        "note": event.note,
        "day": cells.short_day(event.happened_on, day),
    }


def _arrival_row(change: SubscriptionChange, tenant: Any) -> dict[str, Any]:
    gone = change.kind == ChangeKind.VOIDED
    return {
        "account": change.account.name,
        "url": reverse("account_subscriptions", args=[tenant.slug, change.account_id]),
        "about": [
            part
            for part in (
                change.product.name if change.product else "",
                str(change.get_kind_display()),
                _("from %(day)s") % {"day": day_text(change.start_on)},
            )
            if part
        ],
        "mrr": money_text(-change.mrr_minor if gone else change.mrr_minor, change.currency, compact=True, signed=True),
        "tone": "neg" if gone else "pos",
    }


def monday_of(text: str, day: dt.date) -> dt.date:
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
