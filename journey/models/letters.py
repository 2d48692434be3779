"""Mails that playbooks send to customers (REQUIREMENTS 1K)."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from accounts.models import Account, Contact, Member
from cs_platform.kernel.tenancy import EntityModel, TenantForeignKey
from journey.enums import LetterState
from journey.models.work import Play


class Letter(EntityModel):
    """One mail of a step of a play, as it was written and what became of it. A step writes once, however often it runs."""

    audited: ClassVar[bool] = True

    play = TenantForeignKey(Play, models.CASCADE, related_name="letters")
    step = models.CharField(max_length=40)
    account = TenantForeignKey(Account, models.CASCADE, related_name="letters")
    contact = TenantForeignKey(Contact, models.SET_NULL, null=True, related_name="letters")
    # Who signs, and to whom an answer goes.
    sender = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    address = models.EmailField(blank=True)
    language = models.CharField(max_length=5, default="en")
    subject = models.CharField(max_length=200)
    body = models.TextField(max_length=8000)
    # An office hour after it was written: until then it can be read, changed, sent and cancelled.
    goes_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=LetterState, default=LetterState.WAITING)
    # Why it was left out or failed, in the words of the product or of the mail server.
    reason = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "play", "step"], name="letter_once")]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "account", "-created_at"], name="letter_of_account"),
            models.Index(fields=["tenant", "goes_at"], name="letter_waits", condition=models.Q(state="waiting")),
            models.Index(fields=["tenant", "contact", "-sent_at"], name="letter_of_contact"),
        ]
