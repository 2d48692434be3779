"""Restatements (MET-23, RELIABILITY 6): what came late, by account, and always the whole difference of every term."""

import datetime as dt
from dataclasses import asdict
from decimal import Decimal
from io import BytesIO

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from accounts.kinds import KINDS
from accounts.models import Account, AccountChange, FxRate
from accounts.rows import parse
from metrics.enums import Basis, Window
from metrics.figures import selectors
from metrics.figures.asked import Asked
from metrics.formulas import Sums
from metrics.models import MonthClose
from metrics.proof import closing, restated, restated_cells
from tests.accounts.book import HOSTILE
from tests.books import ORIGIN, Book
from tests.metrics.test_board_pages import text_of
from tests.metrics.test_closing import MONTH, close, fill, refresh, restate

KEPT = (Window.MONTH, Window.YEAR)


@pytest.fixture
def book(worlds) -> Book:
    theirs = fill(worlds[1])
    close(theirs)
    return fill(worlds[0])


def compare(member, month: dt.date, window: Window, segment: str = "") -> restated.Restated:
    held = closing.last_close(month)
    assert held is not None
    asked = Asked(month=month, window=window, segment=segment, basis=Basis.REPORTED)
    then = selectors.rows_question(asked, member.tenant, held)
    now = selectors.question_of(asked, member.tenant)
    sums = tuple(selectors.sums_of_month(each, window, month) for each in (then, now))
    return restated.compare(then, now, sums, asked, member, close=held)


def check_whole(found: restated.Restated) -> None:
    """The accounts' effects are the whole difference of every term."""
    parts = [effect.terms for effect in found.effects]
    whole = sum([*parts, found.rest, found.hidden, found.other], Sums())
    assert whole == found.difference == found.now - found.then


def test_late_correction_is_listed_with_what_why_and_by_whom(book):
    close(book)
    book.merge(
        "subscriptions",
        [{"account": "B", "subscription_id": "P-2", "start_date": "2024-02-01", "interval_months": "1", "amount": "500.00",
          "currency": "USD", "seats": "5", "reason": "Credit note"}],
    )  # fmt: skip
    book.period("New", "2025-11-15", "", "70.00", key="N-1", seats="7")
    refresh(book)
    member = book.world.members["executive"]
    member.tenant = book.world.tenant
    with book.world.open():
        found = compare(member, MONTH, Window.YEAR)
        check_whole(found)
        assert found.other == Sums()
        assert not found.hidden_accounts
        told = {effect.name: effect for effect in found.effects}
        assert set(told) == {"B", "New"}
        # B was base with 800 on both ends: both ends are 500 now, which moves opening and closing and no movement.
        assert told["B"].terms == Sums(opening=-30000, closing=-30000)
        assert told["New"].terms == Sums(new=7000, closing=7000, new_customers=1, closing_customers=1)
        lines = restated_cells.causes(told["B"])
        assert [line["why"] for line in lines] == ["Credit note"]
        assert "$800.00 a month → $500.00 a month" in lines[0]["text"]
        assert "seats none → 5" in lines[0]["text"]
        assert "told late" in restated_cells.causes(told["New"])[0]["text"]
        assert "7 seats" in restated_cells.causes(told["New"])[0]["text"]


def test_month_page_of_the_close_lists_the_monthly_effect(book):
    close(book)
    book.period("B", "2024-02-01", "2025-12-15", "800.00", key="P-2")
    refresh(book)
    member = book.world.members["executive"]
    member.tenant = book.world.tenant
    with book.world.open():
        found = compare(member, MONTH, Window.MONTH)
        check_whole(found)
        (effect,) = found.effects
        assert effect.terms == Sums(churned=80000, closing=-80000, churned_customers=1, closing_customers=-1)


def test_rates_settings_and_segments_are_named(book):
    """What is no subscription change is named as such and never missing from the sum."""
    with book.world.open():
        FxRate.objects.create(month="2024-01-01", base="EUR", quote="USD", rate="1.10", source="api")
    book.period("F", "2024-01-01", "", "100.00", currency="EUR", segment="Enterprise")
    refresh(book)
    close(book)
    late = timezone.now() + dt.timedelta(milliseconds=1)
    with book.world.open():
        FxRate.objects.create(month="2025-12-01", base="EUR", quote="USD", rate="1.30", source="api", recorded_at=late)
        account = Account.objects.get(external_id="D")
        AccountChange.objects.create(
            account=account, attribute="segment", value="Enterprise", effective_on="2024-01-01", source="api",
            recorded_at=late,
        )  # fmt: skip
        from cs_platform.kernel import queue

        queue.mark_dirty("revenue", list(Account.objects.values_list("id", flat=True)))
    refresh(book)
    member = book.world.members["executive"]
    member.tenant = book.world.tenant
    with book.world.open():
        found = compare(member, MONTH, Window.YEAR)
        check_whole(found)
        (effect,) = found.effects
        assert (effect.name, list(effect.rates)) == ("F", ["EUR"])
        assert effect.terms.fx == 2000
        cut = compare(member, MONTH, Window.YEAR, segment="Enterprise")
        check_whole(cut)
        told = {each.name: each for each in cut.effects}
        assert set(told) == {"D", "F"}
        assert "Segment from" in restated_cells.causes(told["D"])[0]["text"]


def test_sums_that_no_account_explains_are_said(book):
    """A setting that holds for all time, or a fact written while closing: the rest of the difference has a line."""
    made = close(book)
    with book.world.open():
        member = book.world.members["executive"]
        member.tenant = book.world.tenant
        book.world.tenant.dunning_days = 60
        book.world.tenant.save()
        asked = Asked(month=MONTH, window=Window.YEAR, basis=Basis.REPORTED)
        then = selectors.rows_question(asked, member.tenant, made)
        now = selectors.question_of(asked, member.tenant)
        sums = selectors.sums_of_month(now, Window.YEAR, MONTH)
        signed = sums - Sums(closing=100)
        found = restated.compare(then, now, (signed, sums), asked, member, close=made)
        check_whole(found)
        assert found.other == Sums(closing=100)
        card = restated_cells.card(found, "mrr", "USD", "acme", lambda **changes: "/")
        assert [row["amount"] for row in card["extra"]] == ["+$1.00"]
        assert "dunning 30 → 60 days" in card["extra"][0]["text"]


changes = st.lists(
    st.tuples(
        st.integers(0, 7),
        st.dates(dt.date(2024, 1, 1), dt.date(2026, 1, 31)),
        st.one_of(st.none(), st.integers(1, 600)),
        st.integers(0, 400_000),
        st.sampled_from(["USD", "EUR"]),
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.django_db
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=changes, later=changes, rate=st.decimals("0.8", "1.6", places=3))
def test_effects_are_the_whole_difference_of_every_term(world, first, later, rate):
    """Random books, closed, then random late facts and a rate: to the cent in each term, both windows, each segment."""
    member = world.members["executive"]
    member.tenant = world.tenant
    book = Book(world)
    with world.open(), transaction.atomic():
        book.merge("fx_rates", [{"month": "2024-01", "base": "EUR", "quote": "USD", "rate": "1.1"}])
        put([("Z", dt.date(2024, 1, 1), None, 12_300, "USD"), *rows(first)])
        refresh(book, "2026-01-31")
        close(book)
        put(rows(later))
        late = timezone.now() + dt.timedelta(milliseconds=1)
        FxRate.objects.create(month="2025-10-01", base="EUR", quote="USD", rate=rate, source="api", recorded_at=late)
        from cs_platform.kernel import queue

        queue.mark_dirty("revenue", list(Account.objects.values_list("id", flat=True)))
        refresh(book, "2026-01-31")
        for window in KEPT:
            for segment in ("", "Enterprise", "SMB"):
                found = compare(member, MONTH, window, segment)
                check_whole(found)
                assert found.other == Sums()
                assert all(asdict(effect.terms) != asdict(Sums()) for effect in found.effects)
        transaction.set_rollback(True)


def rows(drawn: list) -> list[tuple]:
    return [
        (f"{'ABCDEFGH'[number]}", start, start + dt.timedelta(days=days) if days else None, amount, currency)
        for number, start, days, amount, currency in drawn
    ]


def put(periods: list[tuple]) -> None:
    """One period for each account: a later one with the same account corrects it."""
    once = {account: (account, *rest) for account, *rest in periods}
    parsed = [
        parse(
            "subscriptions",
            number,
            {
                "account": account,
                "subscription_id": f"S-{account}",
                "start_date": start.isoformat(),
                "end_date": end.isoformat() if end else "",
                "interval_months": "1",
                "amount": str(Decimal(amount) / 100),
                "currency": currency,
                "segment": "Enterprise" if account in "ABCD" else "SMB",
            },
        )
        for number, (account, start, end, amount, currency) in enumerate(once.values(), start=1)
    ]
    KINDS["subscriptions"].merge(parsed, ORIGIN)


def page(book: Book, path: str, role: str = "executive", **params: str):
    return book.world.client(role).get(book.world.url(path), {"month": "2025-12", "window": "12"} | params)


def test_the_acceptance_story_on_the_pages(book):
    """Close the month, learn late, see the board unchanged and the restatement listed, restate, see it change and say so."""
    close(book)
    before = page(book, "board/").context["tiles"][0]["value"]
    assert "closed by Ana Ruiz" in text_of(page(book, "board/"))
    book.period("B", "2024-02-01", "2025-10-01", "800.00", key="P-2", reason="Letter found")
    refresh(book)
    board = page(book, "board/")
    now = page(book, "board/", basis="now").context["tiles"][0]["value"]
    assert board.context["tiles"][0]["value"] == before != now
    assert f"known now: Net revenue retention {now}" in text_of(board)
    assert "basis=reported" in board.context["tiles"][0]["url"]
    signed = page(book, "metrics/nrr/", basis="reported")
    text = text_of(signed)
    assert signed.context["value"] == before
    assert "Restated since the close" in text
    assert "Letter found" in text
    assert [row["name"] for row in signed.context["restated"]["rows"]] == ["B"]
    assert all(column["ok"] for column in signed.context["columns"][:4])
    assert page(book, "metrics/nrr/").context["value"] == now
    restate(book, reason="Letter found in the archive")
    after = page(book, "board/")
    assert after.context["tiles"][0]["value"] == now
    assert "restated by Ana Ruiz" in text_of(after)
    assert "version 2" in text_of(after)
    assert "known now" not in text_of(after)
    assert page(book, "metrics/nrr/", basis="reported").context["restated"]["empty"]


def test_open_month_says_so(book):
    assert " open" in text_of(page(book, "board/"))
    lineage = page(book, "metrics/nrr/", basis="reported")
    assert lineage.context["knowledge"]["options"][0]["off"]
    assert "is open" in text_of(lineage)
    assert 'id="restated"' not in lineage.content.decode(), "an empty card"


def test_month_close_pages_sign_restate_and_show_versions(book):
    ops = book.world.client("ops")
    listing = ops.get(book.world.url("settings/closes/"))
    assert "December 2025" in text_of(listing)
    url = book.world.url("settings/closes/2025-12/")
    assert ops.post(url, {"signed_as": ""}).status_code == 422
    answer = ops.post(url, {"signed_as": "Ana Ruiz", "note": HOSTILE, "acknowledged": "on"})
    assert answer.status_code == 302
    refused = ops.post(url, {"signed_as": "Ana Ruiz", "acknowledged": "on"})
    assert refused.status_code == 422
    again = ops.post(url, {"signed_as": "Ana Ruiz", "reason": "Credit note", "acknowledged": "on"})
    assert again.status_code == 302
    shown = ops.get(url)
    assert [row["version"] for row in shown.context["versions"]] == [2, 1]
    assert "Credit note" in text_of(shown)
    assert HOSTILE not in shown.content.decode()
    assert ops.get(book.world.url("settings/closes/2031-13/")).status_code == 404
    future = ops.get(book.world.url("settings/closes/2031-01/"))
    assert "is not over" in text_of(future)
    csv = ops.get(book.world.url("settings/closes/2025-12/figures.csv")).content.decode()
    assert csv.count('"2025-12"') == 2 * book_rows(book)
    with book.world.open():
        assert MonthClose.objects.count() == 2


def book_rows(book: Book) -> int:
    from metrics.models import RetentionMonth

    with book.world.open():
        return RetentionMonth.objects.filter(month=MONTH).count()


@pytest.mark.parametrize("role", ["csm", "leader", "executive"])
def test_only_who_closes_months_may(book, role):
    client = book.world.client(role)
    for path in ("settings/closes/", "settings/closes/2025-12/", "settings/closes/2025-12/figures.csv"):
        assert client.get(book.world.url(path)).status_code == 403
    signed = {"signed_as": "X", "acknowledged": "on"}
    assert client.post(book.world.url("settings/closes/2025-12/"), signed).status_code == 403
    with book.world.open():
        assert not MonthClose.objects.exists()


def test_board_of_a_closed_month_asks_no_question_more(book):
    """What the month would say now comes with what was signed (PERFORMANCE, DSH-01)."""
    client = book.world.client("executive")
    counts = []
    for step in ("open", "closed"):
        if step == "closed":
            close(book)
        client.get(book.world.url("board/"), {"month": "2025-12", "window": "12"})
        with CaptureQueriesContext(connection) as captured:
            client.get(book.world.url("board/"), {"month": "2025-12", "window": "12"})
        counts.append(len([q for q in captured if "metrics_" in q["sql"]]))
    assert counts[1] == counts[0]


def test_leader_sees_hidden_accounts_as_one_line(book):
    """ROL-01: what a role may not open stays in the sum without its name."""
    close(book)
    with book.world.open():
        Account.objects.filter(external_id="B").update(owner=book.world.members["csm"])
    book.period("B", "2024-02-01", "2025-10-01", "800.00", key="P-2")
    book.period("A", "2025-06-01", "", "1600.00", key="P-1")
    refresh(book)
    found = page(book, "metrics/nrr/", role="leader", basis="reported").context["restated"]
    assert [row["name"] for row in found["rows"]] == ["A"]
    assert len(found["extra"]) == 1
    assert found["whole"] == page(book, "metrics/nrr/", basis="reported").context["restated"]["whole"]


def test_audit_pack_holds_every_sheet_and_agrees(book):
    """One workbook: figure, bridge, accounts, movements, changes, source rows, definition, close; nothing computes."""
    book.period("=1+1", "2025-03-01", "", "10.00", key="=2+2")
    refresh(book)
    close(book)
    book.period("B", "2024-02-01", "", "500.00", key="P-2")
    refresh(book)
    answer = page(book, "metrics/nrr/audit.xlsx", basis="reported")
    assert answer.status_code == 200
    assert "audit-nrr-acme-2025-12.xlsx" in answer["Content-Disposition"]
    made = load_workbook(BytesIO(answer.content), read_only=True)
    assert made.sheetnames == [
        "Figure", "Bridge", "Accounts", "Movements", "Changes", "Source rows", "Definition", "Close",
    ]  # fmt: skip
    cells = {name: [list(row) for row in made[name].iter_rows(values_only=True)] for name in made.sheetnames}
    bridge = {row[0]: row[1] for row in cells["Bridge"][1:]}
    accounts = cells["Accounts"][1:]
    assert bridge["Opening"] == pytest.approx(sum(row[2] for row in accounts))
    assert bridge["Closing"] == pytest.approx(sum(row[4] for row in accounts))
    assert any(row[0] == "'=1+1" for row in accounts)
    assert not any(isinstance(c, str) and c.startswith("=") for rows_ in cells.values() for row in rows_ for c in row)
    told = {row[0]: row for row in cells["Close"] if row and row[0]}
    assert told["B"][1] == -300
    assert told["In all"][1] == -300
    assert len(cells["Changes"]) > 5
    assert len(cells["Movements"]) > 2
    assert page(book, "metrics/cohorts/audit.xlsx").status_code == 404
