"""The white space as text (EXP-04): what an account has, could have and what does not fit, each with how it was found. No query."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Account, Product, Segment, Tenant
from cs_platform.kernel.money import from_minor, money_text
from cs_platform.kernel.templatetags.cells import number_text
from expansion.cells import year_text
from expansion.enums import DealKind
from expansion.white_space import NO_FIT, OWNED, POTENTIAL, Cell, Row
from expansion.white_space_listing import Book, Potential
from renewals.cells import shape

SHADES = 5  # of a cell, the darkest for the most money on the page
# How each state stands in the table: classes, and the mark of what is no money.
LOOKS: Mapping[str, str] = {OWNED: "own", NO_FIT: "no"}

Url = Callable[..., str]


def found_text(cell: Cell, seats: int | None, tenant: Tenant) -> str:
    """How the state of a product was found. Median of 7 like accounts: $80.00 a seat and year, for 100 seats."""
    if cell.state == OWNED:
        return _("Owned, %(money)s a year") % {"money": money_text(cell.year, tenant.currency)}
    if cell.state == NO_FIT:
        return _("Does not fit: %(reason)s") % {"reason": cell.reason} if cell.reason else _("Does not fit")
    if cell.state != POTENTIAL:
        return _("No account of the same segment pays for it, so no potential is known")
    who = ngettext(
        "Median of %(n)s account of the same segment", "Median of %(n)s accounts of the same segment", cell.payers
    )
    said = who % {"n": number_text(cell.payers, 0)}
    if cell.per_seat and seats:
        said = _("%(who)s by the seat, for %(seats)s seats") % {"who": said, "seats": number_text(seats, 0)}
    return _("%(said)s: a guess, they are few") % {"said": said} if cell.few else said


def deal_url(account_id: UUID, product: Product, cell: Cell, tenant: Tenant) -> str:
    """A new deal of what the cell offers, with product and money filled in (`expansion:deal_new`)."""
    asked = {
        "account": account_id,
        "kind": DealKind.PRODUCT.value,
        "product": product.id,
        "name": product.name,
        "amount": round(from_minor(cell.year or 0, tenant.currency)),
    }
    return f"{reverse('expansion:deal_new', args=[tenant.slug])}?{urlencode(asked)}"


def account_rows(
    rows: Sequence[Row], products: Sequence[Product], accounts: Mapping[UUID, Account], tenant: Tenant
) -> list[dict[str, Any]]:
    """Accounts against products; a cell opens to how it was found."""
    most = max(
        (cell.year or 0 for row in rows if row.earned for cell in row.cells if cell.state == POTENTIAL), default=0
    )
    return [
        {
            "name": accounts[row.account_id].name,
            "url": reverse("expansion:account_growth", args=[tenant.slug, row.account_id]),
            "health": shape(accounts[row.account_id].health_band),
            "cells": [
                _cell(cell, row, product, accounts[row.account_id], most, tenant)
                for product, cell in zip(products, row.cells, strict=True)
            ],
            "sum": year_text(row.potential, tenant) if row.potential else "–",
        }
        for row in rows
    ]


def _cell(cell: Cell, row: Row, product: Product, account: Account, most: int, tenant: Tenant) -> dict[str, Any]:
    words = {"product": product.name, "account": account.name, "found": found_text(cell, row.seats, tenant)}
    return {
        "state": cell.state,
        "tone": LOOKS.get(cell.state, "no")
        if cell.state != POTENTIAL
        else _shade(cell.year or 0, most)
        if row.earned
        else "held",
        "text": year_text(cell.year, tenant) if cell.state == POTENTIAL else "",
        "few": cell.few,
        "label": _("%(product)s, %(account)s: %(found)s") % words,
        "url": reverse("expansion:white_space_cell", args=[tenant.slug, row.account_id, product.id]),
    }


def _shade(year: int, most: int) -> str:
    """c1 to c5. Example: with 200 as the most, 40 is c1, 41 is c2 and 200 is c5."""
    return f"c{max(-(-year * SHADES // most), 1)}" if most else "c1"


def segment_rows(
    book: Book, segments: Sequence[Segment], products: Sequence[Product], tenant: Tenant, url: Url
) -> list[dict[str, Any]]:
    """Segments against products: the potential that is earned, of all that there is; each opens to its accounts."""
    named: list[tuple[UUID | None, str]] = [(one.id, one.name) for one in segments]
    cells = {key: [of.get(product.id, Potential()) for product in products] for key, of in book.by_segment.items()}
    most = max((cell.earned for row in cells.values() for cell in row), default=0)
    return [
        {
            "name": name,
            "url": url(rows="accounts", segment=(name,)) if key else "",
            "cells": [_sum_cell(cell, most, tenant) for cell in cells[key]],
            "sum": year_text(sum(cell.year for cell in cells[key]), tenant),
        }
        for key, name in [*named, (None, _("No segment"))]
        if key in cells
    ]


def _sum_cell(cell: Potential, most: int, tenant: Tenant) -> dict[str, Any]:
    if not cell.year:
        return {"state": "", "tone": "no", "text": "", "label": _("no potential")}
    words = {"earned": year_text(cell.earned, tenant), "all": year_text(cell.year, tenant)}
    return {
        "state": POTENTIAL,
        "tone": _shade(cell.earned, most) if cell.earned else "held",
        "text": year_text(cell.earned or cell.year, tenant),
        "label": _("%(earned)s earned of %(all)s") % words,
    }


def feature_rows(
    rows: Sequence[Row],
    features: Sequence[str],
    used: Mapping[UUID, Mapping[str, bool]],
    accounts: Mapping[UUID, Account],
    tenant: Tenant,
) -> list[dict[str, Any]]:
    """Accounts against advanced features of what they pay for: used within 90 days, not used, or not theirs."""
    said = {True: ("own", _("used within 90 days")), False: ("held", _("not used within 90 days")), None: ("no", _("not part of what they have"))}  # fmt: skip
    found = []
    for row in rows:
        theirs, account = used.get(row.account_id, {}), accounts[row.account_id]
        marks = [theirs.get(name) for name in features]
        found.append(
            {
                "name": account.name,
                "url": reverse("account_usage", args=[tenant.slug, row.account_id]),
                "health": shape(account.health_band),
                "cells": [
                    {
                        "state": OWNED if mark else "",
                        "tone": said[mark][0],
                        "text": "",
                        "label": f"{name}, {account.name}: {said[mark][1]}",
                    }
                    for name, mark in zip(features, marks, strict=True)
                ],
                "sum": number_text(marks.count(False), 0),
            }
        )
    return found


def totals(book: Book, products: Sequence[Product], tenant: Tenant) -> dict[str, Any]:
    """The potential that is earned, of all accounts of the filters, whether they stand on this page or not."""
    by = [book.by_product.get(product.id, Potential()).earned for product in products]
    return {
        "cells": [year_text(money, tenant) if money else "–" for money in by],
        "sum": year_text(sum(by), tenant) if any(by) else "–",
    }


def cell_card(cell: Cell, row: Row, product: Product, account: Account, tenant: Tenant) -> dict[str, Any]:
    """What the drawer says of a product and an account."""
    facts = [{"label": _("How it was found"), "value": found_text(cell, row.seats, tenant)}]
    if cell.state == POTENTIAL:
        facts.insert(0, {"label": _("Potential a year"), "value": money_text(cell.year, tenant.currency)})
        if cell.per_seat and row.seats:
            seat = Decimal(cell.year or 0) / row.seats
            facts.append({"label": _("A seat and year"), "value": money_text(round(seat), tenant.currency)})
    right = _("Earned") if row.earned else _("Not earned yet: a deal stays in its first stage, or says why it goes on")
    facts.append({"label": _("Right to an offer"), "value": right})
    return {
        "title": _("%(product)s for %(account)s") % {"product": product.name, "account": account.name},
        "facts": facts,
    }


def product_row(cell: Cell, row: Row, product: Product, tenant: Tenant, back: str, *, may_edit: bool) -> dict[str, Any]:
    """A product of the account's own tab: what it pays or could pay, how that was found, and what can be done."""
    here = [tenant.slug, row.account_id, product.id]
    return {
        "name": product.name,
        "state": cell.state,
        "money": money_text(cell.year, tenant.currency, compact=True) if cell.year is not None else "",
        "text": found_text(cell, row.seats, tenant),
        "deal_url": deal_url(row.account_id, product, cell, tenant) if may_edit and cell.state == POTENTIAL else "",
        "fit_url": f"{reverse('expansion:white_space_fit', args=here)}?{urlencode({'back': back})}"
        if may_edit and cell.state != OWNED
        else "",
    }
