"""The kinds of rows of the journey floor (CONTRACTS 1)."""

from pathlib import Path

from django.utils.translation import gettext_lazy

from accounts.enums import ImportKind
from accounts.kinds import Kind
from journey.issues import rows as issues
from journey.issues.merge import merge_issue_rows
from journey.plans import rows as plans
from journey.stages import rows as stages
from journey.stages.merge import merge_stages
from journey.work import rows as tasks
from journey.work.merge import merge_tasks
from journey.work.milestones import merge_plan_rows

SAMPLES = Path(__file__).parent / "data" / "samples"

KINDS = (
    Kind.of(
        ImportKind.STAGES,
        gettext_lazy("Import stages"),
        stages,
        key=("period",),
        merge=merge_stages,
        repeated=gettext_lazy("Row %(first)s has this time in a stage already, with other values."),
        samples=SAMPLES,
    ),
    Kind.of(
        ImportKind.TASKS,
        gettext_lazy("Import tasks"),
        tasks,
        key=("task",),
        merge=merge_tasks,
        repeated=gettext_lazy("Row %(first)s has this task already, with other values."),
        samples=SAMPLES,
    ),
    Kind.of(
        ImportKind.PLANS,
        gettext_lazy("Import plans"),
        plans,
        key=("plan",),
        merge=merge_plan_rows,
        repeated=gettext_lazy("Row %(first)s has this plan already, with other values."),
        samples=SAMPLES,
    ),
    Kind.of(
        ImportKind.ISSUES,
        gettext_lazy("Import issues"),
        issues,
        key=("issue", "account"),
        merge=merge_issue_rows,
        repeated=gettext_lazy("Row %(first)s has this customer of the issue already, with other values."),
        latest="issue",
        samples=SAMPLES,
    ),
)
