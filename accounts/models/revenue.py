"""What customers bought: catalogue, paid periods with their append-only changes, exchange rates (ACC-03, ACC-08)."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.enums import ChangeKind, ChangeSource, ChargeKind, ChurnCategory, EndReason, SaidBy
from accounts.models.customers import Account
from accounts.models.people import Member
from cs_platform.kernel.money import validate_currency
from cs_platform.kernel.tenancy import EntityModel, TenantForeignKey


class Product(EntityModel):
    """A product or module that is sold."""

    audited: ClassVar[bool] = True

    name = models.CharField(_("Name"), max_length=200)
    external_id = models.CharField(_("External id"), max_length=200)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(db_default=Now())

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "external_id"], name="product_external_id")]

    def __str__(self) -> str:
        return self.name


class Plan(EntityModel):
    """A plan tier of a product with the limit that usage is held against (ACC-03)."""

    audited: ClassVar[bool] = True

    product = TenantForeignKey(Product, models.CASCADE, null=True, blank=True, related_name="plans")
    name = models.CharField(_("Name"), max_length=120)
    rank = models.PositiveSmallIntegerField(_("Rank"), default=0)
    usage_limit = models.BigIntegerField(_("Usage limit"), null=True, blank=True)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["rank", "name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "name"], name="plan_name")]

    def __str__(self) -> str:
        return self.name


class Feature(EntityModel):
    """A feature of the catalogue, core or advanced, known by the event name that its use sends (ACC-08)."""

    audited: ClassVar[bool] = True

    class Kind(models.TextChoices):
        CORE = "core", _("Core")
        ADVANCED = "advanced", _("Advanced")

    key = models.CharField(_("Event name"), max_length=120)
    name = models.CharField(_("Name"), max_length=200)
    product = TenantForeignKey(Product, models.SET_NULL, null=True, blank=True, related_name="features")
    kind = models.CharField(_("Kind"), max_length=8, choices=Kind, default=Kind.CORE)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "key"], name="feature_key")]

    def __str__(self) -> str:
        return self.name


class AccountFeature(EntityModel):
    """A feature that matters to one account: its relevant-feature list (ACC-08)."""

    account = TenantForeignKey(Account, models.CASCADE, related_name="relevant_features")
    feature = TenantForeignKey(Feature, models.CASCADE, related_name="+")

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "account", "feature"], name="accountfeature_once"),
        ]


class Terms(models.Model):
    """What a paid period is worth. Start is included, end is not; money in minor units of `currency`.

    `mrr_minor` is (amount - discount) / interval, half up to the cent, and 0 unless the charge is recurring (METRICS
    rules 2, 3). A period that is past due still counts until the company's dunning days are over.
    """

    start_on = models.DateField(_("Start"))
    end_on = models.DateField(_("End"), null=True, blank=True)
    interval_months = models.PositiveSmallIntegerField(_("Interval in months"), validators=[MinValueValidator(1)])
    amount_minor = models.BigIntegerField(_("Amount"))
    discount_minor = models.BigIntegerField(_("Recurring discount"), db_default=0)
    charge = models.CharField(_("Charge"), max_length=10, choices=ChargeKind, db_default=ChargeKind.RECURRING)
    past_due_on = models.DateField(_("Past due since"), null=True, blank=True)
    end_reason = models.CharField(_("Why it ended"), max_length=10, choices=EndReason, blank=True, db_default="")
    currency = models.CharField(_("Currency"), max_length=3, validators=[validate_currency])
    mrr_minor = models.BigIntegerField(_("MRR"))
    seats = models.PositiveIntegerField(_("Seats"), null=True, blank=True)
    product = TenantForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Product")
    )
    plan = TenantForeignKey(Plan, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Plan"))
    voided = models.BooleanField(default=False)

    class Meta:
        abstract = True


class Subscription(EntityModel, Terms):
    """One paid period as it stands now. A renewal is another row that starts where the last one ended.

    Known by (`external_id`, `start_on`); a withdrawn one stays, voided.
    """

    account = TenantForeignKey(Account, models.CASCADE, related_name="subscriptions")
    external_id = models.CharField(_("External id"), max_length=200)
    auto_renew = models.BooleanField(_("Renews by itself"), null=True, blank=True)
    card_on_file = models.BooleanField(_("Card on file"), null=True, blank=True)
    prepaid = models.BooleanField(_("Paid in advance"), null=True, blank=True)
    notice_days = models.PositiveSmallIntegerField(_("Notice in days"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "external_id", "start_on"], name="subscription_period"),
            models.CheckConstraint(
                condition=models.Q(end_on=None) | models.Q(end_on__gt=models.F("start_on")), name="subscription_dates"
            ),
            models.CheckConstraint(condition=models.Q(mrr_minor__gte=0), name="subscription_mrr_positive"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "account", "start_on"], name="subscription_of_account"),
            models.Index(fields=["tenant", "updated_at", "id"], name="subscription_by_update"),
        ]

    def __str__(self) -> str:
        return self.external_id


class SubscriptionChange(EntityModel, Terms):
    """One version of a paid period, complete, with when it is true and when we learned of it. Append-only."""

    append_only: ClassVar[bool] = True

    subscription = TenantForeignKey(Subscription, models.CASCADE, related_name="changes")
    account = TenantForeignKey(Account, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=ChangeKind)
    effective_on = models.DateField()
    recorded_at = models.DateTimeField(db_default=Now())
    source = models.CharField(max_length=8, choices=ChangeSource)
    source_ref = models.UUIDField(null=True)
    source_row = models.PositiveIntegerField(null=True)
    actor = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta(EntityModel.Meta):
        indexes: ClassVar = [
            models.Index(fields=["tenant", "subscription", "-recorded_at", "-id"], name="subchange_latest"),
            models.Index(fields=["tenant", "account", "-recorded_at"], name="subchange_of_account"),
        ]


class FxRate(EntityModel):
    """Units of `quote` for one `base` at the end of `month`; append-only, the latest recorded one counts.

    A rate between two currencies without a row of their own is the quotient over a common base.
    """

    append_only: ClassVar[bool] = True

    month = models.DateField()
    base = models.CharField(max_length=3, validators=[validate_currency])
    quote = models.CharField(max_length=3, validators=[validate_currency])
    rate = models.DecimalField(max_digits=20, decimal_places=10)
    recorded_at = models.DateTimeField(db_default=Now())
    source = models.CharField(max_length=8, choices=ChangeSource)
    source_ref = models.UUIDField(null=True)

    class Meta(EntityModel.Meta):
        indexes: ClassVar = [
            models.Index(fields=["tenant", "month", "base", "quote", "-recorded_at"], name="fxrate_latest"),
        ]
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(rate__gt=0), name="fxrate_positive")]


class ChurnReason(EntityModel):
    """A reason for leaving that a company offers, within one of the six categories (MET-10)."""

    audited: ClassVar[bool] = True

    category = models.CharField(_("Category"), max_length=12, choices=ChurnCategory)
    name = models.CharField(_("Reason"), max_length=120)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["position", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "category", "name"], name="churnreason_name")
        ]

    def __str__(self) -> str:
        return self.name


class ChurnRule(EntityModel):
    """What a share of the losses means, in percent of the customers who answered (MET-09, MET-10); `accounts.churn.Rule`
    says how it is read."""

    audited: ClassVar[bool] = True

    category = models.CharField(_("Category"), max_length=12, choices=ChurnCategory, blank=True)
    words = models.CharField(_("Words"), max_length=200, blank=True)
    least = models.PositiveSmallIntegerField(
        _("From percent"), validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    advice = models.CharField(_("What it means"), max_length=200)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["position", "advice"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "advice"], name="churnrule_advice")]

    def __str__(self) -> str:
        return self.advice


class ChurnAnswer(EntityModel):
    """Why a customer left: one answer for each end of paid service (MET-10). Without `ended_on` it is about the last."""

    audited: ClassVar[bool] = True

    account = TenantForeignKey(Account, models.CASCADE, related_name="churn_answers")
    ended_on = models.DateField(_("Service ended on"), null=True, blank=True)
    category = models.CharField(_("Category"), max_length=12, choices=ChurnCategory)
    reason = models.CharField(_("Reason"), max_length=200, blank=True)
    note = models.CharField(_("In their words"), max_length=2000, blank=True)
    competitor = models.CharField(_("Competitor"), max_length=120, blank=True)
    said_by = models.CharField(_("Who says so"), max_length=8, choices=SaidBy, default=SaidBy.CUSTOMER)
    source = models.CharField(max_length=8, choices=ChangeSource)
    source_ref = models.UUIDField(null=True)
    recorded_at = models.DateTimeField(db_default=Now())
    recorded_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(db_default=Now())

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "account", "ended_on"], name="churnanswer_once", nulls_distinct=False
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["tenant", "updated_at", "id"], name="churnanswer_by_update")]
