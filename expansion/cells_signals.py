"""Signals as text: what each was seen by, whether the right is earned, what became of it (EXP-02, EXP-04). No query."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.cells import arr_text, last_seen, short_day
from accounts.models import Tenant
from cs_platform.kernel.templatetags.cells import percent_text
from expansion import cells, checks, evidence
from expansion.checks import Reading
from expansion.enums import SignalState, Trigger
from expansion.pipeline import SignalRates
from renewals.cells import shape

TONES: Mapping[str, str] = {
    SignalState.OPEN: "acc",
    SignalState.TAKEN: "good",
    SignalState.DISMISSED: "line",
    SignalState.OVER: "line",
}


def row(
    signal: Any, readings: Sequence[Reading], tenant: Tenant, today: dt.date, *, may_edit: bool, named: bool = True
) -> dict[str, Any]:
    """A line of the list, of a signal as `signal_listing.listed` gives it; `named` says whose it is."""
    slug, account, waits = tenant.slug, signal.account, signal.state == SignalState.OPEN
    missing = checks.holds(readings)
    about = [str(signal.product)] if signal.product else []
    if named:
        arr = arr_text(account.mrr_minor, tenant.currency)
        about += [_("%(arr)s ARR") % {"arr": arr}, account.owner.name if account.owner else _("Nobody")]
    if judged := evidence.judged_by(signal):
        about.append(judged)
    return {
        "id": signal.id,
        "name": account.name,
        "account_url": reverse("expansion:account_growth", args=[slug, signal.account_id]),
        "health": shape(account.health_band),
        "trigger": str(Trigger(signal.trigger).label),
        "evidence": evidence.sentence(signal),
        "evidence_url": evidence.url(signal, slug),
        "about": " · ".join(about),
        "seen": last_seen(signal.as_of, today),
        "state": "" if waits else str(SignalState(signal.state).label),
        "tone": TONES[signal.state],
        "decided": _decided(signal, today),
        "held": missing[0].text if waits and missing else "",
        "earned": waits and not missing,
        "deals": [{"name": deal.name, "url": cells.deal_url(deal, slug)} for deal in signal.deals],
        "take_url": _deal_url(signal, slug) if waits and may_edit else "",
        "dismiss_url": reverse("expansion:signal_dismiss", args=[slug, signal.id]) if waits and may_edit else "",
    }


def _deal_url(signal: Any, slug: str) -> str:
    """A new deal of the signal, with why now and the product filled in (`expansion:deal_new`)."""
    asked = {
        "account": signal.account_id,
        "signal": signal.id,
        "trigger": signal.trigger,
        "name": Trigger(signal.trigger).label,
        **({"product": signal.product_id} if signal.product_id else {}),
    }
    return f"{reverse('expansion:deal_new', args=[slug])}?{urlencode(asked)}"


def _decided(signal: Any, today: dt.date) -> str:
    """Priya Natarajan, 3 Nov: they merge with somebody else."""
    if signal.decided_on is None:
        return ""
    if signal.decided_by:
        by = signal.decided_by.name
    else:
        night = signal.state == SignalState.OVER
        by = pgettext("decided by", "the night") if night else pgettext("decided by", "a program")
    said = f"{by}, {short_day(signal.decided_on, today)}"
    return f"{said}: {signal.note}" if signal.note else said


def rows(
    signals: Sequence[Any],
    readings: Mapping[UUID, Sequence[Reading]],
    tenant: Tenant,
    today: dt.date,
    *,
    may_edit: bool,
    named: bool = True,
) -> list[dict[str, Any]]:
    """Lines, with the checks of each account."""
    return [
        row(one, readings.get(one.account_id, ()), tenant, today, may_edit=may_edit, named=named) for one in signals
    ]


def rates_text(found: SignalRates) -> str:
    """Accepted signals: 62%, won: 24%."""
    words = {"accepted": percent_text(found.accepted_rate, 0), "won": percent_text(found.won_rate, 0)}
    return _("Accepted signals: %(accepted)s, won: %(won)s (12 months)") % words
