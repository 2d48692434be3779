"""Drafts of what is published in versions (health models, playbooks): what is checked before one is written or published.

A published version never changes: who wants another begins a draft. The reason of a version stays with it.
"""

from typing import Any, TypeVar

from django.db import models
from django.utils.translation import gettext as _

from cs_platform.kernel.errors import Conflict, DomainError
from health.enums import VersionState

REASON = 500
Draft = TypeVar("Draft", bound=models.Model)


def locked(draft: Draft, seen: int | None) -> Draft:
    """The draft as it stands, locked. Conflict when it is none any more, or not the version that was `seen` (None: any)."""
    row: Any = type(draft)._default_manager.select_for_update().filter(pk=draft.pk).first()
    if row is None or row.state != VersionState.DRAFT:
        raise Conflict(_("This is no draft any more. What is published never changes: begin a new draft."))
    if seen is not None and row.version != seen:
        raise Conflict(_("Somebody changed this draft in the meantime. Look at it again."))
    return row  # type: ignore[no-any-return]  # of the draft's own model


def reason_of(text: str, missing: str) -> str:
    """Why it is published, tidied. DomainError on `reason`, with the sentence `missing` where there is none."""
    reason = text.strip()
    problem = missing if not reason else ""
    if len(reason) > REASON:
        problem = _("At most %(count)d characters.") % {"count": REASON}
    if problem:
        raise DomainError(problem, fields={"reason": problem})
    return reason
