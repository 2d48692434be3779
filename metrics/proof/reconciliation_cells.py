"""Cells of the reconciliation pages: classes, differences and their causes as text."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cs_platform.kernel.money import money_text
from cs_platform.kernel.periods import month_text
from cs_platform.kernel.templatetags.cells import moment_text, month_name, number_text
from metrics.enums import Basis, Differs
from metrics.proof.reconciliation import ClassSum, Comparison, Line, Lines

TONES = {Differs.AGREED: "good", Differs.OTHER_AMOUNT: "watch", Differs.ONLY_THERE: "risk", Differs.ONLY_HERE: "risk"}


def list_row(compared: Comparison, url: str) -> dict[str, Any]:
    """A line of the list of uploads, with how each stands to the ledger now."""
    found = compared.reconciliation
    return {
        "result": headline(compared),
        "tone": "good" if compared.agrees else "watch",
        "month": month_name(found.month),
        "url": url,
        "filename": found.filename,
        "by": found.made_by.name if found.made_by else "–",
        "at": moment_text(found.made_at),
        "note": found.note,
    }


def sides_text(sides: Sequence[tuple[str, int, int]]) -> str:
    """€100.00 / €90.00: what billing and the ledger say, in each contract currency."""
    return ", ".join(f"{money_text(there, code)} / {money_text(here, code)}" for code, there, here in sides)


def headline(compared: Comparison) -> str:
    """The finding in one sentence."""
    code = compared.currency
    differing = sum(each.accounts for kind, each in compared.classes.items() if kind != Differs.AGREED)
    if compared.agrees:
        return _("Billing and ledger agree: %(total)s.") % {"total": money_text(compared.booked, code)}
    if not differing:
        sums = ", ".join(money_text(amount, each) for each, amount in compared.left_out.items())
        return _("What has a rate agrees: %(total)s. Without a rate: %(left)s.") % {
            "total": money_text(compared.booked, code),
            "left": sums,
        }
    where = ngettext("%(n)s account differs", "%(n)s accounts differ", differing) % {"n": number_text(differing, 0)}
    gap = money_text(abs(compared.difference), code)
    if compared.difference > 0:
        return _("%(where)s: billing says %(gap)s more than the ledger.") % {"where": where, "gap": gap}
    if compared.difference < 0:
        return _("%(where)s: billing says %(gap)s less than the ledger.") % {"where": where, "gap": gap}
    return _("%(where)s, and add up to nothing.") % {"where": where}


def page_context(compared: Comparison, lines: Lines, slug: str, here: str, kind: str) -> dict[str, Any]:
    """Everything that the page of one upload shows."""
    code, found = compared.currency, compared.reconciliation
    query = f"&basis={compared.basis}" if compared.basis == Basis.REPORTED else ""
    classes = [
        _class(Differs(each), compared.classes.get(each, ClassSum()), code, here, query, kind) for each in Differs
    ]
    return {
        "here": here,
        "headline": headline(compared),
        "agrees": compared.agrees,
        "equation": _("%(billed)s − %(booked)s = %(difference)s")
        % {
            "billed": money_text(compared.billed, code),
            "booked": money_text(compared.booked, code),
            "difference": money_text(compared.difference, code, signed=bool(compared.difference)),
        },
        "classes": classes,
        "total": {
            "accounts": number_text(sum(each.accounts for each in compared.classes.values()), 0),
            "billed": money_text(compared.billed, code),
            "booked": money_text(compared.booked, code),
            "difference": money_text(compared.difference, code, signed=bool(compared.difference)),
        },
        "left_out": [
            {"currency": name, "amount": money_text(amount, name)} for name, amount in compared.left_out.items()
        ],
        "rows": [_row(line, code, slug, month_text(found.month)) for line in lines.shown],
        "more": lines.more,
        "hidden": ngettext(
            "%(n)s more account that you may not open: %(sum)s.", "%(n)s more accounts that you may not open: %(sum)s.",
            lines.hidden,
        )
        % {"n": number_text(lines.hidden, 0), "sum": money_text(lines.hidden_difference, code, signed=True)}
        if lines.hidden
        else "",
        "kind_label": str(Differs(kind).label) if kind else "",
        "currency": code,
        "filename": found.filename,
        "said": _("%(file)s, uploaded %(when)s by %(who)s")
        % {
            "file": found.filename,
            "when": moment_text(found.made_at),
            "who": found.made_by.name if found.made_by else "–",
        },
        "bases": [
            {"label": str(each.label), "url": f"{here}?basis={each}", "on": each == compared.basis} for each in Basis
        ],
    }  # fmt: skip


def _class(kind: Differs, each: ClassSum, code: str, here: str, query: str, chosen: str) -> dict[str, Any]:
    chooses = kind != Differs.AGREED and each.accounts
    return {
        "tone": TONES[kind] if each.accounts else "line",
        "label": kind.label,
        "accounts": number_text(each.accounts, 0),
        "billed": money_text(each.billed, code),
        "booked": money_text(each.booked, code),
        "difference": money_text(each.difference, code, signed=bool(each.difference)),
        "url": f"{here}?kind={kind}{query}" if chooses and chosen != kind else "",
    }


def _row(line: Line, code: str, slug: str, month: str) -> dict[str, Any]:
    return {
        "name": line.name,
        "external_id": line.external_id if line.external_id != line.name else "",
        "url": f"{reverse('account_revenue', args=[slug, line.account_id])}?month={month}" if line.account_id else "",
        "tone": TONES[Differs(line.kind)],
        "label": Differs(line.kind).label,
        "billed": "–" if line.without_rate and not line.billed else money_text(line.billed, code),
        "booked": money_text(line.booked, code),
        "difference": money_text(line.difference, code, signed=True),
        "sign": "neg" if line.difference < 0 else "pos",
        "sides": sides_text(line.sides) if any(each != code for each, _there, _here in line.sides) else "",
        "causes": [str(cause.label) for cause in line.causes],
        "suggestion": line.suggestion,
        "file_row": line.row,
    }
