"""Closing months: Finance signs the figures of a month, and from then on the board shows these (ADR 0005).

Facts are never refused because of a close. What comes late is a restatement (`metrics.proof.restated`), and the figures that
were signed change only when Finance closes the month again, with a reason.
"""

import datetime as dt
from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Member, Segment, Tenant
from accounts.webhooks.announce import announce
from accounts.webhooks.events import Kind
from cs_platform.kernel import queue, sqljobs
from cs_platform.kernel.errors import Conflict, DomainError
from cs_platform.kernel.periods import add_months, month_text
from cs_platform.kernel.tenancy import current_tenant_id
from health.engagement.selectors import answers_by_month, trailing
from metrics.enums import KEPT_WINDOWS
from metrics.figures import jobs, questions, selectors
from metrics.models import MonthClose
from metrics.proof.closing_checks import Check, checks_of

CLOSED = "month.closed"


def last_close(month: dt.date) -> MonthClose | None:
    """The close that holds of a month; None while it is open."""
    return MonthClose.objects.filter(month=month).order_by("-version").first()


def close_month(
    *, month: dt.date, signed_as: str, by: Member, note: str = "", acknowledged: bool = False
) -> MonthClose:
    """Sign a month's figures as they are known now. DomainError when the month is not over or its figures are not
    there, do not balance, or have open points that were not `acknowledged`; Conflict when it is closed already."""
    _lock()
    if last_close(month) is not None:
        raise Conflict(_("This month is closed already. Restate it to change its figures."), code="closed")
    return _write(month, 1, signed_as, note, "", acknowledged, by)


def restate_month(
    *, month: dt.date, signed_as: str, reason: str, by: Member, note: str = "", acknowledged: bool = False
) -> MonthClose:
    """Close a closed month again with what is known now, and say why; both versions stay."""
    _lock()
    before = last_close(month)
    if before is None:
        raise DomainError(_("This month is not closed: close it instead."), code="open")
    if not reason.strip():
        text = _("Say why the figures change.")
        raise DomainError(text, fields={"reason": text})
    close = _write(month, before.version + 1, signed_as, note, reason.strip(), acknowledged, by)
    announce(
        Kind.METRIC_RESTATED,
        month=month_text(month),
        version=close.version,
        reason=close.reason,
        currency=close.currency,
    )
    return close


def _lock() -> None:
    """Nothing may be written while a month is signed; Conflict while somebody does."""
    if not jobs.hold_still(patient=False):
        text = _("Figures are still being refreshed, or somebody else is closing. Try again in a minute.")
        raise Conflict(text, code="busy")


def _write(
    month: dt.date, version: int, signed_as: str, note: str, reason: str, acknowledged: bool, by: Member
) -> MonthClose:
    if not signed_as.strip():
        text = _("Type your name to sign.")
        raise DomainError(text, fields={"signed_as": text})
    found = checks_of(month)
    refuse_open_points(found, acknowledged)
    tenant = Tenant.current()
    close = MonthClose.objects.create(
        month=month,
        version=version,
        known_at=jobs.clock(),
        signed_by=by,
        signed_as=signed_as.strip()[:120],
        note=note.strip()[:2000],
        reason=reason[:500],
        currency=tenant.currency,
        gross_margin=tenant.gross_margin,
        dunning_days=tenant.dunning_days,
        logo_level=tenant.logo_level,
        answers=_answers(month),
        cohorts=_cohorts(month),
        checks=[
            {"name": check.name, "ok": check.ok, "text": str(check.text), "aside": str(check.aside)} for check in found
        ],
    )
    params = {
        "tenant_id": current_tenant_id(),
        "close_id": str(close.id),
        "month": month,
        "windows": [int(window) for window in KEPT_WINDOWS],
    }
    sqljobs.execute(jobs.SQL / "close_sums.sql", params)
    queue.publish(CLOSED, actor=by.name)
    return close


def refuse_open_points(found: list[Check], acknowledged: bool) -> None:
    """DomainError with what stands in the way of a close."""
    if blocking := next((check for check in found if check.blocks and not check.ok), None):
        raise DomainError(str(blocking.text), code=blocking.name)
    if not acknowledged and any(check.ok is False for check in found):
        text = _("Some points are open. Confirm that you have seen them, or settle them first.")
        raise DomainError(text, code="open_points", fields={"acknowledged": text})


def _answers(month: dt.date) -> dict[str, dict[str, dict[str, list[Any]]]]:
    """Answers to surveys of the windows that end with the month, of everybody and of each segment: an answer that comes
    later, or is corrected, does not move what was signed."""
    kept: dict[str, dict[str, dict[str, list[Any]]]] = {}
    for segment in ("", *Segment.objects.values_list("name", flat=True)):
        for kind, by_month in answers_by_month(add_months(month, -11), month, segment=segment).items():
            kept.setdefault(kind, {})[segment] = {
                str(int(window)): [str(value) for value in asdict(trailing(by_month, month, int(window))).values()]
                for window in KEPT_WINDOWS
            }
    return kept


def _cohorts(month: dt.date) -> dict[str, dict[str, list[Any]]]:
    """The cohorts that the board shows of the month, of everybody and of each segment: what it prints stays what it was."""
    return {
        segment: {
            measure: [[str(row.quarter), row.customers, row.mrr, row.parts] for row in rows]
            for measure, rows in selectors.cohort_tables(questions.ask(to=month, segment=segment), month).items()
        }
        for segment in ("", *Segment.objects.values_list("name", flat=True))
    }
