"""A change of the reporting currency: the whole history is valued anew, as if the company had always reported so."""

import datetime as dt
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from accounts.models import Account, Tenant
from cs_platform.kernel import queue
from cs_platform.kernel.errors import Conflict, DomainError
from cs_platform.kernel.models import AuditEntry, Work
from expansion.models import Opportunity
from health.models import Outcome
from metrics.figures import currencies, jobs, lineage
from metrics.models import AccountMonth, CohortMonth, CurrencyChange, MetricTarget, MrrMovement, RetentionMonth
from metrics.proof.moved import moved_by
from renewals.models import Renewal, SavePlay
from tests.books import Book, read
from tests.conftest import World, make_world

NIGHT = "2017-12-03"
END = dt.date(2017, 12, 2)


def change(world: World, currency: str) -> None:
    """As a person wishes it and a worker does it."""
    with world.open():
        work = currencies.request_change(target=currency, by=world.members["admin"])
    queue.run_to_end(world.tenant.id, work.id)
    world.tenant.refresh_from_db()


def tables(world: World) -> dict[str, Any]:
    """Everything that figures are read from, by the ids of people outside."""
    with world.open():
        names = dict(Account.objects.values_list("id", "external_id"))
        months = AccountMonth.objects.order_by("account__external_id", "month").values()
        lines: dict[Any, int] = {}
        rows = MrrMovement.objects.values_list(
            "account__external_id",
            "month",
            "kind",
            "subscription__external_id",
            "subscription__start_on",
            "amount_minor",
        )
        for *key, amount in rows:
            lines[tuple(key)] = lines.get(tuple(key), 0) + amount
        return {
            "months": [
                {k: v for k, v in row.items() if k not in ("tenant_id", "account_id")} | {"a": names[row["account_id"]]}
                for row in months
            ],
            "retention": [_plain(r) for r in RetentionMonth.objects.order_by("month", "window", "dimension", "value").values()],
            "cohorts": [_plain(r) for r in CohortMonth.objects.order_by("cohort_month", "month").values()],
            "ledger": {key: amount for key, amount in lines.items() if amount},
            "accounts": list(Account.objects.order_by("external_id").values_list("external_id", "mrr_minor", "status")),
        }  # fmt: skip


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in row.items() if k not in ("tenant_id", "value")} | (
        {"value": ""} if row.get("dimension") == "segment" else {"value": row.get("value")}
    )


def collective(slug: str, currency: str, tenants: tuple[str, ...]) -> Book:
    """Charges of two organisations of Open Collective in their own currencies, and the ECB's month-end rates."""
    book = Book(make_world(slug, slug, fiscal_start_month=1))
    Tenant.objects.filter(id=book.world.tenant.id).update(currency=currency)
    book.world.tenant.refresh_from_db()
    rates = [r for r in RATES if "2016-01" <= r["month"] <= "2017-12"]
    book.merge("fx_rates", [{name: r[name] for name in ("month", "base", "quote", "rate")} for r in rates])
    book.merge("subscriptions", [p for p in PERIODS if p["tenant"] in tenants])
    book.night(NIGHT)
    return book


PERIODS = read("opencollective/subscriptions.csv.gz")
RATES = read("fx/ecb_month_end.csv.gz")
ORGANISATIONS = tuple(sorted({p["tenant"] for p in PERIODS}))


@pytest.mark.django_db(transaction=True)
def test_a_changed_company_has_the_tables_of_one_that_always_reported_so():
    """METRICS rule 17, ADR 0005: Open Collective with the ECB's rates, in USD, EUR and IDR and back, to the cent."""
    book = collective("moves", "USD", ORGANISATIONS)
    first = tables(book.world)
    for currency in ("EUR", "IDR", "USD"):
        change(book.world, currency)
        assert book.world.tenant.currency == currency
        expected = (
            first
            if currency == "USD"
            else tables(collective(f"born-{currency.lower()}", currency, ORGANISATIONS).world)
        )
        found = tables(book.world)
        for name, rows in expected.items():
            assert found[name] == rows, (currency, name)
        assert book.findings() == []


def small(world: World) -> Book:
    book = Book(world)
    for month in ("2025-09", "2025-10", "2025-11"):
        book.rate(month, "EUR", "USD", "1.10")
    book.rate("2025-11", "EUR", "USD", "1.25")
    book.period("A", "2025-09-01", "", "100.00")
    book.period("B", "2025-10-01", "", "80.00", currency="EUR")
    book.night("2025-12-03")
    return book


@pytest.mark.django_db(transaction=True)
class TestChange:
    def test_lines_keep_the_currency_that_they_were_posted_in(self, world: World, rival: World):
        """MrrMovement is append-only: nothing is rewritten, and each line says what it is counted in."""
        small(world)
        small(rival)
        with world.open():
            before = dict(MrrMovement.objects.values_list("id", "amount_minor"))
        with rival.open():
            beside = list(MrrMovement.objects.order_by("id").values())
        change(world, "EUR")
        with world.open():
            lines = list(currencies.with_currency(MrrMovement.objects.all(), "EUR").order_by("recorded_at", "id"))
            assert {line.id: line.amount_minor for line in lines if line.id in before} == before
            undone = [line for line in lines if line.reverses_id]
            assert {line.currency for line in undone} == {"USD"}
            assert sum(line.amount_minor for line in lines if line.currency == "USD") == 0
            posted = {
                (line.account.external_id, line.kind, line.currency): line.amount_minor
                for line in lines
                if line.currency == "EUR"
            }
            assert posted["A", "new", "EUR"] == 9091
            assert posted["B", "new", "EUR"] == 8000
            assert posted["A", "fx", "EUR"] == 8000 - 9091
            assert CurrencyChange.objects.get().changed_by == world.members["admin"]
            entry = AuditEntry.objects.filter(table=Tenant._meta.db_table).latest("id")
            assert entry.changes == {"currency": ["USD", "EUR"]}
        with rival.open():
            assert list(MrrMovement.objects.order_by("id").values()) == beside
            assert Tenant.objects.get(id=rival.tenant.id).currency == "USD"

    def test_kept_amounts_are_turned_over_and_come_back_to_the_cent(self, world: World, rival: World):
        """CAC at the rate of the signature, targets at their month, outcomes when agreed; ratios stay as they are."""
        small(world)
        day = dt.date(2025, 10, 5)
        with world.open():
            Account.objects.filter(external_id="A").update(cac_minor=10001, signed_on=day)
            account = Account.objects.get(external_id="A")
            Outcome.objects.create(
                account=account, external_id="O", name="x", baseline=1, target=2, agreed_on=day, due_on=day,
                data_source="x", known_on=day, source="api", value_minor=33333,
            )  # fmt: skip
            month = dt.date(2025, 11, 1)
            MetricTarget.objects.create(metric="mrr", month=month, value=Decimal("1000.01"))
            MetricTarget.objects.create(metric="nrr", month=month, value=Decimal(110))

        def kept() -> tuple[Any, ...]:
            with world.open():
                row = Account.objects.get(external_id="A")
                money, ratio = (MetricTarget.objects.get(metric=name).value for name in ("mrr", "nrr"))
                return row.cac_minor, Outcome.objects.get().value_minor, money, ratio

        first = kept()
        change(world, "EUR")
        assert kept() == (9092, 30303, Decimal("800.01"), Decimal(110))
        change(world, "USD")
        assert kept() == first
        change(world, "EUR")
        with world.open():  # somebody writes it anew in EUR: from then on that is what was said
            Account.objects.filter(external_id="A").update(cac_minor=5000)
        change(world, "USD")
        assert kept()[0] == 5500
        change(world, "EUR")
        assert kept()[0] == 5000

    def test_what_deals_and_renewals_kept_is_turned_over_too(self, world: World, rival: World):
        """ADR 0007: money of a month, at the rate of the day on which it was decided."""
        small(world)
        day = dt.date(2025, 10, 5)
        with world.open():
            account = Account.objects.get(external_id="A")
            usual = {"account": account, "currency": "USD", "external_id": "X", "source": "api"}
            Opportunity.objects.create(
                name="Seats", kind="seats", motion="upsell", amount_minor=1, stage="won", stage_since=day, identified_on=day,
                closed_on=day, won_mrr=10001, **usual,
            )  # fmt: skip
            Renewal.objects.create(
                due_on=day, opened_on=day, profile="smb", state="renewed", phase_since=day, closed_on=day, due_mrr=33333,
                kept_mrr=10001, **usual,
            )  # fmt: skip
            SavePlay.objects.create(account=account, cause="red", opened_on=day, mrr_minor=10001)

        def kept() -> tuple[Any, ...]:
            with world.open():
                renewal = Renewal.objects.get()
                return (
                    Opportunity.objects.get().won_mrr, renewal.due_mrr, renewal.kept_mrr, SavePlay.objects.get().mrr_minor,
                )  # fmt: skip

        first = kept()
        change(world, "EUR")
        assert kept() == (9092, 30303, 9092, 9092)
        change(world, "USD")
        assert kept() == first

    def test_a_failure_leaves_everything_as_it_was(self, world: World, monkeypatch: pytest.MonkeyPatch):
        """RELIABILITY: one transaction: old figures in the old currency, or new ones in the new."""
        small(world)
        first = tables(world)

        def die(as_of: dt.date) -> int:
            raise RuntimeError("out of memory")

        monkeypatch.setattr(jobs, "REVENUE", (*jobs.REVENUE[:2], ("retention", die)))
        with world.open():
            work = currencies.request_change(target="EUR", by=world.members["admin"])
        with pytest.raises(RuntimeError):
            queue.run_to_end(world.tenant.id, work.id)
        assert tables(world) == first
        assert Tenant.objects.get(id=world.tenant.id).currency == "USD"
        with world.open():
            assert not CurrencyChange.objects.exists()

    def test_lines_are_shown_in_the_currency_that_they_were_posted_in(self, world: World, rival: World):
        """DSH-04: known before the change the way down shows the lines of then, and claims nothing about their sum; the
        audit pack holds the lines of both currencies, and the way up from a period leaves out what was taken back."""
        small(world)
        with world.open():
            moment = jobs.clock()
        change(world, "EUR")
        change(small(rival).world, "EUR")
        with world.open():
            account = Account.objects.get(external_id="A")
            then = lineage.ledger_lines(account.id, dt.date.min, dt.date(2025, 11, 1), moment)
            assert [(line.amount, line.currency) for line in then] == [(10000, "USD")]
            now = lineage.ledger_lines(account.id, dt.date.min, dt.date(2025, 11, 1), jobs.clock())
            assert {(line.currency, line.lines) for line in now} == {("EUR", 1)}
            moved = moved_by(account.subscriptions.get())
            assert {row.currency for row in moved} == {"EUR"}
            assert sum(row.amount for row in moved) == sum(line.amount for line in now)
        asked = {"month": "2025-11", "window": "1", "part": "closing", "account": str(account.id)}
        client, here = world.client("executive"), world.url("metrics/mrr/")
        lines, version = client.get(here, asked | {"known": moment.isoformat()}).context["columns"][2:4]
        assert (lines["value"], lines["ok"], lines["check"]) == ("+$100.00", True, "")
        assert (version["value"], version["ok"]) == ("+€90.91", True)
        assert client.get(here, asked).context["columns"][2]["check"] == "2 movements, sum agrees"
        book = load_workbook(BytesIO(client.get(f"{here}audit.xlsx", asked).content), read_only=True)
        head, *rows = book["Movements"].iter_rows(values_only=True)
        totals: dict[Any, Decimal] = {}
        for row in rows:
            told = dict(zip(head, row, strict=True))
            totals[told["currency"]] = totals.get(told["currency"], Decimal(0)) + Decimal(str(told["amount"]))
        assert totals.keys() == {"EUR", "USD"}
        assert totals["USD"] == 0 != totals["EUR"]

    def test_figures_known_at_an_earlier_moment_are_told_in_todays_currency(self, world: World):
        book = small(world)
        with world.open():
            moment = jobs.clock()
        change(world, "EUR")
        row = book.month("mrr_monthly", "2025-11", known_at=moment)
        now = book.month("mrr_monthly", "2025-11")
        assert row == now


def test_it_is_refused_while_rates_are_missing_and_names_them(world: World, rival: World):
    book = Book(world)
    book.rate("2025-09", "EUR", "USD", "1.10")
    book.rate("2025-11", "EUR", "USD", "1.10")
    book.period("A", "2025-08-01", "2026-01-01", "100.00")
    book.night("2025-12-03")
    with world.open():
        with pytest.raises(DomainError) as refused:
            currencies.request_change(target="EUR", by=world.members["admin"])
        assert refused.value.code == "rates_missing"
        assert "USD → EUR: Aug 2025, Oct 2025" in refused.value.message
        with pytest.raises(DomainError, match="CHF"):
            currencies.request_change(target="CHF", by=world.members["admin"])
        with pytest.raises(DomainError, match="already"):
            currencies.request_change(target="USD", by=world.members["admin"])
        assert not Work.objects.filter(name=currencies.WORK).exists()


def test_one_change_at_a_time(world: World):
    small(world)
    with world.open():
        currencies.request_change(target="EUR", by=world.members["admin"])
        with pytest.raises(Conflict):
            currencies.request_change(target="EUR", by=world.members["admin"])


def test_the_page_shows_money_rates_and_what_they_did(world: World, rival: World):
    """METRICS rule 17: the effect of rates stands apart, and NRR does not move with them."""
    small(world)
    page = world.client("executive").get(world.url("settings/currencies/")).content.decode()
    for text in ("€80.00", "$100.00", "EUR → USD", "$200.00"):
        assert text in page, text
    assert "Rates moved MRR by +$12.00" in page
    assert "Change the currency" not in page
    assert "Change the currency" in world.client("admin").get(world.url("settings/currencies/")).content.decode()
    assert "No figures yet" in rival.client("admin").get(rival.url("settings/currencies/")).content.decode()


def test_missing_rates_stand_on_the_page_with_their_months(world: World):
    book = Book(world)
    book.rate("2025-10", "EUR", "USD", "1.10")
    book.period("A", "2025-09-01", "", "100.00", currency="EUR")
    book.period("B", "2025-09-01", "", "100.00", currency="CHF")
    book.night("2025-12-03")
    page = world.client("leader").get(world.url("settings/currencies/")).content.decode()
    assert "EUR → USD: Sep 2025, Nov 2025" in page
    assert "CHF → USD: Sep 2025 to Nov 2025" in page
    assert "carried on" in page


def test_a_small_rate_keeps_the_digits_that_give_the_amount_beside_it(world: World):
    """METRICS rule 17: whoever multiplies the money in its currency by the rate shown gets the money shown."""
    book = Book(world)
    book.rate("2025-10", "IDR", "USD", "0.0000558937")
    book.period("A", "2025-09-01", "", "2402627875.00", currency="IDR")
    book.night("2025-11-03")
    assert "0.0000558937" in world.client("leader").get(world.url("settings/currencies/")).content.decode()


def test_a_wish_of_a_person(world: World):
    small(world)
    admin = world.client("admin")
    here = world.url("settings/currencies/change/")
    for data, text in (
        ({"currency": "EUR"}, "This field is required"),
        ({"currency": "XXZ", "understood": "on"}, "not a currency code"),
        ({"currency": "CHF", "understood": "on"}, "Rates are missing"),
    ):
        answer = admin.post(here, data)
        assert answer.status_code == 422
        assert text in answer.content.decode()
    assert world.client("executive").post(here, {"currency": "EUR", "understood": "on"}).status_code == 403
    assert admin.post(here, {"currency": "eur", "understood": "on"}).status_code == 302
    page = admin.get(world.url("settings/currencies/")).content.decode()
    assert "Reporting in EUR" in page
    assert "being valued anew" in admin.get(world.url("settings/currencies/progress/")).content.decode()
    with world.open():
        work = currencies.pending()
        assert work is not None
    queue.run_to_end(world.tenant.id, work.id)
    assert admin.get(world.url("settings/currencies/progress/")).status_code == 302
    page = admin.get(world.url("settings/currencies/")).content.decode()
    assert "USD → EUR" in page
    assert "Changes so far" in page


def test_the_page_needs_few_questions(world: World):
    small(world)
    client = world.client("admin")
    client.get(world.url("settings/currencies/"))
    with CaptureQueriesContext(connection) as asked:
        client.get(world.url("settings/currencies/"))
    assert len(asked) <= 45
