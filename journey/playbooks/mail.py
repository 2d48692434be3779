"""What a mail of a playbook says and to whom it goes: texts with places for facts, read, checked and filled (REQUIREMENTS 1K).

A place is written `{{ contact }}` and is one of `Place`; no template engine ever sees what people wrote. Pure.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.enums import ContactRole
from journey.playbooks.texts import Problems, read_texts

SUBJECT, BODY = 150, 4000
ANYONE = "anyone"
RECIPIENTS: tuple[str, ...] = (*ContactRole.values, ANYONE)
# Who gets it where nobody has the role that was wished for.
OTHERS = (ContactRole.CHAMPION, ContactRole.DECISION_MAKER, ANYONE)
_PLACE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


class Place(TextChoices):
    """Facts that a text may name."""

    CONTACT = "contact", gettext_lazy("Name of the person")
    FIRST_NAME = "first_name", gettext_lazy("First word of the name")
    ACCOUNT = "account", gettext_lazy("Name of the customer")
    CSM = "csm", gettext_lazy("Name of the CSM")
    CSM_EMAIL = "csm_email", gettext_lazy("E-mail of the CSM")
    COMPANY = "company", gettext_lazy("Name of our company")
    RENEWAL = "renewal", gettext_lazy("Day of the renewal")


class LeftOut(TextChoices):
    """Why a mail does not go. Kept with the letter; of MISSING with the places after a colon: `missing:renewal,csm`."""

    NO_ADDRESS = "no_address", gettext_lazy("Nobody there has an e-mail address")
    OPTED_OUT = "opted_out", gettext_lazy("Whoever it is for wants no mail")
    LATELY = "lately", gettext_lazy("They got a mail of a playbook a short time before")
    MISSING = "missing", gettext_lazy("Facts for the text are missing")
    TOO_LONG = "too_long", gettext_lazy("The text became too long")
    GONE = "gone", gettext_lazy("The person has left, or has no address any more")
    NO_CUSTOMER = "no_customer", gettext_lazy("The account is no customer any more")
    LATE = "late", gettext_lazy("Its day is long over")
    RULES_OFF = "rules_off", gettext_lazy("Every rule was off when it should have gone")


class Person(Protocol):
    """What is asked of a contact."""

    role: str
    email: str


P = TypeVar("P", bound=Person)


@dataclass(frozen=True)
class Mail:
    """A mail as a step says it: the role that it is for, whether others get it where nobody has it, and its texts."""

    to: str
    fallback: bool
    subject: Mapping[str, str]
    body: Mapping[str, str]

    def json(self) -> dict[str, Any]:
        return {"to": self.to, "fallback": self.fallback, "subject": dict(self.subject), "body": dict(self.body)}

    def recipient(self, people: Sequence[P], stopped: Collection[str]) -> P | LeftOut:
        """Whom it goes to, of people in the order in which they are preferred, or why to nobody. `stopped` are addresses
        in lower case that want no mail. Example: wished is the champion, who stopped it: the decision maker gets it."""
        wished = (self.to, *(OTHERS if self.fallback else ()))
        reachable = [person for person in people if person.email]
        found = [one for role in wished for one in reachable if role in (ANYONE, one.role)]
        for person in found:
            if person.email.lower() not in stopped:
                return person
        return LeftOut.OPTED_OUT if found else LeftOut.NO_ADDRESS


def read_mail(given: Any, place: int, problems: Problems) -> Mail:
    """From JSON; `problems` names each field that is wrong, as `0.subject`."""
    if not isinstance(given, dict) or set(given) - {"to", "fallback", "subject", "body"}:
        problems[f"{place}.subject"] = _("Write a subject and a text.")
        return Mail(ANYONE, True, {}, {})
    to, fallback = given.get("to"), given.get("fallback", True)
    if to not in RECIPIENTS:
        problems[f"{place}.to"] = _("Choose one of the list.")
        to = ANYONE
    if not isinstance(fallback, bool):
        problems[f"{place}.to"] = _("Yes or no.")
        fallback = True
    subject = read_texts(given.get("subject") or {}, SUBJECT, f"{place}.subject", problems)
    body = read_texts(given.get("body") or {}, BODY, f"{place}.body", problems, lines=True)
    if not subject:
        problems.setdefault(f"{place}.subject", _("Write a subject."))
    if not body:
        problems.setdefault(f"{place}.body", _("Write the text."))
    elif subject and set(body) != set(subject):
        problems.setdefault(f"{place}.body", _("Write subject and text in the same languages."))
    for name, texts in (("subject", subject), ("body", body)):
        if strange := unknown(texts.values()):
            sentence = _("There is no field %(names)s. Fields: %(known)s.")
            known = ", ".join(Place.values)
            problems[f"{place}.{name}"] = sentence % {"names": ", ".join(strange), "known": known}
    return Mail(to, fallback, subject, body)


def unknown(texts: Iterable[str]) -> list[str]:
    """Places of these texts that are none: unknown names, and brackets that do not close.

    Example: `unknown(["Dear {{ contact }}, {{ weather }} {{"]) == ["{{ weather }}", "{{"]`.
    """
    found: dict[str, None] = {}
    for text in texts:
        found |= {f"{{{{ {name} }}}}": None for name in _PLACE.findall(text) if name not in Place.values}
        rest = _PLACE.sub("", text)
        found |= {mark: None for mark in ("{{", "}}") if mark in rest}
    return list(found)


def places(texts: Iterable[str]) -> list[str]:
    """The places that these texts name, each once."""
    return list(dict.fromkeys(name for text in texts for name in _PLACE.findall(text)))


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its facts. What a value says is never read as a place.

    Example: `fill("Dear {{ contact }}", {"contact": "Ruth {{ csm }}"}) == "Dear Ruth {{ csm }}"`.
    """
    return _PLACE.sub(lambda found: values.get(found[1], ""), text)
