"""Opportunities from files and programs: by their id, twice changes nothing, never past the first stage without the right (EXP-01)."""

import datetime as dt
from typing import Any

import pytest

from accounts.enums import ChangeSource
from accounts.kinds import Row
from accounts.merging import MergeResult, Origin
from accounts.models import Account, Contact, Product, Subscription
from accounts.rows import parse
from expansion import closing
from expansion.merge import merge_deals
from expansion.models import Opportunity, OpportunityMove
from tests.conftest import World
from tests.expansion.deals import DAY, contract, customer, deal

ORIGIN = Origin(ChangeSource.API, None, "test")
PLAIN = {"opportunity": "OP-1", "account": "calder-rail", "name": "More seats", "amount": "36000"}


def merge(*cells: dict[str, Any]) -> MergeResult:
    rows = [parse("opportunities", n, PLAIN | each) for n, each in enumerate(cells, start=1)]
    assert all(isinstance(row, Row) for row in rows), rows
    return merge_deals(rows, ORIGIN)  # type: ignore[arg-type]


def refusals(result: MergeResult) -> list[tuple[str, str]]:
    return [(each.problem.column, each.problem.code) for each in result.rejected]


@pytest.fixture
def account(tenant_open: World) -> Account:
    return customer(owner=tenant_open.members["csm"])


def test_a_row_makes_a_deal_with_what_is_usual(account: Account):
    product = Product.objects.create(name="Forecasting", external_id="forecasting")
    buyer = Contact.objects.create(account=account, name="Kim", external_id="K")
    running = contract(account)
    result = merge(
        {
            "kind": "product",
            "product": "forecasting",
            "buyer": "K",
            "subscription": running.external_id,
            "stage": "qualified",
        }
    )
    assert (refusals(result), result.created) == ([], 1)
    row = Opportunity.objects.get()
    assert (row.stage, row.motion, row.owner, row.product, row.buyer, row.subscription, row.amount_minor, row.currency) == (
        "qualified", "cross_sell", account.owner, product, buyer, running, 3_600_000, "USD",
    )  # fmt: skip
    assert row.earned == {"tenure": True, "first_value": True, "healthy": True, "outcome": True, "no_p1": True}
    assert [(move.before, move.after) for move in OpportunityMove.objects.all()] == [("", "qualified")]


def test_twice_changes_nothing_and_what_is_not_given_stays(account: Account):
    cells = {"kind": "tier", "close_on": "2030-01-31", "note": "Told at the fair"}
    assert merge(cells).created == 1
    stood = list(Opportunity.objects.values())
    assert merge(cells).unchanged == 1
    assert list(Opportunity.objects.values()) == stood
    assert merge({"amount": "40000.50"}).updated == 1
    row = Opportunity.objects.get()
    assert (row.amount_minor, row.note, row.close_on, row.version) == (
        4_000_050,
        "Told at the fair",
        dt.date(2030, 1, 31),
        2,
    )
    assert merge({"amount": "40000.50", "note": "", "close_on": ""}).updated == 1
    row.refresh_from_db()
    assert (row.note, row.close_on, row.kind) == ("", None, "tier")


def test_past_the_first_stage_only_with_the_right_or_a_reason(tenant_open: World):
    customer(earned=False)
    assert refusals(merge({"stage": "proposal"})) == [("override", "not_earned")]
    assert not Opportunity.objects.exists()
    assert merge({"stage": "proposal", "override": "The board asked"}).created == 1
    assert merge({"stage": "commit"}).updated == 1  # it went on before
    row = Opportunity.objects.get()
    assert (row.stage, row.override) == ("commit", "The board asked")
    assert [move.after for move in OpportunityMove.objects.order_by("at")] == ["proposal", "commit"]


def test_what_has_ended_elsewhere_is_history_and_writes_no_contract(account: Account):
    assert (
        merge({"stage": "lost", "closed_on": "2026-03-01", "identified_on": "2026-01-01", "loss": "budget"}).created
        == 1
    )
    assert (
        merge(
            {
                "opportunity": "OP-2",
                "stage": "won",
                "closed_on": "2026-03-01",
                "identified_on": "2026-01-01",
                "win": "need",
            }
        ).created
        == 1
    )
    lost, won = Opportunity.objects.order_by("external_id")
    assert (lost.stage, lost.loss, lost.closed_on, lost.stage_since) == (
        "lost",
        "budget",
        dt.date(2026, 3, 1),
        dt.date(2026, 3, 1),
    )
    assert (won.stage, won.win, won.written) == ("won", "need", None)
    assert not Subscription.objects.exists()


def test_a_deal_that_was_won_here_is_not_changed_by_a_row(account: Account):
    running = contract(account)
    row = deal(account, external_id="OP-1", seats=5, subscription=running)
    won = closing.win(deal=row, terms=None, version=None, by=None)
    same = {"amount": "36000", "stage": "won", "seats": "5"}
    assert merge(same).unchanged == 1
    assert refusals(merge({"stage": "commit"})) == [("stage", "won")]
    assert refusals(merge({"amount": "1"})) == [("opportunity", "won")]
    won.refresh_from_db()
    assert won.amount_minor == 3_600_000


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ({"account": "nobody"}, "account", "unknown_account"),
        ({"account": "other"}, "account", "other_account"),
        ({"owner_email": "nobody@acme.example"}, "owner_email", "unknown_member"),
        ({"buyer": "nobody"}, "buyer", "unknown_contact"),
        ({"product": "nothing"}, "product", "unknown"),
        ({"plan": "nothing"}, "plan", "unknown"),
        ({"subscription": "nothing"}, "subscription", "unknown"),
        ({"subscription": "S-other"}, "subscription", "invalid"),
        ({"identified_on": "2199-01-01"}, "identified_on", "invalid"),
        ({"stage": "lost"}, "loss", "required"),
        ({"stage": "lost", "loss": "budget", "closed_on": "2199-01-01"}, "closed_on", "out_of_range"),
    ],
)
def test_what_cannot_be_is_refused_by_its_column(account: Account, cells: dict, column: str, code: str):
    contract(customer("Other"))
    merge({})
    stood = list(Opportunity.objects.values())
    assert refusals(merge(cells)) == [(column, code)]
    assert list(Opportunity.objects.values()) == stood


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"name": ""}, "name"),
        ({"amount": ""}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "much"}, "amount"),
        ({"stage": "sold"}, "stage"),
        ({"chance": "101"}, "chance"),
        ({"stage": "qualified", "loss": "budget"}, "loss"),
        ({"currency": "EURO"}, "currency"),
    ],
)
def test_a_row_that_cannot_be_read_names_its_column(tenant_open: World, cells: dict, column: str):
    problems = parse("opportunities", 1, PLAIN | cells)
    assert isinstance(problems, list)
    assert [problem.column for problem in problems] == [column]


def test_a_part_that_was_merged_is_its_whole_and_a_rival_s_deal_is_nobody_s(worlds: tuple[World, World]):
    world, rival = worlds
    with rival.open():
        deal(customer(), external_id="OP-1")
    with world.open():
        part = customer("Part", external_id="part")
        row = deal(part, external_id="OP-1")
        whole = customer()
        part.merged_into = whole
        part.save()
        assert merge({"name": "Said of the whole"}).updated == 1
        row.refresh_from_db()
        assert (row.name, row.account) == ("Said of the whole", part)
    with rival.open():
        assert Opportunity.objects.get().name == "More seats"


def test_many_rows_cost_no_more_statements(account: Account, django_assert_max_num_queries):
    today = account.tenant.today()
    with django_assert_max_num_queries(22):
        result = merge(*({"opportunity": f"OP-{n}", "close_on": (today + n * DAY).isoformat()} for n in range(60)))
    assert result.created == 60
