"""The system's call of each open renewal, by night, and the calls of a week as they are kept to be scored (REN-05)."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from accounts.models import Tenant
from accounts.rates import factors
from cs_platform.kernel import copying, queue, sqljobs
from cs_platform.kernel.tenancy import current_tenant_id
from health.models import HealthModelVersion
from health.scoring.definition import Definition
from renewals.enums import Caller
from renewals.formulas import Called, Facts, likelihood
from renewals.models import RenewalCall
from renewals.telling import tell_recalled

SQL = Path(__file__).parent / "sql"
FRIDAY = 4
_AS_THEY_COME = (
    "profile", "kept", "closed", "health", "trend", "tickets", "decider_days", "late_steps", "objections", "past_due", "notice",
    "renews_itself", "no_value", "intent", "tenure_months",
)  # fmt: skip


def call_all(as_of: dt.date) -> int:
    """Step of the night: the system's call of each open renewal, written where the number or a reason of it changed; how many.
    The same night again writes nothing."""
    queue.hold("renewals", patient=True)  # of two at once the second finds the calls made
    tenant = Tenant.current()
    _stage_places()
    until = dt.datetime.combine(as_of + dt.timedelta(days=1), dt.time(), tenant.zone)
    params = {"tenant_id": current_tenant_id(), "as_of": as_of, "until": until}
    fresh, recalled = [], []
    for row in sqljobs.rows(SQL / "facts.sql", params):
        called = likelihood(facts_of(row))
        told = json.loads(row["told"]) if row["told"] else []  # a statement of our own gives JSON as text
        if row["called"] != called.probability or _points(told) != _points(called.reasons):
            fresh.append(_call(row, called, as_of))
            if row["called"] is not None:
                recalled.append((fresh[-1], row["called"]))
    RenewalCall.objects.bulk_create(fresh, batch_size=2000)
    tell_recalled(recalled)
    return len(fresh)


def facts_of(row: Mapping[str, Any]) -> Facts:
    """A row of facts.sql as the formula reads it."""
    champion = "here" if row["champion"] else "left" if row["champion_left"] else ""
    return Facts(champion=champion, **{name: row[name] for name in _AS_THEY_COME})


def freeze_week(as_of: dt.date) -> int:
    """Step of the night: keep the calls of open renewals as they stood at the end of the last Friday up to `as_of`, once for
    a week and caller; how many were kept now.

    A night that was missed is made good by the next one: it takes the calls that were made up to that Friday and no later one.
    """
    week = as_of - dt.timedelta(days=(as_of.weekday() - FRIDAY) % 7)
    copying.stage("factor", [("currency", "text"), ("factor", "numeric")], factors().items())
    params = {"tenant_id": current_tenant_id(), "week": week, "currency": Tenant.current().currency}
    return sqljobs.execute(SQL / "freeze.sql", params)


def _stage_places() -> None:
    """Temporary table `place`: where the usage trend stands in the arrays of a version's scores, counted from 1."""
    rows = []
    for key, said in HealthModelVersion.objects.values_list("id", "definition"):
        keys = Definition.read(said).keys
        if "usage_trend" in keys:
            rows.append((key, keys.index("usage_trend") + 1))
    copying.stage("place", [("version_id", "uuid"), ("place", "int")], rows)


def _points(reasons: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """What a call is made of. What it was judged by may change from day to day and say the same: days since a talk."""
    return {item["key"]: item["points"] for item in reasons}


def _call(row: Mapping[str, Any], called: Called, as_of: dt.date) -> RenewalCall:
    return RenewalCall(
        renewal_id=row["id"], caller=Caller.SYSTEM, probability=called.probability, reasons=called.reasons, as_of=as_of
    )
