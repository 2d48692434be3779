"""Insights → Movements: what moved MRR, month by month and line by line, why, and what of it the CS team owns (MET-07)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.db.models import Sum
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.models import Account, Member, Subscription
from accounts.views.forms import answer_form, posted, saved
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.htmx import page
from cs_platform.kernel.keyset import uuid_of
from cs_platform.kernel.money import from_minor, money_text
from cs_platform.kernel.periods import add_months, month_or_none, month_text, months_between
from cs_platform.kernel.sheets import csv_file
from cs_platform.kernel.templatetags.cells import month_name, number_text
from metrics.enums import MovementKind, MovementReason, Window
from metrics.figures import questions, selectors
from metrics.figures.asked import Asked, Months
from metrics.insights import movements_cells as columns
from metrics.insights.movement_rows import Filters, Line, Moved, disagreements, owned, page_of, sums
from metrics.insights.movements import note_movement
from metrics.insights.movements_forms import BulkNoteForm, MovementNoteForm
from metrics.models import MovementNote, MrrMovement
from metrics.showing.board_cells import hidden_text, lineage_url
from metrics.showing.definitions import MOVEMENTS
from metrics.views.board import no_figures

SHOWN = 50
MONTHS_SHOWN = 12
MOST_MONTHS = 60
CSV_COLUMNS = [
    "account", "name", "month", "movement", "reason", "reason_read_off", "cs_owned", "note", "subscription_id", "product",
    "amount", "currency", "source",
]  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """What the page is asked: filters, and the line that the list goes on after."""

    filters: Filters
    after: UUID | None = None

    @property
    def segment(self) -> str:
        return self.filters.segment

    @classmethod
    def parse(cls, params: Mapping[str, str], months: Months) -> Self:
        """What cannot be read falls back to the usual; months outside of the figures to the nearest."""
        last = months.clamp(month_or_none(params.get("to", "")) or months.last)
        first = months.clamp(month_or_none(params.get("from", "")) or add_months(last, 1 - MONTHS_SHOWN))
        first = max(min(first, last), add_months(last, 1 - MOST_MONTHS))
        kind, reason, whose = params.get("kind", ""), params.get("reason", ""), params.get("owned", "")
        return cls(
            Filters(
                first=first,
                last=last,
                kind=kind if kind in MovementKind.values else "",
                reason=reason if reason in MovementReason.values else "",
                owned={"yes": True, "no": False}.get(whose),
                segment=params.get("segment", "").replace("\0", ""),
                owner=uuid_of(params.get("owner", "")),
                q=params.get("q", "").replace("\0", "").strip()[:100],
            ),
            uuid_of(params.get("after", "")),
        )

    def query(self, **changes: Any) -> str:
        """The query string of this choice with `changes` to its filters; the list begins anew unless `after` is given."""
        after = changes.pop("after", None)
        f = replace(self.filters, **changes)
        whose = {True: "yes", False: "no", None: ""}[f.owned]
        pairs = {
            "from": month_text(f.first), "to": month_text(f.last), "kind": f.kind, "reason": f.reason, "owned": whose,
            "segment": f.segment, "owner": f.owner or "", "q": f.q, "after": after or "",
        }  # fmt: skip
        return urlencode({name: value for name, value in pairs.items() if value})


def _read(request: TenantRequest) -> tuple[Choice, Months, list[str]] | None:
    return selectors.read_state(Choice, request.GET.dict(), request.tenant)


@requires(Permission.VIEW_BOARD)
def movements(request: TenantRequest) -> HttpResponse:
    """Sums that are the board's, their picture and reasons, and the lines; `from`, `to`, `kind`, `reason`, `owned`,
    `segment`, `owner` and `q` choose."""
    read = _read(request)
    if read is None:
        return page(request, "metrics/board_empty.html", {"empty": no_figures(request) | {"page": _("Movements")}})
    choice, months, names = read
    asked, currency, slug = choice.filters, request.tenant.currency, request.tenant.slug
    url = reverse("movements", args=[slug])
    everything = sums(Filters(asked.first, asked.last, segment=asked.segment))
    found = everything
    if asked.q or asked.owner:
        found = sums(Filters(asked.first, asked.last, segment=asked.segment, owner=asked.owner, q=asked.q))
    of_all_kinds = [one for one in found if _passes(one, replace(asked, kind=""))]
    moved = [one for one in found if _passes(one, asked)]
    question = questions.ask(frm=asked.first, to=asked.last, segment=asked.segment)
    board = selectors.sums_by_month(question, Window.MONTH)
    shown = list(months_between(asked.first, asked.last))

    def link(**changes: Any) -> str:
        return f"{url}?{choice.query(**changes)}"

    context = {
        "url": url,
        "asked": asked,
        "csv_url": f"{reverse('movements_csv', args=[slug])}?{choice.query()}",
        "subline": _("%(first)s to %(last)s, as known now")
        % {"first": month_name(asked.first), "last": month_name(asked.last)},
        "tiles": columns.tiles(of_all_kinds, owned(of_all_kinds), currency, asked.kind, link),
        "picture": columns.picture(moved, shown, currency),
        "reasons": columns.reasons(moved, currency, link),
        "check": columns.check(disagreements(everything, board), len(shown), currency, narrow=asked.narrow),
        "narrow": asked.narrow,
        "lineage_url": lineage_url(slug, MOVEMENTS, Asked(asked.last, Window.MONTH, asked.segment)),
        "chips": _chips(choice, url),
        **_choices(months, names, asked),
        **_list(request, choice, url),
    }
    return page(request, "metrics/movements.html", context, pieces=("movements",))


def _passes(one: Moved, asked: Filters) -> bool:
    return (
        (not asked.kind or one.kind == asked.kind)
        and (not asked.reason or one.reason == asked.reason)
        and (asked.owned is None or one.owned == asked.owned)
    )


def _choices(months: Months, names: list[str], asked: Filters) -> dict[str, Any]:
    owners = Member.objects.filter(is_active=True, accounts__isnull=False).distinct().order_by("name")
    return {
        "months": [
            {"value": month_text(month), "label": month_name(month)}
            for month in reversed(list(months_between(months.first, months.last)))
        ],
        "first": month_text(asked.first),
        "last": month_text(asked.last),
        "segments": names,
        "kinds": MovementKind.choices,
        "reason_choices": MovementReason.choices,
        "owners": [{"value": str(key), "label": name} for key, name in owners.values_list("id", "name")],
        "owner": str(asked.owner or ""),
        "whose": {True: "yes", False: "no", None: ""}[asked.owned],
    }


def _chips(choice: Choice, url: str) -> list[dict[str, str]]:
    asked = choice.filters
    found = [
        ("kind", _("Movement"), columns.kind_label(asked.kind) if asked.kind else ""),
        ("reason", _("Reason"), columns.reason_label(asked.reason) if asked.reason else ""),
        ("segment", _("Segment"), asked.segment),
        ("q", _("Account"), asked.q),
    ]
    chips = [
        {"label": label, "value": value, "url": f"{url}?{choice.query(**{name: ''})}"}
        for name, label, value in found
        if value
    ]
    if asked.owned is not None:
        text = _("yes") if asked.owned else _("no")
        chips.append({"label": _("CS-owned"), "value": text, "url": f"{url}?{choice.query(owned=None)}"})
    if asked.owner is not None:
        name = Member.objects.filter(id=asked.owner).values_list("name", flat=True).first() or _("unknown")
        chips.append({"label": _("CSM"), "value": name, "url": f"{url}?{choice.query(owner=None)}"})
    return chips


def _list(request: TenantRequest, choice: Choice, url: str) -> dict[str, Any]:
    slug, currency = request.tenant.slug, request.tenant.currency
    found = page_of(choice.filters, request.member, after=choice.after, limit=SHOWN + 1)
    edit = may(request, Permission.EDIT_ACCOUNTS)
    back = choice.query(after=choice.after)

    def note_url(line: Line) -> str:
        return f"{reverse('movement_note', args=[slug, line.id])}?{back}" if edit else ""

    seen = found.total - found.hidden
    return {
        "rows": [columns.row(slug, line, currency, note_url(line)) for line in found.lines[:SHOWN]],
        "bulk_url": f"{reverse('movement_notes', args=[slug])}?{back}" if edit else "",
        "bulk": BulkNoteForm() if edit else None,
        "hidden": f"{hidden_text(found.hidden)}: {money_text(found.hidden_amount, currency, signed=True)}"
        if found.hidden
        else "",
        "foot": {
            "shown": ngettext("%(n)s movement", "%(n)s movements", seen) % {"n": number_text(seen)},
            "sorted": _("latest month first, largest amount first"),
            "previous_url": f"{url}?{choice.query()}" if choice.after else "",
            "next_url": f"{url}?{choice.query(after=found.lines[SHOWN - 1].id)}" if len(found.lines) > SHOWN else "",
        },
    }


@requires(Permission.VIEW_BOARD)
def movements_csv(request: TenantRequest) -> HttpResponse:
    """The same lines as a file, all of those that the reader may open."""
    read = _read(request)
    rows: list[list[Any]] = []
    if read is not None:
        found = page_of(read[0].filters, request.member, limit=None)
        currency = request.tenant.currency
        rows = [
            [
                line.external_id, line.name, month_text(line.month), line.kind, line.reason, line.derived,
                "yes" if line.owned else "no", line.said, line.line, line.product or "",
                from_minor(line.amount, currency), currency, columns.source_text(line),
            ]
            for line in found.lines
        ]  # fmt: skip
        if found.hidden:
            text = hidden_text(found.hidden)
            rows.append(["", text, *[""] * 8, from_minor(found.hidden_amount, currency), currency, ""])
    return csv_file(f"movements-{request.tenant.slug}.csv", CSV_COLUMNS, rows)


def _back(request: TenantRequest) -> str:
    """The list as it stood when the form was opened."""
    months = selectors.months_of(request.tenant)
    url = reverse("movements", args=[request.tenant.slug])
    if months is None:
        return url
    choice = Choice.parse(request.GET.dict(), months)
    return f"{url}?{choice.query(after=choice.after)}"


def _line_of(request: TenantRequest, line_id: UUID) -> MrrMovement:
    """A ledger line of an account that the member sees and that is not currency; 404 otherwise."""
    lines = MrrMovement.objects.exclude(kind=MovementKind.FX).select_related("account", "subscription")
    return get_object_or_404(lines, id=line_id, account__in=Account.objects.visible_to(request.member))


def _periods_of(line: MrrMovement) -> list[Subscription]:
    """The paid periods that make up the line of the list: those under its subscription id that moved in its month."""
    moved = MrrMovement.objects.filter(account_id=line.account_id, month=line.month).exclude(kind=MovementKind.FX)
    same = Subscription.objects.filter(external_id=line.subscription.external_id)
    return list(same.filter(id__in=moved.values("subscription_id")).order_by("start_on"))


def _said(line: MrrMovement) -> MovementNote | None:
    return MovementNote.objects.filter(
        account_id=line.account_id, month=line.month, subscription_id=line.subscription_id
    ).first()


def _note(line: MrrMovement, by: Member, said: dict[str, Any]) -> None:
    """Say it of the whole line: of every period that it is made of."""
    for period in _periods_of(line):
        note_movement(account=line.account, month=line.month, subscription=period, by=by, **said)


@requires(Permission.EDIT_ACCOUNTS)
def movement_note(request: TenantRequest, line_id: UUID) -> HttpResponse:
    """Say why a line moved and whether the CS team owns it. Saying nothing at all takes back what was said."""
    line = _line_of(request, line_id)
    form = MovementNoteForm(posted(request), said=_said(line))
    moved = MrrMovement.objects.filter(account_id=line.account_id, month=line.month, kind=line.kind)
    whole = moved.filter(subscription__external_id=line.subscription.external_id).aggregate(sum=Sum("amount_minor"))
    kind, amount = columns.kind_label(line.kind), money_text(whole["sum"], request.tenant.currency, signed=True)
    look = {
        "action": request.get_full_path(),
        "title": _("Why did it move?"),
        "text": _("%(account)s, %(month)s: %(kind)s %(amount)s. Read off the terms: %(reason)s.")
        % {
            "account": line.account.name,
            "month": month_name(line.month),
            "kind": kind,
            "amount": amount,
            "reason": columns.reason_label(line.reason),
        },
        "back_url": _back(request),
        "back_label": _("Movements"),
    }

    def act(_values: dict[str, Any]) -> None:
        with transaction.atomic():
            _note(line, request.member, form.said())

    return answer_form(request, form, act, _("What you said stands beside the line."), look)


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def movement_notes(request: TenantRequest) -> HttpResponse:
    """Say the same of several lines at once: what is left empty stays as it is on each. All or none."""
    back = _back(request)
    ids = [key for key in map(uuid_of, request.POST.getlist("line")) if key]
    form = BulkNoteForm(request.POST)
    problem = ""
    if not ids:
        problem = _("Choose at least one line.")
    elif len(ids) > SHOWN:
        problem = _("At most %(n)s lines can be changed at once.") % {"n": SHOWN}
    elif not form.is_valid():
        problem = " ".join(str(text) for texts in form.errors.values() for text in texts)
    elif not form.says_something():
        problem = _("Choose a reason or whose it is.")
    if problem:
        messages.error(request, problem)
        return redirect(back)
    lines = _lines_of(request, ids)
    try:
        with transaction.atomic():
            for line in lines:
                _note(line, request.member, form.over(_said(line)))
    except DomainError as error:  # that one line has no such reason
        messages.error(request, f"{line.account.name}: {error.message}")
        return redirect(back)
    count = len(lines)
    return saved(
        request,
        ngettext("%(n)s line is marked.", "%(n)s lines are marked.", count) % {"n": number_text(count)},
        back,
    )


def _lines_of(request: TenantRequest, ids: list[UUID]) -> list[MrrMovement]:
    """The lines, every one of which the member may open; 404 when one is not there."""
    visible = Account.objects.visible_to(request.member)
    lines = MrrMovement.objects.exclude(kind=MovementKind.FX).filter(id__in=ids, account__in=visible)
    found = list(lines.select_related("account", "subscription"))
    if len(found) != len(set(ids)):
        raise Http404
    return found
