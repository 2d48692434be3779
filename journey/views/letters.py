"""Mails of playbooks: the log, and one on its account: read it, change it, send it sooner, cancel it."""

from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.account_frame import open_account
from accounts.models import Account
from accounts.views.forms import saved
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.asked import version_of
from cs_platform.kernel.forms import accepted
from cs_platform.kernel.htmx import page
from cs_platform.kernel.keyset import uuid_of
from journey.enums import LetterState
from journey.models import Letter
from journey.playbooks import cells, letter_cells, letters, selectors, sending

SHOWN = 100
FIRST = {LetterState.FAILED: 0, LetterState.WAITING: 1}  # of the log: what somebody may want to do something about


class LetterForm(forms.Form):
    """What a waiting mail says."""

    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=sending.SUBJECT)
    body = forms.CharField(
        label=gettext_lazy("Text"), max_length=letters.LONGEST, widget=forms.Textarea(attrs={"rows": 12})
    )


class CancelForm(forms.Form):
    """Why it does not go."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=sending.REASON, required=False)


def letter_of(account: Account, letter_id: UUID) -> Letter:
    """The letter of the URL, to this account or to one that was merged into it; else 404."""
    row = selectors.letters_of(account).filter(id=letter_id).first()
    if row is None:
        raise Http404
    return row


@requires(Permission.VIEW_ACCOUNTS)
def letters_page(request: TenantRequest) -> HttpResponse:
    """The latest mails to customers that the member sees, or to one of them (`account`): those that were not sent, those that
    wait, then the others (`state` for one kind)."""
    wished = request.GET.get("state", "")
    state = wished if wished in LetterState.values else ""
    wished_account = uuid_of(request.GET.get("account", ""))
    account = open_account(request, wished_account) if wished_account else None
    rows = selectors.visible_letters(request.member, account)
    found = list((rows.filter(state=state) if state else rows)[: SHOWN + 1])
    found.sort(key=lambda row: FIRST.get(LetterState(row.state), len(FIRST)))
    tabs = [("", _("All")), *LetterState.choices]
    url = reverse("letters", args=[request.tenant.slug])
    kept = {"account": str(account.id)} if account else {}
    context = {
        "account": account,
        "all_url": url,
        "may_edit": may(request, Permission.EDIT_ACCOUNTS),
        "letters": [letter_cells.row(row, request.tenant.slug) for row in found[:SHOWN]],
        "more": len(found) > SHOWN,
        "limit": SHOWN,
        "tabs": [
            {"label": label, "url": _query(url, kept | ({"state": key} if key else {})), "current": key == state}
            for key, label in tabs
        ],
    }
    return page(request, "journey/letters.html", context)


def _query(url: str, pairs: dict[str, str]) -> str:
    return f"{url}?{urlencode(pairs)}" if pairs else url


@requires(Permission.VIEW_ACCOUNTS)
def letter(request: TenantRequest, account_id: UUID, letter_id: UUID) -> HttpResponse:
    """One mail: its text, to whom, what became of it. While it waits it can be changed, sent and cancelled."""
    account = open_account(request, account_id)
    return _page(request, account, letter_of(account, letter_id))


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def letter_change(request: TenantRequest, account_id: UUID, letter_id: UUID) -> HttpResponse:
    """Save another text, send it now or cancel it (`verb`)."""
    account = open_account(request, account_id)
    row, verb, version = letter_of(account, letter_id), request.POST.get("verb", "save"), version_of(request) or 0
    back = reverse("account_plays", args=[request.tenant.slug, account.id])
    if request.POST.get("from") == "log":
        back = reverse("letters", args=[request.tenant.slug])
    form: forms.Form
    if verb == "save":
        form = LetterForm(request.POST)
        if accepted(form, lambda v: sending.change_letter(letter=row, version=version, by=request.member, **v)):
            return saved(request, _("Saved. It goes with this text."), back)
    elif verb == "cancel":
        form = CancelForm(request.POST)
        if accepted(form, lambda v: sending.cancel_letter(letter=row, version=version, by=request.member, **v)):
            return saved(request, _("This mail does not go."), back)
    elif verb == "send":
        form = forms.Form(request.POST)
        if accepted(form, lambda _values: sending.send_now(letter=row, version=version, by=request.member)):
            return saved(request, _("It goes within a minute."), back)
    else:
        raise Http404
    return _page(request, account, letter_of(account, letter_id), form)


def _page(request: TenantRequest, account: Account, row: Letter, form: forms.Form | None = None) -> HttpResponse:
    """The mail; with what was refused, and what was typed."""
    typed = form if isinstance(form, LetterForm) else LetterForm(initial={"subject": row.subject, "body": row.body})
    problems = [] if form is None else [*form.non_field_errors(), *form.errors.get("reason", [])]
    context = {
        "account": account,
        "letter": letter_cells.row(row, request.tenant.slug),
        "play": cells.name(row.play.playbook.playbook),
        "version": row.version,
        "form": typed,
        "problems": problems,
        "may_edit": may(request, Permission.EDIT_ACCOUNTS),
        "change_url": reverse("letter_change", args=[request.tenant.slug, account.id, row.id]),
        "back_url": reverse("account_plays", args=[request.tenant.slug, account.id]),
        "log_url": reverse("letters", args=[request.tenant.slug]),
    }
    stale = form is not None and version_of(request) != row.version
    status = 200 if form is None else 409 if stale else 422
    return page(request, "journey/letter.html", context, pieces=("drawer-body",), status=status)
