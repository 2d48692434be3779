"""What the embedded servers leave on disk: one folder, `var/`, or the one that SETIA_VAR names."""

import fcntl
import json
import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent.parent


class EmbeddedError(RuntimeError):
    """Something that the person at the keyboard has to know, in one sentence."""


def var() -> Path:
    """The folder of all state, made when missing; others may pass through it but not look into it."""
    folder = Path(os.environ.get("SETIA_VAR") or ROOT / "var").resolve()
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(0o711)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise EmbeddedError(f"{folder} belongs to another user ({folder.owner()}): run this as that user.")
    return folder


def log_file(name: str) -> Path:
    folder = var() / "log"
    folder.mkdir(exist_ok=True)
    return folder / f"{name}.log"


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, indented, for a message about a failure."""
    with suppress(OSError):
        return "\n".join(f"    {line}" for line in log.read_text(errors="replace").splitlines()[-lines:])
    return ""


@contextmanager
def locked(name: str) -> Iterator[None]:
    """One process at a time; the system lets go of the lock when the process ends, however it ends."""
    with open(var() / f"{name}.lock", "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def write_private(path: Path, text: str) -> None:
    """Write at once and whole, readable by the owner only."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def load() -> dict[str, Any]:
    """Ports and passwords of the servers."""
    with suppress(FileNotFoundError):
        return dict(json.loads((var() / "servers.json").read_text()))
    return {}


def save(name: str, server: dict[str, Any]) -> None:
    write_private(var() / "servers.json", json.dumps(load() | {name: server}, indent=1))


def secret_key() -> str:
    """Made once: another one would end every session."""
    path = var() / "secret"
    with locked("secret"):
        if not path.exists():
            write_private(path, secrets.token_urlsafe(48))
    return path.read_text()


def port_is_free(port: int) -> bool:
    """Nobody listens on it, on either loopback address, and this user may."""
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with suppress(OSError), socket.socket(family) as probe:
            probe.settimeout(1)
            if probe.connect_ex((address, port)) == 0:
                return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port below the range that the system hands out by itself, so that it is still free after a restart."""
    while True:
        port = 20000 + secrets.randbelow(10000)
        if port_is_free(port):
            return port


def alive(process: psutil.Process) -> bool:
    """Not ended; one that its parent has not yet taken note of has."""
    with suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def processes(matches: Callable[[psutil.Process], bool]) -> list[psutil.Process]:
    """The live processes of this machine that match; those that may not be looked at do not."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if alive(process) and matches(process):
                found.append(process)
    return found


def is_server(process: psutil.Process, folder: Path) -> bool:
    """Both servers work inside their data folder: a better sign than a pid, which the system gives out again."""
    with suppress(psutil.Error, OSError):
        return bool(process.cwd() == str(folder)) and process.name().startswith(("postgres", "redis", "valkey"))
    return False


def servers_in(folder: Path) -> list[psutil.Process]:
    return processes(lambda process: is_server(process, folder))


def end(found: list[psutil.Process], grace: float) -> None:
    """Wait for processes to end by themselves, then end them."""
    if not gone(found, grace):
        for process in found:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        gone(found, 5)


def gone(found: list[psutil.Process], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while any(alive(process) for process in found):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def taken_note_of(found: list[psutil.Process], seconds: float = 3) -> None:
    """Wait until ended processes have left the list of processes too: their parents may take a moment to notice."""
    deadline = time.monotonic() + seconds
    while (left := [process for process in found if process.is_running()]) and time.monotonic() < deadline:
        for process in left:
            with suppress(ChildProcessError):  # another's child
                os.waitpid(process.pid, os.WNOHANG)
        time.sleep(0.02)
