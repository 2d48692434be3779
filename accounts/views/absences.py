"""Away: one's own absences, those of the people one leads, and whom one stands in for (ROL-02)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import absence_cells, absence_files, absences
from accounts.absence_cells import SETTINGS, AbsenceForm
from accounts.models import Absence, Account
from accounts.views.forms import answer_form, posted, saved
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.sheets import file_answer


@requires(Permission.EDIT_ACCOUNTS)
def away(request: TenantRequest) -> HttpResponse:
    """Who is away, now and later, and whom the reader stands in for."""
    member, today = request.member, request.tenant.today()
    found = list(absences.absences_for(member))
    standing = Absence.objects.filter(cover=member, last_on__gte=today).select_related("member").order_by("first_on")
    context = absence_cells.rows(request, found, "") | {
        "standing": [
            {
                "name": row.member.name,
                "days": absence_cells.span_text(row.first_on, row.last_on, today),
                "note": row.note,
                "now": row.first_on <= today,
                "url": f"{reverse('accounts', args=[request.tenant.slug])}?owner={row.member_id}",
            }
            for row in standing
        ],
    }
    return page(request, "accounts/away.html", context)


@requires(Permission.EDIT_ACCOUNTS)
def export(request: TenantRequest, form: str) -> HttpResponse:
    """The absences that the reader may write, coming, running and over, as a file."""
    found, tenant = absences.absences_for(request.member), request.tenant
    return file_answer(form, f"absences-{tenant.slug}-{tenant.today()}", absence_files.HEAD, absence_files.rows(found))


@requires(Permission.EDIT_ACCOUNTS)
def absence_new(request: TenantRequest) -> HttpResponse:
    """The form of a new absence."""
    form = AbsenceForm(posted(request), by=request.member)

    def act(values: dict[str, Any]) -> None:
        del values["version"]
        _warn(request, absences.note_absence(**values, by=request.member))

    return answer_form(request, form, act, _("Saved."), _look(request, _("Note an absence")))


@requires(Permission.EDIT_ACCOUNTS)
def absence_edit(request: TenantRequest, absence_id: UUID) -> HttpResponse:
    """Other days, another cover, or back earlier."""
    row = get_object_or_404(absences.absences_for(request.member), id=absence_id)
    form = AbsenceForm(posted(request), by=request.member, absence=row)
    today = request.tenant.today()
    look = _look(request, _("Absence of %(name)s") % {"name": row.member.name})
    if row.last_on >= today:
        look |= {
            "delete_url": reverse("absence_end", args=[request.tenant.slug, row.id]) + _query(request),
            "delete_label": _("Take it away") if row.first_on >= today else _("They are back"),
        }

    def act(values: dict[str, Any]) -> None:
        version = values.pop("version")
        _warn(request, absences.change_absence(absence=row, values=values, version=version, by=request.member))

    def theirs() -> dict[str, Any]:
        return AbsenceForm.values_of(get_object_or_404(absences.absences_for(request.member), id=absence_id))

    return answer_form(request, form, act, _("Saved."), look, theirs=theirs)


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def absence_end(request: TenantRequest, absence_id: UUID) -> HttpResponse:
    """They are back, or are not going."""
    row = get_object_or_404(absences.absences_for(request.member), id=absence_id)
    left = absences.end_absence(absence=row, version=None, by=request.member)
    text = _("%(name)s is back: nobody stands in any more.") if left else _("The absence of %(name)s is taken away.")
    return saved(request, text % {"name": row.member.name}, _back(request))


def _warn(request: TenantRequest, row: Absence) -> None:
    """Say what should be thought of again."""
    if warning := absences.warnings([row], request.tenant.today()).get(row.id):
        messages.warning(request, warning)
    owned = Account.objects.filter(owner=row.member, merged_into=None).exists()
    if owned and not row.member.is_active:
        messages.warning(request, _("%(name)s has left: pass their customers on.") % {"name": row.member.name})


def _look(request: TenantRequest, title: str) -> dict[str, Any]:
    return {
        "title": title,
        "action": request.path + _query(request),
        "back_url": _back(request),
        "back_label": _("Absences") if _query(request) else _("Away"),
    }


def _query(request: TenantRequest) -> str:
    return SETTINGS if request.GET.get("in") == "settings" else ""


def _back(request: TenantRequest) -> str:
    return reverse("settings_absences" if _query(request) else "away", args=[request.tenant.slug])
