"""Paid periods and their append-only versions (ACC-03, METRICS 1)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts import selectors
from accounts.enums import ChangeKind
from accounts.kinds import Row
from accounts.merging.accounts import segment_ids
from accounts.merging.churn import answers_of_file
from accounts.merging.result import (
    SQL,
    MergeResult,
    Origin,
    accounts_appeared,
    customers_changed,
    first_of_each,
    quiet_inserts,
    revenue_changed,
    today,
)
from accounts.models import Plan, Product, Subscription, SubscriptionChange
from accounts.selectors import Standing
from cs_platform.kernel import copying, sqljobs
from cs_platform.kernel.errors import Conflict, DomainError

COLUMNS = [
    ("number", "int"), ("account", "text"), ("subscription_id", "text"), ("segment_id", "uuid"), ("product_id", "uuid"),
    ("plan_id", "uuid"), ("start_on", "date"), ("end_on", "date"), ("interval_months", "int"), ("amount_minor", "bigint"),
    ("currency", "text"), ("mrr_minor", "bigint"), ("charge", "text"), ("discount_minor", "bigint"), ("past_due_on", "date"),
    ("end_reason", "text"), ("seats", "int"), ("auto_renew", "bool"), ("card_on_file", "bool"), ("prepaid", "bool"), ("notice_days", "int"), ("reason", "text"), ("alone", "bool"), ("given", "text[]"),
]  # fmt: skip

# What a version holds of a period (models.Terms), whether withdrawn apart.
TERMS = (
    "start_on", "end_on", "interval_months", "amount_minor", "discount_minor", "charge", "past_due_on", "end_reason", "currency",
    "mrr_minor", "seats", "product_id", "plan_id",
)  # fmt: skip


def merge_subscriptions(
    rows: Sequence[Row], origin: Origin, *, periods_of: Mapping[str, int] | None = None
) -> MergeResult:
    """Create or change paid periods, known by (subscription id, start). Each change appends a version.

    A row whose start is new while the file has one row and the database one period of that subscription, and both
    overlap, corrects that period, start included; anything else is a further period. `periods_of` tells how many rows
    the whole file has for a subscription, when these are a piece of one. Accounts that are missing are made.
    """
    result = MergeResult()
    rows = first_of_each(rows, result, "subscription_id", "start_date")
    counts = periods_of or Counter(row.values["subscription_id"] for row in rows)
    if not rows:
        return result
    products = _ids(Product, {r.values.get("product") or "" for r in rows}, "external_id")
    plans = _ids(Plan, {r.values.get("plan") or "" for r in rows}, "name")
    named = {row.values["account"] for row in rows}
    standing = selectors.standing_accounts(named)
    new = named - standing.keys()
    segments = segment_ids(
        {r.values["segment"] for r in rows if r.values.get("segment") and r.values["account"] in new}
    )
    copying.stage("stage_subscription", COLUMNS, (_cells(r, products, plans, segments, counts, standing) for r in rows))
    quiet_inserts(len(rows))
    params = origin.params() | {"today": today(), "actor": origin.actor[:200]}
    sqljobs.execute(SQL / "merge_subscription_accounts.sql", params)
    touched = sqljobs.rows(SQL / "merge_subscriptions.sql", params)
    by_number = {row.number: row for row in rows}
    for row in touched:
        if row["outcome"] == "other_account":
            source = by_number[row["number"]]
            message = _("This subscription belongs to another account. Withdraw it there first.")
            result.reject(source, "account", source.values["account"], "other_account", message)
        elif row["outcome"] == "not_recurring":
            source = by_number[row["number"]]
            message = _("This period is no recurring charge and has no MRR. Send its charge as well to change that.")
            result.reject(source, "mrr", str(source.values["mrr"]), "not_recurring", message)
        else:
            result.add(row["number"], row["id"], row["outcome"])
    changed = {row["account_id"] for row in touched if row["kind"]}
    answers_of_file(rows, origin, result, lambda row: row.values.get("churned_on") or row.values.get("end_date"))
    revenue_changed(changed, origin)
    customers_changed(changed, actor=origin.actor)
    accounts_appeared(len(new), origin)
    return result


def void_subscription(
    *, subscription: Subscription, origin: Origin, restore: bool = False, reason: str = ""
) -> Subscription:
    """Withdraw a period as if it had never been (or take that back); the versions stay.

    Conflict when somebody else changed it since it was read.
    """
    if subscription.voided is not restore:
        raise DomainError(_("This period is already in that state."), code="same_state")
    changed = Subscription.objects.filter(id=subscription.id, version=subscription.version).update(
        voided=not restore, version=subscription.version + 1, updated_at=Now()
    )
    if not changed:
        raise Conflict(_("The period was changed in the meantime. Reload and look again."))
    subscription.refresh_from_db()
    SubscriptionChange.objects.create(
        subscription=subscription,
        account_id=subscription.account_id,
        kind=ChangeKind.RESTORED if restore else ChangeKind.VOIDED,
        effective_on=subscription.start_on,
        source=origin.source,
        source_ref=origin.ref,
        actor=origin.actor[:200],
        reason=reason[:200],
        voided=not restore,
        **{name: getattr(subscription, name) for name in TERMS},
    )
    revenue_changed([subscription.account_id], origin)
    customers_changed([subscription.account_id], actor=origin.actor)
    return subscription


def _ids(model: Any, names: set[str], key: str) -> dict[str, UUID]:
    """Ids of catalogue rows by name; new names are made."""
    known = dict(model.objects.filter(**{f"{key}__in": names}).values_list(key, "id"))
    missing = sorted(name for name in names if name and name not in known)
    made = [model(**{key: name, "name": name}) for name in missing]
    model.objects.bulk_create(made)
    return known | {getattr(row, key): row.id for row in made}


def _cells(
    row: Row, products: Any, plans: Any, segments: Any, counts: Mapping[str, int], standing: Mapping[str, Standing]
) -> list[Any]:
    v = row.values
    account = standing[v["account"]].external_id if v["account"] in standing else v["account"]
    given = set(row.given)
    for name, column in (("product", "product_id"), ("plan", "plan_id")):
        if name in given:
            given.add(column)
    if v.get("mrr") is not None:
        given.add("mrr_minor")
    return [
        row.number, account, v["subscription_id"], segments.get(v.get("segment")), products.get(v.get("product")),
        plans.get(v.get("plan")), v["start_date"], v.get("end_date"), v["interval_months"], v["amount_minor"], v["currency"],
        v["mrr_minor"], v.get("charge") or "recurring", v["discount_minor"], v.get("past_due_on"), v.get("end_reason") or "", v.get("seats"), v.get("auto_renew"), v.get("card_on_file"), v.get("prepaid"), v.get("notice_days"),
        v.get("reason") or "", counts.get(v["subscription_id"], 1) == 1, "{" + ",".join(sorted(given)) + "}",
    ]  # fmt: skip
