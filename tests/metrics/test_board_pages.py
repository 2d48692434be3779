"""The board (DSH-01, DSH-04, MET-01 to MET-05): five tiles, figures that are the reports', a fixed number of queries."""

import datetime as dt
import html
import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cs_platform.kernel.models import Finding
from tests.accounts.book import HOSTILE
from tests.books import Book

# Two years of a small book: A grows, B shrinks, C leaves, D joins inside, E leaves and comes back, F pays in euros.
BOOK = (
    ("A", "2024-01-01", "2025-06-01", "1000.00"),
    ("A", "2025-06-01", "", "1500.00"),
    ("B", "2024-02-01", "2025-09-01", "800.00"),
    ("B", "2025-09-01", "", "600.00"),
    ("C", "2024-01-15", "2025-08-15", "250.50"),
    ("D", "2025-05-01", "", "333.33"),
    ("E", "2024-03-01", "2024-11-01", "100.00"),
    ("E", "2025-07-01", "", "130.00"),
)
MONTH = "2025-12"


def fill(world, *, extra: int = 0) -> Book:
    book = Book(world)
    for account, start, end, mrr in BOOK:
        book.period(account, start, end, mrr, segment="Enterprise" if account in "AB" else "Mid-market")
    for number in range(extra):
        book.period(f"X-{number}", "2024-01-01", "", "10.00", segment="Mid-market")
    book.rate("2024-01", "EUR", "USD", "1.10")
    book.rate("2025-06", "EUR", "USD", "1.20")
    book.period("F", "2024-01-01", "", "100.00", currency="EUR", segment="Enterprise")
    book.night("2025-12-31")
    return book


def text_of(answer) -> str:
    """What a reader sees: tags gone, entities and spaces resolved."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())))


@pytest.fixture
def book(worlds) -> Book:
    Book(worlds[1]).period("Theirs", "2024-01-01", "", "99999.00", segment="Enterprise")
    return fill(worlds[0])


def test_five_tiles_with_the_figures_of_the_reports(book):
    """DSH-01: exactly five tiles; their values are those of retention_12m."""
    answer = book.world.client("executive").get(book.world.url("board/"), {"month": MONTH, "window": "12"})
    row = book.month("retention_12m", MONTH)
    assert answer.status_code == 200
    tiles = answer.context["tiles"]
    assert [str(tile["label"]) for tile in tiles] == [
        "Net revenue retention", "Gross revenue retention", "Logo churn", "Lifetime value", "NPS",
    ]  # fmt: skip
    for tile, name in zip(tiles, ("nrr", "grr", "logo_churn"), strict=False):
        assert tile["value"] == f"{row[name] * 100:.1f}%"
        assert f"{row[name] * 100:.6f}%" in tile["definition"]["note"]
        assert len(tile["points"]) == 13
    assert tiles[3]["value"] == f"${row['ltv']:,.0f}"
    assert tiles[4]["value"] == "–"
    assert "No answers yet" in text_of(answer)
    assert answer.content.decode().count('<div class="kpi"') == 5


@pytest.mark.parametrize("window", ["1", "12"])
def test_bridge_closes_to_the_cent(book, window):
    """METRICS rule 6: opening and the movements on the page are the closing balance, and the reports'."""
    answer = book.world.client("executive").get(book.world.url("board/"), {"month": MONTH, "window": window})
    rows = answer.context["bridge"]["table"]["rows"]
    amounts = [Decimal(re.sub(r"[^\d.\-]", "", text.replace("−", "-"))) for _label, text in rows]
    assert sum(amounts[:-1]) == amounts[-1]
    assert amounts[-1] == book.month("mrr_monthly", MONTH)["closing_mrr"]
    if window == "1":
        assert amounts[0] == book.month("mrr_monthly", MONTH)["opening_mrr"]
    else:
        assert amounts[0] != amounts[-1]


def test_segments_add_up_and_open_to_their_accounts(book):
    """MET-09: the rows of each dimension sum to the total; a row opens to its accounts, largest movement first."""
    client = book.world.client("executive")
    for dimension in ("segment", "acv_band", "industry", "source", "owner"):
        answer = client.get(book.world.url("board/"), {"month": MONTH, "window": "12", "dimension": dimension})
        row = book.month("retention_12m", MONTH)
        total = answer.context["segment_table"]["total"]
        assert total[0] == f"{row['base_mrr']:,.0f}"
        assert answer.context["segment_table"]["unit"] == "$"
        assert total[4] == f"{row['nrr'] * 100:.1f}%"
    question = {"month": MONTH, "window": "12", "opened": "Enterprise"}
    whole = client.get(book.world.url("board/"), question)
    opened = next(r for r in whole.context["segment_table"]["rows"] if r["open"])
    assert [account["name"] for account in opened["accounts"]["rows"]] == ["A", "B", "F"]
    piece = client.get(
        book.world.url("board/"), question, headers={"HX-Request": "true", "HX-Target": "board-segments"}
    )
    assert piece.content.lstrip().startswith(b'<section class="card" id="board-segments"')
    assert b"/metrics/nrr/" in piece.content
    assert b"Theirs" not in whole.content + piece.content


def test_segment_filter_leads_tiles_and_charts(book):
    answer = book.world.client("executive").get(
        book.world.url("board/"), {"month": MONTH, "window": "12", "segment": "Enterprise"}
    )
    row = book.month("retention_12m", MONTH, segment="Enterprise")
    assert row["nrr"] != book.month("retention_12m", MONTH)["nrr"]
    assert answer.context["tiles"][0]["value"] == f"{row['nrr'] * 100:.1f}%"
    assert book.world.client("executive").get(book.world.url("board/"), {"segment": "Nowhere"}).status_code == 404


def test_cohorts_are_those_of_the_report(book):
    """MET-08: a quarter at an age is the sum of its months at that age."""
    rows = [r for r in book.report("cohorts").rows if r["cohort_month"] in {"2024-01", "2024-02", "2024-03"}]
    for measure, part, whole in (("ndr", "active_mrr", "cohort_mrr"), ("logo", "active_customers", "cohort_customers")):
        answer = book.world.client("executive").get(book.world.url("board/"), {"month": MONTH, "cohort": measure})
        table = answer.context["cohorts"]
        shown = next(row for row in table if row["name"] == "Q1 2024")["cells"]
        for age in range(1, 7):
            at = [r for r in rows if r["age_months"] == 3 * age]
            assert len(at) == 3
            expected = Decimal(sum(r[part] for r in at)) / sum(r[whole] for r in at) * 100
            assert shown[age - 1]["text"] == f"{expected.quantize(Decimal(1))}"


def test_queries_do_not_grow_with_the_book(worlds):
    """Under ten queries of the board's own, and as many for six accounts as for sixty."""
    counts, own = [], []
    for world, extra in zip(worlds, (0, 54), strict=True):
        book = fill(world, extra=extra)
        client = book.world.client("executive")
        client.get(book.world.url("board/"))
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(book.world.url("board/")).status_code == 200
        counts.append(len(captured))
        mine = r"metrics_|kernel_finding|accounts_segment|health_survey|FROM .accounts_role"
        own.append([q["sql"] for q in captured if re.search(mine, q["sql"])])
    assert counts[0] == counts[1]
    assert 5 <= len(own[0]) < 10, [sql[:160] for sql in own[0]]


def test_figures_are_valid_plotly(book):
    """No plotly in a request, but every dict that leaves is a figure."""
    import plotly.graph_objects as go

    for window in ("1", "12"):
        answer = book.world.client("executive").get(book.world.url("board/"), {"window": window})
        for name in ("trend", "bridge"):
            go.Figure(answer.context[name]["figure"])
            assert answer.context[name]["finding"]


def test_findings_of_the_night_mark_the_figures(book):
    """A month that does not balance is marked where it is shown, and only there."""
    with book.world.open():
        Finding.objects.create(name="roll_forward", subject="2025-11", as_of=dt.date(2025, 12, 31), message="gap 0.01")
    client = book.world.client("executive")
    for params, marked in (
        ({"window": "12"}, True),
        ({"window": "1"}, False),
        ({"window": "1", "month": "2025-11"}, True),
    ):
        answer = client.get(book.world.url("board/"), params)
        assert answer.context["doubtful"] is marked
        assert ("These figures do not balance" in text_of(answer)) is marked
        assert ("gap 0.01" in text_of(answer)) is marked


def test_empty_company_says_what_is_missing(world):
    answer = world.client("executive").get(world.url("board/"))
    assert answer.status_code == 200
    assert "No revenue yet" in text_of(answer)
    assert 'class="kpi"' not in answer.content.decode()


def test_young_company_has_the_month_and_says_when_the_year_begins(world):
    """Below 13 months: monthly by itself; the year view names the month from which on it exists."""
    book = Book(world)
    book.period("A", "2025-08-01", "", "100.00")
    book.period("B", "2025-10-01", "", "50.00")
    book.night("2025-12-31")
    client = world.client("executive")
    monthly = client.get(world.url("board/"))
    assert monthly.context["asked"].window == 1
    assert monthly.context["tiles"][0]["value"] == "100.0%"
    yearly = client.get(world.url("board/"), {"window": "12"})
    assert "August 2026" in text_of(yearly)
    assert yearly.context["tiles"][0]["value"] == "–"


def test_who_may_read_the_board(book):
    """ROL-01: a CSM gets the 403 page, strangers nothing."""
    assert book.world.client("csm").get(book.world.url("board/")).status_code == 403
    for role in ("executive", "leader"):
        assert book.world.client(role).get(book.world.url("board/")).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "month=garbage", "month=9999-99", "month=0000-01", "month=1900-01", "month=9999-12", "window=7", "window=12x",
        "dimension=all", "dimension=%00", "cohort=%27", "opened=%00", "opened=nothing", "opened=", "known=junk",
        "account=1", "part=%3Cscript%3E", "line=zzz", "everything=2", "month=&window=&segment=",
        "known=9999-12-31T23:59:59%2B00:00", "known=0001-01-01T00:00", "known=2025-02-30T10:00",
    ],
)  # fmt: skip
def test_no_query_string_breaks_a_page(book, query):
    client = book.world.client("executive")
    for page in (
        "board/",
        "metrics/",
        "metrics/grr/",
        "metrics/logo_churn/",
        "metrics/ltv/",
        "metrics/mrr/",
        "metrics/nrr/rows.csv",
    ):
        assert client.get(book.world.url(page) + "?" + query).status_code in {200, 404}, page


def test_hostile_names_are_only_text(world):
    book = Book(world)
    book.period(HOSTILE, "2024-01-01", "", "100.00", segment=HOSTILE[:60])
    book.night("2025-12-31")
    answer = world.client("executive").get(
        world.url("board/"), {"opened": HOSTILE[:60], "segment": HOSTILE[:60], "window": "12"}
    )
    assert answer.status_code == 200
    assert b"<script>alert" not in answer.content
    assert "alert(" in text_of(answer)


@pytest.mark.parametrize(
    ("language", "nrr", "month"), [("en", "102.3%", "December 2025"), ("id", "102,3%", "Desember 2025")]
)
def test_numbers_and_months_follow_the_language(book, language, nrr, month):
    answer = book.world.client("executive").get(
        book.world.url("board/"), {"month": MONTH, "window": "12"}, headers={"Accept-Language": language}
    )
    assert answer.context["tiles"][0]["value"] == nrr
    assert month in text_of(answer)
