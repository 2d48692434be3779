"""Month close (MET-23, RELIABILITY 6): what Finance signed stays, whatever comes late; each later version says why."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import Import
from cs_platform.kernel.errors import Conflict, DomainError
from cs_platform.kernel.models import Finding
from metrics.board import document
from metrics.board import pdf as board_pdf
from metrics.enums import Window
from metrics.figures import selectors
from metrics.figures.asked import Asked
from metrics.models import ClosedSums, MonthClose, Reconciliation, RetentionMonth
from metrics.proof import closing, closing_checks
from metrics.views import close as close_views
from tests.books import Book

MONTH = dt.date(2025, 12, 1)
BOOK = (
    ("A", "2024-01-01", "2025-06-01", "1000.00"),
    ("A", "2025-06-01", "", "1500.00"),
    ("B", "2024-02-01", "", "800.00"),
    ("C", "2024-01-15", "2025-08-15", "250.50"),
    ("D", "2025-05-01", "", "333.33"),
)


def fill(world) -> Book:
    book = Book(world)
    for number, (account, start, end, mrr) in enumerate(BOOK):
        book.period(account, start, end, mrr, key=f"P-{number}", segment="Enterprise" if account in "AB" else "SMB")
    book.night("2025-12-31")
    return book


def refresh(book: Book, day: str = "2025-12-31") -> None:
    """What was told is worked into the figures."""
    book.night(day)


def close(book: Book, month: dt.date = MONTH, **more) -> MonthClose:
    with book.world.open():
        return closing.close_month(
            month=month, signed_as="Ana Ruiz", by=book.world.members["ops"], **{"acknowledged": True} | more
        )


def restate(book: Book, reason: str = "Late order form", signed_as: str = "Ana Ruiz") -> MonthClose:
    with book.world.open():
        return closing.restate_month(
            month=MONTH, signed_as=signed_as, reason=reason, by=book.world.members["ops"], acknowledged=True
        )


@pytest.fixture
def book(worlds) -> Book:
    fill(worlds[1])
    return fill(worlds[0])


def sums(model, **only) -> list[dict]:
    names = [f.name for f in RetentionMonth._meta.fields if f.name not in {"pk", "tenant"}]
    return list(model.objects.filter(**only).order_by("window", "dimension", "value").values(*names))


def test_close_keeps_every_sum_of_the_month(book):
    """Both kept windows and all dimensions, with what the figures hang on."""
    made = close(book, note="Seen by Finance")
    with book.world.open():
        kept = sums(ClosedSums, close=made)
        assert kept == sums(RetentionMonth, month=MONTH)
        assert {row["dimension"] for row in kept} >= {"all", "segment", "acv_band"}
        assert {row["window"] for row in kept} == {1, 12}
        assert (made.version, made.currency, made.gross_margin, made.note) == (
            1,
            "USD",
            made.gross_margin,
            "Seen by Finance",
        )
        assert {check["name"] for check in made.checks} >= {"over", "built", "balance", "findings", "reconciled"}


def test_late_fact_moves_what_is_known_and_not_what_was_reported(book):
    """The acceptance story on the reports: basis reported stays, basis now follows; a restatement takes it over."""
    close(book)
    before = book.month("retention_12m", "2025-12")
    assert book.month("retention_12m", "2025-12", basis="reported") == before
    book.period("B", "2024-02-01", "", "500.00", key="P-2")
    refresh(book)
    now = book.month("retention_12m", "2025-12")
    assert now["nrr"] != before["nrr"]
    assert book.month("retention_12m", "2025-12", basis="reported") == before
    assert book.month("mrr_monthly", "2025-11", basis="reported") == book.month("mrr_monthly", "2025-11")
    second = restate(book)
    assert (second.version, second.reason) == (2, "Late order form")
    assert book.month("retention_12m", "2025-12", basis="reported") == now
    with book.world.open():
        assert MonthClose.objects.filter(month=MONTH).count() == 2


def test_reported_segments_are_those_of_the_close(book):
    close(book)
    only = {"frm": MONTH, "to": MONTH}
    reported = book.report("segments", basis="reported", **only).rows
    book.period("A", "2025-06-01", "", "1600.00", key="P-1")
    refresh(book)
    assert book.report("segments", basis="reported", **only).rows == reported
    assert book.report("segments", **only).rows != reported


def cohorts(book: Book, **asked) -> list[tuple]:
    """What the board of the month prints of its cohorts, by quarter with every age."""
    with book.world.open():
        state = Asked(month=MONTH, window=Window.YEAR, **asked)
        rows = selectors.board_cohorts(selectors.board_question(state, book.world.tenant), state)
        return [(row.quarter, row.customers, row.mrr, row.ratios) for row in rows]


def test_cohorts_of_the_board_are_those_of_the_close(book):
    """METRICS 4, late data: what was printed stays, of everybody and of a segment, until the month is signed again; a close
    that kept none, as those from before, tells what is known now."""
    looks = [{"cohort": cohort, "segment": name} for cohort in ("ndr", "gdr", "logo") for name in ("", "Enterprise")]
    before = [cohorts(book, **look) for look in looks]
    # Six quarters after their first months A, B and C pay 1,500 + 800 + 250.50 of 1,000 + 800 + 250.50.
    quarter, customers, mrr, ratios = before[0][0]
    assert (quarter, customers, mrr) == (dt.date(2024, 1, 1), 3, 2050_50)
    assert ratios[-1] == Decimal("2550.50") / Decimal("2050.50")
    made = close(book)
    assert [cohorts(book, **look) for look in looks] == before
    book.period("B", "2024-02-01", "2025-01-01", "500.00", key="P-2")
    refresh(book)
    now = [cohorts(book, **look, basis="now") for look in looks]
    assert all(new != old for new, old in zip(now, before, strict=True))
    assert [cohorts(book, **look) for look in looks] == before
    assert cohorts(book, segment="Opened later") == []
    printed = document.read_printed
    with book.world.open():
        told = [
            document.document(printed(book.world.tenant, {"month": "2025-12"} | more), board_pdf.SHAPES)["cohorts"][
                "rows"
            ]
            for more in ({}, {"cohort": "logo"}, {"basis": "now"})
        ]
        assert told[0] == told[1] != told[2]
        MonthClose.objects.create(
            month=MONTH, version=2, known_at=made.known_at, signed_by=book.world.members["ops"], signed_as="X",
            currency=made.currency, gross_margin="0.8",
        )  # fmt: skip
    assert [cohorts(book, **look) for look in looks] == now


def test_ltv_of_a_closed_month_has_the_margin_of_then(book):
    close(book)
    before = book.month("retention_12m", "2025-12", basis="reported")["ltv"]
    book.world.tenant.gross_margin = "0.5000"
    book.world.tenant.save()
    assert book.month("retention_12m", "2025-12", basis="reported")["ltv"] == before
    assert book.month("retention_12m", "2025-12")["ltv"] != before


def test_month_that_is_not_over_or_has_no_figures_is_refused(book):
    with pytest.raises(DomainError) as refused:
        close(book, dt.date(2026, 1, 1))
    assert refused.value.code == "over"
    with pytest.raises(DomainError) as refused:
        close(book, dt.date(2020, 1, 1))
    assert refused.value.code == "built"


def test_closing_twice_is_refused_and_restating_needs_a_close_and_a_reason(book):
    with pytest.raises(DomainError) as refused:
        restate(book)
    assert refused.value.code == "open"
    close(book)
    with pytest.raises(Conflict) as conflict:
        close(book)
    assert conflict.value.code == "closed"
    with pytest.raises(DomainError) as refused:
        restate(book, reason="  ")
    assert set(refused.value.fields) == {"reason"}
    with pytest.raises(DomainError) as refused:
        restate(book, signed_as=" ")
    assert set(refused.value.fields) == {"signed_as"}


def test_facts_that_wait_are_said(book):
    """Dirty keys waiting: figures are still being refreshed."""
    book.period("B", "2024-02-01", "", "500.00", key="P-2")
    with pytest.raises(DomainError, match="still being refreshed") as refused:
        close(book)
    assert refused.value.code == "refreshing"
    refresh(book)
    assert close(book).version == 1


def test_open_points_have_to_be_acknowledged(book):
    with book.world.open():
        Finding.objects.create(name="roll_forward", subject="2025-12", as_of=dt.date(2025, 12, 31), message="A gap.")
        Finding.objects.create(
            name="roll_forward", subject="2025-03", as_of=dt.date(2025, 12, 31), message="Elsewhere."
        )
    with pytest.raises(DomainError) as refused:
        close(book, acknowledged=False)
    assert set(refused.value.fields) == {"acknowledged"}
    made = close(book)
    said = [check for check in made.checks if not check["ok"] and check["name"] == "findings"]
    assert [check["text"] for check in said] == ["A gap."]


def test_month_that_does_not_balance_cannot_be_signed(book):
    with book.world.open():
        RetentionMonth.objects.filter(month=MONTH, window=1, dimension="all").update(closing_mrr=1)
    with pytest.raises(DomainError) as refused:
        close(book)
    assert refused.value.code == "balance"


def test_closes_are_append_only(book):
    made = close(book)
    with book.world.open():
        for statement in (
            "UPDATE metrics_monthclose SET signed_as = 'x'",
            "DELETE FROM metrics_monthclose",
            "UPDATE metrics_closedsums SET closing_mrr = 0",
            "DELETE FROM metrics_closedsums",
        ):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
        assert ClosedSums.objects.filter(close=made, dimension="all", window=1).get().closing_mrr != 0


def test_tenants_close_for_themselves(worlds):
    """API-04: the rival's close neither shows nor counts here."""
    mine, theirs = fill(worlds[0]), fill(worlds[1])
    close(theirs)
    with mine.world.open():
        assert not MonthClose.objects.exists()
        assert not ClosedSums.objects.exists()
    mine.period("B", "2024-02-01", "", "500.00", key="P-2")
    refresh(mine)
    assert mine.month("mrr_monthly", "2025-12", basis="reported") == mine.month("mrr_monthly", "2025-12")
    assert close(mine).version == 1


def test_reports_that_closes_do_not_keep_refuse_the_basis(book):
    for question in ({"name": "cohorts", "basis": "reported"}, {"name": "mrr_monthly", "basis": "yesterday"}):
        with pytest.raises(DomainError) as refused:
            book.report(**question)
        assert set(refused.value.fields) == {"basis"}
    with pytest.raises(DomainError):
        book.report("mrr_monthly", basis="reported", known_at=dt.datetime(2025, 12, 31, tzinfo=dt.UTC))


def test_equation_says_every_term_with_its_sign(book):
    with book.world.open():
        found = closing_checks.month_sums(dt.date(2025, 8, 1))
        assert closing_checks.equation(found, "USD") == "$2,883.83 − $250.50 = $2,633.33"


def test_who_writes_facts_and_who_closes_wait_for_each_other(book):
    """Two at once: the second is told to come back, and a fact is either in the close or known after it."""
    tenant = book.world.tenant.id
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, hashtext('month_close'))", [tenant])
        with pytest.raises(Conflict) as refused:
            close(book)
        assert refused.value.code == "busy"
        cursor.execute("ROLLBACK")
    other.close()
    book.period("New", "2025-12-01", "", "5.00")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock' AND classid::bigint = %s "
            "AND objid::bigint = (hashtext('month_close')::bigint & 4294967295) AND pid = pg_backend_pid()",
            [tenant],
        )
        assert cursor.fetchone()[0] == 1


def test_close_in_a_currency_that_was_left_tells_no_figure(book):
    """After the company reports in another currency its months are told as known now, and can be closed again."""
    close(book)
    book.period("B", "2024-02-01", "", "500.00", key="P-2")
    refresh(book)
    now = book.month("mrr_monthly", "2025-12")
    assert book.month("mrr_monthly", "2025-12", basis="reported") != now
    with book.world.open():
        MonthClose.objects.create(
            month=MONTH, version=2, known_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), signed_by=book.world.members["ops"],
            signed_as="X", currency="EUR", gross_margin="0.8",
        )  # fmt: skip
    assert book.month("mrr_monthly", "2025-12", basis="reported") == now


def test_the_close_page_leads_to_the_reconciliation_of_the_month(book):
    """MET-23: the line against billing opens the upload that it speaks of."""
    with book.world.open():
        made = Reconciliation.objects.create(month=MONTH, filename="december.csv")
        made.rows.create(external_id="A", mrr_minor=150000, currency="USD", row=1)
    page = book.world.client("ops").get(book.world.url("settings/closes/2025-12/")).content.decode()
    assert f'href="{book.world.url(f"settings/reconciliation/{made.id}/")}">Against billing' in page
    with book.world.open():
        run = Import.objects.create(kind="billing", filename="december.csv", rejected=2)
        Reconciliation.objects.filter(id=made.id).update(run=run)
        check = next(each for each in closing_checks.checks_of(MONTH) if each.name == "reconciled")
    assert check.ok is False
    assert str(check.text).endswith("; 2 rows of the file were refused")
    without = book.world.client("ops").get(book.world.url("settings/closes/2025-11/")).content.decode()
    assert "Against billing" in without
    assert book.world.url("settings/reconciliation/") + "0" not in without


def test_every_month_with_figures_can_be_reached(worlds, monkeypatch):
    """MET-23: the list goes on where its page ends, and bad input begins at the newest month."""
    monkeypatch.setattr(close_views, "MONTHS_SHOWN", 5)
    book = fill(worlds[0])
    client, here, seen = book.world.client("ops"), book.world.url("settings/closes/"), []
    address = here
    while address:
        answer = client.get(address)
        seen += [row["url"] for row in answer.context["rows"]]
        address = answer.context["foot"]["next_url"]
    assert len(seen) == len(set(seen)) == 24
    assert client.get(here, {"before": "soon"}).context["rows"][0]["url"] == seen[0]
