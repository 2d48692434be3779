"""What Insights → Churn says of reasons: beside the reference mix, by quarter, what they mean. Text only: every number comes
from `churn` and `churn_where`."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.churn import DEFAULT_REASONS
from accounts.enums import ChurnCategory
from cs_platform.kernel.periods import add_months
from cs_platform.kernel.templatetags.cells import number_text, percent_text
from metrics.churn import charts as churn_charts
from metrics.churn.where import Insight
from metrics.figures.losses import REFERENCE, Given, Reasons
from metrics.showing import cells

QUARTERS = 8
# Reasons that Setia brings along are said in the reader's language wherever they stand.
_OWN_WORDS = {reason.name for reason in DEFAULT_REASONS}


def reason_name(words: str) -> str:
    return _(words) if words in _OWN_WORDS else words


def insight_rows(found: Sequence[Insight]) -> list[dict[str, Any]]:
    """What the rules say, each with its evidence."""
    rows = []
    for insight in found:
        values = {
            "part": number_text(insight.part, 0),
            "whole": number_text(insight.whole, 0),
            "share": percent_text(insight.share, 0),
            "least": insight.rule.least,
        }
        if insight.segment:
            text = _("%(part)s of %(whole)s lost customers (%(share)s): it loses %(churn)s, everybody else %(others)s.")
            values |= {"churn": percent_text(insight.churn), "others": percent_text(insight.others)}
        else:
            text = _("%(part)s of %(whole)s who answered (%(share)s, from %(least)s%% on): %(category)s.")
            values |= {"category": ChurnCategory(insight.rule.category).label}
        rows.append({"advice": insight.advice, "evidence": text % values})
    return rows


def reasons_part(reasons: Reasons, currency: str) -> dict[str, Any]:
    """The categories beside the reference mix, their reasons and what they cost: figure, finding, table, rows."""
    lines = [reasons.of(category) for category in REFERENCE]
    names = [str(ChurnCategory(line.category).label) for line in lines]
    top = reasons.categories[0] if reasons.categories else None
    return {
        "any": reasons.answered > 0,
        "figure": churn_charts.reasons_figure(
            names,
            [float((line.share or 0) * 100) for line in lines],
            [float(share) for share in REFERENCE.values()],
            (_("Your customers"), _("Reference")),
        ),
        "finding": _("%(category)s is named most: %(share)s of %(n)s answers, %(reference)s%% in the reference mix.")
        % {
            "category": ChurnCategory(top.category).label,
            "share": percent_text(top.share, 0),
            "n": number_text(reasons.answered, 0),
            "reference": REFERENCE[top.category],
        }
        if top
        else _("Nobody has answered yet."),
        "table": {
            "head": [_("Category"), _("Customers"), _("Share"), _("Reference")],
            "rows": [
                [name, number_text(line.customers, 0), percent_text(line.share), f"{REFERENCE[line.category]}%"]
                for name, line in zip(names, lines, strict=True)
            ],
        },
        "rows": [
            {
                "category": ChurnCategory(line.category).label,
                "customers": number_text(line.customers, 0),
                "share": percent_text(line.share),
                "arr": cells.short_money(12 * line.mrr, currency),
                "reasons": [
                    {
                        "name": reason_name(reason.reason) or _("no words"),
                        "customers": number_text(reason.customers, 0),
                        "share": percent_text(reason.share),
                        "arr": cells.short_money(12 * reason.mrr, currency),
                    }
                    for reason in line.reasons
                ],
            }
            for line in reasons.categories
        ],
        "unanswered": {
            "customers": number_text(reasons.unanswered, 0),
            "arr": cells.short_money(12 * reasons.unanswered_mrr, currency),
        }
        if reasons.unanswered
        else None,
        "meta": ngettext("%(n)s customer left", "%(n)s customers left", reasons.customers)
        % {"n": number_text(reasons.customers, 0)}
        + ", "
        + _("%(n)s answered") % {"n": number_text(reasons.answered, 0)},
    }


def quarters(last: dt.date) -> list[dt.date]:
    """The first months of the eight quarters that end with the one of `last`."""
    newest = add_months(last, -((last.month - 1) % 3))
    return [add_months(newest, -3 * shift) for shift in range(QUARTERS - 1, -1, -1)]


def quarters_part(rows: Sequence[Given], last: dt.date) -> dict[str, Any]:
    """Who left by quarter and category, eight quarters: {figure, finding, table, legend}."""
    shown = quarters(last)
    counts: dict[str | None, dict[dt.date, int]] = {}
    for row in rows:
        own = counts.setdefault(row.category, {})
        own[row.quarter] = own.get(row.quarter, 0) + row.customers
    labels = [cells.quarter_name(quarter) for quarter in shown]
    named = [category for category in REFERENCE if category in counts]

    def series(category: str | None) -> list[int]:
        return [counts.get(category, {}).get(quarter, 0) for quarter in shown]

    silent = _("Not answered")
    sums = [sum(own.get(quarter, 0) for own in counts.values()) for quarter in shown]
    return {
        "figure": churn_charts.quarters_figure(
            labels,
            {category: (str(ChurnCategory(category).label), series(category)) for category in named},
            (silent, series(None)),
        ),
        "finding": _("%(n)s customers left in %(last)s, %(before)s in %(first)s.")
        % {"n": sums[-1], "last": labels[-1], "before": sums[0], "first": labels[0]},
        "legend": [{"category": category, "label": ChurnCategory(category).label} for category in named],
        "table": {
            "head": [_("Quarter"), *(str(ChurnCategory(category).label) for category in named), silent, _("All")],
            "rows": [
                [label, *(number_text(series(category)[i], 0) for category in named), number_text(series(None)[i], 0),
                 number_text(sums[i], 0)]
                for i, label in reversed(list(enumerate(labels)))
            ],
        },
    }  # fmt: skip
