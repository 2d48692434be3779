"""Small deeds on a paid period: pause, past due or paid, cancelled for a day."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.account_frame import open_account
from accounts.models import Subscription
from accounts.periods import cancel_period, mark_unpaid, pause_period
from accounts.views import account as pages
from accounts.views.forms import answer_form, posted
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.forms import day_input


def _day(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    return forms.DateField(label=label, widget=day_input(), required=required, help_text=help_text)


class PauseForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    from_on = _day(gettext_lazy("Paused from"), help_text=gettext_lazy("The first day that is not paid."))
    resume_on = _day(gettext_lazy("Goes on from"), required=False, help_text=gettext_lazy("Empty while nobody knows."))


class UnpaidForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    past_due_on = _day(
        gettext_lazy("Past due since"),
        required=False,
        help_text=gettext_lazy("It counts for the company's dunning days more. Empty when it is paid."),
    )


class CancelForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    end_on = _day(gettext_lazy("Cancelled for"), help_text=gettext_lazy("The first day without service."))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)


@requires(Permission.EDIT_REVENUE)
def subscription_pause(request: TenantRequest, account_id: UUID, subscription_id: UUID) -> HttpResponse:
    """Nothing is paid for a while."""
    text = _("A pause is no revenue: churn when it begins, said as a pause, and a return when it goes on.")
    return _deed(request, account_id, subscription_id, PauseForm, pause_period, _("Pause %(name)s"), text)


@requires(Permission.EDIT_REVENUE)
def subscription_unpaid(request: TenantRequest, account_id: UUID, subscription_id: UUID) -> HttpResponse:
    """Not paid since a day, or paid again."""
    text = _("After the dunning days it is churn, said as not paid. When it is paid after all, that is taken back.")
    return _deed(request, account_id, subscription_id, UnpaidForm, mark_unpaid, _("Payment of %(name)s"), text)


@requires(Permission.EDIT_REVENUE)
def subscription_cancel(request: TenantRequest, account_id: UUID, subscription_id: UUID) -> HttpResponse:
    """A cancellation that is known now and counts when service ends."""
    text = _("Churn counts when paid service ends, not on the day the cancellation is written down.")
    return _deed(request, account_id, subscription_id, CancelForm, cancel_period, _("Cancel %(name)s"), text)


def _deed(
    request: TenantRequest,
    account_id: UUID,
    subscription_id: UUID,
    form_class: type[forms.Form],
    service: Callable[..., None],
    title: str,
    text: str,
) -> HttpResponse:
    account = open_account(request, account_id)
    period: Subscription = pages.period_of(account, subscription_id)
    initial = {"version": period.version, "past_due_on": period.past_due_on, "end_on": period.end_on}
    look: dict[str, Any] = {
        "title": title % {"name": period.external_id},
        "text": text,
        "back_url": reverse("account_subscriptions", args=[request.tenant.slug, account.id]),
        "back_label": account.name,
    }

    def act(values: dict[str, Any]) -> None:
        service(period=period, by=request.member, **values)

    said = _("The period is saved. Figures follow within a minute.")
    return answer_form(request, form_class(posted(request), initial=initial), act, said, look)
