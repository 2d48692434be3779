"""The settings: who may open what, that each section works, and that nothing leaks (ROL-01, API-04)."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.company import save_segment
from accounts.models import (
    Account,
    AccountChange,
    ApiKey,
    BusinessHours,
    ChurnAnswer,
    FxRate,
    Holiday,
    Product,
    Role,
    Segment,
    Subscription,
    Team,
    Tenant,
)
from accounts.selectors import live_key
from accounts.settings_sections import SECTIONS
from accounts.settings_views.lists import LISTINGS
from cs_platform.kernel.access import Permission
from cs_platform.kernel.models import AuditEntry, Dirty, Work
from cs_platform.kernel.periods import add_months

SECTION_PERMISSIONS = {section.name: section.permission for _label, group in SECTIONS for section in group}


def at(world, name, *args):
    return reverse(f"settings_{name}", args=[world.tenant.slug, *args])


def subscribe(world):
    with world.open():
        account = Account.objects.create(external_id="A", name="Northwind")
        Subscription.objects.create(
            account=account,
            external_id="S",
            start_on=dt.date(2026, 1, 1),
            interval_months=1,
            amount_minor=100,
            mrr_minor=100,
            currency="USD",
        )


@pytest.mark.parametrize("name", SECTION_PERMISSIONS)
@pytest.mark.parametrize("role", ["admin", "ops", "leader", "csm", "executive"])
def test_each_section_opens_for_its_permission_only(world, name, role):
    """ROL-01: what a role may not do is refused, and absent from the list of sections."""
    client = world.client(role)
    allowed = world.members[role].may(SECTION_PERMISSIONS[name])
    assert client.get(at(world, name)).status_code == (200 if allowed else 403)
    assert client.get(f"/t/rival/settings/{name}/").status_code == 404


def test_the_first_section_is_one_that_the_role_may_open(world):
    entry = reverse("settings", args=["acme"])
    assert world.client("ops").get(entry).url == at(world, "company")
    assert world.client("csm").get(entry).status_code == 403
    with world.open():
        Role.objects.filter(key="csm").update(permissions=["home.view", "audit.view"])
    assert world.client("csm").get(entry).url == at(world, "audit")


def test_the_list_of_sections_shows_only_open_ones(world):
    page = world.client("ops").get(at(world, "company")).content.decode()
    assert at(world, "keys") in page
    assert at(world, "members") not in page


def test_navigation_names_settings_for_whoever_may_open_one(world):
    settings, palette = reverse("settings", args=["acme"]), "/t/acme/palette/?q=sett"
    assert settings not in world.client("csm").get(palette).content.decode(), "a CSM may open none"
    assert settings in world.client("executive").get(palette).content.decode(), "who may set targets finds them"
    with world.open():
        Role.objects.filter(key="csm").update(permissions=["home.view", "keys.edit"])
    assert settings in world.client("csm").get(at(world, "keys")).content.decode()


# Company


def company_form(**changes):
    form = {"name": "Acme", "currency": "USD", "timezone": "UTC", "fiscal_start_month": "1", "gross_margin": "80"}
    return form | {"night_hour": "2", "logo_level": "account", "dunning_days": "30", "digest_at": "17:30"} | changes


def test_company_settings_are_saved_and_audited(world):
    Tenant.objects.filter(id=world.tenant.id).update(next_night_at="2026-11-22T02:00Z")
    form = company_form(name="Acme Oy", timezone="Europe/Helsinki", gross_margin="72.5", fiscal_start_month="4")
    assert world.client("admin").post(at(world, "company"), form).status_code == 302
    tenant = Tenant.objects.get(slug="acme")
    assert (tenant.name, tenant.timezone, tenant.gross_margin) == ("Acme Oy", "Europe/Helsinki", Decimal("0.7250"))
    assert (tenant.fiscal_start_month, tenant.next_night_at) == (4, None), "the scheduler plans the night anew"
    with world.open():
        entry = AuditEntry.objects.get(table="accounts_tenant")
        assert entry.actor == world.members["admin"].name
        assert entry.changes["timezone"] == ["UTC", "Europe/Helsinki"]
        assert entry.changes["gross_margin"] == ["0.8000", "0.7250"]
        assert "currency" not in entry.changes


def test_currency_stays_once_money_is_kept_in_it(worlds):
    mine, theirs = worlds
    subscribe(mine)
    refused = mine.client("admin").post(at(mine, "company"), company_form(currency="EUR"))
    assert refused.status_code == 422
    assert "the history is valued anew" in refused.content.decode()
    assert theirs.client("admin").post(at(theirs, "company"), company_form(currency="eur")).status_code == 302
    assert list(Tenant.objects.order_by("slug").values_list("slug", "currency")) == [("acme", "USD"), ("rival", "EUR")]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("currency", "XXQ"),
        ("timezone", "Mars/Olympus"),
        ("gross_margin", "101"),
        ("gross_margin", "NaN"),
        ("night_hour", "24"),
        ("fiscal_start_month", "13"),
        ("name", ""),
        ("name", "a\x00b"),
    ],
)
def test_company_settings_that_cannot_be_are_refused_at_their_field(world, field, value):
    response = world.client("admin").post(at(world, "company"), company_form(**{field: value}))
    assert response.status_code == 422
    assert f'id="id_{field}_error"' in response.content.decode()
    assert Tenant.objects.get(slug="acme").name == "Acme Cloud"


# Working hours


def test_hours_become_exactly_what_was_sent(world):
    form = {
        "open_0": "on",
        "opens_0": "08:00",
        "closes_0": "18:30",
        "open_6": "on",
        "opens_6": "10:00",
        "closes_6": "12:00",
    }
    with world.open():
        for weekday in range(5):
            BusinessHours.objects.create(weekday=weekday, opens=dt.time(9), closes=dt.time(17))
    assert world.client("admin").post(at(world, "calendar"), form).status_code == 302
    with world.open():
        rows = list(BusinessHours.objects.values_list("weekday", "opens", "closes"))
        assert AuditEntry.objects.filter(table="accounts_businesshours", action="update").count() == 1
    assert rows == [(0, dt.time(8), dt.time(18, 30)), (6, dt.time(10), dt.time(12))]


@pytest.mark.parametrize(
    "times", [("18:00", "09:00"), ("09:00", "09:00"), ("", "09:00"), ("25:00", "26:00"), ("x", "y")]
)
def test_impossible_hours_are_refused_whole(world, times):
    form = {"open_1": "on", "opens_1": times[0], "closes_1": times[1]}
    assert world.client("admin").post(at(world, "calendar"), form).status_code == 422
    with world.open():
        assert not BusinessHours.objects.exists()


# Lists: teams, holidays, catalogue


def sample(world, name):
    """What to type for a new row of a listing."""
    return {
        "teams": {"name": "North"},
        "holidays": {"day": "2026-12-25", "name": "Christmas"},
        "segments": {"name": "Public sector", "profile": "enterprise", "position": "9"},
        "products": {"name": "Core", "external_id": "core"},
        "plans": {"name": "Pro", "rank": "2", "usage_limit": "1000000"},
        "features": {"name": "Reports", "key": "report.viewed", "kind": "advanced"},
        "churn_reasons": {"name": "No discount", "category": "price", "position": "1"},
        "churn_rules": {"advice": "Look at prices", "category": "price", "least": "25", "position": "1"},
    }[name]


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.name)
def test_a_row_is_added_changed_refused_twice_and_deleted(worlds, listing):
    """ACC-08 for features; each listing keeps to its own company."""
    mine, theirs = worlds
    client, model, form = mine.client("admin"), listing.form._meta.model, sample(mine, listing.name)
    named = "name" if "name" in form else "advice"
    with theirs.open():
        foreign = listing.form(form)
        assert foreign.is_valid(), foreign.errors
        foreign = foreign.save()
    assert client.post(at(mine, f"{listing.name}_add"), form).status_code == 302
    again = client.post(at(mine, f"{listing.name}_add"), form)
    assert again.status_code == 422
    assert "There is one already." in again.content.decode()
    with mine.open():
        row = model.objects.get(**{named: form[named]})
    page = client.get(at(mine, listing.name)).content.decode()
    assert form[named] in page
    assert str(row.id) in page
    assert str(foreign.id) not in page
    edit = at(mine, f"{listing.name}_edit", row.id)
    assert client.post(edit, form | {named: "<b>Ünusual</b> ‮name"}).status_code == 302
    page = client.get(at(mine, listing.name)).content.decode()
    assert "<b>Ünusual" not in page
    assert "&lt;b&gt;Ünusual" in page
    for route in ("edit", "remove"):
        assert client.post(at(mine, f"{listing.name}_{route}", foreign.id), form).status_code == 404
    assert client.post(at(mine, f"{listing.name}_remove", row.id)).status_code == 302
    with mine.open():
        assert not model.objects.filter(id=row.id).exists()
    with theirs.open():
        assert model.objects.filter(id=foreign.id).exists()


def test_a_form_opens_in_the_drawer_and_as_a_page(world):
    client, url = world.client("admin"), at(world, "teams_add")
    assert "<html" in client.get(url).content.decode()
    drawer = client.get(url, headers={"HX-Request": "true", "HX-Target": "drawer-body"}).content.decode()
    assert "<html" not in drawer
    assert "data-close" in drawer
    saved = client.post(url, {"name": "North"}, headers={"HX-Request": "true", "HX-Target": "drawer-body"})
    assert (saved.status_code, saved["HX-Redirect"]) == (204, at(world, "teams"))


def test_deleting_what_is_used_is_refused_with_the_reason(world):
    subscribe(world)
    with world.open():
        segment = Segment.objects.first()
        Account.objects.update(segment=segment)
    response = world.client("admin").post(at(world, "segments_remove", segment.id))
    assert response.status_code == 422
    assert "is in use (1)" in response.content.decode()
    with world.open():
        assert Segment.objects.filter(id=segment.id).exists()


def test_lists_cost_the_same_for_one_and_three_rows(world, django_assert_num_queries):
    client = world.client("admin")
    with world.open():
        Team.objects.create(name="A", leader=world.members["leader"])
    client.get(at(world, "teams"))
    with django_assert_num_queries(16):
        client.get(at(world, "teams"))
    with world.open():
        Team.objects.create(name="B", leader=world.members["csm"])
        Team.objects.create(name="C", leader=world.members["ops"])
    with django_assert_num_queries(16):
        client.get(at(world, "teams"))


def test_a_renamed_segment_keeps_its_line_in_every_month(worlds):
    """CONTRACTS 3 (`segments`): one name for all months; what was reported then still has the old one."""
    mine, theirs = worlds
    for world in worlds:
        with world.open():
            account = Account.objects.create(external_id="A", name="Northwind")
            for value, day in (("SMB", dt.date(2020, 1, 1)), ("Big", dt.date(2024, 1, 1))):
                AccountChange.objects.create(
                    account=account, attribute="segment", value=value, effective_on=day, source="import"
                )
            Segment.objects.create(name="SMB", profile="smb")
    with mine.open():
        segment = Segment.objects.get(name="SMB")
        segment.name = "Small firms"
        save_segment(segment=segment, by=mine.members["admin"])
        kept = list(AccountChange.objects.order_by("recorded_at", "id").values_list("value", "effective_on"))
        assert kept[:2] == [("SMB", dt.date(2020, 1, 1)), ("Big", dt.date(2024, 1, 1))]
        assert kept[2:] == [("Small firms", dt.date(2020, 1, 1))]
        assert Dirty.objects.filter(topic="revenue").count() == 1
        assert Work.objects.filter(name="refresh_revenue").exists()
    with theirs.open():
        assert AccountChange.objects.count() == 2
        assert not Dirty.objects.exists()


def test_products_count_their_versions(world):
    client = world.client("admin")
    client.post(at(world, "products_add"), {"name": "Core", "external_id": "core"})
    with world.open():
        product = Product.objects.get()
    client.post(at(world, "products_edit", product.id), {"name": "Core 2", "external_id": "taken over"})
    with world.open():
        product = Product.objects.get()
    assert (product.name, product.external_id, product.version) == ("Core 2", "core", 2)


# API keys


def test_a_key_is_shown_once_works_and_ends(world):
    client = world.client("ops")
    made = client.post(
        at(world, "keys"), {"name": "Warehouse", "scopes": ["read", "events"], "expires_on": "2099-12-31"}
    )
    assert made.status_code == 201
    assert made["Cache-Control"] == "no-store, private"
    secret = made.content.decode().split('<code id="secret">')[1].split("<")[0]
    key = live_key(secret)
    assert (key.name, key.scopes, key.tenant_id) == ("Warehouse", ["read", "events"], world.tenant.id)
    assert key.expires_at == dt.datetime(2100, 1, 1, tzinfo=dt.UTC), "valid through the whole last day"
    assert secret not in client.get(at(world, "keys")).content.decode()
    with world.open():
        assert not AuditEntry.objects.filter(changes__icontains=secret).exists()

    rotated = client.post(at(world, "keys_rotate", key.id))
    second = live_key(rotated.content.decode().split('<code id="secret">')[1].split("<")[0])
    assert (second.rotates_id, second.scopes) == (key.id, key.scopes)
    assert live_key(secret), "both live while one replaces the other"
    assert client.post(at(world, "keys_revoke", key.id)).status_code == 302
    assert live_key(secret) is None
    assert client.post(at(world, "keys_rotate", key.id)).status_code == 422


@pytest.mark.parametrize(
    "form",
    [
        {"name": "", "scopes": ["read"]},
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["root"]},
        {"name": "x", "scopes": ["read"], "expires_on": "2020-01-01"},
    ],
)
def test_a_key_that_makes_no_sense_is_refused(world, form):
    assert world.client("ops").post(at(world, "keys"), form).status_code == 422
    with world.open():
        assert ApiKey.objects.count() == 1


def test_keys_of_another_company_are_unknown(worlds):
    mine, theirs = worlds
    with theirs.open():
        foreign = ApiKey.objects.get()
    for action in ("rotate", "revoke"):
        assert mine.client("admin").post(at(mine, f"keys_{action}", foreign.id)).status_code == 404
    assert live_key(theirs.api_key)


# Exchange rates


RATE = {"month": "2026-10", "base": "EUR", "quote": "USD", "rate": "1.0832"}


def test_rates_are_added_replaced_and_remembered(worlds):
    """METRICS rule 17: the latest recorded rate of a month counts; the ones before stay to be seen."""
    mine, theirs = worlds
    client = mine.client("ops")
    assert client.post(at(mine, "rates"), RATE).status_code == 302
    assert client.post(at(mine, "rates"), RATE | {"rate": "1.09", "base": "eur"}).status_code == 302
    assert client.post(at(mine, "rates"), RATE | {"month": "2026-09", "rate": "1.2"}).status_code == 302
    (row,) = client.get(at(mine, "rates")).context["rows"]
    assert (row["pair"], row["month"], row["rate"], row["months"]) == ("EUR → USD", "October 2026", "1.09", 2)
    rows = client.get(at(mine, "rates_pair", "EUR", "USD")).context["rows"]
    assert [(row["rate"], row["current"]) for row in rows] == [("1.09", True), ("1.0832", False), ("1.2", True)]
    assert theirs.client("ops").get(at(theirs, "rates")).context["rows"] == []
    assert theirs.client("ops").get(at(theirs, "rates_pair", "EUR", "USD")).status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rate", "0"),
        ("rate", "NaN"),
        ("rate", "1e999"),
        ("rate", ""),
        ("month", "13/2026"),
        ("base", "ABC"),
        ("quote", "EUR"),
    ],
)
def test_a_rate_that_cannot_be_is_refused_at_its_field(world, field, value):
    response = world.client("ops").post(at(world, "rates"), RATE | {field: value})
    assert response.status_code == 422
    assert f'id="id_{field}_error"' in response.content.decode()
    with world.open():
        assert not FxRate.objects.exists()


def test_the_history_of_a_pair_goes_on_by_months(world):
    client = world.client("ops")
    with world.open():
        for n in range(70):
            FxRate.objects.create(
                month=add_months(dt.date(2026, 10, 1), -n), base="EUR", quote="USD", rate=1 + n, source="api"
            )
    first = client.get(at(world, "rates_pair", "EUR", "USD"))
    second = client.get(first.context["foot"]["next_url"])
    assert [len(page.context["rows"]) for page in (first, second)] == [60, 10]
    assert not second.context["foot"]["next_url"]
    assert client.get(second.context["foot"]["previous_url"]).context["rows"][0]["rate"] == "1"
    assert client.get(at(world, "rates_pair", "EUR", "USD") + "?before=x").status_code == 200


# Audit log


def test_audit_log_names_people_and_things_and_stays_inside(worlds):
    mine, theirs = worlds
    client = mine.client("admin")
    with mine.open():
        team = Team.objects.create(name="North")
    client.post(
        at(mine, "members_edit", mine.members["csm"].id), {"role": mine.members["leader"].role_id, "team": team.id}
    )
    with mine.open():
        answered = Account.objects.create(external_id="A-9", name="Nine Lives")
        ChurnAnswer.objects.create(account=answered, ended_on=dt.date(2026, 1, 1), category="price", source="member")
    with theirs.open():
        Team.objects.create(name="Secret team of the rival")
    page = client.get(at(mine, "audit")).content.decode()
    assert "CS leader" in page
    assert "Csm Person" in page
    assert "Secret team" not in page
    assert str(team.id) not in page, "ids are shown as names"
    assert " object (" not in page, "a row without a name of its own goes by its account's"


def test_audit_log_filters_and_pages_by_key(world):
    client = world.client("ops")
    with world.open():
        AuditEntry.objects.bulk_create(
            AuditEntry(table="accounts_team", action="insert", actor=f"Writer {n}", changes={}) for n in range(120)
        )
    page = client.get(at(world, "audit"), {"table": "accounts_team"})
    seen = []
    for _ in range(4):
        seen += [line.actor for line in page.context["lines"]]
        following = page.context["foot"]["next_url"]
        if not following:
            break
        page = client.get(following)
    assert seen == [f"Writer {n}" for n in range(119, -1, -1)]
    back = client.get(page.context["foot"]["previous_url"])
    assert [line.actor for line in back.context["lines"]] == [f"Writer {n}" for n in range(69, 19, -1)]
    assert len(client.get(at(world, "audit"), {"person": "Writer 7"}).context["lines"]) == 1
    assert client.get(at(world, "audit"), {"day": "2001-01-01"}).context["lines"] == []


@pytest.mark.parametrize(
    "query",
    ["older=x", "newer=%00", "day=2026-13-45", "table=auth_user", "person=%00", "day=9999-12-31", "day=0001-01-01"],
)
def test_audit_log_bears_any_address(world, query):
    assert world.client("admin").get(f"{at(world, 'audit')}?{query}").status_code == 200


def test_audit_log_costs_the_same_however_many_entries(world, django_assert_max_num_queries):
    client = world.client("admin")
    with world.open():
        for n in range(30):
            Team.objects.create(name=f"T{n}", leader=world.members["leader"])
    with django_assert_max_num_queries(24):
        client.get(at(world, "audit"))


def test_every_settings_page_needs_a_permission():
    """Deny by default holds for each route of the settings, also those of a single row."""
    from accounts.settings_urls import urlpatterns

    assert len(urlpatterns) > 30
    assert all(isinstance(route.callback.permission, Permission) for route in urlpatterns)


def test_holidays_are_audited(world):
    world.client("admin").post(at(world, "holidays_add"), {"day": "2026-08-17", "name": "Hari Kemerdekaan"})
    with world.open():
        assert Holiday.objects.get().name == "Hari Kemerdekaan"
        assert AuditEntry.objects.get(table="accounts_holiday").changes["name"] == [None, "Hari Kemerdekaan"]


def test_a_key_is_made_in_its_place(world):
    """ROL-01: the secret and a refusal come as the piece that the page puts in, not as a page inside the page."""
    headers = {"HX-Request": "true", "HX-Target": "keys"}
    for posted, status in (({"name": "Loader", "scopes": ["read"]}, 201), ({"name": ""}, 422)):
        answer = world.client("admin").post(at(world, "keys"), posted, headers=headers)
        assert answer.status_code == status
        assert "<html" not in answer.content.decode()
        assert "Make a key" in answer.content.decode()
