"""From a figure down to the ledger: term, accounts, ledger lines; `origins` leads on to the row of the file. Each level
computes its sum itself, so that it can be held against the line of the level before."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from accounts.models import Account, Member, Segment
from cs_platform.kernel import sqljobs
from cs_platform.kernel.access import Scope
from cs_platform.kernel.periods import add_months, month_end
from metrics.enums import Dimension
from metrics.figures import jobs, questions
from metrics.figures.asked import Asked
from metrics.figures.currencies import POSTED_LINES
from metrics.formulas import Sums

SHOWN = 40
ALL_SHOWN = 2000
# Terms of the roll-forward in its order, with the sign they have in it.
PARTS = ("opening", "fx", "expansion", "contraction", "churn", "reactivation", "new", "closing")
# "base" are the accounts of the start with their net change, whatever its direction: a row of the segment table.
BASE = "base"
# Everybody who is behind any term, with the net change at this month's rate: what an audit pack lists.
BASE_AND_NEW = "everybody"


def part_sum(sums: Sums, part: str) -> int:
    """Signed amount of a term. Example: churn of 100.00 is -10000, so that terms add up to the closing balance."""
    amount = {"churn": -sums.churned, "contraction": -sums.contraction}.get(part)
    return amount if amount is not None else int(getattr(sums, part))


def part_customers(sums: Sums, part: str) -> int | None:
    """Customers behind a term; None where the aggregate does not count them."""
    names = {
        "expansion": "expanded_customers",
        "contraction": "contracted_customers",
        "churn": "churned_customers",
        "reactivation": "reactivated_customers",
    }
    return getattr(sums, names.get(part, f"{part}_customers"), None)


@dataclass(frozen=True)
class AccountLine:
    """An account behind a term: what it paid then (also at this month's rate) and now, and its share of the term."""

    account_id: UUID
    name: str
    external_id: str
    opening: int
    was: int
    now: int
    first_month: dt.date
    kind: str
    amount: int

    @property
    def fx(self) -> int:
        """Revaluing what it paid then at this month's rate; no part of any ratio."""
        return self.was - self.opening


@dataclass(frozen=True)
class AccountsBehind:
    """The accounts that the reader may open, largest first; sums over all, and over those that stay hidden."""

    lines: list[AccountLine]
    total: int
    accounts: int
    hidden_total: int
    hidden: int

    @property
    def rest(self) -> int:
        """How many visible accounts are not in `lines`."""
        return self.accounts - self.hidden - len(self.lines)

    @property
    def rest_total(self) -> int:
        return self.total - self.hidden_total - sum(line.amount for line in self.lines)


def visible_to(member: Member) -> str:
    """The name of a table with the ids that the member sees."""
    if member.role.scope == Scope.ALL:
        return jobs.EVERYBODY
    sql, params = Account.objects.visible_to(member).values("id").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.visible")
        cursor.execute(f"CREATE TEMPORARY TABLE visible ON COMMIT DROP AS {sql}", params)
    return "visible"


def dimension_values(dimension: str, *names: str) -> list[str]:
    """What stands in the dated history for values as the board names them: the names, or ids of rows that bear them."""
    ids: Iterable[object] = ()
    if dimension == Dimension.SEGMENT:
        ids = Segment.objects.filter(name__in=names).values_list("id", flat=True)
    elif dimension == Dimension.OWNER:
        ids = Member.objects.filter(name__in=names).values_list("id", flat=True)
    return [*names, *(str(key) for key in ids)]


def accounts_behind(
    question: questions.Question,
    asked: Asked,
    part: str,
    member: Member,
    *,
    cut: tuple[Dimension, str] | None = None,
    account_id: UUID | None = None,
    limit: int | None = SHOWN,
) -> AccountsBehind:
    """The accounts of a term: those of the question's segment, or of another `cut` (dimension, value by its name)."""
    if cut is None and question.segment:
        cut = (Dimension.SEGMENT, question.segment)
    dimension, value = cut or (Dimension.ALL, "")
    params = {
        "month": asked.month,
        "window": int(asked.window),
        "base_month": asked.base_month,
        "base_day": month_end(asked.base_month),
        "part": part,
        "dimension": str(dimension),
        "values": dimension_values(dimension, value),
        "known_at": question.known_at,
        "account_id": account_id,
        "limit": limit,
        **jobs.band_edges(question.currency),
    }
    tables = {**question.tables, "visible": visible_to(member), "attribute_days": jobs.ATTRIBUTE_DAYS}
    rows = sqljobs.rows(jobs.SQL / "lineage_accounts.sql", params, tables=tables)
    if not rows:
        return AccountsBehind([], 0, 0, 0, 0)
    names = AccountLine.__dataclass_fields__
    head = rows[0]
    return AccountsBehind(
        lines=[AccountLine(**{name: row[name] for name in names}) for row in rows if row["visible"]],
        total=int(head["total"]),
        accounts=head["accounts"],
        hidden_total=int(head["hidden_total"]),
        hidden=head["hidden"],
    )


def account_line(
    question: questions.Question, asked: Asked, part: str, member: Member, account: Account
) -> AccountLine | None:
    """What one account adds to a term; None when it is not behind it."""
    found = accounts_behind(question, asked, part, member, account_id=account.id)
    return found.lines[0] if found.lines else None


@dataclass(frozen=True)
class LedgerLine:
    """What stands in the ledger for one subscription, month and kind, in minor units of the `currency` that it was posted
    in: of a moment before a change of the reporting currency the one of then. `lines` above 1: it was corrected."""

    id: UUID
    change_id: UUID
    month: dt.date
    kind: str
    external_id: str
    product: str | None
    amount: int
    currency: str
    lines: int
    effective_on: dt.date


@dataclass(frozen=True)
class MovementsBehind:
    """The ledger lines between two months. `expected` is what they must add up to; `currency` is the part of it that
    ratios leave out, because what was paid then is valued at this month's rate."""

    lines: list[LedgerLine]
    first: dt.date
    last: dt.date
    expected: int
    currency: int

    @property
    def total(self) -> int:
        return sum(line.amount for line in self.lines)

    @property
    def agrees(self) -> bool:
        return self.total == self.expected


def movements_behind(question: questions.Question, asked: Asked, part: str, line: AccountLine) -> MovementsBehind:
    """The ledger lines behind an account's share of a term.

    Opening and closing are everything since the first line; the other terms the lines of the window, which add up to
    what the account pays now less what it paid then: its net change and the revaluation, for each base account and for
    those that joined or came back inside.
    """
    first = dt.date(1, 1, 1) if part in {"opening", "closing"} else add_months(asked.base_month, 1)
    last = asked.base_month if part == "opening" else asked.month
    expected = {"opening": line.opening, "closing": line.now}.get(part, line.now - line.opening)
    return MovementsBehind(
        lines=ledger_lines(line.account_id, first, last, question.known_at),
        first=first,
        last=last,
        expected=expected,
        currency=0 if part in {"opening", "closing"} else line.fx,
    )


def ledger_lines(account_id: UUID, first: dt.date, last: dt.date, known_at: dt.datetime) -> list[LedgerLine]:
    """The standing ledger lines of an account, by month."""
    params = {"account_id": account_id, "from_month": first, "to_month": last, "known_at": known_at}
    tables = {"posted_lines": POSTED_LINES}
    return [LedgerLine(**row) for row in sqljobs.rows(jobs.SQL / "lineage_movements.sql", params, tables=tables)]
