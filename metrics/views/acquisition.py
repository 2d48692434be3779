"""Insights → Customer economics: what customers cost to win and what they bring (MET-05, MET-06, ADV-07)."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.money import from_minor, money_text
from cs_platform.kernel.periods import add_months, month_end, month_text
from cs_platform.kernel.sheets import csv_file
from cs_platform.kernel.templatetags.cells import day_text, month_name, number_text
from metrics.enums import Dimension
from metrics.figures import questions, selectors
from metrics.figures.asked import Asked, Months
from metrics.figures.bands import bands_for_all
from metrics.insights import acquisition_cells as columns
from metrics.insights.acquisition import WON_MONTHS, figures, figures_by, referrals, won_behind
from metrics.showing import cells
from metrics.showing.board_cells import hidden_text
from metrics.views.board import no_figures, switches

CUTS = ("segment", "source", "referred", "unknown")
SHOWN, ALL_SHOWN = 40, 2000


def _read(request: TenantRequest) -> tuple[Asked, Months, list[str]] | None:
    return selectors.read_state(Asked, request.GET.dict() | {"window": "12"}, request.tenant)


def _cut(request: TenantRequest) -> tuple[str, str]:
    """The group whose customers are listed; everybody for what is none."""
    cut, value = request.GET.get("cut", ""), request.GET.get("value", "").replace("\0", "")[:200]
    return (cut, value) if cut in CUTS else ("all", "")


@requires(Permission.VIEW_BOARD)
def economics(request: TenantRequest) -> HttpResponse:
    """Cost, payback and LTV to CAC of a month, by segment and source; `cut` and `value` choose whose customers are
    listed."""
    read = _read(request)
    if read is None:
        return page(
            request, "metrics/board_empty.html", {"empty": no_figures(request) | {"page": _("Customer economics")}}
        )
    asked, months, names = read
    currency, slug = request.tenant.currency, request.tenant.slug
    url = reverse("economics", args=[slug])
    question = questions.ask(to=asked.month, segment=asked.segment)
    cut, value = _cut(request)

    def link(**chosen: str) -> str:
        return f"{url}?{asked.query()}&{urlencode(chosen)}" if chosen else f"{url}?{asked.query()}"

    bands = bands_for_all()
    first = add_months(asked.month, 1 - WON_MONTHS)
    period = _("%(start)s to %(end)s") % {"start": day_text(first), "end": day_text(month_end(asked.month))}
    made = figures(question)
    everything = request.GET.get("everything") == "1"
    behind = won_behind(question, request.member, cut=cut, value=value, limit=ALL_SHOWN if everything else SHOWN)
    rest = behind.won - behind.hidden - len(behind.lines)
    here = {"cut": cut, "value": value} if cut != "all" else {}
    groups = [
        {
            "name": dimension.label,
            "rows": columns.group_rows(figures_by(question, dimension), dimension, bands, currency, (cut, value), link),
        }
        for dimension in (Dimension.SEGMENT, Dimension.SOURCE)
        if not asked.segment
    ]
    context = {
        "asked": asked,
        "url": url,
        "subline": _("Customers that first paid in the twelve months to %(month)s, as known now")
        % {"month": month_name(asked.month)},
        "switches": switches(url, asked, months, names),
        "tiles": columns.tiles(made, bands, currency, period),
        "groups": groups,
        "referrals": columns.referral_card(referrals(question), currency, link),
        "chip_url": f"{url}?{asked.query(segment='')}",
        "csv_url": f"{reverse('economics_csv', args=[slug])}?{asked.query()}",
        "rows": columns.won_rows(behind, slug, currency),
        "cut": {"label": _cut_label(cut, value), "url": link()} if cut != "all" else None,
        "unknown_url": link(cut="unknown", value="") if made.acquired.won > made.acquired.known else "",
        "unknown": ngettext(
            "%(n)s customer without a known cost",
            "%(n)s customers without a known cost",
            made.acquired.won - made.acquired.known,
        )
        % {"n": number_text(made.acquired.won - made.acquired.known)},
        "rest": ngettext("%(n)s more account", "%(n)s more accounts", rest) % {"n": number_text(rest)}
        if rest > 0
        else "",
        "rest_url": link(**here, everything="1"),
        "hidden": f"{hidden_text(behind.hidden)}: {money_text(behind.hidden_cost, currency)}" if behind.hidden else "",
    }
    return page(request, "metrics/economics.html", context, pieces=("economics",))


def _cut_label(cut: str, value: str) -> str:
    if cut == "unknown":
        return _("Cost not known")
    if cut == "referred":
        return _("Referred") if value == "referred" else _("All others")
    return cells.dimension_value(cut, value)


@requires(Permission.VIEW_BOARD)
def economics_csv(request: TenantRequest) -> HttpResponse:
    """The customers won that the reader may open, each with its cost; an unknown cost is an empty cell."""
    read = _read(request)
    rows: list[list[Any]] = []
    if read is not None:
        asked, currency = read[0], request.tenant.currency
        found = won_behind(questions.ask(to=asked.month, segment=asked.segment), request.member, limit=None)
        rows = [
            [
                line.external_id, line.name, line.segment, line.source, month_text(line.first_month),
                "" if line.cost is None else from_minor(line.cost, currency), from_minor(line.first_mrr, currency),
                from_minor(line.mrr, currency), currency,
            ]
            for line in found.lines
        ]  # fmt: skip
    head = ["account", "name", "segment", "source", "first_month", "acquisition_cost", "first_mrr", "mrr", "currency"]
    return csv_file(f"economics-{request.tenant.slug}.csv", head, rows)
