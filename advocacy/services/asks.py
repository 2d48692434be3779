"""Asking advocates, through the one gate, and what sales looks for (ADV-03 to ADV-05)."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.customers import refused
from accounts.merging.result import today
from accounts.models import Member, Tenant
from advocacy import guards
from advocacy.enums import AskFailure, AskState, AssetKind, RequestState
from advocacy.lifecycle import ASKS, REQUESTS
from advocacy.models import Advocate, Ask, Asset, ReferenceRequest
from advocacy.services.checks import KEPT, chosen, kept, locked, money, past, seen, texts, walked, within
from cs_platform.kernel.errors import DomainError

OVER = (RequestState.DONE, RequestState.UNMET)
LIMITS = {"note": 500, "prospect": 200, "asked_by": 120, "text": 1000, "industry": 80}
REQUESTED = (
    "prospect", "asked_by", "text", "kind", "segment", "product", "industry", "users", "deal_minor", "currency",
    "decides_on", "due_on",
)  # fmt: skip


@transaction.atomic
def ask(
    *,
    advocate: Advocate,
    kind: str,
    by: Member | None,
    asked_on: dt.date | None = None,
    request: ReferenceRequest | None = None,
    asset: Asset | None = None,
    note: str = "",
) -> Ask:
    """Ask an advocate for something. The gate holds for everybody: a marginal account, a missing consent, legal, or rest
    refuse it, with the reason (ADV-01). What a program tells of a day that has passed is history and is taken.

    A request that is asked for is matched from then on.
    """
    # Locked before the gate is asked: of two who ask the same person at once, the second hears that they rest.
    row = Advocate.objects.select_for_update(of=("self",)).select_related("account").get(id=advocate.id)
    seen(row.account, by)
    chosen("kind", kind, AssetKind)
    if asset is not None and seen(asset.account, None).id != seen(row.account, None).id:
        raise refused("asset", _("It belongs to another account."))
    day = asked_on or today()
    past("asked_on", day)
    values = texts({"note": note}, LIMITS)
    if by is not None or day == today():
        problem = guards.may_ask([row], kind)[row.id]
        if problem is not None:
            raise DomainError(problem.text, code=problem.code, fields={"advocate": problem.text})
    wanted = None
    if request is not None:
        wanted = ReferenceRequest.objects.select_for_update().get(id=request.id)
        if wanted.state in OVER:
            raise refused("request", _("This request is over."))
    made = Ask.objects.create(advocate=row, kind=kind, asked_on=day, asked_by=by, request=wanted, asset=asset, **values)
    if wanted is not None and wanted.state == RequestState.OPEN:
        kept(wanted, {"state": RequestState.MATCHED})
    return made


@transaction.atomic
def answer_ask(
    *,
    ask: Ask,
    state: str,
    version: int | None,
    by: Member | None,
    answered_on: dt.date | None = None,
    failure: str = "",
    note: str = KEPT,
) -> Ask:
    """What they said: agreed, given, or declined with the reason (ADV-05). The rest is counted from the day of the answer.

    Declined by the last who was asked, a request is open again.
    """
    row = locked(ask, version)
    walked("state", row.state, state, AskState, ASKS, by)
    values: dict[str, Any] = {"state": state, "failure": ""}
    if state == AskState.DECLINED:
        if failure not in AskFailure.values:
            raise refused("failure", _("Say why: the program learns from it."))
        values["failure"] = failure
    if state == AskState.OPEN:
        values["answered_on"] = None
    elif state != row.state or answered_on is not None:
        day = answered_on or today()
        if not row.asked_on <= day <= today():
            raise refused("answered_on", _("The day lies between the ask and today."))
        values["answered_on"] = day
    if note is not KEPT:
        values |= texts({"note": note}, LIMITS)
    row = kept(row, values)
    if row.request_id is not None and state == AskState.DECLINED:
        _open_again(row.request_id)
    return row


def _open_again(request_id: Any) -> None:
    wanted = ReferenceRequest.objects.select_for_update().get(id=request_id)
    going_on = wanted.asks.exclude(state=AskState.DECLINED).exists()
    if wanted.state == RequestState.MATCHED and not going_on:
        kept(wanted, {"state": RequestState.OPEN})


@transaction.atomic
def make_request(*, prospect: str, due_on: dt.date, by: Member | None, **values: Any) -> ReferenceRequest:
    """Write down what sales looks for (`REQUESTED`): a customer like this, until that day."""
    begin = {"kind": AssetKind.REFERENCE, "currency": Tenant.current().currency}
    wanted = _checked(begin | values | {"prospect": prospect, "due_on": due_on}, by)
    return ReferenceRequest.objects.create(created_by=by, **wanted)


@transaction.atomic
def change_request(
    *, request: ReferenceRequest, values: Mapping[str, Any], version: int | None, by: Member | None
) -> ReferenceRequest:
    """Change what is looked for; whether it is over has a verb of its own."""
    row = locked(request, version)
    changes = {name: values[name] for name in REQUESTED if name in values}
    same_day = changes.get("due_on") == row.due_on
    return kept(row, _checked(changes, None if same_day else by, row))


@transaction.atomic
def end_request(
    *, request: ReferenceRequest, state: str, version: int | None, by: Member | None, won: bool | None = None
) -> ReferenceRequest:
    """It is done, with whether the deal was won, or nobody was found; one that was not met may be opened again."""
    row = locked(request, version)
    walked("state", row.state, state, RequestState, REQUESTS, by)
    over, was_over = state in OVER, row.state in OVER
    values: dict[str, Any] = {"state": state, "won": won if state == RequestState.DONE else None}
    if over != was_over:
        values["ended_on"] = today() if over else None
    return kept(row, values)


def _checked(values: dict[str, Any], by: Member | None, row: ReferenceRequest | None = None) -> dict[str, Any]:
    if unknown := values.keys() - set(REQUESTED):
        raise TypeError(f"a request has no {sorted(unknown)}")
    texts(values, LIMITS)
    if "prospect" in values and not values["prospect"]:
        raise refused("prospect", _("Say for whom it is."))
    if "kind" in values:
        chosen("kind", values["kind"], AssetKind)
    within("due_on", values.get("due_on"), ahead=by is not None)
    within("decides_on", values.get("decides_on"))
    if "currency" in values or "deal_minor" in values:
        currency = values.get("currency") or (row.currency if row else "")
        money("deal_minor", values.get("deal_minor"), currency)
    return values
