"""How easy a renewal was, in words: of one renewal what each said, of many the mean by segment (REN-03, E12). No request, no query."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from cs_platform.kernel.templatetags.cells import number_text
from renewals.effort import EASY, HARD
from renewals.models import EffortAsk, Renewal


def card(one: Renewal, asked: Sequence[EffortAsk]) -> dict[str, Any] | None:
    """Who was asked and what they said; and what they told us when it was closed, the same way round. None without either.

    Example: answers of 1 and 2 of three asked people: CES 1.5 of 7, 2 of 3 answered.
    """
    if not asked and one.effort is None:
        return None
    scores = [row.answer.score for row in asked if row.answer]
    meta = _("%(answered)s of %(asked)s answered") % {"answered": len(scores), "asked": len(asked)} if asked else ""
    if scores:
        meta = f"{_mean(float(sum(scores)) / len(scores))} · {meta}"
    told = HARD + EASY - one.effort if one.effort is not None else None  # kept with 7 as very easy
    return {
        "meta": meta,
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


def _of(score: Any) -> str:
    """2 of 7."""
    return _("%(score)s of %(most)s") % {"score": number_text(score, 0), "most": HARD}


def _mean(mean: float) -> str:
    return pgettext("survey", "CES %(mean)s of %(most)s") % {"mean": number_text(mean, 1, fixed=True), "most": HARD}


def segments(found: Sequence[tuple[str, int, float]]) -> dict[str, Any]:
    """The mean of each segment (`effort.means`), and of all answers."""
    answers = sum(count for _name, count, _value in found)
    mean = sum(count * value for _name, count, value in found) / answers if answers else None
    return {
        "meta": _("%(mean)s, 1 is very easy") % {"mean": _mean(mean)} if mean is not None else "",
        "rows": [
            {
                "name": name or _("No segment"),
                "mean": number_text(value, 1, fixed=True),
                "answers": ngettext("%(n)s answer", "%(n)s answers", count) % {"n": number_text(count, 0)},
            }
            for name, count, value in found
        ],
    }
