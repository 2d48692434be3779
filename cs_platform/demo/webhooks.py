"""A webhook of Northwind with a log: its product hears of plays; most arrived, one after two tries, one never (API-03).

It is off: a demo sends nothing to anybody. The log is written as the nights of then would have left it.
"""

import datetime as dt

from django.db.models import Min

from accounts.enums import DeliveryState
from accounts.models import Member, Tenant, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookEvent
from accounts.webhooks import delivery, services
from accounts.webhooks.events import Kind
from accounts.webhooks.sockets import Problem
from cs_platform.kernel.tenancy import tenant_context
from journey.models import Play

NAME, URL = "Prompts in our product", "https://hooks.northwind.example/setia"
SHOWN = 7  # events of the log
BUSY, SILENT = 2, 4  # the places of the one that came late and the one that never came


def add(tenant: Tenant, last: dt.date) -> None:
    """Write the endpoint and its log, once; nothing where no play has begun."""
    with tenant_context(tenant.id, actor="demo"):
        if WebhookEndpoint.objects.exists():
            return
        ops = Member.objects.get(role__key="ops")
        row, _secret = services.add_endpoint(name=NAME, url=URL, events=[Kind.PLAY_STARTED], enabled=False, by=ops)
        # The biggest plays of each account by name, so that the same demo tells the same.
        plays = Play.objects.select_related("playbook__playbook", "account", "alert").order_by("account__external_id")
        first = plays.values("account").annotate(first=Min("playbook__playbook__key")).values_list("account", "first")
        chosen = dict(first)
        found = [play for play in plays if chosen.get(play.account_id) == play.playbook.playbook.key][:SHOWN]
        for place, play in enumerate(found):
            at = dt.datetime.combine(last - dt.timedelta(days=SHOWN - place), dt.time(2, 14, 7 + place), tenant.zone)
            _tell(row, play, at, place)


def _tell(row: WebhookEndpoint, play: Play, at: dt.datetime, place: int) -> None:
    book = play.playbook.playbook
    data = {
        "play_id": str(play.id),
        "playbook": book.key,
        "name": book.name,
        "rule": play.alert.rule if play.alert else "",
        "started_on": at.date().isoformat(),
        "inputs": {name: value for name, value in play.inputs.items() if name not in ("note", "skipped")},
    }
    event = WebhookEvent.objects.create(kind=Kind.PLAY_STARTED, account_id=play.account_id, data=data, at=at)
    tries = _tries(at, place)
    arrived = not tries[-1][2]
    sent = WebhookDelivery.objects.create(
        endpoint=row,
        event=event,
        state=DeliveryState.DELIVERED if arrived else DeliveryState.GIVEN_UP,
        attempts=len(tries),
        next_at=tries[-1][0],
        since=at,
        ended_at=tries[-1][0],
    )
    WebhookAttempt.objects.bulk_create(
        WebhookAttempt(delivery=sent, at=moment, status=status, error=problem, answer=answer, milliseconds=took)
        for moment, status, problem, answer, took in tries
    )


def _tries(at: dt.datetime, place: int) -> list[tuple[dt.datetime, int | None, str, str, int]]:
    """(moment, status, problem, answer, milliseconds) of each try, with the pauses that the product makes."""
    moments = [at + dt.timedelta(seconds=1)]
    wanted = 3 if place == BUSY else 99 if place == SILENT else 1
    while len(moments) < wanted and moments[-1] - at < delivery.HORIZON:
        moments.append(min(moments[-1] + delivery.pause(len(moments), 0.5), at + delivery.HORIZON))
    found: list[tuple[dt.datetime, int | None, str, str, int]] = []
    for number, moment in enumerate(moments):
        if place == SILENT:
            found.append((moment, None, str(Problem.TOO_SLOW), "", 5000))
        elif place == BUSY and number < 2:
            found.append((moment, 503, str(Problem.STATUS), "upstream busy", 212 + 31 * number))
        else:
            found.append((moment, 200, "", "ok", 84 + 7 * place))
    return found
