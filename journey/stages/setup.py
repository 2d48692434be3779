"""Verbs about what a company asks of its stages: criteria on and off, thresholds, own ones, targets by segment (JRN-07, JRN-35)."""

from decimal import Decimal
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from accounts.customers import refused
from accounts.models import Segment
from cs_platform.kernel.edits import check_seen, put
from cs_platform.kernel.errors import Conflict, DomainError
from journey.enums import Evidence, Stage
from journey.models import StageCriterion, StageTarget
from journey.stages.criteria import BUILT_IN, SHARE, Criterion, criteria_of_all

M = TypeVar("M", StageCriterion, StageTarget)
MOST = Decimal(100_000)
LONGEST = 3650  # days
OWN_HOWS = (Evidence.ATTESTED, Evidence.CONFIRMED)  # what is measured is read by code


def criterion_of(stage: str, key: str) -> Criterion | None:
    """The criterion as the current tenant has it, switched off or not; None when there is none."""
    if stage not in Stage.values:
        return None
    return next((each for each in criteria_of_all()[stage] if each.key == key), None)


def _set_first(row: M) -> M:
    """Write what nobody had set; Conflict when somebody else does so at the same moment."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise Conflict(_("Somebody else changed this after you opened it.")) from None
    return row


@transaction.atomic
def set_criterion(
    *, stage: str, key: str, enabled: bool, threshold: Decimal | None, label: str = "", version: int | None = None
) -> StageCriterion:
    """Switch a criterion, set its threshold (in its unit; a share between 0 and 1), or word an own one anew.

    `version` 0 is one that nobody had set. DomainError: there is none, a threshold out of its bounds, switching off what
    is the customer's to confirm (JRN-07). Conflict when it was set since.
    """
    known = BUILT_IN.get((stage, key))
    row = StageCriterion.objects.select_for_update().filter(stage=stage, key=key).first()
    if known is None and row is None:
        raise DomainError(_("There is no such criterion."), code="unknown")
    check_seen(row or StageCriterion(version=0), version)
    if known is not None and known.fixed and not enabled:
        raise refused("enabled", _("The customer confirms the go-live: this cannot be switched off."))
    limit = None
    if known is not None and known.threshold is not None and threshold is not None:
        limit = _checked(known, threshold)
    text = label.strip()[:200]
    if known is None and not text:
        raise refused("label", _("A value is required here."))
    if row is None:
        how = known.how if known else Evidence.ATTESTED
        return _set_first(StageCriterion(stage=stage, key=key, label=text, how=how, threshold=limit, enabled=enabled))
    return put(row, enabled=enabled, threshold=limit, label=text)


def _checked(criterion: Criterion, threshold: Decimal) -> Decimal:
    if criterion.unit == SHARE:
        if not 0 < threshold <= 1:
            raise refused("threshold", _("A share lies above 0% and up to 100%."))
    elif not 0 <= threshold <= MOST or threshold % 1:
        raise refused("threshold", _("Write a whole number."))
    elif threshold == 0 and not criterion.at_most:
        raise refused("threshold", _("With 0 nothing is asked: switch it off instead."))
    return threshold


@transaction.atomic
def add_criterion(*, stage: str, label: str, how: str) -> StageCriterion:
    """A criterion of the company's own, which people attest or customers confirm. DomainError names the field."""
    if stage not in Stage.values:
        raise refused("stage", _("Choose a stage."))
    text = label.strip()
    if not text:
        raise refused("label", _("A value is required here."))
    if how not in OWN_HOWS:
        raise refused("how", _("It is attested or confirmed by the customer."))
    if any(str(each.label).casefold() == text.casefold() for each in criteria_of_all()[stage]):
        raise refused("label", _("There is one already."))
    last = StageCriterion.objects.filter(stage=stage).order_by("-position").values_list("position", flat=True).first()
    return StageCriterion.objects.create(
        stage=stage, key=f"own_{uuid7().hex}", label=text[:200], how=how, position=(last or 0) + 1
    )


@transaction.atomic
def remove_criterion(*, stage: str, key: str) -> None:
    """Delete an own criterion: it is asked no more; what was kept of ended stages stays. What comes with the product is
    switched off instead (DomainError)."""
    if (stage, key) in BUILT_IN:
        raise DomainError(_("This comes with the product: switch it off instead."), code="built_in")
    StageCriterion.objects.filter(stage=stage, key=key).delete()


@transaction.atomic
def set_target(
    *, segment: Segment, stage: str, days_from: int | None, days_to: int | None, approach: str, version: int | None
) -> StageTarget | None:
    """What this segment expects of a stage; empty days are the profile's, and so are empty words. With neither the profile
    holds again (None). `version` 0 is one that nobody had set; Conflict when it was set since."""
    if stage not in Stage.values:
        raise refused("stage", _("Choose a stage."))
    row = StageTarget.objects.select_for_update().filter(segment=segment, stage=stage).first()
    check_seen(row or StageTarget(version=0), version)
    if days_to is None and days_from is not None:
        raise refused("days_to", _("Both days, or none."))
    if days_to is not None:
        days_from = days_from or 0
        if not 0 < days_to <= LONGEST:
            raise refused("days_to", _("Between 1 and %(n)s days.") % {"n": LONGEST})
        if days_from > days_to:
            raise refused("days_from", _("The first day lies after the last one."))
    text = approach.strip()[:300]
    if days_to is None and not text:
        if row is not None:
            row.delete()
        return None
    if row is None:
        return _set_first(
            StageTarget(segment=segment, stage=stage, days_from=days_from, days_to=days_to, approach=text)
        )
    return put(row, days_from=days_from, days_to=days_to, approach=text)
