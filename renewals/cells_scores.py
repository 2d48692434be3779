"""How good the calls were, steps in time and save plays, in words and figures. No request, no query."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.cells import arr_text
from accounts.models import Tenant
from cs_platform.kernel.money import money_text, whole_minor
from cs_platform.kernel.templatetags.cells import day_text, number_text, percent_text
from cs_platform.kernel.templatetags.ui import hbar
from renewals import charts
from renewals.cells import tab_url
from renewals.cells_marks import bias_bar, days_word, points_text
from renewals.cells_tab import DOTS
from renewals.enums import Caller, Step
from renewals.listing import NONE
from renewals.models import Renewal, SavePlay
from renewals.scores import FEW, InTime, LateStep, Saved, Score, Scored, score

FAR = 5.0  # points of bias that are marked
FAR_OFF = 0.05  # of the money
SHOWN = 100  # calls behind a score that are named
BENCHMARK = gettext_lazy("Benchmark: 70–80% at 90 days and more, 50–60% at 30–60")
LEAD_NAMES: Mapping[str, Any] = {
    "90+": gettext_lazy("90 days before and more"),
    "60-90": gettext_lazy("60–90 days"),
    "30-60": gettext_lazy("30–60 days"),
    "<30": gettext_lazy("Under 30 days"),
    "": gettext_lazy("Without a renewal"),
}
ORDER = (Caller.SYSTEM, Caller.LEADER, Caller.CSM)


def best(
    by_caller: Mapping[str, Score],
    by_quarter: Mapping[tuple[str, tuple[int, int]], Score],
    average: float | None,
    renewals: int,
    lead: int,
) -> dict[str, Any]:
    """Who calls it best: a line for each caller by quarter, and the last twelve months as rows."""
    quarters = sorted({quarter for _caller, quarter in by_quarter})
    labels = [
        _("Q%(quarter)s %(year)s") % {"quarter": number, "year": f"{year % 100:02d}"} for year, number in quarters
    ]
    lines = {}
    for caller in ORDER:
        values = [
            by_quarter[caller, quarter].brier if (caller, quarter) in by_quarter else None for quarter in quarters
        ]
        known = [value for value in values if value is not None]
        if known:
            lines[str(caller)] = (f"{caller.label} {number_text(known[-1], 3, fixed=True)}", values)
    rows = [_caller_row(caller, by_caller[caller]) for caller in ORDER if caller in by_caller]
    foot = ngettext("%(n)s renewal closed", "%(n)s renewals closed", renewals) % {"n": number_text(renewals, 0)}
    foot += ", " + _("calls frozen at %(day)s.") % {"day": days_word(lead)}
    if average is not None:
        foot += " " + _("Dotted: always the average, %(brier)s.") % {"brier": number_text(average, 3, fixed=True)}
    if renewals < FEW:
        foot += " " + _("Few: the scores say little yet.")
    said = ", ".join(text for text, _values in lines.values())
    return {
        "rows": rows,
        "chart": "c-brier" if len(quarters) > 1 else "",
        "figure": charts.brier(labels, lines, average),
        "finding": _("Brier score by quarter, lower is better. Last: %(scores)s.") % {"scores": said},
        "table": {
            "head": [_("Quarter"), *(str(caller.label) for caller in ORDER)],
            "rows": [
                [
                    label,
                    *(
                        number_text(by_quarter[caller, quarter].brier, 3, fixed=True)
                        if (caller, quarter) in by_quarter
                        else "–"
                        for caller in ORDER
                    ),
                ]
                for label, quarter in zip(labels, quarters, strict=True)
            ],
        },
        "foot": foot,
        "definition": _definition(lead),
    }


def _definition(lead: int) -> dict[str, Any]:
    return {
        "id": "brier",
        "term": _("Brier score"),
        "formula": _("Mean of (chance − end)², the end being 1 when it was kept and 0 when it churned"),
        "cohort": _("renewals decided in the last twelve months, of accounts that you see"),
        "period": _("The last call of a week that ended at least %(days)s days before the contract did.")
        % {"days": lead},
        "note": _(
            "0 is perfect. Bias is the mean chance less the share that was kept. Right side: on the same side of 50%."
        ),
    }


def _caller_row(caller: Caller, one: Score) -> dict[str, Any]:
    return {
        "name": caller.label,
        "dot": DOTS[caller],
        "called": number_text(one.count, 0),
        "brier": number_text(one.brier, 3, fixed=True),
        "bias": points_text(one.bias),
        "tone": "late" if one.bias >= FAR else "t2",
        "right": percent_text(one.right, 0),
    }


def error(by_lead: Mapping[int, Mapping[str, Score]], tenant: Tenant, behind: str) -> dict[str, Any]:
    """How much money each caller called too much, the further ahead the sooner: a picture of the shares, and the money as a
    table whose numbers open the calls (`behind`)."""
    bars = {
        str(caller): (
            str(caller.label),
            [_off(found, caller) for found in by_lead.values()],
            [percent_text(off, 0) if (off := _off(found, caller)) is not None else "" for found in by_lead.values()],
        )
        for caller in ORDER
    }
    rows = []
    for caller in ORDER:
        cells = []
        for lead, found in by_lead.items():
            one = found.get(caller)
            far = (_off(found, caller) or 0) >= FAR_OFF
            cells.append(
                {
                    "text": f"{_money(one.error, tenant)} · {percent_text(one.off, 1)}",
                    "url": f"{behind}?caller={caller}&lead={lead}",
                    "tone": "late" if far else "",
                }
                if one
                else "–"
            )
        rows.append([str(caller.label), *cells])
    said = [
        f"{days_word(lead)} {caller.label} {text}"
        for place, lead in enumerate(by_lead)
        for caller in ORDER
        if (text := bars[caller][2][place])
    ]
    return {
        "found": any(by_lead.values()),
        "figure": charts.error_by_lead([days_word(lead) for lead in by_lead], bars),
        "finding": _("ARR called too much, of the ARR called: %(said)s.") % {"said": ", ".join(said)},
        "table": {"head": [_("Caller"), *(days_word(lead) for lead in by_lead)], "rows": rows},
        "definition": {
            "id": "money-error",
            "term": _("Money error"),
            "formula": _("Σ ARR × (chance − share that stayed), beside it ÷ Σ ARR"),
            "cohort": _("renewals decided in the last twelve months, of accounts that you see"),
            "period": _("The last call of a week that ended at least so many days before the contract did."),
            "fx": _("The latest month-end rate, of the ARR as it stood when the call was kept."),
            "note": _("Above zero too hopeful. Of what stayed at most what was due counts."),
        },
    }


def _off(found: Mapping[str, Score], caller: Caller) -> float | None:
    one = found.get(caller)
    return one.off if one else None


def _money(mrr: int, tenant: Tenant) -> str:
    """+$24k a year."""
    return money_text(12 * mrr, tenant.currency, compact=True, signed=True)


def calls(
    found: Sequence[Scored], renewals: Mapping[UUID, Renewal], caller: Caller, lead: int, tenant: Tenant
) -> dict[str, Any]:
    """The calls behind a score, those furthest off in money first; sums are of all of them."""
    whole = score(found)
    foot = [_("Together"), "", "", "", "", ""]
    if whole is not None:
        foot = [
            ngettext("%(n)s renewal", "%(n)s renewals", whole.count) % {"n": number_text(whole.count, 0)}, "",
            arr_text(whole.mrr, tenant.currency), "", "", _money(whole.error, tenant),
        ]  # fmt: skip
    rows = []
    for call in found[:SHOWN]:
        one = renewals[call.renewal_id]
        rows.append(
            [
                {"text": one.account.name, "url": tab_url(one, tenant.slug)},
                day_text(call.closed_on),
                arr_text(call.mrr, tenant.currency),
                percent_text(call.chance / 100, 0),
                percent_text(call.stayed, 0),
                {"text": _money(whole_minor(call.error), tenant), "tone": "late" if call.error > 0 else ""},
            ]
        )
    return {
        "title": _("%(caller)s at %(lead)s") % {"caller": caller.label, "lead": days_word(lead)},
        "rows": rows,
        "table": {
            "head": [_("Account"), _("Decided"), _("ARR called"), _("Called"), _("Stayed"), _("Called too much")],
            "rows": rows,
            "foot": foot,
        },
        "more": _("The first %(n)s; files have all of them.") % {"n": SHOWN} if len(found) > SHOWN else "",
    }


def bias(
    by_member: Mapping[tuple[str, Any], Score], tenant: Tenant, *, open_lists: bool, behind: str
) -> dict[str, Any]:
    """Called less kept by CSM, the most hopeful first; on one scale. `behind` is where the calls of a member stand."""
    found = sorted(by_member.items(), key=lambda item: (-item[1].bias, item[0][0]))
    low, high = min((one.bias for _k, one in found), default=0.0), max((one.bias for _k, one in found), default=0.0)
    path = reverse("renewals", args=[tenant.slug])
    return {
        "rows": [
            {
                "name": name or _("Nobody"),
                "url": f"{path}?csm={key}&state=all" if key and open_lists else "",
                "called": number_text(one.count, 0),
                "calls_url": f"{behind}&member={key or NONE}",
                "bar": bias_bar(one.bias, low, high, bad=one.bias >= FAR),
                "text": points_text(one.bias),
                "tone": "late" if one.bias >= FAR else "",
            }
            for (name, key), one in found
        ],
        "foot": _("Right of the line: too hopeful."),
    }


def steps(
    found: Sequence[InTime],
    late: Sequence[LateStep],
    kept: Mapping[str, tuple[int, int]],
    tenant: Tenant,
) -> dict[str, Any]:
    """Steps in time, what lateness costs, and what is late today."""
    rows = []
    for one in found:
        share = one.on_time / one.due
        text = percent_text(share, 0)
        tone = "risk" if share < 2 / 3 else "acc"
        rows.append(
            {
                "name": Step(one.step).label,
                "days": days_word(one.days) if one.days is not None else "",
                "share": text,
                "bar": hbar([(tone, share), ("rest", 1 - share)], _("%(share)s in time") % {"share": text}, "l"),
            }
        )
    said = []
    words = {
        "none": _("Renewed when no step was late: %(share)s of %(n)s."),
        "more": _("When two or more were: %(share)s of %(n)s."),
    }
    for name, (stay, count) in kept.items():
        if count:
            said.append(words[name] % {"share": percent_text(stay / count, 0), "n": number_text(count, 0)})
    path = reverse("renewals", args=[tenant.slug])
    return {
        "rows": rows,
        "text": " ".join(said),
        "late": [
            {
                "name": Step(one.step).label,
                "count": number_text(one.count, 0),
                "arr": arr_text(one.mrr, tenant.currency),
                "url": f"{path}?step={one.step}",
            }
            for one in late
        ],
    }


def saves(found: Sequence[Saved], running: Sequence[SavePlay], tenant: Tenant, today: dt.date) -> dict[str, Any]:
    """Save plays by the time that was left, and those that run."""
    rows = []
    for one in found:
        if not one.decided and not one.name:
            continue
        rate = one.rate
        low = rate is not None and rate < 0.4
        tone = "risk" if low else "good" if rate is not None and rate >= 0.7 else "acc"
        rows.append(
            {
                "name": LEAD_NAMES[one.name],
                "saved": _("%(saved)s of %(all)s") % {"saved": one.saved, "all": one.decided},
                "rate": percent_text(rate, 0),
                "tone": "late" if low else "b",
                "bar": hbar([(tone, rate), ("rest", 1 - rate)], percent_text(rate, 0), "l") if rate is not None else "",
            }
        )
    saved, decided = sum(one.saved for one in found), sum(one.decided for one in found)
    foot = str(BENCHMARK)
    opened_saved, opened = sum(one.opened_saved for one in found), sum(one.opened for one in found)
    if opened:
        words = {"saved": opened_saved, "all": opened, "share": percent_text(opened_saved / opened, 0)}
        foot = _("Of all opened: %(saved)s of %(all)s, %(share)s.") % words + " " + foot
    return {
        "rows": rows if decided else [],
        "all": _("%(saved)s of %(all)s") % {"saved": saved, "all": decided},
        "rate": percent_text(saved / decided if decided else None, 0),
        "running": [_running(one, tenant, today) for one in running],
        "foot": foot,
        "definition": {
            "id": "save-rate",
            "term": _("Save rate"),
            "formula": _("Saved ÷ decided"),
            "cohort": _("save plays decided in the last twelve months, of accounts that you see"),
            "note": _(
                "Saved: the renewal was kept, or 90 days above Critical without one. Lost: the customer left. The time is that"
                " from opening it to the renewal."
            ),
        },
    }


def _running(one: SavePlay, tenant: Tenant, today: dt.date) -> dict[str, Any]:
    about = []
    if one.lead_days is not None:
        about.append(ngettext("%(n)s day of lead", "%(n)s days of lead", one.lead_days) % {"n": one.lead_days})
    about.append(one.approach or str(one.get_cause_display()))
    return {
        "name": one.account.name,
        "url": reverse("account_renewal", args=[tenant.slug, one.account_id]),
        "day": _("day %(day)s") % {"day": (today - one.opened_on).days + 1},
        "about": " · ".join(about),
    }
