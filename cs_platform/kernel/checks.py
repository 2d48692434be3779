"""System checks of the nets: run by `check --database default` at deploy and in CI (API-04)."""

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from cs_platform.kernel.tenancy import POLICY, TenantManager, TenantModel


@register()
def managers(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Each model with a tenant column is a TenantModel whose default and base managers fail closed."""
    found: list[CheckMessage] = []
    for model in apps.get_models():
        has_column = any(field.name == "tenant" for field in model._meta.local_fields)
        if not has_column:
            continue
        if not issubclass(model, TenantModel):
            found.append(Error("has a tenant column and is not a TenantModel", obj=model, id="tenancy.E001"))
        elif not isinstance(model._default_manager, TenantManager) or not isinstance(
            model._base_manager, TenantManager
        ):
            found.append(Error("default or base manager does not fail closed", obj=model, id="tenancy.E002"))
    return found


CATALOGUE = """
SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, pg_get_userbyid(c.relowner),
       coalesce((SELECT array_agg(p.polname::text ORDER BY p.polname) FROM pg_policy p WHERE p.polrelid = c.oid), '{}'),
       coalesce((SELECT array_agg(i.indexrelid::regclass::text) FROM pg_index i
                  WHERE i.indrelid = c.oid AND (i.indisunique OR i.indisprimary) AND i.indkey[0] <> t.attnum), '{}'),
       coalesce((SELECT array_agg(f.conname::text) FROM pg_constraint f
                   JOIN pg_attribute ft ON ft.attrelid = f.confrelid AND ft.attname = 'tenant_id'
                  WHERE f.conrelid = c.oid AND f.contype = 'f' AND NOT t.attnum = ANY (f.conkey)), '{}'),
       c.relispartition, has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE')
  FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid AND t.attname = 'tenant_id' AND NOT t.attisdropped
 WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
 ORDER BY c.relname
"""


@register(Tags.database)
def catalogue(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Roles, forced policies, keys and foreign keys as they are in the database, not as the code hopes."""
    found: list[CheckMessage] = []
    doors = {m._meta.db_table: m.doors for m in apps.get_models() if issubclass(m, TenantModel)}
    for alias in databases or []:
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "SELECT current_user::text, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
            )
            role, superuser, bypass = cursor.fetchone()
            if superuser or bypass:
                found.append(Error(f"role {role} bypasses row-level security", id="tenancy.E010"))
            cursor.execute(CATALOGUE)
            for table, enabled, forced, owner, policies, keys, links, leaf, granted in cursor.fetchall():
                if not enabled or not forced:
                    found.append(Error(f"{table}: row-level security is not enabled and forced", id="tenancy.E011"))
                if owner == role:
                    found.append(Error(f"{table}: the role {role} owns it", id="tenancy.E012"))
                expected = sorted([POLICY, *(door.name for door in doors.get(table, ()))])
                if list(policies) != expected:
                    found.append(Error(f"{table}: policies {policies}, expected {expected}", id="tenancy.E013"))
                for key in keys:
                    found.append(Error(f"{table}: unique key {key} does not lead with tenant_id", id="tenancy.E014"))
                for link in links:
                    found.append(Error(f"{table}: foreign key {link} can cross tenants", id="tenancy.E015"))
                if leaf and granted:  # a policy of the parent does not hold for who asks a partition directly
                    found.append(Error(f"{table}: the role {role} may use a partition", id="tenancy.E017"))
                if table not in doors and not leaf:
                    found.append(Error(f"{table}: has tenant_id and no TenantModel", id="tenancy.E016"))
    return found
