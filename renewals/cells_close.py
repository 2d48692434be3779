"""What closing a renewal will write, in words: the entries, and what follows from them (REN-10). No request, no query."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from accounts.models import Tenant
from cs_platform.kernel.money import money_text
from cs_platform.kernel.templatetags.cells import MINUS, day_text, month_name, number_text
from renewals.closing import Line, Writing
from renewals.enums import RenewalState, SaveState
from renewals.writing import term_of

ENTRIES = {
    "renewal": pgettext_lazy("entry", "Renewal"),
    "expansion": pgettext_lazy("entry", "Expansion"),
    "contraction": pgettext_lazy("entry", "Contraction"),
    "churn": pgettext_lazy("entry", "Churn"),
}
OUTCOMES = (
    (RenewalState.RENEWED, gettext_lazy("Same amount")),
    (RenewalState.EXPANDED, gettext_lazy("Pays more")),
    (RenewalState.CONTRACTED, gettext_lazy("Pays less")),
    (RenewalState.CHURNED, gettext_lazy("Leaves")),
)


def outcomes(chosen: str) -> list[dict[str, Any]]:
    """The cards to choose from."""
    return [
        {"value": state.value, "label": state.label, "text": text, "on": state.value == chosen}
        for state, text in OUTCOMES
    ]


def writing(found: Writing, tenant: Tenant) -> dict[str, Any]:
    """The entries of each contract in its own currency, and a sentence in that of the reports."""
    return {"rows": [_row(line) for line in found.rows], "text": sentence(found, tenant)}


def _row(line: Line) -> dict[str, Any]:
    entry = str(ENTRIES[line.entry])
    if line.entry == "renewal" and line.end_on:
        months = term_of(line.day, line.end_on)
        entry = ngettext("%(entry)s, %(n)s month", "%(entry)s, %(n)s months", months) % {"entry": entry, "n": months}
    elif line.seats_before and line.seats_after and line.seats_before != line.seats_after:
        seats = line.seats_after - line.seats_before
        sign = "+" if seats > 0 else MINUS
        entry = ngettext("%(entry)s, %(n)s seat", "%(entry)s, %(n)s seats", abs(seats)) % {
            "entry": entry,
            "n": f"{sign}{number_text(abs(seats), 0)}",
        }
    return {
        "entry": entry,
        "day": day_text(line.day),
        "before": money_text(line.mrr_before, line.currency),
        "after": money_text(line.mrr_after, line.currency),
        "change": money_text(line.year_change, line.currency, signed=True),
        "tone": "neg" if line.change < 0 else "pos" if line.change > 0 else "",
    }


def sentence(found: Writing, tenant: Tenant) -> str:
    """One customer lost. On today's book: NRR and GRR of December −1.03 points, logo churn +0.26. The save play ends as lost."""
    month = month_name(found.day)
    parts = []
    if found.leaves:
        parts.append(_("One customer lost."))
    elif found.outcome == RenewalState.CHURNED:
        parts.append(_("The customer stays with other contracts."))
    if found.change:
        money = money_text(abs(found.change), found.currency)
        words = {"money": money, "month": month}
        text = (
            _("Expansion of %(money)s MRR in %(month)s.") if found.change > 0 else _("%(money)s MRR less in %(month)s.")
        )
        parts.append(text % words)
        if found.nrr_points:
            points = number_text(found.nrr_points, 2, fixed=True)
            words = {"month": month, "points": points if found.change < 0 else f"+{points}"}
            text = (
                _("On today's book: NRR and GRR of %(month)s %(points)s points.")
                if found.change < 0
                else _("On today's book: NRR of %(month)s %(points)s points.")
            )
            parts.append(text % words)
    else:
        kept = {"month": month, "money": money_text(12 * found.mrr_after, found.currency, compact=True)}
        parts.append(_("No money moves. The renewal rate of %(month)s counts %(money)s of ARR as kept.") % kept)
    if found.leaves and found.logo_points:
        parts.append(_("Logo churn +%(points)s points.") % {"points": number_text(found.logo_points, 2, fixed=True)})
    if found.save:
        parts.append(_("The save play ends as: %(state)s.") % {"state": SaveState(found.save).label})
    if found.asked:
        words = {"n": number_text(found.asked, 0)}
        parts.append(
            ngettext("%(n)s person is asked how easy it was.", "%(n)s people are asked how easy it was.", found.asked)
            % words
        )
    return " ".join(parts)
