"""The lost customers that nobody has asked why they left, and the answer: a queue, one press or the whole form (MET-10)."""

from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import churn as answers
from accounts.account_frame import open_account
from accounts.enums import ChurnCategory, Status
from accounts.forms import ChurnForm
from accounts.models import Account, ChurnAnswer
from accounts.views.forms import answer_form, posted, saved
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.htmx import page, toast
from cs_platform.kernel.templatetags.cells import day_text, number_text
from metrics.churn import cells as churn_cells
from metrics.models import AccountMonth
from metrics.showing import cells

SHOWN = {"queue": 25, "churn": 6}  # rows of the queue on its own page and as a part of Churn


def waiting_line(request: TenantRequest, book: QuerySet[Account]) -> dict[str, str] | None:
    """How many lost customers of the book nobody has asked, for Today and Week: {text, url}; None for nobody."""
    if not may(request, Permission.VIEW_ACCOUNTS):
        return None
    count = answers.unasked(book, request.tenant.dunning_days).count()
    if not count:
        return None
    text = ngettext(
        "%(n)s customer left and was not asked why", "%(n)s customers left and were not asked why", count
    ) % {"n": number_text(count, 0)}
    return {"text": text, "url": reverse("churn_unasked", args=[request.tenant.slug])}


def queue_part(request: TenantRequest, back: str) -> dict[str, Any]:
    """The lost customers that the member sees and nobody has asked why, who left first on top, as the page `back` shows
    them. What they paid at last is that of their last paid month. Two queries of the list, one of what is beside it."""
    slug, currency = request.tenant.slug, request.tenant.currency
    waiting = answers.unasked(Account.objects.visible_to(request.member), request.tenant.dunning_days)
    count, listed = waiting.count(), list(waiting.order_by("ended_on", "id")[: SHOWN[back]])
    paid = AccountMonth.objects.filter(account=OuterRef("id"), mrr__gt=0).order_by("-month").values("mrr")[:1]
    beside = Account.objects.filter(id__in=[a.id for a in listed]).annotate(last=Subquery(paid))
    last, owners = {}, {}
    for key, mrr, owner in beside.values_list("id", "last", "owner__name"):
        last[key], owners[key] = mrr, owner or ""
    rows = [
        {
            "name": account.name,
            "url": reverse("account_revenue", args=[slug, account.id]),
            "ended": day_text(account.ended_on),
            "arr": cells.short_money(12 * last[account.id], currency) if last[account.id] else "–",
            "owner": owners[account.id],
            "answer_url": f"{reverse('churn_answer', args=[slug, account.id])}?back={back}",
        }
        for account in listed
    ]
    return {
        "queue": rows,
        "waiting": count,
        "waiting_text": ngettext("%(n)s customer not asked yet", "%(n)s customers not asked yet", count)
        % {"n": number_text(count, 0)},
        "queue_url": reverse("churn_unasked", args=[slug]) if back == "churn" else "",
        "may_answer": may(request, Permission.EDIT_ACCOUNTS),
        "categories": ChurnCategory.choices,
        "shown": _("%(shown)s of %(found)s shown") % {"shown": len(rows), "found": number_text(count, 0)}
        if count > len(rows)
        else "",
    }


@requires(Permission.VIEW_ACCOUNTS)
def unasked(request: TenantRequest) -> HttpResponse:
    """Lost customers that nobody has asked, who left first on top; those of one's own book for a CSM."""
    return _queue_page(request, "queue")


def _queue_page(request: TenantRequest, back: str) -> HttpResponse:
    board = reverse("churn", args=[request.tenant.slug]) if may(request, Permission.VIEW_BOARD) else ""
    context = queue_part(request, back) | {"churn_url": board}
    return page(request, "metrics/churn_unasked.html", context, pieces=("churn-queue",))


def answer_card(request: TenantRequest, account: Account) -> dict[str, Any] | None:
    """Why an account left, for its revenue page: {said, about, note, url}; None for one that has not left."""
    if account.status != Status.CHURNED:
        return None
    ended_on = answers.last_end(account, request.tenant.dunning_days)
    known = answers.answer_about(account, ended_on)
    about = [day_text(ended_on)] if ended_on else []
    said = []
    if known:
        said = [str(known.get_category_display()), churn_cells.reason_name(known.reason)]
        about += [str(known.get_said_by_display()), known.recorded_by.name if known.recorded_by else ""]
    return {
        "said": ": ".join(part for part in said if part),
        "competitor": known.competitor if known else "",
        "note": known.note if known else "",
        "about": " · ".join(part for part in about if part),
        "url": reverse("churn_answer", args=[request.tenant.slug, account.id])
        if may(request, Permission.EDIT_ACCOUNTS)
        else "",
    }


@requires(Permission.EDIT_ACCOUNTS)
def answer(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """Why a customer left: the whole form in the drawer or as a page; from the queue one press of a category."""
    account = open_account(request, account_id)
    if account.status != Status.CHURNED:
        raise DomainError(_("%(name)s has not left.") % {"name": account.name}, code="not_left")
    ended_on = answers.last_end(account, request.tenant.dunning_days)
    known = ChurnAnswer.objects.filter(account=account, ended_on=ended_on).first()
    urls = {"churn": "churn", "queue": "churn_unasked"}
    back = request.GET.get("back", "")
    if back == "churn" and not may(request, Permission.VIEW_BOARD):
        back = "queue"
    if request.method == "POST" and "quick" in request.POST:
        back = back if back in urls else "queue"
        answers.record_answer(
            account=account, category=request.POST["quick"], ended_on=ended_on, by=request.member, version=0
        )
        text = _("%(name)s: recorded.") % {"name": account.name}
        if request.htmx:
            return toast(_queue_page(request, back), text)
        return saved(request, text, reverse(urls[back], args=[request.tenant.slug]))
    url = (
        reverse(urls[back], args=[request.tenant.slug])
        if back in urls
        else reverse("account_revenue", args=[request.tenant.slug, account.id])
    )
    about = answers.answer_about(account, ended_on)
    form = ChurnForm(posted(request), initial=ChurnForm.values_of(known, about), reasons=answers.reasons())
    look: dict[str, Any] = {
        "action": request.get_full_path(),
        "title": _("Why did %(name)s leave?") % {"name": account.name},
        "text": _("Service ended on %(day)s. Ask, and write down what they say.") % {"day": day_text(ended_on)}
        if ended_on
        else _("About its last end of service."),
        "back_url": url,
        "back_label": {"churn": _("Churn"), "queue": _("Not asked yet")}.get(back, account.name),
        "submit": _("Record"),
        "offered": [reason.label for reason in form.offered],
    }

    def act(told: dict[str, Any]) -> None:
        answers.record_answer(account=account, ended_on=ended_on, by=request.member, **told)

    def theirs() -> dict[str, Any]:
        fresh = ChurnAnswer.objects.filter(account=account, ended_on=ended_on).first()
        return ChurnForm.values_of(fresh, fresh)

    return answer_form(request, form, act, _("%(name)s: recorded.") % {"name": account.name}, look, theirs=theirs)
