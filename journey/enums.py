"""Choices of the journey floor. The words are the field's own; labels go through gettext."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Stage(TextChoices):
    """The six stages (JRN-01). A track may stand in several at once: they are places on a map, not steps of a stair."""

    ONBOARDING = "onboarding", pgettext_lazy("stage", "Onboarding")
    ADOPTION = "adoption", pgettext_lazy("stage", "Adoption")
    RETENTION = "retention", pgettext_lazy("stage", "Retention")
    EXPANSION = "expansion", pgettext_lazy("stage", "Expansion")
    RENEWAL = "renewal", pgettext_lazy("stage", "Renewal")
    ADVOCACY = "advocacy", pgettext_lazy("stage", "Advocacy")


class TrackKind(TextChoices):
    """What a journey is about: the whole account, a department, or a use case (JRN-02)."""

    CORE = "core", pgettext_lazy("track", "Core")
    DEPARTMENT = "department", pgettext_lazy("track", "Department")
    USE_CASE = "use_case", pgettext_lazy("track", "Use case")


class TrackEnd(TextChoices):
    """Why a track ended."""

    LEFT = "left", _("The customer left")
    DROPPED = "dropped", _("The use case was given up")
    MERGED = "merged", _("Went on in another track")


class Entry(TextChoices):
    """How a track came into a stage."""

    BEGAN = "began", _("Began here")
    MOVED_ON = "moved_on", _("Moved on")
    SKIPPED_TO = "skipped_to", _("Skipped to it")
    WENT_BACK = "went_back", _("Went back")
    AGAIN = "again", _("Came round again")
    BESIDE = "beside", _("Opened beside the others")


class Exit(TextChoices):
    """How a stage ended."""

    COMPLETED = "completed", _("Completed")
    REGRESSED = "regressed", _("Went back")
    SKIPPED = "skipped", _("Skipped")
    ABANDONED = "abandoned", _("Given up")


class Cause(TextChoices):
    """What may throw a track back (JRN-24); the first seven are events of the account (ACC-05)."""

    CHAMPION = "champion", _("Champion left or changed role")
    BUDGET = "budget", _("Budget cut")
    REORGANISATION = "reorganisation", _("Reorganisation or new leader")
    MERGER = "merger", _("Merger")
    COMPETITOR = "competitor", _("Competitor")
    RELEASE = "release", _("Product release")
    HEALTH = "health", _("Health fell")
    PERSON = "person", _("Somebody saw it")


class Answer(TextChoices):
    """What became of a proposal to go back."""

    OPEN = "open", pgettext_lazy("proposal", "Open")
    ACCEPTED = "accepted", pgettext_lazy("proposal", "Went back")
    DECLINED = "declined", _("Stays where it is")
    LAPSED = "lapsed", _("The stage ended meanwhile")


class Evidence(TextChoices):
    """How a criterion is shown to be met (JRN-07): read from facts, said by a person here, or said by the customer."""

    MEASURED = "measured", _("Measured live")
    ATTESTED = "attested", _("Attested")
    CONFIRMED = "confirmed", _("Customer-confirmed")


class Blocker(TextChoices):
    """What holds a stage or a milestone up: the codes of JRN-11, JRN-19 and JRN-32; `stages.BLOCKERS` says where each is
    offered."""

    BANDWIDTH = "bandwidth", _("Customer has no time")
    TECHNICAL = "technical", _("Technical dependency")
    ALIGNMENT = "alignment", _("Alignment or change management")
    SCOPE = "scope", _("Scope creep")
    CRITERIA = "criteria", _("Unclear criteria")
    RESISTANCE = "resistance", _("Users resist")
    CHAMPION = "champion", _("No champion")
    TOOLS = "tools", _("Competing tools")
    TRAINING = "training", _("Training gap")
    COMPLEXITY = "complexity", _("Product too complex")
    VALUE = "value", _("Unproven value")
    SUPPORT = "support", _("Poor support")
    EXECUTIVE = "executive", _("Executive turnover")
    IDENTIFICATION = "identification", _("No systematic identification")
    BUDGET = "budget", pgettext_lazy("blocker", "Budget")
    SALES = "sales", _("Awkward sales motion")
    LATE = "late", _("Late start")
    PRICE = "price", pgettext_lazy("blocker", "Price")
    PROCUREMENT = "procurement", _("Procurement")
    LEGAL = "legal", _("Legal approval")
    PROGRAM = "program", _("Program design")


class PlanKind(TextChoices):
    ONBOARDING = "onboarding", _("Onboarding plan")
    SUCCESS = "success", _("Success plan")


class PlanState(TextChoices):
    ACTIVE = "active", pgettext_lazy("plan", "Running")
    DONE = "done", pgettext_lazy("plan", "Done")
    DROPPED = "dropped", pgettext_lazy("plan", "Dropped")


class LinkPurpose(TextChoices):
    """What a signed link lets a customer do without an account."""

    PLAN = "plan", _("Read the plan")
    GO_LIVE = "go_live", _("Confirm the go-live")


class WorkType(TextChoices):
    """The nine responsibilities of customer success as kinds of work (ACC-15)."""

    ONBOARDING = "onboarding", pgettext_lazy("work", "Onboarding")
    ADOPTION = "adoption", _("Adoption enablement")
    HEALTH = "health", _("Health monitoring")
    RENEWAL = "renewal", _("Renewal management")
    EXPANSION = "expansion", _("Expansion identification")
    VALUE = "value", _("Value realization")
    EXECUTIVE = "executive", _("Executive engagement")
    ADVOCACY = "advocacy", _("Advocacy development")
    COORDINATION = "coordination", _("Cross-functional coordination")


class TaskState(TextChoices):
    OPEN = "open", pgettext_lazy("task", "Open")
    DONE = "done", pgettext_lazy("task", "Done")
    CANCELLED = "cancelled", pgettext_lazy("task", "Cancelled")


class Why(TextChoices):
    """Why a task exists; each says so on its page."""

    PERSON = "person", _("Somebody wrote it")
    ALERT = "alert", _("An alert asked for it")
    PLAYBOOK = "playbook", _("A step of a playbook")
    MILESTONE = "milestone", _("A milestone of a plan")
    JOURNEY = "journey", _("A decision about the journey")
    PROGRAM = "program", _("Another system sent it")
    AGAIN = "again", _("It comes again")
    ISSUE = "issue", _("An issue that was answered")
    RENEWAL = "renewal", _("A renewal that comes due")
    DEAL = "deal", _("An expansion deal")
    ADVOCACY = "advocacy", _("The advocacy program")


class Urgency(TextChoices):
    HIGH = "high", pgettext_lazy("urgency", "High")
    NORMAL = "normal", pgettext_lazy("urgency", "Normal")


class Rhythm(TextChoices):
    """How often a task comes again after it was done."""

    NONE = "", _("Once")
    DAILY = "daily", _("Each working day")
    WEEKLY = "weekly", _("Each week")
    MONTHLY = "monthly", _("Each month")
    QUARTERLY = "quarterly", _("Each quarter")


class Doer(TextChoices):
    """Whom a step of a playbook falls to."""

    OWNER = "owner", _("The account's CSM")
    LEADER = "leader", _("The leader of the CSM's team")
    POOL = "pool", _("The pool")
    STARTER = "starter", _("Who started the play")


class PlayState(TextChoices):
    """A run of a playbook for one account."""

    RUNNING = "running", pgettext_lazy("play", "Running")
    DONE = "done", pgettext_lazy("play", "Done")
    STOPPED = "stopped", _("Stopped")
    UNDONE = "undone", pgettext_lazy("play", "Undone")


class HandoffKind(TextChoices):
    """Who passes a customer to whom (ROL-02)."""

    SALES_TO_CS = "sales_cs", _("Sales to customer success")
    ONBOARDING_TO_CSM = "onb_csm", _("Onboarding to CSM")
    CSM_TO_SALES = "csm_sales", _("CSM to sales")
    CSM_TO_CSM = "csm_csm", _("CSM to CSM")


class HandoffState(TextChoices):
    OPEN = "open", pgettext_lazy("handoff", "Waiting")
    ACCEPTED = "accepted", pgettext_lazy("handoff", "Accepted")
    DECLINED = "declined", pgettext_lazy("handoff", "Declined")
    WITHDRAWN = "withdrawn", pgettext_lazy("handoff", "Withdrawn")


class IssueKind(TextChoices):
    """What an issue of the log is about (ACC-14)."""

    BUG = "bug", _("Bug")
    GAP = "gap", _("Missing feature")
    INTEGRATION = "link", _("Integration")
    SERVICE = "service", _("Support or service")
    DOCS = "docs", _("Documentation")
    OTHER = "other", pgettext_lazy("issue", "Other")


class Function(TextChoices):
    """The team that an issue is passed on to."""

    PRODUCT = "product", _("Product")
    ENGINEERING = "engineer", _("Engineering")
    SUPPORT = "support", pgettext_lazy("function", "Support")
    SERVICES = "services", _("Services")
    SALES = "sales", pgettext_lazy("function", "Sales")
    FINANCE = "finance", _("Finance")


class IssueState(TextChoices):
    """Where an issue stands with the team that answers it."""

    NEW = "new", pgettext_lazy("issue", "New")
    PASSED_ON = "passed_on", _("Passed on")
    PLANNED = "planned", pgettext_lazy("issue", "Planned")
    STARTED = "started", pgettext_lazy("issue", "In work")
    SHIPPED = "shipped", pgettext_lazy("issue", "Shipped")
    DECLINED = "declined", pgettext_lazy("issue", "Declined")


class Weight(TextChoices):
    """What an issue means for a customer."""

    BLOCKER = "blocker", _("Blocks them")
    IMPORTANT = "important", pgettext_lazy("weight", "Important")
    NICE = "nice", _("Nice to have")


class LetterState(TextChoices):
    """What became of a mail of a playbook."""

    WAITING = "waiting", pgettext_lazy("mail", "Waiting")
    SENT = "sent", pgettext_lazy("mail", "Sent")
    LEFT_OUT = "left_out", _("Left out")
    FAILED = "failed", pgettext_lazy("mail", "Failed")
    CANCELLED = "cancelled", pgettext_lazy("mail", "Cancelled")
