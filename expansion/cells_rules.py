"""What opens a signal and how long it holds, in words made of the company's own numbers (TRG-13, TRG-14)."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from cs_platform.kernel.templatetags.cells import number_text, percent_text
from expansion import jobs, lifecycle, rules
from expansion.enums import DealKind, Trigger
from expansion.rules import Limits


def rules_of(limits: Limits) -> Mapping[str, tuple[str, str]]:
    """When each trigger opens a signal, and to where it holds."""

    def share(trigger: str, name: str, *, still: bool = False) -> str:
        return percent_text(limits.at(trigger, name, still=still), 0)

    def still(trigger: str, name: str) -> str:
        return _("holds to %(share)s") % {"share": share(trigger, name, still=True)}

    def days(trigger: str) -> dict[str, str]:
        return {"days": number_text(limits.fires[trigger]["days"], 0)}

    plan = {"full": share(Trigger.LIMIT, "full"), "days": rules.LIMIT_DAYS}
    seats = {"full": share(Trigger.SEATS_FULL, "full")}
    people = number_text(limits.fires[Trigger.TEAM_GROWTH]["people"], 0)
    grew = {"share": share(Trigger.TEAM_GROWTH, "grew"), "people": people}
    track, event = _("A journey of its own began within %(days)s days"), _("An event of that kind within %(days)s days")
    return {
        Trigger.LIMIT: (
            _("Use of %(days)s days is %(full)s of the limit of the plan") % plan,
            still(Trigger.LIMIT, "full"),
        ),
        Trigger.SEATS_FULL: (
            _("People active in 28 days are %(full)s of the seats paid for") % seats,
            still(Trigger.SEATS_FULL, "full"),
        ),
        Trigger.TEAM_GROWTH: (
            _("Active people are %(share)s and %(people)s people more than a quarter before") % grew,
            still(Trigger.TEAM_GROWTH, "grew"),
        ),
        Trigger.USE_CASE: (track % days(Trigger.USE_CASE), ""),
        Trigger.DEPARTMENT: (track % days(Trigger.DEPARTMENT), ""),
        Trigger.CHAMPION: (_("Somebody who decides or carries us has an open issue about what is missing"), ""),
        Trigger.ADVOCATE: (_("Health is green, and qualified for advocacy or somebody enrolled"), ""),
        Trigger.RENEWAL: (_("A renewal is open and health is green"), ""),
        Trigger.GROWTH: (event % days(Trigger.GROWTH), ""),
        Trigger.COMPETITOR: (event % days(Trigger.COMPETITOR), ""),
    }


def rules_shown(limits: Limits, url: Callable[[str], str]) -> list[dict[str, Any]]:
    """One line for each trigger, with what is usually sold for it; `url` leads to where it is set."""
    return [
        {
            "name": Trigger(trigger).label,
            "opens": opens,
            "holds": holds or _("while that is so"),
            "kind": DealKind(lifecycle.USUAL_KIND[trigger]).label,
            "url": url(trigger),
            "on": trigger not in limits.off,
            "own": limits.fires[trigger] != rules.USUAL.fires[trigger],
        }
        for trigger, (opens, holds) in rules_of(limits).items()
    ]


def cap() -> str:
    """How many of a trigger one night may open."""
    words = {"least": number_text(jobs.LEAST, 0), "share": percent_text(jobs.SHARE, 0)}
    return (
        _("A night opens at most %(least)s of a trigger, or %(share)s of the live accounts where that is more.") % words
    )
