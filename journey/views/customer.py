"""Pages for somebody at a customer, opened by a signed link without an account (JRN-07, VAL-02).

They show one plan, or ask for one go-live, and nothing else of the company: no note that is meant for us, no price, no
health. Whatever is wrong with a link, the answer is the same page (404).
"""

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

from allauth.account.adapter import get_adapter
from django import forms
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from redis.exceptions import RedisError

from accounts.models import Tenant
from cs_platform.kernel.errors import request_id
from cs_platform.kernel.forms import accepted
from cs_platform.kernel.tenancy import tenant_context
from health.outcomes.selectors import criteria
from journey.enums import LinkPurpose
from journey.models import CustomerLink
from journey.plans import cells, links, selectors
from journey.stages import measures

# Requests of one address a minute: people read and reload, programs guess. Behind it stand 256 random bits.
OPEN, MISS = ("open", 60), ("miss", 20)


class ConfirmForm(forms.Form):
    """The customer's yes: a name and a tick."""

    signed_as = forms.CharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    agreed = forms.BooleanField(label=_("Yes, this is live and in use at our company."))


@never_cache
def customer_link(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """The page of a link. GET counts that it was opened; a POST signs the go-live, once."""

    def answer(tenant: Tenant) -> HttpResponse | None:
        link = links.live(token)
        return None if link is None else spoken(request, links.language_of(link), lambda: _page(request, tenant, link))

    return public_answer(request, slug, answer)


def public_answer(request: HttpRequest, slug: str, answer: Callable[[Tenant], HttpResponse | None]) -> HttpResponse:
    """What `answer` says in the company's context; when it knows nothing, or there is no such company, the page that says
    so, and too many requests wait. Nothing between here and the visitor keeps it."""
    response = _counted(request, slug, answer)
    # The address holds the secret: it is kept from other sites, from search engines and from caches between.
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Cache-Control"] = "no-store, private"
    return response


def _counted(request: HttpRequest, slug: str, answer: Callable[[Tenant], HttpResponse | None]) -> HttpResponse:
    if _count(request, OPEN, 1) or _count(request, MISS, 0):
        response = render(request, "journey/customer_wait.html", status=429)
        response["Retry-After"] = "60"
        return response
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is not None:
        with tenant_context(tenant.id, actor="customer", request_id=request_id()), timezone.override(tenant.zone):
            if (found := answer(tenant)) is not None:
                return found
    _count(request, MISS, 1)
    return render(request, "journey/customer_gone.html", status=404)


def _count(request: HttpRequest, what: tuple[str, int], more: int) -> bool:
    """Count `more` of this address in this minute; whether that is too much. Without Redis nothing is counted."""
    name, limit = what
    key = f"customer:{name}:{get_adapter().get_client_ip(request)}:{int(time.time() // 60)}"
    try:
        cache.add(key, 0, timeout=120)
        return cache.incr(key, more) > limit - (not more)
    except (RedisError, ValueError):
        return False


def spoken(request: HttpRequest, theirs: str, answer: Callable[[], HttpResponse]) -> HttpResponse:
    """The answer in the language that the visitor chose on the page, else in theirs: of the person whom it is for."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    language = chosen if chosen in dict(settings.LANGUAGES) else theirs
    with translation.override(language):
        response = answer()
    response["Content-Language"] = language
    return response


def _page(request: HttpRequest, tenant: Tenant, link: CustomerLink) -> HttpResponse:
    pages: dict[str, Callable[[HttpRequest, Tenant, CustomerLink], HttpResponse]] = {
        LinkPurpose.PLAN: _plan,
        LinkPurpose.GO_LIVE: _go_live,
    }
    return pages[link.purpose](request, tenant, link)


def _plan(request: HttpRequest, tenant: Tenant, link: CustomerLink) -> HttpResponse:
    if request.method not in ("GET", "HEAD"):
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    today = tenant.today()
    assert link.plan_id is not None  # a constraint of the table
    plan = selectors.plan_of(link.account, link.plan_id)
    links.opened(link)
    context = {
        "company": tenant.name,
        "customer": link.account.name,
        "until": link.expires_at,
        "plan": cells.for_customer(plan, today),
        "picture": cells.picture(plan, today, own=False),
        "goals": cells.goals_for_customer(criteria(link.account, today), today),
    }
    return render(request, "journey/customer_plan.html", context)


def _go_live(request: HttpRequest, tenant: Tenant, link: CustomerLink) -> HttpResponse:
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        links.opened(link)
    elif accepted(form, lambda data: links.confirm_go_live(link=link, **data)):
        return redirect(request.path)
    period = link.period
    done = links.confirmed(link)
    assert period is not None  # a constraint of the table
    over = period.exited_on is not None and done is None
    context: dict[str, Any] = {
        "company": tenant.name,
        "customer": link.account.name,
        "track": period.track.name,
        "since": period.entered_on,
        "until": link.expires_at,
        "criteria": cells.criteria_for_customer(measures.standing([period])[period.id]),
        "form": form,
        "done": done,
        "done_on": _day(done.at, tenant) if done else None,
        "over": over,
    }
    status = 200 if done or request.method != "POST" else 409 if over else 422
    return render(request, "journey/customer_go_live.html", context, status=status)


def _day(moment: dt.datetime, tenant: Tenant) -> dt.date:
    return moment.astimezone(tenant.zone).date()
