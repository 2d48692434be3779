"""What people say of movements: reason and ownership beside the ledger, which no word of theirs rewrites (MET-07).

A note is about one account, month and paid period: about the lines that the ledger has for these three, currency aside
(rates move by themselves). What a person says counts, else what was read off the terms; new business and currency are
not owned by the CS team, everything else is, unless somebody says so. `with_notes` says it of ledger lines one by one, as
the API lists them, and sql/movement_lines.sql of those that stand, as the page adds them up.
"""

import datetime as dt

from django.db import transaction
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, NullIf
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Account, Member, Subscription
from cs_platform.kernel.errors import DomainError
from metrics.enums import GROWING_REASONS, SHRINKING_REASONS, MovementKind, MovementReason
from metrics.models import MovementNote, MrrMovement

# What the CS team does not own unless somebody says so.
NOT_OWNED = (MovementKind.NEW, MovementKind.FX)


def with_notes(lines: QuerySet[MrrMovement]) -> QuerySet[MrrMovement]:
    """Ledger lines with `effective_reason`, `cs_owned`, and what was said: `said_reason` ("" when nothing), `said`."""
    about = {"account": OuterRef("account"), "month": OuterRef("month"), "subscription": OuterRef("subscription")}
    kind = ExpressionWrapper(OuterRef("kind"), output_field=CharField())
    notes = MovementNote.objects.filter(**about).annotate(kind=kind).exclude(kind=MovementKind.FX)
    said_reason = Subquery(notes.values("reason")[:1], output_field=CharField())
    return lines.annotate(
        said_reason=Coalesce(said_reason, Value("")),
        said=Coalesce(Subquery(notes.values("note")[:1], output_field=CharField()), Value("")),
        effective_reason=Coalesce(NullIf(said_reason, Value("")), F("reason")),
        cs_owned=Coalesce(
            Subquery(notes.values("cs_owned")[:1], output_field=BooleanField()),
            Case(When(Q(kind__in=NOT_OWNED), then=Value(False)), default=Value(True)),
        ),
    )


def _fits(reason: str, kind: str, derived: str) -> bool:
    """Whether a line of that kind may have the reason: one that only the other direction has fits nothing but a product
    that went the other way than its account.

    Example: an account shrinks although one of its products was sold up. "Upsell" fits that product and no other.
    """
    shrinks = kind in (MovementKind.CONTRACTION, MovementKind.CHURN)
    opposite = GROWING_REASONS if shrinks else SHRINKING_REASONS
    return reason not in opposite or derived in opposite


@transaction.atomic
def note_movement(
    *,
    account: Account,
    month: dt.date,
    subscription: Subscription,
    by: Member,
    reason: str = "",
    cs_owned: bool | None = None,
    note: str = "",
) -> MovementNote | None:
    """Say why the account's money moved in a month by this period, and whether the CS team owns it. Replaces what was
    said before; saying nothing at all takes it back (None). Audited; figures by reason or ownership read it at once.

    DomainError names the field: a reason that does not exist, is currency or says the opposite of what moved (a
    contraction is no upsell), a month without a line of this period.
    The caller has made sure that `by` sees the account and may write.
    """
    if reason and (reason not in MovementReason.values or reason == MovementReason.CURRENCY):
        raise DomainError(_("Choose one of the reasons."), fields={"reason": _("Choose one of the reasons.")})
    text = note.strip()
    if len(text) > 500:
        limit = _("At most %(limit)s characters fit here.") % {"limit": 500}
        raise DomainError(limit, fields={"note": limit})
    lines = MrrMovement.objects.filter(account=account, month=month, subscription=subscription)
    moved = list(
        lines.exclude(kind=MovementKind.FX).values("kind", "reason").annotate(amount=Sum("amount_minor")).order_by()
    )
    if not moved:
        raise DomainError(_("The ledger has no movement of this period in this month."), code="no_movement")
    standing = [each for each in moved if each["amount"]]
    if reason and standing and not any(_fits(reason, each["kind"], each["reason"]) for each in standing):
        opposite = _("This reason says the opposite of what moved.")
        raise DomainError(opposite, fields={"reason": opposite})
    about = {"account": account, "month": month, "subscription": subscription}
    if not reason and cs_owned is None and not text:
        MovementNote.objects.filter(**about).delete()
        return None
    said = {"reason": reason, "cs_owned": cs_owned, "note": text, "noted_by": by, "noted_at": timezone.now()}
    saved, _made = MovementNote.objects.update_or_create(**about, defaults=said)
    return saved
