"""The six criteria in words: what each was judged by (ADV-01). No request, no query."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Tenant
from advocacy.cells import joined, mark
from advocacy.enums import Criterion, Success
from advocacy.standings import Standing
from cs_platform.kernel.money import money_text
from cs_platform.kernel.templatetags.cells import day_text, number_text, percent_text


def criteria(row: Standing, evidence: Mapping[str, Any], tenant: Tenant) -> list[dict[str, Any]]:
    """The six criteria with what each was judged by: {label, tone, icon, text, why}."""
    return [
        mark(criterion, met) | {"why": WHY[criterion](evidence.get(criterion.value, {}), tenant)}
        for criterion, met in row.marks.items()
    ]


def successes(found: Mapping[Success, int]) -> list[dict[str, str]]:
    """What they have done for us (ADV-08): {label, tone, icon, text}."""
    words = {True: ("y", "check", _("done")), False: ("q", "minus", _("not yet"))}
    signs = [(what, words[n > 0]) for what, n in found.items()]
    return [{"label": str(what.label), "tone": tone, "icon": icon, "text": text} for what, (tone, icon, text) in signs]


def _day(text: Any) -> str:
    return day_text(dt.date.fromisoformat(text)) if text else "–"


def _why_healthy(shown: Mapping[str, Any], tenant: Tenant) -> str:
    score = _("Score %(n)s") % {"n": number_text(Decimal(shown["score"]), 0)} if shown.get("score") else _("No score")
    nps = csat = ""
    if shown.get("nps") is not None:
        nps = _("NPS %(n)s on %(day)s") % {"n": number_text(Decimal(shown["nps"]), 0), "day": _day(shown["nps_on"])}
    if shown.get("csat") is not None:
        csat = _("CSAT %(n)s on %(day)s") % {
            "n": percent_text(Decimal(shown["csat"]), 0),
            "day": _day(shown["csat_on"]),
        }
    return joined([score, nps, csat] if nps or csat else [score, _("no survey answer within a year")])


def _why_proven(shown: Mapping[str, Any], tenant: Tenant) -> str:
    if not shown.get("agreed"):
        return _("No success criterion was agreed")
    text = _("%(reached)s of %(agreed)s success criteria reached") % {
        "reached": shown["reached"],
        "agreed": shown["agreed"],
    }
    worth = _("worth %(money)s a year") % {"money": money_text(shown["value_minor"], tenant.currency, compact=True)}
    if shown["reached"] and not shown.get("proof"):
        return joined([text, _("none of them a measured result or worth money")])
    return joined([shown.get("proof") or "", text, worth if shown.get("value_minor") else ""])


def _why_champion(shown: Mapping[str, Any], tenant: Tenant) -> str:
    if not shown.get("name"):
        return _("Nobody is marked as champion")
    met = (
        _("last spoken to on %(day)s") % {"day": _day(shown["met_on"])}
        if shown.get("met_on")
        else _("no contact is noted")
    )
    return joined([shown["name"], met])


def _why_profile(shown: Mapping[str, Any], tenant: Tenant) -> str:
    if shown.get("strategic"):
        return _("Marked as strategic")
    if not shown.get("industry"):
        return _("The industry is not known")
    text = ngettext("%(n)s live customer in %(industry)s", "%(n)s live customers in %(industry)s", shown["alike"])
    half: dict[Any, str] = {
        True: _("in the larger half of its segment"),
        False: _("in the smaller half of its segment"),
    }
    text = text % {"n": number_text(shown["alike"], 0), "industry": shown["industry"]}
    return joined([text, half.get(shown.get("large"), _("without a segment"))])


def _why_adopted(shown: Mapping[str, Any], tenant: Tenant) -> str:
    if shown.get("adopting"):
        return _("The journey stands in onboarding or adoption")
    if shown.get("adopted_on"):
        return _("Adoption completed on %(day)s") % {"day": _day(shown["adopted_on"])}
    if shown.get("usage") is not None:
        return _("No journey; usage %(n)s of 100") % {"n": number_text(Decimal(shown["usage"]), 0)}
    return _("Neither a journey nor usage is known")


def _why_renewed(shown: Mapping[str, Any], tenant: Tenant) -> str:
    if not shown.get("since"):
        return _("No paid period is known")
    since = _("customer since %(day)s") % {"day": _day(shown["since"])}
    on = (
        _("first renewed on %(day)s") % {"day": _day(shown["renewed_on"])}
        if shown.get("renewed_on")
        else _("not renewed yet")
    )
    months = ngettext("%(n)s month is needed", "%(n)s months are needed", shown["months"]) % {"n": shown["months"]}
    return joined([on, since, months])


WHY = {
    Criterion.HEALTHY: _why_healthy,
    Criterion.PROVEN: _why_proven,
    Criterion.CHAMPION: _why_champion,
    Criterion.PROFILE: _why_profile,
    Criterion.ADOPTED: _why_adopted,
    Criterion.RENEWED: _why_renewed,
}
