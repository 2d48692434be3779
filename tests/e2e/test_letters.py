"""Mails of playbooks in a real browser: written with a live preview, changed before they go, stopped by whoever got one
(REQUIREMENTS 1K)."""

import pytest
from django.core import mail

from cs_platform.kernel import queue
from cs_platform.kernel.models import Work
from journey.enums import LetterState
from journey.models import Letter
from journey.playbooks import sending, versions
from tests.conftest import World, make_world
from tests.e2e.looks import look, sign_in
from tests.journey.letter_facts import book, mail_step, person, task_step, written
from tests.journey.playbook_facts import account

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db, monkeypatch) -> World:
    monkeypatch.setattr(queue, "wake_workers", [])
    return make_world("acme", "Acme Cloud")


def test_a_mail_is_written_beside_its_preview(page, live_server, world: World, problems) -> None:
    """The preview follows the typing; an unknown field is said by its name; the editor reads well on a phone."""
    with world.open():
        leader = world.members["leader"]
        person(account("Halcyon Freight", leader, mrr_minor=900))
        row = book(leader, mail_step(), task_step(days=1), name="Editor")
        versions.draft_from(playbook=row, by=leader)
    sign_in(page, live_server, world, "leader")
    page.goto(live_server.url + world.url(f"playbooks/{row.id}/draft/"))
    preview = page.locator("#mail-0")
    preview.get_by_text("A result for Halcyon Freight").wait_for()
    page.get_by_label("Subject").fill("News for {{ account }}")
    preview.get_by_text("News for Halcyon Freight").wait_for()
    page.get_by_label("Subject").fill("News of {{ weather }}")
    preview.get_by_text("There is no field {{ weather }}").wait_for()
    page.get_by_label("Subject").fill("News for {{ account }}")
    preview.get_by_text("News for Halcyon Freight").wait_for()
    page.get_by_role("button", name="Send me a test").click()
    preview.get_by_text("Sent to leader@acme.example").wait_for()
    assert [message.subject for message in mail.outbox] == ["Test: News for Halcyon Freight"]
    page.get_by_role("button", name="Add a mail").click()
    page.get_by_role("heading", name="Step 3").wait_for()
    look(page, "letters-editor")


def test_a_mail_is_changed_sent_and_stopped(page, live_server, world: World, problems) -> None:
    """In the drawer by the CSM; then the person presses the link of the mail, without an account."""
    with world.open():
        letter = written(world)
    sign_in(page, live_server, world, "csm")
    page.goto(live_server.url + world.url("inbox/"))
    page.get_by_role("heading", name="Mails in your name that wait").wait_for()
    page.goto(live_server.url + world.url("mails/"))
    page.get_by_text("A result for Halcyon").wait_for()
    look(page, "mails")
    page.goto(live_server.url + world.url(f"accounts/{letter.account_id}/plays/"))
    page.get_by_role("link", name="A result for Halcyon").last.click()
    drawer = page.locator("#drawer-body")
    drawer.get_by_label("Text").fill("As we said on the phone.")
    drawer.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved. It goes with this text.").wait_for()
    look(page, "letters-account")
    page.goto(live_server.url + world.url(f"accounts/{letter.account_id}/plays/mails/{letter.id}/"))
    look(page, "letter")
    page.get_by_role("button", name="Send now as it is saved").click()
    page.get_by_text("It goes within a minute.").wait_for()
    with world.open():
        sending.send_letter(Work(name="send_letter", key=str(letter.id)))
        assert Letter.objects.get().state == LetterState.SENT
    assert mail.outbox[0].body.startswith("As we said on the phone.")
    stop = mail.outbox[0].extra_headers["List-Unsubscribe"].strip("<>").removeprefix("http://localhost:8000")
    page.context.clear_cookies()
    page.goto(live_server.url + stop)
    page.get_by_role("heading", name="No more mails?").wait_for()
    look(page, "mail-stop")
    page.get_by_role("button", name="Send me no more mails").click()
    page.get_by_role("heading", name="Done.").wait_for()
    sign_in(page, live_server, world, "leader")
    page.goto(live_server.url + world.url("settings/no-mail/"))
    page.get_by_role("rowheader", name="ruth@customer.example").wait_for()
    look(page, "no-mail")
