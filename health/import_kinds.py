"""The kinds of rows of the health floor (CONTRACTS 1)."""

from pathlib import Path
from types import ModuleType
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.enums import ImportKind
from accounts.kinds import Kind
from health.engagement import surveys, touchpoints
from health.outcomes import rows as outcomes
from health.outcomes.merge import merge_outcomes
from health.support import rows as tickets
from health.support.merge import merge_tickets
from health.usage import rows as usage

SAMPLES = Path(__file__).parent / "data" / "samples"


def _kind(name: ImportKind, title: Promise, rows: ModuleType, **more: Any) -> Kind:
    """A kind whose columns, their names and their check stand in the module `rows`."""
    return Kind(
        name=name.value,
        title=title,
        fields=rows.FIELDS,
        required=rows.REQUIRED,
        labels=rows.LABELS,
        synonyms=rows.SYNONYMS,
        check=rows.check,
        samples=SAMPLES,
        **more,
    )


KINDS = (
    _kind(
        ImportKind.USAGE,
        gettext_lazy("Import usage events"),
        usage,
        key=("account", "event", "event_at"),
        merge=usage.merge_usage,
        counted=True,
        quarantines=True,
    ),
    _kind(
        ImportKind.TICKETS,
        gettext_lazy("Import tickets"),
        tickets,
        key=("ticket",),
        merge=merge_tickets,
        quarantines=True,
    ),
    _kind(
        ImportKind.TOUCHPOINTS,
        gettext_lazy("Import touchpoints"),
        touchpoints,
        key=("touchpoint",),
        merge=touchpoints.merge_touchpoints,
        repeated=gettext_lazy("Row %(first)s has this touchpoint already, with other values."),
    ),
    _kind(
        ImportKind.SURVEYS,
        gettext_lazy("Import surveys"),
        surveys,
        key=("survey",),
        merge=surveys.merge_surveys,
        repeated=gettext_lazy("Row %(first)s has this answer already, with other values."),
    ),
    _kind(
        ImportKind.OUTCOMES,
        gettext_lazy("Import outcomes"),
        outcomes,
        key=("outcome",),
        merge=merge_outcomes,
        repeated=gettext_lazy("Row %(first)s has this outcome already, with other values."),
        further=frozenset(outcomes.MEASURED),
    ),
)
