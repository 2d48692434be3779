"""The way in for files: upload, match columns, check every row, import, and what became of it."""

from pathlib import Path
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import import_cells as cells
from accounts.enums import ImportKind, ImportState
from accounts.import_forms import ColumnsForm, UploadForm, kind_choices
from accounts.import_pieces import rejected_records
from accounts.imports import create_import, discard_import, map_columns, start_import, stop_import
from accounts.kinds import KINDS
from accounts.models import Import
from cs_platform.kernel import sheets
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.htmx import page
from cs_platform.kernel.keyset import uuid_of

SHOWN = 50


@requires(Permission.IMPORT_DATA)
def imports(request: TenantRequest) -> HttpResponse:
    """What came in so far, newest first, and the form for the next file; at first, the way to the first dashboard."""
    form = UploadForm(request.POST or None, request.FILES or None, initial={"kind": request.GET.get("kind")})
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            run = create_import(kind=form.cleaned_data["kind"], filename=file.name, source=file.file, by=request.member)
            return redirect("import_run", request.tenant.slug, run.id)
        except DomainError as error:
            form.add_error("file", error.message)
    found = Import.objects.select_related("created_by")
    if before := uuid_of(request.GET.get("before", "")):
        found = found.filter(id__lt=before)
    runs = list(found.order_by("-id")[: SHOWN + 1])
    context = {
        "form": form,
        "rows": [cells.list_row(request.tenant.slug, run) for run in runs[:SHOWN]],
        "checklist": None if before else cells.checklist(request),
        "samples": [
            {"label": label, "url": reverse("import_sample", args=[request.tenant.slug, kind])}
            for kind, label in kind_choices()
        ],
        "foot": {
            "shown": _("Newest first"),
            "previous_url": request.path if before else "",
            "next_url": f"{request.path}?before={runs[SHOWN - 1].id}" if len(runs) > SHOWN else "",
        },
    }
    return page(request, "imports/list.html", context, status=422 if form.errors else 200)


def _run(request: TenantRequest, import_id: UUID) -> Import:
    return get_object_or_404(Import.objects.select_related("created_by"), id=import_id)


@requires(Permission.IMPORT_DATA)
def import_run(request: TenantRequest, import_id: UUID) -> HttpResponse:
    """The import where it stands: its columns, its check, its progress or its result. A POST matches the columns and
    begins to check every row; nothing of the file is written by that."""
    run = _run(request, import_id)
    stage = cells.stage_of(run)
    if request.method == "POST" or (stage == "check" and "columns" in request.GET):
        stage = "columns"
    context = cells.run_context(request.tenant.slug, run, stage)
    if stage == "result" and run.kind == ImportKind.SUBSCRIPTIONS and may(request, Permission.VIEW_BOARD):
        context["moved_url"] = reverse("figures_of_import", args=[request.tenant.slug, run.id])
    if stage != "columns":
        return page(request, "imports/run.html", context)
    form = ColumnsForm(request.POST if request.method == "POST" else None, run=run)
    if form.is_bound and form.is_valid():
        try:
            map_columns(run=run, mapping=form.mapping(), dates=form.cleaned_data["dates"], by=request.member)
            start_import(run=run, by=request.member, dry_run=True)
            return redirect("import_run", request.tenant.slug, run.id)
        except DomainError as error:
            form.add_error(None, error.message)
    context |= {"form": form, "columns": cells.columns(run, form)}
    return page(request, "imports/run.html", context, status=422 if form.errors else 200)


@requires(Permission.IMPORT_DATA)
def import_progress(request: TenantRequest, import_id: UUID) -> HttpResponse:
    """The progress card, asked for each second; once the import has ended, the way to its result."""
    run = _run(request, import_id)
    if run.state != ImportState.RUNNING:
        return redirect("import_run", request.tenant.slug, run.id)
    return page(request, "components/progress.html", {"job": cells.job(request.tenant.slug, run)})


@requires(Permission.IMPORT_DATA)
@require_POST
def import_start(request: TenantRequest, import_id: UUID) -> HttpResponse:
    """Write what was checked, or go on where it stopped."""
    run = _run(request, import_id)
    goes_on = run.state in {ImportState.STOPPED, ImportState.FAILED}
    try:
        start_import(run=run, by=request.member, dry_run=run.dry_run and goes_on)
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("import_run", request.tenant.slug, run.id)


@requires(Permission.IMPORT_DATA)
@require_POST
def import_stop(request: TenantRequest, import_id: UUID) -> HttpResponse:
    """Stop after the piece that is being written."""
    run = stop_import(run=_run(request, import_id), by=request.member)
    return redirect("import_run", request.tenant.slug, run.id)


@requires(Permission.IMPORT_DATA)
@require_POST
def import_discard(request: TenantRequest, import_id: UUID) -> HttpResponse:
    """Throw away a file of which nothing was written."""
    run = _run(request, import_id)
    try:
        discard_import(run=run, by=request.member)
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("import_run", request.tenant.slug, run.id)
    messages.success(request, _("%(file)s is discarded. Nothing of it was written.") % {"file": run.filename})
    return redirect("imports", request.tenant.slug)


@requires(Permission.IMPORT_DATA)
def import_rejects(request: TenantRequest, import_id: UUID) -> HttpResponse:
    """The refused rows as they were sent, with one more column that says why: correct them and import the file."""
    run = _run(request, import_id)
    text = sheets.csv_text([*run.columns, "reject_reason"], rejected_records(run))
    name = Path(run.filename).name.removesuffix(".gz").removesuffix(".csv")
    return sheets.kept_as(f"{name}-rejects.csv", text, sheets.CSV)


@requires(Permission.IMPORT_DATA)
def import_sample(request: TenantRequest, kind: str) -> HttpResponse:
    """A small file of that kind to begin from."""
    if kind not in KINDS:
        raise Http404
    return sheets.kept_as(f"{kind}.csv", KINDS[kind].sample.read_text(), sheets.CSV)
