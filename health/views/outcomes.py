"""Account → Outcomes: what success means to the customer, how far it is, what it is worth (VAL-01 to VAL-03, MET-14)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from accounts.account_frame import account_frame, open_account
from accounts.models import Account, Contact
from accounts.views.forms import answer_form, posted
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.errors import DomainError
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
    form = MeasureForm(posted(request), initial={"measured_on": today})
    look = _look(request, account, title=_("Measurement: %(name)s") % {"name": outcome.name}, submit=_("Save"))
    look["text"] = _("From %(baseline)s to %(target)s, read from: %(source)s") % {
        "baseline": cells.value_text(outcome.baseline, outcome.unit),
        "target": cells.value_text(outcome.target, outcome.unit),
        "source": outcome.data_source,
    }

    def act(given: dict[str, Any]) -> None:
        with _refused_at("value", column="measured_value"):
            measure_outcome(outcome=outcome, today=today, by=request.member, **given)

    return answer_form(request, form, act, _("The measurement is saved."), look)


@requires(Permission.EDIT_ACCOUNTS)
def outcome_confirm(request: TenantRequest, account_id: UUID, outcome_id: UUID) -> HttpResponse:
    """The customer's own word that it is reached."""
    account, today = open_account(request, account_id), request.tenant.today()
    outcome = _of(account, outcome_id)
    form = ConfirmForm(posted(request), outcome=outcome, currency=request.tenant.currency, today=today)
    look = _look(request, account, title=_("Confirmed: %(name)s") % {"name": outcome.name}, submit=_("Confirm"))
    look["text"] = _("Only what the customer says counts here. It feeds the score, time to value and the renewal.")

    def act(given: dict[str, Any]) -> None:
        contact: Contact = get_object_or_404(account.contacts, external_id=given["contact"])
        said = {name: value for name, value in given.items() if name != "contact"}
        with _refused_at("contact", column="confirmed_by"):
            confirm_outcome(outcome=outcome, contact=contact, today=today, by=request.member, **said)

    return answer_form(request, form, act, _("%(name)s is confirmed.") % {"name": outcome.name}, look)


def _of(account: Account, outcome_id: UUID) -> Outcome:
    rows = Outcome.objects.select_related("account", "owner__user", "customer_owner", "confirmed_by")
    return get_object_or_404(rows, account=account, id=outcome_id)


def _look(request: TenantRequest, account: Account, *, title: str, submit: str) -> dict[str, Any]:
    url = reverse("account_outcomes", args=[request.tenant.slug, account.id])
    return {"title": title, "back_url": url, "back_label": account.name, "submit": submit}


@contextmanager
def _refused_at(field: str, *, column: str) -> Iterator[None]:
    """What is refused of a column stands at the form's own field, which is named otherwise."""
    try:
        yield
    except DomainError as error:
        error.fields = {field if name == column else name: text for name, text in error.fields.items()}
        raise


def _outcome(request: TenantRequest, account: Account, outcome: Outcome | None) -> HttpResponse:
    today = request.tenant.today()
    form = OutcomeForm(posted(request), account=account, today=today, by=request.member, outcome=outcome)
    title = _("Edit %(name)s") % {"name": outcome.name} if outcome else _("New success criterion")

    def act(given: dict[str, Any]) -> Outcome:
        cells, version = form.cells(), given["version"]
        return save_outcome(account=account, outcome=outcome, cells=cells, version=version, by=request.member)

    return answer_form(
        request,
        form,
        act,
        lambda row: _("%(name)s is saved.") % {"name": row.name},
        _look(request, account, title=title, submit=_("Save criterion")) | {"wide": True},
        theirs=lambda: OutcomeForm.values_of(outcome) if outcome else None,
    )
