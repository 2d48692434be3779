"""Which figures did this move? From an import, or a paid period and its versions, to the months and terms of the board."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.account_frame import open_account
from accounts.dossier import periods_of, versions_of
from accounts.models import Import
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.money import money_text
from cs_platform.kernel.templatetags.cells import moment_text, month_name, number_text
from metrics.enums import MovementKind, Window
from metrics.figures.asked import Asked
from metrics.figures.questions import last_closes
from metrics.proof.closing_checks import refreshing
from metrics.proof.lineage_cells import reason_text
from metrics.proof.moved import Moved, moved_by
from metrics.showing import board_cells, cells
from metrics.showing.definitions import MOVEMENTS


@requires(Permission.VIEW_BOARD)
def of_import(request: TenantRequest, import_id: UUID) -> HttpResponse:
    """What a file did to the ledger: sums only, over all its accounts."""
    run = get_object_or_404(Import.objects.select_related("created_by"), id=import_id)
    meta = [run.filename, moment_text(run.started_at or run.created_at)]
    return _page(request, _("Figures that this import moved"), meta, [{"rows": _rows(request, moved_by(run))}])


@requires(Permission.VIEW_BOARD)
def of_period(request: TenantRequest, account_id: UUID, subscription_id: UUID) -> HttpResponse:
    """What each version of a paid period did to the ledger, newest version first."""
    account = open_account(request, account_id)
    period = get_object_or_404(periods_of(account), id=subscription_id)
    found = moved_by(period)
    groups = [
        {
            "title": origin.change.get_kind_display(),
            "meta": " · ".join(
                part
                for part in (
                    moment_text(origin.change.recorded_at),
                    origin.filename or origin.change.actor,
                    reason_text(origin.change.reason),
                )
                if part
            ),
            "rows": _rows(request, [each for each in found if each.change_id == origin.change.id]),
        }
        for origin in versions_of(period)
    ]
    return _page(request, _("Figures that this period moved"), [account.name, period.external_id], groups)


def _page(request: TenantRequest, title: str, meta: Sequence[str], groups: list[dict[str, Any]]) -> HttpResponse:
    context = {"title": title, "meta": " · ".join(meta), "groups": groups, "refreshing": refreshing()}
    return page(request, "metrics/moved.html", context)


def _rows(request: TenantRequest, found: Sequence[Moved]) -> list[dict[str, Any]]:
    """A row for each month and term, with the way down to its accounts and lines; whether Finance has signed the month."""
    closes = last_closes() if found else {}
    return [
        {
            "month": month_name(each.month, short=True),
            "kind": MovementKind(each.kind).label,
            "accounts": ngettext("%(n)s account", "%(n)s accounts", each.accounts) % {"n": number_text(each.accounts)},
            "amount": cells.toned(each.amount, money_text(each.amount, each.currency, signed=True)),
            "closed": each.month in closes,
            "url": board_cells.lineage_url(
                request.tenant.slug,
                MOVEMENTS,
                Asked(month=each.month, window=Window.MONTH),
                part=each.kind,
                account=each.account_id,
            ),
        }
        for each in found
    ]
