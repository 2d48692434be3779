"""Save plays: how they begin, how they end by themselves, and what counts nowhere (REN-09, HLT-13, METRICS save rate)."""

import datetime as dt

import pytest

from accounts.models import Account
from cs_platform.kernel.errors import Conflict, DomainError, NotAllowed
from journey.enums import PlayState
from journey.models import Play, Playbook, PlaybookVersion
from renewals import jobs, saves
from renewals.closing import close_renewal
from renewals.enums import SaveCause, SaveState
from renewals.models import Renewal, SavePlay
from renewals.services import call_renewal, change_save, end_save, open_save
from tests.conftest import World
from tests.journey.playbook_facts import alert, playbook
from tests.renewals.renewal_facts import TODAY, Contracts, scored

WHY = [{"sign": "-", "text": "No reply from finance"}]


@pytest.fixture
def contracts(world: World) -> Contracts:
    made = Contracts(world)
    made.year("C-1", (TODAY + dt.timedelta(days=38)).isoformat(), "412000.00", key="A")
    made.follow()
    return made


def test_a_call_at_risk_opens_one_save_play_and_closing_decides_it(contracts: Contracts, rival: World) -> None:
    """Lead time and money as they stood; a second call opens no second one; renewed is saved."""
    by = contracts.world.members["csm"]
    with contracts.world.open():
        renewal = Renewal.objects.get()
        call_renewal(renewal=renewal, caller="csm", probability=75, reasons=WHY, by=by)
        assert not SavePlay.objects.exists()
        for chance in (65, 40):
            call_renewal(renewal=renewal, caller="csm", probability=chance, reasons=WHY, by=by)
        save = SavePlay.objects.get()
        assert (save.cause, save.lead_days, save.mrr_minor, save.renewal, save.opened_by) == (
            SaveCause.CALL, 38, 3_433_333, renewal, by
        )  # fmt: skip
        close_renewal(renewal=renewal, outcome="renewed", terms=None, version=None, by=by)
        save.refresh_from_db()
        assert (save.state, save.decided_on) == (SaveState.SAVED, TODAY)
    with rival.open():
        assert not SavePlay.objects.exists()


def test_whose_call_it_is(contracts: Contracts) -> None:
    """The leader's is of who reads the week, the system's of nobody; nonsense names its field."""
    csm, leader = contracts.world.members["csm"], contracts.world.members["leader"]
    with contracts.world.open():
        renewal = Renewal.objects.get()
        with pytest.raises(NotAllowed):
            call_renewal(renewal=renewal, caller="leader", probability=50, reasons=WHY, by=csm)
        first = call_renewal(renewal=renewal, caller="leader", probability="92.555", reasons=WHY, by=leader)
        assert str(first.probability) == "92.56"
        again = call_renewal(renewal=renewal, caller="leader", probability="92.56", reasons=WHY, by=leader)
        assert again.id == first.id
        for caller, chance, reasons, field in (
            ("system", 50, WHY, "caller"), ("csm", 101, WHY, "probability"), ("csm", "nan", WHY, "probability"),
            ("csm", 50, [], "reasons"), ("csm", 50, [{"sign": "?", "text": "x"}], "reasons"),
            ("csm", 50, [{"sign": "+", "text": "x" * 301}], "reasons"),
        ):  # fmt: skip
            with pytest.raises(DomainError) as error:
                call_renewal(renewal=renewal, caller=caller, probability=chance, reasons=reasons, by=csm)  # type: ignore[arg-type]
            assert list(error.value.fields) == [field]


def test_ninety_days_above_critical_save_a_customer_without_a_renewal(contracts: Contracts) -> None:
    """A day at Critical begins the count anew, a day without a score counts for neither, and twice is once."""
    with contracts.world.open():
        account = Account.objects.get()
        Renewal.objects.update(state="withdrawn", closed_on=TODAY)
        save = open_save(account=account, by=None)
        assert save.lead_days is None
        seen = []
        for day, score in ((0, 30.0), (1, 60.0), (40, 45.0), (41, 60.0), (130, 60.0), (131, 61.0)):
            scored(account, TODAY + dt.timedelta(days=day), score)
            jobs.follow_saves(TODAY + dt.timedelta(days=day))
            save.refresh_from_db()
            seen.append((day, save.above_red_since and (save.above_red_since - TODAY).days, save.state))
        assert seen == [
            (0, None, "running"), (1, 1, "running"), (40, None, "running"), (41, 41, "running"), (130, 41, "running"),
            (131, 41, "saved"),
        ]  # fmt: skip
        assert save.decided_on == TODAY + dt.timedelta(days=131)
        assert jobs.follow_saves(TODAY + dt.timedelta(days=131)) == 0


def test_lost_when_the_customer_has_left(contracts: Contracts) -> None:
    with contracts.world.open():
        save = open_save(account=Account.objects.get(), by=None)
        Account.objects.update(status="churned")
        assert jobs.follow_saves(TODAY) == 1
        save.refresh_from_db()
        assert save.state == SaveState.LOST
        with pytest.raises(DomainError):
            open_save(account=Account.objects.get(), by=None)


def test_the_playbook_of_an_alert_begins_it_and_taking_it_back_withdraws_it(contracts: Contracts) -> None:
    """HLT-13: begun by the rule for Critical it says so, once; what was opened by mistake counts nowhere."""
    with contracts.world.open():
        account = Account.objects.get()
        book = playbook("save")
        play = alert_play(account, book)
        assert saves.follow_plays() == 1
        assert saves.follow_plays() == 0
        save = SavePlay.objects.get()
        assert (save.cause, save.play, save.lead_days) == (SaveCause.RED, play, 38)
        play.state = PlayState.UNDONE
        play.save(update_fields=["state"])
        jobs.follow_saves(TODAY)
        save.refresh_from_db()
        assert save.state == SaveState.WITHDRAWN


def alert_play(account: Account, book: Playbook) -> Play:
    """A play that the rule for Critical began."""
    version = PlaybookVersion.objects.get(playbook=book, state="published")
    found = alert(account, rule="turned_red")
    return Play.objects.create(playbook=version, account=account, alert=found, as_of=TODAY, inputs={})


def test_ended_by_hand_only_as_a_mistake(contracts: Contracts) -> None:
    by = contracts.world.members["csm"]
    with contracts.world.open():
        save = open_save(account=Account.objects.get(), by=by, approach="  Executive call ")
        save = change_save(save=save, approach="Executive to executive", version=save.version, by=by)
        with pytest.raises(Conflict):
            change_save(save=save, approach="Other", version=1, by=by)
        with pytest.raises(DomainError):
            change_save(save=save, approach="x" * 501, version=None, by=by)
        save = end_save(save=save, version=save.version, by=by)
        assert (save.state, save.decided_on) == (SaveState.WITHDRAWN, TODAY)
        with pytest.raises(DomainError):
            change_save(save=save, approach="Again", version=None, by=by)
        assert open_save(account=Account.objects.get(), by=by).id != save.id
