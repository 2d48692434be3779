"""Verbs on endpoints of webhooks: add, change, switch, rotate, remove, test, and send again (API-03)."""

import datetime as dt
from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import DeliveryState
from accounts.models import Member, WebhookDelivery, WebhookEndpoint, WebhookEvent
from accounts.webhooks import delivery, signing, sockets
from accounts.webhooks.announce import SQL, WORK
from accounts.webhooks.events import EXAMPLES, TEST, Kind
from cs_platform.kernel import queue, sqljobs
from cs_platform.kernel.edits import check_seen, put
from cs_platform.kernel.errors import DomainError

MOST = 20  # endpoints of a company
NAME, URL = 80, 500


def _refused(field: str, sentence: str, code: str = "") -> DomainError:
    return DomainError(sentence, code=code, fields={field: sentence})


def _name(given: str) -> str:
    name = " ".join(given.split())
    if not name or not name.isprintable():
        raise _refused("name", _("Give it a name."))
    if len(name) > NAME:
        raise _refused("name", _("At most %(limit)s characters fit here.") % {"limit": NAME})
    return name


def _url(given: str) -> str:
    url = given.strip()
    if len(url) > URL:
        raise _refused("url", _("At most %(limit)s characters fit here.") % {"limit": URL})
    try:
        sockets.target_of(url)
    except sockets.NotSent as error:
        raise _refused("url", f"{error.problem.label}.", str(error.problem)) from None
    return url


def _events(given: Iterable[str]) -> list[str]:
    wanted = set(given)
    if unknown := sorted(wanted - set(Kind.values)):
        raise _refused("events", _("There is no event %(name)s.") % {"name": unknown[0][:80]})
    return [kind for kind in Kind.values if kind in wanted]


def _locked(endpoint: WebhookEndpoint, version: int | None) -> WebhookEndpoint:
    row = WebhookEndpoint.objects.select_for_update().get(id=endpoint.id)
    check_seen(row, version)
    return row


def add_endpoint(
    *, name: str, url: str, events: Iterable[str] = (), enabled: bool = True, by: Member | None
) -> tuple[WebhookEndpoint, str]:
    """A new endpoint and its secret, which is shown this once. No events: all of them. DomainError names the field."""
    values = {"name": _name(name), "url": _url(url), "events": _events(events), "enabled": enabled}
    if WebhookEndpoint.objects.count() >= MOST:
        raise DomainError(_("A company has at most %(limit)s webhooks.") % {"limit": MOST}, code="too_many")
    try:
        with transaction.atomic():
            row = WebhookEndpoint.objects.create(**values, created_by=by)
    except IntegrityError:
        raise _refused("name", _("There is one already."), "taken") from None
    return row, signing.secret_of(row)


def change_endpoint(
    *, endpoint: WebhookEndpoint, name: str, url: str, events: Iterable[str], enabled: bool, version: int | None,
    by: Member | None,
) -> WebhookEndpoint:  # fmt: skip
    """Another name, address or choice of events, on or off. DomainError names the field, Conflict when somebody was first.

    At another address nothing has failed yet; what waits is sent there.
    """
    try:
        with transaction.atomic():
            row = _locked(endpoint, version)
            values = {"name": _name(name), "url": _url(url), "events": _events(events), "enabled": enabled}
            changes = {key: value for key, value in values.items() if getattr(row, key) != value}
            if {"url", "enabled"} & changes.keys():
                changes |= {"failing_since": None, "paused_until": None}
            put(row, **changes)
            if row.enabled and changes:
                queue.enqueue(WORK)
    except IntegrityError:
        raise _refused("name", _("There is one already."), "taken") from None
    return row


@transaction.atomic
def rotate_secret(*, endpoint: WebhookEndpoint, version: int | None, by: Member | None) -> tuple[WebhookEndpoint, str]:
    """A new secret, shown this once. The one before signs as well for a day; one that is older no more."""
    row = _locked(endpoint, version)
    put(row, generation=row.generation + 1, rotated_at=timezone.now())
    return row, signing.secret_of(row)


@transaction.atomic
def remove_endpoint(*, endpoint: WebhookEndpoint, version: int | None, by: Member | None) -> None:
    """Delete it with its log; what waits is not sent."""
    row = _locked(endpoint, version)
    sqljobs.execute(SQL / "remove.sql", {"tenant_id": row.tenant_id, "endpoint": row.id})
    row.delete()


@transaction.atomic
def send_test(*, endpoint: WebhookEndpoint, by: Member | None) -> WebhookDelivery:
    """An event that says nothing, to this endpoint alone. DomainError while it is off."""
    row = _locked(endpoint, None)
    if not row.enabled:
        raise DomainError(_("This webhook is off: switch it on first."), code="off")
    event = WebhookEvent.objects.create(kind=TEST, data=dict(EXAMPLES[TEST]))
    made = WebhookDelivery.objects.create(endpoint=row, event=event)
    delivery.hurry(row)
    return made


@transaction.atomic
def replay(*, sent: WebhookDelivery, by: Member | None) -> WebhookDelivery:
    """Send a delivery again, whatever became of it, with the same event id. DomainError while its endpoint is off."""
    endpoint = _locked(sent.endpoint, None)
    if not endpoint.enabled:
        raise DomainError(_("This webhook is off: switch it on first."), code="off")
    delivery.due_again(WebhookDelivery.objects.filter(id=sent.id))
    delivery.hurry(endpoint)
    sent.refresh_from_db()
    return sent


@transaction.atomic
def replay_failed(*, endpoint: WebhookEndpoint, day: dt.date, zone: dt.tzinfo, by: Member | None) -> int:
    """Send again all events of a day (in `zone`) that were given up; how many."""
    row = _locked(endpoint, None)
    if not row.enabled:
        raise DomainError(_("This webhook is off: switch it on first."), code="off")
    begin = dt.datetime.combine(day, dt.time(), zone)
    end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), zone)
    found = WebhookDelivery.objects.filter(
        endpoint=row, state=DeliveryState.GIVEN_UP, event__at__gte=begin, event__at__lt=end
    )
    count = delivery.due_again(found)
    delivery.hurry(row)
    return count
