"""What a definition may say, and the sentence for each thing that it may not (HLT-01)."""

import json
from typing import Any

import pytest

from accounts.enums import HealthBand, Profile
from cs_platform.kernel.errors import DomainError
from health.enums import Component
from health.scoring.definition import Definition
from health.scoring.indicators import CATALOGUE, FIRST_VALUE_DAYS, INDICATORS


@pytest.mark.parametrize("profile", Profile.values)
def test_the_usual_definition_of_each_profile_is_sound(profile: str) -> None:
    """HLT-01: 40/30/15/15; it survives JSON."""
    definition = Definition.default(profile)
    assert [definition.weights[c] for c in Component] == [40, 30, 15, 15]
    assert Definition.read(json.loads(json.dumps(definition.json()))) == definition
    assert definition.keys == tuple(i.key for i in CATALOGUE)
    assert sum(definition.weights[p.component] * p.weight / 100 for p in definition.parts) == pytest.approx(100)


def test_first_value_follows_the_profile() -> None:
    """E19: product-led 7 days, small business 30, mid-market 60, enterprise 120."""
    assert {str(k): v for k, v in FIRST_VALUE_DAYS.items()} == {
        "product_led": 7,
        "smb": 30,
        "mid_market": 60,
        "enterprise": 120,
    }
    assert set(FIRST_VALUE_DAYS) == set(Profile)


def changed(**changes: Any) -> dict[str, Any]:
    return Definition.default().json() | changes


def with_indicator(**changes: Any) -> dict[str, Any]:
    data = Definition.default().json()
    data["indicators"][0] |= changes
    return data


WEIGHTS = {"usage": 40, "engagement": 30, "support": 15, "outcomes": 10}


@pytest.mark.parametrize(
    ("data", "field", "sentence"),
    [
        (changed(weights=WEIGHTS), "weights", "Weights must sum to 100: these sum to 95."),
        (changed(weights=WEIGHTS | {"outcomes": -15}), "weights.outcomes", "from 0 to 100"),
        (changed(weights=WEIGHTS | {"outcomes": "15"}), "weights.outcomes", "must be a number"),
        (changed(weights=WEIGHTS | {"outcomes": True}), "weights.outcomes", "must be a number"),
        (changed(weights=WEIGHTS | {"outcomes": float("nan")}), "weights.outcomes", "must be a number"),
        (changed(weights={"usage": 100}), "weights.support", "is missing"),
        (changed(weights=WEIGHTS | {"mood": 5}), "weights.mood", "There is no field weights.mood."),
        (changed(bands={"yellow": 80, "green": 50}), "bands", "must begin above"),
        (changed(bands={"yellow": 50, "green": 120}), "bands.green", "from 0 to 100"),
        (changed(coverage=0), "coverage", "from 0.1 to 1"),
        (changed(coverage=None), "coverage", "must be a number"),
        (changed(indicators=[]), "indicators", "at least one"),
        (changed(indicators={}), "indicators", "must be a list"),
        (changed(indicators=[5]), "indicators.0", "must be an object"),
        (changed(extra=1), "extra", "There is no field"),
        (with_indicator(key="luck"), "indicators.0.key", "There is no indicator luck."),
        (with_indicator(key=["a"]), "indicators.0.key", "There is no indicator"),
        (with_indicator(key="stickiness"), "indicators.stickiness", "twice"),
        (with_indicator(weight=25), "indicators.usage", "these sum to 105"),
        (with_indicator(best=-0.5), "indicators.usage_trend.best", "must differ"),
        (with_indicator(worst=1e12), "indicators.usage_trend.worst", "must be a number from"),
        (with_indicator(window=3), "indicators.usage_trend.window", "whole number from 7 to 84"),
        (with_indicator(window=28.5), "indicators.usage_trend.window", "whole number"),
        (
            with_indicator(early=[{"until": 0, "worst": 0, "best": 1}]),
            "indicators.usage_trend.early.0.until",
            "from 1 to",
        ),
        (with_indicator(early=[{"until": 3, "worst": 0, "best": 0}]), "indicators.usage_trend.early.0.best", "differ"),
        (
            with_indicator(early=[{"until": 3, "worst": 0, "best": 1}, {"until": 3, "worst": 0, "best": 1}]),
            "indicators.usage_trend.early.1.until",
            "must rise",
        ),
        (with_indicator(early=5), "indicators.usage_trend.early", "must be a list"),
        ([], "definition", "must be an object"),
        (None, "definition", "must be an object"),
    ],
)
def test_what_is_wrong_is_said_with_its_field(data: Any, field: str, sentence: str) -> None:
    with pytest.raises(DomainError) as error:
        Definition.read(data)
    assert field in error.value.fields
    assert sentence in error.value.fields[field]
    assert sentence in error.value.message


def test_a_fixed_window_stays() -> None:
    data = Definition.default().json()
    data["indicators"][1]["window"] = 30
    with pytest.raises(DomainError, match="is fixed: 28"):
        Definition.read(data)


def test_thirds_sum_to_a_hundred() -> None:
    """Weights are added as they are written, not as binary fractions."""
    data = changed(weights={"usage": 33.3, "engagement": 33.3, "support": 33.3, "outcomes": 0.1})
    assert Definition.read(data).weights[Component.USAGE] == 33.3


def test_leading_and_lagging() -> None:
    """HLT-10: all indicators lead, but NPS lags."""
    assert {i.key for i in CATALOGUE if not i.leading} == {"nps"}


def test_bands_are_half_open() -> None:
    """HLT-04, E11."""
    definition = Definition.default()
    found = [definition.band(x) for x in (80.0, 79.99, 50.0, 49.99, None)]
    assert found == [HealthBand.GREEN, HealthBand.YELLOW, HealthBand.YELLOW, HealthBand.RED, HealthBand.NONE]


def test_indicators_in_words() -> None:
    """HLT-07: "DAU/MAU 35% to 15%"."""
    told = INDICATORS["stickiness"].told
    assert told(0.35, 0.15) == "DAU/MAU 35% to 15%"
    assert told(None, 0.15) == "DAU/MAU now known, 15%"
    assert told(0.35, None) == "DAU/MAU no longer known, was 35%"
    say = {key: INDICATORS[key].say for key in INDICATORS}
    assert say["usage_trend"](-0.46) == "\N{MINUS SIGN}46%"
    assert say["usage_trend"](0.001) == "0%"
    assert say["reply_hours"](4) == "4 hours"
    assert say["reply_hours"](1) == "1 hour"
    assert say["reply_hours"](72) == "3 days"
    assert say["recency"](1) == "1 day"
    assert say["ticket_load"](2.44) == "2.4 times the usual"
    assert say["nps"](8) == "8 of 10"
    assert say["sentiment"](-0.25) == "\N{MINUS SIGN}0.25"
    assert say["context"](2) == "2"
    assert say["csat"](None) == "–"
