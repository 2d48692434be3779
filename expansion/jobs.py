"""Signals by night (TRG-13, TRG-14, TRG-21): once for an account, a trigger and its cause; over when the cause is gone.

Rerunnable: the same night twice leaves the same tables. SQL reduces the facts, `rules` judges, the writing is in bulk.
"""

import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_noop as N_

from accounts.models import Tenant
from accounts.selectors import STANDING
from accounts.webhooks.announce import announce_all
from accounts.webhooks.events import Kind
from cs_platform.kernel import audit, runs, sqljobs
from expansion import rules, selectors
from expansion.checks import SQL
from expansion.enums import SignalState, Trigger
from expansion.models import Signal
from expansion.rules import Limits, Match
from health.alerts.jobs import STALE_DAYS, newest
from health.scoring.indicators import Source
from health.usage import formulas
from health.usage.selectors import WINDOW, usage_day

# New signals that one night may open of a trigger: bad data must not make two thousand (as alerts, health.alerts.engine).
LEAST, SHARE = 20, 0.15
CAPPED = N_(
    "%(trigger)s: %(n)s more signals were held back than a night may open. Look at the data; the next night goes on."
)
LISTS = ("plans", "tracks", "wishes", "events", "renewals")  # columns of facts.sql that hold several
CHECK = "signal_caps"
AGAIN = "@"  # in a cause: the key, and the day on which it came anew
GONE = "gone_on"  # in the inputs of a decided signal: its cause is not there any more


@dataclass(frozen=True)
class Found:
    """A match of an account, with its facts."""

    facts: Mapping[str, Any]
    match: Match

    @property
    def place(self) -> tuple[UUID, str, str]:
        return self.facts["account_id"], str(self.match.trigger), self.match.key


def find_signals(as_of: dt.date) -> int:
    """Nightly step: open the signals of that day and end those whose cause is gone; how many changed.

    What a person decided stays decided while its cause lasts; when it comes anew it is a signal of its own. Where usage is not
    fresh, its triggers neither open nor end anything. What a newer night said is not taken back by an older one.
    """
    tenant = Tenant.current()
    day = min(as_of, usage_day(tenant))
    limits = selectors.limits()
    facts = read_facts(as_of, day, limits)
    held = _held(as_of)
    found = [
        Found(row, match) for row in facts for match in rules.fires(row, as_of, limits) if match.trigger not in held
    ]
    still = {(row["account_id"], *cause) for row in facts for cause in rules.holds(row, as_of, limits)}
    latest = _latest()
    fresh = [each for each in found if _is_new(latest.get(each.place), as_of)]
    opened, capped = _within_cap(fresh, len(facts))
    runs.report(
        CHECK, as_of, {name: CAPPED % {"trigger": str(Trigger(name).label), "n": n} for name, n in capped.items()}
    )
    gone = [
        row
        for place, row in latest.items()
        if place not in still and row.trigger not in held and row.as_of <= as_of and GONE not in row.inputs
        and row.trigger != Trigger.PERSON and row.state != SignalState.OVER
    ]  # fmt: skip
    with audit.derived():
        made = _open(opened, latest, as_of)
        _end(gone, as_of)
    _tell(made, {each.place: each for each in opened})
    return len(made) + len(gone)


def read_facts(as_of: dt.date, day: dt.date, limits: Limits) -> list[dict[str, Any]]:
    """The rows of facts.sql, those with the most money first; usage up to `day`, journeys and events as far back as any of their
    triggers looks. One statement."""
    windows = {
        "now_bits": formulas.window(day, WINDOW),
        "before_bits": formulas.window(day - dt.timedelta(days=rules.BEFORE_DAYS), WINDOW),
    }
    months = sorted({month for masks in windows.values() for month in masks})
    params: dict[str, Any] = {
        "as_of": as_of,
        "usage_day": day,
        "limit_days": rules.LIMIT_DAYS,
        "tracks_since": min(limits.since(trigger, as_of) for trigger in (Trigger.DEPARTMENT, Trigger.USE_CASE)),
        "events_since": min(limits.since(trigger, as_of) for trigger in (Trigger.GROWTH, Trigger.COMPETITOR)),
        "months": months,
    }
    params |= {name: [masks.get(month, 0) for month in months] for name, masks in windows.items()}
    with sqljobs.in_bulk(sqljobs.MANY):  # every account of the book
        found = sqljobs.rows(SQL / "facts.sql", params, tables={"standing": STANDING})
    for row in found:
        row.update({name: json.loads(row[name]) for name in LISTS})
    return sorted(found, key=lambda row: (-row["mrr_minor"], row["account_id"]))


def _held(as_of: dt.date) -> frozenset[Trigger]:
    """Triggers whose inputs are not fresh. A source that never spoke holds nothing: no rule can match on it."""
    last = newest(as_of)[Source.USAGE]
    stale = last is not None and (as_of - last).days > STALE_DAYS[Source.USAGE]
    return rules.FROM_USAGE if stale else frozenset()


def _latest() -> dict[tuple[UUID, str, str], Signal]:
    """The latest signal of each account, trigger and key."""
    rows = Signal.objects.order_by("as_of", "opened_at", "id")
    return {(row.account_id, row.trigger, row.cause.partition(AGAIN)[0]): row for row in rows}


def _is_new(known: Signal | None, as_of: dt.date) -> bool:
    """Whether a cause that is there today asks for a signal: nobody heard of it, or it was gone before this day."""
    if known is None:
        return True
    if known.state == SignalState.OVER:
        return known.as_of < as_of
    return known.state != SignalState.OPEN and known.inputs.get(GONE, as_of.isoformat()) < as_of.isoformat()


def _within_cap(fresh: list[Found], accounts: int) -> tuple[list[Found], dict[str, int]]:
    """Those that may be opened, and how many more of each trigger there were."""
    limit = max(LEAST, round(accounts * SHARE))
    count: Counter[str] = Counter()
    opened = []
    for each in fresh:
        count[str(each.match.trigger)] += 1
        if count[str(each.match.trigger)] <= limit:
            opened.append(each)
    return opened, {name: n - limit for name, n in count.items() if n > limit}


def _open(opened: list[Found], latest: Mapping[tuple[UUID, str, str], Signal], as_of: dt.date) -> list[Signal]:
    """Two runs at the same moment open a signal once: the unique index keeps the first."""
    rows = [
        Signal(
            account_id=each.facts["account_id"],
            trigger=each.match.trigger,
            cause=each.match.key + (f"{AGAIN}{as_of.isoformat()}" if each.place in latest else ""),
            product_id=each.match.product,
            track_id=each.match.track,
            inputs=dict(each.match.inputs),
            as_of=as_of,
        )
        for each in opened
    ]
    Signal.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)
    return list(Signal.objects.filter(id__in=[row.id for row in rows]).order_by("id"))


def _end(gone: list[Signal], as_of: dt.date) -> None:
    """Nobody looked at it: it is over. What was decided stays and remembers since when its cause is gone."""
    for row in gone:
        if row.state == SignalState.OPEN:
            row.state, row.decided_on = SignalState.OVER, as_of
        else:
            row.inputs = {**row.inputs, GONE: as_of.isoformat()}
        row.version += 1
    Signal.objects.bulk_update(gone, ["state", "decided_on", "inputs", "version"], batch_size=500)


def _tell(made: list[Signal], of: Mapping[tuple[UUID, str, str], Found]) -> None:
    """Tell whoever asks, and the product of a product-led account when it comes near a limit (TRG-21)."""
    told, near = [], []
    for row in made:
        said = {"signal_id": row.id, "as_of": row.as_of}
        told.append((row.account_id, said | {"trigger": row.trigger, "inputs": row.inputs}))
        each = of[row.account_id, row.trigger, row.cause.partition(AGAIN)[0]]
        if limit := rules.gate(each.facts, each.match):
            near.append((row.account_id, said | limit))
    announce_all(Kind.SIGNAL_FOUND, told)
    announce_all(Kind.LIMIT_NEAR, near)
