"""The kinds of rows of the expansion floor (CONTRACTS 1)."""

from pathlib import Path

from django.utils.translation import gettext_lazy

from accounts.enums import ImportKind
from accounts.kinds import Kind
from expansion import rows
from expansion.merge import merge_deals

KINDS = (
    Kind(
        name=ImportKind.OPPORTUNITIES.value,
        title=gettext_lazy("Import opportunities"),
        fields=rows.FIELDS,
        required=rows.REQUIRED,
        key=("opportunity",),
        merge=merge_deals,
        labels=rows.LABELS,
        check=rows.check,
        repeated=gettext_lazy("Row %(first)s has this opportunity already, with other values."),
        synonyms=rows.SYNONYMS,
        samples=Path(__file__).parent / "data" / "samples",
    ),
)
