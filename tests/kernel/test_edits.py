"""Rows that are written once, whoever wishes for them at the same moment (API-04)."""

import pytest
from django.db import IntegrityError

from accounts.models import Team
from cs_platform.kernel.edits import insert_once
from journey.models import Issue
from tests.conftest import World

pytestmark = pytest.mark.django_db


def wish(world: World, title: str, key: str = "I-1") -> Issue:
    return Issue(external_id=key, title=title, reported_on=world.tenant.today(), source="api")


def test_the_second_of_two_equal_wishes_gets_the_row_of_the_first(worlds: tuple[World, World]) -> None:
    """Tenant isolation as well: a row of another company with the same key is another row."""
    world, rival = worlds
    with world.open():
        first = insert_once(wish(world, "First"), key="external_id")
        again = insert_once(wish(world, "Again"), key="external_id")
        assert (again.id, again.title) == (first.id, "First")
        assert insert_once(wish(world, "Other", "I-2"), key="external_id").title == "Other"
    with rival.open():
        assert insert_once(wish(rival, "Theirs"), key="external_id").title == "Theirs"
        assert Issue.objects.count() == 1


def test_another_problem_than_the_key_is_not_hidden(tenant_open: World) -> None:
    Team.objects.create(name="North")
    with pytest.raises(IntegrityError):
        insert_once(Team(name="North"), key="id")
