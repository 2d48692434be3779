"""The History tab of an account tells what was changed of its activities, outcomes and overrides (ROL-03)."""

import datetime as dt
import html
import re

from accounts.models import Account
from health.models import HealthOverride, Outcome, Touchpoint
from tests.conftest import World

FACT = {"known_on": dt.date(2026, 3, 1), "source": "member"}


def filled(world: World, name: str) -> Account:
    account = Account.objects.create(external_id="A", name=name, owner=world.members["csm"])
    Touchpoint.objects.create(
        external_id="T", account=account, kind="call", subject=f"{name} call", happened_at=dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC), **FACT,
    )  # fmt: skip
    Outcome.objects.create(
        external_id="O", account=account, name=f"{name} hours", baseline=120, target=60, agreed_on=dt.date(2026, 3, 1),
        due_on=dt.date(2026, 9, 1), data_source="Time sheets", **FACT,
    )  # fmt: skip
    HealthOverride.objects.create(
        account=account,
        band="green",
        reason=f"{name} pauses",
        begins_on=dt.date(2026, 3, 1),
        expires_on=dt.date(2026, 3, 9),
    )
    return account


def test_activities_outcomes_and_overrides_stand_in_the_history(worlds: tuple[World, World]) -> None:
    """With old and new value, under words that people know; never those of another account or company."""
    world, rival = worlds
    with rival.open():
        filled(rival, "Theirs")
    with world.open():
        account = filled(world, "Ours")
        other = Account.objects.create(external_id="B", name="Other", owner=world.members["csm"])
        Touchpoint.objects.update(sentiment="negative")
        Outcome.objects.update(target=45)
    page = world.client("csm").get(world.url(f"accounts/{account.id}/history/"))
    text = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.content.decode())).split())
    assert "Sentiment: – → Negative" in text
    assert "Target: 60 → 45" in text
    for word in ("Activity Ours call", "Success criterion Ours hours", "Health override", "Reason: Ours pauses"):
        assert word in text
    assert "Theirs" not in text
    assert "health_" not in text
    empty = world.client("csm").get(world.url(f"accounts/{other.id}/history/")).content.decode()
    assert "Ours call" not in empty


def test_the_audit_log_names_the_tables_of_health(world: World) -> None:
    with world.open():
        filled(world, "Ours")
    page = world.client("admin").get(world.url("settings/audit/")).content.decode()
    assert "Activity" in page
    assert "health_touchpoint</" not in page
