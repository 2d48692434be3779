"""Closing writes contracts, and the ledger afterwards is what was shown before, to the cent (REN-10, MET-10)."""

import datetime as dt
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Sum

from accounts import closed
from accounts.models import Account, ChurnAnswer, Subscription, SubscriptionChange, Tenant
from cs_platform.kernel.errors import Conflict, DomainError
from journey.models import Task
from metrics.figures import jobs as metrics_jobs
from metrics.models import MrrMovement
from renewals import jobs
from renewals.closing import LineTerms, Terms, Writing, close_renewal, preview, undo_close
from renewals.enums import RenewalState, SaveState, Step
from renewals.models import Renewal, RenewalStep, SavePlay
from renewals.reminders import reason
from renewals.saves import open_save
from renewals.writing import spread, term_of
from tests.conftest import World
from tests.renewals.renewal_facts import TODAY, Contracts, at_day

S = RenewalState
DUE = dt.date(2026, 12, 29)


@pytest.fixture
def contracts(world: World) -> Contracts:
    return Contracts(world)


def close(contracts: Contracts, outcome: str, terms: Terms | None = None, **more: Any) -> tuple[Renewal, Writing]:
    """What preview says and what closing does with it."""
    with contracts.world.open():
        row = Renewal.objects.get(state=S.OPEN)
        shown = preview(row, outcome, terms)
        by = more.pop("by", contracts.world.members["csm"])
        return close_renewal(renewal=row, outcome=outcome, terms=terms, version=row.version, by=by, **more), shown


def ledger(contracts: Contracts, through: dt.date) -> dict[tuple[str, str], int]:
    """Lines of the ledger by month and kind, as the revenue jobs post them."""
    at_day(contracts.world, through)
    with contracts.world.open():
        metrics_jobs.refresh(through)
        rows = MrrMovement.objects.values_list("month", "kind").annotate(total=Sum("amount_minor")).order_by()
        return {(month.isoformat()[:7], kind): total for month, kind, total in rows if total}


def periods(contracts: Contracts, key: str = "A") -> list[tuple[str, str, int]]:
    with contracts.world.open():
        rows = Subscription.objects.filter(external_id=key, voided=False).order_by("start_on")
        return [(str(p.start_on), str(p.end_on), p.mrr_minor) for p in rows]


@pytest.mark.parametrize(
    ("outcome", "terms", "moves"),
    [
        (S.RENEWED, None, {}),
        (S.RENEWED, Terms(term_months=24, prepaid=True), {}),
        (S.EXPANDED, Terms(amount_minor=45_200_000, seats=900), {("2026-12", "expansion"): 333_334}),
        (S.CONTRACTED, Terms(amount_minor=32_160_000, seats=640), {("2026-12", "contraction"): -753_333}),
        (S.CHURNED, None, {("2026-12", "churn"): -3_433_333}),
        (S.CHURNED, Terms(last_day=dt.date(2026, 11, 30)), {("2026-12", "churn"): -3_433_333}),
        (S.CHURNED, Terms(last_day=dt.date(2026, 11, 29)), {("2026-11", "churn"): -3_433_333}),
    ],
)
def test_the_ledger_says_what_was_shown(
    contracts: Contracts, outcome: str, terms: Terms | None, moves: dict[tuple[str, str], int]
) -> None:
    """REN-10: 412,000.00 a year (34,333.33 a month) that ends on 29 December; source is the renewal."""
    contracts.year("H-1", "2026-12-29", "412000.00", key="A", seats="820")
    contracts.follow()
    row, shown = close(contracts, outcome, terms)
    assert (row.state, row.due_mrr, row.kept_mrr) == (outcome, shown.mrr_before, shown.mrr_after)
    assert (shown.mrr_before, shown.change) == (3_433_333, sum(moves.values()))
    found = ledger(contracts, dt.date(2027, 2, 28))
    assert found.pop(("2025-12", "new")) == 3_433_333
    assert found == moves
    with contracts.world.open():
        last = SubscriptionChange.objects.order_by("-recorded_at", "-id")[0]
        assert (last.source, last.source_ref) == ("renewal", row.id)
        if outcome != S.CHURNED:
            following = Subscription.objects.get(start_on=DUE)
            assert row.lines.get().next_period == following
            assert following.mrr_minor == shown.mrr_after
            assert following.seats == (terms.seats if terms and terms.seats else 820)
            assert following.end_on == dt.date(2028 if terms and terms.term_months else 2027, 12, 29)
    # The night finds nothing to add: what was decided stands.
    assert contracts.follow() == 0
    assert contracts.follow(dt.date(2027, 2, 28)) == 0


def test_several_contracts_on_a_new_common_day(contracts: Contracts) -> None:
    """Co-terming: one grows, one leaves, all end together; each line in its own currency."""
    contracts.rate("2025-01", "EUR", "USD", "1.20")
    contracts.year("H-1", "2026-12-29", "12000.00", key="A")
    contracts.year("H-1", "2026-12-29", "6000.00", key="B", currency="EUR")
    contracts.period("H-1", "2026-06-29", "2026-12-29", "300.00", key="C")
    contracts.follow()
    ids: dict[str, UUID] = {key: contracts.contract(key).id for key in "ABC"}
    terms = Terms(
        end_on=dt.date(2027, 12, 31),
        lines={ids["A"]: LineTerms(18_000_00), ids["B"]: LineTerms(leaves=True), ids["C"]: LineTerms()},
    )
    with pytest.raises(DomainError):
        close(contracts, S.EXPANDED, terms)  # 1,900 before (1,000 + 600 + 300), 1,800 after
    terms = Terms(end_on=terms.end_on, lines={**terms.lines, ids["A"]: LineTerms(15_600_00)})
    row, shown = close(contracts, S.CONTRACTED, terms)
    assert (shown.mrr_before, shown.mrr_after) == (190_000, 160_000)
    assert [periods(contracts, key)[-1][1] for key in "AC"] == ["2027-12-31", "2027-12-31"]
    assert len(periods(contracts, "B")) == 1
    assert ledger(contracts, dt.date(2026, 12, 31))["2026-12", "contraction"] == -30_000
    assert (row.due_mrr, row.kept_mrr) == (190_000, 160_000)


def test_the_amount_of_all_is_spread_to_the_last_cent(contracts: Contracts) -> None:
    for key in "ABC":
        contracts.year("H-1", "2026-12-29", "1000.00", key=key)
    contracts.follow()
    _row, shown = close(contracts, S.EXPANDED, Terms(amount_minor=400_001))
    assert sum(line.cells[-1]["amount"] * 100 for line in shown.rows) == 400_001
    assert shown.mrr_after == sum(line.mrr_after for line in shown.rows)
    assert spread(100, [1, 1, 1]) == [34, 33, 33]
    assert spread(7, [0, 0]) == [4, 3]


@pytest.mark.parametrize(
    ("start", "end", "next_end"),
    [
        ("2024-02-29", "2025-02-28", "2026-02-28"),
        ("2027-02-28", "2028-02-29", "2029-02-28"),
        ("2026-08-31", "2027-02-28", "2027-08-28"),
    ],
)
def test_leap_days_and_ends_of_months(contracts: Contracts, start: str, end: str, next_end: str) -> None:
    """The term is counted from the day of the renewal; no day is left out and none is paid twice."""
    day = dt.date.fromisoformat(end) - dt.timedelta(days=30)
    at_day(contracts.world, day)
    contracts.year("H-1", end, key="A", start=start)
    contracts.follow(day)
    close(contracts, S.RENEWED)
    assert [(p[0], p[1]) for p in periods(contracts)] == [(start, end), (end, next_end)]
    assert term_of(dt.date.fromisoformat(start), dt.date.fromisoformat(end)) in (6, 12)


def test_why_they_leave_is_an_answer_and_all_of_it_is_taken_back(contracts: Contracts) -> None:
    """REN-09, MET-10: reason, save play and steps end with it; undone, everything is as it was before, ledger included."""
    contracts.year("H-1", "2026-12-29", "412000.00", key="A", auto_renew="yes")
    contracts.follow()
    before = ledger(contracts, dt.date(2027, 1, 31))
    ledger(contracts, TODAY)  # a customer again
    with contracts.world.open():
        jobs.make_step_tasks(TODAY)
        save = open_save(account=Account.objects.get(), by=contracts.world.members["csm"])
    row, shown = close(
        contracts, S.CHURNED, reason="adoption", sub_reason="Never implemented", words="Nobody left who runs it."
    )
    assert (shown.leaves, shown.save, shown.logo_points) == (True, "lost", 100)
    with contracts.world.open():
        answer = ChurnAnswer.objects.get()
        assert (answer.ended_on, answer.category, answer.reason, answer.note) == (
            DUE, "adoption", "Never implemented", "Nobody left who runs it."
        )  # fmt: skip
        assert SavePlay.objects.get().state == SaveState.LOST
        task = RenewalStep.objects.exclude(task=None).get().task
        assert task is not None
        assert task.state == "cancelled"
        undone = undo_close(renewal=row, version=row.version, by=contracts.world.members["csm"])
        assert (undone.state, undone.closed_on, undone.due_mrr) == (S.OPEN, None, None)
        assert not ChurnAnswer.objects.exists()
        save.refresh_from_db()
        assert (save.state, save.decided_on) == (SaveState.RUNNING, None)
        task.refresh_from_db()
        assert task.state == "open"
        period = Subscription.objects.get()
        assert (period.end_on, period.end_reason, period.auto_renew) == (DUE, "", True)
    assert contracts.follow() == 0
    assert ledger(contracts, dt.date(2027, 1, 31)) == before


def test_undone_twice_closed_again(contracts: Contracts) -> None:
    """A period that was withdrawn by undoing comes back under the same name."""
    contracts.year("H-1", "2026-12-29", key="A")
    contracts.follow()
    row, _shown = close(contracts, S.RENEWED, Terms(term_months=24))
    by = contracts.world.members["csm"]
    with contracts.world.open():
        assert RenewalStep.objects.get(step=Step.SIGN).done_on == TODAY
        row = undo_close(renewal=row, version=row.version, by=by)
        assert RenewalStep.objects.get(step=Step.SIGN).done_on is None
        with pytest.raises(DomainError):
            undo_close(renewal=row, version=row.version, by=by)
    close(contracts, S.EXPANDED, Terms(amount_minor=2_400_000))
    assert periods(contracts)[-1] == ("2026-12-29", "2027-12-29", 200_000)


def test_who_stays_is_thanked_once(contracts: Contracts) -> None:
    """REN-04: a task to thank them and to plan the next phase, which says why; taken back and asked again with the closing. Nobody
    thanks for what renewed itself in the product, or who leaves."""
    contracts.year("H-1", "2026-12-29", key="A")
    contracts.follow()
    row, _shown = close(contracts, S.RENEWED)
    with contracts.world.open():
        task = Task.objects.get()
        assert (task.work, task.why, task.due_on) == ("renewal", "renewal", TODAY + dt.timedelta(days=14))
        told = reason(task, contracts.world.tenant, TODAY)
        assert (told["title"], told["text"]) == ("Renewal on 29 Dec", "It was closed: Renewed")
        assert told["url"].endswith(f"/accounts/{row.account_id}/renewal/")
        row = undo_close(renewal=row, version=row.version, by=contracts.world.members["csm"])
        assert Task.objects.get().state == "cancelled"
    row, _shown = close(contracts, S.RENEWED)
    with contracts.world.open():
        assert Task.objects.get().state == "open"
        row = undo_close(renewal=row, version=row.version, by=contracts.world.members["csm"])
    row, _shown = close(contracts, S.CHURNED)
    with contracts.world.open():
        assert Task.objects.get().state == "cancelled"
        undo_close(renewal=row, version=row.version, by=contracts.world.members["csm"])
        Task.objects.all().delete()
        Renewal.objects.update(profile="product_led")
    close(contracts, S.RENEWED)
    with contracts.world.open():
        assert not Task.objects.exists()


def test_of_two_who_close_one_wins(contracts: Contracts) -> None:
    """The other one gets a conflict, and nothing of theirs is written."""
    contracts.year("H-1", "2026-12-29", key="A")
    contracts.follow()
    row = contracts.only()
    by = contracts.world.members["csm"]
    with contracts.world.open():
        close_renewal(renewal=row, outcome=S.RENEWED, terms=None, version=row.version, by=by)
    with contracts.world.open(), pytest.raises(Conflict):
        close_renewal(renewal=row, outcome=S.CHURNED, terms=None, version=row.version, by=by)
    with contracts.world.open(), pytest.raises(DomainError) as error:
        close_renewal(renewal=row, outcome=S.CHURNED, terms=None, version=None, by=None)
    assert error.value.code == "over"
    assert len(periods(contracts)) == 2


def test_what_is_refused(contracts: Contracts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each error names its field; nothing is written."""
    contracts.year("H-1", "2026-12-29", "12000.00", key="A")
    contracts.follow()

    def field(outcome: str, terms: Terms | None = None, **more: Any) -> list[str]:
        with pytest.raises(DomainError) as error:
            close(contracts, outcome, terms, **more)
        return list(error.value.fields)

    assert field("lost") == ["outcome"]
    assert field(S.WITHDRAWN) == ["outcome"]
    assert field(S.EXPANDED) == ["amount"]
    assert field(S.EXPANDED, Terms(amount_minor=1_200_000)) == ["amount"]
    assert field(S.CONTRACTED, Terms(amount_minor=0)) == ["amount"]
    assert field(S.CONTRACTED, Terms(amount_minor=-1)) == ["amount"]
    assert field(S.RENEWED, Terms(term_months=0)) == ["term_months"]
    assert field(S.RENEWED, Terms(end_on=DUE)) == ["end_on"]
    assert field(S.CHURNED, Terms(last_day=DUE)) == ["last_day"]
    assert field(S.CHURNED, Terms(last_day=dt.date(2025, 12, 1))) == ["last_day"]
    assert field(S.CHURNED, reason="boredom") == ["reason"]
    assert field(S.CHURNED, words="x" * 2001) == ["words"]
    assert field(S.RENEWED, effort=8) == ["effort"]
    monkeypatch.setattr(closed, "CLOSED", [lambda: {dt.date(2026, 12, 1)}])
    assert field(S.RENEWED) == ["outcome"]
    assert field(S.CHURNED) == ["last_day"]
    assert len(periods(contracts)) == 1


def test_undo_is_refused_when_the_month_is_closed_or_the_contract_was_changed(
    contracts: Contracts, monkeypatch: pytest.MonkeyPatch
) -> None:
    contracts.year("H-1", "2026-12-29", key="A")
    contracts.follow()
    row, _shown = close(contracts, S.RENEWED)
    by = contracts.world.members["csm"]
    with monkeypatch.context() as patched:
        patched.setattr(closed, "CLOSED", [lambda: {dt.date(2026, 12, 1)}])
        with contracts.world.open(), pytest.raises(DomainError):
            undo_close(renewal=row, version=row.version, by=by)
    contracts.period("H-1", "2026-12-29", "2027-12-29", "77.00", key="A")
    with contracts.world.open(), pytest.raises(Conflict):
        undo_close(renewal=row, version=row.version, by=by)


def test_what_the_contracts_closed_is_not_undone_by_hand(contracts: Contracts) -> None:
    contracts.year("H-1", "2026-12-29", key="A")
    contracts.follow()
    contracts.period("H-1", "2026-12-29", "2027-12-29", "1000.00", key="A")
    contracts.follow()
    row = contracts.only()
    with contracts.world.open(), pytest.raises(DomainError) as error:
        undo_close(renewal=row, version=row.version, by=contracts.world.members["csm"])
    assert error.value.code == "by_contracts"


def test_a_program_closes_too_and_a_contract_that_changed_meanwhile_is_a_conflict(contracts: Contracts) -> None:
    contracts.year("H-1", "2026-12-29", key="A")
    contracts.follow()
    contracts.year("H-1", "2027-01-15", key="A", start="2025-12-29")
    with pytest.raises(Conflict):
        close(contracts, S.RENEWED, by=None)
    contracts.follow()
    row, _shown = close(contracts, S.CHURNED, by=None, reason="price", sub_reason="Too expensive")
    assert (row.source, row.closed_by_id) == ("api", None)
    with contracts.world.open():
        answer = ChurnAnswer.objects.get()
        assert (answer.category, answer.source, answer.ended_on) == ("price", "api", dt.date(2027, 1, 15))
    assert contracts.follow() == 0, "decided by a program: the contracts close nothing of it again"


def test_a_figure_leads_back_to_the_renewal(contracts: Contracts) -> None:
    """REN-10: board, terms, accounts, ledger line, version, and the renewal that wrote it, with who closed it."""
    contracts.year("H-1", "2026-12-29", "12000.00", key="A")
    contracts.follow()
    row, _shown = close(contracts, S.EXPANDED, Terms(amount_minor=1_800_000))
    ledger(contracts, dt.date(2026, 12, 31))
    params = {"month": "2026-12", "window": "1", "part": "expansion", "basis": "now"}
    page = contracts.world.client("executive").get(contracts.world.url("metrics/nrr/"), params)
    source = page.context["columns"][-1]
    assert source["decision_url"] == contracts.world.url(f"renewals/{row.id}/")
    assert source["check"] == "written by closing a renewal"
    assert dict(source["source"])["by"] == "Csm Person"
    assert source["decision_url"] in page.content.decode()


def test_what_came_before_leads_to_where_it_came_from(contracts: Contracts) -> None:
    """REN-10: an upsell a month before the renewal was sent by a program, and closing ended it: the end leads to the renewal,
    the upsell and the first sale to whoever wrote them. Closed before the ledger knew any of them."""
    contracts.year("H-1", "2026-12-29", "12000.00", key="A")
    contracts.period("H-1", "2026-10-05", "2026-12-29", "300.00", key="B", segment="Mid-market")
    contracts.follow()
    row, _shown = close(contracts, S.CHURNED, Terms(last_day=dt.date(2026, 11, 30)))
    found = ledger(contracts, dt.date(2026, 12, 31))
    assert found == {
        ("2025-12", "new"): 100_000, ("2026-10", "expansion"): 30_000, ("2026-12", "churn"): -130_000
    }  # fmt: skip
    with contracts.world.open():
        lines = MrrMovement.objects.order_by("month", "amount_minor")
        told = list(lines.values_list("kind", "change__source", "change__source_ref"))
    assert told == [
        ("new", "api", None), ("expansion", "api", None), ("churn", "renewal", row.id), ("churn", "renewal", row.id)
    ]  # fmt: skip
    params = {"month": "2026-10", "window": "1", "part": "expansion", "basis": "now"}
    page = contracts.world.client("executive").get(contracts.world.url("metrics/nrr/"), params)
    *_left, period, source = page.context["columns"]
    assert (period["ok"], source["decision_url"], source["check"]) == (True, "", "sent by a program")


def test_what_was_closed_early_in_the_day_is_taken_back_whole(contracts: Contracts) -> None:
    """REN-10: a program counts in UTC, where the company's morning is the day before: the answer goes with the close."""
    contracts.year("H-1", "2026-12-29", key="A")
    contracts.follow()
    with contracts.world.open():
        Tenant.objects.filter(id=contracts.world.tenant.id).update(timezone="Pacific/Kiritimati")
    row, _shown = close(contracts, S.CHURNED, by=None, reason="price")
    assert row.closed_on is not None
    morning = dt.datetime.combine(row.closed_on, dt.time(0, 5), ZoneInfo("Pacific/Kiritimati"))
    with contracts.world.open():
        assert ChurnAnswer.objects.update(recorded_at=morning) == 1
        undo_close(renewal=row, version=None, by=None)
        assert not ChurnAnswer.objects.exists()
