"""Make .venv and install one of the locked sets into it; nothing is done when it already fits the lock.

Run by path with the machine's own python3, before anything is installed:
`python3 cs_platform/embedded/virtualenv.py runtime|test [--label TEXT]`.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
RECORD = VENV / "locks.json"
CONTENTS = {"test": ["test", "runtime"], "runtime": ["runtime"]}  # what an installed set contains
LOG = VENV / "pip.log"
# The installed scripts name the folder, and the compiled packages belong to one interpreter.
PLACE = f"{VENV} {os.path.realpath(sys.executable)} {sys.version}"


def main(arguments: list[str]) -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 (this file meets whatever python3 there is)
        return fail(f"Setia needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}.")
    wanted = arguments[0]
    label = arguments[2] if arguments[1:2] == ["--label"] else ""
    with open(ROOT / ".venv.lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        began = time.monotonic()
        record = current()
        if record.get(wanted) == checksum(wanted):
            if label:
                print(f"{label} ... unchanged", flush=True)
            return 0
        if VENV.is_symlink():
            # To make it anew is to empty it first: what the link leads to belongs to somebody else.
            return fail(
                f"{VENV} is a link to {VENV.resolve()}. Remove the link: this checkout makes an environment of its own."
            )
        show(f"{label or 'Virtual environment'} ...")
        try:
            pip = create() if not record else pip_of(VENV)
            install(wanted, pip, label or "Virtual environment")
        except RuntimeError as error:
            return fail(f"\n{error}")
        except KeyboardInterrupt:
            return fail("\nInterrupted; the next start goes on from here.")
        remember(wanted)
        show(f"{label or 'Virtual environment'} ... {time.monotonic() - began:.0f} s\n", clear=True)
    return 0


def checksum(name: str) -> str:
    return hashlib.sha256((ROOT / "requirements" / f"{name}.txt").read_bytes()).hexdigest()


def current() -> dict[str, str]:
    """The sets that .venv holds in whole; none when it was not made to the end, was moved, or lost its interpreter."""
    try:
        record = json.loads(RECORD.read_text())
    except (OSError, ValueError):
        return {}
    return dict(record) if PYTHON.exists() and record.get("place") == PLACE else {}


def remember(wanted: str) -> None:
    RECORD.write_text(json.dumps({"place": PLACE} | {name: checksum(name) for name in CONTENTS[wanted]}))


def create() -> list[str]:
    """A fresh environment; the command that is its pip."""
    done = run([sys.executable, "-m", "venv", "--clear", str(VENV)])
    if done.returncode == 0:
        return pip_of(VENV)
    # Debian's bare python3 has no ensurepip, but a pip of its own can install into another environment.
    if run([sys.executable, "-m", "pip", "--version"]).returncode == 0:
        done = run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(VENV)])
        if done.returncode == 0:
            return pip_of(VENV)
    reason = "\n".join(done.stdout.strip().splitlines()[-3:])
    raise RuntimeError(
        f"python3 cannot make a virtual environment here. On Debian and Ubuntu: apt-get install python3-venv\n{reason}"
    )


def pip_of(venv: Path) -> list[str]:
    own = [str(PYTHON), "-m", "pip"]
    return own if run([*own, "--version"]).returncode == 0 else [sys.executable, "-m", "pip", "--python", str(venv)]


def install(wanted: str, pip: list[str], label: str) -> None:
    """Run pip and count what it says; the whole of it is kept in a log."""
    lock = ROOT / "requirements" / f"{wanted}.txt"
    total = sum(line[:1].isalnum() for line in lock.read_text().splitlines())
    RECORD.unlink(missing_ok=True)
    command = [*pip, "install", "--require-hashes", "--no-input", "--disable-pip-version-check", "--progress-bar=off"]
    with open(LOG, "w") as log:
        process = subprocess.Popen(
            [*command, "-r", str(lock)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )
        assert process.stdout is not None
        seen = 0
        for line in process.stdout:
            log.write(line)
            if line.startswith(("Collecting ", "Processing ", "Requirement already satisfied")):
                seen += 1
                if sys.stdout.isatty():
                    show(f"{label} ... {seen} of about {total} packages", clear=True)
            elif line.startswith("Installing collected"):
                show(f"{label} ... installing {seen} packages", clear=True)
    if process.wait():
        lines = [line for line in LOG.read_text().splitlines() if line.strip()]
        raise RuntimeError("pip could not install the packages:\n" + "\n".join(f"    {line}" for line in lines[-8:]))


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def show(text: str, clear: bool = False) -> None:
    """One line that grows: rewritten on a terminal, written again elsewhere."""
    if clear:
        text = ("\r\x1b[K" if sys.stdout.isatty() else "\n") + text
    print(text, end="", flush=True)


def fail(message: str) -> int:
    print(message, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
