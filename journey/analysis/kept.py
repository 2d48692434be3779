"""Figures of large books, reckoned in the night and again soon after a change; a page reads some rows of them.

A book of few tracks is walked when it is asked for, so that its page is never behind. The parts that are kept are those that
would be read then (`walked`): one definition, two places where they lie. They are of owners and segments, by which every reader's
sight and every filter of the page can be said.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum

from accounts.models import Account, Tenant
from cs_platform.kernel import copying, queue, sqljobs
from cs_platform.kernel.models import Work
from cs_platform.kernel.tenancy import current_tenant_id
from journey.analysis import habits
from journey.analysis.flow import LONGEST, Figures, Part
from journey.analysis.spans import SPANS, Span, span_of
from journey.analysis.walked import Walked
from journey.models import JourneyMark, JourneySpan, JourneySum, Track
from journey.stages.news import TOPIC

SQL = Path(__file__).parent / "sql"
FEW_TRACKS = 1000  # up to so many a page walks them itself, within half a second
KEYS = ("figure", "cell", "part", "stage", "word", "cut", "value", "days", "segment_id")


class Kept(Figures):
    """The kept figures of a span, of the accounts that `only` says, cut by `cut` (or by nothing else than asked)."""

    def __init__(self, kept: JourneySpan, only: Q, cut: str) -> None:
        super().__init__(Span(kept.first, kept.last, kept.before_first))
        self.as_of, self.name, self.only, self.cut = kept.reckoned_at, kept.span, only, cut

    def _sums(self, **which: Any) -> QuerySet[JourneySum, Any]:
        rows = JourneySum.objects.filter(self.only, span=self.name, **which).order_by().values(*KEYS)
        # Each row once, however many teams its owner leads.
        return rows.annotate(n=Sum("n"), accounts=Sum("accounts"), mrr=Sum("mrr"))

    def parts(self) -> Iterable[Part]:
        return self._sums(cut__in=["", self.cut]).exclude(figure="pattern")

    def pattern_parts(self) -> Iterable[Part]:
        return self._sums(figure="pattern")

    def _marks(self, flag: str) -> QuerySet[JourneyMark]:
        return JourneyMark.objects.filter(self.only, as_of=self.span.last, flag=flag).order_by()

    def longest(self) -> list[dict[str, Any]]:
        """One query: of each account the one that stands longest, and of these the longest."""
        marks = self._marks("")
        worst = marks.order_by("account_id", "-days", "period_id").distinct("account_id")
        rows = marks.filter(period_id__in=worst.values("period_id")).select_related("account", "track", "period")
        return [
            {
                "account_id": row.account_id, "account": row.account.name, "track_id": row.track_id, "kind": row.track.kind,
                "name": row.track.name, "stage": row.period.stage, "blocker": row.period.blocker, "days": row.days,
            }
            for row in rows.order_by("-days", "track_id")[:LONGEST]
        ]  # fmt: skip

    def flagged(self) -> dict[str, int]:
        marks = JourneyMark.objects.filter(self.only, as_of=self.span.last).exclude(flag="").order_by()
        return dict(marks.values_list("flag").annotate(n=Count("period_id")))

    def flagged_with(self, flag: str) -> list[UUID]:
        return list(self._marks(flag).values_list("period_id", flat=True)) if flag else []


def figures_of(tenant: Tenant, span: str, only: Q, cut: str) -> Figures:
    """What the journey page says of the accounts that `only` leaves (a condition on rows with `owner` and `segment`): as it was
    kept, or as it is now where nothing is kept."""
    kept = JourneySpan.objects.filter(span=span).first()
    if kept is not None:
        return Kept(kept, only, cut)
    return Walked(Account.objects.filter(only), span_of(span, tenant.today()), tenant)


def walked_of(tenant: Tenant, figures: Figures, only: Q) -> Walked:
    """The journeys behind the figures of these accounts, for a list of them: those that the figures come from, or, of a large
    book, the ones that are there now, over the days that the figures are about."""
    return figures if isinstance(figures, Walked) else Walked(Account.objects.filter(only), figures.span, tenant)


def reckon_night(as_of: dt.date) -> int:
    """Nightly step: the figures of a large book as they stand now, of a small one none; rows written. `as_of`, the day that the
    night closes, says nothing here: the page is about the day that begins."""
    _alone()
    queue.take_dirty(TOPIC)
    found = _reckon()
    queue.settle_dirty(TOPIC)
    return found


def reckon_changed(work: Work) -> bool:
    """Work handler: the figures again after journeys changed, with the flags of those accounts. One piece."""
    _alone()
    if queue.take_dirty(TOPIC):
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM changed")
            changed = [row[0] for row in cursor.fetchall()]
        _reckon(changed)
        queue.settle_dirty(TOPIC)
    return False


def _alone() -> None:
    """Two workers at once would write the same rows twice: the second waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext('journey.kept'))", [current_tenant_id()])


def _reckon(changed: Sequence[UUID] | None = None) -> int:
    """Reckon every span of the tenant; flags of the accounts of `changed` only, of all where it is None or the day is new."""
    tenant, total = Tenant.current(), 0
    large = Track.objects.order_by()[: FEW_TRACKS + 1].count() > FEW_TRACKS
    flagged_on = set(JourneySpan.objects.values_list("last", flat=True))
    JourneySpan.objects.all().delete()
    JourneySum.objects.all().delete()
    if not large:
        JourneyMark.objects.all().delete()
        return 0
    spans = {name: span_of(name, tenant.today()) for name in SPANS}
    JourneyMark.objects.exclude(as_of__in={span.last for span in spans.values()}).delete()
    marked: set[dt.date] = set()
    for name, span in spans.items():
        walked = Walked(Account.objects.all(), span, tenant)
        params: dict[str, Any] = {"tenant_id": current_tenant_id(), "span": name}
        kept = walked.keep(**params, kept=0)
        kept += walked.keep(**params, kept=kept, patterns=True)
        if span.last not in marked:
            marked.add(span.last)
            kept += _mark(walked, span, changed if span.last in flagged_on else None)
        JourneySpan.objects.create(span=name, first=span.first, last=span.last, before_first=span.before_first)
        total += kept
    return total


def _mark(walked: Walked, span: Span, changed: Sequence[UUID] | None) -> int:
    """Keep which open stages stand still at the end of the span, and which flags they carry."""
    marks = JourneyMark.objects.filter(as_of=span.last)
    marks.filter(flag="").delete()
    accounts = Account.objects.all()
    if changed is not None:
        # What is judged of a whole account is judged of those that became a part of it as well.
        whole = Account.objects.filter(id__in=changed).exclude(merged_into=None).values("merged_into_id")
        accounts = accounts.filter(
            Q(id__in=changed) | Q(id__in=whole) | Q(merged_into__in=changed) | Q(merged_into__in=whole)
        )
        marks.filter(account__in=accounts.values("id")).delete()
    else:
        marks.delete()
    found = [(period, flag) for flag, periods in habits.flagged(accounts, span).items() for period in periods]
    copying.stage("stage_flag", [("period_id", "uuid"), ("flag", "text")], found)
    params = {"tenant_id": current_tenant_id(), "as_of": span.last, "last": span.last}
    tables: sqljobs.Tables = {}
    return sqljobs.execute(SQL / "keep_stalled.sql", params, tables=tables) + sqljobs.execute(
        SQL / "keep_flags.sql", params
    )
