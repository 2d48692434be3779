"""Stories into journeys: where a customer was from the signature on, what threw it back, what holds it up (JRN-01 to JRN-03).

Stages follow from what the other rows tell: onboarding ends with the first value, expansion stages lead to what was bought,
renewals to the end of a year, falls to what happened. So each page tells the same story. Days on which nothing else depends
are drawn from the dice "journey".
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from cs_platform.demo.books import periods
from cs_platform.demo.mood import away, base_mood, dips_on
from cs_platform.demo.outcomes import first_value_on
from cs_platform.demo.stories import Plot, Story, shift_years

DAY = dt.timedelta(days=1)
# Days of a stage, from quick to slow: what most need (see journey.stages.targets), and how far it spreads.
ADOPTION = {"Enterprise": (250, 460), "Mid-market": (130, 260), "Small business": (70, 170), "Product-led": (25, 85)}
RENEWAL = {"Enterprise": (115, 175), "Mid-market": (55, 92), "Small business": (26, 58), "Product-led": (12, 30)}
EXPANSION = {"Enterprise": (90, 210), "Mid-market": (40, 120), "Small business": (4, 16), "Product-led": (1, 6)}
CAUSES = {
    "champion_left": "champion",
    "budget_cut": "budget",
    "reorganisation": "reorganisation",
    "leadership_change": "reorganisation",
    "competitor_demo": "competitor",
    "competitive_activity": "competitor",
    "product_release": "release",
}
BLOCKERS = {
    "onboarding": (("technical", 5), ("bandwidth", 4), ("criteria", 2), ("scope", 1)),
    "adoption": (("training", 7), ("champion", 5), ("tools", 4), ("resistance", 2)),
    "retention": (("value", 2), ("support", 2), ("executive", 1)),
    "expansion": (("budget", 2), ("identification", 1)),
    "renewal": (("procurement", 3), ("late", 2), ("price", 2)),
    "advocacy": (("legal", 3), ("value", 1)),
}
HELD_UP = {
    "onboarding": 0.16,
    "adoption": 0.075,
    "retention": 0.004,
    "expansion": 0.1,
    "renewal": 0.09,
    "advocacy": 0.03,
}
OVERRIDE = (
    "Went live with two reports missing; they follow in the next release.",
    "The customer asked to go on before the training was over.",
    "One department joins later, by its own wish.",
)
LOST_DEAL = ("No budget this year.", "Decided for a smaller step; will come back to it.", "The buyer left.")
NAMES = {
    "department": (
        "Finance",
        "Field service",
        "EMEA department",
        "Customer support",
        "Warehouse",
        "Procurement",
        "Quality",
    ),
    "use_case": ("Case handling", "Order approvals", "Monthly reporting", "Field inspections", "Supplier onboarding"),
}
FURTHER = {"high_touch": (25, 40, 25, 10), "low_touch": (62, 30, 8, 0), "tech_touch": (96, 4, 0, 0)}
DECIDE_DAYS = (3, 20)
OPEN_DAYS = 12  # who stumbled later than that waits for a decision
FELL = (
    "Halcyon Freight"  # whose champion left a few days ago: decided the day after, and the one fall of its core track
)


@dataclass(frozen=True)
class Cause:
    """Something that may throw a track back, and whether somebody decided that it did."""

    day: dt.date
    cause: str
    kind: str  # of the event; empty: nobody logged one
    note: str


@dataclass
class Stay:
    """A stage period. `comes_from` is the place in the journey's list of the one before it."""

    stage: str
    entered_on: dt.date
    entry: str
    comes_from: int | None = None
    exited_on: dt.date | None = None
    outcome: str = ""
    cause: str = ""
    note: str = ""
    overridden: bool = False
    blocker: str = ""
    blocked_on: dt.date | None = None
    said_on: dt.date | None = None  # the latest word on a criterion


@dataclass(frozen=True)
class Answered:
    """A proposal to go back that a person answered."""

    stay: int
    back: str
    cause: Cause
    accepted: bool
    on: dt.date


@dataclass
class Journey:
    """One track of a customer."""

    key: str
    account: str
    kind: str
    name: str
    opened_on: dt.date
    unit: str = ""
    closed_on: dt.date | None = None
    because: str = ""
    stays: list[Stay] = field(default_factory=list)
    answers: list[Answered] = field(default_factory=list)

    def open(self, stage: str, on: dt.date, entry: str, comes_from: int | None = None) -> int:
        self.stays.append(Stay(stage, on, entry, comes_from))
        return len(self.stays) - 1

    def end(self, at: int, on: dt.date, outcome: str, note: str = "", cause: str = "") -> None:
        stay = self.stays[at]
        stay.exited_on, stay.outcome, stay.note, stay.cause = max(on, stay.entered_on), outcome, note, cause

    def close(self, on: dt.date, because: str) -> None:
        """End the track: what is open is given up."""
        self.closed_on, self.because = on, because
        for at, stay in enumerate(self.stays):
            if stay.exited_on is None:
                self.end(at, on, "abandoned")


def journeys(
    story: Story, key: str, parent_key: str, happened: Sequence[tuple[str, dt.date, str]], last: dt.date
) -> list[Journey]:
    """The tracks of one customer on `last`. `happened` are its events (kind, day, note); a department's own account is a
    track of the company that it belongs to (`parent_key`)."""
    chance = story.chance("journey")
    causes = _causes(story, happened, last)
    if parent_key:
        name = story.name.rsplit(", ", 1)[-1]
        track = Journey(f"{key}-track", parent_key, "department", name, story.signed_on, unit=key)
    else:
        track = Journey(f"{key}-core", key, "core", "Core", story.signed_on)
    for number, (start, stop) in enumerate(_lives(story, last)):
        until = min(stop or last, last)
        value = first_value_on(story) if number == 0 else start + DAY * chance.randrange(9, 70)
        if number and story.name == "Lumen Dental Group":
            value = last + 20 * DAY  # set up anew, and held up
        _walk(track, chance, story, start, value, [c for c in causes if start < c.day <= until], until)
        if stop and stop <= last:
            track.close(stop, "left")
            if number == 0 and story.plot is Plot.RETURNER and story.turned_on:
                track.closed_on, track.because = None, ""
    if not parent_key:
        _beside(track, story, last)
    _hold_up(track, story, last)
    return [track, *_further(story, key, track, last)]


def _lives(story: Story, last: dt.date) -> list[tuple[dt.date, dt.date | None]]:
    """When the customer was one, to the day it left."""
    if story.plot is Plot.CHURNER:
        return [(story.signed_on, story.ends_on)]
    if story.plot is Plot.RETURNER and story.turned_on:
        left = story.turned_on
        while not away(story, left - DAY):
            left -= DAY
        while away(story, left - DAY):
            left -= DAY
        return [(story.signed_on, left), (story.turned_on, None)]
    return [(story.signed_on, None)]


def _causes(story: Story, happened: Sequence[tuple[str, dt.date, str]], last: dt.date) -> list[Cause]:
    """What may throw the customer back, in order: what people logged, and a health that fell."""
    found = [Cause(day, CAUSES[kind], kind, note) for kind, day, note in happened if kind in CAUSES]
    if story.name == FELL:
        return [each for each in found if each.kind == "champion_left"]
    dip = dips_on(story)
    if dip:
        found.append(Cause(dip + 25 * DAY, "health", "", "Use fell by a third within a month."))
    chance = story.chance("setbacks")
    day = story.signed_on + DAY * chance.randrange(200, 1500)
    if chance.random() < 0.18 and day < last - OPEN_DAYS * DAY:
        cause = chance.choice(("health", "health", "person"))
        found.append(Cause(day, cause, "", "Fewer people came back each week."))
    return sorted(found, key=lambda each: each.day)


def _walk(
    track: Journey,
    chance: Random,
    story: Story,
    start: dt.date,
    value: dt.date,
    causes: Sequence[Cause],
    until: dt.date,
) -> None:
    """Onboarding, adoption, retention, and back again, up to the day `until`."""
    low, high = ADOPTION[story.segment.name]
    stage, entry, day, before = "onboarding", "again" if track.stays else "began", start, None
    ends = value + DAY * chance.randrange(1, 8)
    waiting = list(causes)
    if story.segment.tier == "high_touch" and chance.random() < 0.12:
        ends += DAY * chance.randrange(30, 120)
    while True:
        at = track.open(stage, day, entry, before)
        fell = next(
            ((c, _decided(c, story)) for c in waiting if c.day > day and (stage == "retention" or c.day < ends)), None
        )
        if fell and stage != "onboarding":
            cause, decided = fell
            waiting = [c for c in waiting if c.day > cause.day]
            if decided > until or (story.name != FELL and (until - cause.day).days < OPEN_DAYS):
                fell = None  # nobody has decided it yet
            elif story.name != FELL and _declined(chance, cause, stage):
                track.answers.append(Answered(at, _back(chance, stage, cause), cause, accepted=False, on=decided))
                waiting = [c for c in waiting if c.day > decided]
                track.stays.pop()
                # The stay goes on: begin the loop again with the causes that come later.
                continue
            else:
                back = _back(chance, stage, cause)
                track.answers.append(Answered(at, back, cause, accepted=True, on=decided))
                track.end(at, decided, "regressed", cause.note, cause.cause)
                stage, entry, day, before = back, "went_back", decided, at
                recovers = chance.random() < (0.55 if story.plot in {Plot.FADER, Plot.CHURNER} else 0.88)
                ends = decided + DAY * round(chance.uniform(28, 75) if recovers else chance.uniform(300, 700))
                continue
        if stage == "retention" or ends >= until:
            return
        if stage == "onboarding" and track.kind != "core" and chance.random() < 0.04:
            track.end(at, ends, "skipped", "The team knew the product from another department.")
            entry = "skipped_to"
        else:
            track.end(at, ends, "completed")
            entry = "moved_on"
            if chance.random() < 0.06:
                track.stays[at].overridden, track.stays[at].note = True, chance.choice(OVERRIDE)
        stage, day, before = ("adoption" if stage == "onboarding" else "retention"), ends, at
        pace = 0.75 if track.kind != "core" else 1.0
        ends = day + DAY * round(min(chance.lognormvariate(0, 0.32), 2.4) * pace * (low + high) / 2)


def _decided(cause: Cause, story: Story) -> dt.date:
    if story.name == FELL:
        return cause.day + DAY
    return cause.day + DAY * story.chance(f"decided {cause.day}").randrange(*DECIDE_DAYS)


def _declined(chance: Random, cause: Cause, stage: str) -> bool:
    return chance.random() < (0.9 if cause.kind == "product_release" else 0.12)


def _back(chance: Random, stage: str, cause: Cause) -> str:
    """Where it goes on: a team that is new to the product may start from the set-up; a person says so."""
    if stage == "adoption" and cause.cause in {"champion", "reorganisation", "person"} and chance.random() < 0.7:
        return "onboarding"
    return "adoption"


def _beside(track: Journey, story: Story, last: dt.date) -> None:
    """Renewals, expansions and advocacy of the core track, which run beside the other stages."""
    chance = story.chance("beside")
    started = next((s.exited_on for s in track.stays if s.stage == "onboarding" and s.outcome == "completed"), None)
    for start, stop in _lives(story, last):
        _renewals(track, chance, story, start, stop, last)
    if started is None:
        return
    _expansions(track, chance, story, started, last)
    _advocacy(track, chance, story, started, last)
    if track.closed_on:
        for at, stay in enumerate(track.stays):
            if stay.exited_on is None:
                track.end(at, track.closed_on, "abandoned")


def _entry(track: Journey, stage: str) -> str:
    return "again" if any(stay.stage == stage for stay in track.stays) else "beside"


def _renewals(
    track: Journey, chance: Random, story: Story, start: dt.date, stop: dt.date | None, last: dt.date
) -> None:
    low, high = RENEWAL[story.segment.name]
    for year in range(1, story.years + 1):
        end = shift_years(story.signed_on, year)
        window, late, ahead = chance.randrange(low, high), chance.random() < 0.09, chance.random()
        opened = end - DAY * (round(window * 0.4) if late else window)
        if opened <= start or opened > last or end <= start or (stop and end > stop):
            continue
        at = track.open("renewal", opened, _entry(track, "renewal"))
        signed = end - DAY * round((end - opened).days * 0.7 * ahead**1.6)
        if stop and end == stop:
            told = end - DAY * chance.randrange(2, 20)
            track.end(at, max(told, opened), "abandoned", "Will not renew.")
        elif signed <= last:
            track.end(at, signed, "completed")


def _expansions(track: Journey, chance: Random, story: Story, started: dt.date, last: dt.date) -> None:
    low, high = EXPANSION[story.segment.name]
    tries: list[tuple[dt.date, dt.date | None, str]] = []
    years = {shift_years(story.signed_on, year) for year in range(story.years + 1)}
    for period in periods(story, last):
        came_back = story.plot is Plot.RETURNER and period.start == story.turned_on
        if period.start not in years and not came_back:
            tries.append((period.start - DAY * chance.randrange(low, high), period.start, "completed"))
    grows = story.plot in {Plot.GROWER, Plot.CHAMPION}
    for _ in range(story.years):
        begun = started + DAY * chance.randrange(60, 1400)
        if chance.random() < (0.16 if grows else 0.05):
            tries.append((begun, begun + DAY * chance.randrange(low, 2 * high), "abandoned"))
    if story.live and chance.random() < (0.2 if grows else 0.02) and story.segment.tier != "tech_touch":
        tries.append((last - DAY * chance.randrange(5, high), None, ""))
    until = story.ends_on if not story.live else last
    free = started
    for opened, ended, outcome in sorted(tries, key=lambda each: (each[1] or dt.date.max, each[0])):
        opened = max(opened, free + DAY)
        if opened >= min(ended or last, until) or (ended and ended > until) or away(story, opened):
            continue
        at = track.open("expansion", opened, _entry(track, "expansion"))
        if ended:
            track.end(at, ended, outcome, "" if outcome == "completed" else chance.choice(LOST_DEAL))
            free = ended


def _advocacy(track: Journey, chance: Random, story: Story, started: dt.date, last: dt.date) -> None:
    willing = {Plot.CHAMPION: 0.85, Plot.GROWER: 0.32, Plot.STEADY: 0.07}.get(story.plot, 0.02)
    if chance.random() > willing + max(base_mood(story) - 0.9, 0):
        return
    day = started + DAY * chance.randrange(60, 400)
    while day < last and (story.live or day < story.ends_on):
        at = track.open("advocacy", day, _entry(track, "advocacy"))
        ended = day + DAY * chance.randrange(150, 900)
        if ended >= last or (not story.live and ended >= story.ends_on):
            return
        given = chance.random() < 0.75
        track.end(at, ended, "completed" if given else "abandoned", "" if given else "Their lawyers did not agree.")
        day = ended + DAY * chance.randrange(90, 400)


def _hold_up(track: Journey, story: Story, last: dt.date) -> None:
    """What holds open stages up, and the latest word on those that go on."""
    chance = story.chance(f"held up {track.key}")
    wanted = {"Lumen Dental Group": ("onboarding", "technical", 88)}
    for stay in track.stays:
        if stay.exited_on is not None:
            continue
        age = (last - stay.entered_on).days
        held, code = chance.random() < HELD_UP[stay.stage], chance.choices(*zip(*BLOCKERS[stay.stage], strict=True))[0]
        days = chance.randrange(5, 90)
        if story.name in wanted and stay.stage == wanted[story.name][0]:
            held, (_stage, code, days) = True, wanted[story.name]
        if held and age > 6:
            stay.blocker, stay.blocked_on = code, max(last - DAY * days, stay.entered_on)
            stay.said_on = stay.blocked_on
        elif age > 20 and chance.random() < 0.9:
            stay.said_on = last - DAY * chance.randrange(2, min(age, 60))


def _further(story: Story, key: str, core: Journey, last: dt.date) -> Iterator[Journey]:
    """Departments and use cases of their own: what a won expansion opened, or what the customer began by itself."""
    chance = story.chance("tracks")
    if story.parent:
        return
    weights = FURTHER[story.segment.tier]
    wanted = chance.choices(range(len(weights)), weights)[0]
    names = [(kind, name) for kind, many in NAMES.items() for name in many]
    chance.shuffle(names)
    if story.name == FELL:
        wanted, names = max(wanted, 1), sorted(names, key=lambda each: each[1] != "EMEA department")
    until = story.ends_on if not story.live else last
    first = next((s.exited_on for s in core.stays if s.stage == "onboarding" and s.outcome == "completed"), None)
    if first is None or first + 40 * DAY >= until:
        return
    won = [s.exited_on for s in core.stays if s.stage == "expansion" and s.outcome == "completed" and s.exited_on]
    for number, (kind, name) in enumerate(names[:wanted], start=1):
        if story.name == FELL and number == 1:
            yield _slow_department(key, kind, name, last)
            continue
        if won and chance.random() < 0.75:
            opened = chance.choice(won) + DAY * chance.randrange(3, 30)
        else:
            opened = first + DAY * chance.randrange(30, max((until - first).days, 31))
        if opened >= until - 5 * DAY or away(story, opened):
            continue
        track = Journey(f"{key}-track-{number}", key, kind, name, opened)
        causes = _further_causes(chance, opened, until)
        days = (first_value_on(story) - story.signed_on).days
        value = opened + DAY * max(round(days * chance.uniform(0.4, 0.9)), 2)
        _walk(track, chance, story, opened, value, causes, until)
        if not story.live:
            track.close(story.ends_on, "left")
        elif chance.random() < 0.07 and (last - opened).days > 60:
            track_end = opened + DAY * chance.randrange(45, (last - opened).days)
            if all((s.exited_on or s.entered_on) <= track_end for s in track.stays):
                track.close(track_end, "dropped")
        _hold_up(track, story, last)
        yield track


def _slow_department(key: str, kind: str, name: str, last: dt.date) -> Journey:
    """Halcyon's department in EMEA: live for 270 days, and nobody has trained its dispatchers for 166 of them."""
    track = Journey(f"{key}-track-1", key, kind, name, last - 330 * DAY)
    at = track.open("onboarding", track.opened_on, "began")
    track.end(at, last - 270 * DAY, "completed")
    at = track.open("adoption", last - 270 * DAY, "moved_on", at)
    stay = track.stays[at]
    stay.blocker, stay.blocked_on, stay.said_on = "training", last - 166 * DAY, last - 166 * DAY
    return track


def _further_causes(chance: Random, opened: dt.date, until: dt.date) -> list[Cause]:
    found = []
    day = opened + DAY * chance.randrange(60, 900)
    kind = chance.choice(("health", "champion", "person", "reorganisation", "health"))
    if chance.random() < 0.24 and day < until - OPEN_DAYS * DAY:
        found.append(Cause(day, kind, "", "The lead of this team moved on; fewer people came back."))
    return found


def words(stay: Stay, last: dt.date) -> Mapping[str, dt.date]:
    """The days on which a criterion of this stay was attested or confirmed, by its key."""
    keys = {
        "onboarding": ("technical", "use_case", "go_live"),
        "adoption": ("power_users",),
        "retention": ("risk",),
        "expansion": ("qualified", "agreed"),
        "renewal": ("decision_maker", "terms"),
        "advocacy": ("willing", "given"),
    }[stay.stage]
    if stay.outcome == "completed" and stay.exited_on:
        length = (stay.exited_on - stay.entered_on).days
        days = [stay.entered_on + DAY * round(length * (n + 1) / len(keys)) for n in range(len(keys))]
        asked = keys[:-1] if stay.overridden else keys
        # The go-live is the customer's word and is there, whatever else was left for later.
        return {k: d for k, d in zip(keys, days, strict=True) if k in asked or k == "go_live"}
    if stay.exited_on is None and stay.said_on:
        return {keys[0]: stay.said_on}
    return {}
