"""Verbs on issues: report, change, link to customers, answer, tell, put together with one that says the same (ACC-14).

Each locks the issue, and each change of its customers is a version of it. `version` is the one that the person saw:
Conflict when the issue was changed since, and None takes whatever stands. `by` is None for a program. DomainError names
the field.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from accounts.customers import EARLIEST, refused
from accounts.dossier import parts_of
from accounts.enums import ChangeSource
from accounts.merging.result import today
from accounts.models import Account, Contact, Member
from accounts.webhooks.announce import announce_all
from accounts.webhooks.events import Kind
from cs_platform.kernel.edits import check_seen, insert_once, put
from cs_platform.kernel.errors import DomainError
from journey.enums import Function, IssueKind, IssueState, Weight
from journey.issues import telling
from journey.issues.states import may_move
from journey.models import Issue, IssueAccount
from journey.models.issues import ENDED

FIELDS = ("title", "description", "kind", "function", "owner", "link", "reference", "reported_on")
LINK_FIELDS = ("weight", "contact", "note", "since", "told_on")
LIMITS = {"title": 200, "description": 4000, "link": 500, "reference": 120, "answer": 2000, "note": 500}
FURTHEST = dt.timedelta(days=5 * 366)  # a promise lies at most so far ahead
KEPT: Any = object()  # an argument that was not given: what stands there stays
# Of two that say the same, the customer keeps the heavier weight.
HEAVIEST = {weight: place for place, weight in enumerate(Weight)}


@transaction.atomic
def report_issue(
    *,
    title: str,
    by: Member | None,
    description: str = "",
    kind: str = IssueKind.GAP,
    function: str = Function.PRODUCT,
    owner: Member | None = None,
    link: str = "",
    reference: str = "",
    reported_on: dt.date | None = None,
    external_id: str = "",
    source: str = "",
    source_ref: UUID | None = None,
) -> Issue:
    """Write an issue into the log. The same `external_id` again gives the one that is there."""
    if external_id and (known := Issue.objects.filter(external_id=external_id).first()):
        return known
    row = Issue(
        external_id=external_id or str(uuid7()),
        created_by=by,
        source=source or (ChangeSource.MEMBER if by else ChangeSource.API),
        source_ref=source_ref or (by.id if by else None),
    )
    values = {
        "title": title,
        "description": description,
        "kind": kind,
        "function": function,
        "owner": owner,
        "link": link,
        "reference": reference,
        "reported_on": reported_on or today(),
    }
    for name, value in _checked(values).items():
        setattr(row, name, value)
    return insert_once(row, key="external_id")


@transaction.atomic
def change_issue(*, issue: Issue, values: Mapping[str, Any], version: int | None, by: Member | None) -> Issue:
    """Change what is written of an issue (`FIELDS`); its state has a verb of its own."""
    row = _locked(issue, version)
    changes = _checked({name: values[name] for name in FIELDS if name in values}, row)
    return put(row, **{name: value for name, value in changes.items() if getattr(row, name) != value})


@transaction.atomic
def answer_issue(
    *,
    issue: Issue,
    state: str,
    version: int | None,
    by: Member | None,
    answer: str = KEPT,
    promised_on: dt.date | None = KEPT,
) -> Issue:
    """Say where the other team stands with it: the state, what it answers and for when it promises it.

    A person makes the moves of `states.MOVES` and declines with a word why. With the end there is a task for the owner of
    each customer to tell them; an end that is taken back takes those that are open along, and all are to be told anew.
    """
    row = _locked(issue, version)
    if state not in IssueState.values:
        raise refused("state", _("Choose one of the list."))
    if by is not None and not may_move(row.state, state):
        words = {"before": IssueState(row.state).label, "after": IssueState(state).label}
        raise refused("state", _("From “%(before)s” it does not go to “%(after)s”.") % words)
    changes: dict[str, Any] = {"state": state}
    if answer is not KEPT:
        changes |= _texts({"answer": answer})
    if promised_on is not KEPT:
        changes["promised_on"] = _promise(promised_on, row.promised_on, by)
    if by is not None and state == IssueState.DECLINED and not changes.get("answer", row.answer):
        raise refused("answer", _("Say why: the customers will ask."))
    moved, was_open = state != row.state, row.is_open
    if moved and state in ENDED and was_open:
        changes["ended_on"] = today()
    elif moved and state not in ENDED:
        changes |= {"ended_on": None, "merged_into": None}
    row = put(row, **{name: value for name, value in changes.items() if getattr(row, name) != value})
    if was_open != row.is_open:
        follow(row, was_open=was_open, by=by)
    return row


def follow(issue: Issue, *, was_open: bool, by: Member | None) -> None:
    """What follows when an issue that was open has ended, or one that had ended is open again."""
    if was_open:
        links = list(issue.accounts.all())
        telling.ask(issue, links, by)
        told = {"issue": issue.external_id, "title": issue.title, "state": issue.state, "answer": issue.answer}
        announce_all(Kind.ISSUE_ANSWERED, [(link.account_id, told) for link in links] or [(None, told)])
    else:
        telling.take_back(issue, by)


@transaction.atomic
def link_account(
    *,
    issue: Issue,
    account: Account,
    by: Member | None,
    version: int | None = None,
    weight: str = KEPT,
    contact: Contact | None = KEPT,
    note: str = KEPT,
    since: dt.date | None = KEPT,
    told_on: dt.date | None = KEPT,
) -> IssueAccount:
    """This customer has the issue: what it means to them, who said so, in which words, since when.

    Once for a customer: told again, what is given changes. One that was merged counts for the customer it is a part of.
    Of an issue that has ended the customer is told at once: a task for its owner.
    """
    row = _locked(issue, version)
    account = telling.standing([account])[account.id]
    if by is not None and not Account.objects.visible_to(by).filter(id=account.id).exists():
        raise refused("account", _("There is no account with this id."))
    given = dict(zip(LINK_FIELDS, (weight, contact, note, since, told_on), strict=True))
    values = _checked_link(account, {name: value for name, value in given.items() if value is not KEPT})
    link = IssueAccount.objects.filter(issue=row, account__in=[account.id, *parts_of(account)]).order_by("id").first()
    if link is None:
        values = {"since": today()} | {name: value for name, value in values.items() if value is not None}
        link = IssueAccount.objects.create(issue=row, account=account, **values)
        _touch(row)
        if not row.is_open and link.told_on is None:
            telling.ask(row, [link], by)
        return link
    values = {name: value for name, value in values.items() if getattr(link, name) != value}
    if "since" in values and values["since"] is None:
        del values["since"]
    if values:
        _keep(link, values)
        _touch(row)
    return link


@transaction.atomic
def unlink(*, link: IssueAccount, by: Member | None, version: int | None = None) -> None:
    """The customer does not have the issue after all; nobody has to tell them."""
    row = _locked(link.issue, version)
    telling.drop(row, link.account, by)
    link.delete()
    _touch(row)


@transaction.atomic
def mark_told(*, link: IssueAccount, by: Member | None, on: dt.date | None = None, version: int | None = None) -> None:
    """The customer knows how it was answered; the task that asks for it is done with that. Told twice changes nothing."""
    row = _locked(link.issue, version)
    if row.is_open:
        raise DomainError(_("There is no answer yet that they could be told."), code="open")
    on = on or today()
    if not row.reported_on <= on <= today():
        raise refused("told_on", _("The day lies between the report and today."))
    if IssueAccount.objects.filter(id=link.id, told_on=None).update(told_on=on):
        telling.done(row, link.account, by)
        _touch(row)


@transaction.atomic
def merge_issues(*, issue: Issue, into: Issue, version: int | None, by: Member | None) -> Issue:
    """`issue` says the same as `into`: its customers count there from now on, with the heavier weight and the earlier day
    where both have them, and it ends with a reference. Its own history stays.
    """
    rows = {row.id: row for row in Issue.objects.select_for_update().filter(id__in=[issue.id, into.id]).order_by("id")}
    row, other = rows[issue.id], rows[into.id]
    check_seen(row, version)
    if row.id == other.id:
        raise refused("into", _("An issue cannot be put together with itself."))
    if not row.is_open:
        raise refused("into", _("This issue is answered already."))
    if other.merged_into_id is not None:
        raise refused("into", _("That one was put together with another one itself. Choose that one."))
    known = {link.account_id: link for link in other.accounts.all()}
    came = []
    for link in row.accounts.all():
        same = known.get(link.account_id)
        if same is None:
            _keep(link, {"issue": other})
            came.append(link)
            continue
        values = {
            "weight": min(same.weight, link.weight, key=lambda weight: HEAVIEST[weight]),
            "since": min(same.since, link.since),
            "note": same.note or link.note,
            "contact_id": same.contact_id or link.contact_id,
        }
        _keep(same, {name: value for name, value in values.items() if getattr(same, name) != value})
        link.delete()
    words = _("Says the same as “%(title)s”.") % {"title": other.title}
    row = put(row, state=IssueState.DECLINED, merged_into=other, ended_on=today(), answer=words)
    _touch(other)
    if not other.is_open:
        telling.ask(other, came, by)
    return row


def _locked(issue: Issue, version: int | None) -> Issue:
    row = Issue.objects.select_for_update().get(id=issue.id)
    check_seen(row, version)
    return row


def _keep(link: IssueAccount, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(link, name, value)
    if values:
        link.save(update_fields=list(values))


def _touch(row: Issue) -> None:
    """Its customers changed: the next version, so that readers of changes find it."""
    put(row, updated_at=timezone.now())


def _checked(values: dict[str, Any], row: Issue | None = None) -> dict[str, Any]:
    """The given values as they are kept; DomainError names each that cannot be."""
    problems: dict[str, str] = {}
    values |= _texts({name: values[name] for name in LIMITS if name in values}, problems)
    if "title" in values and not values["title"]:
        problems["title"] = _("Say in a sentence what is missing.")
    for name, choices in (("kind", IssueKind), ("function", Function)):
        if name in values and values[name] not in choices.values:
            problems[name] = _("Choose one of the list.")
    if values.get("link"):
        try:
            URLValidator(schemes=["http", "https"])(values["link"])
        except ValidationError:
            problems["link"] = _("Write a whole address, such as https://tracker.example/123.")
    owner = values.get("owner")
    if owner is not None and not owner.is_active and (row is None or row.owner_id != owner.id):
        problems["owner"] = _("%(name)s is not active any more.") % {"name": owner.name}
    if "reported_on" in values and not EARLIEST <= values["reported_on"] <= today():
        problems["reported_on"] = _("The day lies between 1990 and today.")
    if problems:
        raise DomainError(next(iter(problems.values())), fields=problems)
    return values


def _texts(values: dict[str, Any], problems: dict[str, str] | None = None) -> dict[str, Any]:
    """Texts without space around them; one that is too long is a problem, or refused where none are collected."""
    found = {name: (value or "").strip() for name, value in values.items()}
    for name, value in found.items():
        if len(value) > LIMITS[name]:
            text = _("At most %(limit)s characters fit here.") % {"limit": LIMITS[name]}
            if problems is None:
                raise refused(name, text)
            problems[name] = text
    return found


def _promise(day: dt.date | None, before: dt.date | None, by: Member | None) -> dt.date | None:
    """A day that is promised lies ahead, unless it stood there already or another system says it."""
    if day is None or day == before:
        return day
    first = today() if by is not None else EARLIEST
    if not first <= day <= today() + FURTHEST:
        raise refused("promised_on", _("Choose a day that lies ahead, at most five years."))
    return day


def _checked_link(account: Account, values: dict[str, Any]) -> dict[str, Any]:
    if "weight" in values and values["weight"] not in Weight.values:
        raise refused("weight", _("Choose one of the list."))
    if "note" in values:
        values |= _texts({"note": values["note"]})
    contact = values.get("contact")
    if contact is not None and contact.account_id != account.id:
        raise refused("contact", _("There is no such person at this account."))
    for name in ("since", "told_on"):
        if values.get(name) is not None and not EARLIEST <= values[name] <= today():
            raise refused(name, _("The day lies between 1990 and today."))
    return values
