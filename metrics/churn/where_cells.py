"""What Insights → Churn says of where customers are lost: tiles, losses by value, cohorts. Text only: every number comes from
`churn` and `churn_where`."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cs_platform.kernel.periods import add_months, month_end
from cs_platform.kernel.templatetags.cells import day_text, month_name, number_text, percent_text
from metrics import formulas
from metrics.catalogue import of
from metrics.churn import charts as churn_charts
from metrics.churn.asked import CUSTOM, MONTH, QUARTER, ChurnAsked
from metrics.churn.where import COHORTS, SMALL, Ageing, Spell
from metrics.enums import Metric
from metrics.explore.told import value_name
from metrics.figures.bands import Band
from metrics.figures.losses import Given, Reasons
from metrics.formulas import Sums
from metrics.showing import cells

BARS = 12
Link = Callable[..., str]


@dataclass(frozen=True)
class Losses:
    """What the tiles are made of: the sums of the spell, those of each month and trailing year that ends with it."""

    spell: Spell
    sums: Sums
    by_month: Mapping[dt.date, Sums]
    by_year: Mapping[dt.date, Sums]
    currency: str
    bands: Mapping[str, Sequence[Band]]

    def trend(self, value: Callable[[Sums], Decimal | None]) -> list[Decimal | None]:
        """Thirteen months: of trailing years where the spell is one, else month by month."""
        rows = self.by_year if self.spell.months == 12 else self.by_month
        return [value(rows[month]) if month in rows else None for month in months_before(self.spell.last)]


def months_before(last: dt.date) -> list[dt.date]:
    return [add_months(last, shift) for shift in range(-12, 1)]


def revenue_loss(sums: Sums) -> Decimal | None:
    """1 - GRR: what was lost of the revenue at the start."""
    kept = formulas.grr(sums)
    return None if kept is None else 1 - kept


def period_name(asked: ChurnAsked) -> str:
    """October 2026, Q3 2026, or from November 2025 to October 2026."""
    if asked.period == MONTH:
        return month_name(asked.month)
    if asked.period == QUARTER:
        return cells.quarter_name(asked.month)
    return _("%(first)s to %(last)s") % {"first": month_name(asked.spell.first), "last": month_name(asked.spell.last)}


def periods(asked: ChurnAsked, link: Link) -> list[dict[str, Any]]:
    """The lengths of time to choose from."""
    labels = {"month": _("Month"), "quarter": _("Quarter"), "year": _("12 months"), CUSTOM: _("Months of choice")}
    return [{"label": label, "url": link(period=name), "on": name == asked.period} for name, label in labels.items()]


def tiles(
    losses: Losses, reasons: Reasons, quarters: Sequence[Given], lineage: Mapping[str, str], queue_url: str
) -> list[dict[str, Any]]:
    """Five figures: logo churn and, always beside it, revenue churn (MET-04); both at the pace of a year; what was lost;
    who was asked."""
    sums, spell = losses.sums, losses.spell
    logo, money = formulas.logo_churn(sums), revenue_loss(sums)
    yearly = spell.months == 12
    judged = losses.bands.get(Metric.LOGO_CHURN, ()) if yearly else ()
    return [
        _tile(
            losses, Metric.LOGO_CHURN, logo, formulas.logo_churn, lineage.get("logo_churn", ""),
            cells.mark(Metric.LOGO_CHURN, judged, logo)
            or _("%(n)s of %(base)s customers")
            % {"n": number_text(sums.churned_customers, 0), "base": number_text(sums.opening_customers, 0)},
        ),
        _tile(
            losses, Metric.REVENUE_CHURN, money, revenue_loss, lineage.get("grr", ""),
            _("%(churn)s churn, %(contraction)s contraction of MRR")
            % {
                "churn": cells.short_money(sums.churned, losses.currency),
                "contraction": cells.short_money(sums.contraction, losses.currency),
            },
        ),
        _annual(losses),
        {
            "label": _("ARR lost"),
            "value": cells.short_money(12 * sums.churned, losses.currency),
            "points": _points([Decimal(row.churned) for row in _months(losses)]),
            "points_label": _("MRR lost by month"),
            "foot": ngettext("%(n)s customer lost", "%(n)s customers lost", sums.churned_customers)
            % {"n": number_text(sums.churned_customers, 0)},
        },
        {
            "label": _("Asked why"),
            "value": percent_text(formulas.ratio(reasons.answered, reasons.customers), 0),
            "url": queue_url,
            "points": _points(_answered(quarters)),
            "points_label": _("Share answered by quarter"),
            # Of those who left in these months; the queue, which the head counts, is about all months.
            "foot": _("%(n)s of %(all)s answered")
            % {"n": number_text(reasons.answered, 0), "all": number_text(reasons.customers, 0)},
        },
    ]  # fmt: skip


def _months(losses: Losses) -> list[Sums]:
    return [losses.by_month.get(month, Sums()) for month in months_before(losses.spell.last)]


def _points(values: Sequence[Decimal | None]) -> list[float | None] | None:
    known = sum(value is not None for value in values)
    return [None if value is None else float(value) for value in values] if known > 1 else None


def _answered(quarters: Sequence[Given]) -> list[Decimal | None]:
    found: dict[dt.date, list[int]] = {}
    for row in quarters:
        sums = found.setdefault(row.quarter, [0, 0])
        sums[0] += row.customers if row.category else 0
        sums[1] += row.customers
    return [formulas.ratio(*found[quarter]) for quarter in sorted(found)]


def _tile(
    losses: Losses,
    metric: Metric,
    value: Decimal | None,
    of_sums: Callable[[Sums], Decimal | None],
    url: str,
    foot: Any,
) -> dict[str, Any]:
    trend = losses.trend(of_sums)
    before = trend[-2] if losses.spell.kept else None
    return {
        "label": metric.label,
        "value": percent_text(value),
        "url": url,
        "delta": cells.delta(metric, value, before, add_months(losses.spell.last, -1)),
        "points": _points([None if each is None else each * 100 for each in trend]),
        "points_label": _("%(term)s in thirteen months") % {"term": metric.label},
        "foot": foot,
        "definition": definition(metric, losses, value),
    }


def definition(metric: Metric, losses: Losses, value: Decimal | None) -> dict[str, Any]:
    """The box beside a loss: of the customers at the start of the spell, whatever its length."""
    said, spell, sums = of(metric), losses.spell, losses.sums
    return {
        "id": metric,
        "term": metric.label,
        "formula": str(said.formula),
        "cohort": ngettext(
            "%(n)s customer paying on %(day)s", "%(n)s customers paying on %(day)s", sums.opening_customers
        )
        % {"n": number_text(sums.opening_customers, 0), "day": day_text(month_end(spell.base_month))},
        "period": _("%(start)s to %(end)s") % {"start": day_text(spell.first), "end": day_text(month_end(spell.last))},
        "fx": str(said.currency),
        "reactivation": str(said.reactivation),
        "note": _("Unrounded: %(value)s.") % {"value": percent_text(value, 6)} + " " + str(said.note),
    }


def _annual(losses: Losses) -> dict[str, Any]:
    """Logo churn as if a year went on like this: compounded, and simply multiplied beside it (METRICS rule 11). A spell of
    a year says itself, so there the last month is taken."""
    spell, sums, months = losses.spell, losses.sums, losses.spell.months
    if months == 12:
        sums, months = losses.by_month.get(spell.last, Sums()), 1
    loss = formulas.logo_churn(sums)
    compounded = None if loss is None else formulas.annualised(loss, months)
    simple = None if loss is None else loss * 12 / months
    paced = [
        None if (rate := formulas.logo_churn(row)) is None else formulas.annualised(rate, 1) for row in _months(losses)
    ]
    said = month_name(spell.last) if months == 1 else _("these %(n)s months") % {"n": months}
    return {
        "label": _("Logo churn at a year's pace"),
        "value": percent_text(compounded),
        "points": _points([None if each is None else each * 100 for each in paced]),
        "points_label": _("Each month at a year's pace"),
        "foot": _("annualised from %(what)s; simple %(simple)s") % {"what": said, "simple": percent_text(simple)},
        "definition": {
            "id": "annual",
            "term": _("Logo churn at a year's pace"),
            "formula": _("1 − (1 − churn) to the power of 12 ÷ months; simple: churn × 12 ÷ months"),
            "note": _(
                "What a year would lose if it went on like this. A single month swings: read it beside the year's."
            ),
        },
    }


def where(
    asked: ChurnAsked, total: Sums, found: Mapping[str, Sums], ageing: Ageing | None, currency: str, link: Link
) -> dict[str, Any]:
    """Losses by value: bars and rows, the highest first; cohorts the newest first. Values with a small base stand last
    and say so."""
    rows = [(value, sums) for value, sums in found.items() if sums.opening_customers]
    if asked.by in COHORTS:
        rows.sort(key=lambda row: row[0], reverse=True)
    else:
        rows.sort(key=lambda row: (row[1].opening_customers < SMALL, -(formulas.logo_churn(row[1]) or 0), row[0]))
    names = {value: value_name(asked.by, value, currency) for value, _sums in rows}
    overall = formulas.logo_churn(total)
    shown = rows[:BARS]
    shares = [formulas.logo_churn(sums) or Decimal(0) for _value, sums in shown]
    return {
        "rows": [
            {
                "value": value,
                "name": names[value],
                "url": link(opened=None if asked.opened == value else value),
                "open": asked.opened == value,
                "base": number_text(sums.opening_customers, 0),
                "small": sums.opening_customers < SMALL,
                "lost": number_text(sums.churned_customers, 0),
                "logo": percent_text(formulas.logo_churn(sums)),
                "revenue": percent_text(revenue_loss(sums)),
                "arr": cells.short_money(12 * sums.churned, currency) if sums.churned else "–",
                "share": percent_text(formulas.ratio(sums.churned_customers, total.churned_customers), 0),
            }
            for value, sums in rows
        ],
        "total": {
            "base": number_text(total.opening_customers, 0),
            "lost": number_text(total.churned_customers, 0),
            "logo": percent_text(overall),
            "revenue": percent_text(revenue_loss(total)),
            "arr": cells.short_money(12 * total.churned, currency),
        },
        "figure": churn_charts.rates_figure(
            [names[value] for value, _sums in shown], [float(share * 100) for share in shares],
            [percent_text(share) for share in shares], None if overall is None else float(overall * 100),
        ),
        "finding": _where_finding(asked, shown, names, overall),
        "small": _("n below %(n)s: one customer more moves the rate by more than five points.") % {"n": SMALL}
        if any(sums.opening_customers < SMALL for _value, sums in rows)
        else "",
        "ageing": ageing_text(ageing) if ageing else None,
    }  # fmt: skip


def _where_finding(
    asked: ChurnAsked, rows: Sequence[tuple[str, Sums]], names: Mapping[str, str], overall: Decimal | None
) -> str:
    if not rows:
        return _("Nobody paid at the start of this time.")
    worst = max(rows, key=lambda row: (row[1].opening_customers >= SMALL, formulas.logo_churn(row[1]) or 0))
    return _("%(name)s lost %(churn)s of its customers, everybody %(overall)s.") % {
        "name": names[worst[0]], "churn": percent_text(formulas.logo_churn(worst[1])), "overall": percent_text(overall),
    }  # fmt: skip


def ageing_text(ageing: Ageing) -> dict[str, Any]:
    """Whether newer cohorts lose less than earlier ones at the same age (MET-08), with the numbers and their size."""
    newest, before = ageing.newest, ageing.before
    if newest is None or before is None:
        return {"tone": "none", "word": _("Too young"), "text": _("Two cohorts of three months or more are needed.")}
    name = cells.quarter_name if ageing.months > 1 else month_name
    values = {
        "newest": name(newest.first),
        "n": number_text(newest.customers, 0),
        "churn": percent_text(newest.churn),
        "age": ageing.age,
        "before": name(before.first),
        "n_before": number_text(before.customers, 0),
        "churn_before": percent_text(before.churn),
    }
    text = _(
        "%(newest)s lost %(churn)s of %(n)s customers within %(age)s months; the cohorts since %(before)s had lost "
        "%(churn_before)s of %(n_before)s at that age."
    )
    tone, word = {
        True: ("good", _("Improving")), False: ("risk", _("Worsening")), None: ("none", _("Unchanged")),
    }[ageing.improving]  # fmt: skip
    note = _("Few customers: read it with care.") if ageing.small else ""
    return {"tone": tone, "word": word, "text": text % values, "note": note}
