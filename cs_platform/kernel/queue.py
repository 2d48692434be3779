"""The work list: what happens later happens from here, once, even when a worker dies in the middle.

A handler does one bounded piece of work inside the transaction that claimed the row (`FOR UPDATE SKIP LOCKED`) and
returns whether more remains. A killed worker rolls both back together: there is no lease to wait for and nothing half
done. Redis and Celery only shorten the wait.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

import structlog
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from cs_platform.kernel.models import Work
from cs_platform.kernel.tenancy import current_tenant_id, open_door, tenant_context

log = structlog.get_logger(__name__)
MAX_ATTEMPTS = 6
LONGEST_REQUEST = 30  # seconds; what a request wishes is seen by whoever begins later than that


@dataclass(frozen=True)
class Handler:
    """`run` does one piece and says whether more remains; `announce` says in its own transaction that it begins;
    `failed` records the error where people look for it; `outside` does for a tenant what must not happen inside a
    transaction, such as waiting for other machines, before the piece and perhaps in several workers at once."""

    run: Callable[[Work], bool]
    announce: Callable[[Work], None] | None = None
    failed: Callable[[Work, str, bool], None] | None = None
    outside: Callable[[int], None] | None = None


HANDLERS: dict[str, Handler] = {}
REACTIONS: dict[str, tuple[str, ...]] = {}
wake_workers: list[Callable[[], None]] = []


def enqueue(
    name: str, key: str = "", *, payload: dict[str, Any] | None = None, actor: str = "", delay: int = 0
) -> Work:
    """Put work of the current tenant on the list, in the caller's transaction; workers are woken after its commit."""
    if name not in HANDLERS:
        raise LookupError(f"No handler is registered for {name!r}.")
    work = Work.objects.create(
        name=name,
        key=key,
        payload=payload or {},
        actor=actor,
        run_after=timezone.now() + timedelta(seconds=delay),
    )
    if not delay:  # nobody need be woken for what may not begin yet; beat does it in time
        transaction.on_commit(_wake)
    return work


def publish(fact: str, *, actor: str = "", within: int = 0) -> None:
    """Say that `fact` happened to the current tenant; `pipeline.REACTIONS` lists the work that follows from it.

    With `within` (seconds) the work may wait that long, and a wish that is still to wait long enough for this
    transaction to end serves this one as well: a thousand batches a minute wish once.
    """
    for name in REACTIONS[fact]:
        if within:
            later = timezone.now() + timedelta(seconds=min(within / 2, LONGEST_REQUEST))
            if _waits(name, later):
                continue
        enqueue(name, actor=actor, delay=within)


def _waits(name: str, later: datetime) -> bool:
    """Whether work of that name waits until after `later`. Every batch of events asks it, and Django takes longer to write
    the question than the database to answer it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM kernel_work WHERE tenant_id = %s AND name = %s AND key = '' AND state = %s "
            "AND run_after > %s)",
            [current_tenant_id(), name, Work.State.WAITING, later],
        )
        return bool(cursor.fetchone()[0])


def mark_dirty(topic: str, keys: Iterable[UUID]) -> None:
    """Note that what was derived for `keys` is out of date, in the transaction that changed the fact."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO kernel_dirty (tenant_id, topic, key) SELECT %s, %s, k FROM unnest(%s::uuid[]) k ORDER BY k "
            "ON CONFLICT (tenant_id, topic, key) DO UPDATE SET marked_at = clock_timestamp()",
            [current_tenant_id(), topic, [str(key) for key in keys]],
        )


def take_dirty(topic: str) -> int:
    """Put the keys of `topic` into the temporary table `changed` (id); how many there are."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.changed")
        cursor.execute(
            "CREATE TEMPORARY TABLE changed ON COMMIT DROP AS "
            "SELECT key AS id, marked_at FROM kernel_dirty WHERE tenant_id = %s AND topic = %s",
            [current_tenant_id(), topic],
        )
        cursor.execute("ANALYZE changed")
        cursor.execute("SELECT count(*) FROM changed")
        return int(cursor.fetchone()[0])


def settle_dirty(topic: str, then: str = "") -> None:
    """The keys taken are done, unless marked anew meanwhile; with `then` they go on to that topic."""
    with connection.cursor() as cursor:
        if then:
            cursor.execute(
                "INSERT INTO kernel_dirty (tenant_id, topic, key) SELECT %s, %s, id FROM changed ORDER BY id "
                "ON CONFLICT (tenant_id, topic, key) DO UPDATE SET marked_at = clock_timestamp()",
                [current_tenant_id(), then],
            )
        cursor.execute(
            "DELETE FROM kernel_dirty d USING changed c WHERE d.tenant_id = %s AND d.topic = %s "
            "AND d.key = c.id AND d.marked_at = c.marked_at",
            [current_tenant_id(), topic],
        )


def _wake() -> None:
    for wake in wake_workers:
        wake()


def due(limit: int = 50) -> list[tuple[int, UUID]]:
    """(tenant, work) that may run now, oldest first, over all tenants."""
    with open_door("app.dispatcher", "on"):
        found = Work.all_tenants.filter(state=Work.State.WAITING, run_after__lte=timezone.now())
        return list(found.order_by("run_after", "id").values_list("tenant_id", "id")[:limit])


def drain(seconds: float = 50.0) -> int:
    """Do what is due until nothing is left or the time is up; the number of pieces done."""
    done, end = 0, monotonic() + seconds
    while monotonic() < end:
        progressed = False
        for tenant_id, work_id in due():
            progressed |= attempt(tenant_id, work_id)
            done += progressed
            if monotonic() >= end:
                break
        if not progressed:
            break
    return done


def run_to_end(tenant_id: int, work_id: UUID) -> None:
    """Do one work row until it is gone, here and now; the error of its last attempt is raised."""
    while True:
        if attempt(tenant_id, work_id, patient=True, reraise=True):
            continue
        with tenant_context(tenant_id):
            left = Work.objects.filter(id=work_id).first()
        if left is None:
            return
        if left.state == Work.State.FAILED:
            raise RuntimeError(left.error)


def attempt(tenant_id: int, work_id: UUID, *, patient: bool = False, reraise: bool = False) -> bool:
    """Claim one row and do one piece of it. False when another worker has it or it is gone."""
    handler: Handler | None = None
    work: Work | None = None
    try:
        with tenant_context(tenant_id):
            work = Work.objects.filter(id=work_id, state=Work.State.WAITING).first()
        if work is None:
            return False
        handler = HANDLERS[work.name]
        if handler.announce:
            with tenant_context(tenant_id, actor=work.actor, request_id=str(work.id)):
                handler.announce(work)
        if handler.outside:
            handler.outside(tenant_id)
        with tenant_context(tenant_id, actor=work.actor, request_id=str(work.id)):
            claimed = _claim(work_id, patient)
            if claimed is None:
                return False
            take_time()
            if handler.run(claimed):
                claimed.attempts = 0
                claimed.run_after = timezone.now()
                claimed.save(update_fields=["payload", "attempts", "run_after"])
            else:
                claimed.delete()
        return True
    except Exception as error:
        if work is None or handler is None:
            raise
        log.exception("work.failed", work=work.name, tenant=tenant_id)
        _record_failure(tenant_id, work, handler, error)
        if reraise:
            raise
        return False


def _claim(work_id: UUID, patient: bool) -> Work | None:
    rows = Work.objects.filter(id=work_id, state=Work.State.WAITING)
    with _waiting_long(patient):
        claimed = rows.select_for_update(skip_locked=not patient).first()
    # One worker for each (tenant, name): two runs of the same derivation would only wait for each other's rows.
    if claimed is None or not hold(claimed.name, patient=patient):
        return None
    # The same wish uttered again before now is covered by this piece; one uttered later has a row of its own. So has one
    # that may still wait: transactions that have not ended yet rely on it (see `publish`).
    twins = Work.objects.filter(
        name=claimed.name,
        key=claimed.key,
        state=Work.State.WAITING,
        payload=claimed.payload,
        run_after__lte=timezone.now(),
    )
    same = twins.exclude(id=claimed.id).select_for_update(skip_locked=True).values_list("id", flat=True)
    Work.objects.filter(id__in=list(same)).delete()
    return claimed


def take_time() -> None:
    """Let the statements of this transaction take as long as a worker's piece may (cs_platform.tasks): what stops a request
    that hangs would stop the night of a large book."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '55min'")


@contextmanager
def _waiting_long(patient: bool) -> Iterator[None]:
    """A worker's piece may take longer than a request would wait for any lock: who is patient waits for its end."""
    with connection.cursor() as cursor:
        if patient:
            cursor.execute("SET LOCAL lock_timeout = 0")
        yield
        if patient:
            cursor.execute("SET LOCAL lock_timeout TO DEFAULT")


def hold(*names: str, patient: bool) -> bool:
    """Take the locks of the current tenant that work of these names holds while it runs, until this transaction ends;
    wait for whoever has one or, when not `patient`, say False at once."""
    function = "pg_advisory_xact_lock" if patient else "pg_try_advisory_xact_lock"
    with _waiting_long(patient), connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"SELECT {function}(%s, hashtext(%s))", [current_tenant_id(), name])
            if not patient and not cursor.fetchone()[0]:
                return False
    return True


def _record_failure(tenant_id: int, work: Work, handler: Handler, error: Exception) -> None:
    message = f"{type(error).__name__}: {error}"[:2000]
    try:
        with tenant_context(tenant_id, actor=work.actor, request_id=str(work.id)):
            attempts = work.attempts + 1
            final = attempts >= MAX_ATTEMPTS
            Work.objects.filter(id=work.id).update(
                attempts=attempts,
                error=message,
                run_after=timezone.now() + timedelta(seconds=min(2**attempts, 300)),
                state=Work.State.FAILED if final else Work.State.WAITING,
            )
            if handler.failed:
                handler.failed(work, message, final)
    except OperationalError:
        connection.close()  # the server is away; the row is still waiting and will be found again


def retry(work: Work) -> None:
    """Give work that failed for good another round of attempts, beginning now."""
    Work.objects.filter(id=work.id, state=Work.State.FAILED).update(
        state=Work.State.WAITING, attempts=0, run_after=timezone.now()
    )
    transaction.on_commit(_wake)


def oldest_waiting() -> Any:
    """When the oldest work that may run now was wished for, over all tenants; None when nothing waits."""
    with open_door("app.dispatcher", "on"):
        rows = Work.all_tenants.filter(state=Work.State.WAITING, run_after__lte=timezone.now())
        return rows.order_by("created_at").values_list("created_at", flat=True).first()
