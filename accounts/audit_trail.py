"""The audit trail as people read it: names for ids, words for columns, old beside new."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Tenant
from cs_platform.kernel.models import AuditEntry
from cs_platform.kernel.money import money_text
from cs_platform.kernel.templatetags.cells import day_text, moment_text, number_text

SHOWN = 12

# The tables that people know by a word; floors above add theirs in `ready()`.
TABLES: dict[str, Promise | str] = {
    "accounts_tenant": _("Company"),
    "accounts_account": _("Account"),
    "accounts_accountevent": _("Event"),
    "accounts_contact": _("Contact"),
    "accounts_member": _("Member"),
    "accounts_invitation": _("Invitation"),
    "accounts_absence": _("Absence"),
    "accounts_mailoptout": _("Address without mail"),
    "accounts_webhookendpoint": _("Webhook"),
    "accounts_role": _("Role"),
    "accounts_team": _("Team"),
    "accounts_apikey": _("API key"),
    "accounts_segment": _("Segment"),
    "accounts_product": _("Product"),
    "accounts_plan": _("Plan"),
    "accounts_feature": _("Feature"),
    "accounts_businesshours": _("Working hours"),
    "accounts_holiday": _("Holiday"),
    "accounts_churnanswer": _("Churn answer"),
    "accounts_churnreason": _("Churn reason"),
    "accounts_churnrule": _("Churn rule"),
}
ACTIONS = {"insert": _("added"), "update": _("changed"), "delete": _("deleted")}
# Words for columns whose model does not name them.
COLUMNS: dict[str, Promise | str] = {
    "accepted_at": _("Accepted"),
    "closes": _("Closes"),
    "created_by": _("Made by"),
    "currency": _("Currency"),
    "day": _("Day"),
    "email": _("E-mail"),
    "expires_at": _("Valid until"),
    "digest_at": _("Digest of the day goes out at"),
    "fiscal_start_month": _("Fiscal year begins in"),
    "gross_margin": _("Gross margin"),
    "home": _("First page"),
    "invited_by": _("Invited by"),
    "is_active": _("Active"),
    "key": _("Key"),
    "leader": _("Leader"),
    "lower": _("From"),
    "metric": _("Metric"),
    "name": _("Name"),
    "night_hour": _("Nightly run begins at"),
    "opens": _("Opens"),
    "permissions": _("Permissions"),
    "position": _("Order"),
    "prefix": _("Begins with"),
    "profile": _("Profile"),
    "recorded_by": _("Recorded by"),
    "revoked_at": _("Revoked"),
    "role": _("Role"),
    "rotates": _("Replaces"),
    "scope": _("Sees"),
    "scopes": _("It may"),
    "team": _("Team"),
    "timezone": _("Time zone"),
    "title": _("Title"),
    "tone": _("Tone"),
    "upper": _("Up to"),
    "user": _("Person"),
}
_NOISE = {"created_at", "known_on", "recorded_at", "source_ref", "updated_at", "version", "name_key", "weekday"}


@dataclass(frozen=True)
class Change:
    """One column: what it is called, what stood there, what stands there now."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Line:
    """One entry: when, who, what happened to which row, and the columns that changed (`more` are left out)."""

    at: str
    actor: str
    table: str
    action: str
    verb: str
    subject: str
    changes: Sequence[Change]
    more: int
    request: str


def _model(table: str) -> type[models.Model] | None:
    return next((m for m in apps.get_models() if m._meta.db_table == table), None)


def _ids(values: Iterable[Any]) -> Iterable[Any]:
    for value in values:
        if isinstance(value, int):
            yield value
        elif isinstance(value, str):
            try:
                yield UUID(value)
            except ValueError:
                continue


def read(entries: Sequence[AuditEntry], tenant: Tenant) -> list[Line]:
    """The entries as lines. One query for each model that they name, however many entries there are."""
    fields: dict[str, dict[str, models.Field]] = {}
    wanted: dict[type[models.Model], set[Any]] = defaultdict(set)
    for entry in entries:
        model = _model(entry.table)
        if entry.table not in fields:
            fields[entry.table] = {f.attname: f for f in model._meta.concrete_fields} if model else {}
        if model and entry.row_id:
            wanted[model].add(entry.row_id)
        for column, values in entry.changes.items():
            field = fields[entry.table].get(column)
            if isinstance(field, models.ForeignKey):
                wanted[field.related_model].update(_ids(values))
    names = {model: {str(key): _name(row) for key, row in _bulk(model, ids).items()} for model, ids in wanted.items()}
    return [_line(entry, fields[entry.table], names, tenant) for entry in entries]


def _bulk(model: type[models.Model], ids: set[Any]) -> dict[Any, Any]:
    return model._default_manager.in_bulk(ids) if ids else {}


def _name(row: models.Model) -> str:
    """What the row calls itself; nothing for one without a name, of which Django would say its id."""
    return "" if type(row).__str__ is models.Model.__str__ else str(row)


def _line(entry: AuditEntry, fields: dict[str, models.Field], names: dict[Any, Any], tenant: Tenant) -> Line:
    changes = []
    for column, (old, new) in sorted(entry.changes.items()):
        if column in _NOISE:
            continue
        field = fields.get(column)
        label = COLUMNS.get(field.name) if field else None
        changes.append(
            Change(
                label=str(label or capfirst(str(field.verbose_name if field else column))),
                old=_text(old, field, names, tenant),
                new=_text(new, field, names, tenant),
            )
        )
    subject = names.get(_model(entry.table), {}).get(str(entry.row_id), "")
    if not subject:
        known = [v for key in ("name", "email", "external_id") for v in reversed(entry.changes.get(key, [])) if v]
        accounts = names.get(Account, {})
        known += [accounts[str(v)] for v in reversed(entry.changes.get("account_id", [])) if str(v) in accounts]
        subject = str(known[0]) if known else ""
    return Line(
        at=moment_text(entry.at),
        actor=entry.actor or gettext("Nobody signed in"),
        table=str(TABLES.get(entry.table, entry.table)),
        action=entry.action,
        verb=str(ACTIONS.get(entry.action, entry.action)),
        subject=subject,
        changes=changes[:SHOWN],
        more=max(len(changes) - SHOWN, 0),
        request=entry.request,
    )


def _text(value: Any, field: models.Field | None, names: dict[Any, Any], tenant: Tenant) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list):
        base = field.base_field if isinstance(field, ArrayField) else None
        return ", ".join(_text(item, base, names, tenant) for item in value) or "–"
    if isinstance(value, dict):  # the tenant's own columns of an account or a contact
        return "; ".join(f"{key}: {text}" for key, text in sorted(value.items())) or "–"
    if isinstance(field, models.DecimalField):
        return number_text(Decimal(value), field.decimal_places)
    if isinstance(field, models.ForeignKey):
        return names.get(field.related_model, {}).get(str(value), gettext("deleted")) or "–"
    if field is not None and field.name.endswith("_minor"):
        return money_text(value, tenant.currency)
    if isinstance(field, models.DateTimeField):
        try:
            return moment_text(dt.datetime.fromisoformat(value))
        except ValueError:
            return str(value)
    if isinstance(field, models.DateField):
        try:
            return day_text(dt.date.fromisoformat(value))
        except ValueError:
            return str(value)
    choices = dict(field.flatchoices) if field is not None else {}
    return str(choices.get(value, value))
