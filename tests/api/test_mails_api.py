"""Mails of playbooks and addresses without mail over HTTP (REQUIREMENTS 1K, API-01)."""

import pytest

from accounts.enums import KeyScope
from accounts.models import MailOptOut
from cs_platform.kernel.models import AuditEntry
from tests.api.conftest import Api, key_of
from tests.journey.letter_facts import written


@pytest.fixture(autouse=True)
def letters(worlds):
    for world in worlds:
        with world.open():
            written(world)


def test_mails_are_read_and_a_rivals_are_not(api, rival, django_assert_max_num_queries):
    [row] = api.get("mails").json()["results"]
    assert (row["account"], row["state"], row["sender_email"]) == ("Halcyon", "waiting", "csm@acme.example")
    assert (row["subject"], row["contact"]) == ("A result for Halcyon", "Halcyon-Ruth Okafor")
    assert api.get(f"mails/{row['id']}").json() == row
    assert api.get("mails?state=sent").json()["results"] == []
    assert api.get("mails?state=strange").status_code == 422
    assert api.get("mails?account=Halcyon&limit=1").json()["results"] == [row]
    assert api.post("mails", {"subject": "x"}).status_code == 405
    theirs = Api(key_of(rival, KeyScope.READ)[1]).get("mails").json()["results"]
    assert [one["id"] for one in theirs] != [row["id"]]
    assert api.get(f"mails/{theirs[0]['id']}").status_code == 404


def test_an_address_is_noted_and_taken_back_with_a_reason(api, world, rival):
    made = api.post("mail-opt-outs", {"address": "Ruth@X.example", "note": "Asked on the phone"}, Idempotency_Key="k")
    assert made.status_code == 201, made.json()
    row = made.json()
    assert (row["address"], row["how"]) == ("ruth@x.example", "member")
    assert api.post("mail-opt-outs", {"address": "ruth@x.example"}).json()["id"] == row["id"]
    assert api.get("mail-opt-outs?address=RUTH@x.example").json()["results"] == [row]
    for sent in (
        {"address": "nobody"},
        {},
        {"address": "a@x.example", "how": "link"},
        {"address": "a@x.example", "note": "x" * 201},
    ):
        assert api.post("mail-opt-outs", sent).status_code == 422, sent
    admin = Api(key_of(world, KeyScope.ADMIN)[1])
    path = f"mail-opt-outs/{row['id']}"
    assert Api(key_of(world, KeyScope.WRITE)[1]).delete(f"{path}?reason=x").status_code == 403
    assert Api(key_of(rival, KeyScope.ADMIN)[1]).delete(f"{path}?reason=x").status_code == 404
    assert admin.delete(path).status_code == 422
    assert admin.delete(f"{path}?reason=She+asked").status_code == 204
    with world.open():
        assert not MailOptOut.objects.exists()
        assert AuditEntry.objects.filter(table="accounts_mailoptout", changes__note__1="She asked").exists()
