"""The columns from a figure down to its row. Each says what it adds up to and whether that agrees with the marked line
of the column before; where it does not, it says by how much."""

from collections.abc import Callable
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.enums import ChangeSource
from cs_platform.kernel.money import money_text
from cs_platform.kernel.periods import month_end
from cs_platform.kernel.templatetags.cells import day_text, moment_text, month_name, number_text, percent_text
from metrics import formulas
from metrics.enums import Metric, MovementKind, MovementReason
from metrics.figures import questions
from metrics.figures.asked import Asked
from metrics.figures.lineage import (
    PARTS,
    AccountLine,
    AccountsBehind,
    LedgerLine,
    MovementsBehind,
    part_customers,
    part_sum,
)
from metrics.figures.origins import ChangeBehind, SourceRow
from metrics.formulas import Sums
from metrics.showing.board_cells import hidden_text
from metrics.showing.cells import plain_money, short_money
from metrics.showing.definitions import MOVEMENTS

Link = Callable[..., str]
# What a metric counts; the other terms stand below, marked as outside of it.
COUNTED: dict[str, tuple[str, ...]] = {
    Metric.NRR: ("opening", "fx", "expansion", "contraction", "churn"),
    Metric.GRR: ("opening", "fx", "contraction", "churn"),
    Metric.LOGO_CHURN: ("opening", "churn"),
    Metric.LTV: ("opening", "fx", "contraction", "churn", "closing"),
    MOVEMENTS: PARTS,
}


def part_label(part: str) -> str:
    """Opening; Expansion; … ; Closing."""
    return {"opening": _("Opening"), "closing": _("Closing")}.get(part) or str(MovementKind(part).label)


def usual_part(metric: str, sums: Sums) -> str:
    """The term that the page opens with: the largest movement that the metric counts, else the opening balance."""
    if metric == Metric.LOGO_CHURN:
        return "churn"
    movements = [part for part in COUNTED[metric] if part not in {"opening", "closing", "fx"}]
    best = max(movements, key=lambda part: abs(part_sum(sums, part)))
    return best if part_sum(sums, best) else "opening"


def tone(amount: int) -> str:
    return "pos" if amount > 0 else "neg" if amount < 0 else ""


def bridge_column(metric: str, asked: Asked, sums: Sums, part: str, currency: str, link: Link) -> dict[str, Any]:
    """The terms of the roll-forward; the check is the whole of it, to the cent."""
    lines = []
    for name in PARTS:
        amount, customers = part_sum(sums, name), part_customers(sums, name)
        balance = name in {"opening", "closing"}
        if name == "fx" and not amount and part != "fx":
            continue
        counted = (
            ngettext("%(n)s customer", "%(n)s customers", customers) % {"n": number_text(customers)}
            if customers is not None
            else _("opening revalued")
        )
        notes = [month_name(asked.base_month if name == "opening" else asked.month, short=True)] if balance else []
        outside = name not in COUNTED[metric] and name != "closing"
        logos = metric == Metric.LOGO_CHURN and customers is not None
        lines.append(
            {
                "id": f"part-{name}",
                "url": link(part=name, account=None, line=None, everything=False),
                "text": part_label(name),
                "amount": number_text(customers or 0) if logos else plain_money(amount, currency, signed=not balance),
                "tone": "" if balance else tone(amount),
                "sub": " · ".join(
                    [
                        *notes,
                        money_text(amount, currency, signed=not balance) if logos else counted,
                        *([_("outside")] if outside else []),
                    ]
                ),
                "current": name == part,
            }
        )
    gap = sums.kept + sums.new + sums.reactivation - sums.closing
    return {
        "title": _("Bridge"),
        "value": money_text(sums.closing, currency),
        "ok": not gap,
        "check": _("adds up to the closing balance")
        if not gap
        else _("differs from the closing balance by %(amount)s") % {"amount": money_text(gap, currency)},
        "lines": lines,
        "foot": _("%(opening)s − %(lost)s + %(new)s + %(back)s = %(closing)s customers")
        % {
            "opening": number_text(sums.opening_customers),
            "lost": number_text(sums.churned_customers),
            "new": number_text(sums.new_customers),
            "back": number_text(sums.reactivated_customers),
            "closing": number_text(sums.closing_customers),
        },
    }


def accounts_column(
    asked: Asked, sums: Sums, part: str, behind: AccountsBehind, chosen: Any, currency: str, link: Link
) -> dict[str, Any]:
    """The accounts behind the marked term; those that stay hidden from the reader are one line."""
    signed = part not in {"opening", "closing"}
    lines: list[dict[str, Any]] = [
        {
            "id": f"account-{line.account_id}",
            "url": link(part=part, account=line.account_id, line=None),
            "text": line.name,
            "amount": plain_money(line.amount, currency, signed=signed),
            "tone": tone(line.amount) if signed else "",
            "sub": account_note(line, part, asked, currency),
            "current": line.account_id == chosen,
        }
        for line in behind.lines
    ]
    if behind.rest > 0:
        lines.append(
            {
                "id": "account-rest",
                "url": link(part=part, everything=True),
                "text": ngettext("%(n)s more", "%(n)s more", behind.rest) % {"n": number_text(behind.rest)},
                "amount": plain_money(behind.rest_total, currency, signed=signed),
                "sub": _("show them"),
            }
        )
    if behind.hidden:
        lines.append(
            {
                "text": hidden_text(behind.hidden),
                "amount": plain_money(behind.hidden_total, currency, signed=signed),
                "sub": _("outside of your accounts"),
            }
        )
    expected, counted = part_sum(sums, part), part_customers(sums, part)
    same = behind.total == expected and (counted is None or counted == behind.accounts)
    number = ngettext("%(n)s account", "%(n)s accounts", behind.accounts) % {"n": number_text(behind.accounts)}
    return {
        "title": _("Accounts"),
        "value": money_text(behind.total, currency, signed=signed),
        "ok": same,
        "check": _("%(accounts)s, sum agrees") % {"accounts": number}
        if same
        else _("%(accounts)s, differs from the bridge by %(amount)s")
        % {"accounts": number, "amount": money_text(behind.total - expected, currency)},
        "lines": lines,
        "empty": "" if lines else _("No account is behind this line."),
        "foot": part_label(part),
    }


def account_note(line: AccountLine, part: str, asked: Asked, currency: str) -> str:
    """What the account paid then and now; for one outside of the base, why it is."""
    if line.kind == MovementKind.NEW and part != "fx":
        return _("first paid in %(month)s: joined inside the window, outside of the base") % {
            "month": month_name(line.first_month, short=True)
        }
    if line.kind == MovementKind.REACTIVATION and part != "fx":
        return _("paid first in %(first)s, nothing at %(day)s: outside of the base") % {
            "first": month_name(line.first_month, short=True),
            "day": day_text(month_end(asked.base_month)),
        }
    before = line.opening if part == "fx" else line.was
    after = line.was if part == "fx" else line.now
    return f"{plain_money(before, currency)} → {plain_money(after, currency)}"


def movements_column(
    line: AccountLine, behind: MovementsBehind, chosen: LedgerLine | None, currency: str, link: Link
) -> dict[str, Any]:
    """The ledger lines of the marked account, which add up to its share and to the currency effect shown apart."""
    lines = [
        {
            "id": f"line-{entry.id}",
            "url": link(account=line.account_id, line=entry.id),
            "text": entry.product or entry.external_id,
            "amount": plain_money(entry.amount, entry.currency, signed=True),
            "tone": tone(entry.amount),
            "sub": " · ".join(
                [
                    month_name(entry.month, short=True),
                    str(MovementKind(entry.kind).label),
                    *([_("corrected")] if entry.lines > 1 else []),
                ]
            ),
            "current": chosen is not None and entry.id == chosen.id,
        }
        for entry in behind.lines
    ]
    # Lines of a currency that was left cannot be held against figures that are told in today's (ADR 0005).
    posted_in = next((entry.currency for entry in behind.lines), currency)
    ok = posted_in != currency or behind.agrees
    if posted_in != currency:
        check = ""
    elif not behind.agrees:
        check = _("differs by %(amount)s: not posted to the ledger yet") % {
            "amount": money_text(behind.total - behind.expected, currency, signed=True)
        }
    elif behind.currency:
        check = _("%(net)s and currency %(fx)s: agrees") % {
            "net": money_text(behind.expected - behind.currency, currency, signed=True),
            "fx": money_text(behind.currency, currency, signed=True),
        }
    else:
        check = ngettext("%(n)s movement, sum agrees", "%(n)s movements, sum agrees", len(lines)) % {
            "n": number_text(len(lines))
        }
    return {
        "title": _("Movements"),
        "value": money_text(behind.total, posted_in, signed=True),
        "ok": ok,
        "check": check,
        "lines": lines,
        "empty": "" if lines else _("No movement in this time."),
        "foot": _("%(then)s then, %(now)s now")
        % {"then": money_text(line.opening, currency), "now": money_text(line.now, currency)},
    }


def reason_text(said: str) -> str:
    """What a version says of its reason, in words where it is one of the ledger's: seats gives Seats."""
    return str(MovementReason(said).label) if said in MovementReason.values else said


def change_column(line: LedgerLine, behind: ChangeBehind, currency: str) -> dict[str, Any]:
    """The version of the paid period, and the line's amount computed from it."""
    change = behind.change
    monthly = money_text(change.mrr_minor, change.currency)
    terms = ngettext("%(amount)s for %(n)s month", "%(amount)s for %(n)s months", change.interval_months) % {
        "amount": money_text(change.amount_minor, change.currency),
        "n": change.interval_months,
    }
    before = _("none")
    if behind.before is not None:
        before = money_text(behind.before.mrr_minor, behind.before.currency)
    elif behind.earlier is not None:
        before = money_text(behind.earlier.mrr_minor, behind.earlier.currency)
    facts = [
        (_("Line"), behind.external_id),
        (_("Product"), str(change.product or "–")),
        (_("Plan"), str(change.plan) if change.plan else ""),
        (_("Seats"), number_text(change.seats) if change.seats else ""),
        (_("Before"), before),
        (_("After"), terms),
        (_("MRR"), monthly),
        (_("Start"), day_text(change.start_on)),
        (_("End, excluded"), day_text(change.end_on) if change.end_on else _("open")),
        (_("Version"), change.get_kind_display()),
        (_("Learned"), moment_text(change.recorded_at)),
        (_("Reason"), reason_text(change.reason)),
    ]
    same = line.currency != currency or behind.amount == line.amount
    how = _("MRR as the source gives it") if behind.given else _("amount ÷ months of the interval")
    return {
        "title": _("Subscription change"),
        "value": money_text(behind.amount, currency, signed=True),
        "ok": same,
        "check": how
        if same
        else _("differs from the movement by %(amount)s")
        % {"amount": money_text(behind.amount - line.amount, currency, signed=True)},
        "facts": [(name, text) for name, text in facts if text],
        "foot": _("The period adds its MRR in its first month and takes it away in the month of its end."),
    }


# What wrote a period of a decision: in words, and the page on which it was taken.
DECISIONS: dict[str, tuple[Promise, str]] = {
    ChangeSource.RENEWAL: (gettext_lazy("written by closing a renewal"), "renewal"),
    ChangeSource.DEAL: (gettext_lazy("written by winning a deal"), "expansion:deal"),
}


def source_column(source: SourceRow, slug: str) -> dict[str, Any]:
    """The row of the file, the request, the person or the decision (REN-10); a row states the MRR again."""
    change, run = source.change, source.run
    facts: list[tuple[str, str]] = [(_("source"), str(change.get_source_display()))]
    foot, check, ok = "", "", True
    decided, route = DECISIONS.get(change.source, ("", ""))
    value = money_text(change.mrr_minor, change.currency)
    if run is not None:
        facts += [(_("file"), run.filename), (_("row"), str(change.source_row or "–")), *source.cells]
        facts += [(_("received"), moment_text(run.created_at)), ("sha256", _short(run.sha256))]
        foot = ngettext("%(n)s row read", "%(n)s rows read", run.read) % {"n": number_text(run.read)}
        ok = source.said == change.mrr_minor
        value = money_text(source.said, change.currency)
        check = _("the row says the same") if ok else _("differs from the change")
        if source.said is None:
            check = _("the row is not kept or cannot be read")
    else:
        if change.source == ChangeSource.API:
            facts.append((_("request"), str(change.source_ref or "–")))
        facts += [(_("by"), change.actor or "–"), (_("received"), moment_text(change.recorded_at))]
        check = _("entered by a person") if change.source == ChangeSource.MEMBER else _("sent by a program")
        check = str(decided) or check
        if change.source == ChangeSource.IMPORT:
            ok, check = False, _("the import is not kept")
    return {
        "title": _("Source row"),
        "value": value,
        "ok": ok,
        "check": check,
        "source": facts,
        "foot": foot,
        "decision_url": reverse(route, args=[slug, change.source_ref]) if route and change.source_ref else "",
        "decision": change.get_source_display(),
    }


def _short(digest: str) -> str:
    """9f2c41…e41a: enough of a checksum to compare by eye."""
    return f"{digest[:6]}…{digest[-4:]}" if digest else "–"


def waiting_column(title: str) -> dict[str, Any]:
    """A column to which no line leads yet."""
    return {"title": title, "value": "–", "ok": True, "check": "", "empty": _("Choose a line on the left.")}


def fraction(metric: str, sums: Sums, question: questions.Question, link: Link) -> dict[str, Any]:
    """The formula with its numbers: {top, bottom, top_sum, bottom_sum}; tokens are {sign, text, url, tone}."""
    currency = question.currency

    def money(part: str, sign: str = "") -> dict[str, str]:
        amount = part_sum(sums, part)
        shown = money_text(abs(amount), currency)
        mark = "" if part in {"opening", "closing"} else tone(amount)
        return {"sign": sign, "text": shown, "url": link(part=part, account=None, line=None), "tone": mark}

    base = [money("opening"), *([money("fx", "+" if sums.fx > 0 else "−")] if sums.fx else [])]
    losses = [money("contraction", "−"), money("churn", "−")]
    if metric == MOVEMENTS:
        top = [*base, money("expansion", "+"), *losses, money("reactivation", "+"), money("new", "+")]
        return {"top": top, "bottom": []}
    if metric == Metric.LOGO_CHURN:
        link_to = {name: link(part=name, account=None, line=None) for name in ("churn", "opening")}
        return {
            "top": [{"text": number_text(sums.churned_customers), "url": link_to["churn"], "tone": "neg"}],
            "bottom": [{"text": number_text(sums.opening_customers), "url": link_to["opening"], "tone": ""}],
        }
    if metric == Metric.LTV:
        gross = formulas.grr(sums)
        arpa = formulas.average_annual(sums.closing, sums.closing_customers)
        closing = link(part="closing", account=None, line=None)
        return {
            "top": [
                {"text": short_money(arpa, currency), "url": closing, "tone": ""},
                {"sign": "×", "text": percent_text(question.margin, 0), "url": "", "tone": ""},
            ],
            "bottom": [
                {
                    "text": percent_text(None if gross is None else 1 - gross, 2),
                    "url": link(part=usual_part(Metric.GRR, sums), account=None, line=None),
                    "tone": "neg",
                }
            ],
        }
    top = [*base, *([money("expansion", "+")] if metric == Metric.NRR else []), *losses]
    kept = sums.kept if metric == Metric.NRR else sums.kept_capped
    return {
        "top": top,
        "bottom": base,
        "top_sum": money_text(kept, currency),
        "bottom_sum": money_text(sums.base, currency),
    }
