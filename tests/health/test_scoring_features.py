"""Raw numbers of the indicators, each by hand; and nothing of them knows the future (HLT-02, HLT-03, HLT-07 to HLT-09)."""

import datetime as dt
import random
from typing import Any

import numpy as np
import pytest

from accounts.mergers import merge_account
from accounts.models import (
    Account,
    AccountEvent,
    AccountFeature,
    Contact,
    Feature,
    Segment,
    Tenant,
)
from health.models import Outcome, OutcomeMeasurement, Ticket, Touchpoint
from health.scoring import features
from health.scoring.definition import Definition
from health.scoring.indicators import CATALOGUE
from tests.conftest import World
from tests.health import scoring_facts as facts
from tests.health.scoring_facts import DAY, at

WINDOWS = Definition.default().windows
Raw = dict[str, float | None]


def ago(days: int) -> dt.date:
    return DAY - dt.timedelta(days=days)


def asked(
    *rows: Account, day: dt.date = DAY, known: dt.date | None = None, usage: dt.date | None = None, **windows: int
) -> list[Raw]:
    """Raw numbers of the accounts, in their order."""
    features.ask([(row.id, day, known or day, usage or day) for row in rows])
    features.stage_models({})
    found = features.answers(WINDOWS | windows)
    by_id = {found.account(i): found.raw[i] for i in range(len(found))}
    return [
        {i.key: None if np.isnan(v) else float(v) for i, v in zip(CATALOGUE, by_id[row.id], strict=True)}
        for row in rows
    ]


def raw(row: Account, **options: Any) -> Raw:
    return asked(row, **options)[0]


def pick(found: Raw, *keys: str) -> tuple[float | None, ...]:
    return tuple(found[key] if found[key] is None else pytest.approx(found[key]) for key in keys)  # type: ignore[misc]


def test_nothing_known_is_nothing_said(tenant_open: World) -> None:
    """Every indicator is missing for an account of which nothing is known; no zero is made up."""
    assert set(raw(facts.account()).values()) == {None}


def test_users_of_days_weeks_and_months(tenant_open: World) -> None:
    """HLT-07: DAU/MAU, WAU of seats and core users from the day bits, across the end of a month."""
    row = facts.account(seats=10)
    facts.used(row, [ago(n) for n in range(28)], users=1)
    other = [ago(27), ago(20), ago(7)]
    for month in {d.replace(day=1) for d in other}:
        facts.UserMonth.objects.create(
            account_id=row.id, user_id=row.id, month=month, known_on=month,
            days=sum(1 << (d.day - 1) for d in other if d.replace(day=1) == month), core_days=0,
        )  # fmt: skip
    outside = ago(28)
    facts.UserMonth.objects.create(
        account_id=row.id, user_id=facts.uuid4(), month=outside.replace(day=1), known_on=outside.replace(day=1),
        days=1 << (outside.day - 1), core_days=1 << (outside.day - 1),
    )  # fmt: skip
    found = raw(row)
    assert found["stickiness"] == pytest.approx((28 + 3) / 28 / 2)
    assert found["seat_activity"] == pytest.approx(1 / 10)
    assert found["core_adoption"] == pytest.approx(1 / 2)
    assert found["session_frequency"] == pytest.approx(28 / 2 / 4)
    assert found["session_minutes"] == pytest.approx(5)
    assert found["recency"] == 0
    day_before = raw(row, day=ago(0), usage=ago(1))
    assert day_before["recency"] == 0
    assert day_before["stickiness"] == pytest.approx((27 + 1 + 3) / 28 / 3)


@pytest.mark.parametrize(
    "usage_day", [dt.date(2026, 3, 1), dt.date(2026, 2, 28), dt.date(2024, 2, 29), dt.date(2026, 1, 31)]
)
def test_a_day_counts_once_wherever_the_months_end(tenant_open: World, usage_day: dt.date) -> None:
    row = facts.account(seats=1, since=dt.date(2023, 1, 1))
    days = [usage_day - dt.timedelta(days=n) for n in range(60)]
    facts.used(row, days)
    found = raw(row, day=usage_day)
    assert (found["stickiness"], found["seat_activity"]) == (1.0, 1.0)
    assert found["usage_trend"] == 0.0


def test_trend_against_the_window_before(tenant_open: World) -> None:
    row, fresh, silent = facts.account("A"), facts.account("B"), facts.account("C")
    facts.used(row, [ago(n) for n in range(28)], quantity=3)
    facts.used(row, [ago(n) for n in range(28, 56)], quantity=4, users=0)
    facts.used(row, [ago(n) for n in range(56, 60)], quantity=1000, users=0)
    facts.used(fresh, [ago(3)])
    facts.used(silent, [ago(100)])
    assert raw(row)["usage_trend"] == pytest.approx(-0.25)
    assert raw(row, usage_trend=7)["usage_trend"] == 0
    assert raw(fresh)["usage_trend"] is None
    found = raw(silent)
    assert pick(found, "usage_trend", "stickiness", "seat_activity", "recency") == (None, 0, 0, 100)


def test_seats_without_a_user_are_silence_once_the_tenant_sends_usage(tenant_open: World) -> None:
    row, other = facts.account("A"), facts.account("B")
    assert raw(row)["seat_activity"] is None
    facts.used(other, [ago(5)])
    assert raw(row)["seat_activity"] == 0
    assert raw(row, day=ago(6))["seat_activity"] is None
    facts.changed(row, DAY, seats=None)
    assert raw(row)["seat_activity"] is None
    assert raw(row, day=ago(1))["seat_activity"] == 0


def test_only_running_subscriptions_have_seats(tenant_open: World) -> None:
    row = facts.account(seats=10)
    facts.used(row, [DAY], users=2)
    facts.period(row, dt.date(2020, 1, 1), end_on=DAY, seats=90)
    assert raw(row)["seat_activity"] == pytest.approx(0.2)


def test_seats_end_with_the_dunning_days_and_count_those_of_merged_parts(tenant_open: World) -> None:
    """METRICS 4: seats are those of the periods that are paid on the day, as the usage tab counts them."""
    row, part = facts.account("A", seats=10), facts.account("B", since=dt.date(2020, 1, 1), seats=30)
    facts.used(row, [DAY], users=2)
    assert raw(row)["seat_activity"] == pytest.approx(0.2)
    merge_account(account=part, into=row, by=tenant_open.members["ops"])
    assert raw(row)["seat_activity"] == pytest.approx(0.05)
    dunning = tenant_open.tenant.dunning_days
    facts.changed(part, ago(90), past_due_on=ago(dunning - 1))
    assert raw(row)["seat_activity"] == pytest.approx(0.05)
    facts.changed(part, ago(80), past_due_on=ago(dunning))
    assert raw(row)["seat_activity"] == pytest.approx(0.2)


def test_the_start_is_that_of_the_first_part(tenant_open: World) -> None:
    """METRICS 4: one customer since its first part began, where nobody wrote down when it signed."""
    row, part = facts.account("A", since=dt.date(2025, 1, 1)), facts.account("B", since=dt.date(2020, 1, 1))
    Account.objects.update(signed_on=None)

    def tenure() -> float:
        features.ask([(row.id, DAY, DAY, DAY)])
        features.stage_models({})
        return float(features.answers(WINDOWS).tenure[0])

    assert 17 < tenure() < 18  # months
    merge_account(account=part, into=row, by=tenant_open.members["ops"])
    assert 77 < tenure() < 78


def test_breadth_of_relevant_features_or_of_all(tenant_open: World) -> None:
    """HLT-08, JRN-20: the account's own list counts when it has one."""
    row, other = facts.account("A"), facts.account("B")
    facts.used(row, [ago(3)])
    for key in ("edit", "share"):
        facts.feature_used(row, key, ago(3))
    facts.feature_used(row, "export", ago(95))
    facts.feature_used(other, "report", ago(200))
    Feature.objects.create(key="never", name="Nobody ever")
    assert raw(row)["feature_breadth"] == pytest.approx(2 / 4)
    assert raw(row, feature_breadth=100)["feature_breadth"] == pytest.approx(3 / 4)
    for key in ("edit", "report", "never"):
        AccountFeature.objects.create(account=row, feature=Feature.objects.get(key=key))
    assert raw(row)["feature_breadth"] == pytest.approx(1 / 3)


def test_a_meeting_that_was_not_held_is_no_contact_and_has_no_mood(tenant_open: World) -> None:
    """HLT-09, ACC-06: planned, cancelled and missed ones, though the customer had asked for them; only attendance counts that
    they were missed."""
    row = facts.account()
    facts.touch(row, "call", ago(30), sentiment="negative")
    before = raw(row)
    assert (before["last_contact"], before["sentiment"]) == (30, -1)
    for status in ("planned", "cancelled", "no_show"):
        facts.touch(row, "meeting", ago(3), status=status, inbound=True, sentiment="positive")
    found = raw(row)
    assert (found["last_contact"], found["sentiment"]) == (30, -1)
    assert found["meeting_attendance"] == 0


def test_meetings_mails_and_contact(tenant_open: World) -> None:
    """HLT-09: attendance, answers, time to answer, opens, last two-way contact; planned meetings are not judged."""
    row = facts.account()
    facts.touch(row, "qbr", ago(100))
    facts.touch(row, "qbr", ago(20), status="cancelled")
    facts.touch(row, "training", ago(30), status="no_show")
    facts.touch(row, "check_in", ago(40))
    facts.touch(row, "check_in", ago(181))
    facts.touch(row, "meeting", DAY, status="planned")
    facts.touch(row, "call", ago(15), sentiment="negative")
    facts.touch(row, "email", ago(50), replied_at=at(ago(50), 16), sentiment="positive")
    facts.touch(row, "email", ago(40), opened_at=at(ago(40), 13))
    facts.touch(row, "email", ago(10), replied_at=at(ago(7), 12), status="replied", sentiment="negative")
    facts.touch(row, "email", ago(9))
    facts.touch(row, "email", ago(3), replied_at=at(ago(2)))  # too young to be judged, but a contact
    facts.touch(row, "email", ago(61), replied_at=at(ago(61), 13))
    found = raw(row)
    assert found["meeting_attendance"] == pytest.approx(2 / 4)
    assert found["reply_rate"] == pytest.approx(2 / 4)
    assert found["reply_hours"] == pytest.approx((4 + 72) / 2)
    assert found["email_opens"] == pytest.approx(3 / 4)
    assert found["last_contact"] == 2
    assert found["sentiment"] == pytest.approx(-1 / 3)
    assert found["feedback"] is None
    facts.touch(facts.account("B"), "feedback", ago(30))
    assert raw(row)["feedback"] == 0
    facts.touch(row, "community", ago(30))
    assert raw(row)["feedback"] == 1


def test_the_vector_of_the_reply_time(tenant_open: World) -> None:
    """HLT-09: from 4 hours to 3 days is from 100 to 0 points."""
    row = facts.account()
    facts.touch(row, "email", ago(40), replied_at=at(ago(40), 16))
    assert raw(row)["reply_hours"] == 4
    part = next(p for p in Definition.default().parts if p.key == "reply_hours")
    assert (part.worst, part.best >= 4) == (72, True)


def test_our_letters_alone_are_no_contact(tenant_open: World) -> None:
    row = facts.account()
    facts.touch(row, "email", ago(30))
    facts.touch(row, "email", ago(3))
    assert raw(row)["last_contact"] == 30
    facts.touch(row, "email", ago(20), inbound=True)
    found = raw(row)
    assert pick(found, "last_contact", "reply_rate") == (20, 0)


def test_people(tenant_open: World) -> None:
    """ACC-04: live contacts (three at most), a champion, a sponsor; who left is not there."""
    row = facts.account()
    assert raw(row)["relationships"] is None
    people = [Contact.objects.create(account=row, external_id=f"C{i}", name="N") for i in range(5)]
    Contact.objects.update(created_at=at(ago(300)))
    assert raw(row)["relationships"] == 0
    for person in people[:2]:
        facts.touch(row, "call", ago(30), contact=person)
    facts.survey(row, "nps", 9, ago(5), contact=people[2])
    facts.touch(row, "email", ago(30), contact=people[3])  # ours, without an answer
    assert raw(row)["relationships"] == 3
    Contact.objects.filter(id=people[3].id).update(role="champion")
    Contact.objects.filter(id=people[4].id).update(role="executive_sponsor")
    assert raw(row)["relationships"] == 5
    Contact.objects.filter(id=people[3].id).update(left_on=DAY)
    assert raw(row)["relationships"] == 4
    assert raw(row, day=ago(1))["relationships"] == 5


def test_answers_to_surveys(tenant_open: World) -> None:
    """HLT-03, ACC-10: NPS counts each person's latest answer; CSAT after tickets, whatever its scale."""
    row = facts.account()
    person = Contact.objects.create(account=row, external_id="C", name="N")
    facts.survey(row, "nps", 2, ago(100), contact=person)
    facts.survey(row, "nps", 9, ago(10), contact=person)
    facts.survey(row, "nps", 6, ago(20))
    facts.survey(row, "nps", 8, ago(30))
    facts.survey(row, "nps", 0, ago(366))
    facts.survey(row, "csat", 5, ago(9), scale=5, context="ticket")
    facts.survey(row, "csat", 1, ago(9), scale=5, context="training")
    facts.survey(row, "csat", 5.5, ago(8), scale=10, context="ticket")
    assert pick(raw(row), "nps", "csat") == (pytest.approx(23 / 3), pytest.approx(0.75))


def test_events_at_the_customer(tenant_open: World) -> None:
    row = facts.account()
    for kind, days in (("champion_left", 10), ("budget_cut", 89), ("merger", 90), ("growth", 5)):
        AccountEvent.objects.create(account=row, kind=kind, happened_on=ago(days))
    assert raw(row)["context"] is None  # written down today, so not known then
    AccountEvent.objects.update(recorded_at=at(ago(5)))
    assert raw(row)["context"] == 2
    assert raw(row, known=ago(6))["context"] is None


def test_tickets(tenant_open: World) -> None:
    """MET-15, HLT-15: load against the usual, escalations, four hours, a day, reopened, old."""
    row = facts.account()
    for days in (30, 60, 90, 120, 150, 180, 180, 180, 180, 180, 180, 180):  # two in 28 days is the usual
        facts.ticket(row, ago(days), resolved_at=at(ago(days - 1)), resolution_minutes=100)
    for i in range(6):
        facts.ticket(
            row, ago(10 + i), first_response_at=at(ago(10 + i), 15), first_response_minutes=[240, 240.01][i % 2],
            resolved_at=at(ago(9)) if i else None, resolution_minutes=[None, 1440, 1441][min(i, 2)],
            escalated_at=at(ago(9)) if i == 1 else None, reopened_at=at(ago(8)) if i == 2 else None,
        )  # fmt: skip
    found = raw(row)
    assert found["ticket_load"] == pytest.approx(6 / 2)
    assert found["escalation_share"] == pytest.approx(1 / 8)
    assert found["response_share"] == pytest.approx(3 / 8)
    assert found["resolution_share"] == pytest.approx((2 + 1) / 8)
    assert found["reopen_share"] == pytest.approx(1 / 7)
    assert found["old_tickets"] == 1
    assert raw(row, old_tickets=30)["old_tickets"] == 0


def test_no_ticket_and_much_use_is_good_support(tenant_open: World) -> None:
    """The decision: who uses the product and has no ticket is served well; who does neither tells nothing; and a
    tenant that sends no tickets at all says nothing about support."""
    row, idle, asking = facts.account("A"), facts.account("B"), facts.account("C")
    facts.used(row, [ago(3)])
    assert raw(row)["ticket_load"] is None
    facts.ticket(asking, ago(100))
    assert pick(raw(row), "ticket_load", "old_tickets", "escalation_share") == (0, 0, None)
    assert raw(idle)["ticket_load"] is None
    assert raw(row, day=ago(101))["ticket_load"] is None


def test_outcomes(tenant_open: World) -> None:
    """VAL-01 to VAL-03: against where it should be by now; reached of those due; last confirmation."""
    row = facts.account()
    facts.outcome(
        row, ago(100), DAY + dt.timedelta(days=100), measured={ago(50): 10, ago(20): 25}
    )  # half way, 25 of 50
    facts.outcome(row, ago(300), ago(100), measured={ago(120): 99})  # due, not reached
    facts.outcome(row, ago(300), ago(50), measured={ago(60): 100})  # due, reached
    facts.outcome(row, ago(10), DAY + dt.timedelta(days=990))  # just begun
    facts.outcome(row, ago(200), DAY + dt.timedelta(days=9), confirmed_on=ago(40))  # reached before its time
    facts.outcome(row, ago(200), ago(10), dropped_on=ago(5))
    found = raw(row)
    assert found["progress"] == pytest.approx((0.5 + 0.99 + 1 + 1) / 4, abs=1e-6)
    assert found["reached_share"] == pytest.approx(2 / 3)
    assert found["value_confirmed"] == 40
    assert found["first_value"] is None
    assert raw(row, day=ago(41))["value_confirmed"] == 300 - 41


def test_less_can_be_the_target(tenant_open: World) -> None:
    row = facts.account()
    made = facts.outcome(row, ago(100), ago(1))
    Outcome.objects.filter(id=made.id).update(baseline=50, target=10)
    OutcomeMeasurement.objects.create(outcome=made, measured_on=ago(2), value=20, known_on=ago(2))
    assert raw(row)["progress"] == pytest.approx(0.75)


@pytest.mark.parametrize(("profile", "late"), [("product_led", 93), ("smb", 70), ("mid_market", 40), ("enterprise", 0)])
def test_first_value_by_profile(tenant_open: World, profile: str, late: int) -> None:
    """E19: a hundred days after signature it is 93 days late for product-led, and in time for enterprise."""
    row = facts.account(since=ago(100), segment=Segment.objects.get(profile=profile))
    made = facts.outcome(row, ago(90), ago(10), first_value=True)
    assert raw(row)["first_value"] == late
    Outcome.objects.filter(id=made.id).update(confirmed_on=ago(95))
    assert raw(row)["first_value"] == 0
    assert raw(row, day=DAY + dt.timedelta(days=300))["first_value"] is None


def test_days_are_those_of_the_tenant(tenant_open: World) -> None:
    """23:30 in Jakarta is still that day; half an hour later is not."""
    Tenant.objects.filter(id=tenant_open.tenant.id).update(timezone="Asia/Jakarta")
    row = facts.account()
    touched = facts.touch(row, "call", DAY)
    Touchpoint.objects.filter(id=touched.id).update(happened_at=dt.datetime(2026, 6, 30, 16, 30, tzinfo=dt.UTC))
    assert raw(row)["last_contact"] == 0
    Touchpoint.objects.filter(id=touched.id).update(happened_at=dt.datetime(2026, 6, 30, 17, 0, tzinfo=dt.UTC))
    assert raw(row)["last_contact"] is None
    assert raw(row, day=DAY + dt.timedelta(days=1))["last_contact"] == 0


@pytest.mark.parametrize("seed", range(8))
def test_no_statement_looks_ahead(tenant_open: World, seed: int) -> None:
    """Raw numbers of a past day are the same before and after everything that happens or becomes known later."""
    rng = random.Random(seed)
    rows = [facts.random_account(rng, f"A-{i}") for i in range(4)]
    day = ago(rng.randint(0, 60))
    before = asked(*rows, day=day)
    assert any(value is not None for found in before for value in found.values())
    tomorrow = day + dt.timedelta(days=1)
    for row in rows:
        random_future(rng, row, day)
        facts.used(row, [day - dt.timedelta(days=3)], users=0, known=tomorrow)  # late
        facts.touch(row, "qbr", day - dt.timedelta(days=3), known=tomorrow)
        facts.ticket(row, day - dt.timedelta(days=3), known=tomorrow)
        facts.survey(row, "nps", 0, day - dt.timedelta(days=3), known_on=tomorrow)
        facts.outcome(row, day - dt.timedelta(days=30), day - dt.timedelta(days=3), known_on=tomorrow)
    assert asked(*rows, day=day) == before
    assert asked(*rows, day=DAY + dt.timedelta(days=400)) != before


def random_future(rng: random.Random, row: Account, day: dt.date) -> None:
    """What had not happened by the end of `day` happens: answers, solutions, confirmations, new facts of all kinds."""
    later = day + dt.timedelta(days=rng.randint(1, 30))
    Touchpoint.objects.filter(account=row, replied_at=None, status="sent").update(replied_at=at(later))
    Touchpoint.objects.filter(account=row, replied_at__gte=at(day, 23)).update(replied_at=at(later))
    Ticket.objects.filter(account=row, resolved_at=None).update(resolved_at=at(later), resolution_minutes=1)
    Ticket.objects.filter(account=row, first_response_at=None).update(
        first_response_at=at(later), first_response_minutes=1
    )
    Ticket.objects.filter(account=row, escalated_at=None).update(escalated_at=at(later))
    Ticket.objects.filter(account=row, reopened_at=None).update(reopened_at=at(later))
    for made in Outcome.objects.filter(account=row):
        OutcomeMeasurement.objects.create(outcome=made, measured_on=later, value=500, known_on=later)
        OutcomeMeasurement.objects.create(outcome=made, measured_on=made.agreed_on, value=400, known_on=later)
    Outcome.objects.filter(account=row, confirmed_on=None).update(confirmed_on=later)
    Outcome.objects.filter(account=row, dropped_on=None).update(dropped_on=later)
    gone = rng.choice([later, day - dt.timedelta(days=30)])  # the latter was learned of later
    for person in Contact.objects.filter(account=row):
        facts.person_changed(
            person, later, role=rng.choice(["champion", "core_user"]), left_on=rng.choice([None, gone])
        )
    Contact.objects.create(account=row, external_id=f"{row.id}-new", name="New", role="champion")
    facts.touch(row, "qbr", later, status="cancelled")
    facts.ticket(row, later)
    facts.survey(row, "nps", 0, later)
    facts.outcome(row, later, later + dt.timedelta(days=30))
    free = DAY + dt.timedelta(days=200 + rng.randint(0, 9))
    facts.used(row, [free])
    facts.feature_used(row, "brand-new", free)
    AccountEvent.objects.create(account=row, kind="budget_cut", happened_on=later)
    AccountEvent.objects.create(account=row, kind="merger", happened_on=day)  # learned of today
    ended = row.signed_on + dt.timedelta(days=1)
    facts.changed(
        row, later, seats=rng.choice([None, 1, 70]), end_on=rng.choice([None, ended]), voided=rng.random() < 0.3
    )
    facts.period(row, later, external_id=f"{row.external_id}-more", seats=500)


def test_rows_of_another_tenant_do_not_exist(worlds: tuple[World, World]) -> None:
    """API-04: the same ids asked for from another tenant find nothing, and its facts move nothing here."""
    world, rival = worlds
    with world.open():
        mine = facts.random_account(random.Random(1), "A")
        before = raw(mine)
    with rival.open():
        for i in range(3):
            facts.random_account(random.Random(i), f"A{i}")
        features.ask([(mine.id, DAY, DAY, DAY)])
        features.stage_models({})
        assert len(features.answers(WINDOWS)) == 0
    with world.open():
        assert raw(mine) == before


def test_many_days_of_many_accounts_at_once_are_as_one_by_one(tenant_open: World) -> None:
    """A backtest asks hundreds of days together."""
    rng = random.Random(5)
    rows = [facts.random_account(rng, f"A-{i}") for i in range(4)]
    days = [ago(n) for n in (0, 3, 40, 90)]
    alone = {(row.id, day): raw(row, day=day) for row in rows for day in days}
    features.ask([(row.id, day, day, day) for row in rows for day in days])
    features.stage_models({})
    found = features.answers(WINDOWS)
    assert len(found) == 16
    for i in range(16):
        one = alone[found.account(i), found.days[i].astype(dt.date)]
        together = [None if np.isnan(v) else float(v) for v in found.raw[i]]
        assert together == list(one.values())
