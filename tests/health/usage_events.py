"""Raw events made directly, and what they add up to by a calculation of its own (no SQL of the product)."""

import datetime as dt
import itertools
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from accounts.models import Account, Feature
from cs_platform.kernel.copying import stage
from cs_platform.kernel.tenancy import current_tenant_id
from health.models import AccountDay, FeatureDay, UsageUser, UserMonth

COLUMNS = (
    ("message_id", "uuid"),
    ("day", "date"),
    ("occurred_at", "timestamptz"),
    ("account_id", "uuid"),
    ("user_ref", "text"),
    ("event", "text"),
    ("quantity", "numeric"),
    ("session", "text"),
    ("known_on", "date"),
)


@dataclass(frozen=True)
class Event:
    """One event as it is stored; days are those of UTC."""

    account: UUID
    at: dt.datetime
    event: str = "edit"
    user: str = ""
    quantity: Decimal = Decimal(1)
    session: str = ""
    known_on: dt.date | None = None

    @property
    def day(self) -> dt.date:
        return self.at.astimezone(dt.UTC).date()

    @property
    def known(self) -> dt.date:
        return max(self.known_on or self.day, self.day)


def put(events: Iterable[Event]) -> None:
    """One batch: the raw rows and the marks that intake leaves for the roll-up."""
    rows = [
        (uuid4(), e.day, e.at.isoformat(), e.account, e.user, e.event, e.quantity, e.session, e.known) for e in events
    ]
    if not rows:
        return
    stage("test_events", COLUMNS, rows)
    names = ", ".join(name for name, _ in COLUMNS)
    tenant, receipt = current_tenant_id(), str(uuid4())
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO health_usageevent (tenant_id, receipt_id, {names}) "
            f"SELECT %s, %s, {names} FROM test_events ORDER BY message_id",
            [tenant, receipt],
        )
        cursor.execute(
            "INSERT INTO health_usagetouched (tenant_id, receipt_id, account_id, day) "
            "SELECT DISTINCT %s, %s::uuid, account_id, day FROM test_events",
            [tenant, receipt],
        )


def accounts(count: int) -> list[UUID]:
    made = [Account(external_id=f"U-{i}", name=f"Company {i}") for i in range(count)]
    return [account.id for account in Account.objects.bulk_create(made)]


def some_events(chance: random.Random, ids: Sequence[UUID], first: dt.date, days: int, count: int) -> list[Event]:
    """Events of all sorts: with and without user and session, late ones, some bursts with short pauses."""
    events, instants = [], set()
    while len(events) < count:
        at = dt.datetime.combine(first, dt.time(), tzinfo=dt.UTC) + dt.timedelta(
            minutes=chance.randrange(days * 1440), seconds=chance.randrange(60)
        )
        user = chance.choice(["", "u1", "u2", "u3", "ü 4"])
        for _ in range(chance.choice([1, 1, 3])):
            at += dt.timedelta(minutes=chance.choice([1, 29, 30, 31, 90]))
            if (user, at) in instants or at.date() >= first + dt.timedelta(days=days):
                continue
            instants.add((user, at))
            late = dt.timedelta(days=chance.choice([0] * 8 + [3, 5]))
            events.append(
                Event(
                    account=chance.choice(list(ids)),
                    at=at,
                    event=chance.choice(["edit_api", "login", "export.csv", "x"]),
                    user=user,
                    quantity=Decimal(chance.choice(["1", "2.5", "0.000001", "100"])),
                    session=chance.choice(["", "", "s1", "s2"]),
                    known_on=at.date() + late,
                )
            )
    return events


def _length(events: Sequence[Event]) -> tuple[int, int]:
    """Sessions and their whole seconds, of one account and day."""
    by_id: dict[str, list[dt.datetime]] = defaultdict(list)
    by_user: dict[str, list[dt.datetime]] = defaultdict(list)
    for e in events:
        if e.session:
            by_id[e.session].append(e.at)
        elif e.user:
            by_user[e.user].append(e.at)
    sessions, length = len(by_id), sum(((max(m) - min(m)) for m in by_id.values()), dt.timedelta())
    for moments in by_user.values():
        moments.sort()
        sessions += 1
        for before, after in itertools.pairwise(moments):
            if after - before > dt.timedelta(minutes=30):
                sessions += 1
            else:
                length += after - before
    return sessions, int(length.total_seconds())


def expected(events: Sequence[Event], core: Sequence[str] = ()) -> dict[str, Any]:
    """The four tables by an independent calculation; `core` names the core events, all when empty."""
    days: dict[tuple, list[Event]] = defaultdict(list)
    for e in events:
        days[e.account, e.day].append(e)
    account_days, feature_days = {}, {}
    months: dict[tuple, list[int]] = defaultdict(lambda: [0, 0])
    for (account, day), found in days.items():
        earlier = (0, 0)
        for known in sorted({e.known for e in found}):
            new = [e for e in found if e.known == known]
            told = _length([e for e in found if e.known <= known])
            account_days[account, day, known] = (
                len(new),
                sum(e.quantity for e in new),
                told[0] - earlier[0],
                told[1] - earlier[1],
            )
            earlier = told
            for name in {e.event for e in new}:
                of_it = [e for e in new if e.event == name]
                before = {e.user for e in found if e.event == name and e.known < known}
                users = {e.user for e in of_it if e.user} - before
                feature_days[account, day, name, known] = (len(of_it), sum(e.quantity for e in of_it), len(users))
        for e in found:
            if e.user:
                month = day.replace(day=1)
                row = months[account, month, e.user, e.known if e.known > day else month]
                row[0] |= 1 << (day.day - 1)
                row[1] |= (1 << (day.day - 1)) if not core or e.event in core else 0
    users = {}
    for name in {e.user for e in events if e.user}:
        of_user = [e for e in events if e.user == name]
        last = max(of_user, key=lambda e: e.at)
        users[name] = (last.account, min(e.day for e in of_user), last.day, last.at)
    return {
        "account_days": account_days,
        "feature_days": feature_days,
        "months": {key: tuple(row) for key, row in months.items()},
        "users": users,
    }


def stored() -> dict[str, Any]:
    """The four tables as they stand, in the same form."""
    features = dict(Feature.objects.values_list("id", "key"))
    users = dict(UsageUser.objects.values_list("id", "external_id"))
    return {
        "account_days": {
            (r.account_id, r.day, r.known_on): (r.events, r.quantity, r.sessions, r.session_seconds)
            for r in AccountDay.objects.all()
        },
        "feature_days": {
            (r.account_id, r.day, features[r.feature_id], r.known_on): (r.events, r.quantity, r.users)
            for r in FeatureDay.objects.all()
        },
        "months": {
            (r.account_id, r.month, users[r.user_id], r.known_on): (r.days, r.core_days)
            for r in UserMonth.objects.all()
        },
        "users": {u.external_id: (u.account_id, u.first_day, u.last_day, u.seen_at) for u in UsageUser.objects.all()},
    }
