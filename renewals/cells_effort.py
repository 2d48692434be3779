"""How a renewal went, in words: the marks of success and what each who took part said of it; of many the mean by segment
(REN-03, E12). No request, no query."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from cs_platform.kernel.templatetags.cells import number_text, percent_text
from renewals.effort import EASY, HARD
from renewals.enums import Step
from renewals.lifecycle import KEPT
from renewals.models import EffortAsk, Renewal, RenewalLine
from renewals.success import Mark, Went, marks

LABELS = {
    Mark.EARLY: gettext_lazy("Confirmed 30 days before the end"),
    Mark.KEPT: gettext_lazy("95% of the money kept"),
    Mark.TERMS: gettext_lazy("For longer than a year, or paid in advance"),
    Mark.ON_TIME: gettext_lazy("Decided in time"),
    Mark.SMOOTH: gettext_lazy("Easy for those who took part"),
}


def card(one: Renewal, lines: Sequence[RenewalLine], asked: Sequence[EffortAsk]) -> dict[str, Any] | None:
    """The marks of a renewal that was kept, who was asked and what they said, and what they told us when it was closed, the same
    way round. None without any of these.

    Example: answers of 1 and 2 of three asked people: CES 1.5 of 7, 2 of 3 answered.
    """
    kept = one.state in KEPT
    if not (kept or asked or one.effort is not None):
        return None
    scores = [row.answer.score for row in asked if row.answer]
    went = _went(one, lines, scores)
    told = HARD + EASY - one.effort if one.effort is not None else None  # kept with 7 as very easy
    meta = _("%(answered)s of %(asked)s answered") % {"answered": len(scores), "asked": len(asked)} if asked else ""
    return {
        "meta": f"{_ces(went.mean)} · {meta}" if went.mean is not None else meta,
        "marks": [
            {"label": LABELS[mark], "met": met, "text": _how(mark, met, went)} for mark, met in marks(went).items()
        ]
        if kept
        else [],
        "rows": [
            {
                "name": row.contact.name,
                "answered": row.answer is not None,
                "score": _of(row.answer.score) if row.answer else _("not answered yet"),
                "comment": row.answer.comment if row.answer else "",
            }
            for row in asked
        ],
        "told": _("Told us when it was closed: %(score)s") % {"score": _of(told)} if told is not None else "",
    }


def _went(one: Renewal, lines: Sequence[RenewalLine], scores: Sequence[Decimal]) -> Went:
    signed = [step.done_on for step in one.steps.all() if step.step in (Step.SIGN, Step.CONFIRM) and step.done_on]
    closed_on = one.closed_on or one.due_on
    following = [line.next_period for line in lines if line.next_period is not None]
    periods = [(period.start_on, period.end_on, period.prepaid) for period in following]
    return Went(one.due_on, closed_on, max(signed, default=closed_on), one.due_mrr, one.kept_mrr, periods, scores)


def _how(mark: Mark, met: bool | None, went: Went) -> str:
    if met is None:
        return _("not known")
    if mark is Mark.EARLY:
        days = max(went.ahead, 0)
        return ngettext("%(n)s day before", "%(n)s days before", days) % {"n": number_text(days, 0)}
    if mark is Mark.KEPT:
        return percent_text(went.share)
    if mark is Mark.SMOOTH and went.mean is not None:
        return _ces(went.mean)
    return _("yes") if met else _("no")


def _of(score: Any) -> str:
    """2 of 7."""
    return _("%(score)s of %(most)s") % {"score": number_text(score, 0), "most": HARD}


def _ces(mean: Any) -> str:
    return pgettext("survey", "CES %(mean)s of %(most)s") % {"mean": number_text(mean, 1, fixed=True), "most": HARD}


def segments(found: Sequence[tuple[str, int, float]]) -> dict[str, Any]:
    """The mean of each segment (`effort.means`), and of all answers."""
    answers = sum(count for _name, count, _value in found)
    mean = sum(count * value for _name, count, value in found) / answers if answers else None
    return {
        "meta": _("%(mean)s, 1 is very easy") % {"mean": _ces(mean)} if mean is not None else "",
        "rows": [
            {
                "name": name or _("No segment"),
                "mean": number_text(value, 1, fixed=True),
                "answers": ngettext("%(n)s answer", "%(n)s answers", count) % {"n": number_text(count, 0)},
            }
            for name, count, value in found
        ],
    }
