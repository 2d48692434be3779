"""The companies of the tests are what the product's own services make, and their databases are as good as new ones."""

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from accounts.models import User
from accounts.selectors import live_key
from cs_platform.kernel.tenancy import TenantModel
from tests import databases
from tests.conftest import World, make_world, world_by_services

# Of a row: what is its own in each company.
OWN = {"id", "tenant_id", "user_id", "role_id", "created_by_id", "row_id", "prefix", "key_hash", "actor", "changes"}


def rows(world: World) -> dict[str, list[dict[str, object]]]:
    """All rows of a company, without what belongs to this one only."""
    found = {}
    with world.open():
        for model in apps.get_models():
            if issubclass(model, TenantModel) and (many := list(model.objects.values())):
                found[model.__name__] = sorted(
                    ({key: row[key] for key in row if key not in OWN and not key.endswith("at")} for row in many),
                    key=repr,
                )
    return found


def test_a_copy_has_the_rows_of_a_company_that_the_services_made(db):
    """Every table, so that a new default of `create_tenant` cannot be forgotten in the tests."""
    by_hand, copy = world_by_services("by-hand", "Acme Cloud"), make_world("copy", "Acme Cloud")
    assert rows(copy) == rows(by_hand)
    assert {"Role", "Segment", "Member", "ApiKey", "AuditEntry"} <= set(rows(copy))
    with copy.open():
        assert {key: (m.role.key, m.user.email) for key, m in copy.members.items()} == {
            key: (key, f"{key}@copy.example") for key in by_hand.members
        }
    for key, member in copy.members.items():
        user, like = User.objects.get(id=member.user_id), by_hand.members[key].user
        assert (user.name, user.is_active, user.language) == (like.name, like.is_active, like.language)
        assert user.check_password(copy.password) is (key != "admin")
    assert live_key(copy.api_key).tenant_id == copy.tenant.id
    assert copy.tenant.created_at.date() == by_hand.tenant.created_at.date()


def test_two_copies_share_nothing(db):
    one, two = make_world("one", "Acme Cloud"), make_world("two", "Acme Cloud")
    assert one.api_key != two.api_key
    assert not {m.id for m in one.members.values()} & {m.id for m in two.members.values()}
    assert not {m.user_id for m in one.members.values()} & {m.user_id for m in two.members.values()}
    assert not {m.role_id for m in one.members.values()} & {m.role_id for m in two.members.values()}


@pytest.mark.django_db(transaction=True)
def test_what_a_test_commits_is_emptied_and_what_migrations_wrote_stays():
    def filled() -> set[str]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
                "AND pg_relation_size(oid) > 0"
            )
            return {name for (name,) in cursor.fetchall()}

    make_world("acme", "Acme Cloud")
    assert {"accounts_tenant", "accounts_member", "kernel_auditentry"} <= filled()
    databases.empty()
    assert filled() == {"django_content_type", "auth_permission", "django_migrations", "health_usagestore"}
    assert ContentType.objects.exists()
