"""Whether the renewals, the deals and the ledger of the open company say the same, counted plainly from their rows."""

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass
from uuid import UUID

from accounts.enums import ChangeKind, ChangeSource, Profile
from accounts.models import Subscription, SubscriptionChange
from cs_platform.demo.deals import Seller, told_since
from cs_platform.kernel.periods import last_complete_month, month_of
from expansion.enums import DealStage
from expansion.models import Opportunity
from metrics.enums import MovementKind, Window
from metrics.models import MovementNote, MrrMovement, RetentionMonth
from renewals.enums import RenewalState
from renewals.models import Renewal

Month = tuple[UUID, dt.date]  # of an account
MOVED = (MovementKind.EXPANSION, MovementKind.CONTRACTION, MovementKind.CHURN)


@dataclass(frozen=True)
class Moved:
    """What the ledger says of one paid period in a month."""

    account: UUID
    month: dt.date
    kind: str
    subscription: UUID
    change: UUID
    amount: int


class OneStory:
    """The closed renewals and won deals of the complete months that are told, and the ledger of these months."""

    def __init__(self, last: dt.date) -> None:
        self.first, self.month = told_since(last), last_complete_month(last)
        over = Renewal.objects.exclude(state__in=(RenewalState.OPEN, RenewalState.WITHDRAWN)).prefetch_related("lines")
        self.renewals = [row for row in over if self.first <= month_of(row.due_on) <= self.month]
        won = Opportunity.objects.filter(stage=DealStage.WON).select_related("written")
        self.deals = [row for row in won if row.closed_on and self.first <= month_of(row.closed_on) <= self.month]
        self.nobodys = set(
            MovementNote.objects.filter(note=Seller.NOBODY.value).values_list("account", "month", "subscription")
        )
        lines = MrrMovement.objects.filter(month__gte=self.first, month__lte=self.month).exclude(kind=MovementKind.FX)
        sums: Counter[tuple[UUID, dt.date, str, UUID]] = Counter()
        newest: dict[tuple[UUID, dt.date, str, UUID], UUID] = {}
        for row in lines.order_by("recorded_at", "id"):
            key = (row.account_id, row.month, row.kind, row.subscription_id)
            sums[key] += row.amount_minor
            if row.reverses_id is None:
                newest[key] = row.change_id
        self.moved = [Moved(*key, newest[key], amount) for key, amount in sums.items() if amount]

    def claims(self) -> dict[tuple[UUID, dt.date, UUID, bool], list[Renewal | Opportunity]]:
        """Who says that a period moved in a month of an account, by whether it began."""
        found: dict[tuple[UUID, dt.date, UUID, bool], list[Renewal | Opportunity]] = defaultdict(list)
        for row in self.renewals:
            for line in row.lines.all():
                found[row.account_id, month_of(row.due_on), line.subscription_id, False].append(row)
                if line.next_period_id:
                    found[row.account_id, month_of(row.due_on), line.next_period_id, True].append(row)
        for deal in self.deals:
            assert deal.closed_on
            assert deal.written
            assert deal.written.start_on == deal.closed_on
            found[deal.account_id, month_of(deal.closed_on), deal.written.id, True].append(deal)
        return found

    def strays(self) -> list[Moved]:
        """Movements of expansion, contraction and churn that do not belong to exactly one renewal or deal, but for what customers
        bought with a card and somebody has noted."""
        claims = self.claims()
        return [
            line
            for line in self.moved
            if line.kind in MOVED
            and not (line.amount > 0 and (line.account, line.month, line.subscription) in self.nobodys)
            and len(claims.get((line.account, line.month, line.subscription, line.amount > 0), ())) != 1
        ]

    def differences(self) -> dict[Month, tuple[int, int]]:
        """By account and month what renewals and deals add up to, and what the ledger does, where it is not the same."""
        told: Counter[Month] = Counter()
        for row in self.renewals:
            told[row.account_id, month_of(row.due_on)] += (row.kept_mrr or 0) - (row.due_mrr or 0)
        for deal in self.deals:
            assert deal.closed_on
            told[deal.account_id, month_of(deal.closed_on)] += deal.won_mrr or 0
        posted: Counter[Month] = Counter()
        claims = self.claims()
        for line in self.moved:
            if (line.account, line.month, line.subscription, line.amount > 0) in claims:
                posted[line.account, line.month] += line.amount
        return {key: (told[key], posted[key]) for key in {*told, *posted} if told[key] != posted[key]}

    def not_led(self) -> list[str]:
        """Periods that a person's renewal or deal began, whose movement does not lead to it; one that a file corrected since leads
        to the file."""
        changes = SubscriptionChange.objects.in_bulk([line.change for line in self.moved])
        claims, found = self.claims(), []
        for line in self.moved:
            owners = claims.get((line.account, line.month, line.subscription, True), []) if line.amount > 0 else []
            for owner in owners:
                change = changes[line.change]
                if change.kind == ChangeKind.PERIOD:  # the latest word on it: whose renewal ended it for good
                    owner = next(row for row in self.renewals if row.id == change.source_ref)
                    assert owner.state == RenewalState.CHURNED
                if isinstance(owner, Renewal) and owner.profile == Profile.PRODUCT_LED:
                    expected = change.source == ChangeSource.IMPORT
                else:
                    source = ChangeSource.RENEWAL if isinstance(owner, Renewal) else ChangeSource.DEAL
                    expected = (change.source, change.source_ref) == (source, owner.id) or (
                        change.source == ChangeSource.IMPORT and bool(change.reason)
                    )
                if not expected:
                    found.append(f"{owner.external_id}: {change.source} {change.source_ref}")
        return found

    def board(self) -> list[str]:
        """Months in which expansion, contraction and churn of the board are not what the claimed and noted movements say."""
        said: Counter[dt.date] = Counter()
        for line in self.moved:
            if line.kind in MOVED:
                said[line.month] += line.amount
        rows = RetentionMonth.objects.filter(window=Window.MONTH, dimension="all", month__gte=self.first)
        return [
            f"{row.month}: {row.expansion_mrr - row.contraction_mrr - row.churned_mrr} {said[row.month]}"
            for row in rows
            if row.expansion_mrr - row.contraction_mrr - row.churned_mrr != said[row.month]
        ]

    def unwritten(self) -> int:
        """Contracts that ended in these months without any renewal that says so."""
        held = {line.subscription_id for row in self.renewals for line in row.lines.all()}
        ended = Subscription.objects.filter(end_on__gte=self.first, end_on__lt=self.month, voided=False)
        return ended.exclude(id__in=held).count()
