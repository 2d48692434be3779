"""A small demo from end to end: through the public doors, agreeing with plain counting, and the same when run again."""

import datetime as dt
import io
import json
import shutil
import stat
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import F
from django.test import Client

from accounts.models import Account, AccountEvent, ApiKey, Contact, Import, Member, Subscription, Tenant, User
from accounts.rates import factors
from accounts.selectors import live_key, memberships
from cs_platform.demo import closes, loading
from cs_platform.demo import outcomes as demo_outcomes
from cs_platform.demo import support as demo_support
from cs_platform.demo import touch as demo_touch
from cs_platform.demo import usage as demo_usage
from cs_platform.demo.company import make_company
from cs_platform.demo.files import company_files, rates
from cs_platform.demo.tenants import LABS, NORTHWIND
from cs_platform.kernel.models import Finding
from cs_platform.kernel.money import whole_minor
from cs_platform.kernel.periods import add_months, month_end, month_text, parse_month
from cs_platform.kernel.tenancy import tenant_context
from expansion import pipeline
from expansion.lifecycle import OPEN, missing
from expansion.models import Opportunity, Signal
from expansion.selectors import listed
from health.models import Alert
from metrics.enums import Basis, Differs, Window
from metrics.figures import currencies, selectors
from metrics.figures.asked import Asked
from metrics.figures.reports import run_report
from metrics.models import (
    BoardNote,
    DigestRecipient,
    MetricTarget,
    MonthClose,
    MovementNote,
    Reconciliation,
    RetentionMonth,
)
from metrics.proof import reconciliation, restated
from metrics.proof.closing import last_close
from renewals import outlook, scores
from renewals.enums import Phase
from renewals.models import EffortAsk, FrozenCall, Renewal, RenewalStep
from renewals.selectors import latest_calls
from tests.demo.one_story import OneStory
from tests.demo.plain import PlainBook

ROLES = ["admin", "csm", "csm", "executive", "leader", "ops"]
TABLES = (
    Account, AccountEvent, Contact, Import, Member, Subscription, ApiKey, RetentionMonth, MonthClose, Reconciliation,
    MetricTarget, BoardNote, DigestRecipient, Renewal, FrozenCall, Opportunity, Signal,
    EffortAsk,
)  # fmt: skip


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return shortened(tmp_path, monkeypatch)


def shortened(var: Path, patch: pytest.MonkeyPatch) -> Path:
    """A shorter past than the demo tells, in a folder of its own; the rest of it is alike."""
    patch.setenv("SETIA_VAR", str(var))
    for module in (demo_usage, demo_support, demo_touch, demo_outcomes):
        name = "USAGE_DAYS" if module is demo_usage else "TOLD_DAYS"
        patch.setattr(module, name, 40)
    patch.setattr(loading, "past_days", lambda last: [last - dt.timedelta(days=7), last - dt.timedelta(days=1)])
    return var


def seed(**options: object) -> str:
    out = io.StringIO()
    call_command("seed_demo", accounts=30, url="http://localhost:8123", stdout=out, **options)
    return out.getvalue()


def demo(var: Path) -> dict:
    return json.loads((var / "demo.json").read_text())


def counts() -> dict[tuple[str, str], int]:
    """Rows of each table in each tenant."""
    found = {}
    for tenant in Tenant.objects.all():
        with tenant_context(tenant.id):
            found |= {(tenant.slug, model.__name__): model.objects.count() for model in TABLES}
    return found


def test_a_file_of_another_database_is_not_believed(db: None, var: Path) -> None:
    """The logins of a demo that is gone: passwords that can be kept are, keys are new."""
    people = [{"role": "executive", "email": "dana@northwind.example", "password": "kept"}]
    keys = [{"name": "demo", "scopes": ["read"], "secret": "cs_live_gone"}]
    old = {"slug": "northwind", "members": people, "api_keys": keys}
    (var / "demo.json").write_text(json.dumps({"url": "", "tenants": [old]}))
    seed(quiet=True)
    assert User.objects.get(email="dana@northwind.example").check_password("kept")
    for tenant in demo(var)["tenants"]:
        assert live_key(tenant["api_keys"][0]["secret"])
        for member in tenant["members"]:
            assert User.objects.get(email=member["email"]).check_password(member["password"])


@pytest.mark.parametrize("where", ["_log", "_night"])
def test_an_interrupted_run_goes_on(db: None, var: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """It comes out as if nothing had happened."""

    class Cut(Exception):
        pass

    def cut(self: object, *args: object) -> None:
        if where == "_night":
            whole(self, *args)
        raise Cut

    whole = loading.Demo._log
    with monkeypatch.context() as patched:
        patched.setattr(loading.Demo, "_log" if where == "_night" else where, cut)
        with pytest.raises(Cut):
            seed(quiet=True)
    assert [t["slug"] for t in demo(var)["tenants"]] == ["northwind"]
    seed(quiet=True)
    tenant = Tenant.objects.get(slug="northwind")
    last = tenant.today() - dt.timedelta(days=1)
    assert NORTHWIND.company is not None
    rows = make_company(company=NORTHWIND.company, seed=7, accounts=30, last=last)
    with tenant_context(tenant.id):
        assert AccountEvent.objects.count() == len(rows.events)
        assert Subscription.objects.count() == len(rows.subscriptions)
        files = len(company_files(rows, last))
        assert Import.objects.count() == files + 3  # billing and two files of corrections
        assert MonthClose.objects.count() == closes.CLOSED + 1
        assert not Finding.objects.filter(resolved_at=None).exists()


def test_a_size_that_makes_no_sense_is_refused(db: None, var: Path) -> None:
    with pytest.raises(CommandError, match="20 to 1000"):
        call_command("seed_demo", accounts=3, quiet=True)
    assert not (var / "demo.json").exists()


@pytest.fixture(scope="module")
def told(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[Path]:
    """The demo, seeded once for the tests that only look at it; taken back at the end."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch, transaction.atomic():
        var = shortened(tmp_path_factory.mktemp("demo"), patch)
        seed()
        yield var
        transaction.set_rollback(True)


@pytest.fixture
def seeded(told: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The seeded demo and a folder for one test: what it changes is taken back."""
    shutil.copytree(told, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("SETIA_VAR", str(tmp_path))
    with transaction.atomic():
        yield tmp_path
        transaction.set_rollback(True)


def test_it_holds_what_the_contract_says(seeded: Path) -> None:
    """CONTRACTS 1: var/demo.json, its shape, and that what stands in it opens the doors."""
    path = seeded / "demo.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    told = demo(seeded)
    assert told["url"] == "http://localhost:8123"
    assert [t["slug"] for t in told["tenants"]] == ["northwind", "northwind-labs", "gcloud"]
    for tenant in told["tenants"]:
        assert set(tenant) == {"slug", "name", "currency", "timezone", "members", "api_keys"}
        assert sorted(m["role"] for m in tenant["members"]) == ROLES
        for member in tenant["members"]:
            assert set(member) == {"role", "email", "password"}
            user = User.objects.get(email=member["email"])
            assert user.check_password(member["password"])
            assert tenant["slug"] in {m.tenant.slug for m in memberships(user.id)}
        (key,) = tenant["api_keys"]
        assert set(key) == {"name", "scopes", "secret"}
        opened = live_key(key["secret"])
        assert opened is not None
        assert (opened.tenant.slug, opened.scopes) == (tenant["slug"], key["scopes"])
    dana = User.objects.get(email="dana@northwind.example")
    assert [m.tenant.slug for m in memberships(dana.id)] == ["northwind", "northwind-labs"]


def test_the_product_agrees_with_plain_counting(seeded: Path) -> None:
    """MET-01, MET-03, MET-04: the trailing year of the generated books, to eight decimals and to the cent."""
    for company, number, extra in ((NORTHWIND, 30, 0), (LABS, 20, 1)):
        tenant = Tenant.objects.get(slug=company.slug)
        last = tenant.today() - dt.timedelta(days=1)
        assert tenant.night_done_on == last
        assert tenant.notice.startswith("Demo data")
        assert company.company is not None
        rows = make_company(company=company.company, seed=7 + extra, accounts=number, last=last)
        subscriptions = rows.subscriptions
        if company is NORTHWIND:
            subscriptions = closes.with_late_rows(subscriptions, *closes.late_rows(subscriptions, last, "USD"))
        book = PlainBook(subscriptions, rates(rows.subscriptions, last), company.currency)
        with tenant_context(tenant.id):
            assert not Finding.objects.filter(resolved_at=None).exists()
            assert Account.objects.filter(status="live").count() == number
            assert Account.objects.count() == len(rows.accounts)
            assert AccountEvent.objects.count() == len(rows.events)
            assert Contact.objects.exclude(left_on=None).count() == sum(bool(c["left_on"]) for c in rows.contacts)
            for row in run_report("retention_12m", as_of=last).rows[-13:]:
                year = book.year(parse_month(row["month"]))
                assert (row["base_customers"], row["nrr"], row["grr"], row["logo_churn"]) == (
                    year.base_customers,
                    round(year.nrr, 8),
                    round(year.grr, 8),
                    round(year.logo_churn, 8),
                ), row["month"]
            assert not currencies.missing_rates(company.currency)
            assert MovementNote.objects.filter(cs_owned=False).count() == sum(
                deal.noted for deal in rows.deals
            )  # MET-07
            arr = run_report("mrr_monthly", as_of=last).rows[-1]["arr"]
            assert Decimal(arr) == year.arr


def test_northwind_closes_its_months(seeded: Path) -> None:
    """MET-23: closed months, one restated, one with corrections since, with reasons; billing differs by two accounts."""
    tenant = Tenant.objects.get(slug="northwind")
    last = tenant.today() - dt.timedelta(days=1)
    months = closes.closed_months(last)
    ops = tenant_members(tenant)["ops"]
    with tenant_context(tenant.id):
        found = list(MonthClose.objects.order_by("month", "version"))
        assert [(close.month, close.version) for close in found if close.version == 1] == [(m, 1) for m in months]
        (again,) = [close for close in found if close.version == 2]
        assert again.month == months[-2]
        assert again.reason
        assert {close.signed_by_id for close in found} == {ops.id}
        asked = Asked(month=months[-1], window=Window.MONTH)
        then = selectors.rows_question(asked, tenant, last_close(months[-1]))
        now = selectors.question_of(asked, tenant)
        both = tuple(selectors.sums_of_month(each, asked.window, asked.month) for each in (then, now))
        assert both[0] != both[1]
        differs = restated.compare(then, now, both, asked, ops, close=last_close(months[-1]))
        told = {change.after.reason for effect in differs.effects for change in effect.changes}
        assert len(differs.effects) == len(told) == 2
        assert all(told)
        billing = reconciliation.difference(months[-1], Basis.REPORTED)
        assert billing is not None
        assert {
            kind: each.accounts for kind, each in billing.classes.items() if kind != Differs.AGREED and each.accounts
        } == {
            Differs.ONLY_HERE: 1,
            Differs.OTHER_AMOUNT: 1,
        }
        assert MetricTarget.objects.filter(metric="arr").count() == 12
        assert BoardNote.objects.get().month == add_months(months[-1], 1)
        assert set(DigestRecipient.objects.values_list("kind", flat=True)) == {"board", "week", "day"}
    page = Client()
    page.force_login(User.objects.get(email="dana@northwind.example"))
    shown = page.get(f"/t/northwind/board/?month={month_text(months[-1])}&window=1")
    assert shown.status_code == 200
    assert "Sofia Varga" in shown.content.decode()


PHASE_OF = {
    "talk": Phase.TALKING, "quote": Phase.PROPOSED, "proposal": Phase.PROPOSED, "negotiate": Phase.SIGNING, "sign": Phase.SIGNING,
    "confirm": Phase.SIGNING,
}  # fmt: skip


def test_renewals_are_on_their_way(seeded: Path) -> None:
    """REN-02, REN-05: each open renewal stands where its days say, most steps were done in time; Halcyon's as it is told."""
    tenant = Tenant.objects.get(slug="northwind")
    last = tenant.today() - dt.timedelta(days=1)
    with tenant_context(tenant.id):
        rows = list(Renewal.objects.filter(state="open").select_related("account").prefetch_related("steps"))
        steps = {row.id: [step for step in row.steps.all() if step.due_on <= last] for row in rows}
        assert len(rows) >= 5
        order = list(Phase)
        for row in rows:
            reached = [order.index(PHASE_OF.get(step.step, Phase.PREPARING)) for step in steps[row.id]]
            first, furthest = max(reached[:-1], default=0), max(reached, default=0)
            negotiating = order.index(Phase.NEGOTIATING)
            at = order.index(Phase(row.phase))
            assert first <= at <= furthest or (at == negotiating and furthest >= negotiating - 1), (
                row.account.name,
                row.phase,
            )
            assert row.opened_on <= row.phase_since <= last
            assert (row.talked_on is None) != any(s.step == "talk" and s.done_on for s in row.steps.all())
        due = [step for found in steps.values() for step in found]
        done = [step for step in due if step.done_on]
        assert len(done) > len(due) * 0.7
        assert sum(step.done_on <= step.due_on for step in done) > len(done) * 0.6
        (halcyon,) = [row for row in rows if row.account.name == "Halcyon Freight"]
        late = {step.step: (step.done_on - step.due_on).days for step in steps[halcyon.id] if step.done_on}
        assert late == {"prep": -3, "talk": 14, "proposal": 22}
        assert halcyon.phase == Phase.NEGOTIATING
        (waiting,) = [step for step in steps[halcyon.id] if not step.done_on]
        assert (waiting.step, (last - waiting.due_on).days) == ("negotiate", 22)
        calls = latest_calls([halcyon.id])[halcyon.id]
        assert {who: call.probability for who, call in calls.items() if who != "system"} == {"csm": 65, "leader": 50}
        assert calls["system"].probability < 70
        assert halcyon.objections.filter(answered_on=None).count() == 2
        assert halcyon.save_plays.get().state == "running"
        alerts = Alert.objects.filter(rule__startswith="renewal_", state="open").count()
        assert alerts <= len(rows) // 3


@pytest.mark.parametrize("slug", ["northwind", "northwind-labs"])
def test_renewals_deals_and_ledger_tell_one_story(seeded: Path, slug: str) -> None:
    """REN-10, EXP-05, MET-07: to the cent, month by month; each movement belongs to one renewal or deal and leads to it."""
    tenant = Tenant.objects.get(slug=slug)
    last = tenant.today() - dt.timedelta(days=1)
    with tenant_context(tenant.id):
        story = OneStory(last)
        assert len(story.renewals) > 20
        assert len(story.deals) > 2
        assert {row.state for row in story.renewals} >= {"renewed", "expanded", "churned"}
        assert story.strays() == []
        assert story.differences() == {}
        assert story.not_led() == []
        assert story.board() == []
        assert story.unwritten() == 0


def test_pages_of_renewals_and_deals_add_up(seeded: Path) -> None:
    """REN-08, EXP-05: what is due is what its contracts pay; the pipeline is its deals; what was won is what was written."""
    tenant = Tenant.objects.get(slug="northwind")
    last = tenant.today() - dt.timedelta(days=1)
    with tenant_context(tenant.id):
        rows = Renewal.objects.filter(state="open")
        due = outlook.total(outlook.read(rows, last, last + dt.timedelta(days=400)))
        assert due.count == rows.count()
        by = factors()
        lines = Subscription.objects.filter(renewal_lines__renewal__in=rows)
        assert due.mrr == sum(whole_minor(line.mrr_minor * by[line.currency]) for line in lines)
        deals = list(listed(Opportunity.objects.all()))
        found = pipeline.total(pipeline.stages(Opportunity.objects.all()))
        running = [deal for deal in deals if deal.stage in OPEN]
        assert (found.deals, found.year) == (len(running), sum(deal.year_minor for deal in running))
        assert found.deals >= 3
        month = add_months(last.replace(day=1), -1)
        span = (month, month_end(month))
        story = OneStory(last)
        won = [deal for deal in story.deals if span[0] <= deal.closed_on <= span[1]]
        assert pipeline.rates(span).won_year == 12 * sum(deal.won_mrr for deal in won)


def test_calls_of_the_past_say_something(seeded: Path) -> None:
    """REN-05: three callers were frozen each week while a renewal was open, never with a call of a later day; deals and signals
    of the past have ends, and who went on without the right said why (EXP-01)."""
    tenant = Tenant.objects.get(slug="northwind")
    last = tenant.today() - dt.timedelta(days=1)
    with tenant_context(tenant.id):
        over = Renewal.objects.exclude(state="open")
        found = scores.scored(over, last - dt.timedelta(days=730), 30)
        assert {call.caller for call in found} == {"system", "csm", "leader"}
        assert not FrozenCall.objects.filter(renewal__closed_on__lte=F("week")).exists()
        assert not FrozenCall.objects.filter(renewal__opened_on__gt=F("week")).exists()
        assert not over.filter(calls__as_of__gte=F("closed_on")).exists()
        weeks = FrozenCall.objects.filter(renewal__state="open").order_by("week").values_list("week", flat=True)
        assert len({*weeks}) > 2, "what moved since last week has something to be told by"
        assert not over.filter(closed_on__gt=last).exists()
        assert not RenewalStep.objects.filter(done_on__gt=F("renewal__due_on")).exists()
        over_now = Opportunity.objects.exclude(stage__in=OPEN)
        assert {deal.stage for deal in over_now} == {"won", "lost"}
        assert not over_now.filter(closed_on__gt=last).exists()
        assert not over_now.filter(closed_on__lt=F("identified_on")).exists()
        for deal in Opportunity.objects.exclude(earned={}):
            assert bool(deal.override) == bool(missing(deal.earned)), deal.name
        assert Signal.objects.filter(state="open").exists()
        assert {*Signal.objects.values_list("state", flat=True)} >= {"open", "taken", "dismissed"}


@pytest.mark.parametrize("slug", ["northwind", "northwind-labs"])
def test_who_renewed_says_how_easy_it_was(seeded: Path, slug: str) -> None:
    """REN-03: of those that stayed people were asked after the decision, each at most once in 90 days; some have answered."""
    tenant = Tenant.objects.get(slug=slug)
    last = tenant.today() - dt.timedelta(days=1)
    with tenant_context(tenant.id):
        asks = list(EffortAsk.objects.select_related("renewal", "contact", "answer").order_by("sent_at"))
        assert {ask.renewal.state for ask in asks} <= {"renewed", "expanded", "contracted"}
        answered = [ask for ask in asks if ask.answer]
        assert 0 < len(answered) < len(asks)
        before: dict[object, dt.datetime] = {}
        for ask in asks:
            assert ask.sent_at
            assert ask.sent_at.date() >= ask.renewal.closed_on
            assert ask.contact.account_id == ask.renewal.account_id
            assert ask.contact.left_on is None or ask.contact.left_on > ask.renewal.closed_on
            assert ask.renewal.stakeholders.filter(contact=ask.contact).exists()
            if ask.contact_id in before:
                assert ask.sent_at - before[ask.contact_id] >= dt.timedelta(days=90)
            before[ask.contact_id] = ask.sent_at
        for ask in answered:
            assert ask.answer.contact_id == ask.contact_id
            assert ask.sent_at <= ask.answer.answered_at
            assert ask.answer.answered_at.date() <= last


@pytest.mark.parametrize("slug", ["northwind", "northwind-labs"])
def test_signals_tell_the_seats_of_the_contracts(seeded: Path, slug: str) -> None:
    """EXP-02: what a signal of full seats has as its limit is what the contracts of that day hold."""
    with tenant_context(Tenant.objects.get(slug=slug).id):
        found = list(Signal.objects.filter(trigger="seats_full"))
        assert found
        for row in found:
            running = Subscription.objects.filter(account=row.account_id, voided=False, start_on__lte=row.as_of)
            running = running.exclude(end_on__lte=row.as_of)
            assert row.inputs["limit"] == sum(each.seats or 0 for each in running), row.inputs
            assert row.inputs["used"] >= row.inputs["limit"] * 0.85
        for row in Signal.objects.filter(trigger="team_growth"):
            assert row.inputs["now"] - row.inputs["before"] >= 5, row.inputs


def tenant_members(tenant: Tenant) -> dict[str, Member]:
    with tenant_context(tenant.id):
        return {member.role.key: member for member in Member.objects.select_related("role", "user")}


def test_the_real_book_is_whole_and_frozen(seeded: Path) -> None:
    tenant = Tenant.objects.get(slug="gcloud")
    assert tenant.night_done_on == tenant.data_until == dt.date(2014, 6, 30)
    assert "Open Government Licence v3.0" in tenant.notice
    with tenant_context(tenant.id):
        assert Subscription.objects.count() == 1152
        assert not Finding.objects.filter(resolved_at=None).exists()
        last = run_report("retention_12m", as_of=tenant.data_until).rows[-1]
        assert (round(last["nrr"], 3), round(last["grr"], 3)) == (Decimal("0.604"), Decimal("0.304"))
        assert not Account.objects.filter(owner=None).exists()


def test_a_second_run_changes_nothing(seeded: Path) -> None:
    before, told = counts(), demo(seeded)
    (seeded / "demo.json").write_text(json.dumps(told))
    said = seed()
    assert said.count("complete") == 3
    assert demo(seeded) == told
    assert counts() == before


def test_lost_logins_are_made_anew_and_said(seeded: Path) -> None:
    told, before = demo(seeded), counts()
    (seeded / "demo.json").unlink()
    said = seed()
    assert "passwords were lost" in said
    for old, new in zip(told["tenants"], demo(seeded)["tenants"], strict=True):
        for member in new["members"]:
            assert User.objects.get(email=member["email"]).check_password(member["password"])
        assert live_key(new["api_keys"][0]["secret"])
        assert live_key(old["api_keys"][0]["secret"]) is None
    keys = {key: number for key, number in counts().items() if key[1] == "ApiKey"}
    assert counts() | {key: before[key] for key in keys} == before


def test_names_look_alike_and_pages_do_not_mix(seeded: Path) -> None:
    """API-04: the same customer names in two companies; each page shows its own."""
    northwind, labs = Tenant.objects.get(slug="northwind"), Tenant.objects.get(slug="northwind-labs")
    ids = {}
    for tenant in (northwind, labs):
        with tenant_context(tenant.id):
            ids[tenant.slug] = dict(Account.objects.values_list("name", "id"))
    same = ids["northwind"].keys() & ids["northwind-labs"].keys()
    assert {"Halcyon Freight", "Altavista Health", "Brightwater Energy"} <= same
    client = Client()
    client.force_login(User.objects.get(email="hassan@northwind.example"))
    own, other = ids["northwind"]["Halcyon Freight"], ids["northwind-labs"]["Halcyon Freight"]
    listed = client.get("/t/northwind/accounts/?q=Halcyon").content.decode()
    assert str(own) in listed
    assert str(other) not in listed
    page = client.get(f"/t/northwind/accounts/{own}/")
    assert page.status_code == 200
    assert "Demo data" in page.content.decode()
    assert client.get(f"/t/northwind/accounts/{other}/").status_code == 404
    assert client.get("/t/northwind-labs/accounts/").status_code == 404
    dana = Client()
    dana.force_login(User.objects.get(email="dana@northwind.example"))
    assert dana.get(f"/t/northwind-labs/accounts/{other}/").status_code == 200
