"""The nets of tenancy, each on its own (API-04)."""

import pytest
from django.core.management import call_command
from django.db import IntegrityError, ProgrammingError, connection, transaction

from accounts.models import Account, Contact, Member
from accounts.selectors import live_key, memberships
from cs_platform.kernel.models import AuditEntry
from cs_platform.kernel.tenancy import NoTenant, WrongTenant, tenant_context


def count(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def test_runs_as_the_runtime_role(db):
    assert count("SELECT (current_user = 'cs_app')::int") == 1


def test_system_check_is_silent(db):
    call_command("check", databases=["default"], fail_level="WARNING")


def test_managers_fail_closed(worlds):
    for attempt in (Account.objects.all, Account.objects.count, lambda: Account._base_manager.all()):
        with pytest.raises(NoTenant):
            attempt()


def test_database_shows_nothing_without_a_tenant_and_only_own_rows_with_one(worlds):
    for world in worlds:
        with world.open():
            Account.objects.create(external_id="A-1", name="Northwind")
    assert count("SELECT count(*) FROM accounts_account") == 0
    with worlds[0].open():
        assert count("SELECT count(*) FROM accounts_account") == 1
    assert count("SELECT count(*) FROM accounts_account") == 0


def test_foreign_rows_cannot_be_written(worlds):
    mine, theirs = worlds
    with mine.open(), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO accounts_segment (id, tenant_id, name, profile, position) "
                "VALUES (uuidv7(), %s, 'x', 'smb', 0)",
                [theirs.tenant.id],
            )


def test_links_across_tenants_are_refused_by_the_database(worlds):
    mine, theirs = worlds
    with theirs.open():
        foreign = Account.objects.create(external_id="F", name="Foreign")
    with pytest.raises(IntegrityError), transaction.atomic(), mine.open():
        Contact.objects.create(account_id=foreign.id, external_id="c", name="C")
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_second_tenant_cannot_be_opened_inside(worlds):
    mine, theirs = worlds
    with mine.open(), pytest.raises(WrongTenant), tenant_context(theirs.tenant.id):
        pass


def test_rows_never_move(worlds):
    mine, theirs = worlds
    with mine.open():
        account = Account.objects.create(external_id="A", name="A")
        with pytest.raises(WrongTenant):
            Account.objects.update(tenant_id=theirs.tenant.id)
    with theirs.open(), pytest.raises(WrongTenant):
        account.save()


def test_doors_open_one_row_each(worlds):
    mine, theirs = worlds
    key = live_key(mine.api_key)
    assert key is not None
    assert key.tenant_id == mine.tenant.id
    assert live_key("cs_live_wrong") is None
    found = memberships(theirs.members["csm"].user_id)
    assert [m.tenant_id for m in found] == [theirs.tenant.id]
    assert count("SELECT count(*) FROM accounts_member") == 0


@pytest.mark.django_db(transaction=True)
def test_a_key_is_found_in_one_trip_and_its_door_closes_behind_it(worlds):
    """Every request of the API begins with it; the same inside a transaction, where the door is closed by hand."""
    mine, theirs = worlds
    trips: list[str] = []

    def count_trips(execute, sql, *rest):
        trips.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count_trips):
        key = live_key(mine.api_key)
    assert key is not None
    assert (key.tenant_id, key.tenant.slug) == (mine.tenant.id, mine.tenant.slug)
    assert len(trips) == 1
    with transaction.atomic():
        found = live_key(theirs.api_key)
        assert found is not None
        assert found.tenant_id == theirs.tenant.id
        assert count("SELECT count(*) FROM accounts_apikey") == 0
    assert count("SELECT count(*) FROM accounts_apikey") == 0
    assert count("SELECT length(coalesce(current_setting('app.key_hash', true), ''))") == 0


def test_append_only_tables_refuse_changes(tenant_open):
    entry = AuditEntry.objects.first()
    assert entry is not None
    for sql in ("UPDATE kernel_auditentry SET actor = 'x'", "DELETE FROM kernel_auditentry"):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            count(sql + " RETURNING 1")


def test_audit_trail_holds_who_what_old_and_new(tenant_open):
    account = Account.objects.create(external_id="A", name="Old name")
    Account.objects.filter(id=account.id).update(name="New name")
    entry = AuditEntry.objects.filter(row_id=account.id, action="update").get()
    assert entry.actor == "test"
    assert entry.changes["name"] == ["Old name", "New name"]


def test_secrets_never_reach_the_audit_trail(tenant_open):
    assert not AuditEntry.objects.filter(changes__has_key="key_hash").exists()


def test_context_ends_with_the_transaction(world):
    with world.open():
        assert Member.objects.count() == 5
    with pytest.raises(NoTenant):
        Member.objects.count()
