"""What the cards of an account's Journey tab say of one stage: where they are, what success looks like, what is usual there
(JRN-09 to JRN-23, JRN-44). No request, no query."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.cells import short_day
from accounts.enums import AccountEventKind, Profile
from cs_platform.kernel.templatetags.cells import day_text, number_text
from journey.enums import Blocker, Cause, Entry, Evidence, Exit, Stage
from journey.models import Regression, StagePeriod, Track
from journey.stages.criteria import GO_LIVE
from journey.stages.guide import GUIDES
from journey.stages.map_route import CLIMB
from journey.stages.map_words import Known, before_of, cause_text, days_in, stage_name, track_name
from journey.stages.measures import State, amount_text
from journey.stages.targets import Target, due_on

# How a criterion is shown: icon and class.
EVIDENCE = {
    Evidence.MEASURED: ("activity", "live"),
    Evidence.ATTESTED: ("file-text", ""),
    Evidence.CONFIRMED: ("handshake", "cust"),
}
FALLS_TOLD = 3


def days_text(days: int) -> str:
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": number_text(days, 0)}


def here(period: StagePeriod, known: Known) -> dict[str, Any]:
    """Card "Where they are": {meta, lead, text, flags, rows}; a row is {label, value, note, tone}."""
    words = {
        "track": track_name(period.track),
        "stage": stage_name(period.stage),
        "day": short_day(period.entered_on, known.today),
    }
    rows = _ended_rows(period, known) if period.exited_on else _open_rows(period, known)
    lead, text = _opening(period, known)
    return {
        "meta": _("%(track)s · %(stage)s, since %(day)s") % words,
        "lead": lead,
        "text": text,
        "flags": [{"tone": flag.tone, "text": flag.text} for flag in known.flags.get(period.id, ())],
        "rows": rows,
    }


def _opening(period: StagePeriod, known: Known) -> tuple[str, str]:
    """How the track came here, in a bold phrase, and what follows from it."""
    states = known.states.get(period.id, ())
    met = {"met": number_text(sum(state.met for state in states), 0), "all": number_text(len(states), 0)}
    if period.exited_on:
        return _("This stage has ended."), _("What each criterion said on that day is kept.")
    if period.entry == Entry.WENT_BACK:
        text = _("What was won stays won: %(met)s of %(all)s are met. Only what fell is asked for again.")
        return _("Reopened by a fall, not a fresh start."), text % met
    said = {
        Entry.BEGAN: _("The track began here."),
        Entry.MOVED_ON: _("Moved on from what was completed."),
        Entry.SKIPPED_TO: _("Skipped to it."),
        Entry.AGAIN: _("Came round again."),
        Entry.BESIDE: _("Runs beside the others."),
    }
    return said[Entry(period.entry)], _("%(met)s of %(all)s criteria are met.") % met if states else ""


def _row(label: str, value: str, note: str = "", tone: str = "") -> dict[str, str]:
    return {"label": label, "value": value, "note": note, "tone": tone}


def _open_rows(period: StagePeriod, known: Known) -> list[dict[str, str]]:
    target = known.targets[period.stage]
    until = due_on(period, target)
    rows = [_row(_("For"), days_text(days_in(period, known.today)), day_text(period.entered_on))]
    if until:
        late = (known.today - until).days
        when = _("agreed with the customer") if period.target_on else _target_text(target)
        rows.append(_row(_("Wanted by"), day_text(until), when, "late" if late > 0 else ""))
    else:
        rows.append(_row(_("Usual time"), _("no end"), str(target.approach)))
    origin = before_of(period)
    if period.entry == Entry.WENT_BACK and origin is not None:
        rows.append(_row(_("Trigger"), cause_text(origin), origin.note))
    if period.entered_by:
        rows.append(_row(_("Confirmed by"), period.entered_by.name, _("a person decided it, not the calendar")))
    if period.blocker:
        note = " · ".join(part for part in (period.blocker_note, _since(period.blocked_on, known)) if part)
        rows.append(_row(_("Held up by"), str(Blocker(period.blocker).label), note, "late"))
    rows.append(_falls(period.track, known))
    beside = [row for row in known.open_of(period.track) if row.id != period.id]
    names = ", ".join(stage_name(row.stage) for row in beside)
    notes = [
        _("%(stage)s, day %(n)s") % {"stage": stage_name(row.stage), "n": number_text(days_in(row, known.today), 0)}
        for row in beside
    ]
    rows.append(_row(_("Runs beside it"), names or _("Nothing"), " · ".join(notes)))
    return rows


def _since(day: dt.date | None, known: Known) -> str:
    return _("since %(day)s") % {"day": short_day(day, known.today)} if day else ""


def _target_text(target: Target) -> str:
    """Usual: 30 to 60 days; the segment's own, or its profile's."""
    words = {"low": target.days_from, "high": target.days_to}
    if target.days_from is None:
        return _("usual: up to %(high)s days") % words
    return _("usual: %(low)s to %(high)s days") % words


def _falls(track: Track, known: Known) -> dict[str, str]:
    """How often the track went back, each with what threw it (JRN-24)."""
    falls = [period for period in track.periods.all() if period.outcome == Exit.REGRESSED]
    told = [
        _("%(cause)s, %(day)s") % {"cause": cause_text(period), "day": short_day(period.exited_on, known.today)}
        for period in falls[-FALLS_TOLD:][::-1]
    ]
    return _row(_("Falls so far"), number_text(len(falls), 0), " · ".join(told))


def _ended_rows(period: StagePeriod, known: Known) -> list[dict[str, str]]:
    span = _("%(first)s to %(last)s") % {"first": day_text(period.entered_on), "last": day_text(period.exited_on)}
    rows = [_row(_("Lasted"), days_text(days_in(period, known.today)), span)]
    what = str(Exit(period.outcome).label)
    if period.overridden:
        rows.append(_row(_("Ended"), _("%(what)s, overridden") % {"what": what}, period.note, "late"))
    else:
        rows.append(_row(_("Ended"), what, period.note))
    if period.cause:
        rows.append(_row(_("Trigger"), str(Cause(period.cause).label)))
    if period.validated_by:
        rows.append(_row(_("Confirmed by"), period.validated_by.name, _since(period.exited_on, known)))
    rows.append(_falls(period.track, known))
    return rows


def criteria(states: Sequence[State]) -> list[dict[str, Any]]:
    """Card "What success looks like here": each criterion with how it is shown, its value and its evidence."""
    return [criterion(state) for state in states]


def criterion(state: State) -> dict[str, Any]:
    icon, tone = EVIDENCE[Evidence(state.criterion.how)]
    how = str(Evidence(state.criterion.how).label)
    if state.criterion.how == Evidence.MEASURED and not state.facts and state.open_to_word:
        icon, tone = EVIDENCE[Evidence.ATTESTED]
        how = str(Evidence.ATTESTED.label)
    parts = [state.text]
    if state.facts and state.criterion.threshold is not None and not state.met:
        limit = amount_text(state.criterion.threshold, state.criterion.unit)
        wanted = _("at most %(n)s") if state.criterion.at_most else _("wanted: %(n)s")
        parts.append(wanted % {"n": limit})
    if state.facts and state.on is not None:
        parts.append(_("as of %(day)s") % {"day": day_text(state.on)})
    if state.note:
        parts.append(state.note)
    return {
        "key": state.key,
        "label": str(state.criterion.label),
        "explained": str(state.criterion.explained),
        "met": state.met,
        "mark": ("check", "i ok") if state.met else ("clock", "i wait") if not state.known else ("x", "i no"),
        "word": _("Met:") if state.met else _("Waiting:") if not state.known else _("Not met:"),
        "how": how,
        "icon": icon,
        "tone": tone,
        "text": " · ".join(parts),
        "open_to_word": state.open_to_word,
        "go_live": state.key == GO_LIVE and not state.met,
    }


def met_text(states: Sequence[State]) -> str:
    """3 of 6 met."""
    met = sum(state.met for state in states)
    return _("%(met)s of %(all)s met") % {"met": number_text(met, 0), "all": number_text(len(states), 0)}


def completed_before(period: StagePeriod) -> dict[str, str] | None:
    """The stage of the climb that this track completed last, one with evidence before others: {text, stage}. None: there
    is none."""
    done = [
        row
        for row in period.track.periods.all()
        if row.stage in CLIMB and row.outcome == Exit.COMPLETED and row.exited_on and row.id != period.id
    ]
    if not done:
        return None
    row = max(done, key=lambda each: (bool(each.evidence), each.exited_on or dt.date.min, each.id))
    words = {
        "stage": stage_name(row.stage),
        "met": number_text(sum(bool(cell["met"]) for cell in row.evidence), 0),
        "all": number_text(len(row.evidence), 0),
        "day": day_text(row.exited_on),
    }
    signed = next((cell for cell in row.evidence if cell["key"] == GO_LIVE and cell["met"]), None)
    if signed and signed.get("by"):
        text = _("%(stage)s %(met)s of %(all)s, confirmed by %(who)s on %(day)s")
        text %= words | {"who": signed["by"]}
    elif row.evidence:
        text = _("%(stage)s %(met)s of %(all)s, completed on %(day)s") % words
    else:
        text = _("%(stage)s completed on %(day)s") % words
    return {"text": text, "stage": row.stage}


def guide_of(stage: str, profile: str, target: Target) -> dict[str, Any]:
    """What usually happens in a stage with customers of this profile: success, what is done, what goes wrong."""
    guide = GUIDES[stage]
    own = {str(text) for text in guide.by_profile.get(profile, ())}
    return {
        "meta": _("%(stage)s · %(profile)s") % {"stage": stage_name(stage), "profile": Profile(profile).label},
        "approach": str(target.approach),
        "success": [str(text) for text in guide.success],
        "activities": [{"text": str(text), "own": str(text) in own} for text in guide.activities_of(profile)],
        "failures": [str(text) for _code, text in guide.failures],
    }


def picker(known: Known, chosen: StagePeriod | None) -> list[dict[str, Any]]:
    """The open stages to choose from, and the chosen one where it has ended: {label, track, stage, on}."""
    periods = [period for track in known.tracks if track.closed_on is None for period in known.open_of(track)]
    if chosen is not None and chosen.id not in {period.id for period in periods}:
        periods.append(chosen)
    return [
        {
            "label": _("%(track)s · %(stage)s")
            % {"track": track_name(period.track), "stage": stage_name(period.stage)},
            "track": period.track_id,
            "stage": period.stage,
            "on": chosen is not None and period.id == chosen.id,
        }
        for period in periods
    ]


def choose(known: Known, track_id: UUID | None, stage: str) -> StagePeriod | None:
    """The period that the page is about: of the track and stage that were asked for the open one, else the latest; else
    the one that leads the core track; else any open one, else the latest of all."""
    tracks = [track for track in known.tracks if track.id == track_id] or list(known.tracks)
    if stage in Stage.values:
        own = [row for track in tracks for row in track.periods.all() if row.stage == stage]
        if own:
            return max(own, key=lambda row: (row.exited_on is None, row.entered_on, row.id))
    for track in sorted(tracks, key=lambda each: each.closed_on is not None):
        if rows := known.open_of(track):
            return rows[0]
    every = [row for track in tracks for row in track.periods.all()]
    return max(every, key=lambda row: (row.exited_on or dt.date.max, row.id), default=None)


def proposal(row: Regression, period: StagePeriod, today: dt.date) -> dict[str, Any]:
    """A proposal to go back, with the fact behind it: {id, title, fact, day}."""
    words = {
        "cause": Cause(row.cause).label,
        "track": track_name(period.track),
        "stage": stage_name(period.stage),
        "back": stage_name(row.stage),
    }
    if row.stage == period.stage:
        title = _("%(cause)s: should %(track)s start %(stage)s anew?") % words
    else:
        title = _("%(cause)s: should %(track)s go back from %(stage)s to %(back)s?") % words
    return {"id": row.id, "title": title, "fact": fact_text(row.inputs, today)}


def fact_text(inputs: Mapping[str, Any], today: dt.date) -> str:
    """What asked for it: the event with its day and note, or how far the score fell."""
    parts = []
    if inputs.get("kind") in AccountEventKind.values:
        parts.append(str(AccountEventKind(inputs["kind"]).label))
    if inputs.get("score") is not None:
        words = {"now": number_text(inputs["score"], 0), "before": number_text(inputs.get("before"), 0)}
        parts.append(_("score %(now)s, was %(before)s") % words)
    if inputs.get("day"):
        parts.append(short_day(dt.date.fromisoformat(str(inputs["day"])[:10]), today))
    if inputs.get("note"):
        parts.append(str(inputs["note"]))
    return " · ".join(parts)
