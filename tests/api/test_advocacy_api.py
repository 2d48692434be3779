"""/api/v1/advocacy and what lies below it: read, made, changed, in bulk, by a program (ADV-01 to ADV-05, API-01, API-04)."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models.outgoing import WebhookEvent
from accounts.webhooks.services import add_endpoint
from advocacy.models import Advocate, Ask, Asset, ReferenceRequest, Referral
from tests.advocacy.advocacy_facts import account, ago, person, qualified, today

PERSON = {"external_id": "AD-1", "account": "A-1", "contact": "C-A-1", "consent": "name_logo"}
ASSET = {
    "external_id": "AS-1",
    "account": "A-1",
    "kind": "review",
    "title": "Five stars",
    "site": "g2",
    "rating": "4.5",
}
LEAD = {
    "external_id": "RF-1",
    "account": "A-1",
    "prospect": "Tidewater",
    "asked_on": "2026-03-01",
    "amount": "46000.00",
}


@pytest.fixture
def filled(worlds):
    """The same qualified account with a champion on both sides, and a second account."""
    for world in worlds:
        with world.open():
            for key in ("A-1", "A-2"):
                row = account(world, key)
                qualified(row)
                person(row)
    return worlds


def test_an_advocate_is_made_read_changed_and_says_whether_they_may_be_asked(api, filled):
    answer = api.post("advocacy", PERSON)
    assert answer.status_code == 201, answer.json()
    row = answer.json()
    assert {name: row[name] for name in PERSON} == PERSON
    assert (row["state"], row["legal"], row["consent_on"]) == ("enrolled", "approved", today().isoformat())
    assert row["may_ask"] == {"ready": True, "code": None, "reason": None, "until": None}
    assert api.post("advocacy", PERSON).status_code == 409
    changed = api.patch("advocacy/ext:AD-1", {"legal": "waiting", "note": "Slow"}, If_Match=answer["ETag"])
    assert changed.status_code == 200, changed.json()
    assert changed.json()["may_ask"]["code"] == "legal_open"
    assert api.patch("advocacy/ext:AD-1", {"note": "Late"}, If_Match=answer["ETag"]).status_code == 409
    left = api.patch("advocacy/ext:AD-1", {"state": "left"}).json()
    assert (left["left_on"], left["may_ask"]["code"]) == (today().isoformat(), "left")
    assert api.put("advocacy/ext:AD-2", PERSON | {"external_id": "AD-2"}).status_code == 422, "the person is taken"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"account": "A-9"}, "account"),
        ({"contact": "C-9"}, "contact"),
        ({"contact": "C-A-2"}, "contact"),
        ({"consent": "everything"}, "consent"),
        ({"consent": None}, "consent"),
        ({"consent_on": "2026-02-30"}, "consent_on"),
        ({"consent_on": "2026-02-01", "consent_until": "2026-01-01"}, "consent_until"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_bad_advocates_are_refused_at_their_field(api, filled, change, field):
    answer = api.post("advocacy", PERSON | change)
    assert answer.status_code == 422
    assert field in answer.json()["error"]["fields"]
    with filled[0].open():
        assert not Advocate.objects.exists()


def test_assets_and_referrals_come_in_bulk_and_twice_is_once(api, filled):
    world = filled[0]
    with world.open():
        add_endpoint(name="Ours", url="https://example.com/hook", by=world.members["admin"])
    assert api.put("advocacy/bulk", {"items": [PERSON]}).json()["created"] == 1
    items = [
        ASSET,
        ASSET | {"external_id": "AS-2", "kind": "talk"},
        ASSET | {"external_id": "AS-3", "advocate": "AD-9"},
    ]
    answer = api.put("advocacy/assets/bulk", {"items": items})
    assert answer.status_code == 207
    assert [one["status"] for one in answer.json()["results"]] == ["created", "rejected", "rejected"]
    leads = [LEAD | {"advocate": "AD-1"}, LEAD | {"external_id": "RF-2", "state": "won", "customer": "A-2"}]
    assert api.put("advocacy/referrals/bulk", {"items": leads}).json()["created"] == 2
    again = api.put("advocacy/referrals/bulk", {"items": leads}).json()
    assert (again["unchanged"], again["updated"]) == (2, 0)
    with world.open():
        assert Asset.objects.get().legal == "draft"
        won = Referral.objects.get(external_id="RF-2")
        assert (won.customer.external_id, won.ended_on, won.amount_minor) == ("A-2", today(), 4_600_000)
        assert WebhookEvent.objects.filter(kind="referral.won").count() == 1
    moved = api.patch("advocacy/referrals/ext:RF-1", {"state": "introduced", "introduced_on": "2026-04-01"})
    assert moved.status_code == 200, moved.json()
    assert api.patch("advocacy/referrals/ext:RF-1", {"customer": "A-2"}).status_code == 422, "came by another one"
    assert api.patch("advocacy/referrals/ext:RF-1", {"agreed_on": "2026-01-01"}).status_code == 422, (
        "before it was asked"
    )
    lost = api.patch("advocacy/referrals/ext:RF-1", {"state": "lost"}).json()
    assert lost["ended_on"] == today().isoformat()
    assert api.patch("advocacy/assets/ext:AS-1", {"kind": "case_study"}).status_code == 422, "a case study has no stars"
    approved = api.patch("advocacy/assets/ext:AS-1", {"legal": "approved"}).json()
    assert approved["legal_since"] == today().isoformat()


def test_an_ask_goes_through_the_gate_and_history_does_not(api, filled):
    """ADV-01: 422 with the reason, also for a program; what was asked before is told."""
    api.post("advocacy", PERSON)
    wanted = api.post("advocacy/requests", {"prospect": "Tidewater", "due_on": "2027-01-15", "deal": "310000"})
    assert wanted.status_code == 201, wanted.json()
    assert (wanted.json()["deal"], wanted.json()["currency"]) == ("310000.00", "USD")
    made = api.post("advocacy/asks", {"advocate": "AD-1", "kind": "reference", "request_id": wanted.json()["id"]})
    assert made.status_code == 201, made.json()
    assert api.get(f"advocacy/requests/{wanted.json()['id']}").json()["state"] == "matched"
    again = api.post("advocacy/asks", {"advocate": "AD-1", "kind": "reference"})
    assert again.status_code == 422
    assert again.json()["error"]["code"] == "resting"
    old = api.post("advocacy/asks", {"advocate": "AD-1", "kind": "review", "asked_on": ago(300).isoformat()})
    assert old.status_code == 201
    answer = api.patch(f"advocacy/asks/{made.json()['id']}", {"state": "declined"})
    assert "failure" in answer.json()["error"]["fields"]
    answer = api.patch(f"advocacy/asks/{made.json()['id']}", {"state": "declined", "failure": "legal"}, If_Match='"1"')
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    assert api.patch(f"advocacy/asks/{made.json()['id']}", {"state": "done", "version": 1}).status_code == 409
    for change in ({"advocate": "AD-9"}, {"request_id": str(uuid4())}, {"asset": "AS-9"}, {"kind": "poem"}):
        assert api.post("advocacy/asks", {"advocate": "AD-1", "kind": "reference"} | change).status_code == 422
    done = api.patch(f"advocacy/requests/{wanted.json()['id']}", {"state": "done", "won": True}).json()
    assert (done["state"], done["won"], done["ended_on"]) == ("done", True, today().isoformat())
    assert api.patch(f"advocacy/requests/{wanted.json()['id']}", {"won": True}).status_code == 422


def test_the_same_key_makes_one_ask(api, filled):
    api.post("advocacy", PERSON)
    body = {"advocate": "AD-1", "kind": "reference"}
    first, second = (api.post("advocacy/asks", body, Idempotency_Key="k-1") for _n in range(2))
    assert first.json() == second.json()
    with filled[0].open():
        assert Ask.objects.count() == 1


def test_lists_filter_and_page(api, filled):
    items = [ASSET | {"external_id": f"AS-{n}", "legal": "approved" if n % 2 else "draft"} for n in range(5)]
    api.put("advocacy/assets/bulk", {"items": items})
    page = api.get("advocacy/assets?legal=draft&limit=2&fields=external_id").json()
    assert [one["external_id"] for one in page["results"]] == ["AS-0", "AS-2"]
    following = api.get(page["next"].split("/api/v1/")[1]).json()
    assert [one["external_id"] for one in following["results"]] == ["AS-4"]
    assert following["next"] is None
    assert api.get("advocacy/assets?legal=maybe").status_code == 422
    assert api.get(f"advocacy/assets?updated_since={today().year + 2}-01-01T00:00:00Z").json()["results"] == []


def test_a_list_asks_the_same_number_of_questions_for_many(api, filled):
    world = filled[0]
    api.post("advocacy", PERSON)
    with CaptureQueriesContext(connection) as few:
        assert len(api.get("advocacy").json()["results"]) == 1
    with world.open():
        for n in range(5):
            row = account(world, f"B-{n}")
            qualified(row)
            person(row)
    api.put(
        "advocacy/bulk",
        {"items": [PERSON | {"external_id": f"B-{n}", "account": f"B-{n}", "contact": f"C-B-{n}"} for n in range(5)]},
    )
    with CaptureQueriesContext(connection) as many:
        assert len(api.get("advocacy").json()["results"]) == 6
    assert len(many) == len(few)


def test_a_foreign_row_and_an_unknown_one_answer_alike(api, rival_api, filled):
    """API-04: each resource, by id and by external id."""
    rival_api.post("advocacy", PERSON)
    rival_api.post("advocacy/assets", ASSET)
    rival_api.post("advocacy/referrals", LEAD)
    rival_api.post("advocacy/requests", {"prospect": "T", "due_on": "2027-01-15"})
    rival_api.post("advocacy/asks", {"advocate": "AD-1", "kind": "reference"})
    with filled[1].open():
        rows = {
            "advocacy": Advocate.objects.get(), "advocacy/assets": Asset.objects.get(), "advocacy/referrals": Referral.objects.get(),
            "advocacy/requests": ReferenceRequest.objects.get(), "advocacy/asks": Ask.objects.get(),
        }  # fmt: skip
    for name, row in rows.items():
        assert api.get(name).json()["results"] == []
        for method, body in (("GET", None), ("PATCH", {"state": "done"} if name.endswith("asks") else {})):
            assert api.send(method, f"{name}/{row.id}", body).status_code == 404, name
            assert api.send(method, f"{name}/{uuid4()}", body).status_code == 404
            assert api.send(method, f"{name}/ext:AD-1", body).status_code == 404
    assert api.post("advocacy/asks", {"advocate": "AD-1", "kind": "reference"}).status_code == 422
