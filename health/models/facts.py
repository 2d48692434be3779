"""Engagement, support and outcomes: the facts of the other three components (ACC-06, ACC-07, ACC-10, VAL-01 to VAL-03).

`known_on` is the day on which we knew of a fact: the day it happened when it came within two days or in a file of
history, else the day it was received. A past score is rebuilt from what was known then.
"""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.enums import ChangeSource
from accounts.models import Account, Contact, Member
from cs_platform.kernel.tenancy import EntityModel, TenantForeignKey
from health.enums import (
    OutcomeMetric,
    Sentiment,
    SurveyContext,
    SurveyKind,
    TicketPriority,
    TouchpointKind,
    TouchpointStatus,
)


class Fact(models.Model):
    """What every fact carries: where it came from, when it was known, and its version for concurrent edits."""

    known_on = models.DateField()
    recorded_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    source = models.CharField(max_length=8, choices=ChangeSource)
    source_ref = models.UUIDField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        abstract = True


class Ticket(EntityModel, Fact):
    """A support ticket as its state changes leave it (ACC-07). Minutes follow the tenant's business hours, or the
    calendar where there are none."""

    audited: ClassVar[bool] = True

    external_id = models.CharField(_("Ticket"), max_length=200)
    account = TenantForeignKey(Account, models.CASCADE, related_name="tickets")
    user_ref = models.CharField(_("Reported by"), max_length=200, blank=True)
    subject = models.CharField(_("Subject"), max_length=300, blank=True)
    category = models.CharField(_("Category"), max_length=120, blank=True)
    state = models.CharField(_("State"), max_length=60)
    # The tenant's own word, as reports give it, and what it means to us.
    priority = models.CharField(_("Priority"), max_length=60, blank=True)
    level = models.CharField(max_length=8, choices=TicketPriority, default=TicketPriority.NORMAL)
    opened_at = models.DateTimeField(_("Opened"))
    first_response_at = models.DateTimeField(_("First response"), null=True, blank=True)
    resolved_at = models.DateTimeField(_("Resolved"), null=True, blank=True)
    closed_at = models.DateTimeField(_("Closed"), null=True, blank=True)
    reopened_at = models.DateTimeField(null=True, blank=True)
    reopen_count = models.PositiveIntegerField(default=0)
    reassignment_count = models.PositiveIntegerField(default=0)
    # Escalated by name (to leadership or to product), or reassigned twice or more.
    escalated_at = models.DateTimeField(null=True, blank=True)
    escalated_to = models.CharField(_("Escalated to"), max_length=60, blank=True)
    first_response_minutes = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    resolution_minutes = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    sentiment = models.CharField(_("Sentiment"), max_length=8, choices=Sentiment, blank=True)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-opened_at", "-id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "external_id"], name="ticket_external_id")]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "account", "-opened_at"], name="ticket_of_account"),
            models.Index(fields=["tenant", "updated_at", "id"], name="ticket_by_update"),
            # Since when the tenant has had any tickets is asked at each score.
            models.Index(fields=["tenant", "known_on"], name="ticket_known"),
            models.Index(
                fields=["tenant", "opened_at"], name="ticket_open", condition=models.Q(resolved_at=None, closed_at=None)
            ),
        ]

    def __str__(self) -> str:
        return self.subject or self.external_id


class TicketChange(EntityModel):
    """One state change of a ticket as it was sent; a ticket is derived from all of its changes, in whatever order they
    came. Append-only."""

    append_only: ClassVar[bool] = True

    ticket = TenantForeignKey(Ticket, models.CASCADE, related_name="changes")
    event_at = models.DateTimeField()
    state = models.CharField(max_length=60)
    # The other columns of the row, {field: value}: what the ticket is derived from.
    cells = models.JSONField(default=dict)
    digest = models.CharField(max_length=32)
    known_on = models.DateField()
    recorded_at = models.DateTimeField(db_default=Now())
    source = models.CharField(max_length=8, choices=ChangeSource)
    source_ref = models.UUIDField(null=True)

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "ticket", "event_at", "digest"], name="ticketchange_once"),
        ]


class HeldTicket(EntityModel):
    """A row of a ticket whose account does not exist yet; merged by itself when it appears."""

    account_ref = models.CharField(max_length=200)
    # The row as it was sent, {field: text}.
    cells = models.JSONField()
    digest = models.CharField(max_length=32)
    source = models.CharField(max_length=8, choices=ChangeSource)
    source_ref = models.UUIDField(null=True)
    received_at = models.DateTimeField(db_default=Now())

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "digest"], name="heldticket_once")]
        indexes: ClassVar = [models.Index(fields=["tenant", "account_ref"], name="heldticket_waiting")]


class Touchpoint(EntityModel, Fact):
    """An activity with the customer (ACC-06, ACC-09)."""

    audited: ClassVar[bool] = True

    external_id = models.CharField(_("External id"), max_length=200)
    account = TenantForeignKey(Account, models.CASCADE, related_name="touchpoints")
    contact = TenantForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="touchpoints", verbose_name=_("Person")
    )
    member = TenantForeignKey(Member, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("By"))
    kind = models.CharField(_("Kind"), max_length=12, choices=TouchpointKind)
    status = models.CharField(_("Status"), max_length=10, choices=TouchpointStatus, default=TouchpointStatus.ATTENDED)
    happened_at = models.DateTimeField(_("When"))
    inbound = models.BooleanField(_("Begun by the customer"), default=False)
    minutes = models.PositiveIntegerField(_("Minutes"), null=True, blank=True)
    opened_at = models.DateTimeField(_("Opened"), null=True, blank=True)
    clicked_at = models.DateTimeField(_("Clicked"), null=True, blank=True)
    replied_at = models.DateTimeField(_("Answered"), null=True, blank=True)
    sentiment = models.CharField(_("Sentiment"), max_length=8, choices=Sentiment, blank=True)
    subject = models.CharField(_("Subject"), max_length=200, blank=True)
    note = models.TextField(_("Note"), max_length=4000, blank=True)
    # Who else is, or was, there: contacts of the account, and members. Ids without constraints: the one door checks them.
    attendees = ArrayField(models.UUIDField(), db_default=[])
    colleagues = ArrayField(models.UUIDField(), db_default=[])

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-happened_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "external_id"], name="touchpoint_external_id")
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "account", "-happened_at"], name="touchpoint_of_account"),
            models.Index(fields=["tenant", "updated_at", "id"], name="touchpoint_by_update"),
            models.Index(fields=["tenant", "member", "-happened_at"], name="touchpoint_of_member"),
            # Whether the tenant notes any feedback at all is asked at each score.
            models.Index(
                fields=["tenant", "known_on"],
                name="touchpoint_feedback",
                condition=models.Q(kind__in=["feedback", "community"]),
            ),
        ]

    def __str__(self) -> str:
        return self.subject or str(self.get_kind_display())


class Survey(EntityModel, Fact):
    """One answer to a survey (ACC-10). NPS runs from 0 to 10; CSAT to `scale`; CES from 1 to `scale`, low is easy."""

    audited: ClassVar[bool] = True

    external_id = models.CharField(_("External id"), max_length=200)
    account = TenantForeignKey(Account, models.CASCADE, related_name="surveys")
    contact = TenantForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("Person")
    )
    kind = models.CharField(_("Kind"), max_length=12, choices=SurveyKind)
    context = models.CharField(
        _("Asked after"), max_length=12, choices=SurveyContext, default=SurveyContext.RELATIONSHIP
    )
    score = models.DecimalField(_("Score"), max_digits=6, decimal_places=2)
    scale = models.PositiveSmallIntegerField(_("Highest score"), default=10)
    answered_at = models.DateTimeField(_("Answered"))
    comment = models.TextField(_("Comment"), max_length=4000, blank=True)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-answered_at", "-id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "external_id"], name="survey_external_id")]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "account", "-answered_at"], name="survey_of_account"),
            models.Index(fields=["tenant", "kind", "-answered_at"], name="survey_of_kind"),
            models.Index(fields=["tenant", "updated_at", "id"], name="survey_by_update"),
        ]


class Outcome(EntityModel, Fact):
    """A success criterion of the customer: measure, baseline, target, deadline and source of the data (VAL-01)."""

    audited: ClassVar[bool] = True

    external_id = models.CharField(_("External id"), max_length=200)
    account = TenantForeignKey(Account, models.CASCADE, related_name="outcomes")
    name = models.CharField(_("Success criterion"), max_length=200)
    metric = models.CharField(_("Measures"), max_length=12, choices=OutcomeMetric, default=OutcomeMetric.OTHER)
    unit = models.CharField(_("Unit"), max_length=40, blank=True)
    baseline = models.DecimalField(_("Baseline"), max_digits=20, decimal_places=4)
    target = models.DecimalField(_("Target"), max_digits=20, decimal_places=4)
    agreed_on = models.DateField(_("Agreed on"))
    due_on = models.DateField(_("Deadline"))
    data_source = models.CharField(_("Source of the data"), max_length=200)
    owner = TenantForeignKey(
        Member, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("Our owner")
    )
    customer_owner = TenantForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("Customer's owner")
    )
    # The first value milestone of the account (MET-14); its confirmation ends the clock of time to value.
    first_value = models.BooleanField(_("First value"), default=False)
    confirmed_on = models.DateField(_("Confirmed by the customer on"), null=True, blank=True)
    confirmed_by = TenantForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("Confirmed by")
    )
    value_minor = models.BigIntegerField(_("Value a year"), null=True, blank=True)
    story = models.TextField(_("Value story"), max_length=8000, blank=True)
    dropped_on = models.DateField(_("Dropped on"), null=True, blank=True)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["due_on", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "external_id"], name="outcome_external_id"),
            models.CheckConstraint(condition=~models.Q(target=models.F("baseline")), name="outcome_has_a_way"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "account", "due_on"], name="outcome_of_account"),
            models.Index(fields=["tenant", "updated_at", "id"], name="outcome_by_update"),
        ]

    def __str__(self) -> str:
        return self.name


class OutcomeMeasurement(EntityModel):
    """What was measured on a day; the latest recorded one of a day counts. Append-only."""

    append_only: ClassVar[bool] = True

    outcome = TenantForeignKey(Outcome, models.CASCADE, related_name="measurements")
    measured_on = models.DateField(_("Measured on"))
    value = models.DecimalField(_("Value"), max_digits=20, decimal_places=4)
    note = models.CharField(_("Note"), max_length=500, blank=True)
    known_on = models.DateField()
    recorded_at = models.DateTimeField(db_default=Now())
    recorded_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-measured_on", "-recorded_at"]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "outcome", "-measured_on", "-recorded_at"], name="measurement_latest"),
        ]
