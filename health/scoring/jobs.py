"""Scores by night and within minutes of a changed signal. Rerunnable; the refresh of an account is its night's row.

The night writes the day it is about; a refresh writes today's row of the accounts whose signals changed. Usage windows
end with the last complete day of the tenant.
"""

import datetime as dt
from collections.abc import Iterator

import numpy as np
from django.db import connection
from django.utils import timezone

from accounts.models import Tenant
from cs_platform.kernel import queue
from cs_platform.kernel.models import Work
from health import news
from health.scoring import features, formulas, storing, versions
from health.scoring.storing import EVERYBODY

SCORED = "scored"  # topic: accounts whose score was made anew, for whoever follows it


def last_full_day(tenant: Tenant, as_of: dt.date) -> dt.date:
    """Where the usage windows of a score of `as_of` end: that day when it is over, else the day before today."""
    over = timezone.now().astimezone(tenant.zone).date() - dt.timedelta(days=1)
    return min(as_of, over)


def refresh_statistics(as_of: dt.date) -> int:
    """Nightly step: let the planner know the tables that a file of history has just filled; how many were analysed.

    A step of its own, because the lock that it takes lasts to the end of its transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT refresh_health_statistics()")
        return int(cursor.fetchone()[0])


def score_all(as_of: dt.date) -> int:
    """Nightly step: the score of every account that is a customer on that day; how many rows were written."""
    tenant = Tenant.current()
    return _score(as_of, last_full_day(tenant, as_of), EVERYBODY)


def refresh_scores(work: Work) -> bool:
    """Today's scores of the accounts whose signals changed, one piece."""
    if not queue.take_dirty(news.TOPIC):
        return False
    tenant = Tenant.current()
    as_of = tenant.today()
    _score(as_of, last_full_day(tenant, as_of), "changed")
    queue.settle_dirty(news.TOPIC, then=SCORED)
    queue.publish("health.scored", actor=work.actor)
    return False


def judge(
    as_of: dt.date, usage_day: dt.date, scope: str = EVERYBODY, known_on: dt.date | None = None
) -> Iterator[tuple[versions.Judge, "np.ndarray", formulas.Scores]]:
    """Judge the accounts of the table `scope` that are customers on that day, by what was known on `known_on` (that day
    unless said otherwise): each published version with the accounts it judges (n × 16 bytes) and their scores."""
    features.ask_accounts(as_of, usage_day, scope, known_on)
    judges = versions.judges()
    features.stage_models({each.segment_id: i for i, each in enumerate(judges) if each.segment_id})
    for group in versions.by_windows(judges):
        found = features.answers(judges[group[0]].definition.windows, group)
        for model in group:
            rows, definition = found.rows(model), judges[model].definition
            if len(rows):
                made = formulas.score(definition, found.of(definition.keys, rows), found.tenure[rows])
                yield judges[model], found.ids[rows], made


def _score(as_of: dt.date, usage_day: dt.date, scope: str) -> int:
    storing.begin()
    for each, ids, made in judge(as_of, usage_day, scope):
        storing.add(ids, as_of, each.version_id, made)
    return storing.store(as_of, scope)
