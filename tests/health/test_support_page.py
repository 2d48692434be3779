"""Account → Support: what counts as a spike is what the tenant's alert rule says (TRG-06, ACC-07)."""

import datetime as dt

import pytest

from accounts.models import Account
from health.models import AlertRule, Ticket
from tests.conftest import World


def support(world: World) -> str:
    with world.open():
        account = Account.objects.get()
    answer = world.client("csm").get(world.url(f"accounts/{account.id}/support"), follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def with_tickets(worlds: tuple[World, World]) -> tuple[World, World]:
    """Both have three tickets of this month and none before: three times the usual."""
    for world in worlds:
        with world.open():
            account = Account.objects.create(external_id="A-1", name="Northwind", owner=world.members["csm"])
            for n in range(3):
                opened = dt.datetime.now(dt.UTC) - dt.timedelta(days=3 + n)
                Ticket.objects.create(
                    account=account, external_id=f"T-{n}", opened_at=opened, known_on=opened.date(), source="api", state="open"
                )  # fmt: skip
    return worlds


def test_a_spike_is_what_the_rule_says(with_tickets: tuple[World, World]) -> None:
    world, rival = with_tickets
    assert "3 times the usual" not in support(world)
    with world.open():
        AlertRule.objects.create(key="support", thresholds={"times": 2, "least": 2})
    changed, usual = support(world), support(rival)
    assert "3 times the usual" in changed
    assert "From 2 tickets and 2 times the usual on it is a spike." in changed
    assert "3 times the usual" not in usual
    assert "From 4 tickets and 2.5 times the usual on it is a spike." in usual
    with world.open():
        AlertRule.objects.update(thresholds={"times": 3.1, "least": 2})
    assert "3 times the usual" not in support(world)
