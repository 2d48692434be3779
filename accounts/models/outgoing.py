"""What leaves the product by itself: webhooks with their log, and the addresses that want no mail (API-03)."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.enums import DeliveryState, OptOutHow
from accounts.models.customers import Account
from accounts.models.people import Member
from cs_platform.kernel.tenancy import EntityModel, TenantForeignKey


class WebhookEndpoint(EntityModel):
    """Where events are sent. Its secret is not kept: it follows from the product's key, the row and its generation."""

    audited: ClassVar[bool] = True

    name = models.CharField(_("Name"), max_length=80)
    url = models.URLField(_("Address"), max_length=500)
    # Kinds of events, names of accounts.webhooks.events; empty: all.
    events = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    enabled = models.BooleanField(_("On"), default=True)
    generation = models.PositiveIntegerField(default=1)
    # For a day after this the secret of the generation before signs too.
    rotated_at = models.DateTimeField(null=True)
    # Since when nothing has arrived; what waits is not tried again before `paused_until`.
    failing_since = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)
    created_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "name"], name="webhookendpoint_name")]

    def __str__(self) -> str:
        return self.name


class WebhookEvent(EntityModel):
    """Something that happened and that an endpoint wants to know; written with the fact itself, never changed, and deleted
    by the night after 30 days."""

    kind = models.CharField(max_length=40)
    account = TenantForeignKey(Account, models.CASCADE, null=True, related_name="+")
    # What is sent as `data`: documented for each kind in docs/webhooks.md.
    data = models.JSONField(default=dict)
    at = models.DateTimeField(db_default=Now())

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-at", "-id"]
        indexes: ClassVar = [models.Index(fields=["tenant", "-at"], name="webhookevent_by_time")]


class WebhookDelivery(EntityModel):
    """An event on its way to an endpoint: at least once, tried again with growing pauses for a day."""

    endpoint = TenantForeignKey(WebhookEndpoint, models.CASCADE, related_name="deliveries")
    event = TenantForeignKey(WebhookEvent, models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=9, choices=DeliveryState, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(db_default=Now())
    # When it was put on its way, or again by hand: a day after this it is given up.
    since = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "endpoint", "event"], name="webhookdelivery_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant", "endpoint", "next_at"],
                name="webhookdelivery_due",
                condition=models.Q(state="waiting"),
            ),
            models.Index(fields=["tenant", "endpoint", "-id"], name="webhookdelivery_log"),
        ]


class WebhookAttempt(EntityModel):
    """One try of a delivery and what came back; goes with it."""

    delivery = TenantForeignKey(WebhookDelivery, models.CASCADE, related_name="tries")
    at = models.DateTimeField(db_default=Now())
    status = models.PositiveSmallIntegerField(null=True)  # of HTTP; none when nothing answered
    error = models.CharField(max_length=300, blank=True)
    answer = models.CharField(max_length=500, blank=True)
    milliseconds = models.PositiveIntegerField(default=0)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-at", "-id"]
        indexes: ClassVar = [models.Index(fields=["tenant", "delivery", "-at"], name="webhookattempt_of_delivery")]


class MailOptOut(EntityModel):
    """An address that wants no mail from playbooks. Never asked again unless a person takes it back with a reason."""

    audited: ClassVar[bool] = True

    address = models.EmailField(_("E-mail"))  # in lower case
    how = models.CharField(max_length=8, choices=OptOutHow, default=OptOutHow.LINK)
    by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    note = models.CharField(_("Note"), max_length=200, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-at", "-id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "address"], name="mailoptout_once")]

    def __str__(self) -> str:
        return self.address
