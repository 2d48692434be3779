"""The runs page: what the nights did, live, and the way to do it again."""

import datetime as dt
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Tenant
from cs_platform import pipeline
from cs_platform.kernel import queue, runs
from cs_platform.kernel.models import Finding, Run, RunStep, Work
from cs_platform.pipeline import NIGHTLY
from cs_platform.runs_views import NAMES

DAY = dt.date(2026, 11, 20)
HTMX = {"HX-Request": "true", "HX-Target": "run"}


@pytest.fixture(autouse=True)
def _short_night(monkeypatch):
    steps = (("ledger", lambda as_of: 1234), ("second", lambda as_of: 0), ("finish", pipeline.finish_night))
    monkeypatch.setattr(pipeline, "NIGHTLY", steps)


def test_every_step_of_the_night_has_words():
    """Nobody reads `play_tasks`; a step that is added is named with it."""
    assert [name for name, _step in NIGHTLY if name not in NAMES] == []


def at(world, name="runs", *args):
    return reverse(name, args=[world.tenant.slug, *args])


@pytest.mark.parametrize(
    ("role", "status"), [("admin", 200), ("ops", 200), ("leader", 403), ("csm", 403), ("executive", 403)]
)
def test_runs_are_for_operators(world, role, status):
    """ROL-01: permission runs.view, for looking and for doing."""
    client = world.client(role)
    assert client.get(at(world)).status_code == status
    if status == 403:
        assert client.post(at(world, "runs_again"), {"as_of": DAY.isoformat()}).status_code == 403
        with world.open():
            assert not Run.objects.exists()


def test_without_a_night_the_page_says_when_the_first_comes(world):
    Tenant.objects.update(timezone="Asia/Jakarta", next_night_at=dt.datetime(2026, 11, 22, 19, tzinfo=dt.UTC))
    page = world.client("ops").get(at(world)).content.decode()
    assert "23 Nov 2026, 02:00" in page
    assert "Asia/Jakarta" in page
    assert "No night yet" in page


def test_a_night_again_is_followed_live_until_it_ends(world):
    client = world.client("ops")
    begun = client.post(at(world, "runs_again"), {"as_of": DAY.isoformat()})
    page = client.get(begun.url).content.decode()
    assert 'hx-trigger="every 1s"' in page
    poll = re.search(r'hx-get="([^"]+)" hx-trigger="every 1s"', page)[1]
    assert client.post(at(world, "runs_again"), {"as_of": DAY.isoformat()}).status_code == 422, "it is running"
    with world.open():
        work = Work.objects.get()
        assert work.actor == world.members["ops"].name
    assert queue.attempt(world.tenant.id, work.id)
    piece = client.get(poll, headers=HTMX).content.decode()
    assert "<html" not in piece
    assert "1 of 3 steps" in piece
    assert "1,234" in piece
    assert 'hx-trigger="every 1s"' in piece
    queue.run_to_end(world.tenant.id, work.id)
    piece = client.get(poll, headers=HTMX).content.decode()
    assert "3 of 3 steps" in piece
    assert "every 1s" not in piece, "nothing asks any more"
    assert "data-say" in piece
    assert Tenant.objects.get(slug="acme").night_done_on == DAY


def test_failed_work_shows_its_error_and_is_tried_again(worlds, monkeypatch):
    mine, theirs = worlds
    for world in worlds:
        with world.open():
            run = runs.plan("nightly", DAY, pipeline.NIGHTLY)
            work = queue.enqueue("nightly", DAY.isoformat(), payload={"run": str(run.id)})
            runs.failed(work, "ValueError: <b>broken</b>", True)
            Work.objects.update(state="failed", attempts=6, error="ValueError: <b>broken</b>")
    client = mine.client("ops")
    page = client.get(at(mine)).content.decode()
    assert page.count("ValueError: &lt;b&gt;broken") == 2, "on the step and on the work"
    assert client.post(at(mine, "runs_retry", work.id)).status_code == 404, "that of another company"
    with mine.open():
        own = Work.objects.get()
    assert client.post(at(mine, "runs_retry", own.id)).status_code == 302
    queue.drain(5)
    with mine.open():
        assert Run.objects.get().state == Run.State.DONE
    with theirs.open():
        assert Work.objects.get().state == Work.State.FAILED


def test_doing_a_failed_night_again_clears_the_old_failure(world):
    with world.open():
        run = runs.plan("nightly", DAY, pipeline.NIGHTLY)
        queue.enqueue("nightly", DAY.isoformat(), payload={"run": str(run.id)})
        Work.objects.update(state="failed")
    world.client("ops").post(at(world, "runs_again"), {"as_of": DAY.isoformat()})
    queue.drain(5)
    with world.open():
        assert not Work.objects.exists()


@pytest.mark.parametrize("day", ["", "x", "2026-02-30", "1066-10-14", "9999-01-01", "2026-11-20T00:00"])
def test_days_that_cannot_be_run_are_refused(world, day):
    assert world.client("ops").post(at(world, "runs_again"), {"as_of": day}).status_code == 422


def test_checks_that_do_not_hold_are_alerts_until_they_do(worlds):
    mine, theirs = worlds
    with theirs.open():
        runs.report("roll_forward", DAY, {"2026-10": "A secret of the rival."})
    with mine.open():
        runs.report("roll_forward", DAY, {"2026-10": "Opening and movements differ by 0.01."})
    client = mine.client("ops")
    page = client.get(at(mine)).content.decode()
    assert "differ by 0.01" in page
    assert "secret" not in page
    with mine.open():
        runs.report("roll_forward", DAY, {})
        assert Finding.objects.get().resolved_at
    assert "differ by 0.01" not in client.get(at(mine)).content.decode()


@pytest.mark.parametrize("query", ["run=x", "run=00000000-0000-0000-0000-000000000000", "run=%00"])
def test_an_unknown_run_is_404(world, query):
    assert world.client("ops").get(f"{at(world)}?{query}").status_code == 404


def test_the_page_costs_the_same_however_many_runs(world, django_assert_max_num_queries):
    client = world.client("ops")
    with world.open():
        for n in range(40):
            run = Run.objects.create(name="nightly", as_of=DAY - dt.timedelta(days=n), state="done")
            RunStep.objects.create(run=run, position=0, name="ledger", state="done", rows=n, milliseconds=n)
    Tenant.objects.update(next_night_at=timezone.now())
    with django_assert_max_num_queries(23):
        page = client.get(at(world))
    assert len(page.context["runs"]) == 30
