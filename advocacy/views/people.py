"""Enrolling people with their consent, asking them, and what they answer (ADV-01, ADV-03, ADV-05)."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.account_frame import open_account
from accounts.views.forms import form_page, saved
from advocacy import guards, selectors, services
from advocacy.forms import AccountForm, AnswerForm, AskForm, ConsentForm
from advocacy.views.acting import answered, home, posted
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.asked import version_of
from cs_platform.kernel.keyset import uuid_of


@requires(Permission.EDIT_ACCOUNTS)
def enrol(request: TenantRequest) -> HttpResponse:
    """Choose a qualified account that nobody speaks for yet; the form for its people follows."""
    back, tenant = home(request), request.tenant
    accounts = selectors.accounts_to_enrol(request.member)
    if not accounts:
        messages.info(request, _("Every qualified account that you see has somebody who speaks for it."))
        return redirect(back)
    form = AccountForm(posted(request), accounts=accounts)
    if form.is_bound and form.is_valid():
        chosen = form.accounts[form.cleaned_data["account"]]
        return redirect(f"{reverse('advocate_new', args=[tenant.slug, chosen.id])}?{urlencode({'back': back})}")
    text = _("Accounts that meet all six criteria and have nobody in the program, the largest first.")
    return form_page(request, form, title=_("Enrol candidates"), text=text, submit=_("Next"), action=request.get_full_path(),
                     back_url=back, back_label=_("Advocacy"))  # fmt: skip


@requires(Permission.EDIT_ACCOUNTS)
def advocate_new(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """Take a person of this account into the program, with their consent."""
    account, back = open_account(request, account_id), home(request)
    people = selectors.people_to_enrol(account)
    if not people:
        messages.info(request, _("There is nobody at %(name)s to enrol: add a person first.") % {"name": account.name})
        return redirect(back)
    form = ConsentForm(posted(request), people=people, initial={"consent_on": request.tenant.today()})

    def act() -> None:
        values = dict(form.cleaned_data)
        services.enrol(contact=form.people[values.pop("contact")], by=request.member, **values)

    text = _("Their own words count: how far it goes, until when, and whether their legal agrees.")
    return answered(request, form, act, done=_("Enrolled."), title=_("Enrol somebody of %(name)s") % {"name": account.name},
                    text=text, submit=_("Enrol"), back_url=back, back_label=account.name)  # fmt: skip


@requires(Permission.EDIT_ACCOUNTS)
def advocate_edit(request: TenantRequest, advocate_id: UUID) -> HttpResponse:
    """Say their consent anew."""
    row, back = selectors.advocate_of(request.member, advocate_id), home(request)
    form = ConsentForm(posted(request), advocate=row)

    def act() -> None:
        values = dict(form.cleaned_data)
        version = values.pop("version") or 0
        services.change_consent(advocate=row, version=version, by=request.member, **values)

    leave = reverse("advocate_leave", args=[request.tenant.slug, row.id])
    return answered(request, form, act, done=_("Saved."), title=row.contact.name, submit=_("Save"), back_url=back,
                    back_label=row.account.name, delete_url=f"{leave}?{urlencode({'back': back})}",
                    delete_label=_("They leave the program"),
                    theirs=lambda: ConsentForm.values_of(selectors.advocate_of(request.member, row.id)))  # fmt: skip


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def advocate_leave(request: TenantRequest, advocate_id: UUID) -> HttpResponse:
    """They speak for us no more."""
    row = selectors.advocate_of(request.member, advocate_id)
    services.leave(advocate=row, version=version_of(request), by=request.member)
    return saved(request, _("%(name)s has left the program.") % {"name": row.contact.name}, home(request))


@requires(Permission.EDIT_ACCOUNTS)
def ask_new(request: TenantRequest, advocate_id: UUID) -> HttpResponse:
    """Ask an advocate; `request` in the address is what sales looks for. Who may not be asked is refused with the reason."""
    row, back, today = selectors.advocate_of(request.member, advocate_id), home(request), request.tenant.today()
    requests = selectors.open_requests(today)
    wished = uuid_of(request.GET.get("request", ""))
    wanted = next((one for one in requests if one.id == wished), None)
    initial = {"asked_on": today, "request": str(wanted.id) if wanted else "", "kind": wanted.kind if wanted else None}
    form = AskForm(posted(request), advocate=row, requests=requests, initial=initial)
    no = guards.may_ask([row])[row.id]

    def act() -> None:
        values = dict(form.cleaned_data)
        wish = form.requests.get(values.pop("request"))
        services.ask(advocate=row, by=request.member, request=wish, **values)

    text = no.text if no else _("What suits customers like them stands first.")
    return answered(request, form, act, done=_("%(name)s is asked.") % {"name": row.contact.name},
                    title=_("Ask %(name)s") % {"name": row.contact.name}, text=text, submit=_("Ask"), back_url=back,
                    back_label=row.account.name)  # fmt: skip


@requires(Permission.EDIT_ACCOUNTS)
def ask_answer(request: TenantRequest, ask_id: UUID) -> HttpResponse:
    """What they said."""
    row, back = selectors.ask_of(request.member, ask_id), home(request)
    form = AnswerForm(posted(request), ask=row, initial={"answered_on": request.tenant.today()})

    def act() -> None:
        values = dict(form.cleaned_data)
        version = values.pop("version") or 0
        services.answer_ask(ask=row, version=version, by=request.member, **values)

    text = _("They rest from the day of the answer.")
    return answered(request, form, act, done=_("Saved."), title=_("Answer of %(name)s") % {"name": row.advocate.contact.name},
                    text=text, submit=_("Save answer"), back_url=back, back_label=row.advocate.account.name)  # fmt: skip
