"""Reports of renewals as tables (API-02): the forecast, how good the calls were, what was kept, what was saved (REN-03, REN-05,
REN-08, HLT-13). Money is a year's, in minor units of the reporting currency; rows have the columns named here.

A day that is over is answered from what was frozen at the end of the last week up to it: nothing that was said later
changes it.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from accounts.models import Tenant
from accounts.rates import factors
from cs_platform.kernel.periods import month_text
from renewals import outlook, results, scores
from renewals.enums import Caller, Confidence, RenewalState
from renewals.models import Renewal, SavePlay

Rows = list[dict[str, Any]]
FORECAST = [
    "month", "renewals", "due_arr", *(f"{each}_arr" for each in Confidence.values), *(f"{each}_loss" for each in Caller.values),
    *(f"{each}_uncalled" for each in Caller.values),
]  # fmt: skip
ACCURACY = [
    "caller", "lead_days", "renewals", "brier", "always_average_brier", "bias_points", "right_side", "called_about_arr",
    "called_too_much_arr", "few",
]  # fmt: skip
RATES = [
    "dimension", "value", "due", "decided", "kept", "early", "on_time", "due_arr", "kept_arr", "renewal_rate", "reached_95",
    "net_arr", "net_rate", "logo_rate",
]  # fmt: skip
SAVES = ["lead_days", "opened", "saved_of_opened", "literal_rate", "decided", "saved", "save_rate"]
NONE = "(none)"


CUTS: dict[str, Callable[[results.Ended], str]] = {
    "month": lambda row: month_text(row.due_on),
    "quarter": lambda row: scores.quarter_text(row.due_on),
    "segment": lambda row: row.segment or NONE,
    "csm": lambda row: row.csm or NONE,
    "customer_since": lambda row: scores.quarter_text(row.since) if row.since else NONE,
}


def _of(segment: str) -> QuerySet[Renewal]:
    return Renewal.objects.filter(account__segment__name=segment) if segment else Renewal.objects.all()


def forecast(months: list[dt.date], last: dt.date, as_of: dt.date, segment: str) -> Rows:
    """By month what comes due up to `last` and what each caller expects to lose of it, as it stood at the end of `as_of`."""
    rows = _of(segment)
    if as_of >= Tenant.current().figures_as_of:
        due = outlook.read(rows.filter(state=RenewalState.OPEN), months[0], last)
    else:
        due = outlook.read_frozen(rows, as_of, months[0], last)
    return [
        {"month": month_text(month), "renewals": one.count, "due_arr": 12 * one.mrr}
        | {f"{each}_arr": 12 * one.by_call[each] for each in Confidence.values}
        | {f"{each}_loss": 12 * one.loss(each) if one.called[each] else None for each in Caller.values}
        | {f"{each}_uncalled": one.uncalled[each] for each in Caller.values}
        for month, one in outlook.by_month(due, months).items()
    ]


def accuracy(first: dt.date, last: dt.date, segment: str) -> Rows:
    """By caller and lead how good the frozen calls of renewals were that were decided from `first` to `last`."""
    rows, worth = [], factors()
    for lead in scores.LEADS:
        calls = scores.scored(_of(segment), first, lead, last, worth)
        average, by_caller = scores.average(calls), scores.grouped(calls, lambda call: call.caller)
        for caller in Caller.values:
            one = by_caller.get(caller)
            rows.append(
                {
                    "caller": caller,
                    "lead_days": lead,
                    "renewals": one.count if one else 0,
                    "brier": one and one.brier,
                    "always_average_brier": average,
                    "bias_points": one and one.bias,
                    "right_side": one and one.right,
                    "called_about_arr": 12 * one.mrr if one else None,
                    "called_too_much_arr": 12 * one.error if one else None,
                    "few": one is None or one.count < scores.FEW,
                }
            )
    return rows


def rates(first: dt.date, last: dt.date, segment: str) -> Rows:
    """What became of the renewals that came due from `first` to `last`: by month, quarter, segment, CSM and the quarter since
    which the customer is one; all of them first. What was decided after `last` was open then."""
    ended = results.read(_of(segment), first, last, last)
    found = [("all", "", results.total(ended))]
    for name, key in CUTS.items():
        found += [(name, value, one) for value, one in sorted(results.results(ended, key).items())]
    return [
        {
            "dimension": dimension,
            "value": value,
            "due": one.due,
            "decided": one.decided,
            "kept": one.kept,
            "early": one.early,
            "on_time": one.on_time,
            "due_arr": 12 * one.mrr,
            "kept_arr": 12 * one.kept_mrr,
            "renewal_rate": one.rate,
            "reached_95": one.reached,
            "net_arr": 12 * one.paid_mrr,
            "net_rate": one.net_rate,
            "logo_rate": one.logo_rate,
        }
        for dimension, value, one in found
    ]


def saves(first: dt.date, last: dt.date, segment: str) -> Rows:
    """Save plays by the days that were left when they were opened: of all opened in the span, and of those decided in it."""
    plays = SavePlay.objects.filter(account__segment__name=segment) if segment else SavePlay.objects.all()
    return [
        {
            "lead_days": one.name or NONE,
            "opened": one.opened,
            "saved_of_opened": one.opened_saved,
            "literal_rate": one.literal,
            "decided": one.decided,
            "saved": one.saved,
            "save_rate": one.rate,
        }
        for one in scores.save_rates(plays, first, last)
    ]
