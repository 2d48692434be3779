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
    QUARTER = 3, _("Quarterly")
    YEAR = 12, _("Trailing 12 months")


# The windows whose sums are kept; a quarter's are made when they are asked for.
KEPT_WINDOWS = (Window.MONTH, Window.YEAR)


class Dimension(TextChoices):
    """What retention is cut by. Values are those at the base date."""

    ALL = "all", _("All")
    SEGMENT = "segment", _("Segment")
    ACV_BAND = "acv_band", _("ACV band")
    INDUSTRY = "industry", _("Industry")
    SOURCE = "source", _("Source")
    OWNER = "owner", _("CSM")


class Metric(TextChoices):
    """Every metric, by the name that URLs, reports and bands use. What each means stands in `metrics.catalogue`."""

    NRR = "nrr", _("Net revenue retention")
    GRR = "grr", _("Gross revenue retention")
    LOGO_CHURN = "logo_churn", _("Logo churn")
    LTV = "ltv", _("Lifetime value")
    NPS = "nps", _("NPS")
    CSAT = "csat", _("CSAT")
    CES = "ces", _("CES")
    REVENUE_CHURN = "revenue_churn", _("Gross revenue churn")
    LTV_SIMPLE = "ltv_simple", _("Lifetime value, simple")
    CAC = "cac", _("Acquisition cost")
    LTV_CAC = "ltv_cac", _("LTV to CAC")
    PAYBACK = "payback", _("CAC payback")
    QUICK_RATIO = "quick_ratio", _("Quick ratio")
    MRR = "mrr", _("MRR")
    ARR = "arr", _("ARR")
    CUSTOMERS = "customers", _("Customers")
    ACV = "acv", _("Average contract value")
    ACV_GROWTH = "acv_growth", _("ACV growth")
    EXPANSION_RATE = "expansion_rate", _("Expansion rate")
    LAND_AND_EXPAND = "land_and_expand", _("Land and expand")
    NEW_MRR = "new_mrr", _("New MRR")
    EXPANSION_MRR = "expansion_mrr", _("Expansion MRR")
    CONTRACTION_MRR = "contraction_mrr", _("Contraction MRR")
    CHURNED_MRR = "churned_mrr", _("Churned MRR")
    REACTIVATION_MRR = "reactivation_mrr", _("Reactivation MRR")
    TTV = "ttv", _("Time to value")
    TTV_LOGIN = "ttv_login", _("Time to first login")
    TTV_ONBOARDING = "ttv_onboarding", _("Time to complete onboarding")
    HEALTH_GREEN = "health_green", _("Healthy customers")
    HEALTH_RED = "health_red", _("Critical customers")
    HEALTH = "health", _("Average health")
    AT_RISK_ARR = "at_risk_arr", _("ARR at risk")
    STICKINESS = "stickiness", _("DAU/MAU")
    FEATURE_ADOPTION = "feature_adoption", _("Feature adoption")
    FIRST_RESPONSE = "first_response", _("First response")
    RESOLUTION = "resolution", _("Resolution time")
    REOPEN_RATE = "reopen_rate", _("Reopened tickets")
    ESCALATION_RATE = "escalation_rate", _("Escalated tickets")
    TICKETS = "tickets", _("Tickets opened")
    REVIEWS = "reviews", _("Business reviews held")
    CALLS = "calls", _("Calls and meetings held")
    TRAININGS = "trainings", _("Trainings held")


class MovementReason(TextChoices):
    """Why MRR moved (MET-07): read off the terms, or said by a person."""

    NEW_CUSTOMER = "new_customer", _("New customer")
    SEATS = "seats", _("Seats")
    UPSELL = "upsell", _("Upsell")
    CROSS_SELL = "cross_sell", _("Cross-sell")
    PRICE = "price", _("Price")
    DOWNGRADE = "downgrade", _("Downgrade")
    PRODUCT_DROPPED = "product_dropped", _("Product dropped")
    DISCOUNT = "discount", _("Discount given")
    DISCOUNT_ENDED = "discount_ended", _("Discount ended")
    CANCELLED = "cancelled", _("Cancelled")
    INVOLUNTARY = "involuntary", _("Not paid")
    PAUSED = "paused", _("Paused")
    RETURNED = "returned", _("Came back")
    CURRENCY = "currency", _("Currency")
    OTHER = "other", _("Other terms")


# Spoken of as they are, in points of their own scale; the others are ratios, spoken of in percent, or money.
POINTS = frozenset({Metric.NPS, Metric.CSAT, Metric.CES})


class Tone(TextChoices):
    """How a band is judged; each has a shape and a colour of its own."""

    GOOD = "good", _("Good")
    WATCH = "watch", _("Watch")
    RISK = "risk", _("Risk")
    NONE = "none", _("Neutral")


class DigestKind(TextChoices):
    """What is sent by itself."""

    BOARD = "board", _("Board, monthly")
    WEEK = "week", _("Week, to leaders")
    DAY = "day", _("Day, to each CSM")
