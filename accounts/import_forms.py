"""Forms of the import pages: the file, and what each of its columns becomes."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.enums import ImportKind
from accounts.import_columns import EXTRA
from accounts.kinds import KINDS, DateStyle
from accounts.models import Import

LARGEST_UPLOAD = 200 * 1024 * 1024

DATES = (
    (DateStyle.ISO.value, _("Year-month-day: 2026-12-29")),
    (DateStyle.DAY_FIRST.value, _("Day.month.year: 29.12.2026")),
    (DateStyle.MONTH_FIRST.value, _("Month/day/year: 12/29/2026")),
)


def kind_choices() -> list[tuple[str, str]]:
    """The kinds that can be imported, in the order of their enumeration."""
    return [(kind.value, str(kind.label)) for kind in ImportKind if kind in KINDS]


class UploadForm(forms.Form):
    """A file and what its rows are."""

    kind = forms.ChoiceField(label=_("What the rows are"), choices=lambda: kind_choices())
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV in UTF-8, plain or compressed (.csv.gz), up to 200 MB."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.gz,.txt,text/csv,application/gzip"}),
        error_messages={"empty": _("The file is empty.")},
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST_UPLOAD:
            raise forms.ValidationError(_("The file has more than 200 MB: compress or split it."))
        return file


class ColumnsForm(forms.Form):
    """One choice for each column of the file, by its place, and how dates are written."""

    dates = forms.ChoiceField(label=_("How dates are written"), choices=DATES)

    def __init__(self, *args: Any, run: Import, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.run = run
        self.fields["dates"].initial = run.options.get("dates", DateStyle.ISO.value)
        kind = KINDS[run.kind]
        labels = sorted((str(kind.labels[name]), name) for name in kind.fields)
        known = [(name, _marked(label, name in kind.required)) for label, name in labels]
        attribute = [(EXTRA, gettext("Keep as an attribute"))] if kind.open else []
        for place, column in enumerate(run.columns):
            self.fields[f"column_{place}"] = forms.ChoiceField(
                choices=[("", gettext("Leave out")), *attribute, *known],
                required=False,
                initial=run.mapping.get(column, ""),
                label=column,
                widget=forms.Select(
                    attrs={"class": "select", "aria-label": gettext("Field for %(column)s") % {"column": column}}
                ),
            )

    @property
    def column_fields(self) -> list[forms.BoundField]:
        """The choices in the order of the file's columns."""
        return [self[f"column_{place}"] for place in range(len(self.run.columns))]

    def mapping(self) -> dict[str, str]:
        return {column: self.cleaned_data[f"column_{place}"] for place, column in enumerate(self.run.columns)}


def _marked(label: str, required: bool) -> str:
    return gettext("%(label)s (required)") % {"label": label} if required else label
