"""Mails of playbooks in words: to whom, what became of each and why."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.enums import ContactRole
from accounts.models import Account
from cs_platform.kernel.templatetags.cells import moment_text, number_text
from journey.enums import LetterState
from journey.models import Letter
from journey.playbooks.mail import ANYONE, LeftOut, Mail, Place

TONES = {
    LetterState.WAITING: "acc",
    LetterState.SENT: "good",
    LetterState.LEFT_OUT: "none",
    LetterState.FAILED: "risk",
    LetterState.CANCELLED: "none",
}


def role(name: str) -> str:
    """Champion, or anybody."""
    return _("Anybody with an address") if name == ANYONE else str(ContactRole(name).label)


def recipient(mail: Mail) -> str:
    """Mail to: Champion, else to another person."""
    words = _("Mail to: %(role)s, else to another person") if mail.fallback else _("Mail to: %(role)s")
    return words % {"role": role(mail.to)}


def reason(kept: str) -> str:
    """Why a letter did not go, in the reader's language: a word of the product with what it names, else as it was said.

    Example: `missing:renewal` is "Facts for the text are missing: Day of the renewal".
    """
    word, _colon, names = kept.partition(":")
    if word not in LeftOut.values:
        return kept
    missing = ", ".join(str(Place(name).label) for name in names.split(",") if name in Place.values)
    label = str(LeftOut(word).label)
    return _("%(reason)s: %(names)s") % {"reason": label, "names": missing} if missing else label


def counts(states: Mapping[str, int]) -> list[str]:
    """Waiting 2, Sent 14, in the order of the states."""
    words = [(LetterState(state).label, states[state]) for state in LetterState.values if states.get(state)]
    return [f"{label} {number_text(n, 0)}" for label, n in words]


def when(letter: Letter) -> str:
    """Goes on …, went on …, was written on …"""
    if letter.state == LetterState.WAITING and letter.attempts:
        return ngettext("tried %(n)s time, is tried again", "tried %(n)s times, is tried again", letter.attempts) % {
            "n": number_text(letter.attempts, 0)
        }
    if letter.state == LetterState.WAITING:
        return _("goes %(moment)s") % {"moment": moment_text(letter.goes_at)}
    if letter.state == LetterState.SENT:
        return _("sent %(moment)s") % {"moment": moment_text(letter.sent_at)}
    return _("written %(moment)s") % {"moment": moment_text(letter.created_at)}


def url(letter: Letter, account: Account, slug: str) -> str:
    """Its page, on the account that counts today where it went to one that was merged."""
    return reverse("letter", args=[slug, _account_id(account), letter.id])


def _account_id(account: Account) -> UUID:
    return account.merged_into_id or account.id


def row(letter: Letter, slug: str) -> dict[str, Any]:
    """A line of a log, and what the page of the letter says; its account is loaded."""
    state = LetterState(letter.state)
    return {
        "id": letter.id,
        "subject": letter.subject,
        "body": letter.body,
        "to": letter.contact.name if letter.contact else "",
        "address": letter.address,
        "sender": letter.sender.name if letter.sender else _("the company"),
        "account": letter.account.name,
        "state": str(state.label),
        "tone": TONES[state],
        "when": when(letter),
        "reason": reason(letter.reason),
        "waits": state == LetterState.WAITING,
        "failed": state == LetterState.FAILED,
        "version": letter.version,
        "url": url(letter, letter.account, slug),
        "change_url": reverse("letter_change", args=[slug, _account_id(letter.account), letter.id]),
    }


def step_state(letter: Letter, account: Account, slug: str) -> dict[str, Any]:
    """What became of the step of a play that is this letter, at the play's account."""
    state = LetterState(letter.state)
    return {
        "title": letter.subject,
        "url": url(letter, account, slug),
        "tone": TONES[state],
        "word": _("mail: %(state)s") % {"state": state.label},
        "result": reason(letter.reason),
    }
