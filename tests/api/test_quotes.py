"""Quotes over REST (REN-07, API-01): read, made, sent, withdrawn; another company's are not there."""

import pytest

from cs_platform.pipeline import install
from renewals.models import Quote, Renewal
from tests.api.conftest import Api
from tests.conftest import World
from tests.renewals.renewal_facts import Contracts

DUE = "2026-12-29"


@pytest.fixture
def contracts(world: World) -> Contracts:
    install()
    found = Contracts(world)
    found.year("A", DUE, "12000.00", key="S-1")
    found.year("A", DUE, "600.00", key="S-2")
    found.follow()
    return found


def test_a_program_makes_sends_and_withdraws_a_quote(api: Api, rival_api: Api, contracts: Contracts, rival: World):
    """CONTRACTS: what is not sent is the policy of the segment; what speaks against sending it is said."""
    with contracts.world.open():
        one = Renewal.objects.get()
    answer = api.post("quotes", {"renewal": one.external_id, "uplift": "5", "term_months": 24})
    assert answer.status_code == 201, answer.json()
    row = answer.json()
    assert (row["number"], row["state"], row["account"]) == ("Q-00001", "draft", "A")
    assert (row["year"], row["total"], row["ends_on"]) == ("13230.00", "26460.00", "2028-12-29")
    assert sorted(line["total"] for line in row["lines"]) == ["1260.00", "25200.00"]
    for bad in ({"uplift": "-101"}, {"term_months": 0}, {"renewal": "none"}, {"contact": "none"}):
        assert api.post("quotes", {"renewal": one.external_id} | bad).status_code in (400, 422), bad
    refused = api.post(f"quotes/{row['id']}/send", {})
    assert refused.status_code == 422, "nobody there has an address"
    assert api.post(f"quotes/{row['id']}/withdraw", {"version": 9}).status_code == 409
    for _twice in range(2):
        assert api.post(f"quotes/{row['id']}/withdraw", {}).json()["state"] == "withdrawn"
    listed = api.get(f"quotes?renewal={one.external_id}&state=withdrawn").json()["results"]
    assert [each["id"] for each in listed] == [row["id"]]
    assert api.get("quotes?account=B").json()["results"] == []
    with rival.open():
        assert not Quote.objects.exists()
    for method, tail in (("GET", ""), ("POST", "/send"), ("POST", "/withdraw")):
        assert rival_api.send(method, f"quotes/{row['id']}{tail}", {} if tail else None).status_code == 404
    assert rival_api.get("quotes").json()["results"] == []
    assert rival_api.post("quotes", {"renewal": one.external_id}).status_code in (400, 422)
