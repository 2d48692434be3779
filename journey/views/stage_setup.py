"""Settings: what each stage asks for, and how long it takes in each segment (JRN-07, JRN-15, JRN-21, JRN-35 to JRN-42)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import Segment
from accounts.settings_sections import section_page, url
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.forms import accepted
from journey.enums import Evidence, Stage
from journey.models import StageTarget
from journey.stages import setup
from journey.stages.criteria import Criterion, criteria_of_all
from journey.stages.measures import amount_text
from journey.stages.setup_forms import CriterionForm, OwnCriterionForm, TargetForm
from journey.stages.targets import PROFILES, Target, profile_of, targets_of

SECTION = "stages"


@requires(Permission.MANAGE_JOURNEY)
def stages(request: TenantRequest) -> HttpResponse:
    """Each stage with its criteria, and the targets of all segments."""
    asked = criteria_of_all()
    segments = list(Segment.objects.all())
    targets = targets_of(segments)
    groups = [
        {
            "label": stage.label,
            "rows": [_criterion_row(request, each) for each in asked[stage]],
            "add_url": url(request, "stage_criterion_add", stage.value),
        }
        for stage in Stage
    ]
    rows = [
        {
            "name": segment.name,
            "profile": segment.get_profile_display(),
            "cells": [_target_cell(request, segment, stage, targets[segment.id][stage]) for stage in Stage],
        }
        for segment in segments
    ]
    context = {"stages": groups, "heads": [stage.label for stage in Stage], "targets": rows}
    return section_page(request, SECTION, "journey/settings/stages.html", context)


def _criterion_row(request: TenantRequest, criterion: Criterion) -> dict[str, Any]:
    limit = ""
    if criterion.threshold is not None:
        text = _("at most %(amount)s") if criterion.at_most else _("at least %(amount)s")
        limit = text % {"amount": amount_text(criterion.threshold, criterion.unit)}
    return {
        "label": criterion.label,
        "explained": criterion.explained,
        "how": Evidence(criterion.how).label,
        "threshold": limit or "–",
        "on": criterion.enabled,
        "own": criterion.own,
        "url": url(request, "stage_criterion", criterion.stage, criterion.key),
    }


def days_text(target: Target) -> str:
    """30 to 60 days, or a dash where a stage has no length."""
    if target.days_to is None:
        return "–"
    return _("%(first)s to %(last)s days") % {"first": target.days_from or 0, "last": target.days_to}


def _target_cell(request: TenantRequest, segment: Segment, stage: str, target: Target) -> dict[str, Any]:
    return {
        "text": days_text(target),
        "note": target.approach,
        "own": target.own,
        "url": url(request, "stage_target", segment.id, stage),
        "label": f"{segment.name}, {Stage(stage).label}",
    }


def _form_page(request: TenantRequest, title: Any, form: Any, remove_url: str = "") -> HttpResponse:
    context = {"title": title, "form": form, "back": url(request, SECTION), "remove_url": remove_url}
    status = 422 if form.is_bound else 200
    return section_page(request, SECTION, "settings/edit.html", context, pieces=("drawer-body",), status=status)


@requires(Permission.MANAGE_JOURNEY)
def criterion(request: TenantRequest, stage: str, criterion: str) -> HttpResponse:
    """One criterion: whether it is asked for, its threshold, its words."""
    found = setup.criterion_of(stage, criterion)
    if found is None:
        raise Http404
    form = CriterionForm(request.POST or None, criterion=found)

    def save(data: dict[str, Any]) -> None:
        setup.set_criterion(
            stage=stage, key=criterion, enabled=data["enabled"], threshold=form.limit, label=data["label"],
            version=data["version"],
        )  # fmt: skip

    if request.method == "POST" and accepted(form, save):
        messages.success(request, _("Saved."))
        return redirect(url(request, SECTION))
    remove_url = url(request, "stage_criterion_remove", stage, criterion) if found.own else ""
    return _form_page(request, found.label, form, remove_url)


@requires(Permission.MANAGE_JOURNEY)
def criterion_add(request: TenantRequest, stage: str) -> HttpResponse:
    """A criterion of the company's own."""
    if stage not in Stage.values:
        raise Http404
    form = OwnCriterionForm(request.POST or None)
    if request.method == "POST" and accepted(form, lambda data: setup.add_criterion(stage=stage, **data)):
        messages.success(request, _("Saved."))
        return redirect(url(request, SECTION))
    return _form_page(request, _("%(stage)s: new criterion") % {"stage": Stage(stage).label}, form)


@requires(Permission.MANAGE_JOURNEY)
@require_POST
def criterion_remove(request: TenantRequest, stage: str, criterion: str) -> HttpResponse:
    """Delete an own criterion."""
    if setup.criterion_of(stage, criterion) is None:
        raise Http404
    setup.remove_criterion(stage=stage, key=criterion)
    messages.success(request, _("Deleted."))
    return redirect(url(request, SECTION))


@requires(Permission.MANAGE_JOURNEY)
def target(request: TenantRequest, segment_id: UUID, stage: str) -> HttpResponse:
    """How long a stage takes in a segment, and how it is run there."""
    segment: Segment = get_object_or_404(Segment.objects, id=segment_id)
    if stage not in Stage.values:
        raise Http404
    own = StageTarget.objects.filter(segment=segment, stage=stage).first()
    form = TargetForm(request.POST or None, own=own, usual=PROFILES[profile_of(segment)][stage])
    if request.method == "POST" and accepted(form, lambda data: setup.set_target(segment=segment, stage=stage, **data)):
        messages.success(request, _("Saved."))
        return redirect(url(request, SECTION))
    return _form_page(request, f"{segment.name}, {Stage(stage).label}", form)
