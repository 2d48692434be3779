"""What stands above each page of expansion: five tiles of what the reader sees (EXP-05). The tabs are those of the frame."""

import datetime as dt
from functools import cached_property
from typing import Any

from django.urls import reverse

from cs_platform.kernel.access import Permission, TenantRequest, may
from cs_platform.kernel.periods import add_months
from expansion import cells_tiles, pipeline, selectors
from expansion.listing import DealQuery, quarter_of, year_ago


def shell(request: TenantRequest, by: selectors.Scale | None = None) -> dict[str, Any]:
    """The context of expansion/expansion.html, which every page of the row extends. Figures are asked for when they are shown: a
    piece of a page has none. Four statements beside the scale."""
    figures = Figures(request, by)
    return {
        "tiles": figures.tiles,
        "closing": figures.closing,
        "may_edit": may(request, Permission.EDIT_ACCOUNTS),
        "as_of": request.tenant.today(),
    }


def list_url(request: TenantRequest, query: DealQuery | None = None, **changes: Any) -> str:
    """The list with these filters."""
    text = (query or DealQuery()).text(**changes)
    return f"{reverse('expansion:list', args=[request.tenant.slug])}?{text}".rstrip("?")


class Figures:
    """The figures of the shell, each asked for once."""

    def __init__(self, request: TenantRequest, by: selectors.Scale | None) -> None:
        self.request, self.told = request, by
        self.rows, self.today = selectors.visible(request.member), request.tenant.today()

    @cached_property
    def by(self) -> selectors.Scale:
        return self.told or selectors.scale()

    @cached_property
    def year(self) -> pipeline.Rates:
        """How the deals of the twelve months that end today ended."""
        return self._rates(year_ago(self.today), self.today)

    def _rates(self, first: dt.date, last: dt.date) -> pipeline.Rates:
        return pipeline.rates((first, last), self.rows, self.by)

    def tiles(self) -> list[dict[str, Any]]:
        first = year_ago(self.today)
        return cells_tiles.tiles(
            pipeline.total(pipeline.stages(self.rows, self.by)),
            self._rates(quarter_of(self.today), self.today),
            self.year,
            self._rates(add_months(first, -12), first - dt.timedelta(days=1)),
            self.request.tenant,
            self.today,
            lambda **changes: list_url(self.request, **changes),
        )

    def closing(self) -> str:
        """How deals whose right was earned close, beside those that went on by an override (EXP-01)."""
        return cells_tiles.closing_text(self.year)
