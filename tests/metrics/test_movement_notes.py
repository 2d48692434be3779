"""What people say of movements stands beside the ledger and never rewrites it (MET-07)."""

import datetime as dt

import pytest

from accounts.models import Account, Subscription
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.models import AuditEntry
from metrics.enums import MovementKind, MovementReason
from metrics.insights import movements
from metrics.models import MovementNote, MrrMovement
from tests.books import Book

MAY = dt.date(2025, 5, 1)


@pytest.fixture
def book(worlds) -> Book:
    for world in worlds:
        found = Book(world)
        found.rate("2025-01", "EUR", "USD", "1.00")
        found.rate("2025-05", "EUR", "USD", "1.20")
        found.period("Acme", "2025-01-01", "2025-05-01", "100.00", key="S", currency="EUR")
        found.period("Acme", "2025-05-01", "", "150.00", key="S", currency="EUR")
        found.night("2025-05-31")
    return Book(worlds[0])


def lines(month: dt.date = MAY) -> dict[str, list[tuple[str, bool]]]:
    """By kind: what counts as the reason and whose it is."""
    found: dict[str, list[tuple[str, bool]]] = {}
    for line in movements.with_notes(MrrMovement.objects.filter(month=month).order_by("id")):
        found.setdefault(line.kind, []).append((line.effective_reason, line.cs_owned))
    return found


def say(world, **what):
    new = Subscription.objects.get(start_on=MAY)
    said = {"account": new.account, "month": MAY, "subscription": new, "by": world.members["ops"]} | what
    return movements.note_movement(**said)


def test_a_note_counts_and_is_taken_back_and_the_ledger_stays(book):
    with book.world.open():
        before = list(MrrMovement.objects.order_by("id").values())
        assert {owned for _reason, owned in lines()[MovementKind.EXPANSION]} == {True}
        assert {owned for _reason, owned in lines(dt.date(2025, 1, 1))[MovementKind.NEW]} == {False}
        assert {owned for _reason, owned in lines()[MovementKind.FX]} == {False}
        say(book.world, reason=MovementReason.UPSELL, cs_owned=False, note="  Sold by sales. ")
        assert (MovementReason.UPSELL, False) in lines()[MovementKind.EXPANSION]
        assert MovementNote.objects.get().note == "Sold by sales."
        say(book.world, cs_owned=True)
        assert MovementReason.UPSELL not in {reason for reason, _owned in lines()[MovementKind.EXPANSION]}
        assert {owned for _reason, owned in lines()[MovementKind.EXPANSION]} == {True}
        assert say(book.world) is None
        assert not MovementNote.objects.exists()
        assert list(MrrMovement.objects.order_by("id").values()) == before
        assert AuditEntry.objects.filter(table="metrics_movementnote").count() == 3


def test_currency_is_nobodys_whatever_is_said_of_the_period(book):
    """The old period ends in May and is revalued in May: the note is about its end."""
    with book.world.open():
        old = Subscription.objects.get(start_on=dt.date(2025, 1, 1))
        say(book.world, subscription=old, reason=MovementReason.PRICE, cs_owned=True)
        assert {owned for _reason, owned in lines()[MovementKind.FX]} == {False}
        assert MovementReason.PRICE not in {reason for reason, _owned in lines()[MovementKind.FX]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": "because"},
        {"reason": MovementReason.CURRENCY},
        {"month": dt.date(2025, 3, 1)},
        {"reason": MovementReason.PRICE, "note": "x" * 501},
        {"reason": MovementReason.DOWNGRADE},  # what moved is an expansion
    ],
)
def test_what_cannot_be_said(book, wrong):
    with book.world.open():
        with pytest.raises(DomainError):
            say(book.world, **wrong)
        assert not MovementNote.objects.exists()


def test_a_note_stays_in_its_company(book, worlds):
    with book.world.open():
        say(book.world, reason=MovementReason.UPSELL)
    with worlds[1].open():
        assert MovementReason.UPSELL not in {reason for reason, _owned in lines()[MovementKind.EXPANSION]}
        assert not MovementNote.objects.exists()
        account = Account.objects.get()
    with book.world.open(), pytest.raises(DomainError):
        say(book.world, account=account)
