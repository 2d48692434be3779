"""The kinds of rows of the advocacy floor (CONTRACTS 1)."""

from pathlib import Path

from django.utils.translation import gettext_lazy

from accounts.enums import ImportKind
from accounts.kinds import Kind
from advocacy import merge, rows

SAMPLES = Path(__file__).parent / "data" / "samples"

KINDS = (
    Kind(
        name=ImportKind.ADVOCATES.value,
        title=gettext_lazy("Import advocates"),
        fields=rows.ADVOCATES,
        required=rows.REQUIRED["advocates"],
        key=("advocate",),
        merge=merge.merge_advocates,
        labels=rows.labels(rows.ADVOCATES),
        check=rows.check_advocate,
        repeated=gettext_lazy("Row %(first)s has this advocate already, with other values."),
        synonyms=rows.synonyms(rows.ADVOCATES, "advocate"),
        samples=SAMPLES,
    ),
    Kind(
        name=ImportKind.ASSETS.value,
        title=gettext_lazy("Import advocacy assets"),
        fields=rows.ASSETS,
        required=rows.REQUIRED["assets"],
        key=("asset",),
        merge=merge.merge_assets,
        labels=rows.labels(rows.ASSETS),
        check=rows.check_asset,
        repeated=gettext_lazy("Row %(first)s has this asset already, with other values."),
        synonyms=rows.synonyms(rows.ASSETS, "asset"),
        samples=SAMPLES,
    ),
    Kind(
        name=ImportKind.REFERRALS.value,
        title=gettext_lazy("Import referrals"),
        fields=rows.REFERRALS,
        required=rows.REQUIRED["referrals"],
        key=("referral",),
        merge=merge.merge_referrals,
        labels=rows.labels(rows.REFERRALS),
        check=rows.check_referral,
        repeated=gettext_lazy("Row %(first)s has this referral already, with other values."),
        synonyms=rows.synonyms(rows.REFERRALS, "referral"),
        samples=SAMPLES,
    ),
)
