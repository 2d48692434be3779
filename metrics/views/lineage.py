"""Any figure of the board down to the row that it came from (DSH-04), as known now or at an earlier moment."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Account
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.money import from_minor, money_text
from cs_platform.kernel.periods import month_end, month_text
from cs_platform.kernel.sheets import XLSX, csv_file, kept_as
from cs_platform.kernel.templatetags.cells import day_text, month_name, number_text
from metrics.enums import Basis, Metric, Window
from metrics.figures import lineage, origins, questions, selectors
from metrics.figures.asked import Asked, Months
from metrics.figures.bands import bands_for
from metrics.formulas import Sums
from metrics.models import MonthClose
from metrics.proof import audit_pack, knowledge, restated
from metrics.proof import lineage_cells as columns
from metrics.showing import board_cells, cells
from metrics.showing.definitions import MOVEMENTS, definition, term
from metrics.views.board import no_figures, switches

METRICS = (Metric.NRR, Metric.GRR, Metric.LOGO_CHURN, Metric.LTV, MOVEMENTS)
PIECES = ("lineage", "lineage-rows")
ACCOUNT_COLUMNS = ["account", "name", "opening_mrr", "opening_mrr_at_rate_now", "mrr", "movement", "amount", "currency"]


@requires(Permission.VIEW_BOARD)
def start(request: TenantRequest) -> HttpResponse:
    """The metrics, beginning with net revenue retention."""
    return _answer(request, Metric.NRR)


@requires(Permission.VIEW_BOARD)
def metric(request: TenantRequest, metric: str) -> HttpResponse:
    """One metric: its formula with the numbers, and the columns down to the row."""
    return _answer(request, metric)


def _read(request: TenantRequest, name: str) -> tuple[Asked, Months, list[str]] | None:
    """The state of the page; None without figures, 404 for what does not exist."""
    if name not in METRICS:
        raise Http404
    params = request.GET.dict()
    if params.get("basis") in Basis.values:  # a moment belongs to the choice of another day
        params.pop("known", None)
    return selectors.read_state(Asked, params | {"window": "12"} if name == Metric.LTV else params, request.tenant)


def _answer(request: TenantRequest, name: str) -> HttpResponse:
    read = _read(request, name)
    if read is None:
        return page(request, "metrics/board_empty.html", {"empty": no_figures(request) | {"page": _("Metrics")}})
    asked, months, names = read
    url = reverse("metric", args=[request.tenant.slug, name])
    close = questions.last_closes().get(asked.month)
    told = close if asked.basis == Basis.REPORTED else None
    question = selectors.rows_question(asked, request.tenant, told)
    sums = selectors.sums_of_month(question, asked.window, asked.month)
    context: dict[str, Any] = {
        "asked": asked,
        "url": url,
        "csv_url": f"{reverse('metric_rows', args=[request.tenant.slug, name])}?{asked.query()}",
        "share_url": request.build_absolute_uri(f"{url}?{asked.query()}"),
        "pack_url": f"{reverse('metric_pack', args=[request.tenant.slug, name])}?{asked.query()}",
        "columns": _columns(request, name, asked, question, sums, url),
    }
    target = request.htmx.target if request.htmx and not request.htmx.history_restore_request else ""
    if target != "lineage-rows":
        context |= _head(request, name, asked, months, names, question, sums, url)
        context |= knowledge.pieces(request, name, asked, question, sums, close, url)
    return page(request, "metrics/lineage.html", context, pieces=PIECES)


def told_by(asked: Asked) -> MonthClose | None:
    """The close that the page's month is told by; None when it is open or told as known now or at another moment."""
    return questions.last_closes().get(asked.month) if asked.basis == Basis.REPORTED else None


def _head(
    request: TenantRequest,
    name: str,
    asked: Asked,
    months: Months,
    names: list[str],
    question: questions.Question,
    sums: Sums,
    url: str,
) -> dict[str, Any]:
    slug, currency = request.tenant.slug, question.currency
    value = knowledge.value_of(name, sums, question.margin)
    exact = money_text(sums.closing, currency) if name == MOVEMENTS else cells.exact_text(name, value, currency)
    link = _link(url, asked)
    bands = bands_for(name) if asked.window == Window.YEAR and name in Metric.values else ()
    only = columns.COUNTED[name] if name in {Metric.NRR, Metric.GRR} else ()
    findings = months.doubts_of(asked)
    box = definition(name, asked, sums, as_of=question.as_of, exact=exact, margin=question.margin)
    return {
        "title": term(name),
        "subline": [
            month_name(asked.month),
            ngettext("%(n)s customer then", "%(n)s customers then", sums.opening_customers)
            % {"n": number_text(sums.opening_customers)},
            _("%(n)s now") % {"n": number_text(sums.closing_customers)},
            _("every figure opens the rows behind it"),
        ],
        "tabs": [
            {
                "label": term(each),
                "url": board_cells.lineage_url(slug, each, asked, known=asked.known),
                "current": each == name,
                "count": None,
            }
            for each in METRICS
        ],
        "switches": switches(url, asked, months, names),
        "hidden": [("basis", asked.basis)] if asked.basis else [],
        "fixed_window": name == Metric.LTV,
        "value": knowledge.shown(name, value, currency),
        "period": _("%(window)s to %(day)s") % {"window": asked.window.label, "day": day_text(month_end(asked.month))},
        "fraction": columns.fraction(name, sums, question, link),
        "pill": cells.mark(name, bands, value) if bands else "",
        "bridge": board_cells.bridge(asked, sums, currency, only=only, narrow=True),
        "definition": box,
        "doubtful": not sums.balances or any(finding.name == "roll_forward" for finding in findings),
        "findings": [{"subject": finding.subject, "message": finding.message} for finding in findings],
        "board_url": f"{reverse('board', args=[slug])}?{Asked(asked.month, asked.window, asked.segment).query()}",
        "young": _("The trailing twelve months exist from %(month)s on.") % {"month": month_name(months.first_year)}
        if asked.window == Window.YEAR and asked.month < months.first_year
        else "",
    }


def _link(url: str, asked: Asked) -> columns.Link:
    return lambda **changes: f"{url}?{asked.query(**changes)}"


def _columns(
    request: TenantRequest, name: str, asked: Asked, question: questions.Question, sums: Sums, url: str
) -> list[dict[str, Any]]:
    """Five columns. Where nothing is chosen the first line leads on, so that the way to a row is seen at once."""
    currency, member = question.currency, request.member
    part = asked.part if asked.part in lineage.PARTS else columns.usual_part(name, sums)
    link = _link(url, asked)
    limit = lineage.ALL_SHOWN if asked.everything else lineage.SHOWN
    behind = lineage.accounts_behind(question, asked, part, member, limit=limit)
    line = behind.lines[0] if behind.lines else None
    if asked.account is not None:
        account = get_object_or_404(Account.objects.visible_to(member), id=asked.account)
        line = lineage.account_line(question, asked, part, member, account)
    made = [
        columns.bridge_column(name, asked, sums, part, currency, link),
        columns.accounts_column(asked, sums, part, behind, line.account_id if line else None, currency, link),
    ]
    if line is None:
        if asked.line is not None:
            raise Http404
        return [*made, *map(columns.waiting_column, (_("Movements"), _("Subscription change"), _("Source row")))]
    moved = lineage.movements_behind(question, asked, part, line)
    entry = next((entry for entry in moved.lines if entry.id == asked.line), None)
    if entry is None and asked.line is not None:
        raise Http404
    entry = entry or max(moved.lines, key=lambda each: abs(each.amount), default=None)
    made.append(columns.movements_column(line, moved, entry, currency, _link(url, replace(asked, part=part))))
    if entry is None:
        return [*made, *map(columns.waiting_column, (_("Subscription change"), _("Source row")))]
    change = origins.change_behind(entry, question)
    made.append(columns.change_column(entry, change, currency))
    made.append(columns.source_column(origins.source_of(change.change), request.tenant.slug))
    return made


@requires(Permission.VIEW_BOARD)
def rows_csv(request: TenantRequest, metric: str) -> HttpResponse:
    """The rows behind the marked line: accounts of a term, or the ledger lines of an account."""
    read = _read(request, metric)
    if read is None:
        return csv_file(f"{metric}-{request.tenant.slug}.csv", ACCOUNT_COLUMNS, [])
    asked, _months, _names = read
    question = selectors.rows_question(asked, request.tenant, told_by(asked))
    sums = selectors.sums_of_month(question, asked.window, asked.month)
    part = asked.part if asked.part in lineage.PARTS else columns.usual_part(metric, sums)
    if asked.account is not None:
        account = get_object_or_404(Account.objects.visible_to(request.member), id=asked.account)
        head, rows = _ledger_sheet(request, question, asked, part, account)
    else:
        head, rows = _accounts_sheet(request, question, asked, part)
    return csv_file(f"{metric}-{part}-{request.tenant.slug}-{month_text(asked.month)}.csv", head, rows)


@requires(Permission.VIEW_BOARD)
def pack(request: TenantRequest, metric: str) -> HttpResponse:
    """The figure with all that is behind it as one workbook."""
    read = _read(request, metric)
    if read is None:
        return redirect("metric", request.tenant.slug, metric)  # which says what is missing
    asked, _months, _names = read
    close = questions.last_closes().get(asked.month)
    question = selectors.rows_question(asked, request.tenant, close if asked.basis == Basis.REPORTED else None)
    sums = selectors.sums_of_month(question, asked.window, asked.month)
    value = knowledge.value_of(metric, sums, question.margin)
    text = knowledge.shown(metric, value, question.currency)
    box = definition(metric, asked, sums, as_of=question.as_of, exact=text, margin=question.margin)
    found = None
    if question.basis == Basis.REPORTED:
        now = selectors.question_of(asked, request.tenant)
        both = (sums, selectors.sums_of_month(now, asked.window, asked.month))
        found = restated.compare(question, now, both, asked, request.member, close=close, limit=restated.EVERY)
    made = audit_pack.workbook(metric, asked, question, sums, text, request.member, box, close, found)
    return kept_as(f"audit-{metric}-{request.tenant.slug}-{month_text(asked.month)}.xlsx", made, XLSX)


Sheet = tuple[list[str], Iterable[list[Any]]]


def _accounts_sheet(request: TenantRequest, question: questions.Question, asked: Asked, part: str) -> Sheet:
    currency = question.currency
    behind = lineage.accounts_behind(question, asked, part, request.member, limit=None)

    def money(minor: int) -> Decimal:
        return from_minor(minor, currency)

    rows: list[list[Any]] = [
        [x.external_id, x.name, money(x.opening), money(x.was), money(x.now), x.kind, money(x.amount), currency]
        for x in behind.lines
    ]
    if behind.hidden:
        rows.append(["", board_cells.hidden_text(behind.hidden), "", "", "", "", money(behind.hidden_total), currency])
    return ACCOUNT_COLUMNS, rows


def _ledger_sheet(
    request: TenantRequest, question: questions.Question, asked: Asked, part: str, account: Account
) -> Sheet:
    line = lineage.account_line(question, asked, part, request.member, account)
    entries = lineage.movements_behind(question, asked, part, line).lines if line else []
    head = ["account", "month", "movement", "subscription_id", "product", "amount", "currency", "effective_on"]
    return head, [
        [
            account.external_id,
            month_text(entry.month),
            entry.kind,
            entry.external_id,
            entry.product or "",
            from_minor(entry.amount, entry.currency),
            entry.currency,
            entry.effective_on,
        ]
        for entry in entries
    ]
