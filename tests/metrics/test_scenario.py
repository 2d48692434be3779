"""VAL-04: the seed's transformation example to the cent, and any other."""

import doctest
from decimal import Decimal
from urllib.parse import parse_qsl

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, SavedView
from metrics.insights import scenario
from metrics.insights.scenario import Inputs, read, run
from tests.books import Book
from tests.conftest import World


def test_the_examples_of_the_module_hold():
    assert doctest.testmod(scenario).failed == 0
    assert doctest.testmod(scenario).attempted >= 5


def test_the_seeds_example_exactly():
    """VAL-04, E2, E3: 5,462,500 and 109.25%, and a delta of 1,962,500, which the seed prints as 2.9M."""
    told = run(Inputs())
    assert told.arr == told.cac_total == 5_000_000
    assert told.payback_months == 12
    assert told.payback_margin == 15
    assert (told.without[1].arr, told.without_change, told.without_net) == (3_500_000, -1_500_000, -6_500_000)
    assert (told.with_cs[1].arr, told.with_change) == (5_462_500, 462_500)
    assert (told.nrr, told.grr) == (Decimal("1.0925"), Decimal("0.95"))
    assert told.delta == 1_962_500 != 2_900_000


def test_three_years_by_hand():
    told = run(Inputs())
    with_cs = [5_000_000 * Decimal("1.0925") ** n for n in range(4)]
    without = [5_000_000 * Decimal("0.7") ** n for n in range(4)]
    assert [each.arr for each in told.with_cs] == with_cs
    assert [each.arr for each in told.without] == without
    assert told.cumulative()[-1] == sum(with_cs) - sum(without)
    assert told.with_cs[3].customers == 100 * Decimal("0.95") ** 3


def test_what_customer_success_costs_and_brings():
    told = run(Inputs(cost=Decimal(250_000), years=Decimal(1)))
    assert told.earned == Decimal(1_962_500) * Decimal("0.8") - 250_000
    assert told.times == Decimal("6.28")
    assert run(Inputs()).times is None


@pytest.mark.parametrize(("kept", "first"), [("0.95", 57_500), ("1", 57_500)])
def test_a_point_of_retention(kept: str, first: int):
    """At 100% nothing can be added: the point below is worth the same."""
    retention, growth = scenario.worth_of_a_point(run(Inputs(kept_with=Decimal(kept))))
    assert retention.first == first
    assert growth.first == 5_000_000 * Decimal(kept) / 100


def test_undefined_is_empty_and_a_decline_lowers_grr():
    told = run(Inputs(acv=Decimal(0)))
    assert told.payback_months is None
    assert run(Inputs(growth=Decimal("-0.10"))).grr == Decimal("0.855")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kept_with", "101"),
        ("kept_with", "nan"),
        ("years", "6"),
        ("years", "2.5"),
        ("customers", "0"),
        ("cac", "1e99"),
        ("acv", "50,000"),
        ("acv", "-1"),
        ("acv", "1.001"),
        ("growth", "x" * 500),
    ],
)
def test_bad_input_is_named_and_the_usual_value_stands_in(field: str, value: str):
    inputs, problems = read({field: value})
    assert list(problems) == [field]
    assert inputs == Inputs()


def test_the_address_says_everything():
    inputs, problems = read({"customers": "250", "acv": "1200.5", "kept_with": "91.25", "growth": "-3", "years": "5"})
    assert not problems
    assert read(dict(parse_qsl(inputs.query()))) == (inputs, {})


def test_the_page_shows_it_and_the_claim_as_a_claim(world: World):
    client = world.client("executive")
    page = client.get(world.url("insights/scenario/")).content.decode()
    for text in (
        "$5,462,500.00",
        "109.25%",
        "95.00%",
        "$1,962,500.00",
        "−$6,500,000.00",
        "+$462,500.00",
        "12 months",
    ):
        assert text in page, text
    assert "2.9M" not in page
    assert "A claim, not computed here" in page
    part = client.get(
        world.url("insights/scenario/?customers=200"), headers={"HX-Request": "true", "HX-Target": "scenario-results"}
    ).content.decode()
    assert "$3,925,000.00" in part
    assert "<html" not in part
    bad = client.get(world.url("insights/scenario/?years=9")).content.decode()
    assert "It must lie between 1 and 5." in bad
    assert world.client("csm").get(world.url("insights/scenario/")).status_code == 403


def test_our_own_figures_fill_the_form(world: World, rival: World):
    """NRR, GRR, ACV, customers and CAC of the last month; what survivors grew is NRR / GRR - 1."""
    book = Book(world)
    for name, mrr, later in (("A", "1000.00", "1500.00"), ("B", "1000.00", "600.00")):
        book.period(name, "2024-01-01", "2025-06-01", mrr)
        book.period(name, "2025-06-01", "", later)
    book.period("NEW", "2025-05-01", "", "300.00")
    with world.open():
        Account.objects.filter(external_id="NEW").update(cac_minor=720_000)
    book.night("2025-11-03")
    answer = world.client("leader").get(world.url("insights/scenario/?ours=1"))
    inputs, _problems = read(dict(parse_qsl(answer["Location"].split("?")[1])))
    assert inputs.customers == 3
    assert inputs.acv == 9600
    assert inputs.cac == 7200
    assert inputs.kept_with == Decimal("0.8")
    assert inputs.growth == Decimal("0.3125")
    page = rival.client("leader").get(rival.url("insights/scenario/?ours=1"), follow=True).content.decode()
    assert "There are no figures yet" in page


def test_saved_scenarios_are_compared_and_stay_with_their_company(world: World, rival: World):
    leader = world.client("leader")
    query = Inputs(customers=Decimal(200)).query()
    assert leader.post(world.url("insights/scenario/save/"), {"name": "Twice", "query": query}).status_code == 302
    with world.open():
        view = SavedView.objects.get(page="scenario")
    page = leader.get(world.url(f"insights/scenario/?compare={view.id}")).content.decode()
    assert "Twice, with" in page
    assert "$10,925,000.00" in page
    hidden = world.client("executive").get(world.url(f"insights/scenario/?compare={view.id}")).content.decode()
    assert "Twice" not in hidden
    assert rival.client("leader").post(rival.url(f"insights/scenario/{view.id}/delete/")).status_code == 404
    assert world.client("executive").post(world.url(f"insights/scenario/{view.id}/delete/")).status_code == 404
    assert leader.post(world.url(f"insights/scenario/{view.id}/delete/")).status_code == 302
    with world.open():
        assert not SavedView.objects.filter(page="scenario").exists()


def test_the_page_needs_few_questions(world: World):
    client = world.client("leader")
    client.get(world.url("insights/scenario/"))
    with CaptureQueriesContext(connection) as asked:
        client.get(world.url("insights/scenario/"))
    assert len(asked) <= 16
