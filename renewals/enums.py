"""Choices of the renewals floor (REN-01 to REN-10)."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class RenewalState(TextChoices):
    """What became of a renewal; all but `open` are ends."""

    OPEN = "open", pgettext_lazy("renewal", "Open")
    RENEWED = "renewed", _("Renewed")
    EXPANDED = "expanded", _("Expanded")
    CONTRACTED = "contracted", _("Contracted")
    CHURNED = "churned", _("Churned")
    WITHDRAWN = "withdrawn", pgettext_lazy("renewal", "Nothing left to renew")


class Phase(TextChoices):
    """How far an open renewal is (REN-05, conversation status)."""

    PREPARING = "preparing", _("Preparing")
    TALKING = "talking", _("In conversation")
    PROPOSED = "proposed", _("Proposal sent")
    NEGOTIATING = "negotiating", _("Negotiating")
    SIGNING = "signing", _("With their signature")


class Step(TextChoices):
    """Steps of a runway (REN-02); the templates say which ones a profile has, and when."""

    PREP = "prep", _("Internal prep")
    TALK = "talk", _("Conversation")
    QUOTE = "quote", _("Quote")
    PROPOSAL = "proposal", _("Proposal")
    NEGOTIATE = "negotiate", _("Negotiate")
    SIGN = "sign", _("Sign")
    CONFIRM = "confirm", _("Confirm")
    NOTICE = "notice", _("Notice")
    SECOND_NOTICE = "notice_2", _("Second notice")
    REMINDER = "reminder", _("Reminder")
    LAST_REMINDER = "reminder_2", _("Last reminder")


class Intent(TextChoices):
    """What the customer says they will do."""

    UNKNOWN = "unknown", pgettext_lazy("intent", "Not asked yet")
    RENEW = "renew", pgettext_lazy("intent", "Will renew")
    MORE = "more", pgettext_lazy("intent", "Wants more")
    LESS = "less", pgettext_lazy("intent", "Wants less")
    UNSURE = "unsure", pgettext_lazy("intent", "Not decided")
    LEAVE = "leave", pgettext_lazy("intent", "Wants to leave")


class Review(TextChoices):
    """Legal, procurement and approval states of a renewal."""

    NONE = "none", pgettext_lazy("review", "Not needed yet")
    ASKED = "asked", pgettext_lazy("review", "Asked")
    RUNNING = "running", pgettext_lazy("review", "Under review")
    DONE = "done", pgettext_lazy("review", "Agreed")
    REFUSED = "refused", pgettext_lazy("review", "Refused")


class Caller(TextChoices):
    """Who calls a renewal: three, kept apart."""

    SYSTEM = "system", _("System")
    CSM = "csm", _("CSM")
    LEADER = "leader", _("Leader")


class Confidence(TextChoices):
    """Forecast confidence (REN-05), of the probability: commit from 90 %, likely from 70 %, at risk below."""

    COMMIT = "commit", pgettext_lazy("forecast", "Commit")
    LIKELY = "likely", pgettext_lazy("forecast", "Likely")
    AT_RISK = "at_risk", pgettext_lazy("forecast", "At risk")


class Shift(TextChoices):
    """Why the forecast of a span is another one than a week before."""

    NEW = "new", pgettext_lazy("forecast", "New")
    CALLED = "called", _("Called differently")
    MONEY = "money", _("Other money")
    DAY = "day", _("Another day")
    CLOSED = "closed", _("Decided")


class FailureReason(TextChoices):
    """Why renewals fail (REN-06); objections carry one, and a lost renewal its likely reason."""

    LATE_START = "late_start", _("Started late")
    VALUE = "value", _("Value not shown")
    BUDGET = "budget", _("Budget")
    CHAMPION = "champion", _("Champion left")
    COMPETITOR = "competitor", _("Competitor")
    PROCUREMENT = "procurement", _("Procurement takes long")
    PRICE = "price", _("Price")
    PRODUCT = "product", _("Product")


class Part(TextChoices):
    """A person's part in the decision (REN-05)."""

    DECIDES = "decides", _("Decides")
    PAYS = "pays", _("Pays")
    USES = "uses", _("Uses")
    PROCUREMENT = "procurement", _("Procurement")
    LEGAL = "legal", _("Legal")


class Stance(TextChoices):
    UNKNOWN = "unknown", pgettext_lazy("stance", "Unknown")
    FOR = "for", pgettext_lazy("stance", "For")
    NEUTRAL = "neutral", pgettext_lazy("stance", "Neutral")
    AGAINST = "against", pgettext_lazy("stance", "Against")


class Asked(TextChoices):
    """Whose people are asked how easy it was, once their renewal is decided (REN-03)."""

    NOBODY = "nobody", pgettext_lazy("survey", "Nobody")
    KEPT = "kept", _("Customers who stay")
    ALL = "all", _("All, also those who leave")


class SaveState(TextChoices):
    """A save play ends saved or lost (HLT-13); withdrawn is what was opened by mistake and counts nowhere."""

    RUNNING = "running", pgettext_lazy("save play", "Running")
    SAVED = "saved", pgettext_lazy("save play", "Saved")
    LOST = "lost", pgettext_lazy("save play", "Lost")
    WITHDRAWN = "withdrawn", pgettext_lazy("save play", "Withdrawn")


class SaveCause(TextChoices):
    """Why a save play was opened."""

    RED = "red", _("Health is critical")
    RULE = "rule", _("An alert")
    CALL = "call", _("Called at risk")
    PERSON = "person", _("By hand")


class QuoteState(TextChoices):
    """What became of a quote; the first two are open."""

    DRAFT = "draft", pgettext_lazy("quote", "Draft")
    SENT = "sent", pgettext_lazy("quote", "Sent")
    ACCEPTED = "accepted", pgettext_lazy("quote", "Accepted")
    DECLINED = "declined", pgettext_lazy("quote", "Declined")
    EXPIRED = "expired", pgettext_lazy("quote", "Expired")
    SUPERSEDED = "superseded", pgettext_lazy("quote", "Replaced")
    WITHDRAWN = "withdrawn", pgettext_lazy("quote", "Withdrawn")


class Unsent(TextChoices):
    """Why a mail of a renewal did not go."""

    NO_ADDRESS = "no_address", _("Nobody who decides has an e-mail address")
    OPTED_OUT = "opted_out", _("Whoever it is for wants no mail")
    GONE = "gone", _("The person has left, or has no address any more")
    LATE = "late", _("Its day is long over")
    OVER = "over", _("The renewal is over, or comes due on another day now")
    INVALID = "invalid", _("It is not valid any more")
    APPROVAL = "approval", _("The discount is not approved")
    OFF = "off", _("It was switched off when it should have gone")
    FAILED = "failed", _("The mail server did not take it")
