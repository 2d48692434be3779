"""Accounts, alerts and playbooks for the tests of plays."""

import datetime as dt
from typing import Any

from accounts.models import Account, Member, Segment
from health.models import Alert
from journey.models import Playbook
from journey.playbooks import installing

NIGHT = dt.date(2026, 3, 10)
BEGINS = NIGHT + dt.timedelta(days=1)
INPUTS = {"cause": "", "score": 41.0, "before": "yellow"}


def account(name: str, owner: Member | None = None, **fields: Any) -> Account:
    values: dict[str, Any] = {"status": "live", "mrr_minor": 100, "segment": Segment.objects.first()} | fields
    return Account.objects.create(external_id=name, name=name, owner=owner, **values)


def alert(of: Account, rule: str = "turned_red", *, days_ago: int = 0, cause: str = "", **fields: Any) -> Alert:
    day = NIGHT - dt.timedelta(days=days_ago)
    return Alert.objects.create(account=of, rule=rule, cause=cause, as_of=day, inputs=INPUTS, **fields)


def playbook(key: str = "save", **changes: Any) -> Playbook:
    """A playbook of the product, on."""
    installing.install()
    Playbook.objects.filter(key=key).update(**{"enabled": True} | changes)
    return Playbook.objects.get(key=key)
