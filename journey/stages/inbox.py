"""What of journeys waits for a member in the inbox: proposals to go back that nobody answered (JRN-24, PAGES)."""

from collections.abc import Sequence
from typing import Any

from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy

from accounts.cells import short_day
from accounts.models import Account, Member, in_care_of
from cs_platform.kernel.access import TenantRequest
from health.alerts import beside
from journey.enums import Answer
from journey.models import Regression
from journey.stages.cells import proposal


def waiting(member: Member) -> QuerySet[Any]:
    """Open proposals of the accounts that the member looks after, and of those that nobody does and they see; a merged
    part is looked after with the account that went on. With the moment `at`, the latest first."""
    mine = Account.objects.visible_to(member).filter(in_care_of(member) | Q(owner=None)).values("id")
    whose = Q(track__account__merged_into=None, track__account__in=mine) | Q(track__account__merged_into__in=mine)
    rows = Regression.objects.filter(whose, state=Answer.OPEN).annotate(at=F("opened_at"))
    return rows.order_by("-at", "-id")


def with_fact(rows: QuerySet[Any]) -> QuerySet[Any]:
    """With everything that a line says."""
    return rows.select_related("track__account__merged_into", "track__unit", "period__track__unit")


def line(request: TenantRequest, row: Regression) -> beside.Line:
    """Halcyon Freight: does it go back, with the fact behind it; the journey of the account has both answers."""
    tenant, today = request.tenant, request.tenant.today()
    account = row.track.account.merged_into or row.track.account
    said = proposal(row, row.period, today)
    return beside.Line(
        title=account.name,
        text=" · ".join(part for part in (said["title"], said["fact"]) if part),
        url=reverse("account_journey", args=[tenant.slug, account.id]),
        when=short_day(row.as_of, today),
    )


def lines(request: TenantRequest, rows: QuerySet[Any], limit: int) -> Sequence[beside.Line]:
    """The first of them, for the card of the inbox."""
    return [line(request, row) for row in with_fact(rows)[:limit]]


DECISIONS = beside.Kind("inbox-decisions", gettext_lazy("Decisions about the journey"), "decisions", waiting, lines)


def register() -> None:
    """Called once, when the apps are ready."""
    if DECISIONS not in beside.KINDS:
        beside.KINDS.append(DECISIONS)
