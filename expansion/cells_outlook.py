"""The forecast in a chart, rows and words; how deals end and why; norms beside the company's own (EXP-05, EXP-07 to EXP-09). No query."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_symbol
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts.enums import Profile
from accounts.models import Tenant
from cs_platform.kernel.money import from_minor, money_text, to_minor
from cs_platform.kernel.periods import month_text
from cs_platform.kernel.templatetags.cells import month_name, number_text, percent_text
from expansion import charts_outlook, lifecycle
from expansion.cells import year_text
from expansion.enums import DealKind, LossReason, Motion, WinReason
from expansion.listing import LATE, UNSAID, YEAR
from expansion.norms import NORMS, REACTIVE, SYSTEMATIC, Benchmark, Grown, Norm
from expansion.outlook import Expected, Part, Quarter, add, sums
from expansion.pipeline import Rates

Url = Callable[..., str]
CUTS: Mapping[str, Any] = {
    "quarter": gettext_lazy("Quarter"),
    "motion": gettext_lazy("Motion"),
    "owner": gettext_lazy("Owner"),
    "segment": gettext_lazy("Segment"),
}
# The cut of what closed that stands beside each of them.
CLOSED_BY: Mapping[str, str] = {"quarter": "kind", "motion": "motion", "owner": "owner", "segment": "segment"}
CLOSED_HEADS: Mapping[str, Any] = {"kind": gettext_lazy("Kind"), **CUTS}
STACK = tuple(reversed(lifecycle.OPEN))  # from the zero line up, the surest first


def quarter_name(quarter: Quarter) -> str:
    """Q4 2026; Q3 2027 and later; late; no day."""
    if quarter.first is None:
        return _("Late") if quarter.late else _("No day yet")
    words = {"n": (quarter.first.month + 2) // 3, "year": quarter.first.year}
    return (_("Q%(n)s %(year)s and later") if quarter.onwards else _("Q%(n)s %(year)s")) % words


def quarters_card(found: Mapping[Quarter, Expected], tenant: Tenant, url: Url) -> dict[str, Any]:
    """The picture of the quarters and the same as a table; each opens to its deals."""
    currency = tenant.currency
    symbol = get_currency_symbol(currency, locale=get_language() or "en")
    shown = [stage for stage in STACK if any(one.by_stage.get(stage) for one in found.values())]
    bars = {
        str(stage): (
            str(stage.label),
            [float(from_minor(one.by_stage.get(stage, 0), currency)) for one in found.values()],
        )
        for stage in shown
    }  # heights of bars, never money again
    whole = sum(one.weighted for one in found.values())
    best = max(found, key=lambda quarter: found[quarter].weighted)
    words = {
        "money": year_text(whole, tenant),
        "quarter": quarter_name(best),
        "most": year_text(found[best].weighted, tenant),
    }
    return {
        "figure": charts_outlook.by_quarter([quarter_name(one) for one in found], bars, symbol),
        "finding": _("%(money)s weighted in all, most of it, %(most)s, in %(quarter)s.") % words,
        "table": {
            "head": [_("Quarter"), _("Weighted"), *(str(stage.label) for stage in shown)],
            "rows": [
                [
                    {"text": quarter_name(quarter), "url": url(quarter=quarter.key)},
                    year_text(one.weighted, tenant),
                    *(year_text(one.by_stage.get(stage, 0), tenant) for stage in shown),
                ]
                for quarter, one in found.items()
            ],
        },
        "legend": [{"dot": stage.value, "label": stage.label} for stage in shown],
    }


def groups(
    cut: str, parts: Sequence[Part], quarters: Mapping[Quarter, Expected], url: Url
) -> list[tuple[str, str, Expected]]:
    """Name, address of its rows and sum of each value of a cut."""
    if cut == "quarter":
        return [(quarter_name(one), url(quarter=one.key), found) for one, found in quarters.items()]
    if cut == "motion":
        found = sums(parts, lambda part: part.motion)
        return [(str(Motion(key).label), url(motion=(key,)), one) for key, one in found.items()]
    if cut == "owner":
        by_owner = sums(parts, lambda part: (part.owner, part.owner_id))
        return [
            (name or _("Nobody"), url(owner=(str(key) if key else "none",)), one)
            for (name, key), one in by_owner.items()
        ]
    by_segment = sums(parts, lambda part: part.segment)
    return [(name or _("No segment"), url(segment=(name,)) if name else "", one) for name, one in by_segment.items()]


def table(cut: str, found: Sequence[tuple[str, str, Expected]], whole: Expected, tenant: Tenant) -> dict[str, Any]:
    """Deals, best case, commit and weighted by the values of a cut, with all of them together."""
    return {
        "label": CUTS[cut],
        "heads": [CUTS[cut], _("Deals"), _("Best case"), _("Commit"), _("Weighted")],
        "rows": [
            {"name": name, "url": link, "late": link.endswith(f"quarter={LATE}"), "cells": _money(one, tenant)}
            for name, link, one in found
        ],
        "foot": _money(whole, tenant),
        "unconverted": number_text(whole.unconverted, 0) if whole.unconverted else "",
    }


def _money(one: Expected, tenant: Tenant) -> list[str]:
    return [number_text(one.deals, 0), *(year_text(money, tenant) for money in (one.year, one.commit, one.weighted))]


FILE_HEAD = ["cut", "value", "deals", "best_case", "commit", "weighted", "without_rate", "currency"]


def file_rows(
    parts: Sequence[Part], quarters: Mapping[Quarter, Expected], tenant: Tenant, url: Url
) -> Iterable[list[Any]]:
    """The same as rows of a file, of every cut, in whole units of the reporting currency; the first line is all of it."""
    every = [("all", "", add(parts))]
    every += [(cut, name, one) for cut in CUTS for name, _link, one in groups(cut, parts, quarters, url)]
    for cut, name, one in every:
        money = (from_minor(minor, tenant.currency) for minor in (one.year, one.commit, one.weighted))
        yield [cut, name, one.deals, *money, one.unconverted, tenant.currency]


def closed_rows(
    cut: str, found: Mapping[Any, Rates], names: Mapping[Any, str], tenant: Tenant, url: Url
) -> list[dict[str, Any]]:
    """How deals that closed within twelve months ended, by the values of a cut; the most won first."""
    rows = []
    for key, one in sorted(found.items(), key=lambda item: (-item[1].won_year, str(item[0]))):
        name, link = _named(cut, key, names)
        rows.append(
            {
                "name": name,
                "url": url(closed=YEAR, sort="closed", **link) if link else "",
                "cells": [
                    number_text(one.won, 0),
                    number_text(one.lost, 0),
                    percent_text(one.close_rate, 0),
                    year_text(one.won_year, tenant),
                    year_text(one.average, tenant),
                    days_text(one.days),
                ],
            }
        )
    return rows


def _named(cut: str, key: Any, names: Mapping[Any, str]) -> tuple[str, dict[str, Any]]:
    """The name of a cut's value, and the filter of the list that holds its deals; none where the list has no such filter."""
    if cut == "owner":
        return names.get(key, _("Nobody")), {"owner": (str(key) if key else "none",)}
    if cut == "segment":
        name = names.get(key, "")
        return name or _("No segment"), {"segment": (name,)} if name else {}
    label = Motion(key).label if cut == "motion" else DealKind(key).label
    return str(label), {cut: (key,)}


def days_text(days: float | None) -> str:
    """68 d: the median of what was won; a dash without any."""
    return "–" if days is None else _("%(days)s d") % {"days": number_text(days, 0)}


def reasons(
    losses: Mapping[str, Rates], wins: Mapping[str, Rates], tenant: Tenant, url: Url
) -> dict[str, list[dict[str, Any]]]:
    """Why deals of twelve months were lost and won, the most frequent first (EXP-08); each opens to its deals."""
    lost = {key: one for key, one in losses.items() if one.lost}
    won = {key: one for key, one in wins.items() if one.won}
    most_lost = max((one.lost for one in lost.values()), default=0)
    most_won = max((one.won for one in won.values()), default=0)
    return {
        "lost": [
            {
                "name": str(LossReason(key).label) if key else _("Not said"),
                "url": url(closed=YEAR, stage=("lost",), loss=(key or UNSAID,), sort="closed"),
                "count": number_text(one.lost, 0),
                "money": year_text(one.lost_year, tenant),
                "parts": [("risk", one.lost), ("rest", most_lost - one.lost)],
            }
            for key, one in sorted(lost.items(), key=lambda item: (-item[1].lost, item[0]))
        ],
        "won": [
            {
                "name": str(WinReason(key).label) if key else _("Not said"),
                "url": url(closed=YEAR, stage=("won",), win=(key or UNSAID,), sort="closed"),
                "count": number_text(one.won, 0),
                "money": year_text(one.won_year, tenant),
                "parts": [("good", one.won), ("rest", most_won - one.won)],
            }
            for key, one in sorted(won.items(), key=lambda item: (-item[1].won, item[0]))
        ],
    }


def norm_rows(found: Mapping[Any, Rates], tenant: Tenant) -> list[dict[str, Any]]:
    """Each profile with what is usual and what this company has (EXP-07): won deals of twelve months, their median time."""
    rows = []
    for profile, norm in NORMS.items():
        own = found.get(profile, Rates())
        rows.append(
            {
                "name": Profile(profile).label,
                "norm": span_text(norm),
                "own": year_text(own.average, tenant),
                "won": number_text(own.won, 0),
                "cycle": norm.cycle,
                "days": days_text(own.days),
                "approach": norm.approach,
            }
        )
    return rows


def span_text(norm: Norm) -> str:
    """US$50k to US$500k and more is said where the norm is open; a dash where it has none."""
    if norm.least is None:
        return "–"
    least, most = (
        money_text(to_minor(Decimal(amount), "USD"), "USD", compact=True) if amount is not None else ""
        for amount in (norm.least, norm.most)
    )
    return (
        _("%(least)s to %(most)s") % {"least": least, "most": most}
        if most
        else _("%(least)s and more") % {"least": least}
    )


def retention(grown: Grown | None, tenant: Tenant) -> dict[str, Any] | None:
    """Net retention beside that of companies that work at expansion and of those that do not (EXP-09)."""
    if grown is None:
        return None
    return {
        "nrr": percent_text(grown.nrr),
        "month": month_name(grown.month),
        "key": month_text(grown.month),
        "expansion": money_text(grown.expansion_minor, tenant.currency, compact=True),
        "peers": [_peer(SYSTEMATIC), _peer(REACTIVE)],
        "source": SYSTEMATIC.source,
    }


def _peer(one: Benchmark) -> dict[str, Any]:
    return {"text": one.text, "value": _("%(low)s to %(high)s%%") % {"low": one.low, "high": one.high}}
