"""Why customers left, over HTTP (MET-10, API-01): known by account and end, stale writes refused, bulk item by item."""

import pytest

from accounts.enums import ChangeSource
from accounts.merging import Origin, merge_accounts
from accounts.models import ChurnAnswer
from accounts.rows import parse

BODY = {
    "account": "A-1", "ended_on": "2026-03-31", "category": "competition", "reason": "Replaced", "note": "“Half the price.”",
    "competitor": "Example Ltd", "said_by": "customer",
}  # fmt: skip


@pytest.fixture(autouse=True)
def accounts(worlds):
    for world in worlds:
        with world.open():
            rows = [parse("accounts", n, {"account": name}) for n, name in enumerate(("A-1", "A-2"))]
            merge_accounts(rows, Origin(ChangeSource.API))


def test_an_answer_is_created_read_changed_and_sent_back(api, world, rival):
    made = api.post("churn-answers", BODY)
    assert made.status_code == 201, made.json()
    row = made.json()
    assert {name: row[name] for name in BODY} == BODY
    assert (row["version"], row["source"], made["ETag"]) == (1, "api", '"1"')
    for method in ("PUT", "PATCH"):
        again = api.send(method, f"churn-answers/{row['id']}", row)
        assert (again.status_code, again.json()) == (200, row)
    changed = api.patch(f"churn-answers/{row['id']}", {"reason": "Too expensive"}, If_Match='"1"')
    assert (changed.json()["category"], changed.json()["competitor"], changed.json()["version"]) == (
        "price", "Example Ltd", 2,
    )  # fmt: skip
    stale = api.patch(f"churn-answers/{row['id']}", {"note": ""}, If_Match='"1"')
    assert stale.status_code == 409
    assert api.post("churn-answers", BODY).status_code == 409
    assert api.post("churn-answers", BODY | {"ended_on": None}).status_code == 201
    with rival.open():
        assert not ChurnAnswer.objects.exists()


def test_lists_are_filtered(api):
    api.put("churn-answers/bulk", [BODY, {"account": "A-2", "reason": "Moved"}])
    for query, count in (
        ("account=A-1", 1), ("category=closure", 1), ("ended_since=2026-03-31", 1), ("ended_since=2026-04-01", 0),
        ("updated_since=2999-01-01T00:00:00Z", 0),
    ):  # fmt: skip
        assert len(api.get(f"churn-answers?{query}").json()["results"]) == count, query


def test_bulk_takes_each_item_for_itself(api, world):
    items = [
        BODY,
        {"account": "A-2", "reason": "Never used"},
        {"account": "A-2", "ended_on": "2026-05-01"},
        {"account": "A-3", "category": "price"},
        {"account": "A-1", "category": "weather"},
        {"account": "A-1", "why": "x"},
    ]
    answer = api.put("churn-answers/bulk", items)
    assert answer.status_code == 207
    assert [item["status"] for item in answer.json()["results"]] == ["created", "created", *["rejected"] * 4]
    assert [item["errors"][0]["field"] for item in answer.json()["results"][2:]] == [
        "category", "account", "category", "why",
    ]  # fmt: skip
    again = api.put("churn-answers/bulk", items[:2]).json()
    assert (again["unchanged"], again["updated"]) == (2, 0)
    with world.open():
        assert set(ChurnAnswer.objects.values_list("category", flat=True)) == {"competition", "adoption"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"external_id": "x"}, "external_id"),
        ({"account": "A-9"}, "account"),
        ({"ended_on": "31.03.2026"}, "ended_on"),
        ({"said_by": "nobody"}, "said_by"),
        ({"reason": "x" * 201}, "reason"),
        ({"version": "1"}, "version"),
    ],
)
def test_what_cannot_be_accepted_is_named(api, world, change, field):
    row = api.post("churn-answers", BODY).json()
    refused = api.patch(f"churn-answers/{row['id']}", change)
    assert refused.status_code == 422, refused.json()
    assert field in refused.json()["error"]["fields"]
    with world.open():
        assert ChurnAnswer.objects.get().version == 1
