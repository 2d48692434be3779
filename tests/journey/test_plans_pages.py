"""Account → Plan, its forms, return on investment, and the templates' settings (JRN-11, JRN-12, VAL-01 to VAL-03, ROL-01)."""

import csv
import datetime as dt
import html
import io
import re
from uuid import uuid4

import pytest

from health.models import Outcome, OutcomeMeasurement
from journey.models import CustomerLink, Milestone, MilestoneNeed, Plan, PlanTemplate
from journey.plans import links, services
from journey.plans.templates import find
from tests.journey.stage_facts import account, contact, today, track


class Book:
    """An account of the CSM with a plan, and one of nobody's that the CSM does not see."""

    def __init__(self, world) -> None:
        self.world, self.csm = world, world.members["csm"]
        with world.open():
            self.account = account("A-1", owner=self.csm)
            self.person = contact(self.account, "C-1", email="ruth@halcyon.example")
            track(self.account, self.csm, on=today() - dt.timedelta(days=20))
            self.plan = services.make_plan(
                account=self.account, template=find("smb"), starts_on=today() - dt.timedelta(days=20), by=self.csm,
                name="Halcyon goes live", owner=self.csm, customer_owner=self.person,
            )  # fmt: skip
            self.other = account("A-2", owner=world.members["leader"])
            self.theirs = services.make_plan(
                account=self.other, template=find("smb"), starts_on=today(), by=world.members["leader"]
            )
        self.client = world.client("csm")

    def url(self, tail: str = "plan/", of=None) -> str:
        return self.world.url(f"accounts/{(of or self.account).id}/{tail}")

    def rows(self, plan=None) -> list[Milestone]:
        with self.world.open():
            return list(Milestone.objects.filter(plan=plan or self.plan).select_related("plan"))


@pytest.fixture
def book(world):
    return Book(world)


def words(response) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def test_the_tab_shows_the_plan(book):
    """VAL-02: finding, counts, milestones with both owners, what waits, what is late."""
    with book.world.open():
        Outcome.objects.create(
            account=book.account, external_id="O-1", name="Dispatch time", metric="efficiency", unit="h", baseline=9, target=6,
            agreed_on=today() - dt.timedelta(days=20), due_on=today() + dt.timedelta(days=60), data_source="Dispatch log",
            known_on=today(), source="api",
        )  # fmt: skip
        services.block_milestone(
            milestone=book.rows()[0], blocker="bandwidth", note="Year end", version=None, by=book.csm
        )
    said = words(book.client.get(book.url()))
    for word in (
        "2 milestones are late", "0 of 5", "Set-up done", "Csm Person · Person C-1", "Waits for: Welcome and set-up guide",
        "Customer has no time, since", "Year end", "Dispatch time", "9 h → 6 h", "Dispatch log", "Efficiency",
    ):  # fmt: skip
        assert word in said, word


def test_the_tab_without_a_plan_says_what_belongs_there(book, world):
    with world.open():
        empty = account("A-3", owner=book.csm)
    assert "No plan yet" in words(book.client.get(book.url(of=empty)))


def test_plans_as_a_file(book, rival, django_assert_max_num_queries):
    """VAL-02, ROL-01: those of the accounts that the reader sees, with how far each is; a formula stays text."""
    Book(rival)
    with book.world.open():
        services.edit_plan(plan=book.plan, values={"name": "=1+1", "goal": "Dispatch"}, version=None, by=book.csm)
        services.finish_milestone(milestone=book.rows()[0], version=None, by=book.csm)
        services.block_milestone(milestone=book.rows()[1], blocker="bandwidth", version=None, by=book.csm)
        empty = services.make_plan(account=book.account, template=find("blank"), starts_on=today(), by=book.csm)
    url = book.world.url("plans.csv")
    with django_assert_max_num_queries(18) as few:
        answer = book.client.get(url)
    cost = len(few.captured_queries)
    first, second = csv.DictReader(io.StringIO(answer.content.decode()))
    assert (first["account"], first["name"], first["goal"], first["kind"]) == ("A-1", "'=1+1", "Dispatch", "onboarding")
    assert (first["owner_email"], first["customer_owner"], first["state"]) == (book.csm.user.email, "C-1", "active")
    assert [first[name] for name in ("milestones", "done", "late", "held_up")] == ["5", "1", "1", "1"]
    assert (second["external_id"], second["milestones"], second["ended_on"]) == (empty.external_id, "0", "")
    found = csv.DictReader(io.StringIO(book.world.client("admin").get(url).content.decode()))
    assert {row["account"] for row in found} == {"A-1", "A-2"}
    assert 'plans.csv"' in book.client.get(book.url()).content.decode()
    with book.world.open():
        for _each in range(3):
            services.make_plan(account=book.account, template=find("smb"), starts_on=today(), by=book.csm)
    with django_assert_max_num_queries(cost):
        book.client.get(url)


def test_the_tab_asks_few_questions(book, django_assert_max_num_queries):
    """The same with three plans and thirty milestones as with one."""
    with django_assert_max_num_queries(40) as one:
        book.client.get(book.url())
    with book.world.open():
        for kind in ("enterprise", "success"):
            services.make_plan(account=book.account, template=find(kind), starts_on=today(), by=book.csm)
    with django_assert_max_num_queries(len(one.captured_queries)):
        book.client.get(book.url())


def test_what_is_not_visible_is_not_there(book, rival):
    """ROL-01, API-04: a colleague's account, another company's, an unknown one, a milestone of another account: 404."""
    mine = book.rows()[0]
    foreign = book.rows(book.theirs)[0]
    paths = [
        book.url(of=book.other), book.url(f"plan/{book.theirs.id}/edit/"), book.url(f"plan/milestones/{foreign.id}/"),
        book.url(f"plan/{uuid4()}/share/"), book.url(f"plan/milestones/{mine.id}/", of=book.other),
        book.url("value/", of=book.other),
    ]  # fmt: skip
    for path in paths:
        assert book.client.get(path).status_code == 404, path
    for tail in (
        f"plan/milestones/{foreign.id}/done/",
        f"plan/{book.theirs.id}/end/",
        f"plan/milestones/{foreign.id}/remove/",
    ):
        assert book.client.post(book.url(tail), {"version": 1, "state": "dropped"}).status_code == 404
    assert rival.client("admin").get(book.url()).status_code == 404
    with book.world.open():
        assert Milestone.objects.filter(plan=book.theirs, done_on=None).count() == 5


def test_who_reads_only_changes_nothing(book):
    """An executive reads the plan and has no button; a POST is refused."""
    client = book.world.client("executive")
    page = client.get(book.url())
    assert page.status_code == 200
    assert "plan/new/" not in page.content.decode()
    row = book.rows()[0]
    assert client.post(book.url(f"plan/milestones/{row.id}/done/"), {"version": 1}).status_code == 403
    assert client.post(book.url(f"plan/{book.plan.id}/share/"), {"days": 30}).status_code == 403


def test_a_plan_is_made_once_by_a_form_that_is_sent_twice(book):
    body = {
        "token": "abc", "template": "success", "name": "", "goal": "Grow", "starts_on": "2026-01-01", "language": "en",
        "owner": str(book.csm.id), "customer_owner": str(book.person.id),
    }  # fmt: skip
    for _n in range(2):
        assert book.client.post(book.url("plan/new/"), body).status_code == 302
    with book.world.open():
        plan = Plan.objects.get(kind="success")
        assert (plan.name, plan.goal, plan.milestones.count()) == ("Success plan for a year", "Grow", 9)
    assert book.client.post(book.url("plan/new/"), body | {"template": "own:1", "token": "x"}).status_code == 422
    assert book.client.post(book.url("plan/new/"), body | {"owner": str(uuid4()), "token": "y"}).status_code == 422
    wrong = body | {"target_on": "2025-01-01", "token": "z"}
    assert "It ends within five years" in words(book.client.post(book.url("plan/new/"), wrong))


def test_two_who_change_a_plan_see_each_others_change(book):
    body = {
        "version": 1, "name": "Ours", "goal": "", "starts_on": "2026-01-01", "target_on": "2026-12-31", "owner": "",
        "customer_owner": "",
    }  # fmt: skip
    url = book.url(f"plan/{book.plan.id}/edit/")
    assert book.client.post(url, body).status_code == 302
    answer = book.client.post(url, body | {"name": "Theirs"})
    assert answer.status_code == 409
    assert "Ours" in words(answer)


def test_a_milestone_is_written_moved_and_removed(book):
    first, second = book.rows()[:2]
    body = {
        "name": "Sandbox closed", "due_on": today().isoformat(), "owner": "", "customer_owner": str(book.person.id),
        "position": 1, "needs": [str(first.id)], "criterion": "technical", "note": "x",
    }  # fmt: skip
    assert book.client.post(book.url(f"plan/{book.plan.id}/milestones/"), body).status_code == 302
    made = book.rows()[1]
    assert (made.name, made.criterion, made.customer_owner_id) == ("Sandbox closed", "technical", book.person.id)
    url = book.url(f"plan/milestones/{first.id}/")
    circle = body | {"version": 1, "name": first.name, "needs": [str(made.id)], "criterion": ""}
    answer = book.client.post(url, circle)
    assert answer.status_code == 422
    assert "These wait for each other" in words(answer)
    assert book.client.post(url, circle | {"needs": [], "position": 0}).status_code == 302
    assert book.client.post(url, circle | {"needs": []}).status_code == 409
    assert book.client.post(url, circle | {"version": 2, "due_on": "never"}).status_code == 422
    assert book.client.post(book.url(f"plan/milestones/{made.id}/remove/")).status_code == 302
    assert len(book.rows()) == 5
    with book.world.open():
        assert not MilestoneNeed.objects.filter(needs=made).exists()
    assert second.id in {row.id for row in book.rows()}


def test_done_undone_and_held_up(book):
    """JRN-11: a press each; a stale page changes nothing, what waits cannot be done first."""
    first, second = book.rows()[:2]
    done = book.url(f"plan/milestones/{first.id}/done/")
    block = book.url(f"plan/milestones/{first.id}/block/")
    assert book.client.get(done).status_code == 405
    assert book.client.post(block, {"version": 1, "blocker": "scope", "note": "More"}).status_code == 302
    assert book.client.post(block, {"version": 1, "blocker": "scope", "note": ""}).status_code == 409
    assert book.client.post(block, {"version": 2, "blocker": "price"}).status_code == 422
    book.client.post(done, {"version": 1})
    assert book.rows()[0].done_on is None, "the page was stale"
    book.client.post(book.url(f"plan/milestones/{second.id}/done/"), {"version": 1})
    assert book.rows()[1].done_on is None, "it waits for the first"
    book.client.post(done, {"version": 2})
    assert book.rows()[0].done_on == today()
    book.client.post(done, {"version": 3, "undo": 1})
    assert book.rows()[0].done_on is None


def test_a_plan_ends_by_a_press(book):
    url = book.url(f"plan/{book.plan.id}/end/")
    answer = book.client.post(url, {"state": "done", "version": 1}, follow=True)
    assert "5 milestones are not done" in words(answer)
    answer = book.client.post(url, {"state": "dropped", "version": 1}, follow=True)
    assert "is dropped" in words(answer)
    assert "Open it again" in words(answer)
    book.client.post(url, {"state": "wrong", "version": 2})
    with book.world.open():
        assert Plan.objects.get(id=book.plan.id).state == "dropped"


def test_the_link_is_shown_once(book):
    """The answer of the form is the only place that has the secret; the list says how often it was opened; taken back it
    is gone."""
    url = book.url(f"plan/{book.plan.id}/share/")
    assert book.client.post(url, {"days": 91, "contact": ""}).status_code == 422
    assert book.client.post(url, {"days": 30, "contact": str(uuid4())}).status_code == 422
    answer = book.client.post(url, {"days": 30, "contact": str(book.person.id)})
    assert answer.status_code == 201
    address = re.search(r"/c/acme/[\w-]{43}/", answer.content.decode())[0]
    for page in (url, book.url()):
        body = book.client.get(page).content.decode()
        assert address not in body
        assert "Never opened." in body
    with book.world.open():
        link = CustomerLink.objects.get()
        links.opened(link)
    assert "Opened once, on" in words(book.client.get(book.url()))
    assert book.client.post(book.url(f"plan/links/{link.id}/revoke/")).status_code == 302
    assert "Taken back" in words(book.client.get(book.url()))
    assert book.client.post(book.url(f"plan/links/{uuid4()}/revoke/")).status_code == 404
    assert book.client.post(book.url(f"plan/links/{link.id}/revoke/", of=book.other)).status_code == 404


def test_return_on_investment(book):
    """VAL-03: 24,000 and 6,000 a year confirmed, 12,000 paid: 2.5 times. What is not confirmed counts as nothing."""
    with book.world.open():
        for key, value, confirmed in (("a", 2_400_000, True), ("b", 600_000, True), ("c", 9_900_000, False)):
            row = Outcome.objects.create(
                account=book.account, external_id=key, name=f"Goal {key}", unit="h", baseline=9, target=6,
                agreed_on=today() - dt.timedelta(days=99), due_on=today(), data_source="Log", value_minor=value,
                confirmed_on=today() if confirmed else None, confirmed_by=book.person if confirmed else None,
                story=f"Story {key}", known_on=today(), source="api",
            )  # fmt: skip
            OutcomeMeasurement.objects.create(outcome=row, measured_on=today(), value=5, known_on=today())
    said = words(book.client.get(book.url("value/")))
    for word in (
        "Confirmed value $30,000",
        "$12,000",
        "2.5",
        "Goal a",
        "9 h",
        "6 h",
        "5 h",
        "Story b",
        "1 criterion is not",
    ):
        assert word in said, word
    assert "Story c" not in said
    assert "99,000" not in said


def test_return_on_investment_of_an_account_that_pays_nothing(book):
    with book.world.open():
        book.account.mrr_minor = 0
        book.account.save()
    answer = book.client.get(book.url("value/"))
    assert answer.status_code == 200
    assert "Nothing is confirmed yet" in words(answer)


def template_body(*rows: tuple, **more) -> dict:
    body = {"name": "Ours", "kind": "onboarding", "segment": "", **more}
    for n, (name, days, needs) in enumerate(rows, 1):
        body |= {f"name-{n}": name, f"days-{n}": days, f"needs-{n}": needs, f"criterion-{n}": ""}
    return body


def test_the_company_writes_its_templates(world):
    """JRN-12: rows of milestones; what cannot be is said and what was typed stays."""
    client, url = world.client("ops"), world.url("settings/plan-templates/")
    if client.get(url).status_code == 403:
        client = world.client("admin")
    assert "Enterprise: formal project in phases" in words(client.get(url))
    assert "Kickoff: goals, roles, success criteria" in client.get(f"{url}new/?from=enterprise").content.decode()
    fine = template_body(("Start", "5", ""), ("Go live", "9", "1"), ("", "", ""))
    assert client.post(f"{url}new/", fine).status_code == 302
    with world.open():
        row = PlanTemplate.objects.get()
        assert [(each["name"], each["days"], each["needs"]) for each in row.milestones] == [
            ("Start", 5, []), ("Go live", 9, [0]),
        ]  # fmt: skip
    for wrong, sentence in (
        (template_body(("Start", "5", "")), "There is one already."),
        (template_body(("Start", "-5", ""), name="B"), "the days lie between"),
        (template_body(("Start", "5", "x"), name="B"), "waits for one that is not there"),
        (template_body(("A", "5", "2"), ("B", "6", "1"), name="B"), "These wait for each other"),
        (template_body(name="B"), "Write at least one milestone."),
    ):
        answer = client.post(f"{url}new/", wrong)
        assert answer.status_code == 422
        assert sentence in words(answer), sentence
    one = f"{url}{row.id}/"
    changed = template_body(("Start", "7", ""), version=1)
    assert client.post(one, changed).status_code == 302
    assert client.post(one, changed).status_code == 409
    assert client.post(f"{one}delete/").status_code == 302
    with world.open():
        assert PlanTemplate.objects.count() == 0


def test_what_waits_keeps_its_row_when_another_one_is_emptied(world):
    """JRN-12: rows go by their numbers on the page; one that waits for an emptied row is refused."""
    client, url = world.client("admin"), world.url("settings/plan-templates/")
    rows = (("Start", "1", ""), ("", "", ""), ("Train", "3", "1"), ("Go live", "4", "3, 1"))
    assert client.post(f"{url}new/", template_body(*rows)).status_code == 302
    with world.open():
        kept = PlanTemplate.objects.get().milestones
    assert [(each["name"], each["needs"]) for each in kept] == [("Start", []), ("Train", [0]), ("Go live", [0, 1])]
    answer = client.post(f"{url}new/", template_body(("A", "1", ""), ("", "", ""), ("C", "3", "2"), name="B"))
    assert answer.status_code == 422
    assert "Milestone 2 waits for one that is not there" in words(answer)


def test_a_version_that_is_no_number_of_ours_is_a_conflict(book):
    """RELIABILITY: thousands of digits are no version, and no error of ours either."""
    for address in (f"plan/{book.plan.id}/end/", f"plan/milestones/{book.rows()[0].id}/done/"):
        answer = book.client.post(book.url(address), {"version": "9" * 5000, "state": "dropped"})
        assert answer.status_code == 302
    with book.world.open():
        book.plan.refresh_from_db()
    assert book.plan.state == "active"


def test_templates_are_for_who_sets_journeys_up(world):
    assert world.client("csm").get(world.url("settings/plan-templates/")).status_code == 403
