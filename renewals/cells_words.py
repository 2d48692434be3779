"""Words of calls: what the system's reasons say, what a category looks like. No request, no query."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.cells import score_text
from accounts.enums import Profile
from cs_platform.kernel.templatetags.cells import MINUS, number_text
from renewals.enums import Confidence, Intent
from renewals.formulas import confidence

TONES: Mapping[str, str] = {Confidence.COMMIT: "acc", Confidence.LIKELY: "line", Confidence.AT_RISK: "risk"}


def chance_text(probability: Decimal | float | None, places: int = 0) -> str:
    """34%, or 88.5% with one place; a dash without a call."""
    return "–" if probability is None else f"{number_text(probability, places)}%"


def call_pill(probability: Decimal | float | None) -> Any:
    """Commit, likely or at risk; a dash without a call. The pill has no shape: nobody is to take it for a band of health."""
    if probability is None:
        return "–"
    word = confidence(probability)
    return format_html('<span class="pill {}">{}</span>', TONES[word], word.label)


def reason_row(reason: Mapping[str, Any]) -> dict[str, str]:
    """A reason of a call: its points or sign, the tone of these, its words. People write words, the system gives a key."""
    points, sign = reason.get("points"), reason.get("sign", "=")
    if reason.get("key") == "base":
        amount, tone = number_text(points, 1), "m"
    elif points is None:
        amount, tone = {"+": "+", "-": MINUS}.get(sign, "="), {"+": "pos", "-": "neg"}.get(sign, "m")
    else:
        amount = ("+" if points > 0 else "") + number_text(points, 1)
        tone = "pos" if points > 0 else "neg"
    text = reason["text"] if "text" in reason else system_words(reason.get("key", ""), reason.get("inputs") or {})
    return {"amount": amount, "tone": tone, "text": text}


def system_words(key: str, told: Mapping[str, Any]) -> str:
    """What a reason of the system says, in the reader's language; its key where the words are not known."""
    said = _SAID.get(key)
    return said(told) if said else key


def _trend(told: Mapping[str, Any]) -> str:
    change = told.get("trend") or 0
    words = {"points": number_text(abs(change) * 100, 0)}
    if change < 0:
        return _("Usage fell by %(points)s%% in 28 days") % words
    return _("Usage rose by %(points)s%% in 28 days") % words


def _champion(told: Mapping[str, Any]) -> str:
    return _("Champion left, no replacement") if told.get("champion") == "left" else _("Nobody there speaks for us")


def _decider(told: Mapping[str, Any]) -> str:
    days = told.get("days")
    if days is None:
        return _("Nobody who decides was ever spoken to")
    return ngettext(
        "Somebody who decides was spoken to %(n)s day ago", "Somebody who decides was spoken to %(n)s days ago", days
    ) % {"n": days}


def _tickets(told: Mapping[str, Any]) -> str:
    count = told.get("count", 0)
    return ngettext("%(n)s urgent ticket past its time", "%(n)s urgent tickets past their time", count) % {"n": count}


def _late_steps(told: Mapping[str, Any]) -> str:
    count = told.get("count", 0)
    return ngettext("%(n)s step late", "%(n)s steps late", count) % {"n": count}


def _objections(told: Mapping[str, Any]) -> str:
    count = told.get("count", 0)
    return ngettext("%(n)s objection open", "%(n)s objections open", count) % {"n": count}


def _intent(told: Mapping[str, Any]) -> str:
    value = told.get("intent", "")
    label = Intent(value).label if value in Intent.values else value
    return _("They say: %(intent)s") % {"intent": label}


def _tenure(told: Mapping[str, Any]) -> str:
    months = told.get("months") or 0
    if months >= 24:
        return ngettext("%(n)s year a customer", "%(n)s years a customer", months // 12) % {"n": months // 12}
    return ngettext("%(n)s month a customer", "%(n)s months a customer", months) % {"n": months}


def _base(told: Mapping[str, Any]) -> str:
    profile = told.get("profile", "")
    label = str(Profile(profile).label) if profile in Profile.values else profile
    closed = told.get("closed") or 0
    if not closed:
        return _("Base rate, %(profile)s") % {"profile": label}
    words = {"profile": label, "n": number_text(closed, 0)}
    return _("Base rate, %(profile)s, from %(n)s closed") % words


_SAID: Mapping[str, Any] = {
    "health": lambda told: _("Health is %(score)s") % {"score": score_text(told.get("score"))},
    "trend": _trend,
    "champion": _champion,
    "tickets": _tickets,
    "late_steps": _late_steps,
    "objections": _objections,
    "decider": _decider,
    "past_due": lambda told: _("A payment is past due"),
    "no_value": lambda told: _("No first value yet, after the day by which there is one"),
    "notice": lambda told: _("The contract was cancelled for its end"),
    "renews_itself": lambda told: _("The contract renews itself"),
    "intent": _intent,
    "tenure": _tenure,
    "bounds": lambda told: _("Nothing is certain: kept within 1 and 99"),
    "base": _base,
}
