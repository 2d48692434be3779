"""The weekly page in tiles, rows, words and figures; no query here."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import cells
from accounts.cells import TONES
from accounts.enums import HealthBand
from cs_platform.kernel.money import from_minor
from cs_platform.kernel.templatetags.cells import month_name, number_text, percent_text
from health.scoring.diff import COVERAGE, MODEL
from health.scoring.formulas import MICRO
from health.scoring.indicators import INDICATORS, signed
from metrics.home.week import Cause, Mix, Mover
from renewals.upcoming import Upcoming

# Light colours of the tokens. Healthy is the pale one, so that a chart's eye-catcher is the trouble.
COLOURS = {
    HealthBand.RED: "#b4232a",
    HealthBand.YELLOW: "#f0b429",
    HealthBand.GREEN: "#8fd3c6",
    HealthBand.NONE: "#c9c9d2",
}
STACK = (HealthBand.RED, HealthBand.YELLOW, HealthBand.GREEN, HealthBand.NONE)  # from the zero line up
SHOWN = (HealthBand.GREEN, HealthBand.YELLOW, HealthBand.RED)
CAUSES = 5


def change(now: int, before: int, *, more_is_better: bool) -> dict[str, Any]:
    """A change of a count since last week, as `{% delta %}` takes it."""
    difference = now - before
    return {
        "value": number_text(abs(difference), 0),
        "text": _("since last week"),
        "direction": "up" if difference > 0 else "down" if difference < 0 else "flat",
        "good": None if difference == 0 else (difference > 0) == more_is_better,
    }


def tiles(
    mix: Mix,
    by_owner: Mapping[Any, Mix],
    growth: Mapping[str, Any],
    coming: Upcoming,
    renewals_url: str,
    currency: str,
    url: Any,
) -> list[dict[str, Any]]:
    """Exactly five (DSH-02). `growth` is the tile of the pipeline, `coming` the renewals of six months and where they stand;
    `url(**filters)`."""
    scored = mix.accounts - mix.by_band[HealthBand.NONE]
    risk, money = mix.at_risk()
    risk_was = mix.was[HealthBand.RED] + mix.was[HealthBand.YELLOW]
    red = {
        "count": number_text(mix.by_band[HealthBand.RED], 0),
        "arr": cells.arr_text(mix.mrr_by_band[HealthBand.RED], currency),
    }
    shares = [
        f"{percent_text(mix.by_band[band] / scored)} {band.label}"
        for band in (HealthBand.YELLOW, HealthBand.RED)
        if scored
    ]
    owned = {owner: own for owner, own in by_owner.items() if owner[0]}
    fullest = max(owned.items(), key=lambda item: item[1].accounts, default=None)
    return [
        {
            "label": _("Health distribution"),
            "value": percent_text(mix.by_band[HealthBand.GREEN] / scored) if scored else "–",
            "unit": _("healthy") if scored else "",
            "delta": change(mix.by_band[HealthBand.GREEN], mix.was[HealthBand.GREEN], more_is_better=True) if scored else None,
            "url": url(health=HealthBand.GREEN) if scored else "",
            "foot": " · ".join([*shares, *_no_data(mix)]) or _("no score yet"),
        },
        {
            "label": _("At risk"),
            "value": number_text(risk, 0) if scored else "–",
            "unit": cells.arr_text(money, currency) if scored else "",
            "delta": change(risk, risk_was, more_is_better=False) if scored else None,
            "url": url(health=["red", "yellow"], sort="health") if scored else "",
            "foot": _("of them %(count)s Critical, %(arr)s") % red if scored else _("no score yet"),
        },
        dict(growth),
        {
            "label": _("Renewal forecast"),
            "value": percent_text(coming.rate),
            "unit": cells.arr_text(coming.mrr, currency) if coming.count else "",
            "url": renewals_url if coming.count else "",
            "foot": _("%(loss)s forecast loss in six months, %(risk)s called at risk")
            % {"loss": cells.arr_text(coming.loss, currency), "risk": cells.arr_text(coming.at_risk_mrr, currency)}
            if coming.count
            else _("no renewal is open in six months"),
        },
        {
            "label": _("CSM capacity"),
            "value": f"{sum(own.accounts for own in owned.values()) / len(owned):.0f}" if owned else "–",
            "unit": _("accounts each") if owned else "",
            "foot": _("most: %(name)s, %(count)s") % {"name": fullest[0][1], "count": fullest[1].accounts}
            if fullest
            else _("no account has an owner"),
        },
    ]  # fmt: skip


def _no_data(mix: Mix) -> list[str]:
    count = mix.by_band[HealthBand.NONE]
    return [_("%(count)s without data") % {"count": number_text(count, 0)}] if count else []


def bands(mix: Mix, currency: str, url: Any) -> list[dict[str, Any]]:
    """The counts above the chart: band, accounts with the change of a week, share and money."""
    rows = []
    scored = mix.accounts - mix.by_band[HealthBand.NONE]
    for band in (*SHOWN, *([HealthBand.NONE] if mix.by_band[HealthBand.NONE] else [])):
        shares = (
            [_("%(share)s of the scored") % {"share": percent_text(mix.by_band[band] / scored)}]
            if scored and band in SHOWN
            else []
        )
        rows.append(
            {
                "tone": TONES[band],
                "label": band.label,
                "value": number_text(mix.by_band[band], 0),
                "delta": change(mix.by_band[band], mix.was[band], more_is_better=band == HealthBand.GREEN),
                "url": url(health=band),
                "foot": " · ".join(
                    [*shares, _("%(arr)s ARR") % {"arr": cells.arr_text(mix.mrr_by_band[band], currency)}]
                ),
            }
        )
    return rows


def distribution(weeks: Sequence[tuple[dt.date, Mapping[HealthBand, int]]]) -> dict[str, Any]:
    """The chart of accounts by band, week by week, Critical on the zero line, with its finding and its table."""
    labels = [week_label(day) for day, _found in weeks]
    bars = [band for band in STACK if band != HealthBand.NONE or any(found[band] for _day, found in weeks)]
    top = max((sum(found[band] for band in bars) for _day, found in weeks), default=1)
    data = [
        {
            "type": "bar",
            "name": str(band.label),
            "x": labels,
            "y": [found[band] for _day, found in weeks],
            "marker": {"color": COLOURS[band], "line": {"color": "#ffffff", "width": 1}},
            # A number that does not fit its bar is left to the table.
            "text": [f"{found[band]}" if found[band] >= top / 16 else "" for _day, found in weeks],
            "textposition": "inside",
            "insidetextanchor": "middle",
            "textangle": 0,
            "constraintext": "none",
            "textfont": {"color": "#fefefe" if band == HealthBand.RED else "#17171e", "size": 11},
            "hovertemplate": "%{y}",
        }
        for band in bars
    ]
    first, last = weeks[0][1], weeks[-1][1]
    moves = [
        _("%(band)s from %(first)s to %(last)s") % {"band": band.label, "first": first[band], "last": last[band]}
        for band in SHOWN
    ]
    finding = ngettext("Accounts by health in %(n)s week:", "Accounts by health over %(n)s weeks:", len(weeks))
    return {
        "figure": {
            "data": data,
            "layout": {
                "barmode": "stack",
                "barcornerradius": 2,
                "bargap": 0.28,
                "xaxis": {"type": "category"},
                "yaxis": {"rangemode": "tozero", "nticks": 5},
                "margin": {"l": 44, "r": 8, "t": 8, "b": 26},
            },
        },
        "finding": f"{finding % {'n': len(weeks)}} {', '.join(moves)}.",
        "table": {
            "head": [_("Week"), *[str(band.label) for band in bars]],
            "rows": [[label, *[number_text(found[band], 0) for band in bars]] for label, (_day, found) in zip(labels, weeks, strict=True)],
        },
    }  # fmt: skip


def week_label(day: dt.date) -> str:
    return _("W%(week)s") % {"week": day.isocalendar().week}


def shift(found: Mapping[tuple[HealthBand, HealthBand], int], mix: Mix, url: Any) -> dict[str, Any]:
    """The matrix: rows are last week, columns this week; `url(before, after)` opens the accounts of a cell."""
    shown = [band for band in (*SHOWN, HealthBand.NONE) if mix.by_band[band] or mix.was[band] or band in SHOWN]
    order = {band: place for place, band in enumerate(SHOWN)}  # better first
    rows = []
    for old in shown:
        row = []
        for new in shown:
            count = found.get((old, new), 0)
            tone = "same"
            if old != new and HealthBand.NONE not in (old, new):
                tone = "up" if order[new] < order[old] else "down"
            row.append(
                {
                    "value": number_text(count, 0),
                    "tone": tone if count else "zero",
                    "url": url(old, new) if count else "",
                }
            )
        rows.append({"tone": TONES[old], "label": old.label, "count": number_text(mix.was[old], 0), "cells": row})
    moved = sum(count for (old, new), count in found.items() if old != new)
    return {
        "heads": [{"tone": TONES[band], "label": band.label} for band in shown],
        "rows": rows,
        "meta": ngettext("%(n)s account changed band", "%(n)s accounts changed band", moved)
        % {"n": number_text(moved, 0)},
        "foot": _("Rows are last week, columns this week. %(down)s got worse, %(up)s got better.")
        % {"down": mix.down, "up": mix.up},
    }


def cause_rows(found: Sequence[Cause]) -> list[dict[str, Any]]:
    """What moved the book most: its name, the net points, and on how many accounts it was a point or more."""
    rows = []
    for cause in found[:CAUSES]:
        if cause.key == MODEL:
            name = _("A new version of the model")
        elif cause.key == COVERAGE:
            name = _("Data that became known or went missing")
        else:
            name = str(INDICATORS[cause.key].label)
        rows.append(
            {
                "name": name,
                "net": signed(cause.micro / MICRO),
                "negative": cause.micro < 0,
                "text": _("%(down)s accounts down, %(up)s up by a point or more")
                % {"down": cause.down, "up": cause.up},
            }
        )
    return rows


def reason(mover: Mover) -> str:
    """What moved it most, in words."""
    return mover.reason() or _("Other data became known or went missing")


def mover_row(mover: Mover, url: str, currency: str, today: dt.date) -> dict[str, Any]:
    """One account that fell or rose, and why."""
    return {
        "name": mover.name,
        "url": url,
        "arr": cells.arr_text(mover.mrr, currency),
        "tone": TONES[mover.band],
        "band": mover.band.label,
        "score": cells.score_text(mover.after),
        "delta": cells.change(mover.moved, _("since last week")),
        "reason": reason(mover),
        "renews": cells.renewal(mover.renews_on, today),
        "owner": mover.owner,
    }


def group_row(name: str, mix: Mix, currency: str, url: str, *, person: bool = False) -> dict[str, Any]:
    """A CSM or a segment: accounts, money, mix of bands, money at risk, and the improvement rate (HLT-17)."""
    risk, money = mix.at_risk()
    parts = [(TONES[band], mix.by_band[band]) for band in (*SHOWN, HealthBand.NONE)]
    spoken = [f"{mix.by_band[band]} {band.label}" for band in (*SHOWN, HealthBand.NONE) if mix.by_band[band]]
    return {
        "name": name,
        "avatar": name if person else "",
        "url": url,
        "accounts": number_text(mix.accounts, 0),
        "arr": cells.arr_text(mix.mrr, currency),
        "bar": parts,
        "spoken": ", ".join(spoken),
        "risk": number_text(risk, 0),
        "risk_arr": cells.arr_text(money, currency),
        "improved": percent_text(mix.improved),
        "moved": _("%(up)s up, %(down)s down") % {"up": mix.up, "down": mix.down},
    }


def renewals(
    months: Sequence[tuple[dt.date, Mapping[HealthBand, tuple[int, int]]]], currency: str, symbol: str, url: Any
) -> dict[str, Any]:
    """ARR by the month in which its paid period ends, cut by today's band, Critical on the zero line."""
    bars = [band for band in STACK if any(band in found for _month, found in months)]
    labels = [month_name(month, short=True) for month, _found in months]
    totals = {month: sum(mrr for _n, mrr in found.values()) for month, found in months}
    counts = {month: sum(n for n, _mrr in found.values()) for month, found in months}
    risk = sum(found[band][1] for _m, found in months for band in (HealthBand.RED, HealthBand.YELLOW) if band in found)
    total, accounts = sum(totals.values()), sum(counts.values())
    top = max(totals, key=lambda month: totals[month])

    def height(found: Mapping[HealthBand, tuple[int, int]], band: HealthBand) -> float:
        return float(from_minor(12 * found.get(band, (0, 0))[1], currency))  # a bar's height, never money again

    return {
        "any": accounts > 0,
        "meta": _("%(count)s in six months, %(arr)s ARR") % {"count": cells.count_text(accounts), "arr": cells.arr_text(total, currency)},
        "legend": [{"tone": TONES[band], "label": band.label} for band in bars],
        "finding": _("%(arr)s of ARR come up for renewal in six months, most in %(month)s; %(risk)s of it is at risk or critical.")
        % {"arr": cells.arr_text(total, currency), "month": month_name(top, short=True), "risk": cells.arr_text(risk, currency)},
        "figure": {
            "data": [
                {
                    "type": "bar", "name": str(band.label), "x": labels, "y": [height(found, band) for _m, found in months],
                    "marker": {"color": COLOURS[band], "line": {"color": "#ffffff", "width": 1}}, "hovertemplate": "%{y:~s}",
                }
                for band in bars
            ],
            "layout": {
                "barmode": "stack", "bargap": 0.34, "barcornerradius": 2, "margin": {"l": 56, "r": 8, "t": 12, "b": 28},
                "xaxis": {"type": "category"}, "yaxis": {"rangemode": "tozero", "nticks": 4, "tickprefix": symbol, "tickformat": "~s"},
            },
        },
        "table": {
            "head": [_("Month"), _("Accounts"), _("ARR"), *[str(band.label) for band in bars]],
            "rows": [
                [
                    {"text": label, "url": url(renews=f"{month:%Y-%m}", sort="renews")}, number_text(counts[month], 0),
                    cells.arr_text(totals[month], currency), *[cells.arr_text(found.get(band, (0, 0))[1], currency) for band in bars],
                ]
                for label, (month, found) in zip(labels, months, strict=True)
            ],
            "foot": [_("Six months"), number_text(accounts, 0), cells.arr_text(total, currency),
                     *[cells.arr_text(sum(found.get(band, (0, 0))[1] for _m, found in months), currency) for band in bars]],
        },
    }  # fmt: skip
