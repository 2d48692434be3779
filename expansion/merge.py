"""The one door of opportunities that come as rows: from a CRM, a program or a file (API-01).

A row says what stands elsewhere: it moves deals without asking which move it was, but past the first stage only with the right or a
reason (EXP-01). It writes no contract: what was won elsewhere is billed there, and comes with the contracts.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import selectors
from accounts.kinds import Row
from accounts.merging import MergeResult, Origin
from accounts.merging.result import first_of_each, quiet_inserts
from accounts.models import Account, Contact, Member, Plan, Product, Subscription, Tenant
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.money import to_minor
from expansion import lifecycle
from expansion.checks import Earned, earned
from expansion.enums import DealStage, Trigger
from expansion.models import Opportunity, OpportunityMove
from expansion.writing import FIELDS, checked
from health.naming import Ids, named

BATCH = 500
# Columns that a row names as they are; the others are rows of their own, or follow from the stage.
PLAIN = (
    "name", "kind", "motion", "trigger", "seats", "chance", "identified_on", "close_on", "case", "next_step", "next_step_on", "note",
)  # fmt: skip
NEVER_EMPTY = frozenset({"name", "kind", "motion", "trigger", "identified_on"})
WRITTEN = (
    *(name for name in FIELDS), "stage", "stage_since", "closed_on", "loss", "win", "override", "earned", "version", "updated_at",
)  # fmt: skip


def merge_deals(rows: Sequence[Row], origin: Origin) -> MergeResult:
    """Create or change opportunities by their id; a field that is not given stays as it is.

    Refused: an account, contact or member who does not exist, a deal of another account, a product, plan or contract that is not
    known, an open stage past the first without the right (`not_earned`), and changes of a deal that was won here.
    """
    result = MergeResult()
    accepted = list(
        named(first_of_each(rows, result, "opportunity"), result, contacts=["buyer"], members=["owner_email"])
    )
    if not accepted:
        return result
    quiet_inserts(len(accepted))
    book = _Book(accepted)
    new: list[Opportunity] = []
    changed: list[Opportunity] = []
    moves: list[OpportunityMove] = []
    for row, ids in accepted:
        known = book.known.get(row.values["opportunity"])
        deal = known or Opportunity(
            external_id=row.values["opportunity"], account=book.accounts[ids["account"]], source=origin.source,
            source_ref=origin.ref, stage="", identified_on=book.day, stage_since=book.day,
        )  # fmt: skip
        if problem := _refusal(deal, row, ids, book):
            result.reject(row, *problem)
            continue
        before = deal.stage
        try:
            values = _said(deal, row, ids, book)
            values |= checked(deal, {name: value for name, value in values.items() if name in FIELDS}, book.day)
        except DomainError as error:
            column, message = next(iter(error.fields.items()))
            result.reject(row, _column(column), str(row.values.get(_column(column)) or ""), error.code, message)
            continue
        changes = {name: value for name, value in values.items() if getattr(deal, name) != value}
        if changes and deal.written_id is not None:
            result.reject(row, "opportunity", deal.external_id, "won", _("This deal is won: undo that first."))
            continue
        for name, value in changes.items():
            setattr(deal, name, value)
        if known is None:
            new.append(deal)
        elif changes:
            deal.version, deal.updated_at = deal.version + 1, timezone.now()
            changed.append(deal)
        if before != deal.stage:
            moves.append(OpportunityMove(opportunity=deal, before=before, after=deal.stage, moved_on=deal.stage_since))
        result.add(row.number, deal.id, "created" if known is None else "updated" if changes else "unchanged")
    Opportunity.objects.bulk_create(new, batch_size=BATCH)
    Opportunity.objects.bulk_update(changed, WRITTEN, batch_size=BATCH)
    OpportunityMove.objects.bulk_create(moves, batch_size=BATCH)
    return result


class _Book:
    """What the rows speak of, read at once: deals, accounts, people, products, plans, contracts, and the right of their accounts."""

    def __init__(self, accepted: Sequence[tuple[Row, Ids]]) -> None:
        tenant = Tenant.current()
        self.day, self.currency = tenant.today(), tenant.currency
        values = [row.values for row, _ids in accepted]
        self.known = _locked({each["opportunity"] for each in values})
        self.standing = selectors.standing_accounts({deal.account.external_id for deal in self.known.values()})
        self.accounts = Account.objects.select_related("owner").in_bulk([ids["account"] for _row, ids in accepted])
        self.buyers = Contact.objects.in_bulk([ids["buyer"] for _row, ids in accepted if ids.get("buyer")])
        self.owners = Member.objects.in_bulk([ids["owner_email"] for _row, ids in accepted if ids.get("owner_email")])
        self.products = _by(Product.objects.all(), "external_id", {each.get("product") for each in values})
        self.plans = _by(Plan.objects.all(), "name", {each.get("plan") for each in values})
        self.contracts = _contracts({each.get("subscription") for each in values}, self.day)
        asking = {
            ids["account"] for row, ids in accepted if row.values.get("stage") in lifecycle.OPEN and ids["account"]
        }
        self.right: Mapping[UUID, Earned] = earned(asking)


def _locked(names: Collection[str]) -> dict[str, Opportunity]:
    rows = Opportunity.objects.select_for_update(of=("self",)).select_related("account").filter(external_id__in=names)
    return {row.external_id: row for row in rows.order_by("id")}


def _by(rows: QuerySet, column: str, names: Collection[str | None]) -> dict[str, Any]:
    wanted = [name for name in names if name]
    return {getattr(row, column): row for row in rows.filter(**{f"{column}__in": wanted})} if wanted else {}


def _contracts(names: Collection[str | None], day: dt.date) -> dict[str, Subscription]:
    """The period of each subscription that runs, else its latest."""
    rows = Subscription.objects.filter(external_id__in=[name for name in names if name], voided=False)
    found: dict[str, Subscription] = {}
    for row in rows.order_by("start_on", "id"):
        kept = found.get(row.external_id)
        if kept is None or not (kept.end_on is None or kept.end_on > day) or row.start_on <= day:
            found[row.external_id] = row
    return found


def _refusal(deal: Opportunity, row: Row, ids: Ids, book: _Book) -> tuple[str, str, str, str] | None:
    """What of a row cannot be, as (column, value, code, sentence)."""
    v = row.values
    if deal.stage and book.standing[deal.account.external_id].id != ids["account"]:
        return "account", v["account"], "other_account", _("It belongs to another account.")
    for name, known in (("product", book.products), ("plan", book.plans), ("subscription", book.contracts)):
        if v.get(name) and v[name] not in known:
            return name, v[name], "unknown", _("There is none of this name.")
    owner = book.owners.get(ids.get("owner_email"))
    if owner and not owner.is_active and owner.id != deal.owner_id:
        return "owner_email", v["owner_email"], "unknown_member", _("This is not the e-mail of a member.")
    if deal.written_id is not None and v.get("stage") not in (None, "", DealStage.WON):
        return "stage", v["stage"], "won", _("This deal is won: undo that first.")
    stage = v.get("stage") or deal.stage or DealStage.IDENTIFIED
    if stage == DealStage.LOST and not (v.get("loss") or deal.loss):
        return "loss", "", "required", _("Say why it was lost.")
    if (
        stage in lifecycle.OPEN
        and lifecycle.leaves_first(deal.stage, stage)
        and not (v.get("override") or deal.override)
    ):
        left = lifecycle.missing(book.right.get(ids["account"], {}) if ids["account"] else {})
        if left:
            names = ", ".join(str(check.label) for check in left)
            sentence = _("The right to an offer is not earned: %(names)s. Say why it goes on all the same.") % {
                "names": names
            }
            return "override", "", "not_earned", sentence
    return None


def _said(deal: Opportunity, row: Row, ids: Ids, book: _Book) -> dict[str, Any]:
    """What a row says of its deal, by column; of a new one with what is usual."""
    v, given = row.values, set(row.given)
    account = deal.account
    code = v.get("currency") or deal.currency or book.currency
    values: dict[str, Any] = {"name": v["name"], "currency": code, "amount_minor": to_minor(v["amount"], code)}
    for name in PLAIN:
        if name in given and not (name in NEVER_EMPTY and not v.get(name)):
            values[name] = v[name]
    for name, known in (("product", book.products), ("plan", book.plans), ("subscription", book.contracts)):
        if name in given:
            values[name] = known.get(v[name]) if v[name] else None
    if "owner_email" in given:
        values["owner"] = book.owners.get(ids["owner_email"])
    if "buyer" in given:
        values["buyer"] = book.buyers.get(ids["buyer"])
    if "override" in given:
        values["override"] = v["override"]
    stage = v.get("stage") or deal.stage or DealStage.IDENTIFIED
    if not deal.stage:  # new
        trigger = values.setdefault("trigger", Trigger.PERSON)
        kind = values.setdefault("kind", lifecycle.USUAL_KIND[trigger])
        values.setdefault("motion", lifecycle.usual_motion(kind))
        values.setdefault("owner", account.owner)
        values.setdefault("identified_on", min(v.get("closed_on") or book.day, book.day))
    return values | _ended(deal, stage, v, given, values.get("identified_on") or deal.identified_on, book)


def _ended(
    deal: Opportunity, stage: str, v: Mapping[str, Any], given: set[str], seen: dt.date, book: _Book
) -> dict[str, Any]:
    """The stage with what hangs on it: since when, the day and the reason of an end, what the checks said."""
    values: dict[str, Any] = {"stage": stage}
    if stage != deal.stage:
        values["stage_since"] = book.day
    if stage in lifecycle.OPEN:
        values |= {"closed_on": None, "loss": "", "win": ""}
        if lifecycle.leaves_first(deal.stage, stage) and deal.account_id in book.right:
            values["earned"] = book.right[deal.account_id]
        return values
    day = v.get("closed_on") or deal.closed_on or book.day
    if not seen <= day <= book.day:
        sentence = _("The day lies between the one it was seen on and today.")
        raise DomainError(sentence, code="out_of_range", fields={"closed_on": sentence})
    lost = stage == DealStage.LOST
    values |= {
        "closed_on": day,
        "loss": v.get("loss") or deal.loss if lost else "",
        "win": "" if lost else v.get("win") or deal.win,
    }
    if stage != deal.stage:
        values["stage_since"] = day
    return values


def _column(name: str) -> str:
    """The column of a row that a field of the model comes by."""
    return {"amount_minor": "amount", "owner": "owner_email"}.get(name, name)
