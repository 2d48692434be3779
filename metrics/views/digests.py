"""Settings: who gets digests by e-mail, how they look, a test to oneself; and the page on which anybody leaves a list."""

from typing import Any
from uuid import UUID

from csp.decorators import csp_replace
from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.models import Member, Role
from accounts.settings_sections import section_page, url
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.forms import TenantChoiceField, accepted
from cs_platform.kernel.models import Work
from cs_platform.kernel.templatetags.cells import moment_text, number_text
from metrics.digests import sending
from metrics.digests.content import content_of
from metrics.enums import DigestKind
from metrics.models import DigestRecipient, DigestSent

WHEN = {
    DigestKind.BOARD: gettext_lazy("When the month is closed, with the PDF; ten days after its end at the latest."),
    DigestKind.WEEK: gettext_lazy("Monday morning, about the last full week."),
    DigestKind.DAY: gettext_lazy("On working days at the hour of the company (Settings, Company), about the own book."),
}


# The decorator's types know plain views only.
open_styles: Any = csp_replace({"style-src": ["'unsafe-inline'"], "script-src": ["'none'"]})


class RecipientForm(forms.Form):
    """Everybody of a role, or one address; addresses outside of the company get the board only."""

    kind = forms.ChoiceField(label=gettext_lazy("Digest"), choices=DigestKind.choices)
    role = TenantChoiceField(
        Role, label=gettext_lazy("Everybody with the role"), required=False,
        help_text=gettext_lazy("Those who have it today. Who joins later is added here."),
    )  # fmt: skip
    email = forms.EmailField(label=gettext_lazy("Or one e-mail address"), required=False)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120, required=False)
    language = forms.ChoiceField(
        label=gettext_lazy("Language"), required=False,
        choices=[("", gettext_lazy("As in their profile")), *settings.LANGUAGES],
    )  # fmt: skip


@requires(Permission.EDIT_BOARD)
def show_digests(request: TenantRequest) -> HttpResponse:
    """The three lists with what each got last. A POST adds people."""
    form = RecipientForm(request.POST or None)
    added = 0

    def add(data: dict[str, Any]) -> None:
        nonlocal added
        added = sending.add_recipients(kind=data["kind"], rows=_people(data), by=request.member)

    if request.method == "POST" and accepted(form, add):
        text = ngettext("%(n)s person added.", "%(n)s people added.", added) % {"n": number_text(added)}
        messages.success(request, text if added else _("They are on this list already."))
        return redirect(url(request, "digests"))
    context = {"kinds": _kinds(request), "form": form}
    return section_page(request, "digests", "metrics/digests.html", context, status=422 if form.is_bound else 200)


def _people(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows that the form means. DomainError where nobody is meant, or somebody who cannot read what it is about."""
    members = Member.objects.select_related("user", "role").filter(is_active=True)
    kind, role, email = data["kind"], data["role"], data["email"].lower()
    if bool(role) == bool(email):
        raise DomainError(
            _("Choose a role, or write one e-mail address."), fields={"email": _("Either the one or the other.")}
        )
    if role:
        found = list(members.filter(role=role))
    else:
        found = list(members.filter(user__email=email))
        if not found and kind != DigestKind.BOARD:
            text = _("Only members get this one: it is about accounts that they may see.")
            raise DomainError(text, fields={"email": text})
    needed = sending.NEEDS[DigestKind(kind)]
    if unable := [member.name for member in found if not member.may(needed)]:
        text = _("The role of %(name)s does not include this page.") % {"name": unable[0]}
        raise DomainError(text, fields={"role" if role else "email": text})
    if role and not found:
        text = _("Nobody has this role.")
        raise DomainError(text, fields={"role": text})
    if not found:
        return [{"email": email, "name": data["name"], "language": data["language"], "member": None}]
    return [
        {"email": m.user.email, "name": m.name, "language": data["language"], "member": m}
        for m in found
    ]  # fmt: skip


def _kinds(request: TenantRequest) -> list[dict[str, Any]]:
    languages = dict(settings.LANGUAGES)
    rows = DigestRecipient.objects.select_related("member__user", "member__role").order_by("name", "email", "id")
    newest = DigestSent.objects.order_by("kind", "email", "-sent_at").distinct("kind", "email")
    last = {(sent.kind, sent.email): sent.sent_at for sent in newest}
    waiting = {work.payload.get("recipient"): work for work in Work.objects.filter(name=sending.WORK)}
    found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in DigestKind.values}
    for row in rows:
        address = sending.address_of(row)
        work = waiting.get(str(row.id))
        found[row.kind].append(
            {
                "name": row.member.name if row.member else row.name or address,
                "email": address,
                "outside": row.member is None,
                "unable": not sending.may_get(row),
                "language": languages.get(row.language, ""),
                "last": moment_text(last[row.kind, address]) if (row.kind, address) in last else _("Never"),
                "problem": work.error if work else "",
                "waiting": bool(work),
                "remove_url": url(request, "digests_remove", row.id),
            }
        )
    return [
        {
            "key": kind,
            "label": DigestKind(kind).label,
            "when": WHEN[DigestKind(kind)],
            "rows": found[kind],
            "preview_url": url(request, "digests_preview", kind),
            "test_url": url(request, "digests_test", kind),
        }
        for kind in DigestKind.values
    ]


@requires(Permission.EDIT_BOARD)
@require_POST
def remove_recipient(request: TenantRequest, digest_id: UUID) -> HttpResponse:
    """Take somebody off a list."""
    get_object_or_404(DigestRecipient, id=digest_id).delete()
    messages.success(request, _("Taken off the list."))
    return redirect(url(request, "digests"))


@requires(Permission.EDIT_BOARD)
@open_styles
def preview(request: TenantRequest, digest_kind: str) -> HttpResponse:
    """The e-mail as it would look now, for whoever asks. Its styles stand in its elements, as mail programs need."""
    if digest_kind not in DigestKind.values:
        raise Http404
    tenant, period = request.tenant, sending.next_period(digest_kind, request.tenant)
    content = content_of(digest_kind, tenant, period, request.member, pdf=False)
    if content is None:
        messages.warning(request, _("There is nothing to say yet: no figures, or no scores."))
        return redirect(url(request, "digests"))
    context = {"content": content, "company": tenant.name, "stop_url": "", "language": request.LANGUAGE_CODE}
    return render(request, "email/digest.html", context)


@requires(Permission.EDIT_BOARD)
@require_POST
def send_test(request: TenantRequest, digest_kind: str) -> HttpResponse:
    """Send one to oneself; nothing is remembered of it."""
    if digest_kind not in DigestKind.values:
        raise Http404
    try:
        sent = sending.send_test(kind=digest_kind, tenant=request.tenant, by=request.member)
    except OSError as error:  # the mail server: refused, away or wrongly set
        messages.error(request, _("The mail server did not take it: %(error)s") % {"error": str(error)[:200]})
        return redirect(url(request, "digests"))
    if sent:
        messages.success(request, _("Sent to %(email)s.") % {"email": request.member.user.email})
    else:
        messages.warning(request, _("There is nothing to say yet: no figures, or no scores."))
    return redirect(url(request, "digests"))


@never_cache
@csrf_exempt  # the signed link is the proof; mail programs post it without a page (RFC 8058)
def stop(request: TenantRequest, token: str) -> HttpResponse:
    """Leave a list without signing in. A GET asks, because mail programs look at links; unknown links are 404."""
    found = sending.by_token(token)
    if request.method == "POST":
        sending.stop(token)
        return render(request, "metrics/digest_stop.html", {"done": True})
    if found is None:
        return render(request, "metrics/digest_stop.html", {"gone": True}, status=404)
    tenant, recipient = found
    context = {"company": tenant.name, "kind": DigestKind(recipient.kind).label, "email": recipient.email}
    return render(request, "metrics/digest_stop.html", context)
