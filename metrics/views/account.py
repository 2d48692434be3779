"""The revenue tab of an account: its MRR by month, what moved it, what it pays for now."""

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import dossier
from accounts.account_frame import account_frame, open_account
from accounts.models import Account
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.money import from_minor, money_text, to_minor
from cs_platform.kernel.templatetags.cells import day_text, month_name, percent_text
from metrics import formulas
from metrics.enums import MovementKind, Window
from metrics.figures import lineage, selectors
from metrics.figures.asked import Asked, Months
from metrics.models import AccountMonth
from metrics.showing import board_cells, cells, charts
from metrics.showing.definitions import MOVEMENTS
from metrics.views.churn_queue import answer_card

MONTHS_SHOWN = 60
MOVEMENTS_SHOWN = 12


@requires(Permission.VIEW_ACCOUNTS)
def revenue(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """Months and movements in the company's currency as of the last complete month; paid periods in their own."""
    account = open_account(request, account_id)
    months = selectors.months_of(request.tenant)
    context = account_frame(request, account, "revenue") | {"periods": _periods(request, account)}
    context["left"] = answer_card(request, account)
    if months:
        context |= _figures(request, account, months)
    return page(request, "metrics/account_revenue.html", context)


def _figures(request: TenantRequest, account: Account, months: Months) -> dict[str, Any]:
    currency = request.tenant.currency
    rows = AccountMonth.objects.filter(account=account, month__lte=months.last).order_by("-month")
    history = list(rows.values("month", "mrr", "mrr_12_now")[:MONTHS_SHOWN])[::-1]
    if not history:
        return {}
    lines = lineage.ledger_lines(account.id, dt.date.min, months.last, timezone.now())
    last = history[-1]
    closing, moved = last["mrr"], sum(line.amount for line in lines)
    retained = formulas.ratio(last["mrr"], last["mrr_12_now"])
    labels = [month_name(row["month"], short=True) for row in history]
    texts = [money_text(row["mrr"], currency) for row in history]

    def tick(value: float) -> str:
        return cells.short_money(to_minor(Decimal(str(value)), currency), currency)

    return {
        "stats": [
            {"label": _("MRR"), "value": money_text(closing, currency)},
            {"label": _("ARR"), "value": money_text(12 * closing, currency)},
            {"label": _("NRR, 12 months"), "value": percent_text(retained)},
        ],
        "as_of": month_name(months.last),
        "history": {
            "figure": charts.history_figure(
                labels, [float(from_minor(row["mrr"], currency)) for row in history], texts, tick
            ),
            "finding": _("MRR from %(first)s in %(start)s to %(last)s in %(end)s.")
            % {"first": texts[0], "start": labels[0], "last": texts[-1], "end": labels[-1]},
            "table": {
                "head": [_("Month"), _("MRR")],
                "rows": [list(pair) for pair in zip(labels, texts, strict=True)][::-1],
            },
        },
        **_movements(request, account, lines),
        "balance": {
            "agrees": closing == moved,
            "text": _("%(sum)s of movements, %(closing)s closing")
            % {"sum": money_text(moved, currency), "closing": money_text(closing, currency)},
        },
    }


def _movements(request: TenantRequest, account: Account, lines: list[lineage.LedgerLine]) -> dict[str, Any]:
    """The ledger by month, newest first: the net movement with its lines below it; currency stands apart."""
    months: dict[tuple[dt.date, str], list[lineage.LedgerLine]] = {}
    for line in reversed(lines):
        months.setdefault((line.month, line.kind), []).append(line)
    everything = request.GET.get("everything") == "1"
    shown = list(months.items())[: None if everything else MOVEMENTS_SHOWN]
    return {
        "movements": [_movement(request, account, month, kind, found) for (month, kind), found in shown],
        "all_url": f"{request.path}?everything=1" if len(shown) < len(months) else "",
        "shown": _("%(shown)s of %(found)s shown") % {"shown": len(shown), "found": len(months)},
    }


def _movement(
    request: TenantRequest, account: Account, month: dt.date, kind: str, lines: list[lineage.LedgerLine]
) -> dict[str, Any]:
    slug, currency = request.tenant.slug, request.tenant.currency
    asked = Asked(month=month, window=Window.MONTH)
    net = sum(line.amount for line in lines)

    def url(**place: Any) -> str:
        if not may(request, Permission.VIEW_BOARD):
            return ""
        return board_cells.lineage_url(slug, MOVEMENTS, asked, part=kind, account=account.id, **place)

    return {
        "month": month_name(month, short=True),
        "kind": MovementKind(kind).label,
        "url": url(),
        "amount": cells.toned(net, money_text(net, currency, signed=True)),
        "lines": [
            {
                "name": line.product or line.external_id,
                "line": line.external_id,
                "url": url(line=line.id),
                "amount": money_text(line.amount, currency, signed=True),
                "day": day_text(line.effective_on),
                "corrected": line.lines > 1,
            }
            for line in sorted(lines, key=lambda line: -abs(line.amount))
        ],
    }


def _periods(request: TenantRequest, account: Account) -> list[dict[str, Any]]:
    active = dossier.active_on(dossier.periods_of(account), request.tenant.today(), request.tenant.dunning_days)
    return [
        {
            "name": period.product.name if period.product else period.external_id,
            "line": period.external_id,
            "moved_url": reverse("figures_of_period", args=[request.tenant.slug, account.id, period.id])
            if may(request, Permission.VIEW_BOARD)
            else "",
            "since": day_text(period.start_on),
            "until": day_text(period.end_on) if period.end_on else _("open"),
            "terms": ngettext("%(amount)s for %(n)s month", "%(amount)s for %(n)s months", period.interval_months)
            % {"amount": money_text(period.amount_minor, period.currency), "n": period.interval_months},
            "mrr": money_text(period.mrr_minor, period.currency),
        }
        for period in active
    ]
