"""How easy it was (REN-03, E12): who took part is asked once, by a link of their own; what they say is a survey (CES)."""

import datetime as dt
import random
import re
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts import opt_outs
from accounts.enums import OptOutHow
from accounts.models import Contact
from cs_platform.kernel import queue
from cs_platform.kernel.errors import Conflict, DomainError
from cs_platform.kernel.models import Work
from cs_platform.pipeline import install
from health.models import Survey
from renewals import effort
from renewals.closing import close_renewal, preview, undo_close
from renewals.models import EffortAsk, EffortRule, Objection, Renewal, Stakeholder
from renewals.success import Mark, Went, marks
from tests.conftest import World
from tests.renewals.pages_world import DAY, Book

pytestmark = pytest.mark.django_db


@pytest.fixture
def book(world: World) -> Book:
    install()
    return Book(world)


@pytest.fixture
def visitor() -> Client:
    """A browser without an account, at an address of its own, so that no test spends another's requests."""
    return Client(REMOTE_ADDR=".".join(str(random.randint(1, 254)) for _each in range(4)))


def took_part(book: Book, one: Renewal, name: str = "Ruth Okafor", **more: Any) -> Contact:
    person = book.person(one, name, **({"email": f"{name.split()[0].lower()}@halcyon.example"} | more))
    with book.world.open():
        Stakeholder.objects.create(renewal=one, contact=person, part="decides")
    return person


def close(book: Book, one: Renewal, outcome: str = "renewed", **more: Any) -> Renewal:
    with book.world.open():
        row = Renewal.objects.get(id=one.id)
        by = book.world.members["csm"]
        return close_renewal(renewal=row, outcome=outcome, terms=None, version=row.version, by=by, **more)


def send(book: Book) -> None:
    """An hour later: do what waits."""
    with book.world.open():
        EffortAsk.objects.update(goes_at=timezone.now())
        waiting = list(Work.objects.filter(name=effort.WORK))
        Work.objects.filter(name=effort.WORK).update(run_after=timezone.now())
    for work in waiting:
        queue.run_to_end(book.world.tenant.id, work.id)


def link(message: Any) -> str:
    found = re.search(r"https?://[^/\s]+(/c/\S+/effort/[^\s/]+/)\s", message.body)
    assert found is not None
    return found[1]


def asks(book: Book) -> list[str]:
    with book.world.open():
        return sorted(EffortAsk.objects.values_list("address", flat=True))


def test_who_took_part_is_asked_once_and_answers_once(book: Book, visitor: Client, rival: World) -> None:
    """REN-03: shown before closing, sent after an office hour, answered without an account, kept as a CES of the renewal."""
    one = book.renewal("Halcyon Freight", days=20)
    person = took_part(book, one)
    with book.world.open():
        assert preview(Renewal.objects.get(id=one.id), "renewed").asked == 1
        assert preview(Renewal.objects.get(id=one.id), "churned").asked == 0, "who leaves is not asked"
    page = book.world.client("csm").get(book.world.url(f"renewals/{one.id}/close/")).content.decode()
    assert "1 person is asked how easy it was." in page
    close(book, one)
    with book.world.open():
        row = EffortAsk.objects.get()
        assert row.goes_at >= timezone.now() + dt.timedelta(minutes=59), "there is time to take it back"
    assert not mail.outbox
    send(book)
    (message,) = mail.outbox
    assert message.to == ["Ruth Okafor <ruth@halcyon.example>"]
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "Halcyon Freight" in message.body
    path = link(message)
    shown = visitor.get(path)
    assert shown.status_code == 200
    assert "no-store" in shown["Cache-Control"]
    for private in ("MRR", "health", "Walk-away"):
        assert private not in shown.content.decode()
    for bad in ({}, {"score": "0"}, {"score": "8"}, {"score": "easy"}):
        assert visitor.post(path, bad).status_code == 422
    with book.world.open():
        assert not Survey.objects.exists()
    assert visitor.post(path, {"score": "2", "comment": "Legal took long."}).status_code == 302
    assert "Thank you" in visitor.get(path).content.decode()
    visitor.post(path, {"score": "7"})
    with book.world.open():
        survey = Survey.objects.get()
        assert (survey.kind, survey.context, survey.score, survey.scale) == ("ces", "renewal", 2, 7)
        assert (survey.contact_id, survey.comment, survey.source_ref) == (person.id, "Legal took long.", one.id)
    with rival.open():
        assert not Survey.objects.exists()
        assert effort.by_token(path.split("/")[-2]) is None, "a link of another company opens nothing"
    assert visitor.get(path.replace("/acme/", f"/{rival.tenant.slug}/")).status_code == 404
    assert visitor.get(path[:-3] + "x/").status_code == 404
    tab = book.world.client("csm").get(book.world.url(f"accounts/{one.account_id}/renewal/?renewal={one.id}"))
    text = tab.content.decode()
    assert "CES 2.0 of 7 · 1 of 1 answered" in text
    assert "Legal took long." in text
    for words in ("Confirmed 30 days before the end", "20 days before", "100.0%", "Easy for those who took part"):
        assert words in text


DUE = dt.date(2026, 12, 29)


def went(**more: Any) -> dict[Mark, bool | None]:
    usual: dict[str, Any] = {
        "due_on": DUE, "closed_on": DUE - 40 * DAY, "confirmed_on": DUE - 40 * DAY, "due": 100, "kept": 97,
        "next_periods": [(DUE, dt.date(2028, 12, 29), None)], "scores": [Decimal(1), Decimal(2)],
    }  # fmt: skip
    return marks(Went(**(usual | more)))


def test_the_marks_of_a_success() -> None:
    """REN-03, the example of the docstring, and each edge: 30 days, 95%, twelve months, the day itself, a mean of 2."""
    assert set(went().values()) == {True}
    for more, mark, met in (
        ({"confirmed_on": DUE - 30 * DAY}, Mark.EARLY, True),
        ({"confirmed_on": DUE - 29 * DAY}, Mark.EARLY, False),
        ({"kept": 95}, Mark.KEPT, True),
        ({"kept": 94}, Mark.KEPT, False),
        ({"due": 0}, Mark.KEPT, None),
        ({"next_periods": [(DUE, dt.date(2027, 12, 29), False)]}, Mark.TERMS, False),
        ({"next_periods": [(DUE, dt.date(2027, 12, 29), True)]}, Mark.TERMS, True),
        ({"next_periods": []}, Mark.TERMS, None),
        ({"closed_on": DUE}, Mark.ON_TIME, True),
        ({"closed_on": DUE + DAY}, Mark.ON_TIME, False),
        ({"scores": [Decimal(2)]}, Mark.SMOOTH, True),
        ({"scores": [Decimal(2), Decimal(3)]}, Mark.SMOOTH, False),
        ({"scores": []}, Mark.SMOOTH, None),
    ):
        assert went(**more)[mark] is met, (more, mark)


def test_nobody_is_asked_who_wants_none_who_left_or_who_was_asked_lately(book: Book) -> None:
    """The opt-out holds when it is said after closing too; of two renewals one asks; objections name people as well."""
    one = book.renewal("Halcyon", days=20)
    took_part(book, one, "Ruth")
    took_part(book, one, "Gone", left_on=book.today - DAY)
    took_part(book, one, "Silent", email="")
    stopped = took_part(book, one, "Stopped")
    late = took_part(book, one, "Late")
    doubter = book.person(one, "Doubter", email="doubter@halcyon.example")
    with book.world.open():
        Objection.objects.create(renewal=one, text="Dear", contact=doubter, raised_on=book.today)
        opt_outs.stop_mail(address=stopped.email.upper(), how=OptOutHow.LINK, by=None)
    close(book, one)
    assert asks(book) == ["doubter@halcyon.example", "late@halcyon.example", "ruth@halcyon.example"]
    with book.world.open():
        opt_outs.stop_mail(address=late.email, how=OptOutHow.LINK, by=None)
    send(book)
    assert sorted(message.to[0] for message in mail.outbox) == [
        "Doubter <doubter@halcyon.example>",
        "Ruth <ruth@halcyon.example>",
    ]
    with book.world.open():
        other = Renewal.objects.create(
            external_id="R-2", account=one.account, due_on=one.due_on + DAY, opened_on=book.today, profile="smb",
            phase_since=book.today, currency="USD", state="renewed", closed_on=book.today,
        )  # fmt: skip
        Stakeholder.objects.create(renewal=other, contact=Contact.objects.get(name="Ruth"), part="pays")
        assert effort.ask([other]) == 0, "asked within ninety days"
        EffortAsk.objects.update(goes_at=timezone.now() - dt.timedelta(days=effort.REST_DAYS + 1))
        assert effort.ask([other]) == 1


def test_what_is_taken_back_asks_nobody_and_closed_again_asks_once(book: Book) -> None:
    """REN-10: undone before the hour is over, nothing goes; closed again, one mail."""
    one = book.renewal("Halcyon", days=20)
    took_part(book, one)
    row = close(book, one)
    with book.world.open():
        undo_close(renewal=row, version=row.version, by=book.world.members["csm"])
    send(book)
    assert not mail.outbox
    close(book, one)
    send(book)
    assert len(mail.outbox) == 1
    with book.world.open():
        row = Renewal.objects.get(id=one.id)
        row = undo_close(renewal=row, version=row.version, by=book.world.members["csm"])
    close(book, one)
    send(book)
    assert len(mail.outbox) == 1, "never twice"


def test_whose_people_are_asked_is_the_companys_choice(book: Book) -> None:
    """Nobody, who stays, or all; of history and of an archive nobody."""
    world = book.world
    client, url = world.client("admin"), world.url("settings/runways/effort/")
    assert "Customers who stay" in client.get(url).content.decode()
    assert client.post(url, {"who": "friends", "version": "0"}).status_code == 422
    assert client.post(url, {"who": "all", "version": "0"}).status_code == 302
    with world.open():
        rule = EffortRule.objects.get()
        with pytest.raises(Conflict):
            effort.set_whom(who="kept", version=rule.version + 1, by=None)
        with pytest.raises(DomainError):
            effort.set_whom(who="", version=None, by=None)
    leaver = book.renewal("Leaver", days=20)
    took_part(book, leaver, "Lea")
    close(book, leaver, "churned")
    assert asks(book) == ["lea@halcyon.example"]
    assert client.post(url, {"who": "nobody", "version": "1"}).status_code == 302
    stayer = book.renewal("Stayer", days=20)
    took_part(book, stayer, "Stan")
    close(book, stayer)
    old = book.renewal("Old", days=-effort.RECENT_DAYS - 1)
    took_part(book, old, "Olga")
    with world.open():
        effort.set_whom(who="kept", version=None, by=None)
        Renewal.objects.filter(id=old.id).update(state="renewed", closed_on=book.today)
        assert effort.ask(list(Renewal.objects.filter(id=old.id))) == 0
        world.tenant.data_until = book.today
        world.tenant.save()
        assert effort.ask(list(Renewal.objects.filter(id=stayer.id))) == 0, "an archive"
    assert asks(book) == ["lea@halcyon.example"]
    assert world.client("csm").get(url).status_code == 403


def test_the_link_that_stops_them(book: Book, visitor: Client) -> None:
    """A GET asks, a POST of a mail program stops, without a page (RFC 8058)."""
    one = book.renewal("Halcyon", days=20)
    took_part(book, one)
    close(book, one)
    send(book)
    stop = mail.outbox[0].extra_headers["List-Unsubscribe"].strip("<>")
    path = "/c/" + stop.split("/c/")[1]
    assert "No more mails?" in visitor.get(path).content.decode()
    strict = Client(enforce_csrf_checks=True, REMOTE_ADDR="10.9.8.7")
    assert strict.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    with book.world.open():
        assert opt_outs.stopped(["ruth@halcyon.example"])
        EffortAsk.objects.update(goes_at=timezone.now() - dt.timedelta(days=effort.LINK_DAYS + 1))
    assert visitor.get(path).status_code == 404, "run out"


def test_by_segment_of_what_one_sees(worlds: tuple[World, World]) -> None:
    """REN-03: mean and answers by segment on the page of the scores, of one's own accounts and of nobody else's company."""
    mine, theirs = worlds
    book, other = Book(mine), Book(theirs)
    for found, owner, scores in ((book, "csm", (1, 2)), (book, "leader", (6,)), (other, "csm", (7, 7))):
        one = found.renewal(f"Halcyon {owner}", owner=owner)
        with found.world.open():
            for number, score in enumerate(scores):
                Survey.objects.create(
                    account=one.account, external_id=f"S-{owner}-{number}", kind="ces", context="renewal", score=score,
                    scale=7, answered_at=timezone.now(), known_on=found.today, source="api",
                )  # fmt: skip
    own = mine.client("csm").get(mine.url("renewals/accuracy/")).content.decode()
    assert "CES 1.5 of 7, 1 is very easy" in own
    assert "2 answers" in own
    everything = mine.client("admin").get(mine.url("renewals/accuracy/")).content.decode()
    assert "CES 3.0 of 7" in everything
    assert "3 answers" in everything
