"""Pages outside of any company: joining by invitation, the profile, the language."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.i18n import set_language as remember_language

from accounts import invitations, people
from accounts.models import User
from accounts.settings_forms import JoinForm, ProfileForm, ThemeForm
from cs_platform.kernel.access import TenantRequest
from cs_platform.kernel.forms import accepted
from cs_platform.kernel.htmx import page


@never_cache
def join(request: TenantRequest, slug: str, token: str) -> HttpResponse:
    """An invitation: who invites to which company as what. A new person sets name and password; a known one signs in
    first, as the person whom the e-mail went to. Unknown, used and expired links answer alike (404).
    """
    offer = invitations.offer(slug, token)
    if offer is None:
        return render(request, "profile/join_gone.html", status=404)
    signed_in = request.user if request.user.is_authenticated else None
    context: dict[str, Any] = {"offer": offer, "login_url": f"{reverse('account_login')}?next={request.path}"}
    if offer.user is None and signed_in is None:
        return _join_as_new(request, offer, context)
    if signed_in is None or signed_in.pk != getattr(offer.user, "pk", None):
        return render(request, "profile/join_other.html", context, status=403 if request.method == "POST" else 200)
    if request.method == "POST":
        invitations.accept_invitation(offer=offer)
        return redirect("home", slug)
    return render(request, "profile/join.html", context)


def _join_as_new(request: TenantRequest, offer: invitations.Offer, context: dict[str, Any]) -> HttpResponse:
    form = JoinForm(request.POST or None, email=offer.invitation.email)

    def accept(data: dict[str, Any]) -> None:
        member = invitations.accept_invitation(offer=offer, **data)
        login(request, member.user, backend=settings.AUTHENTICATION_BACKENDS[0])

    if request.method == "POST" and accepted(form, accept):
        return redirect("home", offer.tenant.slug)
    return render(request, "profile/join.html", context | {"form": form}, status=422 if form.is_bound else 200)


@login_required
def profile(request: TenantRequest) -> HttpResponse:
    """How the product looks and speaks to this person. The theme button of the frame sends the theme alone."""
    user: User = get_object_or_404(User, pk=request.user.pk)
    if request.method == "POST" and "name" not in request.POST:
        theme = ThemeForm(request.POST, instance=user)
        if not theme.is_valid():
            return HttpResponse(status=422)
        theme.save()
        return HttpResponse(status=204)
    name = user.name
    form = ProfileForm(request.POST or None, instance=user)
    if request.method == "POST" and accepted(form, lambda data: form.save()):
        if user.name != name:
            people.rename_user(user=user, name=user.name)
        with override(user.language or request.LANGUAGE_CODE):
            messages.success(request, _("Saved."))
        return redirect("profile")
    return page(request, "profile/profile.html", {"form": form}, status=422 if form.is_bound else 200)


def set_language(request: TenantRequest) -> HttpResponse:
    """The language of the next pages: by cookie, and for a signed-in person in the profile too."""
    response = remember_language(request)
    chosen = request.POST.get("language", "")
    if request.method == "POST" and request.user.is_authenticated and chosen in dict(settings.LANGUAGES):
        User.objects.filter(pk=request.user.pk).update(language=chosen)
    return response
