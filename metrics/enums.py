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


class Basis(TextChoices):
    """As of which knowledge a figure is told: of a closed month what Finance signed, or what is known now."""

    NOW = "now", _("As known now")
    REPORTED = "reported", _("As reported")


class Differs(TextChoices):
    """How billing and ledger stand to each other over an account."""

    AGREED = "agreed", _("Agreed")
    OTHER_AMOUNT = "other_amount", _("Other amount")
    ONLY_THERE = "only_there", _("Only in billing")
    ONLY_HERE = "only_here", _("Only in the ledger")


class Cause(TextChoices):
    """What facts show as the likely reason of a difference."""

    UNKNOWN = "unknown", _("No account here has this id")
    NO_RATE = "no_rate", _("No rate leads from its currency to the reporting currency")
    CURRENCY = "currency", _("Billing says another currency than the contract")
    ROUNDING = "rounding", _("Rounding of yearly amounts")
    DISCOUNT = "discount", _("Billing leaves out the recurring discount")
    INTERVAL = "interval", _("An amount of several months was taken for one")
    PAST_DUE = "past_due", _("Not paid: it left the ledger after the dunning days")
    FREE = "free", _("Trial, free, metered or one-off: no MRR here")
    ENDED = "ended", _("It ended around this month")
    STARTED = "started", _("It started around this month")


class KeptMoney(TextChoices):
    """Amounts that are kept in the reporting currency, and turned over when it changes."""

    CAC = "cac", _("Acquisition costs")
    OUTCOME = "outcome", _("Values of outcomes")
    TARGET = "target", _("Targets in money")
    DEAL = "deal", _("Won deals")
    DUE = "due", _("What renewals were due")
    KEPT = "kept", _("What renewals kept")
    SAVE = "save", _("Money of save plays")


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
    RENEWAL_RATE = "renewal_rate", _("Renewal rate")
    RENEWAL_RISK = "renewal_risk", _("Renewals at risk")
    PIPELINE = "pipeline", _("Expansion pipeline")
    ARR_PER_CSM = "arr_per_csm", _("ARR per CSM")
    CUSTOMERS_PER_CSM = "customers_per_csm", _("Customers per CSM")
    WEEKLY_ACTIVE = "weekly_active", _("Customers active weekly")
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
    TICKETS_SOLVED = "tickets_solved", _("Tickets solved")


class Level(TextChoices):
    """The hierarchy of metrics (MET-22): who steers by it."""

    EXECUTIVE = "executive", _("Executive")
    OPERATIONAL = "operational", _("Operational")
    TACTICAL = "tactical", _("Tactical")
    ACTIVITY = "activity", _("Activity")


class Timing(TextChoices):
    """Whether a metric speaks before the money moves or after (HLT-10)."""

    LEADING = "leading", _("Leading")
    LAGGING = "lagging", _("Lagging")


class Purpose(TextChoices):
    """The three questions that metrics answer (MET-26)."""

    VALUE = "value", _("Are customers achieving value?")
    GROWTH = "growth", _("Will they renew and expand?")
    EFFICIENCY = "efficiency", _("Are operations efficient?")


class Unit(TextChoices):
    """What a value is counted in. Ratios are fractions of 1, money is in minor units; both are written for people as
    percent and as currency units, everything else as it is."""

    RATIO = "ratio", _("Percent")
    MONEY = "money", _("Money")
    TIMES = "times", _("Times")
    POINTS = "points", _("Points")
    MONTHS = "months", _("Months")
    DAYS = "days", _("Days")
    HOURS = "hours", _("Hours")
    NUMBER = "number", _("Number")


class Origin(TextChoices):
    """Where the values of a metric come from."""

    SUMS = "sums", _("Sums of the revenue ledger")
    COHORTS = "cohorts", _("Monthly revenue by the month of the first payment")
    ACQUISITION = "acquisition", _("Acquisition costs of accounts, with the revenue ledger")
    CLOCKS = "clocks", _("Dates from signature to first value")
    SURVEYS = "surveys", _("Answers to surveys")
    HEALTH = "health", _("Health scores at the end of the month")
    USAGE = "usage", _("Usage events")
    SUPPORT = "support", _("Support tickets")
    ACTIVITY = "activity", _("Touchpoints that took place")
    SOLVED = "solved", _("Support tickets by the day of their solution")
    RENEWALS = "renewals", _("Renewals that are decided")
    CALLS = "calls", _("Renewal calls as they stood at the end of a week")
    DEALS = "deals", _("Expansion deals")
    ACTIVE = "active", _("Usage events of paying customers")
    BOOKS = "books", _("Paying customers by their CSM at the end of the month")


class Cut(TextChoices):
    """What the explorer cuts and filters by: the dimensions that are kept, and those made on demand (MET-08, MET-09)."""

    ALL = "all", _("All")
    SEGMENT = "segment", _("Segment")
    ACV_BAND = "acv_band", _("ACV band")
    INDUSTRY = "industry", _("Industry")
    SOURCE = "source", _("Source")
    OWNER = "owner", _("CSM")
    SIZE = "size", _("Company size")
    REGION = "region", _("Region")
    TIER = "tier", _("Touch tier")
    COHORT = "cohort", _("Month won")
    QUARTER = "quarter", _("Quarter won")
    STATUS = "status", _("Status")
    ACCOUNT = "account", _("Account")


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


# Of these the text of a change may be one, and then it counts; those that say that a period is left are about its end.
SAID_REASONS = tuple(reason for reason in MovementReason if reason != MovementReason.CURRENCY)
LEAVING_REASONS = (
    MovementReason.CANCELLED,
    MovementReason.INVOLUNTARY,
    MovementReason.PAUSED,
    MovementReason.PRODUCT_DROPPED,
)
# Reasons that only more money has, and only less; all others have either.
GROWING_REASONS = (
    MovementReason.NEW_CUSTOMER,
    MovementReason.UPSELL,
    MovementReason.CROSS_SELL,
    MovementReason.DISCOUNT_ENDED,
    MovementReason.RETURNED,
)
SHRINKING_REASONS = (*LEAVING_REASONS, MovementReason.DOWNGRADE, MovementReason.DISCOUNT)


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
