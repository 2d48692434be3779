"""A backtest as work: scores rebuilt as known before each decision, horizon by horizon, then judged (HLT-11, HLT-16).

No look-ahead: a question asks for an account as of `days` before the decision, known on that same day; what came later,
happened later or was only learned later does not exist for it (`scoring/sql`).
"""

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import Profile
from accounts.models import Member, Segment, Tenant
from cs_platform.kernel import queue
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.models import Work
from health.enums import BacktestState, Component
from health.models import Backtest, HealthModelVersion
from health.scoring import backtest, features, formulas
from health.scoring.backtest import HORIZONS, LEAST_LOST
from health.scoring.decisions import Decision, decisions
from health.scoring.definition import Definition

CHIEF = 90  # days before the decision; verdict by segment and weights are about these
MONTHS = (12, 24, 36)
MONTH = 30.4375  # days


@transaction.atomic
def start_backtest(
    *,
    version: HealthModelVersion,
    against: HealthModelVersion | None,
    segment: Segment | None,
    months: int,
    by: Member | None,
) -> Backtest:
    """Plan a backtest of `version` (A), perhaps beside `against` (B), on the decisions of the last `months` months.

    DomainError when both are the same, when the window is not one of MONTHS, or while another one runs.
    """
    if against is not None and against.id == version.id:
        raise DomainError(_("A and B are the same version."), fields={"against": _("Choose another version.")})
    if months not in MONTHS:
        raise DomainError(_("Choose 12, 24 or 36 months."), fields={"months": _("Choose 12, 24 or 36 months.")})
    if Backtest.objects.filter(state__in=(BacktestState.WAITING, BacktestState.RUNNING)).exists():
        raise DomainError(_("A backtest is running already."), code="running")
    run = Backtest.objects.create(
        version=version,
        against=against,
        segment=segment,
        as_of=Tenant.current().figures_as_of,
        total=len(HORIZONS) + 1,
        results={"asked": {"months": months}},
        created_by=by,
    )
    queue.enqueue("backtest", str(run.id), payload={"backtest": str(run.id)}, actor=by.name if by else "")
    return run


def backtest_piece(work: Work) -> bool:
    """Rebuild the scores of one horizon, or judge them all when none is left; whether more remains."""
    run = Backtest.objects.select_related("version", "against").filter(id=work.payload["backtest"]).first()
    if run is None or run.state == BacktestState.DONE:
        return False
    found = _decisions(run)
    kept = work.payload.setdefault("scores", {})
    todo = [days for days in HORIZONS if str(days) not in kept]
    if todo:
        kept[str(todo[0])] = _scores_before(run, found, todo[0])
        run.state, run.done = BacktestState.RUNNING, len(kept)
        run.save(update_fields=["state", "done"])
        return True
    run.results = {"asked": run.results["asked"]} | judged(run, found, kept)
    run.state, run.done, run.finished_at, run.error = BacktestState.DONE, run.total, timezone.now(), ""
    run.save(update_fields=["results", "state", "done", "finished_at", "error"])
    return False


def backtest_failed(work: Work, message: str, final: bool) -> None:
    """Keep the error where people look for it."""
    changes = {"error": message} | ({"state": BacktestState.FAILED} if final else {})
    Backtest.objects.filter(id=work.payload["backtest"]).exclude(state=BacktestState.DONE).update(**changes)


def _decisions(run: Backtest) -> list[Decision]:
    first = run.as_of - dt.timedelta(days=round(run.results["asked"]["months"] * MONTH))
    return decisions(run.as_of, first=first, segment=run.segment_id)


def _definitions(run: Backtest) -> dict[str, Definition]:
    """The score sets: A, perhaps B, and the baselines, all over A's indicators where they are not their own."""
    own = Definition.read(run.version.definition)
    sets = {"a": own}
    if run.against:
        sets["b"] = Definition.read(run.against.definition)
    weights = {c: 100.0 if c == Component.USAGE else 0.0 for c in Component}
    sets["usage"] = replace(own, weights=weights)
    sets["default"] = Definition.default(Profile.MID_MARKET)
    return sets


def _scores_before(run: Backtest, found: list[Decision], days: int) -> dict[str, Any]:
    """By score set the score of each decision `days` before it (null: none), and A's components."""
    place_of = {}
    for place, each in enumerate(found):
        on = each.day - dt.timedelta(days=days)
        if on >= each.since:  # nobody can be warned about somebody who is not a customer yet
            place_of[each.account_id, on] = place
    kept: dict[str, Any] = {}
    answers: dict[tuple[Any, ...], features.Answers] = {}
    for name, definition in _definitions(run).items():
        windows = tuple(sorted(definition.windows.items()))
        if windows not in answers:
            features.ask((account, on, on, on) for account, on in place_of)
            features.stage_models({})
            answers[windows] = features.answers(definition.windows)
        answer = answers[windows]
        places = [place_of[answer.account(row), answer.days[row].item()] for row in range(len(answer))]
        scores = formulas.score(definition, answer.of(definition.keys), answer.tenure)
        kept[name] = _placed(scores.total / formulas.MICRO, scores.total == formulas.MISSING, places, len(found))
        if name == "a":
            missing = scores.components == formulas.MISSING
            kept["parts"] = [
                _placed(scores.components[:, c] / formulas.MICRO, missing[:, c], places, len(found))
                for c in range(len(Component))
            ]
    return kept


def _placed(values: Any, missing: Any, places: list[int], count: int) -> list[float | None]:
    row: list[float | None] = [None] * count
    for place, value, absent in zip(places, values.tolist(), missing.tolist(), strict=True):
        row[place] = None if absent else round(value, 6)
    return row


def _floats(values: list[float | None]) -> backtest.Floats:
    return np.array([np.nan if v is None else v for v in values], dtype=float)


def judged(run: Backtest, found: list[Decision], kept: dict[str, Any]) -> dict[str, Any]:
    """The findings as the page shows them (see backtest.judge); "horizons" by days before the decision."""
    sets = _definitions(run)
    red, green = {n: d.yellow for n, d in sets.items()}, {n: d.green for n, d in sets.items()}
    lost = np.array([d.lost for d in found], dtype=bool)
    money = np.array([d.money for d in found], dtype=float)
    was_customer = {
        days: np.array([d.day - dt.timedelta(days=days) >= d.since for d in found], dtype=bool) for days in HORIZONS
    }
    scores = {days: {name: _floats(kept[str(days)][name]) for name in sets} for days in HORIZONS}
    horizons = {}
    for days in HORIZONS:
        there = was_customer[days]
        chosen = {name: values[there] for name, values in scores[days].items()}
        horizons[str(days)] = backtest.judge(chosen, lost[there], money[there], red=red, green=green)
    lead = {
        name: backtest.lead_times({d: scores[d][name] for d in HORIZONS}, lost, sets[name].green)
        for name in ("a", "b")
        if name in sets
    }
    parts = np.stack([_floats(values) for values in kept[str(CHIEF)]["parts"]], axis=1) if found else np.zeros((0, 4))
    rows = was_customer[CHIEF] & ~np.all(np.isnan(parts), axis=1)
    own = np.array([sets["a"].weights[c] for c in Component])
    return {
        "decisions": len(found),
        "lost": int(lost.sum()),
        "first": min((d.day for d in found), default=run.as_of).isoformat(),
        "last": run.as_of.isoformat(),
        "horizons": horizons,
        "lead": lead,
        "segments": _segments(found, scores[CHIEF], lost),
        "suggested": backtest.suggest(parts[rows], lost[rows], own),
    }


def _segments(found: list[Decision], scores: dict[str, backtest.Floats], lost: backtest.Flags) -> list[dict[str, Any]]:
    """All together, then each segment: decisions, lost, and figures only where at least twenty were lost."""
    names = dict(Segment.objects.values_list("id", "name"))
    rows = []
    for segment in [None, *sorted({d.segment_id for d in found if d.segment_id}, key=lambda s: names.get(s, ""))]:
        inside = np.array([segment is None or d.segment_id == segment for d in found], dtype=bool)
        both = [scores[n] for n in ("a", "b") if n in scores]
        known = inside & ~np.any([np.isnan(v) for v in both], axis=0) if len(found) else inside
        row: dict[str, Any] = {
            "name": names.get(segment, "") if segment else "",
            "decisions": int(inside.sum()),
            "lost": int(lost[inside].sum()) if len(found) else 0,
            "auc": None,
        }
        if row["lost"] >= LEAST_LOST:
            ones = np.ones(int(known.sum()))
            lines = dict.fromkeys(("a", "b"), 50.0)
            chosen = {n: v[known] for n, v in zip(("a", "b"), both, strict=False)}
            found_here = backtest.judge(chosen, lost[known], ones, red=lines, green=lines)
            chief = found_here["sets"]["b" if "b" in chosen else "a"]
            row |= {"auc": chief["auc"], "low": chief["low"], "high": chief["high"]}
            if "difference" in found_here:
                row["difference"] = found_here["difference"]
        rows.append(row)
    return rows
