"""The kinds of rows of the advocacy floor (CONTRACTS 1)."""

from pathlib import Path

from django.utils.translation import gettext_lazy

from accounts.enums import ImportKind
from accounts.kinds import Kind
from advocacy import merge
from advocacy.rows import advocates, assets, referrals

SAMPLES = Path(__file__).parent / "data" / "samples"

KINDS = (
    Kind.of(
        ImportKind.ADVOCATES,
        gettext_lazy("Import advocates"),
        advocates,
        samples=SAMPLES,
        key=("advocate",),
        merge=merge.merge_advocates,
        repeated=gettext_lazy("Row %(first)s has this advocate already, with other values."),
    ),
    Kind.of(
        ImportKind.ASSETS,
        gettext_lazy("Import advocacy assets"),
        assets,
        samples=SAMPLES,
        key=("asset",),
        merge=merge.merge_assets,
        repeated=gettext_lazy("Row %(first)s has this asset already, with other values."),
    ),
    Kind.of(
        ImportKind.REFERRALS,
        gettext_lazy("Import referrals"),
        referrals,
        samples=SAMPLES,
        key=("referral",),
        merge=merge.merge_referrals,
        repeated=gettext_lazy("Row %(first)s has this referral already, with other values."),
    ),
)
