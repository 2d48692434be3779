"""What the explorer can be filtered by, with the words for it: values that accounts have, read in two statements."""

from accounts.enums import Source, Status, Tier
from accounts.models import Account, Member, Segment
from metrics import formulas
from metrics.enums import Cut
from metrics.explore.told import size_name
from metrics.showing import cells

MOST = 200
SIZES = ("SMB", "MM", "ENT")
Choices = dict[Cut, list[tuple[str, str]]]


def filter_choices(currency: str) -> Choices:
    """The values of each filter, by the name that the URL has and the words that people read."""
    rows = Account.objects.order_by().values_list("industry", "region").distinct()[: MOST * 10]
    industries, regions = (sorted({row[place] for row in rows if row[place]})[:MOST] for place in (0, 1))
    return {
        Cut.SEGMENT: [(name, name) for name in Segment.objects.values_list("name", flat=True)],
        Cut.ACV_BAND: [(band, cells.dimension_value(Cut.ACV_BAND, band, currency)) for band in formulas.ACV_BANDS],
        Cut.INDUSTRY: [(name, name) for name in industries],
        Cut.SOURCE: [(value, str(label)) for value, label in Source.choices],
        Cut.OWNER: [(name, name) for name in dict.fromkeys(_owners())],
        Cut.TIER: [(value, str(label)) for value, label in Tier.choices],
        Cut.SIZE: [(value, size_name(value)) for value in SIZES],
        Cut.REGION: [(name, name) for name in regions],
        Cut.STATUS: [(value, str(label)) for value, label in Status.choices],
    }


def _owners() -> list[str]:
    return sorted(Member.objects.filter(accounts__isnull=False).distinct().values_list("name", flat=True)[:MOST])
