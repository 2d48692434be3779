"""Who speaks for us and who may be asked: tiles, candidates, a request that waits, referrals, why asks fail (ADV-01, ADV-04)."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.account_frame import account_frame, open_account
from accounts.customers import EARLIEST
from accounts.models import Member, Segment
from accounts.views import filters
from advocacy import cells, criteria_cells, figures_cells, matching, program, request_cells, selectors
from advocacy.enums import Consent, Criterion
from advocacy.enums import Standing as State
from advocacy.listing import QUALIFIED, CandidateQuery
from advocacy.models import ReferenceRequest
from advocacy.standings import Sight
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.keyset import uuid_of
from cs_platform.kernel.sheets import csv_file
from cs_platform.kernel.templatetags.cells import number_text

VIEWS = (
    ("", gettext_lazy("All"), "all"),
    (QUALIFIED, gettext_lazy("Qualified"), QUALIFIED),
    (State.READY.value, gettext_lazy("Ready"), "ready"),
    (State.RESTING.value, gettext_lazy("Resting"), "resting"),
    (State.WAITING.value, gettext_lazy("Legal"), "waiting"),
    (State.OPEN.value, gettext_lazy("To enrol"), "open"),
)
LABELS = {
    "segment": gettext_lazy("Segment"),
    "owner": gettext_lazy("Owner"),
    "consent": gettext_lazy("Consent"),
    "missing": gettext_lazy("Missing or not known"),
}
PIECES = ("candidates", "candidates-found")  # what filters and pages change
FEW = 5  # assets and matches beside the candidates
EXPORTED = (
    "account name person standing healthy proven champion profile adopted renewed qualified_since consent consent_until legal "
    "asks_180_days last_asked_on rests_until"
)


@requires(Permission.VIEW_ACCOUNTS)
def advocacy(request: TenantRequest) -> HttpResponse:
    """The program at a glance. Its address is the state of the candidates' list (`CandidateQuery`)."""
    query, tenant, today = CandidateQuery.parse(request.GET), request.tenant, request.tenant.today()
    sight = Sight(request.member, today)
    found = selectors.read_page(query, sight)
    counts = selectors.counts(sight)
    panel = _panel(query)
    context: dict[str, Any] = {
        "query": query,
        "views": [
            {
                "label": label,
                "url": _url(request, query.text(view=name)),
                "current": name == query.view,
                "count": number_text(counts[key], 0),
            }
            for name, label, key in VIEWS
        ],
        "rows": cells.candidate_rows(found.rows, selectors.named(found.rows), tenant, today),
        "panel": panel,
        "chips": filters.chips(panel, lambda name: _url(request, query.text(**{name: ()}))),
        "hidden": {
            "search": [pair for pair in query.pairs() if pair[0] != "q"],
            "filters": [pair for pair in query.pairs() if pair[0] in {"q", "view"}],
        },
        "filtered": query.filtered or bool(query.view),
        "foot": {
            "shown": _("%(shown)s of %(all)s")
            % {"shown": number_text(len(found.rows), 0), "all": number_text(counts["all"], 0)},
            "previous_url": _url(request, found.previous) if found.previous else "",
            "next_url": _url(request, found.following) if found.following else "",
        },
        "any": bool(found.rows) or selectors.filled(),
        "clear_url": _url(request, ""),
        "export_url": f"{reverse('advocacy_csv', args=[tenant.slug])}?{query.text()}",
        "may_edit": may(request, Permission.EDIT_ACCOUNTS),
        "may_manage": may(request, Permission.MANAGE_JOURNEY),
        "oob": bool(request.htmx and request.htmx.target == "candidates-found"),
    }
    if not request.htmx or request.htmx.target not in PIECES:
        context |= _around(request, sight, counts, query)
    response = page(request, "advocacy/candidates.html", context, pieces=PIECES)
    if request.htmx:
        response["HX-Push-Url"] = _url(request, query.address())
    return response


def _around(request: TenantRequest, sight: Sight, counts: dict[str, int], query: CandidateQuery) -> dict[str, Any]:
    """What stands around the list: tiles, the request that waits longest, the funnel, the failures, the assets."""
    tenant, member, slug, today = request.tenant, request.member, request.tenant.slug, sight.today
    figures = program.figures(program.Span.year_to(today), sight)
    waiting = selectors.open_requests()
    chosen = _chosen(request, waiting)
    assets = reverse("advocacy_assets", args=[slug])
    urls = {
        "ready": _url(request, query.text(view=State.READY.value)),
        "requests": reverse("advocacy_requests", args=[slug]),
        "referrals": reverse("advocacy_referrals", args=[slug]),
        "assets": assets,
        "reviews": f"{assets}?kind=review",
        "current": query.view,
    }
    used = selectors.assets(member, today).order_by("-used", "-recorded_at", "-id")[:FEW]
    return {
        "tiles": figures_cells.tiles(
            counts, figures, len(waiting), request_cells.requests_foot(waiting, today), tenant, urls
        ),
        "funnel": figures_cells.funnel(figures, tenant),
        "asked_any": bool(figures.funnel[0].count),
        "costs": figures_cells.costs(figures, tenant),
        "best": figures_cells.best_source(figures, tenant),
        "failures": figures_cells.failures(figures),
        "failed": figures_cells.failed_text(figures) if figures.given.asks else "",
        "failed_n": number_text(figures.given.failed, 0),
        "worth": figures_cells.worth(figures, tenant),
        "successes": figures_cells.successes(figures),
        "assets": [cells.asset_row(one, tenant, today) for one in used],
        "assets_n": number_text(figures.given.assets, 0),
        "ending": number_text(counts["ending"], 0),
        "match": _match(request, sight, chosen, waiting) if chosen else None,
    }


def _chosen(request: TenantRequest, waiting: list[ReferenceRequest]) -> ReferenceRequest | None:
    """The request that the address names, else the most urgent one."""
    key = uuid_of(request.GET.get("request", ""))
    return next((one for one in waiting if one.id == key), waiting[0] if waiting else None)


def _match(
    request: TenantRequest, sight: Sight, chosen: ReferenceRequest, waiting: list[ReferenceRequest]
) -> dict[str, Any]:
    tenant, today = request.tenant, sight.today
    place = waiting.index(chosen)
    following = waiting[(place + 1) % len(waiting)]
    found = matching.matches(chosen, sight)
    free = [one for one in found if one.refusal is None][:FEW]
    blocked = [one for one in found if one.refusal is not None][: max(FEW - len(free), 2)]
    return {
        "head": request_cells.request_head(chosen, today),
        "place": _("%(n)s of %(all)s requests") % {"n": place + 1, "all": len(waiting)},
        "rows": request_cells.match_rows([*free, *blocked], chosen, tenant, today),
        "url": reverse("reference_request", args=[tenant.slug, chosen.id]),
        "next_url": f"{request.path}?{urlencode({'request': str(following.id)})}" if len(waiting) > 1 else "",
    }


def _url(request: TenantRequest, text: str) -> str:
    return f"{reverse('advocacy', args=[request.tenant.slug])}?{text}".rstrip("?")


def _panel(query: CandidateQuery) -> list[dict[str, Any]]:
    """What can be filtered by."""
    people = Member.objects.filter(is_active=True).order_by("name", "id")
    choices: dict[str, Any] = {
        "segment": [(str(one.id), one.name) for one in Segment.objects.order_by("position", "name")],
        "owner": [(str(one.id), one.name) for one in people],
        "consent": Consent.choices,
        "missing": Criterion.choices,
    }
    return [filters.group(name, label, choices[name], getattr(query, name)) for name, label in LABELS.items()]


@requires(Permission.VIEW_ACCOUNTS)
def export(request: TenantRequest) -> HttpResponse:
    """All candidates of the filters as CSV, in the list's order."""
    query, tenant = CandidateQuery.parse(request.GET), request.tenant
    rows = selectors.all_rows(query, Sight(request.member, tenant.today()))
    people = selectors.named(rows).advocates
    names = selectors.external_ids({row.account_id for row in rows})
    words = {True: "met", False: "missing", None: "unknown"}

    def line(row: Any) -> list[Any]:
        advocate = people.get(row.advocate_id)
        return [
            names[row.account_id], row.name, advocate.contact.name if advocate else "", row.standing,
            *(words[met] for met in row.marks.values()), row.qualified_since, row.consent, row.consent_until, row.legal, row.asks,
            row.last_on, row.rests_until,
        ]  # fmt: skip

    return csv_file(f"advocacy-{tenant.slug}-{tenant.today()}.csv", EXPORTED.split(), map(line, rows))


@requires(Permission.VIEW_ACCOUNTS)
def standing(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """Why an account may be asked or not: the six criteria with what each was judged by, and its people; in the drawer."""
    return _of_account(request, account_id, "advocacy/standing.html")


@requires(Permission.VIEW_ACCOUNTS)
def account_advocacy(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """The account's tab: criteria, people, asks, what it gave and whom it led to."""
    return _of_account(request, account_id, "advocacy/account.html")


def _of_account(request: TenantRequest, account_id: UUID, template: str) -> HttpResponse:
    account, tenant = open_account(request, account_id), request.tenant
    today = tenant.today()
    found = selectors.of_account(account, today)
    people = {row.advocate_id: row for row in found.standings if row.advocate_id}
    first = found.standings[0] if found.standings else None
    here = reverse("account_advocacy", args=[tenant.slug, account.id])
    context = account_frame(request, account, "advocacy") | {
        "standing": cells.state(first, today) if first else None,
        "qualified": bool(first and first.qualified),
        "qualified_since": first.qualified_since if first else None,
        "successes": criteria_cells.successes(program.successes_of(found.parts, program.Span(EARLIEST, today))),
        "criteria": criteria_cells.criteria(first, found.evidence, tenant) if first and first.judged else [],
        "people": [cells.person_row(people[one.id], one, tenant, today) for one in found.advocates if one.id in people],
        "asks": [cells.ask_row(one, tenant, today) for one in found.asks],
        "assets": [cells.asset_row(one, tenant, today) for one in found.assets],
        "referrals": [cells.referral_row(one, tenant, today) for one in found.referrals],
        "came_by": found.came_by,
        "back": f"back={here}",
        "here": here,
    }
    return page(request, template, context, pieces=("drawer-body",))
