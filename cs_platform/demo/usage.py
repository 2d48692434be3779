"""Stories into usage: which user did what on which day, and the feature catalogue that they used."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from cs_platform.demo.books import PRODUCTS, periods, seats
from cs_platform.demo.mood import mood, told_from
from cs_platform.demo.stories import Story

USAGE_DAYS = 480
MOST_USERS = 30


@dataclass(frozen=True)
class DemoFeature:
    """A feature of the catalogue: the event that its use sends, its name, product, core or advanced, how often used."""

    key: str
    name: str
    product: str
    core: bool
    weight: int


FEATURES = (
    DemoFeature("dashboard_viewed", "Dashboards", PRODUCTS[0], True, 26),
    DemoFeature("record_created", "Records", PRODUCTS[0], True, 22),
    DemoFeature("task_completed", "Tasks", PRODUCTS[0], True, 18),
    DemoFeature("search_used", "Search", PRODUCTS[0], True, 12),
    DemoFeature("file_shared", "File sharing", PRODUCTS[0], False, 6),
    DemoFeature("template_used", "Templates", PRODUCTS[0], False, 5),
    DemoFeature("report_run", "Reports", PRODUCTS[1], True, 12),
    DemoFeature("forecast_built", "Forecasts", PRODUCTS[1], False, 4),
    DemoFeature("export_made", "Exports", PRODUCTS[1], False, 4),
    DemoFeature("automation_run", "Automations", PRODUCTS[2], True, 9),
    DemoFeature("integration_synced", "Integrations", PRODUCTS[2], False, 5),
    DemoFeature("alert_configured", "Alert rules", PRODUCTS[2], False, 3),
)


def usage_rows(story: Story, key: str, last: dt.date) -> Iterator[dict[str, str]]:
    """The usage file's rows of one customer, day by day; nobody works much at a weekend."""
    chance = story.chance("usage")
    told = periods(story, last)
    bought = {period.product for period in told}
    seated = max(sum(seats(story, p) for p in told if p.start <= min(last, story.ends_on - dt.timedelta(1)) < p.end), 1)
    count = min(max(round(seated * chance.uniform(0.8, 1.0)), 1), MOST_USERS)
    known = {"high_touch": 5, "low_touch": 3, "tech_touch": 1}[story.segment.tier]
    users = [
        (f"{key}-P{n}" if n <= known else f"{key}-U{n}", chance.betavariate(3, 6), chance.random(), chance.random())
        for n in range(1, count + 1)
    ]
    # What an account knows of the product grows with how it feels: the advanced features come last.
    offered = [f for f in FEATURES if f.product in bought]
    day = told_from(story, last, USAGE_DAYS)
    end = min(last, story.ends_on - dt.timedelta(days=1))
    while day <= end:
        level = mood(story, day)
        share = min(level + 0.18, 1.0)
        features = [f for f in offered if f.core or level > 0.5]
        weights = [f.weight for f in features]
        quiet = 0.12 if day.weekday() > 4 else 1.0
        for user, often, rank, hour in users:
            if rank > share or chance.random() > often * 1.1 * (level / 0.75) * quiet:
                continue
            at = dt.datetime.combine(day, dt.time(7 + int(hour * 9), int(chance.random() * 60)), tzinfo=dt.UTC)
            first = chance.choices(features, weights)[0]
            session = f"{user}-{day:%y%m%d}"
            yield _row(key, user, first, at, 1 + int(chance.expovariate(0.25)), session)
            if chance.random() < 0.15:
                later = at + dt.timedelta(minutes=3 + int(chance.random() * 45))
                yield _row(key, user, chance.choices(features, weights)[0], later, 1, session)
        day += dt.timedelta(days=1)


def _row(key: str, user: str, feature: DemoFeature, at: dt.datetime, quantity: int, session: str) -> dict[str, str]:
    return {
        "event_at": at.isoformat(),
        "account": key,
        "user": user,
        "event": feature.key,
        "quantity": str(quantity),
        "session": session,
        "message_id": f"{session}-{feature.key}-{at:%H%M}",
    }
