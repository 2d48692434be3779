"""Steps of renewals that come near become tasks (TRG-11), one that was won is celebrated (REN-04), and a task says which renewal
asks for it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.absences import standing_in
from accounts.cells import short_day
from accounts.enums import ChangeSource, Profile
from accounts.models import Account, Member, Tenant
from cs_platform.kernel import sqljobs
from cs_platform.kernel.templatetags.cells import day_text
from cs_platform.kernel.tenancy import current_tenant_id
from journey.enums import TaskState, Urgency, Why, WorkType
from journey.models import Task
from journey.work.services import add_task, cancel_task, reopen_task
from renewals.enums import Step
from renewals.models import Renewal, RenewalStep

SQL = Path(__file__).parent / "sql"
QUOTE = "renewal:quote:"  # of which quote, in the id of a task that its answer asks for
THANKS = "renewal:thanks:"  # of which renewal, in the id of such a task
AHEAD = 14  # days before its day that a step becomes a task
URGENT = 30  # days before the end from which on each step is urgent
THANKS_DAYS = 14  # after closing, to thank them and plan what comes next


def make_step_tasks(as_of: dt.date) -> int:
    """Step of the night: a task for the next step of each open renewal that is due within two weeks, once for a step; how
    many. It is the work of the account's owner, of who stands in where they are away, else of the pool."""
    params = {"tenant_id": current_tenant_id(), "until": as_of + dt.timedelta(days=AHEAD)}
    rows = sqljobs.rows(SQL / "near.sql", params)
    if not rows:
        return 0
    names = {_key(row): row for row in rows}
    doers = _doers(rows, as_of)
    known = set(Task.objects.filter(external_id__in=list(names)).values_list("external_id", flat=True))
    fresh = [_task(key, row, doers.get(row["account_id"]), as_of) for key, row in names.items() if key not in known]
    Task.objects.bulk_create(fresh, batch_size=2000, ignore_conflicts=True)
    told = {
        "tenant_id": current_tenant_id(),
        "step_ids": [str(row["id"]) for row in names.values()],
        "names": list(names),
    }
    with sqljobs.in_bulk(len(names)):  # of tasks that were written a moment ago the planner knows nothing
        sqljobs.execute(SQL / "asked.sql", told)
    return len(fresh)


def _key(row: Mapping[str, Any]) -> str:
    """One task for a step and its day: a renewal that moved asks anew."""
    return f"renewal:{row['id']}:{row['due_on'].isoformat()}"


def _doers(rows: Sequence[Mapping[str, Any]], day: dt.date) -> dict[Any, Member | None]:
    """Whom the work of each account falls to (ROL-02); nobody's is the pool's."""
    accounts = Account.objects.filter(id__in={row["account_id"] for row in rows}).select_related("owner__user")
    owners = {account.id: account.owner for account in accounts}
    covers = standing_in(day, {owner.id for owner in owners.values() if owner is not None})
    found: dict[Any, Member | None] = {}
    for account, owner in owners.items():
        active = owner if owner is not None and owner.is_active else None
        found[account] = covers.get(owner.id, active) if owner is not None else None
    return found


def _task(key: str, row: Mapping[str, Any], doer: Member | None, as_of: dt.date) -> Task:
    with override((doer.user.language if doer else "") or settings.LANGUAGE_CODE):
        words = {"step": Step(row["step"]).label, "day": day_text(row["renews_on"])}
        title = _("Renewal on %(day)s: %(step)s") % words
        note = _("Planned %(days)s days before the contract ends.") % {"days": row["days"]}
    urgent = (row["renews_on"] - as_of).days <= URGENT
    return Task(
        external_id=key,
        account_id=row["account_id"],
        title=title[:200],
        note=note,
        work=WorkType.RENEWAL,
        owner=doer,
        due_on=row["due_on"],
        urgency=Urgency.HIGH if urgent else Urgency.NORMAL,
        why=Why.RENEWAL,
        source=ChangeSource.RULE,
        source_ref=row["renewal_id"],
    )


def ask_for_thanks(renewal: Renewal) -> Task | None:
    """A task of the account's owner to thank a customer who stays and to plan the next phase with them (REN-04), once for a renewal;
    one that closing was undone for is open again. None where a product renews itself: nobody spoke with them."""
    if renewal.profile == Profile.PRODUCT_LED:
        return None
    owner = renewal.account.owner
    with override((owner.user.language if owner else "") or settings.LANGUAGE_CODE):
        title = _("Thank %(name)s, and plan the next phase with them") % {"name": renewal.account.name}
    day = Tenant.current().today()
    task = add_task(
        title=title[:200],
        due_on=day + dt.timedelta(days=THANKS_DAYS),
        by=None,
        account=renewal.account,
        work=WorkType.RENEWAL,
        why=Why.RENEWAL,
        external_id=f"{THANKS}{renewal.id}",
        source_ref=renewal.id,
    )
    return reopen_task(task=task, version=None, by=None) if task.state == TaskState.CANCELLED else task


def take_thanks_back(renewal: Renewal, words: str) -> None:
    """The renewal is open again: what it asked for waits until it is closed."""
    for task in Task.objects.filter(external_id=f"{THANKS}{renewal.id}", state=TaskState.OPEN):
        cancel_task(task=task, version=None, by=None, reason=words)


def reason(task: Task, tenant: Tenant, today: dt.date) -> dict[str, Any]:
    """Why a task of a renewal exists: its step, by which day, and the way to it (`journey.work.reasons.ASKED`)."""
    step = RenewalStep.objects.filter(task=task).select_related("renewal").first()
    asked = task.external_id.startswith((THANKS, QUOTE))
    renewal = step.renewal if step else Renewal.objects.filter(id=task.source_ref).first() if asked else None
    if renewal is None:
        return {"title": str(Why.RENEWAL.label)}
    if step:
        words = {"step": step.get_step_display(), "days": step.days}
        text = _("Step “%(step)s”, %(days)s days before the end") % words
    elif task.external_id.startswith(QUOTE):
        text = _("They answered the quote")
    else:
        text = _("It was closed: %(outcome)s") % {"outcome": renewal.get_state_display()}
    return {
        "title": _("Renewal on %(day)s") % {"day": short_day(renewal.due_on, today)},
        "text": text,
        "url": reverse("account_renewal", args=[tenant.slug, renewal.account_id]),
        "link": _("The renewal"),
    }
