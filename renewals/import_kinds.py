"""The kinds of rows of the renewals floor (CONTRACTS 1)."""

from pathlib import Path

from django.utils.translation import gettext_lazy

from accounts.enums import ImportKind
from accounts.kinds import Kind
from renewals import rows
from renewals.merge import merge_renewals

KINDS = (
    Kind.of(
        ImportKind.RENEWALS,
        gettext_lazy("Import how renewals go"),
        rows,
        key=("renewal", "account", "due_on"),
        merge=merge_renewals,
        repeated=gettext_lazy("Row %(first)s is about this renewal already, with other values."),
        samples=Path(__file__).parent / "data" / "samples",
    ),
)
