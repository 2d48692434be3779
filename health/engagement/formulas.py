"""What answers to surveys add up to: NPS, CSAT, CES (MET-16, MET-17, METRICS 2). Pure; None without answers, never 0.

The mean of answers is taken over answers, not over accounts or months.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from decimal import Decimal

PROMOTER, PASSIVE = 9, 7  # lowest scores of promoters (9, 10) and passives (7, 8); the others are detractors
CSAT_SCALE = 5  # CSAT is spoken of on this scale, whatever it was asked on
TOP_BOXES = 2


@dataclass(frozen=True)
class Answers:
    """Sums over answers of one kind. `points` are scores: as they are for NPS and CES, out of five for CSAT.

    `top` counts the answers in the two highest boxes of their scale (CSAT).
    """

    count: int = 0
    promoters: int = 0
    passives: int = 0
    detractors: int = 0
    points: Decimal = Decimal(0)
    top: int = 0

    def __add__(self, other: "Answers") -> "Answers":
        return Answers(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


def total(answers: Iterable[Answers]) -> Answers:
    return sum(answers, Answers())


def nps(answers: Answers) -> Decimal | None:
    """Share of promoters − share of detractors, in points. Example: 50, 30 and 20 of 100 make +30."""
    if not answers.count:
        return None
    return Decimal(100 * (answers.promoters - answers.detractors)) / answers.count


def mean(answers: Answers) -> Decimal | None:
    """Mean score: of a CSAT from 1 to 5, of a CES from 1 (easy) to 7. Example: 4 of 5 and 9 of 10 make 4.25."""
    return answers.points / answers.count if answers.count else None


def top_two(answers: Answers) -> Decimal | None:
    """Share of answers in the two highest boxes (4 and 5 of 5, 9 and 10 of 10), as a fraction."""
    return Decimal(answers.top) / answers.count if answers.count else None


def share(part: int, answers: Answers) -> Decimal | None:
    return Decimal(part) / answers.count if answers.count else None
