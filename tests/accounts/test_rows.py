"""What a cell may say and what is answered when it says something else (ACC-01, ACC-03, ACC-04, MET-01)."""

import ast
import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.import_cells import REASONS
from accounts.import_columns import suggest_mapping
from accounts.kinds import KINDS, DateStyle, Row
from accounts.rows import parse

GOOD = {
    "accounts": {"account": "A-1"},
    "contacts": {"contact": "C-1", "account": "A-1", "name": "Ruth Okafor"},
    "subscriptions": {
        "account": "A-1",
        "subscription_id": "S-1",
        "start_date": "2026-01-01",
        "end_date": "2027-01-01",
        "interval_months": "12",
        "amount": "2000.00",
        "currency": "USD",
    },
    "fx_rates": {"month": "2026-01", "base": "EUR", "quote": "USD", "rate": "1.0393"},
}
BAD = [
    ("accounts", "account", "", "required"),
    ("accounts", "account", "x" * 201, "too_long"),
    ("accounts", "name", "x" * 10_000_000, "too_long"),
    ("accounts", "name", "a\x00b", "characters"),
    ("accounts", "name", "a\x1bb", "characters"),
    ("accounts", "name", "\ud800", "characters"),
    ("accounts", "name", ["a"], "type"),
    ("accounts", "name", {"a": 1}, "type"),
    ("accounts", "source", "luck", "unknown_choice"),
    ("accounts", "complexity", "3", "unknown_choice"),
    ("accounts", "signed_on", "29.12.2026", "not_a_date"),
    ("accounts", "signed_on", "2026-02-30", "no_such_day"),
    ("accounts", "signed_on", "2026-2-3", "not_a_date"),
    ("accounts", "signed_on", "٢٠٢٦-٠١-٠١", "not_a_date"),
    ("accounts", "signed_on", "1812-01-01", "out_of_range"),
    ("accounts", "strategic", "perhaps", "not_a_flag"),
    ("accounts", "employees", "12.5", "not_a_whole_number"),
    ("accounts", "employees", "-1", "out_of_range"),
    ("accounts", "parent", "A-1", "self"),
    ("accounts", "referred_by", "A-1", "self"),
    ("accounts", "cac", "-5", "out_of_range"),
    ("accounts", "owner_email", "nobody", "not_an_email"),
    ("contacts", "email", "ruth@", "not_an_email"),
    ("contacts", "contact", " ", "required"),
    ("contacts", "role", "boss", "unknown_choice"),
    ("subscriptions", "start_date", "", "required"),
    ("subscriptions", "end_date", "2026-01-01", "order"),
    ("subscriptions", "end_date", "2025-12-31", "order"),
    ("subscriptions", "interval_months", "0", "out_of_range"),
    ("subscriptions", "interval_months", "one", "not_a_whole_number"),
    ("subscriptions", "amount", "", "required"),
    ("subscriptions", "amount", "-1", "negative"),
    ("subscriptions", "amount", "NaN", "not_an_amount"),
    ("subscriptions", "amount", "inf", "not_an_amount"),
    ("subscriptions", "amount", "1e999", "not_an_amount"),
    ("subscriptions", "amount", "1,250.50", "not_an_amount"),
    ("subscriptions", "amount", "10.001", "decimals"),
    ("subscriptions", "amount", "9" * 25, "out_of_range"),
    ("subscriptions", "mrr", "-0.01", "negative"),
    ("subscriptions", "mrr", "1.234", "decimals"),
    ("subscriptions", "currency", "", "required"),
    ("subscriptions", "currency", "US", "not_a_currency"),
    ("subscriptions", "currency", "XXQ", "not_a_currency"),
    ("subscriptions", "seats", "-1", "out_of_range"),
    ("subscriptions", "auto_renew", "2", "not_a_flag"),
    ("fx_rates", "month", "2026-13", "not_a_month"),
    ("fx_rates", "rate", "0", "not_a_rate"),
    ("fx_rates", "rate", "", "not_a_rate"),
    ("fx_rates", "rate", "0.12345678901", "decimals"),
    ("fx_rates", "quote", "EUR", "same"),
]


@pytest.mark.parametrize("kind", GOOD)
def test_the_good_rows_are_good(kind):
    assert isinstance(parse(kind, 7, GOOD[kind]), Row)


@pytest.mark.parametrize(("kind", "column", "value", "code"), BAD, ids=lambda v: str(v)[:20])
def test_a_bad_cell_is_named_with_its_reason(kind, column, value, code):
    found = parse(kind, 7, GOOD[kind] | {column: value})
    assert isinstance(found, list)
    (problem,) = found
    assert (problem.column, problem.code) == (column, code)
    assert problem.value == str(value)[:200] or code in {"required", "order"}
    assert problem.message.endswith(".")
    assert code == "type" or code in REASONS


def test_each_reason_has_words_of_its_own():
    """What a rejected row names as its reason stands on the import's page, never as a code."""
    said = set()
    for path in [*Path("accounts").rglob("*.py"), *Path("health").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Problem":
                said |= {each.value for each in node.args[2:3] if isinstance(each, ast.Constant)}
    assert len(said) > 8
    assert said <= set(REASONS)


def test_every_problem_of_a_row_is_said():
    found = parse("subscriptions", 1, GOOD["subscriptions"] | {"start_date": "soon", "amount": "much", "seats": "x"})
    assert [(p.column, p.code) for p in found] == [
        ("start_date", "not_a_date"),
        ("amount", "not_an_amount"),
        ("seats", "not_a_whole_number"),
    ]


@pytest.mark.parametrize(("kind", "name"), [(k, n) for k in GOOD for n in KINDS[k].required])
def test_required_columns_are_required(kind, name):
    cells = {column: value for column, value in GOOD[kind].items() if column != name}
    assert [(p.column, p.code) for p in parse(kind, 1, cells)] == [(name, "required")]


@pytest.mark.parametrize(
    ("style", "text"),
    [
        (DateStyle.ISO, "2026-02-01"),
        (DateStyle.DAY_FIRST, "1.2.2026"),
        (DateStyle.DAY_FIRST, "01/02/2026"),
        (DateStyle.MONTH_FIRST, "2/1/2026"),
    ],
)
def test_dates_are_read_as_the_person_said(style, text):
    row = parse("accounts", 1, GOOD["accounts"] | {"signed_on": text}, style)
    assert row.values["signed_on"] == dt.date(2026, 2, 1)


@pytest.mark.parametrize(
    ("cells", "mrr"),
    [
        ({"amount": "2000.00", "interval_months": "12"}, 16667),
        ({"amount": "10.00", "interval_months": "12"}, 83),
        ({"amount": "250.00", "interval_months": "3"}, 8333),
        ({"amount": "250.00", "interval_months": "3", "mrr": "99.99"}, 9999),
        ({"amount": "", "mrr": "99.99", "interval_months": "3"}, 9999),
        ({"amount": "1000", "currency": "JPY", "interval_months": "12"}, 83),
        ({"amount": "0", "interval_months": "1"}, 0),
    ],
)
def test_mrr_is_given_or_computed_half_up_to_the_cent(cells, mrr):
    """METRICS rule 2: once for each line."""
    assert parse("subscriptions", 1, GOOD["subscriptions"] | cells).values["mrr_minor"] == mrr


@pytest.mark.parametrize(("text", "value"), [("yes", True), ("0", False), ("TRUE", True), ("No", False), ("", None)])
def test_flags(text, value):
    assert parse("subscriptions", 1, GOOD["subscriptions"] | {"auto_renew": text}).values["auto_renew"] is value


def test_choices_take_the_word_as_people_write_it():
    cells = {"tier": "High-touch", "source": "PARTNER", "level": "Business unit"}
    values = parse("accounts", 1, GOOD["accounts"] | cells).values
    assert (values["tier"], values["source"], values["level"]) == ("high_touch", "partner", "unit")


def test_what_is_absent_is_not_given():
    row = parse("accounts", 1, {"account": "A-1", "industry": ""}, extra={"Note": "two\nlines"})
    assert row.given == {"account", "industry"}
    assert row.extra == {"Note": "two\nlines"}


JUNK = st.one_of(st.text(), st.none(), st.booleans(), st.integers(), st.decimals(), st.floats(), st.binary())


@pytest.mark.parametrize("kind", GOOD)
@given(data=st.data())
def test_nothing_that_stands_in_a_cell_breaks_the_reader(kind, data):
    names = data.draw(st.sets(st.sampled_from(sorted(KINDS[kind].fields))))
    found = parse(kind, 1, GOOD[kind] | {name: data.draw(JUNK) for name in names})
    assert isinstance(found, Row) or all(p.message and p.code for p in found)
    if isinstance(found, Row) and kind == "subscriptions":
        assert found.values["mrr_minor"] >= 0
        assert found.values["end_date"] is None or found.values["end_date"] > found.values["start_date"]
        assert Decimal(found.values["amount_minor"]) < 10**16


@pytest.mark.parametrize("kind", GOOD)
def test_our_own_columns_are_recognised_and_named(kind):
    fields = KINDS[kind].fields
    assert suggest_mapping(kind, list(fields)) == {name: name for name in fields}
    assert set(fields) <= set(KINDS[kind].labels)


def test_unknown_columns_are_kept_or_left_out():
    assert suggest_mapping("accounts", ["tenant", "Customer", "Fax", "reject_reason"]) == {
        "tenant": "", "Customer": "account", "Fax": "+", "reject_reason": "",
    }  # fmt: skip
    assert suggest_mapping("fx_rates", ["month", "rate_date", "tenant"]) == {
        "month": "month", "rate_date": "", "tenant": "",
    }  # fmt: skip
