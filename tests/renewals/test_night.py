"""The night of renewals: steps become tasks, the system calls, the week is frozen (TRG-11, REN-05)."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, Contact
from cs_platform.kernel.errors import DomainError
from health.models import Ticket
from journey.enums import TaskState, Why, WorkType
from journey.models import Task
from journey.work.reasons import why
from journey.work.services import cancel_task, finish_task, reopen_task
from renewals import jobs
from renewals.enums import Caller, Step
from renewals.models import FrozenCall, Renewal, RenewalCall, RenewalStep
from renewals.services import add_objection, call_renewal, finish_step, reopen_step, set_intent, set_stakeholder
from tests.conftest import World
from tests.renewals.renewal_facts import TODAY, Contracts, at_day, scored


@pytest.fixture
def contracts(world: World) -> Contracts:
    return Contracts(world)


def due_in(contracts: Contracts, days: int, *, key: str = "A", account: str = "C-1") -> None:
    contracts.year(account, (TODAY + dt.timedelta(days=days)).isoformat(), key=key)


def test_the_next_step_becomes_a_task_once_and_finishing_either_finishes_both(contracts: Contracts) -> None:
    """TRG-11: two weeks ahead, one step at a time; the task says why and leads to the renewal."""
    due_in(contracts, 89)
    contracts.follow(TODAY - dt.timedelta(days=1))
    world, by = contracts.world, contracts.world.members["csm"]
    with world.open():
        Account.objects.update(owner=by)
        assert jobs.make_step_tasks(TODAY) == 1
        assert jobs.make_step_tasks(TODAY) == 0
        task = Task.objects.get()
        assert (task.why, task.work, task.owner, task.title) == (
            Why.RENEWAL, WorkType.RENEWAL, by, "Renewal on 18 Feb 2027: Internal prep"
        )  # fmt: skip
        told = why(task, world.tenant, TODAY, linked=True)
        assert told["url"] == f"/t/acme/accounts/{task.account_id}/renewal/"
        assert "Internal prep" in told["text"]
        finish_task(task=task, version=None, by=by, result="Value summary is ready")
        step = RenewalStep.objects.get(step=Step.PREP)
        assert (step.done_on, step.done_by, step.note) == (TODAY, by, "Value summary is ready")
        reopen_task(task=task, version=None, by=by)
        step.refresh_from_db()
        assert step.done_on is None
        finish_step(step=step, version=step.version, by=by)
        task.refresh_from_db()
        assert task.state == TaskState.DONE
        reopen_step(step=step, version=None, by=by)
        task.refresh_from_db()
        assert task.state == TaskState.OPEN
        # Dropping a task says nothing of the step, and nobody is asked again.
        cancel_task(task=task, version=None, by=by)
        step.refresh_from_db()
        assert step.done_on is None
        assert jobs.make_step_tasks(TODAY) == 0
        finish_step(step=step, version=None, by=by)
        assert jobs.make_step_tasks(TODAY) == 1, "the talk is 15 days off, and its turn now"


def test_a_talk_is_the_first_conversation_and_a_late_step_of_a_closed_renewal_stays(contracts: Contracts) -> None:
    due_in(contracts, 60)
    contracts.follow()
    with contracts.world.open():
        step = RenewalStep.objects.get(step=Step.TALK)
        finish_step(step=step, version=None, by=None, on=TODAY - dt.timedelta(days=3))
        assert Renewal.objects.get().talked_on == TODAY - dt.timedelta(days=3)
        with pytest.raises(DomainError):
            finish_step(step=step, version=None, by=None, on=TODAY + dt.timedelta(days=1))
        reopen_step(step=step, version=None, by=None)
        assert Renewal.objects.get().talked_on is None
        Renewal.objects.update(state="churned", closed_on=TODAY)
        with pytest.raises(DomainError):
            finish_step(step=step, version=None, by=None)


def test_the_system_calls_from_facts_and_says_the_same_twice_once(contracts: Contracts, rival: World) -> None:
    """REN-05: the reasons are the facts, add up to the number, and are written where something changed."""
    other = Contracts(rival)
    due_in(other, 40)
    other.follow()
    due_in(contracts, 40)
    contracts.follow()
    with contracts.world.open():
        account, renewal = Account.objects.get(), Renewal.objects.get()
        Account.objects.update(customer_since=TODAY - dt.timedelta(days=3 * 365 + 40))
        scored(account, score=39, trend=-0.46)
        Contact.objects.create(account=account, external_id="P1", name="R. Okafor", role="champion", left_on=TODAY)
        pays = Contact.objects.create(
            account=account, external_id="P2", name="Bram", last_contact_on=TODAY - dt.timedelta(days=30)
        )
        set_stakeholder(renewal=renewal, contact=pays, part="pays", by=None)
        opened = dt.datetime(2026, 11, 18, 9, tzinfo=dt.UTC)
        for number, (level, resolved) in enumerate((("urgent", None), ("urgent", opened), ("high", None))):
            Ticket.objects.create(
                account=account, external_id=f"T{number}", state="open", level=level, opened_at=opened,
                resolved_at=resolved, known_on=TODAY - dt.timedelta(days=3), source="api",
            )  # fmt: skip
        RenewalStep.objects.filter(step__in=[Step.PREP, Step.TALK]).update(due_on=TODAY - dt.timedelta(days=1))
        assert jobs.call_all(TODAY) == 1
        assert jobs.call_all(TODAY) == 0
        call = RenewalCall.objects.get()
        assert {r["key"]: r["points"] for r in call.reasons} == {
            "health": -12.2, "trend": -27.6, "champion": -17.0, "tickets": -6.0, "decider": 1.9, "late_steps": -8.0, "tenure": 5.0,
            "base": 90.0,
        }  # fmt: skip
        assert (call.caller, call.probability, call.member, call.as_of) == (Caller.SYSTEM, Decimal("26.1"), None, TODAY)
        add_objection(renewal=renewal, text="Too dear", by=None)
        set_intent(renewal=renewal, intent="unsure", version=None, by=None)
        assert jobs.call_all(TODAY) == 1
        latest = RenewalCall.objects.order_by("-at", "-id")[0]
        assert latest.probability == Decimal("9.1")
    with rival.open():
        assert jobs.call_all(TODAY) == 1
        assert {r["key"] for r in RenewalCall.objects.get().reasons} == {"base", "champion", "decider"}


def test_calls_are_asked_by_as_many_statements_for_many_as_for_few(contracts: Contracts) -> None:
    def asked() -> int:
        with contracts.world.open(), CaptureQueriesContext(connection) as found:
            jobs.call_all(TODAY)
            jobs.make_step_tasks(TODAY)
        return len(found)

    due_in(contracts, 40)
    contracts.follow()
    few = asked()
    for number in range(20):
        due_in(contracts, 40, key=f"K-{number}", account=f"N-{number}")
    contracts.follow()
    assert asked() == few


def test_the_week_is_frozen_once_with_what_was_called_by_friday(contracts: Contracts, rival: World) -> None:
    """No look-ahead: a call of Saturday is none of the week; money and day are those of the night."""
    assert TODAY.weekday() == 5
    friday = TODAY - dt.timedelta(days=1)
    contracts.rate("2025-01", "EUR", "USD", "1.25")
    at_day(contracts.world, friday)
    contracts.year("C-1", "2026-12-29", "12000.00", key="A")
    contracts.year("C-1", "2026-12-29", "1200.00", key="B", currency="EUR")
    contracts.follow(friday)
    by = contracts.world.members["csm"]
    with contracts.world.open():
        renewal = Renewal.objects.get()
        call_renewal(renewal=renewal, caller="csm", probability=80, reasons=[{"sign": "+", "text": "Yes"}], by=by)
        jobs.call_all(friday)
    at_day(contracts.world)
    with contracts.world.open():
        call_renewal(renewal=renewal, caller="csm", probability=95, reasons=[{"sign": "+", "text": "Sure"}], by=by)
        assert jobs.freeze_week(TODAY) == 2
        assert jobs.freeze_week(TODAY + dt.timedelta(days=5)) == 0
        rows = {row.caller: row for row in FrozenCall.objects.all()}
        assert (rows["csm"].probability, rows["csm"].week, rows["csm"].member_id) == (80, friday, by.id)
        assert {row.mrr_minor for row in rows.values()} == {112_500}
        assert jobs.freeze_week(friday + dt.timedelta(days=7)) == 2
        assert FrozenCall.objects.get(week=friday + dt.timedelta(days=7), caller="csm").probability == 95
    with rival.open():
        assert not FrozenCall.objects.exists()
