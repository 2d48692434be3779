"""One deal: its page, the form that writes it, and who at the customer has a part in it (EXP-01, EXP-04 to EXP-06)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Case, IntegerField, Q, Value, When
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import audit_trail
from accounts.account_frame import open_account
from accounts.dossier import parts_of
from accounts.enums import ChargeKind
from accounts.models import Account, Contact, Member, Plan, Product, Subscription, Tenant
from accounts.views.forms import answer_form, form_page, posted, saved
from advocacy.forms import AccountForm
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.asked import number_of, one_line
from cs_platform.kernel.htmx import page
from cs_platform.kernel.keyset import uuid_of
from cs_platform.kernel.models import AuditEntry
from expansion import cells, cells_deal, checks, lifecycle, selectors, services
from expansion.enums import DealKind, DealStage, Trigger
from expansion.forms import DealForm, PersonForm
from expansion.models import Opportunity, OpportunityPerson
from expansion.writing import LIMITS

OFFERED = 500  # accounts, contracts or people in the list of a form
EVENTS = 40  # changes of the history
SHOWN_APART = frozenset({"earned", "stage_since", "won_mrr"})  # columns that the history does not repeat


def deal_url(request: TenantRequest, row: Opportunity) -> str:
    return cells.deal_url(row, request.tenant.slug)


def look(request: TenantRequest, row: Opportunity, title: Any, **more: Any) -> dict[str, Any]:
    """How a form of the deal is headed, and where it leads back to."""
    return {"title": title, "back_url": deal_url(request, row), "back_label": row.name, **more}


@requires(Permission.VIEW_ACCOUNTS)
def deal(request: TenantRequest, opportunity_id: UUID) -> HttpResponse:
    """Where it stands, whether the right is earned, why they should buy, who decides, what was done."""
    row, tenant = selectors.deal_of(request.member, opportunity_id), request.tenant
    today, slug = tenant.today(), tenant.slug
    readings = checks.read([row.account_id])[row.account_id]
    runs = row.stage in lifecycle.OPEN
    may_edit, may_close = may(request, Permission.EDIT_ACCOUNTS), may(request, Permission.CLOSE_DEALS)

    def to(name: str, allowed: bool) -> str:
        return reverse(f"expansion:{name}", args=[slug, row.id]) if allowed else ""

    account_id = row.account.merged_into_id or row.account_id
    context = {
        "deal": row,
        "account": row.account,
        "account_url": reverse("account", args=[slug, account_id]),
        "summary": cells_deal.summary(row, tenant, today),
        "stage": cells.stage_pill(row.stage),
        "over": "" if runs else cells_deal.over(row, tenant, today),
        "moved_url": reverse("figures_of_period", args=[slug, account_id, row.written_id])
        if row.written_id and may(request, Permission.VIEW_BOARD)
        else "",
        "steps": cells_deal.steps(row),
        "moves": cells_deal.moves(row, slug) if may_edit else [],
        "checks": cells.marks(readings),
        "right": cells.verdict(row, readings),
        "facts": cells_deal.facts(row, tenant, today),
        "people": cells_deal.people(row, slug, may_edit=may_edit and runs),
        "handoff": cells_deal.handoff(row, tenant, today),
        "way": cells_deal.way(list(row.moves.all()), today),
        "lines": _history(row, tenant),
        "edit_url": to("deal_edit", may_edit and row.stage != DealStage.WON),
        "lose_url": to("deal_lose", may_edit and runs),
        "win_url": to("deal_win", may_close and runs),
        "undo_url": to("deal_undo", may_close and row.stage == DealStage.WON),
        "override_url": to("deal_override", may_edit and runs),
        "person_url": to("deal_person_new", may_edit and runs),
        "hand_url": to("deal_hand", may_edit and runs),
    }
    return page(request, "expansion/deal.html", context)


def _history(row: Opportunity, tenant: Tenant) -> list[audit_trail.Line]:
    """What was changed and by whom, the latest first; what the page shows by itself is left out."""
    entries = list(AuditEntry.objects.filter(row_id=row.id).order_by("-at", "-id")[:EVENTS])
    for entry in entries:
        entry.changes = {name: values for name, values in entry.changes.items() if name not in SHOWN_APART}
    return audit_trail.read(entries, tenant)


@requires(Permission.EDIT_ACCOUNTS)
def deal_new(request: TenantRequest) -> HttpResponse:
    """A new deal of the `account` in the address; what else stands there (`_told`) stands in the form. Without an account it is asked
    for first."""
    wished = uuid_of(request.GET.get("account", ""))
    if wished:
        return _new(request, open_account(request, wished), posted(request))
    accounts = Account.objects.visible_to(request.member).filter(merged_into=None)
    mine = Case(When(owner=request.member, then=Value(0)), default=Value(1), output_field=IntegerField())
    form = AccountForm(posted(request), accounts=list(accounts.order_by(mine, "name_key", "id")[:OFFERED]))
    if form.is_bound and form.is_valid():
        return _new(request, form.chosen, None)
    back = reverse("expansion:board", args=[request.tenant.slug])
    return form_page(
        request, form, title=_("New deal"), submit=_("Next"), text=_("Of which customer? Your own stand first."),
        action=request.get_full_path(), back_url=back, back_label=_("Expansion"),
    )  # fmt: skip


def _new(request: TenantRequest, account: Account, given: Any) -> HttpResponse:
    """The form of a new deal of this account, perhaps of a `signal` of it; the same form sent twice makes one deal."""
    key = uuid_of(request.GET.get("signal", ""))
    signal = selectors.signal_of(request.member, key) if key else None
    form = DealForm(given, offered=_offered(account), initial=_told(request, account))
    slug = request.tenant.slug
    asked = request.GET.copy()
    asked["account"] = str(account.id)
    page_look = {
        "title": _("New deal of %(name)s") % {"name": account.name},
        "submit": _("Open deal"),
        "action": f"{reverse('expansion:deal_new', args=[slug])}?{asked.urlencode()}",
        "back_url": reverse("account", args=[slug, account.id]),
        "back_label": account.name,
        "wide": True,
    }

    def act(values: dict[str, Any]) -> Opportunity:
        given = {"external_id": f"deal-{values['token']}", **form.values()}
        if signal is not None and signal.account_id == account.id:
            return services.take_signal(signal=signal, version=None, by=request.member, **given)
        return services.open_deal(account=account, by=request.member, **given)

    def said(row: Opportunity) -> str:
        return _("%(name)s: the deal is open.") % {"name": row.account.name}

    return answer_form(request, form, act, said, page_look, to=lambda row: deal_url(request, row))


def _told(request: TenantRequest, account: Account) -> dict[str, Any]:
    """What the address says of a new deal: name, kind, trigger, product, plan, subscription, seats, and `amount`, money a year in the company's currency.
    What cannot be read is left out; the rest is as usual."""
    given, currency = request.GET, request.tenant.currency
    found: dict[str, Any] = {
        "currency": currency,
        "identified_on": request.tenant.today(),
        "owner": str(account.owner_id or request.member.id),
    }
    for name, choices in (("kind", DealKind), ("trigger", Trigger)):
        if given.get(name) in choices.values:
            found[name] = given[name]
    found |= {name: given[name] for name in ("product", "plan", "subscription") if uuid_of(given.get(name, ""))}
    for name, digits in (("seats", 9), ("amount", 14)):  # a year of a rupiah contract has more than nine digits
        if (number := number_of(given.get(name, ""), digits)) is not None:
            found[name] = number
    if name := one_line(given.get("name", ""), LIMITS["name"]):
        found["name"] = name
    if found.get("trigger") and "kind" not in found:
        found["kind"] = lifecycle.USUAL_KIND[found["trigger"]]
    return found


def _offered(account: Account) -> dict[str, Sequence[Any]]:
    """What a deal of this account may point at; what was merged into it is its own. Six queries at most."""
    own = [account.id, *parts_of(account)]
    contracts = Subscription.objects.filter(account__in=own, voided=False, charge=ChargeKind.RECURRING)
    running = contracts.filter(Q(end_on=None) | Q(end_on__gt=Tenant.current().today()))
    return {
        "subscription": list(running.select_related("product", "plan").order_by("external_id", "start_on")[:OFFERED]),
        "product": list(Product.objects.order_by("name", "id")),
        "plan": list(Plan.objects.order_by("rank", "name")),
        "owner": list(Member.objects.filter(is_active=True).order_by("name", "id")),
        "buyer": contacts_of(account),
    }


def contacts_of(account: Account) -> list[Contact]:
    """Who is there at the customer."""
    own = [account.id, *parts_of(account)]
    return list(Contact.objects.filter(account__in=own, left_on=None).order_by("name", "id")[:OFFERED])


@requires(Permission.EDIT_ACCOUNTS)
def deal_edit(request: TenantRequest, opportunity_id: UUID) -> HttpResponse:
    """What is written of a deal; its stage has forms of its own."""
    row = selectors.deal_of(request.member, opportunity_id)
    form = DealForm(posted(request), deal=row, offered=_offered(row.account))

    def act(values: dict[str, Any]) -> None:
        services.change_deal(deal=row, values=form.values(), version=values["version"] or 0, by=request.member)

    return answer_form(
        request, form, act, _("Saved."), look(request, row, _("Edit deal"), wide=True),
        theirs=lambda: DealForm.values_of(fresh(row)),
    )  # fmt: skip


def fresh(row: Opportunity) -> Opportunity:
    """The deal as it stands now, after somebody else was first."""
    return Opportunity.objects.get(id=row.id)


@requires(Permission.EDIT_ACCOUNTS)
def person_new(request: TenantRequest, opportunity_id: UUID) -> HttpResponse:
    """Somebody at the customer has a part in it (EXP-04)."""
    row = selectors.deal_of(request.member, opportunity_id)
    named = {each.contact_id for each in row.people.all()}
    people = [one for one in contacts_of(row.account) if one.id not in named]
    if not people:
        text = _("Everybody we know there is named already. Add people to the account first.")
        return saved(request, text, deal_url(request, row))
    form = PersonForm(posted(request), deal=row, people=people)

    def act(values: dict[str, Any]) -> None:
        _set_person(request, row, form.people[values["contact"]], values)

    return answer_form(request, form, act, _("Saved."), look(request, row, _("Who decides"), submit=_("Add person")))


@requires(Permission.EDIT_ACCOUNTS)
def person(request: TenantRequest, opportunity_id: UUID, contact_id: UUID) -> HttpResponse:
    """What part they have."""
    row = selectors.deal_of(request.member, opportunity_id)
    one = _person(row, contact_id)
    form = PersonForm(posted(request), deal=row, part=one.part)

    def theirs() -> dict[str, Any]:
        now = OpportunityPerson.objects.filter(id=one.id).first()
        return {"version": fresh(row).version, "part": now.part if now else ""}

    return answer_form(
        request, form, lambda values: _set_person(request, row, one.contact, values), _("Saved."),
        look(
            request, row, one.contact.name, delete_label=_("Has no part in it"),
            delete_url=reverse("expansion:deal_person_remove", args=[request.tenant.slug, row.id, one.contact_id]),
        ),
        theirs=theirs,
    )  # fmt: skip


def _set_person(request: TenantRequest, row: Opportunity, contact: Contact, values: dict[str, Any]) -> None:
    services.set_person(
        deal=row, contact=contact, part=values["part"], version=values["version"] or 0, by=request.member
    )


def _person(row: Opportunity, contact_id: UUID) -> OpportunityPerson:
    found = next((one for one in row.people.all() if one.contact_id == contact_id), None)
    if found is None:
        raise Http404
    return found


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def person_remove(request: TenantRequest, opportunity_id: UUID, contact_id: UUID) -> HttpResponse:
    """They have no part in it after all."""
    row = selectors.deal_of(request.member, opportunity_id)
    services.remove_person(deal=row, contact=_person(row, contact_id).contact, version=None, by=request.member)
    return saved(request, _("Saved."), deal_url(request, row))
