"""Fixtures: a database that is migrated as its owner and used as the runtime role, two tenants that look alike."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import environ
import pytest
from django.conf import settings
from django.db import connections
from django.test import Client

from accounts.models import Member, Tenant
from accounts.services import add_member, create_tenant
from cs_platform.kernel.tenancy import tenant_context


@pytest.fixture(scope="session", autouse=True)
def fast_settings() -> None:
    """Cheap hashes and plain static files; nothing that changes what the product does."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.WHITENOISE_AUTOREFRESH = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture(scope="session")
def runtime_role() -> dict[str, str]:
    """User and password of the role that serves requests."""
    return {key: connections["default"].settings_dict[key] for key in ("USER", "PASSWORD")}


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    runtime_role: dict[str, str], django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """The test database is created and migrated by the owner, as in production."""
    owner = environ.Env().db_url("DATABASE_ADMIN_URL")
    connections["default"].settings_dict |= {"USER": owner["USER"], "PASSWORD": owner["PASSWORD"]}
    if name := os.environ.get("SETIA_TEST_DB"):  # several people testing on one server
        connections["default"].settings_dict["TEST"]["NAME"] = f"test_{name}"


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, runtime_role: dict[str, str], django_db_blocker: pytest.FixtureRequest
) -> Iterator[None]:
    """After the migrations every test runs as cs_app, or the isolation tests would prove nothing.

    TRUNCATE is granted here only: transactional tests flush with it.
    """
    connection = connections["default"]
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("GRANT TRUNCATE ON ALL TABLES IN SCHEMA public TO cs_app")
    connection.close()
    owner = {key: connection.settings_dict[key] for key in ("USER", "PASSWORD")}
    connection.settings_dict |= runtime_role
    yield
    connection.close()
    connection.settings_dict |= owner


@dataclass
class World:
    """A tenant with one member for each role, and the way into its context."""

    tenant: Tenant
    members: dict[str, Member]
    password: str
    api_key: str

    def open(self) -> AbstractContextManager[None]:
        return tenant_context(self.tenant.id, actor="test")

    def client(self, role: str) -> Client:
        """A browser in which the member of this role is signed in."""
        client = Client()
        client.force_login(self.members[role].user)
        return client

    def url(self, path: str = "") -> str:
        return f"/t/{self.tenant.slug}/{path}"


def make_world(slug: str, name: str, **fields: object) -> World:
    made = create_tenant(slug=slug, name=name, currency="USD", time_zone="UTC", **fields)
    members = {"admin": made.admin}
    with tenant_context(made.tenant.id, actor="test"):
        for role in ("executive", "leader", "csm", "ops"):
            members[role] = add_member(
                email=f"{role}@{slug}.example", name=f"{role.title()} Person", role=role, password="correct horse"
            )
    for member in members.values():
        member.tenant = made.tenant  # as those of a request have it
    return World(made.tenant, members, "correct horse", made.api_key)


@pytest.fixture
def world(db: None) -> World:
    """Tenant `acme`."""
    return make_world("acme", "Acme Cloud")


@pytest.fixture
def rival(db: None) -> World:
    """Tenant `rival`, whose rows look like acme's, so that each test can leak."""
    return make_world("rival", "Acme Cloud")


@pytest.fixture
def worlds(world: World, rival: World) -> tuple[World, World]:
    return world, rival


@pytest.fixture
def tenant_open(world: World) -> Iterator[World]:
    """`acme` with its context open for the whole test."""
    with world.open():
        yield world
