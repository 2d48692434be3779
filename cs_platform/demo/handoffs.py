"""Customers that changed hands at Northwind: from sales at the signature, between CSMs, to sales (ROL-02).

Through the services. Nobody's book moves: what was accepted was accepted by who looks after the customer anyway, the
rest waits or was declined, so that the figures of owners stay those of the story.
"""

import datetime as dt

from accounts.enums import Status
from accounts.models import Account, Member
from journey.enums import HandoffKind, HandoffState, TrackKind
from journey.handoffs import services
from journey.models import Handoff

DAY = dt.timedelta(days=1)
SALES = "Marta Keller"  # of sales, who has no login here
BEGINNING = 3  # new customers whose handoff from sales was accepted
WAITED = 3  # days since the one that is late was asked for


def hand_over(last: dt.date) -> int:
    """A few handoffs of each kind and state; how many were made, 0 when the company has some already."""
    if Handoff.objects.exists():
        return 0
    _from_sales()
    people = {key: Member.objects.get(user__email=f"{key}@northwind.example") for key in ("priya", "tomi", "anna")}
    priya, tomi, anna = people.values()
    leader = Member.objects.get(role__key="leader")
    books = Account.objects.filter(status=Status.LIVE, merged_into=None).exclude(tier="tech_touch")
    books = books.select_related("owner").order_by("-mrr_minor", "external_id")
    others = books.exclude(owner=None).exclude(owner__in=[priya, tomi, anna])
    between = services.offer_handoff(
        account=others[0],
        kind=HandoffKind.CSM_TO_CSM,
        taker=priya,
        reason="The region moves to Priya's book with the new year.",
        note="Their steering group meets on the first Tuesday. They prefer a call to a mail, and want figures before it.",
        by=leader,
        added=("Introduce Priya at the next steering group",),
    )
    services.tick(
        handoff=_tick(between, 4),
        position=1,
        note="Two milestones moved to January; Priya agreed with them on the phone.",
        version=None,
        by=leader,
    )
    late = services.offer_handoff(
        account=others[1],
        kind=HandoffKind.ONBOARDING_TO_CSM,
        taker=tomi,
        reason="Live since last week; the second site follows in spring.",
        by=leader,
    )
    _tick(late, 5)
    asked = late.created_at - WAITED * DAY
    Handoff.objects.filter(id=late.id).update(created_at=asked, due_on=last - DAY)
    services.offer_handoff(  # who is away; who covers them answers
        account=others[2],
        kind=HandoffKind.CSM_TO_CSM,
        taker=anna,
        reason="Their new head office is in Anna's region.",
        by=leader,
    )
    sold = services.offer_handoff(
        account=books.filter(owner=priya)[0],
        kind=HandoffKind.CSM_TO_SALES,
        taker=leader,
        reason="Two more departments asked for seats; the budget is decided this quarter.",
        by=priya,
    )
    _tick(sold, 3)
    refused = services.offer_handoff(
        account=books.filter(owner=tomi)[0], kind=HandoffKind.CSM_TO_CSM, taker=priya, reason="Priya speaks their language.", by=tomi
    )  # fmt: skip
    services.answer_handoff(
        handoff=refused,
        state=HandoffState.DECLINED,
        answer="Their renewal is in eight weeks: let us do it after that.",
        version=None,
        by=priya,
    )
    return Handoff.objects.count()


def _from_sales() -> None:
    """The newest customers, taken over from sales by who looks after them; the very newest was passed on by nobody yet."""
    rows = Account.objects.filter(status=Status.LIVE, merged_into=None, tracks__kind=TrackKind.CORE).exclude(owner=None)
    for account in rows.select_related("owner").order_by("-tracks__opened_on", "external_id")[1 : BEGINNING + 1]:
        owner = account.owner
        if owner is None:
            continue
        row = services.offer_handoff(
            account=account,
            kind=HandoffKind.SALES_TO_CS,
            taker=owner,
            giver_name=SALES,
            reason="Signed; the kick-off is agreed.",
            by=None,
        )
        row = _tick(row, 4)
        services.answer_handoff(
            handoff=row,
            state=HandoffState.ACCEPTED,
            answer="Sales introduces us at the kick-off.",
            version=None,
            by=owner,
        )


def _tick(row: Handoff, first: int) -> Handoff:
    """The first few of its checks are done."""
    for position in range(first):
        row = services.tick(handoff=row, position=position, done=True, version=None, by=None)
    return row
