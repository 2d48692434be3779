"""The doors of rows about the program: what another system says of advocates, assets and referrals (ADV-02, ADV-04).

What a row says is a fact: neither the gate of asks nor the moves of a person are asked. A field that is not given stays.
The same file again changes nothing.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import selectors
from accounts.kinds import Row
from accounts.merging import MergeResult, Origin
from accounts.merging.result import first_of_each, quiet_inserts, today
from accounts.models import Tenant
from advocacy.enums import AdvocateState, Legal, ReferralState
from advocacy.lifecycle import ENDED
from advocacy.models import Advocate, Asset, Referral
from advocacy.services.referrals import tell_won
from cs_platform.kernel.money import digits, to_minor
from health.naming import Ids, named

BATCH = 500


@dataclass(frozen=True)
class _Door:
    """How rows of one kind become rows of a table: which column is their key, which are taken as they are (the empty value
    of each beside), and what else a row says (`more`, by column)."""

    model: type[Any]
    key: str
    plain: Mapping[str, Any]
    more: Callable[[Row, Ids, Any], dict[str, Any]]


def merge_advocates(rows: Sequence[Row], origin: Origin) -> MergeResult:
    """Create or change advocates by their id. Refused: an account or a person who does not exist, a person of another
    account, and one who is in the program under another id."""
    result = MergeResult()
    told = list(named(first_of_each(rows, result, "advocate"), result, contacts=["contact"]))
    people = {ids["contact"] for _row, ids in told}
    taken = dict(Advocate.objects.filter(contact__in=people).order_by().values_list("contact_id", "external_id"))
    fine: list[tuple[Row, Ids]] = []
    for row, ids in told:
        name = taken.setdefault(ids["contact"], row.values["advocate"])
        if name != row.values["advocate"]:
            sentence = _("This person is in the program already, as %(id)s.") % {"id": name}
            result.reject(row, "contact", row.values["contact"], "taken", sentence)
        else:
            fine.append((row, ids))
    return _merge(fine, origin, result, _ADVOCATES)


def _of_advocate(row: Row, ids: Ids, known: Advocate | None) -> dict[str, Any]:
    values: dict[str, Any] = {
        "account_id": ids["account"],
        "contact_id": ids["contact"],
        "consent": row.values["consent"],
    }
    legal = row.values.get("legal")
    if legal and legal != (known.legal if known else Legal.APPROVED):
        values |= {"legal": legal, "legal_since": today()}
    state = row.values.get("state")
    if state:
        values["state"] = state
        left = row.values.get("left_on") or (known.left_on if known else None) or today()
        values["left_on"] = left if state == AdvocateState.LEFT else None
    for name in ("consent_on", "enrolled_on"):
        if row.values.get(name):
            values[name] = row.values[name]
    if known is None:
        begin = {"consent_on": today(), "enrolled_on": today(), "legal_since": today()}
        values = begin | values
    return values


_ADVOCATES = _Door(Advocate, "advocate", {"consent_until": None, "note": ""}, _of_advocate)


def merge_assets(rows: Sequence[Row], origin: Origin) -> MergeResult:
    """Create or change assets by their id. Refused: an account or an advocate who does not exist, or of another account."""
    result = MergeResult()
    told = list(named(first_of_each(rows, result, "asset"), result))
    return _merge(_with_advocates(told, result), origin, result, _ASSETS)


def _of_asset(row: Row, ids: Ids, known: Asset | None) -> dict[str, Any]:
    values: dict[str, Any] = {"account_id": ids["account"], "kind": row.values["kind"], "title": row.values["title"]}
    if "advocate" in row.given:
        values["advocate_id"] = ids["advocate"]
    legal = row.values.get("legal")
    if legal and legal != (known.legal if known else Legal.DRAFT):
        values |= {"legal": legal, "legal_since": today()}
    elif known is None:
        values["legal_since"] = today()
    if row.values.get("legal_since"):
        values["legal_since"] = row.values["legal_since"]
    return values


_ASSETS = _Door(
    Asset, "asset", {"url": "", "approved_until": None, "published_on": None, "site": "", "rating": None}, _of_asset
)


def merge_referrals(rows: Sequence[Row], origin: Origin) -> MergeResult:
    """Create or change referrals by their id; who is won by it is announced. Refused: accounts or an advocate who do not
    exist, an amount with more decimals than its currency has, a customer who came by another referral."""
    result, tenant = MergeResult(), Tenant.current()
    rows = [row for row in first_of_each(rows, result, "referral") if not _bad_amount(row, tenant, result)]
    told = _with_advocates(list(named(rows, result)), result)
    told = _with_customers(told, result)
    names = {row.values["referral"] for row, _ids in told}
    won = set(
        Referral.objects.filter(external_id__in=names, state=ReferralState.WON).values_list("external_id", flat=True)
    )
    result = _merge(told, origin, result, _REFERRALS)
    fresh = Referral.objects.select_related("customer").filter(external_id__in=names - won, state=ReferralState.WON)
    for referral in fresh.order_by("id"):
        tell_won(referral)
    return result


def _bad_amount(row: Row, tenant: Tenant, result: MergeResult) -> bool:
    worth, code = row.values.get("amount"), row.values.get("currency") or tenant.currency
    if worth is None or not worth.scaleb(digits(code)) % 1:
        return False
    sentence = _("%(code)s has %(n)s decimals.") % {"code": code, "n": digits(code)}
    result.reject(row, "amount", str(worth), "decimals", sentence)
    return True


def _of_referral(row: Row, ids: Ids, known: Referral | None) -> dict[str, Any]:
    values: dict[str, Any] = {
        "account_id": ids["account"], "prospect": row.values["prospect"], "asked_on": row.values["asked_on"],
    }  # fmt: skip
    for name in ("advocate", "customer"):
        if name in row.given:
            values[f"{name}_id"] = ids[name]
    code = row.values.get("currency") or (known.currency if known else "") or Tenant.current().currency
    if row.values.get("currency") or known is None:
        values["currency"] = code
    if "amount" in row.given:
        worth = row.values["amount"]
        values["amount_minor"] = None if worth is None else to_minor(worth, code)
    state = row.values.get("state")
    if state:
        values["state"] = state
        over = known.ended_on if known and known.state in ENDED else None
        if "ended_on" not in row.given:
            values["ended_on"] = (over or today()) if state in ENDED else None
    return values


_REFERRALS = _Door(
    Referral,
    "referral",
    {"agreed_on": None, "introduced_on": None, "opportunity_on": None, "ended_on": None, "reward": "", "note": ""},
    _of_referral,
)


def _with_advocates(told: Sequence[tuple[Row, Ids]], result: MergeResult) -> list[tuple[Row, Ids]]:
    """The rows whose advocate exists and is of the row's account, with its id."""
    names = {row.values["advocate"] for row, _ids in told if row.values.get("advocate")}
    found = Advocate.objects.filter(external_id__in=names).select_related("account")
    known = {one.external_id: one for one in found}
    standing = selectors.standing_accounts(one.account.external_id for one in known.values())
    fine = []
    for row, ids in told:
        name = row.values.get("advocate")
        advocate = known.get(name) if name else None
        if name and advocate is None:
            result.reject(row, "advocate", name, "unknown_advocate", _("There is no advocate with this id."))
        elif advocate is not None and standing[advocate.account.external_id].id != ids["account"]:
            result.reject(row, "advocate", str(name), "other_account", _("This person is of another account."))
        else:
            fine.append((row, ids | {"advocate": advocate.id if advocate else None}))
    return fine


def _with_customers(told: Sequence[tuple[Row, Ids]], result: MergeResult) -> list[tuple[Row, Ids]]:
    """The rows whose new customer exists and came by no other referral, with its id."""
    known = selectors.standing_accounts(row.values["customer"] for row, _ids in told if row.values.get("customer"))
    ids_of = [one.id for one in known.values()]
    won = Referral.objects.filter(customer__in=ids_of, state=ReferralState.WON).order_by()
    taken: dict[UUID, str] = dict(won.values_list("customer_id", "external_id"))
    fine = []
    for row, ids in told:
        name = row.values.get("customer")
        found = known.get(name) if name else None
        if name and (found is None or found.id == ids["account"]):
            sentence = (
                _("There is no account with this id.") if found is None else _("A customer does not refer itself.")
            )
            result.reject(row, "customer", name, "unknown_account", sentence)
        elif found and taken.setdefault(found.id, row.values["referral"]) != row.values["referral"]:
            result.reject(row, "customer", str(name), "taken", _("This customer came by another referral."))
        else:
            fine.append((row, ids | {"customer": found.id if found else None}))
    return fine


def _merge(told: Sequence[tuple[Row, Ids]], origin: Origin, result: MergeResult, door: _Door) -> MergeResult:
    """Make what is not there and change what differs, in the order of the ids; rows of another account are refused."""
    known = _locked(door.model, {row.values[door.key] for row, _ids in told})
    quiet_inserts(len(told))
    new: dict[str, Any] = {}
    changed: list[Any] = []
    columns: set[str] = set()
    for row, ids in told:
        stored = known.get(row.values[door.key])
        if stored is not None and stored.account_id != ids["account"] and not _moved(stored, ids["account"]):
            sentence = _("It belongs to another account.")
            result.reject(row, "account", row.values["account"], "other_account", sentence)
            continue
        values = door.more(row, ids, stored)
        values |= {
            name: empty if row.values[name] is None else row.values[name]
            for name, empty in door.plain.items()
            if name in row.given
        }
        if stored is None:
            fresh = door.model(external_id=row.values[door.key], source=origin.source, source_ref=origin.ref, **values)
            new[fresh.external_id] = fresh
            result.add(row.number, fresh.id, "created")
            continue
        changes = {name: value for name, value in values.items() if getattr(stored, name) != value}
        result.add(row.number, stored.id, "updated" if changes else "unchanged")
        if changes:
            for name, value in changes.items():
                setattr(stored, name, value)
            stored.version, stored.updated_at = stored.version + 1, timezone.now()
            changed.append(stored)
            columns |= set(changes)
    door.model.objects.bulk_create(list(new.values()), batch_size=BATCH)
    if changed:
        door.model.objects.bulk_update(changed, [*sorted(columns), "version", "updated_at"], batch_size=BATCH)
    return result


def _locked(model: type[Any], names: Collection[str]) -> dict[str, Any]:
    rows = model.objects.select_for_update(of=("self",)).select_related("account").filter(external_id__in=names)
    return {row.external_id: row for row in rows.order_by("id")}


def _moved(stored: Any, account: UUID | None) -> bool:
    """Whether the row's account was merged into the one that is named."""
    found = selectors.standing_accounts([stored.account.external_id])
    return found[stored.account.external_id].id == account
