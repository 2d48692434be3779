"""The clock of the support desk: business hours, holidays, the day on which clocks change (MET-15)."""

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.company import set_hours
from accounts.enums import ChangeSource
from accounts.kinds import KINDS
from accounts.merging import Origin, merge_accounts
from accounts.models import BusinessHours, Holiday, Tenant
from accounts.rows import parse
from cs_platform.kernel.models import AuditEntry, Dirty
from health.models import Ticket
from health.support.clock import Clock, span
from health.support.jobs import time_tickets

BERLIN, UTC = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")
WEEK = {day: (dt.time(9), dt.time(17)) for day in range(5)}
FIRST, LAST = dt.date(2026, 3, 1), dt.date(2026, 4, 30)


def at(text, zone=UTC):
    return dt.datetime.fromisoformat(text).replace(tzinfo=zone)


def minutes(start, end, *, hours=WEEK, holidays=(), zone=UTC):
    return Clock(hours, set(holidays), zone, FIRST, LAST).minutes(at(start, zone), at(end, zone))


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-03-06T16:30", "2026-03-09T09:45", 75),  # Friday to Monday
        ("2026-03-02T10:00", "2026-03-02T12:30", 150),
        ("2026-03-02T07:00", "2026-03-02T08:59", 0),  # before it opens
        ("2026-03-02T17:00", "2026-03-03T09:00", 0),  # a night
        ("2026-03-07T10:00", "2026-03-08T20:00", 0),  # a weekend
        ("2026-03-02T00:00", "2026-03-09T00:00", 5 * 480),
        ("2026-03-02T12:30", "2026-03-02T10:00", -150),  # answered before it was opened
        ("2026-03-02T10:00", "2026-03-02T10:00", 0),
    ],
)
def test_minutes_run_while_the_desk_is_open(start, end, expected):
    assert minutes(start, end) == expected


def test_without_hours_it_is_the_calendar():
    assert minutes("2026-03-06T16:30", "2026-03-09T09:45", hours={}) == 65 * 60 + 15
    clock = Clock({}, set(), UTC, FIRST, LAST)
    assert clock.minutes(at("1999-01-01T00:00"), at("1999-01-01T00:00:01")) == Decimal("0.0167")
    assert clock.minutes(None, at("2026-03-02T10:00")) is None
    assert clock.minutes(at("2026-03-02T10:00"), None) is None


def test_a_holiday_is_closed():
    assert minutes("2026-03-06T16:30", "2026-03-10T09:45", holidays=[dt.date(2026, 3, 9)]) == 75
    # A holiday on a weekend changes nothing.
    assert minutes("2026-03-06T16:30", "2026-03-09T09:45", holidays=[dt.date(2026, 3, 8)]) == 75


def test_the_day_on_which_clocks_change():
    """In Berlin, 29 March 2026 has no 2:00: a desk that is open all night has one hour less, its office hours not."""
    night = {6: (dt.time(0), dt.time(8)), 0: (dt.time(0), dt.time(8))}
    assert minutes("2026-03-29T00:00", "2026-03-29T08:00", hours=night, zone=BERLIN) == 7 * 60
    assert minutes("2026-03-30T00:00", "2026-03-30T08:00", hours=night, zone=BERLIN) == 8 * 60
    assert minutes("2026-03-27T16:00", "2026-03-30T10:00", zone=BERLIN) == 120
    summer = Clock(WEEK, set(), BERLIN, FIRST, LAST)
    # The same office hour is another instant after the change.
    assert summer.minutes(at("2026-03-27T08:00"), at("2026-03-27T09:00")) == 60
    assert summer.minutes(at("2026-03-30T07:00"), at("2026-03-30T08:00")) == 60
    assert summer.minutes(at("2026-03-30T06:00"), at("2026-03-30T07:00")) == 0


def test_hours_past_midnight_belong_to_the_day_they_begin_on():
    shift = {0: (dt.time(22), dt.time(6))}
    assert minutes("2026-03-02T20:00", "2026-03-03T12:00", hours=shift) == 8 * 60
    assert minutes("2026-03-03T05:00", "2026-03-03T12:00", hours=shift) == 60
    # Around the clock: each day begins where the one before ends.
    around = {day: (dt.time(0), dt.time(0)) for day in range(7)}
    assert minutes("2026-03-02T20:00", "2026-03-05T21:30", hours=around) == 73 * 60 + 30


@given(
    st.datetimes(dt.datetime(2026, 3, 1), dt.datetime(2026, 4, 30)),
    st.datetimes(dt.datetime(2026, 3, 1), dt.datetime(2026, 4, 30)),
)
def test_it_agrees_with_counting_every_minute(one, two):
    one, two = (moment.replace(second=0, microsecond=0) for moment in sorted((one, two)))
    two = min(two, one + dt.timedelta(days=9))
    zone, holiday = BERLIN, dt.date(2026, 4, 3)
    start, end = (moment.replace(tzinfo=UTC) for moment in (one, two))
    counted, moment = 0, start
    while moment < end:
        local = moment.astimezone(zone)
        counted += local.weekday() < 5 and local.date() != holiday and 9 <= local.hour < 17
        moment += dt.timedelta(minutes=1)
    assert Clock(WEEK, {holiday}, zone, *span([start, end], zone)).minutes(start, end) == counted


def test_new_hours_change_the_minutes_of_all_tickets(worlds):
    """Hours are the tenant's own: the rival's tickets keep theirs; nothing is audited, and the scores hear of it."""
    for world in worlds:
        with world.open():
            merge_accounts([parse("accounts", 1, {"account": "A-1"})], Origin(ChangeSource.API))
            told = [
                {"ticket": "T-1", "account": "A-1", "state": "New", "event_at": "2026-03-06T16:30"},
                {"ticket": "T-1", "account": "A-1", "state": "Solved", "event_at": "2026-03-09T09:45"},
                {"ticket": "T-2", "account": "A-1", "state": "New", "event_at": "2026-03-09T09:45"},
            ]
            rows = [parse("tickets", n, cells) for n, cells in enumerate(told)]
            KINDS["tickets"].merge(rows, Origin(ChangeSource.IMPORT))
            Dirty.objects.all().delete()
    mine, theirs = worlds
    with mine.open():
        set_hours(hours=WEEK)
        assert time_tickets(dt.date(2026, 3, 10)) == 1
        assert Ticket.objects.get(external_id="T-1").resolution_minutes == 75
        assert Dirty.objects.filter(topic="health").count() == 1
        audited = AuditEntry.objects.filter(table="health_ticket", action="update").count()
        assert time_tickets(dt.date(2026, 3, 10)) == 0
        Holiday.objects.create(day=dt.date(2026, 3, 9), name="Closed")
        assert time_tickets(dt.date(2026, 3, 10)) == 1
        assert Ticket.objects.get(external_id="T-1").resolution_minutes == 30
        assert AuditEntry.objects.filter(table="health_ticket", action="update").count() == audited
        Tenant.objects.filter(id=mine.tenant.id).update(timezone="Asia/Tokyo")
        assert time_tickets(dt.date(2026, 3, 10)) == 1
    with theirs.open():
        assert not BusinessHours.objects.exists()
        assert time_tickets(dt.date(2026, 3, 10)) == 0
        assert Ticket.objects.get(external_id="T-1").resolution_minutes == 65 * 60 + 15
