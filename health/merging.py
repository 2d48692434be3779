"""The last steps of a merge of rows by external id: written by one statement, then told to the scores."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from accounts.merging import MergeResult, Origin
from accounts.merging.result import quiet_inserts
from cs_platform.kernel import copying, sqljobs
from health import news


def write_staged(
    statement: Path,
    stage: str,
    columns: Sequence[tuple[str, str]],
    rows: Iterable[Sequence[Any]],
    *,
    result: MergeResult,
    origin: Origin,
) -> None:
    """Stage `rows` and write them by `statement`, which says of each {number, id, outcome, account_id, before_id}: what
    became of it goes into `result`, and accounts of which something changed, also those that lost a row, into the news.
    """
    staged = list(rows)
    copying.stage(stage, columns, staged)
    quiet_inserts(len(staged))
    touched = set()
    for found in sqljobs.rows(statement, origin.params()):
        result.add(found["number"], found["id"], found["outcome"])
        if found["outcome"] != "unchanged":
            touched |= {found["account_id"], found["before_id"]} - {None}
    news.signals_changed(sorted(touched), actor=origin.actor)
