"""Renewals, and what is forecast of them, as rows of a file (REN-08). Columns are named as programs and imports know them."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from cs_platform.kernel.money import from_minor, whole_minor
from cs_platform.kernel.periods import month_text
from renewals import reports
from renewals.enums import Caller, Confidence
from renewals.formulas import confidence
from renewals.models import Renewal
from renewals.outlook import Due, by_month, sums, total
from renewals.results import Ended, results
from renewals.scores import Scored

HEAD = (
    "renewal", "account", "account_name", "segment", "owner", "due_on", "state", "arr", "phase", "intent", "likely_reason",
    "offered", "asked", "currency", "term_months", "legal", "procurement", "next_step", "next_step_on", "system_call", "csm_call",
    "leader_call", "confidence", "save_play", "closed_on", "kept_arr",
)  # fmt: skip
FORECAST_HEAD = (
    "by", "name", "renewals", "due_arr", *(f"{each}_arr" for each in Confidence.values), *(f"{each}_loss" for each in Caller.values),
)  # fmt: skip
RESULTS_HEAD = (
    "by", "name", "due", "decided", "kept", "early", "on_time", "due_arr", "kept_arr", "net_arr", "gross_rate", "net_rate", "logo_rate",
)  # fmt: skip
CALLS_HEAD = (
    "renewal", "account", "account_name", "closed_on", "state", "caller", "lead_days", "called", "by", "arr", "stayed", "called_too_much_arr",
)  # fmt: skip
LISTED = ("mrr_minor", "system", "csm", "leader", "called", "saving")  # what `selectors.listed` adds
CUTS: dict[str, Callable[[Due], str]] = {"segment": lambda row: row.segment, "csm": lambda row: row.owner}


def rows(renewals: Iterable[Renewal], reporting: str) -> Iterator[list[Any]]:
    """Rows of listed renewals in their order (`selectors.matching`). Money a year: `arr` in the company's currency `reporting`,
    what is offered and asked in that of the renewal."""
    for one in renewals:
        mrr, system, csm, leader, called, saving = (getattr(one, name) for name in LISTED)
        yield [
            one.external_id, one.account.external_id, one.account.name, one.account.segment.name if one.account.segment else "",
            one.account.owner.name if one.account.owner else "", one.due_on, one.state, from_minor(12 * mrr, reporting),
            one.phase, one.intent, one.likely_reason, _money(one.offered_minor, one.currency), _money(one.asked_minor, one.currency),
            one.currency, one.term_months, one.legal, one.procurement, one.next_step, one.next_step_on, system, csm, leader,
            "" if called is None else confidence(called).value, "running" if saving else "", one.closed_on,
            None if one.kept_mrr is None else from_minor(12 * one.kept_mrr, reporting),
        ]  # fmt: skip


def forecast_rows(due: Sequence[Due], months: Sequence[dt.date], reporting: str) -> Iterator[list[Any]]:
    """What comes due and what each caller expects to lose of it, money a year: all of it, by month, by segment and by CSM."""
    found = [("all", "", total(due))]
    found += [("month", month_text(month), one) for month, one in by_month(due, months).items()]
    for by, key in CUTS.items():
        found += [(by, name, one) for name, one in sorted(sums(due, key).items())]
    for by, name, one in found:
        yield [
            by, name, one.count, from_minor(12 * one.mrr, reporting),
            *(from_minor(12 * one.by_call[each], reporting) for each in Confidence.values),
            *(from_minor(12 * one.loss(each), reporting) if one.called[each] else None for each in Caller.values),
        ]  # fmt: skip


def result_rows(ended: Sequence[Ended], reporting: str) -> Iterator[list[Any]]:
    """What became of renewals, money a year, rates as shares: all of them, then by each cut of the reports."""
    cuts: dict[str, Callable[[Ended], str]] = {"all": lambda row: ""} | reports.CUTS
    for by, key in cuts.items():
        for name, one in sorted(results(ended, key).items()):
            money = (from_minor(12 * minor, reporting) for minor in (one.mrr, one.kept_mrr, one.paid_mrr))
            rates = (
                None if rate is None else round(Decimal(rate), 8) for rate in (one.rate, one.net_rate, one.logo_rate)
            )
            yield [by, name, one.due, one.decided, one.kept, one.early, one.on_time, *money, *rates]


def call_rows(
    calls: Iterable[Scored], renewals: Mapping[UUID, Renewal], lead: int, reporting: str
) -> Iterator[list[Any]]:
    """Judged calls, money a year, shares as numbers: what was called too much adds up to what the page says."""
    for call in calls:
        one = renewals[call.renewal_id]
        yield [
            one.external_id, one.account.external_id, one.account.name, call.closed_on, one.state, call.caller, lead, call.chance,
            call.member, from_minor(12 * call.mrr, reporting), round(call.stayed, 8), from_minor(whole_minor(12 * call.error), reporting),
        ]  # fmt: skip


def _money(minor: int | None, currency: str) -> Any:
    return None if minor is None else from_minor(minor, currency)
