"""Playbooks with mails, and who gets them, for the tests of letters."""

import datetime as dt
from typing import Any

from django.utils import timezone

from accounts.models import Account, Contact, Member
from cs_platform.kernel import queue
from cs_platform.kernel.models import Work
from cs_platform.pipeline import install
from journey.models import Letter, Play, Playbook
from journey.playbooks import letters, services, versions
from tests.conftest import World
from tests.journey.playbook_facts import account

SUBJECT = {"en": "A result for {{ account }}", "id": "Hasil untuk {{ account }}"}
BODY = {"en": "Dear {{ first_name }},\n\nshall we talk?\n{{ csm }}", "id": "Halo {{ first_name }},\n{{ csm }}"}
MAIL: dict[str, Any] = {"to": "champion", "fallback": True, "subject": SUBJECT, "body": BODY}


def mail_step(key: str = "write", days: int = 0, **changes: Any) -> dict[str, Any]:
    return {"key": key, "days": days, "mail": MAIL | changes}


def task_step(key: str = "call", days: int = 0) -> dict[str, Any]:
    return {"key": key, "title": {"en": "Call"}, "doer": "owner", "work": "health", "days": days}


def book(by: Member, *steps: dict[str, Any], name: str = "Good news") -> Playbook:
    """A published playbook of the company's own with these steps, or one mail."""
    row = services.add_playbook(name=name, by=by)
    draft = versions.draft_from(playbook=row, by=by)
    versions.save_draft(draft=draft, steps=list(steps) or [mail_step()], version=None, by=by)
    versions.publish(draft=draft, reason="New", by=by)
    return row


def person(of: Account, name: str = "Ruth Okafor", role: str = "champion", **fields: Any) -> Contact:
    values = {"email": f"{name.split()[0].lower()}@customer.example", "language": "en"} | fields
    return Contact.objects.create(account=of, external_id=f"{of.external_id}-{name}", name=name, role=role, **values)


def written(world: World, *steps: dict[str, Any], **contact: Any) -> Letter:
    """The letter of a play that the CSM started just now at an account with one person."""
    csm = world.members["csm"]
    customer = account("Halcyon", csm)
    person(customer, **contact)
    started(world, customer, *steps)
    return Letter.objects.get()


def started(world: World, customer: Account, *steps: dict[str, Any], name: str = "Good news") -> Play:
    csm = world.members["csm"]
    return services.start_play(playbook=book(csm, *steps, name=name), account=customer, by=csm)


def due(letter: Letter) -> Letter:
    """Its hour has come, and so has that of its work."""
    Letter.objects.filter(id=letter.id).update(goes_at=timezone.now() - dt.timedelta(minutes=1))
    Work.objects.filter(name=letters.WORK).update(run_after=timezone.now() - dt.timedelta(minutes=1))
    letter.refresh_from_db()
    return letter


def work_off() -> int:
    """Workers do what is due; how many pieces."""
    install()
    return queue.drain(20)
