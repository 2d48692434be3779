"""Which facts of the accounts floor a score follows, and since when it knows them (HLT-06, HLT-11, B4)."""

import datetime as dt
import random
from typing import Any

import pytest

from accounts import customers
from accounts.company import save_segment
from accounts.enums import ChangeSource, ImportKind
from accounts.kinds import Row
from accounts.merging import CUSTOMERS, Origin, merge_accounts, merge_contacts, merge_subscriptions
from accounts.models import Account, Contact, ContactPast, Segment, Subscription, Tenant
from accounts.rows import parse
from cs_platform import pipeline
from cs_platform.kernel import queue
from cs_platform.kernel.models import Work
from health import news
from health.engagement.services import save_touchpoint
from health.models import HealthScore
from health.scoring import features, jobs
from health.scoring.definition import Definition
from health.scoring.indicators import CATALOGUE
from tests.conftest import World
from tests.health import scoring_facts as facts

MERGES = {
    ImportKind.ACCOUNTS: merge_accounts,
    ImportKind.CONTACTS: merge_contacts,
    ImportKind.SUBSCRIPTIONS: merge_subscriptions,
}


def tell(kind: ImportKind, source: ChangeSource = ChangeSource.API, **cells: Any) -> None:
    """One row through the door of its kind."""
    row = parse(kind, 1, cells)
    assert isinstance(row, Row), row
    result = MERGES[kind]([row], Origin(source, None, "test"))
    assert not result.rejected


def tell_contact(row: Account, contact: str = "C-1", **cells: Any) -> None:
    tell(ImportKind.CONTACTS, contact=contact, account=row.external_id, name="Ruth", **cells)


def follow() -> None:
    """What the pipeline does in the minutes after a change."""
    for _round in range(3):
        Work.objects.update(run_after=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        for work in Work.objects.filter(name__in=("follow_customers", "refresh_scores")):
            handlers = {"follow_customers": news.follow_customers, "refresh_scores": jobs.refresh_scores}
            handlers[work.name](work)
            work.delete()


def raw(row: Account, key: str, day: dt.date) -> float | None:
    """The indicator of the account as of that day, as known on it."""
    features.ask([(row.id, day, day, day)])
    features.stage_models({})
    found = features.answers(Definition.default().windows)
    value = found.raw[0][[i.key for i in CATALOGUE].index(key)]
    return None if value != value else float(value)


@pytest.fixture
def today(tenant_open: World) -> dt.date:
    return Tenant.objects.get(id=tenant_open.tenant.id).today()


def known_well(today: dt.date, name: str = "A-1") -> Account:
    """An account with signals enough for a score today."""
    row = facts.account(name, since=today - dt.timedelta(days=400))
    facts.used(row, [today - dt.timedelta(days=n) for n in range(1, 60)], users=3)
    facts.touch(row, "qbr", today - dt.timedelta(days=30))
    return row


def shown(row: Account) -> float | None:
    return Account.objects.values_list("health_score", flat=True).get(id=row.id)


CHANGES = {
    "a person": lambda row, by, today: tell_contact(row, role="champion"),
    "a person left": lambda row, by, today: customers.mark_contact_left(
        contact=Contact.objects.get(external_id="there"), left_on=today, by=by
    ),
    "an event": lambda row, by, today: customers.log_event(account=row, kind="budget_cut", happened_on=today, by=by),
    "seats": lambda row, by, today: tell(
        ImportKind.SUBSCRIPTIONS, account=row.external_id, subscription_id="S-A-1", start_date=row.signed_on.isoformat(), interval_months="12",
        amount="12000.00", currency="USD", seats="3",
    ),
    "a segment": lambda row, by, today: tell(ImportKind.ACCOUNTS, account=row.external_id, name=row.name, segment="SMB"),
    "no customer any more": lambda row, by, today: customers.void_period(
        period=Subscription.objects.get(account=row), version=1, reason="test", by=by
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_score_follows_within_minutes(tenant_open: World, today: dt.date, change: str) -> None:
    """HLT-06, ACC-04, ACC-05: not only the night knows; the refreshed row is the one that a full night would make."""
    row, other = known_well(today), known_well(today, "A-2")
    tell_contact(row, "there", role="executive_sponsor", last_contact_on=(today - dt.timedelta(days=9)).isoformat())
    follow()
    jobs.score_all(today)
    before = {each.id: HealthScore.objects.get(account_id=each.id, as_of=today).raw for each in (row, other)}
    HealthScore.objects.filter(account_id=other.id).delete()  # a refresh of everybody would be seen
    CHANGES[change](row, tenant_open.members["csm"], today)
    assert facts.dirty(CUSTOMERS) == 1
    follow()
    assert not HealthScore.objects.filter(account_id=other.id).exists()
    found = HealthScore.objects.filter(account_id=row.id, as_of=today).first()
    assert found is None or found.raw != before[row.id] or change == "a segment"
    jobs.score_all(today)
    again = HealthScore.objects.filter(account_id=row.id, as_of=today).first()
    assert (found and (found.raw, found.score, found.version_id)) == (
        again and (again.raw, again.score, again.version_id)
    )
    assert facts.dirty(CUSTOMERS) == facts.dirty(news.TOPIC) == 0


def test_what_no_score_reads_disturbs_none(tenant_open: World, today: dt.date) -> None:
    """A phone number, an industry or the same row again is no signal."""
    row = known_well(today)
    tell_contact(row, role="champion")
    queue.take_dirty(CUSTOMERS)
    queue.settle_dirty(CUSTOMERS)
    tell_contact(row, role="champion")
    tell_contact(row, phone="+47 22 22 22 22")
    tell(ImportKind.ACCOUNTS, account=row.external_id, name=row.name, industry="Logistics")
    assert facts.dirty(CUSTOMERS) == 0
    assert ContactPast.objects.count() == 0


def test_a_segments_profile_touches_its_accounts_only(worlds: tuple[World, World]) -> None:
    """HLT-02, API-04: days to first value follow the profile; the other tenant's accounts of that name do not."""
    for each in worlds:
        with each.open():
            segment = Segment.objects.get(profile="smb")
            facts.account("in", segment=segment)
            facts.account("out")
    with worlds[0].open():
        segment = Segment.objects.get(profile="smb")
        segment.profile = "product_led"
        save_segment(segment=segment, by=worlds[0].members["admin"])
        assert queue.take_dirty(CUSTOMERS) == 1
    with worlds[1].open():
        assert facts.dirty(CUSTOMERS) == 0
        news.follow_customers(Work(name="follow_customers"))
        assert facts.dirty(news.TOPIC) == 0


def test_the_pipeline_names_the_reaction() -> None:
    assert pipeline.REACTIONS["customers.changed"] == ("follow_customers",)
    assert "follow_customers" in queue.HANDLERS


def test_a_role_told_later_gives_no_score_earlier(tenant_open: World, today: dt.date) -> None:
    """ACC-04, HLT-11: role, departure and last contact count from the moment that they were told."""
    row = facts.account(since=today - dt.timedelta(days=400))
    tell_contact(row, role="champion", last_contact_on=(today - dt.timedelta(days=20)).isoformat())
    Contact.objects.update(created_at=facts.at(today - dt.timedelta(days=300)))
    yesterday = today - dt.timedelta(days=1)
    before = raw(row, "relationships", yesterday)
    assert before == 2
    tell_contact(row, role="core_user")
    assert (raw(row, "relationships", yesterday), raw(row, "relationships", today)) == (before, 1)
    tell_contact(row, last_contact_on=today.isoformat())
    tell_contact(row, role="executive_sponsor")
    assert (raw(row, "relationships", yesterday), raw(row, "relationships", today)) == (before, 2)
    person = Contact.objects.get()
    customers.mark_contact_left(contact=person, left_on=today - dt.timedelta(days=40), by=tenant_open.members["csm"])
    assert (raw(row, "relationships", yesterday), raw(row, "relationships", today)) == (before, None)
    assert ContactPast.objects.count() == 4


def test_a_person_who_moved_was_there_before(tenant_open: World, today: dt.date) -> None:
    here, there = (facts.account(name, since=today - dt.timedelta(days=400)) for name in ("A", "B"))
    tell_contact(here, role="champion")
    Contact.objects.update(created_at=facts.at(today - dt.timedelta(days=300)))
    follow()
    tell_contact(there, role="champion")
    assert queue.take_dirty(CUSTOMERS) == 2
    yesterday = today - dt.timedelta(days=1)
    assert [raw(row, "relationships", yesterday) for row in (here, there)] == [1, None]
    assert [raw(row, "relationships", today) for row in (here, there)] == [None, 1]


def test_a_talk_notes_the_last_contact_and_keeps_the_one_before(tenant_open: World, today: dt.date) -> None:
    """ACC-06: a logged call must not take away that the person was seen before it."""
    row, by = facts.account(since=today - dt.timedelta(days=400)), tenant_open.members["csm"]
    seen = today - dt.timedelta(days=20)
    tell_contact(row, last_contact_on=seen.isoformat())
    Contact.objects.update(created_at=facts.at(today - dt.timedelta(days=300)))
    before = raw(row, "relationships", today - dt.timedelta(days=1))
    cells = {"touchpoint": "T", "kind": "call", "status": "attended", "contact": "C-1"}
    moment = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)
    save_touchpoint(account=row, touchpoint=None, cells=cells | {"happened_at": moment}, version=None, by=by)
    person = Contact.objects.get()
    assert (person.last_contact_on, person.name, person.version) == (moment.date(), "Ruth", 2)
    assert before == raw(row, "relationships", today - dt.timedelta(days=1)) == 1
    assert ContactPast.objects.get().last_contact_on == seen
    earlier = moment - dt.timedelta(days=50)
    save_touchpoint(
        account=row, touchpoint=None, cells=cells | {"touchpoint": "U", "happened_at": earlier}, version=None, by=by
    )
    assert ContactPast.objects.count() == 1


def test_seats_count_from_when_they_were_told(tenant_open: World, today: dt.date) -> None:
    """HLT-07, HLT-11: each paid period by the version that was known on the day; a file of history was known then."""
    row = Account.objects.create(external_id="A", name="A", signed_on=today - dt.timedelta(days=400))
    facts.used(row, [today - dt.timedelta(days=n) for n in range(60)], users=2)
    begin, month_ago, yesterday = (today - dt.timedelta(days=n) for n in (200, 30, 1))
    terms = {
        "account": "A",
        "start_date": begin.isoformat(),
        "interval_months": "12",
        "amount": "12.00",
        "currency": "USD",
    }
    tell(ImportKind.SUBSCRIPTIONS, ChangeSource.API, subscription_id="late", seats="30", **terms)
    assert [raw(row, "seat_activity", day) for day in (month_ago, yesterday)] == [None, None]
    assert raw(row, "seat_activity", today) == pytest.approx(2 / 30)
    tell(ImportKind.SUBSCRIPTIONS, ChangeSource.IMPORT, subscription_id="history", seats="10", **terms)
    assert [raw(row, "seat_activity", day) for day in (month_ago, yesterday)] == [0.2, 0.2]
    assert raw(row, "seat_activity", today) == pytest.approx(2 / 40)
    for change in (
        {"seats": "4"},
        {"seats": "5"},
        {"seats": "5", "end_date": (today - dt.timedelta(days=90)).isoformat()},
    ):
        tell(ImportKind.SUBSCRIPTIONS, ChangeSource.IMPORT, subscription_id="history", **terms, **change)
        assert [raw(row, "seat_activity", day) for day in (month_ago, yesterday)] == [0.2, 0.2]
    assert raw(row, "seat_activity", today) == pytest.approx(2 / 30)
    assert raw(row, "seat_activity", begin - dt.timedelta(days=1)) is None
    prompt = terms | {"start_date": yesterday.isoformat()}
    tell(ImportKind.SUBSCRIPTIONS, ChangeSource.API, subscription_id="prompt", seats="10", **prompt)
    assert raw(row, "seat_activity", yesterday) == 0.1  # ten more, known when they began: two days are prompt
    customers.void_period(
        period=Subscription.objects.get(external_id="prompt"), version=1, reason="test", by=tenant_open.members["ops"]
    )
    assert raw(row, "seat_activity", yesterday) == 0.1
    assert raw(row, "seat_activity", today) == pytest.approx(2 / 30)


@pytest.mark.parametrize("seed", range(4))
def test_incremental_is_full_through_the_doors(tenant_open: World, today: dt.date, seed: int) -> None:
    """B4: whatever is told of people, events, terms and segments, in any order, a refresh ends as a full night would;
    and the row of the day before stays as it was."""
    rng, by = random.Random(seed), tenant_open.members["csm"]
    rows = [facts.random_account(rng, f"A-{i}", today) for i in range(5)]
    follow()
    jobs.score_all(today)
    yesterday = today - dt.timedelta(days=1)
    past = {(row.id, key): raw(row, key, yesterday) for row in rows for key in ("relationships", "seat_activity")}
    for _step in range(14):
        row = rng.choice(rows)
        match rng.randrange(6):
            case 0:
                tell_contact(row, f"{row.external_id}-{rng.randrange(3)}", role=rng.choice(["champion", "executive_sponsor", "core_user", ""]),
                             last_contact_on=rng.choice([today.isoformat(), ""]))  # fmt: skip
            case 1:
                person = Contact.objects.filter(account=row, left_on=None).first()
                if person:
                    customers.mark_contact_left(contact=person, left_on=rng.choice([today, yesterday]), by=by)
            case 2:
                customers.log_event(account=row, kind=rng.choice(["budget_cut", "growth"]), happened_on=today, by=by)
            case 3:
                tell(ImportKind.SUBSCRIPTIONS, account=row.external_id, subscription_id=f"S-{row.external_id}",
                     start_date=row.signed_on.isoformat(), interval_months="12", amount="12000.00", currency="USD",
                     seats=rng.choice(["", "3", "40"]), end_date=rng.choice(["", today.isoformat()]))  # fmt: skip
            case 4:
                tell(
                    ImportKind.ACCOUNTS,
                    account=row.external_id,
                    name=row.name,
                    segment=rng.choice(["SMB", "Enterprise"]),
                )
            case 5:
                save_touchpoint(
                    account=row, touchpoint=None, version=None, by=by,
                    cells={"touchpoint": f"T{rng.random()}", "kind": "call", "status": "attended",
                           "contact": rng.choice([*Contact.objects.filter(account=row).values_list("external_id", flat=True)]),
                           "happened_at": dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)},
                )  # fmt: skip
        if rng.random() < 0.4:
            follow()
    follow()
    by_refresh, seen = facts.scores(), facts.shown()
    HealthScore.objects.all().delete()
    Account.objects.update(health_score=None, health_band="none", health_change=None, health_on=None)
    jobs.score_all(today)
    assert facts.scores() == by_refresh
    assert facts.shown() == seen
    assert {
        (row.id, key): raw(row, key, yesterday) for row in rows for key in ("relationships", "seat_activity")
    } == past
