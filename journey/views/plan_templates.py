"""Settings → Plan templates (JRN-12): the product's by profile to begin with, and the company's own as rows of milestones."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.settings_sections import section_page, url
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.asked import number_of
from cs_platform.kernel.errors import Conflict, DomainError
from cs_platform.kernel.forms import refuse
from journey.enums import PlanKind, Stage
from journey.models import PlanTemplate
from journey.plans import templates
from journey.plans.forms import TemplateForm
from journey.plans.own_templates import remove_template, save_template
from journey.stages.criteria import criteria_of_all

SECTION = "plan_templates"
SPARE = 5  # empty rows below those that are there


@requires(Permission.MANAGE_JOURNEY)
def plan_templates(request: TenantRequest) -> HttpResponse:
    """Own templates, and the product's that one can begin with."""
    own = [
        {
            "name": row.name,
            "kind": PlanKind(row.kind).label,
            "segment": row.segment.name if row.segment else _("All"),
            "count": len(row.milestones),
            "days": templates.as_template(row).days,
            "url": url(request, "plan_template", row.id),
        }
        for row in PlanTemplate.objects.select_related("segment")
    ]
    given = [
        {
            "name": each.name,
            "count": len(each.steps),
            "days": each.days,
            "url": f"{url(request, 'plan_template_new')}?from={each.key}",
        }
        for each in templates.BUILT_IN.values()
        if each.steps
    ]
    context = {"own": own, "given": given, "add_url": url(request, "plan_template_new")}
    return section_page(request, SECTION, "journey/settings/plan_templates.html", context)


@requires(Permission.MANAGE_JOURNEY)
def template_new(request: TenantRequest) -> HttpResponse:
    """A template, empty or beginning with one of the product's (`from`)."""
    base = templates.BUILT_IN.get(request.GET.get("from", ""), templates.BLANK)
    language = get_language() or "en"
    rows = [
        {"name": templates.name_in(base, step, language), "days": step.days, "customer": step.customer,
         "needs": list(step.needs), "criterion": step.criterion}
        for step in base.steps
    ]  # fmt: skip
    return _template(request, None, {"name": "", "kind": base.kind}, rows)


@requires(Permission.MANAGE_JOURNEY)
def template_edit(request: TenantRequest, plan_template_id: UUID) -> HttpResponse:
    """Change a template; plans that were made from it stay as they are."""
    row: PlanTemplate = get_object_or_404(PlanTemplate.objects, id=plan_template_id)
    initial = {"name": row.name, "kind": row.kind, "segment": row.segment_id, "version": row.version}
    return _template(request, row, initial, row.milestones)


@requires(Permission.MANAGE_JOURNEY)
@require_POST
def template_remove(request: TenantRequest, plan_template_id: UUID) -> HttpResponse:
    """Take it away; plans that were made from it stay."""
    row: PlanTemplate = get_object_or_404(PlanTemplate.objects, id=plan_template_id)
    remove_template(template=row, by=request.member)
    messages.success(request, _("%(name)s is removed.") % {"name": row.name})
    return redirect(url(request, SECTION))


def _template(
    request: TenantRequest, row: PlanTemplate | None, initial: dict[str, Any], rows: list[dict[str, Any]]
) -> HttpResponse:
    form = TemplateForm(request.POST if request.method == "POST" else None, initial=initial)
    problem, status = "", 200
    shown = [{**each, "needs": ", ".join(str(need + 1) for need in each.get("needs") or [])} for each in rows]
    if request.method == "POST":
        status, shown = 422, _typed(request.POST)
        if form.is_valid():
            try:
                made = save_template(
                    template=row,
                    name=form.cleaned_data["name"],
                    kind=form.cleaned_data["kind"],
                    segment=form.cleaned_data["segment"],
                    milestones=_rows(shown),
                    version=form.cleaned_data["version"],
                    by=request.member,
                )
            except Conflict as conflict:
                problem, status = conflict.message, 409
            except DomainError as error:
                problem = error.fields.pop("milestones", "")
                if error.fields or not problem:
                    refuse(form, error)
            else:
                messages.success(request, _("%(name)s is saved.") % {"name": made.name})
                return redirect(url(request, SECTION))
    context = {
        "form": form,
        "problem": problem,
        "title": row.name if row else _("New template"),
        "rows": [*shown, *({} for _each in range(SPARE))],
        "criteria": [
            (each.key, each.label) for each in criteria_of_all()[Stage.ONBOARDING] if each.enabled and not each.fixed
        ],
        "back": url(request, SECTION),
        "remove_url": url(request, "plan_template_remove", row.id) if row else "",
    }
    return section_page(request, SECTION, "journey/settings/plan_template.html", context, status=status)


def _typed(data: QueryDict) -> list[dict[str, Any]]:
    """The rows as they were typed, those that are wholly empty left out: what waits for a row names its new number, and "?"
    where that row was emptied."""
    rows: dict[int, dict[str, Any]] = {}
    for number in range(1, templates.MOST + SPARE + 1):
        row: dict[str, Any] = {
            name: data.get(f"{name}-{number}", "").strip() for name in ("name", "days", "needs", "criterion")
        }
        row["customer"] = f"customer-{number}" in data
        if row["name"] or row["days"]:
            rows[number] = row
    places = {number: str(place) for place, number in enumerate(rows, 1)}
    for row in rows.values():
        needs = [part.strip() for part in row["needs"].split(",") if part.strip()]
        row["needs"] = ", ".join(_row_of(places, part) for part in needs)
    return list(rows.values())


def _row_of(places: dict[int, str], text: str) -> str:
    number = number_of(text)
    return text if number is None else places.get(number, "?")


def _rows(typed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows as the template's check takes them: what is no number stays text, and is refused there."""
    return [
        row
        | {
            "days": row["days"] if (days := number_of(row["days"])) is None else days,
            "needs": [_place(part.strip()) for part in row["needs"].split(",") if part.strip()],
        }
        for row in typed
    ]


def _place(text: str) -> int | str:
    """The position of a row by its number on the page, which counts from 1."""
    number = number_of(text)
    return text if number is None else number - 1
