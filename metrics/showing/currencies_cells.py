"""Cells of the currencies page."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cs_platform.kernel.models import Work
from cs_platform.kernel.money import digits, from_minor, money_text, whole_minor
from cs_platform.kernel.templatetags.cells import moment_text, month_name, number_text, percent_text
from metrics import formulas
from metrics.enums import Window
from metrics.figures.currencies import RateBehind
from metrics.figures.questions import sums_of
from metrics.models import CurrencyChange, MonthClose
from metrics.showing import cells, charts

MOVE = Decimal("0.10")


def figures(
    rows: Sequence[Mapping[str, Any]],
    mix: Sequence[Mapping[str, Any]],
    rates: Mapping[str, RateBehind],
    month: dt.date,
    currency: str,
) -> dict[str, Any]:
    """The table by contract currency, the picture of what rates did, and NRR with and without them."""
    total = sum(int(row["here"]) for row in mix)
    monthly = {row["month"]: sums_of(row) for row in rows if row["window"] == Window.MONTH}
    year = next((sums_of(row) for row in rows if row["window"] == Window.YEAR and row["month"] == month), None)
    months = sorted(monthly)
    effects = [monthly[at].fx for at in months]
    foreign = sum(int(row["here"]) for row in mix if row["currency"] != currency)
    finding = _("Rates moved MRR by %(sum)s in %(n)s months.") % {
        "sum": money_text(sum(effects), currency, signed=True),
        "n": len(months),
    }
    return {
        "any": bool(mix),
        "month": month_name(month),
        "mix": [_mix(row, total, currency) for row in mix],
        "rates": [_rate(code, behind) for code, behind in rates.items()],
        "total": money_text(total, currency),
        "figure": charts.effects_figure(
            cells.axis_labels(months),
            [float(from_minor(each, currency)) for each in effects],
            lambda value: cells.short_money(int(Decimal(str(value)).scaleb(digits(currency))), currency),
        ),
        "finding": finding,
        "table": {
            "head": [str(_("Month")), str(_("Currency effect"))],
            "rows": [[month_name(at), money_text(monthly[at].fx, currency, signed=True)] for at in reversed(months)],
        },
        "nrr": percent_text(formulas.nrr(year), 2) if year else "–",
        "nrr_with_rates": percent_text(formulas.ratio(year.kept, year.opening), 2) if year else "–",
        "move": _("If every other currency gained 10 percent against %(code)s, ARR would be %(amount)s higher.")
        % {"code": currency, "amount": money_text(whole_minor(foreign * 12 * MOVE), currency)}
        if foreign
        else _("Everybody pays in %(code)s: no rate moves a figure.") % {"code": currency},
    }


def _mix(row: Mapping[str, Any], total: int, currency: str) -> dict[str, Any]:
    here, code = int(row["here"]), row["currency"]
    own = code == currency
    return {
        "currency": code,
        "mrr": money_text(int(row["mrr"]), code),
        "here": money_text(here, currency),
        "share": percent_text(formulas.ratio(here, total)),
        "customers": number_text(row["customers"], 0),
        "move": "–" if own else money_text(whole_minor(here * 12 * MOVE), currency, signed=True),
    }


def _rate(code: str, behind: RateBehind) -> dict[str, Any]:
    """Where the rate of a currency comes from."""
    return {
        "currency": code,
        # Six digits that count: with fewer, a rupiah's rate would not give the amount beside it.
        "rate": number_text(behind.rate, max(6, 5 - behind.rate.adjusted())),
        "pairs": ", ".join(f"{base} → {quote}" for base, quote in behind.pairs),
        "month": month_name(behind.month),
        "carried": behind.month != behind.asked,
        "source": behind.source,
        "recorded": moment_text(behind.recorded_at),
    }


def job(work: Work, url: str) -> dict[str, Any]:
    """A change on its way, or the one that could not be done, for the progress component."""
    failed = work.state == Work.State.FAILED
    return {
        "title": _("Reporting in %(code)s") % {"code": work.payload["currency"]},
        "meta": _("Wished %(when)s by %(who)s") % {"when": moment_text(work.created_at), "who": work.actor},
        "url": url,
        "state": "failed" if failed else "running",
        "headline": _("Nothing was changed.")
        if failed
        else _("The whole history is being valued anew, in one piece. Until it is done all pages show what they did."),
        "message": work.error if failed or work.attempts else "",
        "percent": None,
    }


def change_row(row: CurrencyChange) -> dict[str, str]:
    return {
        "at": moment_text(row.since),
        "text": f"{row.before} → {row.after}",
        "by": row.changed_by.name if row.changed_by else "–",
    }


def closed_text(closes: Sequence[MonthClose]) -> str:
    """That months stay signed in the currency of then; nothing when none does."""
    if not closes:
        return ""
    said = ngettext(
        "%(n)s month stays signed in %(codes)s: its page and its file keep those figures; the board values it anew.",
        "%(n)s months stay signed in %(codes)s: their pages and files keep those figures; the board values them anew.",
        len(closes),
    )
    return said % {"n": len(closes), "codes": ", ".join(sorted({close.currency for close in closes}))}
