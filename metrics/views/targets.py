"""Settings: the plan. A grid of metrics and the months of a fiscal year, by hand, pasted from a sheet or as a CSV file."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.csvfiles import CsvFile
from accounts.settings_sections import section_page, url
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.errors import Conflict, DomainError
from cs_platform.kernel.periods import add_months, month_text, parse_month
from cs_platform.kernel.sheets import csv_file
from cs_platform.kernel.templatetags.cells import month_name, number_text
from metrics.catalogue import of
from metrics.enums import Metric, Unit
from metrics.plan import targets
from metrics.plan.targets import PLANNED, Cell
from metrics.showing import cells

LARGEST_FILE = 1_000_000  # bytes
COLUMNS = ("metric", "month", "value")


@requires(Permission.EDIT_BOARD)
def show_targets(request: TenantRequest) -> HttpResponse:
    """The plan of one fiscal year (`?from=` its first month). A POST saves the grid, or reads a file of targets."""
    months = _year(request)
    if request.method == "POST":
        return _import(request, months) if request.FILES else _save(request, months)
    return _page(request, months, _stored(months), {}, targets.stamp(months))


def _stored(months: Sequence[dt.date]) -> dict[str, str]:
    """What stands in the cells of these months."""
    return {
        targets.key(metric, month): plain_text(value)
        for metric, plan in targets.for_metrics(PLANNED, months).items()
        for month, value in plan.items()
    }


@requires(Permission.EDIT_BOARD)
def targets_csv(request: TenantRequest) -> HttpResponse:
    """All targets of the year as rows of metric, month and value: the form that the page reads again."""
    months = _year(request)
    found = targets.for_metrics(PLANNED, months)
    rows = [
        (metric, month_text(month), Decimal(plain_text(value)))
        for metric in PLANNED
        for month, value in found.get(metric, {}).items()
    ]
    return csv_file(f"targets-{month_text(months[0])}.csv", COLUMNS, rows)


def plain_text(value: Decimal) -> str:
    """110 or 110.5: a target as a cell of the grid and of a file has it."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _year(request: TenantRequest) -> list[dt.date]:
    wished = request.POST.get("from") or request.GET.get("from", "")
    try:
        month = parse_month(wished)
    except ValueError:
        month = request.tenant.today()
    return targets.fiscal_year(request.tenant, min(max(month, dt.date(1990, 1, 1)), dt.date(2098, 1, 1)))


def _save(request: TenantRequest, months: Sequence[dt.date]) -> HttpResponse:
    texts: dict[str, str] = {}
    problems: dict[str, str] = {}
    found: list[Cell] = []
    for metric in PLANNED:
        for month in months:
            name = targets.key(metric, month)
            if name not in request.POST:
                continue
            texts[name] = request.POST[name]
            try:
                found.append(Cell(metric, month, targets.read_number(texts[name])))
            except ValueError:
                problems[name] = _("This is not a number.")
    seen = request.POST.get("seen", "")
    if not problems:
        try:
            saved = targets.save_targets(cells=found, by=request.member, seen=(months, seen))
        except Conflict as error:
            return _page(request, months, texts, {"": error.message}, targets.stamp(months), status=409)
        except DomainError as error:
            problems = error.fields
        else:
            messages.success(request, _saved(saved))
            return redirect(_address(request, months[0]))
    return _page(request, months, texts, problems, seen, status=422)


def _import(request: TenantRequest, months: Sequence[dt.date]) -> HttpResponse:
    """Rows of metric, month and value; an empty value takes a target away. One wrong row and nothing is written."""
    file: Any = next(iter(request.FILES.values()))
    try:
        if file.size > LARGEST_FILE:
            raise DomainError(_("The file is larger than 1 MB."), code="size")
        found = list(_rows(CsvFile(file)))
        saved = targets.save_targets(cells=found, by=request.member)
    except DomainError as error:
        shown = " ".join([error.message, *(f"{name}: {text}" for name, text in list(error.fields.items())[:5])])
        return _page(request, months, _stored(months), {"": shown}, targets.stamp(months), status=422)
    messages.success(request, _saved(saved))
    first = min((cell.month for cell in found), default=months[0])
    return redirect(_address(request, targets.fiscal_year(request.tenant, first)[0]))


def _rows(file: CsvFile) -> Iterator[Cell]:
    names = [name.strip().lower() for name in file.columns]
    if missing := [name for name in COLUMNS if name not in names]:
        raise DomainError(_("The file lacks the column %(name)s.") % {"name": missing[0]}, code="columns")
    places = [names.index(name) for name in COLUMNS]
    for number, record in enumerate(file.records(), start=2):
        metric, month, value = ((record[place] if place < len(record) else "").strip() for place in places)
        try:
            yield Cell(metric, parse_month(month), targets.read_number(value))
        except ValueError as error:
            message = _("Line %(n)s: %(month)s or %(value)s cannot be read.")
            raise DomainError(message % {"n": number, "month": month, "value": value}, code="row") from error


def _saved(count: int) -> str:
    if not count:
        return _("Nothing differed.")
    return ngettext("%(n)s target saved.", "%(n)s targets saved.", count) % {"n": number_text(count)}


def _address(request: TenantRequest, first: dt.date) -> str:
    return f"{url(request, 'targets')}?from={month_text(first)}"


def unit_name(unit: str, currency: str) -> str:
    """%, USD, points: what the cells of a row are counted in."""
    return {Unit.RATIO: "%", Unit.MONEY: currency, Unit.TIMES: "×"}.get(Unit(unit)) or str(Unit(unit).label).lower()


def _page(
    request: TenantRequest,
    months: Sequence[dt.date],
    texts: Mapping[str, str],
    problems: Mapping[str, str],
    seen: str,
    *,
    status: int = 200,
) -> HttpResponse:
    labels = cells.axis_labels(months)
    rows: list[dict[str, Any]] = [
        {
            "label": str(Metric(metric).label),
            "unit": unit_name(of(metric).unit, request.tenant.currency),
            "cells": [
                {
                    "name": (name := targets.key(metric, month)),
                    "value": texts.get(name, ""),
                    "label": f"{Metric(metric).label}, {month_name(month)}",
                    "problem": problems.get(name, ""),
                }
                for month in months
            ],
        }
        for metric in PLANNED
    ]
    shown = {str(row["label"]): [c["problem"] for c in row["cells"] if c["problem"]] for row in rows}
    context: dict[str, Any] = {
        "rows": rows,
        "months": labels,
        "first": month_text(months[0]),
        "year": _("%(first)s to %(last)s") % {"first": month_name(months[0]), "last": month_name(months[-1])},
        "earlier": _address(request, add_months(months[0], -12)),
        "later": _address(request, add_months(months[0], 12)),
        "csv_url": f"{url(request, 'targets_csv')}?from={month_text(months[0])}",
        "seen": seen,
        "general": problems.get("", ""),
        "problems": [f"{label}: {found[0]}" for label, found in shown.items() if found],
        "currency": request.tenant.currency,
    }
    return section_page(request, "targets", "metrics/targets.html", context, status=status)
