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
from accounts.views.forms import conflict_page, form_page, saved
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.errors import Conflict, DomainError
from cs_platform.kernel.forms import refuse


def contact_of(account: Account, contact_id: UUID) -> Contact:
    """A person of this account; 404 otherwise."""
    return get_object_or_404(Contact.objects.select_related("account"), account=account, id=contact_id)


@requires(Permission.EDIT_ACCOUNTS)
def event_new(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """Log what happened at the customer (ACC-05, ACC-11)."""
    account = open_account(request, account_id)
    url = reverse("account_timeline", args=[request.tenant.slug, account.id])
    posted = request.POST if request.method == "POST" else None
    form = EventForm(posted, today=request.tenant.today())
    if posted is not None and form.is_valid():
        try:
            log_event(account=account, by=request.member, **form.cleaned_data)
            return saved(request, _("The event is on the timeline."), url)
        except DomainError as error:
            refuse(form, error)
    return form_page(request, form, title=_("Log event"), back_url=url, back_label=account.name, submit=_("Log"))


@requires(Permission.EDIT_ACCOUNTS)
def contact_left(request: TenantRequest, account_id: UUID, contact_id: UUID) -> HttpResponse:
    """A person is gone; a champion's departure becomes an event of the account as well."""
    account = open_account(request, account_id)
    contact = contact_of(account, contact_id)
    url = reverse("account_people", args=[request.tenant.slug, account.id])
    form = LeftForm(request.POST if request.method == "POST" else None, initial={"left_on": request.tenant.today()})
    if form.is_bound and form.is_valid():
        try:
            mark_contact_left(contact=contact, by=request.member, **form.cleaned_data)
            return saved(request, _("%(name)s has left.") % {"name": contact.name}, url)
        except DomainError as error:
            refuse(form, error)
    return form_page(
        request,
        form,
        title=_("%(name)s has left") % {"name": contact.name},
        back_url=url,
        back_label=account.name,
        submit=_("Save"),
    )


@requires(Permission.EDIT_ACCOUNTS)
def account_new(request: TenantRequest) -> HttpResponse:
    """A new customer; for those who see only their own book it is theirs."""
    form = AccountForm(request.POST if request.method == "POST" else None, member=request.member)
    if form.is_bound and form.is_valid():
        try:
            account = save_account(account=None, cells=form.cells(), version=None, by=request.member)
            url = reverse("account", args=[request.tenant.slug, account.id])
            return saved(request, _("%(name)s is an account now.") % {"name": account.name}, url)
        except DomainError as error:
            refuse(form, error)
    return form_page(
        request,
        form,
        wide=True,
        title=_("New account"),
        back_url=reverse("accounts", args=[request.tenant.slug]),
        back_label=_("Accounts"),
        submit=_("Save account"),
    )


@requires(Permission.EDIT_ACCOUNTS)
def account_edit(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """Change an account. When somebody else did so meanwhile: 409 with both, and saving again writes this one."""
    account = open_account(request, account_id)
    url = reverse("account", args=[request.tenant.slug, account.id])
    form = AccountForm(request.POST if request.method == "POST" else None, member=request.member, account=account)
    look: dict[str, Any] = {
        "wide": True,
        "title": _("Edit %(name)s") % {"name": account.name},
        "back_url": url,
        "back_label": account.name,
        "submit": _("Save account"),
    }
    if form.is_bound and form.is_valid():
        try:
            version = form.cleaned_data["version"]
            account = save_account(account=account, cells=form.cells(), version=version, by=request.member)
            if not Account.objects.visible_to(request.member).filter(id=account.id).exists():
                url = reverse("accounts", args=[request.tenant.slug])
            return saved(request, _("%(name)s is saved.") % {"name": account.name}, url)
        except Conflict:
            return conflict_page(request, form, AccountForm.values_of(account), **look)
        except DomainError as error:
            refuse(form, error)
    return form_page(request, form, **look)


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
    url = reverse("account_people", args=[request.tenant.slug, account.id])
    form = ContactForm(request.POST if request.method == "POST" else None, contact=contact)
    look: dict[str, Any] = {
        "title": _("Edit %(name)s") % {"name": contact.name} if contact else _("New person"),
        "back_url": url,
        "back_label": account.name,
        "submit": _("Save person"),
    }
    if form.is_bound and form.is_valid():
        try:
            version = form.cleaned_data["version"]
            person = save_contact(
                account=account, contact=contact, cells=form.cells(), version=version, by=request.member
            )
            return saved(request, _("%(name)s is saved.") % {"name": person.name}, url)
        except Conflict:
            if contact is None:
                raise
            return conflict_page(request, form, ContactForm.values_of(contact), **look)
        except DomainError as error:
            refuse(form, error)
    return form_page(request, form, **look)


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
    url = reverse("account_subscriptions", args=[request.tenant.slug, account.id])
    form = SubscriptionForm(
        request.POST if request.method == "POST" else None,
        subscription=period,
        currency=request.tenant.currency,
    )
    look: dict[str, Any] = {
        "title": _("Edit %(name)s") % {"name": period.external_id} if period else _("New paid period"),
        "back_url": url,
        "back_label": account.name,
        "submit": _("Save period"),
    }
    if form.is_bound and form.is_valid():
        try:
            version = form.cleaned_data["version"]
            save_period(account=account, period=period, cells=form.cells(), version=version, by=request.member)
            return saved(request, _("The period is saved. Figures follow within a minute."), url)
        except Conflict:
            if period is None:
                raise
            return conflict_page(request, form, SubscriptionForm.values_of(period), **look)
        except DomainError as error:
            refuse(form, error)
    return form_page(request, form, **look)


@requires(Permission.EDIT_REVENUE)
def subscription_void(request: TenantRequest, account_id: UUID, subscription_id: UUID) -> HttpResponse:
    """Withdraw a period that never should have been there; it stays, marked, and the ledger takes it back."""
    account = open_account(request, account_id)
    period = pages.period_of(account, subscription_id)
    url = reverse("account_subscriptions", args=[request.tenant.slug, account.id])
    form = VoidForm(request.POST if request.method == "POST" else None, initial={"version": period.version})
    look: dict[str, Any] = {
        "title": _("Withdraw %(name)s") % {"name": period.external_id},
        "text": _(
            "Use this for a period that was entered by mistake. For one that ended, set its end: that is churn, "
            "a withdrawal is a correction."
        ),
        "back_url": url,
        "back_label": account.name,
        "submit": _("Withdraw"),
        "danger": True,
    }
    if form.is_bound and form.is_valid():
        try:
            void_period(period=period, by=request.member, **form.cleaned_data)
            return saved(request, _("The period is withdrawn. Figures follow within a minute."), url)
        except Conflict:
            raise  # nothing was typed that could be lost: the page says what happened
        except DomainError as error:
            refuse(form, error)
    return form_page(request, form, **look)
