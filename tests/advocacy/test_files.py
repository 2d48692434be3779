"""Advocates, assets and referrals from files: by their id, twice changes nothing (ADV-02, ADV-04, CONTRACTS 1)."""

from typing import Any

import pytest

from accounts.enums import ChangeSource
from accounts.kinds import KINDS, Row
from accounts.mergers import merge_account
from accounts.merging import MergeResult, Origin
from accounts.models import Account
from accounts.rows import parse
from advocacy.models import Advocate, Asset, Referral
from tests.advocacy.advocacy_facts import account, person, today
from tests.conftest import World

pytestmark = pytest.mark.django_db
ORIGIN = Origin(ChangeSource.IMPORT, None, "test")
PLAIN: dict[str, dict[str, Any]] = {
    "advocates": {"advocate": "AD-1", "account": "A-1", "contact": "C-A-1", "consent": "name"},
    "assets": {"asset": "AS-1", "account": "A-1", "kind": "case_study", "title": "Three units"},
    "referrals": {"referral": "RF-1", "account": "A-1", "prospect": "Tidewater", "asked_on": "2026-03-01"},
}


@pytest.fixture(autouse=True)
def filled(worlds: tuple[World, World]) -> None:
    for world in worlds:
        with world.open():
            for key in ("A-1", "A-2"):
                person(account(world, key))


def merge(kind: str, *cells: dict[str, Any]) -> MergeResult:
    rows = [parse(kind, number, PLAIN[kind] | each) for number, each in enumerate(cells, start=1)]
    bad = [row for row in rows if not isinstance(row, Row)]
    assert not bad, bad
    return KINDS[kind].merge(rows, ORIGIN)


def codes(result: MergeResult) -> list[tuple[int, str]]:
    return [(each.row, each.problem.code) for each in result.rejected]


@pytest.mark.parametrize(("kind", "model"), [("advocates", Advocate), ("assets", Asset), ("referrals", Referral)])
def test_the_same_file_again_changes_nothing(worlds: tuple[World, World], kind: str, model: Any) -> None:
    world, rival = worlds
    with world.open():
        assert merge(kind, {}).created == 1
        before = list(model.objects.values())
        assert merge(kind, {}).unchanged == 1
        assert list(model.objects.values()) == before
        assert merge(kind, {"account": "A-1"}, {"account": "A-1"}).unchanged == 2
        assert codes(merge(kind, {"account": "A-9"})) == [(1, "unknown_account")]
    with rival.open():
        assert not model.objects.exists()


def test_a_row_changes_what_it_says_and_leaves_the_rest(worlds: tuple[World, World]) -> None:
    with worlds[0].open():
        merge("advocates", {"note": "First", "consent_until": "2028-01-01", "legal": "waiting"})
        assert merge("advocates", {"consent": "review"}).updated == 1
        row = Advocate.objects.get()
        assert (row.consent, row.note, row.legal, row.version, row.source) == (
            "review",
            "First",
            "waiting",
            2,
            "import",
        )
        merge("advocates", {"note": "", "consent_until": "", "state": "left"})
        row.refresh_from_db()
        assert (row.note, row.consent_until, row.state, row.left_on) == ("", None, "left", today())
        merge("advocates", {"state": "enrolled"})
        row.refresh_from_db()
        assert row.left_on is None


def test_what_does_not_fit_is_refused(worlds: tuple[World, World]) -> None:
    with worlds[0].open():
        merge("advocates", {})
        assert codes(merge("advocates", {"advocate": "AD-2"})) == [(1, "taken")]
        assert codes(
            merge("assets", {"advocate": "AD-9"}, {"asset": "AS-2", "account": "A-2", "advocate": "AD-1"})
        ) == [
            (1, "unknown_advocate"),
            (2, "other_account"),
        ]
        merge("assets", {})
        assert codes(merge("assets", {"account": "A-2"})) == [(1, "other_account")]
        assert codes(merge("referrals", {"amount": "10.005"}, {"referral": "RF-2", "customer": "A-1"})) == [
            (1, "decimals"),
            (2, "unknown_account"),
        ]
        won = {"state": "won", "customer": "A-2"}
        assert merge("referrals", won).created == 1
        assert codes(merge("referrals", won | {"referral": "RF-2"})) == [(1, "taken")]


@pytest.mark.parametrize(
    ("kind", "cells", "column"),
    [
        ("assets", {"rating": "4.5"}, "kind"),
        ("assets", {"kind": "review", "rating": "5.5"}, "rating"),
        ("assets", {"url": "here"}, "url"),
        ("assets", {"title": ""}, "title"),
        ("referrals", {"agreed_on": "2026-01-01"}, "agreed_on"),
        ("referrals", {"amount": "-1"}, "amount"),
        ("referrals", {"asked_on": ""}, "asked_on"),
        ("referrals", {"currency": "XXL"}, "currency"),
        ("advocates", {"consent": "maybe"}, "consent"),
        ("advocates", {"enrolled_on": "1980-01-01"}, "enrolled_on"),
    ],
)
def test_bad_cells_are_named(worlds: tuple[World, World], kind: str, cells: dict[str, str], column: str) -> None:
    with worlds[0].open():
        found = parse(kind, 1, PLAIN[kind] | cells)
    assert not isinstance(found, Row)
    assert [problem.column for problem in found] == [column]


def test_rows_of_a_merged_account_stay_its_own(worlds: tuple[World, World]) -> None:
    world = worlds[0]
    with world.open():
        merge("assets", {})
        part, whole = (Account.objects.get(external_id=key) for key in ("A-1", "A-2"))
        merge_account(account=part, into=whole, by=world.members["admin"])
        assert merge("assets", {}).outcomes[1] in ("unchanged", "updated")
        assert Asset.objects.count() == 1


def test_the_samples_are_rows_of_their_kind() -> None:
    for kind in ("advocates", "assets", "referrals"):
        head, *lines = KINDS[kind].sample.read_text().splitlines()
        assert set(head.split(",")) <= set(KINDS[kind].fields)
        assert len(lines) == 2
