"""The backtest lab on a real book (HLT-11, HLT-16): who left, what was known, the verdict, the page."""

import datetime as dt
import random

from django.urls import reverse

from accounts.enums import ChangeSource
from accounts.models import Account, Segment
from cs_platform.kernel import queue
from cs_platform.kernel.models import Work
from health.enums import BacktestState, Component
from health.models import Backtest, HealthModel, HealthModelVersion, Touchpoint
from health.scoring.backtest_jobs import start_backtest
from health.scoring.decisions import decisions
from health.scoring.definition import Definition
from tests.books import Book

AS_OF = dt.date(2026, 6, 30)
ENDS = dt.date(2026, 3, 1)


def definition(engagement: float = 100.0) -> dict:
    """A model of meetings alone (or of meetings beside tickets)."""
    found = Definition.default().json()
    found["weights"] = {"usage": 0, "engagement": engagement, "support": 100 - engagement, "outcomes": 0}
    found["indicators"] = [row for row in found["indicators"] if row["key"] == "meeting_attendance"]
    found["indicators"][0]["weight"] = 100
    if engagement < 100:
        found["indicators"].append({"key": "old_tickets", "weight": 100, "worst": 3, "best": 0, "window": 7})
    found["coverage"] = 0.1
    return found


def version(world, name="Meetings", **more) -> HealthModelVersion:
    with world.open():
        model = HealthModel.objects.create(
            name=name, segment=Segment.objects.filter(name=more.pop("segment", "")).first()
        )
        return HealthModelVersion.objects.create(
            model=model, number=1, state="published", definition=definition(**more)
        )


def book_of(world, customers: int, losses: int, *, late: bool = False, seed: int = 1) -> None:
    """Customers whose year ends on ENDS; those that leave cancelled their meetings before. With `late`, that was only
    learned after they had left."""
    chance = random.Random(seed)
    Tenant = type(world.tenant)
    Tenant.objects.filter(id=world.tenant.id).update(night_done_on=AS_OF, data_until=AS_OF)
    book = Book(world)
    rows = []
    for n in range(customers):
        base = {
            "account": f"A{n}", "subscription_id": f"S{n}", "interval_months": "12", "amount": "1200", "currency": "USD"
        }  # fmt: skip
        rows.append(base | {"start_date": "2025-03-01", "end_date": "2026-03-01"})
        if n >= losses:
            rows.append(base | {"start_date": "2026-03-01", "end_date": "2027-03-01"})
    book.merge("subscriptions", rows)
    with world.open():
        Account.objects.update(signed_on=dt.date(2025, 3, 1))
        accounts = {a.external_id: a for a in Account.objects.all()}
        for n in range(customers):
            for days in range(20, 330, 20):
                on = ENDS - dt.timedelta(days=days)
                bad = n < losses and days < 260 and chance.random() < 0.9
                Touchpoint.objects.create(
                    external_id=f"M{n}-{days}",
                    account=accounts[f"A{n}"],
                    kind="check_in",
                    status="cancelled" if bad else "attended",
                    happened_at=dt.datetime.combine(on, dt.time(10), tzinfo=dt.UTC),
                    known_on=ENDS + dt.timedelta(days=30) if late else on,
                    source=ChangeSource.IMPORT,
                )


def run(world, **more) -> Backtest:
    with world.open():
        found = start_backtest(segment=None, months=12, by=world.members["leader"], **({"against": None} | more))
        work = Work.objects.get(name="backtest")
    queue.run_to_end(world.tenant.id, work.id)
    with world.open():
        found.refresh_from_db()
    return found


def test_decisions_are_renewals_losses_and_one_a_year(world):
    """The end of a paid period decides; who pays by the month counts about once a year, and every loss counts."""
    book = Book(world)
    book.period("stays", "2025-01-01", "2026-01-01", "100")
    book.period("stays", "2026-01-01", "2027-01-01", "100")
    book.period("leaves", "2025-01-01", "2026-02-01", "50")
    book.period("open", "2024-05-01", "", "10")
    for month in range(1, 13):
        end = dt.date(2025 + month // 12, month % 12 + 1, 1)
        book.period("monthly", f"2025-{month:02d}-01", end.isoformat(), "20")
    book.period("hole", "2025-01-01", "2026-02-01", "30")
    book.period("hole", "2026-02-20", "2027-02-20", "30")
    with world.open():
        names = dict(Account.objects.values_list("id", "external_id"))
        found = {
            (names[d.account_id], d.day.isoformat(), d.lost, d.money)
            for d in decisions(AS_OF, first=dt.date(2025, 6, 1))
        }
    assert found == {
        ("stays", "2026-01-01", False, 10_000),
        ("leaves", "2026-02-01", True, 5_000),
        ("open", "2026-05-01", False, 1_000),
        ("monthly", "2026-01-01", True, 2_000),
        ("hole", "2026-02-01", False, 3_000),
    }


def test_a_signal_in_the_facts_is_found(world):
    book_of(world, 90, 30)
    found = run(world, version=version(world))
    assert found.state == BacktestState.DONE
    chief = found.results["horizons"]["90"]
    assert (chief["decisions"], chief["lost"]) == (90, 30)
    assert chief["sets"]["a"]["auc"] > 0.9
    assert chief["sets"]["a"]["low"] > 0.5
    assert chief["sets"]["a"]["red"]["recall"] > 0.8
    assert chief["sets"]["a"]["monotone"] is True
    assert found.results["lead"]["a"]["median"] >= 60


def test_what_was_learned_afterwards_does_not_count(world):
    """No look-ahead: the same facts, learned only after the customers had left, give no score at all."""
    book_of(world, 60, 25, late=True)
    found = run(world, version=version(world))
    chief = found.results["horizons"]["90"]
    assert chief["lost"] == 25
    assert chief["sets"]["a"]["unscored"] == 60
    assert chief["sets"]["a"]["auc"] is None
    assert chief["sets"]["a"]["yellow"]["flagged"] == 0


def test_two_models_on_the_same_decisions(world):
    book_of(world, 80, 30)
    found = run(
        world, version=version(world, engagement=50), against=version(world, "Meetings only", segment="Enterprise")
    )
    chief = found.results["horizons"]["60"]
    assert set(chief["sets"]) == {"a", "b", "usage", "default"}
    assert chief["difference"]["auc"] is not None
    page = world.client("leader").get(reverse("backtest", args=["acme"]))
    assert page.status_code == 200
    assert "Model B, v1" in page.content.decode()


def test_under_twenty_losses_there_is_no_verdict(world):
    book_of(world, 40, 6)
    found = run(world, version=version(world))
    assert found.results["segments"][0]["auc"] is None
    text = world.client("executive").get(reverse("backtest", args=["acme"])).content.decode()
    assert "No verdict: 6 customers left" in text
    assert "How often it is right" not in text


def test_an_empty_book_is_no_fault(world):
    found = run(world, version=version(world))
    assert found.state == BacktestState.DONE
    assert found.results["decisions"] == 0
    assert world.client("leader").get(reverse("backtest", args=["acme"])).status_code == 200


def test_again_gives_the_same(world):
    book_of(world, 50, 22)
    chosen = version(world)
    assert run(world, version=chosen).results == run(world, version=chosen).results


def test_the_form_starts_it_and_refuses_nonsense(world, rival):
    chosen, foreign = version(world), version(rival)
    leader = world.client("leader")
    url = reverse("backtest_new", args=["acme"])
    assert leader.get(url).url == reverse("backtest", args=["acme"])  # the form stands there
    assert leader.post(url, {"version": foreign.id, "months": 12}).status_code == 422
    assert leader.post(url, {"version": chosen.id, "months": 13}).status_code == 422
    assert leader.post(url, {"version": chosen.id, "against": chosen.id, "months": 12}).status_code == 422
    assert leader.post(url, {"version": chosen.id, "months": 12}).status_code == 302
    assert leader.post(url, {"version": chosen.id, "months": 12}).status_code == 422  # one at a time
    assert world.client("executive").post(url, {"version": chosen.id, "months": 12}).status_code == 403
    with world.open():
        assert Backtest.objects.get().created_by == world.members["leader"]


def test_the_component_that_tells_is_suggested(world):
    book_of(world, 60, 25)
    weights = run(world, version=version(world)).results["suggested"]["weights"]
    assert weights[list(Component).index(Component.ENGAGEMENT)] == max(weights)
    assert sum(weights) == 100
