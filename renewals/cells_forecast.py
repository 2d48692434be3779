"""The forecast in tiles, a chart and rows (REN-05, REN-08): what three callers expect of what comes due. No request, no query."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from babel.numbers import get_currency_symbol
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from accounts.cells import arr_text, short_day
from accounts.models import Tenant
from cs_platform.kernel.money import from_minor, whole_minor
from cs_platform.kernel.periods import month_text
from cs_platform.kernel.templatetags.cells import day_text, month_name, number_text, percent_text
from renewals import charts
from renewals.cells import count_text, shape, tab_url
from renewals.cells_marks import spread
from renewals.cells_words import chance_text, reason_row
from renewals.enums import Caller, Confidence
from renewals.models import RenewalCall
from renewals.outlook import CALLERS, Due, Sum, by_month, sums, total

SHOWN = 6  # calls that disagree
CUTS: Mapping[str, Any] = {
    "month": gettext_lazy("Month"),
    "segment": gettext_lazy("Segment"),
    "csm": gettext_lazy("CSM"),
}
TILES = (
    (Caller.LEADER, gettext_lazy("Leader call")),
    (Caller.SYSTEM, gettext_lazy("System call")),
    (Caller.CSM, gettext_lazy("CSM call")),
)
Url = Callable[..., str]


def tiles(whole: Sum, months: Mapping[dt.date, Sum], soon: int, tenant: Tenant, url: Url) -> list[dict[str, Any]]:
    """Five: what is up for renewal, three calls of it, and how far system and CSM are apart."""
    currency = tenant.currency
    found: list[dict[str, Any]] = [
        {
            "label": _("Up for renewal"),
            "value": arr_text(whole.mrr, currency),
            "url": url(view="list", due=_months(months)),
            "foot": _("%(count)s · %(soon)s in 90 days")
            % {"count": count_text(whole.count), "soon": number_text(soon, 0)},
            "definition": _definition(tenant, months),
        }
    ]
    for caller, label in TILES:
        loss = _("%(money)s forecast loss") % {"money": arr_text(whole.loss(caller), currency)}
        missing = whole.uncalled[caller]
        if missing:
            loss += " · " + ngettext("%(n)s not called", "%(n)s not called", missing) % {"n": number_text(missing, 0)}
        found.append(
            {
                "label": label,
                "value": percent_text(whole.rate(caller)),
                "url": url(view="list", due=_months(months), sort=str(caller)),
                "foot": loss if whole.called[caller] else _("nobody called yet"),
                "current": caller == Caller.LEADER,
            }
        )
    worst = max(months, key=lambda month: months[month].apart)
    words = {"money": _arr(months[worst].apart, tenant), "month": month_name(worst)}
    found.append(
        {
            "label": _("System and CSM apart"),
            "value": _arr(whole.apart, tenant),
            "url": url(view="list", due=_months(months), sort="apart"),
            "foot": _("%(money)s of it in %(month)s") % words if whole.apart else _("they agree"),
        }
    )
    return found


def _months(months: Mapping[dt.date, Sum]) -> tuple[str, ...]:
    return tuple(month_text(month) for month in months)


def _arr(mrr: Decimal, tenant: Tenant) -> str:
    return arr_text(whole_minor(mrr), tenant.currency)


def _definition(tenant: Tenant, months: Mapping[dt.date, Sum]) -> dict[str, Any]:
    first, *_rest, last = months
    return {
        "id": "renewal-forecast",
        "term": _("Forecast loss"),
        "formula": _("Σ ARR × (1 − chance that it renews), of the renewals that the caller called"),
        "cohort": _("open renewals of accounts that you see"),
        "period": _("due from %(first)s to %(last)s, as of %(day)s")
        % {"first": month_name(first), "last": month_name(last), "day": day_text(tenant.figures_as_of)},
        "fx": _("The latest month-end rate, contract by contract."),
        "note": _(
            "Commit from 90%, likely from 70%, at risk below, on unrounded chances. The latest call of each caller counts."
        ),
    }


def loss(months: Mapping[dt.date, Sum], tenant: Tenant, url: Url) -> dict[str, Any]:
    """The chart of what each caller expects to lose, month by month, and the same as a table."""
    currency, symbol = tenant.currency, get_currency_symbol(tenant.currency, locale=get_language() or "en")
    labels = [f"{_short(month)}  {arr_text(one.mrr, currency)}" for month, one in months.items()]
    heights = {
        caller: [float(from_minor(12 * one.loss(caller), currency)) for one in months.values()] for caller in CALLERS
    }  # of bars, never money again
    size, unit, places = _scale(max(max(found) for found in heights.values()))
    bars = {
        caller: (
            str(Caller(caller).label),
            found,
            [number_text(height / size, places, fixed=True) if height else "" for height in found],
        )
        for caller, found in heights.items()
    }
    worst = max(months, key=lambda month: max(months[month].lost.values()))
    said = {caller: arr_text(months[worst].loss(caller), currency) for caller in CALLERS}
    words = {"month": month_name(worst)} | said
    return {
        "meta": _("three calls side by side, %(unit)s ARR") % {"unit": f"{symbol}{unit}"},
        "figure": charts.loss_by_month(labels, bars, symbol),
        "finding": _(
            "Forecast loss by month for three callers. %(month)s: system %(system)s, CSM %(csm)s, leader %(leader)s."
        )
        % words,
        "table": {
            "head": [_("Month"), _("Renewals"), _("ARR due"), *(str(Caller(caller).label) for caller in CALLERS)],
            "rows": [
                [
                    {"text": month_name(month), "url": url(view="list", due=(month_text(month),))},
                    number_text(one.count, 0),
                    arr_text(one.mrr, currency),
                    *(arr_text(one.loss(caller), currency) for caller in CALLERS),
                ]
                for month, one in months.items()
            ],
        },
    }


def apart_card(
    found: Sequence[Due],
    calls: Mapping[Any, Mapping[str, RenewalCall]],
    tenant: Tenant,
    today: dt.date,
    url: Url,
    months: Mapping[dt.date, Sum],
) -> dict[str, Any]:
    """The calls that disagree of what comes due in the months, by money apart; `calls` are those of the ones that are shown, by id."""
    shown = []
    for each in found[:SHOWN]:
        three = {caller: getattr(each, caller) for caller in CALLERS}
        spoken = ", ".join(f"{Caller(caller).label} {chance_text(chance)}" for caller, chance in three.items())
        numbers = " · ".join(chance_text(chance) for chance in three.values())
        points = number_text(each.points_apart, 0)
        shown.append(
            {
                "name": each.name,
                "url": tab_url(each, tenant.slug),
                "health": shape(each.band),
                "about": f"{arr_text(each.mrr, tenant.currency)} · {short_day(each.due_on, today)}",
                "money": _arr(each.money_apart, tenant),
                "spread": spread(three, spoken),
                "calls": numbers,
                "points": _("%(points)s points") % {"points": points},
                "why": _reasons(calls.get(each.id, {})),
            }
        )
    more = _("All %(n)s") % {"n": number_text(len(found), 0)}
    return {
        "rows": shown,
        "all": more,
        "url": url(view="list", due=_months(months), apart=True, sort="apart") if found else "",
    }


def _reasons(calls: Mapping[str, RenewalCall]) -> str:
    """CSM: the new VP agreed to a call; System: usage fell by 46%."""
    said = []
    for caller in (Caller.CSM, Caller.SYSTEM):
        call = calls.get(caller)
        if call and call.reasons:
            said.append(f"{caller.label}: {reason_row(call.reasons[0])['text']}")
    return "; ".join(said)


def rollup(rows: Sequence[Due], months: Sequence[dt.date], by: str, tenant: Tenant, url: Url) -> dict[str, Any]:
    """What comes due by month, segment or CSM: money, its categories, and what each caller expects to lose (REN-08)."""
    by = by if by in CUTS else "month"
    groups: list[tuple[str, str, Sum]] = []
    if by == "month":
        for month, one in by_month(rows, months).items():
            groups.append((month_name(month), url(view="list", due=(month_text(month),)), one))
    elif by == "segment":
        for name, one in sorted(sums(rows, lambda row: row.segment).items()):
            link = url(view="list", due=_due(months), segment=(name,)) if name else ""
            groups.append((name or _("No segment"), link, one))
    else:
        found = sums(rows, lambda row: (row.owner, row.owner_id))
        for (name, key), one in sorted(found.items(), key=lambda item: -item[1].mrr):
            link = url(view="list", due=_due(months), csm=(str(key) if key else "none",))
            groups.append((name or _("Nobody"), link, one))
    whole = total(rows)
    return {
        "cuts": [
            {"label": label, "url": url(view="forecast", by=name), "current": name == by}
            for name, label in CUTS.items()
        ],
        "heads": [
            CUTS[by],
            _("Renewals"),
            _("ARR due"),
            *(str(each.label) for each in Confidence),
            *(_("%(caller)s, loss") % {"caller": Caller(caller).label} for caller in CALLERS),
        ],
        "rows": [{"name": name, "url": link, "cells": _cells(one, tenant)} for name, link, one in groups],
        "foot": _cells(whole, tenant),
        "note": _("The categories are of the call that counts: the leader's, else the CSM's, else the system's."),
    }


def _scale(top: float) -> tuple[float, str, int]:
    """What the texts above bars are counted in: its size, its letter, decimals. Example: 660,000 is 660 of "k"."""
    if top >= 1_000_000:
        return 1_000_000, "M", 2
    return (1_000, "k", 0) if top >= 10_000 else (1, "", 0)


def _short(month: dt.date) -> str:
    """Dec, below the bars of a month."""
    return format_date(month, "MMM", locale=get_language() or "en")


def _due(months: Sequence[dt.date]) -> tuple[str, ...]:
    return tuple(month_text(month) for month in months)


def _cells(one: Sum, tenant: Tenant) -> list[dict[str, str]]:
    currency = tenant.currency
    cells = [{"text": number_text(one.count, 0)}, {"text": arr_text(one.mrr, currency), "tone": "b"}]
    cells += [{"text": arr_text(one.by_call[each], currency)} for each in Confidence]
    for caller in CALLERS:
        rate = one.rate(caller)
        money = arr_text(one.loss(caller), currency) if one.called[caller] else "–"
        cells.append({"text": money, "note": percent_text(rate) if rate is not None else ""})
    return cells
