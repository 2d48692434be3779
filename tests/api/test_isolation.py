"""No route shows or changes another tenant's rows, and none tells whether they exist (API-04)."""

from uuid import uuid4

import pytest
from django.apps import apps
from django.urls import get_resolver

from accounts.models import Account, ChurnAnswer, Contact, FxRate, Product, Segment, Subscription, SubscriptionChange
from cs_platform.kernel.tenancy import is_tenant_model
from health.models import Outcome, Survey, Ticket, Touchpoint
from metrics.models import MrrMovement
from tests.api.test_reading import fill

MODELS = {
    "accounts": Account,
    "contacts": Contact,
    "products": Product,
    "segments": Segment,
    "subscriptions": Subscription,
    "subscription-changes": SubscriptionChange,
    "movements": MrrMovement,
    "fx-rates": FxRate,
    "churn-answers": ChurnAnswer,
    "tickets": Ticket,
    "touchpoints": Touchpoint,
    "surveys": Survey,
    "outcomes": Outcome,
}


def stripped(answer) -> tuple[int, dict]:
    """Status and body without the request's own id."""
    body = answer.json()
    body["error"].pop("request_id")
    return answer.status_code, body


def rows_of(world) -> dict[str, int]:
    """How many rows the tenant has in each table, and what is in those that the API writes."""
    with world.open():
        found = {m._meta.label: m.objects.count() for m in apps.get_models() if is_tenant_model(m)}
        for model in (Account, Contact, Subscription):
            found[f"{model._meta.label} rows"] = sorted(map(str, model.objects.values_list()))
        return found


@pytest.fixture
def filled(worlds):
    fill(worlds[0], 1)
    fill(worlds[1], 3)
    return worlds


def test_every_resource_is_in_this_test():
    names = {
        str(pattern.pattern).split("/")[1]
        for included in get_resolver().url_patterns
        if str(included.pattern) == "api/"
        for pattern in included.url_patterns
        if str(pattern.pattern).startswith("v1/")
    }
    # Their own tests: test_health_scores.py, test_events.py, test_alerts_api.py, test_closes_api.py,
    # test_metrics.py, test_targets_api.py, test_plans_api.py, test_stages.py, test_tasks.py,
    # test_journey_api.py, test_handoffs.py.
    apart = {
        "absences",  # test_absences_api.py
        "advocacy",  # test_advocacy_api.py
        "metrics",
        "targets",
        "reconciliations",
        "scenario",
        "schema",
        "reports",
        "alerts",
        "opportunities",  # test_opportunities.py
        "renewals",  # test_renewals.py
        "quotes",  # test_quotes.py
        "save-plays",
        "signals",
        "plans",
        "issues",  # test_issues.py
        "handoffs",
        "stages",
        "tracks",
        "journey",
        "tasks",
        "playbooks",  # test_plays.py
        "plays",
        "proposals",
        "mails",  # test_mails_api.py
        "mail-opt-outs",
        "closes",
        "health-scores",
        "events",
        "receipts",
        "rejected-events",
        "webhooks",  # test_webhooks.py
        "webhook-deliveries",
    }
    assert names == set(MODELS) | apart


@pytest.mark.parametrize("name", list(MODELS))
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_a_foreign_row_and_an_unknown_one_answer_alike(api, rival_api, filled, name, method):
    mine, theirs = filled
    with theirs.open():
        foreign = [str(pk) for pk in MODELS[name].objects.values_list("id", flat=True)]
    with mine.open():
        own = str(MODELS[name].objects.values_list("id", flat=True)[0])
    before = rows_of(theirs)
    body = {} if method in ("PUT", "PATCH") else None
    unknown = stripped(api.send(method, f"{name}/{uuid4()}", body))
    for ref in foreign:
        assert stripped(api.send(method, f"{name}/{ref}", body)) == unknown
    if hasattr(MODELS[name], "external_id") and unknown[0] == 404 and method != "PUT":
        with theirs.open():
            MODELS[name].objects.filter(id=foreign[-1]).update(external_id="only-theirs")
            before = rows_of(theirs)
        none = stripped(api.send(method, f"{name}/ext:none", body))
        assert stripped(api.send(method, f"{name}/ext:only-theirs", body)) == none == unknown
    # The same request for an own row is no 404, or is refused by its method: the refusal above was about the row.
    assert unknown[0] in (404, 405)
    assert (api.send(method, f"{name}/{own}", body).status_code == 405) == (unknown[0] == 405)
    assert api.send(method, f"{name}/{own}", body).status_code != 404
    assert rows_of(theirs) == before


@pytest.mark.parametrize("name", list(MODELS))
def test_lists_hold_own_rows_only(api, rival_api, filled, name):
    for world, program in zip(filled, (api, rival_api), strict=True):
        with world.open():
            own = {str(pk) for pk in MODELS[name].objects.values_list("id", flat=True)}
        assert {row["id"] for row in program.get(f"{name}?limit=1000").json()["results"]} == own


def test_a_foreign_cursor_shows_nothing_foreign(api, rival_api, filled):
    following = rival_api.get("accounts?limit=1").json()["next"].split("/api/v1/")[1]
    with filled[0].open():
        own = {str(pk) for pk in Account.objects.values_list("id", flat=True)}
    assert {row["id"] for row in api.get(following).json()["results"]} <= own


def test_a_filter_by_a_foreign_id_finds_nothing(api, filled):
    with filled[1].open():
        foreign = SubscriptionChange.objects.first().subscription_id
    assert api.get(f"subscription-changes?subscription={foreign}").json()["results"] == []


def test_a_key_opens_its_own_tenant_whatever_the_request_says(api, filled):
    answer = api.get("accounts?limit=1000", X_Tenant="rival", Host="localhost", Cookie="tenant=rival")
    with filled[0].open():
        own = {str(pk) for pk in Account.objects.values_list("id", flat=True)}
    assert {row["id"] for row in answer.json()["results"]} == own
