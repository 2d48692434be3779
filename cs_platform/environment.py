"""The environment variables of the product, for docs/operators.md: `python -m cs_platform.environment --write`."""

import sys
from pathlib import Path

GUIDE = Path(__file__).resolve().parent.parent / "docs" / "operators.md"
BEGIN, END = "<!-- env:begin -->", "<!-- env:end -->"

# name: (default, meaning)
VARIABLES: dict[str, tuple[str, str]] = {
    "DATABASE_URL": ("embedded", "PostgreSQL as the role `cs_app`, which web, worker and beat use"),
    "DATABASE_ADMIN_URL": ("embedded", "The same database as `cs_owner`; read by `migrate` alone"),
    "DATABASE_OPS_URL": (
        "embedded",
        "The same database as `cs_ops`, which reads everything and writes nothing; for backups",
    ),
    "REDIS_URL": ("embedded", "Redis or Valkey: broker, cache, rate limits"),
    "DJANGO_SECRET_KEY": ("made once in `var/`", "At least 32 random characters; changing it ends all sessions"),
    "DJANGO_DEBUG": ("false", "Error pages with details; never in production"),
    "BASE_URL": ("`http://localhost:8000`", "The public address; with https, cookies are Secure and HSTS is on"),
    "ALLOWED_HOSTS": ("localhost", "Host names that are answered, separated by commas"),
    "TRUST_PROXY": ("false", "true behind a proxy of your own that sets X-Forwarded-Proto"),
    "EMAIL_URL": ("console", "`smtp+tls://user:password@host:587`, or `consolemail://`, `filemail://`"),
    "DEFAULT_FROM_EMAIL": ("`Setia <no-reply@localhost>`", "Sender of invitations and resets"),
    "API_RATE": ("`1000/min`", "Requests for each API key"),
    "EVENT_RATE": ("`300000/min`", "Events for each API key, however many requests they come in"),
    "EVENT_DAYS": ("90", "Days that raw usage events are kept, 7 at least; what is rolled up from them stays for good"),
    "EVENT_KEY_DAYS": (
        "400",
        "Days in which a usage event that is sent or imported again is known and not counted again",
    ),
    "HELD_DAYS": ("30", "Days that refused events, and those that were dealt with, stay in the inbox"),
    "RECEIPT_DAYS": ("90", "Days that the receipts of batches of events are kept"),
    "WEBHOOK_ALLOW_HOSTS": (
        "none",
        "Hosts inside your network that webhooks may go to, `name` or `name:port`, separated by commas; also in plain HTTP",
    ),
    "LOG_FORMAT": ("json", "`json` or `console`"),
    "WEB_CONCURRENCY": ("2", "Worker processes of gunicorn"),
    "PORT": ("8000", "Port of `make demo`; the next free one when taken"),
    "SETIA_VAR": ("`var/`", "Where the embedded servers keep their data"),
}


def table() -> str:
    """The table in Markdown."""
    rows = [f"| `{name}` | {default} | {meaning} |" for name, (default, meaning) in VARIABLES.items()]
    return "\n".join(["| variable | default | meaning |", "| --- | --- | --- |", *rows])


def written() -> str:
    """The table as it stands in the guide."""
    return GUIDE.read_text().split(BEGIN)[1].split(END)[0].strip()


if __name__ == "__main__" and "--write" in sys.argv:
    before, _, rest = GUIDE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    GUIDE.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}")
