"""What people do with a paid period: pause it, say that it is not paid or paid again, cancel it for a day.

Each is a correction through the door of all writes, so that its version says from when, by whom and why.
"""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from accounts.customers import merged_rows, refused
from accounts.enums import EndReason, ImportKind
from accounts.formulas import monthly_minor
from accounts.merging import merge_subscriptions
from accounts.models import Member, Subscription
from cs_platform.kernel.edits import check_seen
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.money import from_minor


def pause_period(
    *, period: Subscription, from_on: dt.date, resume_on: dt.date | None, version: int | None, by: Member
) -> None:
    """Nothing is paid from `from_on`; from `resume_on` a further period goes on with the same terms (METRICS 4: paused is
    0 MRR). Conflict when the period was changed since `version`; DomainError names a day that lies outside of it."""
    period = _locked(period, version)
    _check_inside("from_on", from_on, period)
    rows = [as_row(period) | {"end_date": from_on, "end_reason": EndReason.PAUSED}]
    if resume_on is not None:
        if resume_on <= from_on or (period.end_on and resume_on >= period.end_on):
            raise refused("resume_on", _("It goes on after the pause began and before the period ends."))
        rows.append(as_row(period) | {"start_date": resume_on})
    merged_rows(merge_subscriptions, ImportKind.SUBSCRIPTIONS, rows, by)


def mark_unpaid(*, period: Subscription, past_due_on: dt.date | None, version: int | None, by: Member) -> None:
    """Not paid since that day; None says that it is paid: what the dunning days took away comes back. A day that has not
    come is refused: nobody is past due in advance."""
    period = _locked(period, version)
    if past_due_on is not None and past_due_on > by.tenant.today():
        raise refused("past_due_on", _("This day has not come yet."))
    merged_rows(
        merge_subscriptions, ImportKind.SUBSCRIPTIONS, [as_row(period) | {"past_due_on": past_due_on or ""}], by
    )


def cancel_period(*, period: Subscription, end_on: dt.date, reason: str, version: int | None, by: Member) -> None:
    """The customer leaves with that day, the first without service: churn counts then, not today (METRICS rule 16). A day
    after the end is refused: it would make the period longer, over what goes on after it."""
    period = _locked(period, version)
    if end_on <= period.start_on:
        raise refused("end_on", _("The end is the first day without service, after the start."))
    if period.end_on and end_on > period.end_on:
        raise refused("end_on", _("The period ends before that day."))
    cells = {"end_date": end_on, "end_reason": EndReason.CANCELLED, "auto_renew": False, "reason": reason}
    merged_rows(merge_subscriptions, ImportKind.SUBSCRIPTIONS, [as_row(period) | cells], by)


def _locked(period: Subscription, version: int | None) -> Subscription:
    row = Subscription.objects.select_for_update(of=("self",)).select_related("account", "product", "plan")
    found = row.get(id=period.id)
    check_seen(found, version or 0)
    if found.voided:
        raise DomainError(_("This period is withdrawn."), code="withdrawn")
    return found


def _check_inside(field: str, day: dt.date, period: Subscription) -> None:
    if day <= period.start_on or (period.end_on and day >= period.end_on):
        raise refused(field, _("The day lies inside the period, after its first one."))


def as_row(period: Subscription) -> dict[str, Any]:
    """The period as a row of a file, complete: sent back unchanged it changes nothing."""
    usual = monthly_minor(period.amount_minor, period.discount_minor, period.interval_months, period.charge)
    cells: dict[str, Any] = {
        "account": period.account.external_id,
        "subscription_id": period.external_id,
        "start_date": period.start_on,
        "end_date": period.end_on or "",
        "interval_months": period.interval_months,
        "amount": from_minor(period.amount_minor, period.currency),
        "discount": from_minor(period.discount_minor, period.currency),
        "charge": period.charge,
        "currency": period.currency,
        "seats": "" if period.seats is None else period.seats,
        "product": period.product.external_id if period.product else "",
        "plan": period.plan.name if period.plan else "",
        "auto_renew": "" if period.auto_renew is None else period.auto_renew,
        "card_on_file": "" if period.card_on_file is None else period.card_on_file,
        "prepaid": "" if period.prepaid is None else period.prepaid,
        "notice_days": "" if period.notice_days is None else period.notice_days,
    }
    if period.mrr_minor != usual:
        cells["mrr"] = from_minor(period.mrr_minor, period.currency)
    return cells
