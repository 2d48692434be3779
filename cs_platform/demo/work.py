"""What people of the demo's companies have agreed and are to do: plans, tasks, and playbooks that are on (ADR 0006).

Through the services, so that everything says why it exists. Dice of its own; a tenant that has plans or tasks is left alone.
"""

import datetime as dt
from random import Random

from accounts.enums import Status
from accounts.models import Account, Member
from cs_platform.kernel.errors import DomainError
from health.models import Alert
from journey.enums import Rhythm, TrackKind, Urgency, WorkType
from journey.models import Plan, Playbook, StagePeriod, Task
from journey.plans import services as plans
from journey.plans import templates
from journey.playbooks import installing
from journey.playbooks import services as playbooks
from journey.work import services as work

DAY = dt.timedelta(days=1)
SUCCESS_PLANS = 24  # of the largest customers
SWITCHED_ON = 5  # playbooks that start by themselves
# Title, kind of work, whether it is urgent.
JOBS = (
    ("Prepare the quarterly review", WorkType.EXECUTIVE, False),
    ("Send the usage report to the sponsor", WorkType.VALUE, False),
    ("Check in on the open tickets", WorkType.HEALTH, True),
    ("Book training for the new users", WorkType.ADOPTION, False),
    ("Write the value story with their numbers", WorkType.VALUE, False),
    ("Ask who decides about the renewal", WorkType.RENEWAL, True),
    ("Draft the renewal proposal", WorkType.RENEWAL, False),
    ("Show the automation module to the second team", WorkType.EXPANSION, False),
    ("Ask whether they would take a reference call", WorkType.ADVOCACY, False),
    ("Find a second contact beside the champion", WorkType.EXECUTIVE, True),
    ("Forward the wish for finer permissions to product", WorkType.COORDINATION, False),
)
POOLED = ("Answer the question about the invoice", "Help with the import of contacts", "Call back about single sign-on")
RESULTS = ("Done on the phone.", "Sent; they answer by Friday.", "Agreed, see the notes of the meeting.")


def switch_on() -> None:
    """Playbooks of the catalogue that a rule starts: the first of them are on, so that the night starts their plays."""
    installing.install()
    ops = Member.objects.get(role__key="ops")
    for playbook in Playbook.objects.exclude(rule="").order_by("key")[:SWITCHED_ON]:
        playbooks.switch(playbook=playbook, on=True, version=None, by=ops)


def plan(seed: int, last: dt.date) -> int:
    """Onboarding plans of the customers in onboarding, some of whose milestones are late or held up, and success plans of
    the largest customers; how many were made."""
    if Plan.objects.exists():
        return 0
    made = 0
    open_ones = StagePeriod.objects.filter(stage="onboarding", exited_on=None, track__kind=TrackKind.CORE)
    for period in open_ones.select_related("track__account__segment", "track__account__owner").order_by("external_id"):
        account, chance = period.track.account, Random(f"{seed}:{period.external_id}:plan")
        if account.status != Status.LIVE or account.owner is None:
            continue
        made += 1
        row = plans.make_plan(
            account=account,
            template=templates.usual(account.segment),
            starts_on=period.entered_on,
            by=account.owner,
            track=period.track,
            owner=account.owner,
            customer_owner=account.contacts.filter(left_on=None).order_by("external_id").first(),
            external_id=f"{account.external_id}-onboarding",
        )
        _walk_plan(row, chance, last, account.owner, period.blocker)
    largest = Account.objects.filter(status=Status.LIVE, tracks__kind=TrackKind.CORE).exclude(owner=None)
    for account in largest.select_related("owner").order_by("-mrr_minor", "external_id")[:SUCCESS_PLANS]:
        chance = Random(f"{seed}:{account.external_id}:success")
        made += 1
        row = plans.make_plan(
            account=account,
            template=templates.SUCCESS,
            starts_on=last - DAY * chance.randrange(20, 200),
            by=account.owner,
            goal="Bring the further departments to the same way of working.",
            owner=account.owner,
            customer_owner=account.contacts.filter(left_on=None).order_by("external_id").first(),
            external_id=f"{account.external_id}-success",
        )
        _walk_plan(row, chance, last, account.owner, "")
    return made


def _walk_plan(row: Plan, chance: Random, last: dt.date, by: Member, blocker: str) -> None:
    """Do the milestones that are due, up to where something holds the plan up."""
    for milestone in row.milestones.select_related("plan").order_by("position", "due_on", "id"):
        if milestone.due_on > last + DAY:
            return
        if blocker or chance.random() < 0.12:
            if blocker:
                plans.block_milestone(milestone=milestone, blocker=blocker, version=None, by=by)
            return
        done = min(milestone.due_on + DAY * chance.randrange(-3, 5), last)
        try:
            plans.finish_milestone(milestone=milestone, version=None, by=by, on=max(done, row.starts_on))
        except DomainError:  # it waits for one that is late
            return


def add_tasks(seed: int, last: dt.date) -> int:
    """Tasks of the people who look after accounts: late, of today, later, put off, done; of the pool, and for alerts."""
    if Task.objects.filter(external_id__startswith="demo-").exists():
        return 0
    made, today = 0, last + DAY
    live = Account.objects.filter(status=Status.LIVE, merged_into=None).select_related("owner").order_by("external_id")
    alerts = {alert.account_id: alert for alert in Alert.objects.filter(state="open").order_by("opened_at", "id")}
    for account in live:
        chance = Random(f"{seed}:{account.external_id}:tasks")
        pooled = account.tier == "tech_touch"
        if chance.random() > (0.12 if pooled else 0.42):
            continue
        title, kind, urgent = (chance.choice(POOLED), WorkType.COORDINATION, False) if pooled else chance.choice(JOBS)
        alert = alerts.get(account.id) if chance.random() < 0.3 and not pooled else None
        task = work.add_task(
            title=title,
            due_on=today + DAY * chance.choice((-6, -3, -1, 0, 0, 1, 2, 3, 4, 6, 9, 14)),
            by=None,
            account=account,
            owner=None if pooled else work.ACCOUNTS_OWNER,
            work=kind,
            urgency=Urgency.HIGH if urgent else Urgency.NORMAL,
            rhythm=Rhythm.QUARTERLY if title.startswith("Prepare the quarterly") else Rhythm.NONE,
            alert=alert,
            external_id=f"demo-{account.external_id}",
        )
        made += 1
        dice = chance.random()
        if dice < 0.16 and task.owner:
            work.finish_task(task=task, version=None, by=task.owner, result=chance.choice(RESULTS))
        elif dice < 0.24 and task.owner:
            work.snooze_task(task=task, until=today + DAY * chance.randrange(2, 10), version=None, by=task.owner)
    return made
