"""Settings → Addresses without mail: who wants none from playbooks, added by hand and taken back with a reason."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import opt_outs
from accounts.enums import OptOutHow
from accounts.models import MailOptOut
from accounts.settings_sections import section_page, url
from accounts.views.forms import form_page, saved
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.forms import accepted
from cs_platform.kernel.templatetags.cells import moment_text

SECTION = "no_mail"
SHOWN = 100


class AddressForm(forms.Form):
    """An address that somebody asked to leave in peace."""

    address = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254)
    note = forms.CharField(
        label=gettext_lazy("Note"), max_length=opt_outs.NOTE, required=False,
        help_text=gettext_lazy("Who said so, and when."),
    )  # fmt: skip


class TakeBackForm(forms.Form):
    """Why mail may go there again."""

    reason = forms.CharField(
        label=gettext_lazy("Who asked for it"), max_length=opt_outs.NOTE,
        help_text=gettext_lazy("It stays in the audit log. Without their wish it is not allowed to write there again."),
    )  # fmt: skip


@requires(Permission.MANAGE_JOURNEY)
def no_mail(request: TenantRequest) -> HttpResponse:
    """The addresses, the latest first, or those that hold what is searched (`q`). A POST adds one."""
    form = AddressForm(request.POST if request.method == "POST" else None)
    if form.is_bound and accepted(form, lambda v: opt_outs.stop_mail(how=OptOutHow.MEMBER, by=request.member, **v)):
        return saved(request, _("No mail of a playbook goes there any more."), url(request, SECTION))
    wished = request.GET.get("q", "").strip()
    rows = MailOptOut.objects.select_related("by")
    rows = rows.filter(address__icontains=wished.lower()) if wished else rows
    found = list(rows[: SHOWN + 1])
    context = {
        "form": form,
        "q": wished,
        "rows": [_row(request, row) for row in found[:SHOWN]],
        "more": len(found) > SHOWN,
        "limit": SHOWN,
    }
    return section_page(request, SECTION, "journey/settings/no_mail.html", context, status=422 if form.errors else 200)


def _row(request: TenantRequest, row: MailOptOut) -> dict[str, Any]:
    return {
        "address": row.address,
        "how": str(OptOutHow(row.how).label),
        "by": row.by.name if row.by else "",
        "note": row.note,
        "at": moment_text(row.at),
        "url": url(request, "no_mail_take_back", row.id),
    }


@requires(Permission.MANAGE_JOURNEY)
def no_mail_take_back(request: TenantRequest, opt_out_id: UUID) -> HttpResponse:
    """Let mail go there again, with the reason."""
    row: MailOptOut = get_object_or_404(MailOptOut.objects, id=opt_out_id)
    form = TakeBackForm(request.POST if request.method == "POST" else None)
    back = url(request, SECTION)
    if form.is_bound and accepted(form, lambda v: opt_outs.take_back(opt_out=row, by=request.member, **v)):
        return saved(request, _("Mail may go to %(address)s again.") % {"address": row.address}, back)
    return form_page(
        request,
        form,
        title=_("Write to %(address)s again") % {"address": row.address},
        submit=_("Take it back"),
        back_url=back,
        back_label=_("Addresses without mail"),
    )
