"""Audit trail by database trigger: bulk writes, COPY and raw SQL leave the same trace as a form (who, when, old, new)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.migrations.operations.base import Operation

# Columns whose change alone says nothing to a reader.
_SILENT = ("updated_at", "version", "last_used_at")

FUNCTION = f"""
CREATE OR REPLACE FUNCTION audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE actor text := coalesce(current_setting('app.actor', true), '');
        request text := coalesce(current_setting('app.request', true), '');
BEGIN
    -- Figures that a job derives from facts are no edits.
    IF coalesce(current_setting('app.derived', true), '') = 'on' THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'INSERT' THEN
        -- An import is one audited row of its own; each of its rows points back to it.
        IF coalesce(current_setting('app.bulk', true), '') <> 'on' THEN
            INSERT INTO kernel_auditentry (id, tenant_id, "table", row_id, action, changes, actor, request)
            SELECT uuidv7(), n.tenant_id, TG_TABLE_NAME, n.id, 'insert',
                   (SELECT coalesce(jsonb_object_agg(c.key, jsonb_build_array(null, c.value)), '{{}}')
                      FROM jsonb_each(jsonb_strip_nulls(to_jsonb(n))) c
                     WHERE c.key NOT IN ('id', 'tenant_id') AND c.key NOT LIKE '%hash%' AND c.value <> '""'),
                   actor, request
              FROM new_rows n;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO kernel_auditentry (id, tenant_id, "table", row_id, action, changes, actor, request)
        SELECT uuidv7(), d.tenant_id, TG_TABLE_NAME, d.id, 'update', d.changes, actor, request
          FROM (SELECT n.tenant_id, n.id,
                       (SELECT jsonb_object_agg(c.key, jsonb_build_array(to_jsonb(o) -> c.key, c.value))
                          FROM jsonb_each(to_jsonb(n)) c
                         WHERE c.value IS DISTINCT FROM to_jsonb(o) -> c.key
                           AND c.key <> ALL (ARRAY{list(_SILENT)!r}) AND c.key NOT LIKE '%hash%') AS changes
                  FROM new_rows n JOIN old_rows o ON o.tenant_id = n.tenant_id AND o.id = n.id) d
         WHERE d.changes IS NOT NULL;
    ELSE
        INSERT INTO kernel_auditentry (id, tenant_id, "table", row_id, action, changes, actor, request)
        SELECT uuidv7(), o.tenant_id, TG_TABLE_NAME, o.id, 'delete',
               (SELECT coalesce(jsonb_object_agg(c.key, jsonb_build_array(c.value, null)), '{{}}')
                  FROM jsonb_each(jsonb_strip_nulls(to_jsonb(o))) c
                 WHERE c.key NOT IN ('id', 'tenant_id') AND c.key NOT LIKE '%hash%'),
               actor, request
          FROM old_rows o;
    END IF;
    RETURN NULL;
END $$
"""


@contextmanager
def derived() -> Iterator[None]:
    """What is written inside is derived from facts and leaves no trace of its own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.derived', 'on', true)")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.derived', '', true)")


class AuditTables(Operation):
    """Put the audit triggers on these tables. Safe to run again."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, tables: list[str]) -> None:
        self.tables = tables

    def deconstruct(self) -> Any:
        return type(self).__name__, [], {"tables": self.tables}

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Nothing."""

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Nothing to undo: the triggers go with their tables."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        schema_editor.execute(FUNCTION, params=None)
        tables = {"INSERT": "NEW TABLE AS new_rows", "DELETE": "OLD TABLE AS old_rows"}
        tables["UPDATE"] = f"{tables['INSERT']} {tables['DELETE']}"
        for table in self.tables:
            for event, names in tables.items():
                trigger = f"audit_{event.lower()}"
                schema_editor.execute(f'DROP TRIGGER IF EXISTS {trigger} ON "{table}"', params=None)
                schema_editor.execute(
                    f'CREATE TRIGGER {trigger} AFTER {event} ON "{table}" REFERENCING {names} '
                    "FOR EACH STATEMENT EXECUTE FUNCTION audit_change()",
                    params=None,
                )

    def describe(self) -> str:
        return "Audit triggers"
