"""From snapshots to what opens and what ends: pure, the same for a night, a refresh and a simulation."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from health.alerts.rule_parts import Match, Rule, Snapshot, Values
from health.alerts.rules import RULES

Key = tuple[UUID, str, str]  # account, rule, cause
LEAST_LIMIT = 20  # alerts of one rule that are never too many
SHARE_LIMIT = 0.15  # of the accounts that were looked at


@dataclass(frozen=True)
class Setting:
    """A rule as the tenant has it."""

    rule: Rule
    thresholds: Values
    enabled: bool = True
    cap: int = 200
    cooldown_days: int = 14

    def limit(self, accounts: int) -> int:
        """New alerts that the runs of one day may open: bad data must not make two thousand (RELIABILITY, safe automation)."""
        return min(self.cap, max(LEAST_LIMIT, round(accounts * SHARE_LIMIT)))


@dataclass(frozen=True)
class Opening:
    """An alert to be opened."""

    snapshot: Snapshot
    rule: Rule
    match: Match

    @property
    def key(self) -> Key:
        return self.snapshot.account_id, self.rule.key, self.match.cause


@dataclass
class Outcome:
    """What follows: alerts to open, keys to end, and for each rule what was matched, opened and held back."""

    openings: list[Opening] = field(default_factory=list)
    endings: set[Key] = field(default_factory=set)
    tally: dict[str, dict[str, int | str]] = field(default_factory=dict)


def defaults() -> list[Setting]:
    """Every rule as it comes."""
    return [Setting(rule, rule.defaults()) for rule in RULES.values()]


def step(
    snapshots: Iterable[Snapshot],
    settings: Iterable[Setting],
    open_now: set[Key],
    cooling: set[Key],
    held: Mapping[str, str],
    *,
    spent: Mapping[str, int] | None = None,
    book: int | None = None,
) -> Outcome:
    """Judge every snapshot by every rule.

    `spent` says how many alerts of a rule the day has had before: they count towards its cap, so that a night that runs
    again opens no more. `book` is the number of accounts that the cap is a share of, all that are looked at if absent.

    `open_now` are the alerts that are open, `cooling` the causes that stay quiet, `held` the rules whose inputs are not
    fresh, with the reason: those neither open nor end anything. Where a rule matches more new causes than it may open,
    those with the most money come first and the rest is counted.
    """
    rows = sorted(snapshots, key=lambda s: (-s.mrr_minor, s.account_id))
    by_rule: dict[str, list[tuple[UUID, str]]] = {}
    seen = {s.account_id for s in rows}
    for account, name, cause in open_now:
        if account in seen:
            by_rule.setdefault(name, []).append((account, cause))
    outcome = Outcome()
    for setting in settings:
        rule, key = setting.rule, setting.rule.key
        tally: dict[str, int | str] = {"matched": 0, "opened": 0, "capped": 0, "cooling": 0}
        outcome.tally[key] = tally
        if key in held:
            tally["held"] = held[key]
            continue
        if not setting.enabled:
            tally["held"] = "off"
            continue
        limit = setting.limit(len(rows) if book is None else book) - (spent or {}).get(key, 0)
        releasing = rule.releasing(setting.thresholds)
        still: set[tuple[UUID, str]] = set()
        for snapshot in rows:
            for match in rule.test(snapshot, setting.thresholds):
                found = (snapshot.account_id, key, match.cause)
                tally["matched"] = int(tally["matched"]) + 1
                if found in open_now:
                    still.add((snapshot.account_id, match.cause))
                elif found in cooling:
                    tally["cooling"] = int(tally["cooling"]) + 1
                elif int(tally["opened"]) >= limit:
                    tally["capped"] = int(tally["capped"]) + 1
                else:
                    tally["opened"] = int(tally["opened"]) + 1
                    outcome.openings.append(Opening(snapshot, rule, match))
            still |= {(snapshot.account_id, match.cause) for match in rule.test(snapshot, releasing)}
        outcome.endings |= {(a, key, cause) for a, cause in by_rule.get(key, []) if (a, cause) not in still}
    return outcome


@dataclass
class Simulated:
    """What a rule would have done over past days."""

    fired: list[tuple[UUID, dt.date]] = field(default_factory=list)
    capped: int = 0

    @property
    def accounts(self) -> int:
        return len({account for account, _day in self.fired})


def simulate(days: Mapping[dt.date, list[Snapshot]], setting: Setting) -> Simulated:
    """Play the days in order as runs of one rule, with hysteresis, cap and cool-down as they would have been."""
    open_now: set[Key] = set()
    ended: dict[Key, dt.date] = {}
    found = Simulated()
    for day in sorted(days):
        quiet = dt.timedelta(days=setting.cooldown_days)
        cooling = {key for key, on in ended.items() if day - on < quiet}
        outcome = step(days[day], [setting], open_now, cooling, {})
        for opening in outcome.openings:
            open_now.add(opening.key)
            found.fired.append((opening.snapshot.account_id, day))
        for key in outcome.endings:
            open_now.discard(key)
            ended[key] = day
        found.capped += int(outcome.tally[setting.rule.key]["capped"])
    return found
