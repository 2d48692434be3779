"""NPS on the board and the answers behind it (DSH-01, DSH-04, MET-16)."""

import pytest

from accounts.enums import ChangeSource
from accounts.kinds import KINDS
from accounts.merging import Origin, merge_contacts
from accounts.models import Account
from accounts.rows import parse
from tests.accounts.book import HOSTILE
from tests.metrics.test_board_pages import MONTH, fill, text_of

SCORES = {"A": [10, 9, 9, 8], "B": [6], "D": [10, 3]}


def answer(world, rows):
    with world.open():
        parsed = [parse("surveys", n, {"survey": f"R-{n}"} | cells) for n, cells in enumerate(rows)]
        result = KINDS["surveys"].merge(parsed, Origin(ChangeSource.IMPORT))
        assert not result.rejected


@pytest.fixture
def board(worlds):
    for world in worlds:
        fill(world)
    world, rival = worlds
    rows = [
        {"account": account, "kind": "nps", "score": score, "answered_at": "2025-12-10"}
        for account, scores in SCORES.items()
        for score in scores
    ]
    rows += [
        {"account": "A", "kind": "nps", "score": 0, "answered_at": "2025-11-20", "comment": HOSTILE},
        {"account": "A", "kind": "nps", "score": 0, "answered_at": "2024-12-31"},  # before the year
        {"account": "A", "kind": "nps", "score": 0, "answered_at": "2026-01-01"},  # after the month
        {"account": "A", "kind": "csat", "score": 4, "answered_at": "2025-12-11"},
        {"account": "A", "kind": "ces", "score": 2, "direction": "low_is_easy", "answered_at": "2025-12-11"},
    ]
    answer(world, rows)
    answer(rival, [{"account": "A", "kind": "nps", "score": 0, "answered_at": "2025-12-10"}] * 1)
    return world


def ask(world, path="board/", role="executive", **params):
    found = world.client(role).get(world.url(path), {"month": MONTH, "window": "12"} | params)
    assert found.status_code == 200
    return found


def test_the_tile_has_value_trend_and_band(board):
    """4 promoters, 1 passive and 3 detractors of 8 in the year: 12.5, shown as 13; the month before -100."""
    tile = ask(board).context["tiles"][4]
    assert (tile["value"], tile["points"][-2:]) == ("13", [-100.0, 12.5])
    assert "8 answers" in tile["foot"]
    assert "Acceptable" in tile["foot"]
    assert (tile["delta"]["value"], tile["delta"]["direction"], tile["delta"]["good"]) == ("113", "up", True)
    assert tile["points"][0] == -100.0  # December 2024
    month = ask(board, window="1").context["tiles"][4]
    assert (month["value"], month["points"][-2:]) == ("29", [-100.0, pytest.approx(200 / 7)])
    segment = ask(board, segment="Mid-market").context["tiles"][4]
    assert (segment["value"], segment["points"][-1]) == ("0", 0.0)


def test_the_card_counts_who_said_what(board):
    shown = text_of(ask(board))
    for words in (
        "Promoters 4",
        "Passives 1",
        "Detractors 3",
        "promoters 50%, detractors 38%",
        "CSAT 4 of 5",
        "CES 2 of 7",
    ):
        assert words in shown
    assert "No answers yet" not in shown


def test_the_answers_behind_it(board):
    """Each figure leads to its rows, and no further than the period, the group and the tenant."""
    found = ask(board, "board/answers/")
    assert len(found.context["rows"]) == 8
    assert "NPS 13" in text_of(found)
    assert [row["score"] for row in ask(board, "board/answers/", group="detractors").context["rows"]] == ["3", "6", "0"]
    assert len(ask(board, "board/answers/", window="1").context["rows"]) == 7
    assert len(ask(board, "board/answers/", segment="Mid-market").context["rows"]) == 2
    assert [row["score"] for row in ask(board, "board/answers/", kind="csat").context["rows"]] == ["4 / 5"]
    assert len(ask(board, "board/answers/", kind="nonsense", group="nobody").context["rows"]) == 8
    assert HOSTILE.encode() not in found.content
    piece = board.client("executive").get(
        board.url("board/answers/"), {"kind": "ces"}, headers={"HX-Request": "true", "HX-Target": "answers"}
    )
    assert piece.content.lstrip().startswith(b'<div class="stack" id="answers">')


def test_pages_of_answers(board):
    answer(
        board,
        [
            {"survey": f"M-{n}", "account": "B", "kind": "nps", "score": 7, "answered_at": "2025-06-01"}
            for n in range(70)
        ],
    )
    first = ask(board, "board/answers/")
    assert len(first.context["rows"]) == 50
    following = board.client("executive").get(first.context["foot"]["next_url"])
    assert len(following.context["rows"]) == 28
    assert following.context["foot"]["next_url"] == ""
    assert ask(board, "board/answers/", before="nonsense").context["foot"]["shown"] == "78 answers"


def test_accounts_that_one_may_not_open_are_counted_only(board):
    """A leader who sees a part of the book sees how many answers are left out."""
    with board.open():
        member = board.members["leader"]
        member.role.scope = "own"
        member.role.save()
        Account.objects.filter(external_id="A").update(owner=member)
        merge_contacts(
            [parse("contacts", 1, {"contact": "C", "account": "A", "name": "Ana"})], Origin(ChangeSource.API)
        )
    found = ask(board, "board/answers/", role="leader")
    names = {row["account"] for row in found.context["rows"]}
    assert names == {"A"}
    assert "3 answers of accounts you may not open" in text_of(found)
    assert board.client("csm").get(board.url("board/answers/")).status_code == 403
