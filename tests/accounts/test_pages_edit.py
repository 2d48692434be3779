"""What people write on the customer pages: saved views, accounts, people, events, paid periods; versions that are stale."""

import datetime as dt
import html
import re
from uuid import uuid4

import pytest

from accounts.models import Account, AccountChange, AccountEvent, Contact, SavedView, Subscription, SubscriptionChange
from cs_platform.kernel.models import AuditEntry, Dirty
from tests.accounts.book import HOSTILE, make_account, make_contact, make_period
from tests.accounts.test_pages import row_names, text_of

DRAWER = {"HX-Request": "true", "HX-Target": "drawer-body"}


def fields(response) -> dict[str, str]:
    """The values of the form on the page, as a browser would send them back."""
    content = response.content.decode()
    form = re.search(r'<form class="form.*?</form>', content, re.S)[0]
    values = dict(re.findall(r'<input type="(?:hidden|text|date|number|email)" name="(\w+)" value="([^"]*)"', form))
    for name, options in re.findall(r'<select name="(\w+)".*?>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        values[name] = chosen[1] if chosen else ""
    values.pop("csrfmiddlewaretoken", None)
    return {name: html.unescape(value) for name, value in values.items()}


# Saved views


@pytest.fixture
def listed(world):
    with world.open():
        make_account("Alpha", world.members["csm"], industry="Retail")
        make_account("Beta", world.members["csm"])
    return world


def save(client, world, name: str, query: str, shared: bool = False):
    data = {"name": name, "query": query} | ({"shared": "on"} if shared else {})
    return client.post(world.url("accounts/views/new/"), data)


def test_a_view_keeps_the_state_and_becomes_a_tab_with_its_count(listed):
    client = listed.client("csm")
    response = save(client, listed, "Retail only", "industry=Retail&sort=name&after=x&nonsense=1")
    page = client.get(response["Location"])
    assert row_names(page) == ["Alpha"]
    with listed.open():
        view = SavedView.objects.get()
        assert view.query == "industry=Retail&sort=name"
    assert "Retail only 1" in re.sub(r"\s+", " ", text_of(client.get(listed.url("accounts/"))))


def test_a_changed_view_says_so_and_can_be_saved(listed):
    client = listed.client("csm")
    save(client, listed, "Mine", "industry=Retail")
    with listed.open():
        view = SavedView.objects.get()
    changed = listed.url(f"accounts/?sort=name&view={view.id}")
    page = client.get(changed)
    assert "Changed from the saved view" in text_of(page)
    sent = re.search(r'name="query" value="([^"]*)"', page.content.decode())[1]
    client.post(listed.url(f"accounts/views/{view.id}/"), {"query": html.unescape(sent)})
    with listed.open():
        view.refresh_from_db()
        assert (view.name, view.query, view.shared) == ("Mine", "sort=name", False)
    assert "Changed from the saved view" not in text_of(client.get(changed))


def test_private_views_are_unknown_and_shared_ones_not_to_be_changed(worlds):
    """A private view of somebody else answers like one that never was, as does one's own of another page; a shared one
    is read, not changed."""
    world, rival = worlds
    with world.open():
        private = SavedView.objects.create(member=world.members["admin"], page="accounts", name="Private", query="")
        shared = SavedView.objects.create(
            member=world.members["admin"], page="accounts", name="Shared", query="owner=me", shared=True
        )
        other = SavedView.objects.create(
            member=world.members["csm"], page="explore", name="Other page", query="to=2025-12"
        )
    with rival.open():
        foreign = SavedView.objects.create(
            member=rival.members["admin"], page="accounts", name="Foreign", query="", shared=True
        )
    client = world.client("csm")
    tabs = text_of(client.get(world.url("accounts/")))
    assert "Shared" in tabs
    assert "Private" not in tabs
    assert "Foreign" not in tabs
    for view, status in ((private, 404), (foreign, 404), (other, 404), (shared, 403)):
        for path in ("", "delete/"):
            answer = client.post(world.url(f"accounts/views/{view.id}/{path}"), {"name": "x", "query": ""})
            assert answer.status_code == status, (view.name, path)
    with world.open():
        assert SavedView.objects.count() == 3
        assert not SavedView.objects.filter(name="x").exists()


def test_a_view_is_renamed_shared_and_deleted_by_its_owner(listed):
    client = listed.client("csm")
    save(client, listed, "One", "")
    with listed.open():
        view = SavedView.objects.get()
    url = listed.url(f"accounts/views/{view.id}/")
    client.post(url, {"name": HOSTILE[:60], "shared": "on", "query": "owner=me"})
    assert HOSTILE[:60] in text_of(listed.client("admin").get(listed.url("accounts/")))
    assert client.get(url + "delete/").status_code == 405
    client.post(url + "delete/")
    with listed.open():
        assert not SavedView.objects.exists()


def test_two_views_of_one_name_are_refused_with_the_reason(listed):
    client = listed.client("csm")
    save(client, listed, "Twice", "")
    response = save(client, listed, "Twice", "owner=me")
    assert response.status_code == 422
    assert "You have a view of this name already." in text_of(response)
    assert save(client, listed, "", "").status_code == 422
    assert save(client, listed, "long", "segment=" + "x" * 3000).status_code == 422
    assert save(listed.client("admin"), listed, "Twice", "").status_code == 302  # names are each person's own


# Accounts


def test_a_new_account_has_its_dated_attributes_and_its_trail(world):
    """ACC-01: what figures are cut by is dated from the first day, and the audit trail names the person."""
    client = world.client("admin")
    data = fields(client.get(world.url("accounts/new/"))) | {
        "name": HOSTILE,
        "account": "",
        "segment": "Enterprise",
        "owner_email": "csm@acme.example",
        "industry": "Logistics",
        "signed_on": "2026-02-03",
        "strategic": "on",
        "employees": "250",
    }
    response = client.post(world.url("accounts/new/"), data)
    assert response.status_code == 302
    assert HOSTILE in text_of(client.get(response["Location"]))
    with world.open():
        account = Account.objects.get()
        assert (account.name, account.owner.name, account.strategic) == (HOSTILE, "Csm Person", True)
        assert account.external_id.startswith("account-")
        changes = dict(AccountChange.objects.values_list("attribute", "value"))
        assert changes["industry"] == "Logistics"
        assert changes["segment"] == "Enterprise"
        assert AuditEntry.objects.get(row_id=account.id, action="insert").actor == "Administrator"
    again = client.post(world.url("accounts/new/"), data)  # a second press of the button
    assert again.status_code == 422
    with world.open():
        assert Account.objects.count() == 1


def test_who_sees_only_the_own_book_makes_accounts_of_that_book(world):
    client = world.client("csm")
    assert "owner_email" not in fields(client.get(world.url("accounts/new/")))
    data = {"name": "New one", "level": "company", "owner_email": "admin@acme.example"}
    assert client.post(world.url("accounts/new/"), data).status_code == 302
    with world.open():
        assert Account.objects.get().owner == world.members["csm"]


def test_an_account_form_with_errors_keeps_its_values(world):
    client = world.client("admin")
    response = client.post(world.url("accounts/new/"), {"name": "", "industry": "Keep me", "signed_on": "31.12.2026"})
    assert response.status_code == 422
    assert 'value="Keep me"' in response.content.decode()
    with world.open():
        assert not Account.objects.exists()
        make_account("Known", external_id="K")
    data = {"name": "X", "account": "K", "level": "company"}
    assert "There is one already." in text_of(client.post(world.url("accounts/new/"), data))
    data = {"name": "X", "parent": "unknown", "level": "company"}
    response = client.post(world.url("accounts/new/"), data)
    assert response.status_code == 422
    assert "There is no account with this id." in text_of(response)
    with world.open():
        assert Account.objects.count() == 1


def test_an_account_never_stands_above_itself(world):
    with world.open():
        top = make_account("Top", external_id="T")
        make_account("Below", external_id="B", parent=top)
    client = world.client("admin")
    url = world.url(f"accounts/{top.id}/edit/")
    for parent in ("T", "B"):
        response = client.post(url, fields(client.get(url)) | {"parent": parent})
        assert response.status_code == 422
    with world.open():
        top.refresh_from_db()
        assert top.parent_id is None


def test_a_stale_account_shows_both_and_writes_nothing(world):
    """RELIABILITY 4: 409 with theirs beside ours; saving again is a decision."""
    with world.open():
        account = make_account("Old name", world.members["csm"], industry="Retail")
    mine, url = world.client("csm"), world.url(f"accounts/{account.id}/edit/")
    opened = fields(mine.get(url))
    other = world.client("admin")
    other.post(url, fields(other.get(url)) | {"name": "Their name", "industry": "Retail"})
    response = mine.post(url, opened | {"name": "My name"})
    assert response.status_code == 409
    text = text_of(response)
    assert "Somebody else changed this after you opened it." in text
    assert "Their name" in text
    with world.open():
        account.refresh_from_db()
        assert account.name == "Their name"
    assert mine.post(url, fields(response)).status_code == 302
    with world.open():
        account.refresh_from_db()
        assert account.name == "My name"
        assert account.version == 3


def test_an_edit_changes_only_what_was_changed(world):
    with world.open():
        account = make_account("Same", world.members["csm"], industry="Retail", attributes={"NDA": "yes"})
    client, url = world.client("admin"), world.url(f"accounts/{account.id}/edit/")
    assert client.post(url, fields(client.get(url))).status_code == 302
    with world.open():
        account.refresh_from_db()
        assert account.version == 1
        assert not AuditEntry.objects.filter(row_id=account.id, action="update").exists()
    client.post(url, fields(client.get(url)) | {"industry": "Steel", "owner_email": "ops@acme.example"})
    with world.open():
        account.refresh_from_db()
        assert account.attributes == {"NDA": "yes"}
        assert (account.industry, account.owner) == ("Steel", world.members["ops"])
        entry = AuditEntry.objects.get(row_id=account.id, action="update")
        assert entry.changes["industry"] == ["Retail", "Steel"]


def test_what_a_customer_cost_to_win_and_who_referred_it(world):
    """MET-06, ADV-07: in the form as in files and the API; left as it is by an edit of something else, and refused."""
    with world.open():
        friend = make_account("Friend", external_id="FR")
        account = make_account("Won", world.members["csm"], external_id="W")
    client, url = world.client("admin"), world.url(f"accounts/{account.id}/edit/")
    assert client.post(url, fields(client.get(url)) | {"cac": "1250.50", "referred_by": "FR"}).status_code == 302
    with world.open():
        account.refresh_from_db()
        assert (account.cac_minor, account.referred_by_id) == (125_050, friend.id)
    own = world.client("csm")  # who does not see the friend keeps it all the same
    assert own.post(url, fields(own.get(url)) | {"industry": "Steel"}).status_code == 302
    for wrong in ({"cac": "-1"}, {"cac": "a lot"}, {"referred_by": "W"}, {"referred_by": "nobody"}):
        assert client.post(url, fields(client.get(url)) | wrong).status_code == 422
    with world.open():
        account.refresh_from_db()
        assert (account.cac_minor, account.referred_by_id, account.industry) == (125_050, friend.id, "Steel")
    assert client.post(url, fields(client.get(url)) | {"cac": "", "referred_by": ""}).status_code == 302
    with world.open():
        account.refresh_from_db()
        assert (account.cac_minor, account.referred_by) == (None, None)


# People and events


@pytest.fixture
def account(world):
    with world.open():
        return make_account("Halcyon Freight", world.members["csm"])


def test_a_person_is_added_once_however_often_the_button_is_pressed(world, account):
    client, url = world.client("csm"), world.url(f"accounts/{account.id}/people/new/")
    data = fields(client.get(url, headers=DRAWER)) | {"name": "Ruth Okafor", "role": "champion"}
    for _press in range(2):
        assert client.post(url, data).status_code == 302
    with world.open():
        assert Contact.objects.get().account_id == account.id
    response = client.post(url, {"name": "", "contact": "x"}, headers=DRAWER)
    assert response.status_code == 422
    assert "<html" not in response.content.decode()


def test_a_person_of_another_account_is_not_taken_over(world, account):
    with world.open():
        other = make_account("Other", world.members["ops"])
        person = make_contact(other, "Theirs", external_id="their-id")
    response = world.client("csm").post(
        world.url(f"accounts/{account.id}/people/new/"), {"name": "Mine", "contact": "their-id"}
    )
    assert response.status_code == 422
    with world.open():
        person.refresh_from_db()
        assert (person.account_id, person.name) == (other.id, "Theirs")


def test_a_stale_person_shows_both(world, account):
    with world.open():
        person = make_contact(account, "Ruth", title="Director")
    client, url = world.client("csm"), world.url(f"accounts/{account.id}/people/{person.id}/")
    opened = fields(client.get(url))
    client.post(url, opened | {"title": "Chief"})
    response = client.post(url, opened | {"title": "Boss"}, headers=DRAWER)
    assert response.status_code == 409
    assert "Chief" in text_of(response)
    assert "Boss" in text_of(response)


def test_the_champion_who_leaves_is_an_event(world, account):
    """ACC-05: the departure is dated, struck through, and a trigger; that of others is not."""
    with world.open():
        champion = make_contact(account, "Ruth Okafor", role="champion")
        user = make_contact(account, "Tom", role="core_user")
    client = world.client("csm")
    for person in (champion, user):
        url = world.url(f"accounts/{account.id}/people/{person.id}/left/")
        assert client.post(url, {"left_on": "2026-11-17", "note": "Took a job elsewhere"}).status_code == 302
    with world.open():
        event = AccountEvent.objects.get()
        assert (event.kind, event.happened_on, event.contact) == ("champion_left", dt.date(2026, 11, 17), champion)
        assert event.recorded_by == world.members["csm"]
    page = client.get(world.url(f"accounts/{account.id}/people/"))
    assert page.content.decode().count('class="gone"') == 2
    assert "No champion" in text_of(page)
    again = client.post(world.url(f"accounts/{account.id}/people/{champion.id}/left/"), {"left_on": "2026-11-18"})
    assert again.status_code == 422
    with world.open():
        assert AccountEvent.objects.count() == 1


def test_an_event_is_logged_once_and_stands_on_the_timeline(world, account):
    """ACC-05, ACC-11: the same key again records nothing new."""
    client, url = world.client("csm"), world.url(f"accounts/{account.id}/timeline/new/")
    data = {"key": str(uuid4()), "kind": "budget_cut", "happened_on": "2026-11-20", "note": HOSTILE}
    for _press in range(2):
        assert client.post(url, data)["Location"].endswith("/timeline/")
    with world.open():
        event = AccountEvent.objects.get()
        assert (event.kind, event.note, event.recorded_by) == ("budget_cut", HOSTILE, world.members["csm"])
    refused = client.post(url, data | {"key": str(uuid4()), "happened_on": "1066-10-14"}, headers=DRAWER)
    assert refused.status_code == 422
    assert "The day lies between 1990 and a year from now." in text_of(refused)
    assert client.post(url, data | {"key": str(uuid4()), "kind": ""}, headers=DRAWER).status_code == 422
    assert HOSTILE in text_of(client.get(world.url(f"accounts/{account.id}/timeline/")))


# Paid periods


def period_form(client, world, account, period=None) -> tuple[str, dict[str, str]]:
    path = f"{period.id}/edit/" if period else "new/"
    url = world.url(f"accounts/{account.id}/subscriptions/{path}")
    return url, fields(client.get(url))


def test_a_period_is_added_with_its_version_and_marks_the_figures(world, account):
    """ACC-03: each change appends a version that names the person; the account's figures are due anew."""
    client = world.client("ops")
    url, data = period_form(client, world, account)
    data |= {
        "subscription_id": "S1",
        "start_date": "2026-01-01",
        "end_date": "2027-01-01",
        "amount": "1200",
        "seats": "10",
    }
    assert data["currency"] == "USD"
    assert client.post(url, data).status_code == 302
    with world.open():
        period = Subscription.objects.get()
        assert (period.amount_minor, period.mrr_minor, period.account_id) == (120_000, 10_000, account.id)
        change = SubscriptionChange.objects.get()
        assert (change.kind, change.source, change.actor) == ("created", "member", "Ops Person")
        assert Dirty.objects.filter(topic="revenue", key=account.id).exists()
    again = client.post(url, data)
    assert again.status_code == 422
    bad = client.post(url, data | {"subscription_id": "S2", "end_date": "2026-01-01"})
    assert bad.status_code == 422
    with world.open():
        assert Subscription.objects.count() == 1


def test_terms_are_corrected_and_the_version_before_stays(world, account):
    with world.open():
        period = make_period(account, dt.date(2026, 1, 1), dt.date(2027, 1, 1), 10_000)
    client = world.client("ops")
    url, data = period_form(client, world, account, period)
    assert client.post(url, data | {"amount": "150.00"}).status_code == 302
    with world.open():
        period.refresh_from_db()
        assert period.mrr_minor == 15_000
        assert SubscriptionChange.objects.get().kind == "terms"
    stale = client.post(url, data | {"amount": "160.00"})
    assert stale.status_code == 409
    page = client.get(world.url(f"accounts/{account.id}/subscriptions/{period.id}/"), headers=DRAWER)
    assert "Terms changed" in text_of(page)
    assert "Ops Person" in text_of(page)


def test_a_start_that_moves_takes_the_period_along(world, account):
    """One period or several of the subscription: afterwards exactly the corrected ones count."""
    with world.open():
        first = make_period(account, dt.date(2025, 1, 1), dt.date(2026, 1, 1), 10_000)
        second = make_period(account, dt.date(2026, 1, 1), dt.date(2027, 1, 1), 10_000)
    client = world.client("ops")
    url, data = period_form(client, world, account, second)
    assert client.post(url, data | {"start_date": "2026-02-01"}).status_code == 302
    with world.open():
        live = Subscription.objects.filter(voided=False).order_by("start_on")
        assert [period.start_on for period in live] == [dt.date(2025, 1, 1), dt.date(2026, 2, 1)]
    url, data = period_form(client, world, account, first)
    taken = client.post(url, data | {"start_date": "2026-02-01", "end_date": ""})
    assert taken.status_code == 422


def test_a_period_of_another_account_is_not_taken_over(world, account):
    with world.open():
        other = make_account("Other", world.members["ops"])
        make_period(other, dt.date(2026, 1, 1), None, 10_000, external_id="THEIRS")
    client = world.client("ops")
    url, data = period_form(client, world, account)
    data |= {"subscription_id": "THEIRS", "start_date": "2026-03-01", "amount": "1"}
    assert client.post(url, data).status_code == 422
    with world.open():
        assert Subscription.objects.get().account_id == other.id


def test_a_withdrawn_period_stays_and_counts_no_more(world, account):
    with world.open():
        period = make_period(account, dt.date(2026, 1, 1), None, 10_000)
    client = world.client("ops")
    url = world.url(f"accounts/{account.id}/subscriptions/{period.id}/withdraw/")
    assert client.post(url, {"version": period.version, "reason": ""}).status_code == 422
    assert client.post(url, {"version": 99, "reason": "Entered twice"}).status_code == 409
    assert client.post(url, {"version": period.version, "reason": "Entered twice"}).status_code == 302
    with world.open():
        period.refresh_from_db()
        assert period.voided
        assert SubscriptionChange.objects.get().reason == "Entered twice"
    page = client.get(world.url(f"accounts/{account.id}/subscriptions/"))
    assert "Withdrawn" in text_of(page)
    assert "Nothing is paid for" not in text_of(page)
    assert "No subscription yet" in text_of(client.get(world.url(f"accounts/{account.id}/")))


def test_a_version_from_a_file_names_file_and_row(world, account):
    from accounts.models import Import

    with world.open():
        period = make_period(account, dt.date(2026, 1, 1), None, 10_000)
        source = Import.objects.create(kind="subscriptions", filename="paid <2026>.csv")
        terms = {
            name: getattr(period, name)
            for name in ("start_on", "end_on", "interval_months", "amount_minor", "currency", "mrr_minor", "seats")
        }
        period.changes.create(
            account=account,
            kind="created",
            effective_on=period.start_on,
            source="import",
            source_ref=source.id,
            source_row=17,
            **terms,
        )
    page = world.client("csm").get(world.url(f"accounts/{account.id}/subscriptions/{period.id}/"))
    assert "paid <2026>.csv, row 17" in text_of(page)
