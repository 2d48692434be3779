"""How easy it was: the page for people who took part in a renewal, without an account, and who is asked (REN-03, E12)."""

from collections.abc import Callable
from typing import Any, Protocol

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from accounts import opt_outs
from accounts.enums import OptOutHow
from accounts.models import Tenant
from accounts.settings_sections import section_page, url
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.forms import accepted
from journey.views.customer import public_answer, spoken
from renewals import effort
from renewals.enums import Asked
from renewals.forms import EffortForm, WhomForm
from renewals.models import EffortAsk, EffortRule
from renewals.views.runways import SECTION


@never_cache
def effort_link(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """The page of a link: asks once, and then says thank you."""

    def answer(tenant: Tenant) -> HttpResponse | None:
        ask = effort.by_token(token)
        return None if ask is None else spoken(request, ask.language, lambda: _page(request, tenant, ask))

    return public_answer(request, slug, answer)


def _page(request: HttpRequest, tenant: Tenant, ask: EffortAsk) -> HttpResponse:
    form = EffortForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and accepted(form, lambda data: effort.answer(ask=ask, **data)):
        return redirect(request.path)
    context = {
        "company": tenant.name,
        "customer": ask.renewal.account.name,
        "form": form,
        "done": ask.answer is not None,
        "until": effort.runs_out(ask),
    }
    return render(request, "renewals/effort.html", context, status=422 if form.is_bound else 200)


@never_cache
@csrf_exempt  # the signed link is the proof; mail programs post it without a page (RFC 8058)
def effort_stop(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """No more mails like the one that asked."""
    return stop_page(request, slug, lambda: effort.by_token(token))


class Sent(Protocol):
    """A mail that went out."""

    address: str
    language: str


def stop_page(request: HttpRequest, slug: str, find: Callable[[], Sent | None]) -> HttpResponse:
    """Whoever got the mail that is found wants no more: a GET asks, because mail programs look at links; a POST stops."""

    def answer(tenant: Tenant) -> HttpResponse | None:
        sent = find()
        if sent is None:
            return None
        if request.method == "POST":
            opt_outs.stop_mail(address=sent.address, how=OptOutHow.LINK, by=None)
        elif request.method not in ("GET", "HEAD"):
            return HttpResponse(status=405, headers={"Allow": "GET, HEAD, POST"})
        done = bool(opt_outs.stopped([sent.address]))
        context = {"company": tenant.name, "address": sent.address, "done": done}
        return spoken(request, sent.language, lambda: render(request, "journey/mail_stop.html", context))

    return public_answer(request, slug, answer)


@requires(Permission.MANAGE_JOURNEY)
def whom(request: TenantRequest) -> HttpResponse:
    """Whose people are asked."""
    row = EffortRule.objects.first()
    initial = {"who": row.who, "version": row.version} if row else {"who": Asked.KEPT, "version": 0}
    form = WhomForm(request.POST if request.method == "POST" else None, initial=initial)

    def save(data: dict[str, Any]) -> None:
        effort.set_whom(who=data["who"], version=data["version"] or 0, by=request.member)

    if request.method == "POST" and accepted(form, save):
        messages.success(request, _("Saved."))
        return redirect(url(request, SECTION))
    context = {"title": _("How easy it was"), "form": form, "back": url(request, SECTION)}
    status = 422 if form.is_bound else 200
    return section_page(request, SECTION, "settings/edit.html", context, pieces=("drawer-body",), status=status)
