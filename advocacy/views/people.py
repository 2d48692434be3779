"""Enrolling people with their consent, asking them, and what they answer (ADV-01, ADV-03, ADV-05)."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.account_frame import open_account
from accounts.views.forms import answer_form, form_page, posted, saved
from advocacy import guards, selectors, services
from advocacy.forms import AccountForm, AnswerForm, AskForm, ConsentForm
from advocacy.models import Advocate, Ask
from advocacy.views.acting import home
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.asked import version_of
from cs_platform.kernel.keyset import uuid_of


@requires(Permission.EDIT_ACCOUNTS)
def enrol(request: TenantRequest) -> HttpResponse:
    """Choose a qualified account that nobody speaks for yet; the form for its people follows."""
    back = home(request)
    accounts = selectors.accounts_to_enrol(request.member)
    if not accounts:
        messages.info(request, _("Every qualified account that you see has somebody who speaks for it."))
        return redirect(back)
    form = AccountForm(posted(request), accounts=accounts)
    if form.is_bound and form.is_valid():
        following = reverse("advocate_new", args=[request.tenant.slug, form.chosen.id])
        return redirect(f"{following}?{urlencode({'back': back})}")
    text = _("Accounts that meet all six criteria and have nobody in the program, the largest first.")
    return form_page(request, form, **_look(request, _("Enrol candidates"), _("Advocacy"), text=text, submit=_("Next")))


def _look(request: TenantRequest, title: str, back_label: str, **more: Any) -> dict[str, Any]:
    """What a form about a person is shown with; it leads back to where they came from."""
    action, back = request.get_full_path(), home(request)
    return {"title": title, "submit": _("Save"), "action": action, "back_url": back, "back_label": back_label, **more}


@requires(Permission.EDIT_ACCOUNTS)
def advocate_new(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """Take a person of this account into the program, with their consent."""
    account = open_account(request, account_id)
    people = selectors.people_to_enrol(account)
    if not people:
        messages.info(request, _("There is nobody at %(name)s to enrol: add a person first.") % {"name": account.name})
        return redirect(home(request))
    form = ConsentForm(posted(request), people=people, initial={"consent_on": request.tenant.today()})

    def act(values: dict[str, Any]) -> Advocate:
        contact = form.people[values.pop("contact")]
        return services.enrol(contact=contact, by=request.member, **values)

    title = _("Enrol somebody of %(name)s") % {"name": account.name}
    text = _("Their own words count: how far it goes, until when, and whether their legal agrees.")
    look = _look(request, title, account.name, text=text, submit=_("Enrol"))
    return answer_form(request, form, act, _("Enrolled."), look)


@requires(Permission.EDIT_ACCOUNTS)
def advocate_edit(request: TenantRequest, advocate_id: UUID) -> HttpResponse:
    """Say their consent anew."""
    row = selectors.advocate_of(request.member, advocate_id)
    form = ConsentForm(posted(request), advocate=row)

    def act(values: dict[str, Any]) -> Advocate:
        values["version"] = values["version"] or 0
        return services.change_consent(advocate=row, by=request.member, **values)

    def theirs() -> dict[str, Any]:
        return ConsentForm.values_of(selectors.advocate_of(request.member, row.id))

    look = _look(request, row.contact.name, row.account.name)
    leave = reverse("advocate_leave", args=[request.tenant.slug, row.id])
    look |= {
        "delete_url": f"{leave}?{urlencode({'back': look['back_url']})}",
        "delete_label": _("They leave the program"),
    }
    return answer_form(request, form, act, _("Saved."), look, theirs=theirs)


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
    row = selectors.advocate_of(request.member, advocate_id)
    requests = selectors.open_requests()
    wished = uuid_of(request.GET.get("request", ""))
    wanted = next((one for one in requests if one.id == wished), None)
    initial = {"asked_on": request.tenant.today()}
    initial |= {"request": str(wanted.id), "kind": wanted.kind} if wanted else {}
    form = AskForm(posted(request), advocate=row, requests=requests, initial=initial)
    no = guards.may_ask([row])[row.id]

    def act(values: dict[str, Any]) -> Ask:
        values["request"] = form.requests.get(values["request"])
        return services.ask(advocate=row, by=request.member, **values)

    name = {"name": row.contact.name}
    text = no.text if no else _("What suits customers like them stands first.")
    look = _look(request, _("Ask %(name)s") % name, row.account.name, text=text, submit=_("Ask"))
    return answer_form(request, form, act, _("%(name)s is asked.") % name, look)


@requires(Permission.EDIT_ACCOUNTS)
def ask_answer(request: TenantRequest, ask_id: UUID) -> HttpResponse:
    """What they said."""
    row = selectors.ask_of(request.member, ask_id)
    form = AnswerForm(posted(request), ask=row, initial={"answered_on": request.tenant.today()})

    def act(values: dict[str, Any]) -> Ask:
        values["version"] = values["version"] or 0
        return services.answer_ask(ask=row, by=request.member, **values)

    title = _("Answer of %(name)s") % {"name": row.advocate.contact.name}
    text = _("They rest from the day of the answer.")
    look = _look(request, title, row.advocate.account.name, text=text, submit=_("Save answer"))
    return answer_form(request, form, act, _("Saved."), look)
