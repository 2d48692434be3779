"""The rules of the trigger catalogue that facts of this floor allow (REQUIREMENTS 1K: TRG-01 to TRG-10, TRG-19, TRG-20, HLT-05).

What a rule is made of stands in `rule_parts`.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cells import score_text
from accounts.enums import AccountEventKind, HealthBand, Profile
from cs_platform.kernel.templatetags.cells import day_text, number_text, percent_text
from health.alerts.rule_parts import Match, Rule, Snapshot, Threshold, Values
from health.enums import AlertLevel, TouchpointStatus
from health.scoring.indicators import FIRST_VALUE_DAYS, INDICATORS, Source

# Days from signature after which the absence of a first value is an alarm (E19); it is due by FIRST_VALUE_DAYS.
VALUE_DAYS = {Profile.ENTERPRISE: 120, Profile.MID_MARKET: 90, Profile.SMB: 30, Profile.PRODUCT_LED: 7}
CHAMPION = {AccountEventKind.CHAMPION_LEFT, AccountEventKind.CHAMPION_ROLE_CHANGED}
RISKS = {
    AccountEventKind.BUDGET_CUT,
    AccountEventKind.REORGANISATION,
    AccountEventKind.MERGER,
    AccountEventKind.LEADERSHIP_CHANGE,
    AccountEventKind.COMPETITOR_DEMO,
    AccountEventKind.COMPETITIVE_ACTIVITY,
    AccountEventKind.PRODUCT_RELEASE,
}
WORSE = {HealthBand.GREEN: 2, HealthBand.YELLOW: 1, HealthBand.RED: 0}
TREND_DAYS = 60  # "in two months" (TRG-01)
# What the floor of metrics watches over the months (TRG-19), by the names that it gives.
WATCHED = {
    "nrr": gettext_lazy("Net revenue retention"),
    "grr": gettext_lazy("Gross revenue retention"),
    "logo_churn": gettext_lazy("Logo churn"),
    "revenue_churn": gettext_lazy("Gross revenue churn"),
}


def _share(key: str, value: float | None) -> str:
    return INDICATORS[key].say(value)


def _usage_decline(s: Snapshot, t: Values) -> Iterator[Match]:
    """DAU/MAU fell by the share within two months. Example (TRG-01): 35 % to 15 % is −57 %, beyond −50 %: it fires."""
    before, now = s.before.get("stickiness"), s.now.get("stickiness", 0.0 if "recency" in s.now else None)
    if before and now is not None and before >= t["floor"] and now / before - 1 <= -t["drop"]:
        yield Match("", {"before": before, "now": now, "change": now / before - 1})


def _engagement_drop(s: Snapshot, t: Values) -> Iterator[Match]:
    """Slower answers (4 hours to 3 days), the last two reviews called off, trainings that stopped (TRG-02)."""
    before, now = s.before.get("reply_hours"), s.now.get("reply_hours")
    if before and now and now >= t["hours"] and now >= before * t["times"]:
        yield Match("reply", {"before": before, "now": now})
    if len(s.reviews) == 2 and all(state != TouchpointStatus.ATTENDED for state in s.reviews):
        yield Match("reviews", {"states": list(s.reviews)})
    if s.trainings_before >= t["trainings"] and not s.trainings_lately:
        yield Match("training", {"before": s.trainings_before})


def _silence(s: Snapshot, t: Values) -> Iterator[Match]:
    """No word from them, no meeting and no use for the window, where there was some before (TRG-03, HLT-15)."""
    since = s.as_of - dt.timedelta(days=round(t["days"]))
    known = [day for day in (s.last_word_on, s.last_meeting_on) if day]
    quiet = s.now.get("recency")
    if not known and quiet is None:
        return
    if (quiet is None or quiet >= t["days"]) and all(day < since for day in known):
        yield Match("", {"word": _iso(s.last_word_on), "meeting": _iso(s.last_meeting_on), "quiet": quiet})


def _turned(band: HealthBand, line: str) -> Callable[[Snapshot, Values], Iterator[Match]]:
    def test(s: Snapshot, t: Values) -> Iterator[Match]:
        if s.score is None or s.score >= t[line]:
            return
        worse = WORSE.get(s.band_before, -1) > WORSE[band]
        if worse and s.band_since is not None and (s.as_of - s.band_since).days < t["days"]:
            yield Match("", {"score": s.score, "before": str(s.band_before)})

    return test


def _ttv_delay(s: Snapshot, t: Values) -> Iterator[Match]:
    """Days since signature beyond the end of the segment's band, without a confirmed first value (TRG-05)."""
    due = FIRST_VALUE_DAYS[Profile(s.profile)] + t["grace"]
    age = _age(s)
    if age is not None and s.first_value_on is None and s.first_value_planned and due < age <= due + t["look_back"]:
        yield Match("", {"days": age, "due": FIRST_VALUE_DAYS[Profile(s.profile)]})


def _first_value_missed(s: Snapshot, t: Values) -> Iterator[Match]:
    """No first value by the day that its absence is an alarm: 120, 90, 30 or 7 days by profile (TRG-10, E19)."""
    due = VALUE_DAYS[Profile(s.profile)]
    age = _age(s)
    if age is not None and s.first_value_on is None and due + t["grace"] < age <= due + t["look_back"]:
        yield Match("", {"days": age, "due": due})


def _age(s: Snapshot) -> int | None:
    return (s.as_of - s.signed_on).days if s.signed_on else None


def _support(s: Snapshot, t: Values) -> Iterator[Match]:
    """A spike against the usual, escalations, slow answers, slow solutions (TRG-06, HLT-15)."""
    load = s.now.get("ticket_load")
    if load is not None and load >= t["times"] and s.tickets >= t["least"]:
        yield Match("spike", {"times": load, "tickets": s.tickets})
    if s.tickets_90 < t["least_90"]:
        return
    escalated = s.now.get("escalation_share")
    if escalated is not None and escalated >= t["escalated"]:
        yield Match("escalation", {"share": escalated, "tickets": s.tickets_90})
    for cause, key in (("response", "response_share"), ("resolution", "resolution_share")):
        share = s.now.get(key)
        if share is not None and share < t["in_time"]:
            yield Match(cause, {"share": share, "tickets": s.tickets_90})


def _events(kinds: set[AccountEventKind]) -> Callable[[Snapshot, Values], Iterator[Match]]:
    def test(s: Snapshot, t: Values) -> Iterator[Match]:
        for event, kind, day in s.events:
            if kind in kinds and 0 <= (s.as_of - day).days <= t["days"]:
                yield Match(event, {"kind": kind, "day": _iso(day)})

    return test


def _milestone_missed(s: Snapshot, t: Values) -> Iterator[Match]:
    """A success criterion whose deadline passed below its target (TRG-09)."""
    for outcome, name, due in s.missed:
        if t["grace"] < (s.as_of - due).days <= t["look_back"]:
            yield Match(outcome, {"name": name, "due": _iso(due)})


def _mismatch(s: Snapshot, t: Values) -> Iterator[Match]:
    """They say they are happy and use it less, or the score is Critical (TRG-20, HLT-14): behaviour counts."""
    nps, csat, trend = s.now.get("nps"), s.now.get("csat"), s.now.get("usage_trend")
    happy = (nps is not None and nps >= t["nps"]) or (
        csat is not None and csat >= t["csat"] and (nps is None or nps >= 7)
    )
    falling = trend is not None and trend <= -t["fall"]
    if happy and (falling or s.band == HealthBand.RED):
        yield Match("", {"nps": nps, "csat": csat, "trend": trend, "score": s.score})


def _no_action(s: Snapshot, t: Values) -> Iterator[Match]:
    """Critical or at risk for days and nobody has said what will be done (HLT-05)."""
    if s.has_action or s.band_since is None or s.band not in (HealthBand.RED, HealthBand.YELLOW):
        return
    days = (s.as_of - s.band_since).days
    if days >= (t["red_days"] if s.band == HealthBand.RED else t["yellow_days"]):
        yield Match("", {"band": str(s.band), "days": days, "score": s.score})


def _iso(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None


def _day(text: Any) -> str:
    return day_text(dt.date.fromisoformat(text)) if text else str(gettext_lazy("never"))


def _say_usage(i: Mapping[str, Any], t: Values) -> str:
    return _("DAU/MAU %(before)s to %(now)s in two months: %(change)s, beyond −%(drop)s.") % {
        "before": _share("stickiness", i["before"]), "now": _share("stickiness", i["now"]),
        "change": percent_text(i["change"], 0).replace("-", "−"), "drop": percent_text(t["drop"], 0),
    }  # fmt: skip


def _say_engagement(i: Mapping[str, Any], t: Values) -> str:
    if "states" in i:
        states = ", ".join(str(TouchpointStatus(state).label).lower() for state in i["states"])
        return _("The last two reviews were not held: %(states)s.") % {"states": states}
    if "now" in i:
        words = {k: _share("reply_hours", i[k]) for k in ("before", "now")}
        return _("Answers take %(now)s, two months ago %(before)s.") % words
    return _("No training in 90 days, %(n)s in the nine months before.") % {"n": i["before"]}


def _say_silence(i: Mapping[str, Any], t: Values) -> str:
    return _("Silent for %(days)s days: last word %(word)s, last meeting %(meeting)s, last use %(quiet)s days ago.") % {
        "days": number_text(t["days"], 0), "word": _day(i["word"]), "meeting": _day(i["meeting"]),
        "quiet": "–" if i["quiet"] is None else number_text(i["quiet"], 0),
    }  # fmt: skip


def _say_turned(i: Mapping[str, Any], t: Values) -> str:
    line = t.get("yellow", t.get("red", 0))
    return _("The score is %(score)s, below %(line)s; before it was %(before)s.") % {
        "score": score_text(i["score"], 1), "line": number_text(line, 0), "before": str(HealthBand(i["before"]).label).lower(),
    }  # fmt: skip


def _say_days(i: Mapping[str, Any], t: Values) -> str:
    return _("%(days)s days since signature without a confirmed first value; %(due)s are usual.") % {
        "days": i["days"], "due": i["due"]
    }  # fmt: skip


def _say_support(i: Mapping[str, Any], t: Values) -> str:
    if "times" in i:
        return _("%(n)s tickets in 28 days, %(times)s times the usual.") % {
            "n": i["tickets"], "times": number_text(i["times"]),
        }  # fmt: skip
    words = {"share": percent_text(i["share"], 0), "n": i["tickets"]}
    return {
        "escalation": _("%(share)s of %(n)s tickets in 90 days were escalated."),
        "response": _("%(share)s of %(n)s tickets in 90 days were answered within four hours."),
        "resolution": _("%(share)s of %(n)s tickets in 90 days were resolved within a day."),
    }[i["cause"]] % words


def _say_event(i: Mapping[str, Any], t: Values) -> str:
    return _("%(event)s on %(day)s.") % {"event": AccountEventKind(i["kind"]).label, "day": _day(i["day"])}


def _say_missed(i: Mapping[str, Any], t: Values) -> str:
    return _("“%(name)s” was due on %(day)s and is below its target.") % {"name": i["name"], "day": _day(i["due"])}


def _say_company(i: Mapping[str, Any]) -> str:
    words = {name: percent_text(i[name], 0) for name in ("csat", "churn", "nrr")}
    words["nps"] = "–" if i["nps"] is None else number_text(i["nps"], 0)
    return (
        _("CSAT %(csat)s and NPS %(nps)s, but a logo churn of %(churn)s and an NRR of %(nrr)s: behaviour counts.")
        % words
    )


def _say_mismatch(i: Mapping[str, Any], t: Values) -> str:
    if "churn" in i:
        return _say_company(i)
    parts = []
    if i["nps"] is not None:
        parts.append(_("NPS answers %(nps)s") % {"nps": number_text(i["nps"])})
    if i["csat"] is not None:
        parts.append(_("CSAT %(csat)s") % {"csat": percent_text(i["csat"], 0)})
    parts.append(_("usage %(trend)s") % {"trend": INDICATORS["usage_trend"].say(i["trend"])})
    if i["score"] is not None:
        parts.append(_("score %(score)s") % {"score": score_text(i["score"])})
    return _("Words and behaviour disagree: %(what)s.") % {"what": ", ".join(parts)}


def _no_account(s: Snapshot, t: Values) -> Iterator[Match]:
    """A rule about the whole company, which the floor of metrics judges, matches no account."""
    yield from ()


def _say_trend(i: Mapping[str, Any], t: Values) -> str:
    sentence = (
        _("%(metric)s rose in each of the last %(months)s months, from %(first)s to %(last)s.")
        if i["last"] > i["first"]
        else _("%(metric)s fell in each of the last %(months)s months, from %(first)s to %(last)s.")
    )
    return sentence % {
        "metric": WATCHED.get(i["metric"], i["metric"]), "months": i["months"], "first": percent_text(i["first"]), "last": percent_text(i["last"]),
    }  # fmt: skip


def _say_no_action(i: Mapping[str, Any], t: Values) -> str:
    return _("%(band)s for %(days)s days, and nobody has said what will be done.") % {
        "band": HealthBand(i["band"]).label, "days": i["days"],
    }  # fmt: skip


USAGE, TOUCH, TICKETS = Source.USAGE, Source.TOUCHPOINTS, Source.TICKETS
T = Threshold
RULES: dict[str, Rule] = {
    rule.key: rule
    for rule in (
        Rule(
            "turned_red", "TRG-04", gettext_lazy("Turned Critical"), gettext_lazy("The score fell below 50."),
            gettext_lazy("Reach out today and open a save play."), AlertLevel.CRITICAL, (USAGE,),
            _turned(HealthBand.RED, "red"), _say_turned,
            (T("red", gettext_lazy("Below"), "points", 50, 52, 1, 99), T("days", gettext_lazy("Counts as news for"), "days", 3, 3650, 1, 3650)),
        ),
        Rule(
            "turned_yellow", "TRG-04", gettext_lazy("Turned At risk"), gettext_lazy("The score fell below 80."),
            gettext_lazy("Agree on a plan of engagement."), AlertLevel.WARNING, (USAGE,),
            _turned(HealthBand.YELLOW, "yellow"), _say_turned,
            (T("yellow", gettext_lazy("Below"), "points", 80, 82, 1, 100), T("days", gettext_lazy("Counts as news for"), "days", 3, 3650, 1, 3650)),
        ),
        Rule(
            "usage_decline", "TRG-01", gettext_lazy("Usage declines"), gettext_lazy("DAU/MAU against two months ago."),
            gettext_lazy("Find out who stopped and why; show what they miss."), AlertLevel.WARNING, (USAGE,), _usage_decline, _say_usage,
            (T("drop", gettext_lazy("Falls by"), "share", 0.5, 0.25, 0.05, 0.95), T("floor", gettext_lazy("From at least"), "share", 0.05, 0.05, 0.01, 0.5)),
        ),
        Rule(
            "engagement_drop", "TRG-02", gettext_lazy("Engagement drops"), gettext_lazy("Slower answers, reviews called off, trainings that stopped."),
            gettext_lazy("Repair the relationship: another person, another occasion."), AlertLevel.WARNING, (TOUCH,), _engagement_drop, _say_engagement,
            (T("hours", gettext_lazy("Answers take at least"), "hours", 48, 30, 4, 480), T("times", gettext_lazy("Longer than before, at least"), "times", 4, 2, 1.5, 50),
             T("trainings", gettext_lazy("Trainings before, at least"), "count", 4, 3, 1, 20)),
        ),
        Rule(
            "silence", "TRG-03", gettext_lazy("Silent disengagement"), gettext_lazy("No word, no use and no meeting in the window."),
            gettext_lazy("Call, and find a second contact."), AlertLevel.WARNING, (USAGE, TOUCH), _silence, _say_silence,
            (T("days", gettext_lazy("Silent for"), "days", 30, 30, 7, 365),),
        ),
        Rule(
            "ttv_delay", "TRG-05", gettext_lazy("First value is late"), gettext_lazy("Days since signature beyond the segment's band."),
            gettext_lazy("Escalate the onboarding: what blocks it, who decides?"), AlertLevel.WARNING, (), _ttv_delay, _say_days,
            (T("grace", gettext_lazy("Beyond the band by"), "days", 0, 0, 0, 365), T("look_back", gettext_lazy("For as long as"), "days", 180, 180, 10, 720)),
        ),
        Rule(
            "first_value_missed", "TRG-10", gettext_lazy("No first value"), gettext_lazy("No first value by day 120, 90, 30 or 7, by profile."),
            gettext_lazy("Escalate; the renewal is at risk from today."), AlertLevel.CRITICAL, (), _first_value_missed, _say_days,
            (T("grace", gettext_lazy("Beyond that day by"), "days", 0, 0, 0, 365), T("look_back", gettext_lazy("For as long as"), "days", 240, 240, 10, 720)),
        ),
        Rule(
            "support", "TRG-06", gettext_lazy("Support strains"), gettext_lazy("A spike of tickets, escalations, slow answers or solutions."),
            gettext_lazy("Review the tickets with support and tell the customer what follows."), AlertLevel.WARNING, (TICKETS,), _support, _say_support,
            (T("times", gettext_lazy("Above the usual, at least"), "times", 2.5, 1.5, 1.1, 20), T("least", gettext_lazy("Tickets in 28 days, at least"), "count", 4, 2, 1, 100),
             T("least_90", gettext_lazy("Tickets in 90 days, at least"), "count", 5, 4, 1, 500), T("escalated", gettext_lazy("Escalated at least"), "share", 0.10, 0.08, 0.01, 1),
             T("in_time", gettext_lazy("In time less than"), "share", 0.4, 0.5, 0.05, 0.99)),
        ),
        Rule(
            "champion", "TRG-07", gettext_lazy("Champion left or changed role"), gettext_lazy("An event on the account."),
            gettext_lazy("Map the stakeholders anew and ask for an introduction."), AlertLevel.CRITICAL, (), _events(CHAMPION), _say_event,
            (T("days", gettext_lazy("Counts as news for"), "days", 14, 90, 1, 90),),
        ),
        Rule(
            "account_event", "TRG-08", gettext_lazy("Risk at the customer"), gettext_lazy("Budget cut, reorganisation, merger, new leadership, a competitor, a release."),
            gettext_lazy("Review the risk and whether a stage starts anew."), AlertLevel.WARNING, (), _events(RISKS), _say_event,
            (T("days", gettext_lazy("Counts as news for"), "days", 14, 60, 1, 90),),
        ),
        Rule(
            "milestone_missed", "TRG-09", gettext_lazy("Success criterion missed"), gettext_lazy("Its deadline passed below the target."),
            gettext_lazy("Agree on what is done until when, with both owners."), AlertLevel.WARNING, (), _milestone_missed, _say_missed,
            (T("grace", gettext_lazy("After a grace of"), "days", 0, 0, 0, 90), T("look_back", gettext_lazy("For as long as"), "days", 60, 120, 7, 365)),
        ),
        Rule(
            "mismatch", "TRG-20", gettext_lazy("Words and behaviour disagree"), gettext_lazy("High answers beside falling use or a Critical score."),
            gettext_lazy("Trust the behaviour: ask those who stopped."), AlertLevel.WARNING, (USAGE,), _mismatch, _say_mismatch,
            (T("nps", gettext_lazy("NPS answers from"), "of_ten", 8.5, 8, 6, 10), T("csat", gettext_lazy("CSAT from"), "share", 0.9, 0.85, 0.5, 1),
             T("fall", gettext_lazy("Usage falls by"), "share", 0.4, 0.2, 0.05, 0.95)),
        ),
        Rule(
            "metric_trend", "TRG-19", gettext_lazy("Retention gets worse"), gettext_lazy("NRR or GRR of a year falls, or churn rises, six months in a row."),
            gettext_lazy("Find the segment that it comes from, and act there."), AlertLevel.CRITICAL, (), _no_account, _say_trend,
        ),
        Rule(
            "no_action", "HLT-05", gettext_lazy("No action yet"), gettext_lazy("Critical or at risk, and nobody has said what will be done."),
            gettext_lazy("Answer one of its alerts with what will be done until when."), AlertLevel.INFO, (), _no_action, _say_no_action,
            (T("red_days", gettext_lazy("Critical for"), "days", 3, 3, 0, 90), T("yellow_days", gettext_lazy("At risk for"), "days", 21, 21, 0, 365)),
        ),
    )
}  # fmt: skip


def register(*rules: Rule) -> None:
    """Rules of floors above, which judge what those add to a snapshot (`snapshots.ABOVE`)."""
    RULES.update({rule.key: rule for rule in rules})


def company_mismatch(*, csat: float | None, nps: float | None, churn: float | None, nrr: float | None) -> bool:
    """Whether a whole company's surveys and its revenue disagree (HLT-14). Shares as fractions, NPS from −100 to 100.

    Happy: CSAT from 90 % or NPS from 40. Leaving: logo churn above 20 % or NRR below 90 %.
    Example: CSAT 92 %, NPS 45, churn 28 %, NRR 87 % disagree; so do 95 % satisfied and 25 % churn.
    """
    happy = (csat is not None and csat >= 0.9) or (nps is not None and nps >= 40)
    leaving = (churn is not None and churn > 0.2) or (nrr is not None and nrr < 0.9)
    return happy and leaving
