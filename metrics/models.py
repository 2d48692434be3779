"""The MRR ledger and what is derived from it. All money in minor units of the tenant's reporting currency."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from accounts.models import Account, Subscription, SubscriptionChange
from cs_platform.kernel.tenancy import EntityModel, TenantForeignKey, TenantModel
from metrics.enums import Dimension, Metric, MovementKind, Tone, Window


class MrrMovement(EntityModel):
    """A line of the ledger: what one paid period contributed to its account's movement of a month. Append-only.

    A correction is a row with the opposite amount that names the row it `reverses`, and then the right row.
    Rows of a month and account carry the kind of the account's net movement, so that sums by kind are the board.
    """

    append_only: ClassVar[bool] = True

    account = TenantForeignKey(Account, models.CASCADE, related_name="movements")
    month = models.DateField()
    kind = models.CharField(max_length=12, choices=MovementKind)
    amount_minor = models.BigIntegerField()
    subscription = TenantForeignKey(Subscription, models.CASCADE, related_name="movements")
    change = TenantForeignKey(SubscriptionChange, models.CASCADE, related_name="movements")
    effective_on = models.DateField()
    recorded_at = models.DateTimeField(db_default=Now())
    reverses = TenantForeignKey("self", models.CASCADE, null=True, related_name="reversed_by")

    class Meta(EntityModel.Meta):
        indexes: ClassVar = [
            models.Index(fields=["tenant", "account", "month"], name="movement_of_account"),
            models.Index(fields=["tenant", "month", "kind"], name="movement_of_month"),
            models.Index(fields=["tenant", "recorded_at", "id"], name="movement_recent"),
        ]


class AccountMonth(TenantModel):
    """An account at the end of a month, beside itself one and twelve months before.

    `mrr_1` and `mrr_12` are what it paid then, at the rates of then; `mrr_1_now` and `mrr_12_now` the same contract
    money at this month's rates, so that no ratio moves with a rate (METRICS rule 17). A row exists while any is not 0.
    """

    pk = models.CompositePrimaryKey("tenant_id", "account_id", "month")
    account = TenantForeignKey(Account, models.CASCADE, related_name="months")
    month = models.DateField()
    mrr = models.BigIntegerField()
    mrr_1 = models.BigIntegerField()
    mrr_1_now = models.BigIntegerField()
    mrr_12 = models.BigIntegerField()
    mrr_12_now = models.BigIntegerField()
    first_month = models.DateField()
    first_mrr_now = models.BigIntegerField()

    class Meta(TenantModel.Meta):
        indexes: ClassVar = [models.Index(fields=["tenant", "month"], name="accountmonth_by_month")]


class RetentionMonth(TenantModel):
    """Sums of `AccountMonth` over a month, a window and one value of one dimension: what every board reads.

    opening + fx + new + expansion - contraction - churned + reactivation = closing, to the cent.
    """

    pk = models.CompositePrimaryKey("tenant_id", "month", "window", "dimension", "value")
    month = models.DateField()
    window = models.PositiveSmallIntegerField(choices=Window)
    dimension = models.CharField(max_length=10, choices=Dimension)
    value = models.CharField(max_length=200)
    opening_mrr = models.BigIntegerField()
    fx_effect = models.BigIntegerField()
    new_mrr = models.BigIntegerField()
    expansion_mrr = models.BigIntegerField()
    contraction_mrr = models.BigIntegerField()
    churned_mrr = models.BigIntegerField()
    reactivation_mrr = models.BigIntegerField()
    closing_mrr = models.BigIntegerField()
    opening_customers = models.IntegerField()
    new_customers = models.IntegerField()
    expanded_customers = models.IntegerField()
    contracted_customers = models.IntegerField()
    churned_customers = models.IntegerField()
    reactivated_customers = models.IntegerField()
    closing_customers = models.IntegerField()


class CohortMonth(TenantModel):
    """Customers who first paid in `cohort_month`, at the end of `month`; cohort money at that month's rates."""

    pk = models.CompositePrimaryKey("tenant_id", "cohort_month", "month")
    cohort_month = models.DateField()
    month = models.DateField()
    cohort_customers = models.IntegerField()
    active_customers = models.IntegerField()
    cohort_mrr = models.BigIntegerField()
    active_mrr = models.BigIntegerField()
    capped_mrr = models.BigIntegerField()


class MetricBand(EntityModel):
    """What is good, normal and bad for a metric, as data of the tenant (MET-02 to MET-16). `lower` is inclusive."""

    audited: ClassVar[bool] = True

    metric = models.CharField(max_length=24, choices=Metric)
    name = models.CharField(max_length=60)
    tone = models.CharField(max_length=8, choices=Tone)
    lower = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    upper = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["metric", "position"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "metric", "name"], name="metricband_name")]
