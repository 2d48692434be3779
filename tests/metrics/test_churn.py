"""Who left, where and why (MET-04, MET-08 to MET-10): figures by hand, cohorts at one age, rules, knowledge, isolation."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.churn import DEFAULT_RULES, Rule, record_answer
from accounts.models import Account, ChurnAnswer, Tenant
from metrics.board import document
from metrics.churn import where as churn_where
from metrics.churn.asked import ChurnAsked
from metrics.churn.where import Ageing, Cohort, Spell, pattern, slice_of
from metrics.enums import Cut
from metrics.figures import losses, questions, reports, selectors
from metrics.figures.asked import Asked, Months
from metrics.figures.losses import Given, reasons_of
from metrics.formulas import Sums
from tests.books import Book

JAN, DEC = dt.date(2025, 1, 1), dt.date(2025, 12, 1)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def fill(world) -> Book:
    """Ten of SMB at 10 and twenty of ENT at 100, all since 2024; four of SMB and one of ENT leave, one of them comes back
    and one joins and leaves inside the year. Two of those that stay gone are asked."""
    book = Book(world)
    for n in range(10):
        book.period(f"S{n}", "2024-01-01", "2025-03-15" if n < 4 else "", "10.00", segment="SMB")
    for n in range(20):
        book.period(f"E{n}", "2024-01-01", "2025-11-01" if n < 1 else "", "100.00", segment="ENT")
    book.period("S3", "2025-06-01", "", "10.00")
    book.period("J", "2025-04-01", "2025-08-10", "50.00", segment="SMB")
    book.merge("accounts", [{"account": "S0", "churn_reason": "Never used", "churned_on": "2025-03-15"}])
    book.merge("accounts", [{"account": "E0", "churn_reason": "Cheaper competitor"}])
    book.night("2025-12-31")
    return book


@pytest.fixture
def book(worlds) -> Book:
    theirs = Book(worlds[1])
    theirs.period("Theirs", "2024-01-01", "2025-03-15", "999.00", segment="SMB")
    theirs.merge("accounts", [{"account": "Theirs", "churn_reason": "Price"}])
    theirs.night("2025-12-31")
    return fill(worlds[0])


def ask(book: Book, **question) -> questions.Question:
    return questions.ask(frm=question.pop("frm", JAN), as_of=day("2025-12-31"), **question)


def lines(result) -> list[tuple]:
    return [
        (row["category"], row["reason"], row["customers"], str(row["share"]), row["category_customers"])
        for row in result.rows
    ]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"window": "12"}, [("Adoption failure", "1", "50%"), ("Competition", "1", "50%")]),
        ({"window": "12", "segment": "ENT"}, [("Competition", "1", "100%")]),
        ({"window": "1"}, []),
    ],
)
def test_what_is_printed_of_the_board_counts_the_same_reasons(book, query, said):
    """MET-10, DSH-05: E0 did not say on which day it left and is counted all the same; the month in which nobody left says
    nothing; the rival's price is not ours."""
    with book.world.open():
        months = Months(dt.date(2024, 1, 1), DEC)
        figures = selectors.board_figures(Asked.parse({"month": "2025-12"} | query, months), months, book.world.tenant)
        assert [(row["name"], row["count"], row["share"]) for row in document.reasons(figures)] == said


def test_the_report_counts_who_left_and_stayed_away(book):
    """MET-10: S3 came back and is not counted, J joined and left and is; shares are of the two who answered."""
    everything = book.report("churn_reasons")
    assert lines(everything) == [
        ("Adoption failure", "Never used", 1, "0.50000000", 1),
        ("Competition", "Cheaper competitor", 1, "0.50000000", 1),
        ("(unanswered)", "", 3, "None", 3),
    ]
    assert [row["category_share"] for row in everything.rows] == [Decimal("0.5"), Decimal("0.5"), None]
    march = book.report("churn_reasons", frm=day("2025-03-01"), to=day("2025-03-01"))
    assert lines(march) == [("Adoption failure", "Never used", 1, "1.00000000", 1), ("(unanswered)", "", 3, "None", 3)]
    assert lines(book.report("churn_reasons", segment="ENT")) == [
        ("Competition", "Cheaper competitor", 1, "1.00000000", 1)
    ]
    assert book.report("churn_reasons", to=day("2025-02-01")).rows == []


def test_an_answer_about_the_month_goes_before_one_about_no_month(book):
    """One answer for each end: that of the month, whichever was written first; one about another end does not count."""
    with book.world.open():
        account, by = Account.objects.get(external_id="E0"), book.world.members["csm"]
        record_answer(account=account, category="price", reason="Budget", ended_on=day("2024-05-01"), by=by)
    assert ("Competition", "Cheaper competitor", 1, "0.50000000", 1) in lines(book.report("churn_reasons"))
    with book.world.open():
        record_answer(account=account, category="closure", reason="Bankrupt", ended_on=day("2025-11-01"), by=by)
    found = lines(book.report("churn_reasons"))
    assert ("Business closure", "Bankrupt", 1, "0.50000000", 1) in found
    assert not any(row[0] in {"Competition", "Price"} for row in found)


def test_reasons_as_they_were_known(book):
    """METRICS 3: at an earlier moment neither a later answer nor a later change of one is known."""
    before = timezone.now()
    with book.world.open():
        account, by = Account.objects.get(external_id="S0"), book.world.members["csm"]
        record_answer(account=account, category="price", reason="Budget", ended_on=day("2025-03-15"), by=by)
        record_answer(
            account=Account.objects.get(external_id="S1"), category="other", ended_on=day("2025-03-15"), by=by
        )
    now, then = book.report("churn_reasons"), book.report("churn_reasons", known_at=before)
    assert {row[0] for row in lines(now)} == {"Price", "Competition", "Other", "(unanswered)"}
    assert lines(then) == [
        ("Adoption failure", "Never used", 1, "0.50000000", 1),
        ("Competition", "Cheaper competitor", 1, "0.50000000", 1),
        ("(unanswered)", "", 3, "None", 3),
    ]
    with book.world.open():  # a file that says why an unknown end happened is known from then on
        ChurnAnswer.objects.filter(account__external_id="E0").update(recorded_at=timezone.now())
    assert lines(book.report("churn_reasons", known_at=before))[-1][2] == 4


def test_a_merged_account_answers_for_the_one_it_became_a_part_of(book):
    with book.world.open():
        Tenant.objects.filter(id=book.world.tenant.id).update(logo_level="parent")
    book.merge("accounts", [{"account": "E0", "parent": "E1"}, {"account": "S0", "parent": "S1"}])
    with book.world.open():
        from cs_platform.kernel import queue

        queue.mark_dirty("revenue", Account.objects.values_list("id", flat=True))
    book.night("2025-12-31")
    found = lines(book.report("churn_reasons"))
    assert ("Adoption failure", "Never used", 1, "1.00000000", 1) in found  # S1 and S0 are one customer and left
    assert not any(row[0] == "Competition" for row in found)  # E1 still pays


@pytest.mark.parametrize(
    ("first", "last", "base", "lost", "churned"),
    [
        ("2025-01-01", "2025-12-01", 30, 4, 13_000),  # the year: S3 is back
        ("2025-03-01", "2025-03-01", 30, 4, 4_000),  # a month
        ("2025-01-01", "2025-03-01", 30, 4, 4_000),  # a calendar quarter
        ("2025-02-01", "2025-06-01", 30, 3, 3_000),  # five months of choice
        ("2025-03-01", "2025-11-01", 30, 4, 13_000),
        ("2025-05-01", "2025-08-01", 27, 1, 5_000),  # J paid at the start of May, S3 not yet
    ],
)
def test_losses_of_any_span_by_hand(book, first, last, base, lost, churned):
    """MET-04: customers that paid the month before and pay nothing at the end, whatever the length of the time."""
    spell = Spell(day(first), day(last))
    with book.world.open():
        question = ask(book, frm=spell.first, to=spell.last)
        total, by = churn_where.sums_by(question, spell, slice_of(Cut.SEGMENT, ""))
        assert (total.opening_customers, total.churned_customers, total.churned) == (base, lost, churned)
        assert sum(sums.churned_customers for sums in by.values()) == lost
        for value, sums in by.items():
            alone, _none = churn_where.sums_by(question, spell, slice_of(Cut.ALL, value))
            assert alone == sums
            found = churn_where.lost_of(question, spell, slice_of(Cut.SEGMENT, ""), value)
            assert sum(each.churned for each in found.values()) == sums.churned
            assert len(found) == sums.churned_customers


@pytest.mark.parametrize("cut", churn_where.BY)
def test_every_cut_adds_up(book, cut):
    """MET-09: whatever customers are cut by, the parts are the whole, and each part is the customers it opens to."""
    spell = Spell(JAN, DEC)
    with book.world.open():
        question = ask(book, to=DEC)
        total, by = churn_where.sums_by(question, spell, slice_of(cut, ""))
        assert by
        assert sum(sums.churned for sums in by.values()) == total.churned == 13_000
        assert sum(sums.opening_customers for sums in by.values()) == 30
        found = {v: churn_where.lost_of(question, spell, slice_of(cut, ""), v) for v in by}
        assert {v: len(each) for v, each in found.items()} == {v: sums.churned_customers for v, sums in by.items()}


def test_a_segment_that_carries_the_losses_is_named(book):
    """MET-09: a segment with most of the losses, at least twice the rate of the rest, and only with enough of them."""
    one, few = Sums(opening_customers=200, churned_customers=10), Sums(opening_customers=100, churned_customers=35)
    with book.world.open():
        losses.stage_lost(ask(book))
        found = churn_where.insights(DEFAULT_RULES, reasons_of([]), JAN, {"ENT": one, "SMB": few})
        assert [(each.advice, each.part, each.whole, each.churn, each.others) for each in found] == [
            ("You have no churn problem, you have a SMB problem.", 35, 45, Decimal("0.35"), Decimal("0.05"))
        ]
        alike = {"ENT": Sums(opening_customers=100, churned_customers=20), "SMB": few}
        assert churn_where.insights(DEFAULT_RULES, reasons_of([]), JAN, alike) == []
        assert churn_where.insights(DEFAULT_RULES, reasons_of([]), JAN, {"SMB": few}) == []


def test_rules_speak_from_their_share_on(book):
    """MET-10: 40% from adoption, 30% to somebody cheaper; exactly at the edge they speak, below it not."""
    with book.world.open():
        by = book.world.members["csm"]
        told = [("S1", "adoption", "Never used"), ("S2", "competition", "A cheaper offer"), ("J", "price", "Cost")]
        ends = {"S1": "2025-03-15", "S2": "2025-03-15", "J": "2025-08-10"}
        for key, category, words in told:
            account = Account.objects.get(external_id=key)
            record_answer(account=account, category=category, reason=words, ended_on=day(ends[key]), by=by)
        losses.stage_lost(ask(book))
        reasons = reasons_of(losses.given())
        assert reasons.answered == 5
        found = churn_where.insights(DEFAULT_RULES, reasons, JAN, {})
        assert [(each.part, each.whole, each.rule.category) for each in found] == [
            (2, 5, "adoption"),
            (2, 5, "competition"),
        ]
        stricter = [Rule("adoption", "", 41, "x"), Rule("competition", "enterprise", 1, "y")]
        assert churn_where.insights(stricter, reasons, JAN, {}) == []
        assert churn_where.insights(DEFAULT_RULES, reasons_of(losses.given()[:1]), JAN, {}) == []  # too few answers


@pytest.mark.parametrize(
    ("words", "found"),
    [("", ""), (" , ", ""), ("cheap, price", r"\m(?:cheap|price)"), ("a.b (c)", r"\m(?:a\.b\ \(c\))")],
)
def test_words_of_a_rule_are_no_pattern_of_their_own(words, found):
    assert pattern(words) == found


def test_cohorts_are_compared_at_one_age(world):
    """MET-08: 15% of Q4 2024 and 8% of Q1 2026 lost after as many months: improving."""
    book = Book(world)
    for n in range(20):
        book.period(f"A{n}", "2024-11-01", "2025-05-10" if n < 3 else "2026-09-01", "10.00")
    for n in range(25):
        book.period(f"B{n}", "2026-02-01", "2026-06-10" if n < 2 else "", "10.00")
    book.night("2026-10-31")
    with world.open():
        question = questions.ask(as_of=day("2026-10-31"))
        found = churn_where.ageing(question, Cut.QUARTER)
        assert found.age == 7
        assert [(c.first.isoformat(), c.customers, c.lost) for c in found.cohorts] == [
            ("2024-10-01", 20, 3), ("2026-01-01", 25, 2),
        ]  # fmt: skip
        assert (found.before.churn, found.newest.churn, found.improving) == (Decimal("0.15"), Decimal("0.08"), True)
        assert churn_where.ageing(question, Cut.COHORT).newest.customers == 25
        early = churn_where.ageing(questions.ask(as_of=day("2025-01-31")), Cut.QUARTER)
        assert (early.newest, early.improving) == (None, None)


def test_worse_equal_and_alone():
    older = Cohort(dt.date(2025, 1, 1), 100, 8)
    worse = Ageing(6, [older, Cohort(dt.date(2025, 10, 1), 100, 15)], 3)
    assert (worse.improving, worse.small) == (False, False)
    assert Ageing(6, [older, Cohort(dt.date(2025, 10, 1), 50, 4)], 3).improving is None
    assert Ageing(6, [older], 3).improving is None
    assert Ageing(6, [Cohort(dt.date(2020, 1, 1), 10, 9), older, Cohort(dt.date(2025, 10, 1), 9, 4)], 3).before == older


def test_reasons_add_up_whatever_their_order():
    rows = [
        Given("price", "Cost", JAN, 2, 20), Given("price", "Budget", JAN, 2, 90), Given("other", "", JAN, 4, 1),
        Given(None, "", JAN, 5, 5), Given("price", "Cost", DEC, 1, 10),
    ]  # fmt: skip
    for order in (rows, rows[::-1]):
        found = reasons_of(order)
        assert [(line.category, line.customers) for line in found.categories] == [("price", 5), ("other", 4)]
        assert [(line.reason, line.customers, line.mrr) for line in found.of("price").reasons] == [
            ("Cost", 3, 30), ("Budget", 2, 90),
        ]  # fmt: skip
        assert (found.answered, found.unanswered, found.customers) == (9, 5, 14)
        assert found.of("closure").share == 0


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ({}, "2024-12-01", "2025-11-01"),
        ({"period": "month"}, "2025-11-01", "2025-11-01"),
        ({"period": "quarter"}, "2025-07-01", "2025-09-01"),
        ({"period": "quarter", "month": "2025-06"}, "2025-04-01", "2025-06-01"),
        ({"period": "custom", "since": "2025-02", "month": "2025-06"}, "2025-02-01", "2025-06-01"),
        ({"period": "custom", "since": "2030-02", "month": "2025-06"}, "2025-06-01", "2025-06-01"),
        ({"period": "custom", "since": "x", "month": "9999-99"}, "2024-12-01", "2025-11-01"),
        ({"period": "weeks", "by": "<b>", "month": "2019-01"}, "2024-01-01", "2024-01-01"),
    ],
)
def test_what_is_asked_is_read_and_written_back(query, first, last):
    months = Months(dt.date(2024, 1, 1), dt.date(2025, 11, 1))
    asked = ChurnAsked.parse(query, months)
    assert (asked.spell.first, asked.spell.last) == (day(first), day(last))
    pairs = dict(pair.split("=") for pair in asked.query().split("&"))
    assert ChurnAsked.parse(pairs, months) == asked


def test_the_report_costs_the_same_for_any_book(book):
    with book.world.open(), CaptureQueriesContext(connection) as found:
        reports.run_report("churn_reasons", segment="SMB")
    assert len(found) <= 11, [query["sql"][:80] for query in found]
