"""Set-up → Playbooks: which are on, how they run, one with its steps, versions, runs and what became of the accounts
(REQUIREMENTS 1K, JRN-34, RELIABILITY)."""

import datetime as dt
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.models import Account, Segment
from accounts.views.forms import form_page, saved
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.forms import accepted
from cs_platform.kernel.htmx import page
from cs_platform.kernel.templatetags.cells import number_text
from health.enums import VersionState
from journey.enums import LetterState
from journey.models import Play, Playbook, PlaybookVersion
from journey.playbooks import cells, dry_run, installing, jobs, letter_cells, selectors, services
from journey.playbooks.definition import Steps
from journey.playbooks.forms import NameForm, SettingForm

RUNS, PLAYS, HISTORY, HELD, LISTED = 14, 30, 20, 20, 20


@requires(Permission.VIEW_WEEK)
def playbooks(request: TenantRequest) -> HttpResponse:
    """All playbooks, those that a rule starts first: on or off, how many run, how many end done, the last start."""
    installing.install()
    books = list(Playbook.objects.select_related("segment").order_by("name"))
    live = PlaybookVersion.objects.filter(state=VersionState.PUBLISHED, playbook__in=books)
    steps = {version.playbook_id: len(version.steps) for version in live}
    tallies, today = selectors.tallies(books), request.tenant.today()
    rows = [cells.book_row(b, tallies[b.id], steps.get(b.id, 0), request.tenant.slug, today) for b in books]
    on = sum(book.enabled for book in books)
    failed = selectors.visible_letters(request.member).filter(state=LetterState.FAILED).count()
    context = {
        "groups": [
            {
                "title": _("Started by alert rules"),
                "rows": [row for row in rows if not row["by_hand"]],
                "by_rule": True,
            },
            {"title": _("Started by people"), "rows": [row for row in rows if row["by_hand"]], "by_rule": False},
        ],
        "summary": ngettext("%(n)s of %(all)s is on", "%(n)s of %(all)s are on", on) % {"n": on, "all": len(books)},
        "alive": jobs.alive(),
        "mails_url": reverse("letters", args=[request.tenant.slug]),
        "mails_failed": ngettext("%(n)s not sent", "%(n)s not sent", failed) % {"n": failed} if failed else "",
        "may_edit": may(request, Permission.MANAGE_JOURNEY),
        "rules_url": reverse("settings_alert_rules", args=[request.tenant.slug])
        if may(request, Permission.MANAGE_HEALTH)
        else "",
    }
    return page(request, "journey/playbooks.html", context)


@requires(Permission.MANAGE_JOURNEY)
def playbook_new(request: TenantRequest) -> HttpResponse:
    """A playbook of the company's own; its steps are written next."""
    form = NameForm(request.POST if request.method == "POST" else None)
    made: list[Playbook] = []
    if form.is_bound and accepted(
        form, lambda v: made.append(services.add_playbook(name=v["name"], by=request.member))
    ):
        return redirect("playbook_draft", request.tenant.slug, made[0].id)
    back = reverse("playbooks", args=[request.tenant.slug])
    return form_page(request, form, title=_("New playbook"), back_url=back, back_label=_("Playbooks"))


@requires(Permission.VIEW_WEEK)
def playbook(request: TenantRequest, playbook_id: UUID) -> HttpResponse:
    """One playbook: what starts it, its steps, its runs and plays, what was held back, its versions."""
    book = open_playbook(playbook_id)
    slug, today, as_of = request.tenant.slug, request.tenant.today(), request.tenant.figures_as_of
    history = list(book.versions.select_related("author").order_by("-number")[: HISTORY + 1])
    live = next((row for row in history if row.state == VersionState.PUBLISHED), None)
    plays = list(
        selectors.listed(selectors.visible_plays(request.member).filter(playbook__playbook=book)).order_by(
            "-started_at", "-id"
        )[:PLAYS]
    )
    judged = jobs.judge([book], as_of) if book.rule and live else []
    held = [pair for each in judged for pair in each.chosen.held_back]
    names = _names(request, [cause.account_id for cause, _why in held[:HELD]])
    segments = segment_names()
    tally = selectors.tallies([book])[book.id]
    context = {
        "book": book,
        "title": cells.name(book),
        "rule": cells.rule_name(book.rule),
        "live": live,
        "steps": cells.step_rows(Steps.read(live.steps), segments) if live else [],
        "tally": cells.tally_texts(tally, today),
        "versions": [cells.version_row(new, old) for new, old in pairwise([*history, None]) if new is not None][
            :HISTORY
        ],
        "has_draft": any(row.state == VersionState.DRAFT for row in history),
        "runs": [cells.run_row(row, today) for row in selectors.runs(book, RUNS)],
        "plays": _play_rows(request, plays, today),
        "held": [
            {
                "name": names[cause.account_id],
                "url": reverse("account", args=[slug, cause.account_id]),
                "why": why.label,
            }
            for cause, why in held[:HELD]
            if cause.account_id in names
        ],
        "held_count": len(held),
        "alive": jobs.alive(),
        "may_edit": may(request, Permission.MANAGE_JOURNEY),
        **_mails(request, book, history),
    }
    return page(request, "journey/playbook.html", context)


def _mails(request: TenantRequest, book: Playbook, history: list[PlaybookVersion]) -> dict[str, Any]:
    """Its latest mails to accounts that the member sees, and how many went; not asked for where no version has one."""
    if not any("mail" in step for version in history for step in version.steps):
        return {}
    rows = selectors.letters_of_book(book, request.member)
    return {
        "letters": [letter_cells.row(row, request.tenant.slug) for row in rows[:PLAYS]],
        "letter_counts": letter_cells.counts(selectors.letter_states(book, request.member)),
    }


def _play_rows(request: TenantRequest, plays: list[Play], today: dt.date) -> list[dict[str, Any]]:
    """Plays with their steps and the account's health when they began and later."""
    made = selectors.made_of(plays)
    health = selectors.health_around(plays, today)
    seen = {play.account_id for play in plays}
    return [
        cells.play_row(play, made.get(play.id, {}), request.tenant.slug, today, seen)
        | {"health": cells.scores(health[play.id])}
        for play in plays
    ]


@requires(Permission.MANAGE_JOURNEY)
def playbook_settings(request: TenantRequest, playbook_id: UUID) -> HttpResponse:
    """Name, rule, segment, cap, days of quiet."""
    book = open_playbook(playbook_id)
    form = SettingForm(request.POST if request.method == "POST" else None, playbook=book)
    back = reverse("playbook", args=[request.tenant.slug, book.id])
    if form.is_bound and accepted(form, lambda v: services.set_playbook(playbook=book, by=request.member, **v)):
        return saved(request, _("Saved. The next run follows it."), back)
    return form_page(request, form, title=_("What starts it"), back_url=back, back_label=cells.name(book))


@requires(Permission.MANAGE_JOURNEY)
@require_POST
def playbook_switch(request: TenantRequest, playbook_id: UUID) -> HttpResponse:
    """On or off."""
    book = open_playbook(playbook_id)
    on = request.POST.get("on") == "1"
    try:
        services.switch(playbook=book, on=on, version=None, by=request.member)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        text = _("On: the next new alert starts it.") if on else _("Off: nothing new begins; plays that run go on.")
        messages.success(request, text)
    return redirect("playbook", request.tenant.slug, book.id)


@requires(Permission.VIEW_WEEK)
def playbook_trial(request: TenantRequest, playbook_id: UUID) -> HttpResponse:
    """The dry run over the past 90 days, of the published steps or of the draft (`?of=draft`). Nothing is written."""
    book = open_playbook(playbook_id)
    state = VersionState.DRAFT if request.GET.get("of") == "draft" else VersionState.PUBLISHED
    version = book.versions.filter(state=state).first()
    found = None
    if book.rule and version and version.steps:
        found = dry_run.dry_run(book, Steps.read(version.steps), request.tenant.figures_as_of)
    names = _names(request, [account for account, _day in found.plays]) if found else {}
    context = {
        "book": book,
        "title": cells.name(book),
        "trial": cells.trial(found, names, request.tenant.slug, request.tenant.today(), LISTED) if found else None,
        "of_draft": state == VersionState.DRAFT,
        "may_edit": may(request, Permission.MANAGE_JOURNEY),
    }
    return page(request, "journey/playbook_trial.html", context)


@requires(Permission.MANAGE_JOURNEY)
@require_POST
def playbook_undo(request: TenantRequest, playbook_id: UUID) -> HttpResponse:
    """Take back what the runs of a day started."""
    book = open_playbook(playbook_id)
    try:
        day = dt.date.fromisoformat(request.POST.get("day", ""))
    except ValueError:
        raise Http404 from None
    count = services.undo_run(playbook=book, day=day, by=request.member)
    text = ngettext("%(n)s play was taken back.", "%(n)s plays were taken back.", count) % {"n": number_text(count, 0)}
    messages.success(request, text)
    return redirect("playbook", request.tenant.slug, book.id)


@requires(Permission.MANAGE_JOURNEY)
@require_POST
def play_undo(request: TenantRequest, play_id: UUID) -> HttpResponse:
    """Take back one play."""
    play = selectors.visible_plays(request.member).select_related("playbook").filter(id=play_id).first()
    if play is None:
        raise Http404
    services.undo_play(play=play, version=None, by=request.member)
    messages.success(request, _("The play was taken back; what was done stays."))
    return redirect("playbook", request.tenant.slug, play.playbook.playbook_id)


def open_playbook(playbook_id: UUID) -> Playbook:
    """The playbook of the URL, or 404."""
    row = Playbook.objects.select_related("segment").filter(id=playbook_id).first()
    if row is None:
        raise Http404
    return row


def segment_names() -> dict[str, str]:
    return {str(key): name for key, name in Segment.objects.values_list("id", "name")}


def _names(request: TenantRequest, accounts: list[UUID]) -> dict[UUID, str]:
    """Names of those of these accounts that the member sees."""
    return dict(Account.objects.visible_to(request.member).filter(id__in=accounts).values_list("id", "name"))
