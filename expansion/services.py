"""Verbs on deals and signals: open, change, move, hand to sales, lose, take up, dismiss (EXP-01 to EXP-08).

Each locks its row. `version` is the one that the person saw: Conflict when the row was changed since, and None takes whatever
stands. `by` is None for a program. DomainError names the field. Winning writes contracts: see `closing`.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from accounts.customers import refused
from accounts.enums import ChangeSource
from accounts.merging.result import today
from accounts.models import Account, Contact, Member, Product, Tenant
from accounts.webhooks.announce import announce
from accounts.webhooks.events import Kind
from cs_platform.kernel.edits import check_seen, put
from cs_platform.kernel.errors import Conflict, DomainError
from expansion import lifecycle
from expansion.checks import holds, read, told
from expansion.enums import DealStage, LossReason, SignalState, Trigger
from expansion.models import NoFit, Opportunity, OpportunityMove, OpportunityPerson, Signal, SignalRule, StageChance
from expansion.rules import NUMBERS
from expansion.writing import FIELDS, checked
from health.alerts.services import within_bounds
from journey.enums import HandoffKind, HandoffState
from journey.handoffs.services import offer_handoff, withdraw_handoff

NOT_EARNED = "not_earned"
REASON, NOTE, PART = 500, 1000, 120
Own = TypeVar("Own", StageChance, SignalRule)  # what a company says of its own over what is usual


@transaction.atomic
def open_deal(
    *,
    account: Account,
    by: Member | None,
    signal: Signal | None = None,
    stage: str = DealStage.IDENTIFIED,
    override: str = "",
    external_id: str = "",
    source: str = "",
    source_ref: UUID | None = None,
    **values: Any,
) -> Opportunity:
    """Open a deal of this account with `values` (`writing.FIELDS`): a name, a kind, money a year. What is not said is as usual: the
    motion of the kind, the company's currency, the account's owner, seen today, the trigger of the signal.

    The same `external_id` again gives the one that is there. A later stage than the first asks for the right (EXP-01).
    """
    if account.merged_into_id is not None:
        raise refused("account", _("This account was merged. Choose the one that it was merged into."))
    if external_id and (known := Opportunity.objects.filter(external_id=external_id).first()):
        if known.account_id != account.id:
            raise refused("external_id", _("There is one already."))
        return known
    if stage not in lifecycle.OPEN:
        raise refused("stage", _("A new deal is open."))
    day = today()
    trigger = values.get("trigger") or (signal.trigger if signal else Trigger.PERSON)
    kind = values.get("kind") or lifecycle.USUAL_KIND[trigger]
    usual: dict[str, Any] = {
        "trigger": trigger,
        "kind": kind,
        "motion": lifecycle.usual_motion(kind),
        "currency": Tenant.current().currency,
        "owner": account.owner,
        "product": signal.product if signal else None,
        "identified_on": day,
        "name": "",
        "amount_minor": None,
    }
    row = Opportunity(
        account=account,
        signal=signal,
        external_id=external_id or str(uuid7()),
        stage_since=day,
        source=source or (ChangeSource.MEMBER if by else ChangeSource.API),
        source_ref=source_ref or (by.id if by else None),
    )
    given = {name: value for name, value in values.items() if value not in (None, "")}
    for name, value in checked(row, usual | given).items():
        setattr(row, name, value)
    row.save(force_insert=True)
    _note_move(row, "", DealStage.IDENTIFIED, by)
    if override.strip():
        row = override_checks(deal=row, reason=override, version=None, by=by)
    if stage != DealStage.IDENTIFIED:
        row = move_deal(deal=row, stage=stage, version=None, by=by)
    return row


@transaction.atomic
def change_deal(*, deal: Opportunity, values: Mapping[str, Any], version: int | None, by: Member | None) -> Opportunity:
    """Change what is written of a deal (`writing.FIELDS`); its stage has verbs of its own. A won one stays as it was won."""
    row = locked(deal, version)
    if row.stage == DealStage.WON:
        raise DomainError(_("This deal is won: undo that first."), code="over")
    changes = checked(row, {name: values[name] for name in FIELDS if name in values})
    return put(row, **{name: value for name, value in changes.items() if getattr(row, name) != value})


@transaction.atomic
def move_deal(
    *, deal: Opportunity, stage: str, version: int | None, by: Member | None, override: str = ""
) -> Opportunity:
    """Bring an open deal to another open stage, or take a lost one up again.

    Who leaves the first stage needs the right (EXP-01): all five checks met, else a reason in `override`, or one given before;
    DomainError `not_earned` names what is missing. What the checks said is kept with the deal. Staying changes nothing.
    """
    row = locked(deal, version)
    if stage not in DealStage.values:
        raise refused("stage", _("Choose one of the list."))
    if stage == row.stage:
        return row
    if stage in lifecycle.ENDED or not lifecycle.may_move(row.stage, stage):
        words = {"before": DealStage(row.stage).label, "after": DealStage(stage).label}
        raise refused("stage", _("From “%(before)s” it does not go to “%(after)s”.") % words)
    changes: dict[str, Any] = {}
    if override.strip():
        changes |= _overridden(override, by)
    if lifecycle.leaves_first(row.stage, stage):
        changes |= earn(row, changes.get("override") or row.override)
    if row.stage == DealStage.LOST:
        changes |= {"closed_on": None, "loss": ""}
    return enter(row, stage, by, **changes)


@transaction.atomic
def override_checks(*, deal: Opportunity, reason: str, version: int | None, by: Member | None) -> Opportunity:
    """Say why the deal goes on although the right is not earned (EXP-01); counted with who said it. An empty reason takes it
    back while the deal stands in its first stage."""
    row = locked(deal, version)
    _must_run(row)
    if not reason.strip():
        if row.stage != DealStage.IDENTIFIED:
            raise refused("override", _("Say why it goes on all the same."))
        return put(row, override="", override_by=None)
    return put(row, **_overridden(reason, by))


@transaction.atomic
def hand_to_sales(
    *,
    deal: Opportunity,
    taker: Member,
    version: int | None,
    by: Member | None,
    due_on: dt.date | None = None,
    reason: str = "",
    note: str = "",
) -> Opportunity:
    """Offer the deal to sales as a handoff of its account (EXP-06): `due_on` is by when an answer is asked for, three days
    without a word. Nothing passes before the taker says yes; the deal shows how it stands. Conflict while one waits."""
    row = locked(deal, version)
    _must_run(row)
    if row.handoff is not None and row.handoff.state == HandoffState.OPEN:
        raise Conflict(_("A handoff of this kind waits for its answer already."), code="exists")
    handoff = offer_handoff(
        account=row.account,
        kind=HandoffKind.CSM_TO_SALES,
        taker=taker,
        reason=(reason.strip() or row.name)[:REASON],
        note=note.strip() or row.case,
        due_on=due_on,
        by=by,
    )
    return put(row, handoff=handoff)


@transaction.atomic
def lose_deal(
    *,
    deal: Opportunity,
    reason: str,
    version: int | None,
    by: Member | None,
    note: str = "",
    on: dt.date | None = None,
) -> Opportunity:
    """The deal is lost, for one of the reasons of EXP-08, today unless an earlier day is said. A handoff that waits is
    withdrawn. Lost twice changes nothing."""
    row = locked(deal, version)
    if row.stage == DealStage.LOST:
        return row
    _must_run(row)
    if reason not in LossReason.values:
        raise refused("loss", _("Choose one of the list."))
    day = _closing_day(row, on)
    if row.handoff is not None and row.handoff.state == HandoffState.OPEN:
        withdraw_handoff(handoff=row.handoff, version=None, by=None, answer=str(LossReason(reason).label))
    return enter(row, DealStage.LOST, by, closed_on=day, loss=reason, note=_text("note", note, NOTE) or row.note)


@transaction.atomic
def set_person(
    *, deal: Opportunity, contact: Contact, version: int | None, by: Member | None, part: str = ""
) -> Opportunity:
    """Somebody at the customer has a part in the deal (EXP-04, new buyers); said again, the part is changed."""
    row = locked(deal, version)
    if contact.account_id != row.account_id:
        raise refused("contact", _("There is no such person at this account."))
    said = _text("part", part, PART)
    OpportunityPerson.objects.update_or_create(opportunity=row, contact=contact, defaults={"part": said})
    return put(row, name=row.name)


@transaction.atomic
def remove_person(*, deal: Opportunity, contact: Contact, version: int | None, by: Member | None) -> Opportunity:
    """They have no part in it any more; somebody who had none changes nothing."""
    row = locked(deal, version)
    gone, _rows = OpportunityPerson.objects.filter(opportunity=row, contact=contact).delete()
    return put(row, name=row.name) if gone else row


@transaction.atomic
def take_signal(*, signal: Signal, version: int | None, by: Member | None, **values: Any) -> Opportunity:
    """Open a deal of a signal, with `values` as `open_deal` takes them. Conflict when somebody decided it before."""
    row = _locked_signal(signal, version)
    _must_wait(row)
    deal = open_deal(account=row.account, signal=row, by=by, **({"name": str(Trigger(row.trigger).label)} | values))
    put(row, state=SignalState.TAKEN, decided_on=today(), decided_by=by)
    return deal


@transaction.atomic
def dismiss_signal(*, signal: Signal, version: int | None, by: Member | None, reason: str = "") -> Signal:
    """There is nothing in it; it stays silent until its cause is gone and comes anew. Dismissed twice changes nothing."""
    row = _locked_signal(signal, version)
    if row.state == SignalState.DISMISSED:
        return row
    _must_wait(row)
    said = _text("note", reason, REASON)
    return put(row, state=SignalState.DISMISSED, decided_on=today(), decided_by=by, note=said)


@transaction.atomic
def set_fit(*, account: Account, product: Product, fits: bool, by: Member | None, reason: str = "") -> NoFit | None:
    """Say that a product does not fit a customer, so that the white space does not offer it, or that it does (EXP-04)."""
    if fits:
        NoFit.objects.filter(account=account, product=product).delete()
        return None
    said = _text("reason", reason, 300)
    row, _made = NoFit.objects.update_or_create(account=account, product=product, defaults={"reason": said})
    return row


@transaction.atomic
def set_chance(*, stage: str, chance: int | None, version: int | None, by: Member) -> StageChance | None:
    """The company's own chance of a stage in percent; None takes the usual one again. The stages keep their order: DomainError
    when a stage would be likelier than the one after it. `version` 0 is that of a stage without a row."""
    if stage not in lifecycle.OPEN:
        raise refused("stage", _("Choose one of the list."))
    known = {row.stage: row for row in StageChance.objects.select_for_update().order_by("stage")}
    row = known.get(stage)
    _check_own(row, version)
    if chance is not None and not 0 <= chance <= 100:
        raise refused("chance", _("A chance lies between 0 and 100 percent."))
    wanted = {**lifecycle.CHANCES, **{name: each.chance for name, each in known.items()}}
    wanted[stage] = lifecycle.CHANCES[stage] if chance is None else chance
    row_of = [wanted[each] for each in lifecycle.OPEN]
    if row_of != sorted(row_of):
        raise refused("chance", _("No stage is likelier than the one after it."))
    if chance is None:
        if row is not None:
            row.delete()
        return None
    if row is not None:
        return put(row, chance=chance) if row.chance != chance else row
    return _first(StageChance(stage=stage, chance=chance))


@transaction.atomic
def set_signal_rule(
    *, trigger: str, enabled: bool, thresholds: Mapping[str, float], version: int | None, by: Member
) -> SignalRule:
    """When a trigger opens signals (TRG-13, TRG-14): its numbers (`rules.NUMBERS`), the usual ones where none is given; switched off
    it opens none. The next night goes by it. DomainError names each number out of its bounds; `version` 0 is that of a trigger
    without a row."""
    if trigger not in NUMBERS:
        raise refused("trigger", _("Choose one of the list."))
    chosen = within_bounds(NUMBERS[trigger], thresholds)
    row = SignalRule.objects.select_for_update().filter(trigger=trigger).first()
    _check_own(row, version)
    if row is None:
        return _first(SignalRule(trigger=trigger, enabled=enabled, thresholds=chosen))
    changes = {"enabled": enabled, "thresholds": chosen}
    return put(row, **{name: value for name, value in changes.items() if getattr(row, name) != value})


def _check_own(row: StageChance | SignalRule | None, version: int | None) -> None:
    """Conflict where what a company says of its own is not what the person saw; 0 is that of nothing said."""
    if version is not None and version != (row.version if row else 0):
        raise Conflict(_("Somebody else changed this after you opened it."))


def _first(row: Own) -> Own:
    """Write what was not said before; Conflict where somebody else does at the same moment."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise Conflict(_("Somebody else changed this after you opened it.")) from None
    return row


def earn(row: Opportunity, override: str) -> dict[str, Any]:
    """What is kept of the checks when a deal passes the first stage on; DomainError `not_earned` when they hold it back and
    nobody said why it goes on all the same."""
    readings = read([row.account_id])[row.account_id]
    if (left := holds(readings)) and not override:
        names = ", ".join(f"{each.check.label} ({each.text})" for each in left)
        sentence = _("The right to an offer is not earned: %(names)s. Say why it goes on all the same.") % {
            "names": names
        }
        raise DomainError(sentence, code=NOT_EARNED, fields={"override": sentence})
    return {"earned": told(readings)}


def enter(row: Opportunity, stage: str, by: Member | None, **changes: Any) -> Opportunity:
    """Bring the locked deal into this stage, with `changes`, and tell who asks for it."""
    before = row.stage
    row = put(row, stage=stage, stage_since=today(), **changes)
    _note_move(row, before, stage, by)
    announce(
        Kind.DEAL_MOVED,
        row.account_id,
        opportunity_id=row.id,
        opportunity=row.external_id,
        name=row.name,
        before=before,
        after=stage,
        override=bool(row.override),
        loss=row.loss,
    )
    return row


def locked(deal: Opportunity, version: int | None) -> Opportunity:
    """The deal as it stands, locked; Conflict when it is not the version that was seen."""
    rows = Opportunity.objects.select_for_update(of=("self",))
    row = rows.select_related("account__owner", "handoff", "subscription", "product", "plan").get(id=deal.id)
    check_seen(row, version)
    return row


def _note_move(row: Opportunity, before: str, after: str, by: Member | None) -> None:
    OpportunityMove.objects.create(opportunity=row, before=before, after=after, moved_on=today(), member=by)


def _overridden(reason: str, by: Member | None) -> dict[str, Any]:
    return {"override": _text("override", reason, REASON), "override_by": by}


def _must_run(row: Opportunity) -> None:
    if row.stage not in lifecycle.OPEN:
        raise DomainError(_("This deal is over."), code="over")


def _closing_day(row: Opportunity, on: dt.date | None) -> dt.date:
    day = on or today()
    if not row.identified_on <= day <= today():
        raise refused("closed_on", _("The day lies between the one it was seen on and today."))
    return day


def _locked_signal(signal: Signal, version: int | None) -> Signal:
    rows = Signal.objects.select_for_update(of=("self",)).select_related("account__owner", "product")
    row = rows.get(id=signal.id)
    check_seen(row, version)
    return row


def _must_wait(row: Signal) -> None:
    if row.state != SignalState.OPEN:
        raise Conflict(_("Somebody decided this signal already."), code="over")


def _text(field: str, value: str, limit: int) -> str:
    said = value.strip()
    if len(said) > limit:
        raise refused(field, _("At most %(limit)s characters fit here.") % {"limit": limit})
    return said
