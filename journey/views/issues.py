"""The issue log as a list: what customers miss, who answers it, what stands behind it; its export and saved views (ACC-14)."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Member, Segment
from accounts.views import filters
from accounts.views.saved import Viewed
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.money import from_minor
from cs_platform.kernel.sheets import csv_file
from cs_platform.kernel.templatetags.cells import number_text
from journey.issues import cells, selectors
from journey.issues.listing import ALL, CHOICES, SORTS, IssueQuery
from journey.models import Issue
from journey.models.issues import ENDED

PAGE = "issues"
# Views that everybody has.
BUILT_IN = (
    ("open", gettext_lazy("Open"), ""),
    ("mine", gettext_lazy("Of my customers"), "mine=1"),
    ("blocking", gettext_lazy("Blocking"), "weight=blocker"),
    ("risk", gettext_lazy("At risk"), "sort=risk"),
    ("promised", gettext_lazy("Promised"), "sort=promised"),
    ("untold", gettext_lazy("To be told"), "&".join([*(f"state={state.value}" for state in ENDED), "untold=1"])),
    ("all", gettext_lazy("All"), f"state={ALL}"),
)
VIEWS = Viewed(PAGE, gettext_lazy("Issues"), "issue_view", lambda given: IssueQuery.parse(given).text(view=""))
LABELS = {
    "function": gettext_lazy("Team"),
    "state": gettext_lazy("State"),
    "kind": gettext_lazy("Kind"),
    "weight": gettext_lazy("What it means to them"),
    "segment": gettext_lazy("Segment"),
    "mine": gettext_lazy("Accounts"),
    "untold": gettext_lazy("Told"),
}
EXPORTED = (
    "issue title kind team state reported_on promised_on ended_on owner_email accounts blocked arr arr_at_risk "
    "renewing_accounts renewing_arr not_told currency reference link answer"
)


@requires(Permission.VIEW_ACCOUNTS)
def issues(request: TenantRequest) -> HttpResponse:
    """The log. Its address is its state (`IssueQuery`)."""
    query, tenant, member = IssueQuery.parse(request.GET), request.tenant, request.member
    today = tenant.today()
    found = selectors.read_page(query, member, today)
    worth = selectors.worth(query, member, today)
    waiting = _waiting(query)
    behind = worth if waiting == query else selectors.worth(waiting, member, today)
    panel = _panel(query)
    total = worth.get((None, None), selectors.Worth())
    context = {
        "query": query,
        "views": VIEWS.shown(request, query.text(view=""), BUILT_IN),
        "summary": cells.summary(total, tenant.currency),
        "picture": cells.picture(behind, tenant.currency, lambda **to: _url(request, waiting.text(**to))),
        "panel": panel,
        "chips": _chips(request, query, panel),
        "hidden": {
            "search": [pair for pair in query.pairs() if pair[0] != "q"],
            "filters": [pair for pair in query.pairs() if pair[0] in {"q", "sort", "view"}],
        },
        "heads": cells.heads(lambda **to: _url(request, query.text(**to)), query.sort),
        "rows": [cells.row(row, tenant, today) for row in found.rows],
        "foot": {
            "shown": _("%(shown)s of %(found)s shown")
            % {"shown": number_text(len(found.rows), 0), "found": number_text(total.issues, 0)},
            "sorted": _("sorted by %(name)s") % {"name": SORTS[query.sort]},
            "previous_url": _url(request, found.previous) if found.previous else "",
            "next_url": _url(request, found.following) if found.following else "",
        },
        "any": bool(found.rows) or Issue.objects.exists(),
        "clear_url": _url(request, IssueQuery(sort=query.sort).text()),
        "all_url": _url(request, query.text(state=(ALL,), view="")),
        "export_url": f"{reverse('issues_csv', args=[tenant.slug])}?{query.text()}",
        "may_edit": may(request, Permission.EDIT_ACCOUNTS),
        "oob": bool(request.htmx and request.htmx.target == "issues-found"),
    }
    response = page(request, "journey/issues.html", context, pieces=("issues-list", "issues-found"))
    if request.htmx:
        response["HX-Push-Url"] = _url(request, query.address())
    return response


def _url(request: TenantRequest, text: str) -> str:
    return f"{reverse('issues', args=[request.tenant.slug])}?{text}".rstrip("?")


def _waiting(query: IssueQuery) -> IssueQuery:
    """What the picture counts: what is open within the filters of the list, those of team and state apart."""
    return IssueQuery(q=query.q, kind=query.kind, weight=query.weight, segment=query.segment, mine=query.mine)


def _panel(query: IssueQuery) -> list[dict[str, Any]]:
    """What can be filtered by: [{name, label, open, options}]."""
    names = [(name, name) for name in Segment.objects.order_by("position", "name").values_list("name", flat=True)]
    choices: dict[str, Any] = {name: choice.choices for name, choice in CHOICES.items()}
    choices["state"] = [*choices["state"], (ALL, _("Open and ended"))]
    choices["segment"] = names
    choices["mine"] = [("1", _("Those I look after"))]
    choices["untold"] = [("1", _("Not told yet"))]
    chosen = {name: getattr(query, name) for name in choices}
    chosen = {name: (("1",) if value is True else value or ()) for name, value in chosen.items()}
    return [filters.group(name, label, choices[name], chosen[name]) for name, label in LABELS.items()]


def _chips(request: TenantRequest, query: IssueQuery, panel: list[dict[str, Any]]) -> list[dict[str, Any]]:
    empty = IssueQuery()
    return filters.chips(panel, lambda name: _url(request, query.text(**{name: getattr(empty, name)})))


@requires(Permission.VIEW_ACCOUNTS)
def export(request: TenantRequest) -> HttpResponse:
    """All rows of the filters as CSV, in the list's order."""
    query, tenant = IssueQuery.parse(request.GET), request.tenant
    rows = selectors.all_rows(query, request.member, tenant.today())
    owners = Member.objects.select_related("user").in_bulk({row["owner_id"] for row in rows if row["owner_id"]})

    def arr(mrr: int) -> Any:
        return from_minor(mrr * 12, tenant.currency)

    lines = (
        [
            row["external_id"],
            row["title"],
            row["kind"],
            row["function"],
            row["state"],
            row["reported_on"],
            row["promised_on"],
            row["ended_on"],
            owners[row["owner_id"]].user.email if row["owner_id"] in owners else "",
            row["accounts"],
            row["blockers"],
            arr(row["mrr"]),
            arr(row["risk_mrr"]),
            row["renewing"],
            arr(row["renewing_mrr"]),
            row["untold"],
            tenant.currency,
            row["reference"],
            row["link"],
            row["answer"],
        ]
        for row in rows
    )
    return csv_file(f"issues-{tenant.slug}-{tenant.today()}.csv", EXPORTED.split(), lines)
