"""Log activity by keyboard, and the pages of engagement, support, outcomes and surveys in a real browser."""

import datetime as dt
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from health.models import Outcome, OutcomeMeasurement, Survey, Ticket, TicketChange, Touchpoint
from tests.accounts.book import make_account, make_contact
from tests.conftest import World, make_world
from tests.e2e.looks import EVERY_LOOK, NARROW, clean, look, sign_in

pytestmark = pytest.mark.django_db(transaction=True)
DAY = dt.timedelta(days=1)


@pytest.fixture
def company(transactional_db) -> World:
    """One customer with a year of everything."""
    world = make_world("acme", "Acme Cloud")
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    with world.open():
        account = make_account("Halcyon Freight", world.members["csm"], signed_on=now.date() - 90 * DAY)
        ruth = make_contact(account, "Ruth Okafor", role="champion")
        base = {"account": account, "source": "import", "known_on": now.date()}
        for n in range(60):
            at = now - (6 * n + 1) * DAY
            Touchpoint.objects.create(
                external_id=f"M{n}", kind=("call", "email", "qbr", "training")[n % 4], happened_at=at, contact=ruth,
                status="replied" if n % 4 == 1 else "no_show" if n % 9 == 2 else "attended", minutes=30,
                replied_at=at + dt.timedelta(hours=n) if n % 4 == 1 else None, subject=f"Subject {n}",
                sentiment=("positive", "neutral", "negative", "")[n % 4], note="We spoke of routes.", **base,
            )  # fmt: skip
        for n, ahead in enumerate((-2, 5)):
            Touchpoint.objects.create(
                external_id=f"P{n}", kind="qbr", status="planned", happened_at=now + ahead * DAY,
                subject="Quarterly review", contact=ruth, **base,
            )  # fmt: skip
        for n in range(40):
            at = now - (9 * n + 1) * DAY
            done = at + dt.timedelta(hours=3 * n + 1)
            over = n > 2 and done < now
            ticket = Ticket.objects.create(
                external_id=f"T-{n}", subject=f"Export stuck at {n}%", opened_at=at, state="Resolved" if over else "Open",
                level=("urgent", "high", "normal", "low")[n % 4], first_response_at=at + dt.timedelta(hours=1),
                first_response_minutes=60, resolved_at=done if over else None, reopen_count=n % 7 == 0,
                resolution_minutes=(3 * n + 1) * 60 if over else None, escalated_at=at if n % 8 == 0 else None, **base,
            )  # fmt: skip
            for state in ("New", "Open"):
                TicketChange.objects.create(
                    ticket=ticket, event_at=at + (state == "Open") * dt.timedelta(hours=1), state=state,
                    digest=state, known_on=at.date(), source="import",
                )  # fmt: skip
        for n in range(90):
            kind = ("nps", "csat", "ces")[n % 3]
            Survey.objects.create(
                external_id=f"S{n}", kind=kind, score={"nps": n % 11, "csat": 1 + n % 5, "ces": 1 + n % 7}[kind],
                scale={"nps": 10, "csat": 5, "ces": 7}[kind], context=("ticket", "qbr", "onboarding")[n % 3 - 1],
                answered_at=now - (4 * n + 1) * DAY, comment="Export is slow." * (n % 4 == 0), contact=ruth, **base,
            )  # fmt: skip
        for n, (value, due, confirmed) in enumerate(((7, 60, None), (6, -10, None), (5.8, 20, -3), (8.9, 90, None))):
            row = Outcome.objects.create(
                external_id=f"O{n}", name=f"Dispatch time under {n + 3} h", unit="h", baseline=Decimal("9.1"),
                target=Decimal(n + 3), agreed_on=now.date() - 80 * DAY, due_on=now.date() + due * DAY,
                data_source="Fleet report", metric="efficiency", owner=world.members["csm"], customer_owner=ruth,
                first_value=n == 2, confirmed_on=now.date() + confirmed * DAY if confirmed else None,
                confirmed_by=ruth if confirmed else None, value_minor=1_800_000 if confirmed else None,
                story="Trucks leave an hour earlier." if confirmed else "", **base,
            )  # fmt: skip
            for day in (20, 5):
                OutcomeMeasurement.objects.create(
                    outcome=row, measured_on=now.date() - day * DAY, value=Decimal(str(value)), known_on=now.date()
                )
    world.account = account
    return world


def test_an_activity_is_logged_by_keyboard(page, live_server, company, problems):
    """ACC-06: L, arrow keys for the kind, Enter: the toast says it and the list shows it, without a reload."""
    sign_in(page, live_server, company, "csm")
    page.goto(f"{live_server.url}{company.url(f'accounts/{company.account.id}/timeline/')}")
    before = page.locator(".fchip .c").first.inner_text()
    page.evaluate("window.stays = true")
    page.keyboard.press("l")
    page.wait_for_selector("dialog.drawer[open] form")
    clean(page, "log activity")
    assert page.evaluate("document.activeElement.name") == "kind"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.get_by_label("Subject").fill("Spoke about routes")
    page.keyboard.press("Enter")
    page.wait_for_selector(".toast")
    expect(page.locator(".tl .t", has_text="Spoke about routes")).to_have_count(1)
    assert page.locator("dialog.drawer[open]").count() == 0
    assert page.locator(".fchip .c").first.inner_text() != before
    assert page.evaluate("window.stays") is True
    with company.open():
        assert Touchpoint.objects.get(subject="Spoke about routes").kind == "meeting"


def test_a_planned_review_is_settled_in_place(page, live_server, company, problems):
    """ACC-06: one press; the row leaves the plan and stands on the timeline."""
    sign_in(page, live_server, company, "csm")
    page.goto(f"{live_server.url}{company.url(f'accounts/{company.account.id}/timeline/')}")
    page.get_by_role("button", name="Held", exact=True).click()
    page.wait_for_selector(".toast")
    expect(page.locator("form.settle")).to_have_count(1)
    with company.open():
        assert Touchpoint.objects.get(external_id="P0").status == "attended"


def test_the_pages_are_clean(page, live_server, company, problems):
    """No finding of axe, nothing wider than the screen, in both themes and on a phone."""
    sign_in(page, live_server, company, "csm")
    page.emulate_media(reduced_motion="reduce")
    account = f"accounts/{company.account.id}"
    for path in ("timeline/", "support/", "outcomes/", "", "activities/new/", "outcomes/new/"):
        page.set_viewport_size(NARROW)
        page.goto(f"{live_server.url}{company.url(f'{account}/{path}')}")
        page.wait_for_load_state("networkidle")
        look(page, path or "account", EVERY_LOOK)
    page.set_viewport_size(NARROW)
    page.goto(f"{live_server.url}{company.url(f'{account}/support/')}")
    page.locator("table a.who").first.click()
    page.wait_for_selector("dialog.drawer[open] table")
    look(page, "ticket", EVERY_LOOK)


def test_surveys_are_clean_and_filter_in_place(page, live_server, company, problems):
    """MET-16, MET-17: another kind swaps the page and keeps the address."""
    sign_in(page, live_server, company, "executive")
    page.set_viewport_size(NARROW)
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{live_server.url}{company.url('insights/surveys/')}")
    page.wait_for_load_state("networkidle")
    look(page, "surveys", EVERY_LOOK)
    page.locator(".kpi .v a").nth(1).click()
    page.wait_for_url("**/insights/surveys/?kind=csat")
    page.wait_for_load_state("networkidle")
    look(page, "csat", EVERY_LOOK)
