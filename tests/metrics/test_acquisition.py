"""What a customer costs and brings (MET-05, MET-06, ADV-07), through the public doors and a real night."""

import datetime as dt
from decimal import Decimal

import pytest

from cs_platform.kernel.models import Work
from metrics.enums import Dimension, Metric
from metrics.figures import jobs, questions
from metrics.figures.bands import DEFAULT_BANDS, band_of
from metrics.formulas import Sums, payback_months
from metrics.insights import acquisition
from metrics.insights.acquisition import Acquired, Economics
from tests.books import Book

JUNE = dt.date(2026, 6, 1)
ROWS = [
    {"account": "Old", "segment": "Enterprise", "source": "outbound", "cac": "99000"},  # won before the window
    {"account": "Out", "segment": "Enterprise", "source": "outbound", "cac": "50000"},
    {"account": "Ref", "segment": "Enterprise", "source": "referral", "cac": "20000"},
    {"account": "Named", "segment": "Enterprise", "source": "inbound", "referred_by": "Old", "cac": "30000"},
    {"account": "Free", "segment": "Mid-market", "source": "partner", "cac": "0"},
    {"account": "Unknown", "segment": "Mid-market", "source": "partner"},
]


@pytest.fixture
def book(worlds) -> Book:
    for world in worlds:
        found = Book(world)
        found.merge("accounts", [row | {"cac": "1"} if world.tenant.slug == "rival" else row for row in ROWS])
        found.period("Old", "2025-01-10", "", "4000.00")
        for account, start in (("Out", "2025-07-01"), ("Ref", "2026-01-01"), ("Named", "2026-06-01")):
            found.period(account, start, "", "2000.00")
        found.period("Free", "2026-02-01", "2026-05-01", "500.00")
        found.period("Unknown", "2026-03-01", "", "1000.00")
        found.night("2026-06-30")
    return Book(worlds[0])


def ask(**more) -> questions.Question:
    return questions.ask(to=JUNE, as_of=dt.date(2026, 6, 30), **more)


def test_payback_of_the_reference_and_with_margin():
    """METRICS 5.7: 50,000 at 50,000 a year is 12 months without margin, 15 with 80%."""
    assert payback_months(Decimal(50_000), Decimal(50_000)) == 12
    assert payback_months(Decimal(50_000), Decimal(50_000), Decimal("0.8")) == 15
    assert payback_months(None, Decimal(1)) is None
    assert payback_months(Decimal(1), Decimal(0)) is None
    assert payback_months(Decimal(1), None) is None


def test_ltv_to_cac_of_the_vector():
    """MET-05: 30,000 x 80% / 10% = 240,000; at a cost of 48,000 that is 5 times, at the edge Excellent (E10)."""
    year = Sums(opening=250_000, contraction=25_000, closing=250_000, opening_customers=1, closing_customers=1)
    made = Economics(Acquired(won=1, known=1, cost=4_800_000), year, Decimal("0.80"))
    assert (made.arpa, made.ltv, made.ltv_cac) == (3_000_000, 24_000_000, 5)
    assert band_of(Metric.LTV_CAC, DEFAULT_BANDS[Metric.LTV_CAC], made.ltv_cac).name == "Excellent"
    assert Economics(Acquired(won=3), year, Decimal("0.80")).ltv_cac is None
    assert Economics(Acquired(won=1, known=1, cost=1), Sums(opening=1, closing=1), Decimal(1)).ltv_cac is None


def test_costs_are_of_those_won_in_the_window_and_known(book):
    """MET-06: five were won in twelve months, of four the cost is known: (50 + 20 + 30 + 0) / 4 thousand."""
    with book.world.open():
        made = acquisition.figures(ask())
        assert (made.acquired.won, made.acquired.known, made.acquired.paying) == (5, 4, 4)
        assert made.cac == 2_500_000
        # ARR per customer: (4,000 + 3 x 2,000 + 1,000) x 12 / 5 = 26,400.
        assert made.arpa == 2_640_000
        assert round(made.payback_simple, 4) == round(Decimal(25_000) * 12 / 26_400, 4)
        assert made.payback == payback_months(made.cac, made.arpa, ask().margin)


def test_the_board_reads_the_sums_of_the_night(book, django_assert_num_queries):
    """The cost of those won is the same from the night's sums as account by account; a new cost is in them minutes later,
    and an earlier knowledge is asked of its own rows."""

    def whole(question):
        made = acquisition.acquired(question)[""]
        return (made.won, made.known, made.cost)

    with book.world.open():
        for question in (ask(), ask(segment="Enterprise"), ask(segment="Nowhere")):
            with django_assert_num_queries(1):
                made = acquisition.costs(question)
            assert (made.won, made.known, made.cost) == whole(question)
        before = ask(known_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        assert acquisition.costs(before) == Acquired()
        book.merge("accounts", [{"account": "Unknown", "cac": "70000"}])
        assert Work.objects.filter(name="refresh_revenue", state=Work.State.WAITING).exists()
        jobs.refresh(dt.date(2026, 6, 30))
        assert acquisition.costs(ask()).cost == 17_000_000
        assert acquisition.costs(ask()).known == whole(ask())[1] == 5


def test_segments_and_sources_add_up(book):
    with book.world.open():
        whole = acquisition.acquired(ask())[""]
        for cut in acquisition.CUTS[1:]:
            assert sum(acquisition.acquired(ask(), cut).values(), Acquired()) == whole
        by = acquisition.figures_by(ask(), Dimension.SEGMENT)
        assert {value: one.acquired.won for value, one in by.items()} == {"Enterprise": 3, "Mid-market": 2}
        assert by["Enterprise"].cac == Decimal(10_000_000) / 3
        assert by["Mid-market"].cac == 0
        assert by["Mid-market"].ltv_cac is None
        only = acquisition.figures(ask(segment="Enterprise"))
        assert only.acquired == by["Enterprise"].acquired
        assert only.year == by["Enterprise"].year


def test_referred_customers_beside_the_others(book):
    """ADV-07: a referral is the source, or somebody who is named; 25,000 against (50,000 + 0) / 2."""
    with book.world.open():
        made = acquisition.referrals(ask())
        assert (made.referred.won, made.other.won) == (2, 3)
        assert made.referred.cac == 2_500_000
        assert made.other.cac == 2_500_000
        assert made.cheaper == 0
        assert made.share == Decimal("0.4")
        assert made.share_of_money == Decimal(4000) / Decimal(7500)


def test_the_accounts_behind_and_what_stays_hidden(book):
    with book.world.open():
        everybody = acquisition.won_behind(ask(), book.world.members["leader"])
        assert [line.name for line in everybody.lines] == ["Out", "Named", "Ref", "Free", "Unknown"]
        assert [line.payback_simple for line in everybody.lines][:1] == [25]
        assert everybody.lines[-1].cost is None
        assert everybody.lines[3].payback_simple is None
        unknown = acquisition.won_behind(ask(), book.world.members["leader"], cut="unknown")
        assert [line.name for line in unknown.lines] == ["Unknown"]
        nobodys = acquisition.won_behind(ask(), book.world.members["csm"], cut="segment", value="Enterprise")
        assert (nobodys.lines, nobodys.won, nobodys.hidden, nobodys.hidden_cost) == ([], 3, 3, 10_000_000)


def test_an_earlier_knowledge_and_a_month_without_anybody(book):
    with book.world.open():
        early = questions.ask(to=dt.date(2025, 6, 1), as_of=dt.date(2026, 6, 30))
        assert acquisition.figures(early).acquired == Acquired(1, 1, 9_900_000, 1, 400_000, 400_000)
        before = ask(known_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        assert acquisition.figures(before) == Economics(Acquired(), Sums(), before.margin)
        assert acquisition.referrals(before).cheaper is None
        with pytest.raises(ValueError, match="shoe"):
            acquisition.acquired(ask(), "shoe size")


def test_figures_take_two_queries(book, django_assert_num_queries):
    with book.world.open():
        question = ask()
        with django_assert_num_queries(2):
            acquisition.figures(question)
