"""Routes of the runs page."""

from django.urls import path

from cs_platform import runs_views

urlpatterns = [
    path("", runs_views.show_runs, name="runs"),
    path("again/", runs_views.run_again, name="runs_again"),
    path("work/<uuid:work_id>/retry/", runs_views.retry_work, name="runs_retry"),
]
