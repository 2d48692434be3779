"""What moved the forecast since a week ago, on the page and in another currency; and what a contract costs a year (REN-08, REN-10)."""

from decimal import Decimal

import pytest

from accounts.models import FxRate, Subscription
from cs_platform.kernel.periods import month_of
from renewals import jobs, outlook
from renewals.models import FrozenCall, Renewal
from renewals.writing import year_of
from tests.conftest import World
from tests.renewals.pages_world import DAY, Book

pytestmark = pytest.mark.django_db


@pytest.fixture
def book(world: World) -> Book:
    return Book(world)


def frozen(book: Book, one: Renewal, chance: int, mrr: int, currency: str = "USD") -> None:
    """The CSM's call as it stood a week ago."""
    with book.world.open():
        FrozenCall.objects.create(
            renewal=one, week=book.today - 7 * DAY, caller="csm", probability=chance, mrr_minor=mrr, currency=currency,
            due_on=one.due_on, member=book.world.members["csm"],
        )  # fmt: skip


def test_the_card_leads_from_last_week_to_today(worlds: tuple[World, World]) -> None:
    """REN-08: 100,000.00 a month called at 90% a week ago and at 80% today, and one that is new; a book without a week has no
    card, and nobody else's stands in it."""
    mine, theirs = worlds
    book, other = Book(mine), Book(theirs)
    one = book.renewal("Halcyon", mrr=10_000_000, calls={"csm": 80})
    frozen(book, one, 90, 10_000_000)
    book.renewal("Quillon", mrr=5_000_000, calls={"csm": 50})
    foreign = other.renewal("Foreign", calls={"csm": 10})
    page = mine.client("csm").get(mine.url("renewals/?view=forecast"))
    change = page.context["change"]
    assert change["table"]["rows"][0][1] == "$120k"
    assert change["table"]["rows"][-1][1] == "$540k"
    assert change["figure"]["data"][0]["y"] == [120_000.0, 300_000.0, 120_000.0, 540_000.0]
    assert change["figure"]["data"][0]["base"] == [0.0, 120_000.0, 420_000.0, 0.0]
    assert [(row["name"], row["reason"], row["how"]) for row in change["rows"]] == [
        ("Quillon", "New", change["rows"][0]["how"]),
        ("Halcyon", "Called differently", "90% → 80%"),
    ]
    text = page.content.decode()
    assert "What moved since last week" in text
    assert "Foreign" not in text
    assert "What moved since last week" not in mine.client("csm").get(mine.url("renewals/")).content.decode()
    assert theirs.client("csm").get(theirs.url("renewals/?view=forecast")).context["change"] is None
    assert foreign.id != one.id


def test_what_was_frozen_keeps_its_currency_and_is_turned_over(book: Book) -> None:
    """A company that reports in another currency since: last week's money is read at today's rate, not as if it were the
    new currency; what was frozen stays as it was written."""
    one = book.renewal("Halcyon", calls={"csm": 90})
    frozen(book, one, 90, 100_000)
    world = book.world
    with world.open():
        FxRate.objects.create(
            month=month_of(book.today - 40 * DAY), base="USD", quote="EUR", rate=Decimal("0.8"), source="api"
        )
        world.tenant.currency = "EUR"
        world.tenant.save()
        rows = Renewal.objects.all()
        first, last = book.today, book.today + 90 * DAY
        now = outlook.read(rows, first, last)
        assert [row.mrr for row in now] == [80_000]
        since = outlook.since_last_week(now, rows, first, last, book.today)
        assert since is not None
        assert (since.loss, since.moved) == (8_000, [])
        jobs.freeze_week(book.today + 7 * DAY)
        kept = list(FrozenCall.objects.order_by("week").values_list("currency", "mrr_minor"))
        assert kept == [("USD", 100_000), ("EUR", 80_000)]


@pytest.mark.parametrize(
    ("amount", "discount", "months", "mrr", "year"),
    [
        (41_200_000, 0, 12, 3_433_333, 41_200_000),  # not 411,999.96
        (10_000, 0, 3, 3_333, 40_000),
        (200_000, 20_000, 12, 15_000, 180_000),
        (100_000, 0, 36, 2_778, 33_333),
        (41_200_000, 0, 12, 3_000_000, 36_000_000),  # its month was said apart from its price
    ],
)
def test_a_year_is_the_contracts_price(amount: int, discount: int, months: int, mrr: int, year: int) -> None:
    """REN-10, the examples of the docstring and what rounding did to them before."""
    period = Subscription(
        amount_minor=amount, discount_minor=discount, interval_months=months, mrr_minor=mrr, charge="recurring"
    )
    assert year_of(period) == year


def test_now_a_year_on_the_tab(book: Book) -> None:
    """412,000.00 a year stands there as that."""
    one = book.renewal("Halcyon", mrr=3_433_333)
    with book.world.open():
        Subscription.objects.update(amount_minor=41_200_000)
    text = book.world.client("csm").get(book.world.url(f"accounts/{one.account_id}/renewal/")).content.decode()
    assert "$412,000.00 a year" in text
    assert "411,999" not in text
    shown = book.world.client("csm").get(book.world.url(f"renewals/{one.id}/close/?")).content.decode()
    assert "411,999.96" not in shown
