"""Closing a renewal writes its contracts, and undoing takes that back (REN-10; ADR 0007).

Each line's next period goes through the door of all contracts with the renewal as its source, so that the ledger moves by
the road of every other change and leads back here. `preview` says first what will be written.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from accounts import churn
from accounts.churn import record_answer
from accounts.closed import refuse_closed
from accounts.customers import merged_rows, refused
from accounts.enums import ChangeSource, ChurnCategory, ImportKind, SaidBy, Status
from accounts.kinds import Row
from accounts.merging import Origin, merge_answers, merge_subscriptions, read_answer, void_subscription
from accounts.merging.result import today
from accounts.models import Account, ChurnAnswer, Member, Subscription, SubscriptionChange, Tenant
from accounts.periods import as_row
from accounts.rates import factors
from cs_platform.kernel.edits import check_seen, put
from cs_platform.kernel.errors import Conflict, DomainError
from journey.enums import TaskState
from journey.work.services import reopen_task
from renewals import effort as efforts
from renewals import lifecycle, reminders, saves, steps
from renewals.enums import RenewalState, SaveState, Step
from renewals.lifecycle import KEPT
from renewals.models import Renewal, RenewalLine, RenewalStep, SavePlay
from renewals.telling import tell_closed
from renewals.writing import Line, LineTerms, Terms, lines_of

__all__ = ["Line", "LineTerms", "Terms", "Writing", "close_renewal", "preview", "undo_close"]

SIGNED = (Step.SIGN, Step.CONFIRM)  # what a contract that was written says was done
WORDS = churn.LONGEST["note"]


@dataclass(frozen=True)
class Writing:
    """What closing will write: its rows, and what follows from them, as parts of a sentence. Money is of a month, in minor
    units of the reporting currency."""

    rows: list[Line]
    outcome: str
    day: dt.date  # on which money moves
    currency: str
    mrr_before: int
    mrr_after: int
    # Points of a percent by which today's book moves: what is lost or won of all its money, and customers of all of them.
    nrr_points: Decimal | None
    logo_points: Decimal | None
    leaves: bool  # the customer has no other contract
    save: str  # what its save play ends as: "saved", "lost" or ""
    asked: int  # how many people are asked how easy it was

    @property
    def change(self) -> int:
        return self.mrr_after - self.mrr_before


def preview(renewal: Renewal, outcome: str, terms: Terms | None = None) -> Writing:
    """What `close_renewal` would write now. DomainError names the field that does not fit: money that does not say what the
    outcome says, a day outside of the contract, a month that is closed."""
    lifecycle.check(renewal, state=outcome if outcome in RenewalState.values else "")
    lifecycle.check_open(renewal)
    return _writing(renewal, outcome, terms or Terms(), _periods(renewal, lock=False))


@transaction.atomic
def close_renewal(
    *,
    renewal: Renewal,
    outcome: str,
    terms: Terms | None,
    version: int | None,
    by: Member | None,
    reason: str = "",
    sub_reason: str = "",
    words: str = "",
    effort: int | None = None,
) -> Renewal:
    """Write what was decided: the next period of each contract, or its end with why the customer leaves (`reason` is a
    category of churn, `sub_reason` a reason of it, `words` the customer's own). Steps and save play end with it, and who stays
    is thanked.

    Conflict when somebody else changed or closed it since `version`; DomainError names the field. Without a reason the queue of
    unanswered losses asks for it.
    """
    row = Renewal.objects.select_for_update(of=("self",)).select_related("account").get(id=renewal.id)
    check_seen(row, version)
    lifecycle.check_open(row)
    _check_words(outcome, reason, sub_reason, words, effort)
    periods = _periods(row, lock=True)
    writing = _writing(row, outcome, terms or Terms(), periods)
    origin = Origin(ChangeSource.RENEWAL, row.id, by.name if by else "")
    said = sub_reason or (str(ChurnCategory(reason).label) if reason else "")
    following = _write(writing.rows, said, origin)
    for line in RenewalLine.objects.filter(renewal=row):
        line.next_period = following.get(line.subscription_id)
        line.save(update_fields=["next_period"])
    row = put(
        row,
        state=outcome,
        closed_on=today(),
        closed_by=by,
        due_mrr=writing.mrr_before,
        kept_mrr=writing.mrr_after,
        effort=effort,
        source=ChangeSource.MEMBER if by else ChangeSource.API,
        source_ref=by.id if by else None,
    )
    if outcome in KEPT:
        steps.finish_all(row, SIGNED, by)
        reminders.ask_for_thanks(row)
    steps.end_tasks([row], _("The renewal is over."))
    saves.decide(row, today())
    tell_closed([row])
    efforts.ask([row])
    if writing.leaves and reason:
        _answer(row.account, max(line.day for line in writing.rows), reason, sub_reason, words, by)
    return row


@transaction.atomic
def undo_close(*, renewal: Renewal, version: int | None, by: Member | None) -> Renewal:
    """As if it had not been closed: what was written is withdrawn, the contracts end as before, the renewal is open again.

    Only while the months in which money moved are not closed, and nobody changed the contracts since (Conflict). What
    closed by itself follows its contracts: they are what has to be corrected.
    """
    row = Renewal.objects.select_for_update(of=("self",)).select_related("account").get(id=renewal.id)
    check_seen(row, version)
    if row.state not in lifecycle.ENDS:
        raise DomainError(_("This renewal is not closed."), code="same_state")
    if row.source == ChangeSource.RULE and row.closed_by_id is None:
        raise DomainError(_("The contracts closed this renewal: correct them and it follows."), code="by_contracts")
    ended = RenewalLine.objects.filter(renewal=row).values_list("subscription__end_on", flat=True)
    answers = ChurnAnswer.objects.filter(account=row.account_id, ended_on__in=list(ended))
    # The company's day began at this moment, wherever the program that asks counts its days.
    since = dt.datetime.combine(row.closed_on or today(), dt.time(), Tenant.current().zone)
    answers.filter(version=1, recorded_by=row.closed_by, recorded_at__gte=since).delete()
    _take_back(row, by)
    saves.reopen(row)
    reminders.take_thanks_back(row, _("The renewal was not closed after all."))
    RenewalLine.objects.filter(renewal=row).update(next_period=None)
    closed_on = row.closed_on
    row = put(
        row,
        state=RenewalState.OPEN,
        closed_on=None,
        closed_by=None,
        due_mrr=None,
        kept_mrr=None,
        effort=None,
        source=ChangeSource.RULE,
        source_ref=None,
    )
    for step in RenewalStep.objects.filter(renewal=row).select_related("task"):
        if step.step in SIGNED and step.done_on == closed_on:
            steps.reopen_step(step=step, version=None, by=by)
        elif step.done_on is None and step.task is not None and step.task.state == TaskState.CANCELLED:
            reopen_task(task=step.task, version=None, by=by)
    row.refresh_from_db()
    return row


def _periods(renewal: Renewal, *, lock: bool) -> list[Subscription]:
    """The contracts of its lines that still stand, in the order in which everybody locks them."""
    rows = Subscription.objects.filter(renewal_lines__renewal=renewal, voided=False, mrr_minor__gt=0)
    rows = rows.select_related("account", "product", "plan").order_by("id")
    return list(rows.select_for_update(of=("self",)) if lock else rows)


def _writing(renewal: Renewal, outcome: str, terms: Terms, periods: Sequence[Subscription]) -> Writing:
    moved = [period for period in periods if period.end_on != renewal.due_on]
    if moved:
        raise Conflict(_("A contract of this renewal was changed. Wait a minute and look again."), code="contracts")
    lines = lines_of(renewal, outcome, terms, periods, _standing(periods), factors(), today())
    for line in lines:
        if line.cells:
            refuse_closed("last_day" if line.entry == "churn" else "outcome", line.day)
    before = sum(line.reporting_before for line in lines)
    after = sum(line.reporting_after for line in lines)
    book = Account.objects.filter(status=Status.LIVE).aggregate(mrr=Sum("mrr_minor"), customers=Count("pk"))
    leaves = outcome == RenewalState.CHURNED and not _stays(renewal, periods)
    running = SavePlay.objects.filter(account=renewal.account_id, state=SaveState.RUNNING).exists()
    save = (SaveState.SAVED if outcome in KEPT else SaveState.LOST) if running else ""
    return Writing(
        rows=lines,
        outcome=outcome,
        day=max(line.day for line in lines),
        currency=Tenant.current().currency,
        mrr_before=before,
        mrr_after=after,
        nrr_points=_share(after - before, book["mrr"]),
        logo_points=_share(1 if leaves else 0, book["customers"]),
        leaves=leaves,
        save=str(save),
        asked=len(efforts.people_of([renewal], outcome).get(renewal.id, ())),
    )


def _share(part: int, whole: int | None) -> Decimal | None:
    """Points of a percent. Example: 34,333.33 of 3,333,333 a month are 1.03."""
    return (Decimal(100 * part) / whole).quantize(Decimal("0.01")) if whole else None


def _standing(periods: Sequence[Subscription]) -> dict[UUID, Subscription]:
    """Next periods of the same subscriptions that stand already, by the period that they follow."""
    names = {period.external_id for period in periods}
    later = Subscription.objects.filter(external_id__in=names, voided=False, mrr_minor__gt=0).order_by("-start_on")
    found: dict[UUID, Subscription] = {}
    for following in later:
        for period in periods:
            if period.external_id == following.external_id and period.end_on and following.start_on >= period.end_on:
                found[period.id] = following
    return found


def _stays(renewal: Renewal, periods: Sequence[Subscription]) -> bool:
    """Whether the customer has a contract beside these that goes on after the renewal's day."""
    others = Subscription.objects.filter(account=renewal.account_id, voided=False, mrr_minor__gt=0)
    others = others.exclude(id__in=[period.id for period in periods])
    return others.filter(end_on=None).exists() or others.filter(end_on__gt=renewal.due_on).exists()


def _check_words(outcome: str, reason: str, sub_reason: str, words: str, effort: int | None) -> None:
    if reason and reason not in ChurnCategory.values:
        raise refused("reason", _("Choose one of the categories."))
    for name, text, most in (("sub_reason", sub_reason, churn.LONGEST["reason"]), ("words", words, WORDS)):
        if len(text.strip()) > most:
            raise refused(name, _("At most %(limit)s characters fit here.") % {"limit": most})
    if effort is not None and not 1 <= effort <= 7:
        raise refused("effort", _("Between %(low)s and %(high)s.") % {"low": 1, "high": 7})


def _write(rows: Sequence[Line], said: str, origin: Origin) -> dict[UUID, Subscription | None]:
    """Send the cells of all lines, all or none; by the period that ended what follows it."""
    sent: list[dict[str, object]] = []
    last: dict[int, Line] = {}
    for line in rows:
        for cells in line.cells:
            sent.append(dict(cells) | ({"reason": said[:200]} if said and line.change < 0 else {}))
        if line.cells:
            last[len(sent)] = line
    result = merged_rows(merge_subscriptions, ImportKind.SUBSCRIPTIONS, sent, origin) if sent else None
    found: dict[UUID, Subscription | None] = {line.subscription.id: line.standing for line in rows}
    for number, line in last.items():
        if line.mrr_after and result is not None:
            found[line.subscription.id] = Subscription.objects.get(id=result.ids[number])
    return found


def _answer(account: Account, ended_on: dt.date, reason: str, sub_reason: str, words: str, by: Member | None) -> None:
    """Why they leave, where the queue of losses looks for it (MET-10)."""
    if by is not None:
        said_by = SaidBy.CUSTOMER if words.strip() else SaidBy.MEMBER
        record_answer(
            account=account, category=reason, by=by, ended_on=ended_on, reason=sub_reason, note=words, said_by=said_by
        )
        return
    cells = {"account": account.external_id, "ended_on": ended_on.isoformat(), "category": reason, "reason": sub_reason}
    read = read_answer(1, cells | {"note": words})
    if not isinstance(read, Row):
        raise DomainError(read[0].message, fields={problem.column: problem.message for problem in read})
    merge_answers([read], Origin(ChangeSource.API))


def _take_back(row: Renewal, by: Member | None) -> None:
    """The contracts as they were before it was closed."""
    own = SubscriptionChange.objects.filter(source=ChangeSource.RENEWAL, source_ref=row.id)
    touched = sorted(own.order_by().values_list("subscription_id", flat=True).distinct())
    rows = Subscription.objects.select_for_update(of=("self",)).select_related("account", "product", "plan")
    origin = Origin(ChangeSource.RENEWAL, row.id, by.name if by else "")
    back: list[dict[str, object]] = []
    for period in rows.filter(id__in=touched).order_by("id"):
        versions = list(period.changes.select_related("product", "plan").order_by("-recorded_at", "-id")[:50])
        if versions[0].source != ChangeSource.RENEWAL or versions[0].source_ref != row.id:
            raise Conflict(_("The contract was changed since: correct it by hand."), code="changed")
        first = next((each for each in versions if each.source_ref != row.id), None)
        if first is None or first.voided:
            refuse_closed("outcome", period.start_on)
            if not period.voided:
                void_subscription(subscription=period, origin=origin, reason=_("The renewal was not closed after all."))
        elif (period.end_on, period.end_reason) != (first.end_on, first.end_reason):
            refuse_closed("outcome", period.end_on or row.due_on)
            end = {"end_date": first.end_on or "", "end_reason": first.end_reason, "reason": ""}
            back.append(as_row(period) | end)
    if back:
        merged_rows(merge_subscriptions, ImportKind.SUBSCRIPTIONS, back, origin)
