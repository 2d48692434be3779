"""Rows of assets: what customers gave to be shown (ADV-02)."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.kinds import Problem, Reader
from accounts.rows import amount, choice, day, text
from advocacy.enums import AssetKind, Legal, ReviewSite
from advocacy.rows import labels, problems, synonyms
from journey.issues.rows import address

FIVE = Decimal(5)
FIELDS: dict[str, Reader] = {
    "asset": text(200, required=True),
    "account": text(200, required=True),
    "kind": choice(AssetKind),
    "title": text(200),
    "advocate": text(200),
    "url": address,
    "legal": choice(Legal),
    "legal_since": day,
    "approved_until": day,
    "published_on": day,
    "site": choice(ReviewSite),
    "rating": amount,
}
REQUIRED = ("asset", "account", "kind", "title")
LABELS = labels(FIELDS)
SYNONYMS = synonyms(FIELDS, "asset")


def check(values: dict[str, Any]) -> list[Problem]:
    """Only a review has a site and stars, from 0 to 5 with one decimal."""
    found = problems(values, REQUIRED, ("legal_since", "published_on"))
    rating, kind = values.get("rating"), values.get("kind")
    if rating is not None and (not 0 <= rating <= FIVE or rating.scaleb(1) % 1):
        sentence = _("Stars are between 0 and 5, with at most one decimal.")
        found.append(Problem("rating", str(rating), "out_of_range", sentence))
    if (rating is not None or values.get("site")) and kind != AssetKind.REVIEW:
        found.append(Problem("kind", str(kind), "not_a_review", _("Only a review has a site and stars.")))
    return found
