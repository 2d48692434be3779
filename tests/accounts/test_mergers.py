"""Merging two accounts and taking it back; pausing, unpaid and cancelled periods by hand (METRICS 4, ACC-03, ROL-01)."""

import datetime as dt

import pytest

from accounts import dossier
from accounts.customers import log_event
from accounts.mergers import merge_account, unmerge_account
from accounts.models import Account, AccountEvent, Contact, ContactPast, Subscription
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.models import AuditEntry
from tests.accounts.book import make_contact
from tests.books import Book

DAY = dt.date(2025, 3, 1)


@pytest.fixture
def book(worlds) -> Book:
    for world in worlds:
        found = Book(world)
        for number, name in enumerate(("Old", "New", "Third"), start=1):
            found.period(name, "2025-01-01", "", f"{number}0.00", key=f"S-{number}")
        with world.open():
            old, new = (Account.objects.get(external_id=name) for name in ("Old", "New"))
            make_contact(old, "Ann")
            make_contact(new, "Bob")
            log_event(account=old, kind="budget_cut", happened_on=DAY, by=world.members["ops"])
    return Book(worlds[0])


def get(name: str) -> Account:
    return Account.objects.get(external_id=name)


def page(book: Book, name: str, path: str, role: str = "ops", **posted: str):
    with book.world.open():
        url = book.world.url(f"accounts/{get(name).id}/{path}")
    client = book.world.client(role)
    return client.post(url, posted) if posted else client.get(url)


def test_people_and_events_go_along_and_come_back(book):
    by = book.world.members["ops"]
    with book.world.open():
        merge_account(account=get("Old"), into=get("New"), by=by)
        assert set(Contact.objects.filter(account=get("New")).values_list("name", flat=True)) == {"Ann", "Bob"}
        assert AccountEvent.objects.get().account == get("New")
        assert ContactPast.objects.get().account == get("Old")
        assert [p.external_id for p in dossier.periods_of(get("New"))] == ["S-1", "S-2"]
        assert AuditEntry.objects.filter(row_id=get("Old").id, changes__has_key="merged_into_id").count() == 1
        log_event(account=get("New"), kind="growth", happened_on=DAY, by=by)
        unmerge_account(account=get("Old"), by=by)
        assert Contact.objects.get(account=get("Old")).name == "Ann"
        assert Contact.objects.get(account=get("New")).name == "Bob"
        assert AccountEvent.objects.get(account=get("Old")).kind == "budget_cut"
        assert AccountEvent.objects.get(account=get("New")).kind == "growth"


def test_nobody_is_left_behind(book):
    """METRICS 4: all people go along, or nothing is merged; one who cannot pass the door of all writes is named."""
    with book.world.open():
        Contact.objects.filter(name="Ann").update(name="")
        with pytest.raises(DomainError) as caught:
            merge_account(account=get("Old"), into=get("New"), by=book.world.members["ops"])
        assert list(caught.value.fields) == ["name"]
        assert get("Old").merged_into is None


@pytest.mark.parametrize(("account", "into"), [("Old", "Old"), ("Old", "Third"), ("Third", "Old")])
def test_no_circles(book, account, into):
    """An account is merged once, never into itself, never into one that was merged."""
    by = book.world.members["ops"]
    with book.world.open():
        merge_account(account=get("Old"), into=get("New"), by=by)
        with pytest.raises(DomainError) as caught:
            merge_account(account=get(account), into=get(into), by=by)
        assert list(caught.value.fields) == ["into"]
        with pytest.raises(DomainError):
            unmerge_account(account=get("Third"), by=by)


def test_the_page_says_what_happens_first(book):
    """Choose, read, merge; the page of the merged one leads on, the list is without it, and undo is there."""
    shown = page(book, "Old", "merge/", into="New", seen="")
    assert shown.status_code == 200
    text = shown.content.decode()
    assert "1 person" in text
    assert "1 event" in text
    with book.world.open():
        assert get("Old").merged_into is None
    assert page(book, "Old", "merge/", into="New", seen="New").status_code == 302
    there = page(book, "Old", "").content.decode()
    with book.world.open():
        assert f"accounts/{get('New').id}/" in there
    assert "Undo the merger" in there
    listed = book.world.client("ops").get(book.world.url("accounts/")).content.decode()
    assert "New" in listed
    assert ">Old<" not in listed
    assert "S-1 of Old" in page(book, "New", "subscriptions/").content.decode()
    assert "Merged into" in page(book, "New", "history/").content.decode()
    assert page(book, "Old", "unmerge/", yes="1").status_code == 302
    with book.world.open():
        assert get("Old").merged_into is None


def test_what_cannot_be_chosen(book, worlds):
    """Unknown, foreign and invisible accounts answer alike; who may not change accounts may not merge."""
    for into in ("Nobody", "", "Old"):
        assert page(book, "Old", "merge/", into=into, seen=into).status_code == 422
    assert page(book, "Old", "merge/", role="executive").status_code == 403
    with book.world.open():
        mine = get("Old")
        mine.owner = book.world.members["csm"]
        mine.save()
    answer = page(book, "Old", "merge/", role="csm", into="New", seen="New")
    assert answer.status_code == 422
    with worlds[1].open():
        foreign = get("Old").id
    assert book.world.client("ops").get(book.world.url(f"accounts/{foreign}/merge/")).status_code == 404


def deed(book: Book, name: str, **posted: str):
    with book.world.open():
        period = Subscription.objects.filter(external_id="S-1").order_by("start_on").first()
        posted = {"version": str(period.version)} | posted
    return page(book, "Old", f"subscriptions/{period.id}/{name}/", **posted)


def terms(book: Book) -> list[tuple[str, str, str, int]]:
    with book.world.open():
        rows = Subscription.objects.filter(external_id="S-1").order_by("start_on")
        return [(str(p.start_on), str(p.end_on), p.end_reason, p.mrr_minor) for p in rows]


def test_pause_and_go_on(book):
    assert deed(book, "pause", from_on="2025-05-01", resume_on="2025-08-01").status_code == 302
    assert terms(book) == [("2025-01-01", "2025-05-01", "paused", 1000), ("2025-08-01", "None", "", 1000)]


@pytest.mark.parametrize(
    ("from_on", "resume_on"), [("2025-01-01", ""), ("2024-12-01", ""), ("2025-05-01", "2025-05-01"), ("", "")]
)
def test_a_pause_lies_inside(book, from_on, resume_on):
    assert deed(book, "pause", from_on=from_on, resume_on=resume_on).status_code == 422
    assert len(terms(book)) == 1


def test_unpaid_and_paid(book):
    assert deed(book, "payment", past_due_on="2025-03-10").status_code == 302
    with book.world.open():
        assert str(Subscription.objects.get(external_id="S-1").past_due_on) == "2025-03-10"
    assert deed(book, "payment", past_due_on="2024-03-10").status_code == 422
    assert deed(book, "payment", past_due_on="2099-03-10").status_code == 422
    assert deed(book, "payment", past_due_on="").status_code == 302
    with book.world.open():
        assert Subscription.objects.get(external_id="S-1").past_due_on is None


def test_cancel_for_a_day(book):
    assert deed(book, "cancel", end_on="2025-09-01", reason="Budget").status_code == 302
    assert terms(book) == [("2025-01-01", "2025-09-01", "cancelled", 1000)]
    with book.world.open():
        found = Subscription.objects.get(external_id="S-1")
        assert found.auto_renew is False
        assert found.changes.order_by("-recorded_at").first().reason == "Budget"
    assert deed(book, "cancel", end_on="2025-01-01").status_code == 422


def test_a_cancellation_makes_no_period_longer(book):
    """After a pause the first part cannot be cancelled for a day on which the second one runs: that would count twice."""
    assert deed(book, "pause", from_on="2025-05-01", resume_on="2025-08-01").status_code == 302
    assert deed(book, "cancel", end_on="2025-09-01").status_code == 422
    assert terms(book) == [("2025-01-01", "2025-05-01", "paused", 1000), ("2025-08-01", "None", "", 1000)]


def test_a_deed_on_what_was_changed_meanwhile_is_refused(book):
    assert deed(book, "cancel", end_on="2025-09-01", version="0").status_code == 409
    assert terms(book) == [("2025-01-01", "None", "", 1000)]
