"""Signals as a list (TRG-13, TRG-14): filters as a query string, the newest first, on a day those with the most money; paged by key."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from django.db.models import Count, F, Prefetch, QuerySet

from accounts.models import Account, Member
from cs_platform.kernel.asked import known_of, one_line
from cs_platform.kernel.keyset import Listing, Order, Page, bigint_of
from expansion.enums import SignalState, Trigger
from expansion.models import Opportunity, Signal
from expansion.owned import MOST, owned, owners_of
from expansion.selectors import visible_signals

PAGE_SIZE = 30
ALL = "all"
NEWEST = Order({"as_of": dt.date.fromisoformat, "worth": bigint_of}, descending=True)


@dataclass(frozen=True)
class SignalQuery(Listing):
    """The state of the list. Without a state it holds what nobody decided; `all` as the state holds everything."""

    q: str = ""
    state: tuple[str, ...] = ()
    trigger: tuple[str, ...] = ()
    segment: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()

    @classmethod
    def parse(cls, given: Any) -> Self:
        """Read a QueryDict. What is not known or not possible is left out."""
        states = given.getlist("state")
        return cls(
            q=one_line(given.get("q", ""), 100),
            state=(ALL,) if ALL in states else known_of(states, SignalState.values),
            trigger=known_of(given.getlist("trigger"), Trigger.values),
            segment=known_of(one_line(value, 200) for value in given.getlist("segment")[:MOST]),
            owner=owners_of(given.getlist("owner")),
            cursor=NEWEST.cursor(given),
        )

    def place(self, row: Any) -> tuple[UUID, tuple[Any, ...]]:
        return NEWEST.place(row)

    def rows(self, member: Member, *, any_trigger: bool = False) -> QuerySet[Signal]:
        """The signals of the filters that this member sees; `any_trigger` leaves that filter out, to count by it."""
        found = visible_signals(member)
        if self.state != (ALL,):
            found = found.filter(state__in=self.state or (SignalState.OPEN,))
        if self.trigger and not any_trigger:
            found = found.filter(trigger__in=self.trigger)
        if self.segment:
            found = found.filter(account__segment__name__in=self.segment)
        found = found.filter(owned(self.owner, member, "account__owner_id"))
        if self.q:
            found = found.filter(account__in=Account.objects.named_like(self.q).order_by().values("id"))
        return found


def listed(rows: QuerySet[Signal]) -> QuerySet[Signal]:
    """With what a line says: account, owner, product, who decided, and the deals that came of it. Two queries."""
    deals = Opportunity.objects.order_by("-recorded_at", "-id").only("id", "name", "stage", "signal_id", "tenant_id")
    rows = rows.select_related("account__segment", "account__owner", "product", "decided_by")
    return rows.prefetch_related(Prefetch("opportunities", deals, to_attr="deals"))


def read_page(query: SignalQuery, member: Member) -> Page[Any]:
    """The page of the query's filters at its cursor."""
    rows = listed(query.rows(member)).annotate(worth=F("account__mrr_minor"))
    return NEWEST.page(rows, query, PAGE_SIZE)


def counts(query: SignalQuery, member: Member) -> dict[str, int]:
    """How many there are of each trigger, whichever trigger is asked for. One query."""
    found = query.rows(member, any_trigger=True).order_by().values_list("trigger").annotate(n=Count("id"))
    return dict(found)
