"""The explorer's page (MET-08, MET-09, MET-22, MET-23, MET-26): every metric opens, is cut, filtered, saved and taken along."""

import datetime as dt
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from accounts.models import Account, SavedView
from health.models import Touchpoint
from metrics.catalogue import METRICS
from metrics.enums import Level
from tests.books import Book

NIGHT = "2026-12-31"
HOSTILE = "<script>alert(1)</script>"


def customer(book, name, start, end, *, segment, source="inbound", mrr="1000"):
    book.merge("accounts", [{"account": name, "name": name, "segment": segment, "source": source}])
    book.period(name, start, end, mrr)


@pytest.fixture
def book(world):
    """MET-09: forty enterprises of which two leave (5%), twenty small ones of which seven leave (35%): 15% together."""
    made = Book(world)
    rows, periods = [], []
    for segment, count, lost in (("Enterprise", 40, 2), ("Small business", 20, 7)):
        for number in range(count):
            name = f"{segment[:3]}-{number}"
            rows.append({"account": name, "name": name, "segment": segment})
            periods.append((name, "2025-03-01", "2026-11-15" if number < lost else ""))
    made.merge("accounts", rows)
    made.merge(
        "subscriptions",
        [
            {
                "account": n,
                "subscription_id": n,
                "start_date": start,
                "end_date": end,
                "interval_months": "1",
                "amount": "100.00",
                "currency": "USD",
            }
            for n, start, end in periods
        ],
    )
    made.night(NIGHT)
    return made


def text(response):
    assert response.status_code == 200, response.status_code
    return " ".join(response.content.decode().split())


def test_small_business_is_the_problem(world, book):
    """MET-09: 15% overall hides 5% and 35%."""
    page = text(world.client("leader").get(world.url("metrics/explore/?metric=logo_churn&by=segment")))
    assert "15.0%" in page
    assert "The problem sits in Small business: 35.0%, all others together 5.0%." in page
    assert "60 customers" in page


def test_newer_customers_leave_less(world):
    """MET-08: of those won in Q4 2024 15% left within the year, of those won in Q1 2026 8%: improving."""
    book = Book(world)
    rows, periods = [], []
    for cohort, start, count, lost in (("old", "2024-11-03", 20, 3), ("new", "2026-02-03", 25, 2)):
        for number in range(count):
            name = f"{cohort}-{number}"
            rows.append({"account": name, "name": name})
            row = {
                "account": name,
                "subscription_id": name,
                "start_date": start,
                "interval_months": "1",
                "amount": "50",
                "currency": "USD",
            }
            periods.append(row | {"end_date": "2026-09-10" if number < lost else ""})
    book.merge("accounts", rows)
    book.merge("subscriptions", periods)
    book.night("2027-03-31")
    page = text(world.client("leader").get(world.url("metrics/explore/?metric=logo_churn&by=quarter&to=2027-03")))
    assert "Improving: Logo churn 8.0% for those won in Q1 2026, 15.0% for those won in Q4 2024." in page


def test_every_metric_opens_in_every_shape(world, book):
    """MET-23, MET-26: grouped by the three questions, each with its level and timing; no combination breaks."""
    client = world.client("leader")
    for metric, said in METRICS.items():
        for query in ("", "&grain=quarter&window=short", f"&by={said.cuts[-1]}&segment=Enterprise&size=SMB"):
            page = text(client.get(world.url(f"metrics/explore/?metric={metric}{query}")))
            assert str(said.level.label) in page
    page = text(client.get(world.url("metrics/explore/")))
    for question in ("Are customers achieving value?", "Will they renew and expand?", "Are operations efficient?"):
        assert f'label="{question}"' in page


def test_bad_input_falls_back(world, book):
    """An old or broken link opens; what cannot be read is left out."""
    client = world.client("leader")
    for query in (
        "metric=nothing&by=account&grain=week&window=7&from=x&to=9999-99&known=never",
        "metric=ttv&by=acv_band&from=2030-01&to=1999-01",
        "metric=nrr&segment=No+such&owner=&region=%00&acv_band=%27%3Bdrop",
        "metric=nrr&known=2026-12-01T10:00",
        "metric=nrr&quarter=x&quarter=2026-Q7&quarter=0000-Q1&cohort=soon&cohort=9999-12",
        "metric=nrr&to=0001-01&quarter=2026-Q3",
    ):
        text(client.get(world.url(f"metrics/explore/?{query}")))
    for query in ("month=2026-13", "month=1990-01", "", "metric=nrr&grain=quarter&month=2026-11"):
        assert client.get(world.url(f"metrics/explore/accounts/?{query}")).status_code == 404


def test_accounts_behind_a_value(world, book):
    """DSH-04: each value opens its accounts; who sees only a book of their own is told how many others count."""
    url = world.url("metrics/explore/accounts/?metric=logo_churn&by=segment&month=2026-12&value=Small+business")
    page = text(world.client("executive").get(url))
    assert page.count("Sma-") >= 20
    assert "Ent-0" not in page
    with world.open():
        Account.objects.filter(segment__name="Small business").update(owner=world.members["csm"])
        Account.objects.filter(external_id="Sma-0").update(owner=None)
    page = text(world.client("leader").get(url))
    assert "Sma-0" in page
    assert "19 accounts that you may not open count as well." in page


def test_activity_stands_beside_its_outcome(world, book):
    """MET-22: a hundred reviews in a quarter without a change of retention are said to be vain."""
    with world.open():
        account = Account.objects.first()
        for number in range(100):
            Touchpoint.objects.create(
                account=account, external_id=f"q{number}", kind="qbr", status="attended", source="api",
                happened_at=dt.datetime(2026, 12, 1 + number % 28, 12, tzinfo=dt.UTC), known_on=dt.date(2026, 12, 28),
            )  # fmt: skip
    page = text(world.client("leader").get(world.url("metrics/explore/?metric=reviews&grain=quarter")))
    assert "what it is meant to move" in page
    assert "Business reviews held: 100, and Gross revenue retention did not get better" in page
    assert all(said.outcome for said in METRICS.values() if said.level == Level.ACTIVITY)


def test_files(world, book):
    """The rows as CSV and as a workbook with the definition; formulas stay text."""
    book.merge("accounts", [{"account": "Ent-0", "name": "Ent-0", "segment": "Enterprise", "industry": "=1+1"}])
    client = world.client("executive")
    response = client.get(world.url("metrics/explore/values.csv?metric=logo_churn&by=segment&from=2026-12&to=2026-12"))
    rows = response.content.decode().splitlines()
    assert rows[1] == '"logo_churn","2026-12","all","",0.15000000,60,"ratio"'
    assert '"logo_churn","2026-12","segment","Small business",0.35000000,20,"ratio"' in rows
    response = client.get(world.url("metrics/explore/values.xlsx?metric=nrr&by=industry&segment=Enterprise"))
    made = load_workbook(BytesIO(response.content))
    assert made.sheetnames == ["Values", "Definition"]
    said = dict(row[:2] for row in made["Definition"].iter_rows(values_only=True))
    assert said["Formula"].startswith("(opening")
    assert said["Segment"] == "Enterprise"


def test_saved_views_move_on_with_time(world, book):
    """A view keeps metric, cut and filters under a name, without months unless they were chosen; only its owner changes it."""
    leader, executive = world.client("leader"), world.client("executive")
    url = world.url("metrics/explore/views/new/")
    form = {
        "name": "Churn of small ones",
        "shared": "on",
        "query": "metric=logo_churn&by=source&segment=Small+business&junk=1",
    }
    assert leader.post(url, form).status_code == 302
    with world.open():
        view = SavedView.objects.get(page="explore")
        assert view.query == "metric=logo_churn&by=source&segment=Small+business"
    page = text(executive.get(world.url(f"metrics/explore/?{view.query}")))
    assert "Churn of small ones" in page
    assert "Change this view" not in page
    assert "Change this view" in text(leader.get(world.url(f"metrics/explore/?{view.query}")))
    edit = world.url(f"metrics/explore/views/{view.id}/")
    assert executive.post(edit, form).status_code == 403
    assert leader.post(edit, form | {"name": HOSTILE}).status_code == 302
    assert HOSTILE not in text(leader.get(world.url("metrics/explore/")))
    assert leader.post(edit, form | {"name": ""}).status_code == 422
    assert executive.post(f"{edit}delete/").status_code == 403
    assert leader.post(f"{edit}delete/").status_code == 302
    with world.open():
        assert not SavedView.objects.filter(page="explore").exists()


def test_who_may_see_it(world):
    """ROL-01; without figures the page says what is missing."""
    for role, status in (("csm", 403), ("leader", 200), ("executive", 200), ("ops", 200), ("admin", 200)):
        response = world.client(role).get(world.url("metrics/explore/"))
        assert response.status_code == status, role
    assert "No revenue yet" in text(world.client("executive").get(world.url("metrics/explore/")))


def test_nothing_of_another_company(worlds):
    mine, theirs = worlds
    customer(Book(theirs), "Secret Corp", "2025-01-01", "", segment="Enterprise")
    own = Book(mine)
    customer(own, "Mine", "2025-01-01", "", segment="Enterprise")
    own.night(NIGHT)
    Book(theirs).night(NIGHT)
    for path in ("metrics/explore/?metric=mrr&by=segment", "metrics/explore/accounts/?metric=mrr&month=2026-12"):
        assert "Secret" not in text(mine.client("executive").get(mine.url(path)))


def test_queries_are_fixed(world, book):
    """The same number of statements for sixty customers as for sixty-one and whatever the cut."""
    client = world.client("executive")
    counts = []
    for _number in range(2):
        url = world.url("metrics/explore/?metric=nrr&by=owner&region=&size=")
        client.get(url)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            client.get(url)
        counts.append(len(seen))
        customer(book, "One more", "2025-01-01", "", segment="Small business")
        book.night(NIGHT)
    assert counts[0] == counts[1] <= 60


def test_the_moment_of_knowledge_keeps_its_seconds_through_the_form(world, book):
    """MET-23: choosing another metric must not move the moment, or what was learned in that minute would be lost."""
    html = text(world.client("admin").get(world.url("metrics/explore/?metric=nrr&known=2026-12-31T10:00:30")))
    assert html.count('type="hidden" name="known" value="2026-12-31T10:00:30"') == 2  # the bar and the panel of filters
