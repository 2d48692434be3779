"""A plan of reassignment comes true: an offer for each customer, or at once where nobody is left to hand over (ROL-02)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.customers import merged_rows, refused
from accounts.enums import ImportKind
from accounts.merging import merge_accounts
from accounts.models import Account, Member, Tenant
from accounts.webhooks.announce import announce_all
from accounts.webhooks.events import Kind
from cs_platform.kernel.errors import Conflict
from journey.enums import HandoffKind, HandoffState
from journey.handoffs.books import takers
from journey.handoffs.holdings import Held, Move, pass_along
from journey.handoffs.services import REASON, offer_handoff, told
from journey.models import Handoff


@dataclass(frozen=True)
class Done:
    """How many customers were offered, how many changed hands at once, and what passed along with these."""

    offered: int = 0
    moved: int = 0
    along: Held = field(default_factory=Held)


@transaction.atomic
def carry_out(
    *,
    plan: Mapping[UUID, UUID],
    seen: Mapping[UUID, UUID | None],
    reason: str,
    at_once: bool,
    by: Member,
) -> Done:
    """Offer each customer of `plan` (account id: taker's id) to its taker, all or none. `seen` is whose each was when the
    plan was shown.

    With `at_once`, customers whose owner has left or who have none change hands now, with what the owner holds there
    (`holdings`); the others are offered. Conflict names a customer who has another owner meanwhile, or whose handoff waits; DomainError
    names the field.
    """
    reason = reason.strip()
    if not reason:
        raise refused("reason", _("Say why the customers pass on."))
    if len(reason) > REASON:
        raise refused("reason", _("At most %(limit)s characters fit here.") % {"limit": REASON})
    allowed = {member.id: member for member in takers(by)}
    if set(plan.values()) - set(allowed):
        raise refused("to", _("Choose among those who may take customers."))
    visible = Account.objects.visible_to(by).filter(id__in=plan).values("id")
    rows = Account.objects.filter(id__in=visible, merged_into=None).select_for_update(of=("self",))
    accounts = {row.id: row for row in rows.select_related("owner").order_by("id")}
    if len(accounts) < len(plan):
        raise Conflict(_("A customer of this plan is not there any more: make the plan anew."))
    moves: list[tuple[Account, Member]] = []
    offers: list[tuple[Account, Member]] = []
    for key, taker in plan.items():
        account = accounts[key]
        if account.owner_id != seen.get(key):
            words = {"name": account.name}
            raise Conflict(_("%(name)s has another owner meanwhile: make the plan anew.") % words)
        if account.owner_id == taker:
            continue
        silent = account.owner is None or not account.owner.is_active
        (moves if at_once and silent else offers).append((account, allowed[taker]))
    if not moves and not offers:
        raise refused("to", _("Nobody passes on in this plan."))
    for account, member in offers:
        try:
            offer_handoff(account=account, kind=HandoffKind.CSM_TO_CSM, taker=member, reason=reason, by=by)
        except Conflict as error:
            raise Conflict(f"{account.name}: {error.message}") from None
    return Done(len(offers), len(moves), _move(moves, reason, by))


def _move(moves: Collection[tuple[Account, Member]], reason: str, by: Member) -> Held:
    """The owner of each through the door of all writes, dated today like one of a file, with what the one who left holds
    there; each kept as a handoff that `by` answered for the taker. What passed along."""
    if not moves:
        return Held()
    cells: list[dict[str, Any]] = [
        {"account": account.external_id, "name": account.name, "owner_email": taker.user.email}
        for account, taker in moves
    ]
    merged_rows(merge_accounts, ImportKind.ACCOUNTS, cells, by)
    along = pass_along(
        {account.id: Move(frozenset([account.owner_id] if account.owner_id else []), taker) for account, taker in moves}
    )
    today, now = Tenant.current().today(), timezone.now()
    rows = [
        Handoff(
            account=account,
            kind=HandoffKind.CSM_TO_CSM,
            giver=account.owner or by,
            taker=taker,
            reason=reason,
            due_on=today,
            state=HandoffState.ACCEPTED,
            answered_by=by,
            answered_at=now,
            created_by=by,
            **along[account.id].columns(),
        )
        for account, taker in moves
    ]
    Handoff.objects.bulk_create(rows)
    announce_all(Kind.HANDOFF_ACCEPTED, [(row.account_id, told(row)) for row in rows])
    return sum(along.values(), Held())
