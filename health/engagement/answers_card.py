"""What an account answered to surveys, for the card beside its timeline (MET-16, MET-17)."""

import datetime as dt
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Account
from cs_platform.kernel.periods import add_months, month_of
from cs_platform.kernel.templatetags.cells import day_text, number_text
from health.engagement import formulas
from health.engagement.breakdown import sums_by
from health.engagement.timeline_cells import answer_text, survey_tone
from health.enums import SurveyKind
from health.models import Survey

MONTHS = 12
SHOWN = 3


def card(account: Account, now: dt.datetime, *, context: str = "") -> dict[str, Any]:
    """NPS, CSAT and CES of the last twelve months, each with its answers, and the latest answers in words; with a
    `context` those that were asked after it."""
    rows = Survey.objects.filter(account=account, answered_at__lte=now)
    if context:
        rows = rows.filter(context=context)
    since = dt.datetime.combine(months_before(now), dt.time(), tzinfo=timezone.get_current_timezone())
    found = sums_by(rows.filter(answered_at__gte=since), "kind")
    return {
        "figures": [
            {"label": SurveyKind(kind).label, "value": value_text(kind, sums), "count": count_text(sums.count)}
            for kind in SurveyKind.values
            for sums in [found.get((kind,), formulas.Answers())]
            if sums.count
        ],
        "answers": [
            {
                "title": answer_text(row.kind, row.score, row.scale),
                "tone": survey_tone(row.kind, row.score, row.scale),
                "who": row.contact.name if row.contact else _("Somebody"),
                "day": day_text(timezone.localtime(row.answered_at).date()),
                "comment": row.comment,
            }
            for row in rows.select_related("contact").order_by("-answered_at", "-id")[:SHOWN]
        ],
    }


def months_before(now: dt.datetime, months: int = MONTHS) -> dt.date:
    """The first day of the month that begins a span of `months` months, this one included."""
    return add_months(month_of(timezone.localtime(now).date()), 1 - months)


def value_text(kind: str, sums: formulas.Answers) -> str:
    """+30 for an NPS, 4.3 of 5 for a CSAT, 1.8 of 7 for a CES; a dash without answers."""
    if kind in (SurveyKind.NPS, SurveyKind.JOURNEY_NPS):
        value = formulas.nps(sums)
        text = number_text(abs(value), 0) if value is not None else "–"
        return text if not value or round(value) == 0 else f"+{text}" if value > 0 else f"−{text}"
    value = formulas.mean(sums)
    if value is None:
        return "–"
    scale = formulas.CSAT_SCALE if kind == SurveyKind.CSAT else 7
    return _("%(value)s of %(scale)s") % {"value": number_text(value, 1), "scale": scale}


def count_text(count: int) -> str:
    return ngettext("%(n)s answer", "%(n)s answers", count) % {"n": number_text(count)}
