"""Questions about renewals: whose they are, what they are worth, what is called of them (REN-05, REN-08)."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from uuid import UUID

from django.db.models import BigIntegerField, Case, Exists, F, OuterRef, Prefetch, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce
from django.http import Http404

from accounts.dossier import parts_of
from accounts.models import Account, Member
from accounts.rates import factors, in_reporting
from cs_platform.kernel.access import Scope
from cs_platform.kernel.keyset import Page, rows_from
from renewals.enums import Caller, RenewalState, SaveState
from renewals.listing import KEY, PAGE_SIZE, SORTS, RenewalQuery
from renewals.models import Renewal, RenewalCall, RenewalLine, RenewalStep, SavePlay


def visible(member: Member) -> QuerySet[Renewal]:
    """The renewals of the accounts that this member sees (ROL-01), whatever became of them."""
    if member.role.scope == Scope.ALL:
        return Renewal.objects.all()
    return Renewal.objects.filter(account__in=Account.objects.visible_to(member).values("id"))


def renewal_of(member: Member, renewal_id: UUID, by: Mapping[str, Decimal] | None = None) -> Renewal:
    """The renewal as a list shows it (`listed`); 404 when it is unknown or of an account that the member does not see."""
    found = listed(visible(member).filter(id=renewal_id), by).first()
    if found is None:
        raise Http404
    return found


def of_account(account: Account) -> QuerySet[Renewal]:
    """The renewals of the account and of what was merged into it, the latest day first."""
    return Renewal.objects.filter(account__in=[account.id, *parts_of(account)]).order_by("-due_on", "-id")


def open_of(account: Account) -> Renewal | None:
    """The renewal that comes due next, as a list shows it; None when none is open."""
    return listed(of_account(account).filter(state=RenewalState.OPEN)).order_by("due_on", "id").first()


def lines_mrr(by: Mapping[str, Decimal] | None = None) -> Subquery:
    """An expression on renewals: a month's money of their contracts in the reporting currency, minor units, each turned
    over and rounded for itself as the accounts' own is. Null when nothing converts a currency."""
    lines = RenewalLine.objects.filter(renewal=OuterRef("pk"), subscription__voided=False).order_by()
    money = in_reporting("subscription__mrr_minor", by or factors(), "subscription__currency")
    return Subquery(lines.values("renewal").annotate(mrr=Sum(money)).values("mrr"), output_field=BigIntegerField())


def called_by(caller: str) -> Subquery:
    """An expression on renewals: the latest chance that this caller gave, in percent; null without a call."""
    calls = RenewalCall.objects.filter(renewal=OuterRef("pk"), caller=caller).order_by("-at", "-id")
    return Subquery(calls.values("probability")[:1])


def with_money(rows: QuerySet[Renewal], by: Mapping[str, Decimal] | None = None) -> QuerySet[Renewal]:
    """`mrr_minor`: a month's money in minor units of the reporting currency, by these `factors` where they were read already; of
    what is over, as it was when it closed."""
    open_money = Coalesce(lines_mrr(by), 0, output_field=BigIntegerField())
    closed = Coalesce(F("due_mrr"), open_money)
    return rows.annotate(mrr_minor=Case(When(state=RenewalState.OPEN, then=open_money), default=closed))


def with_calls(rows: QuerySet[Renewal]) -> QuerySet[Renewal]:
    """`system`, `csm`, `leader`: the latest chance of each caller, and `called`, the one that counts in lists: the
    leader's, else the CSM's, else the system's."""
    return rows.annotate(
        system=called_by(Caller.SYSTEM), csm=called_by(Caller.CSM), leader=called_by(Caller.LEADER)
    ).annotate(called=Coalesce(F("leader"), F("csm"), F("system")))


def listed(rows: QuerySet[Renewal], by: Mapping[str, Decimal] | None = None) -> QuerySet[Renewal]:
    """Rows as lists show them: account with segment and owner, `mrr_minor`, the latest call of each caller, whether a save
    play runs (`saving`), and the steps. Two queries, however many rows, and those of the exchange rates where the page has not read
    them (`by`)."""
    saving = SavePlay.objects.filter(account=OuterRef("account"), state=SaveState.RUNNING)
    rows = with_calls(with_money(rows, by)).annotate(saving=Exists(saving))
    steps = RenewalStep.objects.order_by("-days", "id")
    return rows.select_related("account__segment", "account__owner").prefetch_related(Prefetch("steps", steps))


def latest_calls(ids: Collection[UUID]) -> dict[UUID, dict[str, RenewalCall]]:
    """The latest call of each caller of these renewals, with who made it. One query."""
    rows = RenewalCall.objects.filter(renewal__in=list(ids)).select_related("member")
    found: dict[UUID, dict[str, RenewalCall]] = {}
    for call in rows.order_by("renewal_id", "caller", "-at", "-id").distinct("renewal_id", "caller"):
        found.setdefault(call.renewal_id, {})[call.caller] = call
    return found


def read_page(rows: QuerySet[Renewal], query: RenewalQuery, member: Member, by: Mapping[str, Decimal]) -> Page[Renewal]:
    """The page of the query's filters at its cursor. Two queries."""
    return SORTS[query.sort].order.page(query.keyed(query.matching(listed(rows, by), member)), query, PAGE_SIZE)


def matching(rows: QuerySet[Renewal], query: RenewalQuery, member: Member) -> QuerySet[Renewal]:
    """Every row of the query's filters in its order, for the export."""
    found = query.keyed(query.matching(listed(rows), member))
    return rows_from(found, (KEY,), None, descending=SORTS[query.sort].descending)
