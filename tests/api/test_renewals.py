"""Renewals and save plays over REST (API-01, REN-05, REN-09, REN-10): read, changed, called, closed and taken back."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Subscription, WebhookEvent
from accounts.webhooks.events import EXAMPLES
from accounts.webhooks.services import add_endpoint
from renewals.models import Objection, Renewal
from tests.api.conftest import Api
from tests.conftest import World
from tests.renewals.renewal_facts import Contracts

DUE = "2026-12-29"


@pytest.fixture
def contracts(world: World) -> Contracts:
    """Two accounts that renew, one of them with two contracts."""
    found = Contracts(world)
    found.year("A", DUE, "412000.00", key="S-1")
    found.year("A", DUE, "12000.00", key="S-2")
    found.year("B", "2027-01-20", "60000.00", key="S-3")
    found.follow()
    return found


def first(api: Api, account: str = "A") -> dict[str, Any]:
    (row,) = api.get(f"renewals?account={account}").json()["results"]
    return row


def test_a_program_reads_a_renewal_with_all_its_parts(api: Api, contracts: Contracts):
    """CONTRACTS: read with steps, calls, lines, objections; a year's money in the company's currency."""
    with contracts.world.open():
        one = Renewal.objects.get(account__external_id="A")
        Objection.objects.create(renewal=one, text="Too dear", reason="price", raised_on=one.opened_on)
    row = first(api)
    assert (row["due_on"], row["state"], row["phase"], row["arr"]) == (DUE, "open", "preparing", "423999.96")
    assert [line["subscription"] for line in sorted(row["lines"], key=lambda line: line["subscription"])] == [
        "S-1",
        "S-2",
    ]
    assert [step["step"] for step in row["steps"]] == ["prep", "talk", "proposal", "negotiate", "sign"]
    assert [each["text"] for each in row["objections"]] == ["Too dear"]
    assert row["calls"] == []
    assert (row["system_call"], row["confidence"]) == (None, None)
    one_row = api.get(f"renewals/{row['id']}")
    assert one_row.json() == row == api.get(f"renewals/ext:{row['external_id']}").json()
    assert one_row["ETag"] == f'"{row["version"]}"'


@pytest.mark.parametrize(
    ("query", "accounts"),
    [
        ("state=open", {"A", "B"}),
        ("state=renewed", set()),
        ("due_since=2027-01-01", {"B"}),
        ("due_until=2026-12-29", {"A"}),
        ("phase=talking", set()),
        ("intent=unknown&segment=Mid-market", {"A", "B"}),
        ("owner=nobody@acme.example", set()),
        ("updated_since=2000-01-01T00:00:00Z", {"A", "B"}),
        ("closed_since=2026-01-01", set()),
    ],
)
def test_lists_are_filtered(api: Api, contracts: Contracts, query: str, accounts: set[str]):
    rows = api.get(f"renewals?{query}").json()["results"]
    assert {row["account"] for row in rows} == accounts


def test_pages_go_on_by_a_cursor(api: Api, contracts: Contracts):
    page = api.get("renewals?limit=1").json()
    following = api.get(page["next"].split("/api/v1/")[1]).json()
    assert {page["results"][0]["account"], following["results"][0]["account"]} == {"A", "B"}
    assert following["next"] is None


def test_what_stands_elsewhere_is_taken_over(api: Api, contracts: Contracts):
    """Phase, intent, terms, reviews, next step and the CSM's call; the row as it was read changes nothing."""
    row = first(api)
    body = {
        "intent": "renew", "offered": "420000.00", "term_months": 24, "prepaid": True, "legal": "done", "phase": "signing",
        "next_step": "Send it", "next_step_on": "2026-12-01", "csm_call": "88.5", "csm_reason": "They agreed",
    }  # fmt: skip
    changed = api.patch(f"renewals/{row['id']}", body, If_Match=f'"{row["version"]}"')
    assert changed.status_code == 200, changed.json()
    now = changed.json()
    for name, value in (body | {"csm_call": "88.50"}).items():
        assert name == "csm_reason" or now[name] == value, name
    assert now["confidence"] == "likely"
    assert [(each["caller"], each["reasons"][0]["text"]) for each in now["calls"]] == [("csm", "They agreed")]
    assert api.patch(f"renewals/{row['id']}", {"intent": "less", "version": row["version"]}).status_code == 409
    assert api.patch(f"renewals/{row['id']}", {"intent": "less"}, If_Match='"1"').status_code == 409
    again = api.patch(f"renewals/{row['id']}", now)
    assert (again.status_code, again.json()["version"]) == (200, now["version"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"phase": "proposed"}, "phase"),
        ({"phase": "nowhere"}, "phase"),
        ({"legal": "refused", "offered": "1.00", "phase": "signing"}, "phase"),
        ({"csm_call": "101", "csm_reason": "x"}, "csm_call"),
        ({"csm_call": "60"}, "csm_reason"),
        ({"csm_call": "60", "csm_reason": "x", "csm_email": "nobody@acme.example"}, "csm_email"),
        ({"offered": "-1"}, "offered"),
        ({"next_step_on": "2040-01-01", "next_step": "Far"}, "next_step_on"),
        ({"colour": "red"}, "colour"),
        ({"due_on": "2027-01-01"}, "external_id"),
        ({"external_id": "other"}, "external_id"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(api: Api, contracts: Contracts, body: dict[str, Any], field: str):
    """A row is taken whole or not at all."""
    row = first(api)
    refused = api.patch(f"renewals/{row['id']}", {"intent": "renew"} | body)
    assert refused.status_code == 422, refused.json()
    assert list(refused.json()["error"]["fields"]) == [field]
    assert first(api) == row


def test_many_at_once_by_account_and_day(api: Api, contracts: Contracts):
    """Keyed by external id, or by account and the day on which it renews; a renewal opens by its contracts alone."""
    own = first(api, "B")["external_id"]
    items = [
        {"account": "A", "due_on": DUE, "intent": "unsure"},
        {"external_id": own, "intent": "renew"},
        {"account": "A", "due_on": "2030-01-01", "intent": "renew"},
        {"account": "nobody", "due_on": DUE},
        {"account": "B", "due_on": "2027-01-20", "intent": "leave"},
        {"intent": "renew"},
    ]
    answer = api.put("renewals/bulk", {"items": items})
    assert answer.status_code == 207
    told = [(each["status"], each["errors"] and each["errors"][0]["code"]) for each in answer.json()["results"]]
    assert told == [
        ("updated", []), ("updated", []), ("rejected", "unknown_renewal"), ("rejected", "unknown_account"),
        ("rejected", "repeated"), ("rejected", "required"),
    ]  # fmt: skip
    assert api.put("renewals/bulk", {"items": items[:2]}).json()["unchanged"] == 2
    assert (first(api)["intent"], first(api, "B")["intent"]) == ("unsure", "renew")


def test_calls_of_people_are_kept_apart(api: Api, contracts: Contracts):
    """REN-05: a call says why; a leader's is of who may read the week; at risk it opens a save play (REN-09)."""
    row = first(api)
    path, why = f"renewals/{row['id']}/calls", [{"sign": "-", "text": "The champion left"}]
    called = api.post(path, {"caller": "csm", "probability": "60", "reasons": why, "member_email": "csm@acme.example"})
    assert called.status_code == 200, called.json()
    assert (called.json()["csm_call"], called.json()["confidence"]) == ("60.00", "at_risk")
    assert called.json()["calls"][0]["member_email"] == "csm@acme.example"
    leader = {"caller": "leader", "probability": "75", "reasons": why}
    assert api.post(path, leader | {"member_email": "csm@acme.example"}).status_code == 403
    assert api.post(path, leader | {"version": 1}).status_code == 409
    assert api.post(path, leader).json()["confidence"] == "likely"
    for bad in (
        {"caller": "system"},
        {"probability": "101"},
        {"reasons": []},
        {"reasons": [{"text": " "}]},
        {"sign": "?"},
    ):
        assert api.post(path, leader | bad).status_code == 422, bad
    (save,) = api.get("save-plays?state=running").json()["results"]
    assert (save["account"], save["cause"], save["lead_days"], save["arr"]) == ("A", "call", 38, "423999.96")


def test_closing_writes_the_contracts_and_can_be_undone(api: Api, contracts: Contracts):
    """REN-10."""
    row = first(api)
    shown = api.get(f"renewals/{row['id']}/close?outcome=renewed").json()
    assert sorted((line["entry"], line["mrr_before"], line["mrr_after"]) for line in shown["rows"]) == [
        ("renewal", "1000.00", "1000.00"), ("renewal", "34333.33", "34333.33"),
    ]  # fmt: skip
    assert (shown["mrr_before"], shown["mrr_after"], shown["leaves"]) == ("35333.33", "35333.33", False)
    assert api.get(f"renewals/{row['id']}/close").status_code == 422
    body = {"outcome": "contracted", "lines": [{"subscription": "S-2", "leaves": True}], "term_months": 12, "effort": 6}
    assert api.post(f"renewals/{row['id']}/close", {"outcome": "open"}).status_code == 422
    assert api.post(f"renewals/{row['id']}/close", {"outcome": "renewed", "amount": "1.00"}).status_code == 422
    unknown = body | {"lines": [{"subscription": "S-3"}]}
    assert api.post(f"renewals/{row['id']}/close", unknown).status_code == 422
    assert api.post(f"renewals/{row['id']}/close", body | {"version": 99}).status_code == 409
    closed = api.post(f"renewals/{row['id']}/close", body, Idempotency_Key="once")
    assert closed.status_code == 200, closed.json()
    assert (closed.json()["state"], closed.json()["kept_arr"]) == ("contracted", "411999.96")
    assert api.post(f"renewals/{row['id']}/close", body, Idempotency_Key="once").json() == closed.json()
    assert api.post(f"renewals/{row['id']}/close", body).status_code == 422
    with contracts.world.open():
        assert Subscription.objects.filter(external_id="S-1", start_on=DUE, voided=False).count() == 1
    assert api.patch(f"renewals/{row['id']}", {"intent": "renew"}).status_code == 422
    back = api.post(f"renewals/{row['id']}/undo", {})
    assert (back.status_code, back.json()["state"], back.json()["closed_on"]) == (200, "open", None)
    assert api.post(f"renewals/{row['id']}/undo", {}).status_code == 422
    with contracts.world.open():
        assert not Subscription.objects.filter(external_id="S-1", start_on=DUE, voided=False).exists()


def test_save_plays_are_opened_and_withdrawn(api: Api, contracts: Contracts):
    """REN-09: saved or lost is no matter of a request; by mistake is."""
    made = api.post("save-plays", {"account": "B", "approach": "Sponsor to sponsor"})
    assert (made.status_code, made.json()["state"], made.json()["lead_days"]) == (201, "running", 60)
    assert made["Location"].endswith(made.json()["id"])
    assert api.post("save-plays", {"account": "B"}).json()["id"] == made.json()["id"]
    assert api.post("save-plays", {"account": "nobody"}).status_code == 422
    path = f"save-plays/{made.json()['id']}"
    assert api.patch(path, {"approach": "Executive visit"}).json()["approach"] == "Executive visit"
    assert api.patch(path, {"state": "saved"}).status_code == 422
    assert api.patch(path, {"approach": "x", "version": 1}).status_code == 409
    assert api.patch(path, {"state": "withdrawn"}).json()["state"] == "withdrawn"
    assert api.get("save-plays?opened_since=2027-01-01").json()["results"] == []


def test_a_rival_s_rows_answer_like_none(api: Api, rival_api: Api, contracts: Contracts, rival: World):
    """API-04."""
    theirs = Contracts(rival)
    theirs.year("ONLY", DUE, "1200.00", key="X")
    theirs.follow()
    row = first(rival_api, "ONLY")
    save = rival_api.post("save-plays", {"account": "ONLY"}).json()
    before = first(rival_api, "ONLY")
    assert {each["account"] for each in api.get("renewals").json()["results"]} == {"A", "B"}
    assert api.get("save-plays").json()["results"] == []
    for path in (f"renewals/{row['id']}", f"renewals/ext:{row['external_id']}"):
        assert api.get(path).status_code == api.patch(path, {"intent": "leave"}).status_code == 404
        for verb, body in (
            ("calls", {"caller": "csm", "probability": "1", "reasons": [{"text": "x"}]}),
            ("close", {"outcome": "churned"}),
            ("undo", {}),
        ):
            assert api.post(f"{path}/{verb}", body).status_code == 404
        assert api.get(f"{path}/close?outcome=renewed").status_code == 404
    assert api.patch(f"save-plays/{save['id']}", {"state": "withdrawn"}).status_code == 404
    sent = api.put("renewals/bulk", {"items": [{"external_id": row["external_id"], "intent": "leave"}]})
    assert sent.json()["results"][0]["errors"][0]["code"] == "unknown_renewal"
    assert first(rival_api, "ONLY") == before


def test_a_page_asks_as_often_for_many_as_for_one(api: Api, contracts: Contracts):
    def count() -> int:
        with CaptureQueriesContext(connection) as found:
            assert api.get("renewals").status_code == 200
        return len(found)

    count()
    few = count()
    for number in range(10):
        contracts.year(f"C-{number}", DUE, "1200.00", key=f"C-{number}")
    contracts.follow()
    assert count() == few


def test_webhooks_hear_of_renewals(world: World, api: Api):
    """API-03: a window that opened, a call that changed, a decision; the same again is told once."""
    with world.open():
        add_endpoint(name="All", url="https://example.com/", by=world.members["admin"])
    contracts = Contracts(world)
    contracts.year("A", "2027-02-18", "412000.00", key="S-1")
    contracts.year("OLD", "2026-11-30", "1200.00", key="S-2")
    contracts.follow()
    contracts.follow()
    row = first(api)
    call = {"caller": "csm", "probability": "60", "reasons": [{"text": "Budget"}]}
    for _twice in range(2):
        api.post(f"renewals/{row['id']}/calls", call)
    assert api.post(f"renewals/{row['id']}/close", {"outcome": "renewed"}).status_code == 200
    with world.open():
        told = list(WebhookEvent.objects.filter(kind__startswith="renewal.").order_by("id"))
        ours = [(each.kind, each.account.external_id) for each in told]
    assert ours == [
        ("renewal.window_opened", "A"), ("renewal.call_changed", "A"), ("renewal.closed", "A"),
    ]  # fmt: skip
    assert [set(each.data) for each in told] == [set(EXAMPLES[each.kind]) for each in told]
    opened, called, closed = (each.data for each in told)
    assert (opened["due_on"], opened["days_left"], opened["arr"]) == ("2027-02-18", 89, "411999.96")
    assert (called["before"], called["after"], called["confidence"]) == (None, 60, "at_risk")
    assert (closed["outcome"], closed["due_arr"], closed["kept_arr"]) == ("renewed", "411999.96", "411999.96")
