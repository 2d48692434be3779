"""The customers of an issue as one list, as a program sends them (API-01)."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from accounts.customers import refused
from accounts.models import Account, Member
from journey.issues.services import LINK_FIELDS, link_account, unlink
from journey.issues.telling import standing
from journey.models import Issue


def write_accounts(*, issue: Issue, items: Sequence[Mapping[str, Any]], by: Member | None) -> None:
    """Make the customers of the issue those of `items` ({account, and of `LINK_FIELDS` what is said of them}): who is there
    is changed, who is new is linked, who is left out has it no more. DomainError when a customer stands there twice."""
    counts_as = standing(item["account"] for item in items)
    wished: set[Any] = set()
    for place, item in enumerate(items):
        account: Account = counts_as[item["account"].id]
        if account.id in wished:
            raise refused(f"accounts[{place}].account", _("This customer stands in the list twice."))
        wished.add(account.id)
        values = {name: item[name] for name in LINK_FIELDS if name in item}
        link_account(issue=issue, account=account, by=by, **values)
    links = list(issue.accounts.select_related("issue", "account"))
    known = standing(link.account for link in links)
    for link in links:
        if known[link.account_id].id not in wished:
            unlink(link=link, by=by)
