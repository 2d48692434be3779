"""What customers gave us to show: its legal approval, its use, what came of that (ADV-02, ADV-05, ADV-08)."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.customers import refused
from accounts.merging.result import today
from accounts.models import Account, Member
from advocacy.enums import AssetKind, Legal, ReviewSite
from advocacy.lifecycle import LEGAL
from advocacy.models import Advocate, Asset, AssetUse
from advocacy.services.checks import (
    KEPT,
    address,
    chosen,
    kept,
    locked,
    origin_of,
    own_person,
    past,
    seen,
    texts,
    walked,
    within,
)

LIMITS = {"title": 200, "url": 500, "prospect": 200}
FIELDS = ("title", "kind", "advocate", "url", "published_on", "site", "rating", "approved_until")
FIVE = Decimal(5)


@transaction.atomic
def add_asset(
    *,
    account: Account,
    kind: str,
    title: str,
    by: Member | None,
    advocate: Advocate | None = None,
    url: str = "",
    legal: str = Legal.DRAFT,
    legal_since: dt.date | None = None,
    approved_until: dt.date | None = None,
    published_on: dt.date | None = None,
    site: str = "",
    rating: Decimal | None = None,
    external_id: str = "",
    source: str = "",
    source_ref: UUID | None = None,
) -> Asset:
    """Keep something that a customer gave us. A review has a site and stars, from 0 to 5."""
    account = seen(account, by)
    chosen("legal", legal, Legal)
    past("legal_since", legal_since)
    values = _checked(
        {
            "title": title, "kind": kind, "advocate": advocate, "url": url, "published_on": published_on, "site": site,
            "rating": rating, "approved_until": approved_until,
        },
        account,
    )  # fmt: skip
    return Asset.objects.create(
        account=account,
        legal=legal,
        legal_since=legal_since or today(),
        **values,
        **origin_of(by, external_id, source, source_ref),
    )


@transaction.atomic
def change_asset(*, asset: Asset, values: Mapping[str, Any], version: int | None, by: Member | None) -> Asset:
    """Change what is written of an asset (`FIELDS`); its approval has a verb of its own."""
    row = locked(asset, version)
    changes = {name: values[name] for name in FIELDS if name in values}
    return kept(row, _checked(changes, row.account, row))


@transaction.atomic
def move_asset_legal(
    *,
    asset: Asset,
    legal: str,
    version: int | None,
    by: Member | None,
    approved_until: dt.date | None = KEPT,
    since: dt.date | None = None,
) -> Asset:
    """Send it to legal, approve it until a day, refuse it (ADV-05). Only what is approved is shown to anybody."""
    row = locked(asset, version)
    walked("legal", row.legal, legal, Legal, LEGAL, by)
    past("legal_since", since)
    values: dict[str, Any] = {"legal": legal}
    if legal != row.legal:
        values["legal_since"] = since or today()
    if legal != Legal.APPROVED:
        values["approved_until"] = None
    elif approved_until is not KEPT:
        within("approved_until", approved_until, ahead=by is not None)
        values["approved_until"] = approved_until
    return kept(row, values)


@transaction.atomic
def use_asset(
    *, asset: Asset, by: Member | None, prospect: str = "", used_on: dt.date | None = None, won: bool | None = None
) -> AssetUse:
    """It was shown to somebody. Refused for what legal has not approved, or whose approval is over (ADV-05)."""
    row = locked(asset, None)
    seen(row.account, by)
    day = used_on or today()
    past("used_on", day)
    if by is not None:
        if row.legal != Legal.APPROVED:
            raise refused("asset", _("Legal has not approved it."))
        if row.approved_until is not None and row.approved_until < day:
            raise refused("asset", _("Its approval is over."))
    values = texts({"prospect": prospect}, LIMITS)
    return AssetUse.objects.create(asset=row, used_on=day, won=won, used_by=by, **values)


@transaction.atomic
def mark_use(*, use: AssetUse, won: bool | None, by: Member | None) -> AssetUse:
    """Whether the deal was won that it was shown for; None while nobody knows."""
    AssetUse.objects.filter(id=use.id).update(won=won)
    use.won = won
    return use


def _checked(values: dict[str, Any], account: Account, row: Asset | None = None) -> dict[str, Any]:
    texts(values, LIMITS)
    if "title" in values and not values["title"]:
        raise refused("title", _("Give it a name."))
    if "kind" in values:
        chosen("kind", values["kind"], AssetKind)
    if values.get("site"):
        chosen("site", values["site"], ReviewSite)
    if values.get("url"):
        address("url", values["url"])
    past("published_on", values.get("published_on"))
    within("approved_until", values.get("approved_until"))
    own_person(values.get("advocate"), account)
    rating = values.get("rating")
    if rating is not None:
        rating = Decimal(rating)
        if not 0 <= rating <= FIVE or rating.as_tuple().exponent < -1:  # type: ignore[operator]
            raise refused("rating", _("Stars are between 0 and 5, with at most one decimal."))
    kind = values.get("kind", row.kind if row else "")
    has_stars = values.get("rating", row.rating if row else None) is not None or values.get(
        "site", row.site if row else ""
    )
    if has_stars and kind != AssetKind.REVIEW:
        raise refused("rating", _("Only a review has a site and stars."))
    return values
