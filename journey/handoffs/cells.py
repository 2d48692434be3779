"""Handoffs in words: a line of a list or of the inbox, the drawer, and customers that nobody handed over."""

import datetime as dt
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import cells
from accounts.models import Account, Member, Tenant
from cs_platform.kernel.access import Permission
from cs_platform.kernel.templatetags.cells import number_text
from journey.enums import HandoffKind, HandoffState
from journey.handoffs import checklist, services
from journey.models import Handoff

TONES = {
    HandoffState.OPEN: "acc",
    HandoffState.ACCEPTED: "good",
    HandoffState.DECLINED: "watch",
    HandoffState.WITHDRAWN: "none",
}


def handoff_row(row: Handoff, tenant: Tenant, today: dt.date) -> dict[str, Any]:
    """A line of a list: which customer, which kind, from whom to whom, why, and by when an answer is asked for."""
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
        "open": row.state == HandoffState.OPEN,
        "state": str(HandoffState(row.state).label),
        "tone": TONES[HandoffState(row.state)],
        "answer": row.answer,
        "url": reverse("handoff", args=[tenant.slug, row.id]),
    }


def giver_name(row: Handoff) -> str:
    return row.giver.name if row.giver else row.giver_name or _("Somebody who left")


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
        {"text": checklist.said(row.kind, item), "done": item["done"], "required": item["required"]}
        for item in row.checklist
    ]


def effect_text(row: Handoff, by: Member) -> str:
    """What accepting does, said before it is done."""
    mine = row.taker_id == by.id or services.stands_in(row, by)
    words = {"name": taker_name(row), "giver": giver_name(row)}
    if row.kind not in services.PASSES_ON:
        if mine:
            return _("When you accept, you get a task about it. The customer keeps its CSM.")
        return _("When %(name)s accepts, they get a task about it. The customer keeps its CSM.") % words
    if mine:
        return _("When you accept, you look after the customer and get the open tasks of %(giver)s there.") % words
    return _("When %(name)s accepts, they look after the customer and get the open tasks of %(giver)s there.") % words


def pane(row: Handoff, tenant: Tenant, today: dt.date, by: Member, *, linked: bool) -> dict[str, Any]:
    """Context of the drawer and the page of one handoff; `linked` when the reader sees the account."""
    slug, account = tenant.slug, row.account
    may_edit = by.may(Permission.EDIT_ACCOUNTS)
    is_open = row.state == HandoffState.OPEN
    return {
        "handoff": row,
        "row": handoff_row(row, tenant, today),
        "giver": giver_name(row),
        "taker": taker_name(row),
        "taker_left": row.taker is None or not row.taker.is_active,
        "owner": account.owner.name if account.owner else "",
        "account_url": reverse("account", args=[slug, account.id]) if linked else "",
        "health": cells.health(account.health_band, pill=True),
        "renews": cells.renewal(account.renews_on, today) if account.renews_on else "",
        "arr": cells.arr_text(account.mrr_minor, tenant.currency) if account.mrr_minor else "",
        "due": cells.short_day(row.due_on, today),
        "answered_by": row.answered_by.name if row.answered_by else "",
        "checks": check_rows(row),
        "effect": effect_text(row, by) if is_open else "",
        "is_open": is_open,
        "may_tick": may_edit and is_open,
        "may_answer": may_edit and is_open and services.may_answer(row, by),
        "stands_in": may_edit and is_open and services.stands_in(row, by),
        "may_withdraw": may_edit and is_open and services.may_withdraw(row, by),
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
