"""Changes to an account's people and events, made in the drawer or on a page of their own."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.account_frame import open_account
from accounts.customers import (
    log_event,
    mark_contact_left,
    save_account,
    save_contact,
    save_period,
    void_period,
)
from accounts.forms import AccountForm, ContactForm, EventForm, LeftForm, SubscriptionForm, VoidForm
from accounts.models import Account, Contact, Subscription
from accounts.views import account as pages
from accounts.views.forms import answer_form, posted
from cs_platform.kernel.access import Permission, TenantRequest, requires


def contact_of(account: Account, contact_id: UUID) -> Contact:
    """A person of this account; 404 otherwise."""
    return get_object_or_404(Contact.objects.select_related("account"), account=account, id=contact_id)


def _look(account: Account, back: str, title: str, submit: str, **more: Any) -> dict[str, Any]:
    """How a form of the account is headed, and where it leads back to."""
    return {"title": title, "back_url": back, "back_label": account.name, "submit": submit, **more}


def _of_account(request: TenantRequest, route: str, account: Account) -> str:
    return reverse(route, args=[request.tenant.slug, account.id])


@requires(Permission.EDIT_ACCOUNTS)
def event_new(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """Log what happened at the customer (ACC-05, ACC-11)."""
    account = open_account(request, account_id)
    form = EventForm(posted(request), today=request.tenant.today())
    look = _look(account, _of_account(request, "account_timeline", account), _("Log event"), _("Log"))

    def act(values: dict[str, Any]) -> None:
        log_event(account=account, by=request.member, **values)

    return answer_form(request, form, act, _("The event is on the timeline."), look)


@requires(Permission.EDIT_ACCOUNTS)
def contact_left(request: TenantRequest, account_id: UUID, contact_id: UUID) -> HttpResponse:
    """A person is gone; a champion's departure becomes an event of the account as well."""
    account = open_account(request, account_id)
    contact = contact_of(account, contact_id)
    words = {"name": contact.name}
    form = LeftForm(posted(request), initial={"left_on": request.tenant.today()})
    look = _look(account, _of_account(request, "account_people", account), _("%(name)s has left") % words, _("Save"))

    def act(values: dict[str, Any]) -> None:
        mark_contact_left(contact=contact, by=request.member, **values)

    return answer_form(request, form, act, _("%(name)s has left.") % words, look)


@requires(Permission.EDIT_ACCOUNTS)
def account_new(request: TenantRequest) -> HttpResponse:
    """A new customer; for those who see only their own book it is theirs."""
    form = AccountForm(posted(request), member=request.member)
    home = reverse("accounts", args=[request.tenant.slug])
    look = {"title": _("New account"), "back_url": home, "back_label": _("Accounts"), "submit": _("Save account")}

    def act(_values: dict[str, Any]) -> Account:
        return save_account(account=None, cells=form.cells(), version=None, by=request.member)

    def said(account: Account) -> str:
        return _("%(name)s is an account now.") % {"name": account.name}

    def to(account: Account) -> str:
        return _of_account(request, "account", account)

    return answer_form(request, form, act, said, look | {"wide": True}, to=to)


@requires(Permission.EDIT_ACCOUNTS)
def account_edit(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """Change an account. When somebody else did so meanwhile: 409 with both, and saving again writes this one."""
    account = open_account(request, account_id)
    url = _of_account(request, "account", account)
    form = AccountForm(posted(request), member=request.member, account=account)
    look = _look(account, url, _("Edit %(name)s") % {"name": account.name}, _("Save account"), wide=True)

    def act(values: dict[str, Any]) -> Account:
        return save_account(account=account, cells=form.cells(), version=values["version"], by=request.member)

    def said(row: Account) -> str:
        return _("%(name)s is saved.") % {"name": row.name}

    def to(row: Account) -> str:
        seen = Account.objects.visible_to(request.member).filter(id=row.id).exists()
        return url if seen else reverse("accounts", args=[request.tenant.slug])

    return answer_form(request, form, act, said, look, to=to, theirs=lambda: AccountForm.values_of(account))


@requires(Permission.EDIT_ACCOUNTS)
def contact_new(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """A person at the customer."""
    return _contact(request, open_account(request, account_id), None)


@requires(Permission.EDIT_ACCOUNTS)
def contact_edit(request: TenantRequest, account_id: UUID, contact_id: UUID) -> HttpResponse:
    """Change a person; 409 with both when somebody else did so meanwhile."""
    account = open_account(request, account_id)
    return _contact(request, account, contact_of(account, contact_id))


def _contact(request: TenantRequest, account: Account, contact: Contact | None) -> HttpResponse:
    form = ContactForm(posted(request), contact=contact)
    title = _("Edit %(name)s") % {"name": contact.name} if contact else _("New person")
    look = _look(account, _of_account(request, "account_people", account), title, _("Save person"))

    def act(values: dict[str, Any]) -> Contact:
        return save_contact(
            account=account, contact=contact, cells=form.cells(), version=values["version"], by=request.member
        )

    def said(person: Contact) -> str:
        return _("%(name)s is saved.") % {"name": person.name}

    return answer_form(
        request, form, act, said, look, theirs=lambda: ContactForm.values_of(contact) if contact else None
    )


@requires(Permission.EDIT_REVENUE)
def subscription_new(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """A paid period that the file did not bring."""
    return _period(request, open_account(request, account_id), None)


@requires(Permission.EDIT_REVENUE)
def subscription_edit(request: TenantRequest, account_id: UUID, subscription_id: UUID) -> HttpResponse:
    """Correct a paid period; the version before stays in its history."""
    account = open_account(request, account_id)
    return _period(request, account, pages.period_of(account, subscription_id))


def _period(request: TenantRequest, account: Account, period: Subscription | None) -> HttpResponse:
    form = SubscriptionForm(posted(request), subscription=period, currency=request.tenant.currency)
    title = _("Edit %(name)s") % {"name": period.external_id} if period else _("New paid period")
    look = _look(account, _of_account(request, "account_subscriptions", account), title, _("Save period"))

    def act(values: dict[str, Any]) -> None:
        save_period(account=account, period=period, cells=form.cells(), version=values["version"], by=request.member)

    text = _("The period is saved. Figures follow within a minute.")
    return answer_form(
        request, form, act, text, look, theirs=lambda: SubscriptionForm.values_of(period) if period else None
    )


@requires(Permission.EDIT_REVENUE)
def subscription_void(request: TenantRequest, account_id: UUID, subscription_id: UUID) -> HttpResponse:
    """Withdraw a period that never should have been there; it stays, marked, and the ledger takes it back."""
    account = open_account(request, account_id)
    period = pages.period_of(account, subscription_id)
    form = VoidForm(posted(request), initial={"version": period.version})
    title, url = _("Withdraw %(name)s"), _of_account(request, "account_subscriptions", account)
    look = _look(account, url, title % {"name": period.external_id}, _("Withdraw"), danger=True)
    look["text"] = _(
        "Use this for a period that was entered by mistake. For one that ended, set its end: that is churn, "
        "a withdrawal is a correction."
    )

    def act(values: dict[str, Any]) -> None:
        void_period(period=period, by=request.member, **values)

    return answer_form(request, form, act, _("The period is withdrawn. Figures follow within a minute."), look)
