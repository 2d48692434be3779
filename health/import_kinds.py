"""The kinds of rows of the health floor (CONTRACTS 1)."""

from pathlib import Path

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

KINDS = (
    Kind(
        name=ImportKind.USAGE.value,
        title=gettext_lazy("Import usage events"),
        fields=usage.FIELDS,
        required=usage.REQUIRED,
        key=("account", "event", "event_at"),
        check=usage.check,
        merge=usage.merge_usage,
        counted=True,
        quarantines=True,
        labels=usage.LABELS,
        synonyms=usage.SYNONYMS,
        samples=SAMPLES,
    ),
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
    Kind(
        name=ImportKind.TOUCHPOINTS.value,
        title=gettext_lazy("Import touchpoints"),
        fields=touchpoints.FIELDS,
        required=touchpoints.REQUIRED,
        key=("touchpoint",),
        check=touchpoints.check,
        merge=touchpoints.merge_touchpoints,
        repeated=gettext_lazy("Row %(first)s has this touchpoint already, with other values."),
        labels=touchpoints.LABELS,
        synonyms=touchpoints.SYNONYMS,
        samples=SAMPLES,
    ),
    Kind(
        name=ImportKind.SURVEYS.value,
        title=gettext_lazy("Import surveys"),
        fields=surveys.FIELDS,
        required=surveys.REQUIRED,
        key=("survey",),
        check=surveys.check,
        merge=surveys.merge_surveys,
        repeated=gettext_lazy("Row %(first)s has this answer already, with other values."),
        labels=surveys.LABELS,
        synonyms=surveys.SYNONYMS,
        samples=SAMPLES,
    ),
    Kind(
        name=ImportKind.OUTCOMES.value,
        title=gettext_lazy("Import outcomes"),
        fields=outcomes.FIELDS,
        required=outcomes.REQUIRED,
        key=("outcome",),
        check=outcomes.check,
        merge=merge_outcomes,
        repeated=gettext_lazy("Row %(first)s has this outcome already, with other values."),
        further=frozenset(outcomes.MEASURED),
        labels=outcomes.LABELS,
        synonyms=outcomes.SYNONYMS,
        samples=SAMPLES,
    ),
)
