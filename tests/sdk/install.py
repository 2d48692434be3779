"""Install Segment's own SDKs below var/sdks, each version in a folder of its own: `python tests/sdk/install.py`.

They are what integrators have, so they are tested unmodified and never touch the product's environment. An install that
fits its lock is left alone. Where PyPI or npm cannot be had, the folder stays away and tests/sdk says so.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SDKS = HERE.parent.parent / "var" / "sdks"
PYTHON = ("2.2.3", "2.3.5", "2.4.0")
MARK = "installed.sha256"  # the lock that a folder was installed from
TIMEOUT = 300


def lock_of(name: str) -> Path:
    """The lock file of a Python version, or of `node`."""
    return HERE / "node" / "package-lock.json" if name == "node" else HERE / "requirements" / f"segment-{name}.txt"


def installed(name: str) -> bool:
    """Whether var/sdks/<name> is there in whole and fits its lock."""
    mark = SDKS / name / MARK
    return mark.exists() and mark.read_text() == _checksum(name)


def _checksum(name: str) -> str:
    return hashlib.sha256(lock_of(name).read_bytes()).hexdigest()


def install(name: str) -> str:
    """Install one; the reason when it cannot be, else nothing."""
    if installed(name):
        return ""
    target = SDKS / name
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    if name == "node":
        npm = shutil.which("npm")
        if npm is None:
            return "npm is not installed"
        for file in ("package.json", "package-lock.json"):
            shutil.copy(HERE / "node" / file, target / file)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(target)]
    else:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        command += ["--no-deps", "--require-hashes", "--target", str(target), "--requirement", str(lock_of(name))]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["it cannot be had"])[-1]
    (target / MARK).write_text(_checksum(name))
    return ""


def main() -> int:
    """Always 0: what is missing is said, and its tests skip (or fail, where CI says that they may not)."""
    for name in (*PYTHON, "node"):
        if reason := install(name):
            print(f"Segment's SDK {name} is not installed: {reason}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
