"""The plan of a company (DSH-04): a grid, a file and the API write the same targets, in the unit that people write."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from cs_platform.kernel.errors import Conflict, DomainError
from metrics.enums import Metric
from metrics.models import MetricTarget
from metrics.plan import targets
from metrics.plan.targets import Cell, read_number

OCTOBER = dt.date(2026, 10, 1)


@pytest.mark.parametrize(
    ("text", "value", "language"),
    [
        ("110", "110", "en"),
        (" 110.5 % ", "110.5", "en"),
        ("$1,150,000", "1150000", "en"),
        ("1.150.000,25", "1150000.25", "en"),
        ("1,150,000.25", "1150000.25", "id"),
        ("1,150", "1150", "en"),
        ("1.150", "1.150", "en"),
        ("1.150", "1150", "id"),
        ("1,150", "1.150", "id"),
        ("−12", "-12", "en"),
        ("0.105", "0.105", "id"),
    ],
)
def test_numbers_are_read_as_people_write_them(text, value, language):
    with translation.override(language):
        assert read_number(text) == Decimal(value)


@pytest.mark.parametrize("text", ["abc", "1e400", "NaN", "1,2,3.4.5", "--3", "%", "Infinity", "9" * 40])
def test_what_is_no_number_is_refused(text):
    with pytest.raises(ValueError):
        read_number(text)


def test_an_empty_cell_has_no_target():
    assert read_number("  ") is None


def test_scaled_is_the_unit_of_the_plan():
    assert targets.scaled(Metric.NRR, Decimal("1.124"), "USD") == Decimal("112.4")
    assert targets.scaled(Metric.LTV, Decimal(115_000_000), "USD") == Decimal(1_150_000)
    assert targets.scaled(Metric.LTV, Decimal(5_000), "JPY") == Decimal(5_000)
    assert targets.scaled(Metric.NPS, Decimal(47), "USD") == Decimal(47)
    assert targets.scaled(Metric.NPS, None, "USD") is None


def test_the_fiscal_year_begins_in_the_companys_month(world):
    world.tenant.fiscal_start_month = 4
    months = targets.fiscal_year(world.tenant, dt.date(2026, 2, 1))
    assert (months[0], months[-1], len(months)) == (dt.date(2025, 4, 1), dt.date(2026, 3, 1), 12)


def test_saving_twice_changes_nothing_and_none_takes_away(tenant_open):
    by = tenant_open.members["admin"]
    cells = [Cell(Metric.NRR, OCTOBER, Decimal(110)), Cell(Metric.LTV, OCTOBER, Decimal(1_150_000))]
    assert targets.save_targets(cells=cells, by=by) == 2
    before = list(MetricTarget.objects.order_by("id").values_list("id", "metric", "value"))
    assert targets.save_targets(cells=cells, by=by) == 0
    assert list(MetricTarget.objects.order_by("id").values_list("id", "metric", "value")) == before
    assert targets.save_targets(cells=[Cell(Metric.NRR, OCTOBER, None)], by=by) == 1
    assert targets.for_metric(Metric.NRR, [OCTOBER]) == {}
    assert targets.for_metric(Metric.LTV, [OCTOBER]) == {OCTOBER: Decimal(1_150_000)}


def test_one_wrong_cell_and_nothing_is_written(tenant_open):
    wrong = [
        Cell(Metric.NRR, OCTOBER, Decimal(110)),
        Cell(Metric.NPS, OCTOBER, Decimal(101)),
        Cell(Metric.CSAT, OCTOBER, Decimal(9)),
        Cell("nonsense", OCTOBER, Decimal(1)),
        Cell(Metric.GRR, OCTOBER, Decimal("90.12345")),
    ]
    with pytest.raises(DomainError) as refused:
        targets.save_targets(cells=wrong, by=None)
    assert set(refused.value.fields) == {"nps-2026-10", "csat-2026-10", "nonsense-2026-10", "grr-2026-10"}
    assert not MetricTarget.objects.exists()


def test_who_saves_an_old_state_is_told(tenant_open):
    months = targets.fiscal_year(tenant_open.tenant, OCTOBER)
    seen = targets.stamp(months)
    targets.save_targets(cells=[Cell(Metric.NRR, OCTOBER, Decimal(110))], by=None)
    with pytest.raises(Conflict):
        targets.save_targets(cells=[Cell(Metric.NRR, OCTOBER, Decimal(120))], by=None, seen=(months, seen))
    assert targets.for_metric(Metric.NRR, [OCTOBER]) == {OCTOBER: Decimal(110)}


def test_the_page_saves_shows_refuses_and_exports(worlds):
    mine, theirs = worlds
    with theirs.open():
        targets.save_targets(cells=[Cell(Metric.NRR, OCTOBER, Decimal("66.6"))], by=None)
    client, url = mine.client("executive"), mine.url("settings/targets/")
    page = client.get(url, {"from": "2026-10"})
    assert page.status_code == 200
    assert b"66.6" not in page.content
    form = {"from": "2026-01", "seen": page.context["seen"], "nrr-2026-10": "110 %", "ltv-2026-10": "1,150,000"}
    assert client.post(url, form).status_code == 302
    shown = client.get(url, {"from": "2026-01"}).content.decode()
    assert 'name="nrr-2026-10" value="110"' in shown
    assert 'name="ltv-2026-10" value="1150000"' in shown
    assert client.post(url, form).status_code == 409, "the state that was seen is gone"
    seen = client.get(url, {"from": "2026-01"}).context["seen"]
    bad = client.post(url, {"from": "2026-01", "seen": seen, "nrr-2026-11": "abc", "nps-2026-11": "200"})
    assert bad.status_code == 422
    assert 'value="abc"' in bad.content.decode()
    exported = client.get(mine.url("settings/targets/targets.csv"), {"from": "2026-01"}).content.decode()
    assert exported.splitlines() == ['"metric","month","value"', '"nrr","2026-10",110', '"ltv","2026-10",1150000']
    assert mine.client("csm").get(url).status_code == 403
    assert mine.client("csm").post(url, form).status_code == 403
    assert theirs.client("admin").get(url).status_code == 404


def test_a_file_is_read_whole_or_not_at_all(worlds):
    mine, theirs = worlds
    client, url = mine.client("admin"), mine.url("settings/targets/")

    def send(text: str):
        return client.post(url, {"file": SimpleUploadedFile("t.csv", text.encode(), "text/csv")})

    assert send("metric,month,value\nnrr,2026-10,110\ngrr,2026-10,91.5\n").status_code == 302
    with mine.open():
        assert MetricTarget.objects.count() == 2
    for text in (
        "metric,month,value\nnrr,2026-10,111\nnrr,October,110\n",
        "metric,month,value\nnrr,2026-10,111\nnps,2026-10,1000\n",
        "metric,month\nnrr,2026-10\n",
        "metric,month,value\nnrr,2026-10\n\x00",
        "",
    ):
        answer = send(text)
        assert answer.status_code == 422, text
    with mine.open():
        assert targets.for_metric(Metric.NRR, [OCTOBER]) == {OCTOBER: Decimal(110)}
    assert send("metric,month,value\nnrr,2026-10,\n").status_code == 302
    with mine.open():
        assert targets.for_metric(Metric.NRR, [OCTOBER]) == {}
    with theirs.open():
        assert not MetricTarget.objects.exists()


def test_a_cell_given_twice_is_refused(world):
    """A file or request that says two things of one month is not half believed."""
    cells = [targets.Cell("nrr", dt.date(2026, 1, 1), Decimal(n)) for n in ("105", "106")]
    with world.open(), pytest.raises(DomainError) as refused:
        targets.save_targets(cells=cells, by=None)
    assert set(refused.value.fields) == {"nrr-2026-01"}
    with world.open():
        assert not MetricTarget.objects.exists()
