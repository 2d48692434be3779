"""What opens a signal and how long it holds, in words made of the rules' own numbers (TRG-13, TRG-14)."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from cs_platform.kernel.templatetags.cells import number_text, percent_text
from expansion import jobs, lifecycle, rules
from expansion.enums import DealKind, Trigger


def rules_of() -> Mapping[str, tuple[str, str]]:
    """When each trigger opens a signal, and to where it holds."""
    full = {"full": percent_text(rules.FULL, 0), "days": rules.LIMIT_DAYS}
    still = _("holds to %(share)s") % {"share": percent_text(rules.STILL_FULL, 0)}
    grew = {"share": percent_text(rules.GREW - 1, 0), "people": rules.GREW_BY}
    track = _("A journey of its own began within %(days)s days") % {"days": rules.TRACK_DAYS}
    event = _("An event of that kind within %(days)s days") % {"days": rules.EVENT_DAYS}
    return {
        Trigger.LIMIT: (_("Use of %(days)s days is %(full)s of the limit of the plan") % full, still),
        Trigger.SEATS_FULL: (_("People active in 28 days are %(full)s of the seats paid for") % full, still),
        Trigger.TEAM_GROWTH: (
            _("Active people are %(share)s and %(people)s people more than a quarter before") % grew,
            _("holds to %(share)s") % {"share": percent_text(rules.STILL_GREW - 1, 0)},
        ),
        Trigger.USE_CASE: (track, ""),
        Trigger.DEPARTMENT: (track, ""),
        Trigger.CHAMPION: (_("Somebody who decides or carries us has an open issue about what is missing"), ""),
        Trigger.ADVOCATE: (_("Health is green, and qualified for advocacy or somebody enrolled"), ""),
        Trigger.RENEWAL: (_("A renewal is open and health is green"), ""),
        Trigger.GROWTH: (event, ""),
        Trigger.COMPETITOR: (event, ""),
    }


def rules_shown() -> list[dict[str, Any]]:
    """One line for each trigger, with what is usually sold for it."""
    return [
        {
            "name": Trigger(trigger).label,
            "opens": opens,
            "holds": holds or _("while that is so"),
            "kind": DealKind(lifecycle.USUAL_KIND[trigger]).label,
        }
        for trigger, (opens, holds) in rules_of().items()
    ]


def cap() -> str:
    """How many of a trigger one night may open."""
    words = {"least": number_text(jobs.LEAST, 0), "share": percent_text(jobs.SHARE, 0)}
    return (
        _("A night opens at most %(least)s of a trigger, or %(share)s of the live accounts where that is more.") % words
    )
