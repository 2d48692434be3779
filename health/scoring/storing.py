"""Scores into the table in bulk: one binary COPY, one upsert, one update of what lists show of an account."""

import datetime as dt
from io import BytesIO
from pathlib import Path
from uuid import UUID

import numpy as np
from django.db import connection

from accounts.webhooks.announce import announce_rows
from accounts.webhooks.events import Kind
from cs_platform.kernel import audit, sqljobs
from cs_platform.kernel.tenancy import current_tenant_id
from health.scoring.formulas import Scores

SQL = Path(__file__).parent / "sql"
EVERYBODY = "accounts_account"
_EPOCH = dt.date(2000, 1, 1)
_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_FLOAT8, _INT4 = 701, 23  # object ids of PostgreSQL's types

# Fixed width but for the arrays; the whole numbers are millionths, -1 where there is none.
_COLUMNS = ("account_id uuid, as_of date, version_id uuid, band smallint, coverage float8, score int, usage int, "
            "engagement int, support int, outcomes int, raw float8[], points int[], shares int[]")  # fmt: skip


def begin() -> None:
    """The temporary table `scored`, empty."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.scored")
        cursor.execute(f"CREATE TEMPORARY TABLE scored ({_COLUMNS}) ON COMMIT DROP")


def add(ids: "np.ndarray", as_of: dt.date, version_id: UUID, scores: Scores) -> int:
    """Stage the scores of these accounts (n × 16 bytes), of those of whom anything is known; how many."""
    known = scores.coverage > 0
    count, width = int(known.sum()), scores.raw.shape[1]
    if not count:
        return 0

    def array(kind: str) -> "np.dtype":
        element = np.dtype([("length", ">i4"), ("value", kind)])
        head = [(name, ">i4") for name in ("size", "dimensions", "nulls", "type", "length", "first")]
        return np.dtype([*head, ("elements", element, width)])

    record = np.dtype(
        [("fields", ">i2"), ("l1", ">i4"), ("account", "u1", 16), ("l2", ">i4"), ("day", ">i4"), ("l3", ">i4"),
         ("version", "u1", 16), ("l4", ">i4"), ("band", ">i2"), ("l5", ">i4"), ("coverage", ">f8"), ("l6", ">i4"),
         ("score", ">i4"), ("components", [("length", ">i4"), ("value", ">i4")], 4),
         ("raw", array(">f8")), ("points", array(">i4")), ("shares", array(">i4"))]
    )  # fmt: skip
    rows = np.zeros(count, dtype=record)
    rows["fields"] = 13
    for name, size in (("l1", 16), ("l2", 4), ("l3", 16), ("l4", 2), ("l5", 8), ("l6", 4)):
        rows[name] = size
    rows["account"] = ids[known]
    rows["day"] = (as_of - _EPOCH).days
    rows["version"] = np.frombuffer(version_id.bytes, dtype="u1")
    rows["band"], rows["coverage"], rows["score"] = scores.bands[known], scores.coverage[known], scores.total[known]
    rows["components"]["length"] = 4
    rows["components"]["value"] = scores.components[known]
    for name, values, kind, size in (
        ("raw", scores.raw, _FLOAT8, 8),
        ("points", scores.points, _INT4, 4),
        ("shares", scores.shares, _INT4, 4),
    ):
        field = rows[name]
        field["size"], field["dimensions"], field["type"] = 20 + width * (4 + size), 1, kind
        field["length"], field["first"] = width, 1
        field["elements"]["length"] = size
        field["elements"]["value"] = values[known]
    with connection.cursor() as cursor:
        cursor.copy_expert("COPY scored FROM STDIN (FORMAT binary)", BytesIO(_HEADER + rows.tobytes() + _TRAILER))
    return count


def store(as_of: dt.date, scope: str) -> int:
    """Make the rows of the day, of the accounts in the table `scope`, exactly those staged; how many changed.

    What lists show of an account follows, unless a later day was scored already.
    """
    params = {"tenant_id": current_tenant_id(), "as_of": as_of}
    with connection.cursor() as cursor:
        # Night and refresh write the same accounts; one after the other, they cannot wait for each other in a circle.
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext('health.scores'))", [current_tenant_id()])
        cursor.execute("ANALYZE scored")
    rows = sqljobs.execute(SQL / "store.sql", params)
    with sqljobs.in_bulk(rows if scope == EVERYBODY else 0):
        rows += sqljobs.execute(SQL / "withdraw.sql", params, tables={"scope": scope})
    with audit.derived():
        announce_rows(Kind.BAND_CHANGED, SQL / "show.sql", params)
        announce_rows(Kind.BAND_CHANGED, SQL / "show_none.sql", params, tables={"scope": scope})
    return rows
