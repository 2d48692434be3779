"""Questions about plans; a plan is seen by who sees its account (ROL-01)."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404

from accounts.dossier import parts_of
from accounts.models import Account
from journey.enums import PlanState
from journey.models import CustomerLink, Milestone, Plan

ORDER = {PlanState.ACTIVE: 0, PlanState.DONE: 1, PlanState.DROPPED: 2}


def with_milestones(rows: QuerySet[Plan]) -> QuerySet[Plan]:
    """With owners, and with milestones in order, their owners and needs: three queries for any number of plans."""
    milestones = Milestone.objects.select_related("owner", "customer_owner", "done_by").prefetch_related("needs")
    return rows.select_related("account", "track", "owner", "customer_owner").prefetch_related(
        Prefetch("milestones", queryset=milestones.order_by("position", "due_on", "id"))
    )


def plans_of(account: Account) -> list[Plan]:
    """The plans of the account and of those that were merged into it, running ones first, each with its milestones."""
    rows = Plan.objects.filter(account__in=[account.id, *parts_of(account)])
    return sorted(
        with_milestones(rows), key=lambda plan: (ORDER[PlanState(plan.state)], -plan.starts_on.toordinal(), plan.id)
    )


def plan_of(account: Account, plan_id: UUID) -> Plan:
    """A plan of this account with its milestones; 404 when it has no such plan."""
    rows = Plan.objects.filter(account__in=[account.id, *parts_of(account)])
    return get_object_or_404(with_milestones(rows), id=plan_id)


def milestone_of(account: Account, milestone_id: UUID) -> Milestone:
    """A milestone of a plan of this account; 404 when it has no such milestone."""
    rows = Milestone.objects.filter(plan__account__in=[account.id, *parts_of(account)])
    rows = rows.select_related("plan__account", "plan__track", "owner", "customer_owner")
    return get_object_or_404(rows, id=milestone_id)


def links_of(account: Account, plans: Iterable[Plan] = ()) -> list[CustomerLink]:
    """Links of the account, latest first; of these plans only, where they are given."""
    rows = CustomerLink.objects.filter(account__in=[account.id, *parts_of(account)])
    if plans:
        rows = rows.filter(plan__in=[plan.id for plan in plans])
    return list(rows.select_related("contact", "created_by", "plan", "period__track"))
