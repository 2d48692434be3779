"""GET and PUT /api/v1/targets: the plan as a program writes it (DSH-04, API-01)."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.enums import KeyScope
from metrics.models import MetricTarget
from metrics.plan import targets
from metrics.plan.targets import Cell
from tests.api.conftest import Api, key_of

URL = "targets"


def items(*rows: tuple[str, str, object]) -> dict[str, object]:
    return {"items": [{"metric": m, "month": month, "value": value} for m, month, value in rows]}


def test_what_is_put_is_got_and_again_changes_nothing(api, rival):
    with rival.open():
        targets.save_targets(cells=[Cell("nrr", dt.date(2026, 10, 1), Decimal("66.6"))], by=None)
    body = items(("nrr", "2026-10", "110.5"), ("ltv", "2026-10", 1150000))
    saved = api.put(URL, body)
    assert (saved.status_code, saved.json()) == (200, {"received": 2, "changed": 2})
    assert api.put(URL, body).json() == {"received": 2, "changed": 0}
    found = api.get(f"{URL}?from=2026-10&to=2026-10").json()["results"]
    assert found == [
        {"metric": "nrr", "month": "2026-10", "value": "110.5000", "unit": "ratio"},
        {"metric": "ltv", "month": "2026-10", "value": "1150000.0000", "unit": "money"},
    ]
    assert api.get(f"{URL}?from=2026-10&to=2026-10&metric=ltv").json()["results"] == found[1:]
    assert api.put(URL, items(("nrr", "2026-10", None))).json()["changed"] == 1
    assert api.get(f"{URL}?from=2026-10&to=2026-10&metric=nrr").json()["results"] == []
    with rival.open():
        assert MetricTarget.objects.get().value == Decimal("66.6")


@pytest.mark.parametrize(
    "body",
    [
        items(("nrr", "2026-10", "110"), ("nps", "2026-10", "101")),
        items(("nrr", "2026-10", "110"), ("calls", "2026-10", "5")),
        items(("nrr", "2026-10", "110"), ("nrr", "October", "5")),
        items(("nrr", "2026-10", "110"), ("nrr", "2026-10", "111")),
        items(("nrr", "2026-10", "NaN")),
        items(("nrr", "2026-10", "1e30")),
        {"items": [{"metric": "nrr", "month": "2026-10"}]},
        {"items": "x"},
        {},
    ],
)
def test_one_wrong_item_and_nothing_is_written(api, world, body):
    assert api.put(URL, body).status_code == 422
    with world.open():
        assert not MetricTarget.objects.exists()


def test_ranges_and_scopes(api, world):
    for query in ("from=2026-10&to=2026-01", "from=2000-01&to=2030-01", "from=soon", "metric=nonsense", "what=1"):
        assert api.get(f"{URL}?{query}").status_code == 422, query
    assert api.get(URL).status_code == 200
    reader = Api(key_of(world, KeyScope.READ)[1])
    assert reader.get(URL).status_code == 200
    assert reader.put(URL, items(("nrr", "2026-10", "110"))).status_code == 403
    assert Api("wrong").get(URL).status_code == 401
