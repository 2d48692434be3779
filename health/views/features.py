"""Features: the catalogue with its adoption, and the list of those that matter to an account (ACC-08, PAGES)."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from accounts.account_frame import open_account
from accounts.company import save_feature
from accounts.enums import Status
from accounts.models import Account, AccountFeature, Feature
from accounts.views.forms import form_page, saved
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.templatetags.cells import day_text, number_text, percent_text
from health.usage import catalogue
from health.usage.selectors import usage_day


@requires(Permission.IMPORT_DATA)
def features(request: TenantRequest) -> HttpResponse:
    """The catalogue: who uses each feature, since when, and whether it is core."""
    last = usage_day(request.tenant)
    live = Account.objects.filter(status=Status.LIVE).count()
    found = catalogue.adoption(last)
    unused = sum(not feature.accounts_90 for feature in found)
    slug = request.tenant.slug
    context = {
        "tab": "features",
        "as_of": day_text(last),
        "rows": [_row(slug, feature, live) for feature in found],
        "total": ngettext("%(n)s feature", "%(n)s features", len(found)) % {"n": number_text(len(found))},
        "unused": ngettext("%(n)s was not used in 90 days", "%(n)s were not used in 90 days", unused)
        % {"n": number_text(unused)}
        if unused
        else "",
        "live": number_text(live),
        "may_edit": may(request, Permission.MANAGE_SETTINGS),
        "add_url": reverse("settings_features_add", args=[slug]),
    }
    return page(request, "data/features.html", context)


def _row(slug: str, feature: catalogue.Adoption, live: int) -> dict[str, Any]:
    core = feature.kind == Feature.Kind.CORE
    return {
        "id": str(feature.id),
        "name": feature.name,
        "key": feature.key,
        "url": reverse("settings_features_edit", args=[slug, feature.id]),
        "kind": str(Feature.Kind(feature.kind).label),
        "core": core,
        "other": Feature.Kind.ADVANCED.value if core else Feature.Kind.CORE.value,
        "accounts_28": number_text(feature.accounts_28),
        "accounts_90": number_text(feature.accounts_90),
        "share": percent_text(feature.accounts_90 / live, 0) if live else "–",
        "user_days_28": number_text(feature.user_days_28),
        "user_days_90": number_text(feature.user_days_90),
        "relevant": number_text(feature.relevant),
        "first": day_text(feature.first_day),
        "last": day_text(feature.last_day),
    }


@requires(Permission.MANAGE_SETTINGS)
@require_POST
def feature_kind(request: TenantRequest, feature_id: UUID) -> HttpResponse:
    """Make a feature core or advanced."""
    feature = get_object_or_404(Feature.objects.select_for_update(), id=feature_id)
    kind = request.POST.get("kind", "")
    if kind in Feature.Kind.values:
        feature.kind = kind
        save_feature(feature=feature, by=request.member)
    text = _("%(name)s is a core feature now.") if feature.kind == Feature.Kind.CORE else _("%(name)s is advanced now.")
    url = reverse("data_features", args=[request.tenant.slug])
    return saved(request, f"{text % {'name': feature.name}} {_('The days that are kept are counted anew.')}", url)


class RelevantForm(forms.Form):
    """The features that matter to an account."""

    features = forms.MultipleChoiceField(
        label=gettext_lazy("Relevant features"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: Any = None, *, account: Account) -> None:
        rows = AccountFeature.objects.filter(account=account).values_list("feature_id", flat=True)
        super().__init__(data, initial={"features": [str(each) for each in rows]})
        choices = [(str(f.id), f"{f.name} · {f.get_kind_display()}") for f in Feature.objects.order_by("kind", "name")]
        self.fields["features"].choices = choices  # type: ignore[attr-defined]  # a field of choices


@requires(Permission.EDIT_ACCOUNTS)
def account_features(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """The relevant-feature list of an account, in the drawer or as a page; without one all features count."""
    account = open_account(request, account_id)
    back = reverse("account_usage", args=[request.tenant.slug, account.id])
    form = RelevantForm(request.POST if request.method == "POST" else None, account=account)
    if form.is_bound and form.is_valid():
        wanted = [UUID(each) for each in form.cleaned_data["features"]]
        changed = catalogue.set_relevant(account=account, features=wanted, actor=request.member.name)
        return saved(request, _("The list is saved; the score follows.") if changed else _("Nothing changed."), back)
    if not form.fields["features"].choices:  # type: ignore[attr-defined]
        return redirect(back) if not request.htmx else _nothing(request, form, back, account)
    text = _("Adoption of this account is measured on these features. Without any, on all features of the company.")
    return form_page(
        request, form, title=_("Relevant features"), text=text, back_url=back, back_label=account.name, submit=_("Save")
    )


def _nothing(request: TenantRequest, form: forms.Form, back: str, account: Account) -> HttpResponse:
    text = _("There are no features yet. They come with the first events, or from the settings.")
    return form_page(request, form, title=_("Relevant features"), text=text, back_url=back, back_label=account.name)
