"""The e-mail at the end of a member's day (DSH-03): what I did, what moved in my book, what waits and what comes tomorrow.

Its figures are those of the pages: tasks and promises as on Today, bands as the night left them, what waits as in the inbox.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import absences, cells
from accounts.calendar import next_working_day, working_days
from accounts.enums import HealthBand
from accounts.models import Account, AccountEvent, Member, Tenant, in_care_of
from cs_platform.kernel.templatetags.cells import day_text, number_text
from health.alerts import beside
from health.alerts.cells import label as alert_label
from health.alerts.selectors import waiting
from health.enums import TouchpointStatus
from health.models import Alert, Touchpoint
from health.scoring.selectors import bands
from journey.models import Regression, StagePeriod, Task
from journey.stages.cells import proposal
from journey.stages.map_words import stage_name, track_name
from journey.work import selectors as work
from journey.work.cells import hour_text
from metrics.digests.parts import SHORT, Content, plain_tile, url_of
from metrics.home import today

NOT_HELD = (TouchpointStatus.PLANNED, TouchpointStatus.CANCELLED, TouchpointStatus.NO_SHOW)


@dataclass
class Day:
    """A member's day as rows: what they did, what moved in their book, what is left and what comes."""

    tasks: list[Task]
    activities: list[Touchpoint]
    answers: list[Alert]
    bands: list[Any]  # accounts with `band_before` and `band_after`
    alerts: list[Alert]
    events: list[AccountEvent]
    stages: list[StagePeriod]
    proposals: list[Regression]
    tomorrow: dt.date
    actions: today.Actions = field(default_factory=today.Actions)

    @property
    def moved(self) -> int:
        return sum(map(len, (self.bands, self.alerts, self.events, self.stages, self.proposals)))

    def coming(self, rows: Sequence[Any], day_of: Any) -> list[Any]:
        """Of these the ones of the days up to the next working day."""
        return [row for row in rows if day_of(row) <= self.tomorrow]


def read_day(member: Member, tenant: Tenant, day: dt.date) -> Day:
    """The member's day, midnight to midnight on the company's clock. A fixed number of queries."""
    start = dt.datetime.combine(day, dt.time(), tenant.zone)
    end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tenant.zone)
    book = Account.objects.visible_to(member).filter(in_care_of(member))
    own = Q(account__in=book.values("id"))
    of_tracks = Q(track__account__in=book.values("id"))
    found = Day(
        tasks=list(work.listed(work.done_on(member, tenant, day))[:200]),
        activities=list(
            Touchpoint.objects.filter(member=member, happened_at__gte=start, happened_at__lt=end)
            .exclude(status__in=NOT_HELD)
            .select_related("account")
            .order_by("happened_at", "id")[:200]
        ),
        answers=list(
            Alert.objects.filter(answered_by=member, answered_at__gte=start, answered_at__lt=end)
            .select_related("account")
            .order_by("answered_at", "id")[:200]
        ),
        bands=_bands(book, tenant, day),
        alerts=list(
            Alert.objects.filter(own, opened_at__gte=start, opened_at__lt=end)
            .select_related("account")
            .order_by("opened_at", "id")[:200]
        ),
        events=list(
            AccountEvent.objects.filter(own, recorded_at__gte=start, recorded_at__lt=end)
            .select_related("account", "contact")
            .order_by("recorded_at", "id")[:200]
        ),
        stages=list(
            StagePeriod.objects.filter(of_tracks, entered_on=day)
            .select_related("track__account", "track__unit")
            .order_by("track__account__name", "id")[:200]
        ),
        proposals=list(
            Regression.objects.filter(of_tracks, opened_at__gte=start, opened_at__lt=end)
            .select_related("track__account", "track__unit", "period__track__unit")
            .order_by("opened_at", "id")[:200]
        ),
        tomorrow=next_working_day(day, working_days()),
    )
    found.actions = today.actions_of(member, book, tenant, day)
    return found


def _bands(book: QuerySet[Account], tenant: Tenant, day: dt.date) -> list[Any]:
    """Accounts whose band is another one since last night than the night before: told once, the evening after."""
    after = day - dt.timedelta(days=1)
    if tenant.figures_as_of < after:
        return []  # that night is not done yet
    both = bands(bands(book, after - dt.timedelta(days=1), "band_before"), after, "band_after")
    rows = both.exclude(band_before=HealthBand.NONE).exclude(band_after=HealthBand.NONE)
    changed = rows.filter(~Q(band_before="green", band_after="green"), ~Q(band_before="yellow", band_after="yellow"))
    return list(changed.exclude(band_before="red", band_after="red").order_by("-mrr_minor", "id")[:200])


def evening(tenant: Tenant, member: Member, day: dt.date) -> Content:
    """The e-mail of this day, in the reader's language."""
    found = read_day(member, tenant, day)
    waits = _waits(tenant, member)
    tasks_ahead, promises, meetings = _ahead(found, tenant, day)
    ahead = len(tasks_ahead) + len(promises) + len(meetings)
    left = found.actions.overdue + len(found.actions.today) + len(found.actions.tasks.get("today", []))
    logged = ngettext("%(n)s activity logged", "%(n)s activities logged", len(found.activities))
    tiles = [
        plain_tile(_("Tasks done"), number_text(len(found.tasks)), logged % {"n": number_text(len(found.activities))}),
        plain_tile(
            _("Moved in my book"),
            number_text(found.moved),
            ngettext("%(n)s new alert", "%(n)s new alerts", len(found.alerts)) % {"n": number_text(len(found.alerts))},
        ),
        plain_tile(
            _("Next: %(day)s") % {"day": day_text(found.tomorrow)},
            number_text(ahead),
            _("%(n)s left over from today") % {"n": number_text(left)},
        ),
        plain_tile(_("Waits for me"), number_text(sum(count for _title, count, _url in waits)), ""),
    ]
    return Content(
        subject=_("%(company)s: your day, %(day)s") % {"company": tenant.name, "day": day_text(day)},
        heading=_("Your day, %(day)s") % {"day": day_text(day)},
        lines=[text for text in (absences.stands_in_text(member, day),) if text],
        tiles=tiles,
        sections=[
            {
                "title": _("What I did"),
                "rows": _shortened(_did(found, tenant)),
                "empty": _("Nothing was logged or done."),
            },
            {
                "title": _("What moved in my book"),
                "rows": _shortened(_moves(found, tenant, day)),
                "empty": _("Nothing moved."),
            },
            {
                "title": _("Waits for me"),
                "rows": [
                    {"text": title, "url": url, "aside": number_text(count)} for title, count, url in waits if count
                ],
                "empty": _("Nothing waits for an answer."),
            },
            {
                "title": _("Left over from today"),
                "rows": _shortened(_left(found, tenant)),
                "empty": _("Nothing is left."),
            },
            {
                "title": _("Next: %(day)s") % {"day": day_text(found.tomorrow)},
                "rows": _shortened(
                    [_meeting(one, tenant) for one in meetings]
                    + [_task(one, tenant) for one in tasks_ahead]
                    + [_promise(one, tenant) for one in promises]
                ),
                "empty": _("Nothing is due."),
            },
        ],
        action=(_("Open Today"), url_of("today", tenant)),
        why=_("You get this at the end of working days because somebody at %(company)s put you on the list of the day.")
        % {"company": tenant.name},
        figures={tile["label"]: tile["value"] for tile in tiles},
    )


def _ahead(found: Day, tenant: Tenant, day: dt.date) -> tuple[list[Task], list[Alert], list[Touchpoint]]:
    """Tasks, promises and meetings after today, up to the next working day."""
    meetings = [(one, one.happened_at.astimezone(tenant.zone).date()) for one in found.actions.meetings]
    return (
        found.coming(found.actions.tasks.get("week", []), lambda task: task.day),
        found.coming(found.actions.later, lambda alert: alert.due_on),
        [one for one, on in meetings if day < on <= found.tomorrow],
    )


def _waits(tenant: Tenant, member: Member) -> list[tuple[str, int, str]]:
    """What the inbox counts: alerts for an answer, and each kind beside them."""
    found = [(_("Alerts"), waiting(member).count(), url_of("inbox", tenant))]
    return found + [(str(kind.title), kind.rows(member).count(), url_of(kind.route, tenant)) for kind in beside.KINDS]


def _shortened(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first few, and how many more there are."""
    if len(rows) <= SHORT:
        return rows
    more = ngettext("and %(n)s more", "and %(n)s more", len(rows) - SHORT) % {"n": number_text(len(rows) - SHORT)}
    return [*rows[:SHORT], {"text": more}]


def _row(tenant: Tenant, text: str, aside: str, route: str, *ids: Any) -> dict[str, Any]:
    """A line of the e-mail with where it leads."""
    return {"text": text, "url": url_of(route, tenant, *ids), "aside": aside}


def _did(found: Day, tenant: Tenant) -> list[dict[str, Any]]:
    return [
        *(_task(task, tenant) | {"aside": _("done")} for task in found.tasks),
        *(_touchpoint(one, tenant, str(one.get_kind_display())) for one in found.activities),
        *(_promise(alert, tenant) | {"aside": _("answered")} for alert in found.answers),
    ]


def _moves(found: Day, tenant: Tenant, day: dt.date) -> list[dict[str, Any]]:
    rows = []
    for account in found.bands:
        words = {
            "before": HealthBand(account.band_before).label,
            "after": HealthBand(account.band_after).label,
            "account": account.name,
        }
        text, arr = _("%(account)s: %(before)s → %(after)s") % words, cells.arr_text(account.mrr_minor, tenant.currency)
        rows.append(_row(tenant, text, arr, "account_health", account.id))
    for alert in found.alerts:
        text, level = f"{_name(alert)}: {alert_label(alert)}", str(alert.get_level_display())
        rows.append(_row(tenant, text, level, "alert", alert.id))
    for event in found.events:
        said = f"{event}: {event.contact.name}" if event.contact else str(event)
        text = f"{event.account.name}: {said}"
        rows.append(_row(tenant, text, _("event"), "account_timeline", event.account_id))
    for period in found.stages:
        words = {
            "account": period.track.account.name,
            "track": track_name(period.track),
            "stage": stage_name(period.stage),
        }
        text = _("%(account)s: %(track)s is in %(stage)s now") % words
        rows.append(_row(tenant, text, _("stage"), "account_journey", period.track.account_id))
    for row in found.proposals:
        text = f"{row.track.account.name}: {proposal(row, row.period, day)['title']}"
        rows.append(_row(tenant, text, _("decision"), "account_journey", row.track.account_id))
    return rows


def _left(found: Day, tenant: Tenant) -> list[dict[str, Any]]:
    """Late, and due today and not done."""
    tasks = [*found.actions.tasks.get("late", []), *found.actions.tasks.get("today", [])]
    return [_task(task, tenant) for task in tasks] + [
        _promise(alert, tenant) for alert in (*found.actions.late, *found.actions.today)
    ]


def _task(task: Any, tenant: Tenant) -> dict[str, Any]:
    text = f"{task.account.name}: {task.title}" if task.account else task.title
    return _row(tenant, text, day_text(task.due_on), "task", task.id)


def _promise(alert: Alert, tenant: Tenant) -> dict[str, Any]:
    text, until = f"{_name(alert)}: {alert.answer}", day_text(alert.due_on) if alert.due_on else ""
    return _row(tenant, text, until, "alert", alert.id)


def _touchpoint(one: Touchpoint, tenant: Tenant, aside: str) -> dict[str, Any]:
    text = f"{one.account.name}: {one.subject or one.get_kind_display()}"
    return _row(tenant, text, aside, "account_timeline", one.account_id)


def _meeting(meeting: Touchpoint, tenant: Tenant) -> dict[str, Any]:
    return _touchpoint(meeting, tenant, hour_text(meeting.happened_at.astimezone(tenant.zone).time()))


def _name(alert: Alert) -> str:
    return alert.account.name if alert.account else _("The whole company")
