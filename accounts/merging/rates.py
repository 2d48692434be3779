"""Exchange rates: append-only, the latest recorded one counts."""

from collections.abc import Sequence

from accounts.kinds import Row
from accounts.merging.result import MergeResult, Origin, first_of_each, revenue_changed
from accounts.models import FxRate, Subscription, Tenant


def merge_fx_rates(rows: Sequence[Row], origin: Origin) -> MergeResult:
    """Record the rates that differ from the latest known; accounts that are paid in another currency are worked out anew."""
    result = MergeResult()
    rows = first_of_each(rows, result, "month", "base", "quote")
    months = {row.values["month"] for row in rows}
    newest = FxRate.objects.filter(month__in=months).order_by("month", "base", "quote", "-recorded_at", "-id")
    known = {
        (month, base, quote): rate
        for month, base, quote, rate in newest.distinct("month", "base", "quote").values_list(
            "month", "base", "quote", "rate"
        )
    }
    fresh = []
    for row in rows:
        v = row.values
        before = known.get((v["month"], v["base"], v["quote"]))
        if before == v["rate"]:
            result.outcomes[row.number] = "unchanged"
            continue
        rate = FxRate(source=origin.source, source_ref=origin.ref, **v)
        fresh.append(rate)
        result.add(row.number, rate.id, "created" if before is None else "updated")
    FxRate.objects.bulk_create(fresh, batch_size=2000)
    if fresh:
        own = Tenant.current().currency
        foreign = Subscription.objects.exclude(currency=own).values_list("account_id", flat=True).distinct()
        revenue_changed(foreign, origin)
    return result
