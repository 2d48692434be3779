"""Setia: the project that puts the floors together."""

from cs_platform.celery import app as celery_app

__all__ = ["celery_app"]
