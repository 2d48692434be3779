"""CONTRACTS 3: usage_month and usage_as_of in small, worked by hand; the windows and words of HLT-07."""

import csv
import datetime as dt
import json
from decimal import Decimal

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Account, Segment
from health.usage import charts, formulas, rollup
from health.usage.formulas import Level
from metrics.figures.reports import run_report
from tests.conftest import World
from tests.health.usage_events import Event, put

D = dt.date


def at(day: D, hour: int = 9) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour), tzinfo=dt.UTC)


@pytest.fixture
def small(world: World) -> World:
    """A-1: u1 on 1, 2 and 28 February and 2 March 2026, u2 on 27 February, nobody on 5 January; A-2: 1 January only."""
    with world.open():
        first = Account.objects.create(external_id="A-1", name="One", segment=Segment.objects.get(name="Enterprise"))
        second = Account.objects.create(external_id="A-2", name="Two", segment=Segment.objects.create(name="Tiny"))
        Account.objects.create(external_id="A-3", name="Three")
        put(
            [
                *(Event(first.id, at(D(2026, 2, day)), "edit", "u1", Decimal("2.50")) for day in (1, 2, 28)),
                Event(first.id, at(D(2026, 2, 27)), "export", "u2"),
                Event(first.id, at(D(2026, 3, 2)), "edit", "u1", Decimal(100)),
                Event(first.id, at(D(2026, 1, 5)), "edit"),
                Event(second.id, at(D(2026, 1, 1)), "other", "u1"),
            ]
        )
        rollup.roll_up_all(D(2026, 3, 2))
    return world


def rows(world: World, name: str, **question: object) -> list[dict]:
    with world.open():
        return run_report(name, **question).rows


def test_a_month_by_hand(small):
    """Two users, four user-days in the 28 days of February: DAU 4/28, stickiness 4/56, both in the last week."""
    january, february, march, other = rows(small, "usage_month", as_of=D(2026, 3, 2))
    assert february == {
        "account": "A-1",
        "month": "2026-02",
        "event_rows": 4,
        "quantity": Decimal("8.5"),
        "active_days": 4,
        "active_users": 2,
        "wau_at_month_end": 2,
        "features_used": 2,
        "avg_dau": Decimal("0.14285714"),
        "stickiness": Decimal("0.07142857"),
    }
    assert (january["event_rows"], january["active_users"], january["avg_dau"]) == (1, 0, 0)
    assert january["stickiness"] is None
    assert (march["avg_dau"], march["stickiness"], march["wau_at_month_end"]) == (Decimal("0.5"), Decimal("0.5"), 2)
    assert format(march["quantity"], "f") == "100"
    assert (other["account"], other["month"]) == ("A-2", "2026-01")


def test_the_running_month_ends_with_the_as_of_day(small):
    """On 27 February u1 had two days and u2 one; from, to and segment cut."""
    (row,) = rows(small, "usage_month", as_of=D(2026, 2, 27), frm=D(2026, 2, 1))
    assert (row["event_rows"], row["avg_dau"], row["wau_at_month_end"]) == (3, Decimal("0.11111111"), 1)
    assert [
        r["month"] for r in rows(small, "usage_month", as_of=D(2026, 3, 2), to=D(2026, 2, 1), segment="Enterprise")
    ] == [
        "2026-01",
        "2026-02",
    ]
    assert [r["account"] for r in rows(small, "usage_month", as_of=D(2026, 3, 2), segment="Tiny")] == ["A-2"]
    assert [r["account"] for r in rows(small, "usage_as_of", as_of=D(2026, 3, 2), segment="Tiny")] == ["A-2"]
    assert rows(small, "usage_month", as_of=D(2025, 12, 31)) == []


def test_an_account_as_of_a_day_by_hand(small):
    """A-3 has never had an event and is no row; A-2 sleeps since 1 January."""
    one, two = rows(small, "usage_as_of", as_of=D(2026, 3, 2))
    assert one == {
        "account": "A-1",
        "as_of": "2026-03-02",
        "quantity_28d": Decimal("103.5"),
        "quantity_prev_28d": Decimal(5),
        "change_28d": Decimal("19.70000000"),
        "active_users_28d": 2,
        "active_users_7d": 2,
        "features_90d": 2,
        "catalog_size": 3,
        "feature_adoption_90d": Decimal("0.66666667"),
        "days_since_last_event": 0,
        "dormant": False,
    }
    assert (two["quantity_28d"], two["change_28d"], two["days_since_last_event"], two["dormant"]) == (0, None, 60, True)
    assert two["features_90d"] == 1
    (edge,) = rows(small, "usage_as_of", as_of=D(2026, 1, 4))
    assert edge["catalog_size"] == 1
    assert [r["dormant"] for r in rows(small, "usage_as_of", as_of=D(2026, 1, 28))] == [False, False]
    assert [r["dormant"] for r in rows(small, "usage_as_of", as_of=D(2026, 1, 29))] == [False, True]


def test_a_knowledge_before_the_day(small):
    """What was known on 27 February of the windows that end on 2 March."""
    known = dt.datetime(2026, 2, 27, 12, tzinfo=dt.UTC)
    one, _two = rows(small, "usage_as_of", as_of=D(2026, 3, 2), known_at=known)
    assert (one["quantity_28d"], one["active_users_28d"], one["days_since_last_event"]) == (1, 1, 3)
    ancient = dt.datetime(2026, 1, 3, tzinfo=dt.UTC)
    (two,) = rows(small, "usage_as_of", as_of=D(2026, 3, 2), known_at=ancient)
    assert (two["account"], two["active_users_28d"], two["dormant"]) == ("A-2", 0, True)


def test_the_command_writes_both_forms(small, tmp_path):
    """Booleans as true and false, undefined as nothing, no exponent."""
    out = tmp_path / "out"
    asked = {"tenant": "acme", "as_of": D(2026, 3, 2), "out": out}
    call_command("report", "usage_as_of", format="csv", **asked)
    found = list(csv.DictReader(out.read_text().splitlines()))
    assert [r["dormant"] for r in found] == ["false", "true"]
    assert found[1]["change_28d"] == ""
    call_command("report", "usage_month", format="json", **asked)
    answer = json.loads(out.read_text())
    assert answer["rows"][2]["quantity"] == "100"
    assert "DAU/MAU" in answer["definition"]


@given(st.dates(D(2000, 1, 1), D(2040, 12, 31)), st.integers(1, 120))
def test_a_window_is_its_days(last, days):
    """The bits are exactly the days that end with `last`."""
    told = {
        month + dt.timedelta(days=bit)
        for month, mask in formulas.window(last, days).items()
        for bit in range(31)
        if mask >> bit & 1
    }
    assert told == {last - dt.timedelta(days=back) for back in range(days)}
    assert all(mask < 1 << 31 for mask in formulas.window(last, days).values())


def test_no_days_no_window():
    assert formulas.window(D(2026, 3, 1), 0) == formulas.window(D(2026, 3, 1), -4) == {}


@pytest.mark.parametrize(
    ("ratio", "level"),
    [
        ("0.15", "low"),
        ("0.1999", "low"),
        ("0.2", "typical"),
        ("0.35", "typical"),
        ("0.4", "excellent"),
        ("1", "excellent"),
    ],
)
def test_words_of_stickiness(ratio, level):
    """HLT-07: 20 to 40 % typical, 40 % and more excellent."""
    assert formulas.stickiness_level(Decimal(ratio)) == level


@pytest.mark.parametrize(
    ("ratio", "level"),
    [("0.59", "low"), ("0.6", "typical"), ("0.8", "typical"), ("0.81", "excellent"), ("1.2", "excellent")],
)
def test_words_of_seats(ratio, level):
    """HLT-07: 60 to 80 % of the seats weekly; more users than seats are possible."""
    assert formulas.seats_level(Decimal(ratio)) == level


def test_what_is_undefined_has_no_word():
    assert formulas.stickiness_level(None) is formulas.seats_level(None) is None
    assert formulas.stickiness(0, 28, 0) is formulas.share(3, 0) is formulas.change(Decimal(1), Decimal(0)) is None
    assert Level.LOW.label


def test_steps_of_the_heat_map():
    assert [charts.heat(n, 10) for n in (0, 1, 3, 5, 8, 10)] == ["zero", "c1", "c2", "c3", "c4", "c5"]
    assert charts.heat(1, 1) == "c3"
    assert charts.means([3, 6, 9], 2) == [None, 4.5, 7.5]
