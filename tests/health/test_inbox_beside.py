"""What waits in the inbox beside the alerts: a card of each kind, and part of the number (PAGES)."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.db.models import QuerySet

from accounts.models import Account, Member
from cs_platform.kernel.access import TenantRequest
from health.alerts import beside
from tests.conftest import World


def rows(member: Member) -> QuerySet[Any]:
    return Account.objects.filter(owner=member)


def lines(request: TenantRequest, found: QuerySet[Any], limit: int) -> Sequence[beside.Line]:
    return [
        beside.Line(f"Look at {one.name}", "It waits", f"/t/{request.tenant.slug}/accounts/")
        for one in found.order_by("name")[:limit]
    ]


def test_a_kind_has_a_card_and_is_counted(worlds: tuple[World, World], monkeypatch: pytest.MonkeyPatch) -> None:
    """PAGES: five of seven are listed with the number of all; the number beside Inbox says the same; nobody else sees it."""
    world, rival = worlds
    for one, name in ((world, "Ours"), (rival, "Theirs")):
        with one.open():
            for number in range(7):
                Account.objects.create(external_id=f"{name}{number}", name=f"{name}{number}", owner=one.members["csm"])
    monkeypatch.setattr(beside, "KINDS", [beside.Kind("waits-here", "Things", "accounts", rows, lines)])
    page = world.client("csm").get(world.url("inbox/")).content.decode()
    assert 'id="waits-here"' in page
    assert "Look at Ours4" in page
    assert "Look at Ours5" not in page
    assert "Theirs" not in page
    assert '<span class="meta">7</span>' in page
    with world.open():
        Account.objects.filter(external_id="Ours0").update(owner=None)
    response = world.client("csm").get(world.url("inbox/"))
    assert response.context["ui"].inbox_count == 6
    assert 'id="waits-here"' not in world.client("executive").get(world.url("inbox/")).content.decode()


def test_a_piece_asks_for_no_cards(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of alerts alone is read when a tab is pressed."""

    def never(request: TenantRequest, found: QuerySet[Any], limit: int) -> Sequence[beside.Line]:
        raise AssertionError("a piece read the cards")

    monkeypatch.setattr(beside, "KINDS", [beside.Kind("waits-here", "Things", "accounts", rows, never)])
    headers = {"HX-Request": "true", "HX-Target": "alerts-found"}
    response = world.client("csm").get(world.url("inbox/"), headers=headers)
    assert response.status_code == 200
