"""What may be won more, for the pages that mention it: Today (DSH-03) and the week (DSH-02). Each figure opens to its rows."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Member, Tenant
from cs_platform.kernel.templatetags.cells import number_text
from expansion import cells, cells_outlook, evidence, outlook, selectors
from expansion.enums import DealStage
from expansion.listing import DealQuery
from expansion.models import Opportunity
from expansion.owned import ME
from expansion.signal_listing import SignalQuery
from metrics.home.today import SHORT

Url = Callable[..., str]


@dataclass(frozen=True)
class Growth:
    """Open deals: all of them as parts, the largest as rows, and how many signals wait beside them."""

    parts: Sequence[outlook.Part]
    rows: Sequence[Any] = field(default_factory=list)
    signals: int = 0

    @property
    def whole(self) -> outlook.Expected:
        return outlook.add(self.parts)


def of_day(member: Member, by: selectors.Scale, *, mine: bool) -> Growth:
    """The open deals that the member works, or all that they see, with the signals of those accounts. Three queries."""
    owner = (ME,) if mine else ()
    rows = selectors.found_rows(DealQuery(owner=owner), member)
    largest = selectors.listed(rows, by).order_by(F("year_minor").desc(nulls_last=True), "id")
    waiting = SignalQuery(owner=owner).rows(member).count()
    return Growth(outlook.read(rows, by), list(largest[:SHORT]), waiting)


def of_book(deals: QuerySet[Opportunity], by: selectors.Scale) -> Growth:
    """These deals. One query."""
    return Growth(outlook.read(deals, by))


def day_tile(found: Growth, url: str, tenant: Tenant) -> dict[str, Any]:
    """How many deals are open, and their money a year."""
    whole = found.whole
    said = [_("%(money)s weighted") % {"money": cells.year_text(whole.weighted, tenant)}] if whole.deals else []
    if found.signals:
        said.append(signals_text(found.signals))
    return {
        "label": _("Expansion opportunities"),
        "value": number_text(whole.deals, 0),
        "unit": cells.year_text(whole.year, tenant) if whole.deals else "",
        "url": url,
        "foot": " · ".join(said) or _("none is open"),
    }


def signals_text(count: int) -> str:
    """26 signals wait."""
    return ngettext("%(n)s signal waits", "%(n)s signals wait", count) % {"n": number_text(count, 0)}


def day_rows(found: Growth, tenant: Tenant) -> list[dict[str, Any]]:
    """The largest, each with why it was seen and where it stands."""
    return [
        {
            "name": row.account.name,
            "url": cells.deal_url(row, tenant.slug),
            "money": cells.year_text(row.year_minor, tenant),
            "about": (evidence.sentence(row.signal) if row.signal else "") or row.name,
            "stage": DealStage(row.stage).label,
        }
        for row in found.rows
    ]


def week_tile(found: Growth, url: str, tenant: Tenant) -> dict[str, Any]:
    """What is expected of the pipeline, of how much."""
    whole = found.whole
    words = {
        "money": cells.year_text(whole.year, tenant),
        "count": cells.count_text(whole.deals),
        "commit": cells.year_text(whole.commit, tenant),
    }
    return {
        "label": _("Expansion pipeline"),
        "value": cells.year_text(whole.weighted, tenant) if whole.deals else "–",
        "unit": _("weighted") if whole.deals else "",
        "url": url if whole.deals else "",
        "foot": _("%(money)s open in %(count)s, %(commit)s commit") % words if whole.deals else _("no deal is open"),
    }


def week_table(found: Growth, today: dt.date, tenant: Tenant, url: Url) -> dict[str, Any] | None:
    """The forecast by quarter; None without open deals."""
    if not found.parts:
        return None
    quarters = outlook.by_quarter(found.parts, today)
    rows = cells_outlook.groups("quarter", found.parts, quarters, url)
    return cells_outlook.table("quarter", rows, found.whole, tenant)
