"""A customer with a journey to look at: three tracks over three years, a fall of the core one, a stalled department, a use
case that recovered. Days are told back from today."""

import datetime as dt
from typing import Any

from accounts.enums import ChangeSource
from accounts.models import Account
from journey.enums import Cause, Entry, Exit, Stage, TrackKind
from journey.models import StagePeriod, Track
from tests.accounts.book import make_account, make_contact
from tests.conftest import World
from tests.journey.stage_facts import ago, first_value, today

Told = tuple[str, int, int | None, dict[str, Any]]


def story(world: World, name: str = "Halcyon Freight") -> Account:
    """Needs an open tenant. The core track fell back to Adoption four days ago, 38 days before renewal."""
    csm = world.members["csm"]
    account = make_account(name, csm, signed_on=ago(1060), customer_since=ago(1060), status="live")
    Account.objects.filter(id=account.id).update(renews_on=today() + dt.timedelta(days=38))
    account.refresh_from_db()
    make_contact(account, "Bram de Wit", role="executive", email="bram@halcyon.example")
    core = track(account, "Core", 1060, 540, TrackKind.CORE)
    emea = track(account, "EMEA department", 520, 180, TrackKind.DEPARTMENT)
    use = track(account, "Analytics use case", 327, 100, TrackKind.USE_CASE)
    done = {"outcome": Exit.COMPLETED, "validated_by": csm}
    moved = {"entry": Entry.MOVED_ON, "entered_by": csm}
    signed = [
        {"key": "go_live", "label": "Customer confirmed the go-live", "how": "confirmed", "met": True, "by": "Bram de Wit",
         "text": "Bram de Wit", "value": None, "threshold": None, "unit": "", "at": ago(945).isoformat()}
    ]  # fmt: skip
    periods(core, [
        (Stage.ONBOARDING, 1060, 945, done | {"evidence": signed}),
        (Stage.ADOPTION, 945, 622, moved | done),
        (Stage.RETENTION, 622, 4, moved | {
            "outcome": Exit.REGRESSED, "cause": Cause.CHAMPION, "validated_by": csm, "note": "Ruth Okafor left",
        }),
        (Stage.RENEWAL, 874, 694, {"entry": Entry.BESIDE} | done),
        (Stage.RENEWAL, 508, 328, {"entry": Entry.AGAIN} | done),
        (Stage.RENEWAL, 142, None, {"entry": Entry.AGAIN}),
        (Stage.EXPANSION, 750, 524, {"entry": Entry.BESIDE} | done),
        (Stage.EXPANSION, 440, 328, {"entry": Entry.AGAIN} | done),
        (Stage.ADVOCACY, 264, 4, {"entry": Entry.BESIDE, "outcome": Exit.ABANDONED, "note": "After the fall"}),
        (Stage.ADOPTION, 4, None, {"entry": Entry.WENT_BACK, "entered_by": csm, "target_on": today() + dt.timedelta(days=71)}),
    ])  # fmt: skip
    periods(emea, [(Stage.ONBOARDING, 520, 412, done), (
        Stage.ADOPTION, 412, None, moved | {
            "blocker": "training", "blocked_on": ago(160), "target_on": today() + dt.timedelta(days=60),
        }
    )])  # fmt: skip
    periods(use, [
        (Stage.ONBOARDING, 327, 207, done),
        (Stage.ADOPTION, 207, 74, moved | {"outcome": Exit.REGRESSED, "cause": Cause.RELEASE}),
        (Stage.ONBOARDING, 74, 28, {"entry": Entry.WENT_BACK} | done),
        (Stage.ADOPTION, 28, None, moved | {"target_on": today() + dt.timedelta(days=90)}),
    ])  # fmt: skip
    came(core, Stage.ADOPTION, Stage.RETENTION)
    came(use, Stage.ONBOARDING, Stage.ADOPTION)
    first_value(account, on=ago(900))
    return account


def track(account: Account, name: str, days: int, seats: int | None, kind: str) -> Track:
    return Track.objects.create(
        account=account, external_id=f"{account.external_id}-{name}", kind=kind, name=name, seats=seats,
        opened_on=ago(days), source=ChangeSource.API,
    )  # fmt: skip


def periods(of: Track, told: list[Told]) -> list[StagePeriod]:
    return [
        StagePeriod.objects.create(
            track=of,
            external_id=f"{of.external_id}-{number}",
            stage=stage,
            entered_on=ago(first),
            exited_on=None if last is None else ago(last),
            source=ChangeSource.API,
            **more,
        )  # fmt: skip
        for number, (stage, first, last, more) in enumerate(told)
    ]


def came(of: Track, stage: str, origin: str) -> None:
    """The latest period of `stage` was led to by the one of `origin` that went back."""
    fell = StagePeriod.objects.get(track=of, stage=origin, outcome=Exit.REGRESSED)
    latest = StagePeriod.objects.filter(track=of, stage=stage).order_by("-entered_on")[0]
    StagePeriod.objects.filter(id=latest.id).update(came_from=fell)
