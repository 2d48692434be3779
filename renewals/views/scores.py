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
from cs_platform.kernel.templatetags.cells import day_text
from renewals import cells_effort, cells_scores, effort, scores, selectors
from renewals.cells_marks import days_word
from renewals.enums import Caller, SaveState
from renewals.models import SavePlay

YEAR = 365  # days that are judged
RUNNING = 5  # save plays that are named


@requires(Permission.VIEW_ACCOUNTS)
def renewals_scores(request: TenantRequest) -> HttpResponse:
    """A page, and the lower half of the renewals; `lead` says how long before the end a call is judged. Nine queries."""
    tenant, member, today = request.tenant, request.member, request.tenant.today()
    wished = number_of(request.GET.get("lead", ""), 3)
    lead = wished if wished in scores.LEADS else 60
    seen, since = selectors.visible(member), today - dt.timedelta(days=YEAR)
    worth = factors(tenant=tenant)
    calls = scores.scored(seen, since, lead, by=worth)
    by_csm = [call for call in calls if call.caller == Caller.CSM]
    accounts = Account.objects.visible_to(member)
    plays = SavePlay.objects.filter(account__in=accounts.order_by().values("id"))
    running = plays.filter(state=SaveState.RUNNING).select_related("account").order_by("-mrr_minor", "id")[:RUNNING]
    path = reverse("renewals_scores", args=[tenant.slug])
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
    context = {
        "best": best,
        "bias": cells_scores.bias(
            scores.grouped(by_csm, lambda call: (call.member, call.member_id)),
            tenant,
            open_lists=member.role.scope != Scope.OWN,
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
