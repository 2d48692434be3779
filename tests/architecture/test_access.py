"""The access matrix: every URL of the resolver, by every principal, on own, foreign and unknown objects (API-04, ROL-01).

A page that is not listed by its permission fails; a foreign and an unknown object answer alike.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from cs_platform.kernel.access import Permission
from tests.conftest import World, make_world
from tests.samples import Samples, fill

# Pages whose rows are finer than their permission: a saved view is changed by who made it (here the admin), and the
# settings open at the first section that the role has.
OWN_VIEW = ("executive", "ops")
FINER = {
    "t/<slug:tenant>/accounts/views/<uuid:view_id>/": OWN_VIEW,
    "t/<slug:tenant>/accounts/views/<uuid:view_id>/delete/": OWN_VIEW,
    "t/<slug:tenant>/metrics/explore/views/<uuid:explore_view_id>/": OWN_VIEW,
    "t/<slug:tenant>/metrics/explore/views/<uuid:explore_view_id>/delete/": OWN_VIEW,
    "t/<slug:tenant>/issues/views/<uuid:issue_view_id>/": OWN_VIEW,
    "t/<slug:tenant>/issues/views/<uuid:issue_view_id>/delete/": OWN_VIEW,
    "t/<slug:tenant>/expansion/views/<uuid:deal_view_id>/": OWN_VIEW,
    "t/<slug:tenant>/expansion/views/<uuid:deal_view_id>/delete/": OWN_VIEW,
    "t/<slug:tenant>/settings/": ("executive",),
}
ROLES = ("executive", "leader", "csm", "ops", "admin")


def walk(patterns: list, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from walk(entry.url_patterns, path)
        else:
            yield path, entry


TENANT_PAGES = [(p, e) for p, e in walk(get_resolver().url_patterns) if p.startswith("t/<slug:tenant>/")]
ARGUMENT = re.compile(r"<(?:(\w+):)?(\w+)>")


def concrete(path: str, slug: str, samples: dict[str, object]) -> str:
    """The URL of a pattern with the sample of each of its arguments."""

    def value(match: re.Match[str]) -> str:
        name = match[2]
        if name == "row_id":  # the simple lists of the settings: segments/<row_id>, teams/<row_id>, ...
            name = path[: match.start()].rstrip("/").rsplit("/", 1)[1].removesuffix("s") + "_id"
        return slug if name == "tenant" else str(samples[name])

    return "/" + ARGUMENT.sub(value, path)


def names(path: str) -> list[str]:
    return [n for _, n in ARGUMENT.findall(path) if n != "tenant"]


def test_every_tenant_page_declares_its_permission():
    without = [p for p, e in TENANT_PAGES if not hasattr(e.callback, "permission")]
    assert without == []
    assert len(TENANT_PAGES) > 30


@dataclass
class House:
    """Two companies with one row of everything, and who is signed in."""

    mine: World
    theirs: World
    own: dict[str, object]
    foreign: dict[str, object]
    sessions: dict[tuple[str, str], str]

    def client(self, world: World, role: str) -> Client:
        """A browser of its own in which the member of this role is signed in."""
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[world.tenant.slug, role]
        return client


@pytest.fixture(scope="module")
def filled(django_db_setup, django_db_blocker) -> Iterator[House]:
    """Filled once: each test works on savepoints in its transaction, and finds everything as it was."""
    with django_db_blocker.unblock():
        around = transaction.atomic()
        around._from_testcase = True  # as the transaction around any test
        around.__enter__()
        mine, theirs = make_world("acme", "Acme Cloud"), make_world("rival", "Acme Cloud")
        sessions = {
            (world.tenant.slug, role): world.client(role).cookies[settings.SESSION_COOKIE_NAME].value
            for world in (mine, theirs)
            for role in ROLES
        }
        house = House(mine, theirs, fill(mine), fill(theirs), sessions)
    yield house
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)


@pytest.mark.parametrize(("path", "entry"), TENANT_PAGES, ids=[p for p, _ in TENANT_PAGES])
def test_matrix(path: str, entry: URLPattern, filled: House, db: None):
    """GET by all roles of both tenants and by nobody: only who may gets in, and nothing answers 5xx."""
    mine, theirs = filled.mine, filled.theirs
    own, foreign = filled.own, filled.foreign
    permission: Permission = entry.callback.permission
    url = concrete(path, mine.tenant.slug, own)

    assert Client().get(url).status_code == 302, "nobody is sent to sign in"
    for role in ROLES:
        stranger = filled.client(theirs, role)
        assert stranger.get(url).status_code == 404, f"{role} of another company"
        assert stranger.post(url, {"name": "x"}).status_code == 404, f"{role} of another company writes"
        answer = filled.client(mine, role).get(url)
        assert answer.status_code < 500
        may = mine.members[role].may(permission)
        if not may:
            assert answer.status_code == 403, f"{role} lacks {permission}"
            assert filled.client(mine, role).post(url, {"name": "x"}).status_code == 403, (
                f"{role} lacks {permission} and writes"
            )
        elif mine.members[role].role.scope == "all" and role not in FINER.get(path, ()):
            assert answer.status_code in {200, 204, 302, 405, 422}, f"{role} has {permission}: {answer.status_code}"

    if any(name.endswith("_id") for name in names(path)):
        unknown = {n: uuid4() if isinstance(v, Samples.Id) else v for n, v in own.items()}
        admin = filled.client(mine, "admin")
        away = admin.get(concrete(path, mine.tenant.slug, foreign))
        nowhere = admin.get(concrete(path, mine.tenant.slug, unknown))
        assert away.status_code == nowhere.status_code
        assert away.status_code in {404, 405}
