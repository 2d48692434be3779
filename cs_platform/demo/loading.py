"""Bring the demo in through the public doors: tenants, people, files, events, one night. Safe to run again.

A tenant whose night was done is complete. One that was interrupted goes on where it stood: its last day is the day
before it was made, so that the rows are the same again.
"""

import datetime as dt
import json
import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.db import transaction
from django.test import Client

from accounts.company import set_hours
from accounts.customers import log_event
from accounts.enums import ImportState, KeyScope
from accounts.imports import create_import, start_import
from accounts.models import Account, ApiKey, Contact, Feature, Import, Member, Subscription, Team, Tenant, User
from accounts.people import rename_user
from accounts.selectors import live_key
from accounts.services import add_member, create_api_key, create_tenant, revoke_api_key
from cs_platform import pipeline
from cs_platform.demo import (
    absences,
    advocates,
    closes,
    closings,
    days,
    growth,
    handoffs,
    issues,
    journey_rows,
    letters,
    past_calls,
    renewals,
    webhooks,
    work,
)
from cs_platform.demo.company import Event, Rows, make_company
from cs_platform.demo.deals import Deal
from cs_platform.demo.files import File, as_csv, company_files, live_events, public_files
from cs_platform.demo.tenants import LABS, NORTHWIND, TENANTS, DemoTenant, Person
from cs_platform.demo.usage import FEATURES
from cs_platform.embedded import state
from cs_platform.kernel import queue
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.models import Run, Work
from cs_platform.kernel.periods import month_of
from cs_platform.kernel.tenancy import tenant_context
from health.alerts import jobs as alert_jobs
from health.models import Backtest
from health.scoring import jobs as scoring_jobs
from health.scoring import versions
from health.scoring.backtest_jobs import start_backtest
from health.usage import rollup as usage_rollup
from metrics.insights.movements import note_movement

PIECE = 500
LARGE_PIECE = 20_000  # of the usage file, which has hundreds of thousands of rows
BATCH = 200
ALERTS_FOR = 14  # days


@contextmanager
def quiet() -> Iterator[None]:
    """Without the log lines of requests, which would bury the progress."""
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def past_days(last: dt.date) -> list[dt.date]:
    """A day of each week of half a year, and each day of the last two weeks: what charts and comparisons read."""
    weekly = [last - dt.timedelta(days=n) for n in range(182, 14, -7)]
    return [*weekly, *(last - dt.timedelta(days=n) for n in range(14, 0, -1))]


KEYS = ("default", "demo")  # the one that every new tenant has, and the one that the demo hands out


class Demo:
    """The demo of one installation. Its secrets are in var/demo.json, readable by its owner alone (CONTRACTS 1)."""

    def __init__(
        self,
        *,
        url: str,
        accounts: int,
        seed: int,
        say: Callable[[str], None],
        progress: Callable[[str, int, int], None],
    ) -> None:
        self.url = url
        self.accounts = accounts
        self.seed = seed
        self.say = say
        self.progress = progress  # what, how many are done, of how many
        self.path = state.var() / "demo.json"
        known: list[dict[str, Any]] = []
        with suppress(OSError, ValueError):
            known = json.loads(self.path.read_text())["tenants"]
        self.passwords: dict[str, str] = {m["email"]: m["password"] for t in known for m in t["members"]}
        self.keys: dict[str, list[dict[str, Any]]] = {t["slug"]: t["api_keys"] for t in known}

    def run(self) -> None:
        """Make what is missing and write the logins; in seconds when nothing is."""
        for wanted in TENANTS:
            tenant = Tenant.objects.filter(slug=wanted.slug).first() or self._found(wanted)
            with transaction.atomic():
                self._settle_people(tenant, wanted)
                self._settle_key(tenant)
            self._write()
            if tenant.night_done_on is None:
                self.say(wanted.name)
                self._fill(tenant, wanted)
            else:
                self.say(f"{wanted.name}: complete")

    def _found(self, wanted: DemoTenant) -> Tenant:
        """The new tenant, with its administrator."""
        admin = wanted.person("admin")
        fresh = not User.objects.filter(email=admin.email).exists()
        with transaction.atomic():
            made = create_tenant(
                slug=wanted.slug,
                name=wanted.name,
                currency=wanted.currency,
                time_zone=wanted.timezone,
                admin_email=admin.email,
                notice=wanted.notice,
                data_until=wanted.data_until,
            )
        if fresh:
            self.passwords[admin.email] = made.password
            rename_user(user=made.admin.user, name=admin.name)
        made.tenant.refresh_from_db()
        return made.tenant

    def _settle_people(self, tenant: Tenant, wanted: DemoTenant) -> None:
        """Each person is a member; who signs in has the password of var/demo.json, or a new one where it is lost."""
        renewed = 0
        with tenant_context(tenant.id, actor="demo"):
            members = {m.user.email: m for m in Member.objects.select_related("user")}
            team = Team.objects.first()
            for person in sorted(wanted.people, key=lambda each: each.role != "leader"):
                known = User.objects.filter(email=person.email).first()
                password = self.passwords.get(person.email)
                if person.login and password is None:
                    password = self.passwords[person.email] = secrets.token_urlsafe(12)
                    if known:
                        known.set_password(password)
                        known.save(update_fields=["password"])
                        renewed += 1
                if person.email not in members:
                    members[person.email] = self._join(person, password, team)
                if team is None:
                    team = Team.objects.create(name="Customer success", leader=members[person.email])
        if renewed:
            self.say(f"{wanted.name}: {renewed} passwords were lost with {self.path.name}; they are new now.")

    def _join(self, person: Person, password: str | None, team: Team | None) -> Member:
        return add_member(
            email=person.email,
            name=person.name,
            role=person.role,
            title=person.title,
            password=password if person.login else None,
            team=team if person.role == "csm" else None,
        )

    def _settle_key(self, tenant: Tenant) -> None:
        """One key for everything: that of var/demo.json while it opens this tenant, else a new one in its place."""
        for known in self.keys.get(tenant.slug, []):
            key = live_key(known["secret"])
            if key and key.tenant_id == tenant.id:
                return
        with tenant_context(tenant.id, actor="demo"):
            admin = Member.objects.filter(role__key="admin", is_active=True).earliest("created_at")
            for lost in ApiKey.objects.filter(name__in=KEYS, revoked_at=None):
                revoke_api_key(key=lost, by=admin)
            _key, secret = create_api_key(name=KEYS[-1], scopes=list(KeyScope), by=admin)
        self.keys[tenant.slug] = [{"name": KEYS[-1], "scopes": [str(s) for s in KeyScope], "secret": secret}]

    def _write(self) -> None:
        """var/demo.json with the tenants that there are so far."""
        tenants = [
            {
                "slug": each.slug,
                "name": each.name,
                "currency": each.currency,
                "timezone": each.timezone,
                "members": [
                    {"role": person.role, "email": person.email, "password": self.passwords[person.email]}
                    for person in each.people
                    if person.login
                ],
                "api_keys": self.keys[each.slug],
            }
            for each in TENANTS
            if each.slug in self.keys and all(p.email in self.passwords for p in each.people if p.login)
        ]
        text = json.dumps({"url": self.url, "tenants": tenants}, indent=2, ensure_ascii=False)
        state.write_private(self.path, text + "\n")

    def _fill(self, tenant: Tenant, wanted: DemoTenant) -> None:
        last = tenant.today(tenant.created_at) - dt.timedelta(days=0 if tenant.data_until else 1)
        events: list[Event] = []
        if wanted.company is None:
            files = public_files()
        else:
            smaller = wanted is LABS
            rows = make_company(
                company=wanted.company,
                seed=self.seed + smaller,
                accounts=max(self.accounts // 10, 20) if smaller else self.accounts,
                last=last,
            )
            files, events = company_files(rows, last), rows.events
            self._set_up(tenant)
        for file in files:
            self._import(tenant, file)
        if wanted.company is not None:
            self._decide(tenant, rows, wanted, last)
        self._log(tenant, events)
        if wanted.company is not None:
            self._send(tenant, live_events(rows.usage, last))
            self._tell(tenant, rows.goodbyes)
            self._past(tenant, last)
            self._note(tenant, rows.deals)
            with tenant_context(tenant.id, actor="demo"):
                journey_rows.write(rows.journeys, last)
                work.switch_on()
                work.plan(self.seed, last)
                work.add_tasks(self.seed, last)
                renewals.tell(self.seed, last)
                if wanted is NORTHWIND:
                    issues.write(last)
                    absences.note(last)
                    handoffs.hand_over(last)
                    letters.write(last)
                growth.tell(self.seed, last)
        if wanted is NORTHWIND:
            closes.close_books(tenant, wanted, rows.subscriptions, last, lambda file: self._import(tenant, file))
        self._night(tenant, last)
        if wanted.company is not None:
            self._judge(tenant)
            with tenant_context(tenant.id, actor="demo"):
                days.tell_days(last)
                growth.decide(last)
                past_calls.tell_weeks_before()
                if wanted is NORTHWIND:
                    advocates.gather(last)
        if wanted is NORTHWIND:
            closes.subscribe(tenant)
            webhooks.add(tenant, last)

    def _decide(self, tenant: Tenant, rows: Rows, wanted: DemoTenant, last: dt.date) -> None:
        """The renewals and deals that are over, with the contracts that they wrote; what Northwind corrects later they say right."""
        signed = rows.subscriptions
        if wanted is NORTHWIND:
            signed = closes.with_late_rows(signed, *closes.late_rows(signed, last, wanted.currency))
        with tenant_context(tenant.id, actor="demo"):
            closings.write(rows, signed, self.seed, last)

    def _set_up(self, tenant: Tenant) -> None:
        """What operations set up before the first file: office hours and the feature catalogue."""
        with tenant_context(tenant.id, actor="demo"):
            set_hours(hours={weekday: (dt.time(9), dt.time(18)) for weekday in range(5)})
            known = set(Feature.objects.values_list("key", flat=True))
            for feature in FEATURES:
                if feature.key not in known:
                    kind = Feature.Kind.CORE if feature.core else Feature.Kind.ADVANCED
                    Feature.objects.create(key=feature.key, name=feature.name, kind=kind)

    def _send(self, tenant: Tenant, events: list[dict[str, Any]]) -> None:
        """The last two days to the public API, in batches, as the customer's product sends them; some of them wrong."""
        secret = self.keys[tenant.slug][0]["secret"]
        product = Client(headers={"authorization": f"Bearer {secret}", "host": "localhost"})
        for start in range(0, len(events), BATCH):
            body = {"events": events[start : start + BATCH]}
            with quiet():
                answer = product.post("/api/v1/events", body, content_type="application/json")
            if answer.status_code not in {200, 207, 422}:
                raise DomainError(f"/api/v1/events answered {answer.status_code}: {answer.content[:300]!r}")
            self.progress("events sent", min(start + BATCH, len(events)), len(events))

    def _tell(self, tenant: Tenant, goodbyes: list[dict[str, str]]) -> None:
        """Why lost customers left, to the public API, as the form on the company's own site would send it."""
        secret = self.keys[tenant.slug][0]["secret"]
        site = Client(headers={"authorization": f"Bearer {secret}", "host": "localhost"})
        with quiet():
            answer = site.put("/api/v1/churn-answers/bulk", {"items": goodbyes}, content_type="application/json")
        if answer.status_code != 200:
            raise DomainError(f"/api/v1/churn-answers answered {answer.status_code}: {answer.content[:300]!r}")

    def _past(self, tenant: Tenant, last: dt.date) -> None:
        """The scores of earlier days, as the nights of then would have found them; of late with their alerts."""
        days = past_days(last)
        with tenant_context(tenant.id, actor="demo"):
            usage_rollup.roll_up_all(last)
            for _name, step in pipeline.REVENUE:  # who is a customer, and since when
                step(last)
        with tenant_context(tenant.id, actor="demo"):
            scoring_jobs.refresh_statistics(last)
        for done, day in enumerate(days, start=1):
            with tenant_context(tenant.id, actor="demo"):
                scoring_jobs.score_all(day)
                if (last - day).days <= ALERTS_FOR:
                    alert_jobs.run_alerts(day)
            self.progress("scores of earlier days", done, len(days))

    def _note(self, tenant: Tenant, deals: list[Deal]) -> None:
        """Who sold what the CS team does not own, beside the movements of the ledger."""
        notes = {(deal.subscription_id, deal.start): deal.seller.value for deal in deals if deal.noted}
        with tenant_context(tenant.id, actor="demo"):
            ops = Member.objects.get(role__key="ops")
            sold = Subscription.objects.filter(external_id__in={key for key, _start in notes}).select_related("account")
            for period in sold.order_by("start_on", "external_id"):
                note = notes.get((period.external_id, period.start_on))
                if note:
                    month = month_of(period.start_on)
                    note_movement(
                        account=period.account, month=month, subscription=period, by=ops, cs_owned=False, note=note
                    )

    def _import(self, tenant: Tenant, file: File) -> None:
        """As an uploaded file would go. A row that is refused is a fault of the demo: DomainError names it."""
        kind, name, rows = file
        with tenant_context(tenant.id, actor="demo"):
            ops = Member.objects.select_related("user").get(role__key="ops")
            run = Import.objects.filter(kind=kind, filename=name).first()
            if run is None:
                run = create_import(
                    kind=kind,
                    filename=name,
                    source=as_csv(rows),
                    by=ops,
                    piece=LARGE_PIECE if kind == "usage" else PIECE,
                )
            if run.state not in {ImportState.RUNNING, ImportState.DONE}:
                start_import(run=run, by=ops)
                run.refresh_from_db()
            work = Work.objects.filter(name="import_file", key=str(run.id)).first()
        for _piece in self._pieces(tenant, work):
            with tenant_context(tenant.id):
                run.refresh_from_db()
            self.progress(kind, run.read, run.total)
        with tenant_context(tenant.id):
            run.refresh_from_db()
            refused = run.rejects.first()
        if refused:
            raise DomainError(f"{name}, row {refused.row}, {refused.column} {refused.value!r}: {refused.message}")

    def _pieces(self, tenant: Tenant, work: Work | None) -> Iterator[None]:
        """Do the work to its end, here and now, piece by piece."""
        if work:
            while queue.attempt(tenant.id, work.id, patient=True, reraise=True):
                yield
            queue.run_to_end(tenant.id, work.id)  # when a worker has taken it

    def _log(self, tenant: Tenant, events: list[Event]) -> None:
        """The events, each under a key made of what it says, so that a second time adds none."""
        if not events:
            return
        with tenant_context(tenant.id, actor="demo"):
            accounts = {a.external_id: a for a in Account.objects.select_related("owner")}
            contacts = {c.external_id: c for c in Contact.objects.all()}
            ops = Member.objects.get(role__key="ops")
            for event in events:
                account = accounts[event.account]
                log_event(
                    account=account,
                    kind=event.kind,
                    happened_on=event.happened_on,
                    note=event.note,
                    contact=contacts.get(event.contact),
                    by=account.owner or ops,
                    key=uuid5(NAMESPACE_URL, f"{tenant.slug}/{event.account}/{event.kind}/{event.happened_on}"),
                )
        self.progress("events", len(events), len(events))

    def _judge(self, tenant: Tenant) -> None:
        """Ask of the usual model whether it would have told who left."""
        with tenant_context(tenant.id, actor="demo"):
            version = versions.published(versions.standard())
            if version is None or Backtest.objects.exists():
                return
            run = start_backtest(version=version, against=None, segment=None, months=12, by=None)
            work = Work.objects.get(name="backtest", key=str(run.id))
        for done, _piece in enumerate(self._pieces(tenant, work), start=1):
            self.progress("backtest", done, run.total)

    def _night(self, tenant: Tenant, day: dt.date) -> None:
        with tenant_context(tenant.id, actor="demo"):
            planned, work = pipeline.start_night(day, actor="demo")
        with tenant_context(tenant.id):
            steps = Run.objects.get(id=planned.id).steps.count()
        for done, _piece in enumerate(self._pieces(tenant, work), start=1):
            self.progress("night", done, steps)
