"""Books that may be passed on: whose, what is in them, who could take them and what each carries (ROL-02)."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.book import RENEWAL_WINDOW, renewing
from accounts.enums import HealthBand, Status, Tier
from accounts.models import Account, Member
from accounts.selectors import colleagues
from cs_platform.kernel.access import Permission, Scope
from journey.enums import HandoffKind, HandoffState, TaskState
from journey.handoffs.holdings import Held, held
from journey.handoffs.planning import Customer, Load, Person, load_of, points_of
from journey.models import Handoff, Task
from journey.work.pool import language_of, spoken_at

MOST = 200  # customers of one plan: what a person can read through before they press
NOBODY = "none"  # the book of accounts without an owner


@dataclass(frozen=True)
class Row:
    """A customer of a plan with its account, whether a handoff of it waits already, and what its owner holds there."""

    account: Any
    customer: Customer
    waits: bool
    held: Held


def team_of(member: Member) -> QuerySet[Member]:
    """Whose books a leader may look into: everybody's, or those of the team with the own one."""
    if member.role.scope == Scope.ALL:
        return Member.objects.all()
    if member.role.scope == Scope.TEAM:
        return Member.objects.filter(colleagues(member) | Q(id=member.id))
    return Member.objects.filter(id=member.id)


def givers(member: Member) -> list[Any]:
    """Members who own customers, those who left first; each with `owned`, how many."""
    owned = _live().filter(owner=OuterRef("pk")).order_by().values("owner").annotate(n=Count("pk")).values("n")
    rows = team_of(member).annotate(owned=Coalesce(Subquery(owned), 0)).filter(owned__gt=0)
    return list(rows.order_by("is_active", "name", "id"))


def takers(member: Member) -> list[Member]:
    """Who may be given customers by this leader: active members of theirs who may change accounts."""
    rows = team_of(member).filter(is_active=True, role__permissions__contains=[str(Permission.EDIT_ACCOUNTS)])
    return list(rows.select_related("user", "role", "team").order_by("name", "id"))


def book(member: Member, giver: str, chosen: Sequence[UUID]) -> QuerySet[Account]:
    """The live customers of one owner (a member's id, or NOBODY), or these accounts; only what `member` sees."""
    rows = _live().filter(id__in=Account.objects.visible_to(member).values("id"))
    if chosen:
        return rows.filter(id__in=chosen)
    if giver == NOBODY:
        return rows.filter(owner=None)
    return rows.filter(owner=UUID(giver)) if giver else rows.none()


def read(found: QuerySet[Account], today: dt.date) -> list[Row]:
    """The rows of a plan, the largest first, at most `MOST`. Three queries."""
    tasks = Task.objects.filter(account=OuterRef("pk"), owner=OuterRef("owner_id"), state=TaskState.OPEN)
    waits = Handoff.objects.filter(account=OuterRef("pk"), kind=HandoffKind.CSM_TO_CSM, state=HandoffState.OPEN)
    rows = found.select_related("owner__user", "segment").annotate(
        own_tasks=Coalesce(Subquery(tasks.order_by().values("owner").annotate(n=Count("pk")).values("n")), 0),
        waits=Exists(waits),
    )
    accounts = list(rows.order_by("-mrr_minor", "name_key", "id")[:MOST])
    languages = spoken_at([account.id for account in accounts])
    along = held({account.id: [account.owner_id] if account.owner_id else [] for account in accounts})
    return [
        Row(
            account,
            Customer(account.id, _load(account, today), account.owner_id, languages.get(account.id, "")),
            account.waits,
            along[account.id],
        )
        for account in accounts
    ]


def people(members: Collection[Member], today: dt.date) -> list[Person]:
    """What these members carry now, and the language they work in. Two queries."""
    ids = [member.id for member in members]
    soon = renewing(today)
    counts: dict[str, Any] = {
        "n": Count("pk"),
        "high": Count("pk", filter=Q(tier=Tier.HIGH_TOUCH)),
        "tech": Count("pk", filter=Q(tier=Tier.TECH_TOUCH)),
        "mrr": Sum("mrr_minor", default=0),
        "red": Count("pk", filter=Q(health_band=HealthBand.RED)),
        "yellow": Count("pk", filter=Q(health_band=HealthBand.YELLOW)),
        "renewals": Count("pk", filter=soon),
    }
    owned: dict[Any, Any] = {
        row["owner_id"]: row for row in _live().filter(owner__in=ids).order_by().values("owner_id").annotate(**counts)
    }
    open_tasks = Task.objects.filter(owner__in=ids, state=TaskState.OPEN).order_by()
    tasks = dict(open_tasks.values_list("owner_id").annotate(n=Count("pk")))
    return [
        Person(member.id, _whole(owned.get(member.id), tasks.get(member.id, 0)), (language_of(member),))
        for member in members
    ]


def _whole(row: dict[str, Any] | None, tasks: int) -> Load:
    if row is None:
        return Load(points=points_of(tasks=tasks), tasks=tasks)
    points = points_of(
        high=row["high"],
        tech=row["tech"],
        low=row["n"] - row["high"] - row["tech"],
        red=row["red"],
        yellow=row["yellow"],
        renewals=row["renewals"],
        tasks=tasks,
    )
    return Load(row["n"], points, int(row["mrr"]), tasks, row["red"], row["yellow"], row["renewals"])


def _load(account: Any, today: dt.date) -> Load:
    last = today + dt.timedelta(days=RENEWAL_WINDOW)
    return load_of(
        tier=account.tier,
        band=account.health_band,
        renews=account.renews_on is not None and today <= account.renews_on <= last,
        tasks=account.own_tasks,
        mrr=account.mrr_minor,
    )


def _live() -> QuerySet[Account]:
    """Customers and those that become some; who left and who is a part of another one needs no owner."""
    return Account.objects.filter(merged_into=None).exclude(status=Status.CHURNED)
