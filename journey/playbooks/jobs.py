"""Plays by night and minutes after new alerts: judged in Python, written in bulk, never more than they should be.

Rerunnable: the plays and tasks of a day are the same however often it runs, and whoever runs at the same moment waits.
A play and a task are written at most once for a cause and a step: the database holds that too.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from django.conf import settings as django_settings
from django.db import transaction
from django.db.models import Count, F, Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.absences import standing_in
from accounts.enums import ChangeSource, Status
from accounts.models import Account, Member, Tenant
from accounts.webhooks.announce import announce_rows
from accounts.webhooks.events import Kind
from cs_platform.kernel import audit
from health.alerts import jobs as alert_jobs
from health.enums import AlertState, VersionState
from health.models import Alert, AlertRule
from journey.enums import Doer, LetterState, PlayState, TaskState, Urgency, Why
from journey.models import Play, Playbook, PlaybookVersion, Task
from journey.playbooks import engine, installing, letters, selectors
from journey.playbooks.definition import Step, Steps
from journey.playbooks.engine import Cause, Chosen, HeldBack, Limits
from journey.playbooks.letters import Wanted
from journey.playbooks.standings import standings
from journey.playbooks.texts import said

SQL = Path(__file__).parent / "sql"
LOOK_BACK = 3  # days: an alert that waited longer is no news
SKIPPED = "skipped"  # in a play's inputs: the steps that were left out, {step: {"day", "why": parts of the condition}}


def first_day(as_of: dt.date) -> dt.date:
    """The day on which what a run about `as_of` asks for is to be done: today, for a night the morning after it."""
    today = Tenant.current().today()
    return min(today, as_of + dt.timedelta(days=1)) if as_of <= today else as_of


def alive() -> bool:
    """Whether the main switch of the rules, which stops plays too, is on."""
    row = AlertRule.objects.filter(key=alert_jobs.ALL).first()
    return row is None or row.enabled


@dataclass
class Judged:
    """A playbook with its published version, and what became of the causes of a day."""

    playbook: Playbook
    version: PlaybookVersion
    chosen: Chosen = field(default_factory=Chosen)


def start_plays(as_of: dt.date) -> int:
    """Nightly step: begin a play for each new alert of a playbook that is on; how many began."""
    installing.install()
    books = list(Playbook.objects.select_for_update().filter(enabled=True).exclude(rule="").order_by("id"))
    judged = judge(books, as_of) if books else []
    day = first_day(as_of)
    causes = [cause.alert_id for each in judged for cause in each.chosen.starts]
    inputs = dict(Alert.objects.filter(id__in=causes).values_list("id", "inputs"))
    plays = [
        Play(
            playbook=each.version,
            account_id=cause.account_id,
            alert_id=cause.alert_id,
            as_of=day,
            inputs=inputs.get(cause.alert_id, {}) if cause.alert_id else {},
        )
        for each in judged
        for cause in each.chosen.starts
    ]
    with audit.derived():
        Play.objects.bulk_create(plays, batch_size=2000, ignore_conflicts=True)
    tell_started(plays)
    return len(plays)


def tell_started(plays: Sequence[Play]) -> None:
    """Tell the customer's own systems that these plays began: their product may prompt a user in turn (TRG-21)."""
    if plays:
        announce_rows(Kind.PLAY_STARTED, SQL / "started.sql", {"plays": [str(play.id) for play in plays]})


def judge(books: Sequence[Playbook], as_of: dt.date) -> list[Judged]:
    """Which alerts of the last days start a play of each of these playbooks, and why the others do not.

    A few queries for any number of playbooks and alerts. The caller who writes holds the playbooks' locks.
    """
    rules = {book.rule for book in books}
    live = {v.playbook_id: v for v in PlaybookVersion.objects.filter(state=VersionState.PUBLISHED, playbook__in=books)}
    alerts = Alert.objects.filter(
        rule__in=rules, state=AlertState.OPEN, as_of__lte=as_of, as_of__gt=as_of - dt.timedelta(days=LOOK_BACK)
    ).filter(account__merged_into=None, account__isnull=False)
    rows = list(
        alerts.exclude(account__status=Status.CHURNED).values_list(
            "id", "rule", "account_id", "as_of", "account__mrr_minor", "account__segment_id"
        )
    )
    plays = Play.objects.filter(playbook__playbook__in=books)
    had = set(plays.filter(alert__in=[row[0] for row in rows]).values_list("alert_id", "playbook__playbook_id"))
    day = first_day(as_of)
    past = plays.filter(account__in={row[2] for row in rows}).order_by().values("playbook__playbook_id", "account_id")
    began: dict[UUID, dict[UUID, dt.date]] = {}
    running: dict[UUID, set[UUID]] = {}
    for row in past.annotate(last=Max("as_of"), open=Count("pk", filter=Q(state=PlayState.RUNNING))):
        began.setdefault(row["playbook__playbook_id"], {})[row["account_id"]] = row["last"]
        if row["open"]:
            running.setdefault(row["playbook__playbook_id"], set()).add(row["account_id"])
    nightly = selectors.by_rule().filter(playbook__playbook__in=books, as_of=day).order_by()
    spent = dict(nightly.values_list("playbook__playbook_id").annotate(n=Count("pk")))
    stale, on = alert_jobs.held_now(as_of), {s.rule.key: s.enabled for s in alert_jobs.settings_of_rules()}
    found = []
    for book in books:
        if book.id not in live:
            continue
        causes = [
            Cause(account, opened, money, alert)
            for alert, rule, account, opened, money, segment in rows
            if rule == book.rule and (alert, book.id) not in had and book.segment_id in (None, segment)
        ]
        each = Judged(book, live[book.id])
        if not on.get(book.rule, False) or book.rule in stale:
            reason = HeldBack.STALE if on.get(book.rule, False) else HeldBack.RULE_OFF
            each.chosen.held_back = [(cause, reason) for cause in causes]
        else:
            each.chosen = engine.choose(
                causes,
                Limits(book.cap, book.cooldown_days),
                day,
                running=running.get(book.id, set()),
                began=began.get(book.id),
                spent=spent.get(book.id, 0),
            )
        found.append(each)
    return found


def make_due_tasks(as_of: dt.date) -> int:
    """Nightly step: make the tasks and mails of steps whose day has come, end plays where nothing is left; how many.

    While the main switch is off nothing happens; what became due meanwhile is made when it is on again.
    """
    if not alive():
        return 0
    plays = Play.objects.select_for_update(of=("self",)).filter(state=PlayState.RUNNING)
    with audit.derived():
        _stop_of_those_who_left()
        return advance(list(plays.select_related("playbook").order_by("id")), first_day(as_of))


def _stop_of_those_who_left() -> None:
    """Plays of accounts that are no customers any more end, and their open tasks with them."""
    left = Q(account__status=Status.CHURNED) | Q(account__merged_into__isnull=False)
    ids = list(Play.objects.filter(left, state=PlayState.RUNNING).values_list("id", flat=True))
    end_plays(ids, PlayState.STOPPED, reason=_("The account is no customer any more."), by=None)


@transaction.atomic
def end_plays(wished: Iterable[UUID], state: PlayState, *, reason: str, by: Member | None) -> int:
    """End those of these plays that run, and cancel their open tasks and waiting mails; how many plays.

    Tasks and mails are locked before plays, in the order in which somebody who finishes a task does it.
    """
    wished = list(wished)
    if not wished:
        return 0
    tasks = Task.objects.filter(play__in=wished, state=TaskState.OPEN)
    list(tasks.select_for_update(of=("self",)).order_by("id").values_list("id", flat=True))
    letters.cancel_of(wished, reason)
    running = Play.objects.select_for_update(of=("self",)).filter(id__in=wished, state=PlayState.RUNNING)
    ids = list(running.order_by("id").values_list("id", flat=True))
    now = timezone.now()
    Play.objects.filter(id__in=ids).update(
        state=state, ended_at=now, ended_by=by, reason=reason, version=F("version") + 1
    )
    Task.objects.filter(play__in=ids, state=TaskState.OPEN).update(
        state=TaskState.CANCELLED, result=reason, snoozed_until=None, updated_at=now, version=F("version") + 1
    )
    return len(ids)


def made_of(plays: Iterable[Play]) -> dict[UUID, dict[str, bool]]:
    """What became of the steps of these plays: by step whether its task or mail is still open. One query, or two."""
    plays = list(plays)
    found: dict[UUID, dict[str, bool]] = {}
    tasks = Task.objects.filter(play__in=[play.id for play in plays]).values_list("play_id", "step", "state")
    for play_id, key, state in (*tasks, *letters.of_plays(plays).values_list("play_id", "step", "state")):
        assert play_id is not None
        found.setdefault(play_id, {})[key] = state in (TaskState.OPEN, LetterState.WAITING)
    return found


def advance(plays: Sequence[Play], day: dt.date) -> int:
    """Make what is due by `day` of these running plays, which the caller has locked; how many tasks and mails."""
    made = made_of(plays)
    # Only of those where a step's day has come the account is looked at.
    read: dict[UUID, Steps] = {}
    for play in plays:
        if play.playbook_id not in read:
            read[play.playbook_id] = Steps.read(play.playbook.steps)
    known = {play.id: {*made.get(play.id, {}), *play.inputs.get(SKIPPED, {})} for play in plays}
    waiting = [
        play
        for play in plays
        if any(
            step.key not in known[play.id] and play.as_of + dt.timedelta(days=step.days) <= day
            for step in read[play.playbook_id].steps
        )
    ]
    tasks, mails, changed = _due_steps(waiting, read, known, day)
    Task.objects.bulk_create(tasks, batch_size=2000, ignore_conflicts=True)
    for task in tasks:
        assert task.play_id is not None
        made.setdefault(task.play_id, {})[task.step] = True
    for letter in letters.write(mails, day):
        made.setdefault(letter.play_id, {})[letter.step] = letter.state == LetterState.WAITING
    over = [
        play
        for play in plays
        if engine.is_over(read[play.playbook_id], made.get(play.id, {}), play.inputs.get(SKIPPED, {}))
    ]
    Play.objects.bulk_update(changed, ["inputs"], batch_size=500)
    Play.objects.filter(id__in=[play.id for play in over], state=PlayState.RUNNING).update(
        state=PlayState.DONE, ended_at=timezone.now(), version=F("version") + 1
    )
    return len(tasks) + len(mails)


def _due_steps(
    plays: Sequence[Play], read: Mapping[UUID, Steps], known: Mapping[UUID, set[str]], day: dt.date
) -> tuple[list[Task], list[Wanted], list[Play]]:
    """Tasks and mails of what is due, and the plays whose inputs now say which steps were left out."""
    now = standings({play.account_id for play in plays}, day)
    people = _People(plays, day)
    tasks: list[Task] = []
    mails: list[Wanted] = []
    changed = []
    for play in plays:
        found = engine.due(read[play.playbook_id], play.as_of, known[play.id], now[play.account_id], day)
        if found.left_out:
            skipped = {key: {"day": day.isoformat(), "why": why} for key, why in found.left_out.items()}
            play.inputs = play.inputs | {SKIPPED: play.inputs.get(SKIPPED, {}) | skipped}
            changed.append(play)
        tasks += [_task(play, step, people.doer(play, step.doer), day) for step in found.tasks]
        mails += [Wanted(play, step, people.doer(play, Doer.OWNER)) for step in found.mails]
    return tasks, mails, changed


def _task(play: Play, step: Step, doer: Member | None, day: dt.date) -> Task:
    language = (doer.user.language if doer else "") or django_settings.LANGUAGE_CODE
    return Task(
        external_id=f"play:{play.id}:{step.key}",
        account_id=play.account_id,
        title=said(step.title, language),
        note=said(step.note, language),
        work=step.work,
        owner=doer,
        # Not late from its first day on when a night was missed.
        due_on=max(play.as_of + dt.timedelta(days=step.days), day),
        urgency=Urgency.HIGH if step.urgent else Urgency.NORMAL,
        why=Why.PLAYBOOK,
        alert_id=play.alert_id,
        play=play,
        step=step.key,
        created_by_id=play.started_by_id,
        source=ChangeSource.RULE,
        source_ref=play.id,
    )


class _People:
    """Whom the steps of some plays fall to: on a day on which the CSM is away to who stands in (ROL-02). Who left the
    company is nobody, and what is nobody's is the pool's."""

    def __init__(self, plays: Iterable[Play], day: dt.date) -> None:
        plays = list(plays)
        accounts = Account.objects.filter(id__in={play.account_id for play in plays})
        self.owners = {a.id: a.owner for a in accounts.select_related("owner__user", "owner__team__leader__user")}
        starters = {play.started_by_id for play in plays if play.started_by_id}
        self.starters = Member.objects.select_related("user", "role").in_bulk(starters)
        self.covers = standing_in(day, {a.id for a in self.owners.values() if a is not None})

    def doer(self, play: Play, doer: str) -> Member | None:
        whose = self.owners.get(play.account_id)
        owner = whose if whose is not None and whose.is_active else None
        covering = self.covers.get(whose.id, owner) if whose is not None else None
        match doer:
            case Doer.POOL:
                return None
            case Doer.LEADER:
                leader = owner.team.leader if owner is not None and owner.team is not None else None
                return leader if leader is not None and leader.is_active else covering
            case Doer.STARTER:
                starter = self.starters.get(play.started_by_id) if play.started_by_id else None
                return starter if starter is not None and starter.is_active else covering
        return covering


def follow_alerts() -> int:
    """Minutes after new alerts: the plays that they start, with the tasks of their first day; how many plays."""
    today = Tenant.current().today()
    started = start_plays(today)
    if started:
        make_due_tasks(today)
    return started
