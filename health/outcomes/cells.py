"""What the outcomes tab says, as text in the reader's language. No request, no query."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Account, Tenant
from cs_platform.kernel.money import money_text
from cs_platform.kernel.templatetags.cells import day_text, number_text, percent_text
from health.outcomes.progress import Clock, Standing, verdict
from health.outcomes.selectors import Criterion, TimeToValue, Value

STANDINGS: dict[Standing, tuple[str, Any]] = {
    Standing.CONFIRMED: ("good", gettext_lazy("Confirmed")),
    Standing.REACHED: ("good", gettext_lazy("Reached")),
    Standing.ON_TRACK: ("acc", gettext_lazy("On track")),
    Standing.BEHIND: ("watch", gettext_lazy("Behind")),
    Standing.MISSED: ("risk", gettext_lazy("Missed")),
    Standing.DROPPED: ("line", gettext_lazy("Dropped")),
}


def value_text(value: Decimal | None, unit: str) -> str:
    """5.8 h, or a dash."""
    return f"{number_text(value, 4)} {unit}".strip() if value is not None else "–"


def rows(found: list[Criterion], tenant: Tenant, account: Account, today: dt.date) -> list[dict[str, Any]]:
    """Criteria for the page: words, bar and links."""
    return [_row(one, tenant, account, today) for one in found]


def _row(one: Criterion, tenant: Tenant, account: Account, today: dt.date) -> dict[str, Any]:
    row, state, latest = one.outcome, one.progress, one.latest
    tone, word = STANDINGS[state.standing]
    if state.standing == Standing.MISSED:
        word = ngettext("Missed, %(n)s day late", "Missed, %(n)s days late", state.days_late) % {
            "n": number_text(state.days_late)
        }
    done = min(max(state.done, Decimal(0)), Decimal(1))
    if state.standing == Standing.CONFIRMED:
        done = Decimal(1)
    arguments = [tenant.slug, account.id, row.id]
    expected = round(row.baseline + (row.target - row.baseline) * state.expected, _places(row.baseline, row.target) + 1)
    measured = _("not measured yet")
    if latest:
        measured = _("%(value)s on %(day)s") % {
            "value": value_text(latest.value, row.unit),
            "day": day_text(latest.measured_on),
        }
        if latest.recorded_by:
            measured = _("%(what)s, by %(who)s") % {"what": measured, "who": latest.recorded_by.name}
    due = _("was due on %(day)s") if today > row.due_on else _("due on %(day)s")
    confirmed = ""
    if row.confirmed_on:
        confirmed = _("%(who)s, %(day)s") % {
            "who": row.confirmed_by.name if row.confirmed_by else _("the customer"),
            "day": day_text(row.confirmed_on),
        }
    return {
        "id": row.id,
        "name": row.name or str(row.get_metric_display()),
        "metric": row.get_metric_display(),
        "tone": tone,
        "word": word,
        "first_value": row.first_value,
        "open": state.standing in (Standing.ON_TRACK, Standing.BEHIND, Standing.MISSED),
        "bar_tone": "ok" if tone == "good" else "bad" if tone == "risk" else "",
        "bar": f"{float(done) * 100:.1f}",
        "expected_x": f"{float(state.expected) * 100:.1f}",
        "bar_label": _("%(done)s of the way done, %(expected)s expected by now")
        % {"done": percent_text(done, 0), "expected": percent_text(state.expected, 0)},
        "baseline": value_text(row.baseline, row.unit),
        "target": value_text(row.target, row.unit),
        "expected": value_text(expected, row.unit),
        "measured": measured,
        "agreed": day_text(row.agreed_on),
        "due": due % {"day": day_text(row.due_on)},
        "source": row.data_source,
        "owners": [
            row.owner.name if row.owner else _("nobody of ours"),
            row.customer_owner.name if row.customer_owner else _("nobody at the customer"),
        ],
        "confirmed": confirmed,
        "value": money_text(row.value_minor, tenant.currency) if row.value_minor is not None else "",
        "story": row.story,
        "dropped": day_text(row.dropped_on) if row.dropped_on else "",
        "history": [
            {
                "day": day_text(each.measured_on),
                "value": value_text(each.value, row.unit),
                "who": each.recorded_by.name if each.recorded_by else _("file or API"),
                "note": each.note,
            }
            for each in one.measured[:12]
        ],
        "edit_url": reverse("outcome_edit", args=arguments),
        "measure_url": reverse("outcome_measure", args=arguments),
        "confirm_url": reverse("outcome_confirm", args=arguments),
    }


def _places(*values: Decimal) -> int:
    """The most decimals that one of the numbers is written with: 2 for 9.10 and 6.25."""
    return max(0, *(-int(value.normalize().as_tuple().exponent) for value in values))


def meta(found: list[Criterion]) -> str:
    """2 of 5 reached."""
    counted = [one for one in found if one.progress.standing != Standing.DROPPED]
    done = sum(one.progress.standing in (Standing.CONFIRMED, Standing.REACHED) for one in counted)
    return _("%(done)s of %(all)s reached") % {"done": number_text(done), "all": number_text(len(counted))}


def tiles(
    found: list[Criterion], value: Value, ttv: TimeToValue, tenant: Tenant, today: dt.date
) -> list[dict[str, Any]]:
    """Reached, needing somebody, confirmed value against what is paid, time to first value, first use."""
    as_of = _("As of %(day)s") % {"day": day_text(today)}
    late = [one for one in found if one.progress.standing in (Standing.MISSED, Standing.BEHIND)]
    counted = [one for one in found if one.progress.standing != Standing.DROPPED]
    done = [one for one in counted if one.progress.standing in (Standing.CONFIRMED, Standing.REACHED)]
    confirmed = sum(one.progress.standing == Standing.CONFIRMED for one in done)
    return [
        {
            "label": _("Reached"),
            "value": number_text(len(done)),
            "unit": _("of %(n)s") % {"n": number_text(len(counted))},
            "foot": _("%(n)s confirmed by the customer") % {"n": number_text(confirmed)},
            "definition": _definition(
                "reached", _("Reached"), _("criteria at their target or confirmed ÷ criteria that were not dropped"), as_of
            ),
        },
        {
            "label": _("Behind or missed"),
            "value": number_text(len(late)),
            "foot": _("%(n)s past their deadline")
            % {"n": number_text(sum(one.progress.standing == Standing.MISSED for one in late))},
            "definition": _definition(
                "behind", _("Behind or missed"),
                _("share of the way done < share of the time gone; missed: past the deadline and not reached"), as_of,
                _("The way from baseline to target is expected to be gone evenly. In the first tenth nothing is late."),
            ),
        },
        {
            "label": _("Confirmed value"),
            "value": money_text(value.confirmed, tenant.currency, compact=True),
            "unit": _("a year"),
            "foot": _("%(times)s times the ACV of %(acv)s")
            % {"times": number_text(value.times, 2), "acv": money_text(value.acv, tenant.currency, compact=True)}
            if value.times is not None
            else _("the account pays nothing now"),
            "definition": _definition(
                "value", _("Confirmed value"), _("sum of the yearly value of confirmed criteria ÷ ACV (12 × MRR)"), as_of,
                _("The customer's own word, not ours: a criterion counts from the day it is confirmed."),
            ),
        },
        _clock_tile(
            "ttv", _("Time to first value"), ttv.first_value, ttv,
            _("days from the signature to the first value that the customer confirmed"), as_of, judged=True,
        ),
        _clock_tile(
            "use", _("Time to first use"), ttv.first_use, ttv,
            _("days from the signature to the first day with an event"), as_of, judged=False,
        ),
    ]  # fmt: skip


def _clock_tile(
    key: str, label: str, clock: Clock | None, ttv: TimeToValue, formula: str, as_of: str, *, judged: bool
) -> dict[str, Any]:
    """A clock that ended says its days; one that runs says so; without a signature there is none."""
    note = _("An open one runs on and is not left out. First use, onboarding and first value are clocks of their own.")
    band = ttv.band if judged else None
    foot: Any = _("needs the day of the signature")
    pill = None
    if clock is not None:
        if clock.running:
            foot = _("still running") if ttv.planned or not judged else _("still running; no first value is agreed")
        else:
            foot = _("reached on %(day)s") % {"day": day_text(clock.ended_on)}
        if band:
            tone = verdict(clock.days, clock.running, band)
            text = _("usual %(low)s–%(high)s days") % {"low": band[0], "high": band[1]}
            pill = {"tone": tone or "line", "text": text}
    return {
        "label": label,
        "value": number_text(clock.days) if clock else "–",
        "unit": ngettext("day", "days", clock.days) if clock else "",
        "foot": foot,
        "pill": pill,
        "definition": _definition(key, label, formula, as_of, note),
    }


def _definition(key: str, term: str, formula: str, period: str, note: str = "") -> dict[str, str]:
    return {"id": f"outcomes-{key}", "term": term, "formula": formula, "period": period, "note": note}
