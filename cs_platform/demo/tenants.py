"""The three tenants of the demo and who signs in to them."""

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext_noop as N_

from cs_platform.demo.company import Company
from cs_platform.demo.names import CSMS

GENERATED = N_("Demo data: these companies and people do not exist.")
PUBLIC = N_(
    "Demo data: contains public sector information licensed under the Open Government Licence v3.0 "
    "(G-Cloud sales, 2012 to 2014)."
)


@dataclass(frozen=True)
class Person:
    """A member, with the key of their role; one without `login` never signs in."""

    role: str
    name: str
    email: str
    title: str
    login: bool = True


@dataclass(frozen=True)
class DemoTenant:
    """A tenant of the demo. `company` is who sells in it; the book of one without is real."""

    slug: str
    name: str
    currency: str
    timezone: str
    notice: str
    domain: str
    people: tuple[Person, ...]
    company: Company | None = None
    data_until: dt.date | None = None

    def person(self, role: str) -> Person:
        """The first person of that role."""
        return next(person for person in self.people if person.role == role)


def _people(domain: str, *people: tuple[str, str, str]) -> tuple[Person, ...]:
    return tuple(Person(role, name, f"{name.split()[0].lower()}@{domain}", title) for role, name, title in people)


CSM = "Customer success manager"
LOGINS = ("priya", "tomi")
NORTHWIND = DemoTenant(
    "northwind", "Northwind Cloud", "USD", "Europe/Amsterdam", GENERATED, "northwind.example",
    _people(
        "northwind.example",
        ("executive", "Dana Whitfield", "Chief customer officer"),
        ("leader", "Hassan Malik", "VP customer success"),
        ("ops", "Sofia Varga", "CS operations"),
        ("admin", "Adam Reyes", "Administrator"),
    ) + tuple(Person("csm", name, f"{key}@northwind.example", CSM, key in LOGINS) for name, key, _books in CSMS),
    Company("NW", "USD", "northwind.example"),
)  # fmt: skip
# The same customers' names in another company, and one person who belongs to both.
LABS = DemoTenant(
    "northwind-labs", "Northwind Labs", "EUR", "Asia/Jakarta", GENERATED, "labs.example",
    (
        Person("executive", "Dana Whitfield", "dana@northwind.example", "Board member"),
        *_people(
            "labs.example",
            ("leader", "Indah Permata", "Head of customer success"),
            ("csm", "Priya Nair", CSM),
            ("csm", "Agus Santoso", CSM),
            ("ops", "Rizal Hakim", "CS operations"),
            ("admin", "Maya Lestari", "Administrator"),
        ),
    ),
    Company(
        "NL", "EUR", "labs.example",
        owners={key: ("priya", "agus")[i % 2] for i, (_name, key, _books) in enumerate(CSMS)},
    ),
)  # fmt: skip
GCLOUD = DemoTenant(
    "gcloud", "G-Cloud 3 suppliers", "GBP", "Europe/London", PUBLIC, "gcloud.example",
    _people(
        "gcloud.example",
        ("executive", "Eleanor Shaw", "Chief executive"),
        ("leader", "Lewis Grant", "Head of customer success"),
        ("csm", "Cara Doyle", CSM),
        ("csm", "Imran Reid", CSM),
        ("ops", "Owen Price", "Finance operations"),
        ("admin", "Alice Byrne", "Administrator"),
    ),
    data_until=dt.date(2014, 6, 30),
)  # fmt: skip
TENANTS = (NORTHWIND, LABS, GCLOUD)
