"""Why customers left (MET-10): six categories, the reasons that a company offers within them, and one answer for each end
of paid service. What a text means is decided here alone; files, API and forms all ask `classify`."""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import DateField, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Least, Now, TruncMonth
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from accounts.enums import ChangeSource, ChurnCategory, SaidBy, Status
from accounts.models import Account, ChurnAnswer, ChurnReason, ChurnRule, Member, Subscription
from cs_platform.kernel.errors import Conflict, DomainError
from cs_platform.kernel.periods import add_months, month_of


@dataclass(frozen=True)
class Reason:
    """A reason that is offered, under its category. Those that Setia brings along are said in the reader's language."""

    category: ChurnCategory
    name: str

    @property
    def label(self) -> str:
        return _(self.name)


# The sub-reasons of the reference, in its order. A company without rows of its own has these.
DEFAULT_REASONS: tuple[Reason, ...] = (
    Reason(ChurnCategory.PRODUCT_FIT, gettext_noop("Didn't meet needs")),
    Reason(ChurnCategory.PRODUCT_FIT, gettext_noop("Wrong solution")),
    Reason(ChurnCategory.PRICE, gettext_noop("Too expensive")),
    Reason(ChurnCategory.PRICE, gettext_noop("Budget cuts")),
    Reason(ChurnCategory.ADOPTION, gettext_noop("Never implemented")),
    Reason(ChurnCategory.ADOPTION, gettext_noop("Never used")),
    Reason(ChurnCategory.COMPETITION, gettext_noop("Replaced by a competitor")),
    Reason(ChurnCategory.CLOSURE, gettext_noop("Went out of business")),
    Reason(ChurnCategory.OTHER, gettext_noop("Other reason")),
)

# What words mean, read in this order: a competitor that is cheaper is competition, the attitude of a service is no fault
# of the product. Each is the beginning of a word or of several.
KEYWORDS: tuple[tuple[ChurnCategory, tuple[str, ...]], ...] = (
    (ChurnCategory.COMPETITION, ("competit", "switched", "replaced by", "rival")),
    (ChurnCategory.PRICE, ("price", "pricing", "charge", "expensive", "budget", "cost", "afford")),
    (
        ChurnCategory.ADOPTION,
        ("never used", "never implemented", "not used", "adopt", "training", "onboarding", "implementation"),
    ),
    (
        ChurnCategory.CLOSURE,
        ("out of business", "closed", "closure", "closing", "moved", "deceased", "bankrupt", "insolven", "acquired"),
    ),
    (ChurnCategory.OTHER, ("attitude", "expertise", "unknown", "don't know", "dont know", "do not know")),
    (
        ChurnCategory.PRODUCT_FIT,
        (
            "product", "feature", "service", "network", "quality", "reliab", "missing", "meet needs", "needs",
            "wrong solution", "functional",
        ),
    ),
)  # fmt: skip
_PATTERNS = tuple(
    (category, re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, words)) + ")")) for category, words in KEYWORDS
)


# Characters of an answer's texts.
LONGEST = {"reason": 200, "note": 2000, "competitor": 120}


def _plain(text: str) -> str:
    return " ".join(text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").casefold().split())


def classify(text: str, own: Iterable[Reason] = DEFAULT_REASONS) -> ChurnCategory:
    """The category of somebody's words: that of the company's own reason of this name, else what the words suggest.

    Examples: "Competitor made better offer" is competition, "Attitude of service provider" other, "Moved" closure.
    """
    said = _plain(text)
    for reason in own:
        if _plain(reason.name) == said:
            return reason.category
    return next((category for category, pattern in _PATTERNS if pattern.search(said)), ChurnCategory.OTHER)


def reasons() -> list[Reason]:
    """The reasons that the company offers, by category in the reference's order. One query."""
    order = list(ChurnCategory)
    own = [
        Reason(ChurnCategory(row.category), row.name) for row in ChurnReason.objects.order_by("position", "name", "id")
    ]
    return sorted(own or DEFAULT_REASONS, key=lambda reason: order.index(reason.category))


@transaction.atomic
def save_reason(*, reason: ChurnReason, by: Member) -> ChurnReason:
    """Write a new or changed reason. The first one that a company writes is added to the usual ones, which are then its
    own and can be changed like it."""
    if reason._state.adding and not ChurnReason.objects.exists():
        ChurnReason.objects.bulk_create(
            ChurnReason(category=usual.category, name=usual.name, position=place)
            for place, usual in enumerate(DEFAULT_REASONS, start=1)
            if (usual.category, usual.name) != (reason.category, reason.name)
        )
    reason.save()
    return reason


@dataclass(frozen=True)
class Rule:
    """What a share of the losses means (MET-09, MET-10): at `least` percent of the answered customers it is said.

    `category` with the beginnings of `words` (separated by commas, any) picks answers. Without a category the rule is
    about one segment: it must carry `least` percent of the lost customers and lose at least twice as many as the rest.
    """

    category: str
    words: str
    least: int
    advice: str

    @property
    def label(self) -> str:
        return _(self.advice)


# The reference's own: 40% from adoption, 30% to a cheaper competitor, a segment that loses 30% beside one that loses 5%.
DEFAULT_RULES: tuple[Rule, ...] = (
    Rule(ChurnCategory.ADOPTION, "", 40, gettext_noop("Fix onboarding: customers leave before they use what they bought.")),
    Rule(
        ChurnCategory.COMPETITION, "cheaper, price, pricing, offer", 30,
        gettext_noop("Pricing or value communication: customers leave for somebody cheaper."),
    ),
    Rule("", "", 50, gettext_noop("You have no churn problem, you have a %(segment)s problem.")),
)  # fmt: skip


def rules() -> list[Rule]:
    """The company's own rules, else those that Setia brings along. One query."""
    own = [
        Rule(row.category, row.words, row.least, row.advice)
        for row in ChurnRule.objects.order_by("position", "advice", "id")
    ]
    return own or list(DEFAULT_RULES)


@transaction.atomic
def save_rule(*, rule: ChurnRule, by: Member) -> ChurnRule:
    """Write a new or changed rule; as with reasons the first one is added to the usual ones."""
    if rule._state.adding and not ChurnRule.objects.exists():
        ChurnRule.objects.bulk_create(
            ChurnRule(category=u.category, words=u.words, least=u.least, advice=u.advice, position=place)
            for place, u in enumerate(DEFAULT_RULES, start=1)
            if u.advice != rule.advice
        )
    rule.save()
    return rule


def _ends(dunning_days: int) -> Any:
    """The last first day without service of each account, in rows of account and `last`. A period that was not paid ends
    with the dunning days (METRICS 4)."""
    end = Least("end_on", F("past_due_on") + Value(dunning_days))
    paid = Subscription.objects.filter(voided=False, mrr_minor__gt=0).order_by().values("account")
    return paid.annotate(last=Max(end, output_field=DateField()))


def last_end(account: Account, dunning_days: int) -> dt.date | None:
    """The first day without service of an account that has left; None where no paid period says it."""
    return next((row["last"] for row in _ends(dunning_days).filter(account=account)), None)


def answer_about(account: Account, ended_on: dt.date | None) -> ChurnAnswer | None:
    """The answer that counts for this end: one about an end in its month, the latest first, else that about no day."""
    found = ChurnAnswer.objects.filter(account=account).select_related("recorded_by")
    about = Q(ended_on=None)
    if ended_on:
        about |= Q(ended_on__gte=month_of(ended_on), ended_on__lt=add_months(month_of(ended_on), 1))
    return found.filter(about).order_by(F("ended_on").desc(nulls_last=True)).first()


def unasked(accounts: QuerySet[Account], dunning_days: int) -> QuerySet[Any]:
    """Those of the accounts that pay no more and about whose end nobody has said why; with `ended_on`, the first day
    without service."""
    ends = _ends(dunning_days).filter(account=OuterRef("id"))
    about = Q(ended_on=None) | Q(ended_on__gte=OuterRef("ended_month"))
    answers = ChurnAnswer.objects.filter(about, account=OuterRef("id"))
    left = accounts.filter(status=Status.CHURNED, merged_into=None)
    left = left.annotate(ended_on=Subquery(ends.values("last")), ended_month=TruncMonth("ended_on"))
    return left.filter(~Exists(answers))


@transaction.atomic
def record_answer(
    *,
    account: Account,
    category: str,
    by: Member,
    ended_on: dt.date | None = None,
    reason: str = "",
    note: str = "",
    competitor: str = "",
    said_by: str = SaidBy.CUSTOMER,
    version: int | None = None,
) -> ChurnAnswer:
    """Write why the customer left when its service ended on `ended_on` (None: its last end), replacing an earlier answer.

    Saying the same again changes nothing. Conflict when `version` is not the one that stands (0: none stood);
    DomainError names the field. The caller has made sure that `by` sees the account and may write.
    """
    told = {
        "category": category,
        "reason": " ".join(reason.split()),
        "note": note.replace("\r\n", "\n").strip(),
        "competitor": " ".join(competitor.split()),
        "said_by": said_by,
    }
    _check(told)
    # Two people who answer at once wait here for each other.
    Account.objects.select_for_update(no_key=True).only("id").get(id=account.id)
    found = ChurnAnswer.objects.filter(account=account, ended_on=ended_on).first()
    if version is not None and version != (found.version if found else 0):
        raise Conflict(_("Somebody else changed this answer in the meantime. Reload and look again."))
    origin: dict[str, Any] = {"source": ChangeSource.MEMBER, "source_ref": by.id, "recorded_by": by}
    if found is None:
        return ChurnAnswer.objects.create(account=account, ended_on=ended_on, **told, **origin)
    if all(getattr(found, name) == value for name, value in told.items()) and found.source == ChangeSource.MEMBER:
        return found
    ChurnAnswer.objects.filter(id=found.id).update(**told, **origin, version=F("version") + 1, updated_at=Now())
    found.refresh_from_db()
    return found


def _check(told: dict[str, str]) -> None:
    problems: dict[str, str] = {}
    if told["category"] not in ChurnCategory.values:
        problems["category"] = _("Choose one of the categories.")
    if told["said_by"] not in SaidBy.values:
        problems["said_by"] = _("Say whose words this is.")
    for name, limit in LONGEST.items():
        if len(told[name]) > limit:
            problems[name] = _("At most %(limit)s characters fit here.") % {"limit": limit}
        elif "\0" in told[name]:
            problems[name] = _("This holds characters that cannot be stored.")
    if problems:
        raise DomainError(next(iter(problems.values())), fields=problems)


def english(category: str) -> str:
    """The category as reports name it, in any language: the reference's own word."""
    with override(None):  # the words of the source, whatever a catalogue makes of them
        return str(ChurnCategory(category).label)
