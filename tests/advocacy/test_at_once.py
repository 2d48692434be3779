"""Two who do the same at once: one has done it, the other is refused in words (ADV-01, RELIABILITY)."""

from collections.abc import Callable
from functools import partial

import pytest

from advocacy import services
from advocacy.models import Advocate, Ask, Referral
from cs_platform.kernel.errors import DomainError
from tests.advocacy.advocacy_facts import account, enrolled, person, qualified
from tests.conftest import World, make_world
from tests.killed import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shared(transactional_db: None) -> World:
    """A world that other connections see too."""
    return make_world("acme", "Acme Cloud")


def refusals(world: World, *acts: Callable[[], object]) -> list[dict[str, str]]:
    """Done at the same moment: the fields of each refusal. All but one are refused, and nothing else goes wrong."""
    found = at_once(world.tenant.id, *acts)
    refused = [each for each in found if isinstance(each, DomainError)]
    assert len(refused) == len(acts) - 1, found
    assert sum(isinstance(each, Exception) for each in found) == len(refused), found
    return [dict(each.fields) for each in refused]


def test_adv_01_of_three_asks_of_one_person_two_hear_that_they_rest(shared: World) -> None:
    with shared.open():
        who = enrolled(shared, account(shared))
    ask = partial(services.ask, advocate=who, kind="reference", by=shared.members["csm"])
    assert all("Rests until" in fields["advocate"] for fields in refusals(shared, ask, ask, ask))
    with shared.open():
        assert Ask.objects.count() == 1


def test_a_person_is_enrolled_once(shared: World) -> None:
    with shared.open():
        row = account(shared)
        qualified(row)
        who = person(row)
    enrol = partial(services.enrol, contact=who, consent="name", by=shared.members["csm"])
    assert "in the program already" in refusals(shared, enrol, enrol)[0]["contact"]
    with shared.open():
        assert Advocate.objects.count() == 1


def test_a_customer_comes_by_one_referral(shared: World) -> None:
    with shared.open():
        giver, fresh = account(shared), account(shared, "N-1")
        leads = [services.add_referral(account=giver, prospect=name, by=None) for name in ("One", "Two")]
    win = partial(services.move_referral, state="won", customer=fresh, version=None, by=None)
    (fields,) = refusals(shared, *(partial(win, referral=lead) for lead in leads))
    assert "another referral" in fields["customer"]
    with shared.open():
        assert Referral.objects.filter(state="won").count() == 1
