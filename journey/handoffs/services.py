"""Verbs on handoffs: offer, tick, accept or decline, withdraw (ROL-02). Nothing passes on until the taker says yes.

Each locks its row. `version` is the one that the person saw: Conflict when the row was changed since, and None takes
whatever stands. `by` is None for a program, which speaks for the taker. DomainError names the field.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.absences import stands_in_for
from accounts.customers import give_account, refused
from accounts.enums import ChangeSource
from accounts.merging import Origin
from accounts.models import Account, Member, Tenant
from accounts.webhooks.announce import announce
from accounts.webhooks.events import Kind
from cs_platform.kernel.access import Permission, Scope
from cs_platform.kernel.edits import check_seen, put
from cs_platform.kernel.errors import Conflict, DomainError, NotAllowed
from journey.enums import HandoffKind, HandoffState, WorkType
from journey.handoffs import checklist
from journey.handoffs.holdings import Held, Move, pass_along
from journey.models import Handoff
from journey.work.services import add_task
from journey.work.sharing import who_sees

ANSWER_DAYS = 3  # until when an answer is asked for, unless somebody says another day
LONGEST = dt.timedelta(days=366)
FOLLOW_DAYS = 7  # by when sales takes up what was passed on to it
REASON, NOTE, NAME = 500, 4000, 120
# Kinds after which the taker looks after the customer.
PASSES_ON = (HandoffKind.SALES_TO_CS, HandoffKind.ONBOARDING_TO_CSM, HandoffKind.CSM_TO_CSM)
# Kinds that the CSM of the account gives, whoever writes them.
OWNERS = (HandoffKind.CSM_TO_SALES, HandoffKind.CSM_TO_CSM)


@transaction.atomic
def offer_handoff(
    *,
    account: Account,
    kind: str,
    taker: Member,
    reason: str,
    by: Member | None,
    giver: Member | None = None,
    giver_name: str = "",
    note: str = "",
    due_on: dt.date | None = None,
    added: Sequence[str] = (),
) -> Handoff:
    """Offer a customer to `taker`, with the checks of the kind and those that are `added`.

    Without a word about the giver it is whoever looks after the customer (CSM to …), else `by`; a giver without an account
    here is a name. Conflict when one of this kind waits already.
    """
    if kind not in HandoffKind.values:
        raise refused("kind", _("Choose one of the list."))
    if account.merged_into_id is not None:
        raise refused("account", _("This account was merged. Choose the one that it was merged into."))
    giver_name = giver_name.strip()
    if giver is None and not giver_name:
        giver = account.owner if kind in OWNERS and account.owner is not None else by
    if giver is None and not giver_name:
        raise refused("giver", _("Say who passes the customer on."))
    today = _today()
    values = {
        "reason": reason.strip(),
        "note": note.strip(),
        "giver_name": "" if giver else giver_name,
        "due_on": due_on or today + dt.timedelta(days=ANSWER_DAYS),
    }
    _check_words(values, today)
    _check_taker(taker, account, kind, giver)
    try:
        with transaction.atomic():
            return Handoff.objects.create(
                account=account,
                kind=kind,
                giver=giver,
                taker=taker,
                checklist=checklist.items_of(kind, added),
                created_by=by,
                **values,
            )
    except IntegrityError:
        raise Conflict(_("A handoff of this kind waits for its answer already."), code="exists") from None


@transaction.atomic
def tick(
    *,
    handoff: Handoff,
    position: int,
    version: int | None,
    by: Member | None,
    done: bool | None = None,
    note: str | None = None,
) -> Handoff:
    """Tick a check or take the tick back, and write what is to be said of it; None leaves either as it is. Conflict when
    the list is another one."""
    row = _locked(handoff, version)
    _must_wait(row)
    if not 0 <= position < len(row.checklist):
        raise Conflict(_("Somebody has changed this list meanwhile."))
    items = [dict(item) for item in row.checklist]
    if done is not None:
        items[position]["done"] = done
    if note is not None:
        items[position]["note"] = " ".join(note.split())
        if len(items[position]["note"]) > checklist.NOTE:
            raise refused("note", _("At most %(limit)s characters fit here.") % {"limit": checklist.NOTE})
    return put(row, checklist=items) if items != row.checklist else row


@transaction.atomic
def answer_handoff(
    *, handoff: Handoff, state: str, version: int | None, by: Member | None, answer: str = ""
) -> Handoff:
    """Accept or decline. The same answer again changes nothing.

    A reason in `answer` is needed to decline, to accept with a required check open, and from a leader who answers for
    somebody who left; who accepts for them takes the customer over. Who covers a taker who is away answers on behalf of
    them: the customer becomes the taker's. What follows when it is accepted: the taker looks after the customer from
    today on and gets what giver and owner hold there (`holdings`), which the row counts; sales gets a task instead.
    """
    row = _locked(handoff, version)
    if state not in (HandoffState.ACCEPTED, HandoffState.DECLINED):
        raise refused("state", _("Choose one of the list."))
    if row.state == state:
        return row
    _must_wait(row)
    if not may_answer(row, by):
        raise NotAllowed(_("Only %(name)s can answer this.") % {"name": row.taker.name if row.taker else "–"})
    said = _said(answer)
    _check_reason(row, state, said, by)
    taker = row.taker
    if state == HandoffState.ACCEPTED:
        if taker is None or not taker.is_active:
            taker = by
        if taker is None:
            raise refused("taker", _("Who should take the customer has left: offer it to somebody else."))
        if row.account.merged_into_id is not None:
            raise refused("account", _("This account was merged: offer the one that it was merged into."))
    accepting = taker if state == HandoffState.ACCEPTED else None
    moved = _pass_on(row, accepting, by) if accepting else Held()
    given = {"state": state, "taker": taker, "answer": said, "answered_by": by, "answered_at": timezone.now()}
    row = put(row, **given, **moved.columns())
    if accepting:
        announce(Kind.HANDOFF_ACCEPTED, row.account_id, **told(row))
    return row


@transaction.atomic
def withdraw_handoff(*, handoff: Handoff, version: int | None, by: Member | None, answer: str = "") -> Handoff:
    """Take the offer back, perhaps with a reason. Withdrawn twice changes nothing."""
    row = _locked(handoff, version)
    if row.state == HandoffState.WITHDRAWN:
        return row
    _must_wait(row)
    if not may_withdraw(row, by):
        raise NotAllowed(_("Only who passes the customer on can withdraw this."))
    said = _said(answer)
    return put(row, state=HandoffState.WITHDRAWN, answer=said, answered_by=by, answered_at=timezone.now())


def told(row: Handoff) -> dict[str, Any]:
    """What programs are told of one that was accepted."""
    taker = row.taker.name if row.taker else ""
    return {"handoff_id": row.id, "handoff": row.kind, "giver": row.from_whom, "taker": taker}


def stands_in(row: Handoff, by: Member) -> bool:
    """Whether `by` may answer because who should has left: a leader who sees the account."""
    left = row.taker is None or not row.taker.is_active
    return left and by.role.scope != Scope.OWN and _sees(row, by)


def may_answer(row: Handoff, by: Member | None) -> bool:
    """The taker, who covers one who is away, a leader for one who left, and a program."""
    return by is None or row.taker_id == by.id or stands_in(row, by) or answers_for(row, by)


def answers_for(row: Handoff, by: Member) -> bool:
    """Whether `by` may answer on behalf of the taker, who is away today and covered by them."""
    return row.taker is not None and row.taker.is_active and stands_in_for(by, row.taker, _today())


def may_withdraw(row: Handoff, by: Member | None) -> bool:
    """Who gives or wrote it, a leader who sees the account, and a program."""
    if by is None or by.id in (row.giver_id, row.created_by_id):
        return True
    return by.role.scope != Scope.OWN and _sees(row, by)


def holders_of(row: Handoff, taker: UUID | None) -> frozenset[UUID]:
    """Whose work there passes along: that of who gives, and of who looks after the customer until then."""
    found = {row.giver_id, row.account.owner_id} - {taker}
    return frozenset(one for one in found if one is not None)


def takers() -> list[Member]:
    """Who a customer may be offered to: active members who may change accounts."""
    found = who_sees(None).filter(role__permissions__contains=[str(Permission.EDIT_ACCOUNTS)])
    return list(found.order_by("name", "id"))


def _sees(row: Handoff, by: Member) -> bool:
    return by.role.scope == Scope.ALL or Account.objects.visible_to(by).filter(id=row.account_id).exists()


def _locked(handoff: Handoff, version: int | None) -> Handoff:
    rows = Handoff.objects.select_for_update(of=("self",))
    row = rows.select_related("account__owner", "taker__role", "taker__user", "giver").get(id=handoff.id)
    check_seen(row, version)
    return row


def _must_wait(row: Handoff) -> None:
    if row.state != HandoffState.OPEN:
        raise DomainError(_("This handoff is over."), code="over")


def _check_words(values: dict[str, object], today: dt.date) -> None:
    problems = {}
    if not values["reason"]:
        problems["reason"] = _("Say why the customer passes on.")
    for name, limit in (("reason", REASON), ("note", NOTE), ("giver_name", NAME)):
        if len(str(values[name])) > limit:
            problems[name] = _("At most %(limit)s characters fit here.") % {"limit": limit}
    due_on = values["due_on"]
    if not isinstance(due_on, dt.date) or not today <= due_on <= today + LONGEST:
        problems["due_on"] = _("The day lies between today and a year from now.")
    if problems:
        raise DomainError(next(iter(problems.values())), fields=problems)


def _check_taker(taker: Member, account: Account, kind: str, giver: Member | None) -> None:
    if not taker.is_active:
        raise refused("taker", _("%(name)s is not active any more.") % {"name": taker.name})
    if not taker.may(Permission.EDIT_ACCOUNTS):
        raise refused("taker", _("The role of %(name)s changes no accounts.") % {"name": taker.name})
    if giver is not None and giver.id == taker.id:
        raise refused("taker", _("Nobody passes a customer on to themselves."))
    if kind == HandoffKind.CSM_TO_CSM and taker.id == account.owner_id:
        raise refused("taker", _("%(name)s looks after this customer already.") % {"name": taker.name})
    if kind == HandoffKind.CSM_TO_SALES and not who_sees(account).filter(id=taker.id).exists():
        words = {"name": taker.name, "account": account.name}
        raise refused("taker", _("%(name)s does not see %(account)s.") % words)


def _check_reason(row: Handoff, state: str, said: str, by: Member | None) -> None:
    if said:
        return
    if state == HandoffState.DECLINED:
        raise refused("answer", _("Say why you decline."))
    if checklist.is_open(row.checklist):
        raise refused("answer", _("Something that is needed is open: say why you take the customer anyway."))
    if by is not None and stands_in(row, by):
        raise refused("answer", _("Say why you answer for somebody else."))


def _said(answer: str) -> str:
    said = answer.strip()
    if len(said) > REASON:
        raise refused("answer", _("At most %(limit)s characters fit here.") % {"limit": REASON})
    return said


def _pass_on(row: Handoff, taker: Member, by: Member | None) -> Held:
    """What follows when the taker said yes; what passed along."""
    if row.kind not in PASSES_ON:
        add_task(
            title=(_("From %(name)s: %(reason)s") % {"name": row.from_whom, "reason": row.reason})[:200],
            note=row.note,
            due_on=_today() + dt.timedelta(days=FOLLOW_DAYS),
            account=row.account,
            owner=taker,
            work=WorkType.EXPANSION,
            by=by,
            external_id=f"handoff-{row.id}",
        )
        return Held()
    holders = holders_of(row, taker.id)
    if row.account.owner_id != taker.id:
        give_account(account=row.account, owner=taker, by=by or Origin(ChangeSource.API))
    return pass_along({row.account_id: Move(holders, taker)})[row.account_id]


def _today() -> dt.date:
    return Tenant.current().today()
