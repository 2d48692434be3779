"""How scores are shown, and what the header says of an account that has none (HLT-04)."""

from decimal import Decimal

import pytest
from django.utils import translation

from accounts.cells import health_fact, score_text
from accounts.models import Account


@pytest.mark.parametrize(
    ("score", "places", "text"),
    [
        (34.7, 0, "34"), (79.99, 0, "79"), (79.99, 1, "79.9"), (79.999999, 2, "79.99"), (80.0, 0, "80"), (80.0, 1, "80"),
        (Decimal("49.999999"), 0, "49"), (0.3, 1, "0.3"), (100, 1, "100"), (0, 0, "0"), (None, 1, "–"),
    ],
)  # fmt: skip
def test_a_score_is_cut_and_not_rounded(score: float | None, places: int, text: str) -> None:
    """It never seems to lie in a better band than it does; binary fractions change nothing."""
    assert score_text(score, places) == text


def test_decimals_follow_the_language() -> None:
    with translation.override("id"):
        assert score_text(79.96, 1) == "79,9"


@pytest.mark.parametrize(("on", "why"), [(None, "not scored yet"), ("2026-06-30", "too little is known")])
def test_the_header_says_why_there_is_no_score(on: str | None, why: str) -> None:
    """The word with its shape and the reason; no number of nothing and no tint."""
    fact = health_fact(Account(health_band="none", health_on=on))
    assert fact["note"] == why
    assert "No data" in fact["value"]
    assert "–" not in fact["value"]
    assert "hot" not in fact


def test_the_header_says_band_score_and_change() -> None:
    fact = health_fact(Account(health_band="red", health_score=39.96, health_change=-19.2, health_on="2026-06-30"))
    assert "39" in fact["value"]
    assert "Critical" in fact["value"]
    assert fact["hot"] == "risk"
