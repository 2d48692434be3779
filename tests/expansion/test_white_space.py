"""White space (EXP-04): owned from live contracts, potential from what like accounts pay, no fit, and guesses that say so."""

import datetime as dt

import pytest

from accounts.models import Account, Feature, FxRate, Product, Segment, Subscription
from expansion import white_space
from expansion.white_space import cell_of
from health.models import FeatureDay
from renewals.writing import year_of
from tests.conftest import World
from tests.expansion.deals import contract, customer

TODAY = dt.date(2026, 11, 20)
DAY = dt.timedelta(days=1)


@pytest.fixture
def world(world: World) -> World:
    world.tenant.data_until = TODAY
    world.tenant.save()
    return world


def product(name: str) -> Product:
    return Product.objects.get_or_create(external_id=name.lower(), defaults={"name": name})[0]


def payer(name: str, of: Product, mrr: int, seats: int | None, segment: Segment | None = None, **fields) -> Account:
    account = customer(name, earned=False, segment=segment)
    contract(account, product=of, mrr_minor=mrr, seats=seats, **fields)
    return account


def test_the_potential_is_the_median_price_of_a_seat_times_the_seats(tenant_open: World):
    core, more = product("Core"), product("Forecasting")
    smb = Segment.objects.get(profile="smb")
    for n, mrr in enumerate(
        [500, 1_000, 1_500, 2_000, 90_000]
    ):  # of 10 seats: 6.00, 12.00, 18.00, 24.00 and 1,080.00 a seat and year
        payer(f"Payer {n}", more, mrr, 10, smb)
    payer("Elsewhere", more, 77_777, 10, Segment.objects.get(profile="enterprise"))
    account = payer("Asked", core, 9_999, 100, smb)
    found = white_space.grid([account], [core, more])
    owned, potential = found.rows[0].cells
    assert (owned.state, owned.year) == ("owned", 119_988)
    assert (potential.state, potential.year, potential.payers, potential.per_seat, potential.few) == (
        "potential", 180_000, 5, True, False,
    )  # fmt: skip
    assert (found.rows[0].seats, found.rows[0].potential) == (100, 180_000)


@pytest.mark.parametrize(
    ("terms", "year"),
    [
        ({"amount_minor": 41_200_000, "mrr_minor": 3_433_333}, 41_200_000),  # 412,000.00, not 12 x 34,333.33
        ({"amount_minor": 10_000, "interval_months": 3, "mrr_minor": 3_333}, 40_000),
        ({"amount_minor": 110_000, "discount_minor": 10_000, "mrr_minor": 8_333}, 100_000),
        ({"amount_minor": 100_000, "mrr_minor": 9_000}, 108_000),  # a month that was said apart from the price
        ({"amount_minor": 100_000, "interval_months": 24, "mrr_minor": 4_167}, 50_000),
    ],
)
def test_owned_is_a_year_of_the_contract_s_price(tenant_open: World, terms: dict, year: int):
    """EXP-04: the same as `renewals.writing.year_of` says of the contract, and to the cent in the reporting currency."""
    core = product("Core")
    account = customer("Asked", earned=False)
    period = contract(account, product=core, **terms)
    assert year_of(period) == year
    assert white_space.grid([account], [core]).rows[0].cells[0].year == year
    period.currency = "EUR"
    period.save()
    FxRate.objects.create(month=TODAY.replace(day=1) - DAY, base="EUR", quote="USD", rate="1.1", source="member")
    assert white_space.grid([account], [core]).rows[0].cells[0].year == year * 11 // 10


def test_without_seats_it_is_the_median_of_an_account_and_few_payers_are_said(tenant_open: World):
    more = product("Export")
    for n, mrr in enumerate([1_000, 3_000]):
        payer(f"Payer {n}", more, mrr, None)
    account = customer("Asked", earned=False)
    (cell,) = white_space.grid([account], [more]).rows[0].cells
    assert (cell.state, cell.year, cell.payers, cell.per_seat, cell.few) == ("potential", 24_000, 2, False, True)


def test_nobody_pays_for_it_and_it_does_not_fit(tenant_open: World):
    from expansion.services import set_fit

    none, unfit = product("New"), product("Hosting")
    payer("Payer", unfit, 1_000, 10)
    account = customer("Asked", earned=False)
    set_fit(account=account, product=unfit, fits=False, reason="No data", by=None)
    first, second = white_space.grid([account], [none, unfit]).rows[0].cells
    assert (first.state, first.year) == ("unknown", None)
    assert (second.state, second.year, second.reason) == ("no_fit", None, "No data")


def test_only_contracts_that_run_are_owned_and_what_was_merged_counts(tenant_open: World):
    core = product("Core")
    account = payer("Gone", core, 1_000, 10, start_on=TODAY - 500 * DAY, end_on=TODAY)
    assert white_space.grid([account], [core]).rows[0].cells[0].state == "unknown"
    Subscription.objects.update(end_on=TODAY + DAY)
    assert white_space.grid([account], [core]).rows[0].cells[0].state == "owned"
    whole = customer("Whole", earned=False)
    Account.objects.filter(id=account.id).update(merged_into=whole)
    assert white_space.grid([whole], [core]).rows[0].cells[0].state == "owned"
    Subscription.objects.update(past_due_on=TODAY - 31 * DAY)
    assert white_space.grid([whole], [core]).rows[0].cells[0].state == "unknown"


def test_products_that_most_have_come_first(tenant_open: World):
    rare, common = product("Aardvark"), product("Core")
    payer("One", common, 10, 1)
    payer("Two", common, 10, 1)
    payer("Three", rare, 10, 1)
    product("Nobody's")
    assert [each.name for each in white_space.sold_products()] == ["Core", "Aardvark", "Nobody's"]
    assert len(white_space.sold_products(2)) == 2


def test_advanced_features_that_nobody_uses(tenant_open: World):
    core = product("Core")
    account = payer("Asked", core, 1_000, 10)
    used = Feature.objects.create(key="forecast", name="Forecast", kind="advanced", product=core)
    Feature.objects.create(key="api", name="API", kind="advanced", product=core)
    Feature.objects.create(key="login", name="Login", product=core)
    Feature.objects.create(key="other", name="Other", kind="advanced", product=product("Not theirs"))
    FeatureDay.objects.create(
        account_id=account.id, feature_id=used.id, day=TODAY - 9 * DAY, known_on=TODAY, events=1, quantity=1
    )
    assert white_space.unused_features([account]) == {account.id: [("API", False), ("Forecast", True)]}


def test_a_rival_s_prices_are_not_ours(worlds: tuple[World, World]):
    world, rival = worlds
    with rival.open():
        payer("Payer", product("Forecasting"), 1_000, 10)
    with world.open():
        account = customer("Asked", earned=False)
        assert white_space.grid([account], [product("Forecasting")]).rows[0].cells[0].state == "unknown"


def test_a_seat_price_is_rounded_once():
    row = {"owned": None, "no_fit": False, "seats": 3, "seat": 33.335, "seated": 9, "price": 1.0, "payers": 9}
    assert cell_of(row).year == 100  # 100.005


def test_few_statements(tenant_open: World, django_assert_max_num_queries):
    more = product("Forecasting")
    accounts = [payer(f"Payer {n}", more, 1_000, 10) for n in range(9)]
    with django_assert_max_num_queries(10):
        assert len(white_space.grid(accounts).rows) == 9
