"""The planner of reassignments: nobody lost, nobody twice, work spread no worse than one customer allows (ROL-02)."""

import random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from journey.handoffs.planning import FOREIGN, Customer, Load, Person, after, load_of, points_of, propose, spread

LANGUAGES = ("", "en", "id", "de")


def load(points: int, mrr: int = 0) -> Load:
    return Load(accounts=1, points=points, mrr=mrr)


@st.composite
def teams(draw: st.DrawFn) -> tuple[list[Customer], list[Person]]:
    people = [
        Person(UUID(int=n + 1), load(draw(st.integers(0, 200))), (draw(st.sampled_from(LANGUAGES[1:])),))
        for n in range(draw(st.integers(0, 5)))
    ]
    owners = [None, UUID(int=99), *(person.id for person in people)]
    customers = [
        Customer(
            UUID(int=1000 + n),
            load(draw(st.integers(1, 30)), draw(st.integers(0, 9))),
            draw(st.sampled_from(owners)),
            draw(st.sampled_from(LANGUAGES)),
        )
        for n in range(draw(st.integers(0, 25)))
    ]
    return customers, people


@given(teams())
def test_nobody_is_lost_and_nobody_passes_on_to_themselves(team: tuple[list[Customer], list[Person]]) -> None:
    """Each customer has one taker who is asked for and not its owner; left out is only who has nobody else."""
    customers, people = team
    plan = propose(customers, people)
    ids = {person.id for person in people}
    for customer in customers:
        if ids - {customer.owner}:
            assert plan[customer.id] in ids - {customer.owner}
        else:
            assert customer.id not in plan


@given(teams())
def test_work_is_neither_made_nor_lost(team: tuple[list[Customer], list[Person]]) -> None:
    """What all carry after a plan is what all carried and what came from outside; those who do not take part stay."""
    customers, people = team
    before = {person.id: person.load for person in people}
    plan = propose(customers, people)
    will = after(customers, before, plan)
    came = sum(one.load.points for one in customers if one.id in plan and one.owner not in before)
    assert sum(one.points for one in will.values()) == sum(one.points for one in before.values()) + came
    assert after(customers, before, dict.fromkeys(before)) == before


@given(teams())
def test_spread_is_no_worse_than_the_heaviest_customer(team: tuple[list[Customer], list[Person]]) -> None:
    """Customers of outsiders are spread: what takers differ by afterwards is at most what they differed by before, or one
    customer and the points of a foreign language."""
    customers, people = team
    customers = [Customer(one.id, one.load, None, one.language) for one in customers]
    before = {person.id: person.load for person in people}
    will = after(customers, before, propose(customers, people))
    heaviest = max((one.load.points for one in customers), default=0)
    assert spread(will.values()) <= max(spread(before.values()), heaviest + FOREIGN)
    plain = [Customer(one.id, one.load) for one in customers]
    will = after(plain, before, propose(plain, people))
    assert spread(will.values()) <= max(spread(before.values()), heaviest)


@given(teams(), st.randoms(use_true_random=False))
def test_the_same_whatever_the_order(team: tuple[list[Customer], list[Person]], chance: random.Random) -> None:
    """The same books give the same plan, in whatever order they are read."""
    customers, people = team
    plan = propose(customers, people)
    chance.shuffle(customers)
    chance.shuffle(people)
    assert propose(customers, people) == plan


def test_worked_examples() -> None:
    """The example of the module, one language, and who carries less is asked first."""
    assert load_of(tier="high_touch", band="red", renews=True, tasks=2, mrr=500) == Load(1, 13, 500, 2, 1, 0, 1)
    assert load_of(tier="", band="none", renews=False, tasks=0, mrr=0).points == 2
    assert points_of(high=1, tech=1, yellow=1) == 7
    busy, idle = Person(UUID(int=1), load(50), ("id",)), Person(UUID(int=2), load(10), ("en",))
    speaks = Customer(UUID(int=9), load(3), None, "id")
    assert propose([speaks], [busy, idle]) == {speaks.id: idle.id}
    near = Person(UUID(int=1), load(17), ("id",))
    assert propose([speaks], [near, idle]) == {speaks.id: near.id}
    assert propose([Customer(UUID(int=9), load(3), idle.id)], [idle]) == {}
    assert spread([]) == 0
