"""Events on their way: taken, sent outside of any transaction, written down, tried again for a day (RELIABILITY 3.4).

A worker takes a few deliveries for a minute (one short transaction), sends them side by side, and writes what came of it
(another one). One that dies in between has sent perhaps and written nothing: when the minute is over they are sent again.
So an event arrives at least once, and its id is the same each time.
"""

import datetime as dt
import json
import random
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import DeliveryState
from accounts.models import Tenant, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookEvent
from accounts.webhooks import signing, sockets
from accounts.webhooks.announce import SQL, WORK
from cs_platform.kernel import audit, queue, runs, sqljobs
from cs_platform.kernel.models import Work
from cs_platform.kernel.tenancy import current_tenant_id, tenant_context

log = structlog.get_logger(__name__)

MOST, THREADS = 60, 20  # deliveries of a piece, and how many of them at the same time
LEASE = dt.timedelta(seconds=60)
HORIZON = dt.timedelta(hours=24)
KEPT = dt.timedelta(days=30)
FIRST_PAUSE, LONGEST_PAUSE = 30, 4 * 3600  # seconds
SHORTEST_REST, LONGEST_REST = dt.timedelta(seconds=15), dt.timedelta(minutes=30)
CHECK = "webhooks"
_LATER = "later"  # key of the work that waits for the next try


@dataclass(frozen=True)
class Parcel:
    """A delivery that was taken: what it takes to send it, without the database."""

    id: UUID
    endpoint_id: UUID
    attempt: int
    since: dt.datetime
    url: str
    secrets: tuple[str, ...]
    event_id: UUID
    kind: str
    body: bytes


def pause(attempt: int, chance: float) -> dt.timedelta:
    """How long to wait after the `attempt`-th try: 30 s, doubled each time, four hours at most, and up to a fifth more or
    less (`chance` from 0 to 1), so that those that failed together do not come back together.

    Example: after the third try 120 s; with chance 0.5 exactly, with 0 it is 96 s.
    """
    seconds = min(FIRST_PAUSE * 2 ** min(attempt - 1, 20), LONGEST_PAUSE)
    return dt.timedelta(seconds=seconds * (0.8 + 0.4 * chance))


def rest(failing: dt.timedelta) -> dt.timedelta:
    """How long an endpoint is left alone of which nothing arrived for `failing`: half of that, 15 s to 30 minutes."""
    return min(max(failing / 2, SHORTEST_REST), LONGEST_REST)


def shown(event: WebhookEvent, tenant: Tenant) -> dict[str, Any]:
    """What is said of an event, to receivers and in the log."""
    account = event.account
    return {
        "id": event.id,
        "kind": event.kind,
        "at": event.at,
        "company": tenant.slug,
        "account": account and {"id": account.id, "external_id": account.external_id, "name": account.name},
        "data": event.data,
    }


def body_of(event: WebhookEvent, tenant: Tenant) -> bytes:
    """What is sent: the same bytes at each try as long as the account keeps its name."""
    return json.dumps(shown(event, tenant), cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":")).encode()


def send_due(tenant_id: int) -> None:
    """Send what is due of a tenant, one piece. Called outside of a transaction and outside of a tenant's context."""
    with tenant_context(tenant_id, actor="webhooks"):
        parcels = take()
    if not parcels:
        return
    with ThreadPoolExecutor(max_workers=min(len(parcels), THREADS), thread_name_prefix="webhooks") as pool:
        replies = list(pool.map(send, parcels))
    with tenant_context(tenant_id, actor="webhooks"):
        record(parcels, replies)


def take() -> list[Parcel]:
    """Deliveries that are due, taken for LEASE, with all that is needed to send them."""
    now = timezone.now()
    params = {"tenant_id": current_tenant_id(), "now": now, "leased": now + LEASE, "most": MOST}
    ids = [row["id"] for row in sqljobs.rows(SQL / "claim.sql", params)]
    if not ids:
        return []
    tenant = Tenant.current()
    rows = WebhookDelivery.objects.filter(id__in=ids).select_related("endpoint", "event__account").order_by("id")
    secrets: dict[UUID, tuple[str, ...]] = {}
    parcels = []
    for row in rows:
        if row.endpoint_id not in secrets:
            secrets[row.endpoint_id] = tuple(signing.secrets_of(row.endpoint, now))
        parcels.append(
            Parcel(
                id=row.id,
                endpoint_id=row.endpoint_id,
                attempt=row.attempts,
                since=row.since,
                url=row.endpoint.url,
                secrets=secrets[row.endpoint_id],
                event_id=row.event_id,
                kind=row.event.kind,
                body=body_of(row.event, tenant),
            )
        )
    return parcels


def send(parcel: Parcel) -> sockets.Reply:
    """One try, signed with the moment of this try."""
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Setia-Webhooks/1",
        "Setia-Event": str(parcel.event_id),
        "Setia-Kind": parcel.kind,
        "Setia-Attempt": str(parcel.attempt),
        signing.HEADER: signing.sign(parcel.secrets, int(timezone.now().timestamp()), parcel.body),
    }
    return sockets.post(parcel.url, headers, parcel.body)


def record(parcels: Sequence[Parcel], replies: Sequence[sockets.Reply]) -> None:
    """Write down what came of it, and when it is tried again. One that was sent anew by hand meanwhile stays due."""
    now = timezone.now()
    pairs = list(zip(parcels, replies, strict=True))
    # Endpoints before deliveries, as the verbs of services.py do it.
    wanted = WebhookEndpoint.objects.filter(id__in={parcel.endpoint_id for parcel in parcels})
    endpoints = list(wanted.select_for_update(no_key=True).order_by("id"))
    standing = WebhookDelivery.objects.filter(id__in=[parcel.id for parcel in parcels])
    known = {row.id: row for row in standing.select_for_update().order_by("id")}
    pairs = [(parcel, reply) for parcel, reply in pairs if parcel.id in known]  # an endpoint may be gone
    WebhookAttempt.objects.bulk_create(
        WebhookAttempt(
            delivery_id=parcel.id,
            status=reply.status,
            error=reply.problem,
            answer=reply.text,
            milliseconds=reply.milliseconds,
        )
        for parcel, reply in pairs
    )
    for parcel, reply in pairs:
        row = known[parcel.id]
        if row.state != DeliveryState.WAITING or row.attempts != parcel.attempt:
            continue
        if reply.arrived:
            row.state, row.ended_at = DeliveryState.DELIVERED, now
        elif now - row.since >= HORIZON:
            row.state, row.ended_at = DeliveryState.GIVEN_UP, now
        else:
            # The last try lies at the end of the day, not four hours after it.
            row.next_at = min(now + pause(row.attempts, random.random()), max(row.since + HORIZON, now + LEASE))
        row.save(update_fields=["state", "ended_at", "next_at"])
    _judge(endpoints, pairs, now)


def _judge(
    endpoints: Iterable[WebhookEndpoint], pairs: Iterable[tuple[Parcel, sockets.Reply]], now: dt.datetime
) -> None:
    """An endpoint of whose parcels none arrived is left alone for a while; one that took any is well."""
    well: dict[UUID, bool] = {}
    for parcel, reply in pairs:
        well[parcel.endpoint_id] = well.get(parcel.endpoint_id, False) or reply.arrived
    with audit.derived():
        for endpoint in endpoints:
            since = None if well.get(endpoint.id, True) else endpoint.failing_since or now
            until = None if since is None else now + rest(now - since)
            if (since, until) != (endpoint.failing_since, endpoint.paused_until):
                WebhookEndpoint.objects.filter(id=endpoint.id).update(failing_since=since, paused_until=until)
            if since is not None:
                log.info("webhook.failing", endpoint=str(endpoint.id), since=since.isoformat())


def go_on(work: Work) -> bool:
    """Whether more is due now; if not, see to it that a worker comes back when something is."""
    at = sqljobs.rows(SQL / "next.sql", {"tenant_id": current_tenant_id()})[0]["at"]
    now = timezone.now()
    if at is not None and at <= now:
        return True
    if at is not None:
        _come_back(at, now, work)
    return False


def _come_back(at: dt.datetime, now: dt.datetime, work: Work | None) -> None:
    waiting = Work.objects.filter(name=WORK, key=_LATER, state=Work.State.WAITING, run_after__gt=now)
    if work is not None:
        waiting = waiting.exclude(id=work.id)
    if waiting.filter(run_after__lte=at).exists():
        return
    if not waiting.update(run_after=at):
        queue.enqueue(WORK, _LATER, delay=max(round((at - now).total_seconds()), 1))


def keep_house(as_of: dt.date) -> int:
    """Nightly step: delete events that are 30 days old, give up what waited for a day (an endpoint that is off, or that
    nothing reached), say which endpoints nothing has reached for a day, and wake workers for what waits; rows changed."""
    now = timezone.now()
    changed = sqljobs.execute(SQL / "forget.sql", {"tenant_id": current_tenant_id(), "before": now - KEPT})
    late = WebhookDelivery.objects.filter(state=DeliveryState.WAITING, since__lt=now - HORIZON - LEASE)
    changed += late.update(state=DeliveryState.GIVEN_UP, ended_at=now)
    failing = WebhookEndpoint.objects.filter(enabled=True, failing_since__lt=now - HORIZON)
    sentence = _("Nothing has arrived at the webhook %(name)s since %(when)s.")
    problems = {
        one.name: sentence % {"name": one.name, "when": f"{one.failing_since:%Y-%m-%d %H:%M} UTC"}
        for one in failing
        if one.failing_since is not None
    }
    runs.report(CHECK, as_of, problems)
    at = sqljobs.rows(SQL / "next.sql", {"tenant_id": current_tenant_id()})[0]["at"]
    if at is not None:
        _come_back(max(at, now + dt.timedelta(seconds=1)), now, None)
    return changed


def is_failing(endpoint: WebhookEndpoint, now: dt.datetime) -> bool:
    """Whether nothing has reached it for a day: time for a person to look."""
    return endpoint.failing_since is not None and now - endpoint.failing_since >= HORIZON


def hurry(endpoint: WebhookEndpoint) -> None:
    """Let the next try be at once, though others have failed: a person looks on."""
    with audit.derived():
        WebhookEndpoint.objects.filter(id=endpoint.id).update(paused_until=None)
    queue.enqueue(WORK)


def due_again(rows: QuerySet[WebhookDelivery]) -> int:
    """Put these deliveries on their way again, from now and for a day; how many."""
    now = timezone.now()
    return int(rows.update(state=DeliveryState.WAITING, attempts=0, next_at=now, since=now, ended_at=None))
