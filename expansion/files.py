"""Opportunities as rows of a file, in the order of the list (EXP-05). Columns are named as programs and imports know them."""

from collections.abc import Iterable, Iterator
from typing import Any

from cs_platform.kernel.money import from_minor
from expansion.models import Opportunity

HEAD = (
    "external_id", "account", "account_name", "segment", "name", "amount", "currency", "amount_reporting", "kind", "motion",
    "trigger", "product", "plan", "seats", "stage", "stage_since", "chance", "weighted_reporting", "identified_on", "close_on",
    "owner_email", "buyer", "next_step", "next_step_on", "override", "handoff", "closed_on", "loss", "win",
)  # fmt: skip


def rows(deals: Iterable[Opportunity], reporting: str) -> Iterator[list[Any]]:
    """Rows of `selectors.listed` deals (`all_rows`), money a year; `reporting` is the company's currency. Their owners' users are read
    with them."""
    for deal in deals:
        year, weighted, percent = (getattr(deal, name) for name in ("year_minor", "weighted_minor", "percent"))
        yield [
            deal.external_id, deal.account.external_id, deal.account.name, deal.account.segment.name if deal.account.segment else "",
            deal.name, from_minor(deal.amount_minor, deal.currency), deal.currency,
            "" if year is None else from_minor(year, reporting), deal.kind, deal.motion, deal.trigger,
            deal.product.external_id if deal.product else "", deal.plan.name if deal.plan else "", deal.seats, deal.stage,
            deal.stage_since, percent, "" if weighted is None else from_minor(weighted, reporting),
            deal.identified_on, deal.close_on, deal.owner.user.email if deal.owner else "",
            deal.buyer.external_id if deal.buyer else "", deal.next_step, deal.next_step_on, deal.override,
            deal.handoff.state if deal.handoff else "", deal.closed_on, deal.loss, deal.win,
        ]  # fmt: skip
