"""Where each candidate stands today: one question of the database, which the list, the gate of asks and the matching ask
alike (standings.sql), so that they cannot disagree."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

from accounts.models import Account, Member, Tenant
from accounts.selectors import STANDING
from advocacy import rules
from advocacy.enums import Criterion
from cs_platform.kernel import sqljobs
from cs_platform.kernel.access import Scope

SQL = Path(__file__).parent / "sql"
TABLES: dict[str, str | Path] = {"standings": SQL / "standings.sql", "standing": STANDING}


@dataclass(frozen=True)
class Standing:
    """A candidate: an advocate, or a qualified account (or one that lacks one criterion) without one. Money is MRR in minor
    units of the reporting currency; `rests_until` is the first day on which they may be asked again."""

    id: UUID
    account_id: UUID
    advocate_id: UUID | None
    contact_id: UUID | None
    healthy: bool | None
    proven: bool | None
    champion: bool | None
    profile: bool | None
    adopted: bool | None
    renewed: bool | None
    qualified: bool
    qualified_since: dt.date | None
    judged: bool
    met: int
    consent: str | None
    consent_until: dt.date | None
    legal: str | None
    legal_since: dt.date | None
    asks: int
    ask_days: list[dt.date]
    last_on: dt.date | None
    rests_until: dt.date | None
    gone: bool | None
    mrr_minor: int
    health_band: str
    owner_id: UUID | None
    segment_id: UUID | None
    industry: str
    name: str
    name_key: str
    standing: str
    rank: int
    key: int = 0

    @property
    def marks(self) -> dict[Criterion, bool | None]:
        """The six criteria: met, missing, or not known."""
        return {criterion: getattr(self, criterion.value) for criterion in Criterion}

    @property
    def lacking(self) -> list[Criterion]:
        """What is missing or not known."""
        return [criterion for criterion, met in self.marks.items() if met is not True]


@dataclass(frozen=True)
class Sight:
    """Who reads (None: a program, which sees everything), and on which day: what the statements of the program are told. The
    rules and the visible accounts are asked once for all of them."""

    member: Member | None
    today: dt.date

    @cached_property
    def visible(self) -> list[UUID] | None:
        """The accounts that the member sees; None for all of them (ROL-01)."""
        if self.member is None or self.member.role.scope == Scope.ALL:
            return None
        return list(Account.objects.visible_to(self.member).order_by().values_list("id", flat=True))

    @cached_property
    def rules(self) -> rules.Rules:
        return rules.current()

    def params(
        self, *, advocates: Collection[UUID] | None = None, account: UUID | None = None, enrolled: bool = False
    ) -> dict[str, Any]:
        """What standings.sql is told: of these advocates, this account or the `enrolled` only."""
        return {
            "today": self.today,
            "fatigue": rules.FATIGUE_DAYS,
            "rest": self.rules.rest_days,
            "long_rest": self.rules.long_rest_days,
            "many": self.rules.many_asks,
            "visible": self.visible,
            "advocates": None if advocates is None else list(advocates),
            "account": account,
            "enrolled": enrolled,
        }

    def standings(self, **of: Any) -> list[Standing]:
        """Where those stand whom `params` names."""
        return [Standing(**row) for row in sqljobs.rows(SQL / "standings.sql", self.params(**of), tables=TABLES)]


def of_advocates(advocates: Iterable[UUID]) -> dict[UUID, Standing]:
    """Where these enrolled advocates stand today, by their ids. Two statements."""
    sight = Sight(None, Tenant.current().today())
    return {row.id: row for row in sight.standings(advocates=list(advocates))}


def of_account(account: Account, today: dt.date) -> list[Standing]:
    """The account's advocates, or the account itself without one; empty where nothing is known of it. Two statements."""
    return sorted(Sight(None, today).standings(account=account.id), key=lambda one: (one.rank, one.id))
