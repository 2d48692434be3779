"""Values of every metric of the catalogue by month and quarter, cut and filtered (MET-01 to MET-17, MET-23), against books
small enough to compute by hand."""

import datetime as dt
import uuid
from decimal import Decimal as D

import pytest

from accounts.models import Account, AccountChange, AccountEvent, Member, Segment
from cs_platform.kernel.periods import months_between
from health.models import HealthScore, Survey, Ticket, Touchpoint, UserMonth
from metrics.catalogue import METRICS, of
from metrics.enums import Cut, Metric, Origin, Window
from metrics.explore import values as explore
from metrics.explore.values import Exploration
from metrics.figures import questions
from metrics.figures.cutting import Slice
from tests.books import Book

SEP = dt.date(2025, 9, 1)
DEC = dt.date(2025, 12, 1)
NIGHT = "2025-12-31"


def asked(metric, first=DEC, last=DEC, *, grain=Window.MONTH, window=None, **cut):
    windows = explore.windows_of(of(metric), grain)
    by = cut.pop("by", Cut.ALL)
    filters = {Cut(name): values if isinstance(values, tuple) else (values,) for name, values in cut.items()}
    return Exploration(Metric(metric), first, last, grain, window or windows[0], Slice(filters, by))


def series(world, *args, **more):
    with world.open():
        return explore.values(questions.ask(), asked(*args, **more))


def value(world, *args, **more):
    exploration = asked(*args, **more)
    return series(world, *args, **more).total[exploration.last].value


def account(book, name, *, segment="", start="2024-01-01", **more):
    book.merge("accounts", [{"account": name, "name": name, "segment": segment, "signed_on": start} | more])


@pytest.fixture
def book(world):
    """Ten thousand a month at the end of 2024: A grows by 1,500, B shrinks by 200, C of 800 leaves in November. D joined in
    February, E came in October and left in December: both are outside of any year."""
    made = Book(world)
    account(made, "A", segment="Enterprise", employees="2000", region="West", tier="high_touch", source="inbound")
    account(made, "B", segment="Enterprise", employees="150", region="West", source="partner")
    account(made, "C", segment="Small business", employees="20", source="partner")
    account(made, "D", segment="Small business", employees="99", start="2025-02-03", cac="6000")
    account(made, "E", segment="Small business", start="2025-10-03", cac="2000")
    made.period("A", "2023-06-10", "2025-05-10", "8000")
    made.period("A", "2025-05-10", "", "9500")
    made.period("B", "2023-12-05", "2025-10-05", "1200")
    made.period("B", "2025-10-05", "", "1000")
    made.period("C", "2024-02-05", "2025-11-20", "800")
    made.period("D", "2025-02-05", "", "500")
    made.period("E", "2025-10-05", "2025-12-05", "300")
    made.night(NIGHT)
    return made


def test_every_metric_of_the_ledger(world, book):
    """MET-01, MET-03 to MET-07, MET-11 to MET-13, E1: NRR 105%, GRR 90%, one customer of three lost."""
    arpa = D(12 * 11_000_00) / 3
    expected = {
        Metric.NRR: D("1.05"),
        Metric.GRR: D("0.90"),
        Metric.LOGO_CHURN: D(1) / 3,
        Metric.REVENUE_CHURN: D("0.10"),
        Metric.EXPANSION_RATE: D(1) / 3,
        Metric.LTV: arpa * D("0.8") / D("0.10"),
        Metric.LTV_SIMPLE: arpa / (D(1) / 3),
        Metric.ACV_GROWTH: D(11_000) / D(10_000) - 1,
        Metric.MRR: D(11_000_00),
        Metric.ARR: D(132_000_00),
        Metric.CUSTOMERS: D(3),
        Metric.ACV: arpa,
        Metric.NEW_MRR: D(0),
        Metric.EXPANSION_MRR: D(0),
        Metric.CONTRACTION_MRR: D(0),
        Metric.CHURNED_MRR: D(300_00),
        Metric.REACTIVATION_MRR: D(0),
        Metric.QUICK_RATIO: D(0),
        # A reached 24 months in June (9,500 for 8,000), B in December (1,000 for 1,200).
        Metric.LAND_AND_EXPAND: D(10_500) / D(9_200),
        Metric.CAC: D(4_000_00),
        Metric.LTV_CAC: arpa * D("0.8") / D("0.10") / D(4_000_00),
        Metric.PAYBACK: D(4_000_00) / (D(11_000_00) / 3 * D("0.8")),
    }
    ledger = {m for m in METRICS if of(m).origin in {Origin.SUMS, Origin.COHORTS, Origin.ACQUISITION}}
    assert set(expected) == ledger
    world.tenant.gross_margin = D("0.8")
    world.tenant.save()
    for metric, wanted in expected.items():
        found = value(world, metric)
        assert found is not None, metric
        assert abs(found - wanted) < D("1e-9") * max(abs(wanted), 1), metric


def test_quarter_by_hand(world, book):
    """MET-23: the last quarter begins with A 9,500, B 1,200, C 800, D 500. Flows add up month by month, ratios compare
    the two ends: E, new in October and lost in December, is in the flows and in no ratio."""
    quarter = {"grain": Window.QUARTER, "window": Window.QUARTER}
    assert value(world, Metric.NRR, **quarter) == D(11_000) / D(12_000)
    assert value(world, Metric.GRR, **quarter) == D(11_000) / D(12_000)
    assert value(world, Metric.LOGO_CHURN, **quarter) == D(1) / 4
    assert value(world, Metric.NEW_MRR, grain=Window.QUARTER) == D(300_00)
    assert value(world, Metric.CONTRACTION_MRR, grain=Window.QUARTER) == D(200_00)
    assert value(world, Metric.CHURNED_MRR, grain=Window.QUARTER) == D(1_100_00)
    assert value(world, Metric.MRR, grain=Window.QUARTER) == D(11_000_00)
    assert value(world, Metric.QUICK_RATIO, grain=Window.QUARTER) == D(300) / D(1_300)
    trend = series(world, Metric.NRR, dt.date(2025, 1, 1), DEC, **quarter).total
    assert list(trend) == [dt.date(2025, m, 1) for m in (3, 6, 9, 12)]
    assert trend[dt.date(2025, 6, 1)].value == D(12_000) / D(10_500)
    year = value(world, Metric.NRR, grain=Window.QUARTER, window=Window.YEAR)
    assert year == D("1.05")


def test_cuts_made_on_demand(world, book):
    """ACC-02, MET-08, MET-09: company size, region, tier and the quarter won, as the kept ones; the parts add up."""
    sizes = series(world, Metric.LOGO_CHURN, by=Cut.SIZE)
    assert {name: points[DEC].base for name, points in sizes.by_value.items()} == {"ENT": 1, "MM": 1, "SMB": 1}
    assert sizes.by_value["SMB"][DEC].value == 1
    regions = series(world, Metric.MRR, by=Cut.REGION)
    assert {name: p[DEC].value for name, p in regions.by_value.items()} == {"West": D(10_500_00), "": D(500_00)}
    assert series(world, Metric.NRR, by=Cut.TIER).by_value["high_touch"][DEC].value == D(9_500) / D(8_000)
    cohorts = series(world, Metric.CUSTOMERS, by=Cut.QUARTER)
    assert {name: p[DEC].value for name, p in cohorts.by_value.items() if p[DEC].value} == {
        "2023-Q2": 1, "2023-Q4": 1, "2025-Q1": 1,
    }  # fmt: skip
    for cut in of(Metric.MRR).cuts[1:]:
        found = series(world, Metric.MRR, SEP, DEC, by=cut)
        for month in months_between(SEP, DEC):
            assert sum(p[month].value for p in found.by_value.values()) == found.total[month].value, cut


FILTERS = [
    {"segment": "Enterprise"},
    {"segment": ("Enterprise", "Small business"), "source": "partner"},
    {"size": "SMB"},
    {"region": ""},
    {"acv_band": "$50K+"},
    {"status": "live", "industry": ""},
]
INSIDE = [{"A", "B"}, {"B", "C"}, {"C", "D"}, {"C", "D", "E"}, {"A"}, {"A", "B", "D"}]


@pytest.mark.parametrize(("filters", "inside"), list(zip(FILTERS, INSIDE, strict=True)))
def test_filters_equal_the_book_of_those_accounts_alone(worlds, filters, inside):
    """MET-23: any combination of filters, and a segment's part of it, is what the same accounts make as a book alone."""
    mine, theirs = worlds
    whole, part = Book(mine), Book(theirs)
    rows = [
        (
            "A",
            "Enterprise",
            "2000",
            "West",
            "inbound",
            [("2023-06-10", "2025-05-10", "8000"), ("2025-05-10", "", "9500")],
        ),
        (
            "B",
            "Enterprise",
            "150",
            "West",
            "partner",
            [("2023-12-05", "2025-10-05", "1200"), ("2025-10-05", "", "1000")],
        ),
        ("C", "Small business", "20", "", "partner", [("2024-02-05", "2025-11-20", "800")]),
        ("D", "Small business", "99", "", "", [("2025-02-05", "", "500")]),
        ("E", "Small business", "", "", "", [("2025-10-05", "2025-12-05", "300")]),
    ]
    for name, segment, employees, region, source, periods in rows:
        for book in (whole, part):
            if book is part and name not in inside:
                continue
            account(book, name, segment=segment, employees=employees, region=region, source=source)
            for start, end, mrr in periods:
                book.period(name, start, end, mrr, key=f"{name}-{start}")
    for book in (whole, part):
        book.night(NIGHT)
    for metric in (Metric.NRR, Metric.GRR, Metric.LOGO_CHURN, Metric.LTV, Metric.EXPANSION_RATE):
        left = series(mine, metric, SEP, DEC, **filters)
        right = series(theirs, metric, SEP, DEC)
        assert {m: (p.value, p.base) for m, p in left.total.items()} == {
            m: (p.value, p.base) for m, p in right.total.items()
        }
    quarter = {"grain": Window.QUARTER, "window": Window.QUARTER}
    assert value(mine, Metric.GRR, **quarter, **filters) == value(theirs, Metric.GRR, **quarter)
    cut = series(mine, Metric.NRR, by=Cut.SEGMENT, **filters).by_value
    alone = series(theirs, Metric.NRR, by=Cut.SEGMENT).by_value
    assert {k: p[DEC].value for k, p in cut.items()} == {k: p[DEC].value for k, p in alone.items()}


def test_the_attribute_at_the_base_date_counts(world, book):
    """MET-09: who moved to another segment in June was in the old one when the year began, and is in the new one since."""
    with world.open():
        small = str(Segment.objects.get(name="Small business").id)
        moved = Account.objects.get(external_id="B")
        AccountChange.objects.create(
            account=moved, attribute="segment", value=small, effective_on=dt.date(2025, 6, 10), source="api"
        )
    for month, customers in ((dt.date(2025, 5, 1), 2), (dt.date(2025, 6, 1), 2), (dt.date(2025, 7, 1), 1)):
        found = series(world, Metric.CUSTOMERS, month, month, segment="Enterprise", region="West").total[month]
        assert found.base == customers, month


def test_accounts_behind_a_value(world, book):
    """Each value opens into its accounts: their sums are the value's."""
    exploration = asked(Metric.NRR, by=Cut.SIZE)
    with world.open():
        question = questions.ask()
        behind = explore.values(
            question, Exploration(Metric.NRR, DEC, DEC, Window.MONTH, Window.YEAR, exploration.cut.only("SMB"))
        )
        names = dict(Account.objects.values_list("id", "name"))
    found = {names[uuid.UUID(key)]: points[DEC].sums for key, points in behind.by_value.items()}
    assert set(found) == {"C", "D"}
    assert (found["C"].opening, found["C"].churned) == (800_00, 800_00)


def fact(**more):
    return {"known_on": dt.date(2025, 12, 30), "source": "api", **more}


def test_every_metric_of_the_other_sources(world, book):
    """MET-15 to MET-17, MET-24, HLT-04, HLT-07, MET-22: surveys, health, weekly use, tickets and activities of December."""
    noon = dt.datetime(2025, 12, 10, 12, tzinfo=dt.UTC)
    with world.open():
        ids = dict(Account.objects.values_list("external_id", "id"))
        for number, score in enumerate([9] * 5 + [7] * 3 + [6] * 2):
            Survey.objects.create(
                account_id=ids["A" if number < 5 else "B"], external_id=f"n{number}", kind="nps", score=score,
                answered_at=noon, **fact(),
            )  # fmt: skip
        for number, (kind, score, scale) in enumerate((("csat", 4, 5), ("csat", 9, 10), ("ces", 2, 7), ("ces", 5, 7))):
            Survey.objects.create(
                account_id=ids["A"],
                external_id=f"c{number}",
                kind=kind,
                score=score,
                scale=scale,
                answered_at=noon,
                **fact(),
            )
        for name, score, band in (("A", 90, "green"), ("B", 40, "red"), ("D", 60, "yellow"), ("C", 10, "red")):
            HealthScore.objects.filter(account_id=ids[name]).delete()
            HealthScore.objects.create(
                account_id=ids[name], as_of=dt.date(2025, 12, 31), version_id=uuid.uuid4(), score=score, band=band,
                coverage=1, raw=[], points=[], shares=[],
            )  # fmt: skip
        HealthScore.objects.exclude(account_id__in=[ids[n] for n in "ABCD"]).delete()
        UserMonth.objects.create(
            account_id=ids["A"], user_id=uuid.uuid4(), month=DEC, known_on=DEC, days=-1 & 0x7FFFFFFF, core_days=1
        )
        UserMonth.objects.create(
            account_id=ids["B"], user_id=uuid.uuid4(), month=DEC, known_on=DEC, days=0, core_days=0
        )
        UserMonth.objects.create(
            account_id=ids["B"], user_id=uuid.uuid4(), month=DEC, known_on=DEC, days=1, core_days=0
        )
        solved_at = (dt.datetime(2025, 12, 1, tzinfo=dt.UTC), noon, dt.datetime(2026, 1, 1, tzinfo=dt.UTC), None)
        for number, (minutes, solved, again) in enumerate(
            ((60, 600, 1), (180, 1200, 0), (300, None, 0), (None, None, 0))
        ):
            Ticket.objects.create(
                account_id=ids["B"], external_id=f"t{number}", state="Open", opened_at=noon, reopen_count=again,
                resolved_at=solved_at[number],
                first_response_minutes=minutes, resolution_minutes=solved, escalated_at=noon if number == 3 else None, **fact(),
            )  # fmt: skip
        for number, (kind, status) in enumerate(
            (
                ("qbr", "attended"),
                ("ebr", "attended"),
                ("qbr", "cancelled"),
                ("call", "attended"),
                ("training", "planned"),
            )
        ):
            Touchpoint.objects.create(
                account_id=ids["A"], external_id=f"a{number}", kind=kind, status=status, happened_at=noon, **fact()
            )
    expected = {
        Metric.TTV: None,  # nobody signed in December; see below
        Metric.TTV_LOGIN: None,
        Metric.TTV_ONBOARDING: None,
        Metric.NPS: D(30),
        Metric.CSAT: D("4.25"),
        Metric.CES: D("3.5"),
        Metric.HEALTH_GREEN: D(1) / 3,  # C no longer pays
        Metric.HEALTH_RED: D(1) / 3,
        Metric.HEALTH: D(190) / 3,
        Metric.AT_RISK_ARR: D(12 * 1_500_00),
        Metric.WEEKLY_ACTIVE: D(1) / 3,  # A; those of B came on the first two days; D has nobody
        Metric.STICKINESS: D(32) / 31 / 2,
        Metric.FEATURE_ADOPTION: D("0.5"),
        Metric.FIRST_RESPONSE: D(3),
        Metric.RESOLUTION: D(15),
        Metric.REOPEN_RATE: D("0.25"),
        Metric.ESCALATION_RATE: D("0.25"),
        Metric.TICKETS: D(4),
        Metric.REVIEWS: D(2),
        Metric.CALLS: D(1),
        Metric.TRAININGS: D(0),
        Metric.TICKETS_SOLVED: D(2),  # whenever they were opened; one was solved in January
        # No renewal, call or deal is here: tests/metrics/test_motions.py has them.
        Metric.RENEWAL_RATE: None,
        Metric.RENEWAL_RISK: None,
        Metric.PIPELINE: D(0),
        Metric.ARR_PER_CSM: None,
        Metric.CUSTOMERS_PER_CSM: None,
    }
    assert set(expected) == {
        m for m in METRICS if of(m).origin not in {Origin.SUMS, Origin.COHORTS, Origin.ACQUISITION}
    }
    for metric, wanted in expected.items():
        for grain in (Window.MONTH, Window.QUARTER):
            found = value(world, metric, grain=grain)
            if wanted is None:
                assert found is None
                continue
            assert found is not None, metric
            if grain == Window.MONTH or metric not in {Metric.STICKINESS, Metric.FEATURE_ADOPTION}:
                assert abs(found - wanted) < D("1e-9"), (metric, grain)
    by_segment = series(world, Metric.NPS, by=Cut.SOURCE).by_value
    assert {k: p[DEC].value for k, p in by_segment.items()} == {"inbound": D(100), "partner": D(-40)}
    assert value(world, Metric.TICKETS, source="inbound") == 0
    assert value(world, Metric.NPS, acv_band="$50K+") == D(100)


def test_days_from_signature_to_onboarding(world, book):
    """MET-14: of two customers signed in February and October 2025 one was onboarded after 30 days, one never."""
    with world.open():
        AccountEvent.objects.create(
            account=Account.objects.get(external_id="D"), kind="onboarding_complete", happened_on=dt.date(2025, 3, 5)
        )
    found = series(world, Metric.TTV_ONBOARDING, dt.date(2025, 2, 1), DEC, by=Cut.SEGMENT)
    assert found.total[dt.date(2025, 2, 1)].value == 30
    assert found.by_value["Small business"][dt.date(2025, 2, 1)].base == 1
    assert found.total[dt.date(2025, 10, 1)].value is None
    assert found.total[dt.date(2025, 10, 1)].base == 1


def test_nothing_of_another_company(worlds):
    """API-04: a rival's book changes no value, whatever it is cut by."""
    mine, theirs = worlds
    for each, mrr in ((mine, "100"), (theirs, "999")):
        own = Book(each)
        account(own, "A", segment="Enterprise", employees="10", region="North" if each is mine else "Secret")
        own.period("A", "2024-01-10", "", mrr)
        own.night(NIGHT)
    assert value(mine, Metric.MRR) == D(100_00)
    for cut in of(Metric.MRR).cuts[1:]:
        found = series(mine, Metric.MRR, by=cut)
        assert sum(p[DEC].value for p in found.by_value.values()) == D(100_00)
        assert "Secret" not in found.by_value


def test_statements_do_not_grow_with_the_book(world, book, django_assert_max_num_queries):
    """MET-23: each metric asks a fixed number of statements, whatever it is cut and filtered by."""
    for metric in METRICS:
        with world.open():
            question = questions.ask()
            exploration = asked(metric, SEP, DEC, by=Cut.SIZE, segment="Enterprise", owner="Nobody")
            with django_assert_max_num_queries(45):
                explore.values(question, exploration)


def test_an_empty_book(world):
    """No money yet: every metric answers, with nothing."""
    for metric in METRICS:
        found = series(world, metric, by=Cut.SIZE, segment="Enterprise")
        assert not found.total[DEC].value, metric
        assert found.total[DEC].base == 0


def test_names_of_people_and_segments(world, book):
    """Segments and CSMs are filtered by their names; a name with nothing behind it has no customers."""
    with world.open():
        assert Segment.objects.filter(name="Enterprise").exists()
        assert Member.objects.filter(name="Csm Person").exists()
    assert value(world, Metric.CUSTOMERS, owner="Csm Person") == 0
    assert value(world, Metric.CUSTOMERS, owner="") == 3
    assert value(world, Metric.CUSTOMERS, segment="No such") == 0
