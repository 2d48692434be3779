"""Choices of the accounts floor. The words are the field's own; labels go through gettext."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Profile(TextChoices):
    """The four profiles every segment follows one of (REQUIREMENTS 1)."""

    ENTERPRISE = "enterprise", _("Enterprise")
    MID_MARKET = "mid_market", _("Mid-market")
    SMB = "smb", _("Small business")
    PRODUCT_LED = "product_led", _("Product-led")


class Source(TextChoices):
    """How the customer was won (ACC-01)."""

    INBOUND = "inbound", _("Inbound")
    OUTBOUND = "outbound", _("Outbound")
    PARTNER = "partner", _("Partner")
    REFERRAL = "referral", _("Referral")


class Complexity(TextChoices):
    HIGH = "high", pgettext_lazy("complexity", "High")
    MODERATE = "moderate", pgettext_lazy("complexity", "Moderate")
    LOW = "low", pgettext_lazy("complexity", "Low")


class Tier(TextChoices):
    """Touch tier (ACC-01, TCH-01 to TCH-03)."""

    HIGH_TOUCH = "high_touch", _("High-touch")
    LOW_TOUCH = "low_touch", _("Low-touch")
    TECH_TOUCH = "tech_touch", _("Tech-touch")


class Level(TextChoices):
    """What an account row stands for (ACC-12)."""

    COMPANY = "company", _("Company")
    UNIT = "unit", _("Business unit")
    DEPARTMENT = "department", _("Department")
    USE_CASE = "use_case", _("Use case")


class Status(TextChoices):
    """Lifecycle, derived from the money: never paid, pays now, paid once."""

    PROSPECT = "prospect", _("Not paying yet")
    LIVE = "live", _("Live")
    CHURNED = "churned", _("Churned")


class HealthBand(TextChoices):
    """Bands of the health score (HLT-04): Red < 50 <= Yellow < 80 <= Green; without enough data there is none."""

    GREEN = "green", _("Healthy")
    YELLOW = "yellow", _("At risk")
    RED = "red", _("Critical")
    NONE = "none", _("No data")


class ContactRole(TextChoices):
    """Stakeholder roles (ACC-04)."""

    EXECUTIVE_SPONSOR = "executive_sponsor", _("Executive sponsor")
    DECISION_MAKER = "decision_maker", _("Decision maker")
    CHAMPION = "champion", _("Champion")
    POWER_USER = "power_user", _("Power user")
    CORE_USER = "core_user", _("Core user")
    PROCUREMENT = "procurement", _("Procurement")
    LEGAL = "legal", _("Legal")


class Engagement(TextChoices):
    HIGH = "high", pgettext_lazy("engagement", "High")
    MEDIUM = "medium", pgettext_lazy("engagement", "Medium")
    LOW = "low", pgettext_lazy("engagement", "Low")


class AccountEventKind(TextChoices):
    """Dated events on an account: regression triggers and business context (ACC-05, ACC-11)."""

    CHAMPION_LEFT = "champion_left", _("Champion left")
    CHAMPION_ROLE_CHANGED = "champion_role_changed", _("Champion changed role")
    BUDGET_CUT = "budget_cut", _("Budget cut")
    REORGANISATION = "reorganisation", _("Reorganisation")
    MERGER = "merger", _("Merger or acquisition")
    LEADERSHIP_CHANGE = "leadership_change", _("Leadership change")
    COMPETITOR_DEMO = "competitor_demo", _("Competitor demo")
    PRODUCT_RELEASE = "product_release", _("Product release")
    ACCOUNT_CHANGE = "account_change", _("Account change")
    COMPETITIVE_ACTIVITY = "competitive_activity", _("Competitive activity")
    BUDGET_CYCLE = "budget_cycle", _("Budget cycle")
    GROWTH = "growth", _("Business growth or new initiative")
    ONBOARDING_COMPLETE = "onboarding_complete", _("Onboarding complete")


class ChangeSource(TextChoices):
    """Where a fact came from; with the reference it leads from a figure to its row, request or person."""

    IMPORT = "import", _("Import")
    API = "api", _("API")
    MEMBER = "member", _("Person")
    RULE = "rule", _("Rule")
    RENEWAL = "renewal", _("Renewal")
    DEAL = "deal", _("Expansion deal")


class ChargeKind(TextChoices):
    """What a paid period is for; only recurring ones count as MRR (METRICS rule 3)."""

    RECURRING = "recurring", _("Recurring")
    TRIAL = "trial", _("Trial")
    FREE = "free", _("Free")
    METERED = "metered", _("Metered")
    ONE_OFF = "one_off", _("One-off")


class EndReason(TextChoices):
    """Why a paid period ended early, where somebody said so."""

    CANCELLED = "cancelled", _("Cancelled")
    UNPAID = "unpaid", _("Not paid")
    PAUSED = "paused", _("Paused")


class LogoLevel(TextChoices):
    """Who counts as one customer in a hierarchy (METRICS 4)."""

    ACCOUNT = "account", _("Each account")
    PARENT = "parent", _("The parent at the top")


class ChurnCategory(TextChoices):
    """Why customers leave, in the reference's six (MET-10)."""

    PRODUCT_FIT = "product_fit", _("Product fit")
    PRICE = "price", _("Price")
    ADOPTION = "adoption", _("Adoption failure")
    COMPETITION = "competition", _("Competition")
    CLOSURE = "closure", _("Business closure")
    OTHER = "other", pgettext_lazy("churn reason", "Other")


class SaidBy(TextChoices):
    """Whose words an answer is."""

    CUSTOMER = "customer", _("The customer")
    MEMBER = "member", _("Our own judgement")


class ChangeKind(TextChoices):
    """What a new version of a subscription changed."""

    CREATED = "created", _("Created")
    TERMS = "terms", _("Terms changed")
    PERIOD = "period", _("Dates changed")
    VOIDED = "voided", _("Withdrawn")
    RESTORED = "restored", _("Restored")


class KeyScope(TextChoices):
    """What an API key may do."""

    READ = "read", _("Read")
    WRITE = "write", _("Read and write")
    EVENTS = "events", _("Send events")
    ADMIN = "admin", _("Delete and restore")


class ImportKind(TextChoices):
    ACCOUNTS = "accounts", _("Accounts")
    CONTACTS = "contacts", _("Contacts")
    SUBSCRIPTIONS = "subscriptions", _("Subscriptions")
    USAGE = "usage", _("Usage events")
    TICKETS = "tickets", _("Tickets")
    TOUCHPOINTS = "touchpoints", _("Touchpoints")
    SURVEYS = "surveys", _("Surveys")
    OUTCOMES = "outcomes", _("Outcomes")
    FX_RATES = "fx_rates", _("Exchange rates")
    BILLING = "billing", _("Billing totals")
    STAGES = "stages", _("Journey stages")
    TASKS = "tasks", _("Tasks")
    PLANS = "plans", _("Plans with customers")
    ISSUES = "issues", _("Issues")
    ABSENCES = "absences", _("Absences")
    OPPORTUNITIES = "opportunities", _("Opportunities")
    ADVOCATES = "advocates", _("Advocates")
    ASSETS = "assets", _("Advocacy assets")
    REFERRALS = "referrals", _("Referrals")
    RENEWALS = "renewals", _("Renewals")


class ImportState(TextChoices):
    DRAFT = "draft", _("To be checked")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    STOPPED = "stopped", _("Stopped")


class DeliveryState(TextChoices):
    """Where an event stands on its way to an endpoint."""

    WAITING = "waiting", pgettext_lazy("delivery", "Waiting")
    DELIVERED = "delivered", pgettext_lazy("delivery", "Delivered")
    GIVEN_UP = "given_up", _("Given up")


class OptOutHow(TextChoices):
    """Who said that an address wants no mail."""

    LINK = "link", _("The person, by the link of a mail")
    MEMBER = "member", _("A colleague wrote it down")
    BOUNCE = "bounce", _("The address does not exist")
