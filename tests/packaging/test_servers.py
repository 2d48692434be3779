"""The embedded servers, in folders and on ports of their own: what other tests and developers use is never touched."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import psycopg2
import pytest

from cs_platform.embedded import state
from cs_platform.embedded.postgres import Postgres
from cs_platform.embedded.redis import Redis
from cs_platform.embedded.state import ROOT

pytestmark = pytest.mark.serial

NAMES = ["DATABASE_URL", "DATABASE_ADMIN_URL", "DATABASE_OPS_URL", "REDIS_URL", "DJANGO_SECRET_KEY"]
ENSURE = f"import json, os, cs_platform.embedded as e; e.ensure(); print(json.dumps([os.environ[n] for n in {NAMES}]))"


class Machine:
    """A `var/` of its own, as another checkout would have it."""

    def __init__(self, var: Path) -> None:
        self.var = var
        provided = {*NAMES, "EMAIL_URL", "LOG_FORMAT"}
        self.environment = {key: value for key, value in os.environ.items() if key not in provided}
        self.environment |= {"SETIA_VAR": str(var), "PYTHONPATH": str(ROOT)}

    def begin(self, code: str = ENSURE) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", code],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ensure(self) -> dict[str, str]:
        """In a process of its own, since the servers must outlive the one that started them."""
        return result(self.begin())

    def stop(self) -> None:
        for server in (Postgres(), Redis()):
            server.stop()
            server.remove()

    @property
    def folders(self) -> list[Path]:
        return [Path(state.load()["postgres"].get("home") or self.var) / "postgres", self.var / "redis"]

    def running(self) -> list[psutil.Process]:
        return [process for folder in self.folders for process in state.servers_in(folder)]

    def main_processes(self) -> set[int]:
        """One for each server: those that another process of the same server did not start."""
        running = {process.pid: process for process in self.running()}
        return {pid for pid, process in running.items() if process.ppid() not in running}

    def query(self, url: str, sql: str) -> list[tuple[object, ...]]:
        with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []


def result(process: subprocess.Popen[str]) -> dict[str, str]:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return dict(zip(NAMES, json.loads(out.splitlines()[-1]), strict=True))


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """In a folder that the account which PostgreSQL runs as may enter."""
    var = Path(tempfile.mkdtemp(prefix="setia-test-"))
    var.chmod(0o711)
    monkeypatch.setenv("SETIA_VAR", str(var))
    machine = Machine(var)
    yield machine
    machine.stop()
    shutil.rmtree(var)


def test_the_servers_outlive_the_command_and_the_next_one_uses_them(machine: Machine) -> None:
    first = machine.ensure()
    processes = machine.main_processes()
    assert len(processes) == 2
    assert machine.ensure() == first
    assert machine.main_processes() == processes


def test_each_role_may_do_its_part_and_no_more(machine: Machine) -> None:
    urls = machine.ensure()
    roles = machine.query(
        urls["DATABASE_URL"],
        "select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles"
        " where rolname in ('cs_app', 'cs_ops', 'cs_owner', 'cs_search') order by rolname",
    )
    assert roles == [
        ("cs_app", False, False, False, False),
        ("cs_ops", False, True, False, False),
        ("cs_owner", False, False, False, True),
        ("cs_search", False, True, False, False),
    ]
    assert machine.query(urls["DATABASE_OPS_URL"], "select rolcanlogin from pg_roles where rolname = 'cs_search'") == [
        (False,)
    ]
    machine.query(urls["DATABASE_ADMIN_URL"], "create table kept (id bigint generated always as identity, note text)")
    machine.query(urls["DATABASE_URL"], "insert into kept (note) values ('one'); create temporary table mine (x int)")
    assert machine.query(urls["DATABASE_OPS_URL"], "select note from kept") == [("one",)]
    refused = {
        "DATABASE_URL": ["truncate kept", "alter table kept add x int", "create table own (x int)"],
        "DATABASE_OPS_URL": ["insert into kept (note) values ('two')", "create table own (x int)"],
    }
    for name, statements in refused.items():
        for statement in statements:
            with pytest.raises((psycopg2.errors.InsufficientPrivilege, psycopg2.errors.ReadOnlySqlTransaction)):
                machine.query(urls[name], statement)


def test_a_test_database_gives_the_application_the_same_rights(machine: Machine) -> None:
    urls = machine.ensure()
    with closing(psycopg2.connect(urls["DATABASE_ADMIN_URL"])) as connection:
        connection.autocommit = True
        connection.cursor().execute("create database test_setia")
    other = {name: url.replace("/setia", "/test_setia") for name, url in urls.items() if "/setia" in url}
    machine.query(other["DATABASE_ADMIN_URL"], "create table kept (x int)")
    machine.query(other["DATABASE_URL"], "insert into kept values (1); update kept set x = 2; delete from kept")


def test_killed_servers_come_back_with_their_data(machine: Machine) -> None:
    urls = machine.ensure()
    machine.query(urls["DATABASE_ADMIN_URL"], "create table kept as select generate_series(1, 1000) as x")
    assert Redis().memory["port"] == int(urls["REDIS_URL"].rsplit(":", 1)[1].split("/")[0])
    assert redis_says(urls, "SET kept 1") == "+OK"
    for pid in machine.main_processes():
        os.kill(pid, signal.SIGKILL)
    assert machine.ensure() == urls
    assert machine.query(urls["DATABASE_URL"], "select count(*) from kept") == [(1000,)]
    assert redis_says(urls, "EXISTS kept") == ":1"


def test_a_pid_file_that_names_somebody_else_is_no_server(machine: Machine) -> None:
    """After a restart of the machine the number may belong to any process."""
    urls = machine.ensure()
    pid_file = Postgres().data / "postmaster.pid"
    stale = pid_file.read_text().split("\n", 1)[1]
    Postgres().stop()
    pid_file.write_text(f"{os.getpid()}\n{stale}")
    assert not Postgres().running()
    assert machine.ensure() == urls


def test_a_port_that_was_taken_meanwhile_is_avoided(machine: Machine) -> None:
    urls = machine.ensure()
    machine.query(urls["DATABASE_ADMIN_URL"], "create table kept as select 1 as x")
    ports = [Postgres().memory["port"], Redis().memory["port"]]
    for server in (Postgres(), Redis()):
        server.stop()
    taken = [socket.create_server(("127.0.0.1", port)) for port in ports]
    try:
        moved = machine.ensure()
    finally:
        for listener in taken:
            listener.close()
    assert {Postgres().memory["port"], Redis().memory["port"]}.isdisjoint(ports)
    assert machine.query(moved["DATABASE_URL"], "select x from kept") == [(1,)]


def test_four_at_once_start_one_of_each(machine: Machine) -> None:
    together = [machine.begin() for _ in range(4)]
    results = [result(process) for process in together]
    assert all(each == results[0] for each in results)
    assert len(machine.main_processes()) == 2


def test_stop_leaves_no_process(machine: Machine) -> None:
    urls = machine.ensure()
    with closing(psycopg2.connect(urls["DATABASE_URL"])):  # an open session does not hold it up
        subprocess.run([sys.executable, "-m", "cs_platform.embedded", "stop"], env=machine.environment, check=True)
    assert machine.running() == []
    assert machine.ensure() == urls


def test_passwords_are_for_the_owner_only_and_asked_for(machine: Machine) -> None:
    urls = machine.ensure()
    for name in ("servers.json", "redis/redis.conf"):
        assert (machine.var / name).stat().st_mode & 0o077 == 0
    with pytest.raises(psycopg2.OperationalError, match="password"):
        psycopg2.connect(urls["DATABASE_URL"].replace("cs_app:", "cs_app:x"))
    port = Redis().memory["port"]
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"PING\r\n")
        assert connection.recv(100).startswith(b"-NOAUTH")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another account for PostgreSQL")
def test_root_in_a_folder_that_nobody_else_may_enter(machine: Machine) -> None:
    machine.var.chmod(0o700)
    urls = machine.ensure()
    home = Path(Postgres().memory["home"])
    assert home.parent == Path("/var/tmp")
    assert machine.query(urls["DATABASE_OPS_URL"], "select current_user") == [("cs_ops",)]
    assert machine.var.stat().st_mode & 0o777 == 0o700  # nothing was opened to make it work
    machine.stop()
    assert not home.exists()


def redis_says(urls: dict[str, str], command: str) -> str:
    password, rest = urls["REDIS_URL"].removeprefix("redis://:").split("@")
    with socket.create_connection(("127.0.0.1", int(rest.split(":")[1].split("/")[0]))) as connection:
        connection.sendall(f"AUTH {password}\r\n{command}\r\n".encode())
        with connection.makefile() as answers:
            assert answers.readline().strip() == "+OK"
            return answers.readline().strip()
