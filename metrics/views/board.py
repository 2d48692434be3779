"""The executive board (DSH-01, DSH-04): is the business of retention sound this month, and why?"""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.money import money_text
from cs_platform.kernel.periods import add_months, month_text, months_between
from cs_platform.kernel.templatetags.cells import day_text, month_name
from metrics.board.document import Board, read_board, told, window_and_count
from metrics.enums import KEPT_WINDOWS, Basis, Dimension, Metric, Window
from metrics.figures import lineage, selectors
from metrics.figures.asked import COHORT_MEASURES, Asked, Months
from metrics.plan import cells as plan_cells
from metrics.proof import knowledge
from metrics.showing import answers, board_cells, cells
from metrics.views.notes import note_context

PIECES = ("board", "board-segments", "board-cohorts")
ACCOUNTS_SHOWN = 10


@requires(Permission.VIEW_BOARD)
def board(request: TenantRequest) -> HttpResponse:
    """Five tiles, the trend, the bridge, segments and cohorts, all of one month, window and segment."""
    read = selectors.read_state(Asked, request.GET.dict(), request.tenant)
    if read is None:
        return page(request, "metrics/board_empty.html", {"empty": no_figures(request)})
    asked, months, names = read
    target = request.htmx.target if request.htmx and not request.htmx.history_restore_request else ""
    context: dict[str, Any] = {"asked": asked, "board_url": reverse("board", args=[request.tenant.slug])}
    if target == "board-segments":
        question = selectors.board_question(asked, request.tenant)
        by_value = selectors.sums_by_value(question, asked.window, asked.dimension)
        context |= _segments(request, selectors.told_as(asked, question), question, by_value)
    elif target == "board-cohorts":
        question = selectors.board_question(asked, request.tenant)
        context |= _cohorts(request, selectors.told_as(asked, question), question)
    else:
        board = read_board(request.tenant, asked, months)
        figures = board.figures
        context |= _head(request, figures, names)
        context |= _figures(request, board)
        context |= _outputs(request, figures)
        context |= _segments(request, figures.asked, figures.question, figures.cut)
        context |= _cohorts(request, figures.asked, figures.question)
    return page(request, "metrics/board.html", context, pieces=PIECES)


def no_figures(request: TenantRequest) -> dict[str, Any]:
    """What an empty board says: what it will show, what is missing, and the one action that helps."""
    if selectors.has_subscriptions():
        return {
            "icon": "line-chart",
            "title": _("Not computed yet"),
            "text": _("Subscriptions are there; the figures of the first complete month follow with the next night."),
        }
    text = _("NRR, GRR, logo churn and LTV stand here once your subscriptions are imported.")
    if not may(request, Permission.IMPORT_DATA):
        return {"icon": "line-chart", "title": _("No revenue yet"), "text": text}
    return {
        "icon": "line-chart",
        "title": _("No revenue yet"),
        "text": text,
        "url": reverse("imports", args=[request.tenant.slug]),
        "action": _("Import subscriptions"),
        "action_icon": "upload",
        "primary": True,
    }


def switches(url: str, asked: Asked, months: Months, names: list[str]) -> dict[str, Any]:
    """Month, window and segment as the pages about figures let them be chosen."""
    return {
        "windows": [
            {"label": window.label, "url": f"{url}?{asked.query(window=window)}", "on": window == asked.window}
            for window in KEPT_WINDOWS
        ],
        "months": [
            {"value": month_text(month), "label": month_name(month), "on": month == asked.month}
            for month in reversed(list(months_between(months.first, months.last)))
        ],
        "earlier": f"{url}?{asked.query(month=add_months(asked.month, -1))}" if asked.month > months.first else "",
        "later": f"{url}?{asked.query(month=add_months(asked.month, 1))}" if asked.month < months.last else "",
        "segments": [{"value": name, "on": name == asked.segment} for name in names],
    }


def _head(request: TenantRequest, figures: selectors.BoardFigures, names: list[str]) -> dict[str, Any]:
    asked, url = figures.asked, reverse("board", args=[request.tenant.slug])
    window, customers = window_and_count(figures)
    young = asked.window == Window.YEAR and asked.month < figures.months.first_year
    return {
        "subline": [
            f"{month_name(asked.month)}, {window}",
            customers,
            _("as of %(day)s") % {"day": day_text(figures.question.as_of)},
        ],
        "told": told(figures),
        "known_now": knowledge.known_now_text(figures, request.tenant),
        "known_now_url": board_cells.lineage_url(request.tenant.slug, Metric.NRR, asked) + "#restated",
        "switches": switches(url, asked, figures.months, names),
        "young": _(
            "The trailing twelve months exist from %(month)s on, a year after the first payment. Until then the "
            "monthly view says what moved."
        )
        % {"month": month_name(figures.months.first_year)}
        if young
        else "",
        "monthly_url": f"{url}?{asked.query(window=Window.MONTH)}",
        "clear_url": f"{url}?{asked.query(segment='')}",
    }


def _outputs(request: TenantRequest, figures: selectors.BoardFigures) -> dict[str, Any]:
    """What leads away from the page with its month, window and segment: the link to share, slides, the PDF."""
    slug, query = (
        request.tenant.slug,
        Asked(
            month=figures.asked.month,
            window=figures.asked.window,
            segment=figures.asked.segment,
            basis=figures.asked.basis if figures.asked.basis == Basis.NOW else "",
        ).query(),
    )
    return {
        "pdf_url": f"{reverse('board_pdf', args=[slug])}?{query}",
        "present_url": f"{reverse('board_present', args=[slug])}?{query}",
        "share_url": f"{settings.BASE_URL}{reverse('board', args=[slug])}?{query}",
    }


def _figures(request: TenantRequest, board: Board) -> dict[str, Any]:
    figures, doubtful, findings = board.figures, board.doubtful, board.findings
    slug, asked, currency = request.tenant.slug, figures.asked, figures.question.currency
    now, trend = figures.now, board_cells.trend(figures)
    plan_cells.add_to_trend(trend, plan_cells.trend_plans(figures, board.plans))
    return {
        **note_context(request, board.note, asked.month),
        "tiles": board.tiles,
        "trend": trend,
        "bridge": board_cells.bridge(asked, now, currency),
        "bridge_url": board_cells.lineage_url(slug, "mrr", asked),
        "ltv": board_cells.ltv_card(figures)
        | {
            "cac": cells.value_text(Metric.LTV_CAC, board.cost.ltv_cac, currency) if board.cost.ltv_cac else "",
            "cost": cells.value_text(Metric.CAC, board.cost.cac, currency),
        },
        "nps": answers.card(slug, figures),
        "findings": [{"subject": finding.subject, "message": finding.message} for finding in findings],
        "doubtful": doubtful,
        "closing": _("%(mrr)s MRR, %(arr)s ARR")
        % {"mrr": cells.short_money(now.closing, currency), "arr": cells.short_money(12 * now.closing, currency)},
        "sum_text": _("%(opening)s opening to %(closing)s closing, to the cent")
        % {"opening": money_text(now.opening, currency), "closing": money_text(now.closing, currency)},
    }


def _segments(request: TenantRequest, asked: Asked, question: Any, by_value: Any) -> dict[str, Any]:
    slug, url = request.tenant.slug, reverse("board", args=[request.tenant.slug])
    opened = None
    if asked.opened is not None and asked.opened in by_value:
        cut = (asked.dimension, asked.opened)
        rows = selectors.rows_question(asked, request.tenant, question.closes.get(asked.month))
        opened = lineage.accounts_behind(rows, asked, lineage.BASE, request.member, cut=cut, limit=ACCOUNTS_SHOWN)
    return {
        "segment_table": board_cells.segment_table(slug, url, asked, by_value, opened, question.currency),
        "dimensions": [
            {
                "label": dimension.label,
                "url": f"{url}?{asked.query(dimension=dimension, opened=None)}",
                "on": dimension == asked.dimension,
            }
            for dimension in Dimension
            if dimension != Dimension.ALL
        ],
    }


def _cohorts(request: TenantRequest, asked: Asked, question: Any) -> dict[str, Any]:
    url = reverse("board", args=[request.tenant.slug])
    rows = selectors.board_cohorts(question, asked)
    names = {"ndr": _("NDR"), "gdr": _("GDR"), "logo": _("Logos")}
    below = board_cells.HEAT[asked.cohort][0]
    return {
        "cohorts": board_cells.cohort_table(
            rows, asked.cohort, question.currency, reverse("accounts", args=[request.tenant.slug])
        ),
        "cohort_ages": [f"Q+{age}" for age in range(1, selectors.AGES_SHOWN + 1)],
        "cohort_size": _("Logos") if asked.cohort == "logo" else _("MRR"),
        "cohort_note": _("Orange cells are below %(edge)s.") % {"edge": below},
        "cohort_url": reverse("cohorts", args=[request.tenant.slug])
        + "?"
        + urlencode({"month": month_text(asked.month), "measure": asked.cohort, "segment": asked.segment}),
        "cohort_meta": {
            "ndr": _("% of first MRR, growth included"),
            "gdr": _("% of first MRR, growth left out"),
            "logo": _("% of customers who still pay"),
        }[asked.cohort],
        "measures": [
            {"label": names[name], "url": f"{url}?{asked.query(cohort=name)}", "on": name == asked.cohort}
            for name in COHORT_MEASURES
        ],
    }
