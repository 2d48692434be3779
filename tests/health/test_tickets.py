"""State changes of tickets on their way in: any order, any number of times, known or waiting (ACC-07, CONTRACTS 1)."""

import datetime as dt
import random

import pytest

from accounts.enums import ChangeSource
from accounts.kinds import Row
from accounts.mergers import merge_account
from accounts.merging import Origin, merge_accounts
from accounts.models import Account
from accounts.rows import parse
from cs_platform.kernel.models import AuditEntry, Dirty
from health.models import HeldTicket, Ticket, TicketChange
from health.support.jobs import release_step
from health.support.merge import merge_tickets
from health.support.rows import level_of
from tests.accounts.test_import import bring

ORIGIN = Origin(ChangeSource.API)
HEAD = "ticket,event_at,state,account,user,priority,opened_at,resolved_at,closed_at,reassignment_count,reopen_count"
FILE = [
    "T-1,2026-03-02T08:00:00,New,A-1,Ana,1 - Critical,2026-03-02T07:50:00,,,0,0",
    "T-1,2026-03-02T09:00:00,Active,A-1,Ana,1 - Critical,2026-03-02T07:50:00,,,1,0",
    "T-1,2026-03-02T12:00:00,Resolved,A-1,Ana,2 - High,2026-03-02T07:50:00,2026-03-02T12:00:00,,2,0",
    "T-1,2026-03-03T12:00:00,Active,A-1,Ana,2 - High,2026-03-02T07:50:00,,,2,1",
    "T-1,2026-03-03T20:00:00,Closed,A-1,Ana,2 - High,2026-03-02T07:50:00,2026-03-03T18:00:00,2026-03-03T20:00:00,2,1",
    "T-2,2026-03-04T10:00:00+02:00,New,A-2,,4 - Low,,,,0,0",
]


def with_accounts(world, *names):
    with world.open():
        rows = [parse("accounts", n, {"account": name}) for n, name in enumerate(names)]
        merge_accounts(rows, ORIGIN)


def text(*rows):
    return "\n".join([HEAD, *rows, ""])


def tables(world):
    with world.open():
        skip = {"id", "tenant_id", "account_id", "recorded_at", "updated_at", "source_ref", "version"}
        return [
            {name: value for name, value in row.items() if name not in skip}
            | {"account": Account.objects.get(id=row["account_id"]).external_id}
            for row in Ticket.objects.order_by("external_id").values()
        ], sorted(TicketChange.objects.values_list("ticket__external_id", "event_at", "state", "digest", "known_on"))


def put(world, **cells):
    with world.open():
        row = parse("tickets", 1, cells)
        assert isinstance(row, Row), row
        return merge_tickets([row], ORIGIN)


@pytest.fixture
def acme(worlds):
    for world in worlds:
        with_accounts(world, "A-1", "A-2")
    return worlds[0]


def test_a_ticket_is_what_its_changes_say(acme, rival):
    """ACC-07, MET-15: first response, resolution, reopening, escalation; naive times are UTC."""
    run = bring(acme, "tickets", text(*FILE))
    assert (run.created, run.updated, run.unchanged, run.rejected, run.quarantined) == (6, 0, 0, 0, 0)
    with acme.open():
        one = Ticket.objects.get(external_id="T-1")
        utc = dt.UTC
        assert one.opened_at == dt.datetime(2026, 3, 2, 7, 50, tzinfo=utc)
        assert one.first_response_at == dt.datetime(2026, 3, 2, 9, tzinfo=utc)
        assert one.resolved_at == dt.datetime(2026, 3, 3, 18, tzinfo=utc)
        assert one.closed_at == dt.datetime(2026, 3, 3, 20, tzinfo=utc)
        assert one.reopened_at == dt.datetime(2026, 3, 3, 12, tzinfo=utc)
        assert one.escalated_at == dt.datetime(2026, 3, 2, 12, tzinfo=utc)
        assert (one.state, one.priority, one.level, one.user_ref) == ("Closed", "2 - High", "high", "Ana")
        assert (one.reopen_count, one.reassignment_count) == (1, 2)
        assert (float(one.first_response_minutes), float(one.resolution_minutes)) == (70, 34 * 60 + 10)
        assert one.known_on == dt.date(2026, 3, 2)  # a file of history was known when it happened
        two = Ticket.objects.get(external_id="T-2")
        assert two.opened_at == dt.datetime(2026, 3, 4, 8, tzinfo=utc)  # nothing says when: its first change
        assert (two.first_response_at, two.resolved_at, two.escalated_at, two.resolution_minutes) == (None,) * 4
    with rival.open():
        assert not Ticket.objects.exists()
        assert not Dirty.objects.filter(topic="health").exists()


def test_twice_in_any_order_in_any_pieces_is_the_same(acme, rival):
    """The same file twice changes nothing; rows in another order make the same tickets."""
    bring(acme, "tickets", text(*FILE))
    before = tables(acme)
    with acme.open():
        versions = list(Ticket.objects.values_list("external_id", "version", "updated_at"))
    again = bring(acme, "tickets", text(*FILE))
    assert (again.created, again.unchanged) == (0, 6)
    shuffled = FILE[:]
    random.Random(5).shuffle(shuffled)
    other = bring(rival, "tickets", text(*shuffled), piece=2)
    assert (other.created, other.updated, other.unchanged) == (6, 0, 0)
    assert tables(acme) == before == tables(rival)
    with acme.open():
        assert list(Ticket.objects.values_list("external_id", "version", "updated_at")) == versions


def test_every_order_of_single_changes_makes_the_same_ticket(acme, rival):
    bring(acme, "tickets", text(*FILE))
    rows = FILE[:]
    rng = random.Random(11)
    rng.shuffle(rows)
    for row in rows:
        bring(rival, "tickets", text(row))
    assert tables(rival) == tables(acme)


def test_a_system_that_only_says_states(acme):
    """Resolved and reopened follow from the states where no column says them."""
    for hour, state in ((8, "New"), (9, "Open"), (10, "Solved"), (11, "Open"), (12, "solved"), (13, "Closed")):
        put(acme, ticket="T-9", account="A-1", state=state, event_at=f"2026-03-02T{hour:02}:00:00Z")
    with acme.open():
        found = Ticket.objects.get(external_id="T-9")
        assert (found.resolved_at.hour, found.closed_at.hour, found.reopened_at.hour) == (12, 13, 11)
        assert (found.reopen_count, found.first_response_at.hour) == (1, 9)


def test_what_a_change_does_not_say_stays_and_what_it_empties_goes(acme):
    put(acme, ticket="T-9", account="A-1", state="Resolved", event_at="2026-03-02T09:00Z", resolved_at="2026-03-02T09:00Z",
        subject="Broken", escalated_to="product")  # fmt: skip
    put(acme, ticket="T-9", account="A-1", state="Note", event_at="2026-03-02T10:00Z")
    with acme.open():
        found = Ticket.objects.get(external_id="T-9")
        assert (found.resolved_at.hour, found.subject, found.escalated_to) == (9, "Broken", "product")
        assert found.escalated_at == dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
    put(acme, ticket="T-9", account="A-2", state="Open", event_at="2026-03-02T11:00Z", resolved_at="", subject="")
    with acme.open():
        found = Ticket.objects.get(external_id="T-9")
        assert (found.resolved_at, found.subject, found.account.external_id) == (None, "", "A-2")
        dirty = set(Dirty.objects.filter(topic="health").values_list("key", flat=True))
        assert dirty == set(Account.objects.values_list("id", flat=True))  # the account that it left, and the new one


def test_late_news_are_known_late(acme):
    """ADR 0004: what the API brings long after it happened was not known then."""
    put(acme, ticket="T-9", account="A-1", state="New", event_at="2026-03-02T09:00Z")
    with acme.open():
        today = acme.tenant.today()
        assert TicketChange.objects.get().known_on == today == Ticket.objects.get().known_on


def test_unknown_accounts_wait_and_are_merged_by_themselves(worlds):
    """CONTRACTS 1: quarantined, released when the account appears, and as known as if it had been there."""
    acme, rival = worlds
    for world in worlds:
        with_accounts(world, "A-2")
        run = bring(world, "tickets", text(*FILE))
        assert (run.created, run.quarantined, run.rejected) == (1, 5, 0)
        again = bring(world, "tickets", text(*FILE))
        assert (again.unchanged, again.quarantined) == (1, 5)
        with world.open():
            assert HeldTicket.objects.count() == 5
    with acme.open():
        assert release_step(dt.date(2026, 3, 5)) == 0
    with_accounts(acme, "A-1")
    with acme.open():
        assert release_step(dt.date(2026, 3, 5)) == 5
        assert not HeldTicket.objects.exists()
    with rival.open():
        assert HeldTicket.objects.count() == 5  # nobody else's
        assert Ticket.objects.count() == 1
    with_accounts(rival, "A-1")
    with rival.open():
        HeldTicket.objects.all().delete()
    bring(rival, "tickets", text(*FILE))
    assert tables(acme) == tables(rival)


@pytest.mark.parametrize(
    ("change", "column", "code"),
    [
        ({"event_at": "yesterday"}, "event_at", "not_a_date"),
        ({"event_at": "2026-02-30T10:00"}, "event_at", "no_such_day"),
        ({"event_at": "2026-02-03T25:00"}, "event_at", "not_a_moment"),
        ({"event_at": ""}, "event_at", "required"),
        ({"state": ""}, "state", "required"),
        ({"account": ""}, "account", "required"),
        ({"reopen_count": "-1"}, "reopen_count", "out_of_range"),
        ({"reassignment_count": "some"}, "reassignment_count", "not_a_whole_number"),
        ({"sentiment": "angry"}, "sentiment", "unknown_choice"),
        ({"opened_at": "1066-10-14"}, "opened_at", "out_of_range"),
        ({"ticket": "x" * 201}, "ticket", "too_long"),
    ],
)
def test_bad_cells_are_named(change, column, code):
    cells = {"ticket": "T", "event_at": "2026-01-01", "state": "New", "account": "A"} | change
    assert [(p.column, p.code) for p in parse("tickets", 1, cells)] == [(column, code)]


def test_a_refused_row_can_be_corrected(acme):
    run = bring(acme, "tickets", text(FILE[0], FILE[1].replace("2026-03-02T09:00:00", "soon")))
    assert (run.created, run.rejected) == (1, 1)
    with acme.open():
        assert list(run.rejects.values_list("row", "column", "code")) == [(2, "event_at", "not_a_date")]


@pytest.mark.parametrize(
    ("word", "level"),
    [("1 - Critical", "urgent"), ("P1", "urgent"), ("2 - High", "high"), ("Sev 2", "high"), ("3 - Moderate", "normal"),
     ("Medium", "normal"), ("4 - Low", "low"), ("P4", "low"), ("", "normal"), ("whatever", "normal"), ("Major", "high")],
)  # fmt: skip
def test_levels_of_other_systems(word, level):
    assert level_of(word) == level


def test_bulk_is_quiet_and_a_single_ticket_is_audited(acme):
    put(acme, ticket="T-9", account="A-1", state="New", event_at="2026-03-02T09:00Z")
    put(acme, ticket="T-9", account="A-1", state="Closed", event_at="2026-03-02T10:00Z")
    with acme.open():
        entries = list(AuditEntry.objects.filter(table="health_ticket").order_by("id"))
        assert [entry.action for entry in entries] == ["insert", "update"]
        assert entries[1].changes["state"] == ["New", "Closed"]
    many = [f"M-{n},2026-03-02T08:00:00,New,A-1,,,,,,0,0" for n in range(150)]
    bring(acme, "tickets", text(*many))
    with acme.open():
        assert AuditEntry.objects.filter(table="health_ticket").count() == 2


def test_the_import_says_how_many_rows_wait(world):
    """They are neither refused nor lost: the page names them beside what is in."""
    run = bring(world, "tickets", text(*FILE))
    answer = world.client("ops").get(world.url(f"data/imports/{run.id}/"))
    shown = {str(count["label"]): count["value"] for count in answer.context["counts"]}
    assert shown["waiting for their account"] == 6
    assert answer.context["headline"] == "6 rows are in"
    assert ("watch", 6) in answer.context["bar"]
    listed = world.client("ops").get(world.url("data/imports/"))
    assert listed.status_code == 200


def test_a_ticket_of_a_merged_account_is_of_the_one_that_stands(acme):
    """METRICS 4: also when that one was merged again, and for tickets that are told once more."""
    with_accounts(acme, "A-3")
    with acme.open():
        by = acme.members["ops"]
        for part, into in (("A-1", "A-2"), ("A-2", "A-3")):
            one, other = (Account.objects.get(external_id=name) for name in (part, into))
            merge_account(account=one, into=other, by=by)
    for state, at in (("New", "2026-03-02T08:00:00"), ("Active", "2026-03-02T09:00:00")):
        put(acme, ticket="T-9", event_at=at, state=state, account="A-1")
        with acme.open():
            assert Ticket.objects.get(external_id="T-9").account.external_id == "A-3"
