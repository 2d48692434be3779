"""Questions about deals and signals; each is seen by who sees its account (ROL-01)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, Case, DecimalField, F, IntegerField, Prefetch, QuerySet, Value, When
from django.db.models.functions import Cast, Coalesce, Round
from django.http import Http404

from accounts import rates
from accounts.dossier import parts_of
from accounts.models import Account, Member
from cs_platform.kernel.access import Scope
from cs_platform.kernel.keyset import Page
from expansion import lifecycle
from expansion.checks import Earned, earned
from expansion.enums import SignalState
from expansion.listing import DealQuery, ordered, read_page
from expansion.models import Opportunity, OpportunityMove, OpportunityPerson, Signal, SignalRule, StageChance
from expansion.rules import Limits

MONEY = DecimalField(max_digits=60, decimal_places=6)
PEOPLE = ("account__segment", "account__owner", "owner__user", "product", "plan", "signal", "handoff__taker", "buyer")


def visible(member: Member) -> QuerySet[Opportunity]:
    """The deals of the accounts that this member sees."""
    if member.role.scope == Scope.ALL:
        return Opportunity.objects.all()
    return Opportunity.objects.filter(account__in=Account.objects.visible_to(member).order_by().values("id"))


def open_deals(member: Member) -> QuerySet[Opportunity]:
    """The deals of these that are neither won nor lost."""
    return visible(member).filter(stage__in=lifecycle.OPEN)


def visible_signals(member: Member) -> QuerySet[Signal]:
    """The signals of the accounts that this member sees."""
    if member.role.scope == Scope.ALL:
        return Signal.objects.all()
    return Signal.objects.filter(account__in=Account.objects.visible_to(member).order_by().values("id"))


def of_account(account: Account) -> QuerySet[Opportunity]:
    """The deals of the account and of what was merged into it, open ones first, the largest first."""
    rows = Opportunity.objects.filter(account__in=[account.id, *parts_of(account)])
    ended = Case(When(stage__in=lifecycle.ENDED, then=1), default=0, output_field=IntegerField())
    return listed(rows).order_by(ended, F("year_minor").desc(nulls_last=True), "id")


def signals_of(account: Account) -> QuerySet[Signal]:
    """The signals of the account and of what was merged into it, new ones first."""
    rows = Signal.objects.filter(account__in=[account.id, *parts_of(account)])
    ended = Case(When(state=SignalState.OPEN, then=0), default=1, output_field=IntegerField())
    return rows.select_related("account", "product", "track", "decided_by").order_by(ended, "-as_of", "-id")


def chances() -> dict[str, int]:
    """The chance of each stage in percent, the company's own where it has one."""
    return {**lifecycle.CHANCES, **dict(StageChance.objects.order_by().values_list("stage", "chance"))}


def limits() -> Limits:
    """Where each trigger fires, the company's own numbers over the usual ones, and what is off. One query for a run."""
    rows = list(SignalRule.objects.order_by("trigger"))
    return Limits.of({row.trigger: row.thresholds for row in rows}, {row.trigger for row in rows if not row.enabled})


@dataclass(frozen=True)
class Scale:
    """What turns deals into figures: the chance of each stage in percent, and what a minor unit of each currency is in the
    reporting one. Read once for all the figures of a page."""

    chances: Mapping[str, int]
    factors: Mapping[str, Decimal]


def scale(by: Mapping[str, Decimal] | None = None) -> Scale:
    """The company's chances, and what currencies are worth, by these `factors` where they were read already. Three queries, or one."""
    return Scale(chances(), rates.factors() if by is None else by)


def listed(rows: QuerySet[Opportunity], by: Scale | None = None) -> QuerySet[Opportunity]:
    """With what lists show, in one statement: account, owner, product, plan, signal, handoff and buyer; `year_minor` (money a
    year in minor units of the reporting currency; null where nothing converts it), `percent` (its own chance, else its
    stage's) and `weighted_minor`. The `scale` is read first, unless it is told."""
    own = by or scale()
    usual = Case(
        *(When(stage=stage, then=Value(chance)) for stage, chance in own.chances.items()),
        default=Value(0),
        output_field=IntegerField(),
    )
    ends = [When(stage=stage, then=Value(lifecycle.CHANCES[stage])) for stage in lifecycle.ENDED]
    percent = Case(*ends, default=Coalesce("chance", usual), output_field=IntegerField())
    rows = rows.select_related(*PEOPLE).annotate(
        year_minor=rates.in_reporting("amount_minor", own.factors),
        percent=percent,
    )
    weighed = Cast(F("year_minor"), MONEY) * Cast(F("percent"), MONEY) / Value(100, output_field=MONEY)
    return rows.annotate(weighted_minor=Cast(Round(weighed), BigIntegerField()))


def deal_of(member: Member, deal_id: UUID) -> Opportunity:
    """The deal with all that its page shows (`listed`, people, moves); 404 when it is unknown or not this member's to see."""
    people = OpportunityPerson.objects.select_related("contact").order_by("contact__name", "id")
    moves = OpportunityMove.objects.select_related("member").order_by("at", "id")
    rows = listed(visible(member).filter(id=deal_id)).select_related(
        *PEOPLE,
        "subscription__plan",
        "subscription__product",
        "written",
        "override_by",
        "handoff__giver",
        "handoff__answered_by",
    )
    row = rows.prefetch_related(Prefetch("people", queryset=people), Prefetch("moves", queryset=moves)).first()
    if row is None:
        raise Http404
    return row


def signal_of(member: Member, signal_id: UUID) -> Signal:
    """The signal; 404 when it is unknown or not this member's to see."""
    row = visible_signals(member).select_related("account", "product", "track").filter(id=signal_id).first()
    if row is None:
        raise Http404
    return row


def held(rows: QuerySet[Opportunity]) -> dict[UUID, Earned]:
    """Of the open deals in `rows` whose account has not earned the right (EXP-01): {deal: the checks}, those with an override
    among them. One statement for the checks of all."""
    found = list(rows.filter(stage__in=lifecycle.OPEN).order_by().values_list("id", "account_id"))
    right = earned({account for _deal, account in found})
    return {deal: right[account] for deal, account in found if lifecycle.missing(right[account])}


def _narrowed(rows: QuerySet[Opportunity], query: DealQuery) -> QuerySet[Opportunity]:
    """What the filter of the right leaves: earned, held in the first stage, or going on by an override."""
    if not query.right:
        return rows
    without = held(rows)
    if query.right == "earned":
        return rows.exclude(id__in=list(without))
    rows = rows.filter(id__in=list(without))
    return rows.exclude(override="") if query.right == "override" else rows.filter(override="")


def deal_page(query: DealQuery, member: Member, by: Scale | None = None) -> Page[Any]:
    """The page of the list at the query's cursor."""
    return read_page(listed(_narrowed(query.rows(visible(member), member), query), by), query)


def found_rows(query: DealQuery, member: Member) -> QuerySet[Opportunity]:
    """Every deal of the filters, for boards and sums: not ordered and not annotated."""
    return _narrowed(query.rows(visible(member), member), query).order_by()


def all_rows(query: DealQuery, member: Member) -> QuerySet[Opportunity]:
    """Every deal of the filters in the list's order, for the export."""
    return ordered(listed(_narrowed(query.rows(visible(member), member), query)), query)
