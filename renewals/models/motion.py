"""Contracts that come due, what is done about them, what is expected of them."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.enums import ChangeSource, Profile
from accounts.models import Account, Contact, Member, Segment, Subscription
from cs_platform.kernel.money import validate_currency
from cs_platform.kernel.tenancy import EntityModel, TenantForeignKey
from health.models import Survey
from journey.models import Play, Task
from renewals.enums import (
    Asked,
    Caller,
    FailureReason,
    Intent,
    Part,
    Phase,
    RenewalState,
    Review,
    SaveCause,
    SaveState,
    Stance,
    Step,
)


class Runway(EntityModel):
    """A company's own runway for a segment (REN-01, REN-02); without a row the segment's profile says it."""

    audited: ClassVar[bool] = True

    segment = TenantForeignKey(Segment, models.CASCADE, related_name="+")
    days = models.PositiveSmallIntegerField(_("Days before the end"), validators=[MinValueValidator(1)])
    # [{"step": Step, "days": days before the end}], the earliest first; read by runway.read_steps.
    steps = models.JSONField(default=list)
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "segment"], name="runway_of_segment")]


class Renewal(EntityModel):
    """The contracts of one account that end on one day, and how their renewal goes. `due_on` is the first day unpaid."""

    audited: ClassVar[bool] = True

    external_id = models.CharField(_("External id"), max_length=200)
    account = TenantForeignKey(Account, models.CASCADE, related_name="renewals")
    due_on = models.DateField(_("Renews"))
    opened_on = models.DateField(_("Opened on"))
    # Of the segment when it opened: a customer that moves later keeps the runway that it is on.
    profile = models.CharField(max_length=12, choices=Profile)
    state = models.CharField(_("State"), max_length=10, choices=RenewalState, default=RenewalState.OPEN)
    phase = models.CharField(_("Phase"), max_length=11, choices=Phase, default=Phase.PREPARING)
    phase_since = models.DateField()
    intent = models.CharField(_("What they intend"), max_length=8, choices=Intent, default=Intent.UNKNOWN)
    talked_on = models.DateField(_("First conversation"), null=True, blank=True)
    next_step = models.CharField(_("Next step"), max_length=200, blank=True)
    next_step_on = models.DateField(_("Until"), null=True, blank=True)
    # What is offered: a year's money in minor units of `currency`.
    currency = models.CharField(_("Currency"), max_length=3, validators=[validate_currency])
    offered_minor = models.BigIntegerField(_("Offered a year"), null=True, blank=True)
    asked_minor = models.BigIntegerField(_("They ask for, a year"), null=True, blank=True)
    floor_minor = models.BigIntegerField(_("Least that we accept, a year"), null=True, blank=True)
    term_months = models.PositiveSmallIntegerField(
        _("Term in months"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(120)]
    )
    prepaid = models.BooleanField(_("Paid in advance"), null=True, blank=True)
    uplift = models.DecimalField(_("Uplift in percent"), max_digits=6, decimal_places=2, null=True, blank=True)
    approval = models.CharField(_("Approval of the discount"), max_length=8, choices=Review, default=Review.NONE)
    approved_by = TenantForeignKey(Member, models.SET_NULL, null=True, blank=True, related_name="+")
    legal = models.CharField(_("Legal"), max_length=8, choices=Review, default=Review.NONE)
    procurement = models.CharField(_("Procurement"), max_length=8, choices=Review, default=Review.NONE)
    likely_reason = models.CharField(_("Likely reason if lost"), max_length=12, choices=FailureReason, blank=True)
    # What closing says; `closed_on` is the day of the decision, the money moves on `due_on`.
    closed_on = models.DateField(null=True, blank=True)
    closed_by = TenantForeignKey(Member, models.SET_NULL, null=True, blank=True, related_name="+")
    # A month's money in the reporting currency, when it closed: due, and kept (0 to more than due).
    due_mrr = models.BigIntegerField(null=True)
    kept_mrr = models.BigIntegerField(null=True)
    effort = models.PositiveSmallIntegerField(
        _("How easy it was for them, 1 to 7"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(7)],
    )
    note = models.CharField(_("Note"), max_length=1000, blank=True)
    source = models.CharField(max_length=8, choices=ChangeSource, default=ChangeSource.RULE)
    source_ref = models.UUIDField(null=True)
    recorded_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["due_on", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "external_id"], name="renewal_external_id"),
            models.UniqueConstraint(
                fields=["tenant", "account", "due_on"],
                condition=~models.Q(state="withdrawn"),
                name="renewal_once_for_a_day",
            ),
            models.CheckConstraint(
                condition=models.Q(state="open", closed_on=None) | ~models.Q(state="open"),
                name="renewal_open_not_closed",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "due_on", "id"], name="renewal_due", condition=models.Q(state="open")),
            models.Index(fields=["tenant", "account", "-due_on"], name="renewal_of_account"),
            models.Index(fields=["tenant", "closed_on"], name="renewal_by_close"),
            models.Index(fields=["tenant", "updated_at", "id"], name="renewal_by_update"),
        ]


class RenewalLine(EntityModel):
    """A contract that the renewal is about, and the period that followed it when it closed."""

    renewal = TenantForeignKey(Renewal, models.CASCADE, related_name="lines")
    subscription = TenantForeignKey(Subscription, models.CASCADE, related_name="renewal_lines")
    # Written by closing; voided again when the closing is undone.
    next_period = TenantForeignKey(Subscription, models.SET_NULL, null=True, related_name="+")

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "renewal", "subscription"], name="renewalline_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["tenant", "subscription"], name="renewalline_of_contract")]


class RenewalStep(EntityModel):
    """A step of the runway with its day (REN-02), and the task that it is done by."""

    renewal = TenantForeignKey(Renewal, models.CASCADE, related_name="steps")
    step = models.CharField(max_length=10, choices=Step)
    days = models.PositiveSmallIntegerField()
    due_on = models.DateField()
    task = TenantForeignKey(Task, models.SET_NULL, null=True, related_name="renewal_steps")
    done_on = models.DateField(null=True, blank=True)
    done_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    note = models.CharField(_("Note"), max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-days", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "renewal", "step"], name="renewalstep_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "due_on"], name="renewalstep_open", condition=models.Q(done_on=None)),
            models.Index(fields=["tenant", "task"], name="renewalstep_of_task"),
        ]


class RenewalCall(EntityModel):
    """What somebody expects of a renewal: the chance that it renews, in percent, with the reasons. Append-only."""

    append_only: ClassVar[bool] = True

    renewal = TenantForeignKey(Renewal, models.CASCADE, related_name="calls")
    caller = models.CharField(max_length=6, choices=Caller)
    probability = models.DecimalField(
        _("Chance that it renews"),
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    # [{"points": -28.0 or absent, "sign": "+", "-" or "=", "text"}]; the system's carry {"key", "inputs"} instead of text.
    reasons = models.JSONField(default=list)
    as_of = models.DateField()
    member = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-at", "-id"]
        indexes: ClassVar = [models.Index(fields=["tenant", "renewal", "caller", "-at"], name="renewalcall_latest")]


class FrozenCall(EntityModel):
    """A call as it stood at the end of a week, by which its caller is scored later. Append-only."""

    append_only: ClassVar[bool] = True

    renewal = TenantForeignKey(Renewal, models.CASCADE, related_name="frozen")
    week = models.DateField()
    caller = models.CharField(max_length=6, choices=Caller)
    probability = models.DecimalField(max_digits=5, decimal_places=2)
    # A month's money in `currency`, that of the reports, and the day it was due, as they stood then.
    mrr_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    due_on = models.DateField()
    member = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "renewal", "week", "caller"], name="frozencall_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["tenant", "week"], name="frozencall_of_week")]


class Objection(EntityModel):
    """Something that speaks against renewing, in their words, until it is answered (REN-05)."""

    audited: ClassVar[bool] = True

    renewal = TenantForeignKey(Renewal, models.CASCADE, related_name="objections")
    text = models.CharField(_("In their words"), max_length=500)
    reason = models.CharField(_("Kind"), max_length=12, choices=FailureReason, blank=True)
    contact = TenantForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("Who says so")
    )
    raised_on = models.DateField(_("Raised on"))
    answer = models.CharField(_("Our answer"), max_length=1000, blank=True)
    answered_on = models.DateField(_("Answered on"), null=True, blank=True)
    recorded_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["answered_on", "raised_on", "id"]
        indexes: ClassVar = [models.Index(fields=["tenant", "renewal", "raised_on"], name="objection_of_renewal")]


class Stakeholder(EntityModel):
    """A person's part and stance in one renewal (REN-05, decision-maker engagement)."""

    audited: ClassVar[bool] = True

    renewal = TenantForeignKey(Renewal, models.CASCADE, related_name="stakeholders")
    contact = TenantForeignKey(Contact, models.CASCADE, related_name="renewals")
    part = models.CharField(_("Part"), max_length=11, choices=Part)
    stance = models.CharField(_("Stance"), max_length=8, choices=Stance, default=Stance.UNKNOWN)
    note = models.CharField(_("Note"), max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "renewal", "contact"], name="stakeholder_once"),
        ]


class SavePlay(EntityModel):
    """An attempt to keep a customer, and what came of it (REN-09, HLT-13)."""

    audited: ClassVar[bool] = True

    account = TenantForeignKey(Account, models.CASCADE, related_name="save_plays")
    renewal = TenantForeignKey(Renewal, models.SET_NULL, null=True, blank=True, related_name="save_plays")
    play = TenantForeignKey(Play, models.SET_NULL, null=True, blank=True, related_name="save_plays")
    cause = models.CharField(_("Why"), max_length=6, choices=SaveCause)
    opened_on = models.DateField()
    # Days from opening to the renewal; empty without one. It decides which benchmark applies (HLT-13).
    lead_days = models.IntegerField(null=True)
    mrr_minor = models.BigIntegerField(_("Money at risk"))
    approach = models.CharField(_("How it is to be saved"), max_length=500, blank=True)
    state = models.CharField(max_length=9, choices=SaveState, default=SaveState.RUNNING)
    decided_on = models.DateField(null=True, blank=True)
    # The first of the days above red that run still, for one without a renewal.
    above_red_since = models.DateField(null=True, blank=True)
    opened_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-opened_on", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "account"], condition=models.Q(state="running"), name="saveplay_one_running"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "account", "-opened_on"], name="saveplay_of_account"),
            models.Index(fields=["tenant", "opened_on"], name="saveplay_by_day"),
        ]


class EffortRule(EntityModel):
    """Whose people are asked how easy it was; without the row, those of customers who stay."""

    audited: ClassVar[bool] = True

    who = models.CharField(_("Who is asked"), max_length=6, choices=Asked, default=Asked.KEPT)
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant"], name="effortrule_one")]


class EffortAsk(EntityModel):
    """A person who took part in a renewal is asked how easy it was (REN-03): once, by a mail with a link of their own. The
    answer is one of the surveys (CES)."""

    renewal = TenantForeignKey(Renewal, models.CASCADE, related_name="effort_asks")
    contact = TenantForeignKey(Contact, models.CASCADE, related_name="+")
    # Where it went; until then, where it is to go.
    address = models.EmailField()
    language = models.CharField(max_length=5)
    # An office hour after the decision, so that it can be taken back before.
    goes_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    answer = TenantForeignKey(Survey, models.SET_NULL, null=True, related_name="+")

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "renewal", "contact"], name="effortask_once")
        ]
        indexes: ClassVar = [models.Index(fields=["tenant", "contact", "-goes_at"], name="effortask_of_contact")]
