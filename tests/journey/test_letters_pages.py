"""Pages of mails (REQUIREMENTS 1K): the log on the account and the playbook, one mail, the editor with its preview, the
addresses without mail: what they say, whom they let, what they refuse, how many questions they ask."""

import datetime as dt
import smtplib
from unittest import mock

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import opt_outs
from accounts.enums import OptOutHow
from accounts.models import Absence, Account, MailOptOut
from journey.enums import LetterState, PlayState
from journey.models import Letter, Play, Playbook, PlaybookVersion
from journey.playbooks import versions
from tests.conftest import World
from tests.journey.letter_facts import MAIL, book, mail_step, person, task_step, written
from tests.journey.playbook_facts import account


@pytest.fixture
def letter(world: World) -> Letter:
    with world.open():
        return written(world)


def text(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status, (url, answer.status_code)
    return answer.content.decode()


def path(world: World, letter: Letter, more: str = "") -> str:
    return world.url(f"accounts/{letter.account_id}/plays/mails/{letter.id}/{more}")


def test_the_account_and_the_playbook_tell_their_mails(world: World, letter: Letter) -> None:
    page = text(world.client("csm"), world.url(f"accounts/{letter.account_id}/plays/"))
    assert "A result for Halcyon" in page
    assert "ruth@customer.example" in page
    assert "mail: Waiting" in page
    with world.open():
        Letter.objects.update(state=LetterState.LEFT_OUT, reason="missing:renewal,csm")
        playbook = Playbook.objects.get(name="Good news")
    page = text(world.client("admin"), world.url(f"playbooks/{playbook.id}/"))
    assert "Left out 1" in page
    assert "Facts for the text are missing: Day of the renewal, Name of the CSM" in page
    assert "Mail to: Champion, else to another person" in page


def test_an_account_without_mails_says_so(world: World) -> None:
    with world.open():
        quiet = account("Quiet", world.members["csm"])
    assert "No mail yet" in text(world.client("csm"), world.url(f"accounts/{quiet.id}/plays/"))


def test_a_mail_is_changed_on_its_page(world: World, letter: Letter) -> None:
    client, change = world.client("csm"), path(world, letter, "change/")
    assert "shall we talk?" in text(client, path(world, letter))
    said = {"verb": "save", "version": "1", "subject": "Better", "body": "As we said"}
    assert client.post(change, said | {"subject": ""}).status_code == 422
    assert client.post(change, said).status_code == 302
    assert client.post(change, said).status_code == 409
    assert client.post(change, said | {"verb": "dance"}).status_code == 404
    with world.open():
        assert Letter.objects.get().subject == "Better"


def test_a_mail_is_sent_sooner_or_cancelled(world: World, letter: Letter) -> None:
    client, change = world.client("csm"), path(world, letter, "change/")
    assert client.post(change, {"verb": "send", "version": "1"}).status_code == 302
    with world.open():
        row = Letter.objects.get()
        assert row.goes_at <= timezone.now()
    told = {"verb": "cancel", "version": str(row.version), "reason": "They called"}
    assert client.post(change, told | {"reason": "x" * 301}).status_code == 422
    assert client.post(change, told).status_code == 302
    with world.open():
        assert Letter.objects.get().reason == "They called"
    page = client.post(change, told)
    assert page.status_code == 409
    assert "does not wait any more" in page.content.decode()


def test_what_speaks_against_it_is_said(world: World, letter: Letter) -> None:
    with world.open():
        opt_outs.stop_mail(address=letter.address, how=OptOutHow.LINK, by=None)
    answer = world.client("csm").post(path(world, letter, "change/"), {"verb": "send", "version": "1"})
    assert answer.status_code == 422
    assert "Whoever it is for wants no mail" in answer.content.decode()


def test_roles_and_tenants(worlds: tuple[World, World], letter: Letter) -> None:
    world, rival = worlds
    assert "Save" not in text(world.client("executive"), path(world, letter)).split("drawer")[0].split("<main")[-1]
    assert world.client("executive").post(path(world, letter, "change/"), {"verb": "send"}).status_code == 403
    assert rival.client("admin").get(path(rival, letter)).status_code == 404
    with world.open():
        Account.objects.update(owner=world.members["leader"])
        other = account("Other", world.members["csm"])
    assert world.client("csm").get(path(world, letter)).status_code == 404
    assert world.client("csm").get(world.url(f"accounts/{other.id}/plays/mails/{letter.id}/")).status_code == 404
    for role in ("csm", "executive"):
        assert world.client(role).get(world.url("settings/no-mail/")).status_code == 403


def test_what_waits_stands_in_the_inbox_and_in_the_log(worlds: tuple[World, World], letter: Letter) -> None:
    world, rival = worlds
    client = world.client("csm")
    page = text(client, world.url("inbox/"))
    assert "Mails in your name that wait" in page
    assert "Halcyon: A result for Halcyon" in page
    assert "Mails in your name that wait" not in text(world.client("leader"), world.url("inbox/"))
    log = world.url("mails/")
    assert "A result for Halcyon" in text(client, log)
    assert "A result for Halcyon" in text(client, f"{log}?state=waiting")
    assert "No mail" in text(client, f"{log}?state=sent")
    assert "No mail" in text(rival.client("admin"), rival.url("mails/"))
    with world.open():
        Account.objects.update(owner=world.members["leader"])
    assert "A result for Halcyon" not in text(client, log)


def test_a_mail_that_was_not_sent_is_seen_where_people_look(worlds: tuple[World, World], letter: Letter) -> None:
    """In the log with why, first of all; in the inbox of whom it speaks for and of who covers for them; on the timeline; as a
    number beside the playbooks. Nobody else's inbox has it, and no other company's page."""
    world, rival = worlds
    with world.open():
        hour = timezone.now() - dt.timedelta(hours=1)
        Letter.objects.update(state=LetterState.FAILED, reason="(451, b'4.7.1 Greylisted <script>')", goes_at=hour)
    client, leader = world.client("csm"), world.client("leader")
    inbox = text(client, world.url("inbox/"))
    assert "Mails that were not sent" in inbox
    assert "4.7.1 Greylisted &lt;script&gt;" in inbox
    assert "Mails that were not sent" not in text(leader, world.url("inbox/"))
    with world.open():
        day = world.tenant.today()
        Absence.objects.create(member=world.members["csm"], cover=world.members["leader"], first_on=day, last_on=day)
    assert "Mails that were not sent" in text(leader, world.url("inbox/"))
    log = text(client, world.url("mails/"))
    assert "4.7.1 Greylisted" in log
    assert "Try again" in log
    assert "Try again" not in text(world.client("executive"), world.url("mails/"))
    timeline = text(client, world.url(f"accounts/{letter.account_id}/timeline/?kind=work"))
    assert "Mail not sent: A result for Halcyon" in timeline
    assert world.url(f"mails/?account={letter.account_id}") in timeline
    assert "A result for Halcyon" in text(client, world.url(f"mails/?account={letter.account_id}"))
    playbooks = text(world.client("admin"), world.url("playbooks/"))
    assert "1 not sent" in playbooks
    assert world.url("mails/") in playbooks
    with rival.open():
        elsewhere = account("Elsewhere", rival.members["csm"])
    assert client.get(world.url(f"mails/?account={elsewhere.id}")).status_code == 404
    assert "Mails that were not sent" not in text(rival.client("csm"), rival.url("inbox/"))
    assert "No mail" in text(rival.client("admin"), rival.url("mails/?account=nonsense"))


def test_a_mail_that_was_not_sent_is_tried_again_or_let_be(world: World, letter: Letter) -> None:
    """From the log it goes on to the log; tried again it waits, let be it leaves the inbox and keeps why it was not taken."""
    client = world.client("csm")
    with world.open():
        Letter.objects.update(state=LetterState.FAILED, reason="Away", attempts=5)
    version = str(letter.version)
    answer = client.post(path(world, letter, "change/"), {"verb": "send", "version": version, "from": "log"})
    assert answer["Location"] == world.url("mails/")
    with world.open():
        row = Letter.objects.get()
        assert (row.state, row.attempts, row.reason) == (LetterState.WAITING, 0, "")
        Letter.objects.update(attempts=2, reason="Away")
    assert "tried 2 times, is tried again" in text(client, world.url("mails/"))
    with world.open():
        Letter.objects.update(state=LetterState.FAILED)
    stale = client.post(path(world, letter, "change/"), {"verb": "cancel", "version": version})
    assert stale.status_code == 409
    client.post(path(world, letter, "change/"), {"verb": "cancel", "version": str(row.version)})
    with world.open():
        done = Letter.objects.get()
        assert (done.state, done.reason) == (LetterState.CANCELLED, "Away")
    assert "Mails that were not sent" not in text(client, world.url("inbox/"))


def test_what_an_ended_play_did_not_send_waits_for_nobody(world: World, letter: Letter) -> None:
    with world.open():
        Letter.objects.update(state=LetterState.FAILED, reason="Away", sender=None)
    assert "Mails that were not sent" in text(
        world.client("csm"), world.url("inbox/")
    )  # the owner answers for nobody's
    with world.open():
        Play.objects.update(state=PlayState.STOPPED)
    assert "Mails that were not sent" not in text(world.client("csm"), world.url("inbox/"))


# The editor


@pytest.fixture
def draft(world: World) -> PlaybookVersion:
    with world.open():
        admin = world.members["admin"]
        customer = account("Halcyon", admin, mrr_minor=900)
        person(customer)
        row = book(admin, mail_step(), task_step(days=1), name="Editor")
        return versions.draft_from(playbook=row, by=admin)


def form(draft: PlaybookVersion, **more: str) -> dict[str, str]:
    given = {"version": str(draft.version), "count": "2", "language": "en", "verb": "save", "about": "Halcyon"}
    given |= {"0-key": "write", "0-kind": "mail", "0-days": "0", "0-to": "champion", "0-fallback": "on"}
    given |= {f"0-{name}-{key}": said for name in ("subject", "body") for key, said in MAIL[name].items()}
    given |= {
        "1-key": "call",
        "1-kind": "task",
        "1-days": "1",
        "1-doer": "owner",
        "1-work": "health",
        "1-title-en": "Call",
    }
    return given | {name.replace("__", "-").replace("s0", "0"): value for name, value in more.items()}


def test_the_editor_shows_mails_as_a_customer_gets_them(world: World, draft: PlaybookVersion) -> None:
    client, url = world.client("admin"), world.url(f"playbooks/{draft.playbook_id}/draft/")
    page = text(client, url)
    assert "A result for Halcyon" in page
    assert "To Ruth Okafor, ruth@customer.example" in page
    assert "{{ first_name }}" in page
    assert client.post(url, form(draft)).status_code == 302
    with world.open():
        assert PlaybookVersion.objects.get(id=draft.id).steps == [
            mail_step(),
            task_step(days=1) | {"note": {}, "urgent": False},
        ]


def test_the_editor_refuses_unknown_fields_by_name(world: World, draft: PlaybookVersion) -> None:
    client, url = world.client("admin"), world.url(f"playbooks/{draft.playbook_id}/draft/")
    answer = client.post(url, form(draft) | {"0-body-en": "It is {{ weather }}"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "There is no field {{ weather }}." in page
    assert "It is {{ weather }}" in page
    added = client.post(url, form(draft) | {"verb": "add:mail"}).content.decode()
    assert 'name="2-kind" value="mail"' in added


def test_a_live_preview_and_a_test(world: World, draft: PlaybookVersion) -> None:
    client, url = world.client("admin"), world.url(f"playbooks/{draft.playbook_id}/draft/mail/")
    typed = form(draft) | {"0-subject-en": "News for {{ account }}"}
    assert "News for Halcyon" in client.post(f"{url}?step=0", typed).content.decode()
    assert "Hasil untuk Halcyon" in client.post(f"{url}?step=0", typed | {"language": "id"}).content.decode()
    assert "Choose a customer" in client.post(f"{url}?step=0", typed | {"about": "Nobody"}).content.decode()
    wrong = client.post(f"{url}?step=0", typed | {"0-body-en": "{{ x }}"}).content.decode()
    assert "There is no field {{ x }}." in wrong
    for step in ("1", "7", "x", ""):
        assert client.post(f"{url}?step={step}", typed).status_code == 404
    assert "Sent to admin@acme.example" in client.post(f"{url}?step=0&test=1", typed).content.decode()
    assert [message.subject for message in mail.outbox] == ["Test: News for Halcyon"]
    with mock.patch.object(EmailMultiAlternatives, "send", side_effect=smtplib.SMTPServerDisconnected("Away")):
        assert "did not take it: Away" in client.post(f"{url}?step=0&test=1", typed).content.decode()
    assert world.client("csm").post(f"{url}?step=0", typed).status_code == 403


def test_a_preview_is_of_accounts_that_one_sees(worlds: tuple[World, World], draft: PlaybookVersion) -> None:
    world, rival = worlds
    with rival.open():
        account("Theirs", rival.members["admin"])
    url = world.url(f"playbooks/{draft.playbook_id}/draft/mail/?step=0")
    assert "Choose a customer" in world.client("admin").post(url, form(draft) | {"about": "Theirs"}).content.decode()


# Addresses without mail


def test_addresses_are_added_searched_and_taken_back(worlds: tuple[World, World]) -> None:
    world, rival = worlds
    client, url = world.client("admin"), world.url("settings/no-mail/")
    assert "Nobody has asked for it yet" in text(client, url)
    assert client.post(url, {"address": "nobody"}).status_code == 422
    assert client.post(url, {"address": "Ruth@x.example", "note": "On the phone"}).status_code == 302
    page = text(client, f"{url}?q=RUTH")
    assert "ruth@x.example" in page
    assert "On the phone" in page
    assert "No such address" in text(client, f"{url}?q=maya")
    with world.open():
        row = MailOptOut.objects.get()
    back = f"{url}{row.id}/take-back/"
    assert client.post(back, {"reason": ""}).status_code == 422
    assert rival.client("admin").post(back.replace("/acme/", "/rival/"), {"reason": "x"}).status_code == 404
    assert client.post(back, {"reason": "She wrote"}).status_code == 302
    with world.open():
        assert not MailOptOut.objects.exists()


def test_pages_ask_a_fixed_number_of_questions(world: World, letter: Letter) -> None:
    """PERFORMANCE: as many for ten mails as for one."""
    with world.open():
        playbook = Playbook.objects.get(name="Good news")
    pages = [
        (world.client("csm"), world.url(f"accounts/{letter.account_id}/plays/"), 27),
        (world.client("csm"), path(world, letter), 20),
        (world.client("admin"), world.url(f"playbooks/{playbook.id}/"), 38),
    ]

    def asked() -> list[int]:
        found = []
        for client, url, _limit in pages:
            client.get(url)
            with CaptureQueriesContext(connection) as queries:
                client.get(url)
            found.append(len(queries))
        return found

    before = asked()
    with world.open():
        for n in range(9):
            other = Letter.objects.create(
                play=letter.play, step=f"s{n}", account=letter.account, contact=letter.contact, sender=letter.sender,
                subject="x", body="x", goes_at=timezone.now(),
            )  # fmt: skip
            assert other.version == 1
    assert asked() == before
    assert all(count <= limit for count, (_client, _url, limit) in zip(before, pages, strict=True)), before
