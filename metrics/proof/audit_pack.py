"""The audit pack: one workbook with a figure and everything behind it, down to the rows that it came from (DSH-04)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.enums import ChangeSource
from accounts.models import Import, Member, SubscriptionChange
from cs_platform.kernel import sheets, sqljobs
from cs_platform.kernel.money import from_minor
from cs_platform.kernel.periods import month_end, month_text
from metrics import formulas
from metrics.figures import jobs, lineage, origins, questions
from metrics.figures.asked import Asked
from metrics.figures.currencies import POSTED_LINES
from metrics.formulas import Sums
from metrics.models import MonthClose
from metrics.proof import closing_cells, restated, restated_cells
from metrics.showing import board_cells

ROWS_OF_FILES = 2_000  # source rows that are looked up in the files; the changes name file and row of all of them
Rows = Iterable[Sequence[Any]]


def workbook(
    metric: str,
    asked: Asked,
    question: questions.Question,
    sums: Sums,
    value: str,
    member: Member,
    definition: dict[str, Any],
    close: MonthClose | None,
    found: restated.Restated | None,
) -> bytes:
    """The workbook: figure, bridge, accounts, movements, changes, source rows, definition, close. Rows are written as they
    are read; only accounts that the reader may open are named, the others stand as one line, so that sums agree."""
    behind = lineage.accounts_behind(question, asked, lineage.BASE_AND_NEW, member, limit=None)
    ids = [line.account_id for line in behind.lines]
    changes = list(_changes(ids, question))
    found_in: tuple[tuple[str, Callable[[], Rows]], ...] = (
        (_("Figure"), lambda: _figure(metric, asked, question, sums, value, member)),
        (_("Bridge"), lambda: _bridge(sums, question.currency)),
        (_("Accounts"), lambda: _accounts(behind, question.currency)),
        (_("Movements"), lambda: _movements(ids, asked, question)),
        (_("Changes"), lambda: _change_rows(changes)),
        (_("Source rows"), lambda: _source_rows(changes)),
        (_("Definition"), lambda: _definition(definition)),
        (_("Close"), lambda: _close(close, found, question.currency)),
    )
    return sheets.workbook((name, rows()) for name, rows in found_in)


def _figure(
    metric: str, asked: Asked, question: questions.Question, sums: Sums, value: str, member: Member
) -> Iterator[Sequence[Any]]:
    figures = questions.year_figures(sums, question.margin)
    yield _("Metric"), restated_cells.term(metric)
    yield _("Value"), value
    yield _("Month"), month_text(asked.month)
    yield _("Window in months"), int(asked.window)
    yield _("Segment"), asked.segment or _("all")
    yield _("Basis"), str(question.basis.label)
    yield _("Known at"), question.known_at
    yield _("Currency"), question.currency
    yield _("Gross margin"), question.margin
    yield _("Made for"), member.name
    for name in ("nrr", "grr", "logo_churn"):
        yield name, formulas.ratio8(figures[name])


def _bridge(sums: Sums, currency: str) -> Iterator[Sequence[Any]]:
    yield _("Term"), _("Amount"), _("Customers")
    for part in lineage.PARTS:
        yield (
            restated_cells.part_label(part),
            from_minor(lineage.part_sum(sums, part), currency),
            lineage.part_customers(sums, part),
        )


def _accounts(behind: lineage.AccountsBehind, currency: str) -> Iterator[Sequence[Any]]:
    yield "account", "name", "opening_mrr", "opening_mrr_at_rate_now", "mrr", "movement", "amount", "currency"
    for line in behind.lines:
        money = [from_minor(amount, currency) for amount in (line.opening, line.was, line.now)]
        yield line.external_id, line.name, *money, line.kind, from_minor(line.amount, currency), currency
    if behind.hidden:
        hidden = from_minor(behind.hidden_total, currency)
        yield "", board_cells.hidden_text(behind.hidden), None, None, None, "", hidden, currency


def _movements(ids: Sequence[UUID], asked: Asked, question: questions.Question) -> Iterator[Sequence[Any]]:
    yield (
        "account",
        "month",
        "movement",
        "reason",
        "subscription_id",
        "amount",
        "currency",
        "effective_on",
        "posted_at",
        "change",
    )
    params = {
        "ids": [str(each) for each in ids],
        "from_month": asked.base_month,
        "to_month": asked.month,
        "known_at": question.known_at,
    }
    for row in sqljobs.rows(jobs.SQL / "pack_movements.sql", params, tables={"posted_lines": POSTED_LINES}):
        amount = from_minor(row["amount_minor"], row["currency"])
        yield (
            row["account"], month_text(row["month"]), row["kind"], row["reason"], row["subscription"], amount,
            row["currency"], row["effective_on"], row["recorded_at"], str(row["change_id"]),
        )  # fmt: skip


def _changes(ids: Sequence[UUID], question: questions.Question) -> Iterator[SubscriptionChange]:
    """The versions of the accounts' paid periods as known then, oldest first."""
    rows = SubscriptionChange.objects.filter(account_id__in=ids, recorded_at__lte=question.known_at)
    return (
        rows.select_related("subscription", "account", "product", "plan")
        .order_by("account__external_id", "recorded_at", "id")
        .iterator(chunk_size=2000)
    )


def _change_rows(changes: Sequence[SubscriptionChange]) -> Iterator[Sequence[Any]]:
    yield (
        "change", "account", "subscription_id", "version", "start_on", "end_on", "interval_months", "amount", "discount",
        "currency", "mrr", "seats", "product", "plan", "charge", "voided", "recorded_at", "source", "file_or_request",
        "row", "actor", "reason",
    )  # fmt: skip
    for each in changes:
        money = [from_minor(amount, each.currency) for amount in (each.amount_minor, each.discount_minor)]
        yield (
            str(each.id), each.account.external_id, each.subscription.external_id, each.kind, each.start_on, each.end_on,
            each.interval_months, *money, each.currency, from_minor(each.mrr_minor, each.currency), each.seats,
            str(each.product or ""), str(each.plan or ""), each.charge, each.voided, each.recorded_at, each.source,
            str(each.source_ref or ""), each.source_row, each.actor, each.reason,
        )  # fmt: skip


def _source_rows(changes: Sequence[SubscriptionChange]) -> Iterator[Sequence[Any]]:
    """The rows of files as they were sent: file, checksum, row, then header and value by turns."""
    yield "change", "file", "sha256", "row", _("row as sent: column, value, column, value, …")
    imported = [each for each in changes if each.source == ChangeSource.IMPORT and each.source_ref and each.source_row]
    runs = Import.objects.in_bulk({each.source_ref for each in imported})
    for each in imported[:ROWS_OF_FILES]:
        run = runs.get(each.source_ref)
        if run is not None:
            cells = [text for pair in origins.cells_of(run, each.source_row or 0) for text in pair]
            yield str(each.id), run.filename, run.sha256, each.source_row, *cells
    if len(imported) > ROWS_OF_FILES:
        yield _("%(n)s further rows stand in the files named under Changes.") % {"n": len(imported) - ROWS_OF_FILES}, ""


def _definition(box: dict[str, Any]) -> Iterator[Sequence[Any]]:
    for name, key in (
        (_("Metric"), "term"),
        (_("Formula"), "formula"),
        (_("Cohort"), "cohort"),
        (_("Period"), "period"),
        (_("Currency"), "fx"),
        (_("Back inside"), "reactivation"),
        (_("Note"), "note"),
    ):
        yield name, str(box.get(key, ""))


def _close(close: MonthClose | None, found: restated.Restated | None, currency: str) -> Iterator[Sequence[Any]]:
    """The signature, what was looked at, and what was learned since."""
    if close is None:
        yield _("State"), _("open")
        return
    yield _("State"), closing_cells.state(close)
    yield _("Version"), close.version
    yield _("Signed"), close.signed_as
    yield _("Known at"), close.known_at
    yield _("Reason"), close.reason
    yield _("Note"), close.note
    for line in closing_cells.kept_lines(close):
        yield line["label"], line["done"], line["text"], line["aside"]
    if found is None:
        return
    yield ()
    yield _("Restated since"), month_end(close.month)
    parts = lineage.PARTS
    yield _("Account"), *(restated_cells.part_label(part) for part in parts), _("What changed"), _("Why")
    for effect in found.effects:
        lines = restated_cells.causes(effect)
        amounts = [from_minor(lineage.part_sum(effect.terms, part), currency) for part in parts]
        yield effect.name, *amounts, "; ".join(x["text"] for x in lines), "; ".join(str(x["why"]) for x in lines)
    for name, terms in ((_("hidden from you"), found.hidden), (restated_cells.other_text(found), found.other)):
        if terms != Sums():
            yield name, *(from_minor(lineage.part_sum(terms, part), currency) for part in parts)
    yield _("In all"), *(from_minor(lineage.part_sum(found.difference, part), currency) for part in parts)
