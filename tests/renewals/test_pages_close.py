"""Closing a renewal from its dialog: what will be written, writing it, taking it back, two people at once (REN-10)."""

from typing import Any

import pytest

from accounts.models import ChurnAnswer, Subscription
from renewals.models import Renewal, SavePlay
from tests.conftest import World
from tests.renewals.pages_world import DAY, Book

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "renewal-close"}


@pytest.fixture
def book(world: World) -> Book:
    return Book(world)


@pytest.fixture
def one(book: Book) -> Renewal:
    return book.renewal("Halcyon Freight", days=38, mrr=3_433_300, done=3, calls={"system": 34})


def values(one: Renewal, outcome: str, **more: Any) -> dict[str, Any]:
    return {"version": one.version, "outcome": outcome, "term_months": "", "prepaid": "", "amount": ""} | more


def post(world: World, one: Renewal, path: str, data: dict[str, Any], role: str = "csm", **more: Any) -> Any:
    return world.client(role).post(world.url(f"renewals/{one.id}/{path}/"), data, **more)


def test_the_dialog_says_what_will_be_written(world: World, book: Book, one: Renewal):
    """REN-10: entries, money before and after, and what follows; nothing is written by looking."""
    page = world.client("csm").get(world.url(f"renewals/{one.id}/close/")).content.decode()
    assert "Renewal, 12 months" in page
    assert "No money moves." in page
    shown = post(world, one, "close/preview", values(one, "churned", last_day=str(one.due_on - DAY))).content.decode()
    assert "Churn" in shown
    assert "$34,333.00" in shown
    assert "−$411,996.00" in shown
    assert "One customer lost." in shown
    less = post(world, one, "close/preview", values(one, "contracted", amount="321600")).content.decode()
    assert "Contraction" in less
    assert "−$90,396.00" in less
    more = post(
        world, one, "close/preview", values(one, "expanded", amount="452000", term_months="24")
    ).content.decode()
    assert "+$40,004.00" in more
    with world.open():
        assert Subscription.objects.count() == 1
    assert book.fresh(one).state == "open"


def test_fields_that_do_not_fit_are_said(world: World, book: Book, one: Renewal):
    """REN-10: the money says what the outcome says; the refusal stands at its field, and nothing is written."""
    shown = post(world, one, "close/preview", values(one, "expanded", amount="1000")).content.decode()
    assert "They pay more than now, or it is no expansion." in shown
    assert (
        "They pay more than now, or it is no expansion."
        not in post(world, one, "close/preview", values(one, "renewed", amount="1000")).content.decode()
    ), "an amount of another outcome is not asked for"
    refused = post(world, one, "close", values(one, "contracted", amount="999999"))
    assert refused.status_code == 422
    text = refused.content.decode()
    assert 'id="id_amount_error"' in text
    assert post(world, one, "close", values(one, "contracted", term_months="0", amount="1")).status_code == 422
    assert post(world, one, "close", values(one, "won")).status_code == 422
    late = values(one, "churned", last_day=str(one.due_on + 5 * DAY))
    assert 'id="id_last_day_error"' in post(world, one, "close", late).content.decode()
    assert book.fresh(one).state == "open"


def test_churned_with_its_reason_and_undone(world: World, book: Book, one: Renewal):
    """REN-10, MET-10: the answer to why they leave is written with it; undoing takes all of it back."""
    with world.open():
        SavePlay.objects.create(account=one.account, renewal=one, cause="person", opened_on=book.today, mrr_minor=1)
    said = values(
        one, "churned", reason="adoption", sub_reason="Never used", last_day=str(one.due_on - DAY),
        words="Nobody left who runs it.",
    )  # fmt: skip
    answer = post(world, one, "close", said, **HTMX)
    assert answer.status_code == 204
    assert "?renewal=" in answer["HX-Redirect"]
    row = book.fresh(one)
    assert (row.state, row.kept_mrr) == ("churned", 0)
    tab = world.client("csm").get(answer["HX-Redirect"]).content.decode()
    assert "Churned, decided on" in tab
    assert "Undo" in tab
    with world.open():
        told = ChurnAnswer.objects.get()
        assert (told.category, told.reason, told.note) == ("adoption", "Never used", "Nobody left who runs it.")
        assert SavePlay.objects.get().state == "lost"
    assert post(world, one, "undo", {"version": row.version}).status_code == 302
    with world.open():
        assert not ChurnAnswer.objects.exists()
        assert SavePlay.objects.get().state == "running"
    assert book.fresh(one).state == "open"


def test_two_close_at_once(world: World, book: Book, one: Renewal):
    """REN-10: the second sees where it stands now beside what they wanted (409); one period is written."""
    first = values(one, "renewed", term_months="24", prepaid="1")
    assert post(world, one, "close", first).status_code == 302
    late = post(world, one, "close", values(one, "churned"), role="admin", **HTMX)
    assert late.status_code == 409
    text = late.content.decode()
    assert "Somebody else changed this after you opened it." in text
    assert "Renewed" in text
    assert "Churned" in text
    with world.open():
        assert Subscription.objects.filter(voided=False).count() == 2
        following = Subscription.objects.get(start_on=one.due_on)
        assert (following.end_on.year - following.start_on.year, following.prepaid) == (2, True)


def test_who_may_close(worlds: tuple[World, World]):
    """ROL-01: who may close deals, of accounts that they see; another company's renewal is not there."""
    mine, theirs = worlds
    one, other = Book(mine).renewal("Halcyon Freight"), Book(theirs).renewal("Halcyon Freight")
    foreign = Book(mine).renewal("Orion Retail", owner="leader")
    for path in ("close", "close/preview", "undo"):
        assert post(mine, one, path, values(one, "renewed"), role="executive").status_code == 403
        assert post(mine, other, path, values(other, "renewed"), role="admin").status_code == 404
        assert post(mine, foreign, path, values(foreign, "renewed"), role="csm").status_code == 404
    tab = mine.client("executive").get(mine.url(f"accounts/{one.account_id}/renewal/"))
    assert tab.status_code == 200
    assert "close-renewal" not in tab.content.decode()
