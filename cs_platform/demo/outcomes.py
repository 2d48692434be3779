"""Stories into outcomes: what the customer wants to reach, how far it has come, what it was worth."""

import datetime as dt
from collections.abc import Iterator
from random import Random

from cs_platform.demo.mood import mood, told_from
from cs_platform.demo.stories import Story

TOLD_DAYS = 500
# Name, metric, unit, baseline, target.
CRITERIA = (
    ("Time to close a case", "efficiency", "days", 9.0, 4.0),
    ("Manual reports a month", "efficiency", "reports", 40.0, 8.0),
    ("Orders handled a week", "revenue", "orders", 1200.0, 1900.0),
    ("Cost of an order", "cost", "USD", 14.0, 9.5),
    ("Teams on the platform", "adoption", "teams", 2.0, 9.0),
    ("Entries with errors", "quality", "%", 6.0, 1.5),
)
# Days from signature to the first confirmed value, from quick to slow.
FIRST_VALUE = {"Enterprise": (55, 150), "Mid-market": (26, 85), "Small business": (6, 45), "Product-led": (1, 11)}
HOW_MANY = {"Enterprise": 3, "Mid-market": 2, "Small business": 1, "Product-led": 1}


def first_value_on(story: Story) -> dt.date:
    """The day on which the customer confirms, or will confirm, its first value."""
    return _first_value(story, story.chance("outcomes"))


def _first_value(story: Story, chance: Random) -> dt.date:
    quick, slow = FIRST_VALUE[story.segment.name]
    return story.signed_on + dt.timedelta(days=quick + round((slow - quick) * chance.random() ** 1.6))


def outcome_rows(story: Story, key: str, owner: str, last: dt.date) -> Iterator[dict[str, str]]:
    """The outcome file's rows of one customer: a row for each measurement."""
    chance = story.chance("outcomes")
    end = min(last, story.ends_on)
    begin = told_from(story, last, TOLD_DAYS)
    base = {
        "account": key, "owner_email": owner, "customer_owner": f"{key}-P1", "data_source": "Customer's own report",
        "first_value": "no", "confirmed_on": "", "confirmed_by": "", "value": "", "story": "", "measured_on": "",
        "measured_value": "",
    }  # fmt: skip
    slow = FIRST_VALUE[story.segment.name][1]
    first = _first_value(story, chance)
    yield base | {
        "outcome": f"{key}-O1", "name": "First workflow live", "metric": "adoption", "unit": "workflows",
        "baseline": "0", "target": "1", "agreed_on": story.signed_on.isoformat(), "first_value": "yes",
        "due_on": (story.signed_on + dt.timedelta(days=slow)).isoformat(),
        **({"confirmed_on": first.isoformat(), "confirmed_by": f"{key}-P1", "measured_on": first.isoformat(), "measured_value": "1"}
           if first <= end else {}),
    }  # fmt: skip
    names = chance.sample(CRITERIA, HOW_MANY[story.segment.name])
    for number, (name, metric, unit, low, high) in enumerate(names, start=2):
        agreed = begin + dt.timedelta(days=chance.randrange(10, 60) + 110 * (number - 2))
        due = agreed + dt.timedelta(days=chance.choice((120, 180, 270, 330)))
        same = base | {
            "outcome": f"{key}-O{number}", "name": name, "metric": metric, "unit": unit, "baseline": f"{low:g}",
            "target": f"{high:g}", "agreed_on": agreed.isoformat(), "due_on": due.isoformat(),
        }  # fmt: skip
        if agreed >= end:
            continue
        day, way, told = agreed + dt.timedelta(days=30), 0.0, []
        while day <= min(end, due):
            way = min(way + (mood(story, day) ** 2) * 34 / (due - agreed).days * chance.uniform(1.2, 2.3), 1.12)
            told.append(same | {"measured_on": day.isoformat(), "measured_value": f"{low + (high - low) * way:.2f}"})
            day += dt.timedelta(days=32)
        if way >= 1 and told and chance.random() < 0.8:
            worth = {
                "confirmed_on": told[-1]["measured_on"], "confirmed_by": f"{key}-P1",
                "value": str(round(story.arr * chance.uniform(0.4, 2.2), -2)),
                "story": f"{name}: from {low:g} to {told[-1]['measured_value']} {unit}.",
            }  # fmt: skip
            told = [each | worth for each in told]
        yield from told or [same]
