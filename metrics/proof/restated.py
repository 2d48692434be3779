"""Restatements: what was learned of a month after a moment, account by account, term by term, and why (MET-23).

The effects of the accounts and what is no account's own (`Restated.other`) always add up to the whole difference of
every term: each side is rebuilt by the SQL of the figures themselves, and the rest is said, never left out.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from accounts.enums import ChangeSource
from accounts.models import Account, AccountChange, Import, Member, Subscription, SubscriptionChange, Tenant
from cs_platform.kernel import sqljobs
from cs_platform.kernel.periods import month_end
from metrics import formulas
from metrics.enums import Dimension
from metrics.figures import jobs, lineage, questions
from metrics.figures.asked import Asked
from metrics.formulas import Sums
from metrics.models import MonthClose

SHOWN = 40
EVERY = 1_000_000  # rows of an export


@dataclass(frozen=True)
class Change:
    """A version of a paid period that was recorded in between, and the version before it (None: it was new)."""

    after: SubscriptionChange
    before: SubscriptionChange | None
    filename: str = ""  # of the file that it came with


@dataclass(frozen=True)
class Effect:
    """What one account adds to the difference: what it paid at the start and at the end of the window, as known then
    and now, and the difference of each term. Causes that are no change of terms are told beside the changes."""

    account_id: UUID
    name: str
    external_id: str
    was_then: int
    now_then: int
    was_now: int
    now_now: int
    terms: Sums
    changes: Sequence[Change] = ()
    rates: Sequence[str] = ()  # currencies whose rate was corrected
    merged: Sequence[Account] = ()  # accounts that became one with it, or parted from it
    attributes: Sequence[AccountChange] = ()


@dataclass(frozen=True)
class Restated:
    """The difference of a month between two moments of knowledge.

    `total` is that of all accounts, `hidden` the part of those that the reader may not open; `other` is what is left to
    the whole difference: settings of the company, which hold for all time (`settings`: name, then, now).
    """

    then: Sums
    now: Sums
    effects: Sequence[Effect]
    accounts: int
    hidden_accounts: int
    total: Sums
    hidden: Sums
    since: dt.datetime
    settings: Sequence[tuple[str, Any, Any]] = field(default=())

    @property
    def difference(self) -> Sums:
        return self.now - self.then

    @property
    def other(self) -> Sums:
        """What no account explains."""
        return self.difference - self.total

    @property
    def rest(self) -> Sums:
        """The effects of visible accounts that are not listed."""
        return self.total - self.hidden - sum((effect.terms for effect in self.effects), Sums())

    @property
    def rest_accounts(self) -> int:
        return self.accounts - self.hidden_accounts - len(self.effects)


def compare(
    then: questions.Question,
    now: questions.Question,
    sums: tuple[Sums, Sums],
    asked: Asked,
    member: Member,
    *,
    close: MonthClose | None = None,
    limit: int = SHOWN,
) -> Restated:
    """What makes the difference between the asked month's `sums` (then, now) as the two questions know it. `close` is
    the one that the earlier side was signed with, whose settings are compared as well."""
    _stage(then, now, asked, member)
    totals = {row.pop("visible"): row for row in sqljobs.rows(jobs.SQL / "restated_sums.sql")}
    counts = {visible: int(row.pop("accounts")) for visible, row in totals.items()}
    parts = {visible: Sums(**{name: int(value) for name, value in row.items()}) for visible, row in totals.items()}
    rows = sqljobs.rows(jobs.SQL / "restated_rows.sql", {"limit": limit})
    effects = _with_causes([_effect(row) for row in rows], then, now, asked)
    return Restated(
        then=sums[0],
        now=sums[1],
        effects=effects,
        accounts=sum(counts.values()),
        hidden_accounts=counts.get(False, 0),
        total=sum(parts.values(), Sums()),
        hidden=parts.get(False, Sums()),
        since=then.known_at,
        settings=changed_settings(close) if close else (),
    )


def _stage(then: questions.Question, now: questions.Question, asked: Asked, member: Member) -> None:
    segment = asked.segment
    params = {
        "known_then": then.known_at,
        "known_now": now.known_at,
        "month": asked.month,
        "window": int(asked.window),
        "base_month": asked.base_month,
        "base_day": month_end(asked.base_month),
        "dimension": str(Dimension.SEGMENT if segment else Dimension.ALL),
        "values": lineage.dimension_values(Dimension.SEGMENT, segment) if segment else [],
        **jobs.band_edges(now.currency),
    }
    tables = {
        "month_then": then.tables["account_month"],
        "month_now": now.tables["account_month"],
        "visible": lineage.visible_to(member),
    }
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.restated")
    sqljobs.execute(jobs.SQL / "restated.sql", params, tables=tables)


def _effect(row: dict[str, Any]) -> Effect:
    terms = Sums(**{each.name: int(row[each.name]) for each in fields(Sums)})
    names = ("account_id", "name", "external_id", "was_then", "now_then", "was_now", "now_now")
    return Effect(**{name: row[name] for name in names}, terms=terms)


def _with_causes(
    effects: list[Effect], then: questions.Question, now: questions.Question, asked: Asked
) -> list[Effect]:
    """The effects with what was learned of each account in between; a number of queries that no list changes."""
    if not effects:
        return []
    ids = {effect.account_id for effect in effects}
    family, merged = _families(ids, then.known_at, now.known_at)
    changes = _changes(set(family), then.known_at, now.known_at, asked)
    currencies = _moved_rates(then, now, asked)
    paid_in = _currencies(set(family), currencies)
    attributes = _attributes(ids, then.known_at, now.known_at) if asked.segment else {}
    found = []
    for effect in effects:
        own = [each for each, root in family.items() if root == effect.account_id]
        found.append(
            replace(
                effect,
                changes=[change for each in own for change in changes.get(each, [])],
                rates=sorted({code for each in own for code in paid_in.get(each, ())}),
                merged=merged.get(effect.account_id, ()),
                attributes=attributes.get(effect.account_id, ()),
            )
        )
    return found


def _families(
    ids: Collection[UUID], since: dt.datetime, until: dt.datetime
) -> tuple[dict[UUID, UUID], dict[UUID, list[Account]]]:
    """Accounts whose facts count for one of `ids`, each with it, and those that were merged in between."""
    family = {each: each for each in ids}
    merged: dict[UUID, list[Account]] = {}
    members = Account.objects.filter(
        Q(merged_into_id__in=ids) | Q(parent_id__in=ids) | Q(id__in=ids, merged_at__gt=since)
    )
    for account in members.select_related("merged_into"):
        root = next((each for each in (account.merged_into_id, account.parent_id) if each in family), account.id)
        family.setdefault(account.id, root)
        if account.merged_at and since < account.merged_at <= until:
            for side in {root, account.id} & set(ids):
                merged.setdefault(side, []).append(account)
    return family, merged


def _changes(
    accounts: Collection[UUID], since: dt.datetime, until: dt.datetime, asked: Asked
) -> dict[UUID, list[Change]]:
    """The versions of paid periods that were recorded in between and reach the window, with those before them."""
    late = SubscriptionChange.objects.filter(
        account_id__in=accounts, recorded_at__gt=since, recorded_at__lte=until
    ).values("subscription_id")
    versions = (
        SubscriptionChange.objects.filter(subscription_id__in=late, recorded_at__lte=until)
        .select_related("product", "plan", "subscription")
        .order_by("subscription_id", "recorded_at", "id")
    )
    found: dict[UUID, list[Change]] = {}
    before: SubscriptionChange | None = None
    for version in versions:
        if before is not None and before.subscription_id != version.subscription_id:
            before = None
        if version.recorded_at > since and any(
            each.start_on <= month_end(asked.month) for each in (version, before) if each
        ):
            found.setdefault(version.account_id, []).append(Change(version, before))
        before = version
    return _with_files(found)


def _with_files(found: dict[UUID, list[Change]]) -> dict[UUID, list[Change]]:
    """The same with the names of the files that changes came with."""
    runs = {
        change.after.source_ref
        for changes in found.values()
        for change in changes
        if change.after.source == ChangeSource.IMPORT
    }
    names = dict(Import.objects.filter(id__in=runs).values_list("id", "filename")) if runs else {}
    return {
        account: [Change(each.after, each.before, names.get(each.after.source_ref, "")) for each in changes]
        for account, changes in found.items()
    }


def _moved_rates(then: questions.Question, now: questions.Question, asked: Asked) -> set[str]:
    """Currencies whose rate to the reporting currency at either end of the window is another one now."""
    told = []
    ends = [formulas.month_number(month) for month in (asked.base_month, asked.month)]
    for question in (then, now):
        jobs.stage_rates(asked.base_month, asked.month, question.known_at)
        with connection.cursor() as cursor:
            cursor.execute("SELECT currency, m, rate FROM rate WHERE m = ANY(%s)", [ends])
            told.append({(currency, m): rate for currency, m, rate in cursor.fetchall()})
    before, after = told
    return {key[0] for key in before.keys() & after.keys() if before[key] != after[key]} | {
        key[0] for key in before.keys() ^ after.keys() if key[0] != now.currency
    }


def _currencies(accounts: Collection[UUID], moved: Collection[str]) -> dict[UUID, set[str]]:
    """Which of the `moved` currencies each account is paid in."""
    found: dict[UUID, set[str]] = {}
    if moved:
        rows = Subscription.objects.filter(account_id__in=accounts, currency__in=moved)
        for account, currency in rows.values_list("account_id", "currency").distinct():
            found.setdefault(account, set()).add(currency)
    return found


def _attributes(ids: Collection[UUID], since: dt.datetime, until: dt.datetime) -> dict[UUID, list[AccountChange]]:
    """What was learned in between of the segments that accounts were in."""
    found: dict[UUID, list[AccountChange]] = {}
    rows = AccountChange.objects.filter(
        account_id__in=ids, attribute=Dimension.SEGMENT, recorded_at__gt=since, recorded_at__lte=until
    )
    for row in rows.order_by("recorded_at", "id"):
        found.setdefault(row.account_id, []).append(row)
    return found


def changed_settings(close: MonthClose) -> list[tuple[str, Any, Any]]:
    """Settings that figures of all time hang on and that are others now than when the month was signed."""
    tenant = Tenant.objects.get(id=close.tenant_id)
    return [
        (name, getattr(close, name), getattr(tenant, name))
        for name in ("dunning_days", "logo_level")
        if getattr(close, name) != getattr(tenant, name)
    ]
