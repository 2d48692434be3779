"""Choices of the expansion floor (EXP-01 to EXP-10)."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class DealKind(TextChoices):
    """What is sold (EXP-03)."""

    SEATS = "seats", _("Seats")
    TIER = "tier", _("Higher tier")
    PRODUCT = "product", _("Product or module")
    USAGE = "usage", _("Usage")


class Motion(TextChoices):
    UPSELL = "upsell", _("Upsell")
    CROSS_SELL = "cross_sell", _("Cross-sell")


class DealStage(TextChoices):
    """Stages of the pipeline (EXP-05); the last two are ends."""

    IDENTIFIED = "identified", pgettext_lazy("deal", "Identified")
    QUALIFIED = "qualified", pgettext_lazy("deal", "Qualified")
    PROPOSAL = "proposal", pgettext_lazy("deal", "Proposal")
    COMMIT = "commit", pgettext_lazy("deal", "Commit")
    WON = "won", pgettext_lazy("deal", "Won")
    LOST = "lost", pgettext_lazy("deal", "Lost")


class Trigger(TextChoices):
    """Why an account may grow (EXP-02, TRG-13, TRG-14)."""

    LIMIT = "limit", _("Near a limit")
    SEATS_FULL = "seats_full", _("Seats full")
    TEAM_GROWTH = "team_growth", _("Team grows")
    USE_CASE = "use_case", _("New use case")
    DEPARTMENT = "department", _("New department")
    CHAMPION = "champion", _("Champion asks")
    ADVOCATE = "advocate", _("Healthy and an advocate")
    RENEWAL = "renewal", _("Bundle with the renewal")
    GROWTH = "growth", _("Business growth")
    COMPETITOR = "competitor", _("Competitor to replace")
    PERSON = "person", _("Somebody saw it")


class SignalState(TextChoices):
    OPEN = "open", pgettext_lazy("signal", "New")
    TAKEN = "taken", pgettext_lazy("signal", "Taken up")
    DISMISSED = "dismissed", pgettext_lazy("signal", "Dismissed")
    OVER = "over", pgettext_lazy("signal", "Over")


class LossReason(TextChoices):
    """Why a deal is lost (EXP-08)."""

    NOT_SYSTEMATIC = "not_systematic", _("Seen too late")
    DISCOMFORT = "discomfort", _("Nobody asked for it")
    HANDOFF = "handoff", _("Handoff to sales broke")
    BUDGET = "budget", _("Budget or timing")
    WEAK_CASE = "weak_case", _("Weak business case")
    COMPETITOR = "competitor", _("Competitor")
    NOT_EARNED = "not_earned", _("Not earned yet")


class WinReason(TextChoices):
    VALUE = "value", _("Proven value")
    NEED = "need", _("A need that grew")
    CHAMPION = "champion", _("A champion carried it")
    PRICE = "price", _("Terms")
    OTHER = "other", pgettext_lazy("win reason", "Other")


class Check(TextChoices):
    """What earns the right to an offer (EXP-01)."""

    TENURE = "tenure", _("6 months")
    FIRST_VALUE = "first_value", _("First value")
    HEALTHY = "healthy", _("Healthy")
    OUTCOME = "outcome", _("Outcome shown")
    NO_P1 = "no_p1", _("No open P1")
