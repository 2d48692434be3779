"""The one door of what rows say of renewals: from a CRM, a program or a file (API-01).

A row goes through the verbs of `services`, so that its steps, tasks and save plays follow as from a page. It says what stands
elsewhere, so its phase is not asked which move it was; a proposal still says what is offered, and nothing goes to signature
while a review runs. It opens, closes and moves no renewal: contracts do.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import selectors
from accounts.kinds import Row
from accounts.merging import MergeResult, Origin
from accounts.merging.result import first_of_each
from accounts.models import Member
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.money import to_minor
from renewals import services
from renewals.enums import Caller, RenewalState
from renewals.lifecycle import REVIEWS
from renewals.models import Renewal, RenewalCall
from renewals.selectors import latest_calls

MONEY = {"offered": "offered_minor", "asked": "asked_minor", "floor": "floor_minor"}
PLAIN = ("term_months", "prepaid", "uplift")
Act = Callable[[], object]


def merge_renewals(rows: Sequence[Row], origin: Origin) -> MergeResult:
    """Change renewals as the rows say; a field that is not given stays as it is.

    Refused: a renewal that is not known, one that two rows are about, one that is over where a row says something else,
    a call of somebody who is no member, and whatever the verbs refuse. A row is taken whole or not at all.
    """
    result = MergeResult()
    found = _found(first_of_each(rows, result, "renewal", "account", "due_on"), result)
    calls = latest_calls([renewal.id for _row, renewal in found])
    callers = selectors.members_by_email(sorted({row.values.get("csm_email") or "" for row, _renewal in found} - {""}))
    people = Member.objects.select_related("role").in_bulk(callers.values())
    for row, renewal in found:
        email = row.values.get("csm_email")
        if email and email not in callers:
            result.reject(row, "csm_email", email, "unknown_member", _("This is not the e-mail of a member."))
            continue
        caller = people[callers[email]] if email else None
        acts = _acts(renewal, row, calls.get(renewal.id, {}).get(Caller.CSM), caller)
        try:
            with transaction.atomic():
                for act in acts:
                    act()
        except DomainError as error:
            column = _column(next(iter(error.fields), "renewal"))
            result.reject(row, column, str(row.values.get(column) or ""), error.code, str(error))
            continue
        result.add(row.number, renewal.id, "updated" if acts else "unchanged")
    return result


def _found(rows: Sequence[Row], result: MergeResult) -> list[tuple[Row, Renewal]]:
    """The rows with the renewal that each is about, locked in the order of their ids; the others are refused."""
    accounts = selectors.standing_accounts({row.values["account"] for row in rows} - {""})
    named = {row.values["renewal"] for row in rows} - {""}
    places = {account.id for account in accounts.values()}
    days = {row.values["due_on"] for row in rows} - {None}
    wanted = Q(external_id__in=named) | (Q(account__in=places, due_on__in=days) & ~Q(state=RenewalState.WITHDRAWN))
    known = list(
        Renewal.objects.select_for_update(of=("self",)).select_related("account").filter(wanted).order_by("id")
    )
    by_name = {renewal.external_id: renewal for renewal in known}
    by_day = {(renewal.account_id, renewal.due_on): renewal for renewal in known}
    found: dict[UUID, tuple[Row, Renewal]] = {}
    for row in rows:
        name, key, due_on = (row.values[each] for each in ("renewal", "account", "due_on"))
        account = accounts.get(key)
        renewal = by_name.get(name) if name else by_day.get((account.id, due_on)) if account else None
        if key and account is None:
            result.reject(row, "account", key, "unknown_account", _("There is no account with this id."))
        elif renewal is None:
            column = "renewal" if name else "due_on"
            sentence = _("There is no such renewal: it opens when its runway begins.")
            result.reject(row, column, name or str(due_on), "unknown_renewal", sentence)
        elif (account and account.id != renewal.account_id) or (due_on and due_on != renewal.due_on):
            sentence = _("This renewal is of another account or another day.")
            result.reject(row, "renewal", name, "other_renewal", sentence)
        elif renewal.id in found:
            first = found[renewal.id][0].number
            sentence = _("Row %(first)s is about this renewal already.") % {"first": first}
            result.reject(row, "renewal", name, "repeated", sentence)
        else:
            found[renewal.id] = (row, renewal)
    return list(found.values())


def _acts(renewal: Renewal, row: Row, call: RenewalCall | None, caller: Member | None) -> list[Act]:
    """What has to be done so that the renewal stands as the row says; nothing where it does. What is offered and agreed comes
    before the phase, which asks for it. `call` is the CSM's latest, `caller` who calls it now."""
    said = {name: row.values[name] for name in row.given}
    acts: list[Act] = []

    def do(verb: Callable[..., object], by: Member | None = None, **what: Any) -> None:
        acts.append(lambda: verb(renewal=renewal, version=None, by=by, **what))

    intent = said.get("intent") or renewal.intent
    reason = said.get("likely_reason", renewal.likely_reason)
    if (intent, reason) != (renewal.intent, renewal.likely_reason):
        do(services.set_intent, intent=intent, likely_reason=reason)
    if terms := _terms(renewal, said):
        do(services.set_terms, values=terms)
    for name in REVIEWS:
        if said.get(name) and said[name] != getattr(renewal, name):
            do(services.set_review, review=name, state=said[name])
    step = said.get("next_step", renewal.next_step), said.get("next_step_on", renewal.next_step_on)
    if step != (renewal.next_step, renewal.next_step_on):
        do(services.set_next_step, text=step[0], until=step[1])
    if said.get("phase") and said["phase"] != renewal.phase:
        do(services.set_phase, phase=said["phase"], moves=False)
    chance = said.get("csm_call")
    if chance is not None and (call is None or call.probability != chance):
        reasons = [{"sign": "=", "text": said.get("csm_reason", "")}]
        do(services.call_renewal, caller, caller=Caller.CSM, probability=chance, reasons=reasons)
    return acts


def _terms(renewal: Renewal, said: Mapping[str, Any]) -> dict[str, Any]:
    """The terms that a row says otherwise, by column."""
    terms = {name: said[name] for name in PLAIN if name in said}
    for name, column in MONEY.items():
        if name in said:
            terms[column] = None if said[name] is None else to_minor(said[name], renewal.currency)
    return {name: value for name, value in terms.items() if value != getattr(renewal, name)}


def _column(name: str) -> str:
    """The column of a row that a field of a verb comes by."""
    back = {column: name for name, column in MONEY.items()}
    return back.get(name) or {"probability": "csm_call", "reasons": "csm_reason"}.get(name, name)
