"""docker-compose.yml against the settings, the demo's own commands and .env.example."""

import re
from typing import Any

import pytest
import yaml

from cs_platform.embedded import processes
from cs_platform.embedded.postgres import ROLES_SQL, SETTINGS
from cs_platform.embedded.state import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
APPLICATION = ["web", "worker", "beat", "migrate"]
# Read by gunicorn and by manage.py, not by the settings.
ELSEWHERE = {"WEB_CONCURRENCY", "DATABASE_ADMIN_URL"}


def settings_variables() -> set[str]:
    """The environment variables that the settings read."""
    return set(re.findall(r'\benv(?:\.\w+)?\(\s*"([A-Z_]+)"', (ROOT / "cs_platform/settings.py").read_text()))


def example() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_services() -> None:
    assert set(SERVICES) == {"web", "worker", "beat", "migrate", "postgres", "redis"}
    assert "version" not in COMPOSE


def test_images() -> None:
    assert SERVICES["postgres"]["image"] == "postgres:18"
    assert SERVICES["redis"]["image"] == "redis:8"
    assert {SERVICES[name]["image"] for name in APPLICATION} == {"setia:${SETIA_VERSION:-latest}"}
    assert {SERVICES[name]["build"] for name in APPLICATION} == {"."}


def test_commands_are_those_of_the_demo() -> None:
    assert SERVICES["web"]["command"] == [*processes.WEB, "--bind=0.0.0.0:8000"]
    assert SERVICES["worker"]["command"] == processes.WORKER
    assert SERVICES["beat"]["command"] == [*processes.BEAT, "--schedule=/tmp/beat-schedule"]
    assert SERVICES["migrate"]["command"] == ["python", "manage.py", "migrate", "--no-input"]


def test_the_image_runs_the_web_process_unless_told_otherwise() -> None:
    command = re.findall(r'"([^"]+)"', (ROOT / "Dockerfile").read_text().split("CMD ")[1])
    assert command == SERVICES["web"]["command"]


@pytest.mark.parametrize("name", APPLICATION)
def test_variables_are_known_to_the_settings(name: str) -> None:
    assert set(SERVICES[name]["environment"]) <= settings_variables() | ELSEWHERE


def test_every_variable_of_the_settings_can_be_set() -> None:
    assert settings_variables() <= set(SERVICES["web"]["environment"])


def test_only_migrate_knows_the_owner_and_nobody_the_superuser() -> None:
    for name in APPLICATION:
        environment = SERVICES[name]["environment"]
        assert ("DATABASE_ADMIN_URL" in environment) == (name == "migrate")
        assert "cs_app:" in environment["DATABASE_URL"]
        assert "POSTGRES_PASSWORD" not in str(environment)


def test_example_has_exactly_the_variables_that_compose_reads() -> None:
    used = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    assert set(example()) == used


def test_example_has_no_secret_and_compose_refuses_to_start_without_one() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    for name, value in example().items():
        if name.endswith(("PASSWORD", "SECRET_KEY")):
            assert value == ""
            assert f"${{{name}:-" not in text
            assert f"${{{name}:?" in text


def test_migrations_come_first_and_once() -> None:
    for name in ("web", "worker", "beat"):
        waits = SERVICES[name]["depends_on"]
        assert waits["migrate"] == {"condition": "service_completed_successfully"}
        assert waits["postgres"] == waits["redis"] == {"condition": "service_healthy"}
    assert SERVICES["migrate"]["restart"] == "no"
    assert SERVICES["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}


@pytest.mark.parametrize(
    ("name", "asks"),
    [
        ("web", "cs_platform.embedded.ready"),
        ("worker", "inspect ping"),
        ("beat", "beat-schedule"),
        ("postgres", "pg_isready"),
        ("redis", "redis-cli ping"),
    ],
)
def test_health_checks(name: str, asks: str) -> None:
    assert asks in " ".join(SERVICES[name]["healthcheck"]["test"])


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_runs_as_root_or_writes_where_it_must_not(name: str) -> None:
    service = SERVICES[name]
    assert service["user"] not in ("root", "0", "0:0")
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]


def test_data_lies_in_named_volumes() -> None:
    assert set(COMPOSE["volumes"]) == {"postgres", "redis"}
    assert "postgres:/var/lib/postgresql" in SERVICES["postgres"]["volumes"]
    assert "redis:/data" in SERVICES["redis"]["volumes"]


def test_the_database_is_set_up_like_the_embedded_one() -> None:
    mounted = f"./{ROLES_SQL.relative_to(ROOT)}:/docker-entrypoint-initdb.d/roles.sql:ro"
    assert mounted in SERVICES["postgres"]["volumes"]
    wanted = set(re.findall(r"\\getenv \w+ (\w+)", ROLES_SQL.read_text())) - {"DB_TEST_DATABASES"}
    assert wanted <= set(SERVICES["postgres"]["environment"])
    settings = {name: value.lower() for name, value in SETTINGS.items() if name in ("jit", "max_wal_size", "timezone")}
    given = dict(option.lower().split("=") for option in SERVICES["postgres"]["command"] if "=" in option)
    assert settings.items() <= given.items()
