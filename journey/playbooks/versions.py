"""Versions of playbooks: drafts, what a draft would change, publishing with author and reason, as health models have them.

A published version never changes, and a play goes on by the version that it began with.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Member, Segment
from health import drafts
from health.enums import VersionState
from journey.models import Playbook, PlaybookVersion
from journey.playbooks.definition import Step, Steps


def segment_ids() -> list[str]:
    """Ids that a condition may name."""
    return [str(key) for key in Segment.objects.values_list("id", flat=True)]


def published(playbook: Playbook) -> PlaybookVersion | None:
    return playbook.versions.filter(state=VersionState.PUBLISHED).first()


def first_version(playbook: Playbook, steps: Steps, reason: str) -> PlaybookVersion:
    """The version that a playbook of the product begins with, published at once."""
    return PlaybookVersion.objects.create(
        playbook=playbook,
        number=1,
        steps=steps.json(),
        state=VersionState.PUBLISHED,
        reason=reason,
        published_at=timezone.now(),
    )


@transaction.atomic
def draft_from(*, playbook: Playbook, by: Member | None) -> PlaybookVersion:
    """The playbook's draft; when there is none, a new one that says what its latest version said."""
    Playbook.objects.select_for_update().get(id=playbook.id)
    draft = playbook.versions.filter(state=VersionState.DRAFT).first()
    if draft is not None:
        return draft
    latest = published(playbook) or playbook.versions.order_by("-number").first()
    last = playbook.versions.order_by("-number").values_list("number", flat=True).first() or 0
    steps = latest.steps if latest else []
    return PlaybookVersion.objects.create(playbook=playbook, number=last + 1, steps=steps, author=by)


@transaction.atomic
def save_draft(
    *, draft: PlaybookVersion, steps: Sequence[Any], version: int | None, by: Member | None
) -> PlaybookVersion:
    """Write what the draft says. DomainError with what is wrong and where; Conflict when somebody wrote in between."""
    checked = Steps.read(steps, segment_ids())
    row = drafts.locked(draft, version)
    row.steps, row.version, row.author = checked.json(), row.version + 1, by or row.author
    row.save(update_fields=["steps", "version", "author"])
    return row


@transaction.atomic
def discard_draft(*, draft: PlaybookVersion, by: Member | None) -> None:
    """Throw a draft away."""
    drafts.locked(draft, None).delete()


@transaction.atomic
def publish(*, draft: PlaybookVersion, reason: str, by: Member | None, version: int | None = None) -> PlaybookVersion:
    """From now on plays begin by this version; those that run go on by theirs. The reason stays with it."""
    reason = drafts.reason_of(reason, _("Say why the playbook changes."))
    Playbook.objects.select_for_update().get(id=draft.playbook_id)
    row = drafts.locked(draft, version)
    Steps.read(row.steps, segment_ids())
    row.playbook.versions.filter(state=VersionState.PUBLISHED).update(state=VersionState.RETIRED)
    row.state, row.published_at, row.reason = VersionState.PUBLISHED, timezone.now(), reason
    row.author, row.version = by or row.author, row.version + 1
    row.save(update_fields=["state", "published_at", "reason", "author", "version"])
    # It counts as changed for programs that follow it, but nobody's open form of its settings grows stale by it.
    Playbook.objects.filter(id=row.playbook_id).update(updated_at=timezone.now())
    return row


@dataclass(frozen=True)
class Change:
    """A step that another version has, has not, or says otherwise: `before` or `after` is None for a new or a lost one,
    `fields` names what differs."""

    before: Step | None
    after: Step | None
    fields: tuple[str, ...] = ()


def changes(old: Steps | None, new: Steps) -> list[Change]:
    """What `new` does otherwise than `old`, step by step, in the order of `new`; lost steps last."""
    before = {step.key: step for step in old.steps} if old else {}
    found = []
    for step in new.steps:
        known = before.pop(step.key, None)
        if known is None:
            found.append(Change(None, step))
            continue
        task = ("title", "note", "doer", "work", "urgent")
        names = ("days", "condition", "mail", *(() if step.mail and known.mail else task))
        differing = tuple(name for name in names if getattr(known, name) != getattr(step, name))
        if differing:
            found.append(Change(known, step, differing))
    return found + [Change(step, None) for step in before.values()]
