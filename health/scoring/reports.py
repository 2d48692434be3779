"""The reports of health (CONTRACTS 3): scores and their factors, for any day and any moment of knowledge.

A day whose night is done answers from its rows. Any other day, or an earlier knowledge, is judged from the facts by
what is published now, by the very functions of the night.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from accounts.models import Account, Tenant
from cs_platform.kernel.models import Run
from health.enums import Component
from health.models import HealthModelVersion, HealthScore
from health.scoring import jobs
from health.scoring.definition import Definition
from health.scoring.diff import LATE
from health.scoring.formulas import MICRO, MISSING
from health.scoring.selectors import factors

SCORES = ["account", "as_of", "score", "band", "usage", "engagement", "support", "outcomes", "coverage", "previous_score",
          "change"]  # fmt: skip
FACTORS = ["account", "as_of", "component", "factor", "raw_value", "points", "weight", "contribution", "reason"]
WEEK = dt.timedelta(days=7)
_SIX, _EIGHT = Decimal("0.000001"), Decimal("0.00000001")


@dataclass(frozen=True)
class Judged:
    """The scores of a day by account, and the definition of each row's version."""

    rows: dict[UUID, HealthScore]
    definitions: dict[UUID, Definition]


def judged(day: dt.date, known_on: dt.date) -> Judged:
    """The scores of a day as they are known on `known_on`: those of its night, else made now and not kept."""
    if known_on >= day and Run.objects.filter(name="nightly", as_of=day, state=Run.State.DONE).exists():
        rows = {row.account_id: row for row in HealthScore.objects.filter(as_of=day)}
        versions = HealthModelVersion.objects.in_bulk({row.version_id for row in rows.values()})
        return Judged(rows, {key: Definition.read(version.definition) for key, version in versions.items()})
    return _made(day, known_on)


def _made(day: dt.date, known_on: dt.date) -> Judged:
    tenant = Tenant.current()
    found = Judged({}, {})
    for judge, ids, scores in jobs.judge(day, jobs.last_full_day(tenant, day), known_on=min(day, known_on)):
        found.definitions[judge.version_id] = judge.definition
        for i, account in enumerate(ids):
            if scores.coverage[i] > 0:
                components = {str(c): _points(scores.components[i][n]) for n, c in enumerate(Component)}
                row = HealthScore(
                    account_id=UUID(bytes=account.tobytes()), as_of=day, version_id=judge.version_id,
                    score=_points(scores.total[i]), band=scores.band(i), coverage=Decimal(repr(float(scores.coverage[i]))),
                    raw=[None if value != value else float(value) for value in scores.raw[i]],
                    points=_listed(scores.points[i]), shares=_listed(scores.shares[i]), **components,
                )  # fmt: skip
                found.rows[row.account_id] = row
    return found


def _points(micro: Any) -> Decimal | None:
    return None if micro == MISSING else Decimal(int(micro)) / MICRO


def _listed(values: Any) -> list[int | None]:
    return [None if value == MISSING else int(value) for value in values]


def _six(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(_SIX)


def _eight(value: float | Decimal | None) -> Decimal | None:
    return None if value is None else Decimal(repr(float(value))).quantize(_EIGHT)


def _names(segment: str) -> dict[UUID, str]:
    accounts = Account.objects.filter(segment__name=segment) if segment else Account.objects.all()
    return dict(accounts.values_list("id", "external_id"))


def health_scores(as_of: dt.date, known_on: dt.date, segment: str = "") -> list[dict[str, Any]]:
    """Report `health_scores`: one row for each account of which anything is known, by external id.

    `previous_score` is that of seven days before (or of the nearest day of the week before that, when a night was
    missed), `change` the difference in points.
    """
    names, now = _names(segment), judged(as_of, known_on)
    before = _previous(as_of, known_on)
    rows = []
    for account, row in now.rows.items():
        if account not in names:
            continue
        previous = before.get(account)
        change = None if row.score is None or previous is None else Decimal(row.score) - previous
        rows.append(
            {"account": names[account], "as_of": as_of, "score": _six(row.score), "band": str(row.band)}
            | {str(c): _six(getattr(row, str(c))) for c in Component}
            | {"coverage": _eight(row.coverage), "previous_score": _six(previous), "change": _six(change)}
        )
    return sorted(rows, key=lambda row: row["account"])


def _previous(as_of: dt.date, known_on: dt.date) -> dict[UUID, Decimal]:
    if known_on < as_of:
        return {a: row.score for a, row in judged(as_of - WEEK, known_on).rows.items() if row.score is not None}
    stored = HealthScore.objects.filter(as_of__lte=as_of - WEEK, as_of__gt=as_of - dt.timedelta(days=LATE))
    latest = stored.order_by("account_id", "-as_of").distinct("account_id").values_list("account_id", "score")
    found = dict(latest)
    if not found:
        return {a: row.score for a, row in judged(as_of - WEEK, known_on).rows.items() if row.score is not None}
    return {account: score for account, score in found.items() if score is not None}


def health_factors(as_of: dt.date, known_on: dt.date, segment: str = "") -> list[dict[str, Any]]:
    """Report `health_factors`: one row for each account and indicator of its model, by external id and in the model's
    order. The weights of an account add up to 1 and its contributions to its score; what is missing has neither."""
    names, now = _names(segment), judged(as_of, known_on)
    rows = []
    for account, row in sorted(now.rows.items(), key=lambda item: names.get(item[0], "")):
        if account not in names:
            continue
        for factor in factors(row, now.definitions[row.version_id]):
            rows.append(
                {
                    "account": names[account],
                    "as_of": as_of,
                    "component": str(factor.part.component),
                    "factor": factor.part.key,
                    "raw_value": _eight(factor.raw),
                    "points": None if factor.points is None else _eight(factor.points),
                    "weight": _eight(factor.weight / 100),
                    "contribution": _six(_micro(factor.contribution)),
                    "reason": factor.reason(),
                }
            )
    return rows


def _micro(points: float | None) -> Decimal | None:
    """Points that are whole millionths, exactly."""
    return None if points is None else Decimal(round(points * MICRO)) / MICRO
