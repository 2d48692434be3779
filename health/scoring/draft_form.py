"""A definition as a form: what people type (per cent where a number is a share) and back to what `Definition.read` checks.

Names of fields: `weight-usage` for components; `stickiness-weight`, `stickiness-worst`, `stickiness-best`,
`stickiness-window` and `stickiness-early-0-until` (…-worst, …-best) for indicators; `yellow`, `green`, `coverage`.
An indicator without a weight is not part of the score.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from cs_platform.kernel.templatetags.cells import number_text
from health.enums import Component
from health.scoring.definition import Definition, Part
from health.scoring.indicators import CATALOGUE, Indicator, Unit

EARLY_ROWS = 2  # curves for young accounts that the form offers, more where a definition has more
PERCENT = (Unit.SHARE, Unit.CHANGE)
_BIG = Decimal(10) ** 9


def unit_text(indicator: Indicator) -> str:
    """What the ends of a curve are typed in."""
    return {
        Unit.SHARE: "%",
        Unit.CHANGE: "%",
        Unit.DAYS: _("days"),
        Unit.HOURS: _("hours"),
        Unit.MINUTES: _("minutes"),
        Unit.COUNT: _("count"),
        Unit.TIMES: _("times"),
        Unit.A_WEEK: _("a week"),
        Unit.OF_TEN: _("of 10"),
        Unit.OF_FIVE: _("of 5"),
        Unit.MOOD: _("−1 to +1"),
    }[indicator.unit]


def _shown(value: float | None, indicator: Indicator | None = None) -> str:
    """A number as it is typed: 0.35 of a share is 35."""
    if value is None:
        return ""
    exact = Decimal(repr(float(value)))
    if indicator is not None and indicator.unit in PERCENT:
        exact *= 100
    return f"{exact.normalize():f}"


def values_of(definition: Definition) -> dict[str, str]:
    """The form's fields for a definition; indicators that it leaves out have an empty weight and the usual curve."""
    parts = {part.key: part for part in definition.parts}
    values = {f"weight-{c}": _shown(definition.weights[c]) for c in Component}
    values |= {"yellow": _shown(definition.yellow), "green": _shown(definition.green)}
    values["coverage"] = _shown(definition.coverage * 100)
    for indicator in CATALOGUE:
        key = indicator.key
        part = parts.get(key) or Part(key, 0, indicator.worst, indicator.best, indicator.window, indicator.early)
        values[f"{key}-weight"] = _shown(part.weight) if key in parts else ""
        values[f"{key}-worst"] = _shown(part.worst, indicator)
        values[f"{key}-best"] = _shown(part.best, indicator)
        if indicator.windows:
            values[f"{key}-window"] = str(part.window or indicator.window)
        for place, step in enumerate(part.early):
            values[f"{key}-early-{place}-until"] = str(step.until)
            values[f"{key}-early-{place}-worst"] = _shown(step.worst, indicator)
            values[f"{key}-early-{place}-best"] = _shown(step.best, indicator)
    return values


def typed(text: str) -> Decimal | None:
    """A number as somebody types it, with point or comma; None for anything else."""
    try:
        found = Decimal(text.strip().replace(",", ".").replace("\N{MINUS SIGN}", "-"))
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < _BIG else None


def _early_places(data: Mapping[str, str], key: str) -> list[int]:
    """The rows of early curves in which something stands."""
    return [
        place
        for place in range(12)
        if any(data.get(f"{key}-early-{place}-{end}", "").strip() for end in ("until", "worst", "best"))
    ]


class _Reading:
    """Turns typed text into the JSON of a definition and remembers what is no number: {field: sentence}."""

    def __init__(self, data: Mapping[str, str]) -> None:
        self.data, self.problems = data, dict[str, str]()

    def number(self, name: str, indicator: Indicator | None = None, *, whole: bool = False) -> Any:
        found = typed(self.data.get(name, ""))
        if found is None or (whole and found != found.to_integral_value()):
            self.problems[name] = _("Write a whole number.") if whole else _("Write a number.")
            return 0
        if whole:
            return int(found)
        return float(found / 100 if indicator is not None and indicator.unit in PERCENT else found)

    def indicator(self, indicator: Indicator) -> dict[str, Any]:
        key = indicator.key
        row: dict[str, Any] = {
            "key": key,
            "weight": self.number(f"{key}-weight"),
            "worst": self.number(f"{key}-worst", indicator),
            "best": self.number(f"{key}-best", indicator),
        }
        if indicator.windows:
            row["window"] = self.number(f"{key}-window", whole=True)
        if places := _early_places(self.data, key):
            row["early"] = [
                {
                    "until": self.number(f"{key}-early-{place}-until", whole=True),
                    "worst": self.number(f"{key}-early-{place}-worst", indicator),
                    "best": self.number(f"{key}-early-{place}-best", indicator),
                }
                for place in places
            ]
        return row


def read(data: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The JSON that the fields say, and what is no number, by field. Whether it makes sense `Definition.read` says."""
    reading = _Reading(data)
    made = {
        "weights": {str(c): reading.number(f"weight-{c}") for c in Component},
        "indicators": [reading.indicator(i) for i in CATALOGUE if data.get(f"{i.key}-weight", "").strip()],
        "bands": {"yellow": reading.number("yellow"), "green": reading.number("green")},
        "coverage": reading.number("coverage") / 100,
    }
    return made, reading.problems


def problems_by_field(fields: Mapping[str, str], data: Mapping[str, str]) -> dict[str, str]:
    """What `Definition.read` complains about, at the fields of the form and in its words.

    Example: "indicators.stickiness.worst must be a number …" stands at `stickiness-worst` as "Worst must be a number …".
    """
    words = {
        "weight": _("Weight"), "worst": _("Worst"), "best": _("Best"), "window": _("Days"), "until": _("Months"),
        "yellow": _("At risk from"), "green": _("Healthy from"), "coverage": _("Coverage"),
    }  # fmt: skip
    found: dict[str, str] = {}
    for path, sentence in fields.items():
        steps = path.split(".")
        name = path
        if steps[0] == "weights" and len(steps) == 2:
            name = f"weight-{steps[1]}"
        elif steps[0] == "bands" and len(steps) == 2:
            name = steps[1]
        elif steps[0] == "indicators" and len(steps) > 2:
            key, rest = steps[1], steps[2:]
            if rest[0] == "early" and len(rest) == 3:
                places = _early_places(data, key)
                rest = ["early", str(places[int(rest[1])]) if int(rest[1]) < len(places) else rest[1], rest[2]]
            name = "-".join([key, *rest])
        last = steps[-1]
        found[name] = sentence.replace(path, words.get(last, words["weight"] if steps[0] == "weights" else path))
    return found


def sums(data: Mapping[str, str]) -> list[dict[str, Any]]:
    """The sum of the components' weights, then that of the indicators of each component, and whether it is 100."""

    def row(name: str, fields: list[str], place: str) -> dict[str, Any]:
        known = [typed(data.get(field, "") or "0") or Decimal(0) for field in fields]
        total = sum(known, Decimal(0))
        right = total == 100 or (not any(data.get(field, "").strip() for field in fields) and place != "weights")
        text = (
            _("Weights sum to 100.")
            if total == 100
            else _("Weights must sum to 100: these sum to %(total)s.") % {"total": number_text(float(total), 4)}
        )
        return {"name": name, "place": place, "right": right, "text": text}

    rows = [row(_("Components"), [f"weight-{c}" for c in Component], "weights")]
    for component in Component:
        own = [f"{i.key}-weight" for i in CATALOGUE if i.component == component]
        rows.append(row(str(component.label), own, str(component)))
    return rows


def field_rows(values: Mapping[str, str], problems: Mapping[str, str]) -> list[dict[str, Any]]:
    """Components with their indicators as the template draws them: each field is {name, value, label, problem}."""

    def one(name: str, label: Any) -> dict[str, Any]:
        return {"name": name, "value": values.get(name, ""), "label": label, "problem": problems.get(name, "")}

    found = []
    for component in Component:
        rows = []
        for indicator in (i for i in CATALOGUE if i.component == component):
            key, label = indicator.key, indicator.label
            places = range(max([EARLY_ROWS, *[place + 1 for place in _early_places(values, key)]]))
            early = [
                {
                    "until": one(f"{key}-early-{n}-until", _("%(name)s, months as a customer") % {"name": label}),
                    "worst": one(f"{key}-early-{n}-worst", _("%(name)s, worst when young") % {"name": label}),
                    "best": one(f"{key}-early-{n}-best", _("%(name)s, best when young") % {"name": label}),
                }
                for n in places
            ]
            rows.append(
                {
                    "key": key,
                    "label": label,
                    "explained": indicator.explained,
                    "unit": unit_text(indicator),
                    "weight": one(f"{key}-weight", _("%(name)s, weight") % {"name": label}),
                    "worst": one(f"{key}-worst", _("%(name)s, worst") % {"name": label}),
                    "best": one(f"{key}-best", _("%(name)s, best") % {"name": label}),
                    "window": one(f"{key}-window", _("%(name)s, days") % {"name": label})
                    if indicator.windows
                    else None,
                    "fixed": indicator.window,
                    "problem": problems.get(f"indicators.{key}", ""),
                    "early": early,
                    "young": any(step[end]["value"] or step[end]["problem"] for step in early for end in step),
                }
            )
        found.append(
            {
                "name": component.label,
                "key": str(component),
                "weight": one(f"weight-{component}", _("%(name)s, weight") % {"name": component.label}),
                "rows": rows,
                "problem": problems.get(f"indicators.{component}", ""),
            }
        )
    return found
