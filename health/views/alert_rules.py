"""Settings: alert rules with thresholds, switches, a trial on the past, and the log of their runs (HLT-05, RELIABILITY)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.models import Account
from accounts.settings_sections import section_page, url
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.asked import version_of
from cs_platform.kernel.forms import accepted
from cs_platform.kernel.templatetags.cells import day_text, moment_text
from health.alerts import cells, jobs, services
from health.alerts.forms import RuleForm
from health.alerts.rules import RULES
from health.alerts.services import Simulation
from health.enums import AlertState
from health.models import Alert, AlertRule, AlertRun

RUNS = 20
LISTED = 50  # firings that a simulation names


@requires(Permission.MANAGE_HEALTH)
def rules(request: TenantRequest) -> HttpResponse:
    """All rules with what they do now, the main switch, and the latest runs."""
    own = {row.key: row for row in AlertRule.objects.all()}
    now = Alert.objects.filter(state=AlertState.OPEN).order_by().values("rule").annotate(n=Count("pk"))
    open_now = {row["rule"]: row["n"] for row in now}
    held = jobs.held_now(request.tenant.figures_as_of)
    rows = [
        {
            "label": rule.label,
            "requirement": rule.requirement,
            "explained": rule.explained,
            "url": url(request, "alert_rule", key),
            "level": rule.level.label,
            "tone": cells.TONES[rule.level],
            "on": own[key].enabled if key in own else True,
            "thresholds": cells.thresholds(
                rule.thresholds, rule.defaults() | (own[key].thresholds if key in own else {})
            ),
            "open": f"{open_now.get(key, 0):,}",
            "open_url": f"{reverse('inbox', args=[request.tenant.slug])}?rule={key}",
            "held": held.get(key, ""),
        }
        for key, rule in RULES.items()
    ]
    runs = [_run_row(request, run) for run in AlertRun.objects.select_related("undone_by")[:RUNS]]
    context = {"rows": rows, "runs": runs, "alive": jobs.ALL not in own or own[jobs.ALL].enabled}
    return section_page(request, "alert_rules", "alerts/rules.html", context)


@requires(Permission.MANAGE_HEALTH)
def rule(request: TenantRequest, rule_key: str) -> HttpResponse:
    """One rule: its form, and with "simulate" what these numbers would have done in the past 90 days."""
    found = services.rule_of(rule_key)
    if found is None:
        raise Http404
    row = AlertRule.objects.filter(key=rule_key).first()
    setting = jobs.setting_of(rule_key)
    form = RuleForm(request.POST if request.method == "POST" else None, setting=setting, on=row is None or row.enabled)
    simulated: dict[str, Any] | None = None

    def act(given: dict[str, Any]) -> None:
        nonlocal simulated
        chosen = {"thresholds": form.thresholds(), "cap": given["cap"], "cooldown_days": given["cooldown_days"]}
        if "simulate" in request.POST:
            done = services.simulate(rule=found, as_of=request.tenant.figures_as_of, **chosen)
            simulated = _simulated(request, done)
        else:
            services.set_rule(rule=found, enabled=given["enabled"], version=_version(request), **chosen)

    if form.is_bound and accepted(form, act, entries_only=True) and simulated is None:
        messages.success(request, _("Saved. The next run follows it."))
        return redirect(url(request, "alert_rules"))
    context = {
        "title": found.label,
        "rule": found,
        "form": form,
        "version": row.version if row else 0,
        "simulated": simulated,
        "back": url(request, "alert_rules"),
    }
    status = 422 if form.errors else 200
    return section_page(request, "alert_rules", "alerts/rule.html", context, status=status)


@requires(Permission.MANAGE_HEALTH)
@require_POST
def switch(request: TenantRequest) -> HttpResponse:
    """The main switch."""
    on = request.POST.get("on") == "1"
    services.switch_all(on=on)
    messages.success(request, _("Rules run again.") if on else _("Every rule is off. Open alerts stay as they are."))
    return redirect(url(request, "alert_rules"))


@requires(Permission.MANAGE_HEALTH)
@require_POST
def undo(request: TenantRequest, alert_run_id: UUID) -> HttpResponse:
    """Take back what a run opened."""
    count = services.undo_run(run=get_object_or_404(AlertRun, id=alert_run_id), by=request.member)
    text = ngettext("%(n)s alert was taken back.", "%(n)s alerts were taken back.", count) % {"n": f"{count:,}"}
    messages.success(request, text)
    return redirect(url(request, "alert_rules"))


def _version(request: TenantRequest) -> int | None:
    """The version that the person saw; none for a rule that nobody had set."""
    return version_of(request) or None


def _run_row(request: TenantRequest, run: AlertRun) -> dict[str, Any]:
    tallies = {key: tally for key, tally in run.rules.items() if key in RULES}
    notes = []
    for key, tally in tallies.items():
        name = RULES[key].label
        if tally.get("capped"):
            notes.append(_("%(rule)s: %(n)s held back by the cap") % {"rule": name, "n": f"{tally['capped']:,}"})
        if tally.get("held") and tally["held"] != "off":
            notes.append(_("%(rule)s: held, nothing new since %(day)s") % {"rule": name, "day": tally["held"]})
    whole = run.rules.get(jobs.ALL)
    return {
        "at": moment_text(run.started_at),
        "day": day_text(run.as_of),
        "what": _("Night, %(n)s accounts") % {"n": f"{whole['accounts']:,}"} if whole else _("After new signals"),
        "opened": f"{run.opened:,}",
        "resolved": f"{run.resolved:,}",
        "matched": f"{sum(int(t.get('matched', 0)) for t in tallies.values()):,}",
        "notes": notes,
        "undone": _("Undone by %(who)s") % {"who": run.undone_by.name if run.undone_by else "–"} if run.undone_at else "",
        "undo_url": url(request, "alert_run_undo", run.id) if run.opened and not run.undone_at else "",
    }  # fmt: skip


def _simulated(request: TenantRequest, done: Simulation) -> dict[str, Any]:
    """The finding first: how often, on whom, who of them left; then the firings, latest first."""
    accounts = Account.objects.in_bulk({account for account, _day in done.fired})
    fired = sorted(done.fired, key=lambda pair: (pair[1], pair[0]), reverse=True)
    words = {"n": f"{len(fired):,}", "accounts": f"{done.accounts:,}", "left": f"{done.left_later:,}"}
    finding = ngettext(
        "It would have fired %(n)s time, on %(accounts)s accounts, of which %(left)s left later.",
        "It would have fired %(n)s times, on %(accounts)s accounts, of which %(left)s left later.",
        len(fired),
    )
    return {
        "finding": finding % words,
        "about": _("Played on each seventh day of the past %(days)s, on %(n)s accounts. Left: within 180 days after it fired.")
        % {"days": done.days, "n": f"{done.looked_at:,}"},
        "capped": _("%(n)s more were held back by the cap.") % {"n": f"{done.capped:,}"} if done.capped else "",
        "rows": [
            {
                "name": accounts[account].name,
                "url": reverse("account", args=[request.tenant.slug, account]),
                "day": day_text(day),
            }
            for account, day in fired[:LISTED]
            if account in accounts
        ],
        "more": max(len(fired) - LISTED, 0),
    }  # fmt: skip
