"""Signals (EXP-02, EXP-04): why accounts may grow, each with its evidence; a deal is opened of one, or it is dismissed."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Segment
from accounts.views import filters
from accounts.views.forms import answer_form, posted
from cs_platform.kernel.access import Permission, Scope, TenantRequest, may, requires
from cs_platform.kernel.asked import back_of
from cs_platform.kernel.htmx import page
from cs_platform.kernel.templatetags.cells import number_text
from expansion import cells_signals, checks, pipeline, selectors, services
from expansion.enums import SignalState, Trigger
from expansion.forms_growth import DismissForm
from expansion.listing import year_ago
from expansion.models import Signal
from expansion.owned import owner_choices
from expansion.signal_listing import ALL, SignalQuery, counts, read_page
from expansion.views.shell import shell

LABELS = {
    "state": gettext_lazy("State"),
    "trigger": gettext_lazy("Why now"),
    "segment": gettext_lazy("Segment"),
    "owner": gettext_lazy("Owner"),
}


@requires(Permission.VIEW_ACCOUNTS)
def signals(request: TenantRequest) -> HttpResponse:
    """The list. Its address is its state (`SignalQuery`); a CSM sees those of the own book."""
    query, tenant, member = SignalQuery.parse(request.GET), request.tenant, request.member
    today = tenant.today()
    shown = read_page(query, member)
    by_trigger = counts(query, member)
    total = sum(n for name, n in by_trigger.items() if not query.trigger or name in query.trigger)
    waiting = {one.account_id for one in shown.rows if one.state == SignalState.OPEN}
    panel = _panel(request, query, by_trigger)

    def url(**changes: Any) -> str:
        return _url(request, query.text(**changes))

    context = shell(request) | {
        "query": query,
        "rows": cells_signals.rows(
            shown.rows, checks.read(waiting), tenant, today, may_edit=may(request, Permission.EDIT_ACCOUNTS)
        ),
        "panel": panel,
        "chips": filters.chips(panel, lambda name: url(**{name: ()})),
        "hidden": {
            "search": [pair for pair in query.pairs() if pair[0] != "q"],
            "filters": [pair for pair in query.pairs() if pair[0] == "q"],
        },
        "clear_url": _url(request, ""),
        "all_url": url(state=(ALL,)),
        "any": bool(shown.rows) or Signal.objects.exists(),
        "rates": cells_signals.rates_text(
            pipeline.signal_rates(selectors.visible_signals(member), (year_ago(today), today))
        ),
        "rules_url": reverse("settings_expansion", args=[tenant.slug])
        if may(request, Permission.MANAGE_JOURNEY)
        else "",
        "foot": {
            "shown": _("%(shown)s of %(found)s shown")
            % {"shown": number_text(len(shown.rows), 0), "found": number_text(total, 0)},
            "previous_url": _url(request, shown.previous) if shown.previous else "",
            "next_url": _url(request, shown.following) if shown.following else "",
        },
    }
    return page(request, "expansion/signals.html", context, pieces=("signals",))


def _url(request: TenantRequest, text: str) -> str:
    return f"{reverse('expansion:signals', args=[request.tenant.slug])}?{text}".rstrip("?")


def _panel(request: TenantRequest, query: SignalQuery, by_trigger: dict[str, int]) -> list[dict[str, Any]]:
    """What can be filtered by; each trigger with how many there are."""
    names = Segment.objects.order_by("position", "name").values_list("name", flat=True)
    choices: dict[str, list[tuple[str, Any]]] = {
        "state": [*SignalState.choices, (ALL, _("Every state"))],
        "trigger": [
            (value, f"{label} {number_text(by_trigger[value], 0)}" if value in by_trigger else label)
            for value, label in Trigger.choices
        ],
        "segment": [(name, name) for name in names],
    }
    if request.member.role.scope != Scope.OWN:
        choices["owner"] = owner_choices()
    return [filters.group(name, LABELS[name], choices[name], getattr(query, name)) for name in choices]


@requires(Permission.EDIT_ACCOUNTS)
def signal_dismiss(request: TenantRequest, signal_id: UUID) -> HttpResponse:
    """There is nothing in it, with the reason."""
    one = selectors.signal_of(request.member, signal_id)
    form = DismissForm(posted(request), initial={"version": one.version})

    def act(values: dict[str, Any]) -> Signal:
        return services.dismiss_signal(
            signal=one, version=values["version"], by=request.member, reason=values["reason"]
        )

    said = _("%(name)s: dismissed.") % {"name": one.account.name}
    return answer_form(request, form, act, said, look(request, one, _("Dismiss signal")) | {"submit": _("Dismiss")})


def look(request: TenantRequest, one: Signal, title: str) -> dict[str, Any]:
    """How a form of a signal is headed, and where it leads back to."""
    slug = request.tenant.slug
    return {
        "title": f"{title}: {one.account.name}",
        "back_url": back_of(request, reverse("home", args=[slug])) or reverse("expansion:signals", args=[slug]),
        "back_label": _("Signals"),
        "action": request.get_full_path(),
    }
