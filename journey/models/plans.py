"""What was agreed with a customer: plans and their milestones (JRN-07, JRN-09, JRN-11, VAL-02)."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.enums import ChangeSource
from accounts.models import Account, Contact, Member, Segment
from cs_platform.kernel.tenancy import EntityModel, TenantForeignKey
from journey.enums import Blocker, PlanKind, PlanState
from journey.models.tracks import Track


class PlanTemplate(EntityModel):
    """Milestones that plans of a segment begin with (JRN-12), beside those that come with the product."""

    audited: ClassVar[bool] = True

    name = models.CharField(_("Name"), max_length=120)
    kind = models.CharField(_("Kind"), max_length=10, choices=PlanKind, default=PlanKind.ONBOARDING)
    segment = TenantForeignKey(Segment, models.SET_NULL, null=True, blank=True, related_name="+")
    # [{"name", "days", "customer": bool, "needs": [positions], "criterion": key or ""}], checked by plans.templates.
    milestones = models.JSONField(default=list)
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "name"], name="plantemplate_name")]

    def __str__(self) -> str:
        return self.name


class Plan(EntityModel):
    """A plan with a customer: what happens by when, who sees to it on both sides, what holds it up."""

    audited: ClassVar[bool] = True

    external_id = models.CharField(_("External id"), max_length=200)
    account = TenantForeignKey(Account, models.CASCADE, related_name="plans")
    track = TenantForeignKey(Track, models.SET_NULL, null=True, blank=True, related_name="plans")
    kind = models.CharField(_("Kind"), max_length=10, choices=PlanKind, default=PlanKind.ONBOARDING)
    name = models.CharField(_("Name"), max_length=200)
    goal = models.CharField(_("What it is for"), max_length=500, blank=True)
    owner = TenantForeignKey(
        Member, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("Our owner")
    )
    customer_owner = TenantForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("Customer's owner")
    )
    starts_on = models.DateField(_("From"))
    target_on = models.DateField(_("Until"))
    state = models.CharField(max_length=8, choices=PlanState, default=PlanState.ACTIVE)
    ended_on = models.DateField(null=True)
    template = models.CharField(max_length=120, blank=True)
    source = models.CharField(max_length=8, choices=ChangeSource)
    source_ref = models.UUIDField(null=True)
    recorded_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-starts_on", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "external_id"], name="plan_external_id"),
            models.CheckConstraint(condition=models.Q(target_on__gte=models.F("starts_on")), name="plan_ends_after"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "account", "-starts_on"], name="plan_of_account"),
            models.Index(fields=["tenant", "updated_at", "id"], name="plan_by_update"),
        ]

    def __str__(self) -> str:
        return self.name


class Milestone(EntityModel):
    """A step of a plan with a day, an owner on both sides, and what holds it up."""

    audited: ClassVar[bool] = True

    plan = TenantForeignKey(Plan, models.CASCADE, related_name="milestones")
    name = models.CharField(_("Milestone"), max_length=200)
    position = models.PositiveSmallIntegerField(default=0)
    due_on = models.DateField(_("Until"))
    owner = TenantForeignKey(
        Member, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("Our owner")
    )
    customer_owner = TenantForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("Customer's owner")
    )
    # The criterion of the stage that it shows, where it shows one.
    criterion = models.CharField(max_length=40, blank=True)
    done_on = models.DateField(_("Done on"), null=True, blank=True)
    done_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    blocker = models.CharField(_("Held up by"), max_length=14, choices=Blocker, blank=True)
    blocked_on = models.DateField(null=True, blank=True)
    note = models.CharField(_("Note"), max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["position", "due_on", "id"]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "plan", "position"], name="milestone_of_plan"),
            models.Index(fields=["tenant", "due_on"], name="milestone_due", condition=models.Q(done_on=None)),
        ]

    def __str__(self) -> str:
        return self.name


class MilestoneNeed(EntityModel):
    """A milestone waits for another one of its plan."""

    milestone = TenantForeignKey(Milestone, models.CASCADE, related_name="needs")
    needs = TenantForeignKey(Milestone, models.CASCADE, related_name="needed_by")

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "milestone", "needs"], name="milestoneneed_once"),
            models.CheckConstraint(condition=~models.Q(milestone=models.F("needs")), name="milestoneneed_of_another"),
        ]
