"""Questions about tracks and their stages; a track is seen by who sees its account (ROL-01)."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404

from accounts.dossier import parts_of
from accounts.models import Account
from journey.enums import Answer, TrackKind
from journey.models import Regression, StagePeriod, Track


def tracks_of(account: Account) -> list[Track]:
    """The tracks of the account and of those that were merged into it, the core one first, each with its `periods` in
    order (a list, prefetched)."""
    rows = Track.objects.filter(account__in=[account.id, *parts_of(account)]).select_related("account", "unit")
    found = list(rows.prefetch_related(_periods()))
    return sorted(
        found, key=lambda track: (track.account_id != account.id, track.kind != "core", track.opened_on, track.id)
    )


def core_of(account: Account) -> Track | None:
    """The open core track of the account; where it goes on in an account that was merged into it, that one."""
    rows = Track.objects.filter(account__in=[account.id, *parts_of(account)], kind=TrackKind.CORE, closed_on=None)
    return min(rows, key=lambda track: (track.account_id != account.id, track.opened_on, track.id), default=None)


def _periods() -> Prefetch:
    rows = StagePeriod.objects.select_related("validated_by", "entered_by").order_by("entered_on", "id")
    return Prefetch("periods", queryset=rows)


def track_of(account: Account, track_id: UUID) -> Track:
    """A track of this account or of one that was merged into it; 404 when it has no such track."""
    rows = Track.objects.filter(account__in=[account.id, *parts_of(account)])
    return get_object_or_404(rows.select_related("account", "unit"), id=track_id)


def period_of(account: Account, period_id: UUID) -> StagePeriod:
    """A time in a stage of a track of this account, with the track; 404 when it has no such one."""
    rows = StagePeriod.objects.filter(track__account__in=[account.id, *parts_of(account)])
    return get_object_or_404(rows.select_related("track__account", "track__unit"), id=period_id)


def proposal_of(account: Account, regression_id: UUID) -> Regression:
    """A proposal to go back of a track of this account, with its stage; 404 when it has no such one."""
    rows = Regression.objects.filter(track__account__in=[account.id, *parts_of(account)])
    return get_object_or_404(rows.select_related("track__account", "period__track"), id=regression_id)


def proposals_of(tracks: Iterable[Track]) -> list[Regression]:
    """Proposals of these tracks that wait for an answer, latest first."""
    return list(Regression.objects.filter(track__in=[track.id for track in tracks], state=Answer.OPEN))
