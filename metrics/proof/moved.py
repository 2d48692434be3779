"""From a row back up (DSH-04): which months and terms of the ledger a file, or a version of a paid period, moved."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from accounts.models import Import, Subscription
from cs_platform.kernel import sqljobs
from metrics.figures import jobs
from metrics.figures.currencies import POSTED_LINES


@dataclass(frozen=True)
class Moved:
    """The net amount of the ledger lines that came, or were taken back, with some versions, in one month and under one
    term; minor units of the `currency` that they were posted in. `account_id` where it is one customer's, `change_id` where each version
    is told for itself."""

    change_id: UUID | None
    month: dt.date
    kind: str
    currency: str
    amount: int
    accounts: int
    account_id: UUID | None


def moved_by(source: Import | Subscription) -> list[Moved]:
    """What an import, or each version of a period, did to the ledger so far, newest month first.

    The versions of all periods together made the whole ledger. Example: 100 since May corrected to 120 since May moved
    +20 of May's new MRR, and the version before it +100.
    """
    of_import = isinstance(source, Import)
    jobs.stage_logos()
    params = {"import_id": source.id if of_import else None, "subscription_id": None if of_import else source.id}
    rows = sqljobs.rows(jobs.SQL / "moved.sql", params, tables={"posted_lines": POSTED_LINES})
    return [Moved(**row) for row in rows]
