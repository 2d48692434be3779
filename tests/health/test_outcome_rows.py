"""Success criteria and their measurements on their way in (VAL-01, VAL-02)."""

import datetime as dt
import itertools
from decimal import Decimal

import pytest

from accounts.enums import ChangeSource
from accounts.kinds import Row
from accounts.merging import Origin, merge_accounts, merge_contacts
from accounts.rows import parse
from cs_platform.kernel.models import Dirty
from health.models import Outcome, OutcomeMeasurement
from health.outcomes.merge import merge_outcomes
from tests.accounts.test_import import bring, reasons

ORIGIN = Origin(ChangeSource.API)
GOAL = {
    "outcome": "O-1", "account": "A-1", "metric": "efficiency", "baseline": "120", "target": "60",
    "due_on": "2026-07-15", "data_source": "Time sheets", "agreed_on": "2026-01-15",
}  # fmt: skip
HEAD = "outcome,account,name,metric,unit,baseline,target,agreed_on,due_on,data_source,value,measured_on,measured_value"
FILE = [
    "O-1,A-1,Close,efficiency,hours,120,60,2026-01-15,2026-07-15,Time sheets,48000,2026-02-28,110",
    "O-1,A-1,Close,efficiency,hours,120,60,2026-01-15,2026-07-15,Time sheets,48000,2026-03-31,84.5",
    "O-1,A-1,Close,efficiency,hours,120,60,2026-01-15,2026-07-15,Time sheets,48000,,",
    "O-2,A-2,Book,adoption,percent,5,40,2026-02-01,2026-08-01,Booking system,,2026-03-31,17.5",
]


@pytest.fixture
def acme(worlds):
    for world in worlds:
        with world.open():
            merge_accounts([parse("accounts", n, {"account": name}) for n, name in enumerate(("A-1", "A-2"))], ORIGIN)
            people = [{"contact": f"C-{n}", "account": f"A-{n}", "name": "Ana"} for n in (1, 2)]
            merge_contacts([parse("contacts", n, cells) for n, cells in enumerate(people)], ORIGIN)
    return worlds[0]


def put(world, *rows):
    with world.open():
        parsed = [parse("outcomes", n, cells) for n, cells in enumerate(rows, start=1)]
        assert all(isinstance(row, Row) for row in parsed), parsed
        return merge_outcomes(parsed, ORIGIN)


def tables(world):
    with world.open():
        return list(
            Outcome.objects.order_by("external_id").values_list(
                "external_id", "account__external_id", "name", "baseline", "target", "value_minor", "known_on"
            )
        ), list(
            OutcomeMeasurement.objects.order_by("outcome__external_id", "measured_on").values_list(
                "outcome__external_id", "measured_on", "value", "known_on"
            )
        )


def test_rows_of_one_outcome_each_carry_a_measurement(acme, rival):
    run = bring(acme, "outcomes", "\n".join([HEAD, *FILE]))
    assert (run.created, run.updated, run.unchanged, run.rejected) == (2, 1, 1, 0)
    before = tables(acme)
    assert before[0][0] == ("O-1", "A-1", "Close", 120, 60, 4_800_000, dt.date(2026, 1, 15))
    assert [row[2] for row in before[1]] == [110, Decimal("84.5"), Decimal("17.5")]
    again = bring(acme, "outcomes", "\n".join([HEAD, *FILE]))
    assert (again.created, again.updated, again.unchanged) == (0, 0, 4)
    assert tables(acme) == before
    with rival.open():
        assert not Outcome.objects.exists()


def test_order_and_pieces_say_nothing(acme, rival):
    bring(acme, "outcomes", "\n".join([HEAD, *FILE]))
    bring(rival, "outcomes", "\n".join([HEAD, *FILE[::-1]]), piece=1)
    assert tables(acme) == tables(rival)


def test_rows_that_disagree_are_refused_in_every_order(acme):
    other = FILE[0].replace(",60,", ",50,").replace("2026-02-28,110", "2026-04-30,80")
    for order in itertools.permutations([FILE[0], other]):
        run = bring(acme, "outcomes", "\n".join([HEAD, *order]), piece=1)
        assert reasons(acme, run) == [(2, "outcome", "repeated")]
    twice = [FILE[0], FILE[0].replace(",110", ",111")]
    run = bring(acme, "outcomes", "\n".join([HEAD, *twice]))
    assert reasons(acme, run) == [(2, "measured_value", "repeated")]


@pytest.mark.parametrize("name", ["metric", "target", "due_on", "data_source"])
def test_all_four_are_required(name):
    """VAL-01."""
    without = {column: value for column, value in GOAL.items() if column != name}
    assert [(p.column, p.code) for p in parse("outcomes", 1, without)] == [(name, "required")]
    assert [(p.column, p.code) for p in parse("outcomes", 1, GOAL | {name: ""})] == [(name, "required")]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"target": "120"}, ("target", "same")),
        ({"target": "sixty"}, ("target", "not_an_amount")),
        ({"target": "1e9"}, ("target", "not_an_amount")),
        ({"target": "9" * 20}, ("target", "out_of_range")),
        ({"baseline": "0.00001"}, ("baseline", "decimals")),
        ({"due_on": "2026-01-01"}, ("due_on", "order")),
        ({"value": "-1"}, ("value", "negative")),
        ({"measured_on": "2026-02-01"}, ("measured_value", "required")),
        ({"measured_value": "4"}, ("measured_on", "required")),
        ({"metric": "joy"}, ("metric", "unknown_choice")),
        ({"first_value": "maybe"}, ("first_value", "not_a_flag")),
    ],
)
def test_bad_cells_are_named(change, expected):
    assert [(p.column, p.code) for p in parse("outcomes", 1, GOAL | change)] == [expected]


def test_names_must_exist(acme, rival):
    result = put(
        acme,
        GOAL | {"outcome": "1", "account": "A-9"},
        GOAL | {"outcome": "2", "customer_owner": "C-2"},
        GOAL | {"outcome": "3", "confirmed_by": "C-9"},
        GOAL | {"outcome": "4", "owner_email": "csm@rival.example"},
        GOAL | {"outcome": "5", "value": "10.005"},
    )
    assert sorted((r.row, r.problem.column, r.problem.code) for r in result.rejected) == [
        (1, "account", "unknown_account"),
        (2, "customer_owner", "other_accounts_contact"),
        (3, "confirmed_by", "unknown_contact"),
        (4, "owner_email", "unknown_member"),
        (5, "value", "decimals"),
    ]
    with acme.open():
        assert not Outcome.objects.exists()


def test_what_is_not_said_stays(acme):
    first = put(
        acme, GOAL | {"name": "Close", "owner_email": "csm@acme.example", "customer_owner": "C-1", "story": "S"}
    )
    short = {name: GOAL[name] for name in ("outcome", "account", "metric", "target", "due_on", "data_source")}
    assert put(acme, short | {"agreed_on": ""}).outcomes == {1: "unchanged"}
    assert put(acme, short | {"story": ""}).ids == first.ids
    with acme.open():
        found = Outcome.objects.get()
        assert (found.name, found.baseline, found.story, found.version) == ("Close", 120, "", 2)
        assert (found.owner.name, found.customer_owner.external_id) == ("Csm Person", "C-1")
    # A target that is now the baseline that stands is no way to go.
    result = put(acme, short | {"target": "120"})
    assert [(r.problem.column, r.problem.code) for r in result.rejected] == [("target", "same")]


def test_a_corrected_measurement_is_a_further_record_and_news(acme):
    put(acme, GOAL | {"measured_on": "2026-02-28", "measured_value": "110"})
    with acme.open():
        Dirty.objects.all().delete()
        version = Outcome.objects.get().version
    assert put(acme, GOAL | {"measured_on": "2026-02-28", "measured_value": "100"}).outcomes == {1: "updated"}
    assert put(acme, GOAL | {"measured_on": "2026-02-28", "measured_value": "100.00"}).outcomes == {1: "unchanged"}
    with acme.open():
        values = list(OutcomeMeasurement.objects.order_by("recorded_at").values_list("value", "known_on"))
        assert [value for value, _known in values] == [110, 100]
        assert values[0][1] == acme.tenant.today()  # told long after it was measured
        assert Outcome.objects.get().version == version + 1
        assert Dirty.objects.filter(topic="health").count() == 1
