"""Five tiles of the pipeline: what is open, what of it is expected, what was won, how often and how fast (EXP-05). No query."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Tenant
from cs_platform.kernel.templatetags.cells import day_text, number_text, percent_text
from expansion.cells import count_text, year_text
from expansion.enums import DealStage
from expansion.listing import YEAR, quarter_text
from expansion.pipeline import Rates, Stage


def tiles(
    whole: Stage, quarter: Rates, year: Rates, before: Rates, tenant: Tenant, today: dt.date, url: Callable[..., str]
) -> list[dict[str, Any]]:
    """`whole` is what is open now; `quarter`, `year` and the twelve months `before` it are how deals ended. `url` leads to the
    list with these filters."""
    now, won = quarter_text(today), (str(DealStage.WON),)
    average = _("%(count)s · %(money)s on average") % {
        "count": count_text(whole.deals),
        "money": year_text(whole.average, tenant),
    }
    closed = _("%(won)s of %(all)s in 12 months") % {
        "won": number_text(year.won, 0),
        "all": number_text(year.won + year.lost, 0),
    }
    found: list[dict[str, Any]] = [
        {
            "label": _("Open pipeline"),
            "value": year_text(whole.year, tenant),
            "url": url(),
            "foot": average if whole.deals else _("no deal is open"),
            "odd": _unconverted(whole),
            "definition": _definition(
                "open", _("Open pipeline"), _("Σ money a year of deals that are neither won nor lost"), today, money=True
            ),
        },
        {
            "label": _("Weighted pipeline"),
            "value": year_text(whole.weighted, tenant),
            "url": url(sort="weighted"),
            "foot": _("%(share)s%% of what is open") % {"share": number_text(whole.chance, 0)} if whole.year else "",
            "current": True,
            "definition": _definition(
                "weighted", _("Weighted pipeline"), _("Σ money a year × chance: a deal's own, else its stage's"), today,
                money=True,
            ),
        },
        {
            "label": _("Won this quarter"),
            "value": year_text(quarter.won_year, tenant),
            "url": url(stage=won, closed=now, sort="closed"),
            "foot": f"{count_text(quarter.won)} · {now}",
            "definition": _definition(
                "won", _("Won this quarter"), _("Σ a year of what winning wrote into the contracts"), today, money=True,
                period=_("closed in %(quarter)s") % {"quarter": now},
            ),
        },
        {
            "label": _("Close rate"),
            "value": percent_text(year.close_rate),
            "url": url(closed=YEAR, sort="closed"),
            "foot": closed if year.won + year.lost else _("no deal has closed yet"),
            "delta": _points(year.close_rate, before.close_rate),
            "definition": _definition(
                "close-rate", _("Close rate"), _("won ÷ (won + lost)"), today, period=_("closed within 12 months")
            ),
        },
        {
            "label": _("Identify to close"),
            "value": "–" if year.days is None else _days(year.days),
            "url": url(stage=won, closed=YEAR, sort="closed"),
            "foot": ngettext("median of %(n)s won deal", "median of %(n)s won deals", year.won)
            % {"n": number_text(year.won, 0)},
            "delta": _faster(year.days, before.days),
            "definition": _definition(
                "identify-to-close", _("Identify to close"), _("median days from the day a deal was seen to the day it was won"),
                today, period=_("won within 12 months"),
            ),
        },
    ]  # fmt: skip
    return found


def closing_text(year: Rates) -> str:
    """Earned deals close at 47%, overridden ones at 19% (12 months); "" before any deal has closed."""
    if not year.won + year.lost:
        return ""
    words = {"earned": percent_text(year.earned_rate, 0), "overridden": percent_text(year.overridden_rate, 0)}
    return _("Earned deals close at %(earned)s, overridden ones at %(overridden)s (12 months)") % words


def _unconverted(whole: Stage) -> str:
    """What is counted and adds no money, said so that nobody takes it for 0."""
    if not whole.unconverted:
        return ""
    return ngettext("%(n)s without a rate", "%(n)s without a rate", whole.unconverted) % {
        "n": number_text(whole.unconverted, 0)
    }


def _days(days: float) -> str:
    return ngettext("%(n)s day", "%(n)s days", round(days)) % {"n": number_text(days, 0)}


def _points(now: float | None, before: float | None) -> dict[str, Any] | None:
    """How many points more or less than in the twelve months before."""
    if now is None or before is None:
        return None
    points = round((now - before) * 100)
    return _delta(_("%(points)s pt") % {"points": number_text(abs(points), 0)}, points, good=points > 0)


def _faster(now: float | None, before: float | None) -> dict[str, Any] | None:
    """How many days more or less than in the twelve months before; fewer are better."""
    if now is None or before is None:
        return None
    days = round(now) - round(before)
    return _delta(_("%(days)sd") % {"days": number_text(abs(days), 0)}, days, good=days < 0)


def _delta(value: str, change: int, *, good: bool) -> dict[str, Any] | None:
    if not change:
        return None
    text = _("against the twelve months before")
    return {"value": value, "text": text, "direction": "up" if change > 0 else "down", "good": good}


def _definition(
    key: str, term: Any, formula: str, today: dt.date, *, period: str = "", money: bool = False
) -> dict[str, Any]:
    as_of = _("as of %(day)s") % {"day": day_text(today)}
    return {
        "id": f"deals-{key}",
        "term": term,
        "formula": formula,
        "cohort": _("deals of accounts that you see"),
        "period": f"{period}, {as_of}" if period else as_of,
        "fx": _("The latest month-end rate. What nothing converts is counted and adds no money.") if money else "",
    }
