"""The one door of success criteria and their measurements (VAL-01 to VAL-03)."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import ChangeSource
from accounts.kinds import Row
from accounts.merging import MergeResult, Origin
from accounts.merging.result import quiet_inserts
from accounts.models import Tenant
from cs_platform.kernel import copying, sqljobs
from cs_platform.kernel.money import digits, to_minor
from health import news
from health.known import known_on
from health.models import Outcome
from health.naming import Ids, named
from health.outcomes.rows import MEASURED, MEASUREMENTS, Measurement

SQL = Path(__file__).parent / "sql"
COLUMNS = [
    ("number", "int"), ("outcome", "text"), ("account_id", "uuid"), ("name", "text"), ("metric", "text"), ("unit", "text"),
    ("baseline", "numeric(20,4)"), ("target", "numeric(20,4)"), ("agreed_on", "date"), ("due_on", "date"),
    ("data_source", "text"), ("owner_id", "uuid"), ("customer_owner_id", "uuid"), ("first_value", "bool"),
    ("confirmed_on", "date"), ("confirmed_by_id", "uuid"), ("value_minor", "bigint"), ("story", "text"),
    ("dropped_on", "date"), ("known_on", "date"), ("given", "text[]"),
]  # fmt: skip
MEASUREMENT = [
    ("outcome_id", "uuid"), ("measured_on", "date"), ("value", "numeric(20,4)"), ("note", "text"), ("known_on", "date"),
]  # fmt: skip


def merge_outcomes(rows: Sequence[Row], origin: Origin) -> MergeResult:
    """Create or update success criteria and record measurements that say something new about their day.

    Several rows of one outcome may each carry a measurement; otherwise they must say the same. Refused: an account, a
    contact or a member who does not exist, a contact of another account, and a second value of one day.
    """
    result = MergeResult()
    tenant = Tenant.current()
    rows = [row for row in rows if not _refuse_value(row, tenant, result)]
    accepted = list(named(rows, result, contacts=["customer_owner", "confirmed_by"], members=["owner_email"]))
    firsts = _firsts(accepted, result)
    if not firsts:
        return result
    today = timezone.now().astimezone(tenant.zone).date()
    staged = [row for row, _ids in firsts.values()]
    quiet_inserts(len(staged))
    copying.stage(
        "stage_outcome", COLUMNS, (_cells(row, ids, today, tenant, origin.source) for row, ids in firsts.values())
    )
    params = origin.params()
    params["member_id"] = params["source_ref"] if origin.source == ChangeSource.MEMBER else None
    touched: set[UUID] = set()
    of: dict[str, dict[str, Any]] = {}
    names = {row.number: row.values["outcome"] for row in staged}
    for found in sqljobs.rows(SQL / "merge_outcomes.sql", params):
        of[names[found["number"]]] = found
        result.add(found["number"], found["id"], found["outcome"])
        if found["outcome"] != "unchanged":
            touched |= {found["account_id"], found["before_id"]} - {None}
    gone = {rejected.row for rejected in result.rejected}
    told = [(row, of[row.values["outcome"]]) for row, _ids in accepted if row.number not in gone]
    fresh = _measure(told, result, today, origin.source, params)
    for row, found in told:
        if any(rejected.row == row.number for rejected in result.rejected):
            result.ids.pop(row.number, None)
            result.outcomes.pop(row.number, None)
            continue
        news_of_row = {(found["id"], on) for on, _value, _note in _measurements(row)} & fresh
        before = result.outcomes.get(row.number, "unchanged")
        result.add(row.number, found["id"], "updated" if before == "unchanged" and news_of_row else before)
        fresh -= news_of_row
        if news_of_row:
            touched.add(found["account_id"])
    news.signals_changed(sorted(touched), actor=origin.actor)
    return result


def _refuse_value(row: Row, tenant: Tenant, result: MergeResult) -> bool:
    value = row.values.get("value")
    places = digits(tenant.currency)
    if value is None or not value.scaleb(places) % 1:
        return False
    sentence = _("%(code)s has %(n)s decimals.") % {"code": tenant.currency, "n": places}
    result.reject(row, "value", str(value), "decimals", sentence)
    return True


def _measurements(row: Row) -> Sequence[Measurement]:
    return row.values.get(MEASUREMENTS) or ()


def _firsts(accepted: Sequence[tuple[Row, Ids]], result: MergeResult) -> dict[str, tuple[Row, Ids]]:
    """The first row of each outcome. A later one that says something else but a measurement is refused."""
    names = {row.values["outcome"] for row, _ids in accepted}
    standing = dict(
        Outcome.objects.filter(external_id__in=names)
        .order_by("id")
        .select_for_update()
        .values_list("external_id", "baseline")
    )
    firsts: dict[str, tuple[Row, Ids]] = {}
    for row, ids in accepted:
        outcome = row.values["outcome"]
        # A row without a baseline is judged by the one that stands.
        if "baseline" not in row.given and standing.get(outcome, 0) == row.values["target"]:
            sentence = _("Target and baseline are the same.")
            result.reject(row, "target", str(row.values["target"]), "same", sentence)
        elif outcome not in firsts:
            firsts[outcome] = row, ids
        elif _agreement(firsts[outcome][0]) != _agreement(row):
            sentence = _("Row %(first)s is about the same, with other values.") % {"first": firsts[outcome][0].number}
            result.reject(row, "outcome", outcome, "repeated", sentence)
    return firsts


def _agreement(row: Row) -> dict[str, Any]:
    return {
        name: row.values[name] for name in row.given if name in row.values and name not in (*MEASURED, MEASUREMENTS)
    }


def _cells(row: Row, ids: Ids, today: dt.date, tenant: Tenant, source: str) -> list[Any]:
    v = row.values
    agreed = v.get("agreed_on") or min(today, v["due_on"])
    # What must have a value and was given empty stays what it is.
    given = set(row.given) - {name for name in ("agreed_on",) if v.get(name) is None}
    value = v.get("value")
    return [
        row.number, v["outcome"], ids["account"], v.get("name") or "", v["metric"], v.get("unit") or "",
        v.get("baseline") or 0, v["target"], agreed, v["due_on"], v["data_source"], ids["owner_email"],
        ids["customer_owner"], bool(v.get("first_value")), v.get("confirmed_on"), ids["confirmed_by"],
        None if value is None else to_minor(value, tenant.currency), v.get("story") or "", v.get("dropped_on"),
        known_on(agreed, today, source), "{" + ",".join(sorted(given)) + "}",
    ]  # fmt: skip


def _measure(
    told: Sequence[tuple[Row, dict[str, Any]]],
    result: MergeResult,
    today: dt.date,
    source: str,
    params: dict[str, Any],
) -> set[tuple[UUID, dt.date]]:
    """Record the measurements that are new; (outcome, day) of each. Two values of one day are refused."""
    values: dict[tuple[UUID, dt.date], tuple[Any, str]] = {}
    for row, found in told:
        for on, value, note in _measurements(row):
            before = values.setdefault((found["id"], on), (value, note))
            if before != (value, note):
                sentence = _("Another row has another value of this day.")
                result.reject(row, "measured_value", str(value), "repeated", sentence)
                break
    if not values:
        return set()
    rows = [[id_, on, value, note, known_on(on, today, source)] for (id_, on), (value, note) in values.items()]
    copying.stage("stage_measurement", MEASUREMENT, rows)
    recorded = sqljobs.rows(SQL / "merge_measurements.sql", params)
    fresh = {(row["outcome_id"], row["measured_on"]) for row in recorded}
    said = {found["id"] for _row, found in told if found["outcome"] == "unchanged"}
    copying.stage("stage_measured", [("id", "uuid")], ([id_] for id_ in {id_ for id_, _on in fresh} & said))
    sqljobs.execute(SQL / "count_versions.sql")
    return fresh
