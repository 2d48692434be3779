"""A month's close in words: its state, and the list of what was looked at."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Tenant
from cs_platform.kernel.periods import add_months, month_end
from cs_platform.kernel.templatetags.cells import day_text, moment_text, month_name, number_text
from metrics.models import MonthClose
from metrics.proof.closing_checks import Check, checks_of

MARKS = {True: ("y", "check"), False: ("x", "x"), None: ("q", "minus")}


def label(name: str) -> str:
    """What a check is called, also one that was kept with a close."""
    return {
        "over": _("The month is over"),
        "refreshing": _("Figures are complete"),
        "built": _("Figures are complete"),
        "sources": _("Sources complete"),
        "rejected": _("Rows rejected"),
        "balance": _("Roll-forward balances"),
        "findings": _("Findings of the night"),
        "reconciled": _("Against billing"),
    }.get(name, name)


def state(close: MonthClose | None) -> str:
    """Closed by Ana Ruiz on 4 Nov 2026, figures final; restated by … on … (version 2); open."""
    if close is None:
        return _("open")
    said = {"name": close.signed_as, "day": day_text(timezone.localdate(close.known_at)), "n": close.version}
    if close.version > 1:
        return _("restated by %(name)s on %(day)s (version %(n)s)") % said
    return _("closed by %(name)s on %(day)s, figures final") % said


def lines(found: Iterable[Check], slug: str) -> list[dict[str, Any]]:
    """The list as the page prints it, with the way to what a line speaks of."""
    return [
        _line(check.ok, label(check.name), str(check.text), str(check.aside))
        | {"url": reverse("settings_reconciliation", args=[slug, upload]) if (upload := check.reconciliation) else ""}
        for check in found
    ]


def _line(ok: bool | None, name: str, text: str, aside: str = "") -> dict[str, Any]:
    mark, icon = MARKS[ok]
    done = {"y": _("done"), "x": _("not in order"), "q": _("open")}[mark]
    return {"mark": mark, "icon": icon, "done": done, "label": name, "text": text, "aside": aside}


def kept_lines(close: MonthClose) -> list[dict[str, Any]]:
    """The list as it stood when the month was signed, and the signature."""
    found = [_line(row["ok"], label(row["name"]), row["text"], row.get("aside", "")) for row in close.checks]
    signed = _("%(name)s, %(at)s") % {"name": close.signed_as, "at": moment_text(close.known_at)}
    return [*found, _line(True, _("Signed"), signed, _("version %(n)s") % {"n": close.version})]


def card(month: dt.date, close: MonthClose | None, tenant: Tenant) -> dict[str, Any]:
    """The card beside a figure: the month's list, and how the month after it stands."""
    found = kept_lines(close) if close else lines(checks_of(month), tenant.slug)
    return {
        "title": _("%(month)s close") % {"month": month_name(month)},
        "closed": close is not None,
        "version": close.version if close else 0,
        "state": state(close),
        "lines": [*found, *_following(add_months(month, 1), tenant)],
    }


def _following(month: dt.date, tenant: Tenant) -> list[dict[str, Any]]:
    """The month after it, while it runs: day 21 of 30."""
    day = tenant.figures_as_of
    if (day.year, day.month) != (month.year, month.month) or day == month_end(month):
        return []
    text = _("Open, day %(day)s of %(days)s") % {"day": number_text(day.day), "days": number_text(month_end(month).day)}
    return [_line(None, month_name(month), text, _("open"))]
