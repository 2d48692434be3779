"""`make demo`: bring everything up, say where it is, keep it running, and leave nothing behind at the end."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import psutil

from cs_platform.embedded import commands, processes, servers, state
from cs_platform.embedded.ready import ready
from cs_platform.embedded.state import ROOT, EmbeddedError

# Every process started here carries this variable, and hands it on to its own children: so they can all be found.
MARK = "SETIA_DEMO"
STEPS = 6
READY_SECONDS = 90
DEATHS, WITHIN_SECONDS = 5, 60


class Stopped(BaseException):
    """Somebody asked for the end: Ctrl-C, `make stop`, or the terminal was closed."""


class Child:
    """One process of the product, in a session of its own so that Ctrl-C reaches only the supervisor."""

    def __init__(self, name: str, command: list[str], grace: float) -> None:
        self.name, self.command, self.grace = name, command, grace
        self.log = state.log_file(name)
        self.process: subprocess.Popen[bytes] | None = None
        self.deaths: deque[float] = deque(maxlen=DEATHS)
        self.due = 0.0

    def start(self) -> None:
        with open(self.log, "ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.command],
                cwd=ROOT,
                env=marked(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def check(self) -> None:
        """Start the process again when it has ended, each time a little later; give up when it keeps ending."""
        if self.process is None:
            if time.monotonic() >= self.due:
                self.start()
            return
        status = self.process.poll()
        if status is None:
            return
        self.end()  # its own children would hold the port and the database sessions
        now = time.monotonic()
        self.deaths.append(now)
        how = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with exit status {status}"
        if len(self.deaths) == DEATHS and now - self.deaths[0] < WITHIN_SECONDS:
            raise EmbeddedError(
                f"{self.name} {how}, for the fifth time in a minute ({self.log}):\n{state.tail(self.log)}"
            )
        wait = 0.5 * 2 ** sum(now - death < WITHIN_SECONDS for death in self.deaths)
        self.due = now + wait
        say(f"{self.name} {how}: starting it again in {wait:.0f} s ({self.log})")

    def end(self) -> None:
        """Ask it to finish, wait, then end its whole process group."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(self.grace)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None


class Demo:
    """The servers and the three processes, from the first step to the last."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://localhost:{port}"
        self.kinds = servers.wanted()
        beat = [*processes.BEAT, f"--schedule={state.var() / 'beat-schedule'}"]
        self.web = Child("web", [*processes.WEB, f"--bind=127.0.0.1:{port}"], grace=8)
        self.children = [self.web, Child("beat", beat, grace=3), Child("worker", processes.WORKER, grace=8)]

    def start(self) -> None:
        with step(2, "PostgreSQL and Redis"):
            embedded = servers.ensure(quiet=True)
        os.environ["BASE_URL"] = os.environ.get("BASE_URL") or self.url
        os.environ.setdefault("WEB_CONCURRENCY", "2")
        os.environ.setdefault("PYTHONUNBUFFERED", "1")
        with step(3, "Database schema") as result:
            if embedded:
                result["unchanged"] = not commands.migrate()
            else:
                commands.run_step(["migrate", "--no-input"])
        with step(4, "Static files") as result:
            result["unchanged"] = not commands.collect_static()
        with step(5, "Demo data"):
            self.seed()
        with step(6, "Web, worker and scheduler"):
            for child in self.children:
                child.start()
            self.wait_until_ready()

    def seed(self) -> None:
        """The command shows its own progress and writes var/demo.json."""
        seeding = [sys.executable, str(ROOT / "manage.py"), "seed_demo", "--url", self.url]
        print(flush=True)
        if subprocess.Popen(seeding, cwd=ROOT, env=marked(), stdin=subprocess.DEVNULL, start_new_session=True).wait():
            raise EmbeddedError("The demo data could not be made; the reason stands above.")

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            for child in self.children:
                child.check()
            good, said = ready(self.port)
            if good:
                return
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"The web process is not ready ({said}; {self.web.log}):\n{state.tail(self.web.log)}"
                )
            time.sleep(0.1)

    def watch(self) -> None:
        """Until somebody asks for the end: start again what dies."""
        while True:
            time.sleep(0.5)
            for kind in self.kinds:
                if not (server := kind()).running():
                    say(f"{server.title} has ended: starting it again")
                    self.move(servers.start([kind]))
            for child in self.children:
                child.check()

    def move(self, environment: dict[str, str]) -> None:
        """A server whose port was taken meanwhile has moved: tell the processes by starting them again."""
        if any(os.environ[name] != value for name, value in environment.items()):
            os.environ.update(environment)
            for child in self.children:
                child.end()

    def end(self) -> None:
        """Web first, so that no new work comes in; servers last."""
        for child in self.children:
            child.end()
        end_leftovers()
        servers.stop()


def marked() -> dict[str, str]:
    return os.environ | {MARK: str(state.var())}


def leftovers() -> list[psutil.Process]:
    """Processes of a demo of this `var/`, also of one whose supervisor was killed."""
    mark = str(state.var())
    return state.processes(lambda each: each.pid != os.getpid() and each.environ().get(MARK) == mark)


def end_leftovers() -> None:
    found = leftovers()
    for process in found:
        with suppress(psutil.Error):
            process.terminate()
    state.end(found, grace=5)


def say(text: str) -> None:
    """To a person who may have gone: a closed terminal must not keep the demo from cleaning up."""
    with suppress(OSError, ValueError):
        print(text, flush=True)


@contextmanager
def step(number: int, title: str) -> Iterator[dict[str, bool]]:
    result: dict[str, bool] = {}
    began = time.monotonic()
    print(f"[{number}/{STEPS}] {title} ...", end=" ", flush=True)
    yield result
    say("unchanged" if result.get("unchanged") else f"{time.monotonic() - began:.1f} s")


@contextmanager
def only_one(wait: bool = False) -> Iterator[bool]:
    """True for the one supervisor of this `var/`; the lock lasts as long as the process."""
    with open(state.var() / "demo.lock", "a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        tell("starting")
        try:
            yield True
        finally:
            pid_file().unlink(missing_ok=True)


def pid_file() -> Path:
    return state.var() / "demo.pid"


def tell(doing: str) -> None:
    """The supervisor's pid and, for a second one, what it is doing."""
    pid_file().write_text(f"{os.getpid()}\n{doing}\n")


def told() -> tuple[int, str]:
    with suppress(OSError, ValueError):
        pid, doing = pid_file().read_text().splitlines()
        return int(pid), doing
    return 0, "starting"


def stop() -> bool:
    """Stop a running demo, however its supervisor fares; True when there was one."""
    asked = False
    with only_one() as nobody_runs:
        if not nobody_runs:
            with suppress(psutil.Error):
                supervisor = psutil.Process(told()[0])
                supervisor.terminate()
                asked = True
                state.end([supervisor], grace=45)
    asked = bool(leftovers()) or asked
    end_leftovers()
    return asked


def choose_port(wanted: str) -> int:
    """The port asked for, or the next one that is free."""
    if not wanted.isdecimal() or not 0 < int(wanted) < 65536:
        raise EmbeddedError(f"PORT must be a number from 1 to 65535, not {wanted!r}.")
    first = int(wanted)
    for port in range(first, min(first + 100, 65536)):
        if state.port_is_free(port):
            if port != first:
                say(f"Port {first} is not free: using {port}.")
            return port
    raise EmbeddedError(f"No port is free from {first} on: choose another one with PORT=...")


def described() -> dict[str, object]:
    with suppress(OSError, ValueError):
        return dict(json.loads((state.var() / "demo.json").read_text()))
    return {}


def logins(demo: dict[str, object]) -> str:
    """The table of logins that seed_demo left in var/demo.json."""
    rows = [("tenant", "role", "email", "password")]
    tenants = demo.get("tenants")
    for tenant in tenants if isinstance(tenants, list) else []:
        rows += [(tenant["name"], member["role"], member["email"], member["password"]) for member in tenant["members"]]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(f"  {line}" for line in (lines[0], "  ".join("-" * width for width in widths), *lines[1:]))


def raise_stopped(number: int, frame: FrameType | None) -> None:
    raise Stopped


def on_signals(do: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, do)


def main() -> int:
    with only_one() as first:
        if first:
            return supervise()
        doing = told()[1]
        if doing != "stopping":
            print("Setia is starting already." if doing == "starting" else f"Setia is already running: {doing}")
            print("Stop it with: make stop")
            return 0
    with only_one(wait=True):
        return supervise()


def supervise() -> int:
    """From the first step to the last; the exit status."""
    on_signals(raise_stopped)
    status, demo = 0, None
    try:
        end_leftovers()  # of a supervisor that was killed: they would hold the port
        demo = Demo(choose_port(os.environ.get("PORT") or "8000"))
        demo.start()
        tell(f"{demo.url}/")
        say(f"\n{logins(described())}\n\nSetia is ready: {demo.url}/ (Ctrl-C ends it; logs: {state.var() / 'log'})")
        demo.watch()
    except Stopped:
        say("\nStopping ...")
    except EmbeddedError as error:
        say(f"\n{error}")
        status = 1
    finally:
        on_signals(signal.SIG_IGN)  # a second Ctrl-C must not cut the clean-up short
        if demo:
            tell("stopping")
            demo.end()
    left = leftovers()
    say("\n".join(f"Still running: {each}" for each in left) or "Everything is stopped.")
    return status or int(bool(left))


if __name__ == "__main__":
    sys.exit(main())
