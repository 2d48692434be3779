"""Routes below /t/<slug>/ of the health floor."""

from typing import Any

from django.urls import path

from health.views import backtest, usage_tab

urlpatterns: list[Any] = [
    path("accounts/<uuid:account_id>/usage/", usage_tab.usage, name="account_usage"),
    path("accounts/<uuid:account_id>/usage/peers/", usage_tab.peers, name="account_usage_peers"),
    path("insights/backtest/", backtest.lab, name="backtest"),
    path("insights/backtest/new/", backtest.new, name="backtest_new"),
    path("insights/backtest/<uuid:backtest_id>/", backtest.lab, name="backtest_run"),
]
