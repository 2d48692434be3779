"""The findings of a backtest in words, rows and figures for its page."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from accounts.enums import HealthBand
from cs_platform.kernel.templatetags.cells import percent_text
from health.scoring.backtest import DECILES, LEAST_LOST

COLOURS = {"a": "#7f8aa3", "b": "#4d4dc9"}
DOTTED = {"color": "#c9c9d2", "dash": "dot", "width": 1.6}
TONES = {HealthBand.GREEN: "good", HealthBand.YELLOW: "watch", HealthBand.RED: "risk", HealthBand.NONE: "none"}
SETS = ("a", "b", "usage", "default")
GOAL_DAYS = 60  # a warning is worth something from here on (HLT-11)


def set_name(name: str, labels: Mapping[str, str]) -> str:
    """How a score set is called on the page; `labels` has those of a and b."""
    return labels.get(name) or {"usage": _("Usage alone"), "default": _("Usual weights, 40/30/15/15")}[name]


def decimal(value: float | None, places: int = 2, *, signed: bool = False) -> str:
    """0.876 as 0.88 (0,88 in Indonesian); a dash when undefined."""
    if value is None:
        return "–"
    text = f"{value:+.{places}f}" if signed else f"{value:.{places}f}"
    text = text.replace("-", "−")
    return text.replace(".", ",") if get_language() == "id" else text


def verdict(found: Mapping[str, Any], labels: Mapping[str, str], lead: Mapping[str, Any]) -> dict[str, str]:
    """The finding first: {"big", "text", "tone"}; with too few losses it refuses to judge."""
    lost = found["lost"]
    if lost < LEAST_LOST:
        big = ngettext(
            "No verdict: %(n)s customer left in this window, and %(least)s are needed.",
            "No verdict: %(n)s customers left in this window, and %(least)s are needed.",
            lost,
        ) % {"n": lost, "least": LEAST_LOST}
        return {
            "big": big,
            "text": _("Below that, luck decides. Take a longer window or all segments."),
            "tone": "none",
        }
    if not has_scores(found):
        big = _("No verdict: on those days the model had too little data to give scores.")
        return {"big": big, "text": _("See below what was used."), "tone": "none"}
    sets = found["sets"]
    chief = "b" if "b" in sets else "a"
    own = sets[chief]
    # The line that is spoken of: Critical, or At risk as well where Critical finds nobody.
    line = "red" if own["red"]["right"] else "yellow"
    word = HealthBand.RED.label if line == "red" else _("At risk or worse")
    missed = own[line]["flagged"] - own[line]["right"]
    big = _("%(model)s finds %(right)s of the %(lost)s that left while they are %(band)s, with %(missed)s false alarms.") % {
        "model": labels[chief], "right": own[line]["right"], "lost": lost, "missed": missed, "band": word,
    }  # fmt: skip
    if chief == "b":
        was = sets["a"][line]
        big += " " + _("%(model)s finds %(right)s, with %(missed)s.") % {
            "model": labels["a"], "right": was["right"], "missed": was["flagged"] - was["right"],
        }  # fmt: skip
        change = found["difference"]
        low, high = change["low"], change["high"]
        text = _("AUC %(b)s against %(a)s, difference %(d)s (95%% %(low)s to %(high)s).") % {
            "b": decimal(own["auc"]), "a": decimal(sets["a"]["auc"]), "d": decimal(change["auc"], signed=True),
            "low": decimal(low, signed=True), "high": decimal(high, signed=True),
        }  # fmt: skip
        return {"big": big, "text": f"{text} {_compared(low, high)[1]}", "tone": _compared(low, high)[0]}
    text = _("AUC %(auc)s (95%% %(low)s to %(high)s); chance is 0.5.") % {
        "auc": decimal(own["auc"]), "low": decimal(own["low"]), "high": decimal(own["high"]),
    }  # fmt: skip
    if lead["a"]["median"] is not None:
        text += " " + _("Those it warned of were below the line %(days)s days before, by the median.") % {
            "days": round(lead["a"]["median"])
        }
    sound = own["low"] is not None and own["low"] > 0.5
    return {"big": big, "text": text, "tone": "good" if sound else "watch"}


def _compared(low: float | None, high: float | None) -> tuple[str, str]:
    if low is not None and low > 0:
        return "good", _("The whole interval is above zero: B tells better.")
    if high is not None and high < 0:
        return "risk", _("The whole interval is below zero: B tells worse.")
    return "acc", _("The interval includes zero: no difference is proven.")


def right_rows(found: Mapping[str, Any], labels: Mapping[str, str]) -> list[dict[str, Any]]:
    """Flagged, precision, recall, F1 and money at both lines, for each set and for chance."""
    rows = []
    for name in SETS:
        if name in found["sets"]:
            judged = found["sets"][name]
            cells = [cell for line in ("yellow", "red") for cell in _line(judged[line])]
            rows.append({"name": set_name(name, labels), "dot": {"a": "d4", "b": "d1"}.get(name, ""), "cells": cells})
    base = found["lost"] / found["decisions"] if found["decisions"] else None
    chance = []
    for line in ("yellow", "red"):
        flagged = found["sets"]["b" if "b" in found["sets"] else "a"][line]["flagged"]
        share = flagged / found["decisions"] if found["decisions"] else 0
        f1 = 2 * (base or 0) * share / ((base or 0) + share) if (base or 0) + share else None
        chance += [str(flagged), percent_text(base, 0), percent_text(share, 0), decimal(f1), percent_text(share, 0)]
    rows.append({"name": _("Chance, a coin"), "dot": "", "cells": chance})
    return rows


def _line(judged: Mapping[str, Any]) -> list[str]:
    return [
        str(judged["flagged"]),
        percent_text(judged["precision"], 0),
        percent_text(judged["recall"], 0),
        decimal(judged["f1"]),
        percent_text(judged["money_recall"], 0),
    ]


def lift_chart(found: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
    """Churn of each tenth as a multiple of the average: {"figure", "finding", "table"}."""
    tenths = [str(n) for n in range(1, DECILES + 1)]
    names = [name for name in ("a", "b") if name in found["sets"]]
    data: list[dict[str, Any]] = []
    for name in names:
        values = found["sets"][name]["lift"]
        data.append(
            {
                "type": "bar", "name": labels[name], "x": tenths, "y": values,
                "marker": {"color": COLOURS[name] if len(names) > 1 else COLOURS["b"]},
                "text": [decimal(values[0], 1)] + [""] * (DECILES - 1), "textposition": "outside", "cliponaxis": False,
                "hovertemplate": "%{y:.1f}×",
            }
        )  # fmt: skip
    data.append(
        {"type": "scatter", "mode": "lines", "x": tenths, "y": [1] * DECILES, "line": DOTTED, "hoverinfo": "skip"}
    )
    layout = {
        "barmode": "group", "bargap": 0.3, "showlegend": False, "margin": {"b": 44},
        "yaxis": {"rangemode": "tozero", "ticksuffix": "×", "nticks": 5},
        "xaxis": {"type": "category", "title": {"text": _("Tenth of decisions, lowest score first"), "font": {"size": 11}, "standoff": 8}},
    }  # fmt: skip
    last = found["sets"][names[-1]]["lift"][0]
    return {
        "figure": {"data": data, "layout": layout},
        "finding": _("The lowest tenth left %(times)s times as often as the average.") % {"times": decimal(last, 1)},
        "table": {
            "head": [_("Tenth"), *(labels[name] for name in names)],
            "rows": [
                [tenth, *(decimal(found["sets"][n]["lift"][i], 2) for n in names)] for i, tenth in enumerate(tenths)
            ],
        },
    }


def auc_chart(found: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
    """AUC of each set with its interval: {"figure", "finding", "table"}."""
    names = [name for name in reversed(SETS) if name in found["sets"] and found["sets"][name]["auc"] is not None]
    data: list[dict[str, Any]] = [
        {"type": "scatter", "mode": "lines", "x": [0.5, 0.5], "y": [set_name(names[0], labels), set_name(names[-1], labels)],
         "line": DOTTED, "hoverinfo": "skip"}
    ]  # fmt: skip
    chief = "b" if "b" in names else "a"
    for name in names:
        judged = found["sets"][name]
        colour = COLOURS["b"] if name == chief else COLOURS["a"]
        data.append(
            {
                "type": "scatter", "mode": "markers+text", "x": [judged["auc"]], "y": [set_name(name, labels)],
                "error_x": {"type": "data", "symmetric": False, "array": [judged["high"] - judged["auc"]],
                            "arrayminus": [judged["auc"] - judged["low"]], "color": colour, "thickness": 2, "width": 4},
                "marker": {"color": colour, "size": 9}, "text": [decimal(judged["auc"])], "textposition": "top center",
                "hovertemplate": "%{x:.3f}<extra></extra>", "showlegend": False,
            }
        )  # fmt: skip
    layout = {
        "showlegend": False, "margin": {"l": 190, "b": 36},
        "xaxis": {"range": [0.3, 1.02], "tickvals": [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]},
        "yaxis": {"type": "category", "showgrid": False, "range": [-0.6, len(names) - 0.3]},
    }  # fmt: skip
    return {
        "figure": {"data": data, "layout": layout},
        "finding": _("AUC of %(model)s: %(auc)s; chance is 0.5.")
        % {"model": labels[chief], "auc": decimal(found["sets"][chief]["auc"])},
        "table": {
            "head": [_("Score"), _("AUC"), _("95% from"), _("to")],
            "rows": [
                [set_name(n, labels), *(decimal(found["sets"][n][k], 3) for k in ("auc", "low", "high"))]
                for n in reversed(names)
            ],
        },
    }


def segment_cards(results: Mapping[str, Any], two: bool) -> list[dict[str, Any]]:
    """A card for all and for each segment; below twenty losses it shows no figure."""
    cards = []
    for each in results["segments"]:
        count = ngettext("%(lost)s of %(all)s decision lost.", "%(lost)s of %(all)s decisions lost.", each["decisions"]) % {
            "lost": each["lost"], "all": each["decisions"],
        }  # fmt: skip
        name = each["name"] or _("All segments")
        if each["auc"] is None:
            text = f"{count} {_('%(least)s are needed. Below that, luck decides.') % {'least': LEAST_LOST}}"
            cards.append({"name": name, "pill": _("No verdict"), "tone": "none", "text": text, "dash": True})
            continue
        change = each.get("difference")
        if two and change:
            tone, _sentence = _compared(change["low"], change["high"])
            word = {"good": _("B tells better"), "risk": _("B tells worse"), "acc": _("No clear difference")}[tone]
            figures = _("AUC %(d)s (%(low)s to %(high)s).") % {
                "d": decimal(change["auc"], signed=True), "low": decimal(change["low"], signed=True), "high": decimal(change["high"], signed=True),
            }  # fmt: skip
        else:
            sound = each["low"] is not None and each["low"] > 0.5
            tone, word = ("good", _("Tells")) if sound else ("watch", _("Not proven"))
            figures = _("AUC %(auc)s (%(low)s to %(high)s).") % {
                "auc": decimal(each["auc"]), "low": decimal(each["low"]), "high": decimal(each["high"]),
            }  # fmt: skip
        cards.append({"name": name, "pill": word, "tone": tone, "text": f"{count} {figures}", "dash": False})
    return cards


def lead_rows(lead: Mapping[str, Any]) -> dict[str, Any]:
    """How long before they left the lost ones stood below the line: {"rows", "median", "goal"}."""
    names = [name for name in ("a", "b") if name in lead]
    days = [int(d) for d in lead[names[0]]["buckets"]]
    chief = lead[names[-1]]
    most = max([*chief["buckets"].values(), chief["never"], 1])
    rows = []
    for day in days:
        count = chief["buckets"][str(day)]
        tone = "good" if day >= GOAL_DAYS else "watch"
        rows.append(
            {
                "name": _("%(days)s days or more") % {"days": day},
                "cells": [str(lead[name]["buckets"][str(day)]) for name in names],
                "bar": [(tone, count), ("rest", most - count)],
                "label": str(count),
            }
        )
    rows.append(
        {
            "name": _("Not warned in time"),
            "cells": [str(lead[name]["never"]) for name in names],
            "bar": [("none", chief["never"]), ("rest", most - chief["never"])],
            "label": str(chief["never"]),
        }
    )
    reached = sum(count for day, count in chief["buckets"].items() if int(day) >= GOAL_DAYS)
    return {
        "rows": rows,
        "names": [name.upper() for name in names],
        "median": [
            "–" if lead[n]["median"] is None else _("%(days)s days") % {"days": round(lead[n]["median"])} for n in names
        ],
        "goal": _("Goal: 60 days or more. Reached for %(n)s of %(all)s.")
        % {"n": reached, "all": sum(chief["buckets"].values()) + chief["never"]},
    }


def band_rows(found: Mapping[str, Any]) -> dict[str, Any]:
    """Churn in each band of the model on trial with its interval: {"rows", "note"}."""
    judged = found["sets"]["b" if "b" in found["sets"] else "a"]
    rows = [
        {
            "tone": TONES[HealthBand(row["band"])],
            "name": HealthBand(row["band"]).label,
            "accounts": row["accounts"],
            "lost": row["lost"],
            "rate": percent_text(row["rate"]),
            "interval": "–"
            if row["low"] is None
            else f"{percent_text(row['low'], 0)} – {percent_text(row['high'], 0)}",
        }
        for row in judged["bands"]
    ]
    note = {
        True: _("Each worse band lost more: the bands mean something."),
        False: _("A worse band did not always lose more: look at the lines between the bands."),
        None: _("Too few bands have decisions to compare."),
    }[judged["monotone"]]
    return {"rows": rows, "note": note}


def has_scores(found: Mapping[str, Any]) -> bool:
    """Whether the model on trial has a score for both some who left and some who stayed."""
    return found["sets"]["b" if "b" in found["sets"] else "a"]["auc"] is not None


def suggestion(found: Mapping[str, Any] | None, names: Sequence[str]) -> dict[str, Any] | None:
    """The weights that would have told best, out of sample; None without enough losses."""
    if found is None:
        return None
    parts = [f"{name} {weight}%" for name, weight in zip(names, found["weights"], strict=True)]
    return {
        "weights": ", ".join(parts),
        "auc": decimal(found["auc"]),
        "current": decimal(found["current"]),
        "better": (found["auc"] or 0) > (found["current"] or 0) + 0.01,
    }
