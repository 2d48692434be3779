"""What the map shows, in a sentence and a few more: the gravest thing first (JRN-24, JRN-44)."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.cells import short_day
from cs_platform.kernel.templatetags.cells import day_text, number_text
from journey.enums import Cause, Entry, Exit, TrackKind
from journey.models import StagePeriod, Track
from journey.stages.flags import Key
from journey.stages.map_words import Known, before_of, days_in, stage_name, track_name
from journey.stages.targets import due_on

RECENT_DAYS = 120  # a recovery that is still told
NEAR_DAYS = 180  # a renewal that a fall is told against
OTHERS = 2  # sentences below the first


def finding(known: Known) -> tuple[str, list[str]]:
    """The sentence above the map and up to two below it.

    Falls that last come first, then what stands still, what is late, a track that recovered, and where the others are.
    """
    told: list[tuple[int, int, str]] = []
    for number, track in enumerate(known.tracks):
        if track.closed_on is None and (found := _of(track, known)):
            told.append((found[0], number, found[1]))
    if not told:
        return _("No track is open."), []
    sentences = [text for _rank, _number, text in sorted(told)]
    return sentences[0], sentences[1 : 1 + OTHERS]


def _of(track: Track, known: Known) -> tuple[int, str] | None:
    rows = known.open_of(track)
    if not rows:
        return 5, _("%(track)s is in no stage now.") % {"track": track_name(track)}
    period = rows[0]
    words = {"track": track_name(track), "stage": stage_name(period.stage)}
    if period.entry == Entry.WENT_BACK:
        return 0, _fall_text(period, known)
    if stalled := known.flag(period, Key.STALLED):
        days = ngettext("%(n)s day", "%(n)s days", stalled.days or 0) % {"n": number_text(stalled.days or 0, 0)}
        return 1, _("%(track)s stands still in %(stage)s for %(days)s.") % (words | {"days": days})
    if late := known.flag(period, Key.PAST_TARGET):
        n = late.days or 0
        text = ngettext(
            "%(track)s is %(n)s day past its target in %(stage)s.", "%(track)s is %(n)s days past its target in %(stage)s.", n
        )  # fmt: skip
        return 2, text % (words | {"n": number_text(n, 0)})
    if (recovered := _recovery(track, known)) is not None:
        n = days_in(recovered, known.today)
        text = ngettext(
            "%(track)s recovered from its own fall in %(n)s day.", "%(track)s recovered from its own fall in %(n)s days.", n
        )  # fmt: skip
        return 3, text % (words | {"n": number_text(n, 0)})
    return 4, _calm_text(period, known)


def _recovery(track: Track, known: Known) -> StagePeriod | None:
    """The latest stage that a fall reopened and that was completed since, within four months."""
    rows = [
        period
        for period in track.periods.all()
        if period.entry == Entry.WENT_BACK
        and period.outcome == Exit.COMPLETED
        and period.exited_on is not None
        and (known.today - period.exited_on).days <= RECENT_DAYS
    ]
    return rows[-1] if rows else None


def _fall_text(period: StagePeriod, known: Known) -> str:
    """Core fell back to Adoption when the champion left, 38 days before renewal."""
    words = {"track": track_name(period.track), "stage": stage_name(period.stage)}
    origin = before_of(period)
    text = _sentence(origin.cause if origin else "") % words
    if period.track.kind == TrackKind.CORE and known.renews_on:
        days = (known.renews_on - period.entered_on).days
        if 0 < days <= NEAR_DAYS:
            before = ngettext("%(n)s day before renewal", "%(n)s days before renewal", days)
            return _("%(what)s, %(when)s.") % {"what": text, "when": before % {"n": number_text(days, 0)}}
    return _("%(what)s, %(when)s.") % {"what": text, "when": short_day(period.entered_on, known.today)}


def _sentence(cause: str) -> str:
    """Each cause in a sentence of its own, so that a language can bend it as it must."""
    return {
        str(Cause.CHAMPION): _("%(track)s fell back to %(stage)s when the champion left"),
        str(Cause.BUDGET): _("%(track)s fell back to %(stage)s when the budget was cut"),
        str(Cause.REORGANISATION): _("%(track)s fell back to %(stage)s when the leadership changed"),
        str(Cause.MERGER): _("%(track)s fell back to %(stage)s after a merger"),
        str(Cause.COMPETITOR): _("%(track)s fell back to %(stage)s when a competitor came in"),
        str(Cause.RELEASE): _("%(track)s fell back to %(stage)s after a product release"),
        str(Cause.HEALTH): _("%(track)s fell back to %(stage)s when its health fell"),
    }.get(cause, _("%(track)s fell back to %(stage)s"))


def _calm_text(period: StagePeriod, known: Known) -> str:
    """Core is in Adoption, day 40; wanted by 3 May 2027."""
    words = {
        "track": track_name(period.track),
        "stage": stage_name(period.stage),
        "n": number_text(days_in(period, known.today), 0),
    }
    until = due_on(period, known.targets[period.stage])
    if until is None:
        words["day"] = day_text(period.entered_on)
        return _("%(track)s is in %(stage)s since %(day)s.") % words
    return _("%(track)s is in %(stage)s, day %(n)s, wanted by %(day)s.") % (words | {"day": day_text(until)})
