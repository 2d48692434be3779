"""The edges of METRICS 3 to 5: each through the public import and a real night; what was known before can be rebuilt.

The report's columns are the board's; `reasons` reads the ledger as it stands, reversed lines adding up to nothing.
"""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone

from accounts.company import update_company
from accounts.mergers import merge_account, unmerge_account
from accounts.models import Account, Plan, Tenant
from cs_platform.kernel import queue
from metrics.enums import MovementReason
from metrics.models import AccountMonth, CohortMonth, MrrMovement, RetentionMonth
from tests.books import Book

MONEY = ("new_mrr", "expansion_mrr", "contraction_mrr", "churned_mrr", "reactivation_mrr", "closing_mrr")


@pytest.fixture
def book(worlds) -> Book:
    """A company beside a rival whose accounts and periods are called the same."""
    theirs = Book(worlds[1])
    theirs.period("A", "2024-01-01", "", "99999.00", key="S-1")
    theirs.period("B", "2024-01-01", "", "99999.00", key="S-2")
    theirs.night("2025-12-31")
    return Book(worlds[0])


def moved(book: Book, month: str, **question: Any) -> dict[str, str]:
    """What is not 0 of a month's money: {column without _mrr: amount}."""
    found = book.month("mrr_monthly", month, **question)
    return {name.removesuffix("_mrr"): str(found[name]) for name in MONEY if found[name]}


def reasons(book: Book, month: str) -> dict[str, str]:
    """What stands in the ledger for a month, by reason, in money."""
    with book.world.open():
        lines = MrrMovement.objects.filter(month=dt.date.fromisoformat(f"{month}-01"))
        rows = lines.values("reason").annotate(amount=Sum("amount_minor")).order_by("reason")
        return {row["reason"]: str(Decimal(row["amount"]) / 100) for row in rows if row["amount"]}


def tables(book: Book) -> list[Any]:
    """Snapshot, aggregates and standing ledger, for the comparison of two ways to them."""
    with book.world.open():
        lines = MrrMovement.objects.values_list("account_id", "subscription_id", "month", "kind", "reason")
        standing = (
            lines.annotate(amount=Sum("amount_minor"))
            .exclude(amount=0)
            .order_by("account_id", "subscription_id", "month", "kind", "reason")
        )
        return [
            list(AccountMonth.objects.order_by("account_id", "month").values()),
            list(RetentionMonth.objects.order_by("month", "window", "dimension", "value").values()),
            list(CohortMonth.objects.order_by("cohort_month", "month").values()),
            list(standing),
        ]


def settled(book: Book, as_of: str = "2025-12-31") -> None:
    """A night; another changes nothing, one from nothing gives the same, and nothing is found to be wrong."""
    book.night(as_of)
    once = tables(book)
    with book.world.open():
        lines = MrrMovement.objects.count()
    book.night(as_of)
    with book.world.open():
        assert MrrMovement.objects.count() == lines
        everybody(book)
    book.night(as_of)
    assert tables(book) == once
    assert book.findings() == []


def everybody(book: Book) -> None:
    """Mark every account dirty, as if nothing were derived yet."""
    queue.mark_dirty("revenue", Account.objects.values_list("id", flat=True))


def lists(book: Book) -> dict[str, tuple[int, str]]:
    """What lists show: {account: (MRR in minor units, status)}."""
    with book.world.open():
        return {a.external_id: (a.mrr_minor, a.status) for a in Account.objects.all()}


def now() -> dt.datetime:
    return timezone.now()


def test_a_hole_of_one_day_is_real(book):
    """Ends 31 March, next starts 1 April: churn in March, reactivation in April (exclusive end)."""
    book.period("A", "2025-01-01", "2025-03-31", "100.00")
    book.period("A", "2025-04-01", "", "100.00")
    settled(book)
    assert moved(book, "2025-03") == {"churned": "100.00"}
    assert moved(book, "2025-04") == {"reactivation": "100.00", "closing": "100.00"}
    assert (reasons(book, "2025-03"), reasons(book, "2025-04")) == ({"cancelled": "-100"}, {"returned": "100"})


def test_an_end_that_is_the_next_start_is_no_hole(book):
    """The end is the first day without service: a renewal from that day leaves nothing to see."""
    book.period("A", "2025-01-01", "2025-04-01", "100.00")
    book.period("A", "2025-04-01", "", "100.00")
    settled(book)
    assert moved(book, "2025-04") == {"closing": "100.00"}
    assert reasons(book, "2025-04") == {}


def test_start_and_cancel_in_one_month_is_invisible(book):
    """METRICS rule 15."""
    book.period("A", "2025-03-02", "2025-03-30", "100.00")
    book.period("B", "2025-01-01", "", "10.00")
    settled(book)
    assert moved(book, "2025-03") == {"closing": "10.00"}


def test_overlaps_add_up(book):
    """Any overlap is allowed: the second is expansion, the end of one of two contraction (METRICS rule 14)."""
    book.period("A", "2025-01-01", "2025-06-01", "60.00")
    book.period("A", "2025-03-01", "", "40.00")
    settled(book)
    assert moved(book, "2025-03") == {"expansion": "40.00", "closing": "100.00"}
    assert moved(book, "2025-06") == {"contraction": "60.00", "closing": "40.00"}


@pytest.mark.parametrize("charge", ["free", "trial", "metered", "one_off"])
def test_what_is_not_recurring_is_no_customer(book, charge):
    """METRICS rules 3 and 4: no MRR anywhere; the first paid month is that of the recurring period."""
    book.period("A", "2025-01-01", "2025-03-01", "500.00", charge=charge)
    book.period("A", "2025-03-01", "", "100.00")
    book.period("B", "2025-01-01", "", "500.00", charge=charge)
    settled(book)
    assert moved(book, "2025-01") == {}
    assert book.month("mrr_monthly", "2025-02")["closing_customers"] == 0
    assert moved(book, "2025-03") == {"new": "100.00", "closing": "100.00"}
    assert lists(book) == {"A": (10000, "live"), "B": (0, "prospect")}


def test_a_period_that_turns_out_to_be_a_trial_is_taken_back(book):
    """A correction of the charge reverses what was posted; what was known before can be asked again."""
    book.period("A", "2025-01-01", "", "100.00", key="S-1")
    book.night("2025-12-31")
    before = now()
    book.period("A", "2025-01-01", "", "100.00", key="S-1", charge="trial")
    settled(book)
    assert moved(book, "2025-01") == {}
    assert reasons(book, "2025-01") == {}
    assert moved(book, "2025-01", known_at=before) == {"new": "100.00", "closing": "100.00"}


def test_leap_day_and_short_months(book):
    """29 February is a day like any other; 31 January to 28 February to 31 March leaves no hole."""
    book.period("A", "2024-02-29", "2025-02-28", "100.00")
    book.period("B", "2025-01-31", "2025-02-28", "10.00")
    book.period("B", "2025-02-28", "2025-03-31", "10.00")
    settled(book)
    assert moved(book, "2024-02") == {"new": "100.00", "closing": "100.00"}
    assert moved(book, "2025-01") == {"new": "10.00", "closing": "110.00"}
    assert moved(book, "2025-02") == {"churned": "100.00", "closing": "10.00"}
    assert moved(book, "2025-03") == {"churned": "10.00"}


def test_ratios_without_a_base_are_empty(book):
    """METRICS rule 19: undefined is empty, not 0 and not infinite."""
    book.period("A", "2025-06-01", "2025-08-01", "100.00")
    settled(book)
    first, last = book.month("mrr_monthly", "2025-06"), book.month("mrr_monthly", "2025-09")
    for found in (first, last):
        assert [found[name] for name in ("nrr", "grr", "logo_churn", "quick_ratio")] == [None] * 4
    assert book.month("mrr_monthly", "2025-08")["nrr"] == 0


def test_a_pause_is_churn_and_return(book):
    """METRICS 4: paused is 0 MRR, said as such."""
    book.period("A", "2025-01-01", "2025-05-01", "100.00", key="S-1", end_reason="paused")
    book.period("A", "2025-08-01", "", "100.00", key="S-1")
    settled(book)
    assert (moved(book, "2025-05"), reasons(book, "2025-05")) == ({"churned": "100.00"}, {"paused": "-100"})
    assert reasons(book, "2025-08") == {"returned": "100"}
    assert moved(book, "2025-08") == {"reactivation": "100.00", "closing": "100.00"}


def test_a_product_paused_beside_another(book):
    """The account goes on: contraction by a pause, expansion by a return, not a cross-sell."""
    book.period("A", "2025-01-01", "", "10.00", product="Core")
    book.period("A", "2025-01-01", "2025-05-01", "100.00", product="Desk", end_reason="paused")
    book.period("A", "2025-08-01", "", "100.00", product="Desk")
    settled(book)
    assert (reasons(book, "2025-05"), reasons(book, "2025-08")) == ({"paused": "-100"}, {"returned": "100"})


def test_past_due_counts_until_the_dunning_days_are_over(book):
    """Past due on 10 March with 30 days: counts in March, is involuntary churn in April; paid again, it never left."""
    book.period("A", "2025-01-01", "", "100.00", key="S-1")
    book.night("2025-12-31")
    before = now()
    book.period("A", "2025-01-01", "", "100.00", key="S-1", past_due_on="2025-03-10")
    settled(book)
    unpaid = now()
    assert moved(book, "2025-03") == {"closing": "100.00"}
    assert (moved(book, "2025-04"), reasons(book, "2025-04")) == ({"churned": "100.00"}, {"involuntary": "-100"})
    assert lists(book)["A"] == (0, "churned")
    book.period("A", "2025-01-01", "", "100.00", key="S-1", past_due_on="")
    settled(book)
    assert (moved(book, "2025-04"), reasons(book, "2025-04")) == ({"closing": "100.00"}, {})
    assert lists(book)["A"] == (10000, "live")
    assert moved(book, "2025-04", known_at=unpaid) == {"churned": "100.00"}
    assert moved(book, "2025-04", known_at=before) == {"closing": "100.00"}


def test_a_debt_within_the_dunning_days_still_counts(book):
    """On the day the figures speak about, 20 days of 30 have passed: live, and due to end with the next month."""
    book.period("A", "2025-01-01", "", "100.00", past_due_on="2025-12-11")
    settled(book)
    assert lists(book)["A"] == (10000, "live")
    book.night("2026-01-31")
    assert lists(book)["A"] == (0, "churned")
    assert reasons(book, "2026-01") == {"involuntary": "-100"}


def test_an_end_before_the_dunning_days_are_over_is_the_end(book):
    """Whichever comes first; a debt of a period that was cancelled anyway is a cancellation."""
    book.period("A", "2025-01-01", "2025-03-20", "100.00", past_due_on="2025-03-10", end_reason="cancelled")
    settled(book)
    assert reasons(book, "2025-03") == {"cancelled": "-100"}


def test_a_discount_given_and_ended(book):
    """METRICS 4: net of every recurring discount; its end is expansion, said as "discount ended"."""
    book.period("A", "2025-01-01", "2025-04-01", "100.00", key="S-1")
    book.period("A", "2025-04-01", "2025-07-01", "100.00", key="S-1", discount="20.00")
    book.period("A", "2025-07-01", "", "100.00", key="S-1")
    settled(book)
    assert (moved(book, "2025-04"), reasons(book, "2025-04")) == (
        {"contraction": "20.00", "closing": "80.00"},
        {"discount": "-20"},
    )
    assert (moved(book, "2025-07"), reasons(book, "2025-07")) == (
        {"expansion": "20.00", "closing": "100.00"},
        {"discount_ended": "20"},
    )


def test_a_scheduled_cancellation_counts_at_the_end(book):
    """METRICS rule 16: written down in March, churn in June; what was known before does not know of it."""
    book.period("A", "2025-01-01", "", "100.00", key="S-1")
    book.night("2025-03-31")
    before = now()
    book.period("A", "2025-01-01", "2025-06-01", "100.00", key="S-1", end_reason="cancelled", reason="Budget")
    settled(book)
    assert moved(book, "2025-03") == moved(book, "2025-05") == {"closing": "100.00"}
    assert (moved(book, "2025-06"), reasons(book, "2025-06")) == ({"churned": "100.00"}, {"cancelled": "-100"})
    assert moved(book, "2025-06", known_at=before) == {"closing": "100.00"}


def test_refunds_change_nothing(book):
    """METRICS 4: a refund is no movement; a row of a negative amount is refused and says why."""
    book.period("A", "2025-01-01", "", "100.00")
    book.period("A", "2025-03-01", "2025-04-01", "100.00", charge="one_off")
    settled(book)
    assert moved(book, "2025-03") == {"closing": "100.00"}
    with pytest.raises(AssertionError, match="negative"):
        book.period("A", "2025-03-01", "2025-04-01", "-100.00")


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ({"seats": "10"}, {"amount": "150.00", "seats": "15"}, "seats"),
        ({"seats": "10"}, {"amount": "60.00", "seats": "6"}, "seats"),
        ({"seats": "10"}, {"amount": "120.00", "seats": "8"}, "price"),
        ({"plan": "Basic"}, {"amount": "150.00", "plan": "Gold"}, "upsell"),
        ({"plan": "Gold"}, {"amount": "50.00", "plan": "Basic"}, "downgrade"),
        ({"plan": "Basic", "seats": "10"}, {"amount": "150.00", "plan": "Gold", "seats": "12"}, "upsell"),
        ({"plan": "Gold"}, {"amount": "150.00", "plan": "Basic"}, "price"),
        ({"plan": "Here"}, {"amount": "150.00", "plan": "There"}, "upsell"),
        ({"plan": "Here"}, {"amount": "50.00", "plan": "There"}, "downgrade"),
        ({}, {"amount": "150.00"}, "price"),
        ({}, {"amount": "150.00", "plan": "Gold"}, "price"),
        ({"discount": "1.00"}, {"amount": "150.00"}, "price"),
        ({}, {"amount": "150.00", "reason": "Cross-sell"}, "cross_sell"),
        ({}, {"amount": "150.00", "reason": "they like us"}, "price"),
        ({}, {"amount": "150.00", "reason": "downgrade"}, "price"),
        ({}, {"amount": "50.00", "reason": "upsell"}, "price"),
        ({}, {"amount": "50.00", "reason": "Downgrade"}, "downgrade"),
        ({}, {"amount": "150.00", "reason": "currency"}, "price"),
    ],
)
def test_what_changed_is_the_reason(book, before, after, reason):
    """MET-07: read off the terms before and after, unless the change names one of the reasons itself."""
    usual = {"product": "Core"}
    book.period("A", "2025-01-01", "2025-06-01", "100.00", key="S-1", **usual, **before)
    book.period("A", "2025-06-01", "", key="S-1", **({"mrr": after["amount"]} | usual | after))
    with book.world.open():
        for rank, name in enumerate(("Basic", "Gold"), start=1):
            Plan.objects.filter(name=name).update(rank=rank)
    settled(book)
    assert list(reasons(book, "2025-06")) == [reason]
    assert reasons(book, "2025-01") == {"new_customer": "100" if "discount" not in before else "99"}


def test_each_product_has_its_own_reason(book):
    """An account that grows: a product more, one less, one renewed at its price, whose lines add up to nothing."""
    book.period("A", "2025-01-01", "2025-06-01", "100.00", product="Core")
    book.period("A", "2025-06-01", "", "100.00", product="Core")
    book.period("A", "2025-01-01", "2025-06-01", "30.00", product="Old")
    book.period("A", "2025-06-01", "", "50.00", product="Desk")
    settled(book)
    assert moved(book, "2025-06") == {"expansion": "20.00", "closing": "150.00"}
    assert reasons(book, "2025-06") == {"cross_sell": "50", "product_dropped": "-30"}


def test_currency_is_a_reason_of_its_own(book):
    """METRICS rule 17."""
    book.rate("2025-01", "EUR", "USD", "1.10")
    book.rate("2025-02", "EUR", "USD", "1.20")
    book.period("A", "2025-01-01", "", "100.00", currency="EUR")
    settled(book)
    assert reasons(book, "2025-02") == {"currency": "10"}


def test_a_reason_that_is_not_right_any_more_is_posted_anew(book):
    """The amount stands, the reason does not: reversed with its old reason, written with the new one; what somebody
    named later about the end leaves what was named about the start."""
    book.period("A", "2025-01-01", "2025-06-01", "100.00", key="S-1", seats="10")
    book.period("A", "2025-06-01", "", "150.00", key="S-1", seats="15")
    book.night("2025-12-31")
    book.period("A", "2025-06-01", "", "150.00", key="S-1", seats="10", reason="upsell")
    settled(book)
    assert reasons(book, "2025-06") == {"upsell": "50"}
    with book.world.open():
        lines = MrrMovement.objects.filter(month=dt.date(2025, 6, 1)).order_by("recorded_at", "id")
        told = [(line.reason, line.amount_minor, line.reverses_id is not None) for line in lines]
    assert sorted(told) == sorted(
        [(MovementReason.SEATS.value, amount, False) for amount in (-10000, 15000)]
        + [(MovementReason.SEATS.value, amount, True) for amount in (10000, -15000)]
        + [(MovementReason.UPSELL.value, amount, False) for amount in (-10000, 15000)]
    )
    book.period("A", "2025-06-01", "2025-09-01", "150.00", key="S-1", seats="10", reason="paused")
    settled(book)
    assert (reasons(book, "2025-06"), reasons(book, "2025-09")) == ({"upsell": "50"}, {"paused": "-150"})


def tree(book: Book) -> None:
    """Holding over North over Shop, and Other alone."""
    book.merge("accounts", [{"account": "Holding"}, {"account": "North", "parent": "Holding"}])
    book.merge("accounts", [{"account": "Shop", "parent": "North", "level": "unit"}])


def logo_level(book: Book, level: str) -> None:
    with book.world.open():
        company = Tenant.objects.get(id=book.world.tenant.id)
        update_company(tenant=company, changes={"logo_level": level}, by=book.world.members["admin"])


def test_the_parent_as_the_customer(book):
    """METRICS 4, hierarchy: by the company's choice the top of a tree is the customer; off again, nothing is left of it."""
    tree(book)
    book.period("North", "2025-01-01", "2025-06-01", "100.00")
    book.period("Shop", "2025-03-01", "", "40.00")
    book.period("Other", "2025-01-01", "", "10.00")
    settled(book)
    each = tables(book)
    assert moved(book, "2025-06") == {"churned": "100.00", "closing": "50.00"}
    logo_level(book, "parent")
    settled(book)
    assert book.month("mrr_monthly", "2025-05")["closing_customers"] == 2
    assert moved(book, "2025-03") == {"expansion": "40.00", "closing": "150.00"}
    assert moved(book, "2025-06") == {"contraction": "100.00", "closing": "50.00"}
    assert lists(book) == {
        "Holding": (4000, "live"),
        "North": (0, "churned"),
        "Shop": (0, "live"),
        "Other": (1000, "live"),
    }
    logo_level(book, "account")
    settled(book)
    assert tables(book) == each
    assert lists(book)["Shop"] == (4000, "live")


def test_a_unit_that_moves_to_another_parent(book):
    """Where the parent is the customer, both trees are counted anew, by file like by hand."""
    tree(book)
    book.period("Shop", "2025-01-01", "", "40.00")
    book.period("Other", "2025-01-01", "", "10.00")
    logo_level(book, "parent")
    settled(book)
    assert (lists(book)["Holding"][0], lists(book)["Other"][0]) == (4000, 1000)
    book.merge("accounts", [{"account": "North", "parent": "Other"}])
    settled(book)
    assert (lists(book)["Holding"][0], lists(book)["Other"][0]) == (0, 5000)
    book.merge("accounts", [{"account": "Other", "parent": "Shop"}])  # a circle: each of them counts for itself
    settled(book)
    assert (lists(book)["Shop"][0], lists(book)["Other"][0]) == (4000, 1000)


def test_other_dunning_days(book):
    """The company's setting moves what is unpaid, and nothing else."""
    book.period("A", "2025-01-01", "", "100.00", past_due_on="2025-03-10")
    book.period("B", "2025-01-01", "", "10.00")
    settled(book)
    assert moved(book, "2025-04") == {"churned": "100.00", "closing": "10.00"}
    with book.world.open():
        company = Tenant.objects.get(id=book.world.tenant.id)
        update_company(tenant=company, changes={"dunning_days": 60}, by=book.world.members["admin"])
    settled(book)
    assert moved(book, "2025-04") == {"closing": "110.00"}
    assert moved(book, "2025-05") == {"churned": "100.00", "closing": "10.00"}


def merge(book: Book, account: str, into: str) -> None:
    with book.world.open():
        found = {name: Account.objects.get(external_id=name) for name in (account, into)}
        merge_account(account=found[account], into=found[into], by=book.world.members["ops"])


def unmerge(book: Book, account: str) -> None:
    with book.world.open():
        unmerge_account(account=Account.objects.get(external_id=account), by=book.world.members["ops"])


def test_a_merger_is_no_churn_and_no_new_customer(book):
    """METRICS 4: both histories are carried, the first month is the earlier one; undone, nothing is left of it, and what
    was known before says what it said."""
    book.period("A", "2024-06-01", "2025-05-01", "100.00", key="S-1")
    book.period("B", "2025-05-01", "", "150.00", key="S-2")
    book.period("C", "2025-01-01", "", "10.00", key="S-3")
    settled(book)
    apart = tables(book)
    assert moved(book, "2025-05") == {"new": "150.00", "churned": "100.00", "closing": "160.00"}
    before = now()
    merge(book, "A", "B")
    settled(book)
    assert moved(book, "2025-05") == {"expansion": "50.00", "closing": "160.00"}
    assert reasons(book, "2025-05") == {"price": "50"}
    assert book.month("mrr_monthly", "2025-04")["closing_customers"] == 2
    assert moved(book, "2025-05", known_at=before) == {"new": "150.00", "churned": "100.00", "closing": "160.00"}
    with book.world.open():
        assert str(AccountMonth.objects.filter(account__external_id="B").first().first_month) == "2024-06-01"
        assert not AccountMonth.objects.filter(account__external_id="A").exists()
        cohorts = set(CohortMonth.objects.values_list("cohort_month", flat=True))
        assert cohorts == {dt.date(2024, 6, 1), dt.date(2025, 1, 1)}
    assert lists(book) == {"A": (0, "prospect"), "B": (15000, "live"), "C": (1000, "live")}
    unmerge(book, "A")
    settled(book)
    assert tables(book) == apart
    assert lists(book)["A"] == (0, "churned")


def test_what_comes_in_for_the_merged_one_goes_to_the_other(book):
    """A file that still says the old id corrects its periods and adds new ones to the customer that it is part of."""
    book.period("A", "2025-01-01", "", "100.00", key="S-1")
    book.period("B", "2025-01-01", "", "10.00", key="S-2")
    book.period("D", "2025-01-01", "", "1.00", key="S-3")
    merge(book, "A", "B")
    merge(book, "B", "D")
    book.period("A", "2025-01-01", "", "120.00", key="S-1")
    book.period("B", "2025-01-01", "", "120.00", key="S-1")
    book.period("A", "2025-03-01", "", "7.00", key="S-4")
    settled(book)
    assert moved(book, "2025-03") == {"expansion": "7.00", "closing": "138.00"}
    assert lists(book) == {"A": (0, "prospect"), "B": (0, "prospect"), "D": (13800, "live")}
    with book.world.open():
        assert Account.objects.get(subscriptions__external_id="S-4").external_id == "D"
    assert book.merge("subscriptions", [ROW | {"account": "C", "subscription_id": "S-1"}]).rejected


ROW = {"start_date": "2025-01-01", "end_date": "", "interval_months": "1", "amount": "1.00", "currency": "USD"}


def test_a_parent_merged_into_its_own_unit(book):
    """Where the parent is the customer, a merger goes before the tree: no circle, and every unit counts for the rest."""
    tree(book)
    for number, name in enumerate(("Holding", "North", "Shop"), start=1):
        book.period(name, "2025-01-01", "", f"{number}00.00")
    logo_level(book, "parent")
    settled(book)
    assert lists(book)["Holding"][0] == 60000
    merge(book, "Holding", "North")
    settled(book)
    assert {name: mrr for name, (mrr, _status) in lists(book).items()} == {"Holding": 0, "North": 60000, "Shop": 0}
    unmerge(book, "Holding")
    settled(book)
    assert lists(book)["Holding"][0] == 60000
