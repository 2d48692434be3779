"""`python -m cs_platform.embedded run COMMAND …`, `… stop`, `… remove`: the servers from the command line."""

import os
import sys

from cs_platform.embedded import demo, servers
from cs_platform.embedded.postgres import Postgres
from cs_platform.embedded.state import EmbeddedError


def main(arguments: list[str]) -> int:
    match arguments:
        case ["run", *command] if command:
            if servers.ensure():  # psql, pg_dump and pg_restore of the server's own version come first
                os.environ["PATH"] = f"{Postgres().programs()}{os.pathsep}{os.environ['PATH']}"
            os.execvp(command[0], command)  # noqa: S606 (the very point: what was typed is run)
        case ["stop"] | ["remove"]:
            stopped = ["the demo"] if demo.stop() else []
            stopped += servers.stop()
            if arguments == ["remove"]:
                servers.remove()
            print(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except EmbeddedError as error:
        sys.exit(str(error))
