"""What manage.py does before Django: servers, the role that a command needs, and a schema that fits the code."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from cs_platform.embedded import servers, state
from cs_platform.embedded.state import ROOT, EmbeddedError

# These read or change the schema itself, so they run as the owner of the tables.
AS_OWNER = {"migrate", "makemigrations", "showmigrations", "sqlmigrate", "createcachetable"}
# These get along without a schema, or with an old one.
WITHOUT_SCHEMA = AS_OWNER | {"check", "diffsettings", "help", "spectacular", "version"}
WITHOUT_SCHEMA |= {"collectstatic", "compilemessages", "makemessages", "messages"}


def prepare(arguments: list[str]) -> None:
    """Make the environment ready for a management command; ends the process with one sentence when it cannot."""
    command = next((argument for argument in arguments[1:] if not argument.startswith("-")), "help")
    try:
        embedded = servers.ensure()
        if embedded and command not in WITHOUT_SCHEMA:
            migrate()
    except EmbeddedError as error:
        sys.exit(str(error))
    if command in AS_OWNER and os.environ.get("DATABASE_ADMIN_URL"):
        os.environ["DATABASE_URL"] = os.environ["DATABASE_ADMIN_URL"]


def migrate() -> bool:
    """Bring the embedded database up to date when the migrations have changed; True when they had."""
    wanted = fingerprint(migration_files())
    recorded = state.var() / "schema"
    with state.locked("schema"):
        if recorded.exists() and recorded.read_text() == wanted:
            return False
        run_step(["migrate", "--no-input"])
        recorded.write_text(wanted)
    return True


def collect_static() -> bool:
    """Compress the static files anew when they have changed; True when they had.

    They belong to the checkout, wherever SETIA_VAR lies.
    """
    wanted = fingerprint(static_files())
    collected = ROOT / "var" / "static"
    recorded = collected.with_suffix(".fingerprint")
    with state.locked("static"):
        if collected.exists() and recorded.exists() and recorded.read_text() == wanted:
            return False
        run_step(["collectstatic", "--no-input", "--clear"])
        recorded.write_text(wanted)
    return True


def run_step(arguments: list[str]) -> None:
    """A management command whose output is only of interest when it fails."""
    log = state.log_file("setup")
    with open(log, "wb") as output:
        done = subprocess.run([sys.executable, ROOT / "manage.py", *arguments], stdout=output, stderr=subprocess.STDOUT)
    if done.returncode:
        raise EmbeddedError(f"manage.py {arguments[0]} failed ({log}):\n{state.tail(log)}")


def migration_files() -> list[Path]:
    """All migrations: those of this project, and by their versions those of the packages."""
    return [*ROOT.glob("*/migrations/*"), *ROOT.glob("cs_platform/*/migrations/*"), ROOT / "requirements/runtime.txt"]


def static_files() -> list[Path]:
    """The project's own files, by their contents, and those of the packages, by their versions."""
    own = [*ROOT.glob("static/**/*"), *ROOT.glob("*/static/**/*"), *ROOT.glob("cs_platform/*/static/**/*")]
    return [*(path for path in own if ROOT / "var" not in path.parents), ROOT / "requirements/runtime.txt"]


def fingerprint(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in paths if path.is_file()):
        digest.update(f"{path.relative_to(ROOT)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()
