"""The access matrix: every URL of the resolver, by every principal, on own, foreign and unknown objects (API-04, ROL-01).

A page that is not listed by its permission fails; a foreign and an unknown object answer alike.
"""

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from cs_platform.kernel.access import Permission
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


@pytest.mark.parametrize(("path", "entry"), TENANT_PAGES, ids=[p for p, _ in TENANT_PAGES])
def test_matrix(path: str, entry: URLPattern, worlds):
    """GET by all roles of both tenants and by nobody: only who may gets in, and nothing answers 5xx."""
    mine, theirs = worlds
    own, foreign = fill(mine), fill(theirs)
    permission: Permission = entry.callback.permission
    url = concrete(path, mine.tenant.slug, own)

    assert Client().get(url).status_code == 302, "nobody is sent to sign in"
    for role in ROLES:
        stranger = theirs.client(role).get(url)
        assert stranger.status_code == 404, f"{role} of another company"
        assert theirs.client(role).post(url, {"name": "x"}).status_code == 404, f"{role} of another company writes"
        answer = mine.client(role).get(url)
        assert answer.status_code < 500
        may = mine.members[role].may(permission)
        if not may:
            assert answer.status_code == 403, f"{role} lacks {permission}"
            assert mine.client(role).post(url, {"name": "x"}).status_code == 403, (
                f"{role} lacks {permission} and writes"
            )
        elif mine.members[role].role.scope == "all" and role not in FINER.get(path, ()):
            assert answer.status_code in {200, 204, 302, 405, 422}, f"{role} has {permission}: {answer.status_code}"

    if any(name.endswith("_id") for name in names(path)):
        unknown = {n: uuid4() if isinstance(v, Samples.Id) else v for n, v in own.items()}
        admin = mine.client("admin")
        away = admin.get(concrete(path, mine.tenant.slug, foreign))
        nowhere = admin.get(concrete(path, mine.tenant.slug, unknown))
        assert away.status_code == nowhere.status_code
        assert away.status_code in {404, 405}
