"""Verbs on deals and signals (EXP-01 to EXP-08): guards, versions, who may be told, what is refused."""

import datetime as dt
from decimal import Decimal

import pytest
from django.http import Http404, QueryDict

from accounts.models import Contact, FxRate, Product, Tenant, WebhookEvent
from accounts.webhooks.events import EXAMPLES
from accounts.webhooks.services import add_endpoint
from cs_platform.kernel.errors import Conflict, DomainError
from expansion import files, selectors, services
from expansion.enums import DealStage, LossReason, Motion, SignalState, Trigger
from expansion.listing import DealQuery, read_page
from expansion.models import NoFit, Opportunity, OpportunityMove, Signal, SignalRule
from journey.enums import HandoffState
from journey.handoffs.services import answer_handoff
from tests.conftest import World
from tests.expansion.deals import DAY, contract, customer, deal


def today() -> dt.date:
    return Tenant.current().today()


def test_a_deal_opens_with_what_is_usual(tenant_open: World):
    csm = tenant_open.members["csm"]
    account = customer(owner=csm)
    row = deal(account, csm, kind="product")
    assert (row.stage, row.motion, row.currency, row.owner, row.trigger) == (
        DealStage.IDENTIFIED, Motion.CROSS_SELL, "USD", csm, Trigger.PERSON,
    )  # fmt: skip
    assert row.identified_on == today()
    assert [(move.before, move.after) for move in row.moves.all()] == [("", "identified")]


def test_the_same_id_again_is_the_same_deal_and_another_account_s_is_refused(tenant_open: World):
    account = customer()
    first = deal(account, external_id="CRM-1")
    assert deal(account, external_id="CRM-1", name="Said again").id == first.id
    with pytest.raises(DomainError) as error:
        deal(customer("Other"), external_id="CRM-1")
    assert set(error.value.fields) == {"external_id"}
    assert Opportunity.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("amount_minor", None, "amount"),
        ("amount_minor", -1, "amount"),
        ("name", "   ", "name"),
        ("name", "x" * 201, "name"),
        ("currency", "EURO", "currency"),
        ("seats", 0, "seats"),
        ("chance", 101, "chance"),
        ("kind", "gift", "kind"),
        ("close_on", dt.date(1980, 1, 1), "close_on"),
        ("identified_on", dt.date(2999, 1, 1), "identified_on"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(tenant_open: World, field: str, value: object, named: str):
    row = deal(customer())
    with pytest.raises(DomainError) as error:
        services.change_deal(deal=row, values={field: value}, version=1, by=None)
    assert set(error.value.fields) == {named}
    row.refresh_from_db()
    assert row.version == 1


def test_a_contract_and_a_buyer_are_of_the_account_or_of_what_was_merged_into_it(tenant_open: World):
    account, other = customer(), customer("Other")
    part = customer("Part", merged_into=account)
    theirs, ours = contract(other), contract(part)
    stranger = Contact.objects.create(account=other, name="Dana", external_id="D")
    row = deal(account)
    with pytest.raises(DomainError) as error:
        services.change_deal(deal=row, values={"subscription": theirs, "buyer": stranger}, version=None, by=None)
    assert set(error.value.fields) == {"subscription", "buyer"}
    assert services.change_deal(deal=row, values={"subscription": ours}, version=1, by=None).subscription == ours


def test_nobody_leaves_the_first_stage_without_the_right_or_a_reason(tenant_open: World):
    """EXP-01: the refusal names what is missing; with a reason it goes on, and what the checks said is kept."""
    csm = tenant_open.members["csm"]
    row = deal(customer("Young", days=30, earned=False, health_band="yellow", health_score=64.0))
    with pytest.raises(DomainError) as error:
        services.move_deal(deal=row, stage=DealStage.QUALIFIED, version=1, by=csm)
    assert error.value.code == "not_earned"
    assert "Score 64, needs 80" in error.value.message
    moved = services.move_deal(deal=row, stage=DealStage.QUALIFIED, version=1, by=csm, override="Quota blocks them")
    assert (moved.stage, moved.override, moved.override_by, moved.version) == ("qualified", "Quota blocks them", csm, 2)
    assert moved.earned == {"tenure": False, "first_value": None, "healthy": False, "outcome": None, "no_p1": None}
    assert services.move_deal(deal=moved, stage=DealStage.PROPOSAL, version=2, by=csm).stage == "proposal"


def test_an_override_is_taken_back_in_the_first_stage_only(tenant_open: World):
    row = deal(customer(earned=False))
    row = services.override_checks(deal=row, reason="They asked", version=1, by=None)
    row = services.override_checks(deal=row, reason="", version=2, by=None)
    assert row.override == ""
    row = services.move_deal(deal=row, stage="qualified", version=None, by=None, override="They asked")
    with pytest.raises(DomainError) as error:
        services.override_checks(deal=row, reason="", version=None, by=None)
    assert set(error.value.fields) == {"override"}


def test_two_who_move_at_once_do_not_overwrite_each_other(tenant_open: World):
    row = deal(customer())
    services.move_deal(deal=row, stage="qualified", version=1, by=None)
    with pytest.raises(Conflict):
        services.move_deal(deal=row, stage="proposal", version=1, by=None)
    assert Opportunity.objects.get().stage == "qualified"


@pytest.mark.parametrize("stage", ["won", "lost", "sold"])
def test_ends_are_not_moved_to(tenant_open: World, stage: str):
    with pytest.raises(DomainError) as error:
        services.move_deal(deal=deal(customer()), stage=stage, version=None, by=None)
    assert set(error.value.fields) == {"stage"}


def test_a_lost_deal_says_why_and_may_be_taken_up_again(tenant_open: World):
    """EXP-08; a second loss changes nothing, and who comes back later than the first stage needs the right."""
    row = deal(customer(), identified_on=today() - 20 * DAY)
    with pytest.raises(DomainError):
        services.lose_deal(deal=row, reason="bad weather", version=1, by=None)
    with pytest.raises(DomainError):
        services.lose_deal(deal=row, reason=LossReason.BUDGET, version=1, by=None, on=today() - 21 * DAY)
    row = services.lose_deal(
        deal=row, reason=LossReason.BUDGET, version=1, by=None, on=today() - 3 * DAY, note="In spring"
    )
    assert (row.stage, row.loss, row.closed_on, row.note) == ("lost", "budget", today() - 3 * DAY, "In spring")
    assert services.lose_deal(deal=row, reason=LossReason.HANDOFF, version=None, by=None).loss == "budget"
    row = services.move_deal(deal=row, stage="qualified", version=None, by=None)
    assert (row.stage, row.loss, row.closed_on) == ("qualified", "", None)
    assert [move.after for move in OpportunityMove.objects.all()] == ["identified", "lost", "qualified"]


def test_sales_gets_it_as_a_handoff_and_the_deal_shows_how_it_stands(tenant_open: World):
    """EXP-06: owner, day for the answer, who accepted when; a lost deal withdraws what waits."""
    csm, sales = tenant_open.members["csm"], tenant_open.members["ops"]
    account = customer(owner=csm)
    row = deal(account, csm, case="They save two days a week.")
    row = services.hand_to_sales(deal=row, taker=sales, version=1, by=csm, due_on=today() + 5 * DAY)
    assert row.handoff is not None
    assert (row.handoff.giver, row.handoff.taker, row.handoff.due_on) == (csm, sales, today() + 5 * DAY)
    assert row.handoff.note == "They save two days a week."
    with pytest.raises(Conflict):
        services.hand_to_sales(deal=row, taker=sales, version=None, by=csm)
    answer_handoff(handoff=row.handoff, state="accepted", version=None, by=sales, answer="Known to us")
    shown = selectors.deal_of(csm, row.id)
    assert (shown.handoff.state, shown.handoff.answered_by) == (HandoffState.ACCEPTED, sales)
    other = deal(customer("Second", owner=csm), csm)
    other = services.hand_to_sales(deal=other, taker=sales, version=1, by=csm)
    services.lose_deal(deal=other, reason="handoff", version=None, by=csm)
    other.handoff.refresh_from_db()
    assert other.handoff.state == HandoffState.WITHDRAWN


def a_signal(account, **fields) -> Signal:
    values = {"trigger": Trigger.SEATS_FULL, "cause": "seats", "as_of": today(), "inputs": {"used": 98, "limit": 100}}
    return Signal.objects.create(account=account, **values | fields)


def test_a_signal_is_taken_up_once(tenant_open: World):
    csm = tenant_open.members["csm"]
    signal = a_signal(customer())
    row = services.take_signal(signal=signal, version=1, by=csm, amount_minor=100, name="Seats for the yard")
    assert (row.signal, row.trigger, row.kind, row.motion) == (signal, "seats_full", "seats", "upsell")
    signal.refresh_from_db()
    assert (signal.state, signal.decided_by, signal.decided_on) == (SignalState.TAKEN, csm, today())
    with pytest.raises(Conflict):
        services.take_signal(signal=signal, version=None, by=csm, amount_minor=100)
    with pytest.raises(Conflict):
        services.dismiss_signal(signal=signal, version=None, by=csm)
    assert Opportunity.objects.count() == 1


def test_a_dismissed_signal_keeps_its_reason(tenant_open: World):
    signal = a_signal(customer())
    signal = services.dismiss_signal(signal=signal, version=1, by=None, reason="Trainees of one week")
    assert (signal.state, signal.note) == (SignalState.DISMISSED, "Trainees of one week")
    assert services.dismiss_signal(signal=signal, version=None, by=None).note == "Trainees of one week"


def test_people_of_a_deal(tenant_open: World):
    account = customer()
    row = deal(account)
    kim = Contact.objects.create(account=account, name="Kim", external_id="K")
    row = services.set_person(deal=row, contact=kim, part="New buyer", version=1, by=None)
    row = services.set_person(deal=row, contact=kim, part="Decides", version=2, by=None)
    assert [(each.contact, each.part) for each in row.people.all()] == [(kim, "Decides")]
    row = services.remove_person(deal=row, contact=kim, version=3, by=None)
    assert not row.people.exists()
    stranger = Contact.objects.create(account=customer("Other"), name="Dana", external_id="D")
    with pytest.raises(DomainError):
        services.set_person(deal=row, contact=stranger, version=None, by=None)


def test_no_fit_is_said_once_and_taken_back(tenant_open: World):
    account, product = customer(), Product.objects.create(name="Export", external_id="EX")
    services.set_fit(account=account, product=product, fits=False, reason="No data", by=None)
    services.set_fit(account=account, product=product, fits=False, reason="No data at all", by=None)
    assert [row.reason for row in NoFit.objects.all()] == ["No data at all"]
    services.set_fit(account=account, product=product, fits=True, by=None)
    assert not NoFit.objects.exists()


def test_rules_of_signals_are_kept_within_bounds(tenant_open: World):
    """TRG-13: each number out of its bounds is named; two who saw the same version do not both write."""
    by = tenant_open.members["admin"]

    def put(trigger: str = "team_growth", version: int | None = 0, **numbers: float) -> SignalRule:
        return services.set_signal_rule(trigger=trigger, enabled=True, thresholds=numbers, version=version, by=by)

    with pytest.raises(DomainError) as refusal:
        put(grew=9.0, people=0)
    assert set(refusal.value.fields) == {"grew", "people"}
    for trigger in ("person", "nonsense"):
        with pytest.raises(DomainError):
            put(trigger)
    assert not SignalRule.objects.exists()
    assert put(grew=0.5).thresholds == {"grew": 0.5, "people": 5}
    with pytest.raises(Conflict):
        put(grew=0.6)
    assert put(version=1, grew=0.5).version == 1, "nothing changed"
    assert put(version=1, grew=0.6).version == 2
    assert selectors.limits().holds["team_growth"]["grew"] == 0.45


def test_chances_are_the_company_s_own_and_keep_their_order(tenant_open: World):
    """EXP-05: probability of a stage; a deal may have its own."""
    leader = tenant_open.members["leader"]
    with pytest.raises(DomainError):
        services.set_chance(stage="qualified", chance=70, version=0, by=leader)  # above the proposal's 65
    services.set_chance(stage="qualified", chance=50, version=0, by=leader)
    with pytest.raises(Conflict):
        services.set_chance(stage="qualified", chance=55, version=0, by=leader)
    row = deal(customer(), amount_minor=1_000_01)
    row = services.move_deal(deal=row, stage="qualified", version=None, by=None)
    assert [(each.percent, each.weighted_minor) for each in selectors.listed(Opportunity.objects.all())] == [
        (50, 50_001)
    ]
    services.change_deal(deal=row, values={"chance": 10}, version=None, by=None)
    assert [(each.percent, each.weighted_minor) for each in selectors.listed(Opportunity.objects.all())] == [
        (10, 10_000)
    ]
    services.set_chance(stage="qualified", chance=None, version=1, by=leader)
    assert selectors.chances()["qualified"] == 40


def test_a_deal_is_seen_by_who_sees_its_account(worlds: tuple[World, World]):
    """ROL-01: a CSM sees the own book; a rival's rows never."""
    world, rival = worlds
    with rival.open():
        deal(customer(owner=rival.members["csm"]), name="Theirs")
    with world.open():
        csm = world.members["csm"]
        mine, other = deal(customer(owner=csm), name="Mine"), deal(customer("Other"), name="Another's")
        assert list(selectors.visible(csm)) == [mine]
        assert {row.name for row in selectors.visible(world.members["admin"])} == {"Mine", "Another's"}
        page = selectors.deal_page(DealQuery(), csm)
        assert [row.id for row in page.rows] == [mine.id]
        with pytest.raises(Http404):
            selectors.deal_of(csm, other.id)


@pytest.mark.parametrize("sort", ["amount", "weighted", "close", "age", "seen", "closed", "account"])
def test_pages_leave_nothing_out_and_show_nothing_twice(tenant_open: World, sort: str):
    """Equal and empty values among them; back again is the same page."""
    admin = tenant_open.members["admin"]
    for n in range(11):
        account = customer(f"Number {n % 3} of {n}", external_id=str(n), earned=False)
        deal(account, amount_minor=100 * (n % 3), close_on=today() + (n % 2) * DAY if n % 4 else None)
    query = DealQuery(sort=sort)
    whole = [row.id for row in selectors.all_rows(query, admin)]
    rows = selectors.listed(query.rows(selectors.visible(admin), admin))
    page = read_page(rows, query, 4)
    seen, pages = [row.id for row in page.rows], [page]
    while page.following:
        page = read_page(rows, DealQuery.parse(QueryDict(page.following)), 4)
        pages.append(page)
        seen += [row.id for row in page.rows]
    assert seen == whole
    assert len(seen) == 11
    back = read_page(rows, DealQuery.parse(QueryDict(pages[-1].previous)), 4)
    assert [row.id for row in back.rows] == [row.id for row in pages[-2].rows]


def test_the_filter_of_the_right(tenant_open: World):
    admin = tenant_open.members["admin"]
    good, bad, over = deal(customer()), deal(customer("Bad", earned=False)), deal(customer("Over", earned=False))
    services.override_checks(deal=over, reason="They asked", version=None, by=admin)

    def found(right: str):
        return {row.id for row in selectors.all_rows(DealQuery(right=right), admin)}

    assert (found("earned"), found("held"), found("override")) == ({good.id}, {bad.id}, {over.id})
    assert found("") == {good.id, bad.id, over.id}


def test_money_of_another_currency_counts_in_the_reporting_one(tenant_open: World):
    account = customer()
    deal(account, amount_minor=100_000, currency="EUR")
    deal(account, amount_minor=100_000, currency="IDR")
    FxRate.objects.create(month=dt.date(2020, 1, 1), base="EUR", quote="USD", rate="1.25", source="api")
    found = {row.currency: row.year_minor for row in selectors.listed(Opportunity.objects.all())}
    assert found == {"EUR": 125_000, "IDR": None}  # nothing converts it: not said to be 0


def test_webhooks_hear_of_moves(tenant_open: World):
    """API-03: each move once, in the shape of its example."""
    add_endpoint(name="All", url="https://example.com/", by=tenant_open.members["admin"])
    row = deal(customer(), external_id="OP-9")
    row = services.move_deal(deal=row, stage="qualified", version=None, by=None)
    services.move_deal(deal=row, stage="qualified", version=None, by=None)
    services.lose_deal(deal=row, reason="budget", version=None, by=None)
    events = list(WebhookEvent.objects.order_by("id"))
    assert [(event.kind, event.data["after"]) for event in events] == [
        ("opportunity.stage_changed", "qualified"),
        ("opportunity.stage_changed", "lost"),
    ]
    assert all(set(event.data) == set(EXAMPLES[event.kind]) for event in events)


def test_the_file_of_the_list_holds_every_deal_in_its_order(tenant_open: World, django_assert_max_num_queries):
    admin = tenant_open.members["admin"]
    account = customer(owner=admin)
    for n in range(5):
        deal(account, external_id=f"OP-{n}", amount_minor=100_00 * n, case="=1+1")
    with django_assert_max_num_queries(6):
        found = list(files.rows(selectors.all_rows(DealQuery(), admin), "USD"))
    assert [row[0] for row in found] == ["OP-4", "OP-3", "OP-2", "OP-1", "OP-0"]
    assert {len(row) for row in found} == {len(files.HEAD)}
    first = dict(zip(files.HEAD, found[0], strict=True))
    assert (first["amount"], first["weighted_reporting"], first["chance"], first["owner_email"]) == (
        Decimal("400.00"), Decimal("60.00"), 15, admin.user.email,
    )  # fmt: skip
