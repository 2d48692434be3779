"""What the page Customer economics prints: cost, payback and LTV to CAC, by segment and source, referred against others."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cs_platform.kernel.money import money_text
from cs_platform.kernel.templatetags.cells import month_name, number_text, percent_text
from cs_platform.kernel.templatetags.ui import band_pill
from metrics.enums import Dimension, Metric
from metrics.figures.bands import Band
from metrics.insights.acquisition import Acquired, Economics, Referrals, WonBehind
from metrics.showing import cells
from metrics.showing.definitions import formula

Link = Callable[..., str]
# The references of the seed for referred customers (ADV-07): how much less they cost, and their share when mature.
CHEAPER = (Decimal("0.5"), Decimal("0.7"))
SHARE = (Decimal("0.4"), Decimal("0.6"))


def known_text(acquired: Acquired) -> str:
    """Cost known of 41 of 52 customers won."""
    return ngettext(
        "cost known of %(known)s of %(n)s customer won", "cost known of %(known)s of %(n)s customers won", acquired.won
    ) % {"known": number_text(acquired.known), "n": number_text(acquired.won)}


def _months(value: Decimal | None) -> str:
    return cells.value_text(Metric.PAYBACK, value, "")


def tiles(made: Economics, bands: Mapping[str, Sequence[Band]], currency: str, period: str) -> list[dict[str, Any]]:
    """Cost, LTV to it, and payback in both readings, each saying which it is (METRICS 5.7)."""

    def box(metric: Metric, value: Decimal | None, note: str = "") -> dict[str, Any]:
        return {
            "id": metric.value,
            "term": metric.label,
            "formula": formula(metric),
            "cohort": known_text(made.acquired),
            "period": period,
            "note": " ".join(
                part
                for part in (_("Unrounded: %(value)s.") % {"value": cells.exact_text(metric, value, currency)}, note)
                if part
            ),
        }

    return [
        {
            "label": Metric.CAC.label,
            "value": cells.value_text(Metric.CAC, made.cac, currency),
            "foot": known_text(made.acquired),
            "definition": box(Metric.CAC, made.cac, _("Costs as they stand on the accounts now.")),
        },
        {
            "label": Metric.LTV.label,
            "value": cells.value_text(Metric.LTV, made.ltv, currency),
            "foot": _("simple %(value)s, without margin")
            % {"value": cells.value_text(Metric.LTV_SIMPLE, made.ltv_simple, currency)},
        },
        {
            "label": Metric.LTV_CAC.label,
            "value": cells.value_text(Metric.LTV_CAC, made.ltv_cac, currency),
            "foot": cells.mark(Metric.LTV_CAC, bands.get(Metric.LTV_CAC, ()), made.ltv_cac),
            "definition": box(Metric.LTV_CAC, made.ltv_cac),
        },
        {
            "label": _("Payback, without margin"),
            "value": _months(made.payback_simple),
            "foot": _("the reference of 12 to 18 months is this one"),
        },
        {
            "label": _("Payback from gross margin"),
            "value": _months(made.payback),
            "foot": cells.mark(Metric.PAYBACK, bands.get(Metric.PAYBACK, ()), made.payback),
            "definition": box(
                Metric.PAYBACK,
                made.payback,
                _("Gross margin %(margin)s, a setting of the company.") % {"margin": percent_text(made.margin)},
            ),
        },
    ]


def group_rows(
    found: Mapping[str, Economics],
    dimension: Dimension,
    bands: Mapping[str, Sequence[Band]],
    currency: str,
    chosen: tuple[str, str],
    link: Link,
) -> list[dict[str, Any]]:
    """A line for each segment or source, those that won most first."""
    return [
        {
            "name": cells.dimension_value(dimension, value),
            "url": link(cut=str(dimension), value=value),
            "on": chosen == (str(dimension), value),
            "cells": [
                number_text(one.acquired.won),
                number_text(one.acquired.known),
                cells.value_text(Metric.CAC, one.cac, currency),
                cells.short_money(one.arpa, currency),
                cells.value_text(Metric.LTV, one.ltv, currency),
                cells.value_text(Metric.LTV_CAC, one.ltv_cac, currency),
                _months(one.payback_simple),
                _months(one.payback),
            ],
            "mark": cells.mark(Metric.LTV_CAC, bands.get(Metric.LTV_CAC, ()), one.ltv_cac),
        }
        for value, one in sorted(found.items(), key=lambda item: (-item[1].acquired.won, item[0]))
    ]


def referral_card(found: Referrals, currency: str, link: Link) -> dict[str, Any]:
    """Referred customers beside the others, each held against its reference (ADV-07)."""
    return {
        "any": bool(found.referred.won),
        "rows": [
            {
                "name": name,
                "url": link(cut="referred", value=value),
                "cells": [
                    number_text(one.won),
                    number_text(one.known),
                    cells.value_text(Metric.CAC, one.cac, currency),
                    money_text(one.first_mrr, currency, compact=True),
                    percent_text(Decimal(one.paying) / one.won if one.won else None),
                ],
            }
            for name, value, one in (
                (_("Referred"), "referred", found.referred),
                (_("All others"), "other", found.other),
            )
        ],
        "cheaper": _cheaper(found.cheaper),
        "share": _judged(
            found.share, SHARE[0], _("%(value)s of the customers won were referred; when mature it is 40 to 60%%.")
        ),
        "money": percent_text(found.share_of_money),
    }


def _cheaper(value: Decimal | None) -> dict[str, Any] | None:
    """How much less a referred customer costs, or more."""
    if value is not None and value < 0:
        text = _("Referred customers cost %(value)s more; the reference is 50 to 70%% less.")
        return {"mark": band_pill("risk", _("dearer")), "text": text % {"value": percent_text(-value)}}
    return _judged(value, CHEAPER[0], _("Referred customers cost %(value)s less; the reference is 50 to 70%%."))


def _judged(value: Decimal | None, reference: Decimal, text: str) -> dict[str, Any] | None:
    if value is None:
        return None
    tone = "good" if value >= reference else "watch"
    return {"mark": band_pill(tone, percent_text(value)), "text": text % {"value": percent_text(value)}}


def won_rows(behind: WonBehind, slug: str, currency: str) -> list[dict[str, Any]]:
    """The customers won, the dearest first; who has no known cost says so."""
    return [
        {
            "name": line.name,
            "url": reverse("account", args=[slug, line.account_id]),
            "segment": line.segment,
            "source": cells.dimension_value(Dimension.SOURCE, line.source) if line.source else "",
            "month": month_name(line.first_month, short=True),
            "cost": money_text(line.cost, currency) if line.cost is not None else _("not known"),
            "mrr": money_text(line.mrr, currency) if line.mrr else _("left"),
            "payback": _months(line.payback_simple),
        }
        for line in behind.lines
    ]
