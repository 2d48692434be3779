"""MET-25, MET-02, JRN-13, HLT-11: what is said elsewhere is data with a source; METRICS 4: how peers define a figure."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from metrics.enums import Metric
from metrics.insights import benchmarks, peers
from metrics.insights.benchmarks import BENCHMARKS
from metrics.models import OwnBenchmark
from tests.conftest import World


@pytest.mark.parametrize(
    ("key", "metric", "words"),
    [
        ("weak_grr", "grr", "70–85%"),
        ("weak_cac", "cac", "15–25%"),
        ("weak_nrr", "nrr", "below 100%"),
        ("mature_grr", "grr", "90–98%"),
        ("mature_nrr", "nrr", "110–130%"),
        ("mature_referrals", "cac", "40–60%"),
        ("mature_ltv", "ltv_cac", "3–5"),
        ("few_keep", "grr", "8%"),
        ("profit", "grr", "25–95%"),
        ("nrr_driver", "nrr", "15–30%"),
        ("first_value", "ttv", "3–4 times"),
        ("early_warning", "health_red", "60–90 days"),
        ("arr_per_csm", "arr_per_csm", "1.5M–3M"),
    ],
)
def test_every_reference_benchmark_is_there_with_its_source(key: str, metric: str, words: str):
    each = BENCHMARKS[key]
    assert words in str(each.range)
    assert metric in each.metrics
    assert str(each.source)


def test_what_we_found_wrong_with_a_claim_stands_beside_it():
    """METRICS 5.4 to 5.7, 5.9, 5.17."""
    for key in ("weak_grr", "weak_nrr", "mature_ltv", "nrr_driver", "payback", "ces", "arr_per_csm"):
        assert str(BENCHMARKS[key].caveat), key


def test_peers_are_named_for_every_metric_of_retention_and_of_the_ledger():
    for metric in (Metric.NRR, Metric.GRR, Metric.LOGO_CHURN, Metric.MRR, Metric.REACTIVATION_MRR, Metric.CHURNED_MRR):
        assert len(peers.of_metric(metric)) >= 3, metric
    named = {str(who) for point in peers.POINTS for who, _what in point.others}
    assert {"ChartMogul", "Stripe", "Baremetrics", "ProfitWell", "SaaS Metrics Standards Board"} <= named


def test_the_help_page_of_every_metric_opens(world: World):
    client = world.client("executive")
    for metric in Metric:
        answer = client.get(world.url(f"help/metrics/{metric}/"))
        assert answer.status_code == 200, metric
    page = client.get(world.url("help/metrics/nrr/")).content.decode()
    assert "How peers define it" in page
    assert "Baremetrics" in page
    assert "Claims of others" in page
    assert client.get(world.url("help/metrics/nothing/")).status_code == 404
    assert world.client("csm").get(world.url("help/metrics/nrr/")).status_code == 403


def test_a_company_says_its_own(world: World, rival: World):
    admin = world.client("admin")
    here = world.url("settings/benchmarks/mature_grr/")
    assert admin.get(world.url("settings/benchmarks/")).status_code == 200
    body = {"text": "What our peers in Jakarta keep", "range": "GRR 88–96%", "source": "Own survey 2026"}
    assert admin.post(here, body | {"source": " "}).status_code == 422
    assert admin.post(here, body | {"text": "x" * 501}).status_code == 422
    assert admin.post(here, body).status_code == 302
    page = world.client("executive").get(world.url("help/metrics/grr/")).content.decode()
    assert "What our peers in Jakarta keep" in page
    assert "GRR 90–98%" not in page
    other = rival.client("executive").get(rival.url("help/metrics/grr/")).content.decode()
    assert "Jakarta" not in other
    assert "GRR 90–98%" in other
    assert world.client("executive").get(here).status_code == 403
    assert admin.get(world.url("settings/benchmarks/nothing/")).status_code == 404
    assert admin.post(here, {"reset": "1"}).status_code == 302
    with world.open():
        assert not OwnBenchmark.objects.exists()
        assert [each.own for each in benchmarks.of_metric("grr")] == [False] * 4


def test_the_pages_need_few_questions(world: World):
    client = world.client("admin")
    for path in ("help/metrics/nrr/", "settings/benchmarks/"):
        client.get(world.url(path))
        with CaptureQueriesContext(connection) as asked:
            client.get(world.url(path))
        assert len(asked) <= 20, path
