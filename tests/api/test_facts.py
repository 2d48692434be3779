"""Tickets, touchpoints, survey answers and outcomes over HTTP (API-01, ACC-06, ACC-07, ACC-10, VAL-01)."""

import pytest

from accounts.enums import ChangeSource
from accounts.merging import Origin, merge_accounts, merge_contacts
from accounts.rows import parse
from health.models import HeldTicket, Outcome, OutcomeMeasurement, Survey, Ticket, TicketChange, Touchpoint
from health.support.jobs import release_step

ORIGIN = Origin(ChangeSource.API)
BODIES = {
    "tickets": {
        "external_id": "T-1", "account": "A-1", "state": "New", "event_at": "2026-03-02T08:00:00Z", "user": "Ana",
        "subject": "Broken", "category": "Data", "priority": "P1", "opened_at": "2026-03-02T07:50:00Z",
        "resolved_at": None, "closed_at": None, "escalated_to": "", "reassignment_count": 0, "reopen_count": 0,
        "sentiment": "negative",
    },
    "touchpoints": {
        "external_id": "M-1", "account": "A-1", "contact": "C-1", "member_email": "csm@acme.example", "kind": "email",
        "status": "replied", "happened_at": "2026-03-04T14:00:00Z", "inbound": False, "minutes": 30,
        "opened_at": "2026-03-04T15:00:00Z", "clicked_at": None, "replied_at": "2026-03-04T16:00:00Z",
        "sentiment": "positive", "subject": "Hello", "note": "two\nlines", "attendees": ["C-1"],
        "colleagues": ["csm@acme.example", "leader@acme.example"],
    },
    "surveys": {
        "external_id": "R-1", "account": "A-1", "contact": "C-1", "kind": "ces", "context": "ticket", "score": "2.00",
        "scale": 7, "direction": "low_is_easy", "answered_at": "2026-03-05T09:00:00Z", "comment": "Fine",
    },
    "outcomes": {
        "external_id": "O-1", "account": "A-1", "name": "Close", "metric": "efficiency", "unit": "hours",
        "baseline": "120.0000", "target": "60.0000", "agreed_on": "2026-01-15", "due_on": "2026-07-15",
        "data_source": "Time sheets", "owner_email": "csm@acme.example", "customer_owner": "C-1", "first_value": True,
        "confirmed_on": None, "confirmed_by": None, "value": "48000.00", "story": "", "dropped_on": None,
        "measurements": [{"measured_on": "2026-03-31", "value": "84.5000", "note": "March"}],
    },
}  # fmt: skip
MODELS = {"tickets": Ticket, "touchpoints": Touchpoint, "surveys": Survey, "outcomes": Outcome}
WRITE_ONLY = {"event_at", "changes", "sequence"}


@pytest.fixture(autouse=True)
def accounts(worlds):
    for world in worlds:
        with world.open():
            merge_accounts([parse("accounts", n, {"account": name}) for n, name in enumerate(("A-1", "A-2"))], ORIGIN)
            people = [{"contact": f"C-{n}", "account": f"A-{n}", "name": "Ana"} for n in (1, 2)]
            merge_contacts([parse("contacts", n, cells) for n, cells in enumerate(people)], ORIGIN)


@pytest.mark.parametrize("name", BODIES)
def test_a_row_holds_what_was_sent_and_can_be_sent_back(api, world, rival, name):
    made = api.post(name, BODIES[name])
    assert made.status_code == 201, made.json()
    row = made.json()
    assert {k: row[k] for k in BODIES[name] if k not in WRITE_ONLY} == {
        k: v for k, v in BODIES[name].items() if k not in WRITE_ONLY
    }
    assert (row["version"], made["ETag"]) == (1, '"1"')
    assert api.get(f"{name}/ext:{row['external_id']}").json() == row
    for method in ("PUT", "PATCH"):
        again = api.send(method, f"{name}/{row['id']}", row)
        assert (again.status_code, again.json()) == (200, row)  # nothing is said that does not stand
    with world.open():
        assert MODELS[name].objects.get().version == 1
        assert TicketChange.objects.count() == (name == "tickets")
    with rival.open():
        assert not MODELS[name].objects.exists()


@pytest.mark.parametrize("name", BODIES)
def test_stale_versions_idempotency_and_names(api, name):
    body = BODIES[name]
    first = api.post(name, body, Idempotency_Key="k1")
    again = api.post(name, body, Idempotency_Key="k1")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again["Idempotent-Replayed"] == "true"
    taken = api.post(name, body)
    assert taken.status_code == (200 if name == "tickets" else 409)  # a state change that is known
    account = {"account": "A-2"} | ({"contact": None} if "contact" in body else {})
    account |= {"customer_owner": None} if "customer_owner" in body else {}
    moved = api.patch(f"{name}/ext:{body['external_id']}", account, If_Match='"1"')
    assert (moved.status_code, moved.json()["account"], moved.json()["version"]) == (200, "A-2", 2), moved.json()
    stale = api.patch(f"{name}/ext:{body['external_id']}", account, If_Match='"1"')
    assert (stale.status_code, stale.json()["code"]) == (409, "stale")
    assert api.post(name, body | {"colour": "red"}).json()["error"]["fields"].keys() == {"colour"}
    assert api.patch(f"{name}/ext:{body['external_id']}", {"external_id": "X"}).status_code == 422
    assert api.get(f"{name}?colour=red").status_code == 422


@pytest.mark.parametrize(
    ("name", "query", "found"),
    [
        ("tickets", "account=A-1&state=new&level=urgent&unresolved=true&opened_since=2026-03-02T00:00:00Z", 1),
        ("tickets", "unresolved=false", 0),
        ("tickets", "level=low", 0),
        ("touchpoints", "account=A-1&kind=email&status=replied&happened_since=2026-03-04T00:00:00Z", 1),
        ("touchpoints", "happened_since=2026-03-05T00:00:00Z", 0),
        ("surveys", "account=A-1&kind=ces&answered_since=2026-03-05T00:00:00Z", 1),
        ("surveys", "kind=nps", 0),
        ("outcomes", "account=A-1&metric=efficiency&due_until=2026-07-15", 1),
        ("outcomes", "due_until=2026-07-14", 0),
        ("outcomes", "updated_since=2999-01-01T00:00:00Z", 0),
    ],
)
def test_filters(api, name, query, found):
    api.post(name, BODIES[name])
    assert len(api.get(f"{name}?{query}").json()["results"]) == found


def test_a_ticket_is_told_change_by_change_in_any_order(api, world):
    """ACC-07: POST of a further change answers 200 with the ticket as all changes leave it."""
    late = {"external_id": "T-1", "account": "A-1", "state": "Resolved", "event_at": "2026-03-02T12:00:00Z"}
    assert api.post("tickets", late | {"resolved_at": "2026-03-02T12:00:00Z"}).status_code == 201
    assert api.post("tickets", BODIES["tickets"]).status_code == 200
    row = api.post("tickets", late | {"state": "Active", "event_at": "2026-03-02T08:30:00Z"}).json()
    assert (row["state"], row["first_response_at"], row["first_response_minutes"]) == (
        "Resolved", "2026-03-02T08:30:00Z", "40.0000",
    )  # fmt: skip
    assert (row["resolution_minutes"], row["level"]) == ("250.0000", "urgent")
    before = row["version"]
    now = api.patch("tickets/ext:T-1", {"state": "Closed"}).json()
    assert (now["state"], now["resolved_at"], now["version"]) == ("Closed", "2026-03-02T12:00:00Z", before + 1)
    assert now["closed_at"] > "2026-03-02T12:00:00Z"  # nothing says when but the state
    with world.open():
        assert TicketChange.objects.count() == 4


def test_a_whole_ticket_at_once(api, world):
    body = {
        "external_id": "T-2", "account": "A-1", "subject": "Slow", "priority": "Low",
        "changes": [
            {"event_at": "2026-03-02T12:00:00Z", "state": "Solved", "resolved_at": "2026-03-02T12:00:00Z"},
            {"event_at": "2026-03-02T08:00:00Z", "state": "New"},
            {"event_at": "2026-03-02T09:00:00Z", "state": "Open", "reassignment_count": 2, "priority": "High"},
        ],
    }  # fmt: skip
    made = api.post("tickets", body)
    assert made.status_code == 201
    row = made.json()
    assert (row["opened_at"], row["first_response_at"], row["resolved_at"]) == (
        "2026-03-02T08:00:00Z", "2026-03-02T09:00:00Z", "2026-03-02T12:00:00Z",
    )  # fmt: skip
    assert (row["escalated_at"], row["priority"], row["state"]) == ("2026-03-02T09:00:00Z", "Low", "Solved")
    assert api.post("tickets", body).status_code == 200
    with world.open():
        assert TicketChange.objects.count() == 3
    bad = api.post(
        "tickets", body | {"changes": [{"event_at": "soon", "state": "x"}, {"colour": 1}, {"event_at": None}]}
    )
    assert bad.status_code == 422
    assert set(bad.json()["error"]["fields"]) == {"changes[0].event_at", "changes[1].colour", "changes[2].state"}
    for wrong in ("x", {"a": 1}, ["x"], [{"event_at": "2026-03-02T08:00:00Z", "state": "x"}] * 1001):
        assert api.post("tickets", body | {"changes": wrong}).status_code == 422


def test_a_ticket_of_an_unknown_account_waits(api, world):
    """CONTRACTS 1: quarantined, and merged by itself."""
    body = BODIES["tickets"] | {"account": "A-9"}
    answer = api.post("tickets", body)
    assert (answer.status_code, answer.json()) == (202, {"status": "quarantined", "account": "A-9"})
    assert api.put("tickets/ext:T-1", body).json()["error"]["fields"].keys() == {"account"}
    bulk = api.put("tickets/bulk", {"items": [body, BODIES["tickets"] | {"external_id": "T-5"}]}).json()
    assert [item["status"] for item in bulk["results"]] == ["quarantined", "created"]
    assert (bulk["created"], bulk["rejected"], bulk["quarantined"]) == (1, 0, 1)
    with world.open():
        assert HeldTicket.objects.count() == 1
        merge_accounts([parse("accounts", 1, {"account": "A-9"})], ORIGIN)
        assert release_step(None) == 1
    assert api.get("tickets/ext:T-1").json()["subject"] == "Broken"


@pytest.mark.parametrize(
    ("name", "change", "field"),
    [
        ("tickets", {"state": ""}, "state"),
        ("tickets", {"event_at": "2026-13-01"}, "event_at"),
        ("tickets", {"reopen_count": -1}, "reopen_count"),
        ("tickets", {"external_id": ""}, "external_id"),
        ("touchpoints", {"kind": "lunch"}, "kind"),
        ("touchpoints", {"attendees": ["C-2"]}, "attendees"),
        ("touchpoints", {"colleagues": ["csm@rival.example"]}, "colleagues"),
        (
            "touchpoints",
            {
                "happened_at": "2099-01-01T10:00:00Z",
                "kind": "qbr",
                "status": "attended",
                "opened_at": None,
                "replied_at": None,
            },
            "status",
        ),
        ("touchpoints", {"contact": "C-2"}, "contact"),
        ("touchpoints", {"member_email": "csm@rival.example"}, "member_email"),
        ("touchpoints", {"account": "A-9"}, "account"),
        ("surveys", {"score": 8}, "score"),
        ("surveys", {"direction": None}, "direction"),
        ("surveys", {"account": None}, "account"),
        ("outcomes", {"data_source": ""}, "data_source"),
        ("outcomes", {"target": "120"}, "target"),
        ("outcomes", {"value": "1.234"}, "value"),
        ("outcomes", {"measurements": "x"}, "measurements"),
        ("outcomes", {"measurements": [{"measured_on": "2026-03-31"}]}, "measurements[0].value"),
        ("outcomes", {"measurements": [{"measured_on": "2026-03-31", "value": 1, "by": 1}]}, "measurements[0].by"),
        ("outcomes", {"measurements": [{"measured_on": "2026-03-31", "value": n} for n in (1, 2)]}, "measurements"),
    ],
)
def test_what_cannot_be_accepted_is_422_and_writes_nothing(api, world, name, change, field):
    answer = api.post(name, BODIES[name] | change)
    assert answer.status_code == 422
    assert field in answer.json()["error"]["fields"]
    with world.open():
        assert not MODELS[name].objects.exists()
        assert not OutcomeMeasurement.objects.exists()


def test_a_required_field_of_an_outcome_stays_required(api):
    """VAL-01: metric, target, deadline and source of the data."""
    for name in ("metric", "target", "due_on", "data_source"):
        body = {k: v for k, v in BODIES["outcomes"].items() if k != name}
        assert api.post("outcomes", body).json()["error"]["fields"].keys() == {name}


def test_measurements_are_added(api, world):
    api.post("outcomes", BODIES["outcomes"])
    row = api.patch(
        "outcomes/ext:O-1",
        {"measurements": [{"measured_on": "2026-03-31", "value": "80"}, {"measured_on": "2026-04-30", "value": 70}]},
    ).json()
    assert [(m["measured_on"], m["value"]) for m in row["measurements"]] == [
        ("2026-04-30", "70.0000"), ("2026-03-31", "80.0000"),
    ]  # fmt: skip
    assert row["version"] == 2
    with world.open():
        assert OutcomeMeasurement.objects.count() == 3  # the first value of March stays on record


def test_a_bulk_of_thousands_is_taken_item_by_item(api, world):
    items = [
        {
            "external_id": f"R-{n}",
            "account": "A-1",
            "kind": "nps",
            "score": n % 12,
            "answered_at": "2026-03-05T09:00:00Z",
        }
        for n in range(1200)
    ]
    answer = api.put("surveys/bulk", {"items": items})
    assert answer.status_code == 207
    body = answer.json()
    assert (body["received"], body["created"], body["rejected"]) == (1200, 1100, 100)
    assert "quarantined" not in body
    again = api.put("surveys/bulk", {"items": items[:11]}).json()
    assert (again["unchanged"], again["created"]) == (11, 0)
    with world.open():
        assert Survey.objects.count() == 1100
