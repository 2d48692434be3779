"""NPS, CSAT and CES by hand-worked numbers (MET-16, MET-17, METRICS 3)."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.enums import ChangeSource
from accounts.kinds import KINDS
from accounts.merging import Origin, merge_accounts
from accounts.models import Account
from accounts.rows import parse
from health.engagement.formulas import Answers, mean, nps, share, top_two, total
from health.engagement.selectors import answers_by_month, trailing

MARCH, APRIL = dt.date(2026, 3, 1), dt.date(2026, 4, 1)


@pytest.mark.parametrize(
    ("promoters", "passives", "detractors", "expected"),
    [(50, 30, 20, 30), (1, 0, 0, 100), (0, 0, 3, -100), (0, 5, 0, 0), (1, 1, 1, 0), (2, 1, 0, Decimal(200) / 3)],
)
def test_nps(promoters, passives, detractors, expected):
    """METRICS 3: 50 / 30 / 20 make 30."""
    answers = Answers(promoters + passives + detractors, promoters, passives, detractors)
    assert nps(answers) == expected


def test_undefined_is_empty_and_not_zero():
    nobody = Answers()
    assert (nps(nobody), mean(nobody), top_two(nobody), share(0, nobody)) == (None,) * 4
    assert total([]) == nobody


def fill(world, rows, segment="Large"):
    with world.open():
        accounts = [
            parse("accounts", 1, {"account": "A-1", "segment": segment}),
            parse("accounts", 2, {"account": "A-2", "segment": "Small"}),
        ]
        merge_accounts(accounts, Origin(ChangeSource.API))
        parsed = [
            parse("surveys", n, {"survey": f"R-{n}", "account": account, "kind": kind, "answered_at": when} | more)
            for n, (account, kind, when, more) in enumerate(rows)
        ]
        result = KINDS["surveys"].merge(parsed, Origin(ChangeSource.IMPORT))
        assert not result.rejected


ROWS = [
    *[("A-1", "nps", "2026-03-10", {"score": score}) for score in (10, 9, 8, 6)],
    ("A-2", "nps", "2026-04-10", {"score": 0}),
    ("A-1", "journey_nps", "2026-03-10", {"score": 0}),
    ("A-1", "csat", "2026-03-11", {"score": 4}),
    ("A-1", "csat", "2026-03-11", {"score": 9, "scale": 10}),
    ("A-2", "csat", "2026-03-11", {"score": 1}),
    ("A-1", "ces", "2026-03-12", {"score": 6, "direction": "high_is_easy"}),
    ("A-2", "ces", "2026-03-12", {"score": 1, "direction": "low_is_easy"}),
    # The first minute of April in Tokyo is still March in UTC.
    ("A-1", "nps", "2026-03-31T15:00Z", {"score": 10}),
]


def test_answers_by_month_segment_and_account(world, rival):
    fill(rival, [("A-1", "nps", "2026-03-10", {"score": 0})] * 1)
    fill(world, ROWS)
    with world.open():
        found = answers_by_month(MARCH, APRIL)
        march, april = found["nps"][MARCH], found["nps"][APRIL]
        assert (march.count, march.promoters, march.passives, march.detractors) == (5, 3, 1, 1)
        assert (nps(march), nps(april)) == (40, -100)
        assert nps(trailing(found["nps"], APRIL, 12)) == Decimal(100 * (3 - 2)) / 6
        assert trailing(found["nps"], APRIL, 1) == april
        csat = found["csat"][MARCH]  # 4, 9 of 10 and 1
        assert (mean(csat), top_two(csat)) == (Decimal("9.5") / 3, Decimal(2) / 3)
        assert mean(found["ces"][MARCH]) == Decimal("1.5")  # 2 and 1, low is easy
        assert set(found) == {"nps", "csat", "ces"}
        large = answers_by_month(MARCH, APRIL, segment="Large")
        assert (large["nps"].get(APRIL), large["csat"][MARCH].count) == (None, 2)
        account = Account.objects.get(external_id="A-2").id
        assert answers_by_month(MARCH, APRIL, account=account)["nps"] == {APRIL: april}
        assert answers_by_month(MARCH, MARCH)["nps"] == {MARCH: march}
        assert answers_by_month(MARCH, APRIL, known_on=dt.date(2026, 3, 20))["nps"][MARCH].count == 4
        assert answers_by_month(MARCH, APRIL, kinds=["journey_nps"])["journey_nps"][MARCH].detractors == 1


def test_months_are_those_of_the_tenant(world):
    world.tenant.timezone = "Asia/Tokyo"
    world.tenant.save()
    fill(world, ROWS)
    with world.open():
        found = answers_by_month(MARCH, APRIL)["nps"]
        assert (found[MARCH].count, found[APRIL].count) == (4, 2)
