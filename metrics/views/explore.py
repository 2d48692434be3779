"""The metrics explorer (MET-22, MET-23, MET-26): any metric by month or quarter, cut and filtered, down to the accounts."""

import datetime as dt
from dataclasses import replace
from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Account
from accounts.views import filters
from accounts.views.saved import Viewed
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.keyset import uuid_of
from cs_platform.kernel.money import money_text
from cs_platform.kernel.periods import month_text, months_between, parse_month
from cs_platform.kernel.sheets import XLSX, csv_file, kept_as
from cs_platform.kernel.templatetags.cells import day_text, moment_text, number_text
from metrics.catalogue import METRICS
from metrics.enums import Cut, Metric, Origin, Purpose, Window
from metrics.explore import cells as explore_cells
from metrics.explore import files as explore_files
from metrics.explore import values as explore
from metrics.explore import words as explore_words
from metrics.explore.asked import Explored, knowable
from metrics.explore.choices import filter_choices
from metrics.explore.told import Told, base_text, period_name, value_name
from metrics.figures import questions, selectors
from metrics.figures.asked import Asked, Months
from metrics.figures.bands import bands_for_all
from metrics.plan import targets
from metrics.showing import cells
from metrics.views.board import no_figures

VIEWS = Viewed("explore", gettext_lazy("Metrics"), "explore_view", lambda given: Explored.parse(given).query())
PIECES = ("explore",)
ACCOUNTS_SHOWN = 200
# Metrics that lead down to the ledger's lines, where the slice is one that those pages know.
DOWN = {Metric.NRR, Metric.GRR, Metric.LOGO_CHURN, Metric.LTV, Metric.MRR}


def _question(request: TenantRequest, asked: Explored) -> questions.Question:
    found = questions.ask(as_of=request.tenant.figures_as_of)
    return replace(found, known_at=asked.known) if asked.known else found


def _read(request: TenantRequest) -> tuple[Explored, Months] | None:
    """The state of the page; None without figures. A saved view that is opened brings its own."""
    months = selectors.months_of(request.tenant)
    return None if months is None else (Explored.parse(request.GET), months)


def _told(request: TenantRequest, asked: Explored, months: Months, question: questions.Question) -> Told:
    exploration = asked.exploration(months)
    series = explore.values(question, exploration)
    plain = not asked.filters and (asked.year or Window.YEAR not in asked.said.windows)
    plan = targets.for_metric(asked.metric, exploration.periods) if plain else {}
    return Told(exploration, series, bands_for_all().get(asked.metric, ()), question.currency, plan)


@requires(Permission.VIEW_BOARD)
def explorer(request: TenantRequest) -> HttpResponse:
    """A metric of the catalogue: value, chart, table, definition; filters as chips; saved views."""
    read = _read(request)
    if read is None:
        return page(request, "metrics/board_empty.html", {"empty": no_figures(request) | {"page": _("Metrics")}})
    asked, months = read
    question = _question(request, asked)
    told = _told(request, asked, months, question)
    url = reverse("explore", args=[request.tenant.slug])

    def accounts(period: dt.date, value: str) -> str:
        return _behind_url(request, asked, period, value)

    groups = explore_cells.group_rows(told, accounts) if asked.by != Cut.ALL else []
    context: dict[str, Any] = {
        "asked": asked,
        "url": url,
        "said": asked.said,
        "head": explore_cells.headline(told),
        "judged": bool(told.judged),
        "line": explore_cells.line(told),
        "bars": explore_cells.bars(told, groups) if groups else None,
        "groups": groups,
        "periods": [] if groups else explore_cells.period_rows(told, accounts),
        "total_url": accounts(told.asked.periods[-1], "") if told.asked.cut.cut == Cut.ALL else "",
        "evidence": explore_words.evidence(told, told.series.total),
        "insights": explore_words.insights(told),
        "definition": explore_cells.definition(told, question.as_of, asked.known),
        "outcome": _outcome(request, asked, months, question, told),
        "lineage_url": _lineage(request, asked, told),
        "subline": [
            asked.said.purpose.label,
            _("as of %(day)s") % {"day": day_text(question.as_of)},
            # A closed month stands on the board as it was signed; here every month is as known now.
            *([str(question.basis.label)] if knowable(asked.said) and not asked.known else []),
        ],
        **_tools(request, asked, months, url),
        "views": VIEWS.shown(request, asked.query()),
    }
    return page(request, "metrics/explore.html", context, pieces=PIECES)


def _outcome(
    request: TenantRequest, asked: Explored, months: Months, question: questions.Question, told: Told
) -> dict[str, Any] | None:
    """What an activity claims to move is never left out (MET-22)."""
    if asked.said.outcome is None:
        return None
    other = replace(asked, metric=asked.said.outcome, by=Cut.ALL, year=True, known=None)
    beside = _told(request, other, months, question)
    return {
        **explore_words.outcome_words(told, beside),
        "head": explore_cells.headline(beside),
        "label": beside.asked.said.label,
        "line": explore_cells.line(beside, narrow=True),
        "url": f"{reverse('explore', args=[request.tenant.slug])}?{other.query()}",
    }


def _lineage(request: TenantRequest, asked: Explored, told: Told) -> str:
    """The page that leads down to the row, for the slices that it knows: everybody, or one segment."""
    names = asked.filters.get(Cut.SEGMENT, ())
    known = not set(asked.filters) - {Cut.SEGMENT} and len(names) <= 1 and all(names)
    if asked.metric not in DOWN or not known or told.asked.window == Window.QUARTER:
        return ""
    state = Asked(told.asked.periods[-1], told.asked.window, names[0] if names else "", known=asked.known)
    return f"{reverse('metric', args=[request.tenant.slug, asked.metric])}?{state.query()}"


def _behind_url(request: TenantRequest, asked: Explored, period: dt.date, value: str) -> str:
    found = f"{reverse('explore_accounts', args=[request.tenant.slug])}?{asked.query()}&month={month_text(period)}"
    return found if asked.by == Cut.ALL else f"{found}&{_pair('value', value)}"


def _pair(name: str, value: str) -> str:
    query = QueryDict(mutable=True)
    query[name] = value
    return query.urlencode()


def _tools(request: TenantRequest, asked: Explored, months: Months, url: str) -> dict[str, Any]:
    first, last = asked.span(months)
    choices = filter_choices(request.tenant.currency)
    windows = explore.windows_of(asked.said, asked.grain)
    span = list(months_between(months.first, months.last))
    return {
        "metrics": [
            {
                "label": purpose.label,
                "options": [
                    {
                        "value": metric,
                        "label": _("%(metric)s (%(level)s, %(timing)s)")
                        % {"metric": said.label, "level": said.level.label, "timing": said.timing.label},
                        "on": metric == asked.metric,
                    }
                    for metric, said in METRICS.items()
                    if said.purpose == purpose
                ],
            }
            for purpose in Purpose
        ],
        "cuts": [{"value": cut, "label": cut.label, "on": cut == asked.by} for cut in asked.said.cuts],
        "grains": [
            {
                "label": label,
                "url": f"{url}?{asked.query(grain=grain, first=None, last=None)}",
                "on": grain == asked.grain,
            }
            for label, grain in ((_("Month"), Window.MONTH), (_("Quarter"), Window.QUARTER))
        ],
        "windows": [
            {
                "label": window.label,
                "url": f"{url}?{asked.query(year=window == Window.YEAR)}",
                "on": (window == Window.YEAR) == asked.year,
            }
            for window in windows
        ]
        if len(windows) > 1
        else [],
        "froms": [
            {"value": month_text(m), "label": period_name(m, Window.MONTH, short=True), "on": m == first} for m in span
        ],
        "tos": [
            {"value": month_text(m), "label": period_name(m, Window.MONTH, short=True), "on": m == last} for m in span
        ],
        "panel": [
            filters.group(name, name.label, options, asked.filters.get(name, ()))
            for name, options in choices.items()
            if options
        ],
        "chips": [
            {
                "label": name.label,
                "value": value_name(name, value, request.tenant.currency),
                "url": f"{url}?{asked.without(name, value)}",
            }
            for name, values in asked.filters.items()
            for value in values
        ],
        "hidden": _hidden(asked, {"metric", "by", "from", "to"}),
        "all_hidden": _hidden(asked, {"known"}),
        "known_text": moment_text(asked.known),
        "hidden_panel": _hidden(asked, set(Cut.values)),
        "clear_url": f"{url}?{asked.query(filters={})}",
        "share_url": request.build_absolute_uri(f"{url}?{asked.shared(months)}"),
        "csv_url": f"{reverse('explore_csv', args=[request.tenant.slug])}?{asked.query()}",
        "xlsx_url": f"{reverse('explore_xlsx', args=[request.tenant.slug])}?{asked.query()}",
        "knowable": knowable(asked.said),
        "forget_url": f"{url}?{asked.query(known=None)}" if asked.known else "",
    }


def _hidden(asked: Explored, own: set[str]) -> list[tuple[str, str]]:
    """What a form keeps of the state: everything but what its `own` fields say."""
    query = QueryDict(asked.query())
    return [(name, value) for name, values in query.lists() for value in values if name not in own]


@requires(Permission.VIEW_BOARD)
def accounts(request: TenantRequest) -> HttpResponse:
    """The accounts behind a value, each with its own; what the reader may not open is summed up (DSH-04)."""
    read = _read(request)
    if read is None:
        return page(request, "metrics/board_empty.html", {"empty": no_figures(request) | {"page": _("Metrics")}})
    asked, months = read
    period = _period(request, asked, months)
    value = request.GET.get("value", "").replace("\0", "")
    question = _question(request, asked)
    whole = asked.exploration(months).at(period)
    behind = explore.values(question, replace(whole, cut=asked.slice.only(value)))
    told = Told(whole, behind, (), question.currency)
    points = {uuid_of(key): found[period] for key, found in behind.by_value.items() if found[period].base}
    own = Account.objects.visible_to(request.member).in_bulk(list(points))
    seen = sorted(
        ((account, points[key]) for key, account in own.items()), key=lambda each: (-_weight(each[1]), each[0].name)
    )
    ledger = whole.said.origin == Origin.SUMS
    total = behind.total[period]
    context = {
        "asked": asked,
        "said": whole.said,
        "title": value_name(asked.by, value, question.currency) if asked.by != Cut.ALL else _("All customers"),
        "period": period_name(period, asked.grain),
        "value": told.text(total.value),
        "base": base_text(whole.said, total.base),
        "ledger": ledger,
        "rows": [_account_row(request, told, account, point, ledger) for account, point in seen[:ACCOUNTS_SHOWN]],
        "rest": len(seen) - ACCOUNTS_SHOWN,
        "hidden": len(points) - len(seen),
        "back": f"{reverse('explore', args=[request.tenant.slug])}?{asked.query()}",
        "as_of": question.as_of,
    }
    return page(request, "metrics/explore_accounts.html", context)


def _period(request: TenantRequest, asked: Explored, months: Months) -> dt.date:
    """The period that `month` names; 404 for one that there is not."""
    try:
        found = parse_month(request.GET.get("month", ""))
    except ValueError as error:
        raise Http404 from error
    if not months.first <= found <= months.last or (asked.grain == Window.QUARTER and found.month % 3):
        raise Http404
    return found


def _weight(point: explore.Point) -> int:
    return max(point.sums.opening, point.sums.closing) if point.sums else point.base


def _account_row(
    request: TenantRequest, told: Told, account: Account, point: explore.Point, ledger: bool
) -> dict[str, Any]:
    sums = point.sums
    return {
        "name": account.name,
        "url": reverse("account_revenue" if ledger else "account", args=[request.tenant.slug, account.id]),
        "value": told.text(point.value),
        "base": number_text(point.base, 0),
        "opening": money_text(sums.base, told.currency) if sums else "",
        "closing": money_text(sums.closing, told.currency) if sums else "",
        "moved": cells.toned(sums.closing - sums.base, money_text(sums.closing - sums.base, told.currency, signed=True))
        if sums and sums.closing != sums.base
        else "–",
    }


@requires(Permission.VIEW_BOARD)
def as_csv(request: TenantRequest) -> HttpResponse:
    """The series as rows of period and value; the heads alone where there are no figures."""
    read = _read(request)
    if read is None:
        return csv_file(f"metrics-{request.tenant.slug}.csv", explore_files.HEAD, [])
    told = _told(request, *read, _question(request, read[0]))
    return csv_file(f"{_name(request, told)}.csv", explore_files.HEAD, explore_files.rows(told))


@requires(Permission.VIEW_BOARD)
def as_xlsx(request: TenantRequest) -> HttpResponse:
    """The same as a workbook with the definition on its second sheet."""
    read = _read(request)
    if read is None:
        return redirect("explore", request.tenant.slug)  # which says what is missing
    asked, months = read
    question = _question(request, asked)
    told = _told(request, asked, months, question)
    made = explore_files.workbook(told, explore_cells.definition(told, question.as_of, asked.known))
    return kept_as(f"{_name(request, told)}.xlsx", made, XLSX)


def _name(request: TenantRequest, told: Told) -> str:
    return f"{told.metric}-{request.tenant.slug}-{month_text(told.asked.last)}"
