"""Health models, the daily score with its explanation, overrides, backtests, alerts (HLT-01 to HLT-17)."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.enums import HealthBand as Band
from accounts.models import Account, Member, Segment
from cs_platform.kernel.tenancy import DerivedModel, EntityModel, TenantForeignKey
from health.enums import AlertLevel, AlertState, BacktestState, VersionState


class HealthModel(EntityModel):
    """How a segment is scored; the one without a segment scores all others. What it says stands in its versions."""

    audited: ClassVar[bool] = True

    name = models.CharField(_("Name"), max_length=120)
    segment = TenantForeignKey(
        Segment, models.CASCADE, null=True, blank=True, related_name="health_models", verbose_name=_("Segment")
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "segment"], nulls_distinct=False, name="healthmodel_of_segment"),
        ]

    def __str__(self) -> str:
        return self.name


class HealthModelVersion(EntityModel):
    """Weights and curves of a model. A published one never changes: an edit is a draft that replaces it (HLT-01)."""

    audited: ClassVar[bool] = True

    model = TenantForeignKey(HealthModel, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=VersionState, default=VersionState.DRAFT)
    # The definition, checked by scoring.definition.Definition.read: {"weights", "indicators", "bands", "coverage"}.
    definition = models.JSONField()
    reason = models.CharField(_("Reason"), max_length=500, blank=True)
    author = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    published_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "model", "number"], name="healthversion_number"),
            models.UniqueConstraint(
                fields=["tenant", "model"], condition=models.Q(state="published"), name="healthversion_one_published"
            ),
            models.UniqueConstraint(
                fields=["tenant", "model"], condition=models.Q(state="draft"), name="healthversion_one_draft"
            ),
        ]


class HealthScore(DerivedModel):
    """The score of an account on a day, with its whole explanation.

    `raw`, `points` and `shares` stand in the order of the version's indicators; null where there was no data.
    `points` (0 to 100) and `shares` are whole millionths of a point; the shares add up to the score exactly.
    """

    pk = models.CompositePrimaryKey("tenant_id", "account_id", "as_of")
    account_id = models.UUIDField()
    # A way to join and no constraint: a night writes all rows at once.
    account = models.ForeignObject(
        Account, models.DO_NOTHING, from_fields=["account_id"], to_fields=["id"], related_name="scores"
    )
    as_of = models.DateField()
    version_id = models.UUIDField()
    score = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    band = models.CharField(max_length=6, choices=Band)
    coverage = models.DecimalField(max_digits=7, decimal_places=6)
    usage = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    engagement = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    support = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    outcomes = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    raw = ArrayField(models.FloatField(null=True))
    points = ArrayField(models.IntegerField(null=True))
    shares = ArrayField(models.IntegerField(null=True))
    computed_at = models.DateTimeField(db_default=Now())

    class Meta(DerivedModel.Meta):
        indexes: ClassVar = [
            models.Index(fields=["tenant", "as_of", "band"], name="healthscore_by_day"),
            models.Index(fields=["tenant", "computed_at", "account_id", "as_of"], name="healthscore_by_update"),
        ]


class HealthOverride(EntityModel):
    """A person's own judgement beside the computed score, dated, with reason and expiry; never in its place."""

    audited: ClassVar[bool] = True

    account = TenantForeignKey(Account, models.CASCADE, related_name="health_overrides")
    band = models.CharField(_("Band"), max_length=6, choices=[c for c in Band.choices if c[0] != "none"])
    reason = models.CharField(_("Reason"), max_length=1000)
    begins_on = models.DateField(_("From"))
    expires_on = models.DateField(_("Until"))
    ended_on = models.DateField(null=True)
    member = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-begins_on", "-id"]
        indexes: ClassVar = [models.Index(fields=["tenant", "account", "-begins_on"], name="override_of_account")]


class AlertRule(EntityModel):
    """A rule of the trigger catalogue as the tenant has it: thresholds, cap, cool-down, switch (REQUIREMENTS 1K)."""

    audited: ClassVar[bool] = True

    key = models.CharField(max_length=30)
    enabled = models.BooleanField(_("On"), default=True)
    # Thresholds by name, as alerts.rules.RULES declares them.
    thresholds = models.JSONField(default=dict)
    # At most this many new alerts of one run, and days that a closed cause stays quiet.
    cap = models.PositiveIntegerField(_("At most in one run"), default=200)
    cooldown_days = models.PositiveSmallIntegerField(_("Days of quiet after closing"), default=14)
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "key"], name="alertrule_key")]


class AlertRun(EntityModel):
    """One evaluation of all rules: what it opened, resolved, and held back, and why."""

    as_of = models.DateField()
    started_at = models.DateTimeField(db_default=Now())
    opened = models.PositiveIntegerField(default=0)
    resolved = models.PositiveIntegerField(default=0)
    # By rule: {"matched", "opened", "capped", "cooling", "held": why its inputs were not fresh enough}.
    rules = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True)
    undone_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-started_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["tenant", "-started_at"], name="alertrun_recent")]


class Alert(EntityModel):
    """Something that happened to an account, once for each cause. It carries rule, inputs and threshold (HLT-05)."""

    audited: ClassVar[bool] = True

    account = TenantForeignKey(Account, models.CASCADE, null=True, related_name="alerts")
    rule = models.CharField(max_length=30)
    # What the alert is about within its rule (a ticket, an outcome); "" for the account itself.
    cause = models.CharField(max_length=80, blank=True)
    level = models.CharField(max_length=8, choices=AlertLevel, default=AlertLevel.WARNING)
    state = models.CharField(max_length=8, choices=AlertState, default=AlertState.OPEN)
    # What was measured, before and now, and what it was held against; words are made from them when they are shown.
    inputs = models.JSONField(default=dict)
    # The thresholds of the rule at that moment, {name: number}.
    thresholds = models.JSONField(default=dict)
    run = TenantForeignKey(AlertRun, models.SET_NULL, null=True, related_name="alerts")
    as_of = models.DateField()
    opened_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    # The answer: what will be done, by whom, until when. An answered alert is an open action.
    answer = models.CharField(_("What will be done"), max_length=1000, blank=True)
    answered_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    due_on = models.DateField(_("Until"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(db_default=Now())

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-opened_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "account", "rule", "cause"],
                condition=models.Q(state="open"),
                nulls_distinct=False,
                name="alert_one_open",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "state", "-opened_at", "-id"], name="alert_by_state"),
            models.Index(fields=["tenant", "account", "-opened_at"], name="alert_of_account"),
            models.Index(fields=["tenant", "updated_at", "id"], name="alert_by_update"),
        ]


class Backtest(EntityModel):
    """One judgement of a version, perhaps beside another, on what really happened (HLT-11)."""

    version = TenantForeignKey(HealthModelVersion, models.CASCADE, related_name="backtests")
    against = TenantForeignKey(HealthModelVersion, models.CASCADE, null=True, related_name="+")
    segment = TenantForeignKey(Segment, models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=8, choices=BacktestState, default=BacktestState.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    # Findings as backtest.judge gives them, by horizon; and where the outcomes came from.
    results = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    as_of = models.DateField()
    created_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["tenant", "-created_at"], name="backtest_recent")]
