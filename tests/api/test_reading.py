"""Lists and rows: pages, filters, fields, what is shown and how (API-01, API-02)."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.enums import ChangeKind, ChangeSource
from accounts.models import (
    Account,
    AccountChange,
    ChurnAnswer,
    Contact,
    FxRate,
    Product,
    Segment,
    Subscription,
    SubscriptionChange,
)
from health.models import Outcome, Survey, Ticket, Touchpoint
from metrics.models import MrrMovement

JAN, FEB = dt.date(2026, 1, 1), dt.date(2026, 2, 1)


def fill(world, count: int = 3, first: int = 0) -> None:
    """`count` rows in each table that the API shows, the same in every tenant."""
    with world.open():
        segment = Segment.objects.get(name="Enterprise")
        for n in range(first, first + count):
            account = Account.objects.create(
                external_id=f"A-{n}",
                name=f"Northwind {n}",
                segment=segment,
                owner=world.members["csm"],
                industry="Retail",
                mrr_minor=8334,
                cac_minor=120_000,
                attributes={"tier_code": "x"},
            )
            AccountChange.objects.create(
                account=account, attribute="segment", value="Enterprise", effective_on=JAN, source=ChangeSource.API
            )
            Contact.objects.create(account=account, external_id=f"C-{n}", name=f"Ana {n}", email=f"ana{n}@n.example")
            product = Product.objects.create(name=f"Cloud {n}", external_id=f"cloud-{n}")
            terms = {
                "start_on": JAN,
                "interval_months": 12,
                "amount_minor": 100_008,
                "currency": "USD",
                "mrr_minor": 8334,
                "product": product,
                "account": account,
            }
            period = Subscription.objects.create(external_id=f"S-{n}", **terms)
            change = SubscriptionChange.objects.create(
                subscription=period, kind=ChangeKind.CREATED, effective_on=JAN, source=ChangeSource.API, **terms
            )
            MrrMovement.objects.create(
                account=account,
                month=JAN,
                kind="new",
                amount_minor=8334,
                subscription=period,
                change=change,
                effective_on=JAN,
            )
            FxRate.objects.create(month=FEB, base="EUR", quote="USD", rate=Decimal("1.08") + n, source="api")
            ChurnAnswer.objects.create(account=account, ended_on=FEB, category="price", source=ChangeSource.API)
            fact = {"account": account, "known_on": JAN, "source": "api"}
            at = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
            Ticket.objects.create(external_id=f"T-{n}", state="New", opened_at=at, **fact)
            Touchpoint.objects.create(external_id=f"M-{n}", kind="qbr", happened_at=at, **fact)
            Survey.objects.create(external_id=f"R-{n}", kind="nps", score=9, answered_at=at, **fact)
            Outcome.objects.create(
                external_id=f"O-{n}",
                name="Faster",
                baseline=0,
                target=5,
                agreed_on=JAN,
                due_on=FEB,
                data_source="CRM",
                **fact,
            )


LISTS = [
    "accounts",
    "contacts",
    "products",
    "segments",
    "subscriptions",
    "subscription-changes",
    "movements",
    "fx-rates",
    "churn-answers",
    "tickets",
    "touchpoints",
    "surveys",
    "outcomes",
]


@pytest.fixture
def filled(worlds):
    for each in worlds:
        fill(each)
    return worlds


@pytest.mark.parametrize("name", LISTS)
def test_pages_are_disjoint_complete_and_end(api, filled, name):
    whole = api.get(f"{name}?limit=1000").json()
    assert whole["next"] is None
    ids = [row["id"] for row in whole["results"]]
    assert len(ids) >= 3
    seen, path = [], f"{name}?limit=2"
    while path:
        page = api.get(path).json()
        assert 1 <= len(page["results"]) <= 2
        seen += [row["id"] for row in page["results"]]
        path = page["next"] and page["next"].split("/api/v1/")[1]
    assert seen == ids


@pytest.mark.parametrize("name", LISTS)
def test_a_row_is_read_by_its_id(api, filled, name):
    for row in api.get(name).json()["results"]:
        assert api.get(f"{name}/{row['id']}").json() == row


def test_pages_stay_stable_while_rows_are_written(api, world):
    """Rows between pages: none is missed; one that changes is met again at the end."""
    with world.open():
        ids = [str(Account.objects.create(external_id=f"A-{n}", name="N").id) for n in range(6)]
        Account.objects.update(updated_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))  # as one import leaves them
    first = api.get("accounts?limit=3").json()
    with world.open():
        Account.objects.filter(id=ids[0]).update(updated_at=dt.datetime(2026, 1, 2, tzinfo=dt.UTC))
        Account.objects.filter(id=ids[4]).update(updated_at=dt.datetime(2026, 1, 3, tzinfo=dt.UTC))
        new = str(Account.objects.create(external_id="A-9", name="N").id)
    rest = api.get(first["next"].split("/api/v1/")[1] + "&limit=100").json()
    assert rest["code"] == "invalid"  # a parameter that stands twice is refused
    rest = api.get(first["next"].split("/api/v1/")[1].replace("limit=3", "limit=100")).json()
    assert [row["id"] for row in first["results"]] == ids[:3]
    assert [row["id"] for row in rest["results"]] == [ids[3], ids[5], ids[0], ids[4], new]


def test_a_page_deep_inside_reads_no_more_than_itself(api, world):
    """The cursor's comparison is one condition of the index, also where thousands share one moment."""
    with world.open(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_account (id, tenant_id, external_id, name, level, industry, source, region, domain,"
            " tier, strategic, complexity, attributes, status, mrr_minor, version)"
            " SELECT uuidv7(), %s, 'N-' || n, 'N', 'company', '', '', '', '', '', false, '', '{}', 'prospect', 0, 1"
            " FROM generate_series(1, 4000) n",
            [world.tenant.id],
        )
        cursor.execute("ANALYZE accounts_account")
    cursor_of_page = api.get("accounts?limit=1000").json()["next"].split("/api/v1/")[1]
    with CaptureQueriesContext(connection) as queries:
        api.get(cursor_of_page.replace("limit=1000", "limit=100"))
    sql = next(q["sql"] for q in queries if 'FROM "accounts_account"' in q["sql"])
    with world.open(), connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS OFF, TIMING OFF) " + sql)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "account_by_update" in plan
    assert "ROW(" in plan.split("Index Cond")[1].split("\n")[0], plan


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("accounts?segment=Enterprise", 3),
        ("accounts?segment=Other", 0),
        ("accounts?status=live", 0),
        ("accounts?owner_email=CSM@acme.example", 3),
        ("accounts?industry=Retail&status=prospect", 3),
        ("accounts?updated_since=2020-01-01T00:00:00Z", 3),
        ("accounts?updated_since=2120-01-01T00:00:00%2B07:00", 0),
        ("contacts?account=A-1", 1),
        ("contacts?email=ANA2@n.example", 1),
        ("subscriptions?account=A-1", 1),
        ("subscriptions?external_id=S-2", 1),
        ("subscriptions?product=cloud-0", 1),
        ("subscriptions?voided=true", 0),
        ("subscriptions?currency=USD", 3),
        ("subscription-changes?account=A-1", 1),
        ("movements?account=A-1", 1),
        ("movements?month=2026-01", 3),
        ("movements?month=2026-02", 0),
        ("movements?kind=new&account=A-1&month=2026-01", 1),
        ("movements?kind=churn", 0),
        ("fx-rates?month=2026-02&base=EUR&quote=USD", 3),
        ("fx-rates?base=GBP", 0),
    ],
)
def test_filters(api, filled, query, found):
    answer = api.get(query)
    assert answer.status_code == 200, answer.content
    assert len(answer.json()["results"]) == found


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("accounts?limit=0", "limit"),
        ("accounts?limit=1001", "limit"),
        ("accounts?limit=1e3", "limit"),
        ("accounts?segmnet=Enterprise", "segmnet"),
        ("accounts?status=gone", "status"),
        ("accounts?segment=a&segment=b", "segment"),
        ("accounts?segment=%00", "segment"),
        ("accounts?updated_since=yesterday", "updated_since"),
        ("accounts?cursor=abc", "cursor"),
        ("accounts?cursor=WyJ4IiwieSJd", "cursor"),
        ("accounts?cursor=W10", "cursor"),
        ("accounts?cursor=bnVsbA", "cursor"),
        ("accounts?cursor=%F0%9F%98%80", "cursor"),
        ("accounts?fields=name,tenant", "fields"),
        ("accounts?tenant=1", "tenant"),
        ("accounts?tenant_id=1", "tenant_id"),
        ("movements?month=2026-13", "month"),
        ("movements?month=0000-01", "month"),
        ("subscription-changes?subscription=x", "subscription"),
    ],
)
def test_what_a_query_cannot_mean_is_422_and_named(api, world, query, field):
    answer = api.get(query)
    assert answer.status_code == 422
    assert list(answer.json()["error"]["fields"]) == [field]


def test_only_the_fields_that_are_wanted(api, filled):
    page = api.get("accounts?fields=external_id,%20mrr").json()
    assert page["results"][0] == {"external_id": "A-0", "mrr": "83.34"}
    assert api.get("accounts/ext:A-1?fields=name").json() == {"name": "Northwind 1"}


def test_an_account_as_it_is_shown(api, filled):
    answer = api.get("accounts/ext:A-1")
    body = answer.json()
    assert answer["ETag"] == '"1"'
    shown = {k: v for k, v in body.items() if k not in {"id", "created_at", "updated_at"}}
    assert shown == {
        "external_id": "A-1",
        "name": "Northwind 1",
        "level": "company",
        "parent": None,
        "segment": "Enterprise",
        "owner_email": "csm@acme.example",
        "industry": "Retail",
        "source": "",
        "region": "",
        "employees": None,
        "domain": "",
        "signed_on": None,
        "tier": "",
        "strategic": False,
        "complexity": "",
        "cac": "1200.00",
        "referred_by": None,
        "attributes": {"tier_code": "x"},
        "status": "prospect",
        "mrr": "83.34",
        "currency": "USD",
        "renews_on": None,
        "customer_since": None,
        "version": 1,
    }
    assert body["updated_at"].endswith("Z")


def test_a_movement_leads_to_its_subscription_and_its_change(api, filled):
    row = api.get("movements?account=A-1").json()["results"][0]
    assert (row["amount"], row["currency"], row["month"], row["reverses"]) == ("83.34", "USD", "2026-01", None)
    assert row["subscription"]["external_id"] == "S-1"
    assert row["change"]["source"] == "api"
    assert api.get(f"subscription-changes/{row['change']['id']}").json()["subscription"] == "S-1"


def test_money_has_the_digits_of_its_currency(api, filled):
    with filled[0].open():
        Subscription.objects.filter(external_id="S-1").update(currency="JPY", amount_minor=5000, mrr_minor=417)
        Subscription.objects.filter(external_id="S-2").update(currency="KWD", amount_minor=5000, mrr_minor=417)
    shown = {row["external_id"]: row for row in api.get("subscriptions").json()["results"]}
    assert [(shown[s]["amount"], shown[s]["mrr"]) for s in ("S-0", "S-1", "S-2")] == [
        ("1000.08", "83.34"),
        ("5000", "417"),
        ("5.000", "0.417"),
    ]


def test_ext_names_the_live_period_that_starts_last(api, filled):
    with filled[0].open():
        old = Subscription.objects.get(external_id="S-1")
        terms = {f: getattr(old, f) for f in ("account", "interval_months", "amount_minor", "currency", "mrr_minor")}
        Subscription.objects.create(external_id="S-1", start_on=FEB, **terms)
        Subscription.objects.create(external_id="S-1", start_on=dt.date(2026, 3, 1), voided=True, **terms)
    assert api.get("subscriptions/ext:S-1").json()["start_date"] == "2026-02-01"


def test_external_ids_may_hold_anything(api, world):
    with world.open():
        for external_id in ("a/b", "ext:x", "ü %", "bulk"):
            Account.objects.create(external_id=external_id, name=external_id)
    for external_id, path in (("a/b", "a/b"), ("ext:x", "ext:x"), ("ü %", "%C3%BC%20%25"), ("bulk", "bulk")):
        answer = api.get(f"accounts/ext:{path}")
        assert answer.status_code == 200, path
        assert answer.json()["name"] == external_id


# Door of the key 5, the tenant's transaction 4, the view's savepoint 2, its rows 1; one for each relation.
LIST_QUERIES = {
    "accounts": 12 + 3,
    "contacts": 12 + 1,
    "products": 12,
    "segments": 12,
    "subscriptions": 12 + 2,
    "subscription-changes": 12 + 3,
    "movements": 12 + 3,
    "fx-rates": 12,
    "churn-answers": 12 + 1,
    "tickets": 12 + 1,
    "touchpoints": 12 + 1,  # of those that have a value
    "surveys": 12 + 1,
    "outcomes": 12 + 2,
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_the_same_for_one_row_and_for_three(world, api, django_assert_num_queries, name):
    fill(world, 1)
    api.get(name)  # the key's first use is written
    with django_assert_num_queries(LIST_QUERIES[name]):
        one = api.get(name).json()["results"]
    with world.open():
        Segment.objects.create(name="More")
    for n in (1, 2):
        fill(world, 1, first=n)
    with django_assert_num_queries(LIST_QUERIES[name]):
        assert len(api.get(name).json()["results"]) > len(one) >= 1


@pytest.mark.parametrize(
    "path", ["nowhere", "accounts/", "accounts/1", "segments/ext:Enterprise", "reports/nothing", "movements/ext:x"]
)
def test_what_is_not_there_is_404_with_the_envelope(api, world, path):
    answer = api.get(path)
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/json"
    assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "accounts/ext:A-1"),
        ("POST", "movements"),
        ("PATCH", "segments/0198d000-0000-7000-8000-000000000000"),
        ("POST", "accounts/ext:A-1"),
        ("OPTIONS", "accounts"),
        ("TRACE", "accounts"),
        ("POST", "reports/mrr_monthly"),
    ],
)
def test_methods_that_a_resource_has_not_are_405(api, filled, method, path):
    answer = api.send(method, path, {})
    assert answer.status_code == 405
    assert answer["Allow"]
    assert answer.json()["code"] == "method_not_allowed"


def test_answers_are_json_or_nothing(api, world):
    for accept, status in (("application/json", 200), ("*/*", 200), ("text/html", 406), ("text/csv", 406)):
        answer = api.get("accounts", Accept=accept)
        assert answer.status_code == status, accept
        assert answer["Content-Type"] == "application/json"
    assert api.get("accounts?format=csv").status_code == 406
