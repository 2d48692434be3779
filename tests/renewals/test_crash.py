"""Killed in the middle, and two at once: renewals, won deals and asks stand afterwards as if nothing had happened, none of it
twice (RELIABILITY: no task and no contract twice; REN-01, REN-02, REN-10, EXP-05, ADV-01)."""

import datetime as dt
from collections.abc import Callable

import pytest

from accounts.models import Contact, Subscription
from advocacy.models import Ask
from advocacy.services import asks
from cs_platform.kernel.errors import Conflict, DomainError
from expansion import closing as winning
from expansion import services as deals
from expansion.models import Opportunity
from journey.models import Task
from renewals import effort, jobs
from renewals.closing import close_renewal
from renewals.models import EffortAsk, FrozenCall, Renewal, RenewalCall, RenewalLine, RenewalStep, Stakeholder
from tests.advocacy import advocacy_facts
from tests.conftest import World, make_world
from tests.expansion.deals import contract, customer, deal
from tests.killed import again, at_once, killed_inside
from tests.renewals.renewal_facts import TODAY, Contracts

pytestmark = pytest.mark.django_db(transaction=True)
COUNT = 12
NIGHT = f"dt.date.fromisoformat({TODAY.isoformat()!r})"
STEPS: dict[str, Callable[[dt.date], int]] = {
    "follow_contracts": jobs.follow_contracts,
    "make_step_tasks": jobs.make_step_tasks,
    "call_all": jobs.call_all,
    "freeze_week": jobs.freeze_week,
}


@pytest.fixture
def contracts() -> Contracts:
    """Mid-market contracts that end in 89 days: on TODAY each renewal opens, and its first step is near."""
    found = Contracts(make_world("killed", "Killed"))
    end = (TODAY + dt.timedelta(days=89)).isoformat()
    for number in range(COUNT):
        found.year(f"C-{number}", end, key=f"S-{number}")
    return found


def counts(world: World) -> dict[str, int]:
    models = (Renewal, RenewalLine, RenewalStep, Task, RenewalCall, FrozenCall, Subscription)
    with world.open():
        return {model.__name__: model.objects.count() for model in models}


def night(world: World) -> None:
    for step in STEPS.values():
        again(world.tenant.id, lambda step=step: step(TODAY))


@pytest.mark.parametrize(
    ("step", "after"),
    [
        ("follow_contracts", "renewals.jobs:sqljobs.execute"),
        ("make_step_tasks", "journey.models:Task.objects.bulk_create"),
        ("call_all", "renewals.models:RenewalCall.objects.bulk_create"),
        ("freeze_week", "renewals.calling:sqljobs.execute"),
    ],
)
def test_a_killed_night_leaves_nothing_half_done(contracts: Contracts, step: str, after: str) -> None:
    """Whichever step it was killed in, the next night does what is missing, and a third one nothing."""
    world = contracts.world
    for name, done in STEPS.items():
        if name == step:
            break
        again(world.tenant.id, lambda done=done: done(TODAY))
    before = counts(world)
    killed_inside(world.tenant.id, after, f"from renewals import jobs; jobs.{step}({NIGHT})")
    assert counts(world) == before, "nothing of it stands"
    night(world)
    whole = counts(world)
    assert whole == {
        "Renewal": COUNT, "RenewalLine": COUNT, "RenewalStep": 5 * COUNT, "Task": COUNT, "RenewalCall": COUNT,
        "FrozenCall": whole["FrozenCall"], "Subscription": COUNT,
    }  # fmt: skip
    night(world)
    assert counts(world) == whole
    with world.open():
        assert RenewalStep.objects.exclude(task=None).values("task").distinct().count() == COUNT


def test_two_nights_at_once_make_one_of_each(contracts: Contracts) -> None:
    """Who comes second waits and finds it done: no renewal, task or call twice."""
    world = contracts.world
    for step in STEPS.values():
        found = at_once(world.tenant.id, *[lambda step=step: step(TODAY)] * 2)
        assert not [error for error in found if isinstance(error, Exception)], found
    made = counts(world)
    assert (made["Renewal"], made["RenewalStep"], made["Task"], made["RenewalCall"]) == (
        COUNT, 5 * COUNT, COUNT, COUNT,
    )  # fmt: skip
    night(world)
    assert counts(world) == made


def renewal_of(world: World) -> Renewal:
    with world.open():
        return Renewal.objects.select_related("account").order_by("account__external_id")[0]


def test_a_killed_close_wrote_nothing_and_the_next_one_closes_once(contracts: Contracts) -> None:
    """REN-10: killed after the contract was written, the renewal is open and the contract as before."""
    world = contracts.world
    contracts.follow()
    row, by = renewal_of(world), world.members["csm"]
    before = counts(world)
    killed_inside(
        world.tenant.id,
        "renewals.closing:_write",
        "from renewals.closing import close_renewal; from renewals.models import Renewal\n"
        f"close_renewal(renewal=Renewal.objects.get(id='{row.id}'), outcome='renewed', terms=None, version=1, by=None)",
    )
    assert counts(world) == before
    assert renewal_of(world).state == "open"

    def close() -> Renewal:
        return close_renewal(renewal=row, outcome="renewed", terms=None, version=row.version, by=by)

    assert again(world.tenant.id, close).state == "renewed"
    with pytest.raises(Conflict):
        again(world.tenant.id, close)
    assert counts(world)["Subscription"] == COUNT + 1
    assert contracts.follow() == 0


def test_of_two_who_close_at_the_same_moment_one_hears_of_the_other(contracts: Contracts) -> None:
    """REN-10: two connections, one with churn and one with a renewal: one is written, the other is a conflict."""
    world = contracts.world
    contracts.follow()
    row, by = renewal_of(world), world.members["csm"]

    def close(outcome: str) -> Callable[[], Renewal]:
        return lambda: close_renewal(renewal=row, outcome=outcome, terms=None, version=row.version, by=by)

    found = at_once(world.tenant.id, close("renewed"), close("churned"))
    assert {type(one) for one in found} == {Conflict, Renewal}, found
    (closed,) = [one for one in found if isinstance(one, Renewal)]
    kept = closed.state == "renewed"
    assert counts(world)["Subscription"] == COUNT + kept
    assert renewal_of(world).state == closed.state


def test_a_close_that_contracts_overtake_is_decided_once(contracts: Contracts) -> None:
    """A night that follows contracts and a person who closes, at once: neither waits for ever, one period follows."""
    world = contracts.world
    contracts.follow()
    row, by = renewal_of(world), world.members["csm"]
    found = at_once(
        world.tenant.id,
        lambda: close_renewal(renewal=row, outcome="renewed", terms=None, version=row.version, by=by),
        lambda: jobs.follow_contracts(TODAY),
    )
    assert not [error for error in found if isinstance(error, Exception)], found
    assert counts(world)["Subscription"] == COUNT + 1
    assert contracts.follow() == 0


def test_of_two_who_win_a_deal_at_once_one_writes_the_contract() -> None:
    """EXP-05: killed after the contract was written nothing stands; of two at once one wins, the other is a conflict."""
    world = make_world("won", "Won")
    with world.open():
        account = customer(earned=False)
        row = deal(account, world.members["csm"], subscription=contract(account), seats=50)
        row = deals.move_deal(deal=row, stage="commit", version=None, by=None, override="Told by a test")
        before = Subscription.objects.count()
    killed_inside(
        world.tenant.id,
        "expansion.closing:merged_rows",
        "from expansion.closing import win; from expansion.models import Opportunity\n"
        f"win(deal=Opportunity.objects.get(id='{row.id}'), terms=None, version=None, by=None)",
    )
    with world.open():
        assert (Subscription.objects.count(), Opportunity.objects.get().stage) == (before, "commit")

    def win() -> Opportunity:
        return winning.win(deal=row, terms=None, version=row.version, by=world.members["csm"])

    again(world.tenant.id, lambda: None)
    found = at_once(world.tenant.id, win, win)
    assert {type(one) for one in found} == {Conflict, Opportunity}
    with world.open():
        assert Opportunity.objects.get().stage == "won"
        assert Subscription.objects.filter(start_on__gte=row.identified_on).count() == 1


def test_of_two_who_ask_an_advocate_at_once_one_asks() -> None:
    """ADV-01: the second one hears that the person rests; a killed ask asked nobody."""
    world = make_world("asked", "Asked")
    with world.open():
        advocate = advocacy_facts.enrolled(world, advocacy_facts.account(world))
    killed_inside(
        world.tenant.id,
        "advocacy.models:Ask.objects.create",
        "from advocacy.models import Advocate; from advocacy.services import asks\n"
        "asks.ask(advocate=Advocate.objects.get(), kind='reference', by=None)",
    )
    with world.open():
        assert not Ask.objects.exists()

    def ask() -> Ask:
        return asks.ask(advocate=advocate, kind="reference", by=world.members["csm"])

    again(world.tenant.id, lambda: None)
    found = at_once(world.tenant.id, ask, ask)
    refused = [one for one in found if isinstance(one, DomainError)]
    assert len(refused) == 1, found
    with world.open():
        assert Ask.objects.count() == 1


def test_who_took_part_is_asked_once_however_often_it_is_closed_at_once() -> None:
    """REN-03: two that ask about the same renewal at once make one mail for a person."""
    world = make_world("effort", "Effort")
    found = Contracts(world)
    with world.open():
        world.tenant.data_until = None
        world.tenant.save()
    end = (world.tenant.today() + dt.timedelta(days=20)).isoformat()
    found.year("C-1", end, key="S-1")
    again(world.tenant.id, lambda: jobs.follow_contracts(world.tenant.today()))
    with world.open():
        row = Renewal.objects.select_related("account").get()
        person = Contact.objects.create(account=row.account, external_id="P", name="Ruth", email="ruth@h.example")
        Stakeholder.objects.create(renewal=row, contact=person, part="decides")
        Renewal.objects.update(state="renewed")
        row.state = "renewed"
    at_once(world.tenant.id, lambda: effort.ask([row]), lambda: effort.ask([row]))
    with world.open():
        assert EffortAsk.objects.count() == 1
