"""What conditions may ask of accounts, as they stand now: one statement for any number of them."""

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from accounts.enums import ContactRole
from accounts.models import Account, Contact
from health.models import Outcome
from journey.playbooks.definition import Standing


def standings(accounts: Iterable[UUID], day: dt.date) -> dict[UUID, Standing]:
    """Of each of these accounts that there is: band, segment, tier, champion, renewal, and whether the first value was
    confirmed by `day`."""
    champions = Contact.objects.filter(Q(left_on=None) | Q(left_on__gt=day), account=OuterRef("pk"))
    reached = Outcome.objects.filter(account=OuterRef("pk"), first_value=True, confirmed_on__lte=day, dropped_on=None)
    rows = Account.objects.filter(id__in=set(accounts)).annotate(
        has_champion=Exists(champions.filter(role=ContactRole.CHAMPION)), has_value=Exists(reached)
    )
    values = rows.values_list(
        "id", "health_band", "segment_id", "segment__profile", "tier", "has_champion", "renews_on", "has_value"
    )
    return {
        account: Standing(account, band, segment, profile or "", tier, champion, renews, value)
        for account, band, segment, profile, tier, champion, renews, value in values
    }
