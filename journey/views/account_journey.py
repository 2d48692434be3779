"""Account → Journey: the map of its tracks, where it is, what success looks like there, what is needed next (JRN-44)."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Exists, Min, OuterRef
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.account_frame import account_frame, open_account
from accounts.models import Account
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.keyset import uuid_of
from health.models import AccountDay, Outcome
from journey.enums import TrackKind
from journey.models import Regression, StagePeriod
from journey.stages import cells, finding, flags, map_words, measures, selectors, targets
from journey.stages import map as journey_map
from journey.stages.map_scale import ticks_of
from journey.stages.map_words import Known
from journey.views.journey_next import needed

YEAR = 365


@requires(Permission.VIEW_ACCOUNTS)
def account_journey(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """The tab; `track` and `stage` say which stage the cards are about, `span=year` shows twelve months."""
    account = open_account(request, account_id)
    known, proposals = _known(request, account)
    context = account_frame(request, account, "journey") | _urls(request, account)
    context["has_core"] = any(track.kind == TrackKind.CORE for track in known.tracks)
    if known.tracks:
        track = uuid_of(request.GET.get("track", ""))
        chosen = cells.choose(known, track, request.GET.get("stage", ""))
        context |= _map(request, known, chosen)
        context["proposals"] = [
            cells.proposal(row, period, known.today)
            | {"url": reverse("journey_decide", args=[request.tenant.slug, account.id, row.id])}
            for row in proposals
            if (period := next((each for each in known.periods() if each.id == row.period_id), None))
        ]
        context["picker"] = [
            each | {"url": _link(request, track=each["track"], stage=each["stage"])}
            for each in cells.picker(known, chosen)
        ]
        if chosen is not None:
            context |= _cards(request, account, known, chosen)
    return page(request, "journey/account_journey.html", context)


def _known(request: TenantRequest, account: Account) -> tuple[Known, list[Regression]]:
    """What there is to say, each read once for all tracks; and the proposals that wait for an answer."""
    today = request.tenant.today()
    tracks = selectors.tracks_of(account)
    usual = targets.targets_of([account.segment])[account.segment_id]
    known = Known(tracks, today, usual, renews_on=account.renews_on)
    periods = known.periods()
    alive = [period for period in periods if period.exited_on is None]
    states = measures.standing(periods) if periods else {}
    raised = flags.flags_of(alive, today, states)
    first = Outcome.objects.filter(
        account__in={account.id, *(track.account_id for track in tracks)}, first_value=True, confirmed_on__lte=today
    ).aggregate(day=Min("confirmed_on"))
    known = Known(tracks, today, usual, raised, states, account.renews_on, first["day"], _heard(known))
    return known, selectors.proposals_of(tracks) if tracks else []


def _heard(known: Known) -> frozenset[UUID]:
    """The departments of the tracks whose own usage is known."""
    units = [track.unit_id for track in known.tracks if track.unit_id]
    used = AccountDay.objects.filter(account_id=OuterRef("id"), day__lte=known.today)
    rows = Account.objects.filter(Exists(used), id__in=units).order_by()
    return frozenset(rows.values_list("id", flat=True)) if units else frozenset()


def _link(request: TenantRequest, **asked: Any) -> str:
    """This page with other questions; the span is kept where none is asked for."""
    kept = {"span": "year"} if request.GET.get("span") == "year" else {}
    query = {name: value for name, value in (kept | asked).items() if value}
    return f"{request.path}?{urlencode(query)}" if query else request.path


def _urls(request: TenantRequest, account: Account) -> dict[str, Any]:
    return {"add_url": reverse("journey_track_new", args=[request.tenant.slug, account.id])}


def _map(request: TenantRequest, known: Known, chosen: StagePeriod | None) -> dict[str, Any]:
    """The drawing with its words, the sentence above it and the same as a table."""
    yearly = request.GET.get("span") == "year"
    first = min(track.opened_on for track in known.tracks)
    since = max(first, known.today - dt.timedelta(days=YEAR)) if yearly else first
    ways, marks = map_words.ways(known, since), map_words.marks(known)
    scale = journey_map.scale_of(ways, today=known.today, first=since, marks=marks)
    ticks = {day: map_words.tick_text(day, scale.days) for day in ticks_of(scale)}
    drawing = journey_map.draw(
        ways, today=known.today, first=since, forks=map_words.forks(known), marks=marks, ticks=ticks, scale=scale
    )
    lead, more = finding.finding(known)
    told = {row["period"].id: row for row in map_words.table(known)}
    links = {
        key: {
            "url": _link(request, track=row["period"].track_id, stage=row["period"].stage) + "#stage",
            "label": _("%(track)s, %(stage)s, %(since)s to %(until)s, %(state)s")
            % (row | {"until": row["until"] if row["period"].exited_on else _("today")}),
            "on": chosen is not None and chosen.id == key,
        }
        for key, row in told.items()
    }
    kept = {"track": chosen.track_id, "stage": chosen.stage} if chosen and request.GET.get("stage") else {}
    return {
        "map": drawing,
        "linked": [(bar, links[bar.key]) for lane in drawing.lanes for bar in lane.bars],
        "map_meta": map_words.meta(known),
        "lead": lead,
        "more": more,
        "table": [row | links[row["period"].id] for row in told.values()],
        "spans": [
            {"label": label, "url": _link(request, **kept, span="year" if year else ""), "on": year == yearly}
            for label, year in ((_("All time"), False), (_("12 months"), True))
        ],
    }


def _cards(request: TenantRequest, account: Account, known: Known, chosen: StagePeriod) -> dict[str, Any]:
    states = known.states.get(chosen.id, ())
    slug, target = request.tenant.slug, known.targets[chosen.stage]
    args, may_edit = [slug, account.id, chosen.id], may(request, Permission.EDIT_ACCOUNTS)
    is_open = chosen.exited_on is None
    rows = []
    for row in cells.criteria(states):
        if may_edit and is_open and row["open_to_word"]:
            row["url"] = reverse("journey_attest", args=[*args, row["key"]])
        if may_edit and is_open and row["go_live"]:
            row["ask_url"] = reverse("journey_ask", args=args)
        rows.append(row)
    before = cells.completed_before(chosen)
    return {
        "chosen": chosen,
        "is_open": is_open,
        "here": cells.here(chosen, known),
        "criteria": rows,
        "met": cells.met_text(states) if states else "",
        "before": before | {"url": _link(request, track=chosen.track_id, stage=before["stage"]) + "#stage"}
        if before
        else None,
        "guide": cells.guide_of(chosen.stage, targets.profile_of(account.segment), target),
        "next": needed(request, account, known, chosen),
        "acts": _acts(slug, account, chosen, args) if may_edit and is_open else None,
    }


def _acts(slug: str, account: Account, chosen: StagePeriod, args: list[Any]) -> dict[str, str]:
    track = [slug, account.id, chosen.track_id]
    return {
        "complete": "" if chosen.stage in measures.criteria.STANDING_STAGES else reverse("journey_complete", args=args),
        "back": reverse("journey_back", args=args),
        "leave": reverse("journey_leave", args=args),
        "hold": reverse("journey_hold", args=args),
        "day": reverse("journey_day", args=args),
        "enter": reverse("journey_enter", args=track),
        "track": reverse("journey_track", args=track),
        "close": reverse("journey_track_close", args=track),
    }
