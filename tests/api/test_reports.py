"""Reports over HTTP: the same rows as the command, as JSON and CSV, with definition, day and knowledge (API-02)."""

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest

from accounts.enums import ChangeSource
from accounts.kinds import Row
from accounts.merging import Origin, merge_subscriptions
from accounts.models import Account, Tenant
from accounts.rows import parse
from cs_platform.kernel import queue
from cs_platform.kernel.money import to_minor
from cs_platform.kernel.tenancy import tenant_context
from health.support.merge import merge_tickets
from health.usage import rollup
from metrics.figures import jobs
from metrics.figures.reports import REPORTS, run_report
from tests.api.test_reading import fill
from tests.health.usage_events import Event, put

AS_OF = dt.date(2028, 2, 29)


@pytest.fixture
def counted(worlds):
    """Two tenants with three customers each, and their boards."""
    for world in worlds:
        with world.open():
            fill(world)
            left = {
                "account": "LEFT-1",
                "subscription_id": "L-1",
                "start_date": "2027-01-01",
                "end_date": "2027-03-01",
                "interval_months": "1",
                "amount": "10",
                "currency": "USD",
            }
            merge_subscriptions(
                [row for row in [parse("subscriptions", 1, left)] if isinstance(row, Row)], Origin(ChangeSource.API)
            )
            queue.mark_dirty("revenue", Account.objects.values_list("id", flat=True))
            jobs.build_account_months(AS_OF)
            jobs.build_retention(AS_OF)
            moments = [dt.datetime(2026, 1, day, 9, tzinfo=dt.UTC) for day in (5, 6)]
            put(Event(account.id, at, "edit", "u1") for account in Account.objects.all() for at in moments)
            rollup.roll_up_all(AS_OF)
            tickets = [
                parse(
                    "tickets",
                    n,
                    {"ticket": f"T-{n}", "event_at": f"2026-01-05T{hour:02d}:00:00Z", "state": state, "account": key},
                )
                for n, key in enumerate(Account.objects.values_list("external_id", flat=True), start=1)
                for hour, state in ((9, "New"), (10, "Active"))
            ]
            merge_tickets([row for row in tickets if isinstance(row, Row)], Origin(ChangeSource.API))
            Tenant.objects.filter(id=world.tenant.id).update(night_done_on=AS_OF)
    return worlds


@pytest.mark.parametrize("name", list(REPORTS))
def test_every_report_answers_as_the_selector_does(api, counted, name):
    with counted[0].open():
        expected = run_report(name)
    body = api.get(f"reports/{name}").json()
    assert body["report"] == name
    assert body["columns"] == REPORTS[name].columns
    assert body["definition"] == str(REPORTS[name].definition)
    assert body["as_of"] == AS_OF.isoformat()
    assert dt.datetime.fromisoformat(body["known_at"]).tzinfo is not None
    assert len(body["rows"]) == len(expected.rows) > 0
    for row, right in zip(body["rows"], expected.rows, strict=True):
        assert list(row) == body["columns"]
        for column in body["columns"]:
            shown, value = row[column], right[column]
            value = value.isoformat() if isinstance(value, dt.date) else value
            assert isinstance(shown, str) if isinstance(value, Decimal) else shown == value, (column, shown, value)
            assert "E" not in str(shown) or not isinstance(value, Decimal)


def written(value: object) -> str:
    """A value of JSON as a CSV file has it."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("name", list(REPORTS))
def test_csv_holds_the_same_cells(api, counted, name):
    body = api.get(f"reports/{name}").json()
    for answer in (api.get(f"reports/{name}?format=csv"), api.get(f"reports/{name}", Accept="text/csv")):
        assert answer.status_code == 200
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        assert answer["Content-Disposition"] == f'attachment; filename="{name}.csv"'
        assert answer["X-Report-As-Of"] == body["as_of"]
        rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
        assert list(rows[0]) == body["columns"]
        assert rows == [{k: written(v) for k, v in row.items()} for row in body["rows"]]


def test_months_and_segment_cut_the_rows(api, counted):
    def months(query):
        return [row["month"] for row in api.get(f"reports/mrr_monthly?{query}").json()["rows"]]

    assert months("from=2026-02&to=2026-04") == ["2026-02", "2026-03", "2026-04"]
    assert months("as_of=2026-02-28")[-1] == "2026-02"
    assert months("segment=Enterprise&to=2026-01") == ["2026-01"]
    assert api.get("reports/mrr_monthly?segment=Enterprise&to=2026-01").json()["rows"][0]["new_mrr"] == "250.02"


def test_an_earlier_knowledge_answers_without_the_facts_that_came_later(api, counted):
    before = (dt.datetime.now(dt.UTC) - dt.timedelta(days=1)).isoformat().replace("+", "%2B")
    now = dt.datetime.now(dt.UTC).isoformat().replace("+", "%2B")
    assert api.get(f"reports/mrr_monthly?known_at={before}").json()["rows"] == []
    assert (
        api.get(f"reports/mrr_monthly?known_at={now}").json()["rows"] == api.get("reports/mrr_monthly").json()["rows"]
    )


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=13", "from"),
        ("to=2026-13", "to"),
        ("as_of=2026-02-30", "as_of"),
        ("as_of=0001-01-01", "as_of"),
        ("as_of=9999-12-31", "as_of"),
        ("known_at=0001-01-01T00:00:00Z", "known_at"),
        ("known_at=now", "known_at"),
        ("segment=Unknown", "segment"),
        ("segment=%00", "segment"),
        ("form=2026-01", "form"),
        ("limit=5", "limit"),
    ],
)
def test_a_question_that_cannot_be_meant_is_422_and_names_the_field(api, counted, query, field):
    answer = api.get(f"reports/mrr_monthly?{query}")
    assert answer.status_code == 422, answer.content
    assert list(answer.json()["error"]["fields"]) == [field]
    assert answer["Content-Type"] == "application/json"
    assert api.get(f"reports/mrr_monthly?{query}&format=csv")["Content-Type"] == "application/json"


def test_a_form_that_is_not_offered_is_406_and_a_report_that_is_not_there_404(api, counted):
    assert api.get("reports/mrr_monthly?format=xml").status_code == 406
    assert api.get("reports/churn").status_code == 404


def test_names_never_become_formulas_in_a_csv(api, counted):
    with counted[0].open():
        Account.objects.filter(external_id="A-1").update(external_id="=HYPERLINK(1)")
    text = api.get("reports/account_month?format=csv").content.decode()
    assert '"\'=HYPERLINK(1)"' in text


def test_reports_never_count_another_tenants_money(api, counted):
    _mine, theirs = counted
    with tenant_context(theirs.tenant.id):
        Account.objects.update(name="secret")
    row = api.get("reports/mrr_monthly?to=2026-01").json()["rows"][0]
    assert to_minor(Decimal(row["new_mrr"]), "USD") == 3 * 8334
    assert row["new_customers"] == 3
    assert {r["account"] for r in api.get("reports/account_month").json()["rows"]} == {"A-0", "A-1", "A-2", "LEFT-1"}
