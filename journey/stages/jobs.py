"""The night of the journey: customers begin in onboarding, tracks of those who left end, causes to go back become proposals.

Nothing else moves by itself (JRN-03). Rerunnable: the same day twice leaves the same tables.
"""

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path

from accounts.enums import AccountEventKind
from accounts.models import Tenant
from accounts.selectors import STANDING
from accounts.webhooks.announce import announce_rows
from accounts.webhooks.events import Kind
from cs_platform.kernel import audit, copying, sqljobs
from journey.enums import Cause
from journey.models import StagePeriod, Track
from journey.stages import guide, measures

SQL = Path(__file__).parent / "sql"
CORE_NAME = "Core"
# What happens at a customer, as causes to go back (JRN-24, ACC-05).
CAUSES: Mapping[str, str] = {
    AccountEventKind.CHAMPION_LEFT: Cause.CHAMPION,
    AccountEventKind.CHAMPION_ROLE_CHANGED: Cause.CHAMPION,
    AccountEventKind.BUDGET_CUT: Cause.BUDGET,
    AccountEventKind.REORGANISATION: Cause.REORGANISATION,
    AccountEventKind.LEADERSHIP_CHANGE: Cause.REORGANISATION,
    AccountEventKind.MERGER: Cause.MERGER,
    AccountEventKind.COMPETITOR_DEMO: Cause.COMPETITOR,
    AccountEventKind.COMPETITIVE_ACTIVITY: Cause.COMPETITOR,
    AccountEventKind.PRODUCT_RELEASE: Cause.RELEASE,
}
_TABLES = {"standing": STANDING}


def _params(as_of: dt.date) -> dict[str, object]:
    tenant = Tenant.current()
    return {"tenant_id": tenant.pk, "as_of": as_of, "zone": tenant.timezone}


def begin_tracks(as_of: dt.date) -> int:
    """Nightly step: begin the core track of new customers, take up those of customers who came back, close those of
    customers who left or were merged; how many changed."""
    params = _params(as_of)
    with audit.derived():
        changed = sqljobs.execute(SQL / "reopen.sql", params)
        changed += sqljobs.execute(SQL / "begin.sql", params | {"name": CORE_NAME}, tables=_TABLES)
        if changed:
            announce_rows(Kind.STAGE_ENTERED, SQL / "told_begun.sql", params)
        return changed + _close_tracks(params, as_of)


def _close_tracks(params: Mapping[str, object], as_of: dt.date) -> int:
    ending = sqljobs.rows(SQL / "closing.sql", params, tables=_TABLES)
    if not ending:
        return 0
    tracks = [row["id"] for row in ending]
    periods = list(StagePeriod.objects.select_related("track").filter(track__in=tracks, exited_on=None))
    states = measures.standing(periods, as_of)
    columns = [("id", "uuid"), ("because", "text"), ("day", "date")]
    copying.stage("ending_track", columns, ([row["id"], row["because"], row["day"]] for row in ending))
    evidence = ([p.id, json.dumps([state.frozen() for state in states[p.id]])] for p in periods)
    copying.stage("ending_period", [("id", "uuid"), ("evidence", "text")], evidence)
    sqljobs.execute(SQL / "close.sql")
    announce_rows(Kind.STAGE_ENDED, SQL / "told_ended.sql", params)
    return len(ending)


def propose_regressions(as_of: dt.date) -> int:
    """Nightly step: open a proposal for each cause that is new, and let those lapse whose stage ended; how many changed."""
    backs = [
        {"stage": stage, "cause": cause, "back": guide.back_to(stage, cause)}
        for stage in guide.FALLS_FROM
        for cause in Cause.values
    ]
    causes = [{"kind": kind, "cause": cause} for kind, cause in CAUSES.items()]
    params = _params(as_of) | {
        "backs": json.dumps(backs),
        "causes": json.dumps(causes),
        "stages": [str(stage) for stage in guide.FALLS_FROM],
    }
    with audit.derived(), sqljobs.in_bulk(Track.objects.filter(closed_on=None).count()):
        changed = sqljobs.execute(SQL / "lapse.sql")
        return changed + sqljobs.execute(SQL / "propose.sql", params, tables=_TABLES)
