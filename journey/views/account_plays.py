"""Account → plays: what runs there, what ran, starting and stopping one by hand."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.account_frame import account_frame, open_account
from accounts.views.forms import form_page, saved
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.forms import accepted
from cs_platform.kernel.htmx import page
from cs_platform.kernel.keyset import uuid_of
from health.models import Alert
from journey.models import Play, Playbook
from journey.playbooks import cells, installing, letter_cells, selectors, services
from journey.playbooks.forms import StartForm, StopForm

SHOWN = 50


@requires(Permission.VIEW_ACCOUNTS)
def account_plays(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """Plays of the account, running ones first, each with its steps and what became of them."""
    account, today = open_account(request, account_id), request.tenant.today()
    plays = list(selectors.plays_of(account)[:SHOWN])
    made, seen = selectors.made_of(plays), {account.id}
    rows = [cells.play_row(play, made.get(play.id, {}), request.tenant.slug, today, seen) for play in plays]
    context = account_frame(request, account, "plays") | {"plays": rows}
    if not request.htmx:
        letters = selectors.letters_of(account)[:SHOWN]
        context["letters"] = [letter_cells.row(letter, request.tenant.slug) for letter in letters]
    return page(request, "journey/account_plays.html", context, pieces=("account-plays",))


@requires(Permission.EDIT_ACCOUNTS)
def play_new(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """Start a play by hand; `?alert=` names the alert that it answers, `?playbook=` the one that is offered."""
    account = open_account(request, account_id)
    installing.install()
    wished = uuid_of(request.POST.get("alert") or request.GET.get("alert") or "")
    alert = get_object_or_404(Alert, id=wished, account=account) if wished else None
    chosen = Playbook.objects.filter(id=uuid_of(request.GET.get("playbook", ""))).first()
    if chosen is None and alert is not None:
        chosen = selectors.startable().filter(rule=alert.rule).first()
    form = StartForm(request.POST if request.method == "POST" else None, chosen=chosen)
    back = reverse("account_plays", args=[request.tenant.slug, account.id])
    if form.is_bound and accepted(
        form, lambda v: services.start_play(account=account, by=request.member, alert=alert, **v)
    ):
        return saved(request, _("It runs: its first tasks are there."), back)
    return form_page(
        request,
        form,
        title=_("Start a play at %(name)s") % {"name": account.name},
        text=cells.alert_text(alert) if alert else "",
        submit=_("Start"),
        action=request.get_full_path(),
        back_url=back,
        back_label=account.name,
    )


@requires(Permission.EDIT_ACCOUNTS)
def play_stop(request: TenantRequest, account_id: UUID, play_id: UUID) -> HttpResponse:
    """Stop a play, with the reason."""
    account = open_account(request, account_id)
    play = Play.objects.select_related("playbook__playbook").filter(id=play_id, account=account).first()
    if play is None:
        raise Http404
    form = StopForm(request.POST if request.method == "POST" else None, initial={"version": play.version})
    back = reverse("account_plays", args=[request.tenant.slug, account.id])
    if form.is_bound and accepted(form, lambda v: services.stop_play(play=play, by=request.member, **v)):
        return saved(request, _("Stopped; its open tasks are cancelled."), back)
    return form_page(
        request,
        form,
        title=_("Stop: %(name)s") % {"name": cells.name(play.playbook.playbook)},
        submit=_("Stop the play"),
        danger=True,
        back_url=back,
        back_label=account.name,
    )
