"""The inbox: what happened that concerns me, why, and what will be done (PAGES, HLT-05)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from cs_platform.kernel.access import Permission, Scope, TenantRequest, may, requires
from cs_platform.kernel.asked import back_of, version_of
from cs_platform.kernel.forms import accepted
from cs_platform.kernel.htmx import page, toast, trigger
from health.alerts import beside, cells, offers, services
from health.alerts.forms import AnswerForm
from health.alerts.rules import RULES
from health.alerts.selectors import AlertQuery, counts, read_page, visible_alerts
from health.enums import AlertLevel
from health.models import Alert

CHANGED = "alertsChanged"  # what lists of alerts listen to
STATE_LABELS = {
    "open": gettext_lazy("To answer"),
    "answered": gettext_lazy("Being done"),
    "ended": gettext_lazy("Over"),
}


@requires(Permission.VIEW_HOME)
def inbox(request: TenantRequest) -> HttpResponse:
    """Alerts of the own book or of all that the member sees, by state, rule and level; above them what else waits."""
    member, today, slug = request.member, request.tenant.today(), request.tenant.slug
    query = AlertQuery.parse(request.GET, member)
    found, sums = read_page(member, query), counts(member, query)
    context = {
        "query": query,
        "tabs": [
            {
                "label": label,
                "url": _address(request, query, state=name),
                "current": name == query.state,
                "count": f"{sums[name]:,}",
            }
            for name, label in STATE_LABELS.items()
        ],
        "whose": _whose(request, query),
        "rules": [{"value": key, "label": rule.label, "on": key == query.rule} for key, rule in RULES.items()],
        "levels": [{"value": key, "label": label, "on": key == query.level} for key, label in AlertLevel.choices],
        "rows": [cells.alert_row(alert, slug, today) for alert in found.rows],
        "filtered": bool(query.rule or query.level),
        "clear_url": _address(request, query, rule="", level=""),
        "may_answer": may(request, Permission.EDIT_ACCOUNTS),
        "here": request.get_full_path(),
        "foot": {
            "shown": ngettext("%(n)s alert", "%(n)s alerts", sums[query.state]) % {"n": f"{sums[query.state]:,}"},
            **found.turns(request.path),
        },
        "rules_url": reverse("settings_alert_rules", args=[slug]) if may(request, Permission.MANAGE_HEALTH) else "",
        "beside": lambda: beside.cards(request),  # the whole page asks for it, a piece does not
    }
    return page(request, "alerts/inbox.html", context, pieces=("alerts-found",))


@requires(Permission.VIEW_HOME)
def alert(request: TenantRequest, alert_id: UUID) -> HttpResponse:
    """One alert: why it exists and the answer to it; a page of its own, or in the drawer."""
    row = _visible(request, alert_id)
    may_answer = may(request, Permission.EDIT_ACCOUNTS)
    form = AnswerForm(
        request.POST if request.method == "POST" and may_answer else None,
        initial={"answer": row.answer, "due_on": row.due_on, "version": row.version},
    )
    back = _back(request)
    if form.is_bound and accepted(
        form, lambda given: services.answer_alert(alert=row, by=request.member, **given), entries_only=True
    ):
        return _answered(request, _("Answered. It is an action of yours now."))
    context = {
        "row": cells.alert_row(row, request.tenant.slug, request.tenant.today()),
        "form": form if may_answer else None,
        "back": back,
        "requirement": RULES[row.rule].explained if row.rule in RULES else "",
        "offers": offers.of_alert(request, row),
    }
    status = 422 if form.is_bound else 200
    return page(request, "alerts/alert.html", context, pieces=("drawer-body",), status=status)


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def alert_close(request: TenantRequest, alert_id: UUID) -> HttpResponse:
    """Done with it."""
    services.close_alert(alert=_visible(request, alert_id), version=version_of(request), by=request.member)
    return _answered(request, _("Closed. The same cause stays quiet for a while."))


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def alert_reopen(request: TenantRequest, alert_id: UUID) -> HttpResponse:
    """Take a closing back."""
    services.reopen_alert(alert=_visible(request, alert_id), version=version_of(request), by=request.member)
    return _answered(request, _("Open again."))


def _answered(request: TenantRequest, text: str) -> HttpResponse:
    """Say it where the person stands: the drawer closes and lists of alerts load anew; else the page they came from."""
    if request.htmx:
        return trigger(toast(trigger(HttpResponse(status=204), "closeDrawer"), text), CHANGED)
    messages.success(request, text)
    return redirect(_back(request))


def _visible(request: TenantRequest, alert_id: UUID) -> Alert:
    row = visible_alerts(request.member).filter(id=alert_id).select_related("account").first()
    if row is None:
        raise Http404
    return row


def _back(request: TenantRequest) -> str:
    """Where the person came from, if that is a page of this company; else the inbox."""
    slug = request.tenant.slug
    return back_of(request, reverse("home", args=[slug])) or reverse("inbox", args=[slug])


def _address(request: TenantRequest, query: AlertQuery, **changes: Any) -> str:
    return f"{request.path}?{query.text(**changes)}".rstrip("?")


def _whose(request: TenantRequest, query: AlertQuery) -> list[dict[str, Any]]:
    """Mine, and the team's or everybody's for those who see them."""
    scope = request.member.role.scope
    if scope == Scope.OWN:
        return []
    other = _("My team's") if scope == Scope.TEAM else _("Everybody's")
    return [
        {"label": label, "url": _address(request, query, whose=name), "on": name == query.whose}
        for name, label in (("mine", _("Mine")), ("all", other))
    ]
