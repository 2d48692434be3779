"""Verbs about the templates that a company writes itself (JRN-12). Plans that were made from one stay as they are."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.customers import refused
from accounts.models import Member, Segment
from cs_platform.kernel.edits import check_seen, put
from journey.enums import PlanKind
from journey.models import PlanTemplate
from journey.plans.templates import check


@transaction.atomic
def save_template(
    *,
    template: PlanTemplate | None,
    name: str,
    kind: str,
    segment: Segment | None,
    milestones: Sequence[Mapping[str, Any]],
    version: int | None,
    by: Member,
) -> PlanTemplate:
    """Write a template (`template` None) or change one. DomainError names the field; Conflict when it was changed since
    `version`."""
    if kind not in PlanKind.values:
        raise refused("kind", _("Choose one of the list."))
    name = name.strip()
    others = PlanTemplate.objects.filter(name=name).exclude(id=template.id if template else None)
    if not name or others.exists():
        raise refused("name", _("There is one already.") if name else _("A value is required here."))
    kept = check(milestones)
    if template is None:
        return PlanTemplate.objects.create(name=name, kind=kind, segment=segment, milestones=kept)
    row = PlanTemplate.objects.select_for_update().get(id=template.id)
    check_seen(row, version)
    return put(row, name=name, kind=kind, segment=segment, milestones=kept)


def remove_template(*, template: PlanTemplate, by: Member) -> None:
    """Take it away."""
    template.delete()
