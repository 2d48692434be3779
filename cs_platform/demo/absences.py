"""Who is away at Northwind: one now with a cover, one in three weeks, one whose cover is away as well (ROL-02)."""

import datetime as dt

from accounts.absences import note_absence
from accounts.models import Absence, Member

DAY = dt.timedelta(days=1)
# Who, the cover, the first and the last day from today on, the note.
AWAY = (
    ("anna", "tomi", -2, 9, "Reachable in urgent cases only"),
    ("priya", "mei", 19, 30, "Year-end leave"),
    ("lucas", "priya", 24, 26, "Training, reachable in the evening"),
)


def note(last: dt.date) -> int:
    """The absences around the day after `last`; how many were noted, 0 when the company has some already."""
    if Absence.objects.exists():
        return 0
    today = last + DAY
    people = {member.user.email.split("@")[0]: member for member in Member.objects.select_related("user", "role")}
    for who, cover, first, end, text in AWAY:
        note_absence(
            member=people[who],
            cover=people[cover],
            first_on=today + first * DAY,
            last_on=today + end * DAY,
            note=text,
            by=None,
        )
    return len(AWAY)
