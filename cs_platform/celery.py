"""Celery only wakes workers: what there is to do stands in Postgres (kernel.queue)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cs_platform.settings")

app = Celery("setia")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["cs_platform"])
app.conf.beat_schedule = {
    "tick": {"task": "cs_platform.tasks.tick", "schedule": 20.0, "options": {"expires": 20}},
}
