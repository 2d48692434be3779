"""Tables of the journey floor: where customers are, what was agreed with them, what is to be done."""

from journey.models.handoffs import Handoff
from journey.models.issues import Issue, IssueAccount
from journey.models.letters import Letter
from journey.models.plans import Milestone, MilestoneNeed, Plan, PlanTemplate
from journey.models.sums import JourneyMark, JourneySpan, JourneySum
from journey.models.tracks import (
    CriterionCheck,
    CustomerLink,
    Regression,
    StageCriterion,
    StagePeriod,
    StageTarget,
    Track,
)
from journey.models.work import Mention, Play, Playbook, PlaybookVersion, Task, TaskComment

__all__ = [
    "CriterionCheck",
    "CustomerLink",
    "Handoff",
    "Issue",
    "IssueAccount",
    "JourneyMark",
    "JourneySpan",
    "JourneySum",
    "Letter",
    "Mention",
    "Milestone",
    "MilestoneNeed",
    "Plan",
    "PlanTemplate",
    "Play",
    "Playbook",
    "PlaybookVersion",
    "Regression",
    "StageCriterion",
    "StagePeriod",
    "StageTarget",
    "Task",
    "TaskComment",
    "Track",
]
