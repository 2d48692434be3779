"""The laws of lineage (DSH-04, MET-23): whatever the book, the sum of each level is the level above it, to the cent: figure,
term, accounts, ledger lines, versions of paid periods, rows as sent. And each row leads back up to the figures it moved.

Random books: several currencies, gaps, overlaps and returns, discounts, debts and trials, corrections between nights,
withdrawn periods, late rates, accounts that become one and trees that are one customer.
"""

import csv
import datetime as dt
import gzip
import hashlib
import io
import os
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.enums import ChangeSource, LogoLevel
from accounts.kinds import KINDS
from accounts.mergers import merge_account
from accounts.merging import Origin, void_subscription
from accounts.models import Account, Import, ImportChunk, Member, Subscription, SubscriptionChange, Tenant
from accounts.rows import parse
from cs_platform.kernel.errors import DomainError
from cs_platform.pipeline import REVENUE
from metrics import formulas
from metrics.enums import Dimension, MovementKind, Window
from metrics.figures import cutting, lineage, origins, selectors
from metrics.figures.asked import Asked
from metrics.figures.questions import Question
from metrics.formulas import Sums
from metrics.models import MrrMovement
from metrics.proof.moved import moved_by
from tests.books import ORIGIN

AS_OF = dt.date(2025, 12, 31)
# A second or two each where nothing else runs.
EXAMPLES = int(os.environ.get("SETIA_LAW_EXAMPLES", "8"))
NAMES = "ABCDEF"
# Opening to closing: with these signs the terms add up to nothing.
MOVED = ("opening", "fx", "expansion", "contraction", "churn", "reactivation", "new")

periods = st.lists(
    st.fixed_dictionaries(
        {
            "account": st.sampled_from(NAMES),
            "start": st.dates(dt.date(2023, 11, 1), dt.date(2025, 12, 20)),
            "days": st.sampled_from([None, None, 20, 31, 90, 181, 365, 366]),
            "minor": st.integers(1, 500_000),
            "currency": st.sampled_from(["USD", "USD", "EUR", "JPY"]),
            "interval": st.sampled_from([1, 3, 12]),
            "more": st.sampled_from(["", "", "", "discount", "past_due", "trial"]),
        }
    ),
    min_size=3,
    max_size=10,
)
correction = st.tuples(
    st.sampled_from(["amount", "end", "void", "rate", "segment", "owner", "merge", "start", "currency"]),
    st.integers(0, 99),
    st.integers(1, 400),
)
nights = st.lists(st.lists(correction, min_size=1, max_size=4), min_size=1, max_size=2)


@dataclass
class RandomBook:
    """A book that is written by files, people and programs, and the moments after its nights."""

    tenant: Tenant
    member: Member
    rows: list[dict[str, str]] = field(default_factory=list)
    moments: list[dt.datetime] = field(default_factory=list)

    def send(self, kind: str, rows: list[dict[str, str]], *, by_file: bool = False) -> None:
        """Through the door of all writes; a file is kept as it was sent."""
        origin = ORIGIN
        if by_file:
            header = list(rows[0])
            out = io.StringIO()
            writer = csv.DictWriter(out, header)
            writer.writeheader()
            writer.writerows(rows)
            data = out.getvalue().encode()
            run = Import.objects.create(
                kind=kind, filename="book.csv", sha256=hashlib.sha256(data).hexdigest(), columns=header,
                mapping={name: name for name in header}, read=len(rows), state="done",
            )  # fmt: skip
            ImportChunk.objects.create(run=run, position=0, first_row=1, rows=len(rows), content=gzip.compress(data))
            origin = Origin(ChangeSource.IMPORT, ref=run.id, actor="Ops Person")
        parsed: Any = [parse(kind, number, row) for number, row in enumerate(rows, start=1)]
        KINDS[kind].merge(parsed, origin)

    def night(self) -> None:
        for _name, step in REVENUE:
            step(AS_OF)
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            self.moments.append(cursor.fetchone()[0])

    def begin(self, found: list[dict[str, Any]], *, owner: str = "csm@acme.example") -> None:
        rates = [
            ("2023-11", "EUR", "1.1"),
            ("2024-09", "EUR", "0.93"),
            ("2025-06", "EUR", "1.1734"),
            ("2023-11", "JPY", "0.0071"),
        ]
        self.send("fx_rates", [{"month": m, "base": b, "quote": "USD", "rate": r} for m, b, r in rates])
        self.send(
            "accounts",
            [
                {
                    "account": name,
                    "name": f"Account {name}",
                    "segment": ["Enterprise", "SMB", ""][number % 3],
                    "industry": ["Software", "", "Retail"][number % 3],
                    "source": "referral" if number % 2 else "",
                    "owner_email": owner if number % 2 else "",
                    "parent": "A" if name in "CD" else "",
                }
                for number, name in enumerate(NAMES)
            ],
        )
        self.rows = [self._row(number, values) for number, values in enumerate(found)]
        self.send("subscriptions", self.rows, by_file=True)

    def _row(self, number: int, values: dict[str, Any]) -> dict[str, str]:
        places = 0 if values["currency"] == "JPY" else 2
        minor, start = values["minor"], values["start"]
        more = values["more"]
        return {
            "account": values["account"],
            "subscription_id": f"S-{number}",
            "start_date": start.isoformat(),
            "end_date": (start + dt.timedelta(days=values["days"])).isoformat() if values["days"] else "",
            "interval_months": str(values["interval"]),
            "amount": str(Decimal(minor).scaleb(-places)),
            "discount": str(Decimal(minor // 3).scaleb(-places)) if more == "discount" else "",
            "past_due_on": (start + dt.timedelta(days=70)).isoformat() if more == "past_due" else "",
            "charge": "trial" if more == "trial" else "recurring",
            "currency": values["currency"],
        }

    def correct(self, what: str, which: int, size: int) -> None:
        """Something that was otherwise than it was said."""
        name = NAMES[which % len(NAMES)]
        row = self.rows[which % len(self.rows)]
        if what == "rate":
            month = f"2025-{which % 12 + 1:02d}"
            self.send("fx_rates", [{"month": month, "base": "EUR", "quote": "USD", "rate": str(Decimal(size) / 200)}])
        elif what == "segment":
            self.send(
                "accounts", [{"account": name, "name": f"Account {name}", "segment": ["SMB", "Enterprise"][size % 2]}]
            )
        elif what == "owner":
            owner = ["csm@acme.example", "leader@acme.example", ""][size % 3]
            self.send("accounts", [{"account": name, "name": f"Account {name}", "owner_email": owner}])
        elif what == "merge":
            self._merge(name, NAMES[size % len(NAMES)])
        elif what == "void":
            period = Subscription.objects.filter(external_id=row["subscription_id"]).first()
            if period is not None:
                by = Origin(ChangeSource.MEMBER, ref=self.member.id, actor=self.member.name)
                void_subscription(subscription=period, origin=by, restore=period.voided)
        else:
            start = dt.date.fromisoformat(row["start_date"])
            if what == "amount":
                row["amount"] = str(size)
                row["discount"] = ""
            elif what == "end":
                row["end_date"] = (start + dt.timedelta(days=size)).isoformat()
            elif what == "currency":
                row["currency"], row["amount"], row["discount"] = "EUR", str(size), ""
            elif what == "start" and not row["end_date"] and not row["past_due_on"]:
                row["start_date"] = (start - dt.timedelta(days=size)).isoformat()
            self.send("subscriptions", [row], by_file=size % 2 == 0)

    def _merge(self, lost: str, kept: str) -> None:
        """Two accounts turn out to be one customer; what cannot be (a circle, twice) is refused."""
        gone, into = (Account.objects.get(external_id=name) for name in (lost, kept))
        with suppress(DomainError):
            merge_account(account=gone, into=into, by=self.member)


def signed_terms(sums: Sums) -> dict[str, int]:
    return {part: lineage.part_sum(sums, part) for part in lineage.PARTS}


def check_cut(
    question: Question, asked: Asked, sums: Sums, readers: list[Member], cut: tuple[Dimension, str] | None
) -> dict[str, list[lineage.AccountLine]]:
    """Figure, terms and accounts of everybody or one value; what a reader may not open adds up as hidden."""
    assert sums.kept + sums.new + sums.reactivation == sums.closing
    lines: dict[str, list[lineage.AccountLine]] = {}
    whole, book = readers
    for part in lineage.PARTS:
        behind = lineage.accounts_behind(question, asked, part, whole, cut=cut, limit=None)
        assert behind.hidden == behind.hidden_total == 0
        assert behind.total == lineage.part_sum(sums, part) == sum(line.amount for line in behind.lines), (part, cut)
        assert lineage.part_customers(sums, part) in {None, behind.accounts}, (part, cut)
        lines[part] = behind.lines
        if behind.lines:
            own = lineage.accounts_behind(question, asked, part, book, cut=cut, limit=None)
            mine = {line.account_id: line.amount for line in own.lines}
            assert (own.total, own.accounts) == (behind.total, behind.accounts), (part, cut)
            assert own.hidden_total + sum(mine.values()) == own.total
            assert own.hidden + len(mine) == own.accounts
            visible = set(Account.objects.visible_to(book).values_list("id", flat=True))
            assert mine == {line.account_id: line.amount for line in behind.lines if line.account_id in visible}
    base = lineage.accounts_behind(question, asked, lineage.BASE, whole, cut=cut, limit=None).lines
    was = sum(line.was for line in base)
    assert was == sums.base
    nrr, grr = formulas.nrr(sums), formulas.grr(sums)
    assert nrr == (None if not was else Decimal(sum(line.now for line in base)) / was)
    assert grr == (None if not was else Decimal(sum(min(line.now, line.was) for line in base)) / was)
    return lines


def check_down(question: Question, asked: Asked, lines: dict[str, list[lineage.AccountLine]], seen: set[UUID]) -> int:
    """Accounts, ledger lines, versions and rows. Each line is followed once; how many were."""
    followed = 0
    for part, accounts in lines.items():
        for line in accounts:
            moved = lineage.movements_behind(question, asked, part, line)
            assert moved.agrees, (part, line, moved)
            if part not in {"opening", "closing", "fx"}:
                assert moved.total - moved.currency == line.amount
            if asked.window == Window.MONTH and part not in {"opening", "closing"}:
                # Of one month the lines bear the kind of the term.
                assert sum(entry.amount for entry in moved.lines if entry.kind == part) == line.amount, (part, line)
            for entry in moved.lines:
                if entry.id in seen:
                    continue
                seen.add(entry.id)
                followed += 1
                change = origins.change_behind(entry, question)
                assert change.amount == entry.amount, (entry, change)
                source = origins.source_of(change.change)
                if change.change.source == ChangeSource.IMPORT:
                    cells = dict(source.cells)
                    assert cells["subscription_id"] == change.external_id == entry.external_id
                    assert source.said == change.change.mrr_minor
                else:
                    assert source.run is None
                    assert change.change.actor
    return followed


def check_moment(book: RandomBook, month: dt.date, known: dt.datetime | None, readers: list[Member]) -> int:
    """Every window and cut of a month as known now or at a moment; the number of ledger lines that were followed."""
    followed = 0
    seen: set[UUID] = set()
    for window in Window:
        if window == Window.QUARTER and month.month % 3:
            continue
        asked = Asked(month=month, window=window, known=known)
        asking = selectors.question_of(asked, book.tenant, known_at=known)
        question = asking
        total: dict[str, int] = {}
        for dimension in Dimension:
            if window == Window.QUARTER:
                cut = cutting.Slice(cut=cutting.Cut(dimension))
                question = cutting.ledger(asking, cut, (month, month), window, known=known is not None)
            if dimension == Dimension.ALL:
                sums = selectors.sums_of_month(question, window, month)
                total = signed_terms(sums)
                assert sum(total[part] for part in MOVED) == total["closing"]
                lines = check_cut(question, asked, sums, readers, None)
                followed += check_down(question, asked, lines, seen)
                continue
            added = dict.fromkeys(total, 0)
            for value, by_month in selectors.sums_by_value(question, window, dimension).items():
                check_cut(question, asked, by_month.get(month, Sums()), readers, (dimension, value))
                added = {
                    part: added[part] + amount for part, amount in signed_terms(by_month.get(month, Sums())).items()
                }
            assert added == total, (dimension, window)
    return followed


def check_up(book: RandomBook, reader: Member) -> int:
    """Each line that stands leads from its row over version and account to the term of its month, and all versions
    together moved the whole ledger; lines followed."""
    standing: dict[tuple[UUID, dt.date, str], int] = defaultdict(int)
    for account, month, kind, amount in MrrMovement.objects.values_list("account_id", "month", "kind", "amount_minor"):
        standing[(account, month, kind)] += amount
    standing = {key: amount for key, amount in standing.items() if amount}
    terms: dict[tuple[UUID, dt.date, str], int] = {}
    for month in {month for _account, month, _kind in standing}:
        asked = Asked(month=month, window=Window.MONTH)
        question = selectors.question_of(asked, book.tenant)
        for kind in MovementKind.values:
            for line in lineage.accounts_behind(question, asked, kind, reader, limit=None).lines:
                terms[(line.account_id, month, kind)] = line.amount
    assert {key: amount for key, amount in terms.items() if amount} == standing
    ledger: dict[tuple[dt.date, str], int] = defaultdict(int)
    for (_account, month, kind), amount in standing.items():
        ledger[(month, kind)] += amount
    versions = set(SubscriptionChange.objects.values_list("id", flat=True))
    by_version: dict[tuple[dt.date, str], int] = defaultdict(int)
    for period in Subscription.objects.all():
        for each in moved_by(period):
            assert each.change_id in versions
            by_version[(each.month, each.kind)] += each.amount
    assert {key: n for key, n in by_version.items() if n} == {key: n for key, n in ledger.items() if n}
    return len(standing)


def reader(world: Any, role: str) -> Member:
    member = Member.objects.select_related("role").get(id=world.members[role].id)
    member.tenant = Tenant.objects.get(id=world.tenant.id)
    return member


SMALL: list[dict[str, Any]] = [
    {
        "account": account,
        "start": start,
        "days": days,
        "minor": minor,
        "currency": currency,
        "interval": 1,
        "more": more,
    }
    for account, start, days, minor, currency, more in (
        ("A", dt.date(2024, 1, 10), None, 50_000, "USD", ""),
        ("B", dt.date(2024, 3, 1), 365, 12_345, "EUR", "discount"),
        ("B", dt.date(2025, 6, 20), None, 99_999, "JPY", ""),
        ("C", dt.date(2024, 11, 30), None, 7_001, "USD", "past_due"),
        ("D", dt.date(2025, 12, 5), None, 333, "EUR", ""),
        ("F", dt.date(2024, 2, 1), 400, 10_000, "USD", "trial"),
    )
]


@pytest.fixture
def beside(rival):
    """A book of another company with the same ids, so that each law could count its rows."""
    with rival.open():
        book = RandomBook(rival.tenant, reader(rival, "executive"))
        book.begin([row | {"minor": row["minor"] * 3} for row in SMALL], owner="csm@rival.example")
        book.night()


@pytest.mark.django_db
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    found=periods,
    nights=nights,
    parents=st.booleans(),
    month=st.sampled_from([dt.date(2025, m, 1) for m in (1, 3, 6, 11, 12)]),
    then=st.integers(0, 2),
)
def test_every_level_is_the_sum_of_the_next(world, beside, found, nights, parents, month, then):
    """DSH-04, MET-23, DAT-03: each term, window and cut of a month, as known now and at an earlier moment."""
    with world.open(), transaction.atomic():
        if parents:
            Tenant.objects.filter(id=world.tenant.id).update(logo_level=LogoLevel.PARENT)
        readers = [reader(world, "executive"), reader(world, "csm")]
        book = RandomBook(readers[0].tenant, readers[0])
        book.begin(found)
        book.night()
        for corrections in nights:
            for each in corrections:
                book.correct(*each)
            book.night()
        check_moment(book, month, None, readers)
        check_moment(book, month, book.moments[then % (len(book.moments) - 1)], readers)
        check_up(book, readers[0])
        transaction.set_rollback(True)


def test_the_laws_find_what_they_look_for(world, beside):
    """Over a book known to hold something every check follows lines; one wrong line, and it says so."""
    with world.open():
        readers = [reader(world, "executive"), reader(world, "csm")]
        book = RandomBook(readers[0].tenant, readers[0])
        book.begin(SMALL)
        book.night()
        book.correct("amount", 0, 77)
        book.correct("merge", 2, 0)
        book.night()
        december = dt.date(2025, 12, 1)
        assert check_moment(book, december, None, readers) >= 8
        assert check_moment(book, december, book.moments[0], readers) >= 8
        assert check_up(book, readers[0]) >= 8
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO metrics_mrrmovement (id, tenant_id, account_id, subscription_id, change_id, month, kind, "
                "amount_minor, effective_on) SELECT uuidv7(), tenant_id, account_id, subscription_id, change_id, month, "
                "kind, 1, effective_on FROM metrics_mrrmovement WHERE kind = 'new' LIMIT 1"
            )
        with pytest.raises(AssertionError):
            check_moment(book, december, None, readers)
        with pytest.raises(AssertionError):
            check_up(book, readers[0])
