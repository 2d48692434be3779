"""Webhooks: endpoints with how they do, the log of what was sent, and the ways to try again (API-03).

A secret is shown in the answer that makes it, and nowhere else.
"""

import datetime as dt
import json
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.enums import DeliveryState
from accounts.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from accounts.settings_sections import section_page, url
from accounts.webhook_forms import DayForm, EndpointChangeForm, EndpointForm
from accounts.webhooks import delivery, selectors, services, signing
from accounts.webhooks.events import Kind, label_of
from accounts.webhooks.sockets import Problem
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.forms import accepted
from cs_platform.kernel.keyset import uuid_of
from cs_platform.kernel.templatetags.cells import moment_text, number_text

PAGE_SIZE = 50
TONES = {DeliveryState.WAITING: "watch", DeliveryState.DELIVERED: "good", DeliveryState.GIVEN_UP: "risk"}


def _state(row: WebhookEndpoint, now: dt.datetime) -> dict[str, str]:
    """How an endpoint does, in a few words."""
    if not row.enabled:
        return {"tone": "none", "state": _("Off")}
    if delivery.is_failing(row, now):
        return {"tone": "risk", "state": _("Nothing arrives")}
    if row.failing_since is not None:
        return {"tone": "watch", "state": _("Trying again")}
    return {"tone": "good", "state": _("On")}


def _endpoint(request: TenantRequest, row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "address": row.url,
        "events": ", ".join(str(Kind(kind).label) for kind in row.events if kind in Kind.values) or _("All events"),
        "arrived": moment_text(row.arrived_at) if row.arrived_at else _("nothing yet"),
        "waiting": number_text(row.waiting) if row.waiting else "",
        "since": moment_text(row.failing_since) if row.failing_since else "",
        "enabled": row.enabled,
        "failing": row.enabled and row.failing_since is not None,
        "version": row.version,
        "url": url(request, "webhooks_one", row.id),
        **_state(row, timezone.now()),
    }


@requires(Permission.MANAGE_KEYS)
def show_webhooks(request: TenantRequest) -> HttpResponse:
    """The endpoints. A POST makes one: its answer is the only place that ever holds the secret."""
    form = EndpointForm(request.POST or None)
    secret, status = "", 422 if form.is_bound else 200

    def make(data: dict[str, Any]) -> None:
        nonlocal secret
        secret = services.add_endpoint(**data, by=request.member)[1]

    if request.method == "POST" and accepted(form, make):
        form, status = EndpointForm(), 201
    rows = [_endpoint(request, row) for row in selectors.endpoints()]
    context = {"form": form, "rows": rows, "secret": secret}
    return section_page(request, "webhooks", "settings/webhooks.html", context, pieces=("webhooks",), status=status)


def _found(endpoint_id: UUID) -> Any:
    return get_object_or_404(selectors.endpoints(), id=endpoint_id)


def _filters(request: TenantRequest) -> dict[str, str]:
    """The filters of the query string that mean something: state, day."""
    state, day = request.GET.get("state", ""), request.GET.get("day", "")
    try:
        dt.date.fromisoformat(day) + dt.timedelta(days=2)  # the day after must exist in each zone
    except (ValueError, OverflowError):
        day = ""
    found = {"state": state if state in DeliveryState.values else "", "day": day}
    return {name: value for name, value in found.items() if value}


def _line(request: TenantRequest, row: WebhookDelivery) -> dict[str, Any]:
    account = row.event.account
    return {
        "kind": label_of(row.event.kind),
        "account": account.name if account else "",
        "at": moment_text(row.event.at),
        "attempts": row.attempts,
        "tone": TONES[DeliveryState(row.state)],
        "state": row.get_state_display(),
        "next": moment_text(row.next_at) if row.state == DeliveryState.WAITING and row.attempts else "",
        "url": url(request, "webhooks_sent", row.endpoint_id, row.id),
    }


def _endpoint_page(request: TenantRequest, row: Any, *, secret: str = "", status: int = 200) -> HttpResponse:
    filters = _filters(request)
    day = dt.date.fromisoformat(filters["day"]) if "day" in filters else None
    rows = selectors.log(row, state=filters.get("state", ""), day=day, zone=request.tenant.zone)
    older, newer = uuid_of(request.GET.get("older", "")), uuid_of(request.GET.get("newer", ""))
    if newer:
        found = list(rows.filter(id__gt=newer).order_by("id")[: PAGE_SIZE + 1])
        more_newer, more_older = len(found) > PAGE_SIZE, True
        found = found[:PAGE_SIZE][::-1]
    else:
        found = list((rows.filter(id__lt=older) if older else rows).order_by("-id")[: PAGE_SIZE + 1])
        more_newer, more_older = older is not None, len(found) > PAGE_SIZE
        found = found[:PAGE_SIZE]
    here = url(request, "webhooks_one", row.id)

    def turn(**cursor: Any) -> str:
        return f"{here}?{urlencode(filters | cursor)}"

    context = {
        "title": row.name,
        "one": _endpoint(request, row),
        "secret": secret,
        "here": here,
        "lines": [_line(request, each) for each in found],
        "filters": filters,
        "states": DeliveryState.choices,
        "day_form": DayForm(last=day or request.tenant.today()),
        "urls": {
            name: url(request, f"webhooks_{name}", row.id) for name in ("edit", "rotate", "switch", "test", "remove", "again")
        },
        "foot": {
            "shown": _("Newest first, kept for 30 days"),
            "previous_url": turn(newer=found[0].id) if found and more_newer else "",
            "next_url": turn(older=found[-1].id) if found and more_older else "",
        },
    }  # fmt: skip
    return section_page(request, "webhooks", "settings/webhook.html", context, pieces=("log",), status=status)


@requires(Permission.MANAGE_KEYS)
def show_webhook(request: TenantRequest, endpoint_id: UUID) -> HttpResponse:
    """One endpoint: how it does, what it asks for, and its log, newest first."""
    return _endpoint_page(request, _found(endpoint_id))


@requires(Permission.MANAGE_KEYS)
def edit_webhook(request: TenantRequest, endpoint_id: UUID) -> HttpResponse:
    """Another name, address or choice of events."""
    row = _found(endpoint_id)
    stands = {"name": row.name, "url": row.url, "events": row.events, "version": row.version}
    form = EndpointChangeForm(request.POST or None, initial=stands)

    def change(data: dict[str, Any]) -> None:
        services.change_endpoint(endpoint=row, **data, enabled=row.enabled, by=request.member)

    back = url(request, "webhooks_one", row.id)
    if request.method == "POST" and accepted(form, change):
        messages.success(request, _("The webhook %(name)s is changed.") % {"name": form.cleaned_data["name"]})
        return redirect(back)
    context = {"title": row.name, "form": form, "back": back}
    status = 422 if form.is_bound else 200
    return section_page(request, "webhooks", "settings/edit.html", context, pieces=("drawer-body",), status=status)


def _version(request: TenantRequest) -> int | None:
    given = request.POST.get("version", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else None


@requires(Permission.MANAGE_KEYS)
@require_POST
def rotate_webhook(request: TenantRequest, endpoint_id: UUID) -> HttpResponse:
    """A new secret; the one before signs as well for a day."""
    row = _found(endpoint_id)
    _row, secret = services.rotate_secret(endpoint=row, version=_version(request), by=request.member)
    return _endpoint_page(request, _found(endpoint_id), secret=secret, status=201)


@requires(Permission.MANAGE_KEYS)
@require_POST
def switch_webhook(request: TenantRequest, endpoint_id: UUID) -> HttpResponse:
    """On or off. What waits while it is off is sent when it is on again within a day."""
    row = _found(endpoint_id)
    on = request.POST.get("on") == "1"
    services.change_endpoint(
        endpoint=row, name=row.name, url=row.url, events=row.events, enabled=on, version=_version(request), by=request.member
    )  # fmt: skip
    text = _("The webhook %(name)s is on.") if on else _("The webhook %(name)s is off.")
    messages.success(request, text % {"name": row.name})
    return redirect(url(request, "webhooks_one", row.id))


@requires(Permission.MANAGE_KEYS)
@require_POST
def test_webhook(request: TenantRequest, endpoint_id: UUID) -> HttpResponse:
    """Send an event that says nothing, and look at what comes back."""
    made = services.send_test(endpoint=_found(endpoint_id), by=request.member)
    messages.success(request, _("The test event is on its way. Look into the log in a moment."))
    return redirect(url(request, "webhooks_sent", made.endpoint_id, made.id))


@requires(Permission.MANAGE_KEYS)
@require_POST
def remove_webhook(request: TenantRequest, endpoint_id: UUID) -> HttpResponse:
    """Delete the endpoint with its log."""
    row = _found(endpoint_id)
    services.remove_endpoint(endpoint=row, version=_version(request), by=request.member)
    messages.success(request, _("The webhook %(name)s is deleted.") % {"name": row.name})
    return redirect(url(request, "webhooks"))


@requires(Permission.MANAGE_KEYS)
@require_POST
def send_day_again(request: TenantRequest, endpoint_id: UUID) -> HttpResponse:
    """Send again what was given up of a day."""
    row, form = _found(endpoint_id), DayForm(request.POST)
    if not form.is_valid():
        raise DomainError(_("Choose a day."), fields={"day": _("Choose a day.")})
    day: dt.date = form.cleaned_data["day"]
    if not dt.date(2000, 1, 1) <= day <= request.tenant.today():
        raise DomainError(_("Choose a day of the past."), fields={"day": _("Choose a day of the past.")})
    count = services.replay_failed(endpoint=row, day=day, zone=request.tenant.zone, by=request.member)
    text = ngettext("%(count)s event is on its way again.", "%(count)s events are on their way again.", count)
    messages.success(request, text % {"count": number_text(count)})
    return redirect(url(request, "webhooks_one", row.id))


def _sent(endpoint_id: UUID, delivery_id: UUID) -> WebhookDelivery:
    rows = WebhookDelivery.objects.select_related("endpoint", "event__account")
    found: WebhookDelivery = get_object_or_404(rows, id=delivery_id, endpoint_id=endpoint_id)
    return found


def _try(row: WebhookAttempt) -> dict[str, Any]:
    said = str(Problem(row.error).label) if row.error in Problem.values else row.error
    return {
        "at": moment_text(row.at),
        "tone": "risk" if row.error else "good",
        "status": str(row.status) if row.status is not None else "–",
        "said": said or _("Arrived"),
        "took": _("%(count)s ms") % {"count": number_text(row.milliseconds)},
        "answer": row.answer,
    }


@requires(Permission.MANAGE_KEYS)
def show_sent(request: TenantRequest, endpoint_id: UUID, delivery_id: UUID) -> HttpResponse:
    """One delivery: what was sent, every try and what came back."""
    row = _sent(endpoint_id, delivery_id)
    body = json.loads(delivery.body_of(row.event, request.tenant))
    context = {
        "title": label_of(row.event.kind),
        "row": _line(request, row),
        "on": row.endpoint.enabled,
        "event_id": row.event_id,
        "header": signing.HEADER,
        "body": json.dumps(body, indent=2, ensure_ascii=False),
        "tries": [_try(each) for each in row.tries.all()[:PAGE_SIZE]],
        "back": url(request, "webhooks_one", row.endpoint_id),
        "again_url": url(request, "webhooks_sent_again", row.endpoint_id, row.id),
    }
    return section_page(request, "webhooks", "settings/webhook_sent.html", context, pieces=("drawer-body",))


@requires(Permission.MANAGE_KEYS)
@require_POST
def send_again(request: TenantRequest, endpoint_id: UUID, delivery_id: UUID) -> HttpResponse:
    """Send one event again, with the same id."""
    services.replay(sent=_sent(endpoint_id, delivery_id), by=request.member)
    messages.success(request, _("The event is on its way again."))
    return redirect(url(request, "webhooks_sent", endpoint_id, delivery_id))
