"""What the usage tab says, as text in the reader's language: tiles, definitions, rows. No request."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from accounts.cells import last_seen
from cs_platform.kernel.templatetags.cells import day_text, month_name, number_text, percent_text
from health.usage import charts, formulas
from health.usage.formulas import Level
from health.usage.selectors import WEEKS, WINDOW, Activity, Breadth, Day, FeatureUse

DASH = "–"
TONES = {Level.LOW: "risk", Level.TYPICAL: "watch", Level.EXCELLENT: "good"}


def short(day: dt.date) -> str:
    return format_date(day, "d MMM", locale=get_language() or "en")


def users_text(count: int) -> str:
    return ngettext("%(n)s user", "%(n)s users", count) % {"n": number_text(count)}


def _definition(key: str, term: str, formula: str, period: str, note: str = "") -> dict[str, Any]:
    return {"id": f"usage-{key}", "term": term, "formula": formula, "period": period, "note": note}


def definitions(last: dt.date) -> dict[str, dict[str, Any]]:
    """Definition boxes of the tiles and marks, each with its window."""
    window = _("The 28 days that end with %(day)s") % {"day": day_text(last)}
    week = _("The seven days that end with %(day)s") % {"day": day_text(last)}
    return {
        "active": _definition(
            "active",
            _("Active users"),
            _("distinct users with at least one event"),
            window,
            _("An event without a user counts as an event and not as a user."),
        ),
        "seats": _definition(
            "seats",
            _("Weekly active of seats"),
            _("distinct users of seven days ÷ seats bought"),
            week,
            _("60 to 80% of the seats is typical. Seats are those of the periods that are paid on the day."),
        ),
        "stickiness": _definition(
            "stickiness",
            _("DAU/MAU"),
            _("mean of daily distinct users ÷ distinct users of the window"),
            window,
            _("20 to 40% is typical, from 40% on excellent. The mean is over calendar days."),
        ),
        "core": _definition(
            "core",
            _("Core adoption"),
            _("active users who used a core feature ÷ active users"),
            window,
            _("70% is the mark."),
        ),
        "breadth": _definition(
            "breadth",
            _("Features used"),
            _("features with an event ÷ the relevant ones, or all features when the account has no list"),
            _("The twelve weeks that end with %(day)s") % {"day": day_text(last)},
        ),
        "sessions": _definition(
            "sessions",
            _("Sessions a user"),
            _("sessions ÷ active users"),
            window,
            _(
                "A session is what carries one session id, or what one user did without half an hour of silence. Its length "
                "is from its first to its last event."
            ),
        ),
    }


def tiles(act: Activity, seats: int | None, wide: Breadth, days: Sequence[Day], last: dt.date) -> list[dict[str, Any]]:
    """Context of components/kpi.html, five of them."""
    told = definitions(last)
    window = days[-WINDOW:]
    sessions, seconds = sum(d.sessions for d in window), sum(d.seconds for d in window)
    of_seats = formulas.share(act.users_7, seats)
    each = formulas.share(sessions, act.users_28)
    return [
        {
            "label": _("Active users, 28 days"),
            "value": number_text(act.users_28),
            "delta": change(act.users_28, act.users_before),
            "foot": _("%(week)s in 7 days, %(day)s on the last")
            % {"week": number_text(act.users_7), "day": number_text(act.users_1)},
            "definition": told["active"],
        },
        {
            "label": _("Weekly active of seats"),
            "value": percent_text(of_seats, 0) if of_seats is not None else DASH,
            "foot": _("%(users)s of %(seats)s seats") % {"users": number_text(act.users_7), "seats": number_text(seats)}
            if seats
            else _("No seats are known for what is paid now"),
            "definition": told["seats"],
        },
        {
            "label": _("DAU/MAU"),
            "value": percent_text(act.stickiness, 0) if act.stickiness is not None else DASH,
            "delta": points(act.stickiness, act.stickiness_before),
            "foot": level_text(formulas.stickiness_level(act.stickiness)),
            "definition": told["stickiness"],
        },
        {
            "label": _("Features used"),
            "value": number_text(wide.used),
            "unit": _("of %(n)s") % {"n": number_text(wide.of)},
            "foot": _("%(used)s of %(of)s core")
            % {"used": number_text(wide.core_used), "of": number_text(wide.core_of)},
            "definition": told["breadth"],
        },
        {
            "label": _("Sessions a user"),
            "value": number_text(each),
            "foot": _("%(minutes)s minutes each") % {"minutes": number_text(Decimal(seconds) / 60 / sessions)}
            if sessions > 0
            else _("No session in 28 days"),
            "definition": told["sessions"],
        },
    ]


def change(now: int, before: int) -> dict[str, Any] | None:
    """Delta of a number of users against the 28 days before."""
    return delta(now - before, number_text(abs(now - before)))


def points(now: Decimal | None, before: Decimal | None) -> dict[str, Any] | None:
    """Delta of a share in points."""
    if now is None or before is None:
        return None
    moved = round((now - before) * 100, 0)
    return delta(moved, _("%(n)s pt") % {"n": number_text(abs(moved), 0)})


def delta(moved: int | Decimal, text: str) -> dict[str, Any] | None:
    """More is good here; nothing is said of no change."""
    if not moved:
        return None
    up = moved > 0
    told = _("against the 28 days before")
    return {"value": text, "text": told, "direction": "up" if up else "down", "good": up}


def level_text(level: Level | None) -> str:
    return str(level.label) if level else _("Not known")


def marks(act: Activity, seats: int | None, last: dt.date) -> list[dict[str, Any]]:
    """The shares that have a mark: value, what is typical, and the word for it (HLT-07)."""
    told = definitions(last)
    core = act.core_adoption
    reached = None if core is None else Level.EXCELLENT if core >= formulas.CORE_ADOPTION else Level.LOW
    rows = [
        ("stickiness", _("20–40%, excellent from 40%"), act.stickiness, formulas.stickiness_level(act.stickiness)),
        ("seats", _("60–80%"), formulas.share(act.users_7, seats), None),
        ("core", _("70% or more"), core, reached),
    ]
    found = []
    for key, typical, value, level in rows:
        level = formulas.seats_level(value) if key == "seats" else level
        word = level_text(level)
        if key == "core" and level:
            word = _("Reached") if level == Level.EXCELLENT else _("Below")
        found.append(
            {
                "name": told[key]["term"],
                "definition": told[key],
                "value": percent_text(value, 0) if value is not None else DASH,
                "typical": typical,
                "tone": TONES[level] if level else "none",
                "word": word,
            }
        )
    return found


def trend_days(days: Sequence[Day], act: Activity) -> dict[str, Any]:
    """The chart of 90 days, its finding and its table."""
    labels = [short(d.day) for d in days]
    names = (_("Users a day"), _("Mean of seven days"))
    smooth = charts.means([d.users for d in days])
    return {
        "figure": charts.daily_users(labels, [d.users for d in days], names),
        "finding": _("%(now)s in the last 28 days, %(before)s in the 28 days before.")
        % {"now": users_text(act.users_28), "before": number_text(act.users_before)},
        "table": {
            "head": [_("Day"), *names, _("Events"), _("Sessions")],
            "rows": [
                [label, number_text(d.users), number_text(mean), number_text(d.events), number_text(d.sessions)]
                for label, d, mean in zip(labels, days, smooth, strict=True)
            ][::-1],
        },
    }


def trend_months(rows: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The chart of twelve months of DAU/MAU from rows of the report usage_month; None without any."""
    if not rows:
        return None
    labels = [month_name(dt.date.fromisoformat(row["month"] + "-01"), short=True) for row in rows]
    first, last = rows[0]["stickiness"], rows[-1]["stickiness"]
    return {
        "figure": charts.monthly_stickiness(
            labels, [row["stickiness"] for row in rows], _("DAU/MAU"), (formulas.TYPICAL, formulas.EXCELLENT)
        ),
        "finding": _("DAU/MAU %(first)s in %(start)s, %(last)s in %(end)s.")
        % {"first": share_text(first), "start": labels[0], "last": share_text(last), "end": labels[-1]},
        "table": {
            "head": [
                _("Month"),
                _("DAU/MAU"),
                _("Active users"),
                _("Users a day"),
                _("Active days"),
                _("Features used"),
            ],
            "rows": [
                [
                    label,
                    share_text(row["stickiness"]),
                    number_text(row["active_users"]),
                    number_text(row["avg_dau"]),
                    number_text(row["active_days"]),
                    number_text(row["features_used"]),
                ]
                for label, row in zip(labels, rows, strict=True)
            ][::-1],
        },
    }


def share_text(value: Decimal | float | None) -> str:
    return percent_text(value, 0) if value is not None else DASH


def heat_map(found: Sequence[FeatureUse], last: dt.date) -> dict[str, Any]:
    """Features by weeks: {weeks [{from, label}], rows [{name, core, relevant, total, last, cells [{text, tone}]}]}."""
    most = max((count for use in found for count in use.weeks), default=0)
    ends = [last - dt.timedelta(days=7 * back) for back in range(WEEKS - 1, -1, -1)]
    return {
        "weeks": [short(end) for end in ends],
        "rows": [
            {
                "name": use.name,
                "kind": _("Core") if use.core else _("Advanced"),
                "core": use.core,
                "relevant": use.relevant,
                "last": last_seen(use.last_day, last),
                "cells": [{"text": number_text(count), "tone": charts.heat(count, most)} for count in use.weeks],
            }
            for use in found
        ],
    }


def user_rows(rows: Sequence[dict[str, Any]], last: dt.date) -> list[dict[str, Any]]:
    return [
        {
            "name": row["external_id"],
            "days": number_text(row["active_days"]),
            "core": number_text(row["core_days"]),
            "last": last_seen(row["last_day"], last),
            "since": day_text(row["first_day"]),
        }
        for row in rows
    ]


def peer_rows(
    act: Activity, seats: int | None, features: int, days: Sequence[Day], medians: dict[str, Any]
) -> list[dict[str, Any]]:
    """This account beside the median of its segment: {name, own, median, tone}."""
    window = days[-WINDOW:]
    sessions, seconds = sum(d.sessions for d in window), sum(d.seconds for d in window)
    of_seats = formulas.share(act.users_7, seats)
    rows = [
        (_("DAU/MAU"), act.stickiness, medians["stickiness"], True),
        (_("Weekly active of seats"), of_seats, medians["seats"], True),
        (_("Core adoption"), act.core_adoption, medians["core"], True),
        (_("Features used, 90 days"), features, medians["features"], False),
        (_("Sessions a user"), formulas.share(sessions, act.users_28), medians["sessions"], False),
        (
            _("Minutes a session"),
            Decimal(seconds) / 60 / sessions if sessions > 0 else None,
            medians["minutes"],
            False,
        ),
    ]
    found = []
    for name, own, median, percent in rows:
        text = share_text if percent else number_text
        tone = ""
        if own is not None and median is not None and text(own) != text(median):
            tone = "pos" if float(own) > float(median) else "neg"
        found.append({"name": name, "own": text(own), "median": text(median), "tone": tone})
    return found
