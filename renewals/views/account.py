"""Account → Renewal: where its renewal stands, what three callers expect, why, under which terms, who decides (REN-02 to
REN-07, REN-09)."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.account_frame import account_frame, open_account
from accounts.cells import score_text, short_day
from accounts.enums import ContactRole
from accounts.models import Account, Contact
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.keyset import uuid_of
from cs_platform.kernel.templatetags.cells import day_text
from cs_platform.kernel.templatetags.ui import band_pill
from health.alerts.cells import TONES, label, sentence
from health.enums import AlertLevel, AlertState
from health.models import Alert, HealthScore
from health.scoring import selectors as scores
from journey.models import Task
from journey.views.tasks import seen_accounts
from journey.work.cells import task_row
from journey.work.selectors import listed as listed_tasks
from journey.work.selectors import with_day
from renewals import cells_effort, cells_quotes, cells_tab, effort, quotes, selectors
from renewals.cells import tab_url
from renewals.enums import RenewalState, SaveState
from renewals.models import Renewal, SavePlay
from renewals.runway import days_of, own_runways, runway_of

ALERTS, FACTORS, TASKS, PAST = 4, 3, 12, 8
LOW = 50  # points of a factor that pulls the score down
GONE_DAYS = 180  # how long a champion who left is named


@requires(Permission.VIEW_ACCOUNTS)
def account_renewal(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """The renewal that comes due next, or the one that `renewal` names; without one, when its runway begins."""
    account, today = open_account(request, account_id), request.tenant.today()
    every = list(selectors.listed(selectors.of_account(account)).exclude(state=RenewalState.WITHDRAWN)[:40])
    one = _chosen(every, request.GET.get("renewal", ""))
    past = [each for each in every if each.state != RenewalState.OPEN and each is not one][:PAST]
    context = account_frame(request, account, "renewal") | {
        "renewal": one,
        "past": [cells_tab.past_row(each, request.tenant, today) for each in past],
    }
    if one is None:
        context["nothing"] = _nothing(request, account, today)
    else:
        context |= _renewal(request, account, one, today)
        context["others"] = _others(request, every, one, today)
    return page(request, "renewals/account_renewal.html", context)


def _chosen(every: list[Any], wished: str) -> Any | None:
    """The renewal of the address, else the open one that comes due first."""
    key = uuid_of(wished)
    if key is not None:
        found = next((each for each in every if each.id == key), None)
        if found is not None:
            return found
    waiting = [each for each in every if each.state == RenewalState.OPEN]
    return min(waiting, key=lambda each: (each.due_on, each.id)) if waiting else None


def _others(request: TenantRequest, every: list[Any], one: Any, today: dt.date) -> list[dict[str, Any]]:
    """The open renewals of this account, where there are several: contracts that end on different days."""
    waiting = [each for each in every if each.state == RenewalState.OPEN or each is one]
    if len(waiting) < 2:
        return []
    return [
        {"label": short_day(each.due_on, today), "url": tab_url(each, request.tenant.slug), "current": each is one}
        for each in sorted(waiting, key=lambda each: (each.due_on, each.id))
    ]


def _nothing(request: TenantRequest, account: Account, today: dt.date) -> dict[str, Any]:
    """Why there is none: nothing ends, or the runway has not begun."""
    contracts = {
        "url": reverse("account_subscriptions", args=[request.tenant.slug, account.id]),
        "action": _("Subscriptions"),
    }
    if account.renews_on is None or account.renews_on < today:
        return contracts | {
            "title": _("Nothing comes due"),
            "text": _(
                "No contract of this account has an end that lies ahead. A renewal opens by itself when one has."
            ),
        }
    profile = account.segment.profile if account.segment else None
    days = days_of(runway_of(account.segment_id, profile, own_runways()))
    begins = account.renews_on - dt.timedelta(days=days)
    words = {"end": day_text(account.renews_on), "begin": day_text(begins), "days": days}
    return contracts | {
        "title": _("Nothing to do yet"),
        "text": _(
            "The contract ends on %(end)s. The runway has %(days)s days: the renewal opens by itself on %(begin)s."
        )
        % words,
    }


def _renewal(request: TenantRequest, account: Account, one: Any, today: dt.date) -> dict[str, Any]:
    tenant, slug = request.tenant, request.tenant.slug
    is_open = one.state == RenewalState.OPEN
    may_edit = is_open and may(request, Permission.EDIT_ACCOUNTS)

    def to(name: str) -> str:
        """The address of a form of this renewal; "" for whom it is not."""
        return reverse(name, args=[slug, one.id]) if may_edit else ""

    lines = list(one.lines.select_related("subscription", "next_period").order_by("id"))
    latest = selectors.latest_calls([one.id]).get(one.id, {})
    found = list(one.stakeholders.select_related("contact"))
    gone = Contact.objects.filter(
        account=one.account_id, role=ContactRole.CHAMPION, left_on__gte=today - dt.timedelta(days=GONE_DAYS)
    ).order_by("-left_on", "id")[:3]
    return {
        "over": _over(request, one, today),
        "effort": None if is_open else cells_effort.card(one, lines, effort.asked_of(one)),
        "close_url": reverse("renewal_close", args=[slug, one.id])
        if is_open and may(request, Permission.CLOSE_DEALS)
        else "",
        "close_meta": cells_tab.due_text(one, tenant, today),
        "steps": cells_tab.steps_card(one, tenant, today, may_edit=may_edit),
        "stand": cells_tab.stand(one, today),
        "stand_url": to("renewal_stand"),
        "calls": cells_tab.calls(one, latest, today),
        "calls_foot": cells_tab.gap_text(one, tenant),
        "call_url": to("renewal_call"),
        "scores_url": reverse("renewals_scores", args=[slug]),
        "why": _why(request, account, one, today),
        "health_url": reverse("account_health", args=[slug, account.id]),
        "terms": cells_tab.terms(one, lines, today) | {"url": to("renewal_terms"), "review_url": to("renewal_reviews")},
        "people": cells_tab.people(found, gone, tenant, today, may_edit=may_edit)
        | {"add_url": to("renewal_person_new")},
        "people_url": reverse("account_people", args=[slug, account.id]),
        "quotes": cells_quotes.card(quotes.of_renewal(one), request.tenant, today, may_edit=may_edit)
        | {"add_url": to("renewal_quote_new")},
        "objections": cells_tab.objections(
            list(one.objections.select_related("contact")), tenant, today, may_edit=may_edit
        )
        | {"add_url": to("renewal_objection_new")},
        "save": _save(request, account, one, today, may_edit=may_edit),
    }


def _over(request: TenantRequest, one: Any, today: dt.date) -> dict[str, Any] | None:
    """What became of a renewal that is closed, and how to take that back."""
    if one.state == RenewalState.OPEN:
        return None
    by = one.closed_by.name if one.closed_by else _("the contracts")
    words = {"outcome": one.get_state_display(), "day": short_day(one.closed_on, today), "by": by}
    return {
        "text": _("%(outcome)s, decided on %(day)s by %(by)s.") % words,
        "undo_url": reverse("renewal_undo", args=[request.tenant.slug, one.id])
        if one.closed_by and may(request, Permission.CLOSE_DEALS)
        else "",
    }


def _why(request: TenantRequest, account: Account, one: Any, today: dt.date) -> dict[str, Any]:
    """Open alerts of the account, then the factors that cost the health score most. Four queries at most."""
    slug = request.tenant.slug
    alerts = Alert.objects.filter(account=account, state=AlertState.OPEN).order_by("-opened_at", "-id")[: ALERTS * 3]
    heavy = sorted(alerts, key=lambda alert: list(TONES).index(AlertLevel(alert.level)))[:ALERTS]
    rows = [
        {
            "title": label(alert),
            "url": reverse("alert", args=[slug, alert.id]),
            "text": sentence(alert),
            "pill": band_pill(TONES[AlertLevel(alert.level)], str(AlertLevel(alert.level).label)),
        }
        for alert in heavy
    ]
    score = HealthScore.objects.filter(account_id=account.id).order_by("-as_of").first()
    meta = ""
    if score is not None:
        definition = scores.definitions([score.version_id])[score.version_id]
        weak = [each for each in scores.factors(score, definition) if each.points is not None and each.points < LOW]
        weak.sort(key=lambda each: -each.weight * (100 - (each.points or 0)))
        rows += [
            {
                "title": each.indicator.label,
                "text": each.reason(),
                "pill": band_pill("watch", _("%(points)s of 100") % {"points": score_text(each.points)}),
            }
            for each in weak[:FACTORS]
        ]
        meta = _("score %(score)s") % {"score": score_text(score.score)} if score.score is not None else ""
    foot = _("Likely reason if lost: %(reason)s") % {"reason": one.get_likely_reason_display()}
    at_risk = bool(rows) or one.likely_reason
    return {
        "title": _("Why it is at risk") if at_risk else _("What speaks against it"),
        "meta": meta,
        "rows": rows,
        "foot": foot if one.likely_reason else "",
    }


def _save(request: TenantRequest, account: Account, one: Any, today: dt.date, *, may_edit: bool) -> dict[str, Any]:
    """The save play that runs for this customer, or the one that this renewal decided; with its tasks."""
    tenant, slug = request.tenant, request.tenant.slug
    plays = list(SavePlay.objects.filter(account=one.account_id).order_by("-opened_on", "-id")[:10])
    running = next((play for play in plays if play.state == SaveState.RUNNING), None)
    shown = running if one.state == RenewalState.OPEN else next((p for p in plays if p.renewal_id == one.id), None)
    card = cells_tab.save_card(shown, today)
    if shown is not None and shown.play_id is not None:
        rows = list(listed_tasks(with_day(Task.objects.filter(play=shown.play_id))).order_by("day", "id")[:TASKS])
        card["tasks"] = [task_row(task, tenant, today, seen_accounts(request.member, rows)) for task in rows]
    if may_edit and shown is None:
        card["open_url"] = reverse("renewal_save_open", args=[slug, one.id])
    elif may_edit and shown is not None:
        card["end_url"] = reverse("renewal_save", args=[slug, shown.id])
        card["task_url"] = f"{reverse('task_new', args=[slug])}?account={account.id}"
    return card


@requires(Permission.VIEW_ACCOUNTS)
def renewal(request: TenantRequest, renewal_id: UUID) -> HttpResponse:
    """The address that tasks, alerts and entries of the ledger know: it leads to the account's tab."""
    one = selectors.visible(request.member).filter(id=renewal_id).select_related("account").first()
    if one is None:
        raise Http404
    return redirect(_home(request, one))


def _home(request: TenantRequest, one: Renewal) -> str:
    """The tab of the account that this renewal counts for, a merged one's at where it was merged to."""
    account = one.account.merged_into_id or one.account_id
    return f"{reverse('account_renewal', args=[request.tenant.slug, account])}?renewal={one.id}"
