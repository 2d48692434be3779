"""What this floor adds to the pages below it: names of its tables in the audit trail, whose changes an account's history
tells."""

from django.utils.translation import gettext_lazy

from accounts import audit_trail, dossier
from journey.playbooks.services import follow_task
from journey.work.services import SETTLED

TOLD = ("tracks", "plans", "tasks", "plays", "customer_links")
TABLES = {
    "journey_customerlink": gettext_lazy("Link for a customer"),
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


def register() -> None:
    """Called once, when the apps are ready."""
    dossier.TOLD.extend(name for name in TOLD if name not in dossier.TOLD)
    audit_trail.TABLES.update(TABLES)
    if follow_task not in SETTLED:
        SETTLED.append(follow_task)
