"""Bring the demo in through the public doors: tenants, people, files, events, one night. Safe to run again."""

import csv
import datetime as dt
import gzip
import io
import json
import os
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop

from accounts.customers import log_event
from accounts.enums import ImportState, KeyScope
from accounts.imports import create_import, start_import
from accounts.models import Account, ApiKey, Contact, Import, Member, Team, Tenant, User
from accounts.services import add_member, create_api_key, create_tenant
from cs_platform import pipeline
from cs_platform.demo.company import Rows, make_company
from cs_platform.demo.names import CSMS
from cs_platform.kernel import queue
from cs_platform.kernel.models import Work
from cs_platform.kernel.tenancy import tenant_context

DATA = Path(__file__).parent / "data"
GENERATED = gettext_noop("Demo data: these companies and people do not exist.")
GCLOUD = gettext_noop(
    "Demo data: contains public sector information licensed under the Open Government Licence v3.0 (G-Cloud sales, 2012 to 2014)."
)
Say = Callable[[str], None]


@dataclass(frozen=True)
class Login:
    """A member who can sign in, with the role and the name they go by."""

    role: str
    name: str
    email: str
    title: str


@dataclass(frozen=True)
class Company:
    """A tenant of the demo."""

    slug: str
    name: str
    currency: str
    timezone: str
    notice: str
    logins: tuple[Login, ...]
    colleagues: tuple[Login, ...] = ()
    data_until: dt.date | None = None


def _logins(domain: str, people: Mapping[str, tuple[str, str]]) -> tuple[Login, ...]:
    return tuple(
        Login(role.rstrip("2"), name, f"{name.split()[0].lower()}@{domain}", title)
        for role, (name, title) in people.items()
    )


NORTHWIND = Company(
    "northwind", "Northwind Cloud", "USD", "Europe/Amsterdam", GENERATED,
    _logins("northwind.example", {
        "executive": ("Dana Whitfield", "Chief customer officer"),
        "leader": ("Hassan Malik", "VP customer success"),
        "csm": ("Priya Natarajan", "Customer success manager"),
        "csm2": ("Tomi Okonkwo", "Customer success manager"),
        "ops": ("Sofia Varga", "CS operations"),
        "admin": ("Adam Reyes", "Administrator"),
    }),
    tuple(
        Login("csm", name, f"{key}@northwind.example", "Customer success manager")
        for name, key, _size in CSMS if key not in {"priya", "tomi"}
    ),
)  # fmt: skip
LABS = Company(
    "northwind-labs", "Northwind Labs", "EUR", "Asia/Jakarta", GENERATED,
    (
        Login("executive", "Dana Whitfield", "dana@northwind.example", "Board member"),
        *_logins("labs.example", {
            "leader": ("Indah Permata", "Head of customer success"),
            "csm": ("Priya Nair", "Customer success manager"),
            "csm2": ("Agus Santoso", "Customer success manager"),
            "ops": ("Rizal Hakim", "CS operations"),
            "admin": ("Maya Lestari", "Administrator"),
        }),
    ),
)  # fmt: skip
SUPPLIERS = Company(
    "gcloud", "G-Cloud 3 suppliers", "GBP", "Europe/London", GCLOUD,
    _logins("gcloud.example", {
        "executive": ("Eleanor Shaw", "Chief executive"),
        "leader": ("Lewis Grant", "Head of customer success"),
        "csm": ("Cara Doyle", "Customer success manager"),
        "csm2": ("Callum Reid", "Customer success manager"),
        "ops": ("Owen Price", "Finance operations"),
        "admin": ("Alice Byrne", "Administrator"),
    }),
    data_until=dt.date(2014, 6, 30),
)  # fmt: skip


class Demo:
    """The demo of one installation; what it knows is kept in var/demo.json, readable by its owner alone."""

    def __init__(self, *, url: str, accounts: int, seed: int, say: Say) -> None:
        self.url = url
        self.accounts = accounts
        self.seed = seed
        self.say = say
        self.path = Path(os.environ.get("SETIA_VAR") or "var") / "demo.json"
        known = json.loads(self.path.read_text()) if self.path.exists() else {"tenants": []}
        self.passwords = {m["email"]: m["password"] for t in known["tenants"] for m in t["members"]}
        self.secrets = {t["slug"]: t["api_keys"] for t in known["tenants"]}

    def run(self) -> None:
        """Make what is missing of the three tenants, and write the logins."""
        for company, fill in ((NORTHWIND, self._northwind), (LABS, self._labs), (SUPPLIERS, self._suppliers)):
            tenant = Tenant.objects.filter(slug=company.slug).first()
            fresh = tenant is None
            if tenant is None:
                tenant = self._found(company)
            self._people(tenant, company)
            self._write()
            if fresh or tenant.night_done_on is None:
                self.say(f"{company.name}")
                fill(tenant, company)
                self._night(tenant)
            else:
                self.say(f"{company.name}: already there")
        self._write()

    def _found(self, company: Company) -> Tenant:
        with transaction.atomic():
            return create_tenant(
                slug=company.slug,
                name=company.name,
                currency=company.currency,
                time_zone=company.timezone,
                admin_email=company.logins[-1].email,
                notice=company.notice,
                data_until=company.data_until,
            ).tenant

    def _people(self, tenant: Tenant, company: Company) -> None:
        """Members with their passwords, and keys: those of var/demo.json, or new ones when that file is gone."""
        with tenant_context(tenant.id, actor="demo"):
            known = {m.user.email: m for m in Member.objects.select_related("user")}
            for login in (*company.logins, *company.colleagues):
                member = known.get(login.email)
                if member is None:
                    member = add_member(email=login.email, name=login.name, role=login.role, title=login.title)
                elif member.name != login.name:
                    member.name, member.title = login.name, login.title
                    member.save()
                if login in company.logins and not (
                    login.email in self.passwords and member.user.has_usable_password()
                ):
                    self._set_password(member.user, login)
            leader = known.get(company.logins[1].email) or Member.objects.get(user__email=company.logins[1].email)
            team, _made = Team.objects.get_or_create(name="Customer success", defaults={"leader": leader})
            Member.objects.filter(role__key="csm", team=None).update(team=team)
            if tenant.slug not in self.secrets:
                ApiKey.objects.filter(name="demo").update(name="demo, earlier")
                _key, secret = create_api_key(
                    name="demo", scopes=[KeyScope.READ, KeyScope.WRITE, KeyScope.EVENTS, KeyScope.ADMIN], by=None
                )
                scopes = [str(s) for s in (KeyScope.READ, KeyScope.WRITE, KeyScope.EVENTS, KeyScope.ADMIN)]
                self.secrets[tenant.slug] = [{"name": "demo", "scopes": scopes, "secret": secret}]

    def _set_password(self, user: User, login: Login) -> None:
        password = self.passwords.get(login.email) or f"{login.name.split()[0].lower()}-{secrets.token_urlsafe(9)}"
        user.name = user.name or login.name
        user.set_password(password)
        user.save()
        self.passwords[login.email] = password

    def _write(self) -> None:
        tenants = []
        for company in (NORTHWIND, LABS, SUPPLIERS):
            if company.slug not in self.secrets:
                continue
            members = [
                {"role": login.role, "email": login.email, "password": self.passwords[login.email], "name": login.name}
                for login in company.logins
            ]
            tenants.append(
                {
                    "slug": company.slug,
                    "name": company.name,
                    "currency": company.currency,
                    "timezone": company.timezone,
                    "members": members,
                    "api_keys": self.secrets[company.slug],
                }
            )
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch(mode=0o600)
        self.path.write_text(json.dumps({"url": self.url, "tenants": tenants}, indent=2, ensure_ascii=False) + "\n")

    def _northwind(self, tenant: Tenant, company: Company) -> None:
        last = tenant.today() - dt.timedelta(days=1)
        rows = make_company(seed=self.seed, accounts=self.accounts, last=last, domain="northwind.example")
        self._file(tenant, "fx_rates", _rates(last), "ecb_month_end.csv")
        self._company(tenant, rows)

    def _labs(self, tenant: Tenant, company: Company) -> None:
        last = tenant.today() - dt.timedelta(days=1)
        rows = make_company(
            seed=self.seed + 1, accounts=max(self.accounts // 10, 20), last=last, domain="labs.example", prefix="NL"
        )
        for row in rows.accounts:
            row["owner_email"] = row["owner_email"] and (
                "priya@labs.example" if row["account"] < "NL-1020" else "agus@labs.example"
            )
        self._file(tenant, "fx_rates", _rates(last), "ecb_month_end.csv")
        self._company(tenant, rows)

    def _suppliers(self, tenant: Tenant, company: Company) -> None:
        with gzip.open(DATA / "gcloud_subscriptions.csv.gz", "rt") as file:
            rows = [row for row in csv.DictReader(file) if row["tenant"] == "gc3-all"]
        self._file(tenant, "subscriptions", rows, "gcloud_subscriptions.csv")

    def _company(self, tenant: Tenant, rows: Rows) -> None:
        self._file(tenant, "accounts", rows.accounts, "accounts.csv")
        self._file(tenant, "contacts", rows.contacts, "contacts.csv")
        self._file(tenant, "subscriptions", rows.subscriptions, "subscriptions.csv")
        self._events(tenant, rows.events)

    def _file(self, tenant: Tenant, kind: str, rows: list[dict[str, Any]], name: str) -> None:
        """Through the public import, as an uploaded file would go; a row that is refused is a fault of the demo."""
        with tenant_context(tenant.id, actor="demo"):
            ops = Member.objects.filter(role__key="ops").first()
            run = Import.objects.filter(kind=kind, filename=name).first()
            if run is None:
                run = create_import(kind=kind, filename=name, source=io.BytesIO(_csv(rows)), by=ops, piece=400)
                start_import(run=run, by=ops)
            work = Work.objects.filter(name="import_file", key=str(run.id)).first()
        while work and self._state(tenant, run).state == ImportState.RUNNING:
            queue.attempt(tenant.id, work.id, patient=True, reraise=True)
            self._bar(kind, self._state(tenant, run).read, run.total)
        if run.rejected:
            with tenant_context(tenant.id):
                first = run.rejects.first()
            raise RuntimeError(f"{name}, row {first.row}, {first.column} {first.value!r}: {first.message}")

    def _state(self, tenant: Tenant, run: Import) -> Import:
        with tenant_context(tenant.id):
            run.refresh_from_db()
        return run

    def _events(self, tenant: Tenant, events: Iterable[dict[str, Any]]) -> None:
        wanted = list(events)
        with tenant_context(tenant.id, actor="demo"):
            accounts = {a.external_id: a for a in Account.objects.select_related("owner")}
            contacts = {c.external_id: c for c in Contact.objects.all()}
            ops = Member.objects.filter(role__key="ops").get()
            for event in wanted:
                account = accounts[event["account"]]
                log_event(
                    account=account,
                    kind=event["kind"],
                    happened_on=event["happened_on"],
                    note=event["note"],
                    contact=contacts.get(event["contact"]),
                    by=account.owner or ops,
                )
        self._bar("events", len(wanted), len(wanted))

    def _night(self, tenant: Tenant) -> None:
        with tenant_context(tenant.id, actor="demo"):
            day = tenant.today() - dt.timedelta(days=0 if tenant.data_until else 1)
            _run, work = pipeline.start_night(day, actor="demo")
        queue.run_to_end(tenant.id, work.id)
        self._bar("night", 1, 1)

    def _bar(self, what: str, done: int, total: int) -> None:
        if done:
            filled = round(24 * done / total)
            self.say(f"  {what:<14} {'█' * filled}{'·' * (24 - filled)} {done} of {total}")


def _rates(last: dt.date) -> list[dict[str, Any]]:
    """The real month-end rates of five years."""
    since = f"{last.year - 5}-{last.month:02d}"
    with gzip.open(DATA / "ecb_month_end.csv.gz", "rt") as file:
        return [row for row in csv.DictReader(file) if since <= row["month"]]


def _csv(rows: list[dict[str, Any]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode()
