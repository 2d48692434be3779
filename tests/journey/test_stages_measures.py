"""What measured criteria say, from facts, whenever it is asked (JRN-07, JRN-15, JRN-21, EXP-01)."""

import datetime as dt

from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import mergers
from accounts.models import Account, Contact, Feature
from health.models import Outcome, OutcomeMeasurement, Ticket
from journey.enums import Stage
from journey.models import StagePeriod
from journey.stages import measures, services
from journey.stages.measures import State
from tests.conftest import World
from tests.health.usage_events import Event, put
from tests.journey import stage_facts as facts
from tests.journey.stage_facts import account, ago, period_of, today, track


def states(period: StagePeriod, as_of: dt.date | None = None) -> dict[str, State]:
    return {state.key: state for state in measures.standing([period], as_of)[period.id]}


def test_core_users_by_name_else_of_the_seats(tenant_open: World) -> None:
    """JRN-07: the share of those who are marked, of the seats where nobody is; attested only while no usage is known."""
    firm = account()
    period = period_of(track(firm, tenant_open.members["csm"]))
    assert (states(period)["core_users"].known, states(period)["core_users"].open_to_word) == (False, True)
    services.attest(period=period, criterion="core_users", met=True, note="Seen", by=tenant_open.members["csm"])
    assert states(period)["core_users"].met
    facts.used(firm, "C-1", 2)
    found = states(period)["core_users"]
    assert (found.value, found.met, found.open_to_word) == (0.1, False, False), "usage is known now: it decides"
    for n in range(1, 5):
        facts.contact(firm, f"C-{n}", role="core_user")
    for n in (2, 3):
        facts.used(firm, f"C-{n}", 20)
    found = states(period)["core_users"]
    assert (found.value, found.met, found.text) == (0.75, True, "75%: 3 of 4")
    Contact.objects.filter(external_id="C-1").update(left_on=ago(1))
    assert round(states(period)["core_users"].value or 0, 2) == 0.67


def test_first_value_is_achieved_and_documented(tenant_open: World) -> None:
    """JRN-07: confirmed, or measured at its target, and with a story; a further track needs one of its own."""
    csm = tenant_open.members["csm"]
    firm = account()
    period = period_of(track(firm, csm))
    outcome = facts.first_value(firm, story="", on=ago(50))
    found = states(period)["first_value"]
    assert (found.met, found.known, found.on) == (False, True, ago(50))
    assert "story" in found.text
    Outcome.objects.filter(id=outcome.id).update(confirmed_on=None, story="Told")
    assert not states(period)["first_value"].met
    for day, value in ((30, 3), (10, 2)):
        OutcomeMeasurement.objects.create(outcome=outcome, measured_on=ago(day), value=value, known_on=ago(day))
    assert (states(period)["first_value"].met, states(period)["first_value"].on) == (True, ago(10))
    assert not states(period, ago(11))["first_value"].met
    late = period_of(track(firm, csm, kind="use_case", name="Late", on=ago(5)))
    early = period_of(track(firm, csm, kind="use_case", name="Early", on=ago(20)))
    assert not states(late)["first_value"].met
    assert states(early)["first_value"].met


def test_breadth_and_departments(tenant_open: World) -> None:
    """JRN-15: features that five people used beyond the one used most; departments with people, tracks that are live."""
    csm = tenant_open.members["csm"]
    firm = account()
    unit = Account.objects.create(external_id="U-1", name="EMEA", level="department", parent=firm)
    period = period_of(track(firm, csm, stage=Stage.ADOPTION), Stage.ADOPTION)
    facts.used(firm, "U", 2)
    noon = dt.datetime.combine(ago(3), dt.time(12), tzinfo=dt.UTC)
    events = []
    for n, people in enumerate((9, 5, 6, 5, 4)):
        Feature.objects.create(key=f"f{n}", name=f"F{n}")
        # Each on a day of their own: people are counted over the 28 days.
        events += [Event(firm.id, noon - dt.timedelta(days=u), f"f{n}", f"U-{u}") for u in range(people)]
    put(events)
    assert (states(period)["breadth"].value, states(period)["breadth"].met) == (3, True)
    assert states(period)["departments"].value == 0
    facts.used(unit, "E-1", 3)
    assert (states(period)["departments"].value, states(period)["departments"].met) == (1, True)
    other = period_of(track(firm, csm, kind="use_case", name="Analytics"))
    services.end_stage(period=other, outcome="completed", override_reason="Live", on=today(), by=csm)
    assert states(period)["departments"].value == 2


def test_a_track_with_a_department_is_measured_there(tenant_open: World) -> None:
    """JRN-02: at the unit where usage knows it, else at the account; seats of the track come first."""
    csm = tenant_open.members["csm"]
    firm = account()
    unit = Account.objects.create(external_id="U-1", name="EMEA", level="department", parent=firm)
    row = track(firm, csm, kind="department", name="EMEA", unit=unit, seats=4, stage=Stage.ADOPTION)
    period = period_of(row, Stage.ADOPTION)
    for n in range(3):
        facts.used(firm, f"A-{n}", 2)
    assert states(period)["seats"].text == "75%: 3 of 4"
    facts.used(unit, "E-1", 3)
    assert states(period)["seats"].text == "25%: 1 of 4"


def test_retention_stands(tenant_open: World) -> None:
    """JRN-21: green for 28 days in a row, usage, people, tickets, value; each with its number."""
    csm = tenant_open.members["csm"]
    firm = account()
    period = period_of(track(firm, csm, stage=Stage.RETENTION), Stage.RETENTION)
    found = states(period)
    assert (found["health"].known, found["health"].met, found["issues"].met) == (False, False, True)
    facts.green(firm, 30, band="yellow")
    facts.green(firm, *range(27, -1, -1))
    found = states(period)
    assert (found["health"].value, found["health"].met) == (30, True)
    facts.green(firm, -1, band="red")
    assert not states(period, today() + dt.timedelta(days=1))["health"].met
    facts.used(firm, "A", 1, 2, 29, 30)
    assert states(period)["usage"].value == 1.0
    facts.used(firm, "A", 31, 33, 35)
    assert (states(period)["usage"].value, states(period)["usage"].met) == (0.4, False)
    for n, day in enumerate((3, 89, 95)):
        facts.contact(firm, f"C-{n}", last_contact_on=ago(day))
    assert (states(period)["stakeholders"].value, states(period)["stakeholders"].met) == (2, True)
    noon = dt.datetime.combine(ago(4), dt.time(12), tzinfo=dt.UTC)
    for n, more in enumerate(({"level": "urgent"}, {"escalated_at": noon}, {"level": "high", "resolved_at": noon}, {})):
        Ticket.objects.create(
            account=firm, external_id=f"T-{n}", state="x", opened_at=noon, known_on=ago(4), source="api", **more
        )
    assert (states(period)["issues"].value, states(period)["issues"].met) == (2, False)
    facts.first_value(firm, on=ago(366))
    assert not states(period)["value"].met
    Outcome.objects.update(confirmed_on=ago(300))
    assert states(period)["value"].met


def test_a_merged_account_is_measured_where_it_went(tenant_open: World) -> None:
    admin = tenant_open.members["admin"]
    firm, other = account("A-1"), account("A-2")
    period = period_of(track(other, admin, stage=Stage.EXPANSION), Stage.EXPANSION)
    facts.green(firm, 0)
    assert not states(period)["health"].met
    mergers.merge_account(account=other, into=firm, by=admin)
    assert states(period)["health"].met


def test_facts_of_another_company_do_not_count(worlds: tuple[World, World]) -> None:
    world, rival = worlds
    with rival.open():
        firm = account()
        facts.green(firm, 0)
        facts.first_value(firm)
        facts.used(firm, "U", 1)
    with world.open():
        period = period_of(track(account(), world.members["csm"], stage=Stage.EXPANSION), Stage.EXPANSION)
        assert not any(state.known for state in states(period).values())


def test_statements_do_not_grow(tenant_open: World) -> None:
    csm = tenant_open.members["csm"]
    for n in range(6):
        track(account(f"A-{n}"), csm, stage=Stage.values[n])
    rows = list(StagePeriod.objects.select_related("track"))
    counts = []
    for some in (rows[:1], rows):
        with CaptureQueriesContext(connection) as seen:
            assert len(measures.standing(some)) == len(some)
        counts.append(len(seen))
    assert counts == [4, 4]
