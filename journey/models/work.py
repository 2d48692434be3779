"""What is to be done: tasks, what is said of them, and the plays that make them (ACC-15, REQUIREMENTS 1K)."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.enums import ChangeSource, HealthBand
from accounts.models import Account, Member, Segment
from cs_platform.kernel.tenancy import EntityModel, TenantForeignKey
from health.enums import VersionState
from health.models import Alert
from journey.enums import PlayState, Rhythm, TaskState, Urgency, Why, WorkType
from journey.models.issues import Issue
from journey.models.plans import Milestone
from journey.models.tracks import Regression


class Playbook(EntityModel):
    """Steps that follow a cause: started by hand, or by a rule of the trigger catalogue. What it does stands in its
    versions."""

    audited: ClassVar[bool] = True

    key = models.CharField(max_length=40)
    name = models.CharField(_("Name"), max_length=120)
    # The alert rule that starts it; empty: by hand only.
    rule = models.CharField(_("Started by"), max_length=30, blank=True)
    segment = TenantForeignKey(
        Segment, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("Segment")
    )
    enabled = models.BooleanField(_("On"), default=False)
    cap = models.PositiveIntegerField(_("At most in one run"), default=50)
    cooldown_days = models.PositiveSmallIntegerField(_("Days of quiet after it began"), default=30)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "key"], name="playbook_key")]

    def __str__(self) -> str:
        return self.name


class PlaybookVersion(EntityModel):
    """The steps of a playbook. A published one never changes: an edit is a draft that replaces it."""

    audited: ClassVar[bool] = True

    playbook = TenantForeignKey(Playbook, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=VersionState, default=VersionState.DRAFT)
    # The steps, checked by playbooks.definition.Steps.read: [{"key", "title": {"en", "id", "ms"}, "note": {…}, "doer",
    # "work", "days", "urgent", "if": {"band": […], …} or absent}].
    steps = models.JSONField(default=list)
    reason = models.CharField(_("Reason"), max_length=500, blank=True)
    author = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    published_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "playbook", "number"], name="playbookversion_number"),
            models.UniqueConstraint(
                fields=["tenant", "playbook"], condition=models.Q(state="published"), name="playbookversion_published"
            ),
            models.UniqueConstraint(
                fields=["tenant", "playbook"], condition=models.Q(state="draft"), name="playbookversion_draft"
            ),
        ]


class Play(EntityModel):
    """One run of a playbook for one account: why it began, with what inputs, and what became of it."""

    audited: ClassVar[bool] = True

    playbook = TenantForeignKey(PlaybookVersion, models.PROTECT, related_name="plays")
    account = TenantForeignKey(Account, models.CASCADE, related_name="plays")
    # The alert that started it; a cause starts a play once, however often the night runs.
    alert = TenantForeignKey(Alert, models.SET_NULL, null=True, related_name="plays")
    started_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    as_of = models.DateField()
    # What the rule measured, or what the person wrote: shown with each of its tasks.
    inputs = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=PlayState, default=PlayState.RUNNING)
    started_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    ended_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(_("Reason"), max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-started_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "alert", "playbook"], name="play_once_for_a_cause"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "account", "-started_at"], name="play_of_account"),
            models.Index(fields=["tenant", "playbook", "-started_at"], name="play_of_version"),
        ]


class Task(EntityModel):
    """Something that somebody does by a day, and why it exists."""

    audited: ClassVar[bool] = True

    external_id = models.CharField(_("External id"), max_length=200)
    account = TenantForeignKey(Account, models.CASCADE, null=True, blank=True, related_name="tasks")
    title = models.CharField(_("Task"), max_length=200)
    note = models.TextField(_("Note"), max_length=4000, blank=True)
    work = models.CharField(_("Kind of work"), max_length=12, choices=WorkType, default=WorkType.COORDINATION)
    # Whose it is; of the pool when there is no owner.
    owner = TenantForeignKey(
        Member, models.SET_NULL, null=True, blank=True, related_name="tasks", verbose_name=_("Owner")
    )
    # One of the pool is its taker's for some hours; then it returns.
    taken_until = models.DateTimeField(null=True)
    due_on = models.DateField(_("Due"))
    due_at = models.TimeField(_("At"), null=True, blank=True)
    urgency = models.CharField(_("Urgency"), max_length=6, choices=Urgency, default=Urgency.NORMAL)
    state = models.CharField(max_length=9, choices=TaskState, default=TaskState.OPEN)
    snoozed_until = models.DateField(_("Snoozed until"), null=True, blank=True)
    # The hour of that day at which it comes back, by the company's clock; and whether a fall of health wakes it sooner.
    snoozed_time = models.TimeField(_("At"), null=True, blank=True)
    wakes = models.BooleanField(_("Wake it when health falls"), default=False)
    # The account's band when it was put off to wake; still there without `wakes` once a fall of health has woken it.
    snoozed_band = models.CharField(max_length=6, choices=HealthBand, blank=True)
    rhythm = models.CharField(_("Comes again"), max_length=9, choices=Rhythm, blank=True)
    # [{"text", "done"}]
    checklist = models.JSONField(default=list)
    why = models.CharField(max_length=9, choices=Why, default=Why.PERSON)
    alert = TenantForeignKey(Alert, models.SET_NULL, null=True, related_name="tasks")
    play = TenantForeignKey(Play, models.CASCADE, null=True, related_name="tasks")
    step = models.CharField(max_length=40, blank=True)
    milestone = TenantForeignKey(Milestone, models.SET_NULL, null=True, related_name="tasks")
    regression = TenantForeignKey(Regression, models.SET_NULL, null=True, related_name="tasks")
    issue = TenantForeignKey(Issue, models.SET_NULL, null=True, related_name="tasks")
    follows = TenantForeignKey("self", models.SET_NULL, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)
    done_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    result = models.CharField(_("What came of it"), max_length=500, blank=True)
    created_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    source = models.CharField(max_length=8, choices=ChangeSource)
    source_ref = models.UUIDField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["due_on", "due_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "external_id"], name="task_external_id"),
            models.UniqueConstraint(
                fields=["tenant", "play", "step"], condition=models.Q(play__isnull=False), name="task_once_for_a_step"
            ),
            models.CheckConstraint(
                condition=models.Q(state="open", done_at=None) | ~models.Q(state="open"), name="task_open_is_not_done"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "owner", "due_on"], name="task_of_owner", condition=models.Q(state="open")),
            models.Index(fields=["tenant", "account", "due_on"], name="task_of_account"),
            models.Index(
                fields=["tenant", "due_on"], name="task_of_pool", condition=models.Q(state="open", owner=None)
            ),
            models.Index(
                fields=["tenant", "owner", "-done_at"], name="task_done_lately", condition=models.Q(state="done")
            ),
            models.Index(fields=["tenant", "updated_at", "id"], name="task_by_update"),
            models.Index(fields=["tenant", "account"], name="task_wakes", condition=models.Q(state="open", wakes=True)),
        ]

    def __str__(self) -> str:
        return self.title


class TaskComment(EntityModel):
    """What is said of a task. Append-only."""

    append_only: ClassVar[bool] = True

    task = TenantForeignKey(Task, models.CASCADE, related_name="comments")
    author = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    text = models.TextField(_("Comment"), max_length=4000)
    at = models.DateTimeField(db_default=Now())

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["at", "id"]
        indexes: ClassVar = [models.Index(fields=["tenant", "task", "at"], name="taskcomment_of_task")]


class Mention(EntityModel):
    """Somebody was named in a comment, or does the task that it is of; it waits in their inbox until they have seen it."""

    comment = TenantForeignKey(TaskComment, models.CASCADE, related_name="mentions")
    member = TenantForeignKey(Member, models.CASCADE, related_name="mentions")
    seen_at = models.DateTimeField(null=True)

    class Meta(EntityModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "comment", "member"], name="mention_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "member"], name="mention_unseen", condition=models.Q(seen_at=None)),
        ]
