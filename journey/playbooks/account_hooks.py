"""What plays add to the pages below: the one that runs in the header of an account, on an alert its play or a button, in the
inbox the mails that are about to go."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.account_frame import ASIDES, FACTS
from accounts.models import Account
from cs_platform.kernel.access import Permission, TenantRequest, may
from health.alerts.beside import KINDS, Kind, Line
from health.alerts.offers import OFFERS, Offer
from health.models import Alert
from journey.enums import PlayState
from journey.models import Letter, Play
from journey.playbooks import cells, letter_cells, selectors
from journey.playbooks.catalogue import TRIGGERED
from journey.playbooks.services import follow_task
from journey.work.cells import PLAYBOOK_NAMES
from journey.work.services import SETTLED


def running_play(request: TenantRequest, account: Account) -> dict[str, Any] | None:
    """Save play, step 1 of 6: the latest that runs, and how many more do."""
    plays = list(selectors.listed(Play.objects.filter(account=account, state=PlayState.RUNNING)))
    if not plays:
        return None
    made = selectors.made_of(plays[:1]).get(plays[0].id, {})
    more = len(plays) - 1
    return {
        "label": _("Play"),
        "value": cells.progress_text(plays[0], made),
        "note": ngettext("%(n)s more", "%(n)s more", more) % {"n": more} if more else "",
        "url": reverse("account_plays", args=[request.tenant.slug, account.id]),
    }


def play_of_alert(request: TenantRequest, alert: Alert) -> list[Offer]:
    """The plays that this alert began; a button to start the one that fits it where none did."""
    if alert.account_id is None:
        return []
    slug = request.tenant.slug
    plays = selectors.plays_of_alert(alert)
    url = reverse("account_plays", args=[slug, alert.account_id])
    if plays:
        made = selectors.made_of(plays)
        return [Offer(_said(play, made.get(play.id, {})), url) for play in plays]
    entry = next((entry for entry in TRIGGERED if entry.rule == alert.rule), None)
    if entry is None or not may(request, Permission.EDIT_ACCOUNTS):
        return []
    book = selectors.startable().filter(rule=alert.rule).first()
    title = cells.name(book) if book else cells.said_name(entry)
    start = f"{reverse('play_new', args=[slug, alert.account_id])}?alert={alert.id}"
    return [Offer(_("Start: %(name)s") % {"name": title}, start, drawer=True)]


def _said(play: Play, made: dict[str, selectors.Made]) -> str:
    if play.state == PlayState.RUNNING:
        return cells.progress_text(play, made)
    words = {"play": cells.name(play.playbook.playbook), "state": PlayState(play.state).label}
    return _("%(play)s: %(state)s") % words


def _lines(request: TenantRequest, rows: QuerySet[Letter], shown: int) -> list[Line]:
    slug = request.tenant.slug
    return [
        Line(
            title=f"{letter.account.name}: {letter.subject}",
            text=_("To %(to)s") % {"to": letter.address},
            url=letter_cells.url(letter, letter.account, slug),
            when=letter_cells.when(letter),
            drawer=True,
        )
        for letter in rows[:shown]
    ]


def _failed(request: TenantRequest, rows: QuerySet[Letter], shown: int) -> list[Line]:
    """With why each did not go; its page has the buttons: send again, let it be."""
    slug = request.tenant.slug
    return [
        Line(
            title=f"{letter.account.name}: {letter.subject}",
            text=letter_cells.reason(letter.reason) or _("The mail server did not take it."),
            url=letter_cells.url(letter, letter.account, slug),
            when=_("not sent"),
            late=True,
            drawer=True,
        )
        for letter in rows[:shown]
    ]


FAILED = Kind("mails-failed", gettext_lazy("Mails that were not sent"), "letters", selectors.own_failed, _failed)
# Mails that go in the member's name unless they say otherwise.
MAILS = Kind("mails", gettext_lazy("Mails in your name that wait"), "letters", selectors.own_waiting, _lines)
OWN_PLAYS = ("account-plays", "account_plays", gettext_lazy("Plays"))


def register() -> None:
    """Called once, when the apps are ready."""
    if OWN_PLAYS not in ASIDES:
        ASIDES.append(OWN_PLAYS)
    if running_play not in FACTS:
        FACTS.append(running_play)
    if play_of_alert not in OFFERS:
        OFFERS.append(play_of_alert)
    for kind in (FAILED, MAILS):
        if kind not in KINDS:
            KINDS.append(kind)
    if cells.name not in PLAYBOOK_NAMES:
        PLAYBOOK_NAMES.append(cells.name)
    if follow_task not in SETTLED:
        SETTLED.append(follow_task)
