"""The editor of a draft: rows of steps as plain values of a form, and back. Nothing is lost when something is wrong."""

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict

from cs_platform.kernel.asked import number_of
from journey.playbooks.definition import CHOICES, MOST_STEPS
from journey.playbooks.texts import LANGUAGES

Row = dict[str, Any]
YES_NO = {"yes": True, "no": False}
# The texts of a step by what it is.
TEXTS = {"task": ("title", "note"), "mail": ("subject", "body")}
ASKED = (*CHOICES, "champion", "first_value", "renewal_within")


def rows_of(steps: list[dict[str, Any]]) -> list[Row]:
    """Steps as they are kept, as rows of the form."""
    return [_row(step) for step in steps] or [blank([])]


def _row(step: Mapping[str, Any]) -> Row:
    asked = step.get("if") or {}
    said: dict[Any, str] = {value: word for word, value in YES_NO.items()}
    mail = step.get("mail") or {}
    row: Row = {
        "key": step["key"],
        "kind": "mail" if "mail" in step else "task",
        "doer": step.get("doer", ""),
        "work": step.get("work", ""),
        "to": mail.get("to", ""),
        "fallback": bool(mail.get("fallback", True)),
        "days": str(step.get("days", 0)),
        "urgent": bool(step.get("urgent")),
        "renewal_within": str(asked.get("renewal_within") or ""),
        "champion": said.get(asked.get("champion"), ""),
        "first_value": said.get(asked.get("first_value"), ""),
    }
    row |= {text: dict(step.get(text) or {}) for text in TEXTS["task"]}
    row |= {text: dict(mail.get(text) or {}) for text in TEXTS["mail"]}
    return row | {part: list(asked.get(part, [])) for part in CHOICES}


def blank(rows: list[Row], kind: str = "task") -> Row:
    """An empty step that follows these: on the day of the last one, with a key that none of them has."""
    taken = {row["key"] for row in rows}
    key = next(name for name in (f"step_{n}" for n in range(1, 10_000)) if name not in taken)
    own: Row = {"mail": {"to": "champion"}} if kind == "mail" else {"doer": "owner", "work": "health"}
    return _row({"key": key} | own) | {"days": rows[-1]["days"] if rows else "0"}


def posted(given: QueryDict) -> list[Row]:
    """What was typed, row by row."""
    number = number_of(given.get("count", "")) or 0
    rows = []
    for place in range(min(number, MOST_STEPS + 1)):
        plain = ("key", "kind", "doer", "work", "to", "days", "champion", "first_value", "renewal_within")
        row: Row = {name: given.get(f"{place}-{name}", "") for name in plain}
        row["kind"] = row["kind"] if row["kind"] in TEXTS else "task"
        row |= {name: f"{place}-{name}" in given for name in ("urgent", "fallback")}
        for text in (text for texts in TEXTS.values() for text in texts):
            row[text] = {language: given.get(f"{place}-{text}-{language}", "") for language in LANGUAGES}
        for part in CHOICES:
            row[part] = given.getlist(f"{place}-{part}")
        rows.append(row)
    return rows


def steps_of(rows: list[Row]) -> list[dict[str, Any]]:
    """Rows as `Steps.read` reads them; what is no number stays what was typed, and is refused there."""
    return [_step(row) for row in rows]


def _step(row: Row) -> dict[str, Any]:
    asked: dict[str, Any] = {part: row[part] for part in CHOICES if row[part]}
    for part in ("champion", "first_value"):
        if row[part]:
            asked[part] = YES_NO.get(row[part], row[part])
    if row["renewal_within"]:
        asked["renewal_within"] = _number(row["renewal_within"])
    step: dict[str, Any] = {"key": row["key"], "days": _number(row["days"])}
    if row["kind"] == "mail":
        step["mail"] = {name: row[name] for name in ("to", "fallback", "subject", "body")}
    else:
        step |= {name: row[name] for name in ("title", "note", "doer", "work", "urgent")}
    return step | ({"if": asked} if asked else {})


def _number(text: str) -> Any:
    text = text.strip()
    number = number_of(text)
    return (text or None) if number is None else number


def changed(rows: list[Row], verb: str) -> list[Row]:
    """The rows after `add`, `add:mail`, `remove:2`, `up:2` or `down:2`; what is not understood changes nothing."""
    name, _colon, text = verb.partition(":")
    rows = list(rows)
    if name == "add":
        return [*rows, blank(rows, text)] if len(rows) < MOST_STEPS else rows
    place = number_of(text)
    if place is None or place >= len(rows):
        return rows
    if name == "remove" and len(rows) > 1:
        del rows[place]
    other = {"up": place - 1, "down": place + 1}.get(name, -1)
    if 0 <= other < len(rows):
        rows[place], rows[other] = rows[other], rows[place]
        # The days stay where they are: a step that moves comes on the day of the place that it moves to.
        rows[place]["days"], rows[other]["days"] = rows[other]["days"], rows[place]["days"]
    return rows
