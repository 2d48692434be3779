"""The reassignment preview in words: the rows of a plan, what speaks for and against each, and what people carry."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import cells
from accounts.models import Account, Member, Tenant
from cs_platform.kernel.money import from_minor
from cs_platform.kernel.templatetags.cells import number_text
from journey.handoffs.books import Row
from journey.handoffs.cells import held_text, moved_text
from journey.handoffs.holdings import Held
from journey.handoffs.planning import Load, Person
from journey.work.cells import language_name

CSV_HEAD = (
    "account", "name", "segment", "tier", "health_band", "arr", "renews_on", "open_tasks", "points", "language",
    "from", "from_email", "to", "to_email",
)  # fmt: skip


def plan_rows(
    rows: Sequence[Row], plan: Mapping[UUID, UUID | None], persons: Mapping[UUID, Person], names: Mapping[UUID, str],
    tenant: Tenant, today: dt.date,
) -> list[dict[str, Any]]:  # fmt: skip
    """A line for each customer: whose it is, who is proposed, who else could take it, and what to think of."""
    found = []
    for row in rows:
        account, customer = row.account, row.customer
        taker = plan.get(account.id)
        owner = account.owner.name if account.owner else _("Nobody")
        choices = [
            {"value": str(key), "label": names[key], "on": key == taker} for key in persons if key != account.owner_id
        ]
        found.append(
            {
                "id": account.id,
                "name": account.name,
                "url": reverse("account", args=[tenant.slug, account.id]),
                "health": cells.health(account.health_band),
                "arr": cells.arr_text(account.mrr_minor, tenant.currency) if account.mrr_minor else "–",
                "renews": cells.renewal(account.renews_on, today),
                "owner": owner,
                "owner_id": account.owner_id or "",
                "points": number_text(customer.load.points, 0),
                "waits": row.waits,
                "choices": [
                    {"value": "", "label": _("Stays: %(name)s") % {"name": owner}, "on": taker is None},
                    *choices,
                ],
                "checks": checks(row, persons.get(taker) if taker else None, persons.values(), today),
            }
        )
    return found


def checks(row: Row, taker: Person | None, others: Collection[Person], today: dt.date) -> list[dict[str, str]]:
    """What speaks for or against the one who is proposed: [{tone, text}]. A language that all speak says nothing."""
    if row.waits:
        return [{"tone": "watch", "text": _("a handoff waits for its answer already")}]
    if taker is None:
        return []
    found, language = [], row.customer.language
    if language:
        words = {"language": language_name(language)}
        if taker.is_foreign(row.customer):
            found.append({"tone": "watch", "text": _("they speak %(language)s, this person does not") % words})
        elif any(person.is_foreign(row.customer) for person in others):
            found.append({"tone": "good", "text": _("speaks %(language)s like them") % words})
    if row.customer.load.renewals:
        days = (row.account.renews_on - today).days
        text = ngettext("renews in %(n)s day", "renews in %(n)s days", days) % {"n": number_text(days, 0)}
        found.append({"tone": "watch", "text": text})
    if row.held:
        found.append({"tone": "none", "text": held_text(row.held)})
    return found


def people_rows(
    members: Sequence[Member], before: Mapping[UUID, Load], after: Mapping[UUID, Load], currency: str
) -> list[dict[str, Any]]:
    """A line for each person, on one scale: points before and after as a bar, and what the points are made of."""
    most = max((load.points for loads in (before, after) for load in loads.values()), default=0) or 1
    found = []
    for member in members:
        was, will = before[member.id], after[member.id]
        found.append(
            {
                "name": member.name,
                "left": not member.is_active,
                "before": number_text(was.points, 0),
                "after": number_text(will.points, 0),
                "bar": [*_change(was.points, will.points), ("rest", most - max(was.points, will.points))],
                "said": _("%(before)s points before, %(after)s after")
                % {"before": number_text(was.points, 0), "after": number_text(will.points, 0)},
                "cells": [
                    _pair(was.accounts, will.accounts),
                    f"{cells.arr_text(was.mrr, currency)} → {cells.arr_text(will.mrr, currency)}"
                    if was.mrr != will.mrr
                    else cells.arr_text(was.mrr, currency),
                    _pair(was.red + was.yellow, will.red + will.yellow),
                    _pair(was.renewals, will.renewals),
                    _pair(was.tasks, will.tasks),
                ],
            }
        )
    return found


def _change(was: int, will: int) -> list[tuple[str, int]]:
    """Parts of a bar: what stays, then what comes (lighter) or goes (grey)."""
    return [("acc", min(was, will)), ("s2" if will > was else "none", abs(will - was))]


def _pair(was: int, will: int) -> str:
    return number_text(was, 0) if was == will else f"{number_text(was, 0)} → {number_text(will, 0)}"


def sums_text(rows: Sequence[Row], plan: Mapping[UUID, UUID | None], currency: str) -> str:
    """8 customers, $788k ARR, 36 points pass on. It moves 3 open tasks, 1 plan."""
    moved = [row for row in rows if plan.get(row.account.id) is not None]
    words = {
        "n": number_text(len(moved), 0),
        "arr": cells.arr_text(sum(row.account.mrr_minor for row in moved), currency),
        "points": number_text(sum(row.customer.load.points for row in moved), 0),
    }
    text = ngettext(
        "%(n)s customer, %(arr)s ARR, %(points)s points pass on",
        "%(n)s customers, %(arr)s ARR, %(points)s points pass on",
        len(moved),
    )
    along = held_text(sum((row.held for row in moved), Held()))
    return f"{text % words}. {moved_text(along)}" if along else text % words


def csv_rows(
    rows: Sequence[Row], plan: Mapping[UUID, UUID | None], takers: Mapping[UUID, Member], currency: str
) -> Any:
    """The plan as a file: a row for each customer, those that stay with an empty taker."""
    for row in rows:
        account: Account = row.account
        taker = takers.get(plan.get(account.id) or account.id)
        yield [
            account.external_id, account.name, account.segment.name if account.segment else "", account.tier,
            account.health_band, from_minor(account.mrr_minor * 12, currency), account.renews_on or "",
            row.customer.load.tasks, row.customer.load.points, row.customer.language,
            account.owner.name if account.owner else "", account.owner.user.email if account.owner else "",
            taker.name if taker else "", taker.user.email if taker else "",
        ]  # fmt: skip
