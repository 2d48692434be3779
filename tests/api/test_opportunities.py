"""Opportunities and signals over REST (API-01, EXP-01, EXP-05, EXP-06): read, written, moved, won and lost by a program."""

import pytest

from accounts.models import Account, Subscription, Tenant
from expansion import services
from expansion.models import Opportunity, Signal
from tests.expansion.deals import DAY, contract, customer, deal

NEW = {"external_id": "OP-9", "account": "calder-rail", "name": "200 more seats", "amount": "36000.00", "seats": 200}


@pytest.fixture
def account(world) -> Account:
    with world.open():
        return customer(owner=world.members["csm"])


def test_a_program_makes_reads_changes_and_lists_deals(api, world, account):
    made = api.post("opportunities", NEW)
    assert made.status_code == 201, made.json()
    row = made.json()
    assert (row["stage"], row["amount"], row["currency"], row["motion"], row["owner_email"]) == (
        "identified", "36000.00", "USD", "upsell", "csm@acme.example",
    )  # fmt: skip
    assert api.post("opportunities", NEW).status_code == 409
    assert api.get("opportunities/ext:OP-9").json() == api.get(f"opportunities/{row['id']}").json() == row
    changed = api.patch("opportunities/ext:OP-9", {"amount": "40000.00", "close_on": "2030-01-31"})
    assert (changed.status_code, changed.json()["amount"], changed.json()["seats"]) == (200, "40000.00", 200)
    assert api.patch("opportunities/ext:OP-9", {"name": "Late", "version": 1}).status_code == 409
    listed = api.get("opportunities?stage=identified&close_until=2030-02-01").json()["results"]
    assert [each["external_id"] for each in listed] == ["OP-9"]
    assert api.get("opportunities?stage=won").json()["results"] == []
    assert api.get(f"opportunities?updated_since={row['updated_at'].replace('+00:00', 'Z')}").json()["results"]
    with world.open():
        assert Opportunity.objects.get().source == "api"


def test_a_replacement_by_its_id_makes_or_empties(api, world, account):
    made = api.put("opportunities/ext:OP-9", {name: value for name, value in NEW.items() if name != "external_id"})
    assert made.status_code == 201
    again = api.put("opportunities/ext:OP-9", {"account": "calder-rail", "name": "Other", "amount": "1.00"})
    assert (again.status_code, again.json()["seats"], again.json()["name"]) == (200, None, "Other")


def test_many_at_once_each_on_its_own(api, world, account):
    items = [NEW, NEW | {"external_id": "OP-10", "account": "nobody"}, NEW | {"external_id": "OP-11", "colour": "red"}]
    answer = api.put("opportunities/bulk", {"items": items})
    assert answer.status_code == 207
    assert [each["status"] for each in answer.json()["results"]] == ["created", "rejected", "rejected"]
    assert api.put("opportunities/bulk", {"items": [NEW]}).json()["unchanged"] == 1


def test_the_right_is_asked_for_by_name(api, world):
    """EXP-01."""
    with world.open():
        deal(customer(earned=False), external_id="OP-9")
    refused = api.post("opportunities/ext:OP-9/move", {"stage": "qualified"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "not_earned")
    moved = api.post("opportunities/ext:OP-9/move", {"stage": "qualified", "override": "The board asked"})
    assert (moved.status_code, moved.json()["stage"], moved.json()["earned"]["healthy"]) == (200, "qualified", None)
    stale = api.post("opportunities/ext:OP-9/move", {"stage": "proposal", "version": 1})
    assert stale.status_code == 409
    assert api.post("opportunities/ext:OP-9/move", {"stage": "proposal"}, If_Match='"1"').status_code == 409
    assert api.post("opportunities/ext:OP-9/move", {"stage": "won"}).status_code == 422
    assert api.post("opportunities/ext:OP-9/move", {"stage": "nowhere"}).status_code == 422


def test_winning_writes_the_contract_and_can_be_undone(api, world, account):
    with world.open():
        today = Tenant.current().today()
        deal(account, external_id="OP-9", seats=50, amount_minor=600_000, subscription=contract(account))
    shown = api.get("opportunities/ext:OP-9/win").json()
    assert [(line["entry"], line["mrr_before"], line["mrr_after"]) for line in shown["rows"]] == [
        ("ends", "1000.00", "0.00"), ("begins", "0.00", "1500.00"),
    ]  # fmt: skip
    body = {"start_on": today.isoformat(), "amount": "1200.00", "seats": 10, "reason": "need"}
    won = api.post("opportunities/ext:OP-9/win", body)
    assert (won.status_code, won.json()["stage"], won.json()["written_start_on"]) == (200, "won", today.isoformat())
    with world.open():
        assert Subscription.objects.get(start_on=today).mrr_minor == 110_000
    assert api.post("opportunities/ext:OP-9/win", body).json()["version"] == won.json()["version"]
    back = api.post("opportunities/ext:OP-9/undo-win", {})
    assert (back.status_code, back.json()["stage"], back.json()["written_start_on"]) == (200, "identified", None)
    with world.open():
        assert not Subscription.objects.filter(start_on=today, voided=False).exists()
    assert api.post("opportunities/ext:OP-9/win", {"plan": "No such plan"}).status_code == 422


def test_a_deal_is_lost_with_its_reason(api, world, account):
    with world.open():
        deal(account, external_id="OP-9")
    assert api.post("opportunities/ext:OP-9/lose", {}).status_code == 422
    lost = api.post("opportunities/ext:OP-9/lose", {"loss": "budget", "note": "In spring"})
    assert (lost.status_code, lost.json()["loss"], lost.json()["stage"]) == (200, "budget", "lost")


def test_a_deal_goes_to_sales_as_a_handoff(api, world, account):
    """EXP-06."""
    with world.open():
        deal(account, external_id="OP-9")
    sent = api.post("opportunities/ext:OP-9/handoff", {"taker": "ops@acme.example"})
    assert (sent.status_code, sent.json()["handoff"], sent.json()["handoff_taker"]) == (200, "open", "ops@acme.example")
    assert api.post("opportunities/ext:OP-9/handoff", {"taker": "ops@acme.example"}).status_code == 409
    assert api.post("opportunities/ext:OP-9/handoff", {"taker": "nobody@acme.example"}).status_code == 422


def a_signal(account: Account, **fields) -> Signal:
    today = Tenant.current().today()
    return Signal.objects.create(
        account=account, trigger="seats_full", as_of=today, inputs={"used": 9, "limit": 10}, **fields
    )


def test_signals_are_listed_taken_up_and_dismissed(api, world, account):
    with world.open():
        first, second = a_signal(account, cause="seats"), a_signal(account, cause="seats@2026-01-01")
    listed = api.get("signals?state=open").json()["results"]
    assert [row["id"] for row in listed] == [str(first.id), str(second.id)]
    assert listed[0]["inputs"] == {"used": 9, "limit": 10}
    taken = api.post(f"signals/{first.id}/take", {"amount": "1200.00", "external_id": "OP-1"})
    assert (taken.status_code, taken.json()["trigger"], taken.json()["signal_id"]) == (201, "seats_full", str(first.id))
    assert api.post(f"signals/{first.id}/take", {"amount": "1200.00"}).status_code == 409
    assert api.post(f"signals/{second.id}/dismiss", {"version": 9}).status_code == 409
    gone = api.post(f"signals/{second.id}/dismiss", {"reason": "Trainees"})
    assert (gone.json()["state"], gone.json()["note"]) == ("dismissed", "Trainees")


def test_a_rival_s_rows_answer_like_none(api, rival_api, world, rival, account):
    """API-04."""
    with rival.open():
        theirs = customer()
        row, signal = deal(theirs, external_id="ONLY"), a_signal(theirs, cause="seats")
        before = (row.version, row.stage)
    assert api.get("opportunities").json()["results"] == api.get("signals").json()["results"] == []
    for path in (f"opportunities/{row.id}", "opportunities/ext:ONLY"):
        assert api.get(path).status_code == api.patch(path, {"name": "Ours"}).status_code == 404
        for verb, body in (
            ("move", {"stage": "qualified"}),
            ("win", {}),
            ("undo-win", {}),
            ("lose", {"loss": "budget"}),
        ):
            assert api.post(f"{path}/{verb}", body).status_code == 404
        assert api.post(f"{path}/handoff", {"taker": "ops@acme.example"}).status_code == 404
    for verb, body in (("take", {"amount": "1"}), ("dismiss", {})):
        assert api.post(f"signals/{signal.id}/{verb}", body).status_code == 404
    with rival.open():
        row.refresh_from_db()
        assert (row.version, row.stage) == before
        assert len(rival_api.get("signals").json()["results"]) == 1


def test_pages_go_on_and_cost_the_same(api, world, account, django_assert_max_num_queries):
    with world.open():
        for n in range(7):
            deal(account, external_id=f"OP-{n}", close_on=Tenant.current().today() + n * DAY)
        services.set_chance(stage="identified", chance=20, version=0, by=world.members["admin"])
    seen, path = [], "opportunities?limit=3"
    while path:
        with django_assert_max_num_queries(20):
            page = api.get(path).json()
        seen += [row["external_id"] for row in page["results"]]
        path = page["next"] and page["next"].partition("/api/v1/")[2]
    assert seen == [f"OP-{n}" for n in range(7)]
