"""Exchange rates: each pair with its latest month, the history of a pair, and a rate added by hand."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.db.models import Count, Max
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.customers import merged_rows
from accounts.enums import ImportKind
from accounts.merging import merge_fx_rates
from accounts.models import FxRate
from accounts.settings_forms import RateForm
from accounts.settings_sections import section_page, url
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.forms import accepted
from cs_platform.kernel.periods import add_months, month_text, parse_month
from cs_platform.kernel.templatetags.cells import moment_text, month_name

MONTHS_SHOWN = 60


def rate_text(rate: Any) -> str:
    """1.0832 rather than 1.0832000000; never an exponent."""
    text = f"{rate:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _pairs(request: TenantRequest) -> Iterable[dict[str, Any]]:
    pairs = FxRate.objects.values("base", "quote").annotate(last=Max("month"), months=Count("month", distinct=True))
    newest = (
        FxRate.objects.filter(month__in={pair["last"] for pair in pairs})
        .order_by("month", "base", "quote", "-recorded_at", "-id")
        .distinct("month", "base", "quote")
    )
    rates = {(rate.base, rate.quote, rate.month): rate for rate in newest}
    for pair in pairs.order_by("base", "quote"):
        rate = rates[pair["base"], pair["quote"], pair["last"]]
        yield {
            "pair": f"{pair['base']} → {pair['quote']}",
            "url": url(request, "rates_pair", pair["base"], pair["quote"]),
            "month": month_name(pair["last"]),
            "rate": rate_text(rate.rate),
            "months": pair["months"],
            "source": rate.get_source_display(),
        }


@requires(Permission.EDIT_REVENUE)
def show_rates(request: TenantRequest) -> HttpResponse:
    """All pairs. A POST adds the rate of a month; an earlier one of the same month stays in the history."""
    form = RateForm(request.POST or None)

    def add(data: dict[str, Any]) -> None:
        cells = {name: value.strip().upper() for name, value in data.items()}
        merged_rows(merge_fx_rates, ImportKind.FX_RATES, [cells], request.member)

    if request.method == "POST" and accepted(form, add):
        messages.success(request, _("Saved. Figures follow within minutes."))
        return redirect(url(request, "rates"))
    context = {"form": form, "rows": list(_pairs(request))}
    return section_page(request, "rates", "settings/rates.html", context, status=422 if form.is_bound else 200)


def _before(request: TenantRequest) -> dt.date | None:
    try:
        return parse_month(request.GET.get("before", ""))
    except ValueError:
        return None


@requires(Permission.EDIT_REVENUE)
def show_pair(request: TenantRequest, base: str, quote: str) -> HttpResponse:
    """Each month of a pair, newest first, with the rates that were replaced."""
    rates = FxRate.objects.filter(base=base, quote=quote)
    if not rates.exists():
        raise Http404
    before = _before(request)
    if before:
        rates = rates.filter(month__lt=before)
    months = list(rates.order_by("-month").values_list("month", flat=True).distinct()[: MONTHS_SHOWN + 1])
    shown = months[:MONTHS_SHOWN]
    rows: list[dict[str, Any]] = []
    for rate in rates.filter(month__in=shown).order_by("-month", "-recorded_at", "-id"):
        current = not rows or rows[-1]["key"] != rate.month
        rows.append(
            {
                "key": rate.month,
                "month": month_name(rate.month),
                "rate": rate_text(rate.rate),
                "source": rate.get_source_display(),
                "recorded": moment_text(rate.recorded_at),
                "current": current,
            }
        )
    more = len(months) > MONTHS_SHOWN
    context = {
        "title": f"{base} → {quote}",
        "rows": rows,
        "back": url(request, "rates"),
        "foot": {
            "shown": _("Newest first"),
            "previous_url": f"{request.path}?before={month_text(add_months(before, MONTHS_SHOWN))}" if before else "",
            "next_url": f"{request.path}?before={month_text(shown[-1])}" if more else "",
        },
    }
    return section_page(request, "rates", "settings/pair.html", context)
