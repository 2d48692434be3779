"""Contacts by external id (ACC-04)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts import selectors
from accounts.kinds import Row
from accounts.merging.result import (
    SQL,
    MergeResult,
    Origin,
    customers_changed,
    extra_json,
    first_of_each,
    quiet_inserts,
)
from accounts.models import Tenant
from cs_platform.kernel import copying, sqljobs
from cs_platform.kernel.tenancy import current_tenant_id

TEXTS = ("name", "email", "phone", "title", "role", "engagement", "language")
DAYS = ("last_contact_on", "left_on")
COLUMNS = [
    ("number", "int"), ("contact", "text"), ("account_id", "uuid"), *((name, "text") for name in TEXTS),
    *((name, "date") for name in DAYS), ("extra", "jsonb"), ("given", "text[]"),
]  # fmt: skip


def merge_contacts(rows: Sequence[Row], origin: Origin) -> MergeResult:
    """Create or update contacts. A champion who leaves or gets another role is an event of the account as well (ACC-05,
    TRG-07). Refused: an account that does not exist."""
    result = MergeResult()
    rows = first_of_each(rows, result, "contact")
    named = {row.values["account"] for row in rows}
    accounts = {name: account.id for name, account in selectors.standing_accounts(named).items()}
    accepted = []
    for row in rows:
        account = row.values["account"]
        if account in accounts:
            accepted.append(row)
        else:
            result.reject(row, "account", account, "unknown_account", _("There is no account with this id."))
    if accepted:
        copying.stage("stage_contact", COLUMNS, (_cells(row, accounts) for row in accepted))
        quiet_inserts(len(accepted))
        touched: set[UUID] = set()
        params = {"tenant_id": current_tenant_id(), "today": Tenant.current().today()}
        for found in sqljobs.rows(SQL / "merge_contacts.sql", params):
            result.add(found["number"], found["id"], found["outcome"])
            if found["stands_anew"]:
                touched |= {found["account_id"], found["was_of"] or found["account_id"]}
        customers_changed(touched, actor=origin.actor)
    return result


def _cells(row: Row, accounts: dict[str, Any]) -> list[Any]:
    values = row.values
    texts = [values.get(name) or "" for name in TEXTS]
    days = [values.get(name) for name in DAYS]
    given = "{" + ",".join(sorted(row.given)) + "}"
    return [row.number, values["contact"], accounts[values["account"]], *texts, *days, extra_json(row), given]
