"""Winning writes the contract (EXP-05): what was shown before is what the ledger says after, to the cent; undoing takes it back."""

import datetime as dt
from typing import Any

import pytest

from accounts import closed
from accounts.models import Account, Plan, Product, Subscription, SubscriptionChange, WebhookEvent
from accounts.webhooks.events import EXAMPLES
from accounts.webhooks.services import add_endpoint
from cs_platform.kernel.errors import Conflict, DomainError
from cs_platform.kernel.periods import month_of, month_text
from expansion import closing, services
from expansion.closing import Terms
from expansion.models import Opportunity
from metrics.figures import jobs
from metrics.models import MrrMovement
from tests.books import Book
from tests.conftest import World
from tests.expansion.deals import deal

TODAY = dt.date(2026, 9, 15)


@pytest.fixture
def book(world: World) -> Book:
    """A tenant whose last day is 15 September 2026, with a contract of 100 seats at 12,000.00 a year."""
    world.tenant.data_until = TODAY
    world.tenant.save()
    book = Book(world)
    book.period(
        "A-1",
        "2026-01-01",
        "2027-01-01",
        "12000",
        key="S-1",
        interval_months="12",
        seats="100",
        product="core",
        plan="Team",
    )
    return book


def opened(world: World, **fields: Any) -> Opportunity:
    """A deal of 50 seats at 6,000.00 a year in its last stage, whatever the checks say."""
    account = Account.objects.get(external_id="A-1")
    values = {"seats": 50, "amount_minor": 600_000, "subscription": Subscription.objects.get(external_id="S-1")}
    row = deal(account, world.members["csm"], external_id="OP-1", **values | fields)
    return services.move_deal(deal=row, stage="commit", version=None, by=None, override="Told by a test")


def periods() -> list[tuple[Any, ...]]:
    rows = Subscription.objects.filter(voided=False).order_by("external_id", "start_on")
    return [(s.external_id, s.start_on, s.end_on, s.amount_minor, s.mrr_minor, s.seats) for s in rows]


def movements(book: Book) -> dict[str, tuple[str, str]]:
    """What the ledger says of each month at the end of September: the movement and its amount."""
    tenant = book.world.tenant
    tenant.data_until = dt.date(2026, 9, 30)
    tenant.save()
    with book.world.open():
        jobs.refresh(tenant.data_until)
    found = {row["month"]: (row["movement"], str(row["amount"])) for row in book.report("account_month").rows}
    tenant.data_until = TODAY
    tenant.save()
    return found


def test_more_seats_begin_on_the_day_and_the_ledger_says_what_was_shown(book: Book):
    with book.world.open():
        row = opened(book.world)
        shown = closing.preview(row)
        assert [(line.entry, line.day, line.mrr_before, line.mrr_after) for line in shown.rows] == [
            ("ends", TODAY, 100_000, 0),
            ("begins", TODAY, 0, 150_000),
        ]
        assert (shown.change, shown.reporting_change, shown.end_on) == (50_000, 50_000, dt.date(2027, 1, 1))
        won = closing.win(deal=row, terms=None, version=row.version, by=book.world.members["csm"], reason="need")
        assert (won.stage, won.closed_on, won.win, won.won_mrr) == ("won", TODAY, "need", 50_000)
        assert won.written == Subscription.objects.get(start_on=TODAY)
        assert won.written.plan == Plan.objects.get(name="Team")
        assert periods() == [
            ("S-1", dt.date(2026, 1, 1), TODAY, 1_200_000, 100_000, 100),
            ("S-1", TODAY, dt.date(2027, 1, 1), 1_800_000, 150_000, 150),
        ]
        sources = SubscriptionChange.objects.exclude(source="api").values_list("source", "source_ref").distinct()
        assert list(sources) == [("deal", row.id)]
    assert movements(book)["2026-09"] == ("expansion", "500.00")


def test_undoing_leaves_the_books_as_if_nothing_had_been(book: Book):
    before = movements(book)
    with book.world.open():
        row = opened(book.world)
        stood = periods()
        won = closing.win(deal=row, terms=None, version=None, by=None)
        back = closing.undo_win(deal=won, version=won.version, by=None)
        assert (back.stage, back.closed_on, back.written, back.won_mrr, back.win) == ("commit", None, None, None, "")
        assert periods() == stood
    assert movements(book) == before
    with book.world.open():  # and it may be won again
        again = closing.win(deal=back, terms=None, version=None, by=None)
        assert again.written.mrr_minor == 150_000
        assert Subscription.objects.filter(start_on=TODAY).count() == 1
    assert movements(book)["2026-09"] == ("expansion", "500.00")


def test_a_contract_is_changed_as_a_whole_on_its_first_day(book: Book):
    with book.world.open():
        row = opened(book.world)
        stood = periods()
        terms = Terms(dt.date(2026, 1, 1), 600_000, 50)
        assert [line.entry for line in closing.preview(row, terms).rows] == ["changes"]
        won = closing.win(deal=row, terms=terms, version=None, by=None)
        assert periods() == [("S-1", dt.date(2026, 1, 1), dt.date(2027, 1, 1), 1_800_000, 150_000, 150)]
        closing.undo_win(deal=won, version=None, by=None)
        assert periods() == stood


def test_a_higher_tier_names_its_plan(book: Book):
    with book.world.open():
        row = opened(book.world, kind="tier", seats=None)
        with pytest.raises(DomainError) as error:
            closing.preview(row)
        assert set(error.value.fields) == {"plan"}
        plan = Plan.objects.create(name="Enterprise", rank=3)
        won = closing.win(deal=row, terms=Terms(TODAY, 600_000, None, plan), version=None, by=None)
        assert (won.written.plan, won.written.seats) == (plan, 100)


def test_a_product_begins_a_contract_of_its_own(book: Book):
    with book.world.open():
        product = Product.objects.create(name="Forecasting", external_id="forecasting")
        row = opened(book.world, kind="product", subscription=None, product=product, seats=None)
        terms = Terms(dt.date(2026, 10, 1), 600_000, None, None, product, 15)
        shown = closing.preview(row, terms)
        assert (shown.end_on, shown.change) == (dt.date(2028, 1, 1), 50_000)
        won = closing.win(deal=row, terms=terms, version=None, by=None)
        assert (won.written.external_id, won.written.product, won.written.mrr_minor) == ("OP-1", product, 50_000)
        assert len(periods()) == 2
        closing.undo_win(deal=won, version=None, by=None)
        assert len(periods()) == 1


def test_odd_money_is_what_the_preview_says(book: Book):
    """A third of a cent a month is not lost twice: 1,000.01 a year on top of 12,000.00 paid monthly."""
    book.period("A-1", "2026-01-01", "2027-01-01", "333.33", key="S-2", interval_months="1", seats="7")
    before = movements(book)
    assert before.get("2026-09", ("flat", ""))[0] == "flat"
    with book.world.open():
        row = opened(book.world, subscription=Subscription.objects.get(external_id="S-2"), amount_minor=100_001)
        shown = closing.preview(row)
        assert (shown.mrr_before, shown.mrr_after) == (33_333, 33_333 + 8_333)
        closing.win(deal=row, terms=None, version=None, by=None)
    assert movements(book)["2026-09"] == ("expansion", "83.33")


def test_a_contract_in_another_currency_asks_for_its_money(book: Book):
    book.rate("2025-12", "EUR", "USD", "1.20")
    book.period("A-1", "2026-01-01", "2027-01-01", "1000", key="E-1", currency="EUR", seats="10")
    with book.world.open():
        row = opened(book.world, subscription=Subscription.objects.get(external_id="E-1"))
        with pytest.raises(DomainError) as error:
            closing.preview(row)
        assert set(error.value.fields) == {"amount"}
        shown = closing.preview(row, Terms(TODAY, 120_000, 5))
        assert (shown.currency, shown.change, shown.reporting_change) == ("EUR", 10_000, 12_000)
        closing.win(deal=row, terms=Terms(TODAY, 120_000, 5), version=None, by=None)
    assert movements(book)["2026-09"] == ("expansion", "120.00")


@pytest.mark.parametrize("day", ["2025-12-31", "2027-01-01", "2028-01-01"])
def test_the_day_lies_within_the_contract(book: Book, day: str):
    with book.world.open():
        row = opened(book.world)
        with pytest.raises(DomainError) as error:
            closing.win(deal=row, terms=Terms(dt.date.fromisoformat(day), 1, 1), version=None, by=None)
        assert set(error.value.fields) == {"start_on"}
        assert len(periods()) == 1


def test_a_closed_month_takes_no_contract_and_gives_none_back(book: Book, monkeypatch):
    with book.world.open():
        row = opened(book.world)
        won = closing.win(deal=row, terms=None, version=None, by=None)
        monkeypatch.setattr(closed, "CLOSED", [lambda: {month_of(TODAY)}])
        with pytest.raises(DomainError) as error:
            closing.undo_win(deal=won, version=None, by=None)
        assert month_text(TODAY) in error.value.message
        assert Opportunity.objects.get().stage == "won"
        other = deal(Account.objects.get(), seats=5, subscription=won.written)
        with pytest.raises(DomainError):
            closing.win(deal=other, terms=None, version=None, by=None, override="Told by a test")
        assert closing.preview(other, Terms(dt.date(2026, 10, 1), 1, 1)).start_on == dt.date(2026, 10, 1)


def test_what_somebody_changed_since_is_not_taken_back(book: Book):
    with book.world.open():
        won = closing.win(deal=opened(book.world), terms=None, version=None, by=None)
    book.period("A-1", str(TODAY), "2027-01-01", "19000", key="S-1", interval_months="12", seats="150")
    with book.world.open():
        with pytest.raises(Conflict) as error:
            closing.undo_win(deal=won, version=None, by=None)
        assert error.value.code == "changed"
        assert Opportunity.objects.get().stage == "won"


def test_won_twice_is_once_and_a_stale_one_is_refused(book: Book):
    with book.world.open():
        row = opened(book.world)
        won = closing.win(deal=row, terms=None, version=row.version, by=None)
        assert closing.win(deal=row, terms=None, version=None, by=None).version == won.version
        assert len(periods()) == 2
        with pytest.raises(Conflict):
            closing.win(deal=row, terms=None, version=row.version, by=None)


def test_the_first_stage_asks_for_the_right_when_it_is_won_from_there(book: Book):
    with book.world.open():
        account = Account.objects.get()
        row = deal(account, seats=5, subscription=Subscription.objects.get())
        with pytest.raises(DomainError) as error:
            closing.win(deal=row, terms=None, version=None, by=None)
        assert error.value.code == "not_earned"
        assert len(periods()) == 1


def test_webhooks_hear_of_a_win(book: Book):
    """API-03: once, in the shape of its example, beside the move."""
    with book.world.open():
        add_endpoint(name="All", url="https://example.com/", by=book.world.members["admin"])
        row = opened(book.world)
        won = closing.win(deal=row, terms=None, version=None, by=None)
        closing.win(deal=won, terms=None, version=None, by=None)
        (event,) = WebhookEvent.objects.filter(kind="opportunity.won")
        assert set(event.data) == set(EXAMPLES["opportunity.won"])
        assert (event.data["subscription"], event.data["seats"], event.data["amount"]) == ("S-1", 150, "6000.00")


@pytest.mark.parametrize(
    ("kind", "motion", "reason"),
    [("seats", "upsell", "seats"), ("usage", "upsell", "upsell"), ("product", "cross_sell", "cross_sell")],
)
def test_the_ledger_knows_why_the_money_moved(book: Book, kind: str, motion: str, reason: str):
    """MET-07: by the word of the deal, not guessed from the terms."""
    with book.world.open():
        won = closing.win(deal=opened(book.world, kind=kind, motion=motion), terms=None, version=None, by=None)
    movements(book)
    with book.world.open():
        moved = MrrMovement.objects.filter(month=dt.date(2026, 9, 1), account=won.account_id)
        assert {(row.kind, row.reason) for row in moved} == {("expansion", reason)}
        assert sum(row.amount_minor for row in moved) == 50_000
