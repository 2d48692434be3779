"""Why a score changed between two days: drivers that add up to the difference to the last millionth (HLT-06).

An indicator known on both days moves the score by its points at the mean of its two weights. What weights alone move,
because something became known or unknown, is one term: coverage. When another version judged, the first day is judged
once more by the second day's version, and what that moves is the other term: the model.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import numpy as np
from babel.dates import format_date
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.formulas import cut
from accounts.models import Account
from health.enums import Component
from health.models import HealthScore
from health.scoring import formulas
from health.scoring.definition import Definition
from health.scoring.formulas import MICRO, MISSING
from health.scoring.indicators import INDICATORS, signed

COVERAGE, MODEL = "coverage", "model"
LATE = 14  # days that a row may be older than the day that is asked for


@dataclass(frozen=True)
class Driver:
    """One cause of a difference. `key` is an indicator, COVERAGE or MODEL; `micro` its millionths of a point."""

    key: str
    micro: int
    before: float | None = None
    after: float | None = None

    @property
    def component(self) -> Component | None:
        return INDICATORS[self.key].component if self.key in INDICATORS else None

    @property
    def points(self) -> float:
        return self.micro / MICRO

    def told(self) -> str:
        """In words: "DAU/MAU 35% to 15%"."""
        if self.key == COVERAGE:
            return _("Other data became known or went missing")
        if self.key == MODEL:
            return _("another version of the model")
        return INDICATORS[self.key].told(self.before, self.after)


@dataclass(frozen=True)
class Difference:
    """From the score of one day to that of another. Without a score on one of them `micro` is None, and no driver."""

    before_day: dt.date
    after_day: dt.date
    before: float | None
    after: float | None
    micro: int | None
    drivers: tuple[Driver, ...]  # most moving first
    appeared: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()

    @property
    def points(self) -> float | None:
        return None if self.micro is None else self.micro / MICRO

    def by_component(self) -> list[tuple[Component | str, int, list[Driver]]]:
        """(component, COVERAGE or MODEL; millionths; its drivers), most moving first; the millionths add up."""
        groups: dict[Component | str, list[Driver]] = {}
        for driver in self.drivers:
            groups.setdefault(driver.component or driver.key, []).append(driver)
        rows = [(name, sum(d.micro for d in own), own) for name, own in groups.items()]
        return sorted(rows, key=lambda row: (-abs(row[1]), str(row[0])))

    def tenths(self) -> list[tuple[Driver, float]]:
        """The drivers with one decimal, such that they add up to the difference of the two scores as they are shown."""
        if self.before is None or self.after is None:
            return []
        exact = np.array([d.micro * 10 / MICRO for d in self.drivers])
        total = int(10 * (cut(self.after, 1) - cut(self.before, 1)))
        down = np.floor(exact).astype(int)
        up = np.argsort(down - exact, kind="stable")
        rest = total - int(down.sum())
        while rest and len(down):
            for i in up if rest > 0 else up[::-1]:
                if rest == 0:
                    break
                down[i] += 1 if rest > 0 else -1
                rest += -1 if rest > 0 else 1
        return [(driver, int(value) / 10) for driver, value in zip(self.drivers, down, strict=True)]


def row_on(account_id: UUID, day: dt.date) -> HealthScore | None:
    """The account's row of that day, or the latest of the two weeks before it."""
    rows = HealthScore.objects.filter(account_id=account_id, as_of__lte=day, as_of__gt=day - dt.timedelta(days=LATE))
    return rows.order_by("-as_of").first()


def started_on(account: Account) -> dt.date | None:
    """Since when the account is a customer: what its tenure is counted from."""
    return account.signed_on or account.customer_since


def explain(
    account: Account, first: HealthScore | None, second: HealthScore | None, read: Mapping[UUID, Definition]
) -> Difference | None:
    """The difference between two rows of an account, with the definitions by version; None for one row or none."""
    if first is None or second is None or first.as_of == second.as_of:
        return None
    return difference(first, second, read[first.version_id], read[second.version_id], started_on(account))


def tenure_on(started: dt.date | None, day: dt.date) -> float:
    """Months as a customer, nan when unknown: as the features have it."""
    return (day - started).days / 30.4375 if started else float("nan")


def difference(
    first: HealthScore, second: HealthScore, old: Definition, new: Definition, started: dt.date | None
) -> Difference:
    """See `explain`; pure."""
    scores = [None if row.score is None else float(row.score) for row in (first, second)]
    base = Difference(first.as_of, second.as_of, scores[0], scores[1], None, ())
    if first.score is None or second.score is None:
        return base
    micro = int(second.score * MICRO) - int(first.score * MICRO)
    raws = [dict(zip(d.keys, row.raw, strict=True)) for d, row in ((old, first), (new, second))]
    points, before_total = _first_by(first, old, new, raws[0], started)
    if points is None:
        return replace(base, micro=micro, drivers=_ordered([Driver(MODEL, micro)]))
    after = _numbers(second.points)
    weights, _coverage = formulas.effective(new, np.array([points, after]) != MISSING)
    both = (points != MISSING) & (after != MISSING)
    drivers = []
    same = bool(np.array_equal(points != MISSING, after != MISSING)) and first.version_id == second.version_id
    shares = _numbers(second.shares) - _numbers(first.shares) if same else None
    for i, part in enumerate(new.parts):
        if not both[i] or points[i] == after[i]:
            continue  # what rounding alone moves is settled below
        moved = (after[i] - points[i]) * (weights[0][i] + weights[1][i]) / 200
        change = int(shares[i]) if shares is not None else round(float(moved))
        drivers.append(Driver(part.key, change, raws[0].get(part.key), raws[1][part.key]))
    model = before_total - int(first.score * MICRO)
    rest = micro - model - sum(d.micro for d in drivers)
    if same and rest and drivers:  # a millionth here and there
        drivers[0] = replace(drivers[0], micro=drivers[0].micro + rest)
        rest = 0
    drivers += [Driver(MODEL, model)] if model else []
    drivers += [Driver(COVERAGE, rest)] if rest else []
    known = [{key for key, value in raw.items() if value is not None} for raw in raws]
    return replace(
        base,
        micro=micro,
        drivers=_ordered(drivers),
        appeared=tuple(key for key in new.keys if key in known[1] - known[0]),
        vanished=tuple(key for key in old.keys if key in known[0] - known[1]),
    )


def _first_by(
    first: HealthScore, old: Definition, new: Definition, raw: dict[str, float | None], started: dt.date | None
) -> tuple["np.ndarray | None", int]:
    """Points and total of the first day as the second day's version judges it; None when it knows nothing of that day."""
    if old == new:
        return _numbers(first.points), int((first.score or 0) * MICRO)
    values = np.array([[np.nan if raw.get(key) is None else raw[key] for key in new.keys]], dtype=float)
    made = formulas.score(replace(new, coverage=0.0), values, np.array([tenure_on(started, first.as_of)]))
    if made.total[0] == MISSING:
        return None, 0
    return made.points[0], int(made.total[0])


def _numbers(values: Sequence[int | None]) -> "np.ndarray":
    return np.array([MISSING if value is None else value for value in values], dtype=np.int64)


def _ordered(drivers: Sequence[Driver]) -> tuple[Driver, ...]:
    return tuple(sorted((d for d in drivers if d.micro), key=lambda d: (-abs(d.micro), d.key)))


def sentence(found: Difference, *, today: dt.date | None = None, components: int = 3) -> str:
    """The finding in one line: "−18 since 1 October: usage −12 (DAU/MAU 35% to 15%), engagement −6 (Meetings held …)".

    Names the components that moved the score by half a point or more, each with its strongest driver in its direction.
    """
    since = day_name(found.before_day, today or found.after_day)
    if found.micro is None:
        missing = found.before_day if found.before is None else found.after_day
        return _("There is no score on %(day)s to compare with.") % {"day": day_name(missing, today or found.after_day)}
    parts = []
    for name, micro, drivers in found.by_component()[:components]:
        if abs(micro) < MICRO / 2:
            continue
        own = [d for d in drivers if d.micro * micro > 0]
        label = str(name.label) if isinstance(name, Component) else ""
        words = {"component": label.lower(), "points": whole(micro), "why": "; ".join(d.told() for d in own[:2])}
        parts.append(_("%(component)s %(points)s (%(why)s)") % words if label else "{why} {points}".format(**words))
    if abs(found.micro) < MICRO / 2:
        head = _("Unchanged since %(day)s") % {"day": since}
    else:
        head = _("%(points)s since %(day)s") % {"points": whole(found.micro), "day": since}
    return f"{head}: {', '.join(parts)}" if parts else head


def whole(micro: int) -> str:
    """Millionths as points for a sentence: −12, +3, −0.6."""
    return signed(micro / MICRO, 0 if abs(micro) >= MICRO else 1)


def day_name(day: dt.date, today: dt.date) -> str:
    """1 October, with the year when it is another than today's."""
    return format_date(day, "d MMMM" if day.year == today.year else "d MMMM y", locale=get_language() or "en")
