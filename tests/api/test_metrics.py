"""Metrics over HTTP: catalogue, values with definition, period and cohort, the accounts behind a value (API-02, MET-23)."""

import pytest
from django.test import Client

from metrics.catalogue import METRICS
from tests.books import Book


def get(world, path, **params):
    return Client().get(f"/api/v1/{path}", params, headers={"Authorization": f"Bearer {world.api_key}"})


@pytest.fixture
def book(worlds):
    for world in worlds:
        made = Book(world)
        secret = world is worlds[1]
        made.merge(
            "accounts",
            [
                {
                    "account": "S" if secret else "A",
                    "name": "Secret" if secret else "A",
                    "segment": "Enterprise",
                    "source": "partner",
                },
                {"account": "B", "name": "B", "segment": "Small business"},
            ],
        )
        made.period("S" if secret else "A", "2024-01-05", "", "100")
        made.period("B", "2024-01-05", "2025-06-05", "100" if not secret else "900")
        made.night("2025-12-31")
    return worlds[0]


def test_catalogue(book):
    """MET-22, HLT-10: all of them, with level, timing, unit and bands."""
    found = get(book, "metrics").json()["metrics"]
    assert [row["metric"] for row in found] == list(METRICS)
    nrr = found[0]
    assert (nrr["level"], nrr["timing"], nrr["unit"], nrr["windows"]) == ("executive", "lagging", "ratio", [1, 3, 12])
    assert nrr["bands"][1] == {"name": "Good", "tone": "good", "lower": "110", "upper": "120"}
    assert next(row for row in found if row["metric"] == "reviews")["outcome"] == "grr"


def test_values_with_what_they_mean_and_the_rows_behind_them(book):
    """NRR of the year to December 2025: A stays, B of June is gone: 50%; by segment 100% and 0%."""
    answer = get(book, "metrics/nrr", dimension="segment", **{"from": "2025-12", "to": "2025-12"}).json()
    assert answer["definition"]["formula"]
    assert (answer["window"], answer["grain"], answer["as_of"]) == (12, "month", "2025-12-31")
    rows = {row["value"]: row for row in answer["values"]}
    assert (rows[None]["result"], rows[None]["base"], rows[None]["band"]) == ("0.50000000", 2, "Critical")
    assert rows["Enterprise"]["result"] == "1.00000000"
    assert rows["Small business"]["result"] == "0.00000000"
    behind = Client().get(rows["Small business"]["rows"], headers={"Authorization": f"Bearer {book.api_key}"}).json()
    assert behind["rows"] == [
        {"account": "B", "result": "0.00000000", "base": 1, "mrr_then": "100.00", "mrr_now": "0.00"}
    ]
    assert "Secret" not in str(answer) + str(behind)


def test_quarters_and_filters(book):
    """The second quarter lost B: gross retention 50%; of partners' customers nothing."""
    quarter = {"grain": "quarter", "window": "short", "from": "2025-06", "to": "2025-06"}
    assert get(book, "metrics/grr", **quarter).json()["values"][0]["result"] == "0.50000000"
    filtered = get(book, "metrics/grr", source="partner,referral", **quarter).json()
    assert filtered["values"][0]["result"] == "1.00000000"
    assert filtered["filters"] == {"source": ["partner", "referral"]}
    assert get(book, "metrics/mrr", source="", to="2025-12").json()["values"][-1]["result"] == "0.00"


@pytest.mark.parametrize(
    ("metric", "params", "field"),
    [
        ("nrr", {"dimension": "account"}, "dimension"),
        ("ttv", {"dimension": "acv_band"}, "dimension"),
        ("nrr", {"grain": "week"}, "grain"),
        ("ltv", {"window": "short"}, "window"),
        ("mrr", {"window": "year"}, "window"),
        ("nps", {"known_at": "2025-01-01T00:00:00Z"}, "known_at"),
        ("nrr", {"from": "2025-13"}, "from"),
        ("nrr", {"sector": "x"}, "sector"),
    ],
)
def test_what_does_not_fit_is_named(book, metric, params, field):
    response = get(book, f"metrics/{metric}", **params)
    assert response.status_code == 422
    assert field in response.json()["error"]["fields"]


def test_what_does_not_exist(book, world):
    assert get(book, "metrics/nothing").status_code == 404
    assert get(book, "metrics/nrr/accounts").status_code == 422
    assert get(book, "metrics/nrr/accounts", month="1999-01").status_code == 422
    assert Client().get("/api/v1/metrics").status_code == 401


def test_an_empty_company_has_no_values(world):
    assert get(world, "metrics/nrr").status_code == 404
    assert len(get(world, "metrics").json()["metrics"]) == len(METRICS)
