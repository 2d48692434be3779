"""What stands on an account's journey map: tracks and periods as the words of `map`, its marks, and the same as a table."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from babel.dates import format_date
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from accounts.cells import short_day
from cs_platform.kernel.templatetags.cells import day_text, number_text
from journey.enums import Cause, Entry, Exit, Stage, TrackEnd, TrackKind
from journey.models import StagePeriod, Track
from journey.stages.criteria import STANDING_STAGES
from journey.stages.flags import Flag, Key
from journey.stages.map import Fork, Mark, Stay, Way
from journey.stages.map_route import CLIMB
from journey.stages.map_scale import YEARS
from journey.stages.measures import State
from journey.stages.targets import Target, due_on

FORK_DAYS = 60  # between an expansion that was won and the track that began with it
RESTING = STANDING_STAGES | {Stage.ADVOCACY}  # where nothing is worked off


@dataclass(frozen=True)
class Known:
    """What the page read about an account's journey: each read once, by period id where it belongs to one."""

    tracks: Sequence[Track]
    today: dt.date
    targets: Mapping[str, Target]
    flags: Mapping[UUID, Sequence[Flag]] = field(default_factory=dict)
    states: Mapping[UUID, Sequence[State]] = field(default_factory=dict)
    renews_on: dt.date | None = None
    first_value_on: dt.date | None = None
    heard: frozenset[UUID] = frozenset()  # departments whose own usage is known

    def periods(self) -> list[StagePeriod]:
        return [period for track in self.tracks for period in track.periods.all()]

    def open_of(self, track: Track) -> list[StagePeriod]:
        """The open stages of a track, the one where it stands on the climb first, then as they were entered."""
        rows = [period for period in track.periods.all() if period.exited_on is None]
        leading = max(
            (row for row in rows if row.stage in CLIMB), key=lambda row: (row.entered_on, row.id), default=None
        )
        return sorted(rows, key=lambda row: (row is not leading, row.entered_on, row.id))

    def flag(self, period: StagePeriod, *keys: Key) -> Flag | None:
        return next((flag for flag in self.flags.get(period.id, ()) if flag.key in keys), None)


def stage_name(stage: str) -> str:
    return str(Stage(stage).label)


def before_of(period: StagePeriod) -> StagePeriod | None:
    """The time in a stage that led to this one, of the periods that were read with its track."""
    return next((row for row in period.track.periods.all() if row.id == period.came_from_id), None)


def cause_text(period: StagePeriod) -> str:
    """Champion left or changed role: what a period that went back was thrown by."""
    return str(Cause(period.cause).label) if period.cause else str(Exit.REGRESSED.label)


def tone_of(period: StagePeriod, known: Known) -> str:
    """Red after a fall, yellow when stalled or late, blue where work is; plain when it is done or only runs."""
    if period.entry == Entry.WENT_BACK:
        return "back" if period.exited_on is None else "was"
    if period.exited_on is not None:
        return ""
    if known.flag(period, Key.STALLED, Key.PAST_TARGET):
        return "late"
    return "" if period.stage in RESTING else "now"


def bar_texts(period: StagePeriod, known: Known) -> list[str]:
    """What a bar says, from long to short."""
    name = stage_name(period.stage)
    words = {"stage": name}
    if period.exited_on is not None:
        if period.outcome == Exit.ABANDONED:
            return [_("%(stage)s, given up") % words, name]
        if period.overridden:
            return [_("%(stage)s, overridden") % words, name]
        return [name]
    stalled = known.flag(period, Key.STALLED)
    if stalled is not None and stalled.days is not None:
        since = known.today - dt.timedelta(days=stalled.days)
        pattern = "MMMM" if stalled.days < 300 else "MMM y"
        words["month"] = format_date(since, pattern, locale=get_language() or "en")
        return [_("%(stage)s, stalled since %(month)s") % words, _("%(stage)s, stalled") % words, name]
    if late := known.flag(period, Key.PAST_TARGET):
        words["n"] = number_text(late.days or 0, 0)
        return [_("%(stage)s, %(n)s days late") % words, _("%(stage)s, late") % words, name]
    return [name] if period.stage in CLIMB else [_("%(stage)s, open") % words, name]


def ways(known: Known, since: dt.date) -> list[Way]:
    """The tracks that have something to show from `since` on."""
    found = []
    for track in known.tracks:
        stays = [_stay(period, known) for period in track.periods.all()]
        if any(stay.end is None or stay.end >= since for stay in stays):
            found.append(Way(track.id, track_name(track), _lines(track, known), stays))
    return found


def _stay(period: StagePeriod, known: Known) -> Stay:
    fell: tuple[str, ...] = ()
    if period.outcome == Exit.REGRESSED and period.exited_on:
        fell = (_short_cause(period), short_day(period.exited_on, known.today))
    until = due_on(period, known.targets[period.stage]) if period.exited_on is None else None
    return Stay(
        period.id, period.stage, period.entered_on, period.exited_on, bar_texts(period, known), tone_of(period, known),
        until, fell,
    )  # fmt: skip


def _short_cause(period: StagePeriod) -> str:
    """The cause in the few words that a picture has room for."""
    short = {
        Cause.CHAMPION: _("Champion left"),
        Cause.BUDGET: _("Budget cut"),
        Cause.REORGANISATION: _("New leader"),
        Cause.MERGER: _("Merger"),
        Cause.COMPETITOR: _("Competitor"),
        Cause.RELEASE: _("Release"),
        Cause.HEALTH: _("Health fell"),
    }
    return short[Cause(period.cause)] if period.cause in short else _("Went back")


def track_name(track: Track) -> str:
    """The core track has the name of its kind, the others their own."""
    return str(TrackKind.CORE.label) if track.kind == TrackKind.CORE else track.name


def seats_of(track: Track, known: Known) -> tuple[int | None, int | None]:
    """Seats of the track and how many of them were active in 28 days. What the account pays for and uses is the core
    track's; of another one only what is its own is said: its seats, and the usage of its department."""
    facts = next(
        (state.facts for period in known.open_of(track) for state in known.states.get(period.id, ()) if state.facts), {}
    )
    core = track.kind == TrackKind.CORE
    seats = facts.get("seats") if core and track.seats is None else track.seats
    own = facts.get("heard") and (core or track.unit_id in known.heard)
    return seats, facts.get("active") if own else None


def _lines(track: Track, known: Known) -> list[tuple[str, str]]:
    seats, active = seats_of(track, known)
    lines = []
    if seats is not None:
        lines.append((ngettext("%(n)s seat", "%(n)s seats", seats) % {"n": number_text(seats, 0)}, "sm"))
    lines.append(where(track, known))
    if active is not None and seats:
        words = {"n": number_text(active, 0), "all": number_text(seats, 0)}
        lines.append((_("%(n)s of %(all)s active") % words, "sm"))
    return lines


def where(track: Track, known: Known) -> tuple[str, str]:
    """Where the track stands, in a few words, and the tone of them."""
    if track.closed_on is not None:
        return _("Ended on %(day)s") % {"day": short_day(track.closed_on, known.today)}, "sm"
    rows = known.open_of(track)
    if not rows:
        return _("In no stage now"), "sm"
    period = rows[0]
    words: dict[str, Any] = {"stage": stage_name(period.stage)}
    if period.entry == Entry.WENT_BACK:
        return _("Back in %(stage)s") % words, "sm r"
    if known.flag(period, Key.STALLED):
        return _("%(stage)s, stalled") % words, "sm w"
    if known.flag(period, Key.PAST_TARGET):
        return _("%(stage)s, late") % words, "sm w"
    times = sum(row.stage == period.stage for row in track.periods.all())
    if times > 1:
        words["n"] = times
        return _("%(stage)s, time %(n)s") % words, "sm"
    return str(words["stage"]), "sm"


def forks(known: Known) -> list[Fork]:
    """Tracks that began within two months of an expansion that another track won (EXP-01)."""
    won = [
        period
        for period in known.periods()
        if period.stage == Stage.EXPANSION and period.outcome == Exit.COMPLETED and period.exited_on
    ]
    found = []
    for track in known.tracks:
        before = [
            period
            for period in won
            if period.track_id != track.id
            and period.exited_on is not None
            and 0 <= (track.opened_on - period.exited_on).days <= FORK_DAYS
        ]
        if track.kind != TrackKind.CORE and before:
            period = max(before, key=lambda row: (row.exited_on, row.id))
            text = _("won: %(track)s") % {"track": track_name(track)}
            found.append(Fork(period.id, track.id, period.exited_on or track.opened_on, text))
    return found


def marks(known: Known) -> list[Mark]:
    """Go-live, first value, renewals and new tracks, and the day that the contract ends."""
    found = []
    for period in known.periods():
        if period.outcome != Exit.COMPLETED or period.exited_on is None:
            continue
        core = period.track.kind == TrackKind.CORE
        if period.stage == Stage.ONBOARDING and period.entry != Entry.WENT_BACK:
            text = _("Go-live") if core else _("%(track)s live") % {"track": track_name(period.track)}
            found.append(Mark(period.exited_on, text))
        if period.stage == Stage.RENEWAL:
            found.append(Mark(period.exited_on, _("Renewed")))
    for track in known.tracks:
        if track.kind != TrackKind.CORE:
            found.append(Mark(track.opened_on, _("%(track)s starts") % {"track": track_name(track)}))
    if known.first_value_on:
        found.append(Mark(known.first_value_on, _("First value")))
    if known.renews_on:
        day = short_day(known.renews_on, known.today)
        late = known.renews_on < known.today
        found.append(Mark(known.renews_on, _("Renewal %(day)s") % {"day": day}, "r" if late else "k"))
    return found


def tick_text(day: dt.date, days: int) -> str:
    """2026 in a picture of years, Apr 2026 in one of months."""
    return str(day.year) if days > YEARS else str(format_date(day, "MMM y", locale=get_language() or "en"))


def state_text(period: StagePeriod, known: Known) -> str:
    """How a period ended, or how it stands."""
    if period.exited_on is None:
        first = next(iter(known.flags.get(period.id, ())), None)
        return first.text if first else _("Open")
    text = str(Exit(period.outcome).label)
    if period.outcome == Exit.REGRESSED:
        text = _("%(what)s: %(cause)s") % {"what": text, "cause": cause_text(period)}
    if period.overridden:
        text = _("%(what)s, overridden") % {"what": text}
    return text


def table(known: Known) -> list[dict[str, Any]]:
    """Each period as a row: {track, stage, since, until, days, state, url parts}; the latest of a track first."""
    rows = []
    for track in known.tracks:
        for period in reversed(list(track.periods.all())):
            rows.append(
                {
                    "track": track_name(track),
                    "stage": stage_name(period.stage),
                    "since": day_text(period.entered_on),
                    "until": day_text(period.exited_on) if period.exited_on else "–",
                    "days": number_text(days_in(period, known.today), 0),
                    "state": state_text(period, known),
                    "period": period,
                }
            )
    return rows


def days_in(period: StagePeriod, today: dt.date) -> int:
    """Days that a period lasted, or lasts: entered yesterday is one."""
    return ((period.exited_on or today) - period.entered_on).days


def meta(known: Known) -> str:
    """3 tracks, 4 stages open at once."""
    tracks = [track for track in known.tracks if track.closed_on is None]
    stages = sum(len(known.open_of(track)) for track in tracks)
    parts = [
        ngettext("%(n)s track", "%(n)s tracks", len(tracks)) % {"n": number_text(len(tracks), 0)},
        ngettext("%(n)s stage open", "%(n)s stages open at once", stages) % {"n": number_text(stages, 0)},
    ]
    return ", ".join(parts)


def ended(track: Track) -> str:
    """Ended on 3 May 2026: the customer left."""
    because = TrackEnd(track.closed_because).label if track.closed_because else ""
    return _("Ended on %(day)s: %(why)s") % {"day": day_text(track.closed_on), "why": because}
