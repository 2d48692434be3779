"""What moved the forecast since a week ago, as a picture from one sum to the other and as rows (REN-08). No request, no query."""

from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_symbol
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from accounts.cells import arr_text, short_day
from accounts.models import Tenant
from cs_platform.kernel.money import from_minor, money_text, whole_minor
from cs_platform.kernel.templatetags.cells import day_text, number_text
from renewals import charts
from renewals.cells import tab_url
from renewals.cells_words import chance_text
from renewals.enums import RenewalState, Shift
from renewals.outlook import Moved, Since, Stood

SHOWN = 8  # renewals that are named
# In the order of the picture.
ORDER = (Shift.NEW, Shift.CALLED, Shift.MONEY, Shift.DAY, Shift.CLOSED)


def change(since: Since | None, tenant: Tenant) -> dict[str, Any] | None:
    """From the loss that was expected to the one that is: a step for each reason that moved it, and the renewals behind, most
    money first. None where nothing was frozen a week ago."""
    if since is None:
        return None
    currency = tenant.currency
    by_reason = {reason: sum((one.loss for one in since.moved if one.reason == reason), Decimal(0)) for reason in ORDER}
    now = since.loss + sum(by_reason.values())
    steps = [
        (day_text(since.week), since.loss, _arr(since.loss, tenant)),
        *((str(reason.label), loss, _signed(loss, tenant)) for reason, loss in by_reason.items() if loss),
        (_("Today"), now, _arr(now, tenant)),
    ]
    symbol = get_currency_symbol(currency, locale=get_language() or "en")
    heights = [(name, float(from_minor(12 * whole_minor(loss), currency)), text) for name, loss, text in steps]
    words = {"day": day_text(since.week), "before": _arr(since.loss, tenant), "after": _arr(now, tenant)}
    shown = since.moved[:SHOWN]
    more = len(since.moved) - len(shown)
    return {
        "meta": _("forecast loss, %(symbol)s ARR, by the calls that count") % {"symbol": symbol},
        "figure": charts.moved(heights, symbol),
        "finding": _("Forecast loss was %(before)s on %(day)s and is %(after)s today.") % words,
        "table": {
            "head": [_("Step"), _("ARR")],
            "rows": [[name, text] for name, _loss, text in steps],
        },
        "rows": [_row(one, tenant) for one in shown],
        "more": ngettext("%(n)s more change", "%(n)s more changes", more) % {"n": number_text(more, 0)} if more else "",
    }


def _arr(loss: Decimal, tenant: Tenant) -> str:
    return arr_text(whole_minor(loss), tenant.currency)


def _signed(loss: Decimal, tenant: Tenant) -> str:
    return money_text(12 * whole_minor(loss), tenant.currency, compact=True, signed=True)


def _row(one: Moved, tenant: Tenant) -> dict[str, str]:
    return {
        "name": one.name,
        "url": tab_url(one, tenant.slug),
        "reason": str(Shift(one.reason).label),
        "how": _how(one, tenant),
        "loss": _signed(one.loss, tenant) if one.loss else "–",
        "tone": "neg" if one.loss > 0 else "pos" if one.loss < 0 else "",
    }


def _how(one: Moved, tenant: Tenant) -> str:
    """90% → 80%; $10k → $12k; 3 Dec → 10 Jan; what it was decided as."""
    today = tenant.today()
    if one.reason == Shift.CLOSED:
        return str(RenewalState(one.state).label)
    told = {
        Shift.CALLED: lambda stood: chance_text(stood.chance),
        Shift.MONEY: lambda stood: arr_text(stood.mrr, tenant.currency),
    }.get(Shift(one.reason), lambda stood: short_day(stood.due_on, today))

    def said(stood: Stood | None) -> str:
        return told(stood) if stood is not None else "–"

    return said(one.after) if one.reason == Shift.NEW else f"{said(one.before)} → {said(one.after)}"
