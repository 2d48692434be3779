"""Today: five tiles, who needs somebody first, what is due; of one's own book only (DSH-03, DSH-04, ROL-01)."""

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.enums import HealthBand, Status
from accounts.models import Account, Tenant
from health.alerts.need import need, need_expression
from health.models import Alert, HealthScore, Ticket, Touchpoint
from metrics.home import today as day_of
from renewals.models import Renewal, RenewalCall
from tests.conftest import World

TILES = (
    "Accounts by health",
    "Action items due",
    "Renewals, next 90 days",
    "Expansion opportunities",
    "Tickets needing attention",
)


def customer(name: str, owner: Any, **fields: Any) -> Account:
    values = {"status": Status.LIVE, "mrr_minor": 100_000, "health_band": HealthBand.GREEN, "health_score": 90.0}
    return Account.objects.create(external_id=name, name=name, owner=owner, **(values | fields))


def alert(account: Account, **fields: Any) -> Alert:
    inputs = {"cause": "", "word": None, "meeting": None, "quiet": 40.0}
    return Alert.objects.create(
        **({"account": account, "rule": "silence", "as_of": dt.date.today(), "inputs": inputs} | fields)
    )


def ticket(account: Account, hours: float, **fields: Any) -> Ticket:
    opened = timezone.now() - dt.timedelta(hours=hours)
    return Ticket.objects.create(
        account=account, external_id=f"T-{Ticket.objects.count()}", subject=f"Export stuck {hours}", opened_at=opened,
        known_on=opened.date(), source="api", state="open", **fields,
    )  # fmt: skip


def text_of(answer: Any) -> str:
    assert answer.status_code == 200
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", text)


def names(answer: Any) -> list[str]:
    return re.findall(r'<a class="who"[^>]*>([^<]+)</a>', answer.content.decode())


@pytest.mark.parametrize(
    ("score", "mrr", "days", "expected"),
    [
        (39.0, 3_433_333, 38, 0.61 * 3_433_333 * 12 * 365 / 38),  # the worked example: $2.41M
        (None, 100, None, 600.0),
        (0.0, 100, -5, 1200 * 365 / 30),  # passed counts as nearest
        (0.0, 100, 10, 1200 * 365 / 30),
        (0.0, 100, 900, 1200.0),  # far away is as far as a year
        (100.0, 100, 1, 0.0),
        (20.0, 0, 1, 0.0),
    ],
)
def test_need(tenant_open: World, score: float | None, mrr: int, days: int | None, expected: float) -> None:
    """DSH-03: risk × money × nearness; the database sorts by the same number."""
    assert need(score, mrr, days) == pytest.approx(expected)
    today = dt.date(2026, 6, 1)
    renews = None if days is None else today + dt.timedelta(days=days)
    row = customer("A", None, health_score=score, mrr_minor=mrr, renews_on=renews)
    found = Account.objects.annotate(need=need_expression(today)).get(id=row.id)
    assert found.need == pytest.approx(expected)


def test_five_tiles_and_who_needs_me_first(worlds: tuple[World, World]) -> None:
    """DSH-03: exactly five tiles; a Critical account with much money that renews soon stands first."""
    world, rival = worlds
    today = dt.date.today()
    with rival.open():
        foreign = customer("Foreign", rival.members["csm"], health_band="red", health_score=1.0, mrr_minor=10**9)
        alert(foreign)
        ticket(foreign, 30)
    csm = world.members["csm"]
    with world.open():
        soon = today + dt.timedelta(days=38)
        red = customer("Halcyon", csm, health_band="red", health_score=39.0, mrr_minor=3_433_333, renews_on=soon)
        renewal = Renewal.objects.create(
            external_id="R-1", account=red, due_on=soon, opened_on=today, profile="enterprise", phase_since=today,
            currency="USD",
        )  # fmt: skip
        RenewalCall.objects.create(renewal=renewal, caller="csm", probability=65, as_of=today)
        customer("Quiet", csm)
        customer("Small", csm, health_band="yellow", health_score=60.0, mrr_minor=1_000)
        customer("Not mine", world.members["leader"], health_band="red", health_score=2.0)
        customer("Gone", csm, status=Status.CHURNED)
        for back in range(0, 84, 7):
            HealthScore.objects.create(
                account_id=red.id, as_of=today - dt.timedelta(days=back), version_id=red.id, score=39 + back / 7,
                band="red", coverage=1, raw=[], points=[], shares=[],
            )  # fmt: skip
        alert(red, level="critical")
        late = {"answered_by": csm, "answered_at": timezone.now(), "answer": "Call the new VP"}
        alert(
            red,
            rule="champion",
            inputs={"kind": "champion_left", "day": "2026-11-17"},
            due_on=today - dt.timedelta(days=3),
            **late,
        )
        alert(red, rule="support", inputs={"cause": "spike", "times": 3.0, "tickets": 6}, due_on=today, **late)
        ticket(red, 30, level="urgent")
        ticket(red, 1)
        Touchpoint.objects.create(
            account=red, external_id="M", kind="qbr", status="planned", subject="Quarterly talk", known_on=today,
            happened_at=timezone.now() + dt.timedelta(days=2), source="member",
        )  # fmt: skip
    answer = world.client("csm").get(world.url("today/"))
    text = text_of(answer)
    assert answer.content.decode().count('class="kpi"') == 5
    for tile in TILES:
        assert tile in text
    assert names(answer) == ["Halcyon", "Quiet", "Small"]
    for said in (
        "1 critical · 1 at risk · 1 healthy", "1 late", "1 at risk · first on", "1 past their time", "Call the new VP",
        "3 days late", "Quarterly talk", "Export stuck 30", "Past its time", "Silent for 30 days",
    ):  # fmt: skip
        assert said in text, said
    for hidden in ("Foreign", "Not mine", "Gone", "Export stuck 1 "):
        assert hidden not in text
    assert names(world.client("csm").get(world.url("today/?health=red"))) == ["Halcyon"]
    assert names(world.client("csm").get(world.url("today/?sort=name"))) == ["Halcyon", "Quiet", "Small"]
    assert "Call the new VP" not in text_of(world.client("leader").get(world.url("today/"))), "another's promise"


@pytest.mark.parametrize(
    ("role", "book", "expected"),
    [
        ("csm", "", ["Of csm"]),
        ("csm", "?book=all", ["Of csm"]),  # asking for more does not give it
        ("executive", "", ["Of csm", "Of leader", "Of nobody"]),
        ("executive", "?book=mine", []),
        ("leader", "?book=mine", ["Of leader"]),
    ],
)
def test_whose_book(world: World, role: str, book: str, expected: list[str]) -> None:
    """ROL-01: a csm the own book, a leader the team's, an executive all; each may narrow it to the own one."""
    with world.open():
        for owner in ("csm", "leader", None):
            customer(f"Of {owner or 'nobody'}", world.members[owner] if owner else None)
    assert sorted(names(world.client(role).get(world.url(f"today/{book}")))) == expected


@pytest.mark.parametrize(
    "bad", ["?sort=x", "?health=blue", "?book=x", "?health=%00", "?sort=need&health=red&book=mine"]
)
def test_strange_addresses_show_the_page(world: World, bad: str) -> None:
    """What is not understood counts as not asked."""
    assert world.client("csm").get(world.url(f"today/{bad}")).status_code == 200


def test_an_empty_day_says_what_it_waits_for(world: World) -> None:
    """DSH-03: tiles and lists without a source say what they need."""
    text = text_of(world.client("csm").get(world.url("today/")))
    for said in (
        "No account here",
        "No deal is open",
        "Nothing is due",
        "No ticket needs you",
        "Nothing waits for an answer",
    ):
        assert said in text
    assert "0 none is open" in re.sub(r"\s+", " ", text)


def test_ten_queries_however_large_the_book(world: World) -> None:
    """PERFORMANCE: at most ten, and as many for 40 accounts as for one."""
    csm = world.members["csm"]
    tenant = Tenant.objects.get(id=world.tenant.id)
    today = dt.date.today()

    def cost() -> int:
        with (
            world.open(),
            CaptureQueriesContext(
                connection,
            ) as queries,
        ):
            seen = Account.objects.filter(owner=csm)
            day_of.size_of(seen, today)
            rows = day_of.needing(seen, today)
            listed = list(rows[: day_of.ROWS])
            day_of.trends(listed, today)
            day_of.actions_of(csm, seen, tenant, today)
            day_of.tickets_of(seen, tenant, timezone.now())
            day_of.alerts_of(seen)
            list(rows[:5])
        return sum("set_config" not in q["sql"] and q["sql"].startswith("SELECT") for q in queries)

    with world.open():
        alert(customer("First", csm))
        ticket(Account.objects.get(), 40)
    client = world.client("csm")
    once = cost()
    with CaptureQueriesContext(connection) as before:
        client.get(world.url("today/"))
    with world.open():
        for n in range(40):
            row = customer(f"N{n}", csm, renews_on=today, health_band="red", health_score=1.0)
            alert(row)
            ticket(row, n)
    assert cost() == once <= 10
    with CaptureQueriesContext(connection) as after:
        client.get(world.url("today/"))
    assert len(after) == len(before)


def test_a_ticket_is_late_on_the_desks_clock(tenant_open: World) -> None:
    """MET-15: four hours without an answer, a day without a solution; a low one that is in time needs nobody."""
    row = customer("A", None)
    now = timezone.now()
    ticket(row, 5)
    ticket(row, 3, level="high")
    ticket(row, 20, first_response_at=now)
    ticket(row, 25, first_response_at=now)
    ticket(row, 2, escalated_at=now)
    ticket(row, 90, resolved_at=now)
    found = day_of.tickets_of(Account.objects.all(), Tenant.objects.get(id=tenant_open.tenant.id), now)
    said = [(w.ticket.subject, w.past) for w in found.rows]
    assert said == [
        ("Export stuck 25", True), ("Export stuck 5", True), ("Export stuck 3", False), ("Export stuck 2", False),
    ]  # fmt: skip
    assert (found.past, found.urgent) == (2, 0)
