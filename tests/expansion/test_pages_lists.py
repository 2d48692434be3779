"""The pipeline as board and list: tiles, filters, paging, moving a card, the right to an offer, owners at once (EXP-01, EXP-05)."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from accounts.models import SavedView
from expansion import services
from expansion.listing import DealQuery
from expansion.models import Opportunity
from tests.conftest import World
from tests.expansion.deals import DAY, customer, deal

pytestmark = pytest.mark.django_db
BOARD = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "expansion-board"}


@pytest.fixture
def book(world: World) -> dict[str, Opportunity]:
    """An earned deal of the CSM, one that is held, one of nobody's that a leader overrode and that stands in proposal."""
    with world.open():
        csm, leader = world.members["csm"], world.members["leader"]
        corvid = deal(customer("Corvid Logistics", owner=csm), name="New seats", amount_minor=9_500_000)
        volta = deal(customer("Volta Charging", owner=csm, earned=False), name="EU hosting", amount_minor=2_800_000)
        quillon = deal(
            customer("Quillon Software", earned=False), by=leader, name="API tier", amount_minor=5_400_000,
            stage="proposal", override="Quota blocks them now",
        )  # fmt: skip
    return {"corvid": corvid, "volta": volta, "quillon": quillon}


def page(world: World, path: str = "", role: str = "admin", **asked: Any) -> str:
    answer = world.client(role).get(world.url(f"expansion/{path}"), asked)
    assert answer.status_code == 200
    return answer.content.decode()


def column(text: str, stage: str) -> str:
    return text.split(f'data-column="{stage}"')[1].split("</section>")[0]


def fresh(world: World, row: Opportunity) -> Opportunity:
    with world.open():
        return Opportunity.objects.get(id=row.id)


def close(world: World, row: Opportunity, stage: str, **fields: Any) -> None:
    with world.open():
        Opportunity.objects.filter(id=row.id).update(stage=stage, **fields)


def test_the_board_shows_deals_by_stage_and_what_holds_them(world: World, book: dict[str, Opportunity]):
    """EXP-01, EXP-05: number, money and what is expected of each stage; the held one says why, an override is marked."""
    text = page(world)
    first, third = column(text, "identified"), column(text, "proposal")
    assert first.index("Corvid Logistics") < first.index("Volta Charging"), "the largest first"
    assert "2 · $123k" in first
    assert "$18.5k weighted at 15%" in first or "$18k weighted at 15%" in first
    held = first.split('class="kc held"')[1]
    assert "Volta Charging" in held
    assert "Not earned: " in held
    assert "Corvid" not in held
    assert "Not earned: " not in third
    assert "Override" in third
    assert "0 · " in column(text, "commit")


def test_five_tiles_open_to_their_rows(world: World, book: dict[str, Opportunity]):
    """EXP-05, by hand: 177k open; 15 % of 95k and of 28k and 65 % of 54k are 53.55k; one of two that closed was won, after 68 days."""
    today = world.tenant.today()
    with world.open():
        won = deal(customer("Won"), name="Won", amount_minor=7_100_000, identified_on=today - 68 * DAY)
        lost = deal(customer("Lost"), name="Lost", amount_minor=100)
    close(world, won, "won", closed_on=today)
    close(world, lost, "lost", closed_on=today, loss="budget")
    text = page(world).split('class="kpis"')[1].split("</section>")[0]
    for said in ("$177k", "$54k", "$71k", "50.0%", "68 days", "1 of 2 in 12 months", "3 deals"):
        assert said in text, said
    counts = []
    for part in text.split('class="v"><a href="')[1:]:
        query = DealQuery.parse(QueryDict(urlsplit(part.split('"')[0].replace("&amp;", "&")).query))
        with world.open():
            counts.append(query.rows(Opportunity.objects.all(), world.members["admin"]).count())
    assert counts == [3, 3, 1, 2, 1]
    assert "as of" in text


def test_a_card_walks_and_the_board_answers(world: World, book: dict[str, Opportunity]):
    """EXP-05: a move answers with the board, which says it; the other way round as well."""
    row = book["quillon"]
    answer = world.client("leader").post(
        world.url(f"expansion/deals/{row.id}/move/"), {"to": "commit", "version": row.version}, **BOARD
    )
    assert answer.status_code == 200
    assert "Quillon Software" in column(answer.content.decode(), "commit")
    assert "“Commit”" in answer.content.decode()
    row = fresh(world, row)
    plain = world.client("leader").post(
        world.url(f"expansion/deals/{row.id}/move/"), {"to": "proposal", "version": row.version}
    )
    assert plain.status_code == 302
    assert fresh(world, row).stage == "proposal"


def test_a_held_card_asks_why_and_stays(world: World, book: dict[str, Opportunity]):
    """EXP-01: who leaves the first stage without the right is asked in the drawer; with a reason it goes, and the reason is kept."""
    row, client = book["volta"], world.client("csm")
    url = world.url(f"expansion/deals/{row.id}/move/")
    answer = client.post(url, {"to": "qualified", "version": row.version}, **BOARD)
    assert answer.status_code == 422
    assert answer["HX-Retarget"] == "#drawer-body"
    text = answer.content.decode()
    assert "The right to an offer is not earned" in text
    assert 'name="override"' in text
    assert fresh(world, row).stage == "identified"
    answer = client.post(url, {"stage": "qualified", "version": row.version, "override": "They asked for it"})
    assert answer.status_code == 302
    moved = fresh(world, row)
    assert (moved.stage, moved.override) == ("qualified", "They asked for it")


def test_two_people_at_once(world: World, book: dict[str, Opportunity]):
    """EXP-05: a stale card says both versions (409) and the board reads itself anew; the form shows theirs beside mine."""
    row, client = book["corvid"], world.client("csm")
    with world.open():
        services.move_deal(deal=row, stage="qualified", version=row.version, by=world.members["leader"])
    url = world.url(f"expansion/deals/{row.id}/move/")
    answer = client.post(url, {"to": "proposal", "version": row.version}, **BOARD)
    assert answer.status_code == 409
    assert "boardStale" in answer["HX-Trigger"]
    assert "“Qualified”, you wanted “Proposal”" in answer.content.decode()
    answer = client.post(url, {"stage": "proposal", "version": row.version, "override": ""})
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "Somebody else changed this after you opened it." in text
    assert "Qualified" in text
    assert fresh(world, row).stage == "qualified"


@pytest.mark.parametrize("values", [{"to": "nowhere"}, {"to": "won"}, {"to": ""}, {"version": "x", "to": "qualified"}])
def test_what_no_move_is_changes_nothing(world: World, book: dict[str, Opportunity], values: dict[str, str]):
    row = book["corvid"]
    answer = world.client("csm").post(
        world.url(f"expansion/deals/{row.id}/move/"), {"version": row.version} | values, **BOARD
    )
    assert answer.status_code in (409, 422)
    assert fresh(world, row).stage == "identified"


def test_the_earned_table_says_what_each_check_was_judged_by(world: World, book: dict[str, Opportunity]):
    """EXP-01: earned, held with what is missing, overridden with the reason and who gave it."""
    table = page(world).split('aria-label="Earned the right"><table')[1].split("</table>")[0]
    rows = {part.split("</a>")[0].split(">")[-1]: part for part in table.split("<tr>")[2:]}
    assert ">Earned<" in rows["Corvid Logistics"]
    assert ">Held<" in rows["Volta Charging"]
    assert "There is no score" in rows["Volta Charging"]
    assert ">Override<" in rows["Quillon Software"]
    assert "Quota blocks them now, Leader Person" in rows["Quillon Software"]


def test_the_list_filters_sorts_and_pages(world: World, book: dict[str, Opportunity]):
    """EXP-05: views, filters and search narrow; what an address means nothing by is left out."""
    text = page(world, "list/")
    assert text.index("Corvid Logistics") < text.index("Quillon Software") < text.index("Volta Charging")
    assert "3 of 3 shown" in text
    assert "1 of 1 shown" in page(world, "list/", right="held")
    assert "Volta" in page(world, "list/", q="volta")
    assert "1 of 1 shown" in page(world, "list/", stage="proposal", owner="none")
    assert "3 of 3 shown" in page(world, "list/", stage="nowhere", sort="x", after="y", quarter="2026-Q9", owner="\x00")
    old = page(world, "list/", closed="2020-Q1")
    assert "No deal fits this view" in old
    assert 'type="radio" name="closed" value="2020-Q1" checked' in old, "what the panel does not offer stands in it"
    assert 'type="checkbox" name="kind"' in old
    with world.open():
        for n in range(55):
            deal(customer(f"Number {n}", earned=False), amount_minor=1000 + n)
    first = page(world, "list/")
    assert "50 of 58 shown" in first
    more = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(more).query).items()}
    assert "8 of 58 shown" in page(world, "list/", **asked)


def test_who_sees_the_own_book_sees_no_other_and_a_rival_nothing(
    world: World, rival: World, book: dict[str, Opportunity]
):
    """ROL-01: the CSM's tiles, board, list and file hold the own accounts' deals; the rival's hold none of them."""
    with rival.open():
        deal(customer("Corvid Rival"), name="Theirs", amount_minor=99_900_000)
    for path in ("", "list/", "deals.csv"):
        mine = world.client("csm").get(world.url(f"expansion/{path}"))
        text = (b"".join(mine.streaming_content) if mine.streaming else mine.content).decode()
        assert "Volta Charging" in text
        assert "Quillon" not in text
        assert "Corvid Rival" not in text
    assert "$123k" in page(world, role="csm").split('class="kpis"')[1].split("</section>")[0]
    theirs = rival.client("csm").post(
        rival.url(f"expansion/deals/{book['corvid'].id}/move/"), {"to": "qualified", "version": 1}
    )
    assert theirs.status_code == 404


def test_many_deals_get_another_owner(world: World, rival: World, book: dict[str, Opportunity]):
    """EXP-05: those that are seen change, a won one says why it does not; a stranger's and an unknown owner change nothing."""
    client, leader = world.client("admin"), world.members["leader"]
    close(world, book["quillon"], "won", closed_on=world.tenant.today())
    with rival.open():
        other = deal(customer("Theirs"))
    url = world.url("expansion/owners/")
    ids = [str(row.id) for row in (*book.values(), other)]
    answer = client.post(url, {"ids": ids, "owner": str(leader.id), "state": "right=held"}, follow=True)
    assert answer.redirect_chain[-1][0].endswith("list/?right=held")
    said = [str(message) for message in answer.context["messages"]]
    assert said == ["2 deals changed. Quillon Software: This deal is won: undo that first."]
    assert fresh(world, book["corvid"]).owner_id == fresh(world, book["volta"]).owner_id == leader.id
    assert fresh(world, book["quillon"]).owner_id is None
    with rival.open():
        assert Opportunity.objects.get(id=other.id).owner_id is None
    assert client.post(url, {"owner": str(leader.id)}).status_code == 422
    assert client.post(url, {"ids": ids, "owner": str(rival.members["csm"].id)}).status_code == 422
    assert client.post(url, {"ids": ids[:1], "owner": ""}).status_code == 302
    assert fresh(world, book["corvid"]).owner_id is None


def test_a_state_of_the_list_is_kept_as_a_view(world: World, book: dict[str, Opportunity]):
    client = world.client("csm")
    answer = client.post(
        world.url("expansion/views/new/"), {"name": "Mine, held", "query": "right=held&owner=me&after=x"}, follow=True
    )
    assert answer.status_code == 200
    with world.open():
        view = SavedView.objects.get(page="expansion:list", name="Mine, held")
    assert view.query == "owner=me&right=held"
    assert "Mine, held" in answer.content.decode()


def test_the_file_holds_every_row_of_the_filters(world: World, book: dict[str, Opportunity]):
    answer = world.client("admin").get(world.url("expansion/deals.csv"), {"right": "held"})
    text = (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode("utf-8-sig")
    head, row = text.strip().splitlines()
    assert head.startswith('"external_id","account","account_name"')
    assert "Volta Charging" in row
    assert "28000.00" in row


@pytest.mark.parametrize("path", ["", "list/"])
def test_the_number_of_queries_does_not_grow_with_the_deals(world: World, book: dict[str, Opportunity], path: str):
    """PERF: as many statements for three deals as for thirty."""
    client = world.client("admin")
    client.get(world.url(f"expansion/{path}"))

    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert client.get(world.url(f"expansion/{path}")).status_code == 200
        return len(found)

    few = count()
    with world.open():
        for n in range(27):
            deal(customer(f"More {n}", owner=world.members["leader"], earned=n % 2 == 0), amount_minor=1000 * n)
    assert count() == few
    assert few <= 32


def test_the_navigation_counts_open_deals(world: World, book: dict[str, Opportunity]):
    """PAGES: of the accounts that the reader sees; the tabs lead to board and list."""
    text = page(world, "list/", role="csm")
    side, main = text.split('<main class="main"')
    entry = next(part for part in side.split("<a ") if "expansion/" in part and 'class="nav"' in part)
    assert ">2<" in entry
    row = main.split('<nav class="tabs"')[1].split("</nav>")[0]
    assert f'href="{world.url("expansion/")}"' in row
    assert f'href="{world.url("expansion/list/")}" aria-current="page"' in row
