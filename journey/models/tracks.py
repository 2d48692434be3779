"""Where a customer is: tracks, the periods they spend in stages, and what showed it (JRN-01 to JRN-03, JRN-24)."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.enums import ChangeSource
from accounts.models import Account, Contact, Member, Segment
from cs_platform.kernel.tenancy import EntityModel, TenantForeignKey
from journey.enums import Answer, Blocker, Cause, Entry, Evidence, Exit, LinkPurpose, Stage, TrackEnd, TrackKind


class Track(EntityModel):
    """One journey of an account: the whole of it, a department, a use case (JRN-02). Several run side by side."""

    audited: ClassVar[bool] = True

    external_id = models.CharField(_("External id"), max_length=200)
    account = TenantForeignKey(Account, models.CASCADE, related_name="tracks")
    kind = models.CharField(_("Kind"), max_length=12, choices=TrackKind, default=TrackKind.USE_CASE)
    name = models.CharField(_("Name"), max_length=120)
    # The child account that the track is about, where there is one (ACC-12).
    unit = TenantForeignKey(
        Account, models.SET_NULL, null=True, blank=True, related_name="unit_tracks", verbose_name=_("Department")
    )
    seats = models.PositiveIntegerField(_("Seats"), null=True, blank=True)
    opened_on = models.DateField(_("Since"))
    closed_on = models.DateField(_("Closed on"), null=True, blank=True)
    closed_because = models.CharField(max_length=8, choices=TrackEnd, blank=True)
    source = models.CharField(max_length=8, choices=ChangeSource)
    source_ref = models.UUIDField(null=True)
    recorded_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["opened_on", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "external_id"], name="track_external_id"),
            models.UniqueConstraint(
                fields=["tenant", "account"], condition=models.Q(kind="core"), name="track_one_core"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "account", "opened_on"], name="track_of_account"),
            models.Index(fields=["tenant", "updated_at", "id"], name="track_by_update"),
        ]

    def __str__(self) -> str:
        return self.name


class StagePeriod(EntityModel):
    """A track in a stage, from a day to a day. Nothing but a person's word, or a fact that one sent, moves it (JRN-03)."""

    audited: ClassVar[bool] = True

    external_id = models.CharField(_("External id"), max_length=200)
    track = TenantForeignKey(Track, models.CASCADE, related_name="periods")
    stage = models.CharField(_("Stage"), max_length=10, choices=Stage)
    entered_on = models.DateField(_("Since"))
    entry = models.CharField(max_length=10, choices=Entry, default=Entry.BEGAN)
    came_from = TenantForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="led_to")
    entered_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    # A day that was agreed for this one, in the place of the segment's target.
    target_on = models.DateField(_("Wanted by"), null=True, blank=True)
    exited_on = models.DateField(_("Ended on"), null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Exit, blank=True)
    cause = models.CharField(max_length=14, choices=Cause, blank=True)
    note = models.CharField(_("Note"), max_length=1000, blank=True)
    # How each criterion stood when the stage ended: [{"key", "label", "how", "met", "value", "threshold", "by", "at"}].
    evidence = models.JSONField(default=list)
    validated_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    validated_at = models.DateTimeField(null=True)
    # Ended with criteria that were not met: who did it says why, and it is counted.
    overridden = models.BooleanField(default=False)
    blocker = models.CharField(_("Held up by"), max_length=14, choices=Blocker, blank=True)
    blocked_on = models.DateField(null=True, blank=True)
    blocker_note = models.CharField(max_length=500, blank=True)
    source = models.CharField(max_length=8, choices=ChangeSource)
    source_ref = models.UUIDField(null=True)
    recorded_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["entered_on", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "external_id"], name="stageperiod_external_id"),
            models.UniqueConstraint(
                fields=["tenant", "track", "stage"], condition=models.Q(exited_on=None), name="stageperiod_open_once"
            ),
            models.CheckConstraint(
                condition=models.Q(exited_on=None) | models.Q(exited_on__gte=models.F("entered_on")),
                name="stageperiod_ends_after",
            ),
            models.CheckConstraint(
                condition=models.Q(exited_on=None, outcome="")
                | (models.Q(exited_on__isnull=False) & ~models.Q(outcome="")),
                name="stageperiod_ends_somehow",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "track", "entered_on"], name="stageperiod_of_track"),
            models.Index(fields=["tenant", "stage"], name="stageperiod_open", condition=models.Q(exited_on=None)),
            models.Index(fields=["tenant", "entered_on"], name="stageperiod_by_entry"),
            models.Index(fields=["tenant", "exited_on"], name="stageperiod_by_exit"),
            models.Index(fields=["tenant", "updated_at", "id"], name="stageperiod_by_update"),
        ]


class StageTarget(EntityModel):
    """What a segment expects of a stage, where it differs from its profile's (JRN-35 to JRN-42): days, and how it is run.
    Targets raise flags and move nothing."""

    audited: ClassVar[bool] = True

    segment = TenantForeignKey(Segment, models.CASCADE, related_name="+")
    stage = models.CharField(max_length=10, choices=Stage)
    days_from = models.PositiveSmallIntegerField(_("Days, from"), null=True, blank=True)
    days_to = models.PositiveSmallIntegerField(_("Days, to"), null=True, blank=True)
    approach = models.CharField(_("How it is run"), max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "segment", "stage"], name="stagetarget_once"),
        ]


class StageCriterion(EntityModel):
    """What a company asks of a stage: a criterion of the catalogue (`journey.criteria.CATALOGUE`) as it set it, or one of
    its own, which people attest or customers confirm."""

    audited: ClassVar[bool] = True

    stage = models.CharField(max_length=10, choices=Stage)
    key = models.CharField(max_length=40)
    label = models.CharField(_("Criterion"), max_length=200, blank=True)
    how = models.CharField(_("Shown by"), max_length=10, choices=Evidence)
    threshold = models.DecimalField(_("Threshold"), max_digits=12, decimal_places=4, null=True, blank=True)
    enabled = models.BooleanField(_("Asked for"), default=True)
    position = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["stage", "position", "key"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "stage", "key"], name="stagecriterion_once"),
        ]


class CriterionCheck(EntityModel):
    """Somebody's word on a criterion of a period; the latest counts. What is measured is read, not written. Append-only."""

    append_only: ClassVar[bool] = True

    period = TenantForeignKey(StagePeriod, models.CASCADE, related_name="checks")
    criterion = models.CharField(max_length=40)
    how = models.CharField(max_length=10, choices=Evidence)
    met = models.BooleanField()
    note = models.CharField(_("What shows it"), max_length=500, blank=True)
    member = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    # Who confirmed it for the customer: the contact that the link was for, and the name that was written.
    contact = TenantForeignKey(Contact, models.SET_NULL, null=True, related_name="+")
    signed_as = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "period", "criterion", "-at"], name="criterioncheck_latest")
        ]


class Regression(EntityModel):
    """A proposal that a track goes back, with the fact behind it; a person decides (JRN-24)."""

    audited: ClassVar[bool] = True

    track = TenantForeignKey(Track, models.CASCADE, related_name="regressions")
    period = TenantForeignKey(StagePeriod, models.CASCADE, related_name="regressions")
    stage = models.CharField(_("Back to"), max_length=10, choices=Stage)
    cause = models.CharField(max_length=14, choices=Cause)
    # The event or alert that asks for it, and what it said: {"kind", "day", "note"} or an alert's inputs.
    cause_ref = models.UUIDField(null=True)
    inputs = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=Answer, default=Answer.OPEN)
    as_of = models.DateField()
    opened_at = models.DateTimeField(db_default=Now())
    decided_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    note = models.CharField(_("Reason"), max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-opened_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "track", "cause", "cause_ref"], nulls_distinct=True, name="regression_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "track", "-opened_at"], name="regression_of_track"),
            models.Index(fields=["tenant", "-opened_at"], name="regression_open", condition=models.Q(state="open")),
        ]


class CustomerLink(EntityModel):
    """A link for somebody at the customer, who needs no account. The e-mail or the person who made it has the secret, the
    database its hash; it runs out, and may be taken back."""

    audited: ClassVar[bool] = True

    account = TenantForeignKey(Account, models.CASCADE, related_name="customer_links")
    purpose = models.CharField(max_length=8, choices=LinkPurpose)
    plan = TenantForeignKey("journey.Plan", models.CASCADE, null=True, related_name="links")
    period = TenantForeignKey(StagePeriod, models.CASCADE, null=True, related_name="links")
    contact = TenantForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("Person")
    )
    token_hash = models.CharField(max_length=64)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    opened_count = models.PositiveIntegerField(default=0)
    answered_at = models.DateTimeField(null=True)
    created_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "token_hash"], name="customerlink_token"),
            models.CheckConstraint(
                condition=models.Q(purpose="plan", plan__isnull=False)
                | models.Q(purpose="go_live", period__isnull=False),
                name="customerlink_is_for_something",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["tenant", "account", "-created_at"], name="customerlink_of_account")]
