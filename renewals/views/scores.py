"""How good the calls were, whether steps came in time, what became of save plays (REN-05, HLT-12, HLT-13)."""

import datetime as dt

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Account
from accounts.rates import factors
from cs_platform.kernel.access import Permission, Scope, TenantRequest, requires
from cs_platform.kernel.asked import number_of
from cs_platform.kernel.htmx import page
from cs_platform.kernel.sheets import file_answer
from cs_platform.kernel.templatetags.cells import day_text
from renewals import cells_effort, cells_scores, effort, files, scores, selectors
from renewals.cells_marks import days_word
from renewals.cells_scores import SHOWN
from renewals.enums import Caller, SaveState
from renewals.listing import NONE
from renewals.models import Renewal, SavePlay

YEAR = 365  # days that are judged
RUNNING = 5  # save plays that are named


def _lead(request: TenantRequest) -> int:
    wished = number_of(request.GET.get("lead", ""), 3)
    return wished if wished in scores.LEADS else 60


@requires(Permission.VIEW_ACCOUNTS)
def renewals_scores(request: TenantRequest) -> HttpResponse:
    """A page, and the lower half of the renewals; `lead` says how long before the end a call is judged. Eleven queries."""
    tenant, member, today = request.tenant, request.member, request.tenant.today()
    lead = _lead(request)
    seen, since = selectors.visible(member), today - dt.timedelta(days=YEAR)
    worth = factors(tenant=tenant)
    by_lead = {each: scores.scored(seen, since, each, by=worth) for each in scores.LEADS}
    calls = by_lead[lead]
    by_csm = [call for call in calls if call.caller == Caller.CSM]
    accounts = Account.objects.visible_to(member)
    plays = SavePlay.objects.filter(account__in=accounts.order_by().values("id"))
    running = plays.filter(state=SaveState.RUNNING).select_related("account").order_by("-mrr_minor", "id")[:RUNNING]
    path = reverse("renewals_scores", args=[tenant.slug])
    behind = reverse("renewals_calls", args=[tenant.slug])
    best = cells_scores.best(
        scores.grouped(calls, lambda call: call.caller),
        scores.grouped(calls, lambda call: (call.caller, scores.quarter_of(call.closed_on))),
        scores.average(calls),
        len({call.renewal_id for call in calls}),
        lead,
    )
    best["leads"] = [
        {"label": days_word(days), "url": f"{path}?lead={days}", "current": days == lead} for days in scores.LEADS
    ]
    errors = {each: scores.grouped(found, lambda call: call.caller) for each, found in by_lead.items()}
    context = {
        "best": best,
        "error": cells_scores.error(errors, tenant, behind),
        "results_url": reverse("renewals_results", args=[tenant.slug]),
        "bias": cells_scores.bias(
            scores.grouped(by_csm, lambda call: (call.member, call.member_id)),
            tenant,
            open_lists=member.role.scope != Scope.OWN,
            behind=f"{behind}?caller={Caller.CSM}&lead={lead}",
        ),
        "steps": cells_scores.steps(
            scores.steps_in_time(seen, since, today),
            scores.late_steps(seen, today, worth),
            scores.kept_by_lateness(seen, since),
            tenant,
        ),
        "effort": cells_effort.segments(effort.means(accounts, dt.datetime.combine(since, dt.time(), tenant.zone))),
        "saves": cells_scores.saves(scores.save_rates(plays, since), list(running), tenant, today),
        "summary": _("Renewals decided from %(first)s to %(last)s")
        % {"first": day_text(since), "last": day_text(today)},
    }
    return page(request, "renewals/scores.html", context, pieces=("renewals-scores",))


def _judged(request: TenantRequest) -> tuple[list[scores.Scored], str, int]:
    """The calls behind a number of the page: of one caller at one lead, and of one member where it says so; those furthest off
    in money first."""
    seen, since = selectors.visible(request.member), request.tenant.today() - dt.timedelta(days=YEAR)
    caller = request.GET.get("caller", "")
    caller, lead, who = (
        caller if caller in Caller.values else Caller.SYSTEM.value,
        _lead(request),
        request.GET.get("member"),
    )
    calls = [
        call for call in scores.scored(seen, since, lead, by=factors(tenant=request.tenant)) if call.caller == caller
    ]
    if who is not None:
        calls = [call for call in calls if str(call.member_id or NONE) == who]
    return sorted(calls, key=lambda call: (-abs(call.error), call.closed_on, call.renewal_id)), caller, lead


@requires(Permission.VIEW_ACCOUNTS)
def renewals_calls(request: TenantRequest) -> HttpResponse:
    """The renewals behind a score, each with what was called and what stayed; they add up to it. Three queries."""
    tenant = request.tenant
    calls, caller, lead = _judged(request)
    names = Renewal.objects.select_related("account").in_bulk([call.renewal_id for call in calls[:SHOWN]])
    query = request.GET.urlencode()
    context = {
        "calls": cells_scores.calls(calls, names, Caller(caller), lead, tenant),
        "files": [
            {"label": label, "url": f"{reverse(name, args=[tenant.slug])}?{query}"}
            for label, name in (("CSV", "renewals_calls_csv"), ("XLSX", "renewals_calls_xlsx"))
        ],
    }
    return page(request, "renewals/calls.html", context)


@requires(Permission.VIEW_ACCOUNTS)
def calls_file(request: TenantRequest, form: str) -> HttpResponse:
    """All of them as rows; `form` is csv or xlsx."""
    calls, _caller, lead = _judged(request)
    names = Renewal.objects.select_related("account").in_bulk([call.renewal_id for call in calls])
    return file_answer(
        form, "renewal-calls", files.CALLS_HEAD, files.call_rows(calls, names, lead, request.tenant.currency)
    )
