"""What a version of a health model says: weights, indicators with their curves, bands, coverage (HLT-01, HLT-04).

As JSON, which `Definition.read` checks and `Definition.json` writes:

    {"weights": {"usage": 40, "engagement": 30, "support": 15, "outcomes": 15},
     "indicators": [{"key": "stickiness", "weight": 20, "worst": 0.05, "best": 0.4, "window": 28,
                     "early": [{"until": 3, "worst": 0, "best": 0.2}]}, ...],
     "bands": {"yellow": 50, "green": 80},
     "coverage": 0.5}

Weights of the components sum to 100, and so do those of the indicators inside each component. Scores stand in the
order of "indicators".
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Self

from django.utils.translation import gettext as _

from accounts.enums import HealthBand, Profile
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.templatetags.cells import number_text
from health.enums import Component
from health.scoring import indicators
from health.scoring.indicators import INDICATORS, Early, Indicator

LIMIT = 1_000_000  # no end of a curve lies further out
LONGEST_EARLY = 60  # months


@dataclass(frozen=True)
class Part:
    """One indicator as a definition uses it: weight inside its component (0 to 100), curve, window in days."""

    key: str
    weight: float
    worst: float
    best: float
    window: int | None = None
    early: tuple[Early, ...] = ()

    @property
    def indicator(self) -> Indicator:
        return INDICATORS[self.key]

    @property
    def component(self) -> Component:
        return self.indicator.component

    def json(self) -> dict[str, Any]:
        row: dict[str, Any] = {"key": self.key, "weight": self.weight, "worst": self.worst, "best": self.best}
        if self.window is not None:
            row["window"] = self.window
        if self.early:
            row["early"] = [{"until": e.until, "worst": e.worst, "best": e.best} for e in self.early]
        return row


@dataclass(frozen=True)
class Definition:
    """A checked definition. `weights` by component in per cent; `parts` in the order of raw, points and shares."""

    weights: Mapping[Component, float]
    parts: tuple[Part, ...]
    yellow: float = 50.0
    green: float = 80.0
    coverage: float = 0.5

    @classmethod
    def read(cls, data: Any) -> Self:
        """The definition that `data` (parsed JSON) says; DomainError with every field that is wrong and why."""
        reader = _Reader()
        found = reader.definition(data)
        if reader.problems or found is None:
            sentences = dict.fromkeys(reader.problems.values())
            raise DomainError(" ".join(sentences), code="bad_definition", fields=reader.problems)
        return cls(**found)

    @classmethod
    def default(cls, profile: str = Profile.MID_MARKET) -> Self:
        """What a tenant begins with: 40/30/15/15 (HLT-01) and the usual indicators of the profile."""
        parts = tuple(
            Part(key, float(weight), worst, best, INDICATORS[key].window, INDICATORS[key].early)
            for key, (weight, worst, best) in indicators.usual(profile).items()
        )
        return cls(dict(zip(Component, (40.0, 30.0, 15.0, 15.0), strict=True)), parts)

    def json(self) -> dict[str, Any]:
        """As it is stored; `read` gives the same definition back."""
        return {
            "weights": {str(c): w for c, w in self.weights.items()},
            "indicators": [part.json() for part in self.parts],
            "bands": {"yellow": self.yellow, "green": self.green},
            "coverage": self.coverage,
        }

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(part.key for part in self.parts)

    @property
    def windows(self) -> dict[str, int]:
        """Days that each indicator looks back, of the whole catalogue: what the features are asked with."""
        own = {part.key: part.window for part in self.parts}
        return {i.key: own.get(i.key) or i.window for i in INDICATORS.values() if i.window is not None}

    def band(self, score: float | Decimal | None) -> HealthBand:
        """Half-open bands on the unrounded score (HLT-04, E11): 80.0 Green, 79.99 Yellow, 50.0 Yellow, 49.99 Red."""
        if score is None:
            return HealthBand.NONE
        if score >= self.green:
            return HealthBand.GREEN
        return HealthBand.YELLOW if score >= self.yellow else HealthBand.RED


def _plain(value: float) -> str:
    return number_text(value, 4)


@dataclass
class _Reader:
    """Reads one definition and collects what is wrong with it: {field: sentence}."""

    problems: dict[str, str] = field(default_factory=dict)

    def definition(self, data: Any) -> dict[str, Any] | None:
        if not self._object("", data, {"weights", "indicators", "bands", "coverage"}):
            return None
        weights = self._weights(data["weights"])
        parts = self._parts(data["indicators"])
        if weights is not None and parts is not None:
            self._sums(weights, parts)
        bands = self._bands(data["bands"])
        coverage = self._number("coverage", data["coverage"], 0.1, 1)
        if self.problems or weights is None or parts is None or bands is None or coverage is None:
            return None
        return {"weights": weights, "parts": parts, "yellow": bands[0], "green": bands[1], "coverage": coverage}

    def _say(self, name: str, sentence: str) -> None:
        self.problems.setdefault(name or "definition", sentence)

    def _object(self, name: str, data: Any, keys: set[str], optional: set[str] = frozenset()) -> bool:  # type: ignore[assignment]
        """Whether `data` is an object with exactly these keys (and perhaps the optional ones)."""
        if not isinstance(data, Mapping):
            self._say(name, _("%(field)s must be an object.") % {"field": name or "definition"})
            return False
        prefix = f"{name}." if name else ""
        for key in sorted(str(k) for k in data.keys() - keys - optional):
            self._say(f"{prefix}{key}"[:200], _("There is no field %(field)s.") % {"field": f"{prefix}{key}"[:200]})
        for key in sorted(keys - data.keys()):
            self._say(f"{prefix}{key}", _("%(field)s is missing.") % {"field": f"{prefix}{key}"})
        return keys <= data.keys()

    def _number(self, name: str, value: Any, low: float, high: float) -> float | None:
        fine = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        if not fine or not low <= value <= high:
            words = {"field": name, "low": _plain(low), "high": _plain(high)}
            self._say(name, _("%(field)s must be a number from %(low)s to %(high)s.") % words)
            return None
        return float(value)

    def _whole(self, name: str, value: Any, low: int, high: int) -> int | None:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            words = {"field": name, "low": low, "high": high}
            self._say(name, _("%(field)s must be a whole number from %(low)s to %(high)s.") % words)
            return None
        return value

    def _weights(self, data: Any) -> dict[Component, float] | None:
        if not self._object("weights", data, {str(c) for c in Component}):
            return None
        found = {c: self._number(f"weights.{c}", data[c], 0, 100) for c in Component}
        known = {c: weight for c, weight in found.items() if weight is not None}
        if len(known) < len(found):
            return None
        if (total := _total(known.values())) != 100:
            sentence = _("Weights must sum to 100: these sum to %(total)s.")
            self._say("weights", sentence % {"total": _plain(float(total))})
        return known

    def _parts(self, data: Any) -> tuple[Part, ...] | None:
        if not isinstance(data, list) or not data:
            self._say(
                "indicators", _("%(field)s must be a list with at least one indicator.") % {"field": "indicators"}
            )
            return None
        parts: list[Part] = []
        for position, row in enumerate(data):
            key = row.get("key") if isinstance(row, Mapping) else None
            name = f"indicators.{key if isinstance(key, str) and key in INDICATORS else position}"
            if not self._object(name, row, {"key", "weight", "worst", "best"}, {"window", "early"}):
                continue
            if not isinstance(key, str) or key not in INDICATORS:
                self._say(f"{name}.key", _("There is no indicator %(name)s.") % {"name": str(key)[:80]})
            elif any(part.key == key for part in parts):
                self._say(name, _("The indicator %(name)s stands there twice.") % {"name": key})
            elif part := self._part(name, INDICATORS[key], row):
                parts.append(part)
        return tuple(parts) if len(parts) == len(data) else None

    def _part(self, name: str, indicator: Indicator, row: Mapping[str, Any]) -> Part | None:
        weight = self._number(f"{name}.weight", row["weight"], 0, 100)
        curve = self._curve(name, row)
        window: int | None = indicator.window
        if row.get("window") not in (None, indicator.window):
            if indicator.windows is None:
                words = {"field": f"{name}.window", "days": str(indicator.window)}
                self._say(f"{name}.window", _("%(field)s is fixed: %(days)s.") % words)
            else:
                window = self._whole(f"{name}.window", row["window"], *indicator.windows)
        early = self._early(f"{name}.early", row.get("early") or [])
        if weight is None or curve is None or early is None:
            return None
        return Part(indicator.key, weight, *curve, window, early)

    def _curve(self, name: str, row: Mapping[str, Any]) -> tuple[float, float] | None:
        worst = self._number(f"{name}.worst", row["worst"], -LIMIT, LIMIT)
        best = self._number(f"{name}.best", row["best"], -LIMIT, LIMIT)
        if worst is None or best is None:
            return None
        if worst == best:
            self._say(f"{name}.best", _("Worst and best must differ: both are %(value)s.") % {"value": _plain(best)})
            return None
        return worst, best

    def _early(self, name: str, data: Any) -> tuple[Early, ...] | None:
        if not isinstance(data, list):
            self._say(name, _("%(field)s must be a list.") % {"field": name})
            return None
        steps: list[Early] = []
        for position, row in enumerate(data):
            place = f"{name}.{position}"
            if not self._object(place, row, {"until", "worst", "best"}):
                return None
            until = self._whole(f"{place}.until", row["until"], 1, LONGEST_EARLY)
            curve = self._curve(place, row)
            if until is None or curve is None:
                return None
            if steps and until <= steps[-1].until:
                self._say(f"{place}.until", _("The months of the early curves must rise."))
                return None
            steps.append(Early(until, *curve))
        return tuple(steps)

    def _bands(self, data: Any) -> tuple[float, float] | None:
        if not self._object("bands", data, {"yellow", "green"}):
            return None
        yellow = self._number("bands.yellow", data["yellow"], 0, 100)
        green = self._number("bands.green", data["green"], 0, 100)
        if yellow is None or green is None:
            return None
        if not 0 < yellow < green:
            self._say("bands", _("Healthy must begin above At risk, and At risk above 0."))
        return yellow, green

    def _sums(self, weights: Mapping[Component, float], parts: tuple[Part, ...]) -> None:
        for component in Component:
            own = [part.weight for part in parts if part.component == component]
            total = _total(own)
            if own or weights[component]:
                words = {"component": component.label, "total": _plain(float(total))}
                if total != 100:
                    sentence = _("%(component)s: weights of its indicators must sum to 100: these sum to %(total)s.")
                    self._say(f"indicators.{component}", sentence % words)


def _total(weights: Any) -> Decimal:
    """The sum of numbers as they are written: 33.3 + 33.3 + 33.4 is 100."""
    return sum((Decimal(repr(float(weight))) for weight in weights), Decimal(0))
