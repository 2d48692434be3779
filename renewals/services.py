"""Verbs on renewals: where one stands, what is offered, who decides, what speaks against it, what is expected (REN-04 to
REN-07).

Each locks the renewal and is a version of it. `version` is the one that the person saw: Conflict when it was changed
since, and None takes whatever stands. `by` is None for a program. DomainError names the field. Closing stands in
`closing.py`, steps in `steps.py`, save plays in `saves.py`.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.customers import EARLIEST, refused
from accounts.merging.result import today
from accounts.models import Contact, Member, Segment
from cs_platform.kernel.access import Permission
from cs_platform.kernel.edits import check_seen, put
from cs_platform.kernel.errors import Conflict, DomainError, NotAllowed
from renewals import lifecycle, runway
from renewals.enums import Caller, Confidence, FailureReason, Intent, Part, Phase, Review, SaveCause, Stance
from renewals.formulas import confidence
from renewals.models import Objection, Renewal, RenewalCall, Runway, Stakeholder
from renewals.saves import change_save, end_save, open_save
from renewals.steps import finish_said, finish_step, reopen_step
from renewals.telling import tell_called

__all__ = [
    "add_objection", "answer_objection", "call_renewal", "change_save", "end_save", "finish_step", "open_save",
    "remove_stakeholder", "reopen_step", "set_intent", "set_next_step", "set_phase", "set_review", "set_runway",
    "set_stakeholder", "set_terms",
]  # fmt: skip

KEPT: Any = object()  # an argument that was not given: what stands there stays
TERMS = ("offered_minor", "asked_minor", "floor_minor", "term_months", "prepaid", "uplift")
LIMITS = {"next_step": 200, "text": 500, "answer": 1000, "note": 300}
FURTHEST = dt.timedelta(days=5 * 366)
MOST_MINOR = 10**15
MOST_REASONS, REASON = 6, 300
SIGNS = ("+", "-", "=")


@transaction.atomic
def set_phase(*, renewal: Renewal, phase: str, version: int | None, by: Member | None, moves: bool = True) -> Renewal:
    """Say how far it is. Being in conversation is the first conversation, and steps that the phase says were done are
    done. The moves are those of `lifecycle`, unless it moved elsewhere (`moves`); the same phase again changes nothing."""
    row = _locked(renewal, version)
    lifecycle.check(row, phase=phase, moves=moves)
    if phase == row.phase:
        return row
    talked = row.talked_on or (None if phase == Phase.PREPARING else today())
    row = put(row, phase=phase, phase_since=today(), talked_on=talked)
    finish_said(row, phase, by)
    return row


@transaction.atomic
def set_intent(
    *, renewal: Renewal, intent: str, version: int | None, by: Member | None, likely_reason: str = KEPT
) -> Renewal:
    """What the customer says they will do, and why it would be lost (REN-06)."""
    row = _open(renewal, version)
    if intent not in Intent.values:
        raise refused("intent", _("Choose one of the list."))
    changes: dict[str, Any] = {"intent": intent}
    if likely_reason is not KEPT:
        if likely_reason and likely_reason not in FailureReason.values:
            raise refused("likely_reason", _("Choose one of the list."))
        changes["likely_reason"] = likely_reason
    return _put(row, changes)


@transaction.atomic
def set_terms(*, renewal: Renewal, values: Mapping[str, Any], version: int | None, by: Member | None) -> Renewal:
    """What is offered and asked for (`TERMS`): a year's money in minor units of the renewal's currency, None for nothing yet.

    An offer that went down after its approval has to be approved anew.
    """
    row = _open(renewal, version)
    changes = {name: values[name] for name in TERMS if name in values}
    problems: dict[str, str] = {}
    for name in ("offered_minor", "asked_minor", "floor_minor"):
        amount = changes.get(name)
        if amount is not None and not 0 <= amount <= MOST_MINOR:
            problems[name] = _("Write an amount, not below zero.")
    term = changes.get("term_months")
    if term is not None and not 1 <= term <= 120:
        problems["term_months"] = _("Between %(low)s and %(high)s.") % {"low": 1, "high": 120}
    if changes.get("uplift") is not None:
        changes["uplift"] = Decimal(changes["uplift"]).quantize(Decimal("0.01"), ROUND_HALF_UP)
        if not -100 <= changes["uplift"] <= 1000:
            problems["uplift"] = _("Between %(low)s and %(high)s.") % {"low": -100, "high": 1000}
    if problems:
        raise DomainError(next(iter(problems.values())), fields=problems)
    offered = changes.get("offered_minor", row.offered_minor)
    lower = row.offered_minor is not None and offered is not None and offered < row.offered_minor
    if lower and row.approval == Review.DONE:
        changes |= {"approval": Review.ASKED, "approved_by": None}
    return _put(row, changes)


@transaction.atomic
def set_review(*, renewal: Renewal, review: str, state: str, version: int | None, by: Member | None) -> Renewal:
    """Where "approval" (of the discount), "legal" or "procurement" stands. Whoever reads the week approves or refuses a
    discount (REN-07); their name is kept."""
    row = _open(renewal, version)
    if review not in lifecycle.REVIEWS:
        raise refused("review", _("Choose one of the list."))
    if state not in Review.values:
        raise refused(review, _("Choose one of the list."))
    changes: dict[str, Any] = {review: state}
    if review == "approval":
        decided = state in (Review.DONE, Review.REFUSED)
        if decided and state != row.approval and by is not None and not by.may(Permission.VIEW_WEEK):
            raise NotAllowed(_("A leader approves discounts."))
        changes["approved_by"] = (row.approved_by if state == row.approval else by) if decided else None
    return _put(row, changes)


@transaction.atomic
def set_next_step(
    *, renewal: Renewal, text: str, until: dt.date | None, version: int | None, by: Member | None
) -> Renewal:
    """What happens next, and by when; without a word nothing is agreed."""
    row = _open(renewal, version)
    text = _text("next_step", text)
    if not text:
        until = None
    first = today() if by is not None and until != row.next_step_on else EARLIEST
    if until is not None and not first <= until <= today() + FURTHEST:
        raise refused("next_step_on", _("Choose a day that lies ahead, at most five years."))
    return _put(row, {"next_step": text, "next_step_on": until})


@transaction.atomic
def add_objection(
    *,
    renewal: Renewal,
    text: str,
    by: Member | None,
    reason: str = "",
    contact: Contact | None = None,
    raised_on: dt.date | None = None,
    version: int | None = None,
) -> Objection:
    """Something that speaks against renewing, in the customer's words (REN-05)."""
    row = _open(renewal, version)
    text = _text("text", text)
    if not text:
        raise refused("text", _("Write what they say."))
    if reason and reason not in FailureReason.values:
        raise refused("reason", _("Choose one of the list."))
    _check_contact(row, contact)
    day = raised_on or today()
    if not EARLIEST <= day <= today():
        raise refused("raised_on", _("The day lies between 1990 and today."))
    made = Objection.objects.create(
        renewal=row, text=text, reason=reason, contact=contact, raised_on=day, recorded_by=by
    )
    _touch(row)
    return made


@transaction.atomic
def answer_objection(*, objection: Objection, answer: str, version: int | None, by: Member | None) -> Objection:
    """What we answer; it counts no longer as open. An empty answer opens it again."""
    renewal = _open(objection.renewal, None)
    row = Objection.objects.select_for_update().get(id=objection.id)
    check_seen(row, version)
    text = _text("answer", answer)
    changes: dict[str, Any] = {"answer": text, "answered_on": (row.answered_on or today()) if text else None}
    changes = {name: value for name, value in changes.items() if getattr(row, name) != value}
    if changes:
        row = put(row, **changes)
        _touch(renewal)
    return row


@transaction.atomic
def set_stakeholder(
    *,
    renewal: Renewal,
    contact: Contact,
    part: str,
    by: Member | None,
    stance: str = Stance.UNKNOWN,
    note: str = "",
    version: int | None = None,
) -> Stakeholder:
    """A person's part and stance in this renewal, once for a person; `version` is that of their row, where there is one."""
    row = _open(renewal, None)
    _check_contact(row, contact)
    for name, value, choices in (("part", part, Part), ("stance", stance, Stance)):
        if value not in choices.values:
            raise refused(name, _("Choose one of the list."))
    values = {"part": part, "stance": stance, "note": _text("note", note)}
    known = Stakeholder.objects.select_for_update().filter(renewal=row, contact=contact).first()
    if known is None:
        found = Stakeholder.objects.create(renewal=row, contact=contact, **values)
        _touch(row)
        return found
    check_seen(known, version)
    changes = {name: value for name, value in values.items() if getattr(known, name) != value}
    if changes:
        known = put(known, **changes)
        _touch(row)
    return known


@transaction.atomic
def remove_stakeholder(*, stakeholder: Stakeholder, version: int | None, by: Member | None) -> None:
    """The person has no part in it after all."""
    renewal = _open(stakeholder.renewal, None)
    row = Stakeholder.objects.select_for_update().get(id=stakeholder.id)
    check_seen(row, version)
    row.delete()
    _touch(renewal)


@transaction.atomic
def call_renewal(
    *,
    renewal: Renewal,
    caller: str,
    probability: Decimal | float | int,
    reasons: Sequence[Mapping[str, str]],
    by: Member | None,
    version: int | None = None,
) -> RenewalCall:
    """Say how likely it is that the customer stays, in percent, and why: [{"sign": "+", "-" or "=", "text"}], at least one.

    The leader's call is of who reads the week; the system's is the night's alone. Saying the same again changes nothing.
    A call at risk by a person opens a save play, where none runs.
    """
    row = _open(renewal, version)
    if caller not in (Caller.CSM, Caller.LEADER):
        raise refused("caller", _("Choose one of the list."))
    if caller == Caller.LEADER and by is not None and not by.may(Permission.VIEW_WEEK):
        raise NotAllowed(_("This is the call of a leader."))
    chance = Decimal(str(probability))
    if not chance.is_finite() or not 0 <= chance <= 100:
        raise refused("probability", _("Between %(low)s and %(high)s.") % {"low": 0, "high": 100})
    chance = chance.quantize(Decimal("0.01"), ROUND_HALF_UP)
    told = _reasons(reasons)
    before = RenewalCall.objects.filter(renewal=row, caller=caller).order_by("-at", "-id").first()
    same = before is not None and before.probability == chance and before.reasons == told
    if before is not None and same and before.member_id == (by.id if by else None):
        return before
    call = RenewalCall.objects.create(
        renewal=row, caller=caller, probability=chance, reasons=told, as_of=today(), member=by
    )
    _touch(row)
    if before is None or before.probability != chance:
        tell_called(row, before.probability if before else None, call)
    if confidence(chance) == Confidence.AT_RISK:
        open_save(account=row.account, by=by, cause=SaveCause.CALL)
    return call


@transaction.atomic
def set_runway(
    *,
    segment: Segment,
    days: int | None,
    steps: Sequence[Mapping[str, Any]],
    version: int | None,
    by: Member | None,
) -> Runway | None:
    """The company's own runway of a segment; without `days` that of its profile again. Renewals that are open keep the
    steps that they have: a change holds for those that open from now on."""
    row = Runway.objects.select_for_update().filter(segment=segment).first()
    if row is not None:
        check_seen(row, version)
    elif version:
        raise Conflict(_("Somebody else changed this after you opened it."))
    if days is None:
        if row is not None:
            row.delete()
        return None
    values = {"days": days, "steps": runway.checked(days, steps)}
    if row is None:
        return Runway.objects.create(segment=segment, **values)
    return put(row, **{name: value for name, value in values.items() if getattr(row, name) != value})


def _locked(renewal: Renewal, version: int | None) -> Renewal:
    row = Renewal.objects.select_for_update(of=("self",)).select_related("account").get(id=renewal.id)
    check_seen(row, version)
    return row


def _open(renewal: Renewal, version: int | None) -> Renewal:
    row = _locked(renewal, version)
    lifecycle.check_open(row)
    return row


def _put(row: Renewal, changes: Mapping[str, Any]) -> Renewal:
    return put(row, **{name: value for name, value in changes.items() if getattr(row, name) != value})


def _touch(row: Renewal) -> None:
    """One of its parts changed: the next version, so that readers of changes find it."""
    put(row, updated_at=timezone.now())


def _text(name: str, text: str) -> str:
    found = " ".join(text.replace("\x00", "").split())
    if len(found) > LIMITS[name]:
        raise refused(name, _("At most %(limit)s characters fit here.") % {"limit": LIMITS[name]})
    return found


def _check_contact(row: Renewal, contact: Contact | None) -> None:
    if contact is not None and contact.account_id != row.account_id:
        raise refused("contact", _("There is no such person at this account."))


def _reasons(given: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    found = []
    for item in given:
        text = " ".join(str(item.get("text", "")).replace("\x00", "").split())
        sign = item.get("sign", "=")
        if not text:
            continue
        if sign not in SIGNS:
            raise refused("reasons", _("Choose one of the list."))
        if len(text) > REASON:
            raise refused("reasons", _("At most %(limit)s characters fit here.") % {"limit": REASON})
        found.append({"sign": sign, "text": text})
    if not found:
        raise refused("reasons", _("Say why: a call without a reason helps nobody."))
    if len(found) > MOST_REASONS:
        raise refused("reasons", _("At most %(limit)s items.") % {"limit": MOST_REASONS})
    return found
