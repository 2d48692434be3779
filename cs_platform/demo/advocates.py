"""Who speaks for Northwind: people with consent, what they were asked for, what sales looks for, what there is to show
(ADV-01 to ADV-05). After the night, which says who qualifies; asks of days that have passed are told as history is."""

import datetime as dt
from decimal import Decimal

from accounts.models import Contact, Member
from advocacy.enums import AskFailure, AskState, AssetKind, Consent, Legal, ReviewSite
from advocacy.enums import ReferralState as R
from advocacy.models import Advocate, Qualification
from advocacy.services.advocates import enrol
from advocacy.services.asks import answer_ask, ask, make_request
from advocacy.services.assets import add_asset
from advocacy.services.referrals import add_referral, move_referral

DAY = dt.timedelta(days=1)
# How far each one's consent goes, and how many days ago it was given.
CONSENTS = (
    (Consent.NAME_LOGO, 210),
    (Consent.NAME_LOGO, 160),
    (Consent.NAME, 140),
    (Consent.REFERENCE, 95),
    (Consent.NAME_LOGO, 60),
    (Consent.NAME, 30),
)
# Which of them, for what, asked and answered how many days ago, with what answer.
ASKS = (
    (0, AssetKind.CASE_STUDY, 150, 140, AskState.DONE),
    (0, AssetKind.REFERENCE, 25, 21, AskState.AGREED),
    (1, AssetKind.REVIEW, 110, 104, AskState.DONE),
    (2, AssetKind.TESTIMONIAL, 80, 71, AskState.DONE),
    (3, AssetKind.REFERENCE, 40, 33, AskState.DECLINED),
    (4, AssetKind.SPEAKING, 6, None, AskState.OPEN),
)

# Whom they led us to beside the customers that were won: which of them, when asked, worth a year, and the days on which it came how far.
REFERRALS = (
    (0, "Alder Freight", 88, 54_000, ((R.AGREED, 84), (R.INTRODUCED, 70), (R.OPPORTUNITY, 41))),
    (1, "Kestrel Distribution", 60, 38_000, ((R.AGREED, 52), (R.INTRODUCED, 33))),
    (2, "Bramble Foods", 130, 22_000, ((R.AGREED, 121), (R.INTRODUCED, 99), (R.OPPORTUNITY, 77), (R.LOST, 36))),
    (3, "Northgate Clinics", 45, 31_000, ((R.AGREED, 38),)),
    (0, "Severn Couriers", 20, None, ()),
    (4, "Pike & Rowe", 160, 18_000, ((R.LOST, 122),)),
)


def gather(last: dt.date) -> int:
    """Advocates of qualified customers, the largest first; how many were enrolled, 0 when the company has some already."""
    if Advocate.objects.exists():
        return 0
    qualified = Qualification.objects.filter(qualified=True).values("account")
    champions = Contact.objects.filter(account__in=qualified, left_on=None, role="champion").select_related(
        "account__owner"
    )
    people = champions.order_by("-account__mrr_minor", "external_id")[: len(CONSENTS)]
    advocates = []
    for contact, (consent, days) in zip(people, CONSENTS, strict=False):
        day = last - DAY * days
        row = enrol(
            contact=contact, consent=consent, consent_on=day, consent_until=day + DAY * 730, by=contact.account.owner
        )
        Advocate.objects.filter(id=row.id).update(enrolled_on=day, legal_since=day)
        advocates.append(row)
    for place, kind, asked, answered, state in ASKS:
        if place >= len(advocates):
            continue
        made = ask(advocate=advocates[place], kind=kind, asked_on=last - DAY * asked, by=None)
        if answered is not None:
            failure = AskFailure.LEGAL if state == AskState.DECLINED else ""
            answer_ask(ask=made, state=state, answered_on=last - DAY * answered, failure=failure, version=None, by=None)
    _show(advocates[:3], last)
    _lead(advocates, last)
    make_request(
        prospect="Fernhill Distribution",
        due_on=last + DAY * 12,
        decides_on=last + DAY * 26,
        industry="Logistics",
        users=400,
        asked_by="Marta Keller",
        text="Wants to hear from somebody who moved off spreadsheets.",
        by=Member.objects.get(role__key="leader"),
    )
    return len(advocates)


def _show(advocates: list[Advocate], last: dt.date) -> None:
    """What the first of them gave: a story and a review that are out, and words that wait for their legal."""
    told = (
        (AssetKind.CASE_STUDY, "How {} plans a day in an hour", Legal.APPROVED, 120),
        (AssetKind.REVIEW, "Review by {}", Legal.APPROVED, 100),
        (AssetKind.TESTIMONIAL, "Words of {} for the home page", Legal.WAITING, 0),
    )
    for advocate, (kind, title, legal, days) in zip(advocates, told, strict=False):
        review = kind == AssetKind.REVIEW
        add_asset(
            account=advocate.account,
            advocate=advocate,
            kind=kind,
            title=title.format(advocate.account.name),
            legal=legal,
            legal_since=last - DAY * (days + 10),
            published_on=last - DAY * days if days else None,
            site=ReviewSite.G2 if review else "",
            rating=Decimal("4.5") if review else None,
            by=advocate.account.owner,
        )


def _lead(advocates: list[Advocate], last: dt.date) -> None:
    """Referrals on their way, and two that came to nothing; those that were won follow from the accounts."""
    for place, prospect, asked, worth, steps in REFERRALS:
        if place >= len(advocates):
            continue
        advocate = advocates[place]
        row = add_referral(
            account=advocate.account,
            advocate=advocate,
            prospect=prospect,
            asked_on=last - DAY * asked,
            amount_minor=worth * 100 if worth else None,
            by=advocate.account.owner,
        )
        for state, days in steps:
            row = move_referral(
                referral=row, state=state, on=last - DAY * days, version=None, by=advocate.account.owner
            )
