"""The MRR ledger and what is derived from it. All money in minor units of the tenant's reporting currency."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from accounts.enums import LogoLevel
from accounts.models import Account, Import, Member, Subscription, SubscriptionChange
from cs_platform.kernel.tenancy import DerivedModel, EntityModel, TenantForeignKey, TenantModel
from metrics.enums import DigestKind, Dimension, KeptMoney, Metric, MovementKind, MovementReason, Tone, Window


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
    # Read off the versions of the period (MET-07); what a person says instead is a `MovementNote`.
    reason = models.CharField(max_length=16, choices=MovementReason, blank=True, db_default="")
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


class AccountMonth(DerivedModel):
    """An account at the end of a month, beside itself one and twelve months before.

    `mrr_1` and `mrr_12` are what it paid then, at the rates of then; `mrr_1_now` and `mrr_12_now` the same contract
    money at this month's rates, so that no ratio moves with a rate (METRICS rule 17). A row exists while any is not 0.
    """

    pk = models.CompositePrimaryKey("tenant_id", "account_id", "month")
    account = TenantForeignKey(Account, models.CASCADE, related_name="months", checked=False)
    month = models.DateField()
    mrr = models.BigIntegerField()
    mrr_1 = models.BigIntegerField()
    mrr_1_now = models.BigIntegerField()
    mrr_12 = models.BigIntegerField()
    mrr_12_now = models.BigIntegerField()
    first_month = models.DateField()
    first_mrr_now = models.BigIntegerField()

    class Meta(DerivedModel.Meta):
        # A month of everybody, and in it those who were won lately; its money is read off the index, not row by row.
        indexes: ClassVar = [
            models.Index(
                fields=["tenant", "month", "first_month"], include=["mrr", "mrr_12_now"], name="accountmonth_of_month"
            )
        ]


class RetentionSums(TenantModel):
    """Sums of `AccountMonth` over a month, a window and one value of one dimension.

    opening + fx + new + expansion - contraction - churned + reactivation = closing, to the cent.
    """

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

    class Meta(TenantModel.Meta):
        abstract = True


class RetentionMonth(RetentionSums):
    """The sums as known now: what every board reads."""

    pk = models.CompositePrimaryKey("tenant_id", "month", "window", "dimension", "value")

    class Meta(TenantModel.Meta):
        pass


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


class WonMonth(DerivedModel):
    """Customers who first paid in a month, by the segment that they are in now, and what it cost to win those of whom it
    is known (MET-06): what the board asks without reading every account."""

    pk = models.CompositePrimaryKey("tenant_id", "month", "segment_id")
    month = models.DateField()
    segment_id = models.UUIDField()  # all zeros: in none
    won = models.IntegerField()
    known = models.IntegerField()
    cost = models.BigIntegerField()


class MovementNote(EntityModel):
    """What a person says of an account's movement of a month: its reason, and whether the CS team owns it (MET-07)."""

    audited: ClassVar[bool] = True

    account = TenantForeignKey(Account, models.CASCADE, related_name="movement_notes")
    month = models.DateField()
    subscription = TenantForeignKey(Subscription, models.CASCADE, related_name="+")
    reason = models.CharField(max_length=16, choices=MovementReason, blank=True)
    cs_owned = models.BooleanField(null=True)
    note = models.CharField(max_length=500, blank=True)
    noted_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    noted_at = models.DateTimeField(db_default=Now())

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "account", "month", "subscription"], name="movementnote_once"),
        ]


class MonthClose(EntityModel):
    """A month as Finance signed it: from then on the board shows these figures. Append-only; a restatement is the next
    `version` of the month, with its reason. What is `known_at` that moment can be rebuilt row by row."""

    append_only: ClassVar[bool] = True

    month = models.DateField()
    version = models.PositiveSmallIntegerField(default=1)
    known_at = models.DateTimeField()
    signed_by = TenantForeignKey(Member, models.PROTECT, related_name="+")
    signed_as = models.CharField(max_length=120)
    note = models.CharField(max_length=2000, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    currency = models.CharField(max_length=3)
    gross_margin = models.DecimalField(max_digits=5, decimal_places=4)
    # What else the sums hang on: days that an unpaid period counts on, and what a customer is (METRICS 4).
    dunning_days = models.PositiveSmallIntegerField(default=30)
    logo_level = models.CharField(max_length=7, choices=LogoLevel, default=LogoLevel.ACCOUNT)
    # Answers to surveys as known then, {kind: {segment, "" for all: {window: the fields of `Answers` in their order}}}.
    answers = models.JSONField(default=dict)
    # The board's cohorts as known then, {segment, "" for all: {measure: the fields of `CohortRow` in their order}}.
    cohorts = models.JSONField(default=dict)
    # What was looked at before it was signed: [{"name", "ok", "text", "aside"}], in its reader's words.
    checks = models.JSONField(default=list)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-month", "-version"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "month", "version"], name="monthclose_once")]


class ClosedSums(RetentionSums):
    """The sums of a month as they were when it was closed, of both kept windows and every dimension. Append-only."""

    append_only: ClassVar[bool] = True

    pk = models.CompositePrimaryKey("tenant_id", "close_id", "window", "dimension", "value")
    close = TenantForeignKey(MonthClose, models.CASCADE, related_name="sums")

    class Meta(TenantModel.Meta):
        pass


class MetricTarget(EntityModel):
    """What a company plans for a metric in a month, in the unit people write it in: percent, points, days, money."""

    audited: ClassVar[bool] = True

    metric = models.CharField(max_length=24, choices=Metric)
    month = models.DateField()
    value = models.DecimalField(max_digits=18, decimal_places=4)

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "metric", "month"], name="metrictarget_once")
        ]


class BoardNote(EntityModel):
    """What the board should read beside a month's figures."""

    audited: ClassVar[bool] = True

    month = models.DateField()
    text = models.TextField(max_length=4000)
    author = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    updated_at = models.DateTimeField(db_default=Now())

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "month"], name="boardnote_once")]


class DigestRecipient(EntityModel):
    """Somebody who gets a digest by e-mail: a member, or a person outside such as a board member."""

    audited: ClassVar[bool] = True

    kind = models.CharField(max_length=8, choices=DigestKind)
    email = models.EmailField()
    name = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=5, blank=True)
    member = TenantForeignKey(Member, models.CASCADE, null=True, related_name="digests")

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "kind", "email"], name="digestrecipient_once")
        ]


class DigestSent(EntityModel):
    """A digest that went out, once for each recipient and period, and with which figures. Append-only."""

    append_only: ClassVar[bool] = True

    kind = models.CharField(max_length=8, choices=DigestKind)
    period = models.DateField()
    email = models.EmailField()
    sent_at = models.DateTimeField(db_default=Now())
    close = TenantForeignKey(MonthClose, models.CASCADE, null=True, related_name="+")
    # The figures as they were written: {metric: text}.
    figures = models.JSONField(default=dict)

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "kind", "period", "email", "close"], name="digestsent_once", nulls_distinct=False
            ),
        ]


class Reconciliation(EntityModel):
    """The billing system's totals of a month, as uploaded, held against the ledger."""

    audited: ClassVar[bool] = True

    month = models.DateField()
    filename = models.CharField(max_length=200)
    run = TenantForeignKey(Import, models.SET_NULL, null=True, related_name="+")
    made_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(db_default=Now())
    note = models.CharField(max_length=500, blank=True)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-month", "-made_at"]


class ReconciliationRow(EntityModel):
    """What billing says of one account in the month, in the currency it says it in; `account` is empty when unknown here."""

    reconciliation = TenantForeignKey(Reconciliation, models.CASCADE, related_name="rows")
    external_id = models.CharField(max_length=200)
    account = TenantForeignKey(Account, models.CASCADE, null=True, related_name="+")
    mrr_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    row = models.PositiveIntegerField()

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "reconciliation", "external_id", "currency"], name="reconrow_once"
            ),
        ]


class CurrencyChange(EntityModel):
    """The reporting currency became another one: at `since` all lines of the ledger that stood were reversed, and what was
    posted later is in `after` (ADR 0005). So a line is in the currency that held when it was recorded. Append-only."""

    append_only: ClassVar[bool] = True

    before = models.CharField(max_length=3)
    after = models.CharField(max_length=3)
    since = models.DateTimeField()
    changed_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-since"]
        indexes: ClassVar = [models.Index(fields=["tenant", "since"], name="currencychange_since")]


class RevaluedAmount(EntityModel):
    """An amount that is kept in the reporting currency and was turned over: what was `said` in which currency, and the
    value it stands with now. While it still `stands`, the next change turns what was said, so that no cent is lost."""

    kind = models.CharField(max_length=8, choices=KeptMoney)
    key = models.UUIDField()
    said = models.DecimalField(max_digits=24, decimal_places=4)
    said_in = models.CharField(max_length=3)
    stands = models.DecimalField(max_digits=24, decimal_places=4)

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "kind", "key"], name="revaluedamount_once")]


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


class OwnBenchmark(EntityModel):
    """What a company says in place of a reference benchmark (MET-25): its words, the range, and where they come from."""

    audited: ClassVar[bool] = True

    key = models.CharField(max_length=40)
    text = models.CharField(max_length=500)
    range = models.CharField(max_length=120, blank=True)
    source = models.CharField(max_length=200)

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "key"], name="ownbenchmark_once")]
