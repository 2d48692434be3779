"""Lineage: every figure of the board leads to the row it came from, and each level's sum is the line before (DSH-04)."""

import csv
import datetime as dt
import gzip
import hashlib
import io
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.enums import ChangeSource
from accounts.merging import Origin, merge_subscriptions
from accounts.models import Account, Import, ImportChunk
from accounts.rows import parse
from cs_platform.pipeline import NIGHTLY
from metrics.enums import KEPT_WINDOWS, Window
from metrics.figures import lineage, origins, selectors
from metrics.figures.asked import Asked, Months
from metrics.models import MrrMovement
from metrics.proof import lineage_cells
from tests.accounts.book import HOSTILE
from tests.books import ORIGIN, Book
from tests.metrics.test_board_pages import MONTH, fill, text_of

METRICS = ("nrr", "grr", "logo_churn", "ltv", "mrr")


@pytest.fixture
def book(worlds) -> Book:
    theirs = Book(worlds[1])
    theirs.period("Theirs", "2024-01-01", "", "99999.00")
    theirs.night("2025-12-31")
    return fill(worlds[0])


def open_page(book: Book, metric: str = "nrr", role: str = "executive", **params: str):
    return book.world.client(role).get(book.world.url(f"metrics/{metric}/"), {"month": MONTH, "window": "12"} | params)


def account_id(book: Book, external_id: str) -> str:
    with book.world.open():
        return str(Account.objects.get(external_id=external_id).id)


def check_ties(member, month: dt.date, window: Window) -> int:
    """Every term, account, ledger line and change of a month: each level must be the sum of the next. Lines followed."""
    asked = Asked(month=month, window=window)
    question = selectors.question_of(asked, member.tenant)
    sums = selectors.sums_of_month(question, window, month)
    followed = 0
    total = 0
    for part in lineage.PARTS:
        behind = lineage.accounts_behind(question, asked, part, member, limit=None)
        assert behind.total == lineage.part_sum(sums, part) == sum(line.amount for line in behind.lines)
        customers = lineage.part_customers(sums, part)
        assert customers is None or behind.accounts == customers
        total += behind.total if part not in {"closing"} else -behind.total
        for line in behind.lines:
            moved = lineage.movements_behind(question, asked, part, line)
            assert moved.agrees, (part, line, moved)
            if part not in {"opening", "closing", "fx"}:
                assert moved.total - moved.currency == line.amount
            for entry in moved.lines:
                change = origins.change_behind(entry, question)
                assert change.amount == entry.amount
                followed += 1
    assert total == 0
    return followed


periods = st.lists(
    st.tuples(
        st.sampled_from("ABCD"),
        st.dates(dt.date(2024, 1, 1), dt.date(2025, 11, 30)),
        st.one_of(st.none(), st.integers(1, 700)),
        st.integers(1, 500_000),
        st.sampled_from(["USD", "USD", "EUR", "JPY"]),
        st.sampled_from([1, 3, 12]),
    ),
    min_size=1,
    max_size=9,
)


@pytest.mark.django_db
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(periods=periods, rate=st.decimals("0.5", "2", places=4), month=st.sampled_from([1, 6, 11, 12]))
def test_each_level_is_the_sum_of_the_next(world, periods, rate, month):
    """Random books with several lines, holes, currencies that move and corrections: nothing is ever off by a cent."""
    member = world.members["executive"]
    member.tenant = world.tenant
    with world.open(), transaction.atomic():
        rates = [("2024-01", "EUR", "1.1"), ("2025-06", "EUR", str(rate)), ("2024-01", "JPY", "0.0071")]
        put("fx_rates", [{"month": m, "base": b, "quote": "USD", "rate": r} for m, b, r in rates])
        rows = [
            {
                "account": account,
                "subscription_id": f"S-{number}",
                "start_date": start.isoformat(),
                "end_date": (start + dt.timedelta(days=days)).isoformat() if days else "",
                "interval_months": str(interval),
                "amount": str(amount if currency == "JPY" else Decimal(amount) / 100),
                "currency": currency,
            }
            for number, (account, start, days, amount, currency, interval) in enumerate(periods)
        ]
        put("subscriptions", rows)
        night()
        rows[0]["amount"] = "123"  # a correction: reversals and new lines
        put("subscriptions", rows[:1])
        night()
        for window in KEPT_WINDOWS:
            check_ties(member, dt.date(2025, month, 1), window)
        transaction.set_rollback(True)


def put(kind: str, rows: list[dict[str, str]]) -> None:
    from accounts.kinds import KINDS

    KINDS[kind].merge([parse(kind, number, row) for number, row in enumerate(rows, start=1)], ORIGIN)


def night() -> None:
    for _name, step in NIGHTLY:
        step(dt.date(2025, 12, 31))


@pytest.mark.parametrize("window", KEPT_WINDOWS)
def test_the_small_book_ties(book, window):
    """The same over the book of the board's tests, so that the property is known to follow something."""
    member = book.world.members["executive"]
    member.tenant = book.world.tenant
    with book.world.open():
        assert check_ties(member, dt.date(2025, 12, 1), window) > (10 if window == Window.YEAR else 1)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("window", ["1", "12"])
def test_columns_say_that_they_agree(book, metric, window):
    answer = open_page(book, metric, window=window)
    assert answer.status_code == 200
    columns = answer.context["columns"]
    assert len(columns) == 5
    filled = [column for column in columns[:4] if column["value"] != "–"]
    assert len(filled) >= 2
    assert all(column["ok"] for column in filled)
    assert "differs" not in text_of(answer)


def test_formula_has_the_reports_numbers(book):
    row = book.month("retention_12m", MONTH)
    shown = text_of(open_page(book))
    assert f"{row['nrr'] * 100:.1f}%" in shown
    assert f"${row['now_mrr_of_base']:,.2f}" in shown
    assert f"${row['base_mrr']:,.2f}" in shown
    assert f"${row['retained_mrr_capped']:,.2f}" in text_of(open_page(book, "grr"))
    churn = open_page(book, "logo_churn").context["fraction"]
    assert [t["text"] for t in churn["top"] + churn["bottom"]] == [
        str(row["churned_customers"]),
        str(row["base_customers"]),
    ]


def test_outside_of_the_base_says_why(book):
    """METRICS rules 12, 13: who joined or came back inside the window is outside, and the page says why."""
    shown = text_of(open_page(book, part="new"))
    assert "first paid in May 2025: joined inside the window, outside of the base" in shown
    back = text_of(open_page(book, part="reactivation"))
    assert "paid first in Mar 2024, nothing at 31 Dec 2024: outside of the base" in back


def test_movements_of_a_year_and_currency_shown_apart(book):
    """F pays in euros: no ratio moves, the revaluation stands apart (METRICS rule 17)."""
    page = open_page(book, "mrr", part="fx")
    accounts, movements = page.context["columns"][1:3]
    assert [line["text"] for line in accounts["lines"]] == ["F"]
    assert accounts["value"] == "+$10.00"
    assert movements["ok"]
    assert "currency +$10.00" in movements["check"]
    assert {line["sub"].split(" · ")[1] for line in movements["lines"]} == {"Currency"}


def import_rows(world, rows: list[dict[str, str]], filename: str) -> Import:
    """Rows that came in by a file, kept as it was sent."""
    header = list(rows[0])
    out = io.StringIO()
    writer = csv.DictWriter(out, header)
    writer.writeheader()
    writer.writerows(rows)
    data = out.getvalue().encode()
    with world.open():
        run = Import.objects.create(
            kind="subscriptions", filename=filename, sha256=hashlib.sha256(data).hexdigest(), columns=header,
            mapping={"key": "subscription_id", **{name: name for name in header if name != "key"}}, read=len(rows), state="done",
        )  # fmt: skip
        ImportChunk.objects.create(run=run, position=0, first_row=1, rows=len(rows), content=gzip.compress(data))
        parsed = [
            parse("subscriptions", number, {run.mapping[column]: value for column, value in row.items()})
            for number, row in enumerate(rows, start=1)
        ]
        merge_subscriptions(parsed, Origin(ChangeSource.IMPORT, ref=run.id, actor="Ops Person"))
    return run


def test_down_to_the_row_of_the_file(world):
    """The last column is the row as it was sent, with file, row, checksum, and the MRR that it states."""
    rows = [
        {"account": f"A-{n}", "key": f"K-{n}", "start_date": "2024-01-01", "end_date": "", "interval_months": "12",
         "amount": f"{1200 * n}.00", "currency": "USD"} for n in (1, 2, 3)
    ]  # fmt: skip
    run = import_rows(world, rows, f"{HOSTILE}.csv"[:200])
    book = Book(world)
    book.night("2025-12-31")
    page = open_page(book, "mrr", part="closing", account=account_id(book, "A-2"))
    columns = page.context["columns"]
    assert all(column["ok"] for column in columns)
    source = dict(columns[4]["source"])
    assert source["row"] == "2"
    assert source["amount"] == "2400.00"
    assert source["key"] == "K-2"
    assert source["sha256"].startswith(run.sha256[:6])
    assert columns[4]["value"] == "$200.00"
    assert b"<script>alert" not in page.content


def test_a_row_that_says_something_else_is_shown(world):
    rows = [{"account": "A", "key": "K", "start_date": "2024-01-01", "end_date": "", "interval_months": "1",
             "amount": "10.00", "currency": "USD"}]  # fmt: skip
    run = import_rows(world, rows, "subs.csv")
    with world.open():
        chunk = ImportChunk.objects.get(run=run)
        chunk.content = gzip.compress(gzip.decompress(bytes(chunk.content)).replace(b"10.00", b"11.00"))
        chunk.save()
    book = Book(world)
    book.night("2025-12-31")
    source = open_page(book, "mrr", part="closing").context["columns"][4]
    assert source["ok"] is False
    assert source["value"] == "$11.00"


def test_a_ledger_that_lags_is_shown(book):
    """A correction that the night has not posted: the page says by how much, it does not hide it."""
    with book.world.open():
        line = MrrMovement.objects.filter(account__external_id="A", kind="expansion").latest("amount_minor")
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO metrics_mrrmovement (id, tenant_id, account_id, subscription_id, change_id, month, kind, "
                "amount_minor, effective_on) SELECT uuidv7(), tenant_id, account_id, subscription_id, change_id, month, "
                "kind, 700, effective_on FROM metrics_mrrmovement WHERE id = %s",
                [line.id],
            )
    page = open_page(book, part="expansion", account=account_id(book, "A"))
    movements = page.context["columns"][2]
    assert movements["ok"] is False
    assert "differs by +$7.00" in movements["check"]


def test_as_known_then_and_as_known_now(book):
    """A correction changes the figure; asked for the time before it, the page shows both and the account between them."""
    from django.utils import timezone

    before = timezone.now()
    old = book.month("retention_12m", MONTH)["nrr"]
    book.merge(
        "subscriptions",
        [{"account": "A", "subscription_id": "S-2", "start_date": "2025-06-01", "end_date": "", "interval_months": "1",
          "amount": "2000.00", "currency": "USD"}],
    )  # fmt: skip
    book.night("2025-12-31")
    new = book.month("retention_12m", MONTH)["nrr"]
    assert new != old
    page = open_page(book, known=before.isoformat())
    titles = [option["title"] for option in page.context["knowledge"]["options"]]
    assert titles == ["Month close", f"Now, {new * 100:.1f}%", f"Another day, {old * 100:.1f}%"]
    assert [row["name"] for row in page.context["restated"]["rows"]] == ["A"]
    assert page.context["restated"]["rows"][0]["amount"] == "+$500.00"
    assert all(column["ok"] for column in page.context["columns"][:4])
    nothing = open_page(book, known="2020-01-01T00:00:00+00:00")
    assert nothing.status_code == 200
    assert nothing.context["knowledge"]["options"][2]["title"] == "Another day, –"


def test_what_a_leader_may_not_open_is_one_line(book):
    """ROL-01: a leader sees the company's sum, the team's accounts by name, and the rest as a count."""
    with book.world.open():
        outsider = book.world.members["csm"]
        Account.objects.filter(external_id__in=["A", "C"]).update(owner=outsider)
    leader = open_page(book, part="opening", role="leader")
    column = leader.context["columns"][1]
    names = [line["text"] for line in column["lines"]]
    assert column["ok"]
    assert "A" not in names
    assert "2 accounts you may not open" in names
    assert leader.context["columns"][0]["value"] == open_page(book, part="opening").context["columns"][0]["value"]
    for page in (
        f"metrics/nrr/?account={account_id(book, 'A')}",
        f"metrics/nrr/rows.csv?account={account_id(book, 'A')}",
    ):
        assert book.world.client("leader").get(book.world.url(page)).status_code == 404
    rows = book.world.client("leader").get(book.world.url("metrics/mrr/rows.csv"), {"month": MONTH, "part": "opening"})
    assert "2 accounts you may not open" in rows.content.decode()


def test_foreign_and_unknown_rows_are_404(worlds, book):
    theirs = Book(worlds[1])
    foreign = account_id(theirs, "Theirs")
    with worlds[1].open():
        line = str(MrrMovement.objects.first().id)
    for params in ({"account": foreign}, {"account": str(uuid4())}, {"line": line}, {"line": str(uuid4())},
                   {"account": account_id(book, "A"), "line": line}, {"segment": "Nowhere"}):  # fmt: skip
        assert open_page(book, **params).status_code == 404, params
    assert book.world.client("executive").get(book.world.url("metrics/nothing/")).status_code == 404
    assert book.world.client("csm").get(book.world.url("metrics/")).status_code == 403
    assert book.world.client("executive").get(book.world.url(f"accounts/{foreign}/revenue/")).status_code == 404


def test_segment_of_the_base_day(book):
    """MET-09: an account counts where it was at the base date, so the accounts are those of the aggregate's row."""
    page = open_page(book, segment="Mid-market", part="churn")
    assert [line["text"] for line in page.context["columns"][1]["lines"]] == ["C"]
    assert all(column["ok"] for column in page.context["columns"][:4])


def test_rows_as_csv_are_safe_and_complete(world):
    book = Book(world)
    book.period("=HYPERLINK(1)", "2024-01-01", "", "10.00")
    book.period("plain", "2024-01-01", "2025-08-01", "20.00")
    book.night("2025-12-31")
    client = world.client("executive")
    answer = client.get(world.url("metrics/mrr/rows.csv"), {"month": MONTH, "window": "12", "part": "opening"})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert answer["Content-Type"].startswith("text/csv")
    assert {row["account"] for row in rows} == {"'=HYPERLINK(1)", "plain"}
    assert sum(Decimal(row["amount"]) for row in rows) == book.month("retention_12m", MONTH)["base_mrr"]
    lines = client.get(
        world.url("metrics/mrr/rows.csv"),
        {"month": MONTH, "window": "12", "part": "churn", "account": account_id(book, "plain")},
    )
    rows = list(csv.DictReader(io.StringIO(lines.content.decode())))
    assert [(row["movement"], row["amount"]) for row in rows] == [("churn", "-20.00")]


def test_queries_are_fixed(worlds):
    counts = []
    for world, extra in zip(worlds, (0, 54), strict=True):
        book = fill(world, extra=extra)
        client = world.client("executive")
        client.get(world.url("metrics/nrr/"))
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(world.url("metrics/nrr/"), {"part": "opening", "month": MONTH})
        counts.append(len(captured))
        assert answer.context["columns"][4]["value"] != "–"
        assert book.count
    assert counts[0] == counts[1]


def test_piece_is_the_columns_alone(book):
    answer = book.world.client("executive").get(
        book.world.url("metrics/nrr/"), {"month": MONTH}, headers={"HX-Request": "true", "HX-Target": "lineage-rows"}
    )
    assert answer.content.lstrip().startswith(b'<section class="card" id="lineage-rows"')
    assert b"<html" not in answer.content
    assert "HX-Target" in answer["Vary"]


def test_figures_are_valid_plotly(book):
    import plotly.graph_objects as go

    for metric in METRICS:
        go.Figure(open_page(book, metric).context["bridge"]["figure"])


def test_revenue_of_an_account(book):
    """The tab adds up to the closing MRR and leads to the lineage; a CSM without the board gets no such link."""
    with book.world.open():
        Account.objects.filter(external_id="A").update(owner=book.world.members["csm"])
    page = book.world.url(f"accounts/{account_id(book, 'A')}/revenue/")
    answer = book.world.client("executive").get(page)
    assert answer.status_code == 200
    assert answer.context["balance"]["agrees"] is True
    assert [str(row["kind"]) for row in answer.context["movements"]] == ["Expansion", "New"]
    assert answer.context["stats"][0]["value"] == "$1,500.00"
    assert answer.context["stats"][2]["value"] == "150.0%"
    followed = book.world.client("executive").get(answer.context["movements"][0]["url"])
    assert followed.status_code == 200
    assert all(column["ok"] for column in followed.context["columns"][:4])
    lines = answer.context["movements"][0]["lines"]
    assert [line["amount"] for line in lines] == ["+$1,500.00", "−$1,000.00"]
    assert book.world.client("executive").get(lines[1]["url"]).context["columns"][3]["value"] == "−$1,000.00"
    own = book.world.client("csm").get(page)
    assert own.status_code == 200
    assert b"/metrics/" not in own.content
    assert book.world.client("csm").get(book.world.url(f"accounts/{account_id(book, 'B')}/revenue/")).status_code == 404


def test_revenue_without_figures(world):
    with world.open():
        account = Account.objects.create(external_id="N", name=HOSTILE)
    answer = world.client("executive").get(world.url(f"accounts/{account.id}/revenue/"))
    assert answer.status_code == 200
    assert b"<script>alert" not in answer.content


def test_state_survives_the_round_trip():
    """A link is its page: what is written back is what was read."""
    from urllib.parse import parse_qsl

    months = Months(dt.date(2024, 1, 1), dt.date(2025, 12, 1))
    key = uuid4()
    asked = Asked(
        month=dt.date(2025, 3, 1), window=Window.MONTH, segment='A&B="ü"', opened="", part="churn", account=key, line=key,
        known=dt.datetime(2025, 4, 1, 12, 30, 5, tzinfo=dt.UTC), everything=True,
    )  # fmt: skip
    assert Asked.parse(dict(parse_qsl(asked.query(), keep_blank_values=True)), months) == asked


@pytest.mark.parametrize(("said", "text"), [("cross_sell", "Cross-sell"), ("Moved to us", "Moved to us"), ("", "")])
def test_a_reason_is_told_in_words(said: str, text: str):
    """What sources write as keys of the ledger is read by people (MET-07)."""
    assert lineage_cells.reason_text(said) == text
