"""Bands (MET-02 to MET-04, MET-16, ruling E11): edges on unrounded values, the tenant's own rows, what is refused."""

from decimal import Decimal as D
from itertools import pairwise

import pytest

from cs_platform.kernel.errors import DomainError
from metrics.enums import Metric
from metrics.figures.bands import (
    BANDED,
    DEFAULT_BANDS,
    LESS_IS_BETTER,
    Band,
    band_of,
    bands_for,
    check_bands,
    holes,
    normal_band,
    replace_bands,
    reset_bands,
    ttv_bands,
    unnamed,
)
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
    (Metric.EXPANSION_RATE, "36", "Best"), (Metric.EXPANSION_RATE, "25", "Best"), (Metric.EXPANSION_RATE, "15", "Good"),
    (Metric.EXPANSION_RATE, "10", "Acceptable"), (Metric.LAND_AND_EXPAND, "2", "Excellent"), (Metric.LAND_AND_EXPAND, "3.5", "Excellent"),
    (Metric.LAND_AND_EXPAND, "1.5", "Good"), (Metric.LAND_AND_EXPAND, "1.1999", "Poor"),
    (Metric.LTV_CAC, "2.9999", "Below target"), (Metric.LTV_CAC, "3", "Good"), (Metric.LTV_CAC, "5", "Excellent"),
    (Metric.PAYBACK, "11.9", "Good"), (Metric.PAYBACK, "12", "Typical"), (Metric.PAYBACK, "18", "Above target"),
    (Metric.STICKINESS, "40", "Excellent"), (Metric.STICKINESS, "20", "Typical"), (Metric.FEATURE_ADOPTION, "70", "Good"),
    (Metric.FIRST_RESPONSE, "3.99", "On target"), (Metric.FIRST_RESPONSE, "4", "Above target"),
    (Metric.RESOLUTION, "24", "Above target"), (Metric.ESCALATION_RATE, "9.99", "On target"), (Metric.ESCALATION_RATE, "10", "Above target"),
]  # fmt: skip


@pytest.mark.parametrize(("metric", "value", "name"), EDGES)
def test_edges(metric, value, name):
    band = band_of(metric, DEFAULT_BANDS[metric], D(value))
    assert band is not None
    assert band.name == name


def test_undefined_has_no_band():
    assert band_of(Metric.NRR, DEFAULT_BANDS[Metric.NRR], None) is None
    assert Metric.LTV not in DEFAULT_BANDS


@pytest.mark.parametrize(
    ("metric", "value", "name"),
    [
        (Metric.EXPANSION_RATE, "8", "below typical"),
        (Metric.LAND_AND_EXPAND, "1.2", "between the bands"),
        (Metric.LAND_AND_EXPAND, "1.4999", "between the bands"),
        (Metric.STICKINESS, "19.9", "below typical"),
        (Metric.FEATURE_ADOPTION, "69", "below typical"),
    ],
)
def test_what_no_band_names(metric, value, name):
    """E11: holes of MET-11, MET-13 and HLT-07 get a neutral name."""
    assert band_of(metric, DEFAULT_BANDS[metric], D(value)) is None
    assert unnamed(metric, DEFAULT_BANDS[metric], D(value)) == name


def test_days_to_first_value_follow_the_profile():
    """MET-14: 60 to 120 days are usual for an enterprise, both included; 121 are late."""
    days = ttv_bands("enterprise")
    assert [band_of(Metric.TTV, days, D(day)).name for day in (59, 60, 120, 121)] == [
        "Earlier than usual", "Typical", "Typical", "Later than usual",
    ]  # fmt: skip


def test_reference_bands_do_not_overlap_and_leave_only_its_own_holes():
    named = {Metric.EXPANSION_RATE, Metric.LAND_AND_EXPAND, Metric.STICKINESS, Metric.FEATURE_ADOPTION}
    assert {metric for metric in BANDED if holes(DEFAULT_BANDS[metric])} == named
    assert all(not check_bands(bands) for bands in DEFAULT_BANDS.values())


def test_bands_of_the_board_leave_no_hole():
    for metric in (Metric.NRR, Metric.GRR, Metric.LOGO_CHURN, Metric.NPS, Metric.CSAT, Metric.CES):
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
