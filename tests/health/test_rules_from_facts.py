"""Every rule of the trigger catalogue that this floor judges, from stored facts to its alert (TRG-01 to TRG-10, TRG-20, HLT-05).

`test_alerts` holds where each line lies; this one that facts get there: each rule fires for the account whose facts ask for it,
with what was measured, and the same night again fires none.
"""

import datetime as dt
from collections.abc import Callable

import pytest

from accounts.models import Account, AccountEvent, Contact
from cs_platform.kernel import queue
from health.alerts import cells, jobs
from health.alerts.rules import RULES
from health.models import Alert, HealthScore
from health.scoring import jobs as score_jobs
from tests.conftest import World
from tests.health import scoring_facts as facts
from tests.health.scoring_facts import DAY


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "wake_workers", [])


def ago(days: int) -> dt.date:
    return DAY - dt.timedelta(days=days)


def days(*ranges: tuple[int, int]) -> list[dt.date]:
    return [ago(n) for first, last in ranges for n in range(last, first - 1, -1)]


def in_use(row: Account) -> None:
    facts.used(row, days((1, 150)), users=2)


def stood(row: Account, bands: dict[int, str], score: int) -> None:
    """The account has this score today, and had these bands so many days ago."""
    today = HealthScore.objects.get(account_id=row.id, as_of=DAY)
    HealthScore.objects.filter(account_id=row.id).update(score=score, band=bands[0])
    kept = {f.attname: getattr(today, f.attname) for f in HealthScore._meta.concrete_fields}
    HealthScore.objects.bulk_create(
        HealthScore(**kept | {"as_of": ago(n), "band": band, "score": score}) for n, band in bands.items() if n
    )


def declining(row: Account) -> None:
    """Daily until two months ago; since then hardly a day of 28."""
    facts.used(row, days((60, 95), (10, 10)))


def cooling_down(row: Account) -> None:
    """Answers within four hours, then after three days; the last two reviews called off; trainings that stopped."""
    in_use(row)
    for sent, hours in [*((n, 4) for n in range(75, 110, 5)), *((n, 72) for n in range(16, 46, 5))]:
        at = facts.at(ago(sent))
        facts.touch(row, "email", ago(sent), status="replied", replied_at=at + dt.timedelta(hours=hours))
    for n in (9, 40):
        facts.touch(row, "qbr", ago(n), status="cancelled")
    for n in (120, 150, 180, 210):
        facts.touch(row, "training", ago(n))


def silent(row: Account) -> None:
    facts.used(row, days((45, 120)))
    facts.touch(row, "call", ago(50), inbound=True)
    facts.touch(row, "qbr", ago(70))


def without_value(row: Account) -> None:
    """Signed 95 days ago, a first value agreed and none confirmed: late since day 60, an alarm since day 90."""
    in_use(row)
    Account.objects.filter(id=row.id).update(signed_on=ago(95), customer_since=ago(95))
    facts.outcome(row, ago(90), DAY, first_value=True)


def straining(row: Account) -> None:
    """Two tickets in half a year, then eight in a month: escalated, answered and solved late."""
    in_use(row)
    for n in (100, 160):
        facts.ticket(row, ago(n))
    for n in range(2, 26, 3):
        at = facts.at(ago(n)) + dt.timedelta(days=2)
        facts.ticket(row, ago(n), first_response_at=at, first_response_minutes=2880, resolved_at=at,
                     resolution_minutes=2880, escalated_at=at)  # fmt: skip


def losing_its_champion(row: Account) -> None:
    in_use(row)
    person = Contact.objects.create(account=row, external_id="K", name="Kim", role="champion")
    AccountEvent.objects.create(account=row, kind="champion_left", happened_on=ago(3), contact=person)


def cut(row: Account) -> None:
    in_use(row)
    AccountEvent.objects.create(account=row, kind="budget_cut", happened_on=ago(3))


def behind(row: Account) -> None:
    in_use(row)
    facts.outcome(row, ago(200), ago(2), measured={ago(20): 60})


def flattering(row: Account) -> None:
    """Nine of ten, and half the usage."""
    facts.used(row, days((29, 150)), quantity=100)
    facts.used(row, days((1, 28)), users=0, quantity=10)
    facts.survey(row, "nps", 9, ago(5))


SITUATIONS: dict[str, tuple[Callable[[Account], None], dict[str, set[str]]]] = {
    # by account: what happened, and the causes that each rule must name (None in the place of an id that is not known)
    "declining": (declining, {"usage_decline": {""}}),
    "cooling down": (cooling_down, {"engagement_drop": {"reply", "reviews", "training"}}),
    "silent": (silent, {"silence": {""}}),
    "without value": (without_value, {"ttv_delay": {""}, "first_value_missed": {""}}),
    "straining": (straining, {"support": {"spike", "escalation", "response", "resolution"}}),
    "losing its champion": (losing_its_champion, {"champion": {"id"}}),
    "cut": (cut, {"account_event": {"id"}}),
    "behind": (behind, {"milestone_missed": {"id"}}),
    "flattering": (flattering, {"mismatch": {""}}),
    "fell": (in_use, {"turned_red": {""}}),
    "slipped": (in_use, {"turned_yellow": {""}}),
    "left alone": (in_use, {"no_action": {""}}),
}


def found() -> dict[tuple[str, str], set[str]]:
    """The causes of the open alerts by account and rule; ids of rows as "id"."""
    causes: dict[tuple[str, str], set[str]] = {}
    for name, rule, cause in Alert.objects.filter(state="open").values_list("account__name", "rule", "cause"):
        causes.setdefault((name.removeprefix("Company "), rule), set()).add("id" if len(cause) == 36 else cause)
    return causes


def test_every_rule_fires_once_from_stored_facts(worlds: tuple[World, World]) -> None:
    """TRG-01 to TRG-10, TRG-20, HLT-05: with what was measured, worded; nothing more by night, nothing at the rival's."""
    world, rival = worlds
    with world.open():
        rows = {name: facts.account(name) for name in SITUATIONS}
        for name, (happens, _expected) in SITUATIONS.items():
            happens(rows[name])
        score_jobs.score_all(DAY)
        stood(rows["fell"], {0: "red", 1: "yellow"}, 40)
        stood(rows["slipped"], {0: "yellow", 1: "green"}, 60)
        stood(rows["left alone"], dict.fromkeys(range(6), "red") | {6: "yellow"}, 40)
        jobs.run_alerts(DAY)
        fired = found()
        for name, (_happens, expected) in SITUATIONS.items():
            for rule, causes in expected.items():
                assert fired.get((name, rule)) == causes, (name, rule, {k: v for k, v in fired.items() if k[0] == name})
        for alert in Alert.objects.all():
            assert set(alert.inputs) > {"cause"}, alert.rule
            assert alert.thresholds == RULES[alert.rule].defaults()
            assert ": None" not in cells.sentence(alert)
        count = Alert.objects.count()
        assert jobs.run_alerts(DAY) == 0
        assert Alert.objects.count() == count
    with rival.open():
        assert not Alert.objects.exists()


def test_no_rule_is_left_out() -> None:
    """Of the rules about an account that this floor has; metric_trend is of the company (test_company_alert)."""
    told = {rule for _happens, expected in SITUATIONS.values() for rule in expected}
    here = {key for key, rule in RULES.items() if rule.test.__module__ == "health.alerts.rules"}
    assert told == here - {"metric_trend"}
