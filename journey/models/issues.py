"""The issue log across functions: what customers miss, who answers it, and what it is worth (ACC-14)."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.enums import ChangeSource
from accounts.models import Account, Contact, Member
from cs_platform.kernel.tenancy import EntityModel, TenantForeignKey
from journey.enums import Function, IssueKind, IssueState, Weight

# The states in which it is answered for good; the other ones are open.
ENDED = (IssueState.SHIPPED, IssueState.DECLINED)


class Issue(EntityModel):
    """What the product or the service lacks for one customer or many, and how the team that was asked answers."""

    audited: ClassVar[bool] = True

    external_id = models.CharField(_("External id"), max_length=200)
    title = models.CharField(_("Issue"), max_length=200)
    description = models.TextField(_("What happens, and what is needed"), max_length=4000, blank=True)
    kind = models.CharField(_("Kind"), max_length=8, choices=IssueKind, default=IssueKind.GAP)
    function = models.CharField(_("Passed on to"), max_length=8, choices=Function, default=Function.PRODUCT)
    state = models.CharField(_("State"), max_length=9, choices=IssueState, default=IssueState.NEW)
    owner = TenantForeignKey(
        Member, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("Followed by")
    )
    # Where the other team works on it: its tracker's own address and name.
    link = models.URLField(_("Link"), max_length=500, blank=True)
    reference = models.CharField(_("Their reference"), max_length=120, blank=True)
    promised_on = models.DateField(_("Promised for"), null=True, blank=True)
    answer = models.TextField(_("Answer"), max_length=2000, blank=True)
    # The one that says the same, where this one ended because of it: its accounts are counted there.
    merged_into = TenantForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="merged", verbose_name=_("Says the same as")
    )
    reported_on = models.DateField(_("Reported on"))
    ended_on = models.DateField(null=True)
    created_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    source = models.CharField(max_length=8, choices=ChangeSource)
    source_ref = models.UUIDField(null=True)
    recorded_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-reported_on", "-id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "external_id"], name="issue_external_id")]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "state", "-reported_on"], name="issue_by_state"),
            models.Index(fields=["tenant", "updated_at", "id"], name="issue_by_update"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to answer it."""
        return self.state not in ENDED


class IssueAccount(EntityModel):
    """A customer has this issue: how much it means to them and who said so."""

    audited: ClassVar[bool] = True

    issue = TenantForeignKey(Issue, models.CASCADE, related_name="accounts")
    account = TenantForeignKey(Account, models.CASCADE, related_name="issues")
    weight = models.CharField(_("Weight"), max_length=9, choices=Weight, default=Weight.IMPORTANT)
    contact = TenantForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("Person")
    )
    note = models.CharField(_("In their words"), max_length=500, blank=True)
    since = models.DateField(_("Since"))
    # When the customer was told how it was answered.
    told_on = models.DateField(null=True, blank=True)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["since", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "issue", "account"], name="issueaccount_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["tenant", "account"], name="issueaccount_of_account")]
