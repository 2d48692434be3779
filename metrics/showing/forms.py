"""Input of the pages about figures."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from metrics.enums import Tone
from metrics.figures.bands import NAME_LENGTH, Band

EMPTY_ROWS = 2
ROWS_LIMIT = 20


class BandsForm(forms.Form):
    """The bands of one metric as rows of name, tone, lower and upper edge; a row without a name or edge is left out."""

    def __init__(self, data: Any = None, *, bands: Sequence[Band]) -> None:
        super().__init__(data)
        # What was sent decides how many rows there are, up to what a page can hold.
        sent = 0 if data is None else sum(key.startswith("name-") for key in data)
        self.size = len(bands) + EMPTY_ROWS if data is None else min(sent, ROWS_LIMIT)
        for row in range(self.size):
            band = bands[row] if row < len(bands) else None
            self.fields[f"name-{row}"] = forms.CharField(
                label=_("Name"), max_length=NAME_LENGTH, required=False, initial=band.label if band else ""
            )
            self.fields[f"tone-{row}"] = forms.ChoiceField(
                label=_("Judged"), choices=Tone.choices, initial=band.tone if band else Tone.NONE
            )
            self.fields[f"lower-{row}"] = _edge(_("From"), band.lower if band else None)
            self.fields[f"upper-{row}"] = _edge(_("Up to"), band.upper if band else None)

    def rows(self) -> list[dict[str, Any]]:
        """The fields by row, for the table of the template."""
        return [
            {name: self[f"{name}-{row}"] for name in ("name", "tone", "lower", "upper")} for row in range(self.size)
        ]

    def bands(self, known: Sequence[Band]) -> tuple[list[Band], list[int]]:
        """The bands that were sent and the row each stands in. A name that was not changed keeps its source string."""
        sources = {band.label: band.name for band in known}
        found, places = [], []
        for row in range(self.size):
            name = self.cleaned_data[f"name-{row}"].strip()
            lower, upper = self.cleaned_data[f"lower-{row}"], self.cleaned_data[f"upper-{row}"]
            if name or lower is not None or upper is not None:
                found.append(Band(sources.get(name, name), self.cleaned_data[f"tone-{row}"], lower, upper))
                places.append(row)
        return found, places


def _edge(label: Any, value: Decimal | None) -> forms.DecimalField:
    """An edge of a band, without empty decimals; empty is open."""
    initial = None if value is None else f"{value.normalize():f}"
    return forms.DecimalField(label=label, max_digits=12, decimal_places=4, required=False, initial=initial)
