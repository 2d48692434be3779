"""D3: accounts by a part of their name, as the product asks for them, beside a plain trigram search; see the README.

500,000 accounts in 50 companies of one size, and one company with 100,000. The base is one statement of a role that
bypasses row-level security, with the tenant in WHERE and the same index. The product's own way is two statements.
"""

import argparse
import statistics
from collections.abc import Callable
from typing import Any

import psycopg2

from benchmarks import harness

WORDS = (
    "acme alpine amber anchor apex arbor atlas aurora azure banner baker beacon birch bolt bridge bright canyon cedar cipher "
    "cobalt comet coral crest crown crystal delta drift eagle echo ember falcon fern flint forest fusion garnet glacier granite "
    "harbor hazel helix horizon indigo iron ivory jasper juniper kestrel keystone lantern laurel lotus lunar maple marble meridian "
    "mosaic nectar nimbus north nova oak ocean onyx orbit osprey pearl pine pioneer prism quartz raven reef ridge river sable"
)
KINDS = "Inc GmbH Ltd Group Systems Software Labs Company"
NAMES = """
SELECT set_config('app.bulk', 'on', false), set_config('app.derived', 'on', false), set_config('app.tenant_id', %(tenant)s, false);
UPDATE accounts_account
   SET name = words[1 + abs(hashtext(external_id || 'a')) %% cardinality(words)] || ' '
           || words[1 + abs(hashtext(external_id || 'b')) %% cardinality(words)] || ' '
           || kinds[1 + abs(hashtext(external_id || 'c')) %% cardinality(kinds)] || ' ' || external_id,
       mrr_minor = abs(hashtext(external_id || 'm'))
  FROM (SELECT string_to_array(%(words)s, ' ') AS words, string_to_array(%(kinds)s, ' ') AS kinds) w
 WHERE tenant_id = %(tenant)s::bigint
"""
PLAIN = "SELECT {columns} FROM accounts_account WHERE tenant_id = {tenant} AND name_key LIKE %s ORDER BY mrr_minor DESC, id LIMIT 8"
ASKED = (
    ("the full name", "a4711"),
    ("two words", "quartz raven"),
    ("none", "zeppelin"),
    ("a rare part", "company a12"),
    ("a word", "ember"),
    ("many", "systems"),
)


def book(companies: int, accounts: int, large: int) -> list[int]:
    """The tenants, the last of them the large one, with names of three words and a number."""
    tenants = [harness.make_book(f"t-{n}", accounts) for n in range(companies)] + [harness.make_book("large", large)]
    connection = psycopg2.connect(harness.address("DATABASE_ADMIN_URL"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        for tenant in tenants:
            cursor.execute(NAMES, {"tenant": str(tenant), "words": WORDS, "kinds": KINDS})
        cursor.execute("VACUUM (FULL, ANALYZE) accounts_account")
    connection.close()
    return tenants


def compare(tenant: int, said: str, repeats: int) -> None:
    """One line for each needle: the ids by the function beside the plain search, and the first eight rows as the palette asks."""
    from django.db import connection

    from accounts.models import Account
    from accounts.models.customers import FEW_NAMED
    from cs_platform.kernel.tenancy import tenant_context

    doors, rows = [], []
    with tenant_context(tenant), harness.bypass() as theirs, connection.connection.cursor() as mine:
        columns = ", ".join(f'"{field.column}"' for field in Account._meta.concrete_fields)
        key = [field.name for field in Account._meta.concrete_fields].index("id")
        for name, part in ASKED:
            pattern = f"%{part}%"

            def ask(cursor: Any, sql: str, *given: Any) -> Callable[[], list[Any]]:
                def run() -> list[Any]:
                    cursor.execute(sql, given)
                    return list(cursor.fetchall())

                return run

            few = (
                f"SELECT id FROM accounts_account WHERE tenant_id = {tenant} AND name_key LIKE %s LIMIT {FEW_NAMED + 1}"
            )
            door = ask(mine, f"SELECT unnest(accounts_named_like(%s, {FEW_NAMED + 1}))", part)
            plain_ids = ask(theirs, few, pattern)
            plain_rows = ask(theirs, PLAIN.format(columns=columns, tenant=tenant), pattern)
            naive_rows = ask(mine, PLAIN.format(columns=columns, tenant=tenant), pattern)
            found = Account.objects.named_like(part).order_by("-mrr_minor", "id")[:8]
            sql, params = found.query.sql_with_params()

            def palette(sql: str = sql, params: Any = params, part: str = part) -> list[Any]:
                mine.execute("SELECT accounts_named_like(%s, %s)::text[]", [part, FEW_NAMED + 1])
                mine.fetchone()
                mine.execute(sql, params)
                return list(mine.fetchall())

            if {str(r[0]) for r in door()} != {str(r[0]) for r in plain_ids()} and len(door()) <= FEW_NAMED:
                raise AssertionError(f"{part}: not the same accounts")
            if [str(r[key]) for r in palette()] != [str(r[key]) for r in plain_rows()]:
                raise AssertionError(f"{part}: not the same rows")
            a, b, ratio = harness.ratio(door, plain_ids, repeats=repeats)
            c, d, whole = harness.ratio(palette, plain_rows, repeats=repeats)
            _, _, naive = harness.ratio(naive_rows, plain_rows, repeats=repeats)
            doors.append(ratio)
            rows.append(whole)
            text = f"{said}, {name}: ids {a * 1000:.2f}/{b * 1000:.2f} ms; first 8 {c * 1000:.2f}/{d * 1000:.2f} ms"
            harness.line("", text, f"x{ratio:.2f}; x{whole:.2f} (x{naive:.0f})", "", "")
    harness.line("D3", f"{said}: search under RLS / plain trigram, ids", f"x{statistics.median(doors):.2f}", "2", "1.2")
    harness.line("D3", f"{said}: the palette's eight rows", f"x{statistics.median(rows):.2f}", "2", "1.2")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, default=50)
    parser.add_argument("--accounts", type=int, default=8_000)
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=41)
    parser.add_argument("--keep", action="store_true", help="use the database as an earlier run left it")
    size = parser.parse_args()
    harness.start(fresh=not size.keep)
    from accounts.models import Tenant

    if not size.keep:
        book(size.companies, size.accounts, size.large)
    ids = dict(Tenant.objects.values_list("slug", "id"))
    print("each line: ratio of the ids; of the first 8 rows (of the same without the function)")
    compare(ids["t-7"], f"{size.accounts:,} of {size.companies * size.accounts + size.large:,}", size.repeats)
    compare(ids["large"], f"{size.large:,}", size.repeats)


if __name__ == "__main__":
    main()
