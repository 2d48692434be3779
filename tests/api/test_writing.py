"""Create, replace, change, withdraw: with versions, once for each key, and with where it came from (API-01)."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.utils import timezone

from accounts.enums import KeyScope
from accounts.models import Account, AccountChange, Contact, Product, Segment, Subscription, SubscriptionChange
from cs_platform.api import idempotency
from cs_platform.kernel.models import AuditEntry, IdempotencyKey, Work
from tests.api.conftest import Api, key_of

ACCOUNT = {"external_id": "A-1", "name": "Northwind"}
PERIOD = {
    "external_id": "S-1",
    "account": "A-1",
    "start_date": "2026-01-01",
    "end_date": "2027-01-01",
    "interval_months": 12,
    "amount": "1200.00",
    "currency": "USD",
}


def test_an_account_is_created_with_everything_that_it_can_hold(api, world):
    for other in ("P-1", "R-1"):
        api.post("accounts", {"external_id": other})
    sent = ACCOUNT | {
        "level": "unit",
        "parent": "P-1",
        "segment": "Enterprise",
        "owner_email": "CSM@acme.example",
        "industry": "Retail",
        "source": "referral",
        "region": "APAC",
        "employees": 250,
        "domain": "northwind.example",
        "signed_on": "2026-01-15",
        "tier": "high_touch",
        "strategic": True,
        "complexity": "high",
        "cac": "1200.50",
        "referred_by": "R-1",
        "attributes": {"erp": "SAP", "floor": 3},
    }
    answer = api.post("accounts", sent)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert {k: body[k] for k in sent} == sent | {
        "owner_email": "csm@acme.example",
        "attributes": {"erp": "SAP", "floor": "3"},
    }
    assert answer["Location"] == f"/api/v1/accounts/{body['id']}"
    assert answer["ETag"] == f'"{body["version"]}"'
    assert api.get(answer["Location"].removeprefix("/api/v1/")).json() == body


def test_money_as_a_json_number_is_exact(api, world):
    for written, shown in (("12.30", "12.30"), ("0.1", "0.10"), ("99999999999.99", "99999999999.99")):
        answer = api.send("POST", "accounts", f'{{"external_id": "A-{written}", "cac": {written}}}')
        assert answer.json()["cac"] == shown


@pytest.mark.parametrize(
    "extra",
    [
        {"tenant": 1},
        {"tenant_id": 1},
        {"owner_id": "0198d000-0000-7000-8000-000000000000"},
        {"mrr_minor": 5},
        {"nonsense": None},
        {"__class__": "x"},
    ],
)
def test_a_name_that_is_no_field_is_refused(api, world, extra):
    answer = api.post("accounts", ACCOUNT | extra)
    assert answer.status_code == 422
    assert set(answer.json()["error"]["fields"]) == set(extra)
    with world.open():
        assert not Account.objects.exists()


def test_fields_that_are_derived_are_never_written(api, world, rival):
    made = api.post("accounts", ACCOUNT | {"mrr": "999.00", "status": "live", "id": "x", "currency": "JPY"}).json()
    assert (made["mrr"], made["status"], made["currency"]) == ("0.00", "prospect", "USD")
    api.post("subscriptions", PERIOD)
    for name in ("accounts/ext:A-1", "subscriptions/ext:S-1"):
        shown = api.get(name).json()
        answer = api.put(name, shown)
        assert answer.status_code == 200, answer.content
        assert answer.json() == shown  # a row may be sent back as it was read, and nothing happens


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"external_id": ""}, "external_id"),
        ({"external_id": None}, "external_id"),
        ({"external_id": "x" * 201}, "external_id"),
        ({"external_id": ["A"]}, "external_id"),
        ({"external_id": {"a": 1}}, "external_id"),
        ({"name": "x" * 201}, "name"),
        ({"name": "bell\u0007"}, "name"),
        ({"employees": -1}, "employees"),
        ({"employees": 10**18}, "employees"),
        ({"employees": "many"}, "employees"),
        ({"signed_on": "2026-02-30"}, "signed_on"),
        ({"signed_on": "01.02.2026"}, "signed_on"),
        ({"source": "luck"}, "source"),
        ({"owner_email": "nobody@acme.example"}, "owner_email"),
        ({"owner_email": "csm@rival.example"}, "owner_email"),
        ({"cac": "-1"}, "cac"),
        ({"cac": "1e5"}, "cac"),
        ({"strategic": "perhaps"}, "strategic"),
        ({"parent": "A-1"}, "parent"),
        ({"attributes": []}, "attributes"),
        ({"attributes": {"a": {"b": 1}}}, "a"),
        ({"version": "1"}, "version"),
        ({"version": True}, "version"),
    ],
)
def test_what_cannot_be_accepted_is_422_names_the_field_and_writes_nothing(api, world, change, field):
    answer = api.post("accounts", ACCOUNT | change)
    assert answer.status_code == 422
    assert list(answer.json()["error"]["fields"]) == [field]
    assert answer.json()["error"]["fields"][field]
    with world.open():
        assert not Account.objects.exists()


def test_a_key_that_is_taken_is_409(api, world):
    assert api.post("accounts", ACCOUNT).status_code == 201
    for body in (ACCOUNT, ACCOUNT | {"name": "Other"}):
        answer = api.post("accounts", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "exists")
    assert api.get("accounts/ext:A-1").json()["name"] == "Northwind"
    assert api.get("accounts/ext:A-1").json()["version"] == 1


def test_patch_changes_what_is_sent_and_put_empties_the_rest(api, world):
    api.post("accounts", ACCOUNT | {"industry": "Retail", "strategic": True, "segment": "Enterprise"})
    patched = api.patch("accounts/ext:A-1", {"industry": "Energy"}).json()
    assert (patched["industry"], patched["strategic"], patched["segment"], patched["version"]) == (
        "Energy",
        True,
        "Enterprise",
        2,
    )
    put = api.put("accounts/ext:A-1", {"name": "Northwind"}).json()
    assert (put["name"], put["industry"], put["strategic"], put["segment"], put["version"]) == (
        "Northwind",
        "",
        False,
        None,
        3,
    )
    assert api.patch("accounts/ext:A-1", {"name": "Northwind"}).json()["version"] == 3  # nothing new is no version


def test_put_to_a_new_external_id_creates(api, world):
    answer = api.put("accounts/ext:A-7", {"name": "New"})
    assert answer.status_code == 201
    assert answer.json()["external_id"] == "A-7"
    assert api.put("accounts/ext:A-7", {"name": "New"}).status_code == 200
    assert api.put("accounts/ext:A-8", {"external_id": "A-9"}).status_code == 422
    assert api.patch("accounts/ext:A-8", {"name": "x"}).status_code == 404


def test_an_external_id_never_changes(api, world):
    api.post("accounts", ACCOUNT)
    for method in ("PUT", "PATCH"):
        answer = api.send(method, "accounts/ext:A-1", {"external_id": "A-2"})
        assert answer.status_code == 422
        assert list(answer.json()["error"]["fields"]) == ["external_id"]


@pytest.mark.parametrize("way", ["If-Match", "version"])
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_stale_version_is_409_with_the_row_as_it_stands(api, world, way, method):
    api.post("accounts", ACCOUNT)
    api.patch("accounts/ext:A-1", {"industry": "Energy"})

    def change(version):
        body, headers = {"name": "Mine"}, {}
        if way == "version":
            body["version"] = version
        else:
            headers["If_Match"] = f'"{version}"'
        return api.send(method, "accounts/ext:A-1", body, **headers)

    answer = change(1)
    assert answer.status_code == 409
    body = answer.json()
    assert body["code"] == "stale"
    assert body["error"]["fields"] == {"version": {"current": 2, "sent": 1}}
    assert body["current"] == api.get("accounts/ext:A-1").json()
    assert body["current"]["name"] == "Northwind"
    fresh = change(2)
    assert fresh.status_code == 200
    assert fresh["ETag"] == '"3"'


def test_if_match_takes_an_etag_or_a_star(api, world):
    api.post("accounts", ACCOUNT)
    for header, status in (("*", 200), ('W/"2"', 200), ("3", 200), ('"x"', 422), ('"1", "2"', 422)):
        answer = api.patch("accounts/ext:A-1", {"name": header}, If_Match=header)
        assert answer.status_code == status, header


@pytest.mark.django_db(transaction=True)
def test_of_sixteen_writers_of_one_version_exactly_one_wins(world):
    secret = key_of(world, KeyScope.WRITE)[1]
    assert Api(secret).post("accounts", ACCOUNT).status_code == 201

    def write(n):
        try:
            return Api(secret).patch("accounts/ext:A-1", {"name": f"Writer {n}"}, If_Match='"1"')
        finally:
            connections.close_all()

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(write, range(16)))
    assert sorted(a.status_code for a in answers) == [200] + [409] * 15
    winner = next(a.json() for a in answers if a.status_code == 200)
    assert Api(secret).get("accounts/ext:A-1").json() == winner
    assert winner["version"] == 2


@pytest.mark.django_db(transaction=True)
def test_of_sixteen_creators_of_one_key_exactly_one_wins(world):
    secret = key_of(world, KeyScope.WRITE)[1]

    def write(n):
        try:
            return Api(secret).post("accounts", ACCOUNT | {"name": f"Writer {n}"}).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(16) as pool:
        assert sorted(pool.map(write, range(16))) == [201] + [409] * 15
    with world.open():
        assert Account.objects.count() == 1


def test_a_write_leaves_key_and_request_in_the_audit_trail_and_in_the_dated_facts(api, world):
    api.post("accounts", ACCOUNT | {"segment": "Enterprise"})
    api.post("subscriptions", PERIOD)
    with world.open():
        entry = AuditEntry.objects.get(table="accounts_account", action="insert")
        dated = AccountChange.objects.get()
        assert entry.actor == "test"
        assert (dated.source, str(dated.source_ref)) == ("api", entry.request)
        version = SubscriptionChange.objects.get()
        assert (version.source, version.actor) == ("api", "test")
        assert version.source_ref not in (None, dated.source_ref)


def test_a_contact_belongs_to_an_account_that_exists(api, world, rival):
    with rival.open():
        Account.objects.create(external_id="A-2", name="Foreign")
    api.post("accounts", ACCOUNT)
    contact = {"external_id": "C-1", "account": "A-1", "name": "Ana", "role": "champion"}
    assert api.post("contacts", contact).status_code == 201
    assert api.patch("contacts/ext:C-1", {"left_on": "2026-03-01"}).json()["left_on"] == "2026-03-01"
    assert api.get("contacts/ext:C-1").json()["role"] == "champion"
    for account in ("A-2", "A-3"):
        answer = api.post("contacts", {"external_id": "C-2", "account": account, "name": "Ben"})
        assert list(answer.json()["error"]["fields"]) == ["account"]
    with world.open():
        assert Contact.objects.count() == 1


def test_a_period_brings_its_account_its_product_and_the_work_that_follows(api, world):
    answer = api.post("subscriptions", PERIOD | {"product": "Cloud", "plan": "Pro", "seats": 20})
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert {k: body[k] for k in PERIOD} == PERIOD
    assert (body["mrr"], body["product"], body["plan"], body["seats"]) == ("100.00", "Cloud", "Pro", 20)
    with world.open():
        assert Account.objects.get().external_id == "A-1"
        assert Product.objects.get().external_id == "Cloud"
        assert Work.objects.filter(name="refresh_revenue").exists()
    changes = api.get("subscription-changes?account=A-1").json()["results"]
    assert [(c["kind"], c["effective_on"], c["mrr"]) for c in changes] == [("created", "2026-01-01", "100.00")]


def test_new_terms_make_a_new_mrr_unless_it_is_sent(api, world):
    api.post("subscriptions", PERIOD | {"mrr": "101.00", "seats": 5, "auto_renew": True})
    seats = api.patch("subscriptions/ext:S-1", {"seats": 6}).json()
    assert (seats["seats"], seats["mrr"], seats["auto_renew"]) == (6, "101.00", True)
    terms = api.patch("subscriptions/ext:S-1", {"amount": "2400"}).json()
    assert (terms["mrr"], terms["seats"], terms["end_date"]) == ("200.00", 6, "2027-01-01")
    both = api.patch("subscriptions/ext:S-1", {"amount": "2400.00", "mrr": "210.00"}).json()
    assert (both["amount"], both["mrr"]) == ("2400.00", "210.00")
    kinds = [c["kind"] for c in api.get("subscription-changes?account=A-1").json()["results"]]
    assert kinds == ["created", "terms", "terms", "terms"]


def test_a_renewal_is_a_further_period_and_a_period_of_several_keeps_its_start(api, world):
    api.post("subscriptions", PERIOD)
    moved = api.patch("subscriptions/ext:S-1", {"start_date": "2026-01-10"})
    assert moved.json()["start_date"] == "2026-01-10"
    renewal = PERIOD | {"start_date": "2027-01-01", "end_date": "2028-01-01"}
    assert api.post("subscriptions", renewal).status_code == 201
    assert api.get("subscriptions/ext:S-1").json()["start_date"] == "2027-01-01"
    answer = api.patch("subscriptions/ext:S-1", {"start_date": "2027-02-01"})
    assert (answer.status_code, answer.json()["code"]) == (422, "other_row")
    with world.open():
        assert Subscription.objects.count() == SubscriptionChange.objects.count() - 1 == 2


def test_a_period_is_withdrawn_once_and_comes_back_by_its_post(api, world):
    made = api.post("subscriptions", PERIOD).json()
    stale = api.delete("subscriptions/ext:S-1", If_Match='"7"')
    assert stale.status_code == 409
    for _ in range(2):
        answer = api.delete(f"subscriptions/{made['id']}")
        assert answer.status_code == 200
        assert answer.json()["voided"] is True
    assert [c["kind"] for c in api.get("subscription-changes").json()["results"]] == ["created", "voided"]
    refused = api.patch("subscriptions/ext:S-1", {"seats": 3})
    assert (refused.status_code, refused.json()["code"]) == (422, "withdrawn")
    again = api.post("subscriptions", PERIOD)
    assert again.status_code == 201, again.content
    assert (again.json()["id"], again.json()["voided"]) == (made["id"], False)
    assert api.post("subscriptions", PERIOD).status_code == 409


def test_a_withdrawal_is_seen_by_those_who_stay_in_step(api, world):
    api.post("subscriptions", PERIOD)
    since = api.get("subscriptions/ext:S-1").json()["updated_at"]
    api.delete("subscriptions/ext:S-1")
    assert api.get("subscriptions/ext:S-1").json()["updated_at"] > since


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"end_date": "2026-01-01"}, "end_date"),
        ({"amount": "-5"}, "amount"),
        ({"amount": "1.001"}, "amount"),
        ({"amount": None}, "amount"),
        ({"currency": "XXQ"}, "currency"),
        ({"interval_months": 0}, "interval_months"),
        ({"start_date": None}, "start_date"),
        ({"seats": -1}, "seats"),
        ({"account": ""}, "account"),
    ],
)
def test_periods_that_cannot_be_are_refused(api, world, change, field):
    answer = api.post("subscriptions", PERIOD | change)
    assert answer.status_code == 422
    assert list(answer.json()["error"]["fields"]) == [field]
    with world.open():
        assert not Subscription.objects.exists()
        assert not Account.objects.exists()


# Idempotency-Key


def test_a_post_that_is_sent_again_is_answered_again_and_done_once(api, world):
    first = api.post("accounts", ACCOUNT, Idempotency_Key="k-1")
    again = api.post("accounts", dict(reversed(ACCOUNT.items())), Idempotency_Key="k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert (again["Location"], again["ETag"]) == (first["Location"], first["ETag"])
    assert again["Idempotent-Replayed"] == "true"
    assert not first.has_header("Idempotent-Replayed")
    with world.open():
        assert Account.objects.count() == 1


def test_a_key_on_another_body_or_another_route_is_409(api, world):
    api.post("accounts", ACCOUNT, Idempotency_Key="k-1")
    for path, body in (("accounts", ACCOUNT | {"external_id": "A-2"}), ("contacts", ACCOUNT)):
        answer = api.post(path, body, Idempotency_Key="k-1")
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")
    with world.open():
        assert Account.objects.count() == 1


def test_a_refused_request_may_be_put_right_under_its_key(api, world):
    assert api.post("accounts", ACCOUNT | {"employees": -1}, Idempotency_Key="k-1").status_code == 422
    assert api.post("accounts", ACCOUNT, Idempotency_Key="k-1").status_code == 201


def test_a_key_belongs_to_its_tenant_and_to_those_who_may_write(api, rival_api, world):
    api.post("accounts", ACCOUNT, Idempotency_Key="k-1")
    other = rival_api.post("accounts", ACCOUNT, Idempotency_Key="k-1")
    assert other.status_code == 201
    assert not other.has_header("Idempotent-Replayed")
    reader = Api(key_of(world, KeyScope.READ)[1])
    assert reader.post("accounts", ACCOUNT, Idempotency_Key="k-1").status_code == 403


def test_answers_are_kept_for_24_hours(api, world, monkeypatch):
    api.post("accounts", ACCOUNT, Idempotency_Key="k-1")
    monkeypatch.setattr(idempotency, "KEPT_FOR", dt.timedelta(seconds=-1))
    assert api.post("accounts", ACCOUNT, Idempotency_Key="k-1").json()["code"] == "exists"
    with world.open():
        assert not IdempotencyKey.objects.filter(created_at__lt=timezone.now() - dt.timedelta(days=1)).exists()
        api.post("accounts", {"external_id": "A-2"}, Idempotency_Key="k-2")
        assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["k-2"]


@pytest.mark.django_db(transaction=True)
def test_of_eight_posts_at_once_under_one_key_one_is_done_and_all_are_answered_alike(world):
    secret = key_of(world, KeyScope.WRITE)[1]

    def write(_n):
        try:
            return Api(secret).post("accounts", ACCOUNT, Idempotency_Key="k-1")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(write, range(8)))
    assert [a.status_code for a in answers] == [201] * 8
    assert len({a.content for a in answers}) == 1
    assert sum(a.has_header("Idempotent-Replayed") for a in answers) == 7


def test_segments_are_made_by_name_and_the_change_is_dated(api, world):
    api.post("accounts", ACCOUNT | {"segment": "Moonshots", "signed_on": "2026-01-15"})
    api.patch("accounts/ext:A-1", {"segment": "Enterprise"})
    with world.open():
        assert Segment.objects.filter(name="Moonshots").exists()
        dated = AccountChange.objects.filter(attribute="segment").order_by("recorded_at", "id")
        assert list(dated.values_list("value", flat=True)) == ["Moonshots", "Enterprise"]


def test_products_are_created_named_and_met_by_subscriptions(api, world):
    assert api.post("products", {"external_id": "cloud", "name": "Cloud"}).status_code == 201
    assert api.post("subscriptions", PERIOD | {"product": "cloud"}).json()["product"] == "cloud"
    renamed = api.patch("products/ext:cloud", {"name": "Cloud Suite"}, If_Match='"1"').json()
    assert (renamed["name"], renamed["version"]) == ("Cloud Suite", 2)
    assert api.patch("products/ext:cloud", {"name": "x"}, If_Match='"1"').status_code == 409
    answer = api.put(
        "products/bulk", [{"external_id": "cloud"}, {"external_id": "desk"}, {"name": "x"}, {"external_id": []}]
    )
    assert [item["status"] for item in answer.json()["results"]] == ["unchanged", "created", "rejected", "rejected"]
    with world.open():
        assert dict(Product.objects.values_list("external_id", "name")) == {"cloud": "Cloud Suite", "desk": "desk"}
