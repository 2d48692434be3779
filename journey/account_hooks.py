"""What this floor adds to the pages below it: names of its tables in the audit trail, whose changes an account's history
tells."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit_trail, dossier
from accounts.account_frame import ASIDES
from cs_platform.kernel.access import Permission, TenantRequest, may
from health.alerts.offers import OFFERS, Offer
from health.enums import AlertState
from health.models import Alert
from health.next_steps import PLANNED, step_values
from journey import timeline
from journey.handoffs import account_hooks as handoff_hooks
from journey.issues import account_hooks as issue_hooks
from journey.models import Task
from journey.playbooks import account_hooks as play_hooks
from journey.stages import inbox as stage_inbox
from journey.work import inbox as work_inbox
from journey.work.selectors import OPEN, with_day

TOLD = ("tracks", "plans", "tasks", "plays", "letters", "customer_links", "handoffs")
TABLES = {
    "journey_customerlink": gettext_lazy("Link for a customer"),
    "journey_handoff": gettext_lazy("Handoff"),
    "journey_issue": gettext_lazy("Issue"),
    "journey_issueaccount": gettext_lazy("Issue of an account"),
    "journey_letter": gettext_lazy("Mail of a playbook"),
    "journey_milestone": gettext_lazy("Milestone"),
    "journey_plan": gettext_lazy("Plan"),
    "journey_plantemplate": gettext_lazy("Plan template"),
    "journey_play": gettext_lazy("Play"),
    "journey_playbook": gettext_lazy("Playbook"),
    "journey_playbookversion": gettext_lazy("Version of a playbook"),
    "journey_regression": gettext_lazy("Proposal to go back"),
    "journey_stagecriterion": gettext_lazy("Criterion of a stage"),
    "journey_stageperiod": gettext_lazy("Stage"),
    "journey_stagetarget": gettext_lazy("Target of a stage"),
    "journey_task": gettext_lazy("Task"),
    "journey_track": gettext_lazy("Track"),
}


OWN_TASKS = ("account-tasks", "account_tasks", gettext_lazy("Tasks"))


def planned(accounts: list[UUID]) -> QuerySet[Any, Any]:
    """The open tasks of these accounts, as steps."""
    rows = with_day(Task.objects.filter(OPEN, account__in=accounts)).order_by()
    return rows.values_list(*step_values("title", "task", day="day", row="id"))


def make_a_task(request: TenantRequest, alert: Alert) -> list[Offer]:
    """What an alert asks for may become a task (HLT-05)."""
    if not may(request, Permission.EDIT_ACCOUNTS) or alert.state != AlertState.OPEN:
        return []
    url = f"{reverse('task_new', args=[request.tenant.slug])}?alert={alert.id}"
    return [Offer(_("Make a task"), url, drawer=True)]


def register() -> None:
    """Called once, when the apps are ready."""
    dossier.TOLD.extend(name for name in TOLD if name not in dossier.TOLD)
    audit_trail.TABLES.update(TABLES)
    play_hooks.register()
    if planned not in PLANNED:
        PLANNED.append(planned)
    if OWN_TASKS not in ASIDES:
        ASIDES.append(OWN_TASKS)
    handoff_hooks.register()
    issue_hooks.register()
    timeline.register()
    stage_inbox.register()
    work_inbox.register()
    if make_a_task not in OFFERS:
        OFFERS.append(make_a_task)
