"""The weekly page (DSH-02, HLT-05, HLT-12, HLT-17): five tiles, sums that agree, cells that open their accounts."""

import datetime as dt
import html
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, Segment, Team
from health.enums import Component
from health.models import Alert, HealthModelVersion, HealthScore
from health.scoring import formulas, versions
from health.scoring.definition import Definition
from metrics.digests.content import content_of
from metrics.enums import DigestKind
from metrics.home import week as questions
from tests.conftest import World

import numpy as np  # isort: skip

BANDS = ("green", "yellow", "red")


def day_of(world: World) -> dt.date:
    return world.tenant.figures_as_of


def judged(row: Account, day: dt.date, raw: dict[str, float]) -> HealthScore:
    """A row of history by the real formulas."""
    version = HealthModelVersion.objects.get(state="published")
    definition = Definition.read(version.definition)
    values = np.array([[raw.get(key, np.nan) for key in definition.keys]], dtype=float)
    made = formulas.score(definition, values, np.array([24.0]))
    empty = made.score(0) is None
    parts = dict(zip(Component, made.components[0], strict=True))
    return HealthScore.objects.create(
        account_id=row.id, as_of=day, version_id=version.id, score=made.score(0), band=made.band(0),
        **{str(c): None if v == formulas.MISSING else int(v) / formulas.MICRO for c, v in parts.items()},
        coverage=float(made.coverage[0]), raw=[raw.get(key) for key in definition.keys],
        points=[int(v) if raw.get(k) is not None else None for k, v in zip(definition.keys, made.points[0], strict=True)],
        shares=[None if empty or raw.get(k) is None else int(v) for k, v in zip(definition.keys, made.shares[0], strict=True)],
    )  # fmt: skip


def facts(share: float, **changes: float) -> dict[str, float]:
    """Raw values that lie `share` of the way from worst to best on every curve."""
    raw = {part.key: part.worst + (part.best - part.worst) * share for part in Definition.default().parts}
    return raw | changes


def account(
    world: World, name: str, before: float | None, after: float | None, mrr: int = 100_000, **fields: object
) -> Account:
    day = day_of(world)
    row = Account.objects.create(
        external_id=name, name=name, mrr_minor=mrr, status=fields.pop("status", "live"), customer_since=dt.date(2020, 1, 1),
        **({"owner": world.members["csm"], "segment": Segment.objects.first()} | fields),
    )  # fmt: skip
    made = None
    for at, share in ((day - questions.WEEK, before), (day, after)):
        if share is not None:
            made = judged(row, at, facts(share))
    if made is not None and after is not None:
        Account.objects.filter(id=row.id).update(health_score=made.score, health_band=made.band, health_on=made.as_of)
    return row


@pytest.fixture
def book(worlds: tuple[World, World]) -> dict[str, Account]:
    """Two fell, one rose, one stayed, one is new, one left; the rival's own book fell as a whole."""
    world, rival = worlds
    for each in (rival, world):
        with each.open():
            versions.standard()
    with rival.open():
        for number in range(5):
            account(rival, f"Theirs {number}", 0.9, 0.1, mrr=9_000_000)
    with world.open():
        team = Team.objects.create(name="North")
        world.members["csm"].team = team
        world.members["csm"].save()
        return {
            "Fell far": account(world, "Fell far", 0.9, 0.3, mrr=300_000),
            "Fell": account(world, "Fell", 0.85, 0.7, owner=world.members["leader"]),
            "Rose": account(world, "Rose", 0.4, 0.6),
            "Stayed": account(world, "Stayed", 0.9, 0.9, segment=Segment.objects.last()),
            "New": account(world, "New", None, 0.2, owner=None),
            "Silent": account(world, "Silent", None, None),
            "Left": account(world, "Left", 0.2, 0.1, status="churned", mrr=0),
        }


def page_of(world: World, query: str = "", role: str = "executive"):
    answer = world.client(role).get(world.url("week/") + query)
    assert answer.status_code == 200
    return answer


def names(answer) -> list[str]:
    return [row["name"] for row in answer.context["rows"]]


def test_exactly_five_tiles(worlds, book):
    """DSH-02: distribution, at risk, expansion, renewals, capacity; Yellow and Red together and Red apart (E14)."""
    answer = page_of(worlds[0])
    tiles = answer.context["tiles"]
    labels = ["Health distribution", "At risk", "Expansion pipeline", "Renewal forecast", "CSM capacity"]
    assert [str(tile["label"]) for tile in tiles] == labels
    assert answer.content.decode().count('<div class="kpi"') == 5
    assert tiles[0]["value"] == "20.0%"  # one of the five that have a score
    assert tiles[1]["value"] == "4"
    assert "2 Critical" in tiles[1]["foot"]
    assert "1 without data" in tiles[0]["foot"]


def test_every_cell_of_the_matrix_opens_its_accounts(worlds, book):
    """Rows are last week, columns this week; the cells sum to the book, and each opens as many accounts as it says."""
    world = worlds[0]
    answer = page_of(world)
    client, total, opened = world.client("executive"), 0, set()
    for row in answer.context["shift"]["rows"]:
        for cell in row["cells"]:
            total += int(cell["value"])
            if cell["url"]:
                found = names(client.get(cell["url"]))
                assert len(found) == int(cell["value"])
                opened |= set(found)
    assert total == 6
    assert opened == set(book) - {"Left"}
    assert "2 got worse, 1 got better" in answer.context["shift"]["foot"]


def test_who_fell_and_rose_with_reasons(worlds, book):
    """The score's own drivers give the reason; a rival's accounts are in no list."""
    answer = page_of(worlds[0])
    assert [row["name"] for row in answer.context["fell"]] == ["Fell far", "Fell"]
    assert [row["name"] for row in answer.context["rose"]] == ["Rose"]
    assert " to " in answer.context["fell"][0]["reason"]
    assert "Theirs" not in answer.content.decode()


def test_the_digest_of_the_week_names_the_same_movers(worlds, book):
    """NTF-05, HLT-05: the e-mail, its preview and the page name the same accounts, scores and reasons."""
    world = worlds[0]
    page = page_of(world).context
    with world.open():
        day = day_of(world)
        monday = day - dt.timedelta(days=day.weekday() - 7)
        content = content_of(DigestKind.WEEK, world.tenant, monday, world.members["ops"])
    fell, rose = (section["rows"] for section in content.sections)
    assert [row["text"] for row in fell] == [f"{row['name']}: {row['reason']}" for row in page["fell"]]
    assert [row["text"].split(":")[0] for row in rose] == ["Rose"]
    assert fell[0]["aside"].startswith("−")
    assert rose[0]["aside"].startswith("+")
    assert f" · {page['rose'][0]['score']} · " in rose[0]["aside"]
    answer = world.client("ops").get(world.url("settings/digests/preview/week/"))
    assert answer.status_code == 200
    assert "Theirs" not in answer.content.decode()


def test_causes_add_up_to_what_moved(worlds, book):
    """All drivers of all movers, none left out: their sum is the sum of the differences."""
    world = worlds[0]
    with world.open():
        live, day = Account.objects.filter(status="live"), day_of(world)
        moved = questions.movers(live, day - questions.WEEK, day)
        causes = questions.causes(moved)
    assert sum(cause.micro for cause in causes) == sum(round(mover.moved * 1_000_000) for mover in moved)
    assert causes[0].micro < 0


def test_improvement_and_mix_by_book_and_segment(worlds, book):
    """HLT-17: of the csm's three accounts with a band on both days one rose: 33.3%."""
    context = page_of(worlds[0]).context
    rows = {row["name"]: row for row in context["owners"]}
    assert rows["Csm Person"]["improved"] == "33.3%"
    assert rows["Csm Person"]["moved"] == "1 up, 1 down"
    assert rows["Nobody"]["improved"] == "–"
    assert sum(int(row["accounts"]) for row in context["by_segment"]) == 6
    assert sum(int(row["accounts"]) for row in context["owners"]) == 6


def test_those_without_an_action(worlds, book):
    """HLT-05: an answered open alert takes an account out; a closed one or one without an answer does not."""
    world = worlds[0]
    with world.open():
        answered = dt.datetime.now(dt.UTC)
        for name, state, at in (("Fell", "open", answered), ("Rose", "closed", answered), ("New", "open", None)):
            Alert.objects.create(
                account=book[name], rule="x", as_of=day_of(world), state=state, answered_at=at, answer="Call"
            )
    waiting = page_of(world).context["waiting"]
    assert [row["name"] for row in waiting["rows"]] == ["Fell far", "New", "Rose"]
    assert waiting["count"] == "3 accounts"


def test_filters_stand_in_the_url(worlds, book):
    world = worlds[0]
    with world.open():
        team = Team.objects.get(name="North")
    answer = page_of(world, f"?team={team.id}")
    assert answer.context["meta"][0] == "4 accounts"
    cell = next(c for row in answer.context["shift"]["rows"] for c in row["cells"] if c["url"])
    assert f"team={team.id}" in cell["url"]
    listed = world.client("executive").get(world.url(f"accounts/?team={team.id}"))
    assert sorted(names(listed)) == ["Fell far", "Left", "Rose", "Silent", "Stayed"]
    assert "Team: <b>North</b>" in listed.content.decode()
    with world.open():
        last = Segment.objects.last().name
    assert page_of(world, f"?segment={last}").context["meta"][0] == "1 account"
    for bad in ("?team=x", "?team=%00", "?segment=nothing", "?team=" + "0" * 400):
        assert page_of(world, bad).context["meta"][0] == "6 accounts"


def test_a_week_that_is_past(worlds, book):
    """The scores of that week and no link to a list that knows only today's bands."""
    world = worlds[0]
    past = day_of(world) - questions.WEEK
    year, week, _day = past.isocalendar()
    answer = page_of(world, f"?week={year:04d}-W{week:02d}")
    if past.weekday() == 6 or answer.context["later_url"]:
        assert answer.context["tiles"][1]["url"] == ""
    early = page_of(world, "?week=2020-W10")
    assert "No health score yet" in early.content.decode()
    assert early.context["tiles"][0]["value"] == "–"


def test_a_leader_sees_the_team_and_a_csm_nothing(worlds, book):
    """ROL-01: scope holds for counts too."""
    world = worlds[0]
    with world.open():
        world.members["leader"].team = Team.objects.get(name="North")
        world.members["leader"].save()
    assert page_of(world, role="leader").context["meta"][0] == "6 accounts"
    with world.open():
        Account.objects.filter(id=book["Stayed"].id).update(owner=world.members["ops"])
    assert page_of(world, role="leader").context["meta"][0] == "5 accounts"
    assert world.client("csm").get(world.url("week/")).status_code == 403


def own_queries(world: World) -> int:
    """Statements about the book: everything but who asks and what the frame shows."""
    client = world.client("executive")
    with CaptureQueriesContext(connection) as queries:
        assert client.get(world.url("week/")).status_code == 200
    tables = r'FROM "(accounts_(account|team|segment)|health_\w+)"'
    return sum(bool(re.search(tables, q["sql"])) for q in queries.captured_queries)


def test_at_most_ten_statements_however_large_the_book(worlds, book):
    world = worlds[0]
    before = own_queries(world)
    with world.open():
        for number in range(12):
            account(world, f"More {number}", 0.8, 0.3)
    assert own_queries(world) == before
    assert before <= 10 + 2  # the count in the navigation, and the currencies that renewals are paid in


def test_names_are_shown_and_never_run(worlds, book):
    world = worlds[0]
    with world.open():
        Account.objects.filter(id=book["Fell far"].id).update(name="<script>alert(1)</script>")
    text = page_of(world).content.decode()
    assert "<script>alert(1)" not in text
    assert "<script>alert(1)</script>" in html.unescape(text)


def test_figures_are_ones_that_plotly_accepts(worlds, book):
    import plotly.graph_objects as go

    answer = page_of(worlds[0])
    for figure in (answer.context["chart"]["figure"], answer.context["renewals"]["figure"]):
        go.Figure(figure)  # raises on a property that does not exist
        assert "template" not in figure["layout"]
    assert answer.context["chart"]["figure"]["data"][0]["name"] == "Critical"  # on the zero line
    assert sum(bar["y"][-1] for bar in answer.context["chart"]["figure"]["data"]) == 5
