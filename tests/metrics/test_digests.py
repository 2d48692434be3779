"""Digests: who gets which e-mail when, once each; the figures of the page; leaving a list; one company knows no other's."""

import datetime as dt
import re
import threading
from html import unescape

import pytest
from django.core import mail
from django.db import connection
from django.test import Client

from accounts.models import Role, Tenant
from cs_platform import pipeline
from cs_platform.kernel import queue
from cs_platform.kernel.models import Work
from metrics.digests import sending
from metrics.digests.content import changes
from metrics.enums import DigestKind
from metrics.models import DigestRecipient, DigestSent, MonthClose
from metrics.plan import notes
from metrics.proof import closing
from tests.books import Book
from tests.metrics.test_board_pages import fill

DECEMBER = dt.date(2025, 12, 1)
NEW_YEAR = dt.datetime(2026, 1, 1, 3, tzinfo=dt.UTC)


def at(monkeypatch, moment: dt.datetime) -> None:
    """Let the clock stand at a moment."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)


def add(world, kind: str, *names: str, **more: str) -> list[DigestRecipient]:
    with world.open():
        rows = [
            {"email": world.members[name].user.email, "name": world.members[name].name, "language": more.get("language", ""),
             "member": world.members[name]}
            for name in names
        ]  # fmt: skip
        sending.add_recipients(kind=kind, rows=rows, by=world.members["admin"])
        return list(DigestRecipient.objects.filter(kind=kind))


def outside(world, email: str, language: str = "") -> DigestRecipient:
    with world.open():
        row = {"email": email, "name": "Chair", "language": language, "member": None}
        sending.add_recipients(kind=DigestKind.BOARD, rows=[row], by=world.members["admin"])
        return DigestRecipient.objects.get(email=email)


def sign(world, reason: str = "") -> MonthClose:
    """Close December of the book, or with a reason restate it."""
    more = {"reason": reason} if reason else {}
    act = closing.restate_month if reason else closing.close_month
    with world.open():
        Work.objects.exclude(name__in=[sending.WORK, sending.PLAN]).delete()  # the book's night did it
        return act(month=DECEMBER, signed_as="Ana Ruiz", by=world.members["admin"], acknowledged=True, **more)


def close(world, month: dt.date) -> MonthClose:
    with world.open():
        return MonthClose.objects.create(
            month=month, known_at=dt.datetime(2026, 1, 4, tzinfo=dt.UTC), currency="USD",
            signed_by=world.members["admin"], signed_as="Ana Ruiz", gross_margin="0.8000",
        )  # fmt: skip


def work_off(world) -> None:
    """Do all waiting e-mails of the company."""
    with world.open():
        waiting = list(Work.objects.filter(name__in=[sending.WORK, sending.PLAN]).values_list("id", flat=True))
    for key in waiting:
        queue.run_to_end(world.tenant.id, key)


def plan(world, as_of: str) -> int:
    with world.open():
        return sending.plan_digests(dt.date.fromisoformat(as_of))


@pytest.fixture
def book(worlds) -> Book:
    other = Book(worlds[1])
    other.period("Theirs", "2024-01-01", "", "99999.00", segment="Theirs only")
    other.night("2025-12-31")
    return fill(worlds[0])


@pytest.mark.parametrize(
    ("as_of", "kinds"),
    [
        ("2026-02-01", {"week"}),  # a Sunday: its morning is Monday
        ("2026-02-02", {"week"}),  # Tuesday, when Monday's night did not happen
        ("2026-02-04", set()),
        ("2026-02-06", set()),  # Saturday morning
    ],
)
def test_what_a_night_plans(world, monkeypatch, as_of, kinds):
    add(world, DigestKind.DAY, "csm")
    add(world, DigestKind.WEEK, "leader")
    at(monkeypatch, dt.datetime.fromisoformat(as_of).replace(hour=3, tzinfo=dt.UTC) + dt.timedelta(days=1))
    with world.open():
        close(world, dt.date(2026, 1, 1))
        sending.plan_digests(dt.date.fromisoformat(as_of))
        assert {key.split(":")[0] for key in Work.objects.values_list("key", flat=True)} == kinds


def test_a_week_that_somebody_got_is_not_sent_to_who_came_on_tuesday(world, monkeypatch):
    add(world, DigestKind.WEEK, "leader")
    with world.open():
        DigestSent.objects.create(kind="week", period=dt.date(2026, 2, 2), email="x@example.com")
    at(monkeypatch, dt.datetime(2026, 2, 3, 3, tzinfo=dt.UTC))
    assert plan(world, "2026-02-02") == 0


def test_old_nights_and_archives_send_nothing(world, monkeypatch):
    add(world, DigestKind.DAY, "csm")
    add(world, DigestKind.WEEK, "leader")
    at(monkeypatch, dt.datetime(2026, 2, 5, 18, tzinfo=dt.UTC))
    assert plan(world, "2026-02-02") == 0
    Tenant.objects.filter(id=world.tenant.id).update(data_until=dt.date(2026, 2, 4))
    assert plan(world, "2026-02-04") == 0
    assert sending.plan_days() == 0


def test_a_closed_month_goes_to_the_board_once(book, monkeypatch):
    """The fact "month.closed" sends the board with its PDF; again is once; the figures are those of the page."""
    world = book.world
    add(world, DigestKind.BOARD, "executive", "csm")
    outside(world, "chair@example.com", "id")
    at(monkeypatch, NEW_YEAR + dt.timedelta(days=4))
    sign(world)
    with world.open():
        notes.save_note(month=DECEMBER, text="A grew.", seen="", by=world.members["executive"])
    for _round in range(2):
        with world.open():
            queue.publish("month.closed", actor="test")
        work_off(world)
        work_off(world)
    assert sorted(m.to[0] for m in mail.outbox) == [
        "Chair <chair@example.com>", "Executive Person <executive@acme.example>",
    ], "who may not read the board gets nothing"  # fmt: skip
    english = next(m for m in mail.outbox if "executive" in m.to[0])
    page = world.client("executive").get(world.url("board/"), {"month": "2025-12"})
    html = unescape(english.alternatives[0][0])
    for tile in page.context["tiles"]:
        assert tile["value"] in english.body
        assert tile["value"] in html
    assert "closed by Ana Ruiz" in english.body
    assert "A grew." in english.body
    assert "A grew." in html
    (name, content, kind) = english.attachments[0]
    assert (name, kind) == ("setia-board-acme-2025-12.pdf", "application/pdf")
    assert content.startswith(b"%PDF")
    assert english.subject == "Acme Cloud: board of December 2025"
    indonesian = next(m for m in mail.outbox if "chair" in m.to[0])
    assert "Desember 2025" in indonesian.subject
    assert page.context["tiles"][0]["value"].replace(".", ",") in indonesian.body
    with world.open():
        assert DigestSent.objects.count() == 2
        assert (
            DigestSent.objects.get(email="executive@acme.example").figures["nrr"] == page.context["tiles"][0]["value"]
        )


def test_a_restated_month_says_what_changed_and_why(book, monkeypatch):
    world = book.world
    add(world, DigestKind.BOARD, "executive")
    at(monkeypatch, NEW_YEAR + dt.timedelta(days=4))
    first = sign(world)
    with world.open():
        figures = {"nrr": "99.9%", "grr": "79.2%"}
        DigestSent.objects.create(
            kind="board", period=DECEMBER, email="executive@acme.example", close=first, figures=figures
        )
    sign(world, "A credit note came late")
    outside(world, "new@example.com")
    with world.open():
        queue.publish("month.closed", actor="test")
    work_off(world)
    work_off(world)
    english = next(m for m in mail.outbox if "executive" in m.to[0])
    assert "restated" in english.subject
    assert "Net revenue retention: 99.9% → 102.3%" in english.body
    assert "Gross revenue retention: 79.2% →" not in english.body
    assert "Why: A credit note came late" in english.body
    assert "version 2" in english.body


def test_changes_name_only_what_changed():
    tiles = [{"metric": "nrr", "label": "NRR", "value": "110%"}, {"metric": "grr", "label": "GRR", "value": "90%"}]
    assert changes(tiles, {"nrr": "111%", "grr": "90%"}, None)[1:] == ["NRR: 111% → 110%"]
    assert changes(tiles, {"nrr": "110%", "grr": "90%"}, None) == [
        "None of the five numbers changed since the e-mail before."
    ]


def test_a_month_that_nobody_closes_goes_out_as_such_after_ten_days(book, monkeypatch):
    world = book.world
    add(world, DigestKind.BOARD, "executive")
    Book(world).night("2025-12-31")
    at(monkeypatch, dt.datetime(2026, 1, 9, 3, tzinfo=dt.UTC))
    plan(world, "2026-01-08")
    work_off(world)
    assert mail.outbox == []
    at(monkeypatch, dt.datetime(2026, 1, 10, 3, tzinfo=dt.UTC))
    for _night in range(2):
        plan(world, "2026-01-09")
        work_off(world)
    boards = [m for m in mail.outbox if "board" in m.subject]
    assert len(boards) == 1
    assert "not closed yet" in boards[0].body


def test_two_workers_send_one(transactional_db, monkeypatch):
    """Both claim at the same time; the record is unique, so the second finds it sent."""
    from tests.conftest import make_world

    world = make_world("acme", "Acme Cloud")
    fill(world)
    recipient = add(world, DigestKind.BOARD, "executive")[0]
    at(monkeypatch, NEW_YEAR + dt.timedelta(days=4))
    payload = {"recipient": str(recipient.id), "period": "2025-12-01", "close": ""}
    with world.open():
        works = [queue.enqueue(sending.WORK, f"board:{n}", payload=payload) for n in range(2)]
    barrier = threading.Barrier(2)

    def send(work: Work) -> None:
        try:
            barrier.wait(timeout=20)
            with world.open():
                sending.send_digest(Work.objects.get(id=work.id))
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(mail.outbox) == 1
    with world.open():
        assert DigestSent.objects.count() == 1


def test_a_refused_email_is_not_marked_as_sent(book, monkeypatch):
    world = book.world
    recipient = add(world, DigestKind.BOARD, "executive")[0]
    at(monkeypatch, NEW_YEAR + dt.timedelta(days=4))
    with world.open():
        payload = {"recipient": str(recipient.id), "period": "2025-12-01", "close": ""}
        work = queue.enqueue(sending.WORK, "board:x", payload=payload)

    def refuse(self, *args, **kwargs):
        raise OSError("mail server away")

    with monkeypatch.context() as patched:
        patched.setattr("django.core.mail.EmailMultiAlternatives.send", refuse)
        assert queue.attempt(world.tenant.id, work.id) is False
    with world.open():
        assert not DigestSent.objects.exists()
        assert "mail server away" in Work.objects.get(id=work.id).error
        Work.objects.update(run_after=NEW_YEAR)
    assert queue.attempt(world.tenant.id, work.id) is True
    assert len(mail.outbox) == 1


def test_the_week_goes_to_members_about_what_they_see(book, monkeypatch):
    world = book.world
    add(world, DigestKind.WEEK, "leader")
    at(monkeypatch, dt.datetime(2026, 1, 5, 3, tzinfo=dt.UTC))
    plan(world, "2026-01-04")
    work_off(world)
    assert all("Theirs" not in m.body + m.alternatives[0][0] for m in mail.outbox)


def test_leaving_a_list_needs_no_login_but_the_link(book, rival):
    world = book.world
    recipient = outside(world, "chair@example.com")
    link = re.sub(r"^https?://[^/]+", "", sending.stop_url(world.tenant, recipient))
    browser = Client(enforce_csrf_checks=True)
    asked = browser.get(link)
    assert asked.status_code == 200
    assert "chair@example.com" in asked.content.decode()
    with world.open():
        assert DigestRecipient.objects.count() == 1, "a GET asks only: mail programs look at links"
    assert browser.get(link[:-4] + "abc/").status_code == 404
    assert browser.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    with world.open():
        assert not DigestRecipient.objects.exists()
    assert browser.get(link).status_code == 404
    assert browser.post(link).status_code == 200


def test_the_email_says_how_to_leave(book, monkeypatch):
    world = book.world
    recipient = outside(world, "chair@example.com")
    at(monkeypatch, NEW_YEAR + dt.timedelta(days=4))
    with world.open():
        payload = {"recipient": str(recipient.id), "period": "2025-12-01", "close": ""}
        queue.enqueue(sending.WORK, "board:x", payload=payload)
    work_off(world)
    message = mail.outbox[0]
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = message.extra_headers["List-Unsubscribe"].strip("<>")
    assert link in message.body
    assert link in message.alternatives[0][0]
    assert "<script" not in message.alternatives[0][0]
    assert not re.findall(r'src="', message.alternatives[0][0]), "nothing is loaded from anywhere"


def test_the_settings_page(worlds):
    mine, theirs = worlds
    outside(theirs, "their-chair@example.com")
    client, url = mine.client("executive"), mine.url("settings/digests/")
    with mine.open():
        role = Role.objects.get(key="executive")
        csm = Role.objects.get(key="csm")
    assert b"their-chair" not in client.get(url).content
    assert client.post(url, {"kind": "board", "role": role.id}).status_code == 302
    assert (
        client.post(url, {"kind": "board", "email": "Chair@Example.com", "name": "Chair", "language": "ms"}).status_code
        == 302
    )
    assert client.post(url, {"kind": "board", "email": "chair@example.com"}).status_code == 302, "once"
    with mine.open():
        found = {r.email: r.member for r in DigestRecipient.objects.all()}
        assert found == {"executive@acme.example": mine.members["executive"], "chair@example.com": None}
        recipient = DigestRecipient.objects.get(email="chair@example.com")
    for wrong in (
        {"kind": "board"},
        {"kind": "board", "role": role.id, "email": "x@example.com"},
        {"kind": "week", "email": "outside@example.com"},
        {"kind": "board", "role": csm.id},
        {"kind": "nonsense", "email": "x@example.com"},
        {"kind": "board", "email": "not an address"},
    ):
        assert client.post(url, wrong).status_code == 422, wrong
    shown = client.get(url).content.decode()
    assert "chair@example.com" in shown
    remove = mine.url(f"settings/digests/{recipient.id}/remove/")
    assert theirs.client("admin").post(theirs.url(f"settings/digests/{recipient.id}/remove/")).status_code == 404
    assert mine.client("csm").post(remove).status_code == 403
    assert client.get(remove).status_code == 405
    assert client.post(remove).status_code == 302
    with mine.open():
        assert not DigestRecipient.objects.filter(email="chair@example.com").exists()
    with theirs.open():
        assert DigestRecipient.objects.count() == 1


def test_preview_and_test_to_oneself(book):
    world = book.world
    client = world.client("executive")
    preview = client.get(world.url("settings/digests/preview/board/"))
    assert preview.status_code in (200, 302)
    assert client.get(world.url("settings/digests/preview/nonsense/")).status_code == 404
    day = client.get(world.url("settings/digests/preview/day/"))
    assert day.status_code == 200
    assert "'unsafe-inline'" in day["Content-Security-Policy"]
    assert "script-src 'none'" in day["Content-Security-Policy"]
    assert client.post(world.url("settings/digests/test/day/")).status_code == 302
    assert mail.outbox[0].to == ["Executive Person <executive@acme.example>"]
    with world.open():
        assert not DigestSent.objects.exists(), "a test is not a digest"


def test_the_night_has_the_step_last_and_the_fact_its_reaction():
    assert [name for name, _step in pipeline.NIGHTLY][-1] == "digests"
    assert pipeline.REACTIONS["month.closed"] == (sending.PLAN,)
    assert {sending.WORK, sending.PLAN} <= queue.HANDLERS.keys()
