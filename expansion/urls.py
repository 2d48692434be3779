"""Routes below /t/<slug>/ of the expansion floor, as `expansion:<name>`."""

from typing import Any

from django.urls import include, path

from cs_platform.kernel.access import Permission
from expansion.views import account, deals, forecast, lists, moves, triggers, white_space, winning

app_name = "expansion"

DEAL: list[Any] = [
    path("", deals.deal, name="deal"),
    path("edit/", deals.deal_edit, name="deal_edit"),
    path("move/", moves.move, name="deal_move"),
    path("override/", moves.override, name="deal_override"),
    path("lose/", moves.lose, name="deal_lose"),
    path("sales/", moves.hand, name="deal_hand"),
    path("win/", winning.win, name="deal_win"),
    path("win/preview/", winning.writing, name="deal_writing"),
    path("undo/", winning.undo, name="deal_undo"),
    path("people/", deals.person_new, name="deal_person_new"),
    path("people/<uuid:contact_id>/", deals.person, name="deal_person"),
    path("people/<uuid:contact_id>/remove/", deals.person_remove, name="deal_person_remove"),
]
EXPANSION: list[Any] = [
    path("", lists.board, name="board"),
    path("list/", lists.deals, name="list"),
    path("deals.csv", lists.export, name="deals_csv"),
    path("owners/", moves.owners, name="deal_owners"),
    path("deals/new/", deals.deal_new, name="deal_new"),
    path("deals/<uuid:opportunity_id>/", include(DEAL)),
    path("forecast/", forecast.forecast, name="forecast"),
    path("forecast/file/", forecast.forecast_file, name="forecast_file"),
    path("white-space/", white_space.white_space_map, name="white_space"),
    path("white-space/<uuid:account_id>/<uuid:product_id>/", white_space.white_space_cell, name="white_space_cell"),
    path("white-space/<uuid:account_id>/<uuid:product_id>/fit/", white_space.white_space_fit, name="white_space_fit"),
    path("signals/", triggers.signals, name="signals"),
    path("signals/<uuid:signal_id>/dismiss/", triggers.signal_dismiss, name="signal_dismiss"),
    *lists.VIEWS.routes("views/", Permission.VIEW_ACCOUNTS),
]

urlpatterns: list[Any] = [
    path("accounts/<uuid:account_id>/growth/", account.account_growth, name="account_growth"),
    path("expansion/", include(EXPANSION)),
]
