"""Cells of account lists and headers: text in the reader's language, made in Python so that templates only print."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from accounts.enums import HealthBand
from accounts.formulas import cut
from accounts.listing import COLUMNS, SORTS, ListQuery
from accounts.models import Account, Tenant
from cs_platform.kernel.money import money_text
from cs_platform.kernel.templatetags.cells import day_text, number_text
from cs_platform.kernel.templatetags.ui import avatar, band_pill, delta, icon

NUMBERS = {"score", "change", "arr", "mrr", "employees"}
# The tone of a band: its colour and shape are named after it (design rule: shape, word and colour together).
TONES = {HealthBand.GREEN: "good", HealthBand.YELLOW: "watch", HealthBand.RED: "risk", HealthBand.NONE: "none"}
SOON_DAYS = 30
_DASH = format_html('<span class="m">{}</span>', "–")


@dataclass(frozen=True)
class Cell:
    """Content (text, or safe HTML) and the classes of its cell."""

    content: Any
    classes: str = ""


def short_day(day: dt.date | None, today: dt.date) -> str:
    """29 Dec within eleven months of today, else 29 Dec 2027; a dash when there is none."""
    if day is None:
        return "–"
    pattern = "d MMM" if abs((day - today).days) < 330 else "d MMM y"
    return format_date(day, pattern, locale=get_language() or "en")


def days_text(days: int) -> str:
    """38 as 38d, -12 as 12d ago: the short form of lists."""
    if days < 0:
        return _("%(days)sd ago") % {"days": -days}
    return _("%(days)sd") % {"days": days} if days else pgettext("days until", "today")


def last_seen(day: dt.date | None, today: dt.date) -> str:
    """Yesterday, 24d ago or never: when somebody was last spoken to."""
    if day is None:
        return _("Never")
    days = (today - day).days
    if days <= 0:
        return _("Today")
    return _("Yesterday") if days == 1 else days_text(-days)


def renewal(day: dt.date | None, today: dt.date) -> Any:
    """29 Dec 38d, bold within thirty days and red when it has passed."""
    if day is None:
        return _DASH
    days = (day - today).days
    return format_html(
        '<span class="{}">{}</span> <span class="{}">{}</span>',
        "b" if 0 <= days <= SOON_DAYS else "",
        short_day(day, today),
        "late" if days < 0 else "m",
        days_text(days),
    )


def health_fact(account: Account) -> dict[str, Any]:
    """The first fact of the header: band, score, change over a week; tinted by the band. Without a score, why not."""
    band = HealthBand(account.health_band)
    if account.health_score is None:
        why = _("not scored yet") if account.health_on is None else _("too little is known")
        return {"label": _("Health"), "value": health(band), "note": why}
    value = format_html(
        '<span class="big">{}{}</span> {}', icon(f"h-{TONES[band]}"), score_text(account.health_score), band.label
    )
    note = ""
    if account.health_change is not None and abs(account.health_change) >= 0.5:
        arrow = "↑" if account.health_change > 0 else "↓"
        note = _("%(arrow)s %(points)s in a week") % {"arrow": arrow, "points": f"{abs(account.health_change):.0f}"}
    return {"label": _("Health"), "value": value, "hot": TONES[band], "note": note}


def person(name: str | None) -> Any:
    """Avatar with the name for those who cannot see it; a dash for nobody."""
    return format_html('{}<span class="sr">{}</span>', avatar(name), name) if name else _DASH


def arr_text(mrr_minor: int, currency: str) -> str:
    """$412k: twelve times the monthly amount, compact."""
    return money_text(mrr_minor * 12, currency, compact=True)


def count_text(count: int) -> str:
    """133 accounts."""
    return ngettext("%(count)s account", "%(count)s accounts", count) % {"count": f"{count:,}"}


def health(band: str, *, pill: bool = False) -> Any:
    """Shape and word of a band."""
    return band_pill(TONES[HealthBand(band)], str(HealthBand(band).label), pill)


def score_text(score: Decimal | float | None, places: int = 0) -> str:
    """39, or 39.4: how every score is shown, see `formulas.cut`; a dash for none."""
    return number_text(None if score is None else cut(score, places), places)


def change(points: float | None, text: str) -> Any:
    """Arrow and whole points; `text` says since when, for those who cannot see the arrow."""
    if points is None:
        return _DASH
    whole = round(points)
    if whole == 0:
        return delta("0", text)
    return delta(f"{abs(whole)}", text, "up" if whole > 0 else "down", whole > 0)


_CELLS: dict[str, Any] = {
    "health": lambda a, tenant, today: Cell(health(a.health_band)),
    "score": lambda a, tenant, today: Cell(score_text(a.health_score), "n b"),
    "change": lambda a, tenant, today: Cell(change(a.health_change, _("in a week")), "n"),
    "status": lambda a, tenant, today: Cell(a.get_status_display(), "t2"),
    "arr": lambda a, tenant, today: Cell(arr_text(a.mrr_minor, tenant.currency), "n"),
    "mrr": lambda a, tenant, today: Cell(money_text(a.mrr_minor, tenant.currency), "n"),
    "renews": lambda a, tenant, today: Cell(renewal(a.renews_on, today)),
    "owner": lambda a, tenant, today: Cell(person(a.owner.name if a.owner else None)),
    "industry": lambda a, tenant, today: Cell(a.industry or _DASH, "t2 ell-s"),
    "source": lambda a, tenant, today: Cell(a.get_source_display() or _DASH, "t2"),
    "tier": lambda a, tenant, today: Cell(a.get_tier_display() or _DASH, "t2"),
    "since": lambda a, tenant, today: Cell(day_text(a.customer_since), "t2"),
    "region": lambda a, tenant, today: Cell(a.region or _DASH, "t2 ell-s"),
    "employees": lambda a, tenant, today: Cell(f"{a.employees:,}" if a.employees is not None else _DASH, "n"),
    "domain": lambda a, tenant, today: Cell(a.domain or _DASH, "t2 ell-s"),
    "signed": lambda a, tenant, today: Cell(day_text(a.signed_on), "t2"),
    "external": lambda a, tenant, today: Cell(a.external_id, "t2 ell-s"),
}


def account_rows(accounts: list[Account], columns: tuple[str, ...], tenant: Tenant, today: dt.date) -> list[Any]:
    """Rows for a table: {name, segment, url, cells}. Accounts come with segment and owner selected."""
    return [
        {
            "name": account.name,
            "segment": account.segment.name if account.segment else "",
            "url": reverse("account", args=[tenant.slug, account.id]),
            "cells": [_CELLS[name](account, tenant, today) for name in columns],
        }
        for account in accounts
    ]


def sorted_heads(
    columns: Iterable[tuple[str, Any, bool]], url: Callable[..., str], sort: str, *, descending: bool
) -> list[dict[str, Any]]:
    """Heads of a list that is read by key: {label, number, url (when it sorts), order}. `columns` are (name of the order or "",
    label, whether its cells are numbers); `url(sort=name)` is the list in that order, `sort` the one that it has."""
    found = []
    for name, label, number in columns:
        head: dict[str, Any] = {"label": label, "number": number}
        if name:
            head["url"] = url(sort=name)
            if name == sort:
                head["order"] = "descending" if descending else "ascending"
        found.append(head)
    return found


def heads(query: ListQuery, path: str) -> list[dict[str, Any]]:
    """Heads of the table: {label, number, url (when it sorts), order}; the name stands first."""
    result = []
    for name, label in (("name", _("Account")), *((name, COLUMNS[name]) for name in query.columns)):
        head: dict[str, Any] = {"label": label, "number": name in NUMBERS}
        if name in SORTS:
            head["url"] = f"{path}?{query.sorted_by(name)}"
            if name == query.sort:
                head["order"] = "descending" if query.descending else "ascending"
        result.append(head)
    return result
