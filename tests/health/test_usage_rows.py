"""Usage from files: repetitions count, the same file again does not, unknown accounts wait (CONTRACTS 1, ACC-08)."""

import datetime as dt
import io
from collections import Counter
from decimal import Decimal

import pytest

from accounts.enums import ChangeSource, ImportKind
from accounts.imports import create_import, start_import
from accounts.merging import Origin
from accounts.models import Account, Import
from accounts.rows import Row, parse
from cs_platform.kernel import queue
from health.models import HeldEvent, Receipt, UsageEvent, UsageKey
from health.usage.rows import merge_usage
from tests.conftest import World

HEAD = "event_at,account,user,event,quantity,session,message_id\n"
SAME = "2011-08-01T16:16:49Z,A-1,ana,edit,1,s1,\n"


def bring(world: World, text: str, *, piece: int = 20_000) -> Import:
    """A file through the public import."""
    with world.open():
        run = create_import(
            kind="usage", filename="u.csv", source=io.BytesIO((HEAD + text).encode()), by=None, piece=piece
        )
        work = start_import(run=run)
    queue.run_to_end(world.tenant.id, work.id)
    with world.open():
        return Import.objects.get(id=run.id)


def counts(run: Import) -> tuple[int, ...]:
    return run.read, run.created, run.updated, run.unchanged, run.quarantined, run.rejected


@pytest.fixture
def account(world: World) -> Account:
    with world.open():
        return Account.objects.create(external_id="A-1", name="Northwind")


@pytest.mark.parametrize("piece", [2, 3, 20_000])
def test_rows_that_say_the_same_each_count_and_the_file_again_does_not(account, world, piece):
    other = "2011-08-01T16:16:49Z,A-1,ana,login,1,s1,\n"
    text = SAME + other + SAME + SAME + other
    assert counts(bring(world, text, piece=piece)) == (5, 5, 0, 0, 0, 0)
    assert counts(bring(world, text, piece=4)) == (5, 0, 0, 5, 0, 0)
    assert counts(bring(world, SAME + text, piece=piece)) == (6, 1, 0, 5, 0, 0)
    with world.open():
        assert Counter(UsageEvent.objects.values_list("event", flat=True)) == {"edit": 4, "login": 2}
        assert UsageKey.objects.count() == 6


def test_history_of_any_age_is_known_when_it_happened(account, world):
    bring(world, "1999-05-05T23:30:00-03:00,A-1,,login,2.5,,m-1\n")
    with world.open():
        event = UsageEvent.objects.get()
        assert (event.day, event.known_on, event.quantity) == (dt.date(1999, 5, 6), dt.date(1999, 5, 6), Decimal("2.5"))
        assert event.occurred_at == dt.datetime(1999, 5, 6, 2, 30, tzinfo=dt.UTC)
        assert Receipt.objects.get().kind == "import"


def test_unknown_accounts_wait_and_are_counted_once(account, world):
    text = "2011-08-01T16:16:49Z,B-7,ana,edit,1,s1,\n" + SAME
    run = bring(world, text)
    assert counts(run) == (2, 1, 0, 0, 1, 0)
    with world.open():
        assert not run.rejects.exists()
    assert counts(bring(world, text)) == (2, 0, 0, 2, 0, 0)
    with world.open():
        assert HeldEvent.objects.get().account_ref == "B-7"


def test_a_message_id_that_stood_on_another_event_is_rejected(account, world):
    first = "2011-08-01T16:16:49Z,A-1,ana,edit,1,s1,m-1\n"
    other = "2011-08-01T16:16:49Z,A-1,ana,edit,2,s1,m-1\n"
    assert counts(bring(world, first + other)) == (2, 1, 0, 0, 0, 1)
    run = bring(world, first + other)
    assert counts(run) == (2, 0, 0, 1, 0, 1)
    with world.open():
        assert [(r.row, r.code, r.column) for r in run.rejects.all()] == [(2, "message_id_reused", "message_id")]
        assert not HeldEvent.objects.exists()


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("event_at", "", "required"),
        ("event_at", "2011-08-01T16:16:49", "no_offset"),
        ("event_at", "yesterday", "not_a_time"),
        ("event_at", "2011-02-30T00:00:00Z", "not_a_time"),
        ("event_at", "1312215409", "not_a_time"),
        ("account", "", "required"),
        ("account", "x" * 201, "too_long"),
        ("event", "", "required"),
        ("event", "x" * 121, "too_long"),
        ("event", "a\x00b", "characters"),
        ("event", "a\tb", "characters"),
        ("quantity", "many", "not_an_amount"),
        ("quantity", "1e3", "not_an_amount"),
        ("quantity", "9" * 20, "out_of_range"),
        ("message_id", "x" * 101, "too_long"),
        ("session", "x" * 201, "too_long"),
    ],
)
def test_what_cannot_be_an_event_is_refused_with_its_column(column, value, code):
    cells = {"event_at": "2011-08-01T16:16:49Z", "account": "A-1", "event": "edit"} | {column: value}
    problems = parse(ImportKind.USAGE, 1, cells)
    assert isinstance(problems, list)
    assert [(p.column, p.code) for p in problems] == [(column, code)]


def test_the_future_waits_also_from_a_file(account, world):
    later = (dt.datetime.now(dt.UTC) + dt.timedelta(days=400)).isoformat()
    assert counts(bring(world, f"{later},A-1,ana,edit,1,,\n")) == (1, 0, 0, 0, 1, 0)


def test_a_merge_of_its_own_counts_for_itself(account, world):
    row = parse(ImportKind.USAGE, 1, {"event_at": "2011-08-01T16:16:49Z", "account": "A-1", "event": "edit"})
    assert isinstance(row, Row)
    rows = [Row(n, row.values, row.given) for n in (1, 2)]
    with world.open():
        origin = Origin(ChangeSource.API, None, "test")
        assert merge_usage(rows, origin).created == 2
        assert merge_usage(rows, origin).unchanged == 2


def test_tenants_keep_apart(account, world, rival):
    with rival.open():
        Account.objects.create(external_id="A-1", name="Northwind")
    assert counts(bring(world, SAME)) == counts(bring(rival, SAME)) == (1, 1, 0, 0, 0, 0)
    with rival.open():
        assert UsageEvent.objects.get().account_id == Account.objects.get().id


def test_twenty_thousand_rows_take_seconds(account, world):
    """A generous bound; what it takes is measured by benchmarks.ingest."""
    lines = [
        f"2011-08-{n % 28 + 1:02}T16:16:{n % 60:02}Z,A-1,u{n % 50},edit {n % 30},1,s{n // 9},\n" for n in range(20_000)
    ]
    begin = dt.datetime.now()
    run = bring(world, "".join(lines))
    assert run.created == 20_000
    assert (dt.datetime.now() - begin).total_seconds() < 60
