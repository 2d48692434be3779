"""One deal as its page shows it: where it stands, facts, people, handoff, way and end. No request, no query."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.cells import short_day
from accounts.models import Tenant
from cs_platform.kernel.money import money_text
from cs_platform.kernel.templatetags.cells import day_text, number_text
from expansion import lifecycle
from expansion.cells import about, age, year_text
from expansion.enums import DealStage
from expansion.forms import contract_text
from expansion.models import Opportunity, OpportunityMove
from journey.enums import HandoffState
from journey.handoffs import cells as handoffs


def steps(row: Opportunity) -> list[dict[str, Any]]:
    """The way of a deal: what is done, where it stands, what is left. A lost one stands nowhere."""
    order = [*lifecycle.OPEN, DealStage.WON]
    at = order.index(DealStage(row.stage)) if row.stage in order else -1
    state = {-1: "done", 0: "done" if row.stage == DealStage.WON else "current", 1: "todo"}
    return [
        {"label": stage.label, "state": state[(n > at) - (n < at)] if at >= 0 else "todo"}
        for n, stage in enumerate(order)
    ]


def moves(row: Opportunity, slug: str) -> list[dict[str, str]]:
    """The open stages that it may go to."""
    url = reverse("expansion:deal_move", args=[slug, row.id])
    return [
        {"label": str(stage.label), "url": f"{url}?to={stage.value}"}
        for stage in lifecycle.MOVES[row.stage]
        if stage in lifecycle.OPEN
    ]


def summary(row: Any, tenant: Tenant, today: dt.date) -> list[str]:
    """$36k a year · 40%, $14.4k weighted · 6d in stage."""
    if row.stage in lifecycle.ENDED:
        end = {"stage": DealStage(row.stage).label, "day": short_day(row.closed_on, today)}
        return [_money(row, tenant), _("%(stage)s on %(day)s") % end]
    words = {"chance": number_text(row.percent, 0), "money": year_text(row.weighted_minor, tenant)}
    return [
        _money(row, tenant),
        _("%(chance)s%%, %(money)s weighted") % words,
        _("%(days)s in stage") % {"days": age(row, today)["text"]},
    ]


def _money(row: Any, tenant: Tenant) -> str:
    """The money of the deal in its own currency, and in the reporting one where that is another."""
    own = money_text(row.amount_minor, row.currency)
    if row.currency == tenant.currency:
        return _("%(money)s a year") % {"money": own}
    return _("%(money)s a year (%(reporting)s)") % {"money": own, "reporting": year_text(row.year_minor, tenant)}


def facts(row: Any, tenant: Tenant, today: dt.date) -> list[dict[str, Any]]:
    """Rows of the details: {label, value, url, late}; what nobody said is left out."""
    slug, open_ = tenant.slug, row.stage in lifecycle.OPEN
    contracts = reverse("account_subscriptions", args=[slug, row.account.merged_into_id or row.account_id])
    found = [
        (_("More a year"), _money(row, tenant), ""),
        (_("Chance"), _chance(row), ""),
        (_("Kind"), f"{row.get_kind_display()} · {row.get_motion_display()}", ""),
        (_("Sold"), about(row) if row.product or row.plan else "", ""),
        (_("More seats"), number_text(row.seats, 0) if row.seats else "", ""),
        (_("Contract"), _contract(row), contracts),
        (_("Why now"), row.get_trigger_display(), ""),
        (_("Who buys"), row.buyer.name if row.buyer else "", ""),
        (_("Owner"), row.owner.name if row.owner else _("Nobody"), ""),
        (_("Seen on"), short_day(row.identified_on, today), ""),
    ]
    rows: list[dict[str, Any]] = [{"label": label, "value": value, "url": url} for label, value, url in found if value]
    late = open_ and row.close_on is not None and row.close_on < today
    rows.append({"label": _("Expected by"), "value": short_day(row.close_on, today), "late": late})
    if row.next_step and open_:
        late = row.next_step_on is not None and row.next_step_on < today
        day = f", {short_day(row.next_step_on, today)}" if row.next_step_on else ""
        rows.append({"label": _("Next step"), "value": f"{row.next_step}{day}", "late": late})
    return rows


def _contract(row: Any) -> str:
    """The contract that grows, or the new one: its name once it is written."""
    if row.subscription:
        return contract_text(row.subscription)
    return str(row.written.external_id) if row.written else _("a new one")


def _chance(row: Any) -> str:
    text = f"{number_text(row.percent, 0)}%"
    return text if row.chance is None or row.stage in lifecycle.ENDED else _("%(chance)s, its own") % {"chance": text}


def over(row: Opportunity, tenant: Tenant, today: dt.date) -> str:
    """What became of a deal that is over: when, why, and what it wrote."""
    if row.stage == DealStage.LOST:
        words = {"day": short_day(row.closed_on, today), "why": row.get_loss_display() or _("no reason was said")}
        return _("Lost on %(day)s: %(why)s.") % words
    parts = [_("Won on %(day)s.") % {"day": short_day(row.closed_on, today)}]
    if row.win:
        parts.append(f"{row.get_win_display()}.")
    if row.written and row.won_mrr is not None:
        words = {"contract": row.written.external_id, "money": money_text(row.won_mrr, tenant.currency, signed=True)}
        parts.append(_("It wrote %(money)s MRR into %(contract)s.") % words)
    return " ".join(parts)


def people(row: Any, slug: str, *, may_edit: bool) -> list[dict[str, Any]]:
    """Who at the customer has a part in it."""
    return [
        {
            "name": one.contact.name,
            "title": one.contact.title,
            "part": one.part or "–",
            "gone": one.contact.left_on is not None,
            "url": reverse("expansion:deal_person", args=[slug, row.id, one.contact_id]) if may_edit else "",
        }
        for one in row.people.all()
    ]


def handoff(row: Opportunity, tenant: Tenant, today: dt.date) -> dict[str, Any] | None:
    """Who has to answer for sales, how it stands, and how long it took or takes (EXP-06)."""
    one = row.handoff
    if one is None:
        return None
    return handoffs.handoff_row(one, tenant, today) | {"clock": _clock(one, tenant, today)}


def _clock(one: Any, tenant: Tenant, today: dt.date) -> str:
    """Accepted after 2 days, asked for within 3; while it waits, since when."""
    asked = one.created_at.astimezone(tenant.zone).date()
    until = (one.due_on - asked).days
    if one.state == HandoffState.OPEN:
        days = (today - asked).days
        text = ngettext("waits for %(n)s day of %(until)s", "waits for %(n)s days of %(until)s", days)
    elif one.answered_at is None:
        return ""
    else:
        days = (one.answered_at.astimezone(tenant.zone).date() - asked).days
        text = ngettext("answered after %(n)s day of %(until)s", "answered after %(n)s days of %(until)s", days)
    return text % {"n": number_text(days, 0), "until": number_text(until, 0)}


def way(found: Sequence[OpportunityMove], today: dt.date) -> list[dict[str, str]]:
    """The stages it went through, the latest first, with how long it stood in each."""
    rows = []
    for n, move in enumerate(found):
        until = found[n + 1].moved_on if n + 1 < len(found) else None
        ended = move.after in lifecycle.ENDED
        stood = _("%(days)sd") % {"days": number_text(((until or today) - move.moved_on).days, 0)}
        before = DealStage(move.before).label if move.before else ""
        rows.append(
            {
                "day": day_text(move.moved_on),
                "text": f"{before} → {DealStage(move.after).label}" if before else str(DealStage(move.after).label),
                "who": move.member.name if move.member else pgettext("who moved a deal", "the system"),
                "stood": stood if until or not ended else "",
            }
        )
    return rows[::-1]
