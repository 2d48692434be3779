"""What renewals, deals and books of CSMs add to the catalogue (HLT-10, MET-19, MET-22, MET-23), computed by hand."""

import datetime as dt
from decimal import Decimal as D

import pytest

from accounts.models import Account, Subscription
from expansion.models import Opportunity
from metrics.enums import Cut, Metric, Window
from renewals.calling import freeze_week
from renewals.models import Renewal, RenewalCall, RenewalLine
from tests.books import Book
from tests.metrics.test_explore import DEC, NIGHT, asked, series, value

NOV = dt.date(2025, 11, 1)


def customers(world, times=1):
    """A and B of one CSM, C of another, D of nobody: 1,000, 500, 250 and 125 a month."""
    book = Book(world)
    owners = {"A": "csm@{}.example", "B": "csm@{}.example", "C": "leader@{}.example"}
    for name, segment, mrr in (
        ("A", "Enterprise", 1000),
        ("B", "Mid-market", 500),
        ("C", "Mid-market", 250),
        ("D", "", 125),
    ):
        owner = owners.get(name, "").format(world.tenant.slug)
        book.merge("accounts", [{"account": name, "name": name, "segment": segment, "owner_email": owner}])
        book.period(name, "2025-01-01", "", str(mrr * times), key=f"S-{name}")
    book.night(NIGHT)
    return book


def renewal(name, due, **fields):
    """A renewal of the account, decided where fields say so."""
    account = Account.objects.get(external_id=name)
    due_on = dt.date.fromisoformat(due)
    values = {"opened_on": due_on - dt.timedelta(days=90), "phase_since": due_on, "profile": "smb", "currency": "USD"}
    if fields:
        values["closed_on"] = due_on - dt.timedelta(days=5)
    return Renewal.objects.create(account=account, external_id=f"{name}-{due}", due_on=due_on, **values | fields)


def called(row, day="2025-12-20", **chances):
    for caller, chance in chances.items():
        RenewalCall.objects.create(renewal=row, caller=caller, probability=chance, as_of=dt.date.fromisoformat(day))


def deal(name, seen, closed="", **fields):
    values = {"kind": "seats", "motion": "upsell", "currency": "USD", "source": "member", "name": f"{name} {seen}"}
    Opportunity.objects.create(
        account=Account.objects.get(external_id=name), external_id=f"{name}-{seen}", stage_since=seen, identified_on=seen,
        closed_on=closed or None, **values | fields,
    )  # fmt: skip


@pytest.fixture
def book(worlds):
    """The same at the rival, with other amounts: nothing of it may be counted."""
    for world, times in zip(worlds, (1, 7), strict=True):
        customers(world, times)
        with world.open():
            renewal("A", "2025-12-10", state="expanded", due_mrr=1000_00 * times, kept_mrr=1200_00 * times)
            renewal("B", "2025-12-20", state="churned", due_mrr=500_00, kept_mrr=0)
            renewal("C", "2025-11-05", state="contracted", due_mrr=100_00, kept_mrr=60_00)
            renewal("C", "2025-12-01", state="withdrawn")
            for name, due, chances in (
                ("A", "2026-01-01", {"system": 40, "csm": 80}),  # the CSM's call counts
                ("B", "2026-03-01", {"system": 95, "csm": 90, "leader": 50}),
                ("C", "2026-09-01", {"system": 5}),  # not soon
                ("D", "2025-12-15", {"system": 70}),  # late; 70% is likely still
            ):
                row = renewal(name, due)
                RenewalLine.objects.create(renewal=row, subscription=Subscription.objects.get(external_id=f"S-{name}"))
                called(row, **chances)
            freeze_week(dt.date(2025, 12, 31))
            deal("A", "2025-11-10", amount_minor=12_000_00 * times)
            deal(
                "B", "2025-11-20", "2025-12-31", amount_minor=5_000_00, stage="won"
            )  # over on the last day of December
            deal("B", "2025-12-31", amount_minor=300_00)
            deal("C", "2026-01-01", amount_minor=9_000_00)  # not seen yet
    return worlds[0]


def test_renewal_rate(book):
    """HLT-10: of 1,500 due 1,000 was kept; growth does not make up for a loss, what is open or withdrawn is in neither."""
    assert value(book, Metric.RENEWAL_RATE) == D(1000) / D(1500)
    assert value(book, Metric.RENEWAL_RATE, NOV, NOV) == D("0.6")
    assert value(book, Metric.RENEWAL_RATE, grain=Window.QUARTER) == D(1060) / D(1600)
    found = series(book, Metric.RENEWAL_RATE, by=Cut.SEGMENT)
    assert {name: (points[DEC].value, points[DEC].base) for name, points in found.by_value.items()} == {
        "Enterprise": (D(1), 1),
        "Mid-market": (D(0), 1),
    }
    assert value(book, Metric.RENEWAL_RATE, segment="Enterprise") == 1


def test_renewals_at_risk(book):
    """MET-22: of the calls of 1,000, 500 and 125 that were frozen on the last Friday, that of B is below 70%."""
    found = series(book, Metric.RENEWAL_RISK, NOV).total
    assert (found[DEC].value, found[DEC].base) == (D(500) / D(1625), 3)
    assert (found[NOV].value, found[NOV].base) == (None, 0)
    with book.open():
        RenewalCall.objects.create(
            renewal=Renewal.objects.get(account__external_id="A", state="open"),
            caller="leader", probability=1, as_of=dt.date(2025, 12, 30),
        )  # fmt: skip
    assert value(book, Metric.RENEWAL_RISK) == D(500) / D(1625), "what is said later changes no past week"


def test_pipeline(book):
    """MET-22: open at the end of the month, in the reporting currency at that month's rate."""
    found = series(book, Metric.PIPELINE, NOV).total
    assert [(found[month].value, found[month].base) for month in (NOV, DEC)] == [(D(17_000_00), 2), (D(12_300_00), 2)]
    with book.open():
        deal("D", "2025-12-01", amount_minor=1_000_00, currency="EUR")
    assert value(book, Metric.PIPELINE) == 12_300_00, "nothing converts euros yet"
    Book(book).rate("2025-12", "EUR", "USD", "1.50")
    assert value(book, Metric.PIPELINE) == 12_300_00 + 1_500_00
    assert value(book, Metric.PIPELINE, owner="Csm Person") == 12_300_00


def test_books_of_csms(book):
    """MET-19: 1,750 a month of three customers with two CSMs; who has nobody is left out."""
    assert value(book, Metric.ARR_PER_CSM) == D(12 * 1_750_00) / 2
    assert value(book, Metric.CUSTOMERS_PER_CSM) == D("1.5")
    found = series(book, Metric.CUSTOMERS_PER_CSM, by=Cut.SEGMENT)
    assert {name: (points[DEC].value, points[DEC].base) for name, points in found.by_value.items()} == {
        "Enterprise": (D(1), 1),
        "Mid-market": (D(1), 2),
    }


def test_of_one_account(book):
    """DSH-04: the accounts behind each value have values of their own."""
    with book.open():
        ids = {key: str(pk) for key, pk in Account.objects.values_list("external_id", "id")}
    for metric, wanted in (
        (Metric.RENEWAL_RATE, {"A": D(1), "B": D(0)}),
        (Metric.PIPELINE, {"A": D(12_000_00), "B": D(300_00)}),
        (Metric.ARR_PER_CSM, {"A": D(12_000_00), "B": D(6_000_00), "C": D(3_000_00)}),
    ):
        found = series(book, metric, by=Cut.ACCOUNT).by_value
        assert {key: found[ids[key]][DEC].value for key in wanted} == wanted
        assert sum(points[DEC].base for points in found.values()) == len(wanted)
    assert asked(Metric.PIPELINE).said.label == "Expansion pipeline"
