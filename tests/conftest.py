"""Fixtures: a database that is migrated as its owner and used as the runtime role, two tenants that look alike."""

import gc
import os
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import cache

import environ
import pytest
from django.conf import settings
from django.db import connections, models, transaction
from django.test import Client, TransactionTestCase
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as properties

from accounts.models import ApiKey, Member, Role, Segment, Tenant, User
from accounts.selectors import key_digest
from accounts.services import add_member, create_tenant
from cs_platform.kernel.tenancy import tenant_context
from tests import databases

# Properties are judged by what comes out: on a busy machine an example may take a second to draw.
properties.register_profile("any_machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
properties.load_profile("any_machine")


def pytest_collection_finish() -> None:
    """What is there by now stays to the end: looking through all of it for garbage again and again took a fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


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
def migrating() -> ExitStack:
    """What has to be ended when the test database is ready."""
    return ExitStack()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    runtime_role: dict[str, str],
    django_db_modify_db_settings_parallel_suffix: None,
    django_db_keepdb: bool,
    django_db_createdb: bool,
    django_db_blocker: pytest.FixtureRequest,
    migrating: ExitStack,
) -> None:
    """The test database is created and migrated by the owner, as in production."""
    owner = environ.Env().db_url("DATABASE_ADMIN_URL")
    connections["default"].settings_dict |= {"USER": owner["USER"], "PASSWORD": owner["PASSWORD"]}
    if name := os.environ.get("SETIA_TEST_DB"):  # several people testing on one server
        connections["default"].settings_dict["TEST"]["NAME"] = f"test_{name}"
    with django_db_blocker.unblock():
        migrating.enter_context(databases.migrated_once(anew=django_db_createdb or not django_db_keepdb))


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None,
    migrating: ExitStack,
    runtime_role: dict[str, str],
    django_db_blocker: pytest.FixtureRequest,
) -> Iterator[None]:
    """After the migrations every test runs as cs_app, or the isolation tests would prove nothing.

    TRUNCATE is granted here only: transactional tests flush with it.
    """
    connection = connections["default"]
    with django_db_blocker.unblock():
        migrating.close()
        with connection.cursor() as cursor:
            cursor.execute("GRANT TRUNCATE ON ALL TABLES IN SCHEMA public TO cs_app")
    connection.close()
    owner = {key: connection.settings_dict[key] for key in ("USER", "PASSWORD")}
    connection.settings_dict |= runtime_role
    yield
    connection.close()
    connection.settings_dict |= owner


@pytest.fixture(scope="session", autouse=True)
def only_what_was_written_is_emptied() -> None:
    """Django's own flush writes the types and permissions of all models anew; no test that commits touches them."""
    TransactionTestCase._fixture_teardown = lambda self: databases.empty()


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


ROLES = ("executive", "leader", "csm", "ops")
PASSWORD = "correct horse"
# What the services leave in a new company, parents first; tests/architecture/test_worlds.py holds that it is all.
MADE = (Role, Segment, Member, ApiKey)
SLUG = "made-once"


def make_world(slug: str, name: str, **fields: object) -> World:
    """A company with a member for each role, as `create_tenant` and `add_member` make it.

    That takes forty statements, and the tests want five thousand companies. So the services make one for each process,
    and the others are copies of its rows under ids, words and keys of their own; one with other `fields` is made.
    """
    if fields:
        return world_by_services(slug, name, **fields)
    rows = _rows_to_copy()
    fresh: dict[object, models.Model] = {}
    tenant = Tenant(slug=slug, name=name, currency="USD", timezone="UTC")
    tenant.save()
    for row in rows[User]:
        fresh[row.pk] = _copy(row, fresh, email=row.email.replace(SLUG, slug))
    User.objects.bulk_create([fresh[row.pk] for row in rows[User]])
    secret = f"cs_live_{secrets.token_urlsafe(32)}"
    with tenant_context(tenant.id, actor="create_tenant"):
        for model in MADE:
            for row in rows[model]:
                fresh[row.pk] = _copy(row, fresh)
                if model is ApiKey:
                    fresh[row.pk].prefix, fresh[row.pk].key_hash = secret[:14], key_digest(secret)
            model.objects.bulk_create([fresh[row.pk] for row in rows[model]])
    members = {row.role.key: fresh[row.pk] for row in rows[Member]}
    for member in members.values():
        member.tenant = tenant  # as those of a request have it
    return World(tenant, members, PASSWORD, secret)


def _copy(row: models.Model, fresh: dict[object, models.Model], **changed: object) -> models.Model:
    """The same row anew: ids and times come as they do for any new row, and links lead to the new rows."""
    values: dict[str, object] = {}
    for field in row._meta.concrete_fields:
        if field.primary_key or field.name == "tenant" or field.has_db_default():
            continue
        value = getattr(row, field.attname)
        values[field.name] = fresh[value] if field.is_relation and value is not None else value
    return type(row)(**values | changed)


@cache
def _rows_to_copy() -> dict[type[models.Model], list[models.Model]]:
    """The rows of one company that the services made, in the installation's language, and that is gone again."""
    with translation.override(settings.LANGUAGE_CODE), transaction.atomic():
        world = world_by_services(SLUG, "Made once")
        with world.open():
            rows = {model: list(model.objects.order_by("id")) for model in MADE}
            users = [member.user for member in rows[Member]]
            _ = [member.role.key for member in rows[Member]]
        transaction.set_rollback(True)
    return {User: users, **rows}


def world_by_services(slug: str, name: str, **fields: object) -> World:
    """A company through the product's own door."""
    made = create_tenant(slug=slug, name=name, currency="USD", time_zone="UTC", **fields)
    members = {"admin": made.admin}
    with tenant_context(made.tenant.id, actor="test"):
        for role in ROLES:
            members[role] = add_member(
                email=f"{role}@{slug}.example", name=f"{role.title()} Person", role=role, password=PASSWORD
            )
    for member in members.values():
        member.tenant = made.tenant  # as those of a request have it
    return World(made.tenant, members, PASSWORD, made.api_key)


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
