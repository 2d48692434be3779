"""Celery tasks: alarm clocks for the work list, nothing else. Losing one costs seconds, never work."""

from celery import shared_task
from django.utils import timezone

from cs_platform import pipeline
from cs_platform.kernel import queue
from health.usage import upkeep


@shared_task(ignore_result=True, time_limit=3600)
def drain() -> None:
    """Do what is due."""
    queue.drain()


@shared_task(ignore_result=True, time_limit=3600)
def tick() -> None:
    """Keep room for events, plan the nights that have begun and the digests of days that end, pick up those that stayed behind, and do what is due."""
    upkeep.keep_ahead(timezone.now().date())
    pipeline.plan_due()
    queue.drain()
