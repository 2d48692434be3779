"""Merging an account into another, and taking it back: first what would happen, then the deed."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.account_frame import open_account
from accounts.mergers import Preview, merge_account, other_account, preview, unmerge_account
from accounts.models import Account
from accounts.views.forms import answer_form, form_page, posted, saved
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.forms import refuse
from cs_platform.kernel.money import money_text
from cs_platform.kernel.templatetags.cells import day_text


class MergeForm(forms.Form):
    """The other account by its external id; `seen` is the one whose preview was shown."""

    into = forms.CharField(label=gettext_lazy("Account that stays, by its external id"), max_length=200)
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=200)


class UnmergeForm(forms.Form):
    """Nothing to fill in."""


@requires(Permission.EDIT_ACCOUNTS)
def account_merge(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """Choose the account that stays, read what will happen, merge."""
    account = open_account(request, account_id)
    url = reverse("account", args=[request.tenant.slug, account.id])
    form = MergeForm(request.POST if request.method == "POST" else None)
    look: dict[str, Any] = {
        "title": _("Merge %(name)s into another account") % {"name": account.name},
        "text": _("For one customer that stands here twice. It can be undone."),
        "back_url": url,
        "back_label": account.name,
        "submit": _("Show what happens"),
    }
    if form.is_bound and form.is_valid():
        try:
            into = other_account(account, form.cleaned_data["into"], request.member)
            if form.cleaned_data["seen"] == into.external_id:
                merge_account(account=account, into=into, by=request.member)
                url = reverse("account", args=[request.tenant.slug, into.id])
                text = _("%(name)s is a part of %(other)s now. Figures follow within a minute.")
                return saved(request, text % {"name": account.name, "other": into.name}, url)
            form = MergeForm({"into": into.external_id, "seen": into.external_id})
            text = _told(account, into, preview(account, into), request.tenant.currency)
            look |= {"text": text, "submit": _("Merge"), "danger": True}
        except DomainError as error:
            refuse(form, error)
    return form_page(request, form, **look)


def _told(account: Account, into: Account, found: Preview, currency: str) -> str:
    parts = [
        ngettext("%(n)s person", "%(n)s people", found.contacts) % {"n": found.contacts},
        ngettext("%(n)s event", "%(n)s events", found.events) % {"n": found.events},
    ]
    told = _(
        "%(parts)s move to %(other)s. %(periods)s paid periods of %(name)s (%(mrr)s MRR now) count for %(other)s, from the "
        "beginning: past months show one customer, without a churn or a new one for the merger."
    ) % {
        "parts": ", ".join(parts),
        "other": into.name,
        "name": account.name,
        "periods": found.periods,
        "mrr": money_text(found.mrr, currency),
    }
    if found.since:
        told += " " + _("It is a customer since %(day)s then.") % {"day": day_text(found.since)}
    return (
        told
        + " "
        + _("Whatever comes in under the id %(id)s goes to %(other)s.")
        % {
            "id": account.external_id,
            "other": into.name,
        }
    )


@requires(Permission.EDIT_ACCOUNTS)
def account_unmerge(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """Take a merger back."""
    account = open_account(request, account_id)
    look = {
        "title": _("Undo the merger of %(name)s") % {"name": account.name},
        "text": _(
            "It becomes a customer of its own again, with the people and events that moved with it. What was written on "
            "the other account since then stays there."
        ),
        "back_url": reverse("account", args=[request.tenant.slug, account.id]),
        "back_label": account.name,
        "submit": _("Undo the merger"),
    }

    def act(_values: dict[str, Any]) -> None:
        unmerge_account(account=account, by=request.member)

    text = _("%(name)s is an account of its own again. Figures follow within a minute.") % {"name": account.name}
    return answer_form(request, UnmergeForm(posted(request)), act, text, look)
