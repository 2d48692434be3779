"""The figures of the program as tiles, a funnel and sentences (ADV-04, ADV-07)."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Tenant
from advocacy.cells import joined
from advocacy.enums import AskFailure, ReferralState
from advocacy.program import CHEAPER, MATURE, Figures
from cs_platform.kernel.money import digits, money_text, whole_minor
from cs_platform.kernel.templatetags.cells import MINUS, number_text, percent_text

PER = 10_000  # units of ARR for which the cost of winning is told
_RANGE = "{}–{}"


def tiles(
    counts: dict[str, int], found: Figures, requests: int, foot: str, tenant: Tenant, urls: dict[str, str]
) -> list[dict[str, Any]]:
    """May be asked today, referral revenue, open requests, references given, reviews."""
    mature = _RANGE.format(number_text(MATURE[0] * 100, 0), percent_text(MATURE[1], 0))
    share = _("%(share)s of new ARR · mature %(mature)s") % {"share": percent_text(found.share), "mature": mature}
    waiting = _("of %(n)s qualified · %(waiting)s wait for legal")
    deals = ngettext("12 months, %(n)s won deal touched", "12 months, %(n)s won deals touched", found.given.deals)
    new = ngettext("%(n)s new in 12 months", "%(n)s new in 12 months", found.given.new_reviews)
    return [
        {
            "label": _("May be asked today"),
            "value": number_text(counts["ready"], 0),
            "url": urls["ready"],
            "foot": waiting % {"n": number_text(counts["qualified"], 0), "waiting": number_text(counts["waiting"], 0)},
            "current": urls.get("current") == "ready",
        },
        {
            "label": _("Referral revenue"),
            "value": money_text(found.referred.arr, tenant.currency, compact=True),
            "url": urls["referrals"],
            "delta": _gain(found.gain, tenant),
            "foot": share,
        },
        {"label": _("Open requests"), "value": number_text(requests, 0), "url": urls["requests"], "foot": foot},
        {
            "label": _("References given"),
            "value": number_text(found.given.references, 0),
            "url": urls["assets"],
            "foot": deals % {"n": number_text(found.given.deals, 0)},
        },
        {
            "label": _("Reviews"),
            "value": number_text(found.given.reviews, 0),
            "unit": number_text(found.given.stars, 1, fixed=True) if found.given.stars is not None else "",
            "url": urls["reviews"],
            "foot": new % {"n": number_text(found.given.new_reviews, 0)},
        },
    ]


def _gain(gain: int, tenant: Tenant) -> dict[str, Any] | None:
    """What referrals brought more than in the 12 months before; nothing where it is the same."""
    if not gain:
        return None
    return {
        "value": money_text(abs(gain), tenant.currency, compact=True),
        "text": _("against the 12 months before"),
        "direction": "up" if gain > 0 else "down",
        "good": gain > 0,
    }


def funnel(found: Figures, tenant: Tenant) -> list[dict[str, Any]]:
    """Steps: {label, count, said, parts (for hbar), text}."""
    most = max((step.count for step in found.funnel), default=0)
    rows = []
    for step in found.funnel:
        share = percent_text(step.share, 0) if step.share is not None else ""
        late = step.state in (ReferralState.OPPORTUNITY, ReferralState.WON) and step.worth
        worth = money_text(step.worth, tenant.currency, compact=True) if late else ""
        label = str(ReferralState(step.state).label)
        rows.append(
            {
                "label": label,
                "count": number_text(step.count, 0),
                "said": joined((share, worth)),
                "parts": [
                    ("good" if step.state == ReferralState.WON else "acc", step.count),
                    ("rest", most - step.count),
                ]
                if most
                else [("rest", 1)],
                "text": f"{label} {number_text(step.count, 0)}",
            }
        )
    return rows


def costs(found: Figures, tenant: Tenant) -> list[dict[str, str]]:
    """What winning costs for 10k of ARR: referred, other, the difference with the benchmark (ADV-07)."""
    per = money_text(PER * 10 ** digits(tenant.currency), tenant.currency, compact=True)
    low, high = (_signed(edge) for edge in CHEAPER)
    return [
        {"value": _cost(found.referred.per_arr, tenant), "label": _("CAC per %(arr)s ARR, referred") % {"arr": per}},
        {"value": _cost(found.other.per_arr, tenant), "label": _("other new business")},
        {
            "value": _signed(found.cheaper),
            "label": _("benchmark %(high)s to %(low)s") % {"high": high, "low": low},
        },
    ]


def _signed(share: Decimal | None) -> str:
    """−61%, with a minus as wide as a digit; a dash when undefined."""
    return percent_text(share, 0).replace("-", MINUS)


def _cost(share: Decimal | None, tenant: Tenant) -> str:
    """Of 10,000 units of ARR. Example: 0.31 of a dollar for each is $3.1k."""
    if share is None:
        return "–"
    return money_text(whole_minor(share * PER * 10 ** digits(tenant.currency)), tenant.currency, compact=True)


def best_source(found: Figures, tenant: Tenant) -> str:
    """Corvid Logistics, 3 introductions, $0.17M won; "" without a referral."""
    best = found.best
    if best is None or not (best.introductions or best.worth):
        return ""
    text = ngettext(
        "Best source: %(name)s, %(n)s introduction", "Best source: %(name)s, %(n)s introductions", best.introductions
    )
    text = text % {"name": best.name, "n": number_text(best.introductions, 0)}
    won = _("%(money)s won") % {"money": money_text(best.worth, tenant.currency, compact=True)}
    return f"{text}, {won}" if best.worth else text


def failures(found: Figures) -> list[dict[str, Any]]:
    """Why asks came to nothing: {label, count, parts, text}."""
    most = max(found.given.failures.values(), default=0)
    return [
        {
            "label": str(AskFailure(key).label),
            "count": number_text(n, 0),
            "parts": [("s4", n), ("rest", most - n)],
            "text": f"{AskFailure(key).label} {n}",
        }
        for key, n in found.given.failures.items()
    ]


def failed_text(found: Figures) -> str:
    """23 of 64 asks; the largest reason with what helps against it (ADV-05)."""
    text = ngettext("%(n)s of %(all)s ask.", "%(n)s of %(all)s asks.", found.given.asks) % {
        "n": number_text(found.given.failed, 0),
        "all": number_text(found.given.asks, 0),
    }
    first = next(iter(found.given.failures), "")
    return f"{text} {ADVICE[AskFailure(first)]()}" if first else text


ADVICE = {
    AskFailure.LEGAL: lambda: _("Most fail at legal: ask their legal before the champion."),
    AskFailure.NOT_SHOWN: lambda: _("Most fail as the success is not shown: measure it with them first."),
    AskFailure.NO_TIE: lambda: _("Most fail without a tie to an executive: let ours speak to theirs."),
    AskFailure.NO_REASON: lambda: _("Most see no value in it: tell what it did for others like them."),
    AskFailure.INCENTIVE: lambda: _("Most get too little for it: offer a stage, access or a reward."),
    AskFailure.NO_ANSWER: lambda: _("Most are not answered: let the CSM ask, not a mail."),
    AskFailure.PROGRAM: lambda: _("Most fail through us: look at how we ask."),
}


def successes(found: Figures) -> list[dict[str, str]]:
    """How many accounts brought each of what ADV-08 asks for: {label, value}."""
    return [{"label": str(what.label), "value": number_text(n, 0)} for what, n in found.successes.items()]


def worth(found: Figures, tenant: Tenant) -> list[dict[str, str]]:
    """What else the program is told by (ADV-04): promoters, participation, what advocates pay: {label, value, note}."""

    def mean(amount: Decimal | None) -> str:
        return money_text(None if amount is None else whole_minor(amount), tenant.currency, compact=True)

    promoters = _("of %(n)s people who answered") % {"n": number_text(found.given.answers, 0)}
    others = _("other customers %(money)s")
    return [
        {"label": _("Promoters, 9 or 10"), "value": number_text(found.given.promoters, 0), "note": promoters},
        {
            "label": _("Asked, and given"),
            "value": number_text(found.given.given, 0),
            "note": _("of %(n)s asks") % {"n": number_text(found.given.asks, 0)},
        },
        {
            "label": _("Came to our gatherings"),
            "value": number_text(found.given.guests, 0),
            "note": ngettext("%(n)s of them spoke", "%(n)s of them spoke", found.given.spoke)
            % {"n": number_text(found.given.spoke, 0)},
        },
        {
            "label": _("An advocate's account pays a year"),
            "value": mean(found.advocates.arr),
            "note": others % {"money": mean(found.others.arr)},
        },
        {
            "label": _("and has paid so far"),
            "value": mean(found.advocates.mean),
            "note": others % {"money": mean(found.others.mean)},
        },
    ]
