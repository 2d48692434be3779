"""What people and programs read of webhooks: endpoints with how they do, and their log."""

import datetime as dt
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.enums import DeliveryState
from accounts.models import WebhookDelivery, WebhookEndpoint


def endpoints() -> "QuerySet[Any]":
    """All endpoints by name, with `waiting` (deliveries that are on their way) and `arrived_at` (of the latest event that
    arrived). Both are read from an index for each of the few endpoints."""
    own = WebhookDelivery.objects.filter(endpoint=OuterRef("pk")).order_by()
    waiting = own.filter(state=DeliveryState.WAITING).values("endpoint").annotate(n=Count("pk")).values("n")
    arrived = own.filter(state=DeliveryState.DELIVERED).order_by("-id").values("ended_at")[:1]
    return WebhookEndpoint.objects.annotate(
        waiting=Coalesce(Subquery(waiting, output_field=IntegerField()), 0), arrived_at=Subquery(arrived)
    ).order_by("name", "id")


def log(endpoint: WebhookEndpoint, *, state: str = "", day: dt.date | None = None, zone: dt.tzinfo = dt.UTC) -> Any:
    """The deliveries of an endpoint with their events; of a state, of the events of a day in `zone`."""
    rows = WebhookDelivery.objects.filter(endpoint=endpoint).select_related("event__account")
    if state:
        rows = rows.filter(state=state)
    if day is not None:
        begin = dt.datetime.combine(day, dt.time(), zone)
        rows = rows.filter(event__at__gte=begin, event__at__lt=begin + dt.timedelta(days=1))
    return rows
