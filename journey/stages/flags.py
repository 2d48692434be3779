"""What a person should look at: stages past their target or without progress, and the seven usual mistakes where they happen
(JRN-33). Flags are judged when they are shown; nothing moves by them.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Account, Segment, Tenant
from accounts.selectors import STANDING
from cs_platform.kernel import sqljobs
from cs_platform.kernel.templatetags.cells import day_text, percent_text
from journey.enums import Blocker, Entry, Exit, Stage
from journey.models import Plan, StagePeriod, Track
from journey.stages import measures, targets
from journey.stages.criteria import STANDING_STAGES
from journey.stages.measures import State
from journey.stages.targets import Target

SQL = Path(__file__).parent / "sql"
TIMES = 2  # the usual time, without progress: stalled
PASSIVE_DAYS = 14  # everything met and nobody moved it
IGNORED_DAYS = 14  # a proposal to go back without an answer
QUIET_DAYS = 45  # without a word of ours
BUSY = 4  # activities within 60 days
RENEWED_DAYS = 183  # a renewal that was completed so shortly before is this one
UNPROVEN_DAYS = 90  # without anything measured or confirmed
FEW_PLANS, FEW_MOVES, FLOW_DAYS = 10, 20, 180


class Key(Enum):
    """Names of the flags."""

    PAST_TARGET = "past_target"
    STALLED = "stalled"
    PASSIVE = "passive"
    IGNORED = "ignored_trigger"
    WAITING = "waiting_for_customer"
    ACTIVITY = "activity_without_outcome"
    RENEWAL_LATE = "renewal_late"
    ONE_TEMPLATE = "one_template"
    FORCED_LINE = "forced_linearity"


@dataclass(frozen=True)
class Flag:
    """One finding with its sentence; `days` is how long (past the target, without progress, …), where that is a time."""

    key: Key
    tone: str  # risk or watch
    text: str
    days: int | None = None


Facts = Mapping[str, Any]


def flags_of(
    periods: Iterable[StagePeriod], as_of: dt.date | None = None, states: Mapping[UUID, Sequence[State]] | None = None
) -> dict[UUID, list[Flag]]:
    """The flags of each open period at the end of the day `as_of` (today), the gravest first; ended periods have none.

    Periods come with track and account. `states` are what `measures.standing` said of them that day, where it was asked
    already. At most eleven statements for any number of periods.
    """
    rows = [period for period in periods if period.exited_on is None]
    if not rows:
        return {}
    tenant = Tenant.current()
    day = as_of or tenant.today()
    params = {
        "ids": [row.id for row in rows],
        "as_of": day,
        "zone": tenant.timezone,
        "until": dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tenant.zone),
    }
    facts = {row["period_id"]: row for row in sqljobs.rows(SQL / "flags.sql", params, tables={"standing": STANDING})}
    segments = Segment.objects.in_bulk([row["segment_id"] for row in facts.values() if row["segment_id"]])
    usual = targets.targets_of([*segments.values(), None])
    passive = _passive(rows, day, states)
    found = {}
    for period in rows:
        of = usual[facts[period.id]["segment_id"]]
        flags = _judged(period, facts[period.id], of, day)
        if period.id in passive:
            text = _("Everything is met for %(n)s days and more, and nobody moved it on") % {"n": PASSIVE_DAYS}
            flags.append(Flag(Key.PASSIVE, "watch", text, PASSIVE_DAYS))
        found[period.id] = sorted(flags, key=lambda flag: flag.tone != "risk")
    return found


def progress_on(period: StagePeriod, facts: Facts) -> dt.date:
    """The last day on which something was reached: a word on a criterion, a milestone, a change of stage of the track."""
    days = (period.entered_on, facts["checked_on"], facts["done_on"], facts["moved_on"])
    return max(each for each in days if each is not None)


def stalled_for(period: StagePeriod, progressed: dt.date, target: Target, day: dt.date) -> int | None:
    """Days without progress of a stalled period, else None: held up, or without progress for more than twice the usual.

    Example: with 30 to 60 days, a track that last moved on 1 January is stalled from 2 May on (121 days).
    """
    days = (day - progressed).days
    if period.blocker and period.blocked_on is not None and period.blocked_on <= day:
        return max(days, (day - period.blocked_on).days)
    return days if target.days_to is not None and days > TIMES * target.days_to else None


def _judged(period: StagePeriod, facts: Facts, of: Mapping[str, Target], day: dt.date) -> list[Flag]:
    target = of[period.stage]
    found = []
    stalled = stalled_for(period, progress_on(period, facts), target, day)
    if stalled is not None:
        found.append(Flag(Key.STALLED, "risk", _stalled_text(period, stalled), stalled))
    due = targets.due_on(period, target)
    if due is not None and due < day:
        late = (day - due).days
        text = ngettext("%(n)s day past the target of %(day)s", "%(n)s days past the target of %(day)s", late)
        found.append(Flag(Key.PAST_TARGET, "watch", text % {"n": late, "day": day_text(due)}, late))
    proposed = facts["proposed_on"]
    if proposed is not None and (day - proposed).days > IGNORED_DAYS:
        text = _("Something happened that may throw it back, and nobody has answered since %(day)s")
        found.append(Flag(Key.IGNORED, "risk", text % {"day": day_text(proposed)}, (day - proposed).days))
    if facts["leading"] and period.track.kind == "core":
        found += _of_account(period, facts, of[Stage.RENEWAL], day)
    return found


def _stalled_text(period: StagePeriod, days: int) -> str:
    if period.blocker:
        words = {"what": Blocker(period.blocker).label, "day": day_text(period.blocked_on)}
        return _("Held up since %(day)s: %(what)s") % words
    return _("No progress for %(n)s days, more than twice the usual time") % {"n": days}


def _of_account(period: StagePeriod, facts: Facts, renewal: Target, day: dt.date) -> list[Flag]:
    """The usual mistakes with the whole account, told once at the stage that leads its core track."""
    found = []
    since = max(facts["last_of_ours"] or period.entered_on, period.entered_on)
    quiet = (day - since).days
    if quiet > QUIET_DAYS:
        text = _("We wait for the customer: nothing of ours for %(n)s days") % {"n": quiet}
        found.append(Flag(Key.WAITING, "watch", text, quiet))
    progressed = progress_on(period, facts)
    proven = max(each for each in (facts["proven_on"], progressed) if each is not None)
    if facts["ours"] >= BUSY and (day - proven).days > UNPROVEN_DAYS:
        text = _("%(n)s activities in 60 days, and nothing measured, confirmed or reached since %(day)s")
        words = {"n": facts["ours"], "day": day_text(proven)}
        found.append(Flag(Key.ACTIVITY, "watch", text % words, (day - proven).days))
    renews, least = facts["renews_on"], renewal.days_from
    if renews is not None and least is not None and not facts["renewing"]:
        left = (renews - day).days
        renewed_on = facts["renewed_on"]
        renewed = renewed_on is not None and (renews - renewed_on).days <= RENEWED_DAYS
        if 0 <= left <= least and not renewed:
            text = _("The renewal is in %(n)s days and nobody has begun; %(least)s are usual")
            found.append(Flag(Key.RENEWAL_LATE, "risk", text % {"n": left, "least": least}, left))
    return found


def _passive(rows: Sequence[StagePeriod], day: dt.date, states: Mapping[UUID, Sequence[State]] | None) -> set[UUID]:
    """Periods whose criteria are all met today and were two weeks ago; only those that could be are measured."""
    old = [row for row in rows if row.stage not in STANDING_STAGES and (day - row.entered_on).days >= PASSIVE_DAYS]
    if not old:
        return set()
    now = measures.standing(old, day) if states is None else states
    ready = [row for row in old if now.get(row.id) and all(state.met for state in now[row.id])]
    if not ready:
        return set()
    before = measures.standing(ready, day - dt.timedelta(days=PASSIVE_DAYS))
    return {row.id for row in ready if all(state.met for state in before[row.id])}


def guards(accounts: QuerySet[Account], as_of: dt.date) -> list[Flag]:
    """The usual mistakes of the whole company, among these accounts: one template for all segments, and journeys that are
    walked as a line (JRN-33). Two statements; silent where there is too little to judge by."""
    found = []
    own = accounts.order_by().values("id")
    plans = (
        Plan.objects.filter(account__in=own, starts_on__gt=as_of - dt.timedelta(days=365), starts_on__lte=as_of)
        .exclude(template="")
        .order_by()
        .aggregate(n=Count("pk"), templates=Count("template", distinct=True), profiles=Count("account__segment__profile", distinct=True))
    )  # fmt: skip
    if plans["n"] >= FEW_PLANS and plans["templates"] == 1 and plans["profiles"] > 1:
        text = _("One template for all: %(n)s plans of %(profiles)s kinds of customers follow the same one")
        found.append(Flag(Key.ONE_TEMPLATE, "watch", text % plans))
    moves = StagePeriod.objects.filter(
        track__in=Track.objects.filter(account__in=own).order_by().values("id"),
        entered_on__gt=as_of - dt.timedelta(days=FLOW_DAYS),
        entered_on__lte=as_of,
    ).exclude(entry=Entry.BEGAN)
    count = moves.order_by().aggregate(n=Count("pk"), line=Count("pk", filter=Q(entry=Entry.MOVED_ON)))
    if count["n"] >= FEW_MOVES and count["line"] == count["n"]:
        text = _(
            "A straight line: all %(n)s changes of stage in %(days)s days went to the next one, none beside, back or past"
        )
        found.append(Flag(Key.FORCED_LINE, "watch", text % {"n": count["n"], "days": FLOW_DAYS}))
    return found


def overrides(accounts: QuerySet[Account], first: dt.date, last: dt.date) -> tuple[int, int, str]:
    """Stages completed in the span, how many of them although criteria were not met, and that share as text (JRN-03)."""
    rows = StagePeriod.objects.filter(
        track__in=Track.objects.filter(account__in=accounts.order_by().values("id")).order_by().values("id"),
        outcome=Exit.COMPLETED,
        exited_on__range=(first, last),
    )
    count = rows.order_by().aggregate(n=Count("pk"), over=Count("pk", filter=Q(overridden=True)))
    share = count["over"] / count["n"] if count["n"] else None
    return count["n"], count["over"], percent_text(share, 0)
