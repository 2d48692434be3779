"""Questions about issues: the log with what stands behind each, one with its customers, those of a customer (ACC-14)."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import Case, F, IntegerField, QuerySet, Value, When
from django.http import Http404

from accounts.dossier import parts_of
from accounts.enums import HealthBand
from accounts.models import Account, Member
from cs_platform.kernel import sqljobs
from cs_platform.kernel.keyset import Page, cut_page
from cs_platform.kernel.models import AuditEntry
from journey.enums import Weight
from journey.issues.listing import PAGE_SIZE, IssueQuery
from journey.issues.telling import standing
from journey.models import Issue, IssueAccount
from journey.models.issues import ENDED

SQL = Path(__file__).parent / "sql"
TABLES: dict[str, str | Path] = {"asked": SQL / "asked.sql", "customers": SQL / "customers.sql"}
OFFERED = 500  # issues or accounts in the list of a form
EVENTS = 60  # of the history of an issue
HEAVIEST_FIRST = Case(
    When(weight=Weight.BLOCKER, then=Value(0)),
    When(weight=Weight.IMPORTANT, then=Value(1)),
    default=Value(2),
    output_field=IntegerField(),
)


def read_page(query: IssueQuery, member: Member, today: dt.date) -> Page[dict[str, Any]]:
    """The page of the log at the query's cursor: rows of listed.sql. One statement."""
    return cut_page(_listed(query, member, today, PAGE_SIZE + 1), PAGE_SIZE, query)


def all_rows(query: IssueQuery, member: Member, today: dt.date) -> list[dict[str, Any]]:
    """Every row of the filters in the list's order, for the export."""
    return _listed(replace(query, cursor=None), member, today, None)


def _listed(query: IssueQuery, member: Member, today: dt.date, limit: int | None) -> list[dict[str, Any]]:
    place = query.cursor
    params = query.params(member, today) | {
        "sort": query.sort,
        "cursor_id": place.id if place else None,
        "cursor_key": place.values[0] if place else None,
        "backwards": bool(place and place.backwards),
        "limit": limit,
    }
    return sqljobs.rows(SQL / "listed.sql", params, tables=TABLES)


@dataclass(frozen=True)
class Worth:
    """What stands behind some issues: how many, their customers, each once, and their MRR in minor units; of these the MRR
    of customers that are At risk or Critical, and how many are blocked."""

    issues: int = 0
    accounts: int = 0
    mrr: int = 0
    risk_mrr: int = 0
    blocked: int = 0


def worth(query: IssueQuery, member: Member, today: dt.date) -> dict[tuple[str | None, str | None], Worth]:
    """By (function, state); None where it is summed. One statement."""
    rows = sqljobs.rows(SQL / "worth.sql", query.params(member, today), tables=TABLES)
    return {(row.pop("function"), row.pop("state")): Worth(**row) for row in rows}


def issue_of(issue_id: UUID) -> Issue:
    """The issue with who follows it and what it was put together with; 404 when unknown."""
    row = Issue.objects.select_related("owner", "created_by", "merged_into").filter(id=issue_id).first()
    if row is None:
        raise Http404
    return row


@dataclass(frozen=True)
class Customer:
    """A customer of an issue as a reader who sees it knows it. `account` is the one it counts as, `link` the heaviest word."""

    link: IssueAccount
    account: Account


@dataclass(frozen=True)
class Customers:
    """The customers of an issue: those that the reader sees by weight and ARR, and of the others (and of all) number and
    MRR in minor units."""

    seen: list[Customer]
    others: int
    others_mrr: int
    accounts: int
    mrr: int
    risk_mrr: int
    blockers: int

    @property
    def untold(self) -> int:
        return sum(each.link.told_on is None for each in self.seen)


def customers_of(issue: Issue, member: Member) -> Customers:
    """Who has the issue. A reader sees names and words of accounts that are theirs to see, and the sum of the rest (ROL-01)."""
    rows = issue.accounts.select_related("account__owner", "contact").order_by(HEAVIEST_FIRST, "since", "id")
    links = list(rows)
    counts_as = standing(link.account for link in links)
    heaviest: dict[UUID, IssueAccount] = {}
    for link in links:
        heaviest.setdefault(counts_as[link.account_id].id, link)
    accounts = {account.id: account for account in counts_as.values()}
    seen = set(Account.objects.visible_to(member).filter(id__in=accounts).values_list("id", flat=True))
    shown = [Customer(link, accounts[key]) for key, link in heaviest.items() if key in seen]
    hidden = [accounts[key] for key in heaviest if key not in seen]
    order = {weight: place for place, weight in enumerate(Weight.values)}
    shown.sort(key=lambda each: (order[each.link.weight], -each.account.mrr_minor, each.account.name))
    return Customers(
        seen=shown,
        others=len(hidden),
        others_mrr=sum(account.mrr_minor for account in hidden),
        accounts=len(accounts),
        mrr=sum(account.mrr_minor for account in accounts.values()),
        risk_mrr=sum(a.mrr_minor for a in accounts.values() if a.health_band in (HealthBand.YELLOW, HealthBand.RED)),
        blockers=sum(link.weight == Weight.BLOCKER for link in heaviest.values()),
    )


def link_of(issue: Issue, account: Account) -> IssueAccount:
    """The word of this customer, or of an account that is a part of it; 404 without one."""
    rows = IssueAccount.objects.select_related("issue", "account", "contact").filter(issue=issue)
    link = rows.filter(account__in=[account.id, *parts_of(account)]).order_by(HEAVIEST_FIRST, "since", "id").first()
    if link is None:
        raise Http404
    return link


def of_account(account: Account) -> QuerySet[IssueAccount]:
    """Issues of the account and of what was merged into it: open ones first, the heaviest first."""
    rows = IssueAccount.objects.filter(account__in=[account.id, *parts_of(account)]).select_related("issue", "contact")
    ended = Case(When(issue__state__in=ENDED, then=Value(1)), default=Value(0), output_field=IntegerField())
    return rows.order_by(ended, HEAVIEST_FIRST, F("issue__reported_on").desc(), "id")


def offered_issues(*, leave_out: Collection[UUID] = ()) -> QuerySet[Issue]:
    """Issues that something may be put to: open ones, by title."""
    return Issue.objects.exclude(state__in=ENDED).exclude(id__in=leave_out).order_by("title", "id")[:OFFERED]


def offered_accounts(issue: Issue, member: Member) -> list[Account]:
    """Customers that the member may link: those they see that do not have the issue yet, the own ones first."""
    rows = Account.objects.visible_to(member).filter(merged_into=None).exclude(id__in=issue.accounts.values("account"))
    mine = Case(When(owner=member, then=Value(0)), default=Value(1), output_field=IntegerField())
    return list(rows.order_by(mine, "name_key", "id")[:OFFERED])


def history_of(issue: Issue, seen: Collection[UUID], *, everything: bool) -> list[AuditEntry]:
    """What was done to the issue and to its customers, latest first; of a customer only where the reader sees it."""
    links = issue.accounts.all()
    if not everything:
        links = links.filter(account__in=seen)
    rows = [issue.id, *links.values_list("id", flat=True)]
    return list(AuditEntry.objects.filter(row_id__in=rows).order_by("-at", "-id")[:EVENTS])


def seen_of(customers: Sequence[Customer]) -> set[UUID]:
    """The accounts that stand behind customers that the reader sees, the merged ones among them."""
    return {each.account.id for each in customers} | {each.link.account_id for each in customers}
