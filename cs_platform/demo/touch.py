"""Stories into meetings, e-mails and answers to surveys: who came, who replied, how it went."""

import datetime as dt
from collections.abc import Iterator
from random import Random

from cs_platform.demo.mood import away, fading_since, mood, told_from
from cs_platform.demo.stories import Story

TOLD_DAYS = 500
JOURNEY_NPS = 0.3  # of the questions whether they would recommend us
# Days between two of a kind, by touch tier; 0 = not done there.
CADENCE = {
    "high_touch": {"check_in": 16, "qbr": 91, "email": 11, "ebr": 182, "planning": 200, "feedback": 75, "community": 0},
    "low_touch": {"check_in": 45, "qbr": 120, "email": 21, "ebr": 0, "planning": 0, "feedback": 110, "community": 120},
    "tech_touch": {"check_in": 0, "qbr": 0, "email": 30, "ebr": 0, "planning": 0, "feedback": 160, "community": 150},
}
MINUTES = {"check_in": 30, "qbr": 60, "ebr": 60, "planning": 90, "training": 60, "kickoff": 60, "handoff": 30}
SUBJECTS = {
    "check_in": ("Regular check-in", "Open points and next steps"),
    "qbr": ("Quarterly review",),
    "ebr": ("Executive review",),
    "planning": ("Plan for the coming year",),
    "training": ("Training for new users", "Training: automations", "Training: reports"),
    "email": ("Your month in numbers", "What is new for your team", "A question about your rollout"),
    "feedback": ("Asked for finer permissions", "Wishes a calendar view", "Suggests an import from spreadsheets"),
    "community": ("User group", "Answered another customer in the forum"),
    "kickoff": ("Kickoff",),
    "handoff": ("Handoff from sales",),
}
MEETINGS = {"check_in", "qbr", "ebr", "planning", "training", "kickoff", "handoff"}


def touchpoint_rows(story: Story, key: str, owner: str, last: dt.date) -> Iterator[dict[str, str]]:
    """The touchpoint file's rows of one customer; of live ones also what is planned for the days to come."""
    chance = story.chance("touchpoints")
    begin = told_from(story, last, TOLD_DAYS)
    end = min(last, story.ends_on)
    people = {"high_touch": 5, "low_touch": 3, "tech_touch": 1}[story.segment.tier]
    number = 0
    wanted: list[tuple[dt.date, str]] = []
    for kind, every in CADENCE[story.segment.tier].items():
        day = begin + dt.timedelta(days=chance.randrange(every)) if every else end
        while every and day < end:
            wanted.append((day, kind))
            day += dt.timedelta(days=round(every * chance.uniform(0.8, 1.2)))
        if every and kind in {"check_in", "qbr", "ebr"} and story.live:
            wanted.append((max(day, last + dt.timedelta(days=1 + chance.randrange(18))), kind))
    if begin == story.signed_on and story.segment.tier != "tech_touch":
        wanted += [(begin + dt.timedelta(days=2), "handoff"), (begin + dt.timedelta(days=6), "kickoff")]
        wanted += [(begin + dt.timedelta(days=n), "training") for n in (14, 28, 52)]
    elif story.segment.tier != "tech_touch":
        wanted += [(begin + dt.timedelta(days=n), "training") for n in range(40, TOLD_DAYS, 130)]
    for day, kind in sorted(wanted):
        if day > last + dt.timedelta(days=30) or (day <= last and away(story, day)):
            continue
        while day.weekday() > 4:
            day += dt.timedelta(days=1)
        level = mood(story, min(day, last))
        number += 1
        at = dt.datetime.combine(day, dt.time(7 + chance.randrange(9), chance.choice((0, 15, 30))), tzinfo=dt.UTC)
        row = {
            "touchpoint": f"{key}-M{number}",
            "account": key,
            "contact": f"{key}-P{1 + chance.randrange(people)}",
            "member_email": owner,
            "kind": kind,
            "status": "attended",
            "happened_at": at.isoformat(),
            "inbound": "yes" if kind in {"feedback", "community"} else "no",
            "minutes": str(MINUTES.get(kind, "")),
            "opened_at": "", "clicked_at": "", "replied_at": "",
            "sentiment": "",
            "subject": chance.choice(SUBJECTS[kind]),
            "note": "",
        }  # fmt: skip
        if kind == "email":
            _email(chance, row, at, level, last)
        elif kind in MEETINGS:
            _meeting(chance, row, story, day, level, last)
        elif chance.random() > level:  # who does not care neither asks nor takes part
            continue
        if day > last and row["status"] != "planned":  # a weekend moved it beyond what has been
            continue
        yield row


def _meeting(chance: Random, row: dict[str, str], story: Story, day: dt.date, level: float, last: dt.date) -> None:
    if day > last:
        row["status"] = "planned"
        return
    began = fading_since(story)
    if story.name == "Halcyon Freight" and began and day >= began and row["kind"] in {"qbr", "ebr"}:
        row["status"] = "cancelled"
    elif chance.random() > level + 0.22:
        row["status"] = "cancelled" if chance.random() < 0.65 else "no_show"
    else:
        row["sentiment"] = _feeling(chance, level)
    if row["status"] != "attended":
        row["minutes"] = ""


def _email(chance: Random, row: dict[str, str], at: dt.datetime, level: float, last: dt.date) -> None:
    end = dt.datetime.combine(last, dt.time(23), tzinfo=dt.UTC)
    row["status"] = "sent"
    opened = at + dt.timedelta(hours=chance.expovariate(1 / 6))
    if chance.random() < 0.35 + 0.6 * level and opened < end:
        row["status"], row["opened_at"] = "opened", opened.isoformat()
        if chance.random() < 0.5 * level:
            row["status"], row["clicked_at"] = "clicked", (opened + dt.timedelta(minutes=4)).isoformat()
        replied = at + dt.timedelta(hours=1 + chance.expovariate(1 / (5 + 70 * (1 - level) ** 2)))
        if chance.random() < level * 0.95 and opened < replied < end:
            row["status"], row["replied_at"], row["sentiment"] = "replied", replied.isoformat(), _feeling(chance, level)


def _feeling(chance: Random, level: float) -> str:
    value = level + chance.gauss(0, 0.15)
    return "positive" if value > 0.72 else "neutral" if value > 0.45 else "negative"


def survey_rows(story: Story, key: str, last: dt.date) -> Iterator[dict[str, str]]:
    """Answers to surveys: NPS twice a year, effort after onboarding, satisfaction with reviews and tickets."""
    chance = story.chance("surveys")
    begin = told_from(story, last, TOLD_DAYS)
    end = min(last, story.ends_on)
    people = {"high_touch": 5, "low_touch": 3, "tech_touch": 1}[story.segment.tier]
    number = 0

    def row(
        day: dt.date, person: int, kind: str, context: str, score: int, scale: int, comment: str = ""
    ) -> dict[str, str]:
        nonlocal number
        number += 1
        return {
            "survey": f"{key}-S{number}", "account": key, "contact": f"{key}-P{person}", "kind": kind, "context": context,
            "score": str(score), "scale": str(scale), "direction": "low_is_easy" if kind == "ces" else "",
            "answered_at": dt.datetime.combine(day, dt.time(9 + person), tzinfo=dt.UTC).isoformat(), "comment": comment,
        }  # fmt: skip

    asked = story.chance("journey nps")
    day = begin + dt.timedelta(days=20 + chance.randrange(150))
    while day < end:
        # The same question, asked about the way so far: health counts both alike.
        kind = "journey_nps" if asked.random() < JOURNEY_NPS else "nps"
        for person in range(1, people + 1):
            if chance.random() < 0.45 and not away(story, day):
                score = min(max(round(10.6 * (mood(story, day) ** 0.45) + chance.gauss(0, 1.1)), 0), 10)
                yield row(day, person, kind, "relationship", score, 10, _comment(chance, score))
        day += dt.timedelta(days=182)
    if begin == story.signed_on and (story.signed_on + dt.timedelta(days=60)) < end:
        ease = min(
            max(round(5.6 - 5 * mood(story, story.signed_on + dt.timedelta(days=60)) + chance.gauss(0, 0.7)), 1), 7
        )
        yield row(story.signed_on + dt.timedelta(days=60), 1, "ces", "onboarding", ease, 7)
    day = begin + dt.timedelta(days=10 + chance.randrange(60))
    while day < end:
        if not away(story, day):
            score = min(max(round(1.4 + 4 * mood(story, day) + chance.gauss(0, 0.6)), 1), 5)
            yield row(
                day,
                1 + chance.randrange(people),
                "csat",
                chance.choice(("ticket", "ticket", "qbr", "training")),
                score,
                5,
            )
        day += dt.timedelta(days=50 + chance.randrange(70))


def _comment(chance: Random, score: int) -> str:
    if chance.random() > 0.3:
        return ""
    if score >= 9:
        return chance.choice(("Saves us a day a week.", "The team would not go back.", "Support knows our business."))
    if score >= 7:
        return chance.choice(("Good, reports could be faster.", "Does what it should."))
    return chance.choice(("Nobody has shown us what it is for.", "Too many open tickets.", "Our champion has left."))
