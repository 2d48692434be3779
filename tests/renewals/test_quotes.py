"""Quotes of renewals (REN-07): worked out of contracts, made by people or by the night, sent once, answered by a link."""

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import opt_outs
from accounts.enums import OptOutHow
from accounts.models import Contact, Segment, Subscription, WebhookEvent
from accounts.webhooks.events import EXAMPLES
from accounts.webhooks.services import add_endpoint
from cs_platform.kernel import queue
from cs_platform.kernel.errors import Conflict, DomainError
from cs_platform.kernel.models import Work
from cs_platform.pipeline import install
from journey.models import Task
from renewals import flows, offers, quote_mails, quote_night, quotes
from renewals.enums import Unsent
from renewals.models import Flow, Objection, Quote, Renewal, RenewalStep
from renewals.quote_answers import accept_quote, decline_quote
from tests.conftest import World
from tests.renewals.pages_world import DAY, Book
from tests.renewals.test_effort import visitor

__all__ = ["visitor"]
pytestmark = pytest.mark.django_db
NAME = "Ruth Okafor"


@pytest.fixture
def book(world: World) -> Book:
    install()
    return Book(world)


def small(book: Book, name: str = "Halcyon Freight", *, days: int = 45, late: int = 0, **more: Any) -> Renewal:
    """A small customer whose quote step comes due tomorrow (less `late` days), with somebody who decides."""
    one = book.renewal(name, days=days, **more)
    with book.world.open():
        segment, _new = Segment.objects.get_or_create(name="Small", defaults={"profile": "smb"})
        type(one.account).objects.filter(id=one.account_id).update(segment=segment)
        due = book.today - late * DAY
        RenewalStep.objects.create(renewal=one, step="quote", days=45, due_on=due)
    return one


def decider(book: Book, one: Renewal, name: str = NAME, **more: Any) -> Contact:
    usual = {"role": "decision_maker", "email": f"{name.split()[0].lower()}@halcyon.example"}
    return book.person(one, name, **(usual | more))


def night(book: Book) -> int:
    with book.world.open():
        return quote_night.follow_quotes(book.today - DAY)


def only(book: Book) -> Quote:
    with book.world.open():
        return Quote.objects.select_related("contact").get()


def send(book: Book) -> None:
    """An office hour later: do what waits."""
    with book.world.open():
        Quote.objects.exclude(goes_at=None).update(goes_at=timezone.now())
        waiting = list(Work.objects.filter(name=quote_mails.WORK))
        Work.objects.filter(name=quote_mails.WORK).update(run_after=timezone.now())
    for work in waiting:
        queue.run_to_end(book.world.tenant.id, work.id)


def link() -> str:
    found = re.search(r"https?://[^/\s]+(/c/\S+/quote/[^\s/]+/)\s", mail.outbox[-1].body)
    assert found is not None
    return found[1]


def test_the_money_of_an_offer_is_that_of_its_lines() -> None:
    """REN-07, the example of the docstring, and lines that round each for itself: 5% more than twice 12.10 is twice 12.71, not 25.41."""
    start = dt.date(2026, 12, 29)
    one = Subscription(
        amount_minor=1_200_000,
        mrr_minor=100_000,
        interval_months=12,
        charge="recurring",
        discount_minor=0,
        currency="USD",
    )
    found = offers.offer_of([one], start, Decimal(5), 18)
    assert (found.year, found.total, found.ends_on) == (1_260_000, 1_890_000, dt.date(2028, 6, 29))
    tiny = [
        Subscription(amount_minor=1210, mrr_minor=101, interval_months=12, charge="recurring", discount_minor=0)
        for _each in range(2)
    ]
    found = offers.offer_of(tiny, start, Decimal(5), 12)
    assert [line.year for line in found.lines] == [1271, 1271]
    assert found.total == sum(line.total for line in found.lines) == 2542


def test_a_quote_is_valid_until_before_the_contract_ends() -> None:
    """REN-07, the example of the docstring; one made when the end is over has its days all the same."""
    day, due = dt.date(2026, 12, 1), dt.date(2026, 12, 20)
    assert offers.valid_until(day, 30, due) == dt.date(2026, 12, 19)
    assert offers.valid_until(day, 5, due) == dt.date(2026, 12, 6)
    assert offers.valid_until(due, 5, due) == dt.date(2026, 12, 25)


def test_the_night_makes_one_quote_and_it_goes_once(book: Book, visitor: Client, rival: World) -> None:
    """REN-07: made when its step is due, sent after an office hour, accepted without an account; no contract is written."""
    one = small(book)
    person = decider(book, one, language="id")
    assert night(book) == 1
    assert night(book) == 0, "a second run of the night makes no second one"
    row = only(book)
    assert (row.state, row.automatic, row.contact_id, row.year_minor) == ("draft", True, person.id, 1_200_000)
    assert row.goes_at is not None
    assert row.goes_at >= timezone.now() + dt.timedelta(minutes=59), "there is time to look at it"
    assert not mail.outbox
    send(book)
    send(book)
    assert len(mail.outbox) == 1
    (message,) = mail.outbox
    assert message.to == [f"{NAME} <ruth@halcyon.example>"]
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    fresh = book.fresh(one)
    assert (fresh.phase, fresh.offered_minor, fresh.term_months) == ("proposed", 1_200_000, 12)
    assert fresh.talked_on is None, "a mail is no conversation"
    with book.world.open():
        assert RenewalStep.objects.get(renewal=one, step="quote").done_on == book.today
    path = link()
    with rival.open():
        assert quote_mails.by_token(path.split("/")[-2]) is None, "a link of another company opens nothing"
        assert not Quote.objects.exists()
    assert visitor.get(path.replace("/acme/", f"/{rival.tenant.slug}/")).status_code == 404
    shown = visitor.get(path)
    assert shown.status_code == 200
    assert "no-store" in shown["Cache-Control"]
    for private in ("MRR", "health", "Least that we accept"):
        assert private not in shown.content.decode()
    for bad in ({}, {"yes-signed_as": "Ruth"}, {"yes-agreed": "on"}, {"yes-signed_as": " ", "yes-agreed": "on"}):
        assert visitor.post(path, {"answer": "accept"} | bad).status_code == 422
    assert only(book).state == "sent"
    with book.world.open():
        before = Subscription.objects.count()
    said = visitor.post(path, {"answer": "accept", "yes-signed_as": NAME, "yes-agreed": "on"})
    assert said.status_code == 302
    visitor.post(path, {"answer": "decline", "no-signed_as": "X", "no-reason": "No"})
    row, fresh = only(book), book.fresh(one)
    assert (row.state, row.decided_by) == ("accepted", NAME)
    assert row.decided_at is not None
    assert row.decided_from is not None
    assert (fresh.state, fresh.phase, fresh.intent) == ("open", "signing", "renew")
    with book.world.open():
        assert Subscription.objects.count() == before, "closing writes contracts, an answer does not"
        task = Task.objects.get(external_id=f"renewal:quote:{row.id}")
        assert task.owner_id == book.world.members["csm"].id
    tab = book.world.client("csm").get(book.world.url(f"accounts/{one.account_id}/renewal/")).content.decode()
    assert "Q-00001" in tab
    assert NAME in tab
    why = book.world.client("csm").get(book.world.url(f"tasks/{task.id}/")).content.decode()
    assert "They answered the quote" in why


@pytest.mark.parametrize(
    ("why", "what"),
    [
        (Unsent.NO_ADDRESS, {"role": "power_user"}),
        (Unsent.OPTED_OUT, {"stopped": True}),
        (Unsent.LATE, {"late": 9}),
    ],
)
def test_what_does_not_go_says_why(book: Book, why: str, what: dict[str, Any]) -> None:
    """REN-07: no address, no mail wished, a day that is long over: the draft stands with the reason and nothing goes."""
    one = small(book, late=what.get("late", 0))
    person = decider(book, one, role=what.get("role", "champion"))
    if what.get("stopped"):
        with book.world.open():
            opt_outs.stop_mail(address=person.email.upper(), how=OptOutHow.MEMBER, by=None)
    assert night(book) == 1
    assert (only(book).problem, only(book).goes_at) == (why, None)
    send(book)
    assert not mail.outbox
    tab = book.world.client("csm").get(book.world.url(f"accounts/{one.account_id}/renewal/")).content.decode()
    assert str(Unsent(why).label) in tab


def test_what_speaks_against_it_by_then_stops_it(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """REN-07: switched off, opted out or asked for approval between writing and sending."""
    names = ["Off Ltd", "Rules Ltd", "Stop Ltd", "Approval Ltd", "Left Ltd"]
    ones = {name: small(book, name) for name in names}
    people = {name: decider(book, one, name) for name, one in ones.items()}
    assert night(book) == len(names)
    with book.world.open():
        opt_outs.stop_mail(address=people["Stop Ltd"].email, how=OptOutHow.LINK, by=None)
        Renewal.objects.filter(id=ones["Approval Ltd"].id).update(approval="asked")
        Contact.objects.filter(id=people["Left Ltd"].id).update(left_on=book.today)
    for name, why in (("Stop Ltd", "opted_out"), ("Approval Ltd", "approval"), ("Left Ltd", "gone")):
        with book.world.open():
            row = Quote.objects.get(renewal=ones[name])
            with pytest.raises(DomainError) as refused:
                quote_mails.send_quote(quote=row, version=None, by=book.world.members["csm"])
            assert refused.value.code == why
    with book.world.open():
        Quote.objects.exclude(renewal__in=[ones["Off Ltd"], ones["Rules Ltd"]]).update(goes_at=None)
        segment = Segment.objects.get(name="Small")
        flows.set_flow(segment=segment, values={"quotes": False}, version=0, by=None)
    send(book)
    assert not mail.outbox
    with book.world.open():
        assert {Quote.objects.get(renewal=ones[name]).problem for name in ("Off Ltd", "Rules Ltd")} == {"off"}
        # By hand it goes: a person switches nothing off for themselves.
        row = Quote.objects.get(renewal=ones["Rules Ltd"])
        quote_mails.send_quote(quote=row, version=row.version, by=book.world.members["csm"])
        flow = Flow.objects.get()
        flows.set_flow(segment=segment, values={"quotes": True}, version=flow.version, by=None)
        row = Quote.objects.get(renewal=ones["Off Ltd"])
        Quote.objects.filter(id=row.id).update(goes_at=timezone.now(), problem="")
        quote_mails.wish(row.id, timezone.now(), timezone.now())
    monkeypatch.setattr(quote_mails, "alive", lambda: False)
    send(book)
    assert len(mail.outbox) == 1
    with book.world.open():
        assert Quote.objects.get(renewal=ones["Rules Ltd"]).state == "sent"
        assert Quote.objects.get(renewal=ones["Off Ltd"]).problem == "off"


def test_only_segments_that_say_so_and_renewals_that_wait_are_quoted(book: Book) -> None:
    """REN-07: not the enterprise, not who leaves, not what somebody quoted already, not before its day."""
    leaving, quoted, early = small(book, "Leaving"), small(book, "Quoted"), small(book, "Early", late=-2)
    big = book.renewal("Big", days=45)
    with book.world.open():
        RenewalStep.objects.create(renewal=big, step="quote", days=45, due_on=book.today)
        Renewal.objects.filter(id=leaving.id).update(intent="leave")
        made = quotes.make_quote(renewal=quoted, values={}, by=book.world.members["csm"])
    assert night(book) == 0
    with book.world.open():
        assert [row.id for row in Quote.objects.all()] == [made.id]
        RenewalStep.objects.filter(renewal=early).update(due_on=book.today)
    assert night(book) == 1
    with book.world.open():
        assert sorted(Quote.objects.values_list("number", flat=True)) == [1, 2]


def test_a_quote_begins_with_what_was_talked_about(book: Book) -> None:
    """REN-07: the terms on the renewal come before the segment's policy, by hand, in the form and by night; what is said is last."""
    one, other = small(book, "Talked"), small(book, "By hand")
    with book.world.open():
        rows = Renewal.objects.filter(id__in=[one.id, other.id])
        rows.update(term_months=24, uplift=Decimal("5.00"), prepaid=True)
        made = quotes.make_quote(renewal=other, values={"term_months": 6}, by=book.world.members["csm"])
    assert night(book) == 1
    with book.world.open():
        found = Quote.objects.get(renewal=one)
    said = [(row.uplift, row.term_months, row.prepaid, row.year_minor, row.total_minor) for row in (found, made)]
    assert said == [(5, 24, True, 1_260_000, 2_520_000), (5, 6, True, 1_260_000, 630_000)]
    form = book.world.client("csm").get(book.world.url(f"renewals/{one.id}/quotes/")).content.decode()
    assert re.search(r'name="term_months" value="24"', form)


def test_a_mail_that_the_server_refuses_goes_later_or_says_so(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """REN-07: nothing is half done when the server says no; after the last attempt the quote stands with the reason."""
    one = small(book)
    decider(book, one)
    night(book)

    def refuse(*_args: Any) -> None:
        raise OSError("no route to host")

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.message.EmailMessage.send", refuse)
        with pytest.raises(OSError, match="no route"):
            send(book)
        row = only(book)
        assert (row.state, row.sent_at) == ("draft", None)
        assert book.fresh(one).phase == "preparing"
        with book.world.open():
            quote_mails.failed(Work(key=str(row.id)), "no route", True)
    assert only(book).problem == Unsent.FAILED
    with book.world.open():
        quote_mails.send_quote(quote=only(book), version=None, by=None)
    send(book)
    assert only(book).state == "sent"


def test_a_newer_quote_replaces_the_one_before_and_old_ones_end(book: Book) -> None:
    """REN-07: one quote is with the customer; after its last day, or when the renewal moved or is over, it cannot be accepted."""
    one = small(book)
    decider(book, one)
    csm = book.world.members["csm"]
    night(book)
    send(book)
    with book.world.open():
        second = quotes.make_quote(renewal=one, values={"uplift": Decimal(5), "prepaid": True}, by=csm)
        assert second.year_minor == 1_260_000
        second = quotes.change_quote(quote=second, values={"term_months": 24}, version=second.version, by=csm)
        assert (second.total_minor, second.lines.get().total_minor) == (2_520_000, 2_520_000)
        with pytest.raises(Conflict):
            quotes.change_quote(quote=second, values={"term_months": 12}, version=1, by=csm)
        quote_mails.send_quote(quote=second, version=second.version, by=csm)
    send(book)
    with book.world.open():
        first, second = Quote.objects.order_by("number")
        assert (first.state, second.state) == ("superseded", "sent")
        with pytest.raises(Conflict):
            accept_quote(quote=first, name=NAME, address=None)
        with pytest.raises(DomainError):
            quotes.change_quote(quote=second, values={"uplift": 0}, version=None, by=csm)
        Quote.objects.filter(id=second.id).update(valid_until=book.today - DAY)
        second.refresh_from_db()
        with pytest.raises(Conflict):
            accept_quote(quote=second, name=NAME, address=None)
    assert night(book) == 1
    with book.world.open():
        second.refresh_from_db()
        assert second.state == "expired"
        third = quotes.make_quote(renewal=one, values={}, by=csm)
        assert quotes.withdraw_quote(quote=third, version=None, by=csm).state == "withdrawn"
        fourth = quotes.make_quote(renewal=one, values={}, by=csm)
        Renewal.objects.filter(id=one.id).update(state="churned", closed_on=book.today)
    assert night(book) == 1
    with book.world.open():
        fourth.refresh_from_db()
        assert fourth.state == "withdrawn"


def test_a_no_says_why_and_stands_among_the_objections(book: Book, visitor: Client) -> None:
    """REN-07: declined with a reason, which asks the CSM to talk with them."""
    one = small(book)
    person = decider(book, one)
    night(book)
    send(book)
    path = link()
    for bad in ({}, {"no-signed_as": "Ruth"}, {"no-reason": "Too dear"}):
        assert visitor.post(path, {"answer": "decline"} | bad).status_code == 422
    said = {"answer": "decline", "no-signed_as": NAME, "no-reason": "Too dear"}
    assert visitor.post(path, said).status_code == 302
    assert visitor.post(path, {"answer": "accept", "yes-signed_as": NAME, "yes-agreed": "on"}).status_code == 422
    assert only(book).state == "declined"
    with book.world.open():
        found = Objection.objects.get()
        assert (found.text, found.contact_id) == ("Too dear", person.id)
        assert Task.objects.filter(title__startswith="Talk with").count() == 1
        decline_quote(quote=only(book), name=NAME, reason="Again", address=None)
        assert Objection.objects.count() == 1
    stop = path + "stop/"
    visitor.get(stop)
    with book.world.open():
        assert not opt_outs.stopped([person.email])
    visitor.post(stop)
    with book.world.open():
        assert opt_outs.stopped([person.email])


def test_closing_is_prefilled_with_what_they_accepted(book: Book) -> None:
    """REN-07, REN-10: more than before closes as an expansion of that amount, for that term."""
    one = small(book)
    decider(book, one)
    with book.world.open():
        flows.set_flow(segment=Segment.objects.get(name="Small"), values={"uplift": Decimal("3.5"), "term_months": 24}, version=0, by=None)  # fmt: skip
    night(book)
    send(book)
    with book.world.open():
        accept_quote(quote=only(book), name=NAME, address="192.0.2.7")
    page = book.world.client("csm").get(book.world.url(f"renewals/{one.id}/close/"))
    form = page.context["form"]
    assert form.chosen == "expanded"
    assert (form["amount"].value(), form["term_months"].value()) == (Decimal("12420.00"), 24)


def test_a_yes_waits_for_legal(book: Book) -> None:
    """REN-07: what legal looks at still is agreed and not signed, whoever says yes; and the answer is told to webhooks."""
    one = small(book)
    decider(book, one)
    night(book)
    send(book)
    with book.world.open():
        Renewal.objects.filter(id=one.id).update(legal="asked")
        add_endpoint(name="All", url="https://example.com/", by=book.world.members["admin"])
        accept_quote(quote=only(book), name=NAME, address=None)
        told = WebhookEvent.objects.get(kind="renewal.quote_accepted")
        assert set(told.data) == set(EXAMPLES[told.kind])
        assert (told.data["quote"], told.data["total"]) == ("Q-00001", "12000.00")
    fresh = book.fresh(one)
    assert (fresh.phase, fresh.intent) == ("proposed", "renew")


def test_contracts_in_two_currencies_have_no_quote(book: Book) -> None:
    """REN-07: no sum can be said of them; the night leaves the step to a person."""
    one = small(book)
    with book.world.open():
        Subscription.objects.update(currency="EUR")
    assert night(book) == 0
    with book.world.open(), pytest.raises(DomainError):
        quotes.make_quote(renewal=one, values={}, by=None)


def test_a_csm_makes_changes_sends_and_withdraws_on_the_page(book: Book, rival: World) -> None:
    """REN-07: bad input is refused at its field; a stale form is a conflict; who only reads may not."""
    one = small(book)
    person = decider(book, one)
    client, new = book.world.client("csm"), book.world.url(f"renewals/{one.id}/quotes/")
    assert client.get(new).status_code == 200
    until = (book.today + 10 * DAY).isoformat()
    good = {"uplift": "2.5", "term_months": "12", "prepaid": "1", "valid_until": until, "contact": str(person.id)}
    for bad in ({"uplift": "x"}, {"term_months": "0"}, {"valid_until": "2001-01-01"}, {"contact": str(one.id)}):
        assert client.post(new, good | bad).status_code == 422, bad
    assert client.post(new, good).status_code == 302
    row = only(book)
    assert (row.year_minor, row.made_by_id) == (1_230_000, book.world.members["csm"].id)
    path = book.world.url(f"renewals/quotes/{row.id}/")
    assert client.get(path).status_code == 200
    assert client.post(path, good | {"version": "9"}).status_code == 409
    assert client.post(path, good | {"version": "1", "uplift": "0"}).status_code == 302
    assert only(book).year_minor == 1_200_000
    assert client.post(path + "send/", {"version": "1"}).status_code == 302
    assert only(book).goes_at is None, "a stale page sends nothing"
    client.post(path + "send/", {"version": str(only(book).version)})
    send(book)
    assert only(book).state == "sent"
    client.post(path + "withdraw/", {"version": str(only(book).version)})
    assert only(book).state == "withdrawn"
    assert rival.client("csm").post(path.replace("/acme/", f"/{rival.tenant.slug}/") + "send/").status_code == 404
    with rival.open():
        assert not Quote.objects.exists()


def test_the_settings_say_what_a_segment_does(book: Book) -> None:
    """REN-07: beside the runways; what does not fit is refused, a stale form too."""
    small(book)
    with book.world.open():
        segment = Segment.objects.get(name="Small")
    client, path = book.world.client("admin"), book.world.url(f"settings/runways/{segment.id}/flow/")
    assert "by themselves" in client.get(book.world.url("settings/runways/")).content.decode()
    good = {"version": "0", "quotes": "0", "uplift": "3", "term_months": "24", "prepaid": "", "valid_days": "20"}
    for bad in ({"uplift": "-101"}, {"term_months": "121"}, {"valid_days": "0"}, {"quotes": "maybe"}):
        assert client.post(path, good | bad).status_code == 422, bad
    assert client.post(path, good).status_code == 302
    assert client.post(path, good).status_code == 422, "made for no row, and there is one now"
    with book.world.open():
        flow = Flow.objects.get()
        assert (flow.quotes, flow.uplift, flow.term_months, flow.valid_days) == (False, 3, 24, 20)


def test_the_page_asks_as_often_for_many_quotes(book: Book) -> None:
    """REN-07: the card of quotes costs two queries, however many there are."""
    one = small(book)
    decider(book, one)
    client, path = book.world.client("csm"), book.world.url(f"accounts/{one.account_id}/renewal/")

    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(path).status_code == 200
        return len(found)

    def make(count: int) -> None:
        with book.world.open():
            for _each in range(count):
                quotes.make_quote(renewal=one, values={}, by=book.world.members["csm"])

    make(1)
    asked()
    few = asked()
    make(5)
    assert asked() == few
