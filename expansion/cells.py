"""Deals as text in the reader's language: the board, the list, what earns the right. No request, no query."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from accounts.cells import person, short_day, sorted_heads
from accounts.models import Tenant
from cs_platform.kernel.money import money_text
from cs_platform.kernel.templatetags.cells import number_text
from expansion import checks, lifecycle
from expansion.checks import Reading
from expansion.enums import DealKind, DealStage, Trigger
from expansion.listing import SORTS, DealQuery
from expansion.pipeline import Stage
from renewals.cells import shape

LONG_DAYS = 30  # in a stage: from then on it is said in red
# Heads of the list: the order that each asks for, its words, whether it is a number.
HEADS: tuple[tuple[str, Any, bool], ...] = (
    ("account", gettext_lazy("Account"), False),
    ("", pgettext_lazy("deal", "Deal"), False),
    ("", pgettext_lazy("deal", "Stage"), False),
    ("amount", gettext_lazy("More a year"), True),
    ("", gettext_lazy("Chance"), True),
    ("weighted", gettext_lazy("Weighted"), True),
    ("close", gettext_lazy("Expected by"), False),
    ("age", gettext_lazy("In stage"), True),
    ("", gettext_lazy("Next step"), False),
    ("", gettext_lazy("Owner"), False),
)
# What the filter of the right asks for.
RIGHTS = (
    ("earned", pgettext_lazy("right", "Earned")),
    ("held", pgettext_lazy("right", "Held")),
    ("override", pgettext_lazy("right", "Override")),
)
STAGE_TONES: Mapping[str, str] = {DealStage.WON: "good", DealStage.LOST: "risk"}
MARKS = {True: ("y", "check", gettext_lazy("met")), False: ("x", "x", gettext_lazy("not met")), None: ("q", "minus", gettext_lazy("not known"))}  # fmt: skip


def deal_url(row: Any, slug: str) -> str:
    """The page of a deal."""
    return reverse("expansion:deal", args=[slug, row.id])


def year_text(minor: int | None, tenant: Tenant) -> str:
    """$36k: money a year in the reporting currency; a dash where nothing converts it."""
    return money_text(minor, tenant.currency, compact=True)


def count_text(count: int) -> str:
    """38 deals."""
    return ngettext("%(n)s deal", "%(n)s deals", count) % {"n": number_text(count, 0)}


def about(row: Any) -> str:
    """What is sold: the product or plan where one is named, else the kind. Seats, Forecasting, Gold."""
    if row.product:
        return str(row.product.name)
    return row.plan.name if row.plan else str(DealKind(row.kind).label)


def stage_pill(stage: str) -> Any:
    return format_html('<span class="pill {}">{}</span>', STAGE_TONES.get(stage, "line"), DealStage(stage).label)


def age(row: Any, today: dt.date) -> dict[str, Any]:
    """How long an open deal stands in its stage; red when long. Of one that is over the day on which it closed."""
    if row.stage in lifecycle.ENDED:
        return {"text": short_day(row.closed_on, today), "late": False}
    days = max((today - row.stage_since).days, 0)
    return {"text": _("%(days)sd") % {"days": number_text(days, 0)}, "late": days > LONG_DAYS}


def held_text(row: Any, readings: Sequence[Reading]) -> str:
    """Score 64, needs 80: what holds a deal in the first stage; "" for one that may go on. The first of several."""
    if not lifecycle.is_held(row.stage, checks.told(readings), row.override):
        return ""
    first, *more = checks.holds(readings)
    return f"{first.text} +{len(more)}" if more else first.text


def board_columns(
    cards: Iterable[Any],
    stages: Iterable[Stage],
    readings: Mapping[UUID, Sequence[Reading]],
    tenant: Tenant,
    today: dt.date,
    url: Callable[..., str],
) -> list[dict[str, Any]]:
    """The open deals by stage; `stages` are the sums of all of them, shown or not, and `readings` the checks of the accounts
    whose deals stand in the first one."""
    by_stage: dict[str, list[Any]] = {}
    for row in cards:
        by_stage.setdefault(row.stage, []).append(row)
    columns = []
    for one in stages:
        rows = by_stage.get(one.stage, [])
        more = one.deals - len(rows)
        words = {"money": year_text(one.weighted, tenant), "chance": number_text(one.chance, 0)}
        columns.append(
            {
                "key": one.stage,
                "label": DealStage(one.stage).label,
                "sum": f"{number_text(one.deals, 0)} · {year_text(one.year, tenant)}",
                "cards": [_card(row, readings.get(row.account_id, ()), tenant, today) for row in rows],
                "more": ngettext("%(n)s more", "%(n)s more", more) % {"n": number_text(more, 0)} if more > 0 else "",
                "more_url": url(stage=(one.stage,)),
                "foot": _("%(money)s weighted at %(chance)s%%") % words,
            }
        )
    return columns


def _card(row: Any, readings: Sequence[Reading], tenant: Tenant, today: dt.date) -> dict[str, Any]:
    order = list(lifecycle.OPEN)
    at, account = order.index(row.stage), row.account

    def way(step: int) -> dict[str, str] | None:
        """The column beside it, where there is one."""
        if not 0 <= at + step < len(order):
            return None
        words = {"name": account.name, "stage": order[at + step].label}
        return {"key": order[at + step].value, "label": _("Move %(name)s to %(stage)s") % words}

    stood = age(row, today)
    return {
        "id": f"deal-{row.id}",
        "name": account.name,
        "url": deal_url(row, tenant.slug),
        "move_url": reverse("expansion:deal_move", args=[tenant.slug, row.id]),
        "version": row.version,
        "health": shape(account.health_band),
        "money": year_text(row.year_minor, tenant),
        "about": about(row),
        "why": row.name,
        "held": held_text(row, readings),
        "override": bool(row.override),
        "age": _("%(days)s in stage") % {"days": stood["text"]},
        "late": stood["late"],
        "owner": person(row.owner.name if row.owner else None),
        "back": way(-1),
        "on": way(1),
    }


def list_row(row: Any, tenant: Tenant, today: dt.date) -> dict[str, Any]:
    """A line of the list, of a deal as `selectors.listed` gives it."""
    stood, over = age(row, today), row.stage in lifecycle.ENDED
    return {
        "id": row.id,
        "name": row.account.name,
        "label": _("Select %(name)s, %(deal)s") % {"name": row.account.name, "deal": row.name},
        "url": deal_url(row, tenant.slug),
        "health": shape(row.account.health_band),
        "deal": row.name,
        "about": " · ".join(dict.fromkeys((about(row), str(Trigger(row.trigger).label)))),
        "stage": stage_pill(row.stage),
        "money": year_text(row.year_minor, tenant),
        "chance": f"{number_text(row.percent, 0)}%",
        "weighted": year_text(row.weighted_minor, tenant),
        "close": short_day(row.close_on, today),
        "late": not over and row.close_on is not None and row.close_on < today,
        "age": stood["text"],
        "old": stood["late"],
        "next": row.get_loss_display() if row.stage == DealStage.LOST and row.loss else row.next_step,
        "owner": person(row.owner.name if row.owner else None),
    }


def heads(query: DealQuery, url: Callable[..., str], *, may_edit: bool) -> list[dict[str, Any]]:
    """Heads of the list: {label, number, url (when it sorts), order}; the first is that of the boxes, for who may change deals."""
    box = format_html('<span class="sr">{}</span>', pgettext("deals", "Select"))
    found = sorted_heads(HEADS, url, query.sort, descending=SORTS[query.sort].descending)
    return [{"label": box}, *found] if may_edit else found


def marks(readings: Iterable[Reading]) -> list[dict[str, Any]]:
    """The five checks as marks with what each was judged by."""
    found = []
    for each in readings:
        tone, icon, word = MARKS[each.met]
        found.append({"label": each.check.label, "tone": tone, "icon": icon, "word": word, "text": each.text})
    return found


def right_row(row: Any, readings: Sequence[Reading], tenant: Tenant) -> dict[str, Any]:
    """A deal with the checks of its account and what follows: earned, going on by an override, held, or not earned
    though the first stage is passed."""
    return {
        "name": row.account.name,
        "deal": row.name,
        "url": deal_url(row, tenant.slug),
        "marks": marks(readings),
        **verdict(row, readings),
    }


def verdict(row: Any, readings: Sequence[Reading]) -> dict[str, Any]:
    """Earned; or held, overridden or not earned any more, with the reason: {tone, result, why}."""
    missing = checks.holds(readings)
    if not missing:
        return {"tone": "good", "result": pgettext("right", "Earned"), "why": ""}
    if row.override:
        by = f", {row.override_by.name}" if row.override_by else ""
        return {"tone": "acc", "result": pgettext("right", "Override"), "why": f"{row.override}{by}"}
    words = ", ".join(each.text for each in missing)
    held = row.stage == DealStage.IDENTIFIED
    return {"tone": "watch", "result": pgettext("right", "Held") if held else pgettext("right", "Not earned"), "why": words}  # fmt: skip
