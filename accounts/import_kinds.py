"""The kinds of rows of the accounts floor: accounts, contacts, subscriptions, exchange rates (CONTRACTS 1)."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.enums import (
    ChargeKind,
    ChurnCategory,
    Complexity,
    ContactRole,
    EndReason,
    Engagement,
    ImportKind,
    Level,
    Source,
    Tier,
)
from accounts.formulas import monthly_minor
from accounts.import_columns import LABELS
from accounts.kinds import Kind, Problem
from accounts.merging import merge_accounts, merge_contacts, merge_fx_rates, merge_subscriptions
from accounts.rows import amount, choice, currency, day, email, flag, month, rate, text, whole
from cs_platform.kernel.money import digits, to_minor

# Why the customer left, beside an account or the paid period that ended (MET-10).
LEFT = {"churn_reason": text(200), "churn_category": choice(ChurnCategory), "churned_on": day}
LEFT_SYNONYMS = {
    "churn_reason": ("cancellation_reason", "cancel_reason", "reason_for_leaving", "lost_reason"),
    "churned_on": ("churn_date", "churned_at", "cancelled_on"),
}

LARGEST = 10**15  # minor units: beyond any book, well inside a bigint even when summed


def _check_account(values: dict[str, Any]) -> list[Problem]:
    if not values.get("name"):
        values["name"] = values["account"]
    for name in ("parent", "referred_by"):
        if values.get(name) and values[name] == values["account"]:
            return [Problem(name, values[name], "self", _("An account cannot stand above or refer itself."))]
    cac = values.get("cac")
    if cac is not None and not 0 <= cac < 10**12:
        return [Problem("cac", str(cac), "out_of_range", _("Costs lie between 0 and a trillion."))]
    return []


def _check_subscription(values: dict[str, Any]) -> list[Problem]:
    start, end = values["start_date"], values.get("end_date")
    if start is None:
        return [Problem("start_date", "", "required", _("A value is required here."))]
    if end is not None and end <= start:
        return [
            Problem(
                "end_date", end.isoformat(), "order", _("The end is the first day without service, after the start.")
            )
        ]
    if problem := _check_end(values):
        return [problem]
    code, paid, given, off = values["currency"], values.get("amount"), values.get("mrr"), values.get("discount")
    months = values.get("interval_months") or 1
    if paid is None and given is None:
        return [Problem("amount", "", "required", _("Give the amount of an interval, or the MRR."))]
    for name, value in (("amount", paid), ("discount", off), ("mrr", given)):
        if value is None:
            continue
        if value < 0:
            return [
                Problem(name, str(value), "negative", _("Amounts are not negative; a credit ends or lowers a period."))
            ]
        if value.scaleb(digits(code)) > LARGEST:
            return [Problem(name, str(value), "out_of_range", _("This amount is too large."))]
        if value.scaleb(digits(code)) % 1:
            return [
                Problem(
                    name, str(value), "decimals", _("%(code)s has %(n)s decimals.") % {"code": code, "n": digits(code)}
                )
            ]
    if paid is not None and off is not None and off > paid:
        return [Problem("discount", str(off), "out_of_range", _("A discount is at most the amount."))]
    if given and values.get("charge") not in (None, "", ChargeKind.RECURRING):
        message = _("Only a recurring charge has MRR. Leave it empty here.")
        return [Problem("mrr", str(given), "not_recurring", message)]
    values["interval_months"] = months
    amount_paid = Decimal(given or 0) * months + Decimal(off or 0) if paid is None else paid
    values["amount_minor"] = to_minor(amount_paid, code)
    values["discount_minor"] = to_minor(off or Decimal(0), code)
    terms = (values["amount_minor"], values["discount_minor"], months, values.get("charge") or ChargeKind.RECURRING)
    values["mrr_minor"] = monthly_minor(*terms) if given is None else to_minor(given, code)
    return []


def _check_end(values: dict[str, Any]) -> Problem | None:
    """What is said of an end that the row says there is not, and of a debt before the first day."""
    overdue = values.get("past_due_on")
    if overdue is not None and overdue < values["start_date"]:
        message = _("A period is not past due before it starts.")
        return Problem("past_due_on", overdue.isoformat(), "order", message)
    for name in ("end_reason", "churn_reason", "churn_category"):
        reason = values.get(name)
        told = name != "end_reason" and values.get("churned_on")
        if reason and "end_date" in values and values["end_date"] is None and not told:
            return Problem(name, reason, "no_end", _("An open period has no reason of its end."))
    return None


def _check_rate(values: dict[str, Any]) -> list[Problem]:
    if values["base"] == values["quote"]:
        return [Problem("quote", values["quote"], "same", _("Base and quote are the same currency."))]
    return []


KINDS = (
    Kind(
        name=ImportKind.ACCOUNTS.value,
        title=gettext_lazy("Import accounts"),
        fields={
            "account": text(200, required=True),
            "name": text(200),
            "segment": text(80),
            "industry": text(80),
            "source": choice(Source),
            "region": text(80),
            "owner_email": email,
            "signed_on": day,
            "domain": text(200),
            "strategic": flag,
            "complexity": choice(Complexity),
            "tier": choice(Tier),
            "level": choice(Level),
            "parent": text(200),
            "referred_by": text(200),
            "employees": whole(0, 10**9),
            "cac": amount,
            **LEFT,
        },
        required=("account",),
        key=("account",),
        check=_check_account,
        merge=merge_accounts,
        repeated=gettext_lazy("Row %(first)s has this account already, with other values."),
        open=True,
        labels=LABELS,
        synonyms={
            "account": ("external_id", "ext_id", "account_id", "customer_id", "id", "customer"),
            "name": ("company_name", "company", "account_name", "customer_name"),
            "segment": ("seg", "customer_segment"),
            "owner_email": ("csm", "csm_email", "owner", "account_owner"),
            "signed_on": ("signed", "signed_at", "contract_signed", "customer_since"),
            "domain": ("website",),
            "source": ("lead_source", "channel"),
            "employees": ("headcount", "company_size"),
            **LEFT_SYNONYMS,
        },
    ),
    Kind(
        name=ImportKind.CONTACTS.value,
        title=gettext_lazy("Import contacts"),
        fields={
            "contact": text(200, required=True),
            "account": text(200, required=True),
            "name": text(200, required=True),
            "email": email,
            "phone": text(60),
            "title": text(120),
            "role": choice(ContactRole),
            "engagement": choice(Engagement),
            "language": text(5),
            "last_contact_on": day,
            "left_on": day,
        },
        required=("contact", "account", "name"),
        key=("contact",),
        merge=merge_contacts,
        repeated=gettext_lazy("Row %(first)s has this contact already, with other values."),
        open=True,
        labels=LABELS,
        synonyms={
            "contact": ("external_id", "contact_id", "id"),
            "account": ("account_id", "company_id", "customer_id"),
            "name": ("full_name", "contact_name"),
            "email": ("e-mail", "mail"),
        },
    ),
    Kind(
        name=ImportKind.SUBSCRIPTIONS.value,
        title=gettext_lazy("Import subscriptions"),
        fields={
            "account": text(200, required=True),
            "subscription_id": text(200, required=True),
            "product": text(200),
            "segment": text(80),
            "start_date": day,
            "end_date": day,
            "interval_months": whole(1, 120),
            "amount": amount,
            "currency": currency,
            "mrr": amount,
            "charge": choice(ChargeKind),
            "discount": amount,
            "past_due_on": day,
            "end_reason": choice(EndReason),
            "seats": whole(0, 10**9),
            "plan": text(120),
            "auto_renew": flag,
            "card_on_file": flag,
            "prepaid": flag,
            "notice_days": whole(0, 3650),
            "reason": text(200),
            **LEFT,
        },
        required=("account", "subscription_id", "start_date", "currency"),
        key=("subscription_id",),
        check=_check_subscription,
        merge=merge_subscriptions,
        repeated=gettext_lazy("Row %(first)s has this subscription and start already, with other values."),
        period="start_date",
        labels=LABELS,
        synonyms={
            "account": ("account_id", "customer_id", "customer"),
            "subscription_id": ("external_id", "subscription", "id", "line_id"),
            "start_date": ("start", "starts", "start_on"),
            "end_date": ("end", "ends", "end_on", "renews"),
            "interval_months": ("interval", "months"),
            "amount": ("price",),
            "charge": ("charge_kind", "charge_type"),
            "past_due_on": ("past_due", "past_due_since", "overdue_since"),
            "seats": ("quantity", "licences", "licenses"),
            **LEFT_SYNONYMS,
        },
    ),
    Kind(
        name=ImportKind.FX_RATES.value,
        title=gettext_lazy("Import exchange rates"),
        fields={"month": month, "base": currency, "quote": currency, "rate": rate},
        required=("month", "base", "quote", "rate"),
        key=("month", "base", "quote"),
        check=_check_rate,
        merge=merge_fx_rates,
        repeated=gettext_lazy("Row %(first)s has a rate of this month already, another one."),
        labels=LABELS,
        synonyms={"rate": ("value",), "month": ("date",)},
    ),
)
