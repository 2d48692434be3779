"""The kernel's tables: work to do, runs that were done, keys gone stale, the audit trail, answers given once."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from cs_platform.kernel.tenancy import Door, EntityModel, TenantForeignKey, TenantModel

DISPATCHER = Door("dispatcher", "app.dispatcher", "{setting} = 'on'")


class Work(EntityModel):
    """One thing to be done by a worker: outbox and work list in one (see queue.py)."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        FAILED = "failed", _("Failed")

    doors: ClassVar = (DISPATCHER,)

    name = models.CharField(max_length=60)
    key = models.CharField(max_length=80, blank=True)
    # Arguments of the handler: a flat object of primitives whose shape is the handler's own.
    payload = models.JSONField(default=dict)
    actor = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    run_after = models.DateTimeField(db_default=Now())
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(EntityModel.Meta):
        indexes: ClassVar = [
            models.Index(fields=["tenant", "name", "key"], name="work_by_name"),
            models.Index(fields=["run_after"], name="work_due", condition=models.Q(state="waiting")),
        ]


class Run(EntityModel):
    """One run of a pipeline for one day."""

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    name = models.CharField(max_length=40)
    as_of = models.DateField()
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "name", "as_of"], name="run_once_a_day"),
        ]


class RunStep(EntityModel):
    """One step of a run: what it did, how long it took, or why it stopped."""

    class State(models.TextChoices):
        PENDING = "pending", _("To do")
        STARTED = "started", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    run = TenantForeignKey(Run, models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=60)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    rows = models.BigIntegerField(null=True)
    milliseconds = models.BigIntegerField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "run", "position"], name="runstep_position"),
        ]


class Finding(EntityModel):
    """A check of the night that did not hold, shown on the runs page and beside the figure it is about."""

    name = models.CharField(max_length=60)
    subject = models.CharField(max_length=120)
    as_of = models.DateField()
    message = models.TextField()
    found_at = models.DateTimeField(db_default=Now())
    resolved_at = models.DateTimeField(null=True)

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "name", "subject"],
                name="finding_open_once",
                condition=models.Q(resolved_at=None),
            ),
        ]


class Dirty(TenantModel):
    """A key whose derived rows are out of date. Marked in the transaction that changes the fact."""

    pk = models.CompositePrimaryKey("tenant_id", "topic", "key")
    topic = models.CharField(max_length=40)
    key = models.UUIDField()
    marked_at = models.DateTimeField(db_default=Now())


class AuditEntry(EntityModel):
    """Who changed what, when, from what to what, in which request. Written by database triggers only (audit.py)."""

    append_only: ClassVar[bool] = True

    at = models.DateTimeField(db_default=Now())
    table = models.CharField(max_length=63)
    row_id = models.UUIDField(null=True)
    action = models.CharField(max_length=6)
    # {column: [old, new]} of the columns that changed; the trigger builds it from the rows themselves.
    changes = models.JSONField(default=dict)
    actor = models.CharField(max_length=200, blank=True)
    request = models.CharField(max_length=64, blank=True)

    class Meta(EntityModel.Meta):
        indexes: ClassVar = [
            models.Index(fields=["tenant", "row_id", "-at"], name="audit_of_row"),
            models.Index(fields=["tenant", "-at", "-id"], name="audit_recent"),
        ]


class IdempotencyKey(EntityModel):
    """The answer to a POST that carried an Idempotency-Key, given again for 24 hours."""

    key = models.CharField(max_length=255)
    route = models.CharField(max_length=300)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.TextField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "key"], name="idempotency_key_once"),
        ]
