"""Mails of playbooks (REQUIREMENTS 1K): what they say, to whom they go and when, what holds them back, and that none goes
twice."""

import datetime as dt
import smtplib
import threading
from typing import Any
from unittest import mock
from uuid import uuid4

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db import connections
from django.test import Client
from django.utils import timezone

from accounts import opt_outs
from accounts.enums import OptOutHow, Status
from accounts.models import Account, BusinessHours, Contact, Holiday, MailOptOut, Tenant
from cs_platform.kernel.errors import Conflict, DomainError
from cs_platform.kernel.models import AuditEntry, Work
from cs_platform.kernel.tenancy import tenant_context
from health.alerts import services as alert_services
from health.support.clock import Clock
from journey.enums import LetterState, PlayState
from journey.models import Letter, Play, Task
from journey.playbooks import jobs, letters, sending, services
from journey.playbooks.definition import Steps
from journey.playbooks.mail import LeftOut, Mail, fill, unknown
from tests.conftest import World, make_world
from tests.journey.letter_facts import due, mail_step, person, started, task_step, work_off, written
from tests.journey.playbook_facts import account

# Texts


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"subject": {}}, "0.subject"),
        ({"subject": {"en": "x" * 151}, "body": {"en": "x"}}, "0.subject.en"),
        ({"subject": {"en": "Hello {{ weather }}"}, "body": {"en": "x"}}, "0.subject"),
        ({"subject": {"en": "Hello {{ contact"}, "body": {"en": "x"}}, "0.subject"),
        ({"subject": {"en": "Hi"}, "body": {}}, "0.body"),
        ({"subject": {"en": "Hi"}, "body": {"id": "Halo"}}, "0.body"),
        ({"subject": {"en": "Hi"}, "body": {"en": "{% now 'Y' %} {{ contact.email }}"}}, "0.body"),
        ({"subject": {"en": "Hi"}, "body": {"en": "x" * 4001}}, "0.body.en"),
        ({"to": "boss"}, "0.to"),
        ({"fallback": "yes"}, "0.to"),
        ({"track": True}, "0.subject"),
    ],
)
def test_a_wrong_mail_names_its_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(DomainError) as caught:
        Steps.read([mail_step(**change)])
    assert list(caught.value.fields) == [field]


@pytest.mark.parametrize("given", [None, [], "Hello", 1])
def test_what_is_no_mail(given: Any) -> None:
    with pytest.raises(DomainError):
        Steps.read([{"key": "a", "days": 0, "mail": given}])


def test_an_unknown_field_is_refused_by_its_name() -> None:
    with pytest.raises(DomainError, match=r"\{\{ weather \}\}.*first_name"):
        Steps.read([mail_step(subject={"en": "{{ weather }}"}, body={"en": "x"})])


def test_a_step_is_a_task_or_a_mail() -> None:
    assert Steps.read([mail_step()]).json() == [mail_step()]
    with pytest.raises(DomainError):
        Steps.read([mail_step() | {"doer": "owner"}])


def test_filling_reads_no_place_in_a_value_and_no_template() -> None:
    """A name that looks like a place or a template stays what it is."""
    text = "Dear {{contact}}, {{  csm }}: {% load i18n %}"
    assert fill(text, {"contact": "{{ csm }}", "csm": "Maya"}) == "Dear {{ csm }}, Maya: {% load i18n %}"
    assert unknown(["{{ contact }} {{ }} }}"]) == ["{{  }}", "}}"]


@pytest.mark.parametrize(
    ("to", "fallback", "stopped", "expected"),
    [
        ("champion", True, [], "c@x.example"),
        ("legal", True, [], "c@x.example"),
        ("legal", True, ["c@x.example"], "d@x.example"),
        ("legal", True, ["c@x.example", "d@x.example"], "u@x.example"),
        ("legal", True, ["c@x.example", "d@x.example", "u@x.example"], LeftOut.OPTED_OUT),
        ("legal", False, [], LeftOut.NO_ADDRESS),
        ("decision_maker", False, ["d@x.example"], LeftOut.OPTED_OUT),
        ("procurement", False, [], LeftOut.NO_ADDRESS),  # there is one, without an address
        ("anyone", False, [], "u@x.example"),
    ],
)
def test_whom_it_goes_to(to: str, fallback: bool, stopped: list[str], expected: str) -> None:
    people = [
        Contact(role="", email="U@x.example"),
        Contact(role="procurement", email=""),
        Contact(role="decision_maker", email="d@x.example"),
        Contact(role="champion", email="c@x.example"),
    ]
    found = Mail(to, fallback, {}, {}).recipient(people, stopped)
    assert (found if isinstance(found, LeftOut) else found.email.lower()) == expected


def test_an_office_hour_later() -> None:
    """Out of working days it waits for the next one."""
    zone = dt.UTC
    hours = {day: (dt.time(9), dt.time(17)) for day in range(5)}
    friday = dt.datetime(2026, 3, 13, 16, 30, tzinfo=zone)
    clock = Clock(hours, [dt.date(2026, 3, 16)], zone, dt.date(2026, 3, 13), dt.date(2026, 3, 20))  # type: ignore[arg-type]
    assert clock.after(friday, 60) == dt.datetime(2026, 3, 17, 9, 30, tzinfo=zone)
    assert clock.after(friday - dt.timedelta(hours=10), 60) == dt.datetime(2026, 3, 13, 10, tzinfo=zone)
    assert clock.after(friday, 60 * 8 * 30) is None
    assert Clock({}, [], zone, friday.date(), friday.date()).after(friday, 60) == friday + dt.timedelta(hours=1)  # type: ignore[arg-type]


# Writing


def test_a_step_writes_a_letter_with_its_facts(tenant_open: World) -> None:
    letter = written(tenant_open, mail_step(), task_step())
    csm = tenant_open.members["csm"]
    assert (letter.subject, letter.state, letter.reason) == ("A result for Halcyon", LetterState.WAITING, "")
    assert letter.body == f"Dear Ruth,\n\nshall we talk?\n{csm.name}"
    assert (letter.sender, letter.address, letter.language) == (csm, "ruth@customer.example", "en")
    assert Task.objects.get().step == "call"
    work = Work.objects.get(name=letters.WORK)
    assert work.key == str(letter.id)
    assert work.run_after >= letter.goes_at - dt.timedelta(seconds=1)
    assert not AuditEntry.objects.filter(table="journey_letter", action="update").exists()


def test_the_language_is_that_of_the_person(tenant_open: World) -> None:
    assert written(tenant_open, language="id").subject == "Hasil untuk Halcyon"


def test_a_language_that_is_not_written_falls_back(tenant_open: World) -> None:
    letter = written(tenant_open, language="ms")
    assert (letter.language, letter.subject) == ("en", "A result for Halcyon")


@pytest.mark.parametrize(
    ("contact", "reason"),
    [
        ({"email": ""}, LeftOut.NO_ADDRESS),
        ({"left_on": dt.date(2020, 1, 1)}, LeftOut.NO_ADDRESS),
    ],
)
def test_who_cannot_be_reached_is_left_out(tenant_open: World, contact: dict[str, Any], reason: str) -> None:
    letter = written(tenant_open, **contact)
    assert (letter.state, letter.reason, letter.contact) == (LetterState.LEFT_OUT, reason, None)
    assert not Work.objects.filter(name=letters.WORK).exists()
    assert letter.play.state == PlayState.DONE or Play.objects.get().state == PlayState.DONE


def test_who_stopped_it_is_left_out(tenant_open: World) -> None:
    opt_outs.stop_mail(address=" Ruth@Customer.example ", how=OptOutHow.MEMBER, by=tenant_open.members["csm"])
    assert written(tenant_open).reason == LeftOut.OPTED_OUT


def test_a_missing_fact_leaves_it_out_and_says_which(tenant_open: World) -> None:
    """The renewal is not known."""
    letter = written(tenant_open, mail_step(subject={"en": "Until {{ renewal }}"}, body={"en": "x"}))
    assert (letter.state, letter.reason) == (LetterState.LEFT_OUT, "missing:renewal")


def test_an_account_of_nobody_is_signed_by_the_company(tenant_open: World) -> None:
    customer = account("Halcyon")
    person(customer)
    started(tenant_open, customer, mail_step(subject={"en": "Hello"}, body={"en": "{{ company }}"}))
    letter = Letter.objects.get()
    assert (letter.sender, letter.body, letter.state) == (None, "Acme Cloud", LetterState.WAITING)
    due(letter)
    assert sending.message(letter, name="Ruth").from_email.startswith("Acme Cloud <")


def test_two_playbooks_in_three_days_write_once(tenant_open: World) -> None:
    first = written(tenant_open)
    started(tenant_open, first.account, name="Second")
    second = Letter.objects.exclude(id=first.id).get()
    assert (second.state, second.reason) == (LetterState.LEFT_OUT, LeftOut.LATELY)
    Letter.objects.filter(id=first.id).update(
        state=LetterState.SENT, sent_at=timezone.now() - dt.timedelta(days=3, minutes=1)
    )
    started(tenant_open, first.account, name="Third")
    assert Letter.objects.exclude(id__in=[first.id, second.id]).get().state == LetterState.WAITING


def test_the_night_writes_later_steps_once(tenant_open: World) -> None:
    """Rerun = the same tables; a second run and a second day add nothing."""
    csm = tenant_open.members["csm"]
    customer = account("Halcyon", csm)
    person(customer)
    play = started(tenant_open, customer, task_step(), mail_step(days=2))
    Play.objects.filter(id=play.id).update(as_of=play.as_of - dt.timedelta(days=2))
    today = tenant_open.tenant.today()
    assert jobs.make_due_tasks(today - dt.timedelta(days=1)) == 1
    before = (list(Letter.objects.values()), Work.objects.filter(name=letters.WORK).count())
    assert jobs.make_due_tasks(today - dt.timedelta(days=1)) == 0
    assert (list(Letter.objects.values()), Work.objects.filter(name=letters.WORK).count()) == before
    assert before[1] == 1


def test_an_archive_and_a_day_of_long_ago_send_nothing(tenant_open: World) -> None:
    csm = tenant_open.members["csm"]
    customer = account("Halcyon", csm)
    person(customer)
    Tenant.objects.filter(id=tenant_open.tenant.id).update(data_until=timezone.now().date())
    started(tenant_open, customer)
    assert Letter.objects.get().reason == LeftOut.LATE


def test_a_waiting_mail_keeps_the_play_running(tenant_open: World) -> None:
    letter = written(tenant_open)
    assert Play.objects.get().state == PlayState.RUNNING
    sending.cancel_letter(letter=letter, reason="They called", version=letter.version, by=tenant_open.members["csm"])
    assert Play.objects.get().state == PlayState.DONE


def test_a_play_that_ends_cancels_what_waits(tenant_open: World) -> None:
    letter = written(tenant_open)
    services.stop_play(play=letter.play, reason="They left", version=None, by=tenant_open.members["csm"])
    letter.refresh_from_db()
    assert (letter.state, letter.reason) == (LetterState.CANCELLED, "They left")
    due(letter)
    work_off()
    assert not mail.outbox


def test_an_undone_play_cancels_what_waits(tenant_open: World) -> None:
    letter = written(tenant_open)
    services.undo_play(play=letter.play, version=None, by=tenant_open.members["csm"])
    letter.refresh_from_db()
    assert letter.state == LetterState.CANCELLED


# Sending


def sent(letter: Letter) -> Letter:
    due(letter)
    sending.send_letter(Work.objects.get(name=letters.WORK))
    letter.refresh_from_db()
    return letter


def test_it_goes_from_the_csm_with_the_way_out(tenant_open: World) -> None:
    """From the product's address with the CSM's name, answers to the CSM, plain and HTML, one-click way out, no picture."""
    letter = sent(written(tenant_open, name="Ruth <b>Okafor</b>"))
    assert (letter.state, letter.reason, letter.address) == (LetterState.SENT, "", "ruth@customer.example")
    assert letter.sent_at is not None
    [message] = mail.outbox
    assert isinstance(message, EmailMultiAlternatives)
    assert message.from_email == "Csm Person <no-reply@localhost>"
    assert message.reply_to == ["Csm Person <csm@acme.example>"]
    head = message.message()
    assert head["Message-ID"] == f"<letter.{letter.id}@localhost>"
    assert head["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    stop = head["List-Unsubscribe"].strip("<>")
    html = str(message.alternatives[0][0])  # type: ignore[index]  # of content and kind
    assert stop in message.body
    assert stop in html
    assert "shall we talk?" in message.body
    assert "shall we talk?" in html
    assert "<img" not in html
    assert "Acme Cloud" in html
    assert ">Setia<" not in html
    assert Play.objects.get().state == PlayState.DONE


def test_nothing_goes_before_its_hour(tenant_open: World) -> None:
    letter = written(tenant_open)
    Letter.objects.filter(id=letter.id).update(goes_at=timezone.now() + dt.timedelta(hours=2))
    sending.send_letter(Work.objects.get(name=letters.WORK))
    letter.refresh_from_db()
    assert letter.state == LetterState.WAITING
    assert not mail.outbox
    assert Work.objects.filter(name=letters.WORK).count() == 2  # it is wished for anew


def test_a_rerun_sends_nothing_twice(tenant_open: World) -> None:
    letter = sent(written(tenant_open))
    sending.send_letter(Work(name=letters.WORK, key=str(letter.id)))
    sending.send_letter(Work(name=letters.WORK, key=str(uuid4())))
    assert len(mail.outbox) == 1


def changed(name: str, letter: Letter, world: World) -> None:
    match name:
        case "left":
            Contact.objects.update(left_on=world.tenant.today())
        case "address":
            Contact.objects.update(email="")
        case "stopped":
            opt_outs.stop_mail(address=letter.address, how=OptOutHow.LINK, by=None)
        case "churned":
            Account.objects.update(status=Status.CHURNED)
        case "lately":
            Letter.objects.create(
                play=letter.play, step="other", account=letter.account, contact=letter.contact, subject="x", body="x",
                state=LetterState.SENT, sent_at=timezone.now(), goes_at=timezone.now(),
            )  # fmt: skip
        case "rules":
            alert_services.switch_all(on=False)


@pytest.mark.parametrize(
    ("what", "state", "reason"),
    [
        ("left", LetterState.LEFT_OUT, LeftOut.GONE),
        ("address", LetterState.LEFT_OUT, LeftOut.GONE),
        ("stopped", LetterState.LEFT_OUT, LeftOut.OPTED_OUT),
        ("churned", LetterState.LEFT_OUT, LeftOut.NO_CUSTOMER),
        ("lately", LetterState.LEFT_OUT, LeftOut.LATELY),
        ("rules", LetterState.CANCELLED, LeftOut.RULES_OFF),
    ],
)
def test_what_changed_since_it_was_written(tenant_open: World, what: str, state: str, reason: str) -> None:
    letter = written(tenant_open)
    changed(what, letter, tenant_open)
    if what != "rules":
        with pytest.raises(DomainError):
            sending.send_now(letter=letter, version=None, by=tenant_open.members["csm"])
    sent(letter)
    assert (letter.state, letter.reason) == (state, reason)
    assert not mail.outbox


def refusing(error: Exception) -> Any:
    return mock.patch.object(EmailMultiAlternatives, "send", side_effect=error)


def test_a_refusal_is_tried_again_and_then_said(tenant_open: World) -> None:
    letter = written(tenant_open)
    with refusing(smtplib.SMTPServerDisconnected("Away")):
        for attempt in range(1, 5):
            due(letter)
            sending.send_letter(Work(name=letters.WORK, key=str(letter.id)))
            letter.refresh_from_db()
            assert (letter.state, letter.attempts, letter.reason) == (LetterState.WAITING, attempt, "Away")
            assert letter.sent_at is None
        sending.send_letter(Work(name=letters.WORK, key=str(letter.id)))
    letter.refresh_from_db()
    assert letter.state == LetterState.FAILED
    assert Play.objects.get().state == PlayState.DONE
    sending.send_now(letter=letter, version=letter.version, by=tenant_open.members["csm"])
    assert Play.objects.get().state == PlayState.RUNNING
    sending.send_letter(Work(name=letters.WORK, key=str(letter.id)))
    letter.refresh_from_db()
    assert letter.state == LetterState.SENT
    assert len(mail.outbox) == 1


def test_an_address_that_does_not_exist_is_not_tried_again(tenant_open: World) -> None:
    letter = written(tenant_open)
    with refusing(smtplib.SMTPRecipientsRefused({letter.address: (550, b"5.1.1 No such user")})):
        sent(letter)
    assert letter.state == LetterState.FAILED
    assert "No such user" in letter.reason
    assert MailOptOut.objects.get().how == OptOutHow.BOUNCE


def test_an_error_of_ours_is_said_in_the_end(tenant_open: World) -> None:
    letter = written(tenant_open)
    work = Work.objects.get(name=letters.WORK)
    sending.failed(work, "KeyError: x", False)
    letter.refresh_from_db()
    assert letter.state == LetterState.WAITING
    sending.failed(work, "KeyError: x", True)
    letter.refresh_from_db()
    assert (letter.state, letter.reason) == (LetterState.FAILED, "KeyError: x")


# Verbs


def test_a_text_is_changed_before_it_goes_and_the_trail_knows(tenant_open: World) -> None:
    letter, csm = written(tenant_open), tenant_open.members["csm"]
    sending.change_letter(letter=letter, subject="Better\nnews", body="As we said", version=letter.version, by=csm)
    with pytest.raises(Conflict):
        sending.change_letter(letter=letter, subject="x", body="x", version=letter.version, by=csm)
    for subject, body in (("", "x"), ("x", " "), ("x" * 201, "x"), ("x", "x" * 8001)):
        with pytest.raises(DomainError):
            sending.change_letter(letter=letter, subject=subject, body=body, version=None, by=csm)
    sent(letter)
    assert mail.outbox[0].subject == "Better news"
    assert mail.outbox[0].body.startswith("As we said")
    told = AuditEntry.objects.get(table="journey_letter", changes__has_key="subject", action="update")
    assert told.changes["subject"] == ["A result for Halcyon", "Better news"]
    with pytest.raises(Conflict):
        sending.change_letter(letter=letter, subject="x", body="x", version=None, by=csm)
    with pytest.raises(Conflict):
        sending.cancel_letter(letter=letter, reason="", version=None, by=csm)
    with pytest.raises(Conflict):
        sending.send_now(letter=letter, version=None, by=csm)


def test_sent_sooner(tenant_open: World) -> None:
    letter = written(tenant_open)
    sending.send_now(letter=letter, version=letter.version, by=tenant_open.members["csm"])
    for work in Work.objects.filter(name=letters.WORK):
        sending.send_letter(work)
    assert len(mail.outbox) == 1


def test_what_is_cancelled_does_not_go(tenant_open: World) -> None:
    letter = written(tenant_open)
    sending.cancel_letter(
        letter=letter, reason="  I call\nthem ", version=letter.version, by=tenant_open.members["csm"]
    )
    sent(letter)
    assert (letter.state, letter.reason) == (LetterState.CANCELLED, "I call them")
    assert not mail.outbox


def test_a_test_goes_to_oneself_and_leaves_nothing(tenant_open: World) -> None:
    csm = tenant_open.members["csm"]
    customer = account("Halcyon", csm)
    person(customer)
    found = Steps.read([mail_step()]).steps[0].mail
    assert found is not None
    text = sending.send_test(mail=found, language="id", account=customer, by=csm)
    [message] = mail.outbox
    assert message.recipients() == ["Csm Person <csm@acme.example>"]
    assert message.subject == "Test: Hasil untuk Halcyon"
    assert text.problem == ""
    assert "List-Unsubscribe" not in message.extra_headers
    assert not Letter.objects.exists()


# The way out


def test_addresses_without_mail(tenant_open: World) -> None:
    csm = tenant_open.members["csm"]
    row = opt_outs.stop_mail(address="A@x.example", how=OptOutHow.MEMBER, note="Said so", by=csm)
    assert opt_outs.stop_mail(address="a@X.example", how=OptOutHow.LINK, by=None) == row
    assert opt_outs.stopped(["A@x.example", "b@x.example", ""]) == {"a@x.example"}
    with pytest.raises(DomainError):
        opt_outs.stop_mail(address="nobody", how=OptOutHow.MEMBER, by=csm)
    with pytest.raises(DomainError):
        opt_outs.take_back(opt_out=row, reason=" ", by=csm)
    opt_outs.take_back(opt_out=row, reason="She asked for it", by=csm)
    assert not MailOptOut.objects.exists()
    trail = AuditEntry.objects.filter(table="accounts_mailoptout")
    assert trail.filter(changes__note=["Said so", "She asked for it"]).exists()


def test_the_link_asks_and_then_stops(worlds: tuple[World, World]) -> None:
    """A GET stops nothing; a POST without a page does (RFC 8058), for the whole company and for no other one."""
    world, rival = worlds
    with world.open():
        letter = sent(written(world, language="id"))
        stop = mail.outbox[0].extra_headers["List-Unsubscribe"].strip("<>").removeprefix("http://localhost:8000")
    visitor = Client(enforce_csrf_checks=True)
    page = visitor.get(stop)
    assert page.status_code == 200
    assert letter.address in page.content.decode()
    assert page["Content-Language"] == "id"
    assert page["Cache-Control"].startswith("no-store, private")
    with world.open():
        assert not MailOptOut.objects.exists()
    assert visitor.post(stop, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert visitor.post(stop).status_code == 200
    with world.open():
        assert MailOptOut.objects.get().address == letter.address
    with rival.open():
        assert not MailOptOut.objects.exists()
    assert visitor.get(stop.replace("/acme/", "/rival/")).status_code == 404
    for wrong in (stop[:-3] + "x/", "/c/acme/mail/nothing/", "/c/nobody/mail/x/"):
        assert visitor.get(wrong).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_one() -> None:
    world = make_world("twice", "Twice")
    with world.open():
        letter = due(written(world))
    go = threading.Barrier(2)

    def worker() -> None:
        go.wait()
        with tenant_context(world.tenant.id):
            sending.send_letter(Work(name=letters.WORK, key=str(letter.id)))
        connections.close_all()

    threads = [threading.Thread(target=worker) for _each in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(mail.outbox) == 1


def test_the_office_hours_of_the_company_hold(tenant_open: World) -> None:
    BusinessHours.objects.all().delete()
    now = timezone.now()
    tenant = Tenant.objects.get()
    assert letters.leaves_at(tenant, now) == now + dt.timedelta(minutes=60)
    tomorrow = now.date() + dt.timedelta(days=1)
    for weekday in range(7):
        BusinessHours.objects.create(weekday=weekday, opens=dt.time(9), closes=dt.time(9, 40))
    Holiday.objects.create(day=tomorrow, name="Quiet")
    noon = dt.datetime.combine(now.date(), dt.time(12), tzinfo=dt.UTC)
    third = noon.date() + dt.timedelta(days=3)
    assert letters.leaves_at(tenant, noon) == dt.datetime.combine(third, dt.time(9, 20), tzinfo=dt.UTC)


def test_letters_of_a_rival_stay_away(worlds: tuple[World, World]) -> None:
    world, rival = worlds
    with rival.open():
        theirs = written(rival)
        Letter.objects.update(state=LetterState.SENT, sent_at=timezone.now())
    with world.open():
        mine = written(world)
        assert mine.state == LetterState.WAITING  # what the rival sent holds nothing back
        sending.send_letter(Work(name=letters.WORK, key=str(theirs.id)))
    assert not mail.outbox
