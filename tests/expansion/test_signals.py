"""Signals by night (TRG-13, TRG-14, TRG-21): from real facts, once for a cause, over when it is gone; twice is once."""

import datetime as dt
from typing import Any

import pytest

from accounts.models import Account, AccountEvent, Contact, Feature, Plan, Product, Segment, WebhookEvent
from accounts.webhooks.events import EXAMPLES
from accounts.webhooks.services import add_endpoint
from expansion import evidence, jobs, services
from expansion.enums import SignalState
from expansion.models import Opportunity, Signal
from health.models import AccountDay, FeatureDay, UsageUser, UserMonth
from journey.models import Issue, IssueAccount, Track
from tests.conftest import World
from tests.expansion.deals import contract, customer

TODAY = dt.date(2026, 11, 20)
DAY = dt.timedelta(days=1)


@pytest.fixture
def world(world: World) -> World:
    """Its last day is 20 November 2026."""
    world.tenant.data_until = TODAY
    world.tenant.save()
    return world


def people(account: Account, count: int, day: dt.date = TODAY) -> None:
    """So many people who used the product on that day."""
    for n in range(count):
        user, _made = UsageUser.objects.get_or_create(
            external_id=f"{account.external_id}-{n}", defaults={"account": account}
        )
        month = day.replace(day=1)
        UserMonth.objects.update_or_create(
            account_id=account.id, user_id=user.id, month=month, known_on=day, defaults={"days": 1 << (day.day - 1)}
        )
    AccountDay.objects.get_or_create(
        account_id=account.id, day=day, known_on=day, defaults={"events": count, "quantity": 10 * count}
    )


def grown(**fields: Any) -> Account:
    """An account with 10 seats, of which 9 are in use."""
    account = customer(**fields)
    contract(account, seats=10)
    people(account, 9)
    return account


def told() -> list[tuple[str, str, str]]:
    return [(row.trigger, row.cause, row.state) for row in Signal.objects.order_by("as_of", "trigger", "cause")]


def test_the_night_finds_what_fires_and_twice_is_once(tenant_open: World):
    account = grown()
    assert jobs.find_signals(TODAY) == 1
    assert told() == [("seats_full", "seats", "open")]
    stood = list(Signal.objects.values())
    assert jobs.find_signals(TODAY) == 0
    assert list(Signal.objects.values()) == stood
    assert Signal.objects.get().inputs == {"used": 9, "limit": 10, "share": 0.9, "judged_by": {"full": 0.9}}
    assert account.signals.count() == 1


def test_every_trigger_is_found_in_real_facts(tenant_open: World):
    account = customer()
    plan = Plan.objects.create(name="Pro", usage_limit=100)
    contract(account, seats=10, plan=plan)
    people(account, 9)  # a quantity of 90
    champion = Contact.objects.create(account=account, name="Kim", external_id="K", role="champion")
    issue = Issue.objects.create(external_id="I-1", title="Export", reported_on=TODAY, source="api")
    IssueAccount.objects.create(issue=issue, account=account, contact=champion, since=TODAY - DAY)
    track = Track.objects.create(
        external_id="T", account=account, kind="department", name="Unit 4", opened_on=TODAY - 5 * DAY, source="api"
    )
    AccountEvent.objects.create(account=account, kind="growth", happened_on=TODAY - 9 * DAY, note="Two sites")
    AccountEvent.objects.create(account=account, kind="growth", happened_on=TODAY - 100 * DAY)  # no news any more
    AccountEvent.objects.create(account=account, kind="budget_cut", happened_on=TODAY)
    jobs.find_signals(TODAY)
    assert {row.trigger for row in Signal.objects.all()} == {"limit", "seats_full", "department", "champion", "growth"}
    assert Signal.objects.get(trigger="department").track == track


def test_a_limit_counts_the_use_of_its_own_product(tenant_open: World):
    """TRG-13, TRG-21: of 90 in 30 days 60 are of the product, and only those of the last 30 days; a product without features
    is held against all use."""
    account, api, desk = customer(), *(Product.objects.create(name=name, external_id=name) for name in ("API", "Desk"))
    calls = Feature.objects.create(key="call", name="Call", product=api)
    other = Feature.objects.create(key="other", name="Other")
    for name, product, limit in (("Calls", api, 60), ("More calls", api, 70), ("Seats", desk, 95), ("All", None, 100)):
        plan = Plan.objects.create(name=name, product=product, usage_limit=limit)
        contract(account, external_id=f"S-{name}", product=product, plan=plan)
    people(account, 9)  # a quantity of 90
    for feature, day, quantity in (
        (calls, TODAY, 40),
        (calls, TODAY - 29 * DAY, 20),
        (calls, TODAY - 30 * DAY, 9),
        (other, TODAY, 30),
    ):
        FeatureDay.objects.create(
            account_id=account.id, feature_id=feature.id, day=day, known_on=day, events=1, quantity=quantity
        )
    jobs.find_signals(TODAY)
    found = {row.inputs["plan"]: row.inputs["used"] for row in Signal.objects.filter(trigger="limit")}
    assert found == {"Calls": 60.0, "Seats": 90.0, "All": 90.0}


def test_it_is_over_when_its_cause_is_gone_and_comes_anew_as_another(tenant_open: World):
    account = grown()
    jobs.find_signals(TODAY)
    account.subscriptions.update(seats=100)
    assert jobs.find_signals(TODAY + DAY) == 1
    assert told() == [("seats_full", "seats", "over")]
    account.subscriptions.update(seats=10)
    assert jobs.find_signals(TODAY + 2 * DAY) == 1
    assert told() == [("seats_full", "seats", "over"), ("seats_full", "seats@2026-11-22", "open")]
    assert jobs.find_signals(TODAY + 2 * DAY) == 0


def test_what_was_dismissed_stays_silent_while_its_cause_lasts(tenant_open: World):
    account = grown()
    jobs.find_signals(TODAY)
    services.dismiss_signal(signal=Signal.objects.get(), version=1, by=None)
    assert jobs.find_signals(TODAY + DAY) == 0
    account.subscriptions.update(seats=100)
    jobs.find_signals(TODAY + 2 * DAY)
    row = Signal.objects.get()
    assert (row.state, row.inputs["gone_on"]) == (SignalState.DISMISSED, "2026-11-22")
    account.subscriptions.update(seats=10)
    jobs.find_signals(TODAY + 3 * DAY)
    assert [state for *_rest, state in told()] == ["dismissed", "open"]


def test_a_line_to_leave_by(tenant_open: World):
    """At 87 % it does not open, and does not end either (hysteresis)."""
    account = grown()
    jobs.find_signals(TODAY)
    account.subscriptions.update(seats=10)
    people(account, 9)
    Signal.objects.filter(account=account).exists()
    account.subscriptions.update(seats=None)
    contract(account, external_id="S-2", seats=103)
    UserMonth.objects.filter(account_id=account.id).delete()
    people(account, 90)  # of 103: 87 %
    jobs.find_signals(TODAY + DAY)
    assert told() == [("seats_full", "seats", "open")]


def test_stale_usage_neither_opens_nor_ends(tenant_open: World):
    account = grown()
    jobs.find_signals(TODAY)
    account.subscriptions.update(seats=1000)
    assert jobs.find_signals(TODAY + 10 * DAY) == 0  # nothing was heard for ten days
    assert told() == [("seats_full", "seats", "open")]


def test_an_older_night_takes_nothing_back(tenant_open: World):
    account = grown()
    jobs.find_signals(TODAY)
    account.subscriptions.update(seats=100)
    assert jobs.find_signals(TODAY - DAY) == 0
    assert told() == [("seats_full", "seats", "open")]


def test_of_who_left_nothing_is_asked_any_more(tenant_open: World):
    account = grown()
    jobs.find_signals(TODAY)
    Account.objects.filter(id=account.id).update(status="churned")
    jobs.find_signals(TODAY + DAY)
    assert told() == [("seats_full", "seats", "over")]


def test_bad_data_opens_no_flood(tenant_open: World, monkeypatch):
    monkeypatch.setattr(jobs, "LEAST", 2)
    for n in range(5):
        grown(name=f"Number {n}", mrr_minor=n)
    jobs.find_signals(TODAY)
    assert {row.account.name for row in Signal.objects.all()} == {"Number 4", "Number 3"}  # the most money first
    jobs.find_signals(TODAY + DAY)
    assert Signal.objects.count() == 4


def test_webhooks_hear_of_signals_and_product_led_limits(tenant_open: World):
    """API-03, TRG-21."""
    add_endpoint(name="All", url="https://example.com/", by=tenant_open.members["admin"])
    led = Segment.objects.get(profile="product_led")
    grown(name="Self serve", segment=led)
    grown(name="Large", segment=Segment.objects.get(profile="enterprise"))
    jobs.find_signals(TODAY)
    events = WebhookEvent.objects.order_by("kind", "id")
    assert [event.kind for event in events] == ["expansion.triggered"] * 2 + ["usage.limit_near"]
    assert all(set(event.data) == set(EXAMPLES[event.kind]) for event in events)
    near = events.last()
    assert (near.account.name, near.data["limit"], near.data["used"], near.data["of"]) == ("Self serve", "seats", 9, 10)


def test_a_changed_limit_shows_in_the_next_night_and_the_old_one_stays_as_evidence(tenant_open: World):
    """TRG-13: 9 of 10 seats are told from 90 % on; from 95 % on another account with as many is not, and the first still holds."""
    by = tenant_open.members["admin"]
    first = grown(name="First")
    jobs.find_signals(TODAY)
    services.set_signal_rule(trigger="seats_full", enabled=True, thresholds={"full": 0.95}, version=0, by=by)
    grown(name="Second")
    assert jobs.find_signals(TODAY + DAY) == 0
    (row,) = Signal.objects.all()
    assert (row.account, row.state, row.inputs["judged_by"]) == (first, "open", {"full": 0.9})
    assert "90%" in evidence.judged_by(row)
    services.set_signal_rule(trigger="seats_full", enabled=True, thresholds={"full": 1.0}, version=1, by=by)
    assert jobs.find_signals(TODAY + 2 * DAY) == 1, "it holds to 95 % now"
    assert told() == [("seats_full", "seats", "over")]
    services.set_signal_rule(trigger="seats_full", enabled=True, thresholds={"full": 0.5}, version=2, by=by)
    assert jobs.find_signals(TODAY + 3 * DAY) == 2


def test_a_trigger_that_is_off_opens_none_and_ends_what_is_open(tenant_open: World):
    account, by = grown(), tenant_open.members["admin"]
    services.set_signal_rule(trigger="seats_full", enabled=False, thresholds={}, version=0, by=by)
    assert jobs.find_signals(TODAY) == 0
    services.set_signal_rule(trigger="seats_full", enabled=True, thresholds={}, version=1, by=by)
    assert jobs.find_signals(TODAY) == 1
    services.set_signal_rule(trigger="seats_full", enabled=False, thresholds={}, version=2, by=by)
    assert jobs.find_signals(TODAY + DAY) == 0, "its cause is there"
    account.subscriptions.update(seats=100)
    assert jobs.find_signals(TODAY + 2 * DAY) == 1
    assert told() == [("seats_full", "seats", "over")]


def test_news_may_be_older_or_younger_than_usual(tenant_open: World):
    """TRG-14: an event of 100 days ago is news where a company says 120; SQL reads as far back as any trigger looks."""
    account, by = customer(), tenant_open.members["admin"]
    AccountEvent.objects.create(account=account, kind="growth", happened_on=TODAY - 100 * DAY)
    AccountEvent.objects.create(account=account, kind="competitive_activity", happened_on=TODAY - 100 * DAY)
    Track.objects.create(
        external_id="T", account=account, kind="use_case", name="Fleet", opened_on=TODAY - 120 * DAY, source="api"
    )
    assert jobs.find_signals(TODAY) == 0
    for trigger in ("growth", "use_case"):
        services.set_signal_rule(trigger=trigger, enabled=True, thresholds={"days": 120}, version=0, by=by)
    jobs.find_signals(TODAY)
    assert {row.trigger for row in Signal.objects.all()} == {"growth", "use_case"}


def test_a_rival_s_limits_are_not_ours(worlds: tuple[World, World]):
    world, rival = worlds
    with rival.open():
        by = rival.members["admin"]
        services.set_signal_rule(trigger="seats_full", enabled=False, thresholds={"full": 0.5}, version=0, by=by)
    with world.open():
        grown()
        assert jobs.find_signals(TODAY) == 1
        assert Signal.objects.get().inputs["judged_by"] == {"full": 0.9}


def test_a_rival_s_facts_open_nothing_here(worlds: tuple[World, World]):
    world, rival = worlds
    with rival.open():
        grown()
    with world.open():
        customer(earned=False)
        assert jobs.find_signals(TODAY) == 0
    with rival.open():
        assert jobs.find_signals(TODAY) >= 0
        assert {row.tenant_id for row in Signal.objects.all()} <= {rival.tenant.id}


def test_one_statement_reads_the_facts_of_all(tenant_open: World, django_assert_max_num_queries):
    for n in range(12):
        grown(name=f"Number {n}")
    with django_assert_max_num_queries(18):
        jobs.find_signals(TODAY)
    assert Signal.objects.count() == 12
    assert not Opportunity.objects.exists()
