"""PostgreSQL and Redis for a machine that has only Python, and the commands that use them.

Nothing here imports Django: it runs before the settings, which read what it leaves in the environment.
"""

from cs_platform.embedded.servers import ensure, stop

__all__ = ["ensure", "stop"]
