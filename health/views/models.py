"""Settings → Health models (HLT-01): which version judges whom, drafts with their sums, what a draft would change,
publishing with a reason, and the history with what each version changed."""

from itertools import pairwise
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.enums import HealthBand, Status
from accounts.models import Account, Segment
from accounts.settings_sections import section_page, url
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.asked import version_of
from cs_platform.kernel.errors import Conflict, DomainError
from cs_platform.kernel.keyset import uuid_of
from health.enums import Component, VersionState
from health.models import HealthModel, HealthModelVersion, HealthScore
from health.scoring import diff, draft_form, formulas, jobs, model_cells, path, versions
from health.scoring.definition import Definition

SECTION = "health_models"
HISTORY = 50
FOUND = 8  # accounts that the search of the what-if offers


@requires(Permission.MANAGE_HEALTH)
def models(request: TenantRequest) -> HttpResponse:
    """All models by segment, what judges now, who wrote it and why; POST makes a model for a segment."""
    problem = ""
    if request.method == "POST":
        segment = Segment.objects.filter(id=uuid_of(request.POST.get("segment", ""))).first()
        if segment is None:
            problem = _("Choose a segment.")
        else:
            try:
                model = versions.add_model(segment=segment, by=request.member)
            except Conflict as error:
                problem = error.message
            else:
                messages.success(request, _("The draft is there. It judges nobody until it is published."))
                return redirect(url(request, "health_draft", model.id))
    versions.standard()
    rows = list(HealthModel.objects.select_related("segment").order_by("segment__position", "name"))
    book = Account.objects.exclude(status=Status.CHURNED).order_by()
    customers = dict(book.values_list("segment_id").annotate(n=Count("id")))
    known = HealthModelVersion.objects.filter(state__in=(VersionState.PUBLISHED, VersionState.DRAFT))
    latest: dict[tuple[UUID, str], HealthModelVersion] = {
        (row.model_id, row.state): row for row in known.select_related("author")
    }
    taken = {row.segment_id for row in rows}
    context = {
        "rows": [
            _model_row(request, row, latest, customers)
            for row in sorted(rows, key=lambda row: row.segment_id is not None)
        ],
        "segments": [segment for segment in Segment.objects.all() if segment.id not in taken],
        "problem": problem,
    }
    return section_page(request, SECTION, "settings/health_models.html", context, status=422 if problem else 200)


def _model_row(
    request: TenantRequest,
    row: HealthModel,
    latest: dict[tuple[UUID, str], HealthModelVersion],
    customers: dict[UUID, int],
) -> dict[str, Any]:
    live, draft = latest.get((row.id, VersionState.PUBLISHED)), latest.get((row.id, VersionState.DRAFT))
    return {
        "name": row.segment.name if row.segment else _("All other customers"),
        "url": url(request, "health_model", row.id),
        "customers": customers.get(row.segment_id, 0) if row.segment_id else None,
        "live": live,
        "author": (live.author.name if live.author else _("Setia")) if live else "",
        "weights": " / ".join(part["weight"] for part in model_cells.summary(Definition.read(live.definition)))
        if live
        else "",
        "draft_url": url(request, "health_draft", row.id) if draft else "",
    }


@requires(Permission.MANAGE_HEALTH)
def model(request: TenantRequest, model_id: UUID) -> HttpResponse:
    """One model: what judges now and all versions; POST begins a draft or takes the segment's model away."""
    row = _model(model_id)
    if request.method == "POST":
        if "retire" in request.POST:
            try:
                versions.retire(model=row, reason="", by=request.member)
                messages.success(request, _("Its accounts are judged by the model of all others from now on."))
            except (Conflict, DomainError) as error:
                messages.error(request, error.message)
            return redirect(url(request, "health_model", row.id))
        versions.draft_from(model=row, by=request.member)
        return redirect(url(request, "health_draft", row.id))
    history = list(row.versions.select_related("author").order_by("-number")[: HISTORY + 1])
    lines = [model_cells.version_row(new, old) for new, old in pairwise([*history, None]) if new is not None]
    live = next((version for version in history if version.state == VersionState.PUBLISHED), None)
    context = {
        "title": row.segment.name if row.segment else _("All other customers"),
        "live": live,
        "summary": model_cells.summary(Definition.read(live.definition)) if live else [],
        "definition": Definition.read(live.definition) if live else None,
        "lines": lines[:HISTORY],
        "draft_url": url(request, "health_draft", row.id),
        "has_draft": any(version.state == VersionState.DRAFT for version in history),
        "may_retire": live is not None and row.segment_id is not None,
        "back": url(request, SECTION),
    }
    return section_page(request, SECTION, "settings/health_model.html", context)


@requires(Permission.MANAGE_HEALTH)
def draft(request: TenantRequest, model_id: UUID) -> HttpResponse:
    """The draft as a form. POST saves it (and goes on to the preview), checks the sums only, or throws it away."""
    row = _model(model_id)
    current = row.versions.filter(state=VersionState.DRAFT).first()
    if current is None:
        return redirect(url(request, "health_model", row.id))
    values, problems, status = draft_form.values_of(Definition.read(current.definition)), dict[str, str](), 200
    general = ""
    if request.method == "POST":
        if "discard" in request.POST:
            versions.discard_draft(draft=current, by=request.member)
            messages.success(request, _("The draft is gone."))
            return redirect(url(request, SECTION))
        values, status = request.POST.dict(), 422
        made, problems = draft_form.read(values)
        try:
            if not problems and "check" not in request.POST:
                versions.save_draft(
                    draft=current,
                    definition=made,
                    version=version_of(request) or 0,
                    by=request.member,
                )
                messages.success(request, _("The draft is saved."))
                return redirect(url(request, "health_preview" if "preview" in request.POST else "health_draft", row.id))
            if not problems:
                Definition.read(made)
                status = 200
        except Conflict as error:
            general, status = error.message, 409
        except DomainError as error:
            problems = draft_form.problems_by_field(error.fields, values)
    context = {
        "title": _("Draft: %(name)s") % {"name": row.segment.name if row.segment else _("All other customers")},
        "draft": current,
        "values": values,
        "components": draft_form.field_rows(values, problems),
        "bands": [
            _plain("yellow", _("At risk from"), values, problems),
            _plain("green", _("Healthy from"), values, problems),
            _plain("coverage", _("Least coverage, %"), values, problems),
        ],
        "problems": problems,
        "general": general or problems.get("weights") or problems.get("bands") or problems.get("indicators") or "",
        "sums": draft_form.sums(values),
        "sums_url": url(request, "health_sums", row.id),
        "back": url(request, "health_model", row.id),
        "preview_url": url(request, "health_preview", row.id),
        "version": values.get("version", current.version) if status == 409 else current.version,
    }
    return section_page(request, SECTION, "settings/health_draft.html", context, status=status)


def _plain(name: str, label: str, values: dict[str, str], problems: dict[str, str]) -> dict[str, str]:
    return {"name": name, "label": label, "value": values.get(name, ""), "problem": problems.get(name, "")}


@requires(Permission.MANAGE_HEALTH)
@require_POST
def sums(request: TenantRequest, model_id: UUID) -> HttpResponse:
    """The sums of what is typed right now, while it is typed."""
    _model(model_id)
    context = {"sums": draft_form.sums(request.POST.dict()), "sums_url": request.path}
    return section_page(request, SECTION, "settings/health_sums.html", context, pieces=("draft-sums",))


@requires(Permission.MANAGE_HEALTH)
def preview(request: TenantRequest, model_id: UUID) -> HttpResponse:
    """What publishing the draft would do, for all and for one account; POST publishes it with a reason."""
    row = _model(model_id)
    current = row.versions.filter(state=VersionState.DRAFT).select_related("model").first()
    if current is None:
        return redirect(url(request, "health_model", row.id))
    problem, reason = "", request.POST.get("reason", "")
    if request.method == "POST":
        try:
            versions.publish(draft=current, reason=reason, by=request.member, version=version_of(request) or 0)
        except DomainError as error:  # a Conflict is one too
            problem = error.fields.get("reason") or error.message
        else:
            messages.success(request, _("Published. Today's scores follow within minutes."))
            return redirect(url(request, "health_model", row.id))
    live = versions.published(row) or versions.published(versions.standard())
    old, new = Definition.read(live.definition) if live else None, Definition.read(current.definition)
    context = {
        "title": _("Preview: %(name)s") % {"name": row.segment.name if row.segment else _("All other customers")},
        "draft": current,
        "changes": model_cells.changes(old, new) if old else [],
        "problem": problem,
        "reason": reason,
        "back": url(request, "health_draft", row.id),
        "figures_url": url(request, "health_preview_figures", row.id),
        **_what_if(request, row, old, new),
    }
    return section_page(
        request, SECTION, "settings/health_preview.html", context, pieces=("what-if",), status=422 if problem else 200
    )


@requires(Permission.MANAGE_HEALTH)
def figures(request: TenantRequest, model_id: UUID) -> HttpResponse:
    """Every account of the model judged by both: it takes as long as a night's scoring of them, so it comes after the page."""
    row = _model(model_id)
    current = row.versions.filter(state=VersionState.DRAFT).select_related("model").first()
    if current is None:
        return redirect(url(request, "health_model", row.id))
    today = request.tenant.today()
    found = versions.preview(current, today, jobs.last_full_day(request.tenant, today))
    seen = Account.objects.visible_to(request.member).filter(id__in=[each.account_id for each in found.moved])
    known = set(seen.values_list("id", flat=True))  # the counts are of all; names only of those that one may see
    found.moved = [each for each in found.moved if each.account_id in known]

    def account_url(key: UUID) -> str:
        return f"/t/{request.tenant.slug}/accounts/{key}/health/" if may(request, Permission.VIEW_ACCOUNTS) else ""

    context = model_cells.preview_rows(found, request.tenant.currency, account_url) | {
        "title": _("What it would change"),
        "back": url(request, "health_preview", row.id),
    }
    return section_page(request, SECTION, "settings/health_figures.html", context, pieces=("figures",))


def _what_if(request: TenantRequest, row: HealthModel, old: Definition | None, new: Definition) -> dict[str, Any]:
    """One account by both versions, from its latest row: {q, found, account, judged}."""
    book = Account.objects.visible_to(request.member).exclude(status=Status.CHURNED)
    if row.segment_id:
        book = book.filter(segment_id=row.segment_id)
    wish = request.GET.get("q", "").replace("\x00", "")[:100].strip()
    found = list(book.named_like(wish).filter(health_on__isnull=False).order_by("-mrr_minor", "id")[:FOUND])
    chosen = book.filter(id=uuid_of(request.GET.get("account", ""))).first() or (found[0] if found else None)
    latest = HealthScore.objects.filter(account_id=chosen.id).order_by("-as_of").first() if chosen else None
    context: dict[str, Any] = {
        "q": wish,
        "found": [
            {
                "name": each.name,
                "url": f"?q={wish}&account={each.id}",
                "on": chosen is not None and each.id == chosen.id,
            }
            for each in found
        ],
        "account": chosen,
        "component_names": [component.label for component in Component],
    }
    if chosen is None or latest is None:
        return context
    made_by = Definition.read(HealthModelVersion.objects.get(id=latest.version_id).definition)
    raw = dict(zip(made_by.keys, latest.raw, strict=True))
    tenure = diff.tenure_on(diff.started_on(chosen), latest.as_of)
    judged = [(_("Now"), old), (_("Draft"), new)]
    unknown = [part.indicator.label for part in new.parts if part.key not in raw]
    return context | {
        "judged": [_judged(name, definition, raw, tenure) for name, definition in judged if definition],
        "judged_on": latest.as_of,
        "unknown": unknown,
    }


def _judged(name: str, definition: Definition, raw: dict[str, float | None], tenure: float) -> dict[str, Any]:
    made = path.what_if(definition, raw, tenure)
    parts = {
        component: None
        if made.components[0][place] == formulas.MISSING
        else int(made.components[0][place]) / formulas.MICRO
        for place, component in enumerate(Component)
    }
    return model_cells.judged_row(name, made.score(0), HealthBand(made.band(0)), float(made.coverage[0]), parts)


def _model(model_id: UUID) -> HealthModel:
    row = HealthModel.objects.select_related("segment").filter(id=model_id).first()
    if row is None:
        raise Http404
    return row
