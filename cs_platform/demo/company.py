"""Stories into the rows of a customer's own files: accounts, people, paid periods; and the events people would log."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from cs_platform.demo.books import PLANS, Period, periods, seats
from cs_platform.demo.deals import Deal, deals
from cs_platform.demo.goodbyes import goodbye
from cs_platform.demo.journeys import Journey, journeys
from cs_platform.demo.names import FAMILY, GIVEN, TITLES
from cs_platform.demo.outcomes import FIRST_VALUE, outcome_rows
from cs_platform.demo.stories import SEGMENTS, Plot, Story, make_stories
from cs_platform.demo.support import ticket_rows
from cs_platform.demo.touch import survey_rows, touchpoint_rows
from cs_platform.demo.usage import usage_rows

# Thousandths of a dollar's list price in other currencies, where a customer abroad is, and what is spoken there.
PRICE = {"USD": 1000, "EUR": 900, "GBP": 780, "IDR": 15_500_000, "MYR": 4_400}
REGION = {"USD": "Americas", "EUR": "EMEA", "GBP": "EMEA", "IDR": "APAC", "MYR": "APAC"}
LANGUAGE = {"IDR": "id", "MYR": "ms"}
ABROAD = ("EUR", "EUR", "EUR", "GBP", "GBP", "USD", "IDR", "MYR")
ROLES = ("champion", "decision_maker", "executive_sponsor", "power_user", "core_user", "procurement", "legal")
# Thousandths of the usual cost of winning a customer, and of how many customers it is known at all.
EFFORT = {"inbound": 850, "outbound": 1250, "partner": 800, "referral": 400}
COST_KNOWN = 0.93
ONBOARDING_DAYS = 1095  # how long ago the end of onboarding began to be logged
TROUBLES = {
    "budget_cut": "Budget for next year cut by a tenth.",
    "reorganisation": "Two departments were merged; our project has no home yet.",
    "leadership_change": "A new managing director reviews every contract.",
    "competitor_demo": "Had a competitor show its product.",
}


@dataclass(frozen=True)
class Event:
    """Something that a person would log on the account's page."""

    account: str
    kind: str
    happened_on: dt.date
    note: str
    contact: str = ""


@dataclass(frozen=True)
class Rows:
    """The files of a company, and the events of its customers."""

    accounts: list[dict[str, str]] = field(default_factory=list)
    contacts: list[dict[str, str]] = field(default_factory=list)
    subscriptions: list[dict[str, str]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    usage: list[dict[str, str]] = field(default_factory=list)
    tickets: list[dict[str, str]] = field(default_factory=list)
    touchpoints: list[dict[str, str]] = field(default_factory=list)
    surveys: list[dict[str, str]] = field(default_factory=list)
    outcomes: list[dict[str, str]] = field(default_factory=list)
    goodbyes: list[dict[str, str]] = field(default_factory=list)  # why lost customers left, for the API
    deals: list[Deal] = field(default_factory=list)  # what was bought in the middle of a year
    journeys: list[Journey] = field(default_factory=list)
    stories: dict[str, Story] = field(default_factory=dict)  # what all of it follows from, by account


@dataclass(frozen=True)
class Company:
    """Who sells: the prefix of its ids, the currency it sells in at home, the e-mail domain, whose customers are whose.

    `owners` maps the key of a generated owner to the one who has that book here; a missing key keeps its own.
    """

    prefix: str
    home: str
    domain: str
    owners: dict[str, str] = field(default_factory=dict)

    def key(self, number: int) -> str:
        return f"{self.prefix}-{number}"

    def owner(self, key: str) -> str:
        return f"{self.owners.get(key, key)}@{self.domain}"


def make_company(*, company: Company, seed: int, accounts: int, last: dt.date, signals: bool = True) -> Rows:
    """All rows of a company with `accounts` live customers on `last`, and of those that it has lost on the way.

    Without `signals` only who they are and what they pay.
    """
    stories = make_stories(seed=seed, accounts=accounts, last=last)
    keys = {story.name: company.key(story.number) for story in stories}
    rows = Rows()
    for story in stories:
        rows.stories[company.key(story.number)] = story
        currency = company.home
        if story.abroad:
            currency = story.chance("currency").choice([code for code in ABROAD if code != company.home])
        rows.accounts.append(_account(story, company, currency, keys, stories))
        people, events = _people(story, company, rows.accounts[-1]["domain"], LANGUAGE.get(currency, "en"), last)
        rows.contacts.extend(people)
        rows.events.extend(event for event in events if story.signed_on < event.happened_on <= last)
        told = periods(story, last)
        rows.subscriptions.extend(_subscription(story, company, currency, period, told, last) for period in told)
        rows.deals.extend(deals(story, company.key(story.number), told, last))
        happened = {event.kind for event in events}
        if answer := goodbye(story, company.key(story.number), happened, last):
            rows.goodbyes.append(answer)
        if signals:
            _signals(rows, story, company, last)
            told_of = [(e.kind, e.happened_on, e.note) for e in events if story.signed_on < e.happened_on <= last]
            rows.journeys.extend(journeys(story, company.key(story.number), keys.get(story.parent, ""), told_of, last))
    return rows


def _signals(rows: Rows, story: Story, company: Company, last: dt.date) -> None:
    """What the customer did, asked, said and reached."""
    key, owner = company.key(story.number), company.owner(story.owner)
    people = {row["contact"] for row in rows.contacts if row["account"] == key}
    rows.usage.extend(usage_rows(story, key, last))
    rows.tickets.extend(ticket_rows(story, key, last))
    rows.outcomes.extend(outcome_rows(story, key, owner, last))
    for told, into in (
        (touchpoint_rows(story, key, owner, last), rows.touchpoints),
        (survey_rows(story, key, last), rows.surveys),
    ):
        into.extend(row if row["contact"] in people else row | {"contact": f"{key}-P1"} for row in told)


def _account(
    story: Story, company: Company, currency: str, keys: dict[str, str], stories: Sequence[Story]
) -> dict[str, str]:
    chance = story.chance("account")
    source = chance.choices(("inbound", "outbound", "partner", "referral"), (40, 30, 18, 12))[0]
    friends = [s for s in stories if s.plot is Plot.CHAMPION and s.number != story.number]
    friend = chance.choice(friends) if friends else None
    acquisition = story.arr * chance.randrange(1500, 2700) * EFFORT[source] // 1_000_000
    counted = story.chance("cost").random() < COST_KNOWN
    staff = max(5, story.arr // chance.choice((180, 260, 400)))
    return {
        "account": company.key(story.number),
        "name": story.name,
        "segment": story.segment.name,
        "industry": story.industry,
        "source": source,
        "region": REGION[currency],
        "owner_email": company.owner(story.owner) if story.parent or chance.random() > 0.02 else "",
        "signed_on": story.signed_on.isoformat(),
        "domain": f"{story.name.lower().replace(',', '').replace(' ', '-')}.example",
        "strategic": "yes" if story.arr > 300_000 or chance.random() < 0.04 else "no",
        "complexity": {"high_touch": "high", "low_touch": "moderate", "tech_touch": "low"}[story.segment.tier],
        "tier": story.segment.tier,
        "employees": str(staff),
        "cac": str(acquisition) if counted else "",
        "level": "unit" if story.parent else "company",
        "parent": keys.get(story.parent, ""),
        "referred_by": company.key(friend.number) if source == "referral" and friend else "",
    }


def _people(
    story: Story, company: Company, domain: str, language: str, last: dt.date
) -> tuple[list[dict[str, str]], list[Event]]:
    """The people at the customer, and what happened to them and around them."""
    chance = story.chance("people")
    key = company.key(story.number)
    troubled = story.plot in {Plot.FADER, Plot.CHURNER}
    count = {"high_touch": 5, "low_touch": 3, "tech_touch": 1}[story.segment.tier] + chance.randrange(3)
    roles = [role for role in ROLES[:count] if not (troubled and role == "executive_sponsor" and chance.random() < 0.6)]
    until = min(last, story.ends_on)
    people = []
    for index, role in enumerate(roles, start=1):
        given, family = chance.choice(GIVEN), chance.choice(FAMILY)
        if story.name == "Halcyon Freight" and role == "champion":
            given, family = "Ruth", "Okafor"
        days = chance.randrange(12, 90) if troubled else chance.randrange(1, 40)
        people.append(
            {
                "contact": f"{key}-P{index}",
                "account": key,
                "name": f"{given} {family}",
                "email": f"{given}.{family}@{domain}".lower().replace(" ", ""),
                "title": chance.choice(TITLES[role]),
                "role": role,
                "engagement": chance.choice(("low", "low", "medium") if troubled else ("medium", "high", "high")),
                "language": language,
                "last_contact_on": (until - dt.timedelta(days=days)).isoformat(),
                "left_on": "",
            }
        )
    return people, _events(story, key, people[0], last)


def _events(story: Story, key: str, champion: dict[str, str], last: dt.date) -> list[Event]:
    """What happened, in step with the story's turn; a champion who leaves is marked as gone."""
    chance = story.chance("events")
    day, told = story.turned_on, _onboarded(story, key, last)

    def tell(kind: str, on: dt.date, note: str, contact: str = "") -> None:
        told.append(Event(key, kind, on, note, contact))

    if day and story.plot in {Plot.FADER, Plot.CHURNER}:
        trouble = chance.choice(list(TROUBLES))
        if story.name == "Halcyon Freight" or chance.random() < 0.55:
            champion["left_on"] = day.isoformat()
            champion["last_contact_on"] = (day - dt.timedelta(days=20)).isoformat()
            tell("champion_left", day, f"{champion['name']} left; nobody has taken over.", champion["contact"])
        else:
            tell(trouble, day, TROUBLES[trouble])
        if story.plot is Plot.CHURNER:
            tell(
                "competitive_activity",
                day + dt.timedelta(days=40),
                "Compares us with another product before the renewal.",
            )
    elif day and story.plot in {Plot.GROWER, Plot.CHAMPION}:
        tell("growth", day - dt.timedelta(days=chance.randrange(14, 45)), "A new region joins the rollout.")
    elif day:
        tell("leadership_change", day - dt.timedelta(days=30), "The new director knows us from before.")
    if chance.random() < 0.15:
        tell("product_release", last - dt.timedelta(days=chance.randrange(30, 200)), "Briefed on the autumn release.")
    if chance.random() < 0.10:
        tell(
            "budget_cycle",
            last - dt.timedelta(days=chance.randrange(10, 200)),
            "Budget is decided in the fourth quarter.",
        )
    return told if story.live else [event for event in told if event.happened_on < story.ends_on]


def _onboarded(story: Story, key: str, last: dt.date) -> list[Event]:
    """The end of onboarding, on the way to the first value; of those who came lately, and not of all of them."""
    chance = story.chance("onboarding")
    quick, slow = FIRST_VALUE[story.segment.name]
    day = story.signed_on + dt.timedelta(days=max(round((quick + (slow - quick) * chance.random()) * 0.7), 1))
    if (last - story.signed_on).days > ONBOARDING_DAYS or chance.random() < 0.07:
        return []
    return [Event(key, "onboarding_complete", day, "Handed over from onboarding.")]


def _subscription(
    story: Story, company: Company, currency: str, period: Period, told: Sequence[Period], last: dt.date
) -> dict[str, str]:
    """The row of a paid period. Small customers pay by the month; the product-led have no fixed end."""
    self_serve = story.segment is SEGMENTS[-1]
    monthly = self_serve or (story.segment is SEGMENTS[-2] and story.chance("billing").random() < 0.5)
    cents = Decimal(period.yearly * PRICE[currency] // (12 if monthly else 1) // 10)
    return {
        "account": company.key(story.number),
        "subscription_id": f"{company.key(story.number)}-{period.line}",
        "product": period.product,
        "plan": PLANS[SEGMENTS.index(story.segment)],
        "start_date": period.start.isoformat(),
        "end_date": "" if self_serve and story.live and period.end == story.ends_on else period.end.isoformat(),
        "interval_months": "1" if monthly else "12",
        "amount": str(cents.scaleb(-2)),
        "currency": currency,
        "seats": str(seats(story, period)),
        "auto_renew": "yes" if story.segment.tier == "tech_touch" else "no",
        "card_on_file": "yes" if monthly else "no",
        "prepaid": "no" if monthly else "yes",
        # Who renews by themselves leaves by themselves; whoever else leaves says so when the renewal is closed.
        "end_reason": "cancelled" if self_serve and not story.live and period.end == story.ends_on else "",
        "notice_days": {"high_touch": "60", "low_touch": "30", "tech_touch": "14"}[story.segment.tier],
    }
