"""What a digest says: tiles, short lists and one action, as plain text, from the same functions as the pages.

Board: the month's document. Week: the last full week of the book that the member sees (DSH-02). Day: see `day_digest`.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from accounts import cells as account_cells
from accounts.enums import Status
from accounts.models import Account, Member, Tenant
from accounts.rates import factors
from cs_platform.kernel.periods import month_text
from cs_platform.kernel.templatetags.cells import day_text, month_name
from expansion.selectors import scale
from expansion.selectors import visible as visible_deals
from metrics.board import document
from metrics.board import pdf as board_pdf
from metrics.board.document import text_of
from metrics.digests import day as day_digest
from metrics.digests.parts import SHORT, Content, url_of
from metrics.enums import DigestKind
from metrics.figures import selectors
from metrics.figures.asked import Asked, Months
from metrics.home import growth, week, week_cells
from metrics.models import MonthClose


def board(
    tenant: Tenant, month: dt.date, before: Mapping[str, str] | None = None, *, pdf: bool = True
) -> Content | None:
    """The board of a month with its PDF; None while there are no figures of it. With `before`, the figures of an
    earlier e-mail about the month, it says what changed since."""
    months: Months | None = selectors.months_of(tenant)
    if months is None or months.clamp(month) != month:
        return None
    asked = Asked.parse({"month": month_text(month)}, months)
    read = document.read_board(tenant, asked, months)
    said = board_pdf.printed(read)
    close = read.figures.close
    tiles = [
        {
            "label": tile["label"],
            "value": tile["value"],
            "change": f"{tile['delta']['value']} {tile['delta']['text']}" if tile["delta"] else "",
            "arrow": {"up": "↑", "down": "↓"}.get(tile["delta"]["direction"], "") if tile["delta"] else "",
            "good": tile["delta"]["good"] if tile["delta"] else None,
            "foot": " · ".join(part for part in (tile["foot"], tile["odd"]) if part),
            "plan": tile["plan"],
        }
        for tile in said["tiles"]
    ]
    figures = {tile["metric"]: tile["value"] for tile in said["tiles"]}
    subject = _("%(company)s: board of %(month)s") % {"company": tenant.name, "month": month_name(month)}
    if close and close.version > 1:
        subject = _("%(company)s: board of %(month)s, restated") % {"company": tenant.name, "month": month_name(month)}
    query = Asked(month=month, window=asked.window).query()
    found = Content(
        subject=subject,
        heading=_("Board, %(month)s") % {"month": month_name(month)},
        lines=[said["about"], f"{said['basis']} · {said['as_of']}", *([said["doubt"]] if said["doubt"] else [])],
        tiles=tiles,
        action=(_("Open the board"), f"{url_of('board', tenant)}?{query}"),
        why=_("You get this each month because somebody at %(company)s put you on the list of the board.")
        % {"company": tenant.name},
        figures=figures,
    )
    found.sections.append(
        {
            "title": _("What moved"),
            "rows": [{"text": said["trend"]["finding"]}, {"text": said["bridge"]["finding"]}],
        }
    )
    if said["note"]["text"]:
        found.sections.append(
            {"title": said["note"]["title"], "meta": said["note"]["by"], "rows": _paragraphs(said["note"]["text"])}
        )
    if before is not None:
        found.changes = changes(said["tiles"], before, close)
    if pdf:
        found.attachment = (document.file_name(tenant, asked, "pdf"), board_pdf.set_pdf(said))
    return found


def changes(tiles: Sequence[Mapping[str, Any]], before: Mapping[str, str], close: MonthClose | None) -> list[str]:
    """What differs from the e-mail before, figure by figure, and why. Example: "NRR 110.6% → 110.2%"."""
    moved = [
        f"{tile['label']}: {before[tile['metric']]} → {tile['value']}"
        for tile in tiles
        if tile["metric"] in before and before[tile["metric"]] != tile["value"]
    ]
    said = [_("Since the e-mail before, these figures changed:"), *moved] if moved else []
    if not moved:
        said = [_("None of the five numbers changed since the e-mail before.")]
    if close and close.reason:
        said.append(_("Why: %(reason)s") % {"reason": close.reason})
    return said


def _paragraphs(text: str) -> list[dict[str, Any]]:
    return [{"text": part.strip()} for part in text.split("\n\n") if part.strip()]


def weekly(tenant: Tenant, member: Member, monday: dt.date) -> Content | None:
    """The last full week, Monday to Sunday before `monday`; None without a scored day."""
    day = tenant.today()
    start, sunday = monday - week.WEEK, monday - dt.timedelta(days=1)
    scored = week.scored_day(min(sunday, tenant.figures_as_of))
    if scored is None:
        return None
    seen = Account.objects.visible_to(member).filter(status=Status.LIVE)
    before = scored - week.WEEK
    groups = week.groups(seen, before, scored)
    mix = week.mixes(groups, lambda group: None).get(None, week.Mix())
    by_owner = week.mixes(groups, lambda group: (group.owner_id, group.owner))
    currency = tenant.currency

    def nowhere(**_filters: Any) -> str:
        return ""

    moved = week.movers(seen, before, scored)

    def account_url(key: Any) -> str:
        return url_of("account_health", tenant, key)

    def rows(fell: bool) -> list[dict[str, Any]]:
        side = [mover for mover in moved if (mover.moved < 0) == fell][:SHORT]
        return [
            {
                "text": f"{mover.name}: {week_cells.reason(mover)}",
                "url": account_url(mover.account_id),
                "aside": _aside(mover, currency),
            }
            for mover in side
        ]

    iso = start.isocalendar()
    name = _("Week %(week)s") % {"week": iso.week}
    worth = factors(tenant=tenant)
    pipeline = growth.week_tile(growth.of_book(visible_deals(member), scale(worth)), "", tenant)
    coming = week.coming(seen, day, worth)
    tiles = [_tile(tile) for tile in week_cells.tiles(mix, by_owner, pipeline, coming, "", currency, nowhere)]
    return Content(
        subject=_("%(company)s: %(week)s") % {"company": tenant.name, "week": name},
        heading=name,
        lines=[
            _("%(first)s to %(last)s") % {"first": day_text(start), "last": day_text(sunday)},
            _("scores of %(day)s beside those of %(before)s") % {"day": day_text(scored), "before": day_text(before)},
        ],
        tiles=tiles,
        sections=[
            {"title": _("Fell most"), "rows": rows(fell=True), "empty": _("Nobody fell.")},
            {"title": _("Rose most"), "rows": rows(fell=False), "empty": _("Nobody rose.")},
        ],
        action=(_("Open the week"), f"{url_of('week', tenant)}?week={iso.year:04d}-W{iso.week:02d}"),
        why=_("You get this each Monday because somebody at %(company)s put you on the list of the week.")
        % {"company": tenant.name},
        figures={tile["label"]: tile["value"] for tile in tiles},
    )


def _aside(mover: week.Mover, currency: str) -> str:
    """−12 · 41 · $120k: by how many points the score moved, where it is, how much money that is."""
    moved = round(mover.moved)
    sign = "−" if moved < 0 else "+" if moved else ""
    return (
        f"{sign}{abs(moved)} · {account_cells.score_text(mover.after)} · {account_cells.arr_text(mover.mrr, currency)}"
    )


def _tile(tile: Mapping[str, Any]) -> dict[str, Any]:
    change = tile.get("delta") or {}
    unit = f" {tile['unit']}" if tile.get("unit") else ""
    return {
        "label": str(tile["label"]),
        "value": f"{tile['value']}{unit}",
        "change": text_of(f"{change.get('value', '')} {change.get('text', '')}"),
        "arrow": {"up": "↑", "down": "↓"}.get(change.get("direction", ""), ""),
        "good": change.get("good"),
        "foot": text_of(tile.get("foot", "")),
        "plan": "",
    }


def content_of(
    kind: str, tenant: Tenant, period: dt.date, member: Member | None, before: Mapping[str, str] | None = None, *,
    pdf: bool = True,
) -> Content | None:  # fmt: skip
    """The digest of that kind and period; None when there is nothing to say, or nobody to say it to."""
    if kind == DigestKind.BOARD:
        return board(tenant, period, before, pdf=pdf)
    if member is None:
        return None
    return weekly(tenant, member, period) if kind == DigestKind.WEEK else day_digest.evening(tenant, member, period)
