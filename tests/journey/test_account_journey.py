"""The account's Journey tab: the map and its words, the cards, and each verb from the page (JRN-02, JRN-03, JRN-24, JRN-44)."""

import datetime as dt
import re
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Account
from cs_platform.kernel.templatetags.cells import day_text
from journey.enums import Answer, Entry, Exit, Stage, TrackKind
from journey.models import CriterionCheck, CustomerLink, Milestone, Plan, Regression, StagePeriod, Task, Track
from journey.stages import flags, measures, selectors, services, targets
from journey.stages.finding import finding
from journey.stages.map_words import Known, forks, marks, table, ways, where
from tests.accounts.book import make_account, make_contact
from tests.conftest import World
from tests.journey import stage_facts as facts
from tests.journey.journey_story import story
from tests.journey.stage_facts import ago, period_of, today, track


def known_of(account: Account) -> Known:
    tracks = selectors.tracks_of(account)
    periods = [period for track in tracks for period in track.periods.all()]
    states = measures.standing(periods)
    usual = targets.targets_of([account.segment])[account.segment_id]
    return Known(tracks, today(), usual, flags.flags_of(periods, today(), states), states, account.renews_on)


def tab(world: World, account: Account, query: str = "", role: str = "csm") -> str:
    response = world.client(role).get(world.url(f"accounts/{account.id}/journey/{query}"))
    assert response.status_code == 200
    return response.content.decode()


def send(client: Client, world: World, account: Account, path: str, **values: Any) -> Any:
    return client.post(world.url(f"accounts/{account.id}/journey/{path}"), values)


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


# --- words of the map


def test_the_finding_says_the_gravest_thing_first(tenant_open: World) -> None:
    """JRN-24: the fall with its cause against the renewal, then what stands still, then what recovered."""
    lead, more = finding(known_of(story(tenant_open)))
    assert lead == "Core fell back to Adoption when the champion left, 42 days before renewal."
    assert more[0].startswith("EMEA department stands still in Adoption for ")
    assert more[1] == "Analytics use case recovered from its own fall in 46 days."


def test_the_finding_of_a_calm_account(tenant_open: World) -> None:
    account = facts.account()
    csm = tenant_open.members["csm"]
    row = track(account, csm, on=ago(10))
    lead, more = finding(known_of(account))
    assert lead.startswith("Core is in Onboarding, day 10, wanted by ")
    assert more == []
    StagePeriod.objects.filter(track=row).update(entered_on=ago(200), target_on=ago(12))
    Track.objects.update(opened_on=ago(200))
    assert "stands still" in finding(known_of(account))[0] or "12 days past its target" in finding(known_of(account))[0]


def test_lanes_say_seats_and_where_the_track_stands(tenant_open: World) -> None:
    """JRN-02: three tracks beside each other, the core one first, each with seats and where it is."""
    known = known_of(story(tenant_open))
    lanes = ways(known, ago(2000))
    assert [lane.name for lane in lanes] == ["Core", "EMEA department", "Analytics use case"]
    assert lanes[0].lines[:2] == [("540 seats", "sm"), ("Back in Adoption", "sm r")]
    assert where(known.tracks[1], known) == ("Adoption, stalled", "sm w")
    assert where(known.tracks[2], known) == ("Adoption, time 2", "sm")
    tones = {stay.key: stay.tone for lane in lanes for stay in lane.stays}
    assert sorted(set(tones.values())) == ["", "back", "late", "now", "was"]


def test_a_track_shows_its_own_seats_only(tenant_open: World) -> None:
    """What the account uses is told of its core track, of a department what is known of itself, of a use case nothing."""
    csm, account = tenant_open.members["csm"], facts.account()
    unit = make_account("EMEA", parent=account, level="department", segment="")
    for of, person in ((account, "u1"), (unit, "u2")):
        facts.used(of, person, 2, 3)
    track(account, csm)
    known_by = {"kind": TrackKind.DEPARTMENT, "name": "EMEA", "unit": unit, "seats": 5}
    track(account, csm, **known_by)
    track(account, csm, kind=TrackKind.USE_CASE, name="Analytics")
    html = tab(tenant_open, account, role="leader")
    assert re.findall(r">(\d+ of \d+ active)<", html) == ["1 of 10 active", "1 of 5 active"]
    assert html.count(" seats</text>") == 2


def test_forks_and_marks_come_from_the_periods(tenant_open: World) -> None:
    """EXP-01: a department that began within two months of a won expansion hangs on it; go-lives, renewals, the contract."""
    known = known_of(story(tenant_open))
    assert [fork.text for fork in forks(known)] == ["won: EMEA department", "won: Analytics use case"]
    told = [mark.text for mark in sorted(marks(known), key=lambda mark: mark.day)]
    assert told[0] == "Go-live"
    assert told.count("Renewed") == 2
    assert "Analytics use case live" in told  # once: the onboarding that a fall reopened is no second go-live
    assert told.count("Analytics use case live") == 1
    assert told[-1].startswith("Renewal ")


def test_the_table_says_the_same_as_the_map(tenant_open: World) -> None:
    """For those who do not see the picture: each period with its days and how it ended."""
    known = known_of(story(tenant_open))
    rows = table(known)
    assert len(rows) == StagePeriod.objects.count() == 16
    fell = next(row for row in rows if row["stage"] == "Retention")
    assert fell["state"] == "Went back: Champion left or changed role"
    assert (fell["since"], fell["days"]) == (day_text(ago(622)), "618")


# --- the page


def test_the_page_shows_map_cards_and_guide(tenant_open: World) -> None:
    """JRN-44: where they are, what success looks like there, what is needed next, and what usually happens there."""
    account = story(tenant_open)
    html = tab(tenant_open, account)
    text = text_of(html)
    assert "3 tracks, 4 stages open at once" in text
    assert html.count('class="stg ') == 17  # sixteen periods and the plan
    assert html.count('class="fall"') == 2
    assert "Reopened by a fall, not a fresh start." in text
    assert "Ruth Okafor left" in text
    assert "Bought seats active" in text
    assert "1 of 5 met" in text
    assert "Onboarding 1 of 1, confirmed by Bram de Wit" in text
    assert "Roll out to several departments" in text  # the guide of an enterprise customer
    assert 'style="' not in html


def test_numbers_of_the_picture_are_not_written_in_a_readers_way(tenant_open: World) -> None:
    """In Indonesian a comma parts the decimals; an SVG would draw nothing."""
    account = story(tenant_open)
    member = tenant_open.members["csm"]
    member.user.language = "id"
    member.user.save()
    html = tab(tenant_open, account)
    drawn = html[html.index('<svg class="jm"') :]
    drawn = drawn[: drawn.index("</svg></div>")]
    assert not re.search(r' (?:x|y|cx|cy|width|height|d)="[^"]*,', drawn)


def test_stage_and_track_are_chosen_by_the_address(tenant_open: World) -> None:
    account = story(tenant_open)
    emea = Track.objects.get(name="EMEA department")
    text = text_of(tab(tenant_open, account, f"?track={emea.id}"))
    assert "EMEA department · Adoption, since" in text
    assert "Training gap" in text
    ended = text_of(tab(tenant_open, account, "?stage=retention"))
    assert "This stage has ended." in ended
    assert "Champion left or changed role" in ended
    for wrong in ("?track=nothing&stage=nowhere", f"?track={uuid4()}", "?stage=&span=decade"):
        assert "Core · Adoption, since" in text_of(tab(tenant_open, account, wrong))


def test_twelve_months_show_twelve_months(tenant_open: World) -> None:
    account = story(tenant_open)
    html = tab(tenant_open, account, "?span=year")
    assert html.count('class="stg ') < 17
    assert 'aria-current="true">12 months' in html


def test_what_is_needed_comes_in_order(tenant_open: World) -> None:
    """JRN-44: open criteria, then milestones that are due, then tasks, each with its owner and its day."""
    account, csm = story(tenant_open), tenant_open.members["csm"]
    plan = Plan.objects.create(
        account=account, external_id="P", name="Rollout", starts_on=ago(30), target_on=today() + dt.timedelta(days=60), source="api"
    )  # fmt: skip
    Milestone.objects.create(plan=plan, name="Kickoff", due_on=ago(2), owner=csm)
    Milestone.objects.create(plan=plan, name="Far away", due_on=today() + dt.timedelta(days=50), owner=csm)
    Task.objects.create(
        account=account, external_id="T", title="Meet the new decision maker", due_on=today(), owner=csm, source="api"
    )
    html = tab(tenant_open, account)
    card = text_of(html[html.index("What is needed next") : html.index("What usually happens here")])
    order = [
        card.index(each) for each in ("Bought seats active", "Power users", "Kickoff", "Meet the new decision maker")
    ]
    assert order == sorted(order)
    assert "Far away" not in card
    assert "today you" in card


def test_retention_is_never_said_to_be_completed(tenant_open: World) -> None:
    """JRN-21: it runs for as long as the customer stays, and has no button to complete it."""
    account = facts.account("A-1", owner=tenant_open.members["csm"])
    track(account, tenant_open.members["csm"], stage=Stage.RETENTION)
    html = tab(tenant_open, account)
    assert "Retention is never completed" in html
    assert "/complete/" not in html


def test_without_a_track_the_page_says_what_will_happen(tenant_open: World) -> None:
    account = make_account("Fresh", tenant_open.members["csm"])
    text = text_of(tab(tenant_open, account))
    assert "No journey yet" in text
    assert "Add track" in text


def test_queries_do_not_grow_with_the_journey(tenant_open: World) -> None:
    """The page reads each thing once, however many tracks and periods there are."""
    csm, counts = tenant_open.members["csm"], []
    account = story(tenant_open)
    client = tenant_open.client("csm")
    for names in (("North", "South", "East", "West"), ()):
        client.get(tenant_open.url(f"accounts/{account.id}/journey/"))
        with CaptureQueriesContext(connection) as found:
            assert client.get(tenant_open.url(f"accounts/{account.id}/journey/")).status_code == 200
        counts.append(len(found))
        for name in names:
            row = track(account, csm, kind=TrackKind.USE_CASE, name=name)
            services.enter_stage(track=row, stage=Stage.ADVOCACY, on=ago(3), by=csm)
    assert counts[1] == counts[0]
    assert counts[1] <= 32, counts


def test_who_only_reads_has_no_buttons(tenant_open: World) -> None:
    """ROL-01: an executive sees the journey and moves nothing."""
    account = story(tenant_open)
    html = tab(tenant_open, account, role="executive")
    assert "Add track" not in html
    assert "/attest/" not in html
    period = StagePeriod.objects.filter(exited_on=None)[0]
    client = tenant_open.client("executive")
    assert send(client, tenant_open, account, f"stages/{period.id}/back/", cause="budget").status_code == 403


def test_rows_of_others_are_not_there(worlds: tuple[World, World]) -> None:
    """Foreign tenants, accounts outside of the portfolio, and stages of another account: 404 alike."""
    mine, theirs = worlds
    with theirs.open():
        foreign = story(theirs)
        foreign_period = StagePeriod.objects.filter(exited_on=None)[0]
    with mine.open():
        account = story(mine)
        other = make_account("Other", mine.members["csm"])
        period = StagePeriod.objects.filter(track__account=account, exited_on=None)[0]
        hidden = make_account("Hidden", mine.members["leader"])
        track(hidden, mine.members["leader"])
        hidden_period = StagePeriod.objects.get(track__account=hidden)
        csm = mine.client("csm")
        for path in (
            f"accounts/{foreign.id}/journey/",
            f"accounts/{account.id}/journey/stages/{foreign_period.id}/back/",
            f"accounts/{other.id}/journey/stages/{period.id}/back/",
            f"accounts/{account.id}/journey/stages/{hidden_period.id}/back/",
            f"accounts/{hidden.id}/journey/stages/{hidden_period.id}/back/",
            f"accounts/{other.id}/journey/tracks/{period.track_id}/close/",
            f"accounts/{account.id}/journey/stages/{period.id}/attest/nothing/",
        ):
            assert csm.get(mine.url(path)).status_code == 404, path
            assert csm.post(mine.url(path), {"note": "x"}).status_code == 404, path
        html = tab(mine, account)
        assert str(foreign.id) not in html
        assert html.count('class="stg ') == 17


# --- verbs


@pytest.fixture
def walked(tenant_open: World) -> tuple[World, Account, Client]:
    """An account whose core track is in Onboarding, and the browser of its CSM."""
    account = facts.account("A-1", owner=tenant_open.members["csm"])
    track(account, tenant_open.members["csm"])
    return tenant_open, account, tenant_open.client("csm")


def test_a_track_is_added_with_its_department(walked: tuple[World, Account, Client]) -> None:
    """JRN-02, ACC-12: a department with its child account; a second core track is not offered, a double name refused."""
    world, account, client = walked
    unit = make_account("EMEA", parent=account, level="department", segment="")
    form = client.get(world.url(f"accounts/{account.id}/journey/tracks/new/")).content.decode()
    assert f'value="{unit.id}"' in form
    assert 'value="core"' not in form
    values = {
        "kind": "department",
        "name": "EMEA",
        "unit": str(unit.id),
        "seats": "180",
        "on": ago(5).isoformat(),
        "stage": "adoption",
    }
    assert send(client, world, account, "tracks/new/", **values).status_code == 302
    row = Track.objects.get(name="EMEA")
    assert (row.kind, row.unit_id, row.seats, row.opened_on) == (TrackKind.DEPARTMENT, unit.id, 180, ago(5))
    assert period_of(row, "adoption").entered_by == world.members["csm"]
    assert send(client, world, account, "tracks/new/", **values).status_code == 422
    ahead = values | {"name": "APAC", "on": (today() + dt.timedelta(days=2)).isoformat()}
    answer = send(client, world, account, "tracks/new/", **ahead)
    assert answer.status_code == 422
    assert "This day lies ahead" in answer.content.decode()
    assert (
        send(client, world, account, "tracks/new/", **values | {"name": "X", "unit": str(uuid4())}).status_code == 422
    )


def test_a_track_is_edited_and_a_second_change_shown_beside_the_first(walked: tuple[World, Account, Client]) -> None:
    world, account, client = walked
    row = Track.objects.get()
    assert (
        send(client, world, account, f"tracks/{row.id}/", name="Core", seats="40", version=row.version).status_code
        == 302
    )
    answer = send(client, world, account, f"tracks/{row.id}/", name="Core", seats="50", version=row.version)
    assert answer.status_code == 409
    assert "Somebody else changed this" in answer.content.decode()
    row.refresh_from_db()
    assert row.seats == 40


def test_a_stage_is_completed_with_its_criteria_or_a_reason(walked: tuple[World, Account, Client]) -> None:
    """JRN-03, JRN-07: the drawer shows the evidence; what is not met asks for a reason, which is kept and counted."""
    world, account, client = walked
    period = period_of(Track.objects.get())
    url = f"stages/{period.id}/complete/"
    form = client.get(world.url(f"accounts/{account.id}/journey/{url}")).content.decode()
    assert "0 of 5 met" in form
    assert "Customer confirmed the go-live" in form
    values = {"version": period.version, "on": today().isoformat(), "to": "adoption", "note": ""}
    refused = send(client, world, account, url, **values)
    assert refused.status_code == 422
    assert "Say why it is completed nevertheless" in text_of(refused.content.decode())
    assert send(client, world, account, url, **values, override_reason="The board decided").status_code == 302
    period.refresh_from_db()
    assert (period.outcome, period.overridden, period.note) == (Exit.COMPLETED, True, "The board decided")
    assert len(period.evidence) == 5
    assert period_of(period.track, "adoption").entry == Entry.MOVED_ON
    text = text_of(tab(world, account, "?stage=onboarding"))
    assert "Completed, overridden" in text


def test_a_track_goes_back_with_its_cause(walked: tuple[World, Account, Client]) -> None:
    """JRN-24: the usual stage for the cause when none is chosen; a later one is not offered."""
    world, account, client = walked
    row = Track.objects.get()
    StagePeriod.objects.filter(track=row).update(stage=Stage.RETENTION)
    period = period_of(row, Stage.RETENTION)
    url = f"stages/{period.id}/back/"
    values = {"version": period.version, "on": today().isoformat(), "note": "Ruth left", "cause": "champion", "to": ""}
    assert send(client, world, account, url, **values | {"cause": "weather"}).status_code == 422
    assert send(client, world, account, url, **values | {"to": "renewal"}).status_code == 422
    assert send(client, world, account, url, **values | {"note": ""}).status_code == 422
    assert send(client, world, account, url, **values | {"version": 99}).status_code == 409
    assert send(client, world, account, url, **values).status_code == 302
    assert period_of(row, Stage.ADOPTION).entry == Entry.WENT_BACK
    assert send(client, world, account, url, **values).status_code in {409, 422}  # it has ended


def test_a_stage_opens_beside_the_others_and_is_given_up(walked: tuple[World, Account, Client]) -> None:
    """JRN-02: renewal beside onboarding; given up with a note; the stage that is open is not offered twice."""
    world, account, client = walked
    row = Track.objects.get()
    url = f"tracks/{row.id}/stages/"
    values = {"version": row.version, "stage": "renewal", "on": ago(3).isoformat(), "note": "", "target_on": ""}
    assert send(client, world, account, url, **values | {"stage": "onboarding"}).status_code == 422
    assert send(client, world, account, url, **values).status_code == 302
    period = period_of(row, "renewal")
    assert period.entry == Entry.BESIDE
    leave = {
        "version": period.version,
        "outcome": "abandoned",
        "on": today().isoformat(),
        "note": "Too early",
        "to": "",
    }
    assert (
        send(client, world, account, f"stages/{period.id}/leave/", **leave | {"outcome": "completed"}).status_code
        == 422
    )
    assert send(client, world, account, f"stages/{period.id}/leave/", **leave).status_code == 302
    period.refresh_from_db()
    assert period.outcome == Exit.ABANDONED


def test_held_up_and_freed_with_the_codes_of_the_stage(walked: tuple[World, Account, Client]) -> None:
    """JRN-11, JRN-32: what usually holds this stage up is offered; the flag says so on the page; an agreed day counts."""
    world, account, client = walked
    period = period_of(Track.objects.get())
    url = f"stages/{period.id}/hold/"
    assert send(client, world, account, url, version=period.version, blocker="price", note="").status_code == 422
    assert (
        send(client, world, account, url, version=period.version, blocker="scope", note="Ten more wishes").status_code
        == 302
    )
    text = text_of(tab(world, account))
    assert "Ten more wishes" in text
    assert "Held up since" in text
    assert send(client, world, account, url, version=period.version, blocker="", note="").status_code == 409
    period.refresh_from_db()
    assert send(client, world, account, url, version=period.version, blocker="", note="").status_code == 302
    period.refresh_from_db()
    assert period.blocker == ""
    day = today() + dt.timedelta(days=30)
    assert (
        send(
            client, world, account, f"stages/{period.id}/day/", version=period.version, target_on=day.isoformat()
        ).status_code
        == 302
    )
    assert "agreed with the customer" in text_of(tab(world, account))


def test_a_criterion_is_attested_and_taken_back(walked: tuple[World, Account, Client]) -> None:
    """JRN-07: a word with what shows it; nobody here attests the customer's go-live."""
    world, account, client = walked
    period = period_of(Track.objects.get())
    url = f"stages/{period.id}/attest/technical/"
    assert send(client, world, account, url, note="").status_code == 422
    assert send(client, world, account, url, note="The tests ran").status_code == 302
    html = tab(world, account)
    assert "The tests ran" in html
    assert "1 of 5 met" in html
    assert send(client, world, account, url, note="They broke").status_code == 302
    assert list(CriterionCheck.objects.order_by("at").values_list("met", flat=True)) == [True, False]
    assert send(client, world, account, f"stages/{period.id}/attest/go_live/", note="We say so").status_code == 422


def test_the_customer_is_asked_by_a_link_that_is_shown_once(walked: tuple[World, Account, Client]) -> None:
    """JRN-07: the link opens without an account; the page never shows it again."""
    world, account, client = walked
    person = make_contact(account, "Bram de Wit", email="bram@halcyon.example")
    period = period_of(Track.objects.get())
    url = f"stages/{period.id}/ask/"
    assert send(client, world, account, url, contact="", days="30").status_code == 422
    assert send(client, world, account, url, contact=str(person.id), days="900").status_code == 422
    answer = send(client, world, account, url, contact=str(person.id), days="30")
    assert answer.status_code == 201
    link = CustomerLink.objects.get()
    assert (link.period_id, link.contact_id) == (period.id, person.id)
    path = re.search(r"/c/acme/[\w-]{43}/", answer.content.decode())
    assert path
    assert Client().get(path[0]).status_code == 200
    assert path[0] not in tab(world, account)


def test_a_proposal_is_answered_from_the_banner(walked: tuple[World, Account, Client]) -> None:
    """JRN-24: the fact stands behind it; staying needs a reason, going back reopens the stage; answered once."""
    world, account, client = walked
    row = Track.objects.get()
    StagePeriod.objects.filter(track=row).update(stage=Stage.RETENTION)
    period = period_of(row, Stage.RETENTION)
    inputs = {"kind": "champion_left", "day": ago(5).isoformat(), "note": "Ruth Okafor moved on"}
    proposal = Regression.objects.create(
        track=row, period=period, stage="adoption", cause="champion", cause_ref=uuid4(), inputs=inputs, as_of=today()
    )
    text = text_of(tab(world, account))
    assert "should Core go back from Retention to Adoption?" in text
    assert "Ruth Okafor moved on" in text
    url = f"proposals/{proposal.id}/"
    values = {"version": proposal.version, "answer": "accept", "to": "adoption", "note": "She was the sponsor"}
    assert send(client, world, account, url, **values | {"note": ""}).status_code == 422
    assert send(client, world, account, url, **values).status_code == 302
    proposal.refresh_from_db()
    assert proposal.state == Answer.ACCEPTED
    assert period_of(row, Stage.ADOPTION).entry == Entry.WENT_BACK
    assert "should Core go back" not in text_of(tab(world, account))
    assert send(client, world, account, url, **values | {"version": proposal.version}).status_code == 422


def test_a_track_is_closed_with_its_stages(walked: tuple[World, Account, Client]) -> None:
    world, account, client = walked
    row = Track.objects.get()
    values = {"version": row.version, "because": "dropped", "on": today().isoformat(), "note": ""}
    assert send(client, world, account, f"tracks/{row.id}/close/", **values | {"because": "x"}).status_code == 422
    assert send(client, world, account, f"tracks/{row.id}/close/", **values).status_code == 302
    row.refresh_from_db()
    assert row.closed_on == today()
    assert "No track is open." in text_of(tab(world, account))
