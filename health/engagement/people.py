"""Who is at a meeting: people of the customer and of ours, by name (ACC-06)."""

from collections.abc import Iterable
from uuid import UUID

from accounts.models import Contact, Member
from health.models import Touchpoint


def people_of(rows: Iterable[Touchpoint]) -> dict[UUID, list[str]]:
    """The names of who is at each of these: its person and who else of the customer, then ours. Contact and member are
    loaded; two queries at most, none where nobody else is there."""
    rows = list(rows)
    there = {id_ for row in rows for id_ in row.attendees}
    ours = {id_ for row in rows for id_ in row.colleagues}
    contacts = dict(Contact.objects.filter(id__in=there).values_list("id", "name")) if there else {}
    members = dict(Member.objects.filter(id__in=ours).values_list("id", "name")) if ours else {}
    found = {}
    for row in rows:
        names = [row.contact.name] if row.contact else []
        names += [contacts[id_] for id_ in row.attendees if id_ in contacts]
        names += [row.member.name] if row.member else []
        names += [members[id_] for id_ in row.colleagues if id_ in members]
        found[row.id] = list(dict.fromkeys(names))
    return found
