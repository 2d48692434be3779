"""Columns of people's files: what we call our fields, what people call them, what a column probably becomes."""

from collections.abc import Mapping, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.kinds import KINDS

EXTRA = "+"  # a column that is kept as an attribute of the row
SILENT = {"tenant", "reject_reason"}  # columns that are left out without a word

LABELS: Mapping[str, Promise] = {
    "account": _("Account id"),
    "amount": _("Amount of an interval"),
    "arr": _("ARR"),
    "auto_renew": _("Renews by itself"),
    "base": _("Base currency"),
    "cac": _("Acquisition cost"),
    "card_on_file": _("Card on file"),
    "charge": _("Charge"),
    "churn_category": _("Why it left, category"),
    "churn_reason": _("Why it left"),
    "churned_on": _("Left on, the first day without service"),
    "complexity": _("Complexity"),
    "contact": _("Contact id"),
    "currency": _("Currency"),
    "discount": _("Recurring discount of an interval"),
    "domain": _("Domain"),
    "email": _("E-mail"),
    "employees": _("Employees"),
    "end_date": _("End, the first day without service"),
    "end_reason": _("Why it ended"),
    "engagement": _("Engagement"),
    "industry": _("Industry"),
    "interval_months": _("Months of an interval"),
    "language": _("Language"),
    "last_contact_on": _("Last contact"),
    "left_on": _("Left on"),
    "level": _("Level"),
    "month": _("Month"),
    "mrr": _("MRR"),
    "name": _("Name"),
    "notice_days": _("Notice in days"),
    "owner_email": _("Owner, by e-mail"),
    "parent": _("Parent, by account id"),
    "past_due_on": _("Past due since"),
    "phone": _("Phone"),
    "plan": _("Plan"),
    "prepaid": _("Paid in advance"),
    "product": _("Product"),
    "quote": _("Quoted currency"),
    "rate": _("Rate"),
    "reason": _("Reason of the change"),
    "referred_by": _("Referred by, by account id"),
    "region": _("Region"),
    "role": _("Role"),
    "seats": _("Seats"),
    "segment": _("Segment"),
    "signed_on": _("Signed on"),
    "source": pgettext_lazy("how a customer was won", "Source"),
    "start_date": _("Start"),
    "strategic": _("Strategic"),
    "subscription_id": _("Subscription id"),
    "tier": _("Touch tier"),
    "title": _("Title"),
}


def suggest_mapping(kind: str, columns: Sequence[str]) -> dict[str, str]:
    """What each column probably is: a field, "+" (kept as an attribute) or "" (left out). Our own names come first."""
    known = KINDS[kind]
    taken: set[str] = set()
    mapping: dict[str, str] = {}
    names = {column: column.strip().lower().replace(" ", "_") for column in columns}
    for column, name in names.items():
        if name in known.fields and name not in taken:
            mapping[column] = name
            taken.add(name)
    for column, name in names.items():
        if column in mapping:
            continue
        found = next((f for f, words in known.synonyms.items() if name in words and f not in taken), "")
        taken.add(found)
        left_out = name in SILENT or not known.open
        mapping[column] = found or ("" if left_out else EXTRA)
    return mapping
