"""Settings: how likely each stage of the pipeline is (EXP-05), and what opens a signal (TRG-13, TRG-14)."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.settings_sections import section_page, url
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.forms import accepted
from expansion import cells_rules, lifecycle, selectors, services
from expansion.enums import DealStage, Trigger
from expansion.forms_growth import ChanceForm, SignalRuleForm
from expansion.models import SignalRule, StageChance
from expansion.rules import NUMBERS

SECTION = "expansion"


@requires(Permission.MANAGE_JOURNEY)
def expansion(request: TenantRequest) -> HttpResponse:
    """The chance of each stage, the usual one or the company's own, and the rules of signals."""
    own = {row.stage: row.chance for row in StageChance.objects.all()}
    context = {
        "stages": [
            {
                "name": stage.label,
                "chance": _("%(chance)s%%") % {"chance": own.get(stage, lifecycle.CHANCES[stage])},
                "own": stage in own,
                "usual": _("%(chance)s%%") % {"chance": lifecycle.CHANCES[stage]},
                "url": url(request, "chance", stage.value),
            }
            for stage in lifecycle.OPEN
        ],
        "rules": cells_rules.rules_shown(selectors.limits(), lambda trigger: url(request, "signal_rule", trigger)),
        "cap": cells_rules.cap(),
    }
    return section_page(request, SECTION, "expansion/settings.html", context)


@requires(Permission.MANAGE_JOURNEY)
def signal_rule(request: TenantRequest, signal_trigger: str) -> HttpResponse:
    """Change from where on a trigger opens signals, or switch it off. The next night goes by it."""
    if signal_trigger not in NUMBERS:
        raise Http404
    trigger, mine = Trigger(signal_trigger), SignalRule.objects.filter(trigger=signal_trigger).first()
    form = SignalRuleForm(
        request.POST if request.method == "POST" else None,
        trigger=trigger, limits=selectors.limits(), version=mine.version if mine else 0,
    )  # fmt: skip

    def save(data: dict[str, Any]) -> None:
        services.set_signal_rule(
            trigger=trigger, enabled=data["enabled"], thresholds=form.thresholds(), version=data["version"] or 0,
            by=request.member,
        )  # fmt: skip

    title = _("What opens a signal: %(trigger)s") % {"trigger": trigger.label}
    return _edit(request, form, save, title, _("Saved. The next run follows it."))


@requires(Permission.MANAGE_JOURNEY)
def chance(request: TenantRequest, deal_stage: str) -> HttpResponse:
    """Change the chance of a stage, or take the usual one again. Open deals without a chance of their own follow at once."""
    if deal_stage not in lifecycle.OPEN:
        raise Http404
    stage, mine = DealStage(deal_stage), StageChance.objects.filter(stage=deal_stage).first()
    form = ChanceForm(
        request.POST if request.method == "POST" else None,
        initial={"version": mine.version if mine else 0, "chance": mine.chance if mine else None},
    )

    def save(data: dict[str, Any]) -> None:
        services.set_chance(stage=stage, chance=data["chance"], version=data["version"] or 0, by=request.member)

    return _edit(request, form, save, _("Chance of “%(stage)s”") % {"stage": stage.label}, _("Saved."))


def _edit(
    request: TenantRequest, form: Form, save: Callable[[dict[str, Any]], None], title: str, said: str
) -> HttpResponse:
    """A form of this section, a page of its own or in the drawer; what is refused is answered by 422 at its fields."""
    if request.method == "POST" and accepted(form, save):
        messages.success(request, said)
        return redirect(url(request, SECTION))
    context = {"title": title, "form": form, "back": url(request, SECTION)}
    status = 422 if form.is_bound else 200
    return section_page(request, SECTION, "settings/edit.html", context, pieces=("drawer-body",), status=status)
