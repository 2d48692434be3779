"""The supervisor behind `make demo`: ports, logins, children that die, and an end that leaves nothing."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from cs_platform.embedded import demo, state
from cs_platform.embedded.ready import ready
from cs_platform.embedded.state import ROOT, EmbeddedError


@pytest.fixture
def var(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="setia-test-"))
    folder.chmod(0o711)
    monkeypatch.setenv("SETIA_VAR", str(folder))
    yield folder
    shutil.rmtree(folder)


def test_a_taken_port_is_avoided_and_said(capsys: pytest.CaptureFixture[str]) -> None:
    port = state.free_port()
    with socket.create_server(("127.0.0.1", port)):
        chosen = demo.choose_port(str(port))
    assert port < chosen < port + 100
    assert capsys.readouterr().out == f"Port {port} is not free: using {chosen}.\n"


def test_a_port_that_only_localhost_by_its_other_address_has_is_taken() -> None:
    port = state.free_port()
    try:
        listener = socket.create_server(("::1", port), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with listener:
        assert not state.port_is_free(port)


@pytest.mark.parametrize("port", ["", "web", "0", "65536", "-1"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(EmbeddedError, match="PORT must be a number"):
        demo.choose_port(port)


def test_the_table_of_logins() -> None:
    members = [{"role": "csm", "email": "mia@acme.example", "password": "secret"}]
    table = demo.logins({"tenants": [{"slug": "acme", "name": "Acme Cloud", "members": members}]})
    assert table.splitlines() == [
        "  tenant      role  email             password",
        "  ----------  ----  ----------------  --------",
        "  Acme Cloud  csm   mia@acme.example  secret",
    ]


def test_only_one_at_a_time(var: Path) -> None:
    with demo.only_one() as first:
        assert first
        demo.tell("http://localhost:1/")
        assert demo.told() == (os.getpid(), "http://localhost:1/")
        with demo.only_one() as second:
            assert not second
    with demo.only_one() as later:
        assert later


@pytest.fixture
def module(var: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module that a child runs."""
    monkeypatch.setenv("PYTHONPATH", str(var))
    return var / "only_for_this_test.py"


def test_a_child_that_keeps_dying_ends_the_demo_with_its_last_words(module: Path) -> None:
    module.write_text("raise SystemExit('the reason')")
    child = demo.Child("worker", [module.stem], grace=1)

    def revive_until_given_up() -> None:
        for _ in range(1000):
            child.due = 0  # the waits are not what is tested
            child.check()
            time.sleep(0.02)

    with pytest.raises(EmbeddedError, match=r"(?s)worker ended with exit status 1.*the reason"):
        revive_until_given_up()
    assert len(child.deaths) == demo.DEATHS


def test_the_end_of_a_child_is_the_end_of_its_children_even_of_stubborn_ones(module: Path) -> None:
    module.write_text(
        "import os, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "os.fork()\n"
        "open(os.environ['SETIA_VAR'] + f'/{os.getpid()}.begun', 'w').close()\n"
        "time.sleep(60)\n"
    )
    child = demo.Child("web", [module.stem], grace=0.2)
    child.start()
    until(lambda: len(list(module.parent.glob("*.begun"))) == 2)
    assert len(demo.leftovers()) == 2
    child.end()
    until(lambda: not demo.leftovers())


def test_leftovers_of_a_supervisor_that_was_killed_are_found_and_ended(module: Path) -> None:
    module.write_text("import time; time.sleep(60)")
    child = demo.Child("beat", [module.stem], grace=1)
    child.start()
    assert child.process is not None
    until(lambda: [each.pid for each in demo.leftovers()] == [child.process.pid])  # type: ignore[union-attr]
    assert demo.stop()
    assert child.process.wait(1) == -signal.SIGTERM


@pytest.mark.serial
def test_from_the_start_to_the_end(var: Path) -> None:
    """As `make demo`, without demo data: a killed process and a killed server come back, and Ctrl-C ends all."""
    port = state.free_port()
    provided = {"DATABASE_URL", "DATABASE_ADMIN_URL", "DATABASE_OPS_URL", "REDIS_URL", "BASE_URL", "EMAIL_URL"}
    environment = {key: value for key, value in os.environ.items() if key not in provided} | {"PORT": str(port)}
    code = (
        "import sys; from cs_platform.embedded import demo\n"
        "demo.Demo.seed = lambda self: None; demo.commands.collect_static = lambda: False\n"
        "sys.exit(demo.main())"
    )
    command = [sys.executable, "-c", code]
    output = var / "output"
    with open(output, "w") as file:
        supervisor = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=file, stderr=subprocess.STDOUT)
    try:
        until(lambda: "Setia is ready" in output.read_text() or supervisor.poll() is not None, seconds=120)
        assert ready(port)[0], output.read_text()
        second = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        assert (second.returncode, second.stdout.splitlines()[0]) == (
            0,
            f"Setia is already running: http://localhost:{port}/",
        )

        roles = {name: child_of(supervisor, name) for name in ("gunicorn", "worker", "beat", "redis-server")}
        postgres = psutil.Process(int((postgres_folder(var) / "postmaster.pid").read_text().split()[0]))
        for process in (roles["gunicorn"], roles["redis-server"], postgres):
            process.kill()
        until(lambda: output.read_text().count("starting it again") == 3, seconds=30)
        assert "web was killed by SIGKILL: starting it again" in output.read_text()
        until(lambda: ready(port)[0], seconds=30)

        supervisor.send_signal(signal.SIGINT)
        assert supervisor.wait(60) == 0
    finally:
        if supervisor.poll() is None:
            supervisor.terminate()
            supervisor.wait(60)
    assert output.read_text().endswith("Stopping ...\nEverything is stopped.\n")
    assert demo.leftovers() == []
    assert state.servers_in(postgres_folder(var)) == state.servers_in(var / "redis") == []
    assert state.port_is_free(port)
    assert not (var / "demo.pid").exists()


def postgres_folder(var: Path) -> Path:
    return Path(json.loads((var / "servers.json").read_text())["postgres"].get("home") or var) / "postgres"


def child_of(supervisor: subprocess.Popen[bytes], name: str) -> psutil.Process:
    for process in psutil.Process(supervisor.pid).children():
        with suppress(psutil.Error):
            if any(name in part for part in process.cmdline()):
                return process
    raise AssertionError(f"{name} does not run")


def until(condition: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
