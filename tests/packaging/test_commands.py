"""The Makefile, the CI script, and what manage.py prepares before Django."""

import os
import re
import subprocess

import pytest

from cs_platform.embedded import commands, servers
from cs_platform.embedded.state import ROOT, EmbeddedError


def dry_run(target: str) -> str:
    return subprocess.run(["make", "--dry-run", target], cwd=ROOT, text=True, capture_output=True, check=True).stdout


@pytest.mark.parametrize("target", ["setup", "demo", "test", "check", "stop", "clean", "lock", "help"])
def test_targets(target: str) -> None:
    assert dry_run(target)


def test_check_runs_what_test_runs() -> None:
    suite = [line for line in dry_run("test").splitlines() if "pytest" in line]
    assert suite
    assert [line for line in dry_run("check").splitlines() if "pytest" in line] == suite


@pytest.mark.parametrize("tool", ["ruff check", "ruff format --check", "importlinter", "djlint", "mypy"])
def test_check_runs_each_linter(tool: str) -> None:
    assert tool in dry_run("check")


@pytest.mark.parametrize("step", ["makemigrations --check --dry-run", "check --deploy --fail-level WARNING"])
def test_check_asks_django(step: str) -> None:
    assert step in dry_run("check")


def test_ci_needs_a_browser_and_runs_check() -> None:
    script = ROOT / ".ci" / "run"
    text = script.read_text()
    assert os.access(script, os.X_OK)
    assert "set -euo pipefail" in text
    assert "export REQUIRE_BROWSER=1" in text
    assert re.search(r"^make check$", text, re.MULTILINE)
    subprocess.run(["bash", "-n", script], check=True)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Servers that others provide, as in production."""
    monkeypatch.setenv("DATABASE_URL", "postgres://cs_app@db/setia")
    monkeypatch.setenv("DATABASE_ADMIN_URL", "postgres://cs_owner@db/setia")
    monkeypatch.setenv("REDIS_URL", "redis://redis")
    return monkeypatch


@pytest.mark.parametrize("command", ["migrate", "makemigrations", "showmigrations", "sqlmigrate"])
def test_the_schema_is_the_business_of_its_owner(command: str, environment: pytest.MonkeyPatch) -> None:
    commands.prepare(["manage.py", command])
    assert os.environ["DATABASE_URL"] == "postgres://cs_owner@db/setia"


@pytest.mark.parametrize("arguments", [["shell"], ["check", "--database", "migrate"], []])
def test_everything_else_runs_as_the_application(arguments: list[str], environment: pytest.MonkeyPatch) -> None:
    commands.prepare(["manage.py", *arguments])
    assert os.environ["DATABASE_URL"] == "postgres://cs_app@db/setia"


def test_a_database_of_somebody_else_is_never_migrated_unasked(environment: pytest.MonkeyPatch) -> None:
    environment.setattr(commands, "migrate", lambda: pytest.fail("migrated"))
    commands.prepare(["manage.py", "shell"])


@pytest.mark.parametrize(("command", "migrates"), [("nightly", True), ("check", False), ("migrate", False)])
def test_the_embedded_database_follows_the_code(command: str, migrates: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr(servers, "ensure", lambda: True)
    monkeypatch.setattr(commands, "migrate", lambda: calls.append(command))
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.delenv("DATABASE_ADMIN_URL", raising=False)
    commands.prepare(["manage.py", command])
    assert bool(calls) == migrates


def test_a_server_that_fails_is_one_sentence_not_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> bool:
        raise EmbeddedError("PostgreSQL did not start.")

    monkeypatch.setattr(servers, "ensure", fails)
    with pytest.raises(SystemExit, match=r"^PostgreSQL did not start\.$"):
        commands.prepare(["manage.py", "shell"])
