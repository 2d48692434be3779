"""Stories into tickets: a state change a row, more of them and worse ones where the mood is low."""

import datetime as dt
from collections.abc import Iterator
from random import Random

from cs_platform.demo.mood import away, mood, told_from
from cs_platform.demo.stories import Story

TOLD_DAYS = 500
A_MONTH = {"Enterprise": 1.7, "Mid-market": 0.9, "Small business": 0.5, "Product-led": 0.15}
SUBJECTS = {
    "login": ("Single sign-on fails for new staff", "Password reset mail does not arrive"),
    "data": ("Import leaves rows out", "Numbers differ from last month", "Export stops half-way"),
    "performance": ("Dashboard takes a minute to load", "Search times out"),
    "integration": ("Nightly sync has stopped", "API answers 500"),
    "question": ("How do we archive a project?", "Who may see this report?"),
}
CATEGORIES = ("question", "question", "data", "data", "performance", "integration", "login")


def ticket_rows(story: Story, key: str, last: dt.date) -> Iterator[dict[str, str]]:
    """The ticket file's rows of one customer."""
    chance = story.chance("tickets")
    day = told_from(story, last, TOLD_DAYS)
    end = min(last, story.ends_on)
    number = 0
    while day <= end:
        trouble = 1 - mood(story, day)
        rate = A_MONTH[story.segment.name] / 30 * (0.5 + 2.2 * trouble)
        if day.weekday() < 5 and not away(story, day) and chance.random() < rate * 1.4:
            number += 1
            yield from _ticket(chance, f"{key}-T{number}", key, day, trouble, last)
        day += dt.timedelta(days=1)


def _ticket(
    chance: Random, ticket: str, key: str, day: dt.date, trouble: float, last: dt.date
) -> Iterator[dict[str, str]]:
    category = chance.choice(CATEGORIES)
    priority = chance.choices(("urgent", "high", "normal", "low"), (4 + 12 * trouble, 18, 56, 22))[0]
    opened = dt.datetime.combine(day, dt.time(6 + chance.randrange(9), chance.randrange(60)), tzinfo=dt.UTC)
    quick = {"urgent": 0.35, "high": 0.7, "normal": 1.0, "low": 1.4}[priority]
    answered = opened + dt.timedelta(minutes=12 + chance.expovariate(1 / (75 * quick * (0.6 + 1.8 * trouble))))
    solved = answered + dt.timedelta(hours=0.5 + chance.expovariate(1 / (17 * quick * (0.5 + 2.5 * trouble))))
    moves = int(chance.random() < 0.25) + int(chance.random() < 0.1 + 0.25 * trouble)
    base = {
        "ticket": ticket,
        "account": key,
        "user": f"{key}-P{1 + chance.randrange(3)}",
        "priority": priority,
        "opened_at": opened.isoformat(),
        "subject": chance.choice(SUBJECTS[category]),
        "category": category,
    }
    end = dt.datetime.combine(last, dt.time(23, 59), tzinfo=dt.UTC)

    def row(at: dt.datetime, state: str, **more: str) -> dict[str, str]:
        return {
            **base, "event_at": at.isoformat(), "state": state, "resolved_at": "", "closed_at": "",
            "reassignment_count": "0", "reopen_count": "0", "escalated_to": "", "sentiment": "", **more,
        }  # fmt: skip

    upset = "negative" if chance.random() < trouble * 0.9 else "positive" if chance.random() < 0.3 else "neutral"
    escalated = ("leadership" if chance.random() < 0.5 else "product") if chance.random() < 0.16 * trouble else ""
    told = [row(opened, "New"), row(answered, "Active", reassignment_count=str(min(moves, 1)))]
    if moves > 1 or escalated:
        half = answered + (solved - answered) / 2
        told.append(row(half, "Active", reassignment_count=str(moves), escalated_to=escalated))
    done = {"reassignment_count": str(moves), "escalated_to": escalated, "sentiment": upset}
    told.append(row(solved, "Resolved", resolved_at=solved.isoformat(), **done))
    reopened = chance.random() < 0.04 + 0.1 * trouble
    if reopened:
        again = solved + dt.timedelta(hours=5 + chance.random() * 40)
        solved = again + dt.timedelta(hours=4 + chance.random() * 30)
        told.append(row(again, "Active", reopen_count="1", **done))
        told.append(row(solved, "Resolved", resolved_at=solved.isoformat(), reopen_count="1", **done))
    shut = solved + dt.timedelta(days=3)
    closing = {**done, "reopen_count": str(int(reopened))}
    told.append(row(shut, "Closed", resolved_at=solved.isoformat(), closed_at=shut.isoformat(), **closing))
    yield from (each for each in told if dt.datetime.fromisoformat(each["event_at"]) <= end)
