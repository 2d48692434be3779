"""Start the servers that the environment does not name, tell the settings of them, and stop them again."""

import os
import sys

from cs_platform.embedded import state
from cs_platform.embedded.postgres import Postgres
from cs_platform.embedded.redis import Redis

Server = Postgres | Redis


def wanted() -> list[type[Server]]:
    """The servers that nobody else provides."""
    kinds: dict[str, type[Server]] = {"DATABASE_URL": Postgres, "REDIS_URL": Redis}
    return [kind for variable, kind in kinds.items() if not os.environ.get(variable)]


def ensure(quiet: bool = False) -> bool:
    """Have PostgreSQL and Redis run and their addresses in the environment; True when PostgreSQL is the embedded one.

    Safe to call from many processes at once, and cheap when the servers run already. They outlive the caller.
    """
    kinds = wanted()
    if kinds:
        os.environ.update(start(kinds, quiet))
    if Postgres not in kinds:
        return False
    for name, value in defaults().items():
        os.environ.setdefault(name, value)
    return True


def start(kinds: list[type[Server]], quiet: bool = True) -> dict[str, str]:
    """The variables that name these servers, each started unless it runs."""
    environment: dict[str, str] = {}
    with state.locked("servers"):
        for kind in kinds:
            server = kind()
            if not server.running():
                if not server.memory and not quiet:
                    print(f"Preparing {server.title} in {state.var()} ...", file=sys.stderr)
                server.start()
            environment |= server.environment()
    return environment


def defaults() -> dict[str, str]:
    """What else a machine without any configuration needs; mail is put into files."""
    return {
        "DJANGO_SECRET_KEY": state.secret_key(),
        "EMAIL_URL": f"filemail:///{state.var() / 'mail'}",
        "LOG_FORMAT": "console",
    }


def stop() -> list[str]:
    """Stop both servers if they run; the titles of those that did."""
    with state.locked("servers"):
        ended = {server.title: server.stop() for server in (Postgres(), Redis())}
    state.taken_note_of([process for found in ended.values() for process in found])
    return [title for title, found in ended.items() if found]


def remove() -> None:
    """Stop both servers and delete what they keep outside of `var/`."""
    stop()
    for server in (Postgres(), Redis()):
        server.remove()
