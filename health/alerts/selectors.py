"""Questions about alerts: whose they are to see, what is open, what is due."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from accounts.models import Account, Member
from cs_platform.kernel.access import Scope
from cs_platform.kernel.keyset import Listing, Order, Page, bigint_of, moment_of
from health.alerts.rules import RULES
from health.enums import AlertLevel, AlertState
from health.models import Alert

# The states of the inbox: what waits for an answer, what is being done, what is over.
STATES: dict[str, Q] = {
    "open": Q(state=AlertState.OPEN, answered_at=None),
    "answered": Q(state=AlertState.OPEN, answered_at__isnull=False),
    "ended": ~Q(state=AlertState.OPEN),
}
PAGE_SIZE = 50
URGENCY = Case(
    When(level=AlertLevel.CRITICAL, then=Value(2)),
    When(level=AlertLevel.WARNING, then=Value(1)),
    default=Value(0),
    output_field=IntegerField(),
)
# Urgent ones first, then the latest; answered ones by their day, without one at the end; ended ones by when they ended.
ORDERS = {
    "open": Order({"urgency": bigint_of, "opened_at": moment_of}, descending=True),
    "answered": Order({"day": dt.date.fromisoformat, "opened_at": moment_of}),
    "ended": Order({"ended": moment_of}, descending=True),
}


def visible_alerts(member: Member) -> QuerySet[Alert]:
    """The alerts of the accounts that the member sees; those of the whole company only for who sees all of it."""
    if member.role.scope == Scope.ALL:
        return Alert.objects.all()
    return Alert.objects.filter(account__in=Account.objects.visible_to(member))


@dataclass(frozen=True)
class AlertQuery(Listing):
    """What the inbox is asked for; what is not understood counts as not asked."""

    whose: str = "all"  # "mine" or all that the member sees
    state: str = "open"
    rule: str = ""
    level: str = ""

    @classmethod
    def parse(cls, given: Mapping[str, str], member: Member) -> Self:
        """From the address; who sees more than an own book begins with all of it when there is no own book."""
        own = member.role.scope == Scope.OWN
        whose, state = given.get("whose", ""), given.get("state", "")
        rule, level = given.get("rule", ""), given.get("level", "")
        state = state if state in STATES else "open"
        return cls(
            "mine" if own or whose == "mine" else "all",
            state,
            rule if rule in RULES else "",
            level if level in AlertLevel.values else "",
            cursor=ORDERS[state].cursor(given),
        )

    def place(self, row: Any) -> tuple[UUID, tuple[Any, ...]]:
        return ORDERS[self.state].place(row)

    def condition(self, member: Member, *, state: bool = True) -> Q:
        found = STATES[self.state] if state else Q()
        if self.whose == "mine":
            found &= Q(account__owner=member)
        if self.rule:
            found &= Q(rule=self.rule)
        if self.level:
            found &= Q(level=self.level)
        return found


def read_page(member: Member, query: AlertQuery) -> Page[Any]:
    """The page of the inbox at the query's cursor."""
    rows = _keyed(visible_alerts(member).filter(query.condition(member)).select_related("account"))
    return ORDERS[query.state].page(rows, query, PAGE_SIZE)


def _keyed(rows: QuerySet[Alert]) -> QuerySet[Any]:
    """With the columns of the orders."""
    day, ended = Coalesce("due_on", Value(dt.date.max)), Coalesce("ended_at", "opened_at")
    return rows.annotate(urgency=URGENCY, day=day, ended=ended)


def counts(member: Member, query: AlertQuery) -> dict[str, int]:
    """How many there are in each state, under the other filters. One query."""
    rows = visible_alerts(member).filter(query.condition(member, state=False))
    return rows.aggregate(**{name: Count("pk", filter=condition) for name, condition in STATES.items()})


def waiting(member: Member) -> QuerySet[Alert]:
    """Open alerts without an answer, on the accounts that the member sees."""
    return visible_alerts(member).filter(STATES["open"])


def due_actions(member: Member, until: dt.date) -> QuerySet[Alert]:
    """What the member promised to do by `until`, the longest overdue first; what a program answered is the owner's."""
    own = Q(answered_by=member) | Q(answered_by=None, account__owner=member)
    rows = Alert.objects.filter(STATES["answered"], own, due_on__lte=until)
    return rows.select_related("account").order_by("due_on", "id")


def most_urgent(rows: QuerySet[Alert]) -> QuerySet[Any]:
    """In the order of those that wait for an answer."""
    return rows.annotate(urgency=URGENCY).order_by("-urgency", "-opened_at", "-id")
