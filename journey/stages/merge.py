"""The one door of stages that come as rows, from a file or a program: what happened elsewhere is true (JRN-03).

Rows name a track, or mean the core one; a track that is not there is made. What the night had begun is taken over by the
row that tells of it. In whatever order and pieces rows come, the tables are the same.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from accounts.enums import ChangeSource
from accounts.kinds import Row
from accounts.merging import MergeResult, Origin
from accounts.merging.result import first_of_each, quiet_inserts, today
from accounts.models import Account
from cs_platform.kernel import copying, sqljobs
from health.naming import named
from journey.enums import TrackKind
from journey.models import StagePeriod, Track
from journey.stages import line
from journey.stages.jobs import CORE_NAME
from journey.stages.line import Time
from journey.stages.news import journeys_changed

SQL = Path(__file__).parent / "sql"
TRACK = [
    ("id", "uuid"), ("is_new", "bool"), ("external_id", "text"), ("account_id", "uuid"), ("kind", "text"), ("name", "text"),
    ("opened_on", "date"),
]  # fmt: skip
PERIOD = [
    ("id", "uuid"), ("is_new", "bool"), ("external_id", "text"), ("track_id", "uuid"), ("stage", "text"), ("entered_on", "date"),
    ("entry", "text"), ("came_from_id", "uuid"), ("exited_on", "date"), ("outcome", "text"), ("cause", "text"), ("note", "text"),
]  # fmt: skip
TOLD = ("entered_on", "exited_on", "outcome", "cause", "note")


@dataclass
class _Line:
    """A track with its periods, as they stand and as the rows leave them."""

    track: Track
    is_new: bool = False
    changed: bool = False
    periods: dict[UUID, StagePeriod] = field(default_factory=dict)
    new: set[UUID] = field(default_factory=set)
    # What rows say, by the period that they are about.
    rows: dict[UUID, Row] = field(default_factory=dict)

    def times(self) -> list[Time]:
        return [
            Time(
                p.id, p.stage, *(_told(p, self.rows.get(p.id))[name] for name in ("entered_on", "exited_on", "outcome"))
            )
            for p in self.periods.values()
        ]


def _told(period: StagePeriod, row: Row | None) -> dict[str, Any]:
    """What of a period a row may change, as it is from now on. An end that is taken back takes all of it along."""
    values = {name: getattr(period, name) for name in TOLD}
    if row is not None:
        given = [name for name in TOLD if name in row.given]
        values |= {name: row.values[name] if name.endswith("_on") else row.values[name] or "" for name in given}
        if values["exited_on"] is None:
            values |= {"outcome": "", "cause": ""}
    return values


class _Book:
    """The tracks that rows are about: by external id, and core ones by the account that they stand for."""

    def __init__(self, accepted: Sequence[tuple[Row, UUID]]) -> None:
        accounts = {account for _row, account in accepted}
        parts = dict(Account.objects.filter(merged_into__in=accounts).values_list("id", "merged_into_id"))
        names = {row.values.get("track") for row, _account in accepted} - {"", None}
        known = StagePeriod.objects.filter(external_id__in=[row.values["period"] for row, _account in accepted])
        wanted = (
            Q(external_id__in=names)
            | Q(account__in=[*accounts, *parts], kind=TrackKind.CORE)
            | Q(id__in=known.order_by().values("track_id"))
        )
        self.standing = {account: account for account in accounts} | parts
        self.lines: dict[UUID, _Line] = {}
        self.by_name: dict[str, _Line] = {}
        self.core: dict[UUID, _Line] = {}
        self.known: dict[str, StagePeriod] = {}
        for track in Track.objects.select_for_update(of=("self",)).filter(wanted).order_by("id"):
            self.add(_Line(track), own=track.account_id not in parts)
        stored = StagePeriod.objects.select_for_update(of=("self",)).filter(track__in=list(self.lines)).order_by("id")
        for period in stored:
            self.lines[period.track_id].periods[period.id] = period
            self.known[period.external_id] = period

    def add(self, one: _Line, *, own: bool = True) -> _Line:
        self.lines[one.track.id] = self.by_name[one.track.external_id] = one
        account = self.standing.get(one.track.account_id)
        if one.track.kind == TrackKind.CORE and account is not None and (own or account not in self.core):
            self.core[account] = one
        return one


def merge_stages(rows: Sequence[Row], origin: Origin) -> MergeResult:
    """Create or update times in stages, with the tracks that they are about.

    Refused: unknown accounts, days ahead, a track of another account or a closed one, a second core track, another stage
    or track for a known period, and a time that overlaps another one of its stage.
    """
    result = MergeResult()
    day = today()
    told = [row for row in first_of_each(rows, result, "period") if not _ahead(row, day, result)]
    accepted = [(row, ids["account"]) for row, ids in named(told, result) if ids["account"]]
    if not accepted:
        return result
    # Who writes about the same accounts waits here, so that what is read below is what will be changed.
    locked = Account.objects.select_for_update(no_key=True).filter(id__in={account for _row, account in accepted})
    list(locked.order_by("id").values_list("id"))
    book = _Book(accepted)
    # In the order of their days, whatever the order they came in: the first one takes over what the night began.
    for row, account in sorted(accepted, key=lambda pair: (pair[0].values["entered_on"], pair[0].values["period"])):
        _place(row, account, book, result, origin)
    _refuse_impossible(book, result)
    _write(book, result, origin)
    return result


def _ahead(row: Row, day: dt.date, result: MergeResult) -> bool:
    for name in ("entered_on", "exited_on"):
        value = row.values.get(name)
        if value is not None and value > day:
            result.reject(row, name, value.isoformat(), "ahead", _("This day lies ahead."))
            return True
    return False


def _place(row: Row, account: UUID, book: _Book, result: MergeResult, origin: Origin) -> None:
    """Find or make the period that the row is about; or refuse the row."""
    values = row.values
    one = _track_of(row, account, book, result, origin)
    if one is None:
        return
    period = book.known.get(values["period"])
    if period is not None and (period.track_id != one.track.id or period.stage != values["stage"]):
        column = "stage" if period.stage != values["stage"] else "track"
        sentence = _("This id belongs to another stage or track. Give this one an id of its own.")
        result.reject(row, column, str(values.get(column) or ""), "other_row", sentence)
        return
    if period is None:
        period = _begun_by_night(one, values["stage"])
    if period is None:
        period = StagePeriod(
            id=uuid7(), external_id=values["period"], track_id=one.track.id, stage=values["stage"],
            entered_on=values["entered_on"], source=origin.source,
        )  # fmt: skip
        one.periods[period.id] = period
        one.new.add(period.id)
    one.rows[period.id] = row


def _begun_by_night(one: _Line, stage: str) -> StagePeriod | None:
    """The period that the night began, untouched, which no other row has taken over yet."""
    for period in one.periods.values():
        untouched = period.source == ChangeSource.RULE and period.version == 1 and period.entered_by_id is None
        if untouched and period.stage == stage and period.id not in one.rows:
            return period
    return None


def _track_of(row: Row, account: UUID, book: _Book, result: MergeResult, origin: Origin) -> _Line | None:
    """The track that the row names, or the core one; made where there is none. None: the row was refused."""
    name, kind = row.values.get("track") or "", row.values.get("track_kind") or ""
    one = book.by_name.get(name) if name else book.core.get(account)
    if not name and kind not in ("", TrackKind.CORE):
        result.reject(row, "track", "", "required", _("A track that is not the core one has an id."))
        return None
    if one is not None and book.standing.get(one.track.account_id) != account:
        result.reject(row, "track", name, "other_account", _("This track belongs to another account."))
        return None
    if one is not None and kind not in ("", one.track.kind):
        result.reject(row, "track_kind", kind, "other_kind", _("This track is of another kind."))
        return None
    if one is None and name and kind == TrackKind.CORE and (core := book.core.get(account)):
        if core.track.source != ChangeSource.RULE:
            result.reject(row, "track_kind", kind, "second_core", _("The account has its core track already."))
            return None
        # What the night began goes by the name that it has elsewhere.
        core.track.external_id = name
        core.changed = True
        one = book.by_name[name] = core
    if one is None:
        kind = kind or (TrackKind.USE_CASE if name else TrackKind.CORE)
        usual = CORE_NAME if kind == TrackKind.CORE else name[:120]
        track = Track(
            id=uuid7(), external_id=name or f"core-{account}", account_id=account, kind=kind, name=usual,
            opened_on=row.values["entered_on"], source=origin.source,
        )  # fmt: skip
        one = book.add(_Line(track, is_new=True))
    if (title := row.values.get("track_name")) and title != one.track.name:
        one.track.name, one.changed = title, True
    return one


def _refuse_impossible(book: _Book, result: MergeResult) -> None:
    """Take rows out until no time overlaps another one of its stage, and none reaches beyond the end of its track."""
    for one in book.lines.values():
        closed = one.track.closed_on
        if closed is not None:
            for time in one.times():
                if time.id in one.rows and (time.exited_on is None or time.exited_on > closed):
                    _refuse(one, time.id, "track", "closed", _("This track is closed."), result)
        while pairs := line.overlaps(one.times()):
            earlier, later = pairs[0]
            guilty = later if later.id in one.rows else earlier
            sentence = _("The track is in this stage from %(day)s already.") % {
                "day": (earlier if guilty is later else later).entered_on.isoformat()
            }
            _refuse(one, guilty.id, "entered_on", "overlaps", sentence, result)


def _refuse(one: _Line, period: UUID, column: str, code: str, sentence: str, result: MergeResult) -> None:
    row = one.rows.pop(period)
    value = row.values.get(column)
    result.reject(row, column, "" if value is None else str(value), code, sentence)
    if period in one.new:
        one.new.discard(period)
        del one.periods[period]


def _write(book: _Book, result: MergeResult, origin: Origin) -> None:
    touched = [one for one in book.lines.values() if one.rows]
    periods: list[list[Any]] = []
    taken: dict[UUID, tuple[Row, str]] = {}
    for one in touched:
        times = one.times()
        ways = {time.id: line.came_about(time, times) for time in times}
        first = min(time.entered_on for time in times)
        if first < one.track.opened_on or (one.is_new and first != one.track.opened_on):
            one.track.opened_on, one.changed = first, True
        for period in one.periods.values():
            row = one.rows.get(period.id)
            told = _told(period, row)
            external_id = row.values["period"] if row else period.external_id
            # How a person came into a stage is what the person did.
            own = period.source == ChangeSource.MEMBER
            entry, came_from = (period.entry, period.came_from_id) if own else ways[period.id]
            now = {**told, "external_id": external_id, "entry": entry, "came_from_id": came_from}
            is_new = period.id in one.new
            if not is_new and all(getattr(period, name) == value for name, value in now.items()):
                if row:
                    result.add(row.number, period.id, "unchanged")
                continue
            periods.append(
                [
                    period.id, is_new, external_id, one.track.id, period.stage, told["entered_on"], entry, came_from,
                    told["exited_on"], told["outcome"], told["cause"], told["note"],
                ]
            )  # fmt: skip
            if row:
                taken[period.id] = row, "created" if is_new else "updated"
    tracks = [one.track for one in touched if one.is_new or one.changed]
    new = {one.track.id for one in touched if one.is_new}
    if not periods and not tracks:
        return
    quiet_inserts(len(periods))
    params = origin.params()
    cells = ([t.id, t.id in new, t.external_id, t.account_id, t.kind, t.name, t.opened_on] for t in tracks)
    copying.stage("stage_track", TRACK, cells)
    sqljobs.execute(SQL / "merge_tracks.sql", params)
    copying.stage("stage_period", PERIOD, periods)
    written = {row["id"] for row in sqljobs.rows(SQL / "merge_periods.sql", params)}
    for id_, (row, outcome) in taken.items():
        if id_ in written:
            result.add(row.number, id_, outcome)
        else:
            result.reject(row, "period", row.values["period"], "other_row", _("This id belongs to another account."))
    sqljobs.execute(SQL / "lapse.sql")
    journeys_changed(one.track.account_id for one in touched)
