"""The frame of every tenant page: navigation, tenant switcher, palette commands. One registry for all of them.

What a role may not open is absent, not disabled (PAGES).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import IntegerField, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.enums import Status
from accounts.models import Account, Tenant
from accounts.settings_sections import permissions
from cs_platform.kernel.access import Permission, may
from cs_platform.kernel.templatetags.cells import number_text
from expansion.selectors import open_deals
from health.alerts import beside
from health.alerts.selectors import waiting
from journey.work.selectors import due_this_week
from renewals.upcoming import due_soon

COUNTED = ("accounts", "tasks", "renewals", "expansion:board", "inbox")  # entries with a number beside them
MANY = 9_999  # the largest number beside an entry; more are "9,999+"


@dataclass(frozen=True)
class Page:
    """An entry of the navigation and of the palette; `prefix` marks it as current for the pages below it.

    Any of `also` opens it as well as `permission` does. Pages of one question beside each other are `tabs` of the
    first of them, named `tab` in that row: one entry of the navigation, and entries of their own in the palette.
    """

    name: str
    label: Any
    icon: str
    permission: Permission
    key: str = ""
    prefix: str = ""
    also: tuple[Permission, ...] = ()
    tab: Any = ""
    tabs: tuple["Page", ...] = ()

    @property
    def row(self) -> tuple["Page", ...]:
        """The page and its tabs, in the order of the row."""
        return (self, *self.tabs)

    def is_open(self, request: HttpRequest) -> bool:
        """Whether the member may open it; what is not open is absent."""
        return any(may(request, permission) for permission in (self.permission, *self.also))


NAVIGATION: tuple[tuple[Any, tuple[Page, ...]], ...] = (
    (
        "",
        (
            Page("today", _("Today"), "layout-dashboard", Permission.VIEW_HOME, "t"),
            Page(
                "inbox",
                _("Inbox"),
                "inbox",
                Permission.VIEW_HOME,
                "i",
                "inbox",
                tab=_("Alerts"),
                tabs=(Page("handoffs", _("Handoffs"), "handshake", Permission.VIEW_ACCOUNTS, "", "handoffs"),),
            ),
            Page("week", _("Week"), "activity", Permission.VIEW_WEEK, "w"),
            Page("board", _("Board"), "line-chart", Permission.VIEW_BOARD, "b", "board"),
        ),
    ),
    (
        _("Customers"),
        (
            Page("accounts", _("Accounts"), "building-2", Permission.VIEW_ACCOUNTS, "a", "accounts"),
            Page("tasks", _("Tasks"), "list-checks", Permission.VIEW_ACCOUNTS, "j", "tasks"),
            Page("issues", _("Issues"), "flag", Permission.VIEW_ACCOUNTS, "e", "issues"),
            Page("journey", _("Journey"), "share-2", Permission.VIEW_WEEK, "n", "journey"),
        ),
    ),
    (
        _("Revenue"),
        (
            Page("renewals", _("Renewals"), "repeat", Permission.VIEW_ACCOUNTS, "v", "renewals"),
            Page(
                "expansion:board",
                _("Expansion"),
                "trending-up",
                Permission.VIEW_ACCOUNTS,
                "x",
                "expansion",
                tab=_("Board"),
                tabs=(
                    Page("expansion:list", _("Deals"), "table", Permission.VIEW_ACCOUNTS, tab=_("List")),
                    Page(
                        "expansion:forecast",
                        _("Expansion forecast"),
                        "line-chart",
                        Permission.VIEW_ACCOUNTS,
                        tab=_("Forecast"),
                    ),
                    Page("expansion:white_space", _("White space"), "layers", Permission.VIEW_ACCOUNTS),
                    Page(
                        "expansion:signals",
                        _("Expansion signals"),
                        "activity",
                        Permission.VIEW_ACCOUNTS,
                        tab=_("Signals"),
                    ),
                ),
            ),
            Page(
                "advocacy",
                _("Advocacy"),
                "star",
                Permission.VIEW_ACCOUNTS,
                "c",
                "advocacy",
                tab=_("Candidates"),
                tabs=(
                    Page(
                        "advocacy_requests",
                        _("Requests"),
                        "message-square",
                        Permission.VIEW_ACCOUNTS,
                        "",
                        "advocacy/requests",
                    ),
                    Page("advocacy_assets", _("Assets"), "book-open", Permission.VIEW_ACCOUNTS, "", "advocacy/assets"),
                    Page(
                        "advocacy_referrals",
                        _("Referrals"),
                        "share-2",
                        Permission.VIEW_ACCOUNTS,
                        "",
                        "advocacy/referrals",
                    ),
                    Page(
                        "advocacy_gatherings",
                        _("Gatherings"),
                        "users",
                        Permission.VIEW_ACCOUNTS,
                        "",
                        "advocacy/gatherings",
                    ),
                ),
            ),
        ),
    ),
    (
        _("Insights"),
        (
            Page(
                "explore",
                _("Metrics"),
                "table",
                Permission.VIEW_BOARD,
                "m",
                "metrics",
                tab=_("Explorer"),
                tabs=(
                    Page("movements", _("Movements"), "activity", Permission.VIEW_BOARD, "", "insights/movements"),
                    Page("cohorts", _("Cohorts"), "table-2", Permission.VIEW_BOARD, "", "insights/cohorts"),
                    Page(
                        "time_to_value",
                        _("Time to value"),
                        "clock",
                        Permission.VIEW_BOARD,
                        "",
                        "insights/time-to-value",
                    ),
                    Page(
                        "economics", _("Customer economics"), "scale", Permission.VIEW_BOARD, "", "insights/economics"
                    ),
                ),
            ),
            Page("churn", _("Churn"), "trending-down", Permission.VIEW_BOARD, "u", "insights/churn"),
            Page("scenario", _("Scenario"), "sliders-horizontal", Permission.VIEW_BOARD, "o", "insights/scenario"),
            Page("surveys", _("Surveys"), "message-square", Permission.VIEW_WEEK, "y", "insights/surveys"),
            Page("backtest", _("Backtest"), "activity", Permission.VIEW_WEEK, "k", "insights/backtest"),
        ),
    ),
    (
        _("Set-up"),
        (
            Page("playbooks", _("Playbooks"), "book-open", Permission.VIEW_WEEK, "p", "playbooks"),
            Page("imports", _("Data"), "upload", Permission.IMPORT_DATA, "d", "data"),
            Page("runs", _("Runs"), "refresh-cw", Permission.VIEW_RUNS, "r", "runs"),
            Page("settings", _("Settings"), "settings", Permission.MANAGE_SETTINGS, "s", "settings", permissions()),
        ),
    ),
)


class Counted(Subquery):
    """How many rows a query has, counted no further than it is sliced: a page need not wait for a million."""

    template = "(SELECT count(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()
    empty_result_set_value = 0


def few_text(count: int | None) -> str:
    """A number beside an entry: none for nothing, and no more than `MANY`."""
    if not count:
        return ""
    return number_text(count) if count <= MANY else f"{number_text(MANY)}+"


class Frame:
    """What base.html shows around a page. Counted lazily: a fragment asks for none of it."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.user = getattr(request, "user", None)
        self.tenant = getattr(request, "tenant", None)
        self.member = getattr(request, "member", None)

    def _preference(self, name: str) -> str:
        return getattr(self.user, name, "") if self.user and self.user.is_authenticated else ""

    @property
    def theme(self) -> str:
        return self._preference("theme")

    @property
    def density(self) -> str:
        return self._preference("density")

    @property
    def shortcuts(self) -> bool:
        return bool(getattr(self.user, "shortcuts", True))

    @property
    def banner(self) -> str:
        return gettext(self.tenant.notice) if self.tenant and self.tenant.notice else ""

    @property
    def as_of(self) -> Any:
        return self.tenant.figures_as_of if self.tenant else None

    @property
    def palette_url(self) -> str:
        return reverse("palette", args=[self.tenant.slug]) if self.tenant else ""

    @property
    def profile_url(self) -> str:
        return reverse("profile")

    @property
    def away_url(self) -> str:
        if self.tenant is None or not may(self.request, Permission.EDIT_ACCOUNTS):
            return ""
        return reverse("away", args=[self.tenant.slug])

    @property
    def logout_url(self) -> str:
        return reverse("account_logout")

    @cached_property
    def tenants_url(self) -> str:
        return reverse("tenants")

    @cached_property
    def _counts(self) -> dict[str, int]:
        """Numbers beside entries of the navigation, in one query: accounts that the member looks after (who left, or became
        a part of another, is none of them), own tasks that are late or due within a week, renewals that come due within 90
        days, open deals, and what waits in the inbox: alerts for an answer, and each kind beside them."""

        def count(rows: QuerySet) -> Counted:
            return Counted(rows.order_by().values("tenant_id")[: MANY + 1])

        if self.tenant is None or self.member is None:
            return dict.fromkeys(COUNTED, 0)
        customers = Account.objects.visible_to(self.member).filter(merged_into=None).exclude(status=Status.CHURNED)
        tasks = due_this_week(self.member, self.tenant.today())
        inbox: Any = count(waiting(self.member))
        for kind in beside.KINDS:
            inbox += count(kind.rows(self.member))
        renewals = due_soon(self.member, self.tenant.today())
        deals = open_deals(self.member)
        row = Tenant.objects.filter(id=self.tenant.id)
        found = row.values_list(count(customers), count(tasks), count(renewals), count(deals), inbox).get()
        return dict(zip(COUNTED, found, strict=True))

    @property
    def inbox_count(self) -> int:
        """Alerts that wait for an answer, and what else waits."""
        return self._counts["inbox"]

    @property
    def inbox_url(self) -> str:
        if self.tenant is None or not may(self.request, Permission.VIEW_HOME):
            return ""
        return reverse("inbox", args=[self.tenant.slug])

    def _is_here(self, page: Page, slug: str) -> bool:
        """Whether the request is for this page of the company, or for one below it."""
        url = reverse(page.name, args=[slug])
        below = reverse("home", args=[slug]) + page.prefix + "/" if page.prefix else url
        return self.request.path == url or self.request.path.startswith(below)

    @cached_property
    def tabs(self) -> dict[str, Any]:
        """The row of tabs above a page that stands in one; none above the pages below it, which have their own head."""
        if self.tenant is None:
            return {}
        here = self.request.path
        for page in (page for _label, pages in NAVIGATION for page in pages if page.tabs):
            row = [one for one in page.row if one.is_open(self.request)]
            if len(row) < 2:  # nothing beside it is open to this role
                continue
            urls = [reverse(one.name, args=[self.tenant.slug]) for one in row]
            if here in urls:
                tabs = [
                    {"label": one.tab or one.label, "url": url, "current": url == here}
                    for one, url in zip(row, urls, strict=True)
                ]
                return {"label": page.label, "tabs": tabs}
        return {}

    @cached_property
    def nav(self) -> list[dict[str, Any]]:
        if self.tenant is None:
            return []
        groups = []
        for label, pages in NAVIGATION:
            items = []
            for page in pages:
                if not page.is_open(self.request):
                    continue
                items.append(
                    {
                        "label": page.label,
                        "url": reverse(page.name, args=[self.tenant.slug]),
                        "icon": page.icon,
                        "key": page.key,
                        "current": any(self._is_here(one, self.tenant.slug) for one in page.row),
                        "count": few_text(self._counts.get(page.name)),
                    }
                )
            if items:
                groups.append({"label": label, "items": items})
        return groups


def ui(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the frame under the name `ui`."""
    return {"ui": Frame(request)}
