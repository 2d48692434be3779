"""Scores by night and by refresh: the same rows however they come about, and nobody else's (HLT-06)."""

import datetime as dt
import random
from decimal import Decimal

import pytest

from accounts.mergers import merge_account, unmerge_account
from accounts.models import Account, Segment, Subscription, Tenant
from cs_platform.kernel.models import AuditEntry, Work
from health import news
from health.models import HealthModelVersion, HealthScore
from health.scoring import jobs, versions
from health.scoring.definition import Definition
from tests.conftest import World
from tests.health import scoring_facts as facts
from tests.health.scoring_facts import DAY


def refresh(world: World, day: dt.date = DAY) -> None:
    """What follows from `signals.changed`, with the tenant's calendar stopped at `day`."""
    Tenant.objects.filter(id=world.tenant.id).update(data_until=day)
    jobs.refresh_scores(Work(name="refresh_scores"))


def book(seed: int, count: int = 12) -> list[Account]:
    rng = random.Random(seed)
    return [facts.random_account(rng, f"A-{i}") for i in range(count)]


@pytest.mark.parametrize("seed", range(3))
def test_incremental_is_full(tenant_open: World, seed: int) -> None:
    """Whatever order signals come in, refreshing what changed ends with the rows of one full night (B4)."""
    rng = random.Random(seed)
    rows = book(seed)
    segment = Segment.objects.get(profile="smb")
    model = versions.add_model(segment=segment, by=None)
    draft = versions.draft_from(model=model, by=None)
    longer = Definition.read(draft.definition).json()
    for part in longer["indicators"]:
        if part["key"] == "usage_trend":
            part["window"] = 14
    versions.publish(
        draft=versions.save_draft(draft=draft, definition=longer, version=1, by=None), reason="Shorter", by=None
    )
    jobs.score_all(DAY)
    for _ in range(3):
        changed = rng.sample(rows, rng.randint(1, 4))
        for row in changed:
            if rng.random() < 0.8:
                facts.touch(row, "qbr", DAY - dt.timedelta(days=rng.randint(0, 30)), status="cancelled")
                facts.ticket(row, DAY - dt.timedelta(days=rng.randint(0, 60)))
            else:
                Subscription.objects.filter(account=row).update(end_on=DAY)  # churned
        news.signals_changed([row.id for row in changed])
        refresh(tenant_open)
    by_refresh, shown = facts.scores(), facts.shown()
    assert len(by_refresh) >= 6
    HealthScore.objects.all().delete()
    Account.objects.update(health_score=None, health_band="none", health_change=None, health_on=None)
    jobs.score_all(DAY)
    assert facts.scores() == by_refresh
    assert facts.shown() == shown


def known_well(name: str = "A-1") -> Account:
    """An account of which enough is known for a score on each of the last days."""
    row = facts.account(name)
    facts.used(row, [DAY - dt.timedelta(days=n) for n in range(1, 70)], users=3)
    for kind in ("qbr", "email", "email"):
        facts.touch(row, kind, DAY - dt.timedelta(days=30))
    facts.ticket(row, DAY - dt.timedelta(days=60))
    return row


def test_a_night_again_changes_nothing(tenant_open: World) -> None:
    book(7)
    assert jobs.score_all(DAY) > 5
    rows, shown = facts.scores(), facts.shown()
    moments = list(HealthScore.objects.order_by("account_id").values_list("computed_at", flat=True))
    assert jobs.score_all(DAY) == 0
    assert (facts.scores(), facts.shown()) == (rows, shown)
    assert list(HealthScore.objects.order_by("account_id").values_list("computed_at", flat=True)) == moments


def test_shares_add_up_in_the_table(tenant_open: World) -> None:
    """HLT-06: every row carries its whole explanation."""
    book(3, 25)
    jobs.score_all(DAY)
    scored = list(HealthScore.objects.exclude(score=None))
    assert len(scored) > 10
    for row in scored:
        assert sum(share for share in row.shares if share is not None) == row.score * 1_000_000
        assert [share is None for share in row.shares] == [raw is None for raw in row.raw]
        assert row.coverage >= Decimal("0.5")
    for row in HealthScore.objects.filter(score=None):
        assert row.band == "none"
        assert row.coverage < Decimal("0.5")


def test_another_tenant_is_neither_read_nor_written(worlds: tuple[World, World]) -> None:
    """API-04: the same facts in another tenant change nothing here, and no row appears there."""
    world, rival = worlds
    with world.open():
        book(5)
        jobs.score_all(DAY)
        alone = [row[3:] for row in facts.scores()]
    with rival.open():
        book(6)
        assert HealthScore.objects.count() == 0
    with world.open():
        HealthScore.objects.all().delete()
        jobs.score_all(DAY)
        assert sorted(map(str, (row[3:] for row in facts.scores()))) == sorted(map(str, alone))
    with rival.open():
        assert HealthScore.objects.count() == 0
        assert HealthModelVersion.objects.count() == 0


def test_who_is_scored(tenant_open: World) -> None:
    day = DAY - dt.timedelta(days=2)
    live, gone, later, unit, quiet = (
        facts.account("live"),
        facts.account("gone"),
        facts.account("later", since=DAY + dt.timedelta(days=9)),
        facts.account("unit", level="department"),
        facts.account("quiet", level="department"),
    )
    for row in (live, gone, unit):
        facts.used(row, [day])
    Subscription.objects.filter(account=gone).update(end_on=DAY)
    assert jobs.score_all(DAY) == 2
    assert set(HealthScore.objects.values_list("account_id", flat=True)) == {live.id, unit.id}
    assert later.id != quiet.id


def test_who_was_merged_is_judged_as_a_part_of_the_other_one(tenant_open: World) -> None:
    """METRICS 4: one customer has one score, and pays with the periods of all its parts, however they came together."""
    by = tenant_open.members["ops"]
    old, new, last = (facts.account(name) for name in ("old", "new", "last"))
    for row in (old, new, last):
        facts.used(row, [DAY - dt.timedelta(days=2)])
    Subscription.objects.exclude(account=new).update(end_on=DAY - dt.timedelta(days=40))
    for part, into in ((new, old), (old, last)):
        merge_account(account=part, into=into, by=by)
    jobs.score_all(DAY)
    assert set(HealthScore.objects.values_list("account_id", flat=True)) == {last.id}
    unmerge_account(account=Account.objects.get(id=old.id), by=by)
    jobs.score_all(DAY)
    assert set(HealthScore.objects.values_list("account_id", flat=True)) == {old.id}


def test_who_has_not_paid_for_the_dunning_days_is_no_customer(tenant_open: World) -> None:
    """METRICS 4: scored until the last day that counts, and no longer."""
    row, dunning = facts.account("unpaid"), tenant_open.tenant.dunning_days
    facts.used(row, [DAY - dt.timedelta(days=2)])
    for days, scored in ((dunning - 1, 1), (dunning, 0)):
        Subscription.objects.update(past_due_on=DAY - dt.timedelta(days=days))
        jobs.score_all(DAY)
        assert HealthScore.objects.filter(as_of=DAY).count() == scored


def test_who_churns_loses_the_score_shown_but_not_the_history(tenant_open: World) -> None:
    row = known_well()
    jobs.score_all(DAY - dt.timedelta(days=1))
    row.refresh_from_db()
    assert row.health_score is not None
    Subscription.objects.update(end_on=DAY)
    jobs.score_all(DAY)
    row.refresh_from_db()
    assert (row.health_score, row.health_band, row.health_on) == (None, "none", None)
    assert HealthScore.objects.count() == 1


def test_lists_show_the_latest_day_and_the_change_of_a_week(tenant_open: World) -> None:
    row = known_well()
    week_ago = DAY - dt.timedelta(days=7)
    jobs.score_all(week_ago)
    row.refresh_from_db()
    assert row.health_change is None
    facts.touch(row, "qbr", DAY - dt.timedelta(days=2), status="cancelled")
    jobs.score_all(DAY)
    row.refresh_from_db()
    then, now = (HealthScore.objects.get(as_of=day).score for day in (week_ago, DAY))
    assert row.health_on == DAY
    assert row.health_score == float(now)
    assert row.health_change == pytest.approx(float(now - then))
    jobs.score_all(week_ago)  # an earlier night again does not turn the list back
    row.refresh_from_db()
    assert row.health_on == DAY


def test_a_derived_score_is_no_edit(tenant_open: World) -> None:
    facts.used(facts.account(), [DAY])
    before = AuditEntry.objects.filter(table="accounts_account").count()
    jobs.score_all(DAY)
    assert AuditEntry.objects.filter(table="accounts_account").count() == before


def test_a_refresh_settles_its_keys_and_tells_who_follows(tenant_open: World) -> None:
    """Alerts follow what was scored anew; nothing is left behind."""
    row = facts.account()
    facts.used(row, [DAY])
    news.signals_changed([row.id])
    refresh(tenant_open)
    assert facts.dirty(news.TOPIC) == 0
    assert facts.dirty(jobs.SCORED) == 1
    assert HealthScore.objects.count() == 1


def test_windows_end_with_the_last_full_day(tenant_open: World) -> None:
    """A refresh at noon must not hold half a day against whole ones."""
    tenant = tenant_open.tenant
    today = tenant.today()
    assert jobs.last_full_day(tenant, today) == today - dt.timedelta(days=1)
    assert jobs.last_full_day(tenant, DAY) == min(DAY, today - dt.timedelta(days=1))
