"""Plans as rows of a file: one for each, with how far it is (VAL-02). Columns are named as programs know them."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Q, QuerySet

from accounts.models import Account
from journey.models import Plan

HEAD = (
    "external_id", "account", "account_name", "kind", "name", "goal", "starts_on", "target_on", "owner_email", "customer_owner",
    "state", "ended_on", "milestones", "done", "late", "held_up",
)  # fmt: skip


def rows(accounts: QuerySet[Account], today: dt.date) -> Iterator[list[Any]]:
    """The plans of these accounts, by account and the day they begin; `late` counts milestones whose day is over and that
    are not done (see `progress`). One statement for any number of plans."""
    left = Q(milestones__done_on=None)
    plans = Plan.objects.filter(account__in=accounts.order_by().values("id")).annotate(
        milestone_count=Count("milestones"),
        done_count=Count("milestones", filter=~left),
        late_count=Count("milestones", filter=left & Q(milestones__due_on__lt=today)),
        held_count=Count("milestones", filter=left & ~Q(milestones__blocker="")),
    )
    fields = (
        "external_id", "account__external_id", "account__name", "kind", "name", "goal", "starts_on", "target_on",
        "owner__user__email", "customer_owner__external_id", "state", "ended_on",
        "milestone_count", "done_count", "late_count", "held_count",
    )  # fmt: skip
    yield from map(list, plans.order_by("account__external_id", "starts_on", "external_id").values_list(*fields))
