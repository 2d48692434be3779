"""`report --tenant SLUG NAME`: one of the reports of CONTRACTS 3, as CSV or JSON."""

import csv
import datetime as dt
import io
import json
import sys
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.utils.dateparse import parse_datetime

from accounts.selectors import tenant_by_slug
from cs_platform.kernel.commands import ProductCommand
from cs_platform.kernel.periods import parse_month
from cs_platform.kernel.tenancy import tenant_context
from metrics.enums import Basis
from metrics.figures.reports import ReportResult, cell, plain, run_report


def month(text: str) -> dt.date:
    try:
        return parse_month(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def moment(text: str) -> dt.datetime:
    """A timestamp with offset, or without one in UTC; a bare date means its end."""
    try:
        day = dt.date.fromisoformat(text)
        return dt.datetime.combine(day, dt.time.max, tzinfo=dt.UTC)
    except ValueError:
        found = parse_datetime(text)
    if found is None:
        raise ArgumentTypeError(f"{text!r} is not a timestamp; write 2026-10-31T12:00:00Z")
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


class Command(ProductCommand):
    help = "Writes a report. Months are YYYY-MM; --as-of limits the months, --known-at the facts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument("--from", dest="frm", type=month, metavar="MONTH")
        parser.add_argument("--to", type=month, metavar="MONTH")
        parser.add_argument("--as-of", type=dt.date.fromisoformat, metavar="DATE")
        parser.add_argument("--known-at", type=moment, metavar="TIMESTAMP")
        parser.add_argument("--segment", default="")
        parser.add_argument(
            "--basis", choices=Basis.values, default=str(Basis.NOW), help="reported: closed months as signed"
        )
        parser.add_argument("--format", choices=["csv", "json"], default="csv")
        parser.add_argument("--out", type=Path, metavar="FILE")

    def answer(self, **options: Any) -> None:
        tenant = tenant_by_slug(options["tenant"])
        with tenant_context(tenant.id):
            names = ("frm", "to", "as_of", "known_at", "segment", "basis")
            result = run_report(options["name"], **{name: options[name] for name in names})
        text = as_json(result) if options["format"] == "json" else as_csv(result)
        if options["out"]:
            options["out"].write_text(text)
        else:
            sys.stdout.write(text)


def as_csv(result: ReportResult) -> str:
    """The rows in the contract's columns; empty means undefined."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, result.columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows({column: cell(row[column]) for column in result.columns} for row in result.rows)
    return buffer.getvalue()


def as_json(result: ReportResult) -> str:
    """One object with definition, as_of and known_at beside the rows; money and ratios as strings."""
    answer = {
        "report": result.name,
        "definition": result.definition,
        "as_of": result.as_of,
        "known_at": result.known_at,
        "basis": str(result.basis),
        "columns": result.columns,
        "rows": [{column: plain(row[column]) for column in result.columns} for row in result.rows],
    }
    return json.dumps(answer, default=str, ensure_ascii=False) + "\n"
