"""Settings, Reconciliation: billing's totals of a month beside the ledger, account by account, and why they differ."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.import_forms import UploadForm
from accounts.imports import create_import
from accounts.models import Import
from accounts.settings_sections import section_page, url
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.forms import accepted
from cs_platform.kernel.keyset import uuid_of
from cs_platform.kernel.money import from_minor
from cs_platform.kernel.periods import last_complete_month, month_text, parse_month
from cs_platform.kernel.sheets import csv_file
from cs_platform.kernel.templatetags.cells import month_name
from metrics.enums import Basis, Differs
from metrics.figures.questions import last_closes
from metrics.models import Reconciliation
from metrics.proof import reconciliation, reconciliation_cells

PAGE = 20
COLUMNS = (
    "account", "name", "class", "billing_mrr", "ledger_mrr", "difference", "currency", "contract_amounts", "likely_cause",
    "perhaps",
)  # fmt: skip


class TotalsForm(UploadForm):
    """Billing's file and the month that it is about."""

    month = forms.CharField(
        label=gettext_lazy("Month"),
        widget=forms.TextInput(attrs={"type": "month"}),
        help_text=gettext_lazy("A column with the month goes before it."),
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=500, required=False)
    field_order = ("month", "file", "note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["kind"]

    def clean_month(self) -> Any:
        try:
            return parse_month(self.cleaned_data["month"])
        except ValueError:
            raise forms.ValidationError(_("Write the month as YYYY-MM.")) from None


class NoteForm(forms.Form):
    note = forms.CharField(label=gettext_lazy("Note"), max_length=500, required=False)


@requires(Permission.VIEW_BOARD)
def reconciliations(request: TenantRequest) -> HttpResponse:
    """The uploads, newest first, each held against its month, and for whom may close months the form for the next one."""
    return _list(request, TotalsForm(initial={"month": month_text(last_complete_month(request.tenant.figures_as_of))}))


@requires(Permission.CLOSE_MONTHS)
@require_POST
def upload(request: TenantRequest) -> HttpResponse:
    """Keep the file; matching its columns and checking its rows is that of every import."""
    form = TotalsForm(request.POST, request.FILES)
    made: list[Import] = []

    def take(data: dict[str, Any]) -> None:
        file = data["file"]
        try:
            run = create_import(
                kind=reconciliation.BILLING.name, filename=file.name, source=file.file, by=request.member
            )
        except DomainError as error:
            raise DomainError(error.message, fields={"file": error.message}) from error
        reconciliation.keep_for_month(run, data["month"], data["note"])
        made.append(run)

    if accepted(form, take):
        return redirect("import_run", request.tenant.slug, made[0].id)
    return _list(request, form, status=422)


def _list(request: TenantRequest, form: TotalsForm, *, status: int = 200) -> HttpResponse:
    rows = Reconciliation.objects.select_related("made_by")
    if before := uuid_of(request.GET.get("before", "")):
        rows = rows.filter(id__lt=before)
    found = list(rows.order_by("-id")[: PAGE + 1])
    mine = may(request, Permission.CLOSE_MONTHS)
    context = {
        "rows": [
            reconciliation_cells.list_row(each, url(request, "reconciliation", each.reconciliation.id))
            for each in reconciliation.compare_each(found[:PAGE])
        ],
        "form": form if mine and may(request, Permission.IMPORT_DATA) else None,
        "may_not_import": mine and not may(request, Permission.IMPORT_DATA),
        "upload_url": url(request, "reconciliation_upload"),
        "sample_url": reverse("import_sample", args=[request.tenant.slug, reconciliation.BILLING.name]),
        "foot": {
            "shown": _("Newest first"),
            "previous_url": request.path if before else "",
            "next_url": f"{request.path}?before={found[PAGE - 1].id}" if len(found) > PAGE else "",
        },
    }
    return section_page(request, "reconciliations", "metrics/reconciliations.html", context, status=status)


@requires(Permission.CLOSE_MONTHS)
def of_import(request: TenantRequest, import_id: UUID) -> HttpResponse:
    """From the result of an import to what it became: its first reconciliation, or the list when every row was refused."""
    get_object_or_404(Import, id=import_id)
    found = Reconciliation.objects.filter(run_id=import_id).order_by("-month").first()
    if found is None:
        return redirect(url(request, "reconciliations"))
    return redirect(url(request, "reconciliation", found.id))


def _asked(request: TenantRequest, reconciliation_id: UUID) -> tuple[Reconciliation, Basis, str]:
    found = get_object_or_404(Reconciliation.objects.select_related("made_by", "run"), id=reconciliation_id)
    basis = Basis.REPORTED if request.GET.get("basis") == Basis.REPORTED else Basis.NOW
    kind = request.GET.get("kind", "")
    return found, basis, kind if kind in Differs.values and kind != Differs.AGREED else ""


@requires(Permission.VIEW_BOARD)
def show(request: TenantRequest, reconciliation_id: UUID) -> HttpResponse:
    """One upload: the sums by class, which tie, and the accounts that differ, largest first. `basis` and `kind` choose."""
    return _show(request, reconciliation_id)


def _show(request: TenantRequest, reconciliation_id: UUID, form: NoteForm | None = None) -> HttpResponse:
    found, basis, kind = _asked(request, reconciliation_id)
    compared = reconciliation.compare(found, basis)
    lines = reconciliation.lines(compared, request.member, kind=kind)
    here = url(request, "reconciliation", found.id)
    context = reconciliation_cells.page_context(compared, lines, request.tenant.slug, here, kind) | {
        "title": _("Billing and ledger, %(month)s") % {"month": month_name(found.month)},
        "back": url(request, "reconciliations"),
        "csv_url": f"{url(request, 'reconciliation_csv', found.id)}?basis={basis}",
        "close_url": url(request, "close", month_text(found.month)) if may(request, Permission.CLOSE_MONTHS) else "",
        "note_form": form or NoteForm(initial={"note": found.note}),
        "note_url": url(request, "reconciliation_note", found.id),
        "may_note": may(request, Permission.CLOSE_MONTHS),
        "closed": found.month in last_closes(),
        "rejects_url": reverse("import_rejects", args=[request.tenant.slug, found.run_id])
        if found.run and found.run.rejected and may(request, Permission.IMPORT_DATA)
        else "",
    }
    return section_page(
        request, "reconciliations", "metrics/reconciliation.html", context,
        pieces=("reconciliation",), status=422 if form else 200,
    )  # fmt: skip


@requires(Permission.CLOSE_MONTHS)
@require_POST
def note(request: TenantRequest, reconciliation_id: UUID) -> HttpResponse:
    """Say what one thinks of it, such as that it looks good."""
    found = get_object_or_404(Reconciliation, id=reconciliation_id)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _show(request, reconciliation_id, form)
    reconciliation.set_note(reconciliation=found, note=form.cleaned_data["note"], by=request.member)
    messages.success(request, _("The note is saved."))
    return redirect(url(request, "reconciliation", found.id))


@requires(Permission.VIEW_BOARD)
def differences_csv(request: TenantRequest, reconciliation_id: UUID) -> HttpResponse:
    """Every difference that the reader may open, with its likely cause; hidden ones as one row that keeps the sum whole."""
    found, basis, kind = _asked(request, reconciliation_id)
    compared = reconciliation.compare(found, basis)
    lines = reconciliation.lines(compared, request.member, kind=kind, limit=reconciliation.EVERY)
    code = compared.currency
    rows: list[list[Any]] = [
        [
            line.external_id, line.name, line.kind, from_minor(line.billed, code), from_minor(line.booked, code),
            from_minor(line.difference, code), code, reconciliation_cells.sides_text(line.sides),
            "; ".join(str(cause.label) for cause in line.causes), line.suggestion,
        ]
        for line in lines.shown
    ]  # fmt: skip
    if lines.hidden:
        others = _("%(n)s accounts that you may not open") % {"n": lines.hidden}
        rows.append(["", others, "", None, None, from_minor(lines.hidden_difference, code), code, "", "", ""])
    return csv_file(f"reconciliation-{request.tenant.slug}-{month_text(found.month)}.csv", COLUMNS, rows)
