"""The mails of a draft as a customer would get them: beside the editor while one writes, and as a test to oneself."""

from smtplib import SMTPException
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.enums import Status
from accounts.models import Account, Contact
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.asked import number_of
from cs_platform.kernel.errors import DomainError
from journey.playbooks import draft_form, letter_cells, sending
from journey.playbooks.mail import Mail, read_mail
from journey.playbooks.texts import LANGUAGES
from journey.views.playbooks import open_playbook

OFFERED = 30


def offered(request: TenantRequest) -> list[str]:
    """Customers that the field proposes: the largest that the member sees."""
    rows = Account.objects.visible_to(request.member).filter(status=Status.LIVE, merged_into=None)
    return list(rows.order_by("-mrr_minor", "name").values_list("name", flat=True)[:OFFERED])


def about(request: TenantRequest, wished: str) -> Account | None:
    """The customer of that name or external id, as the member sees them."""
    rows = Account.objects.visible_to(request.member).filter(merged_into=None).select_related("owner__user")
    wished = wished.strip()
    if not wished:
        return None
    return rows.filter(external_id=wished).first() or rows.filter(name_key=wished.lower()).order_by("id").first()


def previews(rows: list[draft_form.Row], account: Account | None, language: str) -> dict[int, dict[str, Any]]:
    """How the mails of these rows look for an account, by place."""
    read = {place: _read(row) for place, row in enumerate(rows) if row["kind"] == "mail"}
    if account is None:
        problem = _("Choose a customer above to see how the mail looks for them.")
        return {place: {"problem": error or problem} for place, (_mail, error) in read.items()}
    good = [place for place, (_mail, error) in read.items() if not error]
    texts = dict(zip(good, sending.previews([read[place][0] for place in good], account, language), strict=True))
    found = {}
    for place, (_mail, error) in read.items():
        if error:
            found[place] = {"problem": error}
            continue
        text, to = texts[place]
        reason = "" if isinstance(to, Contact) else str(to)
        found[place] = {
            "subject": text.subject,
            "body": text.body,
            "to": f"{to.name}, {to.email}" if isinstance(to, Contact) else "",
            "reason": letter_cells.reason(reason or text.problem),
        }
    return found


def _read(row: draft_form.Row) -> tuple[Mail, str]:
    problems: dict[str, str] = {}
    [step] = draft_form.steps_of([row])
    mail = read_mail(step["mail"], 0, problems)
    return mail, next(iter(problems.values()), "")


@requires(Permission.MANAGE_JOURNEY)
@require_POST
def playbook_mail(request: TenantRequest, playbook_id: UUID) -> HttpResponse:
    """One mail (`step`) of what stands in the form: for the chosen customer; with `test` it is also sent to oneself."""
    open_playbook(playbook_id)
    rows, place = draft_form.posted(request.POST), number_of(request.GET.get("step", ""))
    if place is None or place >= len(rows) or rows[place]["kind"] != "mail":
        raise Http404
    account, language = about(request, request.POST.get("about", "")), request.POST.get("language", "")
    language = language if language in LANGUAGES else LANGUAGES[0]
    m = previews([rows[place]], account, language)[0]
    if "test" in request.GET and account is not None and "problem" not in m:
        try:
            sending.send_test(mail=_read(rows[place])[0], language=language, account=account, by=request.member)
            m["said"] = _("Sent to %(email)s.") % {"email": request.member.user.email}
        except (DomainError, SMTPException, OSError) as error:
            m = {"problem": _("The mail server did not take it: %(error)s") % {"error": str(error)[:200]}}
    return render(request, "journey/mail_preview.html", {"m": m})
