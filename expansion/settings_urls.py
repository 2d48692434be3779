"""Routes of the settings below /t/<slug>/; their names are those of all settings, `settings_…`."""

from typing import Any

from django.urls import path

from expansion.views import settings

urlpatterns: list[Any] = [
    path("settings/expansion/", settings.expansion, name="settings_expansion"),
    path("settings/expansion/signals/<str:signal_trigger>/", settings.signal_rule, name="settings_signal_rule"),
    path("settings/expansion/<str:deal_stage>/", settings.chance, name="settings_chance"),
]
