"""Segment's routes below /v1/, each also by the short name that its browser library uses."""

from django.urls import path

from cs_platform.api import segment

CALLS = {
    "batch": "b",
    "track": "t",
    "identify": "i",
    "group": "g",
    "page": "p",
    "screen": "s",
    "alias": "a",
}

urlpatterns = [
    *(
        path(name, segment.route(call), name=f"segment-{name}")
        for call, short in CALLS.items()
        for name in (call, short)
    ),
    path("projects/<str:write_key>/settings", segment.site_settings, name="segment-settings"),
]
