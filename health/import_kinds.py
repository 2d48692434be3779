"""The kinds of rows of the health floor (CONTRACTS 1)."""

from pathlib import Path

from django.utils.translation import gettext_lazy

from accounts.enums import ImportKind
from accounts.kinds import Kind
from health.support import rows as tickets
from health.support.merge import merge_tickets

SAMPLES = Path(__file__).parent / "data" / "samples"

KINDS = (
    Kind(
        name=ImportKind.TICKETS.value,
        title=gettext_lazy("Import tickets"),
        fields=tickets.FIELDS,
        required=tickets.REQUIRED,
        key=("ticket",),
        check=tickets.check,
        merge=merge_tickets,
        quarantines=True,
        labels=tickets.LABELS,
        synonyms=tickets.SYNONYMS,
        samples=SAMPLES,
    ),
)
