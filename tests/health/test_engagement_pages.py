"""Timeline, log activity, support and outcomes of an account: what stands there, what is refused, who sees it."""

import datetime as dt
import html
import re
from decimal import Decimal

import pytest

from accounts.models import Account, AccountEvent, Contact
from cs_platform.kernel.models import Dirty
from health.engagement.timeline import sum_up
from health.models import Alert, HealthScore, Outcome, OutcomeMeasurement, Survey, Ticket, TicketChange, Touchpoint
from health.outcomes.progress import Standing, clock, progress
from tests.accounts.book import HOSTILE, make_account, make_contact, make_period
from tests.accounts.test_pages import text_of
from tests.accounts.test_pages_edit import DRAWER, fields

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
TODAY = NOW.date()
DAY = dt.timedelta(days=1)


@pytest.fixture
def mine(world):
    with world.open():
        account = make_account("Halcyon", world.members["csm"])
        make_contact(account, "Ruth Okafor", role="champion")
    return account


@pytest.fixture
def others(world):
    """An account of the same company that belongs to nobody: a csm does not see it."""
    with world.open():
        return make_account("Borealis", None)


def url(world, account, path):
    return world.url(f"accounts/{account.id}/{path}")


def touchpoint(account, at, kind="call", status="attended", **more) -> Touchpoint:
    number = Touchpoint.objects.count()
    base = {"external_id": f"T{number}", "known_on": at.date(), "source": "import"}
    return Touchpoint.objects.create(account=account, kind=kind, status=status, happened_at=at, **(base | more))


def ticket(account, name, opened, **more) -> Ticket:
    base = {"state": "New", "known_on": opened.date(), "source": "import", "subject": f"About {name}"}
    return Ticket.objects.create(account=account, external_id=name, opened_at=opened, **(base | more))


def survey(account, at, score, kind="nps", **more) -> Survey:
    base = {"external_id": f"S{Survey.objects.count()}", "known_on": at.date(), "source": "import"}
    return Survey.objects.create(account=account, kind=kind, score=score, answered_at=at, **(base | more))


def outcome(account, name, **more) -> Outcome:
    base = {
        "external_id": name, "name": name, "baseline": Decimal("9.1"), "target": Decimal(6), "unit": "h",
        "agreed_on": TODAY - 100 * DAY, "due_on": TODAY + 100 * DAY, "data_source": "Fleet report",
        "known_on": TODAY - 100 * DAY, "source": "import",
    }  # fmt: skip
    return Outcome.objects.create(account=account, **(base | more))


# Log activity


def chosen(response) -> dict[str, str]:
    """What a browser would send of the form on the page, radio buttons included."""
    content = response.content.decode()
    values = fields(response)
    values |= dict(re.findall(r'<input type="radio" name="(\w+)" value="([^"]*)" checked', content))
    values["happened_at"] = html.unescape(re.search(r'name="happened_at" value="([^"]*)"', content)[1])
    return values


def test_an_activity_is_logged_as_it_stands_in_the_form_and_only_once(world, mine):
    """ACC-06: the button, then Save: a check-in call, held just now, by me. Pressing twice logs it once."""
    client, target = world.client("csm"), url(world, mine, "activities/new/")
    values = chosen(client.get(target, headers=DRAWER))
    for _press in range(2):
        answer = client.post(target, values, headers=DRAWER)
        assert answer.status_code == 204
    assert {"toast", "closeDrawer", "activityLogged"} <= set(answer["HX-Trigger"].split('"'))
    with world.open():
        row = Touchpoint.objects.get()
        assert (row.kind, row.status, row.member, row.source) == (
            "check_in",
            "attended",
            world.members["csm"],
            "member",
        )
        assert abs(row.happened_at - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=3)
        assert Dirty.objects.filter(topic="health", key=mine.id).exists(), "the score follows"


def test_everything_about_an_activity_is_kept_and_the_person_counts_as_spoken_to(world, mine):
    client, target = world.client("csm"), url(world, mine, "activities/new/")
    with world.open():
        ruth = Contact.objects.get()
    at = NOW - dt.timedelta(hours=30)
    data = chosen(client.get(target)) | {
        "kind": "qbr", "happened_at": f"{at:%Y-%m-%dT%H:%M}", "contact": ruth.external_id, "sentiment": "negative",
        "subject": "Third quarter", "note": HOSTILE, "minutes": "45", "inbound": "on",
    }  # fmt: skip
    answer = client.post(target, data)
    assert answer["Location"] == url(world, mine, "timeline/"), "works without JavaScript"
    with world.open():
        row = Touchpoint.objects.get()
        assert (row.kind, row.contact, row.sentiment, row.minutes, row.inbound) == ("qbr", ruth, "negative", 45, True)
        ruth.refresh_from_db()
        assert ruth.last_contact_on == at.date()
    page = text_of(client.get(answer["Location"]))
    assert HOSTILE in page
    assert "Third quarter" in page
    assert "Negative" in page


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"happened_at": ""}, "required"),
        ({"happened_at": "yesterday"}, "Enter a valid date/time"),
        ({"happened_at": "2999-01-01T10:00"}, "The time lies between"),
        ({"happened_at": f"{NOW + DAY:%Y-%m-%dT%H:%M}", "status": "no_show"}, "This lies ahead"),
        ({"happened_at": f"{NOW - DAY:%Y-%m-%dT%H:%M}", "status": "planned"}, "This has passed"),
        ({"attendees": ["somebody-else"]}, "Select a valid choice"),
        ({"colleagues": ["stranger@elsewhere.example"]}, "Select a valid choice"),
        ({"kind": "dance"}, "Select a valid choice"),
        ({"kind": "email", "status": "no_show"}, "An e-mail is sent or answered."),
        ({"kind": "call", "status": "replied"}, "Only an e-mail is answered."),
        ({"contact": "somebody-else"}, "Select a valid choice"),
        ({"note": "x" * 4001}, "at most 4000"),
        ({"minutes": "-1"}, "greater than or equal to 0"),
        ({"subject": "a\x00b"}, "Null characters"),
    ],
)
def test_a_wrong_activity_is_answered_422_and_keeps_what_was_typed(world, mine, wrong, words):
    client, target = world.client("csm"), url(world, mine, "activities/new/")
    data = chosen(client.get(target)) | {"note": "Keep me"} | wrong
    answer = client.post(target, data, headers=DRAWER)
    assert answer.status_code == 422
    assert words in text_of(answer)
    if "note" not in wrong:
        assert "Keep me" in answer.content.decode()
    with world.open():
        assert not Touchpoint.objects.exists()


def test_a_meeting_that_lies_ahead_is_planned_by_its_time_alone_with_who_is_there(world, mine):
    """ACC-06: people of both sides; it says so on the timeline, is moved by its form, and nobody counts as spoken to before."""
    client, target = world.client("csm"), url(world, mine, "activities/new/")
    with world.open():
        ruth = Contact.objects.get()
        omar = Contact.objects.create(account=mine, external_id="C-OMAR", name="Omar Haddad")
    at = NOW + 2 * DAY
    data = chosen(client.get(target)) | {
        "kind": "qbr", "happened_at": f"{at:%Y-%m-%dT%H:%M}", "contact": ruth.external_id, "attendees": [omar.external_id],
        "colleagues": [world.members["leader"].user.email], "subject": "Winter review",
    }  # fmt: skip
    assert client.post(target, data, headers=DRAWER).status_code == 204
    with world.open():
        row = Touchpoint.objects.get()
        assert (row.status, row.attendees, row.colleagues) == ("planned", [omar.id], [world.members["leader"].id])
        ruth.refresh_from_db()
        assert ruth.last_contact_on is None
    page = text_of(client.get(url(world, mine, "timeline/")))
    for said in ("Winter review", "Ruth", "Omar Haddad", world.members["leader"].name):
        assert said in page
    edit = url(world, mine, f"activities/{row.id}/")
    boxes = re.findall(r"<input[^>]*name=\"attendees\"[^>]*>", client.get(edit).content.decode())
    assert [("checked" in box) for box in boxes if "C-OMAR" in box] == [True]
    moved = data | {
        "version": "1",
        "status": "planned",
        "happened_at": f"{at + DAY:%Y-%m-%dT%H:%M}",
        "touchpoint": row.external_id,
    }
    assert client.post(edit, moved, headers=DRAWER).status_code == 204
    with world.open():
        row.refresh_from_db()
        assert (row.status, row.version, row.attendees) == ("planned", 2, [omar.id])
        assert row.happened_at > NOW + 2 * DAY


def test_a_planned_meeting_is_settled_by_one_button_and_not_twice(world, mine):
    """ACC-06: held, cancelled, did not come; who comes second learns that it was said already."""
    client = world.client("csm")
    with world.open():
        ruth = Contact.objects.get()
        row = touchpoint(mine, NOW - DAY, "qbr", "planned", contact=ruth, subject="Autumn review")
        ahead = touchpoint(mine, NOW + DAY, "call", "planned")
    assert "Autumn review" in text_of(client.get(url(world, mine, "timeline/")))
    target = url(world, mine, f"activities/{row.id}/settle/")
    assert client.post(target, {"version": 7, "status": "attended"}).status_code == 409
    assert client.post(target, {"version": 1, "status": "planned"}).status_code == 422
    answer = client.post(target, {"version": 1, "status": "attended"}, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert "activityLogged" in answer["HX-Trigger"]
    assert client.post(target, {"version": 2, "status": "cancelled"}).status_code == 409
    early = url(world, mine, f"activities/{ahead.id}/settle/")
    assert client.post(early, {"version": 1, "status": "attended"}).status_code == 422
    assert client.post(early, {"version": 1, "status": "cancelled"}).status_code == 302
    with world.open():
        row.refresh_from_db()
        ahead.refresh_from_db()
        ruth.refresh_from_db()
        assert (row.status, row.version, ahead.status) == ("attended", 2, "cancelled")
        assert ruth.last_contact_on == (NOW - DAY).date()


def test_an_edit_of_what_somebody_changed_shows_both(world, mine):
    client = world.client("csm")
    with world.open():
        row = touchpoint(mine, NOW - DAY, note="First")
    target = url(world, mine, f"activities/{row.id}/")
    data = chosen(client.get(target))
    with world.open():
        Touchpoint.objects.filter(id=row.id).update(note="Theirs", version=2)
    answer = client.post(target, data | {"note": "Mine"})
    assert answer.status_code == 409
    assert "Theirs" in text_of(answer)
    assert client.post(target, chosen(answer) | {"note": "Mine"}).status_code == 302
    with world.open():
        row.refresh_from_db()
        assert (row.note, row.version) == ("Mine", 3)


def test_an_opened_email_stays_opened_when_its_note_is_changed(world, mine):
    client = world.client("csm")
    with world.open():
        at = NOW - DAY
        row = touchpoint(mine, at.replace(second=41), "email", "opened", opened_at=NOW)
    target = url(world, mine, f"activities/{row.id}/")
    assert client.post(target, chosen(client.get(target)) | {"note": "Read it"}).status_code == 302
    with world.open():
        before, row = row, Touchpoint.objects.get()
        assert (row.status, row.opened_at, row.note) == ("opened", NOW, "Read it")
        assert row.happened_at == before.happened_at, "the seconds stay"


def test_from_today_the_account_is_chosen_from_ones_own(world, mine, others):
    """ROL-01: a csm logs on the own book only."""
    client, target = world.client("csm"), world.url("activities/new/")
    page = client.get(target, headers=DRAWER)
    assert "Halcyon" in text_of(page)
    assert "Borealis" not in text_of(page)
    assert "Ruth Okafor" in text_of(client.get(f"{target}?account_id={mine.id}", headers=DRAWER))
    data = chosen(page)
    assert client.post(target, data, headers=DRAWER).status_code == 422
    assert client.post(target, data | {"account_id": str(others.id)}, headers=DRAWER).status_code == 422
    assert client.post(target, data | {"account_id": str(mine.id)}, headers=DRAWER).status_code == 204
    with world.open():
        assert Touchpoint.objects.get().account_id == mine.id


# Timeline


@pytest.fixture
def eventful(world, mine):
    """One of everything, the latest first in `titles`."""
    with world.open():
        touchpoint(mine, NOW - 1 * DAY, subject="Weekly call")
        touchpoint(mine, NOW - 2 * DAY, "email", "replied", subject="Your question", replied_at=NOW - 1.9 * DAY)
        ticket(mine, "4790", NOW - 6 * DAY, resolved_at=NOW - 3 * DAY, state="Resolved")
        survey(mine, NOW - 7 * DAY, 8, comment="Fine so far")
        AccountEvent.objects.create(account=mine, kind="budget_cut", happened_on=TODAY - 8 * DAY)
        one = outcome(mine, "Faster", confirmed_on=TODAY - 9 * DAY)
        OutcomeMeasurement.objects.create(
            outcome=one, measured_on=TODAY - 10 * DAY, value=Decimal("5.8"), known_on=TODAY - 10 * DAY
        )
        for ago, band, score in ((13, "green", 81), (12, "red", 41), (11, "red", 40)):
            HealthScore.objects.create(
                account_id=mine.id, as_of=TODAY - ago * DAY, version_id=mine.id, score=score, band=band, coverage=1,
                raw=[], points=[], shares=[],
            )  # fmt: skip
        Alert.objects.create(
            account=mine, rule="turned_red", level="critical", as_of=TODAY - 14 * DAY, opened_at=NOW - 14 * DAY,
            inputs={"cause": "", "score": 39.0, "before": "yellow"}, thresholds={"red": 50, "days": 3},
        )  # fmt: skip
        Contact.objects.create(account=mine, name="Ingrid Berg", left_on=TODAY - 15 * DAY)
        make_period(mine, TODAY - 20 * DAY, None, 100)
    return mine


def titles(response) -> list[str]:
    found = re.findall(r'<li class="ev">.*?<span class="t">(.*?)</span>', response.content.decode(), re.S)
    return [re.sub(r"<[^>]+>|\s+", " ", one).strip() for one in found]


def test_the_timeline_tells_everything_in_its_order(world, eventful):
    """ACC-05 to ACC-10, VAL-02: eleven kinds of happenings, the latest first; a band that stays is no news."""
    client = world.client("csm")
    assert titles(client.get(url(world, eventful, "timeline/"))) == [
        "Weekly call", "Your question", "Ticket resolved: About 4790", "Ticket opened: About 4790", "NPS 8",
        "Budget cut", "Outcome confirmed by the customer: Faster", "Faster measured: 5.8 h",
        "Score 81 to 41, Healthy to Critical", "Alert: Turned Critical", "Ingrid Berg left",
    ]  # fmt: skip
    assert titles(client.get(url(world, eventful, "timeline/?kind=tickets"))) == [
        "Ticket resolved: About 4790", "Ticket opened: About 4790",
    ]  # fmt: skip
    for odd in ("?kind=%00", "?kind=x", "?before=nonsense", "?before=2026-01-01T00:00:00~x", "?before=~"):
        assert len(titles(client.get(url(world, eventful, f"timeline/{odd}")))) == 11
    piece = client.get(url(world, eventful, "timeline/latest/"), headers={"HX-Request": "true"})
    assert titles(piece)[0] == "Weekly call"


def test_the_timeline_pages_without_a_gap_or_a_repetition(world, mine):
    """Also where many things happened at the same moment."""
    with world.open():
        for number in range(120):
            touchpoint(mine, NOW - DAY if number < 80 else NOW - 2 * DAY, subject=f"Call {number}")
    client, at, seen = world.client("csm"), url(world, mine, "timeline/"), []
    while at:
        page = client.get(at)
        seen += titles(page)
        link = re.search(r'rel="next" href="([^"]+)"', page.content.decode())
        at = html.unescape(link[1]) if link else ""
    assert len(seen) == 120
    assert len(set(seen)) == 120


def test_the_timeline_shows_nothing_of_others(worlds, mine, others):
    """Tenancy and ROL-01: the rival's account of the same id in its own words; a colleague's account is not found."""
    world, rival = worlds
    with rival.open():
        account = make_account("Halcyon", rival.members["csm"])
        touchpoint(account, NOW - DAY, subject="Rival's secret")
        ticket(account, "R-1", NOW - DAY)
        survey(account, NOW - DAY, 1, comment="Rival's secret")
        outcome(account, "Rival's secret")
    client = world.client("csm")
    for tab in ("timeline/", "support/", "outcomes/", "timeline/latest/", "activities/new/", "outcomes/new/"):
        assert "Rival" not in text_of(client.get(url(world, mine, tab)))
        assert client.get(url(world, others, tab)).status_code == 404
        assert client.get(url(world, account, tab)).status_code == 404


def test_sums_of_engagement_by_hand():
    """Three e-mails answered after 1, 2 and 9 hours: median 2; what lies beyond 90 days is the comparison."""
    hour = dt.timedelta(hours=1)
    rows = [("email", "replied", NOW - 9 * DAY, False, NOW - 9 * DAY + hours * hour) for hours in (1, 2, 9)]
    rows += [
        ("email", "sent", NOW - 3 * DAY, False, None),
        ("qbr", "attended", NOW - 4 * DAY, False, None),
        ("training", "attended", NOW - 5 * DAY, False, None),
        ("call", "cancelled", NOW - 6 * DAY, True, None),
        ("call", "no_show", NOW - 7 * DAY, False, None),
        ("feedback", "attended", NOW - 8 * DAY, True, None),
        ("qbr", "attended", NOW - 91 * DAY, False, None),
        ("email", "replied", NOW - DAY, False, NOW + DAY),  # answered later than now: not yet
    ]
    found = sum_up(rows, NOW)
    assert (found.held, found.cancelled, found.missed, found.trainings) == (3, 1, 1, 1)
    assert (found.sent, found.replies, found.reply_hours) == (5, 3, 2.0)
    assert (found.signs, found.before) == (6, 1)
    empty = sum_up([], NOW)
    assert empty.reply_hours is None
    assert empty.signs == 0


# Support


def test_open_tickets_stand_first_with_their_clocks_and_marks(world, mine):
    """ACC-07, MET-15: without business hours the calendar is the clock."""
    with world.open():
        ticket(mine, "old", NOW - 30 * DAY, first_response_at=NOW - 29 * DAY, state="Open")
        ticket(mine, "wait", NOW - dt.timedelta(hours=5), level="urgent", escalated_at=NOW, escalated_to="product")
        ticket(mine, "done", NOW - 2 * DAY, first_response_at=NOW - 2 * DAY, first_response_minutes=30,
               resolved_at=NOW - DAY, resolution_minutes=1440, state="Resolved", reopen_count=1)  # fmt: skip
        ticket(mine, "ahead", NOW + DAY)
    client = world.client("csm")
    page = client.get(url(world, mine, "support/"))
    text = text_of(page)
    part = text[text.index("Open tickets") : text.index("Tickets by month")]
    assert part.index("About wait") < part.index("About old"), "who waits for the first answer comes first"
    assert "first answer, 5" in part  # and some minutes, when the other tests take long
    assert "Escalated to product" in part
    assert "About done" not in part
    assert "About ahead" not in text
    assert "100%" in text[: text.index("Open tickets")], "one of one answered within four hours"
    assert "33%" in text, "one of three escalated, one of three reopened"
    for state, expected in (("open", 2), ("resolved", 1), ("reopened", 1), ("escalated", 1), ("nonsense", 3)):
        rows = client.get(
            url(world, mine, f"support/?state={state}"), headers={"HX-Request": "true", "HX-Target": "account-tickets"}
        )
        assert rows.content.decode().count('class="who"') == expected, state
    assert client.get(url(world, mine, "support/?before=x&level=%00")).status_code == 200


def test_a_ticket_tells_its_states_with_both_clocks(world, mine):
    """MET-15: open on weekdays from 9 to 17, a state of Friday 16:00 to Monday 10:00 lasts 2 hours, by the calendar 66."""
    friday = dt.datetime(2026, 1, 9, 16, tzinfo=dt.UTC)
    monday = dt.datetime(2026, 1, 12, 10, tzinfo=dt.UTC)
    with world.open():
        from accounts.models import BusinessHours

        for weekday in range(5):
            BusinessHours.objects.update_or_create(
                weekday=weekday, defaults={"opens": dt.time(9), "closes": dt.time(17)}
            )
        row = ticket(mine, "T", friday, first_response_at=monday, first_response_minutes=120, resolved_at=monday,
                     resolution_minutes=120, state="Resolved")  # fmt: skip
        for state, at in (("New", friday), ("Resolved", monday)):
            TicketChange.objects.create(
                ticket=row, event_at=at, state=state, digest=state, known_on=at.date(), source="api"
            )
    text = text_of(world.client("csm").get(url(world, mine, f"support/{row.id}/"), headers=DRAWER))
    assert "First response2 h66 hwithin 4 h" in text
    assert "New9 Jan 2026, 16:002 h66 h" in text


def test_an_account_without_tickets_says_what_will_stand_there(world, mine):
    assert "No tickets yet" in text_of(world.client("csm").get(url(world, mine, "support/")))


# Outcomes


@pytest.mark.parametrize(
    ("value", "days", "confirmed", "standing"),
    [
        ("7.55", 100, None, Standing.ON_TRACK),  # exactly as expected
        ("7.56", 100, None, Standing.BEHIND),
        (None, 19, None, Standing.ON_TRACK),  # in the first tenth nothing is late
        (None, 20, None, Standing.BEHIND),
        ("6", 50, None, Standing.REACHED),
        ("5.5", 250, None, Standing.REACHED),
        ("6.1", 201, None, Standing.MISSED),
        ("6.1", 201, 0, Standing.CONFIRMED),
        ("6.1", 201, 1, Standing.MISSED),  # a confirmation of tomorrow is not there yet
    ],
)
def test_standing_of_a_criterion(value, days, confirmed, standing):
    """VAL-02: from 9.1 to 6 in 200 days."""
    start = dt.date(2026, 1, 1)
    today = start + days * DAY
    found = progress(
        baseline=Decimal("9.1"), target=Decimal(6), agreed_on=start, due_on=start + 200 * DAY,
        value=Decimal(value) if value else None, dropped_on=None, today=today,
        confirmed_on=None if confirmed is None else today + confirmed * DAY,
    )  # fmt: skip
    assert found.standing == standing
    if standing == Standing.MISSED:
        assert found.days_late == 1


def test_clocks_of_time_to_value_run_until_they_end():
    """MET-14: an open one is shown as running and not left out."""
    start = dt.date(2026, 3, 1)
    ended = clock(start, dt.date(2026, 4, 11), dt.date(2026, 6, 1))
    running = clock(start, dt.date(2026, 4, 11), dt.date(2026, 4, 10))
    assert (ended.days, ended.running) == (41, False)
    assert (running.days, running.running) == (40, True)
    assert clock(None, None, start) is None
    assert clock(start, None, start - DAY) is None


def test_a_criterion_is_agreed_measured_and_confirmed(world, mine):
    """VAL-01 to VAL-03: all four parts, a measurement, the customer's word with its value; the ROI follows."""
    client = world.client("csm")
    with world.open():
        Account.objects.filter(id=mine.id).update(signed_on=TODAY - 50 * DAY, mrr_minor=1_000_000)
        ruth = Contact.objects.get()
    target = url(world, mine, "outcomes/new/")
    data = fields(client.get(target)) | {
        "name": "Dispatch time under 6 h", "metric": "efficiency", "unit": "h", "baseline": "9.1", "target": "6",
        "due_on": f"{TODAY + 90 * DAY}", "data_source": "Fleet report", "customer_owner": ruth.external_id,
        "first_value": "on",
    }  # fmt: skip
    for missing in ("metric", "target", "due_on", "data_source", "baseline"):
        refused = client.post(target, data | {missing: ""}, headers=DRAWER)
        assert refused.status_code == 422, missing
        assert "Dispatch time under 6 h" in refused.content.decode()
    assert client.post(target, data | {"target": "9.1"}).status_code == 422
    assert client.post(target, data | {"due_on": "2001-01-01"}).status_code == 422
    for _press in range(2):
        assert client.post(target, data).status_code == 302
    with world.open():
        row = Outcome.objects.get()
        assert (row.owner, row.customer_owner, row.first_value) == (world.members["csm"], ruth, True)
    page = text_of(client.get(url(world, mine, "outcomes/")))
    assert "still running" in page
    assert "not measured yet" in page
    measure = url(world, mine, f"outcomes/{row.id}/measure/")
    assert client.post(measure, {"value": "7", "measured_on": f"{TODAY + DAY}"}).status_code == 422
    assert client.post(measure, {"value": "seven", "measured_on": f"{TODAY}"}).status_code == 422
    for value in ("7.5", "5.8"):
        assert (
            client.post(measure, {"value": value, "measured_on": f"{TODAY}", "note": "After the update"}).status_code
            == 302
        )
    assert "Reached" in text_of(client.get(url(world, mine, "outcomes/")))
    confirm = url(world, mine, f"outcomes/{row.id}/confirm/")
    word = fields(client.get(confirm)) | {"contact": ruth.external_id, "value": "180000", "story": HOSTILE}
    assert client.post(confirm, word | {"contact": ""}).status_code == 422
    assert client.post(confirm, word | {"confirmed_on": f"{TODAY + DAY}"}).status_code == 422
    assert client.post(confirm, word | {"version": "1"}).status_code == 409
    assert client.post(confirm, word).status_code == 302
    with world.open():
        row.refresh_from_db()
        assert (row.confirmed_by, row.confirmed_on, row.value_minor) == (ruth, TODAY, 18_000_000)
        assert OutcomeMeasurement.objects.count() == 2
        assert Dirty.objects.filter(topic="health", key=mine.id).exists()
    page = text_of(client.get(url(world, mine, "outcomes/")))
    assert "1.5 times the ACV" in page
    assert "50 days" in page
    assert "usual 60–120 days" in page
    assert HOSTILE in page


def test_an_executive_reads_and_does_not_write(world, mine):
    client = world.client("executive")
    with world.open():
        row = outcome(mine, "Faster")
    for tab in ("timeline/", "support/", "outcomes/"):
        page = client.get(url(world, mine, tab))
        assert page.status_code == 200
        assert "Log activity" not in text_of(page).split("Keys")[0]
    for path in ("activities/new/", "outcomes/new/", f"outcomes/{row.id}/confirm/", f"outcomes/{row.id}/measure/"):
        assert client.post(url(world, mine, path), {}).status_code == 403
