"""Usage: what came in (receipts, keys, held items), raw events by day, and what is rolled up from them (ACC-08)."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, ApiKey, Import, Member
from cs_platform.kernel.tenancy import DerivedModel, EntityModel, TenantForeignKey, TenantModel
from health.enums import HeldState, ReceiptKind


class Receipt(EntityModel):
    """One batch: what it held and what became of it. The four outcomes add up to what was received, by constraint."""

    kind = models.CharField(max_length=8, choices=ReceiptKind)
    api_key = TenantForeignKey(ApiKey, models.SET_NULL, null=True, related_name="+")
    run = TenantForeignKey(Import, models.SET_NULL, null=True, related_name="+")
    received_at = models.DateTimeField(db_default=Now())
    received = models.PositiveIntegerField()
    accepted = models.PositiveIntegerField()
    duplicate = models.PositiveIntegerField()
    quarantined = models.PositiveIntegerField()
    rejected = models.PositiveIntegerField()
    # Of the accepted: the latest moment that an event of the batch happened.
    latest_at = models.DateTimeField(null=True)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-received_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["tenant", "-received_at", "-id"], name="receipt_recent")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(
                    received=models.F("accepted")
                    + models.F("duplicate")
                    + models.F("quarantined")
                    + models.F("rejected")
                ),
                name="receipt_adds_up",
            ),
        ]


class UsageEvent(TenantModel):
    """A raw event, kept for `EVENT_DAYS` days in one partition for each day (see usage/storage.py).

    `day` is the day in the tenant's zone when it came in; `known_on` that same day, or the day it was received when it
    came late, so that a past day can be asked what was known then. It has no unique key: `UsageKey` has it.
    """

    pk = models.CompositePrimaryKey("tenant_id", "message_id")
    message_id = models.UUIDField()
    day = models.DateField()
    occurred_at = models.DateTimeField()
    account_id = models.UUIDField()
    # The user's own id in the tenant's product; empty for an event without a user.
    user_ref = models.CharField(max_length=200, blank=True)
    event = models.CharField(max_length=120)
    quantity = models.DecimalField(max_digits=20, decimal_places=6)
    session = models.CharField(max_length=200, blank=True)
    known_on = models.DateField()
    received_at = models.DateTimeField(db_default=Now())
    receipt_id = models.UUIDField()

    class Meta(TenantModel.Meta):
        managed = False
        db_table = "health_usageevent"


class UsageKey(TenantModel):
    """A message that was seen, with the digest of what it said: the one unique key of stored and held events."""

    pk = models.CompositePrimaryKey("tenant_id", "message_id")
    message_id = models.UUIDField()
    digest = models.BinaryField(max_length=16)
    received_on = models.DateField()

    class Meta(TenantModel.Meta):
        db_table = "health_usagekey"


class UsageTouched(TenantModel):
    """A batch touched this account and day: its rollups are out of date. Only added and taken away, never changed, so
    that no batch waits for another."""

    pk = models.CompositePrimaryKey("tenant_id", "day", "account_id", "receipt_id")
    receipt_id = models.UUIDField()
    account_id = models.UUIDField()
    day = models.DateField()

    class Meta(TenantModel.Meta):
        db_table = "health_usagetouched"


class HeldEvent(EntityModel):
    """An item that was not stored: quarantined (unknown account, implausible time) or refused. `raw` is what was sent."""

    state = models.CharField(max_length=12, choices=HeldState)
    receipt = TenantForeignKey(Receipt, models.CASCADE, related_name="held")
    position = models.PositiveIntegerField()
    code = models.CharField(max_length=40)
    field = models.CharField(max_length=80, blank=True)
    message = models.CharField(max_length=300)
    # The event as it will be stored, {field: value}; null when it cannot be read.
    event = models.JSONField(null=True)
    raw = models.TextField(blank=True)
    message_id = models.UUIDField(null=True)
    account_ref = models.CharField(max_length=200, blank=True)
    occurred_at = models.DateTimeField(null=True)
    # What it became: the receipt of the batch that stored it at last.
    released_by = TenantForeignKey(Receipt, models.SET_NULL, null=True, related_name="+")
    changed_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    received_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-received_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "state", "-received_at", "-id"], name="heldevent_inbox"),
            models.Index(
                fields=["tenant", "account_ref"], name="heldevent_waiting", condition=models.Q(state="quarantined")
            ),
        ]


class UsageUser(EntityModel):
    """Somebody who uses the product, by the id that the product sends.

    `account` is where they were seen last, at the moment `seen_at`: of their latest event, or of a later word (Segment's
    group call) that says where they belong.
    """

    external_id = models.CharField(_("User id"), max_length=200)
    account = TenantForeignKey(Account, models.SET_NULL, null=True, related_name="+")
    first_day = models.DateField(null=True)
    last_day = models.DateField(null=True)
    seen_at = models.DateTimeField(null=True)
    # What was said of somebody whose account is not known yet, {name, email, phone, title}: of it a contact is made once
    # it is, and nothing is kept here afterwards.
    traits = models.JSONField(null=True)

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "external_id"], name="usageuser_external_id")
        ]
        indexes: ClassVar = [models.Index(fields=["tenant", "account", "-last_day"], name="usageuser_of_account")]


class UserMonth(DerivedModel):
    """The days of a month on which a user used the product at an account: bit n of `days` is day n + 1.

    `core_days` counts only core features. A late event lies in a row of its own with the day it was known.
    """

    pk = models.CompositePrimaryKey("tenant_id", "account_id", "month", "user_id", "known_on")
    account_id = models.UUIDField()
    user_id = models.UUIDField()
    month = models.DateField()
    # First day of the month when every event came in time, else the day on which the late ones were received.
    known_on = models.DateField()
    days = models.IntegerField()
    core_days = models.IntegerField(default=0)

    class Meta(DerivedModel.Meta):
        db_table = "health_usermonth"


class AccountDay(DerivedModel):
    """What an account did on a day; `known_on` is that day, or the later one on which further events were received."""

    pk = models.CompositePrimaryKey("tenant_id", "account_id", "day", "known_on")
    account_id = models.UUIDField()
    day = models.DateField()
    known_on = models.DateField()
    events = models.IntegerField()
    quantity = models.DecimalField(max_digits=26, decimal_places=6)
    sessions = models.IntegerField(default=0)
    session_seconds = models.BigIntegerField(default=0)

    class Meta(DerivedModel.Meta):
        db_table = "health_accountday"
        indexes: ClassVar = [models.Index(fields=["tenant", "day"], name="accountday_by_day")]


class FeatureDay(DerivedModel):
    """How much an account used a feature on a day (see `AccountDay` for `known_on`)."""

    pk = models.CompositePrimaryKey("tenant_id", "account_id", "day", "feature_id", "known_on")
    account_id = models.UUIDField()
    feature_id = models.UUIDField()
    day = models.DateField()
    known_on = models.DateField()
    events = models.IntegerField()
    quantity = models.DecimalField(max_digits=26, decimal_places=6)
    users = models.IntegerField(default=0)

    class Meta(DerivedModel.Meta):
        db_table = "health_featureday"
        indexes: ClassVar = [models.Index(fields=["tenant", "feature_id", "day"], name="featureday_by_feature")]
