"""Routes below /t/<slug>/data/imports/."""

from django.urls import path

from accounts import import_views as views

urlpatterns = [
    path("", views.imports, name="imports"),
    path("samples/<slug:kind>.csv", views.import_sample, name="import_sample"),
    path("<uuid:import_id>/", views.import_run, name="import_run"),
    path("<uuid:import_id>/progress/", views.import_progress, name="import_progress"),
    path("<uuid:import_id>/start/", views.import_start, name="import_start"),
    path("<uuid:import_id>/stop/", views.import_stop, name="import_stop"),
    path("<uuid:import_id>/discard/", views.import_discard, name="import_discard"),
    path("<uuid:import_id>/rejects.csv", views.import_rejects, name="import_rejects"),
]
