"""From facts to raw numbers: questions (account, day, known by, last full day of usage) in, one row of indicators each out.

Night, refresh and backtest differ only in what they ask. The SQL of the families reduces; nothing is judged here. No
statement may look ahead: facts that happened or became known after the question's day do not exist for it.

    ask([(account, day, day, day)])  or  ask_accounts(day, full_day, "changed")
    stage_models({})
    found = answers(definition.windows)
"""

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from uuid import UUID

import numpy as np
from django.db import connection

from accounts.models import Tenant
from accounts.selectors import STANDING
from cs_platform.kernel import copying, sqljobs
from health.scoring.formulas import Floats, Ints
from health.scoring.indicators import CATALOGUE, FIRST_VALUE_DAYS, INDICATORS, Source
from health.scoring.storing import EVERYBODY

SQL = Path(__file__).parent / "sql"
FAMILIES = ("usage", "engagement", "support", "outcomes")
_TEMPORARY = ("asked", "moment", *(f"got_{family}" for family in FAMILIES))
_COPY_HEADER, _EPOCH = 19, np.datetime64("2000-01-01")
MANY = 20_000  # questions at once that deserve memory


@dataclass(frozen=True)
class Answers:
    """Raw numbers of n questions: accounts, days, the position of each one's model, months as a customer, and n × all
    indicators in the order of the CATALOGUE (nan where there is nothing to judge)."""

    ids: "np.ndarray"  # n × 16 bytes
    days: "np.ndarray"  # n, datetime64[D]
    models: Ints
    tenure: Floats
    raw: Floats

    def __len__(self) -> int:
        return len(self.ids)

    def account(self, row: int) -> UUID:
        return UUID(bytes=self.ids[row].tobytes())

    def of(self, keys: Sequence[str], rows: "np.ndarray | slice" = slice(None)) -> Floats:
        """The columns of these indicators, in this order."""
        return np.asarray(self.raw[rows][:, [_COLUMN[key] for key in keys]])

    def rows(self, model: int) -> "np.ndarray":
        """Positions of the questions that this model judges."""
        return np.flatnonzero(self.models == model)


_COLUMN = {indicator.key: column for column, indicator in enumerate(CATALOGUE)}


def ask(rows: Iterable[tuple[UUID, dt.date, dt.date, dt.date]]) -> None:
    """Ask for these (account, day, known by, last full day of usage)."""
    columns = [("account_id", "uuid"), ("as_of", "date"), ("known_on", "date"), ("usage_day", "date")]
    copying.stage("wanted", columns, rows)


def ask_accounts(as_of: dt.date, usage_day: dt.date, scope: str = EVERYBODY, known_on: dt.date | None = None) -> int:
    """Ask for the accounts of the table `scope` (id) that are scored on that day; how many they are."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.wanted")
        cursor.execute(
            "CREATE TEMPORARY TABLE wanted (account_id uuid, as_of date, known_on date, usage_day date) ON COMMIT DROP"
        )
    params = {
        "as_of": as_of,
        "usage_day": usage_day,
        "known_on": known_on or as_of,
        "dunning_days": Tenant.current().dunning_days,
    }
    return sqljobs.execute(SQL / "everybody.sql", params, tables={"scope": scope, "standing": STANDING})


def stage_models(segments: Mapping[UUID, int]) -> None:
    """Temporary table `model_of`: which model judges a segment, by position; 0 judges all others."""
    copying.stage("model_of", [("segment_id", "uuid"), ("model", "int")], segments.items())


def answers(windows: Mapping[str, int], models: Sequence[int] = (0,)) -> Answers:
    """The raw numbers of what was asked and is judged by one of `models`, looking back as far as `windows` say (days by
    indicator, see `Definition.windows`)."""
    tenant = Tenant.current()
    params: dict[str, object] = {
        "zone": tenant.timezone,
        "dunning_days": tenant.dunning_days,
        "models": list(models),
        "first_value_days": json.dumps(FIRST_VALUE_DAYS),
    }
    for source in (Source.TOUCHPOINTS, Source.SURVEYS):  # people are seen in both
        own = [days for key, days in windows.items() if INDICATORS[key].source in (source, Source.PEOPLE)]
        params[str(source)] = 1 + max(own)
    params |= windows
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {', '.join(f'pg_temp.{table}' for table in _TEMPORARY)}")
    tables = {"standing": STANDING}
    sqljobs.execute(SQL / "asked.sql", params, tables=tables)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), min(usage_day), max(usage_day) FROM asked")
        count, params["first_day"], params["last_day"] = cursor.fetchone()
        many = count > MANY
        if many:
            cursor.execute("SET LOCAL work_mem = '256MB'")
        for family in FAMILIES:
            sqljobs.execute(SQL / f"{family}.sql", params, tables=tables)
        found = _read(cursor)
        if many:
            cursor.execute("SET LOCAL work_mem TO DEFAULT")
    return found


def _read(cursor: "object") -> Answers:
    """The rows of raw.sql as arrays. Binary COPY of rows without nulls has rows of one length, which numpy reads as they are."""
    numbers = ["tenure", *(indicator.key for indicator in CATALOGUE)]
    columns = ", ".join(f"coalesce({name}, 'NaN')::float8" for name in numbers)
    buffer = BytesIO()
    cursor.copy_expert(  # type: ignore[attr-defined]
        f"COPY (SELECT account_id, as_of, model, {columns} FROM ({sqljobs.statement(SQL / 'raw.sql')}) raw ORDER BY n) "  # noqa: S608
        "TO STDOUT (FORMAT binary)",
        buffer,
    )
    value = np.dtype([("length", ">i4"), ("value", ">f8")])
    record = np.dtype(
        [("fields", ">i2"), ("l1", ">i4"), ("account", "u1", 16), ("l2", ">i4"), ("day", ">i4"), ("l3", ">i4"),
         ("model", ">i4"), ("numbers", value, len(numbers))]
    )  # fmt: skip
    rows = np.frombuffer(buffer.getbuffer()[_COPY_HEADER:-2], dtype=record)
    values = rows["numbers"]["value"].astype(np.float64)
    return Answers(
        ids=np.ascontiguousarray(rows["account"]),
        days=_EPOCH + rows["day"].astype(np.int64),
        models=rows["model"].astype(np.int64),
        tenure=values[:, 0],
        raw=values[:, 1:],
    )
