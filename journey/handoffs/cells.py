"""Handoffs in words: a line of a list or of the inbox, the drawer, and customers that nobody handed over."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import absences, cells
from accounts.models import Account, Member, Tenant
from cs_platform.kernel.access import Permission
from cs_platform.kernel.templatetags.cells import number_text
from journey.enums import HandoffKind, HandoffState
from journey.handoffs import checklist, services
from journey.handoffs.holdings import Held, held
from journey.models import Handoff

TONES = {
    HandoffState.OPEN: "acc",
    HandoffState.ACCEPTED: "good",
    HandoffState.DECLINED: "watch",
    HandoffState.WITHDRAWN: "none",
}


def handoff_row(row: Handoff, tenant: Tenant, today: dt.date, told: Mapping[Any, str] | None = None) -> dict[str, Any]:
    """A line of a list: which customer, which kind, from whom to whom, why, and by when an answer is asked for; `told`
    says by taker for whom the reader stands in."""
    when, late = when_text(row, tenant, today)
    return {
        "id": row.id,
        "account": row.account.name,
        "kind": str(HandoffKind(row.kind).label),
        "people": people_text(row),
        "reason": row.reason,
        "checks": checks_text(row),
        "when": when,
        "late": late,
        "told": (told or {}).get(row.taker_id, ""),
        "open": row.state == HandoffState.OPEN,
        "state": str(HandoffState(row.state).label),
        "tone": TONES[HandoffState(row.state)],
        "answer": row.answer,
        "url": reverse("handoff", args=[tenant.slug, row.id]),
    }


def handoff_rows(rows: Sequence[Handoff], tenant: Tenant, today: dt.date, reader: Member) -> list[dict[str, Any]]:
    """Lines of a list, with for whom the reader answers. At most one query."""
    waiting = [row.taker_id for row in rows if row.state == HandoffState.OPEN]
    told = absences.told_for(reader, waiting, today)
    return [handoff_row(row, tenant, today, told if row.state == HandoffState.OPEN else None) for row in rows]


def giver_name(row: Handoff) -> str:
    return row.from_whom or _("Somebody who left")


def taker_name(row: Handoff) -> str:
    return row.taker.name if row.taker else _("Somebody who left")


def people_text(row: Handoff) -> str:
    """Ruth Okafor to Hassan Malik."""
    return _("%(giver)s to %(taker)s") % {"giver": giver_name(row), "taker": taker_name(row)}


def checks_text(row: Handoff) -> str:
    """3 of 5 checks."""
    if not row.checklist:
        return ""
    words = {
        "done": number_text(checklist.ticked(row.checklist), 0),
        "all": number_text(len(row.checklist), 0),
    }
    return _("%(done)s of %(all)s checks") % words


def held_text(held: Held) -> str:
    """3 open tasks, 1 plan, 4 milestones; "" for nothing."""
    found = [
        (held.tasks, ngettext("%(n)s open task", "%(n)s open tasks", held.tasks)),
        (held.plans, ngettext("%(n)s plan", "%(n)s plans", held.plans)),
        (held.milestones, ngettext("%(n)s milestone", "%(n)s milestones", held.milestones)),
    ]
    return ", ".join(text % {"n": number_text(count, 0)} for count, text in found if count)


def answered_text(row: Handoff) -> str:
    """Tom Okafor, or Tom Okafor on behalf of Maya Lindqvist; "" where a program answered."""
    if row.answered_by is None:
        return ""
    if not row.by_another:
        return row.answered_by.name
    return _("%(name)s on behalf of %(taker)s") % {"name": row.answered_by.name, "taker": taker_name(row)}


def when_text(row: Handoff, tenant: Tenant, today: dt.date) -> tuple[str, bool]:
    """2 days late, answer today, answer by 23 Nov; the day of the answer of one that is over. And whether it is late."""
    if row.state != HandoffState.OPEN:
        day = row.answered_at.astimezone(tenant.zone).date() if row.answered_at else None
        return cells.short_day(day, today), False
    days = (row.due_on - today).days
    if days < 0:
        return ngettext("%(n)s day late", "%(n)s days late", -days) % {"n": number_text(-days, 0)}, True
    if days == 0:
        return _("answer today"), False
    return _("answer by %(day)s") % {"day": cells.short_day(row.due_on, today)}, False


def check_rows(row: Handoff) -> list[dict[str, Any]]:
    """The checks, in the reader's language."""
    return [
        {
            "text": checklist.said(row.kind, item),
            "done": item["done"],
            "required": item["required"],
            "note": item.get("note", ""),
        }
        for item in row.checklist
    ]


def effect_text(row: Handoff, by: Member, *, takes: bool, covers: bool) -> str:
    """What accepting does, said before it is done; `takes` when `by` would take the customer, `covers` when they would
    answer on behalf of who does."""
    words = {"name": taker_name(row)}
    if row.kind not in services.PASSES_ON:
        if takes:
            return _("When you accept, you get a task about it. The customer keeps its CSM.")
        return _("When %(name)s accepts, they get a task about it. The customer keeps its CSM.") % words
    if takes:
        found = _("When you accept, you look after the customer.")
    elif covers:
        found = _("When you accept on behalf of %(name)s, they look after the customer.") % words
    else:
        found = _("When %(name)s accepts, they look after the customer.") % words
    holders = services.holders_of(row, by.id if takes else row.taker_id)
    along = held_text(held({row.account_id: holders})[row.account_id])
    return f"{found} {moved_text(along)}" if along else found


def moved_text(along: str) -> str:
    """What `held_text` says, before it is done."""
    return _("It moves %(what)s.") % {"what": along}


def along_text(along: str) -> str:
    """The same once it is done."""
    return _("Moved along: %(what)s.") % {"what": along}


def pane(row: Handoff, tenant: Tenant, today: dt.date, by: Member, *, linked: bool) -> dict[str, Any]:
    """Context of the drawer and the page of one handoff; `linked` when the reader sees the account."""
    slug, account = tenant.slug, row.account
    waits = row.state == HandoffState.OPEN
    may_edit = waits and by.may(Permission.EDIT_ACCOUNTS)
    stands_in = may_edit and services.stands_in(row, by)
    covers = may_edit and services.answers_for(row, by)
    takes = row.taker_id == by.id or stands_in
    return {
        "handoff": row,
        "row": handoff_row(row, tenant, today),
        "giver": giver_name(row),
        "taker": taker_name(row),
        "taker_left": row.taker is None or not row.taker.is_active,
        "told": absences.told_for(by, [row.taker_id], today).get(row.taker_id, "") if covers else "",
        "moved": held_text(Held.of(row)),
        "owner": account.owner.name if account.owner else "",
        "account_url": reverse("account", args=[slug, account.id]) if linked else "",
        "health": cells.health(account.health_band, pill=True),
        "renews": cells.renewal(account.renews_on, today) if account.renews_on else "",
        "arr": cells.arr_text(account.mrr_minor, tenant.currency) if account.mrr_minor else "",
        "due": cells.short_day(row.due_on, today),
        "answered_by": answered_text(row),
        "checks": check_rows(row),
        "effect": effect_text(row, by, takes=takes, covers=covers) if waits else "",
        "is_open": waits,
        "may_tick": may_edit,
        "may_answer": may_edit and (takes or covers),
        "stands_in": stands_in,
        "may_withdraw": may_edit and services.may_withdraw(row, by),
        "urls": {
            "self": reverse("handoff", args=[slug, row.id]),
            "check": reverse("handoff_check", args=[slug, row.id]),
            "answer": reverse("handoff_answer", args=[slug, row.id]),
            "withdraw": reverse("handoff_withdraw", args=[slug, row.id]),
        },
    }


def missing_row(account: Account, slug: str, today: dt.date) -> dict[str, Any]:
    """A new customer that was never handed over."""
    first = account.signed_on or account.customer_since
    return {
        "name": account.name,
        "url": reverse("account", args=[slug, account.id]),
        "owner": account.owner.name if account.owner else _("Nobody looks after it"),
        "segment": account.segment.name if account.segment else "",
        "when": _("signed %(day)s") % {"day": cells.short_day(first, today)},
        "offer_url": f"{reverse('handoff_new', args=[slug, account.id])}?kind={HandoffKind.SALES_TO_CS}",
    }
