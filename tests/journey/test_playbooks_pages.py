"""Pages of playbooks and plays: what they say, whom they let, what they refuse, how many questions they ask (TRG-, JRN-34)."""

from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Account
from health.enums import VersionState
from health.models import HealthScore
from journey.enums import PlayState, TaskState
from journey.models import Play, Playbook, PlaybookVersion, Task
from journey.playbooks import installing, services, versions
from tests.conftest import World
from tests.journey.playbook_facts import account, alert


@pytest.fixture
def book(world: World) -> Playbook:
    with world.open():
        installing.install()
        return Playbook.objects.get(key="save")


def started(world: World, book: Playbook, name: str = "Halcyon") -> Play:
    with world.open():
        csm = world.members["csm"]
        each = account(name, csm)
        return services.start_play(playbook=book, account=each, by=csm, note="They called", alert=alert(each))


def text(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status, url
    return answer.content.decode()


def test_the_list_installs_and_shows_all(world: World) -> None:
    page = text(world.client("executive"), world.url("playbooks/"))
    assert "Save play" in page
    assert "Early renewal talk" in page
    assert "New playbook" not in page
    leader = text(world.client("leader"), world.url("playbooks/"))
    assert "New playbook" in leader


def test_one_playbook_tells_its_steps_plays_and_health(world: World, book: Playbook) -> None:
    play = started(world, book)
    with world.open():
        HealthScore.objects.create(
            account_id=play.account_id, as_of=play.as_of, version_id=UUID(int=1), score=41, band="red",
            coverage=1, raw=[], points=[], shares=[],
        )  # fmt: skip
    page = text(world.client("admin"), world.url(f"playbooks/{book.id}/"))
    assert "Bring our executive to theirs" in page
    assert "They called" in page
    assert '<td class="n">41</td>' in page
    assert "It shows what happened, not what the play did" in page


def test_a_rival_sees_nothing(worlds: tuple[World, World]) -> None:
    world, rival = worlds
    with world.open():
        installing.install()
        mine = Playbook.objects.get(key="save")
    play = started(world, mine)
    for path in (f"playbooks/{mine.id}/", f"playbooks/{mine.id}/draft/", f"accounts/{play.account_id}/plays/"):
        assert rival.client("admin").get(rival.url(path)).status_code == 404
    assert rival.client("admin").post(rival.url(f"playbooks/plays/{play.id}/undo/")).status_code == 404


def test_roles(world: World, book: Playbook) -> None:
    assert world.client("csm").get(world.url("playbooks/")).status_code == 403
    for path in ("switch/", "undo/", "edit/"):
        assert world.client("executive").post(world.url(f"playbooks/{book.id}/{path}")).status_code == 403


def test_switching_on_stands_beside_the_dry_run(world: World, book: Playbook) -> None:
    client = world.client("leader")
    page = text(client, world.url(f"playbooks/{book.id}/trial/"))
    assert "It would have begun 0 plays" in page
    assert "Switch on" in page
    client.post(world.url(f"playbooks/{book.id}/switch/"), {"on": "1"})
    with world.open():
        assert Playbook.objects.get(id=book.id).enabled
        assert not Play.objects.exists()
    assert "Switch off" in text(client, world.url(f"playbooks/{book.id}/"))
    client.post(world.url(f"playbooks/{book.id}/switch/"), {"on": "0"})
    with world.open():
        assert not Playbook.objects.get(id=book.id).enabled


def test_settings_refuse_in_place(world: World, book: Playbook) -> None:
    client, url = world.client("leader"), world.url(f"playbooks/{book.id}/settings/")
    values = {
        "name": "Ours",
        "rule": "turned_red",
        "segment": "",
        "cap": "5",
        "cooldown_days": "9",
        "version": str(book.version),
    }
    assert client.post(url, values | {"cap": "0"}).status_code == 422
    assert client.post(url, values | {"rule": "no_action"}).status_code == 422
    assert client.post(url, values).status_code == 302
    assert client.post(url, values).status_code == 422, "somebody has changed it meanwhile"
    with world.open():
        row = Playbook.objects.get(id=book.id)
        assert (row.name, row.cap, row.cooldown_days) == ("Ours", 5, 9)


def form(rows: int, **changes: str) -> dict[str, str]:
    values = {"count": str(rows), "language": "en", "version": "1"}
    for place in range(rows):
        values |= {
            f"{place}-key": f"step_{place}",
            f"{place}-title-en": f"Do {place}",
            f"{place}-title-id": f"Lakukan {place}",
            f"{place}-doer": "owner",
            f"{place}-work": "health",
            f"{place}-days": str(place),
        }
    return values | changes


def test_the_editor_keeps_what_was_typed(world: World, book: Playbook) -> None:
    """Rows are added, moved and removed on the page; errors stand at their field; three languages go with it."""
    client, url = world.client("leader"), world.url(f"playbooks/{book.id}/draft/")
    assert client.get(url).status_code == 302
    assert client.post(world.url(f"playbooks/{book.id}/edit/")).status_code == 302
    assert "Step 6" in text(client, url)
    htmx = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "draft-steps"}
    added = client.post(url, form(2, verb="add"), **htmx).content.decode()
    assert "Step 3" in added
    assert "<html" not in added
    moved = client.post(url, form(2, verb="up:1"), **htmx).content.decode()
    assert moved.index('value="Do 1"') < moved.index('value="Do 0"')
    removed = client.post(url, form(2, verb="remove:0"), **htmx).content.decode()
    assert 'value="Do 0"' not in removed
    shown = client.post(url, form(2, verb="language:id"), **htmx).content.decode()
    assert 'name="0-title-id" id="f-0-title" value="Lakukan 0"' in shown
    assert 'type="hidden" name="0-title-en" value="Do 0"' in shown
    wrong = client.post(url, form(2, **{"0-days": "soon", "1-title-en": "x" * 201}))
    assert wrong.status_code == 422
    assert 'value="soon"' in wrong.content.decode()
    assert "At most 200 characters fit here." in wrong.content.decode()
    stale = client.post(url, form(2, version="99"))
    assert stale.status_code == 409
    with world.open():
        assert len(PlaybookVersion.objects.get(playbook=book, state="draft").steps) == 6, "nothing was saved"
    saved = client.post(url, form(2, verb="preview", **{"0-band": "red", "0-champion": "no", "0-renewal_within": "90"}))
    assert saved.url.startswith(world.url(f"playbooks/{book.id}/draft/preview/"))
    with world.open():
        draft = PlaybookVersion.objects.get(playbook=book, state="draft")
        assert draft.steps[0]["if"] == {"band": ["red"], "champion": False, "renewal_within": 90}
        assert draft.steps[1]["title"] == {"en": "Do 1", "id": "Lakukan 1"}


def test_publishing_asks_for_a_reason(world: World, book: Playbook) -> None:
    client, url = world.client("leader"), world.url(f"playbooks/{book.id}/draft/preview/")
    client.post(world.url(f"playbooks/{book.id}/edit/"))
    client.post(world.url(f"playbooks/{book.id}/draft/"), form(1))
    page = text(client, url)
    assert "New: “Do 0”, Day 0" in page
    assert client.post(url, {"reason": "", "version": "2"}).status_code == 422
    assert client.post(url, {"reason": "Shorter", "version": "1"}).status_code == 422
    assert client.post(url, {"reason": "Shorter", "version": "2"}).status_code == 302
    with world.open():
        assert versions.published(book).number == 2
    assert "“Shorter”" in text(client, world.url(f"playbooks/{book.id}/"))


def test_a_new_playbook_begins_with_a_draft(world: World) -> None:
    client = world.client("leader")
    assert client.post(world.url("playbooks/new/"), {"name": " "}).status_code == 422
    answer = client.post(world.url("playbooks/new/"), {"name": "Our way"})
    assert client.get(answer.url).status_code == 200
    client.post(answer.url, {"verb": "discard"})
    with world.open():
        assert PlaybookVersion.objects.filter(state=VersionState.DRAFT).count() == 0


def test_a_csm_starts_and_stops_a_play(world: World, book: Playbook) -> None:
    """From the account and from an alert: its tasks are there at once, and the header says where it is."""
    client = world.client("csm")
    with world.open():
        each = account("Halcyon", world.members["csm"])
        why = alert(each)
    url = world.url(f"accounts/{each.id}/plays/")
    assert "Save play" in text(client, f"{url}new/?alert={why.id}")
    answer = client.post(f"{url}new/?alert={why.id}", {"playbook": str(book.id), "note": "They called"})
    assert answer.url == url
    assert client.post(f"{url}new/", {"playbook": str(book.id)}).status_code == 422, "it runs already"
    page = text(client, url)
    assert "Save play, step 1 of 6" in page
    assert "They called" in page
    assert "Save play, step 1 of 6" in text(client, world.url(f"inbox/{why.id}/"))
    with world.open():
        play = Play.objects.get()
    card = client.get(url, HTTP_HX_REQUEST="true", HTTP_HX_TARGET="account-plays").content.decode()
    assert "Start a play" in card
    assert "<html" not in card
    stop = f"{url}{play.id}/stop/"
    assert client.post(stop, {"reason": "", "version": "1"}).status_code == 422
    assert client.post(stop, {"reason": "Solved", "version": str(play.version)}).status_code == 302
    with world.open():
        assert Play.objects.get().state == PlayState.STOPPED
        assert Task.objects.get().state == TaskState.CANCELLED


def test_what_is_not_mine_is_not_there(world: World, book: Playbook) -> None:
    """A CSM sees the plays of the own book; an alert of another account starts nothing here."""
    client = world.client("csm")
    play = started(world, book)
    with world.open():
        Account.objects.filter(id=play.account_id).update(owner=world.members["leader"])
        mine = account("Mine", world.members["csm"])
    assert client.get(world.url(f"accounts/{play.account_id}/plays/")).status_code == 404
    assert client.get(world.url(f"accounts/{mine.id}/plays/new/?alert={play.alert_id}")).status_code == 404
    assert client.post(world.url(f"accounts/{mine.id}/plays/{play.id}/stop/"), {"reason": "x"}).status_code == 404


def test_undo_from_the_page(world: World, book: Playbook) -> None:
    play, client = started(world, book), world.client("admin")
    with world.open():
        Play.objects.update(started_by=None)
    assert client.post(world.url(f"playbooks/{book.id}/undo/"), {"day": "someday"}).status_code == 404
    client.post(world.url(f"playbooks/{book.id}/undo/"), {"day": play.as_of.isoformat()})
    other = started(world, book, "Other")
    client.post(world.url(f"playbooks/plays/{other.id}/undo/"))
    with world.open():
        assert set(Play.objects.values_list("state", flat=True)) == {PlayState.UNDONE}


def test_pages_ask_a_fixed_number_of_questions(world: World, book: Playbook) -> None:
    """PERFORMANCE: as many for twenty plays as for one."""
    first = started(world, book)
    leader, csm = world.client("admin"), world.client("csm")
    pages = [
        (leader, world.url("playbooks/"), 22),
        (leader, world.url(f"playbooks/{book.id}/"), 38),
        (csm, world.url(f"accounts/{first.account_id}/plays/"), 24),
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
    for n in range(20):
        started(world, book, f"A{n}")
    assert asked() == before
    assert all(count <= limit for count, (_client, _url, limit) in zip(before, pages, strict=True)), before
