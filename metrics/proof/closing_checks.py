"""What is looked at before a month is signed: is it over, are its figures there and whole, did every source speak?"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Max, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.enums import ChangeSource, ImportKind, ImportState
from accounts.models import Import, SubscriptionChange, Tenant
from cs_platform.kernel.models import Dirty, Finding
from cs_platform.kernel.money import money_text
from cs_platform.kernel.periods import add_months, last_complete_month, month_end, month_text
from cs_platform.kernel.templatetags.cells import day_text, moment_text, month_name, number_text
from health.usage import sources
from metrics.enums import Window
from metrics.figures.questions import sums_of
from metrics.formulas import Sums
from metrics.models import RetentionMonth
from metrics.proof import reconciliation

# What figures of revenue are made of.
REVENUE_KINDS = (ImportKind.ACCOUNTS, ImportKind.SUBSCRIPTIONS, ImportKind.FX_RATES)
TOPICS = ("revenue", "ledger", "retention")


@dataclass(frozen=True)
class Check:
    """One line of the list. `ok` is None where nothing can be said, which stops nobody; a check that `blocks` cannot be
    confirmed away. What each is called stands in `closing_cells`."""

    name: str
    ok: bool | None
    text: Any
    aside: Any = ""
    blocks: bool = False
    reconciliation: UUID | None = None  # the upload that it speaks of


def checks_of(month: dt.date) -> list[Check]:
    """Everything that is looked at before a month is signed, in the order of the page."""
    tenant = Tenant.current()
    return [
        _over(month, tenant),
        _refreshed(month),
        _sources(month, tenant),
        _rejected(month, tenant),
        _balance(month, tenant),
        *_findings(month),
        _reconciled(month, tenant),
    ]


def _over(month: dt.date, tenant: Tenant) -> Check:
    ends = month_end(month)
    over = month <= last_complete_month(tenant.figures_as_of)
    text = (
        _("Ended on %(day)s") % {"day": day_text(ends)}
        if over
        else _("%(month)s is not over: figures speak about %(day)s.")
        % {"month": month_name(month), "day": day_text(tenant.figures_as_of)}
    )
    return Check("over", over, text, blocks=True)


def refreshing() -> bool:
    """Whether facts wait to be worked into the figures: every door marks what it changed in its own transaction."""
    return Dirty.objects.filter(topic__in=TOPICS).exists()


def _refreshed(month: dt.date) -> Check:
    if refreshing():
        text = _("Figures are still being refreshed: facts wait to be worked in.")
        return Check("refreshing", False, text, blocks=True)
    built = RetentionMonth.objects.filter(month=month, window=Window.MONTH, dimension="all").exists()
    text = _("No fact waits to be worked in") if built else _("There are no figures of this month.")
    return Check("built", built, text, blocks=True)


def _sources(month: dt.date, tenant: Tenant) -> Check:
    """Who sends facts, and whether each has been heard of since the month ended."""
    ended = dt.datetime.combine(add_months(month, 1), dt.time(), tenant.zone)
    heard: list[tuple[str, dt.datetime | None]] = [
        (str(ImportKind(each.kind).label), each.last) for each in sources.files() if each.kind != ImportKind.USAGE
    ]
    heard += [
        (sender.key.name if sender.key else str(sender.kind.label), sender.last)
        for sender in sources.senders()
        if sender.last is not None
    ]
    told = SubscriptionChange.objects.filter(source=ChangeSource.API).aggregate(last=Max("recorded_at"))["last"]
    heard += [(str(_("Subscriptions over the API")), told)] if told else []
    if not heard:
        return Check("sources", None, _("Nothing is sent by itself"))
    late = [name for name, last in heard if last is None or last < ended]
    text = (
        _("Not heard of since the month ended: %(names)s") % {"names": ", ".join(late)}
        if late
        else ", ".join(name for name, _last in heard)
    )
    aside = _("%(n)s of %(all)s") % {"n": number_text(len(heard) - len(late)), "all": number_text(len(heard))}
    return Check("sources", not late, text, aside)


def _rejected(month: dt.date, tenant: Tenant) -> Check:
    """Rows of revenue files that were refused since the month began; left are those of the last file of each kind."""
    since = dt.datetime.combine(month, dt.time(), tenant.zone)
    done = Import.objects.filter(kind__in=REVENUE_KINDS, state=ImportState.DONE, dry_run=False, finished_at__gte=since)
    refused = done.aggregate(n=Sum("rejected"))["n"] or 0
    last = done.order_by("kind", "-finished_at", "-id").distinct("kind")
    left = sum(run.rejected for run in last)
    if not refused:
        return Check("rejected", True, _("None since the month began"))
    text = ngettext("%(left)s left of %(n)s", "%(left)s left of %(n)s", refused) % {
        "left": number_text(left),
        "n": number_text(refused),
    }
    newest = max((run.finished_at for run in last if run.finished_at), default=None)
    return Check("rejected", not left, text, moment_text(newest))


def month_sums(month: dt.date, window: int = Window.MONTH) -> Sums:
    """The sums of a month over everybody as known now; zeros without figures."""
    row = RetentionMonth.objects.filter(month=month, window=window, dimension="all").values().first()
    return sums_of(row) if row else Sums()


def equation(sums: Sums, currency: str) -> str:
    """38.90 + 7.51 − 1.02 − 1.66 + 4.93 = 48.66 with every term that is not zero, to the cent."""
    terms = [
        ("+", sums.fx),
        ("+", sums.new),
        ("+", sums.expansion),
        ("−", sums.contraction),
        ("−", sums.churned),
        ("+", sums.reactivation),
    ]
    parts = [money_text(sums.opening, currency)]
    for sign, amount in terms:
        if amount:
            shown = sign if amount > 0 else "−" if sign == "+" else "+"
            parts.append(f"{shown} {money_text(abs(amount), currency)}")
    return f"{' '.join(parts)} = {money_text(sums.closing, currency)}"


def _balance(month: dt.date, tenant: Tenant) -> Check:
    sums, year = month_sums(month), month_sums(month, Window.YEAR)
    text = _("%(sum)s, to the cent") % {"sum": equation(sums, tenant.currency)}
    if not (sums.balances and year.balances):
        text = _("%(sum)s does not add up") % {"sum": equation(sums, tenant.currency)}
    return Check("balance", sums.balances and year.balances, text, blocks=True)


def _findings(month: dt.date) -> Iterator[Check]:
    """What the night found wrong: of this month, and rates that are missing."""
    found = Finding.objects.filter(name__in=("roll_forward", "exchange_rates"), resolved_at=None).order_by("subject")
    mine = [each for each in found if each.name == "exchange_rates" or each.subject == month_text(month)]
    if not mine:
        yield Check("findings", True, _("Ledger, aggregates and paid periods agree"))
    for each in mine:
        yield Check("findings", False, each.message, each.subject)


def _reconciled(month: dt.date, tenant: Tenant) -> Check:
    """Billing's last upload of the month against the ledger; nothing is said where there is none. A row that was refused
    is compared with nothing, so that an upload with one does not agree."""
    found = reconciliation.difference(month)
    if found is None:
        return Check("reconciled", None, _("Not done"))
    text = _("Difference %(amount)s") % {
        "amount": money_text(found.difference, tenant.currency, signed=bool(found.difference))
    }
    if found.left_out:
        text = _("%(text)s; without a rate: %(codes)s") % {"text": text, "codes": ", ".join(found.left_out)}
    elif not found.agrees:
        text = _("%(text)s; accounts differ") % {"text": text}
    upload = found.reconciliation
    refused = upload.run.rejected if upload.run else 0
    if refused:
        text = ngettext(
            "%(text)s; %(n)s row of the file was refused", "%(text)s; %(n)s rows of the file were refused", refused
        ) % {"text": text, "n": number_text(refused)}
    return Check(
        "reconciled", found.agrees and not refused, text, moment_text(upload.made_at), reconciliation=upload.id
    )
