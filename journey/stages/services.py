"""Verbs about tracks and stages: open, enter, end, attest, hold up, decide (JRN-02, JRN-03, JRN-07, JRN-24).

Each takes a lock on the track first, so that two people who move the same journey wait for each other. Days lie neither in
the future nor before what they follow. Conflict when something was changed since `version`; DomainError names the field.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from accounts.customers import EARLIEST, refused
from accounts.enums import ChangeSource, Level
from accounts.merging.result import today
from accounts.models import Account, Contact, Member
from accounts.webhooks.announce import announce
from accounts.webhooks.events import Kind
from cs_platform.kernel.edits import check_seen, put
from cs_platform.kernel.errors import DomainError
from journey.enums import Answer, Cause, Entry, Evidence, Exit, Stage, TrackEnd, TrackKind
from journey.models import CriterionCheck, Regression, StagePeriod, Track
from journey.stages import guide, measures
from journey.stages.criteria import STANDING_STAGES
from journey.stages.line import ENTRIES
from journey.stages.measures import State
from journey.stages.news import journeys_changed


def _locked_track(track: Track, version: int | None = None) -> Track:
    """The row of a track that is about to change; what was reckoned of its account's journeys is out of date."""
    row = Track.objects.select_for_update(of=("self",)).select_related("account").get(id=track.id)
    check_seen(row, version)
    journeys_changed([row.account_id])
    return row


def _locked_period(period: StagePeriod, version: int | None) -> StagePeriod:
    """The period of a locked track. DomainError when the stage has ended."""
    track = _locked_track(period.track)
    row = StagePeriod.objects.select_for_update(of=("self",)).get(id=period.id)
    check_seen(row, version)
    if row.exited_on is not None:
        raise DomainError(_("This stage has ended."), code="ended")
    row.track = track
    return row


def _check_day(field: str, day: dt.date, first: dt.date | None, sentence: str) -> None:
    if day > today():
        raise refused(field, _("This day lies ahead."))
    if day < EARLIEST:
        raise refused(field, _("The day lies between 1990 and today."))
    if first is not None and day < first:
        raise refused(field, sentence)


@transaction.atomic
def open_track(
    *,
    account: Account,
    kind: str,
    name: str,
    on: dt.date,
    by: Member,
    stage: str = Stage.ONBOARDING,
    unit: Account | None = None,
    seats: int | None = None,
    external_id: str = "",
) -> Track:
    """Begin a track in `stage` (JRN-02). With an `external_id` that is known already, that track is the answer.

    DomainError: a second core track, a unit that is none of the account's, a name of another open track, a day ahead.
    """
    account = Account.objects.select_for_update(of=("self",)).get(id=account.id)
    if external_id and (known := Track.objects.filter(external_id=external_id, account=account).first()):
        return known
    title = name.strip()
    if account.merged_into_id is not None:
        raise refused("account", _("This account was merged into another one: its journey goes on there."))
    if kind not in TrackKind.values:
        raise refused("kind", _("Choose what the track is about."))
    if stage not in Stage.values:
        raise refused("stage", _("Choose a stage."))
    if not title:
        raise refused("name", _("A value is required here."))
    if unit is not None and (unit.parent_id != account.id or unit.level == Level.COMPANY):
        raise refused("unit", _("This is no department of the account."))
    own = Track.objects.filter(account=account)
    if kind == TrackKind.CORE and own.filter(kind=TrackKind.CORE).exists():
        raise refused("kind", _("The account has its core track already."))
    if own.filter(name__iexact=title, closed_on=None).exists():
        raise refused("name", _("There is an open track of this name already."))
    _check_day("on", on, None, "")
    origin = {"source": ChangeSource.MEMBER, "source_ref": by.id}
    track = Track.objects.create(
        external_id=external_id or str(uuid7()), account=account, kind=kind, name=title, unit=unit, seats=seats, opened_on=on, **origin
    )  # fmt: skip
    _begin(track, stage, on, Entry.BEGAN, by)
    journeys_changed([account.id])
    return track


@transaction.atomic
def change_track(
    *, track: Track, name: str, unit: Account | None, seats: int | None, version: int | None, by: Member
) -> Track:
    """Another name, department or number of seats of a track."""
    row = _locked_track(track, version)
    title = name.strip()
    if not title:
        raise refused("name", _("A value is required here."))
    if unit is not None and (unit.parent_id != row.account_id or unit.level == Level.COMPANY):
        raise refused("unit", _("This is no department of the account."))
    others = Track.objects.filter(account_id=row.account_id, closed_on=None).exclude(id=row.id)
    if others.filter(name__iexact=title).exists():
        raise refused("name", _("There is an open track of this name already."))
    return put(row, name=title, unit=unit, seats=seats)


@transaction.atomic
def close_track(*, track: Track, because: str, on: dt.date, note: str, version: int | None, by: Member) -> Track:
    """End a track: its open stages are given up on that day. Closing it twice changes nothing."""
    row = _locked_track(track)
    if row.closed_on is not None:
        return row
    check_seen(row, version)
    if because not in TrackEnd.values:
        raise refused("because", _("Say why the track ends."))
    first = StagePeriod.objects.filter(track=row).aggregate(a=Max("entered_on"), b=Max("exited_on"))
    earliest = max(day for day in (row.opened_on, first["a"], first["b"]) if day is not None)
    _check_day("on", on, earliest, _("A stage of the track began or ended later."))
    periods = list(StagePeriod.objects.select_for_update().filter(track=row, exited_on=None).order_by("id"))
    for period in periods:
        period.track = row
    states = measures.standing(periods)
    for period in periods:
        _end(period, Exit.ABANDONED, on, note=note.strip(), by=by, states=states[period.id])
    return put(row, closed_on=on, closed_because=because)


@transaction.atomic
def enter_stage(
    *, track: Track, stage: str, on: dt.date, by: Member, note: str = "", target_on: dt.date | None = None,
    version: int | None = None,
) -> StagePeriod:  # fmt: skip
    """Open a stage of a track beside those that are open; how it came about follows from what there was before.

    DomainError: the stage is open already, the track is closed, the day lies ahead, before the track or before the end
    of an earlier time in this stage; it is wanted by a day before that.
    """
    row = _locked_track(track, version)
    if target_on is not None and target_on < on:
        raise refused("target_on", _("The stage began later."))
    before = list(StagePeriod.objects.filter(track=row).values_list("stage", flat=True))
    entry = Entry.AGAIN if stage in before else Entry.BESIDE if before else Entry.BEGAN
    return _begin(row, stage, on, entry, by, note=note.strip()[:1000], target_on=target_on)


def _begin(track: Track, stage: str, on: dt.date, entry: str, by: Member | None, **more: Any) -> StagePeriod:
    """Open a period of a locked track."""
    if track.closed_on is not None:
        raise DomainError(_("This track is closed."), code="closed")
    if stage not in Stage.values:
        raise refused("stage", _("Choose a stage."))
    same = StagePeriod.objects.filter(track=track, stage=stage)
    if same.filter(exited_on=None).exists():
        raise refused("stage", _("The track is in this stage already."))
    _check_day("on", on, track.opened_on, _("The track began later."))
    last = same.aggregate(last=Max("exited_on"))["last"]
    _check_day("on", on, last, _("The track was in this stage until later."))
    made = StagePeriod.objects.create(
        external_id=str(uuid7()), track=track, stage=stage, entered_on=on, entry=entry, entered_by=by,
        source=ChangeSource.MEMBER if by else ChangeSource.API, source_ref=by.id if by else None, **more,
    )  # fmt: skip
    announce(Kind.STAGE_ENTERED, track.account_id, **_told(made), entry=entry)
    return made


def _told(period: StagePeriod) -> dict[str, Any]:
    """What webhooks say of every stage."""
    track = period.track
    return {
        "track": track.external_id, "track_kind": track.kind, "stage": period.stage, "entered_on": period.entered_on,
    }  # fmt: skip


@transaction.atomic
def end_stage(
    *,
    period: StagePeriod,
    outcome: str,
    on: dt.date,
    by: Member | None,
    to: str = "",
    note: str = "",
    override_reason: str = "",
    cause: str = "",
    version: int | None = None,
) -> StagePeriod:
    """End a stage with an outcome, and with `to` go on in another one (JRN-03); what each criterion said is kept.

    Completed: each criterion is met, or `override_reason` says why it ends nevertheless, which is counted (JRN-07).
    Regressed: with its cause; the track goes back `to` an earlier stage, or starts this one anew (usual: `guide.back_to`).
    Skipped and abandoned: with a note that says why.
    """
    row = _locked_period(period, version)
    if outcome not in Exit.values:
        raise refused("outcome", _("Say how the stage ended."))
    _check_day("on", on, row.entered_on, _("The stage began later."))
    states = measures.standing([row])[row.id]
    text, overridden = note.strip(), False
    if outcome == Exit.COMPLETED:
        overridden = _completes(row, states, override_reason)
        text = "\n".join(part for part in (override_reason.strip() if overridden else "", text) if part)
    elif outcome == Exit.REGRESSED:
        if cause not in Cause.values:
            raise refused("cause", _("Say what threw it back."))
        to = to or guide.back_to(row.stage, cause)
        if to not in guide.ORDER or guide.ORDER.index(to) > guide.ORDER.index(row.stage):
            raise refused("to", _("A track goes back to an earlier stage, or starts this one anew."))
    elif not text:
        raise refused("note", _("Say why."))
    if to and (to not in Stage.values or (to == row.stage and outcome != Exit.REGRESSED)):
        raise refused("to", _("Choose another stage."))
    cause = cause if outcome == Exit.REGRESSED else ""
    _end(row, outcome, on, note=text, by=by, cause=cause, overridden=overridden, states=states)
    if to and not StagePeriod.objects.filter(track=row.track, stage=to, exited_on=None).exists():
        _begin(row.track, to, on, ENTRIES.get(Exit(outcome), Entry.BESIDE), by, came_from=row)
    return row


def _completes(period: StagePeriod, states: Sequence[State], reason: str) -> bool:
    """Whether completing the period overrides criteria. DomainError when it must not be completed so."""
    if period.stage in STANDING_STAGES:
        raise refused("outcome", _("This stage runs for as long as the customer stays: it is never completed."))
    missing = [str(state.criterion.label) for state in states if not state.met]
    if missing and not reason.strip():
        sentence = _("Not met: %(names)s. Say why it is completed nevertheless.") % {"names": ", ".join(missing)}
        raise refused("override_reason", sentence)
    return bool(missing)


def _end(
    period: StagePeriod, outcome: str, on: dt.date, *, states: Sequence[State], note: str, by: Member | None, cause: str = "",
    overridden: bool = False,
) -> None:  # fmt: skip
    """Write the end of a locked period, with how its criteria stand; proposals to go back from it lapse."""
    put(
        period, exited_on=on, outcome=outcome, cause=cause, note=note[:1000] or period.note, overridden=overridden,
        evidence=[state.frozen() for state in states], validated_by=by, validated_at=timezone.now(),
    )  # fmt: skip
    kind = Kind.STAGE_REGRESSED if outcome == Exit.REGRESSED else Kind.STAGE_ENDED
    announce(kind, period.track.account_id, **_told(period), ended_on=on, outcome=outcome, cause=cause)
    for proposal in Regression.objects.select_for_update().filter(period=period, state=Answer.OPEN):
        _answer(proposal, Answer.LAPSED, "", None)


@transaction.atomic
def attest(*, period: StagePeriod, criterion: str, met: bool, note: str, by: Member) -> CriterionCheck:
    """A member's word on a criterion: that it is met, and what shows it, or that it is met no more.

    DomainError: what is measured is read and not attested, what the customer confirms neither (JRN-07).
    """
    row = _locked_period(period, None)
    state = _state_of(row, criterion)
    if not state.open_to_word:
        if state.criterion.how == Evidence.CONFIRMED:
            raise refused("criterion", _("Only the customer can confirm this."))
        raise refused("criterion", _("This is measured, not attested."))
    text = note.strip()
    if not text:
        raise refused("note", _("Say what shows it."))
    return _said(row, criterion, Evidence.ATTESTED, met, note=text[:500], member=by)


@transaction.atomic
def confirm(
    *, period: StagePeriod, criterion: str, signed_as: str, contact: Contact | None, note: str = ""
) -> CriterionCheck:
    """The customer's word on a criterion, which came through a signed link: the name that was written, and the contact
    that the link was for. DomainError when it is none that customers confirm, or the stage has ended."""
    row = _locked_period(period, None)
    if _state_of(row, criterion).criterion.how != Evidence.CONFIRMED:
        raise refused("criterion", _("This is not for the customer to confirm."))
    name = signed_as.strip()
    if not name:
        raise refused("signed_as", _("Write your name."))
    return _said(
        row, criterion, Evidence.CONFIRMED, True, note=note.strip()[:500], contact=contact, signed_as=name[:120]
    )


def _state_of(period: StagePeriod, criterion: str) -> State:
    for state in measures.standing([period])[period.id]:
        if state.key == criterion:
            return state
    raise refused("criterion", _("This stage does not ask for it."))


def _said(period: StagePeriod, criterion: str, how: str, met: bool, **more: Any) -> CriterionCheck:
    """Keep a word. The period counts as changed for programs that follow it, but nobody's open form grows stale by it."""
    StagePeriod.objects.filter(id=period.id).update(updated_at=timezone.now())
    return CriterionCheck.objects.create(period=period, criterion=criterion, how=how, met=met, **more)


@transaction.atomic
def block(*, period: StagePeriod, blocker: str, note: str, version: int | None, by: Member) -> StagePeriod:
    """Say what holds a stage up, by its code (JRN-11, JRN-32), or with "" that nothing does any more."""
    row = _locked_period(period, version)
    if blocker and blocker not in guide.BLOCKERS[row.stage]:
        raise refused("blocker", _("Choose what usually holds this stage up."))
    since = None if not blocker else row.blocked_on if row.blocker == blocker else today()
    return put(row, blocker=blocker, blocked_on=since, blocker_note=note.strip()[:500] if blocker else "")


@transaction.atomic
def agree_day(*, period: StagePeriod, target_on: dt.date | None, version: int | None, by: Member) -> StagePeriod:
    """A day that was agreed for this stage in the place of the segment's target; None takes it back."""
    row = _locked_period(period, version)
    if target_on is not None and target_on < row.entered_on:
        raise refused("target_on", _("The stage began later."))
    return put(row, target_on=target_on)


@transaction.atomic
def decide(
    *, regression: Regression, accept: bool, note: str, by: Member | None, to: str = "", version: int | None = None
) -> Regression:
    """Answer a proposal to go back, with a reason (JRN-24). Accepted: the stage ends today as regressed, and the earlier one
    begins again; declined: it stays. One whose stage ended meanwhile has lapsed. A program (`by` is None) brings somebody's
    answer from elsewhere."""
    track = _locked_track(Track(id=regression.track_id))
    row = Regression.objects.select_for_update(of=("self",)).get(id=regression.id)
    check_seen(row, version)
    if row.state != Answer.OPEN:
        raise DomainError(_("This proposal has been answered."), code="answered")
    text = note.strip()
    if not text:
        raise refused("note", _("Say why."))
    if not accept:
        return _answer(row, Answer.DECLINED, text, by)
    # Answered before the stage ends, since the end of a stage lets its open proposals lapse.
    _answer(row, Answer.ACCEPTED, text, by)
    period = StagePeriod.objects.get(id=row.period_id)
    period.track = track
    end_stage(
        period=period, outcome=Exit.REGRESSED, on=max(today(), period.entered_on), to=to or row.stage, cause=row.cause,
        note=text, by=by,
    )  # fmt: skip
    return row


def _answer(row: Regression, state: str, note: str, by: Member | None) -> Regression:
    return put(row, state=state, note=note[:500], decided_by=by, decided_at=timezone.now())
