"""Text of the journey page: tiles, sentences, rows of lists and tables; from the figures of `flow`, nothing is counted here."""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.enums import Source, Tier
from accounts.models import Segment
from cs_platform.kernel.templatetags.cells import number_text, percent_text
from journey.analysis.chance import Comparison
from journey.analysis.flow import FEW, Cut, Flow, Pattern, Score, Speed, Stall, ratio, score_of
from journey.analysis.picture import Picture
from journey.enums import Blocker, Cause, Exit, Stage, TrackKind

Url = Callable[..., str]
TONES = ("acc", "s2", "s3", "s4", "none")
SCALE = 200.0  # days at the right end of the logarithmic scale
TICKS = (1, 3, 10, 30, 100)
WIDE = 300.0


def n(value: float | None, places: int = 0) -> str:
    return number_text(value, places)


def _delta(now: float | None, before: float | None, *, more_is_good: bool, unit: str = "", places: int = 0) -> Any:
    """How a figure moved, or nothing where one of the two is unknown or nothing moved."""
    if now is None or before is None or round(now - before, places) == 0:
        return None
    more = now > before
    return {
        "value": f"{n(abs(now - before), places)}{unit}",
        "text": _("more than in the days before") if more else _("less than in the days before"),
        "direction": "up" if more else "down",
        "good": more == more_is_good,
    }


def tiles(
    now: Flow, before: Flow, stalls: Sequence[Stall], values: Mapping[str, Mapping[str, Any]],
    scores: Mapping[tuple[str, str, str], Score], url: Url,
) -> list[dict[str, Any]]:  # fmt: skip
    """The five figures of the page: went back, stalled, adoption completed, signing to first value, journey NPS."""
    stalled = sum(each.periods for each in stalls)
    rate, rate_before = now.rate(Stage.ADOPTION), before.rate(Stage.ADOPTION)
    value, value_before = values.get("now", {}), values.get("before", {})
    nps, nps_before = score_of(scores, "now").nps, score_of(scores, "before").nps
    back = _("%(share)s of %(tracks)s tracks · was %(before)s") % {
        "share": percent_text(now.back_rate), "tracks": n(now.tracks), "before": percent_text(before.back_rate),
    }  # fmt: skip
    adopted = {"n": n(now.of("out", Stage.ADOPTION, Exit.COMPLETED).periods), "all": n(now.ended(Stage.ADOPTION))}
    return [
        {
            "label": _("Went back"), "value": n(now.went_back), "url": url(show="back"), "current": True, "foot": back,
            "delta": _delta(now.went_back, before.went_back, more_is_good=False),
        },
        {
            "label": _("Stalled now"), "value": n(stalled), "url": url(show="stalled"),
            "foot": _("held up, or over twice the usual time"),
        },
        {
            "label": _("Adoption completed"), "value": percent_text(rate), "url": url(show="ended", stage=Stage.ADOPTION),
            "foot": _("%(n)s of %(all)s that ended") % adopted,
            "delta": _delta(_hundred(rate), _hundred(rate_before), more_is_good=True, unit=_(" pt"), places=1),
        },
        {
            "label": _("Signing to first value"), "value": n(value.get("median")), "unit": _("days"),
            "foot": _("median · %(n)s of %(all)s in target") % {"n": n(value.get("in_target", 0)), "all": n(value.get("accounts", 0))},
            "delta": _delta(value.get("median"), value_before.get("median"), more_is_good=False),
        },
        {
            "label": _("Journey NPS"), "value": n(nps), "foot": _nps_foot(scores),
            "delta": _delta(nps, nps_before, more_is_good=True),
        },
    ]  # fmt: skip


def _hundred(share: float | None) -> float | None:
    return None if share is None else share * 100


def _nps_foot(scores: Mapping[tuple[str, str, str], Score]) -> str:
    by_stage = {stage: score_of(scores, "now", stage) for stage in Stage.values}
    enough = {stage: score.nps for stage, score in by_stage.items() if score.answers >= FEW and score.nps is not None}
    answers = score_of(scores, "now").answers
    if len(enough) < 2:
        return ngettext("%(n)s answer", "%(n)s answers", answers) % {"n": n(answers)}
    lowest = min(enough, key=lambda stage: (enough[stage], stage))
    return _("lowest in %(stage)s, %(n)s") % {"stage": Stage(lowest).label, "n": n(enough[lowest])}


def finding(picture: Picture, now: Flow, before: Flow) -> str:
    """What the flow says, in words: where most went back, how that was before, and why."""
    worst = picture.worst_return()
    if worst is None:
        if now.went_back:
            return _("%(n)s tracks went back, none of them to another stage.") % {"n": n(now.went_back)}
        return _("No track went back in these days.")
    source, to, amount = worst
    earlier = before.of("back", source, to).periods
    names = {"n": n(amount.periods), "from": Stage(source).label, "to": Stage(to).label, "before": n(earlier)}
    if source == to:
        first = ngettext(
            "%(n)s track started %(to)s anew; %(before)s in the days before.",
            "%(n)s tracks started %(to)s anew; %(before)s in the days before.", amount.periods,
        )  # fmt: skip
    else:
        first = ngettext(
            "%(n)s track fell back from %(from)s to %(to)s; %(before)s in the days before.",
            "%(n)s tracks fell back from %(from)s to %(to)s; %(before)s in the days before.", amount.periods,
        )  # fmt: skip
    causes = [cause for cause in now.by_other("cause") if cause]
    if not causes:
        return first % names
    return f"{first % names} {_('First cause: %(cause)s.') % {'cause': Cause(causes[0]).label}}"


def table(now: Flow, url: Url) -> dict[str, Any]:
    """The flow as a table, tracks by stage: what was there, came, ended and stands."""

    def cell(amount: int, **to: str) -> Any:
        return {"text": n(amount), "url": url(**to)} if amount else n(0)

    rows = []
    for stage in Stage:
        out = {end: now.of("out", stage, end).periods for end in Exit.values}
        rows.append(
            [
                stage.label, n(now.of("was", stage).periods), cell(now.total("in", stage), show="in", stage=stage),
                cell(out[Exit.COMPLETED], show="completed", stage=stage), cell(out[Exit.REGRESSED], show="back", stage=stage),
                cell(out[Exit.SKIPPED], show="skipped", stage=stage), cell(out[Exit.ABANDONED], show="left", stage=stage),
                cell(now.of("open", stage).periods, show="open", stage=stage), percent_text(now.rate(stage)) if stage != Stage.RETENTION else "–",
            ]
        )  # fmt: skip
    head = [
        _("Stage"), _("Was"), _("Came in"), _("Completed"), _("Went back"), _("Skipped"), _("Given up"), _("Now"), _("Completion"),
    ]  # fmt: skip
    return {"head": head, "rows": rows}


def causes(now: Flow, before: Flow, url: Url) -> list[dict[str, Any]]:
    """Why tracks went back, the most first; bars on the scale of the first one (JRN-27)."""
    counts, earlier = now.by_other("cause"), before.by_other("cause")
    most = max(counts.values(), default=0)
    return [
        {
            "label": Cause(cause).label if cause in Cause.values else _("No cause given"),
            "count": n(count), "url": url(show="back", cause=cause), "bar": [("risk", count), ("gap", most - count)],
            "spoken": _("%(n)s of %(all)s") % {"n": n(count), "all": n(now.went_back)},
            "was": _("was %(n)s") % {"n": n(earlier.get(cause, 0))},
        }
        for cause, count in counts.items()
    ]  # fmt: skip


def recovered(now: Flow) -> str:
    """How many of those that went back have come up again, and how long that took; empty where none has."""
    if now.recovery is None:
        return ""
    words = {"n": n(len(now.recovered)), "all": n(now.went_back), "days": n(now.recovery)}
    return _("%(n)s of %(all)s are on the way up again, median %(days)s days") % words


def stall_rows(stalls: Sequence[Stall], url: Url) -> list[dict[str, Any]]:
    """Why tracks stall: what holds them up, by stage, the most first (JRN-32)."""
    by_stage: dict[str, list[Stall]] = defaultdict(list)
    for each in stalls:
        by_stage[each.stage].append(each)
    most = max((sum(s.periods for s in own) for own in by_stage.values()), default=0)
    rows = []
    for stage, own in sorted(by_stage.items(), key=lambda pair: (-sum(s.periods for s in pair[1]), pair[0])):
        total = sum(each.periods for each in own)
        own.sort(key=lambda each: (not each.blocker, -each.periods, each.blocker))
        parts = [
            {
                "label": Blocker(each.blocker).label if each.blocker else _("no reason given"),
                "count": n(each.periods), "tone": TONES[min(place, 3)] if each.blocker else TONES[-1],
                "url": url(show="stalled", stage=stage, blocker=each.blocker or "none"),
            }
            for place, each in enumerate(own)
        ]  # fmt: skip
        bar = [(part["tone"], each.periods) for part, each in zip(parts, own, strict=True)]
        rows.append(
            {
                "label": Stage(stage).label, "count": n(total), "url": url(show="stalled", stage=stage), "parts": parts,
                "bar": [*bar, ("gap", most - total)],
                "spoken": ", ".join(f"{part['label']} {part['count']}" for part in parts),
            }
        )  # fmt: skip
    return rows


def speed_rows(speeds: Sequence[Speed], stage: str, segments: Sequence[Segment], url: Url) -> list[dict[str, Any]]:
    """How long a stage took, by segment: middle half, median, spread, and how many were in the target (JRN-26)."""
    order = {segment.name: (segment.position, segment.name) for segment in segments}
    scale = max([SCALE, *(each.slowest for each in speeds if each.stage == stage)])
    rows = []
    for each in sorted((s for s in speeds if s.stage == stage), key=lambda s: order.get(s.segment, (999, s.segment))):
        wanted = _("%(from)s–%(to)s") % {"from": n(each.days_from), "to": n(each.days_to)} if each.days_to else "–"
        rows.append(
            {
                "segment": each.segment or _("No segment"),
                "url": url(show="completed", stage=stage, cut="segment", value=each.segment),
                "median": n(each.median), "mean": n(each.mean), "spread": f"{n(each.fastest)}–{n(each.slowest)}",
                "target": wanted, "in_target": _("%(n)s of %(all)s") % {"n": n(each.in_target), "all": n(each.periods)},
                "few": each.periods < FEW,
                "drawing": _spread(each, scale),
            }
        )  # fmt: skip
    return rows


def _spread(each: Speed, scale: float) -> dict[str, Any]:
    def x(days: float) -> str:
        return f"{min(math.log(max(days, 1)) / math.log(scale), 1) * WIDE:.1f}"

    def width(low: float, high: float) -> str:
        return f"{max(float(x(high)) - float(x(low)), 2):.1f}"

    label = _("middle half %(low)s to %(high)s days, median %(median)s, fastest %(fastest)s, slowest %(slowest)s") % {
        "low": n(each.low), "high": n(each.high), "median": n(each.median), "fastest": n(each.fastest), "slowest": n(each.slowest),
    }  # fmt: skip
    target = None
    if each.days_to:
        target = {"x": x(each.days_from or 1), "width": width(each.days_from or 1, each.days_to)}
    return {
        "label": label, "target": target, "grid": [x(day) for day in TICKS], "from": x(each.fastest), "to": x(each.slowest),
        "box": {"x": x(each.low), "width": width(each.low, each.high)}, "median": x(each.median),
    }  # fmt: skip


def scale_ticks(speeds: Sequence[Speed], stage: str) -> list[dict[str, str]]:
    """Figures above the drawings of `speed_rows`, on the same scale."""
    scale = max([SCALE, *(each.slowest for each in speeds if each.stage == stage)])
    days = [day for day in (*TICKS, 300, 1000) if day < scale]
    return [{"x": f"{math.log(max(day, 1)) / math.log(scale) * 100:.1f}%", "text": n(day)} for day in days]


def cut_name(cut: str, value: str) -> str:
    """A value of a cut in words."""
    if not value:
        return _("Not known")
    labels: Mapping[str, Any] = {"source": Source, "tier": Tier}
    if cut in labels and value in labels[cut].values:
        return str(labels[cut](value).label)
    return value


def heat(
    cuts: Sequence[Cut], cut: str, scores: Mapping[tuple[str, str, str], Score], segments: Sequence[Segment], url: Url
) -> dict[str, Any]:
    """The journey of each value of a cut as a heat table: a stronger tint is better, orange the worst of its column (JRN-30)."""
    order = {segment.name: place for place, segment in enumerate(segments)}
    rows = sorted(
        cuts,
        key=lambda each: (not each.value, order.get(each.value, 99) if cut == "segment" else -each.tracks, each.value),
    )
    # Heading, of each row (the number, on how many it stands, as text), whether more is better, which list a cell opens.
    columns: list[tuple[str, list[tuple[float | None, int, str]], bool | None, dict[str, str]]] = []

    def shares(title: str, pairs: list[tuple[int, int]], good: bool, **to: str) -> None:
        cells = [
            (ratio(part, whole), whole, percent_text(ratio(part, whole), 1 if not good else 0)) for part, whole in pairs
        ]
        columns.append((title, cells, good, to))

    shares(
        _("Onboarding done"),
        [(r.onboarding_completed, r.onboarding_ended) for r in rows],
        True,
        show="ended",
        stage=Stage.ONBOARDING,
    )
    days = [(r.onboarding_days, r.onboarding_completed, n(r.onboarding_days)) for r in rows]
    columns.append(
        (_("Median days"), days, None if cut == "segment" else False, {"show": "completed", "stage": Stage.ONBOARDING})
    )
    shares(
        _("Adoption done"),
        [(r.adoption_completed, r.adoption_ended) for r in rows],
        True,
        show="ended",
        stage=Stage.ADOPTION,
    )
    shares(_("Went back"), [(r.went_back, r.tracks) for r in rows], False, show="back")
    shares(
        _("Renewed"), [(r.renewal_completed, r.renewal_ended) for r in rows], True, show="ended", stage=Stage.RENEWAL
    )
    months = [None if r.retention_days is None else r.retention_days / 30.44 for r in rows]
    told = [(month, r.arrived, n(month, 1)) for month, r in zip(months, rows, strict=True)]
    columns.append((_("Months to Retention"), told, None, {}))
    of = [score_of(scores, "now", value=r.value) for r in rows]
    columns.append((_("Journey NPS"), [(s.nps, s.answers, n(s.nps)) for s in of], True, {}))
    return {
        "head": [title for title, _cells, _good, _to in columns],
        "rows": [
            {
                "name": cut_name(cut, row.value), "count": n(row.accounts),
                "cells": [
                    _heat_cell(cells, place, good, url(cut=cut, value=row.value, **to) if to else "")
                    for _title, cells, good, to in columns
                ],
            }
            for place, row in enumerate(rows)
        ],
    }  # fmt: skip


def _heat_cell(
    cells: Sequence[tuple[float | None, int, str]], place: int, good: bool | None, url: str
) -> dict[str, Any]:
    """A cell with its tint: only values that stand on enough are compared with each other."""
    value, count, text = cells[place]
    if value is None:
        return {"text": "–", "tone": "na", "few": False, "url": ""}
    few = count < FEW
    known = [v for v, c, _t in cells if v is not None and c >= FEW]
    tone = ""
    if good is not None and not few and len(known) > 1 and max(known) > min(known):
        share = (value - min(known)) / (max(known) - min(known))
        share = share if good else 1 - share
        tone = "lo" if share == 0 else f"c{1 + round(share * 3)}"
    return {"text": text, "tone": tone, "few": few, "url": url}


def pattern_rows(patterns: Sequence[Pattern]) -> list[dict[str, Any]]:
    """How journeys that began alike went on; shares that stand on few say so (JRN-31)."""
    rows = []
    for each in patterns:
        names = (
            _("Onboarding in target") if each.in_target else _("Onboarding took longer"),
            _("went back at least once") if each.fell else _("never went back"),
        )
        rows.append(
            {
                "name": ", ".join(names), "tracks": n(each.tracks), "few": each.tracks < FEW,
                "renewed": percent_text(ratio(each.renewed, each.renewals), 0), "renewals": _("%(n)s of %(all)s") % {"n": n(each.renewed), "all": n(each.renewals)},
                "expanded": percent_text(ratio(each.expanded, each.tracks), 0),
                "speaks": percent_text(ratio(each.speaks, each.tracks), 0),
                "gone": percent_text(ratio(each.gone, each.tracks), 0),
            }
        )  # fmt: skip
    return rows


def comparison_rows(found: Sequence[Comparison]) -> list[dict[str, Any]]:
    """What goes together and what may be chance: each end with the factor and without, and the range of the difference."""
    factors = {
        "in_target": _("Onboarding in target, against longer"),
        "fell": _("Went back at least once, against never"),
    }
    ends = {"renewed": _("Renewed"), "expanded": _("Expanded"), "speaks": _("Advocates"), "gone": _("Left")}
    rows = []
    for each in found:
        one = each.difference
        rows.append(
            {
                "name": f"{factors[each.factor]}: {ends[each.end]}",
                "shares": _("%(share)s and %(other)s")
                % {"share": percent_text(one.share, 0), "other": percent_text(one.other, 0)},
                "points": _signed(one.points),
                "range": _("%(low)s to %(high)s") % {"low": _signed(one.low), "high": _signed(one.high)},
                "chance": one.may_be_chance,
                "few": min(each.whole, each.other_whole) < FEW,
            }
        )
    return rows


def _signed(points: float) -> str:
    """A difference of shares in points: +20, −3."""
    value = round(points * 100)
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{n(abs(value))}"


def left(now: Flow) -> str:
    """Tracks whose customer left, and how many customers that were; empty where nobody did."""
    gone = now.of("churned")
    if not gone:
        return ""
    tracks = ngettext("%(n)s track left", "%(n)s tracks left", gone.periods) % {"n": n(gone.periods)}
    return f"{tracks}, {ngettext('%(n)s customer', '%(n)s customers', gone.accounts) % {'n': n(gone.accounts)}}"


def churned(now: Flow, before: Flow, url: Url) -> list[dict[str, Any]]:
    """Where tracks stood when the customer left (JRN-28)."""
    stages = (Stage.ONBOARDING, Stage.ADOPTION, Stage.RETENTION)
    total = sum(now.of("churned", stage).periods for stage in stages)
    return [
        {
            "label": stage.label, "count": n(now.of("churned", stage).periods), "url": url(show="churned", stage=stage),
            "bar": [("risk", now.of("churned", stage).periods), ("gap", total - now.of("churned", stage).periods)],
            "spoken": _("%(n)s of %(all)s") % {"n": n(now.of("churned", stage).periods), "all": n(total)},
            "was": _("was %(n)s") % {"n": n(before.of("churned", stage).periods)},
        }
        for stage in stages
        if total
    ]  # fmt: skip


def track_name(kind: str, name: str) -> str:
    """The core track has no name of its own in lists."""
    return "" if kind == TrackKind.CORE else name


def stage_name(stage: str) -> str:
    return str(Stage(stage).label)
