"""Verbs on the company itself: its settings, its calendar and the segments it cuts by."""

import datetime as dt
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, ProtectedError
from django.utils.translation import gettext as _

from accounts.merging import Origin, customers_changed, revenue_changed
from accounts.models import Account, BusinessHours, Feature, Member, Segment, Subscription, Tenant
from cs_platform.kernel import queue, sqljobs
from cs_platform.kernel.errors import DomainError, request_id
from cs_platform.kernel.models import AuditEntry
from cs_platform.kernel.tenancy import TenantModel

_RENAME_SEGMENT = Path(__file__).with_name("sql") / "rename_segment.sql"


@transaction.atomic
def update_company(*, tenant: Tenant, changes: Mapping[str, Any], by: Member) -> Tenant:
    """Change settings of the company ({field: value}, validated) and write the audit row that no trigger writes here.

    The currency is refused once money is kept in it (DomainError on `currency`): then the history must be valued anew,
    which is a work of its own (`metrics.figures.currencies`).
    Other dunning days or another level of the customer change figures, past ones as well; the accounts concerned are
    derived anew.
    """
    row = Tenant.objects.select_for_update().get(id=tenant.id)
    changed = {name: [getattr(row, name), value] for name, value in changes.items() if getattr(row, name) != value}
    if "currency" in changed and currency_is_fixed():
        reason = _(
            "Figures are kept in %(currency)s. Change it under Settings, Currencies: the history is valued anew."
        )
        reason = reason % {"currency": row.currency}
        raise DomainError(reason, code="currency_fixed", fields={"currency": reason})
    if not changed:
        return row
    for name, (_old, value) in changed.items():
        setattr(row, name, value)
    if {"timezone", "night_hour"} & changed.keys():
        row.next_night_at = None  # the scheduler sets it anew
        changed["next_night_at"] = [None, None]
    row.save(update_fields=list(changed))
    changed.pop("next_night_at", None)
    AuditEntry.objects.create(
        table=Tenant._meta.db_table,
        action="update",
        changes={name: [_plain(old), _plain(new)] for name, (old, new) in changed.items()},
        actor=by.name,
        request=request_id(),
    )
    revenue_changed(_counted_anew(changed.keys()), Origin.of(by))
    return row


def _counted_anew(changed: Collection[str]) -> set[UUID]:
    """The accounts whose money counts otherwise after these settings changed (METRICS 4): whoever stands in a tree when
    it is another one that is the customer, whoever has not paid when the dunning days are others."""
    keys: set[UUID] = set()
    if "logo_level" in changed:
        for below, above in Account.objects.exclude(parent=None).values_list("id", "parent_id"):
            keys |= {below, above}
    if "dunning_days" in changed:
        keys |= set(Subscription.objects.exclude(past_due_on=None).values_list("account_id", flat=True).distinct())
    return keys


def set_currency(*, tenant: Tenant, currency: str, actor: str) -> None:
    """Name the reporting currency, when all figures are already in it or will be by the end of the transaction."""
    changes = {"currency": [tenant.currency, currency]}
    Tenant.objects.filter(id=tenant.id).update(currency=currency)
    AuditEntry.objects.create(
        table=Tenant._meta.db_table, action="update", changes=changes, actor=actor, request=request_id()
    )


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | str | None) else str(value)


def currency_is_fixed() -> bool:
    """Whether the current tenant holds money that its currency gives the meaning to."""
    return Subscription.objects.exists() or Account.objects.exclude(cac_minor=None).exists()


@transaction.atomic
def set_hours(*, hours: Mapping[int, tuple[dt.time, dt.time]]) -> None:
    """Make the opening hours exactly `hours`: {weekday, 0 is Monday: (opens, closes)}. Only what differs is written."""
    for row in BusinessHours.objects.select_for_update():
        wished = hours.get(row.weekday)
        if wished is None:
            row.delete()
        elif wished != (row.opens, row.closes):
            row.opens, row.closes = wished
            row.save(update_fields=["opens", "closes"])
    kept = set(BusinessHours.objects.values_list("weekday", flat=True))
    BusinessHours.objects.bulk_create(
        BusinessHours(weekday=weekday, opens=opens, closes=closes)
        for weekday, (opens, closes) in hours.items()
        if weekday not in kept
    )


@transaction.atomic
def save_segment(*, segment: Segment, by: Member) -> Segment:
    """Write a new or changed segment. A rename goes through the whole history, so that a segment stays one line."""
    before = Segment.objects.filter(id=segment.id).first()
    segment.save()
    if before is not None and before.profile != segment.profile:
        customers_changed(Account.objects.filter(segment=segment).values_list("id", flat=True), actor=by.name)
    if before is not None and before.name != segment.name:
        parameters = {"before": before.name, "after": segment.name, "member": by.id}
        touched = {row["account_id"] for row in sqljobs.rows(_RENAME_SEGMENT, parameters)}
        if touched:
            queue.mark_dirty("revenue", touched)
            queue.publish("revenue.changed", actor=by.name)
    return segment


@transaction.atomic
def save_versioned(*, row: Any) -> Any:
    """Write a row that the API knows by version: each change counts one up."""
    if not row._state.adding:
        row.version = F("version") + 1
    row.save()
    return row


@transaction.atomic
def save_feature(*, feature: Feature, by: Member) -> Feature:
    """Save a feature. When a known one became core or advanced, what was counted by its kind is out of date."""
    before = Feature.objects.filter(id=feature.id).values_list("kind", flat=True).first()
    feature.save()
    if before not in (None, feature.kind):
        queue.mark_dirty("features", [feature.id])
        queue.publish("features.changed", actor=by.name)
    return feature


def remove(*, row: TenantModel) -> None:
    """Delete a row of the catalogue that nothing uses; DomainError (code `in_use`) otherwise."""
    try:
        row.delete()
    except ProtectedError as error:
        count = len(error.protected_objects)
        message = _("“%(name)s” is in use (%(count)s) and stays. Move what uses it first.")
        raise DomainError(message % {"name": row, "count": count}, code="in_use") from error
