"""Databases for tests: migrated once for as long as the migrations stay as they are, and emptied after a test that commits."""

import ast
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import connections

from cs_platform.embedded import state

PREFIX = "test_setia_migrated_"
# Tables of models that `migrate` fills for all models, and no test changes.
KEPT = ("django_content_type", "auth_permission")
# What has pages has, or had, rows: a policy hides rows from us, and not the size. Where one of these is emptied, those
# that refer to it are too, and PostgreSQL wants to hear all of their names.
FILLED = """
WITH RECURSIVE filled AS (
    SELECT coalesce(pg_partition_root(c.oid), c.oid::regclass)::oid AS oid FROM pg_class c
     WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND pg_relation_size(c.oid) > 0
       AND coalesce(pg_partition_root(c.oid), c.oid::regclass)::text = ANY (%(tables)s)
    UNION
    SELECT k.conrelid FROM filled f JOIN pg_constraint k ON k.confrelid = f.oid AND k.contype = 'f'
)
SELECT string_agg(oid::regclass::text, ', ') FROM filled"""


def migrations_fingerprint() -> str:
    """Changes when a migrated database would: with a migration, with a module that one imports, with roles and versions."""
    root = Path(settings.BASE_DIR)
    files = {*root.glob("*/migrations/*.py"), *root.glob("cs_platform/*/migrations/*.py")}
    assert files
    for path in tuple(files):
        files |= set(_imported(path, root))
    files |= {root / "cs_platform/embedded/roles.sql", root / "requirements/runtime.txt"}
    parts = [f"{path.relative_to(root)} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in sorted(files)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _imported(path: Path, root: Path) -> Iterator[Path]:
    """Modules of the product that a file imports, with the SQL beside them."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            module = root / name.replace(".", "/")
            if module.with_suffix(".py").exists():
                yield module.with_suffix(".py")
                yield from module.parent.glob("*.sql")
            elif (module / "__init__.py").exists():
                yield module / "__init__.py"


@contextmanager
def migrated_once(*, anew: bool) -> Iterator[None]:
    """Inside, the test database is made and migrated: as a copy of one that was, when there is one, which takes a second.

    The other workers wait meanwhile. A database that was made `anew`, and migrated here, becomes the one to copy; those
    of other migrations go.
    """
    connection = connections["default"]
    name = PREFIX + migrations_fingerprint()
    with state.locked("test-databases"):
        with connection._nodb_cursor() as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{PREFIX}%"])
            found = {row[0] for row in cursor.fetchall()}
        if name in found:
            connection.settings_dict["TEST"]["TEMPLATE"] = name
        yield
        if anew and name not in found:
            connection.close()
            with connection._nodb_cursor() as cursor:
                for old in found:
                    cursor.execute(f'DROP DATABASE "{old}"')
                cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{connection.settings_dict["NAME"]}"')


def empty() -> None:
    """Empty the tables of models that a test may have filled. Where nothing was written nothing is done."""
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}  # unmanaged ones as well
    with connections["default"].cursor() as cursor:
        cursor.execute(FILLED, {"tables": [*tables.difference(KEPT)]})
        if names := cursor.fetchone()[0]:
            cursor.execute(f"TRUNCATE {names}")
