"""The leader's Journey page (PAGES, JRN-25 to JRN-33): where customers are, what moves them, why they go back and stand still;
and the list of tracks behind each number."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.cells import arr_text, count_text
from accounts.models import Account, Member, in_sight_of
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.keyset import cut_page
from cs_platform.kernel.sheets import csv_file
from cs_platform.kernel.templatetags.cells import day_text, moment_text, number_text
from journey.analysis import cells, files
from journey.analysis.chance import compared
from journey.analysis.flow import Figures
from journey.analysis.habits import habits
from journey.analysis.kept import figures_of, walked_of
from journey.analysis.picture import Picture
from journey.analysis.spans import COUNTS, CUTS, SHOWS, SPANS, SPEEDS, Choice, Listed, Span, TrackList
from journey.enums import Blocker, Cause, Exit, Stage

SHOWN = 50


def _only(request: TenantRequest, choice: Choice) -> Q:
    """What the reader sees and the filters leave; merged accounts are read with the one that remains."""
    return in_sight_of(request.member) & choice.narrowing()


def _figures(request: TenantRequest, choice: Choice) -> Figures:
    return figures_of(request.tenant, choice.span, _only(request, choice), choice.by)


def _lists(request: TenantRequest, choice: Choice, name: str = "journey_tracks") -> Callable[..., str]:
    """Addresses of the list of tracks, within the span and filters of the page."""
    base = reverse(name, args=[request.tenant.slug])

    def url(**to: str) -> str:
        query = "&".join(filter(None, [choice.query(), urlencode(Listed().pairs(**to))]))
        return f"{base}?{query}"

    return url


def _subtitle(figures: Figures, tracks: int, accounts: int) -> list[str]:
    kept = [_("as of %(moment)s") % {"moment": moment_text(figures.as_of)}] if figures.as_of else []
    of = {"tracks": ngettext("%(n)s track", "%(n)s tracks", tracks) % {"n": number_text(tracks, 0)}}
    return [
        _("%(tracks)s of %(accounts)s") % (of | {"accounts": count_text(accounts)}),
        _days(figures.span),
        _("compared with the days before"),
        *kept,
    ]


def _days(span: Span) -> str:
    return _("%(first)s to %(last)s") % {"first": day_text(span.first), "last": day_text(span.last)}


def _choices(request: TenantRequest, choice: Choice, figures: Figures) -> dict[str, Any]:
    """What the filters offer: people who own accounts that the reader sees, their teams, segments."""
    owners = Account.objects.visible_to(request.member).order_by().values("owner")
    members = list(Member.objects.filter(id__in=owners, is_active=True).select_related("team").order_by("name"))
    teams = sorted({(str(m.team_id), m.team.name) for m in members if m.team}, key=lambda pair: pair[1].casefold())
    return {
        "teams": [{"value": key, "label": name, "on": key == choice.team} for key, name in teams],
        "csms": [{"value": str(m.id), "label": m.name, "on": str(m.id) == choice.csm} for m in members],
        "segments": [
            {"value": str(s.id), "label": s.name, "on": str(s.id) == choice.segment} for s in figures.segments
        ],
        "spans": [{"value": key, "label": label, "on": key == choice.span} for key, label in SPANS.items()],
    }


@requires(Permission.VIEW_WEEK)
def journey(request: TenantRequest) -> HttpResponse:
    """The page; its address is its state (`analysis.spans.Choice`)."""
    tenant, choice = request.tenant, Choice.parse(request.GET.dict())
    figures = _figures(request, choice)
    url = _lists(request, choice)
    here = reverse("journey", args=[tenant.slug])

    def link(**changes: str) -> str:
        query = choice.query(**changes)
        return f"{here}?{query}" if query else here

    now, before = figures.flows()
    stalls, speeds, scores = figures.stalls(), figures.speeds(), figures.scores(choice.by)
    picture = Picture(now, before, choice.count, tenant.currency, url)
    unsaid = sum(each.periods for each in stalls if not each.blocker)
    stalled = sum(each.periods for each in stalls)
    context = {
        "choice": choice,
        "here": here,
        "any": bool(now.tracks or before.tracks),
        "subtitle": _subtitle(figures, now.of("open_tracks").periods, now.of("open_tracks").accounts),
        "csv_url": f"{reverse('journey_csv', args=[tenant.slug])}?{choice.query()}",
        "habits_url": f"{reverse('journey_habits', args=[tenant.slug])}?{choice.query()}",
        **_choices(request, choice, figures),
        "clear_url": link(team="", csm="", segment=""),
        "tiles": cells.tiles(now, before, stalls, figures.first_values(), scores, url),
        "picture": picture,
        "finding": cells.finding(picture, now, before),
        "table": cells.table(now, url),
        "counts": [
            {
                "label": _("Tracks") if name == "tracks" else _("ARR"),
                "url": link(count=name),
                "on": name == choice.count,
            }
            for name in COUNTS
        ],
        "left": cells.left(now),
        "left_url": url(show="churned"),
        "causes": cells.causes(now, before, url),
        "went_back": number_text(now.went_back, 0),
        "back_url": url(show="back"),
        "recovered": cells.recovered(now),
        "stalls": cells.stall_rows(stalls, url),
        "stalled": _("%(n)s of %(all)s have a reason")
        % {"n": number_text(stalled - unsaid, 0), "all": number_text(stalled, 0)},
        "unsaid": ngettext("%(n)s stands still without a reason", "%(n)s stand still without a reason", unsaid)
        % {"n": number_text(unsaid, 0)}
        if unsaid
        else "",
        "unsaid_url": url(show="stalled", blocker="none"),
        "longest": [_longest(request, row) for row in figures.longest()],
        "speeds": cells.speed_rows(speeds, choice.speed, figures.segments, url),
        "ticks": cells.scale_ticks(speeds, choice.speed),
        "speed_tabs": [{"label": s.label, "url": link(speed=s), "on": s == choice.speed} for s in SPEEDS],
        "heat": cells.heat(figures.cuts(choice.by), choice.by, scores, figures.segments, url),
        "cuts": [{"label": label, "url": link(by=name), "on": name == choice.by} for name, label in CUTS.items()],
        "cut_name": CUTS[choice.by],
        "churned": cells.churned(now, before, url),
    }
    return page(request, "journey/journey.html", context, pieces=("journey",))


def _longest(request: TenantRequest, row: dict[str, Any]) -> dict[str, str]:
    name = cells.track_name(row["kind"], row["name"])
    blocker = Blocker(row["blocker"]).label if row["blocker"] else _("no reason given")
    return {
        "name": f"{row['account']}, {name}" if name else row["account"],
        "url": _account_url(request, row["account_id"]),
        "days": ngettext("%(n)s day", "%(n)s days", row["days"]) % {"n": number_text(row["days"], 0)},
        "why": f"{cells.stage_name(row['stage'])} · {blocker}",
    }


def _account_url(request: TenantRequest, account_id: Any) -> str:
    if not may(request, Permission.VIEW_ACCOUNTS):
        return ""
    return reverse("account_journey", args=[request.tenant.slug, account_id])


@requires(Permission.VIEW_WEEK)
def journey_habits(request: TenantRequest) -> HttpResponse:
    """How journeys went on by how they began, and the usual mistakes; comes after the page."""
    choice = Choice.parse(request.GET.dict())
    figures, accounts = _figures(request, choice), Account.objects.filter(_only(request, choice))
    patterns = figures.patterns()
    context = {
        "patterns": cells.pattern_rows(patterns),
        "compared": cells.comparison_rows(compared(patterns)),
        "habits": habits(accounts, figures.span, figures.flagged(), _lists(request, choice)),
    }
    return page(request, "journey/journey_habits.html", context, pieces=("habits",))


@requires(Permission.VIEW_WEEK)
def journey_csv(request: TenantRequest) -> HttpResponse:
    """All figures of the page as rows: what they are about, how many, and how many in the days before."""
    choice = Choice.parse(request.GET.dict())
    rows = files.rows(_figures(request, choice), choice.by)
    return csv_file(f"journey-{request.tenant.slug}.csv", files.HEAD, rows)


def _opened(request: TenantRequest, asked: TrackList) -> tuple[Span, Callable[..., list[dict[str, Any]]]]:
    """The days that the number is about, and what reads the stages behind it (Walked.listed)."""
    figures, listed = _figures(request, asked.choice), asked.listed
    ids = figures.flagged_with(listed.flag) if listed.show == "flag" else None
    walked = walked_of(request.tenant, figures, _only(request, asked.choice))
    return figures.span, partial(walked.listed, listed, ids=ids)


@requires(Permission.VIEW_WEEK)
def journey_tracks(request: TenantRequest) -> HttpResponse:
    """The stages of tracks that a number of the page counts, the longest first."""
    asked = TrackList.parse(request.GET.dict())
    span, read = _opened(request, asked)
    found = cut_page(read(limit=SHOWN + 1, cursor=asked.cursor), SHOWN, asked)
    if asked.cursor and not found.previous:  # nothing is before it, or nothing is left of it: the first page, whole
        asked = replace(asked, cursor=None)
        found = cut_page(read(limit=SHOWN + 1), SHOWN, asked)
    choice, listed, total = asked.choice, asked.listed, found.rows[0]["total"] if found.rows else 0
    context = {
        "title": SHOWS[listed.show],
        "subtitle": [*_narrowing(listed), _days(span)],
        "back_url": f"{reverse('journey', args=[request.tenant.slug])}?{choice.query()}",
        "csv_url": _lists(request, choice, "journey_tracks_csv")(**listed.pairs()),
        "rows": [_row(request, row) for row in found.rows],
        "foot": {
            "shown": ngettext("%(n)s stage of a track", "%(n)s stages of tracks", total) % {"n": number_text(total, 0)},
            "sorted": _("longest first"),
            **found.turns(request.path),
        },
    }
    return page(request, "journey/journey_tracks.html", context, pieces=("tracks-found",))


def _narrowing(listed: Listed) -> list[str]:
    """What narrows the list, in words."""
    parts = [str(Stage(listed.stage).label)] if listed.stage else []
    if listed.source:
        parts.append(_("from %(stage)s") % {"stage": Stage(listed.source).label})
    if listed.to:
        parts.append(_("to %(stage)s") % {"stage": Stage(listed.to).label})
    if listed.cause in Cause.values:
        parts.append(str(Cause(listed.cause).label))
    if listed.blocker:
        known = listed.blocker in Blocker.values
        parts.append(str(Blocker(listed.blocker).label) if known else _("no reason given"))
    if listed.cut:
        parts.append(f"{CUTS[listed.cut]}: {cells.cut_name(listed.cut, listed.value)}")
    return parts


def _row(request: TenantRequest, row: dict[str, Any]) -> dict[str, Any]:
    why = [
        str(Exit(row["outcome"]).label) if row["outcome"] else _("open"),
        str(Cause(row["cause"]).label) if row["cause"] else "",
        str(Blocker(row["blocker"]).label) if row["blocker"] else "",
    ]
    return {
        "name": row["account"],
        "track": cells.track_name(row["kind"], row["name"]) or _("Core"),
        "url": _account_url(request, row["account_id"]),
        "stage": cells.stage_name(row["stage"]),
        "entered": day_text(row["entered_on"]),
        "exited": day_text(row["exited_on"]) if row["exited_on"] else "–",
        "days": number_text(row["length"], 0),
        "why": " · ".join(part for part in why if part),
        "note": row["note"],
        "arr": arr_text(row["mrr_minor"], request.tenant.currency),
        "segment": row["segment"],
        "csm": row["csm"],
    }


@requires(Permission.VIEW_WEEK)
def journey_tracks_csv(request: TenantRequest) -> HttpResponse:
    """The whole list as a file."""
    asked = TrackList.parse(request.GET.dict())
    _span, read = _opened(request, asked)
    name = f"journey-{asked.listed.show}-{request.tenant.slug}.csv"
    return csv_file(name, files.TRACK_HEAD, files.track_rows(read(limit=None)))
