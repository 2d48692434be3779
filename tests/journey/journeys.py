"""Random journeys for the tests of analysis, written to the tables and kept as plain rows to count by hand."""

import datetime as dt
import random
from dataclasses import dataclass

from accounts.models import Account, Segment
from journey.enums import Blocker, Cause, Entry, Exit, Stage
from journey.models import CriterionCheck, StagePeriod, Track
from tests.journey.stage_facts import ago

MAIN = ("onboarding", "adoption", "retention")


@dataclass
class Told:
    """A stage period as it was written. `source` and `back_to` are the stages before and after it."""

    account: str
    track: str
    kind: str
    segment: str
    stage: str
    entered: dt.date
    entry: str
    exited: dt.date | None
    outcome: str
    cause: str
    blocker: str
    blocked: dt.date | None
    checked: dt.date | None
    opened: dt.date
    closed: dt.date | None
    source: str
    back_to: str = ""
    overridden: bool = False


def random_journeys(seed: int, accounts: int = 12) -> list[Told]:
    """Write journeys of up to three tracks for each of `accounts` new accounts."""
    chance = random.Random(seed)
    segments = list(Segment.objects.order_by("position"))
    told: list[Told] = []
    for number in range(accounts):
        segment = chance.choice(segments)
        account = Account.objects.create(
            external_id=f"R{seed}-{number}", name=f"Random {seed} {number}", segment=segment, status="live",
            mrr_minor=chance.randrange(1, 9) * 1000, source=chance.choice(("inbound", "referral", "")), tier="high_touch",
        )  # fmt: skip
        for place in range(chance.choice((1, 1, 2, 3))):
            told += _track(chance, account, segment, place)
    return told


def _track(chance: random.Random, account: Account, segment: Segment, place: int) -> list[Told]:
    day = ago(chance.randrange(5, 500))
    opened = day
    stays: list[Told] = []
    stage, entry, source = "onboarding", "began", ""
    while True:
        length = chance.randrange(0, 120)
        ended = day + dt.timedelta(days=length)
        one = Told(
            account.external_id, f"{account.external_id}-{place}", "core" if place == 0 else "use_case", segment.name, stage, day,
            entry, None, "", "", "", None, None, opened, None, source,
        )  # fmt: skip
        stays.append(one)
        if ended >= ago(0) or chance.random() < 0.08:
            break
        one.exited = ended
        fall = chance.random() < 0.3
        if stage == "retention" or (fall and stage != "onboarding"):
            one.outcome, one.cause = "regressed", chance.choice(Cause.values)
            target = chance.choice([s for s in MAIN if MAIN.index(s) <= MAIN.index(stage) and s != "retention"])
            one.back_to, entry = target, "went_back"
        else:
            one.outcome = chance.choice(("completed", "completed", "completed", "skipped"))
            one.overridden = one.outcome == "completed" and chance.random() < 0.2
            target = MAIN[MAIN.index(stage) + 1]
            entry = "moved_on" if one.outcome == "completed" else "skipped_to"
        source, stage, day = stage, target, ended
    if chance.random() < 0.4:  # a renewal beside
        begins = opened + dt.timedelta(days=chance.randrange(0, 200))
        if begins <= ago(0):
            beside = Told(
                account.external_id, stays[0].track, stays[0].kind, segment.name, "renewal", begins, "beside", None, "", "", "", None,
                None, opened, None, "",
            )  # fmt: skip
            ends = begins + dt.timedelta(days=chance.randrange(1, 90))
            if ends <= ago(0):
                beside.exited, beside.outcome = ends, chance.choice(("completed", "abandoned"))
            stays.append(beside)
    open_ones = [s for s in stays if s.exited is None]
    if open_ones and chance.random() < 0.2:
        closed = ago(chance.randrange(0, 60))
        if closed >= max(max(s.entered, s.exited or s.entered) for s in stays):
            for one in open_ones:
                one.exited, one.outcome = closed, "abandoned"
            for one in stays:
                one.closed = closed
    for one in stays:
        if one.exited is None and chance.random() < 0.4:
            one.blocker, one.blocked = chance.choice(Blocker.values), max(one.entered, ago(chance.randrange(0, 100)))
        if one.exited is None and chance.random() < 0.5:
            one.checked = max(one.entered, ago(chance.randrange(0, 60)))
    _write(account, stays)
    return stays


def _write(account: Account, stays: list[Told]) -> None:
    first = stays[0]
    track = Track.objects.create(
        external_id=first.track, account=account, kind=first.kind, name=first.track, opened_on=first.opened, closed_on=first.closed,
        closed_because="left" if first.closed else "", source="member",
    )  # fmt: skip
    before = None
    for number, one in enumerate(stays):
        assert one.stage in Stage.values
        assert one.entry in Entry.values
        assert one.outcome in ("", *Exit.values)
        row = StagePeriod.objects.create(
            external_id=f"{first.track}-{number}", track=track, stage=one.stage, entered_on=one.entered, entry=one.entry,
            came_from=before if one.source else None, exited_on=one.exited, outcome=one.outcome, cause=one.cause, blocker=one.blocker,
            blocked_on=one.blocked, overridden=one.overridden, source="member",
        )  # fmt: skip
        if one.checked:
            noon = dt.datetime.combine(one.checked, dt.time(12), tzinfo=dt.UTC)
            CriterionCheck.objects.create(period=row, criterion="technical", how="attested", met=True, at=noon)
        if one.stage != "renewal":
            before = row
