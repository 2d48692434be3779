"""Health in the accounts list and the account header: column, order, filters, export, next step (HLT-04, HLT-05, PAGES)."""

import datetime as dt
import re

import pytest

from accounts.models import Account
from cs_platform import frame
from health.account_hooks import shift_value
from health.models import Alert, HealthScore, Touchpoint
from health.next_steps import next_steps
from tests.conftest import World

DAY = dt.date(2026, 6, 30)


def account(world: World, name: str, score: float | None, band: str, **fields: object) -> Account:
    return Account.objects.create(
        external_id=name, name=name, owner=world.members["csm"], status=fields.pop("status", "live"), mrr_minor=100_000,
        health_score=score, health_band=band, health_change=fields.pop("change", None), health_on=DAY, **fields,
    )  # fmt: skip


def names(answer) -> list[str]:
    return [row["name"] for row in answer.context["rows"]]


@pytest.fixture
def book(worlds: tuple[World, World]) -> dict[str, Account]:
    """Seven accounts, two of them without a score, and the rival's own, which is critical."""
    world, rival = worlds
    with rival.open():
        account(rival, "Theirs", 1.0, "red")
    with world.open():
        return {
            "Edge": account(world, "Edge", 79.99, "yellow", change=-3.2),
            "Green": account(world, "Green", 80.0, "green", change=4.0),
            "Red": account(world, "Red", 12.5, "red", change=-20.0),
            "Twin": account(world, "Twin", 12.5, "red"),
            "Blank": account(world, "Blank", None, "none"),
            "Blank two": account(world, "Blank two", None, "none"),
            "Gone": account(world, "Gone", None, "none", status="churned"),
        }


def test_band_score_and_change_stand_in_the_list(worlds, book):
    """HLT-04: 79.99 is At risk and never shown as 80; a band has shape and word."""
    answer = worlds[0].client("csm").get(worlds[0].url("accounts/?q=edge"))
    text = answer.content.decode()
    assert "h-watch" in text
    assert "At risk" in text
    cells = [str(cell.content) for cell in answer.context["rows"][0]["cells"]]
    assert cells[1] == "79"
    assert "#arrow-down" in cells[2]


def test_the_lowest_score_first_and_those_without_one_last(worlds, book):
    world = worlds[0]
    found = names(world.client("csm").get(world.url("accounts/?sort=health")))
    assert sorted(found[:2]) == ["Red", "Twin"]
    assert found[2:4] == ["Edge", "Green"]
    assert sorted(found[4:]) == ["Blank", "Blank two", "Gone"]
    down = names(world.client("csm").get(world.url("accounts/?sort=-health")))
    assert down[:2] == ["Green", "Edge"]
    assert sorted(down[4:]) == ["Blank", "Blank two", "Gone"]


@pytest.mark.parametrize("sort", ["health", "-health"])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_pages_neither_repeat_nor_leave_out(worlds, book, monkeypatch, sort, size):
    """Keyset paging across equal scores and across the edge to those without a score, there and back."""
    world = worlds[0]
    monkeypatch.setattr("accounts.views.lists.read_page", lambda rows, query: read(rows, query, size))
    client, seen = world.client("csm"), []
    answer = client.get(world.url(f"accounts/?sort={sort}"))
    while True:
        seen.append(names(answer))
        following = answer.context["foot"]["next_url"]
        if not following:
            break
        answer = client.get(following)
    flat = [name for page in seen for name in page]
    assert sorted(flat) == sorted(book)
    back = []
    while True:
        back.append(names(answer))
        previous = answer.context["foot"]["previous_url"]
        if not previous:
            break
        answer = client.get(previous)
    assert [name for page in reversed(back) for name in page] == flat


def read(rows, query, size):
    from accounts.listing import read_page

    return read_page(rows, query, size)


def test_filters_by_band_with_counts_on_the_tabs(worlds, book):
    world = worlds[0]
    answer = world.client("csm").get(world.url("accounts/?health=red&health=yellow"))
    assert sorted(names(answer)) == ["Edge", "Red", "Twin"]
    counts = {tab["key"]: tab["count"] for tab in answer.context["views"]["tabs"]}
    assert counts["risk"] == "3"
    assert counts["critical"] == "2"
    assert "2 Critical, 1 At risk" in answer.context["summary"]
    assert names(world.client("csm").get(world.url("accounts/?health=purple&q=edge"))) == ["Edge"]


@pytest.mark.parametrize("cursor", ["~nan", "~inf", "~-1", "~101", "~x", "~1e999", ""])
def test_a_cursor_that_is_no_score_is_left_out(worlds, book, cursor):
    world = worlds[0]
    row = book["Red"]
    answer = world.client("csm").get(world.url(f"accounts/?sort=health&after={row.id}{cursor}"))
    assert answer.status_code == 200
    assert len(names(answer)) == 7


def test_the_export_has_the_score_as_it_is(worlds, book):
    world = worlds[0]
    answer = world.client("csm").get(world.url("accounts/export/?sort=health"))
    lines = answer.content.decode().replace(chr(34), "").splitlines()
    assert lines[0].endswith("health_score,health_band,health_change,health_on")
    assert any("79.99,yellow,-3.2,2026-06-30" in line for line in lines)
    assert not any("Theirs" in line for line in lines)


def test_the_navigation_counts_no_one_who_left(worlds, book):
    world = worlds[0]
    text = world.client("csm").get(world.url("accounts/")).content.decode()
    assert re.search(r'<span class="count">\s*6\s*</span>', text)


def test_the_navigation_counts_no_further_than_it_shows(worlds, book, monkeypatch):
    """A large book costs a page no more than a small one: past the limit the number says that there are more."""
    monkeypatch.setattr(frame, "MANY", 4)
    text = worlds[0].client("csm").get(worlds[0].url("accounts/")).content.decode()
    assert re.search(r'<span class="count">\s*4\+\s*</span>', text)


def score(row: Account, day: dt.date, band: str) -> None:
    HealthScore.objects.create(
        account_id=row.id, as_of=day, version_id=row.id, score=None if band == "none" else 60, band=band, coverage=1, raw=[],
        points=[], shares=[],
    )  # fmt: skip


def test_the_accounts_behind_a_cell_of_the_matrix(worlds, book):
    """DSH-02: every cell opens its accounts; no row on a day is no data."""
    world = worlds[0]
    before, after = DAY - dt.timedelta(days=7), DAY
    with world.open():
        score(book["Edge"], before, "green")
        score(book["Edge"], after, "yellow")
        score(book["Red"], after, "red")
        score(book["Blank"], before, "none")
        score(book["Blank"], after, "red")
    client = world.client("csm")
    answer = client.get(world.url(f"accounts/?shift={shift_value(before, 'green', after, 'yellow')}"))
    assert names(answer) == ["Edge"]
    assert "Healthy on 23 Jun, At risk on 30 Jun" in answer.content.decode()
    answer = client.get(world.url(f"accounts/?shift={shift_value(before, 'none', after, 'red')}"))
    assert sorted(names(answer)) == ["Blank", "Red"]
    assert len(names(client.get(world.url("accounts/?shift=2026-02-30.green.x.red")))) == 7


def test_the_header_leads_with_health_and_ends_with_the_next_step(worlds, book):
    """HLT-05: the open answer that is due first is the next step; another account's and a closed one are not."""
    world = worlds[0]
    today = world.tenant.today()
    with world.open():

        def alert(row: Account, text: str, due: int, state: str = "open", rule: str = "a") -> None:
            Alert.objects.create(
                account=row, rule=rule, cause=text, as_of=DAY, state=state, answer=text, answered_at=dt.datetime.now(dt.UTC),
                due_on=today + dt.timedelta(days=due),
            )  # fmt: skip

        alert(book["Red"], "Call the sponsor", 3)
        alert(book["Red"], "Later", 9)
        alert(book["Red"], "Done", 1, state="closed")
        alert(book["Edge"], "Other", 1)
    facts = world.client("csm").get(world.url(f"accounts/{book['Red'].id}/")).context["facts"]
    assert str(facts[0]["label"]) == "Health"
    assert facts[0]["hot"] == "risk"
    assert facts[-1]["value"] == "Call the sponsor"
    facts = world.client("csm").get(world.url(f"accounts/{book['Green'].id}/")).context["facts"]
    assert facts[-1]["value"] == "None agreed"


def test_a_planned_activity_is_a_next_step_until_its_moment_is_over(worlds, book):
    """HLT-05: what is planned before the promise comes first; what is over, held or another company's does not."""
    world, rival = worlds
    now = dt.datetime.now(dt.UTC)
    with rival.open():
        theirs = Account.objects.create(external_id="A-1", name="Red", status="live")
        Touchpoint.objects.create(
            account=theirs,
            kind="call",
            status="planned",
            subject="Theirs",
            known_on=DAY,
            happened_at=now + dt.timedelta(days=1),
        )
    with world.open():
        red, zone = book["Red"], world.tenant.zone

        def plan(text: str, days: int, status: str = "planned", row: Account = red) -> None:
            Touchpoint.objects.create(
                account=row,
                external_id=text,
                kind="call",
                status=status,
                subject=text,
                known_on=DAY,
                happened_at=now + dt.timedelta(days=days),
            )

        plan("Over", -1)
        plan("Called off", 1, "cancelled")
        plan("Elsewhere", 1, row=book["Edge"])
        assert next_steps([red], zone) == {}
        plan("Quarterly review", 5)
        assert next_steps([red], zone)[red.id].text == "Quarterly review"
        Alert.objects.create(account=red, rule="a", cause="x", as_of=DAY, answer="Some day", answered_at=now)
        assert next_steps([red], zone)[red.id].text == "Quarterly review"
        due = world.tenant.today() + dt.timedelta(days=2)
        Alert.objects.create(
            account=red, rule="a", cause="y", as_of=DAY, answer="Call first", answered_at=now, due_on=due
        )
        assert next_steps([red], zone)[red.id].text == "Call first"
        assert set(next_steps([red, book["Edge"], book["Green"]], zone)) == {red.id, book["Edge"].id}
    with rival.open():
        assert next_steps([red], zone) == {}
