"""Questions about the program: the candidates and where they stand, what they were asked for, what they gave (ADV-01 to
ADV-04). What belongs to an account is shown to whom the account is visible (ROL-01)."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404

from accounts.dossier import parts_of
from accounts.models import Account, Contact, Member
from advocacy import standings
from advocacy.enums import AdvocateState, Attendance, ReferralState, RequestState
from advocacy.listing import PAGE_SIZE, CandidateQuery
from advocacy.models import (
    Advocate,
    Ask,
    Asset,
    AssetUse,
    Gathering,
    Guest,
    Qualification,
    ReferenceRequest,
    Referral,
)
from advocacy.standings import SQL, TABLES, Sight, Standing
from cs_platform.kernel import sqljobs
from cs_platform.kernel.keyset import Page, cut_page

OPEN_REQUESTS = (RequestState.OPEN, RequestState.MATCHED)
USED_DAYS = 365  # how far "used" and "given" look back
OFFERED = 500  # rows in the list of a form


@dataclass(frozen=True)
class Named:
    """What belongs to rows of candidates: their advocates, and the champions of accounts that have none."""

    advocates: dict[UUID, Advocate]
    champions: dict[UUID, Contact]


def read_page(query: CandidateQuery, sight: Sight) -> Page[Standing]:
    """The page at the query's cursor. One statement."""
    return cut_page(_listed(query, sight, PAGE_SIZE + 1), PAGE_SIZE, query)


def all_rows(query: CandidateQuery, sight: Sight) -> list[Standing]:
    """Every row of the filters in the list's order, for the export."""
    return _listed(replace(query, cursor=None), sight, None)


def _listed(query: CandidateQuery, sight: Sight, limit: int | None) -> list[Standing]:
    place = query.cursor
    told = sight.params() | query.params()
    told |= {
        "cursor_id": place.id if place else None,
        "cursor_key": place.values[0] if place else None,
        "backwards": bool(place and place.backwards),
        "limit": limit,
    }
    return [Standing(**row) for row in sqljobs.rows(SQL / "candidates.sql", told, tables=TABLES)]


def named(rows: Sequence[Standing]) -> Named:
    """The people of these rows. Two statements for all."""
    advocates = Advocate.objects.select_related("contact").in_bulk([row.advocate_id for row in rows if row.advocate_id])
    bare = [row.account_id for row in rows if not row.advocate_id]
    people = Contact.objects.filter(account__in=bare, role="champion", left_on=None).order_by("account", "-name", "-id")
    return Named(advocates, {one.account_id: one for one in people})


def counts(sight: Sight) -> dict[str, int]:
    """How many candidates stand where: all, qualified (accounts), each state of `Standing`, consents that end within a year."""
    (row,) = sqljobs.rows(SQL / "counts.sql", sight.params(), tables=TABLES)
    return row


def visible(member: Member) -> QuerySet[Account]:
    """The ids of the accounts that the member sees, to filter by."""
    ids: QuerySet[Account] = Account.objects.visible_to(member).order_by().values("id")
    return ids


def advocate_of(member: Member, advocate_id: UUID) -> Advocate:
    """The advocate, if the member sees the account; 404 otherwise."""
    rows = Advocate.objects.select_related("account__segment", "contact")
    return _one(rows.filter(account__in=visible(member)), advocate_id)


def ask_of(member: Member, ask_id: UUID) -> Ask:
    rows = Ask.objects.select_related("advocate__account", "advocate__contact", "request")
    return _one(rows.filter(advocate__account__in=visible(member)), ask_id)


def asset_of(member: Member, asset_id: UUID) -> Asset:
    rows = Asset.objects.select_related("account", "advocate__contact")
    return _one(rows.filter(account__in=visible(member)), asset_id)


def referral_of(member: Member, referral_id: UUID) -> Referral:
    rows = Referral.objects.select_related("account", "advocate__contact", "customer")
    return _one(rows.filter(account__in=visible(member)), referral_id)


def request_of(request_id: UUID) -> ReferenceRequest:
    """A request is for everybody: whoever has a customer like that answers it."""
    return _one(ReferenceRequest.objects.select_related("segment", "product", "created_by"), request_id)


def gathering_of(gathering_id: UUID) -> Gathering:
    return _one(Gathering.objects.all(), gathering_id)


def guest_of(member: Member, guest_id: UUID) -> Guest:
    rows = Guest.objects.select_related("gathering", "contact", "account")
    return _one(rows.filter(account__in=visible(member)), guest_id)


def _one(rows: QuerySet[Any], key: UUID) -> Any:
    row = rows.filter(id=key).first()
    if row is None:
        raise Http404
    return row


def open_requests() -> list[ReferenceRequest]:
    """Requests that wait, the most urgent first."""
    rows = ReferenceRequest.objects.filter(state__in=OPEN_REQUESTS).select_related("segment", "product")
    return list(rows.order_by("due_on", "id")[:OFFERED])


def requests(*, over: bool) -> QuerySet[ReferenceRequest]:
    """Requests that are over, or those that wait, the most urgent first; with how many were asked for each."""
    rows = ReferenceRequest.objects.select_related("segment", "product").annotate(
        asked=_count(Ask.objects.all(), "request")
    )
    return (
        rows.exclude(state__in=OPEN_REQUESTS) if over else rows.filter(state__in=OPEN_REQUESTS).order_by("due_on", "id")
    )


def assets(member: Member, today: dt.date) -> Any:
    """Assets of the accounts that the member sees, with how often each was used in a year and for how many won deals."""
    return _with_uses(Asset.objects.filter(account__in=visible(member)), today)


def _with_uses(rows: QuerySet[Asset], today: dt.date) -> QuerySet[Asset]:
    lately = AssetUse.objects.filter(used_on__gt=today - dt.timedelta(days=USED_DAYS))
    return rows.select_related("account", "advocate__contact").annotate(
        used=_count(lately, "asset"), deals=_count(lately.filter(won=True), "asset")
    )


def _count(rows: QuerySet[Any], of: str) -> Coalesce:
    """How many of `rows` belong to each row of the outer query, as `of` names it."""
    own = rows.filter(**{of: OuterRef("id")}).order_by().values(f"{of}_id")
    return Coalesce(Subquery(own.annotate(n=Count("pk")).values("n")), 0)


def referrals(member: Member) -> QuerySet[Referral]:
    """Referrals of the accounts that the member sees."""
    rows = Referral.objects.filter(account__in=visible(member))
    return rows.select_related("account", "advocate__contact", "customer")


def gatherings(member: Member) -> Any:
    """Gatherings, the latest first, with how many of the accounts that the member sees were invited, came and spoke: as many
    as `guests` then lists."""
    invited = Guest.objects.filter(account__in=visible(member))
    came = invited.filter(attendance__in=[Attendance.CAME, Attendance.SPOKE])
    return Gathering.objects.annotate(
        invited=_count(invited, "gathering"),
        came=_count(came, "gathering"),
        spoke=_count(came.filter(attendance=Attendance.SPOKE), "gathering"),
    ).order_by("-held_on", "-id")


def use_of(member: Member, use_id: UUID) -> AssetUse:
    rows = AssetUse.objects.select_related("asset__account")
    return _one(rows.filter(asset__account__in=visible(member)), use_id)


def guests(gathering: Gathering, member: Member) -> list[Guest]:
    """Its guests of the accounts that the member sees."""
    rows = gathering.guests.filter(account__in=visible(member)).select_related("contact", "account")
    return list(rows.order_by("account__name_key", "contact__name", "id"))


def uses_of(asset: Asset) -> Sequence[AssetUse]:
    """The latest uses of an asset."""
    return list(asset.uses.select_related("used_by").order_by("-used_on", "-id")[:OFFERED])


@dataclass(frozen=True)
class OfAccount:
    """What the program knows of one account, the accounts that were merged into it with it."""

    parts: list[UUID]
    standings: list[Standing]
    advocates: list[Advocate]
    evidence: dict[str, Any]
    asks: list[Ask]
    assets: list[Asset]
    referrals: list[Referral]
    came_by: Referral | None


def of_account(account: Account, today: dt.date) -> OfAccount:
    """Its standing with the evidence, its people, their asks, what they gave and whom they led to."""
    own = [account.id, *parts_of(account)]
    asks = Ask.objects.filter(advocate__account__in=own).select_related("advocate__contact", "request")
    judged = Qualification.objects.filter(account=account).values_list("evidence", flat=True).first()
    led = Referral.objects.filter(account__in=own).select_related("account", "customer", "advocate__contact")
    return OfAccount(
        parts=own,
        standings=standings.of_account(account, today),
        advocates=list(
            Advocate.objects.filter(account__in=own, state=AdvocateState.ENROLLED).select_related("contact", "account")
        ),
        evidence=judged or {},
        asks=list(asks[:OFFERED]),
        assets=list(_with_uses(Asset.objects.filter(account__in=own), today)),
        referrals=list(led[:OFFERED]),
        came_by=Referral.objects.filter(customer__in=own).select_related("account").first(),
    )


def people_to_enrol(account: Account) -> list[Contact]:
    """Whom of this account one could enrol: who is there and not in the program, champions first."""
    there = Contact.objects.filter(account__in=[account.id, *parts_of(account)]).filter(left_on=None)
    known = Advocate.objects.filter(state=AdvocateState.ENROLLED).values("contact")
    rows = list(there.exclude(id__in=known).order_by("name", "id")[:OFFERED])
    return sorted(rows, key=lambda one: (one.role != "champion", one.role != "executive_sponsor"))


def accounts_to_enrol(member: Member) -> list[Account]:
    """Qualified accounts that nobody speaks for yet, the largest first: the candidate list of TRG-15."""
    enrolled = Advocate.objects.filter(state=AdvocateState.ENROLLED).values("account")
    rows = (
        Account.objects.visible_to(member)
        .filter(qualification__qualified=True, health_band="green")
        .exclude(id__in=enrolled)
    )
    return list(rows.order_by("-mrr_minor", "id")[:OFFERED])


def enrolled_of(accounts: Collection[UUID]) -> list[Advocate]:
    """The advocates of these accounts."""
    rows = Advocate.objects.filter(account__in=accounts, state=AdvocateState.ENROLLED).select_related(
        "contact", "account"
    )
    return list(rows.order_by("contact__name", "id"))


def filled() -> bool:
    """Whether the program knows anybody yet."""
    return Qualification.objects.exists() or Advocate.objects.exists()


def external_ids(accounts: Collection[UUID]) -> dict[UUID, str]:
    """The accounts' own names for programs."""
    return dict(Account.objects.filter(id__in=accounts).order_by().values_list("id", "external_id"))


def seen_accounts(member: Member) -> list[Account]:
    """Customers of the member to choose from, by name."""
    rows = Account.objects.visible_to(member).filter(merged_into=None, status="live")
    return list(rows.order_by("name_key", "id")[:OFFERED])


def new_customers(referral: Referral) -> list[Account]:
    """Who a referral may have become: customers of nobody's won referral, the newest first."""
    taken = Referral.objects.filter(state=ReferralState.WON).exclude(id=referral.id).exclude(customer=None)
    rows = (
        Account.objects.filter(merged_into=None)
        .exclude(id__in=taken.values("customer"))
        .exclude(id=referral.account_id)
    )
    return list(rows.exclude(customer_since=None).order_by("-customer_since", "id")[:OFFERED])


def people_to_invite(gathering: Gathering, member: Member) -> list[Contact]:
    """People of the program whom the member sees and who are not on the list of guests."""
    advocates = Advocate.objects.filter(account__in=visible(member), state=AdvocateState.ENROLLED)
    rows = Contact.objects.filter(id__in=advocates.values("contact")).exclude(gatherings__gathering=gathering)
    return list(rows.select_related("account").order_by("name", "id")[:OFFERED])


def enrolled(member: Member) -> list[Advocate]:
    """The advocates of the accounts that the member sees."""
    rows = Advocate.objects.filter(account__in=visible(member), state=AdvocateState.ENROLLED)
    return list(rows.select_related("contact", "account").order_by("contact__name", "id")[:OFFERED])
