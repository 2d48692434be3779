"""Verbs on playbooks and their plays: add, set, switch, start by hand, stop, undo (REQUIREMENTS 1K, RELIABILITY).

`version` is the one that the person saw: Conflict when the row was changed since, None takes whatever stands.
"""

import datetime as dt
import re
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from accounts.customers import refused
from accounts.enums import Status
from accounts.models import Account, Member, Segment, Tenant
from cs_platform.kernel.edits import check_seen, put
from cs_platform.kernel.errors import Conflict, DomainError
from health.models import Alert
from journey.enums import PlayState
from journey.models import Play, Playbook, Task
from journey.playbooks import engine, jobs, selectors, versions
from journey.playbooks.catalogue import TRIGGERED
from journey.playbooks.definition import Steps

NAME, NOTE, REASON = 120, 500, 500
MOST_CAP, LONGEST_QUIET = 1000, 365
# What may start a playbook: rules about one account.
STARTERS = tuple(entry.rule for entry in TRIGGERED)


def _today() -> dt.date:
    return Tenant.current().today()


def _locked(playbook: Playbook, version: int | None) -> Playbook:
    row = Playbook.objects.select_for_update().get(id=playbook.id)
    check_seen(row, version)
    return row


@transaction.atomic
def add_playbook(*, name: str, by: Member | None) -> Playbook:
    """A playbook of the company's own, off and with an empty draft. DomainError for a name that is empty or too long."""
    name = _name(name)
    key = f"{re.sub(r'[^a-z0-9]+', '_', name.lower()).strip('_')[:20]}_{uuid7().hex[-8:]}"
    row = Playbook.objects.create(key=key, name=name)
    versions.draft_from(playbook=row, by=by)
    return row


def _name(given: str) -> str:
    name = " ".join(given.replace("\x00", "").split())
    if not name:
        raise refused("name", _("Give it a name."))
    if len(name) > NAME:
        raise refused("name", _("At most %(limit)s characters fit here.") % {"limit": NAME})
    return name


@transaction.atomic
def set_playbook(
    *,
    playbook: Playbook,
    name: str,
    rule: str,
    segment: Segment | None,
    cap: int,
    cooldown_days: int,
    version: int | None,
    by: Member | None,
) -> Playbook:
    """Its name, what starts it and what holds it back. DomainError names the field."""
    row = _locked(playbook, version)
    if rule and rule not in STARTERS:
        raise refused("rule", _("Choose one of the list."))
    if not 1 <= cap <= MOST_CAP:
        raise refused("cap", _("Between %(low)s and %(high)s.") % {"low": 1, "high": MOST_CAP})
    if not 0 <= cooldown_days <= LONGEST_QUIET:
        raise refused("cooldown_days", _("Between %(low)s and %(high)s.") % {"low": 0, "high": LONGEST_QUIET})
    changes = {"name": _name(name), "rule": rule, "segment": segment, "cap": cap, "cooldown_days": cooldown_days}
    return put(row, **changes)


@transaction.atomic
def switch(*, playbook: Playbook, on: bool, version: int | None, by: Member | None) -> Playbook:
    """On: the next run starts plays for new alerts. Off: no new ones; those that run go on."""
    row = _locked(playbook, version)
    if on and versions.published(row) is None:
        raise DomainError(_("Publish its steps first."), code="unpublished")
    if on and not row.rule:
        raise DomainError(_("Nothing starts this playbook but people: choose an alert rule first."), code="no_rule")
    return put(row, enabled=on) if row.enabled != on else row


@transaction.atomic
def start_play(
    *, playbook: Playbook, account: Account, by: Member | None, note: str = "", alert: Alert | None = None
) -> Play:
    """Begin a play by hand, today, with the tasks of its first day; with the alert that it answers where there is one. A
    program (`by` is None) names none: a play with an alert and nobody who started it is a rule's (`selectors.by_rule`).

    Cap, cool-down and switch are for what starts by itself. Conflict when one of this playbook runs there.
    """
    book = _locked(playbook, None)
    live = versions.published(book)
    if live is None:
        raise DomainError(_("Publish its steps first."), code="unpublished")
    if account.status == Status.CHURNED or account.merged_into_id:
        raise DomainError(_("The account is no customer any more."), code="left")
    if alert is not None and alert.account_id != account.id:
        raise refused("alert", _("This alert is about another account."))
    if len(note := note.strip()) > NOTE:
        raise refused("note", _("At most %(limit)s characters fit here.") % {"limit": NOTE})
    earlier = Play.objects.filter(playbook__playbook=book, account=account)
    if earlier.filter(state=PlayState.RUNNING).exists():
        raise Conflict(_("This playbook runs there already."), code="running")
    if alert is not None and earlier.filter(alert=alert, playbook=live).exists():
        alert = None  # it had its play of this version, which is over: the new one is the person's own
    inputs = dict(alert.inputs) if alert else {}
    play = Play.objects.create(
        playbook=live,
        account=account,
        alert=alert,
        started_by=by,
        as_of=_today(),
        inputs=inputs | ({"note": note} if note else {}),
    )
    jobs.tell_started([play])
    jobs.advance([play], play.as_of)
    play.refresh_from_db()
    return play


def stop_play(*, play: Play, reason: str, version: int | None, by: Member | None) -> Play:
    """No further step, and its open tasks are cancelled; the reason stays with it. Stopped twice changes nothing."""
    reason = reason.strip()
    if not reason:
        raise refused("reason", _("Say why it stops."))
    return _end(play, PlayState.STOPPED, reason, version, by)


def undo_play(*, play: Play, version: int | None, by: Member | None, reason: str = "") -> Play:
    """It should not have begun: its open tasks are cancelled, what was done stays, and it counts nowhere."""
    return _end(play, PlayState.UNDONE, reason.strip() or _("The play was taken back."), version, by)


@transaction.atomic
def _end(play: Play, state: PlayState, reason: str, version: int | None, by: Member | None) -> Play:
    if len(reason) > REASON:
        raise refused("reason", _("At most %(limit)s characters fit here.") % {"limit": REASON})
    row = Play.objects.get(id=play.id)
    if row.state != PlayState.RUNNING:
        return row
    check_seen(row, version)
    jobs.end_plays([row.id], state, reason=reason, by=by)
    row.refresh_from_db()
    return row


def undo_run(*, playbook: Playbook, day: dt.date, by: Member | None) -> int:
    """Take back every play that the runs of a day started by themselves and that still runs; how many."""
    rows = selectors.by_rule().filter(playbook__playbook=playbook, as_of=day, state=PlayState.RUNNING)
    ids = list(rows.values_list("id", flat=True))
    return jobs.end_plays(ids, PlayState.UNDONE, reason=_("The play was taken back."), by=by)


def follow_task(task: Task) -> None:
    """A task of a play is over or open again; called by the verbs on tasks, inside their transaction."""
    if task.play_id is not None:
        follow(task.play_id)


def follow(play_id: UUID) -> None:
    """The play is done when nothing is left of it, and runs again when something is. The caller has changed one of its
    tasks or mails in this transaction."""
    play = Play.objects.select_for_update(of=("self",)).select_related("playbook").get(id=play_id)
    if play.state not in (PlayState.RUNNING, PlayState.DONE):
        return
    made = jobs.made_of([play]).get(play.id, {})
    over = engine.is_over(Steps.read(play.playbook.steps), made, play.inputs.get(jobs.SKIPPED, {}))
    if over == (play.state == PlayState.DONE):
        return
    Play.objects.filter(id=play.id).update(
        state=PlayState.DONE if over else PlayState.RUNNING,
        ended_at=timezone.now() if over else None,
        version=F("version") + 1,
    )
