"""Customers that pass from hand to hand (ROL-02)."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Member
from cs_platform.kernel.tenancy import EntityModel, TenantForeignKey
from journey.enums import HandoffKind, HandoffState


class Handoff(EntityModel):
    """A customer is passed on, and nothing is passed until the taker says yes. Who gives may be no member (sales)."""

    audited: ClassVar[bool] = True

    account = TenantForeignKey(Account, models.CASCADE, related_name="handoffs")
    kind = models.CharField(_("Kind"), max_length=9, choices=HandoffKind)
    giver = TenantForeignKey(
        Member, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("Passed on by")
    )
    giver_name = models.CharField(_("Name"), max_length=120, blank=True)
    taker = TenantForeignKey(
        Member, models.SET_NULL, null=True, related_name="handoffs", verbose_name=_("Passed on to")
    )
    reason = models.CharField(_("Reason"), max_length=500)
    note = models.TextField(_("What they should know"), max_length=4000, blank=True)
    # [{"key", "text", "required", "done", "note"}] of handoffs.checklist; the key names a check that comes with the product.
    checklist = models.JSONField(default=list)
    due_on = models.DateField(_("Answer until"))
    state = models.CharField(max_length=9, choices=HandoffState, default=HandoffState.OPEN)
    answer = models.CharField(_("Answer"), max_length=500, blank=True)
    answered_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    # What passed along when it was accepted (handoffs.holdings).
    moved_tasks = models.PositiveIntegerField(_("Open tasks that moved along"), default=0)
    moved_plans = models.PositiveIntegerField(_("Plans that moved along"), default=0)
    moved_milestones = models.PositiveIntegerField(_("Milestones that moved along"), default=0)
    created_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    version = models.PositiveIntegerField(default=1)

    @property
    def from_whom(self) -> str:
        """Who gives: a member, or a name without a login; "" for a member who is gone."""
        return self.giver.name if self.giver else self.giver_name

    @property
    def by_another(self) -> bool:
        """Whether a person answered on behalf of the taker: who covers them, or who leads. A program speaks for them."""
        answered = self.state in (HandoffState.ACCEPTED, HandoffState.DECLINED)
        return answered and self.answered_by_id is not None and self.answered_by_id != self.taker_id

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "account", "kind"], condition=models.Q(state="open"), name="handoff_open_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state="open", answered_at=None) | ~models.Q(state="open"),
                name="handoff_open_is_not_answered",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "account", "-created_at"], name="handoff_of_account"),
            models.Index(fields=["tenant", "taker", "due_on"], name="handoff_waits", condition=models.Q(state="open")),
            models.Index(fields=["tenant", "updated_at", "id"], name="handoff_by_update"),
        ]
