"""Whom rows speak of: accounts and contacts by external id, members by e-mail."""

from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from accounts import selectors
from accounts.kinds import Row
from accounts.merging import MergeResult
from accounts.models import Contact

Ids = dict[str, UUID | None]


def named(
    rows: Sequence[Row], result: MergeResult, *, contacts: Sequence[str] = (), members: Sequence[str] = ()
) -> Iterator[tuple[Row, Ids]]:
    """The rows whose names exist, each with the ids by field (`account`, the fields of `contacts` and of `members`);
    the others are refused. A contact must belong to the row's account."""

    def said(*fields: str) -> set[str]:
        return {row.values[field] for row in rows for field in fields if row.values.get(field)}

    accounts = {name: account.id for name, account in selectors.standing_accounts(said("account")).items()}
    people = {
        external: (id_, account)
        for external, id_, account in Contact.objects.filter(external_id__in=said(*contacts)).values_list(
            "external_id", "id", "account_id"
        )
    }
    ours = selectors.members_by_email(sorted(said(*members))) if members else {}
    for row in rows:
        account = row.values["account"]
        if account not in accounts:
            result.reject(row, "account", account, "unknown_account", _("There is no account with this id."))
            continue
        ids: Ids = {"account": accounts[account]}
        for field in (*contacts, *members):
            value = row.values.get(field)
            if not value:
                ids[field] = None
            elif field in members:
                if value not in ours:
                    result.reject(row, field, value, "unknown_member", _("This is not the e-mail of a member."))
                    break
                ids[field] = ours[value]
            elif value not in people:
                result.reject(row, field, value, "unknown_contact", _("There is no contact with this id."))
                break
            elif people[value][1] != accounts[account]:
                sentence = _("This contact belongs to another account.")
                result.reject(row, field, value, "other_accounts_contact", sentence)
                break
            else:
                ids[field] = people[value][0]
        else:
            yield row, ids


Named = tuple[Row, Ids, list[UUID], list[UUID]]


def named_several(
    rows: Iterable[tuple[Row, Ids]], result: MergeResult, *, contacts: str, members: str
) -> Iterator[Named]:
    """The rows with the ids of those who stand in two of their fields: contacts of the row's account, and members. Rows that name
    others are refused. No query where nobody is named, else two for any number of rows."""
    accepted = list(rows)
    said = {one for row, _ids in accepted for one in row.values.get(contacts) or ()}
    emails = {one for row, _ids in accepted for one in row.values.get(members) or ()}
    people = {}
    if said:
        found = Contact.objects.filter(external_id__in=said).order_by()
        people = {(name, account): id_ for name, id_, account in found.values_list("external_id", "id", "account_id")}
    ours = selectors.members_by_email(sorted(emails)) if emails else {}
    for row, ids in accepted:
        there = {name: people.get((name, ids["account"])) for name in row.values.get(contacts) or ()}
        own = {name: ours.get(name) for name in row.values.get(members) or ()}
        strangers = [name for name, id_ in there.items() if id_ is None]
        unknown = [name for name, id_ in own.items() if id_ is None]
        if strangers:
            sentence = _("The account has no contact with this id.")
            result.reject(row, contacts, strangers[0], "unknown_contact", sentence)
        elif unknown:
            result.reject(row, members, unknown[0], "unknown_member", _("This is not the e-mail of a member."))
        else:
            yield row, ids, [id_ for id_ in there.values() if id_], [id_ for id_ in own.values() if id_]
