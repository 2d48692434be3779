"""/api/v1/absences: noted, read and ended by a program (ROL-02, API-01, API-04)."""

import datetime as dt

from accounts.enums import KeyScope
from accounts.models import Absence
from tests.api.conftest import Api, key_of
from tests.conftest import World


def body(world: World, first: int = 0, last: int = 3, **more: str | None) -> dict[str, str | None]:
    today = world.tenant.today()
    return {
        "member_email": "csm@acme.example",
        "cover_email": "leader@acme.example",
        "first_on": (today + dt.timedelta(days=first)).isoformat(),
        "last_on": (today + dt.timedelta(days=last)).isoformat(),
        **more,
    }


def test_note_read_and_filter(api: Api, world: World) -> None:
    """Made once for a key, read back by id and by who, found by days; pages follow each other."""
    answer = api.post("absences", body(world, note="Sea"), Idempotency_Key="k-1")
    assert answer.status_code == 201, answer.json()
    made = answer.json()
    assert answer["Location"].endswith(made["id"])
    assert (made["cover_email"], made["note"], made["version"]) == ("leader@acme.example", "Sea", 1)
    assert api.post("absences", body(world, note="Sea"), Idempotency_Key="k-1").json()["id"] == made["id"]
    assert api.get(f"absences/{made['id']}").json() == made
    later = api.post("absences", body(world, 10, 12, cover_email=None)).json()
    assert later["cover_email"] is None
    found = api.get("absences?member=csm@acme.example&limit=1").json()
    assert [row["id"] for row in found["results"]] == [made["id"]]
    following = api.client.get(found["next"], headers={"Authorization": f"Bearer {api.secret}"}).json()
    assert [row["id"] for row in following["results"]] == [later["id"]]
    since = later["first_on"]
    assert [row["id"] for row in api.get(f"absences?since={since}").json()["results"]] == [later["id"]]
    assert [row["id"] for row in api.get(f"absences?until={made['last_on']}").json()["results"]] == [made["id"]]
    assert api.get("absences?cover=nobody@acme.example").json()["results"] == []


def test_refusals_name_their_field(api: Api, world: World) -> None:
    """Overlap, unknown people, days in the wrong order, fields that are none."""
    api.post("absences", body(world))
    wrong = (
        (body(world, 1, 2), "first_on"),
        (body(world, 20, 19), "last_on"),
        (body(world, 20, 21, cover_email="csm@acme.example"), "cover"),
        (body(world, 20, 21, cover_email="x@acme.example"), "cover_email"),
        (body(world, 20, 21, member_email="x@acme.example"), "member_email"),
        (body(world, 20, 21, shoe="9"), "shoe"),
        (body(world, 20, 21, first_on="soon"), "first_on"),
    )
    for sent, field in wrong:
        answer = api.post("absences", sent)
        assert answer.status_code == 422, sent
        assert field in answer.json()["error"]["fields"], answer.json()
    assert api.get("absences?shoe=9").status_code == 422
    with world.open():
        assert Absence.objects.count() == 1


def test_ending_needs_the_scope_and_the_version(worlds: tuple[World, World]) -> None:
    """DELETE is for `admin`: one that runs ends with yesterday, one that is coming goes; another company's is unknown."""
    world, rival = worlds
    admin = Api(key_of(world, KeyScope.ADMIN)[1])
    running = admin.post("absences", body(world, -2, 3)).json()
    coming = admin.post("absences", body(world, 9, 9)).json()
    assert Api(key_of(world, KeyScope.WRITE)[1]).delete(f"absences/{running['id']}").status_code == 403
    assert Api(key_of(rival, KeyScope.ADMIN)[1]).delete(f"absences/{running['id']}").status_code == 404
    assert Api(key_of(rival, KeyScope.READ)[1]).get("absences").json()["results"] == []
    assert admin.delete(f"absences/{running['id']}", If_Match='"7"').status_code == 409
    assert admin.delete(f"absences/{running['id']}", If_Match='"1"').status_code == 204
    assert admin.delete(f"absences/{coming['id']}").status_code == 204
    (row,) = admin.get("absences").json()["results"]
    assert row["last_on"] == (world.tenant.today() - dt.timedelta(days=1)).isoformat()
    assert admin.delete(f"absences/{running['id']}").status_code == 422
