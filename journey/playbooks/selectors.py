"""Questions about playbooks and plays: how they run, what waits, what became of the accounts."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, IntegerField, Max, Q, QuerySet, Value, When

from accounts.dossier import parts_of
from accounts.models import Account, Member, in_care_of
from cs_platform.kernel import copying, sqljobs
from cs_platform.kernel.access import Scope
from health.enums import VersionState
from health.models import Alert
from journey.enums import LetterState, PlayState, TaskState
from journey.models import Letter, Play, Playbook, Task
from journey.playbooks import letters

Made = Task | Letter
SQL = Path(__file__).parent / "sql"
AFTER = (30, 60)  # days after a play began at which health is looked at again


@dataclass(frozen=True)
class Tally:
    """Plays of a playbook by state, the day the last one began, and open tasks."""

    running: int = 0
    done: int = 0
    stopped: int = 0
    undone: int = 0
    last: dt.date | None = None
    tasks: int = 0

    @property
    def done_rate(self) -> float | None:
        """Done of those that ended; what was undone counts nowhere. Example: 3 done, 1 stopped: 0.75."""
        ended = self.done + self.stopped
        return self.done / ended if ended else None


def tallies(books: Iterable[Playbook]) -> dict[UUID, Tally]:
    """Of each of these playbooks; two queries."""
    wished = [book.id for book in books]
    plays = Play.objects.filter(playbook__playbook__in=wished).order_by().values("playbook__playbook_id")
    states = {str(state): Count("pk", filter=Q(state=state)) for state in PlayState}
    rows = plays.annotate(last=Max("as_of"), **states)
    open_tasks = Task.objects.filter(state=TaskState.OPEN, play__playbook__playbook__in=wished).order_by()
    tasks = dict(open_tasks.values_list("play__playbook__playbook_id").annotate(n=Count("pk")))
    found = dict.fromkeys(wished, Tally())
    for row in rows:
        key = row.pop("playbook__playbook_id")
        found[key] = Tally(**row, tasks=tasks.get(key, 0))
    return found


def visible_plays(member: Member) -> QuerySet[Play]:
    """Plays of the accounts that the member sees."""
    if member.role.scope == Scope.ALL:
        return Play.objects.all()
    return Play.objects.filter(account__in=Account.objects.visible_to(member).values("id"))


def listed(rows: QuerySet[Any]) -> QuerySet[Any]:
    """With what a line of a play says."""
    return rows.select_related("playbook__playbook", "account", "alert", "started_by", "ended_by")


def plays_of(account: Account) -> QuerySet[Any]:
    """Plays of the account and of what was merged into it, running ones first, then the latest."""
    rows = listed(Play.objects.filter(account__in=[account.id, *parts_of(account)]))
    runs = Case(When(state=PlayState.RUNNING, then=Value(0)), default=Value(1), output_field=IntegerField())
    return rows.order_by(runs, "-started_at", "-id")


def plays_of_alert(alert: Alert) -> list[Play]:
    return list(listed(Play.objects.filter(alert=alert)).order_by("-started_at"))


def by_rule() -> QuerySet[Any]:
    """Plays that began by themselves: nobody started them, and they answer an alert. What a program started answers none."""
    return Play.objects.filter(started_by=None, alert__isnull=False)


def note_of(play: Play) -> str:
    """What a person or a program wrote when they started it; "" for a rule's, whose note is the alert's."""
    note = play.inputs.get("note", "")
    written = play.alert_id is None or play.started_by_id is not None
    return note if written and isinstance(note, str) else ""


def startable() -> QuerySet[Playbook]:
    """Playbooks that can be started by hand: those with published steps."""
    return Playbook.objects.filter(versions__state=VersionState.PUBLISHED).order_by("name")


def made_of(plays: Iterable[Play]) -> dict[UUID, dict[str, Made]]:
    """The tasks and mails of these plays by step. One query, or two where playbooks have mails."""
    plays = list(plays)
    found: dict[UUID, dict[str, Made]] = {}
    for row in (*Task.objects.filter(play__in=[play.id for play in plays]), *letters.of_plays(plays)):
        if row.play_id is not None:
            found.setdefault(row.play_id, {})[row.step] = row
    return found


def letters_of(account: Account) -> QuerySet[Letter]:
    """Mails to the account and to what was merged into it, the latest first."""
    return with_people(Letter.objects.filter(account__in=[account.id, *parts_of(account)]))


def letters_of_book(book: Playbook, member: Member) -> QuerySet[Letter]:
    """Mails of a playbook to the accounts that the member sees, the latest first."""
    return with_people(Letter.objects.filter(play__in=visible_plays(member).filter(playbook__playbook=book)))


def own_waiting(member: Member) -> QuerySet[Letter]:
    """Mails in the member's name that have not gone yet, the next one first."""
    return with_people(Letter.objects.filter(state=LetterState.WAITING, sender=member)).order_by("goes_at", "id")


def own_failed(member: Member) -> QuerySet[Letter]:
    """Mails that did not go and that the member answers for: in their name, or in nobody's to an account of theirs; those of
    whom they cover for as well. Each waits until somebody sends it again or lets it be; what a play that ended had written
    waits no more."""
    own = Account.objects.filter(in_care_of(member)).order_by().values("id")
    whose = in_care_of(member, "sender_id") | Q(sender=None, account__in=own)
    rows = Letter.objects.filter(whose, state=LetterState.FAILED, play__state__in=(PlayState.RUNNING, PlayState.DONE))
    return with_people(rows).order_by("goes_at", "id")


def visible_letters(member: Member, account: Account | None = None) -> QuerySet[Letter]:
    """Mails to the accounts that the member sees, or to this one and what was merged into it; the latest first."""
    if account is not None:
        return letters_of(account)
    rows = Letter.objects.all()
    if member.role.scope != Scope.ALL:
        rows = rows.filter(account__in=Account.objects.visible_to(member).values("id"))
    return with_people(rows)


def letter_states(book: Playbook, member: Member) -> dict[str, int]:
    """How many of these mails are in each state. One query."""
    rows = letters_of_book(book, member).order_by().values_list("state").annotate(n=Count("pk"))
    return dict(rows)


def with_people(rows: QuerySet[Letter]) -> QuerySet[Letter]:
    """With what a line of a letter says."""
    return rows.select_related("account", "contact", "sender__user", "play__playbook__playbook")


def runs(playbook: Playbook, limit: int) -> list[dict[str, Any]]:
    """What the nights started by themselves, the latest day first: {day, began, running, done, stopped, undone}."""
    rows = by_rule().filter(playbook__playbook=playbook).order_by()
    states = {str(state): Count("pk", filter=Q(state=state)) for state in PlayState}
    return list(rows.values("as_of").annotate(began=Count("pk"), **states).order_by("-as_of")[:limit])


def health_around(plays: Sequence[Play], until: dt.date) -> dict[UUID, list[float | None]]:
    """Of each play the account's score on the day it began and 30 and 60 days later; None where there is none within the
    week before, or the day has not come. One query."""
    days = (0, *AFTER)
    asked = [
        (place * len(days) + column, play.account_id, play.as_of + dt.timedelta(days=after))
        for place, play in enumerate(plays)
        for column, after in enumerate(days)
        if play.as_of + dt.timedelta(days=after) <= until
    ]
    found: dict[UUID, list[float | None]] = {play.id: [None] * len(days) for play in plays}
    if not asked:
        return found
    copying.stage("asked_health", [("place", "int"), ("account_id", "uuid"), ("day", "date")], asked)
    for row in sqljobs.rows(SQL / "health_around.sql"):
        place, column = divmod(row["place"], len(days))
        found[plays[place].id][column] = row["score"]
    return found
