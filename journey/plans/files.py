"""Plans as rows of a file: one for each, with how far it is (VAL-02). Columns are named as programs know them."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Q, QuerySet

from accounts.models import Account
from journey.models import Milestone, Plan

HEAD = (
    "external_id", "account", "account_name", "kind", "name", "goal", "starts_on", "target_on", "owner_email", "customer_owner",
    "state", "ended_on", "milestones", "done", "late", "held_up",
)  # fmt: skip


def rows(accounts: QuerySet[Account], today: dt.date) -> Iterator[list[Any]]:
    """The plans of these accounts, by account and the day they begin; `late` counts milestones whose day is over and that
    are not done (see `progress`). Two statements for any number of plans."""
    own = accounts.order_by().values("id")
    left = Q(done_on=None)
    counted = Milestone.objects.filter(plan__account__in=own).order_by().values("plan_id")
    counts = counted.annotate(
        total=Count("pk"),
        done=Count("pk", filter=~left),
        late=Count("pk", filter=left & Q(due_on__lt=today)),
        held=Count("pk", filter=left & ~Q(blocker="")),
    )
    found = {row["plan_id"]: [row[name] for name in ("total", "done", "late", "held")] for row in counts}
    fields = (
        "id", "external_id", "account__external_id", "account__name", "kind", "name", "goal", "starts_on", "target_on",
        "owner__user__email", "customer_owner__external_id", "state", "ended_on",
    )  # fmt: skip
    plans = Plan.objects.filter(account__in=own).order_by("account__external_id", "starts_on", "external_id")
    for plan, *row in plans.values_list(*fields):
        yield [*row, *found.get(plan, [0] * 4)]
