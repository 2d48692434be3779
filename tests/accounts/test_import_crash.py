"""What people do to an import while a worker is in the middle of it, and what a file may not do to the machine
(API-01, RELIABILITY 4.2)."""

import gzip
import io
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from accounts import csvfiles, import_pieces, imports
from accounts.enums import ImportState
from accounts.imports import create_import, start_import
from accounts.kinds import KINDS
from accounts.models import Account, Import, Subscription
from cs_platform.kernel import queue
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.models import Work
from tests.accounts.test_import import FIRST, bring, counts, reasons, tables
from tests.conftest import World, make_world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_alarm(monkeypatch):
    """Nobody is woken: each test does its work itself."""
    monkeypatch.setattr(queue, "wake_workers", [])


def begin(
    world: World, text: str = FIRST, *, dry_run: bool = False, kind: str = "subscriptions"
) -> tuple[Import, Work]:
    with world.open():
        run = create_import(kind=kind, filename="f", source=io.BytesIO(text.encode()), by=None, piece=1)
        return run, start_import(run=run, dry_run=dry_run)


def in_the_middle(monkeypatch, act: Callable[[], Any], *, of: str = "merge") -> list[Any]:
    """Once, in the middle of a piece, do `act` in a thread with a connection of its own; its result and its seconds."""
    answers: list[Any] = []

    def other_person() -> None:
        try:
            answers.append(act())
        finally:
            connection.close()

    def meanwhile() -> None:
        if not answers:
            start = time.monotonic()
            thread = threading.Thread(target=other_person)
            thread.start()
            thread.join(30)
            answers.append(time.monotonic() - start)

    def after(function: Callable[..., Any]) -> Callable[..., Any]:
        def both(*args: Any, **kwargs: Any) -> Any:
            result = function(*args, **kwargs)
            meanwhile()
            return result

        return both

    if of == "merge":
        kind = KINDS["subscriptions"]
        monkeypatch.setitem(KINDS, "subscriptions", replace(kind, merge=after(kind.merge)))
    else:
        monkeypatch.setattr(import_pieces, "_index", after(import_pieces._index))
    return answers


@pytest.mark.parametrize(("of", "read"), [("look", 0), ("merge", 1)])
def test_who_stops_an_import_does_not_wait_for_its_piece(db, monkeypatch, of, read):
    straight, world = make_world("straight", "S"), make_world("acme", "A")
    whole = bring(straight, "subscriptions", FIRST, piece=1)
    run, work = begin(world)
    client = world.client("ops")
    answers = in_the_middle(monkeypatch, lambda: client.post(world.url(f"data/imports/{run.id}/stop/")), of=of)
    queue.run_to_end(world.tenant.id, work.id)
    response, seconds = answers
    assert response.status_code == 302
    assert seconds < 4, "the role waits 5 s for a lock and then gives up"
    with world.open():
        run.refresh_from_db()
        assert (run.state, run.read, Subscription.objects.count()) == (ImportState.STOPPED, read, read)
        work = start_import(run=run)
    queue.run_to_end(world.tenant.id, work.id)
    with world.open():
        run.refresh_from_db()
    assert (run.state, counts(run)) == (ImportState.DONE, counts(whole))
    assert tables(world) == tables(straight)


def test_a_check_that_began_anew_takes_nothing_from_the_piece_before(world, monkeypatch):
    """Columns are changed while a worker is in the middle of checking: its counts and problems are of the old ones."""
    text = FIRST.replace("2025-03-01", "03/14/2025")
    run, _work = begin(world, text, dry_run=True)
    client, page = world.client("ops"), world.url(f"data/imports/{run.id}/")
    columns = {f"column_{i}": run.mapping[c] for i, c in enumerate(run.columns)}

    def anew() -> int:
        client.post(f"{page}stop/")
        return client.post(page, columns | {"dates": "mdy"}).status_code

    answers = in_the_middle(monkeypatch, anew)
    queue.drain()
    assert answers[0] == 302
    with world.open():
        run.refresh_from_db()
        assert not Work.objects.filter(name="import_file").exists()
    assert (run.state, counts(run)) == (ImportState.DONE, (1, 0, 0, 2))
    assert [row for row, _column, _code in reasons(world, run)] == [1, 3]


def test_a_file_discarded_in_the_middle_of_its_check_is_gone(world, monkeypatch):
    run, _work = begin(world, dry_run=True)
    client, page = world.client("ops"), world.url(f"data/imports/{run.id}/")
    in_the_middle(monkeypatch, lambda: (client.post(f"{page}stop/"), client.post(f"{page}discard/")))
    queue.drain()
    with world.open():
        assert not Import.objects.exists()
        assert not Work.objects.exists()
        assert not Account.objects.exists()


def test_failed_work_that_is_tried_again_takes_up_its_import(world, monkeypatch):
    """From the runs page as from the import's own: either way it goes on, and leaves no failed work behind."""
    for again in ("runs", "import"):
        run, work = begin(world, FIRST)
        with monkeypatch.context() as broken:
            broken.setitem(KINDS, "subscriptions", replace(KINDS["subscriptions"], merge=lambda *a, **k: 1 / 0))
            for _attempt in range(queue.MAX_ATTEMPTS + 1):
                queue.attempt(world.tenant.id, work.id)
        with world.open():
            run.refresh_from_db()
            assert run.state == ImportState.FAILED
        name, id_ = ("runs_retry", work.id) if again == "runs" else ("import_start", run.id)
        assert world.client("ops").post(reverse(name, args=["acme", id_])).status_code == 302
        queue.drain()
        with world.open():
            run.refresh_from_db()
            assert (run.state, run.error, run.read) == (ImportState.DONE, "", 3)
            assert not Work.objects.filter(name="import_file").exists()


def test_an_error_that_passed_is_forgotten(world, monkeypatch):
    run, work = begin(world)
    queue.attempt(world.tenant.id, work.id)
    with monkeypatch.context() as broken:
        broken.setitem(KINDS, "subscriptions", replace(KINDS["subscriptions"], merge=lambda *a, **k: 1 / 0))
        queue.attempt(world.tenant.id, work.id)
    with world.open():
        run.refresh_from_db()
        assert "ZeroDivisionError" in run.error
    queue.run_to_end(world.tenant.id, work.id)
    with world.open():
        run.refresh_from_db()
    assert (run.state, run.error) == (ImportState.DONE, "")


def test_refused_rows_speak_the_language_of_who_sent_the_file(world):
    user = world.members["ops"].user
    user.language = "id"
    user.save()
    said = []
    for by in (None, world.members["ops"]):
        with world.open():
            source = io.BytesIO(b"account,owner_email\nA-1,nobody@\n")
            run = create_import(kind="accounts", filename="f", source=source, by=by)
            work = start_import(run=run)
        queue.run_to_end(world.tenant.id, work.id)
        with world.open():
            said.append(run.rejects.get().message)
    assert said[0] == "This is not an e-mail address."
    assert said[1] != said[0]


def test_a_small_file_that_unpacks_to_a_large_one_makes_small_pieces(world, monkeypatch):
    """Some 100 KB become 67 MB: a piece is bounded by what it holds, not by its rows alone."""
    wide = b",".join([b"x" * 120_000] * 7) + b"\n"
    hollow = b"x" + b"," * 400_000 + b"\n"
    content = gzip.compress(b"account,b,c,d,e,f,g\n" + wide * 60 + hollow * 60)
    assert len(content) < 200_000
    with world.open():
        run = create_import(kind="accounts", filename="f", source=io.BytesIO(content), by=None)
        sizes = list(run.chunks.values_list("rows", flat=True))
    assert run.total == sum(sizes) == 120
    assert max(sizes) <= imports.PIECE_TEXT // 400_000 + 1
    assert run.options["filled"] == [120, 60, 60, 60, 60, 60, 60]
    monkeypatch.setattr(csvfiles, "MOST_TEXT", 10_000_000)
    with world.open(), pytest.raises(DomainError, match="too large"):
        create_import(kind="accounts", filename="f", source=io.BytesIO(content), by=None)
