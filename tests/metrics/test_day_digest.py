"""The e-mail at the end of a day: when it goes out, to whom, once; what it says is what the pages say (DSH-03)."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.utils import timezone, translation

from accounts.calendar import next_working_day, working_days
from accounts.models import Absence, Account, AccountEvent, BusinessHours, Holiday, Tenant
from cs_platform.kernel.models import Work
from health.models import Alert, HealthScore, Touchpoint
from journey.work import selectors, services
from metrics.digests import day as day_digest
from metrics.digests import sending
from metrics.enums import DigestKind
from metrics.models import DigestSent
from tests.conftest import World
from tests.journey.test_inbox_work import propose
from tests.journey.test_tasks import make_account, make_task
from tests.metrics.test_digests import add, at, work_off

JAKARTA = ZoneInfo("Asia/Jakarta")
FRIDAY, MONDAY = dt.date(2026, 11, 27), dt.date(2026, 11, 30)


def jakarta(hour: int, minute: int = 0, day: dt.date = FRIDAY) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour, minute), JAKARTA).astimezone(dt.UTC)


@pytest.fixture
def company(world: World) -> World:
    Tenant.objects.filter(id=world.tenant.id).update(timezone="Asia/Jakarta")
    world.tenant.refresh_from_db()
    return world


def planned(world: World) -> list[str]:
    with world.open():
        return [work.payload["period"] for work in Work.objects.filter(name=sending.WORK)]


def test_it_goes_out_at_the_companys_hour_once(company: World, rival: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """17:30 in Jakarta, not in London; a second look at the clock, another worker or a later one plans no second one."""
    add(company, DigestKind.DAY, "csm")
    add(rival, DigestKind.DAY, "csm")
    at(monkeypatch, jakarta(17, 29))
    assert sending.plan_days() == 0
    at(monkeypatch, jakarta(17, 30))
    assert sending.plan_days() == 1  # the rival lives in London, where it is morning
    assert sending.plan_days() == 0
    assert planned(company) == ["2026-11-27"]
    work_off(company)
    assert [m.to[0] for m in mail.outbox] == ["Csm Person <csm@acme.example>"]
    assert "Your day, 27 Nov 2026" in mail.outbox[0].body
    Tenant.objects.update(digest_on=None)
    sending.plan_days()
    work_off(company)
    assert len(mail.outbox) == 1
    with company.open():
        assert DigestSent.objects.get().period == FRIDAY


@pytest.mark.parametrize(
    ("day", "hour", "count"),
    [
        (FRIDAY, 23, 1),  # the clock stood still until the late evening
        (dt.date(2026, 11, 28), 18, 0),  # a Saturday
        (MONDAY, 18, 0),  # a holiday
        (dt.date(2026, 12, 1), 17, 1),  # at the hour that the company chose
    ],
)
def test_only_working_days_of_the_companys_calendar(
    company: World, monkeypatch: pytest.MonkeyPatch, day: dt.date, hour: int, count: int
) -> None:
    add(company, DigestKind.DAY, "csm")
    with company.open():
        Holiday.objects.create(day=MONDAY, name="Founding day")
    Tenant.objects.filter(id=company.tenant.id).update(digest_at=dt.time(17))
    at(monkeypatch, jakarta(hour, day=day))
    assert sending.plan_days() == count


@pytest.mark.django_db
def test_the_calendar(tenant_open: World) -> None:
    works = working_days()
    assert next_working_day(FRIDAY, works) == MONDAY
    Holiday.objects.create(day=MONDAY, name="Founding day")
    assert next_working_day(FRIDAY, working_days()) == dt.date(2026, 12, 1)
    BusinessHours.objects.create(weekday=5, opens=dt.time(9), closes=dt.time(12))
    assert next_working_day(FRIDAY, working_days()) == dt.date(2026, 11, 28)
    assert next_working_day(FRIDAY, lambda _day: False) == dt.date(2026, 11, 28)


def fill(world: World) -> Account:
    """A Friday of the CSM: things done, things that moved, things that come on Monday; and a colleague's."""
    csm, ops = world.members["csm"], world.members["ops"]
    account = make_account(world, "Halcyon", health_band="red", mrr_minor=100_00)
    other = make_account(world, "Somebody else's", "ops", health_band="red")
    now = timezone.now()
    services.finish_task(task=make_task(world, account, title="Sent the recap"), version=None, by=csm)
    make_task(world, account, title="Left for later")
    make_task(world, account, 3, title="Prepare the review")
    make_task(world, account, 5, title="Not yet")
    for one, who, title in ((account, csm, "Weekly call"), (other, ops, "Their call")):
        values = {
            "account": one,
            "member": who,
            "kind": "call",
            "subject": title,
            "happened_at": now,
            "known_on": FRIDAY,
        }
        Touchpoint.objects.create(external_id=title, status="attended", source="member", **values)
        Alert.objects.create(account=one, rule="turned_red", level="critical", as_of=FRIDAY, opened_at=now)
        AccountEvent.objects.create(account=one, kind="budget_cut", happened_on=FRIDAY, recorded_at=now)
    Touchpoint.objects.create(
        external_id="review", account=account, kind="qbr", subject="Review", status="planned", source="member", known_on=FRIDAY,
        happened_at=jakarta(10, day=MONDAY),
    )  # fmt: skip
    proposal = propose(account)
    type(proposal).objects.update(opened_at=now)
    for one in (account, other):
        for day, band, score in ((FRIDAY - dt.timedelta(2), "yellow", 60), (FRIDAY - dt.timedelta(1), "red", 40)):
            HealthScore.objects.create(
                account_id=one.id, as_of=day, version_id=one.id, score=score, band=band, coverage=1, raw=[], points=[],
                shares=[],
            )  # fmt: skip
    Tenant.objects.filter(id=world.tenant.id).update(night_done_on=FRIDAY - dt.timedelta(1))
    world.tenant.refresh_from_db()
    return account


def test_it_says_what_the_pages_say(company: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Done, moved, waiting, left over and coming, of the own book only; each figure is that of its page."""
    at(monkeypatch, jakarta(17, 30))
    csm = company.members["csm"]
    with company.open(), timezone.override(JAKARTA):
        fill(company)
        content = day_digest.evening(company.tenant, csm, FRIDAY)
        counted = selectors.counts(csm, FRIDAY)
        found = day_digest.read_day(csm, company.tenant, FRIDAY)
    said = {one["title"]: [row["text"] for row in one["rows"]] for one in content.sections}
    assert said["What I did"] == ["Halcyon: Sent the recap", "Halcyon: Weekly call"]
    assert said["What moved in my book"][0] == "Halcyon: At risk → Critical"
    assert len(said["What moved in my book"]) == found.moved == 4
    assert said["Left over from today"] == ["Halcyon: Left for later"]
    assert said["Next: 30 Nov 2026"] == ["Halcyon: Review", "Halcyon: Prepare the review"]
    assert next(row["aside"] for row in content.sections[4]["rows"]) == "10:00"
    tiles = {tile["label"]: (tile["value"], tile["foot"]) for tile in content.tiles}
    assert tiles["Tasks done"] == ("1", "1 activity logged")
    assert tiles["Next: 30 Nov 2026"] == ("2", "1 left over from today")
    assert counted["late"] + counted["today"] == 1
    assert tiles["Moved in my book"] == ("4", "1 new alert")
    everything = str(content)
    assert "Somebody else" not in everything
    assert "Not yet" not in everything
    inbox = company.client("csm").get(company.url("inbox/"))
    assert tiles["Waits for me"][0] == str(inbox.context["ui"].inbox_count)


def test_the_bands_of_a_night_that_is_not_done_are_not_told(company: World, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, jakarta(17, 30))
    with company.open(), timezone.override(JAKARTA):
        fill(company)
        Tenant.objects.filter(id=company.tenant.id).update(night_done_on=FRIDAY - dt.timedelta(2))
        company.tenant.refresh_from_db()
        assert day_digest.read_day(company.members["csm"], company.tenant, FRIDAY).bands == []


def test_it_costs_the_same_for_one_and_for_many(
    company: World, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    at(monkeypatch, jakarta(17, 30))
    with company.open(), timezone.override(JAKARTA):
        account = fill(company)
        for n in range(12):
            services.finish_task(
                task=make_task(company, account, title=f"Task {n}"), version=None, by=company.members["csm"]
            )
        with django_assert_max_num_queries(24):
            content = day_digest.evening(company.tenant, company.members["csm"], FRIDAY)
    assert content.sections[0]["rows"][-1]["text"] == "and 8 more"


@pytest.mark.parametrize("language", ["en", "id", "ms"])
def test_an_empty_day_says_so(company: World, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    at(monkeypatch, jakarta(17, 30))
    with company.open(), timezone.override(JAKARTA), translation.override(language):
        content = day_digest.evening(company.tenant, company.members["csm"], FRIDAY)
    assert all(not one["rows"] and one["empty"] for one in content.sections)


def away(world: World, who: str, first: dt.date, last: dt.date, cover: str | None = None) -> None:
    with world.open():
        Absence.objects.create(
            member=world.members[who], cover=world.members[cover] if cover else None, first_on=first, last_on=last
        )


def test_nobody_is_written_to_on_days_away(company: World, rival: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """ROL-02: the day of who is away is not told, that of who covers has their accounts and says for whom; the day after
    it is as before. The same absence of another company's member keeps nothing back."""
    add(company, DigestKind.DAY, "csm", "ops")
    add(rival, DigestKind.DAY, "csm")
    away(company, "csm", FRIDAY - dt.timedelta(3), FRIDAY, "ops")
    at(monkeypatch, jakarta(17, 30))
    with company.open(), timezone.override(JAKARTA):
        fill(company)
    assert sending.plan_days() == 2
    work_off(company)
    [sent] = mail.outbox
    assert sent.to == ["Ops Person <ops@acme.example>"]
    assert "You stand in for Csm Person until 27 Nov." in sent.body
    assert "Halcyon: At risk → Critical" in sent.body
    assert "Halcyon: Left for later" in sent.body
    tuesday = dt.date(2026, 12, 1)
    at(monkeypatch, jakarta(17, 30, day=tuesday))
    sending.plan_days()
    work_off(company)
    assert sorted(one.to[0] for one in mail.outbox[1:]) == [
        "Csm Person <csm@acme.example>",
        "Ops Person <ops@acme.example>",
    ]
    own = next(one for one in mail.outbox[1:] if "Ops Person" in one.to[0])
    assert "You stand in for" not in own.body
    assert "Halcyon" not in own.body
    with company.open():
        assert not DigestSent.objects.filter(email="csm@acme.example", period=FRIDAY).exists()


@pytest.mark.parametrize(
    ("kind", "last", "comes"),
    [
        (DigestKind.BOARD, dt.date(2026, 12, 20), dt.date(2026, 12, 21)),
        (DigestKind.WEEK, dt.date(2026, 12, 1), dt.date(2026, 12, 2)),
        (DigestKind.WEEK, dt.date(2026, 12, 6), None),  # the next week has its own
        (DigestKind.DAY, dt.date(2026, 12, 1), None),
    ],
)
def test_what_waits_for_who_is_away_comes_on_their_first_morning(
    company: World, monkeypatch: pytest.MonkeyPatch, kind: str, last: dt.date, comes: dt.date | None
) -> None:
    """ROL-02: the board whenever they return, the week while it is its own; once, and again later when they stay away."""
    [recipient] = add(company, kind, "leader")
    away(company, "leader", MONDAY - dt.timedelta(5), last)
    at(monkeypatch, jakarta(8, day=MONDAY))
    sent: list[str] = []
    monkeypatch.setattr(sending, "content_of", lambda *_args, **_more: sent.append("read"))
    payload = {"recipient": str(recipient.id), "period": MONDAY.isoformat(), "close": ""}
    with company.open():
        sending.send_digest(Work(name=sending.WORK, key=f"{kind}:{recipient.id}", payload=payload, actor="schedule"))
        waiting = list(Work.objects.filter(name=sending.WORK))
        assert [work.run_after.astimezone(JAKARTA).date() for work in waiting] == ([comes] if comes else [])
        assert not sent
        if not comes:
            return
        assert waiting[0].payload == payload
        assert waiting[0].run_after.astimezone(JAKARTA).time() == sending.RETURN
        at(monkeypatch, jakarta(7, day=comes))
        Absence.objects.update(last_on=comes)
        sending.send_digest(waiting[0])
        assert not sent
        assert Work.objects.filter(name=sending.WORK).count() == (2 if comes.weekday() != 6 else 1)
        Absence.objects.all().delete()
        sending.send_digest(waiting[0])
        assert sent == ["read"]
