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
    Kind(
        name=ImportKind.STAGES.value,
        title=gettext_lazy("Import stages"),
        fields=stages.FIELDS,
        required=stages.REQUIRED,
        key=("period",),
        merge=merge_stages,
        labels=stages.LABELS,
        check=stages.check,
        repeated=gettext_lazy("Row %(first)s has this time in a stage already, with other values."),
        synonyms=stages.SYNONYMS,
        samples=SAMPLES,
    ),
    Kind(
        name=ImportKind.TASKS.value,
        title=gettext_lazy("Import tasks"),
        fields=tasks.FIELDS,
        required=tasks.REQUIRED,
        key=("task",),
        merge=merge_tasks,
        labels=tasks.LABELS,
        check=tasks.check,
        repeated=gettext_lazy("Row %(first)s has this task already, with other values."),
        synonyms=tasks.SYNONYMS,
        samples=SAMPLES,
    ),
    Kind(
        name=ImportKind.PLANS.value,
        title=gettext_lazy("Import plans"),
        fields=plans.FIELDS,
        required=plans.REQUIRED,
        key=("plan",),
        merge=merge_plan_rows,
        labels=plans.LABELS,
        check=plans.check,
        repeated=gettext_lazy("Row %(first)s has this plan already, with other values."),
        synonyms=plans.SYNONYMS,
        samples=SAMPLES,
    ),
    Kind(
        name=ImportKind.ISSUES.value,
        title=gettext_lazy("Import issues"),
        fields=issues.FIELDS,
        required=issues.REQUIRED,
        key=("issue", "account"),
        merge=merge_issue_rows,
        labels=issues.LABELS,
        check=issues.check,
        repeated=gettext_lazy("Row %(first)s has this customer of the issue already, with other values."),
        latest="issue",
        synonyms=issues.SYNONYMS,
        samples=SAMPLES,
    ),
)
