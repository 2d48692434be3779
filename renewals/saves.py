"""Save plays (REN-09, HLT-13): opened for a customer that may leave, and ended by what becomes of it.

A play is saved when the renewal that was open is kept, or after 90 days above Critical where there was none; it is lost
when the customer leaves. Only what was opened by mistake is ended by hand (METRICS: the rate is no matter of opinion).
"""

import datetime as dt
from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.customers import refused
from accounts.enums import HealthBand, Status
from accounts.merging.result import today
from accounts.models import Account, Member
from cs_platform.kernel.edits import check_seen, put
from cs_platform.kernel.errors import DomainError
from journey.enums import PlayState
from journey.models import Play
from renewals.enums import RenewalState, SaveCause, SaveState
from renewals.lifecycle import KEPT
from renewals.models import Renewal, SavePlay
from renewals.selectors import open_of

ABOVE_RED_DAYS = 90
APPROACH = 500
PLAYBOOK = "save"  # the key of the playbook of the product that is a save play
RED_RULE = "turned_red"


@transaction.atomic
def open_save(
    *,
    account: Account,
    by: Member | None,
    cause: str = SaveCause.PERSON,
    approach: str = "",
    play: Play | None = None,
    opened_on: dt.date | None = None,
) -> SavePlay:
    """Begin to save a customer: with the days that are left until its renewal and the money at risk, as they stand today.

    One runs for a customer; where one does, that is the one. DomainError for who left already.
    """
    account = account.merged_into or account
    running = SavePlay.objects.filter(account=account, state=SaveState.RUNNING).first()
    if running is not None:
        return running if play is None or running.play_id is not None else put(running, play=play)
    if account.status == Status.CHURNED:
        raise DomainError(_("The account is no customer any more."), code="left")
    day = opened_on or today()
    renewal = open_of(account)
    row = SavePlay(
        account=account,
        renewal=renewal,
        play=play,
        cause=cause,
        opened_on=day,
        lead_days=(renewal.due_on - day).days if renewal else None,
        mrr_minor=renewal.mrr_minor if renewal else account.mrr_minor,  # type: ignore[attr-defined]
        approach=_approach(approach),
        above_red_since=None,
        opened_by=by,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # the same wish at the same moment
        return SavePlay.objects.get(account=account, state=SaveState.RUNNING)
    return row


@transaction.atomic
def change_save(*, save: SavePlay, approach: str, version: int | None, by: Member | None) -> SavePlay:
    """Say how the customer is to be saved."""
    row = _locked(save, version)
    _must_run(row)
    text = _approach(approach)
    return put(row, approach=text) if text != row.approach else row


@transaction.atomic
def end_save(*, save: SavePlay, version: int | None, by: Member | None) -> SavePlay:
    """It was opened by mistake and counts nowhere. Ended twice changes nothing."""
    row = _locked(save, version)
    if row.state == SaveState.WITHDRAWN:
        return row
    _must_run(row)
    return put(row, state=SaveState.WITHDRAWN, decided_on=today())


def decide(renewal: Renewal, day: dt.date) -> None:
    """The save play that runs for a renewal's customer ends with it: saved when it is kept, lost when it churned. Called
    in the transaction that closes it."""
    found = SavePlay.objects.select_for_update().filter(account=renewal.account_id, state=SaveState.RUNNING)
    state = SaveState.SAVED if renewal.state in KEPT else SaveState.LOST
    for row in found:
        put(row, state=state, decided_on=day, renewal=renewal)


def reopen(renewal: Renewal) -> None:
    """The close was taken back: what it decided is open again, unless another one runs there by now."""
    if SavePlay.objects.filter(account=renewal.account_id, state=SaveState.RUNNING).exists():
        return
    row = (
        SavePlay.objects.select_for_update()
        .filter(renewal=renewal, state__in=[SaveState.SAVED, SaveState.LOST], decided_on=renewal.closed_on)
        .order_by("-opened_on", "-id")
        .first()
    )
    if row is not None:
        put(row, state=SaveState.RUNNING, decided_on=None)


def follow_plays(plays: Iterable[Play] | None = None) -> int:
    """Each save play of the playbook that runs is one here too, begun by the alert's rule or by hand; one that was taken
    back as a whole is withdrawn. How many changed; a second time changes nothing."""
    rows = Play.objects.filter(playbook__playbook__key=PLAYBOOK, save_plays=None, state=PlayState.RUNNING)
    if plays is not None:
        rows = rows.filter(id__in=[play.id for play in plays])
    changed = 0
    for play in rows.select_related("account__merged_into", "alert", "started_by").order_by("started_at", "id"):
        cause = SaveCause.PERSON
        if play.alert is not None:
            cause = SaveCause.RED if play.alert.rule == RED_RULE else SaveCause.RULE
        if (play.account.merged_into or play.account).status != Status.CHURNED:
            open_save(account=play.account, by=play.started_by, cause=cause, play=play)
            changed += 1
    undone = SavePlay.objects.select_for_update(of=("self",)).filter(
        state=SaveState.RUNNING, play__state=PlayState.UNDONE, cause__in=[SaveCause.RED, SaveCause.RULE]
    )
    for row in undone:
        put(row, state=SaveState.WITHDRAWN, decided_on=today())
        changed += 1
    return changed


def follow_saves(as_of: dt.date) -> int:
    """Step of the night: save plays begin with the playbook's, and those that run end as METRICS says; how many changed.

    Lost when the customer has left. Saved, where no renewal is open, once it has stood above Critical for 90 days in a row,
    counted from its opening at the earliest; a day at Critical begins the count anew. A day without a score counts for
    neither. Saved or lost with a renewal is decided by closing it (`decide`). Twice is once.
    """
    changed = follow_plays()
    rows = SavePlay.objects.select_for_update(of=("self",)).filter(state=SaveState.RUNNING, opened_on__lte=as_of)
    rows = rows.select_related("account", "renewal").order_by("id")
    busy = set(
        Renewal.objects.filter(
            account__in=[row.account_id for row in rows], state=RenewalState.OPEN, due_on__gte=as_of
        ).values_list("account_id", flat=True)
    )
    for row in rows:
        values = _followed(row, as_of, open_renewal=row.account_id in busy)
        if values:
            put(row, **values)
            changed += 1
    return changed


def _followed(row: SavePlay, as_of: dt.date, *, open_renewal: bool) -> dict[str, object]:
    """What a night changes of a running save play."""
    account = row.account
    if account.status == Status.CHURNED:
        return {"state": SaveState.LOST, "decided_on": as_of}
    if account.health_band == HealthBand.RED:
        return {"above_red_since": None} if row.above_red_since is not None else {}
    if account.health_band == HealthBand.NONE:
        return {}
    since = row.above_red_since
    if since is None:
        return {"above_red_since": max(as_of, row.opened_on)}
    if not open_renewal and (as_of - since).days >= ABOVE_RED_DAYS:
        return {"state": SaveState.SAVED, "decided_on": as_of}
    return {}


def _locked(save: SavePlay, version: int | None) -> SavePlay:
    row = SavePlay.objects.select_for_update(of=("self",)).select_related("account").get(id=save.id)
    check_seen(row, version)
    return row


def _must_run(row: SavePlay) -> None:
    if row.state != SaveState.RUNNING:
        raise DomainError(_("This save play has ended."), code="ended")


def _approach(text: str) -> str:
    found = text.strip()
    if len(found) > APPROACH:
        raise refused("approach", _("At most %(limit)s characters fit here.") % {"limit": APPROACH})
    return found
