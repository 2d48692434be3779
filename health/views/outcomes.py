"""Account → Outcomes: what success means to the customer, how far it is, what it is worth (VAL-01 to VAL-03, MET-14)."""

from typing import Any
from uuid import UUID

from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from accounts.account_frame import account_frame, open_account
from accounts.models import Account, Contact
from accounts.views.forms import conflict_page, form_page, saved
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.errors import Conflict, DomainError
from cs_platform.kernel.forms import refuse
from cs_platform.kernel.htmx import page
from cs_platform.kernel.templatetags.ui import band_pill
from health.models import Outcome
from health.outcomes import cells, selectors
from health.outcomes.forms import ConfirmForm, MeasureForm, OutcomeForm
from health.outcomes.services import confirm_outcome, measure_outcome, save_outcome


@requires(Permission.VIEW_ACCOUNTS)
def outcomes(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """The criteria of the account, those that need somebody first."""
    account, today = open_account(request, account_id), request.tenant.today()
    found = selectors.criteria(account, today)
    value = selectors.value_of(account, found)
    tiles = cells.tiles(found, value, selectors.time_to_value(account, found, today), request.tenant, today)
    for tile in tiles:
        if pill := tile.get("pill"):
            tile["foot"] = format_html("{} {}", band_pill(pill["tone"], pill["text"]), tile["foot"])
    context = account_frame(request, account, "outcomes") | {
        "rows": cells.rows(found, request.tenant, account, today),
        "tiles": tiles,
        "meta": cells.meta(found) if found else "",
    }
    return page(request, "health/outcomes.html", context)


@requires(Permission.EDIT_ACCOUNTS)
def outcome_new(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """Agree a success criterion: all four parts of VAL-01."""
    return _outcome(request, open_account(request, account_id), None)


@requires(Permission.EDIT_ACCOUNTS)
def outcome_edit(request: TenantRequest, account_id: UUID, outcome_id: UUID) -> HttpResponse:
    """Change a criterion; 409 with both when somebody else did so meanwhile."""
    account = open_account(request, account_id)
    return _outcome(request, account, _of(account, outcome_id))


@requires(Permission.EDIT_ACCOUNTS)
def outcome_measure(request: TenantRequest, account_id: UUID, outcome_id: UUID) -> HttpResponse:
    """Record what was measured."""
    account, today = open_account(request, account_id), request.tenant.today()
    outcome = _of(account, outcome_id)
    form = MeasureForm(request.POST if request.method == "POST" else None, initial={"measured_on": today})
    look = _look(request, account, title=_("Measurement: %(name)s") % {"name": outcome.name}, submit=_("Save"))
    look["text"] = _("From %(baseline)s to %(target)s, read from: %(source)s") % {
        "baseline": cells.value_text(outcome.baseline, outcome.unit),
        "target": cells.value_text(outcome.target, outcome.unit),
        "source": outcome.data_source,
    }
    if form.is_bound and form.is_valid():
        try:
            measure_outcome(outcome=outcome, today=today, by=request.member, **form.cleaned_data)
            return saved(request, _("The measurement is saved."), look["back_url"])
        except DomainError as error:
            _show(form, error, {"measured_value": "value"})
    return form_page(request, form, **look)


@requires(Permission.EDIT_ACCOUNTS)
def outcome_confirm(request: TenantRequest, account_id: UUID, outcome_id: UUID) -> HttpResponse:
    """The customer's own word that it is reached."""
    account, today = open_account(request, account_id), request.tenant.today()
    outcome = _of(account, outcome_id)
    form = ConfirmForm(
        request.POST if request.method == "POST" else None,
        outcome=outcome,
        currency=request.tenant.currency,
        today=today,
    )
    look = _look(request, account, title=_("Confirmed: %(name)s") % {"name": outcome.name}, submit=_("Confirm"))
    look["text"] = _("Only what the customer says counts here. It feeds the score, time to value and the renewal.")
    if form.is_bound and form.is_valid():
        said = dict(form.cleaned_data)
        contact: Contact = get_object_or_404(account.contacts, external_id=said.pop("contact"))
        try:
            confirm_outcome(outcome=outcome, contact=contact, today=today, by=request.member, **said)
            return saved(request, _("%(name)s is confirmed.") % {"name": outcome.name}, look["back_url"])
        except Conflict:
            raise
        except DomainError as error:
            _show(form, error, {"confirmed_by": "contact"})
    return form_page(request, form, **look)


def _of(account: Account, outcome_id: UUID) -> Outcome:
    rows = Outcome.objects.select_related("account", "owner__user", "customer_owner", "confirmed_by")
    return get_object_or_404(rows, account=account, id=outcome_id)


def _look(request: TenantRequest, account: Account, *, title: str, submit: str) -> dict[str, Any]:
    url = reverse("account_outcomes", args=[request.tenant.slug, account.id])
    return {"title": title, "back_url": url, "back_label": account.name, "submit": submit}


def _show(form: Form, error: DomainError, names: dict[str, str]) -> None:
    """A refusal under the form's own field, which is not named like the column."""
    for column, field in names.items():
        if column in error.fields:
            error.fields[field] = error.fields.pop(column)
    refuse(form, error)


def _outcome(request: TenantRequest, account: Account, outcome: Outcome | None) -> HttpResponse:
    form = OutcomeForm(
        request.POST if request.method == "POST" else None,
        account=account,
        today=request.tenant.today(),
        by=request.member,
        outcome=outcome,
    )
    title = _("Edit %(name)s") % {"name": outcome.name} if outcome else _("New success criterion")
    look = _look(request, account, title=title, submit=_("Save criterion")) | {"wide": True}
    if form.is_bound and form.is_valid():
        version = form.cleaned_data["version"]
        try:
            row = save_outcome(account=account, outcome=outcome, cells=form.cells(), version=version, by=request.member)
            return saved(request, _("%(name)s is saved.") % {"name": row.name}, look["back_url"])
        except Conflict:
            if outcome is None:
                raise
            return conflict_page(request, form, OutcomeForm.values_of(outcome), **look)
        except DomainError as error:
            refuse(form, error)
    return form_page(request, form, **look)
