"""What the page Movements prints: tiles, picture, reasons by kind, lines. Numbers come from `movement_rows`."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.enums import ChangeSource
from cs_platform.kernel.money import from_minor, money_text, to_minor
from cs_platform.kernel.periods import month_text
from cs_platform.kernel.templatetags.cells import day_text, month_name, number_text, percent_text
from metrics.enums import MovementKind, MovementReason, Window
from metrics.insights.movement_rows import Line, Moved, Owned, by_kind
from metrics.showing import cells, insight_charts
from metrics.showing.charts import GOOD, RISK, SERIES_1, SERIES_2

WATCH = "#f0b429"
# Kinds in the order of the picture, from zero outwards, with their colours and the classes of the legend.
STACKS = (
    (MovementKind.EXPANSION, GOOD, "good"),
    (MovementKind.NEW, SERIES_1, "s1"),
    (MovementKind.REACTIVATION, SERIES_2, "s2"),
    (MovementKind.CONTRACTION, WATCH, "watch"),
    (MovementKind.CHURN, RISK, "risk"),
)
Link = Callable[..., str]


def kind_label(kind: str) -> str:
    return str(MovementKind(kind).label)


def reason_label(reason: str) -> str:
    return str(MovementReason(reason).label) if reason in MovementReason.values else _("Not known")


def tiles(moved: Sequence[Moved], said: Owned, currency: str, kind: str, link: Link) -> list[dict[str, Any]]:
    """What was added and lost in all, each leading to its lines; beside expansion what of it the CS team owns."""
    kinds = by_kind(moved)
    counts = {each: sum(one.lines for one in moved if one.kind == each) for each in MovementKind.values}
    change = sum(amount for each, amount in kinds.items() if each != MovementKind.FX)
    fx = kinds[MovementKind.FX]
    shown = [
        {
            "label": _("Net change"),
            "value": money_text(change, currency, compact=True, signed=True),
            "url": link(kind=""),
            "current": not kind,
            "foot": _("currency %(amount)s apart") % {"amount": money_text(fx, currency, compact=True, signed=True)}
            if fx
            else _("no effect of currencies"),
        }
    ]
    for each in (MovementKind.NEW, MovementKind.EXPANSION, MovementKind.CONTRACTION, MovementKind.CHURN):
        lines = ngettext("%(n)s movement", "%(n)s movements", counts[each]) % {"n": number_text(counts[each])}
        foot = lines
        if each == MovementKind.EXPANSION and kinds[MovementKind.REACTIVATION]:
            back = money_text(kinds[MovementKind.REACTIVATION], currency, compact=True, signed=True)
            foot = _("%(lines)s; came back %(amount)s") % {"lines": lines, "amount": back}
        shown.append(
            {
                "label": each.label,
                "value": money_text(kinds[each], currency, compact=True, signed=True),
                "url": link(kind=each.value),
                "current": kind == each,
                "foot": foot,
            }
        )
    return [*shown, _owned_tile(said, currency)]


def _owned_tile(said: Owned, currency: str) -> dict[str, Any]:
    share = said.share
    return {
        "label": _("CS-owned net expansion"),
        "value": percent_text(share) if share is not None else money_text(said.net_owned, currency, compact=True),
        "foot": _("%(owned)s of %(net)s")
        % {
            "owned": money_text(said.net_owned, currency, compact=True, signed=True),
            "net": money_text(said.net, currency, compact=True, signed=True),
        },
        "definition": {
            "id": "cs-owned",
            "term": _("CS-owned net expansion"),
            "formula": _("(expansion + reactivation − contraction) that the CS team owns ÷ all of it"),
            "note": _(
                "New business is not owned by the CS team, everything else is, unless somebody says so on a line. "
                "Of the expansion alone it owns %(owned)s of %(all)s. Churn is no part of it. Where the net is not above "
                "zero there is an amount and no share."
            )
            % {
                "owned": money_text(said.expansion_owned, currency),
                "all": money_text(said.expansion, currency),
            },
        },
    }


def picture(moved: Sequence[Moved], months: Sequence[dt.date], currency: str) -> dict[str, Any]:
    """The movements by month: {figure, finding, table, legend}. Currency effects are in the table and not in the bars."""
    found = {month: by_kind(one for one in moved if one.month == month) for month in months}

    def texts(amounts: Sequence[int]) -> list[str]:
        return [money_text(amount, currency, compact=True, signed=True) for amount in amounts]

    def tick(value: float) -> str:
        return cells.short_money(to_minor(Decimal(str(value)), currency), currency)

    stacks, legend = [], []
    for kind, colour, mark in STACKS:
        amounts = [found[month][kind] for month in months]
        if not any(amounts):
            continue
        drawn = [float(from_minor(amount, currency)) for amount in amounts]
        stacks.append((str(kind.label), colour, drawn, texts(amounts)))
        legend.append({"mark": mark, "label": kind.label})
    net = [sum(amount for kind, amount in found[month].items() if kind != MovementKind.FX) for month in months]
    figure = insight_charts.movements_figure(
        cells.axis_labels(months),
        stacks,
        (_("Net"), [float(from_minor(amount, currency)) for amount in net], texts(net)),
        tick,
    )
    up = sum(amount > 0 for amount in net)
    head = [_("Month"), *(str(kind.label) for kind, _c, _m in STACKS), _("Net"), str(MovementKind.FX.label)]
    order = [kind for kind, _c, _m in STACKS]
    rows = [
        [month_name(month), *(_signed(found[month][kind], currency) for kind in order), _signed(total, currency),
         _signed(found[month][MovementKind.FX], currency)]
        for month, total in reversed(list(zip(months, net, strict=True)))
    ]  # fmt: skip
    return {
        "figure": figure,
        "finding": ngettext(
            "MRR rose in %(up)s of %(n)s month, by %(net)s in all.",
            "MRR rose in %(up)s of %(n)s months, by %(net)s in all.",
            len(months),
        )
        % {"up": up, "n": len(months), "net": money_text(sum(net), currency, compact=True, signed=True)},
        "table": {"head": head, "rows": rows},
        "legend": legend,
    }


def _signed(amount: int, currency: str) -> str:
    return cells.plain_money(amount, currency, signed=True) if amount else ""


def reasons(moved: Sequence[Moved], currency: str, link: Link) -> dict[str, Any]:
    """Reasons by kind: rows with the largest first, a sum under each kind; each amount leads to its lines."""
    kinds = [kind for kind, _c, _m in STACKS if any(one.kind == kind for one in moved)]
    amounts: dict[tuple[str, str], int] = {}
    for one in moved:
        if one.kind != MovementKind.FX:
            amounts[one.reason, one.kind] = amounts.get((one.reason, one.kind), 0) + one.amount
    named = sorted(
        {reason for reason, _kind in amounts}, key=lambda r: -sum(abs(amounts.get((r, k), 0)) for k in kinds)
    )
    scale = cells.Scale.of(amounts.values(), currency)
    return {
        "unit": scale.unit,
        "kinds": [kind.label for kind in kinds],
        "rows": [
            {
                "name": reason_label(reason),
                "url": link(reason=reason, kind=""),
                "cells": [
                    {"text": scale.moved(amounts.get((reason, kind), 0)), "url": link(reason=reason, kind=kind.value)}
                    for kind in kinds
                ],
                "total": scale.text(sum(amounts.get((reason, kind), 0) for kind in kinds), signed=True),
            }
            for reason in named
        ],
        "totals": [scale.text(sum(amounts.get((r, kind), 0) for r in named), signed=True) for kind in kinds],
        "total": scale.text(sum(amounts.values()), signed=True),
    }


def check(gaps: Mapping[dt.date, int], months: int, currency: str, *, narrow: bool) -> dict[str, Any]:
    """Whether the lines add up to the board's roll-forward, said either way. Of a `narrow` choice of lines it is said what
    it is about: all of them."""
    if gaps:
        worst = ", ".join(
            f"{month_name(month, short=True)} {money_text(gap, currency)}" for month, gap in list(gaps.items())[:6]
        )
        return {"ok": False, "text": _("The ledger differs from the roll-forward: %(months)s.") % {"months": worst}}
    text = ngettext(
        "Sum agrees with the roll-forward of the board in %(n)s month, term by term, to the cent.",
        "Sum agrees with the roll-forward of the board in each of %(n)s months, term by term, to the cent.",
        months,
    )
    if narrow:
        text = ngettext(
            "All lines, not only those filtered, agree with the roll-forward of the board in %(n)s month.",
            "All lines, not only those filtered, agree with the roll-forward of the board in each of %(n)s months.",
            months,
        )
    return {"ok": True, "text": text % {"n": months}}


def row(slug: str, line: Line, currency: str, note_url: str) -> dict[str, Any]:
    """A line of the list: what moved, why, whose it is, where it comes from; with links to the account, the line's
    lineage and the form for what people say."""
    arguments = [slug, "mrr"]
    lineage = f"?month={month_text(line.month)}&window={int(Window.MONTH)}&part={line.kind}&account={line.account_id}&line={line.id}"
    said = [
        line.said,
        _("read off the terms: %(reason)s") % {"reason": reason_label(line.derived)} if line.said_reason else "",
        _("%(name)s, %(day)s") % {"name": line.noted_by, "day": day_text(timezone.localdate(line.noted_at))}
        if line.noted_by and line.noted_at
        else "",
    ]
    return {
        "id": line.id,
        "month": month_name(line.month, short=True),
        "name": line.name,
        "url": reverse("account_revenue", args=[slug, line.account_id]),
        "kind": kind_label(line.kind),
        "reason": reason_label(line.reason),
        "noted": line.noted,
        "said": " · ".join(part for part in said if part),
        "owned": line.owned,
        "owned_said": line.said_owned is not None,
        "product": line.product or line.line,
        "line": line.line,
        "amount": cells.toned(line.amount, cells.plain_money(line.amount, currency, signed=True)),
        "amount_text": money_text(line.amount, currency, signed=True),
        "lineage_url": reverse("metric", args=arguments) + lineage,
        "source": source_text(line),
        "note_url": note_url if line.kind != MovementKind.FX else "",
    }


def source_text(line: Line) -> str:
    """Import, row 12; API; Person, Ruth Okafor; Renewal, Priya Natarajan."""
    if not line.source:
        return "–"
    label = str(ChangeSource(line.source).label)
    if line.source == ChangeSource.IMPORT and line.source_row:
        return _("%(source)s, row %(row)s") % {"source": label, "row": number_text(line.source_row)}
    people = (ChangeSource.MEMBER, ChangeSource.RENEWAL, ChangeSource.DEAL)
    return f"{label}, {line.actor}" if line.source in people and line.actor else label
