"""Questions about tracks and their stages; a track is seen by who sees its account (ROL-01)."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.http import Http404

from accounts.dossier import parts_of
from accounts.models import Account, Member
from journey.enums import Answer
from journey.models import Regression, StagePeriod, Track


def tracks_of(account: Account) -> list[Track]:
    """The tracks of the account and of those that were merged into it, the core one first, each with its `periods` in
    order (a list, prefetched)."""
    rows = Track.objects.filter(account__in=[account.id, *parts_of(account)]).select_related("account", "unit")
    found = list(rows.prefetch_related(_periods()))
    return sorted(
        found, key=lambda track: (track.account_id != account.id, track.kind != "core", track.opened_on, track.id)
    )


def _periods() -> Prefetch:
    rows = StagePeriod.objects.select_related("validated_by", "entered_by").order_by("entered_on", "id")
    return Prefetch("periods", queryset=rows)


def tracks_seen_by(member: Member) -> QuerySet[Track]:
    """Tracks of the accounts that this member sees."""
    return Track.objects.filter(account__in=Account.objects.visible_to(member).values("id"))


def visible_track(member: Member, track_id: UUID) -> Track:
    """404 when it is unknown or not this member's to see."""
    return _or_404(tracks_seen_by(member).select_related("account__segment", "unit").filter(id=track_id))


def visible_period(member: Member, period_id: UUID) -> StagePeriod:
    """The period with track and account; 404 when it is unknown or not this member's to see."""
    rows = StagePeriod.objects.filter(track__in=tracks_seen_by(member).values("id"))
    return _or_404(rows.select_related("track__account__segment", "track__unit").filter(id=period_id))


def visible_regression(member: Member, regression_id: UUID) -> Regression:
    """The proposal with track, account and period; 404 when it is unknown or not this member's to see."""
    rows = Regression.objects.filter(track__in=tracks_seen_by(member).values("id"))
    return _or_404(rows.select_related("track__account__segment", "period", "decided_by").filter(id=regression_id))


def regressions_of(tracks: Iterable[Track]) -> list[Regression]:
    """Proposals of these tracks, latest first."""
    rows = Regression.objects.filter(track__in=[track.id for track in tracks])
    return list(rows.select_related("track", "period", "decided_by"))


def open_regressions(member: Member) -> QuerySet[Regression]:
    """Proposals that wait for an answer, of the accounts that this member sees, latest first."""
    rows = Regression.objects.filter(state=Answer.OPEN, track__in=tracks_seen_by(member).values("id"))
    return rows.select_related("track__account", "period")


def open_periods(tracks: QuerySet[Track]) -> list[StagePeriod]:
    """The open stages of these tracks, with track and account, the oldest first."""
    rows = StagePeriod.objects.filter(exited_on=None, track__in=tracks.values("id"))
    return list(rows.select_related("track__account__segment", "track__unit").order_by("entered_on", "id"))


def _or_404(rows: QuerySet) -> Any:
    found = rows.first()
    if found is None:
        raise Http404
    return found
