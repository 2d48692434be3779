"""The support reports on the service desk's log of 2016 against an independent calculation from the file (MET-15,
CONTRACTS 3): calendar time, median as the mean of the middle two."""

import csv
import datetime as dt
import gzip
import io
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.enums import ChangeSource
from accounts.merging import Origin, merge_accounts
from accounts.rows import parse
from metrics.figures.reports import run_report
from tests.accounts.test_import import bring

FILE = Path(__file__).parent / "data" / "support_incidents" / "events.csv.gz"
ROWS = list(csv.DictReader(io.StringIO(gzip.decompress(FILE.read_bytes()).decode())))


def instant(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC) if text else None


def shown(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def minutes(start, end):
    return Decimal(int((end - start).total_seconds())) / 60 if end else None


def eight(value):
    return None if value is None else value.quantize(Decimal("1e-8"), rounding=ROUND_HALF_UP)


def middle(values):
    values = sorted(values)
    half = len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2


def expected_tickets(rows, end):
    """From the rows alone: what had happened before `end`, ticket by ticket."""
    by_ticket = defaultdict(list)
    for row in rows:
        by_ticket[row["ticket"]].append(row)
    found = {}
    for name, changes in by_ticket.items():
        changes.sort(key=lambda row: (row["event_at"], int(row["mod_count"])))
        if instant(changes[-1]["opened_at"]) >= end:
            continue
        seen = [row for row in changes if instant(row["event_at"]) < end]
        last = seen[-1] if seen else changes[0]
        opened = instant(last["opened_at"])
        answered = min((instant(row["event_at"]) for row in seen if row["state"] != "New"), default=None)
        resolved, closed = (
            moment if moment and moment < end else None
            for moment in (instant(last["resolved_at"]), instant(last["closed_at"]))
        )
        found[name] = {
            "ticket": name,
            "account": last["account"],
            "opened_at": shown(opened),
            "first_response_at": shown(answered),
            "first_response_minutes": minutes(opened, answered),
            "resolved_at": shown(resolved),
            "resolution_minutes": minutes(opened, resolved),
            "closed_at": shown(closed),
            "reopened": any(int(row["reopen_count"]) > 0 for row in seen),
            "reassignments": max((int(row["reassignment_count"]) for row in seen), default=0),
            "escalated": any(int(row["reassignment_count"]) >= 2 for row in seen),
            "priority": last["priority"],
            "category": last["category"],
        }
    return found


def expected_summary(tickets):
    groups = {("all", "all"): list(tickets)}
    for ticket in tickets:
        for dimension in ("account", "category", "priority"):
            groups.setdefault((dimension, ticket[dimension]), []).append(ticket)
    for (dimension, value), group in groups.items():
        answers = [t["first_response_minutes"] / 60 for t in group if t["first_response_at"]]
        solved = [t["resolution_minutes"] / 60 for t in group if t["resolved_at"]]
        reopened, escalated = (sum(t[name] for t in group) for name in ("reopened", "escalated"))
        yield {
            "dimension": dimension,
            "value": value,
            "tickets": len(group),
            "responded": len(answers),
            "first_response_median_h": eight(middle(answers)) if answers else None,
            "first_response_within_4h": eight(Decimal(sum(h <= 4 for h in answers)) / len(answers))
            if answers
            else None,
            "resolved": len(solved),
            "resolution_median_h": eight(middle(solved)) if solved else None,
            "resolution_mean_h": eight(sum(solved) / len(solved)) if solved else None,
            "resolution_within_24h": eight(Decimal(sum(h <= 24 for h in solved)) / len(solved)) if solved else None,
            "reopened": reopened,
            "reopen_rate": eight(Decimal(reopened) / len(group)),
            "escalated": escalated,
            "escalation_rate": eight(Decimal(escalated) / len(group)),
        }


@pytest.fixture
def desk(world):
    with world.open():
        names = sorted({row["account"] for row in ROWS})
        merge_accounts(
            [parse("accounts", n, {"account": name}) for n, name in enumerate(names)], Origin(ChangeSource.API)
        )
    run = bring(world, "tickets", FILE.read_bytes())
    assert (run.read, run.created + run.unchanged, run.rejected, run.quarantined) == (len(ROWS), len(ROWS), 0, 0)
    return world


def differences(expected, found):
    assert len(expected) == len(found)
    return [(want, got) for want, got in zip(expected, found, strict=True) if want != got][:3]


def test_every_ticket_and_every_line_of_the_summary_agree(desk):
    """At the end of the log, and on days when most of it had not happened yet."""
    with desk.open():
        before = timezone.now()
        for day in (dt.date(2017, 3, 1), dt.date(2016, 3, 18), dt.date(2016, 3, 1)):
            end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tzinfo=dt.UTC)
            tickets = expected_tickets(ROWS, end)
            found = run_report("tickets", as_of=day)
            wanted = [{name: tickets[key][name] for name in found.columns} for key in sorted(tickets)]
            assert differences(wanted, found.rows) == []
            summary = run_report("support_summary", as_of=day)
            lines = sorted(expected_summary(list(tickets.values())), key=lambda row: (row["dimension"], row["value"]))
            got = sorted(summary.rows, key=lambda row: (row["dimension"], row["value"]))
            assert differences(lines, got) == []
        assert len(tickets) < 1_000 < 12_461
        early = run_report("tickets", as_of=day, known_at=before - dt.timedelta(days=1))
        assert early.rows == []
        late = run_report("tickets", as_of=day, known_at=before)
        assert late.rows == run_report("tickets", as_of=day).rows


def test_another_tenant_sees_none_of_it(desk, rival):
    with rival.open():
        assert run_report("tickets", as_of=dt.date(2017, 3, 1)).rows == []
        assert run_report("support_summary", as_of=dt.date(2017, 3, 1)).rows == []
