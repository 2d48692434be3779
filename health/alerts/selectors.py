"""Questions about alerts: whose they are to see, what is open, what is due."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Value, When

from accounts.models import Account, Member
from cs_platform.kernel.access import Scope
from health.alerts.rules import RULES
from health.enums import AlertLevel, AlertState
from health.models import Alert

# The states of the inbox: what waits for an answer, what is being done, what is over.
STATES: dict[str, Q] = {
    "open": Q(state=AlertState.OPEN, answered_at=None),
    "answered": Q(state=AlertState.OPEN, answered_at__isnull=False),
    "ended": ~Q(state=AlertState.OPEN),
}
URGENCY = Case(
    When(level=AlertLevel.CRITICAL, then=Value(0)),
    When(level=AlertLevel.WARNING, then=Value(1)),
    default=Value(2),
    output_field=IntegerField(),
)


def visible_alerts(member: Member) -> QuerySet[Alert]:
    """The alerts of the accounts that the member sees; those of the whole company only for who sees all of it."""
    if member.role.scope == Scope.ALL:
        return Alert.objects.all()
    return Alert.objects.filter(account__in=Account.objects.visible_to(member))


@dataclass(frozen=True)
class AlertQuery:
    """What the inbox is asked for; what is not understood counts as not asked."""

    whose: str = "all"  # "mine" or all that the member sees
    state: str = "open"
    rule: str = ""
    level: str = ""

    @classmethod
    def parse(cls, given: Mapping[str, str], member: Member) -> "AlertQuery":
        """From the address; who sees more than an own book begins with all of it when there is no own book."""
        own = member.role.scope == Scope.OWN
        whose, state = given.get("whose", ""), given.get("state", "")
        rule, level = given.get("rule", ""), given.get("level", "")
        return cls(
            "mine" if own or whose == "mine" else "all",
            state if state in STATES else "open",
            rule if rule in RULES else "",
            level if level in AlertLevel.values else "",
        )

    def condition(self, member: Member, *, state: bool = True) -> Q:
        found = STATES[self.state] if state else Q()
        if self.whose == "mine":
            found &= Q(account__owner=member)
        if self.rule:
            found &= Q(rule=self.rule)
        if self.level:
            found &= Q(level=self.level)
        return found


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


def in_order(rows: QuerySet[Alert], state: str) -> QuerySet[Alert]:
    """Urgent ones first, then the latest; answered ones by their day; ended ones by when they ended."""
    if state == "answered":
        return rows.order_by(F("due_on").asc(nulls_last=True), "-opened_at", "-id")
    if state == "ended":
        return rows.order_by("-ended_at", "-id")
    return rows.annotate(urgency=URGENCY).order_by("urgency", "-opened_at", "-id")
