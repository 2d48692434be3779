"""Quotes: made, changed, sent and withdrawn on the renewal; read and answered by the customer, without an account (REN-07)."""

from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.models import Contact, Tenant
from accounts.views.forms import answer_form, posted
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.asked import version_of
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.forms import accepted
from cs_platform.kernel.money import money_text
from journey.playbooks.letters import reachable
from journey.views.customer import public_answer, spoken
from renewals import cells_quotes, flows, offers, quote_mails, quotes, selectors
from renewals.cells import tab_url
from renewals.enums import QuoteState
from renewals.forms_quotes import AcceptForm, DeclineForm, QuoteForm
from renewals.models import Quote, Renewal
from renewals.quote_answers import accept_quote, decline_quote, may_answer
from renewals.views.effort import stop_page


def _people(request: TenantRequest, one: Renewal) -> list[Contact]:
    """Whom the form offers: everybody at the account who has an address."""
    return reachable([one.account_id], request.tenant.today()).get(one.account_id, [])


@requires(Permission.EDIT_ACCOUNTS)
def quote_new(request: TenantRequest, renewal_id: UUID) -> HttpResponse:
    """Make a quote of the contracts, with what was talked about, else the policy of the segment, filled in."""
    one, today = selectors.renewal_of(request.member, renewal_id), request.tenant.today()
    segment = one.account.segment
    flow = flows.flow_of(segment, flows.own_flows() if segment else {})
    first = next(iter(quotes.deciders([one], today)[one.id]), None)
    until = offers.valid_until(today, flow.valid_days, one.due_on)
    usual = Quote(**flows.terms_of(one, flow), valid_until=until, contact=first, version=0)
    form = QuoteForm(posted(request), initial=QuoteForm.values_of(usual), people=_people(request, one))

    def act(values: dict[str, Any]) -> Quote:
        return quotes.make_quote(renewal=one, values=form.values(), by=request.member)

    look = {"title": _("New quote"), "submit": _("Make the quote")} | _back(request, one)
    return answer_form(request, form, act, lambda made: _("Quote %(number)s stands as a draft.") % {"number": made.label}, look)  # fmt: skip


@requires(Permission.EDIT_ACCOUNTS)
def quote(request: TenantRequest, quote_id: UUID) -> HttpResponse:
    """Say it otherwise, while it is a draft."""
    row = _quote(request, quote_id)
    form = QuoteForm(posted(request), initial=QuoteForm.values_of(row), people=_people(request, row.renewal))

    def act(values: dict[str, Any]) -> Quote:
        return quotes.change_quote(quote=row, values=form.values(), version=values["version"] or 0, by=request.member)

    look = {"title": row.label, "submit": _("Save")} | _back(request, row.renewal)
    theirs = lambda: QuoteForm.values_of(Quote.objects.get(id=row.id))  # noqa: E731 - read when it is asked for
    return answer_form(request, form, act, _("Saved."), look, theirs=theirs)


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def quote_send(request: TenantRequest, quote_id: UUID) -> HttpResponse:
    """Send it now."""
    row = _quote(request, quote_id)
    try:
        quote_mails.send_quote(quote=row, version=version_of(request), by=request.member)
        messages.success(request, _("Quote %(number)s is on its way.") % {"number": row.label})
    except DomainError as error:
        messages.error(request, error.message)
    return redirect(tab_url(row.renewal, request.tenant.slug))


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def quote_withdraw(request: TenantRequest, quote_id: UUID) -> HttpResponse:
    """It counts no longer."""
    row = _quote(request, quote_id)
    try:
        quotes.withdraw_quote(quote=row, version=version_of(request), by=request.member)
        messages.success(request, _("Quote %(number)s was withdrawn.") % {"number": row.label})
    except DomainError as error:
        messages.error(request, error.message)
    return redirect(tab_url(row.renewal, request.tenant.slug))


def _quote(request: TenantRequest, quote_id: UUID) -> Quote:
    return get_object_or_404(
        Quote.objects.select_related("renewal__account"), id=quote_id, renewal__in=selectors.visible(request.member)
    )


def _back(request: TenantRequest, one: Renewal) -> dict[str, str]:
    return {"back_url": tab_url(one, request.tenant.slug), "back_label": one.account.name}


@never_cache
def quote_link(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """The page of a link: what is offered, and a yes or a no, once."""

    def answer(tenant: Tenant) -> HttpResponse | None:
        row = quote_mails.by_token(token)
        return None if row is None else spoken(request, row.language, lambda: _page(request, tenant, row))

    return public_answer(request, slug, answer)


def _page(request: HttpRequest, tenant: Tenant, row: Quote) -> HttpResponse:
    said = request.POST.get("answer", "") if request.method == "POST" else ""
    yes = AcceptForm(request.POST if said == "accept" else None, prefix="yes")
    no = DeclineForm(request.POST if said == "decline" else None, prefix="no")
    address = get_adapter().get_client_ip(request)

    def accept(data: dict[str, Any]) -> None:
        accept_quote(quote=row, name=data["signed_as"], address=address)

    def decline(data: dict[str, Any]) -> None:
        decline_quote(quote=row, name=data["signed_as"], reason=data["reason"], address=address)

    form, act = (yes, accept) if said == "accept" else (no, decline)
    if said and accepted(form, act):
        return redirect(request.path)
    context = {
        "company": tenant.name,
        "customer": row.renewal.account.name,
        "owner": row.renewal.account.owner,
        "quote": row,
        "rows": cells_quotes.customer_rows(row),
        "facts": list(cells_quotes.customer_facts(row)),
        "year": money_text(row.year_minor, row.currency),
        "total": money_text(row.total_minor, row.currency),
        "open": may_answer(row),
        "accepted": row.state == QuoteState.ACCEPTED,
        "declined": row.state == QuoteState.DECLINED,
        "yes": yes,
        "no": no,
    }
    return render(request, "renewals/quote.html", context, status=422 if form.is_bound else 200)


@never_cache
@csrf_exempt  # the signed link is the proof; mail programs post it without a page (RFC 8058)
def quote_stop(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """No more mails like the one that the quote came by."""
    return stop_page(request, slug, lambda: quote_mails.by_token(token))
