"""What it costs to win a customer, and what one brings (MET-05, MET-06, ADV-07).

Customers won are those that first paid within the twelve months that end with the question's last month; costs are
`Account.cac_minor` as it stands now, in the reporting currency. Who has no known cost is left out of the mean and
counted (`known` of `won`), never taken for free. Payback is told twice and each says which it is (METRICS 5.7): `simple`
leaves the margin out, as the reference of 12 to 18 months does; the other one earns the cost back from gross margin.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from uuid import UUID

from django.db.models import Sum

from accounts.models import Member, Segment
from cs_platform.kernel import sqljobs
from cs_platform.kernel.periods import add_months
from metrics import formulas
from metrics.enums import Dimension, Window
from metrics.figures import jobs, questions
from metrics.figures.lineage import visible_to
from metrics.formulas import Sums, ratio
from metrics.models import WonMonth

WON_MONTHS = 12
REFERRED, OTHER = "referred", "other"
CUTS = ("all", "segment", "source", "industry", "region", "tier", "owner", REFERRED)


@dataclass(frozen=True)
class Acquired:
    """Customers won: how many, of how many the cost is `known`, and the sum of these costs in minor units; how many still
    pay, and what all of them pay now and paid at first (MRR)."""

    won: int = 0
    known: int = 0
    cost: int = 0
    paying: int = 0
    mrr: int = 0
    first_mrr: int = 0

    @property
    def cac(self) -> Decimal | None:
        """Mean cost of a customer, of those whose cost is known. Example: 100 customers for 5M give 50,000."""
        return ratio(self.cost, self.known)

    def __add__(self, other: "Acquired") -> "Acquired":
        names = self.__dataclass_fields__
        return Acquired(**{name: getattr(self, name) + getattr(other, name) for name in names})


@dataclass(frozen=True)
class Economics:
    """What customers cost and bring: those won in the window, the trailing year of all of them, the gross margin."""

    acquired: Acquired = field(default_factory=Acquired)
    year: Sums = field(default_factory=Sums)
    margin: Decimal = Decimal(1)

    @property
    def cac(self) -> Decimal | None:
        return self.acquired.cac

    @property
    def arpa(self) -> Decimal | None:
        """ARR per customer in minor units."""
        return formulas.average_annual(self.year.closing, self.year.closing_customers)

    @property
    def ltv(self) -> Decimal | None:
        """Lifetime value with margin, the one of the board (MET-05)."""
        return questions.year_figures(self.year, self.margin)["ltv"]

    @property
    def ltv_simple(self) -> Decimal | None:
        return questions.year_figures(self.year, self.margin)["ltv_simple"]

    @property
    def ltv_cac(self) -> Decimal | None:
        """LTV ÷ CAC (MET-06); None without losses or without a known cost, never infinite."""
        ltv, cac = self.ltv, self.cac
        return None if ltv is None or not cac else ltv / cac

    @property
    def payback_simple(self) -> Decimal | None:
        """Months, margin left out: what the reference of 12 to 18 months is about."""
        return formulas.payback_months(self.cac, self.arpa)

    @property
    def payback(self) -> Decimal | None:
        """Months, earned back from gross margin."""
        return formulas.payback_months(self.cac, self.arpa, self.margin)


def _first(question: questions.Question) -> dt.date:
    """The first month of the window in which customers count as won."""
    return add_months(question.last, 1 - WON_MONTHS)


def acquired_by_month(
    question: questions.Question, cut: str = "all", *, months: int = WON_MONTHS
) -> dict[str, dict[dt.date, Acquired]]:
    """Customers won by value of `cut` (one of CUTS) and month, over `months` months up to the question's last one; one
    query. Attributes are those of today; CSMs by their names."""
    if cut not in CUTS:
        raise ValueError(cut)
    params = question.params() | {"from_month": add_months(question.last, 1 - months), "cut": cut}
    found: dict[str, dict[dt.date, Acquired]] = {}
    for row in sqljobs.rows(jobs.SQL / "acquisition.sql", params, tables=question.tables):
        sums = {name: int(row[name]) for name in Acquired.__dataclass_fields__}
        found.setdefault(row["value"], {})[row["month"]] = Acquired(**sums)
    return found


def together(months: Mapping[dt.date, Acquired], last: dt.date, count: int = WON_MONTHS) -> Acquired:
    """Everybody won in the `count` months that end with `last`."""
    first = add_months(last, 1 - count)
    return sum((one for month, one in months.items() if first <= month <= last), Acquired())


def acquired(question: questions.Question, cut: str = "all") -> dict[str, Acquired]:
    """Customers won in the window by value of `cut`; "" of the cut "all" is everybody."""
    found = {value: together(months, question.last) for value, months in acquired_by_month(question, cut).items()}
    return found if cut != "all" else {"": found.get("", Acquired())}


def costs(question: questions.Question) -> Acquired:
    """How many were won in the window and what they cost, over everybody or the question's one segment, without what they
    pay: read from the night's sums, so that it takes as long for a million accounts as for ten. One query."""
    if question.tables["account_month"] != jobs.STORED["account_month"]:
        return acquired(question)[""]
    rows = WonMonth.objects.filter(month__range=(_first(question), question.last))
    if question.segment:
        rows = rows.filter(segment_id__in=Segment.objects.filter(name=question.segment).values("id"))
    found = rows.aggregate(won=Sum("won", default=0), known=Sum("known", default=0), cost=Sum("cost", default=0))
    return Acquired(**{name: int(value) for name, value in found.items()})


def figures(question: questions.Question) -> Economics:
    """Cost, payback and LTV to CAC of the question's last month, over everybody or its one segment. Two queries."""
    year = sums_of(question).get(question.last, Sums())
    return Economics(acquired(question)[""], year, question.margin_of(question.last))


def sums_of(question: questions.Question) -> dict[dt.date, Sums]:
    """The trailing year that ends with the question's last month."""
    rows = questions.retention_rows(replace(question, first=question.last), Window.YEAR)
    return {row["month"]: questions.sums_of(row) for row in rows}


def figures_by(question: questions.Question, dimension: Dimension) -> dict[str, Economics]:
    """The same for each value of segment or source: won by the attribute of today, the year by that of its base date.
    Two queries."""
    won = acquired(question, str(dimension))
    asked = replace(question, first=question.last, segment="")
    year = {row["value"]: questions.sums_of(row) for row in questions.retention_rows(asked, Window.YEAR, dimension)}
    margin = question.margin_of(question.last)
    return {
        value: Economics(won.get(value, Acquired()), year.get(value, Sums()), margin)
        for value in sorted(won.keys() | {value for value, sums in year.items() if sums.closing_customers})
    }


@dataclass(frozen=True)
class Referrals:
    """Referred customers beside all others (ADV-07)."""

    referred: Acquired
    other: Acquired

    @property
    def cheaper(self) -> Decimal | None:
        """How much less a referred customer costs, as a fraction. Example: 20,000 against 50,000 gives 0.6."""
        referred, other = self.referred.cac, self.other.cac
        return None if referred is None or not other else 1 - referred / other

    @property
    def share(self) -> Decimal | None:
        """Referred ÷ all customers won."""
        return ratio(self.referred.won, self.referred.won + self.other.won)

    @property
    def share_of_money(self) -> Decimal | None:
        """The same by first MRR, at this month's rates."""
        return ratio(self.referred.first_mrr, self.referred.first_mrr + self.other.first_mrr)


def referrals(question: questions.Question) -> Referrals:
    """Referred is who came by a referral or names who referred it."""
    found = acquired(question, REFERRED)
    return Referrals(found.get(REFERRED, Acquired()), found.get(OTHER, Acquired()))


@dataclass(frozen=True)
class WonLine:
    """A customer won in the window; `cost` is None when nobody said it."""

    account_id: UUID
    name: str
    external_id: str
    segment: str
    source: str
    first_month: dt.date
    cost: int | None
    mrr: int
    first_mrr: int

    @property
    def payback_simple(self) -> Decimal | None:
        """Months of what it pays now; None when it pays nothing or its cost is unknown."""
        return formulas.payback_months(None if self.cost is None else Decimal(self.cost), Decimal(12 * self.mrr))


@dataclass(frozen=True)
class WonBehind:
    """The lines that the reader may open, and how many there are in all and hidden, with the hidden ones' costs."""

    lines: list[WonLine]
    won: int
    hidden: int
    hidden_cost: int


def won_behind(
    question: questions.Question, member: Member, *, cut: str = "all", value: str = "", limit: int | None = 50
) -> WonBehind:
    """The customers behind a line of the table: of a segment, a source, referred or not, or (cut "unknown") those whose
    cost nobody said."""
    params = question.params() | {"from_month": _first(question), "cut": cut, "value": value, "limit": limit}
    tables = {**question.tables, "visible": visible_to(member)}
    rows = sqljobs.rows(jobs.SQL / "acquisition_accounts.sql", params, tables=tables)
    if not rows:
        return WonBehind([], 0, 0, 0)
    names = WonLine.__dataclass_fields__
    lines = [WonLine(**{name: row[name] for name in names}) for row in rows if row["visible"]]
    return WonBehind(lines, rows[0]["won"], rows[0]["hidden"], int(rows[0]["hidden_cost"]))
