"""Choices of the metrics floor."""

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _


class MovementKind(TextChoices):
    """MRR movements (METRICS rule 5): the account's net movement of a month gives the kind."""

    NEW = "new", _("New")
    EXPANSION = "expansion", _("Expansion")
    CONTRACTION = "contraction", _("Contraction")
    CHURN = "churn", _("Churn")
    REACTIVATION = "reactivation", _("Reactivation")
    FX = "fx", _("Currency")


class Window(IntegerChoices):
    """Months that a comparison spans."""

    MONTH = 1, _("Monthly")
    YEAR = 12, _("Trailing 12 months")


class Dimension(TextChoices):
    """What retention is cut by. Values are those at the base date."""

    ALL = "all", _("All")
    SEGMENT = "segment", _("Segment")
    ACV_BAND = "acv_band", _("ACV band")
    INDUSTRY = "industry", _("Industry")
    SOURCE = "source", _("Source")
    OWNER = "owner", _("CSM")


class Metric(TextChoices):
    """The metrics of the board (DSH-01), by the name that URLs and bands use."""

    NRR = "nrr", _("Net revenue retention")
    GRR = "grr", _("Gross revenue retention")
    LOGO_CHURN = "logo_churn", _("Logo churn")
    LTV = "ltv", _("Lifetime value")
    NPS = "nps", _("NPS")
    CSAT = "csat", _("CSAT")
    CES = "ces", _("CES")


# Spoken of as they are, in points of their own scale; the others are ratios, spoken of in percent, or money.
POINTS = frozenset({Metric.NPS, Metric.CSAT, Metric.CES})


class Tone(TextChoices):
    """How a band is judged; each has a shape and a colour of its own."""

    GOOD = "good", _("Good")
    WATCH = "watch", _("Watch")
    RISK = "risk", _("Risk")
    NONE = "none", _("Neutral")
