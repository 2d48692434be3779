"""The catalogue of indicators: what a score may be made of, each with its unit, usual curve and words (HLT-02, HLT-03).

An indicator has one raw number for an account and a day, or none where there is nothing to judge. The curve of a
definition turns it into 0 to 100 points: `worst` is 0, `best` is 100, linear between and clipped; a `best` below
`worst` means that less is better. How each number is made stands in `sql/`, beside the SQL.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.enums import Profile
from cs_platform.kernel.templatetags.cells import number_text, percent_text
from health.enums import Component
from health.outcomes.progress import TTV_BANDS

MINUS = "\N{MINUS SIGN}"


class Unit(StrEnum):
    """What a raw number counts."""

    SHARE = "share"  # 0.35 is 35%
    CHANGE = "change"  # -0.46 is 46% less than before
    DAYS = "days"
    HOURS = "hours"
    MINUTES = "minutes"
    COUNT = "count"
    TIMES = "times"  # 2.0 is twice the usual
    A_WEEK = "a_week"
    OF_TEN = "of_ten"
    OF_FIVE = "of_five"
    MOOD = "mood"  # -1 to +1


class Source(StrEnum):
    """Which facts an indicator is made of: where its freshness is asked."""

    USAGE = "usage"
    TOUCHPOINTS = "touchpoints"
    SURVEYS = "surveys"
    TICKETS = "tickets"
    OUTCOMES = "outcomes"
    PEOPLE = "people"
    EVENTS = "events"


@dataclass(frozen=True)
class Early:
    """Another curve for a young account: it holds while the account has been a customer for less than `until` months."""

    until: int
    worst: float
    best: float


@dataclass(frozen=True)
class Indicator:
    """One number that is judged.

    `window` are the days it looks back, None where the number has no window; `windows` are the bounds a tenant may set
    it to, None where the name fixes it (DAU/MAU is 28 days). `leading` tells before it happens, a lagging one after
    (HLT-10). `movable` is False where nothing that is done now moves
    it before its time has passed, so that no path leads over it.
    """

    key: str
    component: Component
    label: Any
    unit: Unit
    source: Source
    worst: float
    best: float
    window: int | None = None
    windows: tuple[int, int] | None = None
    early: tuple[Early, ...] = ()
    movable: bool = True
    leading: bool = True
    explained: Any = ""

    def say(self, value: float | None) -> str:
        """The raw number in the reader's language: 0.35 of DAU/MAU is "35%", 72 hours are "3 days"."""
        return say(self.unit, value)

    def told(self, before: float | None, after: float | None) -> str:
        """What became of it, as a part of a sentence: "DAU/MAU 35% to 15%"."""
        words = {"label": self.label, "before": self.say(before), "after": self.say(after)}
        if before is None and after is None:
            return str(self.label)
        if before is None:
            return _("%(label)s now known, %(after)s") % words
        if after is None:
            return _("%(label)s no longer known, was %(before)s") % words
        if words["before"] == words["after"]:
            return _("%(label)s %(after)s") % words
        return _("%(label)s %(before)s to %(after)s") % words


def signed(value: float, places: int = 1) -> str:
    """See `number_text`, with a plus sign and all its decimals: +2.4, −18.0, 0.0."""
    text = number_text(value, places, fixed=True)
    return f"+{text}" if round(value, places) > 0 else text


def _days(value: float) -> str:
    whole = round(value)
    return ngettext("%(count)d day", "%(count)d days", whole) % {"count": whole}


def _hours(value: float) -> str:
    if value >= 48:
        return _days(value / 24)
    text = number_text(value, 0 if value >= 10 else 1)
    return ngettext("%(hours)s hour", "%(hours)s hours", 1 if text == "1" else 2) % {"hours": text}


def say(unit: Unit, value: float | None) -> str:
    """A raw number of this unit in the reader's language; a dash for none."""
    if value is None:
        return "–"
    match unit:
        case Unit.SHARE:
            return percent_text(value, 0)
        case Unit.CHANGE:
            text = percent_text(abs(value), 0)
            return text if text == percent_text(0, 0) else ("+" if value > 0 else MINUS) + text
        case Unit.DAYS:
            return _days(value)
        case Unit.HOURS:
            return _hours(value)
        case Unit.MINUTES:
            return _("%(count)s min") % {"count": number_text(value)}
        case Unit.TIMES:
            return _("%(count)s times the usual") % {"count": number_text(value)}
        case Unit.A_WEEK:
            return _("%(count)s a week") % {"count": number_text(value)}
        case Unit.OF_TEN:
            return _("%(count)s of 10") % {"count": number_text(value)}
        case Unit.OF_FIVE:
            return _("%(count)s of 5") % {"count": number_text(value)}
        case Unit.MOOD:
            return signed(value, 2)
    return number_text(value)


U, E, S, O = Component.USAGE, Component.ENGAGEMENT, Component.SUPPORT, Component.OUTCOMES  # noqa: E741

CATALOGUE: tuple[Indicator, ...] = (
    # Usage (HLT-07, HLT-08).
    Indicator("usage_trend", U, gettext_lazy("Usage against the weeks before"), Unit.CHANGE, Source.USAGE, -0.5, 0.05, 28, (7, 84),
              explained=gettext_lazy("Quantity of the window against the window before it.")),
    Indicator("stickiness", U, gettext_lazy("DAU/MAU"), Unit.SHARE, Source.USAGE, 0.05, 0.4, 28,
              explained=gettext_lazy("Mean daily users of 28 days against the users of those 28 days. 20–40% is typical, 40% excellent.")),
    Indicator("seat_activity", U, gettext_lazy("Weekly users of seats"), Unit.SHARE, Source.USAGE, 0.1, 0.7, 7,
              early=(Early(3, 0.0, 0.35),),
              explained=gettext_lazy("Users of the last 7 days against the seats of the running subscriptions. 60–80% is typical.")),
    Indicator("feature_breadth", U, gettext_lazy("Features in use"), Unit.SHARE, Source.USAGE, 0.05, 0.5, 90, (28, 365),
              early=(Early(3, 0.0, 0.25),),
              explained=gettext_lazy("Features used in the window, of the account's relevant ones, else of all.")),
    Indicator("core_adoption", U, gettext_lazy("Users of core features"), Unit.SHARE, Source.USAGE, 0.2, 0.7, 28,
              explained=gettext_lazy("Users of core features against the active users of 28 days. 70% is good.")),
    Indicator("session_frequency", U, gettext_lazy("Sessions a user"), Unit.A_WEEK, Source.USAGE, 0.5, 3, 28,
              explained=gettext_lazy("Sessions of an active user in a week, over 28 days.")),
    Indicator("session_minutes", U, gettext_lazy("Length of a session"), Unit.MINUTES, Source.USAGE, 1, 10, 28,
              explained=gettext_lazy("Mean minutes of a session, over 28 days.")),
    Indicator("recency", U, gettext_lazy("Last use"), Unit.DAYS, Source.USAGE, 14, 2,
              explained=gettext_lazy("Days since the last event.")),
    # Engagement (HLT-09), with surveys, mood and business context (HLT-03).
    Indicator("meeting_attendance", E, gettext_lazy("Meetings held"), Unit.SHARE, Source.TOUCHPOINTS, 0.3, 0.9, 180, (60, 365),
              explained=gettext_lazy("Reviews, check-ins, trainings and meetings held, of those held, cancelled or missed.")),
    Indicator("reply_rate", E, gettext_lazy("E-mails answered"), Unit.SHARE, Source.TOUCHPOINTS, 0.05, 0.5, 60, (14, 365),
              explained=gettext_lazy("Of the e-mails that we sent in the window and at least a week ago.")),
    Indicator("reply_hours", E, gettext_lazy("Time to an answer"), Unit.HOURS, Source.TOUCHPOINTS, 72, 8, 60, (14, 365),
              explained=gettext_lazy("Median time from our e-mail to the answer.")),
    Indicator("email_opens", E, gettext_lazy("E-mails opened"), Unit.SHARE, Source.TOUCHPOINTS, 0.1, 0.6, 60, (14, 365),
              explained=gettext_lazy("Of the e-mails that we sent in the window and at least a week ago.")),
    Indicator("last_contact", E, gettext_lazy("Last two-way contact"), Unit.DAYS, Source.TOUCHPOINTS, 90, 21, 365, (90, 730),
              explained=gettext_lazy("Days since somebody there met us, wrote to us or answered.")),
    Indicator("relationships", E, gettext_lazy("Live contacts, champion and sponsor"), Unit.OF_FIVE, Source.PEOPLE, 0, 5, 90, (30, 365),
              explained=gettext_lazy("One each for up to three people seen in the window, a champion and an executive sponsor.")),
    Indicator("nps", E, gettext_lazy("NPS answers"), Unit.OF_TEN, Source.SURVEYS, 4, 9, 365, (90, 730), leading=False,
              explained=gettext_lazy("Mean of each person's latest answer in the window.")),
    Indicator("sentiment", E, gettext_lazy("Mood of conversations"), Unit.MOOD, Source.TOUCHPOINTS, -0.5, 0.5, 90, (30, 365),
              explained=gettext_lazy("Mean of positive (+1), neutral (0) and negative (−1) conversations.")),
    Indicator("feedback", E, gettext_lazy("Feedback and community"), Unit.COUNT, Source.TOUCHPOINTS, 0, 3, 180, (60, 365),
              explained=gettext_lazy("Feature requests, feedback and visits to the community.")),
    Indicator("context", E, gettext_lazy("Adverse events at the customer"), Unit.COUNT, Source.EVENTS, 2, 0, 90, (30, 365), movable=False,
              explained=gettext_lazy("Champion left, budget cut, merger, change of leadership, a competitor and their like.")),
    # Support (HLT-15, MET-15).
    Indicator("ticket_load", S, gettext_lazy("Tickets against the usual"), Unit.TIMES, Source.TICKETS, 3, 1, 28, (7, 56),
              early=(Early(3, 6, 3),),
              explained=gettext_lazy("Tickets of the window against the mean of the six windows before, at least one.")),
    Indicator("escalation_share", S, gettext_lazy("Tickets escalated"), Unit.SHARE, Source.TICKETS, 0.2, 0, 90, (28, 365),
              explained=gettext_lazy("Of the tickets opened in the window. Below 10% is good.")),
    Indicator("response_share", S, gettext_lazy("Answered within four hours"), Unit.SHARE, Source.TICKETS, 0.5, 0.95, 90, (28, 365),
              explained=gettext_lazy("Tickets of the window answered within four business hours.")),
    Indicator("resolution_share", S, gettext_lazy("Resolved within a day"), Unit.SHARE, Source.TICKETS, 0.4, 0.9, 90, (28, 365),
              explained=gettext_lazy("Tickets of the window resolved within 24 business hours.")),
    Indicator("reopen_share", S, gettext_lazy("Tickets reopened"), Unit.SHARE, Source.TICKETS, 0.25, 0, 90, (28, 365),
              explained=gettext_lazy("Of the tickets of the window that were resolved.")),
    Indicator("old_tickets", S, gettext_lazy("Old open tickets"), Unit.COUNT, Source.TICKETS, 3, 0, 7, (2, 60),
              explained=gettext_lazy("Tickets that have been open for longer than the window.")),
    Indicator("csat", S, gettext_lazy("Satisfaction after tickets"), Unit.SHARE, Source.SURVEYS, 0.4, 0.9, 180, (60, 365),
              explained=gettext_lazy("CSAT after tickets, from 0% (lowest answer) to 100% (highest).")),
    # Outcomes (VAL-01 to VAL-03, E19).
    Indicator("progress", O, gettext_lazy("Success criteria against plan"), Unit.SHARE, Source.OUTCOMES, 0.3, 1, 365, (90, 730),
              explained=gettext_lazy("What was measured against where it should be by now, mean of the criteria that run.")),
    Indicator("reached_share", O, gettext_lazy("Success criteria reached"), Unit.SHARE, Source.OUTCOMES, 0.2, 0.8, 365, (90, 730),
              explained=gettext_lazy("Of those due in the window, or reached before.")),
    Indicator("value_confirmed", O, gettext_lazy("Last confirmed value"), Unit.DAYS, Source.OUTCOMES, 365, 120,
              explained=gettext_lazy("Days since the customer last confirmed a result, else since the first was agreed.")),
    Indicator("first_value", O, gettext_lazy("First value late"), Unit.DAYS, Source.OUTCOMES, 60, 0, 365, (90, 730), movable=False,
              explained=gettext_lazy("Days beyond the segment's time to first value, until it is confirmed. Judged in the first year.")),
)  # fmt: skip

# Days from signature to first value that are in order, by profile (E19).
FIRST_VALUE_DAYS: dict[str, int] = {profile: latest for profile, (_earliest, latest) in TTV_BANDS.items()}

INDICATORS: dict[str, Indicator] = {indicator.key: indicator for indicator in CATALOGUE}

_USAGE = {"usage_trend": 20, "stickiness": 20, "seat_activity": 20, "feature_breadth": 15, "core_adoption": 10,
          "session_frequency": 5, "session_minutes": 5, "recency": 5}  # fmt: skip
_SUPPORT = {"ticket_load": 25, "escalation_share": 15, "response_share": 15, "resolution_share": 15, "reopen_share": 5,
            "old_tickets": 10, "csat": 15}  # fmt: skip
_OUTCOMES = {"progress": 40, "reached_share": 25, "value_confirmed": 20, "first_value": 15}
_ENGAGEMENT_KEYS = ("meeting_attendance", "reply_rate", "reply_hours", "email_opens", "last_contact", "relationships", "nps",
                    "sentiment", "feedback", "context")  # fmt: skip
_ENGAGEMENT: dict[str, tuple[int, ...]] = {
    Profile.ENTERPRISE: (20, 10, 5, 5, 15, 20, 10, 5, 5, 5),
    Profile.MID_MARKET: (15, 10, 5, 5, 20, 15, 15, 5, 5, 5),
    Profile.SMB: (10, 10, 5, 15, 15, 10, 20, 5, 5, 5),
    Profile.PRODUCT_LED: (5, 5, 5, 25, 5, 5, 30, 5, 10, 5),
}

# Curves that differ from the catalogue's by profile: worst, best.
_CURVES: dict[str, dict[str, tuple[float, float]]] = {
    Profile.ENTERPRISE: {"last_contact": (60, 14), "first_value": (90, 0), "recency": (7, 1)},
    Profile.MID_MARKET: {},
    Profile.SMB: {"last_contact": (120, 30), "first_value": (45, 0), "relationships": (0, 3)},
    Profile.PRODUCT_LED: {"last_contact": (180, 60), "first_value": (14, 0), "relationships": (0, 2)},
}


def usual(profile: str) -> dict[str, tuple[int, float, float]]:
    """(weight within its component, worst, best) of each indicator for a profile, in the catalogue's order."""
    engagement = dict(zip(_ENGAGEMENT_KEYS, _ENGAGEMENT[profile], strict=True))
    weights = _USAGE | engagement | _SUPPORT | _OUTCOMES
    curves = _CURVES[profile]
    return {i.key: (weights[i.key], *curves.get(i.key, (i.worst, i.best))) for i in CATALOGUE}
