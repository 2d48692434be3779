"""The three clocks from the signature (MET-14, E19): exact days, what was known when, who left, who was merged."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import Account, AccountEvent, Segment
from health.models import AccountDay, Outcome
from metrics.enums import Metric
from metrics.insights import clocks
from metrics.insights.clocks import CLOCKS, Clocks, by_value
from tests.books import Book

DAY = dt.date(2026, 6, 30)


def on(month: int, day: int, year: int = 2026) -> dt.date:
    return dt.date(year, month, day)


def used(account: Account, day: dt.date, known: dt.date | None = None) -> None:
    AccountDay.objects.create(account_id=account.id, day=day, known_on=known or day, events=1, quantity=1)


def confirmed(account: Account, day: dt.date | None, *, first: bool = True, **more: object) -> Outcome:
    fields = {
        "external_id": f"{account.external_id}-{Outcome.objects.count()}", "name": "First workflow live", "baseline": 0,
        "target": 1, "agreed_on": on(1, 1), "due_on": on(12, 31), "data_source": "Report", "known_on": on(1, 1),
        "source": "api", "first_value": first, "confirmed_on": day,
    }  # fmt: skip
    return Outcome.objects.create(account=account, **(fields | more))


def onboarded(account: Account, day: dt.date) -> None:
    AccountEvent.objects.create(account=account, kind="onboarding_complete", happened_on=day)


def facts(world) -> None:
    """A signed 1 March and went the whole way; B waits; C left without; D is young; E signed before there was usage."""
    book = Book(world)
    rows = [
        ("A", "Mid-market", "inbound", on(3, 1)), ("B", "Mid-market", "partner", on(3, 1)),
        ("C", "Small business", "partner", on(2, 1)), ("D", "Mid-market", "inbound", on(6, 20)),
        ("E", "Enterprise", "inbound", on(1, 1, 2025)), ("F", "Enterprise", "inbound", None),
    ]  # fmt: skip
    book.merge(
        "accounts",
        [
            {"account": name, "segment": segment, "source": source, "signed_on": signed.isoformat() if signed else ""}
            for name, segment, source, signed in rows
        ],
    )
    book.period("C", "2026-02-01", "2026-05-01", "10.00")
    for name in ("A", "B", "D"):
        book.period(name, "2026-03-01", "", "10.00")
    with world.open():
        named = {account.external_id: account for account in Account.objects.all()}
        used(named["E"], on(1, 5))  # the first usage that the company has
        used(named["A"], on(3, 4))
        used(named["A"], on(3, 9))
        used(named["B"], on(4, 10))
        onboarded(named["A"], on(3, 31))
        onboarded(named["A"], on(4, 2))
        confirmed(named["A"], on(4, 11))
        confirmed(named["A"], on(3, 2), first=False)
        confirmed(named["B"], None)


@pytest.fixture
def world_with_clocks(worlds):
    for world in worlds:
        facts(world)
    return worlds[0]


def told(**more) -> dict[str, clocks.Summary]:
    rows = Clocks(as_of=DAY, **more).rows()
    return {clock: clocks.summary(row for row in rows if row.clock == clock) for clock in CLOCKS}


def test_each_clock_counts_days_and_those_that_wait(world_with_clocks):
    with world_with_clocks.open():
        found = told()
    login, onboarding, value = (found[clock] for clock in CLOCKS)
    # E signed before usage was collected: its clock of the first use is unknown, not a year long.
    assert (login.accounts, login.reached, login.open, login.left) == (4, 2, 1, 1)
    assert [day for day, _share in login.steps] == [3, 40]
    assert (onboarding.accounts, onboarding.reached, onboarding.open, onboarding.left) == (5, 1, 3, 1)
    assert [day for day, _share in onboarding.steps] == [30]
    assert (value.accounts, value.reached, value.open, value.left) == (5, 1, 3, 1)
    assert [day for day, _share in value.steps] == [41]
    assert value.median is None


def test_time_to_value_is_judged_by_the_segment_and_by_ninety_days(world_with_clocks):
    """MET-14, E19: mid-market has 60 days, small business 30, enterprise 120. D is 10 days old: nobody judges it yet."""
    with world_with_clocks.open():
        value = told()[Metric.TTV]
        by = by_value(Clocks(as_of=DAY).rows("segment"), Metric.TTV)
    assert (value.judged, value.in_time, value.share_in_time) == (4, 1, Decimal("0.25"))
    assert (value.judged_90, value.in_90) == (4, 1)
    assert (by["Mid-market"].judged, by["Mid-market"].in_time) == (2, 1)
    assert by["Enterprise"].share_in_time == 0


def test_what_was_known_and_what_had_happened(world_with_clocks):
    with world_with_clocks.open():
        early = Clocks(as_of=on(4, 10)).rows()
        value = clocks.summary(row for row in early if row.clock == Metric.TTV)
        assert (value.accounts, value.reached) == (4, 0)  # A confirms the day after; D has not signed
        account = Account.objects.get(external_id="B")
        used(account, on(3, 2), known=on(6, 1))
        assert [day for day, _share in told()[Metric.TTV_LOGIN].steps] == [1, 3]
        then = timezone.make_aware(dt.datetime(2026, 5, 1))
        before = told(known_at=then)
        assert [day for day, _share in before[Metric.TTV_LOGIN].steps] == [3, 40]
        assert before[Metric.TTV_ONBOARDING].reached == 0  # written down today, so nobody knew it then


def test_dropped_and_merged(world_with_clocks):
    with world_with_clocks.open():
        named = {account.external_id: account for account in Account.objects.all()}
        confirmed(named["D"], None, dropped_on=on(6, 25))
        rows = {line.name: line for line in behind(world_with_clocks).lines}
        assert rows["D"].planned is None
        # B becomes a part of D: one customer, signed at the earlier day, with the days of both.
        Account.objects.filter(id=named["B"].id).update(merged_into=named["D"], merged_at=timezone.now())
        found = told()
        assert found[Metric.TTV].accounts == 4
        rows = {line.name: line for line in behind(world_with_clocks, clock=Metric.TTV_LOGIN).lines}
        assert "B" not in rows
        assert (rows["D"].signed_on, rows["D"].days, rows["D"].reached) == (on(3, 1), 40, True)


def behind(world, clock=Metric.TTV, **more):
    return Clocks(as_of=DAY).behind(world.members["leader"], clock, **more)


def test_who_is_late_comes_first_and_a_list_goes_on(world_with_clocks):
    with world_with_clocks.open():
        late = behind(world_with_clocks, state="late")
        assert [(line.name, line.over) for line in late.lines] == [("E", 545 - 120), ("B", 121 - 60)]
        assert late.lines[1].planned == "First workflow live"
        assert [line.name for line in behind(world_with_clocks, state="left").lines] == ["C"]
        first = behind(world_with_clocks, limit=2)
        assert [line.name for line in first.lines] == ["E", "B"]
        rest = behind(world_with_clocks, after=first.lines[-1].account_id)
        assert [line.name for line in rest.lines] == ["C", "A", "D"]
        nobodys = Clocks(as_of=DAY).behind(world_with_clocks.members["csm"], Metric.TTV)
        assert (nobodys.lines, nobodys.hidden, nobodys.accounts) == ([], 5, 5)


@pytest.mark.parametrize("cut", clocks.CUTS)
def test_every_cut_adds_up_to_everybody(world_with_clocks, cut):
    with world_with_clocks.open():
        whole = told()[Metric.TTV]
        parts = by_value(Clocks(as_of=DAY).rows(cut), Metric.TTV).values()
        for name in ("accounts", "reached", "open", "left", "judged", "in_time", "judged_90", "in_90"):
            assert sum(getattr(part, name) for part in parts) == getattr(whole, name)


def test_segment_time_and_the_unknown(world_with_clocks):
    with world_with_clocks.open():
        assert told(segment="Mid-market")[Metric.TTV].accounts == 3
        assert told(signed_from=on(3, 1), signed_to=on(3, 31))[Metric.TTV].accounts == 2
        with pytest.raises(ValueError, match="shoe"):
            Clocks(as_of=DAY).rows("shoe size")
        AccountDay.objects.all().delete()
        assert told()[Metric.TTV_LOGIN].accounts == 0
        assert Segment.objects.filter(name="Mid-market").exists()


def test_the_number_of_queries_does_not_hang_on_the_book(world_with_clocks, django_assert_num_queries):
    with world_with_clocks.open(), django_assert_num_queries(5):
        Clocks(as_of=DAY).rows()
