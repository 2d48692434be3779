"""A customer reads their plan and confirms the go-live without an account, on a phone, in both themes; and the page on which
their CSM makes the link (JRN-07, VAL-02)."""

import datetime as dt

import pytest

from accounts.models import Account, Contact
from cs_platform.kernel import queue
from health.models import Outcome
from journey.models import CriterionCheck, CustomerLink, Milestone, StagePeriod
from journey.plans import links, services
from journey.plans.templates import find
from journey.stages.services import open_track
from tests.conftest import World, make_world
from tests.e2e.looks import look, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db, monkeypatch, live_server, settings) -> World:
    """A customer 50 days into an enterprise onboarding: some milestones done, one late, one held up."""
    monkeypatch.setattr(queue, "wake_workers", [])
    settings.BASE_URL = live_server.url
    world = make_world("acme", "Acme Cloud")
    today, csm = world.tenant.today(), world.members["csm"]
    with world.open():
        account = Account.objects.create(
            external_id="A-1", name="Halcyon Freight", owner=csm, status="live", mrr_minor=3_433_000
        )
        person = Contact.objects.create(account=account, external_id="C-1", name="Ruth Okafor", language="en")
        open_track(account=account, kind="core", name="Core", on=today - dt.timedelta(days=50), by=csm)
        plan = services.make_plan(
            account=account, template=find("enterprise"), starts_on=today - dt.timedelta(days=50), by=csm,
            target_on=today + dt.timedelta(days=70), name="Halcyon goes live", owner=csm, customer_owner=person,
            goal="Dispatch from one board at all four depots",
        )  # fmt: skip
        rows = list(Milestone.objects.select_related("plan").filter(plan=plan))
        for row in rows[:5]:
            services.finish_milestone(
                milestone=row, version=None, by=csm, on=min(row.due_on + dt.timedelta(days=2), today)
            )
        services.block_milestone(milestone=rows[6], blocker="technical", note="Waits for IT", version=None, by=csm)
        for n, (name, value) in enumerate((("Dispatch time", 6), ("Invoices in one day", 1))):
            Outcome.objects.create(
                account=account, external_id=f"O-{n}", name=name, unit="h" if n == 0 else "d", baseline=9, target=value,
                agreed_on=today - dt.timedelta(days=40), due_on=today + dt.timedelta(days=60), owner=csm,
                data_source="Dispatch log", customer_owner=person, known_on=today, source="api",
            )  # fmt: skip
        Outcome.objects.create(
            account=account, external_id="O-9", name="Claims answered in a day", unit="h", baseline=48, target=24,
            agreed_on=today - dt.timedelta(days=40), due_on=today, data_source="Claims desk", owner=csm, known_on=today,
            confirmed_on=today, confirmed_by=person, value_minor=13_200_000, source="api",
            story="Two people of the claims desk work on prevention now.",
        )  # fmt: skip
    return world


def test_a_customer_reads_the_plan_and_confirms_the_go_live(page, problems, world: World) -> None:
    """Without signing in; the page speaks another language on a press; a second visit says when it was confirmed."""
    with world.open():
        account = Account.objects.get()
        made = {"by": world.members["csm"], "contact": account.contacts.get()}
        plan = links.make_link(purpose="plan", plan=account.plans.get(), **made).url
        go_live = links.make_link(purpose="go_live", period=StagePeriod.objects.get(), **made).url
    page.goto(plan)
    assert page.get_by_role("heading", name="Halcyon goes live").is_visible()
    assert "Waits for IT" not in page.content()
    look(page, "customer-plan")
    page.locator("button[name=language][value=ms]").click()
    page.wait_for_load_state()
    assert page.locator("html").get_attribute("lang") == "ms"
    page.locator("button[name=language][value=en]").click()
    page.goto(go_live)
    look(page, "customer-go-live")
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_label("Your name").fill("Ruth Okafor")
    page.locator("input[name=agreed]").check()
    page.get_by_role("button", name="Confirm the go-live").click()
    page.get_by_text("Confirmed by Ruth Okafor on").wait_for()
    look(page, "customer-thanks")
    page.goto(go_live)
    assert page.get_by_text("Confirmed by Ruth Okafor on").is_visible()
    with world.open():
        assert CriterionCheck.objects.get(criterion="go_live").signed_as == "Ruth Okafor"
        assert CustomerLink.objects.get(purpose="go_live").answered_at


def test_what_is_not_valid_is_said_well(page, world: World, live_server) -> None:
    answer = page.goto(f"{live_server.url}/c/acme/{'A' * 43}/")
    assert answer.status == 404
    assert page.get_by_role("heading", name="This link is not valid").is_visible()
    look(page, "customer-gone")


def test_a_csm_works_on_the_plan_and_shares_it(page, problems, live_server, world: World) -> None:
    """Done by a press, a link that is shown once and opens in another browser, a milestone in the drawer, the return."""
    sign_in(page, live_server, world, "csm")
    with world.open():
        account = Account.objects.get()
    url = f"{live_server.url}{world.url(f'accounts/{account.id}/plan/')}"
    page.goto(url)
    look(page, "plan")
    page.get_by_role("button", name="Configuration and customization done is done").click()
    page.get_by_text("Configuration and customization done is done.").wait_for()
    page.get_by_role("link", name="Share Halcyon goes live").click()
    page.locator("#drawer-body input[name=days]").fill("14")
    page.get_by_role("button", name="Make the link").click()
    shown = page.locator("#made-link")
    shown.wait_for()
    look(page, "plan-share")
    visitor = page.context.browser.new_page()
    assert visitor.goto(shown.inner_text()).status == 200
    visitor.close()
    page.goto(url)
    page.get_by_text("Opened once, on").first.wait_for()
    page.get_by_role("link", name="Data migrated and checked", exact=True).click()
    page.locator("#drawer-body input[name=due_on]").wait_for()
    look(page, "plan-milestone")
    page.goto(f"{live_server.url}{world.url(f'accounts/{account.id}/value/')}")
    look(page, "value")


def test_a_template_is_written(page, problems, live_server, world: World) -> None:
    sign_in(page, live_server, world, "ops")
    page.goto(f"{live_server.url}{world.url('settings/plan-templates/')}")
    look(page, "plan-templates")
    page.goto(f"{live_server.url}{world.url('settings/plan-templates/new/?from=smb')}")
    page.get_by_label("Name", exact=True).fill("Ours")
    look(page, "plan-template")
    page.get_by_role("button", name="Save template").click()
    page.get_by_role("link", name="Ours", exact=True).wait_for()
