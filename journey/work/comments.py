"""What is said of a task, and who is named in it. Comments are append-only; a mention waits until it was seen."""

import re
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.customers import refused
from accounts.models import Member
from journey.models import Mention, Task, TaskComment
from journey.work.sharing import visible_tasks, who_sees

LONGEST = 4000


@transaction.atomic
def comment(*, task: Task, text: str, by: Member | None, mentioned: Sequence[Member] = ()) -> TaskComment:
    """Say something of a task. Named are the `mentioned` and everybody whose name or e-mail stands in it after an @.

    Who does the task is told of each comment on it. Only who sees the account is told; DomainError on `text` for somebody
    else, so that nobody waits for an answer in vain. Example: "@Hassan Malik please call Ingrid first".
    """
    said = text.strip()
    if not said:
        raise refused("text", _("Write what you want to say."))
    if len(said) > LONGEST:
        raise refused("text", _("At most %(limit)s characters fit here.") % {"limit": LONGEST})
    people = list(Member.objects.filter(is_active=True).select_related("user"))
    named = {member.id: member for member in (*mentioned, *named_in(said, people))}
    allowed = set(who_sees(task.account).values_list("id", flat=True))
    for member in named.values():
        if member.id not in allowed and member.id != task.owner_id:
            raise refused("text", _("%(name)s does not see this account.") % {"name": member.name})
    row = TaskComment.objects.create(task=task, author=by, text=said)
    told = {**named, **({task.owner.id: task.owner} if task.owner is not None and task.owner.is_active else {})}
    if by is not None:
        told.pop(by.id, None)
    Mention.objects.bulk_create(
        [Mention(comment=row, member=member) for member in told.values()], ignore_conflicts=True
    )
    return row


def named_in(text: str, people: Iterable[Member]) -> list[Member]:
    """The members whose whole name or e-mail stands in the text after an @, in any case; of two names the longer."""
    low, found = text.lower(), []
    taken: list[tuple[int, int]] = []
    words = [(name, member) for member in people for name in {member.name.lower(), member.user.email.lower()} if name]
    for word, member in sorted(words, key=lambda each: -len(each[0])):
        for match in re.finditer(rf"(?<!\w)@{re.escape(word)}(?!\w)", low):
            start, end = match.span()
            if not any(a < end and start < b for a, b in taken):
                taken.append((start, end))
                found.append(member)
    return list({member.id: member for member in found}.values())


def mentions_of(member: Member) -> QuerySet[Any]:
    """What the member was named in, on tasks that they still see, with the moment `at`; the latest first."""
    rows = Mention.objects.filter(member=member, comment__task__in=visible_tasks(member).values("id"))
    rows = rows.select_related("comment__author", "comment__task__account")
    return rows.annotate(at=F("comment__at")).order_by("-at", "-id")


def see_mentions(*, member: Member, task_id: UUID | None = None) -> int:
    """The member has read them: those of one task, or all. How many were new."""
    rows = Mention.objects.filter(member=member, seen_at=None)
    if task_id is not None:
        rows = rows.filter(comment__task_id=task_id)
    return rows.update(seen_at=timezone.now())
