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
    Kind.of(
        ImportKind.USAGE,
        gettext_lazy("Import usage events"),
        usage,
        samples=SAMPLES,
        key=("account", "event", "event_at"),
        merge=usage.merge_usage,
        counted=True,
        quarantines=True,
    ),
    Kind.of(
        ImportKind.TICKETS,
        gettext_lazy("Import tickets"),
        tickets,
        samples=SAMPLES,
        key=("ticket",),
        merge=merge_tickets,
        quarantines=True,
    ),
    Kind.of(
        ImportKind.TOUCHPOINTS,
        gettext_lazy("Import touchpoints"),
        touchpoints,
        samples=SAMPLES,
        key=("touchpoint",),
        merge=touchpoints.merge_touchpoints,
        repeated=gettext_lazy("Row %(first)s has this touchpoint already, with other values."),
    ),
    Kind.of(
        ImportKind.SURVEYS,
        gettext_lazy("Import surveys"),
        surveys,
        samples=SAMPLES,
        key=("survey",),
        merge=surveys.merge_surveys,
        repeated=gettext_lazy("Row %(first)s has this answer already, with other values."),
    ),
    Kind.of(
        ImportKind.OUTCOMES,
        gettext_lazy("Import outcomes"),
        outcomes,
        samples=SAMPLES,
        key=("outcome",),
        merge=merge_outcomes,
        repeated=gettext_lazy("Row %(first)s has this outcome already, with other values."),
        further=frozenset(outcomes.MEASURED),
    ),
)
