"""Notes for the board: what people say of a month beside its figures."""

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Member
from cs_platform.kernel.errors import Conflict, DomainError
from metrics.models import BoardNote

LONGEST = 4000


def note_of(month: dt.date) -> BoardNote | None:
    """The note of a month, with its author."""
    return BoardNote.objects.select_related("author").filter(month=month).first()


def version_of(note: BoardNote | None) -> str:
    """Which state of the note somebody saw; empty when there was none."""
    return note.updated_at.isoformat() if note else ""


@transaction.atomic
def save_note(*, month: dt.date, text: str, seen: str, by: Member) -> BoardNote | None:
    """Write the month's note, or take it away with an empty text. Conflict when it is not the one that was `seen`."""
    text = text.replace("\r\n", "\n").strip()
    if len(text) > LONGEST or "\0" in text:
        message = _("At most %(n)s characters.") % {"n": f"{LONGEST:,}"}
        raise DomainError(message, fields={"text": message})
    note = BoardNote.objects.select_for_update().filter(month=month).first()
    if version_of(note) != seen:
        raise Conflict(_("Somebody else changed this note in the meantime."))
    if not text:
        if note:
            note.delete()
        return None
    if note and note.text == text:
        return note
    values = {"text": text, "author": by, "updated_at": timezone.now()}
    if note is None:
        note, made = BoardNote.objects.get_or_create(month=month, defaults=values)
        if not made:
            raise Conflict(_("Somebody else changed this note in the meantime."))
        return note
    for name, value in values.items():
        setattr(note, name, value)
    note.save(update_fields=list(values))
    return note
