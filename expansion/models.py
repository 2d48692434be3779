"""Tables of the expansion floor: where accounts may grow, whether it is earned, what becomes of it."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.enums import ChangeSource
from accounts.models import Account, Contact, Member, Plan, Product, Subscription
from cs_platform.kernel.money import validate_currency
from cs_platform.kernel.tenancy import EntityModel, TenantForeignKey
from expansion.enums import DealKind, DealStage, LossReason, Motion, SignalState, Trigger, WinReason
from journey.models import Handoff, Track


class StageChance(EntityModel):
    """A company's own probability of a stage, in percent; without a row the defaults of `lifecycle` hold."""

    audited: ClassVar[bool] = True

    stage = models.CharField(max_length=10, choices=DealStage)
    chance = models.PositiveSmallIntegerField(_("Chance"), validators=[MaxValueValidator(100)])
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "stage"], name="stagechance_of_stage")]


class SignalRule(EntityModel):
    """When a trigger opens signals in this company; without a row it is on, with the usual numbers (TRG-13, TRG-14)."""

    audited: ClassVar[bool] = True

    trigger = models.CharField(_("Why now"), max_length=11, choices=Trigger)
    enabled = models.BooleanField(_("On"), default=True)
    # Numbers by name, as rules.NUMBERS declares them.
    thresholds = models.JSONField(_("Thresholds"), default=dict)
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "trigger"], name="signalrule_of_trigger")]


class Signal(EntityModel):
    """Why an account may grow, with what was measured; once for an account, trigger and cause (TRG-13, TRG-14)."""

    audited: ClassVar[bool] = True

    account = TenantForeignKey(Account, models.CASCADE, related_name="signals")
    trigger = models.CharField(max_length=11, choices=Trigger)
    # What it is about, so that the night says it once: an id, a key, or the first day of the level that was crossed.
    cause = models.CharField(max_length=120, blank=True)
    product = TenantForeignKey(Product, models.SET_NULL, null=True, blank=True, related_name="+")
    track = TenantForeignKey(Track, models.SET_NULL, null=True, blank=True, related_name="+")
    # What the rule measured, and the numbers it was judged by; read by evidence.
    inputs = models.JSONField(default=dict)
    as_of = models.DateField()
    state = models.CharField(max_length=9, choices=SignalState, default=SignalState.OPEN)
    decided_on = models.DateField(null=True)
    decided_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    note = models.CharField(_("Reason"), max_length=500, blank=True)
    opened_at = models.DateTimeField(db_default=Now())
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-as_of", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "account", "trigger", "cause"], name="signal_once_for_a_cause"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "-as_of"], name="signal_open", condition=models.Q(state="open")),
        ]


class Opportunity(EntityModel):
    """More that a customer may buy, from the day it was seen to its end (EXP-05). Money is of a year."""

    audited: ClassVar[bool] = True

    external_id = models.CharField(_("External id"), max_length=200)
    account = TenantForeignKey(Account, models.CASCADE, related_name="opportunities")
    name = models.CharField(_("What it is about"), max_length=200)
    kind = models.CharField(_("Kind"), max_length=7, choices=DealKind)
    motion = models.CharField(_("Motion"), max_length=10, choices=Motion)
    trigger = models.CharField(_("Why now"), max_length=11, choices=Trigger, default=Trigger.PERSON)
    signal = TenantForeignKey(Signal, models.SET_NULL, null=True, blank=True, related_name="opportunities")
    product = TenantForeignKey(
        Product, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("Product")
    )
    plan = TenantForeignKey(Plan, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("Plan"))
    # The contract that grows; empty when a new one begins.
    subscription = TenantForeignKey(
        Subscription, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("Contract")
    )
    seats = models.PositiveIntegerField(_("More seats"), null=True, blank=True)
    amount_minor = models.BigIntegerField(_("More a year"), validators=[MinValueValidator(0)])
    currency = models.CharField(_("Currency"), max_length=3, validators=[validate_currency])
    stage = models.CharField(_("Stage"), max_length=10, choices=DealStage, default=DealStage.IDENTIFIED)
    stage_since = models.DateField()
    # Its own probability in percent; empty: that of the stage.
    chance = models.PositiveSmallIntegerField(_("Chance"), null=True, blank=True, validators=[MaxValueValidator(100)])
    identified_on = models.DateField(_("Seen on"))
    close_on = models.DateField(_("Expected by"), null=True, blank=True)
    owner = TenantForeignKey(
        Member, models.SET_NULL, null=True, blank=True, related_name="opportunities", verbose_name=_("Owner")
    )
    buyer = TenantForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("Who buys")
    )
    case = models.TextField(_("Business case"), max_length=4000, blank=True)
    next_step = models.CharField(_("Next step"), max_length=200, blank=True)
    next_step_on = models.DateField(_("Until"), null=True, blank=True)
    handoff = TenantForeignKey(Handoff, models.SET_NULL, null=True, blank=True, related_name="opportunities")
    # Why it goes on although the five checks are not met (EXP-01).
    override = models.CharField(_("Why it goes on all the same"), max_length=500, blank=True)
    override_by = TenantForeignKey(Member, models.SET_NULL, null=True, blank=True, related_name="+")
    # What the checks said when it left the first stage: {check: true, false or null}.
    earned = models.JSONField(default=dict)
    closed_on = models.DateField(null=True, blank=True)
    loss = models.CharField(_("Why it was lost"), max_length=14, choices=LossReason, blank=True)
    win = models.CharField(_("Why it was won"), max_length=8, choices=WinReason, blank=True)
    note = models.CharField(_("Note"), max_length=1000, blank=True)
    # What winning wrote: the period that begins; and money kept of the year in the reporting currency.
    written = TenantForeignKey(Subscription, models.SET_NULL, null=True, related_name="+")
    won_mrr = models.BigIntegerField(null=True)
    source = models.CharField(max_length=8, choices=ChangeSource)
    source_ref = models.UUIDField(null=True)
    recorded_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-recorded_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "external_id"], name="opportunity_external_id"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "stage", "-amount_minor"], name="opportunity_by_stage"),
            models.Index(fields=["tenant", "account", "-identified_on"], name="opportunity_of_account"),
            models.Index(fields=["tenant", "closed_on"], name="opportunity_by_close"),
            models.Index(fields=["tenant", "updated_at", "id"], name="opportunity_by_update"),
        ]

    def __str__(self) -> str:
        return self.name


class OpportunityMove(EntityModel):
    """An opportunity went from one stage to another. Append-only."""

    append_only: ClassVar[bool] = True

    opportunity = TenantForeignKey(Opportunity, models.CASCADE, related_name="moves")
    before = models.CharField(max_length=10, choices=DealStage, blank=True)
    after = models.CharField(max_length=10, choices=DealStage)
    moved_on = models.DateField()
    member = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["at", "id"]
        indexes: ClassVar = [models.Index(fields=["tenant", "opportunity", "at"], name="opportunitymove_of_deal")]


class OpportunityPerson(EntityModel):
    """A person of the customer with a part in the deal (EXP-04, new buyers)."""

    opportunity = TenantForeignKey(Opportunity, models.CASCADE, related_name="people")
    contact = TenantForeignKey(Contact, models.CASCADE, related_name="+")
    part = models.CharField(_("Part"), max_length=120, blank=True)

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "opportunity", "contact"], name="opportunityperson_once"),
        ]


class NoFit(EntityModel):
    """A product that does not fit a customer, so that the white space does not offer it (EXP-04)."""

    audited: ClassVar[bool] = True

    account = TenantForeignKey(Account, models.CASCADE, related_name="+")
    product = TenantForeignKey(Product, models.CASCADE, related_name="+")
    reason = models.CharField(_("Reason"), max_length=300, blank=True)

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "account", "product"], name="nofit_once")]
