"""The pool: what waits for a taker, in the order in which somebody is offered it, and why (TCH-02).

Critical accounts first, then the promise that ends soonest. Among those of a band whoever speaks the customer's
language is asked first, then whoever did most of that kind of work. Who carries more than twice what others carry is
offered only what is late or Critical.
"""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from accounts.enums import HealthBand
from accounts.models import Contact, Member, Tenant
from journey.enums import TaskState
from journey.models import Task
from journey.work import services
from journey.work.selectors import BAND_ORDER, awake, listed, with_day
from journey.work.sharing import in_pool, visible_tasks

LOOKED_AT = 300  # the most pressing of the pool; a longer one is worked off from there
SKILL_DAYS = 180
HEAVY = 2  # times the usual load
BANDS = {HealthBand.RED: 0, HealthBand.YELLOW: 1, HealthBand.GREEN: 2, HealthBand.NONE: 3}


@dataclass(frozen=True)
class Worker:
    """What is known of who might take a task: language, open tasks, what colleagues carry, what they have done."""

    language: str
    load: int
    usual: float
    done: Mapping[str, int]

    @property
    def is_heavy(self) -> bool:
        """Carries more than twice the usual load. Example: 25 open tasks where others have 12 on average."""
        return self.load > HEAVY * self.usual > 0

    @property
    def best(self) -> str:
        """The kind of work done most, "" for none; of equal ones the first by name."""
        return min(self.done, key=lambda work: (-self.done[work], work), default="")


@dataclass(frozen=True)
class Offer:
    """A task of the pool and why this member is asked: the language shared with the customer ("" when unknown or
    another), the customer's own, and how often they did such work."""

    task: Any  # a task with its `day`
    shared: str
    language: str
    done: int


def pool_tasks(member: Member, today: dt.date) -> list[Any]:
    """What waits in the pool that this member shares: Critical first, then by the day it is due."""
    rows = with_day(visible_tasks(member).filter(in_pool() & awake(today)))
    return list(listed(rows).order_by(BAND_ORDER, "day", "due_at", "created_at", "id")[:LOOKED_AT])


def offers(tasks: Sequence[Any], languages: Mapping[UUID, str], worker: Worker, today: dt.date) -> list[Offer]:
    """The tasks in the order in which this worker is asked. Pure; tasks come with `day` and their account."""
    found = []
    for task in tasks:
        band = HealthBand(task.account.health_band) if task.account else HealthBand.NONE
        day: dt.date = task.day
        if worker.is_heavy and band != HealthBand.RED and day >= today:
            continue
        spoken = languages.get(task.account_id, "") if task.account_id else ""
        shared = spoken if spoken and spoken == worker.language else ""
        foreign = bool(spoken) and not shared
        done = worker.done.get(task.work, 0)
        found.append(((BANDS[band], foreign, day, -done, str(task.id)), Offer(task, shared, spoken, done)))
    return [offer for _key, offer in sorted(found, key=lambda each: each[0])]


def languages_of(tasks: Sequence[Task]) -> dict[UUID, str]:
    """`spoken_at` of the accounts of these tasks."""
    return spoken_at({task.account_id for task in tasks if task.account_id})


def spoken_at(accounts: Collection[UUID]) -> dict[UUID, str]:
    """The language that most people of each account speak, as far as it is known; of equal ones the first by name."""
    rows = Contact.objects.filter(account__in=accounts, left_on=None).exclude(language="")
    heard: dict[UUID, Counter[str]] = {}
    for account, language in rows.values_list("account_id", "language").order_by():
        heard.setdefault(account, Counter())[language.split("-")[0].lower()] += 1
    return {account: min(counts, key=lambda word: (-counts[word], word)) for account, counts in heard.items()}


def language_of(member: Member) -> str:
    """The language that the member works in."""
    return (member.user.language or "en").split("-")[0]


def worker_of(member: Member) -> Worker:
    """Two queries: open tasks by owner, and what the member did in half a year by kind."""
    loads = dict(
        Task.objects.filter(state=TaskState.OPEN, owner__is_active=True)
        .order_by()
        .values_list("owner")
        .annotate(n=Count("pk"))
    )
    own = loads.pop(member.id, 0)
    since = timezone.now() - dt.timedelta(days=SKILL_DAYS)
    done = Task.objects.filter(owner=member, state=TaskState.DONE, done_at__gte=since).order_by()
    return Worker(
        language_of(member),
        own,
        sum(loads.values()) / len(loads) if loads else 0.0,
        dict(done.values_list("work").annotate(n=Count("pk"))),
    )


def offer(member: Member, today: dt.date, tasks: Sequence[Any] | None = None) -> tuple[list[Offer], Worker]:
    """What this member is offered, in order, and what the order is made from."""
    tasks = pool_tasks(member, today) if tasks is None else tasks
    worker = worker_of(member)
    return offers(tasks, languages_of(tasks), worker, today), worker


@transaction.atomic
def take_next(*, by: Member) -> Task | None:
    """Take the first that is offered and that nobody else takes in this moment; None when the pool has nothing."""
    today = Tenant.current().today()
    found, _worker = offer(by, today)
    for each in found:
        free = Task.objects.select_for_update(skip_locked=True, of=("self",)).filter(in_pool(), id=each.task.id)
        if row := free.first():
            return services.take_task(task=row, by=by)
    return None


def taken_lately(member: Member, days: int = 7) -> int:
    """How many tasks of the pool the member took and did or holds, of the past days."""
    since = timezone.now() - dt.timedelta(days=days)
    rows = Task.objects.filter(owner=member, taken_until__gte=since)
    return rows.filter(Q(state=TaskState.DONE) | Q(taken_until__gt=timezone.now())).count()
