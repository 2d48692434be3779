"""Bands (MET-02 to MET-04, MET-16, ruling E11): edges on unrounded values, the tenant's own rows, what is refused."""

from decimal import Decimal as D
from itertools import pairwise

import pytest

from cs_platform.kernel.errors import DomainError
from metrics.bands import (
    BANDED,
    DEFAULT_BANDS,
    LESS_IS_BETTER,
    Band,
    band_of,
    bands_for,
    holes,
    normal_band,
    replace_bands,
    reset_bands,
)
from metrics.enums import Metric
from metrics.models import MetricBand
from tests.accounts.book import HOSTILE

EDGES = [
    (Metric.NRR, "140.1", "Best"), (Metric.NRR, "120", "Best"), (Metric.NRR, "119.9999", "Good"), (Metric.NRR, "110", "Good"),
    (Metric.NRR, "109.9999", "Acceptable"), (Metric.NRR, "100", "Acceptable"), (Metric.NRR, "90", "Warning"),
    (Metric.NRR, "89.9999", "Critical"), (Metric.NRR, "0", "Critical"),
    (Metric.GRR, "98.5", "Best"), (Metric.GRR, "95", "Best"), (Metric.GRR, "90", "Good"), (Metric.GRR, "85", "Acceptable"),
    (Metric.GRR, "80", "Warning"), (Metric.GRR, "79.9999", "Critical"),
    (Metric.LOGO_CHURN, "0", "Best"), (Metric.LOGO_CHURN, "4.9999", "Best"), (Metric.LOGO_CHURN, "5", "Good"),
    (Metric.LOGO_CHURN, "10", "Acceptable"), (Metric.LOGO_CHURN, "15", "Warning"), (Metric.LOGO_CHURN, "20", "Warning"),
    (Metric.LOGO_CHURN, "20.0001", "Critical"),
    (Metric.NPS, "71", "Best"), (Metric.NPS, "50", "Best"), (Metric.NPS, "30", "Good"), (Metric.NPS, "10", "Acceptable"),
    (Metric.NPS, "9.9", "Poor"), (Metric.NPS, "-100", "Poor"),
]  # fmt: skip


@pytest.mark.parametrize(("metric", "value", "name"), EDGES)
def test_edges(metric, value, name):
    band = band_of(metric, DEFAULT_BANDS[metric], D(value))
    assert band is not None
    assert band.name == name


def test_undefined_has_no_band():
    assert band_of(Metric.NRR, DEFAULT_BANDS[Metric.NRR], None) is None
    assert Metric.LTV not in DEFAULT_BANDS


def test_defaults_leave_no_hole_and_do_not_overlap():
    for metric in BANDED:
        bands = DEFAULT_BANDS[metric]
        upwards = bands if metric in LESS_IS_BETTER else bands[::-1]
        assert upwards[0].lower is None
        assert upwards[-1].upper is None
        assert all(low.upper == high.lower for low, high in pairwise(upwards))
        assert holes(bands) == []
        assert normal_band(bands).name == "Good"


def test_own_bands_replace_the_defaults_of_one_tenant(worlds):
    mine, theirs = worlds
    own = [Band("Fine", "good", D(100), None), Band("Low", "risk", D(50), D(90))]
    with mine.open():
        replace_bands(metric=Metric.NRR, bands=own, by=mine.members["ops"])
        assert [b.name for b in bands_for(Metric.NRR)] == ["Fine", "Low"]
        assert bands_for(Metric.GRR) is DEFAULT_BANDS[Metric.GRR]
        assert holes(bands_for(Metric.NRR)) == [(None, D(50)), (D(90), D(100))]
        assert band_of(Metric.NRR, bands_for(Metric.NRR), D(95)) is None
    with theirs.open():
        assert bands_for(Metric.NRR) is DEFAULT_BANDS[Metric.NRR]
    with mine.open():
        reset_bands(metric=Metric.NRR, by=mine.members["ops"])
        assert bands_for(Metric.NRR) is DEFAULT_BANDS[Metric.NRR]


@pytest.mark.parametrize(
    ("bands", "field"),
    [
        ([], "name-0"),
        ([Band("", "good", D(1), D(2))], "name-0"),
        ([Band("A", "good", D(1), D(2)), Band("a ", "good", D(2), D(3))], "name-1"),
        ([Band("A", "good", D(3), D(2))], "upper-0"),
        ([Band("A", "good", D(2), D(2))], "upper-0"),
        ([Band("A", "purple", D(1), D(2))], "tone-0"),
        ([Band("A", "good", D(1), D(3)), Band("B", "good", D(2), D(4))], "lower-1"),
        ([Band("A", "good", None, None), Band("B", "good", D(2), D(4))], "lower-1"),
        ([Band("A", "good", None, D(5)), Band("B", "good", None, D(4))], "lower-0"),
    ],
)
def test_refused(tenant_open, bands, field):
    with pytest.raises(DomainError) as refusal:
        replace_bands(metric=Metric.NRR, bands=bands, by=tenant_open.members["ops"])
    assert set(refusal.value.fields) == {field}
    assert MetricBand.objects.count() == 0


def sent(*rows: tuple[str, str, str, str]) -> dict[str, str]:
    return {
        f"{column}-{number}": value
        for number, row in enumerate(rows)
        for column, value in zip(("name", "tone", "lower", "upper"), row, strict=True)
    }


@pytest.fixture
def settings_page(world, monkeypatch):
    """A signed-in operator's browser at the bands of NRR."""
    client = world.client("ops")
    return client, world.url("settings/bands/nrr/")


def test_page_saves_refuses_and_resets(world, settings_page):
    """What is wrong stands at its field, nothing is saved; a saved change judges the board at once."""
    client, url = settings_page
    page = client.get(url)
    assert page.status_code == 200
    assert page.content.count(b'value="110"') == 2  # lower edge of Good, upper edge of Acceptable

    wrong = client.post(url, sent(("Good", "good", "110", ""), ("Low", "risk", "", "120")))
    assert wrong.status_code == 422
    assert "overlap" in wrong.content.decode()
    junk = client.post(url, sent(("Good", "good", "many", ""), ("Low", "risk", "NaN", "1e999")))
    assert junk.status_code == 422
    with world.open():
        assert MetricBand.objects.count() == 0

    saved = client.post(
        url, sent((HOSTILE[:60], "good", "50.5", ""), ("", "none", "", ""), ("Low", "risk", "", "50.5"))
    )
    assert saved.status_code == 302
    with world.open():
        assert [(b.name, b.lower) for b in bands_for(Metric.NRR)] == [(HOSTILE[:60].strip(), D("50.5")), ("Low", None)]
    assert b"<script>alert" not in client.get(world.url("settings/bands/")).content
    assert client.post(url, {"reset": "1"}).status_code == 302
    with world.open():
        assert bands_for(Metric.NRR) is DEFAULT_BANDS[Metric.NRR]


def test_only_who_may_change_settings(world):
    for role, status in (("csm", 403), ("leader", 403), ("executive", 403), ("ops", 200), ("admin", 200)):
        assert world.client(role).get(world.url("settings/bands/")).status_code == status
    assert world.client("ops").get(world.url("settings/bands/ltv/")).status_code == 404
    assert world.client("ops").get(world.url("settings/bands/nothing/")).status_code == 404
