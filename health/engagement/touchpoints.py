"""Touchpoints by external id: meetings, calls, e-mails and what else is done with a customer (ACC-06, ACC-09)."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.kinds import Problem, Reader, Row
from accounts.merging import MergeResult, Origin
from accounts.merging.result import first_of_each
from accounts.models import Tenant
from accounts.rows import choice, email, flag, moment, several, text, whole
from health.enums import Sentiment, TouchpointKind, TouchpointStatus
from health.known import known_on
from health.merging import write_staged
from health.naming import Ids, named, named_several

SQL = Path(__file__).parent / "sql"
AHEAD = (TouchpointStatus.PLANNED, TouchpointStatus.CANCELLED)  # what may be said of a time that lies ahead
CLOCKS = dt.timedelta(minutes=15)  # by which the clock of another system may be fast
FIELDS: dict[str, Reader] = {
    "touchpoint": text(200, required=True),
    "account": text(200, required=True),
    "contact": text(200),
    "member_email": email,
    "kind": choice(TouchpointKind),
    "status": choice(TouchpointStatus),
    "happened_at": moment,
    "inbound": flag,
    "minutes": whole(0, 100_000),
    "opened_at": moment,
    "clicked_at": moment,
    "replied_at": moment,
    "sentiment": choice(Sentiment),
    "subject": text(200),
    "note": text(4000),
    "attendees": several(text(200)),
    "colleagues": several(email),
}
REQUIRED = ("touchpoint", "account", "kind", "happened_at")
LABELS: Mapping[str, Promise] = {
    "touchpoint": gettext_lazy("Touchpoint id"),
    "account": gettext_lazy("Account id"),
    "contact": gettext_lazy("Contact id"),
    "member_email": gettext_lazy("By, by e-mail"),
    "kind": gettext_lazy("Kind"),
    "status": gettext_lazy("Status"),
    "happened_at": gettext_lazy("When"),
    "inbound": gettext_lazy("Begun by the customer"),
    "minutes": gettext_lazy("Minutes"),
    "opened_at": gettext_lazy("Opened"),
    "clicked_at": gettext_lazy("Clicked"),
    "replied_at": gettext_lazy("Answered"),
    "sentiment": gettext_lazy("Sentiment"),
    "subject": gettext_lazy("Subject"),
    "note": gettext_lazy("Note"),
    "attendees": gettext_lazy("Who else was there, by contact ids"),
    "colleagues": gettext_lazy("Colleagues who were there, by e-mail"),
}
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "touchpoint": ("external_id", "touchpoint_id", "activity_id", "activity", "id"),
    "account": ("account_id", "customer_id", "company_id"),
    "contact": ("contact_id", "person"),
    "member_email": ("owner_email", "csm", "csm_email", "owner"),
    "kind": ("type", "activity_type"),
    "happened_at": ("date", "start", "sent_at", "held_at"),
    "minutes": ("duration",),
    "subject": ("title",),
    "note": ("notes", "description", "body"),
    "attendees": ("guests", "participants", "contacts"),
    "colleagues": ("members", "internal_attendees"),
}
COLUMNS = [
    ("number", "int"), ("touchpoint", "text"), ("account_id", "uuid"), ("contact_id", "uuid"), ("member_id", "uuid"),
    ("kind", "text"), ("status", "text"), ("happened_at", "timestamptz"), ("inbound", "bool"), ("minutes", "int"),
    ("opened_at", "timestamptz"), ("clicked_at", "timestamptz"), ("replied_at", "timestamptz"), ("sentiment", "text"),
    ("subject", "text"), ("note", "text"), ("attendees", "uuid[]"), ("colleagues", "uuid[]"), ("known_on", "date"),
    ("given", "text[]"),
]  # fmt: skip


def check(values: dict[str, Any]) -> list[Problem]:
    """Kind and time are there; an e-mail is not opened, clicked or answered before it is sent."""
    for name in ("kind", "happened_at"):
        if not values[name]:
            return [Problem(name, "", "required", _("A value is required here."))]
    for name in ("opened_at", "clicked_at", "replied_at"):
        after = values.get(name)
        if after is not None and after < values["happened_at"]:
            return [Problem(name, after.isoformat(), "before", _("This lies before the time of the touchpoint."))]
    return []


def status_of(values: Mapping[str, Any], now: dt.datetime) -> str:
    """What is meant by a row that gives no status: of what lies ahead that it is planned, else an e-mail's furthest step, or
    that it took place."""
    if values.get("status"):
        return str(values["status"])
    if values["happened_at"] > now:
        return TouchpointStatus.PLANNED
    if values["kind"] != TouchpointKind.EMAIL:
        return TouchpointStatus.ATTENDED
    steps = (("replied_at", "replied"), ("clicked_at", "clicked"), ("opened_at", "opened"))
    return next((status for name, status in steps if values.get(name)), TouchpointStatus.SENT.value)


def merge_touchpoints(rows: Sequence[Row], origin: Origin) -> MergeResult:
    """Create or update touchpoints; fields that a row does not give stay as they are.

    Refused: an account, a contact or a member who does not exist, a contact of another account, and what is said to have
    been held, sent or missed although it lies ahead: no score counts a meeting before it was held (HLT-09).
    """
    result = MergeResult()
    rows = first_of_each(rows, result, "touchpoint")
    now, tenant = timezone.now(), Tenant.current()
    rows = [row for row in rows if _is_over(row, now, result)]
    one = named(rows, result, contacts=["contact"], members=["member_email"])
    accepted = list(named_several(one, result, contacts="attendees", members="colleagues"))
    if not accepted:
        return result
    received = now.astimezone(tenant.zone).date()

    def cells(row: Row, ids: Ids, there: Sequence[UUID], ours: Sequence[UUID]) -> list[Any]:
        v = row.values
        known = known_on(v["happened_at"].astimezone(tenant.zone).date(), received, origin.source)
        given = "{" + ",".join(sorted(row.given)) + "}"
        return [
            row.number, v["touchpoint"], ids["account"], ids["contact"], ids["member_email"], v["kind"], status_of(v, now),
            v["happened_at"], bool(v.get("inbound")), v.get("minutes"), v.get("opened_at"), v.get("clicked_at"),
            v.get("replied_at"), v.get("sentiment") or "", v.get("subject") or "", v.get("note") or "", _array(there),
            _array(ours), known, given,
        ]  # fmt: skip

    rows_of = (cells(*each) for each in accepted)
    write_staged(SQL / "merge_touchpoints.sql", "stage_touchpoint", COLUMNS, rows_of, result=result, origin=origin)
    return result


def _is_over(row: Row, now: dt.datetime, result: MergeResult) -> bool:
    """Whether its status fits its time; else it is refused."""
    status = row.values.get("status") or ""
    if status in (*AHEAD, "") or row.values["happened_at"] <= now + CLOCKS:
        return True
    result.reject(row, "status", str(status), "ahead", _("This lies ahead: it is planned, or cancelled."))
    return False


def _array(ids: Sequence[UUID]) -> str:
    return "{" + ",".join(map(str, ids)) + "}"
