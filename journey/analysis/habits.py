"""The usual mistakes with journeys, counted where they happen (JRN-33). The flags themselves are judged in `stages.flags`."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Account
from cs_platform.kernel.templatetags.cells import number_text
from journey.analysis.spans import Span
from journey.models import StagePeriod, Track
from journey.stages import flags
from journey.stages.flags import Key

# What flags of single tracks are called as habits of the company.
HABITS: dict[Key, Promise] = {
    Key.IGNORED: gettext_lazy("Something happened that may throw it back, and nobody answered"),
    Key.PASSIVE: gettext_lazy("Everything is met, and nobody moved it on"),
    Key.ACTIVITY: gettext_lazy("Much activity, nothing reached"),
    Key.RENEWAL_LATE: gettext_lazy("The renewal should have begun"),
    Key.WAITING: gettext_lazy("We wait for the customer"),
    Key.PAST_TARGET: gettext_lazy("Past its target"),
}


def flagged(accounts: QuerySet[Account], span: Span) -> dict[str, list[UUID]]:
    """Open periods of these accounts by the name of each flag that they carry. A fixed number of statements."""
    tracks = Track.objects.filter(account__in=accounts.order_by().values("id"), closed_on=None).order_by()
    periods = StagePeriod.objects.filter(exited_on=None, track__in=tracks.values("id"), entered_on__lte=span.last)
    found: dict[str, list[UUID]] = {}
    for period, own in flags.flags_of(list(periods.select_related("track__account")), span.last).items():
        for flag in own:
            found.setdefault(flag.key.value, []).append(period)
    return found


def habits(
    accounts: QuerySet[Account], span: Span, flagged: Mapping[str, int], url: Callable[..., str]
) -> list[dict[str, Any]]:
    """One row for each of the mistakes: how often it happens now (`flagged`, by the name of its flag), or that it does not."""
    counts = Counter(flagged)
    rows = [
        {
            "text": text,
            "count": number_text(counts[key.value], 0),
            "url": url(show="flag", flag=key.value) if counts[key.value] else "",
            "good": not counts[key.value],
        }
        for key, text in HABITS.items()
    ]
    company = {flag.key: flag.text for flag in flags.guards(accounts, span.last)}
    alike = (
        (Key.ONE_TEMPLATE, _("Plans follow templates that fit their customers, or there are too few plans to say")),
        (Key.FORCED_LINE, _("Journeys go beside, back and past as customers do, or there are too few moves to say")),
    )
    rows += [
        {"text": company.get(key, text), "count": "", "url": "", "good": key not in company} for key, text in alike
    ]
    completed, over, share = flags.overrides(accounts, span.first, span.last)
    words = {"n": number_text(over, 0), "all": number_text(completed, 0), "share": share}
    text = _("Completed without all criteria, with a reason: %(n)s of %(all)s, %(share)s") % words
    rows.append({"text": text, "count": "", "url": url(show="override") if over else "", "good": not over})
    return rows
