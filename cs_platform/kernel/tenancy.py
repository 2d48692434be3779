"""Tenancy: nets that each fail closed (API-04).

1. `TenantModel` managers refuse to work without a tenant, filter by it and stamp it.
2. Row-level security, FORCEd, on every tenant table; the tenant is set for the transaction only.
3. Composite foreign keys `(tenant_id, x_id)` refuse links across tenants even from raw SQL.

`SecureTenantTables`, the last operation of each migration that touches a tenant model, writes nets 2 and 3.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, TypeVar

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db import connection, models, transaction
from django.db.migrations.operations.base import Operation
from uuid_utils.compat import uuid7

from cs_platform.kernel.forms import TenantChoiceField

TENANT_SETTING = "app.tenant_id"
POLICY = "tenant"


class NoTenant(RuntimeError):
    """A tenant's rows were asked for outside of `tenant_context`."""


class WrongTenant(RuntimeError):
    """A row or a context of another tenant was handed in."""


_current: ContextVar[int | None] = ContextVar("tenant_id", default=None)


def current_tenant_id() -> int:
    """The tenant of the surrounding context; NoTenant outside of one."""
    tenant_id = _current.get()
    if tenant_id is None:
        raise NoTenant("No tenant is set: open tenant_context() first.")
    return tenant_id


@contextmanager
def tenant_context(tenant_id: int, *, actor: str = "", request_id: str = "") -> Iterator[None]:
    """One transaction in which exactly this tenant's rows exist; `actor` and `request_id` go into the audit trail.

    Opening the same tenant again inside is allowed and does nothing; another tenant is refused, because a released
    savepoint would leave the wrong tenant behind.
    """
    if not isinstance(tenant_id, int) or isinstance(tenant_id, bool):
        raise WrongTenant(f"A tenant id is an integer, not {tenant_id!r}.")
    outer = _current.get()
    if outer is not None:
        if outer != tenant_id:
            raise WrongTenant(f"Tenant {outer} is open; tenant {tenant_id} cannot be opened inside it.")
        yield
        return
    nested = connection.in_atomic_block
    with transaction.atomic():
        with connection.cursor() as cursor:
            # The statement, not set_config(): a distributed database forwards only SET LOCAL to its workers.
            cursor.execute(
                f"SET LOCAL {TENANT_SETTING} = '{tenant_id}';"
                "SELECT set_config('app.actor', %s, true), set_config('app.request', %s, true)",
                [actor, request_id],
            )
        token = _current.set(tenant_id)
        try:
            yield
        finally:
            _current.reset(token)
        if nested and not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL {TENANT_SETTING} = ''")


_Found = TypeVar("_Found", bound=models.Model)


@contextmanager
def open_door(setting: str, value: str) -> Iterator[None]:
    """A transaction in which one SELECT-only door (see `Door`) is open, before any tenant is known."""
    nested = connection.in_atomic_block
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config(%s, %s, true)", [setting, value])
        yield
        if nested:  # else it ends with the transaction
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config(%s, '', true)", [setting])


def first_behind(setting: str, value: str, model: type[_Found], column: str, joined: str) -> "_Found | None":
    """The row of `model` whose `column` is `value`, with the row that `joined` points to, behind a SELECT-only door.

    Every request of the API begins with it, so it takes one trip to the database outside a transaction, where opening
    the door, asking and closing it take four: both statements go as one text, which PostgreSQL runs as one transaction,
    so the door closes with it. And the statement is written once: for Django that is more work than all the rest.
    """
    sql, converters = _first_behind_sql(model, column, joined)
    with connection.cursor() as cursor:
        if connection.in_atomic_block:
            with open_door(setting, value):
                cursor.execute(sql, [value])
                row = cursor.fetchone()
        else:
            cursor.execute(f"SELECT set_config(%s, %s, true); {sql}", [setting, value, value])
            row = cursor.fetchone()
    if row is None:
        return None
    values = list(row)
    for number, (convert, expression) in converters.items():
        for each in convert:
            values[number] = each(values[number], expression, connection)
    own = [field.attname for field in model._meta.concrete_fields]
    other: Any = model._meta.get_field(joined).related_model
    found = model.from_db(connection.alias, own, values[: len(own)])
    names = [field.attname for field in other._meta.concrete_fields]
    setattr(found, joined, other.from_db(connection.alias, names, values[len(own) :]))
    return found


@cache
def _first_behind_sql(model: Any, column: str, joined: str) -> tuple[str, dict[int, Any]]:
    """The statement with a place for the value, and what turns its columns into values, by their number."""
    rows = model.all_tenants.filter(**{column: ""}).select_related(joined).order_by()[:1]
    compiler = rows.query.get_compiler(connection=connection)
    sql, _params = compiler.as_sql()
    return sql, compiler.get_converters([column[0] for column in compiler.select])


@dataclass(frozen=True)
class Door:
    """A second, SELECT-only policy: rows that may be read by `setting` before the tenant is known."""

    name: str
    setting: str
    using: str

    def policy_sql(self) -> str:
        return self.using.format(setting=f"(select nullif(current_setting('{self.setting}', true), ''))")


class TenantQuerySet(models.QuerySet):
    """A queryset whose bulk writes carry the tenant."""

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> Any:
        objs = list(objs)
        for obj in objs:
            obj.stamp_tenant()
        return super().bulk_create(objs, *args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        if "tenant" in kwargs or "tenant_id" in kwargs:
            raise WrongTenant("A row never moves to another tenant.")
        return super().update(**kwargs)


class TenantManager(models.Manager.from_queryset(TenantQuerySet)):  # type: ignore[misc]
    """Refuses to build a queryset without a tenant and filters by it."""

    use_in_migrations = False

    def get_queryset(self) -> TenantQuerySet:
        return super().get_queryset().filter(tenant_id=current_tenant_id())


class TenantForeignKey(models.ForeignKey):
    """A foreign key to a tenant model; `SecureTenantTables` gives it its composite constraint and index.

    With `checked=False` it has neither and is a way to join: for a `DerivedModel`.
    """

    def __init__(self, to: Any, on_delete: Any, *, checked: bool = True, **kwargs: Any) -> None:
        self.checked = checked
        kwargs["db_constraint"] = False
        kwargs["db_index"] = False
        super().__init__(to, on_delete, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("db_constraint", None)
        kwargs.pop("db_index", None)
        if not self.checked:
            kwargs["checked"] = False
        return name, path, args, kwargs

    def formfield(self, **kwargs: Any) -> Any:
        return models.Field.formfield(
            self, **{"form_class": TenantChoiceField, "model": self.remote_field.model, "blank": self.blank, **kwargs}
        )


class TenantModel(models.Model):
    """Base of every model that belongs to a tenant. `class Meta(TenantModel.Meta)` keeps the base manager."""

    doors: ClassVar[tuple[Door, ...]] = ()
    append_only: ClassVar[bool] = False

    tenant = models.ForeignKey(
        settings.TENANT_MODEL, on_delete=models.CASCADE, editable=False, db_index=False, related_name="+"
    )

    objects = TenantManager()
    all_tenants = models.Manager()

    class Meta:
        abstract = True
        base_manager_name = "objects"
        default_manager_name = "objects"

    def stamp_tenant(self) -> None:
        """Give the row the current tenant; WrongTenant when it already has another."""
        current = current_tenant_id()
        if self.tenant_id is None:
            self.tenant_id = current
        elif self.tenant_id != current:
            raise WrongTenant(f"This row belongs to tenant {self.tenant_id}, not {current}.")

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.stamp_tenant()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        self.stamp_tenant()
        return super().delete(*args, **kwargs)


class DerivedModel(TenantModel):
    """A tenant model whose rows the night derives by the million from rows of the same tenant.

    Its keys are ways to join and no constraints: a deferred check of each row took longer than the rows themselves. The
    policy still refuses rows of another tenant, and what the rows must add up to is checked as a whole.
    """

    tenant = models.ForeignKey(
        settings.TENANT_MODEL,
        on_delete=models.CASCADE,
        editable=False,
        db_index=False,
        db_constraint=False,
        related_name="+",
    )

    class Meta(TenantModel.Meta):
        abstract = True


class EntityModel(TenantModel):
    """A tenant model with its own time-ordered id; the database's primary key is (tenant_id, id)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    class Meta(TenantModel.Meta):
        abstract = True


def _run(editor: Any, sql: str) -> None:
    """Execute without parameters, so that a percent sign means itself."""
    editor.execute(sql, params=None)


def policy_expression() -> str:
    """The policy of a tenant table. The sub-select is evaluated once, not for each row, and '' gives no row."""
    return f"tenant_id = (select nullif(current_setting('{TENANT_SETTING}', true), '')::bigint)"


class SecureTenantTables(Operation):
    """Give the app's tenant tables their key, policies, composite foreign keys and grants. Safe to run again.

    `doors` maps a table to its `Door`s, `append_only` lists tables whose rows are never changed or removed.
    """

    reduces_to_sql = True
    reversible = True
    atomic = True

    def __init__(self, doors: dict[str, list[Door]] | None = None, append_only: list[str] | None = None) -> None:
        self.doors = doors or {}
        self.append_only = append_only or []

    def deconstruct(self) -> Any:
        return type(self).__name__, [], {"doors": self.doors, "append_only": self.append_only}

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Nothing: Django goes on seeing `id` as the key."""

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Nothing to undo: the tables go with their migration."""

    def describe(self) -> str:
        return "Keys, row-level security and composite foreign keys of tenant tables"

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        found = [m for m in to_state.apps.get_app_config(app_label).get_models() if is_tenant_model(m)]
        for model in found:
            self._secure(model, schema_editor)
        for model in found:  # second pass: every target has its composite key by now
            for field in model._meta.local_fields:
                if isinstance(field, models.ForeignKey) and is_tenant_model(field.remote_field.model):
                    self._link(model, field, schema_editor)

    def _secure(self, model: Any, editor: Any) -> None:
        table = model._meta.db_table
        if not isinstance(model._meta.pk, models.CompositePrimaryKey):
            _run(
                editor,
                f"""DO $$ DECLARE c text; BEGIN
                    SELECT conname INTO c FROM pg_constraint
                     WHERE conrelid = '"{table}"'::regclass AND contype = 'p' AND array_length(conkey, 1) = 1;
                    IF c IS NOT NULL THEN
                        EXECUTE format('ALTER TABLE "{table}" DROP CONSTRAINT %I', c);
                        ALTER TABLE "{table}" ADD PRIMARY KEY (tenant_id, id);
                    END IF; END $$""",
            )
        _run(editor, f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        _run(editor, f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        _run(editor, f'DROP POLICY IF EXISTS {POLICY} ON "{table}"')
        expression = policy_expression()
        _run(editor, f'CREATE POLICY {POLICY} ON "{table}" USING ({expression}) WITH CHECK ({expression})')
        for door in self.doors.get(table, []):
            _run(editor, f'DROP POLICY IF EXISTS {door.name} ON "{table}"')
            _run(editor, f'CREATE POLICY {door.name} ON "{table}" FOR SELECT USING ({door.policy_sql()})')
        if table in self.append_only:
            _run(
                editor,
                f"""DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'cs_app') THEN
                    REVOKE UPDATE, DELETE, TRUNCATE ON "{table}" FROM cs_app; END IF; END $$""",
            )
            _run(
                editor,
                """CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    RAISE EXCEPTION '% is append-only: write a correcting row', TG_TABLE_NAME
                    USING ERRCODE = 'integrity_constraint_violation'; END $$""",
            )
            _run(editor, f'DROP TRIGGER IF EXISTS append_only ON "{table}"')
            _run(
                editor,
                f'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON "{table}" '
                "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
            )

    def _link(self, model: Any, field: Any, editor: Any) -> None:
        table, column = model._meta.db_table, field.column
        target = field.remote_field.model._meta.db_table
        name = f"fk_{table}_{column}"[:60]
        _run(editor, f'ALTER TABLE "{table}" DROP CONSTRAINT IF EXISTS "{name}"')
        if not getattr(field, "checked", True):
            return
        _run(
            editor,
            f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" FOREIGN KEY (tenant_id, "{column}") '
            f'REFERENCES "{target}" (tenant_id, id) DEFERRABLE INITIALLY DEFERRED',
        )
        # Most keys need an index that leads with the tenant; where a unique or primary key begins alike it is enough.
        _run(
            editor,
            f"""DO $$ BEGIN IF NOT EXISTS (
                SELECT FROM pg_index i WHERE i.indrelid = '"{table}"'::regclass AND i.indpred IS NULL
                AND (SELECT array_agg(a.attname::text ORDER BY k.n) FROM unnest(i.indkey) WITH ORDINALITY k(num, n)
                     JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num WHERE k.n <= 2)
                    = ARRAY['tenant_id', '{column}'])
                THEN CREATE INDEX "ix_{name}" ON "{table}" (tenant_id, "{column}"); END IF; END $$""",
        )


def is_tenant_model(model: Any) -> bool:
    """Whether the (possibly historical) model has the tenant column of `TenantModel`."""
    if not hasattr(model, "_meta"):
        return False
    try:
        field = model._meta.get_field("tenant")
    except FieldDoesNotExist:
        return False
    return isinstance(field, models.ForeignKey) and not model._meta.abstract
