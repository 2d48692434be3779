"""Many rows at once: each taken or rejected on its own, the same rows twice change nothing (API-01)."""

import time

import pytest

from accounts.models import Account, Contact, FxRate, Subscription, SubscriptionChange
from cs_platform.kernel.models import AuditEntry


def accounts(count, **fields):
    return [{"external_id": f"A-{n}", "name": f"Northwind {n}", **fields} for n in range(count)]


def statuses(answer):
    return [item["status"] for item in answer.json()["results"]]


def test_new_changed_same_and_wrong_items_in_one_request(api, world):
    api.put("accounts/bulk", {"items": accounts(2)})
    with world.open():
        before = {a.external_id: a.id for a in Account.objects.all()}
    answer = api.put(
        "accounts/bulk",
        {
            "items": [
                {"external_id": "A-0", "name": "Northwind 0"},
                {"external_id": "A-1", "industry": "Energy"},
                {"external_id": "A-2"},
                {"external_id": "A-3", "employees": "many", "tier": "none"},
                {"name": "no key"},
                {"external_id": "A-2", "name": "again"},
                {"external_id": "A-4", "tenant": 1},
                "text",
                None,
                {"external_id": "A-5", "owner_email": "csm@rival.example"},
            ]
        },
    )
    assert answer.status_code == 207
    body = answer.json()
    assert {k: body[k] for k in body if k != "results"} == {
        "received": 10,
        "created": 1,
        "updated": 1,
        "unchanged": 1,
        "rejected": 7,
    }
    assert [item["index"] for item in body["results"]] == list(range(10))
    assert statuses(answer) == ["unchanged", "updated", "created", *["rejected"] * 7]
    assert [item["id"] for item in body["results"][:2]] == [str(before["A-0"]), str(before["A-1"])]
    errors = [[(e["field"], e["code"]) for e in item["errors"]] for item in body["results"]]
    assert errors[:3] == [[], [], []]
    assert errors[3:] == [
        [("employees", "not_a_whole_number"), ("tier", "unknown_choice")],
        [("external_id", "required")],
        [("external_id", "repeated")],
        [("tenant", "unknown_field")],
        [("", "not_an_object")],
        [("", "not_an_object")],
        [("owner_email", "unknown_member")],
    ]
    assert all(e["message"] for item in body["results"] for e in item["errors"])
    with world.open():
        assert sorted(Account.objects.values_list("external_id", "name", "industry")) == [
            ("A-0", "Northwind 0", ""),
            ("A-1", "Northwind 1", "Energy"),
            ("A-2", "A-2", ""),
        ]


def test_the_same_request_twice_changes_nothing(api, world):
    api.put("accounts/bulk", accounts(3))
    periods = [
        {
            "external_id": f"S-{n}",
            "account": f"A-{n}",
            "start_date": "2026-01-01",
            "amount": "10.00",
            "currency": "USD",
            "product": "Cloud",
        }
        for n in range(3)
    ]
    contacts = [{"external_id": f"C-{n}", "account": "A-1", "name": "Ana"} for n in range(3)]
    rates = [{"month": "2026-10", "base": "EUR", "quote": q, "rate": "1.08"} for q in ("USD", "GBP", "IDR")]
    for name, items in (
        ("accounts", accounts(3)),
        ("subscriptions", periods),
        ("contacts", contacts),
        ("fx-rates", rates),
    ):
        first = api.put(f"{name}/bulk", {"items": items})
        assert first.status_code == 200, first.content
        assert set(statuses(first)) == {"unchanged" if name == "accounts" else "created"}
        second = api.put(f"{name}/bulk", items)
        assert second.status_code == 200
        assert statuses(second) == ["unchanged"] * 3
    with world.open():
        assert SubscriptionChange.objects.count() == Subscription.objects.count() == Contact.objects.count() == 3
        assert FxRate.objects.count() == 3
        assert set(Account.objects.values_list("version", flat=True)) == {1}


def test_a_rate_that_changes_is_a_row_of_its_own(api, world):
    rate = {"month": "2026-10", "base": "EUR", "quote": "USD", "rate": "1.08"}
    api.put("fx-rates/bulk", [rate])
    changed = api.put("fx-rates/bulk", [rate | {"rate": 1.09}])
    assert statuses(changed) == ["updated"]
    assert [row["rate"] for row in api.get("fx-rates").json()["results"]] == ["1.0800000000", "1.0900000000"]
    for wrong, field in (({"rate": 0}, "rate"), ({"quote": "EUR"}, "quote"), ({"month": "2026-13"}, "month")):
        answer = api.put("fx-rates/bulk", [rate | wrong])
        assert answer.status_code == 207
        assert answer.json()["results"][0]["errors"][0]["field"] == field


def test_a_stale_version_rejects_its_item_alone(api, world):
    api.put("accounts/bulk", accounts(2))
    answer = api.put(
        "accounts/bulk", accounts(2, industry="Energy", version=2)[:1] + accounts(2, industry="Energy", version=1)[1:]
    )
    assert statuses(answer) == ["rejected", "updated"]
    assert answer.json()["results"][0]["errors"][0]["code"] == "stale"
    with world.open():
        assert dict(Account.objects.values_list("external_id", "industry")) == {"A-0": "", "A-1": "Energy"}


def test_more_than_five_thousand_are_refused_and_five_thousand_are_taken_in_seconds(api, world):
    answer = api.put("accounts/bulk", accounts(5001))
    assert answer.status_code == 422
    assert list(answer.json()["error"]["fields"]) == ["items"]
    begin = time.monotonic()
    answer = api.put("accounts/bulk", accounts(5000, segment="Enterprise", attributes={"erp": "SAP"}))
    taken = time.monotonic() - begin
    assert answer.status_code == 200
    assert answer.json()["created"] == 5000
    assert taken < 20
    with world.open():
        assert Account.objects.filter(segment__name="Enterprise").count() == 5000
        entry = AuditEntry.objects.get(table="accounts_account")
        assert (entry.actor, entry.changes) == ("test", {"rows": [None, 5000]})


def test_nothing_to_do_is_no_error(api, world):
    answer = api.put("accounts/bulk", {"items": []})
    assert answer.status_code == 200
    assert answer.json()["received"] == 0


@pytest.mark.parametrize("name", ["accounts", "contacts", "subscriptions"])
def test_bulk_writes_own_rows_only(api, rival_api, worlds, name):
    items = {
        "accounts": accounts(1),
        "contacts": [{"external_id": "C-1", "account": "A-0", "name": "Ana"}],
        "subscriptions": [
            {"external_id": "S-1", "account": "A-0", "start_date": "2026-01-01", "amount": 1, "currency": "USD"}
        ],
    }
    for program in (api, rival_api):
        program.put("accounts/bulk", accounts(1))
        assert program.put(f"{name}/bulk", items[name]).status_code == 200
    changed = {"name": "changed"} if name != "subscriptions" else {"amount": 2}
    assert statuses(api.put(f"{name}/bulk", [items[name][0] | changed])) == ["updated"]
    mine, theirs = (program.get(f"{name}").json()["results"][0] for program in (api, rival_api))
    assert mine["version"] == 2
    assert theirs["version"] == 1
