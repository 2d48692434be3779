"""/api/v1/health-scores: the history to synchronise, and one account with all its factors (API-02, API-04, HLT-06)."""

import datetime as dt
from decimal import Decimal
from uuid import uuid4

import pytest

from accounts.models import Account
from health.models import HealthScore
from health.scoring import jobs
from tests.health.scoring_facts import DAY
from tests.health.test_scoring_jobs import known_well

WEEK_AGO = DAY - dt.timedelta(days=7)


@pytest.fixture
def scored(worlds):
    for world in worlds:
        with world.open():
            for name in ("A-1", "A-2", "A-3"):
                known_well(name)
            jobs.score_all(WEEK_AGO)
            jobs.score_all(DAY)
    return worlds


def test_pages_are_disjoint_complete_and_end(api, scored):
    seen, path = [], "health-scores?limit=4"
    while path:
        page = api.get(path).json()
        seen += [(row["account"], row["as_of"]) for row in page["results"]]
        path = page["next"] and page["next"].split("/api/v1/")[1]
    days = [str(WEEK_AGO), str(DAY)]
    assert sorted(seen) == sorted((name, day) for name in ("A-1", "A-2", "A-3") for day in days)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("account=A-1", 2),
        ("account=A-9", 0),
        (f"as_of={DAY}", 3),
        (f"as_of={DAY}&account=A-2", 1),
        ("band=green", 0),
        ("updated_since=2020-01-01T00:00:00Z", 6),
        ("updated_since=2098-01-01T00:00:00Z", 0),
    ],
)
def test_filters(api, scored, query, count):
    with scored[0].open():
        HealthScore.objects.update(band="yellow")
    assert len(api.get(f"health-scores?{query}").json()["results"]) == count


@pytest.mark.parametrize(
    "query", ["band=blue", "as_of=yesterday", "acount=A-1", "cursor=abc", "limit=0", "fields=luck"]
)
def test_a_wrong_filter_is_refused(api, scored, query):
    answer = api.get(f"health-scores?{query}")
    assert answer.status_code == 422
    assert query.split("=")[0] in answer.json()["error"]["fields"]


def test_one_account_with_its_factors(api, scored):
    with scored[0].open():
        row = HealthScore.objects.get(as_of=DAY, account_id=Account.objects.get(external_id="A-1").id)
    body = api.get("health-scores/ext:A-1").json()
    assert (body["account"], body["as_of"], Decimal(body["score"])) == ("A-1", str(DAY), row.score)
    assert api.get(f"health-scores/{row.account_id}").json() == body
    given = [Decimal(str(f["contribution"])) for f in body["factors"] if f["contribution"] is not None]
    assert sum(given) == row.score
    assert sum(f["weight"] for f in body["factors"]) == pytest.approx(1)
    assert next(f for f in body["factors"] if f["factor"] == "csat")["points"] is None


def test_a_foreign_account_and_an_unknown_one_answer_alike(api, scored):
    with scored[1].open():
        Account.objects.filter(external_id="A-3").update(external_id="only-theirs")
        foreign = Account.objects.get(external_id="only-theirs").id
    answers = [api.get(f"health-scores/{ref}") for ref in (foreign, uuid4(), "ext:only-theirs", "ext:nobody")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.json()["message"] for answer in answers}) == 1
    with scored[0].open():
        Account.objects.create(external_id="new", name="New")
    assert api.get("health-scores/ext:new").status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_scores_are_only_read(api, scored, method):
    path = "health-scores" if method == "POST" else "health-scores/ext:A-1"
    assert api.send(method, path, {}).status_code == 405
