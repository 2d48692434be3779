"""Questions about handoffs: which a member sees, which wait for whom, which are late, and who was never handed over."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, When
from django.db.models.functions import Coalesce

from accounts.dossier import parts_of
from accounts.enums import Status
from accounts.models import Account, Member, in_care_of
from cs_platform.kernel.access import Permission, Scope
from cs_platform.kernel.keyset import Listing, Order, Page, moment_of
from journey.enums import HandoffKind, HandoffState, TrackKind
from journey.models import Handoff, Track

PAGE_SIZE = 50
NEW_DAYS = 30  # a customer is new for so long
OPEN = Q(state=HandoffState.OPEN)
VIEWS = ("waiting", "given", "team", "ended", "missing")
LATE_VIEWS = VIEWS[:3]  # what waits, and may be late
# The orders of the lists: what waits by its day, what is over and who is new with the latest first.
BY_DAY = Order({"due_on": dt.date.fromisoformat})
BY_END = Order({"ended": moment_of}, descending=True)
BY_START = Order({"began": dt.date.fromisoformat}, descending=True)


def visible_handoffs(member: Member) -> QuerySet[Handoff]:
    """Those of the accounts that the member sees, and those that they give, take, wrote or answered: who passes a customer
    on sees what became of it. Who covers somebody sees what that one takes."""
    if member.role.scope == Scope.ALL:
        return Handoff.objects.all()
    own = Q(giver=member) | Q(created_by=member) | Q(answered_by=member) | in_care_of(member, "taker_id")
    return Handoff.objects.filter(own | Q(account__in=Account.objects.visible_to(member).values("id")))


def waiting_for(member: Member) -> QuerySet[Handoff]:
    """What waits for the answer of this member: offered to them or to somebody for whom they stand in today, and for who
    leads what was offered to somebody who left. Nothing for who may not change accounts."""
    if not member.may(Permission.EDIT_ACCOUNTS):
        return Handoff.objects.none()
    return Handoff.objects.filter(OPEN & _waits_for(member))


def _waits_for(member: Member) -> Q:
    found = in_care_of(member, "taker_id") & Q(taker__is_active=True)
    if member.role.scope == Scope.OWN:
        return found
    left = Q(taker=None) | Q(taker__is_active=False)
    if member.role.scope == Scope.TEAM:
        left &= Q(account__in=Account.objects.visible_to(member).values("id"))
    return found | left


def late(today: dt.date) -> Q:
    """Waits, and the day by which an answer was asked for is past."""
    return OPEN & Q(due_on__lt=today)


def listed(rows: QuerySet[Handoff]) -> QuerySet[Handoff]:
    """With everything that a line of a list says."""
    return rows.select_related("account__owner", "giver", "taker__role", "answered_by")


def of_account(account: Account) -> QuerySet[Handoff]:
    """Those of the account and of what was merged into it: what waits first, then the latest."""
    rows = listed(Handoff.objects.filter(account__in=[account.id, *parts_of(account)]))
    return rows.order_by(Case(When(OPEN, then=0), default=1), "-created_at", "-id")


@dataclass(frozen=True)
class HandoffQuery(Listing):
    """What the page is asked for; what is not understood counts as not asked."""

    view: str = "waiting"
    kind: str = ""
    due: str = ""  # "late" or all

    @classmethod
    def parse(cls, given: Mapping[str, str], member: Member) -> Self:
        view, kind, due = given.get("view", ""), given.get("kind", ""), given.get("due", "")
        view = view if view in VIEWS and (view != "team" or member.role.scope != Scope.OWN) else "waiting"
        kind = kind if kind in HandoffKind.values and view != "missing" else ""
        due = due if due == "late" and view in LATE_VIEWS else ""
        return cls(view, kind, due, cursor=order_of(view).cursor(given))

    def place(self, row: Any) -> tuple[UUID, tuple[Any, ...]]:
        return order_of(self.view).place(row)

    def condition(self, member: Member, today: dt.date) -> Q:
        found = conditions(member)[self.view] & self.narrowed()
        return found & late(today) if self.due else found

    def narrowed(self) -> Q:
        """The filter that holds in every list."""
        return Q(kind=self.kind) if self.kind else Q()


def order_of(view: str) -> Order:
    return {"ended": BY_END, "missing": BY_START}.get(view, BY_DAY)


def conditions(member: Member) -> dict[str, Q]:
    """What each list holds, of the handoffs that the member sees."""
    waits = _waits_for(member) if member.may(Permission.EDIT_ACCOUNTS) else Q(pk__in=[])
    return {
        "waiting": OPEN & waits,
        "given": OPEN & (Q(giver=member) | Q(created_by=member)),
        "team": OPEN,
        "ended": ~OPEN,
    }


def read_page(member: Member, query: HandoffQuery, today: dt.date) -> Page[Any]:
    """The page at the query's cursor: handoffs, or the customers of the list of those who were never handed over."""
    if query.view == "missing":
        rows: QuerySet[Any] = not_handed_over(member, today)
    else:
        rows = listed(visible_handoffs(member).filter(query.condition(member, today)))
        rows = rows.annotate(ended=Coalesce("answered_at", "created_at"))
    return order_of(query.view).page(rows, query, PAGE_SIZE)


def counts(member: Member, query: HandoffQuery, today: dt.date) -> dict[str, int]:
    """How many each list holds under the filter of the kind, and how many of mine, of those that I gave and of all are
    late; new customers that were never handed over under `missing`. Two queries."""
    lists = conditions(member)
    sums: dict[str, Any] = {name: Count("pk", filter=found) for name, found in lists.items()}
    sums |= {f"late_{name}": Count("pk", filter=lists[name] & late(today)) for name in LATE_VIEWS}
    found = visible_handoffs(member).filter(query.narrowed()).order_by().aggregate(**sums)
    return found | {"missing": not_handed_over(member, today).count()}


def not_handed_over(member: Member, today: dt.date) -> QuerySet[Account]:
    """New customers that nobody passed on from sales (ROL-02): paying for at most 30 days, or signed in them and not paying
    yet, without an owner or with a core track that began in that time, and no handoff from sales that waits or was
    accepted. With the day they `began`, the latest first. Read anew each time; nothing is kept of it."""
    since = today - dt.timedelta(days=NEW_DAYS)
    new = Q(customer_since__gte=since) | Q(customer_since=None, signed_on__gte=since, signed_on__lte=today)
    began = Track.objects.filter(account=OuterRef("pk"), kind=TrackKind.CORE, opened_on__gte=since)
    given = Handoff.objects.filter(
        account=OuterRef("pk"),
        kind=HandoffKind.SALES_TO_CS,
        state__in=[HandoffState.OPEN, HandoffState.ACCEPTED],
    )
    rows = Account.objects.visible_to(member).filter(new, merged_into=None).exclude(status=Status.CHURNED)
    rows = rows.filter(Q(owner=None) | Exists(began)).exclude(Exists(given)).select_related("owner", "segment")
    return rows.annotate(began=Coalesce("signed_on", "customer_since")).order_by("-began", "-id")
