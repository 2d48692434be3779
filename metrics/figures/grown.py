"""What the ledger says of growth, for the page of expansion below (EXP-05, EXP-09)."""

from dataclasses import replace

from expansion.norms import Grown
from metrics import formulas
from metrics.enums import Window
from metrics.figures import questions


def grown() -> Grown | None:
    """Net retention of the year that ended with the last complete month, and the MRR by which its customers grew; None without
    figures of a year. One query."""
    asked = questions.ask()
    rows = questions.retention_rows(replace(asked, first=asked.last), Window.YEAR)
    if not rows:
        return None
    sums = questions.sums_of(rows[-1])
    nrr = formulas.nrr(sums)
    return None if nrr is None else Grown(asked.last, nrr, sums.expansion)
