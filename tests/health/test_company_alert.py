"""The alert about a whole company: its surveys and its revenue disagree (HLT-14, TRG-20)."""

import datetime as dt
from decimal import Decimal

import pytest

from cs_platform.kernel.periods import add_months
from health.alerts import cells, jobs, services
from health.alerts.selectors import visible_alerts
from health.enums import AlertState
from health.models import Alert
from metrics.figures import company_alerts
from metrics.models import RetentionMonth
from tests.conftest import World
from tests.health import scoring_facts as facts

DAY = dt.date(2026, 6, 30)
BAD = {"csat": 0.92, "nps": 45.0, "churn": 0.28, "nrr": 0.87}


def test_it_opens_once_and_ends_when_they_agree_again(worlds: tuple[World, World]) -> None:
    """CSAT 92 %, NPS 45, churn 28 %, NRR 87 % must be said, once, to those who see the whole company."""
    world, rival = worlds
    with world.open():
        assert [jobs.company_alert(DAY, rule="mismatch", inputs=BAD) for _ in range(3)] == [1, 0, 0]
        alert = Alert.objects.get()
        assert alert.account is None
        assert cells.sentence(alert) == (
            "CSAT 92% and NPS 45, but a logo churn of 28% and an NRR of 87%: behaviour counts."
        )
        assert visible_alerts(world.members["executive"]).count() == 1
        assert visible_alerts(world.members["csm"]).count() == visible_alerts(world.members["leader"]).count() == 0
        assert jobs.company_alert(DAY - dt.timedelta(days=1), rule="mismatch", inputs=None) == 0, (
            "an older night takes nothing back"
        )
        assert jobs.company_alert(DAY, rule="mismatch", inputs=None) == 1
        assert Alert.objects.get().state == AlertState.RESOLVED
        assert jobs.company_alert(DAY + dt.timedelta(days=3), rule="mismatch", inputs=BAD) == 0, "quiet for a while"
        assert jobs.company_alert(DAY + dt.timedelta(days=30), rule="mismatch", inputs=BAD) == 1
        services.switch_all(on=False)
        assert jobs.company_alert(DAY + dt.timedelta(days=31), rule="mismatch", inputs=None) == 0
    with rival.open():
        assert not Alert.objects.exists()
    page = world.client("executive").get(world.url("inbox/"))
    assert "The whole company" in page.content.decode()


@pytest.mark.parametrize(("happy", "expected"), [(19, 1), (8, 0)])
def test_figures_of_the_last_month_that_is_over(tenant_open: World, happy: int, expected: int) -> None:
    """Twelve months of answers beside the trailing year of revenue; few answers say nothing."""
    account = facts.account()
    for n in range(happy):
        facts.survey(account, "csat", 5, DAY - dt.timedelta(days=n), scale=5)
    facts.survey(account, "csat", 1, DAY, scale=5)
    values = dict.fromkeys(
        (f.name for f in RetentionMonth._meta.concrete_fields if f.get_internal_type() in ("BigIntegerField", "IntegerField")), 0
    )  # fmt: skip
    values |= {"opening_mrr": 1000, "churned_mrr": 300, "closing_mrr": 700}
    values |= {"opening_customers": 100, "churned_customers": 28, "closing_customers": 72}
    values.pop("tenant", None)
    RetentionMonth.objects.create(month=dt.date(2026, 6, 1), window=12, dimension="all", value="", **values)
    assert company_alerts.check_company(DAY - dt.timedelta(days=1)) == 0, "June is not over"
    assert company_alerts.check_company(DAY) == expected
    if expected:
        inputs = Alert.objects.get().inputs
        assert inputs["csat"] == pytest.approx(happy / (happy + 1))
        assert Decimal(str(inputs["churn"])) == Decimal("0.28")
        assert inputs["nps"] is None


def years(rates: list[int]) -> None:
    """Trailing years up to June, of which each lost so many of a hundred customers and so much of its money."""
    names = ("BigIntegerField", "IntegerField")
    zeros = dict.fromkeys((f.name for f in RetentionMonth._meta.concrete_fields if f.get_internal_type() in names), 0)
    RetentionMonth.objects.all().delete()
    for number, lost in enumerate(reversed(rates)):
        month = add_months(dt.date(2026, 6, 1), -number)
        more = {"opening_mrr": 1000, "churned_mrr": 10 * lost, "closing_mrr": 1000 - 10 * lost}
        more |= {"opening_customers": 100, "churned_customers": lost, "closing_customers": 100 - lost}
        RetentionMonth.objects.create(month=month, window=12, dimension="all", value="", **{**zeros, **more})


def test_six_months_of_rising_churn_are_a_trend_and_one_is_none(tenant_open: World) -> None:
    """TRG-19, MET-23: an alert for each figure that went the worse way six months in a row; it ends when one breaks."""
    years([5, 5, 5, 5, 5, 5, 15])
    assert company_alerts.check_company(DAY) == 0, "one month is an anomaly"
    years([11, 10, 9, 8, 7, 6, 5])
    assert company_alerts.check_company(DAY) == 0, "better is no alert"
    years([5, 6, 7, 8, 9, 10, 11])
    assert company_alerts.check_company(DAY) == 4
    assert company_alerts.check_company(DAY) == 0
    said = {alert.cause: cells.sentence(alert) for alert in Alert.objects.all()}
    assert said == {
        "nrr": "Net revenue retention fell in each of the last 6 months, from 95.0% to 89.0%.",
        "grr": "Gross revenue retention fell in each of the last 6 months, from 95.0% to 89.0%.",
        "logo_churn": "Logo churn rose in each of the last 6 months, from 5.0% to 11.0%.",
        "revenue_churn": "Gross revenue churn rose in each of the last 6 months, from 5.0% to 11.0%.",
    }
    years([6, 7, 8, 9, 10, 11, 11])
    assert company_alerts.check_company(DAY) == 4
    assert set(Alert.objects.values_list("state", flat=True)) == {AlertState.RESOLVED}
