"""One verb on many tasks: each row is done as a whole or refused with a sentence, and the others go on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Member
from cs_platform.kernel.errors import DomainError
from journey.models import Task
from journey.work.sharing import visible_tasks

MOST = 500


@dataclass
class Outcome:
    """The tasks that were changed, and of each other one why not."""

    done: list[Task] = field(default_factory=list)
    refused: list[tuple[Task, str]] = field(default_factory=list)
    gone: int = 0  # ids that are nobody's here


def each(*, ids: Sequence[UUID], by: Member, act: Callable[[Task], Task]) -> Outcome:
    """Do `act` to each of these tasks that the member sees, in the order of their days. DomainError for too many."""
    wished = set(ids)
    if len(wished) > MOST:
        raise DomainError(_("At most %(limit)s at a time.") % {"limit": MOST}, code="too_many")
    rows = list(visible_tasks(by).filter(id__in=wished).select_related("account", "owner").order_by("due_on", "id"))
    result = Outcome(gone=len(wished) - len(rows))
    for row in rows:
        try:
            with transaction.atomic():
                result.done.append(act(row))
        except DomainError as error:
            result.refused.append((row, error.message))
    return result
