"""What webhooks are told of renewals: one opened, one was decided, one was called differently, a quote was accepted (API-03)."""

from collections.abc import Iterable
from decimal import Decimal

from accounts.models import Tenant
from accounts.webhooks.announce import announce_all
from accounts.webhooks.events import Kind
from cs_platform.kernel.money import from_minor
from renewals.formulas import confidence
from renewals.models import Quote, Renewal, RenewalCall


def _money(mrr: int | None, currency: str) -> str | None:
    """A year of a month's minor units. Example: 3,433,333 USD a month is "411999.96"."""
    return None if mrr is None else str(from_minor(12 * mrr, currency))


def tell_opened(rows: Iterable[tuple[Renewal, int]]) -> None:
    """Renewals whose runway began, each with a month's money due."""
    currency = Tenant.current().currency
    facts = []
    for row, mrr in rows:
        days = (row.due_on - row.opened_on).days
        told = {"renewal_id": row.id, "renewal": row.external_id, "due_on": row.due_on, "days_left": days}
        facts.append((row.account_id, told | {"arr": _money(mrr, currency), "currency": currency}))
    announce_all(Kind.RENEWAL_OPENED, facts)


def tell_closed(rows: Iterable[Renewal]) -> None:
    """Renewals that were decided, by somebody or by their contracts."""
    currency = Tenant.current().currency
    facts = []
    for row in rows:
        told = {
            "renewal_id": row.id,
            "renewal": row.external_id,
            "due_on": row.due_on,
            "closed_on": row.closed_on,
            "outcome": row.state,
            "due_arr": _money(row.due_mrr, currency),
            "kept_arr": _money(row.kept_mrr, currency),
            "currency": currency,
            "closed_by": row.closed_by.name if row.closed_by else "",
        }
        facts.append((row.account_id, told))
    announce_all(Kind.RENEWAL_CLOSED, facts)


def tell_quote_accepted(renewal: Renewal, quote: Quote) -> None:
    """A customer said yes to a quote; the contracts are not written yet."""
    told = {
        "renewal_id": renewal.id,
        "renewal": renewal.external_id,
        "due_on": renewal.due_on,
        "quote_id": quote.id,
        "quote": quote.label,
        "total": str(from_minor(quote.total_minor, quote.currency)),
        "currency": quote.currency,
        "accepted_by": quote.decided_by,
    }
    announce_all(Kind.QUOTE_ACCEPTED, [(renewal.account_id, told)])


def tell_called(renewal: Renewal, before: Decimal | None, call: RenewalCall) -> None:
    """Somebody called it differently from their last call (`before`, None for the first)."""
    announce_all(Kind.RENEWAL_CALLED, [(renewal.account_id, _called(renewal, before, call))])


def tell_recalled(calls: Iterable[tuple[RenewalCall, Decimal]]) -> None:
    """New calls of the system with its last one. It calls each night: only another category is told."""
    changed = [(call, before) for call, before in calls if confidence(call.probability) != confidence(before)]
    rows = Renewal.objects.in_bulk([call.renewal_id for call, _before in changed]) if changed else {}
    facts = []
    for call, before in changed:
        renewal = rows[call.renewal_id]
        facts.append((renewal.account_id, _called(renewal, before, call)))
    announce_all(Kind.RENEWAL_CALLED, facts)


def _called(renewal: Renewal, before: Decimal | None, call: RenewalCall) -> dict[str, object]:
    return {
        "renewal_id": renewal.id,
        "renewal": renewal.external_id,
        "due_on": renewal.due_on,
        "caller": call.caller,
        "before": None if before is None else float(before),
        "after": float(call.probability),
        "confidence": confidence(call.probability),
        "called_by": call.member.name if call.member else "",
    }
