"""One renewal in words: its steps, three calls, terms, who decides, objections, save play. No request, no query."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.cells import arr_text, days_text, last_seen, short_day
from accounts.enums import Engagement
from accounts.models import Contact, Tenant
from cs_platform.kernel.money import money_text
from cs_platform.kernel.templatetags.cells import day_text, number_text
from cs_platform.kernel.templatetags.ui import hbar
from renewals.cells import OUTCOME_TONES
from renewals.cells_marks import CALLERS, WORDS, Mark, Marked, days_word, mark_svg, marked, step_track
from renewals.cells_words import call_pill, chance_text, reason_row
from renewals.enums import Caller, Intent, Part, Phase, RenewalState, SaveState, Stance, Step
from renewals.models import Objection, Renewal, RenewalCall, RenewalLine, SavePlay, Stakeholder
from renewals.writing import year_of

STALE_DAYS = 30  # since the last contact
PRESSING_DAYS = 14  # an objection that is open longer
SAVE_DAYS = 30
DOTS = {"system": "d4", "csm": "d2", "leader": "d1"}
TONES = {"system": "s4", "csm": "s2", "leader": "acc"}
NO_CALL = {
    "system": gettext_lazy("The night calls it as soon as something is known."),
    "csm": gettext_lazy("Not called yet."),
    "leader": gettext_lazy("Not called yet."),
}
STANCES = {Stance.UNKNOWN: "line", Stance.FOR: "good", Stance.NEUTRAL: "line", Stance.AGAINST: "risk"}

# What is to be done in a step, where nobody wrote anything (REN-04).
ASKED: Mapping[str, Any] = {
    Step.PREP: gettext_lazy("Health review, value summary, risks."),
    Step.TALK: gettext_lazy("Talk about what they intend."),
    Step.QUOTE: gettext_lazy("Send the quote."),
    Step.PROPOSAL: gettext_lazy("Send the proposal."),
    Step.NEGOTIATE: gettext_lazy("Agree on terms with everybody who decides."),
    Step.SIGN: gettext_lazy("Their signature."),
    Step.CONFIRM: gettext_lazy("Have it confirmed."),
    Step.NOTICE: gettext_lazy("Tell them that it renews."),
    Step.SECOND_NOTICE: gettext_lazy("Tell them again."),
    Step.REMINDER: gettext_lazy("Remind them."),
    Step.LAST_REMINDER: gettext_lazy("Remind them for the last time."),
}


def steps_card(one: Any, tenant: Tenant, today: dt.date, *, may_edit: bool) -> dict[str, Any]:
    """The line of steps in words, with its end: late, done late and on time are told from the days alone."""
    over = one.state != RenewalState.OPEN
    found = marked(one.steps.all(), today, ended=over)
    rows = [_step_row(each, tenant, today, may_edit=may_edit and not over) for each in found]
    late = sum(each.mark is Mark.LATE for each in found)
    done_late = sum(each.mark is Mark.DONE_LATE for each in found)
    behind = [
        *([ngettext("%(n)s late", "%(n)s late", late) % {"n": late}] if late else []),
        *([ngettext("%(n)s done late", "%(n)s done late", done_late) % {"n": done_late}] if done_late else []),
    ]
    days = max((each.step.days for each in found), default=0)
    words = {"profile": one.get_profile_display(), "days": days}
    return {
        "meta": _("%(profile)s runway, %(days)s days") % words if days else "",
        "rows": [*rows, _last(one, today)],
        "behind": ", ".join(behind),
        "tone": "risk" if late else "watch",
    }


def _step_row(one: Marked, tenant: Tenant, today: dt.date, *, may_edit: bool) -> dict[str, Any]:
    step = one.step
    arguments = [tenant.slug, step.id]
    title = Step(step.step).label
    row: dict[str, Any] = {
        "mark": one.mark.value,
        "word": WORDS[one.mark],
        "svg": mark_svg(one.mark, large=True),
        "title": title,
        "day": f"{days_word(step.days)} · {short_day(step.due_on, today)}",
        "version": step.version,
        "text": step.note,
        "box": "",
    }
    if step.done_on is not None:
        row["text"] = _done_text(one, today)
        if may_edit:
            row["reopen_url"] = reverse("renewal_step_reopen", args=arguments)
            row["reopen_label"] = _("Reopen: %(step)s") % {"step": title}
        return row
    if one.mark is Mark.LATE:
        row["box"] = ngettext("Open, %(n)s day late", "Open, %(n)s days late", one.late_days) % {"n": one.late_days}
        row["text"] = step.note or ASKED[step.step]
    elif one.mark is Mark.NEXT:
        left = (step.due_on - today).days
        when = ngettext("In %(n)s day.", "In %(n)s days.", left) % {"n": left} if left else _("Today.")
        row["text"] = f"{when} {step.note or ASKED[step.step]}"
    if may_edit:
        row["done_url"] = reverse("renewal_step_done", args=arguments)
        row["done_label"] = _("Done: %(step)s") % {"step": title}
    return row


def _done_text(one: Marked, today: dt.date) -> Any:
    """Done 14 Sep, 14 days late. With R. Okafor."""
    step, late = one.step, one.late_days
    day = short_day(step.done_on, today)
    if late > 0:
        how = ngettext("%(n)s day late", "%(n)s days late", late) % {"n": late}
        return format_html("{}, <b>{}</b>. {}", _("Done %(day)s") % {"day": day}, how, step.note)
    if late < 0:
        how = ngettext("%(n)s day early", "%(n)s days early", -late) % {"n": -late}
        return format_html("{}, {}. {}", _("Done %(day)s") % {"day": day}, how, step.note)
    return format_html("{}. {}", _("Done %(day)s") % {"day": day}, step.note)


def _last(one: Renewal, today: dt.date) -> dict[str, Any]:
    """The end of the line: the first day that is not paid any more."""
    left = (one.due_on - today).days
    row: dict[str, Any] = {"day": f"{days_word(0)} · {short_day(one.due_on, today)}", "box": "", "title": _("Renewed")}
    if one.state != RenewalState.OPEN:
        mark = Mark.LATER if one.state in (RenewalState.CHURNED, RenewalState.WITHDRAWN) else Mark.ON_TIME
        row |= {
            "title": one.get_state_display(),
            "text": _("Decided %(day)s.") % {"day": short_day(one.closed_on, today)},
        }
    elif left < 0:
        mark = Mark.LATE
        row["text"] = _("The contract has ended and nothing was agreed: a process failure.")
        row["box"] = ngettext("%(n)s day over", "%(n)s days over", -left) % {"n": -left}
    else:
        mark = Mark.LATER
        row["text"] = ngettext("%(n)s day.", "%(n)s days.", left) % {"n": left}
        if one.phase in (Phase.NEGOTIATING, Phase.SIGNING) or left <= SAVE_DAYS:
            row["text"] += " " + _("Still negotiating then is a process failure.")
    return row | {"mark": mark.value, "word": "", "svg": mark_svg(mark, large=True)}


def stand(one: Renewal, today: dt.date) -> list[dict[str, Any]]:
    """Where it stands, in a line: phase, what they intend, the next step."""
    facts: list[dict[str, Any]] = [
        {
            "label": _("Phase"),
            "value": _("%(phase)s since %(day)s")
            % {"phase": one.get_phase_display(), "day": short_day(one.phase_since, today)},
        },
        {"label": _("They"), "value": Intent(one.intent).label},
        {
            "label": _("First talk"),
            "value": short_day(one.talked_on, today) if one.talked_on else _("not yet"),
            "late": one.talked_on is None and (one.due_on - today).days < SAVE_DAYS,
        },
    ]
    step = one.next_step or "–"
    if one.next_step and one.next_step_on:
        step = f"{step}, {short_day(one.next_step_on, today)}"
    late = bool(one.next_step_on and one.next_step_on < today)
    return [*facts, {"label": _("Next"), "value": step, "late": late}]


def calls(one: Any, latest: Mapping[str, RenewalCall], today: dt.date) -> list[dict[str, Any]]:
    """The three calls side by side: the chance, what it is called, what it rests on."""
    return [_call(caller, latest.get(caller), today) for caller in CALLERS]


def _call(caller: str, call: RenewalCall | None, today: dt.date) -> dict[str, Any]:
    who = ""
    if call is not None:
        day = short_day(call.as_of, today)
        who = f"{call.member.name}, {day}" if call.member else day
    chance = call.probability if call else None
    parts = [(TONES[caller], float(chance or 0)), ("rest", 100 - float(chance or 0))]
    return {
        "name": Caller(caller).label,
        "dot": DOTS[caller],
        "who": who,
        "chance": chance_text(chance),
        "pill": call_pill(chance) if call else "",
        "bar": hbar(parts, f"{Caller(caller).label}: {chance_text(chance)}", "l") if call else "",
        "reasons": [reason_row(reason) for reason in call.reasons] if call else [],
        "empty": NO_CALL[caller],
    }


def gap_text(one: Any, tenant: Tenant) -> str:
    """Gap 31 points, $128k: how far system and CSM are apart, in points and in money."""
    if one.system is None or one.csm is None:
        return _("System and CSM are compared as soon as both have called it.")
    points = abs(one.system - one.csm)
    money = int(Decimal(one.mrr_minor) * points / 100)
    words = {"points": number_text(points, 1), "money": arr_text(money, tenant.currency)}
    return _("System and CSM are %(points)s points apart, %(money)s.") % words


def terms(one: Renewal, lines: Sequence[RenewalLine], today: dt.date) -> dict[str, Any]:
    """What is paid now, what is offered and asked, and what others said to it."""
    currency = one.currency

    def year(minor: int | None) -> str:
        return "–" if minor is None else money_text(minor, currency)

    now = _now(lines)
    rows = [
        {"label": _("Now"), "value": _now_text(lines)},
        {"label": _("Offered a year"), "value": year(one.offered_minor)},
    ]
    if one.offered_minor is not None and now.get(currency) not in (None, one.offered_minor):
        rows[-1]["was"] = money_text(now[currency], currency)
    rows.append({"label": _("They ask for"), "value": year(one.asked_minor)})
    base = one.offered_minor if one.offered_minor is not None else now.get(currency)
    if one.asked_minor is not None and base and one.asked_minor < base:
        off = base - one.asked_minor
        share = number_text(Decimal(off) * 100 / base, 1)
        rows.append({"label": _("Discount asked"), "value": f"{money_text(off, currency)}, {share}%"})
    months = one.term_months
    rows += [
        {
            "label": _("Term"),
            "value": ngettext("%(n)s month", "%(n)s months", months) % {"n": months} if months else "–",
        },
        {
            "label": _("Payment"),
            "value": "–" if one.prepaid is None else _("Yearly in advance") if one.prepaid else _("In instalments"),
        },
        {"label": _("Uplift"), "value": "–" if one.uplift is None else f"{number_text(one.uplift, 2)}%"},
        {"label": _("Approval"), "value": _approval(one)},
        {"label": _("Legal"), "value": one.get_legal_display()},
        {"label": _("Procurement"), "value": one.get_procurement_display()},
    ]
    meta = [_("multi-year")] if months and months > 12 else []
    meta += [_("prepaid")] if one.prepaid else []
    foot = _("Walk-away: %(money)s") % {"money": year(one.floor_minor)} if one.floor_minor is not None else ""
    return {"rows": rows, "meta": ", ".join(meta), "foot": foot}


def _approval(one: Renewal) -> str:
    text = str(one.get_approval_display())
    return f"{text}, {one.approved_by.name}" if one.approved_by else text


def _now(lines: Sequence[RenewalLine]) -> dict[str, int]:
    """A year's money now by currency, in minor units."""
    found: dict[str, int] = {}
    for line in lines:
        period = line.subscription
        if not period.voided:
            found[period.currency] = found.get(period.currency, 0) + year_of(period)
    return found


def _now_text(lines: Sequence[RenewalLine]) -> str:
    """$412,000 a year, 820 seats."""
    money = " + ".join(money_text(minor, code) for code, minor in sorted(_now(lines).items()))
    seats = sum(line.subscription.seats or 0 for line in lines if not line.subscription.voided)
    said = _("%(money)s a year") % {"money": money or "–"}
    if seats:
        said += ", " + ngettext("%(n)s seat", "%(n)s seats", seats) % {"n": number_text(seats, 0)}
    return said


def people(
    found: Iterable[Stakeholder], gone: Iterable[Contact], tenant: Tenant, today: dt.date, *, may_edit: bool
) -> dict[str, Any]:
    """Who decides, who pays, who uses: stance, engagement, when they were last spoken to. `gone`: champions who left."""
    order = list(Part.values)
    rows, met, deciding, parts = [], 0, 0, set()
    for one in sorted(found, key=lambda row: (order.index(row.part), row.contact.name)):
        person = one.contact
        left = person.left_on is not None
        seen = person.last_contact_on
        late = seen is None or (today - seen).days >= STALE_DAYS
        parts.add(one.part)
        if one.part in (Part.DECIDES, Part.PAYS) and not left:
            deciding += 1
            met += not late and person.engagement != Engagement.LOW
        rows.append(
            {
                "name": person.name,
                "url": reverse("renewal_person", args=[tenant.slug, one.id]) if may_edit else "",
                "part": one.get_part_display(),
                "title": person.title,
                "note": one.note,
                "stance": _stance(one, left=left),
                "engagement": person.get_engagement_display() or "–",
                "far": person.engagement == Engagement.LOW,
                "seen": _("Left %(day)s") % {"day": short_day(person.left_on, today)}
                if left
                else last_seen(seen, today),
                "late": late or left,
            }
        )
    named = {one.contact_id for one in found}
    rows += [
        {
            "name": one.name,
            "gone": True,
            "part": _("%(role)s, left %(day)s")
            % {"role": one.get_role_display() or _("Person"), "day": short_day(one.left_on, today)},
            "title": "",
            "stance": format_html('<span class="pill none">{}</span>', _("Gone")),
            "engagement": "–",
            "seen": last_seen(one.last_contact_on, today),
        }
        for one in gone
        if one.id not in named
    ]
    missing = [Part(part).label for part in (Part.DECIDES, Part.PAYS, Part.LEGAL) if part not in parts]
    return {
        "rows": rows,
        "meta": _("decision makers engaged: %(met)s of %(all)s") % {"met": met, "all": deciding} if rows else "",
        "foot": _("Not named yet: %(parts)s") % {"parts": ", ".join(str(part) for part in missing)} if missing else "",
    }


def _stance(one: Stakeholder, *, left: bool) -> Any:
    if left:
        return format_html('<span class="pill none">{}</span>', _("Gone"))
    return format_html('<span class="pill {}">{}</span>', STANCES[Stance(one.stance)], one.get_stance_display())


def objections(found: Sequence[Objection], tenant: Tenant, today: dt.date, *, may_edit: bool) -> dict[str, Any]:
    """What speaks against it, the open ones first."""
    waiting = [one for one in found if one.answered_on is None]
    rows = []
    for one in [*waiting, *(one for one in found if one.answered_on is not None)]:
        about = [one.contact.name if one.contact else "", one.get_reason_display() if one.reason else ""]
        if one.answered_on is None:
            days = (today - one.raised_on).days
            state = ngettext("Open %(n)s day", "Open %(n)s days", days) % {"n": days}
            tone = "risk" if days > PRESSING_DAYS else "watch"
        else:
            state, tone = _("Answered"), "good"
            about.append(_("%(day)s: %(answer)s") % {"day": short_day(one.answered_on, today), "answer": one.answer})
        rows.append(
            {
                "text": one.text,
                "state": state,
                "tone": tone,
                "about": " · ".join(part for part in about if part),
                "url": reverse("renewal_objection", args=[tenant.slug, one.id]) if may_edit else "",
            }
        )
    meta = _("%(all)s, %(open)s open") % {"all": len(rows), "open": len(waiting)} if rows else ""
    return {"rows": rows, "meta": meta}


def save_card(play: SavePlay | None, today: dt.date) -> dict[str, Any]:
    """What is done to keep the customer: how long it runs, and how much time there was when it began."""
    if play is None:
        return {"play": None}
    if play.state == SaveState.RUNNING:
        meta = [_("day %(day)s") % {"day": (today - play.opened_on).days + 1}]
    else:
        meta = [f"{play.get_state_display()}, {short_day(play.decided_on, today)}"]
    if play.lead_days is not None:
        meta.append(ngettext("opened at %(n)s day", "opened at %(n)s days", play.lead_days) % {"n": play.lead_days})
    return {"play": play, "approach": play.approach, "meta": ", ".join(meta), "foot": str(play.get_cause_display())}


def past_row(one: Any, tenant: Tenant, today: dt.date) -> dict[str, Any]:
    """A renewal that is over, with what was due and what was kept."""
    over = one.state != RenewalState.OPEN
    return {
        "due": day_text(one.due_on),
        "url": f"{reverse('account_renewal', args=[tenant.slug, one.account_id])}?renewal={one.id}",
        "outcome": one.get_state_display(),
        "tone": OUTCOME_TONES[one.state],
        "closed": day_text(one.closed_on) if one.closed_on else "–",
        "due_arr": arr_text(one.mrr_minor, tenant.currency),
        "kept_arr": arr_text(one.kept_mrr, tenant.currency) if one.kept_mrr is not None else "–",
        "track": step_track(marked(one.steps.all(), today, ended=over)),
    }


def due_text(one: Any, tenant: Tenant, today: dt.date) -> str:
    """$412k, ends 29 Dec, 38d: what a dialog about it is headed with."""
    left = days_text((one.due_on - today).days)
    words = {"arr": arr_text(one.mrr_minor, tenant.currency), "day": short_day(one.due_on, today), "left": left}
    return _("%(arr)s ARR, ends %(day)s, %(left)s") % words
