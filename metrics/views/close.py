"""Settings, Month close: which months Finance signed, what was looked at, the signature, and every later version."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.settings_sections import section_page, url
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.forms import accepted
from cs_platform.kernel.money import from_minor, money_text
from cs_platform.kernel.periods import month_or_none, month_text, months_between, parse_month
from cs_platform.kernel.sheets import csv_file
from cs_platform.kernel.templatetags.cells import moment_text, month_name, percent_text
from metrics import formulas
from metrics.enums import Dimension, Window
from metrics.figures import questions, selectors
from metrics.formulas import Sums
from metrics.models import ClosedSums, MonthClose
from metrics.proof import closing, closing_cells, restated_cells
from metrics.proof.closing_checks import checks_of

MONTHS_SHOWN = 24


class CloseForm(forms.Form):
    """The signature under a month: a typed name, and that open points were seen."""

    signed_as = forms.CharField(
        label=gettext_lazy("Your name"),
        max_length=120,
        help_text=gettext_lazy("Typed as a signature; it stands beside the figures."),
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=2000, required=False, widget=forms.Textarea)
    acknowledged = forms.BooleanField(label=gettext_lazy("I have seen the open points"), required=False)


class RestateForm(CloseForm):
    """The same for a month that was closed before, with the reason that every page will name."""

    reason = forms.CharField(
        label=gettext_lazy("Why the figures change"),
        max_length=500,
        help_text=gettext_lazy("Stands in the history and in the message to those who got the figures before."),
    )
    field_order = ("reason", "signed_as", "note", "acknowledged")


@requires(Permission.CLOSE_MONTHS)
def closes(request: TenantRequest) -> HttpResponse:
    """The months with figures, newest first, each with its state; `before` is the month after the first one shown."""
    months = selectors.months_of(request.tenant)
    found = questions.last_closes() if months else {}
    before = month_or_none(request.GET.get("before", ""))
    span = sorted(months_between(months.first, months.last), reverse=True) if months else []
    older = [month for month in span if before is None or month < before]
    shown = older[:MONTHS_SHOWN]
    values = _values(shown)
    rows = []
    for month in shown:
        nrr, mrr = values.get(month, (None, 0))
        rows.append(
            {
                "month": month_name(month),
                "url": url(request, "close", month_text(month)),
                "closed": month in found,
                "state": closing_cells.state(found.get(month)),
                "nrr": percent_text(nrr),
                "mrr": money_text(mrr, request.tenant.currency),
            }
        )
    foot = {
        "previous_url": request.path if before else "",
        "next_url": f"{request.path}?before={month_text(shown[-1])}" if len(older) > len(shown) else "",
    }
    return section_page(request, "closes", "metrics/closes.html", {"rows": rows, "foot": foot})


def _values(months: list[dt.date]) -> dict[dt.date, tuple[Decimal | None, int]]:
    """NRR of a trailing year and the closing balance of each month as reported."""
    if not months:
        return {}
    question = questions.ask(frm=months[-1], to=months[0], basis="reported")
    rows = questions.retention_rows(question, Window.YEAR)
    return {row["month"]: (formulas.nrr(questions.sums_of(row)), int(row["closing_mrr"])) for row in rows}


def _month(text: str) -> dt.date:
    try:
        return parse_month(text)
    except ValueError:
        raise Http404 from None


@requires(Permission.CLOSE_MONTHS)
def close(request: TenantRequest, month: str) -> HttpResponse:
    """One month: what is looked at, the form to sign or restate it, and its versions. 422 for what is refused."""
    asked = _month(month)
    held = closing.last_close(asked)
    kind = RestateForm if held else CloseForm
    form = kind(request.POST or None, initial={"signed_as": request.member.name})

    def sign(data: dict[str, Any]) -> None:
        if held:
            closing.restate_month(month=asked, by=request.member, **data)
        else:
            closing.close_month(month=asked, by=request.member, **data)

    if request.method == "POST" and accepted(form, sign):
        said = _("%(month)s is restated.") if held else _("%(month)s is closed. The board keeps these figures.")
        messages.success(request, said % {"month": month_name(asked)})
        return redirect(url(request, "close", month_text(asked)))
    found = checks_of(asked)
    context = {
        "title": month_name(asked),
        "form": form,
        "held": held,
        "state": closing_cells.state(held),
        "lines": closing_cells.lines(found, request.tenant.slug),
        "kept": closing_cells.kept_lines(held) if held else [],
        "blocked": next((str(check.text) for check in found if check.blocks and not check.ok), ""),
        "open_points": any(check.ok is False for check in found),
        "versions": list(_versions(request, asked)),
        "back": url(request, "closes"),
        "board_url": f"{reverse('board', args=[request.tenant.slug])}?month={month_text(asked)}",
        "csv_url": url(request, "close_csv", month_text(asked)) if held else "",
    }
    return section_page(request, "closes", "metrics/close.html", context, status=422 if form.is_bound else 200)


def _versions(request: TenantRequest, month: dt.date) -> Iterator[dict[str, Any]]:
    """The closes of a month, newest first, each with its figures and with what it changed."""
    found = list(MonthClose.objects.filter(month=month).order_by("-version").select_related("signed_by"))
    signed = ClosedSums.objects.filter(close__in=found, dimension=Dimension.ALL, window=Window.YEAR)
    sums = {close.id: Sums() for close in found} | {row["close_id"]: questions.sums_of(row) for row in signed.values()}
    for close, earlier in zip_longest(found, found[1:]):
        now = questions.year_figures(sums[close.id], close.gross_margin)
        before = questions.year_figures(sums[earlier.id], earlier.gross_margin) if earlier else None
        yield {
            "version": close.version,
            "signed": close.signed_as,
            "by": close.signed_by.name,
            "at": moment_text(close.known_at),
            "reason": close.reason,
            "note": close.note,
            "nrr": percent_text(now["nrr"]),
            "grr": percent_text(now["grr"]),
            "mrr": money_text(sums[close.id].closing, close.currency),
            "change": restated_cells.difference_text("nrr", now["nrr"], before["nrr"], close.currency)
            if before
            else "",
        }


@requires(Permission.CLOSE_MONTHS)
def close_csv(request: TenantRequest, month: str) -> HttpResponse:
    """The sums of every version of a month, as signed: windows, dimensions and values."""
    asked = _month(month)
    closes = {close.id: close for close in MonthClose.objects.filter(month=asked)}
    head = ["month", "version", "signed_as", "known_at", "window", "dimension", "value", "currency"]
    head += list(questions.SUM_COLUMNS.values())
    names = selectors.names_of_values()
    rows = (
        [
            month_text(asked),
            closes[row.close_id].version,
            closes[row.close_id].signed_as,
            closes[row.close_id].known_at.isoformat(),
            row.window,
            row.dimension,
            names.get(row.value, row.value),
            closes[row.close_id].currency,
            *(
                getattr(row, column)
                if column.endswith("customers")
                else from_minor(getattr(row, column), closes[row.close_id].currency)
                for column in questions.SUM_COLUMNS.values()
            ),
        ]
        for row in ClosedSums.objects.filter(close_id__in=closes).order_by(
            "close__version", "window", "dimension", "value"
        )
    )
    return csv_file(f"close-{request.tenant.slug}-{month_text(asked)}.csv", head, rows)
