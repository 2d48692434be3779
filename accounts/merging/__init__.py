"""The one door for facts that come in: files, API bodies and forms are merged by the same set-based statements.

Rows have passed rows.py. Merging is idempotent and does not depend on the order of rows: what says nothing new changes
nothing. Everything happens in the caller's transaction.
"""

from accounts.merging.accounts import merge_accounts
from accounts.merging.churn import merge_answers, read_answer
from accounts.merging.contacts import merge_contacts
from accounts.merging.products import merge_products, read_product
from accounts.merging.rates import merge_fx_rates
from accounts.merging.result import (
    CONTRACTS,
    CUSTOMERS,
    MergeResult,
    Origin,
    Rejected,
    customers_changed,
    revenue_changed,
)
from accounts.merging.subscriptions import merge_subscriptions, void_subscription

__all__ = [
    "CONTRACTS",
    "CUSTOMERS",
    "MergeResult",
    "Origin",
    "Rejected",
    "customers_changed",
    "merge_accounts",
    "merge_answers",
    "merge_contacts",
    "merge_fx_rates",
    "merge_products",
    "merge_subscriptions",
    "read_answer",
    "read_product",
    "revenue_changed",
    "void_subscription",
]
