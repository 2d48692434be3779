"""Tables of the advocacy floor: who may be asked, what they were asked for, what came of it."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.enums import ChangeSource
from accounts.models import Account, Contact, Member, Product, Segment
from advocacy.enums import (
    AdvocateState,
    AskFailure,
    AskState,
    AssetKind,
    Attendance,
    Consent,
    GatheringKind,
    Legal,
    ReferralState,
    RequestState,
    ReviewSite,
)
from cs_platform.kernel.money import validate_currency
from cs_platform.kernel.tenancy import DerivedModel, EntityModel, TenantForeignKey


class Program(EntityModel):
    """A company's own rules of the program; without the row the defaults of `advocacy.rules` hold."""

    audited: ClassVar[bool] = True

    months_before = models.PositiveSmallIntegerField(_("Months as a customer"), default=12)
    rest_days = models.PositiveSmallIntegerField(_("Rest after an ask, in days"), default=60)
    long_rest_days = models.PositiveSmallIntegerField(_("Rest after many asks, in days"), default=90)
    many_asks = models.PositiveSmallIntegerField(_("Many asks within 180 days"), default=3)
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant"], name="program_one")]


class Qualification(DerivedModel):
    """What the six criteria say of an account today (ADV-01): true, false, or empty where it is not known. Each night."""

    pk = models.CompositePrimaryKey("tenant_id", "account_id")
    account = TenantForeignKey(Account, models.CASCADE, checked=False, related_name="qualification")
    as_of = models.DateField()
    healthy = models.BooleanField(null=True)
    proven = models.BooleanField(null=True)
    champion = models.BooleanField(null=True)
    profile = models.BooleanField(null=True)
    adopted = models.BooleanField(null=True)
    renewed = models.BooleanField(null=True)
    # What each was judged by: {criterion: {name: value}}; read by cells.evidence.
    evidence = models.JSONField(default=dict)
    qualified = models.BooleanField()
    # Since when it has been without a break.
    qualified_since = models.DateField(null=True)

    class Meta(DerivedModel.Meta):
        indexes: ClassVar = [
            models.Index(fields=["tenant", "account"], name="qualified_accounts", condition=models.Q(qualified=True)),
        ]


class Advocate(EntityModel):
    """A person of a customer who speaks for us, with how far their consent goes and until when."""

    audited: ClassVar[bool] = True

    external_id = models.CharField(_("External id"), max_length=200)
    account = TenantForeignKey(Account, models.CASCADE, related_name="advocates")
    contact = TenantForeignKey(Contact, models.CASCADE, related_name="advocacy")
    state = models.CharField(max_length=8, choices=AdvocateState, default=AdvocateState.ENROLLED)
    consent = models.CharField(_("Consent"), max_length=9, choices=Consent)
    consent_on = models.DateField(_("Consent given on"))
    consent_until = models.DateField(_("Consent until"), null=True, blank=True)
    legal = models.CharField(_("Their legal"), max_length=8, choices=Legal, default=Legal.APPROVED)
    legal_since = models.DateField()
    enrolled_on = models.DateField()
    enrolled_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    left_on = models.DateField(null=True, blank=True)
    note = models.CharField(_("Note"), max_length=500, blank=True)
    source = models.CharField(max_length=8, choices=ChangeSource)
    source_ref = models.UUIDField(null=True)
    recorded_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "external_id"], name="advocate_external_id"),
            models.UniqueConstraint(fields=["tenant", "contact"], name="advocate_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "account"], name="advocate_of_account"),
            models.Index(fields=["tenant", "updated_at", "id"], name="advocate_by_update"),
        ]


class ReferenceRequest(EntityModel):
    """What sales looks for: a customer like this, by that day (ADV-03)."""

    audited: ClassVar[bool] = True

    prospect = models.CharField(_("For whom"), max_length=200)
    asked_by = models.CharField(_("Asked by"), max_length=120, blank=True)
    text = models.CharField(_("What is wanted"), max_length=1000, blank=True)
    kind = models.CharField(_("Kind"), max_length=11, choices=AssetKind, default=AssetKind.REFERENCE)
    segment = TenantForeignKey(
        Segment, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("Segment")
    )
    product = TenantForeignKey(
        Product, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("Product")
    )
    industry = models.CharField(_("Industry"), max_length=80, blank=True)
    users = models.PositiveIntegerField(_("Users"), null=True, blank=True)
    deal_minor = models.BigIntegerField(_("Deal, a year"), null=True, blank=True)
    currency = models.CharField(_("Currency"), max_length=3, validators=[validate_currency])
    decides_on = models.DateField(_("They decide on"), null=True, blank=True)
    due_on = models.DateField(_("Until"))
    state = models.CharField(max_length=7, choices=RequestState, default=RequestState.OPEN)
    ended_on = models.DateField(null=True, blank=True)
    won = models.BooleanField(_("The deal was won"), null=True, blank=True)
    created_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["due_on", "id"]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "state", "due_on"], name="reference_open"),
            models.Index(fields=["tenant", "updated_at", "id"], name="reference_by_update"),
        ]


class Asset(EntityModel):
    """Something that a customer gave us to show (ADV-02), with its legal approval and where it stands."""

    audited: ClassVar[bool] = True

    external_id = models.CharField(_("External id"), max_length=200)
    account = TenantForeignKey(Account, models.CASCADE, related_name="assets")
    advocate = TenantForeignKey(Advocate, models.SET_NULL, null=True, blank=True, related_name="assets")
    kind = models.CharField(_("Kind"), max_length=11, choices=AssetKind)
    title = models.CharField(_("Title"), max_length=200)
    url = models.URLField(_("Link"), max_length=500, blank=True)
    legal = models.CharField(_("Legal"), max_length=8, choices=Legal, default=Legal.DRAFT)
    legal_since = models.DateField()
    approved_until = models.DateField(_("Approved until"), null=True, blank=True)
    published_on = models.DateField(_("Published on"), null=True, blank=True)
    site = models.CharField(_("Site"), max_length=8, choices=ReviewSite, blank=True)
    rating = models.DecimalField(
        _("Stars"),
        max_digits=2,
        decimal_places=1,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(5)],
    )
    source = models.CharField(max_length=8, choices=ChangeSource)
    source_ref = models.UUIDField(null=True)
    recorded_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-recorded_at", "-id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "external_id"], name="asset_external_id")]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "account"], name="asset_of_account"),
            models.Index(fields=["tenant", "updated_at", "id"], name="asset_by_update"),
        ]

    def __str__(self) -> str:
        return self.title


class AssetUse(EntityModel):
    """An asset was shown to somebody, and what came of it (ADV-08)."""

    asset = TenantForeignKey(Asset, models.CASCADE, related_name="uses")
    used_on = models.DateField(_("Used on"))
    prospect = models.CharField(_("For whom"), max_length=200, blank=True)
    won = models.BooleanField(_("The deal was won"), null=True, blank=True)
    used_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")

    class Meta(EntityModel.Meta):
        indexes: ClassVar = [models.Index(fields=["tenant", "asset", "-used_on"], name="assetuse_of_asset")]


class Ask(EntityModel):
    """An advocate was asked for something on a day, and what they said (ADV-04, ADV-05)."""

    audited: ClassVar[bool] = True

    advocate = TenantForeignKey(Advocate, models.CASCADE, related_name="asks")
    request = TenantForeignKey(ReferenceRequest, models.SET_NULL, null=True, blank=True, related_name="asks")
    asset = TenantForeignKey(Asset, models.SET_NULL, null=True, blank=True, related_name="asks")
    kind = models.CharField(_("Kind"), max_length=11, choices=AssetKind)
    asked_on = models.DateField(_("Asked on"))
    asked_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=8, choices=AskState, default=AskState.OPEN)
    answered_on = models.DateField(null=True, blank=True)
    failure = models.CharField(_("Why not"), max_length=9, choices=AskFailure, blank=True)
    note = models.CharField(_("Note"), max_length=500, blank=True)
    recorded_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-asked_on", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "advocate", "-asked_on"], name="ask_of_advocate"),
            models.Index(fields=["tenant", "-asked_on"], name="ask_by_day"),
            models.Index(fields=["tenant", "updated_at", "id"], name="ask_by_update"),
        ]


class Referral(EntityModel):
    """A customer leads us to somebody new, from the question to the contract (ADV-04)."""

    audited: ClassVar[bool] = True

    external_id = models.CharField(_("External id"), max_length=200)
    account = TenantForeignKey(Account, models.CASCADE, related_name="given_referrals")
    advocate = TenantForeignKey(Advocate, models.SET_NULL, null=True, blank=True, related_name="referrals")
    prospect = models.CharField(_("Who"), max_length=200)
    state = models.CharField(max_length=11, choices=ReferralState, default=ReferralState.ASKED)
    # The days on which it came so far; empty where it has not come yet.
    asked_on = models.DateField(_("Asked on"))
    agreed_on = models.DateField(null=True, blank=True)
    introduced_on = models.DateField(null=True, blank=True)
    opportunity_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    amount_minor = models.BigIntegerField(_("Worth a year"), null=True, blank=True)
    currency = models.CharField(_("Currency"), max_length=3, validators=[validate_currency])
    # The new customer that it became.
    customer = TenantForeignKey(Account, models.SET_NULL, null=True, blank=True, related_name="+")
    reward = models.CharField(_("Reward"), max_length=200, blank=True)
    note = models.CharField(_("Note"), max_length=500, blank=True)
    source = models.CharField(max_length=8, choices=ChangeSource)
    source_ref = models.UUIDField(null=True)
    recorded_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-asked_on", "-id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "external_id"], name="referral_external_id")]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "account", "-asked_on"], name="referral_of_account"),
            models.Index(fields=["tenant", "updated_at", "id"], name="referral_by_update"),
        ]


class Gathering(EntityModel):
    """An advisory board, event or webinar (ADV-03)."""

    audited: ClassVar[bool] = True

    name = models.CharField(_("Name"), max_length=200)
    kind = models.CharField(_("Kind"), max_length=7, choices=GatheringKind)
    held_on = models.DateField(_("Held on"))
    note = models.CharField(_("Note"), max_length=1000, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-held_on", "-id"]


class Guest(EntityModel):
    """Who was invited to a gathering, and what they did there."""

    audited: ClassVar[bool] = True

    gathering = TenantForeignKey(Gathering, models.CASCADE, related_name="guests")
    account = TenantForeignKey(Account, models.CASCADE, related_name="+")
    contact = TenantForeignKey(Contact, models.CASCADE, related_name="gatherings")
    attendance = models.CharField(max_length=7, choices=Attendance, default=Attendance.INVITED)
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "gathering", "contact"], name="guest_once")]
        indexes: ClassVar = [models.Index(fields=["tenant", "account"], name="guest_of_account")]
