"""Files and reports of renewals (REN-08, API-02): the rows of the list, the sums of the page, of a day that is over as they stood."""

import csv
import io
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Segment
from metrics.figures.reports import run_report
from renewals import files
from renewals.models import Renewal, SavePlay
from tests.conftest import World
from tests.renewals.pages_world import DAY, Book
from tests.renewals.test_forecast import frozen

pytestmark = pytest.mark.django_db


@pytest.fixture
def book(world: World) -> Book:
    found = Book(world)
    found.renewal(
        "Halcyon", days=38, mrr=3_433_300, calls={"system": 34, "csm": 65, "leader": 50}, next_step="=SUM(A1)"
    )
    found.renewal("Orion", days=48, mrr=1_000, owner="leader", calls={"system": 96})
    return found


def table(world: World, path: str, role: str = "admin", **asked: Any) -> list[dict[str, str]]:
    answer = world.client(role).get(world.url(path), asked)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def test_the_list_goes_into_a_file_as_it_is_filtered(world: World, book: Book):
    """REN-08: rows of the filters in their order; a year's money; text is no formula; a CSM the own book."""
    rows = table(world, "renewals/renewals.csv")
    assert list(rows[0]) == list(files.HEAD)
    assert [(row["account_name"], row["arr"], row["confidence"]) for row in rows] == [
        ("Halcyon", "411996.00", "at_risk"), ("Orion", "120.00", "commit"),
    ]  # fmt: skip
    assert rows[0]["next_step"] == "'=SUM(A1)"
    assert [row["account_name"] for row in table(world, "renewals/renewals.csv", sort="arr")] == ["Halcyon", "Orion"]
    assert [row["account_name"] for row in table(world, "renewals/renewals.csv", q="ori")] == ["Orion"]
    assert [row["account_name"] for row in table(world, "renewals/renewals.csv", "csm")] == ["Halcyon"]
    workbook = world.client("admin").get(world.url("renewals/renewals.xlsx"))
    assert workbook.content[:2] == b"PK"
    page = world.client("admin").get(world.url("renewals/?q=ori")).content.decode()
    assert "/renewals/renewals.csv?q=ori" in page


def test_the_forecast_s_file_says_what_the_page_says(world: World, book: Book):
    """REN-08: all, by month, segment and CSM; each cut adds up to all."""
    rows = table(world, "renewals/forecast.csv")
    assert list(rows[0]) == list(files.FORECAST_HEAD)
    whole = rows[0]
    assert (whole["by"], whole["renewals"], whole["due_arr"], whole["leader_loss"]) == (
        "all",
        "2",
        "412116.00",
        "205998.00",
    )
    for by in ("month", "segment", "csm"):
        own = [row for row in rows if row["by"] == by]
        for name in ("renewals", "due_arr", "commit_arr", "likely_arr", "at_risk_arr", "system_loss", "csm_loss"):
            assert sum((Decimal(row[name] or 0) for row in own), Decimal(0)) == Decimal(whole[name]), (by, name)
    assert table(world, "renewals/forecast.csv", "csm")[0]["due_arr"] == "411996.00"
    assert world.client("admin").get(world.url("renewals/forecast.xlsx")).content[:2] == b"PK"
    page = world.client("admin").get(world.url("renewals/?view=forecast")).content.decode()
    assert "/renewals/forecast.csv?view=forecast" in page


def test_files_of_a_rival_are_theirs(worlds: tuple[World, World]):
    Book(worlds[1]).renewal("Rival Secret")
    assert table(worlds[0], "renewals/renewals.csv") == []
    assert table(worlds[0], "renewals/forecast.csv")[0]["renewals"] == "0"


def test_the_reports_of_today_and_of_a_day_that_is_over(world: World, book: Book):
    """API-02: the forecast as it stands and as it stood; rates, accuracy and saves up to the day; nothing later shows."""
    with world.open():
        one = Renewal.objects.get(account__name="Halcyon")
        now = run_report("renewal_forecast")
        assert sum(row["due_arr"] for row in now.rows) == Decimal("412116.00")
        assert sum(row["leader_loss"] or 0 for row in now.rows) == Decimal("205998.00")
        assert sum(row["leader_uncalled"] for row in now.rows) == 1
        assert len(now.rows) == 6
        frozen(one, book.today - 10 * DAY, 90, 1_000, "leader")
        then = run_report("renewal_forecast", as_of=book.today - 8 * DAY)
        assert sum(row["leader_loss"] or 0 for row in then.rows) == Decimal("12.00")
        assert sum(row["renewals"] for row in run_report("renewal_forecast", as_of=book.today - 11 * DAY).rows) == 0
        Segment.objects.get_or_create(name="Other")
        assert sum(row["renewals"] for row in run_report("renewal_forecast", segment="Enterprise").rows) == 2
        assert sum(row["renewals"] for row in run_report("renewal_forecast", segment="Other").rows) == 0


def test_reports_of_what_was_decided(world: World):
    """REN-03, REN-05, HLT-13."""
    book = Book(world)
    one = book.renewal("A", days=-40)
    with world.open():
        Renewal.objects.filter(id=one.id).update(
            state="contracted", closed_on=one.due_on - 31 * DAY, due_mrr=1_000, kept_mrr=900
        )
        frozen(one, one.due_on - 60 * DAY, 80, 1_000)
        SavePlay.objects.create(
            account=one.account, cause="red", opened_on=one.due_on - 100 * DAY, lead_days=100, mrr_minor=1, state="saved",
            decided_on=one.due_on - 31 * DAY,
        )  # fmt: skip
        rates = run_report("renewal_rate").rows
        assert {row["dimension"] for row in rates} == {"all", "month", "quarter", "segment", "csm", "customer_since"}
        assert all(
            (row["decided"], row["early"], row["renewal_rate"], row["reached_95"]) == (1, 1, Decimal("0.9"), False)
            for row in rates
        )
        (csm,) = (
            row for row in run_report("renewal_accuracy").rows if (row["caller"], row["lead_days"]) == ("csm", 60)
        )
        assert (csm["renewals"], csm["brier"], csm["bias_points"], csm["few"]) == (
            1,
            Decimal("0.04"),
            Decimal(-20),
            True,
        )
        assert (csm["called_about_arr"], csm["called_too_much_arr"]) == (Decimal("120.00"), Decimal("-12.00"))
        saves = {row["lead_days"]: row for row in run_report("save_rate").rows}
        assert (saves["90+"]["save_rate"], saves["90+"]["literal_rate"]) == (1, 1)
        before = one.due_on - 32 * DAY
        assert run_report("renewal_rate", as_of=before).rows[0]["due"] == 0
        assert all(row["renewals"] == 0 for row in run_report("renewal_accuracy", as_of=before).rows)
        assert {row["decided"] for row in run_report("save_rate", as_of=before).rows} == {0}
