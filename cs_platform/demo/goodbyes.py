"""Why the lost customers of the demo left, as they would have said it: in step with what happened to them before."""

import datetime as dt
from collections.abc import Collection

from cs_platform.demo.stories import Plot, Story

ASKED = 0.86  # of those that left long ago; the latest ones wait for somebody to ask
FRESH_DAYS = 75
COMPETITORS = ("Larkspur Suite", "Opalis", "Beaconworks")
# Category, reason, and words; what happened before the end decides among them.
GOODBYES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "budget_cut": (
        ("price", "Budget cuts", "We had to give back a tenth of the budget, and yours was the line nobody defended."),
        ("price", "Too expensive", "For what we still use of it, it is too expensive."),
    ),
    "competitor_demo": (
        ("competition", "Replaced by a competitor", "They offered the same for two thirds of the price, setup included."),
        ("competition", "Replaced by a competitor", "The other product connects to our ERP without a project."),
    ),
    "champion_left": (
        ("adoption", "Never used", "After she left nobody knew what it was for. Half of the seats never signed in."),
        ("adoption", "Never implemented", "The second phase was never set up, so the teams went back to their sheets."),
        ("product_fit", "Didn't meet needs", "The reports our board wants cannot be built with it."),
    ),
    "reorganisation": (
        ("closure", "Went out of business", "The business unit is closed at the end of the quarter."),
        ("product_fit", "Wrong solution", "The new department works by case, not by order. It is the wrong tool for that."),
    ),
    "leadership_change": (
        ("product_fit", "Didn't meet needs", "We asked for approvals in two steps for a year."),
        ("price", "Too expensive", "The new director could not see what we get for it."),
    ),
    "": (
        ("adoption", "Never used", "We never got round to it after the first week."),
        ("product_fit", "Didn't meet needs", ""),
        ("other", "Other reason", ""),
    ),
}  # fmt: skip


def goodbye(story: Story, key: str, happened: Collection[str], last: dt.date) -> dict[str, str] | None:
    """The answer of a lost customer as the API takes it; None where nobody has asked, or it did not leave."""
    if story.plot is not Plot.CHURNER or story.ends_on > last:
        return None
    chance = story.chance("goodbye")
    asked = chance.random() < (ASKED if (last - story.ends_on).days > FRESH_DAYS else 0.35)
    cause = next((kind for kind in GOODBYES if kind in happened), "")
    if story.segment.tier == "tech_touch" and chance.random() < 0.35:
        cause = ""
    category, reason, note = chance.choice(GOODBYES[cause])
    competitor = chance.choice(COMPETITORS)
    if not asked:
        return None
    return {
        "account": key,
        "ended_on": story.ends_on.isoformat(),
        "category": category,
        "reason": reason,
        "note": note if chance.random() < 0.7 else "",
        "competitor": competitor if category == "competition" else "",
        "said_by": "customer" if chance.random() < 0.85 else "member",
    }
