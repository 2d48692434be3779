"""Quotes of renewals, and what a company's renewals do by themselves (REN-07)."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Contact, Member, Segment, Subscription
from cs_platform.kernel.money import validate_currency
from cs_platform.kernel.tenancy import EntityModel, TenantForeignKey
from renewals.enums import QuoteState, Unsent
from renewals.models.motion import Renewal


class Flow(EntityModel):
    """What the renewals of a segment do by themselves, and what a quote says where nobody says otherwise; without a row the
    segment's profile says it (`flows`)."""

    audited: ClassVar[bool] = True

    segment = TenantForeignKey(Segment, models.CASCADE, related_name="+")
    quotes = models.BooleanField(_("Quotes go out by themselves"))
    uplift = models.DecimalField(
        _("Uplift in percent"),
        max_digits=6,
        decimal_places=2,
        validators=[MinValueValidator(-100), MaxValueValidator(1000)],
    )
    term_months = models.PositiveSmallIntegerField(
        _("Term in months"), validators=[MinValueValidator(1), MaxValueValidator(120)]
    )
    prepaid = models.BooleanField(_("Paid in advance"), null=True, blank=True)
    valid_days = models.PositiveSmallIntegerField(
        _("Days that a quote is valid"), validators=[MinValueValidator(1), MaxValueValidator(365)]
    )
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "segment"], name="flow_of_segment")]


class Quote(EntityModel):
    """What a customer is offered for a next period of all contracts of a renewal. Money is in minor units of `currency`. It never
    writes a contract: closing does."""

    audited: ClassVar[bool] = True

    renewal = TenantForeignKey(Renewal, models.CASCADE, related_name="quotes")
    number = models.PositiveIntegerField(_("Number"))
    state = models.CharField(_("State"), max_length=10, choices=QuoteState, default=QuoteState.DRAFT)
    # It was made by the night and goes without anybody; whoever sends it makes it theirs.
    automatic = models.BooleanField(default=False)
    made_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    contact = TenantForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("Who gets it")
    )
    # Where it went, and in which language.
    address = models.EmailField(blank=True)
    language = models.CharField(max_length=5, blank=True)
    currency = models.CharField(max_length=3, validators=[validate_currency])
    uplift = models.DecimalField(_("Uplift in percent"), max_digits=6, decimal_places=2)
    term_months = models.PositiveSmallIntegerField(_("Term in months"))
    prepaid = models.BooleanField(_("Paid in advance"), null=True, blank=True)
    # The first day, which is the renewal's, and the first day after it.
    starts_on = models.DateField()
    ends_on = models.DateField()
    year_minor = models.BigIntegerField()
    total_minor = models.BigIntegerField()
    valid_until = models.DateField(_("Valid until"))
    # When it is handed to the mail server; empty while it waits for somebody to send it.
    goes_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=10, choices=Unsent, blank=True)
    sent_at = models.DateTimeField(null=True)
    # What they answered: when, who, from where, and why not.
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=120, blank=True)
    decided_from = models.GenericIPAddressField(null=True)
    reason = models.CharField(_("Why not"), max_length=500, blank=True)
    recorded_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "number"], name="quote_number"),
            models.UniqueConstraint(
                fields=["tenant", "renewal", "starts_on"],
                condition=models.Q(automatic=True),
                name="quote_once_by_itself",
            ),
            models.UniqueConstraint(
                fields=["tenant", "renewal"], condition=models.Q(state="sent"), name="quote_one_with_them"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "renewal", "-number"], name="quote_of_renewal"),
            models.Index(fields=["tenant", "updated_at", "id"], name="quote_by_update"),
        ]

    @property
    def label(self) -> str:
        """Its number, as people say it. Example: Q-00042."""
        return f"Q-{self.number:05}"


class QuoteLine(EntityModel):
    """What a quote offers for one contract; a year's money before and then, and that of the whole term."""

    quote = TenantForeignKey(Quote, models.CASCADE, related_name="lines")
    subscription = TenantForeignKey(Subscription, models.CASCADE, related_name="+")
    product = models.CharField(max_length=200)
    seats = models.PositiveIntegerField(null=True)
    before_minor = models.BigIntegerField()
    year_minor = models.BigIntegerField()
    total_minor = models.BigIntegerField()

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["product", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "quote", "subscription"], name="quoteline_once")
        ]
