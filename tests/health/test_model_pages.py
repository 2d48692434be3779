"""Settings → Health models (HLT-01, HLT-04): drafts with their sums, preview, publishing with a reason, history, scope."""

import random
from collections.abc import Iterator

import pytest

from accounts.cells import score_text
from accounts.enums import Profile
from accounts.models import Account, Segment
from health.models import HealthModel, HealthModelVersion, HealthScore
from health.scoring import draft_form, jobs, model_cells, versions
from health.scoring.definition import Definition
from health.scoring.indicators import CATALOGUE
from tests.conftest import World
from tests.health import scoring_facts

LIST = "settings/health-models/"


@pytest.fixture
def model(world: World) -> HealthModel:
    with world.open():
        return versions.standard()


@pytest.fixture
def draft(world: World, model: HealthModel) -> HealthModelVersion:
    with world.open():
        return versions.draft_from(model=model, by=world.members["ops"])


def path(world: World, model: HealthModel, end: str = "") -> str:
    return world.url(f"{LIST}{model.id}/{end}")


def typed(draft: HealthModelVersion, **changes: str) -> dict[str, str]:
    """The form as it is shown, with changes; underscores stand for hyphens."""
    values = draft_form.values_of(Definition.read(draft.definition)) | {"version": str(draft.version)}
    return values | {name.replace("__", "-"): value for name, value in changes.items()}


@pytest.mark.parametrize("profile", Profile.values)
def test_the_form_says_every_definition_and_reads_it_back(profile: str) -> None:
    """Nothing is lost on the way to the page and back, also with indicators left out and odd decimals."""
    chance = random.Random(profile)
    whole = Definition.default(profile)
    for _round in range(20):
        data = whole.json()
        for row in data["indicators"]:
            row["worst"] = round(chance.uniform(-3, 3), 4)
            row["best"] = round(row["worst"] + chance.choice([-1, 1]) * chance.uniform(0.01, 5), 4)
            if chance.random() < 0.3:
                row["early"] = [{"until": 2, "worst": 0.125, "best": 0.3}, {"until": 7, "worst": 0.1, "best": 0.29}]
        component = chance.choice([i.component for i in CATALOGUE])
        own = [r for r in data["indicators"] if r["key"] in {i.key for i in CATALOGUE if i.component == component}]
        gone = own.pop()
        data["indicators"].remove(gone)
        own[0]["weight"] += gone["weight"]
        definition = Definition.read(data)
        made, problems = draft_form.read(draft_form.values_of(definition))
        assert problems == {}
        assert Definition.read(made) == definition


def test_the_list_says_who_is_judged_by_what(world: World, model: HealthModel) -> None:
    answer = world.client("ops").get(world.url(LIST))
    text = answer.content.decode()
    assert "All other customers" in text
    assert "40 / 30 / 15 / 15" in text
    assert "What every tenant begins with." in text
    assert world.client("csm").get(world.url(LIST)).status_code == 403
    assert world.client("executive").get(world.url(LIST)).status_code == 403


def test_weights_that_do_not_sum_are_said_with_their_sum(world: World, model: HealthModel, draft) -> None:
    """HLT-01: "Weights must sum to 100: these sum to 95." The form keeps what was typed and nothing is saved."""
    client = world.client("ops")
    answer = client.post(path(world, model, "draft/"), typed(draft, weight__usage="35"))
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Weights must sum to 100: these sum to 95." in text
    assert 'value="35"' in text
    with world.open():
        assert HealthModelVersion.objects.get(id=draft.id).definition == draft.definition


def test_the_sums_follow_the_typing(world: World, model: HealthModel, draft) -> None:
    answer = world.client("ops").post(
        path(world, model, "draft/sums/"), typed(draft, weight__usage="35", stickiness__weight="19.5"),
        headers={"HX-Request": "true", "HX-Target": "draft-sums"},
    )  # fmt: skip
    text = answer.content.decode()
    assert "these sum to 95." in text
    assert "these sum to 99.5." in text
    assert "<html" not in text
    assert world.client("ops").get(path(world, model, "draft/sums/")).status_code == 405


BAD = (
    ({"stickiness__worst": "abc"}, "stickiness-worst", "Write a number."),
    ({"stickiness__worst": "NaN"}, "stickiness-worst", "Write a number."),
    ({"stickiness__worst": "1e400"}, "stickiness-worst", "Write a number."),
    ({"stickiness__best": "5"}, "stickiness-best", "Worst and best must differ"),
    ({"weight__usage": "-5", "weight__engagement": "75"}, "weight-usage", "Weight must be a number from 0 to 100."),
    ({"usage_trend__window": "3"}, "usage_trend-window", "Days must be a whole number from 7 to 84."),
    ({"usage_trend__window": "7.5"}, "usage_trend-window", "Write a whole number."),
    ({"recency__early__0__until": "3"}, "recency-early-0-worst", "Write a number."),
    ({"green": "40"}, "bands", "Healthy must begin above At risk"),
    ({"coverage": "5"}, "coverage", "Coverage must be a number from 0.1 to 1."),
    ({"yellow": ""}, "yellow", "Write a number."),
)


@pytest.mark.parametrize(("change", "field", "sentence"), BAD)
def test_what_is_wrong_stands_at_its_field(world, model, draft, change, field, sentence) -> None:
    answer = world.client("ops").post(path(world, model, "draft/"), typed(draft, **change))
    assert answer.status_code == 422
    assert sentence in answer.context["problems"][field]
    assert sentence in answer.content.decode()


@pytest.mark.parametrize("body", [{}, {"weight-usage": "\x00"}, {"version": "x"}, {"a": "b" * 9000}])
def test_a_body_from_elsewhere_breaks_nothing(world, model, draft, body) -> None:
    assert world.client("ops").post(path(world, model, "draft/"), body).status_code == 422


def test_check_only_saves_nothing(world, model, draft) -> None:
    change = {"weight__usage": "35", "weight__engagement": "35"}
    answer = world.client("ops").post(path(world, model, "draft/"), typed(draft, **change) | {"check": "1"})
    assert answer.status_code == 200
    with world.open():
        assert HealthModelVersion.objects.get(id=draft.id).definition == draft.definition


def test_who_saves_on_top_of_another_is_told(world, model, draft) -> None:
    client = world.client("ops")
    assert client.post(path(world, model, "draft/"), typed(draft, yellow="45")).status_code == 302
    answer = client.post(path(world, model, "draft/"), typed(draft, yellow="40"))
    assert answer.status_code == 409
    assert "Somebody changed this draft" in answer.content.decode()
    with world.open():
        assert Definition.read(HealthModelVersion.objects.get(id=draft.id).definition).yellow == 45


def test_from_a_draft_to_what_judges(world: World, model: HealthModel) -> None:
    """The whole way without JavaScript: begin, change, preview, publish with a reason, read the history."""
    client = world.client("ops")
    assert client.post(path(world, model)).headers["Location"] == path(world, model, "draft/")
    with world.open():
        draft = model.versions.get(state="draft")
    change = {"weight__usage": "35", "weight__engagement": "35", "stickiness__worst": "10"}
    saved = client.post(path(world, model, "draft/"), typed(draft, **change) | {"preview": "1"})
    assert saved.headers["Location"] == path(world, model, "draft/preview/")
    text = client.get(path(world, model, "draft/preview/")).content.decode()
    assert "Usage: weight 40 to 35" in text
    assert "DAU/MAU: worst 5% to 10%" in text
    with world.open():
        version = model.versions.get(state="draft").version
    refused = client.post(path(world, model, "draft/preview/"), {"reason": "  ", "version": version})
    assert refused.status_code == 422
    assert "Say why the score changes." in refused.content.decode()
    stale = client.post(path(world, model, "draft/preview/"), {"reason": "Because", "version": version - 1})
    assert stale.status_code == 422
    done = client.post(path(world, model, "draft/preview/"), {"reason": "Talks matter more", "version": version})
    assert done.status_code == 302
    history = client.get(path(world, model)).content.decode()
    assert "Talks matter more" in history
    assert "Engagement: weight 30 to 35" in history
    assert "Version 2 judges." in history
    assert client.get(path(world, model, "draft/")).status_code == 302  # no draft any more
    with world.open():
        assert versions.published(model).author == world.members["ops"]


@pytest.fixture
def scored(worlds: tuple[World, World]) -> Iterator[tuple[World, HealthModel]]:
    """Two accounts of ours and one of the rival's, scored today by the real job."""
    world, rival = worlds
    for each, count in ((rival, 1), (world, 2)):
        with each.open():
            today = each.tenant.today()
            for number in range(count):
                row = scoring_facts.random_account(random.Random(number + 3), f"A-{number}", today)
                Account.objects.filter(id=row.id).update(owner=each.members["csm"], status="live")
            jobs.score_all(today)
    with world.open():
        yield world, versions.standard()


def test_the_preview_judges_the_same_facts_twice(scored) -> None:
    """Bands so high that nobody is healthy: everyone with a score is critical by the draft; nothing is written."""
    world, model = scored
    draft = versions.draft_from(model=model, by=None)
    versions.save_draft(
        draft=draft, definition=Definition.read(draft.definition).json() | {"bands": {"yellow": 99.5, "green": 99.9}},
        version=draft.version, by=None,
    )  # fmt: skip
    before = scoring_facts.scores()
    judged = HealthScore.objects.exclude(score=None).count()
    client, url = world.client("ops"), path(world, model, "draft/preview/figures/")
    answer = client.get(url)
    assert answer.status_code == 200
    matrix = answer.context["matrix"]
    assert sum(int(row["cells"][2]["value"]) for row in matrix) == judged
    assert judged > 0
    assert scoring_facts.scores() == before
    piece = client.get(url, headers={"HX-Request": "true", "HX-Target": "figures"})
    assert "<html" not in piece.content.decode()


def test_names_in_the_preview_are_those_that_one_may_see(scored) -> None:
    """ROL-01: a leader without a team may write models, and reads no names of others' accounts."""
    world, model = scored
    draft = versions.draft_from(model=model, by=None)
    versions.save_draft(
        draft=draft, definition=Definition.read(draft.definition).json() | {"bands": {"yellow": 0.1, "green": 0.2}},
        version=draft.version, by=None,
    )  # fmt: skip
    figures = world.client("leader").get(path(world, model, "draft/preview/figures/"))
    assert figures.context["moved"] == []
    assert "Company A-" not in figures.content.decode()
    assert (
        "Company A-" not in world.client("leader").get(path(world, model, "draft/preview/?q=company")).content.decode()
    )
    everyone = world.client("ops").get(path(world, model, "draft/preview/figures/"))
    assert everyone.context["moved"] != []


def test_what_if_for_one_account(scored) -> None:
    """The account's latest facts by what judges now (its stored score) and by the draft."""
    world, model = scored
    draft = versions.draft_from(model=model, by=None)
    data = Definition.read(draft.definition).json() | {"coverage": 0.1}
    data["weights"] = {"usage": 100, "engagement": 0, "support": 0, "outcomes": 0}
    versions.save_draft(draft=draft, definition=data, version=draft.version, by=None)
    stored = HealthScore.objects.exclude(score=None).exclude(usage=None).first()
    answer = world.client("ops").get(path(world, model, f"draft/preview/?account={stored.account_id}"))
    now, then = answer.context["judged"]
    assert now["score"] == score_text(stored.score, 1)
    assert then["score"] == then["components"][0]
    for bad in ("?account=x", "?q=%00", "?q=" + "x" * 500, "?account=" + str(draft.id)):
        assert world.client("ops").get(path(world, model, f"draft/preview/{bad}")).status_code == 200


def test_a_model_of_its_own_for_a_segment(world: World, model: HealthModel) -> None:
    client = world.client("ops")
    with world.open():
        segment = Segment.objects.get(profile=Profile.PRODUCT_LED)
    assert client.post(world.url(LIST), {"segment": str(segment.id)}).status_code == 302
    with world.open():
        own = HealthModel.objects.get(segment=segment)
        assert Definition.read(own.versions.get().definition) == Definition.default(Profile.PRODUCT_LED)
    again = client.post(world.url(LIST), {"segment": str(segment.id)})
    assert again.status_code == 422
    assert "has a model already" in again.content.decode()
    assert client.post(world.url(LIST), {"segment": "x"}).status_code == 422
    discarded = client.post(path(world, own, "draft/"), {"discard": "1"})
    assert discarded.headers["Location"] == world.url(LIST)
    with world.open():
        assert not HealthModel.objects.filter(segment=segment).exists()


def test_models_of_another_company_are_not_there(worlds: tuple[World, World]) -> None:
    world, rival = worlds
    with rival.open():
        theirs = versions.standard()
        versions.draft_from(model=theirs, by=None)
        segment = Segment.objects.first()
    client = world.client("ops")
    for end in ("", "draft/", "draft/preview/", "draft/preview/figures/"):
        assert client.get(path(world, theirs, end)).status_code == 404
    assert client.post(path(world, theirs, "draft/preview/"), {"reason": "x"}).status_code == 404
    assert client.post(world.url(LIST), {"segment": str(segment.id)}).status_code == 422


def test_what_changed_in_words() -> None:
    old = Definition.default()
    data = old.json()
    data["indicators"] = [row for row in data["indicators"] if row["key"] != "recency"]
    data["indicators"][0]["weight"] += 5
    data["bands"]["green"] = 82.5
    said = model_cells.changes(old, Definition.read(data))
    assert said == ["Usage against the weeks before: weight 20 to 25", "Last use leaves", "Healthy: from 80 to 82.5"]
    assert model_cells.changes(old, old) == []
