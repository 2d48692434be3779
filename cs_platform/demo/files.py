"""The files that the demo imports: those of a generated company, or the real ones of data/ (see its README)."""

import csv
import datetime as dt
import gzip
import io
from collections.abc import Iterable
from pathlib import Path

from cs_platform.demo.company import Rows
from cs_platform.demo.ended import ended, place, written
from cs_platform.demo.tenants import GCLOUD
from cs_platform.kernel.periods import add_months, last_complete_month, month_text, months_between, parse_month

DATA = Path(__file__).parent / "data"
File = tuple[str, str, list[dict[str, str]]]


def company_files(rows: Rows, last: dt.date) -> list[File]:
    """(kind, file name, rows) of a generated company, in the order of their import. What closing a renewal or winning a deal
    wrote is in none of them."""
    here = written(ended(rows.stories, rows.subscriptions, last), rows.deals)
    published = rates(rows.subscriptions, last)
    later = repeated(published, last)
    return [
        ("fx_rates", "ecb_month_end.csv", published),
        *([("fx_rates", f"repeated_{later[0]['rate_date']}.csv", later)] if later else []),
        ("accounts", "accounts.csv", rows.accounts),
        ("contacts", "contacts.csv", rows.contacts),
        ("subscriptions", "subscriptions.csv", [row for row in rows.subscriptions if place(row) not in here]),
        ("touchpoints", "touchpoints.csv", rows.touchpoints),
        ("surveys", "surveys.csv", rows.surveys),
        ("outcomes", "outcomes.csv", rows.outcomes),
        ("tickets", "tickets.csv", rows.tickets),
        ("usage", "usage.csv", history(rows.usage, last)),
    ]


def history(usage: list[dict[str, str]], last: dt.date) -> list[dict[str, str]]:
    """The usage before the last two days; those days are sent to the API, as a product would."""
    return [row for row in usage if row["event_at"] < live_since(last)]


def live_since(last: dt.date) -> str:
    """The first moment of the last two days, as events write it."""
    return (last - dt.timedelta(days=1)).isoformat()


def rates(subscriptions: Iterable[dict[str, str]], last: dt.date) -> list[dict[str, str]]:
    """The published month-end rates from the first contract on, up to `last`."""
    since = min(row["start_date"] for row in subscriptions)[:7]
    return [row for row in _read("ecb_month_end.csv.gz") if since <= row["month"] <= month_text(last)]


def repeated(published: list[dict[str, str]], last: dt.date) -> list[dict[str, str]]:
    """The newest published rates once more for each complete month after them: a demo that is made after its data still
    has a rate for every month. They are not the European Central Bank's: their file is named by the day they are of."""
    newest = max(row["month"] for row in published)
    months = months_between(add_months(parse_month(newest), 1), last_complete_month(last))
    return [row | {"month": month_text(month)} for month in months for row in published if row["month"] == newest]


def public_files() -> list[File]:
    """The real book, as published; that its customers have owners is ours, so that a CSM finds a book of their own."""
    periods = [row for row in _read("gcloud_subscriptions.csv.gz") if row["tenant"] == "gc3-all"]
    emails = [person.email for person in GCLOUD.people if person.role == "csm"]
    names = sorted({row["account"] for row in periods})
    books = [{"account": name, "owner_email": emails[i % len(emails)]} for i, name in enumerate(names)]
    return [("subscriptions", "gcloud_subscriptions.csv", periods), ("accounts", "owners.csv", books)]


def as_csv(rows: list[dict[str, str]]) -> io.BytesIO:
    """The rows as somebody would upload them."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return io.BytesIO(buffer.getvalue().encode())


def _read(name: str) -> list[dict[str, str]]:
    with gzip.open(DATA / name, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def live_events(usage: list[dict[str, str]], last: dt.date) -> list[dict[str, object]]:
    """The last two days as items of the API; among them what goes wrong in real life, for the inbox to show."""
    rows = [row for row in usage if row["event_at"] >= live_since(last)]
    items: list[dict[str, object]] = [
        {
            "message_id": row["message_id"],
            "account": row["account"],
            "user": row["user"],
            "event": row["event"],
            "quantity": int(row["quantity"]),
            "timestamp": row["event_at"],
            "properties": {"session": row["session"]},
        }
        for row in rows
    ]
    for number, item in enumerate(items[:: max(len(items) // 12, 1)]):
        wrong = item | {"message_id": f"trial-{number}"}
        if number % 3 == 0:
            wrong["account"] = f"trial-{number}"  # a trial that nobody has made an account for yet
        elif number % 3 == 1:
            wrong["timestamp"] = str(item["timestamp"]).removesuffix("+00:00")  # without a zone
        else:
            wrong["quantity"] = "many"
        items.append(wrong)
    return items
