"""The alert about a whole company: its surveys and its revenue disagree (HLT-14, TRG-20)."""

import datetime as dt
from decimal import Decimal

import pytest

from health.alerts import cells, jobs, services
from health.alerts.selectors import visible_alerts
from health.enums import AlertState
from health.models import Alert
from metrics import company_alerts
from metrics.models import RetentionMonth
from tests.conftest import World
from tests.health import scoring_facts as facts

DAY = dt.date(2026, 6, 30)
BAD = {"csat": 0.92, "nps": 45.0, "churn": 0.28, "nrr": 0.87}
FINE = BAD | {"churn": 0.05, "nrr": 1.1}


def test_it_opens_once_and_ends_when_they_agree_again(worlds: tuple[World, World]) -> None:
    """CSAT 92 %, NPS 45, churn 28 %, NRR 87 % must be said, once, to those who see the whole company."""
    world, rival = worlds
    with world.open():
        assert [jobs.company_alert(DAY, **BAD) for _ in range(3)] == [1, 0, 0]
        alert = Alert.objects.get()
        assert alert.account is None
        assert cells.sentence(alert) == (
            "CSAT 92% and NPS 45, but a logo churn of 28% and an NRR of 87%: behaviour counts."
        )
        assert visible_alerts(world.members["executive"]).count() == 1
        assert visible_alerts(world.members["csm"]).count() == visible_alerts(world.members["leader"]).count() == 0
        assert jobs.company_alert(DAY - dt.timedelta(days=1), **FINE) == 0, "an older night takes nothing back"
        assert jobs.company_alert(DAY, **FINE) == 1
        assert Alert.objects.get().state == AlertState.RESOLVED
        assert jobs.company_alert(DAY + dt.timedelta(days=3), **BAD) == 0, "quiet for a while"
        assert jobs.company_alert(DAY + dt.timedelta(days=30), **BAD) == 1
        services.switch_all(on=False)
        assert jobs.company_alert(DAY + dt.timedelta(days=31), **FINE) == 0
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
