"""What the issue log adds to the pages below it: its card on the account's overview, its part of the account's history,
and what follows when a task of it is done."""

from django.utils.translation import gettext_lazy

from accounts import dossier
from accounts.account_frame import ASIDES
from journey.issues import telling

CARD = ("account-issues", "account_issues", gettext_lazy("Issues"))


def register() -> None:
    """Called once, when the apps are ready."""
    telling.register()
    if CARD not in ASIDES:
        ASIDES.append(CARD)
    if "issues" not in dossier.TOLD:
        dossier.TOLD.append("issues")
