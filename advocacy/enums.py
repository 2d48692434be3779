"""Choices of the advocacy floor (ADV-01 to ADV-08)."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Criterion(TextChoices):
    """What qualifies an account (ADV-01): all six."""

    HEALTHY = "healthy", _("Healthy and satisfied")
    PROVEN = "proven", _("Proven success")
    CHAMPION = "champion", _("Engaged champion")
    PROFILE = "profile", _("Strategic profile")
    ADOPTED = "adopted", _("Adopted")
    RENEWED = "renewed", _("Renewed at least once")


class Standing(TextChoices):
    """Whether somebody may be asked today (ADV-01); in the order in which lists show them."""

    READY = "ready", _("Ready to ask")
    RESTING = "resting", pgettext_lazy("advocate", "Resting")
    WAITING = "waiting", _("Waits for legal")
    OPEN = "open", _("May be enrolled")
    BLOCKED = "blocked", _("May not be asked")


class AdvocateState(TextChoices):
    ENROLLED = "enrolled", _("Enrolled")
    LEFT = "left", pgettext_lazy("advocate", "Left the program")


class Consent(TextChoices):
    """How far a person's consent goes."""

    NAME_LOGO = "name_logo", _("Name and logo")
    NAME = "name", pgettext_lazy("consent", "Name")
    REFERENCE = "reference", _("Reference only, no name")
    REVIEW = "review", _("Review only")
    REFUSED = "refused", pgettext_lazy("consent", "Refused")


class AssetKind(TextChoices):
    """Kinds of advocacy (ADV-02); of an asset, and of what somebody is asked for."""

    REFERENCE = "reference", _("Reference")
    CASE_STUDY = "case_study", _("Case study")
    REVIEW = "review", _("Review")
    TESTIMONIAL = "testimonial", _("Testimonial")
    REFERRAL = "referral", pgettext_lazy("advocacy", "Referral")
    SPEAKING = "speaking", _("Event or webinar talk")
    BOARD = "board", _("Advisory board")
    MARKETING = "marketing", _("Customer marketing")
    COMMUNITY = "community", _("Community")
    SOCIAL = "social", _("Social share")
    CONTENT = "content", _("Content of their own")


class ReviewSite(TextChoices):
    G2 = "g2", "G2"
    CAPTERRA = "capterra", "Capterra"
    OTHER = "other", pgettext_lazy("review site", "Another site")


class Legal(TextChoices):
    """Legal approval of an asset (ADV-05)."""

    DRAFT = "draft", pgettext_lazy("legal", "Not sent yet")
    WAITING = "waiting", pgettext_lazy("legal", "With legal")
    APPROVED = "approved", pgettext_lazy("legal", "Approved")
    REFUSED = "refused", pgettext_lazy("legal", "Refused")


class AskState(TextChoices):
    OPEN = "open", pgettext_lazy("ask", "Asked")
    AGREED = "agreed", pgettext_lazy("ask", "Agreed")
    DONE = "done", pgettext_lazy("ask", "Given")
    DECLINED = "declined", pgettext_lazy("ask", "Declined")


class AskFailure(TextChoices):
    """Why an ask came to nothing (ADV-05)."""

    LEGAL = "legal", _("Legal or procurement")
    NOT_SHOWN = "not_shown", _("Success not shown")
    NO_TIE = "no_tie", _("No tie to an executive")
    NO_REASON = "no_reason", _("No value seen in it")
    INCENTIVE = "incentive", _("Too little in it for them")
    NO_ANSWER = "no_answer", _("No answer")
    PROGRAM = "program", _("Our own program")


class Success(TextChoices):
    """What a customer who speaks for us brings (ADV-08)."""

    REFERENCE = "reference", _("Gave a reference or case study")
    REVIEW = "review", _("Wrote a good review")
    INTRODUCTION = "introduction", _("Introduced somebody")
    MARKETING = "marketing", _("Took part in marketing")
    SPEAKING = "speaking", _("Spoke at an event")
    PIPELINE = "pipeline", _("Led us to an opportunity")


class RequestState(TextChoices):
    """A request for a reference."""

    OPEN = "open", pgettext_lazy("reference request", "Open")
    MATCHED = "matched", pgettext_lazy("reference request", "Matched")
    DONE = "done", pgettext_lazy("reference request", "Done")
    UNMET = "unmet", pgettext_lazy("reference request", "Not met")


class ReferralState(TextChoices):
    """Where a referral stands; each state implies those before it."""

    ASKED = "asked", pgettext_lazy("referral", "Asked")
    AGREED = "agreed", pgettext_lazy("referral", "Agreed")
    INTRODUCED = "introduced", pgettext_lazy("referral", "Introduced")
    OPPORTUNITY = "opportunity", pgettext_lazy("referral", "Opportunity")
    WON = "won", pgettext_lazy("referral", "Won")
    LOST = "lost", pgettext_lazy("referral", "Lost")


class GatheringKind(TextChoices):
    BOARD = "board", _("Advisory board")
    EVENT = "event", pgettext_lazy("gathering", "Event")
    WEBINAR = "webinar", _("Webinar")


class Attendance(TextChoices):
    INVITED = "invited", pgettext_lazy("gathering", "Invited")
    COMING = "coming", pgettext_lazy("gathering", "Coming")
    CAME = "came", pgettext_lazy("gathering", "Came")
    SPOKE = "spoke", pgettext_lazy("gathering", "Spoke")
    ABSENT = "absent", pgettext_lazy("gathering", "Did not come")
