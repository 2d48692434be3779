"""Reassignment: choose a book and who takes it over, look at a plan that spreads the work, change it, send it (ROL-02).

Nothing moves before it is confirmed, and then each taker is asked; only what nobody looks after may move at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.models import Member
from cs_platform.kernel.access import Permission, Scope, TenantRequest, requires
from cs_platform.kernel.errors import DomainError, NotAllowed
from cs_platform.kernel.htmx import page
from cs_platform.kernel.keyset import uuid_of
from cs_platform.kernel.sheets import csv_file
from cs_platform.kernel.templatetags.cells import number_text
from journey.handoffs import books, cells, planning, reassign_cells
from journey.handoffs.books import NOBODY, Row
from journey.handoffs.planning import Person
from journey.handoffs.reassign import carry_out


@dataclass(frozen=True)
class Asked:
    """What the page is asked for: whose book (`giver`, or these accounts), who may take it, and what was changed by hand:
    by account the taker's id, None for one that stays. What is not understood counts as not asked."""

    giver: str
    accounts: list[UUID]
    takers: list[UUID]
    changed: Mapping[UUID, UUID | None]
    seen: Mapping[UUID, UUID | None]

    @classmethod
    def parse(cls, given: QueryDict) -> "Asked":
        giver = given.get("from", "")
        found = uuid_of(giver)
        return cls(
            giver if giver == NOBODY else str(found) if found else "",
            [key for text in given.getlist("account")[: books.MOST] if (key := uuid_of(text))],
            [key for text in given.getlist("to") if (key := uuid_of(text))],
            _by_account(given, "take-"),
            _by_account(given, "had-"),
        )


def _by_account(given: QueryDict, prefix: str) -> dict[UUID, UUID | None]:
    found = {name.removeprefix(prefix): given.get(name, "") for name in given if name.startswith(prefix)}
    return {key: uuid_of(str(value)) for name, value in found.items() if (key := uuid_of(name))}


@dataclass(frozen=True)
class Proposal:
    """The plan as it stands: rows, who takes part, and by account the taker, None for one that stays."""

    rows: list[Row]
    members: dict[UUID, Member]
    persons: dict[UUID, Person]
    plan: dict[UUID, UUID | None]
    total: int  # customers of the book, of which `rows` are the largest


def _proposal(request: TenantRequest, asked: Asked, allowed: list[Member], givers: list[Any]) -> Proposal:
    today = request.tenant.today()
    known = {member.id: member for member in allowed}
    found = books.book(request.member, asked.giver, asked.accounts)
    rows = books.read(found, today)
    chosen = [known[key] for key in dict.fromkeys(asked.takers) if key in known]
    owners = {row.account.owner_id: row.account.owner for row in rows if row.account.owner}
    owners |= {one.id: one for one in givers if str(one.id) == asked.giver}
    members = {member.id: member for member in [*owners.values(), *chosen]}
    persons = {person.id: person for person in books.people(list(members.values()), today)}
    takers = {member.id: persons[member.id] for member in chosen}
    free = [row.customer for row in rows if not row.waits]
    plan: dict[UUID, UUID | None] = dict.fromkeys((row.account.id for row in rows), None)
    plan |= planning.propose(free, list(takers.values()))
    for customer in free:
        wished = asked.changed.get(customer.id, customer.id)
        if wished is None or (wished in takers and wished != customer.owner):
            plan[customer.id] = wished
    total = found.count() if len(rows) == books.MOST else len(rows)
    return Proposal(rows, members, takers, plan, total)


@requires(Permission.EDIT_ACCOUNTS)
def reassign(request: TenantRequest) -> HttpResponse:
    """The preview. Its address says what is asked for; a POST has the changes of the rows as well and writes nothing."""
    return _page(request, Asked.parse(request.POST if request.method == "POST" else request.GET))


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def reassign_confirm(request: TenantRequest) -> HttpResponse:
    """Send the plan: offers, and at once what nobody looks after where that is ticked."""
    _must_lead(request)
    asked = Asked.parse(request.POST)
    wished = {key: taker for key, taker in asked.changed.items() if taker is not None}
    reason = request.POST.get("reason", "")
    try:
        if not wished:
            raise DomainError(_("Nobody passes on in this plan."), fields={"to": _("Nobody passes on in this plan.")})
        done = carry_out(
            plan=dict(list(wished.items())[: books.MOST]),
            seen=asked.seen,
            reason=reason,
            at_once=request.POST.get("at_once") == "yes",
            by=request.member,
        )
    except DomainError as error:
        return _page(request, asked, problem=error, reason=reason)
    if done.offered:
        text = ngettext(
            "%(n)s customer is offered and waits for the answer.",
            "%(n)s customers are offered and wait for the answer.",
            done.offered,
        )
        messages.success(request, text % {"n": number_text(done.offered, 0)})
    if done.moved:
        text = ngettext("%(n)s customer changed hands.", "%(n)s customers changed hands.", done.moved)
        said, along = text % {"n": number_text(done.moved, 0)}, cells.held_text(done.along)
        messages.success(request, f"{said} {cells.along_text(along)}" if along else said)
    return redirect("handoffs", request.tenant.slug)


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def reassign_csv(request: TenantRequest) -> HttpResponse:
    """The plan as it stands, as a file."""
    _must_lead(request)
    found = _proposal(request, Asked.parse(request.POST), books.takers(request.member), [])
    rows = reassign_cells.csv_rows(found.rows, found.plan, found.members, request.tenant.currency)
    return csv_file("reassignment.csv", reassign_cells.CSV_HEAD, rows)


def _must_lead(request: TenantRequest) -> None:
    if request.member.role.scope == Scope.OWN:
        raise NotAllowed(_("Only who leads a team passes on the customers of others."))


def _page(
    request: TenantRequest, asked: Asked, *, problem: DomainError | None = None, reason: str = ""
) -> HttpResponse:
    _must_lead(request)
    tenant, today = request.tenant, request.tenant.today()
    givers, allowed = books.givers(request.member), books.takers(request.member)
    found = _proposal(request, asked, allowed, givers)
    customers = [row.customer for row in found.rows]
    before = {person.id: person.load for person in books.people(list(found.members.values()), today)}
    after = planning.after(customers, before, found.plan)
    names = {key: member.name for key, member in found.members.items()}
    silent = any(
        (row.account.owner is None or not row.account.owner.is_active)
        for row in found.rows
        if found.plan[row.account.id] is not None
    )
    spreads = [planning.spread([loads[key] for key in found.persons]) for loads in (before, after)]
    context = {
        "asked": asked,
        "givers": [
            {
                "value": str(one.id),
                "label": one.name if one.is_active else _("%(name)s (has left)") % {"name": one.name},
                "count": number_text(one.owned, 0),
                "on": str(one.id) == asked.giver,
            }
            for one in givers
        ],
        "nobody": asked.giver == NOBODY,
        "takers": [
            {"value": str(one.id), "label": one.name, "on": one.id in asked.takers}
            for one in allowed
            if str(one.id) != asked.giver
        ],
        "rows": reassign_cells.plan_rows(found.rows, found.plan, found.persons, names, tenant, today),
        "sums": reassign_cells.sums_text(found.rows, found.plan, tenant.currency),
        "people": reassign_cells.people_rows(list(found.members.values()), before, after, tenant.currency),
        "spread": _(
            "Between who carries most and who carries least of those who take: %(before)s points before, %(after)s after."
        )
        % {"before": number_text(spreads[0], 0), "after": number_text(spreads[1], 0)}
        if len(found.persons) > 1
        else "",
        "cut": _("The %(shown)s largest of %(total)s customers; pass these on first.")
        % {"shown": number_text(len(found.rows), 0), "total": number_text(found.total, 0)}
        if found.total > len(found.rows)
        else "",
        "moves": any(taker is not None for taker in found.plan.values()),
        "silent": silent,
        "problem": problem,
        "reason": reason,
        "self_url": reverse("reassign", args=[tenant.slug]),
    }
    status = problem.status if problem else 200
    return page(request, "journey/reassign.html", context, pieces=("reassign-people",), status=status)
