"""Snapshots of accounts at the end of a day: a few set-based statements for any number of them."""

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np

from accounts.enums import HealthBand
from accounts.models import Tenant
from cs_platform.kernel import sqljobs
from health.alerts.rule_parts import Snapshot
from health.alerts.rules import TREND_DAYS
from health.scoring import features
from health.scoring.definition import Definition
from health.scoring.indicators import CATALOGUE

SQL = Path(__file__).parent / "sql"
KEYS = tuple(indicator.key for indicator in CATALOGUE)
# What floors above know of the accounts of a table (id) at the end of a day, by the floor; they append in `ready()`.
ABOVE: dict[str, Callable[[dt.date, str], Mapping[UUID, Any]]] = {}


def snapshots(as_of: dt.date, scope: str) -> list[Snapshot]:
    """The accounts of the table `scope` (id) that have a score of that day, as they stood at its end."""
    tenant = Tenant.current()
    until = dt.datetime.combine(as_of + dt.timedelta(days=1), dt.time(), tenant.zone)
    params = {"as_of": as_of, "until": until, "zone": tenant.timezone}
    rows = sqljobs.rows(SQL / "facts.sql", params, tables={"scope": scope})
    found = [_snapshot(row, as_of) for row in rows]
    return _from_above(_with_indicators(found, as_of), as_of, scope)


def _from_above(found: list[Snapshot], as_of: dt.date, scope: str) -> list[Snapshot]:
    """Add what the floors above know."""
    known = {name: asked(as_of, scope) for name, asked in ABOVE.items()} if found else {}
    above = {
        s.account_id: {name: rows[s.account_id] for name, rows in known.items() if s.account_id in rows} for s in found
    }
    return [replace(s, above=above[s.account_id]) if above[s.account_id] else s for s in found]


def _snapshot(row: dict[str, Any], as_of: dt.date) -> Snapshot:
    row["reviews"] = tuple(row["reviews"])
    for name in ("events", "missed"):
        value = row[name] if isinstance(row[name], list) else json.loads(row[name])
        row[name] = tuple((str(key), text, dt.date.fromisoformat(day)) for key, text, day in value)
    row["band"] = HealthBand(row["band"])
    row["band_before"] = HealthBand(row["band_before"]) if row["band_before"] else HealthBand.NONE
    return Snapshot(as_of=as_of, **row)


def _with_indicators(found: Sequence[Snapshot], as_of: dt.date) -> list[Snapshot]:
    """Add the raw values of the day and of two months before, by the very statements that scores are made with."""
    then = as_of - dt.timedelta(days=TREND_DAYS)
    values: dict[tuple[UUID, dt.date], dict[str, float]] = {}
    if found:
        features.ask((s.account_id, day, day, day) for s in found for day in (as_of, then))
        features.stage_models({})
        answer = features.answers(Definition.default().windows)
        raw, known = answer.of(KEYS), ~np.isnan(answer.of(KEYS))
        for row in range(len(answer)):
            picked = {KEYS[column]: float(raw[row, column]) for column in np.flatnonzero(known[row])}
            values[answer.account(row), answer.days[row].item()] = picked
    return [
        replace(s, now=values.get((s.account_id, as_of), {}), before=values.get((s.account_id, then), {}))
        for s in found
    ]
