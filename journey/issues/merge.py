"""The one door of issues that come as rows: what another team's tracker says of them, and which customers have them
(ACC-14).

Several rows tell of one issue, each of a customer of it; the latest of the file speaks for the issue. What a row says by
another name (an account that was merged, an issue that says the same as another one) adds what is not there and changes
nothing of what is. So the same file again changes nothing, in whatever pieces it comes.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import selectors
from accounts.customers import EARLIEST
from accounts.kinds import Row
from accounts.merging import MergeResult, Origin
from accounts.merging.result import first_of_each, quiet_inserts, today
from accounts.models import Account, Member
from journey.issues import services, telling
from journey.issues.rows import OF_CUSTOMER
from journey.models import Issue, IssueAccount
from journey.models.issues import ENDED

BATCH = 500
# What must have a value (given empty, it stays what it is), and what an empty cell clears.
KEPT = ("kind", "function", "state", "reported_on")
CLEARED: Mapping[str, Any] = {"description": "", "link": "", "reference": "", "answer": "", "promised_on": None}
WRITTEN = ("title", *KEPT, *CLEARED, "owner", "ended_on", "version", "updated_at")


@dataclass
class _Log:
    """The issues that rows are about, locked, with their customers: as they stand and as the rows leave them."""

    day: dt.date
    owners: Mapping[str, Member]
    by_name: dict[str, Issue]
    by_id: dict[UUID, Issue] = field(default_factory=dict)
    made: set[UUID] = field(default_factory=set)
    was_open: dict[UUID, bool] = field(default_factory=dict)
    # By issue and account; one that was written before its account was merged keeps that.
    links: dict[tuple[UUID, UUID], IssueAccount] = field(default_factory=dict)
    # Who has an issue: by issue and customer, as which the account counts.
    had: set[tuple[UUID, UUID]] = field(default_factory=set)
    changed: set[UUID] = field(default_factory=set)
    new_links: dict[UUID, list[IssueAccount]] = field(default_factory=dict)
    changed_links: dict[UUID, IssueAccount] = field(default_factory=dict)


def merge_issue_rows(rows: Sequence[Row], origin: Origin, *, overtaken: Collection[int] = ()) -> MergeResult:
    """Create or change issues by their id, and say which customers have them; a field that is not given stays as it is.

    `overtaken` are the numbers of rows after which a later one of the file is about the same issue: they speak of their
    customer only. Where the latest is refused, the issue stays as it is until that comes corrected; a new one is made by
    its first row, as new. Refused: an account or a member who does not exist, days that cannot be, and two rows of one
    issue and customer that differ. A customer who is new there has the issue since it was reported, as its row says.
    """
    result = MergeResult()
    first = first_of_each(rows, result, "issue", "account")
    latest = {row.values["issue"]: row.number for row in first if row.number not in overtaken}
    accounts = selectors.standing_accounts({row.values["account"] for row in first if row.values["account"]})
    log = _Log(today(), _owners(first), _locked({row.values["issue"] for row in first}))
    accepted = [row for row in first if not _refused(row, accounts, log, result)]
    if not accepted:
        return result
    quiet_inserts(len(accepted))
    _make(accepted, latest, log, origin)
    _read(log)
    own = dict(Account.objects.filter(external_id__in=list(accounts)).order_by().values_list("external_id", "id"))
    for row in accepted:
        name, account = row.values["issue"], row.values["account"]
        issue = log.by_name[name]
        target = _counts_as(issue, log)
        fresh, changed, linked = issue.id in log.made, False, ""
        if latest.get(name) == row.number and target is issue and not fresh:
            changed = _apply(issue, _said(row, log), log)
        if account:
            linked = _link(target, row, own[account], accounts[account].id, log, speaks=target is issue)
        outcome = "created" if linked == "created" or fresh else "updated" if changed or linked else "unchanged"
        result.add(row.number, target.id, outcome)
    _write(log)
    return result


def _owners(rows: Sequence[Row]) -> dict[str, Member]:
    emails = sorted({row.values["owner_email"] for row in rows if row.values.get("owner_email")})
    return {m.user.email: m for m in Member.objects.filter(user__email__in=emails).select_related("user")}


def _locked(names: Collection[str]) -> dict[str, Issue]:
    rows = Issue.objects.select_for_update().filter(external_id__in=names).order_by("id")
    return {row.external_id: row for row in rows}


def _refused(row: Row, accounts: Mapping[str, Any], log: _Log, result: MergeResult) -> bool:
    """Whether the row names somebody who is not there, or a day that cannot be. What stands already may stay."""
    values, known = row.values, log.by_name.get(row.values["issue"])
    account, email = values["account"], values.get("owner_email") or ""
    owner = log.owners.get(email)
    stays = owner is not None and known is not None and known.owner_id == owner.id
    reported, promised = values.get("reported_on"), values.get("promised_on")
    if account and account not in accounts:
        result.reject(row, "account", account, "unknown_account", _("There is no account with this id."))
    elif email and (owner is None or not (owner.is_active or stays)):
        result.reject(row, "owner_email", email, "unknown_member", _("This is not the e-mail of a member."))
    elif reported and not EARLIEST <= reported <= log.day:
        sentence = _("The day lies between 1990 and today.")
        result.reject(row, "reported_on", reported.isoformat(), "out_of_range", sentence)
    elif promised and not EARLIEST <= promised <= log.day + services.FURTHEST:
        sentence = _("The day lies between 1990 and five years from now.")
        result.reject(row, "promised_on", promised.isoformat(), "out_of_range", sentence)
    else:
        return False
    return True


def _make(rows: Sequence[Row], latest: Mapping[str, int], log: _Log, origin: Origin) -> None:
    """Make the issues that are not there: by the row that speaks for each, else by its first one without a state, which
    waits for the row that does. One that another transaction made meanwhile is changed like a known one."""
    makers: dict[str, Row] = {}
    for row in rows:
        name = row.values["issue"]
        if name not in log.by_name and (name not in makers or latest.get(name) == row.number):
            makers[name] = row
    new = []
    for name, row in makers.items():
        values = _said(row, log)
        if latest.get(name) != row.number:
            values.pop("state", None)
        issue = Issue(external_id=name, source=origin.source, source_ref=origin.ref, reported_on=log.day)
        _apply(issue, values, log)
        new.append(issue)
    Issue.objects.bulk_create(new, batch_size=BATCH, ignore_conflicts=True)
    stored = _locked(list(makers)) if makers else {}
    log.by_name |= stored
    log.made = {issue.id for issue in new} & {issue.id for issue in stored.values()}
    log.changed.clear()


def _read(log: _Log) -> None:
    """What else belongs to the issues: those that they say the same as, and who has them."""
    log.by_id = {issue.id: issue for issue in log.by_name.values()}
    while above := {i.merged_into_id for i in log.by_id.values() if i.merged_into_id} - set(log.by_id):
        rows = Issue.objects.select_for_update().filter(id__in=above).order_by("id")
        log.by_id |= {issue.id: issue for issue in rows}
    log.was_open = {issue.id: issue.id in log.made or issue.is_open for issue in log.by_id.values()}
    links = list(IssueAccount.objects.filter(issue__in=list(log.by_id)).order_by("id"))
    merged = Account.objects.filter(id__in={link.account_id for link in links}, merged_into__isnull=False)
    counts_as = {part: account.id for part, account in telling.standing(merged).items()}
    for link in links:
        log.links[link.issue_id, link.account_id] = link
        log.had.add((link.issue_id, counts_as.get(link.account_id, link.account_id)))


def _counts_as(issue: Issue, log: _Log) -> Issue:
    """The issue itself, or the one that it was put together with."""
    while issue.merged_into_id:
        issue = log.by_id[issue.merged_into_id]
    return issue


def _said(row: Row, log: _Log) -> dict[str, Any]:
    """What a row says of its issue, by column."""
    values = {"title": row.values["title"]}
    values |= {name: row.values[name] for name in KEPT if row.values.get(name)}
    values |= {name: row.values[name] or empty for name, empty in CLEARED.items() if name in row.given}
    if "owner_email" in row.given:
        email = row.values["owner_email"]
        values["owner_id"] = log.owners[email].id if email else None
    return values


def _apply(issue: Issue, values: dict[str, Any], log: _Log) -> bool:
    """Let the issue hold this; whether anything is another than before. It ends today, as far as anybody knows."""
    changes = {name: value for name, value in values.items() if getattr(issue, name) != value}
    if "state" in changes and (changes["state"] in ENDED) == issue.is_open:
        changes["ended_on"] = log.day if issue.is_open else None
    for name, value in changes.items():
        setattr(issue, name, value)
    if changes:
        log.changed.add(issue.id)
    return bool(changes)


def _link(issue: Issue, row: Row, named: UUID, account: UUID, log: _Log, *, speaks: bool) -> str:
    """The customer of the row has the issue: what became of that (created, updated, or nothing)."""
    link = log.links.get((issue.id, named))
    if link is None and (issue.id, account) not in log.had:
        values = {name: row.values[name] for name in OF_CUSTOMER if row.values.get(name)}
        since = row.values.get("reported_on") or log.day
        link = IssueAccount(issue=issue, account_id=account, since=since, **values)
        log.links[issue.id, account] = link
        log.had.add((issue.id, account))
        log.new_links.setdefault(issue.id, []).append(link)
        return "created"
    if link is None or not speaks:
        return ""
    said = {"note": row.values["note"]} if "note" in row.given else {}
    said |= {"weight": row.values["weight"]} if row.values.get("weight") else {}
    changes = {name: value for name, value in said.items() if getattr(link, name) != value}
    for name, value in changes.items():
        setattr(link, name, value)
    if changes:
        log.changed_links[link.id] = link
    return "updated" if changes else ""


def _write(log: _Log) -> None:
    """Customers first: those who are new hear the answer like the others. Each change is a version of its issue."""
    new = [link for links in log.new_links.values() for link in links]
    fresh = {link.id for link in new}
    known = [link for link in log.changed_links.values() if link.id not in fresh]
    IssueAccount.objects.bulk_create(new, batch_size=BATCH)
    IssueAccount.objects.bulk_update(known, OF_CUSTOMER, batch_size=BATCH)
    moved = (log.changed | set(log.new_links) | {link.issue_id for link in known}) - log.made
    rows = [log.by_id[each] for each in sorted(moved)]
    for issue in rows:
        issue.version, issue.updated_at = issue.version + 1, timezone.now()
    Issue.objects.bulk_update(rows, WRITTEN, batch_size=BATCH)
    for each in sorted(moved | log.made):
        issue, was_open = log.by_id[each], log.was_open[each]
        if was_open != issue.is_open:
            services.follow(issue, was_open=was_open, by=None)
        elif not issue.is_open and each in log.new_links:
            telling.ask(issue, log.new_links[each], None)
