"""What the demo's customers do: the same again for the same seed, within their time, and in step with their story."""

import datetime as dt
from collections import defaultdict

import pytest

from accounts.kinds import Row
from accounts.rows import parse
from cs_platform.demo.company import Company, Rows, make_company
from cs_platform.demo.files import history, live_events
from cs_platform.demo.mood import away, mood
from cs_platform.demo.stories import Plot, make_stories

LAST = dt.date(2026, 11, 20)
COMPANY = Company("NW", "USD", "northwind.example")
KINDS = ("usage", "tickets", "touchpoints", "surveys", "outcomes")


@pytest.fixture(scope="module")
def rows() -> Rows:
    return make_company(company=COMPANY, seed=7, accounts=99, last=LAST)


@pytest.fixture(scope="module")
def stories():
    return {COMPANY.key(s.number): s for s in make_stories(seed=7, accounts=99, last=LAST)}


def test_the_same_seed_tells_the_same(rows: Rows) -> None:
    again = make_company(company=COMPANY, seed=7, accounts=99, last=LAST)
    for kind in KINDS:
        assert getattr(again, kind) == getattr(rows, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_every_row_can_be_imported(rows: Rows, kind: str) -> None:
    for number, row in enumerate(getattr(rows, kind)[:3000], start=1):
        found = parse(kind, number, row)
        assert isinstance(found, Row), (row, found)


def test_nobody_uses_what_they_do_not_pay(rows: Rows, stories) -> None:
    for row in rows.usage:
        day = dt.date.fromisoformat(row["event_at"][:10])
        assert not away(stories[row["account"]], day)
        assert day <= LAST


def test_messages_are_told_apart(rows: Rows) -> None:
    keys = [row["message_id"] for row in rows.usage]
    assert len(keys) == len(set(keys))


def test_most_who_leave_use_it_less_before(rows: Rows, stories) -> None:
    """Churn follows decline often enough to be found, and not always."""
    use: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows.usage:
        story = stories[row["account"]]
        if story.plot is Plot.CHURNER:
            before = (story.ends_on - dt.date.fromisoformat(row["event_at"][:10])).days
            use[row["account"]][before // 60] += 1
    told = [months for months in use.values() if months[3] > 10]
    less = [months for months in told if months[0] < 0.7 * months[3]]
    assert len(told) > 8
    assert 0.5 < len(less) / len(told) < 1.0


def test_moods_stay_in_their_bounds(stories) -> None:
    for story in stories.values():
        for days in range(0, 400, 13):
            assert 0 <= mood(story, LAST - dt.timedelta(days=days)) <= 1
        assert mood(story, story.ends_on) == 0


def test_the_last_days_go_to_the_api_and_nothing_is_lost(rows: Rows) -> None:
    live = [item for item in live_events(rows.usage, LAST) if not str(item["message_id"]).startswith("trial-")]
    assert len(history(rows.usage, LAST)) + len(live) == len(rows.usage)
    assert all(str(item["timestamp"]) >= "2026-11-19" for item in live)
    wrong = [item for item in live_events(rows.usage, LAST) if str(item["message_id"]).startswith("trial-")]
    assert {type(item["quantity"]) for item in wrong} == {int, str}
