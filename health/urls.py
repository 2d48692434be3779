"""Routes below /t/<slug>/ of the health floor."""

from typing import Any

from django.urls import path

from health.views import backtest

urlpatterns: list[Any] = [
    path("insights/backtest/", backtest.lab, name="backtest"),
    path("insights/backtest/new/", backtest.new, name="backtest_new"),
    path("insights/backtest/<uuid:backtest_id>/", backtest.lab, name="backtest_run"),
]
