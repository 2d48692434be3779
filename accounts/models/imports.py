"""Files that came in: the import, its pieces as they were sent, and the rows that were refused."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.enums import ImportKind, ImportState
from accounts.models.people import Member
from cs_platform.kernel.tenancy import EntityModel, TenantForeignKey


class Import(EntityModel):
    """One file. Each piece is written in one transaction, so after a crash it goes on where it stood."""

    kind = models.CharField(max_length=16, choices=ImportKind)
    filename = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=8, choices=ImportState, default=ImportState.DRAFT)
    # Header of the file in its order, and what each column becomes: {column: field}; "" is left out.
    columns = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    # How the file is read: {"dates": "iso" | "dmy" | "mdy"}; "filled" counts the cells of each column that are not empty,
    # "kept" the rows of which something was left as it stands (`MergeResult.notes`).
    options = models.JSONField(default=dict)
    dry_run = models.BooleanField(_("Only check"), default=False)
    total = models.PositiveIntegerField(default=0)
    next_piece = models.PositiveIntegerField(default=0)
    read = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    quarantined = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    created_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["tenant", "kind", "-created_at"], name="import_recent")]


class ImportChunk(EntityModel):
    """Rows `first_row` to `first_row + rows - 1` of the file, as sent (CSV, gzip). Kept: figures lead back to them."""

    run = TenantForeignKey(Import, models.CASCADE, related_name="chunks")
    position = models.PositiveIntegerField()
    first_row = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    content = models.BinaryField()
    # What the rest of the file says about these rows, once it was looked through: {"same": [rows that repeat an earlier
    # one], "repeats": {row: the earlier row with this key and other content}, "several": [rows of a subscription with
    # several periods], "segments": {account: the segment it begins with, where rows disagree}}, and for kinds whose rows
    # are counted "earlier": {row: how many rows of the file said the same before it}, for kinds of which the latest row
    # speaks "overtaken": [rows after which another one is about the same].
    notes = models.JSONField(null=True)

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "run", "position"], name="importchunk_position"),
        ]


class ImportReject(EntityModel):
    """A row that was refused: where, which column, why. The row itself is in its chunk."""

    run = TenantForeignKey(Import, models.CASCADE, related_name="rejects")
    row = models.PositiveIntegerField()
    column = models.CharField(max_length=200, blank=True)
    value = models.CharField(max_length=200, blank=True)
    code = models.CharField(max_length=40)
    message = models.CharField(max_length=300)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["row"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "run", "row"], name="importreject_row")]
