"""Routes below /t/<slug>/ of the expansion floor, as `expansion:<name>`."""

from typing import Any

from django.urls import include, path

from cs_platform.kernel.access import Permission
from expansion.views import deals, lists, moves, winning

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
    *lists.VIEWS.routes("views/", Permission.VIEW_ACCOUNTS),
]

urlpatterns: list[Any] = [
    path("expansion/", include(EXPANSION)),
]
