"""The one door of plans that come as rows: what was agreed elsewhere and where it stands (VAL-02).

A row says nothing of milestones: those of a plan that is there stay, and a new one begins without.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import selectors
from accounts.kinds import Row
from accounts.merging import MergeResult, Origin
from accounts.merging.result import first_of_each, quiet_inserts, today
from accounts.models import Account, Member
from health.naming import Ids, named
from journey.enums import PlanState, TrackKind
from journey.models import Milestone, Plan, Track
from journey.plans.templates import LONGEST

BATCH = 500
WRITTEN = ("name", "goal", "kind", "owner", "starts_on", "target_on", "state", "ended_on", "version", "updated_at")


def merge_plans(rows: Sequence[Row], origin: Origin) -> tuple[MergeResult, list[Plan]]:
    """Create or change plans by their id; a field that is not given stays as it is. With those that are over now.

    Refused: an account or a member who does not exist, a plan of another account, a beginning more than five years ahead,
    two rows of one plan that differ, and `done` while milestones are not.
    """
    result = MergeResult()
    accepted = list(named(first_of_each(rows, result, "plan"), result, members=["owner_email"]))
    known = _locked({row.values["plan"] for row, _ids in accepted})
    people = Member.objects.in_bulk([ids["owner_email"] for _row, ids in accepted if ids.get("owner_email")])
    of = selectors.standing_accounts({plan.account.external_id for plan in known.values()})
    undone = _undone(known.values())
    day = today()
    taken = []
    for row, ids in accepted:
        plan, owner = known.get(row.values["plan"]), people.get(ids.get("owner_email"))
        starts_on, left = row.values["starts_on"], undone.get(plan.id, 0) if plan else 0
        if plan and of[plan.account.external_id].id != ids["account"]:
            sentence = _("It belongs to another account.")
            result.reject(row, "account", row.values["account"], "other_account", sentence)
        elif owner and not owner.is_active and not (plan and plan.owner_id == owner.id):
            email = row.values["owner_email"]
            result.reject(row, "owner_email", email, "unknown_member", _("This is not the e-mail of a member."))
        elif starts_on > day + dt.timedelta(days=LONGEST):
            sentence = _("The day lies between 1990 and five years from now.")
            result.reject(row, "starts_on", starts_on.isoformat(), "out_of_range", sentence)
        elif left and row.values.get("state") == PlanState.DONE and plan and plan.state != PlanState.DONE:
            sentence = _("%(n)s milestones are not done: finish or remove them, or drop the plan.") % {"n": left}
            result.reject(row, "state", row.values["state"], "not_done", sentence)
        else:
            taken.append((row, ids))
    if not taken:
        return result, []
    quiet_inserts(len(taken))
    made = _make([(row, ids) for row, ids in taken if row.values["plan"] not in known], day, origin)
    known |= _locked({row.values["plan"] for row, _ids in taken} - set(known))
    changed, over = [], []
    for row, ids in taken:
        plan = known[row.values["plan"]]
        was_running = plan.state == PlanState.ACTIVE
        outcome = "created" if plan.id in made else "unchanged"
        if plan.id not in made and _apply(plan, _said(row, ids), day):
            outcome = "updated"
            plan.version, plan.updated_at = plan.version + 1, timezone.now()
            changed.append(plan)
            if was_running and plan.state != PlanState.ACTIVE:
                over.append(plan)
        result.add(row.number, plan.id, outcome)
    Plan.objects.bulk_update(changed, WRITTEN, batch_size=BATCH)
    return result, over


def _locked(names: Collection[str]) -> dict[str, Plan]:
    if not names:
        return {}
    rows = Plan.objects.select_for_update(of=("self",)).select_related("account").filter(external_id__in=names)
    return {row.external_id: row for row in rows.order_by("id")}


def _undone(plans: Collection[Plan]) -> dict[UUID, int]:
    """How many milestones of each plan are not done."""
    rows = Milestone.objects.filter(plan__in=[plan.id for plan in plans], done_on=None).order_by()
    return dict(rows.values_list("plan_id").annotate(n=Count("id")))


def _make(told: Sequence[tuple[Row, Ids]], day: dt.date, origin: Origin) -> set[UUID]:
    """Make these plans, on the core track of their account; the ids of those that nobody else made meanwhile."""
    tracks = _cores({ids["account"] for _row, ids in told if ids["account"]})
    new = []
    for row, ids in told:
        account = cast(UUID, ids["account"])  # each row that is `named` has one
        plan = Plan(
            external_id=row.values["plan"], account_id=account, track=tracks.get(account), source=origin.source,
            source_ref=origin.ref,
        )  # fmt: skip
        _apply(plan, _said(row, ids), day)
        new.append(plan)
    Plan.objects.bulk_create(new, batch_size=BATCH, ignore_conflicts=True)
    return set(Plan.objects.filter(id__in=[plan.id for plan in new]).order_by().values_list("id", flat=True))


def _cores(accounts: Collection[UUID]) -> dict[UUID, Track]:
    """The open core track of each account; where it goes on in an account that was merged into it, that one (`core_of`)."""
    counts_as = {account: account for account in accounts}
    level = set(accounts)
    while level:
        parts = dict(Account.objects.filter(merged_into__in=level).values_list("id", "merged_into_id"))
        level = set(parts) - set(counts_as)
        counts_as |= {part: counts_as[parts[part]] for part in level}
    found: dict[UUID, Track] = {}
    rows = Track.objects.filter(account__in=list(counts_as), kind=TrackKind.CORE, closed_on=None)
    for track in sorted(rows, key=lambda one: (one.account_id not in accounts, one.opened_on, one.id)):
        found.setdefault(counts_as[track.account_id], track)
    return found


def _said(row: Row, ids: Ids) -> dict[str, Any]:
    """What a row says of its plan, by column; a kind and a state that are given empty stay what they are."""
    values: dict[str, Any] = {name: row.values[name] for name in ("name", "starts_on", "target_on")}
    values |= {name: row.values[name] for name in ("kind", "state") if row.values.get(name)}
    if "goal" in row.given:
        values["goal"] = row.values["goal"]
    if "owner_email" in row.given:
        values["owner_id"] = ids["owner_email"]
    return values


def _apply(plan: Plan, values: Mapping[str, Any], day: dt.date) -> bool:
    """Let the plan hold this; whether anything is another than before. It ends today, as far as anybody knows."""
    changes = {name: value for name, value in values.items() if getattr(plan, name) != value}
    if "state" in changes:
        over, was_over = changes["state"] != PlanState.ACTIVE, plan.state != PlanState.ACTIVE
        if not over or not was_over:
            changes["ended_on"] = day if over else None
    for name, value in changes.items():
        setattr(plan, name, value)
    return bool(changes)
