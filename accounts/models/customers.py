"""Customers: accounts and their dated attributes, segments, contacts, events (ACC-01, ACC-02, ACC-04, ACC-05)."""

from typing import Any, ClassVar, Self

from django.contrib.postgres.indexes import GinIndex
from django.db import connection, models
from django.db.models.expressions import RawSQL
from django.db.models.functions import Lower, Now, StrIndex
from django.db.models.lookups import GreaterThan
from django.utils.translation import gettext_lazy as _

from accounts.enums import (
    AccountEventKind,
    ChangeSource,
    Complexity,
    ContactRole,
    Engagement,
    HealthBand,
    Level,
    Profile,
    Source,
    Status,
    Tier,
)
from accounts.models.people import Member, in_care_of
from cs_platform.kernel.access import Scope
from cs_platform.kernel.tenancy import EntityModel, TenantForeignKey, TenantManager, TenantQuerySet

FEW_NAMED = 1000  # names that are looked up one by one rather than met on the way


class Segment(EntityModel):
    """A segment of the tenant, by its own name; it follows one of four profiles."""

    audited: ClassVar[bool] = True

    name = models.CharField(max_length=80)
    profile = models.CharField(max_length=12, choices=Profile, default=Profile.MID_MARKET)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["position", "name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "name"], name="segment_name")]

    def __str__(self) -> str:
        return self.name


def in_sight_of(member: Member) -> models.Q:
    """Rows with an `owner`, like accounts, that this member sees; see `AccountQuerySet.visible_to`."""
    scope = member.role.scope
    if scope == Scope.ALL:
        return models.Q()
    if scope == Scope.TEAM:
        team = models.Q(owner__team__leader=member)
        if member.team_id:
            team |= models.Q(owner__team_id=member.team_id)
        return team | models.Q(owner=None) | in_care_of(member)
    return in_care_of(member)


class AccountQuerySet(TenantQuerySet):
    """Words of account queries."""

    def visible_to(self, member: Member) -> Self:
        """The accounts that this member sees (ROL-01): the own book, with the team's and the ownerless, or all; with
        the books of those for whom they stand in today (ROL-02)."""
        sight = in_sight_of(member)
        return self.filter(sight) if sight else self

    def named_like(self, text: str) -> Self:
        """Accounts whose name holds `text` in any case; a query of its own asks the index which they are (D3).

        Where they are more than a few, as for one or two letters, the rows are read in their order and tested: a page
        is full soon. The planner must not take a test of names for a rare one, so it is written as a position.
        """
        needle = text.strip().lower()
        if not needle:
            return self
        with connection.cursor() as cursor:
            cursor.execute("SELECT accounts_named_like(%s, %s)::text[]", [needle, FEW_NAMED + 1])
            found = cursor.fetchone()[0]
        if len(found) <= FEW_NAMED:
            return self.filter(pk__in=RawSQL("SELECT unnest(%s::uuid[])", [found]))
        return self.filter(GreaterThan(StrIndex("name_key", models.Value(needle)), 0))


class Account(EntityModel):
    """A customer company, or with `level` a unit of one (ACC-12).

    `mrr_minor`, `renews_on`, `customer_since` and `status` are derived from the subscriptions by the revenue job, and
    `health_*` from the latest score by the health job. They are there for lists; ledger and scores are the truth.
    """

    audited: ClassVar[bool] = True

    external_id = models.CharField(_("External id"), max_length=200)
    name = models.CharField(_("Name"), max_length=200)
    name_key = models.GeneratedField(expression=Lower("name"), output_field=models.TextField(), db_persist=True)
    level = models.CharField(_("Level"), max_length=10, choices=Level, default=Level.COMPANY)
    parent = TenantForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="children", verbose_name=_("Parent")
    )
    segment = TenantForeignKey(
        Segment, models.PROTECT, null=True, blank=True, related_name="accounts", verbose_name=_("Segment")
    )
    owner = TenantForeignKey(
        Member, models.SET_NULL, null=True, blank=True, related_name="accounts", verbose_name=_("Owner")
    )
    industry = models.CharField(_("Industry"), max_length=80, blank=True)
    source = models.CharField(_("Source"), max_length=40, blank=True, choices=Source)
    region = models.CharField(_("Region"), max_length=80, blank=True)
    employees = models.PositiveIntegerField(_("Employees"), null=True, blank=True)
    domain = models.CharField(_("Domain"), max_length=200, blank=True)
    signed_on = models.DateField(_("Signed on"), null=True, blank=True)
    tier = models.CharField(_("Touch tier"), max_length=12, choices=Tier, blank=True)
    strategic = models.BooleanField(_("Strategic"), default=False)
    complexity = models.CharField(_("Complexity"), max_length=10, choices=Complexity, blank=True)
    cac_minor = models.BigIntegerField(_("Acquisition cost"), null=True, blank=True)
    referred_by = TenantForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="referrals", verbose_name=_("Referred by")
    )
    # One customer since: what this one pays and paid counts for the other, from the beginning (METRICS 4).
    merged_into = TenantForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="merged_from")
    merged_at = models.DateTimeField(null=True, blank=True)
    # Columns of the tenant's own files that are none of ours: {column: text}.
    attributes = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.PROSPECT)
    mrr_minor = models.BigIntegerField(default=0)
    renews_on = models.DateField(null=True)
    customer_since = models.DateField(null=True)
    # Of the latest score: 0 to 100, its band ("none" without enough data), the change over a week, and its day.
    health_score = models.FloatField(null=True)
    health_band = models.CharField(max_length=6, choices=HealthBand, db_default=HealthBand.NONE)
    health_change = models.FloatField(null=True)
    health_on = models.DateField(null=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[Any] = TenantManager.from_queryset(AccountQuerySet)()

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "external_id"], name="account_external_id")]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "name_key", "id"], name="account_by_name"),
            GinIndex(
                fields=["tenant", "name_key"], opclasses=["int8_ops", "gin_trgm_ops"], name="account_by_part_of_name"
            ),
            models.Index(fields=["tenant", "-mrr_minor", "id"], name="account_by_mrr"),
            models.Index(fields=["tenant", "owner", "status"], name="account_by_owner"),
            models.Index(fields=["tenant", "renews_on", "id"], name="account_by_renewal"),
            models.Index(fields=["tenant", "-customer_since", "id"], name="account_by_since"),
            models.Index(fields=["tenant", "health_score", "id"], name="account_by_health"),
            models.Index(fields=["tenant", "updated_at", "id"], name="account_by_update"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.name.split()[:2]).upper()


class AccountChange(EntityModel):
    """A dated value of an attribute that figures are cut by (segment, industry, source, owner, tier); append-only.

    The first value holds for all time before it (CONTRACTS 3, `segments`).
    """

    append_only: ClassVar[bool] = True

    account = TenantForeignKey(Account, models.CASCADE, related_name="changes")
    attribute = models.CharField(max_length=20)
    value = models.CharField(max_length=200, blank=True)
    effective_on = models.DateField()
    recorded_at = models.DateTimeField(db_default=Now())
    source = models.CharField(max_length=8, choices=ChangeSource)
    source_ref = models.UUIDField(null=True)

    class Meta(EntityModel.Meta):
        indexes: ClassVar = [
            models.Index(
                fields=["tenant", "account", "attribute", "effective_on", "recorded_at"], name="accountchange_history"
            ),
            models.Index(fields=["tenant", "attribute"], name="accountchange_by_attribute"),
        ]


class Contact(EntityModel):
    """A person at the customer (ACC-04, JRN-43)."""

    audited: ClassVar[bool] = True

    account = TenantForeignKey(Account, models.CASCADE, related_name="contacts")
    external_id = models.CharField(_("External id"), max_length=200)
    name = models.CharField(_("Name"), max_length=200)
    email = models.EmailField(_("E-mail"), blank=True)
    phone = models.CharField(_("Phone"), max_length=60, blank=True)
    title = models.CharField(_("Title"), max_length=120, blank=True)
    role = models.CharField(_("Role"), max_length=20, choices=ContactRole, blank=True)
    engagement = models.CharField(_("Engagement"), max_length=8, choices=Engagement, blank=True)
    language = models.CharField(_("Language"), max_length=5, blank=True)
    last_contact_on = models.DateField(_("Last contact"), null=True, blank=True)
    left_on = models.DateField(_("Left on"), null=True, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["left_on", "name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "external_id"], name="contact_external_id")]
        indexes: ClassVar = [models.Index(fields=["tenant", "updated_at", "id"], name="contact_by_update")]

    def __str__(self) -> str:
        return self.name

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.name.split()[:2]).upper()


class ContactPast(EntityModel):
    """A contact as it stood until a moment; append-only. Today's row is the truth now, and before the first of these.

    What was known of people at a moment is the earliest of these that ended after it, else the contact itself: a role
    that somebody got later gives no past score its points (HLT-11).
    """

    append_only: ClassVar[bool] = True

    contact = TenantForeignKey(Contact, models.CASCADE, related_name="past")
    account = TenantForeignKey(Account, models.CASCADE, related_name="+")
    role = models.CharField(max_length=20, blank=True)
    last_contact_on = models.DateField(null=True)
    left_on = models.DateField(null=True)
    until = models.DateTimeField(db_default=Now())

    class Meta(EntityModel.Meta):
        indexes: ClassVar = [models.Index(fields=["tenant", "contact", "until"], name="contactpast_of_contact")]


class AccountEvent(EntityModel):
    """Something that happened at the customer on a day (ACC-05, ACC-11)."""

    audited: ClassVar[bool] = True

    account = TenantForeignKey(Account, models.CASCADE, related_name="events")
    kind = models.CharField(_("Kind"), max_length=24, choices=AccountEventKind)
    happened_on = models.DateField(_("Happened on"))
    note = models.CharField(_("Note"), max_length=1000, blank=True)
    contact = TenantForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("Person")
    )
    recorded_at = models.DateTimeField(db_default=Now())
    recorded_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-happened_on", "-id"]
        indexes: ClassVar = [models.Index(fields=["tenant", "account", "-happened_on"], name="event_of_account")]

    def __str__(self) -> Any:
        return self.get_kind_display()
