"""Closed months over HTTP: read by any key that reads, signed by one with the scope admin (API-01, API-04, MET-23)."""

import pytest

from accounts.enums import KeyScope
from accounts.models import Tenant
from metrics.models import MonthClose
from tests.api.conftest import Api, key_of
from tests.metrics.test_closing import close, fill, refresh, restate

NEW = {"month": "2025-12", "signed_as": "Ana Ruiz", "acknowledged": True}


@pytest.fixture
def book(worlds):
    close(fill(worlds[1]))
    return fill(worlds[0])


def admin(world) -> Api:
    return Api(key_of(world, KeyScope.ADMIN)[1])


def test_a_close_is_listed_with_its_sums_and_nobody_elses(book):
    made = close(book)
    api = Api(key_of(book.world, KeyScope.READ)[1])
    (row,) = api.get("closes").json()["results"]
    assert (row["id"], row["month"], row["version"], row["signed_as"]) == (str(made.id), "2025-12", 1, "Ana Ruiz")
    report = api.get("reports/retention_12m?from=2025-12&to=2025-12").json()
    assert report["basis"] == "now"
    year = next(each for each in row["sums"] if each["window"] == 12)
    assert year["nrr"] == report["rows"][0]["nrr"]
    assert year["opening_customers"] == report["rows"][0]["base_customers"]
    assert api.get(f"closes/{made.id}").json() == row
    with book.world.open():  # another reporting currency, of another number of decimals, leaves what was signed
        Tenant.objects.filter(id=book.world.tenant.id).update(currency="JPY")
    assert api.get(f"closes/{made.id}").json() == row
    assert api.get("closes?month=2025-11").json()["results"] == []
    with book.world.open():
        mine = set(MonthClose.objects.values_list("id", flat=True))
    assert mine == {made.id}


def test_reports_answer_as_reported_and_say_so(book):
    close(book)
    api = admin(book.world)
    path = "reports/retention_12m?from=2025-12&to=2025-12"
    before = api.get(path).json()["rows"]
    book.period("B", "2024-02-01", "", "500.00", key="P-2")
    refresh(book)
    told = api.get(f"{path}&basis=reported")
    assert told.json()["rows"] == before
    assert told.json()["basis"] == told["X-Report-Basis"] == "reported"
    assert api.get(path).json()["rows"] != before
    restate(book)
    assert api.get(f"{path}&basis=reported").json()["rows"] == api.get(path).json()["rows"]
    for wrong in ("reports/cohorts?basis=reported", f"{path}&basis=x"):
        answer = api.get(wrong)
        assert answer.status_code == 422
        assert "basis" in answer.json()["error"]["fields"]


def test_closing_needs_the_scope_admin_and_happens_once(book):
    for scope in (KeyScope.READ, KeyScope.WRITE):
        assert Api(key_of(book.world, scope)[1]).post("closes", NEW).status_code == 403
    api = admin(book.world)
    first = api.post("closes", NEW, Idempotency_Key="a")
    assert first.status_code == 201
    assert api.post("closes", NEW, Idempotency_Key="a").json() == first.json()
    assert api.get(first["Location"].removeprefix("/api/v1/")).json()["version"] == 1
    again = api.post("closes", NEW)
    assert (again.status_code, again.json()["code"]) == (409, "closed")
    second = api.post("closes", NEW | {"reason": "Credit note"})
    assert (second.status_code, second.json()["version"], second.json()["reason"]) == (201, 2, "Credit note")
    with book.world.open():
        assert MonthClose.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"month": "2025-13"}, "month"),
        ({"signed_as": ""}, "signed_as"),
        ({"signed": "x"}, "signed"),
        ({"month": "2031-01"}, None),
    ],
)
def test_bad_input_is_refused_with_its_field(book, body, field):
    answer = admin(book.world).post("closes", NEW | body)
    assert answer.status_code == 422
    assert field is None or field in answer.json()["error"]["fields"]
    with book.world.open():
        assert not MonthClose.objects.exists()


def test_methods_and_foreign_rows(book, worlds):
    theirs = Api(key_of(worlds[1], KeyScope.ADMIN)[1]).get("closes").json()["results"][0]["id"]
    api = admin(book.world)
    assert api.get(f"closes/{theirs}").status_code == 404
    assert api.delete(f"closes/{theirs}").status_code == 405
    assert api.put(f"closes/{theirs}", NEW).status_code == 405
