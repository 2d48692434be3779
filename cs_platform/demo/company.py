"""Stories into rows: accounts, people, events and paid periods, as a customer's own systems would send them.

Pure: the same seed, size and last day give the same rows. Money of a story is built backwards from what it pays now.
"""

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cs_platform.demo.names import CSMS, FAMILY, FIRST, GIVEN, SECOND, TITLES
from cs_platform.demo.stories import CHARACTERS, PLOTS, SEGMENTS, Character, Plot, Segment, Story

PRODUCTS = ("Core", "Analytics", "Automation")
PLANS = {0: "Enterprise", 1: "Business", 2: "Team", 3: "Starter"}
REGIONS = {
    "USD": ("Americas", "Americas", "EMEA", "APAC"),
    "EUR": ("EMEA",),
    "GBP": ("EMEA",),
    "IDR": ("APAC",),
    "MYR": ("APAC",),
}
# What a dollar list price is sold for in other currencies; the books are valued with the real rates.
PRICE = {"USD": 1, "EUR": 0.9, "GBP": 0.78, "IDR": 15_500, "MYR": 4.4}


@dataclass
class Rows:
    """The rows of a company by kind of file, and the events that people would write on the pages."""

    accounts: list[dict[str, Any]] = field(default_factory=list)
    contacts: list[dict[str, Any]] = field(default_factory=list)
    subscriptions: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)


def shift_years(day: dt.date, years: int) -> dt.date:
    """The same day `years` later; 29 February becomes the 28th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def make_company(*, seed: int, accounts: int, last: dt.date, domain: str, prefix: str = "NW") -> Rows:
    """All rows of a company with `accounts` live customers on `last`, and those that it has lost on the way."""
    random_ = random.Random(seed)
    rows = Rows()
    for story in stories(random_, accounts, last):
        _tell(random_, rows, story, last, domain, prefix)
    _relate(random_, rows)
    return rows


def stories(random_: random.Random, accounts: int, last: dt.date) -> Iterator[Story]:
    """The characters, then the others: `accounts` that are live, and about one lost for each five of them."""
    names = _names(random_)
    owners = [key for _name, key, size in CSMS for _ in range(size)]
    number = 1000
    live = 0
    total = sum(s.share for s in SEGMENTS)
    quota = {s.name: round(accounts * s.share / total) for s in SEGMENTS}
    quota[SEGMENTS[1].name] += accounts - sum(quota.values())
    for character in CHARACTERS[: accounts if accounts < len(CHARACTERS) else None]:
        number += 1
        if character.plot is not Plot.CHURNER:
            live += 1
            quota[SEGMENTS[character.segment].name] -= 1
        yield _character(number, character, last)
    for segment in SEGMENTS:
        for _ in range(max(quota[segment.name], 0)):
            if live >= accounts:
                break
            number += 1
            live += 1
            yield _somebody(random_, number, names, segment, _plot(random_, segment), random_.choice(owners), last)
    for _ in range(round(accounts * 0.14)):
        number += 1
        segment = random_.choices(SEGMENTS, (7, 20, 48, 25))[0]
        yield _somebody(random_, number, names, segment, Plot.CHURNER, random_.choice(owners), last)


def _names(random_: random.Random) -> Iterator[tuple[str, str]]:
    made = [
        (f"{first} {second}", industry) for first in FIRST for industry, words in SECOND.items() for second in words
    ]
    random_.shuffle(made)
    taken = {character.name for character in CHARACTERS}
    return iter([(name, industry) for name, industry in made if name not in taken])


def _plot(random_: random.Random, segment: Segment) -> Plot:
    chances = PLOTS[segment.name]
    return random_.choices(list(chances), list(chances.values()))[0]


def _character(number: int, character: Character, last: dt.date) -> Story:
    ends = last + dt.timedelta(days=character.renews_in)
    return Story(
        number, character.name, SEGMENTS[character.segment], character.industry, character.plot,
        shift_years(ends, -character.years), character.renews_in, character.arr, character.owner,
    )  # fmt: skip


def _somebody(
    random_: random.Random,
    number: int,
    names: Iterator[tuple[str, str]],
    segment: Segment,
    plot: Plot,
    owner: str,
    last: dt.date,
) -> Story:
    name, industry = next(names)
    arr = round(segment.smallest * (segment.largest / segment.smallest) ** random_.random() / 500) * 500 or 900
    if plot is Plot.CHURNER:
        renews_in, years = -round(random_.triangular(1, 1080, 300)), random_.choice((1, 1, 2, 2, 3))
    else:
        renews_in = random_.randrange(2, 364)
        years = 2 if plot is Plot.RETURNER else random_.choices((1, 2, 3, 4), (16, 30, 30, 24))[0]
    ends = last + dt.timedelta(days=renews_in)
    currency = random_.choices(("USD", "EUR", "GBP", "IDR", "MYR"), (80, 11, 5, 2, 2))[0]
    return Story(number, name, segment, industry, plot, shift_years(ends, -years), renews_in, arr, owner, currency)


def _tell(random_: random.Random, rows: Rows, story: Story, last: dt.date, domain: str, prefix: str) -> None:
    key = f"{prefix}-{story.number}"
    rows.accounts.append(
        {
            "account": key,
            "name": story.name,
            "segment": story.segment.name,
            "industry": story.industry,
            "source": random_.choices(("inbound", "outbound", "partner", "referral"), (40, 30, 18, 12))[0],
            "region": random_.choice(REGIONS[story.currency]),
            "owner_email": f"{story.owner}@{domain}" if random_.random() > 0.02 else "",
            "signed_on": story.signed_on.isoformat(),
            "domain": f"{story.name.lower().replace(' & ', '-').replace(' ', '-')}.example",
            "strategic": "yes" if story.arr > 300_000 or random_.random() < 0.04 else "no",
            "complexity": {"high_touch": "high", "low_touch": "moderate", "tech_touch": "low"}[story.segment.tier],
            "tier": story.segment.tier,
            "employees": str(max(5, round(story.arr / random_.choice((180, 260, 400))))),
            "cac": str(round(story.arr * random_.uniform(0.5, 1.1))),
        }
    )
    champion = _people(random_, rows, story, key, last)
    _happenings(random_, rows, story, key, champion, last)
    rows.subscriptions += _periods(random_, story, key, last)


def _people(random_: random.Random, rows: Rows, story: Story, key: str, last: dt.date) -> dict[str, Any]:
    count = {"high_touch": 5, "low_touch": 3, "tech_touch": 2}[story.segment.tier]
    roles = ["champion", "decision_maker", "power_user", "executive_sponsor", "core_user", "procurement"][
        : count + random_.randrange(2)
    ]
    company = rows.accounts[-1]["domain"]
    champion: dict[str, Any] = {}
    for index, role in enumerate(roles, start=1):
        given, family = random_.choice(GIVEN), random_.choice(FAMILY)
        if story.name == "Halcyon Freight" and role == "champion":
            given, family = "Ruth", "Okafor"
        troubled = story.plot in {Plot.FADER, Plot.CHURNER}
        person = {
            "contact": f"{key}-P{index}",
            "account": key,
            "name": f"{given} {family}",
            "email": f"{given.lower()}.{family.lower().replace(' ', '')}@{company}",
            "title": random_.choice(TITLES[role]),
            "role": role,
            "engagement": random_.choice(("low", "low", "medium") if troubled else ("medium", "high", "high")),
            "last_contact_on": (
                last - dt.timedelta(days=random_.randrange(12, 90) if troubled else random_.randrange(1, 40))
            ).isoformat(),
            "left_on": "",
        }
        if role == "champion":
            champion = person
        rows.contacts.append(person)
    return champion


def _happenings(
    random_: random.Random, rows: Rows, story: Story, key: str, champion: dict[str, Any], last: dt.date
) -> None:
    ends = last + dt.timedelta(days=story.renews_in)

    def event(kind: str, days: int, note: str, before: dt.date = last, contact: str = "") -> None:
        happened = before - dt.timedelta(days=days)
        if happened > story.signed_on:
            rows.events.append(
                {"account": key, "kind": kind, "happened_on": happened, "note": note, "contact": contact}
            )

    if story.plot is Plot.FADER and (story.name == "Halcyon Freight" or random_.random() < 0.5):
        days = 4 if story.name == "Halcyon Freight" else random_.randrange(5, 120)
        left = last - dt.timedelta(days=days)
        if left > story.signed_on:
            champion["left_on"] = left.isoformat()
            champion["last_contact_on"] = (left - dt.timedelta(days=20)).isoformat()
            event(
                "champion_left",
                days,
                f"{champion['name']} left; nobody has taken the role.",
                contact=champion["contact"],
            )
    elif story.plot is Plot.FADER:
        event("budget_cut", random_.randrange(10, 150), "Budget for next year cut by a tenth.")
    elif story.plot is Plot.CHURNER:
        event(
            random_.choice(("competitor_demo", "budget_cut", "leadership_change")), random_.randrange(60, 160), "", ends
        )
        event("champion_left", random_.randrange(70, 200), "Champion moved to another company.", ends)
    elif story.plot in {Plot.GROWER, Plot.CHAMPION}:
        event("growth", random_.randrange(20, 300), "A new region joins the rollout.")
    if random_.random() < 0.15:
        event("product_release", random_.randrange(30, 200), "Briefed on the autumn release.")
    if random_.random() < 0.10:
        event("budget_cycle", random_.randrange(10, 200), "Budget is decided in the fourth quarter.")


GROWTH = {
    Plot.CHAMPION: (1.10, 1.24),
    Plot.GROWER: (1.14, 1.42),
    Plot.STEADY: (1.01, 1.07),
    Plot.FADER: (0.85, 0.99),
    Plot.CHURNER: (0.90, 1.02),
    Plot.RETURNER: (0.95, 1.10),
}


def _periods(random_: random.Random, story: Story, key: str, last: dt.date) -> Iterator[dict[str, Any]]:
    """Yearly periods from signature to the running one, worked back from today's revenue; growth comes as more seats in
    the middle of a year or as a further product, decline at a renewal."""
    ends = last + dt.timedelta(days=story.renews_in)
    years = max(ends.year - story.signed_on.year, 1)
    grows = story.plot in {Plot.CHAMPION, Plot.GROWER}
    later = story.arr * (random_.uniform(0.08, 0.22) if grows else 0)  # bought in the middle of the running year
    core = story.arr - later
    levels = [core]
    for _ in range(years - 1):
        levels.append(levels[-1] / random_.uniform(*GROWTH[story.plot]))
    levels.reverse()
    gap = years // 2 if story.plot is Plot.RETURNER and years > 1 else None
    index = SEGMENTS.index(story.segment)
    for year, level in enumerate(levels):
        start = shift_years(story.signed_on, year)
        stop = shift_years(story.signed_on, year + 1)
        if gap == year:
            start = min(start + dt.timedelta(days=random_.randrange(65, 150)), last - dt.timedelta(days=3))
        yield _period(story, key, "core", year, PRODUCTS[0], PLANS[index], start, stop, level)
    if later:
        begin = max(last - dt.timedelta(days=random_.randrange(5, 420)), story.signed_on + dt.timedelta(days=60))
        product = PRODUCTS[random_.randrange(1, 3)] if story.segment.products > 1 else PRODUCTS[0]
        yield _period(story, key, "more", 0, product, PLANS[index], begin, ends, later)


def _period(
    story: Story, key: str, line: str, year: int, product: str, plan: str, start: dt.date, stop: dt.date, yearly: float
) -> dict[str, Any]:
    monthly = story.segment.name == "Product-led"
    amount = max(round(yearly * PRICE[story.currency] / (12 if monthly else 1)), 1)
    return {
        "account": key,
        "subscription_id": f"{key}-{line}-{year + 1}",
        "product": product,
        "start_date": start.isoformat(),
        "end_date": stop.isoformat(),
        "interval_months": "1" if monthly else "12",
        "amount": str(amount),
        "currency": story.currency,
        "seats": str(max(1, round(yearly / 420))),
        "plan": plan,
        "auto_renew": "yes" if story.segment.tier == "tech_touch" else "no",
        "notice_days": {"high_touch": "60", "low_touch": "30", "tech_touch": "14"}[story.segment.tier],
    }


def _relate(random_: random.Random, rows: Rows) -> None:
    """Departments of two large customers, and who was referred by whom."""
    by_name = {row["name"]: row for row in rows.accounts}
    for row in rows.accounts:
        row["parent"], row["level"], row["referred_by"] = "", "company", ""
        if row["source"] == "referral":
            row["referred_by"] = random_.choice(rows.accounts)["account"]
            if row["referred_by"] == row["account"]:
                row["referred_by"] = ""
    for parent in ("Altavista Health", "Corvid Logistics"):
        if parent not in by_name:
            continue
        above = by_name[parent]
        for unit in ("EMEA", "Americas"):
            name = f"{parent}, {unit}"
            rows.accounts.append(
                above
                | {
                    "account": f"{above['account']}-{unit}",
                    "name": name,
                    "level": "unit",
                    "parent": above["account"],
                    "cac": "",
                    "employees": "",
                    "signed_on": "",
                }
            )
