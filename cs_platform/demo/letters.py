"""Mails of playbooks at Northwind: one that went, one held back because of it, two that wait, an address that wants none.

Through the services, by the people who own the customers; the days of the plays are moved back, as if they had begun then.
"""

import datetime as dt

from django.utils import timezone

from accounts import opt_outs
from accounts.enums import OptOutHow, Status
from accounts.models import Account
from journey.enums import LetterState
from journey.models import Letter, Play, Playbook
from journey.playbooks import installing, jobs, services

DAY = dt.timedelta(days=1)
BEFORE = 2  # days since the mail that went


def write(last: dt.date) -> int:
    """A few mails; how many were written, 0 when the company has some already."""
    if Letter.objects.exists():
        return 0
    installing.install()
    books = Account.objects.filter(status=Status.LIVE, merged_into=None, contacts__left_on=None).exclude(owner=None)
    wanted = books.exclude(contacts__email="").filter(contacts__role="champion").distinct()
    chosen = list(wanted.select_related("owner").order_by("-mrr_minor", "external_id")[6:9])
    if len(chosen) < 3:  # a demo of a few customers
        return 0
    first, second, third = chosen
    today = last + DAY
    _play("adoption_campaign", first, today, 2 + BEFORE)
    went = timezone.now() - BEFORE * DAY
    Letter.objects.filter(account=first).update(state=LetterState.SENT, sent_at=went, goes_at=went, created_at=went)
    _play("reference", first, today, 21)
    champion = second.contacts.filter(role="champion", left_on=None).order_by("external_id").first()
    if champion is not None:
        opt_outs.stop_mail(address=champion.email, how=OptOutHow.LINK, by=None)
    for account in (second, third):
        _play("adoption_campaign", account, today, 2)
    return Letter.objects.count()


def _play(key: str, account: Account, today: dt.date, days: int) -> None:
    """A play that began so many days ago, with what is due of it by today."""
    assert account.owner is not None
    book = Playbook.objects.get(key=key)
    play = services.start_play(
        playbook=book, account=account, by=account.owner, note="Half of the seats do not use it."
    )
    Play.objects.filter(id=play.id).update(as_of=today - days * DAY)
    row = Play.objects.select_related("playbook").get(id=play.id)
    jobs.advance([row], today)
