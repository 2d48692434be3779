"""The program's own rules (ADV-01, ADV-06): when a customer has been one for long enough, how long somebody rests, what a
consent covers, what suits which customers. A company changes the numbers (`Program`); the tables are the product's."""

from collections.abc import Mapping
from dataclasses import dataclass

from accounts.enums import Profile
from advocacy.enums import AssetKind, Consent
from advocacy.models import Program

FATIGUE_DAYS = 180  # asks of so many days count as many
PRODUCT_LED_MONTHS = 3  # product-led customers pass through all stages faster (ADV-01: "earlier PLG")


@dataclass(frozen=True)
class Rules:
    """Numbers of the program: months as a customer, days of rest after an ask and after many of them, how many are many."""

    months_before: int = 12
    rest_days: int = 60
    long_rest_days: int = 90
    many_asks: int = 3
    version: int = 0

    def months_of(self, profile: str) -> int:
        """Months after which a customer of this profile may speak for us. Example: 12, product-led 3."""
        return min(self.months_before, PRODUCT_LED_MONTHS) if profile == Profile.PRODUCT_LED else self.months_before


NUMBERS = ("months_before", "rest_days", "long_rest_days", "many_asks")


def current() -> Rules:
    """The rules of the tenant, the usual ones where it has not set its own."""
    row = Program.objects.first()
    if row is None:
        return Rules()
    return Rules(row.months_before, row.rest_days, row.long_rest_days, row.many_asks, row.version)


# What somebody whose consent goes so far may be asked for. A referral and a place on the board show no name to the public.
_UNNAMED = (AssetKind.REFERENCE, AssetKind.REFERRAL, AssetKind.BOARD, AssetKind.COMMUNITY)
_NAMED = (*_UNNAMED, AssetKind.REVIEW, AssetKind.TESTIMONIAL, AssetKind.SPEAKING, AssetKind.SOCIAL, AssetKind.CONTENT)
COVERS: Mapping[str, tuple[AssetKind, ...]] = {
    Consent.NAME_LOGO: (*_NAMED, AssetKind.CASE_STUDY, AssetKind.MARKETING),
    Consent.NAME: (*_NAMED, AssetKind.CASE_STUDY),
    Consent.REFERENCE: _UNNAMED,
    Consent.REVIEW: (AssetKind.REVIEW, AssetKind.REFERRAL),
    Consent.REFUSED: (),
}

# What suits customers of a profile, the best first (ADV-06). It orders what is offered and forbids nothing.
SUITED: Mapping[str, tuple[AssetKind, ...]] = {
    Profile.ENTERPRISE: (AssetKind.CASE_STUDY, AssetKind.SPEAKING, AssetKind.BOARD, AssetKind.REFERRAL),
    Profile.MID_MARKET: (AssetKind.CASE_STUDY, AssetKind.REVIEW, AssetKind.REFERRAL, AssetKind.SPEAKING),
    Profile.SMB: (AssetKind.REVIEW, AssetKind.TESTIMONIAL, AssetKind.REFERRAL, AssetKind.COMMUNITY),
    Profile.PRODUCT_LED: (AssetKind.REVIEW, AssetKind.SOCIAL, AssetKind.REFERRAL, AssetKind.COMMUNITY),
}
