"""Customers that pass from hand to hand: what waits for me, what I gave, my team's, what ended, who was never handed over
(ROL-02)."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.account_frame import account_frame, open_account
from accounts.models import Account
from cs_platform.kernel.access import Permission, Scope, TenantRequest, may, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.sheets import file_answer
from cs_platform.kernel.templatetags.cells import number_text
from journey.enums import HandoffKind
from journey.handoffs import cells, files, selectors
from journey.handoffs.selectors import HandoffQuery

FEW, MOST = 3, 50  # handoffs in the card beside an account's overview, and on the page behind it
LABELS = {
    "waiting": _("For me"),
    "given": _("Given by me"),
    "team": _("All that wait"),
    "ended": _("Over"),
    "missing": _("Not handed over"),
}


@requires(Permission.VIEW_ACCOUNTS)
def handoffs(request: TenantRequest) -> HttpResponse:
    """The list that the address asks for, with how many each list holds."""
    member, tenant, today = request.member, request.tenant, request.tenant.today()
    query = HandoffQuery.parse(request.GET, member)
    sums, found = selectors.counts(member, query, today), selectors.read_page(member, query, today)
    kind_asked = f"?{urlencode({'kind': query.kind})}" if query.kind else ""
    total = sums[f"late_{query.view}" if query.due else query.view]
    context: dict[str, Any] = {"rows": [], "missing": []}
    if query.view == "missing":
        context["missing"] = [cells.missing_row(one, tenant.slug, today) for one in found.rows]
        shown = ngettext("%(n)s customer", "%(n)s customers", total) % {"n": number_text(total, 0)}
    else:
        context["rows"] = cells.handoff_rows(found.rows, tenant, today, member)
        shown = ngettext("%(n)s handoff", "%(n)s handoffs", total) % {"n": number_text(total, 0)}
    context |= {
        "query": query,
        "tabs": [
            {
                "label": label,
                "url": _address(request, query, view=name),
                "current": name == query.view,
                "count": number_text(sums[name], 0),
            }
            for name, label in LABELS.items()
            if name != "team" or member.role.scope != Scope.OWN
        ],
        "kinds": [{"value": value, "label": label, "on": value == query.kind} for value, label in HandoffKind.choices],
        "filtered": bool(query.kind or query.due),
        "clear_url": _address(request, query, kind="", due=""),
        "summary": _summary(sums, own=member.role.scope == Scope.OWN),
        "may_edit": may(request, Permission.EDIT_ACCOUNTS),
        "here": request.get_full_path(),
        "exports": [
            {"label": form.upper(), "url": reverse(f"handoffs_{form}", args=[tenant.slug]) + kind_asked}
            for form in ("csv", "xlsx")
        ],
        "new_days": selectors.NEW_DAYS,
        "foot": {"shown": shown, **found.turns(request.path)},
    }
    return page(request, "journey/handoffs.html", context, pieces=("handoffs-found",))


@requires(Permission.VIEW_ACCOUNTS)
def export(request: TenantRequest, form: str) -> HttpResponse:
    """All handoffs that the reader sees, of the kind that is asked for, waiting and over, as a file."""
    query, tenant = HandoffQuery.parse(request.GET, request.member), request.tenant
    found = selectors.visible_handoffs(request.member).filter(query.narrowed())
    return file_answer(form, f"handoffs-{tenant.slug}-{tenant.today()}", files.HEAD, files.rows(found, tenant.zone))


@requires(Permission.VIEW_ACCOUNTS)
def account_handoffs(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """Handoffs of one customer: the card beside the overview, or a page with all of them."""
    account, today = open_account(request, account_id), request.tenant.today()
    few = bool(request.htmx)
    rows = list(selectors.of_account(account)[: FEW + 1 if few else MOST])
    context = {"account": account} if few else account_frame(request, account, "overview")
    context |= {
        "rows": cells.handoff_rows(rows[:FEW] if few else rows, request.tenant, today, request.member),
        "more": few and len(rows) > FEW,
        "here": reverse("account", args=[request.tenant.slug, account.id]) if few else request.path,
        "may_edit": may(request, Permission.EDIT_ACCOUNTS) and account.merged_into_id is None,
    }
    return page(request, "journey/account_handoffs.html", context, pieces=("account-handoffs",))


def seen_account(request: TenantRequest, account: Account) -> bool:
    """Whether the reader may open the account of a handoff that they see."""
    return Account.objects.visible_to(request.member).filter(id=account.id).exists()


def _summary(sums: dict[str, int], *, own: bool) -> str:
    """2 wait for you, 1 of them late."""
    waiting, late = sums["waiting"], sums["late_waiting"]
    text = ngettext("%(n)s waits for you", "%(n)s wait for you", waiting) % {"n": number_text(waiting, 0)}
    if late:
        text += " · " + ngettext("%(n)s late", "%(n)s late", late) % {"n": number_text(late, 0)}
    if not own and sums["late_team"] > late:
        words = ngettext("%(n)s late in all", "%(n)s late in all", sums["late_team"])
        text += " · " + words % {"n": number_text(sums["late_team"], 0)}
    return text


def _address(request: TenantRequest, query: HandoffQuery, **changes: Any) -> str:
    return f"{request.path}?{query.text(**changes)}".rstrip("?")
