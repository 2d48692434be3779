"""What lists are filtered by, as components/filters.html and chip.html show it: one home for the lists of all floors."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any


def group(
    name: str, label: Any, choices: Iterable[tuple[Any, Any]], chosen: Collection[str], *, one: bool = False
) -> dict[str, Any]:
    """One filter with its boxes: {name, label, type, open, options [{value, label, on}]}. Choices are (value, label); with `one` no
    more than one of them is chosen."""
    options = [{"value": value, "label": text, "on": value in chosen} for value, text in choices]
    kind = "radio" if one else "checkbox"
    return {"name": name, "label": label, "type": kind, "open": bool(chosen), "options": options}


def chips(panel: Sequence[dict[str, Any]], without: Callable[[str], str]) -> list[dict[str, Any]]:
    """The filters that are on: {name, label, value, url}; `without` leads to the list without the filter of a name."""
    return [
        {
            "name": each["name"],
            "label": each["label"],
            "value": ", ".join(str(option["label"]) for option in each["options"] if option["on"]),
            "url": without(each["name"]),
        }
        for each in panel
        if each["open"]
    ]
