"""What customers answer, for the board: the NPS tile and card, and the list of answers behind them (MET-16, MET-17)."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Tenant
from cs_platform.kernel.periods import add_months, month_text
from cs_platform.kernel.templatetags.cells import day_text, month_name, number_text, percent_text
from cs_platform.kernel.templatetags.ui import band_pill
from health.engagement import formulas
from health.engagement.formulas import PASSIVE, PROMOTER, Answers
from health.enums import SurveyKind
from health.models import Survey
from metrics.enums import Metric, Window
from metrics.figures.asked import Asked
from metrics.figures.bands import normal_band
from metrics.figures.selectors import BoardFigures
from metrics.showing import cells
from metrics.showing.definitions import survey_definition, term

# Who answered how: the lowest score of a group and the one that it ends before.
GROUPS: dict[str, tuple[int, int]] = {
    "promoters": (PROMOTER, 11),
    "passives": (PASSIVE, PROMOTER),
    "detractors": (0, PASSIVE),
}
TONES = {"promoters": "good", "passives": "none", "detractors": "risk"}


def group_name(group: str) -> str:
    return {"promoters": _("Promoters"), "passives": _("Passives"), "detractors": _("Detractors")}[group]


def answers_url(slug: str, asked: Asked, *, kind: str = SurveyKind.NPS, group: str = "", before: str = "") -> str:
    """The list of answers of the same month, window and segment."""
    pairs = [("month", month_text(asked.month)), ("window", str(int(asked.window)))]
    pairs += [(k, v) for k, v in (("segment", asked.segment), ("group", group), ("before", before)) if v]
    if kind != SurveyKind.NPS:
        pairs.append(("kind", kind))
    return f"{reverse('board_answers', args=[slug])}?{urlencode(pairs)}"


def value_of(metric: str, answers: Answers) -> Any:
    return formulas.nps(answers) if metric == Metric.NPS else formulas.mean(answers)


def tile(slug: str, figures: BoardFigures) -> dict[str, Any]:
    """The fifth tile of the board: NPS of the page's window, its trend over what is normal, how many answered."""
    asked, values = figures.asked, figures.values(Metric.NPS)
    now, before = values[-1], values[-2]
    bands = figures.bands.get(Metric.NPS, ())
    normal = normal_band(bands)
    count = figures.answers(SurveyKind.NPS, asked.month).count
    known = [cells.value_text(Metric.NPS, value, "") for value in values if value is not None]
    url = answers_url(slug, asked)
    if now is None:
        foot: Any = _("No answers yet")
        if normal:
            foot = _("No answers yet · normal %(range)s") % {"range": cells.range_text(Metric.NPS, normal)}
    else:
        foot = format_html(
            '{} <span class="nowrap">{}</span>',
            cells.mark(Metric.NPS, bands, now),
            _count(count),
        )
    return {
        "label": term(Metric.NPS),
        "value": cells.value_text(Metric.NPS, now, ""),
        "url": url if count else "",
        "delta": cells.delta(Metric.NPS, now, before, add_months(asked.month, -1)),
        "points": [None if value is None else float(value) for value in values] if known else None,
        "points_label": _("%(term)s in %(n)s months, from %(first)s to %(last)s")
        % {"term": term(Metric.NPS), "n": len(known), "first": known[0], "last": known[-1]}
        if known
        else "",
        "band": cells.ends(normal) if normal and known else None,
        "foot": foot,
        "definition": survey_definition(
            Metric.NPS, asked, answers=count, as_of=figures.question.as_of,
            exact=cells.exact_text(Metric.NPS, now, ""), url=url if count else "",
        ),
    }  # fmt: skip


def _count(count: int) -> str:
    return ngettext("%(n)s answer", "%(n)s answers", count) % {"n": number_text(count)}


def card(slug: str, figures: BoardFigures) -> dict[str, Any]:
    """Promoters, passives and detractors of the page's window, with CSAT and CES where there are answers."""
    asked = figures.asked
    answers = figures.answers(SurveyKind.NPS, asked.month)
    found: dict[str, Any] = {"meta": _count(answers.count) if answers.count else "", "bar": None}
    if not answers.count:
        return found
    before = formulas.nps(figures.answers(SurveyKind.NPS, add_months(asked.month, -1)))
    now = formulas.nps(answers)
    parts = [(group, getattr(answers, group)) for group in GROUPS]
    others = [
        _("%(name)s %(value)s of %(scale)s")
        % {"name": term(metric), "value": cells.value_text(metric, value, ""), "scale": scale}
        for metric, kind, scale in ((Metric.CSAT, SurveyKind.CSAT, 5), (Metric.CES, SurveyKind.CES, 7))
        if (value := formulas.mean(figures.answers(kind, asked.month))) is not None
    ]
    return found | {
        "value": cells.value_text(Metric.NPS, now, ""),
        "delta": cells.delta(Metric.NPS, now, before, add_months(asked.month, -1)),
        "shares": _("promoters %(p)s, detractors %(d)s")
        % {
            "p": percent_text(formulas.share(answers.promoters, answers), 0),
            "d": percent_text(formulas.share(answers.detractors, answers), 0),
        },
        "bar": [(TONES[group], count) for group, count in parts],
        "label": ", ".join(f"{group_name(group)} {number_text(count)}" for group, count in parts),
        "parts": [
            {
                "tone": TONES[group].replace("none", ""),
                "label": group_name(group),
                "count": number_text(count),
                "url": answers_url(slug, asked, group=group),
            }
            for group, count in parts
        ],
        "others": " · ".join(others),
        "period": period(asked),
        "url": answers_url(slug, asked),
    }


def period(asked: Asked) -> str:
    """The window of the page in words."""
    if asked.window == Window.MONTH:
        return month_name(asked.month)
    return _("%(first)s to %(last)s") % {
        "first": month_name(add_months(asked.month, -11)), "last": month_name(asked.month),
    }  # fmt: skip


def row(slug: str, survey: Survey, tenant: Tenant) -> dict[str, Any]:
    """A line of the list of answers."""
    score = number_text(survey.score, 2)
    return {
        "account": survey.account.name,
        "url": reverse("account", args=[slug, survey.account_id]),
        "person": survey.contact.name if survey.contact else "–",
        "score": score if survey.kind in (SurveyKind.NPS, SurveyKind.JOURNEY_NPS) else f"{score} / {survey.scale}",
        "mark": _mark(survey),
        "context": survey.get_context_display(),
        "day": day_text(survey.answered_at.astimezone(tenant.zone).date()),
        "comment": survey.comment,
    }


def _mark(survey: Survey) -> str:
    if survey.kind != SurveyKind.NPS:
        return ""
    group = next(name for name, (lowest, end) in GROUPS.items() if lowest <= survey.score < end)
    tone = TONES[group]
    return band_pill("line" if tone == "none" else tone, {
        "promoters": _("Promoter"), "passives": _("Passive"), "detractors": _("Detractor"),
    }[group])  # fmt: skip
