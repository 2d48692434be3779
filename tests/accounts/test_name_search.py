"""Accounts by a part of their name: the list, the palette, the door that asks the index (PERFORMANCE D3, API-04)."""

import psycopg2
import pytest
from django.db import ProgrammingError, connection, transaction

from accounts.models import Account, customers
from tests.accounts.book import make_account

NAMES = ("Northwind Traders", "South & Wind", "100% Wind_Power", "Back\\slash Wind", "Étoile du NORD")


def named(text: str) -> list[str]:
    return sorted(Account.objects.named_like(text).values_list("name", flat=True))


@pytest.fixture
def named_book(tenant_open):
    for number, name in enumerate(NAMES):
        make_account(name, external_id=f"A-{number}")


CASES = [
    ("wind", ["100% Wind_Power", "Back\\slash Wind", "Northwind Traders", "South & Wind"]),
    (" WIND ", ["100% Wind_Power", "Back\\slash Wind", "Northwind Traders", "South & Wind"]),
    ("nor", ["Northwind Traders", "Étoile du NORD"]),
    ("ÉTO", ["Étoile du NORD"]),
    ("w", ["100% Wind_Power", "Back\\slash Wind", "Northwind Traders", "South & Wind"]),
    ("%", ["100% Wind_Power"]),
    ("d_p", ["100% Wind_Power"]),
    ("\\", ["Back\\slash Wind"]),
    ("'; --", []),
    ("windmill", []),
    ("", sorted(NAMES)),
]


@pytest.mark.parametrize("few", [1000, 1], ids=["few", "many"])
@pytest.mark.parametrize(("text", "expected"), CASES, ids=[text or "nothing" for text, _ in CASES])
def test_a_part_of_a_name_means_itself_however_many_hold_it(named_book, monkeypatch, text, expected, few):
    """D3: both ways to read the rows, looked up and met on the way, find the same; no sign has a meaning of its own."""
    monkeypatch.setattr(customers, "FEW_NAMED", few)
    assert named(text) == expected


def test_the_door_shows_the_open_tenant_and_none_without_one(worlds):
    """API-04: the function goes past the policies, so it alone must hold tenants apart."""
    mine, theirs = worlds
    for world in worlds:
        with world.open():
            make_account("Northwind")
    with mine.open():
        own = Account.objects.get().id
        assert ids("northwind") == [str(own)]
        assert list(Account.objects.named_like("north")) == [Account.objects.get()]
    with theirs.open():
        assert ids("northwind") != [str(own)]
    assert ids("northwind") == []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL app.tenant_id = ''")
        assert ids("northwind") == []


def test_whose_function_it_is_and_what_that_role_may_read(db):
    """API-04: it belongs to a role that nobody can be, which reads three columns of one table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_userbyid(proowner)::text, prosecdef, proconfig FROM pg_proc WHERE proname = 'accounts_named_like'"
        )
        owner, definer, settings = cursor.fetchone()
        assert (owner, definer) == ("cs_search", True)
        assert "search_path=public, pg_temp" in settings
        cursor.execute(
            "SELECT table_name || '.' || column_name FROM information_schema.column_privileges WHERE grantee = 'cs_search'"
            " UNION SELECT attrelid::regclass || '.' || attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid"
            " WHERE attnum > 0 AND c.relkind IN ('r', 'p', 'v') AND relnamespace = 'public'::regnamespace"
            " AND has_column_privilege('cs_search', attrelid, attnum, 'SELECT, INSERT, UPDATE')"
        )
        columns = {"accounts_account.tenant_id", "accounts_account.id", "accounts_account.name_key"}
        assert {name for (name,) in cursor.fetchall()} == columns
        cursor.execute(
            "SELECT has_schema_privilege('cs_search', 'public', 'CREATE'), pg_has_role('cs_search', 'MEMBER')"
        )
        assert cursor.fetchone() == (False, False)
    with pytest.raises(ProgrammingError, match="permission denied") as refused, transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET ROLE cs_search")
    assert isinstance(refused.value.__cause__, psycopg2.errors.InsufficientPrivilege)


def ids(part: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT accounts_named_like(%s, 10)::text[]", [part])
        return cursor.fetchone()[0]


def test_the_index_serves_the_door_and_the_list(named_book, django_assert_num_queries):
    """D3: a search is one question to the index and one for the rows."""
    with django_assert_num_queries(2):
        assert [a.name for a in Account.objects.named_like("trade").order_by("-mrr_minor", "id")[:8]] == [NAMES[0]]
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'account_by_part_of_name'")
        assert "gin (tenant_id, name_key gin_trgm_ops)" in cursor.fetchone()[0]


def test_the_palette_finds_who_was_merged_by_the_old_name(worlds):
    """METRICS 4: somebody who knows the old name gets there, and reads what became of it; nothing of another company."""
    mine = worlds[0]
    for world in worlds:
        with world.open():
            into = make_account("Acme Group", external_id="new")
            make_account("Zenith", external_id="old", merged_into=into)
    client = mine.client("admin")
    with mine.open():
        old = Account.objects.get(external_id="old")
    found = client.get(mine.url("palette/?q=zen")).content.decode()
    assert f"/accounts/{old.id}/" in found
    assert found.count("/accounts/") == 1
    assert "part of Acme Group now" in found
    assert "part of" not in client.get(mine.url("palette/?q=acme")).content.decode()
    assert mine.client("csm").get(mine.url("palette/?q=zen")).content.decode().count("/accounts/") == 0


def test_the_number_beside_accounts_leaves_out_who_was_merged(worlds):
    """METRICS 4: two that became one are one, in the navigation as in the list."""
    for world in worlds:
        with world.open():
            into = make_account("Acme Group", external_id="new")
            make_account("Zenith", external_id="old", merged_into=into)
    page = worlds[0].client("admin").get(worlds[0].url("accounts/"))
    assert page.context["ui"]._counts["accounts"] == 1
