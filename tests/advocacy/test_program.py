"""The program's gate and verbs (ADV-01, ADV-03, ADV-05), matching, and its figures (ADV-04, ADV-07)."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict

from accounts.models import Account, FxRate, Product
from advocacy import guards, matching, program, selectors, services, standings
from advocacy.listing import CandidateQuery
from advocacy.models import Advocate, Ask, Asset, Qualification, ReferenceRequest, Referral
from cs_platform.kernel.errors import Conflict, DomainError
from cs_platform.kernel.models import AuditEntry
from tests.advocacy.advocacy_facts import account, ago, answered, enrolled, paid, person, qualified, today
from tests.conftest import World

pytestmark = pytest.mark.django_db


def asked(world: World, who: Advocate, days: int, **fields: Any) -> Ask:
    """An ask of so many days ago, as a program tells it."""
    return services.ask(advocate=who, kind=fields.pop("kind", "reference"), asked_on=ago(days), by=None, **fields)


def code(who: Advocate, kind: str = "") -> str:
    found = guards.may_ask([who], kind)[who.id]
    return found.code if found else ""


def refused(act: Any, **fields: Any) -> DomainError:
    with pytest.raises(DomainError) as error:
        act(**fields)
    return error.value


def request(world: World, **fields: Any) -> ReferenceRequest:
    usual: dict[str, Any] = {"prospect": "Tidewater Ports", "due_on": today() + dt.timedelta(days=5)}
    return services.make_request(by=world.members["leader"], **(usual | fields))


# Enrolling and asking


def test_adv_01_marginal_accounts_are_neither_enrolled_nor_asked(tenant_open: World) -> None:
    world, csm = tenant_open, tenant_open.members["csm"]
    row = account(world)
    qualified(row, renewed=False)
    error = refused(services.enrol, contact=person(row), consent="name", by=csm)
    assert error.code == "not_qualified"
    assert "Renewed at least once" in error.message
    who = services.enrol(contact=row.contacts.get(), consent="name", by=None)
    assert code(who) == "missing_renewed"
    error = refused(services.ask, advocate=who, kind="reference", by=csm)
    assert error.code == "missing_renewed"
    assert refused(services.ask, advocate=who, kind="reference", by=None).code == "missing_renewed"
    assert not Ask.objects.exists()


@pytest.mark.parametrize(
    ("marks", "expected"),
    [({"proven": None}, "unknown_proven"), ({"proven": None, "adopted": False}, "missing_adopted"), ({}, "")],
)
def test_the_gate_names_what_is_missing(tenant_open: World, marks: dict[str, Any], expected: str) -> None:
    row = account(tenant_open)
    qualified(row, **marks)
    assert code(services.enrol(contact=person(row), consent="name", by=None)) == expected


@pytest.mark.parametrize(
    ("fields", "kind", "expected"),
    [
        ({"consent": "refused"}, "", "consent"),
        ({"consent_on": ago(90), "consent_until": ago(1)}, "", "consent_over"),
        ({"consent_until": ago(0)}, "", ""),
        ({"legal": "waiting"}, "", "legal_open"),
        ({"legal": "refused"}, "", "legal"),
        ({"consent": "reference"}, "case_study", "not_covered"),
        ({"consent": "reference"}, "reference", ""),
        ({"consent": "review"}, "review", ""),
        ({"consent": "review"}, "reference", "not_covered"),
    ],
)
def test_adv_05_consent_and_legal_stand_before_an_ask(
    tenant_open: World, fields: dict[str, Any], kind: str, expected: str
) -> None:
    assert code(enrolled(tenant_open, account(tenant_open), **fields), kind) == expected


def test_adv_04_whoever_was_asked_rests_and_longer_after_three(tenant_open: World) -> None:
    world = tenant_open
    who = enrolled(world, account(world))
    first = asked(world, who, 61)
    assert code(who) == ""
    services.answer_ask(
        ask=first, state="declined", failure="no_reason", answered_on=ago(59), version=1, by=world.members["csm"]
    )
    assert code(who) == "resting"
    asked(world, who, 100)
    asked(world, who, 170)
    found = guards.may_ask([who])[who.id]
    assert found is not None
    assert found.until == ago(59) + dt.timedelta(days=90)
    services.set_program(values={"rest_days": 10, "long_rest_days": 20}, version=0, by=world.members["admin"])
    assert code(who) == ""


def test_who_left_the_customer_or_the_program_is_not_asked(tenant_open: World) -> None:
    world = tenant_open
    gone, left = enrolled(world, account(world)), enrolled(world, account(world, "A-2"))
    gone.contact.left_on = ago(1)
    gone.contact.save()
    services.leave(advocate=left, version=left.version, by=world.members["csm"])
    assert (code(gone), code(left)) == ("gone", "left")
    again = services.enrol(contact=left.contact, consent="name", by=world.members["csm"])
    assert (again.id, again.consent, code(again)) == (left.id, "name", "")
    assert "in the program already" in refused(services.enrol, contact=left.contact, consent="name", by=None).message


def test_who_fell_out_of_the_green_since_the_night_is_not_asked(tenant_open: World) -> None:
    """ADV-01: the band of today holds, not that of the night."""
    who = enrolled(tenant_open, account(tenant_open))
    Account.objects.update(health_band="red")
    assert code(who) == "missing_healthy"
    Account.objects.update(health_band="none")
    assert code(who) == "unknown_healthy"


def test_history_that_a_program_tells_is_taken_and_counts(tenant_open: World) -> None:
    world = tenant_open
    row = account(world)
    qualified(row, healthy=False)
    who = services.enrol(contact=person(row), consent="name", by=None)
    asked(world, who, 30)
    assert standings.of_advocates([who.id])[who.id].asks == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"consent": "all"}, "consent"),
        ({"consent_on": today() + dt.timedelta(days=1)}, "consent_on"),
        ({"consent_until": dt.date(2999, 1, 1)}, "consent_until"),
        ({"consent_on": ago(1), "consent_until": ago(2)}, "consent_until"),
        ({"legal": "maybe"}, "legal"),
        ({"note": "x" * 501}, "note"),
    ],
)
def test_bad_values_are_refused_at_their_field(tenant_open: World, fields: dict[str, Any], field: str) -> None:
    row = account(tenant_open)
    qualified(row)
    error = refused(
        services.enrol, contact=person(row), by=tenant_open.members["csm"], **({"consent": "name"} | fields)
    )
    assert list(error.fields) == [field]
    assert not Advocate.objects.exists()


def test_consent_changes_with_a_version_and_leaves_a_trace(tenant_open: World) -> None:
    world, csm = tenant_open, tenant_open.members["csm"]
    who = enrolled(world, account(world))
    changed = services.change_consent(advocate=who, consent="name", legal="waiting", version=1, by=csm)
    assert (changed.version, changed.legal_since) == (2, today())
    with pytest.raises(Conflict):
        services.change_consent(advocate=who, consent="review", version=1, by=csm)
    assert services.change_consent(advocate=who, consent="name", version=2, by=csm).version == 2
    assert AuditEntry.objects.filter(table="advocacy_advocate", row_id=who.id, action="update").count() == 1


def test_an_ask_matches_a_request_and_a_refusal_opens_it_again(tenant_open: World) -> None:
    world, csm = tenant_open, tenant_open.members["csm"]
    who, row = enrolled(world, account(world)), request(world)
    made = services.ask(advocate=who, kind="reference", request=row, by=csm)
    row.refresh_from_db()
    assert row.state == "matched"
    assert "failure" in refused(services.answer_ask, ask=made, state="declined", version=1, by=csm).fields
    services.answer_ask(ask=made, state="declined", failure="legal", version=1, by=csm)
    row.refresh_from_db()
    assert row.state == "open"
    assert refused(services.answer_ask, ask=made, state="done", version=2, by=csm).fields.keys() == {"state"}
    services.end_request(request=row, state="unmet", version=row.version, by=csm)
    assert (
        "request"
        in refused(
            services.ask, advocate=enrolled(world, account(world, "A-2")), kind="reference", request=row, by=csm
        ).fields
    )


def test_adv_02_an_asset_goes_through_legal_before_it_is_shown(tenant_open: World) -> None:
    world, csm = tenant_open, tenant_open.members["csm"]
    row = services.add_asset(account=account(world), kind="case_study", title="Three units in a year", by=csm)
    assert refused(services.use_asset, asset=row, by=csm).fields.keys() == {"asset"}
    row = services.move_asset_legal(asset=row, legal="waiting", version=1, by=csm)
    row = services.move_asset_legal(asset=row, legal="approved", approved_until=today(), version=2, by=csm)
    use = services.use_asset(asset=row, prospect="Tidewater", by=csm)
    services.mark_use(use=use, won=True, by=csm)
    assert refused(services.move_asset_legal, asset=row, legal="draft", version=3, by=csm).fields.keys() == {"legal"}
    row = services.move_asset_legal(asset=row, legal="refused", version=3, by=csm)
    assert row.approved_until is None
    (found,) = selectors.assets(csm, today())
    assert (found.used, found.deals) == (1, 1)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": " "}, "title"),
        ({"kind": "poem"}, "kind"),
        ({"url": "javascript:1"}, "url"),
        ({"rating": Decimal("5.5"), "kind": "review"}, "rating"),
        ({"rating": Decimal("4.55"), "kind": "review"}, "rating"),
        ({"rating": Decimal("4.5")}, "rating"),
        ({"site": "g3", "kind": "review"}, "site"),
        ({"published_on": today() + dt.timedelta(days=2)}, "published_on"),
    ],
)
def test_bad_assets_are_refused(tenant_open: World, fields: dict[str, Any], field: str) -> None:
    usual: dict[str, Any] = {"account": account(tenant_open), "kind": "case_study", "title": "T"}
    assert list(refused(services.add_asset, by=None, **(usual | fields)).fields) == [field]
    assert not Asset.objects.exists()


def test_adv_04_a_referral_walks_its_way(tenant_open: World) -> None:
    world, csm = tenant_open, tenant_open.members["csm"]
    giver, fresh = account(world), account(world, "N-1", mrr_minor=90_000)
    paid(fresh, 400, 300, mrr_minor=50_000)
    paid(fresh, 300, None, mrr_minor=90_000)
    row = services.add_referral(account=giver, prospect="Tidewater", asked_on=ago(50), by=csm)
    row = services.move_referral(referral=row, state="introduced", on=ago(40), version=1, by=csm)
    assert (row.agreed_on, row.introduced_on) == (None, ago(40))
    assert "customer" in refused(services.move_referral, referral=row, state="won", version=2, by=csm).fields
    assert (
        "customer"
        in refused(services.move_referral, referral=row, state="won", customer=giver, version=2, by=csm).fields
    )
    assert (
        "on"
        in refused(
            services.move_referral, referral=row, state="won", customer=fresh, on=ago(60), version=2, by=csm
        ).fields
    )
    row = services.move_referral(referral=row, state="won", customer=fresh, version=2, by=csm)
    assert (row.ended_on, row.amount_minor, row.currency) == (today(), 600_000, "USD")
    other = services.add_referral(account=account(world, "A-2"), prospect="X", by=csm)
    assert (
        "customer"
        in refused(services.move_referral, referral=other, state="won", customer=fresh, version=1, by=csm).fields
    )
    other = services.move_referral(referral=other, state="lost", version=1, by=csm)
    other = services.move_referral(referral=other, state="asked", version=2, by=csm)
    assert (other.state, other.ended_on) == ("asked", None)


def test_gatherings_keep_guests_once(tenant_open: World) -> None:
    """ADV-03, ROL-01."""
    world, csm = tenant_open, tenant_open.members["csm"]
    who = person(account(world))
    row = services.make_gathering(name="Board", kind="board", held_on=today() + dt.timedelta(days=9), by=csm)
    guest = services.set_guest(gathering=row, contact=who, attendance="invited", by=csm)
    assert "attendance" in refused(services.set_guest, gathering=row, contact=who, attendance="came", by=csm).fields
    services.change_gathering(gathering=row, values={"held_on": ago(1)}, version=1, by=csm)
    again = services.set_guest(gathering=row, contact=who, attendance="spoke", by=csm)
    assert (again.id, again.attendance) == (guest.id, "spoke")
    elsewhere = person(account(world, "A-2", owner=world.members["admin"]))
    services.set_guest(gathering=row, contact=elsewhere, attendance="came", by=None)
    for member, counts in ((csm, (1, 1, 1)), (world.members["admin"], (2, 2, 1))):
        (found,) = selectors.gatherings(member)
        assert (found.invited, found.came, found.spoke) == counts, (
            "whom the reader sees, as the page of the guests lists"
        )
        assert len(selectors.guests(row, member)) == counts[0]


def test_the_rules_of_the_program_are_within_bounds(tenant_open: World) -> None:
    admin = tenant_open.members["admin"]
    assert "rest_days" in refused(services.set_program, values={"rest_days": -1}, version=0, by=admin).fields
    assert (
        "long_rest_days"
        in refused(services.set_program, values={"rest_days": 80, "long_rest_days": 70}, version=0, by=admin).fields
    )
    row = services.set_program(values={"months_before": 6}, version=0, by=admin)
    with pytest.raises(Conflict):
        services.set_program(values={"months_before": 9}, version=0, by=admin)
    assert services.set_program(values={"months_before": 9}, version=row.version, by=admin).months_before == 9


def test_a_member_does_nothing_with_accounts_that_they_do_not_see(tenant_open: World) -> None:
    """ROL-01: own accounts only."""
    world, csm = tenant_open, tenant_open.members["csm"]
    foreign = account(world, owner=world.members["leader"])
    qualified(foreign)
    who = person(foreign)
    assert "account" in refused(services.enrol, contact=who, consent="name", by=csm).fields
    assert "account" in refused(services.add_asset, account=foreign, kind="review", title="T", by=csm).fields
    assert "account" in refused(services.add_referral, account=foreign, prospect="T", by=csm).fields
    made = services.enrol(contact=who, consent="name", by=world.members["admin"])
    assert "account" in refused(services.ask, advocate=made, kind="review", by=csm).fields


# The list, matching, figures


def sight(world: World, role: str = "admin") -> standings.Sight:
    return standings.Sight(world.members[role], today())


def page(world: World, text: str = "", role: str = "admin") -> list[str]:
    query = CandidateQuery.parse(QueryDict(text))
    return [f"{row.name[9:]} {row.standing}" for row in selectors.read_page(query, sight(world, role)).rows]


def candidates(world: World) -> dict[str, Advocate]:
    """One of each standing."""
    people = {key: enrolled(world, account(world, key)) for key in ("ready", "resting")}
    people["waiting"] = enrolled(world, account(world, "waiting"), legal="waiting")
    qualified(account(world, "open"))
    qualified(account(world, "blocked"), champion=None)
    qualified(account(world, "far"), champion=None, proven=False)
    asked(world, people["resting"], 10)
    return people


def test_candidates_stand_in_the_order_of_what_can_be_done(tenant_open: World) -> None:
    world = tenant_open
    people = candidates(world)
    assert page(world) == [f"{key} {key}" for key in ("ready", "resting", "waiting", "open", "blocked")]
    assert page(world, "view=qualified") == [f"{key} {key}" for key in ("ready", "resting", "waiting", "open")]
    assert page(world, "view=ready") == ["ready ready"]
    assert page(world, "missing=champion") == ["blocked blocked"]
    assert page(world, "q=REST") == ["resting resting"]
    assert page(world, "q=%25") == []
    assert page(world, "consent=name_logo&view=waiting") == ["waiting waiting"]
    found = selectors.counts(sight(world))
    assert {key: found[key] for key in ("all", "qualified", "ready", "resting", "waiting", "open", "blocked")} == {
        "all": 5, "qualified": 4, "ready": 1, "resting": 1, "waiting": 1, "open": 1, "blocked": 1,
    }  # fmt: skip
    gate = guards.may_ask(people.values())
    assert [key for key, who in people.items() if gate[who.id] is None] == ["ready"], "list and gate agree"


def test_pages_go_by_key_and_show_each_candidate_once(tenant_open: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world = tenant_open
    monkeypatch.setattr(selectors, "PAGE_SIZE", 2)
    candidates(world)
    enrolled(world, account(world, "twin"))
    seen: list[str] = []
    text, back = "", ""
    for _page in range(4):
        found = selectors.read_page(CandidateQuery.parse(QueryDict(text)), sight(world))
        seen += [row.name for row in found.rows]
        back = found.previous or back
        if not found.following:
            break
        text = found.following
    assert len(seen) == len(set(seen)) == 6
    before = selectors.read_page(CandidateQuery.parse(QueryDict(back)), sight(world))
    assert [row.name for row in before.rows] == seen[2:4]


@pytest.mark.parametrize(
    "text", ["after=x", "after=1~x", "view=all", "segment=x", "after=99999999999999999999~1", "missing=x"]
)
def test_addresses_that_somebody_made_up_are_read_as_nothing(text: str) -> None:
    assert CandidateQuery.parse(QueryDict(text)) == CandidateQuery()


def test_a_csm_sees_candidates_of_the_own_book(tenant_open: World) -> None:
    world = tenant_open
    enrolled(world, account(world, "mine"))
    other = account(world, "other", owner=world.members["leader"])
    services.enrol(contact=person(other), consent="name", by=None)
    qualified(other)
    assert page(world, role="csm") == ["mine ready"]
    assert len(page(world)) == 2


def test_rows_of_another_tenant_are_not_there(worlds: tuple[World, World]) -> None:
    world, rival = worlds
    with rival.open():
        candidates(rival)
        services.add_referral(account=Account.objects.first(), prospect="X", by=None)
    with world.open():
        assert page(world) == []
        assert program.figures(program.Span.year_to(today()), sight(world)).funnel[0].count == 0


def test_adv_03_matches_are_ranked_and_the_blocked_stand_below(tenant_open: World) -> None:
    world = tenant_open
    cloud = Product.objects.create(external_id="cloud", name="Cloud")
    best, small, rests = (enrolled(world, account(world, key)) for key in ("best", "small", "rests"))
    for who, seats in ((best, 1200), (small, 100), (rests, 1000)):
        paid(who.account, 100, None, product=cloud, seats=seats)
    asked(world, rests, 5)
    zoo = enrolled(world, account(world, "zoo", industry="Zoo"))
    row = request(world, industry="logistics", users=1000, product=cloud)
    found = matching.matches(row, sight(world))
    assert [(one.advocate.id, one.fit.total, one.refusal.code if one.refusal else "") for one in found] == [
        (best.id, 97, ""), (small.id, 82, ""), (zoo.id, 20, ""), (rests.id, 81, "resting"),
    ]  # fmt: skip
    services.ask(advocate=best, kind="reference", request=row, by=world.members["csm"])
    again = {one.advocate.id: one for one in matching.matches(row, sight(world))}
    assert again[best.id].asked
    assert again[best.id].refusal is not None


def test_adv_04_figures_add_up(tenant_open: World) -> None:
    """Funnel with money of two currencies, references, reviews, failures, cost of referred against other customers."""
    world, csm = tenant_open, tenant_open.members["csm"]
    FxRate.objects.create(month=today().replace(day=1), base="EUR", quote="USD", rate="1.2", source="member")
    giver = account(world)
    answered(giver, "nps", 9, 10)
    answered(giver, "nps", 4, 12)
    who = enrolled(world, giver)
    for number in range(4):
        services.add_referral(
            account=giver, prospect=f"P{number}", asked_on=ago(80), by=None, amount_minor=100_000, currency="EUR"
        )
    rows = list(Referral.objects.order_by("prospect"))
    services.move_referral(referral=rows[1], state="introduced", on=ago(60), version=None, by=None)
    services.move_referral(referral=rows[2], state="opportunity", on=ago(60), version=None, by=None)
    services.move_referral(referral=rows[2], state="lost", on=ago(50), version=None, by=None)
    fresh = account(world, "N-1", customer_since=ago(40), source="referral", cac_minor=310_000)
    paid(fresh, 40, None, mrr_minor=100_000)
    services.move_referral(referral=rows[3], state="won", on=ago(40), customer=fresh, version=None, by=None)
    usual = account(world, "N-2", customer_since=ago(30), source="inbound", cac_minor=790_000)
    paid(usual, 30, None, mrr_minor=100_000)
    old = asked(world, who, 300)
    wanted = request(world)
    services.answer_ask(ask=old, state="done", answered_on=ago(290), version=1, by=csm)
    services.answer_ask(
        ask=asked(world, who, 200, request=wanted),
        state="declined",
        failure="legal",
        answered_on=ago(199),
        version=1,
        by=csm,
    )
    for stars, day in ((Decimal("4.5"), 10), (Decimal("5"), 500), (None, 20)):
        services.add_asset(account=giver, kind="review", title="R", rating=stars, published_on=ago(day), by=None)
    found = program.figures(program.Span.year_to(today()), sight(world))
    assert [step.count for step in found.funnel] == [4, 3, 3, 2, 1]
    assert [step.worth for step in found.funnel] == [480_000, 360_000, 360_000, 240_000, 120_000]
    assert found.funnel[1].share == Decimal("0.75")
    given = found.given
    assert (given.promoters, given.answers) == (1, 2)
    assert (given.asks, given.references, given.failures, given.failed) == (2, 1, {"legal": 1}, 1)
    assert (given.assets, given.reviews, given.new_reviews, given.stars) == (3, 3, 2, Decimal("4.75"))
    assert (found.referred.n, found.referred.arr, found.other.n, found.other.arr) == (1, 1_200_000, 1, 1_200_000)
    assert found.share == Decimal("0.5")
    # 3,100.00 for 12,000.00 of ARR.
    assert round(found.referred.per_arr or 0, 4) == Decimal("0.2583")
    assert round(found.cheaper or 0, 3) == Decimal("-0.608")
    assert found.best == program.Best(giver.name, 2, 120_000)
    assert (found.advocates.n, found.others.n) == (1, 2)
    assert Qualification.objects.count() == 1


def test_adv_08_what_customers_have_done_for_us_counts_once_for_an_account(worlds: tuple[World, World]) -> None:
    """A reference or case study, a review of four stars, an introduction, marketing, a talk, an opportunity; in the span, and
    not what is planned, poor or of others."""
    world, _rival = worlds
    for each in worlds:
        with each.open():
            giver, other = account(each), account(each, "A-2", owner=each.members["leader"])
            who = enrolled(each, giver)
            for kind, days in (("reference", 200), ("marketing", 100), ("reference", 80)):
                made = asked(each, who, days, kind=kind)
                services.answer_ask(ask=made, state="done", answered_on=ago(days - 5), version=1, by=None)
            asked(each, who, 20, kind="speaking")
            for stars, row in ((Decimal("4"), giver), (Decimal("3.5"), other)):
                services.add_asset(account=row, kind="review", title="R", rating=stars, published_on=ago(9), by=None)
            services.add_asset(account=giver, kind="case_study", title="T", published_on=ago(500), by=None)
            services.add_asset(account=other, kind="case_study", title="T", by=None)
            for row, state in ((giver, "introduced"), (other, "opportunity"), (other, "asked")):
                lead = services.add_referral(account=row, prospect="X", asked_on=ago(40), by=None)
                services.move_referral(referral=lead, state=state, on=ago(30), version=None, by=None)
    with world.open():
        span = program.Span.year_to(today())
        expected = {"reference": 1, "review": 1, "introduction": 2, "marketing": 1, "speaking": 0, "pipeline": 1}
        assert program.figures(span, sight(world)).successes == expected
        assert program.figures(span, sight(world, "csm")).successes == expected | {"introduction": 1, "pipeline": 0}
        own = program.successes_of([Account.objects.get(external_id="A-2").id], span)
        assert own == dict.fromkeys(expected, 0) | {"introduction": 1, "pipeline": 1}


def test_a_deal_is_won_once_however_often_something_was_shown(tenant_open: World) -> None:
    world, csm = tenant_open, tenant_open.members["csm"]
    row = services.add_asset(account=account(world), kind="case_study", title="T", legal="approved", by=csm)
    first, second, third = (services.use_asset(asset=row, prospect=name, by=csm) for name in ("One", "One", "Two"))
    for use, won in ((first, True), (second, True), (third, False)):
        services.mark_use(use=use, won=won, by=csm)
    assert program.figures(program.Span.year_to(today()), sight(world)).given.deals == 1


def test_figures_are_of_what_the_reader_sees(tenant_open: World) -> None:
    world = tenant_open
    mine, other = account(world, "mine"), account(world, "other", owner=world.members["leader"])
    for row in (mine, other):
        services.add_referral(account=row, prospect="X", by=None)
    span = program.Span.year_to(today())
    assert program.figures(span, sight(world, "csm")).funnel[0].count == 1
    assert program.figures(span, sight(world)).funnel[0].count == 2


def test_an_asset_of_another_account_is_not_asked_for(tenant_open: World) -> None:
    world, csm = tenant_open, tenant_open.members["csm"]
    who = enrolled(world, account(world))
    other = services.add_asset(account=account(world, "A-2"), kind="case_study", title="T", by=csm)
    assert "asset" in refused(services.ask, advocate=who, kind="case_study", asset=other, by=csm).fields
