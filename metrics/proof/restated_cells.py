"""Restatements in words: what changed of an account, from what to what, and the terms of a month on both sides."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.enums import ChangeKind, ChangeSource, ChargeKind, EndReason, LogoLevel
from accounts.models import SubscriptionChange
from cs_platform.kernel.money import money_text, whole_minor
from cs_platform.kernel.templatetags.cells import day_text, moment_text, number_text, percent_text
from metrics.enums import Metric
from metrics.figures import questions
from metrics.figures.lineage import PARTS, part_customers, part_sum
from metrics.formulas import Sums
from metrics.proof.lineage_cells import part_label, reason_text, tone
from metrics.proof.restated import Change, Effect, Restated
from metrics.showing.board_cells import hidden_text
from metrics.showing.cells import value_text
from metrics.showing.definitions import MOVEMENTS, term

Link = Callable[..., str]
RATIOS = (Metric.NRR, Metric.GRR, Metric.LOGO_CHURN)


def effect_of(metric: str, terms: Sums) -> int:
    """What a difference of terms does to the metric: to the numerator of NRR and GRR, to the customers lost, else to the
    closing balance. Example: 100 less expansion takes 100 from the numerator of NRR and nothing from that of GRR."""
    return {Metric.NRR: terms.kept, Metric.GRR: terms.kept_capped, Metric.LOGO_CHURN: terms.churned_customers}.get(
        Metric(metric), terms.closing
    )


def effect_text(metric: str, amount: int, currency: str) -> str:
    """+$24,000.00, or for customers lost +1."""
    if metric == Metric.LOGO_CHURN:
        return ("+" if amount > 0 else "") + number_text(amount, 0)
    return money_text(amount, currency, signed=True)


def effect_head(metric: str) -> str:
    return {
        Metric.NRR: _("NRR terms"),
        Metric.GRR: _("GRR terms"),
        Metric.LOGO_CHURN: _("Customers lost"),
    }.get(Metric(metric)) or _("Closing MRR")


def terms_text(terms: Sums, currency: str) -> str:
    """Expansion +$24,000.00, closing +$24,000.00: the terms that differ, in the order of the bridge."""
    found = []
    for part in PARTS:
        amount, customers = part_sum(terms, part), part_customers(terms, part)
        if amount:
            found.append(f"{part_label(part)} {money_text(amount, currency, signed=True)}")
        elif customers:
            found.append(f"{part_label(part)} {_signed(customers)}")
    return ", ".join(found)


def _signed(count: int) -> str:
    text = ngettext("%(n)s customer", "%(n)s customers", abs(count)) % {"n": number_text(abs(count))}
    return ("+" if count > 0 else "−") + text


def change_text(change: Change) -> str:
    """What a version says that the one before did not: 80 seats of Core from 28 Oct 2026, $2,000.00 a month, entered
    late; or Seats 600 → 850, $5,000.00 a month → $6,500.00 a month."""
    after, before = change.after, change.before
    if after.kind == ChangeKind.VOIDED:
        return _("%(what)s withdrawn") % {"what": _period(after)}
    if after.kind == ChangeKind.RESTORED:
        return _("%(what)s counted again") % {"what": _period(after)}
    if before is None:
        return _("%(what)s, told late") % {"what": _period(after)}
    found = "; ".join(_differences(before, after))
    return f"{_name(after)}: {found}" if found else _("%(what)s told again") % {"what": _period(after)}


def _name(version: SubscriptionChange) -> str:
    return str(version.product or version.subscription.external_id)


def _period(version: SubscriptionChange) -> str:
    """Core, 80 seats from 28 Oct 2026, $2,000.00 a month."""
    seats = (
        [ngettext("%(n)s seat", "%(n)s seats", version.seats) % {"n": number_text(version.seats)}]
        if version.seats
        else []
    )
    start = _("from %(day)s") % {"day": day_text(version.start_on)}
    if version.end_on:
        start = _("from %(day)s to %(end)s") % {"day": day_text(version.start_on), "end": day_text(version.end_on)}
    return ", ".join([_name(version), *seats, start, _monthly(version)])


def _monthly(version: SubscriptionChange) -> str:
    return _("%(amount)s a month") % {"amount": money_text(version.mrr_minor, version.currency)}


def _differences(before: SubscriptionChange, after: SubscriptionChange) -> Iterator[str]:
    pairs: Sequence[tuple[Any, Callable[[SubscriptionChange], Any]]] = (
        (_("seats"), lambda v: number_text(v.seats) if v.seats is not None else _("none")),
        (_("product"), lambda v: str(v.product) if v.product else _("none")),
        (_("plan"), lambda v: str(v.plan) if v.plan else _("none")),
        (_("start"), lambda v: day_text(v.start_on)),
        (_("end"), lambda v: day_text(v.end_on) if v.end_on else _("open")),
        (_("charge"), lambda v: str(ChargeKind(v.charge).label)),
        (_("discount"), lambda v: money_text(v.discount_minor, v.currency)),
        (_("past due since"), lambda v: day_text(v.past_due_on) if v.past_due_on else _("paid")),
        (_("why it ends"), lambda v: str(EndReason(v.end_reason).label) if v.end_reason else _("not said")),
    )
    for label, read in pairs:
        if read(before) != read(after):
            yield f"{label} {read(before)} → {read(after)}"
    if (before.mrr_minor, before.currency) != (after.mrr_minor, after.currency):
        yield f"{_monthly(before)} → {_monthly(after)}"


def by_text(change: Change) -> str:
    """Who told it: the person, the file, or the program."""
    if change.after.source == ChangeSource.IMPORT and change.filename:
        return change.filename
    return change.after.actor or str(change.after.get_source_display())


def causes(effect: Effect) -> list[dict[str, Any]]:
    """What was learned of an account, one line each: {at, text, why, by, person}."""
    found = [
        {
            "at": change.after.recorded_at,
            "text": change_text(change),
            "why": reason_text(change.after.reason),
            "by": by_text(change),
            "person": change.after.source == ChangeSource.MEMBER,
        }
        for change in effect.changes
    ]
    for account in effect.merged:
        into = account.merged_into.name if account.merged_into else ""
        text = _("%(name)s became one with %(into)s") % {"name": account.name, "into": into}
        found.append({"at": account.merged_at, "text": text, "why": _("Accounts merged"), "by": "", "person": False})
    for row in effect.attributes:
        text = _("Segment from %(day)s: %(value)s") % {"day": day_text(row.effective_on), "value": row.value or "–"}
        by = str(row.get_source_display())
        found.append({"at": row.recorded_at, "text": text, "why": _("Segment corrected"), "by": by, "person": False})
    if effect.rates:
        text = _("Exchange rate of %(codes)s") % {"codes": ", ".join(effect.rates)}
        found.append({"at": None, "text": text, "why": _("Rate corrected"), "by": "", "person": False})
    found.sort(key=lambda line: (line["at"] is None, line["at"] or 0))
    if not found:
        text = _("Nothing of its own was told since")
        found.append({"at": None, "text": text, "why": _("Setting or hierarchy"), "by": "", "person": False})
    return found


def setting_text(name: str, then: Any, now: Any) -> str:
    """Dunning 30 → 45 days."""
    if name == "dunning_days":
        return _("dunning %(then)s → %(now)s days") % {"then": number_text(then), "now": number_text(now)}
    return _("customer: %(then)s → %(now)s") % {"then": LogoLevel(then).label, "now": LogoLevel(now).label}


def other_text(found: Restated) -> str:
    """What stands for the part of the difference that no account explains."""
    if found.settings:
        return _("Settings of the company: %(changes)s") % {
            "changes": ", ".join(setting_text(*each) for each in found.settings)
        }
    return _("Settings of the company, or facts written while the month was being closed")


def card(found: Restated, metric: str, currency: str, slug: str, link: Link) -> dict[str, Any]:
    """The card of restatements: a line for each account, what stays hidden or unlisted, what no account explains, and
    the whole difference, which is their sum."""
    rows = [_row(effect, metric, currency, slug, link) for effect in found.effects]
    extra = []
    if found.rest_accounts > 0:
        text = ngettext("%(n)s more account", "%(n)s more accounts", found.rest_accounts)
        extra.append((text % {"n": number_text(found.rest_accounts)}, found.rest))
    if found.hidden_accounts:
        extra.append((hidden_text(found.hidden_accounts), found.hidden))
    if found.other != Sums():
        extra.append((other_text(found), found.other))
    count = sum(len(effect.changes) for effect in found.effects)
    whole = effect_of(metric, found.difference)
    return {
        "rows": rows,
        "extra": [
            {
                "text": text,
                "terms": terms_text(terms, currency),
                "amount": effect_text(metric, effect_of(metric, terms), currency),
                "tone": tone(effect_of(metric, terms)),
            }
            for text, terms in extra
        ],
        "head": effect_head(metric),
        "count": ngettext("%(n)s change", "%(n)s changes", count) % {"n": number_text(count)},
        "empty": not rows and not extra,
        "whole": effect_text(metric, whole, currency),
        "whole_tone": tone(whole),
        "sums": _("%(then)s to %(now)s")
        % {"then": _total(metric, found.then, currency), "now": _total(metric, found.now, currency)},
    }


def _row(effect: Effect, metric: str, currency: str, slug: str, link: Link) -> dict[str, Any]:
    lines = causes(effect)
    days = [line["at"] for line in lines if line["at"]]
    amount = effect_of(metric, effect.terms)
    return {
        "known": day_text(timezone.localdate(days[-1])) if days else "–",
        "name": effect.name,
        "url": link(account=effect.account_id, line=None),
        "account_url": reverse("account", args=[slug, effect.account_id]),
        "lines": [line | {"at": moment_text(line["at"])} for line in lines],
        "why": "; ".join(dict.fromkeys(str(line["why"]) for line in lines if line["why"])) or "–",
        "by": [
            {"name": name, "person": person}
            for name, person in dict.fromkeys((line["by"], line["person"]) for line in lines if line["by"])
        ],
        "amount": effect_text(metric, amount, currency),
        "tone": tone(amount),
        "terms": terms_text(effect.terms, currency),
    }


def _total(metric: str, sums: Sums, currency: str) -> str:
    if metric == Metric.LOGO_CHURN:
        return number_text(sums.churned_customers)
    whole = {Metric.NRR: sums.kept, Metric.GRR: sums.kept_capped}.get(Metric(metric), sums.closing)
    return money_text(whole, currency, compact=True)


def side_by_side(
    then: Sums, now: Sums, margins: tuple[Decimal, Decimal], currency: str, *, links: tuple[Link, Link] | None = None
) -> dict[str, Any]:
    """Every term and every ratio of a month on both sides with the difference: {terms, ratios, note}."""
    terms = []
    for part in PARTS:
        before, after = part_sum(then, part), part_sum(now, part)
        counts = (part_customers(then, part), part_customers(now, part))
        terms.append(
            {
                "name": part_label(part),
                "then": money_text(before, currency),
                "now": money_text(after, currency),
                "then_url": links[0](part=part, account=None, line=None) if links else "",
                "now_url": links[1](part=part, account=None, line=None) if links else "",
                "change": money_text(after - before, currency, signed=True) if after != before else "–",
                "tone": tone(after - before),
                "then_count": number_text(counts[0]) if counts[0] is not None else "",
                "now_count": number_text(counts[1]) if counts[1] is not None else "",
            }
        )
    ratios = []
    figures = [questions.year_figures(sums, margin) for sums, margin in zip((then, now), margins, strict=True)]
    for metric in (*RATIOS, Metric.LTV):
        before_value, after_value = (each[metric] for each in figures)
        ratios.append(
            {
                "name": term(metric),
                "then": _exact(metric, before_value, currency),
                "now": _exact(metric, after_value, currency),
                "change": difference_text(metric, after_value, before_value, currency) or "–",
                "tone": "",
            }
        )
    note = _("Gross margin %(then)s → %(now)s") % {"then": percent_text(margins[0]), "now": percent_text(margins[1])}
    return {"terms": terms, "ratios": ratios, "note": note if margins[0] != margins[1] else ""}


def _exact(metric: str, value: Decimal | None, currency: str) -> str:
    return value_text(metric, value, currency) if metric == Metric.LTV else percent_text(value, 4)


def difference_text(metric: str, now: Decimal | None, then: Decimal | None, currency: str) -> str:
    """What the knowledge of today changed: 0.08 points more; empty when a value is missing."""
    if now is None or then is None:
        return ""
    if now == then:
        return _("the same")
    if metric in {Metric.LTV, MOVEMENTS}:
        return money_text(whole_minor(now - then), currency, signed=True)
    sign = "+" if now > then else "−"
    return _("%(points)s points") % {"points": sign + number_text(abs(now - then) * 100, 4)}
