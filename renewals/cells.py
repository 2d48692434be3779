"""Rows of renewals as text in the reader's language: the list, the board, the calendar. No request, no query."""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from babel.dates import get_day_names
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext_lazy
from django.utils.translation import gettext as _

from accounts.cells import TONES, arr_text, days_text, person, renewal, short_day
from accounts.enums import HealthBand
from accounts.models import Tenant
from cs_platform.kernel.periods import add_months, month_end, month_text
from cs_platform.kernel.templatetags.cells import month_name, number_text
from cs_platform.kernel.templatetags.ui import icon
from renewals.cells_marks import marked, step_track
from renewals.cells_words import call_pill, chance_text
from renewals.enums import Phase, RenewalState
from renewals.lifecycle import may_move
from renewals.models import Renewal

VIEWS: Mapping[str, Any] = {
    "list": pgettext_lazy("view", "List"),
    "board": pgettext_lazy("view", "Board"),
    "calendar": pgettext_lazy("view", "Calendar"),
    "forecast": pgettext_lazy("view", "Forecast"),
}
# Heads of the list: the order that each asks for, its words, whether it is a number.
HEADS: tuple[tuple[str, Any, bool], ...] = (
    ("name", gettext_lazy("Account"), False),
    ("arr", gettext_lazy("ARR"), True),
    ("due", gettext_lazy("Renews"), False),
    ("", gettext_lazy("Steps"), False),
    ("system", gettext_lazy("System"), True),
    ("csm", gettext_lazy("CSM"), True),
    ("leader", gettext_lazy("Leader"), True),
    ("called", pgettext_lazy("forecast", "Call"), False),
    ("", gettext_lazy("Next step"), False),
    ("", gettext_lazy("Owner"), False),
)
# How the outcome of a renewal looks.
OUTCOME_TONES: Mapping[str, str] = {
    RenewalState.OPEN: "line",
    RenewalState.RENEWED: "good",
    RenewalState.EXPANDED: "good",
    RenewalState.CONTRACTED: "watch",
    RenewalState.CHURNED: "risk",
    RenewalState.WITHDRAWN: "none",
}
ON_A_DAY = 3  # renewals shown on one day of the calendar


def shape(band: str) -> Any:
    """The shape of a band; its word is read aloud."""
    tone = TONES[HealthBand(band)]
    return format_html('<span class="health {}">{}<span class="sr">{}</span></span>', tone, icon(f"h-{tone}"), HealthBand(band).label)  # fmt: skip


def tab_url(row: Any, slug: str) -> str:
    """Where a renewal (anything with its `id` and `account_id`) is worked: its account's tab, which may have several."""
    return f"{reverse('account_renewal', args=[slug, row.account_id])}?renewal={row.id}"


def row(one: Any, tenant: Tenant, today: dt.date) -> dict[str, Any]:
    """A line of the list, of a renewal as `selectors.listed` gives it."""
    account = one.account
    over = one.state != RenewalState.OPEN
    return {
        "name": account.name,
        "url": tab_url(one, tenant.slug),
        "health": shape(account.health_band),
        "arr": arr_text(one.mrr_minor, tenant.currency),
        "renews": renewal(one.due_on, today) if not over else short_day(one.due_on, today),
        "track": step_track(marked(one.steps.all(), today, ended=over)),
        "system": chance_text(one.system),
        "csm": chance_text(one.csm),
        "leader": chance_text(one.leader),
        "call": outcome(one) if over else call_pill(one.called),
        "next": next_text(one, today),
        "owner": person(account.owner.name if account.owner else None),
    }


def outcome(one: Renewal) -> Any:
    """What became of it, as a pill."""
    return format_html('<span class="pill {}">{}</span>', OUTCOME_TONES[one.state], one.get_state_display())


def next_text(one: Renewal, today: dt.date) -> Any:
    """Call the new VP, 22 Nov; red when the day is over. A dash without a next step."""
    if not one.next_step:
        return "–"
    if one.next_step_on is None:
        return one.next_step
    late = one.next_step_on < today
    return format_html('<span class="{}">{}</span> {}', "late" if late else "m", short_day(one.next_step_on, today), one.next_step)  # fmt: skip


def money_of(count: int, mrr: int, tenant: Tenant) -> str:
    """13 · $2.04M."""
    return f"{number_text(count, 0)} · {arr_text(mrr, tenant.currency)}"


def count_text(count: int) -> str:
    """124 renewals."""
    return ngettext("%(n)s renewal", "%(n)s renewals", count) % {"n": number_text(count, 0)}


def options(choices: Iterable[tuple[Any, Any]], chosen: Collection[str]) -> list[dict[str, Any]]:
    """Boxes of a filter: {value, label, on}."""
    return [{"value": value, "label": label, "on": value in chosen} for value, label in choices]


def board_columns(
    cards: Iterable[Any],
    sums: Mapping[str, tuple[int, int]],
    tenant: Tenant,
    today: dt.date,
    url: Callable[..., str],
) -> list[dict[str, Any]]:
    """The open renewals by phase; `sums` by phase are the number and a month's money of all of them, shown or not."""
    by_phase: dict[str, list[Any]] = {phase: [] for phase in Phase.values}
    for one in cards:
        by_phase[one.phase].append(one)
    columns = []
    for phase, rows in by_phase.items():
        count, mrr = sums.get(phase, (0, 0))
        more = count - len(rows)
        columns.append(
            {
                "key": phase,
                "label": Phase(phase).label,
                "sum": money_of(count, mrr, tenant),
                "cards": [_card(one, tenant, today) for one in rows],
                "more": ngettext("%(n)s more", "%(n)s more", more) % {"n": number_text(more, 0)} if more > 0 else "",
                "more_url": url(view="list", phase=(phase,)),
            }
        )
    return columns


def _card(one: Any, tenant: Tenant, today: dt.date) -> dict[str, Any]:
    account = one.account
    order = list(Phase.values)
    at = order.index(one.phase)

    def way(step: int) -> dict[str, str] | None:
        """The column beside it, where it may go."""
        if not 0 <= at + step < len(order) or not may_move("phase", one.phase, order[at + step]):
            return None
        words = {"name": account.name, "phase": Phase(order[at + step]).label}
        return {"key": order[at + step], "label": _("Move %(name)s to %(phase)s") % words}

    return {
        "id": f"renewal-{one.id}",
        "name": account.name,
        "url": tab_url(one, tenant.slug),
        "move_url": reverse("renewal_move", args=[tenant.slug, one.id]),
        "version": one.version,
        "health": shape(account.health_band),
        "arr": arr_text(one.mrr_minor, tenant.currency),
        "renews": f"{short_day(one.due_on, today)} · {days_text((one.due_on - today).days)}",
        "call": chance_text(one.called),
        "track": step_track(marked(one.steps.all(), today)),
        "next": one.next_step,
        "owner": person(account.owner.name if account.owner else None),
        "back": way(-1),
        "on": way(1),
    }


def calendar(
    month: dt.date,
    rows: Sequence[Any],
    sums: Sequence[tuple[dt.date, int, int]],
    tenant: Tenant,
    today: dt.date,
    url: Callable[..., str],
) -> dict[str, Any]:
    """A month with the renewals of each day, the largest first. `sums`: months with number and a month's money of what is
    due in them; `url(month=…)` leads to another month, `url(view=…, due=…)` to the rows."""
    by_day: dict[dt.date, list[Any]] = {}
    for one in rows:
        by_day.setdefault(one.due_on, []).append(one)
    first = month - dt.timedelta(days=month.weekday())
    last = month_end(month)
    weeks = []
    while first <= last:
        weeks.append([_day(first + dt.timedelta(days=n), month, by_day, tenant, today, url) for n in range(7)])
        first += dt.timedelta(days=7)
    names = get_day_names("abbreviated", locale=get_language() or "en")
    total = sum(one.mrr_minor for one in rows)

    def step(by: int) -> dict[str, str]:
        there = add_months(month, by)
        return {"url": url(month=month_text(there)), "label": month_name(there)}

    words = {"month": month_name(month), "count": count_text(len(rows)), "arr": arr_text(total, tenant.currency)}
    return {
        "title": month_name(month),
        "days": [names[n].capitalize() for n in range(7)],
        "weeks": weeks,
        "previous": step(-1),
        "next": step(1),
        "months": [
            {
                "label": month_name(when, short=True),
                "sum": money_of(count, mrr, tenant),
                "url": url(month=month_text(when)),
                "current": when == month,
            }
            for when, count, mrr in sums
        ],
        "foot": _("%(month)s: %(count)s, %(arr)s of ARR. Days show the largest.") % words,
    }


def _day(
    day: dt.date,
    month: dt.date,
    by_day: Mapping[dt.date, list[Any]],
    tenant: Tenant,
    today: dt.date,
    url: Callable[..., str],
) -> dict[str, Any]:
    if day < month or day > month_end(month):
        return {"off": True}
    rows = sorted(by_day.get(day, ()), key=lambda one: (-one.mrr_minor, one.account.name))
    more = len(rows) - ON_A_DAY
    return {
        "number": day.day,
        "now": day == today,
        "rows": [
            {
                "name": one.account.name,
                "url": tab_url(one, tenant.slug),
                "tone": TONES[HealthBand(one.account.health_band)],
                "shape": f"h-{TONES[HealthBand(one.account.health_band)]}",
                "arr": arr_text(one.mrr_minor, tenant.currency),
            }
            for one in rows[:ON_A_DAY]
        ],
        "more": ngettext("%(n)s more", "%(n)s more", more) % {"n": number_text(more, 0)} if more > 0 else "",
        "url": url(view="list", due=(month_text(month),)),
    }
