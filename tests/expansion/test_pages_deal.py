"""The page of a deal and its forms: checks with evidence, people, handoff, losing; winning with what will be written (EXP-01 to EXP-08)."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Contact, Plan, Product, Subscription
from expansion import closing, services
from expansion.closing import Terms
from expansion.models import Opportunity, OpportunityPerson
from journey.models import Handoff
from metrics.proof.lineage_cells import DECISIONS
from tests.books import Book
from tests.conftest import World
from tests.expansion.deals import DAY, customer, deal

pytestmark = pytest.mark.django_db
DIALOG = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "deal-win"}


@pytest.fixture
def row(world: World) -> Opportunity:
    """50 seats more at 6,000.00 a year, on a contract of 100 seats at 12,000.00; the right is earned."""
    start = world.tenant.today() - 100 * DAY
    with world.open():
        account = customer("Corvid Logistics", owner=world.members["csm"])
    Book(world).period(
        "corvid-logistics", str(start), str(start + 365 * DAY), "12000", key="S-corvid-logistics", interval_months="12", seats="100"
    )  # fmt: skip
    with world.open():
        period = Subscription.objects.get(external_id="S-corvid-logistics")
        return deal(
            account, by=world.members["csm"], name="Seats for Lyon", seats=50, amount_minor=600_000, subscription=period,
            case="41 people wait for a login.",
        )  # fmt: skip


def url(world: World, row: Opportunity, path: str = "") -> str:
    return world.url(f"expansion/deals/{row.id}/{path}")


def fresh(world: World, row: Opportunity) -> Opportunity:
    with world.open():
        return Opportunity.objects.get(id=row.id)


def page(world: World, row: Opportunity, role: str = "csm") -> str:
    answer = world.client(role).get(url(world, row))
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_says_where_it_stands_and_what_it_rests_on(world: World, row: Opportunity):
    """EXP-01, EXP-05, EXP-06: money, chance, five checks with what each was judged by, case, contract, way, history."""
    text = page(world, row)
    for said in (
        "Seats for Lyon", "$6,000.00 a year", "15%, $900 weighted", "Customer since", "Score 88", "None is open",
        "Planning twice as fast", "First report in a day", "41 people wait for a login.", "S-corvid-logistics · 100 seats",
        "The CSM works it.", "Business case", "Csm Person",
    ):  # fmt: skip
        assert said in text, said
    assert ">Earned<" in text
    assert url(world, row, "win/") in text
    looking = page(world, row, "executive")
    for path in ("win/", "lose/", "edit/", "sales/", "people/"):
        assert url(world, row, path) not in looking, path


def test_a_new_deal_once_from_the_address_and_by_choosing(world: World, row: Opportunity):
    """EXP-05: what the address says stands in the form; sent twice it is one deal; without an account it is asked for."""
    client = world.client("csm")
    with world.open():
        product = Product.objects.create(external_id="fc", name="Forecasting")
        account = Opportunity.objects.get(id=row.id).account
    new = world.url("expansion/deals/new/")
    form = client.get(
        new, {"account": account.id, "product": product.id, "amount": "36000", "kind": "product", "name": "Trial"}
    )
    text = form.content.decode()
    assert 'value="36000"' in text
    assert 'value="Trial"' in text
    assert f'value="{product.id}" selected' in text
    values = {
        "token": "once", "name": "Trial", "amount": "36000", "currency": "usd", "kind": "product", "trigger": "person",
        "product": str(product.id), "identified_on": str(world.tenant.today()),
    }  # fmt: skip
    for _twice in range(2):
        assert client.post(f"{new}?account={account.id}", values).status_code == 302
    with world.open():
        found = Opportunity.objects.get(name="Trial")
        assert (found.amount_minor, found.currency, found.motion) == (3_600_000, "USD", "cross_sell")
    rupiah = client.get(new, {"account": account.id, "amount": "36000000000"}).content.decode()
    assert 'value="36000000000"' in rupiah
    assert "Corvid Logistics" in client.get(new).content.decode()
    chosen = client.post(new, {"account": str(account.id)}).content.decode()
    assert "New deal of Corvid Logistics" in chosen
    odd = client.get(
        new, {"account": account.id, "amount": "-1", "seats": "²", "kind": "x", "product": "y", "trigger": "z"}
    )
    assert odd.status_code == 200
    wrong = client.post(
        f"{new}?account={account.id}", values | {"token": "two", "currency": "US1", "close_on": "1989-01-01"}
    )
    assert wrong.status_code == 422
    with world.open():
        assert Opportunity.objects.count() == 2


def test_edits_stand_at_their_field_and_show_both_versions(world: World, row: Opportunity):
    """EXP-05: a refusal at its field (422); somebody else's change beside one's own (409); the history tells it."""
    client = world.client("csm")
    text = client.get(url(world, row, "edit/")).content.decode()
    assert 'value="6000.00"' in text
    values = {
        "name": "Seats for Lyon", "amount": "6500", "currency": "USD", "kind": "seats", "motion": "upsell", "trigger": "person",
        "seats": "50", "identified_on": str(row.identified_on), "subscription": str(row.subscription_id),
        "next_step": "Send the quote", "version": row.version,
    }  # fmt: skip
    bad = client.post(url(world, row, "edit/"), values | {"chance": "101"})
    assert bad.status_code == 422
    assert client.post(url(world, row, "edit/"), values).status_code == 302
    stale = client.post(url(world, row, "edit/"), values | {"next_step": "Wait"})
    assert stale.status_code == 409
    assert "Send the quote" in stale.content.decode()
    assert fresh(world, row).amount_minor == 650_000
    assert "Send the quote" in page(world, row)


def test_an_override_asks_for_words_and_is_shown(world: World):
    """EXP-01: the reason, and who gave it; in the first stage it can be taken back."""
    with world.open():
        row = deal(customer("Volta", owner=world.members["csm"], earned=False))
    client = world.client("csm")
    assert ">Held<" in page(world, row)
    assert (
        client.post(url(world, row, "override/"), {"override": "Asked thrice", "version": row.version}).status_code
        == 302
    )
    assert "Asked thrice, Csm Person" in page(world, row)
    stale = client.post(url(world, row, "override/"), {"override": "x", "version": row.version})
    assert stale.status_code == 409
    assert "Asked thrice" in stale.content.decode()
    now = fresh(world, row)
    assert client.post(url(world, row, "override/"), {"override": "", "version": now.version}).status_code == 302
    assert fresh(world, row).override == ""


def test_people_with_a_part(world: World, rival: World, row: Opportunity):
    """EXP-04: named once, changed, taken off; somebody of another account is nobody here."""
    client = world.client("csm")
    with world.open():
        ruth = Contact.objects.create(account_id=row.account_id, external_id="C-9", name="Ruth Okafor", title="CFO")
        other = Contact.objects.create(account=customer("Other"), external_id="C-8", name="Stranger")
    with rival.open():
        theirs = Contact.objects.create(account=customer("Theirs"), external_id="C-8", name="Rival")
    people = url(world, row, "people/")
    for who in (other, theirs):
        assert client.post(people, {"contact": str(who.id), "version": row.version}).status_code == 422
        assert client.get(f"{people}{who.id}/").status_code == 404
    assert client.post(people, {"contact": str(ruth.id), "part": "signs", "version": row.version}).status_code == 302
    assert "Ruth Okafor" in page(world, row)
    assert client.get(people).status_code == 302, "nobody is left to name"
    now = fresh(world, row)
    assert client.post(f"{people}{ruth.id}/", {"part": "pays", "version": now.version}).status_code == 302
    stale = client.post(f"{people}{ruth.id}/", {"part": "reads", "version": now.version})
    assert stale.status_code == 409
    assert "pays" in stale.content.decode()
    assert client.post(f"{people}{ruth.id}/remove/").status_code == 302
    with world.open():
        assert OpportunityPerson.objects.count() == 0


def test_handing_to_sales_shows_its_state_and_clock(world: World, row: Opportunity):
    """EXP-06: a handoff with a day for the answer; a second one waits for the first."""
    client, admin = world.client("csm"), world.members["admin"]
    today = world.tenant.today()
    values = {
        "taker": str(admin.id), "reason": "Too large for one", "note": "", "due_on": str(today + 2 * DAY),
        "version": row.version,
    }  # fmt: skip
    offered = client.get(url(world, row, "sales/")).content.decode().split("<select")[1].split("</select>")[0]
    assert "Administrator" in offered
    assert "Leader Person" not in offered, "who does not see the account cannot take it"
    assert client.post(url(world, row, "sales/"), values | {"taker": ""}).status_code == 422
    assert client.post(url(world, row, "sales/"), values).status_code == 302
    text = page(world, row)
    assert "Csm Person to Administrator" in text
    assert "waits for 0 days of 2" in text
    again = client.post(url(world, row, "sales/"), values | {"version": fresh(world, row).version})
    assert again.status_code == 409
    with world.open():
        assert Handoff.objects.count() == 1


def test_losing_asks_for_a_reason_and_it_is_taken_up_again(world: World, row: Opportunity):
    """EXP-08: one of seven reasons; lost twice shows both; a lost deal goes to an open stage by the form."""
    client, today = world.client("csm"), world.tenant.today()
    values = {"loss": "budget", "closed_on": str(today), "note": "Next year", "version": row.version}
    for wrong in ({"loss": ""}, {"loss": "bad luck"}, {"closed_on": str(today + DAY)}, {"closed_on": ""}):
        assert client.post(url(world, row, "lose/"), values | wrong).status_code == 422, wrong
    assert client.post(url(world, row, "lose/"), values).status_code == 302
    assert "Budget or timing." in page(world, row)
    stale = client.post(url(world, row, "lose/"), values | {"note": "Never"})
    assert stale.status_code == 409
    assert "Next year" in stale.content.decode()
    now = fresh(world, row)
    moved = client.post(url(world, row, "move/"), {"stage": "qualified", "version": now.version, "override": ""})
    assert moved.status_code == 302
    assert fresh(world, row).stage == "qualified"


def win_values(world: World, row: Opportunity, **more: Any) -> dict[str, Any]:
    return {"version": row.version, "start_on": str(world.tenant.today()), "amount": "6000", "seats": "50"} | more


def test_the_dialog_says_to_the_cent_what_the_ledger_then_holds(world: World, row: Opportunity):
    """EXP-05: 12,000.00 and 6,000.00 a year: MRR 1,000.00 ends and 1,500.00 begins; nothing is written by looking; undone it is gone."""
    client, today = world.client("csm"), world.tenant.today()
    shown = client.get(url(world, row, "win/"), **DIALOG)
    text = shown.content.decode()
    assert text.startswith("<form")
    for said in (
        "Ends, S-corvid-logistics, 100 seats",
        "Begins, S-corvid-logistics, 150 seats",
        "$1,000.00",
        "$1,500.00",
        "Expansion of $500.00 MRR",
    ):
        assert said in text, said
    other = client.post(url(world, row, "win/preview/"), win_values(world, row, amount="1200")).content.decode()
    assert "Expansion of $100.00 MRR" in other
    problem = client.post(url(world, row, "win/preview/"), win_values(world, row, seats="")).content.decode()
    assert "Say how many seats are added." in problem
    with world.open():
        assert Subscription.objects.count() == 1
        expected = closing.preview(fresh(world, row), Terms(today, 600_000, 50)).reporting_change
    assert client.post(url(world, row, "win/"), win_values(world, row, win="value")).status_code == 302
    won = fresh(world, row)
    assert (won.stage, won.won_mrr) == ("won", expected)
    with world.open():
        assert sorted(Subscription.objects.filter(voided=False).values_list("seats", "mrr_minor")) == [
            (100, 100_000),
            (150, 150_000),
        ]
    said = page(world, row)
    assert "It wrote +$500.00 MRR into S-corvid-logistics." in said
    assert "Which figures did this move?" not in said, "a CSM does not see the board"
    told = world.client("executive").get(url(world, row)).content.decode()
    back = reverse("figures_of_period", args=[world.tenant.slug, row.account_id, won.written_id])
    assert f'<a class="lnk" href="{back}">Which figures did this move?</a>' in told
    assert world.client("executive").get(back).status_code == 200
    assert url(world, row, "edit/") not in said
    assert client.post(url(world, row, "undo/"), {"version": won.version}).status_code == 302
    assert fresh(world, row).stage == "identified"
    with world.open():
        assert [s.mrr_minor for s in Subscription.objects.filter(voided=False)] == [100_000]
    twice = client.post(url(world, row, "undo/"), follow=True)
    assert "This deal is not won." in twice.content.decode()


def test_winning_is_refused_at_its_field_and_shows_who_was_first(world: World, row: Opportunity):
    """EXP-05: a day outside the contract; a deal that somebody else moved; who may not close deals has no way there."""
    client = world.client("csm")
    bad = client.post(url(world, row, "win/"), win_values(world, row, start_on="2001-01-01"), **DIALOG)
    assert bad.status_code == 422
    assert "The day lies within the contract." in bad.content.decode()
    with world.open():
        services.move_deal(deal=row, stage="commit", version=None, by=world.members["leader"])
    stale = client.post(url(world, row, "win/"), win_values(world, row), **DIALOG)
    assert stale.status_code == 409
    text = stale.content.decode()
    assert text.startswith("<form")
    assert "It stands at “Commit” now." in text
    assert fresh(world, row).stage == "commit"
    assert world.client("executive").get(url(world, row, "win/")).status_code == 403


def test_winning_what_is_held_asks_why(world: World):
    """EXP-01: a new product of a customer that did not earn it: the dialog asks for the reason, and it is kept."""
    with world.open():
        product = Product.objects.create(external_id="fc", name="Forecasting")
        Plan.objects.create(name="Gold", product=product)
        row = deal(customer("Volta", owner=world.members["csm"], earned=False), kind="product", product=product)
    client = world.client("csm")
    text = client.get(url(world, row, "win/"), **DIALOG).content.decode()
    assert 'name="override"' in text
    assert 'name="term_months"' in text
    values = win_values(world, row, amount="36000", seats="", product=str(product.id), term_months="24")
    held = client.post(url(world, row, "win/"), values, **DIALOG)
    assert held.status_code == 422
    assert "The right to an offer is not earned" in held.content.decode()
    assert client.post(url(world, row, "win/"), values | {"override": "The board asked"}).status_code == 302
    won = fresh(world, row)
    assert (won.stage, won.override) == ("won", "The board asked")
    with world.open():
        period = Subscription.objects.get(id=won.written_id)
        assert (period.mrr_minor, period.product_id) == (300_000, product.id)


def test_the_contract_leads_back_to_the_deal(world: World, row: Opportunity):
    """EXP-05: what winning wrote names the deal as its source, and the lineage of a figure leads to its page."""
    with world.open():
        closing.win(deal=row, terms=None, version=None, by=world.members["csm"])
        change = Subscription.objects.get(seats=150).changes.latest("recorded_at")
    assert (change.source, change.source_ref) == ("deal", row.id)
    answer = world.client("csm").get(reverse(DECISIONS[change.source][1], args=[world.tenant.slug, change.source_ref]))
    assert answer.status_code == 200


def test_the_page_asks_as_often_whatever_stands_there(world: World, row: Opportunity):
    """PERF: people, moves and edits add no statement each."""
    client = world.client("csm")
    page(world, row)

    def count() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(url(world, row)).status_code == 200
        return len(found)

    few = count()
    with world.open():
        now = Opportunity.objects.get(id=row.id)
        for n in range(6):
            one = Contact.objects.create(account_id=row.account_id, external_id=f"P-{n}", name=f"Person {n}")
            services.set_person(deal=now, contact=one, version=None, by=None)
        for stage in ("qualified", "proposal", "qualified", "commit"):
            services.move_deal(deal=now, stage=stage, version=None, by=world.members["leader"])
    assert count() <= few + 1, "the first person asks for people at all"
    assert few <= 34
