"""Billing's totals beside the ledger: the sum of the differences is the whole difference, and each has its reason."""

import csv
import datetime as dt
import gzip
import io
import re
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from accounts.enums import ChangeSource
from accounts.import_pieces import read_piece
from accounts.imports import create_import, start_import
from accounts.merging import Origin
from accounts.models import Account, Import, Team
from cs_platform.kernel import queue
from cs_platform.kernel.models import Work
from cs_platform.kernel.money import from_minor
from metrics.enums import Basis, Cause, Differs
from metrics.models import Reconciliation, ReconciliationRow, RetentionMonth
from metrics.proof import closing, reconciliation, reconciliation_cells
from tests.books import Book
from tests.conftest import World

OCTOBER = dt.date(2025, 10, 1)


def book_of(world: World) -> Book:
    """Six customers in October 2025, in three ways of paying."""
    book = Book(world)
    book.rate("2025-10", "EUR", "USD", "1.10")
    book.period("AGREED", "2025-01-01", "", "100.00")
    book.period("LESS", "2025-01-01", "", "1000.00", discount="200.00")
    book.period("EURO", "2025-01-01", "", "90.00", currency="EUR")
    book.period("YEAR", "2025-01-01", "", "100.00", interval_months="12", amount="1000.00")
    book.period("ACC-0012", "2025-01-01", "", "50.00")
    book.period("LATE", "2025-01-01", "", "70.00", past_due_on="2025-08-01")
    book.period("GONE", "2025-01-01", "2025-10-20", "30.00")
    book.period("TRIAL", "2025-10-01", "", "40.00", charge="trial")
    book.night("2025-11-05")
    return book


FILE = """Customer;MRR;ARR;Amount;Interval;Currency;Colour
AGREED;100.00;;;;USD;red
LESS;1000.00;;;;USD;
EURO;;;1200.00;12;EUR;
YEAR;83.34;;;;USD;
acc 12;50.00;;;;USD;
LATE;70.00;;;;USD;
GONE;30.00;;;;USD;
TRIAL;40.00;;;;USD;
WRONG;-1;;;;USD;
NOTHING;;;;;USD;
;5.00;;;;USD;
"""


def uploaded(world: World, text: str = FILE, month: str = "2025-10", *, packed: bool = False) -> Reconciliation:
    """Through the page, the check and the import, as a person does it."""
    client = world.client("ops")
    content = gzip.compress(text.encode()) if packed else text.encode()
    file = SimpleUploadedFile("billing.csv.gz" if packed else "billing.csv", content)
    answer = client.post(world.url("settings/reconciliation/upload/"), {"month": month, "file": file, "note": "Draft"})
    assert answer.status_code == 302, answer.content.decode()[:3000]
    with world.open():
        run = Import.objects.filter(kind="billing").order_by("-id").first()
        assert run is not None
        work = start_import(run=run, dry_run=True)
    queue.run_to_end(world.tenant.id, work.id)
    with world.open():
        assert not Reconciliation.objects.filter(run=run).exists()
        work = start_import(run=run)
    queue.run_to_end(world.tenant.id, work.id)
    with world.open():
        return Reconciliation.objects.filter(run=run).get()


def lines_of(world: World, found: Reconciliation, **asked: Any) -> tuple[reconciliation.Comparison, dict[str, Any]]:
    with world.open():
        compared = reconciliation.compare(found, asked.pop("basis", Basis.NOW))
        lines = reconciliation.lines(compared, **asked)
    return compared, {line.external_id: line for line in lines.shown}


@pytest.mark.django_db(transaction=True)
class TestUpload:
    def test_every_row_is_kept_or_refused_with_its_reason(self, world: World, rival: World):
        """RELIABILITY 1: nothing is lost; headers are matched by their synonyms; several uploads of a month stay."""
        book_of(world)
        found = uploaded(world, packed=True)
        with world.open():
            run = Import.objects.get(id=found.run_id)
            assert (run.created, run.rejected) == (8, 3)
            codes = dict(run.rejects.values_list("row", "code"))
            assert codes == {9: "negative", 10: "required", 11: "required"}
            kept = dict(ReconciliationRow.objects.filter(reconciliation=found).values_list("external_id", "mrr_minor"))
            assert kept["EURO"] == 10000
            assert kept["YEAR"] == 8334
            assert found.note == "Draft"
            assert found.month == OCTOBER
        page = world.client("ops").get(reverse("import_run", args=[world.tenant.slug, found.run_id])).content.decode()
        assert f"/settings/reconciliation/of/{found.run_id}/" in page
        answer = world.client("ops").get(world.url(f"settings/reconciliation/of/{found.run_id}/"))
        assert answer["Location"].endswith(f"/settings/reconciliation/{found.id}/")
        again = uploaded(world)
        assert again.id != found.id
        with rival.open():
            assert not Reconciliation.objects.exists()

    @pytest.mark.parametrize(
        ("field", "value"), [("month", "2025-13"), ("month", ""), ("file", b"PK\x03\x04"), ("file", b"")]
    )
    def test_what_is_no_upload_is_said_at_its_field(self, world: World, field: str, value: Any):
        data = {"month": "2025-10", "file": SimpleUploadedFile("a.csv", FILE.encode())}
        data[field] = SimpleUploadedFile("a.csv", value) if field == "file" else value
        answer = world.client("ops").post(world.url("settings/reconciliation/upload/"), data)
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.content.decode()
        with world.open():
            assert not Import.objects.exists()

    def test_who_may_not_close_months_only_reads(self, world: World):
        found = None
        with world.open():
            found = Reconciliation.objects.create(month=OCTOBER, filename="a.csv")
        for role, status in (("executive", 200), ("leader", 200), ("csm", 403)):
            client = world.client(role)
            assert client.get(world.url(f"settings/reconciliation/{found.id}/")).status_code == status
            assert client.post(world.url("settings/reconciliation/upload/")).status_code == 403
            assert client.post(world.url(f"settings/reconciliation/{found.id}/note/")).status_code == 403


@pytest.fixture
def compared_book(world: World, rival: World) -> Reconciliation:
    """The same rows, written through the door at once; the rival has no upload."""
    book_of(world)
    return merged(world, FILE)


def merged(world: World, text: str, month: str = "2025-10") -> Reconciliation:
    with world.open():
        run = create_import(kind="billing", filename="b.csv", source=io.BytesIO(text.encode()), by=None)
        reconciliation.keep_for_month(run, dt.date.fromisoformat(f"{month}-01"))
        chunk = run.chunks.get()
        chunk.notes = {"same": [], "repeats": {}, "several": [], "segments": {}}
        rows, _refused, _known = read_piece(run, chunk)
        reconciliation.merge_billing(rows, Origin(ChangeSource.IMPORT, run.id))
        return Reconciliation.objects.get(run=run)


def test_the_differences_add_up_to_the_whole_difference(world: World, compared_book: Reconciliation):
    """ADR 0005: billing total - ledger total = sum of the differences, and the ledger's side is the snapshot's closing."""
    compared, lines = lines_of(world, compared_book)
    with world.open():
        closing = RetentionMonth.objects.get(month=OCTOBER, window=1, dimension="all").closing_mrr
    assert compared.booked == closing
    # 100 + 1000 + 1.1 x 100 + 83.34 + 50 + 70 + 30 + 40
    assert compared.billed == 148334
    assert compared.billed - compared.booked == compared.difference == sum(line.difference for line in lines.values())
    assert {kind: each.accounts for kind, each in compared.classes.items()} == {
        Differs.AGREED: 1,
        Differs.OTHER_AMOUNT: 3,
        Differs.ONLY_THERE: 4,
        Differs.ONLY_HERE: 1,
    }
    amounts = [abs(line.difference) for line in lines.values()]
    assert amounts == sorted(amounts, reverse=True)


@pytest.mark.parametrize(
    ("account", "cause", "difference"),
    [
        ("LESS", Cause.DISCOUNT, "200.00"),
        ("YEAR", Cause.ROUNDING, "0.01"),
        ("LATE", Cause.PAST_DUE, "70.00"),
        ("GONE", Cause.ENDED, "30.00"),
        ("TRIAL", Cause.FREE, "40.00"),
        ("acc 12", Cause.UNKNOWN, "50.00"),
    ],
)
def test_a_likely_cause_is_named(
    world: World, compared_book: Reconciliation, account: str, cause: Cause, difference: str
):
    _compared, lines = lines_of(world, compared_book)
    line = lines[account]
    assert from_minor(line.difference, "USD") == Decimal(difference)
    assert cause in line.causes


def test_an_unknown_id_gets_the_account_that_looks_like_it(world: World, compared_book: Reconciliation):
    _compared, lines = lines_of(world, compared_book)
    assert lines["acc 12"].suggestion == "ACC-0012"
    assert lines["ACC-0012"].kind == Differs.ONLY_HERE


def test_what_nothing_explains_has_no_cause(world: World, compared_book: Reconciliation):
    _compared, lines = lines_of(world, compared_book)
    assert lines["EURO"].causes == ()
    assert lines["EURO"].difference == 1100  # 10 EUR at 1.10


@pytest.mark.parametrize(
    ("sides", "facts", "cause"),
    [
        ([("EUR", 100, 0), ("USD", 0, 108)], {}, Cause.CURRENCY),
        ([("USD", 12000, 1000)], {}, Cause.INTERVAL),
        ([("USD", 1000, 12000)], {}, Cause.INTERVAL),
        ([("XTS", 100, 0)], {"without_rate": True}, Cause.NO_RATE),
        ([("USD", 0, 100)], {"started": True, "difference": -100}, Cause.STARTED),
    ],
)
def test_causes_by_hand(sides: list[tuple[str, int, int]], facts: dict[str, Any], cause: Cause):
    row = {
        "unknown_id": None, "without_rate": False, "periods": 1, "discount": 0, "unpaid": False, "charges": [],
        "ended": False, "ends_next": False, "started": False, "starts_next": False, "difference": 0,
    }  # fmt: skip
    assert cause in reconciliation.causes(row | facts, sides)


def test_same_contract_money_agrees_whatever_rounding_does(world: World, rival: World):
    """Three periods of 10.01 EUR are converted and rounded each; billing's one row of 30.03 EUR says the same money."""
    book = Book(world)
    book.rate("2025-10", "EUR", "USD", "1.0555")
    for _n in range(3):
        book.period("THREE", "2025-01-01", "", "10.01", currency="EUR")
    book.night("2025-11-05")
    found = merged(world, "account,mrr,currency\nTHREE,20.00,EUR\nTHREE,10.03,eur\n")
    compared, lines = lines_of(world, found)
    assert not lines
    assert compared.agrees
    assert compared.difference == 0


def test_what_billing_does_not_know_is_worth_nothing_there(world: World, rival: World):
    """Two lines of 0.05 EUR are 0.06 USD each in the ledger and 0.11 together: the cent is no money of billing."""
    book = Book(world)
    book.rate("2025-10", "EUR", "USD", "1.10")
    for _n in range(2):
        book.period("SMALL", "2025-01-01", "", "0.05", currency="EUR")
    book.period("KNOWN", "2025-01-01", "", "10.00")
    book.night("2025-11-05")
    compared, lines = lines_of(world, merged(world, "account,mrr,currency\nKNOWN,10.00,USD\n"))
    assert lines["SMALL"].kind == Differs.ONLY_HERE
    assert (lines["SMALL"].billed, lines["SMALL"].booked, lines["SMALL"].difference) == (0, 12, -12)
    assert compared.difference == -12


def test_money_without_a_rate_is_in_no_sum_and_said_so(world: World, compared_book: Reconciliation):
    found = merged(world, "account,mrr,currency\nAGREED,100.00,USD\nNEW,5.00,CHF\n")
    compared, lines = lines_of(world, found)
    assert compared.left_out == {"CHF": 500}
    assert compared.billed == 10000
    assert not compared.agrees
    assert Cause.NO_RATE in lines["NEW"].causes


def test_an_id_that_appears_later_is_found_later(world: World, compared_book: Reconciliation):
    Book(world).period("acc 12", "2025-01-01", "", "50.00", key="X-1")
    _compared, lines = lines_of(world, compared_book)
    assert "acc 12" not in lines


def test_as_reported_holds_against_what_was_known_at_the_close(world: World, compared_book: Reconciliation):
    with world.open():
        Work.objects.filter(name="refresh_revenue").delete()
        closing.close_month(month=OCTOBER, signed_as="F", by=world.members["admin"], acknowledged=True)
    Book(world).period("LATER", "2025-10-01", "", "500.00", key="X-1")
    now, _lines = lines_of(world, compared_book)
    reported, _lines = lines_of(world, compared_book, basis=Basis.REPORTED)
    assert (now.basis, reported.basis) == (Basis.NOW, Basis.REPORTED)
    assert now.difference == reported.difference - 50000


def test_the_difference_of_a_month_for_the_close(world: World, rival: World, compared_book: Reconciliation):
    with world.open():
        found = reconciliation.difference(OCTOBER)
        assert found is not None
        assert found.difference == found.billed - found.booked
        assert reconciliation.difference(dt.date(2025, 9, 1)) is None
    with rival.open():
        assert reconciliation.difference(OCTOBER) is None


def test_the_page_says_it_and_the_file_has_every_row(world: World, rival: World, compared_book: Reconciliation):
    client = world.client("ops")
    here = world.url(f"settings/reconciliation/{compared_book.id}/")
    page = client.get(here).content.decode()
    assert "Perhaps ACC-0012" in page
    assert "Billing leaves out the recurring discount" in page
    compared, lines = lines_of(world, compared_book)
    text = client.get(f"{here}differences.csv").content.decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(lines)
    assert sum(Decimal(row["difference"]) for row in rows) == from_minor(compared.difference, "USD")
    assert client.get(f"{here}?kind=only_here").content.decode().count("Perhaps") == 0
    assert client.post(f"{here}note/", {"note": "Looks good"}).status_code == 302
    assert "Looks good" in client.get(world.url("settings/reconciliation/")).content.decode()
    assert client.post(f"{here}note/", {"note": "x" * 501}).status_code == 422
    assert rival.client("ops").get(rival.url(f"settings/reconciliation/{compared_book.id}/")).status_code == 404


def test_a_leader_sees_own_accounts_and_the_sum_of_the_others(world: World, compared_book: Reconciliation):
    """ROL-01: the names of accounts of other people stay hidden; the sum stays whole."""
    with world.open():
        other = Team.objects.create(name="Other")
        world.members["csm"].team = other
        world.members["csm"].save()
        Account.objects.filter(external_id="LESS").update(owner=world.members["csm"])
    page = world.client("leader").get(world.url(f"settings/reconciliation/{compared_book.id}/")).content.decode()
    assert ">LESS<" not in page
    assert re.search(r"1 more account that you may not open: \+\$200\.00", page)


def test_the_list_tells_how_each_upload_stands_to_its_own_month(
    world: World, rival: World, compared_book: Reconciliation
):
    """MET-23: an upload of September beside two of October, of which the later one is right; each is held against its own."""
    with world.open():
        right = Reconciliation.objects.create(month=OCTOBER, filename="right.csv")
        for code, minor, currency in (
            ("AGREED", 10000, "USD"), ("LESS", 80000, "USD"), ("EURO", 9000, "EUR"), ("YEAR", 8333, "USD"),
            ("ACC-0012", 5000, "USD"),
        ):  # fmt: skip
            right.rows.create(external_id=code, mrr_minor=minor, currency=currency, row=1)
        september = Reconciliation.objects.create(month=dt.date(2025, 9, 1), filename="september.csv")
        september.rows.create(external_id="GONE", mrr_minor=3000, currency="USD", row=1)
        uploads = [right, september, compared_book]
        together = reconciliation.compare_each(uploads)
        assert together == [reconciliation.compare(each) for each in uploads]
        assert [each.agrees for each in together] == [True, False, False]
        assert together[1].classes[Differs.AGREED].accounts == 1
        assert reconciliation.compare_each([]) == []
    page = world.client("ops").get(world.url("settings/reconciliation/")).content.decode()
    for compared in together:
        assert escape(reconciliation_cells.headline(compared)) in page
    assert page.count('class="health good"') == 1
    assert page.count('class="health watch"') == 2
    with rival.open():
        assert reconciliation.latest(OCTOBER) is None


def test_the_list_asks_the_same_number_of_questions_of_any_length(world: World, compared_book: Reconciliation):
    client = world.client("ops")
    here = world.url("settings/reconciliation/")
    client.get(here)
    with CaptureQueriesContext(connection) as one:
        client.get(here)
    with world.open():
        for n in range(30):
            made = Reconciliation.objects.create(month=dt.date(2025, 1 + n % 10, 1), filename=f"{n}.csv")
            made.rows.create(external_id="AGREED", mrr_minor=10000, currency="USD", row=1)
    with CaptureQueriesContext(connection) as many:
        page = client.get(here).content.decode()
    assert len(many) == len(one) <= 50
    assert page.count('<tr><th scope="row">') == 20


def test_the_page_asks_the_same_number_of_questions_of_any_book(world: World, compared_book: Reconciliation):
    client = world.client("ops")
    here = world.url(f"settings/reconciliation/{compared_book.id}/")
    client.get(here)
    with CaptureQueriesContext(connection) as few:
        client.get(here)
    book = Book(world)
    for n in range(20):
        book.period(f"N-{n}", "2025-01-01", "", "10.00", key=f"N-{n}")
    with CaptureQueriesContext(connection) as many:
        client.get(here)
    assert len(many) == len(few) <= 50
