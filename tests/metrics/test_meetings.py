"""Meetings on Today: by the company's clock, with whom and what to know, and how those ended whose hour has passed (ACC-06,
DSH-03)."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.enums import Status
from accounts.models import Account, Contact, Tenant
from health.models import Alert, Touchpoint
from metrics.home.meetings import meetings_of
from tests.accounts.test_pages import text_of
from tests.conftest import World

JAKARTA = "Asia/Jakarta"


def customer(world: World, name: str = "Halcyon", **fields) -> Account:
    given = {"status": Status.LIVE, "owner": world.members["csm"], "mrr_minor": 1000} | fields
    return Account.objects.create(external_id=name, name=name, **given)


def meeting(account: Account, at: dt.datetime, subject: str = "Review", **fields) -> Touchpoint:
    given = {"kind": "qbr", "status": "planned", "source": "member", "known_on": at.date()} | fields
    return Touchpoint.objects.create(account=account, external_id=subject, subject=subject, happened_at=at, **given)


@pytest.fixture
def jakarta(world: World) -> Tenant:
    Tenant.objects.filter(id=world.tenant.id).update(timezone=JAKARTA)
    return Tenant.objects.get(id=world.tenant.id)


def test_days_are_those_of_the_company(world: World, jakarta: Tenant) -> None:
    """At 10:30 in Jakarta: what was at nine asks how it ended, three o'clock is today's, half past midnight tomorrow's."""
    now = dt.datetime(2026, 11, 18, 10, 30, tzinfo=jakarta.zone)

    def local(day: int, hour: int, minute: int = 0) -> dt.datetime:
        return dt.datetime(2026, 11, day, hour, minute, tzinfo=jakarta.zone)

    with world.open():
        one = customer(world)
        for subject, at, more in (
            ("nine", local(18, 9), {}), ("three", local(18, 15), {}), ("midnight", local(19, 0, 30), {}), ("late", local(19, 23, 59), {}),
            ("later", local(20, 0), {}), ("long ago", local(3, 9), {}), ("held", local(18, 8), {"status": "attended"}),
            ("off", local(18, 16), {"status": "cancelled"}), ("letter", local(18, 17), {"kind": "email"}),
        ):  # fmt: skip
            meeting(one, at, subject, **more)
        found = meetings_of(Account.objects.all(), jakarta, now)
        assert [[str(row) for row in group] for group in (found.over, found.today, found.tomorrow)] == [
            ["nine"], ["three"], ["midnight", "late"],
        ]  # fmt: skip


def test_the_page_shows_who_and_what_to_know_and_takes_the_end(world: World, rival: World, jakarta: Tenant) -> None:
    """One button; who may not change accounts has none; of the rival's meetings nothing."""
    now = timezone.now()
    with rival.open():
        meeting(customer(rival, "Theirs"), now + dt.timedelta(minutes=1), "Their secret")
    with world.open():
        day = jakarta.today()
        one = customer(
            world, health_band="red", health_score=31.0, health_change=-12.0, renews_on=day + dt.timedelta(days=30)
        )
        ruth = Contact.objects.create(account=one, external_id="C-1", name="Ruth <b>", role="champion")
        omar = Contact.objects.create(account=one, external_id="C-2", name="Omar Haddad")
        Alert.objects.create(account=one, rule="silence", level="warning", as_of=day, inputs={"days": 40})
        ours = [world.members["leader"].id]
        over = meeting(
            one, now - dt.timedelta(hours=2), "Yesterday's talk", contact=ruth, attendees=[omar.id], colleagues=ours
        )
        meeting(one, now + dt.timedelta(minutes=2), "Next talk")
        meeting(
            customer(world, "Not mine", owner=world.members["leader"]), now + dt.timedelta(minutes=3), "Not my talk"
        )
    client = world.client("csm")
    page = client.get(world.url("today/"))
    card = re.search(r'id="my-meetings".*?</section>', page.content.decode(), re.DOTALL)[0]
    for said in (
        "How did it end?", "Yesterday", "Ruth &lt;b&gt;", "Omar Haddad", world.members["leader"].name, "Halcyon", "Critical",
        "Silent", "health fell by 12 in a week", "renews on", f"{timezone.localtime(now - dt.timedelta(hours=2), jakarta.zone):%H:%M}",
    ):  # fmt: skip
        assert said in card, said
    assert "Next talk" in card
    assert "Not my talk" not in card
    assert "Their secret" not in page.content.decode()
    assert card.count('value="attended"') == 1, "what lies ahead cannot be said to be held"
    settle = re.search(r'action="([^"]*settle/)"', card)[1]
    answer = client.post(settle, {"version": "1", "status": "no_show"}, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert "activityLogged" in answer["HX-Trigger"]
    with world.open():
        over.refresh_from_db()
        assert over.status == "no_show"
    assert "How did it end?" not in text_of(client.get(world.url("today/")))


def test_who_may_not_change_accounts_is_not_asked(world: World) -> None:
    with world.open():
        meeting(customer(world), timezone.now() - dt.timedelta(hours=1))
    text = world.client("executive").get(world.url("today/")).content.decode()
    assert 'id="my-meetings"' in text
    assert 'value="attended"' not in text


def test_meetings_cost_the_same_however_many(world: World) -> None:
    def cost() -> int:
        with world.open(), CaptureQueriesContext(connection) as queries:
            meetings_of(Account.objects.all(), world.tenant, timezone.now())
        return sum(query["sql"].startswith("SELECT") and "set_config" not in query["sql"] for query in queries)

    with world.open():
        one = customer(world)
        ruth = Contact.objects.create(account=one, external_id="C-1", name="Ruth")
        there = {"attendees": [ruth.id], "colleagues": [world.members["csm"].id]}
        meeting(one, timezone.now() - dt.timedelta(hours=1), **there)
    few = cost()
    with world.open():
        for n in range(20):
            meeting(customer(world, f"A{n}"), timezone.now() - dt.timedelta(minutes=n), f"M{n}", **there)
    assert cost() == few <= 4
