"""What nobody should have to remember about the house: floors, doors, words."""

import ast
import re
from pathlib import Path

import pytest
from celery import current_app
from django.apps import apps
from django.conf import settings

from accounts import audit_trail
from cs_platform import environment
from cs_platform.kernel.tenancy import TenantModel

ROOT = Path(settings.BASE_DIR)
FLOORS = ("accounts", "health", "journey", "renewals", "advocacy", "expansion", "metrics", "cs_platform")
PYTHON = [p for floor in FLOORS for p in (ROOT / floor).rglob("*.py") if "migrations" not in p.parts]
SQL = [p for floor in FLOORS for p in (ROOT / floor).rglob("*.sql") if "embedded" not in p.parts]

# The one place each where rows of all tenants may be asked for, through a SELECT-only door.
ALL_TENANTS = {
    "accounts/selectors.py",
    "cs_platform/kernel/queue.py",
    "cs_platform/kernel/tenancy.py",
}


def test_the_fail_closed_manager_is_bypassed_only_at_the_doors():
    found = {str(p.relative_to(ROOT)) for p in PYTHON if "all_tenants" in p.read_text()}
    assert found == ALL_TENANTS


def test_no_rooms_without_a_name():
    unnamed = {"utils.py", "helpers.py", "common.py", "signals.py", "misc.py"}
    assert not [p for p in PYTHON if p.name in unnamed]


def test_every_json_column_says_what_is_in_it():
    """An unexplained JSONField is a schema that nobody wrote down."""
    silent = []
    for path in PYTHON:
        lines = path.read_text().splitlines()
        for number, text in enumerate(lines):
            if "models.JSONField(" in text:
                above = [line.strip() for line in lines[max(number - 3, 0) : number]]
                if not any(line.startswith("#") for line in above):
                    silent.append(f"{path.relative_to(ROOT)}:{number + 1}")
    explained_beside = {"accounts/models/imports.py", "accounts/models/customers.py"}
    assert [s for s in silent if s.split(":")[0] not in explained_beside] == []


def test_append_only_models_refuse_in_the_database(db):
    """A grant taken away and a trigger: what is written stays (HOUSE 3)."""
    from django.db import connection

    tables = {m._meta.db_table for m in apps.get_models() if issubclass(m, TenantModel) and m.append_only}
    assert "metrics_mrrmovement" in tables
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'append_only'")
        guarded = {row[0] for row in cursor.fetchall()}
        cursor.execute(
            "SELECT table_name FROM information_schema.role_table_grants "
            "WHERE grantee = 'cs_app' AND privilege_type IN ('UPDATE', 'DELETE')"
        )
        writable = {row[0] for row in cursor.fetchall()}
    assert guarded == tables
    assert not tables & writable


def test_audited_models_have_their_triggers(db):
    from django.db import connection

    wanted = {m._meta.db_table for m in apps.get_models() if getattr(m, "audited", False)}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE 'audit\\_%%' "
            "GROUP BY 1 HAVING count(*) = 3",
            [],
        )
        found = {row[0] for row in cursor.fetchall()}
    assert found == wanted


def test_audited_models_have_a_word_for_people():
    """The audit trail never shows the name of a table."""
    assert {m._meta.db_table for m in apps.get_models() if getattr(m, "audited", False)} <= set(audit_trail.TABLES)


@pytest.mark.parametrize("path", SQL, ids=lambda p: p.name)
def test_sql_files_have_a_comment_and_named_parameters_only(path: Path):
    text = path.read_text()
    assert text.startswith("--"), "begin with a comment that says what the statement is for"
    bare = re.sub(r"%\(\w+\)s|%%", "", re.sub(r"--.*", "", text))
    assert "%" not in bare


def test_tasks_are_alarm_clocks():
    """What is to be done stands in Postgres; a task takes nothing along that could be lost (RELIABILITY 4)."""
    current_app.loader.import_default_modules()
    own = [t for name, t in current_app.tasks.items() if name.startswith("cs_platform.")]
    assert {t.name for t in own} == {"cs_platform.tasks.drain", "cs_platform.tasks.tick"}
    for function in ast.parse((ROOT / "cs_platform/tasks.py").read_text()).body:
        if isinstance(function, ast.FunctionDef):
            assert not function.args.args
            assert len(function.body) <= 4


@pytest.mark.parametrize("folder", ["templates", "static/js"])
def test_nothing_inline_that_the_content_policy_would_refuse(folder: str):
    bad = re.compile(
        r"""\sstyle=|\son(click|change|submit|load|input|keydown)=|hx-on|javascript:|<style|<script(?![^>]*src)"""
    )
    found = []
    for path in (ROOT / folder).rglob("*"):
        if path.suffix in {".html", ".js"} and "email" not in path.parts:
            for number, text in enumerate(path.read_text().splitlines(), start=1):
                if bad.search(text) and "application/json" not in text:
                    found.append(f"{path.relative_to(ROOT)}:{number}: {text.strip()[:80]}")
    assert found == []


def test_environment_variables_stand_in_the_operators_guide():
    """The guide's table is the generated one, and it has every name that the settings read."""
    source = (ROOT / "cs_platform/settings.py").read_text()
    read = set(re.findall(r"env\.\w+\(\s*\"([A-Z_]+)\"", source))
    assert read
    assert read <= set(environment.VARIABLES)
    assert environment.written() == environment.table()
