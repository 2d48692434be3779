"""What winning a deal will write, in words: the entries, and what follows from them (EXP-05). No request, no query."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy

from cs_platform.kernel.money import money_text
from cs_platform.kernel.templatetags.cells import day_text, month_name, number_text
from expansion.closing import Line, Writing

ENTRIES = {
    "ends": pgettext_lazy("entry", "Ends"),
    "changes": pgettext_lazy("entry", "Changes"),
    "begins": pgettext_lazy("entry", "Begins"),
}


def writing(found: Writing) -> dict[str, Any]:
    """The entries in the contract's own currency, and a sentence."""
    return {"rows": [_row(line) for line in found.rows], "text": sentence(found)}


def _row(line: Line) -> dict[str, Any]:
    seats = line.seats_after if line.seats_after is not None else line.seats_before
    entry = f"{ENTRIES[line.entry]}, {line.subscription}"
    if seats:
        entry += ngettext(", %(n)s seat", ", %(n)s seats", seats) % {"n": number_text(seats, 0)}
    return {
        "entry": entry,
        "day": day_text(line.day),
        "before": money_text(line.mrr_before, line.currency),
        "after": money_text(line.mrr_after, line.currency),
        "change": money_text(12 * line.change, line.currency, signed=True),
        "tone": "neg" if line.change < 0 else "pos" if line.change > 0 else "",
    }


def sentence(found: Writing) -> str:
    """Expansion of $500.00 MRR in July 2026; runs to 1 January 2027."""
    words = {"money": money_text(found.change, found.currency), "month": month_name(found.start_on)}
    parts = [_("Expansion of %(money)s MRR in %(month)s.") % words]
    if found.currency != found.reporting:
        words = {"money": money_text(found.reporting_change, found.reporting, signed=True)}
        parts.append(_("In the reports: %(money)s MRR.") % words)
    if found.end_on:
        parts.append(_("It runs to %(day)s.") % {"day": day_text(found.end_on)})
    return " ".join(parts)
