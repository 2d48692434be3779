"""Choices of the health floor. The words are the field's own; labels go through gettext."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Component(TextChoices):
    """The four parts of a score (HLT-01)."""

    USAGE = "usage", _("Usage")
    ENGAGEMENT = "engagement", _("Engagement")
    SUPPORT = "support", _("Support")
    OUTCOMES = "outcomes", _("Outcomes")


class HeldState(TextChoices):
    """What became of an event that was not stored at once."""

    QUARANTINED = "quarantined", _("Waiting")
    REJECTED = "rejected", _("Refused")
    RELEASED = "released", _("Stored")
    DISMISSED = "dismissed", _("Dismissed")


class ReceiptKind(TextChoices):
    """The road that a batch of events came by."""

    API = "api", _("API")
    SEGMENT = "segment", _("Segment")
    IMPORT = "import", _("Import")
    REPLAY = "replay", _("Replay")


class Freshness(TextChoices):
    """Whether a source of data still sends."""

    FRESH = "fresh", _("Fresh")
    LATE = "late", pgettext_lazy("source", "Late")
    SILENT = "silent", _("Silent")
    NEVER = "never", _("Nothing yet")


class TicketPriority(TextChoices):
    """Our four levels; a tenant's own words are kept beside them."""

    URGENT = "urgent", _("Urgent")
    HIGH = "high", pgettext_lazy("priority", "High")
    NORMAL = "normal", pgettext_lazy("priority", "Normal")
    LOW = "low", pgettext_lazy("priority", "Low")


class TouchpointKind(TextChoices):
    """Activities with a customer (ACC-06, ACC-09)."""

    CHECK_IN = "check_in", _("Check-in call")
    CALL = "call", _("Call")
    MEETING = "meeting", _("Meeting")
    QBR = "qbr", _("Quarterly review")
    EBR = "ebr", _("Executive review")
    KICKOFF = "kickoff", _("Kickoff")
    HANDOFF = "handoff", _("Handoff")
    TRAINING = "training", _("Training")
    PLANNING = "planning", _("Strategic planning")
    EMAIL = "email", _("E-mail")
    FEEDBACK = "feedback", _("Feature request or feedback")
    COMMUNITY = "community", _("Community or user group")


class TouchpointStatus(TextChoices):
    """Meetings are planned, attended, cancelled or missed; e-mails sent, opened, clicked, replied to."""

    PLANNED = "planned", _("Planned")
    ATTENDED = "attended", _("Held")
    CANCELLED = "cancelled", _("Cancelled")
    NO_SHOW = "no_show", _("Customer did not come")
    SENT = "sent", _("Sent")
    OPENED = "opened", _("Opened")
    CLICKED = "clicked", _("Clicked")
    REPLIED = "replied", _("Answered")


class Sentiment(TextChoices):
    POSITIVE = "positive", _("Positive")
    NEUTRAL = "neutral", _("Neutral")
    NEGATIVE = "negative", _("Negative")


class SurveyKind(TextChoices):
    """Surveys (ACC-10)."""

    NPS = "nps", _("NPS")
    CSAT = "csat", _("CSAT")
    CES = "ces", _("CES")
    JOURNEY_NPS = "journey_nps", _("Journey NPS")


class SurveyDirection(TextChoices):
    """Which end of a CES is the easy one (E12); stored scores have low as easy."""

    LOW_IS_EASY = "low_is_easy", _("Low is easy")
    HIGH_IS_EASY = "high_is_easy", _("High is easy")


class SurveyContext(TextChoices):
    """After what a survey was asked (ACC-10)."""

    RELATIONSHIP = "relationship", _("Relationship")
    ONBOARDING = "onboarding", _("Onboarding")
    TICKET = "ticket", _("Support ticket")
    QBR = "qbr", _("Quarterly review")
    TRAINING = "training", _("Training")
    FEATURE = "feature", _("New feature")
    RENEWAL = "renewal", _("Renewal")


class OutcomeMetric(TextChoices):
    """What a success criterion measures (VAL-01)."""

    EFFICIENCY = "efficiency", _("Efficiency")
    REVENUE = "revenue", _("Revenue")
    COST = "cost", _("Cost reduction")
    ADOPTION = "adoption", _("Adoption")
    QUALITY = "quality", _("Quality")
    OTHER = "other", _("Other")


class VersionState(TextChoices):
    """Life of a version of a health model."""

    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    RETIRED = "retired", _("Replaced")


class AlertState(TextChoices):
    """An alert is open until its cause is gone, it is answered and closed, or its run is undone."""

    OPEN = "open", pgettext_lazy("alert", "Open")
    RESOLVED = "resolved", _("Cause is gone")
    CLOSED = "closed", _("Closed")
    UNDONE = "undone", _("Undone")


class AlertLevel(TextChoices):
    INFO = "info", _("Notice")
    WARNING = "warning", _("Warning")
    CRITICAL = "critical", _("Urgent")


class BacktestState(TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
