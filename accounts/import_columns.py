"""Columns of people's files: what we call our fields, what people call them, what a column probably becomes."""

from collections.abc import Mapping, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.enums import ImportKind
from accounts.rows import FIELDS, OPEN_KINDS

EXTRA = "+"  # a column that is kept as an attribute of the row
SILENT = {"tenant", "reject_reason"}  # columns that are left out without a word

LABELS: Mapping[str, Promise] = {
    "account": _("Account id"),
    "amount": _("Amount of an interval"),
    "auto_renew": _("Renews by itself"),
    "base": _("Base currency"),
    "cac": _("Acquisition cost"),
    "card_on_file": _("Card on file"),
    "complexity": _("Complexity"),
    "contact": _("Contact id"),
    "currency": _("Currency"),
    "domain": _("Domain"),
    "email": _("E-mail"),
    "employees": _("Employees"),
    "end_date": _("End, the first day without service"),
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

SYNONYMS: dict[str, dict[str, tuple[str, ...]]] = {
    ImportKind.ACCOUNTS: {
        "account": ("external_id", "ext_id", "account_id", "customer_id", "id", "customer"),
        "name": ("company_name", "company", "account_name", "customer_name"),
        "segment": ("seg", "customer_segment"),
        "owner_email": ("csm", "csm_email", "owner", "account_owner"),
        "signed_on": ("signed", "signed_at", "contract_signed", "customer_since"),
        "domain": ("website",),
        "source": ("lead_source", "channel"),
        "employees": ("headcount", "company_size"),
    },
    ImportKind.CONTACTS: {
        "contact": ("external_id", "contact_id", "id"),
        "account": ("account_id", "company_id", "customer_id"),
        "name": ("full_name", "contact_name"),
        "email": ("e-mail", "mail"),
    },
    ImportKind.SUBSCRIPTIONS: {
        "account": ("account_id", "customer_id", "customer"),
        "subscription_id": ("external_id", "subscription", "id", "line_id"),
        "start_date": ("start", "starts", "start_on"),
        "end_date": ("end", "ends", "end_on", "renews"),
        "interval_months": ("interval", "months"),
        "amount": ("price",),
        "seats": ("quantity", "licences", "licenses"),
    },
    ImportKind.FX_RATES: {"rate": ("value",), "month": ("date",)},
}


def suggest_mapping(kind: str, columns: Sequence[str]) -> dict[str, str]:
    """What each column probably is: a field, "+" (kept as an attribute) or "" (left out). Our own names come first."""
    taken: set[str] = set()
    mapping: dict[str, str] = {}
    names = {column: column.strip().lower().replace(" ", "_") for column in columns}
    for column, name in names.items():
        if name in FIELDS[kind] and name not in taken:
            mapping[column] = name
            taken.add(name)
    for column, name in names.items():
        if column in mapping:
            continue
        found = next((f for f, words in SYNONYMS[kind].items() if name in words and f not in taken), "")
        taken.add(found)
        left_out = name in SILENT or kind not in OPEN_KINDS
        mapping[column] = found or ("" if left_out else EXTRA)
    return mapping
